"""Training from shards: both recipes, and the same weights after any stop."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from alexnet_tutorial.imagenet import prepare
from alexnet_tutorial.imagenet.plan import Settings
from alexnet_tutorial.pictures import DataError


@pytest.fixture(scope="module")
def folder(ilsvrc, tmp_path_factory):
    """Shards of a miniature: six classes, so that there are five first answers."""
    place = tmp_path_factory.mktemp("train")
    paths, _ = ilsvrc(place / "source", classes=6, each=16, val_each=4, odd=False)
    prepare(paths, place / "shards", Settings(side=64, per_shard=16), 1, progress=False)
    return place / "shards"


def command(folder, into, recipe, epochs=3):
    """The command line of a small training."""
    return [
        *(sys.executable, "-m", "alexnet_tutorial", "imagenet", "train", str(folder)),
        *("--into", str(into), "--recipe", recipe, "--network", "compact"),
        *("--epochs", str(epochs), "--batch-size", "32", "--format", "json"),
    ]


def weights(into):
    with np.load(into / "checkpoint.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files if name != "state"}


@pytest.mark.slow
def test_killed_at_random_it_ends_with_the_same_weights(folder, tmp_path):
    recipe = "2012"  # which keeps more than the other
    run = subprocess.run(
        command(folder, tmp_path / "whole", recipe), capture_output=True, text=True, check=True
    )
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["named_recipe"] == recipe and result["epochs"] == 3
    assert result["pictures"] == {"train": 96, "validation": 24}
    assert result["views"]["1"]["accuracy"] == pytest.approx(result["validation_accuracy"])
    for views in ("1", "10"):
        assert result["views"][views]["pictures"] == 24
        assert result["views"][views]["accuracy"] <= result["views"][views]["top_5_accuracy"] <= 1
    saved = json.loads((tmp_path / "whole" / "result.json").read_text("utf-8"))
    assert saved["views"] == result["views"]

    into, rng = tmp_path / "killed", random.Random(recipe)
    state, kills = into / "checkpoint.npz", 0
    while not (into / "result.json").exists():
        with subprocess.Popen(
            command(folder, into, recipe),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as again:
            # Killed when it has done one epoch more, or is about to write what it did.
            before = state.stat().st_mtime_ns if state.exists() else 0
            while again.poll() is None and kills < 2:
                now = state.stat().st_mtime_ns if state.exists() else 0
                if now != before or [*into.glob(".checkpoint*.part")]:
                    time.sleep(rng.random() * 0.2)
                    os.killpg(again.pid, signal.SIGKILL)
                    kills += 1
                    break
                time.sleep(0.005)
            assert again.wait(120) in (0, -signal.SIGKILL)
    assert kills == 2
    whole, killed = weights(tmp_path / "whole"), weights(into)
    assert whole.keys() == killed.keys()
    for name, value in whole.items():
        assert (killed[name] == value).all(), name
    history = json.loads((into / "history.json").read_text())
    assert len(history["loss"]) == 3
    assert history["loss"] == json.loads((tmp_path / "whole/history.json").read_text())["loss"]


@pytest.mark.slow
def test_it_learns_and_what_is_kept_can_be_used(folder, tmp_path):
    from alexnet_tutorial.classifier import Classifier
    from alexnet_tutorial.imagenet import load_shards, train_shards

    trained = train_shards(
        folder, tmp_path, network="compact", epochs=6, batch_size=16, progress=False
    )
    assert trained.run.history["loss"][-1] < trained.run.history["loss"][0]
    assert "ten views" in str(trained)
    kept = Classifier.load(tmp_path / "network.keras")
    held = load_shards(folder, "val")
    assert kept.classes == held.classes
    measured = kept.evaluate(held, held.y, views=10)
    assert measured["accuracy"] == pytest.approx(trained.views["10"]["accuracy"])
    logged(trained)
    with pytest.raises(ValueError, match="begun otherwise: recipe modern, now 2012, batch size 16"):
        train_shards(folder, tmp_path, "2012", network="compact", epochs=6, progress=False)


def test_in_mixed_precision_it_trains_nearly_the_same(folder, tmp_path):
    from alexnet_tutorial.classifier import Classifier
    from alexnet_tutorial.imagenet import train_shards

    losses = {}
    for precision in ("float32", "mixed_bfloat16"):
        into = tmp_path / precision
        how = {"network": "compact", "epochs": 2, "batch_size": 16, "progress": False}
        trained = train_shards(folder, into, "2012", precision=precision, **how)
        losses[precision] = trained.run.history["loss"]
    conv = Classifier.load(into / "network.keras").model.get_layer("conv2")
    assert (conv.compute_dtype, conv.variable_dtype) == ("bfloat16", "float32")
    assert losses["float32"] == pytest.approx(losses["mixed_bfloat16"], rel=0.05)
    assert losses["float32"] != losses["mixed_bfloat16"]
    with pytest.raises(ValueError, match="begun otherwise: precision mixed_bfloat16, now float32"):
        train_shards(folder, into, "2012", **how)


def logged(trained):
    """The log holds the numbers of the history, and is read by what did not write it."""
    import keras

    history = trained.run.history
    if keras.backend.backend() != "tensorflow":
        with open(trained.log, encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file)]
        assert [float(row["val_loss"]) for row in rows] == pytest.approx(history["val_loss"])
        return
    import tensorflow as tf

    curves = {}
    for path in trained.log.rglob("events.out.tfevents.*"):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"  # TensorBoard's own
                curve = curves.setdefault(f"{path.parent.name}/{value.tag}", [])
                curve.append((event.step, float(tf.make_ndarray(value.tensor))))
    for name, curve in (("train/loss", "loss"), ("validation/accuracy", "val_accuracy")):
        assert [step for step, _ in curves[name]] == [*range(6)]
        assert [value for _, value in curves[name]] == pytest.approx(history[curve], rel=1e-6)
    rates = [value for _, value in curves["train/learning_rate"]]
    assert rates == sorted(rates, reverse=True) and rates[-1] < 1e-6 < rates[0]  # on a cosine


def test_2012_has_its_units_its_rate_and_its_colors(folder):
    import keras

    from alexnet_tutorial.imagenet import load_shards
    from alexnet_tutorial.imagenet.train import _color, _preprocessing
    from alexnet_tutorial.shapes import variant

    manifest = load_shards(folder).manifest
    preprocessing = _preprocessing("2012", variant("compact"), manifest)
    pixels = np.full((1, 57, 57, 3), 200, "uint8")
    assert np.allclose(
        preprocessing.apply(pixels)[0, 0, 0], 200 - np.array(manifest["pixels"]["mean"]), atol=1e-3
    )
    covariance = np.array(manifest["pixels"]["covariance"])
    color = _color(covariance, 0)
    # So many colors have the pixels' covariance, at a hundredth of its size (0.1 squared).
    zeros = np.zeros((4000, 1, 1, 3), "float32")
    drawn = keras.ops.convert_to_numpy(color(zeros, training=True)).reshape(-1, 3)
    apart = np.abs(np.cov(drawn.T) - 0.01 * covariance).max()
    assert apart < 0.001 * np.trace(covariance)


def test_what_does_not_fit_is_refused_before_training(folder, tmp_path):
    from alexnet_tutorial.imagenet import train_shards

    with pytest.raises(ValueError, match="recipe is '2013', and must be one of 2012, modern"):
        train_shards(folder, tmp_path, "2013")
    with pytest.raises(ValueError, match="precision is 'half', and must be one of float32, mixed"):
        train_shards(folder, tmp_path, network="compact", precision="half")
    with pytest.raises(ValueError, match="short side of 64 pixels.*--side 256"):
        train_shards(folder, tmp_path, "2012")
    with pytest.raises(DataError, match="holds no manifest.json"):
        train_shards(tmp_path, tmp_path)
    with pytest.raises(ValueError, match="seed is -1, and must be an integer of at least 0"):
        train_shards(folder, tmp_path, network="compact", seed=-1)
    assert not [*tmp_path.iterdir()]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="file: cannot be written to .*Checkpoints go there"):
        train_shards(folder, tmp_path / "file", network="compact")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_training_of_other_settings(folder, tmp_path):
    from alexnet_tutorial.imagenet import train_shards

    (tmp_path / "checkpoint.npz").write_bytes(b"")
    settings = {"recipe": "modern", "network": "compact", "epochs": 90, "batch size": 128}
    settings |= {"learning rate": None, "precision": "float32", "seed": 0}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    with pytest.raises(
        ValueError, match="begun otherwise: epochs 90, now 3, batch size 128, now 7"
    ):
        train_shards(folder, tmp_path, network="compact", epochs=3, batch_size=7)
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(ValueError, match="settings.json: cannot be read as the settings"):
        train_shards(folder, tmp_path, network="compact")


def test_a_shard_taken_away_stops_a_training(folder, tmp_path, monkeypatch):
    """Left out as if they could not be decoded, its pictures would be missed by nobody."""
    import shutil

    from alexnet_tutorial.imagenet import train, train_shards

    copy, load = shutil.copytree(folder, tmp_path / "shards"), train.load_shards

    def loaded(*arguments):
        shards = load(*arguments)
        if shards.part == "val":
            (copy / "train-00002.tar").unlink()
        return shards

    monkeypatch.setattr(train, "load_shards", loaded)
    with pytest.raises(DataError, match="train-00002.tar: at byte .*changed or taken away since"):
        train_shards(copy, tmp_path / "run", network="compact", epochs=1, progress=False)
