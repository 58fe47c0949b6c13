"""Dense layers that cost too much, and weights with nothing but linear steps between."""

import re
from collections.abc import Iterator

from alexnet_tutorial.doctor import formats, words
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Step, Subject

DENSE_LIMIT = 2**28
"""From here on a dense layer on flattened maps is a fault: 1 GiB of weights as 32-bit floats, and
four times that to train it with Adam. VGG16's, the largest of the well-known, has 103 million."""

_DENSE_SHARE = 0.5

_DENSE_WORTH_A_NOTE = 100_000


def check_dense(subject: Subject) -> Iterator[Finding]:
    """Find the dense layer that holds most of the parameters."""
    known = {step.name: step.parameters for step in subject.steps if step.parameters}
    total = sum(known.values())
    has_maps = any(formats.CONVS.match(step.kind) for step in subject.steps)
    for step in subject.steps:
        if step.kind != "Dense" or not step.parameters or not step.input:
            continue
        share = step.parameters / total
        flat = step.source
        while flat.kind in ("Dropout", "BatchNormalization", "Activation", "ReLU", "Identity"):
            flat = flat.source
        maps = flat.input if flat.kind in ("Flatten", "Reshape") and flat.input else None
        if maps is None or len(maps) < 2:
            continue
        absurd = step.parameters >= DENSE_LIMIT
        small = share <= _DENSE_SHARE or step.parameters < _DENSE_WORTH_A_NOTE
        if not absurd and (subject.partial or small or not has_maps):
            continue
        inputs, units = step.input[-1], step.options.get("units", step.output[-1])
        numbers = {
            "parameters": step.parameters,
            "total": total,
            "share": share,
            "inputs": inputs,
            "units": units,
            "maps": list(maps),
        }
        message = (
            f"{step.name} holds {step.parameters:,} of {total:,} parameters "
            f"({words.share(share)}): {words.times(maps)} flattened is {inputs:,} numbers, each "
            f"with a weight to each of {units:,} units."
        )
        if absurd:
            gib = step.parameters * 4 / 2**30
            yield Finding(
                "dense-dominates",
                "fault",
                step.name,
                f"{message} That is {gib:.1f} GiB of weights, and about four times as much to "
                "train them.",
                f"The maps that {flat.name} flattens were hardly made smaller, or along the wrong "
                f"axes: {words.times(maps)}.",
                "Cure the other faults first. Then make the maps smaller before flattening "
                "them, with strides or pooling, or replace Flatten by GlobalAveragePooling2D.",
                numbers,
            )
        else:
            yield Finding(
                "dense-dominates",
                "note",
                step.name,
                message,
                "A dense layer has a weight for every pair of input and unit; twice the rows and "
                "columns before Flatten cost four times the weights.",
                "Nothing, if it is meant (AlexNet's first dense layer is like that); otherwise "
                "smaller maps, fewer units, or GlobalAveragePooling2D in Flatten's place.",
                numbers,
            )


def check_dense_on_maps(subject: Subject) -> Iterator[Finding]:
    """Find an output that is a dense layer on maps."""
    for step in subject.outputs:
        last = _last_weights(step)
        if (
            last is not None
            and last.kind == "Dense"
            and step.output is not None
            and len(step.output) == 3
            and any(formats.CONVS.match(each.kind) for each in subject.steps)
        ):
            yield Finding(
                "dense-on-maps",
                "fault",
                last.name,
                f"{last.name} puts out {words.times(step.output)}: one answer for each of the "
                f"{step.output[0]} × {step.output[1]} places of the map, not one for the picture.",
                "A dense layer works on the last axis only. Nothing between the convolutions and "
                "it turns maps into a vector.",
                "Put `Flatten()` before the first dense layer; for one answer for each pixel, "
                "write the layer as `Conv2D(units, 1)`.",
                {"output": list(step.output)},
            )


def _last_weights(step: Step | None) -> Step | None:
    while step is not None and step.kind not in ("Dense",) and not formats.CONVS.match(step.kind):
        step = step.source
    return step


LINEAR = re.compile(
    r"BatchNormalization|(Spatial)?Dropout([123]D)?|Flatten|Reshape|Permute|Transpose|Rescaling|"
    r"Normalization|Identity|ZeroPadding[123]D|Cropping[123]D|AveragePooling[123]D|"
    r"GlobalAveragePooling[123]D|UpSampling[123]D|GaussianNoise|Activation"
)

WEIGHTS = re.compile(r"Dense|(Separable)?Conv[123]D(Transpose)?")


def check_linear(subject: Subject) -> Iterator[Finding]:
    """Find layers with weights and nothing but linear steps between them."""
    seen = set()
    for step in subject.steps:
        if not WEIGHTS.fullmatch(step.kind) or step.name in seen:
            continue
        seen.add(step.name)
        if step.options.get("activation", "linear") != "linear":
            continue
        between, at = [], step
        while len(at.consumers) == 1 and len(at.consumers[0].sources) == 1:
            at = at.consumers[0]
            if not LINEAR.fullmatch(at.kind):
                break
            if at.options.get("activation", "linear") != "linear":
                break
            between.append(at)
        else:
            continue
        if not WEIGHTS.fullmatch(at.kind) or _bottleneck(step, at):
            continue
        through = (
            f" ({words.names(between)} between them {'is' if len(between) == 1 else 'are'} linear)"
        )
        yield Finding(
            "no-nonlinearity",
            "fault",
            step.name,
            f"{step.name} and {at.name} follow each other without a non-linear function"
            f"{through if between else ''}: together they compute no more than one layer could.",
            f"{step.name} has no activation, and a linear map of a linear map is linear.",
            f"Write {words.call(step, activation='relu')}"
            + (
                ", or put `Activation('relu')` after the batch normalization."
                if any(each.kind == "BatchNormalization" for each in between)
                else "."
            ),
            {"layers": [step.name, at.name]},
        )


def _bottleneck(step: Step, after: Step) -> bool:
    """A narrow linear layer between wider ones: a factorized layer, cheaper on purpose."""
    width = step.options.get("filters") or step.options.get("units")
    wide = after.options.get("filters") or after.options.get("units")
    if not width or not wide or not step.input:
        return False
    channels = step.input[0 if step.options.get("data_format") == "channels_first" else -1]
    if step.kind == "Dense":
        return bool(channels) and 2 * width <= min(channels, wide)
    pointwise = set(step.options.get("kernel_size", ())) == {1}
    return pointwise and bool(channels) and width <= channels and width < wide
