"""ImageNet whole: its archives made into shards, a network trained from them, and the bill.

``prepare`` reads the archives of ILSVRC 2012 as they were published, or folders of pictures, and
writes shards; ``load_shards`` gives them to :class:`~alexnet_tutorial.pictures.Batches` as it
would a folder; ``train_shards`` trains by 2012's recipe or by today's; ``bill`` says what that
takes of time, energy and money.
"""

import importlib
from typing import Any

from .layout import PICTURES, read_devkit
from .plan import Settings
from .prepare import prepare
from .shards import MANIFEST, Shards, load_shards

# Loaded on first use, for Keras takes seconds.
_LATER = {"train_shards": "train"}

__all__ = [
    "MANIFEST",
    "PICTURES",
    "Settings",
    "Shards",
    "load_shards",
    "prepare",
    "read_devkit",
    "train_shards",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
