"""Ablations: one change at a time, runs that survive interruption, effects with intervals."""

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from alexnet_tutorial.pictures import Sets, Split
from alexnet_tutorial.shapes.ledger import ledger
from alexnet_tutorial.shapes.variants import variant
from alexnet_tutorial.training import experiments as ablations
from alexnet_tutorial.training.experiments import Part
from alexnet_tutorial.training.studies import ALONE, IN_FULL, PARTS, STUDIES

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "experiments.py"
HANDS = STUDIES["hands"]
CONFIGURATIONS, BASELINE = HANDS.configurations, HANDS.configurations["baseline"]
FEW = [replace(BASELINE, name=name, epochs=n) for n, name in enumerate(("a", "b", "c"), 1)]


def small_signs(seed=0, pictures=48):
    rng = np.random.default_rng(seed)

    def split(count):
        x = rng.integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)
        return Split(x, np.arange(count) % 6)

    return Sets(split(pictures), split(12), split(18), tuple(range(6)), "made up", "tiny")


# --- configurations ---------------------------------------------------------------------------


def differences(one, other, where=""):
    """Paths of the plain values in which two nested values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            path
            for name in {**one, **other}
            for path in differences(one.get(name), other.get(name), f"{where}.{name}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            path
            for index, pair in enumerate(zip(one, other, strict=True))
            for path in differences(*pair, f"{where}.{index}")
        ]
    return [] if one == other else [where]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_the_two_configurations_of_a_part_differ_in_that_part_alone(part):
    present, absent = (CONFIGURATIONS[name] for name in (part.present, part.absent))
    found = differences(present.to_json(), absent.to_json())
    fields = {path.split(".")[1] for path in found}
    if part.name == "update rule of 2012":  # the rule, with the numbers that belong to it
        assert fields == {"optimizer", "learning_rate", "weight_decay", "bias_multiplier"}
    else:
        assert len(fields) == 1
    assert (present.epochs, present.batch_size) == (absent.epochs, absent.batch_size)


def layers_of(name):
    return {
        step.layer.name: (step.layer, step.output) for step in CONFIGURATIONS[name].network.steps
    }


def test_changes_of_the_network_are_what_they_are_called():
    base = layers_of("baseline")
    for name, (layer, out) in layers_of("no overlap").items():
        assert out == base[name][1]  # so every other layer has the same weights
        if layer.kind == "pool":
            assert layer.pool_size == layer.strides and base[name][0].strides == 2
    tanh = [layer.activation for layer, _ in layers_of("tanh").values() if hasattr(layer, "units")]
    assert tanh == ["tanh", "tanh", "softmax"]
    assert {
        layer.activation for layer, _ in layers_of("tanh").values() if layer.kind == "conv"
    } == {"tanh"}
    assert [name for name in layers_of("LRN") if name not in base] == ["lrn1", "lrn2"]
    assert list(layers_of("LRN"))[:3] == ["conv1", "lrn1", "pool1"]
    assert layers_of("no dropout")["drop6"][0].rate == layers_of("no dropout")["drop7"][0].rate == 0
    towers = layers_of("two towers")
    assert [name for name in towers if getattr(towers[name][0], "groups", 1) == 2] == [
        "conv2",
        "conv4",
        "conv5",
    ]
    half = layers_of("half width")
    assert [half[f"conv{i}"][0].filters for i in range(1, 6)] == [16, 32, 48, 48, 64]


# --- the file of runs -------------------------------------------------------------------------


def record_of(configuration, seed, signs):
    return {
        "key": ablations.key(configuration, seed, signs),
        "configuration": configuration.name,
        "seed": seed,
        "diverged": "",
        "validation_accuracy": 0.5,
        "test_accuracy": 0.5,
    }


class Trainer:
    """Counts its runs, and breaks down at the one it is told to."""

    def __init__(self, fails_at=None):
        self.runs, self.fails_at = [], fails_at

    def __call__(self, configuration, seed, signs):
        if len(self.runs) == self.fails_at:
            raise KeyboardInterrupt
        self.runs.append((configuration.name, seed))
        return record_of(configuration, seed, signs)


def run_few(path, trainer, seeds=(0, 1)):
    return ablations.run_all(path, FEW, seeds, small_signs, train=trainer, report=lambda line: None)


EVERY = [(name, seed) for name in "abc" for seed in (0, 1)]


def names(path):
    return [(run["configuration"], run["seed"]) for run in ablations.read_runs(path)]


@pytest.mark.parametrize("at", range(6))
def test_an_interrupted_ablation_resumes_without_repeating_or_losing_runs(tmp_path, at):
    path, first, second = tmp_path / "runs.jsonl", Trainer(fails_at=at), Trainer()
    with pytest.raises(KeyboardInterrupt):
        run_few(path, first)
    assert names(path) == first.runs == EVERY[:at]
    assert run_few(path, second) == 6 - at
    assert first.runs + second.runs == EVERY == names(path)
    assert run_few(path, Trainer(fails_at=0)) == 0  # nothing is left to do


def test_a_line_torn_at_any_byte_is_made_again_and_no_other(tmp_path):
    path = tmp_path / "runs.jsonl"
    run_few(path, Trainer())
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        assert names(path) == EVERY[:-1]
        trainer = Trainer()
        run_few(path, trainer)
        assert trainer.runs == EVERY[-1:]
        assert path.read_bytes() == whole


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[1])
import test_experiments as t

class Slow(t.Trainer):
    def __call__(self, configuration, seed, signs):
        if len(self.runs) == 3:
            print("in the fourth run", flush=True)
            time.sleep(60)
        return super().__call__(configuration, seed, signs)

t.run_few(sys.argv[2], Slow())
"""


@pytest.mark.slow
def test_a_killed_process_leaves_the_runs_it_made(tmp_path):
    path = tmp_path / "runs.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "in the fourth run\n"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert names(path) == EVERY[:3]
    trainer = Trainer()
    run_few(path, trainer)
    assert trainer.runs == EVERY[3:] and names(path) == EVERY


def test_a_run_is_known_by_all_that_it_depends_on():
    signs = small_signs()
    base = ablations.key(BASELINE, 0, signs)
    assert base == ablations.key(replace(BASELINE, name="another name"), 0, small_signs())
    others = [
        ablations.key(BASELINE, 1, signs),
        ablations.key(replace(BASELINE, epochs=13), 0, signs),
        ablations.key(BASELINE, 0, small_signs(seed=1)),
        *(ablations.key(configuration, 0, signs) for configuration in CONFIGURATIONS.values()),
    ]
    assert len({base, *others}) == len(others)  # the baseline itself is among them


def test_a_damaged_line_in_the_middle_is_refused_with_its_number(tmp_path):
    path = tmp_path / "runs.jsonl"
    run_few(path, Trainer())
    lines = path.read_bytes().splitlines(keepends=True)
    for damage in (b'{"key": "ab\n', b"[1]\n", b'{"key": "x"}\n', b"\xff\n"):
        path.write_bytes(b"".join([*lines[:2], damage, *lines[3:]]))
        before = path.read_bytes()
        with pytest.raises(ValueError, match="line 3: .*Remove this line"):
            run_few(path, Trainer(fails_at=0))
        assert path.read_bytes() == before


# --- one run ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["baseline", "PCA color", "update rule of 2012"])
def test_a_run_repeats_itself_and_says_what_it_was(name):
    signs = small_signs()
    configuration = replace(CONFIGURATIONS[name], epochs=2)
    one, two = (ablations.run(configuration, 3, signs) for _ in range(2))
    for record in (one, two):
        assert record.pop("cpu_seconds") > 0
    assert one == two == json.loads(json.dumps(one))
    assert one["configuration"] == name and one["seed"] == 3 and len(one["history"]["loss"]) == 2
    assert one["key"] == ablations.key(configuration, 3, signs)
    for part, pictures in (("train", 48), ("validation", 12), ("test", 18)):
        right = one[f"{part}_accuracy"] * pictures
        assert right == pytest.approx(round(right), abs=1e-3)
    assert one["parameters"] == ledger(variant("compact")).parameters


def four_pictures_of_each_class(seed=0):
    rng = np.random.default_rng(seed)

    def split(count):
        y = np.arange(count) % 10
        x = rng.integers(0, 60, (count, 32, 32, 3)) + 19 * y[:, None, None, None]
        return Split(x.astype("uint8"), y)

    return Sets(split(40), split(20), split(20), tuple(range(10)), "made up", "tiny")


def test_bytes_less_their_mean_color_are_what_the_network_sees():
    sets = four_pictures_of_each_class()
    configuration = STUDIES["figure_1"].configurations["relu, bytes, 2011, rate 0.001"]
    found = ablations._preprocessing(configuration, sets).normalize(sets.train.x)
    expected = sets.train.x.astype("float64") - sets.train.x.reshape(-1, 3).mean(0)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.slow
def test_a_run_starts_from_the_weights_it_is_given_stops_at_its_goal_and_says_when_it_diverged():
    study, sets = STUDIES["figure_1"].configurations, four_pictures_of_each_class()
    tamed = replace(study["relu, unit, today, rate 0.01"], batch_size=10, goal=0.6, pictures=None)
    reached = ablations.run(tamed, 0, sets)
    accuracy = reached["history"]["accuracy"]
    assert accuracy[-1] >= 0.6 > max(accuracy[:-1]) and len(accuracy) < 60
    assert not reached["diverged"] and reached["train_accuracy"] > 0.3
    wild = replace(tamed, units="bytes", learning_rate=1e4)
    lost = ablations.run(wild, 0, sets)
    assert "loss" in lost["diverged"] and "test_accuracy" not in lost
    assert "loss" in ablations._came_to(lost)
    # From weights of 0 in conv1 nothing can be told apart, at a rate that moves nothing.
    still = replace(tamed, deviations={"conv1": 0.0}, learning_rate=1e-12, epochs=1)
    assert ablations.run(still, 0, sets)["test_accuracy"] == pytest.approx(0.1)


# --- rates --------------------------------------------------------------------------------------


def test_the_best_rate_is_chosen_by_the_first_seed_and_runs_with_all():
    runs = [
        {"configuration": name, "seed": seed, "diverged": diverged, "test_accuracy": value}
        for name, seed, diverged, value in (
            ("a, rate 0.1", 0, "", 0.5),
            ("a, rate 0.3", 0, "", 0.7),
            ("a, rate 1", 0, "the loss is not a number", 0.99),
            ("a, rate 0.3", 1, "", 0.2),
            ("a, rate 0.1", 1, "", 0.9),
            ("b", 0, "", 0.4),
        )
    ]

    def measure(run):
        return run["test_accuracy"]

    assert ablations.best_rates(runs, measure) == {"a": "a, rate 0.3", "b": "b"}
    found = [(run["configuration"], run["test_accuracy"]) for run in ablations.tuned(runs, measure)]
    assert found == [("a", 0.7), ("a", 0.2), ("b", 0.4)]


def test_the_fewer_pictures_are_among_the_more_and_another_seed_draws_others():
    train = four_pictures_of_each_class().train
    train = replace(train, x=np.arange(40).reshape(40, 1, 1, 1), y=np.arange(40))
    few, more, others = (
        ablations._drawn(train, count, seed) for count, seed in ((5, 0), (20, 0), (5, 1))
    )
    assert {*few.y} < {*more.y} and {*few.y} != {*others.y} and len({*more.y}) == 20
    assert np.array_equal(more.x.ravel(), more.y)
    with pytest.raises(ValueError, match="41 training pictures are asked for, and there are 40"):
        ablations._drawn(train, 41, 0)


def test_every_arm_of_a_study_differs_from_its_rates_in_the_rate_alone():
    for study in ("figure_1", "imagenette"):
        arms = {}
        for configuration in STUDIES[study].configurations.values():
            arms.setdefault(ablations.arm(configuration.name), []).append(configuration)
        for name, (first, *others) in arms.items():
            assert others, name
            for other in others:
                assert differences(first.to_json(), other.to_json()) == [".learning_rate"]


# --- effects ----------------------------------------------------------------------------------


def made_up(values, measure="test_accuracy"):
    return [
        {"configuration": name, "seed": seed, measure: value}
        for name, pairs in values.items()
        for seed, value in pairs.items()
    ]


def test_student_t_is_that_of_the_tables():
    """Against what any printed table has, and for one degree against tan, its closed form."""
    printed = {(1, 0.95): 12.706, (2, 0.95): 4.303, (4, 0.9): 2.132, (4, 0.95): 2.776}
    printed |= {(9, 0.99): 3.250, (30, 0.95): 2.042, (120, 0.95): 1.980}
    for (degrees, share), expected in printed.items():
        assert ablations.student_t(degrees, share) == pytest.approx(expected, abs=5e-4)
    for share in (0.1, 0.5, 0.99):
        assert ablations.student_t(1, share) == pytest.approx(math.tan(math.pi * share / 2))


@pytest.mark.parametrize("seeds", [2, 5, 12])
def test_the_effect_is_that_of_a_paired_t_test(seeds):
    rng = np.random.default_rng(seeds)
    a, b = rng.uniform(0.5, 1, (2, seeds))
    runs = made_up({"a": dict(enumerate(a)), "b": dict(enumerate(b))})
    rng.shuffle(runs)  # their order in the file means nothing
    found = ablations.effect(runs, Part("p", "a", "b", "none"))
    test = stats.ttest_rel(100 * a, 100 * b)
    interval = test.confidence_interval(0.95)
    assert found.points == pytest.approx(100 * (a.mean() - b.mean()))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-5)


def test_runs_that_diverged_do_not_count():
    runs = made_up({"a": {0: 0.9, 1: 0.8}, "b": {0: 0.6, 1: 0.7}})
    lost = [{"configuration": "a", "seed": 2, "diverged": "the loss is not a number"}]
    part = Part("p", "a", "b", "none")
    assert ablations.effect(runs + lost, part) == ablations.effect(runs, part)


def test_only_seeds_of_both_count():
    runs = made_up({"a": {0: 0.9, 1: 0.8, 7: 0.1}, "b": {1: 0.7, 0: 0.6, 5: 1.0}})
    found = ablations.effect(runs, Part("p", "a", "b", "none"))
    assert found.differences == pytest.approx((30, 10))
    with pytest.raises(ValueError, match="share 1 seeds"):
        ablations.effect(runs[1:], Part("p", "a", "b", "none"))


# --- what the book shows ----------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_is_recorded_with_every_seed(part):
    runs = ablations.recorded("hands.jsonl")
    for name in (part.present, part.absent):
        found = [run for run in runs if run["configuration"] == name]
        assert sorted(run["seed"] for run in found) == list(HANDS.seeds), name
        for run in found:  # made with the configuration as it is described today
            assert CONFIGURATIONS[name].to_json().items() <= run["settings"].items()


@pytest.mark.parametrize("part", (*IN_FULL, *ALONE), ids=lambda part: part.name)
def test_a_part_on_imagenette_is_all_that_its_two_arms_differ_in(part):
    arms = {ablations.arm(name): c for name, c in STUDIES["imagenette"].configurations.items()}
    pair = (vars(arms[part.present]), vars(arms[part.absent]))
    differ = {name for name in pair[0] if pair[0][name] != pair[1][name]}
    # First weights in the units they were made for; those of 2012 with its biases.
    extra = {"0.01 in bytes": {"units"}, "start of 2012": {"units", "network"}}
    assert len(differ - {"name", "learning_rate"} - extra.get(part.name, set())) == 1


@pytest.mark.parametrize("study", ["figure_1", "imagenette"])
def test_what_is_recorded_is_what_the_study_describes_today(study):
    runs = ablations.recorded(f"{study}.jsonl")
    keys = [run["key"] for run in runs]
    assert len(keys) == len(set(keys)) > 5
    assert len({run["settings"]["keras"] for run in runs}) == 1
    seeds = {run["seed"] for run in runs}
    assert seeds <= {*STUDIES[study].seeds}
    assert len({(run["seed"], run["settings"]["data"]) for run in runs}) == len(seeds)
    for run in runs:
        described = STUDIES[study].configurations[run["configuration"]].to_json()
        assert described.items() <= run["settings"].items(), run["configuration"]
        assert run["settings"]["data"].startswith("real")


def test_recorded_runs_are_comparable_and_labeled():
    runs = ablations.recorded("hands.jsonl")
    keys = [run["key"] for run in runs]
    assert len(keys) == len(set(keys))
    assert len({run["settings"]["keras"] for run in runs}) == 1
    assert len({(run["seed"], run["settings"]["data"]) for run in runs}) == len(HANDS.seeds)
    for run in runs:
        assert run["settings"]["data"].startswith("real")
        assert "Python" in run["machine"] and "Keras" in run["machine"]
        assert time.strptime(run["date"], "%Y-%m-%d")


@pytest.mark.slow
def test_the_benchmark_says_what_there_is():
    environment = os.environ | {"PYTHONSAFEPATH": "1"}
    said = subprocess.run(
        [sys.executable, str(SCRIPT), "hands", "--list"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert said.returncode == 0, said.stderr
    assert [line.partition(":")[0] for line in said.stdout.splitlines()] == list(CONFIGURATIONS)
    wrong = subprocess.run(
        [sys.executable, str(SCRIPT), "hands", "relu"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert wrong.returncode == 2 and "unknown: relu. Known: baseline; tanh" in wrong.stderr
