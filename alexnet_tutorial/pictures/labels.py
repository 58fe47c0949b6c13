"""Pictures with their labels, and what every set of them must be: complete and in range."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .download import data_directory
from .errors import DataError
from .preprocessing import Preprocessing

if TYPE_CHECKING:
    from .folder import Folder

INDEX_FILE = "imagenet_class_index.json"

_WNID = re.compile(r"n\d{8}")


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures and their labels.

    Attributes:
        x: uint8, (n, height, width, 3), 0 to 255.
        y: int64, (n,), the place of each picture's class among the classes.
    """

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.y)

    def __repr__(self) -> str:
        """Shapes, not a wall of numbers."""
        return f"Split(x={self.x.dtype}{self.x.shape}, y={self.y.dtype}{self.y.shape})"

    def resized(self, pixels: int) -> "Split":
        """Make the pictures squares of another size.

        Args:
            pixels: Their new height and width; what a picture is longer than high is cut off.

        Returns:
            Another split, with the same labels.

        Example:
            >>> Split(np.zeros((2, 32, 32, 3), np.uint8), np.array([0, 1])).resized(64)
            Split(x=uint8(2, 64, 64, 3), y=int64(2,))
        """
        cut, x = Preprocessing(pixels, pixels).cut, self.x
        pictures = np.empty((len(x), pixels, pixels, 3), "uint8")
        for row, picture in enumerate(x):
            pictures[row] = cut(Image.fromarray(picture))
        return Split(pictures, self.y)


@dataclass(frozen=True, eq=False)
class Sets:
    """The three sets of a training, and where they came from.

    Attributes:
        train: What the network learns from.
        validation: What every choice is made on; None where there is none.
        test: What is looked at once, at the end; None where there is none.
        classes: The labels, in order.
        source: A sentence that says where the pictures came from.
        kind: "real", "generated" or "folder".
    """

    train: "Split | Folder"
    validation: "Split | Folder | None"
    test: "Split | Folder | None"
    classes: tuple
    source: str
    kind: str

    def __repr__(self) -> str:
        """Counts and source."""
        train, validation, test = (
            0 if part is None else len(part) for part in (self.train, self.validation, self.test)
        )
        counts = f"{train} to train, {validation} to validate, {test} to test"
        return f"{type(self).__name__}({counts}; {self.source})"


def check_labels(
    y: np.typing.ArrayLike, pictures: int, classes: int, name: str = "labels", cure: str = ""
) -> None:
    """Refuse labels that cannot be trained on.

    Args:
        y: Labels, expected integers of shape (pictures,), each from 0 to classes - 1.
        pictures: How many pictures they belong to.
        classes: How many classes there are.
        name: How to call them in the error.
        cure: What to do, appended to the error.

    Raises:
        DataError: Empty, of another rank, type or length, or with a label outside the classes.

    Example:
        >>> check_labels(np.array([0, 1, 6]), 3, 6)
        Traceback (most recent call last):
            ...
        alexnet_tutorial.pictures.errors.DataError: labels: 1 of 3 labels are outside the \
classes 0 to 5, the first is 6 at row 2.
    """
    y = np.asarray(y)
    if pictures == 0:
        raise DataError(f"{name}: the set is empty, expected at least one picture. {cure}".rstrip())
    if y.dtype.kind not in "iu" or y.shape != (pictures,):
        raise DataError(
            f"{name} is {y.dtype} {y.shape}, expected integers of shape ({pictures},), one label "
            f"per picture. {cure}".rstrip()
        )
    wrong = np.flatnonzero((y < 0) | (y >= classes))
    if len(wrong):
        raise DataError(
            f"{name}: {len(wrong)} of {len(y)} labels are outside the classes 0 to {classes - 1}, "
            f"the first is {y[wrong[0]]} at row {wrong[0]}. {cure}".rstrip()
        )


def check_every_class(y: np.typing.ArrayLike, classes: int, name: str = "labels") -> None:
    """Refuse a set in which a class has no picture: it can be neither learned nor judged.

    Args:
        y: Labels that :func:`check_labels` accepts.
        classes: How many classes there are.
        name: How to call them in the error.

    Raises:
        DataError: A class has no picture.

    Example:
        >>> check_every_class([0, 1, 1], 3)
        Traceback (most recent call last):
            ...
        alexnet_tutorial.pictures.errors.DataError: labels: class 2 has no picture among the 3. \
Expected at least one of each of the 3 classes: was the set cut without regard to classes, or \
sorted before it was cut?
    """
    y = np.asarray(y)
    missing = np.flatnonzero(np.bincount(y, minlength=classes) == 0).tolist()
    if missing:
        which = f"class {missing[0]} has" if len(missing) == 1 else f"classes {missing} have"
        raise DataError(
            f"{name}: {which} no picture among the {len(y)}. Expected at least one of each of the "
            f"{classes} classes: was the set cut without regard to classes, or sorted before it "
            "was cut?"
        )


def stratified(y: np.ndarray, share: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Choose the same share of every class to put aside, to validate on.

    Args:
        y: Labels, integers (n,).
        share: From 0 to below 1. Of every class at least one picture stays; above 0, one of
            every class that has two is put aside too.
        seed: Decides which.

    Returns:
        Two sorted arrays of rows: those that stay, and those put aside.

    Raises:
        ValueError: The share is out of range.

    Example:
        >>> stay, aside = stratified(np.arange(20) % 2, 0.2)
        >>> len(stay), (aside % 2).tolist().count(0)
        (16, 2)
    """
    if not 0 <= share < 1:
        raise ValueError(
            f"share is {share!r}, and must be at least 0 and below 1: 0.1 keeps one "
            "picture in ten for validation."
        )
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for label in range(int(y.max(initial=-1)) + 1):
        rows = rng.permutation(np.flatnonzero(y == label))
        wanted = max(round(share * len(rows)), share > 0)
        chosen.extend(rows[: min(wanted, max(len(rows) - 1, 0))])
    aside = np.sort(np.array(chosen, "int64"))
    return np.setdiff1d(np.arange(len(y)), aside), aside


def class_names(
    classes: Iterable[str],
    class_index: str | os.PathLike[str] | None = None,
    beside: str | os.PathLike[str] | None = None,
) -> tuple[str, ...]:
    """Give classes the names that people use for them.

    Names in the index are not unique (two wnids are called "crane"), so a name that occurs twice
    is followed by its wnid.

    Args:
        classes: Names of class folders.
        class_index: A file like Keras's ``imagenet_class_index.json``; None looks for one.
        beside: A folder beside which the file may lie.

    Returns:
        A tuple of names, in the order of ``classes``; the classes themselves where they are not
        wnids or no index is at hand.

    Raises:
        DataError: The index cannot be read, or does not know a class.

    Example:
        >>> class_names(("cat", "dog"))
        ('cat', 'dog')
    """
    classes = tuple(classes)
    if class_index is None:
        if not all(_WNID.fullmatch(name) for name in classes):
            return classes
        places = [Path(beside).resolve().parent] if beside else []
        found = [p / INDEX_FILE for p in (*places, data_directory()) if (p / INDEX_FILE).is_file()]
        if not found:
            return classes
        class_index = found[0]
    try:
        data = json.loads(Path(class_index).read_text(encoding="utf-8"))
        names = {str(wnid): str(label) for wnid, label in data.values()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DataError(
            f"{class_index}: not a class index ({error}). Expected JSON like "
            '{"0": ["n01440764", "tench"], …}; remove the file to go without names.'
        ) from error
    unknown = [name for name in classes if name not in names]
    if unknown:
        raise DataError(
            f"{class_index} knows no class {unknown[0]!r} ({len(unknown)} of {len(classes)} are "
            f"unknown). It holds {len(names)} classes: is it the index of another data set?"
        )
    often = Counter(names.values())
    return tuple(
        names[name] if often[names[name]] == 1 else f"{names[name]} ({name})" for name in classes
    )


def read_class_file(path: str | os.PathLike[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read what the outputs of a network stand for.

    Args:
        path: JSON like Keras's ``imagenet_class_index.json``, or a JSON list of names; or a text
            with one name in a line.

    Returns:
        Classes and what they are called, in the order of the outputs; a name that occurs twice is
        followed by its class.

    Raises:
        DataError: It cannot be read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "names.txt")
        ...     _ = file.write_text("cat\\ndog\\n", encoding="utf-8")
        ...     read_class_file(file)
        (('cat', 'dog'), ('cat', 'dog'))
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        if not text.lstrip().startswith(("{", "[")):
            lines = tuple(line.strip() for line in text.splitlines() if line.strip())
            return lines, lines
        data = json.loads(text)
        if isinstance(data, list):
            listed = tuple(map(str, data))
            return listed, listed
        pairs = [data[str(output)] for output in range(len(data))]
        classes = tuple(str(wnid) for wnid, _ in pairs)
        names = [str(name) for _, name in pairs]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{path}: no names of classes ({error}). Expected one name in a line, a JSON list of "
            'them, or JSON like {"0": ["n01440764", "tench"], …}.'
        ) from error
    often = Counter(names)
    return classes, tuple(
        name if often[name] == 1 else f"{name} ({wnid})"
        for wnid, name in zip(classes, names, strict=True)
    )
