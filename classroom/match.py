"""Match cells: a student's answers go into the instructor's notebook, by their ``grade_id``."""

from dataclasses import replace

from classroom.assignment import Assignment, Cell, LeftOut, nbgrader_of


def match_cells(assignment: Assignment, submitted: list[dict]) -> tuple[list[Cell], list[str]]:
    """Put a student's answers into the instructor's notebook.

    Answers come from the cells with the same grade_id. Tests and given cells are always the
    instructor's. Cells that the student added stay, after the cell they followed.

    Args:
        assignment: The Assignment.
        submitted: The student's cells, of ``parse_notebook``.

    Returns:
        The cells to execute, and notes for the teacher.

    Raises:
        LeftOut: It is another assignment's, or two cells have one grade_id.
    """
    known = {cell.grade_id for cell in assignment.cells}
    theirs: dict[str, str] = {}
    added: dict[str | None, list[Cell]] = {}
    last = None
    for part in submitted:
        name = nbgrader_of(part).get("grade_id")
        if name in known:
            if name in theirs:
                raise LeftOut(f"two cells have the grade_id {name!r}: one was copied")
            theirs[name], last = part["source"], name
        elif part.get("cell_type") == "code" and part["id"] not in assignment.own:
            added.setdefault(last, []).append(Cell("added", "code", part["source"]))
    if submitted and known and not theirs:
        raise LeftOut(f"a notebook of another assignment: no cell of {assignment.name} is in it")

    cells, notes = [*added.get(None, [])], []
    for cell in assignment.cells:
        if cell.kind in ("answer", "written"):
            if cell.grade_id not in theirs:
                notes.append(f"cell {cell.grade_id} was deleted")
            source = theirs.get(cell.grade_id, "")
            cell = replace(cell, source=source)
        elif cell.kind == "test" and cell.grade_id not in theirs:
            notes.append(f"test {cell.grade_id} was deleted and is put back")
        cells.append(cell)
        cells += added.get(cell.grade_id, [])
    return cells, notes
