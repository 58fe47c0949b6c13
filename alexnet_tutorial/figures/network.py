"""A whole network: its layered diagram, and where its parameters and work are."""

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, KIND_COLORS, Picture, from_matplotlib
from alexnet_tutorial.shapes.architecture import Architecture, Layer, pair
from alexnet_tutorial.shapes.ledger import Ledger, ledger

if TYPE_CHECKING:
    import keras

_SKEW = (0.34, 0.26)  # where one unit of a map's width goes: back and to the right


@dataclass
class _Stage:
    """A layer that changes a shape, with what stands behind it and where it is drawn."""

    name: str
    kind: str
    shape: tuple[int, ...]
    layer: Layer | None = None
    notes: list[str] = field(default_factory=list)
    towers: int = 1  # maps are drawn in so many stacks
    stacks: list[dict] = field(default_factory=list)
    middle: float = 0.0

    @property
    def groups(self):
        return getattr(self.layer, "groups", 1)

    @property
    def color(self):
        return KIND_COLORS.get(self.kind, COLORS["gray"])

    @property
    def operation(self):
        """The window as the paper writes it: kernel, then stride where it is not 1."""
        if self.kind not in ("conv", "pool"):
            return ""
        rows, columns = pair(
            self.layer.kernel_size if self.kind == "conv" else self.layer.pool_size
        )
        down, right = pair(self.layer.strides)
        step = "" if (down, right) == (1, 1) else f" / {down if down == right else (down, right)}"
        return f"{rows} × {columns}{step}"


def _note(layer):
    """A layer that keeps the shape, in the word by which the field knows it."""
    if layer.kind == "activation":
        return {"relu": "ReLU"}.get(layer.activation, layer.activation)
    return {"lrn": "LRN"}.get(layer.kind, layer.kind)


def _stages(net):
    """Gather the layers that change a shape, with those that do not noted at the one before."""
    stages = [_Stage("input", "input", net.input_shape)]
    for layer, shape, out, _ in net.steps:
        if out == shape and layer.kind not in ("conv", "dense", "pool"):
            stages[-1].notes.append(_note(layer))
        else:
            stages.append(_Stage(layer.name, layer.kind, out, layer))
    for index, stage in enumerate(stages):
        if len(stage.shape) == 3:
            # Maps are drawn apart where a grouped convolution made them or reads them.
            readers = (other.groups for other in stages[index + 1 :] if other.kind != "pool")
            makers = (other.groups for other in stages[index::-1] if other.kind != "pool")
            stage.towers = max(next(makers, 1), next(readers, 1))
    return stages


def _scales(stages):
    """Lengths on the page: areas, not sides, grow with the numbers, so that small maps show."""
    maps = [stage.shape for stage in stages if len(stage.shape) == 3]
    units = max((stage.shape[0] for stage in stages if len(stage.shape) == 1), default=1)
    sides, channels = max(max(shape[:2]) for shape in maps), max(shape[2] for shape in maps)
    return (
        lambda number: 3.0 / sides**0.5 * number**0.5,
        lambda number: max(1.3 / channels**0.5 * number**0.5, 0.08),
        lambda number: max(3.4 / units**0.5 * number**0.5, 0.12),
    )


def _cuboid(axes, x, y, height, width, depth, color):
    """Draw maps with their near lower left corner at (x, y); return the place of its last map."""
    dx, dy = width * _SKEW[0], width * _SKEW[1]
    right, top = x + depth, y + height
    front = [(x, y), (right, y), (right, top), (x, top)]
    above = [(x, top), (right, top), (right + dx, top + dy), (x + dx, top + dy)]
    side = [(right, y), (right + dx, y + dy), (right + dx, top + dy), (right, top)]
    for face, shade in ((front, 0.42), (above, 0.28), (side, 0.16)):
        draw.polygon(axes, face, color, shade)
    return {"x": right, "y": y, "height": height, "dx": dx, "dy": dy, "front": x}


def _kernel(axes, source, share, target, color):
    """Draw a kernel on the last map of one stack, and the rays to the number it computes."""
    rows, columns = share
    # Kept away from the near corner, so that it lies on the map whatever its share.
    u, v = 0.5 * (1 - columns), 0.55 * (1 - rows)
    corners = [
        (
            source["x"] + across * source["dx"],
            source["y"] + up * source["height"] + across * source["dy"],
        )
        for across, up in ((u, v), (u + columns, v), (u + columns, v + rows), (u, v + rows))
    ]
    draw.polygon(axes, corners, color, 0.55)
    for px, py in corners:
        draw.line(axes, (px, target[0]), (py, target[1]), color, linewidth=0.6, alpha=0.75)


def architecture_diagram(net: Architecture) -> Picture:
    """Draw any description as stacks of maps and bars of units, with kernels and shapes.

    A stack is as high and as deep as its maps and as thick as their number (all on a square-root
    scale). Where a convolution works in groups, its maps stand in as many towers.

    Args:
        net: An :class:`~alexnet_tutorial.shapes.architecture.Architecture`.

    Raises:
        TypeError: ``net`` is no description.

    Example:
        >>> from alexnet_tutorial.shapes import variant
        >>> architecture_diagram(variant("compact"))  # doctest: +ELLIPSIS
        The network compact, from left to right: input 57 × 57 × 3; conv1 ...
    """
    if not hasattr(net, "steps"):
        raise TypeError(
            f"the diagram is drawn from an Architecture, and received {type(net).__name__}. For a "
            "variant's name, call architecture.variant(name) first."
        )
    stages = _stages(net)
    side, channels, units = _scales(stages)
    fig, axes = draw.figure(10, 4)
    column, gap, x = 1.0, 0.3, 0.0
    highest = lowest = 0.0
    for stage in stages:
        shape = stage.shape
        if len(shape) == 3:
            height, width = side(shape[0]), side(shape[1])
            depth = channels(shape[2] / stage.towers)
            full, span = height + width * _SKEW[1], depth + width * _SKEW[0]
            room = max(span, column)
            for tower in range(stage.towers):
                # Towers are centered around the line through the middle of the picture.
                y = ((stage.towers - 1) / 2 - tower) * (full + 0.35) - full / 2
                corner = x + (room - span) / 2, y
                stage.stacks.append(_cuboid(axes, *corner, height, width, depth, stage.color))
                highest, lowest = max(highest, y + full), min(lowest, y)
        else:
            height, room = units(shape[0]), column
            draw.square(axes, x + room / 2 - 0.1, -height / 2, stage.color, 0.4, 0.2, height)
            highest, lowest = max(highest, height / 2), min(lowest, -height / 2)
        stage.middle = x + room / 2
        x += room + gap
    for before, stage in itertools.pairwise(stages):
        if stage.kind == "conv":
            _kernels(axes, before, stage)
    left, right = -0.3, x - gap + 0.4
    unit = min(0.58, draw.COLUMN / (right - left))
    lines = max(_label(axes, stage, lowest - 0.35, unit) for stage in stages)
    draw.frame(fig, axes, left, right, lowest - 0.35 - lines - 0.1, highest + 0.25, unit)
    parts = []
    for stage in stages:
        towers = f" in {stage.towers} towers" if stage.towers > 1 else ""
        window = f" (window {stage.operation})" if stage.operation else ""
        parts.append(f"{stage.name} {draw.times(stage.shape)}{towers}{window}")
    return from_matplotlib(fig, f"The network {net.name}, from left to right: {'; '.join(parts)}.")


def _kernels(axes, before, stage):
    kernel = pair(stage.layer.kernel_size)
    sizes = zip(kernel, before.shape[:2], strict=True)
    share = [min(max(side / size, 0.14), 1.0) for side, size in sizes]
    apart = stage.groups > 1 and len(before.stacks) == len(stage.stacks)
    for s, source in enumerate(before.stacks):
        for t, target in enumerate(stage.stacks):
            if s == t or not apart:  # a grouped convolution reads its own tower only
                point = (target["front"], target["y"] + 0.6 * target["height"])
                _kernel(axes, source, share, point, KIND_COLORS["conv"])


def _label(axes, stage, y, unit):
    """Write what a stage is below it, in lines; return how far down they reach, in units.

    In a long network the stages stand close, so that letters are small and words short.
    """
    close = unit < 0.5
    name, size, italic = (draw.SMALL, draw.SMALL, draw.SMALL) if close else (10.5, 9.5, 8.8)
    line = 0.18 / unit  # 0.18 inches
    x, below = stage.middle, y - 0.13 / unit
    draw.text(axes, x, y, stage.name, name, weight="bold")
    draw.line(axes, (x - 0.4, x + 0.4), (below, below), stage.color)
    lines = [(draw.times(stage.shape[:2]), size, "normal")]
    lines += [(f"× {maps}", size, "normal") for maps in stage.shape[2:]]
    small = [stage.operation] * bool(stage.operation) + [f"+ {note}" for note in stage.notes]
    lines += [(words, italic, "italic") for words in small]
    for number, (words, points, style) in enumerate(lines):
        words = words.replace(" ", "").replace("dropout", "drop") if close else words
        draw.text(axes, x, below - (number + 0.8) * line, words, points, style=style)
    return (len(lines) + 0.4) * line + 0.13 / unit


def _si(number):
    """Write a count with three digits: 34.9 k, 37.8 M."""
    for power, unit in ((9, " G"), (6, " M"), (3, " k")):
        if number >= 10**power:
            return f"{number / 10**power:.3g}{unit}"
    return f"{number:.3g}"


def cost_bars(net: "Architecture | Ledger | keras.Model") -> Picture:
    """Draw where the parameters, the multiply-accumulates and the memory of a network are.

    Args:
        net: An :class:`~alexnet_tutorial.shapes.architecture.Architecture`, a Keras model, or their
            :class:`~alexnet_tutorial.shapes.ledger.Ledger`.

    Returns:
        A :class:`Picture`; its alt text names the largest layer of each and its share.

    Raises:
        TypeError: ``net`` is none of these.

    Example:
        >>> from alexnet_tutorial.shapes import variant
        >>> cost_bars(variant("alexnet-2012"))  # doctest: +ELLIPSIS
        Cost of alexnet-2012, layer by layer. Parameters: 61 M, most in fc6 (37.8 M, 62 %)...
    """
    book = net if isinstance(net, Ledger) else ledger(net)
    rows = [row for row in book if row.kind not in ("dropout", "flatten", "activation")]
    panels = (
        ("Parameters", [row.parameters for row in rows], book.parameters, ""),
        ("Multiply-accumulates", [row.macs for row in rows], book.macs, ""),
        ("Output memory", [row.bytes for row in rows], sum(row.bytes for row in rows), "B"),
    )
    fig, axes = draw.figure(8, 4)
    wide, space = 5.0, 2.6
    findings = []
    for number, (title, values, total, unit) in enumerate(panels):
        left = number * (wide + space)
        draw.text(axes, left, len(rows) + 0.5, title, 10, ha="left", weight="bold")
        peak = max(values)
        for place, (row, value) in enumerate(zip(rows, values, strict=True)):
            y = len(rows) - 1 - place
            color = KIND_COLORS.get(row.kind, COLORS["gray"])
            draw.square(axes, left, y + 0.14, color, 0.75, wide * value / peak, 0.72, linewidth=0)
            if value:
                text = f"{_si(value)}{unit if value >= 1000 else ' ' + unit if unit else ''}"
                draw.text(
                    axes, left + wide * value / peak + 0.12, y + 0.5, text, draw.SMALL, ha="left"
                )
            if number == 0:
                draw.text(axes, left - 0.25, y + 0.5, row.name, 9, ha="right")
        largest = values.index(peak)
        findings.append(
            f"{title}: {_si(total)}{unit}, most in {rows[largest].name} "
            f"({_si(peak)}{unit}, {peak / total:.0%})".replace("%", " %")
        )
        draw.line(axes, (left, left), (0, len(rows)), linewidth=0.8)
    draw.frame(fig, axes, -2.0, 3 * (wide + space) - 0.4, -0.1, len(rows) + 1, 0.38)
    fig.set_size_inches(draw.COLUMN, 0.26 * (len(rows) + 1.1))
    return from_matplotlib(fig, f"Cost of {book.name}, layer by layer. {'. '.join(findings)}.")
