"""The working variants of AlexNet, which read like the table in the paper."""

from collections.abc import Sequence
from typing import Any

from alexnet_tutorial.shapes.architecture import (
    LRN,
    Activation,
    Architecture,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Pool,
)


def _head(units: int, classes: int, rate: float, bias: float = 0) -> tuple[Layer, ...]:
    """Two dense layers, dropout after each, and the layer that gives the classes."""
    return (
        Dense("fc6", units, bias=bias),
        Dropout("drop6", rate),
        Dense("fc7", units, bias=bias),
        Dropout("drop7", rate),
        Dense("fc8", classes, activation="softmax"),
    )


_HEAD_2012 = _head(4096, 1000, 0.5, bias=1)
_CEIL: dict[str, Any] = {"rounding": "ceil"}

ALEXNET_2012 = Architecture(
    "alexnet-2012",
    224,
    (
        Conv("conv1", 96, 11, strides=4, activation=None, **_CEIL),
        LRN("lrn1", groups=2, divide_by_size=True),
        Pool("pool1", 3, strides=2, **_CEIL),
        Activation("relu1"),
        Conv("conv2", 256, 5, padding=2, groups=2, bias=1, **_CEIL),
        LRN("lrn2", groups=2, divide_by_size=True),
        LRN("cnorm2", k=1.0, alpha=0.001, across="pixels", divide_by_size=True),
        Pool("pool2", 3, strides=2, **_CEIL),
        Conv("conv3", 384, 3, padding=1, **_CEIL),
        Conv("conv4", 384, 3, padding=1, groups=2, bias=1, **_CEIL),
        Conv("conv5", 256, 3, padding=1, groups=2, bias=1, activation=None, **_CEIL),
        Pool("pool5", 3, strides=2, **_CEIL),
        Activation("relu5"),
        Flatten("flatten"),
        *_HEAD_2012,
    ),
)
"""The network of 2012 as its program built it: ``layers-145.cfg`` of the code released in 2025
(https://github.com/computerhistory/AlexNet-Source-Code), whose logged errors are the paper's.

224 pixels, no padding, and sizes rounded up. conv1 has no activation: its values are normalized
and pooled first, then cut by the ReLU. Each tower is normalized alone. ``cnorm2`` normalizes conv2
a second time, within each map. Its size, ``alpha`` and ``beta`` are in the configuration
(``layers-145.cfg``, ``layer-params-145.cfg``). Its ``k`` is not: the other normalizations have
``minDiv=2`` there, and ``layer.py`` reads no such number for one within a map. The kernel that
computes it is not in the release. That of cuda-convnet, its public predecessor, adds the sum to 1
(``kCNorm2`` in ``src/cudaconv2/conv_util.cu``), so 1 is an inference.
"""


def _alexnet(
    name: str,
    input_size: int,
    conv1: Conv,
    *,
    filters: Sequence[int] = (256, 384, 384, 256),
    groups: int = 1,
    bias: float = 1,
    norm: dict[str, Any] | None = None,
    head: Sequence[Layer] = _HEAD_2012,
) -> Architecture:
    """The network of Krizhevsky, Sutskever and Hinton (2012), section 3.5, around its conv1.

    ``filters`` are those of conv2 to conv5, ``bias`` is that of conv2, conv4 and conv5, and
    ``norm`` the numbers of the response normalizations; None leaves these out.
    """
    up: dict[str, Any] = {"rounding": conv1.rounding}
    lrn1, lrn2 = ([] if norm is None else [LRN(layer, **norm)] for layer in ("lrn1", "lrn2"))
    pool1, pool2, pool5 = (Pool(layer, 3, strides=2, **up) for layer in ("pool1", "pool2", "pool5"))
    conv2 = Conv("conv2", filters[0], 5, padding=2, groups=groups, bias=bias, **up)
    conv3 = Conv("conv3", filters[1], 3, padding=1, **up)
    conv4 = Conv("conv4", filters[2], 3, padding=1, groups=groups, bias=bias, **up)
    conv5 = Conv("conv5", filters[3], 3, padding=1, groups=groups, bias=bias, **up)
    maps: tuple[Layer, ...] = (conv1, *lrn1, pool1, conv2, *lrn2, pool2, conv3, conv4, conv5, pool5)
    return Architecture(name, input_size, (*maps, Flatten("flatten"), *head))


_CONV1: dict[str, Any] = {"name": "conv1", "filters": 96, "kernel_size": 11, "strides": 4}

PAPER = _alexnet("paper", 224, Conv(**_CONV1, **_CEIL), groups=2, norm={})
"""The network as the paper's text has it: the ReLU right after conv1, one normalization over all
channels, alpha as in its formula; with the sizes of the program, which are the paper's too."""

CAFFE = _alexnet("caffe", 227, Conv(**_CONV1), groups=2, norm={"k": 1.0, "divide_by_size": True})
"""Caffe's bvlc_alexnet in the paper's order: 227 pixels, so that 11 and 4 divide evenly."""

ONE_TOWER = _alexnet("one-tower", 227, Conv(**_CONV1), norm={})
"""The paper's network without groups, at 227 pixels: every filter sees every channel."""

NAIVE_224 = _alexnet("naive-224", 224, Conv(**_CONV1), norm={})
"""What a tutorial builds that takes the paper's 224 and Keras's rounding down."""

TORCHVISION = _alexnet(
    "torchvision",
    224,
    Conv("conv1", 64, 11, strides=4, padding=2),
    filters=(192, 384, 256, 256),
    bias=0,
    head=(
        Dropout("drop5", 0.5),
        Dense("fc6", 4096),
        Dropout("drop6", 0.5),
        Dense("fc7", 4096),
        Dense("fc8", 1000, activation="softmax"),
    ),
)
"""torchvision's alexnet, after Krizhevsky (2014), arXiv:1404.5997: one tower, fewer filters."""

COMPACT = _alexnet(
    "compact",
    57,
    Conv("conv1", 32, 5, strides=2),
    filters=(64, 96, 96, 64),
    bias=0,
    head=_head(128, 6, 0.4),
)
"""AlexNet's plan at a laptop's size: 57-pixel crops of 64-pixel pictures, six classes."""

SMALL = _alexnet(
    "small",
    96,
    Conv("conv1", 48, 7, strides=2),
    filters=(96, 128, 128, 96),
    bias=0,
    head=_head(256, 10, 0.3),
)
"""AlexNet's plan for photographs on two cores: 96-pixel crops of 108, ten classes."""

VARIANTS = {
    network.name: network
    for network in (
        ALEXNET_2012,
        PAPER,
        CAFFE,
        ONE_TOWER,
        NAIVE_224,
        TORCHVISION,
        COMPACT,
        SMALL,
    )
}


def variant(name: str) -> Architecture:
    """Find a variant of AlexNet by its name.

    Args:
        name: One of ``VARIANTS``: alexnet-2012, paper, caffe, one-tower, naive-224, torchvision,
            compact, small.

    Returns:
        The description.

    Raises:
        ValueError: There is no such variant; the message lists those there are.

    Example:
        >>> variant("alexnet-2012").input_shape
        (224, 224, 3)
    """
    if name not in VARIANTS:
        raise ValueError(f"unknown variant {name!r}. Known variants: {', '.join(VARIANTS)}.")
    return VARIANTS[name]
