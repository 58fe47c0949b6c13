"""Any kind of file: reading it for what it holds, writing it for what it is called."""

import tempfile
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures.download import data_directory
from alexnet_tutorial.pictures.labels import INDEX_FILE, read_class_file
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.weights import container
from alexnet_tutorial.weights.container import check_target, kind_of
from alexnet_tutorial.weights.keras_file import load_keras, read_facts
from alexnet_tutorial.weights.onnx import load_onnx, onnx_metadata, save_onnx
from alexnet_tutorial.weights.torchvision import (
    load_torchvision,
    safetensors_metadata,
    save_torchvision,
)

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
    facts = read_facts(path)
    return load_keras(path), facts.preprocessing if facts else None


def known_classes(path: str | PathLike) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Read what the classes of a network are called, where its file says so.

    Args:
        path: As :func:`load`.

    Returns:
        Classes and their names; None where the file does not say.

    Raises:
        ValueError: As :func:`load`.
    """
    kind = kind_of(path)
    if kind == "Keras model":
        facts = read_facts(path)
        return (facts.classes, facts.class_names) if facts else None
    if kind == "ONNX file":
        return container.read_classes(onnx_metadata(path), path)
    if kind == "safetensors file":
        return container.read_classes(safetensors_metadata(path), path)
    return None


def convert(
    source: str | PathLike,
    target: str | PathLike,
    classes: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
) -> Preprocessing | None:
    """Write the network of one file as a file of another kind, told by its suffix.

    What is known of preprocessing and classes is kept. A ``.keras`` file of a network whose
    preprocessing is known is a classifier's: without classes, they are called by their numbers,
    or, where there are 1,000 and the data directory holds ``imagenet_class_index.json``, as
    ImageNet's. A ``.pth`` has no place for either.

    Args:
        source: A file that :func:`load` reads.
        target: ``.pth``, ``.safetensors``, ``.onnx`` or ``.keras``.
        classes: The classes in the order of the outputs, instead of those that the file knows.
        class_names: What they are called; None takes ``classes``.

    Returns:
        The preprocessing that came with the network, if any.

    Raises:
        ValueError: As :func:`load`, :func:`save_torchvision` and :func:`save_onnx`; or there are
            not as many classes as outputs.
        ImportError: A package is not installed; says which extra has it.
    """
    suffix = check_target(target, SUFFIXES)
    if classes is None:
        classes, class_names = known_classes(source) or (None, None)
    model, preprocessing = load(source)
    outputs = model.output_shape[-1]
    if classes is None:
        classes, class_names = _imagenet(outputs) or (None, None)
    if classes is not None and len(classes) != outputs:
        raise ValueError(
            f"{source}: the network has {outputs:,} outputs, and {len(classes):,} classes were "
            "given. Give one name for each output, in their order."
        )
    if suffix == ".keras":
        _save_keras(model, target, preprocessing, classes, class_names)
    elif suffix == ".onnx":
        save_onnx(model, target, preprocessing, classes, class_names)
    else:
        save_torchvision(model, target, preprocessing, classes, class_names)
    return preprocessing


def _imagenet(outputs):
    """ImageNet's classes, for as many outputs, where their index is at hand."""
    index = data_directory() / INDEX_FILE
    return read_class_file(index) if outputs == 1000 and index.is_file() else None


def _save_keras(model, target, preprocessing, classes, class_names):
    from alexnet_tutorial.classifier import Classifier

    if preprocessing is not None:
        classes = classes or [str(output) for output in range(model.output_shape[-1])]
        Classifier(model, preprocessing, classes, class_names).save(target)
        return
    with tempfile.TemporaryDirectory() as folder:  # Keras writes to a path, not to a file
        whole = Path(folder, "model.keras")
        model.save(whole)
        write_whole(target, whole.read_bytes())
