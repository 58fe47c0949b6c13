"""Whether a training from shards ends the same after being killed at random moments.

    python benchmarks/imagenet_kills.py [--kills 10] [--recipe 2012] [--record FILE]

Trains the compact network twice by the command line, on drawn pictures in shards: once in one go,
once killed so many times and begun again, every time at a moment drawn anew: while Python and
TensorFlow start, within an epoch, or as one ends and is written down. Then every number of the
two checkpoints is compared, bit for bit, and the two histories. The tests do the same with two
kills; each costs the seconds in which TensorFlow starts.
"""

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.imagenet import Settings, prepare
from alexnet_tutorial.pictures.drawings import draw_shapes
from alexnet_tutorial.session import cores

EPOCHS = 12


def shards(folder):
    """Make shards of 96 drawn training pictures of six shapes, and 24 to validate on."""
    rng = np.random.default_rng(0)
    for part, each in (("train", 16), ("val", 4)):
        y = np.arange(6 * each) % 6
        for i, pixels in enumerate(draw_shapes(y, 70, rng)):
            place = folder / "pictures" / part / f"shape-{y[i]}"
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(place / f"{i}.png")
    settings = Settings(side=64, per_shard=16)
    prepare([folder / "pictures"], folder / "shards", settings, 1, progress=False)
    return folder / "shards"


def training(source, into, recipe):
    """Begin a training, or go on with it, in a process group of its own."""
    words = ["--recipe", recipe, "--network", "compact", "--epochs", str(EPOCHS)]
    command = [sys.executable, "-m", "alexnet_tutorial", "imagenet", "train", str(source)]
    return subprocess.Popen(
        [*command, "--into", str(into), *words, "--batch-size", "32"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def stamp(path):
    """When a file was last written; 0 where it is not there."""
    return path.stat().st_mtime_ns if path.exists() else 0


def killed(source, into, recipe, kills, rng):
    """Train, and be killed so many times; how often at which kind of moment."""
    moments = Counter()
    while not (into / "result.json").exists():
        settings, checkpoint = stamp(into / "settings.json"), stamp(into / "checkpoint.npz")
        run, began = training(source, into, recipe), time.monotonic()
        if moments.total() < kills:
            kind = rng.choice(
                ["while it starts", "within an epoch", "within an epoch", "at its end"]
            )
            while run.poll() is None and time.monotonic() - began < 300:
                written = [*into.glob(".checkpoint*.part")]
                if kind == "while it starts" or (
                    kind == "within an epoch" and stamp(into / "settings.json") != settings
                ):
                    time.sleep(8 * rng.random())
                elif not (written or stamp(into / "checkpoint.npz") != checkpoint):
                    time.sleep(0.002)
                    continue
                os.killpg(run.pid, signal.SIGKILL)
                moments[kind] += 1
                break
        status = run.wait()
        if status not in (0, -signal.SIGKILL):
            raise RuntimeError(f"the training ended with status {status}")
    return moments


def numbers(into):
    """Every array of a checkpoint."""
    with np.load(into / "checkpoint.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files if name != "state"}


def main(arguments=None):
    """Train both, compare them, and say so; optionally record it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--recipe", choices=("2012", "modern"), default="2012")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the results as JSON")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = shards(folder)
        if training(source, folder / "whole", options.recipe).wait():
            raise RuntimeError("the training in one go failed")
        rng = random.Random(options.seed)
        moments = killed(source, folder / "killed", options.recipe, options.kills, rng)
        whole, other = numbers(folder / "whole"), numbers(folder / "killed")
        same = whole.keys() == other.keys() and all(
            np.array_equal(whole[key], other[key]) for key in whole
        )
        histories = [
            json.loads((folder / run / "history.json").read_text()) for run in ("whole", "killed")
        ]
    result = {
        "kills": moments.total(),
        "moments": dict(sorted(moments.items())),
        "arrays": len(whole),
        "numbers": sum(value.size for value in whole.values()),
        "same_numbers": bool(same),
        "same_history": histories[0] == histories[1],
    }
    print(json.dumps(result, indent=1))
    if options.record:
        record = {
            "date": date.today().isoformat(),
            "versions": f"Python {platform.python_version()}",
            "machine": f"{platform.machine()}, {cores()} cores",
            "recipe": options.recipe,
            "epochs": EPOCHS,
            **result,
        }
        write_whole(options.record, json.dumps(record, indent=2) + "\n")
    return 0 if same and result["same_history"] else 1


if __name__ == "__main__":
    sys.exit(main())
