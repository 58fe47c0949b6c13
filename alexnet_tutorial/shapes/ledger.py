"""The ledger: for each layer of a network what comes in, the formula, what goes out, and its cost.

Reads a description (:class:`~alexnet_tutorial.shapes.Architecture`) without Keras; the rows of a
built Keras model come from :mod:`~alexnet_tutorial.shapes.keras_ledger`. Shapes are (height,
width, channels) of one picture whatever the model's data format, or (length,) of a vector. Only
where a Keras model mixes both data formats is there no one way to read its shapes, and they are
shown as the tensors have them.
"""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from alexnet_tutorial.shapes.architecture import Architecture, Shape, Step, Windows, pair

if TYPE_CHECKING:
    import keras

FLOAT32_BYTES = 4


def shape_text(shape: Shape) -> str:
    """Write a shape: 55 × 55 × 96."""
    return " × ".join(map(str, shape))


@dataclass(frozen=True)
class Row:
    """One layer's line in the ledger.

    Args:
        name: The layer's name; ``"<name>, call 2"`` where a Keras layer is called again.
        kind: conv, pool, lrn, activation, flatten, dense, dropout; a Keras class name for other
            layers.
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
_ALIGN = ("left",) * 5 + ("right",) * 3


@dataclass(frozen=True)
class Ledger:
    """The rows of a network and their sums. Shows itself as a table in a notebook.

    Args:
        name: The network's name.
        rows: One row for each layer, in order.

    Example:
        >>> from alexnet_tutorial.shapes import variant
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

    def _table(self, form: str, mark: str = "") -> str:
        """All rows and their sums as a table; ``mark`` stands around the words of the last."""
        from tabulate import tabulate

        cells: list[tuple[str, ...]] = [
            (
                row.name,
                row.kind,
                shape_text(row.input),
                row.formula,
                shape_text(row.output),
                f"{row.parameters:,}",
                f"{row.macs:,}",
                f"{row.bytes / 1024:,.1f}",
            )
            for row in self.rows
        ]
        sums = f"{self.parameters:,}", f"{self.macs:,}", f"{self.activation_bytes / 1024:,.1f}"
        total, *numbers = (f"{mark}{text}{mark}" for text in ("total", *sums))
        cells.append((total, "", "", "", "", *numbers))
        return tabulate(cells, COLUMNS, form, colalign=_ALIGN, disable_numparse=True)

    @property
    def _note(self) -> str:
        return (
            "MACs: multiply-accumulates on one picture, products with the zeros of the padding "
            f"included; {self.macs_unpadded:,} without them. Memory: the layer's output for one "
            "picture as 32-bit floats."
        )

    def __str__(self) -> str:
        """Return the table as plain text."""
        return f"{self.name}\n{self._table('simple')}\n{self._note}"

    def to_markdown(self) -> str:
        """Return the table as Markdown."""
        return f"{self._table('pipe', '**')}\n\n{self._note}\n"

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
        name = html.escape(self.name)
        table = self._table("html").replace("<table>", f"<table><caption>{name}</caption>")
        for tag in ("th", "td"):  # notebooks set cells to the right that do not say where
            table = table.replace(f"<{tag}>", f'<{tag} style="text-align: left;">')
        return (
            '<div class="alexnet-ledger" style="overflow-x:auto;white-space:nowrap" tabindex="0" '
            f'role="region" aria-label="Ledger of {name}">{table}'
            f'<p style="white-space:normal">{html.escape(self._note)}</p></div>'
        )


def ledger(network: "Architecture | keras.Model") -> Ledger:
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
        >>> from alexnet_tutorial.shapes import variant
        >>> ledger(variant("alexnet-2012"))["conv1"].formula
        '⌈(224 − 11) / 4⌉ + 1 = 55'
    """
    if isinstance(network, Architecture):
        return Ledger(network.name, tuple(map(_described_row, network.steps)))
    if hasattr(network, "layers") and hasattr(network, "count_params"):
        from alexnet_tutorial.shapes.keras_ledger import rows

        return Ledger(network.name, tuple(rows(network)))
    raise TypeError(
        f"a ledger needs an Architecture or a Keras model, and received {type(network).__name__}. "
        "For a variant's name, call shapes.variant(name) first."
    )


def _described_row(step: Step) -> Row:
    layer, shape, out, windows = step
    texts = {}
    if windows:
        texts["formula"] = window_formula(windows)
    if layer.kind == "conv":
        texts |= conv_formulas(shape, out, pair(layer.kernel_size), layer.groups)
    elif layer.kind == "dense":
        texts = dense_formulas(shape, layer.units)
    elif layer.kind == "flatten":
        texts["formula"] = flatten_formula(shape)
    return Row(
        layer.name,
        layer.kind,
        shape,
        out,
        parameters=layer.parameters(shape),
        macs=layer.macs(shape),
        macs_unpadded=layer.macs_unpadded(shape),
        **texts,
    )


def window_formula(windows: Windows) -> str:
    """How the output size follows from the input's: once, where height and width agree."""
    formulas = []
    for window in windows:
        before, after = window.padding_pair
        pads = f" + {before} + {after}" if before or after else ""
        left, right = "⌈⌉" if window.rounding == "ceil" else "⌊⌋"
        room = f"{left}({window.size}{pads} − {window.span}) / {window.strides}{right}"
        formulas.append(f"{room} + 1 = {window.outputs}")
    return "; ".join(dict.fromkeys(formulas))


def flatten_formula(shape: Shape) -> str:
    """How the length of a vector follows from the maps it was."""
    return f"{' · '.join(map(str, shape))} = {prod(shape)}"


def conv_formulas(
    shape: Shape, out: Shape, kernel: Sequence[int], groups: int, use_bias: bool = True
) -> dict[str, str]:
    """How the parameters and the multiply-accumulates of a convolution are counted."""
    weights = *kernel, shape[2] // groups, out[2]
    return _counts(weights, (*out[:2], *weights), out[2] if use_bias else 0)


def dense_formulas(shape: Shape, units: int, use_bias: bool = True) -> dict[str, str]:
    """How the output, parameters and multiply-accumulates of a dense layer are counted."""
    weights = shape[-1], units
    counts = _counts(weights, (*shape, units), units if use_bias else 0)
    return {"formula": f"{shape[-1]} → {units}", **counts}


def _counts(weights: Sequence[int], products: Sequence[int], bias: int) -> dict[str, str]:
    one, every = (" · ".join(map(str, factors)) for factors in (weights, products))
    return {
        "parameters_formula": f"{one}{f' + {bias}' if bias else ''} = {prod(weights) + bias:,}",
        "macs_formula": f"{every} = {prod(products):,}",
    }
