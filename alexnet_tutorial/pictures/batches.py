"""From pictures to the batches a network trains on: shuffled and varied anew, yet repeatably."""

import contextlib
import hashlib
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from alexnet_tutorial.session import cores
from alexnet_tutorial.shapes.architecture import pair

from .augmentation import AUGMENTATION, Augmentation, augment, device_layers, ten_views
from .errors import DataError
from .folder import Files, check_on_error, load_folder
from .labels import Split, check_labels
from .preprocessing import CENTER, Preprocessing, center_crop, check_pictures

AHEAD = 2  # batches of files that are read while one is computed on


class Batches(keras.utils.PyDataset):
    """Pictures in batches, from memory or from files: shuffled and varied anew in every epoch.

    What epoch ``e`` shows depends on ``(seed, e)`` alone, not on what ran before. Keras turns to
    the next epoch by itself; set ``epoch`` to begin with another. (On JAX, Keras looks at one
    before the first begins; ``alexnet_tutorial.training.fit`` sets it everywhere.) Tell Keras not
    to shuffle as well (``shuffle=False``): it would, from a state that is not kept.

    Files are decoded by several threads while the network computes. For training, where
    ``augmentation`` is given, large JPEGs are decoded at a reduced scale.

    Args:
        pictures: A ``Split`` or anything else with ``x`` and ``y``; an array; a ``Folder`` or its
            path; or a list of files. Arrays are uint8 (n, height, width, channels), 0 to 255.
        size: (height, width) of the network's input, in pixels, or one integer for both; not
            needed with ``preprocessing``.
        classes: Labels go from 0 up to but not including this; a folder knows it.
        labels: Integers (n,), instead of those that ``pictures`` bring.
        preprocessing: How pictures become numbers. None: pixels / 255 - ``CENTER``, from arrays
            as large as they are, from files resized to leave a tenth beside the crop.
        batch_size: Pictures in one step.
        augmentation: How far pictures vary; None always shows the center.
        shuffle: Whether every epoch has an order of its own.
        views: 1, or 10 for :func:`~alexnet_tutorial.pictures.augmentation.ten_views`: ten rows of
            a batch for each picture.
        data_format: ``"channels_last"`` or ``"channels_first"``, of what comes out.
        normalize: False leaves pictures as bytes where they are whole pixels, four times smaller
            on their way to the device: for a network that scales them itself.
        seed: Of order and variation.
        on_error: ``"skip"`` leaves out what cannot be decoded and keeps its name in
            ``problems``; ``"raise"`` stops there.

    Attributes:
        epoch: Number of the epoch shown now or next, from 0.
        problems: File → why it was left out, so far.

    Raises:
        DataError: No pictures, or of another rank, type or a size under the crop; labels outside
            the classes.
        ValueError: An option is out of range.

    Example:
        >>> split = Split(np.zeros((40, 64, 64, 3), np.uint8), np.arange(40) % 6)
        >>> batches = Batches(split, 57, classes=6)
        >>> len(batches), batches[0][0].shape, batches[1][0].shape
        (2, (32, 57, 57, 3), (8, 57, 57, 3))
    """

    def __init__(  # noqa: D107
        self,
        pictures: Split | Files | np.ndarray | str | os.PathLike[str] | Sequence[Any],
        size: int | tuple[int, int] | None = None,
        classes: int | None = None,
        *,
        labels: np.typing.ArrayLike | None = None,
        preprocessing: Preprocessing | None = None,
        batch_size: int = 32,
        augmentation: Augmentation | None = AUGMENTATION,
        shuffle: bool = True,
        views: int = 1,
        data_format: str = "channels_last",
        normalize: bool = True,
        on_device: bool = False,
        seed: int = 0,
        on_error: str = "skip",
    ):
        super().__init__()
        if views not in (1, 10):
            raise ValueError(f"views is {views!r}, and must be 1 (the center) or 10.")
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"batch_size is {batch_size!r}, and must be a positive integer.")
        if on_device and views == 10:
            raise ValueError("ten views are cut before they are sent: leave on_device out.")
        if size is None and preprocessing is None:
            raise ValueError("give the size of the network's input, or the preprocessing.")
        given = found(pictures, on_error)
        self.files = given if isinstance(given, Files) else None
        self.problems: dict[str, str] = dict(getattr(given, "problems", {}))
        labels = getattr(given, "y", None) if labels is None else labels
        self.y: Any = None if labels is None else np.asarray(labels)  # None: without labels
        if self.files is None:
            self.x = np.asarray(getattr(given, "x", given))
            check_pictures(self.x, (1, 1) if preprocessing else pair(size))
            preprocessing = preprocessing or Preprocessing(
                min(self.x.shape[1:3]), pair(size), mean=CENTER
            )
        else:
            preprocessing = preprocessing or Preprocessing.for_input(pair(size))
            classes = len(given.classes) if classes is None and self.y is not None else classes
        if self.y is not None:
            check_labels(self.y, self.pictures, self.y.max() + 1 if classes is None else classes)
        self.preprocessing, self.classes, self.batch_size = preprocessing, classes, batch_size
        self.augmentation, self.shuffle, self.views = augmentation, shuffle, views
        self.data_format, self.seed, self.on_error = data_format, seed, on_error
        self.normalize, self.on_device = normalize, on_device
        self.epoch = 0
        self.failure: DataError | None = None
        self._bad: set[int] = set()
        self._ordered: tuple[int, Any] = (-1, None)
        self._coming: dict[tuple[int, int], list] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="pictures")

    @property
    def pictures(self) -> int:
        """How many pictures there are."""
        return len(self.x if self.files is None else self.files)

    @property
    def epoch(self) -> int:  # noqa: D102
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._epoch, self._begun = epoch, False

    def on_epoch_begin(self) -> None:
        """Turn to the next epoch, if there was one before; Keras calls this."""
        self._epoch += self._begun
        self._begun = True

    def __len__(self) -> int:
        """Steps in one epoch; the last batch may be smaller."""
        return -(-self.pictures // self.batch_size)

    def __getitem__(self, step: int) -> tuple[Any, np.ndarray]:
        """Give (pictures, labels) of one step of the present epoch."""
        rows, x = self.read(step)
        others = (other for other in range(len(self)) if other != step)
        while not len(rows):  # nothing in this step can be decoded: show others in its place
            other = next(others, None)
            if other is None:
                first = next(iter(self.problems.values()), "")
                self.failure = DataError(
                    f"no picture can be decoded. The first of {len(self.problems)}: {first}"
                )
                raise self.failure
            rows, x = self.read(other)
        return x, self.y[rows]

    def read(self, step: int) -> tuple[np.ndarray, Any]:
        """Read the pictures of one step, as the network takes them.

        Args:
            step: Its number in the present epoch, from 0.

        Returns:
            Rows of the pictures that could be read, (m,), and the pictures, float32
            (m · views, height, width, channels), or channels first; None where m is 0.

        Raises:
            DataError: A picture cannot be decoded, and ``on_error`` is ``"raise"``.
        """
        size = pair(self.preprocessing.crop)
        rows, pixels = self._pixels(step)
        if not len(rows):
            return rows, None
        if self.on_device:
            return rows, pixels
        if self.views == 10:
            pixels = ten_views(pixels, size).reshape(-1, *size, pixels.shape[-1])
        elif self.augmentation is None:
            pixels = center_crop(pixels, size)
        else:
            rng = np.random.default_rng([self.seed, self.epoch, step])
            pixels = augment(pixels, size, self.augmentation, rng)
        x = self.preprocessing.normalize(pixels) if self.normalize else pixels
        last = self.data_format == "channels_last"
        return rows, x if last else np.ascontiguousarray(x.transpose(0, 3, 1, 2))

    def first_layers(self) -> list[keras.Layer]:
        """Make the layers that finish pictures on the device, as these batches would have.

        In training each picture is cropped and flipped by the layers' own random numbers, which
        follow from the seed; else the center is taken, and gives the numbers that the batches
        give without ``on_device``.

        Returns:
            Layers for the option ``first`` of :func:`alexnet_tutorial.network.build`.

        Raises:
            ValueError: The augmentation does more than crop and flip.

        Example:
            >>> pictures = np.zeros((4, 64, 64, 3), np.uint8)
            >>> batches = Batches(pictures, 57, augmentation=None, on_device=True)
            >>> [layer.name for layer in batches.first_layers()]
            ['bytes', 'crop', 'scale']
        """
        stored = self.files is None and min(self.x.shape[1:3]) == self.preprocessing.resize
        shape = self.x.shape[1:] if stored else (*[self.preprocessing.resize] * 2, 3)
        return device_layers(
            shape, self.preprocessing, self.augmentation, self.seed, self.data_format
        )

    def identity(self) -> dict[str, object]:
        """Say in plain values what is shown, so that two trainings can be told apart."""
        digest = hashlib.sha256(self.y.tobytes())
        digest.update(self.x.tobytes() if self.files is None else self.files.fingerprint())
        return {
            "seed": self.seed,
            "batch size": self.batch_size,
            "augmentation": self.augmentation and asdict(self.augmentation),
            **({"on device": True} if self.on_device else {}),
            "preprocessing": self.preprocessing.to_json(),
            "training set": f"{self.pictures} pictures, sha256 {digest.hexdigest()[:12]}",
        }

    def _rows(self, epoch, step):
        """The rows of one step: the order of an epoch, cut into batches."""
        if not self.shuffle:
            first = step * self.batch_size
            return np.arange(first, min(first + self.batch_size, self.pictures))
        if self._ordered[0] != epoch:  # drawn once: of a million pictures it takes a while
            rng = np.random.default_rng([self.seed, epoch])
            drawn = rng.permutation(len(self.x)) if self.files is None else self.files.order(rng)
            self._ordered = epoch, drawn
        return self._ordered[1][step * self.batch_size :][: self.batch_size]

    def _pixels(self, step):
        """(rows, uint8 pictures) of one step: those that can be read, not yet augmented."""
        epoch, short = self.epoch, self.preprocessing.resize
        rows = self._rows(epoch, step)
        if self.files is None and min(self.x.shape[1:3]) == short:
            x = self.x[rows]
            return rows, x if self.views == 1 else center_crop(x, (short, short))
        for ahead in range(step, min(step + 1 + AHEAD, len(self))):
            if (epoch, ahead) not in self._coming:
                self._coming[epoch, ahead] = [
                    (row, self._pool.submit(self._picture, row))
                    for row in self._rows(epoch, ahead).tolist()
                ]
        for key in [key for key in self._coming if key[0] != epoch or key[1] < step]:
            del self._coming[key]
        done = [(row, coming.result()) for row, coming in self._coming.pop((epoch, step))]
        good = [(row, picture) for row, picture in done if picture is not None]
        rows = np.array([row for row, _ in good], "int64")
        return rows, np.stack([picture for _, picture in good]) if good else None

    def _picture(self, row):
        """The part of one picture that is needed, uint8, or None when it cannot be decoded."""
        if row in self._bad:
            return None
        short, varied = self.preprocessing.resize, self.augmentation is not None
        try:
            if self.files is None:
                picture = Image.fromarray(self.x[row])
            else:
                picture = self.files.open(row, short if varied else None)
        except DataError as error:
            with self._lock:
                self._bad.add(row)
                self.problems[self.files.name(row)] = str(error)
                self.failure = error if self.on_error == "raise" else self.failure
            if self.on_error == "raise":
                raise
            return None
        whole = varied or self.views == 10 or self.on_device
        return self.preprocessing.cut(picture, (short, short) if whole else None)


def found(pictures: Any, on_error: str = "skip") -> Any:
    """Find what paths name: a folder of pictures, or files.

    Args:
        pictures: A folder's path, a file's, or a list of files; all else is left as it is.
        on_error: As :func:`~alexnet_tutorial.pictures.folder.load_folder`.

    Returns:
        A :class:`~alexnet_tutorial.pictures.folder.Folder` or ``Files``; all else as it is.

    Raises:
        DataError: The folder cannot be used.
    """
    check_on_error(on_error)
    if isinstance(pictures, (str, os.PathLike)):
        path = Path(pictures)
        return load_folder(path, on_error=on_error) if path.is_dir() else Files((str(path),))
    if isinstance(pictures, (list, tuple)) and all(
        isinstance(file, (str, os.PathLike)) for file in pictures
    ):
        return Files(tuple(map(str, pictures)))
    return pictures


@contextlib.contextmanager
def reading(*sets: Batches | None) -> Iterator[dict[str, str]]:
    """Raise what stopped a set as it was, and warn of the pictures that were left out.

    Keras and its backends wrap what a set raises.

    Args:
        *sets: The sets that are read; None is none.

    Yields:
        File → why it was left out, filled when all is read.
    """
    problems: dict[str, str] = {}
    used = [batches for batches in sets if isinstance(batches, Batches)]
    try:
        yield problems
    except Exception:
        for batches in used:
            if batches.failure is not None:
                raise batches.failure from None
        raise
    for batches in used:
        problems |= batches.problems
    if problems:
        lines = "\n".join(f"- {problem}" for problem in problems.values())
        warnings.warn(
            f"{len(problems)} pictures cannot be read and were left out:\n{lines}", stacklevel=4
        )
