"""A folder of pictures, one subfolder for each class, as a batch that a model would get."""

from pathlib import Path
from typing import Any

from alexnet_tutorial.doctor import output, words
from alexnet_tutorial.doctor.batch import Batch
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Subject

_PICTURES = 32


def is_folder(x: Any) -> bool:
    """Whether x is the path of a folder."""
    return isinstance(x, (str, Path)) and Path(x).is_dir()


def folder_batch(path: str | Path, subject: Subject) -> Batch:
    """Read some pictures of every class, as ``image_dataset_from_directory`` would give them.

    Args:
        path: The folder.
        subject: The model: its input gives the pictures' size, its loss the form of the labels.

    Returns:
        A batch: x of floats from 0 to 255; y of class numbers, or one-hot for a loss that wants
        those.

    Raises:
        DataError: No class folders, or a class without a picture.
    """
    import numpy as np

    from alexnet_tutorial.pictures import load_folder

    folder = load_folder(path)
    sizes = subject.inputs[0].output if subject.inputs else None
    sizes = sizes if sizes is not None and len(sizes) == 3 else (224, 224, 3)
    first = sizes[0] in (1, 3) and sizes[2] not in (1, 3)
    height, width, channels = (*sizes[1:], sizes[0]) if first else sizes
    height, width = height or 224, width or 224
    each = max(1, _PICTURES // len(folder.classes))
    rows = [row for label in range(len(folder.classes)) for row in _some(folder.y, label, each)]
    pictures = [
        np.asarray(
            folder.open(row).convert("L" if channels == 1 else "RGB").resize((width, height)),
            dtype="float32",
        ).reshape(height, width, -1)
        for row in rows[: 4 * _PICTURES]
    ]
    y: Any = folder.y[rows[: len(pictures)]]
    loss = subject.losses[0] if subject.losses else None
    if loss is not None and loss.name == "categorical_crossentropy":
        y = np.eye(len(folder.classes), dtype="float32")[y]
    batch = Batch(np.stack(pictures), y, "folder")
    if first:
        batch.x = np.moveaxis(batch.x, -1, 1)
    batch.limits.append(
        f"{len(pictures)} of {len(folder):,} pictures of {len(folder.classes)} classes were read, "
        f"resized to {height} × {width}, as image_dataset_from_directory gives them."
    )
    if folder.problems:
        name, why = next(iter(folder.problems.items()))
        batch.findings.append(
            Finding(
                "data-source",
                "fault",
                None,
                f"{len(folder.problems)} of {len(folder.problems) + len(folder):,} files cannot be "
                f"read as pictures, the first {Path(name).name}: {why}",
                "A download that stopped, or a web page saved under a picture's name.",
                "Delete them, or get them again: image_dataset_from_directory stops at the first.",
                {"files": list(folder.problems)[:20]},
            )
        )
    batch.findings += _classes(subject, folder.classes)
    return batch


def _some(y: Any, label: int, each: int) -> list[int]:
    import numpy as np

    rows = np.flatnonzero(y == label)
    return [int(row) for row in rows[:: max(1, len(rows) // each)][:each]]


def _classes(subject: Subject, classes: tuple[str, ...]) -> list[Finding]:
    """Hold the number of class folders beside the head."""
    if len(subject.outputs) != 1:
        return []
    step = subject.outputs[0]
    units = output.units_of(step)
    loss = subject.losses[0] if subject.losses else None
    yes_no = units == 1 and (loss is None or loss.name in output.BINARY)
    if not units or len(step.output or ()) != 1 or units == len(classes):
        return []
    if yes_no and len(classes) == 2:
        return []
    if units > 1 and output.last_activation(step) != "softmax" and loss is None:
        return []
    if units > len(classes) or yes_no:
        right = words.call(
            step, units=len(classes), **({"activation": "softmax"} if yes_no else {})
        )
        more = " with loss='sparse_categorical_crossentropy'" if yes_no else ""
        return [
            Finding(
                "labels-classes",
                "fault",
                step.name,
                f"The folder has {len(classes)} classes ({', '.join(classes[:4])}"
                f"{', …' * (len(classes) > 4)}), and {step.name} has {units:,} "
                f"unit{'s' * (units != 1)}.",
                "The head was made for another set of classes.",
                f"Write {right}{more}."
                if step.kind == "Dense"
                else f"Give {step.name} {len(classes)} units.",
                {"classes": list(classes), "units": units},
            )
        ]
    return []  # more classes than units: the labels out of range say it
