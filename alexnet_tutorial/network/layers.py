"""Keras layers that AlexNet needs and Keras does not have, written in ``keras.ops``."""

from typing import Any

import keras
import numpy as np
import numpy.typing
from keras import ops

__all__ = ["LRN", "InfinitePadding2D", "PortableConv2D"]


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
    """Local response normalization over neighboring channels.

    ``b[c] = a[c] / (k + alpha * sum of a[j]**2 for j from c - size//2 to c + size//2) ** beta``,
    the formula of Krizhevsky, Sutskever and Hinton (2012), section 3.3; at the first and last
    channels the sum is cut short.

    Args:
        size: Channels in the sum, the channel itself included (odd; the paper's n).
        alpha: Weight of the sum.
        beta: Power of the denominator.
        k: Constant of the denominator.
        divide_by_size: Divide alpha by ``size``. The 2012 source, Caffe and PyTorch do; the
            paper's formula and ``tf.nn.local_response_normalization`` do not.
        data_format: ``"channels_last"`` or ``"channels_first"``; None takes Keras' setting.
        **kwargs: Passed to ``keras.layers.Layer``, such as ``name``.

    Raises:
        ValueError: An argument is out of range.

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
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(size, int) or size < 1 or size % 2 == 0:
            raise ValueError(
                f"{self.name}: size is {size!r}, and must be an odd positive integer, so that "
                "as many neighbors lie before a channel as after it."
            )
        if k <= 0 or alpha < 0:
            raise ValueError(
                f"{self.name}: k is {k!r} and alpha {alpha!r}; k must be above 0 and alpha at "
                "least 0, or the layer could divide by zero."
            )
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k
        self.divide_by_size = divide_by_size
        self.data_format = checked_data_format(data_format)

    def build(self, input_shape: Shape) -> None:
        """Make the band matrix that sums neighboring channels, alpha times."""
        channels = input_shape[-1 if self.data_format == "channels_last" else 1]
        index = np.arange(channels)
        near = abs(index[:, None] - index[None, :]) <= self.size // 2
        alpha = self.alpha / self.size if self.divide_by_size else self.alpha
        self._band = (alpha * near).astype("float32")

    def call(self, inputs: Any) -> Any:
        """Normalize a batch of maps."""
        squares = ops.square(inputs)
        band = ops.convert_to_tensor(self._band, inputs.dtype)
        # The sum over neighbors as a matrix product: far faster on a CPU than slices and adds.
        if self.data_format == "channels_last":
            total = ops.matmul(squares, band)
        else:
            batch, channels, *size = ops.shape(inputs)
            total = ops.matmul(band, ops.reshape(squares, (batch, channels, size[0] * size[1])))
            total = ops.reshape(total, (batch, channels, *size))
        denominator = self.k + total
        if self.beta == 0.75:  # two square roots cost a tenth of a power
            root = ops.rsqrt(denominator)
            return inputs * (root * ops.sqrt(root))
        return inputs * ops.power(denominator, -self.beta)

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
        run_as: ``"towers"``, ``"native"`` (the backend's own grouped convolution), or ``"auto"``:
            native on a GPU; on a CPU towers, where the backends' own gradient of a grouped
            convolution is several times slower.
        **kwargs: As ``keras.layers.Conv2D``.

    Raises:
        ValueError: ``run_as`` is none of these.

    Example:
        >>> PortableConv2D(8, 3, groups=2).compute_output_shape((None, 9, 9, 4))
        (None, 7, 7, 8)
    """

    def __init__(self, *args: Any, run_as: str = "auto", **kwargs: Any) -> None:  # noqa: D107
        super().__init__(*args, **kwargs)
        if run_as not in ("auto", "towers", "native"):
            raise ValueError(
                f"{self.name}: run_as is {run_as!r}, and must be 'auto', 'towers' or 'native'."
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
        """Convolve, as one operation or as one for each group."""
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

        if self.groups > 1 and (self.run_as == "towers" or (self.run_as == "auto" and on_cpu)):
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
