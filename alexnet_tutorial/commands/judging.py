"""The commands that use a network: naming what is on pictures, and counting right answers."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alexnet_tutorial.evaluation import confusion_matrix, wilson_interval
from alexnet_tutorial.pictures.folder import SUFFIXES
from alexnet_tutorial.shapes.architecture import pair

from .output import plain
from .sets import SETS, arrays, named_set, own_names

if TYPE_CHECKING:
    from alexnet_tutorial.classifier import Classifier

TABLE = 12
"""Classes of which a table of confusions is as wide as a terminal."""


def load(path: str) -> "Classifier":
    """Load a classifier; that the file is there is said before Keras takes its seconds.

    Args:
        path: What ``Classifier.save`` wrote.

    Returns:
        The classifier.

    Raises:
        ValueError: It cannot be loaded.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such file. Expected what Classifier.save wrote.")
    from alexnet_tutorial.session import import_keras

    import_keras()
    from alexnet_tutorial.classifier import Classifier

    return Classifier.load(path)


def pictures_in(names: list[str]) -> list[str]:
    """Put the pictures of folders in the folders' place.

    Args:
        names: Files and folders.

    Returns:
        Files; those of a folder and of what lies in it in the order of their names.

    Raises:
        ValueError: One is not there, or a folder holds no picture.
    """
    files = []
    for name in names:
        if not os.path.isdir(name):
            if not os.path.exists(name):
                raise ValueError(f"{name}: there is no such file.")
            files.append(name)
            continue
        found = []
        for folder, inner, inside in os.walk(name):
            inner[:] = sorted(each for each in inner if not each.startswith((".", "__MACOSX")))
            found += [
                os.path.join(folder, each)
                for each in sorted(inside)
                if each.lower().endswith(SUFFIXES) and not each.startswith(".")
            ]
        if not found:
            raise ValueError(f"{name}: this folder holds no picture ({', '.join(SUFFIXES)}).")
        files += found
    return files


def predict_command(options: argparse.Namespace) -> int:
    """Name what is on pictures.

    Args:
        options: Of the command.

    Returns:
        Exit status: 1 where nothing could be read.
    """
    own = options.pictures[0].endswith(".keras")
    if own and not options.pictures[1:]:
        raise ValueError(f"{options.pictures[0]} is a network. Name pictures after it.")
    pictures = pictures_in(options.pictures[own:])
    classifier = classifier_of(options.pictures[0] if own else None)
    top = options.top or min(5, len(classifier.classes))
    answers = classifier.predict_top(pictures, top, views=options.views, on_error="skip")
    if options.format == "json":
        rows = [
            {"picture": picture, "top": [answer._asdict() for answer in top]}
            for picture, top in zip(pictures, answers, strict=True)
        ]
        print(json.dumps(rows, indent=2))
    else:
        for picture, row in zip(pictures, answers, strict=True):
            print(plain(picture) + ("" if row else ": cannot be read"))
            for answer in row:
                label = "" if answer.label in answer.name else f"  ({answer.label})"
                print(f"  {answer.confidence:7.2%}  {plain(answer.name + label)}")
    return 0 if any(answers) else 1


def classifier_of(path: str | None) -> "Classifier":
    """Load the classifier that a command names, or the package's own where it names none.

    Args:
        path: A ``.keras`` file, or None.

    Returns:
        The classifier.

    Raises:
        ValueError: It cannot be loaded.
    """
    if path is not None:
        return load(path)
    from alexnet_tutorial.session import import_keras

    import_keras()
    from alexnet_tutorial.weights.pretrained import pretrained, record

    names = ", ".join(record()["class_names"])
    print(f"No network given: the package's own answers, which knows {names}.", file=sys.stderr)
    return pretrained()


def evaluate_command(options: argparse.Namespace) -> None:
    """Measure a classifier: as a whole, class by class, and what it takes for what.

    Args:
        options: Of the command.
    """
    if options.data not in SETS and not Path(options.data).is_dir():
        raise ValueError(f"--data {options.data}: there is no such folder.")
    classifier = load(options.model)
    data: Any = options.data
    y, said = None, options.data
    if options.data in SETS:
        preprocessing = classifier.preprocessing
        sets = named_set(
            *(options.data, options.source, options.seed),
            size=max(pair(preprocessing.crop)),
            pixels=preprocessing.resize,
        )
        classes, names = own_names(sets)
        # A network may know photographs by wnid or by name.
        known = classes if set(classes) <= set(classifier.classes) else names
        data, y = arrays(sets.test)
        y = [known[label] for label in y]
        said = f"test set of {sets.source}"
    labels, p = classifier.answers(data, y, views=options.views, on_error=options.on_error)
    result = classifier.measured(labels, p) | {"views": options.views}
    result["skipped"] = len(classifier.problems)
    counts = confusion_matrix(labels, p.argmax(1), len(classifier.classes))
    if options.format == "json":
        print(json.dumps(result | {"data": said} | _by_class(classifier, counts)))
        return
    views = "the center" if options.views == 1 else "ten views"
    low, high = wilson_interval(round(result["accuracy"] * len(p)), len(p))
    print(plain(f"{said}: {len(p)} pictures, {views} of each"))
    print(f"top-1  {result['accuracy']:.1%}  (95 % interval {low:.1%} to {high:.1%})")
    if "top_5_accuracy" in result:
        print(f"top-5  {result['top_5_accuracy']:.1%}")
    print(f"\n{_said_by_class(classifier, counts)}")


def _by_class(classifier, counts) -> dict[str, Any]:
    """Class by class, as plain values."""
    rows = [
        {
            "class": classifier.classes[i],
            "name": classifier.class_names[i],
            "pictures": int(row.sum()),
            "right": int(row[i]),
            "taken_for": {
                classifier.classes[j]: int(row[j]) for j in (-row).argsort() if row[j] and j != i
            },
        }
        for i, row in enumerate(counts)
    ]
    return {"classes": rows}


def _said_by_class(classifier, counts) -> str:
    """Class by class, as a table: all confusions where there is room for them, else the most."""
    names = [plain(name)[:24] for name in classifier.class_names]
    width, whole = max(map(len, names)), len(names) <= TABLE
    letters = "abcdefghijkl"[: len(names)] if whole else " " * len(names)
    cell = max(len(str(counts.max())), 2)
    columns = " ".join(f"{letter:>{cell}}" for letter in letters) if whole else "mostly taken for"
    lines = [f"  {'class':<{width}}  pictures   right   {columns}"]
    for i, (row, total) in enumerate(zip(counts, counts.sum(1), strict=True)):
        share = f"{row[i] / total:.1%}" if total else "-"
        if whole:
            said = " ".join(f"{number or '.':>{cell}}" for number in row.tolist())
        else:
            others = [j for j in (-row).argsort() if row[j] and j != i][:3]
            said = ", ".join(f"{names[j]} ({row[j]})" for j in others)
        line = f"{letters[i]} {names[i]:<{width}}  {total:>8,}  {share:>6}   {said}"
        lines.append(line.rstrip())
    if whole:
        lines.append("Each row: the pictures of a class, by the letter of what was answered.")
    return "\n".join(lines)
