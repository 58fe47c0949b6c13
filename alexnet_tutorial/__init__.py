"""Learn a convolutional network by taking AlexNet apart.

One description of a network, many readings: the arithmetic of its shapes and the table of every
layer (``shapes``), the Keras model (``network``), the picture (``figures``). Submodules load on
first use, so importing the package is cheap.
"""

import importlib

_SUBMODULES = (
    "checks",
    "classifier",
    "doctor",
    "error_index",
    "evaluation",
    "explain",
    "figures",
    "network",
    "old_code",
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
    if name == "__version__":  # pyproject.toml holds it
        from importlib.metadata import version

        return version("alexnet-tutorial")
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
