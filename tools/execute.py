"""Execute the chapters, each under a key of all that its numbers depend on.

Each notebook of ``_toc.yml`` is executed once, by nbmake, on a copy outside the checkout, against
the installed package and without a network. The executed copy is kept under its key. While the key
holds (``tools/keys.py``) it is not executed again; once it does not, what was kept is thrown away,
so that nothing stale shows. Jupyter Book's own cache is not used: it looks at the notebook's cells
only, and goes on showing old numbers after the package has changed.
"""

import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
import psutil

from alexnet_tutorial.files import write_whole
from tools import keys
from tools.environment import BUILD, PACKAGE, ROOT
from tools.pages import data_folder, minutes, notebooks
from tools.setup_cell import CELL_ID

EXECUTED = BUILD / "executed"
LAST = "last.json"  # beside the copies: the parts of each key, and how long it took

CELL_SECONDS = 900  # the longest a cell may take
TOTAL_SECONDS = 1800  # the longest all notebooks together may take
AT_A_TIME = min(2, os.cpu_count() or 1)
# What the status page gives the version of, beside those that the machine's words name.
NAMED = ("h5py", "ipython", "jupyter-book", "matplotlib", "nbmake", "pillow", "scipy")
# What is kept with an executed copy.
RECORD = {"key", "seconds", "when", "machine", "versions", "pictures"}
# How a chapter's first cell says how long it takes, in minutes.
WORDS = {"half": 0.5, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


class Failed(Exception):
    """A notebook did not run to its end; the words say where it stopped."""


def kept_record(copy: Path) -> dict:
    """Read what was kept with an executed copy; empty where there is no whole one."""
    try:
        record = json.loads(copy.read_text(encoding="utf-8"))["metadata"][PACKAGE]
        return record if record.keys() == RECORD else {}
    except (OSError, ValueError, KeyError, AttributeError):
        return {}


def span_of(executed: nbformat.NotebookNode) -> tuple[datetime.datetime, datetime.datetime]:
    """Find when the first cell began and the last one ended, in UTC; now where none was run."""
    times = [
        datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
        for cell in executed.cells
        for stamp in cell.metadata.get("execution", {}).values()
    ] or [datetime.datetime.now(datetime.UTC)]
    return min(times), max(times)


# Call, folder and files of each set of pictures, its name, and what stands in for it.
SETS = (
    ("load_signs", "signs", "*.h5", "SIGNS photographs", "generated hands"),
    ("load_cifar10", "cifar10", "*.t*gz", "CIFAR-10", "drawn shapes"),
    ("load_imagenette", "imagenette", "imagenette2*.tgz", "Imagenette", "drawn shapes"),
)


def pictures_of(executed: nbformat.NotebookNode) -> str:
    """Name the pictures that a notebook reads where it asks for none in particular."""
    code = "".join(cell.source for cell in executed.cells if cell.cell_type == "code")
    read = [
        name if any((data_folder() / folder).glob(files)) else drawn
        for call, folder, files, name, drawn in SETS
        if f"{call}(" in code
    ]
    return ", ".join(read) or "none needed"


def machine_of(executed: nbformat.NotebookNode) -> str:
    """Read what a notebook ran on: its set-up cell prints it first."""
    for cell in executed.cells:
        if cell.get("id") == CELL_ID:
            printed = [output.text for output in cell.outputs if "text" in output]
            return "".join(printed).partition("\n")[0]
    return f"Python {sys.version.split()[0]}"


def named_versions() -> str:
    """List the versions that the status page names, as words."""
    found = keys.versions(NAMED)
    return ", ".join(f"{name} {found[name]}" for name in NAMED if name in found)


def offline_environment(scratch: Path) -> dict[str, str]:
    """Give the environment variables of the kernels: this package, no network, no user's files."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    }
    nowhere = "http://127.0.0.1:9"  # nothing listens on the discard port
    environment |= {
        "ALEXNET_TUTORIAL_DATA": str(data_folder()),
        "ALEXNET_TUTORIAL_BUILD": "1",  # what a page says of its numbers is insisted on
        "PYTHONPATH": str(ROOT / "tools" / "offline"),
        "PYTHONNOUSERSITE": "1",
        # A user's own start-up files and kernels would change what is executed.
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
        "JUPYTER_DATA_DIR": str(scratch / "jupyter"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        # Of pytest's plugins nbmake alone is needed: the others take a second to load.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere),
    }
    # Jupyter must find the kernel of this environment, also with a user's spec of the same name.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment.pop("PYTHONSAFEPATH", None)  # a reader's kernel has none
    return environment


class Runs:
    """The notebooks that are being executed; all of them can be ended at once."""

    def __init__(self, folder: Path):
        """Prepare.

        Args:
            folder: Where the copies lie, and what they write besides.
        """
        self.environment = offline_environment(folder / "scratch")
        self.since: dict[Path, float] = {}
        self._processes: set[psutil.Popen] = set()
        self._lock = threading.Lock()
        self._over = False

    def execute(self, copy: Path, began: Callable[[], None]) -> float:
        """Execute a copy in place; return the seconds it took.

        Args:
            copy: The notebook.
            began: Called when it begins.

        Raises:
            Failed: It did not run to its end.
        """
        command = [sys.executable, "-m", "pytest", "-p", "nbmake.pytest_plugin", "--nbmake"]
        command += ["--overwrite", f"--nbmake-timeout={CELL_SECONDS}", "-q", "-W", "ignore"]
        command += ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(copy.parent)]
        log = copy.with_suffix(".log")
        with log.open("w+b") as file:
            with self._lock:
                if self._over:
                    raise Failed("the build ended before it began")
                began()
                since = self.since[copy] = time.monotonic()
                # In a session of its own: Ctrl-C ends the build, and the build ends this.
                process = psutil.Popen(
                    [*command, copy.name],
                    cwd=copy.parent,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self._processes.add(process)
            status = process.wait()
        with self._lock:
            self._processes.discard(process)
            del self.since[copy]
        if status:
            said = log.read_text(encoding="utf-8", errors="replace")
            raise Failed(failure(copy) or f"nbmake ended with {status}:\n{said}")
        return time.monotonic() - since

    def end(self) -> None:
        """End what runs, with its kernels, which are in sessions of their own; begin no more."""
        with self._lock:
            self._over = True
            family = []
            for process in self._processes:
                try:
                    family += [*process.children(recursive=True), process]
                except psutil.NoSuchProcess:
                    continue
            for each in family:
                try:
                    each.kill()
                except psutil.NoSuchProcess:
                    continue
            psutil.wait_procs([p for p in family if p not in self._processes], timeout=10)


def failure(copy: Path) -> str:
    """Say at which cell a notebook stopped, and what that said; empty where none has an error."""
    words = ""
    for cell in nbformat.read(copy, as_version=4).cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                trace = "\n".join(output.traceback)
                words = f"in the cell {cell.id!r}:\n{cell.source}\n\n{trace}"
    return words


def estimate(notebook: Path) -> float:
    """Read how long a chapter says that it takes, in seconds.

    Returns:
        The longest time that its first cell speaks of; a minute where it speaks of none.
    """
    text = notebook.read_text(encoding="utf-8")
    found = re.search(r"the cells run in (.*?)(?: on |[.,;])", text)
    if not found:
        return 60.0
    if "minute" not in found[1]:
        return 10.0
    return 60.0 * max(WORDS.get(word, 0) for word in found[1].split())


def time_left(running: Iterable[float], waiting: Iterable[float]) -> float:
    """Estimate when the last notebook ends.

    Args:
        running: The seconds that those that run still need.
        waiting: The seconds that the others need.

    Example:
        >>> time_left([30, 5], [20, 20])  # two at a time
        37.5
    """
    running = list(running)
    return max([(sum(running) + sum(waiting)) / AT_A_TIME, *running])


def keep(copy: Path, target: Path, key: str) -> None:
    """Store an executed copy, whole or not at all, with its key, when it ran and on what."""
    executed = nbformat.read(copy, as_version=4)
    began, ended = span_of(executed)
    executed.metadata[PACKAGE] = {
        "key": key,
        "seconds": round((ended - began).total_seconds(), 1),
        "when": f"{began:%Y-%m-%d %H:%M} UTC",
        "machine": machine_of(executed),
        "versions": named_versions(),
        "pictures": pictures_of(executed),
    }
    for cell in executed.cells:
        cell.metadata.pop("execution", None)
    # Where the data lies on the machine that built the book is no one's business.
    folder = json.dumps(str(data_folder()))[1:-1]
    write_whole(target, nbformat.writes(executed).replace(folder, "data") + "\n")


def read_last(kept: Path) -> dict:
    """Read what is known of each notebook's last execution."""
    try:
        return json.loads((kept / LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def execute(root: Path = ROOT, kept: Path = EXECUTED) -> int:
    """Execute each notebook whose kept copy does not hold any more; return how many.

    Args:
        root: The checkout.
        kept: Where executed copies are kept.

    Raises:
        SystemExit: A notebook failed, or all of them took too long. Those that ran to their end
            are kept, of the others nothing is.
    """
    parts = {notebook: keys.parts(root / notebook) for notebook in notebooks(root)}
    wanted = {notebook: keys.key(found) for notebook, found in parts.items()}
    for path in kept.rglob("*.ipynb"):
        if kept_record(path).get("key") != wanted.get(path.relative_to(kept)):
            path.unlink()
    missing = [notebook for notebook in wanted if not (kept / notebook).exists()]
    print(f"{len(wanted)} notebooks, {len(missing)} to execute", flush=True)
    if not missing:
        return 0
    last = read_last(kept)
    needed = {n: last.get(n.as_posix(), {}).get("seconds") or estimate(root / n) for n in missing}
    # The longest first, so that both cores end at about the same time.
    missing.sort(key=lambda notebook: -needed[notebook])
    failed: list[Path] = []
    with tempfile.TemporaryDirectory(prefix="alexnet-book-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        runs = Runs(folder)
        waiting = list(missing)
        took: dict[Path, float] = {}

        def run(notebook: Path) -> float:
            def began() -> None:
                waiting.remove(notebook)
                why = keys.difference(last.get(notebook.as_posix(), {}).get("parts", {}), here)
                print(f"  {notebook.stem} begins, {why}", flush=True)

            here = parts[notebook]
            copy = folder / notebook
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / notebook, copy)
            return runs.execute(copy, began)

        def left() -> float:
            # This machine may be slower than the one that the times are from.
            pace = sum(took.values()) / sum(needed[notebook] for notebook in took)
            now = time.monotonic()
            running = [
                max(0.0, pace * needed[copy.relative_to(folder)] - (now - since))
                for copy, since in list(runs.since.items())
            ]
            return time_left(running, [pace * needed[notebook] for notebook in waiting])

        def ended(notebook: Path, future: Future, number: int) -> None:
            try:
                took[notebook] = future.result()
            except Failed as error:
                failed.append(notebook)
                print(f"  {notebook.stem} FAILED {error}", flush=True)
                return
            keep(folder / notebook, kept / notebook, wanted[notebook])
            last[notebook.as_posix()] = {"parts": parts[notebook], "seconds": took[notebook]}
            write_whole(kept / LAST, json.dumps(last))
            after = "all done" if number == len(missing) else f"about {minutes(left())} left"
            seconds = minutes(took[notebook])
            print(f"  {notebook.stem}: {seconds} ({number} of {len(missing)}, {after})", flush=True)

        with ThreadPoolExecutor(AT_A_TIME) as pool:
            futures = {pool.submit(run, notebook): notebook for notebook in missing}
            try:
                for number, future in enumerate(as_completed(futures, TOTAL_SECONDS), 1):
                    ended(futures[future], future, number)
            except BaseException as error:
                pool.shutdown(wait=False, cancel_futures=True)
                runs.end()
                if isinstance(error, TimeoutError):
                    raise SystemExit(f"The notebooks took more than {TOTAL_SECONDS} s") from None
                raise
    if failed:
        raise SystemExit("Not executed: " + ", ".join(map(str, sorted(failed))))
    return len(missing)
