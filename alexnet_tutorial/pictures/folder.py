"""A folder of pictures with one subfolder for each class, as ImageNet is stored.

``load_folder`` looks at every file's header, never at its pixels: what is no picture, or declares
a size that would fill the memory, is named here, before anything is trained.
"""

import contextlib
import io
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from .errors import DataError
from .labels import class_names, stratified

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")

MAX_PIXELS = 80_000_000
"""Largest picture that is decoded, in pixels. A file of a few bytes can declare any size."""

_ORIENTATION = 0x0112  # the EXIF tag; 1 is upright


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
    """

    path: Path
    y: np.ndarray
    classes: tuple[str, ...]
    class_names: tuple[str, ...]
    sizes: np.ndarray
    problems: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Counts, and what was left out."""
        text = f"{len(self)} pictures of {len(self.classes)} classes in {self.path}"
        if self.problems:
            text += f"; {len(self.problems)} left out, which cannot be read"
        if self.ignored:
            text += f"; {len(self.ignored)} other files ignored"
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
) -> Folder:
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
    files: list[str] = []
    y: list[int] = []
    sizes, problems = [], {}
    for label, folder in enumerate(folders):
        entries = _entries(folder)
        pictures = [e for e in entries if e.suffix.lower() in SUFFIXES and e.is_file()]
        ignored += [str(entry) for entry in sorted({*entries} - {*pictures})]
        before = len(files)
        for picture in pictures:
            try:
                size = _header(picture)
            except DataError as error:
                if on_error == "raise":
                    raise
                problems[str(picture)] = str(error)
                continue
            files.append(str(picture))
            y.append(label)
            sizes.append(size)
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
        problems=problems,
        ignored=tuple(ignored),
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


def _header(path):
    """(height, width) of a picture as it is seen, from its first bytes."""
    with _opened(path) as picture:
        width, height = picture.size
        lies = picture.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        return (width, height) if lies else (height, width)


@contextlib.contextmanager
def _opened(path, data=None):
    """Open a picture, check its declared size, and name the file in whatever goes wrong."""
    wrong = "not a picture that can be read"
    try:
        if not (os.path.getsize(path) if data is None else data):
            raise DataError(f"{path}: the file is empty (0 bytes).")
        with Image.open(path if data is None else io.BytesIO(data)) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise Image.DecompressionBombError(f"its header declares {width}×{height} pixels")
            wrong = "damaged or cut short"
            yield picture
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
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
    on white; 16 bits are cut to 8. Of an animation it is the first frame.

    Args:
        path: The file.
        least: A JPEG may be decoded smaller, to a half, a quarter or an eighth, as long as its
            short side keeps so many pixels: several times faster, and not quite the same pixels.
            None: always whole.
        data: The file's bytes, where it lies in an archive; ``path`` then only names it.

    Returns:
        A Pillow picture, RGB.

    Raises:
        DataError: It is missing, no picture, damaged, cut short, or larger than ``MAX_PIXELS``.
    """
    with _opened(path, data) as picture:
        if least:
            picture.draft(picture.mode, (least, least))
        picture.load()
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
