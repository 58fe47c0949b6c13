"""Fetch the SIGNS files, and keep them only if they arrived whole and unchanged."""

import hashlib
import os
import sys
import tempfile
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

    A file already there with the right sha256 is kept and not asked for again. A file already
    there with another content is somebody's own: it is left alone, and that is an error.
    Each file is written beside its place under another name and renamed once it is proven, so a
    broken download leaves nothing that looks whole.

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
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot make this folder for the download ({error}). Choose another with "
            "directory=… or the environment variable ALEXNET_TUTORIAL_DATA."
        ) from error
    return [_one(folder / f.name, f, url, timeout, progress) for f in files]


def _one(target, pinned, url, timeout, progress):
    if target.exists():
        found = sha256_of(target)
        if found == pinned.sha256:
            return target
        raise DataError(
            f"{target}: a file is already here with sha256 {found}, but the published one has "
            f"{pinned.sha256}. It may be a copy of your own, so it was left alone: use it as it is "
            'with source="real", or move it away and download again.'
        )
    address = url.rstrip("/") + "/" + urllib.parse.quote(pinned.name)
    try:
        handle, partial = tempfile.mkstemp(
            dir=target.parent, prefix=f".{pinned.name}.", suffix=".part"
        )
    except OSError as error:
        raise DataError(
            f"{target.parent}: cannot write here ({error}). Choose another folder with "
            "directory=… or the environment variable ALEXNET_TUTORIAL_DATA."
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            size, digest = _fetch(address, file, pinned, timeout, progress)
        if size != pinned.size:
            raise DownloadError(
                f"{address}: {size:,} bytes arrived, expected {pinned.size:,}; the connection "
                "broke or the address no longer holds this file. Nothing was kept: try again, or "
                f"put the file into {target.parent} yourself."
            )
        if digest != pinned.sha256:
            raise DownloadError(
                f"{address}: arrived with sha256 {digest}, expected {pinned.sha256}; the file at "
                "this address is not the published one. Nothing was kept: give another address "
                f"with url=…, or put the file into {target.parent} yourself."
            )
        os.chmod(partial, 0o644)  # mkstemp makes it private; a data folder is often shared
        os.replace(partial, target)
    finally:
        Path(partial).unlink(missing_ok=True)
    return target


def _fetch(address, file, pinned, timeout, progress):
    """Stream an address into an open file; returns (bytes, sha256)."""
    digest, size, shown = hashlib.sha256(), 0, -1
    try:
        with urllib.request.urlopen(address, timeout=timeout) as response:
            while block := response.read(_BLOCK):
                size += len(block)
                if size > pinned.size:  # not ours, and perhaps endless
                    break
                digest.update(block)
                file.write(block)
                percent = 100 * size // pinned.size
                if progress and percent // 5 > shown:
                    shown = percent // 5
                    print(f"\r{pinned.name}: {percent:3d} %", end="", file=sys.stderr, flush=True)
    except urllib.error.HTTPError as error:
        raise DownloadError(
            f"{address}: the server answered {error.code} ({error.reason}), expected the file "
            f"{pinned.name}. Give another address with url=…, or put the file into "
            f"{Path(file.name).parent if isinstance(file.name, str) else 'the data folder'} "
            "yourself."
        ) from error
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise DownloadError(
            f"{address}: {size:,} of {pinned.size:,} bytes arrived, then: {error}. Nothing was "
            'kept. Without a network, use source="generated", or put the file into the data '
            "folder yourself."
        ) from error
    except Exception as error:  # http.client raises its own kinds for broken answers
        raise DownloadError(
            f"{address}: broken answer after {size:,} bytes ({type(error).__name__}: {error}). "
            "Nothing was kept: try again."
        ) from error
    finally:
        if progress and shown >= 0:
            print(file=sys.stderr)
    return size, digest.hexdigest()
