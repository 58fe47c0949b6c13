"""How an answer is read: as a number, several numbers, True or False, or a word.

Students answer with whatever they computed. An answer that is none of these, or longer than any
answer here, is not understood, and the check says what it was.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeGuard

_CHARACTERS = 300  # the longest text that is read
_ITEMS = 20  # the longest list that is read
_DEPTH = 3  # lists in lists


@dataclass(frozen=True)
class Unread:
    """An answer that was not understood, and what it was, in words.

    Args:
        kind: Such as ``"a function: call it, and give what it returns"``.
    """

    kind: str


@dataclass(frozen=True)
class Percent:
    """A number that was written with a percent sign.

    Args:
        number: What stands before the sign.
    """

    number: float


NOTHING = Unread("nothing")
"""What an empty text, ``None`` and ``...`` are read as."""

Read = bool | int | float | str | Percent | tuple | Unread
"""What an answer can be read as."""


def read(answer: Any, several: bool = False) -> Read:
    """Read an answer of any type.

    Args:
        answer: Anything.
        several: Whether several numbers are asked for, so that the comma in ``"3,224"`` stands
            between two of them and not before thousands, and ``×`` too.

    Returns:
        A bool, an int, a float, a lower-case text, a :class:`Percent`, a tuple of these, or
        :class:`Unread`. A list of one is what is in it.

    Example:
        >>> read("55 × 55 × 96", several=True), read("34,944"), read("5/8"), read([7])
        ((55, 55, 96), 34944, 0.625, 7)
        >>> read("3 · (20 + 1)")
        63.0
        >>> read(print)
        Unread(kind='a function: call it, and give what it returns')
    """
    try:
        return _read(answer, several, 0)
    except Exception:  # an object of a strange class may raise at anything
        return Unread("something that cannot be read")


def is_number(item: Any) -> TypeGuard[int | float]:
    """Tell whether something that was read is a number; True and False are none."""
    return isinstance(item, (int, float)) and not isinstance(item, bool)


def describe(answer: Read) -> str:
    """Say in words what an answer was read as.

    Args:
        answer: What :func:`read` returned.

    Returns:
        A text such as ``"2 numbers"``; a short word is quoted.

    Example:
        >>> describe((55, 96)), describe("seven")
        ('2 numbers', 'the word “seven”')
    """
    match answer:
        case Unread(kind):
            return kind
        case bool():
            return str(answer)
        case Percent():
            return "a percentage"
        case int() | float():
            return "one number"
        case tuple():
            numbers = all(isinstance(item, (int, float)) for item in answer)
            return f"{len(answer)} numbers" if numbers else "things that are not all numbers"
    if re.fullmatch(r"[\w .,:/()=+%-]{1,30}", answer):  # nothing that a page could take for markup
        return f"the word{'s' if ' ' in answer else ''} “{answer}”"
    return "a text that is neither a number nor a short word"


def _read(answer, several, depth):
    if answer is None or answer is ...:
        return NOTHING
    if isinstance(answer, type):
        return Unread("a class")
    if isinstance(answer, (bool, int, float)):
        return answer
    if isinstance(answer, str):
        return _read_text(answer, several)
    if isinstance(answer, (list, tuple)):
        return _read_items(answer, several, depth)
    if isinstance(answer, (Fraction, Decimal)):
        return float(answer)
    if hasattr(answer, "as_list"):  # a shape of TensorFlow
        return _read(answer.as_list(), several, depth)
    if None not in getattr(answer, "shape", (None,)):  # that of keras.Input holds None
        return _read_array(answer, several, depth)
    return Unread(_kind(answer))


def _read_items(answer, several, depth):
    kind = "list" if isinstance(answer, list) else "tuple"
    if len(answer) > _ITEMS:
        return Unread(f"a {kind} of more than {_ITEMS} things")
    if depth == _DEPTH:
        return Unread(f"a {kind}")
    items = [_read(item, several, depth + 1) for item in answer]
    items = [item for item in items if item is not NOTHING]  # a shape's batch is None
    if not items:
        return Unread(f"an empty {kind}")
    if any(isinstance(item, Unread) for item in items):
        return Unread(f"a {kind} of things that are not all numbers or words")
    return items[0] if len(items) == 1 else tuple(items)


def _read_array(answer, several, depth):
    """Read an array of any library, when it is small."""
    import numpy as np

    if math.prod(answer.shape) > _ITEMS:
        return Unread(f"an array of shape {tuple(map(int, answer.shape))}")
    if hasattr(answer, "detach"):  # PyTorch
        answer = answer.detach().cpu()
    try:
        values = np.asarray(answer)
    except Exception:  # a tensor without values; each library has its own exception
        return Unread(_kind(answer))
    if values.dtype.kind not in "biufUS":
        return Unread(_kind(answer))
    return _read(values.tolist(), several, depth)


_KINDS = {
    "function": "a function: call it, and give what it returns",
    "dict": "a dictionary",
    "set": "a set",
    "bytes": "bytes",
    "complex": "a complex number",
}
_KINDS |= dict.fromkeys(("builtin_function_or_method", "method"), _KINDS["function"])
_KINDS |= {
    name: f"a {name}: give the numbers themselves"
    for name in ("generator", "map", "filter", "zip", "range")
}


def _kind(answer):
    """Name an object's class, and the way from it to an answer where there is a usual one."""
    name = type(answer).__name__[:40]
    classes = {base.__name__ for base in type(answer).__mro__}
    if "Layer" in classes or "Operation" in classes:
        kind = "model" if "Model" in classes else "layer"
        return f"a Keras {kind} ({name}): give the number itself"
    return _KINDS.get(name, f"an object of the class {name}")


_DIGITS = r"(?:[1-9][0-9]{0,2}(?:[,_ '’\u00a0\u202f][0-9]{3})+|[0-9]+)"
_UNSIGNED = rf"(?:{_DIGITS}(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{{1,4}})?"
_PIECE = re.compile(rf"\s*({_UNSIGNED}|\*\*|//|sqrt|[-+*/()^×·x÷√])")
_SIGNS = {"×": "*", "·": "*", "x": "*", "÷": "/", "^": "**", "√": "sqrt"}
_NESTED = 20  # brackets in brackets


def _read_text(text, several):
    """Read a text; the page reads it the same way (book/theme/static/answers/answers.js)."""
    if len(text) > _CHARACTERS:
        return Unread(f"a text of {len(text):,} characters")
    text = text.replace("−", "-").lower().strip(" \t\r\n\"'“”‘’`")
    text = text.removeprefix("answer").lstrip(" =:")
    if text in ("", "...", "…", "?"):
        return NOTHING
    number = None if several else _number(text)
    if number is not None:
        return number
    inside = text.strip("()[]{} ").rstrip(".:;,!? )")
    if inside in ("true", "yes", "false", "no"):
        return inside in ("true", "yes")
    for separator in (r"×|x|\*(?!\*)|;", ",", r"\s+"):
        parts = [part.strip() for part in re.split(separator, inside) if part.strip()]
        if several and any("," in part for part in parts):
            continue
        # A shape as Keras prints it has None in the place of the batch.
        numbers = [_number(part) for part in parts if part not in ("none", "?")]
        if numbers and None not in numbers:
            return numbers[0] if len(numbers) == 1 else tuple(numbers)
    words = inside.replace("_", " ").replace("-", " ").split()
    words = words[1:] if words[:1] in (["the"], ["option"]) else words
    return " ".join(words) or Unread("a text without a word or a number")


def _number(text):
    """Read ``"34,944"``, ``"85 %"`` and what is worked out; None for anything else."""
    text = text.strip()
    if text.endswith("%"):
        number = _number(text[:-1])
        return Percent(number) if isinstance(number, (int, float)) else None
    return _plain(text) if re.fullmatch(rf"[+-]?{_UNSIGNED}", text) else _worked_out(text)


def _plain(text):
    text = re.sub(r"[,_\s'’]", "", text)
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else float(text)


def _worked_out(text):
    """Work out ``"5/36"``, ``"2^6"`` and ``"3 · (227 - 11)"``; None for anything else."""
    pieces, place = [], 0
    while place < len(text):
        piece = _PIECE.match(text, place)
        if not piece:
            return None
        pieces.append(_SIGNS.get(piece[1], piece[1]))
        place = piece.end()
    try:
        value = _sum(pieces, 0)
    except (ArithmeticError, ValueError, TypeError, IndexError):
        return None
    return None if pieces else value


def _take(pieces, *wanted):
    return pieces.pop(0) if pieces and pieces[0] in wanted else ""


def _sum(pieces, depth):
    value = _product(pieces, depth)
    while sign := _take(pieces, "+", "-"):
        other = _product(pieces, depth)
        value = _finite(value + other if sign == "+" else value - other)
    return value


def _product(pieces, depth):
    value = _power(pieces, depth)
    while sign := _take(pieces, "*", "/", "//"):
        other = _power(pieces, depth)
        value = _finite(value * other if sign == "*" else value / other)
        value = _finite(float(math.floor(value))) if sign == "//" else value
    return value


def _power(pieces, depth):
    if sign := _take(pieces, "+", "-"):  # binds less than a power: -2^2 is -4
        value = _power(pieces, depth + 1)
        return -value if sign == "-" else value
    base = _part(pieces, depth)
    return _finite(base ** _power(pieces, depth + 1)) if _take(pieces, "**") else base


def _part(pieces, depth):
    if depth > _NESTED:
        raise ValueError
    if _take(pieces, "sqrt"):
        return math.sqrt(_part(pieces, depth + 1))
    if _take(pieces, "("):
        value = _sum(pieces, depth + 1)
        if not _take(pieces, ")"):
            raise ValueError
        return value
    return _finite(float(_plain(pieces.pop(0))))


def _finite(value):
    if not math.isfinite(value):  # a complex number has no answer to this: TypeError
        raise ValueError
    return value
