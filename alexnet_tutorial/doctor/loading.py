"""Files that Keras cannot load: its reason, and what to do."""

import re
from pathlib import Path

from alexnet_tutorial.doctor.report import Finding

_LEGACY = (
    "Read it with Keras 2, `pip install tf_keras` and `tf_keras.models.load_model(path)`, and "
    "keep its weights: `model.save_weights('model.weights.h5')`; build the model in Keras 3 and "
    "load them with `model.load_weights('model.weights.h5')`"
)

_KNOWN = (
    # What the reason says; why; what to do.
    (
        r"Unrecognized keyword arguments passed to (?P<layer>\w+): \{'groups'",
        "Keras 2 wrote groups=1 into {layer}, as Teachable Machine's files have it; Keras 3's "
        "{layer} has no such option.",
        "Load it with a {layer} that leaves it out: `class Old(keras.layers.{layer}): def "
        "__init__(self, **options): options.pop('groups', None); super().__init__(**options)`, "
        "and `keras.models.load_model(path, custom_objects={{'{layer}': Old}})`.",
    ),
    (
        r"Unrecognized keyword arguments passed to (?P<layer>\w+): \{'(?P<option>time_major|"
        r"implementation|reset_after)'",
        "Keras 2's {layer} had {option}; Keras 3 dropped it.",
        "Load it with a {layer} that leaves it out: `class Old(keras.layers.{layer}): def "
        "__init__(self, **options): options.pop('{option}', None); super().__init__(**options)`, "
        "and `keras.models.load_model(path, custom_objects={{'{layer}': Old}})`.",
    ),
    (
        r"Unrecognized keyword arguments(?: passed to (?P<layer>\w+))?: .{0,8}"
        r"'?(?P<option>quantization_config|batch_shape|optional|registered_name|ragged|sparse)",
        "The file was written by another version of Keras, which has the option {option}.",
        "Read it with the version that wrote it (metadata.json in the .keras file names it), or "
        "bring Keras up to date: `pip install -U keras`.",
    ),
    (
        r"Unrecognized keyword arguments(?: passed to (?P<layer>\w+))?: .{0,4}'(?P<option>\w+)'",
        "The file was written by another version of Keras, whose {layer} has the option {option}.",
        _LEGACY + ".",
    ),
    (
        r"axis.{0,60}(ListWrapper|\[[0-9, ]+\])|Dimension value must be integer.*ListWrapper|"
        r"int\(\) argument must be .*'list'|list indices must be integers",
        "Keras 2 wrote the axis of batch normalization as a list, [3]; Keras 3 takes a number.",
        _LEGACY + ".",
    ),
    (
        r"TFOpLambda|SlicingOpLambda|TensorFlowOpLayer",
        "A TensorFlow operation stands in the model as a layer, which only Keras 2 can read.",
        _LEGACY + ", with a layer or `keras.ops` in the operation's place.",
    ),
    (
        r"Could not (?:locate class|deserialize).*|Unknown layer: '?(?P<layer>\w+)",
        "The file names a layer that Keras does not know: one of another package, or of another "
        "version.",
        "Give the class: `keras.models.load_model(path, custom_objects={{'Name': Name}})`.",
    ),
    (
        r"too many values to unpack|not enough values to unpack|inbound_nodes|'list' object has "
        r"no attribute|string indices must be|has no attribute 'get'|KeyError|object is not "
        r"subscriptable|NoneType",
        "The file was written by Keras 1 or 2, whose description of the connections Keras 3 reads "
        "otherwise.",
        _LEGACY + ".",
    ),
)


def not_loadable(path: Path, error: Exception) -> Finding:
    """A fault with Keras's reason and the cure.

    Args:
        path: The file.
        error: What Keras raised.

    Returns:
        The finding.

    Example:
        >>> error = ValueError(
        ...     "Unrecognized keyword arguments passed to DepthwiseConv2D: {'groups': 1}"
        ... )
        >>> not_loadable(Path("model.h5"), error).cause[:43]
        'Keras 2 wrote groups=1 into DepthwiseConv2D'
    """
    text = " ".join(str(error).split())
    kind = type(error).__name__
    cause = "The file does not say what this version of Keras expects."
    cure = _LEGACY + ", if Keras 2 wrote it."
    for pattern, why, what in _KNOWN:
        match = re.search(pattern, f"{kind}: {text}")
        if match:
            named = {key: value or "layer" for key, value in match.groupdict().items()}
            named.setdefault("layer", "layer")
            cause, cure = why.format(**named), what.format(**named)
            if path.suffix == ".keras" and "custom_objects" in cure and "Old" in cure:
                cure = _LEGACY + "."  # a .keras file names Keras's own class, and gets that
            break
    reason = re.search(
        r"Unrecognized keyword arguments[^\n]{0,160}|Could not locate[^.]{0,120}", text
    )
    shown = reason[0] if reason else text[:200]
    return Finding(
        "not-loadable",
        "fault",
        None,
        f"Keras cannot load {path.name}: {kind}: {shown}",
        cause,
        cure,
        {"error": kind},
    )
