"""Read the shards that ``prepare`` made: any picture by its place, or all in a shuffled order."""

import json
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from alexnet_tutorial.pictures.download import sha256_of
from alexnet_tutorial.pictures.errors import DataError
from alexnet_tutorial.pictures.folder import Files, open_picture

MANIFEST, INDEX = "manifest.json", "index.npz"
FORMAT = "alexnet-tutorial shards, 1"
WINDOW = 8
"""Shards that pictures are drawn from at the same time."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Shards(Files):
    """The pictures of one part, in shards.

    :class:`~alexnet_tutorial.pictures.Batches` takes them as it takes a folder: the crops and the
    mirroring are the same. Only the bytes of the pictures at work are in memory, and for each
    picture its place: sixteen bytes.

    Attributes:
        files: The shards' paths.
        part: ``"train"`` or ``"val"``.
        ends: How many pictures there are up to the end of each shard, int64 (shards,).
        offset: Where in its shard a picture begins, int64 (n,), in bytes.
        size: How long it is, int32 (n,), in bytes.
        y: Labels, int32 (n,), places in ``classes``.
        classes: Names of the classes, such as wnids, in the order of the labels.
        class_names: What they are called.
        manifest: What ``manifest.json`` says.
    """

    part: str
    ends: np.ndarray
    offset: np.ndarray
    size: np.ndarray
    y: np.ndarray
    classes: tuple[str, ...]
    class_names: tuple[str, ...]
    manifest: dict[str, Any]

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.y)

    def __repr__(self) -> str:
        """Counts, and where."""
        return (
            f"Shards({len(self):,} pictures of {len(self.classes):,} classes in "
            f"{len(self.files)} shards, {Path(self.files[0]).parent}, {self.part})"
        )

    def read(self, row: int) -> bytes:
        """Read one picture's JPEG.

        Args:
            row: Its place.

        Returns:
            Its bytes.

        Raises:
            OSError: The shard cannot be read.
        """
        with open(self._shard(row), "rb") as file:
            file.seek(self.offset[row])
            return file.read(int(self.size[row]))

    def open(self, row: int, least: int | None = None) -> Image.Image:
        """Decode one picture.

        Args:
            row: Its place.
            least: As :func:`~alexnet_tutorial.pictures.folder.open_picture`.

        Returns:
            A Pillow picture, RGB.

        Raises:
            DataError: It cannot be read or decoded: the shard was damaged since it was made.
        """
        try:
            return open_picture("its bytes", least, self.read(row))
        except (DataError, OSError) as error:  # its name takes another look into the shard
            raise DataError(
                f"{self.name(row)}: cannot be read ({str(error).rstrip('.')}). It could be when "
                "the shard was made, which was changed or taken away since: copy it again, or "
                "make the shards anew."
            ) from error

    def name(self, row: int) -> str:
        """Name one picture by its shard and its key in it."""
        try:
            with open(self._shard(row), "rb") as file:
                file.seek(int(self.offset[row]) - tarfile.BLOCKSIZE)
                header = file.read(tarfile.BLOCKSIZE)
            key = tarfile.TarInfo.frombuf(header, "utf-8", "replace").name
        except (OSError, tarfile.TarError):
            key = f"at byte {self.offset[row]}"
        return f"{self._shard(row)}: {key}"

    def order(self, rng: np.random.Generator) -> np.ndarray:
        """Draw an order for one epoch: shards in a drawn order, and in eight of them any picture.

        A disk so reads from ``WINDOW`` places at a time instead of from everywhere. Since pictures
        were dealt to shards at random, eight of them are a random sample of all.

        Args:
            rng: The same state gives the same order.

        Returns:
            Every place once, int64 (n,).
        """
        starts = np.concatenate([[0], self.ends[:-1]])
        shards = rng.permutation(len(self.ends))
        windows = [shards[first : first + WINDOW] for first in range(0, len(shards), WINDOW)]
        return np.concatenate(
            [
                rng.permutation(
                    np.concatenate([np.arange(starts[i], self.ends[i]) for i in window])
                )
                for window in windows
            ]
        )

    def fingerprint(self) -> bytes:
        """Say in a few bytes which pictures these are: by the sums of all shards."""
        return "".join(shard["sha256"] for shard in self._listed()).encode()

    def verify(self) -> None:
        """Read every shard, and hold its sha256 against the manifest's.

        Raises:
            DataError: One differs; the message names it.
        """
        for path, shard in zip(self.files, self._listed(), strict=True):
            found = sha256_of(path)
            if found != shard["sha256"]:
                raise DataError(
                    f"{path}: has sha256 {found}, and {MANIFEST} says {shard['sha256']}. It was "
                    "changed since it was made, or copied wrong: copy it again, or make the "
                    "shards anew."
                )

    def _shard(self, row):
        return self.files[int(np.searchsorted(self.ends, row, side="right"))]

    def _listed(self):
        return self.manifest["parts"][self.part]["shards"]


def read_manifest(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what a folder of shards says of itself.

    Args:
        folder: What ``prepare`` made.

    Returns:
        The manifest.

    Raises:
        DataError: There is none, or it is not one.
    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        unfinished = path.parent.with_name(f"{path.parent.name}.unfinished")
        hint = (
            f"{unfinished} is there: the same `imagenet prepare` command finishes it."
            if unfinished.is_dir()
            else "Make it with `alexnet-tutorial imagenet prepare`."
        )
        raise DataError(f"{folder}: holds no {MANIFEST}, so it is no folder of shards. {hint}")
    try:
        manifest = json.loads(path.read_text("utf-8"))
        if manifest["format"] != FORMAT:
            raise ValueError(f"its format is {manifest['format']!r}, expected {FORMAT!r}")
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path}: no manifest of shards ({error!s}). Was the file changed, or made by another "
            "version? Make the shards anew."
        ) from error
    return manifest


def check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Check that all shards are there and as long as they should be, and that the index is whole.

    Args:
        folder: What ``prepare`` made.
        manifest: What it says of itself.

    Raises:
        DataError: One is not; the message names it.
    """
    cure = "Copy the folder again, or remove it and make the shards anew."
    for part in manifest["parts"].values():
        for shard in part["shards"]:
            path = folder / shard["name"]
            found = path.stat().st_size if path.is_file() else None
            if found != shard["bytes"]:
                what = "is missing" if found is None else f"has {found:,} bytes"
                raise DataError(
                    f"{path}: {what}; {MANIFEST} says {shard['bytes']:,} bytes. Was the folder "
                    f"copied in part? {cure}"
                )
    index = folder / manifest["index"]["name"]
    if not index.is_file() or sha256_of(index) != manifest["index"]["sha256"]:
        raise DataError(
            f"{index}: is missing, or not the one that {MANIFEST} was written with. {cure}"
        )


def load_shards(folder: str | os.PathLike[str], part: str = "train") -> Shards:
    """Open the shards of one part; that all are there and as long as they should be is checked.

    Args:
        folder: What ``prepare`` made.
        part: ``"train"`` or ``"val"``.

    Returns:
        The pictures.

    Raises:
        DataError: The folder is unfinished, a shard is missing or too short, or the index is not
            the manifest's.
        ValueError: There is no such part.
    """
    manifest = read_manifest(folder)
    if part not in manifest["parts"]:
        raise ValueError(f"part is {part!r}, and must be one of {', '.join(manifest['parts'])}.")
    folder = Path(folder)
    check_files(folder, manifest)
    listed = manifest["parts"][part]["shards"]
    with np.load(folder / manifest["index"]["name"], allow_pickle=False) as arrays:
        offset, size, y = (arrays[f"{part}_{name}"] for name in ("offset", "size", "y"))
    return Shards(
        tuple(str(folder / shard["name"]) for shard in listed),
        part=part,
        ends=np.cumsum([shard["pictures"] for shard in listed], dtype="int64"),
        offset=offset,
        size=size,
        y=y,
        classes=tuple(manifest["classes"]),
        class_names=tuple(manifest["class_names"]),
        manifest=manifest,
    )
