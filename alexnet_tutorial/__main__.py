"""The command line: ``python -m alexnet_tutorial``, or ``alexnet-tutorial``."""

import argparse
import io
import json
import math
import os
import sys
import warnings
from pathlib import Path

from alexnet_tutorial.shapes.architecture import Architecture
from alexnet_tutorial.shapes.variants import VARIANTS, variant

_SETS = {
    "signs": "hands showing 0 to 5 fingers",
    "cifar10": "small pictures of ten classes",
    "imagenette": "photographs of ten classes of ImageNet",
}


class _Version(argparse.Action):
    """Print the version, which is looked up only when asked for."""

    def __call__(self, parser, *_):
        from alexnet_tutorial import __version__

        print(f"alexnet-tutorial {__version__}")
        parser.exit()


def _count(text):
    """Parse a positive integer."""
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer of at least 1")
    return int(text)


def _rate(text):
    """Parse a learning rate."""
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < 10:
        raise argparse.ArgumentTypeError(f"{text!r} is no learning rate: a number above 0")
    return rate


def _above_zero(text):
    """Parse a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def _port(text):
    """Parse a port."""
    if not text.strip().isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 0 to 65535")
    return int(text)


def _parser():
    parser = argparse.ArgumentParser(
        prog="alexnet-tutorial", description="AlexNet taken apart: shapes, data and training."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser(
        "ledger", help="the shapes, parameters and cost of every layer of a network"
    )
    command.add_argument(
        "variant",
        metavar="VARIANT",
        help=f"one of {', '.join(VARIANTS)}, or a .json file that describes a network",
    )
    command.add_argument("--format", choices=("table", "markdown", "json"), default="table")
    command.set_defaults(run=_ledger)

    command = commands.add_parser("data", help="where pictures come from, and how many there are")
    sets = command.add_subparsers(dest="set", required=True, metavar="SET")
    for name, text in _SETS.items():
        command = sets.add_parser(name, help=text)
        _add_source(command)
        command.add_argument("--seed", type=int, default=0, help="seed of the validation split")
        command.add_argument("--figure", metavar="FILE", help="write a contact sheet (.png, .svg)")
        command.set_defaults(run=_data)

    command = commands.add_parser("train", help="train a network and test it")
    _add_data(command, default="signs")
    command.add_argument(
        "--network", metavar="VARIANT", default="compact", help=f"one of {', '.join(VARIANTS)}"
    )
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--epochs",
        type=_count,
        help="most epochs to train (default: 80 for signs, 10 for cifar10, 20 for imagenette; for "
        "a folder, 1,500 steps or 20 epochs, whichever is more)",
    )
    command.add_argument(
        "--folder",
        metavar="DIR",
        help="where checkpoints go; training resumes from any found there (default: beside the "
        "network, until it is trained)",
    )
    _add_save(command)
    _add_training(command)
    _add_result(command)
    command.set_defaults(run=_train)

    command = commands.add_parser("weights", help="fetch published weights, or convert a file")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    command = actions.add_parser("fetch", help="download published weights, checked by sha256")
    command.add_argument("name", metavar="NAME", help="torchvision or bvlc")
    command.add_argument("--folder", metavar="DIR", help="default: weights in the data directory")
    command.add_argument("--url", help="download the same file from another address")
    command.set_defaults(run=_fetch_weights)
    command = actions.add_parser(
        "convert", help="convert a network to another file format, chosen by its suffix"
    )
    command.add_argument("source", metavar="IN", help=".pth, .safetensors, .onnx or .keras")
    command.add_argument("target", metavar="OUT", help=".pth, .safetensors, .onnx or .keras")
    command.add_argument(
        "--classes",
        metavar="FILE",
        help="names of the classes, in the order of the outputs: one per line, a JSON list, or "
        "JSON like imagenet_class_index.json",
    )
    command.add_argument("--names", metavar="NAMES", help="the same, as in: --names cat,dog")
    command.set_defaults(run=_convert_weights)

    command = commands.add_parser("doctor", help="examine a saved Keras model, and data if given")
    command.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    command.add_argument(
        "--data",
        metavar="DATA",
        help="an .npz file with the arrays x and y, or a folder with one subfolder of pictures for "
        "each class",
    )
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=_doctor)

    command = commands.add_parser(
        "explain",
        help="say what a traceback means, or which lines of an old notebook are out of date",
    )
    command.add_argument(
        "file", metavar="FILE", nargs="?", help="a file with the traceback (default: paste it here)"
    )
    command.add_argument(
        "--notebook", metavar="OLD", help="an old notebook or script to check line by line"
    )
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=_explain)

    command = commands.add_parser("predict", help="classify pictures")
    command.add_argument(
        "pictures",
        metavar="[MODEL] PICTURE",
        nargs="+",
        help="a classifier's .keras file (default: the network for ten classes of ImageNet that "
        "comes with the package), then pictures or folders of them",
    )
    command.add_argument("--top", metavar="K", type=_count, help="classes to name (at most 5)")
    command.add_argument("--views", type=int, choices=(1, 10), default=1)
    command.add_argument("--format", choices=("table", "json"), default="table")
    command.set_defaults(run=_predict)

    command = commands.add_parser("serve", help="try a classifier in the browser, on this machine")
    command.add_argument(
        "model",
        metavar="MODEL",
        nargs="?",
        help="a classifier's .keras file (default: the network that comes with the package)",
    )
    command.add_argument("--port", type=_port, default=8000, help="8000, or 0 for any free port")
    command.set_defaults(run=_serve)

    command = commands.add_parser("evaluate", help="measure a classifier on pictures")
    command.add_argument("model", metavar="MODEL", help="a classifier's .keras file")
    _add_data(command, required=True)
    command.add_argument("--views", type=int, choices=(1, 10), default=1)
    command.add_argument("--seed", type=int, default=0, help="seed for generated signs")
    _add_on_error(command)
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("finetune", help="retrain a classifier for other classes")
    command.add_argument("model", metavar="MODEL", help="a classifier's .keras file")
    _add_data(command, required=True)
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--epochs",
        type=_count,
        help="most epochs to train (default: as for train); with few pictures, the first tenth of "
        "them trains only the new head",
    )
    _add_save(command)
    _add_training(command)
    _add_result(command)
    command.set_defaults(run=_finetune)

    command = commands.add_parser("imagenet", help="all of ImageNet: shards, training, cost")
    _add_imagenet(command.add_subparsers(dest="action", required=True, metavar="ACTION"))
    return parser


def _add_imagenet(actions):
    command = actions.add_parser(
        "prepare", help="make shards from the archives, or resume where that stopped"
    )
    command.add_argument(
        "paths",
        metavar="ARCHIVE",
        nargs="+",
        help="ILSVRC's three archives (training pictures, validation pictures, devkit), or one "
        "folder, .tar or .tgz with train/CLASS/NAME and val/CLASS/NAME",
    )
    command.add_argument("--into", metavar="FOLDER", required=True, help="the folder to create")
    command.add_argument(
        "--side", type=_count, default=256, help="pixels of the pictures' short side (256)"
    )
    command.add_argument("--quality", type=_count, default=90, help="JPEG quality, 1 to 95 (90)")
    command.add_argument(
        "--per-shard", type=_count, default=2048, help="most pictures in a shard (2048)"
    )
    command.add_argument("--seed", type=int, default=0, help="seed for the order of the pictures")
    command.add_argument(
        "--processes", metavar="N", type=_count, help="how many run at once (default: one per core)"
    )
    _add_on_error(command)
    _add_result(command)
    command.set_defaults(run=_imagenet_prepare)

    command = actions.add_parser("train", help="train a network from shards, or resume")
    command.add_argument("folder", metavar="FOLDER", help="the shards")
    command.add_argument(
        "--into",
        metavar="DIR",
        required=True,
        help="where checkpoints, log and network go; training found there resumes",
    )
    command.add_argument("--recipe", choices=("2012", "modern"), default="modern")
    command.add_argument(
        "--network", metavar="VARIANT", default="alexnet-2012", help="default: alexnet-2012"
    )
    command.add_argument("--epochs", type=_count, default=90, help="90, as in 2012")
    command.add_argument("--batch-size", type=_count, default=128, help="128, as in 2012")
    command.add_argument(
        "--learning-rate", type=_rate, help="starting rate (default: depends on recipe and network)"
    )
    command.add_argument(
        "--precision",
        choices=("float32", "mixed_bfloat16"),
        default="float32",
        help="mixed_bfloat16: 16-bit feature maps, for a GPU that is fast with them",
    )
    command.add_argument("--seed", type=int, default=0)
    _add_result(command)
    command.set_defaults(run=_imagenet_train)

    command = actions.add_parser(
        "bill", help="hours, energy and price of a training run, from a measured speed"
    )
    command.add_argument(
        "--device",
        default="here",
        help="here (default): measure this machine; or a GPU on record, such as T4 or H100",
    )
    speed = command.add_mutually_exclusive_group()
    speed.add_argument(
        "--record", metavar="FILE", help="gpu.json from benchmarks/gpu.sh, or a result.json"
    )
    speed.add_argument(
        "--rate", type=_above_zero, metavar="N", help="pictures per second that you measured"
    )
    command.add_argument(
        "--watts", type=_above_zero, help="power draw (default: from the data sheet, if known)"
    )
    command.add_argument("--price", type=_above_zero, help="price per hour, in any currency")
    command.add_argument("--epochs", type=_count, default=90, help="90, as in 2012")
    command.add_argument("--network", metavar="VARIANT", default="alexnet-2012")
    command.add_argument("--batch-size", type=_count, default=32, help="when measuring here")
    _add_result(command)
    command.set_defaults(run=_imagenet_bill)


def _add_data(command, **options):
    command.add_argument(
        "--data",
        metavar="DATA",
        help=f"{', '.join(_SETS)}, or a folder with one subfolder of pictures for each class",
        **options,
    )
    _add_source(command)


def _add_training(command):
    command.add_argument(
        "--validation",
        metavar="FOLDER",
        help="pictures to validate on (default: a tenth of each class)",
    )
    command.add_argument("--batch", type=_count, default=32, help="pictures per step (32)")
    command.add_argument(
        "--learning-rate", type=_rate, help="starting rate (default: depends on network and data)"
    )
    command.add_argument(
        "--augment",
        choices=("vary", "crop", "none"),
        help="vary: turn, shift, resize, relight and mirror; crop: crop and mirror, as in 2012 "
        "(default: crop for a folder if the input side is at least 128 pixels, otherwise vary)",
    )
    _add_on_error(command)


def _add_save(command):
    command.add_argument(
        "--save",
        metavar="FILE",
        help="the .keras file to write (default: in this folder, named after data and network)",
    )


def _add_result(command):
    command.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="json: the last line of the output is one JSON object",
    )


def _add_on_error(command):
    command.add_argument(
        "--on-error",
        choices=("skip", "raise"),
        default="skip",
        help="what to do with a picture that cannot be read: skip it and say so, or stop",
    )


def _add_source(command):
    command.add_argument(
        "--source",
        default="auto",
        help="auto (default), real, download, generated, or the path of the set's files",
    )


def _described(name):
    """A variant by its name, or a description from its JSON file."""
    if not name.endswith(".json"):
        return variant(name)
    text = Path(name).read_text(encoding="utf-8")
    try:
        return Architecture.from_json(json.loads(text))
    except ValueError as error:
        raise ValueError(f"{name} holds no description of a network: {error}") from None


def _ledger(options):
    from alexnet_tutorial.shapes.ledger import ledger

    book = ledger(_described(options.variant))
    if options.format == "json":
        print(json.dumps(book.to_json(), indent=2))
    else:
        print(book.to_markdown() if options.format == "markdown" else book)


def _data(options):
    if options.figure and Path(options.figure).suffix not in (".png", ".svg"):
        raise ValueError(f"--figure {options.figure}: give a file that ends in .png or .svg.")
    from alexnet_tutorial.commands.sets import named_set

    size = 32 if options.set == "cifar10" else 57
    sets = named_set(options.set, options.source, options.seed, size)
    print(f"source: {sets.source}")
    if options.set == "signs":
        print(f"left out of training, because the test set holds the same picture: {sets.removed}")
    parts = ("train", "validation", "test")
    print(f"{'pictures':<18}" + "".join(f"{part:>12}" for part in parts))
    print(f"{'all':<18}" + "".join(f"{len(getattr(sets, part)):>12,}" for part in parts))
    for label, name in enumerate(sets.classes):
        counts = [int((getattr(sets, part).y == label).sum()) for part in parts]
        print(f"{name!s:<18}" + "".join(f"{count:>12,}" for count in counts))
    if options.figure:
        from alexnet_tutorial.figures import contact_sheet

        contact_sheet(sets).save(options.figure)
        print(f"contact sheet: {options.figure}")


def _train(options):
    network = _described(options.network)  # an unknown name fails before anything loads
    from alexnet_tutorial.commands.learning import train_command

    return train_command(options, network)


def _finetune(options):
    from alexnet_tutorial.commands.learning import finetune_command

    return finetune_command(options)


def _imagenet_prepare(options):
    from alexnet_tutorial.commands.imagenet import prepare_command

    return prepare_command(options)


def _imagenet_train(options):
    from alexnet_tutorial.commands.imagenet import train_command

    return train_command(options)


def _imagenet_bill(options):
    from alexnet_tutorial.commands.imagenet import bill_command

    return bill_command(options)


def _fetch_weights(options):
    from alexnet_tutorial.weights import fetch

    print(fetch(options.name, options.folder, url=options.url))


def _convert_weights(options):
    from alexnet_tutorial.weights import convert
    from alexnet_tutorial.weights.container import check_target, kind_of
    from alexnet_tutorial.weights.kinds import SUFFIXES

    if options.classes and options.names:
        raise ValueError("--classes and --names say the same: give one of them.")
    classes = (None, None)
    if options.classes:
        from alexnet_tutorial.pictures.labels import read_class_file

        classes = read_class_file(options.classes)
    elif options.names:
        classes = ([name.strip() for name in options.names.split(",")], None)
    check_target(options.target, SUFFIXES)  # said before the seconds that Keras takes to load
    kind_of(options.source)
    from alexnet_tutorial.session import import_keras

    import_keras()

    preprocessing = convert(options.source, options.target, *classes)
    said = "unknown" if preprocessing is None else json.dumps(preprocessing.to_json())
    print(f"{options.target}\npreprocessing: {said}")


def _doctor(options):
    """Status 0: no fault; 1: faults; 2: nothing could be read."""
    from alexnet_tutorial.session import import_keras

    try:
        folder = options.data and Path(options.data).is_dir()
        for name in (options.model, options.data):  # said before the seconds that Keras takes
            if name and not Path(name).exists():
                raise ValueError(f"No such file: {name}.")
        data = {"x": options.data} if folder else _arrays(options.data) if options.data else {}
        import_keras()
        from alexnet_tutorial.doctor import examine_file

        report = examine_file(options.model, data.get("x"), data.get("y"))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report.to_json(), indent=2) if options.format == "json" else report)
    if not report.seen["layers"]:
        return 2
    return 1 if report.faults else 0


def _explain(options):
    """Status 0: explained, or nothing is out of date; 1: unknown, or some lines are out of date."""
    if options.notebook:
        from alexnet_tutorial.old_code import EFFECTS, old_lines

        lines = old_lines(options.notebook)
        if options.format == "json":
            rows = [
                {"cell": one.cell, "line": one.line, "code": one.code.strip()}
                | {"write": one.old.new, "effect": EFFECTS[one.old.effect]}
                for one in lines
            ]
            print(json.dumps(rows, indent=2))
        else:
            print("\n".join(map(str, lines)) or "no line with an old name")
            if lines:
                places = len({(one.cell, one.line) for one in lines})
                print(f"{places} lines of {options.notebook} are out of date.")
        return 1 if lines else 0
    from alexnet_tutorial.explain import explain

    if options.file:
        text = Path(options.file).read_text(encoding="utf-8", errors="replace")
    else:
        if sys.stdin.isatty():
            print("Paste the traceback, then press Ctrl-D (Ctrl-Z on Windows).", file=sys.stderr)
        text = sys.stdin.read()
    answer = explain(text)
    print(json.dumps(answer.to_json(), indent=2) if options.format == "json" else answer)
    return 0 if answer.cases else 1


def _arrays(name):
    """Read the arrays x and y of an .npz file, or the one that it has."""
    import zipfile

    import numpy as np

    try:
        with np.load(name, allow_pickle=False) as file:
            arrays = {key: file[key] for key in ("x", "y") if key in file.files}
            there = ", ".join(file.files) or "none"
    except (ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{name} is no .npz file of plain arrays: {error}. Write one with "
            "np.savez(file, x=x, y=y)."
        ) from None
    if not arrays:
        raise ValueError(f"{name} has neither an array x nor y (it has: {there}).")
    return arrays


def _predict(options):
    from alexnet_tutorial.commands.judging import predict_command

    return predict_command(options)


def _serve(options):
    from alexnet_tutorial.commands.serving import serve_command

    return serve_command(options)


def _evaluate(options):
    from alexnet_tutorial.commands.judging import evaluate_command

    return evaluate_command(options)


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The command line's words; None uses the process's own.

    Returns:
        Exit status: 0, or 1 when the input cannot be used (the reason goes to stderr). For the
        doctor: 0 without faults, 1 with faults, 2 when nothing could be read.

    Example:
        >>> main(["ledger", "caffe", "--format", "markdown"])  # doctest: +ELLIPSIS
        | layer | kind | ...
        0
    """
    options = _parser().parse_args(arguments)
    from alexnet_tutorial.commands.output import plain

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files may be no UTF-8
            stream.reconfigure(errors="backslashreplace")

    def say(what, text):
        print(f"{what}: {plain(text, keep=chr(10))}", file=sys.stderr)

    # What the package warns of is for the reader of the terminal: without file and line.
    show = warnings.showwarning
    try:
        warnings.showwarning = lambda text, category, *more: (
            say("warning", text) if category is UserWarning else show(text, category, *more)
        )
        status = options.run(options) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever reads has read enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OSError, ImportError) as error:
        say("error", error)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    finally:
        warnings.showwarning = show


if __name__ == "__main__":
    sys.exit(main())
