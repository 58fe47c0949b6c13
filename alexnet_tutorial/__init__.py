"""Learn a convolutional network by taking AlexNet apart.

One description of a network (``architecture``), many readings: the shape arithmetic
(``arithmetic``), the table of every layer (``ledger``), the Keras model (``network``), the
picture (``figures``). Submodules load on first use, so importing the package is cheap.
"""

import importlib

__version__ = "0.1.0"

_SUBMODULES = (
    "ablations",
    "architecture",
    "arithmetic",
    "checks",
    "classifier",
    "datasets",
    "doctor",
    "errors",
    "evaluation",
    "figures",
    "layers",
    "ledger",
    "network",
    "optimizers",
    "preprocessing",
    "saliency",
    "session",
    "training",
    "weights",
    "workbench",
    "worksheet",
)

__all__ = ["__version__", *_SUBMODULES]


def __getattr__(name):
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_SUBMODULES])
