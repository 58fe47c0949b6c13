"""The ledger of a description, against XLA's count of operations."""

import json
from math import prod

import pytest

from alexnet_tutorial.shapes import VARIANTS, Architecture, Conv, Flatten, Ledger, ledger, variant
from alexnet_tutorial.shapes.architecture import pair


def xla_flops(function, *shapes):
    """Operations that XLA counts in a function compiled alone."""
    jax = pytest.importorskip("jax")
    arguments = [jax.ShapeDtypeStruct(shape, "float32") for shape in shapes]
    cost = jax.jit(function).lower(*arguments).compile().cost_analysis()
    return (cost[0] if isinstance(cost, list) else cost)["flops"]


def xla_macs(layer, shape):
    """Half the operations of one layer without bias and activation."""
    lax = pytest.importorskip("jax.lax")
    if layer.kind == "dense":
        return xla_flops(lambda x, w: x @ w, (1, shape[0]), (shape[0], layer.units)) / 2
    kernel = (*pair(layer.kernel_size), shape[2] // layer.groups, layer.filters)

    def convolve(x, w):
        return lax.conv_general_dilated(
            x,
            w,
            pair(layer.strides),
            tuple(window.pads for window in layer.windows(shape)),
            feature_group_count=layer.groups,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )

    return xla_flops(convolve, (1, *shape), kernel) / 2


@pytest.mark.parametrize("name", VARIANTS)
def test_multiply_accumulates_equal_xla_to_the_last_one(name):
    steps = [step for step in variant(name).steps if step.layer.kind in ("conv", "dense")]
    assert len(steps) == 8
    book = ledger(variant(name))
    for step in steps:
        assert book[step.layer.name].macs_unpadded == xla_macs(step.layer, step.input)


def test_the_usual_count_equals_xla_on_a_picture_padded_beforehand():
    lax = pytest.importorskip("jax.lax")
    for step in variant("torchvision").steps:
        layer, shape = step.layer, step.input
        if layer.kind != "conv":
            continue
        padded = [n + sum(pad) for n, pad in zip(shape[:2], step.pads, strict=True)]
        strides = pair(layer.strides)
        flops = xla_flops(
            lambda x, w, strides=strides: lax.conv_general_dilated(
                x, w, strides, "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
            ),
            (1, *padded, shape[2]),
            (*pair(layer.kernel_size), shape[2], layer.filters),
        )
        assert layer.macs(shape) == flops / 2


def test_formulas_show_the_numbers_they_stand_for():
    book = ledger(variant("alexnet-2012"))
    assert book["conv1"].formula == "⌈(224 − 11) / 4⌉ + 1 = 55"
    assert ledger(variant("naive-224"))["conv1"].formula == "⌊(224 − 11) / 4⌋ + 1 = 54"
    assert book["flatten"].formula == "6 · 6 · 256 = 9216"
    for row in book:
        for text, value in (
            (row.parameters_formula, row.parameters),
            (row.macs_formula, row.macs),
        ):
            if text:  # each formula, computed, gives the number in its row
                left, right = text.replace(",", "").replace("·", "*").split("=")
                assert eval(left) == int(right) == value


def test_json_has_the_shape_it_promises():
    data = json.loads(json.dumps(ledger(variant("caffe")).to_json()))
    assert set(data) >= {"name", "layers", "parameters", "macs"}
    for layer in data["layers"]:
        assert set(layer) >= {"name", "kind", "input", "output", "parameters", "macs"}
        assert len(layer["input"]) == len(layer["output"]) == 3
    assert data["parameters"] == sum(layer["parameters"] for layer in data["layers"])
    assert data["macs"] == sum(layer["macs"] for layer in data["layers"])
    assert data["layers"][0]["output"] == [55, 55, 96]


def test_text_markdown_and_html_show_every_row_and_the_totals():
    book = ledger(variant("caffe"))
    for text in (str(book), book.to_markdown(), book._repr_html_()):
        for row in book:
            assert row.name in text
            assert f"{row.parameters:,}" in text
        assert f"{book.parameters:,}" in text
        assert f"{book.macs:,}" in text
        assert f"{book.macs_unpadded:,}" in text
    widths = {line.count("|") for line in book.to_markdown().splitlines() if line.startswith("|")}
    assert widths == {9}


def test_rows_that_differ_in_height_and_width_show_both():
    net = Architecture("oblong", (20, 30), (Conv("c", 2, 3, strides=(1, 3)), Flatten("f")))
    assert ledger(net)["c"].formula == "⌊(20 − 3) / 1⌋ + 1 = 18; ⌊(30 − 3) / 3⌋ + 1 = 10"


def test_memory_is_four_bytes_a_value():
    book = ledger(variant("alexnet-2012"))
    assert book["conv1"].bytes == 4 * prod((55, 55, 96))
    assert book.activation_bytes == sum(row.bytes for row in book)
    assert book.parameter_bytes == 4 * book.parameters


def test_an_unknown_row_lists_the_known():
    with pytest.raises(KeyError, match="no layer 'conv9'. Its layers: conv1"):
        ledger(variant("caffe"))["conv9"]
    assert isinstance(ledger(variant("caffe")), Ledger)
