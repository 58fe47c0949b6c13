"""The recorded runs of the full network: whole, labeled, true to themselves, and in the wheel."""

import json
from importlib.resources import files

import numpy as np
import pytest

from alexnet_tutorial.shapes.variants import variant
from alexnet_tutorial.training.experiments import read_runs
from tools.environment import ROOT


@pytest.fixture(scope="module", params=["full_size", "full_size_imagenette"])
def recorded(request):
    """Read one as chapter 51 does, from the installed package."""
    file = files("alexnet_tutorial").joinpath(f"recorded/{request.param}.json")
    return json.loads(file.read_text("utf-8"))


def test_it_says_where_when_and_on_what(recorded):
    for label in ("date", "machine", "versions", "data", "precision"):
        assert recorded[label], label
    assert recorded["network"] == "alexnet-2012"
    classes = 6 if "SIGNS" in recorded["data"] else 10
    steps = variant("alexnet-2012").with_classes(classes).steps
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


def test_the_first_filters_of_some_epochs_are_kept(benchmarks):
    file = files("alexnet_tutorial").joinpath("recorded/full_size_imagenette.npz")
    ran = json.loads(file.with_suffix(".json").read_text("utf-8"))["recipe"]["epochs"]
    wanted = [epoch for epoch in benchmarks("full_size").KEPT if epoch <= ran]
    with np.load(file) as kept:
        assert [int(name[-3:]) for name in kept] == wanted
        for filters in kept.values():
            assert filters.shape == (11, 11, 3, 96) and filters.dtype == np.uint8
            assert (filters.min((0, 1, 2)) == 0).all() and (filters.max((0, 1, 2)) == 255).all()


@pytest.mark.slow
def test_the_program_runs_on_drawn_photographs(benchmarks, tmp_path, capsys):
    record = tmp_path / "record.json"
    how = ["--folder", str(tmp_path / "run"), "--record", str(record), "--data", "imagenette"]
    how += ["--network", "compact", "--source", "generated", "--epochs", "2"]
    benchmarks("full_size").main(how)
    first = json.loads(record.read_text("utf-8"))
    assert first["finished"] and first["test_right_ten_views"] <= first["pictures"]["test"]
    with np.load(record.with_suffix(".npz")) as kept:
        assert [*kept] == ["epoch_001", "epoch_002"]
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{first['test_right']} of ")


@pytest.mark.slow
def test_the_predecessor_runs_on_drawn_pictures_once(benchmarks, tmp_path):
    how = ["--folder", str(tmp_path / "run"), "--record", str(tmp_path / "runs.jsonl")]
    how += ["--source", "generated", "--epochs", "2"]
    benchmarks("predecessor").main(how)
    (run,) = read_runs(tmp_path / "runs.jsonl")
    assert run["parameters"] == 89_578 and len(run["history"]["loss"]) == 2
    assert 0 <= run["test_right"] <= run["pictures"]["test"]
    with pytest.raises(SystemExit):
        benchmarks("predecessor").main(how)


def test_the_predecessor_is_the_network_of_the_chapter(benchmarks):
    """The page builds it in sight; the program that trained it, from its own lines."""
    cells = json.loads((ROOT / "book" / "37_paper_again.ipynb").read_text("utf-8"))["cells"]
    names = {}
    for cell in cells:
        if cell["id"] in ("imports", "predecessor"):
            exec("".join(cell["source"]), names)
    mean = np.random.default_rng(0).uniform(80, 160, (32, 32, 3)).astype("float32")
    trained, shown = benchmarks("predecessor").predecessor(mean), names["predecessor"]()
    shown.set_weights(trained.get_weights()[-len(shown.get_weights()) :])
    x = np.random.default_rng(1).uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    for model in (trained, shown):
        for layer in model.layers:  # as the program of 2011 draws them, all answers are alike
            if hasattr(layer, "kernel"):
                layer.kernel.assign(layer.kernel * (1000 if layer.kernel.shape[-2] == 3 else 2))
    ours, theirs = (np.asarray(m(v)) for m, v in ((trained, x), (shown, x - mean)))
    assert np.ptp(ours, axis=0).max() > 0.1
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
