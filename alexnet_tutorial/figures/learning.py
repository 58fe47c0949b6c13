"""Why a network may not learn: sizes layer by layer, losses step by step, the range of rates."""

import math
from collections.abc import Mapping, Sequence

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib

_STYLES = [("blue", "o"), ("orange", "s"), ("green", "^"), ("purple", "D")]


def by_layer(panels: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Picture:
    """Draw how large something is in each layer, on a scale of powers of ten.

    Args:
        panels: Title of a panel → name of a network → name of a layer → a positive size. Zeros
            are left out of the drawing. Several panels stand side by side.

    Returns:
        A :class:`Picture`; its alt text gives the first and the last size of each line.

    Raises:
        ValueError: Nothing to draw, or networks of one panel with different layers.

    Example:
        >>> by_layer({"Signal": {"tiny": {"conv1": 1.0, "fc2": 0.01}}})
        Signal, layer by layer. tiny: 1 in conv1, 0.01 in fc2.
    """
    for title, networks in panels.items():
        names = [list(sizes) for sizes in networks.values()]
        if not names or not names[0] or any(other != names[0] for other in names):
            raise ValueError(
                f"panel {title!r} holds the layers {names}: expected at least one network, with "
                "the same layers in all."
            )
    fig, places = draw.chart(
        min(4.4 * len(panels), draw.COLUMN), 3.2, 1, len(panels), squeeze=False
    )
    phrases = []
    for axes, (title, networks) in zip(places.flat, panels.items(), strict=True):
        lines = []
        for (name, sizes), (color, marker) in zip(networks.items(), _STYLES, strict=False):
            layers = list(sizes)
            style = {"color": COLORS[color], "marker": marker, "markersize": 4, "linewidth": 1.5}
            above = [size if size > 0 else math.nan for size in sizes.values()]
            axes.plot(range(len(layers)), above, label=name, **style)
            first, last = layers[0], layers[-1]
            lines.append(f"{name}: {sizes[first]:.2g} in {first}, {sizes[last]:.2g} in {last}")
        axes.set_yscale("log")
        draw.plain_powers(axes.yaxis)
        axes.set_xticks(range(len(layers)), layers, rotation=45, ha="right", fontsize=draw.SMALL)
        axes.set_title(title, fontsize=10)
        axes.grid(axis="y", color=COLORS["gray"], alpha=0.3, linewidth=0.5)
        if len(networks) > 1:
            axes.legend(frameon=False, fontsize=draw.SMALL, loc="best")
        phrases.append(f"{title}, layer by layer. {'; '.join(lines)}.")
    return from_matplotlib(fig, " ".join(phrases))


def losses(runs: Mapping[str, Sequence[float]], chance: int | None = None) -> Picture:
    """Draw the loss of several short trainings, step by step.

    Args:
        runs: Name of the run → its loss after each step.
        chance: Number of equally frequent classes; draws the loss of guessing.

    Returns:
        A :class:`Picture`; its alt text gives the first and the last loss of each run.

    Raises:
        ValueError: No run, or one without a step.

    Example:
        >>> losses({"one batch": [1.8, 0.2]}, chance=6)
        Loss, step by step. one batch: from 1.80 to 0.20 in 2 steps. Guessing: 1.79.
    """
    if not runs or not all(len(values) for values in runs.values()):
        raise ValueError(
            f"received the runs { {name: len(values) for name, values in runs.items()} } (name: "
            "steps): expected at least one, each with at least one step."
        )
    fig, axes = draw.chart(6.2, 3.0)
    phrases = []
    for (name, values), (color, _) in zip(runs.items(), _STYLES, strict=False):
        axes.plot(range(1, len(values) + 1), values, label=name, color=COLORS[color], linewidth=1.5)
        phrases.append(f"{name}: from {values[0]:.2f} to {values[-1]:.2f} in {len(values)} steps")
    alt = f"Loss, step by step. {'; '.join(phrases)}."
    if chance:
        guess = math.log(chance)
        alt += f" Guessing: {guess:.2f}."
        _guessing(axes, guess)
    axes.set(xlabel="step", ylabel="loss")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=draw.SMALL, loc="upper right")
    return from_matplotlib(fig, alt)


def rate_range(
    rates: Sequence[float],
    losses: Sequence[float],
    chosen: float | None = None,
    chance: int | None = None,
) -> Picture:
    """Draw a learning-rate range test: the loss at each rate, while the rate rises.

    Args:
        rates: Learning rates, rising.
        losses: The loss at each of them; drawn up to one and a half times the first.
        chosen: A rate to mark, or None.
        chance: Number of equally frequent classes; draws the loss of guessing.

    Returns:
        A :class:`Picture`; its alt text gives the range, the lowest loss and its rate.

    Raises:
        ValueError: Not as many losses as rates, or none.

    Example:
        >>> rate_range([0.001, 0.01, 0.1], [1.8, 1.2, 9.0], chosen=0.001)
        Loss while the learning rate rises from 0.001 to 0.1: 1.80 at first, lowest 1.20 at a \
rate of 0.01. Marked: 0.001.
    """
    rates, losses = [float(rate) for rate in rates], [float(loss) for loss in losses]
    if not losses or len(losses) != len(rates):
        raise ValueError(
            f"received {len(losses)} losses for {len(rates)} rates; give one for each."
        )
    fig, axes = draw.chart(6.2, 3.0)
    axes.plot(rates, losses, color=COLORS["blue"], linewidth=1.5)
    low = min(range(len(losses)), key=lambda i: losses[i] if math.isfinite(losses[i]) else math.inf)
    axes.plot([rates[low]], [losses[low]], "o", color=COLORS["orange"], markersize=5)
    alt = (
        f"Loss while the learning rate rises from {rates[0]:.3g} to {rates[-1]:.3g}: "
        f"{losses[0]:.2f} at first, lowest {losses[low]:.2f} at a rate of {rates[low]:.3g}."
    )
    if chosen:
        alt += f" Marked: {chosen:.3g}."
        axes.axvline(chosen, color=COLORS["green"], linewidth=1.2, linestyle="--")
        draw.note(axes, f"chosen: {chosen:.3g}", (chosen, 0), (4, 4), ("data", "axes fraction"))
    if chance:
        _guessing(axes, math.log(chance))
    axes.set_xscale("log")
    draw.plain_powers(axes.xaxis)
    seen = [loss for loss in losses if loss <= 1.5 * losses[0]] + [math.log(chance or 1)]
    bottom, top = losses[low], max(seen)
    margin = 0.08 * (top - bottom) + 0.01
    axes.set(xlabel="learning rate", ylabel="loss", ylim=(bottom - margin, top + margin))
    return from_matplotlib(fig, alt)


def _guessing(axes, loss):
    axes.axhline(loss, **draw.GUIDE)
    draw.note(axes, f"guessing: {loss:.2f}", (0, loss), (4, 4), ("axes fraction", "data"))
