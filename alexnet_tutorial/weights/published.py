"""Weights from elsewhere, and ours for elsewhere: torchvision's checkpoints, and ONNX.

Keras, PyTorch and ONNX keep the same numbers in another order. A kernel of a convolution is
(rows, columns, channels, filters) in Keras and (filters, channels, rows, columns) outside; the
weights of a dense layer are (inputs, units) in Keras and (units, inputs) outside; and after
``Flatten`` the inputs themselves come in another order, since maps are laid out channels last in
this package and channels first outside.

A file is read and checked whole before a network is built, and nothing in it is executed.
"""

import contextlib
import importlib
import json
import os
import pickle
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from math import prod
from pathlib import Path

import numpy as np

from alexnet_tutorial.pictures import download
from alexnet_tutorial.pictures.download import PinnedFile
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.shapes.architecture import (
    LRN,
    Architecture,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Pool,
    pair,
    shortest,
)
from alexnet_tutorial.shapes.variants import TORCHVISION

PUBLISHED = {
    "torchvision": (
        PinnedFile(
            "alexnet-owt-7be5be79.pth",
            244_408_911,
            "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
        ),
        "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    ),
    "bvlc": (
        PinnedFile(
            "bvlcalexnet-12.onnx",
            243_863_787,
            "6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945",
        ),
        # The ONNX zoo's own copy is in Git LFS, whose quota is often used up; it moved here.
        "https://huggingface.co/onnxmodelzoo/bvlcalexnet-12/resolve/main/bvlcalexnet-12.onnx",
    ),
}
"""Weights that others trained on ImageNet: name → (the file as it was published, its address)."""

TORCHVISION_PREPROCESSING = Preprocessing(
    resize=256, crop=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)
"""What torchvision publishes with its ``AlexNet_Weights.IMAGENET1K_V1``."""

BVLC_MEAN = (104.00699, 116.66877, 122.67892)
"""Mean of ImageNet's training pictures: blue, green, red. Caffe's ``ilsvrc_2012_mean``."""

ONNX_LIMIT = 2**31 - 2**20
"""Bytes of weights that fit into one ONNX file: protobuf's 2 GiB, less what the graph takes."""

SUFFIXES = (".pth", ".safetensors", ".onnx", ".keras")

_KEYS = {
    "conv1": "features.0",
    "conv2": "features.3",
    "conv3": "features.6",
    "conv4": "features.8",
    "conv5": "features.10",
    "fc6": "classifier.1",
    "fc7": "classifier.4",
    "fc8": "classifier.6",
}


def fetch(name: str, folder=None, *, url: str | None = None, progress: bool = True) -> Path:
    """Download published weights, or find them where they were downloaded before.

    Args:
        name: ``"torchvision"`` (Krizhevsky's network of 2014, trained by PyTorch's authors) or
            ``"bvlc"`` (that of 2012 in Caffe's order, trained at Berkeley, from the ONNX zoo).
        folder: Where the file goes; None takes ``weights/`` in the data directory.
        url: Another address of the same file. The sha256 decides, not the address.
        progress: Whether to report progress on stderr.

    Returns:
        The file.

    Raises:
        ValueError: There are no weights of this name, or the download is not what was published.

    Example:
        >>> fetch("lenet")
        Traceback (most recent call last):
        ValueError: unknown weights 'lenet'. Known: torchvision, bvlc.
    """
    pinned, address = _published(name)
    return download.download(pinned, folder or _folder(), url or address, progress=progress)


def downloaded(name: str, folder=None) -> Path | None:
    """Find published weights where :func:`fetch` put them, without asking the network.

    Args:
        name: As :func:`fetch`.
        folder: As :func:`fetch`.

    Returns:
        The file; None where it was never downloaded.

    Raises:
        ValueError: There are no weights of this name, or the file there is not what was published.
    """
    return download.downloaded(_published(name)[0], folder or _folder())


def _published(name):
    if name not in PUBLISHED:
        raise ValueError(f"unknown weights {name!r}. Known: {', '.join(PUBLISHED)}.")
    return PUBLISHED[name]


def _folder():
    from alexnet_tutorial.pictures import data_directory

    return data_directory() / "weights"


def load(path, data_format: str = "channels_last"):
    """Read weights from a file of any kind known here; what it holds decides, not its name.

    Args:
        path: A checkpoint of torchvision's alexnet (``.pth`` or ``.safetensors``), an AlexNet in
            ONNX, or a Keras model (whose name Keras wants to end in ``.keras``).
        data_format: ``"channels_last"`` or ``"channels_first"``: how the network takes
            pictures. A Keras model stays as it is.

    Returns:
        ``(model, preprocessing)``; preprocessing is None where the file does not say.

    Raises:
        ValueError: The file is of no known kind, is not whole, or holds another network.
        ImportError: The package that reads this kind is not installed; says which extra has it.
    """
    match _kind(path):
        case "ONNX file":
            return load_onnx(path, data_format)
        case "Keras model":
            from alexnet_tutorial.network import layers  # noqa: F401  registers what a saved model names

            return _parsed(path, "Keras model", lambda: _keras().models.load_model(path)), None
    return load_torchvision(path, data_format)


def load_torchvision(path, data_format: str = "channels_last"):
    """Read a checkpoint of torchvision's ``alexnet``, for any number of classes.

    Args:
        path: A state dict written by ``torch.save``, or a ``.safetensors`` file of the same.
        data_format: As :func:`load`.

    Returns:
        ``(model, preprocessing)``. The model ends in softmax, which PyTorch leaves to its loss.

    Raises:
        ValueError: The file is not whole, holds more than tensors, or is of another network:
            the message names the first layer that differs, with both shapes.
        ImportError: PyTorch or safetensors is not installed; says which extra has it.
    """
    kind = _kind(path)
    preprocessing = TORCHVISION_PREPROCESSING
    if kind == "PyTorch checkpoint":
        state = _read_pth(path)
    elif kind == "safetensors file":
        state, own = _read_safetensors(path)
        preprocessing = own or preprocessing
    else:
        raise ValueError(f"{path}: a {kind}, and no checkpoint of torchvision's alexnet.")
    keys = {f"{key}.{part}" for key in _KEYS.values() for part in ("weight", "bias")}
    if set(state) != keys:
        missing, unknown = sorted(keys - set(state)), sorted(map(str, set(state) - keys))
        raise ValueError(
            f"{path}: not a checkpoint of torchvision's alexnet: it lacks {_few(missing)} and has "
            f"{_few(unknown)}, which nothing reads. Save model.state_dict() and nothing around it."
        )
    classes = state["classifier.6.bias"].shape
    network = TORCHVISION.with_classes(classes[0] if len(classes) == 1 else TORCHVISION.classes)
    weights = {
        name: (state[f"{key}.weight"], state[f"{key}.bias"], key) for name, key in _KEYS.items()
    }
    return _assemble(network, weights, path, data_format), preprocessing


def save_torchvision(model, path, preprocessing: Preprocessing | None = None) -> Path:
    """Write a Keras model's weights as a state dict that torchvision's ``alexnet`` loads.

    Args:
        model: A model of the torchvision variant, for any number of classes.
        path: The file: ``.pth`` or ``.safetensors``.
        preprocessing: Kept in a ``.safetensors`` file; a ``.pth`` has no place for it.

    Returns:
        The path.

    Raises:
        ValueError: The model is another network (the message names the first layer that
            differs), or the name ends in something else.
        ImportError: PyTorch or safetensors is not installed; says which extra has it.
    """
    from alexnet_tutorial.network import describe

    suffix = _suffix(path, (".pth", ".safetensors"))
    network = describe(model)
    _need_torchvision(network)
    state = {}
    names = iter(_KEYS.values())
    for layer, maps in _weighted(network):
        key = next(names)
        kernel, state[f"{key}.bias"] = model.get_layer(layer.name).get_weights()
        state[f"{key}.weight"] = _outward(kernel, layer, maps)
    if suffix == ".pth":
        torch = _need("torch", "pth", "writing .pth files")
        with _beside(path) as part:
            torch.save({key: torch.from_numpy(value) for key, value in state.items()}, part)
    else:
        numpy_api = _need("safetensors.numpy", "safetensors", "writing .safetensors files")
        metadata = {"format": "pt"}
        if preprocessing is not None:
            metadata["preprocessing"] = json.dumps(preprocessing.to_json())
        with _beside(path) as part:
            numpy_api.save_file(state, part, metadata)
    return Path(path)


def load_onnx(path, data_format: str = "channels_last"):
    """Read an AlexNet from an ONNX file: its layers and their geometry, and its weights.

    The graph must be one chain of Conv, Relu, LRN, MaxPool, Flatten or Reshape, Gemm, Dropout
    and Softmax. Layers are named as in this package: conv1, pool1, fc6.

    Args:
        path: The file, with its weights inside.
        data_format: As :func:`load`.

    Returns:
        ``(model, preprocessing)``. Preprocessing is what :func:`save_onnx` wrote, or Caffe's
        (BGR minus the mean) for a graph from ``data_0`` to ``prob_1``, as the zoo's networks
        from Caffe are, or None.

    Raises:
        ValueError: The file is not whole, or a node does not fit: the message names the node.
        ImportError: The package onnx is not installed.
    """
    onnx = _need("onnx", "onnx", "reading .onnx files")
    if (kind := _kind(path)) != "ONNX file":
        raise ValueError(f"{path}: a {kind}, and no ONNX file.")
    proto = _parsed(path, "ONNX file", lambda: onnx.load(path, load_external_data=False))
    try:
        network, weights = _read_graph(proto.graph, onnx)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    said = {entry.key: entry.value for entry in proto.metadata_props}
    preprocessing = _read_preprocessing(said.get("preprocessing"), path)
    from_caffe = (proto.graph.node[0].input[0], proto.graph.output[0].name) == ("data_0", "prob_1")
    if preprocessing is None and from_caffe:
        preprocessing = Preprocessing(
            resize=max(256, *network.input_size),
            crop=network.input_size,
            channels="bgr",
            scale=1.0,
            mean=BVLC_MEAN,
        )
    return _assemble(network, weights, path, data_format), preprocessing


def save_onnx(model, path, preprocessing: Preprocessing | None = None) -> Path:
    """Write a Keras model as ONNX, which runs without Keras.

    The file takes pictures (n, channels, height, width), whatever the model takes. All padding
    is explicit, rounding up included.

    Args:
        model: A model of any variant, or of another description.
        path: The file; its name ends in ``.onnx``.
        preprocessing: Kept in the file, for :func:`load_onnx`.

    Returns:
        The path.

    Raises:
        ValueError: The model is no chain of known layers, or an activation is not known (the
            message names the layer), or it is larger than an ONNX file can be.
        ImportError: The package onnx is not installed.
    """
    from alexnet_tutorial.network import describe

    _suffix(path, (".onnx",))
    onnx = _need("onnx", "onnx", "writing .onnx files")
    if (size := 4 * model.count_params()) > ONNX_LIMIT:
        raise ValueError(
            f"model {model.name!r}: its weights take {size:,} bytes, and an ONNX file holds at "
            f"most {ONNX_LIMIT:,}. A dense layer after maps that are too large is the usual cause."
        )
    graph = _write_graph(describe(model), model, onnx)
    proto = onnx.helper.make_model(
        graph,
        producer_name="alexnet-tutorial",
        opset_imports=[onnx.helper.make_opsetid("", 13)],
        ir_version=8,  # both old enough for every engine of the last years
    )
    if preprocessing is not None:
        text = json.dumps(preprocessing.to_json())
        onnx.helper.set_model_props(proto, {"preprocessing": text})
    with _beside(path) as part:
        part.write_bytes(proto.SerializeToString())
    return Path(path)


def convert(source, target) -> Preprocessing | None:
    """Write the network of one file as a file of another kind, told by its suffix.

    Args:
        source: A file that :func:`load` reads.
        target: ``.pth``, ``.safetensors``, ``.onnx`` or ``.keras``.

    Returns:
        The preprocessing that came with the network, if any.

    Raises:
        ValueError: As :func:`load`, :func:`save_torchvision` and :func:`save_onnx`.
        ImportError: A package is not installed; says which extra has it.
    """
    suffix = _suffix(target, SUFFIXES)
    model, preprocessing = load(source)
    if suffix == ".keras":
        with _beside(target) as part:
            model.save(part)
    elif suffix == ".onnx":
        save_onnx(model, target, preprocessing)
    else:
        save_torchvision(model, target, preprocessing)
    return preprocessing


# What a file is, and reading it whole or not at all


def _kind(path):
    """What a file holds, by its first bytes."""
    path = Path(path)
    with open(path, "rb") as file:
        head = file.read(16)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 10**8:
        return "safetensors file"  # the length of a JSON header, and the header
    if head.startswith(b"PK"):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except zipfile.BadZipFile as error:
            raise ValueError(_not_whole(path, "checkpoint or Keras model", error)) from None
        if "model.weights.h5" in names:
            return "Keras model"
        if any(name.endswith("data.pkl") for name in names):
            return "PyTorch checkpoint"
    elif head.startswith(b"\x80"):  # a pickle: what torch.save wrote before 2020
        return "PyTorch checkpoint"
    elif head.startswith(b"\x08"):  # protobuf's first field, a number: the version of ONNX
        return "ONNX file"
    raise ValueError(
        f"{path}: {path.stat().st_size:,} bytes that start with {head!r}: no PyTorch checkpoint, "
        "safetensors, ONNX or Keras file. Likely a web page saved in its place, or a Git LFS "
        "pointer; download the file again."
    )


def _parsed(path, kind, parse):
    """What another package's reader makes of a file; whatever it raises is about the file."""
    try:
        return parse()
    except Exception as error:
        raise ValueError(_not_whole(path, kind, error)) from error


def _not_whole(path, kind, error):
    return (
        f"{path}: not a whole {kind} ({Path(path).stat().st_size:,} bytes; "
        f"{type(error).__name__}: {error}). Likely a download that was cut short, or a damaged "
        "copy; fetch it again."
    )


def _read_pth(path):
    torch = _need("torch", "pth", "reading .pth files")
    try:
        # weights_only: a pickle can name any function to call, and this reader calls none.
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path}: not a plain state dict, and nothing in it was run. It holds more than tensors"
            f"{_named_in(error)}, or is damaged. Expected: torch.save(model.state_dict(), …)."
        ) from None
    except Exception as error:
        raise ValueError(_not_whole(path, "PyTorch checkpoint", error)) from error
    if not isinstance(state, dict):
        raise ValueError(f"{path}: holds a {type(state).__name__}, and must hold a state dict.")
    arrays = {}
    for key, tensor in state.items():
        if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided:
            raise ValueError(
                f"{path}: {key!r} is a {type(tensor).__name__}, and must be a dense tensor. Save "
                "model.state_dict() and nothing around it."
            )
        if not tensor.is_floating_point():
            raise ValueError(f"{path}: {key!r} is of type {tensor.dtype}, and must be floating.")
        arrays[key] = tensor.detach().to(torch.float32).numpy()
    return arrays


def _named_in(error):
    """The function that a pickle wanted, out of PyTorch's long message."""
    found = re.search(r"GLOBAL ([\w.]+)", str(error))
    return f" ({found[1]})" if found else ""


def _read_safetensors(path):
    _need("safetensors", "safetensors", "reading .safetensors files")
    from safetensors import safe_open

    def parse():
        with safe_open(path, framework="numpy") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118

    state, said = _parsed(path, "safetensors file", parse)
    return state, _read_preprocessing(said.get("preprocessing"), path)


def _read_preprocessing(text, path):
    if text is None:
        return None
    try:
        return Preprocessing.from_json(json.loads(text))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: its preprocessing cannot be read: {error}") from None


def _need(module, extra, doing):
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{doing} needs the package {module.split('.')[0]} ({error}): "
            f"pip install 'alexnet-tutorial[{extra}]'"
        ) from error


def _keras():
    return importlib.import_module("keras")


def _few(names):
    shown = ", ".join(names[:4])
    return f"{shown}, …" if len(names) > 4 else shown or "nothing"


def _suffix(path, known):
    suffix = Path(path).suffix
    if suffix not in known:
        raise ValueError(f"{path}: give a file that ends in {' or '.join(known)}.")
    if not Path(path).parent.is_dir():
        raise ValueError(f"{path}: there is no folder {Path(path).parent}. Make it first.")
    return suffix


@contextlib.contextmanager
def _beside(path):
    """A name beside a file's place; renamed at the end, so the file is whole or not there."""
    path = Path(path)
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


# The same numbers in another order


def _weighted(network) -> Iterator[tuple]:
    """Layers with weights, each with the maps (h, w, c) that were flattened for it, or None."""
    maps = None
    for layer, shape, *_ in network.steps:
        if layer.kind == "flatten":
            maps = shape
        elif layer.kind in ("conv", "dense"):
            yield layer, maps
            maps = None


def _outward(kernel, layer, maps):
    """A Keras kernel as PyTorch and ONNX keep it."""
    if layer.kind == "conv":
        kernel = kernel.transpose(3, 2, 0, 1)
    elif maps:
        kernel = kernel.reshape(*maps, layer.units).transpose(3, 2, 0, 1).reshape(layer.units, -1)
    else:
        kernel = kernel.T
    return np.ascontiguousarray(kernel, "float32")


def _inward(kernel, layer, maps):
    """A kernel of PyTorch or ONNX as Keras keeps it."""
    if layer.kind == "conv":
        return kernel.transpose(2, 3, 1, 0)
    if maps:
        height, width, channels = maps
        kernel = kernel.reshape(layer.units, channels, height, width).transpose(2, 3, 1, 0)
        return kernel.reshape(-1, layer.units)
    return kernel.T


def _outward_shapes(network):
    """Name → shape of a layer's kernel as PyTorch and ONNX keep it."""
    shapes = {}
    for layer, shape, *_ in network.steps:
        if layer.kind == "conv":
            kernel = pair(layer.kernel_size)
            shapes[layer.name] = (layer.filters, shape[2] // layer.groups, *kernel)
        elif layer.kind == "dense":
            shapes[layer.name] = (layer.units, shape[0])
    return shapes


def _assemble(network, weights, path, data_format):
    """Build a network around weights: name → (kernel, bias, what the file calls them)."""
    for name, expected in _outward_shapes(network).items():
        kernel, bias, key = weights[name]
        for what, array, shape in (("weights", kernel, expected), ("biases", bias, expected[:1])):
            if array.shape != shape:
                raise ValueError(
                    f"{path}: layer {name} ({key}): {what} of shape {array.shape}, expected "
                    f"{shape} in {network.name!r}. The file is of another network."
                )
            if not np.issubdtype(array.dtype, np.floating) or not np.isfinite(array).all():
                raise ValueError(
                    f"{path}: layer {name} ({key}): its {what} ({array.dtype}) are not all finite "
                    "numbers. The file is damaged, or its training had diverged."
                )
    from alexnet_tutorial.network import build

    model = build(network, data_format=data_format)
    for layer, maps in _weighted(network):
        kernel, bias, _ = weights[layer.name]
        model.get_layer(layer.name).set_weights([_inward(kernel, layer, maps), bias])
    return model


def _need_torchvision(network):
    """Refuse a network that PyTorch's alexnet would compute otherwise."""

    def plain(network):
        for step in network.steps:
            layer, out = step.layer, step.output
            if layer.kind == "dropout":
                continue
            values = {"kind": layer.kind, "output": out}
            if step.windows:
                values["window"] = tuple(window.kernel_size for window in step.windows)
                values["strides"] = pair(layer.strides)
                values["padding"] = step.pads
            if layer.kind == "conv":
                values |= {"groups": layer.groups, "activation": layer.activation}
            if layer.kind == "dense" and out != (network.classes,):
                values["activation"] = layer.activation
            yield layer.name, values

    found, wanted = list(plain(network)), list(plain(TORCHVISION.with_classes(network.classes)))
    for (name, mine), (other, theirs) in zip(found, wanted, strict=False):
        if mine != theirs:
            differ = [key for key in theirs if mine.get(key) != theirs[key]]
            raise ValueError(
                f"network {network.name!r} is not torchvision's alexnet: layer {name!r} has "
                f"{ {key: mine.get(key) for key in differ} }, expected {other!r} with "
                f"{ {key: theirs[key] for key in differ} }. As ONNX any variant can be written."
            )
    if len(found) != len(wanted):
        raise ValueError(
            f"network {network.name!r} is not torchvision's alexnet: it has {len(found)} layers "
            f"without dropout, expected {len(wanted)}."
        )


# ONNX


def _read_graph(graph, onnx):
    """An ONNX graph as a description, and its weights: name → (kernel, bias, node)."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in tensors]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise ValueError(
            f"{len(inputs)} inputs and {len(graph.output)} outputs, expected one of each: a batch "
            "of pictures, and one row of numbers for each."
        )
    dims = [dim.dim_value for dim in inputs[0].type.tensor_type.shape.dim]
    if len(dims) != 4 or not all(dims[1:]):
        raise ValueError(
            f"input {inputs[0].name!r} has shape {dims} (0: not fixed), expected (batch, channels, "
            "height, width) with the last three fixed."
        )
    batch, channels, *size = dims
    chain = _Chain(tensors, onnx, batch, (*size, channels))
    value = inputs[0].name
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            tensors[node.output[0]] = node.attribute[0].t
            continue
        if not node.input or node.input[0] != value:
            raise ValueError(
                f"{_label(node)} reads {list(node.input)[:1]}, expected {value!r}, what the node "
                "before it gives: a description is a chain of layers."
            )
        chain.add(node)
        value = node.output[0]
    if value != graph.output[0].name or not chain.layers:
        raise ValueError(f"the output is {graph.output[0].name!r}, expected {value!r}, the last.")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", graph.name) or "onnx"
    return Architecture(name, tuple(size), tuple(chain.layers), channels), chain.weights


def _label(node):
    return f"{node.op_type} node {(node.name or ', '.join(node.output))!r}"


class _Chain:
    """Layers of an ONNX graph, added node by node."""

    # What each node may say about itself; whatever else it says would be ignored, so is refused.
    ATTRIBUTES = {
        "Conv": {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"},
        "MaxPool": {
            *("auto_pad", "ceil_mode", "dilations", "kernel_shape"),
            *("pads", "storage_order", "strides"),
        },
        "LRN": {"alpha", "beta", "bias", "size"},
        "Gemm": {"alpha", "beta", "transA", "transB", "broadcast"},
        "Relu": set(),
        "Softmax": {"axis"},
        "Dropout": {"ratio", "seed", "is_test"},
        "Flatten": {"axis"},
        "Reshape": {"allowzero"},
    }

    def __init__(self, tensors, onnx, batch, shape):
        self.tensors, self.onnx, self.batch, self.shape = tensors, onnx, batch, shape
        self.layers, self.weights = [], {}

    def add(self, node):
        said = {a.name: self.onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type not in self.ATTRIBUTES or node.domain not in ("", "ai.onnx"):
            raise ValueError(
                f"{_label(node)}: this operation is not part of any AlexNet here. Known: "
                f"{', '.join(self.ATTRIBUTES)}."
            )
        if unknown := set(said) - self.ATTRIBUTES[node.op_type]:
            raise ValueError(f"{_label(node)} has {_few(sorted(unknown))}, which nothing reads.")
        before = len(self.layers)
        getattr(self, f"_{node.op_type.lower()}")(node, said)
        if len(self.layers) > before:
            try:
                self.shape = self.layers[-1].output_shape(self.shape)
            except (ValueError, TypeError) as error:
                raise ValueError(f"{_label(node)}, input {self.shape}: {error}") from None

    def _tensor(self, node, index):
        name = node.input[index]
        tensor = self.tensors.get(name)
        if tensor is None or tensor.data_location == self.onnx.TensorProto.EXTERNAL:
            raise ValueError(
                f"{_label(node)} reads {name!r}, and this file does not hold it. Weights in a "
                "file of their own are not read: save the model as one file."
            )
        try:
            return self.onnx.numpy_helper.to_array(tensor)
        except Exception as error:  # sizes and bytes that do not agree, in several ways
            raise ValueError(f"{_label(node)}: {name!r} cannot be read: {error}") from None

    def _expect(self, node, said, **expected):
        for name, value in expected.items():
            if (found := said.get(name, value)) != value:
                raise ValueError(
                    f"{_label(node)} has {name}={found}, expected {value}: a description has no "
                    "word for anything else."
                )

    def _named(self, kind):
        """conv3, fc6; lrn1, pool5 and drop7 after the layer with weights that came before."""
        count = len(self.weights) + (kind in ("conv", "fc"))
        name = f"{kind}{count}"
        taken = [layer.name for layer in self.layers]
        return next(n for n in (name, *(f"{name}_{i}" for i in range(2, 99))) if n not in taken)

    def _window(self, node, said):
        self._expect(node, said, dilations=[1, 1])
        strides, pads = said.get("strides", [1, 1]), said.get("pads", [0, 0, 0, 0])
        if len(strides) != 2 or len(pads) != 4:
            raise ValueError(f"{_label(node)} has strides {strides} and pads {pads}: not of maps.")
        top, left, bottom, right = pads
        padding = shortest(((top, bottom), (left, right)))
        match said.get("auto_pad", b"NOTSET"):
            case b"NOTSET" | b"":
                pass
            case b"VALID":
                padding = 0
            case b"SAME_UPPER":
                padding = "same"
            case other:
                raise ValueError(f"{_label(node)} has auto_pad={other.decode()}, not known here.")
        return {"strides": shortest(strides), "padding": padding}

    def _conv(self, node, said):
        window = self._window(node, said)
        kernel = self._tensor(node, 1)
        if kernel.ndim != 4 or said.get("kernel_shape", list(kernel.shape[2:])) != list(
            kernel.shape[2:]
        ):
            raise ValueError(
                f"{_label(node)}: its kernel {node.input[1]!r} has shape {kernel.shape}, and "
                f"kernel_shape is {said.get('kernel_shape')}."
            )
        name, filters = self._named("conv"), len(kernel)
        self.layers.append(
            Conv(
                name,
                filters,
                shortest(kernel.shape[2:]),
                groups=said.get("group", 1),
                activation=None,
                **window,
            )
        )
        self.weights[name] = kernel, self._bias(node, filters), _label(node)

    def _bias(self, node, size):
        if len(node.input) < 3 or not node.input[2]:
            return np.zeros(size, "float32")
        bias = self._tensor(node, 2)
        return bias.reshape(-1) if bias.size == size else bias

    def _gemm(self, node, said):
        self._expect(node, said, alpha=1.0, beta=1.0, transA=0)
        kernel = self._tensor(node, 1)
        if kernel.ndim != 2:
            raise ValueError(
                f"{_label(node)}: {node.input[1]!r} has shape {kernel.shape}, expected two sizes."
            )
        kernel = kernel if said.get("transB", 0) else kernel.T
        name, units = self._named("fc"), len(kernel)
        self.layers.append(Dense(name, units, activation=None))
        self.weights[name] = kernel, self._bias(node, units), _label(node)

    def _activate(self, node, kinds, activation):
        before = self.layers[-1] if self.layers else None
        if before is None or before.kind not in kinds or before.activation is not None:
            raise ValueError(
                f"{_label(node)} does not follow a layer that can take it as its activation "
                f"({' or '.join(kinds)}, without one so far)."
            )
        self.layers[-1] = replace(before, activation=activation)

    def _relu(self, node, said):
        self._activate(node, ("conv", "dense"), "relu")

    def _softmax(self, node, said):
        if said.get("axis", 1) not in (1, -1):
            raise ValueError(f"{_label(node)} has axis={said['axis']}, expected 1: the classes.")
        self._activate(node, ("dense",), "softmax")

    def _lrn(self, node, said):
        def shown(name, default):  # ONNX keeps 32 bits: 1e-4, not 0.0000999999974
            return float(str(np.float32(said.get(name, default))))

        if said.get("size", 0) % 2 == 0:
            raise ValueError(f"{_label(node)} has size={said.get('size')}, expected an odd number.")
        self.layers.append(
            LRN(
                self._named("lrn"),
                said["size"],
                shown("alpha", 1e-4),
                shown("beta", 0.75),
                shown("bias", 1.0),
                divide_by_size=True,  # as ONNX defines it
            )
        )

    def _maxpool(self, node, said):
        self._expect(node, said, storage_order=0)
        window = self._window(node, said)
        if len(said.get("kernel_shape", ())) != 2:
            raise ValueError(f"{_label(node)}: kernel_shape is {said.get('kernel_shape')}.")
        rounding = "ceil" if said.get("ceil_mode") else "floor"
        size = shortest(said["kernel_shape"])
        self.layers.append(Pool(self._named("pool"), size, rounding=rounding, **window))

    def _flatten(self, node, said):
        self._expect(node, said, axis=1)
        self.layers.append(Flatten("flatten"))

    def _reshape(self, node, said):
        self._expect(node, said, allowzero=0)
        shape = self._tensor(node, 1).tolist() if len(node.input) > 1 else None
        rows, numbers = {0, -1, 1, self.batch}, {-1, prod(self.shape)}
        flat = isinstance(shape, list) and len(shape) == 2
        if not flat or shape[0] not in rows or shape[1] not in numbers:
            raise ValueError(
                f"{_label(node)} makes shape {shape}, expected (batch, {prod(self.shape)}): only "
                "flattening is known here."
            )
        self.layers.append(Flatten("flatten"))

    def _dropout(self, node, said):
        rate = said.get("ratio", 0.5)
        if len(node.input) > 1 and node.input[1]:
            rate = self._tensor(node, 1).item()
        if len(node.input) > 2 and node.input[2] and self._tensor(node, 2).item():
            raise ValueError(f"{_label(node)} drops when it is used too: training_mode is set.")
        self.layers.append(Dropout(self._named("drop"), float(str(np.float32(rate)))))


def _write_graph(network, model, onnx):
    """A description and the weights of its Keras model, as an ONNX graph."""
    helper, nodes, tensors = onnx.helper, [], []
    weighted = {layer.name: maps for layer, maps in _weighted(network)}

    def hold(name, array):
        tensors.append(onnx.numpy_helper.from_array(array, name))
        return name

    def node(operation, name, *also, **attributes):
        nonlocal value
        reads, value = value, f"{name}_out"
        nodes.append(helper.make_node(operation, [reads, *also], [value], name=name, **attributes))

    def weights(layer):
        kernel, bias = model.get_layer(layer.name).get_weights()
        kernel = _outward(kernel, layer, weighted[layer.name])
        return hold(f"{layer.name}_w", kernel), hold(f"{layer.name}_b", bias.astype("float32"))

    def activate(layer):
        known = {None: None, "relu": "Relu"}
        if layer.kind == "dense":
            known["softmax"] = "Softmax"
        if layer.activation not in known:
            raise ValueError(
                f"layer {layer.name!r}: activation {layer.activation!r} is not written here. "
                f"Known for a {layer.kind} layer: {', '.join(map(str, known))}."
            )
        if layer.activation:
            axis = {"axis": 1} if layer.activation == "softmax" else {}
            node(known[layer.activation], f"{layer.name}_{layer.activation}", **axis)

    value = "pictures"
    for step in network.steps:
        layer = step.layer
        if step.windows:
            (top, bottom), (left, right) = step.pads
            window = {
                "kernel_shape": tuple(window.kernel_size for window in step.windows),
                "strides": pair(layer.strides),
                "pads": (top, left, bottom, right),
            }
        match layer.kind:
            case "conv":
                node("Conv", layer.name, *weights(layer), group=layer.groups, **window)
                activate(layer)
            case "pool":
                node("MaxPool", layer.name, **window)
            case "lrn":  # ONNX always divides alpha by the size
                alpha = layer.alpha if layer.divide_by_size else layer.alpha * layer.size
                node(
                    "LRN",
                    layer.name,
                    size=layer.size,
                    alpha=float(alpha),
                    beta=float(layer.beta),
                    bias=float(layer.k),
                )
            case "flatten":
                node("Flatten", layer.name, axis=1)
            case "dense":
                node("Gemm", layer.name, *weights(layer), transB=1)
                activate(layer)
            case "dropout":
                rate = hold(f"{layer.name}_rate", np.array(layer.rate, "float32"))
                node("Dropout", layer.name, rate)
    height, width, channels = network.input_shape
    out = network.steps[-1].output
    out = out if len(out) == 1 else (out[2], *out[:2])
    number = onnx.TensorProto.FLOAT
    return helper.make_graph(
        nodes,
        network.name,
        [helper.make_tensor_value_info("pictures", number, ["n", channels, height, width])],
        [helper.make_tensor_value_info(value, number, ["n", *out])],
        tensors,
    )
