"""A classifier to keep: a network with its preprocessing and the names of its classes, in one file.

Weights alone answer wrong when pictures are scaled in another way than in training, and answer
in numbers when the names are lost. A :class:`Classifier` holds the three together: it learns from
arrays or from a folder of pictures, is judged on them, names what it sees, gets a new head for
other classes, and is saved and loaded whole.
"""

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from alexnet_tutorial.evaluation import check_k, top_k_accuracy
from alexnet_tutorial.files import write_whole
from alexnet_tutorial.network import layers  # noqa: F401  # registers what a saved network is made of
from alexnet_tutorial.pictures.augmentation import CROP_AND_FLIP
from alexnet_tutorial.pictures.batches import Batches, found, reading
from alexnet_tutorial.pictures.folder import Files, Folder
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.shapes.architecture import Architecture
from alexnet_tutorial.shapes.variants import variant
from alexnet_tutorial.training import Recipe, Run, compile_model, fit, xla
from alexnet_tutorial.weights.keras_file import MEMBER, check_keras, check_keras_file, read_facts

Pictures = str | os.PathLike[str] | Files | np.typing.ArrayLike


class Prediction(NamedTuple):
    """One answer of a classifier.

    Attributes:
        name: What the class is called.
        confidence: The network's probability, 0 to 1.
        label: The class itself, as in ``Classifier.classes``: for ImageNet, the wnid.
    """

    name: str
    confidence: float
    label: str


class Classifier:
    """A Keras model that knows how its pictures are prepared and what its classes are called.

    Pictures are given as they are: uint8 arrays (n, height, width, 3) of any size, whatever the
    network's data format; paths of files; or a folder with one subfolder for each class.

    Args:
        model: A Keras model (functional or sequential) from one picture to probabilities: it
            ends in a softmax over the classes.
        preprocessing: How a picture becomes the model's input.
        classes: The classes in the order of the outputs, as folders are called: for ImageNet the
            wnids. No two alike.
        class_names: What the classes are called; None takes ``classes``.

    Attributes:
        data_format: ``"channels_last"`` or ``"channels_first"``, read from the model's input.
        problems: File → why it was left out, of the last call that read pictures.

    Raises:
        ValueError: The model does not take such pictures or does not give such classes.

    Example:
        >>> net = Classifier.from_architecture("compact", ["cat", "dog"])
        >>> x = np.zeros((1, 80, 60, 3), np.uint8)
        >>> net.predict_proba(x).shape, str(net.predict(x)[0]) in ("cat", "dog")
        ((1, 2), True)
    """

    def __init__(  # noqa: D107
        self,
        model: keras.Model,
        preprocessing: Preprocessing,
        classes: Sequence[str],
        class_names: Sequence[str] | None = None,
    ):
        self.preprocessing = preprocessing
        self.problems: dict[str, str] = {}
        self.data_format = _data_format(model, preprocessing.crop)
        _head(model)
        self._take(model, *_checked_classes(model.output_shape[-1], classes, class_names))

    def _take(self, model, classes, class_names):
        self.model, self.classes, self.class_names = model, classes, class_names
        self._index = {name: i for i, name in enumerate(class_names)}
        self._index |= {name: i for i, name in enumerate(classes)}

    @classmethod
    def from_architecture(
        cls,
        architecture: Architecture | str,
        classes: Sequence[str],
        class_names: Sequence[str] | None = None,
        preprocessing: Preprocessing | None = None,
        *,
        initialization: str = "he",
        data_format: str = "channels_last",
        seed: int = 0,
    ) -> "Classifier":
        """Build an untrained classifier from a description.

        Args:
            architecture: An :class:`Architecture`, or the name of a variant.
            classes: As :class:`Classifier`; the network gets as many outputs.
            class_names: As :class:`Classifier`.
            preprocessing: None takes :meth:`Preprocessing.for_input`.
            initialization: As :func:`alexnet_tutorial.network.build`.
            data_format: As :func:`alexnet_tutorial.network.build`.
            seed: As :func:`alexnet_tutorial.network.build`.

        Returns:
            A :class:`Classifier`.

        Raises:
            ValueError: An unknown variant, or classes that do not fit.
        """
        from alexnet_tutorial.network import build

        if not isinstance(architecture, Architecture):
            architecture = variant(architecture)
        classes, names = _checked_classes(len(classes), classes, class_names)
        model = build(
            architecture.with_classes(len(classes)),
            initialization=initialization,
            data_format=data_format,
            seed=seed,
        )
        preprocessing = preprocessing or Preprocessing.for_input(architecture.input_size)
        return cls(model, preprocessing, classes, names)

    def __repr__(self) -> str:
        """Name, size and classes."""
        return (
            f"Classifier({self.model.name!r}, {self.model.count_params():,} parameters, "
            f"{len(self.classes)} classes, {self.data_format})"
        )

    # --- learning ------------------------------------------------------------------------------

    def compile(
        self, learning_rate: float = 1e-4, optimizer: keras.optimizers.Optimizer | None = None
    ) -> None:
        """Choose how ``fit`` learns; without this it does with what stands here.

        Args:
            learning_rate: Of Adam.
            optimizer: A Keras optimizer, instead of Adam.
        """
        self.model.compile(
            optimizer=optimizer or keras.optimizers.Adam(learning_rate),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=xla(),
        )

    def fit(
        self,
        x: Pictures,
        y: np.typing.ArrayLike | None = None,
        *,
        validation_data: Any = None,
        epochs: int = 1,
        batch_size: int = 32,
        augment: bool = True,
        seed: int = 0,
        on_error: str = "skip",
        callbacks: Iterable[keras.callbacks.Callback] = (),
        verbose: str | int = "auto",
        recipe: Recipe | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> Run:
        """Train on arrays or on a folder, with :func:`alexnet_tutorial.training.fit`.

        Args:
            x: Pictures, uint8 (n, height, width, 3); or a folder, as a path or loaded.
            y: Labels of arrays: integers, or names of classes (n,).
            validation_data: The same: ``(x, y)``, or a folder.
            epochs: Passes through the pictures; the weights of the last one are kept.
            batch_size: Pictures in one step.
            augment: Random crops and flips; otherwise every epoch shows the centers.
            seed: Of order, crops and flips.
            on_error: ``"skip"`` leaves out pictures that cannot be read, and warns with their
                names in the end; ``"raise"`` stops at the first.
            callbacks: Keras callbacks.
            verbose: As Keras's ``fit``.
            recipe: The numbers of the training, instead of ``epochs``, ``batch_size``,
                ``augment`` and what was compiled: its rate falls on a cosine, and the best epoch
                is kept.
            folder: Where checkpoints go; a training found there continues. None keeps none.

        Returns:
            What it came to, ``history`` and more.

        Raises:
            ValueError: Labels or classes that are not the classifier's, or a loss that is not a
                number or explodes; the message names the step and the layer.
            DataError: Pictures that cannot be used.
        """
        compiled = recipe is None
        if recipe is None:
            recipe = Recipe(
                epochs=epochs,
                batch_size=batch_size,
                patience=None,
                augmentation=CROP_AND_FLIP if augment else None,
            )
        batches = self._labeled(
            x,
            y,
            batch_size=recipe.batch_size,
            shuffle=True,
            augmentation=recipe.augmentation,
            seed=seed,
            on_error=on_error,
        )
        validation = None
        if validation_data is not None:
            held = validation_data if isinstance(validation_data, tuple) else (validation_data,)
            validation = self._labeled(*held, batch_size=recipe.batch_size, on_error=on_error)
        if not compiled:
            compile_model(self.model, recipe, len(batches))
        elif not self.model.compiled:
            self.compile()
        run = fit(
            self.model, batches, validation, recipe, callbacks, folder=folder, verbose=verbose
        )
        self.problems = run.skipped
        return run

    def replace_head(
        self,
        classes: Sequence[str],
        class_names: Sequence[str] | None = None,
        seed: int = 0,
    ) -> None:
        """Put a new, untrained last layer in place of the old one, for other classes.

        Args:
            classes: As :class:`Classifier`.
            class_names: As :class:`Classifier`.
            seed: Of the new weights.

        Raises:
            ValueError: Classes that do not fit, or a network without a dense layer at its end.
        """
        classes, names = _checked_classes(len(classes), classes, class_names)
        head = _head(self.model)
        new = keras.layers.Dense(
            len(classes),
            activation="softmax",
            kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
            name=head.name,
        )
        model = keras.Model(self.model.inputs[0], new(head.input), name=self.model.name)
        self._take(model, classes, names)

    def finetune(
        self,
        x: Pictures,
        y: np.typing.ArrayLike | None = None,
        *,
        classes: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        epochs: tuple[int, int] = (5, 5),
        learning_rate: tuple[float, float] = (1e-3, 1e-5),
        recipes: tuple[Recipe | None, Recipe] | None = None,
        seed: int = 0,
        on_error: str = "skip",
        folder: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> dict[str, Run]:
        """Learn other classes: a new head on the frozen network, then everything, slowly.

        Args:
            x: As :meth:`fit`.
            y: As :meth:`fit`; integers count in ``classes``.
            classes: The new classes; a folder brings its own.
            class_names: What they are called; a folder brings that too.
            epochs: Of the head alone, and of the whole network.
            learning_rate: Of the head alone, and of the whole network.
            recipes: The numbers of both trainings, instead of ``epochs`` and ``learning_rate``;
                rates that fall on a cosine, and the best epoch kept. None in place of the first
                leaves it out: everything learns from the start.
            seed: As :meth:`fit`, and of the new head.
            on_error: As :meth:`fit`.
            folder: As :meth:`fit`, with a subfolder for each phase.
            **options: What else :meth:`fit` takes.

        Returns:
            ``{"head": run, "all": run}``, what the two phases came to; one alone where the first
            was left out, or Ctrl-C ended it.

        Raises:
            ValueError: As :meth:`fit`. What is refused before training leaves the classifier as
                it was.
        """
        x = found(x, on_error)
        if isinstance(x, Folder):
            classes, class_names = x.classes, x.class_names
        if classes is None:
            raise ValueError(
                "finetune does not know the new classes. Give their names, classes=[…], in the "
                "order of the labels; a folder of pictures brings its own."
            )
        after = Classifier(self.model, self.preprocessing, self.classes, self.class_names)
        after.replace_head(classes, class_names, seed)
        after._labeled(x, y, on_error=on_error)  # what does not fit changes nothing
        self._take(after.model, after.classes, after.class_names)
        body = [layer for layer in self.model.layers if layer is not _head(self.model)]
        runs: dict[str, Run] = {}
        phases = zip(("head", "all"), epochs, learning_rate, recipes or (None, None), strict=True)
        try:
            for phase, passes, rate, recipe in phases:
                if recipes and recipe is None:
                    continue
                for layer in body:
                    layer.trainable = phase == "all"
                self.compile(rate)
                place = None if folder is None else Path(folder) / phase
                runs[phase] = self.fit(
                    *(x, y),
                    **{"epochs": passes, "seed": seed, "on_error": on_error, **options},
                    recipe=recipe,
                    folder=place,
                )
                if runs[phase].interrupted:
                    break
        finally:
            for layer in body:
                layer.trainable = True
        self.problems = {k: v for run in runs.values() for k, v in run.skipped.items()}
        return runs

    # --- judging -------------------------------------------------------------------------------

    def predict_proba(
        self, x: Pictures, *, views: int = 1, batch_size: int = 32, on_error: str = "raise"
    ) -> np.ndarray:
        """Give the probability of every class.

        Args:
            x: Pictures, uint8 (n, height, width, 3); the path of one, or a list of paths; or a
                folder, as a path or loaded.
            views: 1: the center; 10: corners, center and their mirror images, averaged after the
                softmax, as in 2012.
            batch_size: Crops that are computed at a time.
            on_error: ``"raise"``, or ``"skip"``: pictures that cannot be read get rows of NaN.

        Returns:
            float32 (n, classes), in the order of ``classes``.

        Raises:
            DataError: Pictures that cannot be used.
        """
        batches = self._batches(x, views=views, batch_size=batch_size, on_error=on_error)
        result = np.full((batches.pictures, len(self.classes)), np.nan, "float32")
        for rows, p in self._outputs(batches):
            result[rows] = p
        return result

    def predict(self, x: Pictures, **options: Any) -> np.ndarray:
        """Name the most likely class of each picture.

        Args:
            x: As :meth:`predict_proba`.
            **options: As :meth:`predict_proba`; a skipped picture is called None.

        Returns:
            Names out of ``class_names``, (n,).
        """
        p = self.predict_proba(x, **options)
        names = [None if np.isnan(row[0]) else self.class_names[row.argmax()] for row in p]
        return np.array(names, None if None not in names else object)

    def predict_top(self, x: Pictures, k: int = 5, **options: Any) -> list[list[Prediction]]:
        """Give the k most likely classes of each picture, with their probabilities.

        Args:
            x: As :meth:`predict_proba`.
            k: How many.
            **options: As :meth:`predict_proba`; a skipped picture gets no answer.

        Returns:
            For each picture a list of k :class:`Prediction`, the most likely first; equally
            likely ones in the order of ``classes``.

        Raises:
            ValueError: ``k`` is above the number of classes.
        """
        check_k(k, len(self.classes))
        return [
            [
                Prediction(self.class_names[i], float(row[i]), self.classes[i])
                for i in np.argsort(-row, kind="stable")[:k]
                if not np.isnan(row[i])
            ]
            for row in self.predict_proba(x, **options)
        ]

    def evaluate(
        self,
        x: Pictures,
        y: np.typing.ArrayLike | None = None,
        *,
        views: int = 1,
        batch_size: int = 32,
        on_error: str = "skip",
    ) -> dict[str, float]:
        """Measure how well pictures are classified.

        Args:
            x: As :meth:`fit`.
            y: As :meth:`fit`.
            views: As :meth:`predict_proba`.
            batch_size: As :meth:`predict_proba`.
            on_error: As :meth:`fit`.

        Returns:
            ``loss`` (cross-entropy), ``accuracy`` (top-1) and, with more than five classes,
            ``top_5_accuracy``, shares from 0 to 1; ``pictures``, how many were read; ``views``;
            ``skipped``, how many could not be read (``problems`` names them).

        Raises:
            ValueError: As :meth:`fit`.
        """
        labels, p = self.answers(x, y, views=views, batch_size=batch_size, on_error=on_error)
        more = {"views": views, "skipped": len(self.problems)}
        return self.measured(labels, p) | more

    def measured(self, labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """Measure answers that :meth:`answers` gave.

        Args:
            labels: The right answers, places in ``classes``, (n,).
            probabilities: The network's, (n, classes).

        Returns:
            What :meth:`evaluate` returns, but for ``views`` and ``skipped``.
        """
        p = probabilities
        right = np.maximum(p[np.arange(len(p)), labels], np.finfo("float32").tiny)
        result = {
            "loss": float(-np.log(right.astype("float64")).mean()),
            "accuracy": float(np.mean(p.argmax(1) == labels)),
        }
        if len(self.classes) > 5:
            result["top_5_accuracy"] = top_k_accuracy(labels, p, 5)
        return result | {"pictures": len(p)}

    def answers(
        self, x: Pictures, y: np.typing.ArrayLike | None = None, **options: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give right answers and the network's, for whatever is to be counted from them.

        Args:
            x: As :meth:`fit`.
            y: As :meth:`fit`.
            **options: ``views``, ``batch_size`` and ``on_error``, as :meth:`evaluate`.

        Returns:
            Labels, places in ``classes``, int64 (n,), and probabilities, float32 (n, classes), of
            the pictures that can be read.

        Raises:
            ValueError: As :meth:`fit`.
        """
        batches = self._labeled(x, y, **options)
        parts = list(self._outputs(batches))
        if not parts:
            raise ValueError(f"none of the {batches.pictures} pictures can be read.")
        rows, p = (np.concatenate(part) for part in zip(*parts, strict=True))
        return batches.y[rows], p

    def score(self, x: Pictures, y: np.typing.ArrayLike | None = None) -> float:
        """Give the share of pictures classified right, as scikit-learn's classifiers do.

        Args:
            x: As :meth:`fit`.
            y: As :meth:`fit`.

        Returns:
            A number from 0 to 1.
        """
        return self.evaluate(x, y)["accuracy"]

    # --- keeping -------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write network, preprocessing and classes to one file, whole or not at all.

        The file is a Keras archive with one member more, so ``keras.models.load_model`` opens it
        too (after ``import alexnet_tutorial.network``, where the network has such layers). What
        the optimizer keeps is left out.

        Args:
            path: The file; it ends in ``.keras``.

        Returns:
            The path.

        Raises:
            ValueError: Another ending.
        """
        path = Path(path)
        if path.suffix != ".keras":
            raise ValueError(f"{path}: the file's name must end in .keras, as Keras demands.")
        facts = {
            "format": 1,
            "preprocessing": self.preprocessing.to_json(),
            "classes": list(self.classes),
            "class_names": list(self.class_names),
        }
        # A model around the same layers that was never compiled: without the optimizer's numbers.
        bare = keras.Model(self.model.inputs[0], self.model.outputs[0], name=self.model.name)
        with tempfile.TemporaryDirectory() as folder:
            archived = Path(folder) / path.name
            bare.save(archived)
            with zipfile.ZipFile(archived, "a") as archive:
                archive.writestr(MEMBER, json.dumps(facts))
            with open(archived, "rb") as whole:
                return write_whole(path, lambda file: shutil.copyfileobj(whole, file))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Classifier":
        """Read a classifier that :meth:`save` wrote.

        Args:
            path: The file.

        Returns:
            A :class:`Classifier`, not compiled.

        Raises:
            ValueError: No such file, half a file, one that was changed on its way, a Keras model
                without preprocessing and classes, or one made to do harm; or this Keras is too
                old to read what may be a stranger's.
        """
        path = Path(path)
        if not path.is_file():
            raise ValueError(f"{path}: there is no such file. Expected what Classifier.save wrote.")
        check_keras(keras.__version__)
        facts = read_facts(path)
        if facts is None:
            raise ValueError(
                f"{path} holds no {MEMBER}: it was not written by Classifier.save, so its "
                "preprocessing and classes are unknown. If you know them: "
                "Classifier(keras.models.load_model(path), preprocessing, classes)."
            )
        check_keras_file(path)
        try:
            model = keras.models.load_model(path, compile=False)
        except Exception as error:  # Keras raises many kinds here
            raise ValueError(
                f"{path}: Keras {keras.__version__} cannot load this network: {error}"
            ) from error
        return cls(model, *facts)

    # --- inside --------------------------------------------------------------------------------

    def _batches(self, x, labels=None, *, views=1, batch_size=32, on_error="skip", **options):
        """Batches of pictures as the network takes them; ``batch_size`` counts crops."""
        size = max(batch_size // views, 1) if views in (1, 10) else batch_size
        return Batches(
            x,
            classes=None if labels is None else len(self.classes),
            labels=labels,
            preprocessing=self.preprocessing,
            batch_size=size,
            views=views,
            data_format=self.data_format,
            on_error=on_error,
            **({"augmentation": None, "shuffle": False} | options),
        )

    def _labeled(self, x, y=None, *, on_error="skip", **options):
        """Batches with the place of each picture's class in ``classes``."""
        x = found(x, on_error)
        if isinstance(x, Folder):
            if y is not None:
                raise ValueError("a folder brings its own labels: leave y out.")
            y = self._places(x.classes, str(x.path))[x.y]
        if y is None:
            raise ValueError("labels are missing: give y, one for each picture.")
        y = np.asarray(y)
        if y.dtype.kind in "UO" and y.ndim == 1:
            y = self._places(y.tolist(), "y")
        return self._batches(x, y, on_error=on_error, **options)

    def _places(self, names, where):
        unknown = sorted({str(name) for name in names if name not in self._index})
        if unknown:
            raise ValueError(
                f"{where}: {len(unknown)} classes are unknown to this classifier, the first "
                f"{unknown[0]!r}. It knows {len(self.classes)}: {_some(self.classes)}. For other "
                "classes use finetune."
            )
        return np.array([self._index[name] for name in names], "int64")

    def _outputs(self, batches: Batches) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(rows, probabilities averaged over the views), batch by batch."""
        with reading(batches) as self.problems:
            for step in range(len(batches)):
                rows, x = batches.read(step)
                if len(rows):
                    p = np.asarray(self.model.predict_on_batch(_filled_up(x)))[: len(x)]
                    yield rows, p.reshape(len(rows), batches.views, -1).mean(1)


def _some(names, most=8):
    return ", ".join(names[:most]) + (f", … {names[-1]}" if len(names) > most else "")


def _checked_classes(outputs, classes, class_names):
    """Classes and their names as tuples of text, as many as there are outputs."""
    classes = tuple(str(name) for name in classes)
    names = classes if class_names is None else tuple(str(name) for name in class_names)
    if len(classes) < 2:
        raise ValueError(
            f"{len(classes)} classes ({_some(classes)}): expected at least two to choose from."
        )
    if len(classes) != outputs or len(names) != len(classes):
        raise ValueError(
            f"the network has {outputs} outputs, and there are {len(classes)} classes with "
            f"{len(names)} names. Give one of each for every output, or replace the head."
        )
    for what, values in (("classes", classes), ("class names", names)):
        twice = (
            sorted({name for name in values if values.count(name) > 1})
            if (len(set(values)) < len(values))
            else []
        )
        if twice:
            raise ValueError(
                f"two {what} are called {twice[0]!r}. Answers could not be told apart: for "
                "ImageNet, give the wnids as classes, and names from pictures.labels.class_names."
            )
    return classes, names


def _filled_up(x):
    """Fill a batch up to a power of two: each size is compiled anew, so there are to be few."""
    missing = (1 << (len(x) - 1).bit_length()) - len(x)
    return np.pad(x, [(0, missing)] + [(0, 0)] * (x.ndim - 1))


def _data_format(model, crop):
    """Read the data format from the model's input, and check its size."""
    try:
        shape = tuple(model.input_shape[1:])
        model.output_shape[-1]
    except (AttributeError, ValueError, TypeError):
        raise ValueError(
            f"model {model.name!r} is not built, or has several inputs or outputs. Expected a "
            "functional or sequential model with a fixed input shape."
        ) from None
    formats = {(*crop, 3): "channels_last", (3, *crop): "channels_first"}
    if shape not in formats:
        raise ValueError(
            f"model {model.name!r} takes pictures of shape {shape}, and the preprocessing gives "
            f"{(*crop, 3)}, or {(3, *crop)} with channels first. Take the crop of the network's "
            "input."
        )
    return formats[shape]


def _head(model):
    """The dense layer that ends a model, a softmax of its own after it or not."""
    softmax = False
    for layer in reversed(model.layers):
        activation = getattr(layer, "activation", None)
        if isinstance(layer, keras.layers.Softmax) or activation is keras.activations.softmax:
            softmax = True
        if isinstance(layer, keras.layers.Dense) and softmax:
            return layer
        if not isinstance(layer, (keras.layers.Softmax, keras.layers.Activation)):
            break
    last = model.layers[-1]
    raise ValueError(
        f"model {model.name!r} ends in {type(last).__name__} {last.name!r}. Expected a dense layer "
        "and a softmax, so that outputs are probabilities and the head can be replaced."
    )
