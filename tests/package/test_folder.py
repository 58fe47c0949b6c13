"""Folders of pictures: what is found, named and refused, and the crops that come out."""

import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

keras = pytest.importorskip("keras")

from alexnet_tutorial.pictures import DataError, load_folder  # noqa: E402
from alexnet_tutorial.pictures.augmentation import (  # noqa: E402
    CROP_AND_FLIP,
    augment,
    ten_views,
)
from alexnet_tutorial.pictures.batches import Batches  # noqa: E402
from alexnet_tutorial.pictures.folder import open_picture  # noqa: E402
from alexnet_tutorial.pictures.labels import class_names  # noqa: E402
from alexnet_tutorial.pictures.preprocessing import Preprocessing  # noqa: E402

PRE = Preprocessing(resize=40, crop=32, mean=0.5)
STILL = {"augmentation": None, "shuffle": False}


def smooth(height, width, seed=0, channels=3):
    """A picture without sharp edges, so that two decoders and filters must agree closely."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (4, 5, channels), dtype=np.uint8)
    small = small[..., 0] if channels == 1 else small
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path):
    """Three classes, sizes and kinds mixed, with names that are awkward."""
    path = tmp_path / "pictures"
    for label, name in enumerate(("b cat", "a dog", "c'est")):
        (path / name).mkdir(parents=True)
        for i in range(4):
            picture = smooth(48 + 10 * i, 80 - 9 * i, seed=10 * label + i)
            picture.save(path / name / f"{name} {i}.{'png' if i == 3 else 'jpg'}", quality=95)
    return path


@pytest.fixture(scope="session")
def imagenet():
    """Give the folder of real ImageNet pictures, or skip."""
    path = Path(os.environ.get("ALEXNET_TUTORIAL_DATA", "")) / "imagenet-sample"
    if not os.environ.get("ALEXNET_TUTORIAL_DATA") or not path.is_dir():
        pytest.skip("needs imagenet-sample in the folder that ALEXNET_TUTORIAL_DATA names")
    return path


def bomb(path, side=50_000):
    """A PNG of a few bytes whose header declares side × side pixels."""

    def chunk(kind, data):
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b""))


def all_of(batches, epoch=0):
    """One epoch: the batches put together."""
    batches.epoch = epoch
    parts = [batches[step] for step in range(len(batches))]
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


# --- finding ----------------------------------------------------------------------------------


def test_classes_are_the_subfolders_in_order(folder):
    (folder / ".hidden").mkdir()
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "a dog" / ".thumb.jpg").write_bytes(b"x")
    (folder / "a dog" / "notes.txt").write_text("x")
    (folder / "labels.csv").write_text("x")
    pictures = load_folder(folder)
    assert pictures.classes == pictures.class_names == ("a dog", "b cat", "c'est")
    assert pictures.y.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert all(
        Path(f).parent.name == pictures.classes[y]
        for f, y in zip(pictures.files, pictures.y, strict=True)
    )
    assert not pictures.problems
    assert sorted(Path(name).name for name in pictures.ignored) == ["labels.csv", "notes.txt"]
    for file, size in zip(pictures.files, pictures.sizes, strict=True):
        with Image.open(file) as picture:
            assert picture.size == tuple(size[::-1])


def test_what_systems_leave_behind_is_passed_over_and_counted(folder):
    for name in ("__MACOSX", ".ipynb_checkpoints"):
        for place in (folder, folder / "a dog"):
            (place / name).mkdir()
            smooth(48, 48).save(place / name / "copy.jpg")
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._a dog 0.jpg"):
        (folder / "b cat" / name).write_bytes(b"x")
    pictures = load_folder(folder)
    assert pictures.classes == ("a dog", "b cat", "c'est") and len(pictures) == 12
    assert pictures.hidden == 8 and not pictures.ignored and not pictures.problems
    assert "8 hidden or left by a system" in repr(pictures)


def test_the_work_grows_with_the_files_alone(tmp_path, monkeypatch):
    """Twice the files: twice the calls, of everything that is called."""

    def calls(many):
        path = tmp_path / str(many)
        for name in "ab":
            (path / name).mkdir(parents=True)
            smooth(8, 9).save(path / name / "0.jpg")
            for i in range(1, many):
                os.link(path / name / "0.jpg", path / name / f"{i}.jpg")
        count = 0

        def counted(frame, event, argument):
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(counted)
        try:
            assert len(load_folder(path)) == 2 * many
        finally:
            sys.setprofile(None)
        return count

    first, second, third = calls(50), calls(100), calls(200)
    assert third - second == pytest.approx(2 * (second - first), rel=0.05)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("options", [{}, {"icc_profile": b"x" * 3000}, {"comment": b"more"}])
def test_sizes_from_the_first_bytes_are_those_of_pillow(tmp_path, progressive, options):
    for name, (height, width) in {"a": (37, 90), "b": (801, 19)}.items():
        (tmp_path / name).mkdir()
        path = tmp_path / name / "1.jpg"
        smooth(height, width).save(path, progressive=progressive, **options)
    assert load_folder(tmp_path).sizes.tolist() == [[37, 90], [801, 19]]


def test_wnids_get_their_names_from_the_index(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_TUTORIAL_DATA", str(tmp_path))
    wnids = ("n00000001", "n00000002", "n00000003")
    for old, new in zip(sorted(folder.iterdir()), wnids, strict=True):
        old.rename(folder / new)
    assert load_folder(folder).class_names == wnids  # no index at hand
    labels = {"0": [wnids[2], "crane"], "1": [wnids[0], "tench"], "2": [wnids[1], "crane"]}
    index = tmp_path / "imagenet_class_index.json"
    index.write_text(json.dumps(labels))
    names = ("tench", "crane (n00000002)", "crane (n00000003)")
    assert load_folder(folder).class_names == names
    index.write_text(json.dumps({"0": [wnids[0], "tench"]}))
    with pytest.raises(DataError, match="knows no class 'n00000002'"):
        load_folder(folder)
    index.write_text("{")
    with pytest.raises(DataError, match="not a class index"):
        class_names(wnids, index)


def test_imagenet_loads_whole_with_names(imagenet):
    pictures = load_folder(imagenet)
    wnids = sorted(p.name for p in imagenet.iterdir())
    index = json.loads((imagenet.parent / "imagenet_class_index.json").read_text())
    names = dict(index.values())
    assert len(pictures) == 204 and list(pictures.classes) == wnids
    assert not pictures.problems and not pictures.ignored
    for wnid, name in zip(wnids, pictures.class_names, strict=True):
        assert name in (names[wnid], f"{names[wnid]} ({wnid})")
    assert len(set(pictures.class_names)) == 204
    batches = Batches(pictures, preprocessing=Preprocessing(64, 57), on_error="raise", **STILL)
    x, y = all_of(batches)
    assert x.shape == (204, 57, 57, 3) and y.tolist() == list(range(204))


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda p: (p / "stray.jpg").write_bytes(b"x"), "stray.jpg: this picture lies outside"),
        (lambda p: (p / "empty").mkdir(), "empty: this class folder holds no picture"),
        (
            lambda p: [(p / "phone").mkdir(), (p / "phone" / "1.heic").write_bytes(b"x")],
            r"phone: this class folder holds no picture. It has '1.heic', and no file of a kind",
        ),
        (lambda p: (p / "deep" / "images").mkdir(parents=True), "has a subfolder 'images'"),
        (lambda p: [(p / n).rename(p.parent / n) for n in ("a dog", "b cat")], 'only "c\'est"'),
        (lambda p: [(p / n).rename(p.parent / n) for n in os.listdir(p)], "found none"),
        (lambda p: p.rename(p.parent / "gone"), "not there"),
    ],
)
def test_folders_that_do_not_fit_are_refused(folder, break_it, message):
    break_it(folder)
    with pytest.raises(DataError, match=message):
        load_folder(folder)


def test_a_file_is_no_folder(folder):
    with pytest.raises(DataError, match="a file, not a folder"):
        load_folder(folder / "a dog" / "a dog 0.jpg")
    with pytest.raises(ValueError, match="on_error is 'stop'"):
        load_folder(folder, on_error="stop")


def test_unreadable_headers_are_named_and_skipped_or_raised(folder):
    broken = {
        "empty.jpg": (lambda p: p.write_bytes(b""), "the file is empty"),
        "text.png": (lambda p: p.write_text("no picture"), "not a picture"),
        "bomb.png": (bomb, "decoded. Too large"),
        "middle.png": (lambda p: bomb(p, 9_500), "9500×9500 pixels, more than the 80,000,000"),
    }
    for name, (make, _) in broken.items():
        make(folder / "b cat" / name)
    pictures = load_folder(folder)
    assert len(pictures) == 12
    assert {Path(name).name for name in pictures.problems} == set(broken)
    for name, problem in pictures.problems.items():
        assert name in problem and broken[Path(name).name][1] in problem
    with pytest.raises(DataError, match="bomb.png"):
        load_folder(folder, on_error="raise")
    with pytest.raises(DataError, match="bomb.png"):
        open_picture(folder / "b cat" / "bomb.png")
    with pytest.raises(DataError, match="no such file"):
        open_picture(folder / "none.png")


def test_a_class_without_a_readable_picture_is_refused(folder):
    (folder / "d").mkdir()
    (folder / "d" / "1.jpg").write_bytes(b"\xff\xd8nothing")
    with pytest.raises(DataError, match="d: none of its 1 pictures can be read. The first"):
        load_folder(folder)


# --- decoding ---------------------------------------------------------------------------------


def test_orientation_is_honored(tmp_path):
    upright = smooth(60, 90)
    turns = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    for orientation, turn in turns.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = upright if turn is None else upright.transpose(turn)
        for name in ("a", "b"):
            (tmp_path / name).mkdir(exist_ok=True)
            stored.save(tmp_path / name / f"{orientation}.jpg", exif=exif, quality=98)
    pictures = load_folder(tmp_path)
    assert (pictures.sizes == (60, 90)).all()
    for row in range(8):
        assert np.abs(np.asarray(pictures.open(row), int) - np.asarray(upright)).max() < 12
    x, _ = all_of(Batches(pictures, preprocessing=PRE, **STILL))
    assert np.abs(x - x[:1]).max() < 0.05


def test_every_mode_becomes_rgb(tmp_path):
    red = Image.new("RGB", (50, 40), (200, 30, 60))
    gray = Image.new("L", (50, 40), 99)
    half = Image.new("RGBA", (50, 40), (200, 30, 60, 0))
    deep = Image.fromarray(np.full((40, 50), 99 * 256 + 7, np.uint16))
    files = {
        "gray.jpg": (gray, (99, 99, 99)),
        "gray.png": (gray, (99, 99, 99)),
        "bit.png": (gray.convert("1", dither=Image.Dither.NONE), (0, 0, 0)),
        "palette.png": (red.quantize(4), (200, 30, 60)),
        "clear.png": (half, (255, 255, 255)),
        "deep.png": (deep, (99, 99, 99)),
        "ink.jpg": (red.convert("CMYK"), (200, 30, 60)),
        "web.webp": (red, (200, 30, 60)),
        "still.gif": (red, (200, 30, 60)),
    }
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for name, (picture, _) in files.items():
            picture.save(tmp_path / folder / name)
    pictures = load_folder(tmp_path, on_error="raise")
    for row, file in enumerate(pictures.files):
        got, color = np.asarray(pictures.open(row)), files[Path(file).name][1]
        assert got.shape == (40, 50, 3) and np.abs(got.astype(int) - color).max() <= 4, file
    for augmentation in (None, CROP_AND_FLIP):  # the second may decode at a reduced scale
        options = STILL | {"augmentation": augmentation}
        x, _ = all_of(Batches(pictures, preprocessing=PRE, on_error="raise", **options))
        for got, file in zip(x, pictures.files, strict=True):
            color = files[Path(file).name][1]
            assert np.abs((got + 0.5) * 255 - color).max() <= 5, file


def test_only_known_formats_are_tried(tmp_path, monkeypatch):
    """PostScript under another name must not reach Ghostscript, nor anything Pillow's readers."""
    from PIL import EpsImagePlugin

    asked = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *args, **kw: asked.append(args))
    path = tmp_path / "photo.jpg"
    smooth(40, 50).save(path, "EPS")
    with Image.open(path) as picture:
        assert picture.format == "EPS"  # what Pillow makes of it when it is not told otherwise
    with pytest.raises(DataError, match="photo.jpg: not a picture that can be read"):
        open_picture(path)
    for name in "ab":
        (tmp_path / "classes" / name).mkdir(parents=True)
        smooth(40, 50).save(tmp_path / "classes" / name / "1.jpg")
    (tmp_path / "classes" / "a" / "2.jpg").write_bytes(path.read_bytes())
    assert len(load_folder(tmp_path / "classes").problems) == 1
    assert asked == []


def test_numbers_without_a_range_are_refused(tmp_path):
    ramp = np.linspace(0, 1, 2000).reshape(40, 50)
    files = {
        "floats": ramp.astype("float32"),
        "integers of 32 bits": (ramp * 255).astype("int32"),
    }
    for kind, values in files.items():
        path = tmp_path / f"{kind}.tif"
        Image.fromarray(values).save(path)
        with pytest.raises(DataError, match=f"{kind}.tif: its pixels are {kind}.*Save it with 8"):
            open_picture(path)
    path = tmp_path / "deep.tif"
    Image.fromarray((ramp * 65535).astype("uint16")).save(path)
    assert np.abs(np.asarray(open_picture(path))[..., 0] - 255 * ramp).max() <= 1


# --- crops ------------------------------------------------------------------------------------


def test_the_center_is_what_the_preprocessing_cuts(folder):
    pictures = load_folder(folder)
    x, y = all_of(Batches(pictures, preprocessing=PRE, batch_size=5, **STILL))
    assert y.tolist() == pictures.y.tolist()
    assert (x == PRE.apply([PRE.cut(pictures.open(row)) for row in range(12)])).all()


def test_a_crop_lies_in_the_center_square_of_its_picture(folder):
    pictures = load_folder(folder)
    for crop in (32, (32, 24)):
        pre = Preprocessing(40, crop, channels="bgr", mean=(0.1, 0.2, 0.3), std=(1, 2, 3))
        make = {"batch_size": 5, "augmentation": CROP_AND_FLIP, "seed": 3}
        batches = Batches(pictures, preprocessing=pre, **make)
        x, y = all_of(batches, epoch=2)
        x = x * np.float32(pre.std) + np.float32(pre.mean)
        order = np.concatenate([batches.read(step)[0] for step in range(3)])
        assert (pictures.y[order] == y).all() and sorted(order) == list(range(12))
        for row, got in zip(order, x[..., ::-1] * 255, strict=True):
            square = pre.cut(pictures.open(row), (40, 40)).astype(float)
            height, width = pre.crop
            places = [
                np.abs(view - got).max()
                for top in range(41 - height)
                for left in range(41 - width)
                for view in [square[top : top + height, left : left + width]]
                for view in (view, view[:, ::-1])
            ]
            assert (
                min(places) < 0.01 and np.median(places) > 3
            )  # the one place, and that it can fail


def test_reducing_averages_what_lies_between(tmp_path):
    stripes = np.zeros((320, 320, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255  # reduced eight times without a filter: 0 or 255
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.fromarray(stripes).save(tmp_path / name / "1.jpg", quality=100)
    for augmentation in (None, CROP_AND_FLIP):
        x, _ = all_of(Batches(tmp_path, preprocessing=PRE, augmentation=augmentation))
        assert np.abs(x).max() < 0.02


def test_a_large_jpeg_is_decoded_smaller_for_training_and_looks_the_same(tmp_path):
    picture = smooth(600, 900)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        picture.save(tmp_path / name / "1.jpg", quality=95)
    pictures = load_folder(tmp_path)
    assert pictures.open(0).size == (900, 600)  # judging reads it whole
    small = pictures.open(0, least=64)
    assert small.size == (113, 75)  # an eighth, rounded up
    whole, reduced = (PRE.cut(one).astype(int) for one in (picture, small))
    assert np.abs(whole - reduced).mean() < 1.5 and np.abs(whole - reduced).max() < 8


def test_an_epoch_follows_from_its_seed_alone(folder):
    def epoch(number, seed=0, **options):
        make = Batches(folder, preprocessing=PRE, batch_size=5, seed=seed, **options)
        return all_of(make, number)

    first, again, later, other = epoch(0), epoch(0), epoch(1), epoch(0, seed=1)
    assert (first[0] == again[0]).all() and (first[1] == again[1]).all()
    assert not (first[0] == later[0]).all() and not (first[0] == other[0]).all()
    turned = epoch(0, data_format="channels_first")
    assert (turned[0] == first[0].transpose(0, 3, 1, 2)).all()


def test_arrays_are_read_like_files(folder):
    pictures = load_folder(folder)
    for row in (0, 5):  # of another size, of the size of the crop's square
        x = np.stack([np.asarray(pictures.open(row))] * 3)
        pre = PRE if row else Preprocessing(min(x.shape[1:3]), 32)
        for options in (STILL, STILL | {"views": 10}):
            got, _ = all_of(Batches(x, labels=[0, 1, 0], preprocessing=pre, **options))
            files = [pictures.files[row]] * 3
            assert (got == Batches(files, preprocessing=pre, **options).read(0)[1]).all()


def test_random_crops_reach_the_whole_picture_and_no_farther():
    tops, lefts, flips = set(), set(), 0
    marked = np.zeros((2000, 40, 42, 3), np.uint8)
    marked[..., 0], marked[..., 1] = np.mgrid[:40, :42]
    crops = augment(marked, (32, 32), CROP_AND_FLIP, np.random.default_rng(0)).astype(int)
    for crop in crops:
        y, x = crop[..., 0], crop[..., 1]
        flipped = x[0, 0] > x[0, 1]
        x, flips = x[:, ::-1] if flipped else x, flips + flipped
        tops.add(int(y[0, 0])), lefts.add(int(x[0, 0]))
        assert (np.diff(y, axis=0) == 1).all() and (np.diff(x, axis=1) == 1).all()
    assert tops == set(range(9)) and lefts == set(range(11))
    assert 900 < flips < 1100


def test_ten_views_are_corners_and_center_and_their_mirrors():
    picture = smooth(50, 90)
    resized = picture.resize((72, 40), Image.Resampling.BILINEAR)  # the short side to 40
    square = np.asarray(resized)[:, 16:56].astype(int)
    views = ten_views(PRE.cut(picture, (40, 40))[None], (32, 32))[0]
    for i, (top, left) in enumerate([(0, 0), (0, 8), (8, 0), (8, 8), (4, 4)]):
        assert (views[i] == square[top : top + 32, left : left + 32]).all()
        assert (views[5 + i] == views[i][:, ::-1]).all()


# --- what is broken inside --------------------------------------------------------------------


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("bad", [[0], [11], [4, 5, 6, 7], [0, 1, 2, 3, 4, 11]])
def test_damaged_pictures_are_named_and_left_out(folder, bad):
    pictures = load_folder(folder)
    for row in bad:
        cut_short(Path(pictures.files[row]))
    batches = Batches(pictures, preprocessing=PRE, batch_size=4, **STILL)
    for epoch in (0, 1):
        batches.epoch = epoch
        rows = np.concatenate([batches.read(step)[0] for step in range(len(batches))])
        assert rows.tolist() == np.delete(np.arange(12), bad).tolist()
        assert all(len(x) == len(y) > 0 for x, y in map(batches.__getitem__, range(3)))
    assert set(batches.problems) == {pictures.files[row] for row in bad}
    assert all(name in problem for name, problem in batches.problems.items())


def test_damaged_pictures_stop_where_that_was_asked(folder):
    pictures = load_folder(folder)
    cut_short(Path(pictures.files[6]))
    batches = Batches(pictures, preprocessing=PRE, batch_size=4, on_error="raise")
    with pytest.raises(DataError, match=Path(pictures.files[6]).name):
        all_of(batches)
    assert isinstance(batches.failure, DataError)


def test_a_folder_of_nothing_but_damage_ends(folder):
    pictures = load_folder(folder)
    for file in pictures.files:
        cut_short(Path(file))
    batches = Batches(pictures, preprocessing=PRE, batch_size=4)
    with pytest.raises(DataError, match="no picture can be decoded. The first of 12: "):
        all_of(batches)


# --- taking apart -----------------------------------------------------------------------------


def test_split_puts_the_same_share_of_each_class_aside(folder):
    pictures = load_folder(folder)
    stay, aside = pictures.split(0.25, seed=1)
    assert np.bincount(stay.y).tolist() == [3, 3, 3] and np.bincount(aside.y).tolist() == [1, 1, 1]
    assert set(stay.files) | set(aside.files) == set(pictures.files)
    assert not set(stay.files) & set(aside.files)
    assert pictures.split(0.25, seed=1)[1].files == aside.files
    assert len(pictures.split(0.99)[0]) == 3  # a picture of every class stays
    with pytest.raises(ValueError, match="share is 1"):
        pictures.split(1)


@pytest.mark.parametrize(
    "x", [np.zeros((64, 64, 3), "uint8"), np.zeros((2, 3, 64, 64), "uint8"), np.zeros((1, 8, 8, 3))]
)
def test_arrays_that_are_no_pictures_are_refused(x):
    with pytest.raises(DataError, match="expected uint8"):
        Batches(x, preprocessing=PRE)


def test_importing_datasets_brings_no_keras():
    code = (
        "import sys, alexnet_tutorial.pictures as d; d.load_folder, d.Preprocessing;"
        "print('keras' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
