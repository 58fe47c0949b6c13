"""The chapters in their order: no word and no name before what explains it, and the right Next."""

import builtins
import json
import re
import symtable

import pytest

from tools import pages

ROOT = pages.ROOT
CHAPTERS = [page for page in pages.notebooks() if re.match(r"[1-8]\d_", page.name)]
GLOSSARY = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda page: page.stem)


def cells(chapter, kind):
    notebook = json.loads((ROOT / chapter).read_text(encoding="utf-8"))
    return [
        (cell["id"], "".join(cell["source"]), {*cell["metadata"].get("tags", [])})
        for cell in notebook["cells"]
        if cell["cell_type"] == kind
    ]


# --- the next chapter ------------------------------------------------------------------------

NEXT = re.compile(r"^Next: \[[^\]]+\]\(([^)#]+)\)", re.MULTILINE)


@each_chapter
def test_next_is_what_follows_in_the_table_of_contents(chapter):
    """The last chapter before the back matter has none."""
    parts = [page for _, names in pages.toc()[:-1] for page in names]
    after = parts[parts.index(chapter.with_suffix("").as_posix()) + 1 :][:1]
    follows = [page.name for page in pages.pages() if page.with_suffix("").as_posix() in after]
    found = [link for _, text, _ in cells(chapter, "markdown") for link in NEXT.findall(text)]
    assert found == follows, f"{chapter.name} ends in 'Next: [its title]({follows})'"


# --- words -----------------------------------------------------------------------------------


def anchor(term):
    return re.sub(r"[^\w\- ]", "", term.lower()).replace(" ", "-")


def introduced():
    """Give each term of the glossary with the name of the chapter that explains it."""
    entries = re.findall(r"^### (.+)\n\n.+\((\d\d_\w+\.ipynb)#[\w-]+\)\.$", GLOSSARY, re.MULTILINE)
    assert len(entries) == GLOSSARY.count("\n### ")
    return entries


def pattern(term):
    """Match a term and its plural as words of their own: not the *tower* of ``one-tower``."""
    words = re.escape(term).replace(r"\ ", r"[\s-]+")
    return re.compile(rf"(?<![\w-]){words}(?:s|es)?(?![\w-])", re.IGNORECASE)


def plain(text):
    """Cut out what is no prose: headings, code, formulas, addresses, and what others say."""
    text = re.sub(r"^#+ .*", " ", text, flags=re.MULTILINE)
    for cut in (r"```.*?```", r"`[^`]*`", r"\$\$.*?\$\$", r"\$[^$\n]*\$", r"“[^”]*”"):
        text = re.sub(cut, " ", text, flags=re.DOTALL)
    return re.sub(r"\]\([^)]*\)", "]", text)


def unexplained(prose, later):
    """Find words that a later chapter explains, used without a link to what they mean.

    What is asked of a chapter is the cell in which it first uses the word: a link there to the
    glossary, or to the chapter that explains it, serves the rest of the page. The first cell is
    left out, since it says what the page will teach.

    Args:
        prose: Pairs of a cell's id and its Markdown, in order.
        later: Pairs of a term and the name of the chapter that explains it.

    Returns:
        Pairs of a cell's id and a term.
    """
    found = []
    for term, explains in later:
        first = next((cell for cell in prose[1:] if pattern(term).search(plain(cell[1]))), None)
        if first and not re.search(
            rf"\]\((glossary\.md#{anchor(term)}|{re.escape(explains)}(#[\w-]+)?)\)", first[1]
        ):
            found.append((first[0], term))
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Then dropout sets some of them to zero.", True),
        ("Then [dropout](glossary.md#dropout) sets some to zero. Dropout is cheap.", False),
        ("Dropout comes [later](32_parts.ipynb#what-is-dropped).", False),
        ("Dropout comes [later](33_two_towers.ipynb).", True),
        ("`Dropout(0.5)` is a layer, and a drop-out is a student.", False),
    ],
)
def test_a_word_without_its_explanation_is_noticed(text, found):
    prose = [("title", "# You will know dropout"), ("said", text)]
    assert unexplained(prose, [("Dropout", "32_parts.ipynb")]) == [("said", "Dropout")] * found


@each_chapter
def test_no_word_comes_before_the_chapter_that_explains_it(chapter):
    names = [page.name for page in CHAPTERS]
    following = names[names.index(chapter.name) + 1 :]
    later = [(term, explains) for term, explains in introduced() if explains in following]
    prose = [(name, text) for name, text, _ in cells(chapter, "markdown")]
    assert unexplained(prose, later) == [], "link the word to the glossary where it is first used"


# --- names -----------------------------------------------------------------------------------


def names_of(code):
    """Give the names that a cell reads from outside of it, and those that it defines."""
    lines = [line for line in code.splitlines() if not line.startswith(("%", "!"))]
    table = symtable.symtable("\n".join(lines), "cell", "exec")
    own = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    read = {s.get_name() for s in table.get_symbols() if s.is_referenced()}

    def within(inner):
        for child in inner.get_children():
            yield from (s.get_name() for s in child.get_symbols() if s.is_global())
            yield from within(child)

    return (read | {*within(table)}) - {*dir(builtins)}, own


def undefined(code):
    """Find names that a visible cell reads and no visible cell, up to it, has defined.

    Args:
        code: A notebook's code cells: id, source, tags.

    Returns:
        Pairs of a cell's id and a name.
    """
    known, found = {"display"}, []
    for name, text, tags in code:
        if "remove-input" in tags:  # one that is folded can be opened
            continue
        read, own = names_of(text)
        known |= own
        found += [(name, missing) for missing in sorted(read - known)]
    return found


def test_a_name_of_a_hidden_cell_is_noticed():
    hidden = ("load", "import numpy as np\nx = 1", {"remove-input"})
    shown = ("use", "def f(y):\n    return np.sum([v + y for v in z])\nprint(f(x))", set())
    assert undefined([hidden, shown]) == [("use", "np"), ("use", "x"), ("use", "z")]
    assert undefined([("load", "import numpy as np\nx = z = 1", set()), shown]) == []


@pytest.mark.parametrize("chapter", pages.notebooks(), ids=lambda page: page.stem)
def test_visible_cells_use_what_visible_cells_define(chapter):
    assert undefined(cells(chapter, "code")) == []
