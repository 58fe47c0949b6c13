"""What several test files share: where the checkout, the built site and the notebooks are."""

import functools
import http.server
import importlib
import os
import subprocess
import sys
import threading
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
def on_jax(jax_environment):
    """Give a function that runs test files, with pytest's options, where Keras runs on JAX."""

    def run(*arguments):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        result = subprocess.run(
            [*command, "--import-mode=importlib", *map(str, arguments)],
            env=jax_environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-2000:]

    return run


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


@pytest.fixture
def axe_finds_nothing(axe_script):
    """Give a check of one element, in light and in dark, and of its controls' sizes for a finger.

    It is called with the page and the element's name.
    """

    def check(page, name):
        page.evaluate(axe_script)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function("s => document.documentElement.dataset.theme === s", arg=scheme)
            violations = page.evaluate(
                """name => axe.run(name, { preload: false })
                    .then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))""",
                name,
            )
            assert violations == [], scheme
        small = page.locator(name).evaluate(
            """e => [...e.querySelectorAll('button, input, select')]
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


class Visit:
    """One page, opened; what it asked for and what its console said."""

    def __init__(self, context, address):
        self.page = context.new_page()
        self.requests, self.console = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda m: self.console.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.page.on("requestfailed", lambda r: self.console.append(f"failed: {r.url}"))
        self.page.goto(address)
        self.page.wait_for_load_state("networkidle")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        # The next visit of this context is a first one again; what is cached may stay.
        self.page.evaluate("localStorage.clear()")
        self.page.close()


@pytest.fixture(scope="session")
def open_page(browser, address):
    """Give what opens a page of the site: ``with open_page(page, viewport=…) as visit``."""
    contexts = {}

    def visit(page, viewport=DESK, scheme="light", **options):
        kind = str((viewport, scheme, options))
        if kind not in contexts:
            contexts[kind] = browser.new_context(viewport=viewport, color_scheme=scheme, **options)
        return Visit(contexts[kind], urljoin(address, page))

    yield visit
    for context in contexts.values():
        context.close()
