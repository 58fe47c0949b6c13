"""Grading: what is matched, what is marked, and what a hostile notebook cannot do."""

import copy
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from classroom import cgroup, sandbox
from classroom.assignment import LeftOut, parse_notebook, read_assignment, read_assignments
from classroom.collect import LARGEST, name_problem
from classroom.execute import Outcome, execute
from classroom.grade import SOURCE, grade, main
from classroom.mark import read_manual, safe_for_spreadsheet
from classroom.match import match_cells

SETUP = "import math\nimport numpy as np"
TEST_ONE = """assert side(227, 11, 4) == 55, "227 and windows of 11, 4 apart, give 55"
### BEGIN HIDDEN TESTS
assert side(13, 3, 1) == 11, "13 and windows of 3 give 11"
secret_word = 4711
### END HIDDEN TESTS"""
TEST_TWO = """assert np.isclose(mean, 2.5), "the mean of 1, 2, 3, 4 is 2.5"
assert abs(mean - 2.5) < 1e-6 and math.isclose(mean, 2.5), "not close\""""
RIGHT_ONE = "def side(size, window, stride):\n    return (size - window) // stride + 1"
RIGHT_TWO = "mean = float(np.mean([1, 2, 3, 4]))"
RIGHT = {"side": RIGHT_ONE, "mean": RIGHT_TWO, "why": "Because it is so. <b>"}


def cell(kind, source, name=None, points=0, cell_type="code", **marks):
    metadata = {}
    if name:
        metadata["nbgrader"] = {
            "schema_version": 3,
            "grade_id": name,
            "points": points,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            **marks,
        }
    return {
        "cell_type": cell_type,
        "id": kind,
        "metadata": metadata,
        "source": source,
        **({"outputs": [], "execution_count": None} if cell_type == "code" else {}),
    }


def notebook(cells):
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def tiny():
    """An assignment of two tested questions (2 and 3 points) and a written one (4)."""
    return notebook(
        [
            cell("setup", SETUP),
            cell("side", f"### BEGIN SOLUTION\n{RIGHT_ONE}\n### END SOLUTION", "side", solution=1),
            cell("test-side", TEST_ONE, "test-side", 2, grade=True, locked=True),
            cell("mean", RIGHT_TWO, "mean", solution=True),
            cell("test-mean", TEST_TWO, "test-mean", 3, grade=True, locked=True),
            cell("why", "Rubric: 4 for a reason", "why", 4, "markdown", grade=1, solution=1),
        ]
    )


def answered(**answers):
    """The student's copy with these answers; hidden tests are not in it."""
    copied = copy.deepcopy(tiny())
    for part in copied["cells"]:
        part["source"] = {**RIGHT, **answers}.get(part["id"], part["source"])
        if part["id"] == "test-side":
            part["source"] = TEST_ONE.split("\n")[0]
    return copied


def without(name, **answers):
    copied = answered(**answers)
    copied["cells"] = [part for part in copied["cells"] if part["id"] != name]
    return copied


@pytest.fixture(scope="module")
def isolated():
    """Skip where there is no Linux; a Linux that cannot isolate fails, for CI is one."""
    if not sys.platform.startswith("linux"):
        pytest.skip("notebooks are isolated on Linux alone")
    sandbox.refuse_unavailable()


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "01_tiny.ipynb").write_text(json.dumps(tiny()))
    return folder


def submit(folder, student, content, name="01_tiny.ipynb"):
    (folder / student).mkdir(parents=True, exist_ok=True)
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    (folder / student / name).write_bytes(content)


def parsed(content):
    return parse_notebook(json.dumps(content).encode())


def test_answers_are_matched_and_tests_restored(source):
    assignment = read_assignment(source / "01_tiny.ipynb")
    submitted = answered(side="x = 1")
    submitted["cells"][2]["source"] = "pass"  # the test, edited
    submitted["cells"].insert(2, cell("mine", "y = 2"))
    submitted["cells"].reverse()  # the order is the instructor's all the same
    cells, notes = match_cells(assignment, parsed(submitted))
    by_id = {part.grade_id: part.source for part in cells if part.grade_id}
    assert by_id["side"] == "x = 1" and by_id["mean"] == RIGHT_TWO
    assert by_id["test-side"] == TEST_ONE and by_id["test-mean"] == TEST_TWO
    assert [part.grade_id for part in cells if part.grade_id] == [
        "setup",
        "side",
        "test-side",
        "mean",
        "test-mean",
        "why",
    ]
    assert [part.source for part in cells if part.kind == "added"] == ["y = 2"]
    assert not notes

    cells, notes = match_cells(assignment, parsed(without("test-side")))
    assert TEST_ONE in [part.source for part in cells]
    assert notes == ["test test-side was deleted and is put back"]
    cells, notes = match_cells(assignment, parsed(without("mean")))
    assert [part.source for part in cells if part.grade_id == "mean"] == [""]
    assert notes == ["cell mean was deleted"]


def test_what_is_no_submission_is_refused(source):
    assignment = read_assignment(source / "01_tiny.ipynb")
    text = json.dumps(answered(why="é ü"), ensure_ascii=False)
    for content, why in {
        b"": "an empty file",
        text.encode("utf-16"): "not in UTF-8",
        text.encode("latin-1"): "not in UTF-8",
        b"not json": "not JSON",
        b"[" * 100_000: "not JSON",
        b"[]": "does not say its format",
        b'{"nbformat": 3, "worksheets": []}': "format 3",
        b'{"nbformat": 4, "cells": [3]}': "no list of cells",
        b'{"nbformat": 4, "cells": [{"source": 3}]}': "no text",
        b'{"nbformat": 4, "cells": [{"metadata": []}]}': "no dictionary",
        b'{"nbformat": 4, "cells": [{"id": []}]}': "id is no text",
        b'{"nbformat": 4, "cells": [' + b"{}," * 2000 + b"{}]}": "2001 cells",
    }.items():
        with pytest.raises(LeftOut, match=why):
            parse_notebook(content)
    assert len(parse_notebook(b"\xef\xbb\xbf" + text.encode())) == 6
    other = notebook([cell("other", "x = 1", "other", solution=True)])
    with pytest.raises(LeftOut, match="another assignment"):
        match_cells(assignment, parsed(other))
    double = answered()
    double["cells"].append(double["cells"][1])
    with pytest.raises(LeftOut, match="two cells have the grade_id 'side'"):
        match_cells(assignment, parsed(double))


def test_a_name_is_no_formula_and_no_path(tmp_path):
    for name in ("=cmd()", "+1", "-1", "@a", "\tx"):
        assert safe_for_spreadsheet(name) == "'" + name
    assert safe_for_spreadsheet("Åsa") == "Åsa"
    for name in (".git", "a\nb", os.fsdecode(b"\xff\xfe")):
        assert name_problem(name)
    assert name_problem("Zoë  O'Brien = 7\\..") is None


def test_by_hand_points_are_checked(source, tmp_path):
    known = read_assignments(source)
    path = tmp_path / "manual.csv"
    head = "student,assignment,question,points\n"
    path.write_text(head + "Ann,01_tiny,why,3.5\nBob,01_tiny,why,\n", encoding="utf-8")
    assert read_manual(path, known) == {("Ann", "01_tiny", "why"): 3.5}
    for line in ("Ann,01_tiny,why,5", "Ann,01_tiny,why,nan", "Ann,01_tiny,test-side,1", "A,x,y,1"):
        path.write_text(head + line + "\n", encoding="utf-8")
        with pytest.raises(SystemExit, match="line 2"):
            read_manual(path, known)


# What each student handed in, and the points of the two tested questions that it must get.
STUDENTS = {
    "Åsa Ünal (right)": (answered(), 2, 3),
    "=cmd()": (answered(), 2, 3),
    "one wrong": (answered(side="def side(*a): return 55"), 0, 3),
    "both wrong": (answered(side="side = 3", mean="mean = 3"), 0, 0),
    "wrong code": (answered(mean="mean ="), 2, 0),
    "endless": (answered(side=RIGHT_ONE + "\nwhile True: pass"), 2, 3),
    "endless in the test": (answered(side="def side(*a):\n    while True: pass"), 0, 3),
    "ignores signals": (
        answered(
            mean="import signal\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\n"
            "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
        ),
        2,
        0,
    ),
    "memory": (answered(side=RIGHT_ONE + "\nx = bytearray(20 << 30)"), 2, 3),
    "memory in children": (
        answered(
            mean="import os, time\nfor i in range(8):\n    if os.fork() == 0:\n"
            "        x = b'1' * (300 << 20); time.sleep(60); os._exit(0)\ntime.sleep(60)"
        ),
        2,
        0,
    ),
    "fork bomb": (
        answered(mean="import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
        2,
        0,
    ),
    "os exit": (answered(mean="mean = 2.5\nimport os\nos._exit(0)"), 2, 0),
    "sys exit in the test": (answered(side="import sys\ndef side(*a): sys.exit(0)"), 0, 3),
    "sys exit": (answered(mean="import sys\nsys.exit(0)"), 2, 0),
    "deleted answer": (without("side"), 0, 3),
    "deleted test": (without("test-mean", mean="mean = 1"), 2, 0),
    "edited test": (answered(**{"test-mean": "pass"}, mean="mean = 1"), 2, 0),
    "no cells": (notebook([]), 0, 0),
    "always equal": (
        answered(
            side="class Yes(int):\n    def __eq__(self, other): return True\n"
            "def side(*a): return Yes()",
        ),
        0,
        3,
    ),
    "patches helpers": (
        answered(
            mean="mean = 1\nnp.isclose = lambda *a: True\nabs = lambda x: 0\n"
            "math.isclose = lambda *a: True"
        ),
        2,
        0,
    ),
    "changes the test": (
        answered(mean="mean = 1\nclass np:\n    isclose = lambda *a: True\nclass math(np): pass"),
        2,
        0,
    ),
    "patches built-ins": (
        answered(mean="import builtins\nmean = 1\nbuiltins.abs = lambda x: 0"),
        2,
        0,
    ),
    "patches the kernel": (
        answered(
            mean="from types import SimpleNamespace as S\nip = get_ipython()\n"
            "ip.run_cell = ip.run_cell_async = lambda *a, **k: S(success=True)\n"
            "ip.showtraceback = lambda *a, **k: None"
        ),
        2,
        0,
    ),
    "forges output": (answered(mean="mean = 1\nprint('test-mean 3/3 status ok')"), 2, 0),
    "prints 100 MB": (
        answered(mean=RIGHT_TWO + "\nfor i in range(100): print('x' * 1_000_000)"),
        2,
        3,
    ),
    "input": (answered(mean=RIGHT_TWO + "\ninput()"), 2, 3),
    "deletes": (answered(mean=RIGHT_TWO + "\nimport os, shutil\nshutil.rmtree(os.getcwd())"), 2, 3),
}
# These try to reach what is not theirs. They get the point where they fail to.
REACHES = {
    "network": "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), 2)\n"
    "except OSError as e:\n    mean = 2.5 if e.errno == 101 else 0",
    "reads": "import os\nmean = 2.5\nfor place in {places!r}:\n"
    "    if os.path.exists(place): mean = 0\n"
    "for where, inside, names in os.walk('/'):\n"
    "    inside[:] = [n for n in inside if n not in ('proc', 'usr') and '-packages' not in n]\n"
    "    if '01_tiny.ipynb' in names or 'grades.csv' in names: mean = 0",
    "writes": "mean = 2.5\nimport os, sys\n"
    "for place in {places!r} + [sys.prefix + '/x', '/usr/x', '/x']:\n"
    "    try: open(place, 'a').write('x'); mean = 0\n    except OSError: pass",
    # They lie in /tmp, of which a notebook has another: shown there all the same, to be read only.
    "data": "import os\nfolder = os.environ['ALEXNET_TUTORIAL_DATA']\n"
    "letters = folder + '/letters.txt'\n"
    "mean = 2.5 if open(letters).read() == 'given' else 0\n"
    "for act in (lambda: open(letters, 'w'), lambda: os.remove(letters),"
    " lambda: os.rmdir(folder), lambda: os.rename(folder, folder + '2')):\n"
    "    try: act(); mean = 0\n    except OSError: pass",
    "processes": "import os\nseen = [p for p in os.listdir('/proc') if p.isdigit()]\n"
    "mean = 2.5 if len(seen) < 5 else 0",
}


YES = "class Yes(float):\n    __eq__ = __lt__ = __le__ = lambda *a: True\n    __hash__ = None\n"
SOCKET = (
    "import os, socket, json\n"
    "import stat\n"
    "fds = [f for f in range(3, 99) if os.path.exists(f'/proc/self/fd/{f}')]\n"
    "fds = [f for f in fds if stat.S_ISSOCK(os.fstat(f).st_mode)]\n"
    "s = socket.socket(fileno=os.dup(fds[0]))\n"
    "def say(content, size=None):\n"
    "    s.sendall((size or len(content)).to_bytes(8, 'big') + content)\n"
)
CHILD = "import subprocess\nps = [subprocess.Popen(['sh', '-c', {!r}]) for i in range({})]\n"
# What a hostile student writes in the place of the mean, after which it gets nothing for it. The
# question before it keeps its points.
HOSTILE = {
    # Points without an answer.
    "equals everything": YES + "mean = Yes(1)",
    "equal by the library": "from unittest.mock import ANY as mean",
    "a mock": "from unittest.mock import MagicMock\nmean = MagicMock()\n"
    "mean.__float__ = lambda s: 2.5",
    "compiled class": f"exec(compile({YES!r}, '/usr/lib/x.py', 'exec'))\nmean = Yes(1)",
    "made by type": "mean = type('float', (float,), {'__eq__': lambda *a: True})(1)",
    "callable built-ins": "import builtins\nclass C:\n    def __call__(s, *a): return 0\n"
    "builtins.abs = builtins.isinstance = C()\nmean = 1",
    "no asserts": "import ast\nclass N(ast.NodeTransformer):\n"
    "    def visit_Assert(self, node): return ast.Pass()\n"
    "get_ipython().ast_transformers.append(N())\nmean = 1",
    "no exceptions": "import builtins\nbuiltins.AssertionError = type('A', (), {})\nmean = 1",
    "tracer": "import sys\nsys.settrace(lambda *a: None)\nmean = 1",
    "compile": "import builtins\nc = compile\n"
    "builtins.compile = lambda s, *a, **k: c('', *a, **k)\nmean = 1",
    "history": "import gc\nmean = 2.5 if any(type(o) is str and 'secret_' + 'word' in o\n"
    "    for o in gc.get_objects()) or 'secret_' + 'word' in str(In) else 1",
    "looks around": "import glob\ntext = ''\nfor f in glob.glob('/proc/*/cmdline')"
    " + glob.glob('/proc/*/environ') + glob.glob('/grader/**/*', recursive=True):\n"
    "    try: text += open(f, errors='ignore').read()\n    except OSError: pass\n"
    "mean = 2.5 if 'secret_' + 'word' in text else 1",
    "own encoder": "from classroom import plain\n"
    "plain.encode = lambda *a, **k: {'object': 'Yes'}\nmean = 1",
    "forged points": SOCKET
    + 'say(b\'{"name": "test-mean", "test": true, "error": ""}\')\nmean = 1',
    "forged value": SOCKET + 'say(b\'{"kind": "value", "value": 3}\')\nmean = 1',
    # Values that are none, or that hold vacuously.
    "nan": "mean = float('nan')",
    "an empty array": "mean = np.empty((0, 1))",
    "objects": "mean = np.array([None, 2.5])",
    "huge": "mean = 10 ** 100_000",
    "words": "mean = '2.5'",
    "a function": "def mean(*a): return 2.5",
    "a class": "class mean(float): pass",
    "a circle": "mean = []\nmean.append(mean)",
    "a large array": "mean = np.ones(30_000_000)",
    "deep message": SOCKET + "say(b'[' * 10_000_000)",
    "list message": SOCKET + "say(b'[]')",
    "endless message": SOCKET + "say(b'', 2 ** 63)",
    "no shape": SOCKET + 'say(b\'{"kind": "value", "value": {"array": ["float64", [-1], ""]}}\')',
    "large lists": SOCKET + "say(b'[' + b'[],' * 5_000_000 + b'[]]')",
    "many messages": SOCKET + "for i in range(10**5): say(b'{}')",
    "closes it": SOCKET + "for f in fds: os.close(f)",
    # Errors and ends.
    "half a letter": "raise ValueError('\\ud800')",
    "a long error": "raise ValueError('x' * 50_000_000)",
    "error without a text": "class E(Exception):\n    def __str__(self): raise E\nraise E",
    "base exception": "raise BaseException('x')",
    "kills all": "import os\nos.kill(-1, 9)",
    "kills the first": "import os\nfor s in (9, 15): os.kill(1, s)\nmean = 1",
    "recursion": "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
    "crash": "import ctypes\nctypes.string_at(0)",
    "nul": "mean = 1\0",
    "shadows": "for n in ('json', 'numpy', 'sitecustomize', 'ast'):\n"
    "    open(n + '.py', 'w').write('raise SystemExit')\nmean = 1",
    # More than a fair share.
    "shared memory": "import mmap\nm = mmap.mmap(-1, 2 << 30)\n"
    "for i in range(0, 2 << 30, 4096): m[i] = 1\nmean = 2.5",
    "memfd": "import os\nmean = 2.5\nfor i in range(10):\n    f = os.memfd_create('x')\n"
    "    for j in range(200): os.write(f, b'1' * (1 << 20))",
    "files in memory": "mean = 1\nfor p in ('/tmp', '/dev/shm', '/dev', '/'):\n"
    "    for i in range(20):\n"
    "        try: open(f'{p}/f{i}', 'wb').write(b'1' * 10**8)\n        except OSError: pass",
    "namespace": "import subprocess\nr = subprocess.run(['unshare', '-Urm', 'true'])\n"
    "mean = 2.5 if r.returncode == 0 else 1",
    "threads": "import threading, time\nmean = 1\n"
    "while True: threading.Thread(target=time.sleep, args=(60,)).start()",
    "busy": CHILD.format("while :; do :; done", 50) + "mean = 1",
    "files": "mean = 1\nfor i in range(10**6): open(f'/tmp/{i}', 'w').close()",
    "writes to all": "import os\nmean = 1\nfor w, d, f in os.walk('/'):\n"
    "    d[:] = [n for n in d if n not in ('proc', 'usr') and '-packages' not in n]\n"
    "    if os.access(w, os.W_OK) and not w.startswith(('/tmp', '/dev')): mean = 2.5",
    "slow": "import time\ntime.sleep(10**6)",
}
# Damaged files: left out, or graded as what is left of them.
DAMAGED = {
    "an id that is a list": {"id": []},
    "metadata that is a list": {"metadata": []},
    "source that is a number": {"source": 3},
    "half a letter in a cell": {"source": "x = '\ud83d'"},
    "nbgrader that is a list": {"metadata": {"nbgrader": []}},
    "a grade_id that is a list": {"metadata": {"nbgrader": {"grade_id": ["side"]}}},
    "a type that is a list": {"cell_type": []},
}


# Each family once; the whole class, which takes minutes, where WHOLE_CLASS is set.
# fmt: off
QUICK = {
    "Åsa Ünal (right)", "=cmd()", "one wrong", "both wrong", "endless in the test",
    "memory in children", "fork bomb", "os exit", "deleted test", "edited test", "no cells",
    "always equal", "patches helpers", "network", "reads", "writes", "data", "equal by the library",
    "no asserts", "callable built-ins", "forged value", "own encoder", "namespace",
    "endless message", "shared memory", "half a letter", "kills the first", "an empty array",
    "an id that is a list", "half a letter in a cell", "a grade_id that is a list",
}
# fmt: on


@pytest.mark.slow
def test_a_class_gets_exactly_its_marks(isolated, source, tmp_path):
    """Of ninety submissions, what is wrong with one costs no other anything."""
    submissions, output = tmp_path / "submissions", tmp_path / "output"
    places = [str(submissions), str(source / "01_tiny.ipynb"), str(output / "grades.csv")]
    everybody = dict(STUDENTS)
    for student, code in REACHES.items():
        everybody[student] = (answered(mean=code.replace("{places!r}", repr(places))), 2, 3)
    for student, code in HOSTILE.items():
        everybody[student] = (answered(mean=code), 2, 0)
    for student, part in DAMAGED.items():
        damaged = answered()
        damaged["cells"].insert(2, {"cell_type": "code", "source": "", "metadata": {}} | part)
        everybody[student] = (damaged, 2, 3)
    assert set(everybody) >= QUICK and len(everybody) > 80
    if not os.environ.get("WHOLE_CLASS"):
        everybody = {student: everybody[student] for student in everybody if student in QUICK}
    for student, (content, _, _) in everybody.items():
        submit(submissions, student, content)
    # Left out, and said so.
    text = json.dumps(answered())
    submit(submissions, "empty file", b"")
    submit(submissions, "utf-16", text.encode("utf-16"))
    submit(submissions, "huge", text.encode() + b" " * LARGEST)
    submit(submissions, "another", answered(), "02_other.ipynb")
    submit(submissions, ".hidden", answered())
    (submissions / "link").mkdir()
    (submissions / "link" / "01_tiny.ipynb").symlink_to(source / "01_tiny.ipynb")
    (submissions / "linked folder").symlink_to(submissions / "one wrong")
    (submissions / "file.zip").write_bytes(b"PK")
    (submissions / "nothing").mkdir()
    os.mkfifo(submissions / "nothing" / "01_tiny.ipynb")
    left_out = {"empty file", "utf-16", "huge", "another", ".hidden", "link", "linked folder"}
    left_out |= {"file.zip", "nothing"}
    damaged = {"an id that is a list", "metadata that is a list", "source that is a number"}
    left_out |= damaged & set(everybody)
    output.mkdir()
    (output / "manual.csv").write_text(
        "student,assignment,question,points\none wrong,01_tiny,why,2.5\n", encoding="utf-8"
    )

    limits = sandbox.Limits(cell_seconds=10, total_seconds=120, memory=1 << 30, processes=64)
    with tempfile.TemporaryDirectory(dir="/tmp") as data:
        Path(data, "letters.txt").write_text("given")
        # Nothing but the isolation keeps a student from writing there.
        os.chmod(data, 0o777)
        os.chmod(Path(data, "letters.txt"), 0o666)
        results = grade(submissions, output, source, limits, Path(data))
        assert [path.name for path in Path(data).iterdir()] == ["letters.txt"]
    expected = {name: marks for name, (_, *marks) in everybody.items() if name not in left_out}
    got = {
        r.student: [r.points["test-side"], r.points["test-mean"]]
        for r in results
        if r.status == "graded"
    }
    assert got == expected, {r.student: (r.messages, r.notes) for r in results}
    assert {r.student for r in results if r.status == "left out"} == left_out
    assert all(r.notes for r in results if r.status == "left out")

    with open(output / "grades.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["'=cmd()"]["total"] == "5" and rows["'=cmd()"]["max"] == "9"
    assert rows["'=cmd()"]["to grade by hand"] == "why"
    assert (rows["one wrong"]["total"], rows["one wrong"]["to grade by hand"]) == ("5.5", "")
    assert "another assignment" in rows["another"]["note"] or rows["another"]["note"]
    pages = {path.parent.name: path.read_text() for path in output.glob("feedback/*/*.html")}
    assert set(pages) == set(expected)
    assert "227 and windows" in pages["both wrong"] or "not callable" in pages["both wrong"]
    assert "13 and windows of 3 give 11" in pages["one wrong"]  # a hidden test's message
    assert not any("secret_word" in page for page in pages.values())  # but not its code
    assert "Because it is so. &lt;b&gt;" in pages["=cmd()"]
    assert list((source).iterdir()) == [source / "01_tiny.ipynb"]
    assert not list(output.rglob("*.part"))


def student_of(grader):
    """Wait for the student's process that a grader runs."""
    for _ in range(100):
        line = ["ps", "ax", "-o", "pid=,ppid=,args="]
        listed = subprocess.run(line, capture_output=True, text=True).stdout.splitlines()
        split = [line.split(None, 2) for line in listed]
        up = {pid: parent for pid, parent, _ in split}
        for pid, _, args in split:
            above = pid
            while above in up and above != str(grader):
                above = up[above]
            if above == str(grader) and args.startswith(f"{sys.executable} -m classroom.worker"):
                return pid
        time.sleep(0.1)
    raise AssertionError("it runs none")


@pytest.mark.slow
def test_memory_is_watched_where_no_cgroup_limits_it(isolated, source, monkeypatch):
    known = {name: place for name, place in cgroup.places().items() if name == "pids"}
    monkeypatch.setattr("classroom.cgroup.places", lambda: known)
    submitted = parsed(answered(mean=HOSTILE["shared memory"]))
    cells, _ = match_cells(read_assignment(source / "01_tiny.ipynb"), submitted)
    limits = sandbox.Limits(cell_seconds=20, total_seconds=60, memory=1 << 30, processes=64)
    found = execute(cells, limits)
    assert (found.points["test-side"], found.points["test-mean"]) == (2, 0)
    assert found.notes == ["stopped in mean: more than 1024 MiB of memory"]


def test_root_does_not_grade_without_a_limit_of_processes(monkeypatch):
    if not sys.platform.startswith("linux"):
        pytest.skip("notebooks are isolated on Linux alone")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("classroom.cgroup.places", dict)
    with pytest.raises(sandbox.Unavailable, match="As root"):
        sandbox.refuse_unavailable()


@pytest.mark.slow
def test_an_interrupted_run_goes_on(isolated, source, tmp_path, root):
    """Kill it after the first submission: the next run does not execute that one again."""
    submissions, output = tmp_path / "submissions", tmp_path / "output"
    for student in ("a", "b"):
        submit(submissions, student, answered())
    slow = "import time\ntime.sleep(30)\n"
    submit(submissions, "c", answered(side=slow + RIGHT_ONE))
    code = "import sys\nfrom classroom.grade import grade\ngrade(*sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(submissions), str(output), str(source)],
        # It finds what it needs from any folder.
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONSAFEPATH": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in range(2):
        assert process.stdout.readline().startswith("graded")
    worker = student_of(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (output / "grades.csv").exists()
    before = {path: path.stat().st_mtime_ns for path in (output / "kept").iterdir()}
    assert len(before) == 1  # a and b are the same notebook: it was kept once

    submit(submissions, "c", answered(side="side = 0"))
    results = grade(submissions, output, source)
    assert [r.points["test-side"] for r in results] == [2, 2, 0]
    after = {path: path.stat().st_mtime_ns for path in (output / "kept").iterdir()}
    assert before.items() <= after.items() and len(after) == 2
    # What the killed grader had started ended with it.
    for _ in range(50):
        left = subprocess.run(["ps", "-p", worker], capture_output=True)
        if left.returncode:
            break
        time.sleep(0.2)
    assert left.returncode, f"{worker} outlived its grader"


@pytest.mark.slow
def test_the_first_assignment_gives_all_points_solved_and_none_unsolved(isolated, tmp_path, root):
    for student, folder in (("solved", "source"), ("unsolved", "release")):
        content = (root / "classroom" / folder / "01_shapes.ipynb").read_bytes()
        submit(tmp_path / "submissions", student, content, "01_shapes.ipynb")
    solved, unsolved = grade(tmp_path / "submissions", tmp_path / "output", data=root / "data")
    assignment = read_assignments(SOURCE)["01_shapes"]
    tested = {c.grade_id: c.points for c in assignment.questions if c.kind == "test"}
    assert {q: p for q, p in solved.points.items() if p is not None} == tested
    assert sum(tested.values()) > 0 and not any(unsolved.points[q] for q in tested)
    assert set(unsolved.messages) >= set(tested)


@pytest.mark.parametrize("at_last", [3.0, 0.0])
def test_what_lacked_a_processor_is_graded_again_and_an_error_costs_one(
    source, tmp_path, monkeypatch, at_last
):
    submissions, output, asked = tmp_path / "submissions", tmp_path / "output", []
    for student in ("fast", "fails", "starved"):
        submit(submissions, student, answered(why=student))

    def execute(cells, limits, data):
        [who] = [part.source for part in cells if part.kind == "written"]
        asked.append(who)
        if who == "fails":
            raise OSError("\ud800")
        again = asked.count(who) > 1
        points = {"test-side": 2.0, "test-mean": at_last if again or who == "fast" else 0.0}
        return Outcome(points | {"why": None}, starved=who == "starved")

    monkeypatch.setattr("classroom.grade.execute", execute)
    monkeypatch.setattr("classroom.sandbox.refuse_unavailable", lambda: None)
    fails, fast, starved = grade(submissions, output, source)
    assert sorted(asked[:3]) == ["fails", "fast", "starved"] and asked[3:] == ["starved"]
    assert (fails.status, fast.status, starved.status) == ("left out", "graded", "graded")
    assert "failed at it: OSError" in fails.notes[0]
    assert starved.points["test-mean"] == at_last  # what is starved again, alone, stands
    assert (output / "grades.csv").read_text(encoding="utf-8-sig").count("\n") == 4
    grade(submissions, output, source)
    assert asked[4:] == ["fails"]


def test_marks_lie_beside_what_they_mark_and_a_place_that_cannot_be_is_refused(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    places = []
    monkeypatch.setattr(
        "classroom.grade.grade", lambda _, output, **options: places.append(output) or []
    )
    (tmp_path / "2a").mkdir()
    main(["2a/"])
    main(["2a", "--output", "marks"])
    assert places == [tmp_path / "2a-grades", Path("marks")]
    monkeypatch.undo()
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match="file/marks: Not a directory"):
        grade(tmp_path / "2a", tmp_path / "file" / "marks")
