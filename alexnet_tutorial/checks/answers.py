"""Instant answers to the exercises: *no answer yet*, *not yet* with the slip named, or *right*.

``check("convolution.positions", answer)`` compares an answer with the right value, which is
computed from the package where that is possible, and with the values that known misconceptions
lead to. A hint never gives the answer away.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, NamedTuple

from alexnet_tutorial.checks.reading import NOTHING, Percent, describe, is_number, read

_TITLES = {"missing": "No answer yet", "not-yet": "Not yet", "right": "Right"}


@dataclass(frozen=True)
class Result:
    """What a check says; shows itself in a notebook, and as plain text elsewhere.

    Args:
        state: ``"missing"``, ``"not-yet"`` or ``"right"``.
        message: Why, or what to look at.
    """

    state: Literal["missing", "not-yet", "right"]
    message: str

    def __bool__(self) -> bool:
        """Tell whether the answer is right."""
        return self.state == "right"

    def __repr__(self) -> str:
        """Return the result as plain text."""
        return f"{_TITLES[self.state]}: {self.message}"

    def _repr_html_(self) -> str:
        return (
            f'<div class="alexnet-check {self.state}" role="status">'
            f"<p><strong>{_TITLES[self.state]}:</strong> {escape(self.message)}</p></div>"
        )


class Misconception(NamedTuple):
    """A wrong answer, the slip that leads to it, and what to look at."""

    value: Any
    slip: str
    hint: str


@dataclass(frozen=True)
class Question:
    """One registered question; see :func:`register`."""

    name: str
    right: Any
    why: str
    misconceptions: tuple[Misconception, ...] = ()
    tolerance: float = 0.0
    hint: str = ""


QUESTIONS: dict[str, Question] = {}
"""Every registered question by its name."""


def register(
    name: str,
    right: Any,
    why: str,
    slips: Mapping[Any, str],
    tolerance: float = 0.0,
    hint: str = "",
) -> Question:
    """Add a question.

    Args:
        name: ``"chapter.question"``.
        right: The right answer: a number, a tuple of numbers, a word, True or False.
        why: Shown with a right answer.
        slips: A wrong answer → what is said of it, in sentences: the first names the slip, the
            rest is a hint.
        tolerance: Largest difference that still counts as equal, relative to the right number.
        hint: Shown with an answer that fits no slip.

    Returns:
        The question.

    Example:
        >>> _ = register(
        ...     "example.legs", 8, "Spiders have eight.", {6: "that is an insect. Two more."}
        ... )
        >>> check("example.legs", 6)
        Not yet: that is an insect. Two more.
        >>> del QUESTIONS["example.legs"]
    """
    known = tuple(Misconception(value, *words.split(". ", 1)) for value, words in slips.items())
    QUESTIONS[name] = Question(name, right, why, known, tolerance, hint)
    return QUESTIONS[name]


def check(name: str, answer: Any = None) -> Result:
    """Compare an answer with a registered question.

    Args:
        name: The question's name.
        answer: A number, a tuple, list or array of numbers, a word, or a text such as
            ``"55 × 55 × 96"``, ``"34,944"``, ``"85 %"`` or ``"3 · (20 + 1)"``. None or ``...``
            means there is none yet. An answer of any other type is told what it is.

    Returns:
        A :class:`Result`, true when the answer is right.

    Raises:
        ValueError: There is no such question; the message lists those of the chapter.

    Example:
        >>> check("convolution.positions")
        No answer yet: set answer to your prediction, then run this cell again.
    """
    if name not in QUESTIONS:
        chapter = str(name).split(".")[0]
        known = [key for key in QUESTIONS if key.split(".")[0] == chapter] or list(QUESTIONS)
        raise ValueError(f"there is no question {name!r}. Known: {', '.join(known)}.")
    question = QUESTIONS[name]
    given = read(answer, several=isinstance(question.right, tuple))
    if given is NOTHING:
        return Result("missing", "set answer to your prediction, then run this cell again.")
    if _equal(given, question.right, question.tolerance):
        return Result("right", question.why)
    for value, slip, hint in question.misconceptions:
        if _equal(given, value, question.tolerance):
            return Result("not-yet", f"{slip}. {hint}")
    return Result("not-yet", _not_yet(given, question))


def _equal(given, right, tolerance):
    if isinstance(given, Percent):
        given = given.number / 100
    if isinstance(given, bool) or isinstance(right, bool):
        return isinstance(given, bool) and given is right
    if isinstance(right, tuple):
        return (
            isinstance(given, tuple)
            and len(given) == len(right)
            and all(_equal(a, b, tolerance) for a, b in zip(given, right, strict=True))
        )
    if isinstance(right, (int, float)) and isinstance(given, (int, float)):
        try:
            # A count computed with a float division is still a count: 55.0 is 55.
            return math.isclose(given, right, rel_tol=max(tolerance, 1e-12), abs_tol=1e-12)
        except OverflowError:
            return False
    return type(given) is type(right) and given == right


def _not_yet(given, question):
    """Say what is missing, the kind of the answer first."""
    right = question.right
    if isinstance(right, bool):
        wanted, fits = "True or False", isinstance(given, bool)
    elif isinstance(right, tuple):
        wanted = f"{len(right)} numbers, such as ({', '.join('…' for _ in right)})"
        fits = isinstance(given, tuple) and len(given) == len(right) and all(map(is_number, given))
    elif isinstance(right, str):
        letter = len(right) == 1
        wanted = "one letter" if letter else "a word"
        fits = isinstance(given, str) and (len(given) == 1 or not letter)
    else:
        wanted = "one number"
        fits = is_number(given) or isinstance(given, Percent)
        if isinstance(given, tuple) and len(given) == 2:
            wanted += "; write a decimal point and not a comma"
        elif isinstance(given, str):
            wanted += ", without words or units"
    if not fits:
        return f"what you gave was read as {describe(given)}. This question asks for {wanted}."
    if isinstance(given, float) and not math.isfinite(given):
        return f"{given} is not a number to compare with. Look at what was divided by what."
    share = isinstance(right, float) and 0 < right < 1 and not isinstance(given, Percent)
    if share and _equal(given, 100 * right, question.tolerance):
        return "that is a percentage. Give the share itself, or write the percent sign."
    return question.hint or "that is another one. Write the reason down, with its numbers in it."
