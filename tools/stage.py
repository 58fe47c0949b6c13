"""Lay out what Jupyter Book reads: configuration, pages, executed notebooks, static files."""

import importlib.resources
import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlparse
from xml.sax.saxutils import escape

import nbformat
import yaml

from alexnet_tutorial.weights.pretrained import RECORDED
from tools.answers import exercises, lean, write_answers
from tools.environment import BUILD, PACKAGE, ROOT
from tools.execute import EXECUTED
from tools.network import still, write_network
from tools.pages import minutes, notebooks, numbered, pages
from tools.pdf import find_chromium
from tools.records import with_records
from tools.setup_cell import book_address, repository

SOURCE = BUILD / "source"
# Where the status page has its tables.
STATUS = Path("book", "status.md")
STATUS_MARK = "<!-- The build puts its record here. -->"
# Where a page shows a picture on its way through the network, for who has no script.
STILL_MARK = "<!-- The build puts a picture on its way through the network here. -->"
COLAB_MARK = "COLAB/"
# A chapter's row in the table of the landing page.
LISTED = re.compile(r"^\| \[([^\]]+)\]\((\d\d_\w+\.ipynb)\)", re.MULTILINE)
# The small interactive parts, of which book/theme/stills keeps a picture for where no script runs.
PANELS = (
    *("convolution", "descent", "depth", "pooling", "lrn"),
    *("curves", "epochs", "field", "crowd", "towers"),
)
# Each is a folder of book/theme/static with modules of its own, joined into one script.
INTERACTIVE = ("workbench", "network", *PANELS)
STILLS = ROOT / "book" / "theme" / "stills"
PANEL = re.compile(r"^(<alexnet-(\w+)[^>]*>)(.*?)(</alexnet-\2>)$", re.MULTILINE | re.DOTALL)


def with_measured_time(source: str, record: dict) -> str:
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
        **Time** about 30 minutes to read. The code on this page took 41 seconds to run. Bring tea.
        <BLANKLINE>
        *Ran on CPU, 2 cores: [how this book is built](status.md).*
        <BLANKLINE>
    """
    measured = f". The code on this page took {minutes(record['seconds'])} to run."
    estimate = re.compile(r"^(\*\*Time\*\* [^;.\n]*); the cells run in [^.]*\.", re.MULTILINE)
    found, count = estimate.subn(lambda match: match[1] + measured, source)
    if count != 1:
        raise ValueError(f"expected one '**Time** …; the cells run in ….', found {count}")
    return f"{found}\n\n*Ran on {record['machine']}: [how this book is built](status.md).*\n"


def status_record(records: dict[tuple[str, str], dict]) -> str:
    """Write what ran, when and how long, one table for each machine, as Markdown.

    Args:
        records: A dict from a notebook's (title, link) to what was kept with its executed copy.
    """
    groups: dict[tuple[str, str], list[tuple[str, str, dict]]] = {}
    for (title, link), record in records.items():
        groups.setdefault((record["machine"], record["versions"]), []).append((title, link, record))
    lines = []
    for (machine, versions), group in groups.items():
        lines += [f"**Ran on** {machine}; with {versions}.", ""]
        lines += ["| Chapter | Ran | Took | Pictures |", "|---|---|---|---|"]
        for title, link, record in group:
            took, pictures = minutes(record["seconds"]), record["pictures"]
            lines.append(f"| [{title}]({link}) | {record['when']} | {took} | {pictures} |")
        total = sum(record["seconds"] for _, _, record in group)
        lines += ["", f"Together they took {minutes(total)}, each run to its last cell.", ""]
    return "\n".join(lines)


def with_numbers(text: str) -> str:
    """Put the chapters' numbers into the table of chapters.

    Example:
        >>> with_numbers("| [The data](22_data.ipynb) | What is in the pictures? |")
        '| [22 · The data](22_data.ipynb) | What is in the pictures? |'
    """
    return LISTED.sub(lambda row: f"| [{numbered(row[1], row[2])}]({row[2]})", text)


def write_presets(folder: Path) -> None:
    """Write for the workbench what the package knows: the variants, and each kind's fields."""
    from alexnet_tutorial.shapes.variants import VARIANTS
    from alexnet_tutorial.workbench import kinds

    values = {
        "PRESETS": {name: network.to_json() for name, network in VARIANTS.items()},
        "KINDS": kinds(),
    }
    lines = [f"export const {name} = {json.dumps(value)};\n" for name, value in values.items()]
    (folder / "presets.js").write_text("".join(lines), encoding="utf-8")


def write_runs(folder: Path) -> None:
    """Write for the curves what was recorded: of each study's arms the run with the best rate.

    An arm's best rate is the one that the validation pictures chose, with the first seed; its
    training has as many epochs as the others'. Of each run the page gets the training loss and the
    training accuracy by epoch, in hundredths, and the validation accuracy at the end.
    """
    studies = {}
    for name in ("imagenette", "hands"):
        best: dict[str, dict] = {}
        for line in (RECORDED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            run = json.loads(line)
            if run["seed"] == 0 and not run.get("diverged"):
                said = re.sub(", rate [^,]*$", "", run["configuration"])
                known = best.get(said)
                if not known or run["validation_accuracy"] > known["validation_accuracy"]:
                    best[said] = run
        epochs = len(next(iter(best.values()))["history"]["loss"])
        studies[name] = {
            said: [
                *(
                    " ".join(f"{100 * value:.0f}" for value in run["history"][kind])
                    for kind in ("loss", "accuracy")
                ),
                round(run["validation_accuracy"], 3),
            ]
            for said, run in best.items()
            if len(run["history"]["loss"]) == epochs
        }
    text = json.dumps(studies, separators=(",", ":"))
    (folder / "runs.js").write_text(f"export const STUDIES = {text};\n", encoding="utf-8")


IMPORT = re.compile(r'^import (?:\* as (\w+)|\{([^}]*)\}) from "([\w./]+)";$', re.MULTILINE)

EXPORT = re.compile(r"^export (?:const|(?:async )?function|class) (\w+)", re.MULTILINE)


def write_bundle(target: Path, *modules: Path, base: Path | None = None) -> None:
    """Join modules, and all that they import, into one plain script.

    A browser refuses modules of a page that was opened as a file.

    Args:
        target: The script that is written.
        modules: Where to begin.
        base: A folder whose modules another script holds, which a page loads first: they are taken
            from ``alexnetLive``. None: this is that script.

    Raises:
        SystemExit: Two modules have one name.
    """
    written: dict[Path, str] = {}

    def add(path: Path) -> None:
        if path in written:
            return
        code = path.read_text(encoding="utf-8")
        near = {name: (path.parent / name).resolve() for _, _, name in IMPORT.findall(code)}
        for needed in near.values():
            if needed.parent != base:
                add(needed)

        def taken(match: re.Match[str]) -> str:
            names = match[1] or f"{{{match[2].replace(' as ', ': ')}}}"
            source = "alexnetLive" if near[match[3]].parent == base else "modules"
            return f'const {names} = {source}["{near[match[3]].name}"];'

        code = IMPORT.sub(taken, code).replace("import.meta.url", "here")
        names = ", ".join(EXPORT.findall(code))
        # Neither words for who reads the modules nor their indentation.
        code = re.sub(r"^export |^ *//.*\n|^ +|^\n", "", code, flags=re.MULTILINE)
        written[path] = (
            f'modules["{path.name}"] = (() => {{\n{code}\nreturn {{ {names} }};\n}})();\n'
        )

    for module in modules:
        add(module.resolve())
    if len({path.name for path in written}) < len(written):
        raise SystemExit(f"{target}: two modules of one name: {sorted(map(str, written))}")
    lines = ['"use strict";\n(() => {\nconst here = document.currentScript.src, modules = {};\n']
    last = "" if base else "globalThis.alexnetLive = modules;\n"
    text = "".join([*lines, *written.values(), last, "})();\n"])
    target.write_text(text, encoding="utf-8")


def write_bundles(static: Path) -> None:
    """Write ``bundle.js`` for each of :data:`INTERACTIVE`, and for what they share in ``live``."""
    live = (static / "live").resolve()
    write_bundle(live / "bundle.js", live / "base.js", live / "panel.js")
    load = live / "load.js"
    load.write_text(lean(load.read_text(encoding="utf-8")), encoding="utf-8")
    for name in INTERACTIVE:
        folder = static / name
        write_bundle(folder / "bundle.js", folder / f"{name}.js", base=live)


def with_still(source: str, network: str = "") -> str:
    """Give the interactive parts in a Markdown cell their pictures, for where no script runs.

    Args:
        source: The cell; an element has lines of its own, with a sentence in it.
        network: The picture of the network in the page; the others have one in :data:`STILLS`.

    Returns:
        The cell as the site shows it.

    Example:
        >>> with_still("Words.")
        'Words.'
        >>> shown = with_still("Try it.\\n\\n<alexnet-descent>Walk down a loss.</alexnet-descent>")
        >>> shown.startswith("Try it.\\n\\n```{raw} html"), "<svg" in shown, "Walk" in shown
        (True, True, True)
    """

    def shown(match: re.Match[str]) -> str:
        opening, name, words, closing = match.groups()
        if name not in (*PANELS, "network"):
            return match[0]
        own = name in PANELS
        still = (STILLS / f"{name}.html").read_text(encoding="utf-8") if own else f"{network}\n"
        caption = f'<p class="alexnet-caption">{words.strip()}</p>'
        return f"```{{raw}} html\n{opening}\n{still}{caption}\n{closing}\n```"

    return PANEL.sub(shown, source)


def write_addresses(folder: Path) -> None:
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


def write_misconceptions(target: Path) -> None:
    """Write for the teacher's guide what each chapter is for, and what its checks recognize.

    The objectives are those of the chapter's first cell; the slips are those that the checks of
    its exercises name to a student, so the guide says what they say.
    """
    from alexnet_tutorial.checks import QUESTIONS

    lines: list[str] = []
    for page in notebooks():
        cells = nbformat.read(ROOT / page, as_version=4).cells
        title = numbered(cells[0].source, page)
        goals = [line for line in cells[0].source.splitlines() if line.startswith("- ")]
        lines += [f"### [{title}]({page.name})", "", "After it, students can", "", *goals, ""]
        for number, name in exercises(cells):
            slips = dict.fromkeys(slip for _, slip, *_ in QUESTIONS[name].misconceptions)
            said = re.sub(r"([\\*_`$|<\[])", r"\\\1", " · ".join(slips))
            lines += [f"*Exercise {number}.* {said}.", ""]
    target.write_text("\n".join(lines), encoding="utf-8")


def stage() -> None:
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

    static = SOURCE / "book" / "theme" / "static"
    write_presets(static / "workbench")
    write_network(static / "network")
    write_runs(static / "curves")
    write_bundles(static)
    write_addresses(SOURCE / "root")
    write_misconceptions(SOURCE / "book" / "misconceptions.txt")

    records = {}
    shown = still()
    printable = find_chromium() is not None
    for page in pages():
        target = SOURCE / page
        target.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix != ".ipynb":
            # Where nothing can print the book, no page may offer the PDF: see book/intro.md.
            lines = (ROOT / page).read_text(encoding="utf-8").splitlines(keepends=True)
            offered = [line for line in lines if printable or 'class="no-pdf"' not in line]
            text = "".join(offered)
            owner = urlparse(repository()).path.strip("/")
            colab = f"https://colab.research.google.com/github/{owner}/blob/main/"
            text = with_numbers(text.replace(STILL_MARK, shown).replace(COLAB_MARK, colab))
            text = with_records(text)
            target.write_text(text, encoding="utf-8")
            continue
        executed = nbformat.read(EXECUTED / page, as_version=4)
        record = executed.metadata.pop(PACKAGE)
        first = executed.cells[0]
        title = numbered(first.source, page)
        _, _, rest = first.source.partition("\n")
        first.source = f"# {title}\n{rest}"
        records[title, page.name] = record
        try:
            first.source = with_measured_time(first.source, record)
        except ValueError as error:
            raise SystemExit(f"{page}, first cell: {error}") from None
        for cell in executed.cells:
            if cell.cell_type == "markdown":
                cell.source = with_still(cell.source, shown)
        nbformat.write(executed, target)
    if (SOURCE / STATUS).is_file():
        text = (SOURCE / STATUS).read_text(encoding="utf-8")
        if text.count(STATUS_MARK) != 1:
            raise SystemExit(f"{STATUS}: expected one line {STATUS_MARK}")
        text = text.replace(STATUS_MARK, status_record(records))
        (SOURCE / STATUS).write_text(text, encoding="utf-8")

    write_answers(static / "answers")
    mathjax = importlib.resources.files("mathjax") / "static" / "mathjax" / "es5"
    static /= "mathjax"
    fonts = Path("output", "chtml", "fonts", "woff-v2")
    with importlib.resources.as_file(mathjax) as folder:
        shutil.copytree(folder / fonts, static / fonts)
        shutil.copyfile(folder / "tex-chtml-full.js", static / "tex-chtml-full.js")
        shutil.copyfile(folder.parent / "LICENSE", static / "LICENSE")
