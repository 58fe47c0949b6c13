"""The network that this project trained on photographs: AlexNet's plan, small enough to carry.

It reads ten classes of ImageNet (Imagenette, by Jeremy Howard). ``benchmarks/photographs.py``
makes its three files again: the weights, how they were made, and what the network said of every
test picture.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.shapes.architecture import Architecture

if TYPE_CHECKING:
    from alexnet_tutorial.classifier import Classifier

RECORDED = Path(__file__).parents[1] / "recorded"
WEIGHTS, RECORD, TEST = "photographs.npz", "photographs.json", "photographs_test.npz"


class Answers(NamedTuple):
    """What a network said of every test picture.

    Attributes:
        y: int64 (n,), the right classes.
        probabilities: float32 (n, classes), the network's answers to the centers.
        ten_views: float32 (n, classes), the mean of its answers to ten views of each.
    """

    y: np.ndarray
    probabilities: np.ndarray
    ten_views: np.ndarray


def pretrained(folder: str | os.PathLike[str] = RECORDED) -> "Classifier":
    """Give the network that this project trained on photographs of ten classes of ImageNet.

    Args:
        folder: Where its files are.

    Returns:
        A :class:`~alexnet_tutorial.classifier.Classifier`: the network with its weights, its
        preprocessing and its classes.

    Raises:
        ValueError: The weights are not those of the network that the record describes.

    Example:
        >>> classifier = pretrained()
        >>> classifier.model.count_params() < 2_000_000, len(classifier.classes)
        (True, 10)
    """
    from alexnet_tutorial.classifier import Classifier
    from alexnet_tutorial.network import build

    said = record(folder)
    model = build(Architecture.from_json(said["network"]))
    with np.load(Path(folder) / WEIGHTS, allow_pickle=False) as file:
        kept = {name: file[name] for name in file.files}
    shapes = {weight.path: tuple(weight.shape) for weight in model.weights}
    if shapes != {name: values.shape for name, values in kept.items()}:
        raise ValueError(
            f"{Path(folder) / WEIGHTS} holds {sorted(kept)}, and the network of {RECORD} has "
            f"{sorted(shapes)}: names and shapes must be the same. Make both again: python "
            "benchmarks/photographs.py."
        )
    for weight in model.weights:
        weight.assign(kept[weight.path].astype("float32"))
    preprocessing = Preprocessing.from_json(said["preprocessing"])
    return Classifier(model, preprocessing, said["classes"], said["class_names"])


def record(folder: str | os.PathLike[str] = RECORDED) -> dict[str, Any]:
    """Read how the network was made, and what it reached.

    Args:
        folder: Where its files are.

    Returns:
        Plain values: ``network`` (its description), ``preprocessing``, ``classes``,
        ``class_names``, ``recipe``, ``history``, ``test_accuracy`` and what it was made on.
    """
    said: dict[str, Any] = json.loads((Path(folder) / RECORD).read_text(encoding="utf-8"))
    return said


def answers(folder: str | os.PathLike[str] = RECORDED) -> Answers:
    """Read what the network said of every test picture, in the order of the set's files.

    Args:
        folder: Where its files are.

    Returns:
        The right classes, and the probabilities by one view and by ten.

    Example:
        >>> said = answers()
        >>> share = (said.probabilities.argmax(1) == said.y).mean()
        >>> bool(abs(share - record()["test_accuracy"]) < 1e-3)
        True
    """
    with np.load(Path(folder) / TEST, allow_pickle=False) as file:
        y, *said = (file[name] for name in Answers._fields)
    return Answers(y.astype("int64"), *(part.astype("float32") for part in said))


def ask(classifier: "Classifier", pictures: np.ndarray, y: np.ndarray) -> Answers:
    """Let a network answer pictures, once from their centers and once from ten views of each.

    Args:
        classifier: The network.
        pictures: uint8 (n, height, width, 3).
        y: Their classes, (n,).

    Returns:
        Its answers.
    """
    return Answers(y, *(classifier.predict_proba(pictures, views=views) for views in (1, 10)))


def rounded(classifier: "Classifier") -> "Classifier":
    """Round a network's weights to the 16 bits in which they are kept, in place.

    Args:
        classifier: The trained network.

    Returns:
        The same.
    """
    for weight in classifier.model.weights:
        weight.assign(np.asarray(weight).astype("float16").astype("float32"))
    return classifier


def save_pretrained(
    classifier: "Classifier",
    network: Architecture,
    said: Answers,
    made: dict[str, object],
    folder: str | os.PathLike[str] = RECORDED,
) -> None:
    """Write the three files, each whole.

    Args:
        classifier: The network, its weights :func:`rounded`.
        network: Its description.
        said: Its answers on the test pictures.
        made: How it was made, plain values.
        folder: Where the files go.
    """
    folder = Path(folder)
    weights: dict[str, Any] = {
        weight.path: np.asarray(weight).astype("float16") for weight in classifier.model.weights
    }
    facts = {
        "network": network.to_json(),
        "preprocessing": classifier.preprocessing.to_json(),
        "classes": list(classifier.classes),
        "class_names": list(classifier.class_names),
        **made,
    }
    write_whole(folder / WEIGHTS, lambda file: np.savez_compressed(file, **weights))
    save_answers(said, folder)
    write_whole(folder / RECORD, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


def save_answers(said: Answers, folder: str | os.PathLike[str] = RECORDED) -> None:
    """Write what a network said of the test pictures, whole.

    Args:
        said: Its answers.
        folder: Where the file goes.
    """
    y, *probabilities = said
    kept = [y.astype("uint8"), *(part.astype("float16") for part in probabilities)]
    kept = [y.astype("uint8"), *(part.astype("float16") for part in probabilities)]
    named: dict[str, Any] = dict(zip(Answers._fields, kept, strict=True))
    write_whole(Path(folder) / TEST, lambda file: np.savez_compressed(file, **named))
