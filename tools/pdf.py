"""Print the built site as one book: a tagged PDF with an outline.

    python -m tools.pdf

The articles of all pages are put together in one HTML document, which Chromium prints. Links
between pages become links within the document, set-up cells and links to the workbench's script
are left out, and solutions, folded on the site, move to a chapter of their own at the end: a
reader on paper must not see them beside the question. Nothing is done where no page has changed.

(Sphinx has a builder for one page, ``singlehtml``. It leaves out the captions of the parts, gives
one id to the exercises of all chapters, and leads links to citations and to the glossary out of
the page: what is done here would have to be done after it, and the pages be written twice.)
"""

import html
import io
import json
import os
import posixpath
import re
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

import yaml
from bs4 import BeautifulSoup, Tag

from alexnet_tutorial.files import write_whole
from tools.environment import BUILD, ROOT, fingerprint
from tools.pages import toc
from tools.setup_cell import book_address

SITE = BUILD / "html"
PRINTED = BUILD / "pdf"
NAME = "alexnet-taken-apart.pdf"
STYLE = ROOT / "book" / "pdf.css"
LOGO = ROOT / "book" / "theme" / "logo.svg"

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
SCRIPT_SECONDS = 120  # the longest that formulas may take
# A4 less the margins of pdf.css, in CSS pixels of 1/96 inch: tables are fitted to this width.
WIDTH = round((210 - 2 * 18) / 25.4 * 96)
REFERENCES = ("href", "xlink:href", "aria-labelledby", "aria-describedby", "for", "headers")


def find_chromium() -> str | None:
    """Find a Chromium: the one ``CHROMIUM`` names, else one on the path; None where there is none.

    Returns:
        Its path.
    """
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)


def prefix_of(page: str) -> str:
    """Name a page's anchors, so that those of two pages differ.

    Example:
        >>> prefix_of("book/11_convolution")
        'p-11_convolution'
    """
    return "p-" + posixpath.basename(page)


def keep_aside(text: str, prefix: str, kept: list[str]) -> str:
    """Take pictures and listings out of a page's HTML: four fifths of its tags, read by no one.

    Args:
        text: The page's HTML.
        prefix: Goes before the ids within a picture.
        kept: A list to which what was taken out is added; :func:`put_back` reads it.

    Returns:
        The HTML, with a number in the place of each.
    """

    def take(match):
        inner = match[0]
        if match[1] == "svg":
            inner = re.sub(r'(\sid="|href="#|url\(#)', rf"\1{prefix}--", inner)
        kept.append(inner)
        return f'<{match[1]} data-kept="{len(kept) - 1}"></{match[1]}>'

    return re.sub(r"<(svg|pre)\b.*?</\1>", take, text, flags=re.DOTALL)


def put_back(text: str, kept: list[str]) -> str:
    """Undo :func:`keep_aside`."""
    return re.sub(r'<(svg|pre) data-kept="(\d+)"></\1>', lambda match: kept[int(match[2])], text)


def words_of(tag: Tag, kept: list[str]) -> str:
    """Give the text of a tag, with that of the listings that were kept aside."""
    return html.unescape(re.sub(r"<[^>]+>", "", put_back(str(tag), kept)))


def rewrite_anchors(article: Tag, page: str, pages: set[str], address: str, site: Path) -> None:
    """Give every id of a page its prefix, and lead links to pages of the book to these ids.

    Args:
        article: The page's content; changed in place.
        page: Its path without suffix.
        pages: The paths of all pages.
        address: The site's address, to which other relative links lead.
        site: The built site's folder, where its pictures are.
    """
    prefix = prefix_of(page)
    for picture in article.find_all("img", src=re.compile(r"^(?!\w+:)")):
        picture["src"] = (site / posixpath.dirname(page) / str(picture["src"])).resolve().as_uri()
    for tag in article.find_all(lambda tag: tag.attrs):
        if "id" in tag.attrs:
            tag["id"] = f"{prefix}--{tag['id']}"
        for name in REFERENCES:
            if name not in tag.attrs:
                continue
            if not name.endswith("href"):
                tag[name] = " ".join(f"{prefix}--{word}" for word in str(tag[name]).split())
                continue
            plain, anchor = urldefrag(str(tag[name]))
            if re.match(r"[a-z]+:", plain):
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(plain)))
            target = target.removesuffix(".html") if plain else page
            if target in pages:
                tag[name] = "#" + prefix_of(target) + (f"--{anchor}" if anchor else "")
            else:
                tag[name] = urljoin(address, target)


def unfold(article: Tag, kept: list[str]) -> None:
    """Open what is folded on the site; drop what only a reader at a computer can use."""
    for tag in article.find_all(["summary", "script"]):
        tag.decompose()
    for name in ("headerlink", "no-pdf", "missing", "alexnet-explain", "alexnet-buttons"):
        for tag in article.find_all(class_=name):
            tag.decompose()
    for source in article.find_all(class_="cell_input"):
        if words_of(source, kept).lstrip().startswith("# Set-up:"):
            source.decompose()
    for tag in article.find_all(["details", "figure"]):
        # The picture in a figure has the words that tell what it shows; the figure has none, and
        # would be a second picture for a screen reader.
        shown = {"class": tag["class"]} if tag.name == "figure" and "class" in tag.attrs else {}
        tag.attrs = shown
        tag.name = "div"


def take_solutions(article: Tag, prefix: str, soup: BeautifulSoup, kept: list[str]) -> list[Tag]:
    """Move the solutions out of a chapter; leave a link where each was.

    Returns:
        The solutions, each a tag with an id.
    """
    taken: list[Tag] = []
    for cell in article.find_all(class_="tag_solution"):
        asked = re.search(r"check\(\s*[\"']([\w.-]+)", words_of(cell, kept))
        name = asked[1] if asked else f"{len(taken) + 1}"
        anchor = f"{prefix}--solution-{len(taken) + 1}"
        link = soup.new_tag("p", attrs={"class": "to-solution"})
        link.append(soup.new_tag("a", href=f"#{anchor}", string=f"Solution of {name}"))
        cell.replace_with(link)
        solution = soup.new_tag("section", id=anchor)
        solution.append(soup.new_tag("h4", string=name))
        solution.append(cell)
        taken.append(solution)
    return taken


def entry(soup: BeautifulSoup, anchor: str, title: str) -> Tag:
    """Make a line of the contents; :func:`print_pdf` writes the page's number into its end."""
    item = soup.new_tag("li")
    link = soup.new_tag("a", href=f"#{anchor}")
    for name, words in (("name-of", title), ("page", "")):
        link.append(soup.new_tag("span", attrs={"class": name}, string=words))
    item.append(link)
    return item


def demote(article: Tag) -> None:
    """Move headings down a level: a part of the book is the highest."""
    for level in range(5, 0, -1):
        for tag in article.find_all(f"h{level}"):
            tag.name = f"h{level + 1}"


def assemble(site: Path, address: str) -> str:
    """Put the pages of the built site together.

    Args:
        site: Folder of the built site.
        address: The published site's address, for links that lead out of the book.

    Returns:
        One HTML document; its style sheets and scripts are those of ``site``.

    Raises:
        SystemExit: A page of the table of contents is not there, or has no article.
    """
    configuration = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    title, author = configuration["title"], configuration["author"]
    soup = BeautifulSoup("", "html.parser")
    pages = {page for _, chapters in toc() for page in chapters}
    contents = soup.new_tag("ul")
    body: list[Tag] = []
    solutions: list[tuple[str, list[Tag]]] = []
    kept: list[str] = []
    for caption, chapters in toc():
        listed = contents
        if caption:
            anchor = "part-" + caption.lower().replace(" ", "-")
            part = soup.new_tag("h1", id=anchor)
            part.string = caption
            item = entry(soup, anchor, caption)
            listed = soup.new_tag("ul")
            item.append(listed)
            contents.append(item)
        for number, page in enumerate(chapters):
            path = (site / page).with_suffix(".html")
            text = keep_aside(path.read_text(encoding="utf-8"), prefix_of(page), kept)
            article = BeautifulSoup(text, "html.parser").find("article")
            if article is None or article.h1 is None:
                raise SystemExit(f"{path}: expected an <article> with a title; rebuild the site")
            unfold(article, kept)
            rewrite_anchors(article, page, pages, address, site)
            named = article.h1.get_text().strip()
            taken = take_solutions(article, prefix_of(page), soup, kept)
            if taken:
                solutions.append((named, taken))
            demote(article)
            chapter = soup.new_tag("section", id=prefix_of(page), attrs={"class": "chapter"})
            if caption and number == 0:
                chapter.append(part)
            chapter.append(article)
            body.append(chapter)
            listed.append(entry(soup, prefix_of(page), named))
    if solutions:
        chapter = soup.new_tag("section", id="solutions", attrs={"class": "chapter"})
        chapter.append(soup.new_tag("h1", string="Solutions"))
        for named, taken in solutions:
            chapter.append(soup.new_tag("h2", string=named))
            chapter.extend(taken)
        body.append(chapter)
        contents.append(entry(soup, "solutions", "Solutions"))

    styles = ("pygments.css", "book.css")
    found = [sorted((site / "_static").glob(name)) for name in (*styles, "mystnb.*.css")]
    sheets = [path.resolve().as_uri() for group in found for path in group]
    links = "".join(f'<link rel="stylesheet" href="{sheet}">' for sheet in sheets)
    # Its words are the title's.
    logo = LOGO.read_text(encoding="utf-8").replace('role="img"', 'aria-hidden="true"')
    mathjax = (site / "_static" / "mathjax" / "tex-chtml-full.js").resolve().as_uri()
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">
<title>{title}</title><meta name="author" content="{author}">{links}
<style>{STYLE.read_text(encoding="utf-8")}</style>
<script>MathJax = {{options: {{ignoreHtmlClass: "mathjax_ignore",
  processHtmlClass: "math|output_area"}}}};</script>
<script src="{mathjax}"></script></head><body>
<section class="title">{logo}<p class="name">{title}</p>
<p class="promise">Eight layers counted by hand, built in Keras, checked by running it</p>
<p>{author}</p>
<p>Printed from the pages of <a href="{address}">{address}</a>, where the figures and the
workbench can be used. Every number and figure was computed by the code beside it.
The solutions of the exercises are at the end.</p></section>
<nav class="contents" aria-label="Contents"><p class="name">Contents</p>{contents}</nav>
<main>{put_back("".join(map(str, body)), kept)}</main></body></html>
"""


# A table or a listing wider than the page is made smaller, down to what can still be read; a line
# that is longer still is broken.
FIT = """() => {
  for (const table of document.querySelectorAll('main table')) {
    const room = table.parentElement.closest('.output, .alexnet-ledger, section, div') || table;
    const ratio = room.clientWidth / table.getBoundingClientRect().width;
    if (ratio < 1) table.style.zoom = Math.max(0.5, ratio * 0.98);
  }
  for (const pre of document.querySelectorAll('main .cell_output pre')) {
    pre.style.whiteSpace = 'pre';
    const ratio = pre.clientWidth / pre.scrollWidth;
    if (ratio < 1 && ratio >= 0.55)
      pre.style.fontSize = `${parseFloat(getComputedStyle(pre).fontSize) * ratio * 0.98}px`;
    if (ratio < 0.55) pre.style.whiteSpace = '';
  }
  for (const math of document.querySelectorAll('main mjx-container[display=true]')) {
    const ratio = math.clientWidth / math.scrollWidth;
    if (ratio < 1) math.style.fontSize = `${ratio * 100 - 2}%`;
  }
}"""


# Writes each page's number into the contents.
NUMBER = """numbers => {
  for (const link of document.querySelectorAll('nav.contents a'))
    link.querySelector('.page').textContent = numbers[link.getAttribute('href').slice(1)] ?? '';
}"""


def pages_of(printed: bytes) -> dict[str, int]:
    """Read on which page of a PDF each anchor is to which a link leads, counted from 1."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(printed))
    found = {}
    for name, place in reader.named_destinations.items():
        number = reader.get_destination_page_number(place)
        if number is not None:
            found[name.removeprefix("/")] = number + 1
    return found


def print_pdf(document: Path, target: Path, chromium: str) -> None:
    """Print an HTML document to a tagged PDF with an outline.

    Args:
        document: Path of the HTML document.
        target: Where the PDF goes; written whole or not at all.
        chromium: Path of the browser.

    Raises:
        SystemExit: A formula or a picture of the document did not load.
    """
    from playwright.sync_api import sync_playwright

    footer = (
        '<div style="width:100%;font:8px sans-serif;text-align:center">'
        '<span class="pageNumber"></span></div>'
    )
    with (
        sync_playwright() as running,
        running.chromium.launch(executable_path=chromium, args=FLAGS) as browser,
    ):
        page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
        page.set_default_timeout(SCRIPT_SECONDS * 1000)
        failed = []
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.emulate_media(media="print")
        page.goto(document.resolve().as_uri())
        page.evaluate("() => MathJax.startup.promise.then(() => document.fonts.ready)")
        page.evaluate(FIT)
        if failed or page.locator("mjx-merror, [data-mjx-error]").count():
            raise SystemExit(f"{document}: a formula or a file of it is faulty: {failed}")
        how: dict[str, Any] = {
            "prefer_css_page_size": True,
            "print_background": True,
            "display_header_footer": True,
            "header_template": "<span></span>",
            "footer_template": footer,
            "tagged": True,
            "outline": True,
        }
        # A browser knows the pages' numbers only when it has printed.
        page.evaluate(NUMBER, pages_of(page.pdf(**how)))
        printed = page.pdf(**how)
    write_whole(target, printed)


def key_of(site: Path) -> str:
    """Hash all that the PDF depends on: the pages, the style sheets, how it is put together."""
    sheets = (site / "_static").glob("*.css")
    written = (STYLE, LOGO, Path(__file__), ROOT / "_toc.yml", ROOT / "_config.yml")
    return fingerprint([*site.glob("book/*.html"), *sheets], site) + fingerprint(written)


def make_pdf(site: Path = SITE) -> str:
    """Print the built site into a PDF beside its pages.

    Args:
        site: Folder of the built site; the PDF is written there.

    Returns:
        What was done, in words.

    Raises:
        SystemExit: A page is missing, or did not print.
    """
    chromium = find_chromium()
    if chromium is None:
        (site / NAME).unlink(missing_ok=True)
        return "no PDF: no Chromium found (install one, or name it in CHROMIUM)"
    PRINTED.mkdir(parents=True, exist_ok=True)
    kept, stamp = PRINTED / NAME, PRINTED / "key.json"
    wanted = {"key": key_of(site)}
    try:
        holds = json.loads(stamp.read_text(encoding="utf-8")) == wanted and kept.is_file()
    except (OSError, ValueError):
        holds = False
    if not holds:
        document = PRINTED / "book.html"
        document.write_text(assemble(site, book_address()), encoding="utf-8")
        stamp.unlink(missing_ok=True)
        print_pdf(document, kept, chromium)
        write_whole(stamp, json.dumps(wanted) + "\n")
    write_whole(site / NAME, kept.read_bytes())
    return f"PDF {'up to date' if holds else 'printed'}"


if __name__ == "__main__":
    if not (SITE / "index.html").is_file():
        sys.exit("The PDF is printed from the built site, and there is none: run make book")
    print(make_pdf())
