"""A whole network: its layered diagram, and where its parameters and work are."""

from typing import TYPE_CHECKING

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, KIND_COLORS, Picture, from_matplotlib
from alexnet_tutorial.shapes.architecture import Architecture, pair
from alexnet_tutorial.shapes.ledger import Ledger, ledger

if TYPE_CHECKING:
    import keras

_SKEW = (0.34, 0.26)  # where one unit of a map's width goes: back and to the right


def _stages(net):
    """Gather the layers that change a shape, with those that do not noted at the one before.

    Returns:
        A list of dicts: name, kind, layer, shape, groups (of the layer), towers (maps drawn in so
        many stacks), notes.
    """
    stages = [
        {"name": "input", "kind": "input", "layer": None, "shape": net.input_shape, "notes": []}
    ]
    for layer, shape, out, _ in net.steps:
        if out == shape and layer.kind not in ("conv", "dense", "pool"):
            stages[-1]["notes"].append({"lrn": "LRN"}.get(layer.kind, layer.kind))
        else:
            stages.append(
                {"name": layer.name, "kind": layer.kind, "layer": layer, "shape": out, "notes": []}
            )
    for index, stage in enumerate(stages):
        stage["groups"] = getattr(stage["layer"], "groups", 1)
        # Maps are drawn apart where a grouped convolution made them or reads them.
        reader = next((s for s in stages[index + 1 :] if s["kind"] != "pool"), None)
        reads = getattr(reader["layer"], "groups", 1) if reader else 1
        maker = next((s for s in stages[index::-1] if s["kind"] != "pool"), stage)
        made = getattr(maker["layer"], "groups", 1)
        stage["towers"] = max(made, reads) if len(stage["shape"]) == 3 else 1
    return stages


class _Scale:
    """Lengths on the page: areas, not sides, grow with the numbers, so that small maps show."""

    def __init__(self, stages):
        maps = [stage["shape"] for stage in stages if len(stage["shape"]) == 3]
        vectors = [stage["shape"][0] for stage in stages if len(stage["shape"]) == 1]
        self._side = 3.0 / max(max(shape[:2]) for shape in maps) ** 0.5
        self._channels = 1.3 / max(shape[2] for shape in maps) ** 0.5
        self._units = 3.4 / max(vectors, default=1) ** 0.5

    def side(self, pixels):
        return self._side * pixels**0.5

    def channels(self, number):
        return max(self._channels * number**0.5, 0.08)

    def units(self, number):
        return max(self._units * number**0.5, 0.12)


def _cuboid(axes, x, y, height, width, depth, color):
    """Draw maps with their near lower left corner at (x, y); return the place of its last map."""
    dx, dy = width * _SKEW[0], width * _SKEW[1]
    front = [(x, y), (x + depth, y), (x + depth, y + height), (x, y + height)]
    top = [(x, y + height), (x + depth, y + height)]
    top += [(px + dx, py + dy) for px, py in reversed(top)]
    side = [(x + depth, y), (x + depth + dx, y + dy)]
    side += [(px, py + height) for px, py in reversed(side)]
    draw.polygon(axes, front, color, 0.42)
    draw.polygon(axes, top, color, 0.28)
    draw.polygon(axes, side, color, 0.16)
    return {"x": x + depth, "y": y, "height": height, "dx": dx, "dy": dy, "front": x}


def _kernel(axes, source, share, target, color):
    """Draw a kernel on the last map of one stack, and the rays to the number it computes."""
    rows, columns = share
    # Kept away from the near corner, so that it lies on the map whatever its share.
    u, v = 0.5 * (1 - columns), 0.55 * (1 - rows)

    def on_map(across, up):
        return (
            source["x"] + across * source["dx"],
            source["y"] + up * source["height"] + across * source["dy"],
        )

    corners = [
        on_map(u, v),
        on_map(u + columns, v),
        on_map(u + columns, v + rows),
        on_map(u, v + rows),
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

    Returns:
        A :class:`Picture`.

    Raises:
        TypeError: ``net`` is no description.

    Example:
        >>> from alexnet_tutorial.shapes.variants import variant
        >>> architecture_diagram(variant("compact"))  # doctest: +ELLIPSIS
        The network compact, from left to right: input 57 × 57 × 3; conv1 ...
    """
    if not hasattr(net, "steps"):
        raise TypeError(
            f"the diagram is drawn from an Architecture, and received {type(net).__name__}. For a "
            "variant's name, call architecture.variant(name) first."
        )
    stages = _stages(net)
    scale = _Scale(stages)
    fig, axes = draw.figure(10, 4)
    column, gap, x = 1.0, 0.3, 0.0
    highest = lowest = 0.0
    drawn = []
    for stage in stages:
        shape, color = stage["shape"], KIND_COLORS.get(stage["kind"], COLORS["gray"])
        stacks = []
        if len(shape) == 3:
            height, width = scale.side(shape[0]), scale.side(shape[1])
            depth = scale.channels(shape[2] / stage["towers"])
            full = height + width * _SKEW[1]
            span = depth + width * _SKEW[0]
            room = max(span, column)
            for tower in range(stage["towers"]):
                # Towers are centered around the line through the middle of the picture.
                offset = (stage["towers"] - 1) / 2 - tower
                y = offset * (full + 0.35) - full / 2
                stacks.append(_cuboid(axes, x + (room - span) / 2, y, height, width, depth, color))
                highest, lowest = max(highest, y + full), min(lowest, y)
        else:
            height, room = scale.units(shape[0]), column
            draw.square(axes, x + room / 2 - 0.1, -height / 2, color, 0.4, 0.2, height)
            highest, lowest = max(highest, height / 2), min(lowest, -height / 2)
        drawn.append({**stage, "stacks": stacks, "middle": x + room / 2})
        x += room + gap
    for before, stage in zip(drawn, drawn[1:], strict=False):
        if stage["kind"] == "conv":
            _kernels(axes, before, stage)
    _labels(axes, drawn, lowest - 0.35)
    draw.frame(fig, axes, -0.3, x - gap + 0.4, lowest - 2.15, highest + 0.25, 0.58)
    return from_matplotlib(fig, _diagram_alt(net, stages))


def _kernels(axes, before, stage):
    kernel = pair(stage["layer"].kernel_size)
    share = [
        min(max(side / size, 0.14), 1.0)
        for side, size in zip(kernel, before["shape"][:2], strict=True)
    ]
    sources, targets = before["stacks"], stage["stacks"]
    for s, source in enumerate(sources):
        for t, target in enumerate(targets):
            # A grouped convolution reads its own tower only.
            if stage["groups"] > 1 and len(sources) == len(targets) and s != t:
                continue
            point = (target["front"], target["y"] + 0.6 * target["height"])
            _kernel(axes, source, share, point, KIND_COLORS["conv"])


def _operation(layer):
    """Write a window as the paper does: kernel, then stride where it is not 1."""
    if layer is None or layer.kind not in ("conv", "pool"):
        return ""
    rows, columns = pair(layer.kernel_size if layer.kind == "conv" else layer.pool_size)
    down, right = pair(layer.strides)
    step = "" if (down, right) == (1, 1) else f" / {down if down == right else (down, right)}"
    return f"{rows} × {columns}{step}"


def _labels(axes, drawn, y):
    for stage in drawn:
        shape = stage["shape"]
        lines = [
            " × ".join(map(str, shape[:2])) if len(shape) == 3 else str(shape[0]),
            f"× {shape[2]}" if len(shape) == 3 else "",
        ]
        color = KIND_COLORS.get(stage["kind"], COLORS["gray"])
        draw.text(axes, stage["middle"], y, stage["name"], 10.5, weight="bold")
        draw.line(axes, (stage["middle"] - 0.4, stage["middle"] + 0.4), (y - 0.22, y - 0.22), color)
        for number, line in enumerate(lines):
            draw.text(axes, stage["middle"], y - 0.48 - 0.31 * number, line, 9.5)
        small = [_operation(stage["layer"])] if _operation(stage["layer"]) else []
        small += [f"+ {note}" for note in stage["notes"]]
        start = y - (1.14 if len(shape) == 3 else 0.8)
        for number, line in enumerate(small):
            draw.text(axes, stage["middle"], start - 0.29 * number, line, 8.8, style="italic")


def _diagram_alt(net, stages):
    parts = []
    for stage in stages:
        towers = f" in {stage['towers']} towers" if stage["towers"] > 1 else ""
        operation = _operation(stage["layer"])
        window = f" (window {operation})" if operation else ""
        parts.append(f"{stage['name']} {draw.times(stage['shape'])}{towers}{window}")
    return f"The network {net.name}, from left to right: {'; '.join(parts)}."


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
        >>> from alexnet_tutorial.shapes.variants import variant
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
            text = f"{_si(value)}{unit if value >= 1000 else ' ' + unit if unit else ''}"
            if value:
                draw.text(axes, left + wide * value / peak + 0.12, y + 0.5, text, 8, ha="left")
            if number == 0:
                draw.text(axes, left - 0.25, y + 0.5, row.name, 9, ha="right")
        largest = values.index(peak)
        findings.append(
            f"{title}: {_si(total)}{unit}, most in {rows[largest].name} "
            f"({_si(peak)}{unit}, {peak / total:.0%})".replace("%", " %")
        )
        draw.line(axes, (left, left), (0, len(rows)), linewidth=0.8)
    draw.frame(fig, axes, -2.0, 3 * (wide + space) - 0.4, -0.1, len(rows) + 1, 0.38)
    fig.set_size_inches(8.6, 0.26 * (len(rows) + 1.1))
    return from_matplotlib(fig, f"Cost of {book.name}, layer by layer. {'. '.join(findings)}.")
