"""The metrics, beside the head, the loss and the labels."""

from collections.abc import Iterator
from typing import Any

from alexnet_tutorial.doctor import output
from alexnet_tutorial.doctor.batch import Batch
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Loss, Metric, Step, Subject

_ACCURACIES = (
    "accuracy",
    "acc",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "top_k_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
)

_NUMBERS = (
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "sparse_categorical_crossentropy",
)

_ONE_HOT = (
    "categorical_accuracy",
    "top_k_categorical_accuracy",
    "categorical_crossentropy",
    "f1_score",
    "fbeta_score",
)

_THRESHOLDS = (
    "binary_accuracy",
    "precision",
    "recall",
    "true_positives",
    "true_negatives",
    "false_positives",
    "false_negatives",
    "auc",
    "precision_at_recall",
    "recall_at_precision",
    "sensitivity_at_specificity",
    "specificity_at_sensitivity",
)

_OVERLAPS = ("mean_iou", "iou")


def check_metrics(subject: Subject, batch: Batch) -> Iterator[Finding]:
    """Hold each metric beside its output, the loss and, where there are any, the labels.

    Args:
        subject: The model.
        batch: The data; without labels the loss tells in which form they come.
    """
    losses = subject.losses or [None] * len(subject.outputs)
    outputs = zip(subject.outputs, losses, subject.metrics, strict=False)
    for at, (step, loss, metrics) in enumerate(outputs):
        y = batch.y
        if isinstance(y, list):
            y = y[at] if at < len(y) else None
        elif isinstance(y, dict):
            name = subject.output_names[at] if at < len(subject.output_names) else step.name
            y = y.get(step.name, y.get(name))
        for metric in metrics:
            found = _check(step, loss or Loss(), metric, y)
            if found is not None:
                yield found


def _labels(step: Step, loss: Loss, y: Any) -> str | None:
    """The form of the labels: ``"numbers"`` or ``"one-hot"``; None where it cannot be told."""
    if y is not None and step.output is not None:
        if y.ndim == len(step.output) or (y.ndim == len(step.output) + 1 and y.shape[-1] == 1):
            return "numbers"
        return "one-hot" if y.ndim == len(step.output) + 1 else None
    return {
        "sparse_categorical_crossentropy": "numbers",
        "categorical_crossentropy": "one-hot",
        "categorical_focal_crossentropy": "one-hot",
    }.get(loss.name or "")


def _shown(metric: Metric) -> str:
    if metric.word:
        return f"metrics=[{metric.name!r}]"
    return f"{_class_name(metric.name)}()"


def _class_name(name: str) -> str:
    special = {"auc": "AUC", "mean_iou": "MeanIoU", "iou": "IoU", "f1_score": "F1Score"}
    return special.get(name) or "".join(word.capitalize() for word in name.split("_"))


def _check(step: Step, loss: Loss, metric: Metric, y: Any) -> Finding | None:
    last, units = output.last_activation(step), output.units_of(step)
    name = metric.name
    shown = _shown(metric)
    probabilities = last in ("softmax", "sigmoid")
    logits = loss.from_logits and not probabilities
    numbers = {"metric": name, "units": units, "activation": last, "loss": loss.name}

    def fault(code: str, message: str, cause: str, cure: str, severity: str = "fault") -> Finding:
        return Finding(code, severity, step.name, message, cause, cure, numbers)

    if not units:
        return None
    classes = units > 1 and (loss.name in output.OVER_CLASSES or last == "softmax")
    yes_no = loss.name in output.BINARY or (units == 1 and last == "sigmoid")
    if name == "accuracy" and not metric.word and (classes or yes_no or probabilities):
        return fault(
            "metric-equality",
            f"`keras.metrics.Accuracy()` counts how often an output of {step.name} equals the "
            "label exactly; outputs such as 0.93 never do, so it stays at 0.",
            "The object Accuracy compares numbers. The word 'accuracy' chooses the accuracy that "
            "fits head and labels.",
            "Write metrics=['accuracy'].",
        )
    if name in _ACCURACIES and loss.name in output.MEASURES and not probabilities:
        return fault(
            "metric-meaningless",
            f"{shown} with {loss.name}: {step.name} puts out measurements, and an accuracy counts "
            "right answers. Its value says nothing.",
            "A measurement is near or far, not right or wrong.",
            "Write metrics=['mae'], the mean distance from the label.",
        )
    form = _labels(step, loss, y) if classes else None
    if form == "numbers" and name in _ONE_HOT:
        right = (
            f"sparse_{name}"
            if name
            in ("categorical_accuracy", "categorical_crossentropy", "top_k_categorical_accuracy")
            else None
        )
        return fault(
            "metric-labels",
            f"{shown} expects one-hot labels, and those of {step.name} are class numbers.",
            "It takes the largest of each row of the labels for the class; a row of one number is "
            "always class 0."
            if right
            else "It counts class by class, a column for each.",
            f"Write metrics=['{'accuracy' if name == 'categorical_accuracy' else right}']"
            + (", which chooses by the labels." if name == "categorical_accuracy" else ".")
            if right and "top_k" not in name
            else "Write `keras.metrics.SparseTopKCategoricalAccuracy("
            f"k={metric.options.get('k') or 5})`."
            if right
            else "Give one-hot labels, `keras.utils.to_categorical(y, "
            f"{units})`, with loss='categorical_crossentropy'.",
        )
    if form == "one-hot" and name in _NUMBERS:
        right = name.removeprefix("sparse_")
        return fault(
            "metric-labels",
            f"{shown} expects class numbers, and the labels of {step.name} are one-hot.",
            "Sparse stands for class numbers: one number for each answer.",
            "Write metrics=['accuracy'], which chooses by the labels."
            if name == "sparse_categorical_accuracy"
            else f"Write `keras.metrics.TopKCategoricalAccuracy(k={metric.options.get('k') or 5})`."
            if "top_k" in name
            else f"Write metrics=['{right}'].",
        )
    if form == "numbers" and name in _THRESHOLDS and name != "binary_accuracy":
        return fault(
            "metric-labels",
            f"{shown} expects an answer of 0 or 1 for each of the {units} units of {step.name}, "
            "and the labels are class numbers.",
            "Precision, recall and AUC are of one question of yes or no; with several classes, of "
            "one-hot labels.",
            f"Give one-hot labels, `keras.utils.to_categorical(y, {units})`, with "
            "loss='categorical_crossentropy'; or write metrics=['accuracy'].",
        )
    if classes and name == "binary_accuracy" and (units > 2 or form == "numbers"):
        return fault(
            "metric-meaningless",
            f"{shown} judges each of the {units} units of {step.name} by itself: most are 0 and "
            "said to be 0, so it looks high from the start.",
            "BinaryAccuracy is for yes and no; here one class of several is right.",
            "Write metrics=['accuracy'].",
        )
    if (
        name in _OVERLAPS
        and probabilities
        and units > 1
        and metric.options.get("sparse_y_pred", True)
    ):
        count = metric.options.get("num_classes") or units
        one_hot = ", sparse_y_true=False" if form == "one-hot" else ""
        return fault(
            "metric-meaningless",
            f"{shown} expects class numbers from the network, and {step.name} puts out {units} "
            "probabilities, which are cut to 0.",
            "sparse_y_pred=True, the default, takes an output as a class number.",
            f"Write `keras.metrics.MeanIoU({count}, sparse_y_pred=False{one_hot})`.",
        )
    if name in _OVERLAPS and units == 1 and (probabilities or logits):
        threshold = 0 if logits else 0.5
        return fault(
            "metric-meaningless",
            f"{shown} expects class numbers, and {step.name} puts out "
            f"{'any number' if logits else 'probabilities, which are cut to 0'}.",
            "MeanIoU does not round.",
            f"Write `keras.metrics.BinaryIoU([0, 1], threshold={threshold})`.",
        )
    if (
        logits
        and (yes_no or units == 1)
        and (name in _THRESHOLDS or (name in ("accuracy", "acc") and metric.word and units == 1))
    ):
        return _on_logits(step, metric, shown, fault)
    top = metric.options.get("k") or 5
    if "top_k" in name and units <= top:
        return fault(
            "metric-meaningless",
            f"{shown} asks whether the class is among the best {top}, and {step.name} has {units} "
            "classes: it is always 1.",
            f"k is {top}" + (", the default." if not metric.options.get("k") else "."),
            "Write metrics=['accuracy'].",
        )
    return None


def _on_logits(step: Step, metric: Metric, shown: str, fault: Any) -> Finding | None:
    name, options = metric.name, metric.options
    threshold = options.get("threshold", 0.5)
    if name in ("accuracy", "acc", "binary_accuracy"):
        if name == "binary_accuracy" and threshold != 0.5:
            return None
        cure = "Write `metrics=[keras.metrics.BinaryAccuracy(threshold=0)]`."
    elif name == "auc":
        if options.get("from_logits"):
            return None
        cure = "Write `keras.metrics.AUC(from_logits=True)`."
    else:
        given = options.get("thresholds")
        if given not in (None, 0.5, (0.5,)):
            return None
        cure = (
            f"Give {step.name} activation='sigmoid', and take from_logits=True out of the loss: "
            f"`{_class_name(name)}` takes thresholds from 0 to 1 only."
        )
    return fault(
        "metric-threshold",
        f"{shown} draws the line at 0.5, and {step.name} puts out logits, where the line is 0 "
        "(sigmoid(0) = 0.5): every output between 0 and 0.5 is counted wrongly.",
        "The loss was told from_logits=True; a metric has to be told as well.",
        cure,
    )
