"""A folder of pictures with one subfolder for each class, as ImageNet is stored.

``load_folder`` looks at every file's header, never at its pixels: what is no picture, or declares
a size that would fill the memory, is named here, before anything is trained.
"""

import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from .errors import DataError
from .signs import data_directory

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
INDEX_FILE = "imagenet_class_index.json"

MAX_PIXELS = 80_000_000
"""Largest picture that is decoded, in pixels. A file of a few bytes can declare any size."""

_WNID = re.compile(r"n\d{8}")
_ORIENTATION = 0x0112  # the EXIF tag; 1 is upright


@dataclass(frozen=True, eq=False)
class Folder:
    """Pictures in class folders: their files and labels, in the order of the folders' names.

    Attributes:
        path: The folder.
        files: The pictures' paths, sorted by class and then by name.
        y: int64 (n,), the place of each picture's class in ``classes``.
        classes: Names of the class folders, sorted: for ImageNet, the wnids.
        class_names: What the classes are called; no two alike.
        sizes: int64 (n, 2), height and width of each picture as it is seen, in pixels.
        plain: bool (n,): a JPEG, gray or RGB, that needs no turning.
        problems: File → why it was left out.
        ignored: Files and folders that are no pictures by their names.
    """

    path: Path
    files: tuple
    y: np.ndarray
    classes: tuple
    class_names: tuple
    sizes: np.ndarray
    plain: np.ndarray
    problems: dict = field(default_factory=dict)
    ignored: tuple = ()

    def __len__(self):
        """How many pictures."""
        return len(self.files)

    def __repr__(self):
        """Counts, and what was left out."""
        text = f"{len(self)} pictures of {len(self.classes)} classes in {self.path}"
        if self.problems:
            text += f"; {len(self.problems)} left out, which cannot be read"
        if self.ignored:
            text += f"; {len(self.ignored)} other files ignored"
        return f"Folder({text})"

    def open(self, row):
        """Decode one picture.

        Args:
            row: Its place in ``files``.

        Returns:
            A Pillow picture, RGB, upright.

        Raises:
            DataError: It cannot be decoded; the message names the file.
        """
        return open_picture(self.files[row])

    def subset(self, rows):
        """Take some of the pictures; the classes stay.

        Args:
            rows: Places in ``files``.

        Returns:
            A :class:`Folder`.
        """
        rows = np.asarray(rows, "int64")
        return replace(
            self,
            files=tuple(self.files[row] for row in rows),
            y=self.y[rows],
            sizes=self.sizes[rows],
            plain=self.plain[rows],
            problems={},
            ignored=(),
        )

    def split(self, share=0.1, seed=0):
        """Put the same share of every class aside, to validate on.

        Args:
            share: From 0 to below 1. Of every class at least one picture stays.
            seed: Decides which pictures.

        Returns:
            Two folders: the pictures that stay, and those put aside.

        Raises:
            ValueError: The share is out of range.
        """
        if not 0 <= share < 1:
            raise ValueError(f"share is {share!r}, and must be at least 0 and below 1.")
        rng, aside = np.random.default_rng(seed), []
        for label in range(len(self.classes)):
            rows = rng.permutation(np.flatnonzero(self.y == label))
            aside.extend(rows[: min(round(share * len(rows)), max(len(rows) - 1, 0))])
        aside = np.sort(np.array(aside, "int64"))
        return self.subset(np.setdiff1d(np.arange(len(self)), aside)), self.subset(aside)


def load_folder(path, class_index=None, on_error="skip"):
    """Find the pictures in a folder that has one subfolder for each class.

    Classes are the subfolders, in the order of their names. Hidden files are passed over.

    Args:
        path: The folder.
        class_index: A file like Keras' ``imagenet_class_index.json``, which gives wnids their
            names; None takes the one beside the folder or in the data directory, if the
            subfolders are called by wnids.
        on_error: ``"skip"`` leaves out pictures that cannot be read, and names them in
            ``problems``; ``"raise"`` stops at the first.

    Returns:
        A :class:`Folder`.

    Raises:
        DataError: No such folder, fewer than two classes, a class without a picture, pictures
            outside the class folders, or a damaged class index.
        ValueError: ``on_error`` is something else.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("cat", "dog"):
        ...         os.mkdir(f"{folder}/{name}")
        ...         Image.new("RGB", (40, 30)).save(f"{folder}/{name}/1.png")
        ...     pictures = load_folder(folder)
        >>> pictures.classes, pictures.y.tolist(), pictures.sizes.tolist()
        (('cat', 'dog'), [0, 1], [[30, 40], [30, 40]])
    """
    check_on_error(on_error)
    path = Path(path).expanduser()
    if not path.is_dir():
        what = "a file, not a folder" if path.exists() else "not there"
        raise DataError(
            f"{path}: {what}. Expected a folder with one subfolder of pictures for each class."
        )
    ignored, folders = [], []
    for entry in _entries(path):
        if entry.is_dir():
            folders.append(entry)
        elif entry.suffix.lower() in SUFFIXES:
            raise DataError(
                f"{entry}: this picture lies outside the class folders, so it has no class. Move "
                f"it into one of the subfolders of {path}, or away."
            )
        else:
            ignored.append(str(entry))
    if len(folders) < 2:
        found = f"only {folders[0].name!r}" if folders else "none"
        raise DataError(
            f"{path}: expected at least two subfolders, one for each class, and found {found}. "
            "Is this a class folder itself, or a folder above the right one?"
        )
    files, y, sizes, plain, problems = [], [], [], [], {}
    for label, folder in enumerate(folders):
        entries = _entries(folder)
        pictures = [e for e in entries if e.suffix.lower() in SUFFIXES and e.is_file()]
        ignored += [str(entry) for entry in entries if entry not in pictures]
        before = len(files)
        for picture in pictures:
            try:
                height, width, direct = _header(picture)
            except DataError as error:
                if on_error == "raise":
                    raise
                problems[str(picture)] = str(error)
                continue
            files.append(str(picture))
            y.append(label)
            sizes.append((height, width))
            plain.append(direct)
        if len(files) == before:
            raise DataError(_empty(folder, pictures, entries, problems))
    classes = tuple(folder.name for folder in folders)
    return Folder(
        path=path,
        files=tuple(files),
        y=np.array(y, "int64"),
        classes=classes,
        class_names=class_names(classes, class_index, path),
        sizes=np.array(sizes, "int64"),
        plain=np.array(plain, bool),
        problems=problems,
        ignored=tuple(ignored),
    )


def check_on_error(on_error):
    """Refuse an unknown way to treat unreadable pictures.

    Args:
        on_error: ``"skip"`` or ``"raise"``.

    Raises:
        ValueError: It is something else.
    """
    if on_error not in ("skip", "raise"):
        raise ValueError(f"on_error is {on_error!r}, and must be 'skip' or 'raise'.")


def _entries(folder):
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: cannot be listed ({error}). Check its permissions.") from error


def _empty(folder, pictures, entries, problems):
    if pictures:
        first = problems[str(pictures[0])]
        return f"{folder}: none of its {len(pictures)} pictures can be read. The first: {first}"
    inner = [entry.name for entry in entries if entry.is_dir()]
    hint = (
        f"It has a subfolder {inner[0]!r}: pictures must lie in the class folder itself."
        if inner
        else f"Put pictures there ({', '.join(SUFFIXES)}), or remove the folder."
    )
    return f"{folder}: this class folder holds no picture. {hint}"


def class_names(classes, class_index=None, beside=None):
    """Give classes the names that people use for them.

    Names in the index are not unique (two wnids are called "crane"), so a name that occurs twice
    is followed by its wnid.

    Args:
        classes: Names of class folders.
        class_index: A file like Keras' ``imagenet_class_index.json``; None looks for one.
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


def _header(path):
    """(height, width, plain) of a picture as it is seen, from its first bytes."""
    with _opened(path) as picture:
        width, height = picture.size
        orientation = picture.getexif().get(_ORIENTATION, 1)
        if orientation in (5, 6, 7, 8):
            width, height = height, width
        upright = orientation not in (2, 3, 4, 5, 6, 7, 8)
        plain = picture.format == "JPEG" and picture.mode in ("RGB", "L") and upright
        return height, width, plain


class _opened:
    """Open a picture, check its declared size, and name the file in whatever goes wrong."""

    def __init__(self, path):
        self.path, self.picture = path, None

    def __enter__(self):
        try:
            if not os.path.getsize(self.path):
                raise DataError(f"{self.path}: the file is empty (0 bytes).")
            self.picture = Image.open(self.path)
            width, height = self.picture.size
        except Image.DecompressionBombError as error:
            raise DataError(self._bomb(str(error))) from error
        except DataError:
            raise
        except FileNotFoundError:
            raise DataError(f"{self.path}: there is no such file.") from None
        except Exception as error:  # Pillow's readers raise many kinds for a broken file
            raise DataError(f"{self.path}: not a picture that can be read ({error}).") from error
        if width * height > MAX_PIXELS:
            self.picture.close()
            raise DataError(self._bomb(f"its header declares {width}×{height} pixels"))
        return self.picture

    def __exit__(self, kind, error, trace):
        self.picture.close()
        if error is not None and not isinstance(error, DataError) and isinstance(error, Exception):
            raise DataError(f"{self.path}: damaged or cut short ({error}).") from error
        return False

    def _bomb(self, found):
        return (
            f"{self.path}: {found}, more than the {MAX_PIXELS:,} that are decoded. Too large, or "
            "made to fill the memory: resize the picture, or remove it."
        )


def open_picture(path):
    """Decode a picture of any kind to RGB, turned as its EXIF data say.

    Gray becomes three equal channels; CMYK and palettes are converted; what is transparent lies
    on white; 16 bits are cut to 8. Of an animation it is the first frame.

    Args:
        path: The file.

    Returns:
        A Pillow picture, RGB.

    Raises:
        DataError: It is missing, no picture, damaged, cut short, or larger than ``MAX_PIXELS``.
    """
    with _opened(path) as picture:
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        return _rgb(upright)


def _rgb(picture):
    if picture.mode == "RGB":
        return picture
    if picture.mode.startswith("I"):
        values = np.asarray(picture)
        return Image.fromarray((values >> 8).astype("uint8")).convert("RGB")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")
