"""From a description to its Keras model: same layer names, same shapes, either data format."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import keras

from alexnet_tutorial.network.layers import LRN, RUN_AS, InfinitePadding2D, PortableConv2D
from alexnet_tutorial.shapes import Activation, Architecture, Conv, Dense, Step
from alexnet_tutorial.shapes import architecture as described
from alexnet_tutorial.shapes.architecture import Layer, pair, windows

INITIALIZATIONS = ("he", "paper", "source")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
_WIDER_IN_SOURCE = ("conv3", "conv4", "conv5")


def build(
    architecture: Architecture,
    *,
    initialization: str = "he",
    data_format: str = "channels_last",
    groups: str = "auto",
    precision: str | None = None,
    first: Sequence[keras.Layer] = (),
    seed: int | None = 0,
) -> keras.Model:
    """Build the Keras model that a description describes.

    Rounding up becomes zeros after the edge, in a layer of its own called ``<layer>_pad``; so
    does padding that Keras's ``"same"`` does not give.

    In mixed precision, response
    normalization and softmax still compute in float32: in float16, the squares of the one
    overflow from 256 on, and the small probabilities of the other vanish.

    Args:
        architecture: The network.
        initialization: ``"he"``: He et al. (2015), arXiv:1502.01852, for layers whose output
            meets a ReLU, be it behind a pool (Glorot's for the others), with zero biases, from
            which the network learns on small sets too; ``"paper"``: weights of deviation 0.01
            and the paper's biases (section 5); ``"source"``: the same, but 0.03 in the layers
            named conv3, conv4 and conv5, as the settings released in 2025 have it
            (https://github.com/computerhistory/AlexNet-Source-Code).
        data_format: ``"channels_last"``, pictures (height, width, channels), or
            ``"channels_first"``, pictures (channels, height, width). The weights are the same.
        groups: How grouped convolutions run: ``"auto"``, ``"towers"``, ``"native"`` or
            ``"products"``; see :class:`alexnet_tutorial.network.layers.PortableConv2D`.
        precision: ``"float32"``, ``"mixed_bfloat16"`` or ``"mixed_float16"``, in which Keras'
            ``compile`` scales the loss; None: Keras's own dtype policy.
        first: Layers that come before the network, a ``keras.layers.InputLayer`` the first of
            them. None: one for the network's own pictures.
        seed: Seed of the first weights and of dropout; None draws others each time.

    Returns:
        A model, not compiled.

    Raises:
        ValueError: An option is unknown; the message lists the known ones. Or the layers that
            come first make something else than what the network reads.

    Example:
        >>> from alexnet_tutorial.shapes import variant
        >>> build(variant("compact")).output_shape
        (None, 6)
    """
    _known("initialization", initialization, INITIALIZATIONS)
    _known("data_format", data_format, ("channels_last", "channels_first"))
    _known("groups", groups, RUN_AS)
    if precision is not None:
        _known("precision", precision, PRECISIONS)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision or before)
    try:
        return _model(architecture, initialization, data_format, groups, first, seed)
    finally:
        keras.config.set_dtype_policy(before)


def _model(architecture, initialization, data_format, groups, first, seed):
    """The model, by Keras's present dtype policy."""
    height, width, channels = architecture.input_shape
    last = data_format == "channels_last"
    shape = (height, width, channels) if last else (channels, height, width)
    start, *others = first or [keras.layers.InputLayer(shape)]
    inputs = x = start.output
    for layer in others:
        x = layer(x)
    if tuple(x.shape[1:]) != shape:
        raise ValueError(
            f"network {architecture.name!r} reads pictures of {shape}, and the layers that come "
            f"first make {tuple(x.shape[1:])}."
        )
    for index, step in enumerate(architecture.steps):
        layer_seed = None if seed is None else 1000 * seed + index
        start = {}
        if isinstance(step.layer, (Conv, Dense)):
            meets = _activation_met(architecture.layers[index:])
            start = _initializers(step.layer, meets, initialization, layer_seed)
        for layer in _keras_layers(step, data_format, groups, layer_seed, start):
            x = layer(x)
    return keras.Model(inputs, x, name=architecture.name)


def _known(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"unknown {what} {value!r}. Known: {', '.join(known)}.")


def _keras_layers(
    step: Step, data_format: str, groups: str, seed: int | None, start: dict[str, Any]
) -> Iterator[keras.Layer]:
    """The Keras layers of one described layer: itself, after padding where it needs any.

    ``start`` has the initializers of its kernel and its bias, where it has these.
    """
    layer = step.layer
    precise = keras.config.dtype_policy().variable_dtype  # float32 in mixed precision too
    if step.windows:
        padding, pad_layer = _padding(step, data_format)
        if pad_layer:
            yield pad_layer
    match layer.kind:
        case "conv":
            plain = layer.groups == 1 and data_format == "channels_last"
            make = keras.layers.Conv2D if plain else PortableConv2D
            options = {} if plain else {"groups": layer.groups, "run_as": groups}
            yield make(
                layer.filters,
                pair(layer.kernel_size),
                strides=pair(layer.strides),
                padding=padding,
                data_format=data_format,
                activation=layer.activation,
                name=layer.name,
                **start,
                **options,
            )
        case "pool":
            yield keras.layers.MaxPooling2D(
                pair(layer.pool_size),
                strides=pair(layer.strides),
                padding=padding,
                data_format=data_format,
                name=layer.name,
            )
        case "lrn":
            options = {field.name: getattr(layer, field.name) for field in fields(layer)}
            yield LRN(**options, data_format=data_format, dtype=precise)
        case "activation":
            yield keras.layers.Activation(layer.activation, name=layer.name)
        case "flatten":
            # Told the data format, Keras lays channels_first maps out as channels_last ones.
            yield keras.layers.Flatten(data_format=data_format, name=layer.name)
        case "dense":
            yield keras.layers.Dense(
                layer.units,
                activation=layer.activation,
                dtype=precise if layer.activation == "softmax" else None,
                name=layer.name,
                **start,
            )
        case "dropout":
            yield keras.layers.Dropout(layer.rate, seed=seed, name=layer.name)
        case _:
            raise ValueError(f"layer {layer.name!r}: no Keras layer is known for {layer.kind!r}.")


def _padding(step: Step, data_format: str) -> tuple[str, keras.Layer | None]:
    """Keras's word for the padding, and the layer that pads where Keras has no word for it."""
    if step.pads == ((0, 0), (0, 0)):
        return "valid", None
    kernel = [window.kernel_size for window in step.windows]
    same = windows(step.input, kernel, pair(step.layer.strides), "same")
    if all(
        (ours.outputs, ours.pads) == (theirs.outputs, theirs.pads)
        for ours, theirs in zip(step.windows, same, strict=True)
    ):
        return "same", None
    make = keras.layers.ZeroPadding2D if step.layer.kind == "conv" else InfinitePadding2D
    return "valid", make(step.pads, data_format=data_format, name=f"{step.layer.name}_pad")


def _activation_met(layers: Sequence[Layer]) -> str | None:
    """The activation that the first layer's output meets before the next layer with weights."""
    for number, layer in enumerate(layers):
        if isinstance(layer, (Conv, Dense)) and number > 0:
            return None
        if isinstance(layer, (Conv, Dense, Activation)) and layer.activation is not None:
            return layer.activation
    return None


def _initializers(
    layer: Conv | Dense, activation: str | None, initialization: str, seed: int | None
) -> dict[str, Any]:
    """Initializers of the kernel and the bias of a layer whose output meets this activation."""
    if initialization in ("paper", "source"):
        wider = initialization == "source" and layer.name in _WIDER_IN_SOURCE
        kernel = keras.initializers.RandomNormal(stddev=0.03 if wider else 0.01, seed=seed)
        return {
            "kernel_initializer": kernel,
            "bias_initializer": keras.initializers.Constant(layer.bias),
        }
    if activation == "relu":
        return {"kernel_initializer": keras.initializers.HeNormal(seed=seed)}
    return {"kernel_initializer": keras.initializers.GlorotUniform(seed=seed)}


def describe(model: keras.Model) -> Architecture:
    """Describe a Keras model: what :func:`build` did, backwards.

    All padding comes back as numbers, rounding up too. The values that biases started from are
    not in a model: they come back as 0.

    Args:
        model: A chain of the layers that :func:`build` uses, with a fixed input size.

    Returns:
        The description, with the model's own layer names.

    Raises:
        ValueError: The model is no such chain; the message names the layer.

    Example:
        >>> from alexnet_tutorial.shapes import variant
        >>> describe(build(variant("torchvision"))) == variant("torchvision")
        True
    """
    formats = {layer.data_format for layer in model.layers if hasattr(layer, "data_format")}
    shape = model.input_shape
    if len(formats) != 1 or not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:]:
        raise ValueError(
            f"model {model.name!r}: input {shape}, data formats {sorted(formats)}; expected one "
            "batch of pictures of fixed size, and one data_format in every layer."
        )
    height, width, channels = shape[1:] if formats == {"channels_last"} else (*shape[2:], shape[1])
    layers, padding, value = [], None, model.inputs[0]
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if layer.input is not value:
            raise ValueError(
                f"model {model.name!r}, layer {layer.name!r}: it does not read the output of the "
                "layer before it, and a description is a chain of layers."
            )
        value = layer.output
        if isinstance(layer, keras.layers.ZeroPadding2D):
            padding = layer
        else:
            layers.append(_described(layer, padding))
            padding = None
    if value is not model.outputs[0] or padding:
        raise ValueError(f"model {model.name!r}: its output is not that of its last layer.")
    network = Architecture(model.name, (height, width), tuple(layers), channels=channels)
    layers = [
        replace(step.layer, padding=described.shortest(step.pads))
        if getattr(step.layer, "padding", None) == "same"
        else step.layer
        for step in network.steps
    ]
    return replace(network, layers=tuple(layers))


def _described(layer: keras.Layer, pad_layer: keras.Layer | None) -> Layer:
    """The description of one Keras layer, and of the padding before it."""
    refusal = (
        f"layer {layer.name!r}, a {type(layer).__name__}: a description has no word for it or for "
        "its settings. Known: Conv2D and MaxPooling2D (each after its padding), Activation, LRN, "
        "Flatten, Dense, Dropout, with biases, without dilation."
    )
    if pad_layer:
        infinite = isinstance(pad_layer, InfinitePadding2D)
        pooled = isinstance(layer, keras.layers.MaxPooling2D)
        convolved = isinstance(layer, keras.layers.Conv2D)
        if not (pooled if infinite else convolved) or layer.padding != "valid":
            raise ValueError(refusal)
        padding = described.shortest(pad_layer.padding)
    elif isinstance(layer, (keras.layers.Conv2D, keras.layers.MaxPooling2D)):
        padding = 0 if layer.padding == "valid" else "same"
    match layer:
        case keras.layers.Conv2D(use_bias=True, dilation_rate=(1, 1)):
            return described.Conv(
                layer.name,
                layer.filters,
                described.shortest(layer.kernel_size),
                strides=described.shortest(layer.strides),
                padding=padding,
                groups=layer.groups,
                activation=_activation(layer),
            )
        case keras.layers.MaxPooling2D():
            sizes = described.shortest(layer.pool_size), described.shortest(layer.strides)
            return described.Pool(layer.name, *sizes, padding=padding)
        case LRN():
            names = [field.name for field in fields(described.LRN)]
            return described.LRN(**{name: getattr(layer, name) for name in names})
        case keras.layers.Activation():
            return described.Activation(layer.name, _activation(layer) or "linear")
        case keras.layers.Flatten():
            return described.Flatten(layer.name)
        case keras.layers.Dense(use_bias=True):
            return described.Dense(layer.name, layer.units, activation=_activation(layer))
        case keras.layers.Dropout():
            return described.Dropout(layer.name, layer.rate)
    raise ValueError(refusal)


def _activation(layer: keras.Layer) -> str | None:
    name = getattr(layer.activation, "__name__", str(layer.activation))
    return None if name == "linear" else name
