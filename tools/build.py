"""Execute the chapters and build the site.

    python -m tools.build

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
from xml.sax.saxutils import escape

import nbformat
import yaml

from tools.environment import PACKAGE, ROOT, fingerprint, package_files
from tools.pdf import find_chromium, make_pdf
from tools.setup_cell import book_address, repository

BUILD = ROOT / "build"
EXECUTED = BUILD / "executed"
SOURCE = BUILD / "source"
HTML = BUILD / "html"
STAMP = BUILD / "site.json"

CELL_SECONDS = 900  # the longest a cell may take
TOTAL_SECONDS = 1800  # the longest all notebooks together may take
# Environment variables that change what a notebook computes.
SETTINGS = ("KERAS_BACKEND", "ALEXNET_TUTORIAL_BUDGET")
# What the status page gives the version of, beside those that the machine's words name.
NAMED = ("h5py", "ipython", "jupyter-book", "matplotlib", "nbmake", "pillow", "scipy")
# What is kept with an executed copy.
RECORD = {"key", "seconds", "when", "machine", "versions", "pictures"}
# What the theme writes and what stands there instead.
REPAIRS = {
    # The logo would lie outside every landmark.
    '<div id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar">': (
        '<div id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar" '
        'role="region" aria-label="Contents of the book">'
    ),
    # A role that no longer exists, in a list whose items are not items.
    ' role="doc-biblioentry"': "",
    '<div role="list" class="citation-list">': '<div class="citation-list">',
}
# Jupyter Book's own page at the root has neither language nor title, and no link.
INDEX = """\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Refresh" content="0; url={target}">
    <title>AlexNet, taken apart</title>
  </head>
  <body><main><h1>AlexNet, taken apart</h1><p><a href="{target}">Begin</a></p></main></body>
</html>
"""
# Where the status page has its tables.
STATUS = Path("book", "status.md")
STATUS_MARK = "<!-- The build puts its record here. -->"


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
        record = kept["metadata"][PACKAGE]
        return record["key"] if record.keys() == RECORD else None
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def span_of(executed):
    """Find when the first cell began and the last one ended.

    Returns:
        Two ``datetime.datetime``, in UTC; twice now where no cell was executed.
    """
    times = [
        datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
        for cell in executed.cells
        for stamp in cell.metadata.get("execution", {}).values()
    ] or [datetime.datetime.now(datetime.UTC)]
    return min(times), max(times)


def pictures_of(executed):
    """Name the pictures of hands that a notebook reads where it asks for none in particular."""
    code = "".join(cell.source for cell in executed.cells if cell.cell_type == "code")
    if "load_signs(" not in code:
        return "none needed"
    there = any((data_folder() / "signs").glob("*.h5"))
    return "SIGNS photographs" if there else "generated hands"


def offline_environment(scratch):
    """Give the environment variables of the kernels: this package, no network, no user's files."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    }
    nowhere = "http://127.0.0.1:9"  # nothing listens on the discard port
    environment |= {
        "ALEXNET_TUTORIAL_BUILD": "1",  # what a chapter expects of its run is insisted on
        "ALEXNET_TUTORIAL_DATA": str(data_folder()),
        "PYTHONPATH": str(ROOT / "tools" / "offline"),
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
        where = {"machine": described_machine(), "versions": named_versions()} if passed else {}
        for notebook in missing:
            if notebook.as_posix() in passed:
                keep(folder / notebook, EXECUTED / notebook, {"key": keys[notebook], **where})
        failed = [notebook for notebook in missing if notebook.as_posix() not in passed]
        for notebook in failed:
            print_failure(notebook, folder / notebook)
    if failed:
        raise SystemExit("Not executed: " + ", ".join(str(notebook) for notebook in failed))
    return len(missing)


def keep(copy, target, record):
    """Store an executed copy, whole or not at all, with its key, when it ran and on what.

    Args:
        copy: The notebook, executed.
        target: Where it is kept.
        record: Its key, the machine and the versions; the rest of ``RECORD`` is added.
    """
    executed = nbformat.read(copy, as_version=4)
    began, ended = span_of(executed)
    executed.metadata[PACKAGE] = {
        **record,
        "seconds": round((ended - began).total_seconds(), 1),
        "when": f"{began:%Y-%m-%d %H:%M} UTC",
        "pictures": pictures_of(executed),
    }
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


def named_versions():
    """List the versions that the status page names, as words."""
    found = [version.split("==") for version in installed_versions()]
    return ", ".join(f"{name} {number}" for name, number in found if name in NAMED)


def with_measured_time(source, record):
    """Put what was measured in the place of the estimate that a notebook's first cell gives.

    Args:
        source: The first cell; its Time paragraph says ``; the cells run in …`` up to a full stop.
        record: What was kept with the executed copy.

    Returns:
        The cell as the site shows it.

    Raises:
        ValueError: There is no such sentence, or more than one.

    Example:
        >>> first = "**Time** about 30 minutes to read; the cells run in a minute. Bring tea."
        >>> print(with_measured_time(first, {"seconds": 41.4, "machine": "CPU, 2 cores"}))
        **Time** about 30 minutes to read. This page was made by running it: 41 seconds. Bring tea.
        <BLANKLINE>
        *Ran on CPU, 2 cores: [how this book is executed](status.md).*
        <BLANKLINE>
    """
    measured = f". This page was made by running it: {minutes(record['seconds'])}."
    estimate = re.compile(r"^(\*\*Time\*\* [^;.\n]*); the cells run in [^.]*\.", re.MULTILINE)
    found, count = estimate.subn(lambda match: match[1] + measured, source)
    if count != 1:
        raise ValueError(f"expected one '**Time** …; the cells run in ….', found {count}")
    return f"{found}\n\n*Ran on {record['machine']}: [how this book is executed](status.md).*\n"


def status_record(records):
    """Write what ran, when and how long, one table for each machine, as Markdown.

    Args:
        records: A dict from a notebook's (title, link) to what was kept with its executed copy.
    """
    groups = {}
    for (title, link), record in records.items():
        groups.setdefault((record["machine"], record["versions"]), []).append((title, link, record))
    lines = []
    for (machine, versions), group in groups.items():
        lines += [f"**Ran on** {machine}; with {versions}.", ""]
        lines += ["| Chapter | Ran | Took | Pictures of hands |", "|---|---|---|---|"]
        for title, link, record in group:
            took, pictures = minutes(record["seconds"]), record["pictures"]
            lines.append(f"| [{title}]({link}) | {record['when']} | {took} | {pictures} |")
        total = sum(record["seconds"] for _, _, record in group)
        lines += ["", f"Together {minutes(total)}, each chapter to its last cell.", ""]
    return "\n".join(lines)


def write_presets(folder):
    """Write for the workbench what the package knows: the variants, and each kind's fields."""
    from alexnet_tutorial.shapes.variants import VARIANTS
    from alexnet_tutorial.workbench import kinds

    values = {
        "PRESETS": {name: network.to_json() for name, network in VARIANTS.items()},
        "KINDS": kinds(),
    }
    lines = [f"export const {name} = {json.dumps(value)};\n" for name, value in values.items()]
    (folder / "presets.js").write_text("".join(lines), encoding="utf-8")


def write_addresses(folder):
    """Write what holds the published site's address: site map, robots.txt and the 404 page."""
    folder.mkdir()
    book = book_address()
    found = [f"{book}{page.with_suffix('.html').as_posix()}" for page in pages()]
    urls = "".join(f"  <url><loc>{escape(url)}</loc></url>\n" for url in found)
    sitemap = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )
    (folder / "sitemap.xml").write_text(sitemap, encoding="utf-8")
    robots = f"User-agent: *\nAllow: /\nSitemap: {book}sitemap.xml\n"
    (folder / "robots.txt").write_text(robots, encoding="utf-8")
    # Shown for any address that does not exist, however deep: its links cannot be relative.
    missing = (ROOT / "book" / "404.html").read_text(encoding="utf-8")
    (folder / "404.html").write_text(missing.replace("BOOK/", book), encoding="utf-8")


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
            number = (re.findall(r"^\*\*(\d+)\. ", cell.source, re.MULTILINE) or [number])[-1]
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
    configuration["html"]["baseurl"] = book_address()
    configuration["sphinx"]["config"]["ogp_site_url"] = book_address()
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
    write_addresses(SOURCE / "root")
    write_misconceptions(SOURCE / "book" / "misconceptions.txt")

    records = {}
    printable = find_chromium() is not None
    for page in pages():
        target = SOURCE / page
        target.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix != ".ipynb":
            # Where nothing can print the book, no page may offer the PDF: see book/intro.md.
            lines = (ROOT / page).read_text(encoding="utf-8").splitlines(keepends=True)
            offered = [line for line in lines if printable or 'class="no-pdf"' not in line]
            target.write_text("".join(offered), encoding="utf-8")
            continue
        executed = nbformat.read(EXECUTED / page, as_version=4)
        record = executed.metadata.pop(PACKAGE)
        first = executed.cells[0]
        title = first.source.partition("\n")[0].removeprefix("# ")
        records[title, page.name] = record
        try:
            first.source = with_measured_time(first.source, record)
        except ValueError as error:
            raise SystemExit(f"{page}, first cell: {error}") from None
        # Where the data lies on the machine that built the book is no one's business.
        folder = json.dumps(str(data_folder()))[1:-1]
        shown = nbformat.writes(executed).replace(folder, "data")
        target.write_text(shown, encoding="utf-8")
    if (SOURCE / STATUS).is_file():
        text = (SOURCE / STATUS).read_text(encoding="utf-8")
        if text.count(STATUS_MARK) != 1:
            raise SystemExit(f"{STATUS}: expected one line {STATUS_MARK}")
        text = text.replace(STATUS_MARK, status_record(records))
        (SOURCE / STATUS).write_text(text, encoding="utf-8")

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
    repair(HTML)
    shutil.rmtree(work)
    STAMP.write_text(json.dumps(wanted) + "\n", encoding="utf-8")
    return True


def hush(site):
    """Take the theme's progress messages out, so that the browser's console shows faults only.

    Search results quote the pages they name, which a browser refuses to read for a page that was
    opened as a file: there they are names only.
    """
    for script in (*(site / "_static").rglob("*.js"), site / "search.html"):
        text = script.read_text(encoding="utf-8")
        if "console.log(" in text and "mathjax" not in script.parts:
            script.write_text(text.replace("console.log(", "void("), encoding="utf-8")
    script = site / "_static" / "searchtools.js"
    text = script.read_text(encoding="utf-8")
    quoting = "else if (showSearchSummary)"
    if quoting not in text:
        raise SystemExit(f"{script}: expected {quoting!r}, which this version of Sphinx lacks")
    text = text.replace(quoting, 'else if (showSearchSummary && location.protocol !== "file:")')
    script.write_text(text, encoding="utf-8")


def repair(site):
    """Mend what the theme and its extensions write that a screen reader stumbles over."""
    for page in site.rglob("*.html"):
        text = before = page.read_text(encoding="utf-8")
        for wrong, right in REPAIRS.items():
            text = text.replace(wrong, right)
        # A header cell without words: the corner of a table is no header.
        text = re.sub(r'<th( class="head[^"]*")><p></p></th>', r"<td\1></td>", text)
        if text != before:
            page.write_text(text, encoding="utf-8")
    start = (site / "index.html").read_text(encoding="utf-8")
    target = re.search(r'url=([^"]+)"', start)[1]
    (site / "index.html").write_text(INDEX.format(target=target), encoding="utf-8")


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
        f"the site was {'built' if built else 'up to date'} ({seconds:.0f} s)",
        flush=True,
    )
    after = time.monotonic()
    print(f"{make_pdf(HTML)} ({time.monotonic() - after:.0f} s)")
    print(HTML / "index.html")


if __name__ == "__main__":
    main()
