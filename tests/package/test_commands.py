"""The commands that train, judge and name, at the smallest size."""

import json
import os
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

keras = pytest.importorskip("keras")

from alexnet_tutorial import session  # noqa: E402
from alexnet_tutorial.__main__ import main  # noqa: E402
from alexnet_tutorial.classifier import Classifier  # noqa: E402
from alexnet_tutorial.commands.output import plain  # noqa: E402
from alexnet_tutorial.shapes import Architecture, Conv, Dense, Flatten, Pool  # noqa: E402
from alexnet_tutorial.training import Progress  # noqa: E402

TINY = Architecture(
    "tiny",
    20,
    (
        Conv("conv1", 8, 5, strides=2),
        Pool("pool1", 2, strides=2),
        Flatten("flatten"),
        Dense("fc6", 3, activation="softmax"),
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three colors, eight noisy pictures of each."""
    path, rng = tmp_path_factory.mktemp("pictures") / "colors", np.random.default_rng(0)
    for name, color in {
        "blue": (30, 40, 220),
        "green": (40, 200, 30),
        "red": (220, 40, 40),
    }.items():
        (path / name).mkdir(parents=True)
        for i in range(8):
            pixels = rng.normal(color, 30, (40, 30, 3)).clip(0, 255).astype("uint8")
            Image.fromarray(pixels).save(path / name / f"{i}.png")
    return path


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of one's own to work in, with the description of a tiny network."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tiny.json").write_text(json.dumps(TINY.to_json()))
    return tmp_path


def words(folder, *more):
    return ["train", "--data", str(folder), "--network", "tiny.json", "--batch", "8", *more]


def test_names_are_printed_and_nothing_else():
    assert plain("Käse 猫.png") == "Käse 猫.png"
    assert plain("a\x1b[2J\u202e\r\n\udcff") == r"a\x1b[2J\u202e\r\n\udcff"
    assert plain("a\nb\x07", keep="\n") == "a\nb\\x07"


def test_what_cannot_work_is_refused_before_keras_loads(folder, place, monkeypatch, capsys):
    monkeypatch.setattr(session, "import_keras", lambda: pytest.fail("Keras was loaded"))
    data = ["--data", str(folder)]
    (place / "net.keras").write_bytes(b"")
    for line, message in (
        ([*words(folder), "--epochs", "0"], "not an integer of at least 1"),
        ([*words(folder), "--batch", "-3"], "not an integer of at least 1"),
        ([*words(folder), "--learning-rate", "fast"], "is no learning rate"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(line)
        assert stop.value.code == 2 and message in capsys.readouterr().err
    for line, message in (
        ([*words(folder), "--save", "net.h5"], "ends in .keras"),
        ([*words(folder), "--save", "none/net.keras"], "is not there"),
        (words(place / "none"), "not there"),
        (words("signs", "--validation", str(folder)), "brings pictures to validate"),
        (["evaluate", "none.keras", *data], "no such file"),
        (["evaluate", "net.keras", "--data", "none"], "no such folder"),
        (["finetune", "none.keras", *data], "no such file"),
        (["finetune", "net.keras", *data, "--save", "."], "ends in .keras"),
        (["predict", "none.png"], "no such file"),
        (["predict", str(place / "cache")], "no such file"),
        (["weights", "convert", "net.keras", "net.xyz"], "ends in"),
        (["weights", "convert", "none.pth", "net.keras"], "none.pth"),
    ):
        assert main(line) == 1, line
        assert message in capsys.readouterr().err
    if sys.platform == "linux":  # no one can write there, root neither
        assert main([*words(folder), "--save", "/proc/net.keras"]) == 1
        assert "cannot be written there" in capsys.readouterr().err
    (place / "dir.keras").mkdir()
    assert main([*words(folder), "--save", "dir.keras"]) == 1
    assert "this is a folder" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0 and capsys.readouterr().out.startswith("alexnet-tutorial ")


@pytest.mark.slow
def test_ctrl_c_keeps_the_best_epoch_and_the_same_command_goes_on(
    folder, place, monkeypatch, capsys
):
    assert main([*words(folder), "--epochs", "4", "--save", "whole.keras"]) == 0
    line = [*words(folder), "--epochs", "4", "--format", "json"]

    def stop(self, batch, logs=None):
        if self._epoch == 2 and batch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "on_train_batch_end", stop)
        assert main(line) == 130
    out, err = capsys.readouterr()
    stopped = json.loads(out.splitlines()[-1])
    assert stopped["epochs"] == 2 and stopped["interrupted"]
    assert "stopped in epoch 3" in err and "colors-tiny.keras" in err
    best = Classifier.load("colors-tiny.keras")
    assert best.classes == ("blue", "green", "red")

    assert main(line) == 0
    out, err = capsys.readouterr()
    assert "going on from" in err and json.loads(out.splitlines()[-1])["epochs"] == 4
    for a, b in zip(
        Classifier.load("colors-tiny.keras").model.get_weights(),
        Classifier.load("whole.keras").model.get_weights(),
        strict=True,
    ):
        assert (a == b).all()
    assert not list(place.glob("*.training"))
    assert main(line) == 0  # anew, and beside what is there
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["saved"].endswith("tiny-2.keras")


@pytest.mark.slow
def test_a_finetuning_goes_on_in_its_phase(folder, place, monkeypatch, capsys):
    assert main([*words(folder), "--epochs", "1", "--save", "net.keras"]) == 0
    line = ["finetune", "net.keras", "--data", str(folder), "--epochs", "4", "--batch", "8"]
    assert main([*line, "--save", "whole.keras"]) == 0

    def stop(self, batch, logs=None):
        if self._epoch == 1 and batch == 1:  # the head has one epoch alone
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "on_train_batch_end", stop)
        assert main(line) == 130
    assert "stopped in epoch 3" in capsys.readouterr().err
    assert main([*line, "--format", "json"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out.splitlines()[-1])
    assert "going on from" in err and result["epochs"] == len(result["history"]["loss"]) == 4
    for a, b in zip(
        Classifier.load(result["saved"]).model.get_weights(),
        Classifier.load("whole.keras").model.get_weights(),
        strict=True,
    ):
        assert (a == b).all()


def test_stopped_before_an_epoch_nothing_is_left(folder, place, monkeypatch, capsys):
    def stop(self, batch, logs=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "on_train_batch_end", stop)
    assert main([*words(folder), "--epochs", "4"]) == 130
    assert "stopped" in capsys.readouterr().err
    assert not list(place.glob("*.keras*"))


@pytest.mark.skipif(sys.platform == "win32", reason="no file can be called so there")
def test_damaged_pictures_are_named_before_training(folder, place, capsys):
    data = place / "some"
    shutil.copytree(folder, data)
    bad = data / "red" / "a\x1b[31m.png"
    bad.write_bytes((data / "red" / "0.png").read_bytes()[:400])
    assert main([*words(data), "--epochs", "1", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert err.index("1 pictures cannot be read") < err.index("training; the network goes to")
    assert "\x1b[31m" not in err and r"a\x1b[31m.png" in err
    result = json.loads(out.splitlines()[-1])
    assert list(result["skipped"]) == [str(bad)]
    assert result["pictures"] == {"train": 21, "validation": 3}
    assert main([*words(data), "--epochs", "1", "--on-error", "raise"]) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no file can be called so")
def test_a_name_that_is_no_text_is_read_and_printed(folder, place, capfdbinary):
    data = place / "some"
    shutil.copytree(folder, data)
    strange = os.fsencode(data / "red") + b"/\xff\xfe.png"
    with open(strange, "wb") as file:
        file.write((data / "red" / "0.png").read_bytes())
    assert main([*words(data), "--epochs", "1", "--save", "net.keras"]) == 0
    capfdbinary.readouterr()
    assert main(["predict", "net.keras", str(data)]) == 0
    assert rb"\udcff\udcfe.png" in capfdbinary.readouterr().out


@pytest.mark.slow
def test_judging_and_teaching_other_classes(folder, place, capsys):
    line = [*words(folder), "--epochs", "60", "--learning-rate", "0.01", "--augment", "none"]
    assert main([*line, "--save", "net.keras"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "net.keras", "--data", str(folder), "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["accuracy"] == 1 and [row["right"] for row in result["classes"]] == [8, 8, 8]
    assert main(["evaluate", "net.keras", "--data", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [row.split() for row in lines if row.startswith("b green")] == [
        ["b", "green", "8", "100.0%", ".", "8", "."]
    ]

    assert main(["predict", "net.keras", str(folder / "red"), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["picture"][-5:] for row in rows] == [f"{i}.png" for i in range(8)]
    assert {row["top"][0]["name"] for row in rows} == {"red"}
    (place / "bad.png").write_bytes(b"x")
    assert main(["predict", "net.keras", "bad.png"]) == 1
    assert "cannot be read" in capsys.readouterr().out

    other = place / "other"
    for name, old in {"sky": "blue", "grass": "green"}.items():
        shutil.copytree(folder / old, other / name)
    assert main(["finetune", "net.keras", "--data", str(other), "--epochs", "20"]) == 0
    assert "training; the network goes to" in capsys.readouterr().err
    tuned = Classifier.load("net-other.keras")
    assert tuned.classes == ("grass", "sky") and tuned.score(other) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10", "imagenette", "signs"])
def test_every_set_judges_and_teaches(folder, place, few_hands, capsys, name):
    assert main([*words(folder), "--epochs", "1", "--save", "net.keras"]) == 0
    data = ["--data", name, "--source", "generated", "--format", "json"]
    assert main(["finetune", "net.keras", *data, "--epochs", "2", "--save", "new.keras"]) == 0
    taught = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert taught["data_kind"] == "generated" and taught["epochs"] == 2
    assert main(["evaluate", "new.keras", *data]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["pictures"] == sum(row["pictures"] for row in result["classes"]) > 50
    assert main(["evaluate", "net.keras", *data]) == 1
    assert "classes are unknown to this classifier" in capsys.readouterr().err
