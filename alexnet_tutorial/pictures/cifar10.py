"""Load CIFAR-10: 60,000 pictures of 32 by 32 pixels in ten classes.

The set is Alex Krizhevsky's ("Learning Multiple Layers of Features from Tiny Images", 2009); it is
the one on which the paper itself tested two of its claims.
"""

import io
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .archive import Archive, kept_arrays, members, proven
from .download import ENVIRONMENT_VARIABLE, PinnedFile, download
from .drawings import SHAPES, draw_shapes
from .errors import DataError
from .labels import Sets, Split, check_every_class, check_labels, stratified
from .sources import INSTEAD, choose

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

SIDE, MAX_SIDE = 32, 128

ARCHIVE = PinnedFile(
    "cifar-10-python.tar.gz",
    170_498_071,
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
)
"""The archive as it was published; Keras's ``keras.datasets.cifar10`` takes the same."""

JPEG_ARCHIVE = "cifar10-jpeg.tgz"
"""The same pictures as JPEG files, ``cifar10-jpeg/{train,test}/CLASS/NAME.jpg``."""

URL = "https://www.cs.toronto.edu/~kriz/"

_BATCHES = {
    "train": [f"data_batch_{number}" for number in range(1, 6)],
    "test": ["test_batch"],
}

# The stand-in: pictures of each part.
DRAWN = {"train": 1_500, "test": 300}


@dataclass(frozen=True, eq=False, repr=False)
class Cifar10(Sets):
    """Small pictures of ten classes, each set a ``Split``.

    Attributes:
        archive: The file they were read from; None for drawn pictures.
    """

    train: Split
    validation: Split
    test: Split
    archive: Path | None = None


def load_cifar10(
    source: str | os.PathLike[str] = "auto",
    seed: int = 0,
    validation: float = 0.1,
    pixels: int = SIDE,
    directory: str | os.PathLike[str] | None = None,
    url: str = URL,
    progress: bool = True,
) -> Cifar10:
    """Load CIFAR-10, as training, validation and test sets.

    Sources are looked for as :func:`~alexnet_tutorial.pictures.load_signs` does, drawn shapes
    standing in for pictures that are not there. Read is the published archive, or where there is
    none a copy of it as JPEG files, whose pixels differ a little: ``source`` says so.

    Every choice is made on the validation set, which is cut from the training pictures, the same
    share of every class; the test set is looked at once.

    Args:
        source: "auto", "real" (an archive in the data directory or in ``cifar10/`` inside it),
            "download" (the published archive), "generated" (drawn), or an archive's path, or its
            folder's.
        seed: Decides which pictures validate, and is the seed of the drawn set.
        validation: Share of each class of the training pictures that validates, 0 to below 1.
        pixels: The side the pictures are enlarged to, at most ``MAX_SIDE``, for a network that
            reads larger ones.
        directory: The data directory, instead of ``data_directory()``; what is decoded is kept
            there too.
        url: Where a download comes from.
        progress: Whether downloading and decoding report on stderr.

    Returns:
        Cifar10: ``train``, ``validation`` and ``test``, each with ``x`` (uint8, (n, pixels,
            pixels, 3)) and ``y`` (int64, (n,)), in the archive's order (that of the JPEG copy is
            by class); ``classes``, ``source``, ``kind``, ``archive``.

    Raises:
        ValueError: An unknown source, a share outside 0 to 1, or pixels out of range.
        DataError: The archive is missing, damaged, changed, or lacks a class; or the disk has no
            room.
        DownloadError: The download did not arrive whole.

    Example:
        >>> drawn = load_cifar10("generated")
        >>> len(drawn.train), len(drawn.validation), drawn.test.x.shape, drawn.kind
        (1350, 150, (300, 32, 32, 3), 'generated')
    """
    stratified(np.zeros(1, "int64"), validation)  # a share out of range is refused first
    if not isinstance(pixels, int) or not 1 <= pixels <= MAX_SIDE:
        raise ValueError(
            f"pixels is {pixels!r}, and must be an integer from 1 to {MAX_SIDE}, at which the "
            f"60,000 pictures take {60_000 * MAX_SIDE**2 * 3 / 1e9:.1f} GB. They are {SIDE} by "
            f"{SIDE}: for a larger network, enlarge each batch as it is needed."
        )
    path, how = choose(
        source,
        directory,
        name="CIFAR-10",
        files=f"an archive like {ARCHIVE.name}, or of its folder",
        find=_find,
        fetch=lambda root: download(
            ARCHIVE,
            root / "cifar10",
            f"{url.rstrip('/')}/{ARCHIVE.name}",
            progress=progress,
            instead=INSTEAD,
        ),
        missing=lambda place: (
            f"{place}: no CIFAR-10 archive here; expected {ARCHIVE.name} (or {JPEG_ARCHIVE}), in "
            f"this folder or in cifar10/ inside it. Put it there, or name its folder in "
            f'{ENVIRONMENT_VARIABLE}, or use source="download" ({ARCHIVE.size / 1e6:.0f} MB) or '
            'source="generated" (drawn shapes, which need nothing).'
        ),
    )
    if path is None:
        kind, classes = "generated", SHAPES
        said = f"drawn shapes instead of CIFAR-10, by this package with seed {seed}{how}"
        parts = _drawn(seed)
    else:
        kind, classes = "real", CLASSES
        digest = proven(path, [ARCHIVE])
        jpeg = path.name.endswith(".tgz")
        said = f"CIFAR-10, {how}"
        if jpeg:
            said += " (JPEG copies, whose pixels differ a little from the original's)"
            archive = Archive(path, digest, ("train", "test"), CLASSES)
            make = lambda: archive.arrays(SIDE, progress)  # noqa: E731
        else:
            make = lambda: read_batches(path)  # noqa: E731
        name, need = f"cifar10/arrays-{digest[:12]}.npz", 60_000 * SIDE**2 * 3
        arrays = kept_arrays(name, need, make, directory)
        parts = {part: Split(arrays[f"{part}_x"], arrays[f"{part}_y"]) for part in _BATCHES}
    if pixels != SIDE:
        parts = {part: split.resized(pixels) for part, split in parts.items()}
    train = parts["train"]
    stay, aside = stratified(train.y, validation, seed)
    learn, validate = (Split(train.x[rows], train.y[rows]) for rows in (stay, aside))
    return Cifar10(learn, validate, parts["test"], classes, said, kind, path)


def _find(place):
    """The archive at a path: itself, or in a folder; None where there is none."""
    if place.is_file():
        return place
    for name in (ARCHIVE.name, JPEG_ARCHIVE):
        for folder in (place / "cifar10", place):
            if (folder / name).is_file():
                return folder / name
    return None


def _drawn(seed):
    """The stand-in, drawn anew each time, which takes less than a second."""
    rng = np.random.default_rng(seed)
    parts = {}
    for part, count in DRAWN.items():
        y = rng.permutation(np.arange(count, dtype=np.int64) % len(SHAPES))
        parts[part] = Split(draw_shapes(y, SIDE, rng), y)
    return parts


class _Arrays(pickle.Unpickler):
    """Reads pickled arrays and plain values; a pickle of anything else could run a program."""

    _known = {
        ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        """Give what arrays are made of, and nothing else."""
        try:
            return self._known[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None


def read_batches(path: Path) -> dict[str, np.ndarray]:
    """Read the six batches of the published archive.

    Args:
        path: ``cifar-10-python.tar.gz``: in a folder ``data_batch_1`` to ``data_batch_5`` and
            ``test_batch``, each a pickled dictionary with ``data`` (uint8 (n, 3072): red, green
            and blue rows of 32 by 32 pixels) and ``labels``.

    Returns:
        ``train_x`` and ``test_x``, uint8 (n, 32, 32, 3), and ``train_y`` and ``test_y``, int64
        (n,), in the order of the archive.

    Raises:
        DataError: It is damaged, lacks a batch or a class, or a batch is of another kind.
    """
    cure = 'Replace it with the published archive (source="download" fetches it).'
    wanted = {name for names in _BATCHES.values() for name in names}
    batches: dict[str, Split] = {}
    for member, data in members(path):
        name = member.rpartition("/")[2]
        if name not in wanted:
            continue
        where = f"{path}: {member}"
        try:
            batch = _Arrays(io.BytesIO(data), encoding="bytes").load()
            pixels, labels = np.asarray(batch[b"data"]), np.asarray(batch[b"labels"])
        except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError) as error:
            raise DataError(f"{where}: not a batch of CIFAR-10 ({error!r}). {cure}") from error
        if pixels.dtype != np.uint8 or pixels.ndim != 2 or pixels.shape[1] != 3 * SIDE**2:
            raise DataError(
                f"{where}: its data is {pixels.dtype} {pixels.shape}, expected uint8 (n, "
                f"{3 * SIDE**2}). {cure}"
            )
        check_labels(labels, len(pixels), len(CLASSES), f"{where}: labels", cure)
        x = pixels.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
        batches[name] = Split(x, labels.astype("int64"))
    if lacking := sorted(wanted - {*batches}):
        raise DataError(f"{path}: lacks {', '.join(lacking)}; expected six batches. {cure}")
    arrays = {}
    for part, names in _BATCHES.items():
        arrays[f"{part}_x"] = np.concatenate([batches[name].x for name in names])
        arrays[f"{part}_y"] = np.concatenate([batches[name].y for name in names])
        check_every_class(arrays[f"{part}_y"], len(CLASSES), f"{path}: the {part} labels")
    return arrays
