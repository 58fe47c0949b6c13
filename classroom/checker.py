"""The grader's own process: it runs the tests. No code of the student's runs here.

    python -m classroom.checker SOCKET CELL_SECONDS < cells

Where a test names an answer, the answer's value was read out of the student's process as plain
data; where the answer is a function, calling it sends the arguments there and brings the outcome
back. So every comparison is made here, by Python's own rules. It prints a line of JSON for each
cell that has something to say.
"""

import ast
import builtins
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from classroom import plain
from classroom.models import load_model
from classroom.worker import late

LONGEST_MESSAGE = 600  # letters of an error that a page shows


class Stopped(RuntimeError):
    """The student's process is gone, or no longer keeps to the rules."""


class Student:
    """What a test can ask the student's process.

    Args:
        connection: A socket to it.
        seconds: How long a cell or a call may take.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        """Take the socket."""
        self.connection, self.seconds = connection, seconds
        self.gone = ""
        self.late = False

    def ask(self, **request: Any) -> dict:
        """Send a request and wait for its reply.

        Raises:
            Stopped: There is none, and will be none.
        """
        if self.gone:
            raise Stopped(f"not run: an earlier cell ended it ({self.gone})")
        try:
            # It interrupts itself after these seconds; five more for doing so.
            self.connection.settimeout(self.seconds + 5)
            plain.send(self.connection, request)
            return plain.receive(self.connection)
        except TimeoutError:
            self.late = True
            self.gone = "it took too long and did not let itself be interrupted"
        except plain.NotPlain as error:
            self.gone = f"it sent what is no answer: {error}"
        except (EOFError, OSError):
            self.gone = "its process ended"
        self.connection.close()
        raise Stopped(self.gone)

    def run(self, code: str) -> str:
        """Run a cell; gives its error's text, empty where there was none."""
        error = self.ask(do="cell", code=code).get("error")
        return message_of(self.error_of(error)) if error else ""

    def value(self, name: str) -> Any:
        """Read a name's value; a function becomes one that calls it there.

        Raises:
            KeyError: There is no such name.
            AssertionError: Its value cannot be read out.
            Stopped: See :meth:`ask`.
        """
        reply = self.ask(do="look", name=name)
        if reply.get("error"):
            raise AssertionError(f"{name}: {message_of(self.error_of(reply['error']))}")
        if reply.get("kind") == "missing":
            raise KeyError(name)
        if reply.get("kind") == "function":
            return self.function(name)
        return plain.decode(reply.get("value"), load_model)

    def function(self, name: str) -> Callable:
        """Give a function that is called in the student's process, with plain data."""

        def call(*arguments, **options):
            reply = self.ask(
                do="call",
                name=name,
                arguments=[plain.encode(part) for part in arguments],
                options={key: plain.encode(part) for key, part in options.items()},
            )
            if reply.get("error"):
                raise self.error_of(reply["error"])
            return plain.decode(reply.get("value"), load_model)

        return call

    def error_of(self, error: Any) -> Exception:
        """Make the built-in exception that the student's process names, or a RuntimeError."""
        if not isinstance(error, list) or not all(isinstance(part, str) for part in error):
            return RuntimeError("an error that is none")
        name, text = (*error, "", "")[:2]
        kind = getattr(builtins, name, None)
        if kind is TimeoutError:
            self.late = True
        if kind is not None and isinstance(kind, type) and issubclass(kind, Exception):
            with contextlib.suppress(TypeError):  # one that needs more than a text
                return kind(text)
        return RuntimeError(f"{name}: {text}" if text else name)


def message_of(error: BaseException) -> str:
    """Say in a line or two why a cell failed.

    >>> message_of(AssertionError("5 is the padding"))
    '5 is the padding'
    >>> message_of(NameError("name 'x' is not defined"))
    "NameError: name 'x' is not defined"
    """
    name, words = type(error).__name__, str(error)
    if name in ("AssertionError", "Stopped", "NotPlain", "TimeoutError") and words:
        text = words
    elif name == "AssertionError":
        text = "a test did not hold (it gives no message)"
    elif name == "RuntimeError":
        text = words
    else:
        text = f"{name}: {words}" if words else name
    text = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + " …"


def names_read(source: str) -> set[str]:
    """List the names that a test reads."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def check(cells: list[dict], student: Student, say: Callable[[dict], None]) -> None:
    """Run an assignment's cells, each where it belongs, in their order.

    Args:
        cells: With ``kind``, ``name``, ``source`` and ``sets``.
        student: Runs the answers, and helpers that stand beside them.
        say: Takes what each came to: ``name`` and ``passed`` of a test, ``error``.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    answers: set[str] = set()
    for cell in cells:
        said, error = {"name": cell["name"], "test": cell["kind"] == "test"}, ""
        signal.setitimer(signal.ITIMER_REAL, 2 * student.seconds)
        try:
            if cell["kind"] == "test":
                for name in sorted(names_read(cell["source"]) & answers):
                    names.pop(name, None)
                    with contextlib.suppress(KeyError):  # the test says so where it needs it
                        names[name] = student.value(name)
            if cell["kind"] in ("test", "given"):
                exec(compile(cell["source"], cell["name"] or "a cell", "exec"), names)
            if cell["kind"] != "test":
                answers.update(cell["sets"])
                error = student.run(cell["source"])
        except Exception as problem:
            error = message_of(problem)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if said["test"] or error:
            say(said | {"error": error, "late": student.late, "gone": student.gone})


def main(number: str, seconds: str) -> None:
    """Take the cells from the standard input; print what they came to.

    Args:
        number: The socket's.
        seconds: How long a cell or a call may take.
    """
    cells = json.load(sys.stdin)
    connection = socket.socket(fileno=int(number))
    connection.settimeout(120)
    plain.receive(connection)  # it has started
    student = Student(connection, float(seconds))
    signal.signal(signal.SIGALRM, late)
    results = sys.stdout
    sys.stdout = sys.stderr  # a test that prints says nothing to the grader
    check(cells, student, lambda said: print(json.dumps(said), file=results, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
