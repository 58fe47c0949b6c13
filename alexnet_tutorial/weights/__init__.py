"""Weights from elsewhere, and ours for elsewhere: torchvision's checkpoints, and ONNX."""

from .published import (
    BVLC_MEAN,
    PUBLISHED,
    TORCHVISION_PREPROCESSING,
    convert,
    downloaded,
    fetch,
    load,
    load_onnx,
    load_torchvision,
    save_onnx,
    save_torchvision,
)

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
