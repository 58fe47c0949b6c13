"""Train the full network of 2012, and record every epoch.

    python benchmarks/full_size.py --folder DIR [--data imagenette] [--epochs 20] [--record FILE]

On SIGNS it reads crops enlarged to 224 pixels; on Imagenette it reads crops of 224 from photographs
of 256, half of them flipped, as in 2012, and the filters of conv1 as they form go into a file
beside the record. The weights kept are those of the epoch with the lowest validation loss; the test
set is looked at once, at the end. A run that was killed continues from its last whole epoch: give
the same arguments again. The record is replaced after every epoch, and says whether the run is
finished. On a GPU the network computes in mixed precision. Chapter 51 shows the records that are in
the package.
"""

import argparse
import json
import statistics
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures import load_imagenette, load_signs
from alexnet_tutorial.pictures.augmentation import AUGMENTATION, CROP_AND_FLIP
from alexnet_tutorial.session import cores, describe, device, import_keras, processor
from alexnet_tutorial.shapes.variants import variant

GOAL = 0.95
ENLARGED = 4  # a crop of 56 of 64 pixels is what 224 of 256 are
KEPT = (1, 2, 3, 5, 8, 13, 20)  # epochs whose first filters are kept
SIDE = 256  # of the photographs that crops of 224 are cut from


def enlarging(network, precision, seed):
    """The network after a layer that enlarges crops of 56 pixels to its 224, on the device."""
    keras = import_keras()
    from alexnet_tutorial.network import build

    height, width = network.input_size
    crop = (height // ENLARGED, width // ENLARGED)
    first = [
        keras.layers.InputLayer((*crop, network.channels)),
        keras.layers.Resizing(height, width, dtype="float32", name="enlarge"),
    ]
    return build(network, first=first, precision=precision, seed=seed), crop


def conv1(model):
    """Its filters, in bytes: each from its smallest weight, 0, to its largest, 255."""
    kernel = np.asarray(model.get_layer("conv1").kernel)
    low, high = kernel.min((0, 1, 2)), kernel.max((0, 1, 2))
    return ((kernel - low) / (high - low) * 255).round().astype("uint8")


def keep_filters(path, epoch, filters):
    """Add them to the file, one array an epoch; the first epoch begins it anew."""
    kept = {}
    if epoch > KEPT[0]:
        with np.load(path) as before:
            kept = dict(before)
    kept[f"epoch_{epoch:03}"] = filters
    write_whole(path, lambda file: np.savez_compressed(file, **kept))


def speeds(model, batches, rounds=5):
    """Pictures per second of a training step, with the preparation of its pictures and without."""
    x, y = batches[0]
    model.train_on_batch(x, y)
    seconds = {"with_pipeline": [], "without_pipeline": []}
    for _ in range(rounds):
        started = time.perf_counter()
        model.train_on_batch(*batches[0])
        middle = time.perf_counter()
        model.train_on_batch(x, y)
        seconds["with_pipeline"].append(middle - started)
        seconds["without_pipeline"].append(time.perf_counter() - middle)
    return {name: len(x) / statistics.median(times) for name, times in seconds.items()}


def right_by_ten_views(run, sets):
    """Pictures whose class has the highest mean probability over the ten crops of 2012."""
    from alexnet_tutorial.classifier import Classifier

    classifier = Classifier(run.model, run.preprocessing, sets.classes)
    said = classifier.evaluate(sets.test.x, sets.test.y, views=10)
    return round(said["accuracy"] * len(sets.test))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the checkpoint goes")
    parser.add_argument("--data", choices=("signs", "imagenette"), default="signs")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--network", default="alexnet-2012")
    parser.add_argument("--source", default="real", help="of the pictures, as load_signs has it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--record", type=Path, default=Path("full_size.json"), metavar="FILE")
    options = parser.parse_args(arguments)

    keras = import_keras()
    from alexnet_tutorial.network import build
    from alexnet_tutorial.pictures import Batches
    from alexnet_tutorial.training import Clock, Recipe, accuracy, fit

    policy = "mixed_float16" if device() == "gpu" else "float32"
    signs = options.data == "signs"
    if signs:
        sets = load_signs(options.source, seed=options.seed)
        network = variant(options.network).with_classes(len(sets.classes))
        model, crop = enlarging(network, policy, options.seed)
        photographs, augmentation = "photographs of SIGNS", AUGMENTATION
    else:
        sets = load_imagenette(options.source, seed=options.seed, pixels=SIDE)
        network = variant(options.network).with_classes(len(sets.classes))
        model, crop = build(network, precision=policy, seed=options.seed), network.input_size
        photographs, augmentation = "photographs of Imagenette", CROP_AND_FLIP

    recipe = Recipe(
        epochs=options.epochs, learning_rate=options.learning_rate, augmentation=augmentation
    )
    still = {"augmentation": None, "shuffle": False}
    batches, validation, test = (
        Batches(split, crop, len(sets.classes), seed=options.seed, **how)
        for split, how in (
            (sets.train, {"augmentation": augmentation}),
            (sets.validation, still),
            (sets.test, still),
        )
    )
    record = {
        "finished": False,
        "date": date.today().isoformat(),
        "machine": f"{processor()}, {cores()} cores",
        "versions": describe(),
        "note": options.note,
        "network": network.name,
        "parameters": model.count_params(),
        "precision": policy,
        "data": photographs if sets.kind == "real" else "drawn pictures",
        "pictures": {part: len(getattr(sets, part)) for part in ("train", "validation", "test")},
        "seed": options.seed,
        "recipe": asdict(recipe),
    }

    def write():
        write_whole(options.record, json.dumps(record, indent=1) + "\n")

    def keep(epoch, logs):
        # Keras adds this epoch to its own history only after the callbacks.
        before = model.history.history
        record["history"] = {name: [*before.get(name, ()), logs[name]] for name in logs}
        if not signs and epoch + 1 in KEPT:
            keep_filters(options.record.with_suffix(".npz"), epoch + 1, conv1(model))
        write()
        print(epoch + 1, {name: round(value, 3) for name, value in logs.items()}, flush=True)

    print(record["machine"], record["versions"], policy, flush=True)
    callbacks = [Clock(), keras.callbacks.LambdaCallback(on_epoch_end=keep)]
    parts = None if device() == "gpu" else "parts"
    run = fit(
        model, batches, validation, recipe, callbacks, folder=options.folder, jit_compile=parts
    )
    history = run.history
    reached = [epoch for epoch, value in enumerate(history["val_accuracy"]) if value >= GOAL]
    record |= {
        "finished": True,
        "history": history,
        "best_epoch": run.best_epoch,
        "test_right": round(accuracy(model, test) * len(sets.test)),
        "test_right_ten_views": None if signs else right_by_ten_views(run, sets),
        "seconds": sum(history["seconds"]),
        "cpu_seconds": sum(history["cpu_seconds"]),
        "seconds_to_goal": sum(history["seconds"][: reached[0] + 1]) if reached else None,
        "goal": GOAL,
        "pictures_per_second": speeds(model, batches),  # last: it trains on
    }
    write()
    print(f"{record['test_right']} of {len(sets.test)} test pictures right", flush=True)


if __name__ == "__main__":
    main()
