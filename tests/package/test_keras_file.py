"""Keras files from strangers: refused by what they declare, before Keras reads them."""

import io
import json
import tracemalloc
import zipfile

import pytest

keras = pytest.importorskip("keras")
import h5py  # noqa: E402

from alexnet_tutorial.classifier import MEMBER, Classifier  # noqa: E402
from alexnet_tutorial.weights import keras_file, load  # noqa: E402


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    net = Classifier.from_architecture("compact", ["a", "b", "c"])
    return net.save(tmp_path_factory.mktemp("good") / "good.keras")


def changed(good, path, member, change, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w", compression) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name.endswith(member) else data)
    return path


def weights(edit):
    """Change the first kernel of a file's HDF5: edit(its group, its shape), the kernel removed."""

    def change(data):
        file = io.BytesIO(data)
        with h5py.File(file, "r+") as root:
            place = root["layers/conv2d/vars"]
            shape = place["0"].shape
            del place["0"]
            edit(place, shape)
        return file.getvalue()

    return change


def packed(place, shape):
    place.create_dataset("0", (60_000, 30_000), "f4", chunks=(1000, 1000), compression="gzip")


def external(place, shape):
    place.create_dataset("0", shape, "f4", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])


def virtual(place, shape):
    layout = h5py.VirtualLayout(shape, "f4")
    layout[...] = h5py.VirtualSource("other.h5", "d", shape=shape)
    place.create_virtual_dataset("0", layout)


def linked(place, shape):
    place["0"] = h5py.ExternalLink("other.h5", "/d")


def soft(place, shape):
    place["0"] = h5py.SoftLink("/layers/conv2d/vars/1")


def endless(place, shape):
    place["0"] = place


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (packed, "declare 7,200,000,000 bytes and hold 0"),
        (external, "lie in another file"),
        (virtual, "lie in another file"),
        (linked, "a link to somewhere else"),
        (soft, "a link to somewhere else"),
        (endless, "under two names"),
    ],
)
def test_weights_are_refused_by_what_they_declare(good, tmp_path, edit, message):
    path = changed(good, tmp_path / "net.keras", ".h5", weights(edit))
    for read in (Classifier.load, load):
        with pytest.raises(ValueError, match=f"net.keras: .*{message}"):
            read(path)


def test_text_that_would_fill_the_memory_is_never_unpacked(good, tmp_path):
    path = changed(
        *(good, tmp_path / "net.keras", "config.json"),
        lambda data: data + b" " * 300_000_000,
        zipfile.ZIP_DEFLATED,
    )
    for read in (Classifier.load, load):
        tracemalloc.start()
        with pytest.raises(ValueError, match="config.json takes .* unpacks to 300,0"):
            read(path)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 10_000_000


def test_names_that_are_paths_are_refused(good, tmp_path):
    for name in ("..", "../x", "a\\\\b"):
        path = changed(
            *(good, tmp_path / "net.keras", "config.json"),
            lambda data, name=name: data.replace(b'"conv1"', f'"{name}"'.encode()),
        )
        with pytest.raises(ValueError, match="a layer is called"):
            Classifier.load(path)


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("classes", "null", "its classes are None"),
        ("class_names", '"abc"', "its class_names are 'abc'"),
        ("preprocessing", "[" * 100_000 + "]" * 100_000, "recursion"),
        ("preprocessing", "[" * 500 + "]" * 500, "and must be an object"),
    ],
)
def test_facts_of_another_kind_are_refused_in_a_sentence(good, tmp_path, key, text, message):
    def change(data):
        facts = json.loads(data)
        facts[key] = "HERE"
        return json.dumps(facts).replace('"HERE"', text).encode()

    path = changed(good, tmp_path / "net.keras", MEMBER, change)
    with pytest.raises(ValueError, match=message) as refused:
        Classifier.load(path)
    assert len(str(refused.value)) < 600


def test_an_old_keras_reads_no_file(good, monkeypatch):
    for version in ("3.8.0", "3.12.4", "3.13.1", "2.15.0"):
        monkeypatch.setattr(keras, "__version__", version)
        for read in (Classifier.load, load):
            with pytest.raises(ValueError, match=r"pip install -U 'keras>=3.13.2'"):
                read(good)
    for version in ("3.13.2", "3.15.1", "4.0.0"):
        keras_file.check_keras(version)


def test_what_keras_writes_passes(good, tmp_path):
    model = Classifier.load(good).model
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)  # zeros, which nothing packs
    for name in ("net.h5", "net.keras"):
        model.save(tmp_path / name)
        keras_file.check_keras_file(tmp_path / name)
    keras_file.check_keras_file(good)
    repacked = changed(good, tmp_path / "packed.keras", "", bytes, zipfile.ZIP_DEFLATED)
    assert Classifier.load(repacked).classes == ("a", "b", "c")


def test_a_tensor_that_repeats_itself_is_refused(tmp_path):
    torch = pytest.importorskip("torch")
    state = {"features.0.weight": torch.zeros(1).expand(800_000, 4096)}
    torch.save(state, tmp_path / "net.pth")
    assert (tmp_path / "net.pth").stat().st_size < 10_000
    with pytest.raises(ValueError, match="declares 13,107,200,000 bytes, and the file holds 4"):
        load(tmp_path / "net.pth")
