"""Weights from elsewhere: what each file is, and that wrapped ones are read."""

import numpy as np
import pytest

from alexnet_tutorial.weights import convert, foreign
from alexnet_tutorial.weights.container import kind_of

KEYS = [f"features.{i}" for i in (0, 3, 6, 8, 10)] + [f"classifier.{i}" for i in (1, 4, 6)]
SHAPES = [
    *((64, 3, 11, 11), (192, 64, 5, 5), (384, 192, 3, 3), (256, 384, 3, 3), (256, 256, 3, 3)),
    *((4096, 9216), (4096, 4096), (10, 4096)),
]


def state(prefix=""):
    return {
        f"{prefix}{key}.{part}": np.zeros(shape if part == "weight" else shape[:1], "float32")
        for key, shape in zip(KEYS, SHAPES, strict=True)
        for part in ("weight", "bias")
    }


def pickled(path):
    np.save(path, {"conv1": [np.zeros((11, 11, 3, 96)), np.zeros(96)]}, allow_pickle=True)


FILES = {
    "dict.npy": (pickled, "allow_pickle=True"),
    "array.npy": (lambda path: np.save(path, np.zeros(3)), "single NumPy array"),
    "net.caffemodel": (b"\n\x07AlexNet\x1a\x00" * 9, "weights fetch bvlc"),
    "deploy.prototxt": (b'name: "AlexNet"\ninput: "data"\n', "Caffe's description"),
    "page.pth": (b"<!DOCTYPE html><html>", "a web page"),
    "lfs.pth": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "net.h5": (b"\x89HDF\r\n\x1a\n" + bytes(20), "HDF5"),
    "net.mat": (b"MATLAB 5.0 MAT-file", "MATLAB"),
    "net.pb": (b"\x0a\x01\x02" + bytes(9), "weights"),
    "what.bin": (b"something else", "no PyTorch checkpoint"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_called_what_it_is(name, tmp_path):
    content, words = FILES[name]
    path = tmp_path / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match="bytes that start") as caught:
        kind_of(path)
    assert words in str(caught.value) and name in str(caught.value)


def test_wrappers_are_taken_off():
    plain = state()
    assert foreign.unwrapped(plain) is plain
    for wrapped in (
        state("module."),
        state("model."),
        {"epoch": 3, "state_dict": state("module."), "optimizer": {}},
        {"model": plain},
    ):
        assert set(foreign.unwrapped(wrapped)) == set(plain)


def test_other_networks_are_named():
    def shapes(**changes):
        return {key: value.shape for key, value in state().items()} | changes

    assert foreign.network_of(shapes()) is None
    assert "96 filters" in foreign.network_of(shapes(**{"features.0.weight": (96, 3, 11, 11)}))
    assert "VGG" in foreign.network_of({"features.0.weight": (64, 3, 3, 3)})
    assert "ResNet" in foreign.network_of({"conv1.weight": (), "layer1.0.conv1.weight": ()})
    assert "LPIPS" in foreign.network_of({"lin0.model.1.weight": (1, 64, 1, 1)})
    assert "Caffe's names" in foreign.network_of({"conv1.weight": (96, 3, 11, 11)})


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_wrapped_checkpoint_is_converted(suffix, tmp_path):
    path, target = tmp_path / f"wrapped{suffix}", tmp_path / "out.keras"
    if suffix == ".pth":
        torch = pytest.importorskip("torch")
        tensors = {key: torch.from_numpy(value) for key, value in state("module.").items()}
        torch.save({"epoch": 3, "state_dict": tensors, "optimizer": {}}, path)
    else:
        pytest.importorskip("safetensors.numpy").save_file(state("module."), path)
    convert(path, target)
    assert target.is_file()
