"""What training did: histories and accuracies."""

import os
from pathlib import Path

from alexnet_tutorial.figures.draw import COLORS, from_matplotlib


def history(history, chance=None):
    """Draw how loss and accuracy went, epoch by epoch, in training and in validation.

    Args:
        history: Name → one number for each epoch (``loss``, and if there are any ``val_loss``,
            ``accuracy``, ``val_accuracy``): Keras' ``History.history``, a Keras ``History``, or
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
    import json
    import math

    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    if isinstance(history, (str, os.PathLike)):
        history = json.loads(Path(history).read_text(encoding="utf-8"))
    history = getattr(history, "history", history)
    if not history.get("loss"):
        raise ValueError(
            f"the history holds {sorted(history) or 'nothing'}, and needs 'loss' with at least one "
            "epoch. Was it taken before fit had run?"
        )
    panels = [name for name in ("loss", "accuracy") if history.get(name)]
    fig = Figure(figsize=(4.1 * len(panels), 2.9), layout="constrained")
    findings = []
    for axes, name in zip(fig.subplots(1, len(panels), squeeze=False).flat, panels, strict=True):
        shares = name == "accuracy"
        text = "{:.1%}".format if shares else "{:.3f}".format
        pick, word = (max, "highest") if shares else (min, "lowest")
        said = []
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
            said.append(f"{who} from {text(values[0])} to {text(values[-1])}")
            if who == "validation":
                best = pick(values)
                where = values.index(best)
                axes.plot([where + 1], [best], "o", color=color, markersize=5)
                said[-1] += f", {word} {text(best)} in epoch {where + 1}"
        if chance:
            guess = 1 / chance if shares else math.log(chance)
            axes.axhline(guess, color=COLORS["gray"], linewidth=1, linestyle="--")
            axes.annotate(
                f"guessing: {text(guess)}",
                (1, guess),
                xycoords=("axes fraction", "data"),
                xytext=(-2, 3),
                textcoords="offset points",
                ha="right",
                color="black",
                fontsize=8,
            )
            said.append(f"guessing would give {text(guess)}")
        axes.set_title(name.capitalize(), fontsize=10)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylim(bottom=0, top=1.02 if shares else None)
        if shares:
            axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, loc="center right")
        findings.append(
            f"{name.capitalize()} over {len(history[name])} "
            f"epoch{'s' * (len(history[name]) != 1)}: {', '.join(said)}."
        )
    return from_matplotlib(fig, " ".join(findings))


def accuracy_by_pictures(counts, results, tested, before=None):
    """Draw what accuracy several ways of training reach with more and more training pictures.

    Args:
        counts: Training pictures, rising.
        results: Name of the way → its accuracy (0 to 1) for each count.
        tested: Test pictures; sets the 95 % interval (Wilson, 1927) that each point carries.
        before: Accuracy without any of these pictures, drawn as a line, or None.

    Returns:
        A :class:`Picture`; its alt text gives every number.

    Raises:
        ValueError: A way has not as many accuracies as there are counts.

    Example:
        >>> accuracy_by_pictures([60, 300], {"from scratch": [0.5, 0.75]}, tested=120)
        Test accuracy with 60, 300 training pictures. from scratch: 50.0%, 75.0%.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator, PercentFormatter

    for name, values in results.items():
        if len(values) != len(counts):
            raise ValueError(
                f"{name!r} has {len(values)} accuracies for {len(counts)} counts of pictures "
                f"({', '.join(map(str, counts))}): give one for each."
            )
    fig = Figure(figsize=(6.2, 3.4), layout="constrained")
    axes = fig.subplots()
    palette = [COLORS[name] for name in ("blue", "green", "orange", "purple")]
    markers = "osD^"
    for index, (name, values) in enumerate(results.items()):
        # Side by side, so that intervals do not hide each other.
        places = [count * 1.06 ** (index - (len(results) - 1) / 2) for count in counts]
        ends = [wilson(value, tested) for value in values]
        reach = [
            [value - low for value, (low, _) in zip(values, ends, strict=True)],
            [high - value for value, (_, high) in zip(values, ends, strict=True)],
        ]
        axes.errorbar(
            places,
            values,
            yerr=reach,
            label=name,
            color=palette[index % len(palette)],
            marker=markers[index % len(markers)],
            markersize=5,
            capsize=3,
            linewidth=1.5,
            elinewidth=1,
        )
    said = [f"{name}: {', '.join(f'{v:.1%}' for v in values)}" for name, values in results.items()]
    if before is not None:
        axes.axhline(before, color=COLORS["gray"], linewidth=1, linestyle="--")
        axes.annotate(
            f"before: {before:.0%}",
            (0.28, before),  # between the first two counts, where no marker stands
            xycoords=("axes fraction", "data"),
            xytext=(0, -11),
            textcoords="offset points",
            ha="center",
            color="black",
            fontsize=8,
        )
        said.append(f"before: {before:.1%}")
    axes.set_xscale("log")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("training pictures")
    axes.set_ylabel("test accuracy")
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return from_matplotlib(
        fig,
        f"Test accuracy with {', '.join(map(str, counts))} training pictures. {'; '.join(said)}.",
    )


def wilson(share, pictures, z=1.96):
    """95 % interval of a share (Wilson, 1927, doi:10.1080/01621459.1927.10502953)."""
    middle = (share + z**2 / (2 * pictures)) / (1 + z**2 / pictures)
    spread = (share * (1 - share) / pictures + z**2 / (4 * pictures**2)) ** 0.5
    half = z * spread / (1 + z**2 / pictures)
    return middle - half, middle + half
