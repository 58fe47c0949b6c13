"""Drawn pictures of ten plain shapes: the stand-in for a set of photographs that is not there.

They make every line of a program run, and a network learns them in a minute. They say nothing
about photographs, so they do not bear the names of a photographed set's classes.
"""

import numpy as np

SHAPES = (
    "bar",
    "checkers",
    "cross",
    "disk",
    "dots",
    "frame",
    "ring",
    "square",
    "stripes",
    "triangle",
)
"""In the order of the labels, which is that of folders of these names."""


def draw_shapes(y: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a shape for each label, in a place, size, turn and two colors of its own.

    Args:
        y: Labels, places in ``SHAPES``, (n,).
        side: Height and width of the pictures, in pixels.
        rng: Where chance comes from.

    Returns:
        uint8 (n, side, side, 3).

    Example:
        >>> draw_shapes(np.arange(10), 32, np.random.default_rng(0)).shape
        (10, 32, 32, 3)
    """
    axis = (np.arange(side, dtype="float32") + 0.5) / side * 2 - 1
    pictures = np.empty((len(y), side, side, 3), "uint8")
    for row, label in enumerate(y):
        size, turn = rng.uniform(0.5, 0.8), rng.uniform(-0.4, 0.4)
        down, right = rng.uniform(-0.25, 0.25, 2)
        v, h = (axis[:, None] - down) / size, (axis[None] - right) / size
        inside = _inside(
            SHAPES[label],
            np.cos(turn) * h + np.sin(turn) * v,
            np.cos(turn) * v - np.sin(turn) * h,
        )
        # Two colors whose brightness is far enough apart, on either side.
        ground, figure = rng.uniform(0, 1, (2, 3))
        light = rng.permutation([rng.uniform(40, 90), rng.uniform(150, 220)])
        colors = [60 * (color - 0.5) + level for color, level in zip((ground, figure), light)]  # noqa: B905
        picture = np.where(inside[..., None], colors[1], colors[0])
        picture += 8 * rng.standard_normal(picture.shape, "float32")
        pictures[row] = picture.clip(0, 255)
    return pictures


def _inside(shape, h, v):
    """Whether points belong to a shape of about radius 1; to the right and down are positive."""
    far, near = np.maximum(abs(h), abs(v)), np.hypot(h, v)
    square = far < 0.8
    match shape:
        case "disk":
            return near < 0.9
        case "ring":
            return (near < 0.95) & (near > 0.55)
        case "square":
            return square
        case "frame":
            return (far < 0.85) & (far > 0.5)
        case "triangle":
            return (v < 0.7) & (v > 2 * abs(h) - 0.9)
        case "cross":
            return (np.minimum(abs(h), abs(v)) < 0.25) & (far < 0.9)
        case "bar":
            return (abs(v) < 0.25) & (abs(h) < 0.95)
        case "stripes":
            return square & (np.floor(v * 3.1) % 2 == 0)
        case "checkers":
            return square & ((np.floor(v * 2.5) + np.floor(h * 2.5)) % 2 == 0)
        case _:  # dots
            return square & (np.hypot((h * 2.4) % 1 - 0.5, (v * 2.4) % 1 - 0.5) < 0.33)
