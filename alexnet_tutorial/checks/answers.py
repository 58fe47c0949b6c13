"""Instant answers to the exercises: *missing*, *not yet* with the slip named, or *right*.

``check("convolution.positions", answer)`` compares an answer with the right value, which is
computed from the package where that is possible, and with the values that known misconceptions
lead to. A hint never gives the answer away.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

_TITLES = {"missing": "Missing", "not-yet": "Not yet", "right": "Right"}


@dataclass(frozen=True)
class Result:
    """What a check says; shows itself in a notebook, and as plain text elsewhere.

    Args:
        state: ``"missing"``, ``"not-yet"`` or ``"right"``.
        message: Why, or what to look at.
    """

    state: str
    message: str

    def __bool__(self):
        """Tell whether the answer is right."""
        return self.state == "right"

    def __repr__(self):
        """Return the result as plain text."""
        return f"{_TITLES[self.state]}: {self.message}"

    def _repr_html_(self):
        return (
            f'<div class="alexnet-check {self.state}" role="status">'
            f"<p><strong>{_TITLES[self.state]}:</strong> {escape(self.message)}</p></div>"
        )


@dataclass(frozen=True)
class Question:
    """One registered question; see :func:`register`."""

    name: str
    right: object
    why: object
    misconceptions: tuple = ()
    tolerance: float = 0.0
    hint: str = ""


QUESTIONS: dict[str, Question] = {}
"""Every registered question by its name."""


def register(name, right, why, misconceptions=(), tolerance=0.0, hint=""):
    """Add a question.

    Args:
        name: ``"chapter.question"``.
        right: The right answer (a number, a tuple of numbers, a word, True or False), or a
            function without arguments that computes it when it is first asked for.
        why: Shown with a right answer; a text, or a function that writes it with its numbers.
        misconceptions: Triples (value or function, name of the slip, hint). No value may equal
            the right one.
        tolerance: Largest difference that still counts as equal, relative to the right number.
        hint: Shown with an answer that fits no misconception.

    Returns:
        The question.

    Example:
        >>> _ = register(
        ...     "example.legs", 8, "Spiders have eight.", [(6, "that is an insect", "Two more.")]
        ... )
        >>> check("example.legs", 6)
        Not yet: that is an insect. Two more.
        >>> del QUESTIONS["example.legs"]
    """
    question = Question(name, right, why, tuple(misconceptions), tolerance, hint)
    QUESTIONS[name] = question
    return question


def check(name, answer=None):
    """Compare an answer with a registered question.

    Args:
        name: The question's name.
        answer: A number, a tuple, list or array of numbers, a word, or a text such as
            ``"55 × 55 × 96"`` or ``"34,944"``. None or ``...`` means there is none yet.

    Returns:
        A :class:`Result`, true when the answer is right.

    Raises:
        ValueError: There is no such question; the message lists those of the chapter.

    Example:
        >>> check("convolution.positions")
        Missing: set answer to what you predict, then run this cell again.
    """
    if name not in QUESTIONS:
        chapter = str(name).split(".")[0]
        known = [key for key in QUESTIONS if key.split(".")[0] == chapter] or list(QUESTIONS)
        raise ValueError(f"there is no question {name!r}. Known: {', '.join(known)}.")
    question = QUESTIONS[name]
    if answer is None or answer is ...:
        return Result("missing", "set answer to what you predict, then run this cell again.")
    given = _read(answer)
    if given == "":
        return Result("missing", "set answer to what you predict, then run this cell again.")
    right = _read(_value(question.right))
    if _equal(given, right, question.tolerance):
        return Result("right", _value(question.why))
    for value, slip, hint in question.misconceptions:
        if _equal(given, _read(_value(value)), question.tolerance):
            return Result("not-yet", f"{slip}. {hint}")
    return Result("not-yet", _describe(given, right, question.hint))


def _value(value):
    return value() if isinstance(value, Callable) else value


def _read(answer):
    """Read an answer as a number, a tuple, a lower-case word, or None where it is none of these.

    Students answer with whatever they computed; nothing they pass may raise.
    """
    try:
        if isinstance(answer, str):
            return _read_text(answer)
        if isinstance(answer, bool):
            return answer
        if isinstance(answer, (int, float)):
            return answer
        if hasattr(answer, "tolist"):  # NumPy, JAX
            return _read(answer.tolist())
        if hasattr(answer, "numpy"):  # TensorFlow, PyTorch
            return _read(answer.numpy())
        if isinstance(answer, (list, tuple)) or type(answer).__name__ == "TensorShape":
            items = tuple(_read(item) for item in answer if item is not None)
            return items[0] if len(items) == 1 else items
        return answer.item() if hasattr(answer, "item") else None
    except Exception:
        return None


_NUMBER = r"[+-]?(?:\d[\d,_ \u00a0\u202f]*(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?"


def _read_text(text):
    text = text.strip().strip("()[]").replace("−", "-").lower()
    if text in ("true", "yes"):
        return True
    if text in ("false", "no"):
        return False
    parts = [part.strip() for part in re.split(r"\s*(?:×|x|\*|;)\s*", text) if part.strip()]
    if len(parts) == 1 and not re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text):
        parts = [part.strip() for part in re.split(r"\s*,\s*", text) if part.strip()]
    if parts and all(re.fullmatch(_NUMBER, part) for part in parts):
        numbers = tuple(_number(part) for part in parts)
        return numbers[0] if len(numbers) == 1 else numbers
    return " ".join(text.replace("_", " ").replace("-", " ").split())


def _number(text):
    text = re.sub(r"[,_\s]", "", text)
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def _equal(given, right, tolerance):
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
    return given is not None and type(given) is type(right) and given == right


def _describe(given, right, hint):
    """Say what kind of answer is expected where the kind is wrong, else give the hint."""
    if isinstance(right, bool):
        wanted, fits = "True or False", isinstance(given, bool)
    elif isinstance(right, tuple):
        wanted = f"{len(right)} numbers, such as ({', '.join('…' for _ in right)})"
        fits = isinstance(given, tuple) and len(given) == len(right)
    elif isinstance(right, str):
        wanted, fits = "a word", isinstance(given, str)
    else:
        wanted = "one number"
        fits = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not fits:
        return f"this question asks for {wanted}."
    return hint or "the number is another one. Write the formula down with its numbers in it."
