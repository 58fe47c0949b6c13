"""Write a file whole: at any moment it is what it was before, or all that it is to be."""

import contextlib
import os
import secrets
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
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> write_whole(os.path.join(folder, "new", "note.txt"), "read").read_text()
        'read'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made by open(), so that it gets the permissions that any new file gets here.
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "x+b") as file:
            if callable(data):
                data(file)
            else:
                file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(part, path.stat().st_mode & 0o777)
        os.replace(part, path)
    except OSError as error:
        if error.errno and error.filename is None:  # of a full disk, Python does not say where
            error.filename = os.fspath(path)
        raise
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
    return path
