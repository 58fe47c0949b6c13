"""Every number of a training that is not the network's own, and how a model is compiled by it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from alexnet_tutorial.network.layers import LRN
from alexnet_tutorial.pictures.augmentation import AUGMENTATION, Augmentation


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
            a dozen without one are common before the rate nears zero. None: it never stops
            early, and keeps the weights of the last epoch instead of the best.
        augmentation: How far pictures vary.

    Raises:
        ValueError: A number is out of range.
    """

    epochs: int = 80
    batch_size: int = 32
    learning_rate: float = 1e-3
    patience: int | None = 30
    augmentation: Augmentation | None = AUGMENTATION

    def __post_init__(self) -> None:  # noqa: D105
        for name in ("epochs", "batch_size", "patience"):
            value = getattr(self, name)
            if name == "patience" and value is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}, and must be an integer of at least 1.")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate is {self.learning_rate!r}, and must be above 0.")


RECIPE = Recipe()

LARGE = 5_000_000
"""Parameters from which on a rate that teaches the compact network makes one diverge."""


def usual_rate(parameters: int) -> float:
    """Give the rate at which Adam usually starts, by the size of the network.

    Args:
        parameters: Of the network.

    Returns:
        The learning rate.

    Example:
        >>> usual_rate(370_000), usual_rate(61_000_000)
        (0.001, 0.0001)
    """
    return 1e-4 if parameters >= LARGE else RECIPE.learning_rate


def compile_model(
    model: keras.Model,
    recipe: Recipe,
    steps: int,
    optimizer: keras.optimizers.Optimizer | None = None,
    *,
    jit_compile: bool | str | None = None,
    steps_per_execution: int = 1,
) -> None:
    """Compile a classifier as the recipe says: Adam, its rate on a cosine, cross-entropy.

    Args:
        model: A Keras classifier with a softmax at its end.
        recipe: The numbers of the training.
        steps: Steps in one epoch.
        optimizer: Another than the recipe's.
        jit_compile: As Keras's ``compile``; or ``"parts"``, for a long training on a CPU: on
            TensorFlow, XLA compiles response normalization and the optimizer's update, which
            pass through memory step by step otherwise, and leaves convolutions alone, which it
            makes slower. JAX compiles everything in any case. None: :func:`xla`.
        steps_per_execution: As Keras's ``compile``: training steps in one call. More save the
            time between them; callbacks see only the last of them.

    Raises:
        ValueError: ``jit_compile`` is something else.
    """
    jit_compile = xla() if jit_compile is None else jit_compile
    if jit_compile not in (True, False, "auto", "parts"):
        raise ValueError(
            f"jit_compile is {jit_compile!r}, and must be True, False, 'auto' or 'parts'."
        )
    in_parts = jit_compile == "parts" and keras.backend.backend() == "tensorflow"
    whole = "auto" if jit_compile == "parts" else jit_compile
    rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, recipe.epochs * steps)
    model.compile(
        optimizer=optimizer or keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False if in_parts else whole,
        steps_per_execution=steps_per_execution,
    )
    if in_parts:
        for layer in _layers(model):
            if isinstance(layer, LRN):
                layer.jit_compile = True
        compile_update(model.optimizer)


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """The layers of a model and of the models in it."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer)


def compile_update(optimizer: keras.optimizers.Optimizer) -> None:
    """Let XLA join the steps of an optimizer's update, on TensorFlow and in a graph.

    Step by step, an update reads and writes all weights as often as its formula has operations:
    memory sets its time.

    Args:
        optimizer: Any of Keras; it is changed.
    """
    import tensorflow as tf

    plain = optimizer.apply

    def apply(grads: Sequence[Any], trainable_variables: Any = None) -> None:
        if tf.executing_eagerly():  # it would be compiled at every step
            plain(grads, trainable_variables)
            return
        optimizer.build(trainable_variables)  # XLA can make no variables
        update = tf.function(
            lambda slopes: plain(slopes, trainable_variables), jit_compile=True, autograph=False
        )
        update(list(grads))

    optimizer.apply = apply


def xla() -> bool | str:
    """Say whether Keras should compile with XLA: what to pass on as ``jit_compile``.

    On a CPU, TensorFlow runs the compact network as fast without XLA, and XLA first takes the
    time of a dozen epochs to compile it. On JAX, Keras compiles unless it is told not to.

    Returns:
        False for TensorFlow on a CPU, else ``"auto"``.

    Example:
        >>> xla() in (False, "auto")
        True
    """
    from alexnet_tutorial.session import device

    return False if keras.backend.backend() == "tensorflow" and device() == "cpu" else "auto"
