"""The contact sheet: every class in its row, and alternative text that counts."""

import io

import numpy as np
import pytest

from alexnet_tutorial.figures import contact_sheet
from alexnet_tutorial.pictures import Signs, Split

COLORS = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200]], np.uint8)


@pytest.fixture
def signs():
    y = np.array([2, 0, 1, 0, 2, 2, 0])
    x = np.broadcast_to(COLORS[y][:, None, None], (7, 64, 64, 3)).copy()
    empty = Split(x[:0], y[:0])
    return Signs(Split(x, y), empty, Split(x[:3], y[:3]), (0, 1, 2), "plain squares", "generated")


def test_rows_are_classes(signs, tmp_path):
    from PIL import Image

    path = contact_sheet(signs, per_class=3).save(tmp_path / "sheet.png")
    pixels = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB")).astype(int)
    height, width, _ = pixels.shape
    for line, color in enumerate(COLORS):
        row = pixels[int(height * (line + 0.5) / 3)]
        assert (np.abs(row - color).sum(1) < 30).mean() > 0.2
        assert (np.abs(row - COLORS[(line + 1) % 3]).sum(1) < 30).mean() == 0


def test_alt_text_counts(signs):
    alt = contact_sheet(signs, per_class=3).alt
    assert "from 1 (class 1) to 3 (class 0) in the set" in alt
    assert "plain squares" in alt and "training" in alt
    assert "1 of each in the set" in contact_sheet(signs, part="test").alt


def test_refusals(signs):
    with pytest.raises(ValueError, match="train, validation, test"):
        contact_sheet(signs, part="dev")
    with pytest.raises(ValueError, match="no validation pictures"):
        contact_sheet(signs, part="validation")
    with pytest.raises(ValueError, match="at least 1"):
        contact_sheet(signs, per_class=0)
