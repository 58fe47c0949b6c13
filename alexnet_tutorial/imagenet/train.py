"""Train a network from shards: by the recipe of 2012 or by today's, and go on after any stop.

It is the package's one ``fit`` with its checkpoint after every epoch. An epoch is the unit that a
stop can cost: killed at any moment, the same call goes on with the epoch it was in, from that
epoch's start, and on a CPU ends with the same weights, bit for bit.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from alexnet_tutorial.classifier import Classifier
from alexnet_tutorial.files import write_whole
from alexnet_tutorial.network import build
from alexnet_tutorial.pictures.augmentation import CROP_AND_FLIP, PCAColor
from alexnet_tutorial.pictures.batches import Batches
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.shapes.variants import variant
from alexnet_tutorial.training import Checkpoint, Progress, Recipe, Run, fit
from alexnet_tutorial.training.optimizers import PaperSGD
from alexnet_tutorial.training.recipe import usual_rate

from .shards import load_shards

RECIPES = ("2012", "modern")
PRECISIONS = ("float32", "mixed_bfloat16")  # float16 would have the loss scaled, too
SETTINGS = "settings.json"  # what a training was begun with

DROPS = (25 / 91, 51 / 91, 79 / 91)
"""After which shares of the training 2012's rate is divided by 10.

The paper divided it whenever the validation error stood still. The released run did so after 25,
51 and 79 of its 91 epochs (``layer-params-145.cfg`` in
https://github.com/computerhistory/AlexNet-Source-Code). A fixed plan can be gone on with.
"""


@dataclass(kw_only=True)
class Trained:
    """What a training from shards came to.

    Attributes:
        run: As every training.
        recipe: ``"2012"`` or ``"modern"``.
        classifier: The network with its preprocessing and its classes.
        views: ``"1"`` and ``"10"`` → loss, accuracy and top-5 accuracy on the validation
            pictures; none where Ctrl-C ended the training.
        log: Where the course of the training can be read.
    """

    run: Run
    recipe: str
    classifier: Classifier
    views: dict[str, dict[str, float]]
    log: Path

    def to_json(self) -> dict[str, object]:
        """Return everything but the network as plain values, ready for ``json.dumps``."""
        named = {"named_recipe": self.recipe, "views": self.views, "log": str(self.log)}
        return self.run.to_json() | named

    def __str__(self) -> str:
        """Return the result in a few lines."""
        lines = [str(self.run)]
        for views, measured in self.views.items():
            top_5 = measured.get("top_5_accuracy")
            more = "" if top_5 is None else f", {top_5:.1%} among the first five"
            said = "the center" if views == "1" else "ten views"
            lines.append(f"validation, {said}: {measured['accuracy']:.1%} correct{more}")
        return "\n".join(lines)


def train_shards(
    folder: str | os.PathLike[str],
    into: str | os.PathLike[str],
    recipe: str = "modern",
    *,
    network: str = "alexnet-2012",
    epochs: int = 90,
    batch_size: int = 128,
    learning_rate: float | None = None,
    precision: str = "float32",
    seed: int = 0,
    progress: bool = True,
) -> Trained:
    """Train a network from shards, or go on with a training that was stopped.

    **2012**: bytes minus the mean color; crops from anywhere, half of them mirrored, and PCA color;
    weights and biases as the released program starts them; momentum with weight decay, at a rate
    of 0.01 that falls after ``DROPS``. **modern**: pixels in ±0.5; the same crops; He's weights;
    Adam, its rate on a cosine to zero. Both keep the weights of the last epoch.

    The validation pictures are looked at after every epoch, their centers only; at the end also in
    ten views, as in 2012.

    Args:
        folder: The shards.
        into: Where all goes: ``settings.json``, what it was begun with; ``checkpoint.npz`` and
            ``history.json`` after every epoch; a log, in ``tensorboard/`` where the backend is
            TensorFlow, which writes it, else in ``log.csv``; at the end ``network.keras`` and
            ``result.json``. In a log, an epoch that was stopped after its line was written stands
            twice; in the history, once.
        recipe: ``"2012"`` or ``"modern"``.
        network: Name of a variant.
        epochs: Passes through the training pictures.
        batch_size: Pictures in a step.
        learning_rate: Where it starts; None: 0.01 in 2012's recipe; in the modern one
            :func:`~alexnet_tutorial.training.recipe.usual_rate`.
        precision: ``"float32"``, or ``"mixed_bfloat16"`` for a GPU that is fast with it: maps of 16
            bits, weights of 32.
        seed: Of first weights, order, crops and dropout.
        progress: Whether to report on stderr.

    Returns:
        What it came to.

    Raises:
        ValueError: An unknown recipe, precision or network, a seed below 0; shards of a smaller
            picture than the network needs; or ``into`` holds another training.
        DataError: The shards cannot be used; or one was damaged or taken away while the network
            was trained, which stops it: the epochs until then are kept.
        OSError: ``into`` cannot be written to.
    """
    if recipe not in RECIPES:
        raise ValueError(f"recipe is {recipe!r}, and must be one of {', '.join(RECIPES)}.")
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}, and must be one of {', '.join(PRECISIONS)}.")
    if seed < 0:
        raise ValueError(f"seed is {seed}, and must be an integer of at least 0.")
    architecture = variant(network)
    shards, held = load_shards(folder), load_shards(folder, "val")
    preprocessing = _preprocessing(recipe, architecture, shards.manifest)
    architecture = architecture.with_classes(len(shards.classes))
    batches = Batches(
        shards,
        preprocessing=preprocessing,
        batch_size=batch_size,
        augmentation=CROP_AND_FLIP,
        seed=seed,
        classes=len(shards.classes),
        on_error="raise",  # all of them could be decoded when the shards were made
    )
    validation = Batches(
        held,
        preprocessing=preprocessing,
        batch_size=batch_size,
        augmentation=None,
        shuffle=False,
        seed=seed,
        classes=len(shards.classes),
        on_error="raise",
    )
    _begin(
        Path(into),
        {
            "recipe": recipe,
            "network": network,
            "epochs": epochs,
            "batch size": batch_size,
            "learning rate": learning_rate,
            "precision": precision,
            "seed": seed,
        },
    )
    first = "source" if recipe == "2012" else "he"
    model = inner = build(architecture, initialization=first, precision=precision, seed=seed)
    optimizer = None
    if recipe == "2012":
        color = _color(shards.manifest["pixels"]["covariance"], seed)
        layers = [keras.Input(inner.input_shape[1:]), color, inner]
        model = keras.Sequential(layers, name=architecture.name)
        rate = learning_rate or 0.01
        ends = [max(1, round(share * epochs * len(batches))) for share in DROPS]
        falling = [rate / 10**drops for drops in range(len(ends) + 1)]
        optimizer = PaperSGD(keras.optimizers.schedules.PiecewiseConstantDecay(ends, falling))
    else:
        rate = learning_rate or usual_rate(inner.count_params())
    log, logging = _log(Path(into))
    run = fit(
        model,
        batches,
        validation,
        Recipe(epochs, batch_size, rate, patience=None, augmentation=CROP_AND_FLIP),
        [logging, *([Progress(pictures=len(shards))] if progress else [])],
        optimizer=optimizer,
        folder=into,
    )
    run = replace(
        run,
        model=inner,
        parameters=inner.count_params(),
        data_source=f"{len(shards):,} pictures in {len(shards.files)} shards of {folder}",
        data_kind="folder",
    )
    classifier = Classifier(inner, preprocessing, shards.classes, shards.class_names)
    views: dict[str, dict[str, float]] = {}
    for count in () if run.interrupted else (1, 10):
        views[str(count)] = classifier.evaluate(held, held.y, views=count, batch_size=batch_size)
    trained = Trained(run=run, recipe=recipe, classifier=classifier, views=views, log=log)
    classifier.save(Path(into) / "network.keras")
    write_whole(Path(into) / "result.json", json.dumps(trained.to_json(), indent=1) + "\n")
    return trained


def _begin(into, settings):
    """Write down what a training is begun with; refuse to go on with one of other settings.

    The checkpoint would refuse it too, in the words of optimizers and layers.
    """
    path = into / SETTINGS
    if path.exists() and (into / Checkpoint.FILE).exists():
        try:
            before = json.loads(path.read_text("utf-8"))
            differ = [name for name in settings if before[name] != settings[name]]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path}: cannot be read as the settings of a training ({error}). Remove it, and "
                "give the command that the training was begun with."
            ) from error
        if differ:
            said = ", ".join(f"{name} {before[name]}, now {settings[name]}" for name in differ)
            raise ValueError(
                f"{into}: holds a training that was begun otherwise: {said}. Give the same "
                "command to go on with it, or another folder to begin another."
            )
    try:
        write_whole(path, json.dumps(settings, indent=1) + "\n")
    except OSError as error:
        raise OSError(
            f"{into}: cannot be written to ({error}). Checkpoints go there after every epoch: give "
            "a folder, which need not be there yet, on a disk with room."
        ) from error


def _preprocessing(recipe, architecture, manifest):
    """How a picture of the shards becomes what the network reads."""
    usual = Preprocessing.for_input(architecture.input_size)
    side = manifest["settings"]["side"]
    if side < usual.resize:
        raise ValueError(
            f"the shards hold pictures with a short side of {side} pixels, and {architecture.name} "
            f"is trained on crops of pictures with {usual.resize}. Make the shards with "
            f"--side {usual.resize}, or train a network with a smaller input."
        )
    if recipe == "2012":
        red, green, blue = manifest["pixels"]["mean"]
        return replace(usual, scale=1.0, mean=(red, green, blue))
    return usual


def _color(covariance: Any, seed: int) -> PCAColor:
    """2012's random colors, along the components of all training pixels."""
    variances, components = np.linalg.eigh(np.array(covariance) / 255**2)
    return PCAColor(
        value_range=(0, 255),
        magnitude="deviation",  # as the program has it
        eigenvalues=variances[::-1].clip(0),
        components=components[:, ::-1],
        seed=seed,
        name="color",
    )


def _log(into: Path) -> tuple[Path, keras.callbacks.Callback]:
    """Where the course of the training is written, and what writes it."""
    if keras.backend.backend() == "tensorflow":
        path = into / "tensorboard"
        return path, Events(path)
    path = into / "log.csv"
    return path, keras.callbacks.CSVLogger(str(path), append=True)


class Events(keras.callbacks.Callback):
    """Write what each epoch came to where TensorBoard reads it, one curve for each number.

    Keras's ``TensorBoard`` callback needs TensorBoard itself; TensorFlow alone writes the same
    files, so they can be looked at on another machine. As there, training and validation are two
    runs, and epochs count from 0.

    Args:
        folder: Where the files go.
    """

    def __init__(self, folder: Path):  # noqa: D107
        super().__init__()
        self.folder = folder

    def on_train_begin(self, logs: dict | None = None) -> None:  # noqa: D102
        import tensorflow as tf

        self.writers = {
            part: tf.summary.create_file_writer(str(self.folder / part))
            for part in ("train", "validation")
        }

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: D102
        import tensorflow as tf

        metadata = tf.compat.v1.SummaryMetadata
        scalar = metadata(plugin_data=metadata.PluginData(plugin_name="scalars"))
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        for name, value in {**(logs or {}), "learning_rate": rate}.items():
            part = "validation" if name.startswith("val_") else "train"
            with self.writers[part].as_default(step=epoch):
                number = tf.constant(value, tf.float32)
                tf.summary.write(name.removeprefix("val_"), number, metadata=scalar)
        for writer in self.writers.values():
            writer.flush()
