"""The ledger of Keras models, against XLA's count of operations and against Keras's own counts.

XLA counts what Keras's own layers do only where Keras runs on JAX: this file is also the program
that one test runs there. That process builds every application of Keras, once for all that is
asked of them.
"""

import gc
import inspect
import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from alexnet_tutorial.shapes import ledger


@pytest.mark.slow
def test_applications_and_drawn_layers_on_jax():
    """Every row of every application equals XLA, and the doctor finds no fault in any."""
    command = [sys.executable, __file__]
    on_jax = {**os.environ, "KERAS_BACKEND": "jax"}
    result = subprocess.run(command, env=on_jax, capture_output=True, text=True)
    print(result.stdout)
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-5000:]
    done = json.loads(result.stdout.splitlines()[-1])
    assert done["architectures"] >= 38 and done["distinct"] >= 1000
    assert done["rounded"] < 5 and done["drawn"] == 200 and done["ones"] >= 90


def architectures():
    """Every architecture of keras.applications, built without a weight being drawn."""
    import keras

    from alexnet_tutorial.doctor import without_weights

    for name, make in vars(keras.applications).items():
        if not inspect.isfunction(make):
            continue
        free = {"input_shape": (224, 224, 3)} if name.startswith("MobileNetV3") else {}
        keras.backend.clear_session()
        with without_weights():
            model = make(weights=None, **free)
        yield model


def leaves(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from leaves(layer)
        else:
            yield layer


def bare(layer):
    """What decides a layer's multiply-accumulates, as JSON: no name, bias or initializer."""
    ends = ("initializer", "regularizer", "constraint")
    left = {"name", "trainable", "dtype", "activation", "use_bias"}
    config = {k: v for k, v in layer.get_config().items() if k not in left and not k.endswith(ends)}
    return json.dumps(config, sort_keys=True)


def xla_layer_macs(layer, shape, compile=True):
    """Half the operations of a Keras layer without bias and activation, run alone on JAX.

    XLA counts them in the program as it stands when it is lowered, and again in what it compiled.
    """
    import jax

    from alexnet_tutorial.doctor import without_weights

    alone = type(layer).from_config({**json.loads(bare(layer)), "use_bias": False})
    with without_weights():
        alone.build((1, *shape))
    weights = [jax.ShapeDtypeStruct(w.shape, "float32") for w in alone.trainable_variables]
    lowered = jax.jit(lambda w, x: alone.stateless_call(w, [], x)[0]).lower(
        weights, jax.ShapeDtypeStruct((1, *shape), "float32")
    )
    flops = lowered.cost_analysis()["flops"]
    if compile:
        cost = lowered.compile().cost_analysis()
        assert (cost[0] if isinstance(cost, list) else cost)["flops"] == flops, bare(layer)
    return flops / 2


def no_fault(model):
    """The doctor's report on an architecture that many people use."""
    from alexnet_tutorial.doctor import examine

    model.compile(loss="categorical_crossentropy")
    report = examine(model)
    assert not report.faults and len(report.notes) <= 3, f"{model.name}\n{report}"


def every_architecture():
    """Hold each row beside its layer, then each distinct layer beside XLA."""
    distinct, built = {}, 0
    for model in architectures():
        book, layers = ledger(model), list(leaves(model))
        assert book.parameters == model.count_params(), model.name
        assert len(book) == len([x for x in layers if type(x).__name__ != "InputLayer"])
        by_name = {layer.name: layer for layer in layers}
        for row in book:
            layer = by_name[row.name]
            assert row.output == layer.output.shape[1:] and row.parameters == layer.count_params()
            if type(layer).__name__ in ("LayerScale", "Normalization", "Add", "Concatenate"):
                assert row.kind == type(layer).__name__ and not row.macs
            counted = "Conv" in type(layer).__name__ or "Dense" in type(layer).__name__
            assert bool(row.macs) == counted, row
            if counted:
                distinct[type(layer).__name__, row.input, bare(layer)] = row, layer
        no_fault(model)
        built += 1
    rounded = 0
    for number, (row, layer) in enumerate(distinct.values()):
        found = xla_layer_macs(layer, row.input, compile=number % 40 == 0)
        # XLA sums in 32-bit floats, and a separable convolution is a sum of two.
        assert found == float(np.float32(row.macs_unpadded)), (row, bare(layer))
        rounded += found != row.macs_unpadded
    return {"architectures": built, "distinct": len(distinct), "rounded": rounded}


def drawn(count, kinds, seed=0):
    """Layers of random configuration, each with the shape of one picture."""
    from keras import layers

    rng = random.Random(seed)
    while count:
        kind = rng.choice(kinds)
        channels, groups = rng.choice((2, 4, 6)), rng.choice((1, 2))
        strides, dilation = (rng.randint(1, 4), rng.randint(1, 4)), (1, 1)
        if rng.random() < 0.3:  # Keras refuses both at once
            strides, dilation = (1, 1), (rng.randint(1, 3), rng.randint(1, 3))
        options = {
            "kernel_size": (rng.randint(1, 5), rng.randint(1, 5)),
            "strides": strides,
            "padding": rng.choice(("valid", "same")),
            "dilation_rate": dilation,
            "data_format": rng.choice(("channels_last", "channels_first")),
            "use_bias": False,
        }
        if kind == "Conv2D":
            layer = layers.Conv2D(4, groups=groups, kernel_initializer="ones", **options)
        elif kind == "Conv2DTranspose":
            if rng.random() < 0.5:
                options["output_padding"] = tuple(rng.randrange(step) for step in strides)
            layer = layers.Conv2DTranspose(3, kernel_initializer="ones", **options)
        else:
            options |= {"depth_multiplier": rng.randint(1, 3), "depthwise_initializer": "ones"}
            make = getattr(layers, kind)
            layer = make(5, **options) if kind == "SeparableConv2D" else make(**options)
        size = rng.randint(2, 16), rng.randint(2, 16)
        last = options["data_format"] == "channels_last"
        shape = (*size, channels) if last else (channels, *size)
        try:
            out = layer.compute_output_shape((1, *shape))
        except ValueError:  # the window does not fit
            continue
        if min(out) > 0:
            count -= 1
            yield layer, shape


def row_of(layer, shape):
    import keras

    (row,) = ledger(keras.Sequential([keras.Input(shape), layer]))
    return row


KINDS = ("Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D")


def drawn_layers():
    """Hold drawn layers beside XLA."""
    from alexnet_tutorial.doctor import without_weights

    for number, (layer, shape) in enumerate(drawn(200, KINDS)):
        found = xla_layer_macs(layer, shape, compile=number % 10 == 0)
        with without_weights():
            assert row_of(layer, shape).macs_unpadded == found, (bare(layer), shape)
    return {"drawn": number + 1}


def layers_of_ones():
    """Every pixel and weight 1: each product adds 1 to one output, so the sum is their number."""
    import keras

    tensorflow = keras.backend.backend() == "tensorflow"
    tested = 0
    for layer, shape in drawn(400 if tensorflow else 100, KINDS[:3], seed=1):
        transposed = type(layer).__name__ == "Conv2DTranspose"
        if tensorflow and (
            layer.data_format == "channels_first"
            or (not transposed and layer.strides[0] != layer.strides[1])
            or (transposed and max(layer.dilation_rate) > 1)
            or (transposed and layer.padding == "same" and 0 in (layer.output_padding or ()))
        ):
            continue  # TensorFlow cannot run these on a CPU
        row, ones = row_of(layer, shape), np.ones((1, *shape), "float32")
        total = keras.ops.convert_to_numpy(layer(ones)).sum(dtype=np.float64)
        assert row.macs_unpadded == total, (bare(layer), shape)
        assert row.macs >= row.macs_unpadded
        tested += 1
    return {"ones": tested}


def test_drawn_layers_of_ones_add_up_to_their_products():
    assert layers_of_ones()["ones"] >= 90


def test_sequential_models_and_nested_models_have_ledgers():
    import keras

    inner = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="inside")])
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), inner, keras.layers.Flatten(), keras.layers.Dense(2, name="out")]
    )
    book = ledger(model)
    assert book["inside"].output == (6, 6, 4)
    assert book["out"].input == (144,)
    assert book.parameters == model.count_params()


def test_what_cannot_be_read_says_why():
    import keras

    with pytest.raises(TypeError, match="received str.*shapes.variant"):
        ledger("caffe")
    with pytest.raises(ValueError, match="not built"):
        ledger(keras.Sequential([keras.layers.Dense(2)]))
    free = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="input size is not fixed"):
        ledger(free)

    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.dense = keras.layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    own = Own()
    inputs = keras.Input((3,))
    outer = keras.Model(inputs, own(inputs))
    for model in (own, outer):
        with pytest.raises(ValueError, match="'own' has no graph.*Sequential or Functional"):
            ledger(model)


def test_each_call_has_a_row_and_shared_weights_count_once():
    import keras

    layers = keras.layers
    shared = layers.Conv2D(4, 3, padding="same", name="shared")
    inner_input = keras.Input((None, None, 4))
    deep = layers.Conv2D(5, 3, name="deep")(inner_input)
    inner = keras.Model(inner_input, deep + 1)
    inputs = keras.Input((8, 8, 4))
    first = shared(inputs)
    second = shared(layers.MaxPooling2D(2, name="pool")(first))
    maps = [inner(first), inner(second)]
    flat = [layers.Flatten()(x) for x in maps]
    joined = layers.Concatenate(name="join")(flat)
    model = keras.Model(inputs, layers.Dense(2, name="out")(joined))

    book = ledger(model)
    assert [book[n].output for n in ("shared", "shared, call 2")] == [(8, 8, 4), (4, 4, 4)]
    assert [book[n].output for n in ("deep", "deep, call 2")] == [(6, 6, 5), (2, 2, 5)]
    assert [book[n].parameters for n in ("deep", "deep, call 2")] == [3 * 3 * 4 * 5 + 5, 0]
    assert book["deep"].macs == 36 * 180 and book["deep, call 2"].macs == 4 * 180
    assert book["deep, call 2"].parameters_formula == ""
    assert book["join"].input == (180,) and book["join"].formula in (
        "180 + 20 = 200",
        "20 + 180 = 200",
    )
    assert book.parameters == model.count_params()
    # A call that belongs to another model is none of this one's.
    part = keras.Model(inputs, first)
    assert [row.name for row in ledger(part)] == ["shared"]


def test_other_layers_show_their_class_shapes_and_parameters():
    import keras

    layers = keras.layers

    class Mine(layers.Conv2D):
        pass

    inputs = keras.Input((6, 6, 8))
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(inputs)
    x = layers.Multiply(name="gate")([gate, inputs])
    x = layers.Add(name="add")([x, inputs])
    x = layers.Concatenate(name="join")([x, inputs, gate * layers.UpSampling2D(6)(gate)])
    x = layers.LayerNormalization(name="norm")(x)
    x = layers.Dense(4, name="positions")(x)
    x = Mine(3, 3, name="mine")(x)
    x = layers.Reshape((16, 3))(x)
    x = layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    model = keras.Model(inputs, layers.Normalization(name="last")(x))
    book = ledger(model)
    assert book.parameters == model.count_params()
    for name, kind, shape, out, macs in [
        ("squeeze", "GlobalAveragePooling2D", (6, 6, 8), (1, 1, 8), 0),
        ("gate", "Multiply", (6, 6, 8), (6, 6, 8), 0),
        ("add", "Add", (6, 6, 8), (6, 6, 8), 0),
        ("join", "Concatenate", (6, 6, 8), (6, 6, 24), 0),
        ("norm", "LayerNormalization", (6, 6, 24), (6, 6, 24), 0),
        ("positions", "dense", (6, 6, 24), (6, 6, 4), 36 * 24 * 4),
        ("mine", "conv", (6, 6, 4), (4, 4, 3), 16 * 9 * 4 * 3),
        ("attention", "MultiHeadAttention", (16, 3), (16, 3), 0),
        ("last", "Normalization", (16, 3), (16, 3), 0),
    ]:
        row = book[name]
        assert (row.kind, row.input, row.output, row.macs) == (kind, shape, out, macs)
        assert row.parameters == model.get_layer(name).count_params()
    assert book["join"].formula == "8 + 8 + 8 = 24"
    assert book["gate"].formula == "1 × 1 × 8, 6 × 6 × 8"
    assert book["positions"].macs_formula == "6 · 6 · 24 · 4 = 3,456"
    pipeline = row_of(layers.Pipeline([layers.Rescaling(2.0)]), (4, 4, 3))  # layers, but no model
    assert (pipeline.kind, pipeline.output) == ("Pipeline", (4, 4, 3))
    up = row_of(layers.Conv2DTranspose(5, 3, strides=2, padding="same"), (13, 6, 2))
    assert up.formula == "(13 − 1) · 2 + 3 − 1 = 26; (6 − 1) · 2 + 3 − 1 = 12"


def test_data_formats_that_are_mixed_show_the_tensors_as_they_are():
    """The original notebook's chain: its padding and pooling take channels for pixels."""
    import keras

    layers = keras.layers
    shapes = "3×227×227 5×229×227 96×219×217 47×109×217 49×111×217 256×107×213 127×53×213"
    shapes = [tuple(map(int, text.split("×"))) for text in shapes.split()]
    first = {"data_format": "channels_first", "activation": "relu"}
    with keras.StatelessScope(initialize_variables=False):
        model = keras.Sequential(
            [
                keras.Input((3, 227, 227)),
                layers.ZeroPadding2D(1),
                layers.Conv2D(96, 11, name="conv1", **first),
                layers.MaxPooling2D(3, strides=2),
                layers.ZeroPadding2D(1),
                layers.Conv2D(256, 5, name="conv2", **first),
                layers.MaxPooling2D(3, strides=2),
                layers.Flatten(),
            ]
        )
    book = ledger(model)
    assert [row.input for row in book] == shapes
    assert [row.output for row in book] == [*shapes[1:], (127 * 53 * 213,)]
    assert book.parameters == model.count_params()
    assert book["conv1"].parameters == 58_176
    assert book["conv1"].macs == 219 * 217 * 11 * 11 * 5 * 96
    assert book["conv1"].formula == "⌊(229 − 11) / 1⌋ + 1 = 219; ⌊(227 − 11) / 1⌋ + 1 = 217"
    assert "5 × 229 × 227" in str(book)

    # One format throughout is turned, whatever a Flatten at its end was told.
    turned = ledger(keras.Sequential([keras.Input((3, 9, 8)), layers.Conv2D(2, 3, **first)]))
    assert [(row.input, row.output) for row in turned] == [((9, 8, 3), (7, 6, 2))]
    flat = ledger(
        keras.Sequential([keras.Input((3, 9, 8)), layers.Conv2D(2, 3, **first), layers.Flatten()])
    )
    assert [row.input for row in flat] == [(9, 8, 3), (7, 6, 2)]


def test_convolutions_along_one_axis_and_three_are_counted():
    """A kernel of ones on a picture of ones adds up to the products that meet data."""
    import keras
    from keras import layers

    for shape, layer in (
        ((20, 4), layers.Conv1D(6, 3, padding="causal", dilation_rate=2)),
        ((21, 6), layers.Conv1D(4, 4, strides=2, padding="same", groups=2)),
        ((6, 9, 8, 2), layers.Conv3D(4, (3, 2, 3), strides=(1, 2, 1), padding="same")),
        ((6, 9, 8, 2), layers.Conv3D(4, 3, padding="valid")),
    ):
        model = keras.Sequential([keras.Input(shape), layer])
        layer.set_weights([np.ones(layer.kernel.shape), np.zeros(layer.filters)])
        (row,) = ledger(model)
        assert row.macs_unpadded == np.sum(model.predict(np.ones((1, *shape)), verbose=0))
        assert row.macs == np.prod(row.output) * np.prod(layer.kernel.shape[:-1])


def test_a_layer_that_leaves_a_size_open_is_told_so():
    import keras
    from keras import layers

    class Open(layers.Layer):
        def compute_output_shape(self, shape):
            return (None, None, 2)

        def call(self, x):
            return keras.ops.reshape(x, (keras.ops.shape(x)[0], -1, 2))

    inputs = keras.Input((8,))
    with pytest.raises(ValueError, match="'open' puts out .*reshape with -1"):
        ledger(keras.Model(inputs, Open(name="open")(inputs)))


if __name__ == "__main__":
    gc.freeze()  # Keras collects at each clear_session: not what was imported, 40 times over
    gc.disable()
    print(json.dumps(every_architecture() | drawn_layers() | layers_of_ones()))
