"""Execute the chapters with the versions that Google's Colab machines have.

    python -m tools.colab            every chapter; what came of it goes to the status page
    python -m tools.colab 14 91      these chapters only

``tools/colab.txt`` holds the versions. The environment ``.venv-colab`` has exactly these, and the
package is installed there as a notebook's set-up cell does it: from its wheel, with whatever pip
takes along. Nothing of what Colab ships may change by that, or a reader would have to restart.
"""

import datetime
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from alexnet_tutorial.files import write_whole
from tools.environment import ROOT, TENSORFLOW, build_wheel, fingerprint
from tools.trial import chapters, try_all

LIST = ROOT / "tools" / "colab.txt"
VENV = ROOT / ".venv-colab"
STAMP = VENV / "installed.json"
STATUS = ROOT / "book" / "status.md"
MARK = "<!-- make colab writes the next line. -->"
PROJECT = "alexnet-tutorial"
PYTHON = VENV / "bin" / "python"


def published() -> dict[str, str]:
    """Read the list: name -> version."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def pip(*arguments: str) -> str:
    """Run pip in the environment; give what it printed."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def installed() -> dict[str, str]:
    """List what the environment has: name -> version."""
    return {entry["name"]: entry["version"] for entry in json.loads(pip("list", "--format=json"))}


def make_environment() -> None:
    """Make ``.venv-colab`` with exactly the published versions, unless it is there."""
    wanted = {"python": sys.version.split()[0], "list": fingerprint([LIST])}
    if STAMP.is_file() and json.loads(STAMP.read_text(encoding="utf-8")) == wanted:
        return
    print(f"Making {VENV} with the versions of Colab", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    # The same TensorFlow, without what only a GPU needs, where there is such a one.
    build = "tensorflow-cpu" if TENSORFLOW == "tf-cpu" else "tensorflow"
    names = [
        f"{build if name == 'tensorflow' else name}=={version}"
        for name, version in published().items()
    ]
    pip("install", "--quiet", *names)
    STAMP.write_text(json.dumps(wanted) + "\n", encoding="utf-8")


def install_package() -> None:
    """Install the package's wheel as a set-up cell does, and see that nothing else changed.

    Raises:
        SystemExit: pip replaced something, or added what is not on the list.
    """
    pip("uninstall", "--quiet", "--yes", PROJECT)
    before = installed()
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder).resolve())
        pip("install", "--quiet", f"{PROJECT}[{TENSORFLOW}] @ {wheel.as_uri()}")
    after = installed()
    del after[PROJECT]
    changed = sorted(name for name in before | after if before.get(name) != after.get(name))
    if changed:
        said = [f"{name} from {before.get(name)} to {after.get(name)}" for name in changed]
        raise SystemExit(f"Installing the package changes what Colab ships: {', '.join(said)}")
    pip("check")


def record() -> None:
    """Write into the status page that every chapter has passed, today."""
    head = LIST.read_text(encoding="utf-8").partition("\ntensorflow")[0]
    (listed,) = re.findall(r"\d{4}-\d\d-\d\d", head)
    has = published()
    said = (
        f"Every chapter ran to its end on {datetime.date.today()} with the versions that Colab "
        f"published on {listed} (TensorFlow {has['tensorflow']}, Keras {has['keras']}, NumPy "
        f"{has['numpy']}, IPython {has['ipython']}), on Python {sys.version.split()[0]} and a CPU."
    )
    text = STATUS.read_text(encoding="utf-8")
    text, count = re.subn(rf"(?<={re.escape(MARK)}\n).*", lambda _: said, text)
    if count != 1:
        raise SystemExit(f"{STATUS}: expected one line {MARK}, and a line after it")
    write_whole(STATUS, text)


def main(arguments: list[str]) -> int:
    """Execute the chapters; return 1 where one failed."""
    paths = chapters(" ".join(arguments))
    make_environment()
    install_package()
    failed = try_all(paths, PYTHON)
    if not failed and not arguments:
        record()
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
