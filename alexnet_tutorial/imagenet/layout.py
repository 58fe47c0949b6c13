"""ILSVRC 2012 as it lies on disk, and folders of pictures: which pictures, where, of which class.

The challenge's pictures are two archives and a kit. ``ILSVRC2012_img_train.tar`` holds one tar for
each class, ``n01440764.tar``, with that class's JPEGs; ``ILSVRC2012_img_val.tar`` holds the
validation pictures in one heap; ``ILSVRC2012_devkit_t12.tar.gz`` says which number stands for
which class (``data/meta.mat``) and gives one such number for each validation picture, in the order
of their names (``data/ILSVRC2012_validation_ground_truth.txt``). The kit's own ``readme.txt`` is
the source of all this. Its numbers count the classes in an order of their own, from 1. The labels
here follow the wnids in alphabetical order, from 0, as class folders are read and as Keras counts
them.

A tar is not compressed, so a picture in it, even in a tar within a tar, is a run of bytes in one
file: where it begins and how long it is is all one needs to read it. Nothing is unpacked.
"""

import array
import contextlib
import gzip
import io
import os
import re
import shutil
import tarfile
import warnings
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures.archive import MAX_BYTES, members
from alexnet_tutorial.pictures.errors import DataError
from alexnet_tutorial.pictures.folder import SUFFIXES
from alexnet_tutorial.pictures.labels import class_names

PICTURES = {"train": 1_281_167, "val": 50_000}
"""Part → how many pictures ILSVRC 2012 has, by the kit's ``readme.txt``."""

PARTS = ("train", "val")

_META, _TRUTH = "data/meta.mat", "data/ILSVRC2012_validation_ground_truth.txt"
_GZIP = b"\x1f\x8b"
_NAMED = 5  # names that an error lists at most
_LONGEST = 80  # letters of a name in a shard; a number and a suffix may follow
_ORDER = "training pictures, validation pictures, devkit"


@dataclass(frozen=True)
class Devkit:
    """What the kit says.

    Attributes:
        classes: The wnids of the classes, in alphabetical order.
        class_names: What they are called, no two alike.
        announced: How many training pictures each has, in the same order; 0 where it is not said.
        truth: Labels of the validation pictures, int64 (n,), places in ``classes``, in the order
            of the pictures' names.
    """

    classes: tuple[str, ...]
    class_names: tuple[str, ...]
    announced: tuple[int, ...]
    truth: np.ndarray


@dataclass(frozen=True)
class Part:
    """Where the pictures of one part lie, in the order of their classes and names.

    Attributes:
        files: The files they lie in: one archive, or each picture's own; bytes (m,).
        file: Place in ``files`` of each picture, int64 (n,).
        offset: Where in that file a picture begins, int64 (n,), in bytes.
        size: How long it is, int64 (n,), in bytes.
        y: Labels, int64 (n,).
        keys: What each is called in a shard, ``class/name`` without a suffix; bytes (n,).
    """

    files: np.ndarray
    file: np.ndarray
    offset: np.ndarray
    size: np.ndarray
    y: np.ndarray
    keys: np.ndarray

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.y)

    def read(self, row: int) -> bytes:
        """Read one picture's file, as it was published.

        Args:
            row: Its place.

        Returns:
            Its bytes.

        Raises:
            OSError: It cannot be read, or its file has become shorter.
        """
        path, size = os.fsdecode(self.files[self.file[row]]), int(self.size[row])
        with open(path, "rb") as file:
            file.seek(self.offset[row])
            data = file.read(size)
        if len(data) < size:
            raise OSError(
                f"{path}: has become shorter since the pictures were looked for: of the "
                f"{size:,} bytes of {self.keys[row].decode()}, {len(data):,} are there. Put the "
                "whole file back."
            )
        return data


@dataclass(frozen=True)
class Source:
    """Pictures to be made into shards.

    Attributes:
        classes: As in a :class:`Devkit`.
        class_names: As in a :class:`Devkit`.
        parts: ``"train"`` and ``"val"`` → where the pictures lie.
    """

    classes: tuple[str, ...]
    class_names: tuple[str, ...]
    parts: dict[str, Part]


def read_source(paths: Sequence[str | os.PathLike[str]], unpacked: Path) -> Source:
    """Find the pictures, whatever they lie in.

    Args:
        paths: Three archives: training, validation and kit; or one folder, or one ``.tar`` or
            ``.tgz``, that holds ``train/CLASS/NAME`` and ``val/CLASS/NAME``.
        unpacked: Where the tar of a ``.tgz`` goes: in compressed bytes no picture can be found.

    Returns:
        The pictures.

    Raises:
        DataError: Something is missing, damaged, cut short, or of another set; the message says
            what.
        ValueError: Neither one path nor three.
    """
    if len(paths) not in (1, 3):
        raise ValueError(
            f"{len(paths)} paths are given. Expected three, ILSVRC's archives of training "
            "pictures, of validation pictures, and the devkit; or one, a folder or an archive "
            "with train/ and val/ in it."
        )
    for path in map(Path, paths):
        if not path.exists():
            raise DataError(f"{path}: there is no such file. Check the path.")
        if not path.is_file() and (len(paths) == 3 or not path.is_dir()):
            what = "a folder" if path.is_dir() else "no plain file"
            raise DataError(
                f"{path}: is {what}. Expected the archives themselves, three files: {_ORDER}; or "
                "one path, a folder or an archive with train/ and val/ in it."
            )
    first = Path(paths[0])
    if len(paths) == 3:
        return read_ilsvrc(first, Path(paths[1]), Path(paths[2]))
    if first.is_dir():
        return _of_members(first, _folder_members(first))
    if _is_gzip(first):
        first = gunzip(first, unpacked)
    return _of_members(first, _tar_members(first))


def read_ilsvrc(train: Path, val: Path, devkit: Path) -> Source:
    """Find the pictures in the archives of ILSVRC 2012.

    Args:
        train: A tar of one tar for each class.
        val: A tar of pictures.
        devkit: The kit.

    Returns:
        The pictures.

    Raises:
        DataError: A class is missing or unknown, an archive is cut short, or there are not as many
            validation pictures as the kit has labels.
    """
    for archive in (train, val):
        if _is_gzip(archive):
            raise DataError(
                f"{archive}: this is compressed, and ILSVRC's archives of pictures are not. "
                f"Expected in this order: {_ORDER}. If that is right, unpack it once (gunzip)."
            )
    kit = read_devkit(devkit)
    parts = {"train": _train(train, kit), "val": _val(val, devkit, kit)}
    return Source(kit.classes, kit.class_names, parts)


def read_devkit(path: str | os.PathLike[str]) -> Devkit:
    """Read the kit: the classes with their numbers, and the validation pictures' labels.

    Args:
        path: ``ILSVRC2012_devkit_t12.tar.gz``.

    Returns:
        What it says.

    Raises:
        DataError: It is no such archive, lacks one of the two files, or they do not fit together.
    """
    path = Path(path)
    found: dict[str, bytes] = {}
    for name, data in members(path):
        found |= {wanted: data for wanted in (_META, _TRUTH) if name.endswith(wanted)}
    for wanted in (_META, _TRUTH):
        if wanted not in found:
            raise DataError(
                f"{path}: holds no {wanted}. Expected ILSVRC2012_devkit_t12.tar.gz as the third "
                "argument; the kit of another task lacks it."
            )
    rows = _synsets(path, found[_META])
    classes = tuple(sorted(wnid for _, wnid, _, _ in rows))
    by_wnid = {wnid: (name, count) for _, wnid, name, count in rows}
    often = Counter(name for name, _ in by_wnid.values())
    names = tuple(
        by_wnid[wnid][0] if often[by_wnid[wnid][0]] == 1 else f"{by_wnid[wnid][0]} ({wnid})"
        for wnid in classes
    )
    label = {number: classes.index(wnid) for number, wnid, _, _ in rows}
    return Devkit(
        classes,
        names,
        tuple(by_wnid[wnid][1] for wnid in classes),
        _truth(path, found[_TRUTH], label),
    )


def _synsets(path, data):
    """(number, wnid, name, announced pictures) of each class in the table of synsets.

    The table also has the synsets above the classes in WordNet's tree, which have children in it.
    """
    from scipy.io import loadmat

    try:
        table = np.atleast_1d(loadmat(io.BytesIO(data), squeeze_me=True)["synsets"])
        fields = table.dtype.names
        rows = [
            (
                int(row["ILSVRC2012_ID"]),
                str(row["WNID"]),
                str(row["words"]).split(",")[0].strip(),
                int(row["num_train_images"]) if "num_train_images" in fields else 0,
            )
            for row in table
            if "num_children" not in fields or not int(row["num_children"])
        ]
    except Exception as error:  # a reader of MATLAB's files raises many kinds
        raise DataError(
            f"{path}: its {_META} cannot be read as a table of synsets ({error}). Expected the "
            "fields ILSVRC2012_ID, WNID and words; likely the kit of another year, or damaged."
        ) from error
    for what, values in (
        ("numbers", [row[0] for row in rows]),
        ("wnids", [row[1] for row in rows]),
    ):
        if len({*values}) < len(values) or not values:
            raise DataError(
                f"{path}: its {_META} has {len(values)} classes with {len({*values})} {what}. "
                "Expected as many of each; the file is damaged."
            )
    return rows


def _truth(path, data, label):
    lines = data.decode("ascii", "replace").split()
    try:
        return np.array([label[int(line)] for line in lines], "int64")
    except (KeyError, ValueError):
        row = next(i for i, line in enumerate(lines) if not _known(line, label))
        raise DataError(
            f"{path}: line {row + 1} of {_TRUTH} is {lines[row][:20]!r}, which is the number of no "
            f"class. Expected one of the {len(label)} numbers ILSVRC2012_ID in {_META}."
        ) from None


def _known(line, label):
    return line.isdecimal() and int(line) in label


def _train(path, kit):
    """The training pictures: tars within a tar."""
    label = {wnid: y for y, wnid in enumerate(kit.classes)}
    rows = _Rows()
    there: set[int] = set()
    for outer in _files(path):
        wnid = outer.name.rpartition("/")[2].removesuffix(".tar")
        y = label.get(wnid)
        if y is None or y in there or not outer.name.endswith(".tar"):
            what = "is there twice" if y in there else "is no class of the devkit"
            raise DataError(
                f"{path}: its member {outer.name!r} {what}. Expected one archive for each class, "
                f"called like {kit.classes[0]}.tar. Is this the archive of training pictures, of "
                "the task of classification?"
            )
        there.add(y)
        before = len(rows)
        end = outer.offset_data + outer.size
        for inner in _files(path, outer.offset_data, end, outer.name):
            rows.add(0, y, inner.name, inner.offset_data, inner.size)
        if len(rows) == before:
            raise DataError(f"{path}: its member {outer.name!r} holds no picture. It is damaged.")
    _refuse_missing(path, kit.classes, there)
    part = rows.part([path], kit.classes)
    counts = np.bincount(part.y, minlength=len(kit.classes)).tolist()
    differ = [
        (wnid, count, said)
        for wnid, count, said in zip(kit.classes, counts, kit.announced, strict=True)
        if said and count != said
    ]
    if differ:
        wnid, count, said = differ[0]
        warnings.warn(
            f"{path}: {wnid} has {count:,} pictures here, and the devkit announces {said:,} "
            f"({len(differ)} of {len(counts)} classes differ). Likely the archive was packed anew; "
            "what is there is used.",
            stacklevel=4,
        )
    return part


def _refuse_missing(path, classes, there):
    missing = [wnid for y, wnid in enumerate(classes) if y not in there]
    if missing:
        more = ", …" if len(missing) > _NAMED else ""
        raise DataError(
            f"{path}: {len(missing)} of the {len(classes)} classes are missing: "
            f"{', '.join(missing[:_NAMED])}{more}. Likely the archive was cut short where one "
            "member ends and the next begins: compare its size with the published one."
        )


def _val(path, devkit, kit):
    """The validation pictures: their labels follow the alphabetical order of their names."""
    without = np.flatnonzero(np.bincount(kit.truth, minlength=len(kit.classes)) == 0)
    if len(without):
        raise DataError(
            f"{devkit}: {_TRUTH} names no picture of class {kit.classes[without[0]]} "
            f"({len(without)} of {len(kit.classes)} classes have none). Expected some of each: "
            "likely the file is not whole."
        )
    found = sorted((member.name, member.offset_data, member.size) for member in _files(path))
    if len(found) != len(kit.truth):
        raise DataError(
            f"{path} holds {len(found):,} pictures, and {_TRUTH} of {devkit} has "
            f"{len(kit.truth):,} lines: one label for each picture was expected. Either the "
            "archive is not whole, or the two belong to different years."
        )
    rows = _Rows()
    for y, row in zip(kit.truth.tolist(), found, strict=True):
        rows.add(0, y, *row)
    return rows.part([path], kit.classes)


def _of_members(path, found: Iterable[tuple[str, str, str, bytes, int, int]]):
    """Pictures in class folders, from (part, class, name, file, offset, bytes) of each."""
    rows = {part: _Rows() for part in PARTS}
    files: dict[str, dict[bytes, int]] = {part: {} for part in PARTS}
    seen: dict[str, dict[str, int]] = {part: {} for part in PARTS}
    for part, folder, name, file, offset, size in found:
        place = files[part].setdefault(file, len(files[part]))
        y = seen[part].setdefault(folder, len(seen[part]))
        rows[part].add(place, y, name, offset, size)
    train, val = (sorted(seen[part]) for part in PARTS)
    if len(train) < 2 or train != val:
        odd = sorted({*train} ^ {*val})
        hint = "" if train or val else f" Of ILSVRC's archives all three are needed: {_ORDER}."
        raise DataError(
            f"{path}: has {len(train)} classes in train/ and {len(val)} in val/"
            f"{f', and {odd[0]!r} in one of them only' if odd else ''}. Expected the same "
            f"subfolders of pictures in both, two at least.{hint}"
        )
    parts = {}
    for part in PARTS:
        label = np.array([train.index(folder) for folder in seen[part]])
        parts[part] = rows[part].part([*map(os.fsdecode, files[part])], train, label)
    return Source(tuple(train), class_names(train, beside=path), parts)


def _folder_members(path):
    for part in PARTS:
        if not (path / part).is_dir():
            raise DataError(
                f"{path}: has no folder {part}/. Expected train/ and val/, each with one subfolder "
                "of pictures for each class; or three archives, if these are ILSVRC's."
            )
        for folder in sorted((path / part).iterdir()):
            if folder.name.startswith((".", "__MACOSX")):
                continue
            if not folder.is_dir():
                if folder.name.lower().endswith(SUFFIXES):
                    raise DataError(
                        f"{folder}: this picture lies outside the class folders, so it has no "
                        f"class. Move it into one of the subfolders of {part}/, or away."
                    )
                continue
            with os.scandir(folder) as entries:
                pictures = [
                    (entry.name, os.fsencode(entry.path), 0, entry.stat().st_size)
                    for entry in entries
                    if entry.name.lower().endswith(SUFFIXES)
                    and not entry.name.startswith(".")
                    and not entry.is_dir()
                ]
            if not pictures:
                raise DataError(
                    f"{folder}: this class folder holds no picture. Put some there "
                    f"({', '.join(SUFFIXES)}), or remove the folder from train/ and val/."
                )
            for picture in pictures:
                yield part, folder.name, *picture


def _tar_members(path):
    pattern = re.compile(r"(?:.*/)?(train|val)/([^/]+)/([^/]+)", re.DOTALL)
    for member in _files(path):
        match = pattern.fullmatch(member.name)
        if match and match[3].lower().endswith(SUFFIXES) and not match[3].startswith("."):
            yield *match.groups(), os.fsencode(path), member.offset_data, member.size


class _Rows:
    """A table of pictures, of a few dozen bytes a picture: there may be a million."""

    def __init__(self):
        self.numbers = [array.array("q") for _ in range(4)]
        self.names: list[bytes] = []

    def __len__(self):
        return len(self.names)

    def add(self, file, y, name, offset, size):
        for column, number in zip(self.numbers, (file, y, offset, size), strict=True):
            column.append(number)
        self.names.append(os.fsencode(name.rpartition("/")[2]))

    def part(self, files, classes, label=None):
        """The table in the order of classes and names, wherever the pictures lie."""
        file, y, offset, size = (np.frombuffer(column, "int64") for column in self.numbers)
        y = y if label is None else label[y]
        names = np.array(self.names)
        order = np.lexsort((names, y))
        file, y, offset, size, names = (column[order] for column in (file, y, offset, size, names))
        folders = [_plain(name) for name in classes]
        keys = np.array(
            [
                folders[label] + b"/" + _plain(os.fsdecode(name).rpartition(".")[0] or "_")
                for label, name in zip(y.tolist(), names.tolist(), strict=True)
            ]
        )
        twice = np.setdiff1d(np.arange(len(keys)), np.unique(keys, return_index=True)[1])
        if len(twice):  # cat.jpg and cat.png: a number tells them apart
            keys = keys.astype(f"S{keys.dtype.itemsize + 12}")
            for row in twice.tolist():
                keys[row] += b"-%d" % row
        return Part(np.array([*map(os.fsencode, files)]), file, offset, size, y, keys)


def _plain(name):
    """A name that every tar and every reader takes: a file's has room for 100 letters there.

    WebDataset's ends at a dot, so there is none in it.
    """
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:_LONGEST].encode()


def _is_gzip(path):
    with open(path, "rb") as file:
        return file.read(2) == _GZIP


def gunzip(path: Path, target: Path) -> Path:
    """Decompress a ``.tgz`` into a tar, whole or not at all; one that is there is kept.

    Args:
        path: The archive.
        target: The tar.

    Returns:
        The tar.

    Raises:
        DataError: The archive is damaged or cut short.
        OSError: The tar cannot be written.
    """
    if target.exists():
        return target
    try:
        with gzip.open(path) as packed:
            return write_whole(target, lambda file: shutil.copyfileobj(packed, file, 1 << 20))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path}: not a whole .tgz archive ({path.stat().st_size:,} bytes: {error}). Likely a "
            "download that was cut short."
        ) from error


def _files(
    path: Path, start: int = 0, end: int | None = None, within: str = ""
) -> Iterator[tarfile.TarInfo]:
    """Walk through the plain files of a tar that lies in a file from ``start`` to ``end``.

    Only headers are read. ``offset_data`` of a member counts from the start of the whole file.
    """
    where = f"{path}: {within!r} in it" if within else str(path)
    end = path.stat().st_size if end is None else end

    def broken(what):
        return DataError(
            f"{where}: {what}. Expected a whole tar of {end - start:,} bytes. Likely a download "
            "that was cut short: compare its size with the published one, and get it again."
        )

    with open(path, "rb", buffering=0) as file, contextlib.ExitStack() as stack:
        file.seek(start)
        try:
            tar = stack.enter_context(tarfile.open(fileobj=file, mode="r:"))
            while (member := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # else it remembers a million
                if member.offset_data + member.size > end:
                    raise broken(f"its member {member.name!r} goes on where the archive ends")
                if member.size > MAX_BYTES and not member.name.endswith(".tar"):
                    raise DataError(
                        f"{where}: its member {member.name!r} declares {member.size:,} bytes, "
                        f"more than the {MAX_BYTES:,} that are read of a picture."
                    )
                if member.isfile():
                    yield member
                elif not member.isdir():
                    raise DataError(
                        f"{where}: its member {member.name!r} is a link or a device; expected "
                        "plain files. No published archive holds one: do not use this one."
                    )
            file.seek(tar.offset)
            if tar.offset + tarfile.BLOCKSIZE > end or any(file.read(tarfile.BLOCKSIZE)):
                raise broken(f"after {tar.offset - start:,} bytes comes neither a file nor its end")
        except tarfile.TarError as error:
            raise broken(f"not a tar, or damaged ({error})") from error
