"""Photographs that occur more than once, which a split must keep on one side."""

from dataclasses import dataclass

import numpy as np

from .labels import Split

# Two pictures are the same photograph when their brightness, averaged over blocks of 4 by 4
# pixels, differs by less than this (root mean square, grey levels of 255). Averaging lets a copy
# that went through a JPEG count as a copy: measured on SIGNS, such copies differ by at most 0.6,
# the nearest two different photographs by 3.0. Pixel by pixel it would be 4.6 against 6.2.
SAME_PHOTOGRAPH = 1.5
_BLOCK = 4


@dataclass(frozen=True)
class Pair:
    """Two pictures that are the same photograph.

    Attributes:
        first: Row in the first set.
        second: Row in the second set.
        difference: Root mean square difference of their blocks, in grey levels of 255.
    """

    first: int
    second: int
    difference: float


def same_pictures(
    first: np.ndarray, second: np.ndarray | None = None, limit: float = SAME_PHOTOGRAPH
) -> list[Pair]:
    """Find pictures that are the same photograph, in two sets or within one.

    Compares brightness averaged over blocks of 4 by 4 pixels, which a JPEG leaves nearly as it
    was, so recompressed copies are found too.

    Args:
        first: uint8, (n, height, width, 3), sides divisible by 4.
        second: The same, (m, …); None compares ``first`` with itself, each pair once.
        limit: Largest root mean square difference of the averages, in grey levels of 255.

    Returns:
        list[Pair]: In order of ``first``, then ``second``.

    Example:
        >>> x = np.zeros((3, 64, 64, 3), np.uint8); x[1] = 9
        >>> same_pictures(x)
        [Pair(first=0, second=2, difference=0.0)]
    """
    a = _brightness(first)
    b = a if second is None else _brightness(second)
    center = a.mean(0)  # near zero, squares lose nothing when subtracted
    a, b = a - center, b - center
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    apart = np.sqrt(np.maximum(squared, 0) / a.shape[1])
    if second is None:
        apart[np.tril_indices(len(a))] = np.inf
    return [
        # Rounded, so that the same picture is at 0 and not at the rounding error of the squares.
        Pair(i, j, round(float(apart[i, j]), 4))
        for i, j in np.argwhere(apart <= limit).tolist()
    ]


def _brightness(x):
    """Luma of ITU-R BT.601 averaged over blocks: float64, (n, blocks)."""
    n, h, w, _ = x.shape
    luma = x @ np.array([0.299, 0.587, 0.114])
    return luma.reshape(n, h // _BLOCK, _BLOCK, w // _BLOCK, _BLOCK).mean((2, 4)).reshape(n, -1)


def split_photographs(
    split: Split, share: float, seed: int = 0, limit: float = SAME_PHOTOGRAPH
) -> tuple[np.ndarray, np.ndarray]:
    """Choose which rows validate: the same share of each class, photographs never on both sides.

    Args:
        split: A ``Split``.
        share: Share of each class that validates, 0 to below 1.
        seed: The same seed chooses the same rows.
        limit: Pictures that differ by no more stay together, as in ``same_pictures``.

    Returns:
        tuple: Two sorted arrays of rows: those to learn from, and those to validate on.
    """
    leader = np.arange(len(split))
    for pair in same_pictures(split.x, limit=limit):
        a, b = leader[pair.first], leader[pair.second]
        leader[leader == max(a, b)] = min(a, b)
    rng = np.random.default_rng([seed, 20120930])
    chosen = []
    for label in np.unique(split.y):
        rows = np.flatnonzero(split.y == label)
        wanted = round(share * len(rows))
        # A group counts for the class of its leader, so one with mixed labels is moved once.
        leaders = np.unique(leader[rows])
        taken = 0
        for head in rng.permutation(leaders[split.y[leaders] == label]):
            group = np.flatnonzero(leader == head)
            if taken + len(group) <= wanted:
                chosen.append(group)
                taken += len(group)
    validate = np.sort(np.concatenate(chosen)) if chosen else np.array([], np.int64)
    return np.setdiff1d(np.arange(len(split)), validate), validate


def nearest_neighbor(train: Split, test: Split) -> tuple[np.ndarray, np.ndarray, float]:
    """Label each test picture like the training picture whose pixels are nearest.

    The honest baseline: it has learned nothing, it only remembers.

    Args:
        train: A ``Split`` to remember.
        test: A ``Split`` to label.

    Returns:
        tuple: ``(labels, rows, accuracy)``: int64 (n,) the labels given, int64 (n,) the rows of
            ``train`` they come from, and the share of test pictures labeled correctly.

    Example:
        >>> x = np.zeros((2, 64, 64, 3), np.uint8); x[1] = 200
        >>> memory = Split(x, np.array([3, 5]))
        >>> nearest_neighbor(memory, Split(x + 1, np.array([3, 0])))[2]
        0.5
    """
    center = train.x.mean(0, dtype=np.float64).ravel()
    a = (test.x.reshape(len(test), -1) - center).astype(np.float32)
    b = (train.x.reshape(len(train), -1) - center).astype(np.float32)
    # |a - b|^2 = |a|^2 - 2ab + |b|^2, and |a|^2 is the same for every candidate.
    rows = np.argmin((b**2).sum(1)[None] - 2 * a @ b.T, axis=1)
    labels = train.y[rows]
    return labels, rows, float(np.mean(labels == test.y))
