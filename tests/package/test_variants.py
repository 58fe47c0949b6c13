"""The network of 2012 against a slow transcription of the configuration that its program read.

``layers-145.cfg`` (https://github.com/computerhistory/AlexNet-Source-Code) describes two towers,
a and b, layer by layer. Here that forward pass is written out in float64 NumPy loops, window by
window, without anything of the package: its own sizes, its own towers, its own borders.
"""

from dataclasses import replace

import keras
import numpy as np
import pytest

from alexnet_tutorial.network import build
from alexnet_tutorial.shapes import variant


def windows(size, kernel, stride, padding=0):
    """How many windows there are on one side: layer.py rounds up."""
    return 1 + int(np.ceil((2 * padding + size - kernel) / stride))


def conv(maps, kernel, bias, stride=1, padding=0):
    """One tower's convolution. Whatever a window reads beyond the maps is zero."""
    size, side = maps.shape[0], kernel.shape[0]
    outputs = windows(size, side, stride, padding)
    field = np.zeros(2 * ((outputs - 1) * stride + side,) + maps.shape[2:])
    field[padding : padding + size, padding : padding + size] = maps
    out = np.empty((outputs, outputs, kernel.shape[3]))
    for row, column in np.ndindex(outputs, outputs):
        y, x = row * stride, column * stride
        out[row, column] = np.tensordot(field[y : y + side, x : x + side], kernel, 3) + bias
    return out


def pool(maps):
    """The largest of 3 × 3 values, every second pixel, of those that lie within the map."""
    outputs = windows(maps.shape[0], 3, 2)
    out = np.empty((outputs, outputs, maps.shape[2]))
    for row, column in np.ndindex(outputs, outputs):
        near = maps[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        out[row, column] = near.max(axis=(0, 1))
    return out


def cmrnorm(maps, size=5, scale=0.0001, power=0.75, constant=2.0):
    """Each value by its neighbors in the next maps of the same tower."""
    out = np.empty_like(maps)
    for i in range(maps.shape[2]):
        near = maps[:, :, max(0, i - size // 2) : min(maps.shape[2], i + size // 2 + 1)]
        total = (near**2).sum(axis=2)
        out[:, :, i] = maps[:, :, i] / (constant + scale / size * total) ** power
    return out


def rnorm(maps, size=5, scale=0.001, power=0.75):
    """Each value by its neighbors on the same map, after cuda-convnet's kernel kCNorm2.

    Rows and columns from -size/2 (C rounds toward 0) up to but not including that plus size, cut
    off at the map's edge; the denominator starts at 1. layer.py divides scale by size squared.
    """
    out, edge, start = np.empty_like(maps), maps.shape[0], -(size // 2)
    add_scale = scale / size**2
    for y, x in np.ndindex(edge, edge):
        total = np.zeros(maps.shape[2])
        for row in range(max(0, start + y), min(edge, start + y + size)):
            for column in range(max(0, start + x), min(edge, start + x + size)):
                total += maps[row, column] ** 2
        out[y, x] = maps[y, x] * (1 + add_scale * total) ** -power
    return out


def relu(values):
    return np.maximum(values, 0)


def both(towers):
    return np.concatenate(towers, axis=-1)


def program(picture, weights):
    """The layers of the configuration: {name: both towers' values, a before b}."""

    def halves(name):
        kernel, bias = (np.asarray(values, "float64") for values in weights[name])
        return zip(np.split(kernel, 2, axis=-1), np.split(bias, 2), strict=True)

    picture, seen = np.asarray(picture, "float64"), {}

    def look(name, towers):
        seen[name] = both(towers)
        return towers

    def own(name, towers, padding):
        """conv2, conv4, conv5: each tower reads itself."""
        pairs = zip(towers, halves(name), strict=True)
        return [conv(maps, *mine, padding=padding) for maps, mine in pairs]

    towers = look("conv1", [conv(picture, *mine, stride=4) for mine in halves("conv1")])
    towers = look("lrn1", [cmrnorm(maps) for maps in towers])
    towers = look("pool1", [pool(maps) for maps in towers])
    towers = look("relu1", [relu(maps) for maps in towers])
    towers = look("conv2", [relu(maps) for maps in own("conv2", towers, 2)])
    towers = look("lrn2", [cmrnorm(maps) for maps in towers])
    towers = look("cnorm2", [rnorm(maps) for maps in towers])
    towers = look("pool2", [pool(maps) for maps in towers])
    towers = look("conv3", [relu(conv(both(towers), *mine, padding=1)) for mine in halves("conv3")])
    towers = look("conv4", [relu(maps) for maps in own("conv4", towers, 1)])
    towers = look("conv5", own("conv5", towers, 1))
    towers = look("pool5", [pool(maps) for maps in towers])
    towers = look("relu5", [relu(maps) for maps in towers])
    values = both(towers).reshape(-1)
    for name in ("fc6", "fc7"):
        values = seen[name] = both([relu(values @ kernel + bias) for kernel, bias in halves(name)])
    kernel, bias = (np.asarray(array, "float64") for array in weights["fc8"])  # on card 0 alone
    scores = np.exp(values @ kernel + bias)
    seen["fc8"] = scores / scores.sum()
    return seen


def narrow(network):
    """An eighth of the filters and 64 units: all windows of full size, a hundredth of the work."""

    def fewer(layer):
        if layer.kind == "conv":
            return replace(layer, filters=layer.filters // 8)
        return replace(layer, units=64) if layer.kind == "dense" else layer

    return replace(network, layers=tuple(map(fewer, network.layers)))


@pytest.mark.parametrize(
    "change",
    [pytest.param(narrow, id="narrow"), pytest.param(None, id="whole", marks=pytest.mark.slow)],
)
def test_the_network_of_2012_equals_its_program(change):
    network = variant("alexnet-2012")
    model = build(change(network) if change else network)
    rng, weights = np.random.default_rng(2012), {}
    for layer in model.layers:
        if layer.weights:
            shape = layer.kernel.shape
            deviation = (2 / np.prod(shape[:-1])) ** 0.5 / (30 if layer.name == "fc8" else 1)
            kernel = rng.standard_normal(shape, "float32") * np.float32(deviation)
            weights[layer.name] = kernel, rng.standard_normal(shape[-1], "float32")
            layer.set_weights(weights[layer.name])
    picture = rng.uniform(-128, 128, network.input_shape).astype("float32")  # bytes minus a mean
    expected = program(picture, weights)
    looked_at = keras.Model(model.inputs, [model.get_layer(name).output for name in expected])
    found = looked_at.predict(picture[None], verbose=0)
    for (name, values), ours in zip(expected.items(), found, strict=True):
        assert ours[0].shape == values.shape, name
        assert np.abs(ours[0] - values).max() <= 1e-5 * np.abs(values).max(), name
    # Both kinds of normalization have something to do here, and no answer drowns the others.
    assert np.abs(expected["lrn1"] / expected["conv1"]).min() < 0.9 * 2**-0.75
    on = expected["lrn2"] > 0
    assert (expected["cnorm2"][on] / expected["lrn2"][on]).min() < 0.9
    assert expected["fc8"].max() < 0.9


def test_what_the_paper_says_and_what_its_program_did():
    """Between the two stand the place of ReLU, the towers' borders, alpha and cnorm2; no size."""
    program, paper = variant("alexnet-2012"), variant("paper")
    only = {layer.name for layer in program.layers} - {layer.name for layer in paper.layers}
    assert only == {"relu1", "cnorm2", "relu5"}
    theirs = {step.layer.name: step for step in program.steps}
    changed = {}
    for step in paper.steps:
        other = theirs[step.layer.name]
        assert (step.input, step.output, step.pads) == (other.input, other.output, other.pads)
        differs = {k for k, v in vars(step.layer).items() if v != vars(other.layer)[k]}
        changed |= {step.layer.name: differs} if differs else {}
    normed = {"divide_by_size", "groups"}
    assert changed == {
        "conv1": {"activation"},
        "lrn1": normed,
        "lrn2": normed,
        "conv5": {"activation"},
    }
