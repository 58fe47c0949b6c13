"""Grade a folder of submitted assignments.

    python -m classroom.grade SUBMISSIONS [--output DIR]

SUBMISSIONS holds one folder for each student, and in it notebooks named as the assignments are
(``01_name.ipynb``). The marks go to ``grades.csv`` in DIR, and a page for each notebook to
``feedback/STUDENT/``. What is done is kept: run it again after an interruption, or after adding
hand-given points to ``manual.csv``, and only what is new or changed is executed.
"""

import argparse
import ast
import builtins
import concurrent.futures
import csv
import hashlib
import html
import importlib.metadata
import json
import os
import re
import secrets
import stat
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from classroom import sandbox

CLASSROOM = Path(__file__).resolve().parent
SOURCE = CLASSROOM / "source"
OUTPUT = CLASSROOM.parent / "build" / "grades"
LARGEST = 20_000_000  # bytes of a submitted notebook
AT_ONCE = 2
LONGEST_MESSAGE = 600  # letters of an error that a page shows
MANUAL_COLUMNS = ("student", "assignment", "question", "points")
# Words with which a notebook could reach into what executes it: for the teacher's eyes.
SUSPICIOUS = re.compile(
    r"get_ipython|ast_transformers|run_cell|run_code|settrace|setprofile|gc\.get_|_getframe"
    r"|ipykernel|__builtins__|\bbuiltins\b|sys\.modules|os\._exit|ctypes|/proc/"
)


class LeftOut(ValueError):
    """A file that cannot be graded; the text says why, for the teacher."""


@dataclass
class Cell:
    """A cell of an assignment, as its author wrote it."""

    kind: str  # "answer", "written", "test" or "given"
    cell_type: str
    source: str
    grade_id: str | None = None
    points: float = 0.0
    cell_id: str | None = None
    sets: frozenset = frozenset()  # of an answer: the names that the instructor's answer sets


@dataclass
class Assignment:
    """An assignment: its cells in their order, and a hash of its file."""

    name: str
    cells: list
    digest: str

    @property
    def questions(self):
        """List the cells that carry points."""
        return [cell for cell in self.cells if cell.kind in ("test", "written")]


@dataclass
class Result:
    """What one submission came to."""

    student: str
    assignment: str
    status: str
    points: dict = field(default_factory=dict)  # by question; None: still to be graded by hand
    messages: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)  # of written questions, for the teacher
    notes: list = field(default_factory=list)


def text_of(cell):
    """Join a cell's source, which the format allows as one string or as lines."""
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise LeftOut("damaged: a cell's source is no text")
    return source


def parse_notebook(content):
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


def nbgrader_of(cell):
    """Give a cell's nbgrader metadata, an empty dictionary where it has none."""
    metadata = cell["metadata"].get("nbgrader")
    return metadata if isinstance(metadata, dict) and metadata.get("grade_id") else {}


def read_assignment(path):
    """Read an instructor's notebook.

    Raises:
        ValueError: It cannot be read, or two cells have one grade_id.
    """
    content = Path(path).read_bytes()
    cells, seen = [], set()
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
            Cell(kind, cell.get("cell_type"), cell["source"], name, points, cell.get("id"))
        )
    return Assignment(Path(path).stem, cells, hashlib.sha256(content).hexdigest())


def read_assignments(folder):
    """Read every instructor's notebook of a folder; a dictionary by name."""
    found = {path.stem: read_assignment(path) for path in sorted(Path(folder).glob("*.ipynb"))}
    if not found:
        raise SystemExit(f"{folder} holds no assignment (*.ipynb)")
    return found


def match_cells(assignment, submitted):
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
    known = {cell.grade_id: cell for cell in assignment.cells if cell.grade_id}
    given_ids = {cell.cell_id for cell in assignment.cells if cell.cell_id}
    theirs, added, last = {}, {}, None
    for cell in submitted:
        name = nbgrader_of(cell).get("grade_id")
        if isinstance(name, str) and name in known:
            if name in theirs:
                raise LeftOut(f"two cells have the grade_id {name!r}: one was copied")
            theirs[name], last = cell["source"], name
        elif cell.get("cell_type") == "code" and cell.get("id") not in given_ids:
            added.setdefault(last, []).append(Cell("added", "code", cell["source"]))
    if submitted and known and not theirs:
        raise LeftOut(f"a notebook of another assignment: no cell of {assignment.name} is in it")

    cells, notes = [], []
    cells += added.get(None, [])
    for cell in assignment.cells:
        if cell.kind in ("answer", "written"):
            if cell.grade_id not in theirs:
                notes.append(f"cell {cell.grade_id} was deleted")
            source = theirs.get(cell.grade_id, "")
            cell = replace(cell, source=source, sets=frozenset(names_set(cell.source)))
        elif cell.kind == "test" and cell.grade_id not in theirs:
            notes.append(f"test {cell.grade_id} was deleted and is put back")
        cells.append(cell)
        cells += added.get(cell.grade_id, []) if cell.grade_id else []
    words = sorted(
        {
            word
            for cell in cells
            if cell.kind in ("answer", "written", "added") and cell.cell_type == "code"
            for word in SUSPICIOUS.findall(cell.source)
        }
    )
    if words:
        notes.append(f"look at it by hand: it uses {', '.join(words)}")
    return cells, notes


# Put before each test. It takes nothing from the notebook's names, which the student may have set.
GUARD = """
def {guard}(value, depth=2):
    import builtins as b
    if b.type(value) in (b.int, b.float, b.bool, b.str):
        return value
    def ours(thing):
        code = b.getattr(thing, "__code__", None)
        name = b.getattr(code, "co_filename", "")
        return "ipykernel_" in name or name.startswith(("<ipython", "<string"))
    special = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__",
               "__contains__", "__array_function__", "__array_ufunc__", "__class__",
               "__getattribute__", "__getattr__", "__instancecheck__")
    for kind in b.type.mro(b.type(value)):
        if kind.__module__ == "__main__" or b.any(ours(v) for v in b.vars(kind).values()):
            if "__dataclass_fields__" in b.vars(kind):
                continue
            for name in special:
                if name in b.vars(kind):
                    raise AssertionError(
                        "an answer is of the notebook's own class " + kind.__name__
                        + ", which defines " + name + ": give a plain value"
                    )
    if depth and b.type(value) in (b.list, b.tuple, b.set) and b.len(value) < 100:
        for part in value:
            {guard}(part, depth - 1)
    if depth and b.type(value) is b.dict and b.len(value) < 100:
        for part in b.list(value.values()):
            {guard}(part, depth - 1)
    return value
def {intact}():
    import builtins as b, sys
    for name in b.dir(b):
        thing = b.getattr(b, name)
        if b.callable(thing) and b.getattr(thing, "__code__", None) is not None:
            if "ipykernel_" in thing.__code__.co_filename:
                raise AssertionError("the notebook replaced the built-in " + name)
    tops = ("numpy", "math", "keras", "alexnet_tutorial", "unittest", "json", "inspect")
    for name, module in b.list(sys.modules.items()):
        if name.partition(".")[0] not in tops:
            continue
        for key, thing in b.list(b.getattr(module, "__dict__", {{}}).items()):
            things = [(key, thing)]
            if b.type(thing) is b.type:
                things += [(key + "." + k, v) for k, v in b.list(thing.__dict__.items())]
            for where, part in things:
                code = b.getattr(part, "__code__", None) if b.type(part) is {function} else None
                if code is not None and "ipykernel_" in code.co_filename:
                    raise AssertionError("the notebook replaced " + name + "." + where)
{intact}()
"""


class _Guarded(ast.NodeTransformer):
    """Make a test ask for plain values, and for Python's own built-in functions."""

    def __init__(self, guard, builtins, assigned):
        self.guard, self.builtins, self.assigned = guard, builtins, assigned

    def _wrap(self, node):
        if isinstance(node, (ast.Constant, ast.Starred)):
            return node
        call = ast.Call(ast.Name(self.guard, ast.Load()), [node], [])
        return ast.copy_location(call, node)

    def visit_Compare(self, node):
        self.generic_visit(node)
        node.left = self._wrap(node.left)
        node.comparators = [self._wrap(part) for part in node.comparators]
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        node.args = [self._wrap(part) for part in node.args]
        return node

    def visit_Assert(self, node):
        self.generic_visit(node)
        node.test = self._wrap(node.test)
        return node

    def visit_Name(self, node):
        own = isinstance(node.ctx, ast.Load) and node.id in _BUILTINS
        if not own or node.id in self.assigned:
            return node
        name = ast.Name(self.builtins, ast.Load())
        return ast.copy_location(ast.Attribute(name, node.id, ast.Load()), node)


_BUILTINS = frozenset(name for name in dir(builtins) if callable(getattr(builtins, name)))


def names_set(source):
    """List the names that a cell sets outside functions: by assignment, import or definition.

    >>> sorted(names_set("import numpy as np\\na, b = 1, 2\\ndef f():\\n    c = 3"))
    ['a', 'b', 'f', 'np']
    """
    try:
        waiting = list(ast.parse(source).body)
    except SyntaxError:  # it has magics
        return set()
    names = set()
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
    return names


def guarded_test(source):
    """Write a test so that tricks with the notebook's names do not pass it.

    Args:
        source: The instructor's test.

    Returns:
        The code to execute, a name that it sets at its end, and the value it has then.
    """
    code = secrets.token_hex(8)
    names = {part: f"_{part}_{code}" for part in ("guard", "intact", "builtins", "function")}
    try:
        tree = ast.parse(source)
        own = {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        } | {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        }
        tree = _Guarded(names["guard"], names["builtins"], own).visit(tree)
        source = ast.unparse(ast.fix_missing_locations(tree))
    except SyntaxError:
        pass  # it has magics: as it is
    before = f"import builtins as {names['builtins']}\n"
    before += f"{names['function']} = {names['builtins']}.type(lambda: 0)\n"
    value = secrets.token_hex(16)
    proof = f"_proof_{code}"
    return f"{before}{GUARD.format(**names)}\n{source}\n{proof} = {value!r}\n", proof, repr(value)


def execute(cells, limits, data=None, slot=0):
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
    points, messages, notes = {}, {}, []
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


def message_of(reply):
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


def safe_for_spreadsheet(value):
    """Keep a spreadsheet from taking a name for a formula.

    >>> safe_for_spreadsheet("=cmd()")
    "'=cmd()"
    >>> safe_for_spreadsheet(2.5)
    2.5
    """
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
        return "'" + value
    return value


def write_beside(path, content):
    """Write a whole file beside its place, then put it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{secrets.token_hex(6)}.part"
    part.write_text(content, encoding="utf-8", newline="")
    os.replace(part, path)


def printable(name):
    """Show a file's name, also where its bytes are no letters."""
    name = os.fsencode(name).decode("utf-8", errors="backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in name)


def name_problem(name):
    """Say what is wrong with a folder's name; None where nothing is."""
    if name.startswith("."):
        return "its name begins with a dot, as hidden folders do"
    if printable(name) != name:
        return "its name has letters that cannot be shown"
    return None


def read_file(path):
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


def collect(submissions, assignments):
    """Find what was handed in.

    Args:
        submissions: The folder.
        assignments: By name.

    Returns:
        A list of (student, assignment's name, path) and a list of Results of what is left out.
    """
    found, left = [], []

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


def read_manual(path, known):
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


def key_of(content, assignment, limits):
    """Hash what the marks of a submission depend on."""
    digest = hashlib.sha256()
    for path in (CLASSROOM / "grade.py", CLASSROOM / "sandbox.py"):
        digest.update(path.read_bytes())
    try:
        version = importlib.metadata.version("alexnet-tutorial")
    except importlib.metadata.PackageNotFoundError:
        version = "none"
    digest.update(f"{version} {limits} {assignment.name} {assignment.digest}".encode())
    digest.update(content)
    return digest.hexdigest()


def grade_one(student, assignment, path, output, limits, data, slots):
    """Grade one notebook, or take what is kept of it. Returns a Result."""
    result = Result(student, assignment.name, "graded")
    try:
        content = read_file(path)
        kept = output / "kept" / f"{key_of(content, assignment, limits)}.json"
        cells, result.notes = match_cells(assignment, parse_notebook(content))
    except LeftOut as error:
        result.status, result.notes = "left out", [str(error)]
        return result
    result.answers = {cell.grade_id: cell.source for cell in cells if cell.kind == "written"}
    try:
        points, messages, notes = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        slot = slots.pop()
        try:
            points, messages, notes = execute(cells, limits, data, slot)
        except sandbox.Stopped as error:
            # Nothing of the student's ran: not kept, so that the next run tries again.
            result.status, result.notes = "left out", [f"no kernel could be started: {error}"]
            return result
        finally:
            slots.append(slot)
        write_beside(kept, json.dumps([points, messages, notes]))
        print(f"graded {student}: {assignment.name}", flush=True)
    result.points, result.messages = points, messages
    result.notes += notes
    return result


def number(value):
    """Write points without a needless ``.0``."""
    return f"{value:g}"


def write_grades(output, results, assignments):
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
            waiting = [name for name, points in result.points.items() if points is None]
            total = sum(points or 0 for points in result.points.values())
            row += [number(total), number(largest), " ".join(waiting)]
        else:
            row += ["", "", ""]
        row.append("; ".join(result.notes))
        given = result.points
        row += [number(given[q]) if given.get(q) is not None else "" for q in questions]
        rows.append([safe_for_spreadsheet(value) for value in row])
    lines = []

    class Lines:
        write = staticmethod(lines.append)

    csv.writer(Lines).writerows([columns + questions, *rows])
    # The mark at its start tells a spreadsheet that the file is UTF-8.
    write_beside(output / "grades.csv", "\ufeff" + "".join(lines))


STYLE = """
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --good: #57d27a; --bad: #ff8a80; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  background: Canvas; color: CanvasText; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); padding: .5rem 0; }
h2 { font-size: 1.1rem; margin: .5rem 0; } h2 span { float: right; }
pre { white-space: pre-wrap; border-left: 3px solid var(--line); padding-left: .8rem;
  margin: .5rem 0;  font: .9rem/1.4 ui-monospace, monospace; }
.good { color: var(--good); } .bad { color: var(--bad); }
"""


def feedback_page(result, assignment):
    """Write a student's page.

    A test's code is not shown, for it holds the hidden tests; its message is.

    Returns:
        A whole HTML page that needs no other file.
    """
    largest = sum(cell.points for cell in assignment.questions)
    total = sum(points or 0 for points in result.points.values())
    waiting = sum(points is None for points in result.points.values())
    parts = [f"<h1>{html.escape(assignment.name)}</h1>"]
    parts.append(f"<p>{html.escape(result.student)}</p>")
    open_words = f", and {waiting} to be graded by hand" if waiting else ""
    parts.append(f"<p><strong>{number(total)} of {number(largest)} points</strong>{open_words}</p>")
    for note in result.notes:
        if not note.startswith("look at it"):
            parts.append(f"<p>Note: {html.escape(note)}</p>")
    for cell in assignment.questions:
        points = result.points.get(cell.grade_id)
        if points is None:
            mark, words = f"– of {number(cell.points)}", "To be graded by hand."
        else:
            mark = f"{number(points)} of {number(cell.points)}"
            words = "All tests hold." if points == cell.points else "Not yet."
        kind = "good" if points == cell.points else "bad" if points == 0 else ""
        parts.append(
            f'<section><h2>{html.escape(cell.grade_id)} <span class="{kind}">{mark}</span></h2>'
        )
        if cell.kind == "written":
            if points is not None:
                words = "Graded by hand."
            parts.append(f"<p>{words}</p>")
            parts.append(
                f"<p>Your answer:</p><pre>{html.escape(result.answers[cell.grade_id])}</pre>"
            )
            rubric = rubric_of(cell.source)  # of the instructor's cell
            if rubric:
                parts.append(f"<p>What it is graded by:</p><pre>{html.escape(rubric)}</pre>")
        else:
            parts.append(f"<p>{words}</p>")
            message = result.messages.get(cell.grade_id)
            if message:
                parts.append(f"<pre>{html.escape(message)}</pre>")
        parts.append("</section>")
    others = {
        name: message
        for name, message in result.messages.items()
        if name not in {cell.grade_id for cell in assignment.questions}
    }
    if others:
        parts.append("<section><h2>Cells that ended in an error</h2>")
        for name, message in others.items():
            parts.append(f"<p>{html.escape(name)}</p><pre>{html.escape(message)}</pre>")
        parts.append("</section>")
    title = html.escape(f"{assignment.name} – {result.student}")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n{chr(10).join(parts)}\n</main></body></html>\n"
    )


def rubric_of(source):
    """Take the mark scheme out of a written question, between nbgrader's markers for it.

    >>> rubric_of("Why?\\n### BEGIN MARK SCHEME\\n2: a reason\\n### END MARK SCHEME")
    '2: a reason'
    """
    found = re.search(r"BEGIN MARK SCHEME[^\n]*\n(.*?)\n[^\n]*END MARK SCHEME", source, re.DOTALL)
    return found[1].strip() if found else ""


def refuse_exposed(paths, data):
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


def grade(submissions, output=OUTPUT, source=SOURCE, limits=None, data=None):
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
        SystemExit: There is nothing to grade, or not safely.
    """
    submissions, output = Path(submissions), Path(output)
    limits = limits or sandbox.Limits()
    if not submissions.is_dir():
        raise SystemExit(f"{submissions} is no folder: expected one with a folder for each student")
    refuse_exposed((submissions, output, source), data)
    assignments = read_assignments(source)
    manual = read_manual(output / "manual.csv", assignments)
    found, results = collect(submissions, assignments)
    try:
        sandbox.refuse_unavailable()
    except sandbox.Unavailable as error:
        raise SystemExit(str(error)) from None
    slots = list(range(AT_ONCE))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = [
            pool.submit(grade_one, student, assignments[name], path, output, limits, data, slots)
            for student, name, path in found
        ]
        try:
            results += [job.result() for job in running]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    results.sort(key=lambda result: (result.student, result.assignment))
    used = set()
    for result in results:
        for question in result.points:
            key = (result.student, result.assignment, question)
            if key in manual:
                result.points[question] = manual[key]
                used.add(key)
        if result.status == "graded":
            page = feedback_page(result, assignments[result.assignment])
            write_beside(output / "feedback" / result.student / f"{result.assignment}.html", page)
    for key in sorted(set(manual) - used):
        print(f"manual.csv: nothing was graded for {', '.join(key)}", file=sys.stderr)
    write_grades(output, results, assignments)
    return results


def main():
    """Grade what the command line names and say where the marks are."""
    parser = argparse.ArgumentParser(description="Grade a folder of submitted assignments.")
    parser.add_argument("submissions", type=Path, help="a folder with one folder for each student")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the marks go")
    options = parser.parse_args()
    data = os.environ.get("ALEXNET_TUTORIAL_DATA") or CLASSROOM.parent / "data"
    results = grade(options.submissions, options.output, data=Path(data).resolve())
    graded = sum(result.status == "graded" for result in results)
    print(f"{graded} graded, {len(results) - graded} left out: {options.output / 'grades.csv'}")


if __name__ == "__main__":
    main()
