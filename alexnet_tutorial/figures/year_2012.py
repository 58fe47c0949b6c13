"""What 2012 brought: what each part of the network was worth."""

from collections.abc import Mapping

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib


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
