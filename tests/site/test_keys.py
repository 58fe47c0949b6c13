"""A chapter's key: what its numbers depend on, and nothing else."""

import json
import re
import shutil

import pytest

from tools import keys, pages
from tools.environment import PACKAGE, ROOT

CHAPTERS = {path.stem[:2]: ROOT / path for path in pages.notebooks()}


def code(path):
    """Give a chapter's code, its set-up cell apart."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    written = [c for c in cells if c["cell_type"] == "code" and c.get("id") != "setup"]
    return "\n".join("".join(cell["source"]) for cell in written)


def all_keys(package=None):
    return {name: keys.key(keys.parts(path, package)) for name, path in CHAPTERS.items()}


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


@pytest.fixture(scope="module")
def before():
    return all_keys()


@pytest.fixture
def copied(tmp_path):
    """Give a copy of the package that may be changed."""
    source = keys.installed_package().folder
    ignore = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(source, tmp_path / PACKAGE, ignore=ignore)


# --- the chapters ----------------------------------------------------------------------------


def test_a_changed_figure_executes_the_chapters_that_show_it(copied, before):
    """Which these are is read here from the text: ``figures.name`` of a function of the file."""
    figures = sorted((copied / "figures").glob("[a-z]*.py"))
    parts = {name: keys.parts(path) for name, path in CHAPTERS.items()}
    shown_somewhere = set()
    for path in figures:
        text = path.read_text(encoding="utf-8")
        if path.stem in re.findall(r"alexnet_tutorial\.figures\.(\w+) import", everything(figures)):
            continue  # what other figures are drawn with
        names = "|".join(re.findall(r"^(?:def|class) ([a-z]\w*)", text, re.MULTILINE)) or "-"
        shown = {n for n, p in CHAPTERS.items() if re.search(rf"\bfigures\.({names})\b", code(p))}
        assert {n for n in CHAPTERS if f"figures/{path.name}" in parts[n]} == shown, path.name
        shown_somewhere |= shown
    assert len(shown_somewhere) > 15

    # And with a real change: of one function.
    path = copied / "figures" / "evaluation.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert changed(before, all_keys(keys.Package(copied))) == {"41"}


def everything(paths):
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_a_changed_question_executes_its_chapter(copied, before):
    path = copied / "checks" / "two_towers.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert changed(before, all_keys(keys.Package(copied))) == {"33"}


def test_what_all_chapters_use_executes_all(copied, before):
    for name in ("session.py", "checks/answers.py"):
        path = copied / name
        path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
        after = all_keys(keys.Package(copied))
        assert changed(before, after) == set(CHAPTERS), name
        before = after


def test_a_recorded_result_belongs_to_the_chapters_that_show_it(copied, before):
    for name, chapter in (("hands.jsonl", "38"), ("full_size.json", "51")):
        (path,) = copied.rglob(name)
        path.write_bytes(path.read_bytes() + b"\n")
        after = all_keys(keys.Package(copied))
        assert changed(before, after) == {chapter}, name
        before = after


@pytest.mark.parametrize(
    ("name", "executed"), [("pytest", "none"), ("nbgrader", "none"), ("numpy", "all")]
)
def test_another_version_executes_what_imports_it(before, monkeypatch, name, executed):
    real = keys._version
    monkeypatch.setattr(keys, "_version", lambda d: "99" if d == name else real(d))
    assert changed(before, all_keys()) == {"none": set(), "all": set(CHAPTERS)}[executed]


def test_pytorch_is_of_no_chapter_but_those_with_weights_for_it(monkeypatch):
    found = keys._distributions()
    monkeypatch.setattr(keys, "_distributions", lambda: found | {"torch": ["torch"]})
    monkeypatch.setattr(keys, "required", lambda name: frozenset([name]))
    monkeypatch.setattr(keys, "_version", lambda name: "1")
    with_torch = {n for n, p in CHAPTERS.items() if "torch" in keys.parts(p)}
    assert with_torch <= {n for n, p in CHAPTERS.items() if "weights" in code(p)}


def test_data_executes_the_chapters_that_read_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_TUTORIAL_DATA", str(tmp_path))
    reading = {n for n, p in CHAPTERS.items() if re.search(r"\b(load|read)_signs\(", code(p))}
    assert 5 < len(reading) < len(CHAPTERS)
    before = all_keys()
    (tmp_path / "signs").mkdir()
    for content in (b"x", b"y"):
        (tmp_path / "signs" / "test_signs.h5").write_bytes(content)
        keys._known.cache_clear()
        after = all_keys()
        assert changed(before, after) == reading
        before = after
    (tmp_path / "imagenette").mkdir()
    (tmp_path / "imagenette" / "imagenette2-224.tgz").write_bytes(b"x")
    after = all_keys()
    reading = {n for n, p in CHAPTERS.items() if "load_imagenette(" in code(p)}
    assert reading and changed(before, after) == reading
    # What the package makes of the archive is no news.
    (tmp_path / "imagenette" / "arrays-108-0123.npz").write_bytes(b"x")
    (tmp_path / "imagenette" / "imagenette2-224-0123").mkdir()
    (tmp_path / "imagenette" / "imagenette2-224-0123" / "one.JPEG").write_bytes(b"x")
    keys._known.cache_clear()
    assert all_keys() == after
    before = after
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "alexnet.pth").write_bytes(b"x")
    asking = {
        n for n, p in CHAPTERS.items() if re.search(r"weights\.(downloaded|fetch)\(", code(p))
    }
    assert asking and changed(before, all_keys()) == asking
    (tmp_path / "another").mkdir()
    assert changed(before, all_keys()) == asking


def test_settings_and_the_notebook_itself_are_part_of_it(tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    shutil.copyfile(CHAPTERS["11"], path)
    found = [keys.key(keys.parts(path))]
    for name, value in (("KERAS_BACKEND", "jax"), ("ALEXNET_TUTORIAL_BUDGET", "gpu")):
        monkeypatch.setenv(name, value)
        found.append(keys.key(keys.parts(path)))
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    found.append(keys.key(keys.parts(path)))
    assert len(set(found)) == len(found)


# --- small packages, in which one sees what is found -------------------------------------------

FILES = {
    "__init__.py": "def __getattr__(name):\n    return name\n",
    "draw/__init__.py": "from .line import line\n"
    "from alexnet_tutorial.draw.dot import dot as spot\n",
    "draw/line.py": "from . import tools\ndef line(): ...\n",
    "draw/dot.py": "def dot():\n    from ..numbers import pi\n",
    "draw/tools.py": "import json\n",
    "lazy/__init__.py": "_HOME = {'big': 'first'}\ndef __getattr__(name): ...\n",
    "lazy/first.py": "def big(): ...\n",
    "lazy/second.py": "def small(): ...\n",
    "busy/__init__.py": "from .one import one\none()\n",
    "busy/one.py": "def one(): ...\n",
    "numbers.py": "from typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n    from .lazy import big\n",
    "recorded/runs.json": "{}",
    "recorded/other.json": "{}",
    "reads.py": "NAME = 'runs.json'\n",
    "reads_all.py": "FOLDER = 'recorded'\n",
    "computed.py": "import importlib\ndef load(n):\n    return importlib.import_module(n)\n"
    "load('yaml')\n",
    "starts.py": "PROGRAM = '''\nfrom alexnet_tutorial.lazy import small\nimport yaml\n'''\n",
    "backend.py": "import keras\nif keras.backend.backend() == 'torch':\n    import torch\n"
    "elif keras.backend.backend() == 'tensorflow':\n    import tensorflow\n",
    "checks/__init__.py": "from .answers import check\nfrom . import a, b\n",
    "checks/answers.py": "def check(): ...\n",
    "checks/a.py": "NAME = 'a.one'\n",
    "checks/b.py": "NAME = 'b.one'\n",
}
ALL = {name for name in FILES if not name.startswith("recorded")}
DRAW = {name for name in FILES if name.startswith("draw")} | {"numbers.py"}
CHECKS = {name for name in FILES if name.startswith("checks")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from alexnet_tutorial.draw import line", {"draw/line.py", "draw/tools.py"}),
        ("from alexnet_tutorial import draw\ndraw.spot()", {"draw/dot.py", "numbers.py"}),
        ("from alexnet_tutorial import draw as d\nd.line()", {"draw/line.py", "draw/tools.py"}),
        ("import alexnet_tutorial as a\na.draw.line()", {"draw/line.py", "draw/tools.py"}),
        ("import alexnet_tutorial.draw.dot", {"draw/dot.py", "numbers.py"}),
        ("def f():\n    from alexnet_tutorial.draw.dot import dot", {"draw/dot.py", "numbers.py"}),
        # What cannot be told counts: the package is handed to someone, or all of it is asked for.
        ("from alexnet_tutorial import draw\nprint(draw)", DRAW),
        ("from alexnet_tutorial.draw import *", DRAW),
        ("from alexnet_tutorial import draw\ndraw.gone", DRAW),
        ("from alexnet_tutorial import lazy\nlazy.big()", {"lazy/__init__.py", "lazy/first.py"}),
        ("from alexnet_tutorial.busy import one", {"busy/__init__.py", "busy/one.py"}),
        ("import alexnet_tutorial\nprint(alexnet_tutorial)", ALL),
        ("what is this, Python?", ALL),
        ("import importlib\nimportlib.import_module('alexnet_tutorial.' + 'x')", ALL),
        ("%time x = 1\n!ls\nfrom alexnet_tutorial.reads import NAME", {"reads.py", "runs.json"}),
        ("from alexnet_tutorial import reads_all", {"reads_all.py", "runs.json", "other.json"}),
        ("from alexnet_tutorial import computed", {"computed.py", "yaml"}),
        (
            "from alexnet_tutorial import starts",
            {"starts.py", "lazy/__init__.py", "lazy/second.py", "yaml"},
        ),
        ("from alexnet_tutorial import backend", {"backend.py", "keras", "tensorflow"}),
        (
            "from alexnet_tutorial.checks import check\ncheck('a.one', 1)",
            {"checks/answers.py", "checks/a.py"},
        ),
        ("from alexnet_tutorial.checks import check\ncheck('gone', 1)", CHECKS),
        ("from alexnet_tutorial.checks import check\ncheck(name, 1)", CHECKS),
    ],
)
def test_what_is_found(tmp_path, text, expected):
    for name, content in FILES.items():
        path = tmp_path / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    notebook = tmp_path / "a.ipynb"
    cells = [{"cell_type": "code", "source": text.splitlines(keepends=True)}]
    notebook.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    package = keys.Package(tmp_path / PACKAGE)
    reached = keys.Reached(package, keys.code_of(notebook))
    found = {package.paths[m].relative_to(package.folder).as_posix() for m in reached.modules}
    found |= {path.name for path in reached.files()}
    found |= reached.libraries & {"yaml", "keras", "tensorflow", "torch"}
    extra = {"__init__.py", "runs.json", "other.json", "yaml", "keras", "tensorflow"}
    if expected == ALL:
        assert found >= ALL
    else:
        assert found - {"__init__.py"} == expected, found ^ expected
        assert expected <= ALL | extra
