"""What 2012 brought: error rates side by side, and what each part was worth."""

from collections.abc import Collection, Mapping, Sequence

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib


def error_rates(results: Sequence[tuple[str, str, float]], own: Collection[str] = ()) -> Picture:
    """Draw error rates as bars, those of each test set together.

    Only rates on the same pictures can be compared, so each test set has a panel of its own.

    Args:
        results: Tuples (name of the test set, who, error in percent), in the order of drawing.
        own: Names (``who``) to draw in another color.

    Returns:
        A :class:`Picture`; its alt text gives every rate.

    Raises:
        ValueError: There are no results.

    Example:
        >>> error_rates([("digits", "nearest neighbor", 5), ("digits", "network", 0.7)])
        Error rates. digits: nearest neighbor 5.0 %, network 0.7 %.
    """
    if not results:
        raise ValueError(
            "there are no results: expected tuples (test set, who, error in percent), received "
            f"{results!r}."
        )
    panels: dict[str, list] = {}
    for test, who, error in results:
        panels.setdefault(test, []).append((who, error))
    height, heights = 0.36 * len(results) + 0.5 * len(panels), list(map(len, panels.values()))
    options: dict = {"sharex": True, "squeeze": False, "height_ratios": heights}
    fig, grid = draw.chart(7.2, height, len(panels), **options)
    phrases = []
    for axes, (test, rows) in zip(grid.flat, panels.items(), strict=True):
        names = [who for who, _ in rows]
        errors = [error for _, error in rows]
        colors = [COLORS["blue" if who in own else "gray"] for who in names]
        places = range(len(rows))
        axes.barh(places, errors, color=colors, height=0.68)
        for place, error in zip(places, errors, strict=True):
            axes.text(error + 0.3, place, f"{error:.1f} %", va="center", fontsize=9)
        axes.set_yticks(places, names, fontsize=9)
        axes.invert_yaxis()
        axes.set_title(test, fontsize=10, loc="left", weight="bold")
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="both", length=0)
        axes.set_xticks([])
        phrases.append(f"{test}: " + ", ".join(f"{who} {error:.1f} %" for who, error in rows))
    axes.set_xlim(0, 1.12 * max(error for _, _, error in results))
    return from_matplotlib(fig, f"Error rates. {'. '.join(phrases)}.")


def worth(
    parts: Mapping[str, tuple[float | None, float | None]], total: tuple[float, float]
) -> Picture:
    """Draw how many points of error each part was worth, beside a whole.

    Args:
        parts: Name → (top-1 points, top-5 points); None where nothing was published.
        total: (top-1 points, top-5 points) of the whole, drawn as dashed lines.

    Returns:
        A :class:`Picture`; its alt text gives every number.

    Example:
        >>> worth({"pooling": (0.4, 0.3)}, total=(8.2, 8.7))
        Points of error taken away, top-1 and top-5. pooling: 0.4 and 0.3. The whole: 8.2 and 8.7.
    """
    fig, axes = draw.chart(7.2, 0.5 * len(parts) + 0.9)
    names = list(parts)
    for offset, index, label, color in (
        (-0.19, 0, "top-1", COLORS["blue"]),
        (0.19, 1, "top-5", COLORS["orange"]),
    ):
        for place, name in enumerate(names):
            points = parts[name][index]
            once = label if place == 0 else None
            axes.barh(place + offset, points or 0, color=color, height=0.34, label=once)
            text = "not published" if points is None else f"{points:g}"
            axes.text((points or 0) + 0.08, place + offset, text, va="center", fontsize=8.5)
        axes.axvline(total[index], color=color, linestyle="--", linewidth=1.2)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.06 * max(total))
    axes.set_xlabel("points of error taken away (dashed: the whole)", fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.legend(frameon=False, fontsize=9, loc="center", bbox_to_anchor=(0.66, 0.4))
    pairs = [
        f"{name}: {' and '.join('not published' if p is None else f'{p:g}' for p in parts[name])}"
        for name in names
    ]
    return from_matplotlib(
        fig,
        f"Points of error taken away, top-1 and top-5. {'; '.join(pairs)}. "
        f"The whole: {total[0]:g} and {total[1]:g}.",
    )
