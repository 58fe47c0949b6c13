"""The printed book: tagged, with an outline, with all that the pages have."""

import re
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tools.pages import toc

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def printed(site, pdf):
    pypdf = pytest.importorskip("pypdf")
    path = site / pdf.NAME
    if not path.is_file():
        assert pdf.find_chromium() is None, "there is a Chromium, but no PDF: run make book"
        pytest.skip("no PDF: it was built without a Chromium")
    return pypdf.PdfReader(path)


@pytest.fixture(scope="module")
def articles(site):
    """Give the pages in order, each with its parsed article."""
    pages = [page for _, chapters in toc() for page in chapters]
    return {
        page: BeautifulSoup(
            (site / page).with_suffix(".html").read_text(encoding="utf-8"), "html.parser"
        ).find("article")
        for page in pages
    }


@pytest.fixture(scope="module")
def chapters(printed):
    """Map each title of the outline, level by level, to the page it is on."""

    def walk(outline):
        for entry in outline:
            if isinstance(entry, list):
                yield from walk(entry)
            else:
                yield plain(entry.title), printed.get_destination_page_number(entry)

    return list(walk(printed.outline))


def plain(words):
    """Leave out what differs between a page and its print: spaces, breaks, ligatures."""
    words = words.replace("ﬁ", "fi").replace("ﬂ", "fl").replace("ﬀ", "ff")
    return re.sub(r"\s+", "", words)


def title_of(article):
    return article.h1.get_text().removesuffix("#").strip()


def structure(printed):
    """Walk the structure tree; yield (kind, alternative text)."""
    waiting = [printed.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop().get_object()
        if not isinstance(element, dict):
            continue
        if "/S" in element:
            yield element["/S"], element.get("/Alt")
        children = element.get("/K", [])
        children = children.get_object() if hasattr(children, "get_object") else children
        waiting.extend(
            child
            for child in (children if isinstance(children, list) else [children])
            if hasattr(child, "get_object")
        )


def test_is_tagged_in_its_language_and_offered(printed, site, pdf):
    root = printed.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en"
    assert printed.metadata.title
    intro = (site / "book" / "intro.html").read_text(encoding="utf-8")
    assert f'href="../{pdf.NAME}"' in intro
    assert (site / pdf.NAME).stat().st_size < 30e6
    width, height = (float(side) / 72 * 25.4 for side in printed.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)


def words_on(printed, number):
    return plain(printed.pages[number].extract_text())


def test_outline_and_text_have_every_chapter(printed, articles, chapters):
    listed = [title for title, _ in chapters]
    start = -1
    for page, article in articles.items():
        title = plain(title_of(article))
        # In the order of the book: a section may have the name of a later chapter.
        start = min(n for name, n in chapters if name == title and n > start)
        for heading in article.find_all("h2"):
            assert plain(heading.get_text().removesuffix("#")) in listed, (page, heading)
        words = words_on(printed, start)
        assert title in words, page
        # Reading a page takes long, so: a sentence of the chapter's first page.
        said = [p for p in article.find_all(["p", "li"]) if not p.select(".math, code, p, table")]
        first = next(plain(p.get_text()) for p in said if len(plain(p.get_text())) > 30)
        assert first[:50] in words, (page, first[:50])
    assert "Solutions" in listed


def test_contents_say_the_pages(printed, articles, chapters):
    first = min(number for _, number in chapters)
    pages = range(1, first)  # each with its own number at its foot
    contents = "".join(words_on(printed, n).removesuffix(str(n + 1)) for n in pages)
    start = -1
    for article in articles.values():
        title = plain(title_of(article))
        start = min(n for name, n in chapters if name == title and n > start)
        assert re.search(rf"{re.escape(title)}{start + 1}(?=\d\d·|\D|$)", contents), title


def test_formulas_are_rendered(printed, articles, chapters):
    article = articles["book/11_convolution"]
    assert len(article.select(".math")) > 5
    place = dict(reversed(chapters))  # the chapter, not its solutions
    first, after = place[plain(title_of(article))], place["12·Theotherparts"]
    words = "".join(words_on(printed, number) for number in range(first, after))
    for raw in ("\\frac", "\\lfloor", "\\times", "\\(", "$$"):
        assert raw not in words, raw
    assert "⌊" in words and "×" in words


def test_every_figure_is_there_with_its_words(printed, articles):
    wanted = Counter()
    for article in articles.values():
        for picture in article.select("svg, img"):
            hidden = picture.find_parent(attrs={"aria-hidden": "true"})
            if not hidden and picture.get("aria-hidden") != "true":
                wanted[plain(picture.get("aria-label") or picture["alt"])] += 1
    found = Counter(plain(alt or "") for kind, alt in structure(printed) if kind == "/Figure")
    assert found == wanted


def test_links_within_the_book_resolve(printed):
    named = set(printed.named_destinations)
    inner = outer = 0
    for page in printed.pages:
        for note in page.get("/Annots", []):
            note = note.get_object()
            target = note.get("/Dest") or note.get("/A", {}).get("/D")
            if isinstance(target, str):
                inner += 1
                assert target in named, target
            elif target is None:
                outer += 1
                assert re.match(r"https?:|mailto:", note["/A"]["/URI"]), note["/A"]["/URI"]
            else:
                inner += 1
    assert inner > 100 and outer > 20


def test_ids_of_two_pages_do_not_meet(pdf):
    kept = []
    page = '<p id="a"></p><svg><path id="a"/><use href="#a" style="clip-path: url(#a)"/></svg>'
    aside = pdf.keep_aside(page, "p-x", kept)
    assert pdf.put_back(aside, kept).count("p-x--a") == 3  # the page's own id is not a picture's
    page = '<a id="b" href="y.html#c">y</a><a href="z.html">z</a><img src="../_images/p.png">'
    soup = BeautifulSoup(page, "html.parser")
    given = {"book/x", "book/y"}, "https://example.org/", Path("/site")
    pdf.rewrite_anchors(soup, "book/x", *given)
    assert [a["href"] for a in soup.find_all("a")] == ["#p-y--c", "https://example.org/book/z"]
    assert soup.a["id"] == "p-x--b"
    assert soup.img["src"] == Path("/site/_images/p.png").as_uri()


def test_without_a_browser_nothing_is_offered(pdf, tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "find_chromium", lambda: None)
    (tmp_path / pdf.NAME).write_bytes(b"old")
    assert "no Chromium" in pdf.make_pdf(tmp_path)
    assert not (tmp_path / pdf.NAME).exists()
