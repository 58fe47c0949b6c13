"""A folder's pictures, decoded once and reduced, so that every epoch finds them in memory.

A photograph of twelve million pixels takes longer to decode than the small network takes to learn
from it. What is damaged shows here too, before anything is trained.
"""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from alexnet_tutorial.session import cores

from .archive import kept_arrays, own_folder
from .download import Percent
from .errors import DataError
from .folder import Folder
from .labels import Split
from .preprocessing import Preprocessing

MOST_BYTES = 3 << 29
"""What reduced pictures may take in memory; where they take more, files are read in every epoch."""


def reduced(
    folder: Folder,
    pixels: int,
    directory: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> tuple[Split, dict[str, str]] | None:
    """Decode a folder's pictures, reduce them to squares, and keep them for the next time.

    They are kept with the package's own data, under all they depend on: a file that was changed
    is read anew.

    Args:
        folder: The pictures.
        pixels: Side of the squares: short sides are reduced to it, and the center cut out.
        directory: Where they are kept, instead of the package's own folders.
        progress: Whether to say on stderr how far it is.

    Returns:
        The pictures that could be decoded, with their labels, in the order of the files, and
        file → why it could not; None where they would take more than ``MOST_BYTES``.

    Raises:
        DataError: No picture of some class can be decoded, or the disk has no room.
    """
    need = len(folder) * pixels**2 * 3
    if need > MOST_BYTES:
        return None
    place = hashlib.sha256(os.fsencode(os.path.realpath(folder.path))).hexdigest()[:12]
    start = f"{place}-{pixels}-"
    name = f"folders/{start}{_digest(folder)}.npz"
    own = own_folder(directory)
    if own is not None and not (own / name).exists():
        for old in (own / "folders").glob(f"{start}*.npz"):  # of the same folder, before it changed
            old.unlink(missing_ok=True)
    arrays = kept_arrays(name, need, lambda: _decoded(folder, pixels, progress), directory)
    problems = json.loads(str(arrays["problems"]))
    y = folder.y[arrays["rows"]]
    for label, named in enumerate(folder.classes):
        if not (y == label).any():
            files = [folder.files[row] for row in np.flatnonzero(folder.y == label)]
            raise DataError(
                f"{folder.path / named}: none of its {len(files)} pictures can be decoded. The "
                f"first: {problems.get(files[0])}"
            )
    return Split(arrays["x"], y), problems


def _digest(folder):
    """What tells whether a file was changed: its name, its size and when it was written."""
    digest = hashlib.sha256()
    for file in folder.files:
        facts = os.stat(file)
        digest.update(os.fsencode(os.path.relpath(file, folder.path)))
        digest.update(f" {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _decoded(folder, pixels, progress):
    cut = Preprocessing(pixels, pixels).cut
    x = np.empty((len(folder), pixels, pixels, 3), "uint8")
    problems = {}

    def decode(row):
        try:
            # Twice as large as needed: what a reduced decoding leaves out does not show.
            x[row] = cut(folder.open(row, 2 * pixels))
        except DataError as error:
            return str(error)
        return None

    good = np.ones(len(folder), bool)
    with (
        ThreadPoolExecutor(cores()) as pool,
        Percent(f"reading {Path(folder.path).name}", len(folder), progress) as percent,
    ):
        for row, problem in enumerate(percent.counting(pool.map(decode, range(len(folder))))):
            if problem:
                good[row], problems[folder.files[row]] = False, problem
    # JSON keeps names that are no UTF-8.
    return {"x": x[good], "rows": np.flatnonzero(good), "problems": np.array(json.dumps(problems))}
