"""How every figure is drawn: colors, the picture a notebook shows, and what all figures share."""

import hashlib
import io
import re
from collections.abc import Callable, Sequence
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alexnet_tutorial.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

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
    "activation": COLORS["purple"],
    "pool": COLORS["green"],
    "flatten": COLORS["yellow"],
    "dense": COLORS["orange"],
    "dropout": COLORS["red"],
}
"""One color for each kind of layer, the same in every figure."""

RC: Any = {
    "svg.fonttype": "none",  # text stays text: it can be read out, searched and recolored
    "svg.hashsalt": "alexnet-tutorial",  # ids, and so bytes, are the same in every run
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
}

_IMAGE_DPI = 144  # embedded photographs: sharp on a screen with two pixels to a point

_PNG_DPI = 200


COLUMN = 7.1
"""Inches of a page's column. A wider drawing has to be scrolled, so that a part of it is missed."""

SMALL = 8.3
"""Points of the smallest text: 11 pixels. Where text is smaller, a page enlarges the drawing."""


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

    def __init__(self, svg: str, alt: str):  # noqa: D107
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
        self._png: Callable[[], bytes] | None = None

    def __repr__(self) -> str:
        """Return the alternative text."""
        return self.alt

    def _repr_html_(self) -> str:
        return f'<figure class="alexnet-figure" style="margin:1em 0">{self.svg}</figure>'

    def save(self, path: str | PathLike) -> Path:
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
        return write_whole(path, data)


def _with_own_ids(svg):
    """Drop ids nothing refers to, and prefix the others with a hash of the draw."""
    reference = re.compile(r'(url\(#|href="#)([^")]+)')
    used = {name for _, name in reference.findall(svg)}
    prefix = "p" + hashlib.sha256(svg.encode()).hexdigest()[:10] + "-"
    svg = re.sub(
        r'\sid="([^"]*)"',
        lambda match: f' id="{prefix}{match[1]}"' if match[1] in used else "",
        svg,
    )
    return reference.sub(lambda match: f"{match[1]}{prefix}{match[2]}", svg)


def from_matplotlib(fig: "Figure", alt: str) -> Picture:
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
        with matplotlib.rc_context(RC):
            canvas.print_figure(file, format=kind, bbox_inches="tight", pad_inches=0.05, **options)
        return file.getvalue()

    canvas = FigureCanvasAgg(fig)
    for axes in fig.axes:
        axes.patch.set_visible(False)  # the page shows through
        if legend := axes.get_legend():
            legend.get_frame().set_facecolor("none")
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


def figure(width: float, height: float) -> tuple["Figure", "Axes"]:
    """Make an empty drawing board: a figure of ``width`` by ``height`` inches without axes."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(RC):
        fig = Figure(figsize=(width, height))
        axes = fig.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.patch.set_visible(False)
    return fig, axes


def chart(width: float, height: float, rows: int = 1, columns: int = 1, **options: Any) -> Any:
    """Make panels with axes to the left and below: (figure, the one panel or an array of them)."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(width, height), layout="constrained")
    panels = fig.subplots(rows, columns, **options)
    for axes in fig.axes:
        axes.spines[["top", "right"]].set_visible(False)
    return fig, panels


def sheet(width: float, height: float, rows: int, columns: int, **options: Any) -> Any:
    """Make panels for pictures, without axes: (figure, array of rows and columns)."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(width, height))
    panels = fig.subplots(rows, columns, squeeze=False, **options)
    for axes in fig.axes:
        axes.set_axis_off()
    return fig, panels


def mosaic(rows: Sequence[np.ndarray], columns: int, gap: int) -> np.ndarray:
    """Lay rows of pictures (n, height, width, 3) on one; where none is, the page shows through."""
    _, height, width, _ = rows[0].shape
    opaque = 255 if rows[0].dtype == np.uint8 else 1
    size = len(rows) * (height + gap) - gap, columns * (width + gap) - gap, 4
    sheet = np.zeros(size, rows[0].dtype)
    for line, row in enumerate(rows):
        for column, picture in enumerate(row):
            top, left = line * (height + gap), column * (width + gap)
            sheet[top : top + height, left : left + width, :3] = picture
            sheet[top : top + height, left : left + width, 3] = opaque
    return sheet


def row_title(axes: "Axes", title: str, x: float = -0.08) -> None:
    """Write what a row of pictures shows, left of its first."""
    axes.text(x, 0.5, title, transform=axes.transAxes, ha="right", va="center", fontsize=9)


def percent(axis: "Axis", decimals: int | None = None) -> None:
    """Write the numbers of an axis, shares from 0 to 1, in percent."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1.0, decimals=decimals))


def integers(axis: "Axis") -> None:
    """Have an axis name whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


GUIDE: dict[str, Any] = {"color": COLORS["gray"], "linewidth": 1, "linestyle": "--"}
"""A line to compare with: guessing, a goal."""


def note(
    axes: "Axes",
    text: str,
    where: tuple[float, float],
    offset: tuple[float, float],
    coordinates: str | tuple[str, str] = "data",
    **options: Any,
) -> None:
    """Write a small note, ``offset`` points away from a place."""
    defaults: dict[str, Any] = {"color": "black", "fontsize": SMALL, "textcoords": "offset points"}
    axes.annotate(text, where, xycoords=coordinates, xytext=offset, **defaults | options)


def plain_powers(axis: "Axis") -> None:
    """Write powers of ten without mathtext, which would not take the color of the page."""
    import math

    from matplotlib.ticker import FuncFormatter, NullFormatter

    digits = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"10{str(round(math.log10(value))).translate(digits)}")
    )
    axis.set_minor_formatter(NullFormatter())


def palette(*names: str) -> list[str]:
    """Look colors up by their names."""
    return [COLORS[name] for name in names]


def text(axes: "Axes", x: float, y: float, text: str, size: float = 9, **options: Any) -> None:
    """Write text, centered on (x, y)."""
    options = {"ha": "center", "va": "center", "color": "black"} | options
    axes.text(x, y, text, fontsize=size, **options)


def polygon(
    axes: "Axes", corners: Sequence, color: str, face: float = 0.25, **options: Any
) -> None:
    """Fill a polygon lightly and outline it, in one color."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Polygon

    defaults: dict[str, Any] = {"edgecolor": color, "linewidth": 0.9}
    axes.add_patch(Polygon(corners, facecolor=to_rgba(color, face), **defaults | options))


def square(
    axes: "Axes",
    x: float,
    y: float,
    color: str,
    face: float = 0.0,
    width: float = 1.0,
    height: float = 1.0,
    **options: Any,
) -> None:
    """Draw a square or rectangle with its lower left corner at (x, y)."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    polygon(axes, corners, color, face, **options)


def line(axes: "Axes", xs: Sequence, ys: Sequence, color: str = "black", **options: Any) -> None:
    """Draw a thin line."""
    axes.plot(xs, ys, color=color, **({"linewidth": 0.9} | options))


def arrow(
    axes: "Axes", start: tuple[float, float], end: tuple[float, float], **options: Any
) -> None:
    """Draw an arrow."""
    axes.annotate("", end, start, arrowprops={"arrowstyle": "->"} | options)


def cross(axes: "Axes", x: float, y: float) -> None:
    """Cross out one pixel (hatching would come out opaque in SVG)."""
    for ys in ((y, y + 1), (y + 1, y)):
        line(axes, (x, x + 1), ys, COLORS["red"], linewidth=1.1)


def zero(axes: "Axes", x: float, y: float) -> None:
    """Draw one zero of a padding, dotted."""
    square(axes, x, y, COLORS["gray"], linestyle=":")
    text(axes, x + 0.5, y + 0.5, "0", SMALL, color=COLORS["gray"])


def frame(
    fig: "Figure",
    axes: "Axes",
    left: float,
    right: float,
    bottom: float,
    top: float,
    unit: float,
) -> None:
    """Set the limits, and the figure's size so that one data unit is ``unit`` inches."""
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    fig.set_size_inches((right - left) * unit, (top - bottom) * unit)


def number_text(number: float) -> str:
    """Write a number as briefly as it can be: 3, 0.5, −1.25."""
    return f"{float(number) + 0.0:.4g}".replace("-", "−")


def count(number: int, thing: str) -> str:
    """Write a number with its noun: 1 pixel, 3 pixels, 1,200 steps."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def times(shape: Sequence[int]) -> str:
    """Write a shape: 55 × 55 × 96."""
    return " × ".join(str(side) for side in shape)
