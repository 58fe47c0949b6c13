"""Train a network: one ``fit`` for every description, every Keras model and every set.

What it puts together works alone with Keras's own ``compile`` and ``fit`` too. Everything random
follows from the seed and the number of the epoch, so a run can be repeated, and one that was
killed continues to the end it would have had.
"""

import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import keras
import numpy as np

from alexnet_tutorial.pictures import DataError
from alexnet_tutorial.pictures.batches import Batches, reading
from alexnet_tutorial.pictures.labels import Sets, check_every_class
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.shapes.architecture import Architecture

from .checkpoint import Checkpoint
from .finite_loss import FiniteLoss
from .progress import Progress
from .recipe import RECIPE, Recipe, compile_model


@dataclass(kw_only=True)
class Run:
    """What a training came to.

    Attributes:
        network: Name of the network.
        seed: Of order and variation; of first weights and dropout where the network was built.
        test_accuracy: Share of test pictures read correctly; looked at once, at the end. None
            where there are none.
        validation_accuracy: The same for the validation pictures.
        seconds: Of ``fit`` alone, in all its parts when the run was resumed.
        epochs: How many ran.
        best_epoch: The one whose weights were kept, counted from 1.
        parameters: Learned numbers of the network.
        classes: How many classes there are.
        pictures: Set → how many pictures.
        skipped: File → why it could not be read, and was left out.
        data_source: A sentence that says where the pictures came from.
        data_kind: "real", "generated" or "folder".
        machine: Versions and device.
        recipe: Every number of the training.
        history: Name → one number for each epoch.
        preprocessing: How a picture becomes what the network reads.
        model: The trained Keras model, with the weights of the best epoch.
        interrupted: Whether Ctrl-C ended it.
    """

    network: str
    seed: int
    test_accuracy: float | None = None
    validation_accuracy: float | None = None
    seconds: float
    epochs: int
    best_epoch: int
    parameters: int
    classes: int | None
    pictures: dict[str, int]
    skipped: dict[str, str]
    data_source: str = ""
    data_kind: str = ""
    machine: str
    recipe: Recipe
    history: dict[str, list[float]] = field(repr=False)
    preprocessing: Preprocessing
    model: keras.Model = field(repr=False, compare=False)
    interrupted: bool = False

    def to_json(self) -> dict[str, object]:
        """Return everything but the model as plain values, ready for ``json.dumps``."""
        values = {key: value for key, value in vars(self).items() if key != "model"}
        return values | {
            "recipe": asdict(self.recipe),
            "preprocessing": self.preprocessing.to_json(),
        }

    def __str__(self) -> str:
        """Return the result in four lines."""
        said = [
            f"{share:.1%} of the {name} pictures read correctly"
            for name, share in (
                ("test", self.test_accuracy),
                ("validation", self.validation_accuracy),
            )
            if share is not None
        ]
        return (
            f"{self.network}, {self.parameters:,} parameters, seed {self.seed}: "
            f"{', '.join(said) or 'not judged, for no pictures were put aside'}\n"
            f"trained for {self.seconds:.0f} s, {self.epochs} epochs, kept the weights of epoch "
            f"{self.best_epoch}\n"
            f"data: {self.data_source}\n{self.machine}"
        )


def fit(
    network: Architecture | keras.Model,
    batches: Batches,
    validation: Batches | None = None,
    recipe: Recipe = RECIPE,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    *,
    optimizer: keras.optimizers.Optimizer | None = None,
    folder: str | os.PathLike[str] | None = None,
    verbose: str | int = 0,
    precision: str | None = None,
    jit_compile: bool | str | None = None,
    steps_per_execution: int = 1,
) -> Run:
    """Train a network, and keep the epoch with the lowest validation loss.

    Args:
        network: A description, of which a model is built with the seed of the batches; or a Keras
            classifier. One that is compiled already keeps its optimizer and its loss.
        batches: What it learns from; they decide size of a batch, augmentation and seed. Where
            they leave pictures to the device, the network is trained behind layers that finish
            them there.
        validation: What it is judged on after each epoch; None: the last epoch is kept.
        recipe: Epochs, learning rate and patience.
        callbacks: Of Keras; they see each epoch before early stopping and the checkpoint do.
        optimizer: Another than the recipe's Adam.
        folder: Where checkpoints go; a run found there continues. None keeps none.
        verbose: As Keras's ``fit``.
        precision: Of the model that is built, as :func:`alexnet_tutorial.network.build`.
        jit_compile: As :func:`compile_model`.
        steps_per_execution: As :func:`compile_model`.

    Returns:
        A :class:`Run`, its test accuracy open. Ctrl-C ends a training that has done an epoch as
        if it had stopped early.

    Raises:
        ValueError: Before the first step: a network for other classes or pictures, a folder
            that holds another run, or an option that comes too late for a model that is built
            or compiled. Later: the loss is not a number or explodes; the message
            names the step and the layer where that began.
        DataError: A picture cannot be read, where the batches are to stop at that.
    """
    from alexnet_tutorial.network import build
    from alexnet_tutorial.session import describe, keep_memory

    _check_fits(network, batches)
    if validation is not None and validation.on_device != batches.on_device:
        raise ValueError("one of batches and validation has on_device=True: both, or neither.")
    keep_memory()
    how: dict[str, Any] = {
        "data_format": batches.data_format,
        "precision": precision,
        "seed": batches.seed,
    }
    if isinstance(network, Architecture):
        first = batches.first_layers() if batches.on_device else ()
        model = build(network, first=first, **how)
    elif precision is not None:
        raise ValueError(
            f"precision is {precision!r}, and model {network.name!r} is built already: give it to "
            "build."
        )
    else:
        model = network
    late: dict[str, Any] = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
    if optimizer or not model.compiled:
        compile_model(model, recipe, len(batches), optimizer, **late)
    elif (jit_compile, steps_per_execution) != (None, 1):
        raise ValueError(
            f"model {model.name!r} is compiled already: give {' and '.join(late)} to its compile."
        )
    turn = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(batches, "epoch", epoch)
    )
    used = [turn, FiniteLoss(batches), *callbacks]
    stopping = checkpoint = None
    if validation is not None and recipe.patience is not None:
        stopping = keras.callbacks.EarlyStopping(
            "val_loss", patience=recipe.patience, restore_best_weights=True
        )
        used.append(stopping)
    if folder is not None:
        checkpoint = Checkpoint(folder, batches, stopping)
        used.append(checkpoint)
    started, interrupted = time.perf_counter(), False
    with reading(batches, validation) as problems:
        try:
            model.fit(
                batches,
                validation_data=validation,
                epochs=recipe.epochs,
                callbacks=used,
                shuffle=False,  # the batches shuffle the pictures themselves
                verbose=verbose,
            )
        except KeyboardInterrupt:
            if not getattr(model.history, "history", {}).get("loss"):
                raise  # nothing to keep
            interrupted = True
            if stopping and stopping.best_weights is not None:
                model.set_weights(stopping.best_weights)
    history = model.history.history
    seconds = time.perf_counter() - started
    if checkpoint:
        seconds, history = checkpoint.seconds, checkpoint.history
    judged = None if validation is None else accuracy(model, validation)
    if isinstance(network, Architecture) and batches.on_device:
        trained, model = model, build(network, **how)  # what reads finished pictures
        model.set_weights(trained.get_weights())
    return Run(
        network=model.name,
        seed=batches.seed,
        validation_accuracy=judged,
        seconds=seconds,
        epochs=len(history["loss"]),
        best_epoch=int(stopping.best_epoch) + 1 if stopping else len(history["loss"]),
        parameters=model.count_params(),
        classes=batches.classes,
        pictures={
            name: part.pictures
            for name, part in (("train", batches), ("validation", validation))
            if part is not None
        },
        skipped=problems,
        machine=describe(),
        recipe=recipe,
        history={name: [float(value) for value in values] for name, values in history.items()},
        preprocessing=batches.preprocessing,
        model=model,
        interrupted=interrupted,
    )


def train(
    architecture: Architecture,
    sets: Sets,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    epochs: int | None = None,
    recipe: Recipe = RECIPE,
    progress: bool = True,
    on_error: str = "skip",
    callbacks: Iterable[keras.callbacks.Callback] = (),
) -> Run:
    """Train a network on the sets of a collection, keep its best epoch, and test it once.

    Args:
        architecture: The network's description; its classes are those of the pictures.
        sets: The pictures to learn from, to validate on and to test on.
        seed: Of first weights, dropout, order and variation.
        folder: Where checkpoints go; a run found there continues. None keeps none.
        epochs: At most so many, instead of the recipe's.
        recipe: The numbers of the training.
        progress: Whether to show how it goes.
        on_error: What to do at a file that cannot be read: ``"skip"`` or ``"raise"``.
        callbacks: As :func:`fit`.

    Returns:
        A :class:`Run`.

    Raises:
        ValueError: As :func:`fit`; and before the first step an empty set or one that lacks a
            class, labels outside the classes, or pictures of another rank, type or a size under
            the network's input.
    """
    if epochs is not None:
        recipe = replace(recipe, epochs=epochs)
    classes, used = len(sets.classes), {}
    for name in ("train", "validation", "test"):
        pictures, learns = getattr(sets, name), name == "train"
        if pictures is None:
            continue
        try:
            used[name] = Batches(
                pictures,
                architecture.input_size,
                classes,
                batch_size=recipe.batch_size,
                augmentation=recipe.augmentation if learns else None,
                shuffle=learns,
                seed=seed,
                on_error=on_error,
            )
            _check_fits(architecture, used[name])
            check_every_class(used[name].y, classes, "the labels")
        except DataError as error:
            raise DataError(f"{name} set: {error}") from None
    run = fit(
        architecture,
        used["train"],
        used.get("validation"),
        recipe,
        [*callbacks, *([Progress(pictures=used["train"].pictures)] if progress else [])],
        folder=folder,
    )
    test = None if run.interrupted else used.get("test")
    return replace(
        run,
        test_accuracy=accuracy(run.model, test) if test else None,
        pictures={name: part.pictures for name, part in used.items()},
        data_source=sets.source,
        data_kind=sets.kind,
    )


def accuracy(model: keras.Model, batches: Batches) -> float:
    """Share of pictures whose most likely class is the right one.

    Args:
        model: A Keras classifier.
        batches: The pictures, with their labels.

    Returns:
        A number from 0 to 1.
    """
    right = count = 0
    with reading(batches):
        for step in range(len(batches)):
            rows, x = batches.read(step)
            if len(rows):
                said = np.asarray(model.predict_on_batch(x)).argmax(-1)
                right, count = right + int((said == batches.y[rows]).sum()), count + len(rows)
    return right / max(count, 1)


def _check_fits(network, batches):
    """Refuse batches of other classes or other channels than the network is made for."""
    if isinstance(network, Architecture):
        name, outputs, channels = network.name, network.classes, network.channels
    else:
        axis = -1 if batches.data_format == "channels_last" else 1
        name, outputs = network.name, network.output_shape[-1]
        channels = network.input_shape[axis]
    found = 3 if batches.files is not None else batches.x.shape[-1]
    if found != channels:
        raise DataError(
            f"the pictures have {found} channels in their last axis, and network {name!r} reads "
            f"{channels}. Expected (n, height, width, channels); is this gray, or channels first?"
        )
    if batches.classes is not None and outputs != batches.classes:
        raise ValueError(
            f"network {name!r} ends in {outputs} classes, and the pictures have "
            f"{batches.classes}. Train architecture.with_classes({batches.classes})."
        )
