"""The doctor: the chain of the broken notebook, known networks, files, the command line."""

import json
import subprocess
import sys
import zipfile
from html.parser import HTMLParser

import keras
import numpy as np
import pytest
from keras import layers as L

from alexnet_tutorial import doctor
from alexnet_tutorial.__main__ import main
from alexnet_tutorial.doctor import CODES, examine, examine_file, without_weights
from alexnet_tutorial.network import build
from alexnet_tutorial.shapes import VARIANTS, variant


def broken():
    """The chain of a notebook whose padding and pooling keep the default data format."""
    with without_weights():
        model = keras.Sequential([keras.Input((3, 227, 227))])
        for convolutions, filters, kernel in ((1, 96, 11), (1, 256, 5), (2, 384, 3), (1, 256, 3)):
            for _ in range(convolutions):
                model.add(L.ZeroPadding2D(1))
                model.add(
                    L.Conv2D(filters, kernel, activation="relu", data_format="channels_first")
                )
            model.add(L.MaxPooling2D(3, strides=2))
        model.add(L.Flatten())
        for _ in range(2):
            model.add(L.Dense(4096, activation="relu"))
            model.add(L.Dropout(0.5))
        model.add(L.Dense(1000, activation="softmax"))
    model.compile(optimizer="sgd", loss="mse")
    return model


def by_code(report, code):
    return [finding for finding in report.findings if finding.code == code]


def test_the_broken_chain_is_read_layer_by_layer():
    model = broken()
    report = examine(model)
    layers = {layer.name: layer for layer in model.layers}
    pads, pools = (
        by_code(report, "padding-changed-channels"),
        by_code(report, "pooling-over-channels"),
    )
    assert len(pads) == 5 and len(pools) == 4
    for finding in (*pads, *pools):  # the numbers are Keras's own
        layer = layers[finding.layer]
        assert finding.numbers["channels_before"] == layer.input.shape[1]
        assert finding.numbers["channels_after"] == layer.output.shape[1]
        assert finding.severity == "fault"
    assert "3 → 5" in pads[0].message and "halves the channels (96 → 47)" in pools[0].message
    assert "MaxPooling2D(3, strides=2, data_format='channels_first')" in pools[0].cure
    (mixed,) = by_code(report, "mixed-data-formats")
    assert len(mixed.numbers["channels_first"]) == 5
    assert len(mixed.numbers["channels_last"]) == 9
    assert "keras.Input((227, 227, 3))" in mixed.cure
    (dense,) = by_code(report, "dense-dominates")
    assert dense.severity == "fault"
    assert dense.numbers["parameters"] == 1_292_161_024
    assert dense.numbers["total"] == model.count_params() == 1_315_636_904
    assert by_code(report, "mse-on-softmax")
    assert report.findings[0] is mixed


def test_the_broken_notebooks_data_are_named_too():
    x = np.random.default_rng(0).integers(0, 256, (24, 64, 64, 3))
    report = examine(broken(), x, np.arange(24)[None] % 6)
    assert {finding.code for finding in report.faults} >= {
        "data-channels-order",
        "data-size",
        "data-range",
        "labels-shape",
    }


def test_writing_the_cures_leaves_no_fault():
    with without_weights():
        model = keras.Sequential([keras.Input((227, 227, 3))])
        for convolutions, filters, kernel in ((1, 96, 11), (1, 256, 5), (2, 384, 3), (1, 256, 3)):
            for _ in range(convolutions):
                model.add(L.ZeroPadding2D(1))
                model.add(L.Conv2D(filters, kernel, activation="relu"))
            model.add(L.MaxPooling2D(3, strides=2))
        model.add(L.Flatten())
        model.add(L.Dense(4096, activation="relu"))
        model.add(L.Dense(6, activation="softmax"))
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    x = np.random.default_rng(0).random((24, 227, 227, 3), dtype="float32")
    assert not examine(model, x, np.arange(24) % 6).faults


def test_weights_are_not_read_and_the_model_is_not_run(monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("the doctor ran the model or read its weights")

    model = build(variant("compact"))
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    for name in ("get_weights", "predict", "__call__"):
        monkeypatch.setattr(type(model), name, never)
    monkeypatch.setattr(keras.Variable, "numpy", never)
    x = np.random.default_rng(0).random((12, 57, 57, 3), dtype="float32")
    assert not examine(model, x, np.arange(12) % 6).faults


def test_no_weights_are_made_later_either():
    with without_weights():
        large = keras.Sequential([keras.Input((10**7,)), L.Dense(10**7)])  # 400 TB
    bare = keras.Sequential([L.Dense(10**7)])
    assert examine(bare, np.zeros((2, 10**7), "uint8")).seen["shapes"]
    with keras.StatelessScope():
        pass  # at its end Keras makes the weights that were put off
    assert large.count_params() == 10**14 + 10**7 and not bare.built


@pytest.mark.parametrize("groups", ["towers", "native"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("name", VARIANTS)
def test_no_fault_in_this_books_networks(name, data_format, groups):
    with without_weights():
        model = build(VARIANTS[name], data_format=data_format, groups=groups)
    report = examine(model)
    assert not report.faults, str(report)
    (dense,) = by_code(report, "dense-dominates") or [None]
    if name not in ("compact", "small"):
        assert dense.layer == "fc6" and dense.severity == "note"
        assert dense.numbers["parameters"] == model.get_layer("fc6").count_params()


def test_zeros_that_no_window_reaches_are_not_lost():
    # 224 + 3 + 3 pixels, windows of 7, steps of 2: the row left over is one of padding.
    model = keras.Sequential(
        [keras.Input((224, 224, 3)), L.ZeroPadding2D(3), L.Conv2D(4, 7, strides=2, name="conv")]
    )
    assert not by_code(examine(model), "unseen-pixels")
    bare = keras.Sequential([keras.Input((230, 230, 3)), L.Conv2D(4, 7, strides=2, name="conv")])
    (note,) = by_code(examine(bare), "unseen-pixels")
    assert note.layer == "conv" and note.numbers["lost"] == [1, 1]


def test_a_nested_model_is_looked_into():
    inner = keras.Sequential(
        [keras.Input((32, 32, 3)), L.Conv2D(8, 3, name="first"), L.Conv2D(8, 3, activation="relu")]
    )
    inputs = keras.Input((32, 32, 3))
    outputs = L.Dense(4, activation="softmax")(L.Flatten()(inner(inputs)))
    (fault,) = examine(keras.Model(inputs, outputs)).faults
    assert (fault.code, fault.layer) == ("no-nonlinearity", "first")


class Subclassed(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.first = L.Conv2D(8, 3, name="first")
        self.second = L.Conv2D(9, 3, activation="relu", name="second")
        self.head = L.Dense(1, activation="softmax", name="head")

    def call(self, x):
        return self.head(keras.ops.mean(self.second(self.first(x)), axis=(1, 2)))


def test_a_subclassed_model_is_followed_and_left_as_it_was():
    model, x = Subclassed(), np.random.default_rng(0).random((8, 9, 9, 3))
    assert [finding.code for finding in examine(model).findings] == ["not-built"]
    codes = [("no-nonlinearity", "first"), ("softmax-one-unit", "head")]
    assert [(f.code, f.layer) for f in examine(model, x).faults] == codes
    assert not model.built and not model.first.built
    model(x)
    assert [(f.code, f.layer) for f in examine(model).faults] == codes
    assert all(not layer._inbound_nodes for layer in model.layers)


def test_what_cannot_be_followed_is_said():
    class Branching(Subclassed):
        def call(self, x):
            return super().call(x) if float(x[0, 0, 0, 0]) > 0 else x

    report = examine(Branching(), np.random.default_rng(0).random((2, 9, 9, 3)))
    assert "could not be followed" in report.seen["limits"][0]


def test_pictures_turned_in_the_model_are_no_fault():
    layers = [L.Conv2D(8, 3, activation="relu"), L.Flatten(), L.Dense(3, activation="softmax")]
    turned = keras.Sequential([keras.Input((3, 64, 64)), L.Permute((2, 3, 1)), *layers])
    assert not examine(turned).faults


def test_gray_pixels_without_a_channel_axis_are_raw_too():
    model = keras.Sequential(
        [keras.Input((28, 28)), L.Flatten(), L.Dense(9, activation="relu"), L.Dense(2)]
    )
    x = np.random.default_rng(0).integers(0, 256, (20, 28, 28))
    assert [finding.code for finding in examine(model, x).faults] == ["data-range"]
    assert not examine(model, x / 255).faults


def test_only_keras_models_are_examined():
    for wrong in (None, "caffe", variant("caffe"), np.zeros(3)):
        with pytest.raises(TypeError, match="examines Keras models"):
            examine(wrong)


# ---- What a report looks like ---------------------------------------------------------------


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.classes = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.classes += dict(attrs).get("class", "").split()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_report_as_text_html_and_json():
    report = examine(broken())
    data = json.loads(json.dumps(report.to_json()))
    assert data["faults"] == len(report.faults) and data["notes"] == len(report.notes)
    assert set(data["findings"][0]) == {
        *("code", "severity", "layer", "message", "cause", "cure", "numbers")
    }
    assert data["seen"]["layers"] == 20
    page = report._repr_html_()
    reader = Balanced()
    reader.feed(page)
    assert not reader.open and "alexnet-doctor" in reader.classes
    assert page.count(">Fault</strong>") == len(report.faults)
    assert "FAULT  mixed-data-formats in zero_padding2d" in str(report)
    assert max(map(len, str(report).splitlines())) <= 100


def test_names_are_escaped_in_html():
    model = keras.Sequential(
        [keras.Input((4,)), L.Dense(1, activation="softmax", name="a<b>")], name="<script>"
    )
    page = examine(model)._repr_html_()
    assert "<script>" not in page and "<b>" not in page and "a&lt;b&gt;" in page


def test_faults_come_first_then_the_order_of_the_layers():
    model = broken()
    report = examine(model)
    severities = [finding.severity for finding in report.findings]
    assert severities == sorted(severities)
    places = [layer.name for layer in model.layers]
    at = [places.index(finding.layer) for finding in report.faults if finding.layer]
    assert at == sorted(at) and len(set(at)) > 8


def test_codes_are_kebab_case_and_explained():
    for code, meaning in CODES.items():
        assert code == code.lower() and " " not in code and meaning


# ---- Files and the command line -------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    def save(model, name="model.keras"):
        path = tmp_path / name
        model.save(path)
        return str(path)

    return save


def doctor_command(*words):
    return main(["doctor", *map(str, words)])


def good():
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            L.Conv2D(4, 3, activation="relu", name="conv"),
            L.Flatten(),
            L.Dense(3, activation="softmax", name="head"),
        ],
        name="good",
    )


def wrong(first=()):
    return keras.Sequential(
        [
            keras.Input((3, 64, 64)),
            *first,
            L.ZeroPadding2D(1, name="pad"),
            L.Conv2D(8, 3, activation="relu", data_format="channels_first", name="conv"),
            L.MaxPooling2D(2, name="pool"),
            L.Flatten(),
            L.Dense(3, activation="softmax", name="head"),
        ],
        name="wrong",
    )


CHANNEL_FAULTS = [
    ("mixed-data-formats", "pad"),
    ("padding-changed-channels", "pad"),
    ("pooling-over-channels", "pool"),
]


def found(out):
    return [
        (f["code"], f["layer"]) for f in json.loads(out)["findings"] if f["severity"] == "fault"
    ]


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_status_says_whether_there_are_faults(saved, capsys, name):
    assert doctor_command(saved(good(), name)) == 0
    assert "good: no faults" in capsys.readouterr().out
    assert doctor_command(saved(wrong(), name), "--format", "json") == 1
    assert found(capsys.readouterr().out) == CHANNEL_FAULTS


def test_this_books_networks_load_from_files(saved, capsys):
    for data_format in ("channels_last", "channels_first"):
        model = build(variant("compact"), data_format=data_format)
        for name in ("book.keras", "book.h5"):
            assert doctor_command(saved(model, name)) == 0
            assert "not loaded" not in capsys.readouterr().out


def test_the_loss_is_read_from_the_file(saved, capsys):
    model = good()
    model.compile(
        optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    for name in ("model.keras", "model.h5"):
        assert doctor_command(saved(model, name), "--format", "json") == 1
        assert found(capsys.readouterr().out) == [("softmax-twice", "head")]


def test_data_from_a_file(saved, tmp_path, capsys):
    rng = np.random.default_rng(0)
    path, model = tmp_path / "data.npz", saved(good())
    np.savez(path, x=rng.random((9, 16, 16, 3)), y=np.arange(9) % 3)
    assert doctor_command(model, "--data", path) == 0
    np.savez(path, x=rng.random((9, 3, 16, 16)), y=np.arange(8) % 3)
    capsys.readouterr()
    assert doctor_command(model, "--data", path, "--format", "json") == 1
    assert found(capsys.readouterr().out) == [
        ("data-channels-order", None),
        ("labels-length", None),
    ]


def test_bad_data_files(saved, tmp_path, capsys):
    model = saved(good())
    pickled, text, others = (tmp_path / name for name in ("p.npz", "t.npz", "o.npz"))
    np.savez(pickled, x=np.array([object()]))
    text.write_text("no arrays")
    np.savez(others, images=np.zeros(3))
    for path, words in (
        (pickled, "no .npz file of plain arrays"),
        (text, "no .npz file of plain arrays"),
        (others, "neither an array x nor y (it has: images)"),
        (tmp_path / "none.npz", "none.npz"),
    ):
        assert doctor_command(model, "--data", path) == 2
        assert words in capsys.readouterr().err


def test_files_that_hold_no_model(saved, tmp_path, capsys):
    whole = (tmp_path / "whole").with_suffix(".keras")
    good().save(whole)
    weights = tmp_path / "only.weights.h5"
    good().save_weights(weights)
    cases = {"empty.keras": b"", "cut.keras": whole.read_bytes()[:2000]}
    cases["picture.keras"] = b"\x89PNG\r\n\x1a\n" + bytes(50)
    cases["text.keras"] = b"hello"
    cases["cut.h5"] = weights.read_bytes()[:1500]
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
    for name, member, content in (
        ("zip.keras", "other.txt", "x"),
        ("json.keras", "config.json", "{"),
        ("list.keras", "config.json", "[]"),
        ("null.keras", "config.json", '{"config": null}'),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(member, content)
    for name, words in (
        ("missing.keras", "No such file"),
        ("empty.keras", "is empty"),
        ("cut.keras", "damaged zip archive"),
        ("picture.keras", "a PNG picture"),
        ("text.keras", "something else"),
        ("cut.h5", "damaged HDF5"),
        ("only.weights.h5", "weights alone"),
        ("zip.keras", "without config.json"),
        ("json.keras", "description is damaged"),
        ("list.keras", "names no model"),
        ("null.keras", "names no model"),
        (".", "is a folder"),
    ):
        assert doctor_command(tmp_path / name) == 2, name
        error = capsys.readouterr().err
        assert words in error and name.strip(".") in error


@keras.saving.register_keras_serializable(package="test_doctor")
class Own(L.Layer):
    def call(self, x):
        return x


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_unknown_layers_are_named_and_the_rest_is_examined(saved, capsys, name):
    path = saved(wrong([Own(name="own")]), name)
    assert doctor_command(path, "--format", "json") == 1
    out = capsys.readouterr().out
    assert found(out) == CHANNEL_FAULTS
    (limit,) = json.loads(out)["seen"]["limits"]
    assert "not loaded" in limit and "Own" in limit


def test_a_subclassed_models_file_says_what_is_missing(saved, capsys):
    model = Subclassed()
    model(np.zeros((1, 9, 9, 3)))
    assert doctor_command(saved(model)) == 2
    out = capsys.readouterr().out
    assert "not-seen" in out and "(1, 9, 9, 3)" in out and "Subclassed" in out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_lambda_in_a_file_is_not_run(saved, tmp_path, name):
    target = tmp_path / "it-ran"
    source = f"lambda x: (open({str(target)!r}, 'w').close(), x)[1]"
    path = saved(wrong([L.Lambda(eval(source), name="trap")]), name)
    target.unlink()  # building the model ran it, so the trap works
    run = subprocess.run(
        [sys.executable, "-m", "alexnet_tutorial", "doctor", path, "--format", "json"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1, run.stderr
    assert not target.exists()
    assert found(run.stdout) == CHANNEL_FAULTS
    assert "a Lambda layer" in json.loads(run.stdout)["seen"]["limits"][0]


def traps(target):
    """Places in a description where a loader could be led to import a module or call a function."""

    def function(module, name):
        return {"module": module, "class_name": "function", "config": name, "registered_name": name}

    yield "activation", function("trap_module", "go")
    yield "activation", function("os", "remove")
    yield "activation", function("builtins", "open")
    yield "activation", function("keras.utils", "get_file")
    yield (
        "kernel_initializer",
        {"module": "trap_module", "class_name": "Go", "config": {}, "registered_name": None},
    )


@pytest.mark.parametrize("case", range(5))
def test_modules_and_functions_that_a_file_names_are_not_touched(tmp_path, monkeypatch, case):
    target = tmp_path / "it-ran"
    (tmp_path / "trap_module.py").write_text(f"open({str(target)!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(tmp_path)
    option, value = list(traps(target))[case]
    whole, path = tmp_path / "whole.keras", tmp_path / "trap.keras"
    wrong().save(whole)
    with zipfile.ZipFile(whole) as archive:
        config = json.loads(archive.read("config.json"))
    conv = next(e for e in config["config"]["layers"] if e["config"]["name"] == "conv")
    conv["config"][option] = value
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    report = examine_file(path)
    assert not target.exists() and "trap_module" not in sys.modules
    assert "not loaded" in report.seen["limits"][0]
    assert [(f.code, f.layer) for f in report.faults][:3] == CHANNEL_FAULTS


def test_the_description_alone_gives_the_same_faults(saved, monkeypatch):
    """Reading the description is a second way to the same shapes: both must agree."""
    models = [
        wrong(),
        good(),
        build(variant("compact")),
        build(variant("compact"), groups="towers"),
    ]
    for model in models:
        path = saved(model)
        loaded = examine_file(path)
        with monkeypatch.context() as patch:
            patch.setattr(doctor.files, "strangers", lambda config: ["nothing, for this test"])
            described = examine_file(path)

        def plain(report):
            return [(f.code, f.layer, f.message) for f in report.findings if f.code[:5] != "dense"]

        assert plain(loaded) == plain(described)
        assert described.seen["limits"] and not loaded.seen["limits"]
