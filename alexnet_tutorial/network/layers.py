"""Keras layers that AlexNet needs and Keras does not have, written in ``keras.ops``."""

from typing import Any

import keras
import numpy as np
import numpy.typing
from keras import ops

from alexnet_tutorial.shapes.architecture import windows
from alexnet_tutorial.shapes.window import Window

__all__ = ["RUN_AS", "LRN", "InfinitePadding2D", "PortableConv2D"]

RUN_AS = ("auto", "towers", "native", "products")

Shape = tuple[Any, ...]
"""Sizes of a batch; None where one is left open."""


def checked_data_format(value: str | None) -> str:
    """Refuse an unknown data format; None is Keras' own setting.

    Args:
        value: ``"channels_last"``, ``"channels_first"`` or None.

    Returns:
        One of the two.

    Raises:
        ValueError: Something else.
    """
    value = value or keras.config.image_data_format()
    if value not in ("channels_last", "channels_first"):
        raise ValueError(
            f"data_format is {value!r}, and must be 'channels_last' or 'channels_first'."
        )
    return value


@keras.saving.register_keras_serializable(package="alexnet_tutorial")
class LRN(keras.layers.Layer):
    """Local response normalization over neighboring channels, or over neighboring pixels.

    ``b[c] = a[c] / (k + alpha * sum of a[j]**2 for j from c - size//2 to c + size//2) ** beta``,
    the formula of Krizhevsky, Sutskever and Hinton (2012), section 3.3; at the first and last
    channels the sum is cut short. Across pixels the sum goes over the ``size * size`` square
    around the value on its own map, and is cut short at the map's edges: the within-map
    normalization of cuda-convnet (https://github.com/dnouri/cuda-convnet), Krizhevsky's program
    before AlexNet's.

    Args:
        size: Channels in the sum, the channel itself included (odd; the paper's n); across
            pixels, side of the square.
        alpha: Weight of the sum.
        beta: Power of the denominator.
        k: Constant of the denominator.
        divide_by_size: Divide alpha by the number of neighbors: ``size``, or ``size * size``
            pixels. The 2012 source, Caffe and PyTorch do; the paper's formula and
            ``tf.nn.local_response_normalization`` do not.
        groups: Groups of channels that do not see each other; the sum is cut short at their
            borders too. The 2012 source normalizes each of its two towers alone.
        across: ``"channels"`` or ``"pixels"``.
        data_format: ``"channels_last"`` or ``"channels_first"``; None takes Keras' setting.
        **kwargs: Passed to ``keras.layers.Layer``, such as ``name``.

    Raises:
        ValueError: An argument is out of range, or the groups do not divide the channels.

    Example:
        >>> import numpy as np
        >>> ones = np.ones((1, 1, 1, 1), "float32")
        >>> float(LRN(alpha=0.5, k=1.5, beta=1.0)(ones)[0, 0, 0, 0])
        0.5
    """

    def __init__(  # noqa: D107
        self,
        size: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 2.0,
        divide_by_size: bool = False,
        groups: int = 1,
        across: str = "channels",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(size, int) or size < 1 or size % 2 == 0:
            raise ValueError(
                f"{self.name}: size is {size!r}, and must be an odd positive integer, so that "
                "as many neighbors lie before a value as after it."
            )
        if k <= 0 or alpha < 0:
            raise ValueError(
                f"{self.name}: k is {k!r} and alpha {alpha!r}; k must be above 0 and alpha at "
                "least 0, or the layer could divide by zero."
            )
        if across not in ("channels", "pixels"):
            raise ValueError(f"{self.name}: across is {across!r}, and must be channels or pixels.")
        if not isinstance(groups, int) or groups < 1 or (across == "pixels" and groups > 1):
            raise ValueError(
                f"{self.name}: groups is {groups!r}, and must be a positive integer; 1 across "
                "pixels, where each map is normalized by itself and no group has a border."
            )
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k
        self.divide_by_size, self.groups, self.across = divide_by_size, groups, across
        self.data_format = checked_data_format(data_format)

    def build(self, input_shape: Shape) -> None:
        """Make the band matrix that sums the neighboring channels of a group, alpha times."""
        neighbors = self.size if self.across == "channels" else self.size**2
        self._weight = self.alpha / neighbors if self.divide_by_size else self.alpha
        if self.across == "pixels":
            return
        channels = input_shape[-1 if self.data_format == "channels_last" else 1]
        if channels % self.groups:
            raise ValueError(
                f"{self.name}: {self.groups} groups do not divide {channels} channels. Choose a "
                f"multiple of {self.groups}."
            )
        index = np.arange(channels // self.groups)
        near = abs(index[:, None] - index) <= self.size // 2
        self._band = (self._weight * near).astype("float32")

    def call(self, inputs: Any) -> Any:
        """Normalize a batch of maps."""
        squares = ops.square(inputs)
        over = self._over_channels if self.across == "channels" else self._over_pixels
        denominator = self.k + over(squares)
        if self.beta == 0.75:  # two square roots cost a tenth of a power
            root = ops.rsqrt(denominator)
            return inputs * (root * ops.sqrt(root))
        return inputs * ops.power(denominator, -self.beta)

    def _over_channels(self, squares: Any) -> Any:
        """Alpha times the sum over neighboring channels, in each group by itself."""
        # As a matrix product: far faster on a CPU than slices and adds. Groups get an axis of
        # their own, so that devices that hold one each exchange nothing.
        band = ops.convert_to_tensor(self._band, squares.dtype)
        shape = ops.shape(squares)
        if self.data_format == "channels_last":
            if self.groups == 1:
                return ops.matmul(squares, band)
            groups = ops.reshape(squares, (*shape[:-1], self.groups, len(self._band)))
            return ops.reshape(ops.tensordot(groups, band, 1), shape)
        pixels = shape[2] * shape[3]
        groups = ops.reshape(squares, (shape[0], self.groups, len(self._band), pixels))
        return ops.reshape(ops.matmul(band, groups), shape)

    def _over_pixels(self, squares: Any) -> Any:
        """Alpha times the sum over the square around each pixel: along columns, along rows."""
        reach = self.size // 2
        for axis in (1, 2) if self.data_format == "channels_last" else (2, 3):
            pads = [(reach, reach) if place == axis else (0, 0) for place in range(4)]
            padded = ops.pad(squares, pads)
            before = (slice(None),) * axis
            squares = sum(
                padded[(*before, slice(first, first - 2 * reach or None))]
                for first in range(self.size)
            )
        return self._weight * squares

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's own shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Everything needed to make the layer again."""
        return {
            **super().get_config(),
            "size": self.size,
            "alpha": self.alpha,
            "beta": self.beta,
            "k": self.k,
            "divide_by_size": self.divide_by_size,
            "groups": self.groups,
            "across": self.across,
            "data_format": self.data_format,
        }


@keras.saving.register_keras_serializable(package="alexnet_tutorial")
class PortableConv2D(keras.layers.Conv2D):
    """A ``Conv2D`` whose groups and whose ``channels_first`` run well on every device.

    Weights and outputs are those of ``keras.layers.Conv2D``. Groups can run as towers: one
    convolution for each group. ``channels_first`` runs on TensorFlow without a GPU too, where
    TensorFlow itself knows ``channels_last`` convolutions only.

    Args:
        *args: As ``keras.layers.Conv2D``.
        run_as: ``"towers"``; ``"native"`` (the backend's own grouped convolution); ``"products"``
            (for each position of the window one product of matrices, all groups in it: slower,
            but XLA can leave each group to another device); or ``"auto"``: native on one GPU,
            else towers. On a CPU the backends' own gradient of a grouped convolution is several
            times slower; and where Keras has a distribution, XLA gathers all maps on every
            device for it (https://github.com/openxla/xla/issues/47945).
        **kwargs: As ``keras.layers.Conv2D``.

    Raises:
        ValueError: ``run_as`` is none of these.

    Example:
        >>> PortableConv2D(8, 3, groups=2).compute_output_shape((None, 9, 9, 4))
        (None, 7, 7, 8)
    """

    def __init__(self, *args: Any, run_as: str = "auto", **kwargs: Any) -> None:  # noqa: D107
        super().__init__(*args, **kwargs)
        if run_as not in RUN_AS:
            raise ValueError(
                f"{self.name}: run_as is {run_as!r}, and must be one of {', '.join(RUN_AS)}."
            )
        self.run_as = run_as

    def call(self, inputs: Any) -> Any:
        """Convolve a batch of maps, and add each filter's bias to its own map."""
        if self.data_format == "channels_last" or not self.use_bias:
            return super().call(inputs)
        maps = self.convolution_op(inputs, self.kernel)
        # The bias comes first: on TensorFlow, ops.add(maps, bias) adds along the columns of
        # channels_first maps when they are as many as the filters (Keras 3.15).
        maps = ops.add(ops.reshape(self.bias, (1, self.filters, 1, 1)), maps)
        return maps if self.activation is None else self.activation(maps)

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Convolve, in one of the ways of ``run_as``."""
        if self.run_as == "products":
            return self._products(inputs, kernel)
        on_cpu = all("cpu" in name.lower() for name in keras.distribution.list_devices())
        turn = (
            self.data_format == "channels_first"
            and on_cpu
            and keras.backend.backend() == "tensorflow"
        )
        data_format = "channels_last" if turn else self.data_format
        if turn:
            inputs = ops.transpose(inputs, (0, 2, 3, 1))

        def convolve(maps: Any, weights: Any) -> Any:
            return ops.conv(
                maps,
                weights,
                strides=list(self.strides),
                padding=self.padding,
                dilation_rate=self.dilation_rate,
                data_format=data_format,
            )

        apart = on_cpu or keras.distribution.distribution() is not None
        if self.groups > 1 and (self.run_as == "towers" or (self.run_as == "auto" and apart)):
            axis = -1 if data_format == "channels_last" else 1
            towers = zip(
                ops.split(inputs, self.groups, axis),
                ops.split(kernel, self.groups, -1),
                strict=True,
            )
            maps = ops.concatenate([convolve(*tower) for tower in towers], axis)
        else:
            maps = convolve(inputs, kernel)
        return ops.transpose(maps, (0, 3, 1, 2)) if turn else maps

    def _products(self, maps: Any, kernel: Any) -> Any:
        """Convolve as a sum over the window: what lies under a weight, times that weight."""
        last = self.data_format == "channels_last"
        maps = maps if last else ops.transpose(maps, (0, 2, 3, 1))
        sizes = self.kernel_size, self.strides, self.padding
        rows, columns = windows(tuple(maps.shape[1:3]), *sizes, dilation_rate=self.dilation_rate)
        maps = ops.pad(maps, ((0, 0), rows.pads, columns.pads, (0, 0)))
        # Groups as an axis of their own, of maps and of filters.
        maps = ops.reshape(maps, (-1, *maps.shape[1:3], self.groups, kernel.shape[2]))
        kernel = ops.reshape(kernel, (*kernel.shape[:3], self.groups, -1))

        def under(window: Window, weight: int) -> slice:
            first = weight * window.dilation_rate
            return slice(first, first + window.strides * window.outputs, window.strides)

        total = sum(
            ops.einsum(
                "bhwgc,cgf->bhwgf", maps[:, under(rows, row), under(columns, column)], weights
            )
            for row in range(rows.kernel_size)
            for column in range(columns.kernel_size)
            for weights in [kernel[row, column]]
        )
        total = ops.reshape(total, (-1, rows.outputs, columns.outputs, self.filters))
        return total if last else ops.transpose(total, (0, 3, 1, 2))

    def get_config(self) -> dict[str, Any]:
        """Everything needed to make the layer again."""
        return {**super().get_config(), "run_as": self.run_as}


@keras.saving.register_keras_serializable(package="alexnet_tutorial")
class InfinitePadding2D(keras.layers.ZeroPadding2D):
    """Pads with minus infinity, so that max pooling never takes a value from outside.

    Args:
        *args: As ``keras.layers.ZeroPadding2D``.
        **kwargs: As ``keras.layers.ZeroPadding2D``.

    Example:
        >>> InfinitePadding2D(((0, 1), (0, 1))).compute_output_shape((None, 4, 4, 3))
        (None, 5, 5, 3)
    """

    def call(self, inputs: Any) -> Any:
        """Pad a batch of maps."""
        spatial = [tuple(sides) for sides in self.padding]
        last = self.data_format == "channels_last"
        pads = [(0, 0), *spatial, (0, 0)] if last else [(0, 0), (0, 0), *spatial]
        return ops.pad(inputs, pads, constant_values=float("-inf"))
