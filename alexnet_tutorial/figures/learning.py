"""Why a network may not learn: sizes layer by layer, losses step by step, the range of rates."""

import math

from alexnet_tutorial.figures.draw import COLORS, from_matplotlib

_STYLES = [("blue", "o"), ("orange", "s"), ("green", "^"), ("purple", "D")]


def by_layer(panels):
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
    from matplotlib.figure import Figure

    for title, networks in panels.items():
        names = [list(sizes) for sizes in networks.values()]
        if not names or not names[0] or any(other != names[0] for other in names):
            raise ValueError(
                f"panel {title!r} holds the layers {names}: expected at least one network, with "
                "the same layers in all."
            )
    fig = Figure(figsize=(4.4 * len(panels), 3.2), layout="constrained")
    said = []
    for axes, (title, networks) in zip(
        fig.subplots(1, len(panels), squeeze=False).flat, panels.items(), strict=True
    ):
        lines = []
        for (name, sizes), (color, marker) in zip(networks.items(), _STYLES, strict=False):
            layers = list(sizes)
            axes.plot(
                range(len(layers)),
                [size if size > 0 else math.nan for size in sizes.values()],
                label=name,
                color=COLORS[color],
                marker=marker,
                markersize=4,
                linewidth=1.5,
            )
            first, last = layers[0], layers[-1]
            lines.append(f"{name}: {sizes[first]:.2g} in {first}, {sizes[last]:.2g} in {last}")
        axes.set_yscale("log")
        _plain_powers(axes.yaxis)
        axes.set_xticks(range(len(layers)), layers, rotation=45, ha="right", fontsize=8)
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color=COLORS["gray"], alpha=0.3, linewidth=0.5)
        if len(networks) > 1:
            axes.legend(frameon=False, fontsize=8, loc="best")
        said.append(f"{title}, layer by layer. {'; '.join(lines)}.")
    return from_matplotlib(fig, " ".join(said))


def losses(runs, chance=None):
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
    from matplotlib.figure import Figure

    if not runs or not all(len(values) for values in runs.values()):
        raise ValueError(
            f"received the runs { {name: len(values) for name, values in runs.items()} } (name: "
            "steps): expected at least one, each with at least one step."
        )
    fig = Figure(figsize=(6.2, 3.0), layout="constrained")
    axes = fig.subplots()
    said = []
    for (name, values), (color, _) in zip(runs.items(), _STYLES, strict=False):
        axes.plot(range(1, len(values) + 1), values, label=name, color=COLORS[color], linewidth=1.5)
        said.append(f"{name}: from {values[0]:.2f} to {values[-1]:.2f} in {len(values)} steps")
    alt = f"Loss, step by step. {'; '.join(said)}."
    if chance:
        guess = math.log(chance)
        alt += f" Guessing: {guess:.2f}."
        _guessing(axes, guess)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    return from_matplotlib(fig, alt)


def rate_range(rates, losses, chosen=None, chance=None):
    """Draw a learning-rate range test: the loss at each rate, while the rate rises.

    Args:
        rates: Learning rates, rising.
        losses: The loss at each of them; drawn up to three times the first.
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
    from matplotlib.figure import Figure

    rates, losses = [float(rate) for rate in rates], [float(loss) for loss in losses]
    if not losses or len(losses) != len(rates):
        raise ValueError(
            f"received {len(losses)} losses for {len(rates)} rates; give one for each."
        )
    fig = Figure(figsize=(6.2, 3.0), layout="constrained")
    axes = fig.subplots()
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
        _note(axes, f"chosen: {chosen:.3g}", (chosen, 0), ("data", "axes fraction"), (4, 4), "left")
    if chance:
        _guessing(axes, math.log(chance))
    axes.set_xscale("log")
    _plain_powers(axes.xaxis)
    axes.set_ylim(0, 3 * losses[0])
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.spines[["top", "right"]].set_visible(False)
    return from_matplotlib(fig, alt)


def _guessing(axes, loss):
    axes.axhline(loss, color=COLORS["gray"], linewidth=1, linestyle="--")
    _note(axes, f"guessing: {loss:.2f}", (0, loss), ("axes fraction", "data"), (4, 4), "left")


def _note(axes, text, where, coordinates, offset, align):
    axes.annotate(
        text,
        where,
        xycoords=coordinates,
        xytext=offset,
        textcoords="offset points",
        ha=align,
        color="black",
        fontsize=8,
    )


def _plain_powers(axis):
    """Write powers of ten without mathtext, which would not take the color of the page."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    digits = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"10{str(round(math.log10(value))).translate(digits)}")
    )
    axis.set_minor_formatter(NullFormatter())
