"""Pictures a second of a training on 1, 2 and 4 devices, and what these send each other.

    python benchmarks/devices.py [--devices 1 2 4] [--network compact] [--rounds 5] [--record FILE]

Data parallel, on Keras's distribution API over JAX. The batch is the same for every number, each
number has a process of its own, and these take turns. Without GPUs the devices are virtual:
together they have no more cores than one device has for itself, and the figure says what dividing
the work costs, or how far one device leaves cores idle.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.session import cores, describe, import_keras, processor
from alexnet_tutorial.shapes import variant


def measured(devices, options):
    """Train on so many devices, in this process; returns what was found."""
    keras = import_keras()
    from alexnet_tutorial.network import build
    from alexnet_tutorial.training.devices import data_parallel, exchanges, training_step

    network = variant(options.network)
    rng = np.random.default_rng(0)
    x = rng.uniform(-0.5, 0.5, (options.batch, *network.input_shape)).astype("float32")
    y = np.arange(options.batch) % network.classes
    layout = data_parallel(keras.distribution.list_devices()[:devices])
    keras.distribution.set_distribution(layout)
    model = build(network)
    model.compile(keras.optimizers.SGD(0.001, momentum=0.9), "sparse_categorical_crossentropy")
    sent = exchanges(training_step(model, options.batch), devices) if devices > 1 else []
    seconds, losses = [], []
    for _ in range(options.rounds + 2):
        started = time.perf_counter()
        losses.append(float(np.ravel(model.train_on_batch(x, y))[0]))
        seconds.append(time.perf_counter() - started)
    return {
        "devices": devices,
        "pictures_per_second": round(options.batch / statistics.median(seconds[2:]), 2),
        "sent_bytes": sum(exchange.sent for exchange in sent),
        "losses": losses,
        "versions": describe(),
        "machine": f"{processor()}, {cores()} cores",
    }


def main(arguments=None):
    """Measure each number of devices in its own process; optionally record as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--network", default="compact")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument("--here", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.here:
        print(json.dumps(measured(options.here, options)))
        return
    load, results = round(os.getloadavg()[0], 2), []
    for devices in options.devices:
        how = {"network": options.network, "batch": options.batch, "rounds": options.rounds}
        given = [word for name, value in how.items() for word in (f"--{name}", str(value))]
        flags = f"--xla_force_host_platform_device_count={devices}"
        done = subprocess.run(
            [sys.executable, __file__, "--here", str(devices), *given],
            env={**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found = json.loads(done.stdout.splitlines()[-1])
        results.append(found)
        print(
            f"{devices} devices: {found['pictures_per_second']:.1f} pictures a second, "
            f"{found['sent_bytes'] / 1e6:.2f} MB sent by each in a step",
            flush=True,
        )
    for found in results[1:]:
        np.testing.assert_allclose(found["losses"], results[0]["losses"], rtol=1e-4)
    if options.record:
        made = {name: results[0][name] for name in ("versions", "machine")}
        kept = ("devices", "pictures_per_second", "sent_bytes")
        record = {
            "command": "python benchmarks/devices.py",
            "date": date.today().isoformat(),
            **made,
            "load": load,
            "note": options.note,
            **{name: getattr(options, name) for name in ("network", "batch", "rounds")},
            "results": [{name: found[name] for name in kept} for found in results],
        }
        write_whole(options.record, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
