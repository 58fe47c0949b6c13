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
    """Find an output that is a dense layer on maps, where one answer is meant."""
    sizes = [source.output[:2] for source in subject.inputs if source.output]
    grows = any(_GROWS.search(step.kind) for step in subject.steps)
    for step in subject.outputs:
        last = last_weights(step)
        if step.output is not None and (step.output[:2] in sizes or grows):
            continue  # an answer for each pixel: as many as come in, or maps made larger again
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
                "Put `GlobalAveragePooling2D()` or `Flatten()` before the first dense layer; for "
                "one answer for each pixel, write the layer as `Conv2D(units, 1)`.",
                {"output": list(step.output)},
            )


_GROWS = re.compile(r"UpSampling|Transpose$|Resizing|DepthToSpace")


def last_weights(step: Step | None) -> Step | None:
    """The last layer with weights before a step, the step itself included."""
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
        yield from _behind_a_pool(subject, step)
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
        if (
            not WEIGHTS.fullmatch(at.kind)
            or _bottleneck(step, at)
            or _on_purpose(step, between, at)
        ):
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


def _on_purpose(step: Step, between: list[Step], at: Step) -> bool:
    """Designs in which a linear layer before another is meant."""
    if any(re.match("UpSampling|Resizing", each.kind) for each in between):
        return True  # decoders and super-resolution: the maps grow between the two
    if "Transpose" in step.kind and max(_tuple(step.options.get("strides", 1))) > 1:
        return True  # learned upsampling
    reshaped = any(each.kind == "Reshape" for each in between)
    if step.kind == "Dense" and reshaped and formats.CONVS.match(at.kind):
        return True  # a generator's seed: numbers that are shaped into maps
    kernels = [_tuple(each.options.get("kernel_size", 1)) for each in (step, at)]
    if len(kernels[0]) == len(kernels[1]) > 1 and all(max(kernel) > 1 for kernel in kernels):
        pairs = zip(*kernels, strict=True)
        if all(min(pair) == 1 for pair in pairs):
            return True  # one large window taken apart: rows, then columns
    level = step.source
    around = [*level.sources, *level.consumers] if level is not None else []
    if any("UpSampling" in each.kind for each in around):
        return True  # a feature pyramid: each level is smoothed, and read by the heads
    first = not any(WEIGHTS.fullmatch(each.kind) for each in _before(step))
    # An adapter: other channels made into the three that a pretrained base takes.
    return first and step.options.get("filters") in (1, 3) and step.model != at.model


def _tuple(value: object) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (int(str(value)),)


def _before(step: Step) -> Iterator[Step]:
    while step.sources:
        step = step.sources[0]
        yield step


def _behind_a_pool(subject: Subject, step: Step) -> Iterator[Finding]:
    """A convolution without activation whose maps reach the next weights through a maximum only."""
    if not re.fullmatch(r"(Separable)?Conv[123]D", step.kind):
        return
    pool = None
    waiting, passed = list(step.consumers), set()
    after = None
    while waiting and after is None:
        at = waiting.pop(0)
        if id(at) in passed:
            continue
        passed.add(id(at))
        if re.fullmatch(r"MaxPooling[123]D", at.kind):
            pool = pool or at
        elif pool is not None and WEIGHTS.fullmatch(at.kind):
            after = at
            break
        elif (
            not (LINEAR.fullmatch(at.kind) or (at.kind == "Concatenate" and pool is not None))
            or at.options.get("activation", "linear") != "linear"
        ):
            continue
        waiting += at.consumers
    if pool is None or after is None:
        return
    others = [
        each
        for each in subject.steps
        if each is not step
        and formats.CONVS.match(each.kind)
        and each.options.get("activation", "linear") != "linear"
    ]
    yield Finding(
        "no-activation",
        "fault",
        step.name,
        f"{step.name} has no activation, and nothing but {pool.name} stands between it and "
        f"{after.name}"
        + (
            f"; {words.names(others)} {'have' if len({e.name for e in others}) > 1 else 'has'} one."
            if others
            else "."
        ),
        "The maximum of a few neighbors bends little: without the activation that belongs behind "
        "the convolution the network learns, and learns worse. No message says so.",
        f"Write {words.call(step, activation='relu')}.",
        {"layers": [step.name, pool.name, after.name]},
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
