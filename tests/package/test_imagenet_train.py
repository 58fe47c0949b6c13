"""Training from shards: both recipes, and the same weights after any stop."""

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
    assert (tmp_path / "log.csv").exists() or (tmp_path / "tensorboard").exists()
    with pytest.raises(ValueError, match="belongs to another run"):
        train_shards(folder, tmp_path, "2012", network="compact", epochs=6, progress=False)


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
    with pytest.raises(ValueError, match="short side of 64 pixels.*--side 256"):
        train_shards(folder, tmp_path, "2012")
    with pytest.raises(DataError, match="holds no manifest.json"):
        train_shards(tmp_path, tmp_path)
    assert not [*tmp_path.iterdir()]
