"""The range of the pixels, followed to the first layer with weights or into a known base."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from alexnet_tutorial.doctor import dense
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Step, Subject

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Base:
    """A family of keras.applications: how to know it, and what it was trained on.

    Args:
        name: What people call it.
        marks: Names of layers that only this family has together.
        module: Its module in ``keras.applications``, whose docstrings give the range.
        wants: ``"bytes"`` (0 to 255, it rescales them itself), ``"tf"`` (-1 to 1), ``"caffe"``
            (BGR minus ImageNet's mean) or ``"torch"`` (standardized by ImageNet's mean and
            deviation), as ``keras.applications.imagenet_utils.preprocess_input`` names them.
    """

    name: str
    marks: tuple[str, ...]
    module: str
    wants: str


BASES = (
    Base("ConvNeXt", (r"convnext_\w+_stage_0_block_0_depthwise_conv",), "convnext", "bytes"),
    Base("EfficientNet", ("stem_conv", "block1a_dwconv"), "efficientnet", "bytes"),
    Base("EfficientNetV2", ("stem_conv", "block1a_project_conv"), "efficientnet_v2", "bytes"),
    Base("MobileNetV3", ("conv_bn", "expanded_conv_depthwise"), "mobilenet_v3", "bytes"),
    Base("MobileNetV2", ("bn_Conv1", "expanded_conv_depthwise"), "mobilenet_v2", "tf"),
    Base("MobileNet", ("conv1_bn", "conv_dw_1"), "mobilenet", "tf"),
    Base("Xception", ("block1_conv1_bn", "block2_sepconv1"), "xception", "tf"),
    Base("VGG19", ("block1_conv1", "block5_conv4"), "vgg19", "caffe"),
    Base("VGG16", ("block1_conv1", "block5_conv3"), "vgg16", "caffe"),
    Base("ResNetV2", ("conv1_conv", "conv2_block1_preact_bn"), "resnet_v2", "tf"),
    Base("DenseNet", ("conv1_conv", "pool2_conv"), "densenet", "torch"),
    Base("ResNet", ("conv1_conv", "conv2_block1_1_conv"), "resnet", "caffe"),
    Base("InceptionV3", ("mixed0", "mixed7"), "inception_v3", "tf"),
    Base("InceptionResNetV2", ("mixed_5b", "conv_7b"), "inception_resnet_v2", "tf"),
    Base("NASNet", ("stem_conv1", "stem_bn1"), "nasnet", "tf"),
)

_WANTED = {
    "bytes": "pixels from 0 to 255, which it rescales by itself",
    "tf": "pixels from -1 to 1",
    "caffe": "pixels as BGR minus ImageNet's mean, about -124 to 151",
    "torch": "pixels standardized by ImageNet's mean and deviation, about -2.1 to 2.6",
}

_WRONG = {
    "bytes": ("unit", "tiny", "symmetric", "standardized", "centered"),
    "tf": ("unit", "tiny", "bytes", "centered"),
    "caffe": ("unit", "tiny", "bytes", "symmetric", "standardized"),
    "torch": ("unit", "tiny", "bytes", "centered"),
}


def base_of(steps: list[Step]) -> tuple[Base, Step] | None:
    """The first known base among the steps, and the step where it begins."""
    names = {step.name for step in steps}
    for base in BASES:
        found = []
        for mark in base.marks:
            match = re.compile(mark)
            found.append(next((name for name in names if match.fullmatch(name)), None))
        if None in found:
            continue
        marked = next(step for step in steps if step.name == found[0])
        if marked.model is None:
            return base, next(step for step in steps if step.kind != "InputLayer")
        return base, next(step for step in steps if step.model == marked.model)
    return None


def kind_of(low: float, high: float) -> str | None:
    """What a range of values shows of how the pixels were prepared."""
    if high - low < 0.05:
        return "tiny"
    if low >= -0.01:
        return "bytes" if 50 < high <= 256 else "unit" if high <= 1.01 else None
    if low >= -1.01 and high <= 1.01:
        return "symmetric"
    if low >= -6 and high <= 6:
        return "standardized"
    return "centered" if -256 <= low < -30 and high <= 256 else None


_PASSES = re.compile(
    r"ZeroPadding\dD|Cropping\dD|Reshape|Flatten|Permute|(Spatial)?Dropout(\dD)?|Resizing|"
    r"Random\w+|CenterCrop|Identity|MaxPooling\dD|AveragePooling\dD|InputLayer|UpSampling\dD|"
    r"Transpose|Cast"
)


def _bounds(value: Any) -> tuple[float, float] | None:
    """The smallest and the largest of an option: a number, or a nested tuple of them."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value), float(value)
    if isinstance(value, tuple) and value:
        each = [_bounds(item) for item in value]
        if None not in each:
            return min(one[0] for one in each if one), max(one[1] for one in each if one)
    return None


def _through(step: Step, low: float, high: float) -> tuple[float, float] | None:
    """The range after a layer that only scales; None where it does something else."""
    if step.kind == "Rescaling":
        scale, offset = (_bounds(step.options.get(name)) for name in ("scale", "offset"))
        if scale is None or offset is None:
            return None
        ends = [value * factor for value in (low, high) for factor in scale]
        return min(ends) + offset[0], max(ends) + offset[1]
    if step.kind == "Normalization":
        mean, variance = (_bounds(step.options.get(name)) for name in ("mean", "variance"))
        if mean is None or variance is None or variance[0] <= 0:
            return None
        ends = [
            (value - middle) / math.sqrt(spread)
            for value in (low, high)
            for middle in mean
            for spread in variance
        ]
        return min(ends), max(ends)
    by = _bounds(step.options.get("operand"))
    if by is None or step.options.get("operand_first"):
        return None
    if step.kind == "Multiply":
        ends = [value * factor for value in (low, high) for factor in by]
        return min(ends), max(ends)
    if step.kind in ("TrueDivide", "Divide") and by[0] * by[1] > 0:
        ends = [value / factor for value in (low, high) for factor in by]
        return min(ends), max(ends)
    if step.kind == "Add":
        return low + by[0], high + by[1]
    return (low - by[1], high - by[0]) if step.kind == "Subtract" else None


def _next(step: Step) -> Step | None:
    """The one step after; the channels taken apart and put together again count as one."""
    after = step.consumers
    if len(after) == 1:
        return after[0]
    if after and all(each.kind == "GetItem" for each in after):
        joined = {id(each.consumers[0]): each.consumers[0] for each in after if each.consumers}
        if len(joined) == 1 and next(iter(joined.values())).kind == "Stack":
            return next(iter(joined.values()))
    return None


def _follow(
    at: Step, low: float, high: float, end: Step | None
) -> tuple[Step | None, float, float, list[Step]]:
    """Follow the pixels: the first step that does not only scale, the range there, the scalers."""
    scalers: list[Step] = []
    step = _next(at)
    while step is not None and step is not end:
        if not _PASSES.fullmatch(step.kind) and step.kind != "Stack":
            scaled = _through(step, low, high)
            if scaled is None:
                break
            low, high = scaled
            scalers.append(step)
        step = _next(step)
    return step, low, high, scalers


def check_range(
    subject: Subject, at: Step, x: "np.ndarray", low: float, high: float, what: str
) -> Iterator[Finding]:
    """Hold the range of the pixels beside what reads them.

    Args:
        subject: The model.
        at: The input that x is for.
        x: The pictures, shape (n, ...).
        low: Their smallest value.
        high: Their largest.
        what: How messages call x.
    """
    import numpy as np

    if x.ndim not in (2, 3, 4) or prod(x.shape[1:]) < 64:
        return
    if x.ndim < 4 and (high < 200 or not np.array_equal(x[:64], np.round(x[:64]))):
        return  # a table of measurements, not the pixels of gray pictures
    known = base_of(subject.steps) if x.ndim == 4 else None
    end = known[1] if known else None
    first, low_there, high_there, scalers = _follow(at, low, high, end)
    if known is not None and first is end:
        yield from _check_base(subject, *known, (low, high), (low_there, high_there), scalers, what)
        return
    strong = [step for step in scalers if high - low >= 0.05]
    if strong and high_there - low_there < 0.05 and abs(low_there) < 3:
        yield Finding(
            "data-scaled-twice",
            "fault",
            None,
            f"{what} goes from {low:.4g} to {high:.4g}, and {strong[0].name} rescales it: the "
            f"network sees a range of {high_there - low_there:.2g}.",
            "The pixels were divided by 255 before, and the model does it once more.",
            f"Give {what} as it was (0 to 255), or take {strong[0].name} out of the model.",
            {"low": low, "high": high},
        )
        return
    if first is None or not dense.WEIGHTS.fullmatch(first.kind):
        return
    large = 50 < high_there <= 256 and low_there >= 0
    deep = high_there > 256 and low_there >= 0 and x.dtype.kind in "iuf" and _whole(x)
    if not (large or deep):
        return
    norm = next((each for each in first.consumers if each.kind == "BatchNormalization"), None)
    top = 255 if large else 65535 if high > 4095 else 4095
    if norm is None:
        told = (
            " First weights are drawn for inputs near 1; hundreds of times as large, they give "
            "losses and steps hundreds of times as large."
        )
    elif norm.stored:
        told = (
            f" {norm.name} does not make up for it: it is frozen, and divides by the deviation "
            "that it stored."
        )
    else:
        told = f" {norm.name} makes up for most of that."
    yield Finding(
        "data-range",
        "note" if norm is not None and not norm.stored else "fault",
        None,
        f"{what} goes from {low:.4g} to {high:.4g}, and {first.name} takes it as it is: nothing "
        f"rescales it.{told}",
        "Pixels come from files as whole numbers from 0 to 255."
        if large
        else "Pixels of 12 or 16 bits, as from medical or scientific cameras, go up to 4095 or "
        "65535.",
        f"Write `{what}.astype('float32') / {top}`, or begin the model with "
        f"`keras.layers.Rescaling(1 / {top})`.",
        {"low": low, "high": high},
    )


def _whole(x: "np.ndarray") -> bool:
    import numpy as np

    return bool(np.array_equal(x[:8], np.round(x[:8])))


def _check_base(
    subject: Subject,
    base: Base,
    begin: Step,
    given: tuple[float, float],
    there: tuple[float, float],
    scalers: list[Step],
    what: str,
) -> Iterator[Finding]:
    inside = [
        step
        for step in subject.steps
        if step.model == begin.model and (step is begin or begin.model is not None)
    ] or subject.steps
    if begin.model is None:
        inside = subject.steps
    weights = [step for step in inside if dense.WEIGHTS.fullmatch(step.kind)]
    frozen = bool(weights) and not any(step.trainable for step in weights[:-1] or weights)
    norms = [step for step in inside if step.kind == "BatchNormalization"]
    wants = base.wants
    head = inside[: inside.index(weights[0])] if weights else inside
    if wants == "bytes" and not any(each.kind in ("Rescaling", "Normalization") for each in head):
        wants = "torch" if base.name == "ConvNeXt" else "tf"  # include_preprocessing=False
    kind = kind_of(*there)
    if kind not in _WRONG[wants]:
        return
    adapts = bool(norms) and not any(step.stored for step in norms) and not frozen
    twice = base.wants == wants == "bytes"
    module = f"keras.applications.{base.module}.preprocess_input"
    reached = f"{what} goes from {given[0]:.4g} to {given[1]:.4g}" + (
        f", and {scalers[-1].name} makes {there[0]:.3g} to {there[1]:.3g} of it" if scalers else ""
    )
    if twice:
        cure = (
            f"Give {what} as it was (0 to 255)"
            + (f", `255 * {what}`." if kind == "unit" and not scalers else ".")
            if not scalers
            else f"Take {scalers[-1].name} out of the model, and give pixels from 0 to 255."
        )
    elif kind == "unit":
        cure = f"Write `{module}(255 * {what})`" + (
            f", or put `keras.layers.Rescaling(2, offset=-1)` before {base.name}."
            if wants == "tf"
            else "."
        )
    elif kind == "bytes":
        cure = f"Write `{module}({what})`" + (
            f", or put `keras.layers.Rescaling(1 / 127.5, offset=-1)` before {base.name}."
            if wants == "tf"
            else "."
        )
    else:
        cure = f"Give pixels from 0 to 255 through `{module}`, and nothing else."
    if scalers and not twice:
        cure = f"Take {scalers[-1].name} out of the model. {cure}"
    effect = (
        " Frozen, it cannot adapt"
        + (": its batch normalization divides by what it stored." if norms else ".")
        if frozen or any(step.stored for step in norms)
        else " While it trains, its batch normalization makes up for much of that; what its "
        "weights learned on ImageNet is for another range."
        if adapts and not twice
        else ""
    )
    yield Finding(
        "data-scaled-twice" if twice and kind in ("unit", "tiny") else "base-range",
        "note" if adapts and not twice else "fault",
        None,
        f"{reached}, and {base.name} was trained on {_WANTED[wants]}.{effect}",
        f"Each family of keras.applications was trained on pixels of its own range; "
        f"keras.applications.{base.module} documents it.",
        cure,
        {"low": there[0], "high": there[1], "base": base.name, "frozen": frozen, "wants": wants},
    )
