"""Weights from elsewhere and for elsewhere, proven by PyTorch and ONNX Runtime."""

import hashlib
import json
import os
import pickle
import subprocess
import sys
import zipfile
from dataclasses import replace

import keras
import numpy as np
import pytest

from alexnet_tutorial import network as network_room
from alexnet_tutorial import weights
from alexnet_tutorial.__main__ import main
from alexnet_tutorial.classifier import Classifier
from alexnet_tutorial.network import build, describe
from alexnet_tutorial.pictures import DataError, DownloadError
from alexnet_tutorial.pictures.download import PinnedFile
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.shapes.architecture import (
    LRN,
    Activation,
    Architecture,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Pool,
)
from alexnet_tutorial.shapes.variants import VARIANTS, variant
from alexnet_tutorial.weights import torchvision

CLASSES = 10
HALF = Preprocessing(resize=64, crop=57, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


def outputs(model, x):
    """Predictions for pictures given channels last, whatever the model takes."""
    first = model.input_shape[1] == 3
    # predict compiles: TensorFlow runs channels_first on a CPU in a compiled graph only.
    return model.predict(x.transpose(0, 3, 1, 2) if first else x, verbose=0)


def pictures(network, count=2, seed=5):
    """Colored blocks on Caffe's scale: LRN has something to do, and no two pictures look alike."""
    height, width, channels = network.input_shape
    blocks = np.random.default_rng(seed).normal(0, 60, (count, 9, 9, channels))
    rows, columns = np.arange(height) * 9 // height, np.arange(width) * 9 // width
    return blocks[:, rows][:, :, columns].astype("float32")


def lively(model, x, seed=3):
    """Give every weight and bias a value that shows in the output, and the classes apart."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            kernel = rng.normal(0, (2 / np.prod(kernel.shape[:-1])) ** 0.5, kernel.shape)
            layer.set_weights([kernel, rng.normal(0, 0.5, bias.shape)])
    head = model.layers[-1]
    before = keras.Model(model.inputs, head.input).predict(
        x if model.input_shape[-1] == 3 else x.transpose(0, 3, 1, 2), verbose=0
    )
    kernel, bias = head.get_weights()
    # What all pictures have in common goes, or softmax would show nothing else.
    kernel *= 2 / ((before - before.mean(axis=0)) @ kernel).std()
    head.set_weights([kernel, bias - before.mean(axis=0) @ kernel])
    return model


def the_same(found, expected, tolerance):
    assert expected.std(axis=0).max() > 1e-2, "outputs that do not depend on the picture"
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


# torchvision's layout


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def torch_alexnet(torch):
    """torchvision's alexnet, written out."""
    nn = torch.nn

    class AlexNet(nn.Module):
        def __init__(self, classes):
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(3, 64, 11, stride=4, padding=2),
                nn.ReLU(),
                nn.MaxPool2d(3, 2),
                nn.Conv2d(64, 192, 5, padding=2),
                nn.ReLU(),
                nn.MaxPool2d(3, 2),
                nn.Conv2d(192, 384, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(384, 256, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(256, 256, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(3, 2),
            )
            self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
            self.classifier = nn.Sequential(
                nn.Dropout(),
                nn.Linear(256 * 6 * 6, 4096),
                nn.ReLU(),
                nn.Dropout(),
                nn.Linear(4096, 4096),
                nn.ReLU(),
                nn.Linear(4096, classes),
            )

        def forward(self, x):
            return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))

    return AlexNet


@pytest.fixture(scope="module")
def checkpoint(torch, torch_alexnet, tmp_path_factory):
    """A module with random weights in two files, pictures, and PyTorch's own answer to them."""
    safe = pytest.importorskip("safetensors.torch")
    folder = tmp_path_factory.mktemp("torchvision")
    torch.manual_seed(0)
    module = torch_alexnet(CLASSES).eval()
    for parameter in module.parameters():
        if parameter.ndim > 1:
            torch.nn.init.kaiming_normal_(parameter)
        else:
            torch.nn.init.normal_(parameter, std=0.3)
    x = pictures(variant("torchvision")) / 60
    with torch.no_grad():
        given = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())
        expected = torch.softmax(module(given), 1).numpy()
    torch.save(module.state_dict(), folder / "net.pth")
    safe.save_file(module.state_dict(), folder / "net.safetensors")
    np.savez(folder / "oracle.npz", x=x, expected=expected)
    return folder, x, expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "data_format"),
    [("net.pth", "channels_last"), ("net.safetensors", "channels_first")],
)
def test_torchvision_computes_what_pytorch_computes_and_goes_back(
    checkpoint, torch, torch_alexnet, tmp_path, name, data_format
):
    folder, x, expected = checkpoint
    model, preprocessing = weights.load(folder / name, data_format)
    assert preprocessing == weights.TORCHVISION_PREPROCESSING
    the_same(outputs(model, x), expected, 1e-5)

    original = torch.load(folder / "net.pth", weights_only=True)
    suffix = name.removeprefix("net")
    weights.save_torchvision(model, tmp_path / f"back{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == [f"back{suffix}"]
    if suffix == ".pth":
        back = torch.load(tmp_path / "back.pth", weights_only=True)
    else:
        back = pytest.importorskip("safetensors.torch").load_file(tmp_path / "back.safetensors")
    assert list(back) == list(original) or set(back) == set(original)
    assert all(torch.equal(back[key], original[key]) for key in original)
    torch_alexnet(CLASSES).load_state_dict(back, strict=True)


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="runs on JAX already")
def test_torchvision_on_jax(checkpoint):
    pytest.importorskip("jax")
    folder, _, _ = checkpoint
    code = (
        "import sys, keras, numpy as np\n"
        "from alexnet_tutorial import weights\n"
        "assert keras.backend.backend() == 'jax'\n"
        "oracle = np.load(sys.argv[1] + '/oracle.npz')\n"
        "for data_format, axes in (('channels_last', (0, 1, 2, 3)),\n"
        "                          ('channels_first', (0, 3, 1, 2))):\n"
        "    model, _ = weights.load(sys.argv[1] + '/net.safetensors', data_format)\n"
        "    y = model.predict(oracle['x'].transpose(axes), verbose=0)\n"
        "    np.testing.assert_allclose(y, oracle['expected'], rtol=0, atol=1e-5)\n"
        "print('equal')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip().endswith("equal"), run.stderr


@pytest.mark.slow
def test_the_command_line_converts_between_all_kinds(checkpoint, tmp_path, capsys):
    ort = pytest.importorskip("onnxruntime")
    folder, x, expected = checkpoint
    chain = [folder / "net.pth", *(tmp_path / f"a{s}" for s in (".onnx", ".safetensors", ".keras"))]
    for source, target in zip(chain, chain[1:], strict=False):
        assert main(["weights", "convert", str(source), str(target)]) == 0
        assert '"crop": [224, 224]' in capsys.readouterr().out
    model, preprocessing = weights.load(tmp_path / "a.keras")
    assert preprocessing == weights.TORCHVISION_PREPROCESSING
    the_same(outputs(model, x), expected, 1e-5)
    session = ort.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"])
    the_same(session.run(None, {"pictures": x.transpose(0, 3, 1, 2)})[0], expected, 1e-5)
    assert main(["weights", "convert", str(tmp_path / "a.onnx"), str(tmp_path / "a.txt")]) == 1
    assert ".pth or .safetensors or .onnx or .keras" in capsys.readouterr().err


def test_conversion_keeps_what_is_known(onnx, reduced, tmp_path, capsys):
    preprocessing = Preprocessing(64, 57, "bgr", 1.0, (104, 117, 123))
    net = Classifier.from_architecture(
        reduced(variant("compact")), ("n1", "n2", "n3"), ("cat", "dog", "owl"), preprocessing
    )
    chain = [net.save(tmp_path / "a.keras"), tmp_path / "b.onnx", tmp_path / "c.keras"]
    for source, target in zip(chain, chain[1:], strict=False):
        assert main(["weights", "convert", str(source), str(target)]) == 0
    back = Classifier.load(tmp_path / "c.keras")
    assert (back.classes, back.class_names) == (net.classes, net.class_names)
    assert back.preprocessing == preprocessing
    x = np.random.default_rng(0).integers(0, 256, (2, 80, 90, 3), "uint8")
    np.testing.assert_allclose(back.predict_proba(x), net.predict_proba(x), atol=1e-5)

    # A file that knows nothing of its classes: they are numbers, or what is given.
    weights.save_onnx(net.model, tmp_path / "d.onnx", preprocessing)
    (tmp_path / "names.txt").write_text("Katze\n\nHund\nEule\n", encoding="utf-8")
    for more, classes in (
        ([], ("0", "1", "2")),
        (["--names", "x, y,z"], ("x", "y", "z")),
        (["--classes", str(tmp_path / "names.txt")], ("Katze", "Hund", "Eule")),
    ):
        line = ["weights", "convert", str(tmp_path / "d.onnx"), str(tmp_path / "e.keras")]
        assert main([*line, *more]) == 0
        assert Classifier.load(tmp_path / "e.keras").classes == classes
    for more, message in (
        (["--names", "x,y"], "3 outputs, and 2 classes"),
        (["--names", "x", "--classes", "y"], "give one of them"),
        (["--classes", str(tmp_path / "d.onnx")], "no names of classes"),
    ):
        assert main([*line, *more]) == 1
        assert message in capsys.readouterr().err


def tiny_state(torch, **changes):
    """A state dict with torchvision's keys, tiny but for what is checked first."""
    keys = {f"{key}.{part}" for key in torchvision.KEYS.values() for part in ("weight", "bias")}
    state = {key: torch.zeros(1) for key in keys}
    state["features.0.weight"] = torch.zeros(64, 3, 11, 11)
    state["features.0.bias"] = torch.zeros(64)
    state["classifier.6.bias"] = torch.zeros(7)
    return state | changes


@pytest.fixture
def never_built(monkeypatch):
    """Fail when a network is built: a file that is refused must be refused before that."""

    def refuse(*_, **__):
        raise AssertionError("a network was built from a file that does not fit")

    monkeypatch.setattr(network_room, "build", refuse)


def test_a_checkpoint_of_another_network_is_refused(torch, tmp_path, never_built):
    path = tmp_path / "net.pth"
    caffe = {"features.0.weight": torch.zeros(96, 3, 11, 11), "features.0.bias": torch.zeros(96)}
    for state, message in (
        (caffe, "Caffe's AlexNet under torchvision's names: 96 filters in conv1, where torchv"),
        ({}, r"layer conv2 \(features.3\): weights of shape \(1,\), expected \(192, 64, 5, 5\)"),
        ({"features.0.bias": torch.zeros(63)}, r"biases of shape \(63,\), expected \(64,\)"),
        ({"features.0.bias": torch.full((64,), torch.nan)}, "not all finite"),
        ({"features.0.bias": torch.zeros(64, dtype=torch.int32)}, "must be floating"),
        ({"features.0.bias": torch.zeros(64).to_sparse()}, "dense tensor"),
        ({"features.1.weight": torch.zeros(64)}, "has features.1.weight, which nothing reads"),
        ({"epoch": 3}, "'epoch' is a int"),
    ):
        torch.save(tiny_state(torch, **state), path)
        with pytest.raises(ValueError, match=message) as error:
            weights.load(path)
        assert str(path) in str(error.value)
    torch.save({"state_dict": tiny_state(torch)}, path)
    # Unwrapped, and refused for what is in it.
    with pytest.raises(ValueError, match=r"features.3\): weights of shape \(1,\), expected"):
        weights.load(path)
    torch.save([torch.zeros(3)], path)
    with pytest.raises(ValueError, match="holds a list"):
        weights.load(path)
    state = tiny_state(torch)
    del state["features.8.bias"]
    torch.save(state, path)
    with pytest.raises(ValueError, match=r"lacks features\.8\.bias"):
        weights.load(path)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_that_wants_to_run_something_does_not(torch, tmp_path, never_built, legacy):
    marker = tmp_path / "it ran"

    class Bad:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    path = tmp_path / "bad.pth"
    torch.save(
        tiny_state(torch) | {"features.0.bias": Bad()},
        path,
        _use_new_zipfile_serialization=not legacy,
    )
    with pytest.raises(ValueError, match="nothing in it was run.*mkdir"):
        weights.load(path)
    assert not marker.exists()
    torch.load(path, weights_only=False)  # it is as bad as it looks
    assert marker.exists()


def test_a_bare_pickle_runs_nothing_either(torch, tmp_path, never_built):
    marker = tmp_path / "it ran"

    class Bad:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    path = tmp_path / "bad.pth"
    path.write_bytes(pickle.dumps(Bad(), protocol=2))
    with pytest.raises(ValueError, match=r"bad\.pth"):
        weights.load(path)
    assert not marker.exists()


# ONNX


@pytest.fixture(scope="module")
def onnx():
    return pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def run_onnx():
    ort = pytest.importorskip("onnxruntime")

    def run(path, x):
        session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        rows = [x[i : i + 1].transpose(0, 3, 1, 2) for i in range(len(x))]
        return np.concatenate([session.run(None, {given.name: row})[0] for row in rows])

    return run


def zoo_like(onnx, path, *, shrink=1, size=224, pool5=None, seed=2, **changes):
    """A graph as Caffe's AlexNet is in the ONNX zoo: its names, order and kinds of nodes."""
    rng = np.random.default_rng(seed)
    helper, held, nodes = onnx.helper, [], []

    def hold(name, array):
        held.append(onnx.numpy_helper.from_array(array, name))
        return name

    def add(operation, reads, gives, *also, **attributes):
        nodes.append(helper.make_node(operation, [reads, *also], [gives], name=gives, **attributes))

    def layer(operation, number, reads, shape, **attributes):
        scale = (2 / np.prod(shape[1:])) ** 0.5 * (0.04 if number == "fc8" else 1)
        kernel = hold(f"{number}_w_0", rng.normal(0, scale, shape).astype("float32"))
        bias = hold(f"{number}_b_0", rng.normal(0, 0.3, shape[0]).astype("float32"))
        add(operation, reads, f"{number}_1", kernel, bias, **attributes)
        if number != "fc8":
            add("Relu", f"{number}_1", f"{number}_2")

    def conv(number, reads, shape, kernel, strides=1, pad=0, group=1):
        layer(
            *("Conv", number, reads, (*shape, kernel, kernel)),
            kernel_shape=[kernel] * 2,
            strides=[strides] * 2,
            pads=[pad] * 4,
            group=group,
        )

    def pool(number, reads, **attributes):
        add("MaxPool", reads, number, kernel_shape=[3, 3], strides=[2, 2], **attributes)

    c1, c2, c3, c5 = (channels // shrink for channels in (96, 256, 384, 256))
    fc, classes = 4096 // shrink, 1000 // shrink
    norm = {"size": 5, "alpha": 1e-4, "beta": 0.75, "bias": 1.0}
    conv("conv1", "data_0", (c1, 3), 11, strides=4)
    add("LRN", "conv1_2", "norm1_1", **norm)
    pool("pool1_1", "norm1_1", pads=[0, 0, 0, 0])
    conv("conv2", "pool1_1", (c2, c1 // 2), 5, pad=2, group=2)
    add("LRN", "conv2_2", "norm2_1", **norm)
    pool("pool2_1", "norm2_1", pads=[0, 0, 0, 0])
    conv("conv3", "pool2_1", (c3, c2), 3, pad=1)
    conv("conv4", "conv3_2", (c3, c3 // 2), 3, pad=1, group=2)
    conv("conv5", "conv4_2", (c5, c3 // 2), 3, pad=1, group=2)
    pool("pool5_1", "conv5_2", **(pool5 or {"pads": [0, 0, 1, 1]}))
    shape = hold("OC2_DUMMY_1", np.array([1, 36 * c5], "int64"))
    add("Reshape", "pool5_1", "OC2_DUMMY_0", shape)
    layer("Gemm", "fc6", "OC2_DUMMY_0", (fc, 36 * c5), transB=1)
    nodes.append(helper.make_node("Dropout", ["fc6_2"], ["fc6_3", "_fc6_mask_1"], name="fc6_3"))
    layer("Gemm", "fc7", "fc6_3", (fc, fc), transB=1)
    nodes.append(helper.make_node("Dropout", ["fc7_2"], ["fc7_3", "_fc7_mask_1"], name="fc7_3"))
    layer("Gemm", "fc8", "fc7_3", (classes, fc), transB=1)
    add("Softmax", "fc8_1", "prob_1")
    number = onnx.TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("data_0", number, [1, 3, size, size])]
    inputs += [helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in held]
    output = helper.make_tensor_value_info("prob_1", number, [1, classes])
    graph = helper.make_graph(nodes, "AlexNet", inputs, [output], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 12)], ir_version=3)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"pool5": {"ceil_mode": 1}},
        {"pool5": {"auto_pad": "SAME_UPPER"}},
        {"size": 227, "pool5": {"pads": [0, 0, 0, 0]}},
    ],
    ids=["zoo", "ceil", "same", "caffe"],
)
def test_the_zoo_network_computes_what_onnx_runtime_computes(
    onnx, run_onnx, tmp_path, geometry, data_format
):
    path = zoo_like(onnx, tmp_path / "zoo.onnx", shrink=8, **geometry)
    model, preprocessing = weights.load(path, data_format)
    x = pictures(describe(model))
    the_same(outputs(model, x), run_onnx(path, x), 1e-4)
    size = geometry.get("size", 224)
    assert preprocessing == Preprocessing(
        resize=256, crop=size, channels="bgr", scale=1.0, mean=weights.BVLC_MEAN
    )


def test_the_zoo_network_reads_like_the_paper(onnx, tmp_path):
    model, _ = weights.load(zoo_like(onnx, tmp_path / "zoo.onnx", shrink=8))
    network = describe(model)
    assert [layer.name for layer in network.layers] == [
        layer.name for layer in variant("caffe").layers
    ]
    assert network.layer("lrn1") == variant("caffe").layer("lrn1")
    shapes = {step.layer.name: step.output for step in network.steps}
    assert [shapes[name][0] for name in ("conv1", "pool1", "pool2", "pool5")] == [54, 26, 12, 6]


@pytest.mark.slow
def test_the_zoo_network_in_its_real_size(onnx, run_onnx, tmp_path):
    path = zoo_like(onnx, tmp_path / "zoo.onnx")
    model, _ = weights.load(path)
    assert model.count_params() == 60_965_224
    x = pictures(variant("naive-224"))
    the_same(outputs(model, x), run_onnx(path, x), 1e-4)


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("compact", "small") else pytest.param(name, marks=pytest.mark.slow)
        for name in VARIANTS
    ],
)
def test_every_variant_runs_the_same_in_onnx_runtime_and_comes_back(
    run_onnx, tmp_path, reduced, name
):
    network = reduced(variant(name))
    x = pictures(network)
    for data_format in ("channels_last", "channels_first"):
        model = lively(build(network, data_format=data_format), x)
        path = weights.save_onnx(model, tmp_path / "net.onnx", HALF)
        assert [file.name for file in tmp_path.iterdir()] == ["net.onnx"]
        the_same(run_onnx(path, x), outputs(model, x), 1e-4)
        back, preprocessing = weights.load(path)
        assert preprocessing == HALF
        assert describe(back).to_json() | {"layers": []} == network.to_json() | {"layers": []}
        for found, wanted in zip(back.get_weights(), model.get_weights(), strict=True):
            assert np.array_equal(found, wanted)
        the_same(outputs(back, x), outputs(model, x), 1e-5)


@pytest.mark.slow
def test_the_network_of_2012_in_its_real_size(run_onnx, tmp_path):
    network = variant("alexnet-2012")
    x = pictures(network)
    model = lively(build(network), x)
    path = weights.save_onnx(model, tmp_path / "net.onnx")
    the_same(run_onnx(path, x), outputs(model, x), 1e-4)


def test_windows_that_are_not_square(run_onnx, tmp_path):
    network = Architecture(
        "odd",
        (23, 17),
        (
            Conv("a", 6, (5, 3), strides=(2, 3), padding=((2, 0), (1, 3)), rounding="ceil"),
            LRN("b", size=3, alpha=0.01, beta=0.6, k=1.5),
            Pool("c", (2, 3), strides=(1, 2), padding=((1, 0), (0, 2)), rounding="ceil"),
            Conv("d", 4, 1, activation=None, groups=2),
            Dropout("e", 0.3),
            Flatten("f"),
            Dense("g", 9, activation=None),
            Dense("h", 5, activation=None),
        ),
    )
    x = pictures(network) / 30
    model = lively(build(network), x)
    path = weights.save_onnx(model, tmp_path / "net.onnx")
    the_same(run_onnx(path, x), outputs(model, x), 1e-4)
    back, preprocessing = weights.load(path)
    assert preprocessing is None
    the_same(outputs(back, x), outputs(model, x), 1e-5)
    names = [layer.name for layer in describe(back).layers]
    assert names == ["conv1", "lrn1", "pool1", "conv2", "drop2", "flatten", "fc3", "fc4"]
    assert describe(back).layer("drop2").rate == 0.3


@pytest.fixture
def normalized(tmp_path):
    """A file with what ONNX has no word for: LRN in groups, LRN across pixels, a ReLU alone."""
    pytest.importorskip("onnx")
    lone = (
        Conv("conv1", 8, 3, activation=None),
        LRN("lrn1", size=3, alpha=0.5, beta=0.6, divide_by_size=True, groups=2),
        LRN("lrn1_2", size=5, alpha=0.3, k=1.5, divide_by_size=True, across="pixels"),
        Activation("relu1"),
        Flatten("flatten"),
        Dense("fc2", 5, activation=None),
    )
    network = Architecture("normalized", (9, 11), lone)
    model = lively(build(network), pictures(network) / 60)
    return network, model, weights.save_onnx(model, tmp_path / "net.onnx")


def test_normalizations_that_onnx_has_no_word_for_come_back(run_onnx, normalized):
    network, model, path = normalized
    x = pictures(network) / 60
    the_same(run_onnx(path, x), outputs(model, x), 1e-5)
    back, _ = weights.load(path)
    assert describe(back) == network


@pytest.mark.parametrize(
    ("node", "change", "message"),
    [
        ("lrn1_2_mean", {"pads": [1, 1, 2, 2]}, "normalize each value over a square"),
        ("lrn1_2_mean", {"count_include_pad": 0}, "count_include_pad=0, expected 1"),
        ("lrn1_2_k", "Mul", "Mul node 'lrn1_2_k': read are these operations alone"),
        ("lrn1", "Relu", "Relu node 'lrn1' stands where 2 groups of channels are rows"),
        ("lrn1_2", ("lrn1_2_power_out", "lrn1_2_mean_out"), "normalize each value over a square"),
    ],
)
def test_a_normalization_that_is_another_is_refused(onnx, normalized, node, change, message):
    *_, path = normalized

    def edited(graph, nodes):
        if isinstance(change, dict):
            attribute(onnx, nodes[node], **change)
        elif isinstance(change, str):
            nodes[node].op_type = change
            del nodes[node].attribute[:]
        else:
            nodes[node].input[:] = change

    edit(onnx, path, edited)
    with pytest.raises(ValueError, match=message):
        weights.load(path)


def edit(onnx, path, change):
    model = onnx.load(path)
    change(model.graph, {node.name: node for node in model.graph.node})
    onnx.save(model, path)


def attribute(onnx, node, **values):
    for name, value in values.items():
        for i, old in enumerate(node.attribute):
            if old.name == name:
                del node.attribute[i]
                break
        node.attribute.append(onnx.helper.make_attribute(name, value))


def _operation(onnx, graph, nodes):
    nodes["conv3_2"].op_type = "Sigmoid"


def _domain(onnx, graph, nodes):
    nodes["conv3_2"].domain = "com.example"


def _branch(onnx, graph, nodes):
    nodes["conv4_1"].input[0] = "pool2_1"


def _lost(onnx, graph, nodes):
    nodes["fc7_1"].input[1] = "fc7_lost"


def _external(onnx, graph, nodes):
    (tensor,) = (t for t in graph.initializer if t.name == "fc7_w_0")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    tensor.external_data.add(key="location", value="../secret")


def _short(onnx, graph, nodes):
    (tensor,) = (t for t in graph.initializer if t.name == "fc7_w_0")
    tensor.raw_data = tensor.raw_data[:-4]


def _dilated(onnx, graph, nodes):
    attribute(onnx, nodes["conv2_1"], dilations=[2, 2])


def _unknown(onnx, graph, nodes):
    attribute(onnx, nodes["conv2_1"], fused="yes")


def _scaled(onnx, graph, nodes):
    attribute(onnx, nodes["fc8_1"], alpha=2.0)


def _even(onnx, graph, nodes):
    attribute(onnx, nodes["norm1_1"], size=4)


def _kernel_shape(onnx, graph, nodes):
    attribute(onnx, nodes["conv3_1"], kernel_shape=[5, 5])


def _too_small(onnx, graph, nodes):
    attribute(onnx, nodes["pool5_1"], kernel_shape=[33, 33])


def _reshaped(onnx, graph, nodes):
    (tensor,) = (t for t in graph.initializer if t.name == "OC2_DUMMY_1")
    tensor.CopyFrom(onnx.numpy_helper.from_array(np.array([2, 18 * 16]), tensor.name))


def _groups(onnx, graph, nodes):
    attribute(onnx, nodes["conv2_1"], group=1)


def _two_relus(onnx, graph, nodes):
    nodes["fc8_1"].op_type = "Relu"
    del nodes["fc8_1"].input[1:], nodes["fc8_1"].attribute[:]


def _output(onnx, graph, nodes):
    graph.output[0].name = "fc8_1"


def _free_size(onnx, graph, nodes):
    graph.input[0].type.tensor_type.shape.dim[2].ClearField("dim_value")


def _no_nodes(onnx, graph, nodes):
    del graph.node[:]
    graph.output[0].name = "data_0"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_operation, r"Sigmoid node 'conv3_2': this operation is not part"),
        (_domain, r"Relu node 'conv3_2'"),
        (_branch, r"Conv node 'conv4_1' reads \['pool2_1'\], expected 'conv3_2'"),
        (_lost, r"Gemm node 'fc7_1' reads 'fc7_lost', and this file does not hold it"),
        (_external, r"Gemm node 'fc7_1' reads 'fc7_w_0', and this file does not hold it"),
        (_short, r"Gemm node 'fc7_1': 'fc7_w_0' cannot be read"),
        (_dilated, r"Conv node 'conv2_1' has dilations=\[2, 2\], expected \[1, 1\]"),
        (_unknown, r"Conv node 'conv2_1' has fused, which nothing reads"),
        (_scaled, r"Gemm node 'fc8_1' has alpha=2.0, expected 1.0"),
        (_even, r"LRN node 'norm1_1' has size=4"),
        (_kernel_shape, r"Conv node 'conv3_1': its kernel .* kernel_shape is \[5, 5\]"),
        (_too_small, r"MaxPool node 'pool5_1', input \(12, 12, 16\)"),
        (_reshaped, r"Reshape node 'OC2_DUMMY_0' makes shape \[2, 288\], expected \(batch, 576\)"),
        (_groups, r"layer conv2 \(Conv node 'conv2_1'\): weights of shape \(16, 3, 5, 5\)"),
        (_two_relus, r"Relu node 'fc8_1' does not follow"),
        (_output, r"the output is 'fc8_1', expected 'prob_1'"),
        (_free_size, r"input 'data_0' has shape \[1, 3, 0, 224\]"),
        (_no_nodes, r"the output is 'data_0'"),
    ],
)
def test_a_graph_that_does_not_fit_is_refused(onnx, tmp_path, never_built, change, message):
    path = zoo_like(onnx, tmp_path / "zoo.onnx", shrink=16)
    edit(onnx, path, lambda graph, nodes: change(onnx, graph, nodes))
    with pytest.raises(ValueError, match=message) as error:
        weights.load(path)
    assert str(path) in str(error.value)


def test_what_onnx_cannot_say_is_refused_by_name(tmp_path):
    pytest.importorskip("onnx")
    network = Architecture("swish", 8, (Conv("first", 4, 3, activation="silu"), Flatten("f")))
    with pytest.raises(ValueError, match="layer 'first': activation 'silu'"):
        weights.save_onnx(build(network), tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_for_onnx_is_refused(tmp_path, monkeypatch, reduced):
    pytest.importorskip("onnx")
    model = build(reduced(variant("compact")))
    monkeypatch.setattr(weights.onnx, "ONNX_LIMIT", 4 * model.count_params() - 1)
    with pytest.raises(ValueError, match="holds at most"):
        weights.save_onnx(model, tmp_path / "net.onnx")
    monkeypatch.setattr(weights.onnx, "ONNX_LIMIT", 4 * model.count_params())
    weights.save_onnx(model, tmp_path / "net.onnx")


# Files that are not whole, and files half written


@pytest.fixture(scope="module")
def one_of_each(torch, onnx, tmp_path_factory):
    """Small files of every kind, whole."""
    safe = pytest.importorskip("safetensors.torch")
    folder = tmp_path_factory.mktemp("whole")
    torch.save(tiny_state(torch), folder / "net.pth")
    torch.save(tiny_state(torch), folder / "old.pth", _use_new_zipfile_serialization=False)
    safe.save_file(tiny_state(torch), folder / "net.safetensors")
    zoo_like(onnx, folder / "net.onnx", shrink=16)
    build(Architecture("one", 8, (Conv("c", 4, 3), Flatten("f")))).save(folder / "net.keras")
    return folder


@pytest.mark.parametrize("name", ["net.pth", "old.pth", "net.safetensors", "net.onnx", "net.keras"])
@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_a_file_cut_short_is_refused(one_of_each, tmp_path, never_built, name, share):
    data = (one_of_each / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match=name):
        weights.load(path)


def test_other_files_are_refused(one_of_each, tmp_path, never_built):
    path = tmp_path / "net.pth"
    for content, what in (
        (b"<!DOCTYPE html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
        (bytes(99), "no PyTorch checkpoint, safetensors, ONNX or Keras file"),
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=what):
            weights.load(path)
    for content in (b"\x08\x07\x12\x00", b"\x80\x02garbage", b"PK\x03\x04garbage", b"\x08garbage"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"net\.pth"):
            weights.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(ValueError, match="no PyTorch checkpoint"):
        weights.load(path)
    with pytest.raises(FileNotFoundError):
        weights.load(tmp_path / "none.pth")
    with pytest.raises(ValueError, match="a PyTorch checkpoint, and no ONNX file"):
        weights.load_onnx(one_of_each / "net.pth")
    with pytest.raises(ValueError, match="a ONNX file, and no checkpoint"):
        weights.load_torchvision(one_of_each / "net.onnx")


def test_a_name_says_nothing(one_of_each, onnx, tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes((one_of_each / "net.onnx").read_bytes())
    assert weights.load(path)[0].output_shape == (None, 62)


def test_writing_that_breaks_off_leaves_what_was_there(torch, tmp_path, monkeypatch, reduced):
    pytest.importorskip("onnx")
    model = build(reduced(variant("compact")))
    path = tmp_path / "net.onnx"
    path.write_bytes(b"before")

    def broken(source, target):
        assert os.path.exists(source)
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        weights.save_onnx(model, path)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [
        ("net.onnx", b"before")
    ]


def test_only_torchvisions_network_is_written_for_it(tmp_path, reduced):
    for name, message in (
        ("compact", r"layer 'conv1' has .*'window': \(5, 5\).*\(11, 11\)"),
        ("one-tower", "layer 'conv1' has"),
    ):
        with pytest.raises(ValueError, match=message):
            weights.save_torchvision(build(reduced(variant(name))), tmp_path / "net.pth")
    network = variant("torchvision")
    # The same weights, but windows that PyTorch would lay elsewhere.
    shifted = replace(network.layers[0], padding=((1, 3), (1, 3)))
    small = [shifted, *network.layers[1:]]
    with pytest.raises(ValueError, match="'padding': .*'conv1'"):
        torchvision.check_torchvision(replace(network, layers=small))
    torchvision.check_torchvision(network.with_classes(6))
    with pytest.raises(ValueError, match=r"ends in \.pth or \.safetensors"):
        weights.save_torchvision(None, tmp_path / "net.bin")
    with pytest.raises(ValueError, match="there is no folder"):
        weights.save_onnx(None, tmp_path / "none" / "net.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "name", "extra"),
    [
        ("torch", "net.pth", "pth"),
        ("onnx", "net.onnx", "onnx"),
        ("safetensors", "net.safetensors", "safetensors"),
    ],
)
def test_a_missing_package_names_its_extra(
    one_of_each, tmp_path, monkeypatch, capsys, module, name, extra
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"alexnet-tutorial\[{extra}\]"):
        weights.load(one_of_each / name)
    assert main(["weights", "convert", str(one_of_each / name), str(tmp_path / "a.keras")]) == 1
    assert f"alexnet-tutorial[{extra}]" in capsys.readouterr().err


def test_reading_safetensors_needs_no_pytorch(one_of_each):
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from alexnet_tutorial import weights\n"
        "try: weights.load(sys.argv[1])\n"
        "except ValueError as error: print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(one_of_each / "net.safetensors")],
        capture_output=True,
        text=True,
    )
    assert "layer conv2 (features.3)" in run.stdout, run.stderr


# Downloads (how they break off and go on is tested with those of the data)


def test_published_weights_are_fetched_by_hash(tmp_path, monkeypatch, capsys):
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=tmp_path)

        def log_message(self, *_):
            pass

    (tmp_path / "file.onnx").write_bytes(b"weights")
    hashed = "9dfcd62bc2a3c4d7ad3fd7de0d6bb3b1d2cbfdbcdd1b6a1ed4ae1be6cfbd0a35"
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/file.onnx"
        pinned = PinnedFile("bvlc.onnx", 7, hashed)
        monkeypatch.setitem(weights.PUBLISHED, "bvlc", (pinned, url))
        with pytest.raises(DownloadError, match=f"expected {hashed}"):
            weights.fetch("bvlc", tmp_path / "to")
        assert weights.downloaded("bvlc", tmp_path / "to") is None
        pinned = replace(pinned, sha256=hashlib.sha256(b"weights").hexdigest())
        monkeypatch.setitem(weights.PUBLISHED, "bvlc", (pinned, "http://127.0.0.1:9/bvlc.onnx"))
        monkeypatch.setenv("ALEXNET_TUTORIAL_DATA", str(tmp_path))
        assert main(["weights", "fetch", "bvlc"]) == 1
        assert "http://127.0.0.1:9/bvlc.onnx" in capsys.readouterr().err
        assert main(["weights", "fetch", "bvlc", "--url", url]) == 0
        expected = tmp_path / "weights" / "bvlc.onnx"
        assert capsys.readouterr().out.strip() == str(expected)
        assert expected.read_bytes() == b"weights"
        server.shutdown()
    assert weights.downloaded("bvlc") == expected
    expected.write_bytes(b"Weights")
    with pytest.raises(DataError, match="bvlc.onnx.*the published one has"):
        weights.downloaded("bvlc")
    assert main(["weights", "fetch", "lenet"]) == 1
    assert "Known: torchvision, bvlc" in capsys.readouterr().err


def test_the_pins_are_whole():
    for pinned, url in weights.PUBLISHED.values():
        assert url.endswith(f"/{pinned.name}")
        assert len(pinned.sha256) == 64 and int(pinned.sha256, 16)
    # torchvision puts the first digits of the hash into the name
    assert weights.PUBLISHED["torchvision"][0].sha256.startswith("7be5be79")


def test_preprocessing_in_a_file_must_be_readable(onnx, tmp_path):
    path = zoo_like(onnx, tmp_path / "zoo.onnx", shrink=16)
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {"preprocessing": json.dumps({"resize": 3})})
    onnx.save(model, path)
    with pytest.raises(ValueError, match="its preprocessing cannot be read"):
        weights.load(path)
