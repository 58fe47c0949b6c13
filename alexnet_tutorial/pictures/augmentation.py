"""Show a picture a little differently each time: moved, rotated, resized, lit, flipped, colored.

``augment`` does it in NumPy, for :class:`~alexnet_tutorial.pictures.batches.Batches`. The layers
:class:`RandomPatch` and :class:`PCAColor` are the two tricks of 2012 in Keras. They compute with
``self.backend``, the operations of ``keras.ops``, which Keras switches to TensorFlow inside a
``tf.data`` pipeline, whatever the backend is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import numpy.typing

from alexnet_tutorial.network.layers import Shape, checked_data_format
from alexnet_tutorial.shapes.architecture import pair

from .preprocessing import Preprocessing, center_crop, check_pictures


@dataclass(frozen=True)
class Augmentation:
    """How far pictures may vary, every time they are shown.

    Attributes:
        rotation: Largest rotation, in degrees.
        zoom: Largest change of size: 0.1 is from 10 % smaller to 10 % larger.
        shift: Largest shift from the center, in pixels.
        brightness: Largest change of brightness, as a share.
        flip: Whether half of the pictures are flipped, left to right.
        crop: Whether crops lie anywhere in the picture, not about its center: those of 2012.

    Raises:
        ValueError: A number is below 0.
    """

    rotation: float = 12.0
    zoom: float = 0.1
    shift: float = 3.5
    brightness: float = 0.15
    flip: bool = True
    crop: bool = False

    def __post_init__(self) -> None:  # noqa: D105
        for name in ("rotation", "zoom", "shift", "brightness"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}, and must be at least 0.")


AUGMENTATION = Augmentation()
"""What the compact network is trained with; ``benchmarks/recipe.md`` has the measurements."""

CROP_AND_FLIP = Augmentation(rotation=0, zoom=0, shift=0, brightness=0, crop=True)
"""Crops from anywhere, half of them flipped: Krizhevsky, Sutskever and Hinton (2012), 4.1."""


def augment(
    pictures: np.typing.ArrayLike,
    size: int | tuple[int, int],
    augmentation: Augmentation = AUGMENTATION,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Cut a crop out of each picture, moved, rotated, resized, lit and flipped at random.

    One bilinear reading of the picture does all of it; beyond the edge the edge's own pixels go
    on.

    Args:
        pictures: uint8, (n, height, width, channels).
        size: (height, width) of the crop, in pixels, or one integer for both.
        augmentation: How far each may go.
        rng: A NumPy generator; the same state gives the same crops.

    Returns:
        (n, *size, channels), 0 to 255; float64, or uint8 where nothing was interpolated or lit.

    Raises:
        DataError: Not such pictures, or smaller than the crop.

    Example:
        >>> from alexnet_tutorial.pictures.preprocessing import center_crop
        >>> still = Augmentation(rotation=0, zoom=0, shift=0, brightness=0, flip=False)
        >>> pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
        >>> bool(np.allclose(augment(pictures, 58, still), center_crop(pictures, (58, 58))))
        True
    """
    height, width = size = pair(size)
    pictures = check_pictures(pictures, size)
    rng = rng or np.random.default_rng()
    n, rows, columns, channels = pictures.shape

    def draw(largest):
        return rng.uniform(-largest, largest, (n, 1, 1)).astype(np.float32)

    angle, zoom = np.radians(draw(augmentation.rotation)), 1 + draw(augmentation.zoom)
    down, right = draw(augmentation.shift), draw(augmentation.shift)
    brightness = 1 + draw(augmentation.brightness)
    flip = rng.random((n, 1, 1)) < 0.5 * augmentation.flip
    if augmentation.crop:
        tops, lefts = (rng.integers(0, room + 1, n) for room in (rows - height, columns - width))
        if not (augmentation.rotation or augmentation.zoom or augmentation.shift):
            # Whole pixels: nothing lies between them that would have to be interpolated.
            crops = np.stack(
                [
                    picture[top : top + height, left : left + width][:, :: -1 if flipped else 1]
                    for picture, top, left, flipped in zip(
                        pictures, tops, lefts, flip.ravel(), strict=True
                    )
                ]
            )
            lit = crops * brightness[..., None] if augmentation.brightness else crops
            return np.clip(lit, 0, 255)
        down = down + (tops.reshape(n, 1, 1) - (rows - height) / 2).astype(np.float32)
        right = right + (lefts.reshape(n, 1, 1) - (columns - width) / 2).astype(np.float32)

    # Where each pixel of the crop is read in the picture, measured from the picture's middle.
    y = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[None, :, None]
    x = (np.arange(width, dtype=np.float32) - (width - 1) / 2)[None, None, :]
    x = x * np.where(flip, -1, 1).astype(np.float32)
    cos, sin = np.cos(angle) * zoom, np.sin(angle) * zoom
    read_y = np.clip(cos * y - sin * x + down + (rows - 1) / 2, 0, rows - 1)
    read_x = np.clip(sin * y + cos * x + right + (columns - 1) / 2, 0, columns - 1)

    top = np.minimum(read_y.astype(np.int32), rows - 2)
    left = np.minimum(read_x.astype(np.int32), columns - 2)
    below, beside = (read_y - top)[..., None], (read_x - left)[..., None]
    pixels = pictures.reshape(-1, channels)
    corner = (np.arange(n, dtype=np.int32)[:, None, None] * rows + top) * columns + left

    def at(offset):
        return np.take(pixels, corner + offset, axis=0).astype(np.float32)

    upper = at(0) + (at(1) - at(0)) * beside
    lower = at(columns) + (at(columns + 1) - at(columns)) * beside
    crop = (upper + (lower - upper) * below) * brightness[..., None]
    return np.clip(crop, 0, 255)


def ten_views(squares: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Cut the ten crops that the 2012 network was tested on: corners, center, and flipped.

    Args:
        squares: (n, side, side, channels), the center squares of pictures.
        size: (height, width) of a crop, in pixels.

    Returns:
        (n, 10, *size, channels): top left, top right, bottom left, bottom right and center, then
        the same flipped.

    Example:
        >>> ten_views(np.zeros((2, 256, 256, 3), np.uint8), (224, 224)).shape
        (2, 10, 224, 224, 3)
    """
    height, width = size
    edges = [
        squares[:, rows, columns]
        for rows in (slice(None, height), slice(-height, None))
        for columns in (slice(None, width), slice(-width, None))
    ]
    views = np.stack([*edges, center_crop(squares, size)], 1)
    return np.concatenate([views, views[:, :, :, ::-1]], 1)


def device_layers(
    shape: Sequence[int],
    preprocessing: Preprocessing,
    augmentation: Augmentation | None = None,
    seed: int = 0,
    data_format: str = "channels_last",
) -> list[keras.Layer]:
    """Make the layers that crop, flip and scale pictures on the device the network runs on.

    Args:
        shape: (height, width, channels) of the pictures, which come as bytes.
        preprocessing: How they become numbers.
        augmentation: How they vary in training; None always takes the center.
        seed: Seed of crops and flips.
        data_format: ``"channels_last"`` or ``"channels_first"``, of what the network reads.

    Returns:
        Layers to call one after the other, an ``InputLayer`` the first of them.

    Raises:
        ValueError: The augmentation does more than crop and flip, as :data:`CROP_AND_FLIP`; or
            the channels are to be in another order.
    """
    if preprocessing.channels == "bgr":
        raise ValueError("channels are 'bgr': the device keeps their order. Leave on_device out.")
    (height, width), layers = pair(preprocessing.crop), keras.layers
    how: dict[str, Any] = {"dtype": "float32", "data_format": "channels_last"}
    made = [layers.InputLayer(tuple(shape), dtype="uint8", name="bytes")]
    if augmentation is not None and augmentation.crop:
        made.append(RandomPatch(height, width, seed=seed, name="crop", **how))
    else:
        made.append(layers.CenterCrop(height, width, name="crop", **how))
    if augmentation is not None:
        if replace(CROP_AND_FLIP, crop=augmentation.crop, flip=augmentation.flip) != augmentation:
            raise ValueError(
                f"{augmentation} does more than crop and flip, and that is all the device does: "
                "take CROP_AND_FLIP, or batches without on_device."
            )
        if augmentation.flip:
            made.append(layers.RandomFlip("horizontal", seed=seed + 1, name="flip", **how))
    std = np.array(preprocessing.std)
    numbers = [preprocessing.scale / std, -np.array(preprocessing.mean) / std]
    # One number for all where it is one, so that gray pictures pass too.
    scale, offset = (each.tolist() if np.ptp(each) else float(each[0]) for each in numbers)
    made.append(layers.Rescaling(scale, offset, dtype="float32", name="scale"))
    if data_format == "channels_first":
        made.append(layers.Permute((3, 1, 2), dtype="float32", name="channels_first"))
    return made


def _check_pictures(layer, shape, data_format):
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
        data_format: ``"channels_last"`` or ``"channels_first"``; None takes Keras's setting.
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
    ):
        data_format = checked_data_format(data_format)
        super().__init__(height, width, seed=seed, data_format=data_format, **kwargs)
        for name, side in (("height", height), ("width", width)):
            if not isinstance(side, int) or isinstance(side, bool) or side < 1:
                raise ValueError(
                    f"{self.name}: {name} is {side!r}, and must be a positive integer: pixels."
                )
        self.supports_jit = True  # unlike Keras's own, whose sizes depend on the picture

    def _check(self, shape):
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

    def call(self, inputs: Any, training: bool | None = True) -> Any:
        """Cut a patch out of one picture or out of each of a batch."""
        rows, columns = self._check(inputs.shape)
        backend = self.backend
        pictures = backend.cast(inputs, self.compute_dtype)
        single, first = len(inputs.shape) == 3, self.data_format == "channels_first"
        if single:
            pictures = backend.numpy.expand_dims(pictures, 0)
        if first:
            pictures = backend.numpy.transpose(pictures, (0, 2, 3, 1))
        if training:
            pictures = self._random(pictures, rows, columns)
        else:
            pictures = center_crop(pictures, (self.height, self.width))
        if first:
            pictures = backend.numpy.transpose(pictures, (0, 3, 1, 2))
        return pictures[0] if single else pictures

    def _random(self, pictures, rows, columns):
        """Cut a patch out of each of a batch, channels last, each at a place of its own."""
        backend, down, right = self.backend, rows - self.height, columns - self.width
        batch, channels = backend.shape(pictures)[0], pictures.shape[-1]
        seed = self._get_seed_generator(self.backend._backend)
        top = backend.random.randint((batch, 1, 1), 0, down + 1, seed=seed)
        left = backend.random.randint((batch, 1, 1), 0, right + 1, seed=seed)
        # One gather for the whole batch: the number of each wanted pixel, counted through all.
        picture = backend.numpy.reshape(backend.numpy.arange(batch, dtype="int32"), (batch, 1, 1))
        row = top + np.arange(self.height, dtype="int32")[None, :, None]
        column = left + np.arange(self.width, dtype="int32")[None, None, :]
        pixels = backend.numpy.reshape(pictures, (-1, channels))
        return backend.numpy.take(pixels, (picture * rows + row) * columns + column, axis=0)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Any:
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
        data_format: ``"channels_last"`` or ``"channels_first"``; None takes Keras's setting.
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
        self.data_format = checked_data_format(data_format)
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
