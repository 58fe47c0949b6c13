"""A notebook away from the repository: its set-up cell, its links, and the wheel it runs on."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import execute

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
RELEASE = ROOT / "classroom" / "release"
NOTEBOOKS = [*sorted(BOOK.glob("*.ipynb")), *sorted(RELEASE.rglob("*.ipynb"))]

# An assignment in plain Python needs no package, and so has nothing to set up.
WITH_PACKAGE = [path for path in NOTEBOOKS if "alexnet_tutorial" in path.read_text("utf-8")]

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_setup = pytest.mark.parametrize("path", WITH_PACKAGE, ids=lambda path: path.stem)


def code(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            yield cell["id"], "".join(cell["source"])


def setup_of(path):
    """Give the source of the cell that installs the package: as it stands in the notebook."""
    (found,) = [text for _, text in code(path) if 'find_spec("alexnet_tutorial")' in text]
    return found


@pytest.fixture
def machine(monkeypatch):
    """Give a stand-in machine: without the package until an install succeeds; notes installs."""
    state = SimpleNamespace(has_package=False, returncode=0, commands=[], started=[])
    real = importlib.util.find_spec

    def find_spec(name, *rest):
        if name != "alexnet_tutorial":
            return real(name, *rest)
        return object() if state.has_package else None

    def run(command, **options):
        state.commands.append(command)
        state.has_package = state.has_package or state.returncode == 0
        return SimpleNamespace(returncode=state.returncode)

    def start(**options):
        assert state.has_package, "the chapter began without the package"
        state.started.append(options)
        return "cpu"

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setitem(sys.modules, "alexnet_tutorial.session", SimpleNamespace(start=start))
    return state


@each_setup
def test_setup_installs_where_the_package_is_missing(path, machine, setup_cell):
    names = {}
    exec(setup_of(path), names)
    (command,) = machine.commands
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert command[-1] == f"alexnet-tutorial[tf] @ git+{setup_cell.repository()}"
    assert len(machine.started) == 1 and names["budget"] == "cpu"


@each_setup
def test_setup_installs_nothing_where_the_package_is(path, machine):
    machine.has_package = True
    exec(setup_of(path), {})
    assert machine.commands == [] and len(machine.started) == 1


@each_setup
@pytest.mark.parametrize("status", [1, 2, -9])
def test_setup_says_what_to_do_where_pip_fails(path, machine, status):
    machine.returncode = status
    with pytest.raises(RuntimeError, match="online") as refused:
        exec(setup_of(path), {})
    # With a network the cure is another: the address to try by hand is in the message.
    assert "pip" in str(refused.value) and "git+https" in str(refused.value)
    assert machine.started == []


def test_setup_without_pip_says_so(tmp_path):
    """A real Python that has no pip."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    done = subprocess.run(
        [tmp_path / "bare" / "bin" / "python", "-I", "-c", setup_of(NOTEBOOKS[0])],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert "No module named pip" in done.stderr
    assert "RuntimeError: pip could not install" in done.stderr


@each_notebook
def test_no_cell_opens_a_file_of_the_repository(path):
    """What a cell opens by name, it has written itself, or asks the package for."""
    opening = r"(?:open|read_text|imread|load_img|Image\.open|File)\(\s*[rf]?[\"']([^\"']+)"
    whole = "\n".join(text for _, text in code(path))
    for name in re.findall(opening, whole):
        assert not (ROOT / name).exists() and not (path.parent / name).exists(), name
    for folder in ("alexnet_tutorial/", "book/", "tests/", "benchmarks/"):
        for cell_id, text in code(path):
            quoted = re.findall(r"[\"'][^\"'\n]*[\"']", text)
            assert not [q for q in quoted if folder in q and "://" not in q], (cell_id, folder)


@each_notebook
def test_links_lead_to_pages_beside_the_notebook(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        text = re.sub(r"```.*?```|`[^`]*`", "", "".join(cell["source"]), flags=re.DOTALL)
        assert "attachment:" not in text
        for target in re.findall(r"\]\(([^)\s]+)|(?:src|href)=[\"']([^\"']+)", text):
            target = "".join(target).partition("#")[0]
            if not target or re.match(r"https?:|mailto:", target):
                continue
            assert "/" not in target, f"{path.name}, {cell['id']}: {target}"
            assert (path.parent / target).is_file(), f"{path.name}, {cell['id']}: {target}"


# --- the wheel -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(environment_script, tmp_path_factory):
    return environment_script.build_wheel(tmp_path_factory.mktemp("wheel"))


def installed_folder():
    return Path(sysconfig.get_paths()["purelib"]) / "alexnet_tutorial"


def test_wheel_has_every_file_of_the_package_and_is_what_is_installed(wheel, environment_script):
    names = [path.relative_to(ROOT).as_posix() for path in environment_script.package_files()]
    with zipfile.ZipFile(wheel) as packed:
        held = {name for name in packed.namelist() if ".dist-info/" not in name}
        assert held == set(names), "a file that the wheel forgets, or has too much"
        for name in names:
            content = packed.read(name)
            assert content == (ROOT / name).read_bytes(), name
            assert content == (installed_folder().parent / name).read_bytes(), name


def test_chapters_were_executed_outside_the_checkout(tmp_path):
    """What a kernel of the build imports and where, asked in its own environment."""
    asked = (
        "import json, os, sys, alexnet_tutorial as a;"
        "print(json.dumps([a.__file__, os.getcwd(), sys.path]))"
    )
    environment = execute.offline_environment(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    package, folder, path = json.loads(done.stdout)
    assert Path(package).parent == installed_folder()
    assert Path(folder) == tmp_path and not tmp_path.is_relative_to(ROOT)
    inside = {p for p in path if p and Path(p).resolve().is_relative_to(ROOT)}
    libraries = {p for p in inside if ".venv" in Path(p).relative_to(ROOT).parts}
    assert inside - libraries == {str(ROOT / "tools" / "offline")}  # what cuts off the network


@pytest.mark.slow
def test_the_wheel_alone_runs_a_chapter(wheel, tmp_path):
    """Installed with pip into a fresh environment that has the libraries, but no repository."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "ALEXNET", "XDG", "JUPYTER"))
    }
    environment |= {"HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}

    def run(*command):
        done = subprocess.run(
            [str(part) for part in command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    fresh = tmp_path / "env"
    run(sys.executable, "-m", "venv", "--without-pip", fresh)
    python = fresh / "bin" / "python"
    (packages,) = fresh.glob("lib/python*/site-packages")
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", packages]
    run(sys.executable, *install, wheel)
    # The libraries; of the package that lies beside them, the fresh copy comes first.
    lines = f"import site; site.addsitedir({str(installed_folder().parent)!r})\n"
    (packages / "libraries.pth").write_text(lines, encoding="utf-8")
    asked = "import alexnet_tutorial as a; print(a.__file__)"
    assert Path(run(python, "-c", asked).strip()).is_relative_to(fresh)

    notebook = tmp_path / "14_puzzle_224.ipynb"
    notebook.write_bytes((BOOK / notebook.name).read_bytes())
    run(python, "-c", EXECUTE, notebook.name)
    assert str(ROOT) not in notebook.read_text(encoding="utf-8")


# Runs a notebook in this very Python, and fails where a cell does.
EXECUTE = """
import json, sys
from jupyter_client.kernelspec import KernelSpec
from jupyter_client import AsyncKernelManager
import nbclient, nbformat

path = sys.argv[1]
notebook = nbformat.read(path, as_version=4)
command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
manager = AsyncKernelManager()
manager._kernel_spec = KernelSpec(argv=command, display_name="fresh", language="python")
nbclient.NotebookClient(notebook, km=manager, timeout=300).execute()
nbformat.write(notebook, path)
"""
