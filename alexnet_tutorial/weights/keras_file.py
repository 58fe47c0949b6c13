"""A Keras file before Keras reads it: what it declares, checked while nothing is unpacked.

A file of a few kilobytes can declare gigabytes, and HDF5 can point at other files of the machine.
Both are told by the headers alone. What a file would run, Keras refuses itself, from the release on
that is demanded here.
"""

import io
import json
import re
import zipfile
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.weights.container import parse

if TYPE_CHECKING:
    import keras

MEMBER = "alexnet_tutorial.json"
"""What a classifier's file holds beside what Keras writes: preprocessing and classes."""

LEAST_KERAS = (3, 13, 2)
"""The oldest Keras that may read a file: older ones run what a file names, or read other files."""

LARGEST_TEXT = 64 << 20
"""Most bytes of JSON: the description of a network of a thousand layers takes one million."""

LARGEST_RATIO = 100
"""How many times its packed size a part may have. Weights are numbers, and hardly shrink."""

SMALL = 1 << 20
"""Bytes that do no harm, whatever they were packed to."""


def load_keras(path: str | PathLike) -> "keras.Model":
    """Load a Keras model that may be a stranger's, not compiled.

    Args:
        path: A ``.keras`` or ``.h5`` file.

    Returns:
        The model.

    Raises:
        ValueError: This Keras is too old to read strangers' files; the file declares more than it
            holds, or points outside itself; or Keras cannot read it.
    """
    import keras

    from alexnet_tutorial.network import layers  # noqa: F401  registers what a saved model names

    check_keras(keras.__version__)
    check_keras_file(path)
    return parse(path, "Keras model", lambda: keras.models.load_model(path, compile=False))


class Facts(NamedTuple):
    """What is known of a network beside its weights.

    Attributes:
        preprocessing: How pictures become numbers.
        classes: The classes, as folders are called.
        class_names: What they are called.
    """

    preprocessing: Preprocessing
    classes: tuple[str, ...]
    class_names: tuple[str, ...]


def read_facts(path: str | PathLike) -> Facts | None:
    """Read what a classifier's file holds beside the network; every part's checksum is tested.

    Args:
        path: The file.

    Returns:
        The facts; None where Keras alone wrote the file.

    Raises:
        ValueError: It is no whole ``.keras`` file, or its facts cannot be used.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            check_zip(archive, path)  # before anything is unpacked
            broken = archive.testzip()
            text = archive.read(MEMBER) if MEMBER in archive.namelist() else None
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise ValueError(
            f"{path}: not a whole .keras file ({error}; {path.stat().st_size:,} bytes). It is "
            "something else, or was cut short while it was written or copied: copy it again."
        ) from error
    if broken:
        raise ValueError(
            f"{path}: its part {broken} does not have the checksum it was written with. The "
            "file was damaged on its way: copy it again."
        )
    if text is None:
        return None
    try:
        facts = json.loads(text)
        if facts["format"] != 1:
            raise ValueError(f"its format is {facts['format']!r}, and 1 is known")
        for key in ("classes", "class_names"):
            if not isinstance(facts[key], list):
                raise ValueError(f"its {key} are {facts[key]!r}, and must be a list of names")
        return Facts(
            Preprocessing.from_json(facts["preprocessing"]),
            tuple(map(str, facts["classes"])),
            tuple(map(str, facts["class_names"])),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{path}: its {MEMBER} cannot be used: {error or type(error).__name__}."
        ) from error


def check_keras(version: str) -> None:
    """Refuse a Keras that a crafted file could make run a program or read other files.

    Args:
        version: ``keras.__version__``.

    Raises:
        ValueError: It is older than ``LEAST_KERAS``; says the command that upgrades.

    Example:
        >>> check_keras("3.13.2")
        >>> check_keras("3.8.0")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ValueError: Keras 3.8.0 is too old to read files safely: ... pip install -U 'keras>=3.13.2'
    """
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if numbers < LEAST_KERAS:
        least = ".".join(map(str, LEAST_KERAS))
        raise ValueError(
            f"Keras {version} is too old to read files safely: one made for it can run a program "
            f"here (CVE-2025-9906, CVE-2026-1462 and others). pip install -U 'keras>={least}'"
        )


def check_keras_file(path: str | PathLike) -> None:
    """Refuse a Keras file that declares more than it holds, or points outside itself.

    Args:
        path: A ``.keras`` file, which is a ZIP, or an ``.h5`` file.

    Raises:
        ValueError: It is neither, or one of these; the message names the part of the file.
        OSError: It cannot be opened.
    """
    import h5py

    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file.")
    archived, plain = zipfile.is_zipfile(path), h5py.is_hdf5(path)
    if not archived and not plain:
        raise ValueError(f"{path}: neither a ZIP nor HDF5, so no whole Keras model.")
    if plain:
        check_hdf5(path, path.stat().st_size, path)
    if archived:
        with zipfile.ZipFile(path) as archive:
            _check_archive(archive, path)


def _check_archive(archive, path):
    check_zip(archive, path)
    for member in archive.infolist():
        if member.filename.endswith(".json"):
            _check_text(archive, member, path)
        elif member.filename.endswith(".h5"):
            stored = member.compress_type == zipfile.ZIP_STORED
            with _Stored(path, member) if stored else io.BytesIO(archive.read(member)) as weights:
                check_hdf5(weights, member.compress_size, path)


class _Stored(io.RawIOBase):
    """A part of a ZIP that is not packed, as a file: ``zipfile`` reads anew for each step back."""

    def __init__(self, path, member):
        self._file = open(path, "rb")  # noqa: SIM115  closed with this
        self._file.seek(member.header_offset + 26)
        name, extra = (int.from_bytes(self._file.read(2), "little") for _ in range(2))
        self._start, self._size = member.header_offset + 30 + name + extra, member.file_size
        self.seek(0)

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self._file.tell() - self._start

    def seek(self, offset, whence=0):
        at = offset + {0: 0, 1: self.tell(), 2: self._size}[whence]
        return self._file.seek(self._start + min(max(at, 0), self._size)) - self._start

    def readinto(self, buffer):
        data = self._file.read(min(len(buffer), self._size - self.tell()))
        buffer[: len(data)] = data
        return len(data)

    def close(self):
        self._file.close()
        super().close()


def check_zip(archive: zipfile.ZipFile, path: str | PathLike) -> None:
    """Refuse a ZIP whose parts unpack to far more than they take, or overlap.

    Args:
        archive: The ZIP, open.
        path: What to call it.

    Raises:
        ValueError: The message names the part.
    """
    size = Path(path).stat().st_size
    members = archive.infolist()
    for member in members:
        if member.file_size > max(SMALL, LARGEST_RATIO * member.compress_size):
            raise ValueError(
                f"{path}: its part {member.filename} takes {member.compress_size:,} bytes and "
                f"unpacks to {member.file_size:,}. {_MADE}"
            )
        if ".." in Path(member.filename).parts or member.filename.startswith(("/", "\\")):
            raise ValueError(f"{path}: its part {member.filename} leads out of the file. {_MADE}")
    if sum(member.compress_size for member in members) > size:
        raise ValueError(f"{path}: its parts overlap: they add up to more than its bytes. {_MADE}")


_MADE = (
    "No program writes that by itself: the file was made to fill the memory or to reach others. "
    "It was not read further."
)


def _check_text(archive, member, path):
    if member.file_size > LARGEST_TEXT:
        raise ValueError(
            f"{path}: its part {member.filename} declares {member.file_size:,} bytes of text, and "
            f"a description takes at most {LARGEST_TEXT:,}. {_MADE}"
        )
    try:
        names = list(_names(json.loads(archive.read(member))))
    except RecursionError:
        raise ValueError(
            f"{path}: its part {member.filename} is nested too deeply. {_MADE}"
        ) from None
    except ValueError:
        return  # Keras says what is wrong with it
    for name in names:
        # Keras makes folders of a layer's name while it loads (CVE-2026-12479).
        if name in (".", "..") or "/" in name or "\\" in name:
            raise ValueError(f"{path}: a layer is called {name!r}, a path. {_MADE}")


def _names(value):
    """The names of layers in a description, wherever they stand."""
    if isinstance(value, dict):
        config = value.get("config")
        if "class_name" in value and isinstance(config, dict):
            name = config.get("name")
            if isinstance(name, str):
                yield name
        for item in value.values():
            yield from _names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)


def check_hdf5(file: str | PathLike | BinaryIO, packed: int, path: str | PathLike) -> None:
    """Refuse HDF5 that declares far more than it holds, or reads from other files.

    Args:
        file: The HDF5, by its path or open.
        packed: Its bytes on the disk.
        path: What to call it.

    Raises:
        ValueError: The message names the array.
        OSError: It is no HDF5.
    """
    import h5py

    declared, seen = 0, set()
    with h5py.File(file, "r") as root:
        groups = [root]
        while groups:
            group = groups.pop()
            for name in group:
                place = f"{path}: its weights {group.name.rstrip('/')}/{name}"
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"{place} are a link to somewhere else. {_MADE}")
                item = group[name]
                at = h5py.h5o.get_info(item.id).addr
                if at in seen:
                    raise ValueError(f"{place} are in the file under two names. {_MADE}")
                seen.add(at)
                if isinstance(item, h5py.Group):
                    groups.append(item)
                elif isinstance(item, h5py.Dataset):
                    declared += _declared(item, place)
    if declared > max(SMALL, LARGEST_RATIO * packed):
        raise ValueError(f"{path}: its weights declare {declared:,} bytes in {packed:,}. {_MADE}")


def _declared(item, place):
    """The bytes that an array takes once it is read."""
    if item.is_virtual or item.external:
        raise ValueError(f"{place} lie in another file. {_MADE}")
    if item.dtype.kind == "O":
        raise ValueError(f"{place} are no numbers.")
    size, stored = (item.size or 0) * item.dtype.itemsize, item.id.get_storage_size()
    if size > max(SMALL, LARGEST_RATIO * stored):
        raise ValueError(
            f"{place}, {item.dtype} {item.shape}, declare {size:,} bytes and hold {stored:,}. "
            f"{_MADE}"
        )
    return size
