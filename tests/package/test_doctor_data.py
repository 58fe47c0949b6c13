"""Data as people hold them, and files as they find them: what the doctor reads and says."""

import json
import zipfile

import keras
import numpy as np
import pytest
from keras import layers as L
from PIL import Image

from alexnet_tutorial.__main__ import main
from alexnet_tutorial.doctor import examine, examine_file

rng = np.random.default_rng(0)
X = rng.random((12, 16, 16, 3), dtype="float32")
Y = np.arange(12) % 3


@pytest.fixture(scope="module")
def model():
    net = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            L.Conv2D(4, 3, activation="relu", name="conv"),
            L.Flatten(),
            L.Dense(3, activation="softmax", name="head"),
        ],
        name="net",
    )
    net.compile("sgd", "sparse_categorical_crossentropy")
    return net


def codes(report):
    return [finding.code for finding in report.faults]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, i):
        return X[4 * i : 4 * i + 4], Y[4 * i : 4 * i + 4]


def test_a_dataset_gives_one_batch_and_no_more(model):
    tf = pytest.importorskip("tensorflow")
    read = []

    def pairs():
        for i in range(1000):
            read.append(i)
            yield X[i % 12], Y[i % 12]

    shapes = tf.TensorSpec((16, 16, 3)), tf.TensorSpec((), "int64")
    pairs = tf.data.Dataset.from_generator(pairs, output_signature=shapes).batch(4)
    report = examine(model, pairs)
    assert not report.faults and report.seen["x"] == [4, 16, 16, 3] and report.seen["y"] == [4]
    assert len(read) < 20


def test_each_source_that_fit_takes_is_read(model):
    torch = pytest.importorskip("torch")
    tensors = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    sources = {
        "PyDataset": Batches(),
        "generator": ((X, Y) for _ in range(2)),
        "DataLoader": torch.utils.data.DataLoader(tensors, batch_size=4),
    }
    for name, source in sources.items():
        report = examine(model, source)
        assert not report.faults, f"{name}: {report}"
        assert report.seen["x"][1:] == [16, 16, 3], name
        model.fit(source, verbose=0)  # what fit takes, the doctor reads


def test_a_source_that_gives_nothing_or_fails_is_named(model):
    class Broken(Batches):
        def __getitem__(self, i):
            raise OSError("hand_7.png: truncated")

    for source, words in (
        (iter(()), "gives nothing"),
        ((pair for pair in ()), "gives nothing"),
        (Broken(), "hand_7.png: truncated"),
        ("train/", "image_dataset_from_directory('train/'"),
    ):
        report = examine(model, source)
        assert "data-source" in codes(report) and words in str(report).replace("\n  ", " ")


def test_cures_for_a_dataset_are_written_for_a_dataset(model):
    tf = pytest.importorskip("tensorflow")
    raw = tf.data.Dataset.from_tensor_slices((np.round(255 * X), Y + 1)).batch(4)
    report = examine(model, raw)
    assert set(codes(report)) == {"data-range", "labels-range"}
    assert all("dataset.map(lambda x, y:" in finding.cure for finding in report.faults)


def test_the_parts_of_several_inputs_and_outputs_are_named():
    left, right = keras.Input((16, 16, 3), name="left"), keras.Input((5,), name="right")
    x = L.Concatenate()([L.GlobalAveragePooling2D()(left), right])
    outputs = [L.Dense(3, activation="softmax", name="what")(x), L.Dense(2, name="where")(x)]
    net = keras.Model([left, right], outputs)
    net.compile("sgd", {"what": "sparse_categorical_crossentropy", "where": "mse"})
    good = {"left": X, "right": rng.random((12, 5))}
    labels = {"what": Y, "where": rng.random((12, 2))}
    assert not examine(net, good, labels).faults
    assert not examine(net, list(good.values()), list(labels.values())).faults
    report = examine(net, good | {"left": X[:, :8]}, labels)
    assert codes(report) == ["data-size"] and "x['left']" in report.faults[0].message
    report = examine(net, good, labels | {"what": Y + 1})
    assert [(f.code, f.layer) for f in report.faults] == [("labels-range", "what")]
    assert "data-inputs" in codes(examine(net, X, labels))
    assert "data-inputs" in codes(examine(net, {"left": X, "other": good["right"]}, labels))
    assert "labels-outputs" in codes(examine(net, good, [Y]))


def test_a_folder_of_pictures_from_the_command_line(model, tmp_path, capsys):
    path = tmp_path / "net.keras"
    model.save(path)
    for name in ("cat", "dog", "owl"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(4):
            pixels = rng.integers(0, 256, (20, 24, 3)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{i}.png")
    words = ["doctor", str(path), "--data", str(tmp_path / "set"), "--format", "json"]
    assert main(words) == 1
    said = json.loads(capsys.readouterr().out)
    assert [f["code"] for f in said["findings"]] == ["data-range"]  # nothing rescales
    assert said["seen"]["x"] == [12, 16, 16, 3]
    for name in ("eel", "fox"):
        (tmp_path / "set" / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / "set" / name / "0.png")
    assert main(words) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert ("labels-range", "head") in [(f["code"], f["layer"]) for f in findings]
    (tmp_path / "bare").mkdir()
    assert main(["doctor", str(path), "--data", str(tmp_path / "bare")]) == 2
    assert "bare" in capsys.readouterr().err
    assert not examine(
        keras.Sequential([keras.Input((16, 16, 3)), L.Rescaling(1 / 255), *model.layers]),
        tmp_path / "set",
    ).findings[:0]


def test_metrics_and_optimizer_are_read_from_a_file(model, tmp_path):
    other = keras.models.clone_model(model)
    other.compile(
        keras.optimizers.Adam(0.5),
        "sparse_categorical_crossentropy",
        metrics=[keras.metrics.Accuracy()],
    )
    other.save(tmp_path / "other.keras")
    found = {(f.code, f.layer) for f in examine_file(tmp_path / "other.keras").faults}
    assert found == {("learning-rate", None), ("metric-equality", "head")}


def changed(path, target, change):
    """The file again, with another description."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config["config"]["layers"])
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


OLD_OPTIONS = [
    ("DepthwiseConv2D", {"groups": 1}, "Keras 2 wrote groups=1"),
    ("Dense", {"quantization_config": None, "unheard_of": 1}, "another version of Keras"),
]


@pytest.mark.parametrize(("kind", "options", "words"), OLD_OPTIONS)
def test_what_keras_cannot_load_is_a_fault_with_its_reason(tmp_path, capsys, kind, options, words):
    net = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            L.DepthwiseConv2D(3, activation="relu", name="dw"),
            L.Flatten(),
            L.Dense(3, activation="softmax"),
        ]
    )
    net.save(tmp_path / "good.keras")
    path = tmp_path / "old.keras"

    def add(layers):
        next(one for one in layers if one["class_name"] == kind)["config"].update(options)

    changed(tmp_path / "good.keras", path, add)
    with pytest.raises((TypeError, ValueError)):
        keras.models.load_model(path)
    assert main(["doctor", str(path), "--format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    (fault,) = [one for one in said["findings"] if one["severity"] == "fault"]
    assert fault["code"] == "not-loadable" and words in fault["cause"]


def test_the_cure_for_an_old_h5_file_loads_it(tmp_path):
    h5py = pytest.importorskip("h5py")
    net = keras.Sequential(
        [keras.Input((16, 16, 3)), L.DepthwiseConv2D(3, activation="relu"), L.Flatten()]
    )
    path = tmp_path / "keras_model.h5"
    net.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][1]["config"]["groups"] = 1  # as Teachable Machine writes it
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises((TypeError, ValueError)):
        keras.models.load_model(path)
    (fault,) = examine_file(path).faults
    assert fault.code == "not-loadable" and "options.pop('groups', None)" in fault.cure

    class Old(keras.layers.DepthwiseConv2D):
        def __init__(self, **options):
            options.pop("groups", None)
            super().__init__(**options)

    loaded = keras.models.load_model(path, custom_objects={"DepthwiseConv2D": Old})
    assert np.allclose(loaded(X), net(X), atol=1e-5)
