"""Pack the book for a classroom without internet.

    python -m tools.archive              build/alexnet-taken-apart-offline.zip, from the built site
    python -m tools.archive --wheels     with the wheels of all dependencies, for this platform

The archive holds the built site with its PDF, the notebooks, the released assignments, the
package's wheel, and the generated hands as files, so that nothing is asked of the network. Data of
others is not in it: photographs are seen in the site's figures at most, as on the site itself. Two
archives of one state of the book are the same, byte for byte.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from alexnet_tutorial.files import write_whole
from tools.environment import ROOT, TENSORFLOW, build_wheel, venv_python
from tools.pdf import NAME as PDF

if TYPE_CHECKING:
    from alexnet_tutorial.pictures.signs import Signs

SITE = ROOT / "build" / "html"
TARGET = ROOT / "build" / "alexnet-taken-apart-offline.zip"
FOLDER = "alexnet-taken-apart"  # the one folder that unpacking makes
OLDEST_DATE = (1980, 1, 1, 0, 0, 0)  # the same in each archive, and all that zip can store

README = """\
AlexNet, taken apart: the book without internet
===============================================

1. Read. Open site/index.html in a browser. Everything works from the files.{pdf}

2. Install. With {python}, in this folder:
       python -m venv env
       env/bin/python -m pip install {install}
   (On Windows: env\\Scripts\\python.) {wheels}

3. Run. Tell the notebooks where the pictures are, and open one:
       export ALEXNET_TUTORIAL_DATA="$PWD/data"    (Windows: set ALEXNET_TUTORIAL_DATA=%CD%\\data)
       env/bin/jupyter lab notebooks
   The pictures in data/ are hands drawn by the package, {train} to train and {test} to test on. No
   photograph is among them, and no chapter asks for the network.{assignments}
"""


def generated_data(folder: Path) -> "Signs":
    """Draw the generated hands where the package looks for them in a data directory.

    Args:
        folder: The data directory.

    Returns:
        Signs: What was drawn.
    """
    from alexnet_tutorial.pictures import load_signs

    Path(folder).mkdir()
    return load_signs("generated", directory=folder)


def dependency_wheels(folder: Path, wheel: Path) -> None:
    """Download the wheels of all that the notebooks need, for this machine's platform."""
    command: list[str | Path] = [
        venv_python(),
        "-m",
        "pip",
        "download",
        "--quiet",
        "--only-binary",
        ":all:",
    ]
    command += ["--constraint", str(ROOT / "constraints.txt"), "--dest", str(folder)]
    wanted = f"alexnet-tutorial[{TENSORFLOW}] @ {wheel.as_uri()}"
    subprocess.run([*command, wanted, "jupyterlab", "pip"], check=True)


def contents(scratch: Path, wheels: bool = False) -> dict[str, Path]:
    """Collect what goes into the archive.

    Args:
        scratch: An empty folder for what is made here.
        wheels: Whether the dependencies' wheels are downloaded.

    Returns:
        dict: Path within the archive -> path of the file.

    Raises:
        SystemExit: The site is not built.
    """
    if not (SITE / "index.html").is_file():
        raise SystemExit(f"{SITE}: no site to pack. Run make book first")
    found = {f"site/{p.relative_to(SITE).as_posix()}": p for p in SITE.rglob("*") if p.is_file()}
    found |= {f"notebooks/{p.name}": p for p in (ROOT / "book").glob("*.ipynb")}
    # Notebooks link to the pages that are none.
    found |= {f"notebooks/{p.name}": p for p in (ROOT / "book").glob("*.md")}
    released = ROOT / "classroom" / "release"
    assignments = [p for p in released.rglob("*") if p.is_file()]
    found |= {f"assignments/{p.relative_to(released).as_posix()}": p for p in assignments}

    wheel = build_wheel(scratch / "wheel")
    if wheels:
        (scratch / "wheels").mkdir()
        dependency_wheels(scratch / "wheels", wheel)
        found |= {f"wheels/{p.name}": p for p in (scratch / "wheels").iterdir()}
    found[f"wheels/{wheel.name}"] = wheel
    signs = generated_data(scratch / "data")
    drawn = (scratch / "data").rglob("*.h5")
    found |= {p.relative_to(scratch).as_posix(): p for p in drawn}

    python = "Python {}.{}".format(*sys.version_info)
    extra = f'"alexnet-tutorial[{TENSORFLOW}]" jupyterlab'
    written = README.format(
        pdf=f" The book as one PDF: site/{PDF}." if f"site/{PDF}" in found else "",
        install=f"--find-links wheels {'--no-index ' if wheels else ''}{extra}",
        python=f"{python} on {sysconfig.get_platform()}" if wheels else "Python 3.11 or later",
        wheels="All that is needed is in wheels/, for this Python and this\n   kind of machine; "
        "for another, make the archive there."
        if wheels
        else "TensorFlow and Jupyter come from\n   the network: do this step where there is one, "
        "or make the archive with  make offline WHEELS=1.",
        train=len(signs.train) + len(signs.validation),
        test=len(signs.test),
        assignments=" The graded ones are in assignments/." if assignments else "",
    )
    (scratch / "README.txt").write_text(written, encoding="utf-8")
    found["README.txt"] = scratch / "README.txt"
    return found


def write_archive(found: dict[str, Path], target: Path) -> None:
    """Write a zip: sorted, with one date, whole or not at all.

    Args:
        found: Path within the archive -> path of the file.
        target: Where the archive goes.
    """

    def pack(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in sorted(found.items()):
                entry = zipfile.ZipInfo(f"{FOLDER}/{name}", OLDEST_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())

    write_whole(target, pack)


def main(arguments: list[str]) -> None:
    """Make the archive; print where it is."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")  # of the wheel's files, 1980
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder).resolve()
        write_archive(contents(scratch, "--wheels" in arguments), TARGET)
    print(f"{TARGET} ({TARGET.stat().st_size / 1e6:.0f} MB)")


if __name__ == "__main__":
    main(sys.argv[1:])
