"""Pictures decoded once: the same as decoded each time, kept, and read anew when they change."""

import os

import numpy as np
import pytest

from alexnet_tutorial.pictures import DataError, Preprocessing, load_folder
from alexnet_tutorial.pictures import reduced as module
from alexnet_tutorial.pictures.reduced import reduced


@pytest.fixture
def folder(tmp_path, jpeg):
    for name in "ab":
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(3):
            seed = i + 10 * (name == "b")
            (tmp_path / "data" / name / f"{i}.jpg").write_bytes(jpeg(seed, 60, 90 + i))
    return tmp_path / "data"


def test_they_are_what_the_preprocessing_cuts(folder, tmp_path):
    pictures = load_folder(folder)
    split, problems = reduced(pictures, 24, tmp_path / "kept", progress=False)
    cut = Preprocessing(24, 24).cut
    expected = np.stack([cut(pictures.open(row)) for row in range(6)])
    assert np.abs(split.x.astype(int) - expected).max() <= 2  # twice as large is decoded
    assert split.y.tolist() == [0, 0, 0, 1, 1, 1] and not problems


def test_they_are_decoded_once_and_anew_when_a_file_changes(folder, tmp_path, monkeypatch, jpeg):
    kept, decoded = tmp_path / "kept", []
    whole = module._decoded
    monkeypatch.setattr(module, "_decoded", lambda *a: decoded.append(1) or whole(*a))
    first, _ = reduced(load_folder(folder), 24, kept, progress=False)
    again, _ = reduced(load_folder(folder), 24, kept, progress=False)
    assert (first.x == again.x).all() and len(decoded) == 1
    (folder / "a" / "0.jpg").write_bytes(jpeg(99, 60, 90))
    changed, _ = reduced(load_folder(folder), 24, kept, progress=False)
    assert len(decoded) == 2 and (changed.x[0] != first.x[0]).any()
    assert (changed.x[1:] == first.x[1:]).all()
    assert len(os.listdir(kept / "folders")) == 1  # what was kept before is removed


def test_what_is_damaged_is_named_and_left_out(folder, tmp_path):
    bad = folder / "a" / "1.jpg"
    bad.write_bytes(bad.read_bytes()[:600])
    for _ in range(2):  # decoded, and kept
        split, problems = reduced(load_folder(folder), 24, tmp_path / "kept", progress=False)
        assert list(problems) == [str(bad)] and split.y.tolist() == [0, 0, 1, 1, 1]
    for i in (0, 2):
        file = folder / "a" / f"{i}.jpg"
        file.write_bytes(file.read_bytes()[:600])
    with pytest.raises(DataError, match="a: none of its 3 pictures can be decoded"):
        reduced(load_folder(folder), 24, tmp_path / "kept", progress=False)


def test_what_does_not_fit_into_memory_is_left_to_be_read(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 6 * 24 * 24 * 3 - 1)
    assert reduced(load_folder(folder), 24, tmp_path / "kept") is None
