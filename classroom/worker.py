"""The student's process: it runs cells and calls functions, and answers in plain data.

    python -m classroom.worker SOCKET CELL_SECONDS

It runs in isolation and belongs to the student: whatever it sends may be forged. So it knows no
test, and nothing that it says is a mark.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable

from classroom import plain
from classroom.models import model_bytes


def late(*_: object) -> None:
    """End what takes too long."""
    raise TimeoutError("it took too long")


def words_of(error: BaseException) -> list[str]:
    """Give an error's kind and its text, bounded."""
    try:
        words = str(error)[:2000]
    except Exception:  # a student's own kind of error
        words = ""
    return [type(error).__name__[:100], words]


def answer(request: dict, names: dict, run: Callable) -> dict:
    """Do what is asked: run a ``cell``, ``look`` at a name, or ``call`` a function.

    Args:
        request: With ``do`` and what that needs.
        names: The notebook's.
        run: Runs a cell; gives its error or None.

    Returns:
        The reply, plain data.
    """
    if request["do"] == "cell":
        error = run(request["code"])
        return {"error": words_of(error) if error else None}
    name = request["name"]
    if name not in names:
        return {"kind": "missing"}
    if request["do"] == "call":
        arguments = [plain.decode(part) for part in request["arguments"]]
        options = {key: plain.decode(part) for key, part in request["options"].items()}
        return {"value": plain.encode(names[name](*arguments, **options), model_bytes)}
    try:
        return {"kind": "value", "value": plain.encode(names[name], model_bytes)}
    except plain.NotPlain:
        if callable(names[name]):
            return {"kind": "function"}
        raise


def main(number: str, seconds: str) -> None:
    """Serve one socket until it closes.

    Args:
        number: The socket's.
        seconds: How long a cell or a call may take.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    connection = socket.socket(fileno=int(number))
    os.set_inheritable(connection.fileno(), False)
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("xmode", "Minimal")  # nobody reads it

    def run(code):
        result = shell.run_cell(code)
        return result.error_before_exec or result.error_in_exec

    signal.signal(signal.SIGALRM, late)
    plain.send(connection, {"started": True})
    while True:
        request = plain.receive(connection)
        try:
            signal.setitimer(signal.ITIMER_REAL, float(seconds), 1)
            reply = answer(request, shell.user_ns, run)
        except BaseException as error:
            reply = {"error": words_of(error)}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            plain.send(connection, reply)
        except plain.NotPlain as error:
            plain.send(connection, {"error": words_of(error)})


if __name__ == "__main__":
    main(*sys.argv[1:])
