"""The program for a machine with a GPU: its parts against others', and all of it on the CPU."""

import json
import subprocess
import sys
import time
from argparse import Namespace

import numpy as np
import pytest
from PIL import Image

from alexnet_tutorial.pictures import Sets, Split, center_crop, generate_signs, load_imagenette
from alexnet_tutorial.pictures.augmentation import ten_views
from alexnet_tutorial.shapes import ledger, variant
from alexnet_tutorial.shapes.architecture import Architecture, Conv, Dense, Flatten, Pool


@pytest.fixture(scope="module")
def gpu(benchmarks):
    return benchmarks("gpu")


@pytest.fixture(scope="module")
def training(benchmarks):
    pytest.importorskip("jax")
    return benchmarks("gpu_train")


@pytest.fixture(scope="module")
def few():
    """Drawn hands, as sets of three parts."""
    learn, test, classes = generate_signs(train=80, test=20)
    parts = Split(learn.x[:64], learn.y[:64]), Split(learn.x[64:], learn.y[64:]), test
    return Sets(*parts, classes, "drawn hands, from nowhere", "generated")


@pytest.fixture(scope="module")
def pictures():
    """Smooth pictures of 256 pixels, where half a pixel matters little."""
    small = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 3), "uint8")
    large = [Image.fromarray(x).resize((256, 256), Image.Resampling.BICUBIC) for x in small]
    return np.stack([np.asarray(picture) for picture in large])


def test_what_is_packed_comes_out(gpu, few, tmp_path):
    gpu.pack_set(few, tmp_path / "signs.npz", lossless=True)
    about, parts = gpu.unpack_set(tmp_path / "signs.npz", 64)
    assert about["data"] == "drawn hands" and about["classes"] == [*"012345"]
    for part in gpu.PARTS:
        assert np.array_equal(parts[part].x, getattr(few, part).x)
        assert np.array_equal(parts[part].y, getattr(few, part).y)
    _, some = gpu.unpack_set(tmp_path / "signs.npz", 32, slice(None, None, 3))
    assert np.array_equal(some["test"].y, few.test.y[::3])
    half = Image.fromarray(few.test.x[3]).resize((32, 32), Image.Resampling.BICUBIC)
    assert np.array_equal(some["test"].x[1], np.asarray(half))


def test_a_part_of_a_picture_is_what_pillow_cuts_and_resizes(training, pictures):
    """Shrunk, enlarged, and flipped; the rounding of Pillow's bytes aside."""
    import jax

    part = jax.jit(training.part, static_argnums=1)
    for area, aspect, down, right, flip in ((1, 1, 0, 0, False), (0.4, 0.8, 0.3, 0.9, True)):
        ours = np.asarray(part(pictures[0], 96, area, aspect, down, right, flip))
        height, width = 256 * np.sqrt(area / aspect), 256 * np.sqrt(area * aspect)
        left, top = right * (256 - width), down * (256 - height)
        box = left, top, left + width, top + height
        theirs = Image.fromarray(pictures[0]).resize((96, 96), Image.Resampling.BILINEAR, box=box)
        theirs = np.asarray(theirs)[:, :: -1 if flip else 1]
        assert abs(ours - theirs).max() < 2, (area, aspect)


def test_crops_and_views_are_the_packages(training, pictures):
    middle = np.asarray(training.center(pictures, 224))
    assert np.array_equal(middle, center_crop(pictures, (224, 224)))
    views = [[*training.chunks(pictures, 224, v)][0] for v in training.ten_views(256, 224)]
    assert np.array_equal(np.stack(views, 1), ten_views(pictures, (224, 224)))
    assert training.center(pictures[:, :64, :64], 224).shape == (3, 224, 224, 3)


def test_every_kind_of_crop_shows_something_new_each_time(training, pictures):
    import jax

    varied = jax.jit(training.varied, static_argnums=(3, 4))
    for crops in ("places", "parts", None):
        plan = training.Plan(crops=crops)
        one, other = (
            np.asarray(varied(pictures, np.arange(3), jax.random.key(k), 224, plan)) for k in (0, 1)
        )
        assert one.shape == (3, 224, 224, 3) and one.dtype == "float32"
        assert (one != other).any() == (crops is not None)
        assert one.min() > -0.01 and one.max() < 255.01


def test_the_rate_falls_as_it_did_in_2012_and_as_it_does_today(training):
    rates = training.PLANS["2012"].schedule(0.01, 91, 2)
    falls = {float(rate): np.flatnonzero(rates[:, 0] == rate)[0] for rate in np.unique(rates)}
    assert sorted(falls.values()) == [0, 25, 51, 79]
    assert np.isclose(sorted(falls), [1e-5, 1e-4, 1e-3, 1e-2]).all()
    today = training.PLANS["today"].schedule(1e-3, 50, 10).ravel()
    assert today.argmax() == 20 and np.isclose(today.max(), 1e-3)
    assert today[0] == 0 and (np.diff(today[20:]) < 0).all() and today[-1] < 1e-7


def test_what_a_recipe_goes_without_is_all_that_changes(training, gpu):
    assert set(training.PLANS) == set(gpu.RECIPES)
    network = variant("alexnet-2012").with_classes(10)
    assert training.changed(network, training.PLANS["2012"]) == network
    without = training.changed(network, training.PLANS["today-no-dropout"])
    rates = {layer.rate for layer in without.layers if layer.kind == "dropout"}
    assert rates == {0.0}
    tanh = training.changed(network, training.PLANS["today-tanh"])
    found = {getattr(layer, "activation", None) for layer in tanh.layers}
    assert found == {None, "tanh", "softmax"} and tanh.layers[-1].activation == "softmax"
    assert [step.output for step in tanh.steps] == [step.output for step in network.steps]


def test_the_least_time_of_a_step_is_what_one_counts_by_hand(gpu):
    layers = (Conv("conv1", 8, 3), Pool("pool1", 2, 2), Flatten("flatten"), Dense("fc8", 10))
    book = ledger(Architecture("tiny", 10, layers))
    # Maps 10·10·3 = 300, 8·8·8 = 512, 4·4·8 = 128; weights 224 and 1,290; products 13,824, 1,280.
    batch, width, rate, bandwidth = 4, 2, 1e6, 1e9
    conv, dense = 2 * 13_824 * batch / rate, 2 * 1_280 * batch / rate  # operations decide
    pool = (512 + 128) * batch * width / bandwidth  # bytes do
    found = gpu.least_seconds(book, batch, width, rate, bandwidth, training=False)
    assert found == pytest.approx(conv + dense + pool)
    found = gpu.least_seconds(book, batch, width, rate, bandwidth, training=True)
    assert found == pytest.approx(2 * conv + 3 * dense + 3 * pool)
    # With operations for nothing, bytes decide everywhere.
    maps = 3 * (300 + 2 * 512 + 2 * 128 + 10) * batch * width
    weights = (224 + 1_290) * (2 * width + 4 + 20)
    found = gpu.least_seconds(book, batch, width, 1e30, bandwidth, training=True)
    assert found == pytest.approx((maps + weights) / bandwidth)


def test_pytorch_computes_the_network_that_keras_computes(benchmarks, gpu):
    """With its response normalization in towers and within maps, from the same weights."""
    torch = pytest.importorskip("torch")
    from alexnet_tutorial.network import build

    network = gpu.reduced(variant("alexnet-2012")).with_classes(10)
    keras_model, torch_model = build(network), benchmarks("speed").torch_model(network).eval()
    weighted = [layer for layer in torch_model if hasattr(layer, "weight")]
    maps = next(step.input for step in network.steps if step.layer.kind == "flatten")
    for layer, theirs in zip(
        [layer for layer in keras_model.layers if layer.weights], weighted, strict=True
    ):
        kernel = np.asarray(layer.kernel)
        if kernel.ndim == 4:
            kernel = kernel.transpose(3, 2, 0, 1)
        elif layer.name == "fc6":  # Keras lays maps out channels last, PyTorch channels first
            kernel = kernel.reshape(*maps, -1).transpose(3, 2, 0, 1).reshape(-1, np.prod(maps))
        else:
            kernel = kernel.T
        theirs.weight.data = torch.from_numpy(kernel.copy())
        theirs.bias.data = torch.from_numpy(np.asarray(layer.bias).copy())
    # As large as bytes are: else the normalizations would divide by a constant.
    x = np.random.default_rng(0).normal(0, 100, (2, 224, 224, 3)).astype("float32")
    with torch.inference_mode():
        said = torch_model(torch.from_numpy(x.transpose(0, 3, 1, 2).copy())).softmax(1).numpy()
    assert np.allclose(said, np.asarray(keras_model(x)), rtol=1e-3, atol=1e-5)


def run_record(folder, program, **machine):
    """Write a record as a run leaves it."""
    said = {"date": "2026-01-01", "gpu": "a card", "rehearsal": False, **machine}
    program.save(folder, "made", "machine", said)
    return folder


def test_what_came_back_is_put_together(gpu, tmp_path):
    first, second = (run_record(tmp_path / name, gpu) for name in ("first", "second"))
    gpu.save(first, "training", "today", {"test_accuracy": 0.9})
    gpu.save(first, "training", "2012", {"left_out": "no time"})
    gpu.save(first, "signs", "signs", {"finished": False, "history": {}})
    gpu.save(second, "training", "today", {"failed": "no memory"})
    gpu.save(second, "training", "2012", {"test_accuracy": 0.8})
    gpu.save(second, "signs", "signs", {"left_out": "no time"})
    np.savez(first / gpu.FILTERS, today=np.ones(3))
    gpu.collect(Namespace(output=[first, second], into=tmp_path / "into", rehearsal=False))
    found = json.loads((tmp_path / "into" / "gpu.json").read_text("utf-8"))
    assert found["training"] == {"today": {"test_accuracy": 0.9}, "2012": {"test_accuracy": 0.8}}
    assert found["signs"]["signs"] == {"finished": False, "history": {}}
    with np.load(tmp_path / "into" / "gpu_filters.npz") as arrays:
        assert arrays.files == ["today"]


@pytest.mark.parametrize(
    ("unlike", "what"), [({"gpu": "another"}, "another machine"), ({"rehearsal": True}, "rehears")]
)
def test_what_does_not_belong_is_not_collected(gpu, tmp_path, unlike, what):
    folders = [run_record(tmp_path / "first", gpu), run_record(tmp_path / "second", gpu, **unlike)]
    with pytest.raises(SystemExit, match=what):
        gpu.collect(Namespace(output=folders, into=tmp_path / "into", rehearsal=False))
    assert not (tmp_path / "into").exists()


def test_a_stage_that_hangs_or_fails_takes_nothing_along(gpu, tmp_path, monkeypatch):
    """It is stopped with all it started; what the others found is kept, and it is said."""
    programs = {
        "hangs": "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)",
        "fails": "raise RuntimeError('no room in /home/someone/cache')",
        "works": "import sys; print('fine')",
    }
    stages = {}
    for name, program in programs.items():
        (tmp_path / f"{name}.py").write_text(program, encoding="utf-8")
        stages[name] = gpu.Stage(str(tmp_path / f"{name}.py"), 1, 0)
    stages["late"] = gpu.Stage(str(tmp_path / "works.py"), 1, 1e6)
    monkeypatch.setattr(gpu, "STAGES", stages)
    monkeypatch.setattr(gpu, "GRACE", 0)
    options = Namespace(
        output=tmp_path / "out", pack=tmp_path, work=tmp_path, minutes=4 / 60, stages=[*stages],
        epochs=1, arm_epochs=1, batches=[1], recipes=["today"], rehearsal=False,
    )  # fmt: skip
    started = time.monotonic()
    gpu.run(options)
    assert time.monotonic() - started < 30
    found = json.loads((tmp_path / "out" / gpu.RECORD).read_text("utf-8"))["stages"]
    assert {name: said["status"] for name, said in found.items()} == {
        "hangs": "stopped", "fails": "failed", "works": "done", "late": "left out",
    }  # fmt: skip
    assert found["fails"]["said"] == "RuntimeError: no room in cache"
    assert "fine" in (tmp_path / "out" / gpu.LOG).read_text("utf-8")


def test_a_second_call_goes_on_with_what_is_missing(gpu, tmp_path, monkeypatch):
    out, work = run_record(tmp_path / "out", gpu), run_record(tmp_path / "work", gpu)
    gpu.save(work, "training", "today", {"finished": True})
    gpu.save(work, "training", "2012", {"finished": False})
    gpu.save(work, "speed", "one", {"pictures_per_second": 1.0})
    gpu.save(work, "speed", "other", {"left_out": "no time"})
    gpu.save(work, "stages", "signs", {"status": "stopped"})
    words = f"program curves --pack . --output {out} --work {work} --until 0 --epochs 1"
    words += " --arm-epochs 1 --recipes today --batches 1"
    monkeypatch.setattr(sys, "argv", words.split())
    assert gpu.stage_options("program", ["curves"]).done == {"machine", "today", "one"}
    run_record(work, gpu, gpu="another card")
    assert gpu.stage_options("program", ["curves"]).done == set()


@pytest.mark.slow
def test_all_of_it_runs_on_a_cpu(root, gpu, few, tmp_path, jax_environment):
    """Every stage, in one call as on a GPU, with few pictures and few filters."""
    pack, out = tmp_path / "pack", tmp_path / "out"
    gpu.pack_set(load_imagenette("generated", pixels=64), pack / "imagenette.npz", quality=60)
    gpu.pack_set(few, pack / "signs.npz", quality=90)
    environment = {**jax_environment, "PYTHON": sys.executable, "WORK": str(tmp_path / "work")}
    command = ["bash", root / "benchmarks" / "gpu.sh", pack, out, "--rehearsal"]
    command += ["--epochs", "2", "--arm-epochs", "2", "--recipes", "today"]
    command += ["--minutes", "20"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    log = (out / gpu.LOG).read_text("utf-8")
    assert ran.returncode == 0, ran.stderr[-2000:]
    record = json.loads((out / gpu.RECORD).read_text("utf-8"))
    for stage, said in record["stages"].items():
        assert said["status"] == "done" or (stage == "torch" and "torch" in said["said"]), log
    assert set(record["stages"]) == set(gpu.STAGES)
    for recipe in ("today", "2012", "today, 2 epochs"):
        found = record["training"][recipe]
        assert found["finished"] and len(found["history"]["val_accuracy"]) == 2, recipe
        assert 0 <= found["test_accuracy_ten_views"] <= 1 and "/" not in found["data"]
        assert len(found["tried"]) == (0 if recipe == "2012" else 2)
    assert record["signs"]["signs"]["goal"] == 0.95
    assert len(record["input"]) == 5
    speeds = {name: entry for part in ("speed", "input") for name, entry in record[part].items()}
    assert all(entry["pictures_per_second"] > 0 for entry in speeds.values()), speeds
    assert all("roofline" in entry for entry in record["speed"].values())
    assert record["ceilings"]["jax, product, float32"]["error"] < 1e-5
    with np.load(out / gpu.FILTERS) as filters:
        assert set(filters) == {f"{recipe}-{n}" for recipe in ("today", "2012") for n in (1, 2)}
        assert (filters["today-1"] != filters["today-2"]).any()
    assert sorted(file.name for file in out.iterdir()) == [gpu.FILTERS, gpu.RECORD, gpu.LOG]
