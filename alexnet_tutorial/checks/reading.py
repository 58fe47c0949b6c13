"""How an answer is read: as a number, several numbers, True or False, or a word.

Students answer with whatever they computed. So nothing here calls a method of an object of an
unknown class, takes a step of an iterator, or looks at more than a few hundred characters: a
strange answer is not understood, and the check says what it was.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

_CHARACTERS = 300  # the longest text that is read
_ITEMS = 20  # the longest list that is read
_DEPTH = 3  # lists in lists
_ARRAYS = {"jax", "jaxlib", "keras", "numpy", "tensorflow", "torch"}


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


def read(answer, several=False):
    """Read an answer of any type.

    Args:
        answer: Anything.
        several: Whether several numbers are asked for, so that the comma in ``"3,224"`` stands
            between two of them and not before thousands.

    Returns:
        A bool, an int, a float, a lower-case text, a :class:`Percent`, a tuple of these, or
        :class:`Unread`. A list of one is what is in it.

    Example:
        >>> read("55 × 55 × 96"), read("34,944"), read("5/8"), read([7])
        ((55, 55, 96), 34944, 0.625, 7)
        >>> read(print)
        Unread(kind='a function: call it, and give what it returns')
    """
    try:
        return _read(answer, several, 0)
    except (Exception, SystemExit):  # an object may raise where only its class is asked for
        return Unread("something that cannot be read")


def describe(read_as):
    """Say in words what an answer was read as.

    Args:
        read_as: What :func:`read` returned.

    Returns:
        A text such as ``"2 numbers"``; a short word is quoted.

    Example:
        >>> describe((55, 96)), describe("seven")
        ('2 numbers', 'the word “seven”')
    """
    if isinstance(read_as, Unread):
        return read_as.kind
    if isinstance(read_as, bool):
        return str(read_as)
    if isinstance(read_as, Percent):
        return "a percentage"
    if isinstance(read_as, (int, float)):
        return "one number"
    if isinstance(read_as, tuple):
        numbers = all(isinstance(item, (int, float)) for item in read_as)
        return f"{len(read_as)} numbers" if numbers else "things that are not all numbers"
    if re.fullmatch(r"[\w .,:/()=+%-]{1,30}", read_as):  # nothing that a page could take for markup
        return f"the word{'s' if ' ' in read_as else ''} “{read_as}”"
    return "a text that is neither a number nor a short word"


def _read(answer, several, depth):
    if answer is None or answer is ...:
        return NOTHING
    if answer is True or answer is False:
        return answer
    # The base class's own methods: those of a subclass may lie.
    if isinstance(answer, str):
        return _read_text(str.__str__(answer), several)
    if isinstance(answer, int):
        return int.__int__(answer)
    if isinstance(answer, float):
        return float.__float__(answer)
    if isinstance(answer, (list, tuple)):
        return _read_items(answer, several, depth)
    if type(answer) in (Fraction, Decimal):
        return float(answer)
    if str(type(answer).__module__).split(".")[0] in _ARRAYS:
        found = _read_array(answer, several, depth)
        return Unread(_kind(answer)) if found is NOTHING else found
    return Unread(_kind(answer))


def _read_items(answer, several, depth):
    base = list if isinstance(answer, list) else tuple
    items = base.__getitem__(answer, slice(0, _ITEMS + 1))
    if len(items) > _ITEMS:
        return Unread(f"a {base.__name__} of more than {_ITEMS} things")
    if depth == _DEPTH:
        return Unread(f"a {base.__name__}")
    found = [_read(item, several, depth + 1) for item in items]
    found = tuple(item for item in found if item is not NOTHING)  # a shape's batch is None
    if not found:
        return Unread(f"an empty {base.__name__}")
    if any(isinstance(item, Unread) for item in found):
        return Unread(f"a {base.__name__} of things that are not all numbers or words")
    return found[0] if len(found) == 1 else found


def _read_array(answer, several, depth):
    """Read an array or a shape of a library, when it is small."""
    import numpy as np

    if type(answer).__name__ == "TensorShape":
        return _read(answer.as_list(), several, depth)
    if not hasattr(answer, "shape"):  # a layer, a model, a data type
        return NOTHING
    if None in answer.shape:  # keras.Input
        return NOTHING
    shape = tuple(int(side) for side in answer.shape)
    if math.prod(shape) > _ITEMS:
        return Unread(f"an array of shape {shape}")
    if hasattr(answer, "detach"):  # PyTorch
        answer = answer.detach().cpu()
    try:
        values = np.asarray(answer)
    except Exception:  # a tensor without values
        return NOTHING
    if values.dtype.kind not in "biufUS":
        return NOTHING
    return _read(values.tolist(), several, depth)


def _kind(answer):
    """Name an object's class, and the way from it to an answer where there is a usual one."""
    kind = type(answer)
    name = kind.__name__[:40]
    classes = {base.__name__ for base in kind.__mro__}
    if isinstance(answer, type):
        return "a class"
    if name in ("function", "builtin_function_or_method", "method"):
        return "a function: call it, and give what it returns"
    if name in ("generator", "map", "filter", "zip", "range"):
        return f"a {name}: give the numbers themselves"
    if "Layer" in classes or "Operation" in classes:
        return (
            f"a Keras {'model' if 'Model' in classes else 'layer'} ({name}): give the number itself"
        )
    known = {
        "dict": "a dictionary",
        "set": "a set",
        "bytes": "bytes",
        "complex": "a complex number",
    }
    if name in known:
        return known[name]
    return f"an object of the class {name}" if name.isidentifier() else "an object"


_DIGITS = r"(?:\d{1,3}(?:[,_ '’\u00a0\u202f]\d{3})+|\d+)"
_NUMBER = rf"[+-]?(?:{_DIGITS}(?:\.\d*)?|\.\d+)(?:e[+-]?\d{{1,4}})?"


def _read_text(text, several):
    if len(text) > _CHARACTERS:
        return Unread(f"a text of {len(text):,} characters")
    text = text.replace("−", "-").lower().strip(" \t\r\n\"'“”‘’`")
    text = text.removeprefix("answer").lstrip(" =:")
    if text in ("", "...", "…", "?"):
        return NOTHING
    number = _number(text)
    if number is not None and not (several and "," in text):
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
    """Read ``"34,944"``, ``"85 %"``, ``"5/36"`` and ``"2^6"``; None for anything else."""
    text = text.strip()
    if text.endswith("%"):
        number = _number(text[:-1])
        return Percent(number) if isinstance(number, (int, float)) else None
    if re.fullmatch(_NUMBER, text):
        text = re.sub(r"[,_\s'’]", "", text)
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    fraction = re.fullmatch(rf"({_NUMBER})\s*/\s*({_NUMBER})", text)
    if fraction:
        above, below = map(_number, fraction.groups())
        return above / below if below else None
    power = re.fullmatch(r"(\d{1,4})\s*(?:\^|\*\*)\s*(-?\d{1,2})", text)
    return int(power[1]) ** int(power[2]) if power else None
