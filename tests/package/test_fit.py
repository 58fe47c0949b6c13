"""Training: what varies, what repeats, a killed run's end, bad input, the accuracy on SIGNS."""

import io
import json
import math
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from alexnet_tutorial import figures
from alexnet_tutorial.network import build
from alexnet_tutorial.pictures import (
    Augmentation,
    Batches,
    DataError,
    Signs,
    Split,
    augment,
    preprocess,
)
from alexnet_tutorial.pictures.augmentation import CROP_AND_FLIP
from alexnet_tutorial.shapes.architecture import LRN, Architecture, Conv, Dense, Dropout, Flatten
from alexnet_tutorial.training import (
    Checkpoint,
    Progress,
    Recipe,
    compile_model,
    fit,
    save_history,
    train,
)

TINY = Architecture(
    "tiny",
    12,
    (
        Conv("conv1", 4, 3, strides=2),
        Flatten("flatten"),
        Dense("fc6", 16),
        Dropout("drop6", 0.3),
        Dense("fc8", 3, activation="softmax"),
    ),
)
QUICK = Recipe(
    epochs=6, batch_size=8, learning_rate=5e-3, patience=3, augmentation=Augmentation(shift=2)
)


def split(count, seed):
    """Noise in which the brightest color is the label: a few epochs learn it."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % 3
    x = rng.integers(0, 120, (count, 16, 16, 3)).astype(np.uint8)
    x[np.arange(count), :, :, y] += 60
    return Split(x, y)


def tiny_signs(seed=0, **changes):
    parts = {"train": split(48, seed), "validation": split(12, 100), "test": split(12, 200)}
    return Signs(**(parts | changes), classes=(0, 1, 2), source="colored noise", kind="generated")


def batches_of(pictures, seed=0, **options):
    options = {"batch_size": QUICK.batch_size, "augmentation": QUICK.augmentation} | options
    return Batches(pictures, 12, 3, seed=seed, **options)


# ---- Pictures -------------------------------------------------------------------------------


def test_preprocess_takes_the_center():
    pictures = np.zeros((1, 64, 64, 3), np.uint8)
    pictures[0, 3, 3] = 255  # the first pixel of the middle 57: (64 - 57) // 2 = 3
    crop = preprocess(pictures, 57)
    assert crop.shape == (1, 57, 57, 3) and crop.dtype == np.float32
    assert (crop[0, 0, 0] == 0.5).all() and np.sum(crop > -0.5) == 3


def test_augment_rotates_shifts_and_flips_as_its_formula_says():
    # A plane is read exactly by bilinear interpolation, so an augmented plane is the plane at
    # the rotated, resized, shifted place: an oracle that needs no interpolation.
    rows, columns = np.mgrid[:64, :64].astype(float)
    plane = np.stack([2 * rows + columns, rows, columns], -1)
    picture = np.repeat(plane[None].round().astype(np.uint8), 20, 0)
    how = Augmentation(rotation=10, zoom=0.05, shift=2, brightness=0, flip=True)
    crops = augment(picture, 41, how, np.random.default_rng(3))
    for crop in crops:
        y, x = crop[..., 1], crop[..., 2]
        np.testing.assert_allclose(crop[..., 0], 2 * y + x, atol=1e-2)
        down, across = y[1, 0] - y[0, 0], x[1, 0] - x[0, 0]
        zoom = math.hypot(down, across)
        assert 0.95 - 1e-3 <= zoom <= 1.05 + 1e-3
        assert abs(math.degrees(math.atan2(across, down))) <= 10 + 1e-2
        assert abs(y[20, 20] - 31.5) <= 2 and abs(x[20, 20] - 31.5) <= 2
        assert math.hypot(y[0, 1] - y[0, 0], x[0, 1] - x[0, 0]) == pytest.approx(zoom, abs=1e-3)
    flipped = crops[:, 0, 0, 2] > crops[:, 0, -1, 2]
    assert 0 < flipped.sum() < len(crops)


def test_batches_repeat_from_seed_and_epoch_alone():
    one, two = (batches_of(split(20, 0), seed=4) for _ in range(2))
    for _ in range(4):  # Keras says so when an epoch begins, the first one too
        one.on_epoch_begin()
    two.epoch = 3
    for step in reversed(range(len(two))):  # order of asking does not matter
        for a, b in zip(one[step], two[step], strict=True):
            assert np.array_equal(a, b)
    assert len(one) == 3 and one[2][0].shape == (4, 12, 12, 3)
    shown = np.concatenate([one[step][1] for step in range(3)])
    assert sorted(shown) == sorted(split(20, 0).y)  # every picture once
    two.epoch = 2
    assert not np.array_equal(one[0][0], two[0][0])
    assert not np.array_equal(one[0][0], batches_of(split(20, 0), seed=5)[0][0])


# ---- Training -------------------------------------------------------------------------------


def same_weights(one, two):
    return all(map(np.array_equal, one.get_weights(), two.get_weights()))


def preprocessed(run):
    """The test pictures, cut by hand: from the third row and column on, 12 of 16."""
    assert run.preprocessing.crop == (12, 12) and run.preprocessing.resize == 16
    return tiny_signs().test.x[:, 2:14, 2:14]


@pytest.mark.slow
def test_a_tiny_network_learns_and_the_same_seed_repeats_it():
    recipe = replace(QUICK, epochs=15)
    first = train(TINY, tiny_signs(), seed=1, recipe=recipe, progress=False)
    assert first.test_accuracy >= 0.9
    x, y = preprocess(tiny_signs().test.x, 12), tiny_signs().test.y
    assert first.model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] == pytest.approx(
        first.test_accuracy
    )
    assert first.history["val_loss"][first.best_epoch - 1] == min(first.history["val_loss"])
    again = train(TINY, tiny_signs(), seed=1, recipe=recipe, progress=False)
    assert again.history == first.history and same_weights(again.model, first.model)
    other = train(TINY, tiny_signs(), seed=2, recipe=recipe, progress=False)
    assert other.history != first.history

    report = json.loads(json.dumps(first.to_json()))
    assert report["parameters"] == sum(step.layer.parameters(step.input) for step in TINY.steps)
    assert report["data_source"] == "colored noise" and "model" not in report
    assert report["pictures"] == {"train": 48, "validation": 12, "test": 12}
    assert (first.preprocessing.apply(preprocessed(first)) == x).all()
    assert report["seconds"] > 0 and len(report["history"]["loss"]) == report["epochs"]
    assert "colored noise" in str(first)


def test_early_stopping_keeps_the_best_epoch():
    # Validation labels are wrong on purpose: the better it learns, the worse validation gets.
    wrong = split(12, 100)
    wrong = Split(wrong.x, (wrong.y + 1) % 3)
    recipe = replace(QUICK, epochs=30, patience=2)
    run = train(TINY, tiny_signs(validation=wrong), recipe=recipe, progress=False)
    assert run.epochs == run.best_epoch + 2 < 30
    x = preprocess(wrong.x, 12)
    loss = run.model.evaluate(x, wrong.y, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(min(run.history["val_loss"]), rel=1e-5)


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[1])
from test_fit import *
from alexnet_tutorial.pictures import batches
from alexnet_tutorial.training import fit

class Slow(batches.Batches):
    def __getitem__(self, step):
        if self.epoch == 3 and step == 2:
            print("in the middle of epoch 4", flush=True)
            time.sleep(60)
        return super().__getitem__(step)

sys.modules["alexnet_tutorial.training.fit"].Batches = Slow
train(TINY, tiny_signs(), seed=1, folder=sys.argv[2], recipe=QUICK, progress=False)
"""


@pytest.mark.slow
def test_a_killed_run_continues_to_the_same_end(tmp_path):
    whole = train(TINY, tiny_signs(), seed=1, recipe=QUICK, progress=False)
    victim = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert victim.stdout.readline().startswith("in the middle")
    deadline = time.monotonic() + 60
    # Batches are made ahead of their use: wait until the epoch before is written.
    while time.monotonic() < deadline:
        history = tmp_path / "history.json"
        if history.exists() and len(json.loads(history.read_text())["loss"]) == 3:
            break
        time.sleep(0.05)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    victim.stdout.close()
    assert victim.returncode == -signal.SIGKILL
    resumed = train(TINY, tiny_signs(), seed=1, folder=tmp_path, recipe=QUICK, progress=False)
    assert resumed.history == whole.history
    assert same_weights(resumed.model, whole.model)
    assert resumed.best_epoch == whole.best_epoch
    assert json.loads((tmp_path / "history.json").read_text()) == whole.history
    assert not list(tmp_path.glob(".*.part"))

    # Finished is finished: once more does not train, and gives the same.
    once_more = train(TINY, tiny_signs(), seed=1, folder=tmp_path, recipe=QUICK, progress=False)
    assert once_more.history == whole.history and once_more.seconds == resumed.seconds
    assert same_weights(once_more.model, whole.model)


class Break(keras.callbacks.Callback):
    """Ends a run as Ctrl-C would."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.params["steps"], self.epoch) == (batch + 1, self.now):
            raise KeyboardInterrupt

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch


def plain_fit(folder, *more):
    """Keras's own compile and fit, where early stopping ends the run before its twelfth epoch."""
    wrong = split(12, 100)
    validation = preprocess(wrong.x, 12), (wrong.y + 1) % 3
    batches = batches_of(split(48, 0), seed=7)
    model = build(TINY, seed=7)
    compile_model(model, replace(QUICK, epochs=12), len(batches))
    stop = keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True)
    keep = Checkpoint(folder, batches, stop)
    options = {"shuffle": False, "verbose": 0, "callbacks": [stop, keep, *more]}
    return model, model.fit(batches, validation_data=validation, epochs=12, **options), keep


@pytest.fixture(scope="module")
def plainly_trained(tmp_path_factory):
    return plain_fit(tmp_path_factory.mktemp("whole"))


@pytest.mark.slow
@pytest.mark.parametrize("stop_at", [1, 4])
def test_plain_fit_resumes_patience_and_best_weights_too(plainly_trained, tmp_path, stop_at):
    model, whole, _ = plainly_trained
    assert len(whole.history["loss"]) < 12
    with pytest.raises(KeyboardInterrupt):
        plain_fit(tmp_path, Break(stop_at))
    again, resumed, keep = plain_fit(tmp_path)
    assert keep.resumed == stop_at
    assert resumed.history == whole.history and same_weights(model, again)
    assert resumed.epoch == whole.epoch


@pytest.mark.slow
def test_fit_takes_any_model_and_what_it_was_compiled_with():
    batches = batches_of(split(48, 0), seed=7)
    validation = batches_of(split(12, 100), augmentation=None, shuffle=False)
    described, built = fit(TINY, batches, validation, QUICK), build(TINY, seed=7)
    given = fit(built, batches, validation, QUICK)
    assert given.model is built and given.history == described.history  # from epoch 0 each time
    assert same_weights(given.model, described.model)
    model, own = build(TINY, seed=7), batches_of(split(48, 0), seed=7)
    compile_model(model, QUICK, len(own))
    losses = model.fit(own, epochs=3, shuffle=False, verbose=0).history["loss"]
    if keras.backend.backend() == "tensorflow":  # JAX looks at an epoch before the first begins
        assert losses == described.history["loss"][:3]  # Keras alone turns from epoch to epoch
    model = build(TINY, seed=7)
    model.compile(
        keras.optimizers.SGD(0.25), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    run = fit(model, batches, recipe=replace(QUICK, epochs=1))
    assert float(model.optimizer.learning_rate.numpy()) == 0.25
    assert run.validation_accuracy is None and run.best_epoch == 1
    with pytest.raises(ValueError, match=r"'tiny' ends in 4 classes.*have 3"):
        fit(build(TINY.with_classes(4)), batches, recipe=QUICK)


# ---- The same numbers, faster ----

PLAIN = replace(QUICK, epochs=2, batch_size=4, augmentation=None, patience=None)


def twenty_steps(network=TINY, pictures=None, **how):
    """The losses of 20 steps in two epochs, and the run."""
    options = {"batch_size": 4, "augmentation": None}
    batches = batches_of(split(38, 0), seed=3, **options) if pictures is None else pictures
    losses = []
    keep = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: losses.append(logs["loss"])
    )
    run = fit(network, batches, recipe=PLAIN, callbacks=[keep], **how)
    return losses, run


@pytest.fixture(scope="module")
def plainly():
    return twenty_steps()


@pytest.mark.slow
def test_mixed_precision_stays_near_float32_over_twenty_steps():
    # Dropout draws its numbers in the precision of the maps, so it would leave out others.
    still = [layer for layer in TINY.layers if layer.kind != "dropout"]
    network = replace(TINY, layers=tuple(still))
    # A number has 8 bits in bfloat16 and 11 in float16: rounded by up to 0.4 and 0.05 percent.
    bounds = {"float32": 0.0, "mixed_bfloat16": 0.02, "mixed_float16": 0.003}
    expected, _ = twenty_steps(network)
    assert len(expected) == 20
    for precision, bound in bounds.items():
        losses, run = twenty_steps(network, precision=precision)
        policy = run.model.get_layer("conv1").dtype_policy.name
        assert policy == precision and run.model.get_layer("fc8").compute_dtype == "float32"
        np.testing.assert_allclose(losses, expected, rtol=bound)
        scaled = isinstance(run.model.optimizer, keras.optimizers.LossScaleOptimizer)
        assert scaled == (precision == "mixed_float16")


def test_several_steps_in_one_call_come_to_the_same(plainly):
    losses, run = twenty_steps(steps_per_execution=4)  # 10 steps: 4, 4, 2
    assert len(losses) == 6 and run.history == plainly[1].history
    assert [losses[i] for i in (0, 1, 2)] == [plainly[0][i] for i in (3, 7, 9)]
    assert same_weights(run.model, plainly[1].model)


def test_parts_compiled_with_xla_come_to_the_same():
    network = replace(TINY, layers=(TINY.layers[0], LRN("lrn1", alpha=0.1), *TINY.layers[1:]))
    losses, run = twenty_steps(network)
    found, again = twenty_steps(network, jit_compile="parts")
    np.testing.assert_allclose(found, losses, rtol=1e-5)
    on_tensorflow = keras.backend.backend() == "tensorflow"
    assert again.model.get_layer("lrn1").jit_compile == on_tensorflow
    for one, two in zip(run.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-3, atol=1e-5)


def test_pictures_finished_on_the_device_are_those_of_the_batches(plainly):
    options = {"batch_size": 4, "augmentation": None}
    sent = batches_of(split(38, 0), seed=3, on_device=True, **options)
    assert sent[0][0].dtype == np.uint8 and sent[0][0].shape == (4, 16, 16, 3)
    losses, run = twenty_steps(pictures=sent)
    # The device multiplies by 1 / 255 where NumPy divides: a last digit that Adam makes larger.
    np.testing.assert_allclose(losses[:5], plainly[0][:5], rtol=1e-6)
    np.testing.assert_allclose(losses, plainly[0], rtol=1e-4)
    x = batches_of(split(12, 5), **options)[0][0]  # what comes back reads finished pictures
    assert run.model.input_shape == (None, 12, 12, 3)
    np.testing.assert_allclose(
        run.model.predict_on_batch(x), plainly[1].model.predict_on_batch(x), rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_crops_and_flips_on_the_device_are_parts_of_their_pictures(data_format):
    pictures, how = split(40, 1), {"data_format": data_format, "on_device": True}
    batches = batches_of(pictures, batch_size=40, augmentation=CROP_AND_FLIP, shuffle=False, **how)
    start, *others = batches.first_layers()
    x = start.output
    for layer in others:
        x = layer(x)
    found = keras.Model(start.output, x)
    given = batches[0][0]
    shown = np.asarray(found(given, training=True))
    again = np.asarray(found(given, training=True))
    middle = np.asarray(found(given, training=False))
    if data_format == "channels_first":
        shown, again, middle = (each.transpose(0, 2, 3, 1) for each in (shown, again, middle))
    np.testing.assert_allclose(middle, preprocess(given, 12), atol=1e-6)
    assert not np.allclose(shown, again)  # other crops each time
    places = set()
    for picture, crop in zip(given / 255 - 0.5, shown, strict=True):
        hits = [
            (top, left, flip)
            for top in range(5)
            for left in range(5)
            for flip in (1, -1)
            if np.allclose(
                picture[top : top + 12, left : left + 12][:, ::flip], crop, rtol=0, atol=1e-6
            )
        ]
        assert len(hits) == 1
        places |= set(hits)
    assert len({(top, left) for top, left, _ in places}) > 15  # of 25
    assert {flip for *_, flip in places} == {1, -1}


def test_a_switch_that_comes_too_late_or_does_not_fit_is_refused():
    batches = batches_of(split(8, 0))
    model = build(TINY)
    with pytest.raises(ValueError, match="precision is 'mixed_bfloat16'.*built already"):
        fit(model, batches, precision="mixed_bfloat16")
    compile_model(model, QUICK, 1)
    with pytest.raises(ValueError, match="'tiny' is compiled already: give jit_compile"):
        fit(model, batches, steps_per_execution=2)
    with pytest.raises(ValueError, match="jit_compile is 'some'"):
        fit(TINY, batches, jit_compile="some")
    with pytest.raises(ValueError, match="both, or neither"):
        fit(TINY, batches, batches_of(split(8, 0), augmentation=None, on_device=True))
    with pytest.raises(ValueError, match="rotation=12.* does more than crop and flip"):
        batches_of(split(8, 0), augmentation=Augmentation(), on_device=True).first_layers()
    with pytest.raises(ValueError, match="ten views are cut before"):
        batches_of(split(8, 0), views=10, on_device=True)


# ---- Bad input ------------------------------------------------------------------------------


def test_what_does_not_fit_is_refused_before_the_first_step():
    good = split(48, 0)
    cases = [
        ({"train": Split(good.x, np.where(good.y == 2, 7, good.y))}, "16 of 48 labels.*is 7"),
        ({"train": Split(good.x, good.y.astype(float))}, "float64"),
        ({"train": Split(good.x, good.y[:-1])}, r"\(47,\), expected.*\(48,\)"),
        ({"train": Split(good.x[..., 0], good.y)}, r"\(48, 16, 16\), expected uint8"),
        ({"train": Split(good.x / 255, good.y)}, "float64.*expected uint8"),
        ({"train": Split(good.x[:0], good.y[:0])}, "empty"),
        ({"train": Split(good.x[:, :8], good.y)}, "8×16 pixels.*12×12"),
        ({"train": Split(good.x[..., :1], good.y)}, "1 channels.*reads 3"),
        ({"validation": Split(good.x[:0], good.y[:0])}, "validation set.*empty"),
        ({"test": Split(good.x, good.y + 1)}, "test set.*outside"),
        ({"train": Split(good.x, good.y * 0)}, r"train set.*classes \[1, 2\] have no picture"),
        ({"test": Split(good.x, good.y // 2 * 2)}, "test set.*class 1 has no picture among the 48"),
    ]
    for changes, message in cases:
        with pytest.raises(DataError, match=message):
            train(TINY, tiny_signs(**changes), progress=False)
    with pytest.raises(ValueError, match=r"'tiny' ends in 4 classes.*have 3.*with_classes\(3\)"):
        train(TINY.with_classes(4), tiny_signs(), progress=False)
    with pytest.raises(ValueError, match="epochs is 0"):
        train(TINY, tiny_signs(), epochs=0)


def test_a_folder_of_another_run_is_refused(tmp_path):
    recipe = replace(QUICK, epochs=1)

    def go(architecture=TINY, signs=None, recipe=recipe, seed=1):
        signs = signs or tiny_signs()
        train(architecture, signs, seed=seed, folder=tmp_path, recipe=recipe, progress=False)

    go()
    before = (tmp_path / "checkpoint.npz").read_bytes()
    wider = replace(TINY, layers=(Conv("conv1", 5, 3, strides=2), *TINY.layers[1:]))
    for changes, message in [
        ({"architecture": wider}, "layer 2 is filters 4.*filters 5"),
        ({"signs": tiny_signs(seed=9)}, "training set is 48 pictures, sha256"),
        ({"seed": 2}, "seed 1000.*seed 2000"),
        ({"recipe": replace(recipe, learning_rate=0.1)}, "0.005.*0.1"),
        (
            {"recipe": replace(recipe, augmentation=Augmentation(rotation=3))},
            "rotation 12.0.*rotation 3",
        ),
        ({"recipe": replace(recipe, patience=9)}, "early stopping is patience 3.*9"),
    ]:
        with pytest.raises(ValueError, match=f"another run.*{message}"):
            go(**changes)
    assert (tmp_path / "checkpoint.npz").read_bytes() == before
    (tmp_path / "checkpoint.npz").write_bytes(before[:1000])
    with pytest.raises(ValueError, match="not a checkpoint.*Remove the file"):
        go()


def test_a_loss_that_is_not_a_number_stops_the_run(tmp_path):
    with pytest.raises(ValueError, match=r"loss is (nan|inf) in epoch 1, step \d.*learning rate"):
        train(TINY, tiny_signs(), recipe=replace(QUICK, learning_rate=1e30), progress=False)
    keep = Checkpoint(tmp_path, None)
    keep.set_model(build(TINY))
    keep.on_epoch_end(0, {"loss": math.nan})
    assert not list(tmp_path.iterdir())  # what is broken is not kept


# ---- What is shown --------------------------------------------------------------------------


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "lines"), [(io.StringIO(), 4), (Screen(), 12)])
def test_progress_is_sparse_where_no_one_looks_on(stream, lines):
    batches = batches_of(split(9, 0))
    model = build(TINY)
    compile_model(model, QUICK, len(batches))
    model.fit(batches, epochs=12, verbose=0, callbacks=[Progress(stream)])
    shown = stream.getvalue().splitlines()
    assert len(shown) == lines
    assert shown[-1].startswith("epoch 12 of at most 12, loss ")


@pytest.mark.slow
def test_progress_in_a_notebook_is_one_output(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_fit import *
batches = batches_of(split(9, 0))
model = build(TINY)
compile_model(model, QUICK, len(batches))
history = model.fit(batches, epochs=6, verbose=0, callbacks=[Progress()])
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    client.NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(tmp_path))
    shown = [o for o in notebook.cells[0].outputs if o.output_type == "display_data"]
    assert len(shown) == 1 and "epoch 6 of at most 6" in shown[0].data["text/plain"]
    assert shown[0].data["text/html"].count("<polyline") == 1
    assert "stdout" not in [o.get("name") for o in notebook.cells[0].outputs]


def test_history_is_saved_and_drawn(tmp_path):
    history = {"loss": [1.8, 0.9, 0.5], "val_loss": [1.7, 0.8, 0.9]}
    history |= {"accuracy": [0.2, 0.6, 0.8], "val_accuracy": [0.3, 0.7, 0.65]}
    path = save_history(history, tmp_path / "deep" / "history.json")
    assert json.loads(path.read_text()) == history
    picture = figures.history(path, chance=6)
    for said in ("lowest 0.800 in epoch 2", "highest 70.0% in epoch 2", "16.7%", "1.792"):
        assert said in picture.alt
    assert "#000000" not in picture.svg and "currentColor" in picture.svg
    with pytest.raises(ValueError, match="needs 'loss'"):
        figures.history({"accuracy": [1]})
