"""The machinery of the book: set-up cell, execution under a key, network guard."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

# --- the set-up cell -------------------------------------------------------------------------


@pytest.fixture
def stand_in(tmp_path, setup_cell):
    """Run the set-up cell in a new Python whose "pip" writes down how it was called.

    The stand-in takes the place of ``subprocess.run`` and of nothing else: the cell is the one
    that the notebooks hold.
    """

    def run(package_there, pip_status=0, installs=True):
        folder = tmp_path / "site"
        folder.mkdir(exist_ok=True)
        package = (
            "import pathlib\n"
            f"package = pathlib.Path({str(folder)!r}) / 'alexnet_tutorial'\n"
            "def put():\n"
            "    package.mkdir()\n"
            "    (package / '__init__.py').write_text('')\n"
            "    text = \"def start(seed):\\n    print('started', seed)\\n    return 'cpu'\\n\"\n"
            "    (package / 'session.py').write_text(text)\n"
        )
        program = (
            package
            + ("put()\n" if package_there else "")
            + "import json, subprocess, types\n"
            + "def pretend(command, **options):\n"
            + "    print('PIP', json.dumps(command[1:]))\n"
            + ("    put()\n" if installs and not package_there and not pip_status else "")
            + f"    return types.SimpleNamespace(returncode={pip_status})\n"
            + "subprocess.run = pretend\n"
            + setup_cell.source()
            + "\nprint('budget', budget)\n"
        )
        # -S and -I: no installed package is in sight, so the cell finds it missing.
        command = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(folder)!r})\n{program}",
        ]
        return subprocess.run(command, capture_output=True, text=True)

    return run


def test_setup_installs_the_package_where_it_is_missing(stand_in, setup_cell):
    done = stand_in(package_there=False)
    assert done.returncode == 0, done.stderr
    called = json.loads(done.stdout.split("PIP ")[1].splitlines()[0])
    assert called[:3] == ["-m", "pip", "install"]
    assert called[-1].endswith(f"git+{setup_cell.repository()}")
    assert "budget cpu" in done.stdout


def test_setup_installs_nothing_where_the_package_is(stand_in):
    done = stand_in(package_there=True)
    assert done.returncode == 0, done.stderr
    assert "PIP" not in done.stdout
    assert "started 0" in done.stdout


def test_setup_says_what_failed(stand_in, setup_cell):
    done = stand_in(package_there=False, pip_status=1)
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert setup_cell.repository() in done.stderr and "online" in done.stderr
    assert "budget" not in done.stdout


def test_setup_cell_is_written_once_and_after_the_title(setup_cell):
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# A"]}
    code = {"cell_type": "code", "id": "one", "metadata": {}, "source": ["1"], "outputs": []}
    once = setup_cell.with_setup({"cells": [title, code], "nbformat": 4})
    assert [cell["id"] for cell in once["cells"]] == ["title", "setup", "one"]
    assert setup_cell.with_setup(once) == once
    stale = json.loads(json.dumps(once))
    stale["cells"][1]["source"] = ["other"]
    assert setup_cell.with_setup(stale) == once


# --- the session it starts -------------------------------------------------------------------


def started(**environment):
    return subprocess.run(
        [sys.executable, "-c", "from alexnet_tutorial.session import start; print(start(seed=3))"],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_start_prints_versions_and_leaves_the_error_stream_empty():
    done = started(ALEXNET_TUTORIAL_BUDGET="gpu")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "gpu"
    for word in ("Python", "Keras", "NumPy", "budget: gpu", "seed: 3"):
        assert word in done.stdout
    assert done.stderr == ""


def test_unknown_budget_is_refused_and_the_known_are_named():
    done = started(ALEXNET_TUTORIAL_BUDGET="tpu")
    assert done.returncode == 1
    assert "'tpu'" in done.stderr and "cpu, gpu" in done.stderr


def test_chatter_is_held_back_and_errors_are_not():
    program = (
        "import os\n"
        "from alexnet_tutorial.session import without_chatter\n"
        "with without_chatter():\n"
        "    os.write(2, b'I0000 oneDNN custom operations are on. You may see\\n')\n"
        "    os.write(2, b'E0000 something is really wrong\\n')\n"
        "os.write(2, b'after\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.splitlines() == ["E0000 something is really wrong", "after"]


def test_chatter_does_not_swallow_an_exception():
    program = (
        "from alexnet_tutorial.session import without_chatter\n"
        "with without_chatter():\n    raise ImportError('no backend')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1 and "ImportError: no backend" in done.stderr


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="not an x86 processor")
@pytest.mark.parametrize(
    ("setting", "works"), [({}, True), ({"TF_ENABLE_ONEDNN_OPTS": "0"}, False)]
)
def test_onednn_is_on_unless_it_was_switched_off(setting, works):
    # TensorFlow's own convolution has no channels_first on a CPU: only oneDNN's has.
    program = (
        "from alexnet_tutorial.session import import_keras\n"
        "import_keras()\n"
        "import tensorflow as tf\n"
        "with tf.device('CPU'):\n"
        "    maps, kernel = tf.ones((1, 3, 8, 8)), tf.ones((3, 3, 3, 2))\n"
        "    print(tf.nn.conv2d(maps, kernel, 1, 'VALID', 'NCHW').shape)\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    environment.pop("TF_ENABLE_ONEDNN_OPTS", None)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment | setting
    )
    assert ("(1, 2, 6, 6)" in done.stdout) is works, done.stderr
    assert ("only supports the NHWC" in done.stderr) is not works


def test_start_seeds_every_source_of_random_numbers():
    program = (
        "import random, numpy, keras\n"
        "from alexnet_tutorial.session import start\n"
        "def draw(seed):\n"
        "    start(seed)\n"
        "    return random.random(), numpy.random.rand(), float(keras.random.normal(()))\n"
        "assert draw(1) == draw(1) != draw(2)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


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
    environment = {**os.environ, "PYTHONPATH": str(root / "book" / "offline")}
    for name in list(environment):
        if name.lower().endswith("_proxy"):
            del environment[name]
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )


# --- execution under a key -------------------------------------------------------------------


def written(path, *sources):
    import nbformat

    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    for number, source in enumerate(sources):
        cell = nbformat.v4.new_code_cell(source)
        cell.id = f"cell-{number}"
        notebook.cells.append(cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


@pytest.fixture
def small_book(tmp_path, monkeypatch, build_script):
    """A book of two small notebooks in a folder of its own, built by the real script."""
    written(tmp_path / "book" / "01_a.ipynb", "print(1 + 1)")
    written(tmp_path / "book" / "02_b.ipynb", "import os; print(os.getcwd())")
    toc = "format: jb-book\nroot: book/01_a\nchapters:\n  - file: book/02_b\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    (tmp_path / "constraints.txt").write_text("pytest==0\n", encoding="utf-8")
    (tmp_path / "book" / "offline").symlink_to(build_script.ROOT / "book" / "offline")
    for name in ("ROOT", "BUILD", "EXECUTED"):
        new = {"ROOT": tmp_path, "BUILD": tmp_path / "build"}.get(name, tmp_path / "build" / "done")
        monkeypatch.setattr(build_script, name, new)
    monkeypatch.setenv("ALEXNET_TUTORIAL_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(build_script, "installed_package", lambda: "one")
    monkeypatch.setattr(build_script, "described_machine", lambda: "a machine")
    return tmp_path


def outputs(build_script, name):
    import nbformat

    notebook = nbformat.read(build_script.EXECUTED / "book" / name, as_version=4)
    return "".join(o.text for c in notebook.cells for o in c.outputs if "text" in o)


@pytest.mark.slow
def test_each_notebook_is_executed_once_outside_the_checkout(small_book, build_script, monkeypatch):
    assert build_script.execute() == 2
    assert outputs(build_script, "01_a.ipynb") == "2\n"
    where = Path(outputs(build_script, "02_b.ipynb").strip())
    assert not where.is_relative_to(small_book)
    assert build_script.execute() == 0

    # The package changes: everything is executed again.
    monkeypatch.setattr(build_script, "installed_package", lambda: "two")
    assert build_script.execute() == 2

    # One notebook changes: that one is. What it showed before is gone also when it fails.
    written(small_book / "book" / "01_a.ipynb", "print(3)", "raise ValueError('stop')")
    with pytest.raises(SystemExit, match=r"01_a\.ipynb"):
        build_script.execute()
    assert not (build_script.EXECUTED / "book" / "01_a.ipynb").exists()
    assert (build_script.EXECUTED / "book" / "02_b.ipynb").exists()

    # A notebook leaves the book: its copy goes.
    (small_book / "_toc.yml").write_text("format: jb-book\nroot: book/02_b\n", encoding="utf-8")
    assert build_script.execute() == 0
    assert [p.name for p in build_script.EXECUTED.rglob("*.ipynb")] == ["02_b.ipynb"]


@pytest.mark.slow
def test_a_notebook_that_needs_the_network_fails(small_book, build_script, capfd):
    asks = "import urllib.request as r\nr.urlopen('http://192.0.2.1/', timeout=5)"
    written(small_book / "book" / "01_a.ipynb", asks)
    with pytest.raises(SystemExit, match=r"01_a\.ipynb"):
        build_script.execute()
    assert "refused" in capfd.readouterr().out.lower()


def test_key_depends_on_all_that_numbers_depend_on(small_book, build_script, monkeypatch):
    page = Path("book/01_a.ipynb")

    def key():
        return build_script.key_of(page, build_script.circumstances())

    keys = [key()]
    assert key() == keys[0]
    signs = small_book / "data" / "signs" / "test_signs.h5"
    signs.parent.mkdir(parents=True)
    signs.write_bytes(b"x")
    keys.append(key())
    signs.write_bytes(b"y")
    keys.append(key())
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    keys.append(key())
    monkeypatch.setenv("ALEXNET_TUTORIAL_BUDGET", "gpu")
    keys.append(key())
    monkeypatch.setattr(build_script, "installed_package", lambda: "two")
    keys.append(key())
    (small_book / "constraints.txt").write_text("numpy==0\n", encoding="utf-8")
    keys.append(key())
    written(small_book / page, "print(5)")
    keys.append(key())
    assert len(set(keys)) == len(keys)


def test_pages_refuses_what_is_not_there(small_book, build_script):
    toc = "format: jb-book\nroot: book/01_a\nchapters:\n  - file: book/09_gone\n"
    (small_book / "_toc.yml").write_text(toc, encoding="utf-8")
    with pytest.raises(SystemExit, match="09_gone"):
        build_script.pages()
    toc = "format: jb-book\nroot: book/01_a\nchapters:\n  - file: book/01_a\n"
    (small_book / "_toc.yml").write_text(toc, encoding="utf-8")
    with pytest.raises(SystemExit, match="twice"):
        build_script.pages()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 seconds"), (41.4, "41 seconds"), (90, "1.5 minutes")]
)
def test_minutes(build_script, seconds, words):
    assert build_script.minutes(seconds) == words
