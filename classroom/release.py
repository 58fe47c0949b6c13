"""Make the students' copies of the assignments from the instructor's notebooks.

    python classroom/release.py            write classroom/release/ from classroom/source/
    python classroom/release.py --check    only say which copies differ (exit status 1)

The notebooks are in nbgrader's format, and a copy is what its ``generate_assignment`` makes:
solutions give way to ``YOUR CODE HERE`` and ``YOUR ANSWER HERE``, hidden tests and mark schemes
are cut out, cells that must stay as they are are locked and carry a checksum. nbgrader itself
brings a Jupyter server and a database for that, so it is only asked in a test whether it agrees.
"""

import copy
import hashlib
import os
import sys
from pathlib import Path

import nbformat

CLASSROOM = Path(__file__).resolve().parent
SOURCE = CLASSROOM / "source"
RELEASE = CLASSROOM / "release"

CODE_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
TEXT_STUB = ("YOUR ANSWER HERE",)

FLAGS = ("grade", "solution", "locked", "task")


def role(cell):
    """Give a cell's nbgrader metadata, or an empty dict where it has none."""
    return cell.metadata.get("nbgrader", {})


def cut(source, name, stub=(), where="this cell"):
    r"""Replace every region of a cell's source, markers included.

    Args:
        source: The cell's text.
        name: What its markers say after BEGIN and END, such as ``"SOLUTION"``.
        stub: Lines that stand in a region's place, indented as its first marker.
        where: Names the file and the cell in errors.

    Returns:
        tuple: The text without the regions, and how many they were.

    Raises:
        ValueError: A region does not end, or begins or ends twice.

    Example:
        >>> cut("a = 1\n### BEGIN SOLUTION\nb = 2\n### END SOLUTION", "SOLUTION", ["b = 0"])
        ('a = 1\nb = 0', 1)
    """
    kept, inside, regions = [], False, 0
    for number, line in enumerate(source.split("\n"), start=1):
        begins, ends = f"BEGIN {name}" in line, f"END {name}" in line
        if (begins and inside) or (ends and not inside):
            raise ValueError(
                f"{where}, line {number}: {line.strip()!r} "
                + ("inside another region" if begins else "without a BEGIN before it")
                + f"; each BEGIN {name} needs one END {name}, and regions do not nest."
            )
        if begins:
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + words for words in stub]
            inside, regions = True, regions + 1
        elif ends:
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise ValueError(f"{where}: a BEGIN {name} has no END {name}; add it.")
    return "\n".join(kept), regions


def checksum(cell):
    """Compute the checksum by which nbgrader knows whether a cell was changed.

    It is ``compute_checksum`` of nbgrader.utils: MD5 of source, kind, three flags, id and points.

    Args:
        cell: A cell with nbgrader metadata.

    Returns:
        32 hexadecimal digits.
    """
    given = role(cell)
    parts = [cell.source, cell.cell_type]
    parts += [str(bool(given.get(flag))) for flag in ("grade", "solution", "locked")]
    parts.append(given["grade_id"])
    if given.get("grade"):
        parts.append(str(float(given["points"])))
    return hashlib.md5("".join(parts).encode("utf-8"), usedforsecurity=False).hexdigest()


def check_source(notebook, name="notebook"):
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
            if cut(cell.source, marker, where=where)[1] and not given.get(flag):
                raise ValueError(
                    f"{where}: has a region {marker}, but its metadata do not say {flag}: true, "
                    "so nobody would be graded by it. Set the flag or take the region out."
                )
        if cut(cell.source, "MARK SCHEME", where=where)[1] and cell.cell_type != "markdown":
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


def released(notebook, name="notebook"):
    """Make a student's copy of an instructor's notebook.

    Args:
        notebook: As nbformat reads it; it is left as it is.
        name: The file's name, for errors.

    Returns:
        The copy, another notebook.

    Raises:
        ValueError: As :func:`check_source`.
    """
    check_source(notebook, name)
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        given = role(cell)
        if not given:
            continue
        if given["solution"]:
            stub = CODE_STUB if cell.cell_type == "code" else TEXT_STUB
            cell.source, regions = cut(cell.source, "SOLUTION", stub)
            if not regions:
                cell.source = "\n".join(stub)
        for region in ("HIDDEN TESTS", "MARK SCHEME"):
            cell.source, _ = cut(cell.source, region)
        if given["grade"] or given["solution"] or given["locked"]:
            cell.metadata["deletable"] = False
            if not given["solution"]:
                cell.metadata["editable"] = False
            given["cell_type"] = cell.cell_type
            given["checksum"] = checksum(cell)
    return made


def as_text(notebook):
    """Write a notebook as text, always in the same way."""
    return nbformat.writes(notebook) + "\n"


def main(arguments):
    """Write or check the copy of every assignment."""
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
            beside = target.with_suffix(".part")
            beside.write_text(wanted[name], encoding="utf-8")
            os.replace(beside, target)
            print(f"classroom/release/{name}: written")
    return int(bool(differing) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
