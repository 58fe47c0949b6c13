"""What the commands learn from and are judged on: the package's own sets, or a folder."""

import argparse
import sys
from dataclasses import dataclass, replace
from typing import Any

from alexnet_tutorial.pictures.errors import DataError
from alexnet_tutorial.pictures.folder import Folder, load_folder
from alexnet_tutorial.pictures.labels import Sets, Split, stratified
from alexnet_tutorial.pictures.preprocessing import Preprocessing

from .output import plain

SETS = ("signs", "cifar10", "imagenette")
"""The package's own sets."""


@dataclass(frozen=True)
class Learning:
    """What a network learns from.

    Attributes:
        sets: The pictures; their classes are text.
        names: What the classes are called.
        problems: File → why it could not be read.
    """

    sets: Sets
    names: tuple[str, ...]
    problems: dict[str, str]


def named_set(name: str, source: str, seed: int, size: int, pixels: int | None = None) -> Sets:
    """Load one of the package's own sets.

    Args:
        name: One of ``SETS``.
        source: As the set's own loader.
        seed: Of the validation split.
        size: Of the network's input, in pixels: pictures leave a margin for crops.
        pixels: Side of the pictures, instead of what ``size`` asks for.

    Returns:
        The pictures.
    """
    from alexnet_tutorial import pictures

    if name == "signs":
        return pictures.load_signs(source, seed=seed)
    if name == "cifar10":
        side = pixels or (32 if size <= 32 else Preprocessing.for_input(size).resize)
        return pictures.load_cifar10(source, seed=seed, pixels=side)
    return pictures.load_imagenette(source, seed=seed, pixels=pixels or with_margin(size))


def with_margin(size: int) -> int:
    """Give the side of the pictures that crops of a size are cut from: a quarter more.

    Args:
        size: Side of a crop, in pixels.

    Returns:
        Pixels.

    Example:
        >>> with_margin(57)
        72
    """
    return -(-5 * size // 4)


def own_names(sets: Sets) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the classes of one of the package's own sets, and what they are called.

    Args:
        sets: The pictures.

    Returns:
        Classes, which for photographs of ImageNet are wnids as a folder of such pictures has; and
        names.
    """
    names = tuple(map(str, sets.classes))
    return tuple(getattr(sets, "wnids", ()) or names), names


def arrays(pictures: Split | Folder | None) -> tuple[Any, Any]:
    """Give pictures and labels as a classifier takes them.

    Args:
        pictures: A set.

    Returns:
        Two arrays; or a folder, which brings its labels, and None.
    """
    return (pictures.x, pictures.y) if isinstance(pictures, Split) else (pictures, None)


def learning_set(options: argparse.Namespace, size: int, pixels: int | None = None) -> Learning:
    """Load what a network learns from and is validated on; name what cannot be read.

    Args:
        options: ``data``, ``source``, ``seed``, ``validation`` and ``on_error`` of the command.
        size: Of the network's input.
        pixels: Side of the pictures, where the network has its preprocessing already.

    Returns:
        The pictures.

    Raises:
        DataError: They are not there or cannot be used.
        ValueError: An option does not go with the set.
    """
    if options.data in SETS:
        if options.validation:
            raise ValueError(
                f"--validation {options.validation}: this is for a folder of pictures. "
                f"{options.data} brings pictures to validate on, cut by --seed."
            )
        sets = named_set(options.data, options.source, options.seed, size, pixels)
        classes, names = own_names(sets)
        return Learning(replace(sets, classes=classes), names, {})
    pixels = pixels or with_margin(size)
    folder = load_folder(options.data, on_error=options.on_error, progress=True)
    held = None
    if options.validation:
        held = load_folder(options.validation, on_error=options.on_error, progress=True)
        if held.classes != folder.classes:
            raise ValueError(
                f"--validation {options.validation}: its classes are {held.classes}, and those to "
                f"learn are {folder.classes}. Expected the same subfolders."
            )
    problems: dict[str, str] = {}
    train = _read(folder, pixels, options.on_error, problems)
    validation = None if held is None else _read(held, pixels, options.on_error, problems)
    if held is not None and (isinstance(train, Folder) or isinstance(validation, Folder)):
        # Both from files, so that both are resized in the same way.
        train, validation = replace(folder, problems={}), replace(held, problems={})
    if validation is None:
        stay, aside = stratified(train.y, 0.1, options.seed)
        validation = _subset(train, aside) if len(aside) else None
        train = _subset(train, stay)
    if problems:
        lines = "\n".join(f"- {problem}" for problem in problems.values())
        text = f"{len(problems)} pictures cannot be read and are left out:\n{lines}"
        print(f"warning: {plain(text, keep=chr(10))}", file=sys.stderr)
    source = f"pictures in {folder.path}"
    sets = Sets(train, validation, None, folder.classes, source, "folder")
    return Learning(sets, folder.class_names, problems)


def _read(folder, pixels, on_error, problems) -> Split | Folder:
    """A folder's pictures in memory, where they have room there."""
    from alexnet_tutorial.pictures.reduced import reduced

    problems |= folder.problems
    found = reduced(folder, pixels)
    if found is None:
        return replace(folder, problems={})  # the warning names them once
    pictures, damaged = found
    if damaged and on_error == "raise":
        raise DataError(next(iter(damaged.values())))
    problems |= damaged
    return pictures


def _subset(pictures: Any, rows: Any) -> Split | Folder:
    if isinstance(pictures, Folder):
        return pictures.subset(rows)
    return Split(pictures.x[rows], pictures.y[rows])
