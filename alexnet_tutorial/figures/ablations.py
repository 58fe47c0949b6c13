"""What each part is worth: differences over seeds, with their intervals."""

from collections.abc import Sequence

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib


def effects(
    rows: Sequence[tuple], limit: float | None = None, what: str = "test accuracy"
) -> Picture:
    """Draw what parts are worth, in points, with intervals, beside what others measured.

    Args:
        rows: (name, effect, published) for each part, from the top down. ``effect`` has
            ``points``, ``low``, ``high`` and ``differences``, as
            :func:`alexnet_tutorial.training.experiments.effect` returns it; ``published`` is the
            points that were measured elsewhere, or None.
        limit: Points drawn on either side of 0; what lies beyond is an arrow with its number.
            None shows everything.
        what: What the points are points of.

    Returns:
        A :class:`Picture`; its alt text gives every mean and interval, and the published points.

    Raises:
        ValueError: There are no rows.

    Example:
        >>> from alexnet_tutorial.training.experiments import Effect
        >>> effects([("ReLU", Effect(2.0, 1.0, 3.0, (2.0, 2.0)), None)])
        Points of test accuracy that each part is worth, with 95 % intervals. Above 0: ReLU 2.0 \
(1.0 to 3.0).
    """
    if not rows:
        raise ValueError("there are no parts to draw: rows is empty. Were runs recorded?")
    if limit is None:
        ends = [abs(end) for _, effect, paper in rows for end in (*effect[1:3], paper or 0)]
        limit = 1.1 * max(*ends, 1)
    fig, axes = draw.chart(6.2, 0.6 + 0.36 * len(rows))
    blue = COLORS["blue"]
    axes.axvline(0, color=COLORS["gray"], linewidth=1)
    for y, (_, effect, paper) in enumerate(rows):
        if abs(effect.points) > limit:
            side = limit if effect.points > 0 else -limit
            draw.arrow(axes, (0.86 * side, y), (side, y), color=blue, linewidth=1.5)
        else:
            ends = [max(effect.low, -limit), min(effect.high, limit)]
            axes.plot(ends, [y, y], color=blue, linewidth=2, label="here: mean and 95 % interval")
            axes.plot([effect.points], [y], "o", color=blue, markersize=6)
            seeds = [d for d in effect.differences if abs(d) <= limit]
            style = {"color": COLORS["gray"], "markersize": 5, "label": "one seed"}
            axes.plot(seeds, [y + 0.24] * len(seeds), "|", **style)
        if paper is not None:
            style = {"color": COLORS["orange"], "markersize": 4.5}
            axes.plot([paper], [y - 0.22], "D", label="the paper, on ImageNet", **style)
        where = ("axes fraction", "data")
        draw.note(axes, signed(effect.points), (1, y), (4, 0), where, va="center")
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.6)
    axes.set_xlim(-limit, limit)
    axes.set_xlabel(f"points of {what}: with it minus without it")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    handles, names = axes.get_legend_handles_labels()
    once = dict(zip(names, handles, strict=True))  # a name for every row, shown once
    fig.legend(
        once.values(), once, frameon=False, fontsize=draw.SMALL, ncols=3, loc="outside upper center"
    )
    return from_matplotlib(fig, _alt(rows, what))


def signed(points: float) -> str:
    """Write a difference with its sign: +1.2, −0.4, 0.0."""
    text = f"{points:+.1f}".replace("-", "−")
    return "0.0" if text in ("+0.0", "−0.0") else text


def _alt(rows, what):
    groups = {"Above 0": [], "Below 0": [], "Not told apart from 0": []}
    for name, effect, paper in rows:
        group = "Above 0" if effect.low > 0 else "Below 0"
        if effect.low <= 0 <= effect.high:
            group = "Not told apart from 0"
        low, high = (f"{end:.1f}".replace("-", "−") for end in (effect.low, effect.high))
        points = f"{effect.points:.1f}".replace("-", "−")
        beside = "" if paper is None else f", the paper {paper:.1f}"
        groups[group].append(f"{name} {points} ({low} to {high}{beside})")
    parts = " ".join(f"{group}: {'; '.join(names)}." for group, names in groups.items() if names)
    return f"Points of {what} that each part is worth, with 95 % intervals. {parts}"
