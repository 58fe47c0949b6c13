"""Learn a convolutional network by taking AlexNet apart.

One description of a network, many readings: the arithmetic of its shapes and the table of every
layer (``shapes``), the Keras model (``network``), the picture (``figures``). Submodules load on
first use, so importing the package is cheap.
"""

import importlib

__version__ = "0.1.0"

_SUBMODULES = (
    "checks",
    "classifier",
    "doctor",
    "error_index",
    "evaluation",
    "figures",
    "network",
    "pictures",
    "saliency",
    "session",
    "shapes",
    "training",
    "weights",
    "workbench",
)

__all__ = ["__version__", *_SUBMODULES]


def __getattr__(name):
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_SUBMODULES])
