"""How good a classifier is: what it confuses, how far a score reaches, how sure it may be."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib

if TYPE_CHECKING:
    from alexnet_tutorial.evaluation import Calibration


def confusion(counts: np.ndarray, classes: Sequence | None = None) -> Picture:
    """Draw a confusion matrix: what was shown in rows, what was answered in columns.

    Args:
        counts: Integers (classes, classes), as
            :func:`alexnet_tutorial.evaluation.confusion_matrix` counts them.
        classes: What the classes are called; None numbers them from 0.

    Returns:
        A :class:`Picture`; its alt text says how many are right and which mistakes are the most
        frequent.

    Raises:
        ValueError: Not a square of counts, or not as many names.

    Example:
        >>> confusion([[8, 2], [0, 9]], ["cat", "dog"])
        Confusion matrix of 19 pictures in 2 classes: 17 right, 2 wrong. Most frequent mistake: \
cat read as dog, 2 times.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.sum():
        raise ValueError(
            f"the counts have shape {counts.shape} and the sum {counts.sum()}; expected a square "
            "with a row and a column for each class, and at least one picture."
        )
    n = len(counts)
    names = [str(name) for name in (range(n) if classes is None else classes)]
    if len(names) != n:
        raise ValueError(f"there are {n} classes and {len(names)} names: give one for each.")
    fig, axes = draw.figure(1, 1)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    for (row, column), count in np.ndenumerate(counts):
        y = n - 1 - row
        color = COLORS["blue"] if row == column else COLORS["orange"]
        # The few mistakes are what one looks for: they show from the first on.
        face = 0 if not count else 0.45 * shares[row, column] + (row != column) * 0.25
        draw.square(axes, column, y, color, face, linewidth=0.5)
        draw.text(axes, column + 0.5, y + 0.5, f"{count}", 10)
    reach = 0.2 + 0.17 * max(map(len, names))
    upright = max(map(len, names)) > 4  # longer names would lie over their neighbors'
    turned = {"rotation": 90, "va": "bottom"} if upright else {}
    for place, name in enumerate(names):
        draw.text(axes, place + 0.5, n + (0.15 if upright else 0.3), name, 10, **turned)
        draw.text(axes, -0.2, n - 0.5 - place, name, 10, ha="right")
    top = n + (reach + 0.25 if upright else 0.85)
    draw.text(axes, n / 2, top, "read as", 10)
    draw.text(axes, -reach - 0.3, n / 2, "shown", 10, rotation=90)
    unit = min(0.5, draw.COLUMN / (n + reach + 0.75))
    draw.frame(fig, axes, -reach - 0.7, n + 0.05, -0.05, top + 0.3, unit)
    right = int(np.trace(counts))
    off = counts - np.diag(np.diag(counts))
    most = off.max()
    pairs = [f"{names[i]} read as {names[j]}" for i, j in np.argwhere(off == most).tolist()]
    listed = ", ".join(pairs[:4]) + (f" and {len(pairs) - 4} more" if len(pairs) > 4 else "")
    plural, times = "s" * (len(pairs) > 1), "once" if most == 1 else f"{most} times"
    mistakes = (
        f"Most frequent mistake{plural}: {listed}, {times}." if most else "There is no mistake."
    )
    return from_matplotlib(
        fig,
        f"Confusion matrix of {counts.sum()} pictures in {n} classes: {right} right, "
        f"{counts.sum() - right} wrong. {mistakes}",
    )


def reliability(groups: "Calibration") -> Picture:
    """Draw how often answers are right against how sure they were (a reliability diagram).

    Args:
        groups: What :func:`alexnet_tutorial.evaluation.calibration` returns.

    Returns:
        A :class:`Picture`; its alt text gives the expected calibration error and the fullest
        group.

    Example:
        >>> from alexnet_tutorial.evaluation import calibration
        >>> reliability(calibration([0, 1, 1], [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]], bins=2))
        Accuracy against confidence in 2 groups, 1 of them empty. Most answers, 3 of 3, have a \
confidence from 0.5 to 1.0: mean confidence 80.0%, 66.7% right. Expected calibration error 0.133.
    """
    from matplotlib.ticker import MaxNLocator

    from alexnet_tutorial.evaluation import wilson_interval

    pictures, bins = groups.pictures, len(groups.pictures)
    edges = np.linspace(0, 1, bins + 1)
    fig, (upper, lower) = draw.chart(4.6, 4.4, 2, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], label="as sure as right", **draw.GUIDE)
    upper.legend(frameon=False, fontsize=draw.SMALL, loc="upper left")
    for place in np.flatnonzero(pictures):
        right = groups.accuracy[place] * pictures[place]
        low, high = wilson_interval(round(right), int(pictures[place]))
        x = groups.confidence[place]
        upper.plot([x, x], [low, high], color=COLORS["blue"], linewidth=1)
        upper.plot([x], [groups.accuracy[place]], "o", color=COLORS["blue"], markersize=5)
    lower.bar(edges[:-1], pictures, 0.94 / bins, align="edge", color=COLORS["blue"], alpha=0.6)
    for place in np.flatnonzero(pictures):
        where = edges[place] + 0.47 / bins, pictures[place]
        draw.note(lower, f"{pictures[place]}", where, (0, 1), ha="center")
    upper.set(ylabel="share that is right", ylim=(0, 1.02))
    draw.percent(upper.yaxis)
    draw.percent(lower.xaxis)
    lower.set(xlabel="confidence", ylabel="pictures", xlim=(0, 1.01))
    lower.set_ylim(0, 1.25 * pictures.max())
    lower.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    most, empty = int(pictures.argmax()), int((pictures == 0).sum())
    return from_matplotlib(
        fig,
        f"Accuracy against confidence in {bins} groups"
        + (f", {empty} of them empty" if empty else "")
        + f". Most answers, {pictures[most]} of {pictures.sum()}, have a confidence from "
        f"{edges[most]:.1f} to {edges[most + 1]:.1f}: mean confidence "
        f"{groups.confidence[most]:.1%}, {groups.accuracy[most]:.1%} right. Expected calibration "
        f"error {groups.error:.3f}.",
    )


def score_chances(accuracies: Sequence[float], pictures: int) -> Picture:
    """Draw how likely each score is for networks whose true accuracy is known.

    Args:
        accuracies: One or more true accuracies, from 0 to 1.
        pictures: How many pictures the test has; each is read right or wrong by itself.

    Returns:
        A :class:`Picture`; its alt text gives the scores of 95 in 100 tests for each accuracy.

    Example:
        >>> score_chances([0.5], 4)
        How likely each score is on 4 pictures. True accuracy 50.0%: from 0 to 4 right in at least \
95 of 100 tests.
    """
    import itertools

    from scipy import stats

    fig, axes = draw.chart(6.2, 2.9)
    styles = itertools.cycle(
        zip(draw.palette("blue", "orange", "green", "purple"), "osD^", strict=True)
    )
    alt, lowest = [f"How likely each score is on {pictures} pictures."], pictures
    for accuracy, (color, marker) in zip(accuracies, styles, strict=False):
        scores = stats.binom(pictures, accuracy)
        chances = scores.pmf(range(pictures + 1)).tolist()
        # As many at each end as leave less than a fortieth outside.
        low, high = (int(score) for score in scores.interval(0.95))
        seen = [right for right, chance in enumerate(chances) if chance > 1e-3]
        lowest = min(lowest, *seen)
        style = {"color": color, "marker": marker, "markersize": 4, "linewidth": 1.2}
        likely = [chances[right] for right in seen]
        axes.plot(seen, likely, label=f"true accuracy {accuracy:.1%}", **style)
        alt.append(
            f"True accuracy {accuracy:.1%}: from {low} to {high} right in at least 95 of 100 tests."
        )
    axes.set(xlabel=f"right answers of {pictures}", ylabel="chance")
    axes.set_xlim(lowest - 0.5, pictures + 0.5)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    return from_matplotlib(fig, " ".join(alt))


def intervals(accuracy: float, counts: Sequence[int]) -> Picture:
    """Draw the 95 % interval (Wilson, 1927) of one measured accuracy for tests of many sizes.

    Args:
        accuracy: The measured share of right answers, from 0 to 1.
        counts: Sizes of the test, in pictures, rising.

    Returns:
        A :class:`Picture`; its alt text gives every interval.

    Example:
        >>> intervals(0.9, [10, 1000])
        95% interval of a measured accuracy of 90.0%, by pictures in the test. 10: 59.6% to 98.2%; \
1,000: 88.0% to 91.7%.
    """
    from matplotlib.ticker import NullLocator

    from alexnet_tutorial.evaluation import wilson_interval

    fig, axes = draw.chart(6.2, 2.9)
    axes.axhline(accuracy, **draw.GUIDE)
    ends = []
    for count in counts:
        low, high = wilson_interval(accuracy * count, count)
        reach = [[max(accuracy - low, 0)], [max(high - accuracy, 0)]]
        axes.errorbar([count], [accuracy], reach, color=COLORS["blue"], marker="o", capsize=4)
        ends.append(f"{count:,}: {low:.1%} to {high:.1%}")
    axes.set_xscale("log")
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="pictures in the test", ylabel="accuracy")
    draw.percent(axes.yaxis)
    return from_matplotlib(
        fig,
        f"95% interval of a measured accuracy of {accuracy:.1%}, by pictures in the test. "
        f"{'; '.join(ends)}.",
    )
