"""Checks: right in every form, wrong with its slip named, and never a crash."""

import math

import numpy as np
import pytest

from alexnet_tutorial import checks
from alexnet_tutorial.checks import QUESTIONS, check, register

STRANGE = [
    object(),
    {},
    {1: 2},
    set(),
    [],
    [[]],
    [1, [2, 3]],
    [1, 2, None],
    "seven",
    "1,2,3,4,5",
    "× ×",
    b"7",
    float("nan"),
    float("inf"),
    -1,
    10**400,
    1j,
    True,
    lambda: 7,
    np.zeros((0,)),
    np.zeros((3, 3)),
    np.array(["a"]),
    np.array(None),
    type("Broken", (), {"tolist": lambda self: 1 / 0})(),
    type("Lying", (), {"__eq__": lambda self, other: 1 / 0, "__hash__": None})(),
]


@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_strange_is_right_and_nothing_crashes(name):
    for answer in STRANGE:
        if isinstance(checks.answers._value(QUESTIONS[name].right), bool) and answer is True:
            continue
        result = check(name, answer)
        assert not result, (answer, result)
        assert result.state in ("not-yet", "missing")


@pytest.mark.parametrize("answer", [None, ..., "", "  "])
def test_no_answer_is_missing(answer):
    result = check("convolution.positions", answer)
    assert result.state == "missing" and not result


def test_the_wrong_kind_of_answer_is_told_the_kind():
    assert "one number" in check("convolution.positions", (8, 8)).message
    assert "3 numbers" in check("convolution.shape", 55).message


def test_a_result_reads_with_and_without_html():
    result = check("eight-layers.rounding", 55)
    assert repr(result).startswith("Not yet: that is floor")
    html = result._repr_html_()
    assert 'class="alexnet-check not-yet"' in html and "<strong>Not yet:</strong>" in html


@pytest.fixture
def question():
    names = []

    def add(name, *arguments, **options):
        names.append(name)
        return register(name, *arguments, **options)

    yield add
    for name in names:
        del QUESTIONS[name]


def test_tolerance_is_relative(question):
    question("test.loss", math.log(1000), "ln 1000", tolerance=0.01)
    assert check("test.loss", 6.9) and check("test.loss", "6.91")
    assert not check("test.loss", 6.7)


def test_words_and_truths(question):
    question("test.layer", "fc6", "most weights", [("fc7", "the second", "Look above.")])
    assert check("test.layer", "FC6") and not check("test.layer", "fc7")
    question("test.truth", True, "so it is")
    assert check("test.truth", True) and check("test.truth", "yes")
    assert not check("test.truth", 1) and not check("test.truth", False)


def test_markup_in_a_message_is_text(question):
    question("test.markup", 1, "a < b & c")
    assert "a &lt; b &amp; c" in check("test.markup", 1)._repr_html_()


def test_an_unknown_question_lists_those_of_its_chapter():
    with pytest.raises(ValueError, match=r"convolution\.positions") as error:
        check("convolution.position", 1)
    assert "assembled" not in str(error.value)


def test_answers_of_keras_are_read():
    tf = pytest.importorskip("tensorflow")
    assert check("convolution.positions", tf.constant(7))
    assert check("assembled.channels-first", tf.TensorShape((None, 16, 3, 224, 224)))
