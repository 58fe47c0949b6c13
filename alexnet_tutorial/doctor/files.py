"""A saved model, examined by its description, without running anything of it."""

import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any, TypeGuard

from alexnet_tutorial.doctor import dense, examination, folder, formats, loading, reading, windows
from alexnet_tutorial.doctor.batch import Batch, take_batch
from alexnet_tutorial.doctor.reading import without_weights
from alexnet_tutorial.doctor.report import Finding, Report
from alexnet_tutorial.doctor.steps import Shape, Step, Subject
from alexnet_tutorial.shapes import dense_parameters
from alexnet_tutorial.shapes.architecture import pair


def examine_file(path: str | Path, x: Any = None, y: Any = None) -> Report:
    """Examine a saved model, a ``.keras`` or ``.h5`` file, by its description.

    Weights are not read, and nothing that the file names is imported or run: Keras builds the
    model's graph only if every class in it is Keras's or this package's own, and none is a Lambda.
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
    in_folder = folder.is_folder(x)
    batch = Batch() if in_folder else take_batch(x, y)
    name = str((config.get("config") or {}).get("name") or config.get("class_name"))
    unknown = sorted(set(strangers(config)))
    subject = reason = failure = None
    if unknown:
        reason = (
            f"It was not loaded, because it holds {', '.join(unknown[:4])}"
            f"{' and others' * (len(unknown) > 4)}, and the doctor runs no code from a file."
        )
    else:
        try:
            subject = reading.read_model(_loaded(config, Path(path)), batch.x)
        except Exception as error:
            failure = loading.not_loadable(Path(path), error)
            reason = f"Keras could not load it: {reading.first_line(error)}"
    if subject is None:
        subject = _read_description(config, name)
        if failure is not None:
            subject.findings.append(failure)
        subject.limits.append(f"{reason} What is said here comes from its description alone.")
    if isinstance(compiling, dict) and compiling.get("loss") is not None:
        reading.read_losses(subject, compiling["loss"], subject.output_names)
        reading.read_metrics(subject, compiling.get("metrics"), subject.output_names)
        subject.optimizer = reading.optimizer_from(compiling.get("optimizer"))
        subject.compiled = True
    if in_folder:
        batch = folder.folder_batch(x, subject)
    return examination.report_on(subject, batch)


_DESCRIPTION_LIMIT = 2**27  # bytes; the description of the largest application has 2 million


def _description(path: Path) -> tuple[dict, Any]:
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


def _h5_description(path: Path) -> tuple[Any, Any]:
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


def _what(head: bytes) -> str:
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


def strangers(value: Any) -> Iterator[str]:
    """What in a configuration is not known to be plain Keras: names, one by one."""
    if isinstance(value, dict):
        kind = value.get("class_name")
        if isinstance(kind, str):
            module, known = value.get("module"), str(value.get("registered_name"))
            # Files written before the layers had a room of their own name their old place.
            homes = [
                f"alexnet_tutorial.{home}"
                for home in ("network.layers", "pictures.augmentation", "layers")
            ]
            ours = known.startswith("alexnet_tutorial>") and module in homes
            if kind.endswith("Lambda") or kind == "__lambda__":
                yield "a Lambda layer"
            elif kind == "function" or (
                module is not None and not ours and not _KERAS_MODULE.fullmatch(str(module))
            ):
                yield f"{value.get('config') if kind == 'function' else kind} of {module}"
            elif module is None and not _legacy_known(kind):
                yield kind
        for key, item in value.items():
            if key != "compile_config":
                yield from strangers(item)
    elif isinstance(value, list):
        for item in value:
            yield from strangers(item)


def _legacy_known(kind: str) -> bool:
    """Older files and .h5 files name a class without its module."""
    import keras

    places = (keras, keras.layers, keras.initializers, keras.regularizers, keras.constraints)
    return (
        kind in ("Functional", "__tensor__", "__keras_tensor__")
        or kind.startswith("alexnet_tutorial>")
        or any(hasattr(place, kind) for place in places)
    )


def _loaded(config: dict, path: Path) -> Any:
    """The model that a vetted configuration describes, not compiled."""
    import keras

    import alexnet_tutorial.network.layers  # registers the layers of this package
    import alexnet_tutorial.pictures.augmentation  # noqa: F401  and these
    from alexnet_tutorial.weights.keras_file import check_keras_file

    if "module" not in config:  # an .h5 file's, which only Keras's loader for these reads
        check_keras_file(path)
        return keras.models.load_model(path, compile=False)
    config = {key: value for key, value in config.items() if key != "compile_config"}
    with without_weights():
        return keras.saving.deserialize_keras_object(config, safe_mode=True)


def _read_description(config: dict, name: str) -> Subject:
    steps, outputs = _described(config, [])
    subject = Subject(name, steps, outputs, partial=True)
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


def _described(config: dict, feeds: list[Step]) -> tuple[list[Step], list[Step]]:
    """Steps of a configuration: a Sequential's in a row, a Functional's by its connections."""
    inner: Any = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner
    layers = [each for each in layers or () if isinstance(each, dict) and "class_name" in each]
    in_a_row = not any("inbound_nodes" in each for each in layers)
    shapes = dict(_tensor_shapes(layers))
    steps: list[Step] = []
    made: dict[str, Any] = {}
    row, fed = list(feeds), list(feeds)
    for layer in layers:
        options: Any = layer.get("config") if isinstance(layer.get("config"), dict) else {}
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
        kind = reading.ALIASES.get(layer["class_name"], layer["class_name"])
        step = Step(str(label), kind, reading.options_of(options.get), [s for s in sources if s])
        step.inputs = [source.output for source in step.sources]
        built = (layer.get("build_config") or {}).get("input_shape")
        if step.inputs and step.inputs[0] is None and _is_shape(built):
            step.inputs[0] = tuple(built[1:])
        batch = options.get("batch_shape") or options.get("batch_input_shape")
        if kind != "InputLayer" and in_a_row and not steps and _is_shape(batch):
            steps.append(Step("input", "InputLayer", output=tuple(batch[1:])))
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


def _is_shape(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (list, tuple)) and all(isinstance(n, (int, type(None))) for n in value)


def _tensor_shapes(value: Any) -> Iterator[tuple[str, Shape]]:
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


def _histories(value: Any) -> Iterator[str]:
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


def _inferred(step: Step) -> Shape | None:
    """The output's shape where plain arithmetic gives it, else None."""
    shape, options = step.input, step.options
    if shape is None or None in shape:
        return None
    if step.kind == "Dense" and isinstance(options.get("units"), int):
        return *shape[:-1], options["units"]
    if step.kind == "Flatten":
        return (prod(shape),)
    window, first = windows.window_of(step), formats.data_format(step) == "channels_first"
    channels, spatial = (shape[0] if first else shape[-1]), windows.spatial_of(step, shape)
    if window and len(window.kernel) == len(spatial) and "Global" not in step.kind:
        try:
            sizes = tuple(axis.outputs for axis in window.over(spatial))
        except ValueError:
            return None
        channels = options.get("filters", channels)
    elif formats.PADS.match(step.kind) and isinstance(options.get("padding"), tuple):
        sides = [pair(each) for each in options["padding"]]
        sizes = tuple(n + sum(side) for n, side in zip(spatial, sides, strict=True))
    else:
        keeps = step.kind in _KEEPING or dense.LINEAR.fullmatch(step.kind[:7]) is not None
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


def _counted(step: Step) -> int | None:
    """Parameters of the layers that hold most of them."""
    options, shape = step.options, step.input
    if step.kind == "Dense" and shape and shape[-1] and "units" in options:
        return dense_parameters(shape[-1], options["units"], options.get("use_bias", True))
    return None
