"""Keras layers that AlexNet needs and Keras does not have, written in ``keras.ops``."""

from typing import Any

import keras
from keras import ops

from alexnet_tutorial.shapes.architecture import windows
from alexnet_tutorial.shapes.window import Window

__all__ = ["RUN_AS", "LRN", "InfinitePadding2D", "PortableConv2D"]

RUN_AS = ("auto", "towers", "native", "products")

Shape = tuple[Any, ...]
"""Sizes of a batch; None where one is left open."""


def checked_data_format(value: str | None) -> str:
    """Refuse an unknown data format; None is Keras's own setting.

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


def _sums(values: Any, size: int, axis: int) -> Any:
    """Sums of ``size`` neighbors along an axis, cut short at both ends."""
    reach = size // 2
    around = [(reach, reach) if place == axis else (0, 0) for place in range(len(values.shape))]
    padded, before = ops.pad(values, around), (slice(None),) * axis
    parts = [padded[(*before, slice(first, first - 2 * reach or None))] for first in range(size)]
    return sum(parts[1:], parts[0])


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
        data_format: ``"channels_last"`` or ``"channels_first"``; None takes Keras's setting.
        **kwargs: Passed to ``keras.layers.Layer``, such as ``name``.

    Attributes:
        jit_compile: Whether XLA joins its steps on TensorFlow, in a model that is not compiled
            with XLA as a whole: half the time on a CPU or less, after half a second of compiling
            for each size of batch. JAX always does so.

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
        self.jit_compile = False

    def build(self, input_shape: Shape) -> None:
        """Check that the groups divide the channels."""
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

    def call(self, inputs: Any) -> Any:
        """Normalize a batch of maps."""
        if self.jit_compile and keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            if not tf.executing_eagerly():  # there it would be compiled at every call
                compiled = tf.function(self._normalized, jit_compile=True, autograph=False)
                return compiled(inputs)
        return self._normalized(inputs)

    def _normalized(self, inputs: Any) -> Any:
        # Differentiated step by step, the sums, roots and products took half as long again.
        @ops.custom_gradient
        def normalize(maps):
            denominator = self.k + self._weight * self._neighbors(ops.square(maps))
            power = self._power(denominator)
            made = maps * power

            def slope(upstream):
                # Each value is in its neighbors' sums as they are in its own.
                shares = self._neighbors(upstream * made / denominator)
                return upstream * power - 2 * self.beta * self._weight * maps * shares

            return made, slope

        return normalize(inputs)

    def _power(self, denominator: Any) -> Any:
        if self.beta == 0.75:  # two square roots cost a tenth of a power
            return ops.rsqrt(denominator * ops.sqrt(denominator))
        return ops.power(denominator, -self.beta)

    def _neighbors(self, values: Any) -> Any:
        """The sum over the neighbors of each value, in each group by itself."""
        last = self.data_format == "channels_last"
        if self.across == "pixels":
            first, second = (1, 2) if last else (2, 3)
            return _sums(_sums(values, self.size, first), self.size, second)
        if self.groups == 1:
            return _sums(values, self.size, 3 if last else 1)
        # Groups get an axis of their own, so that devices that hold one each exchange nothing.
        shape = ops.shape(values)
        channel = 3 if last else 1
        each = shape[channel] // self.groups
        apart = (*shape[:channel], self.groups, each, *shape[channel + 1 :])
        return ops.reshape(_sums(ops.reshape(values, apart), self.size, channel + 1), shape)

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
        """Convolve a batch of maps, add each filter's bias to its own map, and activate."""
        relu = keras.activations.relu
        if self.run_as == "products":
            maps = self._biased(self._products(inputs, self.kernel), self.bias, self.data_format)
            return maps if self.activation is None else self.activation(maps)
        on_cpu = all("cpu" in name.lower() for name in keras.distribution.list_devices())
        turn = (
            self.data_format == "channels_first"
            and on_cpu
            and keras.backend.backend() == "tensorflow"
        )
        data_format = "channels_last" if turn else self.data_format
        if turn:
            inputs = ops.transpose(inputs, (0, 2, 3, 1))

        def convolve(maps: Any, kernel: Any, bias: Any) -> Any:
            maps = ops.conv(
                maps,
                kernel,
                strides=list(self.strides),
                padding=self.padding,
                dilation_rate=self.dilation_rate,
                data_format=data_format,
            )
            maps = self._biased(maps, bias, data_format)
            # Here, and not behind the towers, TensorFlow joins it with the convolution.
            return relu(maps) if self.activation is relu else maps

        apart = on_cpu or keras.distribution.distribution() is not None
        if self.groups > 1 and (self.run_as == "towers" or (self.run_as == "auto" and apart)):
            axis = -1 if data_format == "channels_last" else 1
            kernels = ops.split(self.kernel, self.groups, -1)
            biases = ops.split(self.bias, self.groups) if self.use_bias else [None] * self.groups
            towers = zip(ops.split(inputs, self.groups, axis), kernels, biases, strict=True)
            maps = ops.concatenate([convolve(*tower) for tower in towers], axis)
        else:
            maps = convolve(inputs, self.kernel, self.bias)
        if turn:
            maps = ops.transpose(maps, (0, 3, 1, 2))
        return maps if self.activation in (None, relu) else self.activation(maps)

    def _biased(self, maps: Any, bias: Any, data_format: str) -> Any:
        if bias is None:
            return maps
        if data_format == "channels_last":
            return ops.add(maps, bias)
        # The bias comes first: on TensorFlow, ops.add(maps, bias) adds along the columns of
        # channels_first maps when they are as many as the filters (Keras 3.15).
        return ops.add(ops.reshape(bias, (1, -1, 1, 1)), maps)

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
