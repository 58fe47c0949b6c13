"""Weights from elsewhere, and ours for elsewhere: torchvision's checkpoints, and ONNX.

A file is read and checked whole before a network is built, and nothing in it is executed.
"""

from .kinds import convert, load
from .onnx import BVLC_MEAN, load_onnx, save_onnx
from .published import PUBLISHED, downloaded, fetch
from .torchvision import TORCHVISION_PREPROCESSING, load_torchvision, save_torchvision

__all__ = [
    "BVLC_MEAN",
    "PUBLISHED",
    "TORCHVISION_PREPROCESSING",
    "convert",
    "downloaded",
    "fetch",
    "load",
    "load_onnx",
    "load_torchvision",
    "save_onnx",
    "save_torchvision",
]
