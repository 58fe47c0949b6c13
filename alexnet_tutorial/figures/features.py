"""What a network has learned: filters, activations, neighbors, and maps of where it looks."""

from alexnet_tutorial.figures.draw import COLORS, from_matplotlib


def filters(kernels, columns=16):
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
    import numpy as np
    from matplotlib.figure import Figure

    kernels = {title: np.asarray(kernel, float) for title, kernel in kernels.items()}
    for title, kernel in kernels.items():
        if kernel.ndim != 4 or kernel.shape[2] != 3:
            raise ValueError(
                f"{title!r} has shape {kernel.shape}; expected (height, width, 3, filters), the "
                "kernel of a layer that reads colors."
            )
    if not kernels:
        raise ValueError("there is no kernel to draw.")
    sheets, said = {}, []
    for title, kernel in kernels.items():
        sheets[title] = _filter_sheet(kernel, columns)
        gray = kernel.mean(axis=2, keepdims=True)
        bright = 3 * (gray**2).sum((0, 1, 2))
        colored = int((((kernel - gray) ** 2).sum((0, 1, 2)) > bright).sum())
        said.append(
            f"{title}: {kernel.shape[3]} filters of {kernel.shape[0]} × {kernel.shape[1]} pixels, "
            f"{colored} of them with more color than brightness."
        )
    heights = [sheet.shape[0] / sheet.shape[1] for sheet in sheets.values()]
    width = 6.4
    fig = Figure(figsize=(width, sum(height * width + 0.3 for height in heights)))
    panels = fig.subplots(len(sheets), 1, squeeze=False, height_ratios=heights).flat
    for axes, (title, sheet) in zip(panels, sheets.items(), strict=True):
        axes.imshow(sheet, interpolation="nearest")
        axes.set_axis_off()
        if len(sheets) > 1:
            axes.set_title(title, fontsize=10)
    fig.subplots_adjust(0, 0, 1, 0.95, hspace=0.15)
    return from_matplotlib(fig, " ".join(said))


def _filter_sheet(kernel, columns):
    """All filters on one picture with a transparent gap between them."""
    import numpy as np

    height, width, _, count = kernel.shape
    lines = -(-count // columns)
    gap = max(1, height // 6)
    sheet = np.zeros((lines * (height + gap) - gap, columns * (width + gap) - gap, 4))
    for index in range(count):
        one = kernel[..., index]
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        largest = abs(one).max() or 1
        sheet[top : top + height, left : left + width, :3] = 0.5 + 0.5 * one / largest
        sheet[top : top + height, left : left + width, 3] = 1
    return sheet


def activations(maps, per_layer=8):
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
    import numpy as np
    from matplotlib.figure import Figure

    maps = {name: np.asarray(found) for name, found in maps.items()}
    for name, found in maps.items():
        if found.ndim != 3:
            raise ValueError(
                f"{name!r} has shape {found.shape}; expected (height, width, channels), the maps "
                "of one picture. Take one out of the batch: maps[0]."
            )
    if not maps:
        raise ValueError("there are no maps to draw.")
    fig = Figure(figsize=(0.86 * per_layer, 0.98 * len(maps)))
    rows = fig.subplots(len(maps), per_layer, squeeze=False)
    said = []
    for panels, (name, found) in zip(rows, maps.items(), strict=True):
        strongest = np.argsort(-found.sum((0, 1)), kind="stable")[:per_layer]
        for axes in panels:
            axes.set_axis_off()
        for axes, channel in zip(panels, strongest, strict=False):
            axes.imshow(found[..., channel], cmap="gray", interpolation="nearest", vmin=0)
        panels[0].text(
            -0.08, 0.5, name, transform=panels[0].transAxes, ha="right", va="center", fontsize=9
        )
        height, width, channels = found.shape
        said.append(
            f"{len(strongest)} of {name}'s {channels} maps of {height} × {width} "
            f"({np.mean(found == 0):.0%} of all numbers are zero)"
        )
    fig.subplots_adjust(0.09, 0, 1, 1, wspace=0.05, hspace=0.06)
    return from_matplotlib(fig, f"The strongest {', '.join(said)}.")


def neighbors(pictures, labels, found):
    """Draw pictures and, under each, its nearest neighbor by several measures.

    Args:
        pictures: Pictures that were looked up, (n, height, width, 3), bytes or 0 to 1.
        labels: Their classes (n,).
        found: Name of the measure → (nearest pictures, their classes), each as long.

    Returns:
        A :class:`Picture`; its alt text counts the neighbors of the right class.

    Example:
        >>> import numpy as np
        >>> one = np.zeros((1, 4, 4, 3))
        >>> neighbors(one, [2], {"pixels": (one, [3])})
        Pictures of classes 2. Nearest by pixels: 3; 0 of 1 of the same class.
    """
    import numpy as np
    from matplotlib.figure import Figure

    labels = [int(label) for label in labels]
    rows = {"looked up": (pictures, labels)} | found
    said = [f"Pictures of classes {', '.join(map(str, labels))}."]
    fig = Figure(figsize=(1.0 * len(labels) + 0.9, 1.22 * len(rows)))
    for panels, (name, (shown, classes)) in zip(
        fig.subplots(len(rows), len(labels), squeeze=False), rows.items(), strict=True
    ):
        classes = [int(label) for label in classes]
        same = [one == other for one, other in zip(classes, labels, strict=True)]
        for axes, picture, label, fits in zip(panels, shown, classes, same, strict=True):
            axes.imshow(np.asarray(picture), interpolation="nearest")
            axes.set_axis_off()
            mark = "" if name == "looked up" else " ✓" if fits else " ✗"
            color = "black" if fits else COLORS["red"]
            axes.set_title(f"{label}{mark}", fontsize=9, pad=2, color=color)
        panels[0].text(
            -0.1, 0.5, name, transform=panels[0].transAxes, ha="right", va="center", fontsize=9
        )
        if name != "looked up":
            said.append(
                f"Nearest by {name}: {', '.join(map(str, classes))}; {sum(same)} of "
                f"{len(same)} of the same class."
            )
    fig.subplots_adjust(0.16, 0, 1, 0.95, wspace=0.06, hspace=0.25)
    return from_matplotlib(fig, " ".join(said))


def heat_maps(pictures, maps, titles, what):
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
    import numpy as np
    from matplotlib.colors import to_rgb
    from matplotlib.figure import Figure

    pictures = np.asarray(pictures, float)
    fig = Figure(figsize=(1.35 * len(pictures) + 0.9, 1.45 * (1 + len(maps))))
    rows = fig.subplots(1 + len(maps), len(pictures), squeeze=False)
    gray = pictures.mean(-1, keepdims=True).clip(0, 1)
    many = "s" * (len(pictures) != 1)
    said = [f"{what.capitalize()}, over {len(pictures)} picture{many} ({'; '.join(titles)})."]
    for axes, picture, title in zip(rows[0], pictures, titles, strict=True):
        axes.imshow(picture.clip(0, 1), interpolation="nearest")
        axes.set_title(title.replace("; ", "\n"), fontsize=9, pad=3)
    for panels, (name, found) in zip(rows[1:], maps.items(), strict=True):
        found = np.asarray(found, float).clip(0)
        places = []
        for axes, one, base in zip(panels, found, gray, strict=True):
            strength = (one / (one.max() or 1))[..., None]
            shown = base * 0.85 * (1 - strength) + strength * np.array(to_rgb(COLORS["orange"]))
            axes.imshow(shown, interpolation="nearest")
            places.append(_center_of(one))
        panels[0].text(
            -0.08, 0.5, name, transform=panels[0].transAxes, ha="right", va="center", fontsize=9
        )
        said.append(f"{name}: centered at {', '.join(places)} of height and width.")
    for axes in rows.flat:
        axes.set_axis_off()
    fig.subplots_adjust(0.14, 0, 1, 0.94, wspace=0.05, hspace=0.05)
    return from_matplotlib(fig, " ".join(said))


def _center_of(one):
    """Center of gravity of a map, as shares of height and width."""
    import numpy as np

    if not one.sum():
        return "(nowhere)"
    places = [
        float((one.sum(axis=1 - axis) * (np.arange(one.shape[axis]) + 0.5)).sum())
        / one.sum()
        / one.shape[axis]
        for axis in (0, 1)
    ]
    return f"({places[0]:.0%}, {places[1]:.0%})"


def feature_map(points, labels):
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
    import numpy as np
    from matplotlib.figure import Figure

    labels = np.asarray(labels)
    palette = [COLORS[name] for name in ("blue", "orange", "green", "red", "purple", "teal")]
    said = [f"{len(labels)} pictures of {len(set(labels.tolist()))} classes as points."]
    fig = Figure(figsize=(3.4 * len(points), 3.4), layout="constrained")
    panels = fig.subplots(1, len(points), squeeze=False).flat
    for axes, (title, places) in zip(panels, points.items(), strict=True):
        places = np.asarray(places, float)
        if places.shape != (len(labels), 2):
            raise ValueError(
                f"{title!r} has shape {places.shape}; expected ({len(labels)}, 2), a point for "
                "each label."
            )
        axes.scatter(*places.T, s=0)  # sets the limits
        for (x, y), label in zip(places, labels.tolist(), strict=True):
            axes.text(
                x,
                y,
                str(label),
                color=palette[label % len(palette)],
                fontsize=8,
                ha="center",
                va="center",
            )
        axes.set_title(title, fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])
        classes = np.unique(labels)
        centers = np.stack([places[labels == label].mean(0) for label in classes])
        nearest = classes[((places[:, None] - centers) ** 2).sum(-1).argmin(1)]
        said.append(
            f"{title}: {int((nearest == labels).sum())} lie nearest the center of their own class."
        )
    return from_matplotlib(fig, " ".join(said))
