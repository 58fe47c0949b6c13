"""What a network has learned: filters, activations, neighbors, and maps of where it looks."""

from collections.abc import Mapping, Sequence

import numpy as np

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib


def filters(kernels: Mapping[str, np.ndarray], columns: int = 16) -> Picture:
    """Draw the filters of a first layer in color, each stretched around zero, which is gray.

    Args:
        kernels: Title → a kernel (height, width, 3, filters).
        columns: Filters in a row.

    Returns:
        A :class:`Picture`; its alt text says in how many filters color outweighs brightness.

    Raises:
        ValueError: There is no kernel, or one that does not read three colors.

    Example:
        >>> import numpy as np
        >>> filters({"red": np.ones((2, 2, 3, 4)) * [[1], [0], [0]]})
        red: 4 filters of 2 × 2 pixels, 4 of them with more color than brightness.
    """
    kernels = {title: np.asarray(kernel, float) for title, kernel in kernels.items()}
    for title, kernel in kernels.items():
        if kernel.ndim != 4 or kernel.shape[2] != 3:
            raise ValueError(
                f"{title!r} has shape {kernel.shape}; expected (height, width, 3, filters), the "
                "kernel of a layer that reads colors."
            )
    if not kernels:
        raise ValueError("there is no kernel to draw.")
    sheets, phrases = {}, []
    for title, kernel in kernels.items():
        largest = abs(kernel).max((0, 1, 2))
        stretched = 0.5 + 0.5 * kernel / np.where(largest, largest, 1)
        lines = [
            stretched[..., at : at + columns].transpose(3, 0, 1, 2)
            for at in range(0, kernel.shape[3], columns)
        ]
        sheets[title] = draw.mosaic(lines, columns, gap=max(1, kernel.shape[0] // 6))
        gray = kernel.mean(axis=2, keepdims=True)
        bright = 3 * (gray**2).sum((0, 1, 2))
        colored = int((((kernel - gray) ** 2).sum((0, 1, 2)) > bright).sum())
        phrases.append(
            f"{title}: {kernel.shape[3]} filters of {kernel.shape[0]} × {kernel.shape[1]} pixels, "
            f"{colored} of them with more color than brightness."
        )
    heights = [sheet.shape[0] / sheet.shape[1] for sheet in sheets.values()]
    width = 6.4
    height = sum(height * width + 0.3 for height in heights)
    fig, panels = draw.sheet(width, height, len(sheets), 1, height_ratios=heights)
    for axes, (title, sheet) in zip(panels.flat, sheets.items(), strict=True):
        axes.imshow(sheet, interpolation="nearest")
        if len(sheets) > 1:
            axes.set_title(title, fontsize=10)
    fig.subplots_adjust(0, 0, 1, 0.95, hspace=0.15)
    return from_matplotlib(fig, " ".join(phrases))


def activations(maps: Mapping[str, np.ndarray], per_layer: int = 8) -> Picture:
    """Draw what layers make of one picture: a row for each, its strongest maps first.

    Args:
        maps: Name of the layer → its maps of the picture, (height, width, channels).
        per_layer: Maps in a row.

    Returns:
        A :class:`Picture`; its alt text says how many of the numbers are zero in each layer.

    Raises:
        ValueError: There are no maps, or some of another rank.

    Example:
        >>> import numpy as np
        >>> activations({"conv1": np.eye(2)[..., None]}, per_layer=1)
        The strongest 1 of conv1's 1 maps of 2 × 2 (50% of all numbers are zero).
    """
    maps = {name: np.asarray(stack) for name, stack in maps.items()}
    for name, stack in maps.items():
        if stack.ndim != 3:
            raise ValueError(
                f"{name!r} has shape {stack.shape}; expected (height, width, channels), the maps "
                "of one picture. Take one out of the batch: maps[0]."
            )
    if not maps:
        raise ValueError("there are no maps to draw.")
    fig, rows = draw.sheet(0.86 * per_layer, 0.98 * len(maps), len(maps), per_layer)
    phrases = []
    for panels, (name, stack) in zip(rows, maps.items(), strict=True):
        strongest = np.argsort(-stack.sum((0, 1)), kind="stable")[:per_layer]
        for axes, channel in zip(panels, strongest, strict=False):
            axes.imshow(stack[..., channel], cmap="gray", interpolation="nearest", vmin=0)
        draw.row_title(panels[0], name)
        height, width, channels = stack.shape
        phrases.append(
            f"{len(strongest)} of {name}'s {channels} maps of {height} × {width} "
            f"({np.mean(stack == 0):.0%} of all numbers are zero)"
        )
    fig.subplots_adjust(0.09, 0, 1, 1, wspace=0.05, hspace=0.06)
    return from_matplotlib(fig, f"The strongest {', '.join(phrases)}.")


def neighbors(
    pictures: np.ndarray,
    labels: Sequence[int],
    nearest: Mapping[str, tuple[np.ndarray, Sequence[int]]],
) -> Picture:
    """Draw pictures and, under each, its nearest neighbor by several measures.

    Args:
        pictures: Pictures that were looked up, (n, height, width, 3), bytes or 0 to 1.
        labels: Their classes (n,).
        nearest: Name of the measure → (nearest pictures, their classes), each as long.

    Returns:
        A :class:`Picture`; its alt text counts the neighbors of the right class.

    Example:
        >>> import numpy as np
        >>> one = np.zeros((1, 4, 4, 3))
        >>> neighbors(one, [2], {"pixels": (one, [3])})
        Pictures of classes 2. Nearest by pixels: 3; 0 of 1 of the same class.
    """
    labels = [int(label) for label in labels]
    rows = {"looked up": (pictures, labels)} | dict(nearest)
    phrases = [f"Pictures of classes {', '.join(map(str, labels))}."]
    size = len(labels) + 0.9, 1.22 * len(rows)
    fig, grid = draw.sheet(*size, len(rows), len(labels))
    for panels, (name, (shown, classes)) in zip(grid, rows.items(), strict=True):
        classes = [int(label) for label in classes]
        same = [one == other for one, other in zip(classes, labels, strict=True)]
        for axes, picture, label, fits in zip(panels, shown, classes, same, strict=True):
            axes.imshow(np.asarray(picture), interpolation="nearest")
            mark = "" if name == "looked up" else " ✓" if fits else " ✗"
            color = "black" if fits else COLORS["red"]
            axes.set_title(f"{label}{mark}", fontsize=9, pad=2, color=color)
        draw.row_title(panels[0], name, -0.1)
        if name != "looked up":
            phrases.append(
                f"Nearest by {name}: {', '.join(map(str, classes))}; {sum(same)} of "
                f"{len(same)} of the same class."
            )
    fig.subplots_adjust(0.16, 0, 1, 0.95, wspace=0.06, hspace=0.25)
    return from_matplotlib(fig, " ".join(phrases))


def heat_maps(
    pictures: np.ndarray, maps: Mapping[str, np.ndarray], titles: Sequence[str], what: str
) -> Picture:
    """Draw pictures, and under each where a map over it is large, in orange over gray.

    Args:
        pictures: (n, height, width, 3), 0 to 1.
        maps: Name → one map for each picture, (n, height, width), on the same pixels; what lies
            below zero is not drawn.
        titles: A title for each picture.
        what: What a large value means: "how much …".

    Returns:
        A :class:`Picture`; its alt text says where each map is centered, in percent of height
        and width.

    Example:
        >>> import numpy as np
        >>> corner = np.zeros((1, 10, 10))
        >>> corner[0, 0, 0] = 1
        >>> heat_maps(np.ones((1, 10, 10, 3)), {"map": corner}, ["a hand"], "how much")
        How much, over 1 picture (a hand). map: centered at (5%, 5%) of height and width.
    """
    from matplotlib.colors import to_rgb

    pictures = np.asarray(pictures, float)
    size = 1.35 * len(pictures) + 0.9, 1.45 * (1 + len(maps))
    fig, rows = draw.sheet(*size, 1 + len(maps), len(pictures))
    gray = pictures.mean(-1, keepdims=True).clip(0, 1)
    over = draw.count(len(pictures), "picture")
    alt = [f"{what.capitalize()}, over {over} ({'; '.join(titles)})."]
    for axes, picture, title in zip(rows[0], pictures, titles, strict=True):
        axes.imshow(picture.clip(0, 1), interpolation="nearest")
        axes.set_title(title.replace("; ", "\n"), fontsize=9, pad=3)
    for panels, (name, stack) in zip(rows[1:], maps.items(), strict=True):
        places = []
        for axes, one, base in zip(panels, np.asarray(stack, float).clip(0), gray, strict=True):
            strength = (one / (one.max() or 1))[..., None]
            shown = base * 0.85 * (1 - strength) + strength * np.array(to_rgb(COLORS["orange"]))
            axes.imshow(shown, interpolation="nearest")
            places.append(_center_of(one))
        draw.row_title(panels[0], name)
        alt.append(f"{name}: centered at {', '.join(places)} of height and width.")
    fig.subplots_adjust(0.14, 0, 1, 0.94, wspace=0.05, hspace=0.05)
    return from_matplotlib(fig, " ".join(alt))


def _center_of(one):
    """Center of gravity of a map, as shares of height and width."""
    if not one.sum():
        return "(nowhere)"
    down, across = (np.indices(one.shape) + 0.5).reshape(2, -1) @ one.ravel() / one.sum()
    return f"({down / one.shape[0]:.0%}, {across / one.shape[1]:.0%})"


def feature_map(points: Mapping[str, np.ndarray], labels: np.ndarray) -> Picture:
    """Draw pictures as points of a plane, each as the digit of its class.

    Args:
        points: Title → (n, 2).
        labels: Classes, integers 0 to 9 (n,).

    Returns:
        A :class:`Picture`; its alt text says how many points lie nearest the center of their own
        class.

    Raises:
        ValueError: Points that are not (n, 2), or not one for each label.

    Example:
        >>> feature_map({"line": [[0, 0], [0, 1], [9, 0], [9, 1]]}, [0, 0, 1, 1])
        4 pictures of 2 classes as points. line: 4 lie nearest the center of their own class.
    """
    labels = np.asarray(labels)
    palette = draw.palette("blue", "orange", "green", "red", "purple", "teal")
    phrases = [f"{len(labels)} pictures of {len(set(labels.tolist()))} classes as points."]
    fig, panels = draw.chart(
        min(3.4 * len(points), draw.COLUMN), 3.4, 1, len(points), squeeze=False
    )
    for axes, (title, places) in zip(panels.flat, points.items(), strict=True):
        places = np.asarray(places, float)
        if places.shape != (len(labels), 2):
            raise ValueError(
                f"{title!r} has shape {places.shape}; expected ({len(labels)}, 2), a point for "
                "each label."
            )
        axes.scatter(*places.T, s=0)  # sets the limits
        for (x, y), label in zip(places, labels.tolist(), strict=True):
            draw.text(axes, x, y, str(label), draw.SMALL, color=palette[label % len(palette)])
        axes.set_title(title, fontsize=10)
        axes.set(xticks=[], yticks=[])
        axes.spines[["top", "right"]].set_visible(True)
        classes = np.unique(labels)
        centers = np.stack([places[labels == label].mean(0) for label in classes])
        nearest = classes[((places[:, None] - centers) ** 2).sum(-1).argmin(1)]
        phrases.append(
            f"{title}: {int((nearest == labels).sum())} lie nearest the center of their own class."
        )
    return from_matplotlib(fig, " ".join(phrases))
