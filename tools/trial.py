"""Execute chapters aside from the build, one after the other, and keep nothing of them.

The build executes a chapter once, as it is published. What else a reader may have, other versions
(``tools.colab``), another budget (``tools.rehearsal``) or another processor (``tools.elsewhere``),
is tried here: each cell must run. What a chapter expects of its numbers is not insisted on, as in a
reader's own run, but where the caller asks for it.
"""

import ast
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import nbclient
import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec

from alexnet_tutorial.session import DIFFERENT
from tools.environment import ROOT

CELL_SECONDS = 900  # the longest a cell may take


def chapters(wanted: str = "") -> list[Path]:
    """List the notebooks of the book.

    Args:
        wanted: The numbers of those that are asked for, with spaces between; empty for all.

    Raises:
        SystemExit: There is no chapter of such a number.

    Example:
        >>> [path.name for path in chapters("14 91")]
        ['14_puzzle_224.ipynb', '91_error_index.ipynb']
    """
    found = {path.name.partition("_")[0]: path for path in sorted((ROOT / "book").glob("*.ipynb"))}
    numbers = wanted.split() or list(found)
    unknown = [number for number in numbers if number not in found]
    if unknown:
        raise SystemExit(f"no chapter {', '.join(unknown)}: there are {' '.join(found)}")
    return [found[number] for number in numbers]


def reads(path: Path, name: str) -> bool:
    """Tell whether a notebook's code reads a variable."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for text in code
        for node in ast.walk(ast.parse(text))
    )


def kernel_environment(scratch: Path, **more: str) -> dict[str, str]:
    """Give the variables of a kernel: a reader's, without what this process was started with."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return plain | {
        "ALEXNET_TUTORIAL_DATA": os.environ.get("ALEXNET_TUTORIAL_DATA", str(ROOT / "data")),
        "IPYTHONDIR": str(scratch / "ipython"),
        "PYTHONNOUSERSITE": "1",
        **more,
    }


def failure(path: Path, python: Path, claims: bool = False, **more: str) -> str | None:
    """Execute a notebook in a folder of its own.

    Args:
        path: The notebook; it is not changed.
        python: The Python whose kernel executes it.
        claims: Whether what the chapter expects of its numbers must hold, too.
        **more: Environment variables of the kernel.

    Returns:
        What went wrong, or None where every cell ran.
    """
    notebook = nbformat.read(path, as_version=4)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager = AsyncKernelManager()
    manager._kernel_spec = KernelSpec(argv=command, display_name="trial", language="python")
    with tempfile.TemporaryDirectory(prefix="alexnet-trial-") as folder:
        (work := Path(folder, "work")).mkdir()
        where = {"metadata": {"path": str(work)}}
        client = nbclient.NotebookClient(
            notebook, km=manager, timeout=CELL_SECONDS, resources=where
        )
        try:
            # A kernel of another's making outlives the client unless it is told.
            client.execute(env=kernel_environment(Path(folder), **more), cleanup_kc=True)
        except nbclient.exceptions.CellControlSignal as error:  # an error in a cell, or its time
            return str(error)
        except RuntimeError as error:  # the kernel died
            return f"{type(error).__name__}: {error}"
    return "\n".join(_different(notebook)) or None if claims else None


def _different(notebook):
    """Each claim that did not hold, after the cell that says so."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            for line in output.get("text", "").splitlines():
                if line.startswith(DIFFERENT):
                    yield f"{cell.id}: {line}"


def try_all(paths: list[Path], python: Path, claims: bool = False, **more: str) -> list[str]:
    """Execute notebooks one after the other; say how long each took.

    Args:
        paths: The notebooks.
        python: The Python whose kernel executes them.
        claims: As :func:`failure`.
        **more: Environment variables of the kernels.

    Returns:
        The names of those that failed.
    """
    failed = []
    for path in paths:
        began = time.monotonic()
        wrong = failure(path, python, claims, **more)
        said = f"{path.name:28} {'failed' if wrong else 'passed'} {time.monotonic() - began:6.0f} s"
        print(said, flush=True)
        if wrong:
            failed.append(path.name)
            print(wrong, file=sys.stderr, flush=True)
    print(f"{len(paths) - len(failed)} of {len(paths)} passed", flush=True)
    return failed
