"""What several test files share: where the checkout, the built site and the notebooks are."""

import functools
import http.server
import importlib
import os
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urljoin

import pytest

# As the package sets it where it imports Keras: the same on every processor.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

ROOT = Path(__file__).resolve().parents[1]
DESK = {"width": 1280, "height": 900}
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def root():
    """Give the checkout's root."""
    return ROOT


@pytest.fixture(scope="module")
def benchmarks(root):
    """Give a function that imports a program of ``benchmarks``."""
    before = [*sys.path]
    sys.path.insert(0, str(root / "benchmarks"))
    yield importlib.import_module
    sys.path[:] = before


@pytest.fixture(scope="session")
def reduced():
    """Give a function that makes a network small: its windows and sizes, fewer filters."""
    from dataclasses import replace

    def small(network):
        def fewer(layer):
            if layer.kind == "conv":
                return replace(layer, filters=max(4, layer.filters // 16))
            if layer.kind == "dense":
                return replace(layer, units=max(6, layer.units // 64))
            return layer

        return replace(network, layers=tuple(map(fewer, network.layers)))

    return small


@pytest.fixture(scope="session")
def jax_environment():
    """Give the variables of a process whose backend is JAX.

    XLA compiles each operation there for the sake of one small call: its costly passes, which make
    long runs fast, take most of the time and change no result beyond rounding.
    """
    pytest.importorskip("jax")
    compile_fast = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    return {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": compile_fast}


@pytest.fixture(scope="session")
def setup_cell():
    """Give tools/setup_cell.py as a module."""
    return importlib.import_module("tools.setup_cell")


@pytest.fixture(scope="session")
def environment_script():
    """Give tools/environment.py as a module."""
    return importlib.import_module("tools.environment")


@pytest.fixture(scope="session")
def pdf():
    """Give tools/pdf.py as a module, or skip where what it needs is not installed."""
    pytest.importorskip("bs4")
    return importlib.import_module("tools.pdf")


@pytest.fixture(scope="session")
def archive(environment_script, pdf):
    """Give tools/archive.py as a module."""
    return importlib.import_module("tools.archive")


@pytest.fixture(scope="session")
def site(root):
    """Give the folder of the built site."""
    folder = root / "build" / "html"
    if not (folder / "index.html").is_file():
        pytest.skip("the site is not built: run make book")
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def address(site):
    """Serve the site on this machine; give its address."""
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser(pdf):
    playwright = pytest.importorskip("playwright.sync_api")
    found = pdf.find_chromium()
    if found is None:
        pytest.skip("no Chromium: install one (chromium, google-chrome) or set CHROMIUM")
    with (
        playwright.sync_playwright() as running,
        running.chromium.launch(executable_path=found, args=FLAGS) as chromium,
    ):
        yield chromium


@pytest.fixture(scope="session")
def axe_script():
    """Give axe, the rules of accessibility that every page is held to."""
    package = pytest.importorskip("axe_playwright_python")
    return Path(package.__file__).with_name("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def axe(axe_script):
    """Give what axe finds in parts of a page: in light mode, then of their colors in dark mode.

    Only colors differ in dark mode, so only the rules about colors can. It is called with the page,
    the names of the parts, and those within them to leave out.
    """
    rules = {"light": {}, "dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}

    def look(page, *names, without=()):
        if not page.evaluate("'axe' in window"):
            page.evaluate(axe_script)
        found = []
        for scheme, options in rules.items():
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(
                "s => (document.documentElement.dataset.theme ?? s) === s", arg=scheme
            )
            passed, violations = page.evaluate(
                """([include, exclude, options]) => axe.run({ include, exclude },
                    { resultTypes: ['violations'], preload: false, ...options })
                    .then(r => [r.passes.length, r.violations.map(v =>
                        [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))])])""",
                [names, without, options],
            )
            least = 10 if scheme == "light" else 1
            assert passed >= least, f"it looked at little in {scheme} mode"
            found += [(scheme, *violation) for violation in violations]
        return found

    return look


@pytest.fixture(scope="session")
def axe_finds_nothing(axe):
    """Give a check of parts of a page: by axe, and of their controls' sizes for a finger.

    It is called with the page and the parts' names.
    """

    def check(page, *names):
        assert axe(page, *names) == []
        small = page.locator(", ".join(names)).evaluate_all(
            """all => all.flatMap(e => [...e.querySelectorAll('button, input, select')])
                .map(c => [c.getBoundingClientRect(), c.outerHTML.slice(0, 80)])
                .filter(([r]) => r.width < 24 || r.height < 24).map(([, html]) => html)"""
        )
        assert small == []

    return check


@pytest.fixture(scope="session")
def swipe():
    """Give what moves a finger over a page: from a place, by so many pixels across and down."""

    def move(page, x, y, across, down, steps=10):
        session = page.context.new_cdp_session(page)
        for step in range(steps + 1):
            at = {"x": x + across * step / steps, "y": y + down * step / steps}
            kind = "touchMove" if step else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        session.detach()
        page.evaluate(  # until what it set off has come to rest
            """async () => {
                const frame = () => new Promise(requestAnimationFrame);
                for (let still = 0, at = scrollY; still < 10; await frame()) {
                    still = scrollY === at ? still + 1 : 0;
                    at = scrollY;
                }
            }"""
        )

    return move


# Two frames are drawn, and the browser has nothing else to do.
REST = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    await frame();
    await new Promise((rest) => requestIdleCallback(rest, { timeout: 2000 }));
}"""


class Visit:
    """One page, opened in a window; what it asked for and what its console said.

    The window is given back to ``leave``: to open one takes longer than to open most pages.
    """

    def __init__(self, window, address, scripts, leave):
        self.page, self.leave = window, leave
        self.requests, self.console, self.awaited = [], [], set()
        self.handlers = {
            "request": self.asked,
            "requestfinished": self.arrived,
            "requestfailed": self.failed,
            "console": lambda m: self.console.append(f"{m.type}: {m.text}"),
            "pageerror": lambda error: self.console.append(f"error: {error}"),
        }
        for event, handler in self.handlers.items():
            window.on(event, handler)
        window.goto(address)
        if scripts:
            self.settle()

    def asked(self, request):
        self.requests.append(request.url)
        self.awaited.add(request)

    def arrived(self, request):
        self.awaited.discard(request)

    def failed(self, request):
        self.console.append(f"failed: {request.url}")
        self.awaited.discard(request)

    def settle(self):
        """Wait until all has arrived that the page asked for, and its scripts rest.

        A network that is silent for half a second says the same, half a second later.
        """
        deadline = time.monotonic() + 30
        while True:
            self.page.evaluate(REST)
            if not self.awaited:
                return
            late = [request.url for request in self.awaited]
            assert time.monotonic() < deadline, f"these did not arrive: {late}"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        # The next visit of this window is a first one again; what is cached may stay.
        self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        for event, handler in self.handlers.items():
            self.page.remove_listener(event, handler)
        self.leave(self.page)


@pytest.fixture(scope="session")
def open_page(browser, address):
    """Give what opens a page of the site: ``with open_page(page, viewport=…) as visit``."""
    contexts, free = {}, {}

    def visit(page, viewport=DESK, scheme="light", **options):
        kind = str((viewport, scheme, options))
        if kind not in contexts:
            contexts[kind] = browser.new_context(viewport=viewport, color_scheme=scheme, **options)
            free[kind] = []

        def leave(window):
            window.goto("about:blank")
            window.emulate_media(media="null", color_scheme=scheme)
            window.set_viewport_size(viewport)
            window.mouse.move(-1, -1)
            free[kind].append(window)

        window = free[kind].pop() if free[kind] else contexts[kind].new_page()
        scripts = options.get("java_script_enabled", True)
        return Visit(window, urljoin(address, page), scripts, leave)

    yield visit
    for context in contexts.values():
        context.close()
