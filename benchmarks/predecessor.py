"""Train the predecessor's network of four layers on CIFAR-10, as its program did, and record it.

    python benchmarks/predecessor.py --folder DIR [--without-normalization] [--epochs 140]

The network and its numbers are those of ``layers-18pct.cfg`` and ``layer-params-18pct.cfg`` in
cuda-convnet (https://github.com/dnouri/cuda-convnet), whose first lines promise 18 % errors. All
50,000 training pictures teach it; the test pictures are looked at once, at the end. A run that was
killed continues from its last whole epoch: give the same arguments again. A finished run is a line
of ``alexnet_tutorial/recorded/predecessor.jsonl``.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from alexnet_tutorial.pictures import Batches, load_cifar10
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.session import import_keras
from alexnet_tutorial.training.experiments import RECORDED, add_run, machine, read_runs

RATES = (1e-3, 1e-4, 1e-5)
UNTIL = (120, 130, 140)  # epochs: "reduce by a factor of 10 after 120 epochs, and 10 more"
BYTES = Preprocessing(32, 32, scale=1.0, mean=(0.0, 0.0, 0.0))


def predecessor(mean_picture, normalized=True, seed=0):
    """Build the network. It reads bytes, and takes the mean picture from them itself."""
    keras = import_keras()
    from alexnet_tutorial.network.layers import LRN

    layers = keras.layers

    def weights(number, deviation, decay):
        return {
            "kernel_initializer": keras.initializers.RandomNormal(
                stddev=deviation, seed=1000 * seed + number
            ),
            # Half of it in the loss is all of it in the gradient.
            "kernel_regularizer": keras.regularizers.L2(decay / 2),
        }

    def norm(name):
        if normalized:  # of each value by those around it on its map
            how = {"size": 3, "alpha": 5e-5, "k": 1.0, "divide_by_size": True}
            yield LRN(**how, across="pixels", name=name)

    def conv(name, filters, deviation, activation):
        number = int(name[-1])
        how = {"padding": "same", "activation": activation, **weights(number, deviation, 0.004)}
        return layers.Conv2D(filters, 5, name=name, **how)

    pools = {"pool_size": 3, "strides": 2, "padding": "same"}  # the last window is cut off
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Normalization((1, 2, 3), mean=mean_picture, variance=np.ones_like(mean_picture)),
            conv("conv1", 32, 1e-4, None),
            layers.MaxPooling2D(**pools, name="pool1"),
            layers.ReLU(name="relu1"),
            *norm("rnorm1"),
            conv("conv2", 32, 0.01, "relu"),
            layers.AveragePooling2D(**pools, name="pool2"),
            *norm("rnorm2"),
            conv("conv3", 64, 0.01, "relu"),
            layers.AveragePooling2D(**pools, name="pool3"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax", name="fc10", **weights(10, 0.01, 1.0)),
        ],
        name="predecessor",
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the checkpoint goes")
    parser.add_argument("--without-normalization", action="store_true")
    parser.add_argument(
        "--epochs", type=int, default=UNTIL[-1], help="the rates fall in proportion"
    )
    parser.add_argument("--source", default="real", help="of the pictures, as load_cifar10")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", type=Path, default=RECORDED / "predecessor.jsonl")
    options = parser.parse_args(arguments)

    keras = import_keras()
    from alexnet_tutorial.training import Recipe, accuracy, fit
    from alexnet_tutorial.training.optimizers import PaperSGD

    name = "without normalization" if options.without_normalization else "normalized"
    key = f"{name}, {options.epochs} epochs, seed {options.seed}"
    if any(run["key"] == key for run in read_runs(options.record)):
        parser.error(f"{options.record} has this run already: {key}.")
    cifar10 = load_cifar10(options.source, validation=0.0, seed=options.seed, progress=False)
    train = cifar10.train
    how = {"preprocessing": BYTES, "augmentation": None, "classes": 10, "batch_size": 128}
    batches = Batches(train, seed=options.seed, **how)
    mean_picture = train.x.mean(0, dtype=np.float64).astype("float32")
    model = predecessor(mean_picture, not options.without_normalization, options.seed)
    ends = [round(len(batches) * options.epochs * epoch / UNTIL[-1]) for epoch in UNTIL[:-1]]
    rates = keras.optimizers.schedules.PiecewiseConstantDecay(ends, RATES)
    started = time.process_time()
    run = fit(
        model,
        batches,
        recipe=Recipe(epochs=options.epochs, batch_size=128, patience=None, augmentation=None),
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: print(
                    epoch + 1,
                    {what: round(float(said), 4) for what, said in logs.items()},
                    f"{time.process_time() - started:.0f} s",
                    flush=True,
                )
            )
        ],
        optimizer=PaperSGD(rates, weight_decay=0.0, bias_multiplier=2.0),
        folder=options.folder,
        jit_compile="parts",
    )
    test = Batches(cifar10.test, shuffle=False, **how)
    record = {
        "key": key,
        "configuration": name,
        "seed": options.seed,
        "epochs": options.epochs,
        "rates": RATES,
        "test_right": round(accuracy(model, test) * len(cifar10.test)),
        "pictures": {"train": len(train), "test": len(cifar10.test)},
        "data": cifar10.kind,
        "parameters": model.count_params(),
        "history": {
            what: [round(value, 4) for value in values] for what, values in run.history.items()
        },
        "seconds": round(run.seconds),
        "machine": machine(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    add_run(options.record, record)
    wrong = 1 - record["test_right"] / len(cifar10.test)
    print(f"{key}: {wrong:.2%} of {len(cifar10.test)} test pictures wrong")


if __name__ == "__main__":
    main()
