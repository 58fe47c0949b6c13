"""The recipe of 2012: weights that decay, and a rate that is divided."""

import itertools
from collections.abc import Mapping, Sequence

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib


def shrinking(curves: Mapping[str, Sequence[float]], epoch: int | None = None) -> Picture:
    """Draw how a weight shrinks that no gradient holds, by several rules.

    Args:
        curves: Name of the rule → the weight before the first step, after it, after the second
            and so on; starts above 0. At most four rules.
        epoch: Steps in an epoch, drawn as lines; None draws none.

    Returns:
        A :class:`Picture`; its alt text says after how many steps each has halved, or what is
        left of it.

    Raises:
        ValueError: There is no rule, more than four, or one that does not start above 0.

    Example:
        >>> shrinking({"fast": [1.0, 0.5, 0.25], "slow": [1.0, 0.9, 0.81]})
        A weight without a gradient over 2 steps. fast: halved after 1 step, 0.250 of it left at \
the end; slow: not halved, 0.810 of it left at the end.
    """
    names = ("blue", "orange", "green", "purple")
    if not 1 <= len(curves) <= len(names):
        raise ValueError(f"there are {len(curves)} rules to draw; give 1 to {len(names)}.")
    fig, axes = draw.chart(6.4, 3.2)
    phrases = []
    for (name, values), color in zip(curves.items(), names, strict=False):
        if not len(values) or not values[0] > 0:
            raise ValueError(f"{name!r} starts at {list(values[:1])}; it must start above 0.")
        shares = [value / values[0] for value in values]
        style = "--" if name == list(curves)[-1] and len(curves) > 2 else "-"
        axes.plot(shares, style, color=COLORS[color], linewidth=1.8, label=name)
        half = next((step for step, share in enumerate(shares) if share <= 0.5), None)
        if half is None:
            when = "not halved"
        else:
            axes.plot([half], [shares[half]], "o", color=COLORS[color], markersize=5)
            when = f"halved after {draw.count(half, 'step')}"
        phrases.append(f"{name}: {when}, {shares[-1]:.3f} of it left at the end")
    steps = max(len(values) for values in curves.values()) - 1
    if epoch:
        for place in range(epoch, steps + 1, epoch):
            axes.axvline(place, color=COLORS["gray"], linewidth=0.7, linestyle=":")
        phrases.append(f"an epoch is {epoch:,} steps")
    axes.axhline(0.5, color=COLORS["gray"], linewidth=0.8, linestyle="--")
    axes.set(xlabel="steps", ylabel="share of the weight left", xlim=(0, steps), ylim=(0, 1.03))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    return from_matplotlib(
        fig, f"A weight without a gradient over {steps:,} steps. {'; '.join(phrases)}."
    )


def divisions(errors: Sequence[float], rates: Sequence[float]) -> Picture:
    """Draw an error and the rate that is divided each time the error stops improving.

    Args:
        errors: The error after each epoch, above 0.
        rates: The learning rate in each epoch, above 0.

    Returns:
        A :class:`Picture`; its alt text says for every rate how long it lasted, and the lowest
        error under it.

    Raises:
        ValueError: There is no epoch, the two differ in number, or a value is not above 0.

    Example:
        >>> divisions([1.0, 0.5, 0.5, 0.2], [0.01, 0.01, 0.01, 0.001])
        Error and learning rate over 4 epochs. Rate 0.01 for 3 epochs: error down to 0.5. Rate \
0.001 for 1 epoch: error down to 0.2.
    """
    errors, rates = [float(e) for e in errors], [float(r) for r in rates]
    if len(errors) != len(rates) or not errors or min(errors + rates) <= 0:
        raise ValueError(
            f"there are {len(errors)} errors and {len(rates)} rates; give one of each for every "
            "epoch, all above 0: they are drawn on logarithmic axes."
        )
    fig, (above, below) = draw.chart(6.4, 3.8, 2, sharex=True, height_ratios=(2.2, 1))
    epochs = range(1, len(errors) + 1)
    above.plot(epochs, errors, ".-", color=COLORS["orange"], linewidth=1.2, markersize=4)
    below.step(epochs, rates, where="mid", color=COLORS["blue"], linewidth=1.8)
    phrases, first = [], 0
    for rate, run in itertools.groupby(rates):
        last = first + len(list(run))
        length, lowest = draw.count(last - first, "epoch"), min(errors[first:last])
        phrases.append(f"Rate {rate:.2g} for {length}: error down to {lowest:.2g}.")
        if first:
            for axes in (above, below):
                axes.axvline(first + 0.5, color=COLORS["gray"], linewidth=0.8, linestyle=":")
        first = last
    for axes, label in ((above, "error"), (below, "rate")):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.2g}")
        axes.yaxis.set_minor_formatter(lambda value, _: "")
        axes.set_ylabel(label)
    below.set_ylim(min(rates) / 2, max(rates) * 2)
    below.set_xlabel("epoch")
    return from_matplotlib(
        fig, f"Error and learning rate over {len(errors)} epochs. {' '.join(phrases)}"
    )
