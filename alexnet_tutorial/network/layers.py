"""Keras layers that AlexNet needs and Keras does not have, written in ``keras.ops``.

Those of the network come first; :class:`RandomPatch` and :class:`PCAColor`, which vary pictures,
come last. These two compute with ``self.backend``, the same operations, which Keras switches to
TensorFlow inside a ``tf.data`` pipeline, whatever the backend is.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing
from keras import ops

__all__ = ["LRN", "InfinitePadding2D", "PCAColor", "PortableConv2D", "RandomPatch"]


Shape = tuple[Any, ...]
"""Sizes of a batch; None where one is left open."""


def _data_format(value: str | None) -> str:
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
        self.data_format = _data_format(data_format)

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


def _check_pictures(layer: str, shape: Shape, data_format: str) -> tuple:
    """Refuse what is neither a picture nor a batch of them; return (height, width, channels)."""
    if len(shape) not in (3, 4):
        raise ValueError(
            f"{layer}: received an array of shape {tuple(shape)}, and expected one picture, "
            "(height, width, channels), or a batch of them, with one axis more in front; with "
            "channels_first the channels come before the height."
        )
    first, second, third = shape[-3:]
    return (first, second, third) if data_format == "channels_last" else (second, third, first)


@keras.saving.register_keras_serializable(package="alexnet_tutorial")
class RandomPatch(keras.layers.RandomCrop):
    """Cuts a patch out of each picture, in training each at a random place of its own.

    ``keras.layers.RandomCrop`` cuts all pictures of a batch at one place, resizes a picture that
    is too small, and (Keras 3.15) leaves pictures whole when ``training`` is False. This one
    draws a place for each picture, refuses what is too small, and takes the center when
    ``training`` is False. All places are equally likely, the last row and column included.

    Args:
        height: Rows of the patch, in pixels.
        width: Columns of the patch, in pixels.
        seed: Seed of the places.
        data_format: ``"channels_last"`` or ``"channels_first"``; None takes Keras' setting.
        **kwargs: Passed to ``keras.layers.Layer``, such as ``name``.

    Raises:
        ValueError: A side is not a positive integer. From a call, or as soon as the layer gets
            its place in a model: the picture is smaller than the patch, or its size is unknown.

    Example:
        >>> pictures = np.zeros((2, 256, 256, 3), "uint8")
        >>> tuple(RandomPatch(224, 224, seed=0)(pictures, training=True).shape)
        (2, 224, 224, 3)
    """

    def __init__(  # noqa: D107
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        data_format = _data_format(data_format)
        super().__init__(height, width, seed=seed, data_format=data_format, **kwargs)
        for name, side in (("height", height), ("width", width)):
            if not isinstance(side, int) or isinstance(side, bool) or side < 1:
                raise ValueError(
                    f"{self.name}: {name} is {side!r}, and must be a positive integer: pixels."
                )
        self.supports_jit = True  # unlike Keras' own, whose sizes depend on the picture

    def _check(self, shape: Shape) -> tuple[int, int]:
        """Refuse pictures without a patch of this size; return their (height, width)."""
        rows, columns, _ = _check_pictures(self.name, shape, self.data_format)
        if not isinstance(rows, int) or not isinstance(columns, int):
            raise ValueError(
                f"{self.name}: the size of the pictures is not known here, their shape is "
                f"{tuple(shape)}. Give them one size first, with keras.layers.Resizing or "
                "tf.image.resize, or state it with ensure_shape."
            )
        if rows < self.height or columns < self.width:
            raise ValueError(
                f"{self.name}: the pictures are {rows}×{columns} pixels, smaller than the patch of "
                f"{self.height}×{self.width}. Resize the pictures, or cut a smaller patch. (If "
                f"these are channels: data_format is {self.data_format!r}.)"
            )
        return rows, columns

    def call(self, inputs: Any, training: bool = True) -> Any:
        """Cut a patch out of one picture or out of each of a batch."""
        rows, columns = self._check(inputs.shape)
        backend = self.backend
        pictures = backend.cast(inputs, self.compute_dtype)
        single, first = len(inputs.shape) == 3, self.data_format == "channels_first"
        if single:
            pictures = backend.numpy.expand_dims(pictures, 0)
        down, right = rows - self.height, columns - self.width
        if not training:
            top, left = down // 2, right // 2
            where = (slice(top, top + self.height), slice(left, left + self.width))
            pictures = pictures[(..., *where)] if first else pictures[(..., *where, slice(None))]
            return pictures[0] if single else pictures

        if first:
            pictures = backend.numpy.transpose(pictures, (0, 2, 3, 1))
        batch, channels = backend.shape(pictures)[0], pictures.shape[-1]
        seed = self._get_seed_generator(self.backend._backend)
        top = backend.random.randint((batch, 1, 1), 0, down + 1, seed=seed)
        left = backend.random.randint((batch, 1, 1), 0, right + 1, seed=seed)
        # One gather for the whole batch: the number of each wanted pixel, counted through all.
        picture = backend.numpy.reshape(backend.numpy.arange(batch, dtype="int32"), (batch, 1, 1))
        row = top + np.arange(self.height, dtype="int32")[None, :, None]
        column = left + np.arange(self.width, dtype="int32")[None, None, :]
        pixels = backend.numpy.reshape(pictures, (-1, channels))
        pictures = backend.numpy.take(pixels, (picture * rows + row) * columns + column, axis=0)
        if first:
            pictures = backend.numpy.transpose(pictures, (0, 3, 1, 2))
        return pictures[0] if single else pictures

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape with the patch's size, or refuse the input."""
        self._check(input_shape)
        return super().compute_output_shape(input_shape)


@keras.saving.register_keras_serializable(package="alexnet_tutorial")
class PCAColor(keras.layers.RandomBrightness):
    """Adds one random color to each picture, along the principal components of all pixels.

    ``alpha[1] * size[1] * p[1] + alpha[2] * size[2] * p[2] + alpha[3] * size[3] * p[3]``, with
    ``alpha`` drawn anew for each picture from a normal distribution with mean 0 and standard
    deviation ``stddev``, and ``p`` the eigenvectors of the 3 × 3 covariance of the RGB values of
    the training set: Krizhevsky, Sutskever and Hinton (2012), section 4.1. All pixels of a picture
    get the same color. Call :meth:`adapt` on the training pictures before training. When
    ``training`` is False nothing is added.

    What ``size`` is: in the paper the eigenvalue itself, a *variance*; in the released source
    ``color_stdevs``, by its name the eigenvalue's square root. A variance depends on the units:
    for pixels from 0 to 255 it is 65,025 times that for pixels from 0 to 1, the pixels only 255
    times. So the covariance is always taken of pixels scaled to a range of width 1, and the color
    is scaled back: ``value_range`` changes units and nothing else.

    Nothing is clipped: a picture may leave its range a little.

    Args:
        stddev: Standard deviation of the three random multiples.
        value_range: Darkest and brightest value a pixel can have.
        magnitude: What a component is multiplied by: ``"eigenvalue"`` as the paper has it, or
            ``"deviation"``, its square root, as the source has it.
        eigenvalues: The three eigenvalues, largest first, of pixels scaled to width 1; None waits
            for :meth:`adapt`.
        components: The eigenvectors, 3 × 3, one to a column, in the same order.
        seed: Seed of the multiples.
        data_format: ``"channels_last"`` or ``"channels_first"``; None takes Keras' setting.
        **kwargs: Passed to ``keras.layers.Layer``, such as ``name``.

    Attributes:
        eigenvalues: float64, (3,).
        components: float64, (3, 3).

    Raises:
        ValueError: An argument is out of range. From a call: the pictures do not have three
            channels, or training began before :meth:`adapt`.

    Example:
        >>> layer = PCAColor(value_range=(0, 1), seed=0)
        >>> rng = np.random.default_rng(0)
        >>> layer.adapt(rng.random((9, 8, 8, 1)) * [1.0, 0.5, 0.25])
        >>> layer.components[:, 0].round(2).tolist()  # twice as much red as green
        [0.87, 0.44, 0.22]
        >>> picture = np.zeros((8, 8, 3), "float32")
        >>> color = np.asarray(layer(picture, training=True))
        >>> bool((color == color[0, 0]).all()), bool(color.any())
        (True, True)
    """

    def __init__(  # noqa: D107
        self,
        stddev: float = 0.1,
        value_range: tuple[float, float] = (0, 255),
        magnitude: str = "eigenvalue",
        eigenvalues: np.typing.ArrayLike | None = None,
        components: np.typing.ArrayLike | None = None,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        # Keras keeps the base of its layers for tf.data to itself; a public one leads to it.
        super().__init__(factor=0.0, value_range=value_range, seed=seed, **kwargs)
        self.data_format = _data_format(data_format)
        low, high = self.value_range
        if not (np.isfinite((low, high)).all() and low < high):
            raise ValueError(
                f"{self.name}: value_range is {value_range!r}, and must be two different numbers: "
                "(0, 255) for bytes, (0, 1) for bytes divided by 255."
            )
        if not (np.isfinite(stddev) and stddev >= 0):
            raise ValueError(f"{self.name}: stddev is {stddev!r}, and must be at least 0.")
        if magnitude not in ("eigenvalue", "deviation"):
            raise ValueError(
                f"{self.name}: magnitude is {magnitude!r}, and must be 'eigenvalue' (the paper) "
                "or 'deviation' (the source)."
            )
        self.stddev, self.magnitude = float(stddev), magnitude
        self.eigenvalues: Any = None
        self.components: Any = None
        if (eigenvalues is None) != (components is None):
            raise ValueError(
                f"{self.name}: eigenvalues and components belong together; give both or neither."
            )
        if eigenvalues is not None:
            self._keep(np.array(eigenvalues, "float64"), np.array(components, "float64"))

    def _keep(self, eigenvalues: np.ndarray, components: np.ndarray) -> None:
        if eigenvalues.shape != (3,) or components.shape != (3, 3):
            raise ValueError(
                f"{self.name}: eigenvalues have shape {eigenvalues.shape} and components "
                f"{components.shape}; expected (3,) and (3, 3)."
            )
        if not (np.isfinite(eigenvalues).all() and (eigenvalues >= 0).all()):
            raise ValueError(
                f"{self.name}: eigenvalues are {eigenvalues.tolist()}, and must be finite and at "
                "least 0: they are variances."
            )
        if not np.allclose(components.T @ components, np.eye(3), atol=1e-4):
            raise ValueError(
                f"{self.name}: components are {components.tolist()}, and must be three vectors of "
                "length 1 at right angles, one to a column."
            )
        self.eigenvalues, self.components = eigenvalues, components

    def adapt(self, pictures: np.ndarray | Iterable[np.ndarray]) -> None:
        """Find the principal components of all pixels of the training set.

        Call it before ``fit``: a training step that is compiled keeps the components it found.

        Args:
            pictures: An array (n, height, width, 3), or (n, 3, height, width) as ``data_format``
                says, of values in ``value_range``; or an iterable of such arrays, such as a
                ``tf.data`` dataset of batches, when they do not fit into memory.

        Raises:
            ValueError: No pictures, another number of channels, NaN or infinite values, values
                outside ``value_range``, or all of them nearly equal (which is what pixels from 0
                to 1 look like to a layer that expects them from 0 to 255).
        """
        low, high = self.value_range
        count, total, products, extremes = 0, np.zeros(3), np.zeros((3, 3)), []
        batches: Any = [pictures] if hasattr(pictures, "shape") else pictures
        for pixels in self._pixels(batches):
            values = (pixels - low) / (high - low) - 0.5  # measured from the range's middle
            count += len(values)
            total += values.sum(axis=0)
            products += values.T @ values
            extremes += [pixels.min(), pixels.max()]
        if not count:
            raise ValueError(
                f"{self.name}: there are no pictures to adapt to. Was the set filtered to nothing, "
                "or an iterator used up before?"
            )
        darkest, brightest, margin = min(extremes), max(extremes), 1e-3 * (high - low)
        if darkest < low - margin or brightest > high + margin:
            raise ValueError(
                f"{self.name}: pixels go from {darkest:g} to {brightest:g}, and value_range is "
                f"({low:g}, {high:g}). Give the range the pictures have: (0, 255) for bytes, "
                "(0, 1) for bytes divided by 255, (-0.5, 0.5) with a half subtracted."
            )
        if brightest - darkest < 0.01 * (high - low):
            raise ValueError(
                f"{self.name}: all pixels lie between {darkest:g} and {brightest:g}, and "
                f"value_range is ({low:g}, {high:g}): what would be added cannot be seen. Were "
                "the pictures divided by 255? Then say value_range=(0, 1)."
            )
        mean = total / count  # the covariance as mean(v vT) - mean(v) mean(v)T
        eigenvalues, components = np.linalg.eigh(products / count - np.outer(mean, mean))
        eigenvalues, components = eigenvalues[::-1].clip(min=0), components[:, ::-1]
        # p and -p are the same component: take the one whose largest part is positive.
        largest = abs(components).argmax(axis=0)
        self._keep(eigenvalues, components * np.sign(components[largest, range(3)]))

    def _pixels(self, batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Every pixel as float64 (n, 3), few pictures at a time: that is eight times the bytes."""
        axis = -1 if self.data_format == "channels_last" else 1
        for number, batch in enumerate(map(np.asarray, batches)):
            if batch.ndim != 4:
                raise ValueError(
                    f"{self.name}: batch {number} of the pictures has shape {batch.shape}; "
                    "expected (n, height, width, 3), or with channels_first (n, 3, height, "
                    "width). One picture needs a first axis of 1 (picture[None])."
                )
            self._check_channels(batch.shape)
            for start in range(0, len(batch) if batch.size else 0, 64):
                some = np.moveaxis(batch[start : start + 64], axis, -1).astype("float64")
                finite = np.isfinite(some).all(axis=(1, 2, 3))
                if not finite.all():
                    raise ValueError(
                        f"{self.name}: picture {start + finite.argmin()} of batch {number} has a "
                        "pixel that is NaN or infinite. The components would be too. Look at "
                        "where the pictures were read or scaled."
                    )
                yield some.reshape(-1, 3)

    def _check_channels(self, shape: Shape) -> None:
        channels = _check_pictures(self.name, shape, self.data_format)[2]
        if channels != 3:
            raise ValueError(
                f"{self.name}: the pictures have shape {tuple(shape)}, {channels} channels; "
                f"expected 3 (red, green, blue), data_format is {self.data_format!r}. A gray "
                "picture has no color to vary: use keras.layers.RandomBrightness, or repeat its "
                "channel three times."
            )

    def call(self, inputs: Any, training: bool = True) -> Any:
        """Add a color to one picture, or to each of a batch a color of its own."""
        self._check_channels(inputs.shape)
        backend = self.backend
        pictures = backend.cast(inputs, self.compute_dtype)
        if not training:
            return pictures
        if self.eigenvalues is None:
            raise ValueError(
                f"{self.name}: its components are not known yet. Call adapt(pictures) with the "
                "training pictures before training."
            )
        low, high = self.value_range
        root = self.magnitude == "deviation"
        sizes = np.sqrt(self.eigenvalues) if root else self.eigenvalues
        directions = (high - low) * sizes[:, None] * self.components.T  # one to a row
        batch = backend.shape(pictures)[0] if len(inputs.shape) == 4 else 1
        alpha = backend.random.normal(
            (batch, 3), stddev=self.stddev, seed=self._get_seed_generator(self.backend._backend)
        )
        colors = backend.numpy.matmul(alpha, backend.convert_to_tensor(directions, dtype="float32"))
        shape = (batch, 1, 1, 3) if self.data_format == "channels_last" else (batch, 3, 1, 1)
        colors = backend.cast(backend.numpy.reshape(colors, shape), self.compute_dtype)
        return pictures + (colors if len(inputs.shape) == 4 else colors[0])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's own shape, or refuse the input."""
        self._check_channels(input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Everything needed to make the layer again, the components included."""
        known = self.eigenvalues is not None
        config = super().get_config()
        config.pop("factor")
        return {
            **config,
            "stddev": self.stddev,
            "magnitude": self.magnitude,
            "eigenvalues": self.eigenvalues.tolist() if known else None,
            "components": self.components.tolist() if known else None,
            "data_format": self.data_format,
        }
