"""What passes between two processes: plain data, of bounded size, and nothing else."""

import socket

import numpy as np
import pytest

from classroom.plain import LARGEST, NotPlain, decode, encode, receive, send


@pytest.mark.parametrize(
    "value",
    [None, True, 7, 10**50, 1.5, float("inf"), "é\ud800", [], [1, [2]], (1, (2,)), {1, 2}]
    + [{7: 50.0, "a": (1,), None: [True]}, np.float32(1.5), np.int64(3), np.bool_(True)],
)
def test_a_value_arrives_as_it_was(value):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, {"value": encode(value)})
        arrived = decode(receive(theirs)["value"])
    assert type(arrived) is type(value) and arrived == value


@pytest.mark.parametrize("kind", ["bool", "uint8", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3, 4)])
def test_an_array_arrives_as_it_was(kind, shape):
    array = np.random.default_rng(1).integers(0, 9, shape).astype(kind)
    arrived = decode(encode(array[..., ::-1] if shape else array))
    assert arrived.dtype == array.dtype and arrived.shape == shape
    assert (arrived == (array[..., ::-1] if shape else array)).all()


def test_what_has_methods_of_its_own_loses_them_or_is_refused():
    class Yes(float):
        def __eq__(self, other):
            return True

        __hash__ = None

    arrived = decode(encode([Yes(1), (Yes(2),)]))
    assert type(arrived[0]) is float and arrived == [1.0, (2.0,)] and arrived != [9.0, (9.0,)]
    circle = []
    circle.append(circle)
    for value in (object(), len, Yes, circle, np.array([None]), np.array(["a"]), 1j):
        with pytest.raises(NotPlain):
            encode(value)


@pytest.mark.parametrize(
    "thing",
    [
        {},
        {"object": 1},
        {"list": [], "tuple": []},
        {"dict": 3},
        {"dict": [[1]]},
        {"dict": [[[], 1]]},
        {"set": [[]]},
        {"tuple": None},
        {"array": ["float64", [3], ""]},
        {"array": ["float64", [-1], ""]},
        {"array": ["float64", [2**62, 2**62], ""]},
        {"array": ["float64", [True], "AAAAAAAAAAA="]},
        {"array": ["object", [0], ""]},
        {"array": [["float64"], [0], ""]},
        {"array": ["float64", [0], "?"]},
        {"array": ["float64", [0], 3]},
        {"array": []},
        {"model": "AAAA"},
    ],
)
def test_what_is_no_value_is_refused(thing):
    with pytest.raises(NotPlain):
        decode(thing)
    with pytest.raises(NotPlain):
        decode([{"tuple": [thing]}])


@pytest.mark.parametrize("content", [b"[]", b"[" * 10**6, b"\xff", b"", b"1" * 9999])
def test_a_message_that_is_none_is_refused(content):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_000_000)
        ours.settimeout(1)
        ours.sendall(len(content).to_bytes(8, "big") + content)
        with pytest.raises(NotPlain):
            receive(theirs)


def test_a_message_too_large_is_refused_before_it_is_read():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall((LARGEST + 1).to_bytes(8, "big"))
        with pytest.raises(NotPlain, match="more than 16 MB"):
            receive(theirs)
        with pytest.raises(NotPlain, match="more than 16"):
            send(ours, {"value": "x" * LARGEST})
        with pytest.raises(NotPlain, match="digits"):
            send(ours, {"value": 10**5000})
        ours.close()
        with pytest.raises(EOFError):
            receive(theirs)
