"""Operations and bytes, against loops that touch every number, against XLA and against Keras."""

from math import prod

import numpy as np
import pytest

from alexnet_tutorial.shapes import (
    DEVICES,
    Architecture,
    Conv,
    Dense,
    Device,
    Dropout,
    Flatten,
    Ledger,
    Pool,
    Work,
    cost,
    largest_batch,
    ledger,
    training_memory,
    variant,
)
from alexnet_tutorial.shapes.architecture import pair

TINY = Architecture(
    "tiny",
    (6, 5),
    (
        Conv("conv1", 4, 3, padding=1),
        Pool("pool1", 2, strides=1),
        Conv("conv2", 6, (2, 3), groups=2),
        Flatten("flatten"),
        Dropout("drop", 0.5),
        Dense("fc", 3),
    ),
    channels=2,
)
NUMBERS = {"float32": 4, "tf32": 4, "mixed": 2}


class Touched:
    """Counts multiplications and additions, and which numbers of which array were touched."""

    def __init__(self):
        self.operations = 0
        self.numbers = {}

    def touch(self, array, *index):
        self.numbers.setdefault(array, set()).add(index)

    def multiply_add(self):
        self.operations += 2

    def bytes(self, size):
        """Give the bytes; ``size`` has those of one number in each array."""
        return sum(size[array] * len(indices) for array, indices in self.numbers.items())


def products(layer, given, made, batch):
    """Yield every (picture, input place, weight, output place) of a layer with weights."""
    for picture in range(batch):
        for place in np.ndindex(*made):
            if layer.kind == "dense":
                for i in range(given[0]):
                    yield picture, (i,), (i, *place), place
                continue
            row, column, filter = place
            rows, columns = pair(layer.kernel_size)
            channels = given[2] // layer.groups
            first = filter // (made[2] // layer.groups) * channels
            for y, x, c in np.ndindex(rows, columns, channels):
                at = row + y - layer.padding, column + x - layer.padding, first + c
                yield picture, at, (y, x, c, filter), place


def brute_force(layer, given, made, batch, step):
    """Walk through one step of a layer, number by number."""
    touched = Touched()
    inside = set(np.ndindex(*given))
    if step == "update":
        for array in ("weight", "gradient", "momentum", "weight written", "momentum written"):
            for _, _, weight, _ in products(layer, given, made, 1):
                touched.touch(array, weight)
            for bias in range(made[-1]):
                touched.touch(array, "bias", bias)
        return touched
    weights = "weight gradient" if step == "gradient of weights" else "weight"
    if layer.kind in ("conv", "dense"):
        for picture, at, weight, place in products(layer, given, made, batch):
            touched.multiply_add()  # with the zeros of the padding, too, as the ledger counts
            if at in inside:
                touched.touch("input", picture, at)
            touched.touch(weights, weight)
            touched.touch("output", picture, place)
        for bias in range(made[-1]):  # one for each filter or unit, always read with the weights
            touched.touch(weights, "bias", bias)
        return touched
    for picture in range(batch):
        for at in inside:
            touched.touch("input", picture, at)
            if step == "gradient of input":
                touched.touch("input gradient", picture, at)
        for place in np.ndindex(*made):
            touched.touch("output", picture, place)
    return touched


@pytest.mark.parametrize("precision", NUMBERS)
@pytest.mark.parametrize("batch", [1, 3])
def test_every_step_of_training_equals_a_walk_through_all_its_numbers(batch, precision):
    number = NUMBERS[precision]
    size = dict.fromkeys(("input", "input gradient", "output", "weight"), number)
    size |= {"weight gradient": 4}
    steps = {step.layer.name: step for step in TINY.steps}
    works = cost(ledger(TINY), batch, training=True, precision=precision)
    for work in works:
        layer, given, made, _ = steps[work.layer]
        touched = brute_force(layer, given, made, batch, work.step)
        assert work.operations == touched.operations, work
        if work.step == "update":
            numbers = sum(map(len, touched.numbers.values())) // 5
            copies = 2 * numbers if precision == "mixed" else 0
            assert work.bytes == touched.bytes(dict.fromkeys(touched.numbers, 4)) + copies, work
        else:
            assert work.bytes == touched.bytes(size), work
        assert work.precision == precision and work.kind == layer.kind
    three = ["forward", "gradient of input", "gradient of weights", "update"]
    assert [(work.layer, work.step) for work in works] == [
        ("conv1", "forward"),
        ("conv1", "gradient of weights"),
        ("conv1", "update"),
        ("pool1", "forward"),
        ("pool1", "gradient of input"),
        *(("conv2", step) for step in three),
        ("drop", "forward"),
        ("drop", "gradient of input"),
        *(("fc", step) for step in three),
    ]


def test_without_training_there_is_the_forward_pass_alone():
    works = cost(ledger(TINY), 3)
    assert [work.layer for work in works] == ["conv1", "pool1", "conv2", "fc"]
    training = [w for w in cost(ledger(TINY), 3, training=True) if w.step == "forward"]
    assert list(works) == [work for work in training if work.kind != "dropout"]


@pytest.mark.parametrize("name", ["alexnet-2012", "torchvision", "compact"])
def test_operations_are_twice_the_multiply_accumulates(name):
    book = ledger(variant(name))
    assert sum(work.operations for work in cost(book, 7)) == 14 * book.macs
    first = 2 * 7 * book["conv1"].macs
    training = sum(work.operations for work in cost(book, 7, training=True))
    assert training == 3 * 14 * book.macs - first


@pytest.mark.parametrize("batch", [1, 8])
def test_bytes_equal_what_xla_says_that_a_layer_accesses(batch):
    jax = pytest.importorskip("jax")
    works = {work.layer: work for work in cost(ledger(variant("compact")), batch)}
    for step in variant("compact").steps:
        layer, given, made = step.layer, step.input, step.output
        if layer.kind == "dense":
            kernel = given[0], layer.units
            function = jax.numpy.matmul
        elif layer.kind == "conv" and not any(sum(pad) for pad in step.pads):
            kernel = layer.kernel_size, layer.kernel_size, given[2], layer.filters

            def function(x, w, strides=layer.strides):
                order = ("NHWC", "HWIO", "NHWC")
                return jax.lax.conv_general_dilated(
                    x, w, (strides, strides), "VALID", dimension_numbers=order
                )
        else:
            continue
        shapes = (batch, *given), kernel
        arguments = [jax.ShapeDtypeStruct(shape, "float32") for shape in shapes]
        counted = jax.jit(function).lower(*arguments).cost_analysis()
        biases = 4 * made[-1]
        assert works[layer.name].bytes - biases == counted["bytes accessed"], layer.name
        assert works[layer.name].operations == counted["flops"], layer.name


def test_the_time_is_the_longer_of_arithmetic_and_memory():
    device = Device("toy", {"float32": 100.0, "mixed": 1000.0}, bandwidth=20.0)
    assert device.ridge() == 5.0 and device.ridge("mixed") == 50.0
    for operations in range(0, 2000, 50):
        for moved in range(1, 200, 7):
            work = Work("a", "conv", "forward", operations, moved)
            seconds = work.seconds(device)
            assert seconds * 100 >= operations and seconds * 20 >= moved * (1 - 1e-12)
            assert seconds in (operations / 100, moved / 20)
            assert (work.intensity >= device.ridge()) == (seconds == operations / 100)
    assert Work("a", "conv", "forward", 5000, 1, "mixed").seconds(device) == 5.0


def test_a_dense_layer_reads_its_weights_once_a_batch():
    book = ledger(variant("alexnet-2012"))
    one, many = (
        next(work for work in cost(book, batch) if work.layer == "fc6") for batch in (1, 64)
    )
    row = book["fc6"]
    vectors = 4 * (prod(row.input) + prod(row.output))
    assert many.operations == 64 * one.operations
    assert many.bytes - one.bytes == 63 * vectors
    assert 0.49 < one.intensity < 0.5


@pytest.mark.parametrize(("precision", "each"), [("float32", 12), ("mixed", 14)])
def test_memory_is_what_keras_keeps(precision, each):
    import keras

    from alexnet_tutorial.network import build

    net, batch, number = variant("compact"), 3, NUMBERS[precision]
    model = build(net)
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    optimizer.build(model.trainable_variables)
    momenta = [v for v in optimizer.variables if "momentum" in v.path]
    kept = training_memory(ledger(net), batch, precision=precision)
    numbers = sum(prod(variable.shape) for variable in model.trainable_variables)
    assert kept["momentum"] == 4 * sum(prod(v.shape) for v in momenta)
    weights = kept["weights"], kept["gradients of weights"], kept["momentum"]
    assert sum(weights) == each * numbers
    names = [layer.name for layer in net.layers]
    outputs = keras.Model(model.inputs, [model.get_layer(name).output for name in names])
    made = outputs([np.zeros((batch, *net.input_shape), "float32")])
    maps = number * sum(prod(array.shape) for array in made)
    assert kept["maps"] == kept["gradients of maps"] == maps
    assert kept["pictures"] == number * batch * prod(net.input_shape)


@pytest.mark.parametrize("precision", NUMBERS)
@pytest.mark.parametrize("device", DEVICES)
def test_the_largest_batch_fits_and_one_more_does_not(device, precision):
    book, room = ledger(variant("alexnet-2012")), DEVICES[device].memory
    largest = largest_batch(book, room, precision=precision)

    def needed(batch):
        return sum(training_memory(book, batch, precision=precision).values())

    assert needed(largest) <= room < needed(largest + 1)


def test_where_not_even_one_picture_fits_the_largest_batch_is_none():
    book = ledger(variant("alexnet-2012"))
    assert largest_batch(book, 3 * book.parameter_bytes + 1000) == 0
    assert largest_batch(book, 0) == 0


def test_every_preset_is_faster_with_shorter_numbers_and_has_a_memory():
    for name, device in DEVICES.items():
        assert device.name == name
        rates = [
            device.operations[p] for p in ("float32", "tf32", "mixed") if p in device.operations
        ]
        assert rates == sorted(rates) and device.rate() == rates[0]
        assert 1e11 < device.bandwidth < 1e13 and device.memory % 2**30 == 0


@pytest.mark.parametrize("batch", [0, -1, 2.0, True, "8", None])
def test_a_batch_that_counts_no_pictures_is_refused(batch):
    for count in (cost, training_memory):
        with pytest.raises(ValueError, match=r"batch is .*an integer of at least 1"):
            count(ledger(TINY), batch)


def test_an_unknown_precision_is_refused_with_those_there_are():
    for count in (
        lambda: cost(ledger(TINY), precision="int8"),
        lambda: training_memory(ledger(TINY), 1, precision="int8"),
        lambda: largest_batch(ledger(TINY), 1, precision="int8"),
    ):
        with pytest.raises(ValueError, match="'int8'. Known: float32, tf32, mixed"):
            count()
    with pytest.raises(ValueError, match="'GTX 580' has no rate for 'mixed'. It has: float32"):
        DEVICES["GTX 580"].rate("mixed")


def test_an_empty_ledger_costs_nothing_and_has_no_picture():
    empty = Ledger("empty", ())
    assert cost(empty, 4, training=True) == ()
    with pytest.raises(ValueError, match="'empty' has no layers"):
        training_memory(empty, 1)
