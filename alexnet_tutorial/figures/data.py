"""Pictures of a data set."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import Picture, from_matplotlib

if TYPE_CHECKING:
    from alexnet_tutorial.pictures import Sets


def pictures(
    images: Sequence[np.ndarray], titles: Sequence[str], alt: str, columns: int = 6
) -> Picture:
    """Draw pictures or maps side by side, each stretched to its own range of gray.

    Args:
        images: Arrays of (height, width) or (height, width, 3); color pictures hold 0 to 1, or
            0 to 255 as ``uint8``.
        titles: A title for each.
        alt: What they show.
        columns: Pictures in a row.

    Raises:
        ValueError: There are no pictures, or not as many titles.

    Example:
        >>> pictures([[[0, 1], [1, 0]]], ["board"], "A board of 2 by 2.")
        A board of 2 by 2.
    """
    images = [np.asarray(image) for image in images]
    if not images or len(images) != len(titles):
        raise ValueError(
            f"received {len(images)} pictures and {len(titles)} titles: give at least one "
            "picture, and a title (it may be empty) for each."
        )
    # As many in a row as the titles have room beside each other.
    longest = max(len(line) for title in titles for line in (title.split("\n") or [""]))
    columns = min(columns, len(images), max(1, int(draw.COLUMN / (0.068 * longest + 0.01))))
    lines = -(-len(images) // columns)
    side = min(1.5, draw.COLUMN / columns)
    above = 0.17 * max(title.count("\n") + 1 for title in titles) + 0.05  # inches of the titles
    fig, panels = draw.sheet(side * columns, (side + above) * lines, lines, columns)
    for axes, image, title in zip(panels.flat, images, titles, strict=False):
        axes.imshow(image, cmap="gray", interpolation="nearest")
        axes.set_title(title, fontsize=draw.SMALL, pad=3)
    fig.subplots_adjust(0, 0, 1, 1 - above / ((side + above) * lines), 0.06, above / side)
    return from_matplotlib(fig, alt)


_PARTS = {"train": "training", "validation": "validation", "test": "test"}


def contact_sheet(sets: "Sets", per_class: int = 10, part: str = "train") -> Picture:
    """Show pictures of every class, a row for each, spread evenly over the set.

    Args:
        sets: What ``load_signs``, ``load_cifar10`` or ``load_imagenette(pixels=…)`` returns.
        per_class: Pictures in a row, at least 1.
        part: ``"train"``, ``"validation"`` or ``"test"``.

    Raises:
        ValueError: An unknown part, no picture in it, files instead of arrays, or ``per_class``
            below 1.

    Example:
        >>> from alexnet_tutorial.pictures import Sets, Split
        >>> import numpy as np
        >>> split = Split(np.zeros((4, 64, 64, 3), np.uint8), np.array([0, 1, 1, 1]))
        >>> sets = Sets(split, split, split, ("dark", "black"), "black squares", "generated")
        >>> contact_sheet(sets, per_class=2)
        2 of 2 classes, up to 2 training pictures each, from 1 (class dark) to 3 (class black) in \
the set. Source: black squares.
    """
    if part not in _PARTS:
        raise ValueError(f"unknown part {part!r}. Known: {', '.join(_PARTS)}.")
    if per_class < 1:
        raise ValueError(f"per_class is {per_class}: show at least 1 picture of each class.")
    split = getattr(sets, part)
    if not len(split):
        raise ValueError(
            f"there are no {_PARTS[part]} pictures to show. Was validation=0 asked for?"
        )
    if not hasattr(split, "x"):
        raise ValueError(f"the {_PARTS[part]} pictures are files; load them with pixels=72.")
    side, gap, lines, counts = split.x.shape[1], 2, [], {}
    for label, name in enumerate(sets.classes):
        rows = np.flatnonzero(split.y == label)
        counts[name] = len(rows)
        spread = np.linspace(0, len(rows) - 1, min(per_class, len(rows))).astype(int)
        lines.append(split.x[rows[spread]])
    sheet = draw.mosaic(lines, per_class, gap)
    height, width = sheet.shape[:2]
    # Inches for the labels, and of a pixel.
    room, inches = max(0.45, 0.15 + 0.09 * max(len(f"{name}") for name in counts)), 0.72 / side
    fig, axes = draw.figure(width * inches + room, height * inches)
    axes.set_position((room / (width * inches + room), 0, 1 - room / (width * inches + room), 1))
    axes.imshow(sheet, interpolation="nearest", aspect="auto")
    for line, name in enumerate(counts):
        middle = line * (side + gap) + side / 2
        draw.text(axes, -side / 8, middle, f"{name}", 11, ha="right", va="center")
    least, most = (choose(counts, key=counts.__getitem__) for choose in (min, max))
    number = (
        f"{counts[most]} of each in the set"
        if counts[least] == counts[most]
        else f"from {counts[least]} (class {least}) to {counts[most]} (class {most}) in the set"
    )
    alt = (
        f"{sum(map(bool, counts.values()))} of {len(counts)} classes, up to {per_class} "
        f"{_PARTS[part]} pictures each, {number}. Source: {sets.source}."
    )
    return from_matplotlib(fig, alt)
