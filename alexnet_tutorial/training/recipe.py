"""Every number of a training that is not the network's own, and how a model is compiled by it."""

from dataclasses import dataclass

import keras

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


def compile_model(
    model: keras.Model,
    recipe: Recipe,
    steps: int,
    optimizer: keras.optimizers.Optimizer | None = None,
) -> None:
    """Compile a classifier as the recipe says: Adam, its rate on a cosine, cross-entropy.

    Args:
        model: A Keras classifier with a softmax at its end.
        recipe: The numbers of the training.
        steps: Steps in one epoch.
        optimizer: Another than the recipe's.
    """
    rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, recipe.epochs * steps)
    model.compile(
        optimizer=optimizer or keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=xla(),
    )


def xla() -> bool | str:
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
