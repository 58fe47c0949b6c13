"""PCA color and random patches against NumPy and SciPy, on the backend in use and on JAX."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from scipy import stats

from alexnet_tutorial.pictures import Augmentation, PCAColor, RandomPatch, augment

FORMATS = ["channels_last", "channels_first"]
pytestmark = pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
each_format = pytest.mark.parametrize("data_format", FORMATS)


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def turned(pictures, data_format):
    """Pictures with channels last, in the format asked for."""
    first = data_format == "channels_first"
    return np.moveaxis(pictures, -1, 1) if first else pictures


@pytest.fixture
def pictures():
    """Colors that depend on each other, as those of photographs do."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(150, 6, 7, 3)) @ [[40, 30, 20], [0, 20, -10], [5, 0, 9]]
    return np.clip(mixed + [150, 120, 110], 0, 255).astype(np.uint8)


def scaled_covariance(pictures):
    return np.cov(pictures.reshape(-1, 3).astype("float64").T / 255, bias=True)


# --- PCA color -------------------------------------------------------------------------------


@each_format
def test_components_equal_eigh_of_the_covariance(pictures, data_format):
    layer = PCAColor(data_format=data_format)
    layer.adapt(turned(pictures, data_format))
    eigenvalues, vectors = np.linalg.eigh(scaled_covariance(pictures))
    np.testing.assert_allclose(layer.eigenvalues, eigenvalues[::-1], rtol=1e-10)
    alike = abs(np.sum(layer.components * vectors[:, ::-1], axis=0))  # the sign is free
    np.testing.assert_allclose(alike, 1, rtol=1e-10)
    assert (np.diff(layer.eigenvalues) < 0).all()


def test_units_and_batches_do_not_change_the_components(pictures):
    whole, floats, batches = PCAColor(), PCAColor(value_range=(-0.5, 0.5)), PCAColor()
    whole.adapt(pictures)
    floats.adapt(pictures / 255 - 0.5)
    batches.adapt(pictures[start : start + 40] for start in range(0, 150, 40))
    for other in (floats, batches):
        np.testing.assert_allclose(other.eigenvalues, whole.eigenvalues, rtol=1e-10)
        np.testing.assert_allclose(other.components, whole.components, atol=1e-10)


def added_colors(layer, pictures, calls, data_format="channels_last"):
    """What the layer adds, (calls * n, 3); every pixel of a picture must get the same."""
    given = turned(pictures.astype("float32"), data_format)
    colors = []
    for _ in range(calls):
        difference = numpy(layer(given, training=True)) - given
        difference = np.moveaxis(difference, 1, -1) if given.shape[1] == 3 else difference
        assert np.ptp(difference, axis=(1, 2)).max() < 1e-4, "not the same for all pixels"
        colors.append(difference[:, 0, 0].astype("float64"))
    return np.concatenate(colors)


@pytest.mark.parametrize("magnitude", ["eigenvalue", "deviation"])
@each_format
def test_the_added_color_has_the_stated_distribution(pictures, magnitude, data_format):
    layer = PCAColor(magnitude=magnitude, seed=1, data_format=data_format)
    layer.adapt(turned(pictures, data_format))
    colors = added_colors(layer, pictures[:, :2, :2], 40, data_format)
    assert len(np.unique(colors, axis=0)) == len(colors) == 6000, "one draw for each picture"

    values, vectors = np.linalg.eigh(scaled_covariance(pictures))
    sizes = values if magnitude == "eigenvalue" else np.sqrt(values)
    expected = vectors @ np.diag((0.1 * 255 * sizes) ** 2) @ vectors.T
    # The drawn multiples: 0.1 times what should be standard normal numbers.
    alpha = colors @ vectors / (255 * sizes)
    assert abs(alpha.mean(axis=0)).max() < 4 * 0.1 / np.sqrt(len(alpha))
    np.testing.assert_allclose(alpha.std(axis=0), 0.1, rtol=0.04)
    assert abs(np.corrcoef(alpha.T) - np.eye(3)).max() < 4 / np.sqrt(len(alpha))
    for multiple in alpha.T:
        assert stats.kstest(multiple / 0.1, "norm").pvalue > 0.001
    np.testing.assert_allclose(np.cov(colors.T), expected, atol=0.08 * expected.max())


def test_units_do_not_change_what_a_picture_gets(pictures):
    bytes_, floats = PCAColor(seed=3), PCAColor(seed=3, value_range=(-0.5, 0.5))
    bytes_.adapt(pictures)
    floats.adapt(pictures / 255 - 0.5)
    one = numpy(bytes_(pictures, training=True)) / 255 - 0.5
    other = numpy(floats((pictures / 255 - 0.5).astype("float32"), training=True))
    np.testing.assert_allclose(other, one, atol=1e-5)


def test_a_seed_repeats_and_calls_differ(pictures):
    layers = [PCAColor(seed=seed) for seed in (5, 5, 6)]
    for layer in layers:
        layer.adapt(pictures)
    a, b, c = (numpy(layer(pictures[:4], training=True)) for layer in layers)
    np.testing.assert_array_equal(a, b)
    assert not np.allclose(a, c)
    assert not np.allclose(a, numpy(layers[0](pictures[:4], training=True)))


def test_off_at_inference_and_on_in_training(pictures):
    layer = PCAColor(seed=0)
    model = keras.Sequential([keras.Input((6, 7, 3)), layer, keras.layers.Flatten()])
    layer.adapt(pictures)
    flat = pictures.reshape(len(pictures), -1).astype("float32")
    np.testing.assert_array_equal(model.predict(pictures, verbose=0), flat)
    np.testing.assert_array_equal(numpy(layer(pictures, training=False)), pictures)
    assert abs(numpy(model(pictures, training=True)) - flat).max() > 1

    # In fit, the loss sees the colors; in evaluate it does not.
    model.compile(loss="mse")
    history = model.fit(pictures, flat, verbose=0, batch_size=50).history
    expected = np.sum((0.1 * 255 * layer.eigenvalues) ** 2) / 3
    assert 0.5 * expected < history["loss"][0] < 2 * expected
    assert model.evaluate(pictures, flat, verbose=0) == 0


RELOAD = """
import sys
import keras, numpy as np
import alexnet_tutorial.pictures.augmentation
for name in ("channels_last", "channels_first"):
    model = keras.models.load_model(name + ".keras")
    x = np.load(name + ".npy")
    np.savez(name, test=model.predict(x, verbose=0), train=np.asarray(model(x, training=True)),
             components=model.layers[1].components)
"""


@pytest.mark.slow
def test_saved_and_reloaded_elsewhere_without_custom_objects(tmp_path, pictures):
    models = {}
    for data_format in FORMATS:
        given = turned(pictures, data_format)
        color = PCAColor(magnitude="deviation", seed=2, data_format=data_format)
        patch = RandomPatch(4, 5, seed=1, data_format=data_format)
        model = keras.Sequential([keras.Input(given.shape[1:]), patch, color])
        color.adapt(given)
        model.save(tmp_path / f"{data_format}.keras")
        np.save(tmp_path / f"{data_format}.npy", given)
        models[data_format] = (model, color, given)
        assert PCAColor.from_config(color.get_config()).get_config() == color.get_config()
    subprocess.run([sys.executable, "-c", RELOAD], check=True, cwd=tmp_path)
    for data_format, (model, color, given) in models.items():
        with np.load(tmp_path / f"{data_format}.npz") as read:
            np.testing.assert_array_equal(read["components"], color.components)
            np.testing.assert_array_equal(read["test"], model.predict(given, verbose=0))
            np.testing.assert_allclose(read["train"], numpy(model(given, training=True)), atol=1e-4)


def test_layers_work_in_a_tf_data_map_whatever_the_backend(pictures):
    tf = pytest.importorskip("tensorflow")
    color, patch = PCAColor(seed=0), RandomPatch(4, 5, seed=0)
    color.adapt(tf.data.Dataset.from_tensor_slices(pictures).batch(64))
    single = tf.data.Dataset.from_tensor_slices(pictures)
    for data, batched in ((single, False), (single.batch(50), True)):
        found = [picture.numpy() for picture in data.map(color).map(patch)]
        found = np.concatenate(found) if batched else np.stack(found)
        assert found.shape == (150, 4, 5, 3) and found.dtype == np.float32
    found = np.stack([picture.numpy() for picture in single.map(color)])
    colors = (found - pictures)[:, 0, 0]
    assert len(np.unique(colors, axis=0)) == 150
    plain = single.map(lambda picture: color(picture, training=False))
    np.testing.assert_array_equal(np.stack([p.numpy() for p in plain]), pictures)


def test_in_mixed_precision_colors_are_drawn_in_float32(pictures):
    layer = PCAColor(seed=0, dtype="mixed_bfloat16")
    layer.adapt(pictures)
    assert keras.backend.standardize_dtype(layer(pictures[:2]).dtype) == "bfloat16"


@pytest.mark.parametrize(
    ("pictures", "says"),
    [
        (np.zeros((0, 6, 6, 3)), "no pictures"),
        (iter([]), "no pictures"),
        (np.zeros((4, 6, 6, 1)), "1 channels; expected 3.*gray"),
        (np.zeros((4, 3, 6, 6)), "6 channels; expected 3.*data_format is 'channels_last'"),
        (np.zeros((6, 6, 3)), r"shape \(6, 6, 3\); expected \(n, height.*picture\[None\]"),
        (np.full((4, 6, 6, 3), np.nan), "picture 0 of batch 0 .*NaN"),
        (np.linspace(0, 1, 432).reshape(4, 6, 6, 3), r"divided by 255.*value_range=\(0, 1\)"),
        (np.linspace(-1, 300, 432).reshape(4, 6, 6, 3), "pixels go from -1 to 300"),
    ],
)
def test_adapt_refuses_what_it_cannot_use(pictures, says):
    layer = PCAColor(data_format="channels_last")
    with pytest.raises(ValueError, match=says):
        layer.adapt(pictures)
    assert layer.eigenvalues is None, "nothing half-adapted"


def test_adapt_names_the_picture_that_is_not_finite(pictures):
    broken = pictures.astype("float32")
    broken[131, 2, 3, 1] = np.inf
    with pytest.raises(ValueError, match="picture 131 of batch 0"):
        PCAColor().adapt(broken)
    with pytest.raises(ValueError, match="picture 11 of batch 2"):
        PCAColor().adapt([broken[:60], broken[60:120], broken[120:]])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"stddev": -0.1}, "stddev is -0.1"),
        ({"value_range": (1, 1)}, "value_range is"),
        ({"magnitude": "variance"}, "magnitude is 'variance'"),
        ({"data_format": "nchw"}, "data_format is 'nchw'"),
        ({"eigenvalues": [1, 1, 1]}, "belong together"),
        ({"eigenvalues": [1, 1], "components": np.eye(2)}, r"expected \(3,\)"),
        ({"eigenvalues": [1, 1, -1], "components": np.eye(3)}, "at least 0"),
        ({"eigenvalues": [1, 1, 1], "components": np.ones((3, 3))}, "right angles"),
    ],
)
def test_color_refuses_bad_numbers(arguments, says):
    with pytest.raises(ValueError, match=says):
        PCAColor(**arguments)


def test_training_before_adapt_and_gray_input_are_refused(pictures):
    layer = PCAColor(data_format="channels_last")
    with pytest.raises(ValueError, match="Call adapt"):
        layer(pictures, training=True)
    model = keras.Sequential([keras.Input((6, 7, 3)), layer, keras.layers.Flatten()])
    model.compile(loss="mse")
    with pytest.raises(ValueError, match="Call adapt"):
        model.fit(pictures, pictures.reshape(150, -1), verbose=0)
    with pytest.raises(ValueError, match="1 channels; expected 3"):
        keras.Sequential([keras.Input((6, 7, 1)), PCAColor(data_format="channels_last")])


# --- random patches --------------------------------------------------------------------------


def numbered(n, height, width, data_format="channels_last"):
    """Pictures whose pixels say where they are: picture, row, column."""
    where = np.stack(np.meshgrid(range(n), range(height), range(width), indexing="ij"), axis=-1)
    return turned(where.astype("float32"), data_format)


@each_format
def test_patches_are_whole_their_places_independent_and_equally_likely(data_format):
    layer = RandomPatch(6, 5, seed=4, data_format=data_format)
    found = numpy(layer(numbered(3000, 8, 9, data_format), training=True))
    found = np.moveaxis(found, 1, -1) if data_format == "channels_first" else found
    assert found.shape == (3000, 6, 5, 3)
    corners = found[:, :1, :1, :]
    expected = corners + numbered(1, 6, 5)  # the same picture, the pixels in order
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found[:, 0, 0, 0], np.arange(3000))
    counts = np.zeros((3, 5))
    np.add.at(counts, tuple(corners[:, 0, 0, 1:].astype(int).T), 1)
    assert stats.chisquare(counts.ravel()).pvalue > 0.001  # 3 × 5 places
    assert stats.chi2_contingency(counts).pvalue > 0.001  # rows tell nothing about columns


@each_format
def test_the_center_at_inference_and_one_picture_without_a_batch(data_format):
    layer = RandomPatch(224, 224, seed=0, data_format=data_format)
    given = numbered(2, 256, 256, data_format)
    center = numpy(layer(given, training=False))
    last = numbered(2, 256, 256)[:, 16:240, 16:240]
    np.testing.assert_array_equal(center, turned(last, data_format))
    one = numpy(layer(given[1], training=True))
    assert one.shape == center.shape[1:]
    np.testing.assert_array_equal(numpy(layer(given[1], training=False)), center[1])


def test_a_model_of_patches_trains_and_predicts():
    """Keras 3.15's own RandomCrop promises 224 pixels, and hands on 256 when it predicts."""
    model = keras.Sequential(
        [keras.Input((9, 9, 3)), RandomPatch(7, 7, seed=0), keras.layers.Flatten()]
    )
    model.compile(loss="mse")
    x = numbered(20, 9, 9)
    assert model.predict(x, verbose=0).shape == (20, 7 * 7 * 3)
    model.fit(x, np.zeros((20, 147)), verbose=0)
    assert model.evaluate(x, x[:, 1:8, 1:8].reshape(20, -1), verbose=0) == 0


def test_as_large_as_the_picture_is_the_picture():
    x = numbered(2, 5, 6)
    np.testing.assert_array_equal(numpy(RandomPatch(5, 6)(x, training=True)), x)


def test_larger_than_the_picture_is_refused_before_any_work():
    layer = RandomPatch(224, 224, data_format="channels_last", name="crop")
    says = "crop: the pictures are 200×256 pixels, smaller than the patch of 224×224"
    with pytest.raises(ValueError, match=says):
        layer(np.zeros((2, 200, 256, 3)))
    with pytest.raises(ValueError, match=says):
        layer(np.zeros((2, 200, 256, 3)), training=False)
    with pytest.raises(ValueError, match=says):
        keras.Sequential([keras.Input((200, 256, 3)), layer])
    with pytest.raises(ValueError, match="size of the pictures is not known"):
        keras.Sequential([keras.Input((None, None, 3)), layer])
    with pytest.raises(ValueError, match="one picture"):
        layer(np.zeros((256, 256)))
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices(np.zeros((2, 200, 256, 3)))
    with pytest.raises(ValueError, match=says):
        data.map(layer)


@pytest.mark.parametrize("size", [(0, 5), (5, -1), (5.0, 5), (True, 5)])
def test_patches_refuse_bad_sizes(size):
    with pytest.raises(ValueError, match="must be a positive integer"):
        RandomPatch(*size)


# --- hands -----------------------------------------------------------------------------------


def blobs(row, column, n=300, side=64):
    """Black pictures with one round light spot, its middle (row, column) from the center."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    spot = 200 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8)
    return np.repeat(spot[None, :, :, None], n, axis=0).repeat(3, axis=3).astype(np.uint8)


def middles(pictures):
    """Where the spots are now, (n, 2), from the center."""
    gray = np.asarray(pictures, "float64").mean(axis=3)
    where = np.arange(gray.shape[1]) - (gray.shape[1] - 1) / 2
    weight = gray.sum(axis=(1, 2))
    return np.stack([gray.sum(axis=2) @ where, gray.sum(axis=1) @ where], axis=1) / weight[:, None]


def test_keras_layers_and_augment_move_and_rotate_over_the_same_range():
    """The stack of the chapter and pictures.augment: uniform shifts and rotations, equally far."""
    still = {"rotation": 0.0, "zoom": 0.0, "shift": 0.0, "brightness": 0.0, "flip": False}
    rng = np.random.default_rng(0)

    def by_augment(pictures, size=64, **change):
        return augment(pictures, size, Augmentation(**still | change), rng) / 255

    def by_keras(pictures, layer):
        return numpy(layer(pictures.astype("float32"), training=True))

    spot = blobs(0, 0)
    translation = keras.layers.RandomTranslation(3.5 / 64, 3.5 / 64, fill_mode="nearest", seed=1)
    for moved in (by_augment(spot, shift=3.5), by_keras(spot, translation)):
        for direction in middles(moved).T:
            assert stats.kstest(direction, "uniform", (-3.5, 7)).pvalue > 0.001

    spot = blobs(0, 20)
    rotation = keras.layers.RandomRotation(12 / 360, fill_mode="nearest", seed=2)
    for turned_ in (by_augment(spot, rotation=12.0), by_keras(spot, rotation)):
        down, right = middles(turned_).T
        angle = np.degrees(np.arctan2(down, right))
        assert stats.kstest(angle, "uniform", (-12, 24)).pvalue > 0.001

    # Brightness: augment multiplies, Keras adds; each picture gets one number, all in the range.
    gray = np.full((300, 8, 8, 3), 100, np.uint8)
    factor = by_augment(gray, 8, brightness=0.15)[:, :, :, 0]
    added = by_keras(gray, keras.layers.RandomBrightness(0.1, seed=3))[:, :, :, 0]
    for light, (low, width) in ((factor * 255 / 100, (0.85, 0.3)), (added - 100, (-25.5, 51))):
        assert np.ptp(light, axis=(1, 2)).max() < 1e-3
        assert stats.kstest(light[:, 0, 0], "uniform", (low, width)).pvalue > 0.001
