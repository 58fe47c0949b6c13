"""A classifier to keep: a network with its preprocessing and the names of its classes, in one file.

Weights alone answer wrong when pictures are scaled in another way than in training, and answer
in numbers when the names are lost. A :class:`Classifier` holds the three together: it learns from
arrays or from a folder of pictures, is judged on them, names what it sees, gets a new head for
other classes, and is saved and loaded whole.
"""

import contextlib
import json
import os
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from alexnet_tutorial.evaluation import check_k, top_k_accuracy
from alexnet_tutorial.network import layers  # noqa: F401  # registers what a saved network is made of
from alexnet_tutorial.pictures.batches import Arrays, Files, PictureBatches
from alexnet_tutorial.pictures.folder import Folder, check_on_error, load_folder
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.pictures.signs import check_labels
from alexnet_tutorial.session import keep_memory
from alexnet_tutorial.shapes.architecture import Architecture
from alexnet_tutorial.shapes.variants import variant
from alexnet_tutorial.training import CENTER, FiniteLoss, xla

MEMBER = "alexnet_tutorial.json"
"""What the file holds beside what Keras writes: preprocessing and classes."""


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

    def __init__(self, model, preprocessing, classes, class_names=None):  # noqa: D107
        self.preprocessing, self.problems = preprocessing, {}
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
        architecture,
        classes,
        class_names=None,
        preprocessing=None,
        *,
        initialization="he",
        data_format="channels_last",
        seed=0,
    ):
        """Build an untrained classifier from a description.

        Args:
            architecture: An :class:`Architecture`, or the name of a variant.
            classes: As :class:`Classifier`; the network gets as many outputs.
            class_names: As :class:`Classifier`.
            preprocessing: None takes pixels / 255 - 0.5, and a short side that leaves at least a
                tenth beside the crop: 256 for 224 and 227, 64 for 57.
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
        if preprocessing is None:
            crop = architecture.input_size
            short = -(-11 * max(crop) // 320) * 32
            preprocessing = Preprocessing(short, crop, mean=(CENTER,) * 3)
        return cls(model, preprocessing, classes, names)

    def __repr__(self):
        """Name, size and classes."""
        return (
            f"Classifier({self.model.name!r}, {self.model.count_params():,} parameters, "
            f"{len(self.classes)} classes, {self.data_format})"
        )

    # --- learning ------------------------------------------------------------------------------

    def compile(self, learning_rate=1e-4, optimizer=None):
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
        x,
        y=None,
        *,
        validation_data=None,
        epochs=1,
        batch_size=32,
        augment=True,
        seed=0,
        on_error="skip",
        callbacks=(),
        verbose="auto",
    ):
        """Train on arrays or on a folder.

        Args:
            x: Pictures, uint8 (n, height, width, 3); or a folder, as a path or loaded.
            y: Labels of arrays: integers, or names of classes (n,).
            validation_data: The same: ``(x, y)``, or a folder.
            epochs: Passes through the pictures.
            batch_size: Pictures in one step.
            augment: Random crops and mirroring; otherwise every epoch shows the centers.
            seed: Of order, crops and mirroring.
            on_error: ``"skip"`` leaves out pictures that cannot be read, and warns with their
                names in the end; ``"raise"`` stops at the first.
            callbacks: Keras callbacks.
            verbose: As Keras' ``fit``.

        Returns:
            Keras' ``History``.

        Raises:
            ValueError: Labels or classes that are not the classifier's, or a loss that is not a
                number or explodes; the message names the step and the layer.
            DataError: Pictures that cannot be used.
        """
        data = self._labeled(x, y, on_error)
        if validation_data is not None:
            pair = validation_data if isinstance(validation_data, tuple) else (validation_data,)
            held = self._labeled(*pair, on_error=on_error)
            held = self._batches(*held, batch_size, on_error=on_error)
        else:
            held = None
        batches = self._batches(
            *data, batch_size, shuffle=True, augment=augment, seed=seed, on_error=on_error
        )
        if not self.model.compiled:
            self.compile()
        keep_memory()
        tensorflow = keras.backend.backend() == "tensorflow" and isinstance(data[0], Folder)
        with self._reading(batches, held):
            history = self.model.fit(
                batches.tf_data() if tensorflow else batches,
                validation_data=held,
                epochs=epochs,
                callbacks=[batches.follow(), FiniteLoss(batches), *callbacks],
                shuffle=False,  # the batches shuffle the pictures themselves
                verbose=verbose,
            )
        return history

    def replace_head(self, classes, class_names=None, seed=0):
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
        x,
        y=None,
        *,
        classes=None,
        epochs=(5, 5),
        learning_rate=(1e-3, 1e-5),
        validation_data=None,
        batch_size=32,
        augment=True,
        seed=0,
        on_error="skip",
        verbose="auto",
    ):
        """Learn other classes: a new head on the frozen network, then everything, slowly.

        Args:
            x: As :meth:`fit`.
            y: As :meth:`fit`; integers count in ``classes``.
            classes: The new classes; a folder brings its own.
            epochs: Of the head alone, and of the whole network.
            learning_rate: Of the head alone, and of the whole network.
            validation_data: As :meth:`fit`.
            batch_size: As :meth:`fit`.
            augment: As :meth:`fit`.
            seed: As :meth:`fit`, and of the new head.
            on_error: As :meth:`fit`.
            verbose: As :meth:`fit`.

        Returns:
            ``{"head": history, "all": history}``, each name → one number for each epoch.

        Raises:
            ValueError: As :meth:`fit`. What is refused before training leaves the classifier as
                it was.
        """
        x = load_folder(x, on_error=on_error) if isinstance(x, (str, os.PathLike)) else x
        names = None
        if isinstance(x, Folder):
            classes, names = x.classes, x.class_names
        if classes is None:
            raise ValueError(
                "finetune does not know the new classes. Give their names, classes=[…], in the "
                "order of the labels; a folder of pictures brings its own."
            )
        after = Classifier(self.model, self.preprocessing, self.classes, self.class_names)
        after.replace_head(classes, names, seed)
        after._labeled(x, y, on_error)  # refuses what does not fit before anything is changed
        self._take(after.model, after.classes, after.class_names)
        body = [layer for layer in self.model.layers if layer is not _head(self.model)]
        histories, problems = {}, {}
        phases = zip(("head", "all"), epochs, learning_rate, strict=True)
        try:
            for phase, passes, rate in phases:
                for layer in body:
                    layer.trainable = phase == "all"
                self.compile(rate)
                histories[phase] = self.fit(
                    x,
                    y,
                    validation_data=validation_data,
                    epochs=passes,
                    batch_size=batch_size,
                    augment=augment,
                    seed=seed,
                    on_error=on_error,
                    verbose=verbose,
                ).history
                problems |= self.problems
        finally:
            for layer in body:
                layer.trainable = True
        self.problems = problems
        return histories

    # --- judging -------------------------------------------------------------------------------

    def predict_proba(self, x, *, views=1, batch_size=32, on_error="raise"):
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
        source = self._pictures(x, on_error)
        result = np.full((len(source), len(self.classes)), np.nan, "float32")
        for rows, p in self._outputs(source, views, batch_size, on_error):
            result[rows] = p
        return result

    def predict(self, x, *, views=1, batch_size=32, on_error="raise"):
        """Name the most likely class of each picture.

        Args:
            x: As :meth:`predict_proba`.
            views: As :meth:`predict_proba`.
            batch_size: As :meth:`predict_proba`.
            on_error: ``"raise"``, or ``"skip"``: pictures that cannot be read are called None.

        Returns:
            Names out of ``class_names``, (n,).
        """
        p = self.predict_proba(x, views=views, batch_size=batch_size, on_error=on_error)
        names = [None if np.isnan(row[0]) else self.class_names[row.argmax()] for row in p]
        return np.array(names, None if None not in names else object)

    def predict_top(self, x, k=5, *, views=1, batch_size=32, on_error="raise"):
        """Give the k most likely classes of each picture, with their probabilities.

        Args:
            x: As :meth:`predict_proba`.
            k: How many.
            views: As :meth:`predict_proba`.
            batch_size: As :meth:`predict_proba`.
            on_error: ``"raise"``, or ``"skip"``: pictures that cannot be read get no answer.

        Returns:
            For each picture a list of k :class:`Prediction`, the most likely first; equally
            likely ones in the order of ``classes``.

        Raises:
            ValueError: ``k`` is above the number of classes.
        """
        check_k(k, len(self.classes))
        p = self.predict_proba(x, views=views, batch_size=batch_size, on_error=on_error)
        return [
            []
            if np.isnan(row[0])
            else [
                Prediction(self.class_names[i], float(row[i]), self.classes[i])
                for i in np.argsort(-row, kind="stable")[:k]
            ]
            for row in p
        ]

    def evaluate(self, x, y=None, *, views=1, batch_size=32, on_error="skip"):
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
        source, labels = self._labeled(x, y, on_error)
        parts = list(self._outputs(source, views, batch_size, on_error))
        if not parts:
            raise ValueError(f"none of the {len(source)} pictures can be read.")
        rows, p = (np.concatenate(part) for part in zip(*parts, strict=True))
        labels = labels[rows]
        right = np.maximum(p[np.arange(len(p)), labels], np.finfo("float32").tiny)
        result = {
            "loss": float(-np.log(right.astype("float64")).mean()),
            "accuracy": float(np.mean(p.argmax(1) == labels)),
        }
        if len(self.classes) > 5:
            result["top_5_accuracy"] = top_k_accuracy(labels, p, 5)
        return result | {"pictures": len(p), "views": views, "skipped": len(self.problems)}

    def score(self, x, y=None):
        """Give the share of pictures classified right, as scikit-learn's classifiers do.

        Args:
            x: As :meth:`fit`.
            y: As :meth:`fit`.

        Returns:
            A number from 0 to 1.
        """
        return self.evaluate(x, y)["accuracy"]

    # --- keeping -------------------------------------------------------------------------------

    def save(self, path):
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
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = {
            "format": 1,
            "preprocessing": self.preprocessing.to_json(),
            "classes": list(self.classes),
            "class_names": list(self.class_names),
        }
        # A model around the same layers that was never compiled: without the optimizer's numbers.
        bare = keras.Model(self.model.inputs[0], self.model.outputs[0], name=self.model.name)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".keras")
        try:
            os.close(handle)
            bare.save(part)
            with zipfile.ZipFile(part, "a") as archive:
                archive.writestr(MEMBER, json.dumps(facts))
            with open(part, "rb+") as file:
                os.fsync(file.fileno())
            os.chmod(part, 0o644)  # mkstemp makes it private
            os.replace(part, path)
        finally:
            Path(part).unlink(missing_ok=True)
        return path

    @classmethod
    def load(cls, path):
        """Read a classifier that :meth:`save` wrote.

        Args:
            path: The file.

        Returns:
            A :class:`Classifier`, not compiled.

        Raises:
            ValueError: No such file, half a file, one that was changed on its way, or a Keras
                model without preprocessing and classes.
        """
        path = Path(path)
        if not path.is_file():
            raise ValueError(f"{path}: there is no such file. Expected what Classifier.save wrote.")
        try:
            with zipfile.ZipFile(path) as archive:
                broken = archive.testzip()
                facts = archive.read(MEMBER) if MEMBER in archive.namelist() else None
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
            raise ValueError(
                f"{path}: not a whole .keras file ({error}; {path.stat().st_size:,} bytes). It is "
                "something else, or was cut short while it was written or copied: copy it again."
            ) from error
        if broken:
            raise ValueError(
                f"{path}: its part {broken} does not have the checksum it was written with. The "
                "file was damaged on its way: copy it again."
            )
        if facts is None:
            raise ValueError(
                f"{path} holds no {MEMBER}: it was not written by Classifier.save, so its "
                "preprocessing and classes are unknown. If you know them: "
                "Classifier(keras.models.load_model(path), preprocessing, classes)."
            )
        try:
            facts = json.loads(facts)
            if facts["format"] != 1:
                raise ValueError(f"its format is {facts['format']!r}, and 1 is known")
            preprocessing = Preprocessing.from_json(facts["preprocessing"])
            classes, names = facts["classes"], facts["class_names"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: its {MEMBER} cannot be used: {error}.") from error
        try:
            model = keras.models.load_model(path, compile=False)
        except Exception as error:  # Keras raises many kinds here
            raise ValueError(
                f"{path}: Keras {keras.__version__} cannot load this network: {error}"
            ) from error
        return cls(model, preprocessing, classes, names)

    # --- inside --------------------------------------------------------------------------------

    def _pictures(self, x, on_error):
        """What can be read: a folder, files, or arrays."""
        check_on_error(on_error)
        if isinstance(x, (str, os.PathLike)):
            path = Path(x)
            x = load_folder(path, on_error=on_error) if path.is_dir() else [path]
        if isinstance(x, Folder):
            return x
        if isinstance(x, (list, tuple)) and x and isinstance(x[0], (str, os.PathLike)):
            return Files(x)
        return Arrays(x)

    def _labeled(self, x, y=None, on_error="skip"):
        """Pictures, and the place of each one's class in ``classes``."""
        source = self._pictures(x, on_error)
        if isinstance(source, Folder):
            if y is not None:
                raise ValueError("a folder brings its own labels: leave y out.")
            return source, self._places(source.classes, str(source.path))[source.y]
        if y is None:
            raise ValueError("labels are missing: give y, one for each picture.")
        y = np.asarray(y)
        if y.dtype.kind in "UO":
            y = self._places(y.tolist(), "y") if y.ndim == 1 else y
        check_labels(y, len(source), len(self.classes), "y")
        return source, y.astype("int64")

    def _places(self, names, where):
        unknown = sorted({str(name) for name in names if name not in self._index})
        if unknown:
            raise ValueError(
                f"{where}: {len(unknown)} classes are unknown to this classifier, the first "
                f"{unknown[0]!r}. It knows {len(self.classes)}: {_some(self.classes)}. For other "
                "classes use finetune."
            )
        return np.array([self._index[name] for name in names], "int64")

    def _batches(self, source, labels, batch_size, **options):
        return PictureBatches(
            source,
            labels,
            self.preprocessing,
            batch_size,
            data_format=self.data_format,
            **options,
        )

    def _outputs(self, source, views, batch_size, on_error):
        """(rows, probabilities averaged over the views), batch by batch."""
        size = max(batch_size // views, 1) if views in (1, 10) else batch_size
        batches = self._batches(source, None, size, views=views, on_error=on_error)
        with self._reading(batches):
            for step in range(len(batches)):
                rows, x = batches.read(step)
                if len(rows):
                    p = np.asarray(self.model.predict_on_batch(_filled_up(x)))[: len(x)]
                    yield rows, p.reshape(len(rows), views, -1).mean(1)

    @contextlib.contextmanager
    def _reading(self, *sets):
        """Name the pictures that could not be read, and raise what stopped a set as it was."""
        sets = [batches for batches in sets if batches is not None]
        try:
            with warnings.catch_warnings():
                # How many batches a folder gives is known when all of it was decoded once.
                warnings.filterwarnings("ignore", "Your input ran out of data")
                yield
        except Exception:
            for batches in sets:
                if batches.failure is not None:
                    raise batches.failure from None
            raise
        self.problems = {}
        for batches in sets:
            self.problems |= getattr(batches.source, "problems", {}) | batches.problems
        if self.problems:
            lines = "\n".join(f"- {problem}" for problem in self.problems.values())
            warnings.warn(
                f"{len(self.problems)} pictures cannot be read and were left out:\n{lines}",
                stacklevel=4,
            )


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
                "ImageNet, give the wnids as classes, and names from datasets.folder.class_names."
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
