"""Fetch published files, and keep them only if they arrived whole and unchanged."""

import hashlib
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .errors import DataError, DownloadError

# A public copy of the two files, pinned to one commit. The hashes below decide, not the address:
# several copies found under these names are really web pages saved by mistake.
DOWNLOAD_URL = (
    "https://raw.githubusercontent.com/amanchadha/coursera-deep-learning-specialization/"
    "3f055e4a8db0d76efbfb6f5a0e7e854535a3e2ec/"
    "C4%20-%20Convolutional%20Neural%20Networks/Week%201/datasets/"
)


@dataclass(frozen=True)
class PinnedFile:
    """A file as it was published: its name, its size in bytes and its sha256."""

    name: str
    size: int
    sha256: str


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

_BLOCK = 1 << 16


def sha256_of(path):
    """The sha256 of a file, read in blocks.

    Args:
        path: The file.

    Returns:
        str: 64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def download_signs(folder, url=DOWNLOAD_URL, files=FILES, timeout=30.0, progress=True):
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
        download(f, folder, url.rstrip("/") + "/" + urllib.parse.quote(f.name), timeout, progress)
        for f in files
    ]


def download(pinned, folder, address, timeout=30.0, progress=True):
    """Put one published file into a folder, checked against its size and its sha256.

    A file already there with the right sha256 is kept and not asked for again. A file already
    there with another content is somebody's own: it is left alone, and that is an error.
    The file grows beside its place, under its name and ``.part``, and is renamed once it is
    proven. When the connection breaks, the next call goes on where this one stopped, if the
    server can; so a broken download leaves nothing that looks whole.

    Args:
        pinned: The file, as ``PinnedFile`` (name, bytes, sha256).
        folder: Where the file goes; made when missing.
        address: Address of the file.
        timeout: Seconds without a byte after which to give up.
        progress: Whether to report progress on stderr.

    Returns:
        Path: The file.

    Raises:
        DownloadError: Refused, cut short, too long, or with another sha256 than published.
        DataError: A different file of that name is in the way, or the folder takes no files.
    """
    folder = Path(folder)
    target, part = folder / pinned.name, folder / f".{pinned.name}.part"
    if downloaded(pinned, folder):
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError as error:
        raise DataError(
            f"{folder}: cannot write here ({error}). Choose another folder, or name one in the "
            "environment variable ALEXNET_TUTORIAL_DATA."
        ) from error
    keep = False
    try:
        with open(part, "ab") as file:
            _fetch(address, file, pinned, timeout, progress)
        size = part.stat().st_size
        if size < pinned.size:
            keep = True
            raise DownloadError(
                f"{address}: the connection broke; {size:,} bytes arrived, expected "
                f"{pinned.size:,}. They are kept in {part}: try again, and the download goes on "
                f"from there, or put the file into {folder} yourself."
            )
        digest = sha256_of(part)
        if digest != pinned.sha256:
            raise DownloadError(
                f"{address}: arrived with sha256 {digest}, expected {pinned.sha256}; the file at "
                "this address is not the published one. Nothing was kept: try again, give "
                f"another address with url=…, or put the file into {folder} yourself."
            )
        os.replace(part, target)
    except (_Interrupted, KeyboardInterrupt):
        keep = True
        raise
    finally:
        if part.exists() and not (keep and part.stat().st_size):
            part.unlink()
    return target


def downloaded(pinned, folder):
    """Find a published file in a folder, and prove that it is the one.

    Args:
        pinned: The file, as ``PinnedFile`` (name, bytes, sha256).
        folder: Where to look.

    Returns:
        Path: The file; None where there is none.

    Raises:
        DataError: A file of that name is there, with another content.
    """
    target = Path(folder) / pinned.name
    if not target.exists():
        return None
    found = sha256_of(target)
    if found == pinned.sha256:
        return target
    raise DataError(
        f"{target}: a file is already here with sha256 {found}, but the published one has "
        f"{pinned.sha256}. It may be a copy of your own, so it was left alone: use it as it "
        "is, or move it away and download again."
    )


class _Interrupted(DownloadError):
    """A download whose first bytes are good, as far as anyone knows."""


def _fetch(address, file, pinned, timeout, progress):
    """Stream an address into an open file, after what the file already holds."""
    file.seek(0, os.SEEK_END)
    size, shown = file.tell(), -1
    if size == pinned.size:
        return
    if size > pinned.size:
        size = file.truncate(0)
    try:
        request = urllib.request.Request(address)
        if size:
            request.add_header("Range", f"bytes={size}-")
        with urllib.request.urlopen(request, timeout=timeout) as response:
            start = size if _continues(response, size) else 0
            coming = response.headers.get("Content-Length")
            if coming is not None and start + int(coming) != pinned.size:
                raise _Interrupted(
                    f"{address}: the server has {start + int(coming):,} bytes, expected "
                    f"{pinned.size:,}; this address no longer holds {pinned.name}. Give another "
                    f"with url=…, or put the file into {Path(file.name).parent} yourself."
                )
            if not start:
                size = file.truncate(0)
            while block := response.read(min(_BLOCK, pinned.size + 1 - size)):
                size += len(block)
                if size > pinned.size:  # not ours, and perhaps endless
                    file.truncate(0)
                    raise DownloadError(
                        f"{address}: more than the expected {pinned.size:,} bytes arrived; this "
                        f"address no longer holds {pinned.name}. Nothing was kept."
                    )
                file.write(block)
                percent = 100 * size // pinned.size
                if progress and percent // 5 > shown:
                    shown = percent // 5
                    print(f"\r{pinned.name}: {percent:3d} %", end="", file=sys.stderr, flush=True)
    except DownloadError:
        raise
    except urllib.error.HTTPError as error:
        raise _Interrupted(
            f"{address}: the server answered {error.code} ({error.reason}), expected the file "
            f"{pinned.name}. Give another address with url=…, or put the file into "
            f"{Path(file.name).parent} yourself."
        ) from error
    except Exception as error:  # http.client raises its own kinds for broken answers
        raise _Interrupted(
            f"{address}: {size:,} of {pinned.size:,} bytes arrived, then: "
            f"{type(error).__name__}: {error}. What arrived is kept: try again, and the download "
            f"goes on from there. Without a network, put the file into {Path(file.name).parent} "
            'yourself; for SIGNS there are drawn hands too, source="generated".'
        ) from error
    finally:
        if progress and shown >= 0:
            print(file=sys.stderr)


def _continues(response, size):
    """Whether an answer goes on from a byte, and does not start over."""
    given = response.headers.get("Content-Range", "")
    return getattr(response, "status", None) == 206 and given.startswith(f"bytes {size}-")
