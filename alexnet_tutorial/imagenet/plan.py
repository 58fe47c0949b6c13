"""What is to be made: settings, where every picture lies, and which shard it goes to."""

import functools
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import __version__, features

from alexnet_tutorial.files import write_whole

from .layout import PARTS, Part, Source

FILE = "plan.npz"

_ARRAYS = ("files", "file", "offset", "size", "y", "keys")


@dataclass(frozen=True)
class Settings:
    """What the bytes of the shards depend on, beside the pictures.

    Args:
        side: Pixels of the short side. 256 as in 2012.
        quality: Of the JPEGs that are written, in Pillow's scale to 95; with chroma at half the
            resolution, Pillow's default.
        per_shard: Pictures in a shard, at most.
        seed: Of the order in which pictures are dealt to shards.

    Raises:
        ValueError: A number is out of range.
    """

    side: int = 256
    quality: int = 90
    per_shard: int = 2048
    seed: int = 0

    def __post_init__(self) -> None:  # noqa: D105
        least = {"side": 8, "quality": 1, "per_shard": 1, "seed": 0}
        most = {"side": 4096, "quality": 95, "per_shard": 1_000_000, "seed": 2**32}
        for name, value in asdict(self).items():
            if not isinstance(value, int) or not least[name] <= value <= most[name]:
                raise ValueError(
                    f"{name} is {value!r}, and must be an integer from {least[name]} to "
                    f"{most[name]:,}."
                )

    def to_json(self) -> dict[str, Any]:
        """Return them with the versions of what decodes and encodes, ready for ``json.dumps``.

        Another Pillow or another JPEG library may make other bytes of the same pictures.
        """
        turbo = features.version("libjpeg_turbo")
        library = f"libjpeg-turbo {turbo}" if turbo else f"libjpeg {features.version('jpg')}"
        return asdict(self) | {"pillow": __version__, "jpeg": library}


@dataclass(frozen=True, eq=False)
class Plan:
    """Every picture's way into a shard.

    Attributes:
        settings: What the bytes depend on.
        source: The pictures.
        identity: What another run must have in common to go on with this plan, in plain values.
    """

    settings: Settings
    source: Source
    identity: dict[str, Any]

    @functools.cached_property
    def shards(self) -> dict[str, tuple[str, int, int]]:
        """Name of a shard → part, and which of the part's pictures, in the order they are dealt."""
        named = {}
        for part in PARTS:
            pictures = len(self.source.parts[part])
            count = -(-pictures // self.settings.per_shard)
            for number in range(count):  # as many in each, but for one
                ends = (pictures * number // count, pictures * (number + 1) // count)
                named[f"{part}-{number:05d}.tar"] = (part, *ends)
        return named

    @functools.cached_property
    def _orders(self) -> dict[str, np.ndarray]:
        return {
            part: np.random.default_rng([self.settings.seed, place]).permutation(
                len(self.source.parts[part])
            )
            for place, part in enumerate(PARTS)
        }

    def rows(self, shard: str) -> tuple[Part, np.ndarray]:
        """Say what goes into a shard.

        Args:
            shard: Its name.

        Returns:
            The part, and the pictures' places in it, in order.
        """
        part, first, end = self.shards[shard]
        return self.source.parts[part], self._orders[part][first:end]

    def save(self, folder: Path) -> None:
        """Write it, whole or not at all, for the processes that carry it out.

        Args:
            folder: Where ``FILE`` goes.
        """
        about = {
            "settings": asdict(self.settings),
            "identity": self.identity,
            "classes": self.source.classes,
            "class_names": self.source.class_names,
        }
        arrays: dict[str, Any] = {
            f"{part}_{name}": getattr(self.source.parts[part], name)
            for part in PARTS
            for name in _ARRAYS
        }
        arrays["about"] = np.array(json.dumps(about))
        write_whole(folder / FILE, lambda file: np.savez(file, **arrays))

    @classmethod
    def load(cls, folder: Path) -> "Plan":
        """Read what :meth:`save` wrote.

        Args:
            folder: Where it lies.

        Returns:
            The plan.
        """
        with np.load(folder / FILE, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            parts = {part: Part(*(file[f"{part}_{name}"] for name in _ARRAYS)) for part in PARTS}
        source = Source(tuple(about["classes"]), tuple(about["class_names"]), parts)
        return cls(Settings(**about["settings"]), source, about["identity"])
