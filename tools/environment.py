"""Make ``.venv`` and install the package there, as a wheel.

    python3 -m tools.environment

Needs nothing but Python 3.11 or later. The notebooks and the tests then run against what a user
would install, not against the checkout: a file that the wheel forgets is missed at once. Nothing
is done where nothing has changed.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
# TensorFlow without CUDA is published for x86 only; elsewhere the plain one has none either.
TENSORFLOW = "tf-cpu" if platform.machine().lower() in ("x86_64", "amd64") else "tf"
EXTRAS = f"{TENSORFLOW},book,test"
OLDEST = (3, 11)

# What a wheel is made of, and what decides which other packages it needs.
METADATA = ("pyproject.toml", "README.md", "LICENSE")
REQUIREMENTS = ("pyproject.toml", "constraints.txt")
PACKAGE = "alexnet_tutorial"


def fingerprint(paths: Iterable[Path], root: Path = ROOT) -> str:
    """Hash the names and contents of files; any change, addition or removal changes the hash."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def package_files(root: Path = ROOT) -> list[Path]:
    """List the package's files, without what Python compiled from them."""
    return [
        path
        for path in (root / PACKAGE).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    ]


def venv_python() -> Path:
    """Give the path of the virtual environment's Python."""
    if os.name == "nt":
        return VENV / "Scripts" / "python.exe"
    return VENV / "bin" / "python"


def run(command: Sequence[str | Path]) -> None:
    """Run a command; show what it says only where it fails, and end then.

    Raises:
        SystemExit: It failed.
    """
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout, flush=True)
        raise SystemExit(f"Ended with {done.returncode}: {' '.join(map(str, command))}")


def pip(*arguments: str | Path) -> None:
    """Run pip in the virtual environment."""
    base: list[str | Path] = [venv_python(), "-m", "pip", "--disable-pip-version-check"]
    run([*base, *arguments])


def pip_install(*arguments: str) -> None:
    """Install into the virtual environment: with uv where there is one, else with pip.

    Nothing is compiled: that takes half a minute, and Python compiles what it first imports.
    """
    if shutil.which("uv"):
        run(["uv", "pip", "install", "--python", str(venv_python()), *arguments])
    else:
        pip("install", "--no-compile", *arguments)


def make_venv() -> None:
    """Create the virtual environment, or say what this Python lacks."""
    print(f"Making {VENV} with Python {sys.version.split()[0]}", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SystemExit(
            f"{sys.executable} could not make a virtual environment. On Debian and Ubuntu the "
            "package python3-venv is missing; elsewhere choose another Python with "
            "make PYTHON=/path/to/python3"
        )


def build_wheel(folder: str | Path) -> Path:
    """Build the package's wheel from a clean copy.

    A copy, because setuptools keeps a ``build/lib`` beside what it builds, where a file that was
    since removed lives on, and goes into the next wheel.
    """
    source = Path(folder) / "source"
    for path in [*package_files(), *(ROOT / name for name in METADATA)]:
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    (wheel,) = Path(folder).glob("*.whl")
    return wheel


def install() -> None:
    """Bring the virtual environment up to date with the checkout."""
    wanted = {
        "python": "{}.{}".format(*sys.version_info),
        "extras": EXTRAS,
        "requirements": fingerprint(ROOT / name for name in REQUIREMENTS),
        "wheel": fingerprint([*package_files(), *(ROOT / name for name in METADATA)]),
    }
    present = installed()
    if present == wanted:
        return
    STAMP.unlink(missing_ok=True)  # what is cut off half-way is not taken for whole
    new = not venv_python().exists() or present.get("python") != wanted["python"]
    same_needs = not new and {**wanted, "wheel": None} == {**present, "wheel": None}
    if new:
        make_venv()
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    if not same_needs:
        print("Installing what the book and its tests need (minutes, the first time)", flush=True)
        pip_install(*constraints, "setuptools", "wheel")
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(folder)
        if not same_needs:
            pip_install(*constraints, f"{PACKAGE.replace('_', '-')}[{EXTRAS}] @ {wheel.as_uri()}")
        if not new:
            pip_install("--no-deps", "--force-reinstall", str(wheel))
    print(f"Installed {wheel.name} in {VENV}", flush=True)
    link_checkout()
    STAMP.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")


def link_checkout() -> None:
    """Let the environment's Python find ``tools`` and ``classroom``, after what is installed.

    The wheel comes first on the path, so that the checkout's own package stays out of sight.
    """
    asked = [str(venv_python()), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    folder = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    Path(folder, "alexnet-tutorial-checkout.pth").write_text(f"{ROOT}\n", encoding="utf-8")


def installed() -> dict:
    """Read what the virtual environment was last brought up to; empty where it is not whole."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        needed, found = (".".join(map(str, v[:2])) for v in (OLDEST, sys.version_info))
        sys.exit(
            f"The book needs Python {needed} or later; {sys.executable} is {found}. "
            "Choose another with make PYTHON=/path/to/python3"
        )
    install()
