"""The recorded run of the full network: whole, labeled, true to itself, and in the wheel."""

import json
from importlib.resources import files

import pytest

from alexnet_tutorial.shapes.variants import variant


@pytest.fixture(scope="module")
def recorded():
    """Read it as chapter 51 does, from the installed package."""
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
