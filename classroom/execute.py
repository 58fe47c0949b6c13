"""Execute a submission's cells in isolation and take its tests' points."""

import secrets
from pathlib import Path

from classroom import sandbox
from classroom.assignment import Cell
from classroom.guard import guarded_test, names_set

LONGEST_MESSAGE = 600  # letters of an error that a page shows


def execute(
    cells: list[Cell], limits: sandbox.Limits, data: Path | None = None, slot: int = 0
) -> tuple[dict[str, float | None], dict[str, str], list[str]]:
    """Execute a notebook's cells in isolation and take its tests' points.

    A test counts if it ran to its end without an error, as the kernel's reply says, and only where
    a value that is made for this one run was set after its last line.

    Args:
        cells: Of ``match_cells``.
        limits: A ``sandbox.Limits``.
        data: The folder of data it may read.
        slot: Which of those that run at the same time this is.

    Returns:
        Points by question, messages by question or cell, and notes.
    """
    points: dict[str, float | None] = {}
    messages: dict[str, str] = {}
    notes: list[str] = []
    for cell in cells:
        if cell.kind == "test":
            points[cell.grade_id] = 0.0
        elif cell.kind == "written":
            points[cell.grade_id] = None
    kernel_gone = None
    # What the instructor's cells set and answers need not set is put back before each test, so
    # that no answer changes what it is tested with.
    free = set().union(*(cell.sets for cell in cells if cell.kind == "answer"), set())
    kept = f"_kept_{secrets.token_hex(8)}"
    with sandbox.Kernel(limits, data, slot) as kernel:
        for cell in cells:
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            if kernel_gone is not None:
                if cell.kind == "test":
                    messages[cell.grade_id] = f"not run: an earlier cell ended it ({kernel_gone})"
                continue
            code, proof, value = cell.source, None, None
            if cell.kind == "test":
                code, proof, value = guarded_test(cell.source)
                code = f"globals().update(globals().get({kept!r}, {{}}))\n{code}"
            names = names_set(cell.source) - free if cell.kind in ("test", "given") else ()
            if names:
                code += f"\nglobals().setdefault({kept!r}, {{}}).update("
                code += f"{{k: globals()[k] for k in {sorted(names)!r} if k in globals()}})"
            try:
                reply = kernel.run(code, {"proof": proof} if proof else None)
            except sandbox.Stopped as error:
                kernel_gone = str(error)
                notes.append(f"stopped in {cell.grade_id or 'a cell'}: {kernel_gone}")
                reply = {"status": "error", "ename": "Stopped", "evalue": kernel_gone}
            if cell.kind == "test":
                shown = reply.get("user_expressions", {}).get("proof", {}).get("data", {})
                if reply.get("status") == "ok" and shown.get("text/plain") == value:
                    points[cell.grade_id] = cell.points
                    continue
            if reply.get("status") != "ok" or cell.kind == "test":
                messages[cell.grade_id or "an added cell"] = message_of(reply)
    return points, messages, notes


def message_of(reply: dict) -> str:
    """Say in a line or two why a cell failed.

    >>> message_of({"ename": "AssertionError", "evalue": "5 is the padding"})
    '5 is the padding'
    >>> message_of({"ename": "NameError", "evalue": "name 'x' is not defined"})
    "NameError: name 'x' is not defined"
    """
    name, words = str(reply.get("ename", "")), str(reply.get("evalue", ""))
    if name in ("AssertionError", "Stopped", "TimeoutError") and words:
        text = words
    elif name == "AssertionError":
        text = "a test did not hold (it gives no message)"
    elif not name:
        text = "the test did not run to its end"
    else:
        text = f"{name}: {words}" if words else name
    text = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + " …"
