"""Imagenette: where it is looked for, how it is split, and its stand-in."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from alexnet_tutorial.pictures import (
    ENVIRONMENT_VARIABLE,
    DataError,
    Folder,
    Split,
    data_directory,
    load_imagenette,
)
from alexnet_tutorial.pictures.archive import Archive
from alexnet_tutorial.pictures.download import PinnedFile
from alexnet_tutorial.pictures.drawings import SHAPES
from alexnet_tutorial.pictures.imagenette import ARCHIVES, CLASSES

TRAIN, VAL = 8, 3


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """No data of this machine, and no cache of it."""
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    monkeypatch.delenv("KAGGLE_KERNEL_RUN_TYPE", raising=False)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture(scope="session")
def files(jpeg):
    """The members of a small archive, in the layout of the published."""
    return {
        f"imagenette2-40/{part}/{wnid}/ILSVRC2012_val_{number:08d}.JPEG": jpeg(
            1000 * place + 100 * (part == "val") + number, mode="L" if number == 2 else "RGB"
        )
        for part, count in (("train", TRAIN), ("val", VAL))
        for place, wnid in enumerate(CLASSES)
        for number in range(count)
    }


@pytest.fixture
def placed(elsewhere, files, pack):
    """An archive of one's own in the data directory."""
    return pack(elsewhere / "imagenette" / "imagenette2-40.tgz", files)


def contents(part):
    return {x.tobytes() for x in part.x}


def test_arrays_of_an_archive(placed, files):
    sets = load_imagenette(pixels=24, validation=0.25, progress=False)
    assert sets.kind == "real" and sets.archive == placed and str(placed) in sets.source
    assert "80 + 30 pictures; published are 9,469 + 3,925" in sets.source
    assert sets.classes[:2] == ("tench", "English springer") and sets.wnids == tuple(CLASSES)
    assert [len(part) for part in (sets.train, sets.validation, sets.test)] == [60, 20, 30]
    for part, each in ((sets.train, 6), (sets.validation, 2), (sets.test, 3)):
        assert isinstance(part, Split) and part.x.shape[1:] == (24, 24, 3)
        assert np.bincount(part.y).tolist() == [each] * 10
    # The test set is what was published as val, to the last picture; nothing of it is elsewhere.
    learned = contents(sets.train) | contents(sets.validation)
    assert len(learned) == 80 and not learned & contents(sets.test)
    first = Image.open(
        io.BytesIO(files["imagenette2-40/val/n01440764/ILSVRC2012_val_00000000.JPEG"])
    )
    wanted = np.asarray(first.resize((30, 24), Image.Resampling.BILINEAR))[:, 3:27]
    assert (sets.test.x[0] == wanted).all() and sets.test.y[0] == 0


def test_a_folder_of_an_archive(placed, elsewhere):
    sets = load_imagenette(validation=0.25, progress=False)
    for part, count in ((sets.train, 60), (sets.validation, 20), (sets.test, 30)):
        assert isinstance(part, Folder) and len(part) == count
        assert part.classes == sets.wnids and part.class_names == sets.classes
    assert "/train/" in sets.train.files[0] and "/val/" in sets.test.files[0]
    assert not set(sets.train.files) & set(sets.validation.files)
    # Unpacked once, into the cache: what the user named is left as it was.
    assert [path.name for path in (elsewhere / "imagenette").iterdir()] == ["imagenette2-40.tgz"]
    assert sets.train.path.is_relative_to(elsewhere.parent / "cache")
    before = sets.train.path.stat().st_mtime_ns
    assert load_imagenette(validation=0.25, progress=False).train.files == sets.train.files
    assert sets.train.path.stat().st_mtime_ns == before


def test_the_same_pictures_validate_whatever_their_form(placed):
    def validating(**options):
        return load_imagenette(validation=0.25, progress=False, **options).validation

    def shown(part):
        return [x.tobytes() for x in part.x]

    arrays = validating(pixels=24)
    small = [
        np.asarray(Image.open(file).convert("RGB").resize((30, 24), Image.Resampling.BILINEAR))
        for file in validating().files
    ]
    assert [x[:, 3:27].tobytes() for x in small] == shown(arrays)
    assert shown(arrays.resized(16)) != shown(validating(pixels=24, seed=1).resized(16))
    assert (validating(pixels=40).y == arrays.y).all()


def test_decoded_once(placed, files, pack, monkeypatch):
    first = load_imagenette(pixels=24, progress=False)
    decoding, fresh = [], {}
    for part in ("train", "val"):
        fresh |= {f"{part}_x": np.zeros((10, 1)), f"{part}_y": np.zeros(10, "int64")}
    monkeypatch.setattr(Archive, "arrays", lambda self, *rest: decoding.append(self) or fresh)
    again = load_imagenette(pixels=24, progress=False)
    assert (again.train.x == first.train.x).all() and (again.test.y == first.test.y).all()
    assert not decoding
    load_imagenette(pixels=25, progress=False)
    assert len(decoding) == 1  # another size
    pack(placed, files | {"imagenette2-40/note.txt": b"changed"})
    load_imagenette(pixels=24, progress=False)
    assert len(decoding) == 2  # another archive


def test_where_it_is_looked_for(elsewhere, files, pack, monkeypatch, tmp_path):
    with pytest.raises(DataError, match=r"no Imagenette archive here; expected imagenette2-320"):
        load_imagenette("real", pixels=24)
    drawn = load_imagenette(pixels=24)
    assert drawn.kind == "generated" and f"(no Imagenette files in {elsewhere})" in drawn.source
    own = pack(elsewhere / "imagenette2-40.tgz", files)
    options = {"pixels": 24, "progress": False}
    assert load_imagenette(**options).archive == own
    better = pack(elsewhere / "imagenette" / "imagenette2-64.tgz", files)
    assert load_imagenette("real", **options).archive == better

    published = pack(elsewhere / "imagenette" / "imagenette2-160.tgz", files)
    assert load_imagenette(**options).archive == better  # for 320 it is the other size
    data = published.read_bytes()
    pinned = PinnedFile(published.name, len(data), "0" * 64)
    monkeypatch.setitem(ARCHIVES, 160, pinned)
    with pytest.raises(DataError, match="has sha256"):
        load_imagenette(size=160, **options)
    pinned = PinnedFile(published.name, len(data), hashlib.sha256(data).hexdigest())
    monkeypatch.setitem(ARCHIVES, 160, pinned)
    assert load_imagenette(size=160, **options).archive == published
    own.unlink(), better.unlink()
    with pytest.raises(DataError, match=r"imagenette2-160.tgz: this archive is here, but size=320"):
        load_imagenette(**options)
    for source in (published, str(published)):
        assert load_imagenette(source, **options).archive == published
    with pytest.raises(DataError, match="no Imagenette archive here"):
        load_imagenette(tmp_path / "none", **options)
    (tmp_path / "set" / "train").mkdir(parents=True)
    (tmp_path / "set" / "val").mkdir()
    with pytest.raises(DataError, match="this is Imagenette unpacked; expected its archive"):
        load_imagenette(tmp_path / "set", **options)
    with pytest.raises(ValueError, match="'imagenet' is not known. Known sources: auto, real"):
        load_imagenette("imagenet", **options)


def test_a_published_archive_that_was_cut_short_is_an_error(elsewhere, placed):
    placed.rename(elsewhere / "imagenette2-320.tgz")
    for source in ("auto", "real", elsewhere):
        with pytest.raises(DataError, match="expected the 341,663,724 of the published file"):
            load_imagenette(source, pixels=24)
    assert not (elsewhere.parent / "cache").exists()


def test_a_class_that_is_missing_is_an_error(elsewhere, files, pack):
    lacking = {name: data for name, data in files.items() if "train/n03888257" not in name}
    pack(elsewhere / "imagenette2-40.tgz", lacking)
    for pixels in (24, None):
        with pytest.raises(DataError, match="holds no picture in train/n03888257"):
            load_imagenette(pixels=pixels, progress=False)
    assert not list((elsewhere.parent / "cache").rglob("*.*"))


@pytest.mark.parametrize("pixels", [24, None])
def test_a_full_disk_is_an_error(placed, full_disk, pixels, elsewhere):
    with pytest.raises(DataError, match="MB are needed to (keep|unpack)"):
        load_imagenette(pixels=pixels, progress=False)
    assert not list((elsewhere.parent / "cache").rglob("*.*"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 224}, "size is 224, and must be one of 160, 320"),
        ({"pixels": 0}, "pixels is 0"),
        ({"pixels": 72.0}, "pixels is 72.0"),
        ({"validation": 1}, "share is 1"),
        ({"validation": -0.1}, "share is -0.1"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        load_imagenette("generated", **options)


def test_the_stand_in_runs_every_path(elsewhere):
    sets = load_imagenette("generated", seed=3, pixels=72)
    assert sets.kind == "generated" and "drawn shapes" in sets.source and "seed 3" in sets.source
    assert sets.classes == SHAPES and sets.wnids == () and sets.archive is None
    for part, each in ((sets.train, 45), (sets.validation, 5), (sets.test, 10)):
        assert np.bincount(part.y).tolist() == [each] * 10
    again, other = (load_imagenette("generated", seed=seed, pixels=72) for seed in (3, 4))
    assert (again.train.x == sets.train.x).all() and not (other.train.x == sets.train.x).all()
    assert load_imagenette("generated", pixels=20).test.x.shape == (100, 20, 20, 3)

    folder = load_imagenette("generated", seed=3)
    assert isinstance(folder.train, Folder) and folder.train.classes == SHAPES
    assert [len(p) for p in (folder.train, folder.validation, folder.test)] == [450, 50, 100]
    assert not list(elsewhere.iterdir())  # what the user named stays as it was
    assert folder.classes == folder.train.class_names
    names = [folder.classes[label] for label in folder.test.y[:3]]
    assert all(f"/{name}/" in file for name, file in zip(names, folder.test.files, strict=False))


def has_imagenette():
    folder = data_directory()
    return any([*folder.glob("imagenette2*.tgz"), *folder.glob("imagenette/imagenette2*.tgz")])


REAL = data_directory() if has_imagenette() else None


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="no Imagenette archive in the data directory")
def test_the_real_photographs(tmp_path, monkeypatch):
    """All 13,394, decoded as a test's own Pillow does; the kept ones are read at once."""
    sets = load_imagenette(REAL, pixels=72, directory=tmp_path, progress=False)
    assert sets.kind == "real" and "published are" not in sets.source
    assert [len(part) for part in (sets.train, sets.validation, sets.test)] == [8522, 947, 3925]
    everything = np.concatenate([sets.train.x, sets.validation.x, sets.test.x])
    gray = (everything == everything[..., :1]).all((1, 2, 3)).sum()
    assert gray >= 242  # and a few color files that show gray
    folder = load_imagenette(REAL, directory=tmp_path, progress=False)
    assert (folder.train.y == sets.train.y).all() and (folder.test.y == sets.test.y).all()
    for part, files in ((sets.train, folder.train), (sets.test, folder.test)):
        for row in range(0, len(part), 97):
            picture = Image.open(files.files[row]).convert("RGB")
            short = min(picture.size)
            width, height = (72 * side // short for side in picture.size)
            left, top = (width - 72) // 2, (height - 72) // 2
            small = picture.resize((width, height), Image.Resampling.BILINEAR)
            assert (part.x[row] == small.crop((left, top, left + 72, top + 72))).all()
    modes = [Image.open(file).mode for file in folder.train.files + folder.test.files]
    assert 200 < modes.count("L") <= 242
    monkeypatch.setattr(Archive, "arrays", lambda *rest: pytest.fail("decoded again"))
    again = load_imagenette(REAL, pixels=72, directory=tmp_path, progress=False)
    assert (again.train.x == sets.train.x).all()
