"""Any kind of file: reading it for what it holds, writing it for what it is called."""

import tempfile
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.weights.container import check_target, kind_of
from alexnet_tutorial.weights.keras_file import load_keras
from alexnet_tutorial.weights.onnx import load_onnx, save_onnx
from alexnet_tutorial.weights.torchvision import load_torchvision, save_torchvision

if TYPE_CHECKING:
    import keras

SUFFIXES = (".pth", ".safetensors", ".onnx", ".keras")


def load(
    path: str | PathLike, data_format: str = "channels_last"
) -> tuple["keras.Model", Preprocessing | None]:
    """Read weights from a file of any kind known here; what it holds decides, not its name.

    Args:
        path: A checkpoint of torchvision's alexnet (``.pth`` or ``.safetensors``), an AlexNet in
            ONNX, or a Keras model (whose name Keras wants to end in ``.keras``).
        data_format: ``"channels_last"`` or ``"channels_first"``: how the network takes
            pictures. A Keras model stays as it is.

    Returns:
        ``(model, preprocessing)``; preprocessing is None where the file does not say.

    Raises:
        ValueError: The file is of no known kind, is not whole, or holds another network.
        ImportError: The package that reads this kind is not installed; says which extra has it.
    """
    kind = kind_of(path)
    if kind == "ONNX file":
        return load_onnx(path, data_format)
    if kind != "Keras model":
        return load_torchvision(path, data_format)
    return load_keras(path), None


def convert(source: str | PathLike, target: str | PathLike) -> Preprocessing | None:
    """Write the network of one file as a file of another kind, told by its suffix.

    Args:
        source: A file that :func:`load` reads.
        target: ``.pth``, ``.safetensors``, ``.onnx`` or ``.keras``.

    Returns:
        The preprocessing that came with the network, if any.

    Raises:
        ValueError: As :func:`load`, :func:`save_torchvision` and :func:`save_onnx`.
        ImportError: A package is not installed; says which extra has it.
    """
    suffix = check_target(target, SUFFIXES)
    model, preprocessing = load(source)
    if suffix == ".keras":
        with tempfile.TemporaryDirectory() as folder:  # Keras writes to a path, not to a file
            whole = Path(folder, "model.keras")
            model.save(whole)
            write_whole(target, whole.read_bytes())
    elif suffix == ".onnx":
        save_onnx(model, target, preprocessing)
    else:
        save_torchvision(model, target, preprocessing)
    return preprocessing
