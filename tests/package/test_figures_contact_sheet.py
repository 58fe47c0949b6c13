"""The contact sheet: every class in its row, and alternative text that counts."""

import io
from dataclasses import replace

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


def test_classes_with_names_have_room_for_them(signs, tmp_path):
    from PIL import Image

    named = replace(signs, classes=("red", "green as grass", "blue"))
    sheet, narrow = contact_sheet(named, per_class=3), contact_sheet(signs, per_class=3)
    assert "from 1 (class green as grass) to 3 (class red)" in sheet.alt
    sizes = [Image.open(s.save(tmp_path / "sheet.png")).size for s in (sheet, narrow)]
    assert sizes[0][0] > 1.3 * sizes[1][0] and sizes[0][1] == sizes[1][1]
    # Nothing is written beyond the left edge.
    left = np.asarray(Image.open(sheet.save(tmp_path / "sheet.png")).convert("RGBA"))[:, 0]
    assert len(np.unique(left, axis=0)) == 1


def test_refusals(signs):
    with pytest.raises(ValueError, match="files; load them with pixels"):
        contact_sheet(replace(signs, train=range(3)))
    with pytest.raises(ValueError, match="train, validation, test"):
        contact_sheet(signs, part="dev")
    with pytest.raises(ValueError, match="no validation pictures"):
        contact_sheet(signs, part="validation")
    with pytest.raises(ValueError, match="at least 1"):
        contact_sheet(signs, per_class=0)
