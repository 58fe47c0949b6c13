"""Words that several findings use: axes, names of layers, calls."""

import re
from collections.abc import Iterable, Sized
from typing import Any

from alexnet_tutorial.doctor.steps import Step


def snake(name: str) -> str:
    """A class name as Keras writes it in a layer's automatic name."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
    return "relu" if name == "re_lu" else name


ORDERS = {
    "channels_last": "(height, width, channels)",
    "channels_first": "(channels, height, width)",
}

OTHER = {"channels_last": "channels_first", "channels_first": "channels_last"}


def verb_s(one: Sized) -> str:
    """The ending of a verb whose subject is one thing."""
    return "s" if len(one) == 1 else ""


def times(sizes: Iterable[int | None]) -> str:
    """Write a shape: 55 × 55 × 96."""
    return " × ".join("?" if size is None else f"{size:,}" for size in sizes)


def names(steps: Iterable[Step], most: int = 3) -> str:
    """List layers by their names, the first few of them."""
    names = list(dict.fromkeys(step.name for step in steps))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def share(part: float) -> str:
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
    "Dropout": ("rate",),
    "SpatialDropout": ("rate",),
    "BatchNormalization": (),
}


def call(step: Step, **changes: Any) -> str:
    """The layer's call as one would write it, with some options changed."""
    options = step.options | changes
    stem = re.sub(r"(\dD)?(Transpose)?$", "", step.kind)
    words = [short(options[name]) for name in _FIRST_ARGUMENTS.get(stem, ()) if name in options]
    strides = options.get("strides")
    usual = options.get("pool_size", (1,) * len(strides) if isinstance(strides, tuple) else 1)
    if strides is not None and strides != usual:
        words.append(f"strides={short(strides)}")
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
    if not re.fullmatch(snake(step.kind) + r"(_\d+)?", step.name):
        words.append(f"name={step.name!r}")
    return f"`{step.kind}({', '.join(words)})`"


def short(value: Any) -> str:
    """Write a value as one would type it: 3 for (3, 3)."""
    while isinstance(value, tuple) and len(set(value)) == 1:
        value = value[0]
    return repr(value)
