"""The labels, beside the data, the outputs and the losses."""

from collections.abc import Callable, Iterator
from typing import Any

from alexnet_tutorial.doctor import output, words
from alexnet_tutorial.doctor.batch import Batch
from alexnet_tutorial.doctor.data import paired
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Loss, Shape, Step, Subject

Fault = Callable[..., Finding]


def check_labels(subject: Subject, batch: Batch, skip: frozenset[str]) -> Iterator[Finding]:
    """Hold the labels beside the data, the outputs and the losses.

    Args:
        subject: The model.
        batch: The data.
        skip: Outputs that another fault already explains.
    """
    losses = subject.losses or [None] * len(subject.outputs)
    if batch.y is None:
        if batch.source and batch.x is not None and subject.compiled and any(losses):
            yield from _check_missing(subject, batch)
        return
    if not subject.outputs:
        return
    if isinstance(batch.y, (list, dict)):
        pairs = paired(batch.y, subject.outputs)
        if pairs is None and isinstance(batch.y, dict) and subject.output_names:
            by_name = dict(zip(subject.output_names, subject.outputs, strict=False))
            if set(by_name) <= set(batch.y):
                pairs = list(by_name.items())
        if pairs is None:
            yield _other_count(subject, batch)
            return
    elif len(subject.outputs) > 1:
        yield _other_count(subject, batch)
        return
    else:
        pairs = [("", subject.outputs[0])]
    for (key, step), loss in zip(pairs, losses, strict=False):
        y = batch.y if key == "" else batch.y[key]
        what = "y" if key == "" else f"y[{key!r}]"
        if y is None or step.name in skip:
            continue
        yield from _check_output(subject, batch, step, loss or Loss(), y, what)


def _check_missing(subject: Subject, batch: Batch) -> Iterator[Finding]:
    if subject.custom_step:
        return  # a train_step of its own may need no labels
    rebuilds = any(
        step.output is not None and step.output == source.output
        for step in subject.outputs
        for source in subject.inputs
    )
    yield Finding(
        "labels-missing",
        "fault",
        None,
        f"Each batch of the {batch.source} holds pictures alone, and the loss "
        f"{subject.loss_name or ''} compares outputs with labels.",
        "The data give one thing where (pictures, labels) is expected, such as with "
        "label_mode=None or class_mode=None.",
        "An autoencoder's labels are its pictures: `dataset.map(lambda x: (x, x))`."
        if rebuilds
        else "Give pairs: `image_dataset_from_directory(…, label_mode='int')`, or "
        "`yield pictures, labels`.",
        {"source": batch.source},
    )


def _other_count(subject: Subject, batch: Batch) -> Finding:
    names = [step.name for step in subject.outputs]
    given = len(batch.y) if isinstance(batch.y, (list, dict)) else 1
    there = f" ({', '.join(batch.y)})" if isinstance(batch.y, dict) else ""
    return Finding(
        "labels-outputs",
        "fault",
        None,
        f"y holds {given} array{'s' * (given != 1)}{there}, and the model has {len(names)} "
        f"output{'s' * (len(names) != 1)}: {', '.join(names)}.",
        "Each output is compared with labels of its own.",
        "Give a list in the order of the outputs, or a dict: `{"
        + ", ".join(f"{name!r}: …" for name in names)
        + "}`.",
        {"given": given, "outputs": names},
    )


def _check_output(
    subject: Subject, batch: Batch, step: Step, loss: Loss, y: Any, what: str
) -> Iterator[Finding]:
    import numpy as np

    if not y.size:
        return
    x = batch.x
    if isinstance(x, (list, dict)):
        arrays = [each for each in (x.values() if isinstance(x, dict) else x) if each is not None]
        x = arrays[0] if arrays else None
    n = len(x) if x is not None and x.ndim else None
    units = output.units_of(step)
    numbers = {"y": list(y.shape), "x": n, "units": units, "loss": loss.name}
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
    if turned and not batch.source:
        flat = len(y) == 1
        yield fault(
            "labels-shape",
            f"{what} has shape {y.shape}: Keras reads that as {len(y)} "
            f"example{'s' * (len(y) != 1)} with {y.shape[1]:,} numbers each, not as "
            f"{y.shape[1]:,} labels.",
            "The labels lie along the second axis, as some courses' files store them.",
            f"Write `{f'{what}[0]' if flat else f'{what}.T'}`, which has shape "
            f"{(y.shape[1],) if flat else y.shape[::-1]}.",
        )
        return
    if n is not None and y.ndim and len(y) != n:
        yield fault(
            "labels-length",
            f"x has {n:,} pictures and {what} {len(y):,} labels.",
            "x and y come from different splits or files, or one of them was filtered alone.",
            "Split and filter both with the same indices.",
        )
    if step.output is None or not units or y.ndim == 0:
        return
    if len(step.output) == 1:
        yield from _check_classes(step, loss.name, y, units, fault, loss)
    else:
        yield from _check_places(step, loss, y, units, fault, what)


def _fits(shape: Shape, wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(
        w is None or n == w for n, w in zip(shape, wanted, strict=True)
    )


def _check_places(
    step: Step, loss: Loss, y: Any, units: int, fault: Fault, what: str
) -> Iterator[Finding]:
    """Labels for an output that answers at many places: each pixel, each word, each moment."""

    places = step.output[:-1]
    where = "pixel" if len(places) == 2 else "place"
    if step.channels == "channels_first" and len(places) == 2:
        return  # losses read the last axis; what such an output means is not told by its shape
    name = loss.name
    given = y.shape[1:]
    over = name in output.OVER_CLASSES or (
        name is None and units > 1 and output.last_activation(step) == "softmax"
    )
    binary = name in output.BINARY
    numbers = _fits(given, places) or _fits(given, (*places, 1))
    full = _fits(given, (*places, units))
    if y.ndim == 1 or (y.ndim == 2 and y.shape[1] in (1, units) and len(places) == 2):
        if over or binary:
            yield fault(
                "labels-shape",
                f"{what} has one label for a picture, shape {y.shape}, and {step.name} puts out "
                f"{words.times(step.output)}: an answer for each {where}.",
                "Nothing between the maps and the output makes one vector of them.",
                f"For one answer for a picture put `GlobalAveragePooling2D()` behind {step.name}'s "
                "maps; for an answer for each pixel give masks.",
                step.name,
            )
        return
    spatial = given[: len(places)]
    if not (numbers or full):
        if len(given) >= len(places) and not _fits(spatial, places):
            yield fault(
                "labels-size",
                f"{what} has shape {y.shape}, that is {words.times(spatial)} {where}s, and "
                f"{step.name} answers for {words.times(places)}.",
                "The masks were not resized with the pictures, or strides and pools made the "
                "output smaller than the picture.",
                f"Resize the masks to {words.times(places)} without mixing classes: "
                "`keras.ops.image.resize(masks, "
                f"{tuple(places)}, interpolation='nearest')`; or bring the output to "
                f"{words.times(spatial)} with UpSampling2D or Conv2DTranspose."
                if len(places) == 2
                else f"Bring {what} to shape (n, {', '.join(map(str, places))}).",
                step.name,
            )
        elif (over or binary) and len(given) == len(places) + 1:
            color = given[-1] in (3, 4) and y.dtype.kind in "ui" and y.max() > 1
            yield fault(
                "labels-classes",
                f"{what} has {given[-1]} channels, shape {y.shape}, and {step.name} gives {units} "
                f"number{'s' * (units > 1)} for each {where}.",
                "The masks are pictures in color: each class has a color of its own."
                if color
                else "The head was made for another set of classes.",
                "Give each color its number: compare with each class's color, `(masks == "
                "color).all(axis=-1)`."
                if color
                else f"Give {step.name} {given[-1]} {_size_word(step)}, or one-hot masks of "
                f"{units} classes.",
                step.name,
            )
        return
    low, high = float(y.min()), float(y.max())
    if over and units > 1:
        sparse = name in (None, "sparse_categorical_crossentropy")
        if full and not numbers:
            if name == "sparse_categorical_crossentropy":
                yield fault(
                    "labels-one-hot",
                    f"{what} has shape {y.shape}, one-hot, and {name} expects one class number "
                    f"for each {where}: shape {(len(y), *places)}.",
                    "The masks were made one-hot, and the loss is the one for class numbers.",
                    f"Write loss='categorical_crossentropy', or `{what}.argmax(axis=-1)`.",
                    step.name,
                )
            elif name == "categorical_crossentropy" and (low < 0 or high > 1):
                yield fault(
                    "labels-range",
                    f"{what} goes from {low:g} to {high:g}, and one-hot masks hold 0 and 1.",
                    "Black and white are stored as 0 and 255.",
                    f"Write `{what} / {high:g}`.",
                    step.name,
                )
            return
        if not sparse:
            yield fault(
                "labels-integers",
                f"{what} holds class numbers, shape {y.shape}, and {name} compares {units} "
                f"numbers for each {where}.",
                f"{name} expects one-hot masks.",
                "Write loss='sparse_categorical_crossentropy', or "
                f"`keras.utils.to_categorical({what}, {units})`.",
                step.name,
            )
        yield from _check_mask_values(step, loss, y, units, fault, what, where)
    elif binary and (low < 0 or high > 1):
        yield from _check_mask_values(step, loss, y, 2, fault, what, where)


def _size_word(step: Step) -> str:
    return "units" if step.kind == "Dense" else "filters"


def _check_mask_values(
    step: Step, loss: Loss, y: Any, units: int, fault: Fault, what: str, where: str
) -> Iterator[Finding]:
    import numpy as np

    values = np.unique(y)
    counted = values[values != loss.ignored] if loss.ignored is not None else values
    outside = counted[(counted < 0) | (counted >= units) | (counted != np.round(counted))]
    if loss.name in output.BINARY:
        outside = counted[(counted < 0) | (counted > 1)]
    if not outside.size:
        return
    shown = ", ".join(f"{value:g}" for value in values[:6]) + (", …" if len(values) > 6 else "")
    told = f"{what} holds the values {shown}, and {step.name} can answer 0 to {units - 1}."
    top = float(values.max())
    whole = bool((values == np.round(values)).all())
    if len(values) <= 2 and units == 2 and values.min() >= 0:
        cause = f"Masks in black and white are stored as 0 and {top:g}."
        cure = f"Write `({what} > {top / 2:g}).astype('uint8')`."
    elif not whole:
        cause = "A mask that is resized by interpolation mixes the numbers of its classes."
        cure = "Resize masks with `interpolation='nearest'`, and do not divide them by 255."
    elif outside.size == 1 and outside[0] in (255, -1) and len(values) > 1:
        cause = f"{outside[0]:g} stands for “no class”, as on the edges of objects."
        cure = (
            "Write `loss=keras.losses.SparseCategoricalCrossentropy(ignore_class="
            f"{int(outside[0])})`."
        )
    elif units == 2 and len(values) > 16:
        cause = "A mask of black and white, stored as JPEG or resized with interpolation."
        cure = f"Write `({what} > {top / 2:g}).astype('uint8')`."
    elif values.min() == 1 and top == units:
        cause = f"The classes count from 1 to {units}; Keras counts from 0."
        cure = f"Write `{what} - 1`."
    elif len(values) <= units:
        cause = "The classes are written as levels of gray, not as 0, 1, 2, …"
        cure = f"Number them: `np.searchsorted({[int(value) for value in values]}, {what})`."
    else:
        cause = "The masks hold more classes than the network has."
        cure = f"Give {step.name} {int(top) + 1} {_size_word(step)}, or number the classes anew."
    yield fault("labels-range", told, cause, cure, step.name)


def _check_classes(
    step: Step, name: str | None, y: Any, units: int, fault: Fault, loss: Loss
) -> Iterator[Finding]:
    import numpy as np

    numbers_only = y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
    counted = y[y != loss.ignored] if loss.ignored is not None and numbers_only else y
    if not counted.size:
        return
    low, high = float(counted.min()), float(counted.max())
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
    if name in output.MEASURES and y.ndim == 2 and y.shape[1] != units:
        yield fault(
            "labels-classes",
            f"y has {y.shape[1]} columns, shape {y.shape}, and {step.name} has {units} "
            f"unit{'s' * (units != 1)}.",
            "Each number that is measured needs a unit.",
            f"Write {words.call(step, units=int(y.shape[1]))}."
            if step.kind == "Dense"
            else f"Give {step.name} {y.shape[1]} {_size_word(step)}.",
            step.name,
        )
    elif name in output.MEASURES and y.ndim == 1 and units > 1:
        yield fault(
            "labels-shape",
            f"y has one number for a picture, shape {y.shape}, and {step.name} puts out {units}.",
            f"{name} compares number by number.",
            f"Write {words.call(step, units=1)}, or give y {units} columns."
            if step.kind == "Dense"
            else f"Give y {units} columns.",
            step.name,
        )
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
            yield _outside(step, y, low, high, 2, fault, binary=units == 1)
        elif y.ndim == 2 and y.shape[1] != units:
            yield from _check_columns(step, name, y, units, fault)
        elif numbers_only and units > 1:
            yield fault(
                "independent-classes",
                f"y holds one number of 0 or 1 for a picture, shape {y.shape}, and {name} expects "
                f"{units} of them, one for each unit of {step.name}.",
                "Two classes that exclude each other are one question.",
                f"Write loss='sparse_categorical_crossentropy' with activation='softmax' in "
                f"{step.name}; or one unit with sigmoid.",
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


def _check_columns(
    step: Step, name: str | None, y: Any, units: int, fault: Fault
) -> Iterator[Finding]:
    """A binary loss, and labels with another number of columns than the head has units."""
    columns = y.shape[1]
    one_hot = bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
    layer = step.kind == "Dense"
    if one_hot and units == 1 and columns == 2:
        cause = (
            "The labels are one-hot, a column for each class, as flow_from_directory and "
            "label_mode='categorical' give them; one unit with sigmoid answers yes or no."
        )
        cure = "Write `y.argmax(axis=1)`, or read the folder with class_mode='binary'."
    elif one_hot:
        cause = "The labels are one-hot, and classes that exclude each other are one question."
        cure = (
            f"Write {words.call(step, units=int(columns), activation='softmax')} with "
            "loss='categorical_crossentropy'."
            if layer
            else f"Give {step.name} {columns} filters and softmax, with "
            "loss='categorical_crossentropy'."
        )
    else:
        cause = "The head was made for another set of classes."
        cure = (
            f"Write {words.call(step, units=int(columns))}."
            if layer
            else f"Give {step.name} {columns} filters."
        )
    yield fault(
        "labels-classes",
        f"y has {columns} columns, shape {y.shape}, and {step.name} has {units} "
        f"unit{'s' * (units != 1)}.",
        cause,
        cure,
        step.name,
    )


def _outside(
    step: Step,
    y: Any,
    low: float,
    high: float,
    units: int,
    fault: Fault,
    binary: bool = False,
) -> Finding:
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
    elif binary and len({*y.reshape(-1).tolist()}) == 2:
        why = "Two classes, with other numbers than 0 and 1."
        cure = f"Write `(y == {high:g}).astype('uint8')`."
    elif binary:
        why = "Class numbers, and a head and a loss for one question of yes or no."
        cure = (
            f"Write {words.call(step, units=int(high) + 1, activation='softmax')} with "
            "loss='sparse_categorical_crossentropy'."
        )
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


def _check_unused(step: Step, y: Any, units: int, fault: Fault) -> Iterator[Finding]:
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
