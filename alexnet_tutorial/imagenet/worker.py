"""One of the processes that make shards: reads a plan, and writes the shards it is told to.

``prepare`` starts it, writes names of shards to its input, one a line, and reads one JSON value a
line from its output: a number of pictures that are done, ``{"done": shard}``, or ``{"error":
text}``, after which it ends. It ends as well when its input does, as when ``prepare`` was killed.
"""

import contextlib
import hashlib
import io
import json
import signal
import sys
import tarfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures.errors import DataError
from alexnet_tutorial.pictures.folder import FORMATS, open_picture
from alexnet_tutorial.pictures.preprocessing import short_side

from .plan import Plan

SPARSE = 8  # of so many rows and columns one counts for mean and covariance of the pixels
_TOLD = 16  # pictures between two words to who waits
_USUAL = {"JPEG RGB", "JPEG L"}


def convert(data: bytes, name: str, side: int, quality: int) -> tuple[bytes, Image.Image, str]:
    """Make one picture of a shard: short side resized, RGB, upright, as JPEG.

    A JPEG whose short side has four times ``side`` pixels or more is decoded at a half, a quarter
    or an eighth of its size, so that twice ``side`` is left at least: the smoothing that follows
    then still has the last factor of two or more to do. On photographs the pixels differ from
    those of a whole decoding by less than one step of 255 in the mean (the tests hold it to that).

    Args:
        data: The picture's file.
        name: What it is called in an error.
        side: Pixels of the short side; smaller pictures are enlarged.
        quality: Of the JPEG.

    Returns:
        The JPEG's bytes; the picture it was made of, RGB; and what the file was, such as
        ``"JPEG RGB"``, ``"JPEG CMYK"`` or ``"PNG P"``.

    Raises:
        DataError: It cannot be decoded.
    """
    opened = open_picture(name, 2 * side, data)
    kind = "JPEG RGB"
    if opened.format != "JPEG":  # it was converted, and no longer knows what it was
        with Image.open(io.BytesIO(data), formats=FORMATS) as header:
            kind = f"{header.format} {header.mode}"
    picture = short_side(opened, side)
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=quality, comment=b"")
    return made.getvalue(), picture, kind


class _Hashed:
    """A file that is written from start to end, and the sha256 of what was written."""

    def __init__(self, file: BinaryIO):
        self.file, self.digest, self.bytes = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.bytes += len(data)
        return self.file.write(data)

    def tell(self) -> int:
        return self.bytes


def write_shard(
    plan: Plan,
    shard: str,
    folder: Path,
    records: Path,
    on_error: str = "skip",
    tell: Callable[[int], object] = lambda pictures: None,
) -> dict[str, Any]:
    """Write one shard, and beside it a record of what is in it; both whole or not at all.

    Args:
        plan: What goes into it.
        shard: Its name.
        folder: Where it goes.
        records: Where its record goes, a JSON file; it is there when the shard is.
        on_error: ``"skip"`` leaves out a picture that cannot be decoded, and records it;
            ``"raise"`` stops there.
        tell: Is told how many more pictures are done.

    Returns:
        The record: ``name``, ``pictures``, ``bytes``, ``sha256``; for every picture ``offset``,
        ``size`` and ``y``; ``kinds`` (how many of each), ``odd`` (key → kind) and ``left_out``
        (key → reason); and ``pixels``, the sums that mean and covariance come from, in whole
        numbers, so that they are the same in any order.

    Raises:
        DataError: A picture cannot be decoded, and ``on_error`` is ``"raise"``.
        OSError: A file cannot be read or written.
    """
    part, rows = plan.rows(shard)
    side, quality = plan.settings.side, plan.settings.quality
    kinds: Counter[str] = Counter()
    odd: dict[str, str] = {}
    left_out: dict[str, str] = {}
    placed: list[tuple[int, int, int]] = []
    count, total, products = 0, np.zeros(3), np.zeros((3, 3))

    def write(file):
        nonlocal count, total, products
        hashed = _Hashed(file)
        with tarfile.open(fileobj=hashed, mode="w", format=tarfile.USTAR_FORMAT) as tar:

            def add(name, data):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
                return tar.offset - -(-len(data) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE

            waiting = 0
            for row in rows.tolist():
                key, y = part.keys[row].decode(), int(part.y[row])
                waiting += 1
                if waiting == _TOLD:
                    tell(waiting)
                    waiting = 0
                try:
                    data, picture, kind = convert(part.read(row), key, side, quality)
                except DataError as error:
                    if on_error == "raise":
                        raise
                    left_out[key] = str(error)
                    continue
                kinds[kind] += 1
                if kind not in _USUAL:
                    odd[key] = kind
                placed.append((add(f"{key}.jpg", data), len(data), y))
                add(f"{key}.cls", str(y).encode())
                # Whole numbers below 2 ** 53: exact, whatever they are added up in.
                fewer = [-(-length // SPARSE) for length in picture.size]
                some = np.asarray(picture.resize(fewer, Image.Resampling.NEAREST), "float64")
                some = some.reshape(-1, 3)
                count += len(some)
                total += np.ones(len(some)) @ some  # several times faster than sum(0)
                products += some.T @ some
            tell(waiting)
        return hashed

    hashes = []
    write_whole(folder / shard, lambda file: hashes.append(write(file)))
    [hashed] = hashes
    record = {
        "name": shard,
        "pictures": len(placed),
        "bytes": hashed.bytes,
        "sha256": hashed.digest.hexdigest(),
        "offset": [offset for offset, _, _ in placed],
        "size": [size for _, size, _ in placed],
        "y": [y for _, _, y in placed],
        "kinds": dict(kinds),
        "odd": odd,
        "left_out": left_out,
        "pixels": {
            "count": count,
            "sum": [int(value) for value in total],
            "products": [[int(value) for value in line] for line in products],
        },
    }
    write_whole(records / f"{shard}.json", json.dumps(record))
    return record


def main() -> int:
    """Do as the module says: ``worker FOLDER WORK ON_ERROR``.

    Returns:
        Exit status.
    """
    folder, work, on_error = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started this
    warnings.simplefilter("ignore")  # Pillow's, of damaged EXIF data in pictures that it can read

    def say(value):
        print(json.dumps(value), flush=True)

    line = ""
    try:
        plan = Plan.load(work)
        for line in sys.stdin:
            write_shard(plan, line.strip(), folder, work, on_error, say)
            say({"done": line.strip()})
    except BrokenPipeError:  # nobody waits any more
        return 1
    except Exception as error:  # whatever it is, who waits says it
        known = isinstance(error, (DataError, OSError))
        text = str(error) if known else f"{folder / line.strip()}: {type(error).__name__}: {error}"
        with contextlib.suppress(BrokenPipeError):
            say({"error": text, "data": isinstance(error, DataError)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
