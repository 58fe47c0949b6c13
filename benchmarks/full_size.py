"""Train the full network of 2012 on SIGNS, crops enlarged to 224 pixels, and record every epoch.

    python benchmarks/full_size.py --folder DIR [--epochs 20] [--record FILE]

The weights kept are those of the epoch with the lowest validation loss; the test set is looked at
once, at the end. A run that was killed continues from its last whole epoch: give the same
arguments again. The record is replaced after every epoch, and says whether the run is finished.
On a GPU the network computes in mixed precision. Chapter 51 shows the record that is in the
package.
"""

import argparse
import json
import statistics
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures import load_signs
from alexnet_tutorial.session import cores, describe, device, import_keras, processor
from alexnet_tutorial.shapes.variants import variant

GOAL = 0.95
ENLARGED = 4  # a crop of 56 of 64 pixels is what 224 of 256 are


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


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the checkpoint goes")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--network", default="alexnet-2012")
    parser.add_argument("--source", default="real", help="of the pictures, as load_signs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--record", type=Path, default=Path("full_size.json"), metavar="FILE")
    options = parser.parse_args(arguments)

    keras = import_keras()
    from alexnet_tutorial.pictures import Batches
    from alexnet_tutorial.training import Clock, Recipe, accuracy, fit

    signs = load_signs(options.source, seed=options.seed)
    network = variant(options.network).with_classes(len(signs.classes))
    policy = "mixed_float16" if device() == "gpu" else "float32"
    model, crop = enlarging(network, policy, options.seed)

    recipe = Recipe(epochs=options.epochs, learning_rate=options.learning_rate)
    still = {"augmentation": None, "shuffle": False}
    batches, validation, test = (
        Batches(split, crop, len(signs.classes), seed=options.seed, **how)
        for split, how in ((signs.train, {}), (signs.validation, still), (signs.test, still))
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
        "data": "photographs of SIGNS" if signs.kind == "real" else "drawn hands",
        "pictures": {part: len(getattr(signs, part)) for part in ("train", "validation", "test")},
        "seed": options.seed,
        "recipe": asdict(recipe),
    }

    def write():
        write_whole(options.record, json.dumps(record, indent=1) + "\n")

    def keep(epoch, logs):
        # Keras adds this epoch to its own history only after the callbacks.
        before = model.history.history
        record["history"] = {name: [*before.get(name, ()), logs[name]] for name in logs}
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
        "test_right": round(accuracy(model, test) * len(signs.test)),
        "seconds": sum(history["seconds"]),
        "cpu_seconds": sum(history["cpu_seconds"]),
        "seconds_to_goal": sum(history["seconds"][: reached[0] + 1]) if reached else None,
        "goal": GOAL,
        "pictures_per_second": speeds(model, batches),  # last: it trains on
    }
    write()
    print(f"{record['test_right']} of {len(signs.test)} test pictures right", flush=True)


if __name__ == "__main__":
    main()
