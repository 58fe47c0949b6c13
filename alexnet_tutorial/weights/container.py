"""A file of weights before its weights: what kind it is, and reading it whole or not at all."""

import importlib
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.weights import foreign

T = TypeVar("T")


def kind_of(path: str | PathLike) -> str:
    """Tell what a file holds by its first bytes.

    Args:
        path: A file.

    Returns:
        ``"PyTorch checkpoint"``, ``"safetensors file"``, ``"ONNX file"`` or ``"Keras model"``.

    Raises:
        ValueError: It is none of these, or a ZIP that is not whole.
    """
    path = Path(path)
    with open(path, "rb") as file:
        head = file.read(16)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 10**8:
        return "safetensors file"  # the length of a JSON header, and the header
    if head.startswith(b"PK"):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except zipfile.BadZipFile as error:
            raise ValueError(not_whole(path, "checkpoint or Keras model", error)) from None
        if "model.weights.h5" in names:
            return "Keras model"
        if any(name.endswith("data.pkl") for name in names):
            return "PyTorch checkpoint"
    elif head.startswith(b"\x80"):  # a pickle: what torch.save wrote before 2020
        return "PyTorch checkpoint"
    elif head.startswith(b"\x08"):  # protobuf's first field, a number: the version of ONNX
        return "ONNX file"
    raise ValueError(
        f"{path}: {path.stat().st_size:,} bytes that start with {head!r}: "
        f"{foreign.what_is(path, head)}"
    )


def parse(path: str | PathLike, kind: str, reader: Callable[[], T]) -> T:
    """Call another package's reader; whatever it raises is about the file."""
    try:
        return reader()
    except Exception as error:
        raise ValueError(not_whole(path, kind, error)) from error


def not_whole(path: str | PathLike, kind: str, error: Exception) -> str:
    """Say that a file is cut short or damaged."""
    return (
        f"{path}: not a whole {kind} ({Path(path).stat().st_size:,} bytes; "
        f"{type(error).__name__}: {error}). Likely a download that was cut short, or a damaged "
        "copy; fetch it again."
    )


def read_preprocessing(text: str | None, path: str | PathLike) -> Preprocessing | None:
    """Read the preprocessing that :func:`facts_text` wrote into a file's metadata."""
    if text is None:
        return None
    try:
        return Preprocessing.from_json(json.loads(text))
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path}: its preprocessing cannot be read: {error}") from None


def facts_text(
    preprocessing: Preprocessing | None,
    classes: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
) -> dict[str, str]:
    """Write preprocessing and classes as metadata of a file; nothing where there is none."""
    text = {"preprocessing": json.dumps(preprocessing.to_json())} if preprocessing else {}
    if classes is not None:
        names = classes if class_names is None else class_names
        text |= {"classes": json.dumps(list(classes)), "class_names": json.dumps(list(names))}
    return text


def read_classes(
    metadata: Mapping[str, str], path: str | PathLike
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Read the classes that :func:`facts_text` wrote into a file's metadata, and their names."""
    if "classes" not in metadata:
        return None
    try:
        both = [json.loads(metadata[key]) for key in ("classes", "class_names")]
        if not all(isinstance(names, list) for names in both) or len(both[0]) != len(both[1]):
            raise ValueError("expected two lists of the same length")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path}: its classes cannot be read: {error}") from None
    classes, class_names = (tuple(map(str, names)) for names in both)
    return classes, class_names


def need(module: str, extra: str, doing: str) -> ModuleType:
    """Import a package that only one kind of file needs, or say which extra has it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{doing} needs the package {module.split('.')[0]} ({error}): "
            f"pip install 'alexnet-tutorial[{extra}]'"
        ) from error


def check_target(path: str | PathLike, suffixes: Sequence[str]) -> str:
    """Refuse a file that cannot be written, before any work; return its suffix."""
    suffix = Path(path).suffix
    if suffix not in suffixes:
        raise ValueError(f"{path}: give a file that ends in {' or '.join(suffixes)}.")
    if not Path(path).parent.is_dir():
        raise ValueError(f"{path}: there is no folder {Path(path).parent}. Make it first.")
    return suffix


def few(names: Sequence[str]) -> str:
    """List the first of many names."""
    shown = ", ".join(names[:4])
    return f"{shown}, …" if len(names) > 4 else shown or "nothing"
