"""Where data files lie, and how published ones get there: whole and unchanged, or not at all."""

import hashlib
import os
import shutil
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import platformdirs

from .errors import DataError, DownloadError

ENVIRONMENT_VARIABLE = "ALEXNET_TUTORIAL_DATA"

_BLOCK = 1 << 16

_T = TypeVar("_T")


def data_directory() -> Path:
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
                "is no such folder. Correct the variable, or unset it to use drawn pictures."
            )
        return folder
    return own_directories()[0]


def own_directories() -> list[Path]:
    """Where the package may write unasked: a checkout's ``data/``, then the user's cache.

    Never the folder of the environment variable: that one belongs to the user.

    Returns:
        The folders, best first; they need not be there.
    """
    here = Path.cwd().resolve()
    checkouts = [
        parent / "data"
        for parent in (here, *here.parents)
        if (parent / "alexnet_tutorial").is_dir() and (parent / "pyproject.toml").is_file()
    ]
    cache = platformdirs.user_cache_path("alexnet-tutorial", appauthor=False, opinion=False)
    return [*checkouts[:1], cache]


@dataclass(frozen=True)
class PinnedFile:
    """A file as it was published: its name, its size in bytes and its sha256."""

    name: str
    size: int
    sha256: str


def check_room(
    path: Path,
    need: int,
    what: str,
    cure: str = f"name a folder on another disk in {ENVIRONMENT_VARIABLE}",
) -> None:
    """Refuse to begin what the disk has no room for.

    Args:
        path: What is to be written; its folder need not be there.
        need: How many bytes it takes.
        what: What needs them, to complete "to …".
        cure: What helps beside making room.

    Raises:
        DataError: Less is free.
    """
    there = next(parent for parent in path.absolute().parents if parent.is_dir())
    free = shutil.disk_usage(there).free
    if need > free:
        raise DataError(
            f"{path.parent}: {need / 1e6:,.1f} MB are needed to {what}, and {free / 1e6:,.1f} MB "
            f"are free. Nothing was begun: make room, or {cure}."
        )


def clock(seconds: float) -> str:
    """Say a time to come, no more exactly than it is known.

    Args:
        seconds: How long it takes.

    Returns:
        Seconds, minutes or hours.

    Example:
        >>> clock(9), clock(600), clock(9000)
        ('9 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Percent:
    """A line on the error stream that says how far a work is, and how long the rest takes.

    It is shown in steps of 5 %, and where someone looks on every second.

    Args:
        name: Of what is worked on.
        total: How much there is of it.
        shown: False shows nothing.
        before: How much of it was done already.
    """

    LOOKED_AT = 1.0  # seconds between two lines

    def __init__(self, name: str, total: int, shown: bool, before: int = 0):  # noqa: D107
        self.name, self.total, self.shown, self.before = name, total, shown, before
        self._last = -1
        self._start = self._said = time.monotonic()

    def __enter__(self) -> "Percent":
        """Begin."""
        return self

    def __call__(self, done: int) -> None:
        """Show how much is done, if it is 5 % more than last shown, or if someone looks on."""
        percent, now = 100 * done // self.total, time.monotonic()
        waited = now - self._said >= self.LOOKED_AT and sys.stderr.isatty()
        if not self.shown or (percent // 5 <= self._last and not waited):
            return
        self._last, self._said = percent // 5, now
        left, new = "", done - self.before
        if now - self._start >= self.LOOKED_AT and 0 < new < self.total - self.before:
            left = f", {clock((now - self._start) / new * (self.total - done))} left"
        end = "\x1b[K" if sys.stderr.isatty() else ""
        print(f"\r{self.name}: {percent:3d} %{left}{end}", end="", file=sys.stderr, flush=True)

    def counting(self, things: Iterable[_T]) -> Iterator[_T]:
        """Pass things on, and count them.

        Args:
            things: ``total`` of them.

        Yields:
            Each of them.
        """
        for done, thing in enumerate(things, 1):
            yield thing
            self(done)

    def __exit__(self, *_: object) -> None:
        """End the line."""
        if self._last >= 0:
            print(file=sys.stderr)


def sha256_of(path: str | os.PathLike[str]) -> str:
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


def download(
    pinned: PinnedFile,
    folder: str | os.PathLike[str],
    address: str,
    timeout: float = 30.0,
    progress: bool = True,
    instead: str = "",
) -> Path:
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
        instead: What one without a network can use, a sentence for the error.

    Returns:
        Path: The file.

    Raises:
        DownloadError: Refused, cut short, too long, or with another sha256 than published.
        DataError: A different file of that name is in the way, the folder takes no files, or the
            disk has no room for it.
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
            _fetch(address, file, pinned, timeout, progress, instead)
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


def downloaded(pinned: PinnedFile, folder: str | os.PathLike[str]) -> Path | None:
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


def _fetch(address, file, pinned, timeout, progress, instead):
    """Stream an address into an open file, after what the file already holds."""
    file.seek(0, os.SEEK_END)
    size = file.tell()
    if size == pinned.size:
        return
    if size > pinned.size:
        size = file.truncate(0)
    check_room(Path(file.name), pinned.size - size, f"download {pinned.name}")
    try:
        request = urllib.request.Request(address)
        if size:
            request.add_header("Range", f"bytes={size}-")
        with (
            urllib.request.urlopen(request, timeout=timeout) as response,
            Percent(pinned.name, pinned.size, progress) as percent,
        ):
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
                percent(size)
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
            f"yourself. {instead}".rstrip()
        ) from error


def _continues(response, size):
    """Whether an answer goes on from a byte, and does not start over."""
    given = response.headers.get("Content-Range", "")
    return getattr(response, "status", None) == 206 and given.startswith(f"bytes {size}-")
