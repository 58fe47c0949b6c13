"""Make the students' copies of the assignments from the instructor's notebooks.

    python -m classroom.release            write classroom/release/ from classroom/source/
    python -m classroom.release --check    only say which copies differ (exit status 1)

The notebooks are in nbgrader's format, and its own steps make the copies: solutions give way to
``YOUR CODE HERE`` and ``YOUR ANSWER HERE``, hidden tests and mark schemes are cut out, cells that
must stay as they are are locked and carry a checksum.
"""

import copy
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat

from alexnet_tutorial.files import write_whole

CLASSROOM = Path(__file__).resolve().parent
SOURCE = CLASSROOM / "source"
RELEASE = CLASSROOM / "release"

# Those of nbgrader's generate_assignment that need no database, in its order.
STEPS = (
    "LockCells",
    "ClearSolutions",
    "ClearOutput",
    "ClearHiddenTests",
    "ClearMarkScheme",
    "ComputeChecksums",
    "CheckCellMetadata",
)
FLAGS = ("grade", "solution", "locked", "task")


def role(cell: nbformat.NotebookNode) -> dict:
    """Give a cell's nbgrader metadata, or an empty dict where it has none."""
    return cell.metadata.get("nbgrader", {})


def has_region(source: str, name: str, where: str = "this cell") -> bool:
    r"""Tell whether a cell has regions of a name.

    Args:
        source: The cell's text.
        name: What their markers say after BEGIN and END, such as ``"SOLUTION"``.
        where: Names the file and the cell in errors.

    Returns:
        Whether there is at least one.

    Raises:
        ValueError: A region does not end, or begins or ends twice. nbgrader says so too, but not
            where, and an END alone escapes it.

    Example:
        >>> has_region("a = 1\n### BEGIN SOLUTION\nb = 2\n### END SOLUTION", "SOLUTION")
        True
    """
    markers = re.findall(rf"(BEGIN|END) {name}", source)
    if markers != ["BEGIN", "END"] * (len(markers) // 2):
        raise ValueError(
            f"{where}: the markers {name} are {', '.join(markers)}; each BEGIN {name} needs one "
            f"END {name} after it, and regions do not nest."
        )
    return bool(markers)


def check_source(notebook: nbformat.NotebookNode, name: str = "notebook") -> None:
    """Refuse an instructor's notebook that would not grade, or would show what it must not.

    Args:
        notebook: As nbformat reads it.
        name: The file's name, for errors.

    Raises:
        ValueError: Metadata are incomplete, an id is there twice, a marker is in a cell of the
            wrong kind, or a region does not end. The message names the cell and the cure.
    """
    nbformat.validate(notebook)
    seen = set()
    for number, cell in enumerate(notebook.cells):
        given = role(cell)
        where = f"{name}, cell {number} ({given.get('grade_id', cell.get('id'))})"
        for marker, flag in (("SOLUTION", "solution"), ("HIDDEN TESTS", "grade")):
            if has_region(cell.source, marker, where) and not given.get(flag):
                raise ValueError(
                    f"{where}: has a region {marker}, but its metadata do not say {flag}: true, "
                    "so nobody would be graded by it. Set the flag or take the region out."
                )
        if has_region(cell.source, "MARK SCHEME", where) and cell.cell_type != "markdown":
            raise ValueError(f"{where}: a mark scheme is for written answers, in Markdown.")
        if not given:
            continue
        missing = [key for key in ("schema_version", "grade_id", *FLAGS) if key not in given]
        if missing or given["schema_version"] != 3:
            raise ValueError(
                f"{where}: nbgrader metadata of schema_version 3 need schema_version, grade_id "
                f"and {', '.join(FLAGS)}; missing: {', '.join(missing) or 'none'}, version "
                f"{given.get('schema_version')}."
            )
        if given["grade_id"] in seen:
            raise ValueError(f"{where}: the id is there twice; nbgrader tells cells apart by it.")
        seen.add(given["grade_id"])
        if given["grade"] and not given.get("points", 0) > 0:
            raise ValueError(f"{where}: a graded cell needs points above 0.")
        if given["grade"] and not given["solution"] and not given["locked"]:
            raise ValueError(f"{where}: tests must be locked, or a student may change them.")


def released(notebook: nbformat.NotebookNode, name: str = "notebook") -> nbformat.NotebookNode:
    """Make a student's copy of an instructor's notebook.

    Args:
        notebook: As nbformat reads it; it is left as it is.
        name: The file's name, for errors.

    Returns:
        The copy, another notebook.

    Raises:
        ValueError: As :func:`check_source`.
    """
    from nbgrader import preprocessors

    check_source(notebook, name)
    made = copy.deepcopy(notebook)
    resources: dict = {}
    for step in STEPS:
        made, resources = getattr(preprocessors, step)().preprocess(made, resources)
    return made


def as_text(notebook: nbformat.NotebookNode) -> str:
    """Write a notebook as text, always in the same way."""
    return nbformat.writes(notebook) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write or check the copy of every assignment.

    Args:
        arguments: Words of the command line: none, or ``--check``.

    Returns:
        Exit status: 0, or 1 where a source cannot be released, or with ``--check`` a copy differs.
    """
    wanted = {}
    for path in sorted(SOURCE.glob("*.ipynb")):
        try:
            notebook = nbformat.read(path, as_version=4)
            wanted[path.name] = as_text(released(notebook, path.name))
        except ValueError as error:  # nothing is written where one of them is wrong
            print(f"{path.name} cannot be released: {error}", file=sys.stderr)
            return 1
    RELEASE.mkdir(exist_ok=True)
    old = {path.name: path.read_text(encoding="utf-8") for path in RELEASE.glob("*.ipynb")}
    differing = sorted(n for n in wanted | old if wanted.get(n) != old.get(n))
    for name in differing:
        target = RELEASE / name
        if "--check" in arguments:
            print(f"classroom/release/{name} is not what its source gives; run make classroom")
        elif name not in wanted:
            target.unlink()
            print(f"classroom/release/{name}: removed, it has no source")
        else:
            write_whole(target, wanted[name])
            print(f"classroom/release/{name}: written")
    return int(bool(differing) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
