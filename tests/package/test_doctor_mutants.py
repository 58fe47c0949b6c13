"""Healthy networks of many shapes, each with one fault put in at a random place: does the doctor
name that fault at that layer? What is expected comes from who put the fault in, never from the
doctor's code. Networks are built without weights, so that only shapes are worked out."""

from collections import Counter
from functools import cache
from itertools import product

import keras
import numpy as np
import pytest
from keras import layers as L

from alexnet_tutorial.doctor import CODES, examine, without_weights
from alexnet_tutorial.network import build
from alexnet_tutorial.shapes import (
    LRN,
    Architecture,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Pool,
)

PER_KIND = 6
FORMATS = ("channels_last", "channels_first")


# ---- Healthy networks -----------------------------------------------------------------------


def picture(size, data_format, channels=3):
    return (size, size, channels) if data_format == "channels_last" else (channels, size, size)


def plain(rng, data_format, padding=None):
    """Sequential: convolutions with ReLU, pools, dense layers."""
    padding = padding or str(rng.choice(["same", "valid"]))
    size = int(rng.integers(48, 97))
    net = [keras.Input(picture(size, data_format, int(rng.choice([1, 3]))))]
    filters = int(rng.integers(9, 20))
    for block in range(int(rng.integers(2, 4))):
        for i in range(int(rng.integers(1, 3))):
            net.append(
                L.Conv2D(
                    filters,
                    int(rng.choice([3, 5])) if block == 0 else 3,
                    padding=padding,
                    activation=str(rng.choice(["relu", "elu", "gelu"])),
                    data_format=data_format,
                    name=f"conv{block}_{i}",
                )
            )
        pool = L.MaxPooling2D if rng.random() < 0.7 else L.AveragePooling2D
        net.append(pool(2, padding=padding, data_format=data_format, name=f"pool{block}"))
        filters += int(rng.integers(4, 20))
    net.append(L.Flatten())
    for i in range(int(rng.integers(1, 3))):
        net.append(L.Dense(int(rng.integers(30, 90)), activation="relu", name=f"hidden{i}"))
        if rng.random() < 0.5:
            net.append(L.Dropout(0.4, name=f"drop{i}"))
    net.append(L.Dense(int(rng.integers(3, 15)), activation="softmax", name="head"))
    return keras.Sequential(net)


def padded(rng, data_format):
    """Functional: explicit zeros before each convolution."""
    size = int(rng.integers(40, 90))
    inputs = x = keras.Input(picture(size, data_format))
    x = L.Rescaling(1.0, name="scale")(x)
    for i in range(int(rng.integers(2, 5))):
        pad = int(rng.integers(1, 3))
        x = L.ZeroPadding2D(pad, data_format=data_format, name=f"pad{i}")(x)
        x = L.Conv2D(
            int(rng.integers(9, 40)),
            2 * pad + 1,
            activation="relu",
            data_format=data_format,
            name=f"conv{i}",
        )(x)
        if i % 2:
            x = L.MaxPooling2D(3, strides=2, data_format=data_format, name=f"pool{i}")(x)
    x = L.Flatten(name="flatten")(x)
    x = L.Dense(int(rng.integers(20, 60)), activation="tanh", name="hidden")(x)
    x = L.Dense(int(rng.integers(3, 15)), activation="softmax", name="head")(x)
    return keras.Model(inputs, x)


def normalized(rng, data_format):
    """Functional: convolution, batch normalization, then the activation; global pooling."""
    axis = -1 if data_format == "channels_last" else 1
    inputs = x = keras.Input(picture(int(rng.integers(40, 90)), data_format))
    for i in range(int(rng.integers(3, 6))):
        x = L.Conv2D(
            int(rng.integers(9, 40)),
            int(rng.choice([3, 5])),
            padding="same",
            strides=int(rng.choice([1, 2])),
            use_bias=False,
            data_format=data_format,
            name=f"conv{i}",
        )(x)
        x = L.BatchNormalization(axis=axis, name=f"norm{i}")(x)
        x = L.Activation("relu", name=f"relu{i}")(x)
    x = L.GlobalAveragePooling2D(data_format=data_format, name="average")(x)
    x = L.Dense(int(rng.integers(3, 15)), activation="softmax", name="head")(x)
    return keras.Model(inputs, x)


def residual(rng, data_format):
    """Functional: blocks whose input is added to their output, with linear shortcuts."""
    axis = -1 if data_format == "channels_last" else 1

    def conv(x, filters, kernel, name, strides=1):
        x = L.Conv2D(
            filters,
            kernel,
            strides=strides,
            padding="same",
            data_format=data_format,
            name=f"{name}_conv",
        )(x)
        return L.BatchNormalization(axis=axis, name=f"{name}_norm")(x)

    inputs = x = keras.Input(picture(int(rng.integers(40, 90)), data_format))
    filters = int(rng.integers(9, 24))
    x = L.Activation("relu", name="stem_relu")(conv(x, filters, 5, "stem"))
    if rng.random() < 0.5:
        x = L.MaxPooling2D(2, data_format=data_format, name="stem_pool")(x)
    for i in range(int(rng.integers(2, 4))):
        strides = int(rng.choice([1, 2]))
        short = x
        if strides == 2:
            filters += 8
            short = conv(x, filters, 1, f"block{i}_short", 2)
        x = L.Activation("relu", name=f"block{i}_relu")(conv(x, filters, 3, f"block{i}_a", strides))
        x = L.Add(name=f"block{i}_add")([conv(x, filters, 3, f"block{i}_b"), short])
        x = L.Activation("relu", name=f"block{i}_out")(x)
    x = L.GlobalAveragePooling2D(data_format=data_format, name="average")(x)
    x = L.Dense(int(rng.integers(3, 15)), activation="softmax", name="head")(x)
    return keras.Model(inputs, x)


def alexnet(rng, data_format):
    """This book's plan at a small size, with its own layers: grouped convolutions, LRN."""
    wide = int(rng.integers(4, 10)) * 2
    rounding = str(rng.choice(["floor", "ceil"]))
    lrn = [LRN("lrn1")] if rng.random() < 0.5 else []
    network = Architecture(
        "small",
        int(rng.integers(57, 90)),
        (
            Conv("conv1", wide, 7, strides=2, rounding=rounding),
            *lrn,
            Pool("pool1", 3, strides=2, rounding=rounding),
            Conv("conv2", 2 * wide, 5, padding=2, groups=int(rng.choice([1, 2]))),
            Pool("pool2", 3, strides=2, rounding=rounding),
            Conv("conv3", 3 * wide, 3, padding=1),
            Conv("conv4", 2 * wide, 3, padding=1, groups=2),
            Flatten("flatten"),
            Dense("fc6", 40),
            Dropout("drop6", 0.5),
            Dense("fc7", 30),
            Dense("head", int(rng.integers(3, 15)), activation="softmax"),
        ),
    )
    return build(network, data_format=data_format, groups=str(rng.choice(["towers", "native"])))


FAMILIES = (plain, padded, normalized, residual, alexnet)


MEMBERS = 12


@cache
def built(family, number):
    rng = np.random.default_rng([7, FAMILIES.index(family), number])
    with without_weights():
        return family(rng, FORMATS[number % 2])


def member(family, number):
    """One healthy network of a family: built once, though many faults are put into it."""
    model = built(family, number)
    for layer in (model, *model.layers):
        layer.trainable = True  # whatever an earlier fault froze
    return model


def healthy(rng, *families):
    family = (families or FAMILIES)[rng.integers(len(families or FAMILIES))]
    return member(family, int(rng.integers(MEMBERS)))


def data(model, rng, one_hot=False):
    """Pictures from 0 to 1 that fit the model, and labels of all its classes."""
    n, classes = int(rng.integers(30, 60)), model.output_shape[-1]
    x = rng.random((n, *model.input_shape[1:]), dtype="float32")
    y = rng.permutation(np.arange(n) % classes)
    return x, np.eye(classes, dtype="float32")[y] if one_hot else y


def compiled(model, loss="sparse_categorical_crossentropy"):
    model.compile(optimizer="sgd", loss=loss)
    return model


# ---- Putting a fault in ---------------------------------------------------------------------


class Unfit(Exception):
    """This fault cannot be put in here; another place is tried."""


def edited(model, change):
    """The model again, after ``change(layers by name)`` has edited its configuration."""
    config = model.get_config()
    for entry in config["layers"]:
        entry.pop("build_config", None)  # shapes of before the change
    change({entry["config"]["name"]: entry for entry in config["layers"]})
    try:
        with without_weights():
            return type(model).from_config(config)
    except (ValueError, TypeError) as error:
        raise Unfit(str(error)) from None


def pick(rng, model, *kinds, where=lambda layer: True):
    found = [layer for layer in model.layers if isinstance(layer, kinds) and where(layer)]
    if not found:
        raise Unfit("no such layer")
    return found[rng.integers(len(found))]


def other(data_format):
    return FORMATS[1 - FORMATS.index(data_format)]


POOLS = (L.MaxPooling2D, L.AveragePooling2D, L.GlobalAveragePooling2D)


def set_options(name, **options):
    def change(layers):
        layers[name]["config"].update(options)

    return change


def turned(rng, *kinds, families=()):
    """One layer of these kinds with the other data format."""
    model = healthy(rng, *families)
    layer = pick(rng, model, *kinds)
    if layer is model.layers[-1] or all(n == layer.input.shape[1] for n in layer.input.shape[1:]):
        raise Unfit("nothing changes")
    change = set_options(layer.name, data_format=other(layer.data_format))
    return edited(model, change), None, None, layer.name


def flat(rng):
    return healthy(rng, plain, padded, alexnet)


def mixed_data_formats(rng):
    return turned(rng, L.Conv2D, families=(plain, padded, normalized, alexnet))


def padding_changed_channels(rng):
    return turned(rng, L.ZeroPadding2D, families=(padded, alexnet))


def pooling_over_channels(rng):
    return turned(rng, *POOLS)


def norm_over_wrong_axis(rng):
    model = healthy(rng, normalized, residual)
    layer = pick(rng, model, L.BatchNormalization)
    right = 3 if layer.axis in (-1, 3) else 1
    axis = int(rng.choice([axis for axis in (1, 2, 3) if axis != right]))
    return edited(model, set_options(layer.name, axis=axis)), None, None, layer.name


def input_axes_swapped(rng):
    model = healthy(rng)
    first = next(layer for layer in model.layers if hasattr(layer, "data_format"))
    batch, a, b, c = model.input_shape
    shape = (batch, c, a, b) if first.data_format == "channels_last" else (batch, b, c, a)

    def change(layers):
        entry = next(e for e in layers.values() if e["class_name"] == "InputLayer")
        entry["config"]["batch_shape"] = shape

    return edited(model, change), None, None, first.name


def maps_vanished(rng):
    if rng.random() < 0.4:
        return too_small_to_build(rng)
    with without_weights():
        family = (plain, normalized)[rng.integers(2)]
        options = ("same",) if family is plain else ()
        model = family(rng, str(rng.choice(FORMATS)), *options)
    windows = [layer for layer in model.layers if isinstance(layer, (L.Conv2D, *POOLS[:2]))]
    at = int(rng.integers(len(windows) - 1))
    big = max(windows[at].input.shape[1:])
    changed = edited(model, set_options(windows[at].name, strides=(big, big)))
    return changed, None, None, windows[at + 1].name


def too_small_to_build(rng):
    """A Sequential without Input, and pictures so small that some window finds no place."""
    with without_weights():
        model = plain(rng, "channels_last", "valid")
    size = int(rng.integers(7, 16))
    n = size
    for layer in model.layers:
        if isinstance(layer, L.Conv2D):
            kernel, strides = layer.kernel_size[0], layer.strides[0]
        elif isinstance(layer, POOLS):
            kernel, strides = layer.pool_size[0], layer.strides[0]
        else:
            raise Unfit("large enough")
        if kernel > n:
            break
        n = (n - kernel) // strides + 1
    config = model.get_config()
    config["layers"] = [
        {key: value for key, value in entry.items() if key != "build_config"}
        for entry in config["layers"]
        if entry["class_name"] != "InputLayer"
    ]
    config.pop("build_input_shape", None)
    bare = keras.Sequential.from_config(config)
    x = rng.random((8, size, size, model.input_shape[-1]), dtype="float32")
    return bare, x, None, layer.name


def does_not_fit(rng):
    """A convolution after Flatten, in a Sequential that was given no Input."""
    net, size = [], int(rng.integers(20, 40))
    for i in range(int(rng.integers(1, 4))):
        net.append(L.Conv2D(int(rng.integers(4, 20)), 3, activation="relu", name=f"conv{i}"))
    net.insert(int(rng.integers(len(net))), L.Flatten())
    wrong = net[[isinstance(layer, L.Flatten) for layer in net].index(True) + 1]
    return keras.Sequential(net), rng.random((5, size, size, 3)), None, wrong.name


def unseen_pixels(rng):
    model = healthy(rng, plain, padded, alexnet)
    layer = pick(rng, model, L.Conv2D, L.MaxPooling2D, where=lambda e: e.padding == "valid")
    spatial = layer.input.shape[1:3] if layer.data_format == FORMATS[0] else layer.input.shape[2:]
    kernel = int(rng.integers(2, 6))
    strides = int(rng.integers(2, 8))
    outputs = (spatial[0] - kernel) // strides + 1
    edge = spatial[0] - kernel - (outputs - 1) * strides
    before = layer._inbound_nodes[0].input_tensors[0]._keras_history.operation
    if isinstance(before, L.ZeroPadding2D):
        edge -= before.padding[0][1]
    if outputs < 2 or (edge <= 0 and strides <= kernel):
        raise Unfit("everything is seen")
    size = {"pool_size" if isinstance(layer, L.MaxPooling2D) else "kernel_size": (kernel, kernel)}
    change = set_options(layer.name, strides=(strides, strides), **size)
    return edited(model, change), None, None, layer.name


def dense_dominates(rng):
    model = flat(rng)
    kinds = [type(layer) for layer in model.layers]
    layer = next(e for e in model.layers[kinds.index(L.Flatten) :] if isinstance(e, L.Dense))
    size = max(model.input_shape[1:])
    while True:
        size *= 2

        def change(layers, size=size):
            entry = next(e for e in layers.values() if e["class_name"] == "InputLayer")
            entry["config"]["batch_shape"] = [
                n if i == 0 or n in (1, 3) else size
                for i, n in enumerate(entry["config"]["batch_shape"])
            ]

        large = edited(model, change)
        if large.get_layer(layer.name).count_params() * 4 >= 2**30:
            return large, None, None, layer.name


def dense_on_maps(rng):
    model = flat(rng)

    def change(layers):
        entry = next(e for e in layers.values() if e["class_name"] == "Flatten")
        entry["class_name"] = "Activation"
        entry["config"] = {"name": entry["config"]["name"], "activation": "linear"}
        entry["registered_name"] = None
        entry.pop("build_config", None)

    return edited(model, change), None, None, "head"


def no_nonlinearity(rng):
    model = healthy(rng)
    if any(isinstance(layer, L.Activation) for layer in model.layers):
        # Convolution, normalization, activation: the activation goes, the convolution is named.
        layer = pick(rng, model, L.Activation, where=lambda e: len(e._outbound_nodes) == 1)
        after = layer._outbound_nodes[0].operation
        norm = layer._inbound_nodes[0].input_tensors[0]._keras_history.operation
        if not isinstance(after, L.Conv2D) or not isinstance(norm, L.BatchNormalization):
            raise Unfit("something else is between")
        conv = norm._inbound_nodes[0].input_tensors[0]._keras_history.operation
        return edited(model, set_options(layer.name, activation="linear")), None, None, conv.name
    harmless = (L.Dropout, L.Flatten, L.ZeroPadding2D, L.AveragePooling2D)
    chain = model.layers
    places = []
    for i, layer in enumerate(chain[:-1]):
        if isinstance(layer, (L.Conv2D, L.Dense)):
            rest = [e for e in chain[i + 1 :] if not isinstance(e, harmless)]
            infinite = any(type(e).__name__ == "InfinitePadding2D" for e in chain[i + 1 : i + 2])
            if isinstance(rest[0], (L.Conv2D, L.Dense)) and not infinite:
                places.append(layer)
    if not places:
        raise Unfit("a maximum follows every convolution")
    layer = places[rng.integers(len(places))]
    return edited(model, set_options(layer.name, activation="linear")), None, None, layer.name


def softmax_one_unit(rng):
    return edited(healthy(rng), set_options("head", units=1)), None, None, "head"


def softmax_twice(rng):
    loss = (keras.losses.SparseCategoricalCrossentropy, keras.losses.CategoricalCrossentropy)
    return compiled(healthy(rng), loss[rng.integers(2)](from_logits=True)), None, None, "head"


def no_softmax(rng):
    activation = str(rng.choice(["linear", "relu", "tanh"]))
    model = edited(healthy(rng), set_options("head", activation=activation))
    losses = (
        "sparse_categorical_crossentropy",
        "categorical_crossentropy",
        keras.losses.SparseCategoricalCrossentropy(),
        keras.losses.categorical_crossentropy,
    )
    return compiled(model, losses[rng.integers(4)]), None, None, "head"


def mse_on_softmax(rng):
    losses = ("mse", "mean_absolute_error", keras.losses.MeanSquaredError(), keras.losses.Huber())
    return compiled(healthy(rng), losses[rng.integers(4)]), None, None, "head"


def independent_classes(rng):
    model, way = healthy(rng), rng.integers(3)
    if way == 0:
        return compiled(model, "binary_crossentropy"), None, None, "head"
    model = edited(model, set_options("head", activation="sigmoid"))
    if way == 1:
        return compiled(model, "categorical_crossentropy"), None, None, "head"
    x, y = data(model, rng, one_hot=True)
    return compiled(model, "binary_crossentropy"), x, y, "head"


def nothing_trains(rng):
    model = compiled(healthy(rng))
    if rng.random() < 0.5:
        model.trainable = False
    for layer in model.layers:
        layer.trainable = False
    return model, None, None, None


def mostly_frozen(rng):
    model = healthy(rng)
    left = pick(rng, model, L.Conv2D, L.Dense)
    if left.count_params() * 25 > model.count_params():
        raise Unfit("a large part")
    for layer in model.layers:
        layer.trainable = layer is left
    return compiled(model), None, None, None


def with_data(change, one_hot=False, loss=None, layer=None):
    """A fault of the data: ``change(x, y, rng, model)`` gives other data."""

    def inject(rng):
        model = healthy(rng)
        x, y = data(model, rng, one_hot)
        x, y = change(x, y, rng, model)
        wanted = loss or ("categorical" if one_hot else "sparse_categorical") + "_crossentropy"
        return compiled(model, wanted), x, y, layer

    return inject


def channel_axis(model):
    return 1 if model.input_shape[1] in (1, 3) else 3


def resized(x, y, rng, model):
    axes = [axis for axis in (1, 2, 3) if axis != channel_axis(model)]
    size = int(rng.integers(20, 120))
    if size == x.shape[axes[0]]:
        raise Unfit("the same size")
    shape = list(x.shape)
    for axis in axes:
        shape[axis] = size
    return rng.random(shape, dtype="float32"), y


def channels_moved(x, y, rng, model):
    axis = channel_axis(model)
    return np.moveaxis(x, axis, 4 - axis), y


def other_channels(x, y, rng, model):
    axis = channel_axis(model)
    if x.shape[axis] == 1:
        return np.repeat(x, 3, axis), y
    way = rng.integers(3)
    if way == 0:
        return x.take([0], axis), y
    return (x.take([0, 1, 2, 0], axis), y) if way == 1 else (x.take([0, 1], axis), y)


def one_picture(x, y, rng, model):
    return x[0], y[:1]


def raw(x, y, rng, model):
    # Batch normalization after the first convolution makes up for it, and then it is a note.
    pixels = np.round(x * 255)
    return (pixels.astype("uint8"), y) if rng.random() < 0.5 else (pixels, y)


def scaled_twice(rng):
    model = edited(
        healthy(rng, padded), set_options("scale", scale=float(rng.choice([1 / 255, 1 / 127.5])))
    )
    x, y = data(model, rng)
    return compiled(model), x, y, None


def not_numbers(x, y, rng, model):
    way = rng.integers(3)
    if way == 0:
        return x, np.array([f"class {label}" for label in y])
    if way == 1:
        return np.array([list(picture) for picture in x[:3]], dtype=object), y[:3]
    return x[:2].astype(str), y[:2]


def not_finite(x, y, rng, model):
    x = x.copy()
    x.reshape(-1)[rng.integers(x.size, size=int(rng.integers(1, 50)))] = rng.choice(
        [np.nan, np.inf]
    )
    return x, y


def constant(x, y, rng, model):
    return np.full_like(x, rng.choice([0, 0.5, 1])), y


def fewer(x, y, rng, model):
    cut = int(rng.integers(1, 20))
    return (x[:-cut], y) if rng.random() < 0.5 else (x, y[:-cut])


def lying(x, y, rng, model):
    return x, y[None] if y.ndim == 1 else y.T


def one_hot_for_integers(x, y, rng, model):
    return x, np.eye(model.output_shape[-1])[y]


def integers_for_one_hot(x, y, rng, model):
    labels = y.argmax(axis=1)
    return x, labels if rng.random() < 0.5 else labels[:, None]


def out_of_range(x, y, rng, model):
    way = rng.integers(3)
    if way == 0:
        return x, y + 1
    if way == 1:
        return x, np.where(np.arange(len(y)) == rng.integers(len(y)), -1, y)
    return x, y * int(rng.integers(2, 5))


def other_classes(x, y, rng, model):
    classes = model.output_shape[-1] + int(rng.choice([-1, 1, 3]))
    return x, np.eye(classes)[y.argmax(axis=1) % classes]


def many_units(rng):
    model = edited(healthy(rng), set_options("head", units=int(rng.choice([100, 1000]))))
    x, _ = data(model, rng)
    return compiled(model), x, rng.integers(0, 6, len(x)), "head"


def unseen_classes(rng):
    if rng.random() < 0.3:
        return many_units(rng)
    return with_data(other_classes, one_hot=True, layer="head")(rng)


def not_built(rng):
    model = healthy(rng, plain)
    config = model.get_config()
    config["layers"] = [
        {key: value for key, value in entry.items() if key != "build_config"}
        for entry in config["layers"]
        if entry["class_name"] != "InputLayer"
    ]
    config.pop("build_input_shape", None)
    return keras.Sequential.from_config(config), None, None, None


INJECTORS = {
    "mixed-data-formats": mixed_data_formats,
    "padding-changed-channels": padding_changed_channels,
    "pooling-over-channels": pooling_over_channels,
    "norm-over-wrong-axis": norm_over_wrong_axis,
    "input-axes-swapped": input_axes_swapped,
    "maps-vanished": maps_vanished,
    "does-not-fit": does_not_fit,
    "unseen-pixels": unseen_pixels,
    "dense-dominates": dense_dominates,
    "dense-on-maps": dense_on_maps,
    "no-nonlinearity": no_nonlinearity,
    "softmax-one-unit": softmax_one_unit,
    "softmax-twice": softmax_twice,
    "no-softmax": no_softmax,
    "mse-on-softmax": mse_on_softmax,
    "independent-classes": independent_classes,
    "nothing-trains": nothing_trains,
    "mostly-frozen": mostly_frozen,
    "data-size": with_data(resized),
    "data-channels-order": with_data(channels_moved),
    "data-channels": with_data(other_channels),
    "data-no-batch": with_data(one_picture),
    "data-range": with_data(raw),
    "data-scaled-twice": scaled_twice,
    "data-dtype": with_data(not_numbers),
    "data-nan": with_data(not_finite),
    "data-constant": with_data(constant),
    "labels-length": with_data(fewer),
    "labels-shape": with_data(lying),
    "labels-one-hot": with_data(one_hot_for_integers, layer="head"),
    "labels-integers": with_data(integers_for_one_hot, one_hot=True, layer="head"),
    "labels-range": with_data(out_of_range, layer="head"),
    "labels-classes": unseen_classes,
    "not-built": not_built,
}
# Which of them are notes by nature; everything else must come as a fault.
NOTES = {"unseen-pixels", "mostly-frozen", "not-built", "labels-classes", "data-range"}


def mutants(code, seed, count):
    """Mutants of one kind: places where the fault cannot be put in are skipped."""
    rng = np.random.default_rng([seed, list(INJECTORS).index(code)])
    made = 0
    for _ in range(40 * count):
        try:
            yield INJECTORS[code](rng)
        except Unfit:
            continue
        made += 1
        if made == count:
            return
    raise AssertionError(f"{code}: only {made} mutants could be made")


def named(report, code, layer):
    return any(
        finding.code == code
        and finding.layer == layer
        and (finding.severity == "fault" or code in NOTES)
        for finding in report.findings
    )


def rates(seed, count):
    found, missed = Counter(), []
    for code in INJECTORS:
        for model, x, y, layer in mutants(code, seed, count):
            report = examine(model, x, y)
            if named(report, code, layer):
                found[code] += 1
            else:
                got = [(each.severity, each.code, each.layer) for each in report.findings]
                missed.append((code, layer, got))
    return found, missed


def test_every_code_has_an_injector():
    # A part that cannot be looked into is no fault of a model, nor is a file: test_doctor.py has
    # those, test_doctor_healthy.py the ranges of bases, test_doctor_cures.py the rest.
    elsewhere = {
        *("not-seen", "not-loadable", "base-range", "no-activation", "padding-after"),
        *("torch-arguments", "metric-equality", "metric-labels", "metric-threshold"),
        *("metric-meaningless", "learning-rate", "rate-decays", "momentum", "weight-decay"),
        *("dropout-rate", "dropout-last", "trainable-changed", "data-source", "data-inputs"),
        *("labels-missing", "labels-outputs", "labels-size"),
    }
    assert set(CODES) - set(INJECTORS) == elsewhere


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0])
def test_mutants_are_named_at_their_layer(seed, capsys):
    found, missed = rates(seed, PER_KIND)
    total = PER_KIND * len(INJECTORS)
    with capsys.disabled():
        print(f"\n{sum(found.values())} of {total} mutants named at their layer")
        for code in INJECTORS:
            print(f"  {code:<26} {found[code]:>3} of {PER_KIND}")
    assert total >= 200
    assert len(missed) <= 0.02 * total, missed
    assert all(found[code] for code in INJECTORS)


@pytest.mark.slow
def test_healthy_networks_and_data_have_no_fault():
    """All that the faults are put into, with labels of both kinds."""
    rng = np.random.default_rng(7)
    for family, number in product(FAMILIES, range(MEMBERS)):
        model = member(family, number)
        for one_hot, loss in ((False, "sparse_categorical"), (True, "categorical")):
            x, y = data(model, rng, one_hot)
            report = examine(compiled(model, f"{loss}_crossentropy"), x, y)
            assert not report.faults, str(report)
            assert len(report.notes) <= 6, str(report)


@pytest.mark.slow
def test_one_mutant_of_each_kind_is_named():
    found, missed = rates(1, 1)
    assert not missed
