"""The search of the built site: numbers, words that the pages do not use, and what comes first."""

import re

import pytest

from tools.site import SYNONYMS, know_words

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def search(site, address, browser):
    """Give a function that lists the pages that are found, in their order."""
    with browser.new_context() as context:
        page = context.new_page()

        def found(words):
            page.goto(f"{address}search.html?q={words}")
            page.wait_for_selector(".search-summary:not(:empty)")
            links = page.locator("#search-results li > a").evaluate_all(
                "links => links.map(a => a.href)"
            )
            return list(dict.fromkeys(re.sub(r".*/book/|\.html.*", "", link) for link in links))

        yield found


@pytest.mark.parametrize("words", ["11", "chapter 11", "Chapter 11"])
def test_a_chapter_is_found_by_its_number(search, words):
    assert search(words)[0] == "11_convolution"


def test_a_number_of_the_text_is_found(search):
    assert "14_puzzle_224" in search("224")[:2]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("convnet", "11_convolution"),
        ("CNN", "11_convolution"),
        ("kernel", "11_convolution"),
        ("rectifier", "32_parts"),
        ("norm", "32_parts"),
        ("overfit", "23_first_training"),
        ("fully connected", "13_eight_layers"),
        ("learning rate", "35_recipe_2012"),
        ("step size", "35_recipe_2012"),
        ("colour", "36_augmentation"),
        ("heatmap", "43_learned"),
        ("images", "22_data"),
        ("ValueError Data cardinality", "91_error_index"),
        ("Computed output size would be zero or negative", "91_error_index"),
    ],
)
def test_what_a_reader_may_call_it_finds_the_chapter(search, words, wanted):
    assert wanted in search(words)


@pytest.mark.parametrize("words", ["convolution", "augmentation", "two towers", "evaluation"])
def test_chapters_come_before_the_teachers_guide(search, words):
    found = search(words)
    chapters = [place for place, name in enumerate(found) if re.match(r"[1-8]\d_", name)]
    assert chapters[0] == 0
    assert "teachers" not in found or found.index("teachers") > chapters[-1]


def test_what_only_the_guide_has_is_found_there(search):
    assert search("worksheet")[0] == "teachers"


def test_a_synonym_of_nothing_is_refused(tmp_path):
    index = tmp_path / "searchindex.js"
    empty = 'Search.setIndex({"terms": {}, "titleterms": {}})'
    index.write_text(empty, encoding="utf-8")
    word, ours = next(iter(SYNONYMS.items()))
    with pytest.raises(SystemExit, match=f"no page has {ours!r}, the synonym of {word!r}"):
        know_words(index)
    assert index.read_text(encoding="utf-8") == empty
