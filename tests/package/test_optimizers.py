"""The rule of 2012 against NumPy in float64, Keras's own optimizers, and itself saved and loaded.

Runs on the backend in use, and in a process of its own on JAX.
"""

import keras
import numpy as np
import pytest

from alexnet_tutorial.training.optimizers import PaperSGD

STEPS = 100
RATE, MOMENTUM, DECAY = 0.01, 0.9, 0.0005
NAMES = ("kernel 1", "bias 1", "kernel 2", "bias 2")


def data():
    """A batch for each step: 8 rows of 5 numbers, 3 classes."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(STEPS, 8, 5)).astype("float32")
    return x, (x[..., 0] > 0).astype(int) + (x[..., 1] > 0.5)


def network(optimizer, l2=0.0):
    """Two dense layers, with first weights and biases that are none of them 0."""
    penalty = keras.regularizers.L2(l2) if l2 else None
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(6, "tanh", kernel_regularizer=penalty),
            keras.layers.Dense(3, "softmax", kernel_regularizer=penalty),
        ]
    )
    rng = np.random.default_rng(6)
    model.set_weights([rng.normal(0, 0.5, w.shape) for w in model.get_weights()])
    # On TensorFlow, compiling takes longer than these few steps.
    jit = keras.backend.backend() == "jax"
    model.compile(optimizer, loss="sparse_categorical_crossentropy", jit_compile=jit)
    return model


def gradients(weights, x, y):
    """What the mean cross-entropy of those two layers says, by hand."""
    kernel1, bias1, kernel2, bias2 = weights
    hidden = np.tanh(x @ kernel1 + bias1)
    p = np.exp(hidden @ kernel2 + bias2)
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    back = p @ kernel2.T * (1 - hidden**2)
    return x.T @ back, back.sum(axis=0), hidden.T @ p, p.sum(axis=0)


def transcribed(weights, rates, decay=DECAY, bias_multiplier=2, first=0):
    """Yield the weights after each step: the paper's two lines, in float64, from velocity 0."""
    x, y = data()
    weights = [w.astype("float64") for w in weights]
    velocities = [np.zeros_like(w) for w in weights]
    for step, epsilon in enumerate(rates, first):
        g = gradients(weights, x[step].astype("float64"), y[step])
        for i, name in enumerate(NAMES):
            e, d = (epsilon * bias_multiplier, 0) if "bias" in name else (epsilon, decay)
            velocities[i] = MOMENTUM * velocities[i] - d * e * weights[i] - e * g[i]
            weights[i] = weights[i] + velocities[i]
        yield [w.copy() for w in weights]


def assert_equal(found, expected, tolerance=1e-5):
    """Each variable's distance from what is expected, relative to its own size."""
    for name, mine, theirs in zip(NAMES, found, expected, strict=True):
        assert np.linalg.norm(mine - theirs) < tolerance * np.linalg.norm(theirs), name


def distance(one, other):
    """Largest such distance of the four variables."""
    return max(np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(one, other, strict=True))


def trajectory(model, steps=range(STEPS)):
    x, y = data()
    for step in steps:
        model.train_on_batch(x[step], y[step])
        yield model.get_weights()


def test_a_hundred_steps_are_those_of_the_paper():
    model = network(PaperSGD())
    start = model.get_weights()
    for found, wanted in zip(trajectory(model), transcribed(start, [RATE] * STEPS), strict=True):
        assert_equal(found, wanted)
    # Another rule would have been noticed: its distance is far above the tolerance.
    for other in ({"decay": 0}, {"decay": DECAY / 10}, {"bias_multiplier": 1}):
        *_, last = transcribed(start, [RATE] * STEPS, **other)
        assert distance(found, last) > 1e-3


def test_a_bias_alone_takes_double_steps_and_does_not_shrink():
    kernel = keras.Variable(np.ones(3), name="kernel")
    bias = keras.Variable(np.ones(3), name="bias")
    beta = keras.Variable(np.ones(3), name="beta")
    optimizer = PaperSGD(learning_rate=0.1, momentum=0.5, weight_decay=0.2)
    g = keras.ops.ones(3)
    for _ in range(2):
        optimizer.apply([g, g, g], [kernel, bias, beta])
    # By hand: v = -0.1 * (1 + 0.2 * 1), then v = 0.5 * v - 0.1 * (1 + 0.2 * 0.88).
    np.testing.assert_allclose(kernel.numpy(), 1 - 0.12 + (-0.06 - 0.1176), rtol=1e-6)
    np.testing.assert_allclose(beta.numpy(), kernel.numpy())
    # v = -0.2, then v = -0.1 - 0.2.
    np.testing.assert_allclose(bias.numpy(), 1 - 0.2 - 0.3, rtol=1e-6)


def test_an_l2_term_of_half_the_decay_is_the_same_rule_and_keras_own_decay_is_another():
    strong = 0.05
    ours = network(PaperSGD(RATE, MOMENTUM, strong, bias_multiplier=1))
    l2 = network(keras.optimizers.SGD(RATE, MOMENTUM), l2=strong / 2)
    decoupled = network(keras.optimizers.SGD(RATE, MOMENTUM, weight_decay=strong))
    for model in (ours, l2, decoupled):
        assert len(list(trajectory(model, range(40)))) == 40
    assert_equal(l2.get_weights(), ours.get_weights())
    assert distance(decoupled.get_weights(), ours.get_weights()) > 0.05


def test_without_momentum_and_biases_it_is_keras_own_decay():
    kernels = [keras.Variable(np.linspace(-1, 2, 7), name="kernel") for _ in range(2)]
    ours = PaperSGD(0.1, momentum=0.0, weight_decay=0.3)
    theirs = keras.optimizers.SGD(0.1, weight_decay=0.3)
    for step in range(20):
        g = keras.ops.convert_to_tensor(np.sin(np.arange(7.0) + step), "float32")
        ours.apply([g], kernels[:1])
        theirs.apply([g], kernels[1:])
    np.testing.assert_allclose(kernels[0].numpy(), kernels[1].numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_pytorchs_decay_is_the_papers_until_the_rate_changes():
    """PyTorch keeps the rate out of the velocity, so only its next step is a tenth at once."""
    torch = pytest.importorskip("torch")
    kernel = keras.Variable(np.linspace(-1, 2, 7), name="kernel")
    theirs = torch.linspace(-1, 2, 7, requires_grad=True)
    ours = PaperSGD(0.1, momentum=0.9, weight_decay=0.3)
    sgd = torch.optim.SGD([theirs], lr=0.1, momentum=0.9, weight_decay=0.3)

    def step(g):
        before = kernel.numpy()[0], float(theirs.detach()[0])
        ours.apply([keras.ops.convert_to_tensor(g, "float32")], [kernel])
        theirs.grad = torch.tensor(g, dtype=torch.float32)
        sgd.step()
        return kernel.numpy()[0] - before[0], float(theirs.detach()[0]) - before[1]

    for number in range(20):
        step(np.sin(np.arange(7.0) + number))
    np.testing.assert_allclose(kernel.numpy(), theirs.detach().numpy(), rtol=1e-4, atol=1e-6)
    ours.decay = sgd.param_groups[0]["weight_decay"] = 0.0
    for _ in range(200):  # the same gradient until the steps no longer change
        last = step(np.ones(7))
    ours.learning_rate = sgd.param_groups[0]["lr"] = 0.01
    shares = [now / before for now, before in zip(step(np.ones(7)), last, strict=True)]
    np.testing.assert_allclose(shares, [0.91, 0.1], rtol=1e-3)


def test_saved_and_loaded_in_the_middle_of_fit_it_goes_on_as_if_nothing_had_been(tmp_path):
    x, y = data()
    half = STEPS // 2

    def fit(model, first, last):
        rows = x[first:last].reshape(-1, 5), y[first:last].reshape(-1)
        model.fit(*rows, batch_size=8, shuffle=False, verbose=0)

    whole = network(PaperSGD())
    *_, wanted = transcribed(whole.get_weights(), [RATE] * STEPS)
    fit(whole, 0, STEPS)
    assert_equal(whole.get_weights(), wanted)

    broken_off = network(PaperSGD())
    fit(broken_off, 0, half)
    broken_off.save(tmp_path / "half.keras")
    loaded = keras.saving.load_model(tmp_path / "half.keras")
    assert isinstance(loaded.optimizer, PaperSGD)
    assert int(loaded.optimizer.iterations) == half
    *_, forgot = transcribed(loaded.get_weights(), [RATE] * half, first=half)
    fit(loaded, half, STEPS)
    for mine, theirs in zip(loaded.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    # Had the velocities been lost, it would have ended elsewhere.
    assert distance(loaded.get_weights(), forgot) > 1e-3


def test_keras_own_plateau_callback_divides_by_ten_and_the_velocity_keeps_the_old_rate():
    x, y = data()
    model = network(PaperSGD(RATE))
    start = model.get_weights()
    # No epoch improves on the first by 1000, so after two more the rate is divided.
    plateau = keras.callbacks.ReduceLROnPlateau(
        "val_loss", factor=0.1, patience=2, min_delta=1e3, min_lr=RATE / 1000
    )
    rates = []

    class Rates(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            rates.append(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))

    model.fit(
        x[0],
        y[0],
        batch_size=8,
        epochs=10,
        validation_data=(x[1], y[1]),
        callbacks=[plateau, Rates()],
        verbose=0,
    )
    expected = [RATE] * 3 + [RATE / 10] * 2 + [RATE / 100] * 2 + [RATE / 1000] * 3
    np.testing.assert_allclose(rates, expected, rtol=1e-5)

    velocities, weights = [0.0] * 4, [w.astype("float64") for w in start]
    for rate in expected:
        g = gradients(weights, x[0].astype("float64"), y[0])
        for i, name in enumerate(NAMES):
            e, d = (2 * rate, 0) if "bias" in name else (rate, DECAY)
            velocities[i] = MOMENTUM * velocities[i] - e * (d * weights[i] + g[i])
            weights[i] = weights[i] + velocities[i]
    assert_equal(model.get_weights(), weights)


def test_the_settings_survive_their_config():
    schedule = keras.optimizers.schedules.CosineDecay(0.02, 10)
    optimizer = PaperSGD(schedule, 0.8, 0.001, 3, clipnorm=1.0, name="of_2012")
    config = keras.saving.serialize_keras_object(optimizer)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == optimizer.get_config()
    assert (again.momentum, again.decay, again.bias_multiplier) == (0.8, 0.001, 3.0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rate": -0.1}, "learning_rate is -0.1, .* at least 0. 2012 started at 0.01"),
        ({"learning_rate": None}, "learning_rate is None"),
        ({"momentum": 1.0}, "momentum is 1.0, and must be below 1: .* grow without end"),
        ({"momentum": float("nan")}, "momentum is nan"),
        ({"weight_decay": -5e-4}, "weight_decay is -0.0005, .* 0 is none"),
        ({"bias_multiplier": "2"}, "bias_multiplier is '2'"),
    ],
)
def test_numbers_out_of_range_are_refused_before_any_work(settings, words):
    with pytest.raises(ValueError, match=words):
        PaperSGD(**settings)
