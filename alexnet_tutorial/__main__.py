"""The command line: ``python -m alexnet_tutorial``, or ``alexnet-tutorial``."""

import argparse
import json
import sys
import warnings
from dataclasses import replace
from pathlib import Path

from alexnet_tutorial.shapes.architecture import Architecture
from alexnet_tutorial.shapes.variants import VARIANTS, variant

_SETS = {
    "signs": "hands showing 0 to 5 fingers",
    "cifar10": "small pictures of ten classes",
    "imagenette": "photographs of ten classes of ImageNet",
}
_EPOCHS = {"signs": 80, "cifar10": 10, "imagenette": 20}


def _parser():
    parser = argparse.ArgumentParser(
        prog="alexnet-tutorial", description="AlexNet taken apart: shapes, data and training."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser(
        "ledger", help="the shapes, parameters and cost of every layer of a network"
    )
    command.add_argument(
        "variant",
        metavar="VARIANT",
        help=f"one of {', '.join(VARIANTS)}, or a description's .json file",
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
        type=int,
        help=f"at most so many (default: {', '.join(f'{n} for {s}' for s, n in _EPOCHS.items())}, "
        "10 for a folder)",
    )
    command.add_argument(
        "--folder",
        metavar="DIR",
        help="keep checkpoints here, and go on from them if there are any",
    )
    command.add_argument("--save", metavar="FILE", help="keep the classifier (.keras)")
    _add_training(command)
    command.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="json: the last line of the output is one JSON object",
    )
    command.set_defaults(run=_train)

    command = commands.add_parser("weights", help="weights from elsewhere, and for elsewhere")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    command = actions.add_parser("fetch", help="download published weights, checked by sha256")
    command.add_argument("name", metavar="NAME", help="torchvision or bvlc")
    command.add_argument("--folder", metavar="DIR", help="default: weights in the data directory")
    command.add_argument("--url", help="another address of the same file")
    command.set_defaults(run=_fetch_weights)
    command = actions.add_parser(
        "convert", help="write a network as a file of another kind, told by its suffix"
    )
    command.add_argument("source", metavar="IN", help=".pth, .safetensors, .onnx or .keras")
    command.add_argument("target", metavar="OUT", help=".pth, .safetensors, .onnx or .keras")
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
        "--notebook", metavar="OLD", help="an old notebook or script, whose lines are checked"
    )
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=_explain)

    command = commands.add_parser("predict", help="name what is on pictures")
    command.add_argument(
        "pictures",
        metavar="[MODEL] PICTURE",
        nargs="+",
        help="pictures; before them a classifier's .keras file, or nothing: the network for ten "
        "classes of ImageNet that comes with the package",
    )
    command.add_argument("--top", metavar="K", type=int, default=5, help="classes named (5)")
    command.add_argument("--views", type=int, choices=(1, 10), default=1)
    command.add_argument("--format", choices=("table", "json"), default="table")
    command.set_defaults(run=_predict)

    command = commands.add_parser("evaluate", help="measure a classifier on pictures")
    command.add_argument("model", metavar="MODEL", help="a classifier's .keras file")
    _add_data(command, required=True)
    command.add_argument("--views", type=int, choices=(1, 10), default=1)
    command.add_argument("--seed", type=int, default=0, help="of generated signs")
    _add_on_error(command)
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("finetune", help="teach a classifier other classes")
    command.add_argument("model", metavar="MODEL", help="a classifier's .keras file")
    _add_data(command, required=True)
    command.add_argument("--save", metavar="FILE", required=True, help="where the new one goes")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--epochs", type=int, default=5, help="of the head, and again of the whole network (5)"
    )
    _add_training(command)
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=_finetune)
    return parser


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
    command.add_argument("--batch", type=int, default=32, help="pictures in one step (32)")
    _add_on_error(command)


def _add_on_error(command):
    command.add_argument(
        "--on-error",
        choices=("skip", "raise"),
        default="skip",
        help="what to do at a picture that cannot be read: leave it out and say so, or stop",
    )


def _add_source(command):
    command.add_argument(
        "--source",
        default="auto",
        help="auto (default), real, download, generated, or where the set's files are",
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


def _named_sets(options, name, size):
    """One of our own sets, its pictures large enough for a network's input of ``size``."""
    from alexnet_tutorial import pictures

    if name == "signs":
        return pictures.load_signs(options.source, seed=options.seed)
    if name == "cifar10":
        pixels = 32 if size <= 32 else pictures.Preprocessing.for_input(size).resize
        return pictures.load_cifar10(options.source, seed=options.seed, pixels=pixels)
    return pictures.load_imagenette(options.source, seed=options.seed, pixels=-(-5 * size // 4))


def _data(options):
    if options.figure and Path(options.figure).suffix not in (".png", ".svg"):
        raise ValueError(f"--figure {options.figure}: give a file that ends in .png or .svg.")
    sets = _named_sets(options, options.set, 32 if options.set == "cifar10" else 57)
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
    _check_save(options.save)
    from alexnet_tutorial.session import import_keras

    import_keras()
    from alexnet_tutorial.pictures.augmentation import AUGMENTATION, CROP_AND_FLIP
    from alexnet_tutorial.shapes.ledger import ledger
    from alexnet_tutorial.training import Recipe, train

    sets, names = _sets(options, max(network.input_size))
    network, named = network.with_classes(len(sets.classes)), options.data in _SETS
    # What teaches the compact network makes the full one diverge.
    rate = 1e-3 if ledger(network).parameters < 5_000_000 else 1e-4
    recipe = Recipe(
        epochs=options.epochs if options.epochs is not None else _EPOCHS.get(options.data, 10),
        batch_size=options.batch,
        learning_rate=rate,
        augmentation=AUGMENTATION if named else CROP_AND_FLIP,
    )
    run = train(
        network,
        sets,
        seed=options.seed,
        folder=options.folder,
        recipe=recipe,
        on_error=options.on_error,
    )
    if options.save:
        from alexnet_tutorial.classifier import Classifier

        Classifier(run.model, run.preprocessing, sets.classes, names).save(options.save)
    print(json.dumps(run.to_json()) if options.format == "json" else run)


def _sets(options, size):
    """The pictures to learn from, validate on and test on; and what the classes are called."""
    from alexnet_tutorial.pictures import Sets, load_folder

    if options.data in _SETS:
        sets = _named_sets(options, options.data, size)
        names = sets.classes
        # A folder of such photographs has ImageNet's names.
        sets = replace(sets, classes=getattr(sets, "wnids", ()) or names)
    else:
        folder = load_folder(options.data, on_error=options.on_error)
        stay, aside = folder.split(0.0 if options.validation else 0.1, options.seed)
        train = replace(stay, problems=folder.problems)
        names, source = folder.class_names, f"pictures in {folder.path}"
        sets = Sets(train, aside if len(aside) else None, None, folder.classes, source, "folder")
    if options.validation:
        validation = load_folder(options.validation, on_error=options.on_error)
        if tuple(map(str, sets.classes)) != validation.classes:
            raise ValueError(
                f"--validation {options.validation}: its classes are {validation.classes}, and "
                f"those to learn are {sets.classes}. Expected the same subfolders."
            )
        sets = replace(sets, validation=validation)
    return sets, names


def _fetch_weights(options):
    from alexnet_tutorial.weights import fetch

    print(fetch(options.name, options.folder, url=options.url))


def _convert_weights(options):
    from alexnet_tutorial.session import import_keras

    import_keras()
    from alexnet_tutorial.weights import convert

    preprocessing = convert(options.source, options.target)
    said = "unknown" if preprocessing is None else json.dumps(preprocessing.to_json())
    print(f"{options.target}\npreprocessing: {said}")


def _doctor(options):
    """Status 0: no fault; 1: faults; 2: nothing could be read."""
    from alexnet_tutorial.session import import_keras

    try:
        folder = options.data and Path(options.data).is_dir()
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
    """Status 0: explained, or nothing is out of date; 1: not known, or some lines are."""
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
    """The arrays x and y of an .npz file, as far as they are there."""
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


def _check_save(path):
    """Refuse a file that cannot be written, before hours of training rather than after."""
    if path is None:
        return
    if not path.endswith(".keras"):
        raise ValueError(f"--save {path}: give a file that ends in .keras, as Keras demands.")
    if not Path(path).resolve().parent.is_dir():
        raise ValueError(f"--save {path}: its folder is not there. Make it first.")


def _load(path):
    from alexnet_tutorial.session import import_keras

    import_keras()
    from alexnet_tutorial.classifier import Classifier

    return Classifier.load(path)


def _predict(options):
    """Status 1 where nothing could be read."""
    own = options.pictures[0].endswith(".keras")
    pictures = options.pictures[own:]
    if not pictures:
        raise ValueError(f"{options.pictures[0]} is a network. Name pictures after it.")
    for name in options.pictures:
        if not Path(name).exists():  # said before the seconds that Keras takes to load
            raise ValueError(f"{name}: there is no such file.")
    classifier = _load(options.pictures[0]) if own else _pretrained()
    answers = classifier.predict_top(pictures, options.top, views=options.views, on_error="skip")
    if options.format == "json":
        rows = [
            {"picture": picture, "top": [answer._asdict() for answer in top]}
            for picture, top in zip(pictures, answers, strict=True)
        ]
        print(json.dumps(rows, indent=2))
    else:
        for picture, top in zip(pictures, answers, strict=True):
            print(picture if top else f"{picture}: cannot be read")
            for answer in top:
                label = "" if answer.label in answer.name else f"  ({answer.label})"
                print(f"  {answer.confidence:7.2%}  {answer.name}{label}")
    return 0 if any(answers) else 1


def _pretrained():
    from alexnet_tutorial.session import import_keras

    import_keras()
    from alexnet_tutorial.weights.pretrained import pretrained, record

    names = ", ".join(record()["class_names"])
    print(f"No network given: the package's own answers, which knows {names}.", file=sys.stderr)
    return pretrained()


def _evaluate(options):
    classifier = _load(options.model)
    if options.data == "signs":
        from alexnet_tutorial.pictures import load_signs

        signs = load_signs(options.source, seed=options.seed)
        result = classifier.evaluate(signs.test.x, signs.test.y, views=options.views)
        data = f"test set of {signs.source}"
    else:
        result = classifier.evaluate(options.data, views=options.views, on_error=options.on_error)
        data = options.data
    if options.format == "json":
        print(json.dumps(result | {"data": data}))
        return
    views = "the center" if options.views == 1 else "ten views"
    print(f"{data}: {result['pictures']} pictures, {views} of each")
    print(f"top-1  {result['accuracy']:.1%}")
    if "top_5_accuracy" in result:
        print(f"top-5  {result['top_5_accuracy']:.1%}")


def _finetune(options):
    _check_save(options.save)
    classifier = _load(options.model)
    sets, _ = _sets(options, max(classifier.preprocessing.crop))
    runs = classifier.finetune(
        sets.train,
        validation_data=sets.validation,
        epochs=(options.epochs, options.epochs),
        batch_size=options.batch,
        seed=options.seed,
        on_error=options.on_error,
        verbose=2 if options.format == "text" else 0,
    )
    classifier.save(options.save)
    head, run = runs["head"], runs["all"]
    run = replace(
        run,
        history={name: head.history[name] + values for name, values in run.history.items()},
        epochs=head.epochs + run.epochs,
        best_epoch=head.epochs + run.best_epoch,
        seconds=head.seconds + run.seconds,
        skipped=classifier.problems,
        data_source=sets.source,
        data_kind=sets.kind,
    )
    print(json.dumps(run.to_json()) if options.format == "json" else run)


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Words of the command line; None takes the process's own.

    Returns:
        Exit status: 0, or 1 when something given does not fit (the reason goes to stderr). The
        doctor's: 0 without faults, 1 with faults, 2 when nothing could be read.

    Example:
        >>> main(["ledger", "caffe", "--format", "markdown"])  # doctest: +ELLIPSIS
        | layer | kind | ...
        0
    """
    options = _parser().parse_args(arguments)
    # What the package warns of is for the reader of the terminal: without file and line.
    show = warnings.showwarning
    try:
        warnings.showwarning = lambda text, *_: print(f"warning: {text}", file=sys.stderr)
        return options.run(options) or 0
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    finally:
        warnings.showwarning = show


if __name__ == "__main__":
    sys.exit(main())
