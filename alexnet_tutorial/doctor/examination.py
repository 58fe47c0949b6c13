"""The examination: every check on one model."""

from typing import Any

from alexnet_tutorial.doctor import data, dense, formats, output, reading, windows
from alexnet_tutorial.doctor.report import CODES, Report
from alexnet_tutorial.doctor.steps import Subject

_CHECKS = (
    formats.check_channels,
    windows.check_vanished,
    windows.check_unseen,
    dense.check_dense,
    dense.check_dense_on_maps,
    dense.check_linear,
    output.check_output,
    output.check_training,
)


def examine(model: Any, x: Any = None, y: Any = None) -> Report:
    """Examine a Keras model, and data if there is any.

    Args:
        model: A Keras model: Sequential, Functional or subclassed; compiled or not.
        x: A batch or a whole set of inputs, shape (n, ...), or None.
        y: Their labels, or None.

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
    return report_on(reading.read_model(model, x), x, y)


def report_on(subject: Subject, x: Any, y: Any) -> Report:
    """Run every check on a model that was read, and sort what they find."""
    import numpy as np

    findings = list(subject.findings)
    for check in _CHECKS:
        findings += check(subject)
    several = isinstance(x, (dict, list, tuple)) and len(subject.inputs) > 1
    if x is not None and not several:
        findings += data.check_data(subject, x)
    elif several:
        subject.limits.append("Several inputs: x was not examined.")
    if y is not None and not isinstance(y, dict):
        findings += data.check_labels(subject, None if several else x, y)
    codes = list(CODES)
    order: dict[str | None, int] = {
        step.name: i for i, step in reversed(list(enumerate(subject.steps)))
    }
    unique = {(finding.code, finding.layer, finding.message): finding for finding in findings}
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
        "x": None if x is None or several else list(np.shape(x)),
        "y": None if y is None or isinstance(y, dict) else list(np.shape(y)),
        "limits": subject.limits,
    }
    return Report(subject.name, tuple(findings), seen)
