"""The same weights in another order: Keras's own, and that of PyTorch and ONNX.

A kernel of a convolution is (rows, columns, channels, filters) in Keras and (filters, channels,
rows, columns) outside; the weights of a dense layer are (inputs, units) in Keras and (units,
inputs) outside; and after ``Flatten`` the inputs themselves come in another order, since maps are
laid out channels last in this package and channels first outside.
"""

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alexnet_tutorial.shapes.architecture import Architecture, Conv, Dense, Shape, pair

if TYPE_CHECKING:
    import keras


class Weighted(NamedTuple):
    """A layer with weights, and how its kernel lies outside.

    Attributes:
        layer: The layer.
        shape: Of its kernel in PyTorch and ONNX.
        maps: (height, width, channels) that were flattened for it; None where nothing was.
    """

    layer: Conv | Dense
    shape: Shape
    maps: Shape | None = None

    def outward(self, kernel: np.ndarray) -> np.ndarray:
        """A kernel of Keras as PyTorch and ONNX keep it."""
        if isinstance(self.layer, Conv):
            kernel = kernel.transpose(3, 2, 0, 1)
        elif self.maps:
            kernel = kernel.reshape(*self.maps, -1).transpose(3, 2, 0, 1).reshape(self.shape)
        else:
            kernel = kernel.T
        return np.ascontiguousarray(kernel, "float32")

    def inward(self, kernel: np.ndarray) -> np.ndarray:
        """A kernel of PyTorch or ONNX as Keras keeps it."""
        if isinstance(self.layer, Conv):
            return kernel.transpose(2, 3, 1, 0)
        if self.maps:
            height, width, channels = self.maps
            kernel = kernel.reshape(-1, channels, height, width).transpose(2, 3, 1, 0)
            return kernel.reshape(self.shape[::-1])
        return kernel.T


def weighted_layers(network: Architecture) -> dict[str, Weighted]:
    """Find the layers with weights, by name, in the order of the network.

    Args:
        network: A description.

    Returns:
        Name → :class:`Weighted`.

    Example:
        >>> from alexnet_tutorial.shapes.variants import variant
        >>> layers = weighted_layers(variant("alexnet-2012"))
        >>> layers["conv2"].shape, layers["fc6"].maps
        ((256, 48, 5, 5), (6, 6, 256))
    """
    layers: dict[str, Weighted] = {}
    maps = None
    for layer, shape, *_ in network.steps:
        if layer.kind == "flatten":
            maps = shape
        elif isinstance(layer, Conv):
            kernel = (layer.filters, shape[2] // layer.groups, *pair(layer.kernel_size))
            layers[layer.name] = Weighted(layer, kernel)
        elif isinstance(layer, Dense):
            layers[layer.name] = Weighted(layer, (layer.units, shape[0]), maps)
            maps = None
    return layers


def assemble(
    network: Architecture,
    weights: Mapping[str, tuple[np.ndarray, np.ndarray, str]],
    path: str | PathLike,
    data_format: str,
) -> "keras.Model":
    """Build a network around the weights of a file, once they are known to fit.

    Args:
        network: A description.
        weights: Name → (kernel, bias, what the file calls them), in the order outside.
        path: The file, for messages.
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Returns:
        A Keras model.

    Raises:
        ValueError: A shape differs, or a number is none; the message names the layer.
    """
    layers = weighted_layers(network)
    for name, (_, expected, _) in layers.items():
        kernel, bias, key = weights[name]
        for what, array, shape in (("weights", kernel, expected), ("biases", bias, expected[:1])):
            if array.shape != shape:
                raise ValueError(
                    f"{path}: layer {name} ({key}): {what} of shape {array.shape}, expected "
                    f"{shape} in {network.name!r}. The file is of another network."
                )
            if not np.issubdtype(array.dtype, np.floating) or not np.isfinite(array).all():
                raise ValueError(
                    f"{path}: layer {name} ({key}): its {what} ({array.dtype}) are not all finite "
                    "numbers. The file is damaged, or its training had diverged."
                )
    from alexnet_tutorial.network import build

    model = build(network, data_format=data_format)
    for name, layer in layers.items():
        kernel, bias, _ = weights[name]
        model.get_layer(name).set_weights([layer.inward(kernel), bias])
    return model
