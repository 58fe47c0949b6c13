"""Have Jupyter Book build the site, and mend what its theme writes."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sphinx.search.en import SearchEnglish

from alexnet_tutorial.files import write_whole
from tools import answers, keys
from tools.environment import BUILD, fingerprint
from tools.pages import MOVED
from tools.stage import SOURCE

HTML = BUILD / "html"
STAMP = BUILD / "site.json"
# What decides how the pages look, beside what is staged.
BUILDERS = ("jupyter-book", "sphinxext-opengraph")
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
    # A rocket says nothing to who does not know it.
    'aria-label="Launch interactive content">': (
        'aria-label="Open in Colab, Binder or Kaggle">'
        '<span class="alexnet-launch">Open in Colab</span>'
    ),
}
# The theme opens a menu with the first button for it, and those lie in a header that it hides.
DEAD = re.compile(
    r'<button class="pst-navbar-icon sidebar-toggle (?:primary|secondary)-toggle".*?</button>',
    re.DOTALL,
)
OUTPUT = re.compile(
    r'(<div class="output[^>]*>\s*<div class="highlight">)<pre>(.*?)</pre>', re.DOTALL
)
# Characters of a line of output; a longer one is broken, not scrolled: on a wide screen, on any.
WIDE, LONG = 83, 120
ICON = re.compile(r'<(i|span)\b([^>]*\bclass="([^"]*\bfa-[^"]*)"[^>]*)>\s*</\1>')
FONTAWESOME = re.compile(r'\s*<script[^>]*\bsrc="[^"]*/fontawesome\.js[^"]*"[^>]*></script>')
RAISED = re.compile(r'<div class="alexnet-raised">(.*?)</div>', re.DOTALL)
SEARCH = re.compile(
    r'\s*<script src="[^"]*/(?:searchindex|searchtools|language_data)\.js[^"]*"></script>'
)
MATHJAX = re.compile(r'\s*<script[^>]*\bsrc="[^"]*/mathjax/[^"]*"[^>]*></script>')
# Scripts that the page is read without; those that copy code, where there is none.
WAITS = re.compile(
    r'<script (src="[^"]*/(?:doctools|sphinx_highlight|clipboard\.min|copybutton|sphinx-book-theme'
    r'|togglebutton)\.js[^"]*">)'
)
COPIES = re.compile(
    r'\s*<script[^>]*\bsrc="[^"]*/(?:clipboard\.min|copybutton)\.js[^"]*"></script>'
)
STYLES = {"fa-solid", "fa-regular", "fa-brands", "fas", "far", "fab"}
SIZE = "fa-lg"
# A page that only leads to another. The script keeps what stands behind # in the address, which a
# refresh loses; it works for a page that was opened as a file, too.
LEADS = """\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <link rel="canonical" href="{target}">
    <script>location.replace("{target}" + location.search + location.hash)</script>
    <noscript><meta http-equiv="refresh" content="0; url={target}"></noscript>
    <title>AlexNet, taken apart</title>
  </head>
  <body><main><h1>AlexNet, taken apart</h1><p><a href="{target}">{words}</a></p></main></body>
</html>
"""
# What a reader may look for, and the word for it that this book has. Single words: where several
# are typed, a page has to have each of them.
SYNONYMS = {
    "backprop": "gradient",
    "backpropagation": "gradient",
    "cnn": "convolution",
    "colour": "color",
    "connected": "dense",
    "convnet": "convolution",
    "downsampling": "pooling",
    "fully": "dense",
    "grayscale": "gray",
    "grey": "gray",
    "heatmap": "saliency",
    "hyperparameter": "rate",
    "ilsvrc": "imagenet",
    "image": "picture",
    "kernel": "filter",
    "logits": "softmax",
    "neuron": "unit",
    "norm": "normalization",
    "normalisation": "normalization",
    "optimiser": "optimizer",
    "photo": "photograph",
    "rectifier": "relu",
    "regularization": "dropout",
    "subsampling": "pooling",
    "tensor": "array",
}


def build_site() -> bool:
    """Build the site from what is staged; return False where the last one still holds.

    Raises:
        SystemExit: Jupyter Book warned of something, or executed a notebook.
    """
    staged = [path for path in SOURCE.rglob("*") if path.is_file()]
    wanted = {
        "source": fingerprint(staged, SOURCE),
        "mending": fingerprint([Path(__file__), Path(answers.__file__)]),
        "versions": keys.versions(BUILDERS),
    }
    try:
        if json.loads(STAMP.read_text(encoding="utf-8")) == wanted and HTML.is_dir():
            return False
    except (OSError, ValueError):
        pass
    # From scratch each time: an incremental build repeats no warning of a page it does not read,
    # and would pass after a failure.
    work = BUILD / "work"
    STAMP.unlink(missing_ok=True)
    for old in (HTML, work):
        if old.exists():
            shutil.rmtree(old)
    program = str(Path(sys.executable).parent / "jupyter-book")
    command = [program, "build", str(SOURCE), "--path-output", str(work)]
    command += ["--quiet", "-W", "-n", "--keep-going"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode or "Executing notebook" in done.stdout:
        print(done.stdout)
        raise SystemExit("Jupyter Book did not build the site, or executed a notebook by itself")
    built = work / "_build" / "html"
    hush(built)
    repair(built)
    lighten(built)
    know_words(built / "searchindex.js")
    answers.add_answers(built)
    lead_on(built)
    # In one step: a site that is there is whole.
    os.replace(built, HTML)
    shutil.rmtree(work)
    write_whole(STAMP, json.dumps(wanted) + "\n")
    return True


def hush(site: Path) -> None:
    """Take the theme's progress messages out, so that the browser's console shows faults only.

    Search results quote the pages they name, which a browser refuses to read for a page that was
    opened as a file: there they are names only. And numbers can be searched for, 224 as well as
    the number of a chapter.
    """
    for script in (*(site / "_static").rglob("*.js"), site / "search.html"):
        text = script.read_text(encoding="utf-8")
        if "console.log(" in text and "mathjax" not in script.parts:
            script.write_text(text.replace("console.log(", "void("), encoding="utf-8")
    script = site / "_static" / "searchtools.js"
    text = script.read_text(encoding="utf-8")
    for there, wanted in (
        (
            "else if (showSearchSummary)",
            'else if (showSearchSummary && location.protocol !== "file:")',
        ),
        (r"queryTerm.match(/^\d+$/)", "false"),
    ):
        if there not in text:
            raise SystemExit(f"{script}: expected {there!r}, which this version of Sphinx lacks")
        text = text.replace(there, wanted)
    script.write_text(text, encoding="utf-8")


def know_words(index: Path) -> None:
    """Let the search index answer for words of SYNONYMS, and for the errors that chapters show.

    Sphinx reads no outputs that are HTML. Of these, a reader searches for errors, word for word.

    Args:
        index: ``searchindex.js``; its words are stems, as Sphinx' stemmer makes them.

    Raises:
        SystemExit: No page has a word that the table leads to.
    """
    stem = SearchEnglish({}).stem
    begin, end = "Search.setIndex(", ")"
    text = index.read_text(encoding="utf-8")
    known = json.loads(text.removeprefix(begin).removesuffix(end))

    def pages(kind, word):
        found = known[kind].get(stem(word), [])
        return {*(found if isinstance(found, list) else [found])}

    def add(kind, word, more):
        known[kind][stem(word)] = sorted(pages(kind, word) | more)

    for number, name in enumerate(known.get("docnames", ())):
        page = (index.parent / f"{name}.html").read_text(encoding="utf-8")
        words = " ".join(re.sub("<[^>]+>", " ", shown) for shown in RAISED.findall(page))
        for word in {*re.findall(r"[a-z]{3,}", html.unescape(words).lower())}:
            add("terms", word, {number})
    for word, ours in SYNONYMS.items():
        found = {kind: pages(kind, ours) for kind in ("titleterms", "terms")}
        if not any(found.values()):
            raise SystemExit(f"{index}: no page has {ours!r}, the synonym of {word!r}")
        for kind in found:
            if found[kind]:
                add(kind, word, found[kind])
    written = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    index.write_text(f"{begin}{written}{end}", encoding="utf-8")


def lead_on(site: Path) -> None:
    """Write a page at each old address, which leads to the new one.

    Raises:
        SystemExit: The new page is not there, or the old one still is.
    """
    for old, new in MOVED.items():
        if not (site / "book" / f"{new}.html").is_file():
            raise SystemExit(f"{old} leads to book/{new}.html, which the site lacks: see MOVED")
        page = site / "book" / f"{old}.html"
        if page.exists():
            raise SystemExit(f"{page}: the site has this page; take it out of MOVED")
        words = "This page has moved: go on"
        page.write_text(LEADS.format(target=f"{new}.html", words=words), encoding="utf-8")


def repair(site: Path) -> None:
    """Mend what the theme and its extensions write that a screen reader stumbles over."""
    for page in site.rglob("*.html"):
        text = before = page.read_text(encoding="utf-8")
        for wrong, right in REPAIRS.items():
            text = text.replace(wrong, right)
        text = OUTPUT.sub(wrapped, DEAD.sub("", text))
        # A header cell without words: the corner of a table is no header.
        text = re.sub(r'<th( class="head[^"]*")><p></p></th>', r"<td\1></td>", text)
        if text != before:
            page.write_text(text, encoding="utf-8")
    start = (site / "index.html").read_text(encoding="utf-8")
    found = re.search(r'url=([^"]+)"', start)
    if not found:
        raise SystemExit(f"{site / 'index.html'}: expected a page that leads to the first one")
    # Jupyter Book's own page at the root has neither language nor title, and no link.
    start = LEADS.format(target=found[1], words="Begin")
    (site / "index.html").write_text(start, encoding="utf-8")


def wrapped(match: re.Match[str]) -> str:
    """Give an output that has a long line the class whose lines are broken."""
    lines = html.unescape(re.sub(r"<[^>]+>", "", match[2])).splitlines()
    longest = max(map(len, lines), default=0)
    kind = "long" if longest > LONG else "wide" if longest > WIDE else ""
    return f'{match[1]}<pre class="alexnet-{kind}">{match[2]}</pre>' if kind else match[0]


def lighten(site: Path) -> None:
    """Take out what a page loads and does not need, and let scripts wait until it is read.

    Icons are drawn in place of the script that holds 2,000 of them (1.5 MB). MathJax (1.3 MB) stays
    where there is a formula, and what searches (150 kB) where search results are shown.

    Raises:
        SystemExit: A page has an icon that the theme's script does not hold.
    """
    script = site / "_static" / "scripts" / "fontawesome.js"
    drawings = script.read_text(encoding="utf-8")

    def draw(match: re.Match[str]) -> str:
        words = match[3].split()
        name = next(w for w in words if w.startswith("fa-") and w not in {*STYLES, SIZE})
        known = re.search(
            rf'[{{,]"?{name.removeprefix("fa-")}"?:\[(\d+),(\d+),\[[^]]*\],"\w+","([^"]+)"\]',
            drawings,
        )
        if not known:
            raise SystemExit(f"{script}: expected the drawing of the icon {name!r}")
        # A word for a style would have the page load that style's font.
        kept = " ".join(["alexnet-icon", *(word for word in words if word not in STYLES)])
        return (
            f"<svg{match[2].replace(match[3], kept)} "
            f'aria-hidden="true" viewBox="0 0 {known[1]} {known[2]}">'
            f'<path fill="currentColor" d="{known[3]}"/></svg>'
        )

    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        text = FONTAWESOME.sub("", ICON.sub(draw, text))
        if not re.search(r'class="[^"]*\bmath\b', text):
            text = MATHJAX.sub("", text)
        if 'class="highlight' not in text:
            text = COPIES.sub("", text)
        if page.name != "search.html":  # what searches is part of that page
            text = WAITS.sub(r"<script defer \1", SEARCH.sub("", text))
        page.write_text(text, encoding="utf-8")
    script.unlink()
    sheet = site / "_static" / "styles" / "pydata-sphinx-theme.css"
    rules = sheet.read_text(encoding="utf-8")
    # The drawings of icons, and those before a link to GitHub, are letters of fonts.
    rules = re.sub(r"\.fa-[^{}]*:before\{content:[^}]*\}|a\.git[^{}]*:before\{[^}]*\}", "", rules)
    sheet.write_text(rules, encoding="utf-8")
