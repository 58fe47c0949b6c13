"""A batch of data and its labels, beside what the model takes and answers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alexnet_tutorial.doctor import formats, pixels, words
from alexnet_tutorial.doctor.batch import Batch
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Shape, Step, Subject

if TYPE_CHECKING:
    import numpy as np


def check_data(subject: Subject, batch: Batch) -> Iterator[Finding]:
    """Hold the data beside what the model takes."""
    if batch.x is None:
        return
    inputs = subject.inputs
    if not batch.several:
        if len(inputs) > 1:
            yield _other_count(subject, batch, 1)
            return
        wanted = inputs[0].output if inputs else None
        yield from _check_array(subject, inputs[0] if inputs else None, "x", batch, batch.x, wanted)
        return
    pairs = paired(batch.x, inputs)
    if pairs is None:
        if inputs:
            yield _other_count(subject, batch, len(batch.x))
        return
    lengths = set()
    for key, step in pairs:
        array = batch.x[key]
        if array is not None:
            lengths.add(len(array) if array.ndim else 0)
            yield from _check_array(subject, step, f"x[{key!r}]", batch, array, step.output)
    if len(lengths) > 1:
        yield Finding(
            "data-inputs",
            "fault",
            None,
            f"The arrays of x have {', '.join(map(str, sorted(lengths)))} rows.",
            "Each input gives its part of the same examples, so that all are equally long.",
            "Split and filter all of them with the same indices.",
            {"lengths": sorted(lengths)},
        )


def paired(arrays: Any, steps: list[Step]) -> list[tuple[Any, Step]] | None:
    """Which array goes with which input or output; None where that does not come out."""
    if isinstance(arrays, list):
        return (
            list(zip(range(len(arrays)), steps, strict=True)) if len(arrays) == len(steps) else None
        )
    by_name = {step.name: step for step in steps}
    if any(name not in arrays for name in by_name):
        return None
    return list(by_name.items())


def _other_count(subject: Subject, batch: Batch, given: int) -> Finding:
    inputs = [step.name for step in subject.inputs]
    names = list(batch.x) if isinstance(batch.x, dict) else None
    like_labels = (
        isinstance(batch.x, list)
        and len(inputs) == 1
        and given == 2
        and all(array is not None for array in batch.x)
        and batch.x[0].ndim > batch.x[1].ndim
    )
    cure = f"Give {len(inputs)} array{'s' * (len(inputs) > 1)}, for {', '.join(inputs)}."
    if like_labels:
        cure = "Write `model.fit(x[0], x[1])`: the pictures first, then the labels."
    elif names and {"image", "label"} <= set(names):
        cure = (
            "Write `dataset.map(lambda one: (one['image'], one['label']))`, or load it with "
            "`as_supervised=True`."
        )
    return Finding(
        "data-inputs",
        "fault",
        None,
        f"x holds {given} array{'s' * (given != 1)}"
        + (f" ({', '.join(names)})" if names else "")
        + f", and the model has {len(inputs)} input{'s' * (len(inputs) != 1)}: "
        f"{', '.join(inputs)}.",
        "A list or a dict stands for the inputs of a model, one array for each."
        if given > 1
        else "A model with several inputs takes a list of arrays, or a dict by the inputs' names.",
        cure,
        {"given": given, "inputs": inputs},
    )


def _check_array(
    subject: Subject, at: Step | None, what: str, batch: Batch, x: "np.ndarray", wanted: Any
) -> Iterator[Finding]:
    import numpy as np

    if wanted is not None:
        yield from _check_data_shape(x.shape, wanted, what, batch.source)
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
            f"{wrong:,} of {x.size:,} values of {what} are NaN or infinite, in {pictures:,} of "
            f"{len(x) if x.ndim else 1:,} rows. One of them makes the loss NaN, and then every "
            "weight.",
            "A division by zero (such as by the deviation of a constant pixel), a logarithm of 0, "
            "or a broken file.",
            f"Find them with `np.argwhere(~np.isfinite({what}))`.",
            {"count": wrong, "rows": pictures},
        )
        return
    low, high = float(x.min()), float(x.max())
    if low == high and x.size > 1 and len(x) > 1:
        yield Finding(
            "data-constant",
            "fault",
            None,
            f"Every value of {what} is {low:g}: there is nothing to see.",
            "Whole-number division (`x // 255`), or an array that was made and never filled.",
            "Look at one picture: `plt.imshow(x[0])`. Scale with `x / 255.0`.",
            {"value": low},
        )
        return
    if at is not None:
        yield from pixels.check_range(subject, at, x, low, high, what)


def _matches(shape: Shape, wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(
        w is None or n == w for n, w in zip(shape, wanted, strict=True)
    )


def _check_data_shape(shape: Shape, wanted: Shape, what: str, source: str) -> Iterator[Finding]:
    given = shape[1:]
    if _matches(given, wanted):
        return
    numbers = {"x": list(shape), "input": list(wanted)}
    needs = f"The model takes batches of {wanted}"
    have = f"{what} has shape {shape}"

    def fault(code, message, cause, cure):
        return Finding(code, "fault", None, message, cause, cure, numbers)

    if _matches(shape, wanted):
        yield fault(
            "data-no-batch",
            f"{needs}, and {have}: one picture, without the axis that counts pictures.",
            "A single picture was given. Keras would read its first axis as the batch.",
            "Write `dataset.batch(32)`: fit reads batches."
            if source == "Dataset"
            else f"Write `{what}[None]`, which has shape {(1, *shape)}.",
        )
        return
    if len(given) == len(wanted) - 1 and wanted[-1] == 1 and _matches(given, wanted[:-1]):
        yield fault(
            "data-channels",
            f"{needs}, and {have}: the pictures are gray and have no channel axis.",
            "Gray pictures are often stored as (height, width).",
            f"Write `{what}[..., None]`.",
        )
        return
    if len(given) == 2 and len(wanted) == 3 and _matches(given, wanted[:2]) and wanted[2] == 3:
        yield fault(
            "data-channels",
            f"{needs}, and {have}: the pictures are gray and have no channel axis.",
            "Gray pictures are often stored as (height, width).",
            f"Write `np.repeat({what}[..., None], 3, axis=-1)`.",
        )
        return
    if len(given) != 3 or len(wanted) != 3:
        yield fault(
            "data-size",
            f"{needs}, and {have}.",
            "The data are of another kind or size than the model's input.",
            f"Bring {what} to shape (n, {', '.join(map(str, wanted))}), or give the model "
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
            f"Write `np.moveaxis({what}, {there})`, which has shape {(shape[0], *turned)}"
            + (", or build the model for channels_last." if goal == "channels_first" else "."),
        )
        if _matches(turned, wanted):
            return
        given = turned
    goal = goal or "channels_last"
    at = 0 if goal == "channels_first" else -1
    axis = 1 if at == 0 else -1
    if wanted[at] is not None and given[at] != wanted[at]:
        yield fault(
            "data-channels",
            f"{needs}, that is {wanted[at]} channels, and the pictures of {what} have {given[at]}.",
            {1: "The pictures are gray.", 4: "The pictures carry transparency."}.get(
                given[at], "The pictures are of another kind than the model's input."
            ),
            {
                (1, 3): f"Write `np.repeat({what}, 3, axis={axis})`.",
                (3, 1): f"Write `{what}.mean(axis={axis}, keepdims=True)`, or give the model 3 "
                "channels.",
                (4, 3): f"Write `{what}[{':, :3' if at == 0 else '..., :3'}]`.",
            }.get(
                (given[at], wanted[at]),
                f"Give the model `keras.Input({tuple(given)})`, or other pictures.",
            ),
        )
    size, right = (given[1:], wanted[1:]) if at == 0 else (given[:-1], wanted[:-1])
    if not _matches(size, right):
        yield fault(
            "data-size",
            f"{needs}: {words.times(right)} pixels, and the pictures of {what} have "
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
