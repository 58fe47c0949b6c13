"""Read notebooks: an assignment as its author wrote it, and the cells of what was handed in."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path


class LeftOut(ValueError):
    """A file that cannot be graded; the text says why, for the teacher."""


@dataclass
class Cell:
    """A cell of an assignment, as its author wrote it."""

    kind: str  # "answer", "written", "test" or "given"
    cell_type: str | None
    source: str
    grade_id: str = ""  # empty where it has none
    points: float = 0.0
    cell_id: str | None = None
    sets: frozenset[str] = frozenset()  # of an answer: the names that the instructor's answer sets


@dataclass
class Assignment:
    """An assignment: its cells in their order, and a hash of its file."""

    name: str
    cells: list[Cell]
    digest: str

    @property
    def questions(self) -> list[Cell]:
        """List the cells that carry points."""
        return [cell for cell in self.cells if cell.kind in ("test", "written")]


def text_of(cell: dict) -> str:
    """Join a cell's source, which the format allows as one string or as lines."""
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise LeftOut("damaged: a cell's source is no text")
    return source


def parse_notebook(content: bytes) -> list[dict]:
    """Read a notebook's cells.

    Args:
        content: The file's bytes.

    Returns:
        A list of dictionaries with ``cell_type``, ``source`` and ``metadata``.

    Raises:
        LeftOut: It is empty, no UTF-8, no JSON, of another format, or damaged.
    """
    if not content.strip():
        raise LeftOut("an empty file")
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise LeftOut("not in UTF-8, as every notebook is: was it opened in an editor?") from None
    except (ValueError, RecursionError):
        raise LeftOut("no notebook: its text is not JSON") from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise LeftOut("no notebook: it does not say its format (nbformat)")
    if notebook["nbformat"] != 4:
        raise LeftOut(f"of notebook format {str(notebook['nbformat'])[:20]}, expected 4")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise LeftOut("damaged: it has no list of cells")
    for cell in cells:
        cell["source"] = text_of(cell)
        if not isinstance(cell.setdefault("metadata", {}), dict):
            raise LeftOut("damaged: a cell's metadata is no dictionary")
    return cells


def nbgrader_of(cell: dict) -> dict:
    """Give a cell's nbgrader metadata, an empty dictionary where it has none."""
    metadata = cell["metadata"].get("nbgrader")
    return metadata if isinstance(metadata, dict) and metadata.get("grade_id") else {}


def read_assignment(path: str | Path) -> Assignment:
    """Read an instructor's notebook.

    Raises:
        ValueError: It cannot be read, or two cells have one grade_id.
    """
    content = Path(path).read_bytes()
    cells: list[Cell] = []
    seen = set()
    for cell in parse_notebook(content):
        mark = nbgrader_of(cell)
        name = mark.get("grade_id")
        if name is not None and name in seen:
            raise ValueError(f"{path}: two cells have the grade_id {name!r}")
        seen.add(name)
        if mark.get("task") or (mark.get("grade") and mark.get("solution")):
            kind = "written"
        elif mark.get("grade"):
            kind = "test"
        elif mark.get("solution"):
            kind = "answer"
        else:
            kind = "given"
        points = float(mark.get("points") or 0) if kind in ("test", "written") else 0.0
        cells.append(
            Cell(kind, cell.get("cell_type"), cell["source"], name or "", points, cell.get("id"))
        )
    return Assignment(Path(path).stem, cells, hashlib.sha256(content).hexdigest())


def read_assignments(folder: str | Path) -> dict[str, Assignment]:
    """Read every instructor's notebook of a folder; a dictionary by name.

    Raises:
        SystemExit: There is none.
        ValueError: See :func:`read_assignment`.
    """
    found = {path.stem: read_assignment(path) for path in sorted(Path(folder).glob("*.ipynb"))}
    if not found:
        raise SystemExit(f"{folder} holds no assignment (*.ipynb)")
    return found
