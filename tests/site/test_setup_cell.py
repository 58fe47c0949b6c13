"""The set-up cell of every notebook: what it installs, and that it is the same everywhere."""

import json
import subprocess
import sys

import pytest

from tools import setup_cell


@pytest.fixture
def stand_in(tmp_path):
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


def test_setup_installs_the_package_where_it_is_missing(stand_in):
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


def test_setup_says_what_failed(stand_in):
    done = stand_in(package_there=False, pip_status=1)
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert setup_cell.repository() in done.stderr and "online" in done.stderr
    assert "budget" not in done.stdout


def test_setup_cell_is_written_once_and_after_the_title():
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# A"]}
    code = {"cell_type": "code", "id": "one", "metadata": {}, "source": ["1"], "outputs": []}
    once = setup_cell.with_setup({"cells": [title, code], "nbformat": 4})
    assert [cell["id"] for cell in once["cells"]] == ["title", "setup", "one"]
    assert setup_cell.with_setup(once) == once
    stale = json.loads(json.dumps(once))
    stale["cells"][1]["source"] = ["other"]
    assert setup_cell.with_setup(stale) == once
