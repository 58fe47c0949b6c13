"""Two towers on two cards: what memory they take, what a group is, and who reads whom."""

from collections.abc import Mapping, Sequence

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib
from alexnet_tutorial.shapes.architecture import Architecture

_GIB = 2**30


def memory(bars: Mapping[str, Mapping[str, float]], limit: float) -> Picture:
    """Draw what a training step keeps in memory as stacked bars, beside what a card has.

    Args:
        bars: Name of the bar → {what is kept: bytes}, the same things in every bar.
        limit: Bytes of one card, drawn as a line.

    Returns:
        A :class:`Picture`; its alt text gives the sum of each bar in GiB and as a share.

    Raises:
        ValueError: The bars do not hold the same things.

    Example:
        >>> memory({"one card": {"weights": 2**30, "maps": 2**29}}, limit=3 * 2**30)
        Memory of one training step. one card: 1.50 GiB (weights 1.00, maps 0.50), 50 % of the \
3 GiB of a card.
    """
    things = list(next(iter(bars.values())))
    for name, parts in bars.items():
        if list(parts) != things:
            raise ValueError(
                f"bar {name!r} holds {', '.join(parts)}, and the first holds {', '.join(things)}: "
                "give every bar the same things, in the same order."
            )
    palette = draw.palette("orange", "yellow", "red", "green", "teal", "purple")
    fig, axes = draw.chart(7.2, 0.62 * len(bars) + 1.3)
    phrases = []
    for place, (name, parts) in enumerate(bars.items()):
        left = 0.0
        for index, thing in enumerate(things):
            size = parts[thing] / _GIB
            color = palette[index % len(palette)]
            label = thing if place == 0 else None
            axes.barh(place, size, left=left, color=color, height=0.6, label=label)
            left += size
        axes.text(left + 0.03, place, f"{left:.2f} GiB", va="center", fontsize=9)
        each = ", ".join(f"{thing} {parts[thing] / _GIB:.2f}" for thing in things)
        share = f"{left * _GIB / limit:.0%}".replace("%", " %")
        phrases.append(f"{name}: {left:.2f} GiB ({each}), {share} of the {limit / _GIB:g} GiB")
    axes.axvline(limit / _GIB, color="black", linewidth=1.2, linestyle="--")
    axes.text(limit / _GIB - 0.03, -0.62, f"a card: {limit / _GIB:g} GiB", ha="right", fontsize=9)
    axes.set_yticks(range(len(bars)), list(bars), fontsize=9)
    axes.set_ylim(len(bars) - 0.5, -0.9)
    widest = max(sum(parts.values()) for parts in bars.values())
    axes.set_xlim(0, max(limit, 1.15 * widest) / _GIB * 1.03)
    axes.set_xlabel("GiB", fontsize=9)
    axes.tick_params(axis="y", length=0)
    fig.legend(frameon=False, fontsize=8.5, loc="outside lower center", ncols=3)
    return from_matplotlib(fig, f"Memory of one training step. {'; '.join(phrases)} of a card.")


def groups(channels: int, filters: int, groups: Sequence[int]) -> Picture:
    """Draw which maps each filter reads, for several numbers of groups.

    Args:
        channels: Maps that come in.
        filters: Maps that go out.
        groups: Numbers of groups, one panel for each; they divide both.

    Returns:
        A :class:`Picture`; its alt text counts the slices of kernel in each panel.

    Raises:
        ValueError: A number of groups does not divide the maps.

    Example:
        >>> groups(4, 4, (1, 2))
        Which of the 4 input maps each of the 4 output maps reads. 1 group: 16 slices, \
every pair. 2 groups: 8 slices, in 2 towers that share nothing.
    """
    fig, axes = draw.figure(8, 3)
    palette = draw.palette("blue", "orange", "green", "purple", "teal", "red")
    high, wide, space = max(channels, filters), 3.4, 1.9
    phrases = []
    for panel, number in enumerate(groups):
        if channels % number or filters % number:
            raise ValueError(
                f"{number} groups cannot share {channels} maps coming in and {filters} going out: "
                "each group takes an equal part of both, so the number must divide both."
            )
        left = panel * (wide + space)
        tower_in, tower_out = channels // number, filters // number
        ys_in = [high - (i + 0.5) * high / channels for i in range(channels)]
        ys_out = [high - (i + 0.5) * high / filters for i in range(filters)]
        for i, y_in in enumerate(ys_in):
            for o, y_out in enumerate(ys_out):
                if i // tower_in == o // tower_out:
                    color = palette[i // tower_in % len(palette)]
                    ends = (left + 0.7, left + wide - 0.7), (y_in, y_out)
                    draw.line(axes, *ends, color=color, linewidth=0.7, alpha=0.75)
        for ys, x, tower in ((ys_in, left, tower_in), (ys_out, left + wide - 0.7, tower_out)):
            for i, y in enumerate(ys):
                color = palette[i // tower % len(palette)]
                draw.square(axes, x, y - 0.35, color, 0.45, width=0.7, height=0.7)
        slices = number * tower_in * tower_out
        draw.text(axes, left + wide / 2, high + 0.7, draw.count(number, "group"), 10, weight="bold")
        draw.text(axes, left + wide / 2, -0.5, draw.count(slices, "slice"), 9)
        draw.text(axes, left + 0.35, high + 0.35, "in", 8.5)
        draw.text(axes, left + wide - 0.35, high + 0.35, "out", 8.5)
        split = "every pair" if number == 1 else f"in {number} towers that share nothing"
        phrases.append(f"{draw.count(number, 'group')}: {draw.count(slices, 'slice')}, {split}")
    right = len(groups) * (wide + space) - space
    draw.frame(fig, axes, -0.3, right + 0.3, -0.9, high + 1.2, 0.42)
    return from_matplotlib(
        fig,
        f"Which of the {channels} input maps each of the {filters} output maps reads. "
        f"{'. '.join(phrases)}.",
    )


def who_reads_whom(net: Architecture) -> Picture:
    """Draw which card reads which, layer by layer, for a network in two towers.

    A convolution in two groups reads its own card only. One without groups, and a dense layer,
    reads both. The last layer is drawn once, as in the paper's figure 2.

    Args:
        net: An :class:`~alexnet_tutorial.shapes.architecture.Architecture` with at least two layers
            that have weights.

    Returns:
        A :class:`Picture`; its alt text names the layers that read both cards.

    Example:
        >>> from alexnet_tutorial.shapes import variant
        >>> who_reads_whom(variant("alexnet-2012"))
        Two cards, from the picture to the answer. Reading their own card only: conv2, conv4, \
conv5. Reading both cards: conv3, fc6, fc7, fc8.
    """
    layers = [layer for layer in net.layers if layer.kind in ("conv", "dense")]
    fig, axes = draw.figure(8, 3)
    step, half, rows = 1.75, 0.6, (2.2, 0.0)  # from column to column; half a box; the two cards
    places = [[1.1]] + [list(rows)] * (len(layers) - 1) + [[1.1]]
    titles = ["picture"] + [layer.name for layer in layers]
    own: list[str] = []
    both: list[str] = []
    for column, layer in enumerate(layers, start=1):
        crossing = column > 1 and getattr(layer, "groups", 1) == 1
        if column > 1:
            (both if crossing else own).append(layer.name)
        for source in places[column - 1]:
            for target in places[column]:
                away = len(places[column - 1]) == len(places[column]) and source != target
                if away and not crossing:
                    continue
                color = COLORS["orange" if crossing else "blue"]
                ends = ((column - 1) * step + half, column * step - half), (source, target)
                draw.line(axes, *ends, color=color, linewidth=1.6 if away else 1.1)
    for column, (title, ys) in enumerate(zip(titles, places, strict=True)):
        kind = "input" if column == 0 else layers[column - 1].kind
        for y in ys:
            color = draw.KIND_COLORS[kind]
            corner = column * step - half, y - 0.38
            draw.square(axes, *corner, color, 0.3, width=2 * half, height=0.76)
            draw.text(axes, column * step, y, title, draw.SMALL)
    for y, card in zip(rows, ("card 1", "card 2"), strict=True):
        draw.text(axes, -0.55, y, card, draw.SMALL, weight="bold")
    right = len(layers) * step + half + 0.2
    for x, name, color in ((0.9, "own card only", "blue"), (5.2, "both cards", "orange")):
        draw.line(axes, (x, x + 0.6), (-0.95, -0.95), color=COLORS[color], linewidth=1.8)
        draw.text(axes, x + 0.75, -0.95, name, draw.SMALL, ha="left")
    unit = min(0.56, draw.COLUMN / (right + 1.1))
    draw.frame(fig, axes, -1.1, right, -1.3, 2.8, unit)
    return from_matplotlib(
        fig,
        "Two cards, from the picture to the answer. Reading their own card only: "
        f"{', '.join(own) or 'none'}. Reading both cards: {', '.join(both) or 'none'}.",
    )
