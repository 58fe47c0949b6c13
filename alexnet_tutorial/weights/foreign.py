"""Weights that are not ours to read: what a file is, and the command that reads it, if one does."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FETCH = (
    "`python -m alexnet_tutorial weights fetch bvlc` gets Caffe's AlexNet as ONNX, which is read"
)


def what_is(path: str | Path, head: bytes) -> str:
    """Say what a file is that is no checkpoint, safetensors, ONNX or Keras file.

    Args:
        path: The file.
        head: Its first bytes, 16 or fewer.

    Returns:
        A sentence or two: what it is, and what reads it.

    Example:
        >>> what_is("net.h5", b"\\x89HDF\\r\\n\\x1a\\n")[:12]
        'an HDF5 file'
    """
    path = Path(path)
    suffix = path.suffix.lower()
    text = head.lstrip().lower()
    if head.startswith(b"\x93NUMPY"):
        with path.open("rb") as file:
            packed = b"'|O'" in file.read(256) or b"'O'" in head
        if packed:
            return (
                "a NumPy file that holds Python objects packed by pickle, such as the dict of "
                "layers of TensorFlow's AlexNet tutorials. If you trust it (a pickle runs code), "
                "`np.load(path, allow_pickle=True, encoding='latin1').item()` gives the arrays, "
                "and `layer.set_weights([kernel, bias])` takes each. No command here reads it; "
                + _FETCH
                + "."
            )
        return "a single NumPy array, without names of layers. `np.load(path)` reads it."
    if suffix == ".caffemodel" or (head[:1] == b"\n" and suffix not in (".txt", ".html")):
        return f"Caffe's weights. No command here reads them; {_FETCH}."
    if suffix == ".prototxt" or re.match(rb"(name|input|layers?)\s*[:{]", text):
        return (
            "Caffe's description of a network, as text: layers and sizes, and no weights. "
            f"{_FETCH}."
        )
    if head.startswith(b"\x89HDF"):
        return (
            "an HDF5 file: weights of Keras, or a model of Keras 2. "
            "`python -m alexnet_tutorial doctor FILE` says which; weights alone are read by the "
            "network that saved them, `model.load_weights(path)`."
        )
    if head.startswith(b"version https:"):
        return "a Git LFS pointer: a few lines of text in the file's place. `git lfs pull` gets it."
    if text.startswith((b"<!doc", b"<html", b"<?xml", b"<head")):
        return "a web page, saved in the file's place. Download the file again."
    if head.startswith(b"MATLAB"):
        return "a MATLAB file, as MatConvNet's networks. `scipy.io.loadmat(path)` reads it."
    if suffix in (".pb", ".ckpt", ".index", ".meta") or ".data-0000" in path.name:
        return "a part of a TensorFlow checkpoint or graph, which TensorFlow alone reads."
    if suffix in (".t7", ".params", ".weights", ".mlmodel", ".tflite"):
        kinds = {".t7": "Lua Torch", ".params": "MXNet", ".weights": "Darknet"}
        return f"weights of {kinds.get(suffix, 'another framework')}. No command here reads them."
    return (
        "no PyTorch checkpoint, safetensors, ONNX or Keras file. If it was downloaded, get it "
        "again."
    )


_WRAPS = ("state_dict", "model_state_dict", "model", "net", "weights")


def unwrapped(state: Any) -> Any:
    """Take the state dict out of a training checkpoint, and the prefix of a wrapper off its keys.

    Args:
        state: What was in the file.

    Returns:
        The state dict; the same object where nothing is wrapped around it.

    Example:
        >>> unwrapped({"epoch": 3, "state_dict": {"module.a.weight": 1, "module.a.bias": 2}})
        {'a.weight': 1, 'a.bias': 2}
    """
    while isinstance(state, Mapping):
        inner = next((state[key] for key in _WRAPS if isinstance(state.get(key), Mapping)), None)
        if inner is None:
            break
        state = inner
    if not isinstance(state, Mapping) or not state:
        return state
    for prefix in ("module.", "model.", "net.", "_orig_mod.", "backbone.", "alexnet."):
        if all(str(key).startswith(prefix) for key in state):
            return unwrapped({str(key)[len(prefix) :]: value for key, value in state.items()})
    return state


def network_of(shapes: Mapping[str, tuple[int, ...]]) -> str | None:
    """Name the network whose weights these are; None where that is not known.

    Args:
        shapes: Key to shape, of a state dict.

    Returns:
        A clause such as ``"the weights of a ResNet"``, and what to do.

    Example:
        >>> network_of({"layer1.0.conv1.weight": (64, 64, 1, 1)})
        "a ResNet's"
    """
    first = tuple(shapes.get("features.0.weight", ()))
    if any(re.match(r"lin\d\.model\.\d", key) for key in shapes):
        return (
            "LPIPS': a weight for each channel of an AlexNet's features, and not the AlexNet, "
            "which LPIPS takes from torchvision"
        )
    if any(key.startswith("layer1.0.") for key in shapes):
        return "a ResNet's"
    if any("denseblock1" in key for key in shapes):
        return "a DenseNet's"
    if first[-2:] == (3, 3):
        return "a VGG's, whose first windows are 3 × 3 (an AlexNet's are 11 × 11)"
    if any(key.startswith("conv1.") for key in shapes):
        return f"an AlexNet's under Caffe's names. {_FETCH}"
    if first[:1] == (96,):
        return (
            "Caffe's AlexNet under torchvision's names: 96 filters in conv1, where torchvision has "
            f"64. {_FETCH}"
        )
    return None
