"""The built site, as a browser sees it."""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import pytest

pytestmark = pytest.mark.slow

SITE = Path(__file__).resolve().parents[1] / "build" / "html"
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.glob("book/**/*.html"))
CHAPTERS = [page for page in PAGES if re.match(r"book/\d\d_", page)]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}

each_page = pytest.mark.parametrize("page", PAGES)
each_chapter = pytest.mark.parametrize("page", CHAPTERS)


def test_site_has_a_page_for_every_page_of_the_toc(site, build_script):
    for page in build_script.pages():
        assert (site / page).with_suffix(".html").is_file(), page
    assert (site / "index.html").is_file()


@each_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_asks_only_its_own_server_and_says_nothing(open_page, address, page, scheme):
    with open_page(page, scheme=scheme) as visit:
        assert visit.requests
        outside = [u for u in visit.requests if not u.startswith((address, "data:", "blob:"))]
        assert outside == []
        assert visit.console == []


@each_page
def test_page_does_not_scroll_sideways_on_a_phone(open_page, page):
    with open_page(page, viewport=PHONE) as visit:
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        # Nothing wide is cut off either: what sticks out lies in something that scrolls.
        cut = visit.page.evaluate(
            """() => [...document.querySelectorAll('article table, article svg, article pre')]
                .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                .filter(e => { for (let p = e; p && p.tagName !== 'ARTICLE'; p = p.parentElement)
                    if (['auto', 'scroll'].includes(getComputedStyle(p).overflowX)) return false;
                    return true; })
                .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert cut == []


@each_page
def test_pictures_have_words(open_page, page):
    with open_page(page) as visit:
        silent = visit.page.evaluate(
            """() => [...document.querySelectorAll('article img, article svg, .navbar-brand img')]
                .filter(e => !e.closest('[aria-hidden=true]'))
                .filter(e => !(e.getAttribute('alt') || e.getAttribute('aria-label')
                               || e.parentElement.closest('svg, button, a[aria-label]')))
                .map(e => e.outerHTML.slice(0, 160))"""
        )
        assert silent == []
        # An image whose alternative text is its file name has none.
        names = visit.page.evaluate("() => [...document.images].map(e => e.alt)")
        assert not [alt for alt in names if re.search(r"\.(png|svg|jpe?g)$|^_images", alt)]


@each_page
def test_text_is_readable_in_both_modes(open_page, page):
    """Text in our own boxes stands out from what is behind it (WCAG AA: 4.5 to 1)."""
    for scheme in ("light", "dark"):
        with open_page(page, scheme=scheme) as visit:
            faint = visit.page.evaluate(CONTRAST)
            assert faint == [], scheme


CONTRAST = """() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const parse = s => (s.match(/[\\d.]+/g) || []).map(Number);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0.5) return c;
    }
    return [255, 255, 255];
  };
  const where = '.alexnet-check *, .alexnet-ledger *, div.cell_output pre, div.cell_output pre *,'
    + ' div.cell_output p, div.cell_output td, div.cell_output th, .alexnet-figure figcaption';
  return [...document.querySelectorAll(where)]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .filter(e => e.checkVisibility())
    .map(e => {
      const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 120)];
    })
    .filter(([ratio]) => ratio < 4.5).slice(0, 5);
}"""


@each_chapter
def test_figures_take_the_page_color(open_page, page):
    with open_page(page, scheme="dark") as visit:
        dark = visit.page.evaluate(
            """() => [...document.querySelectorAll('.alexnet-figure :is(text, use)')]
                .filter(e => e.checkVisibility())
                .filter(e => ['rgb(0, 0, 0)'].includes(getComputedStyle(e).fill))
                .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
        )
        assert dark == []


def test_dark_mode_switch_works(open_page):
    with open_page(PAGES[0]) as visit:
        page = visit.page
        theme = "document.documentElement.dataset.theme"
        ground = "getComputedStyle(document.body).backgroundColor"
        seen = {(page.evaluate(theme), page.evaluate(ground))}
        for _ in range(3):
            page.locator(".theme-switch-button:visible").first.click()
            seen.add((page.evaluate(theme), page.evaluate(ground)))
        assert {mode for mode, _ in seen} == {"light", "dark"}
        assert len({color for _, color in seen}) == 2


def test_one_search_box_and_it_finds(open_page):
    for viewport in (DESK, {"width": 1000, "height": 800}):
        with open_page(PAGES[0], viewport=viewport) as visit:
            boxes = visit.page.locator(".search-button-field:visible, .search-button:visible")
            assert boxes.count() == 1
    with open_page("search.html?q=convolution") as visit:
        visit.page.wait_for_selector("#search-results li")
        assert visit.console == []


@each_chapter
def test_colab_button_leads_to_the_notebook(site, page, build_script):
    soup = parse(site / page)
    (link,) = {a["href"] for a in soup.select("a[href*='colab.research.google.com']")}
    owner = urlparse(build_script.repository()).path.strip("/")
    notebook = Path(page).with_suffix(".ipynb").as_posix()
    assert link == f"https://colab.research.google.com/github/{owner}/blob/main/{notebook}"
    assert (build_script.ROOT / notebook).is_file()


def test_pages_that_are_no_notebooks_have_no_colab_button(site):
    for page in set(PAGES) - set(CHAPTERS):
        assert not parse(site / page).select("a[href*='colab.research.google.com']"), page


def parse(path):
    from bs4 import BeautifulSoup

    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@each_page
def test_links_within_the_site_resolve(site, page):
    soup = parse(site / page)
    targets = [(tag, tag.get("href") or tag.get("src")) for tag in soup.select("[href], [src]")]
    assert targets
    for tag, target in targets:
        if (target or "").startswith("data:"):
            continue  # a picture inside the page
        plain, anchor = urldefrag(target or "")
        if re.match(r"[a-z]+:|//", plain):
            # Links may lead out; what a page loads may not.
            assert tag.name == "a" or tag.get("rel") in (["canonical"], ["author"]), target
            continue
        path = Path(os.path.normpath((site / page).parent / unquote(plain.partition("?")[0])))
        path = site / page if not plain else path
        assert path.is_file(), f"{page}: {target}"
        # What stands behind # in a link to the workbench may be a network, and no place.
        if anchor and path.suffix == ".html" and "=" not in anchor:
            assert parse(path).find(id=unquote(anchor)), f"{page}: no {anchor} in {path.name}"


@each_page
def test_formulas_are_rendered(open_page, page):
    with open_page(page) as visit:
        written = visit.page.locator("article .math").count()
        visit.page.wait_for_function(
            "n => document.querySelectorAll('article mjx-container').length >= n", arg=written
        )
        assert visit.page.locator("mjx-merror, [data-mjx-error]").count() == 0
        # Dollars left in the text are formulas that were not recognized.
        left = visit.page.evaluate(
            """() => [...document.querySelectorAll('article p, article li')]
                .map(e => e.textContent).filter(t => /\\$[^$\\s][^$]*\\$/.test(t))"""
        )
        assert left == []


def test_fonts_of_formulas_come_from_the_site(site):
    fonts = list((site / "_static" / "mathjax").rglob("*.woff"))
    assert len(fonts) > 20
    assert (site / "_static" / "mathjax" / "LICENSE").is_file()


@each_chapter
def test_chapter_says_how_it_was_made(site, page):
    words = parse(site / page).find("article").get_text()
    assert re.search(r"This page was made by running it: [\d.]+ (seconds|minutes)", words)
    assert "budget: " in words and "Keras" in words


@each_page
def test_page_does_not_tell_where_it_was_built(site, page, build_script):
    text = (site / page).read_text(encoding="utf-8")
    for folder in (build_script.ROOT, build_script.data_folder()):
        assert f"{folder}/" not in text, folder


@each_chapter
def test_solutions_are_folded(site, page):
    soup = parse(site / page)
    cells = soup.select("div.cell.tag_solution")
    assert len(cells) >= 2
    for cell in cells:
        assert cell.find("details"), "a solution lies open"
        assert not cell.find("details").has_attr("open")


def test_repository_address_is_kept_in_one_place(build_script):
    root = build_script.ROOT
    address = build_script.repository()
    holders = set()
    for path in [*root.glob("*"), *root.glob("*/**/*"), root / ".ci" / "run"]:
        parts = path.relative_to(root).parts
        if path.is_file() and parts[0] not in ("build", ".git", ".venv", "runs", "data"):
            if path.suffix in (".h5", ".png", ".pyc") or "egg-info" in str(path):
                continue
            if address in path.read_text(encoding="utf-8", errors="ignore"):
                holders.add(path.relative_to(root).as_posix())
    # The set-up cell of a notebook must hold it, and is written from pyproject.toml.
    notebooks = {f"book/{path.name}" for path in (root / "book").glob("*.ipynb")}
    assert holders - notebooks == {"pyproject.toml"}
