"""The recorded run of the full network: whole, labeled, true to itself, and in the wheel."""

import importlib.util
import io
import json
import subprocess
import sys
import tarfile
from importlib.resources import files

import numpy as np
import pytest
from PIL import Image

from alexnet_tutorial.shapes.variants import variant


@pytest.fixture(scope="module")
def recorded():
    """Read it as chapter 41 does, from the installed package."""
    text = files("alexnet_tutorial").joinpath("recorded/full_size.json").read_text("utf-8")
    return json.loads(text)


def test_it_says_where_when_and_on_what(recorded):
    for label in ("date", "machine", "versions", "data", "precision"):
        assert recorded[label], label
    assert recorded["network"] == "alexnet-2012"
    steps = variant("alexnet-2012").with_classes(6).steps
    assert recorded["parameters"] == sum(layer.parameters(shape) for layer, shape, *_ in steps)


def test_it_has_an_entry_for_every_epoch(recorded):
    history = recorded["history"]
    wanted = {"loss", "accuracy", "val_loss", "val_accuracy", "seconds", "cpu_seconds"}
    assert set(history) == wanted
    (epochs,) = {len(values) for values in history.values()}
    assert 1 <= epochs <= recorded["recipe"]["epochs"]
    for name in ("accuracy", "val_accuracy"):
        assert all(0 <= value <= 1 for value in history[name])


def test_its_results_follow_from_its_entries(recorded):
    if not recorded["finished"]:
        pytest.skip("the recorded run is not finished")
    history = recorded["history"]
    losses = history["val_loss"]
    assert recorded["best_epoch"] == losses.index(min(losses)) + 1
    assert 0 <= recorded["test_right"] <= recorded["pictures"]["test"]
    assert recorded["seconds"] == pytest.approx(sum(history["seconds"]))
    reached = [value >= recorded["goal"] for value in history["val_accuracy"]]
    assert (recorded["seconds_to_goal"] is None) == (not any(reached))


def test_it_names_no_folder_of_the_machine(recorded):
    for label in ("machine", "versions", "data", "note"):
        assert "/" not in recorded[label], label


@pytest.fixture(scope="module")
def gpu(root):
    """The program for a machine with a GPU, as a module."""
    script = importlib.util.spec_from_file_location("gpu", root / "benchmarks" / "gpu.py")
    program = importlib.util.module_from_spec(script)
    script.loader.exec_module(program)
    return program


def test_what_a_recipe_goes_without_is_all_that_changes(gpu):
    network = variant("alexnet-2012").with_classes(10)
    assert gpu.changed(network, "") == gpu.changed(network, "no-crops") == network
    rates = [layer.rate for layer in network.layers if layer.kind == "dropout"]
    changed = gpu.changed(network, "no-dropout")
    assert [layer.rate for layer in changed.layers if layer.kind == "dropout"] == [0] * len(rates)
    tanh = gpu.changed(network, "tanh")
    found = {getattr(layer, "activation", None) for layer in tanh.layers}
    assert found == {None, "tanh", "softmax"} and tanh.layers[-1].activation == "softmax"
    assert [step.output for step in tanh.steps] == [step.output for step in network.steps]


@pytest.mark.slow
def test_the_program_for_a_gpu_runs_on_a_cpu_with_jax(root, gpu, tmp_path, jax_environment):
    """With a network and pictures small enough; the archive is one that ``pack`` makes smaller."""
    from alexnet_tutorial.pictures import load_imagenette
    from alexnet_tutorial.pictures.imagenette import CLASSES

    drawn = load_imagenette("generated", pixels=64)
    archive, packed, out = tmp_path / "imagenette2-64.tgz", tmp_path / "packed", tmp_path / "out"
    parts = {"train": drawn.train, "val": drawn.test}
    with tarfile.open(archive, "w:gz") as file:
        for part, split in parts.items():
            for row in range(0, len(split), 5):
                data = io.BytesIO()
                Image.fromarray(split.x[row]).save(data, "JPEG")
                wnid = tuple(CLASSES)[split.y[row]]
                member = tarfile.TarInfo(f"imagenette2-64/{part}/{wnid}/{row}.JPEG")
                member.size = data.tell()
                data.seek(0)
                file.addfile(member, data)
    gpu.pack_pictures(archive, packed, side=48, quality=70)
    command = [sys.executable, str(root / "benchmarks" / "gpu.py"), "run", "--installed"]
    command += ["--folder", str(packed), "--output", str(out)]
    command += ["--epochs", "2", "--network", "compact", "--recipes", "today", "2012"]
    ran = subprocess.run(command, env=jax_environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-3000:]
    for recipe in ("today", "2012"):
        record = json.loads((out / f"full_size_{recipe}.json").read_text("utf-8"))
        assert record["finished"] and len(record["history"]["val_accuracy"]) == 2
        assert 0 <= record["test_accuracy_ten_views"] <= 1 and "/" not in record["data"]
        with np.load(out / f"full_size_{recipe}.npz") as filters:
            assert set(filters) == {"epoch-1", "epoch-2", "last"}
            assert filters["last"].shape == (5, 5, 3, 32)
            assert (filters["epoch-1"] != filters["last"]).any()
