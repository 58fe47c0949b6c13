"""The integers, against brute force on a line of pixels and against Keras's own shape functions."""

import itertools
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alexnet_tutorial import shapes
from alexnet_tutorial.shapes import TransposedWindow, Window

paddings = st.one_of(
    st.sampled_from(["valid", "same"]),
    st.integers(0, 6),
    st.tuples(st.integers(0, 6), st.integers(0, 6)),
)
windows = st.fixed_dictionaries(
    {
        "size": st.integers(1, 60),
        "kernel_size": st.integers(1, 13),
        "strides": st.integers(1, 6),
        "padding": paddings,
        "rounding": st.sampled_from(["floor", "ceil"]),
        "dilation_rate": st.integers(1, 3),
    }
)


def windows_on_a_line(size, kernel_size, strides, padding, rounding, dilation_rate):
    """Slide a window along a list of pixels and note what each position touches."""
    if padding == "same":  # TensorFlow's: as few zeros as reach ceil(size / strides) positions
        wanted = len(range(0, size, strides))
        total = 0
        while True:
            line = [None] * (total // 2) + list(range(size)) + [None] * (total - total // 2)
            span = (kernel_size - 1) * dilation_rate + 1
            starts = [s for s in range(0, len(line), strides) if s + span <= len(line)]
            if len(starts) >= wanted:
                break
            total += 1
    else:
        before, after = (
            (0, 0)
            if padding == "valid"
            else ((padding, padding) if isinstance(padding, int) else padding)
        )
        line = [None] * before + list(range(size)) + [None] * after
    touches, start = [], 0
    reach = range(0, kernel_size * dilation_rate, dilation_rate)
    while start + reach[-1] < len(line):
        touches.append([line[start + step] for step in reach])
        start += strides
    if not touches:
        return None
    last_end = start - strides + reach[-1] + 1
    if rounding == "ceil" and last_end < len(line):  # one more step, past the edge
        touches.append([line[start + step] if start + step < len(line) else None for step in reach])
    return touches


@pytest.mark.slow
@settings(max_examples=4000, deadline=None)
@given(windows)
def test_against_a_window_slid_over_a_line_of_pixels(window):
    touches = windows_on_a_line(**window)
    if touches is None:
        with pytest.raises(ValueError, match="does not fit"):
            Window(**window)
        return
    pixels = [pixel for touch in touches for pixel in touch if pixel is not None]
    assert Window(**window).outputs == shapes.output_size(**window) == len(touches)
    assert Window(**window).weights_on_pixels == len(pixels)
    # A pixel in a hole of a dilated window was reached; one after the last window was not.
    spans = [t for t in touches[-1] if t is not None]
    if spans and window["dilation_rate"] == 1:
        assert Window(**window).unread == window["size"] - 1 - max(spans)


@settings(max_examples=2000, deadline=None)
@given(windows)
def test_pads_turn_every_case_into_valid_rounding_down(window):
    if windows_on_a_line(**window) is None:
        return
    before, after = Window(**window).pads
    plain = {**window, "padding": (before, after), "rounding": "floor"}
    assert windows_on_a_line(**plain)[-1] == windows_on_a_line(**window)[-1]
    assert shapes.output_size(**plain) == shapes.output_size(**window)


def test_against_keras_compute_output_shape():
    """Every case Keras can say, thousands of them: same and valid, strides, dilation, explicit."""
    keras = pytest.importorskip("keras")
    cases = 0
    draws = itertools.product(
        (5, 8, 13, 27, 57, 224), (1, 2, 3, 5, 11), (1, 2, 3, 4), ("valid", "same"), (1, 2)
    )
    for size, kernel, strides, padding, dilation in draws:
        if dilation > 1 and strides > 1:
            continue  # Keras refuses the two together
        window = {
            "size": size,
            "kernel_size": kernel,
            "strides": strides,
            "padding": padding,
            "dilation_rate": dilation,
        }
        layer = keras.layers.Conv2D(
            1, kernel, strides=strides, padding=padding, dilation_rate=dilation
        )
        shape = (None, size, size, 1)
        if padding == "valid" and dilation * (kernel - 1) + 1 > size:
            with pytest.raises(ValueError, match="does not fit"):
                shapes.output_size(**window)
            continue
        assert layer.compute_output_shape(shape)[1] == shapes.output_size(**window), window
        cases += 1
    for size, kernel, strides, before, after in itertools.product(
        (7, 13, 27, 55, 224), (2, 3, 5, 11), (1, 2, 3, 4), range(4), range(4)
    ):
        if size + before + after < kernel:
            continue
        padded = keras.layers.ZeroPadding2D(((before, after), (0, 0)))
        pool = keras.layers.MaxPooling2D((kernel, 1), strides=strides)
        shape = pool.compute_output_shape(padded.compute_output_shape((None, size, 4, 1)))
        assert shape[1] == shapes.output_size(size, kernel, strides, (before, after))
        cases += 1
    assert cases > 1000


@settings(max_examples=1500, deadline=None)
@given(windows)
def test_against_keras_for_hypothesis_draws(window):
    """Rounding up is given to Keras as the zeros that ``pads`` says it equals."""
    keras = pytest.importorskip("keras")
    if window["dilation_rate"] > 1 and window["strides"] > 1:
        window = {**window, "strides": 1}
    if windows_on_a_line(**window) is None:
        return
    if window["padding"] in ("same", "valid") and window["rounding"] == "floor":
        pads, padding = ((0, 0), (0, 0)), window["padding"]
    else:
        pads, padding = (Window(**window).pads, (0, 0)), "valid"
    shape = keras.layers.ZeroPadding2D(pads).compute_output_shape((None, window["size"], 1, 1))
    layer = keras.layers.Conv2D(
        1,
        (window["kernel_size"], 1),
        strides=(window["strides"],) * 2,
        dilation_rate=(window["dilation_rate"], 1),
        padding=padding,
    )
    assert layer.compute_output_shape(shape)[1] == shapes.output_size(**window)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6), st.integers(1, 5))
def test_parameters_against_the_size_of_a_real_kernel(groups, per_group, filters, kernel):
    import numpy as np

    weights = np.zeros((kernel, kernel + 1, per_group, filters * groups))
    assert (
        shapes.conv_parameters(per_group * groups, filters * groups, (kernel, kernel + 1), groups)
        == weights.size + filters * groups
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"size": 4, "kernel_size": 5}, "window of 5 pixels does not fit into 4"),
        ({"size": 0, "kernel_size": 1}, "size is 0"),
        ({"size": -3, "kernel_size": 1}, "size is -3"),
        ({"size": 4, "kernel_size": 0}, "kernel_size is 0"),
        ({"size": 4, "kernel_size": 2, "strides": 0}, "strides is 0"),
        ({"size": 4, "kernel_size": 2, "strides": 1.5}, "strides is 1.5"),
        ({"size": 4, "kernel_size": 2, "padding": -1}, "padding is -1"),
        ({"size": 4, "kernel_size": 2, "padding": "full"}, "'valid', 'same'"),
        ({"size": 4, "kernel_size": 2, "rounding": "up"}, "floor, ceil"),
        ({"size": 4, "kernel_size": 2, "dilation_rate": 0}, "dilation_rate is 0"),
    ],
)
def test_bad_numbers_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        shapes.output_size(**arguments)


def test_groups_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="3 groups do not divide 8 filters"):
        shapes.conv_parameters(6, 8, (3, 3), groups=3)
    with pytest.raises(ValueError, match="2 groups do not divide 5 input channels"):
        shapes.conv_macs(9, 5, 8, 9, groups=2)


def test_macs_against_counting_each_product():
    height, width, channels, filters, kernel, groups = 5, 6, 4, 6, 3, 2
    count = sum(
        1
        for _ in itertools.product(
            range(height - kernel + 1),
            range(width - kernel + 1),
            range(filters),
            range(channels // groups),
            range(kernel * kernel),
        )
    )
    positions = prod(shapes.output_size(n, kernel) for n in (height, width))
    assert shapes.conv_macs(positions, channels, filters, kernel**2, groups) == count


chains = st.lists(
    st.fixed_dictionaries(
        {
            "kernel_size": st.integers(1, 5),
            "strides": st.integers(1, 3),
            "padding": paddings,
            "rounding": st.sampled_from(["floor", "ceil"]),
            "dilation_rate": st.integers(1, 2),
        }
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=400, deadline=None)
@given(size=st.integers(1, 40), chain=chains)
def test_pixels_read_are_those_that_brute_force_finds(size, chain):
    """Carry the set of pixels behind each output forward, one window after the other."""
    behind, windows = [{pixel} for pixel in range(size)], []
    for window in chain:
        window = {"size": len(behind), **window}
        touched = windows_on_a_line(**window)
        if touched is None:
            return
        windows.append(Window(**window))
        behind = [set().union(*(behind[i] for i in touch if i is not None)) for touch in touched]
    field = shapes.receptive_field(windows)
    for position, pixels in enumerate(behind):
        found = shapes.pixels_read(position, windows)
        if pixels:  # what is read is the whole stretch from the first to the last
            assert pixels <= set(found) and found[0] <= min(pixels) and found[-1] >= max(pixels)
        if all(window.dilation_rate == 1 for window in windows) and pixels:
            # Without holes the stretch is exact, up to what strides larger than windows skip.
            start = field.start + position * field.strides
            assert set(found) <= set(range(start, start + field.size))
            if all(window.strides <= window.kernel_size for window in windows):
                assert (found[0], found[-1]) == (min(pixels), max(pixels))


def test_pixels_read_refuses_a_position_that_is_not_there():
    conv1 = Window(224, 11, strides=4)
    with pytest.raises(ValueError, match="positions are 0 to 53"):
        shapes.pixels_read(54, [conv1])


@settings(max_examples=1000, deadline=None)
@given(
    size=st.integers(1, 40),
    kernel_size=st.integers(1, 9),
    strides=st.integers(1, 6),
    dilation_rate=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same"]),
)
def test_a_transposed_convolution_is_a_convolution_read_backwards(**window):
    """Its pairs are those of the convolution that makes the input's size of the output's."""
    outputs = TransposedWindow(**window).outputs
    touches = windows_on_a_line(**(window | {"size": outputs, "rounding": "floor"}))
    assert len(touches) == window["size"]
    pixels = [pixel for touch in touches for pixel in touch if pixel is not None]
    assert TransposedWindow(**window).weights_in_output == len(pixels)


def test_transposed_sizes_against_keras():
    keras = pytest.importorskip("keras")
    draws = itertools.product(
        (1, 2, 7, 13), (1, 2, 3, 4, 5), (1, 2, 3, 4), ("valid", "same"), (None, 0, 1, 2), (1, 2, 3)
    )
    cases = 0
    for size, kernel, strides, padding, more, dilation in draws:
        if (strides > 1 and dilation > 1) or (more is not None and more >= strides):
            continue  # Keras refuses these
        layer = keras.layers.Conv2DTranspose(
            1, (kernel, 1), (strides, 1), padding, more and (more, 0), dilation_rate=(dilation, 1)
        )
        if more == 0:
            layer.output_padding = (0, 0)
        found = layer.compute_output_shape((1, size, 1, 1))[1]
        window = (size, kernel, strides, padding, more, dilation)
        if found:
            assert TransposedWindow(*window).outputs == found, window
        else:
            with pytest.raises(ValueError, match="leaves no pixel"):
                TransposedWindow(*window)
        cases += 1
    assert cases > 400


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ((5, 3, 2, 1), "padding is 1, and must be 'valid' or 'same'"),
        ((5, 3, 2, "same", 2), "output_padding is 2.*below the strides, 2"),
        ((5, 3, 0), "strides is 0"),
        ((0, 3), "size is 0"),
    ],
)
def test_a_transposed_window_that_cannot_be_is_refused(window, message):
    with pytest.raises(ValueError, match=message):
        TransposedWindow(*window)
