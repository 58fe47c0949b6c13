"""The glossary: every term leads to a chapter, and every chapter to some terms."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(path.name for path in BOOK.glob("*.ipynb"))
GLOSSARY = BOOK / "glossary.md"
LEAST = 3  # terms that a chapter links
CITATION = r"et al\.|\]\(https?://(arxiv|doi|papers|proceedings)"

each_chapter = pytest.mark.parametrize("name", CHAPTERS)


def anchor(heading):
    """The address of a heading, as GitHub and this book's site form it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def prose(name):
    notebook = json.loads((BOOK / name).read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def terms():
    """Give the terms with their text, in the glossary's order."""
    text = GLOSSARY.read_text(encoding="utf-8")
    found = re.findall(r"^### (.+)\n\n(.+)$", text, re.MULTILINE)
    assert len(found) == text.count("\n### "), "a term has no text"
    return found


def linked(name):
    return re.findall(r"\]\(glossary\.md#([\w-]+)\)", prose(name))


def test_terms_are_sorted_and_none_is_there_twice():
    names = [name.lower() for name, _ in terms()]
    assert len(names) > 50
    assert names == sorted(set(names))
    letters = re.findall(r"^## (.)$", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    assert letters == sorted({name[0].upper() for name in names})


def test_every_term_is_explained_in_a_sentence_or_two_and_leads_to_its_place():
    for name, text in terms():
        said, chapter, place = re.fullmatch(
            r"(.+) See \[[^\]]+\]\((\d\d_\w+\.ipynb)#([\w-]+)\)\.", text
        ).groups()
        assert 20 < len(said) < 260, name
        assert 1 <= len(re.findall(r"[.!?](?= |$)", said)) <= 3, name
        headings = re.findall(r"^#{2,3} (.+)$", prose(chapter), re.MULTILINE)
        assert place in map(anchor, headings), f"{name}: no {place} in {chapter}"


@each_chapter
def test_chapter_links_the_words_it_uses(name):
    known = {anchor(term) for term, _ in terms()}
    assert set(linked(name)) <= known, f"{name}: {sorted(set(linked(name)) - known)}"
    assert len(set(linked(name))) == len(linked(name)), f"{name} links a term twice"
    assert len(linked(name)) >= LEAST, f"{name} links {len(linked(name))} terms"


@each_chapter
def test_chapter_that_cites_leads_to_the_references(name):
    assert not re.search(CITATION, prose(name)) or "](references.md)" in prose(name)
