"""Pictures per second of the full networks, beside the same networks in PyTorch, in one run.

    python benchmarks/speed.py [--networks paper torchvision] [--rounds 5] [--record FILE]

Each round times every contestant once, in turn, so that a busy moment of the machine hits all of
them; the figure of a contestant is the median of its rounds. Keras runs as ``compile_model`` with
``jit_compile="parts"`` has it, and as its own ``compile`` does. PyTorch runs eager and compiled,
in its own best memory format and with its fused update; the better of the two counts. Without
PyTorch (extra ``oracles``) Keras is timed alone. The rate of a large product of matrices is
measured beside each race: the ceiling of what the operations of a network can reach. Where other
programs want the machine too, ``--threads 1`` and seconds of computing still give a fair ratio;
seconds on the clock do not.
"""

import argparse
import json
import os
import statistics
import time
from datetime import date
from functools import partial
from math import prod
from pathlib import Path

import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.session import cores, describe, import_keras, processor
from alexnet_tutorial.shapes import cost, ledger, variant
from alexnet_tutorial.shapes.architecture import pair

MODES = ("training", "inference")


def pictures(architecture, batch):
    """Hands resized to the network's input, in [0, 1], with labels."""
    from alexnet_tutorial.pictures import draw_hands

    keras = import_keras()
    labels = np.arange(batch) % 6
    hands = draw_hands(labels, np.random.default_rng(0)).astype("float32") / 255
    x = keras.ops.image.resize(hands, architecture.input_size, antialias=True)
    return keras.ops.convert_to_numpy(x), labels.astype("int64")


def keras_contestants(architecture, x, y):
    """Functions that train on, and predict, one batch in Keras."""
    keras = import_keras()
    from alexnet_tutorial.network import build
    from alexnet_tutorial.training import RECIPE, compile_model

    x, y = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(y)
    contestants = {mode: {} for mode in MODES}
    for name, jit_compile in (("keras", "parts"), ("keras, no XLA", False)):
        model = build(architecture)
        optimizer = keras.optimizers.SGD(0.001, momentum=0.9)
        compile_model(model, RECIPE, 1, optimizer, jit_compile=jit_compile)
        contestants["training"][name] = partial(model.train_on_batch, x, y)
        contestants["inference"][name] = partial(model.predict_on_batch, x)
    return contestants


def torch_normalization(layer, channels):
    """Response normalization in PyTorch, which has it across all channels only.

    Within towers it is written with the sums as a product with a band matrix, here a convolution
    of one pixel; within maps, with the mean over a square.
    """
    import torch
    from torch import nn

    if layer.groups == 1 and layer.across == "channels":
        alpha = layer.alpha if layer.divide_by_size else layer.alpha * layer.size
        return nn.LocalResponseNorm(layer.size, alpha, layer.beta, layer.k)
    neighbors = layer.size if layer.across == "channels" else layer.size**2
    weight = layer.alpha / neighbors if layer.divide_by_size else layer.alpha
    index = torch.arange(channels)
    near = (index[:, None] - index).abs() <= layer.size // 2
    tower = index // (channels // layer.groups)

    class Normalization(nn.Module):
        def __init__(self):
            super().__init__()
            band = weight * (near & (tower[:, None] == tower)).float()
            self.register_buffer("band", band[:, :, None, None])

        def forward(self, x):
            squares = x * x
            if layer.across == "pixels":
                window = layer.size, 1, layer.size // 2
                total = weight * neighbors * nn.functional.avg_pool2d(squares, *window)
            else:
                total = nn.functional.conv2d(squares, self.band)
            denominator = layer.k + total
            if layer.beta == 0.75:  # as in Keras: two roots cost less than a power
                root = denominator.rsqrt()
                return x * (root * root.sqrt())
            return x * denominator**-layer.beta

    return Normalization()


def torch_model(architecture):
    """The same description in PyTorch, written out with its own layers."""
    import torch
    from torch import nn

    layers = []
    for step in architecture.steps:
        layer, shape = step.layer, step.input
        if step.windows:
            (top, bottom), (left, right) = step.pads
            symmetric = top == bottom and left == right
            if not symmetric:
                layers.append(nn.ZeroPad2d((left, right, top, bottom)))
            padding = (top, left) if symmetric else 0
        match layer.kind:
            case "conv":
                kernel, strides = pair(layer.kernel_size), pair(layer.strides)
                layers.append(
                    nn.Conv2d(
                        shape[2], layer.filters, kernel, strides, padding, groups=layer.groups
                    )
                )
                if layer.activation == "relu":
                    layers.append(nn.ReLU(inplace=True))
            case "activation":
                layers.append(nn.ReLU(inplace=True))
            case "pool":
                layers.append(nn.MaxPool2d(layer.pool_size, layer.strides, padding))
            case "lrn":
                layers.append(torch_normalization(layer, shape[2]))
            case "flatten":
                layers.append(nn.Flatten())
            case "dense":
                layers.append(nn.Linear(prod(shape), layer.units))
                if layer.activation == "relu":
                    layers.append(nn.ReLU(inplace=True))
            case "dropout":
                layers.append(nn.Dropout(layer.rate))
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def torch_contestants(architecture, x, y):
    """Functions that train on, and predict, one batch in PyTorch, eager and compiled."""
    import torch

    torch.manual_seed(0)
    x = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())
    x = x.to(memory_format=torch.channels_last)
    y = torch.from_numpy(y)
    contestants = {mode: {} for mode in MODES}
    for name in ("torch eager", "torch compile"):
        plain = torch_model(architecture)
        model = torch.compile(plain) if name == "torch compile" else plain
        optimizer = torch.optim.SGD(plain.parameters(), lr=0.001, momentum=0.9, fused=True)

        def train(plain=plain, model=model, optimizer=optimizer):
            plain.train()
            optimizer.zero_grad(set_to_none=True)
            loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss.item()

        def predict(plain=plain, model=model):
            plain.eval()
            with torch.inference_mode():
                return model(x).softmax(1).numpy()

        contestants["training"][name] = train
        contestants["inference"][name] = predict
    return contestants


def race(contestants, batch, rounds):
    """Time contestants in turn.

    Returns:
        Contestant → median pictures a second on the clock; the same for a second of computing.
    """
    for step in contestants.values():  # compile, allocate, warm up
        step()
        step()
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, step in contestants.items():
            clock, cpu = time.perf_counter(), time.process_time()
            step()
            times[name].append((time.perf_counter() - clock, time.process_time() - cpu))
    return [
        {name: batch / statistics.median(row[kind] for row in rows) for name, rows in times.items()}
        for kind in (0, 1)
    ]


def product_rate(clock, size=2048, times=5):
    """Operations in a second of a product of matrices, an addition and a multiplication each."""
    keras = import_keras()
    a, b = (keras.random.normal((size, size), seed=seed) for seed in (0, 1))
    seconds = []
    for _ in range(times + 1):
        start = clock()
        float(keras.ops.matmul(a, b)[0, 0])
        seconds.append(clock() - start)
    return 2 * size**3 / min(seconds)


def measure(name, batch, rounds, computing):
    """Race one network; returns rows of results, one for each mode."""
    architecture = variant(name)
    x, y = pictures(architecture, batch)
    contestants = keras_contestants(architecture, x, y)
    try:
        for mode, more in torch_contestants(architecture, x, y).items():
            contestants[mode].update(more)
    except ImportError:
        print("PyTorch is not installed (extra: oracles), so Keras runs alone.")
    for mode in MODES:
        clock = time.process_time if computing else time.perf_counter
        rate = product_rate(clock)
        both = race(contestants[mode], batch, rounds)
        speeds = both[computing]
        others = [speed for who, speed in speeds.items() if "torch" in who]
        steps = cost(ledger(architecture), batch, training=mode == "training")
        operations = sum(work.operations for work in steps) / batch
        yield {
            "network": name,
            "mode": mode,
            "speeds": speeds,
            "ratio": speeds["keras"] / max(others) if others else None,
            "product": max(rate, product_rate(clock)),
            "operations": operations,
        }


def main(arguments=None):
    """Run the races and print a table; optionally record them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=["paper", "torchvision"])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--computing", action="store_true", help="count seconds of computing")
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the results as JSON")
    options = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    if import_keras().backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    load = round(os.getloadavg()[0], 2)
    print(describe(), f"load {load}", flush=True)
    try:
        import torch

        torch_version = torch.__version__
        torch.set_num_threads(options.threads)
    except ImportError:
        torch_version = None
    record = {
        "command": f"python benchmarks/speed.py --rounds {options.rounds} --threads "
        f"{options.threads}{' --computing' if options.computing else ''}",
        "date": date.today().isoformat(),
        "versions": describe(),
        "torch": torch_version,
        "machine": f"{processor()}, {cores()} cores",
        "load": load,
        "note": options.note,
        "threads": options.threads,
        "computing": options.computing,
        "batch": options.batch,
        "rounds": options.rounds,
        "results": [],
    }
    for name in options.networks:
        for row in measure(name, options.batch, options.rounds, options.computing):
            text = ", ".join(f"{who} {speed:.1f}" for who, speed in row["speeds"].items())
            ratio = row["ratio"]
            versus = "" if ratio is None else f"; Keras is {ratio:.2f} times the better PyTorch"
            share = row["operations"] * row["speeds"]["keras"] / row["product"]
            print(
                f"{name} {row['mode']}, batch {options.batch}, pictures/s: {text}{versus}; "
                f"{share:.0%} of a product of matrices",
                flush=True,
            )
            record["results"].append(row)
            if options.record:  # after each race, so that a run that is stopped keeps some
                write_whole(options.record, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
