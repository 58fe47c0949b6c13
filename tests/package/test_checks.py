"""Checks: right in every form, wrong with its slip named, and never a crash."""

import enum
import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from alexnet_tutorial.checks import QUESTIONS, check, register
from alexnet_tutorial.checks.reading import Percent, read


class Named(type):
    """A class of classes that have no name."""

    __name__ = __module__ = property(lambda cls: 1 / 0)


CIRCLE = []
CIRCLE.append(CIRCLE)
STRANGE = [
    Named("Nameless", (), {})(),
    CIRCLE,
    {"a": CIRCLE},
    itertools.count(),
    (number for number in itertools.count()),
    map(int, itertools.repeat("7")),
    range(10**9),
    "9" * 10**6,
    " " * 10**6 + "x",
    "x" * 300,
    "1/0",
    "9**99999",
    "<script>alert(1)</script>",
    r"$\\href{javascript:alert(1)}{7}$",
    [0] * 10**6,
    np.zeros(10**6),
    list,
    check,
    math,
    type("<b>", (), {})(),
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
        if isinstance(QUESTIONS[name].right, bool) and answer is True:
            continue
        result = check(name, answer)
        assert not result, (answer, result)
        assert result.state in ("not-yet", "missing")
        assert 20 < len(result.message) < 300
        shown = result._repr_html_()
        assert shown.count("<") == 6 and "$" not in shown, shown


class Counted(enum.IntEnum):
    """A number with a name, as a program may well give."""

    POSITIONS = 7


class Named7(str):
    """A text of a class of its own."""


@pytest.mark.parametrize(
    "answer", [Counted.POSITIONS, Named7("7"), np.float32(7), np.array([[7]]), [[7]], Fraction(7)]
)
def test_honest_types_of_an_answer_are_read(answer):
    assert check("convolution.positions", answer)


@pytest.mark.parametrize("answer", [None, ..., "", "  "])
def test_no_answer_is_missing(answer):
    result = check("convolution.positions", answer)
    assert result.state == "missing" and not result


def test_the_wrong_kind_of_answer_is_told_the_kind():
    assert "one number" in check("convolution.positions", (8, 8)).message
    assert "3 numbers" in check("convolution.shape", 55).message
    assert "one letter" in check("errors.cause", "Flatten").message
    assert "True or False" in check("learning.overfit", 3).message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (print, "a function: call it"),
        (iter([7]), "of the class list_iterator"),
        ((n for n in [7]), "a generator: give the numbers"),
        (range(7), "a range: give the numbers"),
        ({7}, "a set"),
        ({}, "a dictionary"),
        (int, "a class"),
        (7j, "a complex number"),
        ([], "an empty list"),
        (CIRCLE, "a list of things"),
        ([7] * 99, "a list of more than 20 things"),
        (np.zeros((9, 9)), "an array of shape (9, 9)"),
        ("7" * 301, "a text of 301 characters"),
        ("seven", "the word “seven”"),
        ("7 positions", "without words or units"),
        ("<b>7</b>", "neither a number nor a short word"),
        ("0,7", "a decimal point and not a comma"),
        (math.nan, "nan is not a number"),
        (True, "read as True"),
    ],
)
def test_an_answer_of_another_kind_is_told_what_it_is(answer, words):
    assert words in check("convolution.positions", answer).message


def test_layers_and_models_are_told_what_they_are():
    keras = pytest.importorskip("keras")
    layer, entry = keras.layers.Dense(1), keras.Input((2,))
    assert "a Keras layer (Dense)" in check("convolution.positions", layer).message
    model = keras.Model(entry, layer(entry))
    assert "a Keras model (Functional)" in check("convolution.positions", model).message
    assert "KerasTensor" in check("convolution.positions", entry).message


@pytest.mark.parametrize(
    "answer", ["28.57 %", "28.57%", "2/7", "200/700", " 2 / 7 ", Fraction(2, 7), Decimal("0.2857")]
)
def test_shares_are_read_as_percent_and_as_fractions(answer):
    assert check("data.chance", answer)


@pytest.mark.parametrize(
    "answer",
    ["44x44x96", "44 × 44 × 96", "(44, 44, 96)", "[44 44 96]", "44,44,96", "44 * 44 * 96",
     "(None, 44, 44, 96)", "answer = (44, 44, 96)", np.array([44, 44, 96])],
)  # fmt: skip
def test_shapes_are_read_in_many_forms(answer):
    assert check("convolution.shape", answer)


def test_commas_between_numbers_are_not_those_of_thousands():
    assert "forgot the batch" in check("assembled.channels-first", "(3,224,224)").message
    assert check("eight-layers.groups", "614,656") and check("full.scale", "2^6")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(28 - 8) // 3 + 1", 7),
        ("5 * 5 * 12 * 20 + 20", 6020),
        ("16 × 16 × 3 · 3 · 8 x 16", 294912),
        ("√(2 / (3 * 3 * 256))", math.sqrt(2 / 2304)),
        ("sqrt(2/4096)", math.sqrt(2 / 4096)),
        ("-2^2 + 2**3**2", 508),
        ("1,024 / 2e2 - .12", 5),
    ],
)
def test_arithmetic_is_worked_out_where_one_number_is_asked_for(text, value):
    assert read(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    ["1/0", "9^9999", "(-8)^0.5", "√-1", "1e308 * 10", "2 +", "1 + (2", "2 3 +", "1 + " + "(" * 99,
     "0,5", "0,512"],
)  # fmt: skip
def test_arithmetic_without_a_result_is_no_number(text):
    assert not isinstance(read(text), (int, float, Percent))


def test_a_product_is_a_shape_where_several_numbers_are_asked_for():
    assert read("3 · 2 × 2^4 × 6/2", several=True) == (6, 16, 3)


def test_a_share_in_percent_without_its_sign_is_told():
    assert "write the percent sign" in check("data.twin", 90.09).message


@pytest.mark.parametrize("answer", ["B", "b)", "(B)", "b.", '"B"', "option B", "Answer: B"])
def test_a_letter_is_read_with_what_stands_around_it(answer):
    assert check("learned.sleeve", answer)


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
    question("test.loss", math.log(1000), "ln 1000", {}, tolerance=0.01)
    assert check("test.loss", 6.9) and check("test.loss", "6.91")
    assert not check("test.loss", 6.7)


def test_words_and_truths(question):
    question("test.layer", "fc6", "most weights", {"fc7": "the second. Look above."})
    assert check("test.layer", "FC6") and not check("test.layer", "fc7")
    question("test.truth", True, "so it is", {})
    assert check("test.truth", True) and check("test.truth", "yes")
    assert not check("test.truth", 1) and not check("test.truth", False)


def test_markup_in_a_message_is_text(question):
    question("test.markup", 1, "a < b & c", {})
    assert "a &lt; b &amp; c" in check("test.markup", 1)._repr_html_()


def test_an_unknown_question_lists_those_of_its_chapter():
    with pytest.raises(ValueError, match=r"convolution\.positions") as error:
        check("convolution.position", 1)
    assert "assembled" not in str(error.value)


def test_answers_of_keras_are_read():
    tf = pytest.importorskip("tensorflow")
    assert check("convolution.positions", tf.constant(7))
    assert check("assembled.channels-first", tf.TensorShape((None, 16, 3, 224, 224)))
