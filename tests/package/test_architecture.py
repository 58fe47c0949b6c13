"""The descriptions: the published totals, and what a description that does not fit says."""

import json

import numpy as np
import pytest

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
    variant,
)

PUBLISHED = {
    "alexnet-2012": (60_965_224, [55, 27, 13, 6]),
    "paper": (60_965_224, [55, 27, 13, 6]),
    "caffe": (60_965_224, [55, 27, 13, 6]),
    "one-tower": (62_378_344, [55, 27, 13, 6]),
    "naive-224": (50_844_008, [54, 26, 12, 5]),
    "torchvision": (61_100_840, [55, 27, 13, 6]),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_parameters_and_map_sizes(name):
    steps = {step.layer.name: step for step in variant(name).steps}
    parameters, sizes = PUBLISHED[name]
    assert sum(step.layer.parameters(step.input) for step in steps.values()) == parameters
    assert [steps[n].output[0] for n in ("conv1", "pool1", "pool2", "pool5")] == sizes


def test_neurons_of_the_paper():
    """The paper's own counts, section 3.5, with its slip in the first put right."""
    shapes = {step.layer.name: step.output for step in variant("alexnet-2012").steps}
    counts = []
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"):
        size = 1
        for side in shapes[name]:
            size *= side
        counts.append(size)
    assert counts == [290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]


def test_the_compact_network_is_alexnet_in_small():
    kinds = [layer.kind for layer in variant("compact").layers]
    assert kinds.count("conv") == 5
    assert kinds.count("dense") == 3
    assert kinds.count("pool") == 3
    assert variant("compact").classes == 6


@pytest.mark.parametrize(
    ("layers", "size", "says"),
    [
        ([Conv("conv1", 8, 11)], 8, r"layer 'conv1'.*window of 11 pixels does not fit into 8"),
        ([Conv("c", 8, 3, groups=2)], 9, r"layer 'c'.*2 groups do not divide 3 input channels"),
        ([Conv("c", 8, 3, groups=3)], 9, r"layer 'c'.*3 groups do not divide 8 filters"),
        ([Conv("c", -4, 3)], 9, r"layer 'c'.*filters is -4"),
        ([Conv("c", 4, 3, padding=-1)], 9, r"layer 'c'.*padding is -1"),
        ([Conv("c", 4, 3, strides=0)], 9, r"layer 'c'.*strides is 0"),
        ([Conv("c", 4, (3, 3, 3))], 9, r"layer 'c'.*\(3, 3, 3\)"),
        ([Conv("c", 4, 3, rounding="up")], 9, r"layer 'c'.*rounding is 'up'"),
        ([Pool("p", 3, 2), Pool("q", 9, 2)], 9, r"layer 'q'.*does not fit into 4"),
        ([Pool("p", 2, 2, padding=2)], 9, r"layer 'p'.*wholly outside"),
        ([Dense("fc", 4)], 9, r"layer 'fc'.*Flatten"),
        ([Flatten("f"), Conv("c", 4, 3)], 9, r"layer 'c'.*after Flatten"),
        ([Flatten("f"), Dense("fc", 0)], 9, r"layer 'fc'.*units is 0"),
        ([Dropout("d", 1.0)], 9, r"layer 'd'.*rate is 1.0"),
        ([LRN("n", size=0)], 9, r"layer 'n'.*size is 0"),
        ([LRN("n", size=4)], 9, r"layer 'n'.*size is 4, and must be odd"),
        ([LRN("n", groups=2)], 9, r"layer 'n'.*2 groups do not divide 3 input channels"),
        ([LRN("n", groups=0)], 9, r"layer 'n'.*groups is 0"),
        ([LRN("n", across="rows")], 9, r"layer 'n'.*across is 'rows'.*channels, pixels"),
        ([LRN("n", across="pixels", groups=3)], 9, r"layer 'n'.*groups is 3 across pixels"),
        ([Activation("a", None)], 9, r"layer 'a'.*activation is None"),
        ([Conv("c", 4, 3), Conv("c", 4, 3)], 9, "two layers are called c"),
        ([], 0, "input height is 0"),
        ([], -5, "input height is -5"),
        ([], (9, 9, 9), r"\(9, 9, 9\)"),
    ],
)
def test_a_description_that_does_not_fit_fails_when_made(layers, size, says):
    with pytest.raises(ValueError, match=says):
        Architecture("test", size, tuple(layers))


def test_unknown_names_list_the_known():
    with pytest.raises(ValueError, match="Known variants: alexnet-2012, paper, caffe"):
        variant("alexnet")
    with pytest.raises(ValueError, match="Its layers: conv1, lrn1"):
        variant("caffe").layer("conv9")


def test_with_classes_changes_the_head_alone():
    small = variant("caffe").with_classes(6)
    assert small.layers[:-1] == VARIANTS["caffe"].layers[:-1]
    assert small.classes == 6
    with pytest.raises(ValueError, match="does not end in a dense layer"):
        Architecture("headless", 9, (Conv("c", 4, 3),)).with_classes(6)


def test_descriptions_do_not_change():
    with pytest.raises(AttributeError):
        variant("caffe").name = "other"
    with pytest.raises(AttributeError):
        variant("caffe").layers[0].filters = 1


def test_pixels_read_are_those_whose_gradient_is_not_zero():
    """Ask the Keras model itself which pixels move one output of each layer."""
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    from alexnet_tutorial.network import build

    net = variant("compact")
    model = build(net)
    rng = np.random.default_rng(0)
    for layer in model.layers:  # all weights positive: nothing is cut off by ReLU
        layer.set_weights([rng.uniform(0.01, 0.02, w.shape) for w in layer.get_weights()])
    picture = tf.constant(rng.uniform(0.1, 1, (1, *net.input_shape)).astype("float32"))
    for name, position in (("conv1", (0, 26)), ("conv2", (3, 12)), ("conv5", (0, 3))):
        out = keras.Model(model.inputs, model.get_layer(name).output)
        with tf.GradientTape() as tape:
            tape.watch(picture)
            value = tf.reduce_sum(out(picture)[0, position[0], position[1]])
        moved = np.abs(tape.gradient(value, picture)[0]).max(axis=-1) > 0
        rows, columns = net.pixels_read(name, position)
        found = np.flatnonzero(moved.any(axis=1)), np.flatnonzero(moved.any(axis=0))
        # Pooling passes on the largest value only, so a few pixels may move nothing.
        assert rows[0] <= found[0].min() and found[0].max() <= rows[-1]
        assert columns[0] <= found[1].min() and found[1].max() <= columns[-1]
        if name == "conv1":
            assert (len(rows), len(columns)) == tuple(map(len, found))


@pytest.mark.parametrize("position", [(2, 2), (0, 4)])
def test_a_normalization_across_pixels_reads_what_its_gradient_says(position):
    tf = pytest.importorskip("tensorflow")
    from alexnet_tutorial.network import build

    norm = LRN("norm", size=3, alpha=1.0, across="pixels")
    net = Architecture("near", 11, (Conv("c", 3, 3, strides=2), norm, Activation("relu")))
    model = build(net)
    model.get_layer("c").set_weights([np.full((3, 3, 3, 3), 0.1), np.ones(3)])
    picture = tf.constant(np.random.default_rng(0).uniform(0.1, 1, (1, 11, 11, 3)), "float32")
    with tf.GradientTape() as tape:
        tape.watch(picture)
        value = tf.reduce_sum(model(picture)[0, position[0], position[1]])
    moved = np.abs(tape.gradient(value, picture)[0]).max(axis=-1) > 0
    for span, axis in zip(net.pixels_read("relu", position), (1, 0), strict=True):
        assert list(np.flatnonzero(moved.any(axis=axis))) == list(span)


def test_after_flattening_an_output_has_seen_what_the_maps_have():
    rows, columns = variant("alexnet-2012").pixels_read("fc8")
    assert (rows, columns) == (range(0, 224), range(0, 224))


@pytest.mark.parametrize("name", VARIANTS)
def test_json_round_trip(name):
    text = json.dumps(variant(name).to_json())
    assert Architecture.from_json(json.loads(text)) == variant(name)


def test_descriptions_written_before_a_field_was_there_are_read():
    """A saved link of the workbench: the network of 2012 as it was described at first."""
    layers = [
        {"kind": "conv", "name": "conv1", "filters": 96, "kernel_size": 11, "strides": 4},
        {"kind": "lrn", "name": "lrn1", "divide_by_size": True},
    ]
    network = Architecture.from_json({"name": "saved", "input_size": [227, 227], "layers": layers})
    assert network.layer("conv1").activation == "relu"
    assert network.layer("lrn1") == LRN("lrn1", divide_by_size=True)
    assert (network.layer("lrn1").groups, network.layer("lrn1").across) == (1, "channels")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("layers"), "description lacks layers"),
        (lambda d: d.update(depth=3), "has depth, which nothing reads"),
        (lambda d: d["layers"][0].update(kind="convolution"), "Known kinds: conv, pool"),
        (lambda d: d["layers"][0].pop("filters"), "layer 'conv1' lacks filters"),
        (lambda d: d["layers"][0].update(stride=4), "layer 'conv1' has stride"),
        (lambda d: d["layers"][0].update(kernel_size=400), "'conv1'.*does not fit"),
        (lambda d: d.update(layers=7), "must be a list"),
        (lambda d: d.update(input_size="224"), "expected one integer"),
    ],
)
def test_json_that_does_not_fit_says_where(change, message):
    data = variant("caffe").to_json()
    change(data)
    with pytest.raises(ValueError, match=message):
        Architecture.from_json(data)
