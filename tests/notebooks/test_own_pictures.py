"""The chapter on one's own pictures, with folders that readers bring: good ones and spoiled ones.

The cells themselves run here, on other folders than the chapter's own; nothing is trained.
"""

import json
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alexnet_tutorial.pictures import DataError, load_folder

CHAPTER = "book/44_own_pictures.ipynb"


@pytest.fixture(scope="module")
def source(root):
    """Give the chapter's cells by their ids."""
    notebook = json.loads((root / CHAPTER).read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


@pytest.fixture
def run(source, tmp_path):
    """Give a function that runs cells one after the other, and gives their names."""
    found = {"work": tmp_path / "work"}
    found["work"].mkdir()
    exec(source["imports"], found)

    def cells(*names, **given):
        found.update(given)
        for name in names:
            exec(source[name], found)
        return found

    return cells


def write(folder, **classes):
    """Write so many pictures into each class folder; of every row other bytes."""
    rng = np.random.default_rng(len(classes))
    for name, count in classes.items():
        (folder / name).mkdir(parents=True)
        for row in range(count):
            x = rng.integers(0, 256, (40, 60, 3), "uint8")
            Image.fromarray(x).save(folder / name / f"{row}.jpg")
    return folder


@pytest.mark.parametrize("above", ["", "holiday/", "a/b/"])
def test_a_zip_from_a_mac_gives_its_classes_however_deep(run, tmp_path, above):
    folder, packed = write(tmp_path / "mine", cup=2, key=3), tmp_path / "mine.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.rglob("*.jpg"):
            inside = f"{above}{file.relative_to(folder).as_posix()}"
            archive.write(file, inside)
            archive.writestr(f"__MACOSX/{Path(inside).parent}/._{file.name}", b"\0\5")
    found = load_folder(run("unpack")["class_folders"](packed))
    assert found.classes == ("cup", "key") and len(found) == 5 and not found.problems


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ({"cup": 3}, "at least two subfolders.*found only 'cup'"),
        ({"cup": 3, "key": 0}, "key: this class folder holds no picture. Put pictures there"),
        ({"photos/cup": 2, "photos/key/old": 2}, "has a subfolder 'old'"),
    ],
)
def test_a_folder_with_which_nothing_can_be_learned_is_refused(run, tmp_path, classes, told):
    folder = write(tmp_path / "mine", **classes)
    with pytest.raises(DataError, match=told):
        load_folder(run("unpack")["class_folders"](folder))


def test_a_path_that_is_not_there_is_named(run, tmp_path):
    with pytest.raises(DataError, match=r"nowhere.*not there"):
        load_folder(run("unpack")["class_folders"](tmp_path / "nowhere"))


def test_on_colab_the_upload_is_taken(run, source, tmp_path, monkeypatch):
    folder, packed = write(tmp_path / "mine", cup=2, key=2), tmp_path / "mine.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.rglob("*.jpg"):
            archive.write(file, file.relative_to(folder))
    colab = types.ModuleType("google.colab")
    colab.files = types.SimpleNamespace(upload=lambda: {str(packed): packed.read_bytes()})
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    found = run("unpack")
    asked = source["whose"].replace("mine = None", 'mine = "upload"', 1)
    assert asked != source["whose"]
    exec(asked, found)
    assert load_folder(found["class_folders"](found["mine"])).classes == ("cup", "key")


def test_the_clean_copy_is_upright_and_without_notes_and_names_what_is_cut_off(
    run, tmp_path, capsys
):
    folder = write(tmp_path / "mine", cup=3, key=3)
    x = np.zeros((60, 40, 3), "uint8")
    x[:20] = 255  # a bright bar at the top
    turn = Image.Exif()
    turn[0x0112], turn[0x8769] = 6, {0x9003: "2026:01:01 10:00:00"}
    Image.fromarray(x).rotate(90, expand=True).save(folder / "cup" / "0.jpg", exif=turn)
    whole = (folder / "key" / "2.jpg").read_bytes()
    (folder / "key" / "2.jpg").write_bytes(whole[: len(whole) // 2])
    found = run("prepared", "clean", folder=folder)
    assert [Path(file).name for file in found["problems"]] == ["2.jpg"]
    assert "left out: 2.jpg (image file is truncated)" in capsys.readouterr().out
    copies = sorted(found["clean"].rglob("*.png"))
    assert len(copies) == 5
    for copy in copies:
        with Image.open(copy) as picture:
            assert (picture.size, picture.mode) == ((96, 96), "RGB") and not picture.getexif()
    top, bottom = np.split(np.asarray(Image.open(copies[0])).astype(int), 2)
    assert top.mean() > bottom.mean() + 50


def test_a_group_is_never_torn_and_every_class_is_in_every_part(run):
    deal = run("deal", label=np.zeros(3, int), group=np.arange(3))["deal"]
    rng = np.random.default_rng(1)
    for seed in range(50):
        label = np.repeat([0, 1, 2], rng.integers(10, 40, 3))
        group = 10 * np.arange(len(label)) // rng.integers(10, 30)
        group += 1000 * label  # no group holds two classes
        part = deal(label, group, seed)
        for one in np.unique(group):
            assert len(np.unique(part[group == one])) == 1
        for one in np.unique(label):
            assert {*part[label == one]} == {0, 1, 2}
