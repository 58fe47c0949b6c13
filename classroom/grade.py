"""Grade a folder of submitted assignments.

    python -m classroom.grade SUBMISSIONS [--output FOLDER]

SUBMISSIONS holds one folder for each student, and in it notebooks named as the assignments are
(``01_name.ipynb``). The marks go to ``grades.csv`` in FOLDER (default: beside SUBMISSIONS, with
``-grades`` added to its name), and a page for each notebook to ``feedback/STUDENT/``. What is done
is kept: run it again after an interruption, or after adding hand-given points to ``manual.csv``,
and only what is new or changed is executed.
"""

import argparse
import concurrent.futures
import hashlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from alexnet_tutorial.files import write_whole
from classroom import cgroup, sandbox
from classroom.assignment import Assignment, LeftOut, parse_notebook, read_assignments
from classroom.collect import collect, read_file
from classroom.execute import Outcome, execute
from classroom.feedback import feedback_page
from classroom.mark import Result, read_manual, write_grades
from classroom.match import match_cells

CLASSROOM = Path(__file__).resolve().parent
SOURCE = CLASSROOM / "source"
AT_ONCE = 2


# What decides on a mark; where one of them changes, what is kept of earlier runs does not count.
DECIDING = "assignment match plain models worker checker execute sandbox cgroup"


def key_of(content: bytes, assignment: Assignment, limits: sandbox.Limits) -> str:
    """Hash what the marks of a submission depend on."""
    digest = hashlib.sha256()
    for name in DECIDING.split():
        digest.update((CLASSROOM / f"{name}.py").read_bytes())
    try:
        version = importlib.metadata.version("alexnet-tutorial")
    except importlib.metadata.PackageNotFoundError:
        version = "none"
    digest.update(f"{version} {limits} {assignment.name} {assignment.digest}".encode())
    digest.update(content)
    return digest.hexdigest()


def grade_one(
    student: str,
    assignment: Assignment,
    path: str | Path,
    output: Path,
    limits: sandbox.Limits,
    data: Path | None,
    last: bool = False,
) -> Result:
    """Grade one notebook, or take what is kept of it.

    Args:
        student: Whose it is.
        assignment: The instructor's.
        path: The submitted notebook.
        output: Where the marks go; what is executed is kept there, in ``kept``.
        limits: What it may use.
        data: The folder of data it may read.
        last: Whether nothing else runs beside it, so that its mark stands in any case.

    Returns:
        What it came to, also where it was left out. Whatever goes wrong costs this one alone.
    """
    result = Result(student, assignment.name, "graded")
    try:
        content = read_file(path)
        kept = output / "kept" / f"{key_of(content, assignment, limits)}.json"
        cells, result.notes = match_cells(assignment, parse_notebook(content))
        result.answers = {cell.grade_id: cell.source for cell in cells if cell.kind == "written"}
        try:
            made = Outcome(**json.loads(kept.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            made = execute(cells, limits, data)
            if made.starved and not last:
                result.status = "starved"
                return result
            write_whole(kept, json.dumps(asdict(made)))
            print(f"graded {student}: {assignment.name}", flush=True)
        result.points, result.messages = made.points, made.messages
        result.notes += made.notes
    except LeftOut as error:
        result.status, result.notes = "left out", [str(error)]
    except Exception as error:  # of whatever kind: everybody else is graded
        words = f"{type(error).__name__}: {error}".encode("utf-8", "replace").decode()
        result.status, result.notes = "left out", [f"the grader failed at it: {words[:300]}"]
    return result


def refuse_exposed(paths: Iterable[str | Path], data: Path | None) -> None:
    """Refuse folders that every notebook could read.

    Raises:
        SystemExit: One lies where the isolated notebooks can look.
    """
    for path in paths:
        for folder in sandbox.readable_folders(data):
            real = Path(path).resolve()
            if folder == real or folder in real.parents:
                raise SystemExit(
                    f"{path} lies in {folder}, which the students' notebooks can read: move it"
                )


def grade(
    submissions: str | Path,
    output: str | Path,
    source: str | Path = SOURCE,
    limits: sandbox.Limits | None = None,
    data: str | Path | None = None,
) -> list[Result]:
    """Grade a folder of submissions.

    Args:
        submissions: One folder for each student.
        output: Where the marks go.
        source: The instructor's notebooks.
        limits: A ``sandbox.Limits``; None for the usual ones.
        data: The folder of data that notebooks may read; None for none.

    Returns:
        A list of Results, ordered by student and assignment.

    Raises:
        SystemExit: There is nothing to grade, or not safely, or the marks cannot be written.
    """
    submissions, output, data = Path(submissions), Path(output), Path(data) if data else None
    limits = limits or sandbox.Limits()
    if not submissions.is_dir():
        raise SystemExit(f"{submissions} is no folder: expected one with a folder for each student")
    refuse_exposed((submissions, output, source), data)
    assignments = read_assignments(source)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"{output}: {error.strerror}: say another place for the marks") from None
    manual = read_manual(output / "manual.csv", assignments)
    found, results = collect(submissions, assignments)
    try:
        sandbox.refuse_unavailable()
    except sandbox.Unavailable as error:
        raise SystemExit(str(error)) from None
    if missing := {"memory", "pids", "cpu"} - set(cgroup.places()):
        print(
            f"No cgroup for {', '.join(sorted(missing))} can be made here (as root, one can): "
            "limits are watched instead, ten times a second.",
            file=sys.stderr,
        )

    def one(which, last=False):
        student, name, path = which
        return grade_one(student, assignments[name], path, output, limits, data, last)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = [pool.submit(one, which) for which in found]
        try:
            made = [job.result() for job in running]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    # A mark that others' work may have lowered is taken again, with the machine to itself.
    for number, result in enumerate(made):
        if result.status == "starved":
            made[number] = one(found[number], last=True)
    results += made
    results.sort(key=lambda result: (result.student, result.assignment))
    used = set()
    for result in results:
        for question in result.points:
            key = (result.student, result.assignment, question)
            if key in manual:
                result.points[question] = manual[key]
                used.add(key)
        if result.status == "graded":
            try:
                page = feedback_page(result, assignments[result.assignment])
                place = output / "feedback" / result.student / f"{result.assignment}.html"
                write_whole(place, page)
            except (OSError, ValueError) as error:
                result.notes.append(f"no page could be written: {error}")
    for key in sorted(set(manual) - used):
        print(f"manual.csv: nothing was graded for {', '.join(key)}", file=sys.stderr)
    write_grades(output, results, assignments)
    return results


def main(arguments: Sequence[str] | None = None) -> None:
    """Grade what the command line names and say where the marks are.

    Args:
        arguments: Words of the command line; None takes the process's own.
    """
    parser = argparse.ArgumentParser(description="Grade a folder of submitted assignments.")
    parser.add_argument("submissions", type=Path, help="a folder with one folder for each student")
    parser.add_argument(
        "--output", type=Path, help="where the marks go (default: SUBMISSIONS-grades beside it)"
    )
    options = parser.parse_args(arguments)
    submissions = options.submissions.resolve()
    output = options.output or submissions.with_name(f"{submissions.name}-grades")
    data = os.environ.get("ALEXNET_TUTORIAL_DATA") or CLASSROOM.parent / "data"
    results = grade(submissions, output, data=Path(data).resolve())
    graded = sum(result.status == "graded" for result in results)
    print(f"{graded} graded, {len(results) - graded} left out: {output / 'grades.csv'}")


if __name__ == "__main__":
    main()
