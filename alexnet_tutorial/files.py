"""Write a file whole: at any moment it is what it was before, or all that it is to be."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_whole(
    path: str | os.PathLike[str], data: bytes | str | Callable[[BinaryIO], object]
) -> Path:
    """Write a file so that whoever reads it, at any moment, finds the old one or the new one.

    The bytes go into a file beside it, ``.<name>.<random>.part``, reach the disk, and take its
    place in one step. When anything fails, a full disk or Ctrl-C too, that file is removed.

    Args:
        path: The file. The folder it lies in is made when missing.
        data: Bytes; text, written as UTF-8; or a function that writes into the open file.

    Returns:
        The path.

    Raises:
        OSError: It cannot be written; an old file is then still there.

    Example:
        >>> folder = tempfile.mkdtemp()
        >>> write_whole(os.path.join(folder, "new", "note.txt"), "read").read_text()
        'read'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w+b") as file:
            if callable(data):
                data(file)
            else:
                file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, _mode(path))  # mkstemp's own file is for its owner alone
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
    return path


def _mode(path: Path) -> int:
    """The permissions that a plain ``open(path, "w")`` would leave."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)  # it can only be read by setting it
    os.umask(umask)
    return 0o666 & ~umask
