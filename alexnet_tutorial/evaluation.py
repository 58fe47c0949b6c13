"""Judge a classifier: what its answers say, where they fail, and how far such numbers reach.

Everything here starts from labels and answers as NumPy arrays, so it neither loads Keras nor asks
which library made them. The ten views of 2012 are cut by
:func:`alexnet_tutorial.pictures.augmentation.ten_views` and averaged by
:meth:`alexnet_tutorial.classifier.Classifier.evaluate`.
"""

import math
from typing import NamedTuple

import numpy as np

from alexnet_tutorial.pictures.errors import DataError
from alexnet_tutorial.pictures.labels import check_every_class, check_labels

Z = 1.96
"""Standard deviations to either side that hold 95 % of a normal distribution."""


def check_k(k: int, classes: int) -> None:
    """Refuse a number of guesses that cannot be made.

    Args:
        k: How many guesses.
        classes: How many classes there are.

    Raises:
        ValueError: ``k`` is no integer, below 1 or above the number of classes.
    """
    if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or not 1 <= k <= classes:
        raise ValueError(
            f"k is {k!r}, and must be from 1 to {classes}: there are no more classes to guess. "
            "Top 5 is a measure for many classes."
        )


def top_k_accuracy(labels: np.ndarray, probabilities: np.ndarray, k: int) -> float:
    """Share of pictures with fewer than k classes more likely than the right one.

    This is Keras's rule (``keras.metrics.sparse_top_k_categorical_accuracy``), for ties as well: a
    class as likely as the right one does not push it out. So a network that finds all classes
    equally likely is called right every time, whatever k.

    Args:
        labels: Integers (n,).
        probabilities: (n, classes); only their order matters.
        k: How many guesses.

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: ``k`` is above the number of classes.
        DataError: Labels or probabilities that do not fit together.

    Example:
        >>> top_k_accuracy([0, 2], [[0.1, 0.6, 0.3], [0.1, 0.6, 0.3]], 2)
        0.5
        >>> top_k_accuracy([0, 1, 2], np.ones((3, 3)) / 3, 1)
        1.0
    """
    labels, p = _checked(labels, probabilities)
    check_k(k, p.shape[1])
    right = p[np.arange(len(p)), labels][:, None]
    return float(np.mean((p > right).sum(1) < k))


def confusion_matrix(labels: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """Count which class was answered for which.

    Args:
        labels: Integers (n,): what the pictures show.
        answers: Integers (n,): what was answered.
        classes: How many classes there are.

    Returns:
        int64 (classes, classes): in row i, column j the pictures of class i that were answered j.

    Raises:
        DataError: Not such integers, or not equally many.

    Example:
        >>> confusion_matrix([0, 0, 1], [0, 1, 1], 2).tolist()
        [[1, 1], [0, 1]]
    """
    labels = _integers(labels, classes, "the labels")
    answers = np.asarray(answers)
    check_labels(answers, len(labels), classes, "the answers")
    counts = np.bincount(labels * classes + answers, minlength=classes**2)
    return counts.reshape(classes, classes)


def accuracy_by_class(labels: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """Share of right answers for each class (its *recall*).

    Args:
        labels: Integers (n,): what the pictures show.
        answers: Integers (n,): what was answered.
        classes: How many classes there are.

    Returns:
        float64 (classes,), from 0 to 1.

    Raises:
        DataError: As :func:`confusion_matrix`, or a class without a picture.

    Example:
        >>> accuracy_by_class([0, 0, 1], [0, 1, 1], 2).tolist()
        [0.5, 1.0]
    """
    check_every_class(_integers(labels, classes, "the labels"), classes, "the labels")
    counts = confusion_matrix(labels, answers, classes)
    return np.diag(counts) / counts.sum(1)


class Calibration(NamedTuple):
    """How confidence and accuracy go together, in groups of similar confidence.

    Attributes:
        pictures: How many answers each group holds, int64 (bins,).
        confidence: Their mean confidence, (bins,); NaN where there are none.
        accuracy: The share of them that is right, (bins,); NaN where there are none.
        error: Expected calibration error: the distance between the two, averaged over pictures.
    """

    pictures: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    error: float


def calibration(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> Calibration:
    """Compare how sure a network is with how often it is right.

    The confidence of an answer is the probability of the class that was answered. Answers are
    sorted into groups of equal width, (0, 1/bins] and so on; see Guo et al., "On Calibration of
    Modern Neural Networks" (2017), arXiv:1706.04599, equations 2 to 5.

    Args:
        labels: Integers (n,).
        probabilities: (n, classes), each row with the sum 1.
        bins: How many groups.

    Returns:
        A :class:`Calibration`.

    Raises:
        ValueError: ``bins`` is below 1.
        DataError: Labels or probabilities that do not fit together, or no probabilities.

    Example:
        >>> sure = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]]
        >>> groups = calibration([0, 1, 1], sure, bins=2)
        >>> groups.pictures.tolist(), round(groups.error, 3)
        ([0, 3], 0.133)
    """
    labels, p = _checked(labels, probabilities)
    if not isinstance(bins, (int, np.integer)) or bins < 1:
        raise ValueError(f"bins is {bins!r}, and must be an integer of at least 1.")
    sums = p.sum(1, dtype="float64")
    if p.min() < 0 or np.abs(sums - 1).max() > 1e-3:
        raise DataError(
            f"the probabilities run from {p.min():.3g} to {p.max():.3g}, and their rows add up to "
            f"{sums.min():.3g} to {sums.max():.3g}; expected none below 0, and a sum of 1. Likely "
            "the network does not end in a softmax: apply keras.ops.softmax to what it gives."
        )
    confidence = p.max(1).astype("float64")
    right = p.argmax(1) == labels
    place = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1], right=True)
    pictures = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 where a group is empty
        mean_confidence = np.bincount(place, confidence, bins) / pictures
        accuracy = np.bincount(place, right, bins) / pictures
    gap = np.abs(accuracy - mean_confidence)[pictures > 0]
    error = float((pictures[pictures > 0] * gap).sum() / len(labels))
    return Calibration(pictures, mean_confidence, accuracy, error)


def wilson_interval(right: float, pictures: int) -> tuple[float, float]:
    """95 % interval of an accuracy: the true accuracies that go with what was counted.

    From Wilson (1927), doi:10.1080/01621459.1927.10502953.

    Args:
        right: How many answers are right; a mean of several counts need not be whole.
        pictures: Of how many.

    Returns:
        Lower and upper end, from 0 to 1.

    Raises:
        ValueError: No picture, or more right answers than pictures.

    Example:
        >>> [f"{end:.3f}" for end in wilson_interval(117, 120)]
        ['0.929', '0.991']
    """
    if not pictures >= 1 or not 0 <= right <= pictures:
        raise ValueError(
            f"{right} right answers of {pictures} pictures: expected at least one picture, and "
            "from none to all of them right. Give counts, not shares."
        )
    middle = (right + Z**2 / 2) / (pictures + Z**2)
    spread = math.sqrt(right * (pictures - right) / pictures + Z**2 / 4)
    half = Z * spread / (pictures + Z**2)
    return max(middle - half, 0.0), min(middle + half, 1.0)


class Comparison(NamedTuple):
    """Two classifiers on the same pictures.

    Attributes:
        first: Pictures that only the first reads right.
        second: Pictures that only the second reads right.
        p_value: How often two equally good ones would differ at least so much.
    """

    first: int
    second: int
    p_value: float


def compare(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> Comparison:
    """Ask whether one classifier is better than another, picture by picture.

    Only pictures that one reads and the other does not tell them apart. If neither is better, each
    of these falls to either side like a fair coin: the exact form of McNemar's test (1947),
    doi:10.1007/BF02295996.

    Args:
        labels: Integers (n,).
        first: The answers of the first, integers (n,).
        second: The answers of the second to the same pictures, integers (n,).

    Returns:
        A :class:`Comparison`.

    Raises:
        DataError: Not equally many integers.

    Example:
        >>> compare([0, 1, 2, 0], [0, 1, 2, 1], [1, 0, 0, 0])
        Comparison(first=3, second=1, p_value=0.625)
    """
    from scipy import stats

    labels, first, second = (np.asarray(values) for values in (labels, first, second))
    classes = 1 + max(
        (values.max() for values in (labels, first, second) if values.size), default=0
    )
    for name, values in (("first", first), ("second", second)):
        check_labels(values, len(labels), classes, f"the answers of the {name}")
    one, two = first == labels, second == labels
    only = int((one & ~two).sum()), int((two & ~one).sum())
    p_value = stats.binomtest(min(only), sum(only)).pvalue if any(only) else 1.0
    return Comparison(*only, float(p_value))


def _checked(labels, probabilities):
    """Labels and probabilities as arrays that fit together."""
    p = np.asarray(probabilities)
    if p.ndim != 2 or p.dtype.kind not in "fiu" or not p.size:
        raise DataError(
            f"the probabilities are {p.dtype} {p.shape}, expected numbers (n, classes): one row "
            "for each picture. One picture needs a first axis of 1."
        )
    if not np.isfinite(p).all():
        rows = np.flatnonzero(~np.isfinite(p).all(1))
        raise DataError(
            f"the probabilities of {len(rows)} of {len(p)} pictures are not finite, the first in "
            f"row {rows[0]}. A picture that could not be read gets such a row, and so does a "
            "training that diverged: leave the first out, and repeat the second."
        )
    labels = np.asarray(labels)
    check_labels(labels, len(p), p.shape[1], "the labels")
    return labels, p


def _integers(labels, classes, name):
    labels = np.asarray(labels)
    check_labels(labels, len(labels) if labels.ndim else 0, classes, name)
    return labels
