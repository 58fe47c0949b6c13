"""The classifier: what it learns, says, keeps, and refuses."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

keras = pytest.importorskip("keras")

from alexnet_tutorial.__main__ import main  # noqa: E402
from alexnet_tutorial.classifier import MEMBER, Classifier  # noqa: E402
from alexnet_tutorial.evaluation import top_k_accuracy  # noqa: E402
from alexnet_tutorial.pictures import DataError, load_folder  # noqa: E402
from alexnet_tutorial.pictures.preprocessing import Preprocessing  # noqa: E402
from alexnet_tutorial.shapes import Architecture, Conv, Dense, Flatten, Pool  # noqa: E402
from alexnet_tutorial.training import Recipe  # noqa: E402

PRE = Preprocessing(resize=24, crop=20, channels="bgr", mean=(0.5, 0.4, 0.3), std=(1, 2, 1))
TINY = Architecture(
    "tiny",
    20,
    (
        Conv("conv1", 8, 5, strides=2),
        Pool("pool1", 2, strides=2),
        Conv("conv2", 8, 3, groups=2),
        Flatten("flatten"),
        Dense("fc6", 3, activation="softmax"),
    ),
)
COLORS = {"blue": (30, 40, 220), "green": (40, 200, 30), "red": (220, 40, 40)}


def tiny(classes=tuple(COLORS), **options):
    return Classifier.from_architecture(TINY, classes, preprocessing=PRE, **options)


def noisy(color, rng, height=40, width=30):
    pixels = rng.normal(color, 40, (height, width, 3)).clip(0, 255)
    return pixels.astype("uint8")


def write_folder(path, colors, each=6, seed=0):
    rng = np.random.default_rng(seed)
    for name, color in colors.items():
        (path / name).mkdir(parents=True)
        for i in range(each):
            Image.fromarray(noisy(color, rng)).save(path / name / f"{i}.png")
    return path


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "colors", COLORS)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(1)
    y = np.arange(12) % 3
    return np.stack([noisy(list(COLORS.values())[label], rng) for label in y]), y


# --- learning ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_it_learns_from_a_folder_and_from_arrays(folder, arrays, data_format):
    x, y = arrays
    for data, more in (((folder,), (x, y)), ((x, y), folder)):
        net = tiny(data_format=data_format)
        assert net.data_format == data_format
        net.compile(1e-2)
        history = net.fit(*data, validation_data=more, epochs=12, batch_size=5, verbose=0)
        assert len(history.history["val_loss"]) == 12
        assert net.evaluate(x, y)["accuracy"] == net.score(folder) == 1
    names = np.array(list(COLORS))
    assert net.predict(x).tolist() == names[y].tolist()
    assert net.evaluate(x, names[y])["accuracy"] == 1  # labels may be names


@pytest.mark.slow
def test_training_repeats_from_its_seed(folder):
    weights = []
    for seed in (0, 0, 1):
        net = tiny(seed=0)
        net.fit(folder, seed=seed, batch_size=9, verbose=0)
        weights.append(net.model.get_weights()[0])
    assert (weights[0] == weights[1]).all() and not (weights[0] == weights[2]).all()


@pytest.mark.parametrize(
    ("name", "short", "data_format"),
    [
        ("compact", 64, "channels_first"),
        pytest.param("alexnet-2012", 256, "channels_last", marks=pytest.mark.slow),
        pytest.param("caffe", 256, "channels_first", marks=pytest.mark.slow),
        pytest.param("torchvision", 256, "channels_last", marks=pytest.mark.slow),
    ],
)
def test_it_takes_any_description(name, short, data_format):
    net = Classifier.from_architecture(name, ["a", "b"], data_format=data_format)
    assert net.preprocessing.resize == short
    p = net.predict_proba(np.full((1, 90, 70, 3), 50, np.uint8))
    assert p.shape == (1, 2) and abs(p.sum() - 1) < 1e-5


@pytest.mark.slow
def test_finetune_freezes_the_body_then_trains_it_all(folder, tmp_path):
    path = tiny(classes=("x", "y", "z")).save(tmp_path / "old.keras")
    others = {"cyan": (0, 220, 220), "violet": (150, 0, 220)}
    new = write_folder(tmp_path / "new", others)
    net = Classifier.load(path)
    before = {layer.name: layer.get_weights() for layer in net.model.layers}
    phases = []

    class Watch(Classifier):
        def fit(self, *args, **options):
            head = self.model.layers[-1]
            assert {layer.trainable for layer in self.model.layers[1:-1]} == {bool(phases)}
            history = super().fit(*args, **options)
            same = [
                all((a == b).all() for a, b in zip(layer.get_weights(), old, strict=True))
                for layer in self.model.layers
                if layer is not head and (old := before[layer.name])
            ]
            phases.append((same, float(self.model.optimizer.learning_rate.numpy())))
            return history

    net.__class__ = Watch
    runs = net.finetune(
        new, epochs=(20, 2), learning_rate=(3e-2, 1e-4), validation_data=new, verbose=0
    )
    (frozen, first), (trained, second) = phases
    assert frozen == [True, True] and trained == [False, False]
    assert (first, second) == (pytest.approx(3e-2), pytest.approx(1e-4))
    assert len(runs["head"].history["loss"]) == 20 and len(runs["all"].history["loss"]) == 2
    assert net.classes == ("cyan", "violet") and net.model.output_shape == (None, 2)
    assert all(layer.trainable for layer in net.model.layers)
    assert net.evaluate(new)["accuracy"] == 1
    assert set(net.predict(new)) == set(others)


def test_finetune_may_teach_everything_from_the_start(folder):
    net = tiny(classes=("x", "y", "z"))
    before = net.model.layers[1].get_weights()
    runs = net.finetune(folder, recipes=(None, Recipe(epochs=2, patience=None)), verbose=0)
    assert list(runs) == ["all"] and len(runs["all"].history["loss"]) == 2
    assert not np.array_equal(net.model.layers[1].get_weights()[0], before[0])


def test_finetune_that_does_not_fit_changes_nothing(arrays, tmp_path):
    net = tiny()
    model = net.model
    for data, options, message in (
        (arrays, {}, "does not know the new classes"),
        (arrays, {"classes": ["a", "b"]}, "outside the classes 0 to 1"),
        (arrays, {"classes": ["a"]}, "expected at least two"),
        ((tmp_path,), {}, "expected at least two subfolders"),
    ):
        with pytest.raises(ValueError, match=message):
            net.finetune(*data, **options, verbose=0)
    assert net.model is model and net.classes == tuple(COLORS)


def test_a_softmax_of_its_own_is_a_head_too():
    inputs = keras.Input((20, 20, 3))
    x = keras.layers.Dense(3)(keras.layers.Flatten()(inputs))
    net = Classifier(keras.Model(inputs, keras.layers.Softmax()(x)), PRE, "abc")
    net.replace_head(["a", "b"])
    assert net.model.output_shape == (None, 2)
    sequential = keras.Sequential(
        [inputs, keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    )
    net = Classifier(sequential, PRE, "abc")
    net.replace_head(["a", "b"])
    assert net.predict_proba(np.zeros((2, 9, 9, 3), np.uint8)).shape == (2, 2)


# --- judging ----------------------------------------------------------------------------------


def test_views_are_averaged_after_the_softmax(folder):
    net = tiny()
    pictures = load_folder(folder)
    expected = []
    for row in range(len(pictures)):
        resized = pictures.open(row).resize((24, 32), Image.Resampling.BILINEAR)
        square, views = np.asarray(resized)[4:28], []
        for top, left in ((0, 0), (0, 4), (4, 0), (4, 4), (2, 2)):
            crop = square[top : top + 20, left : left + 20]
            views += [crop, crop[:, ::-1]]
        inputs = (np.stack(views)[..., ::-1] / 255 - (0.5, 0.4, 0.3)) / (1, 2, 1)
        expected.append(np.asarray(net.model(inputs.astype("float32"))).mean(0))
    ten = net.predict_proba(pictures, views=10, batch_size=30)
    assert np.allclose(ten, expected, atol=2e-3)
    assert np.abs(ten - net.predict_proba(pictures)).max() > 5e-3  # that it can fail
    y = pictures.y
    result = net.evaluate(pictures, views=10)
    assert result["accuracy"] == np.mean(np.argmax(expected, 1) == y)
    loss = -np.log(ten[np.arange(len(y)), y]).mean()
    assert result["loss"] == pytest.approx(loss, rel=1e-5)
    with pytest.raises(ValueError, match="views is 5"):
        net.predict(pictures, views=5)


def test_top_5_is_measured_where_there_are_more_classes(arrays):
    x, y = arrays
    net = tiny(classes="abcdefgh")
    result = net.evaluate(x, y)
    p = net.predict_proba(x)
    assert result["top_5_accuracy"] == top_k_accuracy(y, p, 5)
    assert "top_5_accuracy" not in tiny().evaluate(x, y)
    top = net.predict_top(x, 3)
    for row, answers in zip(p, top, strict=True):
        assert [a.label for a in answers] == ["abcdefgh"[i] for i in np.argsort(-row)[:3]]
        assert [a.confidence for a in answers] == sorted(row.tolist(), reverse=True)[:3]
    with pytest.raises(ValueError, match="k is 9, and must be from 1 to 8"):
        net.predict_top(["not-there.png"], 9)  # refused before a picture is opened


def test_a_network_that_finds_all_alike_is_not_called_right(arrays):
    x, y = arrays
    net = tiny()
    net.model.layers[-1].set_weights([0 * w for w in net.model.layers[-1].get_weights()])
    p = net.predict_proba(x)
    assert (p == p[0, 0]).all() and top_k_accuracy(y, p, 1) == 1  # Keras's rule for ties
    assert net.evaluate(x, y)["accuracy"] == np.mean(y == 0)


def test_a_folder_may_hold_some_of_the_classes_but_no_others(folder):
    net = tiny(classes=("red", "yellow", "green", "blue"))
    result = net.evaluate(folder)
    right = net.predict(folder) == np.repeat(["blue", "green", "red"], 6)
    assert result["accuracy"] == right.mean()
    with pytest.raises(ValueError, match="1 classes are unknown .* first 'green'"):
        tiny(classes=("red", "blue", "yellow")).evaluate(folder)
    assert tiny(classes=("pink", "red")).predict(folder).shape == (18,)  # names ask for no labels


def test_unreadable_pictures_are_named_counted_and_left_out(folder):
    net, bad = tiny(), [folder / "blue" / "2.png", folder / "red" / "5.png"]
    for path in bad:
        path.write_bytes(path.read_bytes()[:500])
    with pytest.warns(UserWarning, match="2 pictures cannot be read") as warned:
        result = net.evaluate(folder)
    assert all(str(path) in str(warned[0].message) for path in bad)
    assert (result["pictures"], result["skipped"]) == (16, 2)
    with pytest.warns(UserWarning, match="2 pictures cannot be read"):
        history = net.fit(folder, validation_data=folder, epochs=2, batch_size=4, verbose=0)
    assert len(history.history["loss"]) == 2
    assert set(net.problems) == {str(path) for path in bad}
    with pytest.raises(DataError, match=bad[0].name):
        net.fit(folder, on_error="raise", verbose=0)
    paths = [folder / "red" / "0.png", bad[0]]
    with pytest.raises(DataError, match=bad[0].name):
        net.predict(paths)
    with pytest.warns(UserWarning, match="1 pictures"):
        p = net.predict_proba(paths, on_error="skip")
    assert np.isnan(p).all(1).tolist() == [False, True]
    with pytest.warns(UserWarning):
        assert net.predict(paths, on_error="skip")[1] is None


def test_what_does_not_fit_is_refused(arrays):
    x, y = arrays
    net = tiny()
    model = net.model
    for call, message in (
        (lambda: net.fit(x), "labels are missing"),
        (lambda: net.fit(x, y + 1), "outside the classes 0 to 2"),
        (lambda: net.fit(x, ["red"] * 11 + ["pink"]), "first 'pink'"),
        (lambda: net.fit(x.astype("f4"), y), "expected uint8"),
        (lambda: net.fit(x, y, batch_size=0), "batch_size is 0"),
        (lambda: Classifier(model, PRE, ["a", "b"]), "3 outputs, and there are 2 classes"),
        (lambda: Classifier(model, PRE, ["a", "b", "b"]), "two classes are called 'b'"),
        (lambda: Classifier(model, PRE, "abc", ["p", "q", "q"]), "two class names .* 'q'"),
        (lambda: tiny(classes=["only"]), "expected at least two"),
        (lambda: Classifier(model, Preprocessing(24, 19), "abc"), r"takes .*\(20, 20, 3\)"),
        (lambda: Classifier.from_architecture("lenet", "ab"), "unknown variant"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    inputs = keras.Input((20, 20, 3))
    flat = keras.layers.Flatten()(inputs)
    for last in (keras.layers.Dense(3), keras.layers.Dense(3, activation="relu")):
        with pytest.raises(ValueError, match="Expected a dense layer and a softmax"):
            Classifier(keras.Model(inputs, last(flat)), PRE, "abc")


# --- keeping ----------------------------------------------------------------------------------

PREDICT = """
import sys, numpy as np
from alexnet_tutorial.classifier import Classifier
net = Classifier.load(sys.argv[1])
x = np.load(sys.argv[2])
np.savez(sys.argv[3], one=net.predict_proba(x), ten=net.predict_proba(x, views=10))
print(net.classes, net.class_names, net.preprocessing)
"""


@pytest.mark.slow
def test_loaded_elsewhere_it_predicts_the_same_bits(arrays, tmp_path):
    x, y = arrays
    net = tiny(class_names=("Blau", "Grün", "Rot"))
    net.fit(x, y, verbose=0)
    path = net.save(tmp_path / "net.keras")
    np.save(tmp_path / "x.npy", x)
    words = [str(path), str(tmp_path / "x.npy"), str(tmp_path / "p.npz")]
    run = subprocess.run(
        [sys.executable, "-c", PREDICT, *words], capture_output=True, text=True, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    with np.load(tmp_path / "p.npz") as found:
        assert (found["one"] == net.predict_proba(x)).all()
        assert (found["ten"] == net.predict_proba(x, views=10)).all()
    assert str((net.classes, net.class_names, net.preprocessing)) == "({})".format(
        run.stdout.strip().replace(") (", "), (").replace(") Pre", "), Pre")
    )
    assert os.listdir(tmp_path).count("net.keras") == 1 and len(os.listdir(tmp_path)) == 3
    plain = keras.models.load_model(path)  # Keras alone reads it too, and without an optimizer
    assert all(
        (a == b).all() for a, b in zip(plain.get_weights(), net.model.get_weights(), strict=True)
    )
    with zipfile.ZipFile(path) as archive:
        assert MEMBER in archive.namelist()


def test_half_a_file_is_refused(tmp_path):
    path = tiny().save(tmp_path / "net.keras")
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 255
    for content, message in (
        (whole[: len(whole) // 2], "not a whole .keras file"),
        (b"", "not a whole .keras file"),
        (bytes(broken), "damaged|checksum|not a whole"),
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            Classifier.load(path)
    with pytest.raises(ValueError, match="no such file"):
        Classifier.load(tmp_path / "none.keras")
    with pytest.raises(ValueError, match="must end in .keras"):
        tiny().save(tmp_path / "net.h5")
    tiny().model.save(path)
    with pytest.raises(ValueError, match=f"holds no {MEMBER}"):
        Classifier.load(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, json.dumps({"format": 2}))
    with pytest.raises(ValueError, match="its format is 2"):
        Classifier.load(path)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tiny().save(tmp_path / "net.keras")
    before = path.read_bytes()

    def full(*args, **options):
        raise OSError("no space left")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="no space"):
        tiny(seed=1).save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["net.keras"]


JAX = """
import os, sys, numpy as np
os.environ["KERAS_BACKEND"] = "jax"
import keras
from alexnet_tutorial.classifier import Classifier
net = Classifier.load(sys.argv[1])
assert keras.backend.backend() == "jax" and "tensorflow" not in sys.modules
np.save(sys.argv[3], net.predict_proba(sys.argv[2], views=10))
bad = [sys.argv[4]]
for call in (net.predict, lambda x: net.fit(x, on_error="raise", verbose=0)):
    try:
        call(bad) if call == net.predict else call(sys.argv[5])
    except ValueError as error:
        assert sys.argv[4] in str(error)
    else:
        raise AssertionError("a damaged picture was read")
net.compile(1e-2)
net.fit(sys.argv[2], epochs=12, batch_size=5, validation_data=sys.argv[2], verbose=0)
print(net.evaluate(sys.argv[2])["accuracy"], len(net.problems))
"""


@pytest.mark.slow
def test_it_works_on_jax(folder, tmp_path):
    pytest.importorskip("jax")
    net = tiny(data_format="channels_first")
    path, out = net.save(tmp_path / "net.keras"), tmp_path / "p.npy"
    damaged = write_folder(tmp_path / "damaged", COLORS, each=2)
    bad = damaged / "red" / "0.png"
    bad.write_bytes(bad.read_bytes()[:500])
    words = [str(word) for word in (path, folder, out, bad, damaged)]
    run = subprocess.run([sys.executable, "-c", JAX, *words], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert np.allclose(np.load(out), net.predict_proba(folder, views=10), atol=1e-5)
    assert run.stdout.split() == ["1.0", "0"]


# --- the command line -------------------------------------------------------------------------


@pytest.mark.slow
def test_the_commands_train_judge_name_and_finetune(folder, tmp_path, capsys):
    description = tmp_path / "tiny.json"
    description.write_text(json.dumps(TINY.to_json()))
    kept, tuned = str(tmp_path / "kept.keras"), str(tmp_path / "tuned.keras")
    words = ["train", "--data", str(folder), "--network", str(description), "--batch", "4"]
    words += ["--epochs", "75", "--learning-rate", "0.01", "--save", kept, "--format", "json"]
    words += ["--validation", str(folder)]
    assert main(words) == 0
    trained = json.loads(capsys.readouterr().out)
    assert trained["validation_accuracy"] > 0.9 and trained["epochs"] == len(
        trained["history"]["loss"]
    )
    assert trained["test_accuracy"] is None and trained["data_kind"] == "folder"
    assert trained["pictures"] == {"train": 18, "validation": 18} and trained["classes"] == 3
    assert trained["preprocessing"] == Classifier.load(kept).preprocessing.to_json()

    assert main(["evaluate", kept, "--data", str(folder), "--views", "10", "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["accuracy"] > 0.9 and result["pictures"] == 18
    assert main(["evaluate", kept, "--data", str(folder)]) == 0
    assert "top-1" in capsys.readouterr().out

    bad = tmp_path / "bad.png"
    bad.write_bytes(b"x")
    picture = str(folder / "green" / "1.png")
    assert main(["predict", kept, picture, str(bad), "--top", "2", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    first, second = json.loads(out)
    expected = Classifier.load(kept).predict_top([picture], 2)[0]
    assert [a["name"] for a in first["top"]] == [a.name for a in expected] and not second["top"]
    assert "1 pictures cannot be read" in err and "bad.png" in err
    assert main(["predict", kept, picture, str(bad), "--top", "5"]) == 1  # of three classes
    assert "k is 5" in capsys.readouterr().err
    assert main(["predict", kept, picture, "--top", "1"]) == 0
    assert "green" in capsys.readouterr().out

    other = write_folder(tmp_path / "other", {"black": (9, 9, 9), "white": (250, 250, 250)})
    words = ["finetune", kept, "--data", str(other), "--save", tuned, "--format", "json"]
    assert main([*words, "--epochs", "2"]) == 0
    tuned_result = json.loads(capsys.readouterr().out)
    assert len(tuned_result["history"]["loss"]) == 2 == tuned_result["epochs"]  # head, and all
    assert set(tuned_result) == set(trained)  # one object, the same keys
    assert Classifier.load(tuned).classes == ("black", "white")


def test_commands_that_cannot_work_say_why_first(folder, tmp_path, capsys):
    for words, message in (
        (["train", "--data", str(folder), "--save", "net.h5"], "ends in .keras"),
        (["train", "--data", "x", "--save", str(tmp_path / "no" / "a.keras")], "is not there"),
        (["train", "--data", "signs", "--validation", str(folder)], "brings pictures to validate"),
        (["train", "--data", str(tmp_path / "none")], "not there"),
        (["predict", str(tmp_path / "none.keras"), "a.png"], "no such file"),
    ):
        assert main(words) == 1
        assert message in capsys.readouterr().err


def test_a_folder_training_goes_on_from_its_checkpoint(folder, tmp_path, capsys):
    description = tmp_path / "tiny.json"
    description.write_text(json.dumps(TINY.to_json()))
    words = ["train", "--data", str(folder), "--network", str(description), "--format", "json"]
    words += ["--epochs", "3", "--folder", str(tmp_path / "run")]
    words += ["--save", str(tmp_path / "net.keras")]
    results = []
    for _ in range(2):
        assert main(words) == 0
        results.append(json.loads(capsys.readouterr().out))
    assert results[0] == results[1]  # seconds too: nothing was left to do
    assert main([*words, "--seed", "1"]) == 1
    assert "belongs to another run" in capsys.readouterr().err


@pytest.mark.slow
def test_a_network_trained_on_signs_is_kept(tmp_path, few_hands, capsys):
    kept = str(tmp_path / "signs.keras")
    words = ["--source", "generated", "--format", "json"]
    assert main(["train", "--data", "signs", "--epochs", "3", "--save", kept, *words]) == 0
    trained = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert main(["evaluate", kept, "--data", "signs", *words]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["accuracy"] == pytest.approx(trained["test_accuracy"], abs=1e-4)
    assert Classifier.load(kept).classes == tuple("012345")


@pytest.mark.slow
def test_the_full_network_overfits_photographs():
    """Learns by heart what it saw: that it is whole, and that gradients reach every layer."""
    data = os.environ.get("ALEXNET_TUTORIAL_DATA", "")
    path = Path(data) / "imagenet-sample"
    if not data or not path.is_dir():
        pytest.skip("needs imagenet-sample in the folder that ALEXNET_TUTORIAL_DATA names")
    pictures = load_folder(path).subset(range(8))
    net = Classifier.from_architecture("alexnet-2012", pictures.classes, pictures.class_names)
    before = [weights.copy() for weights in net.model.get_weights()]
    assert net.evaluate(pictures)["accuracy"] < 0.5

    class Enough(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch >= 9 and net.score(pictures) == 1

    net.compile(1e-4)
    options = {"augment": False, "batch_size": 8, "on_error": "raise", "verbose": 0}
    net.fit(pictures, epochs=60, callbacks=[Enough()], **options)
    assert net.evaluate(pictures)["accuracy"] == 1
    after = net.model.get_weights()
    assert all((a != b).any() for a, b in zip(before, after, strict=True))
