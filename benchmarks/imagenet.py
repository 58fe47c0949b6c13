"""What making shards costs beside the decoder alone: pictures a second, in one run.

    python benchmarks/imagenet.py FOLDER [--rounds 3] [--record FILE]

FOLDER has one subfolder of pictures for each class; each picture is made twice, once as training
and once as validation picture. Three contestants take the same pictures in turn, and the figure
of each is its median:

- *decoded and resized*: what any program must do, in one process, whole JPEGs, nothing written;
- *converted*: the same with the reduced decoding of large JPEGs, and encoded again;
- *prepare*: all of it, in as many processes as there are cores, with shards, sums and manifest.

Seconds of all cores together say what a picture costs, whatever else the machine does. What
prepare costs once (starting processes, planning) is measured by a run on four pictures and taken
off: of a million pictures it is nothing. The ratio is a speed by the decoder's, per second of a
core.
"""

import argparse
import io
import json
import platform
import resource
import shutil
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path

from PIL import Image, __version__

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.imagenet import Settings, prepare
from alexnet_tutorial.imagenet.worker import convert
from alexnet_tutorial.pictures import load_folder
from alexnet_tutorial.session import cores

SIDE = 256


def computed():
    """Seconds of computing so far, of this process and of those that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def timed(run):
    """Seconds of all cores, and on the clock."""
    cpu, clock = computed(), time.perf_counter()
    run()
    return computed() - cpu, time.perf_counter() - clock


def decoded(files):
    for data in files:
        with Image.open(io.BytesIO(data)) as picture:
            picture = picture.convert("RGB")
        size = [SIDE * side // min(picture.size) for side in picture.size]
        picture.resize(size, Image.Resampling.BILINEAR).load()


def converted(files):
    for data in files:
        convert(data, "a picture", SIDE, Settings().quality)


def prepared(source):
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(side=SIDE, per_shard=64)
        prepare([source], Path(folder) / "shards", settings, progress=False)


def few(files, folder):
    """A source of two classes with one picture each, in both parts."""
    for part in ("train", "val"):
        for name in files[:2]:
            place = folder / part / Path(name).parent.name
            place.mkdir(parents=True)
            shutil.copy(name, place)
    return folder


def main(arguments=None):
    """Run the race and print a table; optionally record it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the results as JSON")
    options = parser.parse_args(arguments)
    found = load_folder(options.folder)
    files = [Path(file).read_bytes() for file in found.files]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        for part in ("train", "val"):
            (source / part).symlink_to(options.folder.resolve())
        classes = {Path(file).parent: file for file in found.files}
        tiny = few([*classes.values()], source / "few")
        runners = {
            "decoded and resized": (lambda: decoded(files), len(files)),
            "converted": (lambda: converted(files), len(files)),
            "prepare": (lambda: prepared(source), 2 * len(files)),
            "once": (lambda: prepared(tiny), 4),
        }
        times = {name: [] for name in runners}
        for turn in range(options.rounds + 1):
            for name, (run, _) in runners.items():
                times[name].append(timed(run))
            if not turn:  # the first warms up
                times = {name: [] for name in times}
    cpu = {name: statistics.median(row[0] for row in rows) for name, rows in times.items()}
    clock = {name: statistics.median(row[1] for row in rows) for name, rows in times.items()}
    short = sorted(found.sizes.min(1).tolist())
    print(f"{len(files)} pictures, short sides of {short[0]} to {short[-1]} pixels")
    results, base = {}, cpu["decoded and resized"] / len(files)
    for name in ("decoded and resized", "converted", "prepare"):
        spent, pictures = cpu[name], runners[name][1]
        if name == "prepare":
            spent, pictures = spent - cpu["once"], pictures - runners["once"][1]
        results[name] = {
            "cpu_milliseconds": round(1000 * spent / pictures, 3),
            "per_core_second": round(pictures / spent, 1),
            "ratio": round(base / (spent / pictures), 3),
            "per_second_on_the_clock": round(pictures / clock[name], 1),
        }
        print(
            f"{name:<20} {results[name]['cpu_milliseconds']:7.2f} ms of a core a picture, "
            f"{results[name]['per_core_second']:7.1f} a second of a core "
            f"({results[name]['ratio']:.2f} times)"
        )
    print(f"prepare, once: {cpu['once']:.1f} s of a core")
    if options.record:
        record = {
            "date": date.today().isoformat(),
            "versions": f"Python {platform.python_version()}, Pillow {__version__}",
            "machine": f"{platform.machine()}, {cores()} cores",
            "settings": Settings().to_json(),
            "pictures": len(files),
            "short_side_median": short[len(short) // 2],
            "rounds": options.rounds,
            "seconds_once": round(cpu["once"], 2),
            "results": results,
        }
        write_whole(options.record, json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
