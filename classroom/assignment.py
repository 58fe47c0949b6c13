"""Read notebooks: an assignment as its author wrote it, and the cells of what was handed in."""

import ast
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

MOST_CELLS = 1000
# A locked cell with this tag stands beside the answers: its functions use them, and tests use it.
HELPER = "beside-answers"
SETUP = "setup"  # the id of the book's own first cell, which has no grade_id


class LeftOut(ValueError):
    """A file that cannot be graded; the text says why, for the teacher."""


@dataclass
class Cell:
    """A cell of an assignment, as its author wrote it."""

    kind: str  # "answer", "written", "test", "given", "helper" or "added"
    cell_type: str | None
    source: str
    grade_id: str = ""  # empty where a student added it
    points: float = 0.0
    sets: frozenset[str] = frozenset()  # the names that the instructor's answer or helper sets


@dataclass
class Assignment:
    """An assignment: its cells in their order, and a hash of its file."""

    name: str
    cells: list[Cell]
    digest: str
    own: frozenset[str]  # the ids of all its cells

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
    # Half a character, which no file can hold, becomes a question mark.
    return source.encode("utf-8", "replace").decode()


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
    if len(cells) > MOST_CELLS:
        raise LeftOut(f"{len(cells)} cells, more than {MOST_CELLS}")
    for cell in cells:
        cell["source"] = text_of(cell)
        if not isinstance(cell.setdefault("metadata", {}), dict):
            raise LeftOut("damaged: a cell's metadata is no dictionary")
        if not isinstance(cell.setdefault("id", ""), str):
            raise LeftOut("damaged: a cell's id is no text")
    return cells


def nbgrader_of(cell: dict) -> dict:
    """Give a cell's nbgrader metadata, an empty dictionary where it has none."""
    metadata = cell["metadata"].get("nbgrader")
    named = isinstance(metadata, dict) and isinstance(metadata.get("grade_id"), str)
    return metadata if named and metadata["grade_id"] else {}


def names_set(source: str) -> frozenset[str]:
    """List the names that a cell sets outside functions: by assignment, import or definition.

    >>> sorted(names_set("import numpy as np\\na, b = 1, 2\\ndef f():\\n    c = 3"))
    ['a', 'b', 'f', 'np']
    """
    waiting: list[ast.AST] = list(ast.parse(source).body)
    names: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((name.asname or name.name).partition(".")[0] for name in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        comprehension = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
        if not isinstance(node, comprehension):
            waiting += ast.iter_child_nodes(node)
    return frozenset(names)


def read_assignment(path: str | Path) -> Assignment:
    """Read an instructor's notebook.

    Raises:
        ValueError: It cannot be read, or two cells have one grade_id.
    """
    content = Path(path).read_bytes()
    cells: list[Cell] = []
    seen = set()
    parsed = parse_notebook(content)
    for cell in parsed:
        mark = nbgrader_of(cell)
        name = mark.get("grade_id") or (SETUP if cell["id"] == SETUP else None)
        if name is None:  # for the student, to try things out
            continue
        if name in seen:
            raise ValueError(f"{path}: two cells have the grade_id {name!r}")
        seen.add(name)
        if mark.get("task") or (mark.get("grade") and mark.get("solution")):
            kind = "written"
        elif mark.get("grade"):
            kind = "test"
        elif mark.get("solution"):
            kind = "answer"
        else:
            kind = "helper" if HELPER in cell["metadata"].get("tags", ()) else "given"
        points = float(mark.get("points") or 0) if kind in ("test", "written") else 0.0
        source = cell["source"]
        code = kind in ("answer", "helper") and cell.get("cell_type") == "code"
        sets = names_set(source) if code else frozenset()
        cells.append(Cell(kind, cell.get("cell_type"), source, name, points, sets))
    own = frozenset(cell["id"] for cell in parsed if cell["id"])
    return Assignment(Path(path).stem, cells, hashlib.sha256(content).hexdigest(), own)


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
