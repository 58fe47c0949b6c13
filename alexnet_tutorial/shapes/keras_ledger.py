"""The rows of a built Keras model's ledger: one for each call of a layer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import Any

from alexnet_tutorial.shapes.architecture import Shape, windows
from alexnet_tutorial.shapes.ledger import (
    Row,
    conv_formulas,
    dense_formulas,
    flatten_formula,
    shape_text,
    window_formula,
)
from alexnet_tutorial.shapes.window import TransposedWindow, Window

KINDS = {
    "Conv1D": "conv1d",
    "Conv2D": "conv",
    "Conv3D": "conv3d",
    "DepthwiseConv2D": "depthwise-conv",
    "SeparableConv2D": "separable-conv",
    "Conv2DTranspose": "transposed-conv",
    "MaxPooling2D": "pool",
    "AveragePooling2D": "average-pool",
    "ZeroPadding2D": "pad",
    "LRN": "lrn",
    "Flatten": "flatten",
    "Dense": "dense",
    "Dropout": "dropout",
    "BatchNormalization": "batch-norm",
    "Activation": "activation",
    "ReLU": "activation",
    "Rescaling": "rescaling",
}


def _kind(layer: Any) -> str:
    """The kind of a Keras layer or of the nearest known class that it specializes."""
    names = [cls.__name__ for cls in type(layer).__mro__]
    return next((KINDS[name] for name in names if name in KINDS), names[0])


def rows(model: Any) -> Iterator[Row]:
    """Make the rows of a built Keras model; :func:`~alexnet_tutorial.shapes.ledger` says which.

    Args:
        model: A Sequential or Functional model with a fixed input size.

    Yields:
        A row for each call of a layer, in order.

    Raises:
        ValueError: The model is not built, or its input size is not fixed.
    """
    if not model.built:
        raise ValueError(
            f"model {model.name!r} is not built, so its layers have no shapes yet. Give it a "
            "keras.Input, or call model.build(input_shape) with the size of one batch."
        )
    calls = list(_calls(model))
    shown = _shown_data_format(layer for layer, _, _ in calls)
    counted: set[int] = set()
    times: Counter[int] = Counter()
    for layer, inputs, outputs in calls:
        fresh = {id(weight): prod(weight.shape) for weight in layer.weights}
        parameters = sum(size for key, size in fresh.items() if key not in counted)
        counted |= set(fresh)
        times[id(layer)] += 1
        yield _row(layer, inputs, outputs, shown, parameters, times[id(layer)])


def _calls(model: Any, given: Sequence[Any] = ()) -> Iterator[tuple[Any, list, list]]:
    """Every call of a layer in a model's graph, in order: (layer, input tensors, output tensors).

    A model inside takes the tensors it is given there, which may have another size than the
    Input it was made with.
    """
    import keras

    graph = getattr(model, "_functional", None) or model  # a Sequential keeps its graph in one
    if not hasattr(graph, "_nodes_by_depth"):
        raise ValueError(
            f"layer {model.name!r} has no graph of calls on a keras.Input, so its layers have no "
            "shapes. Subclassed models keep theirs to themselves: build the model as Sequential "
            "or Functional."
        )
    place = {
        id(node): (index, call)
        for index, operation in enumerate(graph.operations)
        for call, node in enumerate(operation._inbound_nodes)
    }
    # A call may be given more tensors than the inputs, such as a mask.
    tensors = dict(zip(map(id, graph.inputs), given or graph.inputs, strict=False))
    for _, nodes in sorted(graph._nodes_by_depth.items(), reverse=True):
        for node in sorted(nodes, key=lambda node: place[id(node)]):
            if node.is_input:
                continue
            layer, outputs = node.operation, node.outputs
            inputs = [tensors[id(tensor)] for tensor in node.input_tensors]
            if any(a.shape != b.shape for a, b in zip(inputs, node.input_tensors, strict=True)):
                arguments, options = node.arguments.fill_in(tensors)
                outputs = keras.tree.flatten(layer.compute_output_spec(*arguments, **options))
            tensors |= zip(map(id, node.outputs), outputs, strict=True)
            if isinstance(layer, keras.Model):
                yield from _calls(layer, inputs)
            elif hasattr(layer, "count_params"):  # not an operation such as keras.ops.add
                yield layer, inputs, outputs


def _shown_data_format(layers: Iterable[Any]) -> str | None:
    """The one data format of all layers; None where they mix two."""
    # Flatten has a format too, and in a vector it says nothing about where the channels were.
    formats = {getattr(layer, "data_format", None) for layer in layers if _kind(layer) != "flatten"}
    formats -= {None}
    return None if len(formats) > 1 else (formats or {"channels_last"}).pop()


def _tensor_shape(tensor: Any, layer: Any) -> Shape:
    shape = tuple(tensor.shape[1:])
    if None in shape:
        raise ValueError(
            f"layer {layer.name!r} has shape {tuple(tensor.shape)}: the input size is not fixed, "
            "so nothing can be counted. Give keras.Input the height and width."
        )
    return shape


def _channels_last(shape: Shape, data_format: str | None) -> Shape:
    if len(shape) == 3 and data_format == "channels_first":
        return shape[1], shape[2], shape[0]
    return shape


def _row(
    layer: Any, inputs: list, outputs: list, shown: str | None, parameters: int, call: int
) -> Row:
    """The row of one call; ``shown`` is the data format that the model's shapes are turned from."""
    own_inputs = [_tensor_shape(tensor, layer) for tensor in inputs]
    own_shape = max(own_inputs, key=prod)
    if None in outputs[0].shape[1:]:
        raise ValueError(
            f"layer {layer.name!r} puts out {tuple(outputs[0].shape)}, though its input "
            f"{(None, *own_shape)} is fixed: its call leaves a size open, such as by a reshape "
            "with -1 beside the open batch. Write that size as a number in the call, or give the "
            "layer compute_output_shape."
        )
    own_out = _tensor_shape(outputs[0], layer)
    data_format = getattr(layer, "data_format", None) or shown
    shape, out = (_channels_last(side, data_format) for side in (own_shape, own_out))
    kind = _kind(layer)
    texts: dict[str, str] = {}
    macs = unpadded = 0
    if kind in ("pool", "average-pool"):
        slid = windows(shape, layer.pool_size, layer.strides, layer.padding)
        texts["formula"] = window_formula(slid)
    elif kind in ("conv", "depthwise-conv", "separable-conv"):
        slid = windows(
            shape,
            layer.kernel_size,
            layer.strides,
            layer.padding,
            dilation_rate=layer.dilation_rate,
        )
        texts["formula"] = window_formula(slid)
        # Products for each pair of a position and a weight; then those of the 1 × 1 that follows.
        each, pointwise = shape[2] * getattr(layer, "depth_multiplier", 1), 0
        if kind == "conv":
            texts |= conv_formulas(shape, out, layer.kernel_size, layer.groups, layer.use_bias)
            each = shape[2] // layer.groups * out[2]
        elif kind == "separable-conv":
            pointwise = prod(out) * each
        macs = prod(out[:2]) * prod(layer.kernel_size) * each + pointwise
        unpadded = prod(window.weights_on_pixels for window in slid) * each + pointwise
    elif kind in ("conv1d", "conv3d"):
        macs, unpadded = _macs_along(layer, own_shape, own_out)
    elif kind == "transposed-conv":
        spread = _transposed(layer, shape)
        texts["formula"] = "; ".join(dict.fromkeys(map(_transposed_formula, spread)))
        macs = prod(shape) * prod(layer.kernel_size) * out[2]
        unpadded = prod(window.weights_in_output for window in spread) * shape[2] * out[2]
    elif kind == "flatten":
        texts["formula"] = flatten_formula(_channels_last(own_shape, shown))
    elif kind == "dense":
        texts = dense_formulas(own_shape, layer.units, layer.use_bias)
        macs = unpadded = prod(own_shape) * layer.units
    elif len(own_inputs) > 1:
        texts["formula"] = _merge_formula(layer, own_inputs, own_out, shown)
    if call > 1:
        texts["parameters_formula"] = ""
    return Row(
        layer.name if call == 1 else f"{layer.name}, call {call}",
        kind,
        _channels_last(own_shape, shown),
        _channels_last(own_out, shown),
        parameters=parameters,
        macs=macs,
        macs_unpadded=unpadded,
        **texts,
    )


def _macs_along(layer: Any, shape: Shape, out: Shape) -> tuple[int, int]:
    """Products of a convolution along one axis or three, with and without those with padding."""
    first = layer.data_format == "channels_first"
    channels, sizes = (shape[0], shape[1:]) if first else (shape[-1], shape[:-1])
    positions = prod(out[1:] if first else out[:-1])
    each = channels // layer.groups * layer.filters
    on_data = 1
    for size, kernel, stride, rate in zip(
        sizes, layer.kernel_size, layer.strides, layer.dilation_rate, strict=True
    ):
        if layer.padding == "causal":  # zeros before the first moment only
            starts = range(0, size, stride)
            on_data *= sum(min(kernel, start // rate + 1) for start in starts)
        else:
            on_data *= Window(
                size, kernel, stride, layer.padding, dilation_rate=rate
            ).weights_on_pixels
    return positions * prod(layer.kernel_size) * each, on_data * each


def _transposed(layer: Any, shape: Shape) -> tuple[TransposedWindow, ...]:
    extra = layer.output_padding or (None, None)
    axes = zip(shape[:2], layer.kernel_size, layer.strides, extra, layer.dilation_rate, strict=True)
    return tuple(
        TransposedWindow(size, kernel, strides, layer.padding, more, rate)
        for size, kernel, strides, more, rate in axes
    )


def _transposed_formula(window: TransposedWindow) -> str:
    more = window.outputs - (window.size - 1) * window.strides - window.span
    rest = f" {'+' if more > 0 else '−'} {abs(more)}" if more else ""
    return f"({window.size} − 1) · {window.strides} + {window.span}{rest} = {window.outputs}"


def _merge_formula(layer: Any, shapes: list[Shape], out: Shape, shown: str | None) -> str:
    """What a layer of several inputs joins: the sum along the axis, or the shapes that differ."""
    if type(layer).__name__ == "Concatenate":
        axis = layer.axis - 1 if layer.axis > 0 else layer.axis
        return f"{' + '.join(str(shape[axis]) for shape in shapes)} = {out[axis]}"
    if len(set(shapes)) == 1:
        return ""
    return ", ".join(shape_text(_channels_last(shape, shown)) for shape in shapes)
