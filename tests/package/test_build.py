"""Descriptions built in Keras: shapes, parameters, weights shared by every way to build them."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from alexnet_tutorial.doctor import without_weights
from alexnet_tutorial.network import build, describe
from alexnet_tutorial.shapes import (
    LRN,
    VARIANTS,
    Activation,
    Architecture,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Pool,
    ledger,
    variant,
)


def outputs(model, x):
    # predict compiles: TensorFlow runs channels_first on a CPU in a compiled graph only.
    return model.predict(x, verbose=0)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("name", VARIANTS)
def test_ledger_and_keras_agree_on_every_layer(name, data_format):
    book = ledger(variant(name))
    with without_weights():
        model = build(variant(name), data_format=data_format)
    read_back = ledger(model)
    for row in book:
        layer = model.get_layer(row.name)
        shape = tuple(layer.output.shape[1:])
        if len(shape) == 3 and data_format == "channels_first":
            shape = (*shape[1:], shape[0])
        assert shape == row.output
        assert layer.count_params() == row.parameters
        again = read_back[row.name]
        assert (again.kind, again.output, again.parameters, again.macs) == (
            row.kind,
            row.output,
            row.parameters,
            row.macs,
        )
    assert model.count_params() == book.parameters == read_back.parameters


TINY = Architecture(
    "tiny",
    21,
    (
        Conv("conv1", 8, 5, strides=3, rounding="ceil", activation=None),
        LRN("lrn1", size=3, alpha=0.5, groups=2),
        Pool("pool1", 3, strides=2, rounding="ceil"),
        Activation("relu1"),
        Conv("conv2", 6, 3, padding=((2, 0), (1, 1)), groups=2),
        LRN("norm2", size=3, alpha=0.5, across="pixels", divide_by_size=True),
        Pool("pool2", 2, strides=1, padding=1),
        Flatten("flatten"),
        Dense("fc", 5, activation="softmax"),
    ),
)


def test_both_data_formats_and_both_ways_of_groups_give_the_same_output():
    x = np.random.default_rng(0).normal(size=(3, 21, 21, 3)).astype("float32")
    reference = build(TINY)
    expected = outputs(reference, x)
    for data_format in ("channels_last", "channels_first"):
        for groups in ("towers", "native", "products", "auto"):
            model = build(TINY, data_format=data_format, groups=groups)
            model.set_weights(reference.get_weights())
            given = x if data_format == "channels_last" else x.transpose(0, 3, 1, 2)
            np.testing.assert_allclose(outputs(model, given), expected, rtol=1e-4, atol=1e-6)


def brute_force(architecture, weights, x):
    """The whole network in float64 loops, straight from the description."""
    x = np.asarray(x, "float64")
    for step in architecture.steps:
        layer, shape, out = step[:3]
        if step.windows:
            (top, _), (left, _) = step.pads
            strides, y = layer.strides, np.zeros(out)
            for row, column in np.ndindex(out[:2]):
                if layer.kind == "pool":
                    best = np.full(out[2], -np.inf)
                    for i, j in np.ndindex(layer.pool_size, layer.pool_size):
                        r, c = row * strides + i - top, column * strides + j - left
                        if 0 <= r < shape[0] and 0 <= c < shape[1]:
                            best = np.maximum(best, x[r, c])
                    y[row, column] = best
                    continue
                kernel, bias = weights[layer.name]
                per_in, per_out = shape[2] // layer.groups, layer.filters // layer.groups
                for f in range(layer.filters):
                    seen = slice(f // per_out * per_in, (f // per_out + 1) * per_in)
                    total = bias[f]
                    for i, j in np.ndindex(kernel.shape[:2]):
                        r, c = row * strides + i - top, column * strides + j - left
                        if 0 <= r < shape[0] and 0 <= c < shape[1]:
                            total += x[r, c, seen] @ kernel[i, j, :, f]
                    y[row, column, f] = max(total, 0) if layer.activation == "relu" else total
            x = y
        elif layer.kind == "activation":
            x = np.maximum(x, 0)
        elif layer.kind == "lrn":
            y, reach, tower = np.empty_like(x), layer.size // 2, shape[2] // layer.groups
            for r, s, c in np.ndindex(x.shape):
                if layer.across == "channels":
                    first = c // tower * tower
                    span = slice(max(first, c - reach), min(first + tower, c + reach + 1))
                    total = layer.alpha * (x[r, s, span] ** 2).sum()
                else:
                    rows, columns = (slice(max(0, at - reach), at + reach + 1) for at in (r, s))
                    total = layer.alpha / layer.size**2 * (x[rows, columns, c] ** 2).sum()
                y[r, s, c] = x[r, s, c] / (layer.k + total) ** layer.beta
            x = y
        elif layer.kind == "flatten":
            x = x.reshape(-1)
        elif layer.kind == "dense":
            kernel, bias = weights[layer.name]
            x = np.exp(x @ kernel + bias)
            x /= x.sum()
    return x


def test_a_whole_network_equals_float64_loops():
    model = build(TINY)
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.3, w.shape) for w in model.get_weights()])
    weights = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    x = rng.normal(size=(21, 21, 3)).astype("float32")
    expected = brute_force(TINY, weights, x)
    np.testing.assert_allclose(outputs(model, x[None])[0], expected, rtol=1e-4, atol=1e-6)


windows = st.fixed_dictionaries(
    {
        "strides": st.integers(1, 3),
        "rounding": st.sampled_from(["floor", "ceil"]),
        "padding": st.one_of(
            st.sampled_from(["same", "valid"]),
            st.integers(0, 1),
            st.tuples(
                st.tuples(st.integers(0, 1), st.integers(0, 1)),
                st.tuples(st.just(0), st.integers(0, 1)),
            ),
        ),
    }
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.integers(8, 17), st.integers(2, 4), windows, st.integers(2, 3), windows)
def test_any_description_builds_with_the_shapes_it_says(size, kernel, conv, pool_size, pool):
    layers = (Conv("c", 4, kernel, **conv), Pool("p", pool_size, **pool), Flatten("f"))
    try:
        net = Architecture("drawn", (size, size + 2), layers)
    except ValueError:
        return
    for data_format in ("channels_last", "channels_first"):
        with without_weights():
            read_back = ledger(build(net, data_format=data_format))
        for step in net.steps:
            assert read_back[step.layer.name].output == step.output
    # Run as it is, not compiled: that takes most of a second for each network.
    assert np.isfinite(ops.convert_to_numpy(build(net)(np.ones((1, *net.input_shape))))).all()


@pytest.mark.parametrize("initialization", ["paper", "source"])
def test_initializations_of_2012_are_what_they_say(initialization):
    whole = variant("alexnet-2012").with_classes(6)
    narrow = [replace(x, units=1024) if x.name in ("fc6", "fc7") else x for x in whole.layers]
    net = replace(whole, layers=tuple(narrow))
    model = build(net, initialization=initialization, seed=1)
    for layer in net.layers:
        if layer.kind in ("conv", "dense"):
            kernel, bias = model.get_layer(layer.name).get_weights()
            wide = initialization == "source" and layer.name in ("conv3", "conv4", "conv5")
            deviation = 0.03 if wide else 0.01
            assert abs(kernel.std() - deviation) < 0.05 * deviation
            assert abs(kernel.mean()) < 0.05 * deviation
            expected = 1 if layer.name in ("conv2", "conv4", "conv5", "fc6", "fc7") else 0
            assert (bias == expected).all()


def test_initializations_are_seeded_and_he_has_the_deviation_of_he():
    compact = variant("compact")
    first, same, other = (build(compact, seed=s).get_weights() for s in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, same, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))
    kernel = build(compact).get_layer("conv3").get_weights()[0]
    fan_in = kernel.shape[0] * kernel.shape[1] * kernel.shape[2]
    assert abs(kernel.std() - (2 / fan_in) ** 0.5) < 0.1 * (2 / fan_in) ** 0.5


def test_he_looks_for_the_relu_behind_the_pool(reduced):
    """In the network of 2012 the ReLUs of conv1 and conv5 come after their pools."""
    model = build(reduced(variant("alexnet-2012")))
    for name in ("conv1", "conv5"):
        kernel = model.get_layer(name).get_weights()[0]
        he = (2 / np.prod(kernel.shape[:3])) ** 0.5
        assert abs(kernel.std() - he) < 0.1 * he
    linear = Architecture(
        "linear", 9, (Conv("c", 64, 3, activation=None), Conv("d", 2, 3), Activation("relu"))
    )
    kernel = build(linear).get_layer("c").get_weights()[0]
    assert abs(kernel).max() <= (6 / (9 * 3 + 9 * 64)) ** 0.5  # Glorot's uniform


def test_unknown_options_list_the_known():
    known = "Known: he, paper, source"
    with pytest.raises(ValueError, match=f"unknown initialization 'xavier'. {known}"):
        build(TINY, initialization="xavier")
    with pytest.raises(ValueError, match="unknown data_format 'NHWC'. Known: channels_last"):
        build(TINY, data_format="NHWC")
    with pytest.raises(ValueError, match="unknown groups 2. Known: auto, towers, native, products"):
        build(TINY, groups=2)


def test_dropout_drops_in_training_only():
    net = Architecture("d", 10, (Flatten("f"), Dropout("drop", 0.5)), channels=1)
    model = build(net, seed=4)
    x = np.ones((1, 10, 10, 1), "float32")
    assert (outputs(model, x) == 1).all()
    trained = ops.convert_to_numpy(model(x, training=True))
    assert set(np.unique(trained)) == {0, 2}
    assert isinstance(model, keras.Model)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_model_is_described_as_what_it_was_built_from(name, data_format, reduced):
    network = reduced(variant(name))
    back = describe(build(network, data_format=data_format))
    assert (back.name, back.input_shape) == (network.name, network.input_shape)
    for found, wanted in zip(back.steps, network.steps, strict=True):
        assert (found.input, found.output) == (wanted.input, wanted.output)
        theirs, ours = vars(found.layer), vars(wanted.layer)
        assert {key for key in ours if theirs[key] != ours[key]} <= {"padding", "rounding", "bias"}
        assert found.pads == wanted.pads


def _odd_models():
    layers = keras.layers
    x = keras.Input((9, 9, 3))
    conv = layers.Conv2D(3, 3, padding="same", name="conv")(x)
    yield keras.Model(x, layers.Add(name="sum")([conv, x])), "'sum'|does not read"
    yield keras.Model(x, layers.AveragePooling2D(2, name="mean")(x)), "'mean', a AveragePooling2D"
    yield keras.Model(x, layers.Conv2D(3, 3, dilation_rate=2, name="wide")(x)), "'wide'"
    yield keras.Model(x, layers.Conv2D(3, 3, use_bias=False, name="bare")(x)), "'bare'"
    padded = layers.ZeroPadding2D(1)(x)
    yield keras.Model(x, layers.MaxPooling2D(3, name="pool")(padded)), "'pool'"
    yield keras.Model(x, padded), "its output"
    first = layers.Conv2D(3, 3, data_format="channels_first", name="first")(x)
    yield keras.Model(x, layers.Flatten(data_format="channels_last")(first)), "one data_format"


@pytest.mark.parametrize("index", range(7))
def test_a_model_that_has_no_description_is_refused(index):
    model, message = list(_odd_models())[index]
    with pytest.raises(ValueError, match=message):
        describe(model)


def test_mixed_precision_keeps_weights_sums_of_squares_and_probabilities_in_32_bits(reduced):
    network = reduced(variant("alexnet-2012"))
    mixed = build(network, precision="mixed_bfloat16", seed=3)
    assert keras.config.dtype_policy().name == "float32"
    plain = build(network, seed=3)
    assert {weight.dtype for weight in mixed.weights} == {"float32"}
    computed = {layer.name: layer.compute_dtype for layer in mixed.layers}
    assert computed["lrn1"] == computed["lrn2"] == computed["fc8"] == "float32"
    assert computed["conv1"] == computed["pool1"] == computed["fc7"] == "bfloat16"
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (2, *network.input_shape)).astype("float32")
    mixed.set_weights(plain.get_weights())
    # bfloat16 keeps 8 bits: each number is off by up to 0.4 %, through eight layers.
    np.testing.assert_allclose(mixed.predict(x, verbose=0), plain.predict(x, verbose=0), atol=0.02)


def test_layers_that_come_first_must_make_what_the_network_reads(reduced):
    network = reduced(variant("compact"))
    height, width, channels = network.input_shape
    start = keras.layers.InputLayer((height // 3, width // 3, channels))
    larger = keras.layers.UpSampling2D(3)
    assert (height % 3, width % 3) == (0, 0)
    model = build(network, first=[start, larger])
    x = np.random.default_rng(0).normal(size=(2, *start.output.shape[1:])).astype("float32")
    expected = build(network).predict(x.repeat(3, 1).repeat(3, 2), verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match=r"first make \(19, 19, 3\)"):
        build(network, first=[keras.layers.InputLayer((19, 19, channels))])
    with pytest.raises(ValueError, match="unknown precision 'half'"):
        build(network, precision="half")
