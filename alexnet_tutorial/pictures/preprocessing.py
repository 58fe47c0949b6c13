"""From a picture to the numbers a network was trained on: its size, channel order and scale.

A network read from elsewhere is worth nothing without these: given pictures scaled in another
way it answers, and answers wrong. So they are kept with the weights, as one small value.
"""

from dataclasses import asdict, dataclass, fields

import numpy as np

from alexnet_tutorial.shapes.architecture import pair


@dataclass(frozen=True)
class Preprocessing:
    """Resize the short side, crop the center, order the channels, ``(x * scale - mean) / std``.

    Args:
        resize: The short side of the picture before it is cropped, in pixels.
        crop: Height and width of the crop from the center, in pixels (one integer, or two).
        channels: ``"rgb"``, or ``"bgr"`` as Caffe's networks want it.
        scale: What the values 0 to 255 are multiplied by.
        mean: What is then subtracted, one number for each channel, in the order of ``channels``.
        std: What is then divided by, one number for each channel, in the order of ``channels``.

    Raises:
        ValueError: A value is out of range, or the crop is larger than the resized picture.

    Example:
        >>> half = Preprocessing(resize=64, crop=57, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
        >>> half.apply(np.full((1, 57, 57, 3), 255, "uint8")).max()
        np.float32(1.0)
    """

    resize: int
    crop: int | tuple[int, int]
    channels: str = "rgb"
    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self):  # noqa: D105
        object.__setattr__(self, "crop", pair(self.crop))
        for name in ("mean", "std"):
            values = getattr(self, name)
            if not isinstance(values, (tuple, list, np.ndarray)) or len(values) != 3:
                raise ValueError(f"{name} is {values!r}, and must be three numbers: one a channel.")
            object.__setattr__(self, name, tuple(float(value) for value in values))
        object.__setattr__(self, "scale", float(self.scale))
        if self.channels not in ("rgb", "bgr"):
            raise ValueError(f"channels is {self.channels!r}, and must be 'rgb' or 'bgr'.")
        sizes = (self.resize, *self.crop)
        if not all(isinstance(size, int) and size > 0 for size in sizes):
            raise ValueError(f"resize and crop are {sizes}, and must be positive integers.")
        if max(self.crop) > self.resize:
            raise ValueError(
                f"the crop is {self.crop} and the short side {self.resize} pixels: a crop cannot "
                "be larger than the picture it is cut from."
            )
        if not (np.isfinite((self.scale, *self.mean, *self.std)).all() and all(self.std)):
            raise ValueError(
                f"scale {self.scale}, mean {self.mean}, std {self.std}: they must be finite, and "
                "std is divided by, so it must not hold 0."
            )

    def cut(self, picture) -> np.ndarray:
        """Resize a picture by its short side, and cut out its center.

        Args:
            picture: A Pillow picture of any mode and size.

        Returns:
            uint8 (height, width, 3), RGB, of size ``crop``.

        Example:
            >>> from PIL import Image
            >>> Preprocessing(resize=8, crop=(6, 4)).cut(Image.new("RGB", (30, 20))).shape
            (6, 4, 3)
        """
        from PIL import Image

        width, height = picture.size
        short = min(width, height)
        size = (self.resize * width // short, self.resize * height // short)
        picture = picture.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        rows, columns = self.crop
        # As Keras' CenterCrop; torchvision rounds a half to the even number, a pixel further on.
        left, top = (size[0] - columns) // 2, (size[1] - rows) // 2
        return np.array(picture.crop((left, top, left + columns, top + rows)))

    def apply(self, pictures) -> np.ndarray:
        """Turn cropped pictures into what the network reads.

        Args:
            pictures: uint8 (n, height, width, 3), RGB, of size ``crop``.

        Returns:
            float32 of the same shape, channels in the order of ``channels``.

        Raises:
            ValueError: Another type or shape; the message says which was expected.
        """
        pictures = np.asarray(pictures)
        expected = (*self.crop, 3)
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[1:] != expected:
            raise ValueError(
                f"pictures are {pictures.dtype} of shape {pictures.shape}; expected uint8, values "
                f"0 to 255, of shape (n, {', '.join(map(str, expected))}). Cut them to size with "
                "cut(picture), and leave scaling to apply."
            )
        if self.channels == "bgr":
            pictures = pictures[..., ::-1]
        values = pictures * np.float32(self.scale)
        values -= np.array(self.mean, "float32")
        values /= np.array(self.std, "float32")
        return values

    def to_json(self) -> dict:
        """Return the fields as plain values, ready for ``json.dumps``.

        Returns:
            ``{"resize", "crop": [h, w], "channels", "scale", "mean": […], "std": […]}``.
        """
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data) -> "Preprocessing":
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
                f"the preprocessing is {data!r}, and must be an object with {', '.join(known)}."
            )
        return cls(**data)
