"""Exercises that answer on the page: as ``check`` does, kept in the browser, for everyone."""

import json
import random
import re
from html.parser import HTMLParser

import nbformat
import pytest

from alexnet_tutorial.checks import QUESTIONS, check
from tools import answers, pages

SCRIPT = "book/theme/static/answers/answers.js"
CHAPTERS = [page.stem for page in pages.notebooks()]
CHAPTER = "book/11_convolution.html"
PHONE = {"width": 390, "height": 844}

# --- the same as check -----------------------------------------------------------------------


def written(value):
    """Give the ways in which a value may be typed."""
    if isinstance(value, bool):
        return [str(value), "yes" if value else "No", f" {value}! "]
    if isinstance(value, str):
        return [value, value.upper(), f"({value})", f"option {value}.", f"“{value}”", f"the {value}"]
    if isinstance(value, tuple):
        joined = [str(part) for part in value]
        return [x.join(joined) for x in (", ", " × ", "x", " ", ";", ",")] + [str(value)]
    texts = [repr(value), f"{value:,}", f"{value:.3g}", f"{value:.6g}", f"answer = {value}"]
    texts += [f"{value:,}".replace(",", "\u202f"), f"{100 * value:.6g} %", f"{100 * value:.6g}"]
    return [*texts, f"{value}/1", f"({value})", f"{value} units", f"2*{value}/2", f"−{value}"]


MALFORMED = [
    *("", " ", "?", "…", "...", "answer", "answer =", "None", "()", "[]", "-", "+", "%", "1 %%"),
    *("1/0", "1//0", "0/0", "0^-1", "9^9999", "9999^99", "9999^99 %", "(-8)^0.5", "2**3**2", "2^"),
    *("1e999", "-1e999", "1e999/2", "1e-999", "inf", "nan", "NaN %", "1e5", ".5", "5.", ".", "e5"),
    *("0,7", "7,0", "1,2,3,4,5", "1,234,5", "12 345 67", "1_000", "1'000", "1’000", "1\xa0000"),
    *("(1, 2", "1, 2)", "((1, 2))", "[1 2 3 4]", "(None, 3, 224, 224)", "(None,)", "1;2;3", "× ×"),
    *("seven", "7 positions", "seven positions it has", "fc-6", "fc_6", "The", "the option", "B)"),
    *("<b>7</b>", "$7$", "x" * 30, "x" * 31, "y" * 300, "y" * 301, "7" * 299, "7" * 301, "½", "²"),
    *("٣", "７", "Ⅷ", "𝟕", "é", "e\u0301", "ß", "İ", "ΣΑΣ", "💡", "💡" * 30, "\u200b7", "\ufeff7"),
    *("(" * 20 + "7" + ")" * 20, "(" * 25 + "7" + ")" * 25, "-" * 250 + "7", "√" * 30 + "7"),
    *("√16", "sqrt(16)", "sqrt16", "√-1", "3 · (20 + 1)", "28 ÷ 4", "(28-8)//3+1", "-2^2", "1--1"),
    *("85%", "85 percent", "50% * 2", "(1/6) %", "1/6 %", "TRUE", "yes.", "no?", "true false", "y"),
    *("7\t", "\x1f7", "7\x85", "7\n8", "3e2 x 2", "2 e 3", "0x10", "1j", "7L", "+7", "++7", "- 7"),
]
ALPHABET = [*"0123456789" * 2, *".,,  ()[]+-*/^%×x·√;:=_e'’−", "**", "//", "sqrt", "none", "ab"]


def typed(name, chance):
    """Give what may be typed into one field: right, slips, near misses, malformed, anything."""
    question = QUESTIONS[name]
    values = [question.right, *(value for value, _, _ in question.misconceptions)]
    right = question.right
    if isinstance(right, (int, float)) and not isinstance(right, bool):
        edge = question.tolerance or 1e-12
        values += [right * (1 + by * edge) for by in (0.5, -0.5, 1.5, -1.5)]
        values += [right + 1, right - 1, -right, 10 * right, 1 / (right or 3)]
    if isinstance(right, tuple):
        values += [right[::-1], right[:-1], (*right, 1), tuple(part + 1 for part in right)]
    texts = [text for value in values for text in written(value)]
    texts += chance.sample(MALFORMED, 25)
    texts += ["".join(chance.choices(ALPHABET, k=chance.randint(1, 9))) for _ in range(25)]
    return texts


@pytest.mark.slow
def test_the_page_judges_as_check_does(browser, root):
    chance = random.Random(14)
    asked = [(name, text) for name in QUESTIONS for text in typed(name, chance)]
    asked += [("convolution.positions", text) for text in MALFORMED]
    asked += [("convolution.shape", text) for text in MALFORMED]
    page = browser.new_page()
    page.set_content("<p>Nothing but the script.</p>")
    page.add_script_tag(path=root / SCRIPT)
    said = page.evaluate(
        """([encoded, asked]) => {
            const questions = alexnetCheck.decode(encoded);
            return asked.map(([name, text]) => alexnetCheck.check(questions[name], text));
        }""",
        [answers.encode(list(QUESTIONS)), asked],
    )
    page.close()
    different, outcomes = [], {"missing": 0, "not-yet": 0, "right": 0}
    for (name, text), (outcome, message) in zip(asked, said, strict=True):
        result = check(name, text)
        outcomes[outcome] += 1
        same = outcome == result.state and (outcome == "missing" or message == result.message)
        if not same:
            different.append((name, text, outcome, message, str(result)))
    print(f"{len(asked)} answers: {outcomes}")
    assert different == []
    assert len(set(asked)) >= 2000 and min(outcomes.values()) > 50
