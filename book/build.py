"""Execute the chapters and build the site.

    python book/build.py

Each notebook of ``_toc.yml`` is executed once, on a copy outside the checkout, against the
installed package and without a network. The executed copy is kept under a key: a hash of all its
numbers depend on. While the key holds it is not executed again; once the package, the data, the
settings or the notebook itself change, what was kept is thrown away, so that nothing stale shows.
Jupyter Book's own cache is not used: it looks at the notebook's cells only, and goes on showing old
numbers after the package has changed.
"""

import ast
import datetime
import hashlib
import importlib.metadata
import importlib.resources
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from pathlib import Path

import nbformat
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
from environment import PACKAGE, ROOT, fingerprint, package_files
from setup_cell import repository

BUILD = ROOT / "build"
EXECUTED = BUILD / "executed"
SOURCE = BUILD / "source"
HTML = BUILD / "html"
STAMP = BUILD / "site.json"

CELL_SECONDS = 900  # the longest a cell may take
TOTAL_SECONDS = 1800  # the longest all notebooks together may take
# Environment variables that change what a notebook computes.
SETTINGS = ("KERAS_BACKEND", "ALEXNET_TUTORIAL_BUDGET")


def pages():
    """List the files that ``_toc.yml`` names, in its order, as paths relative to the root.

    Raises:
        SystemExit: A page is named that is not there, or named twice.
    """
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = []

    def walk(entry):
        names.extend(entry[key] for key in ("root", "file") if key in entry)
        for part in ("parts", "chapters", "sections"):
            for child in entry.get(part, []):
                walk(child)

    walk(toc)
    found = []
    for name in names:
        suffixes = [s for s in (".ipynb", ".md") if (ROOT / (name + s)).is_file()]
        if len(suffixes) != 1:
            raise SystemExit(f"_toc.yml names {name}: expected one {name}.ipynb or {name}.md")
        found.append(Path(name + suffixes[0]))
    if len(set(found)) != len(found):
        raise SystemExit("_toc.yml names a page twice")
    return found


def notebooks():
    """List the notebooks that ``_toc.yml`` names."""
    return [page for page in pages() if page.suffix == ".ipynb"]


def data_folder():
    """Find the data directory, as an absolute path: notebooks run elsewhere."""
    return Path(os.environ.get("ALEXNET_TUTORIAL_DATA") or ROOT / "data").resolve()


def installed_package():
    """Hash the files of the installed package: what the notebooks import."""
    spec = importlib.util.find_spec(PACKAGE)
    folder = Path(spec.origin).parent
    return fingerprint(package_files(folder.parent), folder.parent)


def installed_versions():
    """List the versions of what ``constraints.txt`` names, as installed here."""
    versions = [f"python=={sys.version.split()[0]}"]
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        name = line.partition("==")[0].strip()
        if name and not name.startswith("#"):
            try:
                versions.append(f"{name}=={importlib.metadata.version(name)}")
            except importlib.metadata.PackageNotFoundError:
                continue
    return versions


def circumstances():
    """Collect what the numbers of every notebook depend on, beside the notebook itself."""
    data = data_folder()
    signs = [path for path in (data / "signs").glob("*") if path.is_file()]
    # Large files, which a chapter checks by their hash before it uses them.
    weights = [path for path in (data / "weights").glob("*") if path.is_file()]
    return {
        "package": installed_package(),
        "versions": installed_versions(),
        "data": [str(data), fingerprint(signs, data)],
        "weights": sorted([path.name, path.stat().st_size] for path in weights),
        "settings": {name: os.environ.get(name, "") for name in SETTINGS},
    }


def key_of(notebook, around):
    """Hash a notebook together with its circumstances."""
    digest = hashlib.sha256((ROOT / notebook).read_bytes())
    digest.update(json.dumps(around, sort_keys=True).encode())
    return digest.hexdigest()


def kept_key(notebook):
    """Read the key under which an executed copy was kept; None where there is none."""
    try:
        kept = json.loads((EXECUTED / notebook).read_text(encoding="utf-8"))
        return kept["metadata"][PACKAGE]["key"]
    except (OSError, ValueError, KeyError):
        return None


def seconds_of(executed):
    """Measure from the first cell's start to the last cell's end, in seconds."""
    times = [
        datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
        for cell in executed.cells
        for stamp in cell.metadata.get("execution", {}).values()
    ]
    return (max(times) - min(times)).total_seconds() if times else 0.0


def offline_environment(scratch):
    """Give the environment variables of the kernels: this package, no network, no user's files."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    }
    nowhere = "http://127.0.0.1:9"  # nothing listens on the discard port
    environment |= {
        "ALEXNET_TUTORIAL_DATA": str(data_folder()),
        "PYTHONPATH": str(ROOT / "book" / "offline"),
        "PYTHONNOUSERSITE": "1",
        # A user's own start-up files and kernels would change what is executed.
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
        "JUPYTER_DATA_DIR": str(scratch / "jupyter"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere),
    }
    # Jupyter must find the kernel of this environment, also with a user's spec of the same name.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment.pop("PYTHONSAFEPATH", None)  # a reader's kernel has none
    return environment


def run_nbmake(folder, names):
    """Execute notebooks in place with nbmake, two at a time where there are two cores.

    Args:
        folder: Where the copies lie.
        names: Their paths relative to it.

    Returns:
        The names that ran to their end.
    """
    report = folder / "report.xml"
    workers = str(min(2, len(names), os.cpu_count() or 1))
    command = [sys.executable, "-m", "pytest", "--nbmake", "--overwrite", "--no-header"]
    command += [f"--nbmake-timeout={CELL_SECONDS}", f"--junitxml={report}", "--no-summary"]
    command += [
        "-q",
        "-W",
        "ignore",
        "-n",
        workers,
        "--dist",
        "worksteal",
        "-c",
        os.devnull,
        "--rootdir",
        folder,
    ]
    command += ["-p", "no:cacheprovider", *names]
    process = subprocess.Popen(
        command, cwd=folder, env=offline_environment(folder / "scratch"), start_new_session=True
    )
    try:
        process.wait(TOTAL_SECONDS)
    except BaseException as error:
        # Kernels are grandchildren: end the whole session, or they go on computing.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise SystemExit(f"The notebooks took more than {TOTAL_SECONDS} s") from None
        raise
    if not report.is_file():
        return set()
    passed = set()
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        if not any(child.tag in ("failure", "error", "skipped") for child in case):
            passed.add(case.get("name"))
    return {name for name in names if name in passed or Path(name).name in passed}


def execute():
    """Execute each notebook whose kept copy is not of these circumstances; return how many.

    Raises:
        SystemExit: A notebook failed. Those that ran are kept, of those that failed nothing is.
    """
    around = circumstances()
    keys = {notebook: key_of(notebook, around) for notebook in notebooks()}
    if EXECUTED.is_dir():
        for path in EXECUTED.rglob("*.ipynb"):
            name = path.relative_to(EXECUTED)
            if name not in keys or kept_key(name) != keys[name]:
                path.unlink()
    missing = [notebook for notebook in keys if not (EXECUTED / notebook).exists()]
    print(f"Notebooks: {len(keys)}, to execute: {len(missing)}", flush=True)
    if not missing:
        return 0
    with tempfile.TemporaryDirectory(prefix="alexnet-book-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        for notebook in missing:
            copy = folder / notebook
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / notebook, copy)
        passed = run_nbmake(folder, [notebook.as_posix() for notebook in missing])
        for notebook in missing:
            if notebook.as_posix() in passed:
                keep(folder / notebook, EXECUTED / notebook, keys[notebook])
        failed = [notebook for notebook in missing if notebook.as_posix() not in passed]
        for notebook in failed:
            print_failure(notebook, folder / notebook)
    if failed:
        raise SystemExit("Not executed: " + ", ".join(str(notebook) for notebook in failed))
    return len(missing)


def keep(copy, target, key):
    """Store an executed copy, whole or not at all, with its key and the time it took."""
    executed = nbformat.read(copy, as_version=4)
    executed.metadata[PACKAGE] = {"key": key, "seconds": round(seconds_of(executed), 1)}
    for cell in executed.cells:
        cell.metadata.pop("execution", None)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    nbformat.write(executed, partial)
    os.replace(partial, target)


def print_failure(notebook, copy):
    """Show the cell at which a notebook stopped, and what it said."""
    print(f"\n{notebook} failed", flush=True)
    for cell in nbformat.read(copy, as_version=4).cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                print(f"in the cell {cell.id!r}:\n{cell.source}\n")
                print("\n".join(output.traceback))


def minutes(seconds):
    """Put a duration into words.

    Example:
        >>> minutes(41.4), minutes(80), minutes(150)
        ('41 seconds', '1.3 minutes', '2.5 minutes')
    """
    return f"{seconds:.0f} seconds" if seconds < 60 else f"{seconds / 60:.1f} minutes"


def described_machine():
    """Ask the installed package what the notebooks ran on."""
    asked = "from alexnet_tutorial.session import describe; print(repr(describe()))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", asked], check=True, capture_output=True, text=True
    )
    return ast.literal_eval(done.stdout.splitlines()[-1])


def write_presets(folder):
    """Write for the workbench what the package knows: the variants, and each kind's fields."""
    from alexnet_tutorial.architecture import VARIANTS
    from alexnet_tutorial.workbench import kinds

    values = {
        "PRESETS": {name: network.to_json() for name, network in VARIANTS.items()},
        "KINDS": kinds(),
    }
    lines = [f"export const {name} = {json.dumps(value)};\n" for name, value in values.items()]
    (folder / "presets.js").write_text("".join(lines), encoding="utf-8")


def write_misconceptions(target):
    """Write for the teacher's guide what each chapter is for, and what its checks recognize.

    The objectives are those of the chapter's first cell; the slips are those that the checks of
    its exercises name to a student, so the guide says what they say.
    """
    from alexnet_tutorial.checks import QUESTIONS

    lines = []
    for page in notebooks():
        cells = nbformat.read(ROOT / page, as_version=4).cells
        title = cells[0].source.splitlines()[0].removeprefix("# ")
        goals = [line for line in cells[0].source.splitlines() if line.startswith("- ")]
        lines += [f"### [{title}]({page.name})", "", "After it, students can", "", *goals, ""]
        number = "?"
        for cell in cells:
            number = (re.findall(r"^\*\*(\d+)\.\*\*", cell.source, re.MULTILINE) or [number])[-1]
            if cell.cell_type != "code" or "solution" in cell.metadata.get("tags", []):
                continue
            for name in re.findall(r"check\(\s*[\"']([\w.-]+)[\"']", cell.source):
                slips = dict.fromkeys(slip for _, slip, *_ in QUESTIONS[name].misconceptions)
                said = re.sub(r"([\\*_`$|<\[])", r"\\\1", " · ".join(slips))
                lines += [f"*Exercise {number}.* {said}.", ""]
    target.write_text("\n".join(lines), encoding="utf-8")


def stage():
    """Lay out what Jupyter Book reads: configuration, pages, executed notebooks, static files."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    configuration = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    configuration["repository"]["url"] = repository()
    written = yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True)
    (SOURCE / "_config.yml").write_text(written, encoding="utf-8")
    shutil.copyfile(ROOT / "_toc.yml", SOURCE / "_toc.yml")
    shutil.copytree(ROOT / "book" / "theme", SOURCE / "book" / "theme")
    for folder in (ROOT / "book" / "images", ROOT / "book" / "static"):
        if folder.is_dir():
            shutil.copytree(folder, SOURCE / "book" / folder.name)
    if (ROOT / "book" / "references.bib").is_file():
        shutil.copyfile(ROOT / "book" / "references.bib", SOURCE / "book" / "references.bib")

    write_presets(SOURCE / "book" / "theme" / "static" / "workbench")
    write_misconceptions(SOURCE / "book" / "misconceptions.txt")

    machine = None
    for page in pages():
        target = SOURCE / page
        target.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix != ".ipynb":
            shutil.copyfile(ROOT / page, target)
            continue
        machine = machine or described_machine()
        executed = nbformat.read(EXECUTED / page, as_version=4)
        took = minutes(executed.metadata.pop(PACKAGE)["seconds"])
        executed.cells[0].source += f"\n\n*This page was made by running it: {took}. {machine}.*\n"
        # Where the data lies on the machine that built the book is no one's business.
        folder = json.dumps(str(data_folder()))[1:-1]
        shown = nbformat.writes(executed).replace(folder, "data")
        target.write_text(shown, encoding="utf-8")

    mathjax = importlib.resources.files("mathjax") / "static" / "mathjax" / "es5"
    static = SOURCE / "book" / "theme" / "static" / "mathjax"
    fonts = Path("output", "chtml", "fonts", "woff-v2")
    with importlib.resources.as_file(mathjax) as folder:
        shutil.copytree(folder / fonts, static / fonts)
        shutil.copyfile(folder / "tex-chtml-full.js", static / "tex-chtml-full.js")
        shutil.copyfile(folder.parent / "LICENSE", static / "LICENSE")


def build_site():
    """Build the site from what is staged; return False where the last one still holds."""
    staged = [path for path in SOURCE.rglob("*") if path.is_file()]
    wanted = {"source": fingerprint(staged, SOURCE), "versions": installed_versions()}
    try:
        if json.loads(STAMP.read_text(encoding="utf-8")) == wanted and HTML.is_dir():
            return False
    except (OSError, ValueError):
        pass
    # From scratch each time: an incremental build repeats no warning of a page it does not read,
    # and would pass after a failure.
    work = BUILD / "work"
    for old in (STAMP, HTML, work):
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    command = [Path(sys.executable).parent / "jupyter-book", "build", SOURCE, "--path-output", work]
    command += ["--quiet", "-W", "-n", "--keep-going"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode or "Executing notebook" in done.stdout:
        print(done.stdout)
        raise SystemExit("Jupyter Book did not build the site, or executed a notebook by itself")
    shutil.copytree(work / "_build" / "html", HTML)
    hush(HTML)
    shutil.rmtree(work)
    STAMP.write_text(json.dumps(wanted) + "\n", encoding="utf-8")
    return True


def hush(site):
    """Take the theme's progress messages out, so that the browser's console shows faults only."""
    for script in (*(site / "_static").rglob("*.js"), site / "search.html"):
        text = script.read_text(encoding="utf-8")
        if "console.log(" in text and "mathjax" not in script.parts:
            script.write_text(text.replace("console.log(", "void("), encoding="utf-8")


def main():
    """Execute, stage, build; say how long each took and where the site is."""
    began = time.monotonic()
    count = execute()
    whole = [notebook for notebook in notebooks() if (EXECUTED / notebook).is_file()]
    if len(whole) != len(notebooks()):
        raise SystemExit(f"{len(notebooks())} notebooks in _toc.yml, {len(whole)} executed")
    after = time.monotonic()
    stage()
    built = build_site()
    seconds = time.monotonic() - after
    print(
        f"Executed {count} of {len(whole)} notebooks in {after - began:.0f} s; "
        f"the site was {'built' if built else 'up to date'} ({seconds:.0f} s)"
    )
    print(HTML / "index.html")


if __name__ == "__main__":
    main()
