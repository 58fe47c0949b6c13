"""LRN against the paper's formula in float64, grouped convolutions against Keras's own; on the
backend in use, and (see test_on_jax.py) on JAX."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from alexnet_tutorial.network.layers import LRN, InfinitePadding2D, PortableConv2D

SETTINGS = [
    {},
    {"size": 3, "alpha": 0.2, "k": 1.0},
    {"size": 5, "alpha": 0.5, "beta": 0.6, "divide_by_size": True},
    {"size": 3, "alpha": 0.2, "groups": 2},
    {"size": 5, "alpha": 0.5, "divide_by_size": True, "groups": 4},
    {"size": 3, "alpha": 0.2, "across": "pixels"},
    {"size": 5, "alpha": 0.5, "beta": 0.6, "divide_by_size": True, "across": "pixels"},
]


def formula(
    a, size=5, alpha=1e-4, beta=0.75, k=2.0, divide_by_size=False, groups=1, across="channels"
):
    """The sum of section 3.3 of the paper, value by value, in float64; or that over a square."""
    a = np.asarray(a, "float64")
    b = np.empty_like(a)
    _, rows, columns, channels = a.shape
    reach, tower = size // 2, channels // groups
    for picture, row, column, i in np.ndindex(a.shape):
        total = 0.0
        if across == "channels":
            first = i // tower * tower
            for j in range(max(first, i - reach), min(first + tower - 1, i + reach) + 1):
                total += a[picture, row, column, j] ** 2
        else:
            for y in range(max(0, row - reach), min(rows - 1, row + reach) + 1):
                for x in range(max(0, column - reach), min(columns - 1, column + reach) + 1):
                    total += a[picture, y, x, i] ** 2
        each = alpha / (size if across == "channels" else size * size) if divide_by_size else alpha
        b[picture, row, column, i] = a[picture, row, column, i] / (k + each * total) ** beta
    return b


def slope(a, upstream, **settings):
    """The formula's gradient by central differences, in float64."""
    a = np.asarray(a, "float64")
    gradient = np.zeros_like(a)
    step = 1e-6
    for at in np.ndindex(a.shape):
        up, down = a.copy(), a.copy()
        up[at] += step
        down[at] -= step
        change = formula(up, **settings) - formula(down, **settings)
        gradient[at] = (change * upstream).sum() / (2 * step)
    return gradient


def run(layer, x):
    """Output of one layer. Compiled: TensorFlow runs channels_first on a CPU in a graph only."""
    inputs = keras.Input(x.shape[1:])
    return keras.Model(inputs, layer(inputs)).predict(x, verbose=0)


def gradient_of(function, x):
    """Gradient of a scalar function, on whichever backend runs."""
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(function)(x))
    import tensorflow as tf

    with tf.GradientTape() as tape:
        x = tf.convert_to_tensor(x)
        tape.watch(x)
        value = function(x)
    return tape.gradient(value, x).numpy()


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("settings", SETTINGS)
def test_lrn_values_and_gradients_equal_the_formula(settings, data_format):
    rng = np.random.default_rng(0)
    a = rng.normal(0, 3, (1, 2, 4, 8)).astype("float32")
    upstream = rng.normal(size=a.shape)
    layer = LRN(**settings, data_format=data_format)
    move = (0, 3, 1, 2) if data_format == "channels_first" else (0, 1, 2, 3)
    given = a.transpose(move)
    expected = formula(a, **settings).transpose(move)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(given)), expected, rtol=2e-6, atol=1e-6)

    weights = ops.convert_to_tensor(upstream.transpose(move).astype("float32"))
    found = gradient_of(lambda x: ops.sum(layer(x) * weights), given)
    expected = slope(a, upstream, **settings).transpose(move)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_lrn_equals_tensorflow_and_pytorch_where_they_define_it_alike():
    rng = np.random.default_rng(1)
    a = rng.normal(0, 3, (2, 4, 4, 12)).astype("float32")
    tf = pytest.importorskip("tensorflow")
    theirs = tf.nn.local_response_normalization(a, depth_radius=2, bias=2, alpha=0.3, beta=0.75)
    np.testing.assert_allclose(LRN(alpha=0.3)(a), theirs, rtol=1e-5, atol=1e-6)
    torch = pytest.importorskip("torch")
    theirs = torch.nn.LocalResponseNorm(5, alpha=0.3, beta=0.75, k=2.0)(
        torch.from_numpy(a.transpose(0, 3, 1, 2).copy())
    )
    ours = LRN(alpha=0.3, divide_by_size=True, data_format="channels_first")(
        a.transpose(0, 3, 1, 2)
    )
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=1e-6)


def test_lrn_of_towers_and_of_maps_equals_pytorch():
    torch = pytest.importorskip("torch")
    a = np.random.default_rng(1).normal(0, 3, (2, 12, 6, 7)).astype("float32")
    given, numbers = torch.from_numpy(a), {"alpha": 0.3, "beta": 0.75, "k": 2.0}
    layer = torch.nn.LocalResponseNorm(5, **numbers)
    theirs = torch.cat([layer(tower) for tower in given.chunk(2, dim=1)], dim=1)
    ours = LRN(**numbers, divide_by_size=True, groups=2, data_format="channels_first")(a)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=1e-6)
    # A mean over all 25 places, zeros outside included, is a sum with alpha divided by 25.
    mean = torch.nn.functional.avg_pool2d(given**2, 5, stride=1, padding=2)
    theirs = given / (2 + 0.3 * mean) ** 0.75
    ours = LRN(**numbers, divide_by_size=True, across="pixels", data_format="channels_first")(a)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX compiles everything")
@pytest.mark.parametrize("settings", [{"size": 3, "alpha": 0.2, "groups": 2}, SETTINGS[5]])
def test_lrn_that_xla_compiles_in_a_graph_has_the_same_values_and_gradients(settings):
    import tensorflow as tf

    rng = np.random.default_rng(3)
    a, upstream = (rng.normal(0, 3, (2, 3, 4, 8)).astype("float32") for _ in range(2))
    layer = LRN(**settings, data_format="channels_last")
    layer.jit_compile = True

    @tf.function(autograph=False)
    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            made = layer(x)
        return made, tape.gradient(made, x, upstream)

    assert "_XlaMustCompile" in str(both.get_concrete_function(tf.constant(a)).graph.as_graph_def())
    made, found = both(tf.constant(a))
    np.testing.assert_allclose(made, formula(a, **settings), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found, slope(a, upstream, **settings), rtol=1e-4, atol=1e-5)


def test_lrn_of_an_input_whose_size_is_open():
    inputs = keras.Input((None, None, 4))
    model = keras.Model(inputs, LRN(alpha=0.5, across="pixels")(inputs))
    a = np.random.default_rng(2).normal(size=(2, 5, 3, 4)).astype("float32")
    expected = formula(a, alpha=0.5, across="pixels")
    np.testing.assert_allclose(model.predict(a, verbose=0), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"size": 4}, "size is 4"),
        ({"size": 0}, "size is 0"),
        ({"k": 0}, "k is 0"),
        ({"alpha": -1}, "alpha -1"),
        ({"data_format": "nhwc"}, "data_format is 'nhwc'"),
        ({"groups": 0}, "groups is 0"),
        ({"groups": 3}, "3 groups do not divide 4 channels"),
        ({"across": "rows"}, "across is 'rows'"),
        ({"across": "pixels", "groups": 2}, "groups is 2.*1 across pixels"),
    ],
)
def test_lrn_refuses_bad_numbers(arguments, says):
    with pytest.raises(ValueError, match=says):
        LRN(**arguments).build((None, 5, 5, 4))


RELOAD = """
import sys
import keras, numpy as np
import alexnet_tutorial.network.layers
for name in sys.argv[1:]:
    model = keras.models.load_model(name + ".keras")
    np.save(name + "-y", model.predict(np.load(name + ".npy"), verbose=0))
"""


@pytest.mark.slow
def test_saved_and_reloaded_elsewhere_without_custom_objects(tmp_path):
    """A fresh process that has only imported the layers reads the files, one of each format."""
    expected = {}
    for data_format, shape in (("channels_last", (9, 9, 4)), ("channels_first", (4, 9, 9))):
        x = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
        model = keras.Sequential(
            [
                keras.Input(shape),
                PortableConv2D(8, 3, groups=2, data_format=data_format),
                LRN(size=3, alpha=0.1, divide_by_size=True, groups=2, data_format=data_format),
                LRN(size=3, alpha=0.1, across="pixels", data_format=data_format),
                InfinitePadding2D(((0, 1), (1, 0)), data_format=data_format),
                keras.layers.MaxPooling2D(2, data_format=data_format),
            ]
        )
        model.save(tmp_path / f"{data_format}.keras")
        np.save(tmp_path / f"{data_format}.npy", x)
        expected[data_format] = model.predict(x, verbose=0)
    subprocess.run([sys.executable, "-c", RELOAD, *expected], check=True, cwd=tmp_path)
    for data_format, ours in expected.items():
        found = np.load(tmp_path / f"{data_format}-y.npy")
        np.testing.assert_allclose(found, ours, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_towers_and_native_groups_equal_keras_groups(padding, data_format):
    shape = (2, 11, 11, 6) if data_format == "channels_last" else (2, 6, 11, 11)
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    options = {"groups": 3, "padding": padding, "data_format": data_format}
    reference = keras.layers.Conv2D(9, 3, **options, bias_initializer="ones")
    expected = run(reference, x)
    for run_as in ("towers", "native", "products", "auto"):
        layer = PortableConv2D(9, 3, run_as=run_as, **options)
        layer.build(shape)
        layer.set_weights(reference.get_weights())
        np.testing.assert_allclose(run(layer, x), expected, rtol=1e-4, atol=1e-5)
    softmax = keras.layers.Conv2D(9, 3, activation="softmax", **options)
    layer = PortableConv2D(9, 3, run_as="towers", activation="softmax", **options)
    layer.build(shape)
    expected = run(softmax, x)
    layer.set_weights(softmax.get_weights())
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="run_as is 'both'"):
        PortableConv2D(9, 3, groups=3, run_as="both")


@pytest.mark.parametrize("groups", [1, 2])
def test_a_bias_belongs_to_its_filter_where_maps_are_as_wide_as_there_are_filters(groups):
    x = np.random.default_rng(7).normal(size=(2, 6, 6, 4)).astype("float32")
    last, first = (
        PortableConv2D(6, 3, padding="same", groups=groups, data_format=data_format)
        for data_format in ("channels_last", "channels_first")
    )
    expected = run(last, x)
    found = run(first, x.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
    assert not np.allclose(found, expected, atol=1e-3)  # other weights
    first.set_weights([last.get_weights()[0], np.arange(6.0)])
    found = run(first, x.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(found, expected + np.arange(6.0), atol=1e-5)


def test_infinite_padding_never_wins():
    x = -np.ones((1, 3, 3, 1), "float32")
    padded = InfinitePadding2D(((1, 1), (1, 1)), data_format="channels_last")(x)
    pooled = keras.layers.MaxPooling2D(2, strides=2, data_format="channels_last")(padded)
    assert ops.convert_to_numpy(pooled).max() == -1
