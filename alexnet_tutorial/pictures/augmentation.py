"""Show a picture a little differently each time: moved, rotated, resized, lit and flipped."""

from dataclasses import dataclass

import numpy as np

from alexnet_tutorial.shapes.architecture import pair

from .preprocessing import center_crop, check_pictures


@dataclass(frozen=True)
class Augmentation:
    """How far pictures may vary, every time they are shown.

    Attributes:
        rotation: Largest rotation, in degrees.
        zoom: Largest change of size: 0.1 is from 10 % smaller to 10 % larger.
        shift: Largest shift from the center, in pixels.
        brightness: Largest change of brightness, as a share.
        flip: Whether half of the pictures are flipped, left to right.
        crop: Whether crops lie anywhere in the picture, not about its center: those of 2012.

    Raises:
        ValueError: A number is below 0.
    """

    rotation: float = 12.0
    zoom: float = 0.1
    shift: float = 3.5
    brightness: float = 0.15
    flip: bool = True
    crop: bool = False

    def __post_init__(self) -> None:  # noqa: D105
        for name in ("rotation", "zoom", "shift", "brightness"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}, and must be at least 0.")


AUGMENTATION = Augmentation()
"""What the compact network is trained with; ``benchmarks/recipe.md`` has the measurements."""

CROP_AND_FLIP = Augmentation(rotation=0, zoom=0, shift=0, brightness=0, crop=True)
"""Crops from anywhere, half of them flipped: Krizhevsky, Sutskever and Hinton (2012), 4.1."""


def augment(
    pictures: np.typing.ArrayLike,
    size: int | tuple[int, int],
    augmentation: Augmentation = AUGMENTATION,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Cut a crop out of each picture, moved, rotated, resized, lit and flipped at random.

    One bilinear reading of the picture does all of it; beyond the edge the edge's own pixels go
    on.

    Args:
        pictures: uint8, (n, height, width, channels).
        size: (height, width) of the crop, in pixels, or one integer for both.
        augmentation: How far each may go.
        rng: A NumPy generator; the same state gives the same crops.

    Returns:
        (n, *size, channels), 0 to 255; float64, or uint8 where nothing was interpolated or lit.

    Raises:
        DataError: Not such pictures, or smaller than the crop.

    Example:
        >>> from alexnet_tutorial.pictures.preprocessing import center_crop
        >>> still = Augmentation(rotation=0, zoom=0, shift=0, brightness=0, flip=False)
        >>> pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
        >>> bool(np.allclose(augment(pictures, 58, still), center_crop(pictures, (58, 58))))
        True
    """
    height, width = size = pair(size)
    pictures = check_pictures(pictures, size)
    rng = rng or np.random.default_rng()
    n, rows, columns, channels = pictures.shape

    def draw(largest):
        return rng.uniform(-largest, largest, (n, 1, 1)).astype(np.float32)

    angle, zoom = np.radians(draw(augmentation.rotation)), 1 + draw(augmentation.zoom)
    down, right = draw(augmentation.shift), draw(augmentation.shift)
    brightness = 1 + draw(augmentation.brightness)
    flip = rng.random((n, 1, 1)) < 0.5 * augmentation.flip
    if augmentation.crop:
        tops, lefts = (rng.integers(0, room + 1, n) for room in (rows - height, columns - width))
        if not (augmentation.rotation or augmentation.zoom or augmentation.shift):
            # Whole pixels: nothing lies between them that would have to be interpolated.
            crops = np.stack(
                [
                    picture[top : top + height, left : left + width][:, :: -1 if flipped else 1]
                    for picture, top, left, flipped in zip(
                        pictures, tops, lefts, flip.ravel(), strict=True
                    )
                ]
            )
            lit = crops * brightness[..., None] if augmentation.brightness else crops
            return np.clip(lit, 0, 255)
        down = down + (tops.reshape(n, 1, 1) - (rows - height) / 2).astype(np.float32)
        right = right + (lefts.reshape(n, 1, 1) - (columns - width) / 2).astype(np.float32)

    # Where each pixel of the crop is read in the picture, measured from the picture's middle.
    y = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[None, :, None]
    x = (np.arange(width, dtype=np.float32) - (width - 1) / 2)[None, None, :]
    x = x * np.where(flip, -1, 1).astype(np.float32)
    cos, sin = np.cos(angle) * zoom, np.sin(angle) * zoom
    read_y = np.clip(cos * y - sin * x + down + (rows - 1) / 2, 0, rows - 1)
    read_x = np.clip(sin * y + cos * x + right + (columns - 1) / 2, 0, columns - 1)

    top = np.minimum(read_y.astype(np.int32), rows - 2)
    left = np.minimum(read_x.astype(np.int32), columns - 2)
    below, beside = (read_y - top)[..., None], (read_x - left)[..., None]
    pixels = pictures.reshape(-1, channels)
    corner = (np.arange(n, dtype=np.int32)[:, None, None] * rows + top) * columns + left

    def at(offset):
        return np.take(pixels, corner + offset, axis=0).astype(np.float32)

    upper = at(0) + (at(1) - at(0)) * beside
    lower = at(columns) + (at(columns + 1) - at(columns)) * beside
    crop = (upper + (lower - upper) * below) * brightness[..., None]
    return np.clip(crop, 0, 255)


def ten_views(squares: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Cut the ten crops that the 2012 network was tested on: corners, center, and flipped.

    Args:
        squares: (n, side, side, channels), the center squares of pictures.
        size: (height, width) of a crop, in pixels.

    Returns:
        (n, 10, *size, channels): top left, top right, bottom left, bottom right and center, then
        the same flipped.

    Example:
        >>> ten_views(np.zeros((2, 256, 256, 3), np.uint8), (224, 224)).shape
        (2, 10, 224, 224, 3)
    """
    height, width = size
    edges = [
        squares[:, rows, columns]
        for rows in (slice(None, height), slice(-height, None))
        for columns in (slice(None, width), slice(-width, None))
    ]
    views = np.stack([*edges, center_crop(squares, size)], 1)
    return np.concatenate([views, views[:, :, :, ::-1]], 1)
