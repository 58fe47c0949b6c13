"""Every picture of the book: drawn from a description, readable in light and dark, with alt text.

A figure is one call that returns a :class:`Picture`, which a notebook shows as the last value of
a cell. Text takes the color of the page around it, and the alt text is computed from the same
numbers as the drawing and says what the drawing shows.
"""

import hashlib
import io
import os
import re
import tempfile
from html import escape
from pathlib import Path

COLORS = {
    "blue": "#3b7dd8",
    "orange": "#d1700e",
    "green": "#2f8f5b",
    "red": "#d64550",
    "purple": "#9a63d3",
    "teal": "#16909c",
    "yellow": "#a98600",
    "gray": "#808080",
}
"""Mid-tones that stand out (contrast of at least 3) both on white and on #121212."""

KIND_COLORS = {
    "input": COLORS["gray"],
    "conv": COLORS["blue"],
    "lrn": COLORS["teal"],
    "pool": COLORS["green"],
    "flatten": COLORS["yellow"],
    "dense": COLORS["orange"],
    "dropout": COLORS["red"],
}
"""One color for each kind of layer, the same in every figure."""

_RC = {
    "svg.fonttype": "none",  # text stays text: it can be read out, searched and recolored
    "svg.hashsalt": "alexnet-tutorial",  # ids, and so bytes, are the same in every run
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
}
_IMAGE_DPI = 144  # embedded photographs: sharp on a screen with two pixels to a point
_PNG_DPI = 200


class Picture:
    """A drawing that a notebook shows inline, with its alternative text.

    Args:
        svg: An ``<svg>`` element, or a whole SVG file. Its ids are made unique to this drawing,
            so that several can stand on one page.
        alt: What the drawing shows, for readers who do not see it.

    Raises:
        ValueError: There is no ``<svg>`` element, or no alternative text.

    Example:
        >>> dot = Picture('<svg viewBox="0 0 2 2"><circle r="1"/></svg>', "A quarter of a disk.")
        >>> dot
        A quarter of a disk.
        >>> 'aria-label="A quarter of a disk."' in dot._repr_html_()
        True
    """

    def __init__(self, svg, alt):  # noqa: D107
        match = re.search(r"<svg\b([^>]*)>(.*)</svg>", svg, flags=re.DOTALL)
        if match is None:
            raise ValueError(
                f"a Picture is made from an <svg> element, and received {svg[:60]!r}, in which "
                "there is none."
            )
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError(
                "a Picture needs alternative text: one or two sentences that say what it shows, "
                f"numbers included. Received {alt!r}."
            )
        self.alt = " ".join(alt.split())
        attributes, body = match.groups()
        attributes = re.sub(r'\s(role|aria-label|xmlns)="[^"]*"', "", attributes)
        self.svg = _with_own_ids(
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" '
            f'aria-label="{escape(self.alt)}"{attributes}>{body}</svg>'
        )
        self._png = None

    def __repr__(self):
        """Return the alternative text."""
        return self.alt

    def _repr_html_(self):
        return f'<figure class="alexnet-figure" style="margin:1em 0">{self.svg}</figure>'

    def save(self, path):
        """Write the drawing to a file; a break in the middle leaves the old file as it was.

        Args:
            path: File name ending in ``.svg``, or in ``.png`` for a drawing made by matplotlib.

        Returns:
            The path.

        Raises:
            ValueError: Another ending, or a PNG of a drawing that has no matplotlib figure.
        """
        path = Path(path)
        if path.suffix == ".svg":
            data = self.svg.encode()
        elif path.suffix == ".png" and self._png is not None:
            data = self._png()
        elif path.suffix == ".png":
            raise ValueError(
                f"{path}: this picture was made from SVG text, and only pictures made by "
                "from_matplotlib can be saved as PNG. Save it as .svg."
            )
        else:
            raise ValueError(f"{path}: a picture is saved as .svg or .png, not {path.suffix!r}.")
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(part, 0o644)
            os.replace(part, path)
        except BaseException:
            os.unlink(part)
            raise
        return path


def _with_own_ids(svg):
    """Drop ids nothing refers to, and prefix the others with a hash of the drawing."""
    reference = re.compile(r'(url\(#|href="#)([^")]+)')
    used = {name for _, name in reference.findall(svg)}
    prefix = "p" + hashlib.sha256(svg.encode()).hexdigest()[:10] + "-"
    svg = re.sub(
        r'\sid="([^"]*)"',
        lambda found: f' id="{prefix}{found[1]}"' if found[1] in used else "",
        svg,
    )
    return reference.sub(lambda found: f"{found[1]}{prefix}{found[2]}", svg)


def from_matplotlib(fig, alt):
    """Turn a matplotlib figure into a :class:`Picture` that suits light and dark pages.

    Everything black takes the text color of the page, the background is transparent, photographs
    are embedded. The same figure gives the same bytes. The figure is closed, so that a notebook
    does not show it a second time.

    Args:
        fig: A matplotlib ``Figure``. Use black or :data:`COLORS`, and no mathtext.
        alt: What the figure shows, computed from what was drawn.

    Returns:
        A :class:`Picture`; saved as PNG it has a white background.

    Raises:
        ValueError: There is no alternative text.

    Example:
        >>> from matplotlib.figure import Figure
        >>> fig = Figure(figsize=(2, 1))
        >>> _ = fig.subplots().plot([1, 2, 4])
        >>> from_matplotlib(fig, "A line that doubles at every step.")
        A line that doubles at every step.
    """
    import sys

    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    def render(kind, **options):
        file = io.BytesIO()
        with matplotlib.rc_context(_RC):
            canvas.print_figure(file, format=kind, bbox_inches="tight", pad_inches=0.05, **options)
        return file.getvalue()

    canvas = FigureCanvasAgg(fig)
    for axes in fig.axes:
        axes.patch.set_visible(False)  # the page shows through
        if axes.get_legend() is not None:
            axes.get_legend().get_frame().set_facecolor("none")
    svg = render(
        "svg",
        dpi=_IMAGE_DPI,
        facecolor="none",
        edgecolor="none",
        metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
    ).decode()
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(fig)
    picture = Picture(_for_any_page(svg), alt)
    picture._png = lambda: render(
        "png", dpi=_PNG_DPI, facecolor="white", metadata={"Software": None}
    )
    return picture


def _for_any_page(svg):
    """Rewrite matplotlib's SVG so that it lives inside a page: its colors, its width, its CSS."""
    _, width, height = re.search(
        r'(<svg\b[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)")', svg, flags=re.DOTALL
    ).groups()
    body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    # A style element in an inline SVG would apply to the whole page.
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)
    body = body.replace("xlink:href", "href")
    body = re.sub(r"#000000\b|(?<=: )black\b", "currentColor", body)
    body = re.sub(r"\n\s*", "\n", body)
    pixels = float(width) * 96 / 72
    return (
        f'<svg viewBox="0 0 {width} {height}" fill="currentColor" stroke-linejoin="round" '
        f'style="display:block;margin:auto;width:100%;max-width:{pixels:.0f}px;height:auto">'
        f"{body}</svg>"
    )


def _figure(width, height):
    """Make an empty drawing board: a figure of ``width`` by ``height`` inches without axes."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_RC):
        fig = Figure(figsize=(width, height))
        axes = fig.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.patch.set_visible(False)
    return fig, axes


def _text(axes, x, y, text, size=9, **options):
    options = {"ha": "center", "va": "center", "color": "black"} | options
    return axes.text(x, y, text, fontsize=size, **options)


def _polygon(axes, corners, color, face=0.25, **options):
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Polygon

    options = {"edgecolor": color, "linewidth": 0.9} | options
    axes.add_patch(Polygon(corners, facecolor=to_rgba(color, face), **options))


def _square(axes, x, y, color, face=0.0, width=1.0, height=1.0, **options):
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    _polygon(axes, corners, color, face, **options)


def _line(axes, xs, ys, color="black", **options):
    axes.plot(xs, ys, color=color, **({"linewidth": 0.9} | options))


def _cross(axes, x, y):
    """Cross out one pixel (hatching would come out opaque in SVG)."""
    for ys in ((y, y + 1), (y + 1, y)):
        _line(axes, (x, x + 1), ys, COLORS["red"], linewidth=1.1)


def _frame(fig, axes, left, right, bottom, top, unit):
    """Set the limits, and the figure's size so that one data unit is ``unit`` inches."""
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    fig.set_size_inches((right - left) * unit, (top - bottom) * unit)


def _number_text(number):
    """Write a number as briefly as it can be: 3, 0.5, −1.25."""
    return f"{float(number) + 0.0:.4g}".replace("-", "−")


def _count(number, thing):
    """Write a number with its noun: 1 pixel, 3 pixels."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _times(shape):
    return " × ".join(str(side) for side in shape)


# ---- One convolution ------------------------------------------------------------------------


def one_convolution(patch, kernel, bias=0):
    """Draw one window times one kernel: the products, and the one number they add up to.

    Args:
        patch: The pixels in the window, an array of (height, width).
        kernel: The weights, an array of the same shape.
        bias: Number added to the sum.

    Returns:
        A :class:`Picture`.

    Raises:
        ValueError: Patch and kernel are not two arrays of one and the same (height, width).

    Example:
        >>> one_convolution([[1, 2], [3, 4]], [[1, 0], [0, -1]])
        A 2 by 2 window times a 2 by 2 kernel: the 4 products add up to −3.
    """
    import numpy as np

    patch, kernel = np.asarray(patch, float), np.asarray(kernel, float)
    if patch.ndim != 2 or patch.shape != kernel.shape:
        raise ValueError(
            f"the window has shape {patch.shape} and the kernel {kernel.shape}: both must be the "
            "same (height, width). Cut the window out of the picture first."
        )
    height, width = patch.shape
    products = patch * kernel
    total = products.sum() + bias
    fig, axes = _figure(6, 2)
    blocks = (
        ("window", patch, COLORS["gray"], "×"),
        ("kernel", kernel, KIND_COLORS["conv"], "="),
        ("products", products, COLORS["purple"], "→"),
    )
    x = 0.0
    for title, block, color, sign in blocks:
        _text(axes, x + width / 2, height + 0.4, title)
        for row in range(height):
            for column in range(width):
                y = height - 1 - row
                _square(axes, x + column, y, color, 0.15)
                _text(axes, x + column + 0.5, y + 0.5, _number_text(block[row, column]))
        _text(axes, x + width + 0.5, height / 2, sign, 13)
        x += width + 1
    _text(axes, x + 0.9, height + 0.4, "sum")
    _square(axes, x + 0.2, height / 2 - 0.5, COLORS["orange"], 0.3, width=1.4)
    _text(axes, x + 0.9, height / 2, _number_text(total), 11, weight="bold")
    if bias:
        _text(axes, x + 0.9, height / 2 - 0.8, f"bias {_number_text(bias)} added", 8)
    _frame(fig, axes, -0.1, x + 1.9, -0.1, height + 0.8, 0.45)
    added = f" and the bias {_number_text(bias)}" if bias else ""
    return from_matplotlib(
        fig,
        f"A {height} by {width} window times a {height} by {width} kernel: the "
        f"{height * width} products{added} add up to {_number_text(total)}.",
    )


def convolution_window(
    size, kernel_size, strides=1, padding=0, rounding="floor", position=(0, 0), values=None
):
    """Draw a window on a grid of pixels beside the map it fills.

    Zeros of the padding are dotted, pixels that no window reads are crossed out, the pixel at the
    top left of every position of the window carries a dot.

    Args:
        size: Pixels of the square picture, along one side.
        kernel_size: Pixels of the square window.
        strides: Step of the window, in pixels.
        padding: As in :func:`~alexnet_tutorial.arithmetic.resolve_padding`.
        rounding: ``"floor"`` or ``"ceil"``.
        position: (row, column) of the map at which the window is drawn.
        values: Numbers to write into the pixels, an array of (size, size), or None.

    Returns:
        A :class:`Picture`.

    Raises:
        ValueError: The window does not fit, or there is no such position.

    Example:
        >>> convolution_window(7, 3, strides=2)
        A 3 by 3 window moves over 7 by 7 pixels in steps of 2: 3 by 3 positions.
    """
    from alexnet_tutorial import arithmetic

    options = {"strides": strides, "padding": padding, "rounding": rounding}
    outputs = arithmetic.output_size(size, kernel_size, **options)
    before, after = arithmetic.pad_amounts(size, kernel_size, **options)
    unread = arithmetic.unread_pixels(size, kernel_size, **options)
    row, column = position
    if not (0 <= row < outputs and 0 <= column < outputs):
        raise ValueError(
            f"position {position} is not on the map, which has {outputs} rows and columns. Count "
            "from 0."
        )
    fig, axes = _figure(6, 4)
    total = before + size + after
    for r in range(-before, size + after):
        for c in range(-before, size + after):
            x, y = c + before, total - 1 - (r + before)
            inside = 0 <= r < size and 0 <= c < size
            if not inside:
                _square(axes, x, y, COLORS["gray"], linestyle=":")
                _text(axes, x + 0.5, y + 0.5, "0", 7, color=COLORS["gray"])
                continue
            skipped = r >= size - unread or c >= size - unread
            _square(axes, x, y, COLORS["gray"], 0.1)
            if skipped:
                _cross(axes, x, y)
            if values is not None:
                _text(axes, x + 0.5, y + 0.5, _number_text(values[r][c]), 8)
    for r in range(outputs):
        for c in range(outputs):
            x, y = c * strides + 0.16, total - r * strides - 0.16
            axes.plot([x], [y], "o", markersize=2.6, color=KIND_COLORS["conv"])
    top, left = total - row * strides, column * strides
    _square(
        axes,
        left,
        top - kernel_size,
        KIND_COLORS["conv"],
        0.3,
        kernel_size,
        kernel_size,
        linewidth=2.2,
    )
    start = total + 2.5
    middle = total / 2 + outputs / 2
    for r in range(outputs):
        for c in range(outputs):
            here = (r, c) == (row, column)
            _square(
                axes,
                start + c,
                middle - 1 - r,
                COLORS["orange"],
                0.7 if here else 0.12,
                linewidth=2 if here else 0.9,
            )
    axes.annotate(
        "",
        (start - 0.15, middle - row - 0.5),
        (total + 0.25, middle - row - 0.5),
        arrowprops={"arrowstyle": "->", "color": "black", "lw": 1},
    )
    width = start + outputs
    title = f"{size} × {size} pixels"
    if before == after > 0:
        title += f" + {_count(before, 'zero')} on each side"
    elif before or after:
        title += f" + {before} and {_count(after, 'zero')}"
    _text(axes, total / 2, total + 0.55, title)
    _text(axes, start + outputs / 2, max(middle + 0.55, 0), f"{outputs} × {outputs} map")
    _frame(
        fig,
        axes,
        -0.2,
        max(width, start + 3) + 0.6,
        -0.2,
        total + 1.1,
        0.34 if total < 13 else 0.24,
    )
    left_over = (
        f" At the bottom and the right {_count(unread, 'line')} of pixels "
        f"{'is' if unread == 1 else 'are'} never read."
        if unread
        else ""
    )
    past = after - arithmetic.resolve_padding(size, kernel_size, strides, padding)[1]
    over = f" The last window runs {_count(past, 'pixel')} past the edge." if past > 0 else ""
    zeros = (
        f" with {_count(before, 'zero')} before and {after} after each line"
        if before or after
        else ""
    )
    return from_matplotlib(
        fig,
        f"A {kernel_size} by {kernel_size} window moves over {size} by {size} pixels{zeros} in "
        f"steps of {strides}: {outputs} by {outputs} positions.{left_over}{over}",
    )


def windows_on_line(size, kernel_size, strides=1, padding=0, rounding="floor", ends=3):
    """Draw the first and the last windows on one line of pixels, down to the edge.

    Args:
        size: Pixels on the line.
        kernel_size: Pixels of a window.
        strides: Step of the window, in pixels.
        padding: As in :func:`~alexnet_tutorial.arithmetic.resolve_padding`.
        rounding: ``"floor"`` or ``"ceil"``.
        ends: Windows drawn at each end.

    Returns:
        A :class:`Picture`.

    Raises:
        ValueError: The window does not fit.

    Example:
        >>> windows_on_line(224, 11, strides=4, rounding="ceil")
        55 windows of 11 pixels on a line of 224, in steps of 4, rounded up: the last starts at \
pixel 216 and runs 3 pixels past the edge.
    """
    from alexnet_tutorial import arithmetic

    options = {"strides": strides, "padding": padding, "rounding": rounding}
    outputs = arithmetic.output_size(size, kernel_size, **options)
    before, after = arithmetic.pad_amounts(size, kernel_size, **options)
    unread = arithmetic.unread_pixels(size, kernel_size, **options)
    starts = [index * strides - before for index in range(outputs)]
    whole = outputs <= 2 * ends or size + before + after <= 40
    shown = range(outputs) if whole else [*range(ends), *range(outputs - ends, outputs)]
    if whole:
        spans = [(-before, size + after)]
    else:
        spans = [
            (-before, starts[ends - 1] + kernel_size),
            (starts[outputs - ends], size + after),
        ]
    fig, axes = _figure(7, 2)
    place, x = {}, 0.0
    for number, (first, end) in enumerate(spans):
        if number:
            _text(axes, x + 1.5, 0.5, "· · ·", 11)
            x += 3
        for pixel in range(first, end):
            place[number, pixel] = x
            if not 0 <= pixel < size:
                _square(axes, x, 0, COLORS["gray"], linestyle=":")
                _text(axes, x + 0.5, 0.5, "0", 7, color=COLORS["gray"])
            elif pixel >= size - unread:
                _square(axes, x, 0, COLORS["red"], 0.2)
                _cross(axes, x, 0)
            else:
                _square(axes, x, 0, COLORS["gray"], 0.15)
            x += 1
    last = len(spans) - 1
    edge = place[last, size - 1] + 1
    _line(axes, [edge, edge], [-0.2, 1.9], linewidth=1.6)
    _text(axes, edge, 2.25, f"pixel {size - 1}", 8, ha="right" if after or unread else "center")
    _text(axes, place[0, 0] + 0.5, 2.25, "pixel 0", 8, ha="left" if before else "center")
    bottom = 0.0
    for drawn, index in enumerate(shown):
        number = 0 if whole or drawn < ends else last
        line = drawn if whole else drawn % ends
        y = -0.9 - 0.95 * (line % 4 if whole else line)
        bottom = min(bottom, y)
        left = place[number, starts[index]]
        final = index == outputs - 1
        color = COLORS["orange"] if final else KIND_COLORS["conv"]
        _square(axes, left, y, color, 0.3, kernel_size, 0.7)
        _text(axes, left + kernel_size / 2, y + 0.34, str(index + 1), 7.5)
    _frame(fig, axes, -1.2, x + 1.2, bottom - 0.3, 2.7, 0.19 if x < 48 else 8.6 / x)
    up = ", rounded up" if rounding == "ceil" else ""
    past = starts[-1] + kernel_size - size
    if unread:
        end_text = (
            f"ends at pixel {starts[-1] + kernel_size - 1}, and {_count(unread, 'pixel')} after it "
            f"{'is' if unread == 1 else 'are'} never read"
        )
    elif past > 0:
        end_text = f"runs {_count(past, 'pixel')} past the edge"
    else:
        end_text = "ends at the edge"
    return from_matplotlib(
        fig,
        f"{outputs} windows of {kernel_size} pixels on a line of {size}, in steps of {strides}"
        f"{up}: the last starts at pixel {starts[-1]} and {end_text}.",
    )


def last_window(image, kernel_size, strides=1, padding=0, rounding="floor"):
    """Draw the bottom right corner of a picture with the last window, and what it finds there.

    Zeros past the edge are dotted, pixels that no window reads are crossed out, and the window
    one step before the last is drawn too.

    Args:
        image: A square picture, an array of (size, size, 3), of 0 to 1 or ``uint8``.
        kernel_size: Pixels of the square window.
        strides: Step of the window, in pixels.
        padding: As in :func:`~alexnet_tutorial.arithmetic.resolve_padding`.
        rounding: ``"floor"`` or ``"ceil"``.

    Returns:
        A :class:`Picture`.

    Raises:
        ValueError: The picture is not square, or the window does not fit.

    Example:
        >>> import numpy as np
        >>> last_window(np.zeros((224, 224, 3)), 11, strides=4, rounding="ceil")
        The bottom right corner of a picture of 224 by 224 pixels. The last window of 11 by 11 \
begins at row and column 216 and reads 8 by 8 pixels and 57 zeros, which fill 3 rows and 3 columns \
past the edge.
    """
    import numpy as np

    from alexnet_tutorial import arithmetic

    image = np.asarray(image)
    if image.ndim != 3 or image.shape[0] != image.shape[1]:
        raise ValueError(
            f"the picture has shape {image.shape}, and must be (size, size, 3): the corner is the "
            "same for rows and columns."
        )
    size = image.shape[0]
    options = {"strides": strides, "padding": padding, "rounding": rounding}
    outputs = arithmetic.output_size(size, kernel_size, **options)
    before, after = arithmetic.pad_amounts(size, kernel_size, **options)
    unread = arithmetic.unread_pixels(size, kernel_size, **options)
    start = (outputs - 1) * strides - before
    end, whole = start + kernel_size, size + after
    first = max(start - strides - 2, 0)
    fig, axes = _figure(4, 4)
    # y grows upwards, rows grow downwards.
    axes.imshow(
        image[first:, first:],
        extent=(first, size, -size, -first),
        interpolation="nearest",
        aspect="auto",
        alpha=0.75,
        cmap="gray",
    )
    for row in range(first, whole):
        for column in range(first, whole):
            inside = row < size and column < size
            line = {"linewidth": 0.4} if inside else {"linestyle": ":"}
            _square(axes, column, -row - 1, COLORS["gray"], **line)
            if not inside:
                _text(axes, column + 0.5, -row - 0.5, "0", 7, color=COLORS["gray"])
            elif row >= size - unread or column >= size - unread:
                _cross(axes, column, -row - 1)
    for left, color, face, wide in (
        (start - strides, KIND_COLORS["conv"], 0.0, 1.6),
        (start, COLORS["orange"], 0.18, 2.4),
    ):
        if left >= first:
            bottom = -left - kernel_size
            _square(axes, left, bottom, color, face, kernel_size, kernel_size, linewidth=wide)
    _line(axes, (first, size, size), (-size, -size, -first), linewidth=2)
    for pixel in sorted({start, size - 1, max(whole, end) - 1}):
        _text(axes, pixel + 0.5, -first + 0.6, f"{pixel}", 7.5, ha="center")
        _text(axes, first - 0.3, -pixel - 0.5, f"{pixel}", 7.5, ha="right")
    _frame(fig, axes, first - 2.2, whole + 0.3, -whole - 0.3, -first + 1.2, 0.22)
    inside = min(end, size) - start
    zeros = kernel_size**2 - inside**2
    past = end - size
    if past > 0:
        found = (
            f"reads {inside} by {inside} pixels and {_count(zeros, 'zero')}, which fill "
            f"{_count(past, 'row')} and {_count(past, 'column')} past the edge."
        )
    elif unread:
        found = (
            f"ends at row and column {end - 1}: {_count(unread, 'row')} and "
            f"{_count(unread, 'column')} after it are never read."
        )
    else:
        found = "ends exactly at the edge."
    return from_matplotlib(
        fig,
        f"The bottom right corner of a picture of {size} by {size} pixels. The last window of "
        f"{kernel_size} by {kernel_size} begins at row and column {start} and {found}",
    )


def mixed_formats(shape, layers):
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
    color = {
        "channels": COLORS["orange"],
        "height": COLORS["blue"],
        "width": COLORS["green"],
    }
    fig, axes = _figure(5, 4)
    wide, high = 2.6, 1.0
    for axis, role in enumerate(meant):
        x = axis * wide
        _text(axes, x + wide / 2, 1.35, f"meant: {role}", 8.5, weight="bold")
        _square(axes, x + 0.05, 0.05, color[role], 0.3, wide - 0.1, high - 0.1)
        _text(axes, x + wide / 2, high / 2, f"{shape[axis]}", 10)
    _text(axes, -0.2, high / 2, "input", 8.5, ha="right")
    told, wrong, y = [f"Maps meant as channels, height, width: {_times(shape)}."], 0, 0.0
    for layer in layers:
        y -= high
        out = tuple(layer.compute_output_shape((None, *shape)))[1:]
        taken = roles[layer.data_format]
        kind, layout = type(layer).__name__, layer.data_format.replace("_", " ")
        _text(axes, -0.2, y + 0.66, kind, 8.5, ha="right")
        _text(axes, -0.2, y + 0.3, layout, 7.5, ha="right", style="italic")
        for axis, role in enumerate(taken):
            x, misread = axis * wide, role != meant[axis]
            edge = {"edgecolor": COLORS["red"], "linewidth": 1.6} if misread else {}
            _square(axes, x + 0.05, y + 0.05, color[role], 0.3, wide - 0.1, high - 0.1, **edge)
            same = shape[axis] == out[axis]
            text = f"{out[axis]}" if same else f"{shape[axis]} → {out[axis]}"
            weight = "bold" if misread and not same else "normal"
            _text(axes, x + wide / 2, y + 0.66, text, 9, weight=weight)
            _text(axes, x + wide / 2, y + 0.27, f"read as {role}", 7.5)
        misreads = taken != meant
        wrong += misreads
        says = ", takes the channels for a height" if misreads else ", reads them as meant"
        told.append(f"{kind}, {layout}{says}: {_times(out)}.")
        shape = out
    _frame(fig, axes, -2.7, 3 * wide + 0.1, y - 0.1, 1.75, 0.44)
    told.append(f"{wrong} of {len(layers)} layers misread the axes.")
    return from_matplotlib(fig, " ".join(told))


def memory_order(height, width, channels):
    """Draw in which order a stack of maps lies in memory, channels last and channels first.

    Args:
        height: Rows of a map.
        width: Columns of a map.
        channels: Maps, at most as many as :data:`COLORS` has colors.

    Returns:
        A :class:`Picture`.

    Raises:
        ValueError: There are more maps than colors.

    Example:
        >>> memory_order(2, 2, 3)  # doctest: +ELLIPSIS
        12 numbers of 3 maps of 2 × 2 in memory. Channels last: the 3 channels of one pixel ...
    """
    import itertools

    palette = [COLORS[name] for name in ("blue", "orange", "green", "purple", "red", "teal")]
    if channels > len(palette):
        raise ValueError(
            f"{channels} maps are more than the {len(palette)} colors to tell them apart. Draw "
            "fewer: the order is the same for any number."
        )
    names = "abcdefghijklmnopqrstuvwxyz"
    pixels = list(itertools.product(range(height), range(width)))
    label = {pixel: names[i] for i, pixel in enumerate(pixels)}
    fig, axes = _figure(7, 2)
    total = height * width * channels
    x = 0.0
    top = 3.4 + height
    for channel in range(channels):
        for row, column in pixels:
            _square(axes, x + column, top - 1 - row, palette[channel], 0.3)
            _text(axes, x + column + 0.5, top - 0.5 - row, f"{label[row, column]}{channel + 1}", 8)
        _text(axes, x + width / 2, top + 0.35, f"map {channel + 1}", 8)
        x += width + 0.8
    last = [(channel, pixel) for pixel in pixels for channel in range(channels)]
    first = [(channel, pixel) for channel in range(channels) for pixel in pixels]
    for y, order, title in ((1.9, last, "channels last"), (0, first, "channels first")):
        _text(axes, -0.4, y + 0.5, title, ha="right")
        for index, (channel, pixel) in enumerate(order):
            _square(axes, index, y, palette[channel], 0.3)
            _text(axes, index + 0.5, y + 0.5, f"{label[pixel]}{channel + 1}", 8)
    _frame(fig, axes, -4.6, max(total, x) + 0.3, -0.3, top + 0.8, 0.36 if total <= 16 else 0.3)
    return from_matplotlib(
        fig,
        f"{total} numbers of {channels} maps of {height} × {width} in memory. Channels last: the "
        f"{channels} channels of one pixel lie together. Channels first: the {height * width} "
        "pixels of one map lie together.",
    )


def receptive_field(net, names):
    """Draw on the picture what one output of each layer sees: in the middle, and in a corner.

    Args:
        net: An :class:`~alexnet_tutorial.architecture.Architecture`.
        names: Layers with maps, from the smallest field to the largest.

    Returns:
        A :class:`Picture`.

    Raises:
        ValueError: No layer has such a name.

    Example:
        >>> from alexnet_tutorial.architecture import variant
        >>> receptive_field(variant("compact"), ["conv1"])  # doctest: +ELLIPSIS
        On a picture of 57 × 57 pixels are made: the middle output of conv1 from 5 × 5 pixels; ...
    """
    shapes = {layer.name: out for layer, _, out in net.walk()}
    fields = {name: net.receptive_field(name) for name in names}
    height, width = net.input_size
    # In the corner the fields reach beyond the picture, upwards and to the left.
    over = max(0, *(-axis.start for field in fields.values() for axis in field))
    palette = [COLORS[name] for name in ("blue", "green", "orange", "purple", "red", "teal")]
    fig, axes = _figure(8, 4)
    unit, words = height / 18, []
    for which, left in (("middle", 0), ("first", width + over + unit)):
        _square(axes, left, 0, COLORS["gray"], 0.12, width, height)
        _text(axes, left + width / 2, height + over + 0.8 * unit, f"{which} output of each layer")
        for name, color in zip(names, palette, strict=False):
            place = [n // 2 if which == "middle" else 0 for n in shapes[name][:2]]
            rows, columns = net.pixels_read(name, tuple(place))
            top, beside = (
                axis.start + n * axis.strides for axis, n in zip(fields[name], place, strict=True)
            )
            high, wide = fields[name][0].size, fields[name][1].size
            # Dotted: the whole field. Solid: what it finds on the picture.
            if which == "first":
                corner = left + beside, height - top - high
                _square(axes, *corner, color, 0, wide, high, linestyle=":", linewidth=1.2)
            corner = left + columns[0], height - rows[-1] - 1
            _square(axes, *corner, color, 0.16, len(columns), len(rows), linewidth=1.6)
            words.append(f"the {which} output of {name} from {len(rows)} × {len(columns)} pixels")
    right = 2 * width + over + 2 * unit
    for index, (name, color) in enumerate(zip(names, palette, strict=False)):
        y = height * (0.95 - 0.12 * index)
        _square(axes, right, y - unit / 2, color, 0.3, unit, unit)
        field = f"{fields[name][0].size} × {fields[name][1].size}"
        _text(axes, right + 1.5 * unit, y, f"{name}: {field}", ha="left")
    right += 0.5 * width
    _frame(fig, axes, -unit / 3, right, -unit / 3, height + over + 2 * unit, 9 / right)
    return from_matplotlib(
        fig,
        f"On a picture of {height} × {width} pixels are made: {'; '.join(words)}. In the corner a "
        "part of a field may lie in the padding, where there are no pixels.",
    )


# ---- A whole network ------------------------------------------------------------------------

_SKEW = (0.34, 0.26)  # where one unit of a map's width goes: back and to the right


def _stages(net):
    """Gather the layers that change a shape, with those that do not noted at the one before.

    Returns:
        A list of dicts: name, kind, layer, shape, groups (of the layer), towers (maps drawn in so
        many stacks), notes.
    """
    stages = [
        {"name": "input", "kind": "input", "layer": None, "shape": net.input_shape, "notes": []}
    ]
    for layer, shape, out in net.walk():
        if out == shape and layer.kind not in ("conv", "dense", "pool"):
            stages[-1]["notes"].append({"lrn": "LRN"}.get(layer.kind, layer.kind))
        else:
            stages.append(
                {"name": layer.name, "kind": layer.kind, "layer": layer, "shape": out, "notes": []}
            )
    for index, stage in enumerate(stages):
        stage["groups"] = getattr(stage["layer"], "groups", 1)
        # Maps are drawn apart where a grouped convolution made them or reads them.
        reader = next((s for s in stages[index + 1 :] if s["kind"] != "pool"), None)
        reads = getattr(reader["layer"], "groups", 1) if reader else 1
        maker = next((s for s in stages[index::-1] if s["kind"] != "pool"), stage)
        made = getattr(maker["layer"], "groups", 1)
        stage["towers"] = max(made, reads) if len(stage["shape"]) == 3 else 1
    return stages


class _Scale:
    """Lengths on the page: areas, not sides, grow with the numbers, so that small maps show."""

    def __init__(self, stages):
        maps = [stage["shape"] for stage in stages if len(stage["shape"]) == 3]
        vectors = [stage["shape"][0] for stage in stages if len(stage["shape"]) == 1]
        self._side = 3.0 / max(max(shape[:2]) for shape in maps) ** 0.5
        self._channels = 1.3 / max(shape[2] for shape in maps) ** 0.5
        self._units = 3.4 / max(vectors, default=1) ** 0.5

    def side(self, pixels):
        return self._side * pixels**0.5

    def channels(self, number):
        return max(self._channels * number**0.5, 0.08)

    def units(self, number):
        return max(self._units * number**0.5, 0.12)


def _cuboid(axes, x, y, height, width, depth, color):
    """Draw maps with their near lower left corner at (x, y); return the place of its last map."""
    dx, dy = width * _SKEW[0], width * _SKEW[1]
    front = [(x, y), (x + depth, y), (x + depth, y + height), (x, y + height)]
    top = [(x, y + height), (x + depth, y + height)]
    top += [(px + dx, py + dy) for px, py in reversed(top)]
    side = [(x + depth, y), (x + depth + dx, y + dy)]
    side += [(px, py + height) for px, py in reversed(side)]
    _polygon(axes, front, color, 0.42)
    _polygon(axes, top, color, 0.28)
    _polygon(axes, side, color, 0.16)
    return {"x": x + depth, "y": y, "height": height, "dx": dx, "dy": dy, "front": x}


def _kernel(axes, source, share, target, color):
    """Draw a kernel on the last map of one stack, and the rays to the number it computes."""
    rows, columns = share
    # Kept away from the near corner, so that it lies on the map whatever its share.
    u, v = 0.5 * (1 - columns), 0.55 * (1 - rows)

    def on_map(across, up):
        return (
            source["x"] + across * source["dx"],
            source["y"] + up * source["height"] + across * source["dy"],
        )

    corners = [
        on_map(u, v),
        on_map(u + columns, v),
        on_map(u + columns, v + rows),
        on_map(u, v + rows),
    ]
    _polygon(axes, corners, color, 0.55)
    for px, py in corners:
        _line(axes, (px, target[0]), (py, target[1]), color, linewidth=0.6, alpha=0.75)


def architecture_diagram(net):
    """Draw any description as stacks of maps and bars of units, with kernels and shapes.

    A stack is as high and as deep as its maps and as thick as their number (all on a square-root
    scale). Where a convolution works in groups, its maps stand in as many towers.

    Args:
        net: An :class:`~alexnet_tutorial.architecture.Architecture`.

    Returns:
        A :class:`Picture`.

    Raises:
        TypeError: ``net`` is no description.

    Example:
        >>> from alexnet_tutorial.architecture import variant
        >>> architecture_diagram(variant("compact"))  # doctest: +ELLIPSIS
        The network compact, from left to right: input 57 × 57 × 3; conv1 ...
    """
    if not hasattr(net, "walk"):
        raise TypeError(
            f"the diagram is drawn from an Architecture, and received {type(net).__name__}. For a "
            "variant's name, call architecture.variant(name) first."
        )
    stages = _stages(net)
    scale = _Scale(stages)
    fig, axes = _figure(10, 4)
    column, gap, x = 1.0, 0.3, 0.0
    highest = lowest = 0.0
    drawn = []
    for stage in stages:
        shape, color = stage["shape"], KIND_COLORS.get(stage["kind"], COLORS["gray"])
        stacks = []
        if len(shape) == 3:
            height, width = scale.side(shape[0]), scale.side(shape[1])
            depth = scale.channels(shape[2] / stage["towers"])
            full = height + width * _SKEW[1]
            span = depth + width * _SKEW[0]
            room = max(span, column)
            for tower in range(stage["towers"]):
                # Towers are centered around the line through the middle of the picture.
                offset = (stage["towers"] - 1) / 2 - tower
                y = offset * (full + 0.35) - full / 2
                stacks.append(_cuboid(axes, x + (room - span) / 2, y, height, width, depth, color))
                highest, lowest = max(highest, y + full), min(lowest, y)
        else:
            height, room = scale.units(shape[0]), column
            _square(axes, x + room / 2 - 0.1, -height / 2, color, 0.4, 0.2, height)
            highest, lowest = max(highest, height / 2), min(lowest, -height / 2)
        drawn.append({**stage, "stacks": stacks, "middle": x + room / 2})
        x += room + gap
    for before, stage in zip(drawn, drawn[1:], strict=False):
        if stage["kind"] == "conv":
            _kernels(axes, before, stage)
    _labels(axes, drawn, lowest - 0.35)
    _frame(fig, axes, -0.3, x - gap + 0.4, lowest - 2.15, highest + 0.25, 0.58)
    return from_matplotlib(fig, _diagram_alt(net, stages))


def _kernels(axes, before, stage):
    from alexnet_tutorial.architecture import pair

    kernel = pair(stage["layer"].kernel_size)
    share = [
        min(max(side / size, 0.14), 1.0)
        for side, size in zip(kernel, before["shape"][:2], strict=True)
    ]
    sources, targets = before["stacks"], stage["stacks"]
    for s, source in enumerate(sources):
        for t, target in enumerate(targets):
            # A grouped convolution reads its own tower only.
            if stage["groups"] > 1 and len(sources) == len(targets) and s != t:
                continue
            point = (target["front"], target["y"] + 0.6 * target["height"])
            _kernel(axes, source, share, point, KIND_COLORS["conv"])


def _operation(layer):
    """Write a window as the paper does: kernel, then stride where it is not 1."""
    from alexnet_tutorial.architecture import pair

    if layer is None or layer.kind not in ("conv", "pool"):
        return ""
    rows, columns = pair(layer._kernel())
    down, right = pair(layer.strides)
    step = "" if (down, right) == (1, 1) else f" / {down if down == right else (down, right)}"
    return f"{rows} × {columns}{step}"


def _labels(axes, drawn, y):
    for stage in drawn:
        shape = stage["shape"]
        lines = [
            " × ".join(map(str, shape[:2])) if len(shape) == 3 else str(shape[0]),
            f"× {shape[2]}" if len(shape) == 3 else "",
        ]
        color = KIND_COLORS.get(stage["kind"], COLORS["gray"])
        _text(axes, stage["middle"], y, stage["name"], 10.5, weight="bold")
        _line(axes, (stage["middle"] - 0.4, stage["middle"] + 0.4), (y - 0.22, y - 0.22), color)
        for number, line in enumerate(lines):
            _text(axes, stage["middle"], y - 0.48 - 0.31 * number, line, 9.5)
        small = [_operation(stage["layer"])] if _operation(stage["layer"]) else []
        small += [f"+ {note}" for note in stage["notes"]]
        start = y - (1.14 if len(shape) == 3 else 0.8)
        for number, line in enumerate(small):
            _text(axes, stage["middle"], start - 0.29 * number, line, 8.8, style="italic")


def _diagram_alt(net, stages):
    parts = []
    for stage in stages:
        towers = f" in {stage['towers']} towers" if stage["towers"] > 1 else ""
        operation = _operation(stage["layer"])
        window = f" (window {operation})" if operation else ""
        parts.append(f"{stage['name']} {_times(stage['shape'])}{towers}{window}")
    return f"The network {net.name}, from left to right: {'; '.join(parts)}."


def _si(number):
    """Write a count with three digits: 34.9 k, 37.8 M."""
    for power, unit in ((9, " G"), (6, " M"), (3, " k")):
        if number >= 10**power:
            return f"{number / 10**power:.3g}{unit}"
    return f"{number:.3g}"


def cost_bars(net):
    """Draw where the parameters, the multiply-accumulates and the memory of a network are.

    Args:
        net: An :class:`~alexnet_tutorial.architecture.Architecture`, a Keras model, or their
            :class:`~alexnet_tutorial.ledger.Ledger`.

    Returns:
        A :class:`Picture`; its alt text names the largest layer of each and its share.

    Raises:
        TypeError: ``net`` is none of these.

    Example:
        >>> from alexnet_tutorial.architecture import variant
        >>> cost_bars(variant("alexnet-2012"))  # doctest: +ELLIPSIS
        Cost of alexnet-2012, layer by layer. Parameters: 61 M, most in fc6 (37.8 M, 62 %)...
    """
    from alexnet_tutorial.ledger import Ledger, ledger

    book = net if isinstance(net, Ledger) else ledger(net)
    rows = [row for row in book if row.kind not in ("dropout", "flatten", "activation")]
    panels = (
        ("Parameters", [row.parameters for row in rows], book.parameters, ""),
        ("Multiply-accumulates", [row.macs for row in rows], book.macs, ""),
        ("Output memory", [row.bytes for row in rows], sum(row.bytes for row in rows), "B"),
    )
    fig, axes = _figure(8, 4)
    wide, space = 5.0, 2.6
    findings = []
    for number, (title, values, total, unit) in enumerate(panels):
        left = number * (wide + space)
        _text(axes, left, len(rows) + 0.5, title, 10, ha="left", weight="bold")
        peak = max(values)
        for place, (row, value) in enumerate(zip(rows, values, strict=True)):
            y = len(rows) - 1 - place
            color = KIND_COLORS.get(row.kind, COLORS["gray"])
            _square(axes, left, y + 0.14, color, 0.75, wide * value / peak, 0.72, linewidth=0)
            text = f"{_si(value)}{unit if value >= 1000 else ' ' + unit if unit else ''}"
            if value:
                _text(axes, left + wide * value / peak + 0.12, y + 0.5, text, 8, ha="left")
            if number == 0:
                _text(axes, left - 0.25, y + 0.5, row.name, 9, ha="right")
        largest = values.index(peak)
        findings.append(
            f"{title}: {_si(total)}{unit}, most in {rows[largest].name} "
            f"({_si(peak)}{unit}, {peak / total:.0%})".replace("%", " %")
        )
        _line(axes, (left, left), (0, len(rows)), linewidth=0.8)
    _frame(fig, axes, -2.0, 3 * (wide + space) - 0.4, -0.1, len(rows) + 1, 0.38)
    fig.set_size_inches(8.6, 0.26 * (len(rows) + 1.1))
    return from_matplotlib(fig, f"Cost of {book.name}, layer by layer. {'. '.join(findings)}.")


def pictures(images, titles, alt, columns=6):
    """Draw pictures or maps side by side, each stretched to its own range of gray.

    Args:
        images: Arrays of (height, width) or (height, width, 3); color pictures hold 0 to 1, or
            0 to 255 as ``uint8``.
        titles: A title for each.
        alt: What they show.
        columns: Pictures in a row.

    Returns:
        A :class:`Picture`.

    Raises:
        ValueError: There are no pictures, or not as many titles.

    Example:
        >>> pictures([[[0, 1], [1, 0]]], ["board"], "A board of 2 by 2.")
        A board of 2 by 2.
    """
    import numpy as np
    from matplotlib.figure import Figure

    images = [np.asarray(image) for image in images]
    if not images or len(images) != len(titles):
        raise ValueError(
            f"received {len(images)} pictures and {len(titles)} titles: give at least one "
            "picture, and a title (it may be empty) for each."
        )
    columns = min(columns, len(images))
    lines = -(-len(images) // columns)
    fig = Figure(figsize=(1.5 * columns, 1.7 * lines))
    for axes in fig.subplots(lines, columns, squeeze=False).flat:
        axes.set_axis_off()
    for axes, image, title in zip(fig.axes, images, titles, strict=False):
        axes.imshow(image, cmap="gray", interpolation="nearest")
        axes.set_title(title, fontsize=9, pad=3)
    fig.subplots_adjust(0, 0, 1, 0.95, wspace=0.06, hspace=0.25)
    return from_matplotlib(fig, alt)


# ---- Data -----------------------------------------------------------------------------------

_PARTS = {"train": "training", "validation": "validation", "test": "test"}


def contact_sheet(signs, per_class=10, part="train"):
    """Show pictures of every class, a row for each, spread evenly over the set.

    Args:
        signs: What ``load_signs`` returns.
        per_class: Pictures in a row, at least 1.
        part: ``"train"``, ``"validation"`` or ``"test"``.

    Returns:
        A :class:`Picture`.

    Raises:
        ValueError: An unknown part, no picture in it, or ``per_class`` below 1.

    Example:
        >>> from alexnet_tutorial.datasets import Signs, Split
        >>> import numpy as np
        >>> split = Split(np.zeros((4, 64, 64, 3), np.uint8), np.array([0, 1, 1, 1]))
        >>> signs = Signs(split, split, split, (0, 1), "black squares", "generated")
        >>> contact_sheet(signs, per_class=2)
        2 of 2 classes, up to 2 training pictures each, from 1 (class 0) to 3 (class 1) in the \
set. Source: black squares.
    """
    import numpy as np

    if part not in _PARTS:
        raise ValueError(f"unknown part {part!r}. Known: {', '.join(_PARTS)}.")
    if per_class < 1:
        raise ValueError(f"per_class is {per_class}: show at least 1 picture of each class.")
    split = getattr(signs, part)
    if not len(split):
        raise ValueError(
            f"there are no {_PARTS[part]} pictures to show. Was validation=0 asked for?"
        )
    side = split.x.shape[1]
    gap = 2
    # A fourth channel, so that where a class has no more pictures the page shows through.
    sheet = np.zeros(
        (len(signs.classes) * (side + gap) - gap, per_class * (side + gap) - gap, 4), np.uint8
    )
    counts = {}
    for line, label in enumerate(signs.classes):
        rows = np.flatnonzero(split.y == label)
        counts[label] = len(rows)
        shown = rows[np.linspace(0, len(rows) - 1, min(per_class, len(rows))).astype(int)]
        for column, row in enumerate(shown):
            top, left = line * (side + gap), column * (side + gap)
            sheet[top : top + side, left : left + side, :3] = split.x[row]
            sheet[top : top + side, left : left + side, 3] = 255
    height, width = sheet.shape[:2]
    room = 0.45  # inches for the labels
    inches = 0.72 / side  # of a pixel
    fig, axes = _figure(width * inches + room, height * inches)
    axes.set_position((room / (width * inches + room), 0, 1 - room / (width * inches + room), 1))
    axes.imshow(sheet, interpolation="nearest", aspect="auto")
    for line, label in enumerate(signs.classes):
        _text(axes, -8, line * (side + gap) + side / 2, f"{label}", 11, ha="right", va="center")
    least, most = (choose(counts, key=counts.get) for choose in (min, max))
    number = (
        f"{counts[most]} of each in the set"
        if counts[least] == counts[most]
        else f"from {counts[least]} (class {least}) to {counts[most]} (class {most}) in the set"
    )
    alt = (
        f"{sum(map(bool, counts.values()))} of {len(counts)} classes, up to {per_class} "
        f"{_PARTS[part]} pictures each, {number}. Source: {signs.source}."
    )
    return from_matplotlib(fig, alt)


# ---- Training -------------------------------------------------------------------------------


def history(history, chance=None):
    """Draw how loss and accuracy went, epoch by epoch, in training and in validation.

    Args:
        history: Name → one number for each epoch (``loss``, and if there are any ``val_loss``,
            ``accuracy``, ``val_accuracy``): Keras' ``History.history``, a Keras ``History``, or
            the path of the ``history.json`` that a checkpoint keeps.
        chance: Number of equally frequent classes; draws what guessing would score.

    Returns:
        A :class:`Picture`; its alt text gives the first and last values, and the best epoch by
        validation loss.

    Raises:
        ValueError: There is no ``loss``, or not one epoch of it.

    Example:
        >>> history({"loss": [1.8, 0.9], "val_loss": [1.7, 1.1]})
        Loss over 2 epochs: training from 1.800 to 0.900, validation from 1.700 to 1.100, lowest \
1.100 in epoch 2.
    """
    import json
    import math

    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    if isinstance(history, (str, os.PathLike)):
        history = json.loads(Path(history).read_text(encoding="utf-8"))
    history = getattr(history, "history", history)
    if not history.get("loss"):
        raise ValueError(
            f"the history holds {sorted(history) or 'nothing'}, and needs 'loss' with at least one "
            "epoch. Was it taken before fit had run?"
        )
    panels = [name for name in ("loss", "accuracy") if history.get(name)]
    fig = Figure(figsize=(4.1 * len(panels), 2.9), layout="constrained")
    findings = []
    for axes, name in zip(fig.subplots(1, len(panels), squeeze=False).flat, panels, strict=True):
        shares = name == "accuracy"
        text = "{:.1%}".format if shares else "{:.3f}".format
        pick, word = (max, "highest") if shares else (min, "lowest")
        said = []
        for key, who, color in (
            (name, "training", COLORS["blue"]),
            (f"val_{name}", "validation", COLORS["orange"]),
        ):
            values = history.get(key) or []
            if not values:
                continue
            epochs = range(1, len(values) + 1)
            marker = "o" if len(values) == 1 else None
            axes.plot(epochs, values, color=color, label=who, linewidth=1.5, marker=marker)
            said.append(f"{who} from {text(values[0])} to {text(values[-1])}")
            if who == "validation":
                best = pick(values)
                where = values.index(best)
                axes.plot([where + 1], [best], "o", color=color, markersize=5)
                said[-1] += f", {word} {text(best)} in epoch {where + 1}"
        if chance:
            guess = 1 / chance if shares else math.log(chance)
            axes.axhline(guess, color=COLORS["gray"], linewidth=1, linestyle="--")
            axes.annotate(
                f"guessing: {text(guess)}",
                (1, guess),
                xycoords=("axes fraction", "data"),
                xytext=(-2, 3),
                textcoords="offset points",
                ha="right",
                color="black",
                fontsize=8,
            )
            said.append(f"guessing would give {text(guess)}")
        axes.set_title(name.capitalize(), fontsize=10)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylim(bottom=0, top=1.02 if shares else None)
        if shares:
            axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, loc="center right")
        findings.append(
            f"{name.capitalize()} over {len(history[name])} "
            f"epoch{'s' * (len(history[name]) != 1)}: {', '.join(said)}."
        )
    return from_matplotlib(fig, " ".join(findings))


def accuracy_by_pictures(counts, results, tested, before=None):
    """Draw what accuracy several ways of training reach with more and more training pictures.

    Args:
        counts: Training pictures, rising.
        results: Name of the way → its accuracy (0 to 1) for each count.
        tested: Test pictures; sets the 95 % interval (Wilson, 1927) that each point carries.
        before: Accuracy without any of these pictures, drawn as a line, or None.

    Returns:
        A :class:`Picture`; its alt text gives every number.

    Raises:
        ValueError: A way has not as many accuracies as there are counts.

    Example:
        >>> accuracy_by_pictures([60, 300], {"from scratch": [0.5, 0.75]}, tested=120)
        Test accuracy with 60, 300 training pictures. from scratch: 50.0%, 75.0%.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator, PercentFormatter

    for name, values in results.items():
        if len(values) != len(counts):
            raise ValueError(
                f"{name!r} has {len(values)} accuracies for {len(counts)} counts of pictures "
                f"({', '.join(map(str, counts))}): give one for each."
            )
    fig = Figure(figsize=(6.2, 3.4), layout="constrained")
    axes = fig.subplots()
    palette = [COLORS[name] for name in ("blue", "green", "orange", "purple")]
    markers = "osD^"
    for index, (name, values) in enumerate(results.items()):
        # Side by side, so that intervals do not hide each other.
        places = [count * 1.06 ** (index - (len(results) - 1) / 2) for count in counts]
        ends = [_wilson(value, tested) for value in values]
        reach = [
            [value - low for value, (low, _) in zip(values, ends, strict=True)],
            [high - value for value, (_, high) in zip(values, ends, strict=True)],
        ]
        axes.errorbar(
            places,
            values,
            yerr=reach,
            label=name,
            color=palette[index % len(palette)],
            marker=markers[index % len(markers)],
            markersize=5,
            capsize=3,
            linewidth=1.5,
            elinewidth=1,
        )
    said = [f"{name}: {', '.join(f'{v:.1%}' for v in values)}" for name, values in results.items()]
    if before is not None:
        axes.axhline(before, color=COLORS["gray"], linewidth=1, linestyle="--")
        axes.annotate(
            f"before: {before:.0%}",
            (0, before),
            xycoords=("axes fraction", "data"),
            xytext=(4, -11),
            textcoords="offset points",
            ha="left",
            color="black",
            fontsize=8,
        )
        said.append(f"before: {before:.1%}")
    axes.set_xscale("log")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("training pictures")
    axes.set_ylabel("test accuracy")
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return from_matplotlib(
        fig,
        f"Test accuracy with {', '.join(map(str, counts))} training pictures. {'; '.join(said)}.",
    )


def _wilson(share, pictures, z=1.96):
    """95 % interval of a share (Wilson, 1927, doi:10.1080/01621459.1927.10502953)."""
    middle = (share + z**2 / (2 * pictures)) / (1 + z**2 / pictures)
    spread = (share * (1 - share) / pictures + z**2 / (4 * pictures**2)) ** 0.5
    half = z * spread / (1 + z**2 / pictures)
    return middle - half, middle + half
