"""A page of the built site in a browser without a window, for the measurements beside this file."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SITE = Path(__file__).resolve().parents[1] / "build" / "html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def opened(address: str) -> Iterator[Page]:
    """Serve the site on this machine, and open a page of it.

    Args:
        address: From the site's root on, such as ``"book/workbench.html"``.

    Yields:
        The page.

    Raises:
        SystemExit: The site is not built.
    """
    if not (SITE / "index.html").is_file():
        raise SystemExit("The site is not built: run make book")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    handler = functools.partial(Quiet, directory=str(SITE))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as running,
        running.chromium.launch(executable_path=found, args=["--no-sandbox"]) as browser,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"http://127.0.0.1:{server.server_port}/{address}")
        yield page
        server.shutdown()
