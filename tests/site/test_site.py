"""The built site, as a browser sees it.

Each page is opened once: in light mode, then in dark, then as wide as a phone, then as printed.
What was seen is kept, and the tests of that page read it.
"""

import os
import re
import xml.etree.ElementTree
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import pytest

from tools import execute, pages, stage
from tools.environment import PACKAGE, ROOT
from tools.pages import MOVED

pytestmark = pytest.mark.slow

SITE = ROOT / "build" / "html"
BUILT = [p for p in SITE.glob("book/**/*.html") if p.stem not in MOVED]
PAGES = sorted(p.relative_to(SITE).as_posix() for p in BUILT)
CHAPTERS = [page for page in PAGES if re.match(r"book/\d\d_", page)]
OTHERS = ["search.html", "404.html"]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PAPER = {"width": 718, "height": 1000}  # A4 without its margins, at 96 pixels an inch
LARGEST = 1_000_000  # bytes of a page, its figures apart

each_page = pytest.mark.parametrize("page", PAGES)
each_chapter = pytest.mark.parametrize("page", CHAPTERS)

# What axe does not look at: formulas are drawn by MathJax, which gives each a text of its own, and
# code is thousands of colored words, whose colors test_text_stands_out looks at one by one.
NOT_FOR_AXE = ["mjx-container", "div.highlight pre"]
WORDS = "code > span.pre"
# Findings that stay, each with its reason.
ALLOWED = {}


# --- one visit of each page ------------------------------------------------------------------


@pytest.fixture(scope="module", params=PAGES + OTHERS)
def seen(request, open_page, axe):
    """Open a page and give all that its tests ask for, as a dict."""
    with open_page(request.param) as visit:
        return {"name": request.param, "visit": visit, **look(visit.page, axe)}


def look(page, axe):
    """Look at a page in all its forms, in the order in which they change least."""
    page.add_style_tag(content="*, ::before, ::after { transition: none !important; }")
    formulas = page.locator("article .math").count()
    page.wait_for_function(
        "n => document.querySelectorAll('article mjx-container').length >= n", arg=formulas
    )
    page.wait_for_function(  # formulas' elements stay undefined
        "() => [...document.querySelectorAll(':not(:defined)')]"
        ".every(e => !e.localName.startsWith('alexnet-') || e.querySelector('.alexnet-offer'))"
    )
    page.wait_for_function(  # all of it, or the offer to start it
        "() => [...document.querySelectorAll('alexnet-network')]"
        ".every(e => e.querySelector('.alexnet-offer, .nw-likely'))"
    )
    found = page.evaluate(CONTENT)
    found["hidden"] = {"desk": page.evaluate(HIDDEN)}
    found["labels"] = {"desk": page.evaluate(LABELS)}
    found["scrolled"] = page.evaluate(SCROLLED)
    faint = {"light": page.evaluate(CONTRAST)}
    odd = page.evaluate(ODD_WORDS)

    page.keyboard.press("Tab")  # from here on, the browser shows where the focus is
    found["first_focus"] = page.evaluate("document.activeElement.getAttribute('href')")
    found["keyboard"] = page.evaluate(KEYBOARD)

    page.emulate_media(color_scheme="dark")
    if page.evaluate("'theme' in document.documentElement.dataset"):
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    faint["dark"] = page.evaluate(CONTRAST)
    found["odd"] = odd + page.evaluate(ODD_WORDS)
    found["black"] = page.evaluate(BLACK)

    page.set_viewport_size(PHONE)
    found["phone"] = page.evaluate(SIDEWAYS)
    found["hidden"]["phone"] = page.evaluate(HIDDEN)
    found["labels"]["phone"] = page.evaluate(LABELS)

    page.set_viewport_size(PAPER)
    page.emulate_media(media="print", color_scheme="dark")
    found["paper"] = page.evaluate(PRINTED)

    # What axe does not look at goes: it would measure where each piece of it lies all the same. And
    # a literal's words, each a span of its own with the literal's colors, become one text.
    page.emulate_media(media="screen", color_scheme="light")
    page.set_viewport_size(DESK)
    page.evaluate(
        """([where, words]) => {
            document.querySelectorAll(where).forEach(e => e.remove());
            document.querySelectorAll(words).forEach(e => e.replaceWith(e.textContent));
            document.normalize();
        }""",
        [", ".join(NOT_FOR_AXE), WORDS],
    )
    found["axe"] = [each for each in axe(page, "html") if each[1] not in ALLOWED]
    return {**found, "faint": faint}


CONTENT = """() => {
  const all = (where, from = document) => [...from.querySelectorAll(where)];
  const start = e => e.outerHTML.slice(0, 160);
  const href = where => [...new Set(all(where).map(e => e.getAttribute('href')))];
  return {
    silent: all('article img, article svg, .navbar-brand img')
      .filter(e => !e.closest('[aria-hidden=true]'))
      .filter(e => !(e.getAttribute('alt') || e.getAttribute('aria-label')
                     || e.parentElement.closest('svg, button, a[aria-label]')))
      .map(start),
    alts: [...document.images].map(e => e.alt),
    wrongFormulas: all('mjx-merror, [data-mjx-error]').map(start),
    // Dollars left in the text are formulas that were not recognized.
    dollars: all('article p, article li').map(e => e.textContent)
      .filter(t => /\\$[^$\\s][^$]*\\$/.test(t)),
    words: (document.querySelector('article') || document.body).textContent,
    strong: all('article section > p > strong:first-child').map(e => e.textContent),
    launch: href('.dropdown-launch-buttons a'),
    previous: href('a.left-prev'), next: href('a.right-next'),
    solutions: all('div.cell.tag_solution').map(e => {
      const details = e.querySelector('details');
      return details ? (details.open ? 'open' : 'folded') : 'no details';
    }),
  };
}"""

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
    + ' div.cell_output p, div.cell_output td, div.cell_output th, .alexnet-figure figcaption,'
    + ' div.highlight pre, div.highlight pre span';
  const faint = new Map();
  for (const e of document.querySelectorAll(where)) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [parse(getComputedStyle(e).color), behind(e)];
    const [one, other] = [light(a), light(b)];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5 && e.checkVisibility()) faint.set(`${a} on ${b}`, e.outerHTML.slice(0, 120));
  }
  return [...faint];
}"""

ODD_WORDS = f"""() => [...document.querySelectorAll('{WORDS}')].filter(e => {{
    const [own, all] = [getComputedStyle(e), getComputedStyle(e.parentElement)];
    return own.color !== all.color || own.fontSize !== all.fontSize
      || own.backgroundColor !== 'rgba(0, 0, 0, 0)';
  }}).map(e => e.parentElement.outerHTML.slice(0, 120))"""

BLACK = """() => [...document.querySelectorAll('.alexnet-figure :is(text, use)')]
  .filter(e => getComputedStyle(e).fill === 'rgb(0, 0, 0)' && e.checkVisibility())
  .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""

# Whatever can be clicked can be reached with the Tab key, and shows when it has been. Of a group
# whose members the arrow keys reach, one member is enough. The layers in the workbench's ledger are
# those of its strip, which has the arrow keys (test_workbench.py presses them).
KEYBOARD = """() => {
  const look = e => {
    const s = getComputedStyle(e);
    return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.backgroundColor,
            s.borderColor, s.textDecorationLine, s.color].join();
  };
  const where = 'a[href], button, summary, input, select, textarea, [role=button], [tabindex="0"]';
  const found = [];
  document.activeElement.blur();
  for (const e of document.querySelectorAll(where)) {
    if (e.disabled || !e.checkVisibility({ visibilityProperty: true, opacityProperty: false }))
      continue;
    if (e.tabIndex < 0) {
      const group = e.matches('.wb-pick') ? document.querySelector('.wb-strip')
        : e.closest('[role=toolbar], [role=radiogroup], [role=tablist], [role=group]');
      if (!(group && group.querySelector('[tabindex="0"]'))) {
        found.push(['not reached', e.outerHTML.slice(0, 140)]);
      }
      continue;
    }
    const before = look(e);
    e.focus({ preventScroll: true });
    if (document.activeElement !== e) found.push(['takes no focus', e.outerHTML.slice(0, 140)]);
    else if (look(e) === before) found.push(['shows no focus', e.outerHTML.slice(0, 140)]);
    e.blur();
  }
  return found;
}"""

# Nothing wide is cut off either: what sticks out lies in something that scrolls.
SIDEWAYS = """() => ({
  width: document.documentElement.scrollWidth,
  cut: [...document.querySelectorAll('article table, article svg, article pre')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .filter(e => { for (let p = e; p && p.tagName !== 'ARTICLE'; p = p.parentElement)
        if (['auto', 'scroll'].includes(getComputedStyle(p).overflowX)) return false;
        return true; })
    .map(e => e.outerHTML.slice(0, 120)),
})"""

# What goes on beyond its column's edge says so: it fades there. Text has a size that can be read.
HIDDEN = """async () => {
  // What is folded until a prediction is committed, as a reader sees it afterwards.
  document.querySelectorAll('[hidden=until-found]').forEach(e => e.removeAttribute('hidden'));
  const frame = () => new Promise(requestAnimationFrame);
  await frame(); await frame(); await frame();
  const all = [...document.querySelectorAll('article *')].filter(e => e.checkVisibility());
  return {
    wide: all.filter(e => e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1)
      .filter(e => ['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX))
      .filter(e => !e.matches('input, select, textarea, span.math, mjx-assistive-mml'))
      .filter(e => getComputedStyle(e).maskImage === 'none').map(e => e.outerHTML.slice(0, 140)),
    small: all.filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
      .filter(e => !e.closest('svg, mjx-container, sup, sub'))
      .filter(e => parseFloat(getComputedStyle(e).fontSize) < 11)
      .map(e => e.outerHTML.slice(0, 140)),
    // A word that sticks out of its cell lies over the next one.
    over: all.filter(e => e.matches('td, th') && e.scrollWidth > e.clientWidth + 2)
      .map(e => e.outerHTML.slice(0, 140)),
  };
}"""

# Of figures and of what moves, as large as they come out.
LABELS = """() => [...document.querySelectorAll('article svg text')]
  .filter(e => e.textContent.trim() && e.checkVisibility())
  .map(e => [e, e.getScreenCTM()])
  .map(([e, m]) => [e.textContent, parseFloat(getComputedStyle(e).fontSize) * Math.hypot(m.a, m.b)])
  .filter(([, height]) => height < 10.9)"""

SCROLLED = """() => [...document.querySelectorAll('.alexnet-figure')]
  .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
  .map(e => [e.scrollWidth, e.clientWidth, e.outerHTML.slice(0, 120)])"""

# On paper nothing scrolls: what does not fit is lost.
PRINTED = """() => {
  const sum = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b);
  const style = e => getComputedStyle(e);
  const shown = where => [...document.querySelectorAll(where)]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 0);
  const article = document.querySelector('article') || document.body;
  const inside = [...article.querySelectorAll('*')].filter(e => !e.closest('mjx-container, svg'));
  return {
    around: shown('.bd-sidebar-primary, .bd-sidebar-secondary, .bd-header, .prev-next-footer,'
      + ' .bd-header-article, button.copybtn').map(e => e.outerHTML.slice(0, 100)),
    ink: sum(style(article).color),
    lost: inside.filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 2)
      .filter(e => style(e).overflowX !== 'visible' && e.checkVisibility())
      .map(e => [e.scrollWidth, e.clientWidth, e.outerHTML.slice(0, 120)]),
    wide: inside.filter(e => e.getBoundingClientRect().right > innerWidth + 2)
      .filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 120)).slice(0, 3),
  };
}"""


# --- what every page must be -----------------------------------------------------------------


def test_page_asks_only_its_own_server_and_says_nothing(seen, address):
    assert seen["visit"].requests
    outside = [u for u in seen["visit"].requests if not u.startswith((address, "data:", "blob:"))]
    assert outside == []
    assert seen["visit"].console == []


def test_axe_finds_nothing(seen):
    assert (seen["axe"], seen["odd"]) == ([], []), seen["name"]


def test_text_stands_out(seen):
    """Text in our own boxes and in code, from what is behind it (WCAG AA: 4.5 to 1)."""
    assert seen["faint"] == {"light": [], "dark": []}, seen["name"]


def test_keyboard_reaches_everything_and_shows_where_it_is(seen):
    assert seen["keyboard"] == [], seen["name"]
    if seen["name"] != "404.html":
        assert seen["first_focus"] == "#main-content", f"{seen['name']}: no link past the menus"


def test_page_does_not_scroll_sideways_on_a_phone(seen):
    assert seen["phone"]["width"] <= PHONE["width"], seen["name"]
    assert seen["phone"]["cut"] == [], seen["name"]


def test_nothing_is_cut_off_without_a_sign(seen):
    nothing = {"wide": [], "small": [], "over": []}
    assert seen["hidden"] == {"desk": nothing, "phone": nothing}, seen["name"]


def test_labels_of_drawings_can_be_read(seen):
    """As wide as its smallest label needs, a figure scrolls within its column."""
    assert seen["labels"] == {"desk": [], "phone": []}, seen["name"]


def test_figures_fit_their_column_on_a_desk(seen):
    assert seen["scrolled"] == [], seen["name"]


def test_page_loads_what_it_needs(seen, site, address):
    """No script of all icons, formulas' fonts only for formulas, and little beside the page."""
    names = {url.removeprefix(address).partition("?")[0] for url in seen["visit"].requests}
    assert not [name for name in names if "fontawesome" in name]
    text = (site / seen["name"]).read_text(encoding="utf-8")
    formulas = re.search(r'class="[^"]*\bmath\b', text) is not None
    assert any("mathjax" in name for name in names) == formulas, seen["name"]
    beside = [n for n in names if re.search(r"\.(css|js)$", n) and "/mathjax/" not in n]
    # Their own tests weigh the interactive parts.
    parts = "|".join(("live", *stage.INTERACTIVE))
    beside = [n for n in beside if not re.search(f"/({parts})/", n)]
    most = 600_000 + (150_000 if seen["name"] == "search.html" else 0)
    assert sum((site / name).stat().st_size for name in beside) < most, sorted(beside)


def test_page_can_be_printed(seen):
    paper = seen["paper"]
    assert paper["around"] == [], seen["name"]
    assert paper["ink"] < 200, f"{seen['name']}: pale text on white paper"
    assert (paper["lost"], paper["wide"]) == ([], []), seen["name"]


def test_pictures_have_words(seen):
    assert seen["silent"] == [], seen["name"]
    # An image whose alternative text is its file name has none.
    assert not [a for a in seen["alts"] if re.search(r"\.(png|svg|jpe?g)$|^_images", a)]


def test_figures_take_the_page_color(seen):
    assert seen["black"] == [], seen["name"]


def test_formulas_are_rendered(seen):
    assert (seen["wrongFormulas"], seen["dollars"]) == ([], []), seen["name"]


# --- what every chapter must be --------------------------------------------------------------


def test_chapter_follows_the_pattern(seen):
    """Objectives, prerequisites, measured time, the pages before and after, folded solutions."""
    page, words = seen["name"], seen["words"]
    order = [path.with_suffix(".html").as_posix() for path in pages.pages()]
    if page in order:
        place = order.index(page)
        before, after = order[:place][-1:], order[place + 1 :][:1]
        base = Path(page).parent
        assert [(base / link).as_posix() for link in seen["previous"]] == before, page
        assert [(base / link).as_posix() for link in seen["next"]] == after, page
    if page in CHAPTERS:
        for heading in ("You will be able to", "You should know", "Time"):
            assert heading in seen["strong"], f"{page} lacks {heading!r}"
        assert re.search(r"The code on this page took [\d.]+ (seconds|minutes) to run\.", words)
        assert "; the cells run in" not in words, f"{page}: an estimate in place of the time"
        assert "budget: " in words and "Keras" in words
        assert len(seen["solutions"]) >= 2, page
        assert set(seen["solutions"]) == {"folded"}, f"{page}: a solution lies open"


def test_launch_buttons_lead_to_the_notebook(seen, setup_cell):
    page = seen["name"]
    owner = urlparse(setup_cell.repository()).path.strip("/")
    notebook = Path(page).with_suffix(".ipynb").as_posix()
    expected = [
        f"https://mybinder.org/v2/gh/{owner}/main?urlpath=tree/{notebook}",
        f"https://colab.research.google.com/github/{owner}/blob/main/{notebook}",
        "https://kaggle.com/kernels/welcome?src="
        f"https://raw.githubusercontent.com/{owner}/main/{notebook}",
    ]
    # A page that is no notebook has none.
    assert seen["launch"] == (expected if page in CHAPTERS else []), page
    if page in CHAPTERS:
        assert (ROOT / notebook).is_file()


# --- files -----------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Lists the tags of a page with their attributes, and its size without drawings."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)
        plain = re.sub(r"<svg.*?</svg>|data:image/[^\"']*", "", text, flags=re.DOTALL)
        self.size = len(plain.encode())
        self.ids = {attributes["id"] for _, attributes in self.tags if "id" in attributes}

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


@cache
def parse(path):
    return Tags(path.read_text(encoding="utf-8"))


def test_site_has_a_page_for_every_page_of_the_toc(site):
    for page in pages.pages():
        assert (site / page).with_suffix(".html").is_file(), page
    assert (site / "index.html").is_file()


@each_page
def test_page_is_light(site, page):
    assert parse(site / page).size < LARGEST


@pytest.mark.parametrize("page", [*PAGES, "index.html", "search.html"])
def test_links_within_the_site_resolve(site, page):
    targets = [
        (tag, attributes, attributes.get("href") or attributes.get("src"))
        for tag, attributes in parse(site / page).tags
        if "href" in attributes or "src" in attributes
    ]
    assert targets
    for tag, attributes, target in targets:
        if (target or "").startswith("data:"):
            continue  # a picture inside the page
        plain, anchor = urldefrag(target or "")
        if re.match(r"[a-z]+:|//", plain):
            # Links may lead out; what a page loads may not.
            assert tag == "a" or attributes.get("rel") in ("canonical", "author"), target
            continue
        path = Path(os.path.normpath((site / page).parent / unquote(plain.partition("?")[0])))
        path = site / page if not plain else path
        assert path.is_file(), f"{page}: {target}"
        # What stands behind # in a link to the workbench may be a network, and no place.
        if anchor and path.suffix == ".html" and "=" not in anchor:
            assert unquote(anchor) in parse(path).ids, f"{page}: no {anchor} in {path.name}"


@each_page
def test_page_has_its_address_and_a_preview(site, page, setup_cell):
    tags = parse(site / page).tags
    (canonical,) = [a["href"] for tag, a in tags if tag == "link" and a.get("rel") == "canonical"]
    assert canonical == f"{setup_cell.book_address()}{page}"
    og = {a["property"]: a["content"] for tag, a in tags if tag == "meta" and "property" in a}
    assert og["og:url"] == canonical
    assert og["og:title"] and og["og:description"] and og["og:image:alt"]
    picture = og["og:image"].removeprefix(setup_cell.book_address())
    assert (site / picture).read_bytes().startswith(b"\x89PNG")
    (icon,) = [a["href"] for tag, a in tags if tag == "link" and a.get("rel") == "icon"]
    assert (site / page).parent.joinpath(icon).resolve().is_file()


def test_site_map_lists_every_page(site, setup_cell):
    places = xml.etree.ElementTree.parse(site / "sitemap.xml").findall(".//{*}loc")
    book = setup_cell.book_address()
    assert [place.text for place in places] == [
        f"{book}{page.with_suffix('.html').as_posix()}" for page in pages.pages()
    ]
    assert f"Sitemap: {book}sitemap.xml" in (site / "robots.txt").read_text(encoding="utf-8")


def test_missing_page_helps_at_any_depth(site, browser, setup_cell):
    book = setup_cell.book_address()
    shown = (site / "404.html").read_text(encoding="utf-8")
    asked = []
    context = browser.new_context()
    page = context.new_page()

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(status=404, content_type="text/html", body=shown)

    page.route("**/*", answer)
    page.goto(f"{book}no/such/page/at/all.html")
    assert asked == [f"{book}no/such/page/at/all.html"]  # it needs nothing else
    links = page.evaluate("[...document.querySelectorAll('a')].map(e => e.href)")
    context.close()
    assert len(links) >= 3
    for link in links:
        assert (site / (link.removeprefix(book) or "index.html")).is_file(), link


def test_status_page_says_what_ran(site):
    import nbformat

    text = (site / "book" / "status.html").read_text(encoding="utf-8")
    assert stage.STATUS_MARK not in text
    for notebook in pages.notebooks():
        kept = nbformat.read(execute.EXECUTED / notebook, as_version=4)
        record = kept.metadata[PACKAGE]
        row = re.search(rf"<tr[^>]*>(?:(?!</tr>).)*{notebook.stem}\.html.*?</tr>", text, re.DOTALL)
        assert row, f"{notebook} is not on the status page"
        for word in (record["when"], pages.minutes(record["seconds"]), record["pictures"]):
            assert word in row[0], notebook
        assert record["machine"] in text and record["versions"] in text


def test_fonts_of_formulas_come_from_the_site(site):
    fonts = list((site / "_static" / "mathjax").rglob("*.woff"))
    assert len(fonts) > 20
    assert (site / "_static" / "mathjax" / "LICENSE").is_file()


@each_page
def test_page_does_not_tell_where_it_was_built(site, page):
    text = (site / page).read_text(encoding="utf-8")
    for folder in (ROOT, pages.data_folder()):
        assert f"{folder}/" not in text, folder


# --- what a reader does ----------------------------------------------------------------------


@pytest.mark.parametrize("page", ["book/intro.html", "book/workbench.html", "book/network.html"])
def test_tab_key_goes_through_the_page_and_out_again(open_page, page):
    """No trap: each press moves on, and after the last stop the browser's own bar has its turn."""
    with open_page(page) as visit:
        stops = visit.page.evaluate(
            """() => [...document.querySelectorAll('a[href], button, summary, input, select')]
                .filter(e => e.tabIndex >= 0 && !e.disabled && e.type !== 'radio'
                             && e.checkVisibility({ visibilityProperty: true })).length"""
        )
        visit.page.evaluate(
            """() => { window.stops = []; document.addEventListener('focusin',
                event => window.stops.push(event.target)); }"""
        )
        for _ in range(2 * stops + 20):
            visit.page.keyboard.press("Tab")
            if visit.page.evaluate("stops.length > 1 && stops.lastIndexOf(stops[0]) > 0"):
                break
        distinct = visit.page.evaluate("new Set(stops).size")
        assert distinct >= stops, f"{distinct} of {stops} reached"
        assert visit.page.evaluate("stops.at(-1) === stops[0]"), "the Tab key is trapped"


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


def test_page_that_opens_in_dark_mode_says_nothing(open_page):
    with open_page(PAGES[0], scheme="dark") as visit:
        assert visit.page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert visit.console == []


@pytest.mark.parametrize("width", [390, 820, 1000, 1280])
def test_menus_open_and_close(open_page, width):
    with open_page("book/glossary.html", viewport={"width": width, "height": 844}) as visit:
        page = visit.page
        chapter = page.locator("nav.bd-links a", has_text="The 224 puzzle")
        toggle = page.locator(".primary-toggle:visible")
        there = chapter.is_visible()
        assert there == (width >= 992)
        toggle.click()
        chapter.wait_for(state="hidden" if there else "visible")
        toggle.click() if there else page.keyboard.press("Escape")
        chapter.wait_for(state="visible" if there else "hidden")

        sections = page.locator("#pst-page-toc-nav a").first
        if not sections.is_visible():
            page.locator(".secondary-toggle:visible").click()
            sections.wait_for()
            page.keyboard.press("Escape")
            sections.wait_for(state="hidden")
        if not there:
            toggle.click()
        chapter.click()
        page.wait_for_url("**/14_puzzle_224.html")
        page.wait_for_load_state("networkidle")
        assert visit.console == []


def test_search_on_a_page_finds(open_page):
    with open_page("book/intro.html") as visit:
        visit.page.locator(".search-button-field:visible").first.click()
        visit.page.keyboard.type("receptive")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**/search.html?q=receptive*")
        visit.page.locator("#search-results li a").first.wait_for()
        assert visit.console == []


def test_landing_page_is_soon_ready(open_page, site, address):
    """What stands between a reader and the page: few bytes, and no script that holds it up.

    benchmarks/landing.py measures the time.
    """
    with open_page("book/intro.html") as visit:
        visit.page.wait_for_load_state("networkidle")
        names = {u.removeprefix(address).partition("?")[0] for u in visit.requests}
        sizes = {n: (site / n).stat().st_size for n in names if not n.startswith("data:")}
        blocking = visit.page.evaluate(
            """() => [...document.scripts].filter(s => s.src && !s.defer && !s.async)
                .map(s => s.src.split('?')[0])"""
        )
    print(sizes)
    scripts = sum(size for name, size in sizes.items() if name.endswith(".js"))
    assert scripts < 160_000 and sum(sizes.values()) < 700_000
    held = sum(sizes[src.removeprefix(address)] for src in blocking)
    assert held < 1_000, blocking


def test_landing_page_says_where_to_begin(open_page, setup_cell):
    """Its cards lead into every part that is counted; test_network.py looks at its network."""
    with open_page("book/intro.html", viewport=PHONE) as visit:
        page = visit.page
        links = page.locator(".alexnet-buttons a").evaluate_all("a => a.map(e => e.href)")
        assert [Path(urlparse(link).path).name for link in links] == [
            "11_convolution.html",
            "workbench.html",
            "11_convolution.ipynb",
        ]
        assert urlparse(setup_cell.repository()).path in links[2]
        captions = [caption for caption, _ in pages.toc()[1:-1]]
        cards = page.locator(".alexnet-cards b").all_inner_texts()
        assert cards == captions
        page.get_by_role("link", name="take it apart on the workbench").click()
        page.wait_for_url("**/workbench.html")


def test_one_search_box_and_it_finds(open_page):
    for viewport in (DESK, {"width": 1000, "height": 800}):
        with open_page(PAGES[0], viewport=viewport) as visit:
            boxes = visit.page.locator(".search-button-field:visible, .search-button:visible")
            assert boxes.count() == 1
    with open_page("search.html?q=convolution") as visit:
        visit.page.wait_for_selector("#search-results li")
        assert visit.console == []
