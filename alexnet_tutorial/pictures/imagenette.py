"""Load Imagenette: photographs of ten classes of ImageNet, as arrays or as a folder of files.

The set is Jeremy Howard's (fast.ai, https://github.com/fastai/imagenette), version 2: 9,469
training and 3,925 validation pictures, of ImageNet's own. They may be used for research and
teaching.
"""

import hashlib
import io
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from .archive import Archive, kept_arrays, own_folder, proven, write_folder
from .download import ENVIRONMENT_VARIABLE, PinnedFile, check_room, download
from .drawings import SHAPES, draw_shapes
from .errors import DataError
from .folder import Folder, load_folder
from .labels import Sets, Split, stratified
from .sources import INSTEAD, choose

CLASSES = {
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}
"""Wnid → name, in the order of the labels."""

ARCHIVES = {
    160: PinnedFile(
        "imagenette2-160.tgz",
        99_003_388,
        "64d0c4859f35a461889e0147755a999a48b49bf38a7e0f9bd27003f10db02fe5",
    ),
    320: PinnedFile(
        "imagenette2-320.tgz",
        341_663_724,
        "569b4497c98db6dd29f335d1f109cf315fe127053cedf69010d047f0188e158c",
    ),
}
"""Short side of the pictures, in pixels → the archive as it was published."""

URL = "https://s3.amazonaws.com/fast-ai-imageclas/"

PUBLISHED = {"train": 9_469, "val": 3_925}

# The stand-in: pictures of each part, and their side in pixels.
DRAWN, DRAWN_SIDE = {"train": 500, "val": 100}, 72


@dataclass(frozen=True, eq=False, repr=False)
class Imagenette(Sets):
    """Photographs of ten classes of ImageNet, each set a ``Split`` or a ``Folder``.

    Attributes:
        wnids: ImageNet's names of the classes, which are those of their folders; none for drawn
            pictures.
        archive: The file they were read from; None for drawn pictures.
    """

    wnids: tuple[str, ...] = ()
    archive: Path | None = None


def load_imagenette(
    source: str | os.PathLike[str] = "auto",
    seed: int = 0,
    validation: float = 0.1,
    size: int = 320,
    pixels: int | None = None,
    directory: str | os.PathLike[str] | None = None,
    url: str = URL,
    progress: bool = True,
) -> Imagenette:
    """Load photographs of ten classes of ImageNet, as training, validation and test sets.

    Sources are looked for as :func:`~alexnet_tutorial.pictures.load_signs` does, drawn shapes
    standing in for photographs that are not there. An archive of one's own, of pictures of
    another size, may take the place of the published ones: any ``imagenette2….tgz`` of their
    layout.

    **The test set** is what was published as ``val``. It is looked at once for each final run,
    so that its accuracy stays honest. Every choice is made on the validation set, which is cut
    from the training pictures, the same share of every class: the same pictures for the same
    seed, whatever ``pixels``.

    As arrays, pictures are decoded once, and kept for the next time; as a folder, the archive is
    unpacked once. Both go into a checkout's ``data/``, else into the user's cache.

    Args:
        source: "auto", "real" (an archive in the data directory or in ``imagenette/`` inside it),
            "download" (the published archive), "generated" (drawn), or an archive's path, or its
            folder's.
        seed: Decides which photographs validate, and is the seed of the drawn set.
        validation: Share of each class of the training pictures that validates, 0 to below 1.
        size: Which archive: short sides of 160 or of 320 pixels.
        pixels: None gives folders of files. A number gives arrays: short sides reduced to it, the
            center cut to a square, gray pictures as RGB (smaller pictures are enlarged). For a
            network that varies its crops, its input and about a quarter more.
        directory: The data directory, instead of ``data_directory()``; what is decoded or
            unpacked is kept there too.
        url: Where a download comes from.
        progress: Whether downloading, decoding and unpacking report on stderr.

    Returns:
        Imagenette: ``train``, ``validation`` and ``test``, each a ``Folder``, or a ``Split`` with
            ``x`` (uint8, (n, pixels, pixels, 3)) and ``y`` (int64, (n,)), by class, as files
            are; ``classes``, ``wnids``, ``source``, ``kind``, ``archive``.

    Raises:
        ValueError: An unknown source or size, a share outside 0 to 1, or pixels below 1.
        DataError: The archive is missing, damaged, changed, or lacks a class; a picture in it
            cannot be decoded; or the disk has no room.
        DownloadError: The download did not arrive whole.

    Example:
        >>> drawn = load_imagenette("generated", pixels=72)
        >>> len(drawn.train), len(drawn.validation), drawn.test.x.shape, drawn.kind
        (450, 50, (100, 72, 72, 3), 'generated')
    """
    if size not in ARCHIVES:
        raise ValueError(f"size is {size!r}, and must be one of {', '.join(map(str, ARCHIVES))}.")
    if pixels is not None and (not isinstance(pixels, int) or pixels < 1):
        raise ValueError(
            f"pixels is {pixels!r}, and must be a positive integer, the side of the arrays' "
            "pictures; None gives files."
        )
    stratified(np.zeros(1, "int64"), validation)  # a share out of range is refused first
    pinned = ARCHIVES[size]
    path, how = choose(
        source,
        directory,
        name="Imagenette",
        files=f"an archive like {pinned.name}, or of its folder",
        find=lambda place: _find(place, size),
        fetch=lambda root: download(
            pinned,
            root / "imagenette",
            f"{url.rstrip('/')}/{pinned.name}",
            progress=progress,
            instead=INSTEAD,
        ),
        missing=lambda place: _missing(place, pinned),
    )
    if path is None:
        return _drawn(seed, validation, pixels, how, directory)
    archive = Archive(path, proven(path, [*ARCHIVES.values()]), tuple(PUBLISHED), tuple(CLASSES))
    said = f"Imagenette photographs, {how}"
    parts: dict[str, Split] | dict[str, Folder]
    if pixels is None:
        parts = _folders(archive, progress, directory)
    else:
        arrays = kept_arrays(
            f"imagenette/arrays-{pixels}-{archive.sha256[:12]}.npz",
            sum(PUBLISHED.values()) * pixels**2 * 3,
            lambda: archive.arrays(pixels, progress),
            directory,
        )
        parts = {part: Split(arrays[f"{part}_x"], arrays[f"{part}_y"]) for part in PUBLISHED}
    if (found := {part: len(pictures) for part, pictures in parts.items()}) != PUBLISHED:
        said += f" ({found['train']:,} + {found['val']:,} pictures; published are 9,469 + 3,925)"
    return _sets(parts, validation, seed, tuple(CLASSES.values()), said, "real", archive)


def _find(place, size):
    """The archive at a path: itself, or in a folder; None where there is none."""
    if place.is_file():
        return place
    other = {file.name for side, file in ARCHIVES.items() if side != size}
    for folder in (place / "imagenette", place):
        found = sorted(folder.glob("imagenette2*.tgz"))
        fitting = [path for path in found if path.name not in other]
        # The published one first, and of one's own the last by name.
        fitting.sort(key=lambda path: path.name == ARCHIVES[size].name)
        if fitting:
            return fitting[-1]
        if found:
            raise DataError(
                f"{found[0]}: this archive is here, but size={size} was asked for. Read this one "
                f"with its size or by its path, or get {ARCHIVES[size].name} with "
                'source="download".'
            )
    return None


def _missing(place, pinned):
    if all((place / part).is_dir() for part in PUBLISHED):
        return (
            f"{place}: this is Imagenette unpacked; expected its archive, {pinned.name}, which is "
            "proven whole before it is used. Give that one, or read the folders as they are: "
            "load_folder(…/train)."
        )
    return (
        f"{place}: no Imagenette archive here; expected {pinned.name}, in this folder or in "
        f"imagenette/ inside it. Put it there, or name its folder in {ENVIRONMENT_VARIABLE}, or "
        f'use source="download" ({pinned.size / 1e6:.0f} MB) or source="generated" (drawn shapes, '
        "which need nothing)."
    )


def _sets(parts, share, seed, classes, said, kind, archive=None):
    """Cut the validation set from the training pictures."""
    train = parts["train"]
    if isinstance(train, Folder):
        learn, validate = train.split(share, seed)
    else:
        stay, aside = stratified(train.y, share, seed)
        learn, validate = (Split(train.x[rows], train.y[rows]) for rows in (stay, aside))
    wnids = tuple(CLASSES) if archive else ()
    path = archive and archive.path
    return Imagenette(learn, validate, parts["val"], classes, said, kind, wnids, path)


def _folders(archive, progress, directory):
    """Both parts as folders; the archive is unpacked where that was not done before."""
    root = own_folder(directory)
    if root is None:
        raise DataError(
            f"{archive.path}: cannot be unpacked, for neither a checkout's data/ nor the user's "
            "cache takes files. Give pixels=… for arrays, which need none."
        )
    name = archive.path.name.partition(".")[0]
    folder = root / "imagenette" / f"{name}-{archive.sha256[:12]}"
    if not folder.is_dir():
        archive.unpack(folder, progress)
    index = tuple(CLASSES.values())
    return {
        part: replace(load_folder(folder / part, on_error="raise"), class_names=index)
        for part in archive.parts
    }


def _drawn(seed, share, pixels, why, directory):
    """The stand-in, drawn anew each time, which takes less than a second."""
    rng = np.random.default_rng(seed)
    parts = {}
    for part, count in DRAWN.items():
        y = np.arange(count) * len(SHAPES) // count  # by class, as files are
        parts[part] = Split(draw_shapes(y, DRAWN_SIDE, rng), y)
    said = f"drawn shapes instead of photographs, by this package with seed {seed}{why}"
    if pixels is None:
        parts = _drawn_folders(parts, seed, directory)
    elif pixels != DRAWN_SIDE:
        parts = {part: split.resized(pixels) for part, split in parts.items()}
    return _sets(parts, share, seed, SHAPES, said, "generated")


def _drawn_folders(parts, seed, directory):
    """The stand-in as files, in the layout of the archive."""
    root = own_folder(directory)
    if root is None:
        raise DataError(
            "neither a checkout's data/ nor the user's cache takes files. Give pixels=… for "
            "arrays, which need none."
        )

    def files():
        for part, split in parts.items():
            for row, (x, label) in enumerate(zip(split.x, split.y, strict=True)):
                data = io.BytesIO()
                Image.fromarray(x).save(data, "JPEG", quality=90)
                yield (part, SHAPES[label], f"{row:04d}.JPEG"), data.getvalue()

    digest = hashlib.sha256(b"".join(split.x.tobytes() for split in parts.values())).hexdigest()
    folder = root / "generated" / f"shapes-{seed}-{digest[:12]}"
    if not folder.is_dir():
        check_room(folder, sum(split.x.nbytes for split in parts.values()), "draw shapes")
        write_folder(folder, files())
    return {part: load_folder(folder / part, on_error="raise") for part in parts}
