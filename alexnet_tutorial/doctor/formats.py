"""Where the channels are: mixed data formats, and what they do to padding and pooling."""

import re
from collections.abc import Iterator
from typing import Any

from alexnet_tutorial.doctor import words
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Shape, Step, Subject

CONVS = re.compile(r"(Depthwise|Separable)?Conv[123]D(Transpose)?$")

POOLS = re.compile(r"(Global)?(Max|Average)Pooling[123]D$|Adaptive(Max|Average)Pooling[123]D$")

PADS = re.compile(r"ZeroPadding[23]D$")

_MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")


def picture_format(shape: Shape | None) -> str | None:
    """The data format that a picture's shape shows, or None where it could be either."""
    if shape is None or len(shape) != 3 or None in shape:
        return None

    def picture(rows, columns, channels):
        # Height and width of a photograph: both well above 4, and of one order.
        large = min(rows, columns)
        return channels in (1, 3, 4) and large >= 8 and max(rows, columns) <= 2 * large

    last, first = picture(*shape), picture(shape[1], shape[2], shape[0])
    if last == first:
        return None
    return "channels_last" if last else "channels_first"


def data_format(step: Step) -> Any:
    """The data format a layer reads by. Flatten's only orders the vector: it cannot clash."""
    return None if step.kind == "Flatten" else step.options.get("data_format")


def check_channels(subject: Subject) -> Iterator[Finding]:
    """Follow the channel axis through the network, and see who reads it as something else."""
    used = {data_format(step) for step in subject.steps} - {None}
    clashes, swapped = [], set()
    for step in subject.steps:
        if step.kind == "InputLayer":
            step.channels = picture_format(step.output)
            continue
        coming = next((source.channels for source in step.sources if source.channels), None)
        own = data_format(step)
        rank = len(step.output) if step.output is not None else None
        if own and coming and own != coming and coming not in used:
            # Only the picture's shape speaks against the layers, which all agree.
            maker = _origin(step)
            if maker.kind == "InputLayer" and picture_format(maker.output) and maker not in swapped:
                swapped.add(maker)
                yield _swapped_input(maker, step)
            coming = own
        if own and coming and own != coming:
            clashes.append((step, coming))
            step.clashes = True
        if own and CONVS.match(step.kind):
            step.channels = own
        elif rank is not None and rank < 2:
            step.channels = None
        elif own:
            step.channels = coming or own
        elif step.kind in ("Permute", "Transpose"):
            step.channels = _permuted(step, coming)
        elif step.kind in _MERGES or step.output is None or step.output == step.input:
            step.channels = coming
        if step.kind == "BatchNormalization":
            yield from _check_norm_axis(step, coming)
    for step, coming in clashes:
        if PADS.match(step.kind):
            yield _changed_channels("padding-changed-channels", step, coming)
        elif POOLS.match(step.kind):
            yield _changed_channels("pooling-over-channels", step, coming)
    if clashes:
        yield _mixed(subject, *clashes[0])


def _permuted(step: Step, coming: str | None) -> str | None:
    dims = step.options.get("dims") or tuple(step.options.get("axes") or ())[1:]
    dims = tuple(dim - 1 for dim in dims)
    if not dims or not coming or len(dims) < 2:
        return None
    at = 0 if coming == "channels_first" else len(dims) - 1
    return {0: "channels_first", len(dims) - 1: "channels_last"}.get(dims.index(at))


def _changed_channels(code: str, step: Step, coming: str) -> Finding:
    own = data_format(step)
    axis = 0 if coming == "channels_first" else -1
    maker = _origin(step)
    change = ""
    numbers: dict[str, Any] = {"data_format": own, "real_data_format": coming}
    kept = step.input and step.output and len(step.input) == len(step.output)
    if kept:
        before, after = step.input[axis], step.output[axis]
        numbers |= {
            "channels_before": before,
            "channels_after": after,
            "input": list(step.input),
            "output": list(step.output),
        }
        change = f" ({before} → {after})"
    if code == "padding-changed-channels":
        did = f"{step.name} pads the channels{change}"
    elif kept and before and after and before // 2 in (after, after + 1, after - 1):
        did = f"{step.name} halves the channels{change}"
    else:
        did = f"{step.name} pools over the channels{change}"
    verb = "gives" if maker.kind == "InputLayer" else "puts out"
    chain = f" It turns {words.times(step.input)} into {words.times(step.output)}." if kept else ""
    return Finding(
        code,
        "fault",
        step.name,
        f"{did}: it reads the axes as {words.ORDERS[own]}, but {maker.name} {verb} "
        f"{words.ORDERS[coming]}.{chain}",
        f"{step.name} has data_format='{own}'"
        + (", Keras's default." if own == "channels_last" else "."),
        f"Write {words.call(step, data_format=coming)}.",
        numbers,
    )


def _origin(step: Step) -> Step:
    """The layer whose output's axes a step reads: the last convolution, or the input."""
    at = step.source
    while at.sources and not CONVS.match(at.kind):
        at = next((source for source in at.sources if source.channels), at.source)
    return at


def _mixed(subject: Subject, step: Step, coming: str) -> Finding:
    by_format: dict[str, list[Step]] = {"channels_first": [], "channels_last": []}
    for each in subject.steps:
        if data_format(each):
            by_format[data_format(each)].append(each)
    first, last = (list(dict.fromkeys(each.name for each in by_format[name])) for name in by_format)
    sides = [
        f"{words.ORDERS[name]}: {words.names(by_format[name])}"
        for name in ("channels_first", "channels_last")
    ]
    both = len(first) + len(last)
    maker = _origin(step)
    given = [picture_format(source.output) for source in subject.inputs]
    few = "channels_first" if len(first) < len(last) else "channels_last"
    if "channels_first" in given:
        height, width = next(s.output for s in subject.inputs if picture_format(s.output))[1:]
        cure = (
            "Give every layer data_format='channels_first'; or, simpler, leave data_format out "
            f"everywhere and give pictures as `keras.Input(({height}, {width}, "
            f"{subject.inputs[0].output[0]}))`."
        )
    else:
        cure = f"Give every layer the same data_format: '{words.OTHER[few]}' changes the fewest."
        if len(by_format[few]) == 1:
            cure += f" Write {words.call(by_format[few][0], data_format=words.OTHER[few])}."
    return Finding(
        "mixed-data-formats",
        "fault",
        step.name,
        f"{len(first)} of {both} layers read{words.verb_s(first)} the axes as {sides[0]}. The "
        f"other {f'{len(last)} read' if len(last) > 1 else 'reads'} them as {sides[1]}. They first "
        f"disagree at {step.name}, which reads "
        f"{words.ORDERS[data_format(step)]} where {maker.name} gives {words.ORDERS[coming]}.",
        "data_format was given to some layers only. A layer without it takes Keras's setting, "
        "channels_last.",
        cure,
        {"channels_first": first, "channels_last": last},
    )


def _swapped_input(step: Step, reader: Step) -> Finding:
    own, shape = data_format(reader), step.output
    rows, columns, channels = shape if own == "channels_last" else (*shape[1:], shape[0])
    size, count = (shape[1:], shape[0]) if own == "channels_last" else (shape[:2], shape[2])
    right = (*size, count) if own == "channels_last" else (count, *size)
    return Finding(
        "input-axes-swapped",
        "fault",
        reader.name,
        f"{reader.name} reads the input {shape} as {rows} rows × {columns} columns × {channels} "
        f"channels. It looks like a picture of {size[0]} × {size[1]} pixels with {count} channels.",
        f"The layers read {words.ORDERS[own]}, data_format='{own}', and the input is "
        f"{words.ORDERS[words.OTHER[own]]}.",
        f"Write `keras.Input({right})`, and turn the pictures with "
        f"`np.moveaxis(x, {'1, -1' if own == 'channels_last' else '-1, 1'})`.",
        {"input": list(shape), "rows": rows, "columns": columns, "channels": channels},
    )


def _check_norm_axis(step: Step, coming: str | None) -> Iterator[Finding]:
    axis, shape = step.options.get("axis"), step.input
    if not coming or shape is None or len(shape) != 3 or not isinstance(axis, int):
        return
    axis = axis + 3 if axis < 0 else axis - 1
    right = 0 if coming == "channels_first" else 2
    if axis == right or not 0 <= axis <= 2:
        return
    what = (("channel", "row", "column") if right == 0 else ("row", "column", "channel"))[axis]
    yield Finding(
        "norm-over-wrong-axis",
        "fault",
        step.name,
        f"{step.name} normalizes each of the {shape[axis]} {what}s by itself, not each of the "
        f"{shape[right]} channels: its axis is {step.options['axis']}, and the maps are "
        f"{words.ORDERS[coming]}.",
        "BatchNormalization has no data_format. Its axis is -1 unless it is told otherwise.",
        f"Write {words.call(step, axis=1 if right == 0 else -1)}.",
        {"axis": step.options["axis"], "input": list(shape)},
    )
