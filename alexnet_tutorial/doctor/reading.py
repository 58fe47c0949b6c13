"""A Keras model, read as the steps that its data take: kinds, options and shapes."""

import contextlib
import textwrap
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

from alexnet_tutorial.doctor import windows, words
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Loss, Metric, Shape, Step, Subject

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
    "rate",
    "mean",
    "variance",
)

# The package's own layers read like the Keras layers that they extend.
ALIASES = {"PortableConv2D": "Conv2D", "InfinitePadding2D": "ZeroPadding2D"}


def _plain(value: Any) -> Any:
    """Tuples for lists, plain numbers; anything else (a tensor, an object) is left out."""
    if hasattr(value, "tolist") and getattr(value, "size", 10**6) <= 64:
        value = value.tolist()  # a small array, such as the mean of each channel
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    return value if isinstance(value, (str, bool, int, float, type(None))) else None


def _function_name(value: Any) -> str:
    """The name of an activation or a loss, whether a word, a function or a configuration."""
    if value is None:
        return "linear"
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, dict):
        inner = value.get("config")
        name = inner if isinstance(inner, str) else value.get("class_name", "")
        return words.snake(str(name))
    name = getattr(value, "__name__", None) or type(value).__name__
    return words.snake(name) if name != "<lambda>" else "lambda"


def options_of(get: Callable[[str], Any]) -> dict[str, Any]:
    """Collect what an examination needs of a layer's options."""
    options = {name: _plain(get(name)) for name in _OPTIONS if name != "activation"}
    options = {name: value for name, value in options.items() if value is not None}
    activation = get("activation")
    if activation is not None:
        options["activation"] = _function_name(activation)
    return options


def _keras_kind(layer: Any) -> str:
    """The class name; a subclass that keeps Keras's own ``call`` reads like its parent."""
    name = type(layer).__name__
    if name in ALIASES or type(layer).__module__.split(".")[0] == "keras":
        return ALIASES.get(name, name)
    for parent in type(layer).__mro__[1:]:
        if parent.__module__.split(".")[0] == "keras":
            same = getattr(type(layer), "call", None) is getattr(parent, "call", None)
            return parent.__name__ if same and parent.__name__ not in ("Layer", "Model") else name
    return name


def _shape(tensor: Any) -> Shape:
    return tuple(None if size is None else int(size) for size in tensor.shape[1:])


def _graph(model: Any) -> Any:
    """The model as a graph of Keras tensors, if it has one."""
    graph = getattr(model, "_functional", None) or model
    return graph if getattr(graph, "_nodes_by_depth", None) else None


def _read_graph(
    graph: Any,
    feeds: Sequence[Step] = (),
    names: dict[int, str] | None = None,
    inside: str | None = None,
    stored: bool = False,
) -> tuple[list[Step], list[Step]]:
    """Steps of a Functional graph in order, nested models in their place.

    Args:
        graph: What ``_graph`` gives.
        feeds: Steps that feed a nested graph's inputs.
        names: Layer id to the name to report.
        inside: Name of the nested model that is read.
        stored: It was called with ``training=False``.

    Returns:
        The steps and the output steps.
    """
    steps, made = [], {}
    fed = dict(zip(map(id, graph._inputs), feeds, strict=False))
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            layer = node.operation
            if node.is_input and id(node.outputs[0]) in fed:
                made[id(node.outputs[0])] = fed[id(node.outputs[0])]
                continue
            tensors = node.arguments.keras_tensors
            sources = [made[id(tensor)] for tensor in tensors]
            inner = _graph(layer)
            inference = stored or node.arguments.kwargs.get("training") is False
            if inner is not None:
                deeper, outs = _read_graph(inner, sources, names, inside or layer.name, inference)
                steps += deeper
                made.update(zip(map(id, node.outputs), outs, strict=False))
                continue
            step = _layer_step(layer, sources, (names or {}).get(id(layer)))
            step.inputs = [_shape(tensor) for tensor in tensors]
            step.output = _shape(node.outputs[0])
            step.model = inside
            step.stored = step.kind == "BatchNormalization" and (inference or not step.trainable)
            if not hasattr(layer, "trainable") and len(tensors) == 1:
                step.options |= _operand(node.arguments.args)
            steps.append(step)
            made.update((id(tensor), step) for tensor in node.outputs)
    return steps, [made[id(tensor)] for tensor in graph._outputs]


def _operand(arguments: Sequence[Any]) -> dict[str, Any]:
    """The constant of an operation such as ``x / 255``, and whether it stands first."""
    if len(arguments) != 2:
        return {}
    first = hasattr(arguments[1], "_keras_history")
    value = arguments[0] if first else arguments[1]
    if not isinstance(value, (int, float)):
        import numpy as np

        try:
            value = np.asarray(value)
        except Exception:
            return {}
    plain = _plain(value)
    return {} if plain is None else {"operand": plain, "operand_first": first}


def _layer_step(layer: Any, sources: Sequence[Step], name: str | None = None) -> Step:
    parameters = None
    if getattr(layer, "built", False):
        parameters = sum(prod(weight.shape) for weight in getattr(layer, "weights", ()))
    step = Step(
        name or layer.name,
        _keras_kind(layer),
        options_of(lambda option: getattr(layer, option, None)),
        list(sources),
        parameters=parameters,
        trainable=bool(getattr(layer, "trainable", True)),
    )
    if step.kind == "Normalization":  # what it was told; what it adapted to is a weight
        given = {"mean": layer.input_mean, "variance": layer.input_variance}
        step.options |= {name: _plain(value) for name, value in given.items()}
    return step


@contextlib.contextmanager
def without_weights() -> Iterator[None]:
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


def read_model(model: Any, x: Any) -> Subject:
    """Read a Keras model into its steps, built or not."""
    import keras

    shape = _batch_shape(x)
    if _graph(model) is not None:
        subject = Subject(model.name, *_read_graph(_graph(model)))
    elif isinstance(model, keras.Sequential):
        with without_weights():
            subject = _read_unbuilt(model, shape)
    else:
        subject = _read_subclassed(model, shape)
    subject.compiled = bool(getattr(model, "compiled", False))
    subject.output_names = tuple(getattr(model, "output_names", None) or ())
    subject.custom_step = type(model).train_step is not keras.Model.train_step or (
        type(model).compute_loss is not keras.Model.compute_loss
    )
    if subject.compiled:
        read_losses(subject, getattr(model, "loss", None), subject.output_names)
        metrics = getattr(model, "_compile_metrics", None)
        read_metrics(subject, getattr(metrics, "_user_metrics", None), subject.output_names)
        if getattr(model, "optimizer", None) is not None:
            subject.optimizer = _read_optimizer(model.optimizer)
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
        if subject.compiled:
            _read_what_moves(subject, model)
    return subject


def _read_what_moves(subject: Subject, model: Any) -> None:
    """What really trains: the variables for which the optimizer was built, in the first fit."""
    optimizer = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    held = {id(variable) for variable in getattr(optimizer, "_trainable_variables", None) or ()}
    if not held or not getattr(optimizer, "built", False):
        return
    every = {id(weight): weight for weight in model.weights}
    if not held & set(every):
        subject.foreign_optimizer = True
        return
    now = {id(weight) for weight in model.trainable_weights}

    order = {step.name: place for place, step in enumerate(subject.steps)}

    def layers(ids: set[int]) -> tuple[str, ...]:
        found = [
            layer.name
            for layer in model._flatten_layers(include_self=False)
            if any(id(weight) in ids for weight in getattr(layer, "_trainable_variables", ()))
        ]
        return tuple(sorted(found, key=lambda name: order.get(name, len(order))))

    thawed, frozen = layers(now - held), layers((held & set(every)) - now)
    if thawed or frozen:
        subject.moved = thawed, frozen
    subject.trainable = (
        sum(prod(every[key].shape) for key in held if key in every),
        sum(prod(weight.shape) for weight in every.values()),
    )
    subject.training = layers(held)


def _read_optimizer(optimizer: Any) -> tuple[str, dict[str, Any]]:
    """An optimizer's kind and its plain options; a schedule as (kind, options)."""

    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    names = ("momentum", "beta_1", "beta_2", "rho", "epsilon", "weight_decay", "clipnorm")
    options = {name: _plain(getattr(optimizer, name, None)) for name in (*names, "clipvalue")}
    rate = getattr(optimizer, "_learning_rate", None)
    if rate is not None and hasattr(rate, "get_config"):
        options["learning_rate"] = (type(rate).__name__, dict(rate.get_config()))
    elif rate is not None:
        try:
            options["learning_rate"] = float(rate)
        except Exception:
            options["learning_rate"] = None
    return type(optimizer).__name__, options


def optimizer_from(config: Any) -> tuple[str, dict[str, Any]] | None:
    """As a file describes it: a word, or a class with its options."""
    if isinstance(config, str):
        return config, {}
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        return None
    options = {name: _plain(value) for name, value in config["config"].items()}
    rate = config["config"].get("learning_rate")
    if isinstance(rate, dict) and isinstance(rate.get("config"), dict):
        options["learning_rate"] = (str(rate.get("class_name")), dict(rate["config"]))
    return str(config.get("class_name")), options


def read_metrics(subject: Subject, metrics: Any, names: Sequence[str] | None) -> None:
    """The metrics of each output, from what was given to ``compile``."""
    outputs = len(subject.outputs) or 1
    if metrics is None:
        each: list[Any] = []
    elif isinstance(metrics, dict) and "class_name" not in metrics:
        each = [metrics.get(name) for name in names or ()] or list(metrics.values())
    elif isinstance(metrics, (list, tuple)) and outputs > 1 and len(metrics) == outputs:
        each = list(metrics)
    elif isinstance(metrics, (list, tuple)):
        each = [list(metrics)] + [None] * (outputs - 1) if outputs == 1 else []
    else:
        each = [metrics]
    subject.metrics = [_metrics(one) for one in each]


def _metrics(given: Any) -> list[Metric]:
    if given is None:
        return []
    if isinstance(given, (list, tuple)):
        return [metric for one in given for metric in _metrics(one)]
    if isinstance(given, str):
        return [Metric(words.snake(given) if given != "AUC" else "auc", {}, word=True)]
    if isinstance(given, dict):
        options = given.get("config") if isinstance(given.get("config"), dict) else {}
        name = str(given.get("class_name"))
        if name == "function":
            return [Metric(str(given.get("config")), {}, word=True)]
        return [Metric(_metric_name(name), {k: _plain(v) for k, v in (options or {}).items()})]
    kind = type(given)
    if not hasattr(given, "update_state"):
        return [Metric(getattr(given, "__name__", kind.__name__), {}, word=True)]
    if kind.__module__.split(".")[0] not in ("keras", "tf_keras"):
        return []
    try:
        options = given.get_config()
    except Exception:
        options = {}
    return [Metric(_metric_name(kind.__name__), {k: _plain(v) for k, v in options.items()})]


def _metric_name(name: str) -> str:
    return {"AUC": "auc", "MeanIoU": "mean_iou", "IoU": "iou", "BinaryIoU": "binary_iou"}.get(
        name, words.snake(name)
    )


def first_line(error: Exception) -> str:
    """Shorten an error to its first line."""
    lines = str(error).strip().splitlines()
    return textwrap.shorten(lines[0], 120, placeholder=" …") if lines else type(error).__name__


def _batch_shape(x: Any) -> Shape | None:
    shape = getattr(x, "shape", None)
    return (None, *map(int, shape[1:])) if shape is not None and len(shape) > 1 else None


def _read_unbuilt(model: Any, shape: Shape | None) -> Subject:
    """A Sequential without Input: its layers in a row, with shapes if data give them."""
    clone = None
    if shape is not None:
        try:
            clone = type(model).from_config(model.get_config())
            clone.build(shape)
        except Exception:
            clone = None
        if clone is not None and _graph(clone) is not None:
            return Subject(model.name, *_read_graph(_graph(clone)))
    steps = [Step("input", "InputLayer", output=shape[1:] if shape else None)]
    findings: list[Finding] = []
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
    subject = Subject(model.name, steps, steps[-1:], findings=findings)
    if not findings:
        subject.findings.append(_not_built(model.name))
    return subject


def _not_built(name: str) -> Finding:
    return Finding(
        "not-built",
        "note",
        None,
        f"{name} has no shapes yet, so that sizes and parameters could not be examined.",
        "It was never told the shape of its input.",
        "Begin with `keras.Input((height, width, channels))`, or give examine a batch: "
        "`examine(model, x)`.",
    )


def _misfit(step: Step, shape: Shape, error: Exception) -> Finding:
    """The layer at which the shapes stop fitting, in an unbuilt model."""
    window = windows.window_of(step)
    text = " × ".join(map(str, shape))
    if window and len(shape) == 3:
        spatial = windows.spatial_of(step, shape)
        if any(size < span for size, span in zip(spatial, window.spans, strict=True)):
            return Finding(
                "maps-vanished",
                "fault",
                step.name,
                f"{step.name} needs a window of {words.times(window.spans)}, and the maps that "
                f"reach it are {words.times(spatial)}: there is no place for it.",
                "The layers before it shrank the maps too far for this input.",
                "Use a larger input, fewer strides and pools above, a smaller window, or "
                "`padding='same'`.",
                {"map": list(spatial), "window": list(window.spans)},
            )
    return Finding(
        "does-not-fit",
        "fault",
        step.name,
        f"{step.name} ({step.kind}) cannot take the shape {text} that reaches it: "
        f"{first_line(error)}",
        "Keras would stop here when the model is built on these data.",
        "Look at the layer before it: is a Flatten missing, or is the input's shape another one?",
        {"input": list(shape)},
    )


def _read_subclassed(model: Any, shape: Shape | None) -> Subject:
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
            return Subject(model.name, *_traced(model, shape, built))
        except Exception as error:
            limit = (
                f"Its call could not be followed ({first_line(error)}), so that the order of its "
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
    subject = Subject(model.name, steps, [])
    if limit:
        subject.limits.append(limit)
    else:
        subject.findings.append(_not_built(model.name))
    return subject


def _traced(model: Any, shape: Shape, built: bool) -> tuple[list[Step], list[Step]]:
    """Follow the call of a subclassed model. Leaves the model as it was."""
    import keras

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


def read_losses(subject: Subject, loss: Any, names: Sequence[str] | None) -> None:
    """One loss for each output; None where there is none."""
    outputs = len(subject.outputs) or 1
    if isinstance(loss, dict) and "class_name" not in loss:
        each = [loss.get(name) for name in names or ()] or list(loss.values())
    elif isinstance(loss, (list, tuple)):
        each = list(loss)
    else:
        each = [loss] * outputs
    each += [None] * (outputs - len(each))
    subject.losses = [_loss(one) for one in each]
    shown = [one.name for one in subject.losses if one and one.name]
    subject.loss_name = ", ".join(dict.fromkeys(shown)) or None


_SHORT_LOSSES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "msle": "mean_squared_logarithmic_error",
    "mape": "mean_absolute_percentage_error",  # codespell:ignore mape
    "bce": "binary_crossentropy",
    "logcosh": "log_cosh",
}


def _loss(loss: Any) -> Loss | None:
    if loss is None:
        return None
    name = _function_name(loss)
    inner = loss.get("config") if isinstance(loss, dict) else None
    options: dict[str, Any] = inner if isinstance(inner, dict) else {}
    if not isinstance(loss, (str, dict)):
        options = {
            name: getattr(loss, name, None) for name in ("from_logits", "ignore_class")
        } | getattr(loss, "_fn_kwargs", {})
    ignored = options.get("ignore_class")
    return Loss(
        _SHORT_LOSSES.get(name, name),
        bool(options.get("from_logits")),
        ignored if isinstance(ignored, int) else None,
    )
