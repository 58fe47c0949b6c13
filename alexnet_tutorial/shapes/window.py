"""The shape arithmetic of a convolutional network, in plain integers.

No array library, no Keras: every function is the formula a chapter derives by hand. Sizes are
in pixels, counts are exact integers. A padding is always the pair ``(before, after)`` of zeros
added along one axis once :func:`resolve_padding` has read it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

ROUNDINGS = ("floor", "ceil")

Padding = int | str | Sequence[int]


def _positive(value, what):
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(
            f"{what} is {value!r}, and must be an integer of at least 1: it counts pixels or maps."
        )


def effective_kernel_size(kernel_size: int, dilation_rate: int = 1) -> int:
    """Pixels that a window spans along one axis, its holes included.

    Args:
        kernel_size: Weights along the axis.
        dilation_rate: Distance in pixels between neighboring weights (1: no holes).

    Returns:
        ``dilation_rate * (kernel_size - 1) + 1``, in pixels.

    Raises:
        ValueError: An argument is not a positive integer.

    Example:
        >>> effective_kernel_size(3), effective_kernel_size(3, dilation_rate=2)
        (3, 5)
    """
    _positive(kernel_size, "kernel_size")
    _positive(dilation_rate, "dilation_rate")
    return dilation_rate * (kernel_size - 1) + 1


def resolve_padding(
    size: int, kernel_size: int, strides: int = 1, padding: Padding = 0, dilation_rate: int = 1
) -> tuple[int, int]:
    """Zeros that a padding adds before and after one axis.

    Args:
        size: Pixels along the axis.
        kernel_size: Weights of the window along the axis.
        strides: Step of the window, in pixels.
        padding: ``"valid"`` (none), ``"same"`` (TensorFlow's: ``ceil(size / strides)`` outputs,
            the odd zero after), an integer for both sides, or ``(before, after)``.
        dilation_rate: Distance between neighboring weights, in pixels.

    Returns:
        ``(before, after)``, in pixels.

    Raises:
        ValueError: The padding is none of these, or negative.

    Example:
        >>> resolve_padding(224, 11, 4, "same")
        (3, 4)
        >>> resolve_padding(27, 5, 1, 2)
        (2, 2)
    """
    span = effective_kernel_size(kernel_size, dilation_rate)
    _positive(size, "size")
    _positive(strides, "strides")
    if padding == "valid":
        return 0, 0
    if padding == "same":
        outputs = -(-size // strides)
        total = max((outputs - 1) * strides + span - size, 0)
        return total // 2, total - total // 2
    pair = (padding, padding) if isinstance(padding, int) else padding
    if (
        isinstance(padding, (str, bool))
        or not isinstance(pair, Sequence)
        or len(pair) != 2
        or any(isinstance(side, bool) or not isinstance(side, int) or side < 0 for side in pair)
    ):
        raise ValueError(
            f"padding is {padding!r}, and must be 'valid', 'same', an integer of at least 0, or "
            "a pair (before, after) of such integers for one axis."
        )
    return pair[0], pair[1]


def output_size(
    size: int,
    kernel_size: int,
    strides: int = 1,
    padding: Padding = 0,
    rounding: str = "floor",
    dilation_rate: int = 1,
) -> int:
    """Positions of a sliding window along one axis.

    ``(size + before + after - kernel) / strides``, rounded down or up, plus 1. Dumoulin and
    Visin (2016), arXiv:1603.07285, derive the floor; the source code of the 2012 network rounds
    up (its ``layer.py``, lines 1004 and 1164).

    Args:
        size: Pixels along the axis.
        kernel_size: Weights of the window along the axis.
        strides: Step of the window, in pixels.
        padding: See :func:`resolve_padding`.
        rounding: ``"floor"`` leaves out pixels that no whole step reaches; ``"ceil"`` takes one
            more step, whose window may run past the edge and reads zeros there.
        dilation_rate: Distance between neighboring weights, in pixels.

    Returns:
        The number of positions, at least 1.

    Raises:
        ValueError: The kernel is larger than the padded input, or an argument is out of range.

    Example:
        The first convolution of AlexNet on 224 pixels, rounded down and rounded up:

        >>> output_size(224, 11, strides=4), output_size(224, 11, strides=4, rounding="ceil")
        (54, 55)
    """
    before, after = resolve_padding(size, kernel_size, strides, padding, dilation_rate)
    span = effective_kernel_size(kernel_size, dilation_rate)
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding is {rounding!r}, and must be one of {', '.join(ROUNDINGS)}.")
    room = size + before + after - span
    if room < 0:
        raise ValueError(
            f"a window of {span} pixels does not fit into {size} + {before} + {after} = "
            f"{size + before + after} pixels. The map shrank too far before this layer: use a "
            "smaller kernel, more padding, a larger input, or fewer strides above."
        )
    steps = room // strides if rounding == "floor" else -(-room // strides)
    return steps + 1


def pad_amounts(
    size: int,
    kernel_size: int,
    strides: int = 1,
    padding: Padding = 0,
    rounding: str = "floor",
    dilation_rate: int = 1,
) -> tuple[int, int]:
    """Zeros that make plain ``valid`` arithmetic (rounding down) give the same output size.

    Rounding up equals extra zeros after the edge, as many as the last window needs.

    Args:
        size: Pixels along the axis.
        kernel_size: Weights of the window along the axis.
        strides: Step of the window, in pixels.
        padding: See :func:`resolve_padding`.
        rounding: See :func:`output_size`.
        dilation_rate: Distance between neighboring weights, in pixels.

    Returns:
        ``(before, after)``, in pixels.

    Raises:
        ValueError: As :func:`output_size`.

    Example:
        The last window of the 2012 network starts at pixel 216 and ends 3 past the edge:

        >>> pad_amounts(224, 11, strides=4, rounding="ceil")
        (0, 3)
    """
    before, after = resolve_padding(size, kernel_size, strides, padding, dilation_rate)
    outputs = output_size(size, kernel_size, strides, padding, rounding, dilation_rate)
    span = effective_kernel_size(kernel_size, dilation_rate)
    needed = (outputs - 1) * strides + span
    return before, max(after, needed - size - before)


def unread_pixels(
    size: int,
    kernel_size: int,
    strides: int = 1,
    padding: Padding = 0,
    rounding: str = "floor",
    dilation_rate: int = 1,
) -> int:
    """Pixels at the end of an axis that no window reaches, because the steps stop short of them.

    Args:
        size: Pixels along the axis.
        kernel_size: Weights of the window along the axis.
        strides: Step of the window, in pixels.
        padding: See :func:`resolve_padding`.
        rounding: See :func:`output_size`.
        dilation_rate: Distance between neighboring weights, in pixels.

    Returns:
        Rows (or columns) of the picture that take no part, 0 when every one does.

    Raises:
        ValueError: As :func:`output_size`.

    Example:
        >>> unread_pixels(224, 11, strides=4), unread_pixels(227, 11, strides=4)
        (1, 0)
    """
    before, _ = resolve_padding(size, kernel_size, strides, padding, dilation_rate)
    outputs = output_size(size, kernel_size, strides, padding, rounding, dilation_rate)
    span = effective_kernel_size(kernel_size, dilation_rate)
    return max(size - ((outputs - 1) * strides + span - before), 0)


def weights_on_pixels(
    size: int,
    kernel_size: int,
    strides: int = 1,
    padding: Padding = 0,
    rounding: str = "floor",
    dilation_rate: int = 1,
) -> int:
    """Pairs (window position, weight) along one axis that meet a pixel and not a padding zero.

    Args:
        size: Pixels along the axis.
        kernel_size: Weights of the window along the axis.
        strides: Step of the window, in pixels.
        padding: See :func:`resolve_padding`.
        rounding: See :func:`output_size`.
        dilation_rate: Distance between neighboring weights, in pixels.

    Returns:
        The count; without padding it is ``output_size * kernel_size``.

    Raises:
        ValueError: As :func:`output_size`.

    Example:
        Two zeros on each side of 27 pixels: 5 * 27 pairs, less the six that meet a zero.

        >>> weights_on_pixels(27, 5, padding=2), 5 * 27
        (129, 135)
    """
    before, _ = resolve_padding(size, kernel_size, strides, padding, dilation_rate)
    outputs = output_size(size, kernel_size, strides, padding, rounding, dilation_rate)
    return sum(
        0 <= position * strides + weight * dilation_rate - before < size
        for position in range(outputs)
        for weight in range(kernel_size)
    )


def transposed_output_size(
    size: int,
    kernel_size: int,
    strides: int = 1,
    padding: str = "valid",
    output_padding: int | None = None,
    dilation_rate: int = 1,
) -> int:
    """Pixels that come out of a transposed convolution along one axis.

    Each input pixel adds its window to the output, ``strides`` pixels after its neighbor's:
    ``(size - 1) * strides + kernel`` pixels in all, from which a padding crops (Dumoulin and
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

    Returns:
        The number of pixels, at least 1.

    Raises:
        ValueError: An argument is out of range, or nothing would be left.

    Example:
        >>> transposed_output_size(13, 3, 2, "same"), transposed_output_size(13, 3, 2)
        (26, 27)
    """
    span = effective_kernel_size(kernel_size, dilation_rate)
    _positive(size, "size")
    _positive(strides, "strides")
    if padding not in ("valid", "same"):
        raise ValueError(f"padding is {padding!r}, and must be 'valid' or 'same'.")
    if output_padding is not None and (
        isinstance(output_padding, bool)
        or not isinstance(output_padding, int)
        or not 0 <= output_padding < strides
    ):
        raise ValueError(
            f"output_padding is {output_padding!r}, and must be None or an integer from 0 to "
            f"below the strides, {strides}."
        )
    if padding == "valid":
        last = max(span, strides) if output_padding is None else span + output_padding
    else:
        last = strides if output_padding is None else span % 2 + output_padding
    outputs = (size - 1) * strides + last
    if not outputs:
        raise ValueError(
            f"a transposed window of {span} pixels on {size} pixel with 'same' padding and "
            "output_padding 0 leaves no pixel. Use a larger output_padding, or None."
        )
    return outputs


def weights_in_output(
    size: int,
    kernel_size: int,
    strides: int = 1,
    padding: str = "valid",
    output_padding: int | None = None,
    dilation_rate: int = 1,
) -> int:
    """Pairs (input pixel, weight) of a transposed convolution whose product is not cropped away.

    The counterpart of :func:`weights_on_pixels`: there a window reads zeros past the edge, here
    it writes past it. The smaller half of what is cropped is cropped before the first pixel.

    Args:
        size: Pixels of the input along the axis.
        kernel_size: Weights of the window along the axis.
        strides: Pixels of the output from one window to the next.
        padding: See :func:`transposed_output_size`.
        output_padding: See :func:`transposed_output_size`.
        dilation_rate: Distance between neighboring weights, in pixels.

    Returns:
        The count; where nothing is cropped it is ``size * kernel_size``.

    Raises:
        ValueError: As :func:`transposed_output_size`.

    Example:
        >>> weights_in_output(13, 3, 2, "same"), 13 * 3
        (38, 39)
    """
    outputs = transposed_output_size(
        size, kernel_size, strides, padding, output_padding, dilation_rate
    )
    full = (size - 1) * strides + effective_kernel_size(kernel_size, dilation_rate)
    before = max((full - outputs) // 2, 0)
    return sum(
        0 <= pixel * strides + weight * dilation_rate - before < outputs
        for pixel in range(size)
        for weight in range(kernel_size)
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


def receptive_field(windows: Sequence[Mapping]) -> ReceptiveField:
    """Receptive field of one output after several windows in a row, along one axis.

    From the last window back to the first: a field of ``n`` outputs that lie ``strides`` apart
    needs ``(n - 1) * strides + kernel`` inputs (Araujo, Norris and Sim, 2019,
    doi:10.23915/distill.00021).

    Args:
        windows: For each window, first to last, the arguments of :func:`output_size` by name.

    Returns:
        The field; a window that runs past the edge reads zeros there, and they count here.

    Raises:
        ValueError: As :func:`output_size`.

    Example:
        conv1 and pool1 of the 2012 network:

        >>> conv1 = {"size": 224, "kernel_size": 11, "strides": 4, "rounding": "ceil"}
        >>> receptive_field([conv1, {"size": 55, "kernel_size": 3, "strides": 2}])
        ReceptiveField(size=19, strides=8, start=0)
    """
    size, strides, start = 1, 1, 0
    for window in reversed(windows):
        before, span, step = _window(window)
        size = (size - 1) * step + span
        strides *= step
        start = start * step - before
    return ReceptiveField(size, strides, start)


def pixels_read(position: int, windows: Sequence[Mapping]) -> range:
    """Pixels of the picture that made one output after several windows, along one axis.

    Unlike the receptive field this stops at the edge of the picture and of every map between:
    a zero of the padding came from no pixel.

    Args:
        position: Place of the output along the axis, counted from 0.
        windows: As :func:`receptive_field`.

    Returns:
        The pixels from the first to the last one that matters; empty where every window
        lies in the padding.

    Raises:
        ValueError: There is no such position, or as :func:`output_size`.

    Example:
        The last window of the 2012 network begins at pixel 216 and finds 8 pixels:

        >>> conv1 = {"size": 224, "kernel_size": 11, "strides": 4, "rounding": "ceil"}
        >>> pixels_read(54, [conv1])
        range(216, 224)
    """
    outputs = output_size(**windows[-1]) if windows else position + 1
    if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position < outputs:
        raise ValueError(
            f"position is {position!r}, and the last map has {outputs} along this axis: the "
            f"positions are 0 to {outputs - 1}."
        )
    pixels = range(position, position + 1)
    for window in reversed(windows):
        before, span, step = _window(window)
        if pixels:
            first, last = pixels[0] * step - before, pixels[-1] * step - before + span
            pixels = range(max(first, 0), max(min(last, window["size"]), 0))
    return pixels


def _window(window):
    """(zeros before, pixels spanned, step) of one window along one axis."""
    output_size(**window)  # refuses what does not fit
    strides, dilation_rate = window.get("strides", 1), window.get("dilation_rate", 1)
    before, _ = resolve_padding(
        window["size"], window["kernel_size"], strides, window.get("padding", 0), dilation_rate
    )
    return before, effective_kernel_size(window["kernel_size"], dilation_rate), strides


def conv_parameters(
    in_channels: int, filters: int, kernel_size: tuple[int, int], groups: int = 1, use_bias=True
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
    _check_groups(in_channels, filters, groups)
    height, width = kernel_size
    return height * width * (in_channels // groups) * filters + (filters if use_bias else 0)


def _check_groups(in_channels, filters, groups):
    _positive(in_channels, "in_channels")
    _positive(filters, "filters")
    _positive(groups, "groups")
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
    _positive(inputs, "inputs")
    _positive(units, "units")
    return inputs * units + (units if use_bias else 0)


def conv_macs(positions: int, in_channels: int, filters: int, kernel: int, groups: int = 1) -> int:
    """Multiply-accumulates of a convolution on one picture, the usual count.

    The usual count also multiplies the zeros of the padding. Give :func:`weights_on_pixels` of
    the height times that of the width as ``positions`` and 1 as ``kernel`` to leave those out.

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
    _check_groups(in_channels, filters, groups)
    return positions * kernel * (in_channels // groups) * filters
