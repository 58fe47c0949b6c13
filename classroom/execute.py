"""Execute a submission: its answers in one isolated process, the tests of them in another."""

import contextlib
import json
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from classroom import sandbox
from classroom.assignment import Cell

OURS = ("__init__.py", "plain.py", "models.py", "worker.py", "checker.py")
THEIRS = OURS[:-1]
LARGEST = 10_000_000  # bytes of what the checker says


@dataclass
class Outcome:
    """What the execution of a submission came to."""

    points: dict[str, float | None] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)  # by question or cell
    notes: list[str] = field(default_factory=list)
    starved: bool = False  # it took too long, and could not have had a processor all the time


def execute(cells: list[Cell], limits: sandbox.Limits, data: Path | None = None) -> Outcome:
    """Execute a notebook's cells in isolation and take its tests' points.

    Args:
        cells: Of ``match_cells``.
        limits: What it may use.
        data: The folder of data it may read.

    Returns:
        What it came to. A test that was not run to its end gives no points.

    Raises:
        OSError, RuntimeError: Nothing could be started.
    """
    made = Outcome()
    for cell in cells:
        if cell.kind in ("test", "written"):
            made.points[cell.grade_id] = 0.0 if cell.kind == "test" else None
    worth = {cell.grade_id: cell.points for cell in cells if cell.kind == "test"}
    plan = [
        {"kind": c.kind, "name": c.grade_id, "source": c.source, "sets": sorted(c.sets)}
        for c in cells
        if c.cell_type == "code" and c.source.strip()
    ]
    ends = socket.socketpair()

    def command(module, end, files):
        words = ["-m", f"classroom.{module}", str(end.fileno()), str(limits.cell_seconds)]
        return sandbox.command(words, files, data, limits)

    # A minute more, in which the checker says what it has.
    longer = replace(limits, total_seconds=limits.total_seconds + 60)
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as output,
        contextlib.closing(ends[0]),
        contextlib.closing(ends[1]),
    ):
        given.write(json.dumps(plan).encode())
        given.seek(0)
        student = sandbox.Isolated(command("worker", ends[0], THEIRS), limits, [ends[0].fileno()])
        checker = sandbox.Isolated(
            command("checker", ends[1], OURS), longer, [ends[1].fileno()], (given, output)
        )
        with student as theirs, checker as ours:
            for end in ends:
                end.close()
            while ours.process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    ours.process.wait(0.1)
                theirs.watch()
                ours.watch()
        output.seek(0)
        lines = output.read(LARGEST).decode(errors="replace").splitlines()
    if worth and not lines:
        raise RuntimeError(ours.ended or "nothing could be started")
    late = "seconds" in theirs.ended
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:  # cut off where it was ended
            continue
        name = said["name"]
        late = late or said["late"]
        if said["test"] and not said["error"]:
            made.points[name] = worth[name]
        elif said["error"]:
            made.messages[name or "an added cell"] = said["error"]
        if said["gone"] and not made.notes:
            made.notes.append(f"stopped in {name or 'a cell'}: {theirs.ended or said['gone']}")
    if ours.ended:
        made.notes.append(f"the tests of it were ended: {ours.ended}")
    for name in worth:
        if not made.points[name]:
            made.messages.setdefault(name, "the test did not run to its end")
    made.starved = late and theirs.starved
    return made
