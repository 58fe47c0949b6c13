"""Archives of pictures: read as they are, proven whole, unpacked once, and never half."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from alexnet_tutorial.pictures import DataError, load_folder
from alexnet_tutorial.pictures import archive as module
from alexnet_tutorial.pictures.archive import (
    Archive,
    kept_arrays,
    members,
    proven,
    write_folder,
)
from alexnet_tutorial.pictures.download import PinnedFile

PARTS, CLASSES = ("train", "val"), ("n2", "n1", "n3")


@pytest.fixture
def photographs(jpeg):
    """Archive's names → bytes: two parts of three classes, sizes and kinds mixed, in no order."""
    kinds = (("RGB", 40, 50), ("L", 61, 40), ("CMYK", 40, 90), ("RGB", 30, 31))
    files = {}
    for seed, (part, label, number) in enumerate(
        (part, label, number)
        for number in (2, 0, 1)
        for label in ("n3", "n1", "n2")
        for part in ("val", "train")
        if part == "train" or number
    ):
        mode, height, width = kinds[seed % len(kinds)]
        name = f"set-40/{part}/{label}/a'b {number}.JPEG"
        files[name] = jpeg(seed, height, width, mode)
    return files


@pytest.fixture
def packed(tmp_path, pack):
    """Give a function that packs files and gives them as an archive of this set."""

    def make(files):
        path = pack(tmp_path / "set-40.tgz", files)
        return Archive(path, "0" * 64, PARTS, CLASSES)

    return make


def in_order(files):
    """The files of each part, by label and name."""
    for part in PARTS:
        for label in CLASSES:
            names = sorted(name for name in files if f"/{part}/{label}/" in name)
            yield from ((part, CLASSES.index(label), files[name]) for name in names)


def squared(data, pixels):
    """What an array must hold of a JPEG, by Pillow alone."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = picture.size
    short = min(width, height)
    picture = picture.resize(
        (width * pixels // short, height * pixels // short), Image.Resampling.BILINEAR
    )
    left, top = (picture.width - pixels) // 2, (picture.height - pixels) // 2
    return np.asarray(picture.crop((left, top, left + pixels, top + pixels)))


@pytest.mark.parametrize("pixels", [16, 30, 48])
def test_arrays_are_the_pictures_in_order(photographs, packed, pixels, capsys):
    arrays = packed(photographs).arrays(pixels)
    for part, count in (("train", 9), ("val", 6)):
        wanted = [(label, data) for there, label, data in in_order(photographs) if there == part]
        x, y = arrays[f"{part}_x"], arrays[f"{part}_y"]
        assert x.shape == (count, pixels, pixels, 3) and x.dtype == np.uint8
        assert y.dtype == np.int64 and y.tolist() == [label for label, _ in wanted]
        for got, (_, data) in zip(x, wanted, strict=True):
            assert (got == squared(data, pixels)).all()
            if Image.open(io.BytesIO(data)).mode == "L":
                assert (got == got[..., :1]).all()
    assert "set-40.tgz, decoded: 100 %" in capsys.readouterr().err


def test_unpacked_is_what_was_packed(photographs, packed, tmp_path):
    extra = {"set-40/list.csv": b"x", "set-40/.DS_Store": b"x", "./other/readme/text.txt": b"x"}
    packed(photographs | extra).unpack(tmp_path / "out" / "set", progress=False)
    found = {
        f"set-40/{path.relative_to(tmp_path / 'out' / 'set').as_posix()}": path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert found == photographs
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["set"]
    assert load_folder(tmp_path / "out" / "set" / "train", on_error="raise").sizes.min() == 30


def test_a_cut_archive_is_never_taken_for_a_whole_one(photographs, packed):
    archive = packed(photographs)
    whole = archive.path.read_bytes()
    for size in [*range(1, 40), *range(40, len(whole), 97), len(whole) - 9, len(whole) - 1]:
        archive.path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"not a whole \.tar\.gz archive.*cut short"):
            list(members(archive.path))


def test_a_damaged_archive_is_refused(photographs, packed):
    archive = packed(photographs)
    whole = archive.path.read_bytes()
    for place in range(20, len(whole) - 8, len(whole) // 23):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        archive.path.write_bytes(damaged)
        with pytest.raises(DataError, match="set-40.tgz"):
            list(members(archive.path))
    archive.path.write_text("<html>Not here any more</html>")
    with pytest.raises(DataError, match="a web page saved under this name"):
        list(members(archive.path))


def odd(kind, name="set-40/train/n1/x.JPEG", target="../../../outside"):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("../outside.JPEG", b"x"),
        ("set-40/train/n1/../../../../outside.JPEG", b"x"),
        ("/tmp/train/n1/outside.JPEG", b"x"),
        ("set-40/train/n1\\..\\..\\outside.JPEG", b"x"),
        ("link", odd(tarfile.SYMTYPE)),
        ("link", odd(tarfile.LNKTYPE)),
        ("device", odd(tarfile.CHRTYPE)),
        ("pipe", odd(tarfile.FIFOTYPE)),
    ],
)
def test_what_leads_out_of_the_folder_is_refused(photographs, packed, tmp_path, name, member):
    archive = packed(photographs | {name: member})
    with pytest.raises(DataError, match="leads out of the folder|is a link or a device"):
        archive.unpack(tmp_path / "in" / "set", progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["set-40.tgz"]
    assert not (tmp_path.parent / "outside.JPEG").exists()


def test_a_member_of_any_size_is_not_read(photographs, packed, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 5000)
    with pytest.raises(DataError, match="declares 5,001 bytes, more than the 5,000"):
        list(members(packed({"set-40/big": bytes(5001)}).path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: {n: d for n, d in f.items() if "val/n1" not in n}, "holds no picture in val/n1"),
        (lambda f: {n: d for n, d in f.items() if "val" not in n}, "in val/n2 and 2 more"),
        (lambda f: {}, "in train/n2 and 5 more"),
        (lambda f: f | {"set-40/train/n9/1.JPEG": b"x"}, "is of no known part or class"),
        (lambda f: f | {"set-40/dev/n1/1.JPEG": b"x"}, "is of no known part or class"),
        (lambda f: f | {"other/train/n1/a'b 0.JPEG": b"x"}, "is there twice"),
    ],
)
def test_a_class_too_few_or_too_many_is_named_before_work_starts(
    photographs, packed, tmp_path, change, message
):
    archive = packed(change(photographs))
    for work in (lambda: archive.arrays(16), lambda: archive.unpack(tmp_path / "out")):
        with pytest.raises(DataError, match=message):
            work()
    assert not (tmp_path / "out").exists()


def test_a_picture_that_cannot_be_decoded_is_named(photographs, packed):
    name = "set-40/train/n1/a'b 0.JPEG"
    archive = packed(photographs | {name: photographs[name][:-60]})
    with pytest.raises(DataError, match="set-40.tgz: train/n1/a'b 0.JPEG: damaged or cut short"):
        archive.arrays(16, progress=False)


def test_a_full_disk_is_found_before_work_starts(
    photographs, packed, tmp_path, full_disk, monkeypatch
):
    archive = packed(photographs)
    monkeypatch.setattr(Archive, "pictures", lambda self: pytest.fail("work has begun"))
    # 15 files of one block of 4,096 bytes each
    with pytest.raises(DataError, match=r"0\.1 MB are needed to unpack set-40.tgz, and 0\.0 MB"):
        archive.unpack(tmp_path / "out" / "set")
    with pytest.raises(DataError, match=r"2\.0 MB are needed to keep a.npz.*Nothing was begun"):
        kept_arrays("a.npz", 2_000_000, lambda: pytest.fail("work has begun"), tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("fails", ["reading", "disk", "stopped"])
def test_nothing_half_unpacked_is_left(photographs, packed, tmp_path, fails, monkeypatch):
    archive = packed(photographs)

    def pictures():
        for number, picture in enumerate(Archive.pictures(archive)):
            if number == 4 and fails != "disk":
                raise KeyboardInterrupt if fails == "stopped" else DataError("broken")
            yield picture

    if fails == "disk":
        write, written = module.Path.write_bytes, []

        def run_full(path, data):
            written.append(path)
            if len(written) == 4:
                raise OSError(28, "No space left on device")
            return write(path, data)

        monkeypatch.setattr(module.Path, "write_bytes", run_full)
    with pytest.raises((DataError, OSError, KeyboardInterrupt)):
        write_folder(tmp_path / "out" / "set", pictures())
    assert list((tmp_path / "out").iterdir()) == []


def test_two_that_unpack_at_once_end_with_one_whole_folder(photographs, packed, tmp_path):
    archive, folder = packed(photographs), tmp_path / "out" / "set"

    def slowly():
        yield from archive.pictures()
        archive.unpack(folder, progress=False)  # the other one is faster

    write_folder(folder, slowly())
    assert [path.name for path in folder.parent.iterdir()] == ["set"]
    assert len(list(folder.rglob("*.JPEG"))) == 15


def test_arrays_are_kept_and_made_anew_where_damaged(tmp_path):
    made = []

    def make():
        made.append(1)
        return {"x": np.arange(5000) + len(made), "y": np.zeros(3)}

    for _ in range(2):
        assert kept_arrays("a/b.npz", 1, make, tmp_path)["x"][0] == 1
    path = tmp_path / "a" / "b.npz"
    whole = path.read_bytes()
    for number, damaged in enumerate((whole[:-100], whole[:3000] + b"?" + whole[3001:], b""), 2):
        path.write_bytes(damaged)
        assert kept_arrays("a/b.npz", 1, make, tmp_path)["x"][0] == number
        assert kept_arrays("a/b.npz", 1, make, tmp_path)["x"][0] == number
    assert len(made) == 4 and [p.name for p in path.parent.iterdir()] == ["b.npz"]


def test_arrays_are_made_where_no_folder_takes_files(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert kept_arrays("b.npz", 1, lambda: {"x": np.ones(2)}, tmp_path / "file")["x"].sum() == 2


def test_a_published_name_promises_the_published_file(tmp_path):
    path = tmp_path / "set.tgz"
    path.write_bytes(b"content")
    digest = hashlib.sha256(b"content").hexdigest()
    assert proven(path, [PinnedFile("set.tgz", 7, digest)]) == digest
    assert proven(path, [PinnedFile("other.tgz", 9, "0" * 64)]) == digest  # one's own
    with pytest.raises(DataError, match="has 7 bytes, expected the 8 .*cut short.*another name"):
        proven(path, [PinnedFile("set.tgz", 8, digest)])
    with pytest.raises(DataError, match=f"has sha256 {digest}, expected 0000"):
        proven(path, [PinnedFile("set.tgz", 7, "0" * 64)])
