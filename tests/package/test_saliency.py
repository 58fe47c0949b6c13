"""Gradients with respect to the picture: against differences, on TensorFlow and on JAX."""

import keras
import numpy as np
import pytest

from alexnet_tutorial.saliency import input_gradients


def small_network():
    """A convolution, dropout and a dense layer without activation, with weights from a seed."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            keras.layers.Conv2D(4, 3, activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(5),
        ]
    )
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.3, w.shape) for w in model.get_weights()])
    return model


def scores_by_hand(weights, x):
    """The same network in float64 NumPy, from its definition."""
    kernel, bias, dense, offset = (np.asarray(w, np.float64) for w in weights)
    maps = np.zeros((4, 4, 4))
    for i in range(4):
        for j in range(4):
            maps[i, j] = np.tanh((x[i : i + 3, j : j + 3, :, None] * kernel).sum((0, 1, 2)) + bias)
    return maps.ravel() @ dense + offset


def test_gradients_are_those_of_small_differences():
    model = small_network()
    weights = model.get_weights()
    x = np.random.default_rng(1).normal(size=(2, 6, 6, 3)).astype("float32")
    classes = [4, 1]
    gradients = input_gradients(model, x, classes)
    assert gradients.shape == x.shape and gradients.dtype == np.float32
    for picture, label, gradient in zip(x.astype("float64"), classes, gradients, strict=True):
        expected = np.zeros_like(picture)
        for place in np.ndindex(*picture.shape):
            step = np.zeros_like(picture)
            step[place] = 1e-5
            up, down = (scores_by_hand(weights, picture + s)[label] for s in (step, -step))
            expected[place] = (up - down) / 2e-5
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)


def test_a_long_batch_is_the_same_as_one_by_one():
    model = small_network()
    x = np.random.default_rng(2).normal(size=(35, 6, 6, 3)).astype("float32")
    classes = np.arange(35) % 5
    together = input_gradients(model, x, classes)
    for row in (0, 31, 32, 34):
        alone = input_gradients(model, x[row : row + 1], classes[row : row + 1])[0]
        np.testing.assert_allclose(together[row], alone, rtol=1e-5, atol=1e-7)
    assert input_gradients(model, x[:0], classes[:0]).shape == (0, 6, 6, 3)


@pytest.mark.parametrize(
    ("shape", "classes", "words"),
    [
        ((6, 6, 3), [0], r"\(6, 6, 3\).*picture\[None\]"),
        ((1, 3, 6, 6), [0], r"\(1, 3, 6, 6\)"),
        ((2, 6, 6, 3), [0], "one integer for each of the 2"),
        ((1, 6, 6, 3), [0.5], "one integer"),
        ((1, 6, 6, 3), [5], "outputs 0 to 4"),
        ((1, 6, 6, 3), [-1], "outputs 0 to 4"),
    ],
)
def test_bad_input_is_refused_before_any_work(shape, classes, words):
    with pytest.raises(ValueError, match=words):
        input_gradients(small_network(), np.zeros(shape), classes)
