"""Windows on maps: maps that vanish, and pixels that no window reaches."""

import re
from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from alexnet_tutorial.doctor import formats, words
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Shape, Step, Subject
from alexnet_tutorial.shapes import Window
from alexnet_tutorial.shapes.architecture import pair


class Sliding(NamedTuple):
    """How the window of a layer slides: one number for each axis."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    dilation: tuple[int, ...]

    @property
    def spans(self) -> tuple[int, ...]:
        """Pixels from the first to the last weight along each axis."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def over(self, sizes: Shape) -> list[Window]:
        """Lay the window on axes of these sizes; ValueError where it does not fit."""
        return [
            Window(size, kernel, strides, self.padding, dilation_rate=dilation)
            for size, kernel, strides, dilation in zip(
                sizes, self.kernel, self.strides, self.dilation, strict=True
            )
        ]


def window_of(step: Step) -> Sliding | None:
    """The window of a layer that slides one over rows and columns."""
    kernel = step.options.get("kernel_size") or step.options.get("pool_size")
    if (
        not kernel
        or "Transpose" in step.kind
        or not (formats.CONVS.match(step.kind) or formats.POOLS.match(step.kind))
    ):
        return None
    rank = int(re.findall(r"([123])D", step.kind)[0])
    padding = step.options.get("padding", "valid")
    if padding not in ("valid", "same", "causal"):
        return None
    strides, dilation = (step.options.get(name, 1) for name in ("strides", "dilation_rate"))
    kernel, strides, dilation = (
        value if isinstance(value, tuple) else (value,) * rank
        for value in (kernel, strides, dilation)
    )
    return Sliding(kernel, strides, padding, dilation)


def spatial_of(step: Step, shape: Shape) -> Shape:
    """Sizes of the axes over which a window slides."""
    return shape[1:] if formats.data_format(step) == "channels_first" else shape[:-1]


def _windows(subject: Subject) -> Iterator[tuple[Step, Sliding, Shape]]:
    seen = set()
    for step in subject.steps:
        window = window_of(step)
        if window is None or step.input is None or step.name in seen:
            continue
        seen.add(step.name)
        spatial = spatial_of(step, step.input)
        if len(spatial) == len(window.kernel) and None not in spatial:
            yield step, window, spatial


def check_vanished(subject: Subject) -> Iterator[Finding]:
    """Windows so large for their maps that some of their weights can only ever meet padding."""
    small = [
        (step, window, spatial)
        for step, window, spatial in _windows(subject)
        if window.padding == "same"
        and max(window.dilation) == 1
        and any(
            k > 2 * size - 1 if formats.CONVS.match(step.kind) else k > size == 1
            for k, size in zip(window.kernel, spatial, strict=True)
        )
    ]
    if not small:
        return
    step, window, spatial = small[0]
    shrunk = step.source
    while shrunk.sources and shrunk.output and shrunk.input and shrunk.output == shrunk.input:
        shrunk = shrunk.source
    more = len(small) - 1
    after = f" The same holds for {more} more layer{'s' * (more > 1)} after it." if more else ""
    if formats.CONVS.match(step.kind):
        used = prod(min(k, 2 * size - 1) for k, size in zip(window.kernel, spatial, strict=True))
        what = (
            f"the other {prod(window.kernel) - used} of its {prod(window.kernel)} weights "
            "per channel meet nothing but the zeros of the padding"
        )
    else:
        what = "there is nothing left to pool"
    yield Finding(
        "maps-vanished",
        "fault",
        step.name,
        f"{step.name} slides a window of {words.times(window.kernel)} over maps of "
        f"{words.times(spatial)}: {what}.{after}",
        f"The maps shrank to {words.times(spatial)} at {shrunk.name}; padding='same' hides it, "
        "where 'valid' would have stopped with an error.",
        "Use a larger input, or fewer strides and pools above this layer.",
        {
            "map": list(spatial),
            "window": list(window.kernel),
            "layers": [each.name for each, _, _ in small],
            "shrunk_by": shrunk.name,
        },
    )


def check_unseen(subject: Subject) -> Iterator[Finding]:
    """Rows and columns that no window reaches: at the edge, or between steps wider than it."""
    found = []
    for step, window, spatial in _windows(subject):
        if max(window.spans) == 1 or window.padding == "causal" or step.clashes:
            continue  # 1 × 1 with a stride subsamples on purpose, as in residual networks
        try:
            axes = window.over(spatial)
        except ValueError:
            continue
        zeros = _zeros_after(step.source, len(spatial))
        lost = [
            (max(axis.unread - after, 0), max(axis.strides - axis.span, 0) * (axis.outputs - 1))
            for axis, after in zip(axes, zeros, strict=True)
        ]
        if any(map(sum, lost)):
            found.append((step, window, spatial, lost))
    found.sort(key=lambda each: -max(sum(n) / s for n, s in zip(each[3], each[2], strict=True)))
    for step, window, spatial, lost in found[:_UNSEEN_NOTES]:
        yield _unseen(step, window, spatial, lost)


def _zeros_after(step: Step, rank: int) -> list[int]:
    """Rows and columns at the end of a padded map that are padding: nobody misses those."""
    padding = step.options.get("padding") if formats.PADS.match(step.kind) else None
    return [sides[1] for sides in padding] if isinstance(padding, tuple) else [0] * rank


_UNSEEN_NOTES = 4
"""So many notes on unseen pixels at most, the largest losses: more of them teach no more."""


def _unseen(step: Step, window: Sliding, spatial: Shape, lost: list[tuple[int, int]]) -> Finding:
    totals = [sum(each) for each in lost]
    axes = ["rows", "columns"] if len(spatial) == 2 else ["positions"] * len(spatial)
    parts = [
        f"{count} of {size} {axis if size != 1 else axis[:-1]}"
        for count, size, axis in zip(totals, spatial, axes, strict=True)
        if count
    ]
    gaps = any(gap for _, gap in lost)
    step_text, span = words.short(window.strides), words.short(window.spans)
    if gaps:
        cause = f"Its stride, {step_text}, is larger than its window, {span}: it jumps over pixels."
        cure = f"Use a stride of at most {min(window.spans)}, if that was not meant."
    else:
        cause = (
            f"({spatial[0]} − {window.spans[0]}) / {window.strides[0]} is not a whole "
            "number, and Keras rounds down: the last step would end outside."
            if lost[0][0]
            else "The steps do not come out even, and Keras rounds down."
        )
        fits = spatial[0] - lost[0][0]
        cure = (
            f"None is needed for a row or two at the edge. Maps of {fits} would come out even, and "
            "padding='same' reaches every pixel."
        )
    return Finding(
        "unseen-pixels",
        "note",
        step.name,
        f"{step.name} never sees {' and '.join(parts)}.",
        cause,
        cure,
        {"size": list(spatial), "lost": totals},
    )


def check_padding_after(subject: Subject) -> Iterator[Finding]:
    """Find zeros put around maps behind the convolution that they were meant for."""
    for step in subject.steps:
        padding = step.options.get("padding")
        if not formats.PADS.match(step.kind) or not isinstance(padding, tuple) or not step.source:
            continue
        before = step.source
        while before.sources and before.kind in _BETWEEN:
            before = before.source
        window = window_of(before)
        if (
            window is None
            or not formats.CONVS.match(before.kind)
            or window.padding != "valid"
            or max(window.strides) > 1
            or max(window.spans) < 3
        ):
            continue
        sides = [pair(each) for each in padding]
        fits = all(sum(side) == span - 1 for side, span in zip(sides, window.spans, strict=True))
        after = step.consumers[0] if len(step.consumers) == 1 else None
        while after is not None and after.kind in _BETWEEN and len(after.consumers) == 1:
            after = after.consumers[0]
        reader = window_of(after) if after is not None else None
        convolved = after is not None and formats.CONVS.match(after.kind)
        if convolved and reader is not None and max(reader.spans) > 1:
            continue  # the zeros are for the convolution that comes
        if convolved and reader is None:
            continue
        if reader is not None and not convolved and not fits:
            continue  # zeros for a pool
        if not fits and reader is not None:
            continue
        yield Finding(
            "padding-after",
            "fault",
            step.name,
            f"{step.name} puts zeros around the maps behind {before.name}, whose window of "
            f"{words.times(window.spans)} never sees them"
            + (f"; next comes {after.name}." if after is not None and after is not step else "."),
            "Padding has to stand before the convolution, so that its window can be laid on the "
            "edge. Behind it, it restores the size and nothing else.",
            f"Take {step.name} out, and write {words.call(before, padding='same')}.",
            {"padding": [list(side) for side in sides], "window": list(window.spans)},
        )


_BETWEEN = (
    "Activation",
    "ReLU",
    "LeakyReLU",
    "BatchNormalization",
    "LRN",
    "Dropout",
    "SpatialDropout2D",
    "Identity",
)


def check_arguments(subject: Subject) -> Iterator[Finding]:
    """Find arguments in PyTorch's order: (channels in, channels out, window)."""
    for step in subject.steps:
        if not re.fullmatch(r"Conv[123]D", step.kind) or not step.input:
            continue
        first = formats.data_format(step) == "channels_first"
        channels = step.input[0 if first else -1]
        kernel = step.options.get("kernel_size") or ()
        if (
            not isinstance(kernel, tuple)
            or step.options.get("filters") != channels
            or len(set(kernel)) != 1
            or kernel[0] < 13
            or kernel[0] % 8
        ):
            continue
        strides = words.short(step.options.get("strides", 1))
        given = [channels, kernel[0], *([int(strides)] if strides.isdigit() else [])]
        said = ", ".join(map(str, given if given[-1] != 1 else given[:2]))
        window = given[2] if len(given) > 2 and given[2] > 1 else 3
        yield Finding(
            "torch-arguments",
            "fault",
            step.name,
            f"{step.kind}({said}, …) has {channels} filters and a window of "
            f"{words.times(kernel)}; its input has {channels} channels too.",
            "PyTorch writes the channels that come in first, then those that go out, then the "
            "window. Keras sees by itself what comes in: (filters, kernel_size, strides).",
            f"Write `{step.kind}({kernel[0]}, {window}, …)`.",
            {"filters": channels, "kernel_size": list(kernel)},
        )
