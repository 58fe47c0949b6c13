"""Plain data between two processes that do not trust each other.

What is read out of a student's process is numbers, strings, booleans, None, lists, tuples, sets,
dictionaries, arrays of numbers and saved Keras models, and nothing else: no object, so nothing that
has methods of the student's. It travels as JSON; arrays as their type, shape and bytes.
"""

import base64
import json
import math
import socket
import sys
from collections.abc import Callable
from typing import Any

LARGEST = 16_000_000  # bytes of a message
DEEPEST = 30  # lists in lists
KINDS = frozenset(
    ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
    + ["float16", "float32", "float64"]
)


class NotPlain(TypeError):
    """A value that cannot be read out, or a message that holds none."""


def encode(value: Any, save: Callable[[Any], bytes] | None = None, depth: int = 0) -> Any:
    """Write a value in what JSON knows.

    Args:
        value: What to write; a subclass of a plain type becomes that type.
        save: Gives the bytes of a Keras model's file; None where models are not plain.
        depth: How many lists it lies in.

    Returns:
        What :func:`decode` reads.

    Raises:
        NotPlain: It holds something else, or lies too deep.

    Example:
        >>> encode({7: (1.5, None)})
        {'dict': [[7, {'tuple': [1.5, None]}]]}
    """

    def inner(part):
        return encode(part, save, depth + 1)

    if depth > DEEPEST:
        raise NotPlain(f"lists in lists, more than {DEEPEST} deep")
    if value is None or isinstance(value, bool):
        return value
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return {"number": encode(numpy.asarray(value))["array"]}
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, list):
        return [inner(part) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [inner(part) for part in value]}
    if isinstance(value, (set, frozenset)):
        return {"set": [inner(part) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[inner(key), inner(part)] for key, part in value.items()]}
    keras = sys.modules.get("keras")
    if save is not None and keras is not None and isinstance(value, keras.Model):
        return {"model": base64.b64encode(save(value)).decode()}
    if numpy is not None and (isinstance(value, numpy.ndarray) or hasattr(value, "__array__")):
        array = numpy.asarray(value)
        if array.nbytes > LARGEST:
            raise NotPlain(f"an array of {array.nbytes / 1e6:.0f} MB is too large")
        if array.dtype.name in KINDS:
            data = base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()
            return {"array": [array.dtype.name, list(array.shape), data]}
    raise NotPlain(f"a {type(value).__name__} is no plain data")


def decode(thing: Any, load: Callable[[bytes], Any] | None = None, depth: int = 0) -> Any:
    """Read what :func:`encode` wrote, or what somebody sent in its place.

    Args:
        thing: Of ``json.loads``.
        load: Reads a Keras model from its file's bytes; None where none is expected.
        depth: How many lists it lies in.

    Returns:
        The value, of Python's own types and NumPy's alone.

    Raises:
        NotPlain: It is something else.

    Example:
        >>> decode({'dict': [[7, {'tuple': [1.5, None]}]]})
        {7: (1.5, None)}
    """
    if depth > 2 * DEEPEST:
        raise NotPlain("lists in lists, too deep")
    if thing is None or isinstance(thing, (bool, int, float, str)):
        return thing
    if isinstance(thing, list):
        return [decode(part, load, depth + 1) for part in thing]
    if not isinstance(thing, dict) or len(thing) != 1:
        raise NotPlain("no value")
    [(name, inside)] = thing.items()
    try:
        if name in ("tuple", "set"):
            parts = [decode(part, load, depth + 1) for part in inside]
            return tuple(parts) if name == "tuple" else set(parts)
        if name == "dict":
            return {decode(k, load, depth + 1): decode(v, load, depth + 1) for k, v in inside}
        if name in ("array", "number"):
            kind, shape, data = inside
            array = _array(kind, shape, base64.b64decode(data, validate=True))
            return array if name == "array" else array[()]
        if name == "model" and load is not None:
            return load(base64.b64decode(inside, validate=True))
    except (TypeError, ValueError) as error:
        raise NotPlain(f"no {name}: {error}") from None
    raise NotPlain("a value of no known kind")


def _array(kind, shape, data):
    import numpy as np

    if kind not in KINDS:
        raise NotPlain("an array of no numbers")
    if not isinstance(shape, list) or len(shape) > 8 or not all(type(n) is int for n in shape):
        raise NotPlain("an array of no shape")
    if min(shape, default=0) < 0 or math.prod(shape) * np.dtype(kind).itemsize != len(data):
        raise NotPlain("an array whose shape and bytes differ")
    return np.frombuffer(data, kind).reshape(shape).copy()


def send(connection: socket.socket, message: dict) -> None:
    """Send a message of plain data.

    Raises:
        NotPlain: It is too large.
        OSError: The other end is gone.
    """
    try:
        content = json.dumps(message).encode()
    except ValueError as error:  # a number of very many digits
        raise NotPlain(str(error)) from None
    if len(content) > LARGEST:
        raise NotPlain(f"{len(content) / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f}")
    connection.sendall(len(content).to_bytes(8, "big") + content)


def receive(connection: socket.socket) -> dict:
    """Take a message.

    Raises:
        NotPlain: It is none, or too large.
        EOFError: The other end is gone.
        OSError: See :class:`socket.socket`; ``TimeoutError`` is one.
    """
    size = int.from_bytes(_exactly(connection, 8), "big")
    if size > LARGEST:
        raise NotPlain(f"a message of {size:.2g} bytes, more than {LARGEST / 1e6:.0f} MB")
    try:
        message = json.loads(_exactly(connection, size))
    except (ValueError, RecursionError):
        raise NotPlain("a message that is no JSON") from None
    if not isinstance(message, dict):
        raise NotPlain("a message of no known kind")
    return message


def _exactly(connection, size):
    content = bytearray()
    while len(content) < size:
        part = connection.recv(min(size - len(content), 1 << 20))
        if not part:
            raise EOFError
        content += part
    return content
