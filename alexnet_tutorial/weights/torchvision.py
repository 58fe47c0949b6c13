"""Checkpoints of torchvision's ``alexnet``: ``.pth`` and ``.safetensors``.

Nothing in a file is executed: a ``.pth`` is a pickle, which could name any function to call.
"""

import pickle
import re
import zipfile
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.shapes.architecture import Architecture
from alexnet_tutorial.shapes.variants import TORCHVISION
from alexnet_tutorial.weights import container, foreign
from alexnet_tutorial.weights.keras_file import check_zip
from alexnet_tutorial.weights.layout import assemble, weighted_layers

if TYPE_CHECKING:
    import keras

TORCHVISION_PREPROCESSING = Preprocessing(
    resize=256, crop=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)
"""What torchvision publishes with its ``AlexNet_Weights.IMAGENET1K_V1``."""

KEYS = {
    "conv1": "features.0",
    "conv2": "features.3",
    "conv3": "features.6",
    "conv4": "features.8",
    "conv5": "features.10",
    "fc6": "classifier.1",
    "fc7": "classifier.4",
    "fc8": "classifier.6",
}
"""Name of a layer here → its key in torchvision's state dict."""


def load_torchvision(
    path: str | PathLike, data_format: str = "channels_last"
) -> tuple["keras.Model", Preprocessing]:
    """Read a checkpoint of torchvision's ``alexnet``, for any number of classes.

    Args:
        path: A state dict written by ``torch.save``, or a ``.safetensors`` file of the same.
        data_format: As :func:`~alexnet_tutorial.weights.load`.

    Returns:
        ``(model, preprocessing)``. The model ends in softmax, which PyTorch leaves to its loss.

    Raises:
        ValueError: The file is not whole, holds more than tensors, or is of another network:
            the message names the first layer that differs, with both shapes.
        ImportError: PyTorch or safetensors is not installed; says which extra has it.
    """
    kind = container.kind_of(path)
    preprocessing = None
    if kind == "PyTorch checkpoint":
        state = _read_pth(path)
    elif kind == "safetensors file":
        state, metadata = _read_safetensors(path)
        preprocessing = container.read_preprocessing(metadata.get("preprocessing"), path)
    else:
        raise ValueError(f"{path}: a {kind}, and no checkpoint of torchvision's alexnet.")
    state = foreign.unwrapped(state)
    found = foreign.network_of({str(key): value.shape for key, value in state.items()})
    if found is not None:
        raise ValueError(f"{path}: the weights are {found}.")
    keys = {f"{key}.{part}" for key in KEYS.values() for part in ("weight", "bias")}
    if set(state) != keys:
        missing = container.few(sorted(keys - set(state)))
        unknown = container.few(sorted(map(str, set(state) - keys)))
        raise ValueError(
            f"{path}: not a checkpoint of torchvision's alexnet: it lacks {missing} and has "
            f"{unknown}, which nothing reads."
        )
    classes = state["classifier.6.bias"].shape
    network = TORCHVISION.with_classes(classes[0] if len(classes) == 1 else TORCHVISION.classes)
    weights = {
        name: (state[f"{key}.weight"], state[f"{key}.bias"], key) for name, key in KEYS.items()
    }
    return assemble(network, weights, path, data_format), preprocessing or TORCHVISION_PREPROCESSING


def safetensors_metadata(path: str | PathLike) -> dict[str, str]:
    """Read what a ``.safetensors`` file says of itself.

    Args:
        path: The file.

    Returns:
        Key → text.

    Raises:
        ValueError: It is not whole.
        ImportError: safetensors is not installed.
    """
    return _read_safetensors(path)[1]


def save_torchvision(
    model: "keras.Model",
    path: str | PathLike,
    preprocessing: Preprocessing | None = None,
    classes: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
) -> Path:
    """Write a Keras model's weights as a state dict that torchvision's ``alexnet`` loads.

    Args:
        model: A model of the torchvision variant, for any number of classes.
        path: The file: ``.pth`` or ``.safetensors``.
        preprocessing: Kept in a ``.safetensors`` file; a ``.pth`` has no place for it.
        classes: Kept there too, as JSON under this name in the metadata.
        class_names: What they are called; the same.

    Returns:
        The path.

    Raises:
        ValueError: The model is another network (the message names the first layer that
            differs), or the name ends in something else.
        ImportError: PyTorch or safetensors is not installed; says which extra has it.
    """
    from alexnet_tutorial.network import describe

    suffix = container.check_target(path, (".pth", ".safetensors"))
    network = describe(model)
    check_torchvision(network)
    state = {}
    for layer, key in zip(weighted_layers(network).values(), KEYS.values(), strict=True):
        kernel, state[f"{key}.bias"] = model.get_layer(layer.layer.name).get_weights()
        state[f"{key}.weight"] = layer.outward(kernel)
    if suffix == ".pth":
        torch = container.need("torch", "pth", "writing .pth files")
        tensors = {key: torch.from_numpy(value) for key, value in state.items()}
        return write_whole(path, lambda file: torch.save(tensors, file))
    safetensors = container.need("safetensors.numpy", "safetensors", "writing .safetensors files")
    facts = container.facts_text(preprocessing, classes, class_names)
    metadata = {"format": "pt"} | facts
    return write_whole(path, safetensors.save(state, metadata))


def check_torchvision(network: Architecture) -> None:
    """Refuse a network that PyTorch's alexnet would compute otherwise.

    Args:
        network: A description.

    Raises:
        ValueError: The message names the first layer that differs.
    """
    mine, theirs = _computed(network), _computed(TORCHVISION.with_classes(network.classes))
    for (name, values), (other, wanted) in zip(mine, theirs, strict=False):
        if differ := [key for key in wanted if values.get(key) != wanted[key]]:
            raise ValueError(
                f"network {network.name!r} is not torchvision's alexnet: layer {name!r} has "
                f"{ {key: values.get(key) for key in differ} }, expected {other!r} with "
                f"{ {key: wanted[key] for key in differ} }. As ONNX any variant can be written."
            )
    if len(mine) != len(theirs):
        raise ValueError(
            f"network {network.name!r} is not torchvision's alexnet: it has {len(mine)} layers "
            f"without dropout, expected {len(theirs)}."
        )


def _computed(network):
    """What each layer computes, as far as PyTorch's module fixes it."""
    layers = []
    for step in network.steps:
        layer = step.layer
        if layer.kind == "dropout":
            continue
        values = {"kind": layer.kind, "output": step.output}
        if step.windows:
            values["window"] = tuple(window.kernel_size for window in step.windows)
            values["strides"] = tuple(window.strides for window in step.windows)
            values["padding"] = step.pads
        if layer.kind == "conv":
            values |= {"groups": layer.groups, "activation": layer.activation}
        if layer.kind == "dense" and step.output != (network.classes,):
            values["activation"] = layer.activation
        layers.append((layer.name, values))
    return layers


def _read_pth(path):
    torch = container.need("torch", "pth", "reading .pth files")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_zip(archive, path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        function = re.search(r"GLOBAL ([\w.]+)", str(error))  # what the pickle wanted to call
        raise ValueError(
            f"{path}: not a plain state dict, and nothing in it was run. It holds more than tensors"
            f"{f' ({function[1]})' if function else ''}, or is damaged. Expected: "
            "torch.save(model.state_dict(), …)."
        ) from None
    except Exception as error:
        raise ValueError(container.not_whole(path, "PyTorch checkpoint", error)) from error
    if not isinstance(state, dict):
        raise ValueError(f"{path}: holds a {type(state).__name__}, and must hold a state dict.")
    arrays = {}
    for key, tensor in foreign.unwrapped(state).items():
        if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided:
            raise ValueError(
                f"{path}: {key!r} is a {type(tensor).__name__}, and must be a dense tensor. Save "
                "model.state_dict() and nothing around it."
            )
        if not tensor.is_floating_point():
            raise ValueError(f"{path}: {key!r} is of type {tensor.dtype}, and must be floating.")
        declared, held = tensor.numel() * tensor.element_size(), tensor.untyped_storage().nbytes()
        if declared > held:  # a view that shows the same numbers again and again
            raise ValueError(
                f"{path}: {key!r}, {tuple(tensor.shape)}, declares {declared:,} bytes, and the "
                f"file holds {held:,} of them. Save whole tensors: tensor.contiguous()."
            )
        arrays[key] = tensor.detach().to(torch.float32).numpy()
    return arrays


def _read_safetensors(path):
    safetensors = container.need("safetensors", "safetensors", "reading .safetensors files")

    def read() -> tuple[dict[str, np.ndarray], dict[str, str]]:
        with safetensors.safe_open(path, framework="numpy") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118

    state, metadata = container.parse(path, "safetensors file", read)
    return state, metadata
