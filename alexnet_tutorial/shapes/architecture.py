"""What a network is: a name, an input size and a tuple of layers. Everything else reads this.

The working variants of AlexNet are in :mod:`alexnet_tutorial.shapes.variants`. A description that
does not fit fails when it is made.
"""

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, replace
from math import prod
from typing import ClassVar

from alexnet_tutorial.shapes import window as arithmetic

Shape = tuple[int, ...]
"""(height, width, channels) of a picture or its maps; (length,) of a vector."""


def pair(value) -> tuple:
    """Read one number, or one for each of height and width, as a pair.

    Args:
        value: An integer, or a sequence of two.

    Returns:
        ``(height, width)``.

    Raises:
        ValueError: Neither one number nor two.

    Example:
        >>> pair(3), pair((3, 5))
        ((3, 3), (3, 5))
    """
    if isinstance(value, int):
        return value, value
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return tuple(value)
    raise ValueError(f"expected one integer or (height, width), received {value!r}")


def shortest(value):
    """Say with one number what two equal numbers, or two equal pairs of them, say.

    Args:
        value: One value for each of height and width; each a number, or (before, after).

    Returns:
        The shortest form that :class:`Conv` and :class:`Pool` read as the same.

    Example:
        >>> shortest((3, 3)), shortest(((2, 2), (1, 1))), shortest(((0, 3), (0, 3)))
        (3, (2, 1), ((0, 3), (0, 3)))
    """
    rows, columns = (side if isinstance(side, int) else tuple(side) for side in value)
    if not isinstance(rows, int):
        if rows[0] != rows[1] or columns[0] != columns[1]:
            return rows, columns
        rows, columns = rows[0], columns[0]
    return rows if rows == columns else (rows, columns)


def _padding_pair(padding):
    """One padding for each axis: Keras' 'valid', 'same', n, (h, w), ((t, b), (l, r))."""
    if isinstance(padding, (int, str)):
        return padding, padding
    rows, columns = pair(padding)
    return rows, columns


@dataclass(frozen=True)
class _Layer:
    name: str
    kind: ClassVar[str] = "layer"

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> int:
        return 0

    def macs(self, shape: Shape) -> int:
        return 0

    def macs_unpadded(self, shape: Shape) -> int:
        return self.macs(shape)

    def _need_maps(self, shape):
        if len(shape) != 3:
            raise ValueError(
                f"a {self.kind} layer needs maps (height, width, channels), and its input has "
                f"shape {shape}. Was it placed after Flatten?"
            )


@dataclass(frozen=True)
class _Window(_Layer):
    """What convolution and pooling share: a window that slides over height and width."""

    def _axes(self, shape):
        """Keyword arguments of the arithmetic, one dict for each of height and width."""
        self._need_maps(shape)
        kernels, strides = pair(self._kernel()), pair(self.strides)
        paddings = _padding_pair(self.padding)
        return [
            {
                "size": shape[axis],
                "kernel_size": kernels[axis],
                "strides": strides[axis],
                "padding": paddings[axis],
                "rounding": self.rounding,
            }
            for axis in (0, 1)
        ]

    def map_size(self, shape: Shape) -> tuple[int, int]:
        """(height, width) of the maps that come out."""
        rows, columns = self._axes(shape)
        return arithmetic.output_size(**rows), arithmetic.output_size(**columns)

    def pad_amounts(self, shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        """((top, bottom), (left, right)) zeros that make rounding down give the same maps."""
        rows, columns = self._axes(shape)
        return arithmetic.pad_amounts(**rows), arithmetic.pad_amounts(**columns)

    def unread_pixels(self, shape: Shape) -> tuple[int, int]:
        """(rows, columns) at the bottom and right that no window reaches."""
        rows, columns = self._axes(shape)
        return arithmetic.unread_pixels(**rows), arithmetic.unread_pixels(**columns)


@dataclass(frozen=True)
class Conv(_Window):
    """A convolution with its bias and its activation.

    Args:
        name: The layer's name, the same in every reading.
        filters: Maps that come out.
        kernel_size: Height and width of the window, in pixels (one integer, or two).
        strides: Step of the window, in pixels (one integer, or two).
        padding: ``"valid"``, ``"same"``, an integer, ``(rows, columns)``, or
            ``((top, bottom), (left, right))``.
        rounding: ``"floor"``, or ``"ceil"`` as in the source of the 2012 network.
        groups: Groups of channels that do not see each other: 2 is the paper's two GPUs.
        activation: A Keras activation, or None.
        bias: Value the biases start from.

    Example:
        >>> Conv("conv1", 96, 11, strides=4).output_shape((227, 227, 3))
        (55, 55, 96)
    """

    filters: int
    kernel_size: int | tuple[int, int]
    strides: int | tuple[int, int] = 1
    padding: object = 0
    rounding: str = "floor"
    groups: int = 1
    activation: str | None = "relu"
    bias: float = 0.0
    kind: ClassVar[str] = "conv"

    def _kernel(self):
        return self.kernel_size

    def output_shape(self, shape: Shape) -> Shape:
        """(height, width, filters) for an input of this shape."""
        self.parameters(shape)  # refuses groups that do not divide
        return *self.map_size(shape), self.filters

    def parameters(self, shape: Shape) -> int:
        """Weights and biases for an input of this shape."""
        self._need_maps(shape)
        return arithmetic.conv_parameters(
            shape[2], self.filters, pair(self.kernel_size), self.groups
        )

    def macs(self, shape: Shape) -> int:
        """Multiply-accumulates on one picture, products with padding zeros included."""
        positions = prod(self.map_size(shape))
        kernel = prod(pair(self.kernel_size))
        return arithmetic.conv_macs(positions, shape[2], self.filters, kernel, self.groups)

    def macs_unpadded(self, shape: Shape) -> int:
        """Multiply-accumulates on one picture, products with padding zeros left out."""
        positions = prod(arithmetic.weights_on_pixels(**axis) for axis in self._axes(shape))
        return arithmetic.conv_macs(positions, shape[2], self.filters, 1, self.groups)


@dataclass(frozen=True)
class Pool(_Window):
    """Max pooling.

    Args:
        name: The layer's name.
        pool_size: Height and width of the window, in pixels.
        strides: Step of the window; smaller than the window, neighbors overlap.
        padding: As :class:`Conv`; what lies outside never wins.
        rounding: As :class:`Conv`.

    Example:
        >>> Pool("pool1", 3, strides=2).output_shape((55, 55, 96))
        (27, 27, 96)
    """

    pool_size: int | tuple[int, int]
    strides: int | tuple[int, int]
    padding: object = 0
    rounding: str = "floor"
    kind: ClassVar[str] = "pool"

    def _kernel(self):
        return self.pool_size

    def output_shape(self, shape: Shape) -> Shape:
        """(height, width, channels) for an input of this shape."""
        size = self.map_size(shape)
        for padding, axis in zip(self.pad_amounts(shape), self._axes(shape), strict=True):
            if max(padding) >= axis["kernel_size"]:
                raise ValueError(
                    f"pads {padding} pixels for a window of {axis['kernel_size']}: a window "
                    "would lie wholly outside the maps and have no maximum. Pad by less than "
                    "the window."
                )
        return *size, shape[2]


@dataclass(frozen=True)
class LRN(_Layer):
    """Local response normalization: each value divided by its neighbors in channel.

    Args:
        name: The layer's name.
        size: Neighboring channels in the sum, the channel itself included (the paper's n).
        alpha: Weight of the sum.
        beta: Power of the denominator.
        k: Constant of the denominator.
        divide_by_size: Divide alpha by ``size``, as the 2012 source, Caffe and PyTorch do and
            the paper's formula and TensorFlow do not.
    """

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 2.0
    divide_by_size: bool = False
    kind: ClassVar[str] = "lrn"

    def output_shape(self, shape: Shape) -> Shape:
        """The input's own shape."""
        self._need_maps(shape)
        arithmetic._positive(self.size, "size")
        if self.size % 2 == 0:
            raise ValueError(
                f"size is {self.size}, and must be odd, so that as many neighbors lie before a "
                "channel as after it."
            )
        return shape


@dataclass(frozen=True)
class Flatten(_Layer):
    """Maps laid out as one vector: row by row, in each row pixel by pixel, channels last."""

    kind: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        """(length,) of the vector."""
        self._need_maps(shape)
        return (prod(shape),)


@dataclass(frozen=True)
class Dense(_Layer):
    """A dense (fully connected) layer with its bias and its activation.

    Args:
        name: The layer's name.
        units: Numbers that come out.
        activation: A Keras activation, or None.
        bias: Value the biases start from.

    Example:
        >>> Dense("fc7", 4096).parameters((4096,))
        16781312
    """

    units: int
    activation: str | None = "relu"
    bias: float = 0.0
    kind: ClassVar[str] = "dense"

    def _need_vector(self, shape):
        if len(shape) != 1:
            raise ValueError(
                f"a dense layer needs a vector, and its input has shape {shape}. Put a Flatten "
                "layer before it."
            )

    def output_shape(self, shape: Shape) -> Shape:
        """(units,)."""
        self.parameters(shape)
        return (self.units,)

    def parameters(self, shape: Shape) -> int:
        """Weights and biases for an input of this length."""
        self._need_vector(shape)
        return arithmetic.dense_parameters(shape[0], self.units)

    def macs(self, shape: Shape) -> int:
        """Multiply-accumulates on one picture: one for each weight."""
        self._need_vector(shape)
        return shape[0] * self.units


@dataclass(frozen=True)
class Dropout(_Layer):
    """In training, sets a share of the values to zero and scales up the rest.

    Args:
        name: The layer's name.
        rate: Share set to zero, from 0 up to but not including 1.
    """

    rate: float = 0.5
    kind: ClassVar[str] = "dropout"

    def output_shape(self, shape: Shape) -> Shape:
        """The input's own shape."""
        if not 0 <= self.rate < 1:
            raise ValueError(
                f"rate is {self.rate!r}, and must be at least 0 and under 1: it is the share "
                "of values set to zero."
            )
        return shape


Layer = Conv | Pool | LRN | Flatten | Dense | Dropout
_KINDS = {kind.kind: kind for kind in (Conv, Pool, LRN, Flatten, Dense, Dropout)}


def _listed(value):
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def _tupled(value):
    if isinstance(value, dict):
        return {key: _tupled(item) for key, item in value.items()}
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value


def _need_fields(data, required, optional, what):
    if not isinstance(data, dict):
        raise ValueError(f"{what} is {data!r}, and must be an object with {', '.join(required)}.")
    missing = [name for name in required if name not in data]
    unknown = [str(name) for name in data if name not in (*required, *optional)]
    if missing or unknown:
        wrong = [f"lacks {', '.join(missing)}"] * bool(missing)
        wrong += [f"has {', '.join(unknown)}, which nothing reads"] * bool(unknown)
        known = ", ".join((*required, *optional))
        raise ValueError(f"{what} {' and '.join(wrong)}. Known: {known}.")


def _layer_from_json(index, data):
    what = f"layer {index}"
    if not isinstance(data, dict) or data.get("kind") not in _KINDS:
        kind = data.get("kind") if isinstance(data, dict) else data
        raise ValueError(f"{what} is of kind {kind!r}. Known kinds: {', '.join(_KINDS)}.")
    kind = _KINDS[data["kind"]]
    required = ["kind", *(field.name for field in fields(kind) if field.default is MISSING)]
    optional = [field.name for field in fields(kind) if field.name not in required]
    if "name" in data:
        what = f"layer {data['name']!r}"
    _need_fields(data, required, optional, what)
    if not isinstance(data["name"], str):
        raise ValueError(f"{what}: a layer's name must be a text.")
    return kind(**{name: _tupled(value) for name, value in data.items() if name != "kind"})


@dataclass(frozen=True)
class Architecture:
    """One network, described once.

    Args:
        name: What the network is called.
        input_size: Height and width of the picture, in pixels (one integer, or two).
        layers: The layers, in order.
        channels: Channels of the picture.

    Raises:
        ValueError: A layer does not fit its input. The message names the layer, the numbers and
            the likely cause.

    Example:
        >>> net = Architecture("tiny", 8, (Conv("conv1", 4, 3), Flatten("flatten")))
        >>> [shape for _, _, shape in net.walk()]
        [(6, 6, 4), (144,)]
    """

    name: str
    input_size: int | tuple[int, int]
    layers: tuple[Layer, ...]
    channels: int = 3

    def __post_init__(self):  # noqa: D105
        object.__setattr__(self, "input_size", pair(self.input_size))
        object.__setattr__(self, "layers", tuple(self.layers))
        for what, number in zip(
            ("input height", "input width", "channels"), self.input_shape, strict=True
        ):
            try:
                arithmetic._positive(number, what)
            except ValueError as error:
                raise ValueError(f"network {self.name!r}: {error}") from None
        names = [layer.name for layer in self.layers]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(
                f"network {self.name!r}: two layers are called {', '.join(repeated)}. Give each "
                "layer a name of its own: the ledger and Keras find layers by name."
            )
        for _ in self.walk():
            pass

    @property
    def input_shape(self) -> Shape:
        """(height, width, channels) of the picture."""
        return *self.input_size, self.channels

    @property
    def classes(self) -> int:
        """Numbers that come out at the end: the classes of a classifier."""
        *_, (_, _, shape) = self.walk()
        return shape[-1]

    def walk(self) -> Iterator[tuple[Layer, Shape, Shape]]:
        """Go through the layers with the shape that enters and the shape that leaves each.

        Yields:
            (layer, input shape, output shape).

        Raises:
            ValueError: A layer does not fit its input.
        """
        shape = self.input_shape
        for layer in self.layers:
            try:
                out = layer.output_shape(shape)
            except (ValueError, TypeError) as error:
                raise ValueError(
                    f"network {self.name!r}, layer {layer.name!r}, input {shape}: {error}"
                ) from None
            yield layer, shape, out
            shape = out

    def layer(self, name: str) -> Layer:
        """Find a layer by its name.

        Args:
            name: The layer's name.

        Returns:
            The layer.

        Raises:
            ValueError: No layer has this name; the message lists those there are.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise ValueError(f"network {self.name!r} has no layer {name!r}. Its layers: {known}.")

    def _windows(self, name, axis):
        """Windows from the picture to a layer, along one axis (0 rows, 1 columns)."""
        self.layer(name)  # an unknown name is refused
        windows = []
        for layer, shape, _ in self.walk():
            if isinstance(layer, _Window):
                windows.append(layer._axes(shape)[axis])
            elif layer.kind == "flatten":  # as a window of the whole map: one position
                windows.append({"size": shape[axis], "kernel_size": shape[axis]})
            if layer.name == name:
                return windows

    def receptive_field(self, name: str) -> tuple[arithmetic.ReceptiveField, ...]:
        """Say what one output of a layer sees of the picture, padding included.

        Args:
            name: The layer's name.

        Returns:
            One :class:`~alexnet_tutorial.shapes.window.ReceptiveField` for the rows and one for
            the columns. After flattening, every output sees all that the maps have seen.

        Raises:
            ValueError: No layer has this name.

        Example:
            >>> variant("alexnet-2012").receptive_field("conv5")[0]
            ReceptiveField(size=163, strides=16, start=-64)
        """
        rows, columns = (arithmetic.receptive_field(self._windows(name, i)) for i in (0, 1))
        return rows, columns

    def pixels_read(self, name: str, position: tuple[int, int] = (0, 0)) -> tuple[range, range]:
        """Find the pixels of the picture that made one output.

        Args:
            name: The layer's name.
            position: (row, column) on the layer's maps; (0, 0) after flattening.

        Returns:
            The rows and the columns, as two ranges.

        Raises:
            ValueError: No layer has this name, or its maps have no such position.

        Example:
            >>> variant("alexnet-2012").pixels_read("conv1", (0, 54))
            (range(0, 11), range(216, 224))
        """
        rows, columns = (
            arithmetic.pixels_read(place, self._windows(name, axis))
            for axis, place in enumerate(position)
        )
        return rows, columns

    def to_json(self) -> dict:
        """Return the description as plain values, ready for ``json.dumps``.

        Returns:
            ``{"name", "input_size": [h, w], "channels", "layers": [{"kind", "name", …}, …]}``;
            what a layer has by default is left out.

        Example:
            >>> variant("compact").to_json()["layers"][0]
            {'kind': 'conv', 'name': 'conv1', 'filters': 32, 'kernel_size': 5, 'strides': 2}
        """
        return {
            "name": self.name,
            "input_size": list(self.input_size),
            "channels": self.channels,
            "layers": [
                {"kind": layer.kind}
                | {
                    field.name: _listed(getattr(layer, field.name))
                    for field in fields(layer)
                    if field.default is MISSING or getattr(layer, field.name) != field.default
                }
                for layer in self.layers
            ],
        }

    @classmethod
    def from_json(cls, data) -> "Architecture":
        """Make a description from what :meth:`to_json` returned, or the workbench copied.

        Args:
            data: The plain values, as ``json.loads`` gives them.

        Returns:
            The description.

        Raises:
            ValueError: Something is missing, unknown or does not fit; the message names the
                layer and what was expected.

        Example:
            >>> Architecture.from_json(variant("caffe").to_json()) == variant("caffe")
            True
        """
        _need_fields(data, ("name", "input_size", "layers"), ("channels",), "the description")
        if not isinstance(data["layers"], list):
            raise ValueError(f"layers is {data['layers']!r}, and must be a list of layers.")
        layers = tuple(_layer_from_json(i, layer) for i, layer in enumerate(data["layers"]))
        return cls(**(_tupled(data) | {"layers": layers}))

    def with_classes(self, classes: int) -> "Architecture":
        """Make the same network for another number of classes.

        Args:
            classes: Units of the last dense layer.

        Returns:
            A new description; this one does not change.

        Raises:
            ValueError: The last layer is not a dense layer.

        Example:
            >>> variant("caffe").with_classes(6).classes
            6
        """
        if not self.layers or self.layers[-1].kind != "dense":
            raise ValueError(
                f"network {self.name!r} does not end in a dense layer, so it has no head to "
                "replace."
            )
        head = replace(self.layers[-1], units=classes)
        return replace(self, layers=(*self.layers[:-1], head))
