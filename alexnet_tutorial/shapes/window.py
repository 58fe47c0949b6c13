"""The shape arithmetic of a convolutional network, in plain integers.

No array library, no Keras: every function is the formula a chapter derives by hand. Sizes are
in pixels, counts are exact integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

ROUNDINGS = ("floor", "ceil")

Padding = int | str | Sequence[int]


def check_positive(value: int, what: str) -> None:
    """Refuse what cannot count pixels or maps.

    Raises:
        ValueError: ``value`` is no integer of at least 1; the message names ``what`` it is.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(
            f"{what} is {value!r}, and must be an integer of at least 1: it counts pixels or maps."
        )


@dataclass(frozen=True)
class Window:
    """A window that slides along one axis of a picture or of a map.

    Args:
        size: Pixels along the axis.
        kernel_size: Weights of the window along the axis.
        strides: Step of the window, in pixels.
        padding: ``"valid"`` (none), ``"same"`` (TensorFlow's: ``ceil(size / strides)`` outputs,
            the odd zero after), an integer for both sides, or ``(before, after)``.
        rounding: ``"floor"`` leaves out pixels that no whole step reaches; ``"ceil"`` takes one
            more step, whose window may run past the edge and reads zeros there.
        dilation_rate: Distance in pixels between neighboring weights (1: no holes).

    Raises:
        ValueError: The window is larger than the padded axis, or an argument is out of range.

    Example:
        The first convolution of the 2012 network: its last window starts at pixel 216, and ends
        3 zeros past the edge.

        >>> conv1 = Window(224, 11, strides=4, rounding="ceil")
        >>> conv1.outputs, conv1.pads
        (55, (0, 3))
    """

    size: int
    kernel_size: int
    strides: int = 1
    padding: Padding = 0
    rounding: str = "floor"
    dilation_rate: int = 1

    def __post_init__(self) -> None:  # noqa: D105
        for what in ("kernel_size", "dilation_rate", "size", "strides"):
            check_positive(getattr(self, what), what)
        before, after = self.padding_pair
        if self.rounding not in ROUNDINGS:
            raise ValueError(
                f"rounding is {self.rounding!r}, and must be one of {', '.join(ROUNDINGS)}."
            )
        padded = self.size + before + after
        if padded < self.span:
            raise ValueError(
                f"a window of {self.span} pixels does not fit into {self.size} + {before} + "
                f"{after} = {padded} pixels. The map shrank too far before this layer: use a "
                "smaller kernel, more padding, a larger input, or fewer strides above."
            )

    @property
    def span(self) -> int:
        """Pixels from the first to the last weight: ``dilation_rate * (kernel_size - 1) + 1``.

        Example:
            >>> Window(9, 3).span, Window(9, 3, dilation_rate=2).span
            (3, 5)
        """
        return self.dilation_rate * (self.kernel_size - 1) + 1

    @cached_property
    def padding_pair(self) -> tuple[int, int]:
        """Zeros that the padding adds before and after the axis.

        Example:
            >>> Window(224, 11, 4, "same").padding_pair, Window(27, 5, padding=2).padding_pair
            ((3, 4), (2, 2))
        """
        if self.padding == "valid":
            return 0, 0
        if self.padding == "same":
            outputs = -(-self.size // self.strides)
            total = max((outputs - 1) * self.strides + self.span - self.size, 0)
            return total // 2, total - total // 2
        pair: Any = self.padding
        if isinstance(pair, int):
            pair = pair, pair
        if (
            isinstance(self.padding, (str, bool))
            or not isinstance(pair, Sequence)
            or len(pair) != 2
            or any(isinstance(side, bool) or not isinstance(side, int) or side < 0 for side in pair)
        ):
            raise ValueError(
                f"padding is {self.padding!r}, and must be 'valid', 'same', an integer of at "
                "least 0, or a pair (before, after) of such integers for one axis."
            )
        return pair[0], pair[1]

    @cached_property
    def outputs(self) -> int:
        """Positions of the window: ``(size + before + after - span) / strides``, rounded, plus 1.

        Dumoulin and Visin (2016), arXiv:1603.07285, derive the floor; the source code of the 2012
        network rounds up (its ``layer.py``, lines 1004 and 1164).
        """
        room = self.size + sum(self.padding_pair) - self.span
        steps = room // self.strides if self.rounding == "floor" else -(-room // self.strides)
        return steps + 1

    @property
    def _end(self) -> int:
        """Where the last window ends, counted from the first pixel."""
        return (self.outputs - 1) * self.strides + self.span - self.padding_pair[0]

    @property
    def pads(self) -> tuple[int, int]:
        """Zeros before and after that make ``valid`` and rounding down give the same outputs.

        Rounding up equals extra zeros after the edge, as many as the last window needs.
        """
        before, after = self.padding_pair
        return before, max(after, self._end - self.size)

    @property
    def unread(self) -> int:
        """Pixels at the end of the axis that no window reaches: the steps stop short of them.

        Example:
            >>> Window(224, 11, strides=4).unread, Window(227, 11, strides=4).unread
            (1, 0)
        """
        return max(self.size - self._end, 0)

    @property
    def weights_on_pixels(self) -> int:
        """Pairs (position, weight) that meet a pixel and not a zero of the padding.

        Without padding it is ``outputs * kernel_size``.

        Example:
            Two zeros on each side of 27 pixels: 5 * 27 pairs, less the six that meet a zero.

            >>> Window(27, 5, padding=2).weights_on_pixels, 5 * 27
            (129, 135)
        """
        before, _ = self.padding_pair
        return sum(
            0 <= position * self.strides + weight * self.dilation_rate - before < self.size
            for position in range(self.outputs)
            for weight in range(self.kernel_size)
        )


def output_size(
    size: int,
    kernel_size: int,
    strides: int = 1,
    padding: Padding = 0,
    rounding: str = "floor",
    dilation_rate: int = 1,
) -> int:
    """Positions of a sliding window along one axis: :attr:`Window.outputs`.

    Takes, returns and refuses what :class:`Window` does.

    Example:
        The first convolution of AlexNet on 224 pixels, rounded down and rounded up:

        >>> output_size(224, 11, strides=4), output_size(224, 11, strides=4, rounding="ceil")
        (54, 55)
    """
    return Window(size, kernel_size, strides, padding, rounding, dilation_rate).outputs


@dataclass(frozen=True)
class TransposedWindow:
    """The window of a transposed convolution, along one axis.

    Each input pixel adds its window to the output, ``strides`` pixels after its neighbor's:
    ``(size - 1) * strides + span`` pixels in all, from which a padding crops (Dumoulin and
    Visin, 2016, arXiv:1603.07285, section 4). What it crops, Keras decides.

    Args:
        size: Pixels of the input along the axis.
        kernel_size: Weights of the window along the axis.
        strides: Pixels of the output from one window to the next.
        padding: ``"valid"`` (nothing cropped, never under ``size * strides``) or ``"same"``
            (cropped or filled to ``size * strides``).
        output_padding: As Keras': pixels added to ``(size - 1) * strides`` plus the window
            (``"valid"``), or plus 1 for an odd window and 0 for an even one (``"same"``).
        dilation_rate: Distance between neighboring weights, in pixels.

    Raises:
        ValueError: An argument is out of range, or nothing would be left.

    Example:
        >>> TransposedWindow(13, 3, 2, "same").outputs, TransposedWindow(13, 3, 2).outputs
        (26, 27)
    """

    size: int
    kernel_size: int
    strides: int = 1
    padding: str = "valid"
    output_padding: int | None = None
    dilation_rate: int = 1

    def __post_init__(self) -> None:  # noqa: D105
        for what in ("kernel_size", "dilation_rate", "size", "strides"):
            check_positive(getattr(self, what), what)
        if self.padding not in ("valid", "same"):
            raise ValueError(f"padding is {self.padding!r}, and must be 'valid' or 'same'.")
        more = self.output_padding
        if more is not None and (
            isinstance(more, bool) or not isinstance(more, int) or not 0 <= more < self.strides
        ):
            raise ValueError(
                f"output_padding is {more!r}, and must be None or an integer from 0 to below the "
                f"strides, {self.strides}."
            )
        if not self.outputs:
            raise ValueError(
                f"a transposed window of {self.span} pixels on {self.size} pixel with 'same' "
                "padding and output_padding 0 leaves no pixel. Use a larger output_padding, or "
                "None."
            )

    @property
    def span(self) -> int:
        """Pixels from the first to the last weight: ``dilation_rate * (kernel_size - 1) + 1``."""
        return self.dilation_rate * (self.kernel_size - 1) + 1

    @cached_property
    def outputs(self) -> int:
        """Pixels that come out."""
        more = self.output_padding
        if self.padding == "valid":
            last = max(self.span, self.strides) if more is None else self.span + more
        else:
            last = self.strides if more is None else self.span % 2 + more
        return (self.size - 1) * self.strides + last

    @property
    def weights_in_output(self) -> int:
        """Pairs (input pixel, weight) whose product is not cropped away.

        The counterpart of :attr:`Window.weights_on_pixels`: there a window reads zeros past the
        edge, here it writes past it. The smaller half of what is cropped is cropped before the
        first pixel. Where nothing is cropped it is ``size * kernel_size``.

        Example:
            >>> TransposedWindow(13, 3, 2, "same").weights_in_output, 13 * 3
            (38, 39)
        """
        full = (self.size - 1) * self.strides + self.span
        before = max((full - self.outputs) // 2, 0)
        return sum(
            0 <= pixel * self.strides + weight * self.dilation_rate - before < self.outputs
            for pixel in range(self.size)
            for weight in range(self.kernel_size)
        )


class ReceptiveField(NamedTuple):
    """What one output sees of the picture, along one axis, padding included.

    Args:
        size: Pixels that the output depends on.
        strides: Pixels between the fields of neighboring outputs.
        start: First pixel of the field of output 0; negative where it begins in the padding.
    """

    size: int
    strides: int
    start: int


def receptive_field(windows: Sequence[Window]) -> ReceptiveField:
    """Receptive field of one output after several windows in a row, along one axis.

    From the last window back to the first: a field of ``n`` outputs that lie ``strides`` apart
    needs ``(n - 1) * strides + span`` inputs (Araujo, Norris and Sim, 2019,
    doi:10.23915/distill.00021).

    Args:
        windows: The windows, first to last.

    Returns:
        The field; a window that runs past the edge reads zeros there, and they count here.

    Example:
        conv1 and pool1 of the 2012 network:

        >>> conv1 = Window(224, 11, strides=4, rounding="ceil")
        >>> receptive_field([conv1, Window(55, 3, strides=2)])
        ReceptiveField(size=19, strides=8, start=0)
    """
    size, strides, start = 1, 1, 0
    for window in reversed(windows):
        size = (size - 1) * window.strides + window.span
        strides *= window.strides
        start = start * window.strides - window.padding_pair[0]
    return ReceptiveField(size, strides, start)


def pixels_read(position: int, windows: Sequence[Window]) -> range:
    """Pixels of the picture that made one output after several windows, along one axis.

    Unlike the receptive field this stops at the edge of the picture and of every map between:
    a zero of the padding came from no pixel.

    Args:
        position: Place of the output along the axis, counted from 0.
        windows: The windows, first to last.

    Returns:
        The pixels from the first to the last one that matters; empty where every window
        lies in the padding.

    Raises:
        ValueError: There is no such position.

    Example:
        The last window of the 2012 network begins at pixel 216 and finds 8 pixels:

        >>> pixels_read(54, [Window(224, 11, strides=4, rounding="ceil")])
        range(216, 224)
    """
    outputs = windows[-1].outputs if windows else position + 1
    if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position < outputs:
        raise ValueError(
            f"position is {position!r}, and the last map has {outputs} along this axis: the "
            f"positions are 0 to {outputs - 1}."
        )
    pixels = range(position, position + 1)
    for window in reversed(windows):
        if pixels:
            start = pixels[0] * window.strides - window.padding_pair[0]
            stop = start + (len(pixels) - 1) * window.strides + window.span
            pixels = range(max(start, 0), max(min(stop, window.size), 0))
    return pixels


def conv_parameters(
    in_channels: int,
    filters: int,
    kernel_size: tuple[int, int],
    groups: int = 1,
    use_bias: bool = True,
) -> int:
    """Learned numbers of a convolution: its kernels and one bias per filter.

    Args:
        in_channels: Channels of the input.
        filters: Maps that come out.
        kernel_size: (height, width) of a kernel, in pixels.
        groups: Groups of channels that do not see each other.
        use_bias: Whether each filter adds a bias.

    Returns:
        ``height * width * in_channels / groups * filters + filters``.

    Raises:
        ValueError: The groups do not divide the channels or the filters.

    Example:
        >>> conv_parameters(3, 96, (11, 11))
        34944
    """
    check_groups(in_channels, filters, groups)
    height, width = kernel_size
    return height * width * (in_channels // groups) * filters + (filters if use_bias else 0)


def check_groups(in_channels: int, filters: int, groups: int) -> None:
    """Refuse groups that do not divide the channels that come in and those that go out.

    Args:
        in_channels: Channels of the input.
        filters: Channels of the output.
        groups: Groups of channels that do not see each other.

    Raises:
        ValueError: One of the three is no positive integer, or the groups do not divide.

    Example:
        >>> check_groups(96, 256, 2)
    """
    check_positive(in_channels, "in_channels")
    check_positive(filters, "filters")
    check_positive(groups, "groups")
    for what, number in (("input channels", in_channels), ("filters", filters)):
        if number % groups:
            raise ValueError(
                f"{groups} groups do not divide {number} {what}: each group must get the same "
                f"whole number of them. Choose a multiple of {groups}."
            )


def dense_parameters(inputs: int, units: int, use_bias: bool = True) -> int:
    """Learned numbers of a dense layer: one weight for each pair, one bias for each unit.

    Args:
        inputs: Length of the input vector.
        units: Length of the output vector.
        use_bias: Whether each unit adds a bias.

    Returns:
        ``inputs * units + units``.

    Raises:
        ValueError: An argument is not a positive integer.

    Example:
        >>> dense_parameters(9216, 4096)
        37752832
    """
    check_positive(inputs, "inputs")
    check_positive(units, "units")
    return inputs * units + (units if use_bias else 0)


def conv_macs(positions: int, in_channels: int, filters: int, kernel: int, groups: int = 1) -> int:
    """Multiply-accumulates of a convolution on one picture, the usual count.

    The usual count also multiplies the zeros of the padding. Give ``weights_on_pixels`` of the
    height's :class:`Window` times that of the width's as ``positions`` and 1 as ``kernel`` to
    leave those out.

    Args:
        positions: Window positions: height times width of the output.
        in_channels: Channels of the input.
        filters: Maps that come out.
        kernel: Weights of a kernel on one channel: its height times its width.
        groups: Groups of channels that do not see each other.

    Returns:
        ``positions * kernel * in_channels / groups * filters``.

    Raises:
        ValueError: The groups do not divide the channels or the filters.

    Example:
        >>> conv_macs(55 * 55, 3, 96, 11 * 11)
        105415200
    """
    check_groups(in_channels, filters, groups)
    return positions * kernel * (in_channels // groups) * filters
