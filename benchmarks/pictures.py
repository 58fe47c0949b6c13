"""Pictures per second of the input pipeline, beside Pillow alone, in one run.

    python benchmarks/pictures.py FOLDER [--rounds 5] [--record FILE]

FOLDER has one subfolder of pictures for each class. Every contestant decodes the same pictures,
resizes the short side to 256 and cuts out 224 by 224, in as many threads as there are cores; the
pipeline also crops at random, flips, scales and puts batches together; "bytes" leaves all of that
but the batches to the device. What only decodes, whole or at the reduced scale that the pipeline
takes, is its limit. Each round times every
contestant once, in turn, and the figure of a contestant is its median. Seconds of all cores
together say what a picture costs; seconds on the clock also hold what else the machine does.
"""

import argparse
import json
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image, __version__

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures import load_folder
from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.session import cores, describe, import_keras, processor

RESIZE, CROP = 256, 224


def pillow(files, kind):
    """Decode, resize and crop with Pillow, one picture after another in each thread."""

    def read(file):
        with Image.open(file) as picture:
            picture = picture.convert("RGB")
        width, height = picture.size
        short = min(width, height)
        picture = picture.resize((RESIZE * width // short, RESIZE * height // short), kind)
        left, top = (picture.width - CROP) // 2, (picture.height - CROP) // 2
        return np.asarray(picture.crop((left, top, left + CROP, top + CROP)))

    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(read, files):
            pass


def decoded(folder, short):
    """Decode alone; with a short side, at the reduced scale that still has as many pixels."""

    def read(row):
        folder.open(row, short).convert("RGB").load()

    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(read, range(len(folder))):
            pass


def contestants(folder):
    """Functions that read the whole folder once."""
    import_keras()
    from alexnet_tutorial.pictures.augmentation import CROP_AND_FLIP
    from alexnet_tutorial.pictures.batches import Batches

    how = {
        "preprocessing": Preprocessing(RESIZE, CROP, mean=0.5),
        "augmentation": CROP_AND_FLIP,
    }

    def pipeline(batches):
        batches.epoch += 1
        for step in range(len(batches)):
            batches[step]

    plain, sent = Batches(folder, **how), Batches(folder, **how, on_device=True)
    return {
        "pillow bilinear": lambda: pillow(folder.files, Image.Resampling.BILINEAR),
        "pillow bicubic": lambda: pillow(folder.files, Image.Resampling.BICUBIC),
        "pipeline": lambda: pipeline(plain),
        "pipeline, bytes": lambda: pipeline(sent),
        "decoded alone": lambda: decoded(folder, None),
        "decoded alone, reduced": lambda: decoded(folder, RESIZE),
    }


def race(runners, rounds):
    """Time each in turn; returns name → (seconds of all cores, seconds on the clock), medians."""
    times = {name: [] for name in runners}
    for turn in range(rounds + 1):
        for name, run in runners.items():
            cpu, clock = time.process_time(), time.perf_counter()
            run()
            if turn:  # the first warms up
                spent = time.process_time() - cpu, time.perf_counter() - clock
                times[name].append(spent)
    return {
        name: tuple(statistics.median(column) for column in zip(*rows, strict=True))
        for name, rows in times.items()
    }


def main(arguments=None):
    """Run the race and print a table; optionally record it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the results as JSON")
    options = parser.parse_args(arguments)
    folder, load = load_folder(options.folder), round(os.getloadavg()[0], 2)
    print(f"{describe()}, Pillow {__version__}\n{len(folder)} pictures")
    base, results = None, {}
    for name, seconds in race(contestants(folder), options.rounds).items():
        base = base or seconds
        cpu, clock = (len(folder) / value for value in seconds)
        ratios = [first / value for first, value in zip(base, seconds, strict=True)]
        print(
            f"{name:<22} {cpu:6.0f} pictures per second of a core ({ratios[0]:.2f} times), "
            f"{clock:6.0f} per second ({ratios[1]:.2f} times)"
        )
        results[name] = {
            "per_core_second": cpu,
            "per_second": clock,
            "ratio_core": ratios[0],
            "ratio_clock": ratios[1],
        }
    if options.record:
        record = {
            "command": "python benchmarks/pictures.py FOLDER",
            "date": date.today().isoformat(),
            "versions": f"{describe()}, Pillow {__version__}",
            "machine": f"{processor()}, {cores()} cores",
            "load": load,
            "note": options.note,
            "pictures": len(folder),
            "rounds": options.rounds,
            "results": results,
        }
        write_whole(options.record, json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
