"""The pictures the book learns from: their sets, how they are read, prepared and varied.

``load_signs``, ``load_cifar10`` or ``load_imagenette`` is the one call a chapter needs. Each always
says where its pictures came from.
"""

import importlib
from typing import Any

from .cifar10 import Cifar10, load_cifar10
from .download import ENVIRONMENT_VARIABLE, data_directory
from .errors import DataError, DownloadError
from .folder import Folder, load_folder
from .hands import draw_hand, draw_hands
from .imagenette import Imagenette, load_imagenette
from .labels import Sets, Split
from .photographs import (
    SAME_PHOTOGRAPH,
    Pair,
    nearest_neighbor,
    same_pictures,
    split_photographs,
)
from .preprocessing import Preprocessing, center_crop, preprocess
from .signs import (
    DOWNLOAD_URL,
    FILES,
    Signs,
    download_signs,
    generate_signs,
    load_signs,
    read_signs,
    save_signs,
)
from .sources import SOURCES

# Loaded on first use, for Keras takes seconds.
_LATER = {"Batches": "batches"} | dict.fromkeys(
    ("Augmentation", "PCAColor", "RandomPatch", "augment"), "augmentation"
)

__all__ = [
    "DOWNLOAD_URL",
    "ENVIRONMENT_VARIABLE",
    "FILES",
    "SAME_PHOTOGRAPH",
    "SOURCES",
    "Augmentation",
    "Batches",
    "Cifar10",
    "DataError",
    "DownloadError",
    "Folder",
    "Imagenette",
    "PCAColor",
    "Pair",
    "Preprocessing",
    "RandomPatch",
    "Sets",
    "Signs",
    "Split",
    "augment",
    "center_crop",
    "data_directory",
    "download_signs",
    "draw_hand",
    "draw_hands",
    "generate_signs",
    "load_cifar10",
    "load_folder",
    "load_imagenette",
    "load_signs",
    "nearest_neighbor",
    "preprocess",
    "read_signs",
    "same_pictures",
    "save_signs",
    "split_photographs",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
