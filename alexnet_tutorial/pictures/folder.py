"""A folder of pictures with one subfolder for each class, as ImageNet is stored.

``load_folder`` looks at every file's header, never at its pixels: what is no picture, or declares
a size that would fill the memory, is named here, before anything is trained.
"""

import contextlib
import hashlib
import io
import os
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import DataError
from .labels import class_names, stratified

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "PPM", "TIFF")
"""What is tried on a file, whatever its name: Pillow would hand PostScript to another program."""

MAX_PIXELS = 80_000_000
"""Largest picture that is decoded, in pixels. A file of a few bytes can declare any size."""

_ORIENTATION = 0x0112  # the EXIF tag; 1 is upright

# What operating systems leave in folders, beside hidden files.
_LEFT_BEHIND = {"__macosx", "thumbs.db", "desktop.ini"}

# A JPEG's markers before its size, and those of the size (ITU-T T.81, table B.1). The segment
# 0xE1 is none of them: it may hold EXIF data, which turn the picture.
_SEGMENTS = {0xDB, 0xC4, 0xDD, 0xFE, 0xE0, *range(0xE2, 0xF0)}
_FRAMES = {0xC0, 0xC1, 0xC2}


@dataclass(frozen=True, eq=False)
class Files:
    """Pictures in files, without labels.

    Attributes:
        files: Their paths.
    """

    files: tuple[str, ...]

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.files)

    def open(self, row: int, least: int | None = None) -> Image.Image:
        """Decode one picture, as :func:`open_picture` does.

        Args:
            row: Its place in ``files``.
            least: As :func:`open_picture`.

        Returns:
            A Pillow picture, RGB, upright.

        Raises:
            DataError: It cannot be decoded; the message names the file.
        """
        return open_picture(self.files[row], least)

    def name(self, row: int) -> str:
        """Name one picture, for who reads an error."""
        return self.files[row]

    def order(self, rng: np.random.Generator) -> np.ndarray:
        """Draw an order of all pictures, for one epoch.

        Args:
            rng: The same state gives the same order.

        Returns:
            Places in ``files``, each once, (n,).
        """
        return rng.permutation(len(self))

    def fingerprint(self) -> bytes:
        """Say in a few bytes which pictures these are: by folder, name and size."""
        digest = hashlib.sha256()
        for file in map(Path, self.files):
            # A name may be no UTF-8.
            digest.update(os.fsencode(f"{file.parent.name}/{file.name} {file.stat().st_size}\n"))
        return digest.digest()


@dataclass(frozen=True, eq=False, kw_only=True)
class Folder(Files):
    """Pictures in class folders: their files and labels, in the order of the folders' names.

    Attributes:
        path: The folder.
        files: The pictures' paths, sorted by class and then by name.
        y: int64 (n,), the place of each picture's class in ``classes``.
        classes: Names of the class folders, sorted: for ImageNet, the wnids.
        class_names: What the classes are called; no two alike.
        sizes: int64 (n, 2), height and width of each picture as it is seen, in pixels.
        problems: File → why it was left out.
        ignored: Files and folders that are no pictures by their names.
        hidden: How many files and folders were passed over because they are hidden or left
            behind by an operating system (``.DS_Store``, ``__MACOSX``, ``Thumbs.db``).
    """

    path: Path
    y: np.ndarray
    classes: tuple[str, ...]
    class_names: tuple[str, ...]
    sizes: np.ndarray
    problems: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    hidden: int = 0

    def __repr__(self) -> str:
        """Counts, and what was left out."""
        text = f"{len(self)} pictures of {len(self.classes)} classes in {self.path}"
        if self.problems:
            text += f"; {len(self.problems)} left out, which cannot be read"
        if self.ignored:
            text += f"; {len(self.ignored)} other files ignored"
        if self.hidden:
            text += f"; {self.hidden} hidden or left by a system, passed over"
        return f"Folder({text})"

    def subset(self, rows: np.typing.ArrayLike) -> "Folder":
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
            problems={},
            ignored=(),
            hidden=0,
        )

    def split(self, share: float = 0.1, seed: int = 0) -> "tuple[Folder, Folder]":
        """Put the same share of every class aside, to validate on.

        Args:
            share: From 0 to below 1. Of every class at least one picture stays.
            seed: Decides which pictures.

        Returns:
            Two folders: the pictures that stay, and those put aside.

        Raises:
            ValueError: The share is out of range.
        """
        stay, aside = stratified(self.y, share, seed)
        return self.subset(stay), self.subset(aside)


def load_folder(
    path: str | os.PathLike[str],
    class_index: str | os.PathLike[str] | None = None,
    on_error: str = "skip",
    progress: bool = False,
) -> Folder:
    """Find the pictures in a folder that has one subfolder for each class.

    Classes are the subfolders, in the order of their names. Passed over, and counted, is what is
    hidden or left behind by an operating system.

    Args:
        path: The folder.
        class_index: A file like Keras's ``imagenet_class_index.json``, which gives wnids their
            names; None takes the one beside the folder or in the data directory, if the
            subfolders are called by wnids.
        on_error: ``"skip"`` leaves out pictures that cannot be read, and names them in
            ``problems``; ``"raise"`` stops at the first.
        progress: Whether to say on stderr how many files were looked at, class by class.

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
    top, hidden = _entries(path)
    for entry in top:
        if entry.is_dir():
            folders.append(entry)
        elif _is_picture(entry):
            raise DataError(
                f"{entry.path}: this picture lies outside the class folders, so it has no class. "
                f"Move it into one of the subfolders of {path}, or away."
            )
        else:
            ignored.append(entry.path)
    if len(folders) < 2:
        found = f"only {folders[0].name!r}" if folders else "none"
        raise DataError(
            f"{path}: expected at least two subfolders, one for each class, and found {found}. "
            "Is this a class folder itself, or a folder above the right one?"
        )
    files: list[str] = []
    y: list[int] = []
    sizes: list[tuple[int, int]] = []
    problems: dict[str, str] = {}
    said = time.monotonic()
    for label, folder in enumerate(folders):
        if progress and time.monotonic() - said > 1:
            said = time.monotonic()
            print(f"{path.name}: {len(files):,} pictures so far", file=sys.stderr, flush=True)
        entries, passed_over = _entries(folder)
        hidden += passed_over
        before, unreadable = len(files), len(problems)
        for entry in entries:
            if not _is_picture(entry):
                ignored.append(entry.path)
                continue
            try:
                sizes.append(_size(entry.path))
            except DataError as error:
                if on_error == "raise":
                    raise
                problems[entry.path] = str(error)
                continue
            files.append(entry.path)
            y.append(label)
        if len(files) == before:
            raise DataError(_empty(folder.path, entries, [*problems.values()][unreadable:]))
    classes = tuple(folder.name for folder in folders)
    return Folder(
        path=path,
        files=tuple(files),
        y=np.array(y, "int64"),
        classes=classes,
        class_names=class_names(classes, class_index, path),
        sizes=np.array(sizes, "int64"),
        problems=problems,
        ignored=tuple(ignored),
        hidden=hidden,
    )


def check_on_error(on_error: str) -> None:
    """Refuse an unknown way to treat unreadable pictures.

    Args:
        on_error: ``"skip"`` or ``"raise"``.

    Raises:
        ValueError: It is something else.
    """
    if on_error not in ("skip", "raise"):
        raise ValueError(f"on_error is {on_error!r}, and must be 'skip' or 'raise'.")


def _entries(folder):
    """What lies in a folder, by name, and how much of it was passed over."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        where = os.fspath(folder)
        raise DataError(f"{where}: cannot be listed ({error}). Check its permissions.") from error
    seen = [
        entry
        for entry in entries
        if not entry.name.startswith(".") and entry.name.lower() not in _LEFT_BEHIND
    ]
    return seen, len(entries) - len(seen)


def _is_picture(entry):
    return entry.name.lower().endswith(SUFFIXES) and entry.is_file()


def _empty(folder, entries, problems):
    if problems:
        return (
            f"{folder}: none of its {len(problems)} pictures can be read. The first: {problems[0]}"
        )
    inner = [entry.name for entry in entries if entry.is_dir()]
    kinds = ", ".join(SUFFIXES)
    if inner:
        hint = f"It has a subfolder {inner[0]!r}: pictures must lie in the class folder itself."
    elif entries:
        hint = (
            f"It has {entries[0].name!r}, and no file of a kind that is read ({kinds}). Save its "
            "pictures as .jpg, or remove the folder."
        )
    else:
        hint = f"Put pictures there ({kinds}), or remove the folder."
    return f"{folder}: this class folder holds no picture. {hint}"


def _size(path):
    """(height, width) of a picture as it is seen, from its first bytes."""
    with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
        size = _jpeg_size(file.read(2048))
        if size and 0 < size[0] * size[1] <= MAX_PIXELS:
            return size
    with _opened(path) as picture:
        width, height = picture.size
        lies = picture.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        return (width, height) if lies else (height, width)


def _jpeg_size(start):
    """(height, width) that a plain JPEG declares; None where Pillow must look: it takes longer."""
    at = 2
    if start[:2] != b"\xff\xd8":
        return None
    while at + 9 <= len(start) and start[at] == 0xFF:
        marker, length = start[at + 1], int.from_bytes(start[at + 2 : at + 4])
        if marker in _FRAMES:
            height, width = start[at + 5 : at + 7], start[at + 7 : at + 9]
            return int.from_bytes(height), int.from_bytes(width)
        if marker not in _SEGMENTS:
            return None
        at += 2 + length
    return None


@contextlib.contextmanager
def _opened(path, data=None):
    """Open a picture, check its declared size, and name the file in whatever goes wrong."""
    wrong = "not a picture that can be read"
    try:
        if not (os.path.getsize(path) if data is None else data):
            raise DataError(f"{path}: the file is empty (0 bytes).")
        with Image.open(path if data is None else io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise Image.DecompressionBombError(f"its header declares {width}×{height} pixels")
            if picture.mode == "F" or (picture.mode == "I" and picture.format == "TIFF"):
                kind = "floats" if picture.mode == "F" else "integers of 32 bits"
                raise DataError(
                    f"{path}: its pixels are {kind}, which do not say what is black and what is "
                    "white. Save it with 8 or 16 bits a channel, or remove it."
                )
            wrong = "damaged or cut short"
            yield picture
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except UnidentifiedImageError as error:  # whose text may hold an address in memory
        raise DataError(f"{path}: {wrong} (it is none of {', '.join(FORMATS)}).") from error
    except Image.DecompressionBombError as error:
        raise DataError(
            f"{path}: {error}, more than the {MAX_PIXELS:,} that are decoded. Too large, or made "
            "to fill the memory: resize the picture, or remove it."
        ) from error
    except Exception as error:  # Pillow's readers raise many kinds for a broken file
        raise DataError(f"{path}: {wrong} ({error}).") from error


def open_picture(
    path: str | os.PathLike[str], least: int | None = None, data: bytes | None = None
) -> Image.Image:
    """Decode a picture of any kind to RGB, turned as its EXIF data say.

    Gray becomes three equal channels; CMYK and palettes are converted; what is transparent lies
    on white; 16 bits are cut to 8. Of an animation it is the first frame. Read are ``FORMATS``.

    Args:
        path: The file.
        least: A JPEG may be decoded smaller, to a half, a quarter or an eighth, as long as its
            short side keeps so many pixels: several times faster, and not quite the same pixels.
            None: always whole.
        data: The file's bytes, where it lies in an archive; ``path`` then only names it.

    Returns:
        A Pillow picture, RGB.

    Raises:
        DataError: It is missing, no picture, damaged, cut short, larger than ``MAX_PIXELS``, or
            its pixels are numbers of 32 bits, whose range is not known.
    """
    with _opened(path, data) as picture:
        if least:
            picture.draft(picture.mode, (least, least))
        picture.load()
        if picture.format == "JPEG" and picture.getexif().get(_ORIENTATION, 1) == 1:
            return _rgb(picture)  # else it would be copied to be turned by nothing
        return _rgb(ImageOps.exif_transpose(picture))


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
