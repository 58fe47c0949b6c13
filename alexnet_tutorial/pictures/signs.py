"""Load the SIGNS pictures: find the files, examine them, drop leaked rows, split."""

import hashlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .download import DOWNLOAD_URL, download_signs
from .errors import DataError
from .hands import SIZE, draw_hands

SOURCES = ("auto", "real", "download", "generated")
ENVIRONMENT_VARIABLE = "ALEXNET_TUTORIAL_DATA"
TRAIN_FILE, TEST_FILE = "train_signs.h5", "test_signs.h5"

# Two pictures are the same photograph when their brightness, averaged over blocks of 4 by 4
# pixels, differs by less than this (root mean square, grey levels of 255). Averaging lets a copy
# that went through a JPEG count as a copy: measured on SIGNS, such copies differ by at most 0.6,
# the nearest two different photographs by 3.0. Pixel by pixel it would be 4.6 against 6.2.
SAME_PHOTOGRAPH = 1.5
_BLOCK = 4

# The generated set: as many test pictures as SIGNS, and enough to train on.
GENERATED_TRAIN, GENERATED_TEST = 3000, 120


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures and their labels.

    Attributes:
        x: uint8, (n, height, width, 3), 0 to 255.
        y: int64, (n,), the number of fingers shown.
    """

    x: np.ndarray
    y: np.ndarray

    def __len__(self):
        """How many pictures."""
        return len(self.y)

    def __repr__(self):
        """Shapes, not a wall of numbers."""
        return f"Split(x={self.x.dtype}{self.x.shape}, y={self.y.dtype}{self.y.shape})"


@dataclass(frozen=True)
class Pair:
    """Two pictures that are the same photograph.

    Attributes:
        first: Row in the first set.
        second: Row in the second set.
        difference: Root mean square difference of their blocks, in grey levels of 255.
    """

    first: int
    second: int
    difference: float


@dataclass(frozen=True, eq=False)
class Signs:
    """The three sets, and where they came from.

    Attributes:
        train: What the network learns from.
        validation: What every choice is made on; cut from training.
        test: What is looked at once, at the end.
        classes: The labels, in order: (0, 1, 2, 3, 4, 5).
        source: A sentence that says where the pictures came from.
        kind: "real" or "generated".
        removed: How many training pictures were dropped because the test set holds them too.
        folder: Where the files are; None for generated pictures.
    """

    train: Split
    validation: Split
    test: Split
    classes: tuple
    source: str
    kind: str
    removed: int = 0
    folder: Path | None = None

    def __repr__(self):
        """Counts and source."""
        return (
            f"Signs({len(self.train)} to train, {len(self.validation)} to validate, "
            f"{len(self.test)} to test; {self.source})"
        )


def data_directory():
    """Where data files are looked for: the environment variable, a checkout, the user's cache.

    Returns:
        Path: The folder named by ``ALEXNET_TUTORIAL_DATA`` if that is set; else ``data/`` of the
            checkout around the current folder; else this package's folder in the user's cache.

    Raises:
        DataError: The environment variable names something that is not a folder.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        folder = Path(named).expanduser().resolve()
        if not folder.is_dir():
            raise DataError(
                f"{folder}: the environment variable {ENVIRONMENT_VARIABLE} names this, but there "
                "is no such folder. Correct the variable, or unset it to use generated hands."
            )
        return folder
    return _checkout_data() or _cache_directory()


def _checkout_data():
    here = Path.cwd().resolve()
    for parent in (here, *here.parents):
        if (parent / "alexnet_tutorial").is_dir() and (parent / "pyproject.toml").is_file():
            return parent / "data"
    return None


def _own_folders():
    """Where the package may write unasked: a checkout's ``data/``, then the user's cache.

    Never the folder of the environment variable: that one belongs to the user.
    """
    checkout = _checkout_data()
    return [checkout, _cache_directory()] if checkout else [_cache_directory()]


def _cache_directory():
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "alexnet-tutorial"


def load_signs(
    source="auto",
    seed=0,
    validation=0.1,
    directory=None,
    url=DOWNLOAD_URL,
    progress=True,
):
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
    kind, where, folder, read = _find(source, seed, directory, url, progress)
    train, test, classes = read()
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


def _find(source, seed, directory, url, progress):
    """Decide where the pictures come from; returns (kind, sentence, folder, reader)."""
    if isinstance(source, str) and source not in SOURCES:
        looks_like_path = os.sep in source or "/" in source or (source and Path(source).is_dir())
        if not looks_like_path:
            raise ValueError(
                f"source={source!r} is not known. Known sources: {', '.join(SOURCES)}, or the path "
                f"of a folder that holds {TRAIN_FILE} and {TEST_FILE}."
            )
    if not isinstance(source, (str, os.PathLike)):
        raise ValueError(
            f"source={source!r} is not known. Known sources: {', '.join(SOURCES)}, or a folder."
        )

    def generated(why):
        text = f"generated hands, drawn by this package with seed {seed}{why}"
        return "generated", text, None, lambda: _stored_generated(seed, directory)

    def real(folder, how):
        return "real", f"SIGNS photographs, {how}{folder}", folder, lambda: read_signs(folder)

    if source == "generated":
        return generated("")
    if source not in SOURCES:
        folder = Path(source).expanduser().resolve()
        inner = _signs_folder(folder)
        if inner is None:
            raise DataError(_missing(folder))
        return real(inner, "from ")

    root = Path(directory).expanduser().resolve() if directory else data_directory()
    if source == "download":
        folder = root / "signs"
        download_signs(folder, url=url, progress=progress)
        return real(folder, "downloaded to ")
    found = _signs_folder(root)
    if found is not None:
        return real(found, "from ")
    if source == "real":
        raise DataError(_missing(root))
    if _online_notebook():
        try:
            download_signs(root / "signs", url=url, progress=progress)
        except DataError as error:
            print(f"Using generated hands, because the download failed. {error}", file=sys.stderr)
        else:
            return real(root / "signs", "downloaded to ")
    return generated(f" (no SIGNS files in {root})")


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


def _online_notebook():
    return any(name in os.environ for name in ("COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"))


def read_signs(folder):
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


def check_labels(y, pictures, classes, name="labels", cure=""):
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


def check_every_class(y, classes, name="labels"):
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
    missing = np.flatnonzero(np.bincount(y, minlength=classes) == 0).tolist()
    if missing:
        which = f"class {missing[0]} has" if len(missing) == 1 else f"classes {missing} have"
        raise DataError(
            f"{name}: {which} no picture among the {len(y)}. Expected at least one of each of the "
            f"{classes} classes: was the set cut without regard to classes, or sorted before it "
            "was cut?"
        )


def save_signs(folder, train, test, classes=range(6)):
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

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    classes = list(classes)
    paths = []
    for part, name, split in (("train", TRAIN_FILE, train), ("test", TEST_FILE, test)):
        x, y = np.asarray(split.x), np.asarray(split.y)
        if x.ndim != 4 or x.shape[1:] != (SIZE, SIZE, 3) or x.dtype != np.uint8:
            raise DataError(
                f"{part}.x is {x.dtype} {x.shape}, expected uint8 (n, {SIZE}, {SIZE}, 3)."
            )
        check_labels(y, len(x), len(classes), f"{part}.y")
        handle, partial = tempfile.mkstemp(dir=folder, prefix=f".{name}.", suffix=".part")
        os.close(handle)
        try:
            with h5py.File(partial, "w") as file:
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
            os.chmod(partial, 0o644)
            os.replace(partial, folder / name)
        finally:
            Path(partial).unlink(missing_ok=True)
        paths.append(folder / name)
    return paths


def generate_signs(train=GENERATED_TRAIN, test=GENERATED_TEST, seed=0):
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
    roots = [Path(directory)] if directory else _own_folders()
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


def same_pictures(first, second=None, limit=SAME_PHOTOGRAPH):
    """Find pictures that are the same photograph, in two sets or within one.

    Compares brightness averaged over blocks of 4 by 4 pixels, which a JPEG leaves nearly as it
    was, so recompressed copies are found too.

    Args:
        first: uint8, (n, height, width, 3), sides divisible by 4.
        second: The same, (m, …); None compares ``first`` with itself, each pair once.
        limit: Largest root mean square difference of the averages, in grey levels of 255.

    Returns:
        list[Pair]: In order of ``first``, then ``second``.

    Example:
        >>> x = np.zeros((3, 64, 64, 3), np.uint8); x[1] = 9
        >>> same_pictures(x)
        [Pair(first=0, second=2, difference=0.0)]
    """
    a = _brightness(first)
    b = a if second is None else _brightness(second)
    center = a.mean(0)  # near zero, squares lose nothing when subtracted
    a, b = a - center, b - center
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    apart = np.sqrt(np.maximum(squared, 0) / a.shape[1])
    if second is None:
        apart[np.tril_indices(len(a))] = np.inf
    return [
        # Rounded, so that the same picture is at 0 and not at the rounding error of the squares.
        Pair(i, j, round(float(apart[i, j]), 4))
        for i, j in np.argwhere(apart <= limit).tolist()
    ]


def _brightness(x):
    """Luma of ITU-R BT.601 averaged over blocks: float64, (n, blocks)."""
    n, h, w, _ = x.shape
    luma = x @ np.array([0.299, 0.587, 0.114])
    return luma.reshape(n, h // _BLOCK, _BLOCK, w // _BLOCK, _BLOCK).mean((2, 4)).reshape(n, -1)


def split_photographs(split, share, seed=0, limit=SAME_PHOTOGRAPH):
    """Choose which rows validate: the same share of each class, photographs never on both sides.

    Args:
        split: A ``Split``.
        share: Share of each class that validates, 0 to below 1.
        seed: The same seed chooses the same rows.
        limit: Pictures that differ by no more stay together, as in ``same_pictures``.

    Returns:
        tuple: Two sorted arrays of rows: those to learn from, and those to validate on.
    """
    leader = np.arange(len(split))
    for pair in same_pictures(split.x, limit=limit):
        a, b = leader[pair.first], leader[pair.second]
        leader[leader == max(a, b)] = min(a, b)
    rng = np.random.default_rng([seed, 20120930])
    chosen = []
    for label in np.unique(split.y):
        rows = np.flatnonzero(split.y == label)
        wanted = round(share * len(rows))
        # A group counts for the class of its leader, so one with mixed labels is moved once.
        leaders = np.unique(leader[rows])
        taken = 0
        for head in rng.permutation(leaders[split.y[leaders] == label]):
            group = np.flatnonzero(leader == head)
            if taken + len(group) <= wanted:
                chosen.append(group)
                taken += len(group)
    validate = np.sort(np.concatenate(chosen)) if chosen else np.array([], np.int64)
    return np.setdiff1d(np.arange(len(split)), validate), validate


def nearest_neighbor(train, test):
    """Label each test picture like the training picture whose pixels are nearest.

    The honest baseline: it has learned nothing, it only remembers.

    Args:
        train: A ``Split`` to remember.
        test: A ``Split`` to label.

    Returns:
        tuple: ``(labels, rows, accuracy)``: int64 (n,) the labels given, int64 (n,) the rows of
            ``train`` they come from, and the share of test pictures labeled correctly.

    Example:
        >>> x = np.zeros((2, 64, 64, 3), np.uint8); x[1] = 200
        >>> memory = Split(x, np.array([3, 5]))
        >>> nearest_neighbor(memory, Split(x + 1, np.array([3, 0])))[2]
        0.5
    """
    center = train.x.mean(0, dtype=np.float64).ravel()
    a = (test.x.reshape(len(test), -1) - center).astype(np.float32)
    b = (train.x.reshape(len(train), -1) - center).astype(np.float32)
    # |a - b|^2 = |a|^2 - 2ab + |b|^2, and |a|^2 is the same for every candidate.
    rows = np.argmin((b**2).sum(1)[None] - 2 * a @ b.T, axis=1)
    labels = train.y[rows]
    return labels, rows, float(np.mean(labels == test.y))
