"""Checks: right in every form, wrong with its slip named, and never a crash."""

import math
import re

import numpy as np
import pytest

from alexnet_tutorial import checks
from alexnet_tutorial.checks import QUESTIONS, check, register

# Worked out by hand, apart from the package.
ANSWERS = {
    "convolution.positions": 7,
    "convolution.unread": 1,
    "convolution.parameters": 6020,
    "convolution.macs": 294912,
    "convolution.shape": (55, 55, 96),
    "eight-layers.rounding": 56,
    "eight-layers.groups": 614656,
    "eight-layers.larger": 51384320,
    "eight-layers.memory": 148684800,
    "puzzle.neurons": 48,
    "puzzle.zeros": 72,
    "puzzle.agree": 0,
    "puzzle.even": 231,
    "puzzle.crops": 2178,
    "broken.pool": (32, 14, 28),
    "broken.parameters": 5216,
    "broken.truth": 2,
    "broken.default": 1,
    "broken.flat": 5 / 36,
    "assembled.head": 56909194,
    "assembled.convolutions": 2334080,
    "assembled.difference": 11534336,
    "assembled.channels-first": (16, 3, 224, 224),
    "parts.slope": 0.19,
    "parts.depth": 1024,
    "parts.radius": 11,
    "parts.even": (31, 32),
    "parts.rescale": 0.8,
    "parts.mean": "geometric",
    "augment.patches": 128,
    "augment.flip": "c",
    "augment.units": 6502.5,
    "augment.share": 0.97352,
    "augment.leak": "split",
    "learning.gain": 0.20785,
    "learning.he": 0.022097,
    "learning.source": 27,
    "learning.pixels": 255,
    "learning.overfit": False,
    "learning.first": "C",
    "recipe.momentum": 20.0,
    "recipe.l2": 0.001,
    "recipe.match": 0.005,
    "recipe.after": 0.91,
    "recipe.slow": 1000,
    "transfer.layout": (256, 48, 5, 5),
    "transfer.row": 1,
    "transfer.frozen": 40970,
    "transfer.prepared": 255,
    "transfer.first": "body",
    "year.relative": 0.41484,
    "year.passes": 70,
    "year.neurons": 659272,
    "year.lrn": 2.27951,
    "year.sigma": 0.0294628,
    "towers.kernel": (3, 3, 32, 192),
    "towers.depthwise": 2560,
    "towers.zeros": 307200,
    "towers.reach": "fc6",
    "towers.batch": 230,
    "evaluation.top-five": 0.995,
    "evaluation.perfect": 0.96898,
    "evaluation.uneven": 0.0390625,
    "evaluation.sure": 0.125,
    "evaluation.best": "b",
    "evaluation.unseen": 103 / 108,
    "learned.squares": 144,
    "learned.opposite": 0,
    "learned.flat": 0.18,
    "learned.directions": 119,
    "learned.sleeve": "b",
    "full.memory": 975443584,
    "full.kept": 4,
    "full.numbers": 9408,
    "full.scale": 64,
    "full.pace": 30,
    "ablations.mean": 1.5,
    "ablations.zero": False,
    "ablations.seeds": 20,
    "ablations.resolution": 250,
    "ablations.false-alarms": 1,
}
NAMED = {  # (question, answer): words of the slip
    ("ablations.mean", 2.8): "best run",
    ("ablations.zero", True): "many values",
    ("ablations.seeds", 10): "1/√n",
    ("ablations.resolution", 25): "4 points",
    ("ablations.false-alarms", 1 - 0.95**20): "at least one",
    ("convolution.positions", 8): "rounds up",
    ("convolution.unread", 3): "rounding up",
    ("convolution.parameters", 6000): "forgot the biases",
    ("convolution.parameters", 520): "one channel only",
    ("convolution.macs", 270848): "padding zeros",
    ("convolution.macs", 1168): "parameters",
    ("eight-layers.rounding", 55): "that is floor; this layer rounds up",
    ("eight-layers.groups", 307456): "groups",
    ("eight-layers.groups", 614400): "forgot the bias",
    ("eight-layers.larger", 37752832): "224",
    ("eight-layers.memory", 37171200): "4 bytes",
    ("puzzle.neurons", 55): "should stand there",
    ("puzzle.zeros", 57): "2012",
    ("puzzle.zeros", 88): "corner twice",
    ("puzzle.agree", 3025): "one size",
    ("puzzle.even", 228): "multiple of 4",
    ("puzzle.crops", 2048): "counts steps",
    ("puzzle.crops", 1089): "mirror",
    ("broken.pool", (64, 14, 14)): "was meant",
    ("broken.parameters", 4640): "was meant",
    ("broken.truth", 4): "all arrays",
    ("broken.default", 3): "each call",
    ("broken.flat", 1.79): "cross-entropy",
    ("broken.flat", 0.833): "sum of the squares",
    ("assembled.head", 56868224): "left the head off",
    ("assembled.convolutions", 9336320): "area",
    ("assembled.difference", 10121216): "two towers",
    ("assembled.channels-first", (16, 224, 224, 3)): "channels last",
    ("parts.slope", 0.1): "forgot the square",
    ("parts.slope", 0.487): "took 0.9 for the sum",
    ("parts.depth", 1048576): "the square",
    ("parts.radius", 10): "itself",
    ("parts.even", (32, 32)): "odd sides only",
    ("parts.rescale", 1.25): "wrong way round",
    ("parts.mean", "arithmetic"): "not linear",
    ("augment.patches", 98): "counted steps",
    ("augment.patches", 64): "mirror images",
    ("augment.flip", "f"): "the very thing",
    ("augment.units", 25.5): "standard deviation",
    ("augment.share", 0.833): "in the pixels",
    ("augment.share", 0.625): "square roots",
    ("augment.leak", "network"): "was shown",
    ("learning.gain", 0.294): "forgot the ReLU",
    ("learning.gain", 0.0432): "variance",
    ("learning.he", 0.015625): "cuts off",
    ("learning.he", 0.0147): "fc6",
    ("learning.source", 3): "one layer",
    ("learning.pixels", 255**8): "in each layer",
    ("learning.overfit", True): "could not have learned",
    ("learning.first", "A"): "no step",
    ("recipe.momentum", 10): "momentum of 0.9",
    ("recipe.l2", 0.0005): "no half",
    ("recipe.match", 0.0005): "weaker",
    ("recipe.after", 0.1): "does not know",
    ("recipe.slow", 1): "not constant",
    ("transfer.layout", (5, 5, 48, 256)): "Keras' own order",
    ("transfer.row", 256): "our order",
    ("transfer.frozen", 40960): "forgot the biases",
    ("year.relative", 10.9): "points",
    ("year.passes", 10): "one network",
    ("year.neurons", 622312): "as printed",
    ("year.lrn", 4.3035): "paper's formula",
    ("year.sigma", 0.0208): "without ReLU",
    ("towers.kernel", (3, 3, 96, 192)): "without groups",
    ("towers.depthwise", 2304): "forgot the biases",
    ("towers.zeros", 614400): "all its weights",
    ("towers.reach", "conv3"): "own card",
    ("towers.batch", 209): "10⁹",
    ("evaluation.top-five", 0.999): "top-1",
    ("evaluation.perfect", 1): "short interval",
    ("evaluation.perfect", 0.975): "rule of three",
    ("evaluation.uneven", 0.0195): "one side",
    ("evaluation.sure", 0.025): "cancel",
    ("evaluation.unseen", 0.858): "not below",
    ("learned.squares", 2025): "steps of 1",
    ("learned.opposite", -3): "before ReLU",
    ("learned.flat", 1.8): "not p",
    ("learned.directions", 120): "mean takes one",
    ("full.memory", 243860896): "weights alone",
    ("full.memory", 731582688): "one array is missing",
    ("full.scale", 6): "exponent",
    ("full.pace", 36): "added both times",
}
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


def forms(answer):
    """The ways in which people write one and the same answer."""
    if isinstance(answer, tuple):
        joined = [str(part) for part in answer]
        yield from (answer, list(answer), np.array(answer), np.array(answer, float))
        yield from ("x".join(joined), " × ".join(joined), ", ".join(joined), str(answer))
        if all(isinstance(part, int) for part in answer):
            yield tuple(map(np.int64, answer))
    elif isinstance(answer, str):
        yield from (answer, answer.upper(), answer.title(), f" {answer} ", [answer], (answer,))
        yield np.array(answer)
    elif isinstance(answer, bool):
        yield from (answer, np.bool_(answer), str(answer), "yes" if answer else "no")
    elif isinstance(answer, float):
        yield from (answer, np.float64(answer), np.array(answer), [answer], (answer,))
        yield from (str(answer), f"{answer:.3f}", f" {answer} ")
    else:
        yield from (answer, float(answer), np.int64(answer), np.float64(answer), np.array(answer))
        yield from ([answer], (answer,), str(answer), f"{answer:,}", f" {answer} ")
        yield f"{answer:,}".replace(",", " ")
        yield f"{answer:,}".replace(",", "\u202f")


def test_every_question_of_these_chapters_is_tested():
    chapters = {name.split(".")[0] for name in ANSWERS}
    assert set(ANSWERS) == {name for name in QUESTIONS if name.split(".")[0] in chapters}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_right_answer_is_right_in_every_form(name):
    for answer in forms(ANSWERS[name]):
        result = check(name, answer)
        assert result and result.state == "right", (answer, result)
        assert len(result.message) > 20


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_complete(name):
    question = QUESTIONS[name]
    right = checks.answers._read(checks.answers._value(question.right))
    assert check(name, checks.answers._value(question.right)).state == "right"
    assert right is not None and checks.answers._value(question.why)
    for value, slip, hint in question.misconceptions:
        assert not checks.answers._equal(
            checks.answers._read(checks.answers._value(value)), right, question.tolerance
        )
        assert slip and hint


@pytest.mark.parametrize("name", ANSWERS)
def test_at_least_five_slips_are_known_and_named_without_the_answer(name):
    question, seen = QUESTIONS[name], set()
    # Between True and False, or letters of a list, there are not as many wrong answers.
    fewer = {bool: 1, str: 3 if len(str(ANSWERS[name])) == 1 else 5}
    assert len(question.misconceptions) >= fewer.get(type(ANSWERS[name]), 5)
    for value, slip, hint in question.misconceptions:
        wrong = checks.answers._value(value)
        seen.add(wrong)
        for form in forms(wrong) if not isinstance(wrong, float) else (wrong,):
            result = check(name, form)
            assert result.state == "not-yet" and slip in result.message, (form, result)
        answer = ANSWERS[name]
        if isinstance(answer, int) and answer > 100:
            told = re.findall(r"\d[\d,]*", slip + hint)
            assert f"{answer:,}" not in told and str(answer) not in told
    assert len(seen) == len(question.misconceptions), "two slips with one value"


@pytest.mark.parametrize(("name", "answer"), NAMED)
def test_slips_worked_out_by_hand_are_named(name, answer):
    message = check(name, answer).message
    assert any(words in message for words in NAMED[name, answer].split("|")), message


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
