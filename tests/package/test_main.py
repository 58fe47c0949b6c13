"""The command line, run as a user runs it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from alexnet_tutorial.__main__ import main
from alexnet_tutorial.shapes.variants import VARIANTS, variant


def command(*words, **options):
    return subprocess.run(
        [sys.executable, "-m", "alexnet_tutorial", *words],
        capture_output=True,
        text=True,
        **options,
    )


def test_import_is_cheap_and_brings_neither_keras_nor_tensorflow():
    """Nor NumPy: shapes are plain integers, and a description's ledger needs no more."""
    code = (
        "import sys, alexnet_tutorial, alexnet_tutorial.shapes as shapes;"
        "shapes.ledger(shapes.variant('caffe')).macs;"
        "heavy = 'keras tensorflow jax numpy matplotlib h5py tabulate'.split();"
        "print([name for name in heavy if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", VARIANTS)
def test_ledger_as_json(name, capsys):
    assert main(["ledger", name, "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["name"] == name
    assert data["parameters"] == sum(row["parameters"] for row in data["layers"])


def test_ledger_in_every_format(capsys):
    for form, start in (("table", "caffe\nlayer "), ("markdown", "| layer "), ("json", "{")):
        assert main(["ledger", "caffe", "--format", form]) == 0
        out = capsys.readouterr().out
        assert out.startswith(start)
        assert "60,965,224" in out or "60965224" in out


def test_who_reads_may_stop_reading():
    reads, writes = os.pipe()
    os.close(reads)
    run = subprocess.run(
        [sys.executable, "-m", "alexnet_tutorial", "ledger", "caffe"],
        stdout=writes,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writes)
    assert (run.returncode, run.stderr) == (1, "")


def test_unknown_variants_are_refused_with_the_known(capsys):
    for words in (["ledger", "lenet"], ["train", "--network", "lenet"]):
        assert main(words) == 1
        assert "Known variants: alexnet-2012, paper" in capsys.readouterr().err


def test_unknown_options_are_usage_errors(capsys):
    for words in (["ledger", "caffe", "--format", "xml"], ["bake"], [], ["data", "cifar"]):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 2
    capsys.readouterr()


def test_data_says_where_it_came_from_and_draws_it(tmp_path):
    sheet = tmp_path / "sheet.png"
    run = command("data", "signs", "--source", "generated", "--figure", str(sheet), cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "generated hands" in run.stdout
    assert sheet.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("name", "each"), [("cifar10", "135"), ("imagenette", "45")])
def test_data_of_every_set(tmp_path, capsys, name, each):
    sheet = tmp_path / "sheet.svg"
    assert main(["data", name, "--source", "generated", "--figure", str(sheet)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("source: drawn shapes instead of")
    assert lines[1].split() == ["pictures", "train", "validation", "test"]
    assert ["checkers", each] == next(x for x in lines if x.startswith("checkers")).split()[:2]
    assert "<svg" in sheet.read_text(encoding="utf-8")
    assert main(["data", name, "--source", str(tmp_path)]) == 1
    assert f"{tmp_path}: no " in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10", "imagenette"])
def test_train_on_every_set(name, tmp_path, capsys):
    words = ["train", "--data", name, "--source", "generated", "--epochs", "1", "--batch", "64"]
    assert main([*words, "--save", str(tmp_path / "net.keras"), "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["data_kind"] == "generated" and result["classes"] == 10
    pixels = {"cifar10": 64, "imagenette": 72}[name]
    assert result["preprocessing"]["resize"] == pixels and result["epochs"] == 1


def test_data_that_is_not_there_is_an_error(tmp_path, capsys):
    assert main(["data", "signs", "--source", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert main(["data", "signs", "--source", "imagenet"]) == 1
    assert "Known sources: auto, real, download, generated" in capsys.readouterr().err
    assert main(["data", "signs", "--source", "generated", "--figure", "sheet.doc"]) == 1
    assert ".png or .svg" in capsys.readouterr().err


def test_the_code_in_the_readme_runs():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert blocks
    for block in blocks:
        names = {}
        exec(block, names)
        for expression, value in re.findall(r"^(\w.*?)  # (\d+)", block, re.MULTILINE):
            assert eval(expression, names) == int(value)


@pytest.mark.slow
def test_train_ends_in_one_json_object(tmp_path):
    run = command(
        *("train", "--data", "signs", "--network", "compact", "--source", "generated"),
        *("--seed", "1", "--epochs", "1", "--format", "json"),
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.strip().splitlines()[-1])
    assert set(result) >= {
        "test_accuracy",
        "validation_accuracy",
        "seconds",
        "data_source",
        "data_kind",
        "parameters",
        "history",
        "skipped",
        "machine",
    }
    assert 0 <= result["test_accuracy"] <= 1
    assert "generated" in result["data_source"]


def test_ledger_of_a_described_file(tmp_path, capsys):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(variant("caffe").to_json()), encoding="utf-8")
    assert main(["ledger", str(path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 60_965_224
    path.write_text("{", encoding="utf-8")
    assert main(["ledger", str(path)]) == 1
    assert "net.json holds no description" in capsys.readouterr().err
    assert main(["ledger", str(tmp_path / "none.json")]) == 1
