"""Stop a training whose loss breaks, and say in which step and layer that began."""

import math

import keras
import numpy as np


def state(model: keras.Model) -> list[keras.Variable]:
    """Everything that changes in training: weights, random states, the optimizer's numbers.

    Args:
        model: A compiled model.

    Returns:
        The variables themselves.
    """
    return [*model.variables, *model.optimizer.variables]


class NotFinite(ValueError):
    """The loss is not a number, or exploded; the message says where that began."""


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

    def __init__(self, batches: keras.utils.PyDataset | None = None):  # noqa: D107
        super().__init__()
        self.batches = batches

    def on_train_begin(self, logs: dict | None = None) -> None:  # noqa: D102
        self._limit: float | None = None
        self.model.optimizer.build(self.model.trainable_variables)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:  # noqa: D102
        self._epoch = epoch
        if self.batches is not None:
            self._begun = [keras.ops.copy(variable) for variable in state(self.model)]

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:  # noqa: D102
        self._steps = batch + 1
        loss = float((logs or {}).get("loss", 0.0))
        if self._limit is None:
            self._limit = self.EXPLODED * max(loss, 1.0)
        if self._fails(loss):
            raise NotFinite(self._explain(loss, batch))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: D102
        if not _finite(self.model.trainable_variables):
            raise NotFinite(self._explain((logs or {})["loss"], self._steps - 1))

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
            before = [keras.ops.copy(variable) for variable in state(model)]
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
        begun = dict(zip(map(id, state(self.model)), self._begun, strict=True))
        grown = []
        for layer in self.model.layers:
            weights = layer.trainable_weights
            if weights:
                now, then = _size(weights), _size([begun[id(weight)] for weight in weights])
                grown.append((now / max(then, 1e-30), layer.name, now, then))
        return grown


def _assign(model, values):
    for variable, value in zip(state(model), values, strict=True):
        variable.assign(value)


def _finite(arrays):
    return all(np.isfinite(keras.ops.convert_to_numpy(array)).all() for array in arrays)


def _size(arrays):
    """Root mean square of the numbers in several arrays, in float64."""
    numbers = np.concatenate(
        [np.ravel(keras.ops.convert_to_numpy(array)).astype(np.float64) for array in arrays]
    )
    return float(np.sqrt(np.mean(numbers**2)))


def _list(names, most=4):
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _gentler(model, x=None):
    """What makes steps smaller, likely cures first."""
    rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    cures = [f"a tenth of the learning rate, which is {rate:.3g}", "clipnorm=1 in the optimizer"]
    if x is None:
        return "; ".join(["scale the input to numbers around zero", *cures])
    if x.dtype != np.uint8 and np.abs(x).max() > 10:  # bytes are scaled by the network
        numbers = f"it goes from {x.min():.3g} to {x.max():.3g}"
        cures.insert(0, f"scale the input to numbers around zero ({numbers})")
    return "; ".join(cures)
