"""Collect what was handed in, and say why the rest is left out."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from classroom.assignment import LeftOut
from classroom.mark import Result

LARGEST = 20_000_000  # bytes of a submitted notebook


def printable(name: str) -> str:
    """Show a file's name, also where its bytes are no letters."""
    letters = os.fsencode(name).decode("utf-8", errors="backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in letters)


def name_problem(name: str) -> str | None:
    """Say what is wrong with a folder's name; None where nothing is."""
    if name.startswith("."):
        return "its name begins with a dot, as hidden folders do"
    if printable(name) != name:
        return "its name has letters that cannot be shown"
    return None


def read_file(path: str | Path) -> bytes:
    """Read a regular file of bounded size, never through a link.

    Raises:
        LeftOut: It is a link, no regular file, or too large.
    """
    handle = None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise LeftOut("not a regular file")
        if about.st_size > LARGEST:
            raise LeftOut(
                f"{about.st_size / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f}: clear its outputs"
            )
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        link = os.path.islink(path)
        raise LeftOut("a symbolic link" if link else f"unreadable: {error.strerror}") from None
    finally:
        if handle is not None:
            os.close(handle)


def collect(
    submissions: str | Path, assignments: Iterable[str]
) -> tuple[list[tuple[str, str, str]], list[Result]]:
    """Find what was handed in.

    Args:
        submissions: The folder.
        assignments: The names of the assignments.

    Returns:
        A list of (student, assignment's name, path) and a list of Results of what is left out.
    """
    found: list[tuple[str, str, str]] = []
    left: list[Result] = []

    def leave(student, name, why):
        left.append(Result(printable(student), name, "left out", notes=[why]))

    for entry in sorted(os.scandir(submissions), key=lambda entry: entry.name):
        problem = name_problem(entry.name)
        if entry.is_symlink():
            problem = "a symbolic link"
        elif not entry.is_dir():
            problem = "a file: expected one folder for each student, with notebooks in it"
        if problem:
            leave(entry.name, "", problem)
            continue
        try:
            inside = sorted(os.scandir(entry.path), key=lambda file: file.name)
        except OSError as error:
            leave(entry.name, "", f"unreadable: {error.strerror}")
            continue
        before = len(found)
        for file in inside:
            name = file.name.removesuffix(".ipynb")
            if name in assignments and file.name != name:
                found.append((entry.name, name, file.path))
            elif not file.name.startswith("."):
                expected = ", ".join(f"{known}.ipynb" for known in assignments)
                leave(entry.name, printable(file.name), f"no assignment's name ({expected})")
        if len(found) == before and not inside:
            leave(entry.name, "", "an empty folder")
    return found, left
