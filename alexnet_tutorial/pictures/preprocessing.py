"""From a picture to the numbers a network was trained on: its size, channel order and scale.

A network read from elsewhere is worth nothing without these: given pictures scaled in another
way it answers, and answers wrong. So they are kept with the weights, as one small value.
"""

import reprlib
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from PIL import Image

from alexnet_tutorial.shapes.architecture import pair

from .errors import DataError

LARGEST = 10_000
"""Most pixels of a resized picture's short side: a few bytes in a file can ask for any number."""

_LONGEST = 32  # times the short side: what of a longer picture is far from its center never counts

CENTER = 0.5
"""Subtracted from pixels in [0, 1], so that a network sees numbers on both sides of zero."""


def check_pictures(pictures: np.typing.ArrayLike, size: tuple[int, int]) -> np.ndarray:
    """Refuse what is not a batch of pictures at least as large as a crop.

    Args:
        pictures: Expected uint8, (n, height, width, channels).
        size: (height, width) of the crop, in pixels.

    Returns:
        The pictures, as an array.

    Raises:
        DataError: Another type or rank, none at all, or too small.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or pictures.dtype != np.uint8 or pictures.shape[-1] not in (1, 3):
        raise DataError(
            f"the pictures are {pictures.dtype} {pictures.shape}, expected uint8 (n, height, "
            "width, channels), 0 to 255, whatever the network's data format. One picture needs a "
            "first axis of 1 (picture[None]); pixels already scaled would be scaled twice."
        )
    if not len(pictures):
        raise DataError(
            f"the set is empty: its pictures have shape {pictures.shape}. Were all rows filtered "
            "out, or was a validation share of 0 asked for?"
        )
    if pictures.shape[1] < size[0] or pictures.shape[2] < size[1]:
        raise DataError(
            f"the pictures are {pictures.shape[1]}×{pictures.shape[2]} pixels, smaller than the "
            f"network's crop of {size[0]}×{size[1]}. Resize the pictures, or take a network with "
            "a smaller input."
        )
    return pictures


def center_crop(pictures: Any, size: tuple[int, int]) -> Any:
    """Cut out the center; where half a pixel is left over, it begins before it, as in Keras.

    Args:
        pictures: An array or a tensor (…, height, width, channels).
        size: (height, width) of the crop, in pixels.

    Returns:
        A view of the same kind, (…, *size, channels).

    Example:
        >>> center_crop(np.arange(64).reshape(64, 1, 1), (57, 1))[0, 0, 0]
        np.int64(3)
    """
    top, left = ((whole - part) // 2 for whole, part in zip(pictures.shape[-3:-1], size))  # noqa: B905
    return pictures[..., top : top + size[0], left : left + size[1], :]


def short_side(picture: Image.Image, pixels: int) -> Image.Image:
    """Resize a picture so that its short side has a number of pixels, smoothed where it shrinks.

    Args:
        picture: A Pillow picture of any mode and size.
        pixels: Of the short side; a smaller picture is enlarged.

    Returns:
        A Pillow picture, RGB, of the same shape but for rounding down; of a strip more than 32
        times as long as it is wide, the middle.

    Example:
        >>> short_side(Image.new("RGB", (500, 375)), 256).size
        (341, 256)
    """
    short = min(picture.size)
    if max(picture.size) > _LONGEST * short:
        # A strip of 1 by 80 million pixels would be made thousands of millions.
        sides = [min(side, _LONGEST * short) for side in picture.size]
        left, top = ((old - new) // 2 for old, new in zip(picture.size, sides, strict=True))
        picture = picture.crop((left, top, left + sides[0], top + sides[1]))
    width, height = (pixels * side // short for side in picture.size)
    picture = picture if picture.mode == "RGB" else picture.convert("RGB")
    return picture.resize((width, height), Image.Resampling.BILINEAR)


def preprocess(pictures: np.typing.ArrayLike, size: int | tuple[int, int]) -> np.ndarray:
    """Cut the center out of pictures and scale it, as the networks trained here expect it.

    Args:
        pictures: uint8, (n, height, width, channels), 0 to 255.
        size: (height, width) of the crop, in pixels, or one integer for both.

    Returns:
        float32, (n, *size, channels): pixels / 255 - ``CENTER``, from -0.5 to 0.5.

    Raises:
        DataError: Not such pictures, or smaller than the crop.

    Example:
        >>> preprocess(np.full((1, 64, 64, 3), 255, np.uint8), 57)[0, 0, 0].tolist()
        [0.5, 0.5, 0.5]
    """
    size = pair(size)
    crops = center_crop(check_pictures(pictures, size), size)
    return Preprocessing(max(size), size, mean=CENTER).normalize(crops)


def _three(name: str, values: object) -> tuple[float, float, float]:
    """One number for each channel; a single one is for all."""
    if isinstance(values, (int, float)):
        return (float(values),) * 3
    if not isinstance(values, (tuple, list, np.ndarray)) or len(values) != 3:
        raise ValueError(
            f"{name} is {reprlib.repr(values)}, and must be three numbers: one a channel."
        )
    red, green, blue = map(float, values)
    return red, green, blue


@dataclass(frozen=True)
class Preprocessing:
    """Resize the short side, crop the center, order the channels, ``(x * scale - mean) / std``.

    Args:
        resize: The short side of the picture before it is cropped, in pixels.
        crop: Height and width of the crop from the center, in pixels (one integer, or two).
        channels: ``"rgb"``, or ``"bgr"`` as Caffe's networks want it.
        scale: What the values 0 to 255 are multiplied by.
        mean: What is then subtracted: one number for each channel, in the order of ``channels``,
            or one for all.
        std: What is then divided by, in the same way.

    Raises:
        ValueError: A value is out of range, or the crop is larger than the resized picture.

    Example:
        >>> half = Preprocessing(resize=64, crop=57, mean=0.5, std=0.5)
        >>> half.apply(np.full((1, 57, 57, 3), 255, "uint8")).max()
        np.float32(1.0)
    """

    resize: int
    crop: int | tuple[int, int]
    channels: str = "rgb"
    scale: float = 1 / 255
    mean: float | tuple[float, float, float] = 0.0
    std: float | tuple[float, float, float] = 1.0

    def __post_init__(self) -> None:  # noqa: D105
        crop, mean, std = pair(self.crop), _three("mean", self.mean), _three("std", self.std)
        fixed = {"crop": crop, "mean": mean, "std": std, "scale": float(self.scale)}
        for name, value in fixed.items():
            object.__setattr__(self, name, value)
        if self.channels not in ("rgb", "bgr"):
            raise ValueError(f"channels is {self.channels!r}, and must be 'rgb' or 'bgr'.")
        sizes = (self.resize, *crop)
        if not all(isinstance(size, int) and size > 0 for size in sizes):
            raise ValueError(f"resize and crop are {sizes}, and must be positive integers.")
        if self.resize > LARGEST:
            raise ValueError(
                f"resize is {self.resize:,} pixels, and must be at most {LARGEST:,}: the memory "
                "would not hold such pictures."
            )
        if max(crop) > self.resize:
            raise ValueError(
                f"the crop is {crop} and the short side {self.resize} pixels: a crop cannot "
                "be larger than the picture it is cut from."
            )
        if not (np.isfinite((self.scale, *mean, *std)).all() and self.scale and all(std)):
            raise ValueError(
                f"scale {self.scale}, mean {mean}, std {std}: they must be finite, and "
                "scale and std, which are divided by, must not hold 0."
            )

    @classmethod
    def for_input(cls, size: int | tuple[int, int]) -> "Preprocessing":
        """Choose it for a network that is yet to be trained, on pictures of any size.

        Args:
            size: (height, width) of the network's input, in pixels, or one integer for both.

        Returns:
            Pixels / 255 - ``CENTER``, and a short side that leaves at least a tenth beside the
            crop.

        Example:
            >>> [Preprocessing.for_input(size).resize for size in (57, 224, 227)]
            [64, 256, 256]
        """
        return cls(-(-11 * max(pair(size)) // 320) * 32, size, mean=CENTER)

    def cut(self, picture: Image.Image, size: tuple[int, int] | None = None) -> np.ndarray:
        """Resize a picture by its short side, and cut out its center.

        Args:
            picture: A Pillow picture of any mode and size.
            size: (height, width) to cut out, in pixels; None takes ``crop``.

        Returns:
            uint8 (*size, 3), RGB.

        Example:
            >>> Preprocessing(resize=8, crop=(6, 4)).cut(Image.new("RGB", (30, 20))).shape
            (6, 4, 3)
        """
        return center_crop(np.asarray(short_side(picture, self.resize)), size or pair(self.crop))

    def apply(self, pictures: np.typing.ArrayLike) -> np.ndarray:
        """Turn cropped pictures into what the network reads.

        Args:
            pictures: uint8 (n, height, width, 3), RGB, of size ``crop``.

        Returns:
            float32 of the same shape, channels in the order of ``channels``.

        Raises:
            ValueError: Another type or shape; the message says which was expected.
        """
        pictures = np.asarray(pictures)
        expected = (*pair(self.crop), 3)
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[1:] != expected:
            raise ValueError(
                f"pictures are {pictures.dtype} of shape {pictures.shape}; expected uint8, values "
                f"0 to 255, of shape (n, {', '.join(map(str, expected))}). Cut them to size with "
                "cut(picture), and leave scaling to apply."
            )
        return self.normalize(pictures)

    def normalize(self, pixels: np.ndarray) -> np.ndarray:
        """Order the channels and scale them, without a look at size and type.

        Args:
            pixels: (…, channels), RGB, 0 to 255.

        Returns:
            float32 of the same shape.
        """
        if self.channels == "bgr":
            pixels = pixels[..., ::-1]
        # What was interpolated is float64, and rounded once, at the end.
        values = pixels.astype("float32" if pixels.dtype == np.uint8 else pixels.dtype)
        values /= np.float32(1 / self.scale)  # by 255: no float is 1 / 255
        for change, what in ((np.subtract, "mean"), (np.divide, "std")):
            numbers = _three(what, getattr(self, what))
            # One number for all where it is one: faster, and gray pictures pass too.
            one = np.array(numbers if len({*numbers}) > 1 else numbers[0], "float32")
            change(values, one, out=values)
        return values.astype("float32", copy=False)

    def to_json(self) -> dict[str, object]:
        """Return the fields as plain values, ready for ``json.dumps``.

        Returns:
            ``{"resize", "crop": [h, w], "channels", "scale", "mean": […], "std": […]}``.
        """
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Preprocessing":
        """Make the value again from what :meth:`to_json` returned.

        Args:
            data: The plain values, as ``json.loads`` gives them.

        Returns:
            The value.

        Raises:
            ValueError: A field is missing, unknown or out of range.

        Example:
            >>> value = Preprocessing(resize=256, crop=224, channels="bgr", scale=1.0)
            >>> Preprocessing.from_json(value.to_json()) == value
            True
        """
        known = [field.name for field in fields(cls)]
        if not isinstance(data, dict) or set(data) != set(known):
            raise ValueError(
                f"the preprocessing is {reprlib.repr(data)}, and must be an object with "
                f"{', '.join(known)}."
            )
        return cls(**data)
