"""The working variants of AlexNet, which read like the table in the paper."""

from typing import Any

from alexnet_tutorial.shapes.architecture import (
    LRN,
    Architecture,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Pool,
)


def _alexnet(
    name: str, input_size: int, conv1: Conv, groups: int = 2, norm: dict[str, Any] | None = None
) -> Architecture:
    """The network of Krizhevsky, Sutskever and Hinton (2012), section 3.5, around its conv1."""
    lrn = norm or {}
    return Architecture(
        name,
        input_size,
        (
            conv1,
            LRN("lrn1", **lrn),
            Pool("pool1", 3, strides=2, rounding=conv1.rounding),
            Conv("conv2", 256, 5, padding=2, groups=groups, rounding=conv1.rounding, bias=1),
            LRN("lrn2", **lrn),
            Pool("pool2", 3, strides=2, rounding=conv1.rounding),
            Conv("conv3", 384, 3, padding=1, rounding=conv1.rounding),
            Conv("conv4", 384, 3, padding=1, groups=groups, rounding=conv1.rounding, bias=1),
            Conv("conv5", 256, 3, padding=1, groups=groups, rounding=conv1.rounding, bias=1),
            Pool("pool5", 3, strides=2, rounding=conv1.rounding),
            Flatten("flatten"),
            Dense("fc6", 4096, bias=1),
            Dropout("drop6", 0.5),
            Dense("fc7", 4096, bias=1),
            Dropout("drop7", 0.5),
            Dense("fc8", 1000, activation="softmax"),
        ),
    )


_CONV1: dict[str, Any] = {"name": "conv1", "filters": 96, "kernel_size": 11, "strides": 4}

ALEXNET_2012 = _alexnet(
    "alexnet-2012", 224, Conv(**_CONV1, rounding="ceil"), norm={"divide_by_size": True}
)
"""The network of 2012: 224 pixels, no padding, and sizes rounded up as its source code does."""

CAFFE = _alexnet("caffe", 227, Conv(**_CONV1), norm={"k": 1.0, "divide_by_size": True})
"""Caffe's bvlc_alexnet in the paper's order: 227 pixels, so that 11 and 4 divide evenly."""

ONE_TOWER = _alexnet("one-tower", 227, Conv(**_CONV1), groups=1)
"""The same without groups: every filter sees every channel."""

NAIVE_224 = _alexnet("naive-224", 224, Conv(**_CONV1), groups=1)
"""What a tutorial builds that takes the paper's 224 and Keras' rounding down."""

TORCHVISION = Architecture(
    "torchvision",
    224,
    (
        Conv("conv1", 64, 11, strides=4, padding=2),
        Pool("pool1", 3, strides=2),
        Conv("conv2", 192, 5, padding=2),
        Pool("pool2", 3, strides=2),
        Conv("conv3", 384, 3, padding=1),
        Conv("conv4", 256, 3, padding=1),
        Conv("conv5", 256, 3, padding=1),
        Pool("pool5", 3, strides=2),
        Flatten("flatten"),
        Dropout("drop5", 0.5),
        Dense("fc6", 4096),
        Dropout("drop6", 0.5),
        Dense("fc7", 4096),
        Dense("fc8", 1000, activation="softmax"),
    ),
)
"""torchvision's alexnet, after Krizhevsky (2014), arXiv:1404.5997: one tower, fewer filters."""

COMPACT = Architecture(
    "compact",
    57,
    (
        Conv("conv1", 32, 5, strides=2),
        Pool("pool1", 3, strides=2),
        Conv("conv2", 64, 5, padding=2),
        Pool("pool2", 3, strides=2),
        Conv("conv3", 96, 3, padding=1),
        Conv("conv4", 96, 3, padding=1),
        Conv("conv5", 64, 3, padding=1),
        Pool("pool5", 3, strides=2),
        Flatten("flatten"),
        Dense("fc6", 128),
        Dropout("drop6", 0.4),
        Dense("fc7", 128),
        Dropout("drop7", 0.4),
        Dense("fc8", 6, activation="softmax"),
    ),
)
"""AlexNet's plan at a laptop's size: 57-pixel crops of 64-pixel pictures, six classes."""

SMALL = Architecture(
    "small",
    96,
    (
        Conv("conv1", 48, 7, strides=2),
        Pool("pool1", 3, strides=2),
        Conv("conv2", 96, 5, padding=2),
        Pool("pool2", 3, strides=2),
        Conv("conv3", 128, 3, padding=1),
        Conv("conv4", 128, 3, padding=1),
        Conv("conv5", 96, 3, padding=1),
        Pool("pool5", 3, strides=2),
        Flatten("flatten"),
        Dense("fc6", 256),
        Dropout("drop6", 0.3),
        Dense("fc7", 256),
        Dropout("drop7", 0.3),
        Dense("fc8", 10, activation="softmax"),
    ),
)
"""AlexNet's plan for photographs on two cores: 96-pixel crops of 108, ten classes."""

VARIANTS = {
    network.name: network
    for network in (ALEXNET_2012, CAFFE, ONE_TOWER, NAIVE_224, TORCHVISION, COMPACT, SMALL)
}


def variant(name: str) -> Architecture:
    """Find a variant of AlexNet by its name.

    Args:
        name: One of ``VARIANTS``: alexnet-2012, caffe, one-tower, naive-224, torchvision,
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
