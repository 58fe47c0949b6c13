"""The examination: every check on one model."""

import re
from dataclasses import replace
from typing import Any

from alexnet_tutorial.doctor import (
    data,
    dense,
    folder,
    formats,
    labels,
    metrics,
    output,
    reading,
    settings,
    windows,
)
from alexnet_tutorial.doctor.batch import Batch, take_batch
from alexnet_tutorial.doctor.report import CODES, Finding, Report
from alexnet_tutorial.doctor.steps import Subject

_CHECKS = (
    formats.check_channels,
    windows.check_vanished,
    windows.check_arguments,
    windows.check_padding_after,
    windows.check_unseen,
    dense.check_dense,
    dense.check_dense_on_maps,
    dense.check_linear,
    output.check_output,
    output.check_training,
    settings.check_settings,
)


def examine(model: Any, x: Any = None, y: Any = None) -> Report:
    """Examine a Keras model, and data if there is any.

    Args:
        model: A Keras model: Sequential, Functional or subclassed; compiled or not.
        x: Whatever is given to ``fit`` as ``x``, or None: an array of shape (n, ...), a list or
            dict of them, a ``tf.data.Dataset``, a ``PyDataset``, a DataLoader or a generator (of
            which one batch is read); or the path of a folder with one subfolder for each class.
        y: The same for ``y``, or None.

    Returns:
        The report.

    Raises:
        TypeError: ``model`` is no Keras model.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((3, 64, 64)), keras.layers.Conv2D(8, 3)])
        >>> [finding.code for finding in examine(model).faults]
        ['input-axes-swapped']
    """
    if not (hasattr(model, "layers") and hasattr(model, "count_params")):
        raise TypeError(
            f"the doctor examines Keras models, and received {type(model).__name__}. For a file "
            "call examine_file(path); for a variant's name, network.build(variant(name)) first."
        )
    if folder.is_folder(x):
        subject = reading.read_model(model, None)
        return report_on(subject, folder.folder_batch(x, subject))
    batch = take_batch(x, y, _count(model, "inputs"), _count(model, "outputs"))
    return report_on(reading.read_model(model, batch.x), batch)


def _count(model: Any, what: str) -> int:
    """How many inputs or outputs a model has; 0 where it does not say."""
    try:
        return len(getattr(model, what))
    except (AttributeError, TypeError, ValueError):
        return 0


# What follows by itself from another fault, and is gone when that one is cured.
_FOLLOWS = {
    "input-axes-swapped": (
        "maps-vanished",
        "does-not-fit",
        "unseen-pixels",
        "dense-dominates",
        "torch-arguments",
    ),
    "torch-arguments": ("maps-vanished", "does-not-fit", "unseen-pixels", "dense-dominates"),
    "padding-after": ("unseen-pixels",),
    "data-scaled-twice": (),
}


def report_on(subject: Subject, batch: Batch) -> Report:
    """Run every check on a model that was read, and sort what they find."""
    findings = [*subject.findings, *batch.findings]
    for check in _CHECKS:
        findings += check(subject)
    findings += data.check_data(subject, batch)
    skip = frozenset(
        step.name
        for step in subject.outputs
        for finding in findings
        if finding.code == "dense-on-maps" and finding.layer == _named(step)
    )
    findings += labels.check_labels(subject, batch, skip)
    findings += metrics.check_metrics(subject, batch)
    if batch.source:
        findings = [_where_to_write(finding, batch.source) for finding in findings]
    subject.limits += batch.limits
    there = {finding.code for finding in findings if finding.severity == "fault"}
    hidden = {code for found in there for code in _FOLLOWS.get(found, ())}
    findings = [finding for finding in findings if finding.code not in hidden]
    codes = list(CODES)
    order: dict[str | None, int] = {
        step.name: i for i, step in reversed(list(enumerate(subject.steps)))
    }
    unique = {
        # Said of the head and again of the labels, it is one fault: what the labels tell is more.
        (finding.code, finding.layer, finding.code == "independent-classes" or finding.message): (
            finding
        )
        for finding in findings
    }
    findings = sorted(
        unique.values(),
        key=lambda each: (
            each.severity != "fault",
            order.get(each.layer, len(order)),
            codes.index(each.code),
        ),
    )
    layers = [step for step in subject.steps if step.kind != "InputLayer"]
    seen = {
        "layers": len({step.name for step in layers}),
        "shapes": any(step.output is not None for step in layers),
        "loss": subject.loss_name,
        "x": _shapes(batch.x),
        "y": _shapes(batch.y),
        "limits": subject.limits,
    }
    return Report(subject.name, tuple(findings), seen)


def _where_to_write(finding: Finding, source: str) -> Finding:
    """A cure that is written for arrays, where the data come in batches."""
    about_data = finding.code.startswith(("data-", "labels-", "base-"))
    array = re.search(r"`[^`]*\b[xy]\b[^`]*`", finding.cure)
    if not about_data or finding.code in ("data-source", "labels-missing") or not array:
        return finding
    there = (
        "do it to each batch, `dataset.map(lambda x, y: (…, …))`"
        if source == "Dataset"
        else "do it where a batch is made"
    )
    return replace(finding, cure=f"{finding.cure} Here x and y come from a {source}: {there}.")


def _named(step: Any) -> str | None:
    last = dense.last_weights(step)
    return last.name if last is not None else None


def _shapes(arrays: Any) -> list[int] | None:
    """The shape of one array; of several, of the first."""
    if isinstance(arrays, (list, dict)):
        several = list(arrays.values()) if isinstance(arrays, dict) else arrays
        arrays = next((each for each in several if each is not None), None)
    return None if arrays is None else list(arrays.shape)
