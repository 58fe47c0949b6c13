"""Time from an edit on the workbench to the redrawn page, in a browser without a window.

    python benchmarks/workbench.py [--edits 100] [--network alexnet-2012]

The site must be built. Each edit sets another number of filters in conv1, so that every row, every
box and the windows are drawn again; the time runs until the browser has painted the next frame,
and therefore holds the wait for that frame (up to 17 ms at 60 frames a second). Beside it stands
the time of the page's own work alone, its layout included.
"""

import argparse
import functools
import http.server
import os
import platform
import shutil
import statistics
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

SITE = Path(__file__).resolve().parents[1] / "build" / "html"

EDITS = """async (count) => {
  const field = document.querySelector('alexnet-workbench [data-key="filters"]');
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const times = [];
  for (let i = 0; i < count; i++) {
    await painted();
    const start = performance.now();
    field.value = 2 * (i + 1);
    field.dispatchEvent(new Event("input"));
    document.body.getBoundingClientRect();
    const work = performance.now() - start;
    await painted();
    times.push([work, performance.now() - start]);
  }
  return times;
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *args):
        """Say nothing."""


def measure(network, edits):
    """Time edits on one network; returns a list of (work, until painted), in milliseconds."""
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
        address = f"http://127.0.0.1:{server.server_port}/book/workbench.html"
        page.goto(f"{address}#net={network}&layer=conv1")
        page.wait_for_selector('alexnet-workbench [data-key="filters"]')
        times = page.evaluate(EDITS, edits)
        print(f"Chromium {browser.version}, {platform.machine()}, {os.cpu_count()} cores")
        server.shutdown()
    return times


def main(arguments=None):
    """Measure and print median and worst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--network", default="alexnet-2012")
    options = parser.parse_args(arguments)
    work, painted = zip(*measure(options.network, options.edits), strict=True)
    for what, times in (("the page's work", work), ("until painted", painted)):
        print(
            f"{options.network}, {len(times)} edits, {what}: median "
            f"{statistics.median(times):.1f} ms, worst {max(times):.1f} ms"
        )


if __name__ == "__main__":
    main()
