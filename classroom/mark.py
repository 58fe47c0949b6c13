"""Marks: what each submission came to, the points given by hand, and the table of all."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alexnet_tutorial.files import write_whole
from classroom.assignment import Assignment

MANUAL_COLUMNS = ("student", "assignment", "question", "points")


@dataclass
class Result:
    """What one submission came to."""

    student: str
    assignment: str
    status: str
    # By question; None where it is still to be graded by hand.
    points: dict[str, float | None] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)  # to written questions
    notes: list[str] = field(default_factory=list)


def read_manual(path: Path, known: Mapping[str, Assignment]) -> dict[tuple[str, str, str], float]:
    """Read the points that were given by hand.

    Args:
        path: The file ``manual.csv``; it need not exist.
        known: The assignments, by name.

    Returns:
        Points by (student, assignment, question).

    Raises:
        SystemExit: A line has no such question, or points that are none.
    """
    if not path.exists():
        return {}
    given = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = set(MANUAL_COLUMNS) - set(reader.fieldnames or ())
        if missing:
            raise SystemExit(f"{path}: its first line lacks {', '.join(sorted(missing))}")
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            student, name, question, points = ((row[c] or "").strip() for c in MANUAL_COLUMNS)
            largest = {
                cell.grade_id: cell.points
                for cell in getattr(known.get(name), "questions", ())
                if cell.kind == "written"
            }
            if question not in largest:
                raise SystemExit(
                    f"{where}: {name!r} has no question {question!r} that is graded by hand; "
                    f"it has {', '.join(largest) or 'none'}"
                )
            if not points:
                continue
            try:
                number = float(points)
            except ValueError:
                number = -1.0
            if not 0 <= number <= largest[question]:
                raise SystemExit(f"{where}: {points!r} points, expected 0 to {largest[question]:g}")
            given[student.removeprefix("'"), name, question] = number
    return given


def points_text(value: float) -> str:
    """Write points without a needless ``.0``.

    >>> points_text(3.0), points_text(2.5)
    ('3', '2.5')
    """
    return f"{value:g}"


def safe_for_spreadsheet(value: str) -> str:
    """Keep a spreadsheet from taking a name for a formula.

    >>> safe_for_spreadsheet("=cmd()")
    "'=cmd()"
    >>> safe_for_spreadsheet("2.5")
    '2.5'
    """
    if value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
        return "'" + value
    return value


def write_grades(
    output: Path, results: Sequence[Result], assignments: Mapping[str, Assignment]
) -> None:
    """Write ``grades.csv``: a line for each notebook, a column for each question."""
    questions = list(
        dict.fromkeys(cell.grade_id for a in assignments.values() for cell in a.questions)
    )
    columns = ["student", "assignment", "status", "total", "max", "to grade by hand", "note"]
    rows = []
    for result in results:
        row = [result.student, result.assignment, result.status]
        if result.status == "graded":
            largest = sum(cell.points for cell in assignments[result.assignment].questions)
            waiting = [name for name in result.points if result.points[name] is None]
            total = sum(points or 0 for points in result.points.values())
            row += [points_text(total), points_text(largest), " ".join(waiting)]
        else:
            row += ["", "", ""]
        row.append("; ".join(result.notes))
        for question in questions:
            points = result.points.get(question)
            row.append("" if points is None else points_text(points))
        rows.append([safe_for_spreadsheet(value) for value in row])
    table = io.StringIO()
    csv.writer(table).writerows([columns + questions, *rows])
    # The mark at its start tells a spreadsheet that the file is UTF-8.
    write_whole(output / "grades.csv", "\ufeff" + table.getvalue())
