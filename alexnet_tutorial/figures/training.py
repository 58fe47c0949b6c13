"""What training did: histories and accuracies."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib


def history(history: Any, chance: int | None = None) -> Picture:
    """Draw how loss and accuracy went, epoch by epoch, in training and in validation.

    Args:
        history: Name → one number for each epoch (``loss``, and if there are any ``val_loss``,
            ``accuracy``, ``val_accuracy``): Keras's ``History.history``, a Keras ``History``, or
            the path of the ``history.json`` that a checkpoint keeps.
        chance: Number of equally frequent classes; draws what guessing would score.

    Returns:
        A :class:`Picture`; its alt text gives the first and last values, and the best epoch by
        validation loss.

    Raises:
        ValueError: There is no ``loss``, or not one epoch of it.

    Example:
        >>> history({"loss": [1.8, 0.9], "val_loss": [1.7, 1.1]})
        Loss over 2 epochs: training from 1.800 to 0.900, validation from 1.700 to 1.100, lowest \
1.100 in epoch 2.
    """
    if isinstance(history, (str, os.PathLike)):
        history = json.loads(Path(history).read_text(encoding="utf-8"))
    history = getattr(history, "history", history)
    if not history.get("loss"):
        raise ValueError(
            f"the history holds {sorted(history) or 'nothing'}, and needs 'loss' with at least one "
            "epoch. Was it taken before fit had run?"
        )
    panels = [name for name in ("loss", "accuracy") if history.get(name)]
    fig, places = draw.chart(draw.COLUMN / 2 * len(panels), 2.7, 1, len(panels), squeeze=False)
    findings = []
    for axes, name in zip(places.flat, panels, strict=True):
        shares = name == "accuracy"
        text = "{:.1%}".format if shares else "{:.3f}".format
        pick, word = (max, "highest") if shares else (min, "lowest")
        phrases = []
        for key, who, color in (
            (name, "training", COLORS["blue"]),
            (f"val_{name}", "validation", COLORS["orange"]),
        ):
            values = history.get(key) or []
            if not values:
                continue
            epochs = range(1, len(values) + 1)
            marker = "o" if len(values) == 1 else None
            axes.plot(epochs, values, color=color, label=who, linewidth=1.5, marker=marker)
            phrases.append(f"{who} from {text(values[0])} to {text(values[-1])}")
            if who == "validation":
                best = pick(values)
                where = values.index(best)
                axes.plot([where + 1], [best], "o", color=color, markersize=5)
                phrases[-1] += f", {word} {text(best)} in epoch {where + 1}"
        if chance:
            guess = 1 / chance if shares else math.log(chance)
            axes.axhline(guess, **draw.GUIDE)
            where = ("axes fraction", "data")
            draw.note(axes, f"guessing: {text(guess)}", (1, guess), (-2, 3), where, ha="right")
            phrases.append(f"guessing would give {text(guess)}")
        axes.set_title(name.capitalize(), fontsize=10)
        axes.set_xlabel("epoch")
        draw.integers(axes.xaxis)
        axes.set_ylim(bottom=0, top=1.02 if shares else None)
        if shares:
            draw.percent(axes.yaxis)
        axes.legend(frameon=False, fontsize=draw.SMALL, loc="center right")
        length = draw.count(len(history[name]), "epoch")
        findings.append(f"{name.capitalize()} over {length}: {', '.join(phrases)}.")
    return from_matplotlib(fig, " ".join(findings))


def accuracy_by_pictures(
    counts: Sequence[int],
    results: Mapping[str, Sequence[float]],
    tested: int,
    before: float | None = None,
) -> Picture:
    """Draw what accuracy several ways of training reach with more and more training pictures.

    Args:
        counts: Training pictures, rising.
        results: Name of the way → its accuracy (0 to 1) for each count.
        tested: Pictures it was measured on; sets the 95 % interval (Wilson, 1927) of each point.
        before: Accuracy without any of these pictures, drawn as a line, or None.

    Returns:
        A :class:`Picture`; its alt text gives every number.

    Raises:
        ValueError: A way has not as many accuracies as there are counts.

    Example:
        >>> accuracy_by_pictures([60, 300], {"from scratch": [0.5, 0.75]}, tested=120)
        Accuracy with 60, 300 training pictures. from scratch: 50.0%, 75.0%.
    """
    from matplotlib.ticker import NullLocator

    from alexnet_tutorial.evaluation import wilson_interval

    for name, values in results.items():
        if len(values) != len(counts):
            raise ValueError(
                f"{name!r} has {len(values)} accuracies for {len(counts)} counts of pictures "
                f"({', '.join(map(str, counts))}): give one for each."
            )
    fig, axes = draw.chart(6.2, 3.4)
    palette, markers = draw.palette("blue", "green", "orange", "purple"), "osD^"
    lines = {"markersize": 5, "capsize": 3, "linewidth": 1.5, "elinewidth": 1}
    for index, (name, values) in enumerate(results.items()):
        # Side by side, so that intervals do not hide each other.
        places = [count * 1.06 ** (index - (len(results) - 1) / 2) for count in counts]
        ends = [wilson_interval(value * tested, tested) for value in values]
        reach = [
            [value - low for value, (low, _) in zip(values, ends, strict=True)],
            [high - value for value, (_, high) in zip(values, ends, strict=True)],
        ]
        style = {"color": palette[index % 4], "marker": markers[index % 4]}
        axes.errorbar(places, values, yerr=reach, label=name, **style, **lines)
    phrases = [
        f"{name}: {', '.join(f'{v:.1%}' for v in values)}" for name, values in results.items()
    ]
    if before is not None:
        axes.axhline(before, **draw.GUIDE)
        where = 0.28, before  # between the first two counts, where no marker stands
        place = ("axes fraction", "data")
        draw.note(axes, f"before: {before:.0%}", where, (0, -11), place, ha="center")
        phrases.append(f"before: {before:.1%}")
    axes.set_xscale("log")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="training pictures", ylabel="accuracy", ylim=(0, 1.02))
    draw.percent(axes.yaxis)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    numbers = ", ".join(map(str, counts))
    alt = f"Accuracy with {numbers} training pictures. {'; '.join(phrases)}."
    return from_matplotlib(fig, alt)
