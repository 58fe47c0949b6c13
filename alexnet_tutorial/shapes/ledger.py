"""The ledger of a network: for each layer what comes in, the formula, what goes out, and its cost.

Reads a description (:class:`~alexnet_tutorial.shapes.Architecture`, without Keras) or any
built Keras model. Shapes are (height, width, channels) of one picture whatever the model's data
format, or (length,) of a vector. Only where a Keras model mixes both data formats is there no one
way to read its shapes, and they are shown as the tensors have them.
"""

import html
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from alexnet_tutorial.shapes import window as arithmetic
from alexnet_tutorial.shapes.architecture import Architecture, Shape, _padding_pair, pair

FLOAT32_BYTES = 4


def _shape_text(shape: Shape) -> str:
    return " × ".join(map(str, shape))


@dataclass(frozen=True)
class Row:
    """One layer's line in the ledger.

    Args:
        name: The layer's name; ``"<name>, call 2"`` where a Keras layer is called again.
        kind: conv, pool, lrn, flatten, dense, dropout; a Keras class name for other layers.
        input: Shape that comes in; of several, the largest.
        output: Shape that goes out.
        formula: How the output size follows from the input's, with the numbers in it.
        parameters: Learned (and, in a Keras model, all stored) numbers.
        macs: Multiply-accumulates on one picture, products with padding zeros included.
        macs_unpadded: The same with products with padding zeros left out, and, in a transposed
            convolution, those that fall outside the cropped output.
        parameters_formula: How the parameters are counted, with the numbers in it.
        macs_formula: How the multiply-accumulates are counted, with the numbers in it.
    """

    name: str
    kind: str
    input: Shape
    output: Shape
    formula: str = ""
    parameters: int = 0
    macs: int = 0
    macs_unpadded: int = 0
    parameters_formula: str = ""
    macs_formula: str = ""

    @property
    def bytes(self) -> int:
        """Bytes of the output of one picture, as 32-bit floats."""
        return prod(self.output) * FLOAT32_BYTES

    def to_json(self) -> dict:
        """Return the row as plain values; a vector of n is the shape [1, 1, n]."""
        return {
            "name": self.name,
            "kind": self.kind,
            "input": [1] * (3 - len(self.input)) + list(self.input),
            "output": [1] * (3 - len(self.output)) + list(self.output),
            "parameters": self.parameters,
            "macs": self.macs,
            "macs_unpadded": self.macs_unpadded,
        }


COLUMNS = ("layer", "kind", "input", "output size", "output", "parameters", "MACs", "memory (KiB)")
_NUMBERS = range(5, 8)


@dataclass(frozen=True)
class Ledger:
    """The rows of a network and their sums. Shows itself as a table in a notebook.

    Args:
        name: The network's name.
        rows: One row for each layer, in order.

    Example:
        >>> from alexnet_tutorial.shapes.variants import variant
        >>> book = ledger(variant("caffe"))
        >>> book["conv1"].formula
        '⌊(227 − 11) / 4⌋ + 1 = 55'
        >>> f"{book.parameters:,}"
        '60,965,224'
    """

    name: str
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        """Go through the rows."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    def __getitem__(self, name: str) -> Row:
        """Find the row of a layer by its name."""
        for row in self.rows:
            if row.name == name:
                return row
        known = ", ".join(row.name for row in self.rows)
        raise KeyError(f"the ledger of {self.name!r} has no layer {name!r}. Its layers: {known}.")

    @property
    def parameters(self) -> int:
        """Learned numbers of the whole network."""
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-accumulates on one picture, products with padding zeros included."""
        return sum(row.macs for row in self.rows)

    @property
    def macs_unpadded(self) -> int:
        """Multiply-accumulates on one picture, products with padding zeros left out."""
        return sum(row.macs_unpadded for row in self.rows)

    @property
    def parameter_bytes(self) -> int:
        """Bytes of the parameters, as 32-bit floats."""
        return self.parameters * FLOAT32_BYTES

    @property
    def activation_bytes(self) -> int:
        """Bytes of all layers' outputs for one picture, as 32-bit floats."""
        return sum(row.bytes for row in self.rows)

    def _cells(self):
        for row in self.rows:
            yield (
                row.name,
                row.kind,
                _shape_text(row.input),
                row.formula,
                _shape_text(row.output),
                f"{row.parameters:,}",
                f"{row.macs:,}",
                f"{row.bytes / 1024:,.1f}",
            )

    def _total(self):
        return (
            "total",
            *[""] * 4,
            f"{self.parameters:,}",
            f"{self.macs:,}",
            f"{self.activation_bytes / 1024:,.1f}",
        )

    def _note(self):
        return (
            "MACs: multiply-accumulates on one picture, products with the zeros of the padding "
            f"included; {self.macs_unpadded:,} without them. Memory: the layer's output for one "
            "picture as 32-bit floats."
        )

    def __str__(self) -> str:
        """Return the table as plain text."""
        table = [COLUMNS, *self._cells(), self._total()]
        widths = [max(len(row[i]) for row in table) for i in range(len(COLUMNS))]
        lines = [
            "  ".join(
                cell.rjust(width) if i in _NUMBERS else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in table
        ]
        rule = "-" * max(map(len, lines))
        return "\n".join(
            [self.name, rule, lines[0], rule, *lines[1:-1], rule, lines[-1], self._note()]
        )

    def to_markdown(self) -> str:
        """Return the table as Markdown."""
        rule = ["---:" if i in _NUMBERS else "---" for i in range(len(COLUMNS))]
        rows = [
            COLUMNS,
            rule,
            *self._cells(),
            [f"**{cell}**" if cell else "" for cell in self._total()],
        ]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows) + f"\n\n{self._note()}\n"

    def to_json(self) -> dict:
        """Return the ledger as plain values, ready for ``json.dumps``."""
        return {
            "name": self.name,
            "layers": [row.to_json() for row in self.rows],
            "parameters": self.parameters,
            "macs": self.macs,
            "macs_unpadded": self.macs_unpadded,
        }

    def _repr_html_(self) -> str:
        def line(cells, tag):
            return (
                "<tr>"
                + "".join(
                    f'<{tag} style="text-align:{"right" if i in _NUMBERS else "left"}'
                    f'{";white-space:nowrap" if i != 3 else ""}">'
                    f"{html.escape(cell)}</{tag}>"
                    for i, cell in enumerate(cells)
                )
                + "</tr>"
            )

        body = "".join(line(cells, "td") for cells in self._cells())
        return (
            '<div class="alexnet-ledger" style="overflow-x:auto" tabindex="0" role="region" '
            f'aria-label="Ledger of {html.escape(self.name)}"><table>'
            f"<caption>{html.escape(self.name)}</caption>"
            f"<thead>{line(COLUMNS, 'th')}</thead><tbody>{body}</tbody>"
            f"<tfoot>{line(self._total(), 'td')}</tfoot></table>"
            f"<p>{html.escape(self._note())}</p></div>"
        )


def ledger(network) -> Ledger:
    """Write the ledger of a network.

    In a Keras model each call of a layer has a row, those inside a nested model too, and each
    call has its multiply-accumulates; shared weights are counted once, where they come first.
    Multiply-accumulates are those of 2-D convolutions (plain, grouped, dilated, depthwise,
    separable, transposed) and of ``Dense`` layers. Other layers show their class name, shapes
    and parameters, but no multiply-accumulates, even where they multiply: ``Conv1D`` and
    ``Conv3D``, ``EinsumDense``, attention, recurrent layers and operations of ``keras.ops``.

    Args:
        network: An :class:`~alexnet_tutorial.shapes.Architecture`, or a built Keras model
            (Sequential or Functional) with a fixed input size.

    Returns:
        The ledger.

    Raises:
        TypeError: The argument is neither.
        ValueError: The Keras model is not built, or its input size is not fixed.

    Example:
        >>> from alexnet_tutorial.shapes.variants import variant
        >>> ledger(variant("alexnet-2012"))["conv1"].formula
        '⌈(224 − 11) / 4⌉ + 1 = 55'
    """
    if isinstance(network, Architecture):
        rows = tuple(_described_row(*step) for step in network.walk())
        return Ledger(network.name, rows)
    if hasattr(network, "layers") and hasattr(network, "count_params"):
        return _keras_ledger(network)
    raise TypeError(
        f"a ledger needs an Architecture or a Keras model, and received {type(network).__name__}. "
        "For a variant's name, call architecture.variant(name) first."
    )


def _described_row(layer, shape, out):
    extras = {}
    if layer.kind in ("conv", "pool"):
        axes = layer._axes(shape)
        extras["formula"] = _window_formula(axes, out[:2])
    if layer.kind == "conv":
        extras |= _conv_formulas(shape, out, pair(layer.kernel_size), layer.groups, True)
    elif layer.kind == "dense":
        extras |= _dense_formulas(shape[0], layer.units, True)
    elif layer.kind == "flatten":
        extras["formula"] = f"{' · '.join(map(str, shape))} = {out[0]}"
    return Row(
        layer.name,
        layer.kind,
        shape,
        out,
        parameters=layer.parameters(shape),
        macs=layer.macs(shape),
        macs_unpadded=layer.macs_unpadded(shape),
        **extras,
    )


def _axis_formula(axis, out):
    before, after = arithmetic.resolve_padding(
        axis["size"],
        axis["kernel_size"],
        axis["strides"],
        axis["padding"],
        axis.get("dilation_rate", 1),
    )
    span = arithmetic.effective_kernel_size(axis["kernel_size"], axis.get("dilation_rate", 1))
    pads = f" + {before} + {after}" if before or after else ""
    left, right = "⌈⌉" if axis["rounding"] == "ceil" else "⌊⌋"
    return f"{left}({axis['size']}{pads} − {span}) / {axis['strides']}{right} + 1 = {out}"


def _window_formula(axes, out):
    return _either(_axis_formula(axis, n) for axis, n in zip(axes, out, strict=True))


def _either(formulas):
    rows, columns = formulas
    return rows if rows == columns else f"{rows}; {columns}"


def _conv_formulas(shape, out, kernel, groups, use_bias):
    per_group = shape[2] // groups
    one = f"{kernel[0]} · {kernel[1]} · {per_group} · {out[2]}"
    bias = out[2] if use_bias else 0
    parameters = prod(kernel) * per_group * out[2] + bias
    macs = out[0] * out[1] * prod(kernel) * per_group * out[2]
    return {
        "parameters_formula": f"{one}{f' + {bias}' if bias else ''} = {parameters:,}",
        "macs_formula": f"{out[0]} · {out[1]} · {one} = {macs:,}",
    }


def _dense_formulas(inputs, units, use_bias, positions=()):
    bias = f" + {units}" if use_bias else ""
    products = " · ".join(map(str, (*positions, inputs, units)))
    return {
        "formula": f"{inputs} → {units}",
        "parameters_formula": f"{inputs} · {units}{bias} = "
        f"{inputs * units + (units if use_bias else 0):,}",
        "macs_formula": f"{products} = {prod(positions) * inputs * units:,}",
    }


# ---- Keras models -------------------------------------------------------------------------

_KINDS = {
    "Conv2D": "conv",
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


def _kind(layer):
    """The kind of a Keras layer or of the nearest known class that it specializes."""
    names = [cls.__name__ for cls in type(layer).__mro__]
    return next((_KINDS[name] for name in names if name in _KINDS), names[0])


def _keras_ledger(model):
    if not model.built:
        raise ValueError(
            f"model {model.name!r} is not built, so its layers have no shapes yet. Give it a "
            "keras.Input, or call model.build(input_shape) with the size of one batch."
        )
    calls = list(_calls(model))
    shown = _shown_data_format(layer for layer, _, _ in calls)
    rows, counted, times = [], set(), Counter()
    for layer, inputs, outputs in calls:
        fresh = {id(weight): prod(weight.shape) for weight in layer.weights}
        parameters = sum(size for key, size in fresh.items() if key not in counted)
        counted |= set(fresh)
        times[id(layer)] += 1
        rows.append(_keras_row(layer, inputs, outputs, shown, parameters, times[id(layer)]))
    return Ledger(model.name, tuple(rows))


def _calls(model, given=None):
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


def _shown_data_format(layers):
    """The one data format of all layers; None where they mix two."""
    # Flatten has a format too, and in a vector it says nothing about where the channels were.
    formats = {getattr(layer, "data_format", None) for layer in layers if _kind(layer) != "flatten"}
    formats -= {None}
    return None if len(formats) > 1 else (formats or {"channels_last"}).pop()


def _tensor_shape(tensor, layer):
    shape = tuple(tensor.shape[1:])
    if None in shape:
        raise ValueError(
            f"layer {layer.name!r} has shape {tuple(tensor.shape)}: the input size is not fixed, "
            "so nothing can be counted. Give keras.Input the height and width."
        )
    return shape


def _channels_last(shape, data_format):
    if len(shape) == 3 and data_format == "channels_first":
        return shape[1], shape[2], shape[0]
    return shape


def _keras_row(layer, inputs, outputs, shown, parameters, call):
    """The row of one call; ``shown`` is the data format that the model's shapes are turned from."""
    own_inputs = [_tensor_shape(tensor, layer) for tensor in inputs]
    own_shape, own_out = max(own_inputs, key=prod), _tensor_shape(outputs[0], layer)
    data_format = getattr(layer, "data_format", None) or shown
    shape, out = (_channels_last(side, data_format) for side in (own_shape, own_out))
    kind = _kind(layer)
    extras = {}
    if kind in ("pool", "average-pool"):
        axes = _keras_axes(layer, shape, layer.pool_size, (1, 1))
        extras["formula"] = _window_formula(axes, out[:2])
    elif kind == "flatten":
        sides = _channels_last(own_shape, shown)
        extras["formula"] = f"{' · '.join(map(str, sides))} = {out[0]}"
    elif kind == "dense":
        *positions, features = own_shape
        extras |= _dense_formulas(features, layer.units, layer.use_bias, positions)
        extras["macs"] = extras["macs_unpadded"] = prod(own_shape) * layer.units
    elif kind == "conv":
        axes = _keras_axes(layer, shape, layer.kernel_size, layer.dilation_rate)
        positions, on_pixels = prod(out[:2]), _on_pixels(axes)
        extras["formula"] = _window_formula(axes, out[:2])
        extras |= _conv_formulas(shape, out, layer.kernel_size, layer.groups, layer.use_bias)
        extras["macs"] = arithmetic.conv_macs(
            positions, shape[2], out[2], prod(layer.kernel_size), layer.groups
        )
        extras["macs_unpadded"] = arithmetic.conv_macs(on_pixels, shape[2], out[2], 1, layer.groups)
    elif kind in ("depthwise-conv", "separable-conv"):
        axes = _keras_axes(layer, shape, layer.kernel_size, layer.dilation_rate)
        extras["formula"] = _window_formula(axes, out[:2])
        maps = shape[2] * layer.depth_multiplier
        pointwise = prod(out) * maps if kind == "separable-conv" else 0
        extras["macs"] = prod(out[:2]) * prod(layer.kernel_size) * maps + pointwise
        extras["macs_unpadded"] = _on_pixels(axes) * maps + pointwise
    elif kind == "transposed-conv":
        axes = _transposed_axes(layer, shape)
        extras["formula"] = _either(
            _transposed_formula(*step) for step in zip(axes, out[:2], strict=True)
        )
        extras["macs"] = prod(shape) * prod(layer.kernel_size) * out[2]
        kept = prod(arithmetic.weights_in_output(**axis) for axis in axes)
        extras["macs_unpadded"] = kept * shape[2] * out[2]
    elif len(own_inputs) > 1:
        extras["formula"] = _merge_formula(layer, own_inputs, own_out, shown)
    if call > 1:
        extras["parameters_formula"] = ""
    return Row(
        layer.name if call == 1 else f"{layer.name}, call {call}",
        kind,
        _channels_last(own_shape, shown),
        _channels_last(own_out, shown),
        parameters=parameters,
        **extras,
    )


def _keras_axes(layer, shape, kernel, dilation):
    paddings = _padding_pair(layer.padding)
    return [
        {
            "size": shape[axis],
            "kernel_size": kernel[axis],
            "strides": layer.strides[axis],
            "padding": paddings[axis],
            "rounding": "floor",
            "dilation_rate": dilation[axis],
        }
        for axis in (0, 1)
    ]


def _on_pixels(axes):
    return prod(arithmetic.weights_on_pixels(**axis) for axis in axes)


def _transposed_axes(layer, shape):
    return [
        {
            "size": shape[axis],
            "kernel_size": layer.kernel_size[axis],
            "strides": layer.strides[axis],
            "padding": layer.padding,
            "output_padding": layer.output_padding and layer.output_padding[axis],
            "dilation_rate": layer.dilation_rate[axis],
        }
        for axis in (0, 1)
    ]


def _transposed_formula(axis, out):
    span = arithmetic.effective_kernel_size(axis["kernel_size"], axis["dilation_rate"])
    more = out - (axis["size"] - 1) * axis["strides"] - span
    rest = f" {'+' if more > 0 else '−'} {abs(more)}" if more else ""
    return f"({axis['size']} − 1) · {axis['strides']} + {span}{rest} = {out}"


def _merge_formula(layer, shapes, out, shown):
    """What a layer of several inputs joins: the sum along the axis, or the shapes that differ."""
    if type(layer).__name__ == "Concatenate":
        axis = layer.axis - 1 if layer.axis > 0 else layer.axis
        return f"{' + '.join(str(shape[axis]) for shape in shapes)} = {out[axis]}"
    if len(set(shapes)) == 1:
        return ""
    return ", ".join(_shape_text(_channels_last(shape, shown)) for shape in shapes)
