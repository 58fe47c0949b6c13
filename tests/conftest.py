"""What several test files share: where the checkout, the built site and the notebooks are."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def load_script(name):
    """Import a script of book/, which is no package, under its own name."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "book" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


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
def setup_cell():
    """Give book/setup_cell.py as a module."""
    return load_script("setup_cell")


@pytest.fixture(scope="session")
def environment_script():
    """Give book/environment.py as a module."""
    return load_script("environment")


@pytest.fixture(scope="session")
def build_script(setup_cell, environment_script):
    """Give book/build.py as a module, or skip where what it needs is not installed."""
    pytest.importorskip("nbformat")
    pytest.importorskip("yaml")
    return load_script("build")


@pytest.fixture(scope="session")
def site(root):
    """Give the folder of the built site."""
    folder = root / "build" / "html"
    if not (folder / "index.html").is_file():
        pytest.skip("the site is not built: run make book")
    return folder
