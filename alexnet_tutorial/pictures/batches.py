"""From pictures of any size to batches a network trains on, decoded in parallel and repeatable.

What a picture looks like in an epoch follows from (seed, epoch, picture) alone, so neither the
number of threads nor their order matters. Two readings of the same plan:

- **Pillow**, on every backend: resized by a triangle filter as wide as the reduction, exactly
  what :meth:`Preprocessing.cut` gives, but only the crop is computed. Judging (evaluation,
  prediction) always reads so.
- **tf.data**, for training on TensorFlow: the crop is decoded alone, at whole pixels of the file,
  and reduced by the mean over each pixel's area. That is antialiased too, and takes half the
  time; it is a little sharper than Pillow's filter, and shifted by at most half a pixel of the
  file. Small pictures are enlarged bilinearly by both.
"""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
from PIL import Image

from alexnet_tutorial.session import cores

from .errors import DataError
from .folder import check_on_error, open_picture

AHEAD = 2  # batches that are read while one is computed on


class Arrays:
    """Pictures in memory, read like a folder's.

    Args:
        x: uint8 (n, height, width, 3), RGB, 0 to 255.

    Raises:
        DataError: Another type or shape.

    Example:
        >>> Arrays(np.zeros((2, 64, 60, 3), np.uint8)).open(1).size
        (60, 64)
    """

    def __init__(self, x):  # noqa: D107
        self.x = np.asarray(x)
        if self.x.ndim != 4 or self.x.dtype != np.uint8 or self.x.shape[-1] != 3:
            raise DataError(
                f"the pictures are {self.x.dtype} {self.x.shape}, expected uint8 (n, height, "
                "width, 3), 0 to 255, whatever the network's data format. One picture needs a "
                "first axis of 1 (picture[None]); scaling is done here."
            )
        if not len(self.x):
            raise DataError(f"there is no picture: the array has shape {self.x.shape}.")

    def __len__(self):
        """How many pictures."""
        return len(self.x)

    def open(self, row):
        """Give one picture as Pillow's."""
        return Image.fromarray(self.x[row])


class Files:
    """Pictures in files, without labels.

    Args:
        files: Their paths.
    """

    def __init__(self, files):  # noqa: D107
        self.files = tuple(str(file) for file in files)

    def __len__(self):
        """How many pictures."""
        return len(self.files)

    def open(self, row):
        """Decode one picture."""
        return open_picture(self.files[row])


def windows(sizes, resize, crop, places=None):
    """Find the part of each picture that becomes its crop, without resizing the picture.

    A picture is thought resized by its short side, as :meth:`Preprocessing.cut` does. The crop
    lies in the center, or anywhere in the center square of ``resize`` by ``resize`` pixels.

    Args:
        sizes: (n, 2), heights and widths in pixels.
        resize: The short side, in pixels.
        crop: (height, width) of the crop, in pixels.
        places: (n, 2), from 0 (top, left of the square) to 1 (bottom, right); None: the center.

    Returns:
        float64 (n, 4): top, left, bottom, right, in pixels of the picture as it is.

    Example:
        >>> windows([(100, 200)], 50, (40, 40)).tolist()
        [[10.0, 60.0, 90.0, 140.0]]
        >>> windows([(100, 200)], 50, (40, 40), [(0, 1)]).tolist()
        [[0.0, 70.0, 80.0, 150.0]]
    """
    sizes, crop = np.asarray(sizes), np.asarray(crop)
    resized = resize * sizes // sizes.min(1, keepdims=True)
    if places is None:
        start = (resized - crop) // 2
    else:
        room = resize - crop
        inside = np.minimum(np.floor(np.asarray(places) * (room + 1)), room)
        start = (resized - resize) // 2 + inside
    ratio = sizes / resized
    # Rounding must not reach past the picture: Pillow refuses such a box.
    ends = np.minimum((start + crop) * ratio, sizes)
    return np.concatenate([start * ratio, ends], 1)


def _cut(picture, window, size):
    """Resize one window of a picture: uint8 (height, width, 3)."""
    top, left, bottom, right = window
    box, size = (left, top, right, bottom), (int(size[1]), int(size[0]))
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR, box=box))


def ten_views(picture, preprocessing):
    """Cut the ten crops that the 2012 network was tested on: corners, center, and mirrored.

    Args:
        picture: A Pillow picture, RGB.
        preprocessing: Gives the short side and the crop.

    Returns:
        uint8 (10, height, width, 3): top left, top right, bottom left, bottom right and center
        of the center square, then the same mirrored.
    """
    resize, (rows, columns) = preprocessing.resize, preprocessing.crop
    size = np.array([picture.size[::-1]])
    square = _cut(picture, windows(size, resize, (resize, resize))[0], (resize, resize))
    resized = resize * size // size.min()
    center = (resized - (rows, columns)) // 2 - (resized - resize) // 2
    bottom, right = resize - rows, resize - columns
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right), center[0]]
    views = np.stack([square[y : y + rows, x : x + columns] for y, x in corners])
    return np.concatenate([views, views[:, :, ::-1]])


class PictureBatches(keras.utils.PyDataset):
    """Batches of pictures, read by several threads while the network computes.

    On TensorFlow, :meth:`tf_data` gives the faster reading for training. Tell ``fit`` not to
    shuffle (``shuffle=False``) and give it :meth:`follow`.

    Args:
        source: A :class:`~alexnet_tutorial.pictures.folder.Folder`, :class:`Files` or
            :class:`Arrays`.
        y: Labels, integers (n,), or None.
        preprocessing: How pictures become numbers.
        batch_size: Pictures in one step.
        shuffle: Whether every epoch has an order of its own.
        augment: Random crops and mirroring; otherwise the center.
        views: 1, or 10 for :func:`ten_views`: ten rows of a batch for each picture.
        data_format: ``"channels_last"`` or ``"channels_first"``, of what comes out.
        seed: Of order, crops and mirroring.
        on_error: ``"skip"`` leaves out what cannot be decoded and keeps its name in
            ``problems``; ``"raise"`` stops there.

    Attributes:
        problems: File → why it was left out, so far.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> from alexnet_tutorial.pictures.preprocessing import Preprocessing
        >>> source = Arrays(np.zeros((5, 64, 64, 3), np.uint8))
        >>> batches = PictureBatches(source, np.arange(5), Preprocessing(64, 57), batch_size=4)
        >>> [(x.shape, y.tolist()) for x, y in (batches[0], batches[1])]
        [((4, 57, 57, 3), [0, 1, 2, 3]), ((1, 57, 57, 3), [4])]
    """

    def __init__(  # noqa: D107
        self,
        source,
        y,
        preprocessing,
        batch_size=32,
        *,
        shuffle=False,
        augment=False,
        views=1,
        data_format="channels_last",
        seed=0,
        on_error="skip",
    ):
        super().__init__()
        check_on_error(on_error)
        if views not in (1, 10):
            raise ValueError(f"views is {views!r}, and must be 1 (the center) or 10.")
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"batch_size is {batch_size!r}, and must be a positive integer.")
        self.source, self.preprocessing, self.batch_size = source, preprocessing, batch_size
        self.y = None if y is None else np.asarray(y)
        self.shuffle, self.augment, self.views = shuffle, augment, views
        self.data_format, self.seed, self.on_error = data_format, seed, on_error
        self.epoch, self.problems, self.failure = 0, {}, None
        self._bad, self._lock, self._futures, self._passes = set(), threading.Lock(), {}, {}
        self._numbers = itertools.count()
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="pictures")

    def __len__(self):
        """Steps in one epoch."""
        return -(-len(self.source) // self.batch_size)

    def plan(self, epoch):
        """Say what an epoch shows.

        Args:
            epoch: Its number, from 0.

        Returns:
            The order of the pictures (n,); the place of each picture's crop (n, 2), or None for
            the center; whether each is mirrored (n,). The last two are in the pictures' own order.
        """
        n, rng = len(self.source), np.random.default_rng([self.seed, epoch])
        order = rng.permutation(n) if self.shuffle else np.arange(n)
        if not self.augment:
            return order, None, np.zeros(n, bool)
        return order, rng.random((n, 2)), rng.random(n) < 0.5

    def read(self, step):
        """Read the pictures of one step, and begin with those of the next.

        Args:
            step: Its number in the present epoch, from 0.

        Returns:
            Rows of the pictures that could be read, (m,), and the pictures, float32
            (m · views, height, width, 3), or channels first.

        Raises:
            DataError: A picture cannot be decoded, and ``on_error`` is ``"raise"``.
        """
        epoch = self.epoch
        order, places, mirror = self._planned(epoch)
        for ahead in range(step, min(step + 1 + AHEAD, len(self))):
            if (epoch, ahead) not in self._futures:
                rows = order[ahead * self.batch_size :][: self.batch_size]
                self._futures[epoch, ahead] = [
                    (row, self._pool.submit(self._picture, row, places, mirror[row]))
                    for row in rows.tolist()
                ]
        stale = [key for key in self._futures if key[0] != epoch or key[1] < step]
        for key in stale:
            del self._futures[key]
        done = [(row, future.result()) for row, future in self._futures.pop((epoch, step))]
        good = [(row, picture) for row, picture in done if picture is not None]
        if not good:
            return np.zeros(0, "int64"), None
        x = np.concatenate([picture for _, picture in good])
        if self.data_format == "channels_first":
            x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        return np.array([row for row, _ in good], "int64"), x

    def __getitem__(self, step):
        """Give (pictures, labels) of one step of the present epoch."""
        rows, x = self.read(step)
        others = (other for other in range(len(self)) if other != step)
        while not len(rows):  # nothing in this step can be decoded: show others in its place
            other = next(others, None)
            if other is None:
                raise self._fail(DataError(f"no picture can be decoded. {self._first_problem()}"))
            rows, x = self.read(other)
        return x, self.y[rows]

    def follow(self):
        """Give a callback that turns the batches to the epoch ``fit`` is in.

        Returns:
            A Keras callback.
        """

        def turn(epoch, logs=None):
            self.epoch = epoch

        def close(epoch, logs=None):
            if self._passes:
                self._arrived(max(self._passes))
                self._passes.clear()

        return keras.callbacks.LambdaCallback(on_epoch_begin=turn, on_epoch_end=close)

    def _planned(self, epoch):
        with self._lock:
            if getattr(self, "_plan", (None,))[0] != epoch:
                self._plan = epoch, self.plan(epoch)
            return self._plan[1]

    def _picture(self, row, places, mirror):
        """One picture, ready: (views, height, width, 3), or None when it cannot be decoded."""
        if row in self._bad:
            return None
        try:
            picture = self.source.open(row)
        except DataError as error:
            self._problem(row, error)
            return None
        if self.views == 10:
            views = ten_views(picture, self.preprocessing)
        else:
            place = None if places is None else places[row : row + 1]
            pre, size = self.preprocessing, picture.size[::-1]
            view = _cut(picture, windows([size], pre.resize, pre.crop, place)[0], pre.crop)
            views = (view[:, ::-1] if mirror else view)[None]
        return self.preprocessing.apply(views)

    def _problem(self, row, error):
        """Keep what is wrong with a picture; raise it where that was asked for."""
        with self._lock:
            self._bad.add(row)
            self.problems[self.source.files[row]] = str(error)
        if self.on_error == "raise":
            raise self._fail(error)

    def _first_problem(self):
        return f"The first of {len(self.problems)}: {next(iter(self.problems.values()), '')}"

    def _fail(self, error):
        # Keras and tf.data wrap what is raised here; whoever called them finds it again by this.
        self.failure = self.failure or error
        return error

    def tf_data(self):
        """Give the batches as a ``tf.data.Dataset``: for training from a folder on TensorFlow.

        Each pass through it shows the epoch that ``follow`` has set.

        Returns:
            A dataset of (pictures, labels).
        """
        import tensorflow as tf

        pre, folder = self.preprocessing, self.source
        rows, columns = pre.crop
        files, labels = tf.constant(folder.files), tf.constant(self.y)
        plain = tf.constant(folder.plain)
        # Of the crop's whole shape: TensorFlow broadcasts three numbers several times slower.
        one = np.ones((rows, columns, 3), "float32")
        factor = one * np.float32(pre.scale) / np.array(pre.std, "float32")
        offset = -one * np.array(pre.mean, "float32") / np.array(pre.std, "float32")

        def epoch():
            order, places, mirror = self._planned(self.epoch)
            order = order[~np.isin(order, list(self._bad))]
            if not len(order):
                self._fail(DataError(f"no picture can be decoded. {self._first_problem()}"))
                return
            box = windows(folder.sizes, pre.resize, pre.crop, places)
            first = np.floor(box[:, :2] + 0.5)
            size = np.maximum(np.floor(box[:, 2:] + 0.5) - first, 1)
            cut = np.concatenate([np.minimum(first, folder.sizes - size), size], 1).astype("int32")
            # Keras may begin a pass, leave it, and begin again: each knows its own plan.
            number = next(self._numbers)
            self._passes[number] = [order, 0]
            numbers = np.full(len(order), number)
            # One tensor, not four: tf.data takes its time for each.
            yield np.column_stack([numbers, order, mirror[order], cut[order]]).astype("int32")

        def decode(row, cut):
            data = tf.io.read_file(files[row])
            pixels = tf.io.decode_and_crop_jpeg(data, cut, channels=3)[None]
            small = tf.logical_or(cut[2] < rows, cut[3] < columns)
            return tf.cond(
                small,
                lambda: tf.raw_ops.ResizeBilinear(
                    images=pixels, size=pre.crop, half_pixel_centers=True
                ),
                lambda: tf.raw_ops.ResizeArea(images=pixels, size=pre.crop),
            )[0]

        def convert(row, cut):
            top, left, height, width = cut.tolist()
            picture = folder.open(row)
            return _cut(picture, (top, left, top + height, left + width), pre.crop).astype("f4")

        def picture(plan):
            row, mirror, cut = plan[1], plan[2], plan[3:]
            x = tf.cond(
                plain[row],
                lambda: decode(row, cut),
                lambda: tf.numpy_function(convert, [row, cut], tf.float32),
            )
            x = tf.cond(mirror > 0, lambda: tf.reverse(x, [1]), lambda: x)
            if pre.channels == "bgr":
                x = x[..., ::-1]
            return plan[:2], tf.ensure_shape(x * factor + offset, (rows, columns, 3))

        def batch(which, x):
            row = which[:, 1]
            arrived = tf.numpy_function(self._arrived, [which[0, 0], row], tf.bool)
            with tf.control_dependencies([arrived]):
                y = tf.gather(labels, row)
            return tf.transpose(x, (0, 3, 1, 2)) if self.data_format == "channels_first" else x, y

        signature = tf.TensorSpec((None, 7), tf.int32)
        pictures = tf.data.Dataset.from_generator(epoch, output_signature=signature)
        pictures = pictures.flat_map(tf.data.Dataset.from_tensor_slices)
        pictures = pictures.map(picture, num_parallel_calls=cores(), deterministic=True)
        # A picture that fails is dropped here; `_arrived` sees the gap and finds out why.
        pictures = pictures.ignore_errors().batch(self.batch_size)
        return pictures.map(batch).prefetch(AHEAD)

    def _arrived(self, number, rows=()):
        """Compare the pictures that came out of a pass with its plan: name those that did not.

        Without rows, the pass is over: all that are still missing did not come.
        """
        if number not in self._passes:  # of a pass that was left
            return True
        order, position = self._passes[number]
        end = len(order)
        if len(rows):
            end = position + 1 + int(np.flatnonzero(order[position:] == rows[-1])[0])
        self._passes[number][1] = end
        missing = np.setdiff1d(order[position:end], rows).tolist()
        for row in missing:
            try:
                self.source.open(row)
                error = DataError(
                    f"{self.source.files[row]}: TensorFlow cannot decode this picture, though "
                    "Pillow can. Save it anew."
                )
            except DataError as found:
                error = found
            self._problem(row, error)
        return True
