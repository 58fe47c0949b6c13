"""A loss that breaks stops training, with the step and the layer where that began."""

import re

import keras
import numpy as np
import pytest

from alexnet_tutorial.training import FiniteLoss

CLASSES, BATCH = 3, 4
LOSS = "sparse_categorical_crossentropy"


class Rows(keras.utils.PyDataset):
    """Arrays in batches, in order."""

    def __init__(self, x, y, size=BATCH):
        super().__init__()
        self.x, self.y, self.size = np.asarray(x, "float32"), np.asarray(y), size

    def __len__(self):
        return -(-len(self.x) // self.size)

    def __getitem__(self, step):
        rows = slice(step * self.size, (step + 1) * self.size)
        return self.x[rows], self.y[rows]


def noise(count=20):
    rng = np.random.default_rng(0)
    return Rows(rng.normal(size=(count, 6, 6, 2)), np.arange(count) % CLASSES)


def network(rate=0.05):
    keras.utils.set_random_seed(3)
    layers = [
        keras.Input((6, 6, 2)),
        keras.layers.Conv2D(4, 3, activation="relu", name="conv1"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(8, activation="relu", name="fc6"),
        keras.layers.Dropout(0.5, seed=1, name="drop6"),
        keras.layers.Dense(CLASSES, activation="softmax", name="fc8"),
    ]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), LOSS, jit_compile=False)
    return model


def fit(model, rows, epochs=2, callback=None):
    callback = FiniteLoss(rows) if callback is None else callback
    return model.fit(rows, epochs=epochs, shuffle=False, verbose=0, callbacks=[callback])


def message(*args, **options):
    with pytest.raises(ValueError, match="training cannot recover") as caught:
        fit(*args, **options)
    return str(caught.value)


def test_nan_in_the_data_is_found_by_step_and_row():
    rows = noise()
    rows.x[9, 0, 0, 0] = np.nan  # the third step, index 1 in it
    model = network()
    said = message(model, rows)
    # Where a ReLU turns NaN into zero, as oneDNN's does, the loss itself is a number.
    assert re.search("loss is [0-9a-z.]+ in epoch 1, step 3[:,]", said)
    assert "in the data" in said and "1 of the 4" in said and "index 1." in said

    # The model is left as two steps leave it, dropout and momentum included.
    other = network()
    for step in range(2):
        other.train_on_batch(*rows[step])
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-7)


def test_nan_weights_of_a_middle_layer_are_found():
    model = network()
    kernel, bias = model.get_layer("fc6").get_weights()
    kernel[5, 2] = np.nan
    model.get_layer("fc6").set_weights([kernel, bias])
    said = message(model, noise())
    assert re.search("epoch 1, step 1[:,]", said)
    assert "began in layer 'fc6'" in said and "before the first step already (so in fc6)" in said


def forward(model, x):
    """The network in NumPy and float64: (layer, largest absolute output) of what has weights."""
    conv, fc6, fc8 = (model.get_layer(name) for name in ("conv1", "fc6", "fc8"))
    x = np.asarray(x, np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    kernel, bias = (np.asarray(w, np.float64) for w in conv.get_weights())
    maps = np.maximum(np.einsum("nyxcij,ijco->nyxo", windows, kernel) + bias, 0)
    yield "conv1", np.abs(maps).max()
    kernel, bias = (np.asarray(w, np.float64) for w in fc6.get_weights())
    hidden = np.maximum(maps.reshape(len(x), -1) @ kernel + bias, 0)
    yield "fc6", np.abs(hidden).max()
    kernel, bias = (np.asarray(w, np.float64) for w in fc8.get_weights())
    yield "fc8", np.abs(hidden @ kernel + bias).max()


@pytest.mark.parametrize(("layer", "factor"), [("conv1", 1e39), ("fc6", 1e30), ("fc8", 1e35)])
def test_an_overflow_is_found_in_the_layer_where_float32_ends(layer, factor):
    model, rows = network(), noise()
    kernel, bias = model.get_layer(layer).get_weights()
    kernel = (kernel * min(factor, 1e30)).astype("float32")
    model.get_layer(layer).set_weights([kernel, bias])
    rows.x *= np.float32(max(factor / 1e30, 1e9))
    said = message(model, rows)
    largest = np.finfo("float32").max
    first = next(name for name, size in forward(model, rows[0][0]) if size > largest)
    assert first == layer
    assert f"began in layer {layer!r}: its weights are finite" in said
    assert "scale the input" in said and "learning rate, which is 0.05" in said


@pytest.mark.parametrize("rate", [1e20, 1e25])
def test_too_high_a_rate_is_found_where_float32_ends(rate):
    model, rows = network(rate), noise(40)
    callback = FiniteLoss(rows)
    callback.EXPLODED = 1e300  # finite, however large, goes on
    said = message(model, rows, callback=callback)
    assert f"learning rate, which is {rate:.3g}" in said and "clipnorm" in said
    step = int(re.search(r", step (\d+)", said)[1])
    assert step > 1
    largest = np.finfo("float32").max
    if "on the way back" not in said:
        sizes = forward(model, rows[step - 1][0])
        first = next(name for name, size in sizes if not size < largest)
        assert f"began in layer {first!r}" in said


def test_a_gradient_that_overflowed_is_found():
    layers = [keras.layers.Dense(1, use_bias=False, name=name) for name in ("first", "second")]
    model = keras.Sequential([keras.Input((1,), name="x"), *layers])
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    model.set_weights([np.full((1, 1), 1e-4), np.full((1, 1), 1e-3)])
    # By hand: hidden 1e21, output 1e18, loss 1e36. Gradients: 2e18 · 1e21 in the second layer,
    # 2e18 · 1e-3 · 1e25 in the first; both are over float32's 3.4e38, the second came first.
    rows = Rows(np.full((3, 1), 1e25), np.zeros((3, 1)), size=1)
    said = message(model, rows)
    assert "epoch 1, step 1, but" in said
    assert "began in layer 'second', on the way back: its gradient overflowed" in said
    assert "the weights of first, second are not finite" in said


def test_a_loss_that_explodes_is_stopped_while_it_is_finite():
    frozen = keras.layers.Dense(1, use_bias=False, trainable=False, name="frozen")
    learned = keras.layers.Dense(1, use_bias=False, name="learned")
    model = keras.Sequential([keras.Input((1,), name="x"), frozen, learned])
    model.compile(keras.optimizers.SGD(1.5), "mse", jit_compile=False)
    model.set_weights([np.ones((1, 1)), np.full((1, 1), 4.0)])
    rows = Rows(np.ones((50, 1)), np.zeros((50, 1)), size=1)
    # By hand: the gradient of w² is 2w, so w → w - 1.5 · 2w = -2w, and the loss grows fourfold.
    losses = [16.0 * 4**step for step in range(50)]
    first = next(step for step, loss in enumerate(losses) if loss > 100 * losses[0])
    said = message(model, rows)
    assert f"loss is {losses[first]:.4g} in epoch 1, step {first + 1}, over 100 times" in said
    assert "began in layer 'learned', whose weights grew most" in said
    assert model.get_weights()[1] == pytest.approx(4.0 * (-2) ** first)


def test_a_small_first_loss_may_grow():
    stop = FiniteLoss()
    stop.set_model(network())
    stop.on_train_begin()
    stop.on_epoch_begin(0)
    for step, loss in enumerate([0.001, 1.0, 99.0]):
        stop.on_train_batch_end(step, {"loss": loss})


def test_it_changes_nothing_where_all_goes_well():
    with_it, without = network(), network()
    one = fit(with_it, noise(), epochs=3)
    two = fit(without, noise(), epochs=3, callback=keras.callbacks.Callback())
    assert one.history == two.history
    assert all(map(np.array_equal, with_it.get_weights(), without.get_weights()))


def test_without_the_batches_it_says_what_is_broken_and_what_is_missing():
    rows = noise()
    rows.x[0] = np.inf
    model = network()
    said = message(model, rows, callback=FiniteLoss())
    assert "broken by now: conv1" in said and "given the batches that fit trains on" in said
    assert "NaN in the data" in said


def test_another_epoch_than_the_first():
    rows = noise()

    class Spoil(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                rows.x[19] = np.nan  # the last step

    model = network()
    with pytest.raises(ValueError, match="epoch 3, step 5[:,].*index 3"):
        model.fit(rows, epochs=4, shuffle=False, verbose=0, callbacks=[FiniteLoss(rows), Spoil()])
