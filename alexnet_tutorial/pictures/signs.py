"""Load the SIGNS pictures: find the files, examine them, drop leaked rows, split."""

import hashlib
import os
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alexnet_tutorial.files import write_whole

from .download import (
    ENVIRONMENT_VARIABLE,
    PinnedFile,
    data_directory,
    download,
    own_directories,
)
from .errors import DataError
from .hands import SIZE, draw_hands
from .labels import Sets, Split, check_labels
from .photographs import same_pictures, split_photographs
from .sources import INSTEAD, choose

TRAIN_FILE, TEST_FILE = "train_signs.h5", "test_signs.h5"

# A public copy of the two files, pinned to one commit. The hashes below decide, not the address:
# several copies found under these names are really web pages saved by mistake.
DOWNLOAD_URL = (
    "https://raw.githubusercontent.com/amanchadha/coursera-deep-learning-specialization/"
    "3f055e4a8db0d76efbfb6f5a0e7e854535a3e2ec/"
    "C4%20-%20Convolutional%20Neural%20Networks/Week%201/datasets/"
)


FILES = (
    PinnedFile(
        "test_signs.h5",
        1_477_712,
        "539fb746ed9e947eb244cfca73f4d1b03f9bf5524d609eeed2cd76ddb1b179be",
    ),
    PinnedFile(
        "train_signs.h5",
        13_281_872,
        "47480709d99f2ea6ae428ecc491fc6f65ff1d05336736dd859d5565e0ad3cf74",
    ),
)

# The generated set: as many test pictures as SIGNS, and enough to train on.
GENERATED_TRAIN, GENERATED_TEST = 3000, 120


@dataclass(frozen=True, eq=False, repr=False)
class Signs(Sets):
    """Hands showing 0 to 5 fingers, each set a ``Split``.

    Attributes:
        removed: How many training pictures were dropped because the test set holds them too.
        folder: Where the files are; None for generated pictures.
    """

    train: Split
    validation: Split
    test: Split
    removed: int = 0
    folder: Path | None = None


def load_signs(
    source: str | os.PathLike[str] = "auto",
    seed: int = 0,
    validation: float = 0.1,
    directory: str | os.PathLike[str] | None = None,
    url: str = DOWNLOAD_URL,
    progress: bool = True,
) -> Signs:
    """Load hands showing 0 to 5 fingers, as training, validation and test sets.

    ``auto`` takes the files in the data directory when there are any, and the generated set when
    there are none (in an online notebook, Colab or Kaggle, it tries a download in between). Files
    that are there but cannot be used are an error: they are never quietly replaced.

    Training pictures that the test set holds too are dropped. The validation set is cut from
    what remains, the same share of every class, with copies of one photograph on one side.

    Args:
        source: "auto", "real" (files in the data directory), "download" (the published files,
            fetched when they are not there), "generated" (drawn by this package), or a folder.
        seed: Decides which photographs validate, and is the seed of the generated set.
        validation: Share of each class of the training pictures that validates, 0 to below 1.
        directory: The data directory, instead of ``data_directory()``.
        url: Where a download comes from.
        progress: Whether a download reports on stderr.

    Returns:
        Signs: ``train``, ``validation`` and ``test``, each with ``x`` (uint8, (n, 64, 64, 3)) and
            ``y`` (int64, (n,)); ``classes``, ``source``, ``kind``, ``removed``.

    Raises:
        ValueError: An unknown source, or a share outside 0 to 1.
        DataError: Files missing, damaged or of another schema.
        DownloadError: The download did not arrive whole.

    Example:
        >>> import tempfile
        >>> train, test, classes = generate_signs(train=24, test=6)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = save_signs(folder, train, test)
        ...     signs = load_signs(folder, validation=0.25)
        >>> len(signs.train), len(signs.validation), signs.test.x.shape, signs.classes
        (18, 6, (6, 64, 64, 3), (0, 1, 2, 3, 4, 5))
    """
    if not 0 <= validation < 1:
        raise ValueError(
            f"validation={validation}: expected a share of the training pictures, from 0 to below "
            "1. Likely a count instead of a share; 0.1 keeps one picture in ten for validation."
        )
    folder, how = choose(
        source,
        directory,
        name="SIGNS",
        drawn="generated hands",
        files=f"a folder that holds {TRAIN_FILE} and {TEST_FILE}",
        find=_signs_folder,
        fetch=lambda root: download_signs(root / "signs", url=url, progress=progress)[0].parent,
        missing=_missing,
    )
    if folder is None:
        kind, where = "generated", f"generated hands, drawn by this package with seed {seed}{how}"
        train, test, classes = _stored_generated(seed, directory)
    else:
        kind, where = "real", f"SIGNS photographs, {how}"
        train, test, classes = read_signs(folder)
    leaks = same_pictures(train.x, test.x) if kind == "real" else []
    leaked = sorted({pair.first for pair in leaks})
    keep = np.setdiff1d(np.arange(len(train)), leaked)
    if not len(keep):
        raise DataError(
            f"{where}: every training picture is also a test picture, so nothing is left to train "
            "on. Likely the same file was given twice."
        )
    train = Split(train.x[keep], train.y[keep])
    learn, validate = split_photographs(train, validation, seed)
    return Signs(
        train=Split(train.x[learn], train.y[learn]),
        validation=Split(train.x[validate], train.y[validate]),
        test=test,
        classes=classes,
        source=where,
        kind=kind,
        removed=len(leaked),
        folder=folder,
    )


def _signs_folder(root):
    """The folder that holds SIGNS files, even if only one of the two; None when there is none."""
    for folder in (root / "signs", root):
        if any((folder / name).exists() for name in (TRAIN_FILE, TEST_FILE)):
            return folder
    return None


def _missing(folder):
    return (
        f"{folder}: no SIGNS files here; expected {TRAIN_FILE} and {TEST_FILE}, in this folder or "
        f"in signs/ inside it. Put them there, or name their folder in {ENVIRONMENT_VARIABLE}, or "
        'use source="download" (needs a network) or source="generated" (needs nothing).'
    )


def download_signs(
    folder: str | os.PathLike[str],
    url: str = DOWNLOAD_URL,
    files: Sequence[PinnedFile] = FILES,
    timeout: float = 30.0,
    progress: bool = True,
) -> list[Path]:
    """Put the two published SIGNS files into a folder, checked against their sha256.

    Each as :func:`download` does it.

    Args:
        folder: Where the files go; made when missing.
        url: Address of the folder that holds both files.
        files: The files, as ``PinnedFile`` (name, bytes, sha256).
        timeout: Seconds without a byte after which to give up.
        progress: Whether to report progress on stderr.

    Returns:
        list[Path]: The files, in the order of ``files``.

    Raises:
        DownloadError: Refused, cut short, too long, or with another sha256 than published.
        DataError: A different file of that name is in the way.
    """
    return [
        download(
            file,
            folder,
            f"{url.rstrip('/')}/{urllib.parse.quote(file.name)}",
            timeout,
            progress,
            INSTEAD,
        )
        for file in files
    ]


def read_signs(folder: str | os.PathLike[str]) -> tuple[Split, Split, tuple[int, ...]]:
    """Read and examine both HDF5 files of a folder, exactly as they are.

    Args:
        folder: Holds ``train_signs.h5`` (``train_set_x`` uint8 (n, 64, 64, 3), ``train_set_y``
            integers (n,), ``list_classes``) and ``test_signs.h5`` (``test_set_x`` and so on).

    Returns:
        tuple: ``(train, test, classes)``: two ``Split`` and a tuple of labels.

    Raises:
        DataError: A file is missing, damaged or has another schema; says which, what was
            expected, what was found and what to do.
    """
    folder = Path(folder)
    train, classes = _read(folder / TRAIN_FILE, "train")
    test, test_classes = _read(folder / TEST_FILE, "test")
    if classes != test_classes:
        raise DataError(
            f"{folder / TEST_FILE}: its classes are {test_classes}, but those of {TRAIN_FILE} are "
            f"{classes}. The two files do not belong together: replace one of them."
        )
    return train, test, classes


def _read(path, part):
    import h5py

    cure = (
        'Replace it with the published file (source="download" fetches it), or remove it and use '
        'source="generated".'
    )
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; both {TRAIN_FILE} and {TEST_FILE} are needed. "
            + _missing(path.parent)
        )
    size = path.stat().st_size
    keys = (f"{part}_set_x", f"{part}_set_y", "list_classes")
    try:
        with h5py.File(path, "r") as file:
            absent = [key for key in keys if not isinstance(file.get(key), h5py.Dataset)]
            if absent:
                raise DataError(
                    f"{path}: holds {sorted(file)} but lacks {absent}; expected the datasets "
                    f"{list(keys)}. Likely the other part, or another data set. {cure}"
                )
            x, y, classes = (file[key][()] for key in keys)
    except (OSError, RuntimeError, KeyError) as error:
        raise DataError(
            f"{path}: not a whole HDF5 file ({size:,} bytes: {error}). Likely a download that was "
            f"cut short, or a web page saved under this name. {cure}"
        ) from error
    x, y, classes = np.asarray(x), np.asarray(y), np.asarray(classes)
    if x.ndim != 4 or x.shape[1:] != (SIZE, SIZE, 3) or x.dtype != np.uint8:
        raise DataError(
            f"{path}: {keys[0]} is {x.dtype} {x.shape}, expected uint8 (n, {SIZE}, {SIZE}, 3): "
            f"pictures by height, width, color, 0 to 255. {cure}"
        )
    if (
        classes.ndim != 1
        or classes.dtype.kind not in "iu"
        or not len(classes)
        or (classes.tolist() != list(range(len(classes))))
    ):
        raise DataError(
            f"{path}: list_classes is {classes.dtype} {classes.tolist()}, expected the integers "
            f"0, 1, 2, … in order. {cure}"
        )
    check_labels(y, len(x), len(classes), f"{path}: {keys[1]}", cure)
    return Split(x, y.astype(np.int64)), tuple(classes.tolist())


def save_signs(
    folder: str | os.PathLike[str], train: Split, test: Split, classes: Iterable[int] = range(6)
) -> list[Path]:
    """Write two sets as HDF5 files in the schema of SIGNS, each one whole or not at all.

    Args:
        folder: Where ``train_signs.h5`` and ``test_signs.h5`` go; made when missing.
        train: A ``Split``.
        test: A ``Split``.
        classes: The labels.

    Returns:
        list[Path]: The two files.

    Raises:
        DataError: The pictures or labels do not fit the schema.
    """
    import h5py

    folder, classes = Path(folder), list(classes)
    paths = []
    for part, name, split in (("train", TRAIN_FILE, train), ("test", TEST_FILE, test)):
        x, y = np.asarray(split.x), np.asarray(split.y)
        if x.ndim != 4 or x.shape[1:] != (SIZE, SIZE, 3) or x.dtype != np.uint8:
            raise DataError(
                f"{part}.x is {x.dtype} {x.shape}, expected uint8 (n, {SIZE}, {SIZE}, 3)."
            )
        check_labels(y, len(x), len(classes), f"{part}.y")

        def write(target, part=part, x=x, y=y):
            with h5py.File(target, "w") as file:
                file.create_dataset(
                    f"{part}_set_x",
                    data=x,
                    chunks=(1, *x.shape[1:]),
                    compression="gzip",
                    compression_opts=4,
                    shuffle=False,
                )
                file[f"{part}_set_y"] = y.astype(np.int64)
                file["list_classes"] = np.asarray(classes, np.int64)

        paths.append(write_whole(folder / name, write))
    return paths


def generate_signs(
    train: int = GENERATED_TRAIN, test: int = GENERATED_TEST, seed: int = 0
) -> tuple[Split, Split, tuple[int, ...]]:
    """Draw a training and a test set of hands, every class equally often.

    Args:
        train: How many training pictures.
        test: How many test pictures.
        seed: The same seed draws the same pictures.

    Returns:
        tuple: ``(train, test, classes)``, as ``read_signs``.

    Example:
        >>> train, test, classes = generate_signs(train=12, test=6)
        >>> train.x.shape, train.y.tolist().count(0)
        ((12, 64, 64, 3), 2)
    """
    streams = np.random.SeedSequence(seed).spawn(2)
    parts = []
    for count, stream in zip((train, test), streams, strict=True):
        rng = np.random.default_rng(stream)
        y = rng.permutation(np.arange(count, dtype=np.int64) % 6)
        parts.append(Split(draw_hands(y, rng), y))
    return parts[0], parts[1], tuple(range(6))


def _stored_generated(seed, directory=None):
    """The generated set, drawn once and kept: drawing takes seconds, reading does not."""
    from . import hands

    # The name carries what the pictures depend on, so another drawing never reads an old file.
    recipe = Path(hands.__file__).read_bytes() + f"{GENERATED_TRAIN},{GENERATED_TEST}".encode()
    name = f"seed-{seed}-{hashlib.sha256(recipe).hexdigest()[:12]}"
    roots = [Path(directory)] if directory else own_directories()
    # A folder that the user named is read, never written: a copy of the book for a classroom
    # without internet brings its drawn hands along.
    named = [data_directory()] if os.environ.get(ENVIRONMENT_VARIABLE) and not directory else []
    for root in (*named, *roots):
        folder = root / "generated" / name
        if _signs_folder(folder) == folder:
            try:
                return read_signs(folder)
            except DataError:
                break  # our own store, damaged: draw it again over the old one
    drawn = generate_signs(GENERATED_TRAIN, GENERATED_TEST, seed)
    for root in roots:
        try:
            save_signs(root / "generated" / name, *drawn)
            break
        except OSError:  # a folder one may not write to: try the next, or do without
            continue
    return drawn
