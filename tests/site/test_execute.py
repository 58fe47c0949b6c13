"""Execution of the chapters: once, under a key, without a network, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from tools import execute, pages

# --- no network ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('192.0.2.1', 80), timeout=5)",
        "socket.getaddrinfo('example.org', 80)",
        "socket.socket().connect(('192.0.2.1', 80))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
        "urllib.request.urlopen('http://example.org', timeout=5)",
    ],
)
def test_guard_refuses_other_machines(root, attempt):
    done = guarded(root, f"import socket, urllib.request\n{attempt}")
    assert done.returncode == 1
    assert "built without a network" in done.stderr


def test_guard_leaves_this_machine_reachable(root):
    program = (
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "for host in ('127.0.0.1', 'localhost'):\n"
        "    socket.create_connection((host, server.getsockname()[1]), timeout=5).close()\n"
    )
    done = guarded(root, program)
    assert done.returncode == 0, done.stderr


def guarded(root, program):
    environment = {**os.environ, "PYTHONPATH": str(root / "tools" / "offline")}
    for name in list(environment):
        if name.lower().endswith("_proxy"):
            del environment[name]
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )


# --- execution under a key -------------------------------------------------------------------


def written(path, *sources):
    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    for number, source in enumerate(sources):
        cell = nbformat.v4.new_code_cell(source)
        cell.id = f"cell-{number}"
        notebook.cells.append(cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


@pytest.fixture
def small_book(tmp_path, monkeypatch):
    """A book of two small notebooks in a folder of its own."""
    written(tmp_path / "book" / "01_a.ipynb", "print(1 + 1)")
    written(tmp_path / "book" / "02_b.ipynb", "import os; print(os.getcwd())")
    toc = "format: jb-book\nroot: book/01_a\nchapters:\n  - file: book/02_b\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    monkeypatch.setenv("ALEXNET_TUTORIAL_DATA", str(tmp_path / "data"))
    return tmp_path


def execute_in(book):
    return execute.execute(book, book / "kept")


def outputs(book, name):
    notebook = nbformat.read(book / "kept" / "book" / name, as_version=4)
    return "".join(o.text for c in notebook.cells for o in c.outputs if "text" in o)


@pytest.mark.slow
def test_each_notebook_is_executed_once_outside_the_checkout(small_book, monkeypatch, capsys):
    assert execute_in(small_book) == 2
    assert outputs(small_book, "01_a.ipynb") == "2\n"
    where = Path(outputs(small_book, "02_b.ipynb").strip())
    assert not where.is_relative_to(small_book)
    said = capsys.readouterr().out
    for name in ("01_a", "02_b"):
        assert f"{name} begins, for the first time" in said
        assert f"{name}: " in said and "seconds (" in said
    assert "(1 of 2, about " in said and "(2 of 2, all done)" in said
    assert execute_in(small_book) == 0

    # What all depend on changes: everything is executed again, and it is said why.
    monkeypatch.setenv("ALEXNET_TUTORIAL_BUDGET", "cpu")
    assert execute_in(small_book) == 2
    assert "01_a begins, because of ALEXNET_TUTORIAL_BUDGET" in capsys.readouterr().out


@pytest.mark.slow
def test_what_ran_is_kept_and_every_failure_is_listed(small_book, capsys):
    toc = "format: jb-book\nroot: book/01_a\nchapters:\n  - file: book/02_b\n"
    toc += "  - file: book/03_c\n"
    (small_book / "_toc.yml").write_text(toc, encoding="utf-8")
    written(small_book / "book" / "01_a.ipynb", "print(3)", "raise ValueError('stop here')")
    asks = "import urllib.request as r\nr.urlopen('http://192.0.2.1/', timeout=5)"
    written(small_book / "book" / "03_c.ipynb", asks)
    stale = small_book / "kept" / "book" / "01_a.ipynb"
    written(stale, "print('what it showed before')")
    with pytest.raises(SystemExit, match=r"01_a\.ipynb, book/03_c\.ipynb"):
        execute_in(small_book)
    said = capsys.readouterr().out
    assert "'cell-1'" in said and "stop here" in said  # the cell, and its error
    assert "refused" in said.lower()  # the one that needs the network
    assert not stale.exists()
    assert [p.name for p in (small_book / "kept").rglob("*.ipynb")] == ["02_b.ipynb"]

    # A notebook leaves the book: its copy goes.
    toc = "format: jb-book\nroot: book/01_a\n"
    written(small_book / "book" / "01_a.ipynb", "print(4)")
    (small_book / "_toc.yml").write_text(toc, encoding="utf-8")
    assert execute_in(small_book) == 1
    assert [p.name for p in (small_book / "kept").rglob("*.ipynb")] == ["01_a.ipynb"]


SLEEP = """
import os, pathlib, subprocess, sys, time
sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
pathlib.Path({!r}).write_text(f"{{os.getpid()}} {{sleeper.pid}}")
time.sleep(300)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_no_process_and_no_copy(small_book, sent):
    told = [small_book / "a.pid", small_book / "b.pid"]
    for name, path in zip(("01_a", "02_b"), told, strict=True):
        written(small_book / "book" / f"{name}.ipynb", SLEEP.format(str(path)))
    program = (
        "import pathlib, signal, sys\n"
        "from tools import build, execute\n"
        f"book = pathlib.Path({str(small_book)!r})\n"
        "build.execute = lambda: execute.execute(book, book / 'kept')\n"
        "build.main()\n"
    )
    build = psutil.Popen([sys.executable, "-c", program], cwd=small_book)
    deadline = time.monotonic() + 120
    while not all(path.is_file() and path.read_text() for path in told):
        assert time.monotonic() < deadline and build.poll() is None
        time.sleep(0.2)
    family = [psutil.Process(int(pid)) for path in told for pid in path.read_text().split()]
    family += build.children(recursive=True)
    build.send_signal(sent)
    assert build.wait(30) != 0
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    assert not list((small_book / "kept").rglob("*.ipynb"))


def test_a_full_disk_leaves_no_half_copy(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    written(tmp_path / "ran.ipynb", "1")
    kept = tmp_path / "kept" / "ran.ipynb"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            execute.keep(tmp_path / "ran.ipynb", kept, "a key")
    assert list(kept.parent.iterdir()) == []
    assert execute.kept_record(kept) == {}
    execute.keep(tmp_path / "ran.ipynb", kept, "a key")
    assert execute.kept_record(kept)["key"] == "a key"
    # A build that was killed as files were still written in place may have left half of one.
    kept.write_text(kept.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    assert execute.kept_record(kept) == {}


def test_after_the_end_nothing_begins(tmp_path):
    runs = execute.Runs(tmp_path)
    runs.end()
    written(tmp_path / "a.ipynb", "1")
    began = threading.Event()
    with pytest.raises(execute.Failed, match="ended before"):
        runs.execute(tmp_path / "a.ipynb", began.set)
    assert not began.is_set()


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("under a minute on a laptop without a GPU.", 60),
        ("seconds.", 10),
        ("half a minute on two CPU cores.", 60),
        ("two to four minutes on two CPU cores.", 240),
        ("one to three minutes, and in less on a GPU.", 180),
    ],
)
def test_a_chapter_says_how_long_it_takes(tmp_path, words, seconds):
    text = f"**Time** about 5 minutes to read; the cells run in {words}"
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [{"source": [text]}]}), encoding="utf-8")
    assert execute.estimate(path) == seconds


def test_time_left_is_bounded_by_the_longest(monkeypatch):
    monkeypatch.setattr(execute, "AT_A_TIME", 2)
    assert execute.time_left([100], [10]) == 100
    assert execute.time_left([10, 10], [10, 10]) == 20
    assert execute.time_left([], []) == 0


# --- pages -----------------------------------------------------------------------------------


def test_pages_refuses_what_is_not_there(small_book):
    toc = "format: jb-book\nroot: book/01_a\nchapters:\n  - file: book/09_gone\n"
    (small_book / "_toc.yml").write_text(toc, encoding="utf-8")
    with pytest.raises(SystemExit, match="09_gone"):
        pages.pages(small_book)
    toc = "format: jb-book\nroot: book/01_a\nchapters:\n  - file: book/01_a\n"
    (small_book / "_toc.yml").write_text(toc, encoding="utf-8")
    with pytest.raises(SystemExit, match="twice"):
        pages.pages(small_book)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 seconds"), (41.4, "41 seconds"), (90, "1.5 minutes")]
)
def test_minutes(seconds, words):
    assert pages.minutes(seconds) == words
