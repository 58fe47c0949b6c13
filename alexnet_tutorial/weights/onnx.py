"""Networks in ONNX: a reader of chains of layers, and a writer.

The package of the same name is imported as ``onnx`` when it is needed, and passed on.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from math import prod
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alexnet_tutorial.files import write_whole
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
    shortest,
)
from alexnet_tutorial.weights import container
from alexnet_tutorial.weights.layout import assemble, weighted_layers

if TYPE_CHECKING:
    import keras

BVLC_MEAN = (104.00699, 116.66877, 122.67892)
"""Mean of ImageNet's training pictures: blue, green, red. Caffe's ``ilsvrc_2012_mean``."""

ONNX_LIMIT = 2**31 - 2**20
"""Bytes of weights that fit into one ONNX file: protobuf's 2 GiB, less what the graph takes."""


def load_onnx(
    path: str | PathLike, data_format: str = "channels_last"
) -> tuple["keras.Model", Preprocessing | None]:
    """Read an AlexNet from an ONNX file: its layers and their geometry, and its weights.

    The graph must be one chain of Conv, Relu, LRN, MaxPool, Flatten or Reshape, Gemm, Dropout
    and Softmax, and of what :func:`save_onnx` writes for a normalization in groups or across
    pixels. Layers are named as in this package: conv1, pool1, fc6.

    Args:
        path: The file, with its weights inside.
        data_format: As :func:`~alexnet_tutorial.weights.load`.

    Returns:
        ``(model, preprocessing)``. Preprocessing is what :func:`save_onnx` wrote, or Caffe's
        (BGR minus the mean) for a graph from ``data_0`` to ``prob_1``, as the zoo's networks
        from Caffe are, or None.

    Raises:
        ValueError: The file is not whole, or a node does not fit: the message names the node.
        ImportError: The package onnx is not installed.
    """
    onnx = container.need("onnx", "onnx", "reading .onnx files")
    if (kind := container.kind_of(path)) != "ONNX file":
        raise ValueError(f"{path}: a {kind}, and no ONNX file.")
    proto = container.parse(path, "ONNX file", lambda: onnx.load(path, load_external_data=False))
    try:
        network, weights = _read_graph(proto.graph, onnx)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    metadata = {entry.key: entry.value for entry in proto.metadata_props}
    preprocessing = container.read_preprocessing(metadata.get("preprocessing"), path)
    from_caffe = (proto.graph.node[0].input[0], proto.graph.output[0].name) == ("data_0", "prob_1")
    if preprocessing is None and from_caffe:
        preprocessing = Preprocessing(
            resize=max(256, *network.input_size),
            crop=network.input_size,
            channels="bgr",
            scale=1.0,
            mean=BVLC_MEAN,
        )
    return assemble(network, weights, path, data_format), preprocessing


def onnx_metadata(path: str | PathLike) -> dict[str, str]:
    """Read what an ONNX file says of itself.

    Args:
        path: The file.

    Returns:
        Key → text.

    Raises:
        ValueError: It is not whole.
        ImportError: The package onnx is not installed.
    """
    onnx = container.need("onnx", "onnx", "reading .onnx files")
    proto = container.parse(path, "ONNX file", lambda: onnx.load(path, load_external_data=False))
    return {entry.key: entry.value for entry in proto.metadata_props}


def save_onnx(
    model: "keras.Model",
    path: str | PathLike,
    preprocessing: Preprocessing | None = None,
    classes: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
) -> Path:
    """Write a Keras model as ONNX, which runs without Keras.

    The file takes pictures (n, channels, height, width), whatever the model takes. All padding
    is explicit, rounding up included.

    Args:
        model: A model of any variant, or of another description.
        path: The file; its name ends in ``.onnx``.
        preprocessing: Kept in the file, for :func:`load_onnx`.
        classes: Kept in the file too, as JSON under this name in its metadata.
        class_names: What they are called; the same.

    Returns:
        The path.

    Raises:
        ValueError: The model is no chain of known layers, or an activation is not known (the
            message names the layer), or it is larger than an ONNX file can be.
        ImportError: The package onnx is not installed.
    """
    from alexnet_tutorial.network import describe

    container.check_target(path, (".onnx",))
    onnx = container.need("onnx", "onnx", "writing .onnx files")
    if (size := 4 * model.count_params()) > ONNX_LIMIT:
        raise ValueError(
            f"model {model.name!r}: its weights take {size:,} bytes, and an ONNX file holds at "
            f"most {ONNX_LIMIT:,}. A dense layer after maps that are too large is the usual cause."
        )
    proto = onnx.helper.make_model(
        _write_graph(describe(model), model, onnx),
        producer_name="alexnet-tutorial",
        opset_imports=[onnx.helper.make_opsetid("", 13)],
        ir_version=8,  # both old enough for every engine of the last years
    )
    onnx.helper.set_model_props(proto, container.facts_text(preprocessing, classes, class_names))
    return write_whole(path, proto.SerializeToString())


# Reading


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
    chain = _Chain(batch, (*size, channels))
    value = inputs[0].name
    for proto in graph.node:
        if proto.op_type == "Constant" and proto.attribute and proto.attribute[0].name == "value":
            tensors[proto.output[0]] = proto.attribute[0].t
            continue
        node = _Node(proto, tensors, onnx)
        if not node.inputs or node.inputs[0] != value:
            raise ValueError(
                f"{node} reads {node.inputs[:1]}, expected {value!r}, what the node before it "
                "gives: a description is a chain of layers."
            )
        chain.add(node)
        value = proto.output[0]
    chain.end()
    if value != graph.output[0].name or not chain.layers:
        raise ValueError(f"the output is {graph.output[0].name!r}, expected {value!r}, the last.")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", graph.name) or "onnx"
    return Architecture(name, tuple(size), tuple(chain.layers), channels), chain.weights


class _Node:
    """One node: what it does, its options, and the tensors that it reads."""

    # What each may say about itself; whatever else it says would be ignored, so is refused.
    OPTIONS = {
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
        "AveragePool": {"count_include_pad", "kernel_shape", "pads"},
        **dict.fromkeys(("Mul", "Add", "Pow"), set()),
    }

    def __init__(self, proto, tensors, onnx):
        self.operation, self.inputs = proto.op_type, list(proto.input)
        self.label = f"{proto.op_type} node {(proto.name or ', '.join(proto.output))!r}"
        self.tensors, self.onnx = tensors, onnx
        if self.operation not in self.OPTIONS or proto.domain not in ("", "ai.onnx"):
            raise ValueError(
                f"{self}: this operation is not part of any AlexNet here. Known: "
                f"{', '.join(self.OPTIONS)}."
            )
        self.options = {a.name: onnx.helper.get_attribute_value(a) for a in proto.attribute}
        if unknown := set(self.options) - self.OPTIONS[self.operation]:
            raise ValueError(f"{self} has {container.few(sorted(unknown))}, which nothing reads.")

    def __str__(self):
        return self.label

    def get(self, option, default=None):
        return self.options.get(option, default)

    def expect(self, **expected):
        for name, value in expected.items():
            if self.get(name, value) != value:
                raise ValueError(
                    f"{self} has {name}={self.get(name)}, expected {value}: a description has no "
                    "word for anything else."
                )

    def has(self, index):
        return len(self.inputs) > index and bool(self.inputs[index])

    def tensor(self, index):
        name = self.inputs[index]
        tensor = self.tensors.get(name)
        if tensor is None or tensor.data_location == self.onnx.TensorProto.EXTERNAL:
            raise ValueError(
                f"{self} reads {name!r}, and this file does not hold it. Weights in a file of "
                "their own are not read: save the model as one file."
            )
        try:
            return self.onnx.numpy_helper.to_array(tensor)
        except Exception as error:  # sizes and bytes that do not agree, in several ways
            raise ValueError(f"{self}: {name!r} cannot be read: {error}") from None

    def bias(self, size):
        if not self.has(2):
            return np.zeros(size, "float32")
        bias = self.tensor(2)
        return bias.reshape(-1) if bias.size == size else bias

    def window(self):
        self.expect(dilations=[1, 1])
        strides, pads = self.get("strides", [1, 1]), self.get("pads", [0, 0, 0, 0])
        if len(strides) != 2 or len(pads) != 4:
            raise ValueError(f"{self} has strides {strides} and pads {pads}: not of maps.")
        top, left, bottom, right = pads
        padding = shortest(((top, bottom), (left, right)))
        match self.get("auto_pad", b"NOTSET"):
            case b"NOTSET" | b"":
                pass
            case b"VALID":
                padding = 0
            case b"SAME_UPPER":
                padding = "same"
            case other:
                raise ValueError(f"{self} has auto_pad={other.decode()}, not known here.")
        return {"strides": shortest(strides), "padding": padding}


def _decimal(number):
    """A number that ONNX keeps in 32 bits, as it was written: 1e-4, not 0.0000999999974."""
    return float(str(np.float32(number)))


_ACROSS_PIXELS = ("Mul", "AveragePool", "Mul", "Add", "Pow", "Mul")
"""The nodes of a normalization across pixels, for which ONNX has no operation of its own: the
squares, their mean over the window, times alpha, plus k, to the power of -beta, times the values.
"""


class _Chain:
    """Layers of an ONNX graph, added node by node."""

    def __init__(self, batch, shape):
        self.batch, self.shape = batch, shape
        self.layers, self.weights = [], {}
        self.groups = 1  # that a Reshape has moved into the batch
        self.pixels = []  # nodes so far of a normalization across pixels

    def add(self, node):
        before = len(self.layers)
        if self.pixels or node.operation == "Mul":
            self.pixels.append(node)
            if node.operation != _ACROSS_PIXELS[len(self.pixels) - 1]:
                raise ValueError(f"{node}: {_PIXELS_REFUSED}")
            if len(self.pixels) == len(_ACROSS_PIXELS):
                self._lrn_across_pixels(*self.pixels)
                self.pixels = []
            return
        if self.groups > 1 and node.operation not in ("LRN", "Reshape"):
            raise ValueError(
                f"{node} stands where {self.groups} groups of channels are rows of the batch, and "
                "only LRN is read there."
            )
        getattr(self, f"_{node.operation.lower()}")(node)
        if len(self.layers) > before:
            try:
                self.shape = self.layers[-1].output_shape(self.shape)
            except (ValueError, TypeError) as error:
                raise ValueError(f"{node}, input {self.shape}: {error}") from None

    def end(self):
        """Refuse a graph that ends within a layer."""
        if self.pixels or self.groups > 1:
            raise ValueError("the graph ends within a normalization.")

    def _name(self, kind):
        """conv3, fc6; lrn1, pool5 and drop7 after the layer with weights that came before."""
        name = f"{kind}{len(self.weights) + (kind in ('conv', 'fc'))}"
        taken = [layer.name for layer in self.layers]
        return next(n for n in (name, *(f"{name}_{i}" for i in range(2, 99))) if n not in taken)

    def _conv(self, node):
        window = node.window()
        kernel = node.tensor(1)
        sides = list(kernel.shape[2:])
        if kernel.ndim != 4 or node.get("kernel_shape", sides) != sides:
            raise ValueError(
                f"{node}: its kernel {node.inputs[1]!r} has shape {kernel.shape}, and kernel_shape "
                f"is {node.get('kernel_shape')}."
            )
        name, filters = self._name("conv"), len(kernel)
        options = window | {"groups": node.get("group", 1), "activation": None}
        self.layers.append(Conv(name, filters, shortest(kernel.shape[2:]), **options))
        self.weights[name] = kernel, node.bias(filters), node.label

    def _gemm(self, node):
        node.expect(alpha=1.0, beta=1.0, transA=0)
        kernel = node.tensor(1)
        if kernel.ndim != 2:
            raise ValueError(
                f"{node}: {node.inputs[1]!r} has shape {kernel.shape}, expected two sizes."
            )
        kernel = kernel if node.get("transB", 0) else kernel.T
        name, units = self._name("fc"), len(kernel)
        self.layers.append(Dense(name, units, activation=None))
        self.weights[name] = kernel, node.bias(units), node.label

    def _activate(self, node, kinds, activation):
        before = self.layers[-1] if self.layers else None
        if before is None or before.kind not in kinds or before.activation is not None:
            raise ValueError(
                f"{node} does not follow a layer that can take it as its activation "
                f"({' or '.join(kinds)}, without one so far)."
            )
        self.layers[-1] = replace(before, activation=activation)

    def _relu(self, node):
        before = self.layers[-1].kind if self.layers else ""
        if before in ("pool", "lrn"):
            self.layers.append(Activation(self._name("relu")))
        else:
            self._activate(node, ("conv", "dense"), "relu")

    def _softmax(self, node):
        if node.get("axis", 1) not in (1, -1):
            raise ValueError(f"{node} has axis={node.get('axis')}, expected 1: the classes.")
        self._activate(node, ("dense",), "softmax")

    def _lrn(self, node):
        if node.get("size", 0) % 2 == 0:
            raise ValueError(f"{node} has size={node.get('size')}, expected an odd number.")
        defaults = {"alpha": 1e-4, "beta": 0.75, "bias": 1.0}
        numbers = [_decimal(node.get(name, default)) for name, default in defaults.items()]
        options = {"divide_by_size": True, "groups": self.groups}  # ONNX divides alpha
        self.layers.append(LRN(self._name("lrn"), node.get("size"), *numbers, **options))

    def _lrn_across_pixels(self, square, mean, weigh, add, power, product):
        mean.expect(count_include_pad=1)
        size = (mean.get("kernel_shape") or [0])[0]
        whole = mean.get("kernel_shape") == [size] * 2 and mean.get("pads") == [size // 2] * 4
        joined = len(square.inputs) == len(product.inputs) == 2 and (
            square.inputs[0] == square.inputs[1] == product.inputs[1]
        )
        if not whole or not joined:
            raise ValueError(f"{square}: {_PIXELS_REFUSED}")
        alpha, k, beta = (_decimal(each.tensor(1).item()) for each in (weigh, add, power))
        options = {"divide_by_size": True, "across": "pixels"}  # the mean is a sum divided
        self.layers.append(LRN(self._name("lrn"), size, alpha, -beta, k, **options))

    def _maxpool(self, node):
        node.expect(storage_order=0)
        window = node.window()
        if len(node.get("kernel_shape", ())) != 2:
            raise ValueError(f"{node}: kernel_shape is {node.get('kernel_shape')}.")
        rounding = "ceil" if node.get("ceil_mode") else "floor"
        size = shortest(node.get("kernel_shape"))
        self.layers.append(Pool(self._name("pool"), size, rounding=rounding, **window))

    def _flatten(self, node):
        node.expect(axis=1)
        self.layers.append(Flatten("flatten"))

    def _reshape(self, node):
        node.expect(allowzero=0)
        shape = node.tensor(1).tolist() if node.has(1) else None
        if isinstance(shape, list) and len(shape) == 4 and len(self.shape) == 3:
            height, width, channels = self.shape
            in_group = channels if self.groups > 1 else shape[1]
            if in_group > 0 and channels % in_group == 0 and shape == [-1, in_group, height, width]:
                self.groups = channels // in_group
                return
        rows, numbers = {0, -1, 1, self.batch}, {-1, prod(self.shape)}
        flat = isinstance(shape, list) and len(shape) == 2
        if not flat or shape[0] not in rows or shape[1] not in numbers:
            raise ValueError(
                f"{node} makes shape {shape}, expected (batch, {prod(self.shape)}): only "
                "flattening is known here."
            )
        self.layers.append(Flatten("flatten"))

    def _dropout(self, node):
        rate = node.tensor(1).item() if node.has(1) else node.get("ratio", 0.5)
        if node.has(2) and node.tensor(2).item():
            raise ValueError(f"{node} drops when it is used too: training_mode is set.")
        self.layers.append(Dropout(self._name("drop"), _decimal(rate)))


_PIXELS_REFUSED = (
    f"read are these operations alone where the nodes {', '.join(_ACROSS_PIXELS)} normalize each "
    "value over a square of pixels around it, as save_onnx writes them."
)


# Writing


def _write_graph(network, model, onnx):
    """A description and the weights of its Keras model, as an ONNX graph."""
    helper, nodes, tensors = onnx.helper, [], []
    weighted = weighted_layers(network)

    def hold(name, array):
        tensors.append(onnx.numpy_helper.from_array(array, name))
        return name

    def node(operation, name, *also, **attributes):
        nonlocal value
        reads, value = value, f"{name}_out"
        nodes.append(helper.make_node(operation, [reads, *also], [value], name=name, **attributes))

    def weights(name):
        kernel, bias = model.get_layer(name).get_weights()
        kernel = weighted[name].outward(kernel)
        return hold(f"{name}_w", kernel), hold(f"{name}_b", bias.astype("float32"))

    def window(step):
        (top, bottom), (left, right) = step.pads
        return {
            "kernel_shape": tuple(window.kernel_size for window in step.windows),
            "strides": tuple(window.strides for window in step.windows),
            "pads": (top, left, bottom, right),
        }

    def activate(layer):
        known = {None: None, "relu": "Relu"}
        if layer.kind == "dense":
            known["softmax"] = "Softmax"
        if layer.activation not in known:
            raise ValueError(
                f"layer {layer.name!r}: activation {layer.activation!r} is not written here. "
                f"Known for this kind, {layer.kind}: {', '.join(map(str, known))}."
            )
        if layer.activation:
            axis = {"axis": 1} if layer.activation == "softmax" else {}
            node(known[layer.activation], f"{layer.name}_{layer.activation}", **axis)

    def regroup(name, channels, shape):
        size = np.array([-1, channels, *shape[:2]], "int64")
        node("Reshape", name, hold(f"{name}_shape", size))

    def normalize(layer, shape):
        neighbors = layer.size if layer.across == "channels" else layer.size**2
        # ONNX's LRN and a mean over pixels both divide by the neighbors.
        alpha = float(layer.alpha if layer.divide_by_size else layer.alpha * neighbors)
        if layer.across == "channels":
            # ONNX's LRN knows no groups: they become rows of the batch, and come back.
            if layer.groups > 1:
                regroup(f"{layer.name}_apart", shape[2] // layer.groups, shape)
            numbers = {"alpha": alpha, "beta": float(layer.beta), "bias": float(layer.k)}
            node("LRN", layer.name, size=layer.size, **numbers)
            if layer.groups > 1:
                regroup(f"{layer.name}_together", shape[2], shape)
            return
        values = value
        square = {"kernel_shape": [layer.size] * 2, "pads": [layer.size // 2] * 4}
        node("Mul", f"{layer.name}_squares", values)
        node("AveragePool", f"{layer.name}_mean", count_include_pad=1, **square)
        for operation, word, number in (
            ("Mul", "alpha", alpha),
            ("Add", "k", layer.k),
            ("Pow", "power", -layer.beta),
        ):
            number = hold(f"{layer.name}_{word}_value", np.array(number, "float32"))
            node(operation, f"{layer.name}_{word}", number)
        node("Mul", layer.name, values)

    value = "pictures"
    for step in network.steps:
        layer = step.layer
        name = layer.name
        match layer.kind:
            case "conv":
                node("Conv", name, *weights(name), group=layer.groups, **window(step))
                activate(layer)
            case "pool":
                node("MaxPool", name, **window(step))
            case "activation":
                activate(layer)
            case "lrn":
                normalize(layer, step.input)
            case "flatten":
                node("Flatten", name, axis=1)
            case "dense":
                node("Gemm", name, *weights(name), transB=1)
                activate(layer)
            case "dropout":
                node("Dropout", name, hold(f"{name}_rate", np.array(layer.rate, "float32")))
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
