"""Mistakes that people bring, put into healthy models at random, named, and cured as advised.

Each kind says what it puts in, which code and layer must be named, a piece of the cure's text, and
what that text means for the model: the cure is applied, the doctor finds no fault any more, and a
step of training gives a finite loss."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L

from alexnet_tutorial.doctor import examine

PER_KIND = 8
SPARSE, CATEGORICAL = "sparse_categorical_crossentropy", "categorical_crossentropy"
BINARY = "binary_crossentropy"


@dataclass(frozen=True)
class Plan:
    """A small network with its data: what a kind changes, and what its cure changes back."""

    size: int = 16
    channels: int = 3
    filters: tuple = (8, 12)
    activations: tuple = ("relu", "relu")
    padding: tuple = ("same", "same")
    kernels: tuple = (3, 3)
    strides: tuple = (1, 1)
    zeros: dict = field(default_factory=dict)  # place of a convolution → zeros behind it
    norm: str = ""  # "" | "trains" | "frozen"
    pixels: bool = False
    dropout: float = 0.4
    last_dropout: float = 0.0
    units: int = 4
    activation: str | None = "softmax"
    loss: Any = SPARSE
    metrics: Any = ("accuracy",)
    optimizer: Any = lambda: keras.optimizers.SGD(0.01)
    second_head: bool = False
    change: Any = None  # what is done to the model after it was compiled
    data: Any = lambda x, y: (x, y)
    labels: str = "numbers"
    raw: float = 1.0  # the largest pixel

    def model(self):
        inputs = x = keras.Input((self.size, self.size, self.channels))
        for i, filters in enumerate(self.filters):
            x = L.Conv2D(
                filters,
                self.kernels[i],
                strides=self.strides[i],
                padding=self.padding[i],
                activation=self.activations[i],
                name=f"conv{i}",
            )(x)
            if self.norm and not i:
                x = L.BatchNormalization(name="norm", trainable=self.norm == "trains")(x)
            if i in self.zeros:
                x = L.ZeroPadding2D(self.zeros[i], name=f"zeros{i}")(x)
            if not self.pixels:
                x = L.MaxPooling2D(2, name=f"pool{i}")(x)
        if self.pixels:
            outputs = L.Conv2D(self.units, 1, activation=self.activation, name="head")(x)
        else:
            x = L.Dense(16, activation="relu", name="hidden")(L.Flatten()(x))
            x = L.Dropout(self.dropout, name="drop")(x)
            outputs = L.Dense(self.units, activation=self.activation, name="head")(x)
        if self.last_dropout:
            outputs = L.Dropout(self.last_dropout, name="late")(outputs)
        if self.second_head:
            outputs = [outputs, L.Dense(4, name="box")(x)]
        model = keras.Model(inputs, outputs)
        metrics = self.metrics() if callable(self.metrics) else list(self.metrics)
        losses = [self.loss, "mse"] if self.second_head else self.loss
        metrics = [metrics, []] if self.second_head else metrics
        model.compile(self.optimizer(), losses, metrics=metrics, run_eagerly=True)
        if self.change is not None:
            self.change(model)
        return model

    def arrays(self, n=12):
        rng = np.random.default_rng(0)
        x = rng.random((n, self.size, self.size, self.channels), dtype="float32") * self.raw
        if self.raw > 1:
            x = np.round(x)
        classes = max(self.units, 2)
        shape = (n, self.size, self.size) if self.pixels else (n,)
        y = rng.permutation(np.arange(np.prod(shape)) % classes).reshape(shape)
        if self.labels == "one-hot":
            y = np.eye(classes, dtype="float32")[y]
        elif self.labels == "measured":
            y = rng.normal(size=n)
        elif self.labels == "several":
            y = [y, rng.random((n, 4))]
        return self.data(x, y)


def plain(rng):
    return Plan(size=int(rng.choice([16, 20, 24])), units=int(rng.integers(3, 9)))


def per_pixel(rng, **options):
    return replace(plain(rng), pixels=True, **options)


def pick(rng, *options):
    return options[int(rng.integers(len(options)))]


def with_loss_on_logits(plan):
    logits = keras.losses.BinaryCrossentropy(from_logits=True)
    return replace(plan, units=1, activation=None, loss=logits)


# ---- Kinds: (broken plan, code, layer, piece of the cure, cured plan) ------------------------


def accuracy_object(rng):
    yes_no = replace(plain(rng), units=1, activation="sigmoid", loss=BINARY)
    good = pick(rng, plain(rng), replace(plain(rng), loss=CATEGORICAL, labels="one-hot"), yes_no)
    bad = replace(good, metrics=lambda: [keras.metrics.Accuracy()])
    return bad, "metric-equality", "head", "metrics=['accuracy']", good


def categorical_metric(rng):
    good = plain(rng)
    metric = pick(rng, "categorical_accuracy", keras.metrics.CategoricalAccuracy)
    bad = replace(good, metrics=lambda: [metric if isinstance(metric, str) else metric()])
    return bad, "metric-labels", "head", "metrics=['accuracy']", good


def sparse_metric(rng):
    good = replace(plain(rng), loss=CATEGORICAL, labels="one-hot")
    metric = pick(rng, "sparse_categorical_accuracy", keras.metrics.SparseCategoricalAccuracy)
    bad = replace(good, metrics=lambda: [metric if isinstance(metric, str) else metric()])
    return bad, "metric-labels", "head", "metrics=['accuracy']", good


def precision_on_numbers(rng):
    kind = pick(rng, keras.metrics.Precision, keras.metrics.Recall, keras.metrics.AUC)
    bad = replace(plain(rng), metrics=lambda: [kind()])
    good = replace(bad, loss=CATEGORICAL, labels="one-hot")
    return bad, "metric-labels", "head", "to_categorical(y,", good


def threshold_on_logits(rng):
    good = with_loss_on_logits(plain(rng))
    way = int(rng.integers(3))
    bad = replace(
        good,
        metrics=(
            ("accuracy",),
            lambda: [keras.metrics.BinaryAccuracy()],
            lambda: [keras.metrics.AUC()],
        )[way],
    )
    right = "AUC(from_logits=True)" if way == 2 else "BinaryAccuracy(threshold=0)"
    cured = replace(
        good,
        metrics=(lambda: [keras.metrics.AUC(from_logits=True)])
        if way == 2
        else (lambda: [keras.metrics.BinaryAccuracy(threshold=0)]),
    )
    return bad, "metric-threshold", "head", right, cured


def precision_on_logits(rng):
    kind = pick(rng, keras.metrics.Precision, keras.metrics.Recall)
    bad = replace(with_loss_on_logits(plain(rng)), metrics=lambda: [kind()])
    cured = replace(bad, activation="sigmoid", loss=BINARY)
    return bad, "metric-threshold", "head", "activation='sigmoid'", cured


def accuracy_of_measurements(rng):
    loss = pick(rng, "mse", "mae", "huber")
    bad = replace(plain(rng), units=1, activation=None, loss=loss, labels="measured")
    return bad, "metric-meaningless", "head", "metrics=['mae']", replace(bad, metrics=("mae",))


def overlap_of_probabilities(rng):
    good = per_pixel(rng)
    metric = keras.metrics.MeanIoU
    bad = replace(good, metrics=lambda: [metric(good.units)])
    cured = replace(good, metrics=lambda: [metric(good.units, sparse_y_pred=False)])
    return bad, "metric-meaningless", "head", "sparse_y_pred=False", cured


def binary_accuracy_of_classes(rng):
    good = pick(rng, plain(rng), replace(plain(rng), loss=CATEGORICAL, labels="one-hot"))
    metric = pick(rng, "binary_accuracy", keras.metrics.BinaryAccuracy)
    bad = replace(good, metrics=lambda: [metric if isinstance(metric, str) else metric()])
    return bad, "metric-meaningless", "head", "metrics=['accuracy']", good


def best_of_all(rng):
    good = replace(plain(rng), units=int(rng.integers(3, 6)))
    metric = keras.metrics.SparseTopKCategoricalAccuracy
    bad = replace(good, metrics=lambda: [metric(good.units + int(rng.integers(0, 3)))])
    return bad, "metric-meaningless", "head", "metrics=['accuracy']", good


def large_rate(rng):
    name, rate = pick(
        rng,
        ("SGD", 2.0),
        ("SGD", 5.0),
        ("Adam", 0.1),
        ("Adam", 1.0),
        ("RMSprop", 0.1),
        ("AdamW", 0.1),
        ("Nadam", 0.5),
        ("Lion", 0.05),
    )
    optimizer = getattr(keras.optimizers, name)
    bad = replace(plain(rng), optimizer=lambda: optimizer(rate))
    right = 0.01 if name == "SGD" else 0.001
    cured = replace(bad, optimizer=lambda: optimizer(learning_rate=right))
    return bad, "learning-rate", None, f"{name}(learning_rate={right:g})", cured


def large_rate_noted(rng):
    name, rate = pick(rng, ("SGD", 0.2), ("SGD", 0.5), ("Adam", 0.02), ("RMSprop", 0.03))
    optimizer = getattr(keras.optimizers, name)
    bad = replace(plain(rng), optimizer=lambda: optimizer(rate))
    right = 0.01 if name == "SGD" else 0.001
    cured = replace(bad, optimizer=lambda: optimizer(learning_rate=right))
    return bad, "learning-rate", None, f"{name}(learning_rate={right:g})", cured


def no_rate(rng):
    name = pick(rng, "SGD", "Adam")
    optimizer = getattr(keras.optimizers, name)
    bad = replace(plain(rng), optimizer=lambda: optimizer(0.0))
    right = 0.01 if name == "SGD" else 0.001
    cured = replace(bad, optimizer=lambda: optimizer(right))
    return bad, "learning-rate", None, f"learning_rate={right:g}", cured


def endless_momentum(rng):
    option, kind, right = pick(
        rng,
        ("momentum", keras.optimizers.SGD, 0.9),
        ("beta_1", keras.optimizers.Adam, 0.9),
        ("beta_2", keras.optimizers.Adam, 0.999),
        ("rho", keras.optimizers.RMSprop, 0.9),
    )
    bad = replace(plain(rng), optimizer=lambda: kind(0.001, **{option: 1.0}))
    cured = replace(bad, optimizer=lambda: kind(0.001, **{option: right}))
    return bad, "momentum", None, f"{option}={right}", cured


def dying_rate(rng):
    schedules = keras.optimizers.schedules
    made = pick(
        rng,
        lambda: schedules.ExponentialDecay(0.01, 1, 0.9),
        lambda: schedules.ExponentialDecay(0.01, 10, 0.5),
        lambda: schedules.InverseTimeDecay(0.01, 1, 1.0),
        lambda: schedules.PolynomialDecay(0.01, 20, 0.0),
        lambda: schedules.CosineDecay(0.01, 30),
    )
    bad = replace(plain(rng), optimizer=lambda: keras.optimizers.SGD(made()))
    cured = replace(
        bad,
        optimizer=lambda: keras.optimizers.SGD(schedules.ExponentialDecay(0.01, 2000, 0.5)),
    )
    return bad, "rate-decays", None, "len(x) // batch_size", cured


def too_much_dropout(rng):
    bad = replace(plain(rng), dropout=float(rng.choice([0.9, 0.95, 0.99])))
    return bad, "dropout-rate", "drop", "Dropout(0.5, name='drop')", replace(bad, dropout=0.5)


def dropout_behind_the_head(rng):
    good = plain(rng)
    bad = replace(good, last_dropout=float(rng.choice([0.2, 0.5])))
    return bad, "dropout-last", "late", "Put late before head", good


def heavy_decay(rng):
    decay = float(rng.choice([0.5, 1.0, 5.0]))
    bad = replace(plain(rng), optimizer=lambda: keras.optimizers.AdamW(weight_decay=decay))
    cured = replace(bad, optimizer=lambda: keras.optimizers.AdamW(weight_decay=0.0005))
    return bad, "weight-decay", None, "weight_decay=0.0005", cured


def thawed_too_late(rng):
    thaws = bool(rng.integers(2))
    name = pick(rng, "conv0", "conv1", "hidden")

    def change(model):
        layer = model.get_layer(name)
        layer.trainable = not thaws
        model.optimizer.build(model.trainable_variables)  # as the first fit does
        layer.trainable = thaws

    def again(model):
        change(model)
        model.compile(keras.optimizers.Adam(1e-5), SPARSE, metrics=["accuracy"], run_eagerly=True)

    bad = replace(plain(rng), change=change)
    return (
        bad,
        "trainable-changed",
        name,
        "Compile again, with a new optimizer",
        replace(bad, change=again),
    )


def borrowed_optimizer(rng):
    good = plain(rng)

    def lent():
        optimizer = keras.optimizers.Adam()
        optimizer.build(keras.Sequential([keras.Input((3,)), L.Dense(2)]).trainable_variables)
        return optimizer

    bad = replace(good, optimizer=lent)
    cured = replace(good, optimizer=keras.optimizers.Adam)
    return bad, "trainable-changed", None, "keras.optimizers.Adam()", cured


def black_and_white(rng):
    if rng.random() < 0.5:
        good = per_pixel(rng, units=2)
    else:
        good = per_pixel(rng, units=1, activation="sigmoid", loss=BINARY)
    bad = replace(good, data=lambda x, y: (x, (255 * y).astype("uint8")))
    cured = replace(good, data=lambda x, y: (x, ((255 * y) > 127.5).astype("uint8")))
    return bad, "labels-range", "head", "(y > 127.5).astype('uint8')", cured


def void_pixels(rng):
    good = per_pixel(rng, metrics=())

    def data(x, y):
        y = y.copy()
        y[:, :2] = 255
        return x, y

    bad = replace(good, data=data)
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    return bad, "labels-range", "head", "(ignore_class=255)", replace(bad, loss=loss)


def gray_levels(rng):
    good = per_pixel(rng)
    step = int(rng.choice([30, 40, 50])) if good.units < 6 else 30
    bad = replace(good, data=lambda x, y: (x, (step * y).astype("uint8")))
    values = [step * i for i in range(good.units)]
    cured = replace(good, data=lambda x, y: (x, np.searchsorted(values, step * y)))
    return bad, "labels-range", "head", "np.searchsorted([0, ", cured


def one_hot_masks(rng):
    bad = per_pixel(rng, labels="one-hot")
    return bad, "labels-one-hot", "head", f"loss='{CATEGORICAL}'", replace(bad, loss=CATEGORICAL)


def number_masks(rng):
    bad = per_pixel(rng, loss=CATEGORICAL)
    return bad, "labels-integers", "head", f"loss='{SPARSE}'", replace(bad, loss=SPARSE)


def small_masks(rng):
    good = per_pixel(rng)
    by = int(rng.choice([2, 4]))
    bad = replace(good, data=lambda x, y: (x, y[:, ::by, ::by]))

    def resized(x, y):
        size = (good.size, good.size)
        small = y[:, ::by, ::by, None].astype("float32")
        larger = keras.ops.image.resize(small, size, interpolation="nearest")
        return x, np.array(larger)

    return bad, "labels-size", "head", "interpolation='nearest'", replace(good, data=resized)


def shrunk_output(rng):
    good = per_pixel(rng)
    bad = replace(good, strides=(2, 1))
    return bad, "labels-size", "head", "UpSampling2D or Conv2DTranspose", None


def colored_masks(rng):
    good = per_pixel(rng, units=2)
    colors = np.array([[0, 0, 0], [255, 0, 0]], "uint8")
    bad = replace(good, data=lambda x, y: (x, colors[y]))
    cured = replace(
        good, data=lambda x, y: (x, (colors[y] == colors[1]).all(axis=-1).astype("uint8"))
    )
    return bad, "labels-classes", "head", "(masks == color).all(axis=-1)", cured


def list_of_pictures(rng):
    good = plain(rng)
    bad = replace(good, data=lambda x, y: (list(x), y))
    cured = replace(good, data=lambda x, y: (np.stack(list(x)), y))
    return bad, "data-source", None, "np.stack(x)", cured


def unlike_pictures(rng):
    good = plain(rng)

    def unlike(x, y):
        pictures = [picture[: len(picture) - i % 3] for i, picture in enumerate(x)]
        if rng.random() < 0.5:
            array = np.empty(len(pictures), dtype=object)
            array[:] = pictures
            return array, y
        return pictures, y

    return replace(good, data=unlike), "data-dtype", None, "np.stack(pictures)", good


def missing_pictures(rng):
    good = plain(rng)

    def missing(x, y):
        pictures = [None if i % 5 == 1 else picture for i, picture in enumerate(x)]
        if rng.random() < 0.5:
            return pictures, y
        array = np.empty(len(pictures), dtype=object)
        array[:] = pictures
        return array, y

    return replace(good, data=missing), "data-dtype", None, "if one is None", good


def names_of_classes(rng):
    good = plain(rng)
    names = np.array([f"class {i}" for i in range(9)])
    kind = pick(rng, str, object, "S10")
    bad = replace(good, data=lambda x, y: (x, names[y].astype(kind)))
    cured = replace(good, data=lambda x, y: (x, np.unique(names[y], return_inverse=True)[1]))
    return bad, "data-dtype", None, "np.unique(y, return_inverse=True)", cured


def as_dataset(x, y):
    import tensorflow as tf

    tensors = x if y is None else (x, y)
    return tf.data.Dataset.from_tensor_slices(tensors)


def without_labels(rng):
    good = plain(rng)
    way = int(rng.integers(2))

    def alone(x, y):
        return (as_dataset(x, None).batch(4) if way else (x[i : i + 4] for i in (0, 4))), None

    return (
        replace(good, data=alone),
        "labels-missing",
        None,
        "yield pictures, labels",
        replace(good, data=lambda x, y: (as_dataset(x, y).batch(4), None)),
    )


def lists_from_a_generator(rng):
    good = plain(rng)
    bad = replace(good, data=lambda x, y: (([x, y] for _ in range(3)), None))
    cured = replace(good, data=lambda x, y: (((x, y) for _ in range(3)), None))
    return bad, "data-source", None, "yield x, y", cured


def labels_beside_a_dataset(rng):
    good = plain(rng)
    bad = replace(good, data=lambda x, y: (as_dataset(x, y).batch(4), y))
    cured = replace(good, data=lambda x, y: (as_dataset(x, y).batch(4), None))
    return bad, "data-source", None, "Leave y out", cured


def dataset_without_batches(rng):
    good = plain(rng)
    bad = replace(good, data=lambda x, y: (as_dataset(x, y), None))
    cured = replace(good, data=lambda x, y: (as_dataset(x, y).batch(32), None))
    return bad, "data-no-batch", None, "dataset.batch(32)", cured


def uncalled_generator(rng):
    good = plain(rng)

    def batches():
        yield good.arrays()

    bad = replace(good, data=lambda x, y: (batches, None))
    return (
        bad,
        "data-source",
        None,
        "`batches()`",
        replace(good, data=lambda x, y: (((x, y) for _ in range(2)), None)),
    )


def one_hot_for_yes_or_no(rng):
    good = replace(plain(rng), units=1, activation="sigmoid", loss=BINARY)
    bad = replace(good, labels="one-hot")
    cured = replace(bad, data=lambda x, y: (x, y.argmax(axis=1)))
    return bad, "labels-classes", "head", "y.argmax(axis=1)", cured


def yes_or_no_for_two_units(rng):
    activation = pick(rng, "softmax", "sigmoid")
    bad = replace(plain(rng), units=2, activation=activation, loss=BINARY)
    cured = replace(bad, activation="softmax", loss=SPARSE)
    return bad, "independent-classes", "head", f"loss='{SPARSE}'", cured


def class_numbers_for_one_unit(rng):
    classes = int(rng.integers(3, 8))
    labels = np.arange(12) % classes
    bad = replace(
        plain(rng), units=1, activation="sigmoid", loss=BINARY, data=lambda x, y: (x, labels)
    )
    cured = replace(bad, units=classes, activation="softmax", loss=SPARSE)
    text = f"Dense({classes}, activation='softmax', name='head')` with loss='{SPARSE}'"
    return bad, "labels-range", "head", text, cured


def forgotten_activation(rng):
    at = int(rng.integers(2))
    good = plain(rng)
    bad = replace(good, activations=("linear", "relu") if not at else ("relu", "linear"))
    return bad, "no-activation", f"conv{at}", "activation='relu'", good


def padding_behind(rng):
    at, kernel = int(rng.integers(2)), int(rng.choice([3, 5]))
    good = replace(plain(rng), kernels=(kernel, kernel))
    padding = tuple("valid" if i == at else "same" for i in range(2))
    bad = replace(good, padding=padding, zeros={at: kernel // 2})
    return bad, "padding-after", f"zeros{at}", "padding='same'", good


def arguments_of_torch(rng):
    filters = int(rng.choice([16, 24, 32]))
    bad = replace(
        plain(rng), size=64, filters=(3, 12), kernels=(filters, 3), padding=("valid", "same")
    )
    cured = replace(bad, filters=(filters, 12), kernels=(3, 3))
    return bad, "torch-arguments", "conv0", f"Conv2D({filters}, 3", cured


def pictures_twice(rng):
    good = plain(rng)
    bad = replace(good, data=lambda x, y: ([x, y], None))
    return bad, "data-inputs", None, "model.fit(x[0], x[1])", good


def one_y_for_two_outputs(rng):
    good = replace(plain(rng), second_head=True, labels="several")
    bad = replace(good, data=lambda x, y: (x, y[0]))
    return bad, "labels-outputs", None, "{'head': …, 'box': …}", good


def sixteen_bits(rng):
    top = int(rng.choice([4095, 65535]))
    bad = replace(plain(rng), raw=top, norm="")
    cured = replace(bad, data=lambda x, y: (x.astype("float32") / top, y))
    return bad, "data-range", None, f"/ {top}", cured


def raw_into_frozen_norm(rng):
    bad = replace(plain(rng), raw=255, norm="frozen")
    cured = replace(bad, data=lambda x, y: (x.astype("float32") / 255, y))
    return bad, "data-range", None, "/ 255", cured


KINDS = [
    *(accuracy_object, categorical_metric, sparse_metric, precision_on_numbers),
    *(threshold_on_logits, precision_on_logits, accuracy_of_measurements),
    *(overlap_of_probabilities, binary_accuracy_of_classes, best_of_all, large_rate),
    *(large_rate_noted, no_rate, endless_momentum, dying_rate, too_much_dropout),
    *(dropout_behind_the_head, heavy_decay, thawed_too_late, borrowed_optimizer),
    *(black_and_white, void_pixels, gray_levels, one_hot_masks, number_masks, small_masks),
    *(shrunk_output, colored_masks, list_of_pictures, unlike_pictures, missing_pictures),
    *(names_of_classes, without_labels, lists_from_a_generator, labels_beside_a_dataset),
    *(dataset_without_batches, uncalled_generator, one_hot_for_yes_or_no),
    *(yes_or_no_for_two_units, class_numbers_for_one_unit, forgotten_activation, padding_behind),
    *(arguments_of_torch, pictures_twice, one_y_for_two_outputs, sixteen_bits),
    *(raw_into_frozen_norm,),
]
NOTES = {large_rate_noted}


def findings(plan):
    x, y = plan.arrays()
    return examine(plan.model(), x, y)


def named(kind, seed):
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    bad, code, layer, text, cured = kind(rng)
    report = findings(bad)
    found = [
        finding
        for finding in (report.findings if kind in NOTES else report.faults)
        if finding.code == code and finding.layer == layer and text in finding.cure
    ]
    return found, report, cured


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_mistake_is_named_and_its_cure_cures(kind):
    found, report, cured = named(kind, 0)
    assert found, str(report)
    assert len(report.faults) <= 2, f"one mistake, several faults:\n{report}"
    if cured is None:
        return
    report = findings(cured)
    assert not report.faults, str(report)
    x, y = cured.arrays()
    history = cured.model().fit(x, y, epochs=1, steps_per_epoch=None, verbose=0, batch_size=12)
    assert np.isfinite(history.history["loss"][0])


@pytest.mark.slow
def test_mutants_of_these_kinds_are_named_at_their_layer(capsys):
    named_of, missed = Counter(), []
    for kind in KINDS:
        for seed in range(1, PER_KIND + 1):
            found, report, _ = named(kind, seed)
            if found:
                named_of[kind.__name__] += 1
            else:
                missed.append((kind.__name__, seed, str(report)))
    total = PER_KIND * len(KINDS)
    with capsys.disabled():
        print(f"\n{sum(named_of.values())} of {total} mutants named at their layer")
    assert total >= 300
    assert len(missed) <= 0.02 * total, missed[:10]
