"""CIFAR-10: its pickled batches, its JPEG copy, and the stand-in."""

import hashlib
import pickle
import struct

import numpy as np
import pytest

from alexnet_tutorial.pictures import (
    ENVIRONMENT_VARIABLE,
    DataError,
    cifar10,
    data_directory,
    load_cifar10,
)
from alexnet_tutorial.pictures.cifar10 import ARCHIVE, CLASSES, JPEG_ARCHIVE, read_batches
from alexnet_tutorial.pictures.download import PinnedFile
from alexnet_tutorial.pictures.drawings import SHAPES

NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


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


class Python2(pickle._Pickler):
    """Writes pickles as Python 2 did, in which the published archive was made."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_text(self, text):
        data = text.encode() if isinstance(text, str) else text
        short = len(data) < 256
        length = bytes([len(data)]) if short else struct.pack("<i", len(data))
        self.write((pickle.SHORT_BINSTRING if short else pickle.BINSTRING) + length + data)
        self.memoize(text)

    dispatch[str] = dispatch[bytes] = save_text


def pickled(value):
    import io

    stream = io.BytesIO()
    Python2(stream, protocol=2).dump(value)
    return stream.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def batch(seed, count=20):
    rng = np.random.default_rng(seed)
    return {
        "batch_label": f"batch {seed}",
        "labels": rng.permutation(np.arange(count) % 10).tolist(),
        "data": rng.integers(0, 256, (count, 3072), dtype="uint8"),
        "filenames": [f"picture {number}.png" for number in range(count)],
    }


@pytest.fixture
def published(elsewhere, pack, monkeypatch):
    """A small archive in the published form, in its place, and pinned."""
    batches = {name: pickled(batch(seed)) for seed, name in enumerate(NAMES)}
    files = {f"cifar-10-batches-py/{name}": data for name, data in batches.items()}
    files["cifar-10-batches-py/batches.meta"] = pickled({"label_names": list(CLASSES)})
    path = pack(elsewhere / "cifar10" / ARCHIVE.name, files)
    pin(path, monkeypatch)
    return path, batches


def pin(path, monkeypatch):
    data = path.read_bytes()
    pinned = PinnedFile(ARCHIVE.name, len(data), hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(cifar10, "ARCHIVE", pinned)


@pytest.fixture
def copied(elsewhere, pack, jpeg):
    """The other archive, of JPEG files."""
    files = {
        f"cifar10-jpeg/{part}/{name}/{number:04d}.jpg": jpeg(
            100 * place + number + 50 * (part == "test"), 32, 32
        )
        for part, count in (("train", 4), ("test", 2))
        for place, name in enumerate(CLASSES)
        for number in range(count)
    }
    return pack(elsewhere / JPEG_ARCHIVE, files)


def test_batches_are_read_as_keras_reads_them(published, tmp_path):
    load_batch = pytest.importorskip("keras.src.datasets.cifar").load_batch
    path, batches = published
    arrays = read_batches(path)
    x, y = [], []
    for name, data in batches.items():
        (tmp_path / name).write_bytes(data)
        pixels, labels = load_batch(str(tmp_path / name))
        x.append(pixels.transpose(0, 2, 3, 1))
        y.append(labels)
    assert (arrays["train_x"] == np.concatenate(x[:5])).all()
    assert (arrays["test_x"] == x[5]).all() and arrays["test_x"].dtype == np.uint8
    assert arrays["train_y"].tolist() == np.concatenate(y[:5]).tolist()
    assert arrays["test_y"].tolist() == list(y[5])


def test_sets_of_the_published_archive(published, monkeypatch):
    path, _ = published
    sets = load_cifar10(validation=0.2)
    assert sets.kind == "real" and sets.archive == path and sets.source == f"CIFAR-10, from {path}"
    assert sets.classes == CLASSES and (sets.test.x == read_batches(path)["test_x"]).all()
    assert np.bincount(sets.train.y).tolist() == [8] * 10
    assert np.bincount(sets.validation.y).tolist() == [2] * 10
    learned, tested = ({x.tobytes() for x in part.x} for part in (sets.train, sets.test))
    assert not learned & tested and not {x.tobytes() for x in sets.validation.x} & tested
    monkeypatch.setattr(cifar10, "read_batches", lambda path: pytest.fail("read again"))
    assert (load_cifar10(validation=0.2).train.x == sets.train.x).all()


def test_the_published_archive_goes_before_its_copy(published, copied, monkeypatch):
    path, _ = published
    assert load_cifar10().archive == path
    sets = load_cifar10(copied, validation=0.25, progress=False)
    assert "JPEG copies" in sets.source and sets.archive == copied
    assert [len(part) for part in (sets.train, sets.validation, sets.test)] == [30, 10, 20]
    path.unlink()
    assert load_cifar10("real", progress=False).archive == copied
    assert load_cifar10(pixels=48, progress=False).test.x.shape == (20, 48, 48, 3)


class Runs:
    def __reduce__(self):
        return print, ("a program ran",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("test_batch", None, "lacks test_batch; expected six batches"),
        ("data_batch_3", b"no pickle", "data_batch_3: not a batch of CIFAR-10"),
        ("data_batch_3", {"labels": [0]}, "data_batch_3: not a batch.*data"),
        ("data_batch_3", [1, 2], "data_batch_3: not a batch"),
        ("data_batch_3", Runs(), "it asks for __builtin__.print"),
        ("data_batch_3", batch(0) | {"data": np.zeros((20, 3073), "uint8")}, r"uint8 \(20, 3073\)"),
        ("data_batch_3", batch(0) | {"data": np.zeros((20, 3072))}, r"data is float64"),
        ("data_batch_3", batch(0) | {"labels": [10] * 20}, "20 of 20 labels are outside"),
        ("data_batch_3", batch(0) | {"labels": [1] * 19}, r"expected integers of shape \(20,\)"),
        ("test_batch", batch(0) | {"labels": [1] * 20}, "the test labels: classes .* no picture"),
    ],
)
def test_a_batch_that_is_none_is_named(
    published, pack, elsewhere, monkeypatch, capsys, name, content, message
):
    path, batches = published
    if content is None:
        del batches[name]
    else:
        batches[name] = content if isinstance(content, bytes) else pickled(content)
    pack(path, {f"cifar-10-batches-py/{name}": data for name, data in batches.items()})
    pin(path, monkeypatch)
    with pytest.raises(DataError, match=message):
        load_cifar10()
    assert "a program ran" not in capsys.readouterr().out
    assert not list((elsewhere.parent / "cache").rglob("*.*"))


def test_an_archive_that_was_changed_is_not_read(published, monkeypatch):
    path, _ = published
    monkeypatch.setattr(cifar10, "read_batches", lambda path: pytest.fail("was read"))
    whole = path.read_bytes()
    for data, message in ((whole[:-5], "cut short"), (whole[:-1] + b"?", "has sha256")):
        path.write_bytes(data)
        with pytest.raises(DataError, match=message):
            load_cifar10()


def test_a_class_missing_in_the_copy_is_named(elsewhere, pack, copied, jpeg):
    pack(copied, {f"cifar10-jpeg/train/{name}/1.jpg": jpeg(0, 32, 32) for name in CLASSES})
    with pytest.raises(DataError, match="holds no picture in test/airplane and 9 more"):
        load_cifar10(progress=False)


def test_a_full_disk_is_an_error(published, full_disk, elsewhere):
    with pytest.raises(DataError, match=r"184\.3 MB are needed to keep"):
        load_cifar10()
    assert not list((elsewhere.parent / "cache").rglob("*.*"))


def test_where_nothing_is(elsewhere, tmp_path):
    with pytest.raises(DataError, match=f"no CIFAR-10 archive here; expected {ARCHIVE.name}"):
        load_cifar10("real")
    with pytest.raises(DataError, match="no CIFAR-10 archive here"):
        load_cifar10(tmp_path)
    with pytest.raises(ValueError, match="Known sources: auto, real, download, generated"):
        load_cifar10("cifar")
    assert f"(no CIFAR-10 files in {elsewhere})" in load_cifar10().source


@pytest.mark.parametrize("pixels", [0, 129, 32.0])
def test_a_side_out_of_range(pixels):
    with pytest.raises(ValueError, match=r"from 1 to 128, at which .* take 2\.9 GB"):
        load_cifar10("generated", pixels=pixels)


def test_the_stand_in(elsewhere):
    sets = load_cifar10("generated", seed=2)
    assert sets.kind == "generated" and sets.classes == SHAPES and sets.archive is None
    assert [len(part) for part in (sets.train, sets.validation, sets.test)] == [1350, 150, 300]
    assert sets.train.x.shape[1:] == (32, 32, 3) and np.bincount(sets.train.y).min() == 135
    assert (load_cifar10("generated", seed=2).test.x == sets.test.x).all()
    assert load_cifar10("generated", pixels=64).test.x.shape == (300, 64, 64, 3)
    assert not list(elsewhere.iterdir()) and not (elsewhere.parent / "cache").exists()


def has_cifar10():
    folder = data_directory()
    places = [place / name for place in (folder, folder / "cifar10") for name in ARCHIVES]
    return any(place.is_file() for place in places)


ARCHIVES = (ARCHIVE.name, JPEG_ARCHIVE)
REAL = data_directory() if has_cifar10() else None


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="no CIFAR-10 archive in the data directory")
def test_the_real_pictures(tmp_path):
    sets = load_cifar10(REAL, directory=tmp_path, progress=False)
    assert sets.kind == "real" and sets.train.x.shape == (45_000, 32, 32, 3)
    for part, each in ((sets.train, 4500), (sets.validation, 500), (sets.test, 1000)):
        assert np.bincount(part.y).tolist() == [each] * 10
    # Means and deviations of the training pictures' channels, as they are known of CIFAR-10.
    pixels = np.concatenate([sets.train.x, sets.validation.x])
    shares = [np.bincount(pixels[..., c].ravel(), minlength=256) / 51_200_000 for c in range(3)]
    levels = np.arange(256) / 255
    means = np.array([share @ levels for share in shares])
    deviations = np.sqrt([share @ levels**2 for share in shares] - means**2)
    assert np.abs(means - (0.4914, 0.4822, 0.4465)).max() < 0.002
    assert np.abs(deviations - (0.2470, 0.2435, 0.2616)).max() < 0.004
