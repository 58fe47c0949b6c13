"""A set of pictures in its published archive: proven, read as it lies, or unpacked once.

An archive has one folder for each part of the set, and in it one for each class:
``imagenette2-320/train/n01440764/….JPEG``. It is read as a stream, never by its own idea of where
files go: what is written is named here, after the part, the class and the file.
"""

import collections
import contextlib
import gzip
import os
import re
import secrets
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.session import cores

from .download import Percent, PinnedFile, check_room, own_directories, sha256_of
from .errors import DataError
from .folder import open_picture
from .preprocessing import Preprocessing

Key = tuple[str, str, str]
"""Part, class and name of a picture's file."""

_PICTURE = re.compile(r"(?:\./)?[^/]+/([^/]+)/([^/]+)/([^/]+\.jpe?g)", re.IGNORECASE)
MAX_BYTES = 1 << 28
"""Largest member of an archive that is read, in bytes."""

_AHEAD = 64  # pictures that wait to be decoded while the archive is read on
_BLOCK = 4096  # bytes a file takes on a disk, at least


def _key(name: str) -> Key | None:
    match = _PICTURE.fullmatch(name)
    return match and (match[1], match[2], match[3])


def proven(path: Path, published: Sequence[PinnedFile]) -> str:
    """Give an archive's sha256; one that bears a published name must have that one's.

    Args:
        path: The archive.
        published: The archives of the set, as they were published.

    Returns:
        64 hexadecimal digits.

    Raises:
        DataError: Its name is a published one, and its size or sum is another.
    """
    size = path.stat().st_size
    pinned = {file.name: file for file in published}.get(path.name)
    cure = (
        'Replace it with the published file (move it away and use source="download"); an '
        "archive of your own needs another name."
    )
    if pinned and size != pinned.size:
        raise DataError(
            f"{path}: has {size:,} bytes, expected the {pinned.size:,} of the published file. "
            f"Likely a download that was cut short. {cure}"
        )
    digest = sha256_of(path)
    if pinned and digest != pinned.sha256:
        raise DataError(
            f"{path}: has sha256 {digest}, expected {pinned.sha256} of the published file. It was "
            f"damaged or changed. {cure}"
        )
    return digest


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Read a gzipped tar archive from its start to its end, and prove that it is whole.

    Args:
        path: The archive.

    Yields:
        The name and the bytes of each plain file in it.

    Raises:
        DataError: Damaged, cut short, no such archive; a member's path leads out of the
            archive's folder, it is a link or a device, or declares more than ``MAX_BYTES``.
    """
    try:
        with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                parts = member.name.split("/")
                if member.name.startswith("/") or ".." in parts or "\\" in member.name:
                    raise DataError(
                        f"{path}: its member {member.name!r} leads out of the folder it would be "
                        "unpacked to. No published archive does that: do not use this one."
                    )
                if member.size > MAX_BYTES:
                    raise DataError(
                        f"{path}: its member {member.name!r} declares {member.size:,} bytes, more "
                        f"than the {MAX_BYTES:,} that are read. Likely the archive of another set, "
                        "or made to fill the memory."
                    )
                file = tar.extractfile(member) if member.isfile() else None
                if file is not None:
                    yield member.name, file.read()
                elif not member.isdir():
                    raise DataError(
                        f"{path}: its member {member.name!r} is a link or a device, expected "
                        "plain files and folders. No published archive holds one: do not use it."
                    )
            while stream.read(1 << 20):  # to the end, where the sum of all stands
                pass
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(
            f"{path}: not a whole .tar.gz archive ({path.stat().st_size:,} bytes: {error}). "
            "Likely a download that was cut short, or a web page saved under this name. Replace "
            "it with the published file, or move it away."
        ) from error


@dataclass(frozen=True)
class Archive:
    """Pictures in an archive, by part and class.

    Attributes:
        path: The file.
        sha256: Of the file.
        parts: Folders of the parts expected in it, such as ``("train", "val")``.
        classes: Folders of the classes expected in each part, in the order of their labels.
    """

    path: Path
    sha256: str
    parts: tuple[str, ...]
    classes: tuple[str, ...]

    @cached_property
    def sizes(self) -> dict[Key, int]:
        """(part, class, file) → bytes, in the order of parts, labels and names.

        Raises:
            DataError: It is not whole, lacks a class, or holds a folder that is none.
        """
        found: dict[Key, int] = {}
        for name, data in members(self.path):
            key = _key(name)
            if key is None:
                continue
            part, label, _ = key
            if part not in self.parts or label not in self.classes or key in found:
                what = "is there twice" if key in found else "is of no known part or class"
                raise DataError(
                    f"{self.path}: its member {name!r} {what}. Expected "
                    f"FOLDER/PART/CLASS/NAME.JPEG with the parts {', '.join(self.parts)} and the "
                    f"classes {', '.join(self.classes)}. Likely the archive of another set."
                )
            found[key] = len(data)
        there = {key[:2] for key in found}
        lacking = [
            f"{part}/{label}"
            for part in self.parts
            for label in self.classes
            if (part, label) not in there
        ]
        if lacking:
            more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
            raise DataError(
                f"{self.path}: holds no picture in {lacking[0]}{more}; expected pictures of "
                f"{len(self.classes)} classes in each of {', '.join(self.parts)}. Likely not all "
                "of the set was packed: replace it with the published file, or move it away."
            )
        return {key: found[key] for key in sorted(found, key=self._place)}

    def _place(self, key):
        part, label, name = key
        return self.parts.index(part), self.classes.index(label), name

    def pictures(self) -> Iterator[tuple[Key, bytes]]:
        """Read all pictures, in the order in which they lie in the archive.

        Yields:
            (part, class, file), and the file's bytes.
        """
        wanted = self.sizes
        for name, data in members(self.path):
            key = _key(name)
            if key in wanted:
                yield key, data

    def labels(self, part: str) -> np.ndarray:
        """Give the labels of a part, in the order of ``sizes``.

        Args:
            part: One of ``parts``.

        Returns:
            int64 (n,).
        """
        labels = [self.classes.index(label) for there, label, _ in self.sizes if there == part]
        return np.array(labels, "int64")

    def arrays(self, pixels: int, progress: bool = True) -> dict[str, np.ndarray]:
        """Decode every picture once: its short side reduced, its center cut out.

        Args:
            pixels: The side of the squares, in pixels.
            progress: Whether to report progress on stderr.

        Returns:
            ``{part}_x``, uint8 (n, pixels, pixels, 3), and ``{part}_y``, int64 (n,), of each
            part, by label and name of the file.

        Raises:
            DataError: The archive cannot be used, or one of its pictures cannot be decoded.
        """
        cut = Preprocessing(pixels, pixels).cut
        rows: dict[Key, int] = {}
        result: dict[str, np.ndarray] = {}
        for part in self.parts:
            y = self.labels(part)
            keys = (key for key in self.sizes if key[0] == part)
            rows |= {key: row for row, key in enumerate(keys)}
            result[f"{part}_x"] = np.empty((len(y), pixels, pixels, 3), "uint8")
            result[f"{part}_y"] = y

        def place(key, data):
            picture = open_picture(f"{self.path}: {'/'.join(key)}", data=data)
            result[f"{key[0]}_x"][rows[key]] = cut(picture)

        waiting: collections.deque = collections.deque()
        with (
            Percent(f"{self.path.name}, decoded", len(rows), progress) as percent,
            ThreadPoolExecutor(cores(), thread_name_prefix="pictures") as pool,
        ):
            for key, data in percent.counting(self.pictures()):
                waiting.append(pool.submit(place, key, data))
                if len(waiting) > _AHEAD:
                    waiting.popleft().result()
            while waiting:
                waiting.popleft().result()
        return result

    def unpack(self, folder: Path, progress: bool = True) -> None:
        """Write every picture into ``folder/PART/CLASS/NAME``, all of them or nothing.

        Args:
            folder: It must not be there yet.
            progress: Whether to report progress on stderr.

        Raises:
            DataError: The archive cannot be used, or the disk has no room.
        """
        need = sum(-(-size // _BLOCK) * _BLOCK for size in self.sizes.values())
        check_room(folder, need, f"unpack {self.path.name}")
        with Percent(f"{self.path.name}, unpacked", len(self.sizes), progress) as percent:
            write_folder(folder, percent.counting(self.pictures()))


def write_folder(folder: Path, pictures: Iterable[tuple[Key, bytes]]) -> None:
    """Write pictures into a new folder, which appears under its name when all are there.

    Args:
        folder: It must not be there yet; another process may be writing it too.
        pictures: (part, class, file), and the file's bytes.

    Raises:
        OSError: It cannot be written; nothing of it is then left.
    """
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        for key, data in pictures:
            target = part.joinpath(*key)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        try:
            part.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster, with the same pictures
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def kept_arrays(
    name: str,
    need: int,
    make: Callable[[], dict[str, np.ndarray]],
    directory: str | os.PathLike[str] | None = None,
) -> dict[str, np.ndarray]:
    """Read arrays that were made before; else make them, and keep them for the next time.

    They are kept in the first of the package's own folders that takes files: in a checkout's
    ``data/``, else in the user's cache. A damaged file is made anew.

    Args:
        name: Of the file in that folder, ending in .npz: it carries all the arrays depend on.
        need: How many bytes they take, about.
        make: Makes them.
        directory: Where to keep them, instead of the package's own folders.

    Returns:
        The arrays by their names.

    Raises:
        DataError: The disk has no room for them.
    """
    for root in _own(directory):
        with (
            contextlib.suppress(OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error),
            np.load(root / name, allow_pickle=False) as file,
        ):
            return {key: file[key] for key in file.files}
    own = own_folder(directory)
    if own is None:
        return make()
    check_room(own / name, need, f"keep {name}")
    arrays: dict[str, Any] = make()
    write_whole(own / name, lambda file: np.savez(file, **arrays))
    return arrays


def own_folder(directory: str | os.PathLike[str] | None = None) -> Path | None:
    """Find the first of the package's own folders that takes files.

    Args:
        directory: The one to try, instead of the package's own.

    Returns:
        The folder, made when missing; None where all are closed.
    """
    for root in _own(directory):
        with contextlib.suppress(OSError):
            root.mkdir(parents=True, exist_ok=True)
            if os.access(root, os.W_OK):
                return root
    return None


def _own(directory):
    return [Path(directory).expanduser().resolve()] if directory else own_directories()
