"""The set-up cell of every notebook, kept in one place.

    python -m tools.setup_cell            write it into every chapter and assignment
    python -m tools.setup_cell --check    only say which notebooks differ (exit status 1)

A notebook's second cell has the id ``setup`` and exactly this source. Where it is missing, it is
put in after the title. An assignment that does not use the package has none.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from alexnet_tutorial.files import write_whole

ROOT = Path(__file__).resolve().parents[1]
CELL_ID = "setup"
TAGS = ["hide-input"]

TEMPLATE = """\
# Set-up: installs the package where it is missing (Colab, Kaggle),
# then starts the chapter.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("alexnet_tutorial") is None:
    source = "git+{repository}"
    wanted = f"alexnet-tutorial[tf] @ {{source}}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", wanted]
    if subprocess.run(pip).returncode:
        raise RuntimeError(f"pip could not install {{wanted!r}}: online?")
from alexnet_tutorial.session import start

budget = start(seed=0)"""


def addresses() -> dict[str, str]:
    """Read the addresses of repository and site from ``pyproject.toml``, the one place for them."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]["urls"]


def repository() -> str:
    """Give the repository's address."""
    return addresses()["Repository"]


def book_address() -> str:
    """Give the published site's address; it ends in a slash."""
    return addresses()["Book"].rstrip("/") + "/"


def source() -> str:
    """Give the set-up cell's text."""
    return TEMPLATE.format(repository=repository())


def cell() -> dict:
    """Give the set-up cell as nbformat 4.5 stores it."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": CELL_ID,
        "metadata": {"tags": list(TAGS)},
        "outputs": [],
        "source": source().splitlines(keepends=True),
    }


def with_setup(notebook: dict) -> dict:
    """Return a copy of a notebook (as a dict) whose second cell is the set-up cell."""
    others = [c for c in notebook["cells"] if c.get("id") != CELL_ID]
    return {**notebook, "cells": [*others[:1], cell(), *others[1:]]}


def notebooks() -> list[Path]:
    """List the notebooks that have a set-up cell: chapters, and assignments with the package."""
    assignments = sorted((ROOT / "classroom" / "source").glob("*.ipynb"))
    with_package = [p for p in assignments if "alexnet_tutorial" in p.read_text(encoding="utf-8")]
    return sorted((ROOT / "book").glob("*.ipynb")) + with_package


def differing(paths: list[Path]) -> Iterator[tuple[Path, dict]]:
    """Yield (path, notebook as it should be) for notebooks whose set-up cell is not this one."""
    for path in paths:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        wanted = with_setup(notebook)
        if wanted != notebook:
            yield path, wanted


def main(arguments: list[str]) -> int:
    """Write or check the set-up cell of every notebook."""
    found = list(differing(notebooks()))
    for path, wanted in found:
        if "--check" in arguments:
            print(f"{path.name}: the set-up cell differs; run python -m tools.setup_cell")
        else:
            text = json.dumps(wanted, indent=1, ensure_ascii=False)
            write_whole(path, text + "\n")
            print(f"{path.name}: set-up cell written")
    return int(bool(found) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
