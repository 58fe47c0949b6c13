"""The descriptions: the published totals, and what a description that does not fit says."""

import pytest

from alexnet_tutorial.architecture import (
    LRN,
    VARIANTS,
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
    "caffe": (60_965_224, [55, 27, 13, 6]),
    "one-tower": (62_378_344, [55, 27, 13, 6]),
    "naive-224": (50_844_008, [54, 26, 12, 5]),
    "torchvision": (61_100_840, [55, 27, 13, 6]),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_parameters_and_map_sizes(name):
    steps = {layer.name: (layer, shape, out) for layer, shape, out in variant(name).walk()}
    parameters, sizes = PUBLISHED[name]
    assert sum(layer.parameters(shape) for layer, shape, _ in steps.values()) == parameters
    assert [steps[n][2][0] for n in ("conv1", "pool1", "pool2", "pool5")] == sizes


def test_neurons_of_the_paper():
    """The paper's own counts, section 3.5, with its slip in the first put right."""
    shapes = {layer.name: out for layer, _, out in variant("alexnet-2012").walk()}
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
    with pytest.raises(ValueError, match="Known variants: alexnet-2012, caffe, one-tower"):
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
