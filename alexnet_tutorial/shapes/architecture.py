"""What a network is: a name, an input size and a tuple of layers. Everything else reads this.

The working variants of AlexNet are in :mod:`alexnet_tutorial.shapes.variants`. A description that
does not fit fails when it is made.
"""

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields, replace
from functools import cached_property
from math import prod
from typing import Any, ClassVar, NamedTuple

from alexnet_tutorial.shapes import window as arithmetic
from alexnet_tutorial.shapes.window import Window, check_groups, check_positive

Shape = tuple[int, ...]
"""(height, width, channels) of a picture or its maps; (length,) of a vector."""

Windows = tuple[Window, ...]
"""The windows of a layer along height and along width; none where nothing slides."""


def pair(value: Any) -> tuple:
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


def shortest(value: Any) -> Any:
    """Say with one number what two equal numbers, or two equal pairs of them, say.

    Args:
        value: One value for each of height and width; each a number, or (before, after).

    Returns:
        The shortest form that :class:`Conv` and :class:`Pool` read as the same.

    Example:
        >>> shortest((3, 3)), shortest(((2, 2), (1, 1))), shortest(((0, 3), (0, 3)))
        (3, (2, 1), ((0, 3), (0, 3)))
    """
    rows, columns = value
    if not isinstance(rows, int):
        if rows[0] != rows[1] or columns[0] != columns[1]:
            return tuple(rows), tuple(columns)
        rows, columns = rows[0], columns[0]
    return rows if rows == columns else (rows, columns)


def windows(
    shape: Shape,
    kernel_size: Any,
    strides: Any,
    padding: Any = 0,
    rounding: str = "floor",
    dilation_rate: Any = 1,
) -> Windows:
    """Lay one window along the height of a map and one along its width.

    Args:
        shape: (height, width, …) of the map, in pixels.
        kernel_size: Height and width of the window (one integer, or two).
        strides: Its step (one integer, or two).
        padding: ``"valid"``, ``"same"``, an integer, ``(rows, columns)``, or
            ``((top, bottom), (left, right))``.
        rounding: As :class:`~alexnet_tutorial.shapes.Window`, for both axes.
        dilation_rate: Distance between neighboring weights (one integer, or two).

    Returns:
        The two windows.

    Raises:
        ValueError: One of them does not fit, or an argument is neither one value nor two.

    Example:
        >>> [window.outputs for window in windows((20, 30), 3, (1, 3))]
        [18, 10]
    """
    kernels, steps, rates = pair(kernel_size), pair(strides), pair(dilation_rate)
    paddings = (padding, padding) if isinstance(padding, str) else pair(padding)
    rows, columns = (
        Window(shape[axis], kernels[axis], steps[axis], paddings[axis], rounding, rates[axis])
        for axis in (0, 1)
    )
    return rows, columns


@dataclass(frozen=True)
class _Layer:
    name: str
    kind: ClassVar[str] = "layer"

    def windows(self, shape: Shape) -> Windows:
        """The windows that slide over an input of this shape: along its height, its width."""
        return ()

    def output_shape(self, shape: Shape) -> Shape:
        """The input's own shape."""
        return shape

    def parameters(self, shape: Shape) -> int:
        """Weights and biases for an input of this shape."""
        return 0

    def macs(self, shape: Shape) -> int:
        """Multiply-accumulates on one picture, products with padding zeros included."""
        return 0

    def macs_unpadded(self, shape: Shape) -> int:
        """Multiply-accumulates on one picture, products with padding zeros left out."""
        return self.macs(shape)

    def _need_maps(self, shape: Shape) -> None:
        if len(shape) != 3:
            raise ValueError(
                f"a {self.kind} layer needs maps (height, width, channels), and its input has "
                f"shape {shape}. Was it placed after Flatten?"
            )


@dataclass(frozen=True)
class Conv(_Layer):
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

    def windows(self, shape: Shape) -> Windows:  # noqa: D102
        self._need_maps(shape)
        return windows(shape, self.kernel_size, self.strides, self.padding, self.rounding)

    def output_shape(self, shape: Shape) -> Shape:
        """(height, width, filters) for an input of this shape."""
        self.parameters(shape)  # refuses groups that do not divide
        rows, columns = self.windows(shape)
        return rows.outputs, columns.outputs, self.filters

    def parameters(self, shape: Shape) -> int:  # noqa: D102
        self._need_maps(shape)
        return arithmetic.conv_parameters(
            shape[2], self.filters, pair(self.kernel_size), self.groups
        )

    def macs(self, shape: Shape) -> int:  # noqa: D102
        positions = prod(window.outputs for window in self.windows(shape))
        kernel = prod(pair(self.kernel_size))
        return arithmetic.conv_macs(positions, shape[2], self.filters, kernel, self.groups)

    def macs_unpadded(self, shape: Shape) -> int:  # noqa: D102
        met = prod(window.weights_on_pixels for window in self.windows(shape))
        return arithmetic.conv_macs(met, shape[2], self.filters, 1, self.groups)


@dataclass(frozen=True)
class Pool(_Layer):
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

    def windows(self, shape: Shape) -> Windows:  # noqa: D102
        self._need_maps(shape)
        return windows(shape, self.pool_size, self.strides, self.padding, self.rounding)

    def output_shape(self, shape: Shape) -> Shape:
        """(height, width, channels) for an input of this shape."""
        rows, columns = self.windows(shape)
        for window in (rows, columns):
            if max(window.pads) >= window.kernel_size:
                raise ValueError(
                    f"pads {window.pads} pixels for a window of {window.kernel_size}: a window "
                    "would lie wholly outside the maps and have no maximum. Pad by less than "
                    "the window."
                )
        return rows.outputs, columns.outputs, shape[2]


@dataclass(frozen=True)
class Activation(_Layer):
    """An activation that stands alone, as the ReLU after pool1 in the program of 2012.

    Args:
        name: The layer's name.
        activation: A Keras activation.

    Example:
        >>> Activation("relu1").output_shape((27, 27, 96))
        (27, 27, 96)
    """

    activation: str = "relu"
    kind: ClassVar[str] = "activation"

    def output_shape(self, shape: Shape) -> Shape:
        """The input's own shape."""
        if not isinstance(self.activation, str):
            raise ValueError(
                f"activation is {self.activation!r}, and a layer without one does nothing. Name "
                "a Keras activation, such as relu, or remove the layer."
            )
        return shape


@dataclass(frozen=True)
class LRN(_Layer):
    """Local response normalization: each value divided by its neighbors.

    The neighbors are the values at the same place in the next channels (cuda-convnet's cmrnorm,
    and the paper's formula), or those around it on the same map (cuda-convnet's rnorm).

    Args:
        name: The layer's name.
        size: Neighboring channels in the sum, the channel itself included (the paper's n); or,
            over pixels, side of the square around the value.
        alpha: Weight of the sum.
        beta: Power of the denominator.
        k: Constant of the denominator.
        divide_by_size: Divide alpha by the neighbors (``size``, or ``size * size`` pixels), as
            the 2012 source, Caffe and PyTorch do and the paper's formula and TensorFlow do not.
        groups: Groups of channels that do not see each other: 2 for the two towers of the 2012
            source, where the sum stops at the tower's border.
        across: ``"channels"`` or ``"pixels"``: where the neighbors are.

    Example:
        >>> LRN("lrn1", groups=2).output_shape((55, 55, 96))
        (55, 55, 96)
    """

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 2.0
    divide_by_size: bool = False
    groups: int = 1
    across: str = "channels"
    kind: ClassVar[str] = "lrn"

    def output_shape(self, shape: Shape) -> Shape:
        """The input's own shape."""
        self._need_maps(shape)
        check_positive(self.size, "size")
        if self.size % 2 == 0:
            raise ValueError(
                f"size is {self.size}, and must be odd, so that as many neighbors lie before a "
                "value as after it."
            )
        if self.across not in ("channels", "pixels"):
            raise ValueError(f"across is {self.across!r}, and must be one of channels, pixels.")
        check_groups(shape[2], shape[2], self.groups)
        if self.across == "pixels" and self.groups > 1:
            raise ValueError(
                f"groups is {self.groups} across pixels: each map is normalized by itself there, "
                "so no group has a border. Leave groups at 1."
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

    def _need_vector(self, shape: Shape) -> None:
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


Layer = Conv | Pool | LRN | Activation | Flatten | Dense | Dropout
KINDS: dict[str, type[Layer]] = {
    kind.kind: kind for kind in (Conv, Pool, LRN, Activation, Flatten, Dense, Dropout)
}
"""Every kind of layer by the word that JSON has for it."""


def listed(value: Any) -> Any:
    """Write a value as JSON has it: tuples become lists, at every depth."""
    return [listed(item) for item in value] if isinstance(value, tuple) else value


def _tupled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tupled(item) for key, item in value.items()}
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value


def _need_fields(data: Any, required: Sequence[str], optional: Sequence[str], what: str) -> None:
    if not isinstance(data, dict):
        raise ValueError(f"{what} is {data!r}, and must be an object with {', '.join(required)}.")
    missing = [name for name in required if name not in data]
    unknown = [str(name) for name in data if name not in (*required, *optional)]
    if missing or unknown:
        wrong = [f"lacks {', '.join(missing)}"] * bool(missing)
        wrong += [f"has {', '.join(unknown)}, which nothing reads"] * bool(unknown)
        known = ", ".join((*required, *optional))
        raise ValueError(f"{what} {' and '.join(wrong)}. Known: {known}.")


def _layer_from_json(index: int, data: Any) -> Layer:
    what = f"layer {index}"
    if not isinstance(data, dict) or data.get("kind") not in KINDS:
        kind = data.get("kind") if isinstance(data, dict) else data
        raise ValueError(f"{what} is of kind {kind!r}. Known kinds: {', '.join(KINDS)}.")
    kind = KINDS[data["kind"]]
    required = ["kind", *(field.name for field in fields(kind) if field.default is MISSING)]
    optional = [field.name for field in fields(kind) if field.name not in required]
    if "name" in data:
        what = f"layer {data['name']!r}"
    _need_fields(data, required, optional, what)
    if not isinstance(data["name"], str):
        raise ValueError(f"{what}: a layer's name must be a text.")
    return kind(**{name: _tupled(value) for name, value in data.items() if name != "kind"})


class Step(NamedTuple):
    """One layer at its place in a network.

    Args:
        layer: The layer.
        input: Shape that comes in.
        output: Shape that goes out.
        windows: Its windows along height and width; none where nothing slides.
    """

    layer: Any  # one of Layer; what it has, its kind says
    input: Shape
    output: Shape
    windows: Windows

    @property
    def pads(self) -> tuple[tuple[int, int], ...]:
        """((top, bottom), (left, right)) zeros that make rounding down give the same maps."""
        return tuple(window.pads for window in self.windows)


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
        >>> [step.output for step in net.steps]
        [(6, 6, 4), (144,)]
    """

    name: str
    input_size: int | tuple[int, int]
    layers: tuple[Layer, ...]
    channels: int = 3

    def __post_init__(self) -> None:  # noqa: D105
        object.__setattr__(self, "input_size", pair(self.input_size))
        object.__setattr__(self, "layers", tuple(self.layers))
        for what, number in zip(
            ("input height", "input width", "channels"), self.input_shape, strict=True
        ):
            try:
                check_positive(number, what)
            except ValueError as error:
                raise ValueError(f"network {self.name!r}: {error}") from None
        names = [layer.name for layer in self.layers]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(
                f"network {self.name!r}: two layers are called {', '.join(repeated)}. Give each "
                "layer a name of its own: the ledger and Keras find layers by name."
            )
        self.steps  # noqa: B018  walks through, and refuses what does not fit

    @property
    def input_shape(self) -> Shape:
        """(height, width, channels) of the picture."""
        return *pair(self.input_size), self.channels

    @property
    def classes(self) -> int:
        """Numbers that come out at the end: the classes of a classifier."""
        return self.steps[-1].output[-1]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The layers in order, each with what enters, what leaves, and its windows.

        Raises:
            ValueError: A layer does not fit its input.
        """
        steps, shape = [], self.input_shape
        for layer in self.layers:
            try:
                out = layer.output_shape(shape)
                steps.append(Step(layer, shape, out, layer.windows(shape)))
            except (ValueError, TypeError) as error:
                raise ValueError(
                    f"network {self.name!r}, layer {layer.name!r}, input {shape}: {error}"
                ) from None
            shape = out
        return tuple(steps)

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

    def _windows(self, name: str, axis: int) -> list[Window]:
        """Windows from the picture to a layer, along one axis (0 rows, 1 columns)."""
        last = self.layers.index(self.layer(name))
        found = []
        for layer, shape, _, slid in self.steps[: last + 1]:
            if slid:
                found.append(slid[axis])
            elif layer.kind == "flatten":  # as a window of the whole map: one position
                found.append(Window(shape[axis], shape[axis]))
            elif layer.kind == "lrn" and layer.across == "pixels":  # its neighbors count too
                found.append(Window(shape[axis], layer.size, padding=layer.size // 2))
        return found

    def receptive_field(self, name: str) -> tuple[arithmetic.ReceptiveField, ...]:
        """Say what one output of a layer sees of the picture, padding included.

        Args:
            name: The layer's name.

        Returns:
            One :class:`~alexnet_tutorial.shapes.window.ReceptiveField` for the rows and one for
            the columns. After flattening, every output sees all that the maps have seen; a
            normalization across pixels sees the square around each.

        Raises:
            ValueError: No layer has this name.

        Example:
            >>> from alexnet_tutorial.shapes import variant
            >>> variant("paper").receptive_field("conv5")[0]
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
            >>> from alexnet_tutorial.shapes import variant
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
            >>> from alexnet_tutorial.shapes import variant
            >>> variant("compact").to_json()["layers"][0]
            {'kind': 'conv', 'name': 'conv1', 'filters': 32, 'kernel_size': 5, 'strides': 2}
        """
        return {
            "name": self.name,
            "input_size": list(pair(self.input_size)),
            "channels": self.channels,
            "layers": [
                {"kind": layer.kind}
                | {
                    field.name: listed(getattr(layer, field.name))
                    for field in fields(layer)
                    if field.default is MISSING or getattr(layer, field.name) != field.default
                }
                for layer in self.layers
            ],
        }

    @classmethod
    def from_json(cls, data: Any) -> "Architecture":
        """Make a description from what :meth:`to_json` returned, or the workbench copied.

        Args:
            data: The plain values, as ``json.loads`` gives them.

        Returns:
            The description.

        Raises:
            ValueError: Something is missing, unknown or does not fit; the message names the
                layer and what was expected.

        Example:
            >>> from alexnet_tutorial.shapes import variant
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
            >>> from alexnet_tutorial.shapes import variant
            >>> variant("caffe").with_classes(6).classes
            6
        """
        if not self.layers or not isinstance(self.layers[-1], Dense):
            raise ValueError(
                f"network {self.name!r} does not end in a dense layer, so it has no head to "
                "replace."
            )
        head = replace(self.layers[-1], units=classes)
        return replace(self, layers=(*self.layers[:-1], head))
