"""Windows on pixels: one convolution, its padding and rounding, receptive fields, memory order.

Where a window is drawn, ``kernel_size`` is its side and ``strides`` its step, in pixels;
``padding`` and ``rounding`` are those of :class:`~alexnet_tutorial.shapes.Window`.
"""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from alexnet_tutorial import shapes
from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, KIND_COLORS, Picture, from_matplotlib
from alexnet_tutorial.shapes.window import Padding

if TYPE_CHECKING:
    import keras


def one_convolution(patch: np.ndarray, kernel: np.ndarray, bias: float = 0) -> Picture:
    """Draw one window times one kernel: the products, and the one number they add up to.

    Args:
        patch: The pixels in the window, an array of (height, width).
        kernel: The weights, an array of the same shape.
        bias: Number added to the sum.

    Raises:
        ValueError: Patch and kernel are not two arrays of one and the same (height, width).

    Example:
        >>> one_convolution([[1, 2], [3, 4]], [[1, 0], [0, -1]])
        A 2 by 2 window times a 2 by 2 kernel: the 4 products add up to −3.
    """
    patch, kernel = np.asarray(patch, float), np.asarray(kernel, float)
    if patch.ndim != 2 or patch.shape != kernel.shape:
        raise ValueError(
            f"the window has shape {patch.shape} and the kernel {kernel.shape}: both must be the "
            "same (height, width). Cut the window out of the picture first."
        )
    height, width = patch.shape
    products = patch * kernel
    total = products.sum() + bias
    fig, axes = draw.figure(6, 2)
    blocks = (
        ("window", patch, COLORS["gray"], "×"),
        ("kernel", kernel, KIND_COLORS["conv"], "="),
        ("products", products, COLORS["purple"], "→"),
    )
    x = 0.0
    for title, block, color, sign in blocks:
        draw.text(axes, x + width / 2, height + 0.4, title)
        for (row, column), number in np.ndenumerate(block):
            y = height - 1 - row
            draw.square(axes, x + column, y, color, 0.15)
            draw.text(axes, x + column + 0.5, y + 0.5, draw.number_text(number))
        draw.text(axes, x + width + 0.5, height / 2, sign, 13)
        x += width + 1
    draw.text(axes, x + 0.9, height + 0.4, "sum")
    draw.square(axes, x + 0.2, height / 2 - 0.5, COLORS["orange"], 0.3, width=1.4)
    draw.text(axes, x + 0.9, height / 2, draw.number_text(total), 11, weight="bold")
    if bias:
        draw.text(axes, x + 0.9, height / 2 - 0.8, f"bias {draw.number_text(bias)} added", 8)
    draw.frame(fig, axes, -0.1, x + 1.9, -0.1, height + 0.8, 0.45)
    added = f" and the bias {draw.number_text(bias)}" if bias else ""
    return from_matplotlib(
        fig,
        f"A {height} by {width} window times a {height} by {width} kernel: the "
        f"{height * width} products{added} add up to {draw.number_text(total)}.",
    )


def convolution_window(
    size: int,
    kernel_size: int,
    strides: int = 1,
    padding: Padding = 0,
    rounding: str = "floor",
    position: tuple[int, int] = (0, 0),
    values: np.ndarray | None = None,
) -> Picture:
    """Draw a window on a grid of pixels beside the map it fills.

    Zeros of the padding are dotted, pixels that no window reads are crossed out, the pixel at the
    top left of every position of the window carries a dot.

    Args:
        size: Pixels of the square picture, along one side.
        kernel_size: Pixels of the square window.
        strides, padding, rounding: As :class:`~alexnet_tutorial.shapes.Window`.
        position: (row, column) of the map at which the window is drawn.
        values: Numbers to write into the pixels, an array of (size, size), or None.

    Raises:
        ValueError: The window does not fit, or there is no such position.

    Example:
        >>> convolution_window(7, 3, strides=2)
        A 3 by 3 window moves over 7 by 7 pixels in steps of 2: 3 by 3 positions.
    """
    window = shapes.Window(size, kernel_size, strides, padding, rounding)
    outputs, unread, (before, after) = window.outputs, window.unread, window.pads
    row, column = position
    if not (0 <= row < outputs and 0 <= column < outputs):
        raise ValueError(
            f"position {position} is not on the map, which has {outputs} rows and columns. Count "
            "from 0."
        )
    fig, axes = draw.figure(6, 4)
    total = before + size + after
    for r in range(-before, size + after):
        for c in range(-before, size + after):
            x, y = c + before, total - 1 - (r + before)
            if not (0 <= r < size and 0 <= c < size):
                draw.zero(axes, x, y)
                continue
            draw.square(axes, x, y, COLORS["gray"], 0.1)
            if max(r, c) >= size - unread:
                draw.cross(axes, x, y)
            if values is not None:
                draw.text(axes, x + 0.5, y + 0.5, draw.number_text(values[r][c]), draw.SMALL)
    blue = KIND_COLORS["conv"]
    for r, c in np.ndindex(outputs, outputs):
        x, y = c * strides + 0.16, total - r * strides - 0.16
        axes.plot([x], [y], "o", markersize=2.6, color=blue)
    corner = column * strides, total - row * strides - kernel_size
    draw.square(axes, *corner, blue, 0.3, kernel_size, kernel_size, linewidth=2.2)
    start = total + 2.5
    middle = total / 2 + outputs / 2
    for r, c in np.ndindex(outputs, outputs):
        face, wide = (0.7, 2) if (r, c) == (row, column) else (0.12, 0.9)
        draw.square(axes, start + c, middle - 1 - r, COLORS["orange"], face, linewidth=wide)
    height = middle - row - 0.5
    draw.arrow(axes, (total + 0.25, height), (start - 0.15, height), color="black", lw=1)
    title = f"{size} × {size} pixels"
    if before == after > 0:
        title += f" + {draw.count(before, 'zero')} on each side"
    elif before or after:
        title += f" + {before} and {draw.count(after, 'zero')}"
    draw.text(axes, total / 2, total + 0.55, title)
    draw.text(axes, start + outputs / 2, max(middle + 0.55, 0), f"{outputs} × {outputs} map")
    right = start + max(outputs, 3) + 0.6
    draw.frame(fig, axes, -0.2, right, -0.2, total + 1.1, 0.34 if total < 13 else 0.24)
    alt = f"A {kernel_size} by {kernel_size} window moves over {size} by {size} pixels"
    if before or after:
        alt += f" with {draw.count(before, 'zero')} before and {after} after each line"
    alt += f" in steps of {strides}: {outputs} by {outputs} positions."
    if unread:
        lines = f"{draw.count(unread, 'line')} of pixels {'is' if unread == 1 else 'are'}"
        alt += f" At the bottom and the right {lines} never read."
    past = after - window.padding_pair[1]
    if past > 0:
        alt += f" The last window runs {draw.count(past, 'pixel')} past the edge."
    return from_matplotlib(fig, alt)


def windows_on_line(
    size: int,
    kernel_size: int,
    strides: int = 1,
    padding: Padding = 0,
    rounding: str = "floor",
    ends: int = 3,
) -> Picture:
    """Draw the first and the last windows on one line of pixels, down to the edge.

    Args:
        size: Pixels on the line.
        kernel_size: Pixels of a window.
        strides, padding, rounding: As :class:`~alexnet_tutorial.shapes.Window`.
        ends: Windows drawn at each end.

    Raises:
        ValueError: The window does not fit.

    Example:
        >>> windows_on_line(224, 11, strides=4, rounding="ceil")
        55 windows of 11 pixels on a line of 224, in steps of 4, rounded up: the last starts at \
pixel 216 and runs 3 pixels past the edge.
    """
    window = shapes.Window(size, kernel_size, strides, padding, rounding)
    outputs, unread, (before, after) = window.outputs, window.unread, window.pads
    starts = [index * strides - before for index in range(outputs)]
    whole = outputs <= 2 * ends or size + before + after <= 40
    shown = range(outputs) if whole else [*range(ends), *range(outputs - ends, outputs)]
    spans = [(-before, size + after)]
    if not whole:
        first_end = starts[ends - 1] + kernel_size
        spans = [(-before, first_end), (starts[outputs - ends], size + after)]
    fig, axes = draw.figure(7, 2)
    place, x = {}, 0.0
    for number, (first, end) in enumerate(spans):
        if number:
            draw.text(axes, x + 1.5, 0.5, "· · ·", 11)
            x += 3
        for pixel in range(first, end):
            place[number, pixel] = x
            if not 0 <= pixel < size:
                draw.zero(axes, x, 0)
            elif pixel >= size - unread:
                draw.square(axes, x, 0, COLORS["red"], 0.2)
                draw.cross(axes, x, 0)
            else:
                draw.square(axes, x, 0, COLORS["gray"], 0.15)
            x += 1
    last = len(spans) - 1
    edge = place[last, size - 1] + 1
    draw.line(axes, [edge, edge], [-0.2, 1.9], linewidth=1.6)
    draw.text(
        axes,
        edge,
        2.25,
        f"pixel {size - 1}",
        draw.SMALL,
        ha="right" if after or unread else "center",
    )
    draw.text(
        axes, place[0, 0] + 0.5, 2.25, "pixel 0", draw.SMALL, ha="left" if before else "center"
    )
    bottom = 0.0
    for drawn, index in enumerate(shown):
        number = 0 if whole or drawn < ends else last
        line = drawn if whole else drawn % ends
        y = -0.9 - 0.95 * (line % 4 if whole else line)
        bottom = min(bottom, y)
        left = place[number, starts[index]]
        final = index == outputs - 1
        color = COLORS["orange"] if final else KIND_COLORS["conv"]
        draw.square(axes, left, y, color, 0.3, kernel_size, 0.7)
        draw.text(axes, left + kernel_size / 2, y + 0.34, str(index + 1), draw.SMALL)
    unit = min(0.19, draw.COLUMN / (x + 2.4))
    draw.frame(fig, axes, -1.2, x + 1.2, bottom - 0.3, 2.7, unit)
    up = ", rounded up" if rounding == "ceil" else ""
    past = starts[-1] + kernel_size - size
    if unread:
        end_text = (
            f"ends at pixel {starts[-1] + kernel_size - 1}, and {draw.count(unread, 'pixel')} "
            f"after it {'is' if unread == 1 else 'are'} never read"
        )
    elif past > 0:
        end_text = f"runs {draw.count(past, 'pixel')} past the edge"
    else:
        end_text = "ends at the edge"
    return from_matplotlib(
        fig,
        f"{outputs} windows of {kernel_size} pixels on a line of {size}, in steps of {strides}"
        f"{up}: the last starts at pixel {starts[-1]} and {end_text}.",
    )


def last_window(
    image: np.ndarray,
    kernel_size: int,
    strides: int = 1,
    padding: Padding = 0,
    rounding: str = "floor",
) -> Picture:
    """Draw the bottom right corner of a picture with the last window, and what it finds there.

    Zeros past the edge are dotted, pixels that no window reads are crossed out, and the window
    one step before the last is drawn too.

    Args:
        image: A square picture, an array of (size, size, 3), of 0 to 1 or ``uint8``.
        kernel_size: Pixels of the square window.
        strides, padding, rounding: As :class:`~alexnet_tutorial.shapes.Window`.

    Raises:
        ValueError: The picture is not square, or the window does not fit.

    Example:
        >>> import numpy as np
        >>> last_window(np.zeros((224, 224, 3)), 11, strides=4, rounding="ceil")
        The bottom right corner of a picture of 224 by 224 pixels. The last window of 11 by 11 \
begins at row and column 216 and reads 8 by 8 pixels and 57 zeros, which fill 3 rows and 3 columns \
past the edge.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[0] != image.shape[1]:
        raise ValueError(
            f"the picture has shape {image.shape}, and must be (size, size, 3): the corner is the "
            "same for rows and columns."
        )
    size = image.shape[0]
    window = shapes.Window(size, kernel_size, strides, padding, rounding)
    outputs, unread, (before, after) = window.outputs, window.unread, window.pads
    start = (outputs - 1) * strides - before
    end, whole = start + kernel_size, size + after
    first = max(start - strides - 2, 0)
    fig, axes = draw.figure(4, 4)
    # y grows upwards, rows grow downwards.
    place = (first, size, -size, -first)
    corner = axes.imshow(image[first:, first:], "gray", aspect="auto", alpha=0.75, extent=place)
    corner.set_interpolation("nearest")
    for row, column in itertools.product(range(first, whole), repeat=2):
        if max(row, column) >= size:
            draw.zero(axes, column, -row - 1)
            continue
        draw.square(axes, column, -row - 1, COLORS["gray"], linewidth=0.4)
        if max(row, column) >= size - unread:
            draw.cross(axes, column, -row - 1)
    for left, color, face, wide in (
        (start - strides, KIND_COLORS["conv"], 0.0, 1.6),
        (start, COLORS["orange"], 0.18, 2.4),
    ):
        if left >= first:
            bottom = -left - kernel_size
            draw.square(axes, left, bottom, color, face, kernel_size, kernel_size, linewidth=wide)
    draw.line(axes, (first, size, size), (-size, -size, -first), linewidth=2)
    for pixel in sorted({start, size - 1, max(whole, end) - 1}):
        draw.text(axes, pixel + 0.5, -first + 0.6, f"{pixel}", draw.SMALL, ha="center")
        draw.text(axes, first - 0.3, -pixel - 0.5, f"{pixel}", draw.SMALL, ha="right")
    draw.frame(fig, axes, first - 2.2, whole + 0.3, -whole - 0.3, -first + 1.2, 0.22)
    inside = min(end, size) - start
    zeros = kernel_size**2 - inside**2
    past = end - size
    if past > 0:
        reading = (
            f"reads {inside} by {inside} pixels and {draw.count(zeros, 'zero')}, which fill "
            f"{draw.count(past, 'row')} and {draw.count(past, 'column')} past the edge."
        )
    elif unread:
        reading = (
            f"ends at row and column {end - 1}: {draw.count(unread, 'row')} and "
            f"{draw.count(unread, 'column')} after it are never read."
        )
    else:
        reading = "ends exactly at the edge."
    return from_matplotlib(
        fig,
        f"The bottom right corner of a picture of {size} by {size} pixels. The last window of "
        f"{kernel_size} by {kernel_size} begins at row and column {start} and {reading}",
    )


def mixed_formats(shape: tuple[int, int, int], layers: Sequence["keras.layers.Layer"]) -> Picture:
    """Draw for each layer which axis it takes for the channels, and what becomes of each axis.

    Args:
        shape: What goes in, meant as (channels, height, width).
        layers: Keras layers with a ``data_format``, in order; they need not be built.

    Returns:
        A :class:`Picture`; its alt text follows the shape from layer to layer.

    Raises:
        ValueError: The shape has not three axes.

    Example:
        >>> import keras
        >>> pool = keras.layers.MaxPooling2D(2, data_format="channels_last")
        >>> mixed_formats((8, 6, 6), [pool])
        Maps meant as channels, height, width: 8 × 6 × 6. MaxPooling2D, channels last, takes the \
channels for a height: 4 × 3 × 6. 1 of 1 layers misread the axes.
    """
    if len(shape) != 3:
        raise ValueError(f"the shape is {shape}, and must be (channels, height, width).")
    roles = {
        "channels_first": ("channels", "height", "width"),
        "channels_last": ("height", "width", "channels"),
    }
    meant = roles["channels_first"]
    color = dict(zip(meant, draw.palette("orange", "blue", "green"), strict=True))
    fig, axes = draw.figure(5, 4)
    wide, high = 2.6, 1.0
    for axis, role in enumerate(meant):
        x = axis * wide
        draw.text(axes, x + wide / 2, 1.35, f"meant: {role}", 8.5, weight="bold")
        draw.square(axes, x + 0.05, 0.05, color[role], 0.3, wide - 0.1, high - 0.1)
        draw.text(axes, x + wide / 2, high / 2, f"{shape[axis]}", 10)
    draw.text(axes, -0.2, high / 2, "input", 8.5, ha="right")
    told, wrong, y = [f"Maps meant as channels, height, width: {draw.times(shape)}."], 0, 0.0
    for layer in layers:
        y -= high
        out = tuple(layer.compute_output_shape((None, *shape)))[1:]
        taken = roles[layer.data_format]
        kind, layout = type(layer).__name__, layer.data_format.replace("_", " ")
        draw.text(axes, -0.2, y + 0.66, kind, 8.5, ha="right")
        draw.text(axes, -0.2, y + 0.3, layout, draw.SMALL, ha="right", style="italic")
        for axis, role in enumerate(taken):
            x, misread = axis * wide, role != meant[axis]
            edge = {"edgecolor": COLORS["red"], "linewidth": 1.6} if misread else {}
            draw.square(axes, x + 0.05, y + 0.05, color[role], 0.3, wide - 0.1, high - 0.1, **edge)
            same = shape[axis] == out[axis]
            text = f"{out[axis]}" if same else f"{shape[axis]} → {out[axis]}"
            weight = "bold" if misread and not same else "normal"
            draw.text(axes, x + wide / 2, y + 0.66, text, 9, weight=weight)
            draw.text(axes, x + wide / 2, y + 0.27, f"read as {role}", draw.SMALL)
        misreads = taken != meant
        wrong += misreads
        says = ", takes the channels for a height" if misreads else ", reads them as meant"
        told.append(f"{kind}, {layout}{says}: {draw.times(out)}.")
        shape = out
    draw.frame(fig, axes, -2.7, 3 * wide + 0.1, y - 0.1, 1.75, 0.44)
    told.append(f"{wrong} of {len(layers)} layers misread the axes.")
    return from_matplotlib(fig, " ".join(told))


def memory_order(height: int, width: int, channels: int) -> Picture:
    """Draw in which order a stack of maps lies in memory, channels last and channels first.

    Args:
        height: Rows of a map.
        width: Columns of a map.
        channels: Maps, at most as many as :data:`COLORS` has colors.

    Raises:
        ValueError: There are more maps than colors.

    Example:
        >>> memory_order(2, 2, 3)  # doctest: +ELLIPSIS
        12 numbers of 3 maps of 2 × 2 in memory. Channels last: the 3 channels of one pixel ...
    """
    palette = draw.palette("blue", "orange", "green", "purple", "red", "teal")
    if channels > len(palette):
        raise ValueError(
            f"{channels} maps are more than the {len(palette)} colors to tell them apart. Draw "
            "fewer: the order is the same for any number."
        )
    names = "abcdefghijklmnopqrstuvwxyz"
    pixels = list(itertools.product(range(height), range(width)))
    label = {pixel: names[i] for i, pixel in enumerate(pixels)}
    fig, axes = draw.figure(7, 2)
    total = height * width * channels
    x = 0.0
    top = 3.4 + height
    for channel in range(channels):
        for row, column in pixels:
            draw.square(axes, x + column, top - 1 - row, palette[channel], 0.3)
            name = f"{label[row, column]}{channel + 1}"
            draw.text(axes, x + column + 0.5, top - 0.5 - row, name, draw.SMALL)
        draw.text(axes, x + width / 2, top + 0.35, f"map {channel + 1}", draw.SMALL)
        x += width + 0.8
    last = [(channel, pixel) for pixel in pixels for channel in range(channels)]
    first = [(channel, pixel) for channel in range(channels) for pixel in pixels]
    for y, order, title in ((1.9, last, "channels last"), (0, first, "channels first")):
        draw.text(axes, -0.4, y + 0.5, title, ha="right")
        for index, (channel, pixel) in enumerate(order):
            draw.square(axes, index, y, palette[channel], 0.3)
            draw.text(axes, index + 0.5, y + 0.5, f"{label[pixel]}{channel + 1}", draw.SMALL)
    draw.frame(fig, axes, -4.6, max(total, x) + 0.3, -0.3, top + 0.8, 0.36 if total <= 16 else 0.3)
    return from_matplotlib(
        fig,
        f"{total} numbers of {channels} maps of {height} × {width} in memory. Channels last: the "
        f"{channels} channels of one pixel lie together. Channels first: the {height * width} "
        "pixels of one map lie together.",
    )


def receptive_field(net: shapes.Architecture, names: Sequence[str]) -> Picture:
    """Draw on the picture what one output of each layer sees: in the middle, and in a corner.

    Args:
        net: An :class:`~alexnet_tutorial.shapes.architecture.Architecture`.
        names: Layers with maps, from the smallest field to the largest.

    Raises:
        ValueError: No layer has such a name.

    Example:
        >>> from alexnet_tutorial.shapes import variant
        >>> receptive_field(variant("compact"), ["conv1"])  # doctest: +ELLIPSIS
        On a picture of 57 × 57 pixels are made: the middle output of conv1 from 5 × 5 pixels; ...
    """
    maps = {step.layer.name: step.output for step in net.steps}
    fields = {name: net.receptive_field(name) for name in names}
    height, width, _ = net.input_shape
    # In the corner the fields reach beyond the picture, upwards and to the left.
    over = max(0, *(-axis.start for field in fields.values() for axis in field))
    palette = draw.palette("blue", "green", "orange", "purple", "red", "teal")
    fig, axes = draw.figure(8, 4)
    unit, words = height / 18, []
    for which, left in (("middle", 0), ("first", width + over + unit)):
        draw.square(axes, left, 0, COLORS["gray"], 0.12, width, height)
        title = f"{which} output of each layer"
        draw.text(axes, left + width / 2, height + over + 0.8 * unit, title)
        for name, color in zip(names, palette, strict=False):
            high, wide, _ = maps[name]
            place = (high // 2, wide // 2) if which == "middle" else (0, 0)
            rows, columns = net.pixels_read(name, place)
            top, beside = (
                axis.start + n * axis.strides for axis, n in zip(fields[name], place, strict=True)
            )
            high, wide = fields[name][0].size, fields[name][1].size
            # Dotted: the whole field. Solid: what it finds on the picture.
            if which == "first":
                corner = left + beside, height - top - high
                draw.square(axes, *corner, color, 0, wide, high, linestyle=":", linewidth=1.2)
            corner = left + columns[0], height - rows[-1] - 1
            draw.square(axes, *corner, color, 0.16, len(columns), len(rows), linewidth=1.6)
            words.append(f"the {which} output of {name} from {len(rows)} × {len(columns)} pixels")
    right = 2 * width + over + 1.5 * unit
    room = right / max(len(names), 4)  # below the pictures, side by side
    for index, (name, color) in enumerate(zip(names, palette, strict=False)):
        draw.square(axes, index * room, -2 * unit, color, 0.3, unit, unit)
        field = f"{name}: {fields[name][0].size}×{fields[name][1].size}"
        draw.text(axes, index * room + 1.4 * unit, -1.5 * unit, field, draw.SMALL, ha="left")
    scale = draw.COLUMN / (right + unit / 3)
    draw.frame(fig, axes, -unit / 3, right, -2.3 * unit, height + over + 2 * unit, scale)
    return from_matplotlib(
        fig,
        f"On a picture of {height} × {width} pixels are made: {'; '.join(words)}. In the corner a "
        "part of a field may lie in the padding, where there are no pixels.",
    )
