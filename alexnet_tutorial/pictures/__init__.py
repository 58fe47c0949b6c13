"""The pictures the book learns from: photographs of hands, and hands drawn by this package.

``load_signs`` is the one call a chapter needs. It always says where the pictures came from.
"""

from .download import DOWNLOAD_URL, FILES, download_signs
from .errors import DataError, DownloadError
from .folder import Folder, load_folder
from .hands import draw_hand, draw_hands
from .signs import (
    ENVIRONMENT_VARIABLE,
    SAME_PHOTOGRAPH,
    SOURCES,
    Pair,
    Signs,
    Split,
    data_directory,
    generate_signs,
    load_signs,
    nearest_neighbor,
    read_signs,
    same_pictures,
    save_signs,
    split_photographs,
)

__all__ = [
    "DOWNLOAD_URL",
    "ENVIRONMENT_VARIABLE",
    "FILES",
    "SAME_PHOTOGRAPH",
    "SOURCES",
    "DataError",
    "DownloadError",
    "Folder",
    "Pair",
    "Signs",
    "Split",
    "data_directory",
    "download_signs",
    "draw_hand",
    "draw_hands",
    "generate_signs",
    "load_folder",
    "load_signs",
    "nearest_neighbor",
    "read_signs",
    "same_pictures",
    "save_signs",
    "split_photographs",
]
