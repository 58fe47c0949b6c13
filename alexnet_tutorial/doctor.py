"""Examines a Keras model, and data if there is any, and names what is wrong.

The doctor reads shapes, options and the loss. It never reads a weight and never runs the model,
so it also examines models far too large for the machine, built under :func:`without_weights`.
Of a ``.keras`` file it reads the description only: nothing that the file holds is run.

A *fault* is something that no design wants; a *note* is something to know. Where a layer could
mean either, the doctor keeps silent.
"""

import contextlib
import html
import json
import re
import textwrap
import zipfile
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from alexnet_tutorial import arithmetic
from alexnet_tutorial.architecture import pair

CODES = {
    "mixed-data-formats": "layers of one path read the axes of their maps in different orders",
    "padding-changed-channels": "a padding layer added channels instead of rows and columns",
    "pooling-over-channels": "a pooling layer took channels together, not rows and columns",
    "norm-over-wrong-axis": "batch normalization keeps its statistics per row or per column",
    "input-axes-swapped": "the picture's channels are read as its height or width",
    "maps-vanished": "the maps are too small for the window that reads them",
    "does-not-fit": "a layer cannot take the shape that reaches it",
    "unseen-pixels": "rows or columns that no window of the layer reaches",
    "dense-dominates": "one dense layer holds most of the parameters",
    "dense-on-maps": "the output is a dense layer on maps: Flatten is missing",
    "no-nonlinearity": "two layers with weights and nothing but linear steps between them",
    "softmax-one-unit": "softmax, or a loss over classes, on a single output",
    "softmax-twice": "the loss applies softmax or sigmoid to outputs that went through one",
    "no-softmax": "the loss expects probabilities and the last layer puts out anything",
    "mse-on-softmax": "a loss for measurements on a softmax classifier",
    "independent-classes": "classes that exclude each other are judged one by one",
    "nothing-trains": "the model is compiled, and every weight is frozen",
    "mostly-frozen": "only a small part of the weights trains",
    "data-size": "the pictures do not have the size of the model's input",
    "data-channels-order": "the pictures have their channels at the other end",
    "data-channels": "the pictures have another number of channels, or no channel axis",
    "data-no-batch": "one picture where a batch of pictures is expected",
    "data-range": "pixels from 0 to 255 reach a model that does not rescale",
    "data-scaled-twice": "pixels that are already small are rescaled again",
    "data-dtype": "the data are not numbers",
    "data-nan": "the data hold values that are not finite",
    "data-constant": "every value of the data is the same",
    "labels-length": "not as many labels as pictures",
    "labels-shape": "the labels lie along the wrong axis, or have the wrong number of axes",
    "labels-one-hot": "one-hot labels for a loss that expects class numbers",
    "labels-integers": "class numbers for a loss that expects one-hot labels",
    "labels-range": "labels that the outputs cannot stand for",
    "labels-classes": "the labels and the model differ in the number of classes",
    "not-built": "the model has no shapes yet, so that most cannot be examined",
    "not-seen": "a part of the model that the doctor could not look into",
}
"""Every code with its meaning. Codes are stable: books and tests refer to them."""

DENSE_LIMIT = 2**28
"""From here on a dense layer on flattened maps is a fault: 1 GiB of weights as 32-bit floats, and
four times that to train it with Adam. VGG16's, the largest of the well-known, has 103 million."""

_DENSE_SHARE = 0.5
_DENSE_WORTH_A_NOTE = 100_000


@dataclass(frozen=True)
class Finding:
    """One thing that the doctor found.

    Args:
        code: A key of :data:`CODES`.
        severity: ``"fault"`` or ``"note"``.
        layer: The layer's name, or None where it concerns the data or the whole model.
        message: What is so, with its numbers.
        cause: Why it came to be.
        cure: What to write instead.
        numbers: The numbers of the message, as plain values.
    """

    code: str
    severity: str
    layer: str | None
    message: str
    cause: str = ""
    cure: str = ""
    numbers: dict = field(default_factory=dict)

    def to_json(self) -> dict:
        """Return the finding as plain values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Report:
    """What the doctor found; shows itself in a notebook, and as plain text elsewhere.

    Args:
        model: The model's name.
        findings: Faults first, then notes, each in the order of the layers.
        seen: What could be looked at: ``layers`` (a count), ``shapes``, ``loss``, ``x``, ``y``
            (shapes or None), and ``limits``, a list of sentences.
    """

    model: str
    findings: tuple[Finding, ...]
    seen: dict

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that are faults."""
        return tuple(finding for finding in self.findings if finding.severity == "fault")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings that are notes."""
        return tuple(finding for finding in self.findings if finding.severity == "note")

    def to_json(self) -> dict:
        """Return the report as plain values, ready for ``json.dumps``."""
        return {
            "model": self.model,
            "faults": len(self.faults),
            "notes": len(self.notes),
            "findings": [finding.to_json() for finding in self.findings],
            "seen": self.seen,
        }

    def _summary(self):
        faults, notes = len(self.faults), len(self.notes)
        return (
            f"{faults or 'no'} fault{'s' * (faults != 1)}, {notes or 'no'} note{'s' * (notes != 1)}"
        )

    def _seen(self):
        seen = self.seen
        parts = [f"{seen['layers']} layers {'with' if seen['shapes'] else 'without'} shapes"]
        parts.append(f"the loss {seen['loss']}" if seen["loss"] else "no loss")
        for name in ("x", "y"):
            if seen[name]:
                parts.append(f"{name} of shape {tuple(seen[name])}")
        if not seen["x"] and not seen["y"]:
            parts.append("no data")
        return " ".join([f"Looked at: {', '.join(parts)}.", *seen["limits"]])

    def __str__(self) -> str:
        """Return the report as plain text."""
        lines = [f"{self.model}: {self._summary()}"]
        told = set()
        for finding in self.findings:
            where = f" in {finding.layer}" if finding.layer else ""
            lines += ["", f"{finding.severity.upper()}  {finding.code}{where}"]
            for head, text in (
                ("", finding.message),
                # The same fault again has the same cause: told once, it is not told again.
                ("Cause: ", "" if finding.code in told else finding.cause),
                ("Cure: ", finding.cure),
            ):
                if text:
                    lines.append(_wrapped(head + text, "  "))
            told.add(finding.code)
        return "\n".join([*lines, "", _wrapped(self._seen(), "")])

    def __repr__(self) -> str:
        """Return one line."""
        return f"<Report on {self.model}: {self._summary()}>"

    def _repr_html_(self) -> str:
        items, told = "", set()
        for finding in self.findings:
            items += _html_finding(finding, finding.code in told)
            told.add(finding.code)
        return (
            '<div class="alexnet-doctor" role="region" '
            f'aria-label="Findings on {html.escape(self.model)}">'
            f'<p class="summary"><strong>{html.escape(self.model)}</strong>: {self._summary()}</p>'
            f"{f'<ol>{items}</ol>' if items else ''}"
            f'<p class="seen">{html.escape(self._seen())}</p></div>'
        )


def _wrapped(text, indent):
    return textwrap.fill(
        text, 96, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _html_text(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def _html_finding(finding, again):
    where = f" in <strong>{html.escape(finding.layer)}</strong>" if finding.layer else ""
    body = f"<p>{_html_text(finding.message)}</p>"
    for head, text in (("Cause", "" if again else finding.cause), ("Cure", finding.cure)):
        if text:
            body += f"<p><em>{head}:</em> {_html_text(text)}</p>"
    return (
        f'<li class="{finding.severity}"><p class="title"><strong class="severity">'
        f"{finding.severity.capitalize()}</strong> <code>{finding.code}</code>{where}</p>"
        f"{body}</li>"
    )


# ---- What is examined -----------------------------------------------------------------------


@dataclass(eq=False)
class _Step:
    """One layer (or one bare operation) at its place in the network."""

    name: str
    kind: str
    options: dict = field(default_factory=dict)
    sources: list = field(default_factory=list)
    inputs: list = field(default_factory=list)  # shapes without the batch axis, or None
    output: tuple | None = None
    parameters: int | None = None
    consumers: list = field(default_factory=list)
    channels: str | None = None  # where the channels of the output really are
    clashes: bool = False  # reads its input's axes in another order than they have

    @property
    def input(self):
        return self.inputs[0] if self.inputs else None

    @property
    def source(self):
        return self.sources[0] if self.sources else None


@dataclass
class _Subject:
    """Everything the checks read."""

    name: str
    steps: list
    outputs: list
    losses: list = field(default_factory=list)  # one (name, from_logits) or None for each output
    loss_name: str | None = None
    compiled: bool = False
    trainable: tuple | None = None  # (trainable, all) parameters, and the layers that train
    training: tuple = ()
    findings: list = field(default_factory=list)
    limits: list = field(default_factory=list)
    partial: bool = False  # read from a description: some parameters are not counted

    def __post_init__(self):
        for step in self.steps:
            for source in step.sources:
                source.consumers.append(step)

    @property
    def inputs(self):
        return [step for step in self.steps if step.kind == "InputLayer"]


# What of a layer the checks read; the same names in a layer and in its configuration.
_OPTIONS = (
    "data_format",
    "filters",
    "units",
    "kernel_size",
    "pool_size",
    "size",
    "strides",
    "padding",
    "dilation_rate",
    "groups",
    "activation",
    "axis",
    "axes",
    "dims",
    "scale",
    "offset",
    "use_bias",
    "cropping",
)

# The package's own layers read like the Keras layers that they extend.
_ALIASES = {"PortableConv2D": "Conv2D", "InfinitePadding2D": "ZeroPadding2D"}


def _plain(value):
    """Tuples for lists, plain numbers; anything else (a tensor, an object) is left out."""
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    return value if isinstance(value, (str, bool, int, float, type(None))) else None


def _function_name(value):
    """The name of an activation or a loss, whether a word, a function or a configuration."""
    if value is None:
        return "linear"
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, dict):
        inner = value.get("config")
        name = inner if isinstance(inner, str) else value.get("class_name", "")
        return _snake(str(name))
    name = getattr(value, "__name__", None) or type(value).__name__
    return _snake(name) if name != "<lambda>" else "lambda"


def _snake(name):
    """A class name as Keras writes it in a layer's automatic name."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
    return "relu" if name == "re_lu" else name


def _options(get):
    options = {name: _plain(get(name)) for name in _OPTIONS if name != "activation"}
    options = {name: value for name, value in options.items() if value is not None}
    activation = get("activation")
    if activation is not None:
        options["activation"] = _function_name(activation)
    return options


def _keras_kind(layer):
    """The class name; a subclass that keeps Keras' own ``call`` reads like its parent."""
    name = type(layer).__name__
    if name in _ALIASES or type(layer).__module__.split(".")[0] == "keras":
        return _ALIASES.get(name, name)
    for parent in type(layer).__mro__[1:]:
        if parent.__module__.split(".")[0] == "keras":
            same = getattr(type(layer), "call", None) is getattr(parent, "call", None)
            return parent.__name__ if same and parent.__name__ not in ("Layer", "Model") else name
    return name


def _shape(tensor):
    return tuple(None if size is None else int(size) for size in tensor.shape[1:])


def _graph(model):
    """The model as a graph of Keras tensors, if it has one."""
    graph = getattr(model, "_functional", None) or model
    return graph if getattr(graph, "_nodes_by_depth", None) else None


def _read_graph(graph, feeds=None, names=None):
    """Steps of a Functional graph in order, nested models in their place.

    Args:
        graph: What ``_graph`` gives.
        feeds: Steps that feed a nested graph's inputs.
        names: Layer id to the name to report.

    Returns:
        The steps and the output steps.
    """
    steps, made = [], {}
    fed = dict(zip(map(id, graph._inputs), feeds or (), strict=False))
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            layer = node.operation
            if node.is_input and id(node.outputs[0]) in fed:
                made[id(node.outputs[0])] = fed[id(node.outputs[0])]
                continue
            tensors = node.arguments.keras_tensors
            sources = [made[id(tensor)] for tensor in tensors]
            inner = _graph(layer)
            if inner is not None:
                inside, outs = _read_graph(inner, sources, names)
                steps += inside
                made.update(zip(map(id, node.outputs), outs, strict=False))
                continue
            step = _layer_step(layer, sources, (names or {}).get(id(layer)))
            step.inputs = [_shape(tensor) for tensor in tensors]
            step.output = _shape(node.outputs[0])
            steps.append(step)
            made.update((id(tensor), step) for tensor in node.outputs)
    return steps, [made[id(tensor)] for tensor in graph._outputs]


def _layer_step(layer, sources, name=None):
    parameters = None
    if getattr(layer, "built", False):
        parameters = sum(prod(weight.shape) for weight in getattr(layer, "weights", ()))
    return _Step(
        name or layer.name,
        _keras_kind(layer),
        _options(lambda option: getattr(layer, option, None)),
        list(sources),
        parameters=parameters,
    )


@contextlib.contextmanager
def without_weights():
    """Models built inside have layers and shapes, and no weights: neither now nor later.

    ``keras.StatelessScope(initialize_variables=False)`` alone only puts the weights off: Keras
    makes them at the end of its next scope, such as that of another layer's first call.

    Example:
        >>> import keras
        >>> with without_weights():
        ...     model = keras.Sequential([keras.Input((10**6,)), keras.layers.Dense(10**6)])
        >>> f"{model.count_params():,}"
        '1,000,001,000,000'
    """
    import keras
    from keras.src.backend.common import global_state

    waiting = list(global_state.get_global_attribute("uninitialized_variables") or ())
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute("uninitialized_variables", waiting)


# ---- A Keras model, read --------------------------------------------------------------------


def _read_model(model, x):
    import keras

    subject = None
    shape = _batch_shape(x)
    if _graph(model) is not None:
        subject = _Subject(model.name, *_read_graph(_graph(model)))
    elif isinstance(model, keras.Sequential):
        with without_weights():
            subject = _read_unbuilt(model, shape)
    else:
        subject = _read_subclassed(model, shape, keras)
    subject.compiled = bool(getattr(model, "compiled", False))
    if subject.compiled:
        _read_losses(subject, getattr(model, "loss", None), getattr(model, "output_names", None))
    if model.built:
        trains = {id(weight) for weight in model.trainable_weights}
        every = {id(weight): weight for weight in model.weights}
        subject.trainable = (
            sum(prod(weight.shape) for key, weight in every.items() if key in trains),
            sum(prod(weight.shape) for weight in every.values()),
        )
        subject.training = tuple(
            layer.name
            for layer in model._flatten_layers(include_self=False)
            if any(id(weight) in trains for weight in layer._trainable_variables)
        )
    return subject


def _first_line(error):
    lines = str(error).strip().splitlines()
    return textwrap.shorten(lines[0], 120, placeholder=" …") if lines else type(error).__name__


def _batch_shape(x):
    shape = getattr(x, "shape", None)
    return (None, *map(int, shape[1:])) if shape is not None and len(shape) > 1 else None


def _read_unbuilt(model, shape):
    """A Sequential without Input: its layers in a row, with shapes if data give them."""
    clone = None
    if shape is not None:
        try:
            clone = type(model).from_config(model.get_config())
            clone.build(shape)
        except Exception:
            clone = None
        if clone is not None and _graph(clone) is not None:
            return _Subject(model.name, *_read_graph(_graph(clone)))
    steps, findings = [], []
    first = _Step("input", "InputLayer", output=shape[1:] if shape else None)
    steps.append(first)
    for layer in model.layers:
        step = _layer_step(layer, steps[-1:])
        step.inputs = [steps[-1].output]
        if shape is not None:
            try:
                shape = tuple(layer.compute_output_shape(shape))
                step.output = tuple(shape[1:])
            except Exception as error:
                if not findings:
                    findings.append(_misfit(step, shape[1:], error))
                shape = None
        steps.append(step)
    subject = _Subject(model.name, steps, steps[-1:], findings=findings)
    if not findings:
        subject.findings.append(_not_built(model.name))
    return subject


def _not_built(name):
    return Finding(
        "not-built",
        "note",
        None,
        f"{name} has no shapes yet, so that sizes and parameters could not be examined.",
        "It was never told the shape of its input.",
        "Begin with `keras.Input((height, width, channels))`, or give examine a batch: "
        "`examine(model, x)`.",
    )


def _misfit(step, shape, error):
    """The layer at which the shapes stop fitting, in an unbuilt model."""
    window = _window(step)
    text = " × ".join(map(str, shape))
    if window and len(shape) == 3:
        spatial = _spatial(step, shape)
        if any(size < span for size, span in zip(spatial, window["spans"], strict=True)):
            return Finding(
                "maps-vanished",
                "fault",
                step.name,
                f"{step.name} needs a window of {_times(window['spans'])}, and the maps that reach "
                f"it are {_times(spatial)}: there is no place for it.",
                "The layers before it shrank the maps too far for this input.",
                "Use a larger input, fewer strides and pools above, a smaller window, or "
                "`padding='same'`.",
                {"map": list(spatial), "window": list(window["spans"])},
            )
    return Finding(
        "does-not-fit",
        "fault",
        step.name,
        f"{step.name} ({step.kind}) cannot take the shape {text} that reaches it: "
        f"{_first_line(error)}",
        "Keras would stop here when the model is built on these data.",
        "Look at the layer before it: is a Flatten missing, or is the input's shape another one?",
        {"input": list(shape)},
    )


def _read_subclassed(model, shape, keras):
    """A subclassed model: its ``call`` followed on a symbolic input, else its layers in a row."""
    limit = None
    built = model.built and all(layer.built for layer in model._flatten_layers())
    if shape is None and built:
        known = (getattr(model, "_build_shapes_dict", None) or {}).values()
        known = [value for value in known if isinstance(value, (tuple, list))]
        if len(known) == 1 and all(isinstance(n, (int, type(None))) for n in known[0]):
            shape = (None, *known[0][1:])
    if shape is not None:
        try:
            return _Subject(model.name, *_traced(model, shape, built, keras))
        except Exception as error:
            limit = (
                f"Its call could not be followed ({_first_line(error)}), so that the order of its "
                "layers is taken from its __init__."
            )
            if not built:
                limit += " Call it once on a batch, `model(x[:1])`, and ask again."
    steps = []
    for layer in model.layers:
        if _graph(layer) is not None:
            steps += _read_graph(_graph(layer))[0]
        else:
            steps.append(_layer_step(layer, ()))
    subject = _Subject(model.name, steps, [])
    if limit:
        subject.limits.append(limit)
    else:
        subject.findings.append(_not_built(model.name))
    return subject


def _traced(model, shape, built, keras):
    """Follow the call of a subclassed model. Leaves the model as it was."""
    with without_weights():
        followed = model if built else type(model).from_config(model.get_config())
        before = {layer: len(layer._inbound_nodes) for layer in followed._flatten_layers()}
        ours = zip(followed._flatten_layers(), model._flatten_layers(), strict=True)
        names = {id(theirs): layer.name for theirs, layer in ours}
        try:
            inputs = keras.Input(shape[1:])
            return _read_graph(keras.Model(inputs, followed.call(inputs)), names=names)
        finally:
            for layer, count in before.items():
                del layer._inbound_nodes[count:]


def _read_losses(subject, loss, names):
    """One (name, from_logits) for each output; a loss the doctor does not know is None."""
    outputs = len(subject.outputs) or 1
    if isinstance(loss, dict) and "class_name" not in loss:
        each = [loss.get(name) for name in names or ()] or list(loss.values())
    elif isinstance(loss, (list, tuple)):
        each = list(loss)
    else:
        each = [loss] * outputs
    each += [None] * (outputs - len(each))
    subject.losses = [_loss(one) for one in each]
    shown = [one[0] for one in subject.losses if one]
    subject.loss_name = ", ".join(dict.fromkeys(shown)) or None


_SHORT_LOSSES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "msle": "mean_squared_logarithmic_error",
}


def _loss(loss):
    if loss is None:
        return None
    name = _function_name(loss)
    if isinstance(loss, dict):
        inner = loss.get("config")
        logits = inner.get("from_logits", False) if isinstance(inner, dict) else False
    else:
        logits = getattr(loss, "from_logits", False)
    return _SHORT_LOSSES.get(name, name), bool(logits)


# ---- Words ----------------------------------------------------------------------------------

_ORDERS = {
    "channels_last": "(height, width, channels)",
    "channels_first": "(channels, height, width)",
}
_OTHER = {"channels_last": "channels_first", "channels_first": "channels_last"}


def _s(one):
    """The ending of a verb whose subject is one thing."""
    return "s" if len(one) == 1 else ""


def _times(sizes):
    return " × ".join("?" if size is None else f"{size:,}" for size in sizes)


def _names(steps, most=3):
    names = list(dict.fromkeys(step.name for step in steps))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _share(part):
    """A percentage that never says 100 where something is left."""
    if 0.995 <= part < 1:
        return f"{int(part * 1000) / 10} %"
    return f"{part:.0%}".replace("%", " %") if part >= 0.01 else f"{100 * part:.2g} %"


_FIRST_ARGUMENTS = {
    "Conv": ("filters", "kernel_size"),
    "DepthwiseConv": ("kernel_size",),
    "SeparableConv": ("filters", "kernel_size"),
    "MaxPooling": ("pool_size",),
    "AveragePooling": ("pool_size",),
    "ZeroPadding": ("padding",),
    "Cropping": ("cropping",),
    "UpSampling": ("size",),
    "Dense": ("units",),
    "BatchNormalization": (),
}


def _call(step, **changes):
    """The layer's call as one would write it, with some options changed."""
    options = step.options | changes
    stem = re.sub(r"(\dD)?(Transpose)?$", "", step.kind)
    words = [_short(options[name]) for name in _FIRST_ARGUMENTS.get(stem, ()) if name in options]
    strides = options.get("strides")
    usual = options.get("pool_size", (1,) * len(strides) if isinstance(strides, tuple) else 1)
    if strides is not None and strides != usual:
        words.append(f"strides={_short(strides)}")
    if stem not in ("ZeroPadding", "Cropping"):
        if options.get("padding", "valid") != "valid":
            words.append(f"padding={options['padding']!r}")
        if options.get("groups", 1) != 1:
            words.append(f"groups={options['groups']}")
        if options.get("activation", "linear") != "linear":
            words.append(f"activation={options['activation']!r}")
    words += [
        f"{name}={options[name]!r}"
        for name in ("axis", "data_format")
        if name in changes and changes[name] is not None
    ]
    if not re.fullmatch(_snake(step.kind) + r"(_\d+)?", step.name):
        words.append(f"name={step.name!r}")
    return f"`{step.kind}({', '.join(words)})`"


def _short(value):
    while isinstance(value, tuple) and len(set(value)) == 1:
        value = value[0]
    return repr(value)


# ---- Where the channels are -----------------------------------------------------------------

_CONVS = re.compile(r"(Depthwise|Separable)?Conv[123]D(Transpose)?$")
_POOLS = re.compile(r"(Global)?(Max|Average)Pooling[123]D$|Adaptive(Max|Average)Pooling[123]D$")
_PADS = re.compile(r"ZeroPadding[23]D$")
_MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")


def _looks(shape):
    """The data format that a picture's shape shows, or None where it could be either."""
    if shape is None or len(shape) != 3 or None in shape:
        return None

    def picture(rows, columns, channels):
        # Height and width of a photograph: both well above 4, and of one order.
        large = min(rows, columns)
        return channels in (1, 3, 4) and large >= 8 and max(rows, columns) <= 2 * large

    last, first = picture(*shape), picture(shape[1], shape[2], shape[0])
    if last == first:
        return None
    return "channels_last" if last else "channels_first"


def _format(step):
    """The data format a layer reads by. Flatten's only orders the vector: it cannot clash."""
    return None if step.kind == "Flatten" else step.options.get("data_format")


def _check_channels(subject):
    """Follow the channel axis through the network, and see who reads it as something else."""
    used = {_format(step) for step in subject.steps} - {None}
    clashes, swapped = [], set()
    for step in subject.steps:
        if step.kind == "InputLayer":
            step.channels = _looks(step.output)
            continue
        coming = next((source.channels for source in step.sources if source.channels), None)
        own = _format(step)
        rank = len(step.output) if step.output is not None else None
        if own and coming and own != coming and coming not in used:
            # Only the picture's shape speaks against the layers, which all agree.
            maker = _origin(step)
            if maker.kind == "InputLayer" and _looks(maker.output) and maker not in swapped:
                swapped.add(maker)
                yield _swapped_input(maker, step)
            coming = own
        if own and coming and own != coming:
            clashes.append((step, coming))
            step.clashes = True
        if own and _CONVS.match(step.kind):
            step.channels = own
        elif rank is not None and rank < 2:
            step.channels = None
        elif own:
            step.channels = coming or own
        elif step.kind in ("Permute", "Transpose"):
            step.channels = _permuted(step, coming)
        elif step.kind in _MERGES or step.output is None or step.output == step.input:
            step.channels = coming
        if step.kind == "BatchNormalization":
            yield from _check_norm_axis(step, coming)
    for step, coming in clashes:
        if _PADS.match(step.kind):
            yield _changed_channels("padding-changed-channels", step, coming)
        elif _POOLS.match(step.kind):
            yield _changed_channels("pooling-over-channels", step, coming)
    if clashes:
        yield _mixed(subject, *clashes[0])


def _permuted(step, coming):
    dims = step.options.get("dims") or tuple(step.options.get("axes") or ())[1:]
    dims = tuple(dim - 1 for dim in dims)
    if not dims or not coming or len(dims) < 2:
        return None
    at = 0 if coming == "channels_first" else len(dims) - 1
    return {0: "channels_first", len(dims) - 1: "channels_last"}.get(dims.index(at))


def _changed_channels(code, step, coming):
    own = _format(step)
    axis = 0 if coming == "channels_first" else -1
    maker = _origin(step)
    numbers, change = {"data_format": own, "real_data_format": coming}, ""
    kept = step.input and step.output and len(step.input) == len(step.output)
    if kept:
        before, after = step.input[axis], step.output[axis]
        numbers |= {
            "channels_before": before,
            "channels_after": after,
            "input": list(step.input),
            "output": list(step.output),
        }
        change = f" ({before} → {after})"
    if code == "padding-changed-channels":
        did = f"{step.name} pads the channels{change}"
    elif kept and before and after and before // 2 in (after, after + 1, after - 1):
        did = f"{step.name} halves the channels{change}"
    else:
        did = f"{step.name} pools over the channels{change}"
    verb = "gives" if maker.kind == "InputLayer" else "puts out"
    chain = f" It turns {_times(step.input)} into {_times(step.output)}." if kept else ""
    return Finding(
        code,
        "fault",
        step.name,
        f"{did}: it reads the axes as {_ORDERS[own]}, but {maker.name} {verb} "
        f"{_ORDERS[coming]}.{chain}",
        f"{step.name} has data_format='{own}'"
        + (", Keras' default." if own == "channels_last" else "."),
        f"Write {_call(step, data_format=coming)}.",
        numbers,
    )


def _origin(step):
    """The layer whose output's axes a step reads: the last convolution, or the input."""
    at = step.source
    while at.sources and not _CONVS.match(at.kind):
        at = next((source for source in at.sources if source.channels), at.source)
    return at


def _mixed(subject, step, coming):
    by_format = {"channels_first": [], "channels_last": []}
    for each in subject.steps:
        if _format(each):
            by_format[_format(each)].append(each)
    first, last = (list(dict.fromkeys(each.name for each in by_format[name])) for name in by_format)
    sides = [
        f"{_ORDERS[name]}: {_names(by_format[name])}"
        for name in ("channels_first", "channels_last")
    ]
    both = len(first) + len(last)
    maker = _origin(step)
    given = [_looks(source.output) for source in subject.inputs]
    few = "channels_first" if len(first) < len(last) else "channels_last"
    if "channels_first" in given:
        height, width = next(s.output for s in subject.inputs if _looks(s.output))[1:]
        cure = (
            "Give every layer data_format='channels_first'; or, simpler, leave data_format out "
            f"everywhere and give pictures as `keras.Input(({height}, {width}, "
            f"{subject.inputs[0].output[0]}))`."
        )
    else:
        cure = f"Give every layer the same data_format: '{_OTHER[few]}' changes the fewest."
        if len(by_format[few]) == 1:
            cure += f" Write {_call(by_format[few][0], data_format=_OTHER[few])}."
    return Finding(
        "mixed-data-formats",
        "fault",
        step.name,
        f"{len(first)} of {both} layers read{_s(first)} the axes as {sides[0]}. The other "
        f"{f'{len(last)} read' if len(last) > 1 else 'reads'} them as {sides[1]}. They first "
        f"disagree at {step.name}, which reads "
        f"{_ORDERS[_format(step)]} where {maker.name} gives {_ORDERS[coming]}.",
        "data_format was given to some layers only. A layer without it takes Keras' setting, "
        "channels_last.",
        cure,
        {"channels_first": first, "channels_last": last},
    )


def _swapped_input(step, reader):
    own, shape = _format(reader), step.output
    rows, columns, channels = shape if own == "channels_last" else (*shape[1:], shape[0])
    size, count = (shape[1:], shape[0]) if own == "channels_last" else (shape[:2], shape[2])
    right = (*size, count) if own == "channels_last" else (count, *size)
    return Finding(
        "input-axes-swapped",
        "fault",
        reader.name,
        f"{reader.name} reads the input {shape} as {rows} rows × {columns} columns × {channels} "
        f"channels. It looks like a picture of {size[0]} × {size[1]} pixels with {count} channels.",
        f"The layers read {_ORDERS[own]}, data_format='{own}', and the input is "
        f"{_ORDERS[_OTHER[own]]}.",
        f"Write `keras.Input({right})`, and turn the pictures with "
        f"`np.moveaxis(x, {'1, -1' if own == 'channels_last' else '-1, 1'})`.",
        {"input": list(shape), "rows": rows, "columns": columns, "channels": channels},
    )


def _check_norm_axis(step, coming):
    axis, shape = step.options.get("axis"), step.input
    if not coming or shape is None or len(shape) != 3 or not isinstance(axis, int):
        return
    axis = axis + 3 if axis < 0 else axis - 1
    right = 0 if coming == "channels_first" else 2
    if axis == right or not 0 <= axis <= 2:
        return
    what = (("channel", "row", "column") if right == 0 else ("row", "column", "channel"))[axis]
    yield Finding(
        "norm-over-wrong-axis",
        "fault",
        step.name,
        f"{step.name} normalizes each of the {shape[axis]} {what}s by itself, not each of the "
        f"{shape[right]} channels: its axis is {step.options['axis']}, and the maps are "
        f"{_ORDERS[coming]}.",
        "BatchNormalization has no data_format. Its axis is -1 unless it is told otherwise.",
        f"Write {_call(step, axis=1 if right == 0 else -1)}.",
        {"axis": step.options["axis"], "input": list(shape)},
    )


# ---- Windows --------------------------------------------------------------------------------


def _window(step):
    """Kernel, strides, padding and spans of a layer whose window slides over rows and columns."""
    kernel = step.options.get("kernel_size") or step.options.get("pool_size")
    if (
        not kernel
        or "Transpose" in step.kind
        or not (_CONVS.match(step.kind) or _POOLS.match(step.kind))
    ):
        return None
    rank = int(re.search(r"([123])D", step.kind)[1])
    padding = step.options.get("padding", "valid")
    if padding not in ("valid", "same", "causal"):
        return None

    def each(value):
        return value if isinstance(value, tuple) else (value,) * rank

    kernel, dilation = each(kernel), each(step.options.get("dilation_rate", 1))
    return {
        "kernel": kernel,
        "strides": each(step.options.get("strides", 1)),
        "dilation": dilation,
        "padding": padding,
        "spans": tuple(map(arithmetic.effective_kernel_size, kernel, dilation)),
    }


def _spatial(step, shape):
    """Sizes of the axes over which a window slides."""
    return shape[1:] if _format(step) == "channels_first" else shape[:-1]


def _windows(subject):
    seen = set()
    for step in subject.steps:
        window = _window(step)
        if window is None or step.input is None or step.name in seen:
            continue
        seen.add(step.name)
        spatial = _spatial(step, step.input)
        if len(spatial) == len(window["kernel"]) and None not in spatial:
            yield step, window, spatial


def _check_vanished(subject):
    """Windows so large for their maps that some of their weights can only ever meet padding."""
    small = [
        (step, window, spatial)
        for step, window, spatial in _windows(subject)
        if window["padding"] == "same"
        and max(window["dilation"]) == 1
        and any(
            k > 2 * size - 1 if _CONVS.match(step.kind) else k > size == 1
            for k, size in zip(window["kernel"], spatial, strict=True)
        )
    ]
    if not small:
        return
    step, window, spatial = small[0]
    shrunk = step.source
    while shrunk.sources and shrunk.output and shrunk.input and shrunk.output == shrunk.input:
        shrunk = shrunk.source
    more = len(small) - 1
    after = f" The same holds for {more} more layer{'s' * (more > 1)} after it." if more else ""
    if _CONVS.match(step.kind):
        used = prod(min(k, 2 * size - 1) for k, size in zip(window["kernel"], spatial, strict=True))
        what = (
            f"the other {prod(window['kernel']) - used} of its {prod(window['kernel'])} weights "
            "per channel meet nothing but the zeros of the padding"
        )
    else:
        what = "there is nothing left to pool"
    yield Finding(
        "maps-vanished",
        "fault",
        step.name,
        f"{step.name} slides a window of {_times(window['kernel'])} over maps of "
        f"{_times(spatial)}: {what}.{after}",
        f"The maps shrank to {_times(spatial)} at {shrunk.name}; padding='same' hides it, where "
        "'valid' would have stopped with an error.",
        "Use a larger input, or fewer strides and pools above this layer.",
        {
            "map": list(spatial),
            "window": list(window["kernel"]),
            "layers": [each.name for each, _, _ in small],
            "shrunk_by": shrunk.name,
        },
    )


def _check_unseen(subject):
    """Rows and columns that no window reaches: at the edge, or between steps wider than it."""
    found = []
    for step, window, spatial in _windows(subject):
        if max(window["spans"]) == 1 or window["padding"] == "causal" or step.clashes:
            continue  # 1 × 1 with a stride subsamples on purpose, as in residual networks
        lost = []
        for size, kernel, strides, dilation, zeros in zip(
            spatial,
            window["kernel"],
            window["strides"],
            window["dilation"],
            _zeros_after(step.source, len(spatial)),
            strict=True,
        ):
            try:
                outputs = arithmetic.output_size(
                    size, kernel, strides, window["padding"], dilation_rate=dilation
                )
                edge = arithmetic.unread_pixels(
                    size, kernel, strides, window["padding"], dilation_rate=dilation
                )
            except ValueError:
                break
            span = arithmetic.effective_kernel_size(kernel, dilation)
            lost.append((max(edge - zeros, 0), max(strides - span, 0) * (outputs - 1)))
        if any(map(sum, lost)) and len(lost) == len(spatial):
            found.append((step, window, spatial, lost))
    found.sort(key=lambda each: -max(sum(n) / s for n, s in zip(each[3], each[2], strict=True)))
    kept = {id(each[0]) for each in found[:_UNSEEN_NOTES]}
    for step, window, spatial, lost in found:
        if id(step) in kept:
            yield _unseen(step, window, spatial, lost)


def _zeros_after(step, rank):
    """Rows and columns at the end of a padded map that are padding: nobody misses those."""
    padding = step.options.get("padding") if _PADS.match(step.kind) else None
    return [sides[1] for sides in padding] if isinstance(padding, tuple) else [0] * rank


_UNSEEN_NOTES = 4
"""So many notes on unseen pixels at most, the largest losses: more of them teach no more."""


def _unseen(step, window, spatial, lost):
    totals = [sum(each) for each in lost]
    axes = ["rows", "columns"] if len(spatial) == 2 else ["positions"] * len(spatial)
    parts = [
        f"{count} of {size} {axis if size != 1 else axis[:-1]}"
        for count, size, axis in zip(totals, spatial, axes, strict=True)
        if count
    ]
    gaps = any(gap for _, gap in lost)
    step_text, span = _short(window["strides"]), _short(window["spans"])
    if gaps:
        cause = f"Its stride, {step_text}, is larger than its window, {span}: it jumps over pixels."
        cure = f"Use a stride of at most {min(window['spans'])}, if that was not meant."
    else:
        cause = (
            f"({spatial[0]} − {window['spans'][0]}) / {window['strides'][0]} is not a whole "
            "number, and Keras rounds down: the last step would end outside."
            if lost[0][0]
            else "The steps do not come out even, and Keras rounds down."
        )
        fits = spatial[0] - lost[0][0]
        cure = (
            f"None is needed for a row or two at the edge. Maps of {fits} would come out even, and "
            "padding='same' reaches every pixel."
        )
    return Finding(
        "unseen-pixels",
        "note",
        step.name,
        f"{step.name} never sees {' and '.join(parts)}.",
        cause,
        cure,
        {"size": list(spatial), "lost": totals},
    )


# ---- Dense layers ---------------------------------------------------------------------------


def _check_dense(subject):
    known = {step.name: step.parameters for step in subject.steps if step.parameters}
    total = sum(known.values())
    has_maps = any(_CONVS.match(step.kind) for step in subject.steps)
    for step in subject.steps:
        if step.kind != "Dense" or not step.parameters or not step.input:
            continue
        share = step.parameters / total
        flat = step.source
        while flat.kind in ("Dropout", "BatchNormalization", "Activation", "ReLU", "Identity"):
            flat = flat.source
        maps = flat.input if flat.kind in ("Flatten", "Reshape") and flat.input else None
        if maps is None or len(maps) < 2:
            continue
        absurd = step.parameters >= DENSE_LIMIT
        small = share <= _DENSE_SHARE or step.parameters < _DENSE_WORTH_A_NOTE
        if not absurd and (subject.partial or small or not has_maps):
            continue
        inputs, units = step.input[-1], step.options.get("units", step.output[-1])
        numbers = {
            "parameters": step.parameters,
            "total": total,
            "share": share,
            "inputs": inputs,
            "units": units,
            "maps": list(maps),
        }
        message = (
            f"{step.name} holds {step.parameters:,} of {total:,} parameters ({_share(share)}): "
            f"{_times(maps)} flattened is {inputs:,} numbers, each with a weight to "
            f"each of {units:,} units."
        )
        if absurd:
            gib = step.parameters * 4 / 2**30
            yield Finding(
                "dense-dominates",
                "fault",
                step.name,
                f"{message} That is {gib:.1f} GiB of weights, and about four times as much to "
                "train them.",
                f"The maps that {flat.name} flattens were hardly made smaller, or along the wrong "
                f"axes: {_times(maps)}.",
                "Cure the other faults first. Then make the maps smaller before flattening "
                "them, with strides or pooling, or replace Flatten by GlobalAveragePooling2D.",
                numbers,
            )
        else:
            yield Finding(
                "dense-dominates",
                "note",
                step.name,
                message,
                "A dense layer has a weight for every pair of input and unit; twice the rows and "
                "columns before Flatten cost four times the weights.",
                "Nothing, if it is meant (AlexNet's first dense layer is like that); otherwise "
                "smaller maps, fewer units, or GlobalAveragePooling2D in Flatten's place.",
                numbers,
            )


def _check_dense_on_maps(subject):
    for step in subject.outputs:
        last = _last_weights(step)
        if (
            last is not None
            and last.kind == "Dense"
            and step.output is not None
            and len(step.output) == 3
            and any(_CONVS.match(each.kind) for each in subject.steps)
        ):
            yield Finding(
                "dense-on-maps",
                "fault",
                last.name,
                f"{last.name} puts out {_times(step.output)}: one answer for each of the "
                f"{step.output[0]} × {step.output[1]} places of the map, not one for the picture.",
                "A dense layer works on the last axis only. Nothing between the convolutions and "
                "it turns maps into a vector.",
                "Put `Flatten()` before the first dense layer; for one answer for each pixel, "
                "write the layer as `Conv2D(units, 1)`.",
                {"output": list(step.output)},
            )


def _last_weights(step):
    while step is not None and step.kind not in ("Dense",) and not _CONVS.match(step.kind):
        step = step.source
    return step


# ---- Non-linearity --------------------------------------------------------------------------

_LINEAR = re.compile(
    r"BatchNormalization|(Spatial)?Dropout([123]D)?|Flatten|Reshape|Permute|Transpose|Rescaling|"
    r"Normalization|Identity|ZeroPadding[123]D|Cropping[123]D|AveragePooling[123]D|"
    r"GlobalAveragePooling[123]D|UpSampling[123]D|GaussianNoise|Activation"
)
_WEIGHTS = re.compile(r"Dense|(Separable)?Conv[123]D(Transpose)?")


def _check_linear(subject):
    seen = set()
    for step in subject.steps:
        if not _WEIGHTS.fullmatch(step.kind) or step.name in seen:
            continue
        seen.add(step.name)
        if step.options.get("activation", "linear") != "linear":
            continue
        between, at = [], step
        while len(at.consumers) == 1 and len(at.consumers[0].sources) == 1:
            at = at.consumers[0]
            if not _LINEAR.fullmatch(at.kind):
                break
            if at.options.get("activation", "linear") != "linear":
                break
            between.append(at)
        else:
            continue
        if not _WEIGHTS.fullmatch(at.kind) or _bottleneck(step, at):
            continue
        through = f" ({_names(between)} between them {'is' if len(between) == 1 else 'are'} linear)"
        yield Finding(
            "no-nonlinearity",
            "fault",
            step.name,
            f"{step.name} and {at.name} follow each other without a non-linear function"
            f"{through if between else ''}: together they compute no more than one layer could.",
            f"{step.name} has no activation, and a linear map of a linear map is linear.",
            f"Write {_call(step, activation='relu')}"
            + (
                ", or put `Activation('relu')` after the batch normalization."
                if any(each.kind == "BatchNormalization" for each in between)
                else "."
            ),
            {"layers": [step.name, at.name]},
        )


def _bottleneck(step, after):
    """A narrow linear layer between wider ones: a factorized layer, cheaper on purpose."""
    width = step.options.get("filters") or step.options.get("units")
    wide = after.options.get("filters") or after.options.get("units")
    if not width or not wide or not step.input:
        return False
    channels = step.input[0 if step.options.get("data_format") == "channels_first" else -1]
    if step.kind == "Dense":
        return bool(channels) and 2 * width <= min(channels, wide)
    pointwise = set(step.options.get("kernel_size", ())) == {1}
    return pointwise and bool(channels) and width <= channels and width < wide


# ---- Loss, output and labels ----------------------------------------------------------------

_OVER_CLASSES = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "categorical_focal_crossentropy",
)
_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
_MEASURES = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_squared_logarithmic_error",
    "mean_absolute_percentage_error",
    "huber",
    "log_cosh",
)
_ACTIVATION_KINDS = {
    "Softmax": "softmax",
    "Sigmoid": "sigmoid",
    "ReLU": "relu",
    "Relu": "relu",
    "LeakyReLU": "leaky_relu",
    "Tanh": "tanh",
}
_ON_THE_WAY = ("Reshape", "Flatten", "Dropout", "Identity", "Permute", "GlobalAveragePooling2D")


def _last_activation(step):
    """The function that the output went through; None where that cannot be told."""
    while step is not None:
        if step.kind in _ACTIVATION_KINDS:
            return _ACTIVATION_KINDS[step.kind]
        named = step.options.get("activation")
        if named and named != "linear":
            return named
        if step.kind == "Dense" or (_CONVS.match(step.kind) and step.kind[:4] == "Conv"):
            return "linear"
        if step.kind not in (*_ON_THE_WAY, "Activation"):
            return None
        step = step.source
    return None


def _units(step):
    return step.output[-1] if step.output else step.options.get("units")


def _check_output(subject):
    losses = subject.losses or [None] * len(subject.outputs)
    for step, loss in zip(subject.outputs, losses, strict=False):
        last, units = _last_activation(step), _units(step)
        name, logits = loss or (None, False)
        over_classes = name in _OVER_CLASSES
        numbers = {"units": units, "activation": last, "loss": name, "from_logits": logits}

        def fault(code, message, cause, cure, step=step, numbers=numbers, severity="fault"):
            return Finding(code, severity, step.name, message, cause, cure, numbers)

        if units == 1 and (last == "softmax" or over_classes):
            reason = (
                "softmax divides by the sum of the outputs, and one output divided by itself is "
                "always 1"
                if last == "softmax"
                else f"{name} compares classes, and with one output there is one class"
            )
            yield fault(
                "softmax-one-unit",
                f"{step.name} has one unit: {reason}. Nothing can be learned.",
                "Yes or no is one unit with sigmoid, or two units with softmax.",
                "Write `Dense(1, activation='sigmoid')` with loss='binary_crossentropy', or give "
                "the layer one unit for each class.",
            )
        elif logits and last in ("softmax", "sigmoid") and (over_classes or name in _BINARY):
            yield fault(
                "softmax-twice",
                f"{step.name} ends in {last}, and the loss applies one more, because it was made "
                "with from_logits=True. It learns slowly, and never becomes sure.",
                "from_logits=True says that the outputs are still any numbers.",
                f"Take out activation='{last}', or take from_logits=True out of the loss.",
            )
        elif (over_classes or name in _BINARY) and not logits and last in _UNBOUNDED:
            right = "sigmoid" if name in _BINARY else "softmax"
            yield fault(
                "no-softmax",
                f"{name} takes the logarithm of the outputs as probabilities, and {step.name} ends "
                + (
                    "without an activation: its outputs can be anything."
                    if last == "linear"
                    else f"in {last}, whose outputs are none."
                ),
                "The last layer and the loss must agree on who makes the probabilities.",
                f"Write activation='{right}' in {step.name}, or "
                f"`loss=keras.losses.{_camel(name)}(from_logits=True)`.",
            )
        elif name in _MEASURES and last == "softmax":
            yield fault(
                "mse-on-softmax",
                f"{step.name} is a softmax over {units} classes, and the loss is {name}: where "
                "the network is surely wrong, its gradient is almost nothing.",
                f"{name} is for measurements. Softmax goes with the cross-entropy, whose "
                "gradient is just the error.",
                "Write loss='sparse_categorical_crossentropy' for class numbers, or "
                "'categorical_crossentropy' for one-hot labels.",
            )
        elif name in _BINARY and last == "softmax" and units:
            yield fault(
                "independent-classes",
                f"{step.name} is a softmax over {units} classes, and {name} judges each of them as "
                "a question of its own.",
                "Softmax says that exactly one class is right.",
                "Write loss='categorical_crossentropy' (one-hot labels) or "
                "'sparse_categorical_crossentropy' (class numbers).",
            )
        elif over_classes and not logits and last == "sigmoid":
            yield fault(
                "independent-classes",
                f"{step.name} ends in sigmoid, which lets all {units} classes be likely at once, "
                f"and {name} expects probabilities that add up to 1.",
                "Sigmoid is for answers that do not exclude each other.",
                f"Write activation='softmax' in {step.name}.",
            )


_UNBOUNDED = ("linear", "relu", "leaky_relu", "elu", "selu", "gelu", "swish", "silu", "tanh")


def _camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def _check_training(subject):
    if not subject.compiled or subject.trainable is None:
        return
    trains, total = subject.trainable
    if not total:
        return
    numbers = {"trainable": trains, "total": total}
    if not trains:
        yield Finding(
            "nothing-trains",
            "fault",
            None,
            f"All {total:,} parameters are frozen: fit would run and change nothing.",
            "trainable = False was set on the model or on every layer with weights.",
            "Set `layer.trainable = True` on what is to learn, such as a new head, then compile "
            "again.",
            numbers,
        )
    elif trains < 0.05 * total:
        yield Finding(
            "mostly-frozen",
            "note",
            None,
            f"{trains:,} of {total:,} parameters train ({_share(trains / total)}), in "
            f"{', '.join(subject.training[:3])}{' and others' * (len(subject.training) > 3)}.",
            "The other layers have trainable = False.",
            "Nothing, if only a new head is to learn. Otherwise set trainable = True and compile "
            "again.",
            numbers,
        )


# ---- Data -----------------------------------------------------------------------------------


def _check_data(subject, x):
    import numpy as np

    x = np.asarray(x)
    if x.dtype.kind not in "biuf":
        yield _not_numbers("x", x)
        return
    shapes = [step.output for step in subject.inputs]
    if len(shapes) == 1 and shapes[0] is not None:
        yield from _check_data_shape(x.shape, shapes[0])
    if not x.size:
        return
    wrong = 0 if x.dtype.kind != "f" else int(x.size - np.count_nonzero(np.isfinite(x)))
    if wrong:
        bad = ~np.isfinite(x)
        pictures = int(bad.reshape(len(x), -1).any(axis=1).sum()) if x.ndim else 1
        yield Finding(
            "data-nan",
            "fault",
            None,
            f"{wrong:,} of {x.size:,} values of x are NaN or infinite, in {pictures:,} of "
            f"{len(x) if x.ndim else 1:,} rows. One of them makes the loss NaN, and then every "
            "weight.",
            "A division by zero (such as by the deviation of a constant pixel), a logarithm of 0, "
            "or a broken file.",
            "Find them with `np.argwhere(~np.isfinite(x))`.",
            {"count": wrong, "rows": pictures},
        )
        return
    low, high = float(x.min()), float(x.max())
    if low == high and x.size > 1 and len(x) > 1:
        yield Finding(
            "data-constant",
            "fault",
            None,
            f"Every value of x is {low:g}: there is nothing to see.",
            "Whole-number division (`x // 255`), or an array that was made and never filled.",
            "Look at one picture: `plt.imshow(x[0])`. Scale with `x / 255.0`.",
            {"value": low},
        )
        return
    yield from _check_range(subject, x, low, high)


def _not_numbers(what, array):
    kind = "text" if array.dtype.kind in "US" else str(array.dtype)
    return Finding(
        "data-dtype",
        "fault",
        None,
        f"{what} holds {kind}, not numbers (shape {array.shape}).",
        "Lists of unlike lengths become arrays of objects; labels read from a file are often text."
        if what == "y" or array.dtype.kind != "O"
        else "Pictures of unlike sizes in one list become an array of objects.",
        "Bring all pictures to one size, then `np.stack(pictures).astype('float32')`."
        if what == "x"
        else "Give each class its number: `classes, y = np.unique(y, return_inverse=True)`.",
        {"dtype": str(array.dtype), "shape": list(array.shape)},
    )


def _matches(shape, wanted):
    return len(shape) == len(wanted) and all(
        w is None or n == w for n, w in zip(shape, wanted, strict=True)
    )


def _check_data_shape(shape, wanted):
    given = shape[1:]
    if _matches(given, wanted):
        return
    numbers = {"x": list(shape), "input": list(wanted)}
    needs = f"The model takes batches of {wanted}"
    have = f"x has shape {shape}"

    def fault(code, message, cause, cure):
        return Finding(code, "fault", None, message, cause, cure, numbers)

    if _matches(shape, wanted):
        yield fault(
            "data-no-batch",
            f"{needs}, and {have}: one picture, without the axis that counts pictures.",
            "A single picture was given. Keras would read its first axis as the batch.",
            "Write `x[None]`, which has shape " + str((1, *shape)) + ".",
        )
        return
    if len(given) == len(wanted) - 1 and wanted[-1] == 1 and _matches(given, wanted[:-1]):
        yield fault(
            "data-channels",
            f"{needs}, and {have}: the pictures are gray and have no channel axis.",
            "Gray pictures are often stored as (height, width).",
            "Write `x[..., None]`.",
        )
        return
    if len(given) != 3 or len(wanted) != 3:
        yield fault(
            "data-size",
            f"{needs}, and {have}.",
            "The data are of another kind or size than the model's input.",
            f"Bring x to shape (n, {', '.join(map(str, wanted))}), or give the model "
            f"`keras.Input({tuple(given)})`.",
        )
        return
    turned_last, turned_first = (*given[1:], given[0]), (given[2], *given[:2])
    goal, looks = _looks(wanted) or _looks_open(wanted), _looks(given)
    if goal and looks and goal != looks:
        turned = turned_last if goal == "channels_last" else turned_first
        there = "1, -1" if goal == "channels_last" else "-1, 1"
        yield fault(
            "data-channels-order",
            f"{needs}, {_ORDERS[goal]}, and {have}: its pictures are {_ORDERS[looks]}.",
            "Pictures from files and from Matplotlib have their channels last; PyTorch and "
            "channels_first models have them first.",
            f"Write `np.moveaxis(x, {there})`, which has shape {(shape[0], *turned)}"
            + (", or build the model for channels_last." if goal == "channels_first" else "."),
        )
        if _matches(turned, wanted):
            return
        given = turned
    goal = goal or "channels_last"
    at = 0 if goal == "channels_first" else -1
    if wanted[at] is not None and given[at] != wanted[at]:
        yield fault(
            "data-channels",
            f"{needs}, that is {wanted[at]} channels, and the pictures of x have {given[at]}.",
            {1: "The pictures are gray.", 4: "The pictures carry transparency."}.get(
                given[at], "The pictures are of another kind than the model's input."
            ),
            {
                (1, 3): "Write `np.repeat(x, 3, axis=-1)`.",
                (3, 1): "Write `x.mean(axis=-1, keepdims=True)`, or give the model 3 channels.",
                (4, 3): "Write `x[..., :3]`.",
            }.get(
                (given[at], wanted[at]),
                f"Give the model `keras.Input({tuple(given)})`, or other pictures.",
            ),
        )
    size, right = (given[1:], wanted[1:]) if at == 0 else (given[:-1], wanted[:-1])
    if not _matches(size, right):
        yield fault(
            "data-size",
            f"{needs}: {_times(right)} pixels, and the pictures of x have {_times(size)}.",
            "The model was written for other pictures.",
            f"Resize the pictures (`keras.layers.Resizing({right[0]}, {right[1]})`), or build the "
            f"model for {_times(size)}.",
        )


def _looks_open(shape):
    """As ``_looks``, for an input whose height and width are left open."""
    if len(shape) == 3 and shape[1] is None:
        if shape[0] is None and shape[2] in (1, 3, 4):
            return "channels_last"
        if shape[2] is None and shape[0] in (1, 3, 4):
            return "channels_first"
    return None


_BEFORE_SCALING = re.compile(
    r"ZeroPadding\dD|Cropping\dD|Reshape|Flatten|Permute|(Spatial)?Dropout(\dD)?|Resizing|"
    r"Random\w+|CenterCrop|Identity|MaxPooling\dD|AveragePooling\dD"
)


def _check_range(subject, x, low, high):
    import numpy as np

    if len(subject.inputs) != 1 or x.ndim not in (2, 3, 4) or prod(x.shape[1:]) < 64:
        return
    if x.ndim < 4 and (high < 200 or not np.array_equal(x[:64], np.round(x[:64]))):
        return  # a table of measurements, not the pixels of gray pictures
    at = subject.inputs[0]
    while len(at.consumers) == 1 and _BEFORE_SCALING.fullmatch(at.consumers[0].kind):
        at = at.consumers[0]
    if not at.consumers:
        return
    first = at.consumers[0]
    numbers = {"low": low, "high": high}
    scale, offset = (first.options.get(name) for name in ("scale", "offset"))
    if first.kind == "Rescaling" and isinstance(scale, (int, float)):
        if abs(scale) <= 0.1 and (high - low) * abs(scale) < 0.05:
            yield Finding(
                "data-scaled-twice",
                "fault",
                None,
                f"x goes from {low:g} to {high:g}, and {first.name} multiplies it by {scale:.3g}: "
                f"the network sees a range of {(high - low) * abs(scale):.2g}.",
                "The pixels were divided by 255 before, and the model does it once more.",
                f"Give x as it was (0 to 255), or take {first.name} out of the model.",
                {**numbers, "scale": scale},
            )
            return
        if len(first.consumers) != 1 or not isinstance(offset, (int, float)):
            return
        low, high = low * scale + offset, high * scale + offset
        first = first.consumers[0]
        while _BEFORE_SCALING.fullmatch(first.kind) and len(first.consumers) == 1:
            first = first.consumers[0]
    if not (low >= 0 and 50 < high <= 256 and _WEIGHTS.fullmatch(first.kind)):
        return
    normalized = [each for each in first.consumers if each.kind == "BatchNormalization"]
    yield Finding(
        "data-range",
        "note" if normalized else "fault",
        None,
        f"x goes from {low:g} to {high:g}, and {first.name} takes it as it is: nothing rescales "
        "it."
        + (
            f" {normalized[0].name} makes up for most of that."
            if normalized
            else " First weights are drawn for inputs near 1; hundreds of times as large, they "
            "give losses and steps hundreds of times as large."
        ),
        "Pixels come from files as whole numbers from 0 to 255.",
        "Write `x.astype('float32') / 255`, or begin the model with "
        "`keras.layers.Rescaling(1 / 255)`.",
        numbers,
    )


def _check_labels(subject, x, y):
    import numpy as np

    y = np.asarray(y)
    if y.dtype.kind not in "biuf":
        yield _not_numbers("y", y)
        return
    if len(subject.outputs) != 1 or not y.size:
        return
    step = subject.outputs[0]
    loss = subject.losses[0] if subject.losses else None
    name, _ = loss or (None, False)
    n = len(x) if x is not None and np.ndim(x) else None
    units = _units(step)
    numbers = {"y": list(y.shape), "x": n, "units": units, "loss": name}
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        wrong = int(y.size - np.isfinite(y).sum())
        yield Finding(
            "data-nan",
            "fault",
            None,
            f"{wrong:,} of {y.size:,} labels are NaN or infinite.",
            "A missing entry in the file of labels.",
            "Leave those pictures out, or find their labels.",
            {"count": wrong},
        )
        return

    def fault(code, message, cause, cure, layer=None, severity="fault"):
        return Finding(code, severity, layer, message, cause, cure, numbers)

    turned = y.ndim == 2 and (
        (n is not None and len(y) != n and y.shape[1] == n)
        or (n is None and len(y) == 1 and y.shape[1] > 1 and y.shape[1] != units)
    )
    if turned:
        flat = len(y) == 1
        yield fault(
            "labels-shape",
            f"y has shape {y.shape}: Keras reads that as {len(y)} example{'s' * (len(y) != 1)} "
            f"with {y.shape[1]:,} numbers each, not as {y.shape[1]:,} labels.",
            "The labels lie along the second axis, as some courses' files store them.",
            f"Write `{'y[0]' if flat else 'y.T'}`, which has shape "
            f"{(y.shape[1],) if flat else y.shape[::-1]}.",
        )
        return
    if n is not None and y.ndim and len(y) != n:
        yield fault(
            "labels-length",
            f"x has {n:,} pictures and y {len(y):,} labels.",
            "x and y come from different splits or files, or one of them was filtered alone.",
            "Split and filter both with the same indices.",
        )
    if step.output is None or len(step.output) != 1 or not units or y.ndim == 0:
        return
    yield from _check_classes(step, name, y, units, fault)


def _check_classes(step, name, y, units, fault):
    import numpy as np

    numbers_only = y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
    low, high = float(y.min()), float(y.max())
    classes = units > 1 and (
        name in _OVER_CLASSES or (name not in _BINARY and _last_activation(step) == "softmax")
    )
    sparse = name == "sparse_categorical_crossentropy"
    if y.ndim > 2:
        if classes or name in _BINARY:
            yield fault(
                "labels-shape",
                f"y has shape {y.shape}, and {step.name} puts out {units} numbers for a picture.",
                "The labels have more axes than the outputs.",
                "Give one label for each picture: shape (n,) or (n, classes).",
            )
        return
    if classes and numbers_only:
        if name not in (None, "sparse_categorical_crossentropy"):
            yield fault(
                "labels-integers",
                f"y holds class numbers, shape {y.shape}, and {name} compares the {units} outputs "
                f"of {step.name} with {units} numbers for each picture.",
                f"{name} expects one-hot labels: a row of zeros with a single 1.",
                "Write loss='sparse_categorical_crossentropy', or "
                f"`keras.utils.to_categorical(y, {units})`.",
                step.name,
            )
        if low < 0 or high >= units or not np.array_equal(y, np.round(y)):
            yield _outside(step, y, low, high, units, fault)
        else:
            yield from _check_unused(step, y, units, fault)
        return
    if classes and not numbers_only:
        one_hot = bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
        if sparse:
            yield fault(
                "labels-one-hot" if one_hot or y.shape[1] == units else "labels-shape",
                f"y has shape {y.shape}{', one-hot,' if one_hot else ''} and {name} expects one "
                "class number for each picture.",
                "The labels were made one-hot, and the loss is the one for class numbers."
                if one_hot
                else "The labels have one axis too many.",
                "Write loss='categorical_crossentropy', or `y.argmax(axis=1)`.",
                step.name if one_hot or y.shape[1] == units else None,
            )
        if y.shape[1] != units:
            yield fault(
                "labels-classes",
                f"y has {y.shape[1]} classes, shape {y.shape}, and {step.name} has {units} units.",
                "The head was made for another set of classes.",
                f"Write {_call(step, units=int(y.shape[1]))}"
                if step.kind == "Dense"
                else f"Give {step.name} {y.shape[1]} units.",
                step.name,
            )
        elif not sparse and (low < 0 or not np.allclose(y.sum(axis=1), 1, atol=1e-3)):
            off = int((~np.isclose(y.sum(axis=1), 1, atol=1e-3)).sum())
            yield fault(
                "labels-range",
                f"{off:,} of {len(y):,} rows of y do not add up to 1, and {step.name} puts out "
                "probabilities that do.",
                "Either several classes are right at once, or the rows are not one-hot.",
                "For several at once: activation='sigmoid' with loss='binary_crossentropy'.",
                step.name,
            )
        return
    if name in _BINARY:
        if units > 1 and numbers_only and len(np.unique(y)) > 2:
            yield fault(
                "independent-classes",
                f"y holds class numbers from {low:g} to {high:g}, and {name} expects {units} "
                "answers of 0 or 1 for each picture.",
                "Classes that exclude each other are one question with several answers.",
                "Write activation='softmax' with loss='sparse_categorical_crossentropy'.",
                step.name,
            )
        elif low < 0 or high > 1:
            yield _outside(step, y, low, high, 2, fault)
        elif y.ndim == 2 and y.shape[1] != units:
            yield fault(
                "labels-classes",
                f"y has {y.shape[1]} columns, shape {y.shape}, and {step.name} has {units} units.",
                "The head was made for another set of classes.",
                f"Give {step.name} {y.shape[1]} units.",
                step.name,
            )
        elif units > 1 and y.ndim == 2 and len(y) >= 8 and (y.sum(axis=1) == 1).all():
            yield fault(
                "independent-classes",
                f"Each of the {len(y):,} rows of y has exactly one 1 among {units} classes, and "
                f"{name} with {step.name} judges each class by itself.",
                "Sigmoid and the binary loss are for answers that do not exclude each other.",
                "Write activation='softmax' with loss='categorical_crossentropy'.",
                step.name,
            )


def _outside(step, y, low, high, units, fault):
    whole = bool((y == y.round()).all())
    if whole and low == 1 and high == units:
        why = f"The labels count from 1 to {units}; Keras counts from 0."
        cure = "Write `y - 1`."
    elif low < 0:
        why = "A negative label often stands for 'unknown', or the labels are -1 and 1."
        cure = "Leave the unknown ones out; for -1 and 1, write `(y + 1) / 2`."
    elif not whole:
        why = "The labels are not whole numbers: they look like measurements, not classes."
        cure = "For measurements use one unit without activation and loss='mse'."
    else:
        why = "The head was made for fewer classes, or the labels count something else."
        cure = f"Give {step.name} {int(high) + 1} units, or number the classes anew with np.unique."
    return fault(
        "labels-range",
        f"y goes from {low:g} to {high:g}, and {step.name} can answer 0 to {units - 1}.",
        why,
        cure,
        step.name,
    )


def _check_unused(step, y, units, fault):
    import numpy as np

    used, top = len(np.unique(y)), int(y.max()) + 1
    if top * 2 <= units and len(y) >= 5 * used:
        yield fault(
            "labels-classes",
            f"The {len(y):,} labels name {used} classes, none above {top - 1}, and {step.name} has "
            f"{units:,} units.",
            "The head was made for another set of classes; or these labels are sorted and the "
            "rest comes later.",
            f"If there are {top} classes, write {_call(step, units=top)}."
            if step.kind == "Dense"
            else f"If there are {top} classes, give {step.name} {top} units.",
            step.name,
            "note",
        )


# ---- The examination ------------------------------------------------------------------------

_CHECKS = (
    _check_channels,
    _check_vanished,
    _check_unseen,
    _check_dense,
    _check_dense_on_maps,
    _check_linear,
    _check_output,
    _check_training,
)


def examine(model, x=None, y=None) -> Report:
    """Examine a Keras model, and data if there is any.

    Args:
        model: A Keras model: Sequential, Functional or subclassed; compiled or not.
        x: A batch or a whole set of inputs, shape (n, ...), or None.
        y: Their labels, or None.

    Returns:
        The report.

    Raises:
        TypeError: ``model`` is no Keras model.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((3, 64, 64)), keras.layers.Conv2D(8, 3)])
        >>> [finding.code for finding in examine(model).faults]
        ['input-axes-swapped']
    """
    if not (hasattr(model, "layers") and hasattr(model, "count_params")):
        raise TypeError(
            f"the doctor examines Keras models, and received {type(model).__name__}. For a file "
            "call examine_file(path); for a variant's name, network.build(variant(name)) first."
        )
    return _report(_read_model(model, x), x, y)


def _report(subject, x, y):
    import numpy as np

    findings = list(subject.findings)
    for check in _CHECKS:
        findings += check(subject)
    several = isinstance(x, (dict, list, tuple)) and len(subject.inputs) > 1
    if x is not None and not several:
        findings += _check_data(subject, x)
    elif several:
        subject.limits.append("Several inputs: x was not examined.")
    if y is not None and not isinstance(y, dict):
        findings += _check_labels(subject, None if several else x, y)
    codes = list(CODES)
    order = {step.name: i for i, step in reversed(list(enumerate(subject.steps)))}
    unique = {(finding.code, finding.layer, finding.message): finding for finding in findings}
    findings = sorted(
        unique.values(),
        key=lambda each: (
            each.severity != "fault",
            order.get(each.layer, len(order)),
            codes.index(each.code),
        ),
    )
    layers = [step for step in subject.steps if step.kind != "InputLayer"]
    seen = {
        "layers": len({step.name for step in layers}),
        "shapes": any(step.output is not None for step in layers),
        "loss": subject.loss_name,
        "x": None if x is None or several else list(np.shape(x)),
        "y": None if y is None or isinstance(y, dict) else list(np.shape(y)),
        "limits": subject.limits,
    }
    return Report(subject.name, tuple(findings), seen)


# ---- Files ----------------------------------------------------------------------------------


def examine_file(path, x=None, y=None) -> Report:
    """Examine a saved model, a ``.keras`` or ``.h5`` file, by its description.

    Weights are not read, and nothing that the file names is imported or run: Keras builds the
    model's graph only if every class in it is Keras' or this package's own, and none is a Lambda.
    Otherwise the doctor reads the description itself, and says what it could not see.

    Args:
        path: The file.
        x: As :func:`examine`.
        y: As :func:`examine`.

    Returns:
        The report.

    Raises:
        OSError: The file cannot be opened.
        ValueError: It holds no Keras model; the message says what it is instead.
    """
    config, compiling = _description(Path(path))
    name = str((config.get("config") or {}).get("name") or config.get("class_name"))
    strangers = sorted(set(_strangers(config)))
    subject = reason = None
    if strangers:
        reason = (
            f"It was not loaded, because it holds {', '.join(strangers[:4])}"
            f"{' and others' * (len(strangers) > 4)}, and the doctor runs no code from a file."
        )
    else:
        try:
            subject = _read_model(_loaded(config, Path(path)), x)
        except Exception as error:
            reason = f"Keras could not load it: {_first_line(error)}"
    if subject is None:
        subject = _read_description(config, name)
        subject.limits.append(f"{reason} What is said here comes from its description alone.")
    if isinstance(compiling, dict) and compiling.get("loss") is not None:
        _read_losses(subject, compiling["loss"], None)
        subject.compiled = True
    return _report(subject, x, y)


_DESCRIPTION_LIMIT = 2**27  # bytes; the description of the largest application has 2 million


def _description(path):
    """The model's configuration and how it is compiled, as plain values."""
    if path.is_dir():
        raise ValueError(
            f"{path} is a folder. The doctor reads .keras and .h5 files; a SavedModel holds no "
            "description of layers."
        )
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise ValueError(f"{path} is empty. Save the model again: model.save({path.name!r}).")
    try:
        if head.startswith(b"PK"):
            with zipfile.ZipFile(path) as archive:
                if archive.getinfo("config.json").file_size > _DESCRIPTION_LIMIT:
                    raise ValueError(f"{path}: its config.json is too large to be a description.")
                config = json.loads(archive.read("config.json"))
            compiling = config.get("compile_config") if isinstance(config, dict) else None
        elif head == b"\x89HDF\r\n\x1a\n":
            config, compiling = _h5_description(path)
        else:
            raise ValueError(
                f"{path} is {_what(head)}, not a Keras model. A .keras file is a zip archive, and "
                "an .h5 file an HDF5 file: was another file renamed?"
            )
    except zipfile.BadZipFile:
        raise ValueError(
            f"{path} is a damaged zip archive: it was cut off, as by a download that stopped. Get "
            "it again."
        ) from None
    except KeyError:
        raise ValueError(
            f"{path} is a zip archive without config.json, so it is no Keras model."
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: the model's description is damaged: {error}") from None
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise ValueError(f"{path}: its description names no model.")
    return config, compiling


def _h5_description(path):
    import h5py

    try:
        with h5py.File(path) as file:
            config, compiling = (file.attrs.get(f"{n}_config") for n in ("model", "training"))
    except OSError as error:
        raise ValueError(f"{path} is a damaged HDF5 file: {error}") from None
    if config is None:
        raise ValueError(
            f"{path} holds no description of a model, only arrays: weights alone, as "
            "save_weights writes them. Save the whole model with model.save."
        )
    return json.loads(config), json.loads(compiling) if compiling is not None else None


def _what(head):
    for start, what in (
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"%PDF", "a PDF"),
        (b"\x80", "a Python pickle"),
        (b"\x93NUMPY", "a NumPy array"),
    ):
        if head.startswith(start):
            return what
    return "something else"


_KERAS_MODULE = re.compile(
    r"keras(\.src)?(\.(layers|models|initializers|regularizers|constraints|activations|ops|"
    r"dtype_policies|random|backend)(\.\w+)*)?"
)


def _strangers(value):
    """What in a configuration is not known to be plain Keras: names, one by one."""
    if isinstance(value, dict):
        kind = value.get("class_name")
        if isinstance(kind, str):
            module, known = value.get("module"), str(value.get("registered_name"))
            ours = known.startswith("alexnet_tutorial>") and module == "alexnet_tutorial.layers"
            if kind.endswith("Lambda") or kind == "__lambda__":
                yield "a Lambda layer"
            elif kind == "function" or (
                module is not None and not ours and not _KERAS_MODULE.fullmatch(str(module))
            ):
                yield f"{value.get('config') if kind == 'function' else kind} of {module}"
            elif module is None and not _legacy_known(kind, value):
                yield kind
        for key, item in value.items():
            if key != "compile_config":
                yield from _strangers(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strangers(item)


def _legacy_known(kind, value):
    """Older files and .h5 files name a class without its module."""
    import keras

    places = (keras, keras.layers, keras.initializers, keras.regularizers, keras.constraints)
    return (
        kind in ("Functional", "__tensor__", "__keras_tensor__")
        or kind.startswith("alexnet_tutorial>")
        or any(hasattr(place, kind) for place in places)
    )


def _loaded(config, path):
    """The model that a vetted configuration describes, not compiled."""
    import keras

    import alexnet_tutorial.layers  # noqa: F401  registers the layers of this package

    if "module" not in config:  # an .h5 file's, which only Keras' loader for these reads
        return keras.models.load_model(path, compile=False)
    config = {key: value for key, value in config.items() if key != "compile_config"}
    with without_weights():
        return keras.saving.deserialize_keras_object(config, safe_mode=True)


def _read_description(config, name):
    steps, outputs = _described(config, [])
    subject = _Subject(name, steps, outputs, partial=True)
    if not steps:
        shape = (config.get("build_config") or {}).get("input_shape")
        subject.findings.append(
            Finding(
                "not-seen",
                "note",
                None,
                f"{name} is a model of a class of its own, {config.get('class_name')}: its file "
                "names no layers"
                + (f", only the shape of its input, {tuple(shape)}." if shape else "."),
                "A subclassed model keeps its layers in its own code, which is not in the file.",
                "Build it in Python and call `doctor.examine(model, x)`, or write it as a "
                "Functional model.",
            )
        )
    return subject


def _described(config, feeds):
    """Steps of a configuration: a Sequential's in a row, a Functional's by its connections."""
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner
    layers = [each for each in layers or () if isinstance(each, dict) and "class_name" in each]
    in_a_row = not any("inbound_nodes" in each for each in layers)
    shapes = dict(_tensor_shapes(layers))
    steps, made = [], {}
    row = list(feeds)
    fed = list(feeds)
    for layer in layers:
        options = layer.get("config") if isinstance(layer.get("config"), dict) else {}
        label = layer.get("name") or options.get("name") or layer["class_name"]
        if layer["class_name"] == "InputLayer" and feeds:
            made[label] = fed.pop(0) if fed else feeds[0]
            continue
        feeding = list(dict.fromkeys(_histories(layer.get("inbound_nodes"))))
        sources = row[-1:] if in_a_row else [made[each] for each in feeding if each in made]
        if isinstance(options.get("layers"), list):
            inside, outs = _described(layer, sources)
            steps += inside
            made[label] = outs[0] if outs else None
            row += outs[:1]
            continue
        kind = _ALIASES.get(layer["class_name"], layer["class_name"])
        step = _Step(str(label), kind, _options(options.get), [s for s in sources if s])
        step.inputs = [source.output for source in step.sources]
        built = (layer.get("build_config") or {}).get("input_shape")
        if step.inputs and step.inputs[0] is None and _is_shape(built):
            step.inputs[0] = tuple(built[1:])
        batch = options.get("batch_shape") or options.get("batch_input_shape")
        if kind != "InputLayer" and in_a_row and not steps and _is_shape(batch):
            steps.append(_Step("input", "InputLayer", output=tuple(batch[1:])))
            step.sources, step.inputs = steps[:], [steps[0].output]
        if kind == "InputLayer" and _is_shape(batch):
            step.output = tuple(batch[1:])
        else:
            step.output = shapes.get(label) or _inferred(step)
        step.parameters = _counted(step)
        steps.append(step)
        made[label] = step
        row.append(step)
    if in_a_row:
        return steps, row[-1:]
    ends = [made[each] for each in _histories([inner.get("output_layers")]) if made.get(each)]
    return steps, ends or steps[-1:]


def _is_shape(value):
    return isinstance(value, (list, tuple)) and all(isinstance(n, (int, type(None))) for n in value)


def _tensor_shapes(value):
    """(layer, shape without batch) of every tensor that a configuration mentions."""
    if isinstance(value, dict):
        history, shape = value.get("keras_history"), value.get("shape")
        if history and _is_shape(shape):
            yield history[0], tuple(shape[1:])
        for item in value.values():
            yield from _tensor_shapes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _tensor_shapes(item)


def _histories(value):
    """Names of the layers that feed one: Keras 3 writes tensors, Keras 2 lists."""
    if isinstance(value, dict):
        if value.get("keras_history"):
            yield value["keras_history"][0]
        else:
            for item in value.values():
                yield from _histories(item)
    elif isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
            yield value[0]
        else:
            for item in value:
                yield from _histories(item)


def _inferred(step):
    """The output's shape where plain arithmetic gives it, else None."""
    shape, options = step.input, step.options
    if shape is None or None in shape:
        return None
    if step.kind == "Dense" and isinstance(options.get("units"), int):
        return *shape[:-1], options["units"]
    if step.kind == "Flatten":
        return (prod(shape),)
    window, first = _window(step), _format(step) == "channels_first"
    channels, spatial = (shape[0] if first else shape[-1]), _spatial(step, shape)
    if window and len(window["kernel"]) == len(spatial) and "Global" not in step.kind:
        try:
            sizes = tuple(
                arithmetic.output_size(n, k, s, window["padding"], dilation_rate=d)
                for n, k, s, d in zip(
                    spatial, window["kernel"], window["strides"], window["dilation"], strict=True
                )
            )
        except ValueError:
            return None
        channels = options.get("filters", channels)
    elif _PADS.match(step.kind) and isinstance(options.get("padding"), tuple):
        sides = [pair(each) for each in options["padding"]]
        sizes = tuple(n + sum(side) for n, side in zip(spatial, sides, strict=True))
    else:
        keeps = step.kind in _KEEPING or _LINEAR.fullmatch(step.kind[:7]) is not None
        return shape if keeps else None
    return (channels, *sizes) if first else (*sizes, channels)


_KEEPING = (
    "Activation",
    "ReLU",
    "LeakyReLU",
    "Softmax",
    "BatchNormalization",
    "LayerNormalization",
    "Dropout",
    "LRN",
    "Rescaling",
    "Identity",
)


def _counted(step):
    """Parameters of the layers that hold most of them."""
    options, shape = step.options, step.input
    if step.kind == "Dense" and shape and shape[-1] and "units" in options:
        return arithmetic.dense_parameters(
            shape[-1], options["units"], options.get("use_bias", True)
        )
    return None
