"""Train a network on pictures: the recipe, batches that vary, progress, checkpoint and resume.

Each part works alone with Keras' own ``compile`` and ``fit``; :func:`train` is the same put
together. Everything random follows from the seed and the number of the epoch, so a run can be
repeated, and one that was killed continues to the end it would have had.
"""

import hashlib
import html
import json
import math
import os
import sys
import tempfile
import time
import zipfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import keras
import numpy as np

from alexnet_tutorial.pictures import DataError
from alexnet_tutorial.pictures.signs import check_every_class, check_labels

CENTER = 0.5
"""Subtracted from pixels in [0, 1], so that a network sees numbers on both sides of zero."""


@dataclass(frozen=True)
class Recipe:
    """Every number of a training that is not the network's own, chosen on validation.

    ``benchmarks/recipe.md`` has the measurements.

    Attributes:
        epochs: Passes through the training pictures, at most; half as many leave three times
            the validation loss.
        batch_size: Pictures in one step.
        learning_rate: Where Adam's learning rate starts; a cosine takes it to zero.
        patience: Epochs without a better validation loss after which training stops; long, for
            a dozen without one are common before the rate nears zero.
        turn: Largest rotation, in degrees.
        zoom: Largest change of size: 0.1 is from 10 % smaller to 10 % larger.
        shift: Largest shift from the center, in pixels.
        light: Largest change of brightness, as a share.
        mirror: Whether half of the pictures are mirrored left to right.
    """

    epochs: int = 80
    batch_size: int = 32
    learning_rate: float = 1e-3
    patience: int = 30
    turn: float = 12.0
    zoom: float = 0.1
    shift: float = 3.5
    light: float = 0.15
    mirror: bool = True

    def __post_init__(self):  # noqa: D105
        for name in ("epochs", "batch_size", "patience"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}, and must be an integer of at least 1.")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate is {self.learning_rate!r}, and must be above 0.")


RECIPE = Recipe()


def prepare(pictures, size):
    """Cut the center out of pictures and scale them, as a network expects them.

    Args:
        pictures: uint8, (n, height, width, channels), 0 to 255.
        size: (height, width) of the crop, in pixels, or one integer for both.

    Returns:
        float32, (n, size, size, channels): pixels / 255 - ``CENTER``, from -0.5 to 0.5.

    Raises:
        DataError: Not such pictures, or smaller than the crop.

    Example:
        >>> prepare(np.full((1, 64, 64, 3), 255, np.uint8), 57)[0, 0, 0].tolist()
        [0.5, 0.5, 0.5]
    """
    height, width = (size, size) if isinstance(size, int) else size
    pictures = _check_pictures(pictures, (height, width))
    top, left = (pictures.shape[1] - height) // 2, (pictures.shape[2] - width) // 2
    crop = pictures[:, top : top + height, left : left + width]
    return crop.astype(np.float32) / 255 - CENTER


def vary(pictures, size, recipe=RECIPE, rng=None):
    """Cut a crop out of each picture at a random place, a little turned, resized and lit.

    One bilinear reading of the picture does all of it; beyond the edge the edge's own pixels go
    on.

    Args:
        pictures: uint8, (n, height, width, channels).
        size: (height, width) of the crop, in pixels, or one integer for both.
        recipe: How far each may go.
        rng: A NumPy generator; the same state gives the same crops.

    Returns:
        float32, (n, size, size, channels), scaled as :func:`prepare` does.

    Raises:
        DataError: As :func:`prepare`.

    Example:
        >>> still = Recipe(turn=0, zoom=0, shift=0, light=0, mirror=False)
        >>> pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
        >>> bool(np.allclose(vary(pictures, 58, still), prepare(pictures, 58), atol=1e-6))
        True
    """
    height, width = (size, size) if isinstance(size, int) else size
    pictures = _check_pictures(pictures, (height, width))
    rng = rng or np.random.default_rng()
    n, rows, columns, channels = pictures.shape

    def draw(largest):
        return rng.uniform(-largest, largest, (n, 1, 1)).astype(np.float32)

    angle, zoom = np.radians(draw(recipe.turn)), 1 + draw(recipe.zoom)
    down, right, light = draw(recipe.shift), draw(recipe.shift), 1 + draw(recipe.light)
    mirror = np.where(rng.random((n, 1, 1)) < 0.5 * recipe.mirror, -1, 1).astype(np.float32)

    # Where each pixel of the crop is read in the picture, measured from the picture's middle.
    y = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[None, :, None]
    x = (np.arange(width, dtype=np.float32) - (width - 1) / 2)[None, None, :] * mirror
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
    crop = (upper + (lower - upper) * below) * light[..., None]
    return np.clip(crop, 0, 255) / 255 - CENTER


def _check_pictures(pictures, size):
    """Refuse what is not a batch of pictures at least as large as the crop."""
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or pictures.dtype != np.uint8:
        raise DataError(
            f"the pictures are {pictures.dtype} {pictures.shape}, expected uint8 (n, height, "
            "width, channels), 0 to 255. One picture needs a first axis of 1 (picture[None]); "
            "pixels already scaled would be scaled twice."
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


class Batches(keras.utils.PyDataset):
    """Training pictures in batches: shuffled and varied anew, but repeatably, in every epoch.

    What epoch ``e`` shows depends on ``(seed, e)`` alone, not on what ran before. Tell ``fit``
    not to shuffle as well (``shuffle=False``): it would, from a state that is not kept.

    Args:
        split: Pictures and labels (``.x`` uint8 (n, height, width, channels), ``.y`` integers).
        size: (height, width) of the network's input, in pixels, or one integer for both.
        classes: Labels go from 0 up to but not including this.
        recipe: Size of a batch, and how far pictures may vary.
        seed: Seed of order and variation.

    Raises:
        DataError: An empty set, pictures of another rank, type or a size under the crop, or
            labels outside the classes.

    Example:
        >>> from alexnet_tutorial.pictures import Split
        >>> split = Split(np.zeros((40, 64, 64, 3), np.uint8), np.arange(40) % 6)
        >>> batches = Batches(split, 57, classes=6)
        >>> len(batches), batches[0][0].shape, batches[1][0].shape
        (2, (32, 57, 57, 3), (8, 57, 57, 3))
    """

    def __init__(self, split, size, classes, recipe=RECIPE, seed=0):  # noqa: D107
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        self.x = _check_pictures(split.x, self.size)
        self.y = np.asarray(split.y)
        check_labels(self.y, len(self.x), classes, "the training labels")
        self.recipe, self.seed, self.epoch = recipe, seed, 0

    def __len__(self):
        """Steps in one epoch; the last batch may be smaller."""
        return math.ceil(len(self.x) / self.recipe.batch_size)

    def __getitem__(self, step):
        """Give (pictures, labels) of one step of the present epoch."""
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.x))
        rows = order[step * self.recipe.batch_size :][: self.recipe.batch_size]
        rng = np.random.default_rng([self.seed, self.epoch, step])
        return vary(self.x[rows], self.size, self.recipe, rng), self.y[rows]

    def on_epoch_end(self):
        """Turn to the next epoch; Keras calls this, and at times once more before it begins."""
        self.epoch += 1

    def follow(self):
        """Give a callback that turns the batches to the very epoch ``fit`` is in.

        Returns:
            A Keras callback; a :class:`Checkpoint` does the same.
        """

        def turn(epoch, logs=None):
            self.epoch = epoch

        return keras.callbacks.LambdaCallback(on_epoch_begin=turn)


def _write(path, write):
    """Write a file beside its place and rename it: it is there whole, or as it was before."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)


def save_history(history, path):
    """Write a history as JSON, whole or not at all.

    Args:
        history: Name → one number for each epoch, as Keras' ``History.history``.
        path: The file.

    Returns:
        The path.

    Example:
        >>> folder = tempfile.mkdtemp()
        >>> path = save_history({"loss": [1.8, 0.9]}, Path(folder) / "history.json")
        >>> json.loads(path.read_text())
        {'loss': [1.8, 0.9]}
    """
    plain = {name: [float(value) for value in values] for name, values in history.items()}
    text = json.dumps(plain, indent=1) + "\n"
    _write(path, lambda file: file.write(text.encode()))
    return Path(path)


def _refuse_nan(logs, where):
    loss = (logs or {}).get("loss")
    if loss is not None and not math.isfinite(loss):
        raise ValueError(
            f"the loss is {float(loss)} in {where}: training cannot recover from that and was "
            "stopped. Likely the learning rate is too high, or the pictures were not scaled; try "
            "a tenth of the learning rate, and look at the smallest and largest pixel of a batch."
        )


class FiniteLoss(keras.callbacks.Callback):
    """Stops when the loss is not a number, infinite or absurd, and says where that began.

    Absurd is a loss above ``EXPLODED`` times that of the first step, or above ``EXPLODED`` where
    the first was below 1. (A loss that is clipped never gets there: cross-entropy of
    probabilities ends at 16 in Keras on JAX.)

    Weights that are no numbers stop training too, when the epoch ends: a ReLU may turn NaN into
    zero, as TensorFlow's does on a CPU where oneDNN computes it together with the layer, and the
    loss of a network that is broken in this way is finite.

    A step that went wrong leaves broken weights everywhere. So a copy of the weights, and of the
    optimizer's own numbers, is taken when an epoch begins. In case of need the epoch is repeated
    from there up to the step that fails, and what that step read goes through the network layer
    by layer. The model is left with the weights from before that step.

    Args:
        batches: What ``fit`` trains on, by index: :class:`Batches`, or another Keras
            ``PyDataset`` that ``fit`` does not shuffle. None: the message can say which layers
            are broken afterwards, but not where it began.

    Raises:
        ValueError: From ``fit``, in the step in which it happens.
    """

    EXPLODED = 100.0

    def __init__(self, batches=None):  # noqa: D107
        super().__init__()
        self.batches = batches

    def on_train_begin(self, logs=None):  # noqa: D102
        self._limit = None
        self.model.optimizer.build(self.model.trainable_variables)

    def on_epoch_begin(self, epoch, logs=None):  # noqa: D102
        self._epoch = epoch
        if self.batches is not None:
            self._begun = [keras.ops.copy(variable) for variable in _variables(self.model)]

    def on_train_batch_end(self, batch, logs=None):  # noqa: D102
        self._steps = batch + 1
        loss = float((logs or {}).get("loss", 0.0))
        if self._limit is None:
            self._limit = self.EXPLODED * max(loss, 1.0)
        if self._fails(loss):
            raise ValueError(self._explain(loss, batch))

    def on_epoch_end(self, epoch, logs=None):  # noqa: D102
        if not _finite(self.model.trainable_variables):
            raise ValueError(self._explain(logs["loss"], self._steps - 1))

    def _fails(self, loss):
        return not math.isfinite(loss) or loss > self._limit

    def _explain(self, loss, batch):
        """The whole message, after the epoch was repeated where that is possible."""
        if self.batches is None:
            broken = [layer.name for layer in self.model.layers if not _finite(layer.weights)]
            began = (
                f"Layers whose weights are broken by now: {', '.join(broken) or 'none'}. Where it "
                "began can be told when FiniteLoss is given the batches that fit trains on. Try, "
                f"in this order: look for NaN in the data; {_gentler(self.model)}."
            )
        else:
            batch, loss, began = self._repeat(batch, loss)
        beside = ""
        if math.isfinite(loss):
            beside = (
                f", over {self.EXPLODED:.0f} times that of the first step or of 1"
                if self._fails(loss)
                else ", but numbers in the network are not finite"
            )
        return (
            f"the loss is {loss:.4g} in epoch {self._epoch + 1}, step {batch + 1}{beside}: "
            f"training cannot recover from that and was stopped. {began}"
        )

    def _repeat(self, last, loss):
        """Repeat the epoch's steps; return the step that fails, its loss and where it began."""
        model = self.model
        _assign(model, self._begun)
        for step in range(last + 1):
            x, *rest = self.batches[step]
            before = [keras.ops.copy(variable) for variable in _variables(model)]
            again = model.train_on_batch(x, *rest, return_dict=True)["loss"]
            broken = [layer.name for layer in model.layers if not _finite(layer.weights)]
            if self._fails(again) or broken or not _finite([x]):
                break
        else:
            cures = f"look for NaN in the data; {_gentler(model)}"
            began = "Repeated, the epoch did not fail: where it began cannot be told. Try, in this "
            return last, loss, f"{began}order: {cures}."
        _assign(model, before)
        absurd = math.isfinite(again) and self._fails(again)
        return step, again, self._where(np.asarray(x), broken, absurd)

    def _where(self, x, broken, absurd):
        """Say where the step began to fail, with the weights from before it.

        Args:
            x: What the step read.
            broken: Names of the layers whose weights are not finite after it.
            absurd: The loss of the step is finite, but too large.
        """
        model = self.model
        bad = np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))
        if len(bad):
            return (
                f"It began in the data, before the first layer: {len(bad)} of the {len(x)} "
                f"pictures of this step hold NaN or infinity, the first at index {bad[0]}. Look "
                "for a division by zero (a black picture divided by its own spread?), or leave "
                "out rows where np.isfinite(x) is not true everywhere."
            )
        already = [layer.name for layer in model.layers if not _finite(layer.weights)]
        if already:
            return (
                f"It began in layer {already[0]!r}: its weights are not finite, before the first "
                f"step already (so in {_list(already)}). Initialize the network again, or load "
                "weights that are whole."
            )
        cure = f"Try, in this order: {_gentler(model, x)}."
        outputs = keras.Model(model.inputs, [layer.output for layer in model.layers])
        for layer, output in zip(model.layers, outputs([x], training=True), strict=True):
            if not _finite([output]):
                return (
                    f"It began in layer {layer.name!r}: its weights are finite and what it reads "
                    f"is finite, but its output is not. {cure}"
                )
        grown = self._grown()
        if absurd and grown:
            growth, name, now, then = max(grown)
            return (
                f"It began in layer {name!r}, whose weights grew most: their root mean square is "
                f"{now:.3g}, and was {then:.3g} when the epoch began. {cure}"
            )
        if broken:  # gradients come from the end of the network: the last broken layer was first
            return (
                f"It began in layer {broken[-1]!r}, on the way back: its gradient overflowed, and "
                f"the weights of {_list(broken)} are not finite after this step. {cure}"
            )
        return (
            "Every layer's output is finite, so it began in the loss itself: are all labels among "
            f"the classes of the last layer, {model.layers[-1].name!r}?"
        )

    def _grown(self):
        """(growth, layer, size now, size when the epoch began) of the weights of each layer."""
        begun = dict(zip(map(id, _variables(self.model)), self._begun, strict=True))
        grown = []
        for layer in self.model.layers:
            weights = layer.trainable_weights
            if weights:
                now, then = _size(weights), _size([begun[id(weight)] for weight in weights])
                grown.append((now / max(then, 1e-30), layer.name, now, then))
        return grown


def _assign(model, values):
    for variable, value in zip(_variables(model), values, strict=True):
        variable.assign(value)


def _finite(arrays):
    return all(np.isfinite(_numpy(array)).all() for array in arrays)


def _size(arrays):
    """Root mean square of the numbers in several arrays, in float64."""
    numbers = np.concatenate([np.ravel(_numpy(array)).astype(np.float64) for array in arrays])
    return float(np.sqrt(np.mean(numbers**2)))


def _list(names, most=4):
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _gentler(model, x=None):
    """What makes steps smaller, likely cures first."""
    rate = float(_numpy(model.optimizer.learning_rate))
    cures = [f"a tenth of the learning rate, which is {rate:.3g}", "clipnorm=1 in the optimizer"]
    if x is None:
        return "; ".join(["scale the input to numbers around zero", *cures])
    if np.abs(x).max() > 10:
        numbers = f"it goes from {x.min():.3g} to {x.max():.3g}"
        cures.insert(0, f"scale the input to numbers around zero ({numbers})")
    return "; ".join(cures)


class Checkpoint(keras.callbacks.Callback):
    """After every epoch keeps all that the rest of the training depends on; resumes from it.

    Kept are the weights, the optimizer's own numbers (its step count too, which the learning
    rate follows), the states of dropout's random numbers, the best weights and the patience of
    early stopping, and the history. The file is replaced as a whole, so a run killed at any
    moment continues from its last complete epoch, and on a CPU ends with the same bits.

    Give the same arguments to ``fit`` again and it goes on. Put this callback after the early
    stopping it watches.

    Args:
        folder: Where ``checkpoint.npz`` and ``history.json`` go; made when missing.
        batches: The :class:`Batches` that ``fit`` trains on.
        stopping: The ``keras.callbacks.EarlyStopping`` of this ``fit``, if there is one.

    Attributes:
        resumed: Epochs that had been done before this ``fit``.
        seconds: Seconds of training so far, those before a break included.
        history: Name → one number for each epoch, those before a break included.

    Raises:
        ValueError: From ``fit``, when the folder holds another run: another network, optimizer,
            seed, recipe or other pictures. The message says which.
    """

    FILE = "checkpoint.npz"
    _STOPPING = ("wait", "stopped_epoch", "best", "best_epoch")

    def __init__(self, folder, batches, stopping=None):  # noqa: D107
        super().__init__()
        self.folder, self.batches, self.stopping = Path(folder), batches, stopping
        self.resumed, self.seconds, self.history = 0, 0.0, {}

    def on_train_begin(self, logs=None):  # noqa: D102
        model = self.model
        model.optimizer.build(model.trainable_variables)
        self.identity = self._identify(model)
        self.resumed, self.seconds, self.history = 0, 0.0, {}
        path = self.folder / self.FILE
        if path.exists():
            self._resume(model, path)
        self._started, self._before = time.perf_counter(), self.seconds

    def on_epoch_begin(self, epoch, logs=None):  # noqa: D102
        self.batches.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):  # noqa: D102
        model = self.model
        _refuse_nan(logs, f"epoch {epoch + 1}")
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self.seconds = self._before + time.perf_counter() - self._started
        arrays = {f"variable-{i}": _numpy(v) for i, v in enumerate(_variables(model))}
        state = {
            "identity": self.identity,
            "epoch": epoch + 1,
            "seconds": self.seconds,
            "history": self.history,
            "stopped": bool(model.stop_training),
        }
        if self.stopping is not None:
            state["stopping"] = {
                name: None if value is None else float(value)
                for name in self._STOPPING
                for value in [getattr(self.stopping, name)]
            }
            for i, weights in enumerate(self.stopping.best_weights or ()):
                arrays[f"best-{i}"] = weights
        arrays["state"] = np.array(json.dumps(state))
        _write(self.folder / self.FILE, lambda file: np.savez(file, **arrays))
        save_history(self.history, self.folder / "history.json")

    def _resume(self, model, path):
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            state = json.loads(str(arrays["state"]))
            identity = state["identity"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path}: not a checkpoint of this package ({error}). Remove the file, or give "
                "another folder."
            ) from error
        for what in self.identity:
            if identity.get(what) != self.identity[what]:
                old, new = _difference(identity.get(what), self.identity[what])
                raise ValueError(
                    f"{path} belongs to another run: its {what} is {old}, and this run's is "
                    f"{new}. Give this run a folder of its own, or remove that one to start "
                    "again."
                )
        for i, variable in enumerate(_variables(model)):
            variable.assign(arrays[f"variable-{i}"])
        self.resumed, self.seconds = state["epoch"], state["seconds"]
        self.history = state["history"]
        if self.stopping is not None:
            for name, value in state["stopping"].items():
                number = value if name == "best" or value is None else int(value)
                setattr(self.stopping, name, number)
            best = [arrays[key] for key in arrays if key.startswith("best-")]
            self.stopping.best_weights = best or None
        # Keras' own BackupAndRestore tells `fit` in the same way where to go on.
        model._initial_epoch = self.params["epochs"] if state["stopped"] else state["epoch"]
        for name, values in self.history.items():
            model.history.history[name] = list(values)
        save_history(self.history, self.folder / "history.json")

    def on_train_end(self, logs=None):  # noqa: D102
        self.model._initial_epoch = None  # the next fit of this model begins at its own start
        self.model.history.epoch = list(range(len(self.history.get("loss", ()))))

    def _identify(self, model):
        """What makes this run this run, in plain values."""
        compiled = model.get_compile_config() or {}
        identity = {
            f"layer {i + 1}": _anonymous(layer.get_config())
            | {"type": type(layer).__name__, "shapes": [list(w.shape) for w in layer.weights]}
            for i, layer in enumerate(model.layers)
        }
        identity |= {"number of layers": len(model.layers)}
        identity |= {key: _anonymous(compiled.get(key)) for key in ("optimizer", "loss", "metrics")}
        if self.stopping is not None:
            identity["early stopping"] = {
                key: getattr(self.stopping, key)
                for key in ("monitor", "patience", "min_delta", "baseline", "start_from_epoch")
            }
        digest = hashlib.sha256(np.ascontiguousarray(self.batches.x))
        digest.update(np.ascontiguousarray(self.batches.y))
        identity |= {
            "seed": self.batches.seed,
            "recipe": asdict(self.batches.recipe),
            "training set": f"{len(self.batches.x)} pictures, sha256 {digest.hexdigest()[:12]}",
        }
        return json.loads(json.dumps(identity, default=str))


def _anonymous(config):
    """A configuration without the names that Keras counts up within one session."""
    if isinstance(config, dict):
        return {key: _anonymous(value) for key, value in config.items() if key != "name"}
    if isinstance(config, (list, tuple)):
        return [_anonymous(value) for value in config]
    return config


def _difference(old, new):
    """The first place in which two plain values differ, as two texts."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *old]:
            if old.get(key) != new.get(key):
                a, b = _difference(old.get(key), new.get(key))
                return f"{key} {a}", f"{key} {b}"
    return str(old), str(new)


def _variables(model):
    """Everything that changes in training: weights, random states, the optimizer's numbers."""
    return [*model.variables, *model.optimizer.variables]


def _numpy(variable):
    return keras.ops.convert_to_numpy(variable)


def _notebook():
    """Whether a Jupyter kernel (Colab's too) runs this."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


class Progress(keras.callbacks.Callback):
    """Shows how training goes: one line that renews itself, with a small curve, in a notebook.

    In a terminal it is one line for each epoch; written to a file, a line now and then. Use it
    with ``fit(..., verbose=0)``.

    Args:
        stream: Where lines go outside a notebook (default: the error stream).
        every: Epochs between two lines where no one looks on.
    """

    def __init__(self, stream=None, every=5):  # noqa: D107
        super().__init__()
        self.stream, self.every = stream, every

    def on_train_begin(self, logs=None):  # noqa: D102
        self._start = time.perf_counter()
        self._rows, self._display, self._last, self._over = [], None, None, False
        if _notebook():
            from IPython.display import display

            self._display = display(self, display_id=True)

    def on_epoch_end(self, epoch, logs=None):  # noqa: D102
        self._rows.append((epoch + 1, dict(logs)))
        if self._display is not None:
            self._display.update(self)
            return
        stream = self.stream or sys.stderr
        seen = stream.isatty()
        if seen or epoch % self.every == 0 or epoch + 1 == self.params["epochs"]:
            self._last = epoch
            print(self, file=stream, flush=True)

    def on_train_end(self, logs=None):  # noqa: D102
        self._over = True
        if self._display is not None and not self._rows:
            self._display.update(self)
        if self._display is None and self._rows and self._last != self._rows[-1][0] - 1:
            print(self, file=self.stream or sys.stderr, flush=True)

    def __repr__(self):
        """Return the present line."""
        if not getattr(self, "_rows", None):
            over = getattr(self, "_over", False)
            return "no epoch was left to run" if over else "training: the first epoch is running"
        epoch, logs = self._rows[-1]
        parts = [f"epoch {epoch} of at most {self.params['epochs']}", f"loss {logs['loss']:.3f}"]
        if "accuracy" in logs:
            parts.append(f"accuracy {logs['accuracy']:.1%}")
        if "val_loss" in logs:
            parts.append(f"validation loss {logs['val_loss']:.3f}")
        if "val_accuracy" in logs:
            parts.append(f"accuracy {logs['val_accuracy']:.1%}")
        parts.append(f"{time.perf_counter() - self._start:.0f} s")
        return ", ".join(parts)

    def _repr_html_(self):
        line = html.escape(repr(self))
        curve = self._curve() if getattr(self, "_rows", None) else ""
        return f'<div style="font-variant-numeric:tabular-nums">{line}<br>{curve}</div>'

    def _curve(self, width=320, height=48):
        """Loss in training and in validation as two small lines."""
        from alexnet_tutorial.figures import COLORS

        losses = {
            name: [logs[name] for _, logs in self._rows if name in logs]
            for name in ("loss", "val_loss")
        }
        top = max(max(values, default=0) for values in losses.values()) or 1
        steps = max(self.params["epochs"] - 1, 1)
        lines = []
        for name, color in (("loss", COLORS["blue"]), ("val_loss", COLORS["orange"])):
            points = " ".join(
                f"{2 + (epoch - 1) * (width - 4) / steps:.1f},"
                f"{2 + (height - 4) * (1 - value / top):.1f}"
                for (epoch, _), value in zip(self._rows, losses[name], strict=False)
            )
            if not losses[name]:
                continue
            lines.append(
                f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>'
            )
        alt = "Loss so far, in training and in validation; the numbers stand above."
        return (
            f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
            f'aria-label="{alt}"><path d="M2 {height - 2}H{width - 2}" stroke="currentColor" '
            f'stroke-width="0.5"/>{"".join(lines)}</svg>'
        )


@dataclass
class Run:
    """What a training came to.

    Attributes:
        network: Name of the network.
        seed: Of first weights, dropout, order and variation.
        test_accuracy: Share of test pictures read correctly; looked at once, at the end.
        validation_accuracy: The same for the validation pictures.
        seconds: Of ``fit`` alone, in all its parts when the run was resumed.
        epochs: How many ran.
        best_epoch: The one whose weights were kept, counted from 1.
        parameters: Learned numbers of the network.
        data_source: A sentence that says where the pictures came from.
        data_kind: "real" or "generated".
        machine: Versions and device.
        recipe: Every number of the training.
        history: Name → one number for each epoch.
        model: The trained Keras model, with the weights of the best epoch.
    """

    network: str
    seed: int
    test_accuracy: float
    validation_accuracy: float
    seconds: float
    epochs: int
    best_epoch: int
    parameters: int
    data_source: str
    data_kind: str
    machine: str
    recipe: Recipe
    history: dict = field(repr=False)
    model: keras.Model = field(repr=False, compare=False)

    def to_json(self) -> dict:
        """Return everything but the model as plain values, ready for ``json.dumps``."""
        values = {key: value for key, value in vars(self).items() if key != "model"}
        return values | {"recipe": asdict(self.recipe)}

    def __str__(self):
        """Return the result in four lines."""
        return (
            f"{self.network}, {self.parameters:,} parameters, seed {self.seed}: "
            f"{self.test_accuracy:.1%} of the test pictures read correctly "
            f"({self.validation_accuracy:.1%} in validation)\n"
            f"trained for {self.seconds:.0f} s, {self.epochs} epochs, kept the weights of epoch "
            f"{self.best_epoch}\n"
            f"data: {self.data_source}\n{self.machine}"
        )


def train(architecture, signs, seed=0, folder=None, epochs=None, recipe=RECIPE, progress=True):
    """Train a network, keep its best epoch by validation loss, and test it once.

    Args:
        architecture: The network's description; its classes are those of the pictures.
        signs: ``train``, ``validation`` and ``test`` sets, ``classes``, ``source``, ``kind``.
        seed: Of first weights, dropout, order and variation.
        folder: Where checkpoints go; a run found there continues. None keeps none.
        epochs: At most so many, instead of the recipe's.
        recipe: The numbers of the training.
        progress: Whether to show how it goes.

    Returns:
        A :class:`Run`.

    Raises:
        ValueError: Before the first step: an empty set or one that lacks a class, labels outside
            the classes, classes that are not the network's, pictures of another rank, type or a
            size under the network's input, or a folder that holds another run. Later: the loss
            is not a number or explodes; the message names the step and the layer where that
            began.
    """
    if epochs is not None:
        recipe = replace(recipe, epochs=epochs)
    size, classes = architecture.input_size, len(signs.classes)
    if architecture.classes != classes:
        raise ValueError(
            f"network {architecture.name!r} ends in {architecture.classes} classes, and the "
            f"pictures have {classes}. Train architecture.with_classes({classes})."
        )
    batches = Batches(signs.train, size, classes, recipe, seed)
    for name in ("train", "validation", "test"):
        pictures = np.asarray(getattr(signs, name).x)
        if pictures.ndim == 4 and pictures.shape[-1] != architecture.channels:
            raise DataError(
                f"{name} set: the pictures have {pictures.shape[-1]} channels in their last axis, "
                f"and network {architecture.name!r} reads {architecture.channels}. Expected "
                "(n, height, width, channels); is this gray, or channels first?"
            )
    validation = _center(signs.validation, size, classes, "validation")
    test = _center(signs.test, size, classes, "test")
    for name in ("train", "validation", "test"):
        check_every_class(getattr(signs, name).y, classes, f"{name} set: the labels")

    from alexnet_tutorial.network import build
    from alexnet_tutorial.session import describe, keep_memory

    keep_memory()
    model = build(architecture, seed=seed)
    compile_model(model, recipe, steps=len(batches))
    stopping = keras.callbacks.EarlyStopping(
        "val_loss", patience=recipe.patience, restore_best_weights=True
    )
    callbacks = [batches.follow(), FiniteLoss(batches), stopping]
    checkpoint = Checkpoint(folder, batches, stopping) if folder is not None else None
    callbacks += [checkpoint] if checkpoint else []
    callbacks += [Progress()] if progress else []
    started = time.perf_counter()
    history = model.fit(
        batches,
        validation_data=validation,
        epochs=recipe.epochs,
        callbacks=callbacks,
        shuffle=False,  # the batches shuffle the pictures themselves
        verbose=0,
    ).history
    seconds = time.perf_counter() - started
    if checkpoint:
        seconds, history = checkpoint.seconds, checkpoint.history
    return Run(
        network=architecture.name,
        seed=seed,
        test_accuracy=accuracy(model, *test),
        validation_accuracy=accuracy(model, *validation),
        seconds=seconds,
        epochs=len(history["loss"]),
        best_epoch=int(stopping.best_epoch) + 1,
        parameters=model.count_params(),
        data_source=signs.source,
        data_kind=signs.kind,
        machine=describe(),
        recipe=recipe,
        history={name: [float(value) for value in values] for name, values in history.items()},
        model=model,
    )


def compile_model(model, recipe, steps):
    """Compile a classifier as the recipe says: Adam, its rate on a cosine, cross-entropy.

    Args:
        model: A Keras classifier with a softmax at its end.
        recipe: The numbers of the training.
        steps: Steps in one epoch.
    """
    rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, recipe.epochs * steps)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=xla(),
    )


def xla():
    """Say whether Keras should compile with XLA: what to pass on as ``jit_compile``.

    On a CPU, TensorFlow runs the compact network as fast without XLA, and XLA first takes the
    time of a dozen epochs to compile it. JAX always compiles.

    Returns:
        False for TensorFlow on a CPU, else ``"auto"``.

    Example:
        >>> xla() in (False, "auto")
        True
    """
    from alexnet_tutorial.session import device

    return False if keras.backend.backend() == "tensorflow" and device() == "cpu" else "auto"


def _center(split, size, classes, name):
    """Pictures and labels as ``fit`` and ``evaluate`` take them: center crops, scaled."""
    try:
        x = prepare(split.x, size)
        check_labels(split.y, len(x), classes, "the labels")
    except DataError as error:
        raise DataError(f"{name} set: {error}") from None
    return x, np.asarray(split.y)


def accuracy(model, x, y):
    """Share of pictures whose most likely class is the right one.

    Args:
        model: A Keras classifier.
        x: Pictures as the model takes them.
        y: Labels, integers (n,).

    Returns:
        A number from 0 to 1.
    """
    return float(np.mean(model.predict(x, verbose=0).argmax(-1) == y))
