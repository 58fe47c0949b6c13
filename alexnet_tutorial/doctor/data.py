"""A batch of data and its labels, beside what the model takes and answers."""

import re
from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

from alexnet_tutorial.doctor import dense, formats, output, words
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Shape, Subject

if TYPE_CHECKING:
    import numpy as np


def check_data(subject: Subject, x: Any) -> Iterator[Finding]:
    """Hold the data beside what the model takes."""
    import numpy as np

    x = np.asarray(x)
    if x.dtype.kind not in "biuf":
        yield _not_numbers("x", x)
        return
    shapes = [step.output for step in subject.inputs]
    if len(shapes) == 1 and shapes[0] is not None:
        yield from _check_data_shape(x.shape, shapes[0])
    if not x.size:
        return
    wrong = 0 if x.dtype.kind != "f" else int(x.size - np.count_nonzero(np.isfinite(x)))
    if wrong:
        bad = ~np.isfinite(x)
        pictures = int(bad.reshape(len(x), -1).any(axis=1).sum()) if x.ndim else 1
        yield Finding(
            "data-nan",
            "fault",
            None,
            f"{wrong:,} of {x.size:,} values of x are NaN or infinite, in {pictures:,} of "
            f"{len(x) if x.ndim else 1:,} rows. One of them makes the loss NaN, and then every "
            "weight.",
            "A division by zero (such as by the deviation of a constant pixel), a logarithm of 0, "
            "or a broken file.",
            "Find them with `np.argwhere(~np.isfinite(x))`.",
            {"count": wrong, "rows": pictures},
        )
        return
    low, high = float(x.min()), float(x.max())
    if low == high and x.size > 1 and len(x) > 1:
        yield Finding(
            "data-constant",
            "fault",
            None,
            f"Every value of x is {low:g}: there is nothing to see.",
            "Whole-number division (`x // 255`), or an array that was made and never filled.",
            "Look at one picture: `plt.imshow(x[0])`. Scale with `x / 255.0`.",
            {"value": low},
        )
        return
    yield from _check_range(subject, x, low, high)


def _not_numbers(what: str, array: "np.ndarray") -> Finding:
    kind = "text" if array.dtype.kind in "US" else str(array.dtype)
    return Finding(
        "data-dtype",
        "fault",
        None,
        f"{what} holds {kind}, not numbers (shape {array.shape}).",
        "Lists of unlike lengths become arrays of objects; labels read from a file are often text."
        if what == "y" or array.dtype.kind != "O"
        else "Pictures of unlike sizes in one list become an array of objects.",
        "Bring all pictures to one size, then `np.stack(pictures).astype('float32')`."
        if what == "x"
        else "Give each class its number: `classes, y = np.unique(y, return_inverse=True)`.",
        {"dtype": str(array.dtype), "shape": list(array.shape)},
    )


def _matches(shape: Shape, wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(
        w is None or n == w for n, w in zip(shape, wanted, strict=True)
    )


def _check_data_shape(shape: Shape, wanted: Shape) -> Iterator[Finding]:
    given = shape[1:]
    if _matches(given, wanted):
        return
    numbers = {"x": list(shape), "input": list(wanted)}
    needs = f"The model takes batches of {wanted}"
    have = f"x has shape {shape}"

    def fault(code, message, cause, cure):
        return Finding(code, "fault", None, message, cause, cure, numbers)

    if _matches(shape, wanted):
        yield fault(
            "data-no-batch",
            f"{needs}, and {have}: one picture, without the axis that counts pictures.",
            "A single picture was given. Keras would read its first axis as the batch.",
            "Write `x[None]`, which has shape " + str((1, *shape)) + ".",
        )
        return
    if len(given) == len(wanted) - 1 and wanted[-1] == 1 and _matches(given, wanted[:-1]):
        yield fault(
            "data-channels",
            f"{needs}, and {have}: the pictures are gray and have no channel axis.",
            "Gray pictures are often stored as (height, width).",
            "Write `x[..., None]`.",
        )
        return
    if len(given) != 3 or len(wanted) != 3:
        yield fault(
            "data-size",
            f"{needs}, and {have}.",
            "The data are of another kind or size than the model's input.",
            f"Bring x to shape (n, {', '.join(map(str, wanted))}), or give the model "
            f"`keras.Input({tuple(given)})`.",
        )
        return
    turned_last, turned_first = (*given[1:], given[0]), (given[2], *given[:2])
    goal, looks = (
        formats.picture_format(wanted) or _looks_open(wanted),
        formats.picture_format(given),
    )
    if goal and looks and goal != looks:
        turned = turned_last if goal == "channels_last" else turned_first
        there = "1, -1" if goal == "channels_last" else "-1, 1"
        yield fault(
            "data-channels-order",
            f"{needs}, {words.ORDERS[goal]}, and {have}: its pictures are {words.ORDERS[looks]}.",
            "Pictures from files and from Matplotlib have their channels last; PyTorch and "
            "channels_first models have them first.",
            f"Write `np.moveaxis(x, {there})`, which has shape {(shape[0], *turned)}"
            + (", or build the model for channels_last." if goal == "channels_first" else "."),
        )
        if _matches(turned, wanted):
            return
        given = turned
    goal = goal or "channels_last"
    at = 0 if goal == "channels_first" else -1
    if wanted[at] is not None and given[at] != wanted[at]:
        yield fault(
            "data-channels",
            f"{needs}, that is {wanted[at]} channels, and the pictures of x have {given[at]}.",
            {1: "The pictures are gray.", 4: "The pictures carry transparency."}.get(
                given[at], "The pictures are of another kind than the model's input."
            ),
            {
                (1, 3): "Write `np.repeat(x, 3, axis=-1)`.",
                (3, 1): "Write `x.mean(axis=-1, keepdims=True)`, or give the model 3 channels.",
                (4, 3): "Write `x[..., :3]`.",
            }.get(
                (given[at], wanted[at]),
                f"Give the model `keras.Input({tuple(given)})`, or other pictures.",
            ),
        )
    size, right = (given[1:], wanted[1:]) if at == 0 else (given[:-1], wanted[:-1])
    if not _matches(size, right):
        yield fault(
            "data-size",
            f"{needs}: {words.times(right)} pixels, and the pictures of x have "
            f"{words.times(size)}.",
            "The model was written for other pictures.",
            f"Resize the pictures (`keras.layers.Resizing({right[0]}, {right[1]})`), or build the "
            f"model for {words.times(size)}.",
        )


def _looks_open(shape: Shape) -> str | None:
    """As ``_looks``, for an input whose height and width are left open."""
    if len(shape) == 3 and shape[1] is None:
        if shape[0] is None and shape[2] in (1, 3, 4):
            return "channels_last"
        if shape[2] is None and shape[0] in (1, 3, 4):
            return "channels_first"
    return None


_BEFORE_SCALING = re.compile(
    r"ZeroPadding\dD|Cropping\dD|Reshape|Flatten|Permute|(Spatial)?Dropout(\dD)?|Resizing|"
    r"Random\w+|CenterCrop|Identity|MaxPooling\dD|AveragePooling\dD"
)


def _check_range(subject: Subject, x: "np.ndarray", low: float, high: float) -> Iterator[Finding]:
    import numpy as np

    if len(subject.inputs) != 1 or x.ndim not in (2, 3, 4) or prod(x.shape[1:]) < 64:
        return
    if x.ndim < 4 and (high < 200 or not np.array_equal(x[:64], np.round(x[:64]))):
        return  # a table of measurements, not the pixels of gray pictures
    at = subject.inputs[0]
    while len(at.consumers) == 1 and _BEFORE_SCALING.fullmatch(at.consumers[0].kind):
        at = at.consumers[0]
    if not at.consumers:
        return
    first = at.consumers[0]
    numbers = {"low": low, "high": high}
    scale, offset = (first.options.get(name) for name in ("scale", "offset"))
    if first.kind == "Rescaling" and isinstance(scale, (int, float)):
        if abs(scale) <= 0.1 and (high - low) * abs(scale) < 0.05:
            yield Finding(
                "data-scaled-twice",
                "fault",
                None,
                f"x goes from {low:g} to {high:g}, and {first.name} multiplies it by {scale:.3g}: "
                f"the network sees a range of {(high - low) * abs(scale):.2g}.",
                "The pixels were divided by 255 before, and the model does it once more.",
                f"Give x as it was (0 to 255), or take {first.name} out of the model.",
                {**numbers, "scale": scale},
            )
            return
        if len(first.consumers) != 1 or not isinstance(offset, (int, float)):
            return
        low, high = low * scale + offset, high * scale + offset
        first = first.consumers[0]
        while _BEFORE_SCALING.fullmatch(first.kind) and len(first.consumers) == 1:
            first = first.consumers[0]
    if not (low >= 0 and 50 < high <= 256 and dense.WEIGHTS.fullmatch(first.kind)):
        return
    normalized = [each for each in first.consumers if each.kind == "BatchNormalization"]
    yield Finding(
        "data-range",
        "note" if normalized else "fault",
        None,
        f"x goes from {low:g} to {high:g}, and {first.name} takes it as it is: nothing rescales "
        "it."
        + (
            f" {normalized[0].name} makes up for most of that."
            if normalized
            else " First weights are drawn for inputs near 1; hundreds of times as large, they "
            "give losses and steps hundreds of times as large."
        ),
        "Pixels come from files as whole numbers from 0 to 255.",
        "Write `x.astype('float32') / 255`, or begin the model with "
        "`keras.layers.Rescaling(1 / 255)`.",
        numbers,
    )


def check_labels(subject: Subject, x: Any, y: Any) -> Iterator[Finding]:
    """Hold the labels beside the data, the output and the loss."""
    import numpy as np

    y = np.asarray(y)
    if y.dtype.kind not in "biuf":
        yield _not_numbers("y", y)
        return
    if len(subject.outputs) != 1 or not y.size:
        return
    step = subject.outputs[0]
    loss = subject.losses[0] if subject.losses else None
    name, _ = loss or (None, False)
    n = len(x) if x is not None and np.ndim(x) else None
    units = output.units_of(step)
    numbers = {"y": list(y.shape), "x": n, "units": units, "loss": name}
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        wrong = int(y.size - np.isfinite(y).sum())
        yield Finding(
            "data-nan",
            "fault",
            None,
            f"{wrong:,} of {y.size:,} labels are NaN or infinite.",
            "A missing entry in the file of labels.",
            "Leave those pictures out, or find their labels.",
            {"count": wrong},
        )
        return

    def fault(code, message, cause, cure, layer=None, severity="fault"):
        return Finding(code, severity, layer, message, cause, cure, numbers)

    turned = y.ndim == 2 and (
        (n is not None and len(y) != n and y.shape[1] == n)
        or (n is None and len(y) == 1 and y.shape[1] > 1 and y.shape[1] != units)
    )
    if turned:
        flat = len(y) == 1
        yield fault(
            "labels-shape",
            f"y has shape {y.shape}: Keras reads that as {len(y)} example{'s' * (len(y) != 1)} "
            f"with {y.shape[1]:,} numbers each, not as {y.shape[1]:,} labels.",
            "The labels lie along the second axis, as some courses' files store them.",
            f"Write `{'y[0]' if flat else 'y.T'}`, which has shape "
            f"{(y.shape[1],) if flat else y.shape[::-1]}.",
        )
        return
    if n is not None and y.ndim and len(y) != n:
        yield fault(
            "labels-length",
            f"x has {n:,} pictures and y {len(y):,} labels.",
            "x and y come from different splits or files, or one of them was filtered alone.",
            "Split and filter both with the same indices.",
        )
    if step.output is None or len(step.output) != 1 or not units or y.ndim == 0:
        return
    yield from _check_classes(step, name, y, units, fault)


def _check_classes(step, name, y, units, fault):
    import numpy as np

    numbers_only = y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
    low, high = float(y.min()), float(y.max())
    classes = units > 1 and (
        name in output.OVER_CLASSES
        or (name not in output.BINARY and output.last_activation(step) == "softmax")
    )
    sparse = name == "sparse_categorical_crossentropy"
    if y.ndim > 2:
        if classes or name in output.BINARY:
            yield fault(
                "labels-shape",
                f"y has shape {y.shape}, and {step.name} puts out {units} numbers for a picture.",
                "The labels have more axes than the outputs.",
                "Give one label for each picture: shape (n,) or (n, classes).",
            )
        return
    if classes and numbers_only:
        if name not in (None, "sparse_categorical_crossentropy"):
            yield fault(
                "labels-integers",
                f"y holds class numbers, shape {y.shape}, and {name} compares the {units} outputs "
                f"of {step.name} with {units} numbers for each picture.",
                f"{name} expects one-hot labels: a row of zeros with a single 1.",
                "Write loss='sparse_categorical_crossentropy', or "
                f"`keras.utils.to_categorical(y, {units})`.",
                step.name,
            )
        if low < 0 or high >= units or not np.array_equal(y, np.round(y)):
            yield _outside(step, y, low, high, units, fault)
        else:
            yield from _check_unused(step, y, units, fault)
        return
    if classes and not numbers_only:
        one_hot = bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
        if sparse:
            yield fault(
                "labels-one-hot" if one_hot or y.shape[1] == units else "labels-shape",
                f"y has shape {y.shape}{', one-hot,' if one_hot else ''} and {name} expects one "
                "class number for each picture.",
                "The labels were made one-hot, and the loss is the one for class numbers."
                if one_hot
                else "The labels have one axis too many.",
                "Write loss='categorical_crossentropy', or `y.argmax(axis=1)`.",
                step.name if one_hot or y.shape[1] == units else None,
            )
        if y.shape[1] != units:
            yield fault(
                "labels-classes",
                f"y has {y.shape[1]} classes, shape {y.shape}, and {step.name} has {units} units.",
                "The head was made for another set of classes.",
                f"Write {words.call(step, units=int(y.shape[1]))}"
                if step.kind == "Dense"
                else f"Give {step.name} {y.shape[1]} units.",
                step.name,
            )
        elif not sparse and (low < 0 or not np.allclose(y.sum(axis=1), 1, atol=1e-3)):
            off = int((~np.isclose(y.sum(axis=1), 1, atol=1e-3)).sum())
            yield fault(
                "labels-range",
                f"{off:,} of {len(y):,} rows of y do not add up to 1, and {step.name} puts out "
                "probabilities that do.",
                "Either several classes are right at once, or the rows are not one-hot.",
                "For several at once: activation='sigmoid' with loss='binary_crossentropy'.",
                step.name,
            )
        return
    if name in output.BINARY:
        if units > 1 and numbers_only and len(np.unique(y)) > 2:
            yield fault(
                "independent-classes",
                f"y holds class numbers from {low:g} to {high:g}, and {name} expects {units} "
                "answers of 0 or 1 for each picture.",
                "Classes that exclude each other are one question with several answers.",
                "Write activation='softmax' with loss='sparse_categorical_crossentropy'.",
                step.name,
            )
        elif low < 0 or high > 1:
            yield _outside(step, y, low, high, 2, fault)
        elif y.ndim == 2 and y.shape[1] != units:
            yield fault(
                "labels-classes",
                f"y has {y.shape[1]} columns, shape {y.shape}, and {step.name} has {units} units.",
                "The head was made for another set of classes.",
                f"Give {step.name} {y.shape[1]} units.",
                step.name,
            )
        elif units > 1 and y.ndim == 2 and len(y) >= 8 and (y.sum(axis=1) == 1).all():
            yield fault(
                "independent-classes",
                f"Each of the {len(y):,} rows of y has exactly one 1 among {units} classes, and "
                f"{name} with {step.name} judges each class by itself.",
                "Sigmoid and the binary loss are for answers that do not exclude each other.",
                "Write activation='softmax' with loss='categorical_crossentropy'.",
                step.name,
            )


def _outside(step, y, low, high, units, fault):
    whole = bool((y == y.round()).all())
    if whole and low == 1 and high == units:
        why = f"The labels count from 1 to {units}; Keras counts from 0."
        cure = "Write `y - 1`."
    elif low < 0:
        why = "A negative label often stands for 'unknown', or the labels are -1 and 1."
        cure = "Leave the unknown ones out; for -1 and 1, write `(y + 1) / 2`."
    elif not whole:
        why = "The labels are not whole numbers: they look like measurements, not classes."
        cure = "For measurements use one unit without activation and loss='mse'."
    else:
        why = "The head was made for fewer classes, or the labels count something else."
        cure = f"Give {step.name} {int(high) + 1} units, or number the classes anew with np.unique."
    return fault(
        "labels-range",
        f"y goes from {low:g} to {high:g}, and {step.name} can answer 0 to {units - 1}.",
        why,
        cure,
        step.name,
    )


def _check_unused(step, y, units, fault):
    import numpy as np

    used, top = len(np.unique(y)), int(y.max()) + 1
    if top * 2 <= units and len(y) >= 5 * used:
        yield fault(
            "labels-classes",
            f"The {len(y):,} labels name {used} classes, none above {top - 1}, and {step.name} has "
            f"{units:,} units.",
            "The head was made for another set of classes; or these labels are sorted and the "
            "rest comes later.",
            f"If there are {top} classes, write {words.call(step, units=top)}."
            if step.kind == "Dense"
            else f"If there are {top} classes, give {step.name} {top} units.",
            step.name,
            "note",
        )
