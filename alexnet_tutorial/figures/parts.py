"""The network's parts at work: activations, normalization, pooling, dropout."""

from collections.abc import Callable, Mapping

import numpy as np

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, count, from_matplotlib, number_text

_PALETTE = draw.palette("blue", "orange", "green", "purple", "red", "teal")


def activation_functions(
    functions: Mapping[str, tuple[Callable, Callable]], at: float = 3.0
) -> Picture:
    """Draw activations and, beside them, their slopes.

    Args:
        functions: Name → (the activation, its slope): functions of a NumPy array.
        at: Input whose slopes the alt text gives; drawn is a little more than -at to at.

    Raises:
        ValueError: There is no function to draw.

    Example:
        >>> import numpy as np
        >>> activation_functions({"tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2)})
        Activations and their slopes. Slope at −3, 0 and 3: tanh 0.00987, 1, 0.00987.
    """
    if not functions:
        raise ValueError("there is no activation to draw: give at least one, by its name.")
    z = np.linspace(-1.2 * at, 1.2 * at, 401)
    fig, (left, right) = draw.chart(7.2, 2.7, 1, 2)
    phrases = []
    for (name, (function, slope)), color in zip(functions.items(), _PALETTE, strict=False):
        left.plot(z, function(z), color=color, label=name, linewidth=1.8)
        right.plot(z, slope(z), color=color, label=name, linewidth=1.8)
        slopes = ", ".join(f"{float(slope(np.array(x))):.3g}" for x in (-at, 0.0, at))
        phrases.append(f"{name} {slopes}")
    for axes, title in ((left, "activation"), (right, "its slope")):
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("input z")
    left.set_ylim(-1.3, at)
    left.legend(frameon=False, fontsize=9)
    ends = f"{number_text(-at)}, 0 and {number_text(at)}"
    alt = f"Activations and their slopes. Slope at {ends}: {'; '.join(phrases)}."
    return from_matplotlib(fig, alt)


def gradient_by_depth(sizes: Mapping[str, np.ndarray]) -> Picture:
    """Draw how large the gradient still is at each layer, on its way back from the last.

    Args:
        sizes: Name of the network → the gradient's size (root of the mean square) at the input
            of each layer, first layer first.

    Returns:
        A :class:`Picture`; the alt text says what is left at the first layer, as a share of what
        the last one has.

    Raises:
        ValueError: A network has fewer than two layers, or a size that is not above zero.

    Example:
        >>> gradient_by_depth({"halved": [0.25, 0.5, 1.0]})
        Size of the gradient at layer 1 as a multiple of that at the last: halved 0.25 (3 layers).
    """
    fig, axes = draw.chart(6.4, 3.3)
    phrases = []
    for index, (name, values) in enumerate(sizes.items()):
        values = np.asarray(values, float)
        if len(values) < 2 or not (values > 0).all():
            raise ValueError(
                f"{name!r} has {count(len(values), 'size')}, the smallest "
                f"{values.min(initial=np.inf):.3g}: give at least two, all above 0, for they are "
                "drawn on a logarithmic scale."
            )
        share = values / values[-1]
        layers = np.arange(1, len(share) + 1)
        style, color = "-" if index % 2 == 0 else "--", _PALETTE[index % len(_PALETTE)]
        label = f"{name}: {share[0]:.1g} left"
        axes.plot(layers, share, style, color=color, label=label, linewidth=1.8)
        phrases.append(f"{name} {share[0]:.2g} ({count(len(share), 'layer')})")
    axes.set_yscale("log")
    axes.set_xlabel("layer; the gradient travels from right to left")
    axes.set_ylabel("gradient (last layer: 1)")
    draw.integers(axes.xaxis)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    alt = "Size of the gradient at layer 1 as a multiple of that at the last: "
    return from_matplotlib(fig, f"{alt}{'; '.join(phrases)}.")


def normalized_channels(before: np.ndarray, after: np.ndarray, alone: float) -> Picture:
    """Draw the channels at one place before and after normalization, and what each is divided by.

    Args:
        before: Activations at one place of the maps, one for each channel.
        after: The same, normalized.
        alone: What a channel is divided by where nothing in its window is active (k to the
            power beta).

    Returns:
        A :class:`Picture`; the alt text names the loudest channel, and the range of divisors.

    Raises:
        ValueError: Not as many channels after as before, or none is active.

    Example:
        >>> normalized_channels([0.0, 8.0, 1.0], [0.0, 2.0, 0.5], alone=1.0)
        3 channels at one place, before and after normalization. The loudest, channel 1, falls \
from 8 to 2. Active channels are divided by 2 to 4; with nothing around it, one would be divided \
by 1.
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    active = before > 0
    if before.shape != after.shape or before.ndim != 1 or not active.any():
        raise ValueError(
            f"before has shape {before.shape} with {count(int(active.sum()), 'active channel')}, "
            f"after has shape {after.shape}: give the channels of one place, the same number "
            "before and after, at least one of them above 0."
        )
    divisor = before[active] / after[active]
    channels = np.arange(len(before))
    fig, (upper, lower) = draw.chart(7.2, 3.6, 2, sharex=True, height_ratios=(3, 2))
    upper.bar(channels - 0.2, before, 0.4, color=COLORS["blue"], label="before")
    upper.bar(channels + 0.2, after, 0.4, color=COLORS["teal"], label="after")
    upper.set_ylabel("activation")
    upper.legend(frameon=False, fontsize=9)
    lower.axhline(alone, **draw.GUIDE)
    lower.plot(channels[active], divisor, "o", color=COLORS["teal"], markersize=4)
    lower.set_ylim(bottom=0)
    lower.set(xlabel="channel", ylabel="divided by")
    loudest = int(before.argmax())
    return from_matplotlib(
        fig,
        f"{len(before)} channels at one place, before and after normalization. The loudest, "
        f"channel {loudest}, falls from {before[loudest]:.3g} to {after[loudest]:.3g}. Active "
        f"channels are divided by {divisor.min():.3g} to {divisor.max():.3g}; with nothing around "
        f"it, one would be divided by {alone:.3g}.",
    )


def pooling_winners(values: np.ndarray, wins: Mapping[str, np.ndarray]) -> Picture:
    """Draw a map, and on it which values win the windows of several poolings.

    Args:
        values: The map, (height, width).
        wins: Name of the pooling → how many windows each value wins, (height, width) integers.

    Returns:
        A :class:`Picture`; the alt text counts the winners, and those that win several windows.

    Raises:
        ValueError: A count of wins has another size than the map.

    Example:
        >>> pooling_winners([[3, 1], [0, 2]], {"2/2": [[1, 0], [0, 0]]})
        A map of 2 × 2 values. With 2/2, 1 value wins a window, 0 of them more than one.
    """
    values = np.asarray(values, float)
    height, width = values.shape
    fig, panels = draw.sheet(3.3 * len(wins), 3.6, 1, len(wins))
    colors = draw.palette("green", "orange", "red", "purple")
    phrases = []
    for axes, (name, won) in zip(panels.flat, wins.items(), strict=True):
        won = np.asarray(won)
        if won.shape != values.shape:
            raise ValueError(f"{name}: wins of shape {won.shape}, for a map of {values.shape}.")
        axes.imshow(values, cmap="gray", interpolation="nearest")
        for times, color in enumerate(colors, start=1):
            rows, columns = np.nonzero(won == times)
            if len(rows):
                label = f"wins {count(times, 'window')}"
                axes.scatter(columns, rows, s=12 * times, color=color, label=label, linewidths=0)
        axes.set_title(name, fontsize=10)
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": 2}
        axes.legend(
            frameon=False, fontsize=draw.SMALL, handletextpad=0.1, columnspacing=0.8, **below
        )
        winners = int((won > 0).sum())
        phrases.append(
            f"With {name}, {count(winners, 'value')} {'wins' if winners == 1 else 'win'} a "
            f"window, {int((won > 1).sum())} of them more than one."
        )
    fig.subplots_adjust(0, 0.12, 1, 0.93, wspace=0.06)
    return from_matplotlib(fig, f"A map of {height} × {width} values. {' '.join(phrases)}")


def dropout_samples(samples: np.ndarray, scaled: np.ndarray) -> Picture:
    """Draw what many networks with dropout say of one picture, and what the scaled pass says.

    Args:
        samples: Probabilities, (masks, classes): one row for each mask.
        scaled: Probabilities, (classes,): one pass with nothing dropped.

    Returns:
        A :class:`Picture`: on the left every sample; on the right how far the mean of the first
        n samples is from the scaled pass.

    Raises:
        ValueError: Shapes that do not fit, or a single sample.

    Example:
        >>> dropout_samples([[0.9, 0.1], [0.5, 0.5]], [0.75, 0.25])
        What 2 masks say of one picture. Class 0 gets from 0.50 to 0.90, on average 0.70; the \
scaled pass gives it 0.75. The average of all masks differs from the scaled pass by at most 0.05.
    """
    samples, scaled = np.asarray(samples, float), np.asarray(scaled, float)
    if samples.ndim != 2 or samples.shape[1:] != scaled.shape or len(samples) < 2:
        raise ValueError(
            f"samples have shape {samples.shape} and the scaled pass {scaled.shape}: give at "
            "least two rows of samples, with one probability for each class."
        )
    masks, classes = samples.shape
    mean = samples.mean(axis=0)
    fig, (left, right) = draw.chart(draw.COLUMN, 3.1, 1, 2, width_ratios=(3, 2))
    spread = np.random.default_rng(0).uniform(-0.3, 0.3, masks)  # so that dots do not hide dots
    # As vectors, thousands of dots make a heavy page.
    dots = {"color": COLORS["red"], "alpha": 0.25, "markersize": 3, "rasterized": True}
    for label in range(classes):
        legend = "one mask each" if label == 0 else None
        left.plot(label + spread, samples[:, label], ".", label=legend, **dots)
    marks = {"markersize": 9, "linestyle": "none", "markerfacecolor": "none"}
    places = np.arange(classes)
    left.plot(places - 0.1, mean, "o", color=COLORS["blue"], label="mean of all", **marks)
    left.plot(places + 0.1, scaled, "x", color="black", label="scaled pass", **marks)
    left.set(xlabel="class", ylabel="probability", ylim=(-0.03, 1.03))
    draw.integers(left.xaxis)
    left.legend(frameon=False, fontsize=draw.SMALL)
    taken = np.arange(1, masks + 1)
    running = np.cumsum(samples, axis=0) / taken[:, None]
    distance = np.abs(running - scaled).max(axis=1)
    right.plot(taken, distance, color=COLORS["blue"], linewidth=1.5)
    right.set_xscale("log")
    draw.plain_powers(right.xaxis)
    right.set_ylim(bottom=0)
    right.set(xlabel="masks averaged", ylabel="distance from the scaled pass")
    top = int(scaled.argmax())
    return from_matplotlib(
        fig,
        f"What {masks} masks say of one picture. Class {top} gets from {samples[:, top].min():.2f} "
        f"to {samples[:, top].max():.2f}, on average {mean[top]:.2f}; the scaled pass gives it "
        f"{scaled[top]:.2f}. The average of all masks differs from the scaled pass by at most "
        f"{distance[-1]:.2f}.",
    )
