"""The command that tries a classifier in the browser: a page on this machine, for nobody else."""

import argparse
import json
import os
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from alexnet_tutorial.pictures.errors import DataError

from .judging import classifier_of
from .output import plain

if TYPE_CHECKING:
    from alexnet_tutorial.classifier import Classifier

PAGE = Path(__file__).with_name("serve.html")
LARGEST = 50_000_000
"""Bytes of a picture; more are not read."""


class Server(ThreadingHTTPServer):
    """Answers a browser on this machine with what a classifier says of the pictures it sends.

    Args:
        classifier: Who answers.
        port: Where; 0 takes any that is free.

    Raises:
        OSError: The port is taken.
    """

    daemon_threads = True

    def __init__(self, classifier: "Classifier", port: int = 0):  # noqa: D107
        super().__init__(("127.0.0.1", port), _Handler)
        self.classifier = classifier
        self.one_at_a_time = threading.Lock()

    @property
    def address(self) -> str:
        """What to type into the browser."""
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        if not self._own():
            return
        if self.path != "/":
            self._send(404, {"error": f"Nothing is here. The page is {self.server.address}"})
            return
        self._send(200, PAGE.read_bytes(), "text/html; charset=utf-8")

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() else -1
        if not self._own():
            return
        if self.path != "/predict" or size < 0:
            self._send(400, {"error": "Expected POST /predict with the bytes of one picture."})
        elif size > LARGEST:
            while size > 0:  # a browser reads no answer before it has sent all
                size -= len(self.rfile.read(min(size, 1 << 20))) or size
            self._send(413, {"error": f"{length} bytes: at most {LARGEST} are read."})
        else:
            self._send(*self._predicted(self.rfile.read(size)))

    def _own(self):
        """Whether the page itself asks: another site's page could send a form, or a name, here."""
        port = self.server.server_port
        hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host") in hosts and (
            origin is None or origin.removeprefix("http://") in hosts
        ):
            return True
        self._send(403, {"error": f"Only the page at {self.server.address} may ask."})
        return False

    def _predicted(self, picture):
        classifier = self.server.classifier
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "picture")
            with open(path, "wb") as file:
                file.write(picture)
            try:
                with self.server.one_at_a_time:
                    [answers] = classifier.predict_top([path], min(5, len(classifier.classes)))
            except (DataError, OSError) as error:
                return 400, {"error": str(error).replace(path, "this file")}
        return 200, {"top": [answer._asdict() for answer in answers]}

    def _send(self, status, content, kind="application/json"):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header(
            "Content-Security-Policy", "default-src 'self' 'unsafe-inline'; img-src blob:"
        )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing: the page does."""


def serve_command(options: argparse.Namespace) -> int:
    """Open a page that names what is on pictures, until Ctrl-C.

    Args:
        options: Of the command.

    Returns:
        Exit status.

    Raises:
        ValueError: There is no such network, or the port is taken.
    """
    classifier = classifier_of(options.model)
    try:
        server = Server(classifier, options.port)
    except OSError as error:
        raise ValueError(
            f"port {options.port} cannot be had: {error.strerror}. Another program may use it: "
            "give --port another number, or 0 for any that is free."
        ) from None
    with server:
        names = ", ".join(map(plain, classifier.class_names[:10]))
        print(f"{server.address} names pictures ({names}). Ctrl-C ends it.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("ended")
    return 0
