"""The commands that train: where the network goes, by which numbers it learns, how it ends."""

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.shapes.architecture import Architecture, pair

from .output import plain
from .sets import SETS, arrays, learning_set

if TYPE_CHECKING:
    from alexnet_tutorial.training import Recipe, Run

EPOCHS = {"signs": 80, "cifar10": 10, "imagenette": 20}
"""Epochs that each of the package's own sets is trained for, at most."""

STEPS, LEAST_EPOCHS = 1500, 20
"""A folder is trained for so many steps at most, or for so many epochs where those are more."""

ENOUGH = 2000
"""Pictures from which a small network learns about as well anew as from another's weights."""


@dataclass(frozen=True)
class Place:
    """Where a trained network goes, and what it needs to go on after it was stopped.

    Attributes:
        file: The network.
        checkpoints: A folder.
        own: Whether the folder is ours to remove when the network is written.
    """

    file: Path
    checkpoints: Path
    own: bool

    _COMMAND = "command.json"

    @classmethod
    def of(cls, options: argparse.Namespace, name: str) -> "Place":
        """Choose it, and refuse what cannot be written, before anything is computed.

        Args:
            options: ``save`` and ``folder`` of the command; without ``save``, a file that is not
                there yet, unless the same command was stopped and left its checkpoints.
            name: What the file is called then, without its suffix.

        Returns:
            The place.

        Raises:
            ValueError: The file cannot be written.
        """
        folder = getattr(options, "folder", None)
        if options.save:
            check_save(options.save)
            file = Path(options.save)
        else:
            here = Path.cwd() if os.access(".", os.W_OK) else Path.home()
            files = (here / f"{name}{n}.keras" for n in ("", *(f"-{i}" for i in range(2, 10_000))))
            file = next(
                file
                for file in files
                if (file.exists() or cls._folder(file).exists()) <= cls._stopped(file, options)
            )
        checkpoints = Path(folder) if folder else cls._folder(file)
        return cls(file, checkpoints, not folder)

    @staticmethod
    def _folder(file):
        return file.with_name(f"{file.name}.training")

    @classmethod
    def _stopped(cls, file, options):
        """Whether this same command left its checkpoints at a file."""
        try:
            left = json.loads((cls._folder(file) / cls._COMMAND).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return left == cls._words(options)

    @staticmethod
    def _words(options):
        """What makes a command the same command."""
        left_out = ("run", "format", "save", "folder", "command", "on_error")
        words = {key: value for key, value in vars(options).items() if key not in left_out}
        return json.loads(json.dumps(words | {"data": os.path.abspath(options.data)}, default=str))

    @contextlib.contextmanager
    def begun(self, options: argparse.Namespace) -> Iterator[None]:
        """Note which command trains here, and say where it goes; leave nothing where nothing came.

        Args:
            options: Of the command.

        Yields:
            While it trains.
        """
        going_on = any(self.checkpoints.glob("**/checkpoint.npz"))
        if self.own:
            write_whole(self.checkpoints / self._COMMAND, json.dumps(self._words(options)))
        said = f", going on from {self.checkpoints}" if going_on else ""
        say(f"training; the network goes to {self.file}{said}")
        try:
            yield
        except BaseException:
            if not any(self.checkpoints.glob("**/checkpoint.npz")):
                self.end()
            raise

    def end(self) -> None:
        """Remove what only an unfinished training needs."""
        if self.own:
            shutil.rmtree(self.checkpoints, ignore_errors=True)


def say(text: str) -> None:
    """Say on the error stream what is being done.

    Args:
        text: In a line.
    """
    print(plain(text), file=sys.stderr, flush=True)


def check_save(path: str) -> None:
    """Refuse a file that cannot be written, before hours of training rather than after.

    Args:
        path: The file.

    Raises:
        ValueError: Another suffix than Keras', no such folder, a folder in its place, or no
            permission.
    """
    if not path.endswith(".keras"):
        raise ValueError(f"--save {path}: give a file that ends in .keras, as Keras demands.")
    file, folder = Path(path), Path(path).resolve().parent
    if not folder.is_dir():
        raise ValueError(f"--save {path}: its folder is not there. Make it first.")
    if file.is_dir():
        raise ValueError(f"--save {path}: this is a folder. Give the name of a file.")
    try:
        if file.exists() and not os.access(file, os.W_OK):
            raise PermissionError("no permission to change this file")
        with tempfile.TemporaryFile(dir=folder):  # a mere question is not always answered right
            pass
    except OSError as error:
        raise ValueError(
            f"--save {path}: cannot be written there ({error}). Give another place."
        ) from error


def recipe_of(
    options: argparse.Namespace, parameters: int, size: tuple[int, int], pictures: int
) -> "Recipe":
    """Choose the numbers of a training by network and data.

    Args:
        options: ``data``, ``epochs``, ``batch``, ``learning_rate`` and ``augment`` of the command.
        parameters: Of what learns.
        size: Of its input, (height, width), in pixels.
        pictures: How many it learns from.

    Returns:
        The recipe: for a folder ``STEPS`` steps or ``LEAST_EPOCHS`` epochs, whichever are more,
        and a quarter of that without a better validation loss, after which it stops.
    """
    from alexnet_tutorial.pictures.augmentation import AUGMENTATION, CROP_AND_FLIP
    from alexnet_tutorial.training import RECIPE, Recipe
    from alexnet_tutorial.training.recipe import usual_rate

    steps = -(-pictures // options.batch)
    own = EPOCHS.get(options.data)
    epochs = options.epochs or own or max(LEAST_EPOCHS, -(-STEPS // steps))
    augmentations = {"vary": AUGMENTATION, "crop": CROP_AND_FLIP, "none": None}
    # Photographs for a large input are cropped and mirrored, as in 2012.
    usual = "vary" if own or max(size) < 128 else "crop"
    return Recipe(
        epochs=epochs,
        batch_size=options.batch,
        learning_rate=options.learning_rate or usual_rate(parameters),
        patience=RECIPE.patience if own else max(5, epochs // 4),
        augmentation=augmentations[options.augment or usual],
    )


def train_command(options: argparse.Namespace, network: Architecture) -> int:
    """Train a network on a set or a folder, and keep it.

    Args:
        options: Of the command.
        network: The network's description.

    Returns:
        Exit status: 130 where Ctrl-C ended it.
    """
    named = options.data if options.data in SETS else Path(options.data).resolve().name
    place = Place.of(options, f"{named}-{network.name}")
    found = learning_set(options, max(pair(network.input_size)))
    sets = found.sets
    from alexnet_tutorial.session import import_keras

    import_keras()
    from alexnet_tutorial.classifier import Classifier
    from alexnet_tutorial.shapes.ledger import ledger
    from alexnet_tutorial.training import train

    network = network.with_classes(len(sets.classes))
    parameters = ledger(network).parameters
    recipe = recipe_of(options, parameters, pair(network.input_size), len(sets.train))
    with place.begun(options):
        run = train(
            network,
            sets,
            seed=options.seed,
            folder=place.checkpoints,
            recipe=recipe,
            on_error=options.on_error,
        )
    classifier = Classifier(run.model, run.preprocessing, sets.classes, found.names)
    return finish(options, replace(run, skipped=found.problems | run.skipped), classifier, place)


def finish(options: argparse.Namespace, run: "Run", classifier: Any, place: Place) -> int:
    """Write the network, and say what it came to.

    Args:
        options: Of the command.
        run: What the training came to.
        classifier: The network, with its preprocessing and its classes.
        place: Where it goes.

    Returns:
        Exit status: 130 where Ctrl-C ended the training.
    """
    classifier.save(place.file)
    if options.format == "json":
        print(json.dumps(run.to_json() | {"saved": str(place.file)}))
    else:
        print(plain(run, keep="\n"))
        print(plain(f"kept in {place.file}: alexnet-tutorial predict {place.file} PICTURE"))
    if run.interrupted:
        say(
            f"stopped in epoch {run.epochs + 1}: the weights of epoch {run.best_epoch}, the best "
            f"so far, are in {place.file}. The same command goes on from epoch {run.epochs + 1}."
        )
        return 130
    place.end()
    return 0


def finetune_command(options: argparse.Namespace) -> int:
    """Teach a classifier other classes, and keep it.

    Where there are pictures enough for a network that starts anew, everything learns as such a
    network does, from better weights. Else a tenth of the epochs teaches the new head alone, and
    then everything learns at a fifth of the rate, which keeps what was learned before.

    Args:
        options: Of the command.

    Returns:
        Exit status: 130 where Ctrl-C ended it.
    """
    named = options.data if options.data in SETS else Path(options.data).resolve().name
    place = Place.of(options, f"{Path(options.model).stem}-{named}")
    from .judging import load

    classifier = load(options.model)
    preprocessing = classifier.preprocessing
    size = pair(preprocessing.crop)
    found = learning_set(options, max(size), preprocessing.resize)
    sets = found.sets
    data, y = arrays(sets.train)
    held = None if sets.validation is None else arrays(sets.validation)
    recipe = recipe_of(options, classifier.model.count_params(), size, len(sets.train))
    first, whole = None, recipe
    if len(sets.train) < ENOUGH:
        head = max(1, recipe.epochs // 10)
        first = replace(recipe, epochs=head, learning_rate=1e-3)
        rate = options.learning_rate or recipe.learning_rate / 5
        whole = replace(recipe, epochs=max(1, recipe.epochs - head), learning_rate=rate)
    import keras

    from alexnet_tutorial.training import Progress

    said = ("first the new head alone", "then the whole network")
    phases = iter(said if first else ("the whole network",))
    phase = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: say(next(phases)))
    with place.begun(options):
        runs = classifier.finetune(
            *(data, y),
            classes=sets.classes,
            class_names=found.names,
            validation_data=held,
            recipes=(first, whole),
            seed=options.seed,
            on_error=options.on_error,
            folder=place.checkpoints,
            callbacks=[phase, Progress(pictures=len(sets.train))],
            verbose=0,
        )
    run = runs.get("all") or runs["head"]
    if len(runs) == 2:
        before = runs["head"]
        run = replace(
            run,
            history={name: before.history[name] + row for name, row in run.history.items()},
            epochs=before.epochs + run.epochs,
            best_epoch=before.epochs + run.best_epoch,
            seconds=before.seconds + run.seconds,
        )
    run = replace(
        run,
        skipped=found.problems | classifier.problems,
        data_source=sets.source,
        data_kind=sets.kind,
    )
    return finish(options, run, classifier, place)
