"""What a GPU makes of the full network: packed here, run there in one call, collected here.

Where the photographs and the package registries are:

    python benchmarks/gpu.py pack --folder build/gpu

On a machine with a GPU, JAX, PyTorch and no network, in a copy of the checkout that has this
folder in it (``OUT`` is where the results go; ``PYTHON=…`` before it names another Python):

    bash benchmarks/gpu.sh build/gpu OUT --minutes 8

And here again, with what lies in ``OUT``, and in the OUT of every further call:

    python benchmarks/gpu.py collect OUT [OUT ...] --into alexnet_tutorial/recorded

The run is made of stages, most valuable first, each a process of its own, so that JAX and PyTorch
never share the card's memory and one that fails takes nothing along:

=========  ========================================================================================
curves     the full network on Imagenette with today's recipe and with 2012's: accuracy by epoch
keras      pictures a second in training and inference: Keras on JAX, bfloat16, TF32, float32
torch      the same networks in PyTorch, eager and compiled; the ceilings of the roofline
input      bytes sent to the card, cropped, flipped and scaled there, beside data that lie there
signs      seconds until the full network reads 95 % of SIGNS' validation pictures
arms       today's recipe and the same without one of its parts, as many as there is time for
=========  ========================================================================================

A stage gets its share of the minutes that are left, plans with it, and says what it left out. All
results go into one file, ``gpu.json``, which is replaced as soon as anything is measured; what
the stages print goes into ``log.txt``, first filters into ``filters.npz``. So a run that is killed
loses the measurement at work and nothing else, and three small files are all that must come back.

Parts of ``gpu.json``, each name → entry: ``made`` (machine, versions, date), ``training`` and
``signs`` (recipe, history by epoch, test accuracy, seconds), ``speed`` (pictures a second: median,
slowest and fastest block, and the share of the roofline), ``ceilings``, ``input``, ``stages`` (how
each went). An entry that has ``left_out`` or ``failed`` says why there is no result.

On a machine that is lent by the minute: carry ``build/gpu`` (``pack`` says whether it and the
checkout fit into 64 MiB), and give the command above a limit of 540 seconds. While the machine is
still there, the same command again, with the minutes that are left and an empty ``OUT``, goes on
with what the first left out: what was found and what was compiled is kept in a temporary folder
(``WORK`` names another). Everything can be rehearsed on a CPU, at sizes that mean nothing:

    bash benchmarks/gpu.sh build/gpu OUT --rehearsal
"""

import argparse
import contextlib
import io
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from alexnet_tutorial.files import write_whole  # noqa: E402

RECORD, FILTERS, LOG = "gpu.json", "filters.npz", "log.txt"
RECORDED = {RECORD: "gpu.json", FILTERS: "gpu_filters.npz"}  # their names in the package
PARTS = ("train", "validation", "test")
WHEELS = ("keras", "platformdirs", "tabulate")
THERE = ("numpy", "h5py", "ml_dtypes")  # with JAX, in the versions that it wants
LIMIT = 64 << 20  # bytes that can be taken along
ARMS = ("today", "today-no-dropout", "today-no-crops", "today-tanh", "today-no-color")
RECIPES = (*ARMS, "2012", "today-crops-2012", "today-no-smoothing")
FEWER = {"imagenette": 48, "signs": 8}  # a rehearsal takes one picture of so many
GRACE = 20  # seconds that a stage may be late before it is stopped


@dataclass(frozen=True)
class Stage:
    """One part of the run.

    Attributes:
        program: The file in this folder that does it; its name is the first argument.
        share: Of the minutes, beside those of the other stages.
        least: Seconds under which it is not begun.
    """

    program: str
    share: float
    least: float = 15


STAGES = {
    "curves": Stage("gpu_train.py", 45, 60),
    "keras": Stage("gpu_speed.py", 20, 25),
    "torch": Stage("gpu_speed.py", 16),
    "input": Stage("gpu_speed.py", 6, 15),
    "signs": Stage("gpu_train.py", 6, 15),
    "arms": Stage("gpu_train.py", 7, 40),
}


# The pack: pictures and wheels.


def pack_set(sets, file: Path, **encoding) -> None:
    """Write three sets of pictures into one file, each picture as small as the encoding makes it.

    Args:
        sets: With ``train``, ``validation`` and ``test``, each a ``Split`` of arrays.
        file: Ends in .npz.
        **encoding: For Pillow's WebP, such as ``quality=32`` or ``lossless=True``.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    from PIL import Image

    def encoded(picture):
        data = io.BytesIO()
        Image.fromarray(picture).save(data, "WEBP", **encoding)
        return np.frombuffer(data.getvalue(), "uint8")

    about = {
        "data": sets.source.rpartition(", from ")[0] or sets.source,
        "kind": sets.kind,
        "classes": [str(name) for name in sets.classes],
        "side": int(sets.train.x.shape[1]),
        "encoding": "WebP, " + ", ".join(f"{key} {value}" for key, value in encoding.items()),
    }
    arrays = {"about": np.array(json.dumps(about))}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in PARTS:
            split = getattr(sets, part)
            files = list(pool.map(encoded, split.x))
            arrays[f"{part}_files"] = np.concatenate(files)
            arrays[f"{part}_bytes"] = np.array([len(data) for data in files], "int32")
            arrays[f"{part}_y"] = split.y.astype("uint8")
    write_whole(file, lambda target: np.savez(target, **arrays))


def unpack_set(file: Path, side: int, rows: slice = slice(None)):
    """Decode the pictures of a packed set, enlarged or reduced to squares of one side.

    Args:
        file: As :func:`pack_set` wrote it.
        side: Of the squares, in pixels.
        rows: Which pictures of each part.

    Returns:
        What the file says about itself, and part → ``Split``.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    from PIL import Image

    from alexnet_tutorial.pictures import Split

    parts = {}
    with (
        np.load(file, allow_pickle=False) as packed,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        about = json.loads(str(packed["about"]))
        for part in PARTS:
            files, ends = packed[f"{part}_files"], packed[f"{part}_bytes"].cumsum()
            pieces = np.split(files, ends[:-1])[rows]
            x = np.empty((len(pieces), side, side, 3), "uint8")

            def decode(row, pieces=pieces, x=x):
                picture = Image.open(io.BytesIO(pieces[row].tobytes())).convert("RGB")
                if picture.size != (side, side):
                    picture = picture.resize((side, side), Image.Resampling.BICUBIC)
                x[row] = np.asarray(picture)

            list(pool.map(decode, range(len(pieces))))
            parts[part] = Split(x, packed[f"{part}_y"][rows].astype("int64"))
    return about, parts


def pack_wheels(folder: Path, python: str, platforms: list[str]) -> None:
    """Fetch the wheels of Keras and of what the package needs, for the other machine's Python."""
    where = ["--only-binary=:all:", "--python-version", python]
    where += [word for name in platforms for word in ("--platform", name)]
    where += ["--constraint", ROOT / "constraints.txt", "--dest", folder]
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", *where, *WHEELS], check=True)
    for name in THERE:
        for extra in folder.glob(f"{name}-*"):
            extra.unlink()


def pack(options) -> None:
    """Put together what travels, and say how large it is."""
    from alexnet_tutorial.pictures import load_imagenette, load_signs

    folder = options.folder
    photographs = load_imagenette(options.imagenette, pixels=options.side)
    pack_set(photographs, folder / "imagenette.npz", quality=options.quality, method=4)
    pack_set(load_signs(options.signs), folder / "signs.npz", quality=90)
    if not options.no_wheels:
        pack_wheels(folder / "wheels", options.python, options.platform)
    sizes = {file.name: file.stat().st_size for file in sorted(folder.rglob("*")) if file.is_file()}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    names = [ROOT / name for name in listed.stdout.split("\0") if name]
    sizes["the checkout"] = sum(name.stat().st_size for name in names if name.is_file())
    for name, size in sizes.items():
        print(f"{size / 2**20:6.1f} MiB  {name}")
    total = sum(sizes.values())
    print(f"{total / 2**20:6.1f} MiB  of {LIMIT / 2**20:.0f}")
    if total > LIMIT:
        sys.exit("too large to be taken along: pack again with a lower --quality or --side.")


# The run.


def save(output: Path, part: str, name: str, value) -> None:
    """Put one result into the record, which is replaced as a whole."""
    record = read(output)
    record.setdefault(part, {})[name] = value
    write_whole(output / RECORD, json.dumps(record, indent=1) + "\n")


class Clock:
    """The time that is left.

    Args:
        seconds: From now.
    """

    def __init__(self, seconds: float) -> None:  # noqa: D107
        self.end = time.time() + seconds

    @property
    def left(self) -> float:
        """Seconds; below 0 when it is late."""
        return self.end - time.time()


def stage_options(program: str, stages: list[str]):
    """Read the command line of a stage's program, which :func:`run_stage` wrote."""
    parser = argparse.ArgumentParser(description=program)
    parser.add_argument("stage", choices=stages)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--until", type=float, required=True, help="as time.time()")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--arm-epochs", type=int, required=True)
    parser.add_argument("--recipes", nargs="+", required=True)
    parser.add_argument("--batches", type=int, nargs="+", required=True)
    parser.add_argument("--rehearsal", action="store_true")
    parser.add_argument("--work", type=Path, required=True)
    options = parser.parse_args()
    options.clock = Clock(options.until - time.time())
    record = read(options.output)
    earlier = read(options.work)
    results = [] if unlike(earlier, record) else [part for part in earlier if part != "stages"]
    options.done = {
        name for part in results for name, entry in earlier[part].items() if worth(entry) == 2
    }
    return options


def read(folder: Path) -> dict:
    """Read a record; an empty one where there is none."""
    file = folder / RECORD
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def worth(entry: dict) -> int:
    """How much there is in an entry: 0 the reason why nothing, 1 what was cut short, 2 a result."""
    if {"failed", "left_out"} & {*entry}:
        return 0
    return 2 if entry.get("finished", True) else 1


def unlike(record: dict, other: dict) -> list[str]:
    """In what the machines of two records differ, the date aside."""
    one, two = (r.get("made", {}).get("machine", {}) for r in (record, other))
    return [key for key in {**one, **two} if key != "date" and one.get(key) != two.get(key)]


def merged(*records: dict) -> dict:
    """Put records together: of two entries the one that is worth more, else the later one."""
    together: dict = {}
    for record in records:
        for part, entries in record.items():
            kept = together.setdefault(part, {})
            for name, entry in entries.items():
                if name not in kept or worth(entry) >= worth(kept[name]):
                    kept[name] = entry
    return together


def on_gpu(rehearsal: bool) -> None:
    """Leave where JAX sees no GPU: full size on a CPU would say nothing, and take all the time."""
    import jax

    if jax.default_backend() == "cpu" and not rehearsal:
        sys.exit(f"JAX sees no GPU here, only {jax.devices()}. Rehearse with --rehearsal.")


def reduced(network):
    """The network with its windows and its sizes, and few filters: for rehearsals."""
    from dataclasses import replace

    def fewer(layer):
        if layer.kind == "conv":
            return replace(layer, filters=max(4, layer.filters // 16))
        if layer.kind == "dense":
            return replace(layer, units=max(8, layer.units // 64))
        return layer

    return replace(network, layers=tuple(map(fewer, network.layers)))


def machine() -> dict:
    """Say what the run is made on: card, driver, processor and versions."""
    said = {"date": date.today().isoformat(), "python": platform.python_version()}
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        asked = subprocess.run(query, capture_output=True, text=True, timeout=30, check=True)
        said["gpu"] = "; ".join(asked.stdout.strip().splitlines())
    except (OSError, subprocess.SubprocessError) as error:
        said["gpu"] = f"not known ({type(error).__name__})"
    said["cores"] = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    said["compiler"] = next((name for name in ("gcc", "cc", "clang") if shutil.which(name)), None)
    for name in ("jax", "jaxlib", "keras", "torch", "triton", "numpy", "pillow"):
        try:
            said[name] = version(name)
        except PackageNotFoundError:
            said[name] = None
    return said


def run_stage(name: str, options, seconds: float) -> dict:
    """Run one stage as a process of its own; returns how it went."""
    command = [sys.executable, "-u", ROOT / "benchmarks" / STAGES[name].program, name]
    command += ["--pack", options.pack, "--output", options.output, "--work", options.work]
    command += ["--until", f"{time.time() + seconds:.1f}"]
    command += ["--epochs", str(options.epochs), "--arm-epochs", str(options.arm_epochs)]
    command += ["--recipes", *options.recipes, "--batches", *map(str, options.batches)]
    command += ["--rehearsal"] if options.rehearsal else []
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "KERAS_BACKEND": "jax",
        "JAX_COMPILATION_CACHE_DIR": str(options.work / "jax"),
        "TORCHINDUCTOR_CACHE_DIR": str(options.work / "inductor"),
        "TRITON_CACHE_DIR": str(options.work / "triton"),
    }
    log = options.output / LOG
    started, status = time.monotonic(), "done"
    with open(log, "ab") as stream:
        stream.write(f"\n== {name}, {seconds:.0f} seconds\n".encode())
        stream.flush()
        begun = stream.tell()
        process = subprocess.Popen(
            list(map(str, command)),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that what it started ends with it
        )
        try:
            status = "done" if process.wait(seconds + GRACE) == 0 else "failed"
        except subprocess.TimeoutExpired:
            status = "stopped"
        finally:
            end_group(process)
    with open(log, "rb") as stream:
        stream.seek(begun)
        lines = stream.read().decode(errors="replace").split("\n")
    lines = [line for line in lines if line.strip()]
    print(f"== {name}: {status}", *lines[-12:], sep="\n", flush=True)
    said = {"status": status, "seconds": round(time.monotonic() - started, 1)}
    if status == "failed" and lines:
        said["said"] = without_paths(lines[-1])
    return said


def without_paths(text: str) -> str:
    """The start of a message, without the folders of the machine it was made on."""
    return re.sub(r"(/[\w.+-]+)+/", "", text)[:300]


def end_group(process: subprocess.Popen) -> None:
    """End a stage's process and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(options) -> None:
    """Run the stages, one after the other, in the time there is."""
    clock = Clock(60 * options.minutes)
    options.output.mkdir(parents=True, exist_ok=True)
    save(options.output, "made", "machine", machine() | {"rehearsal": options.rehearsal})
    earlier = read(options.work)
    earlier = {} if unlike(earlier, read(options.output)) else earlier
    chosen = [name for name in STAGES if name in options.stages]
    for place, name in enumerate(chosen):
        shares = [STAGES[other].share for other in chosen[place:]]
        seconds = clock.left * shares[0] / sum(shares)
        if seconds < STAGES[name].least and not options.rehearsal:
            said = {"status": "left out", "said": f"{max(seconds, 0):.0f} seconds were left for it"}
            print(f"== {name}: left out, {said['said']}", flush=True)
        else:
            said = run_stage(name, options, seconds)
        save(options.output, "stages", name, said)
        known = json.dumps(merged(earlier, read(options.output)), indent=1)
        write_whole(options.work / RECORD, known + "\n")
    record = with_shares(read(options.output))
    write_whole(options.output / RECORD, json.dumps(record, indent=1) + "\n")
    print(table(record))


# The roofline, and what is said of a record.


def least_seconds(book, batch: int, width: int, rate: float, bandwidth: float, training: bool):
    """The time that one step must take, layer by layer, by two ceilings.

    A layer takes as long as its operations or as its bytes, whichever takes longer. Operations
    are the multiply-accumulates of the ledger, two each; in training three times as many, for the
    gradients of maps and of weights, and twice for the first layer, whose input needs none. Bytes
    are the fewest: maps read and written once (in training three times), weights read once (in
    training twice, their gradients written, and the step of momentum in float32: three arrays
    read, two written). Activations, dropout and flattening cost nothing: they join what is before.

    Args:
        book: The network's ledger.
        batch: Pictures in a step.
        width: Bytes of a number in maps and weights.
        rate: Ceiling of operations, a second.
        bandwidth: Ceiling of bytes, a second.
        training: Whether gradients and the update are part of the step.

    Returns:
        Seconds.
    """
    from math import prod

    seconds, passes, first = 0.0, 3 if training else 1, True
    for row in book:
        if row.kind in ("activation", "dropout", "flatten"):
            continue
        times = passes - (training and first and row.macs > 0)
        operations = 2 * row.macs * batch * times
        moved = passes * (prod(row.input) + prod(row.output)) * batch * width
        weights = row.parameters * (2 * width + 4 + 5 * 4 if training else width)
        seconds += max(operations / rate, (moved + weights) / bandwidth)
        first = first and not row.macs
    return seconds


def with_shares(record: dict) -> dict:
    """Give every speed its share of the roofline, where the ceilings were measured."""
    from alexnet_tutorial.shapes import ledger, variant

    ceilings = record.get("ceilings", {}).values()
    for entry in record.get("speed", {}).values():
        rates = [c["tflops"] for c in ceilings if c.get("precision") == entry["precision"]]
        bandwidths = [c["gigabytes_per_second"] for c in ceilings if "gigabytes_per_second" in c]
        if "pictures_per_second" not in entry or not rates or not bandwidths:
            continue
        network = variant(entry["network"])
        if record["made"]["machine"]["rehearsal"]:
            network = reduced(network)
        least = least_seconds(
            ledger(network.with_classes(entry["classes"])),
            entry["batch"],
            2 if entry["precision"] == "bfloat16" else 4,
            1e12 * max(rates),
            1e9 * max(bandwidths),
            entry["mode"] == "training",
        )
        entry["roofline"] = round(least * entry["pictures_per_second"] / entry["batch"], 4)
    return record


def table(record: dict) -> str:
    """Say in lines what the record holds."""
    lines = []
    for name, entry in record.get("ceilings", {}).items():
        lines.append(f"{name}: " + ", ".join(f"{k} {v}" for k, v in entry.items()))
    for part in ("speed", "input"):
        for name, entry in record.get(part, {}).items():
            said = entry.get("failed")
            if "pictures_per_second" in entry:
                said = f"{entry['pictures_per_second']:,.0f} pictures/s"
                said += f", {entry['roofline']:.0%} of the roofline" if "roofline" in entry else ""
            lines.append(f"{name}: {said or entry.get('left_out')}")
    for part in ("training", "signs"):
        for name, entry in record.get(part, {}).items():
            keys = ("left_out", "rate", "epochs", "test_accuracy", "test_accuracy_ten_views")
            keys += ("seconds", "seconds_to_goal")
            said = [f"{key} {entry[key]}" for key in keys if entry.get(key) is not None]
            lines.append(f"{name}: " + ", ".join(said))
    for name, entry in record.get("stages", {}).items():
        lines.append(f"stage {name}: " + ", ".join(f"{k} {v}" for k, v in entry.items()))
    return "\n".join(lines)


# What came back.


def collect(options) -> None:
    """Put the records of one machine together, and where they belong."""
    import numpy as np

    filters: dict = {}
    records = [read(folder) for folder in options.output]
    for folder, record in zip(options.output, records, strict=True):
        if "made" not in record:
            sys.exit(
                f"{folder}: no {RECORD} here. Give the folder in which a run left its results."
            )
        if record["made"]["machine"]["rehearsal"] and not options.rehearsal:
            sys.exit(f"{folder}: is a rehearsal, at sizes that mean nothing; it is not collected.")
        if different := unlike(records[0], record):
            what = ", ".join(different)
            sys.exit(f"{folder}: was made on another machine than the first ({what}).")
        if (folder / FILTERS).exists():
            with np.load(folder / FILTERS, allow_pickle=False) as arrays:
                filters |= {name: arrays[name] for name in arrays.files}
    together = merged(*records)
    text = json.dumps(with_shares(together), indent=1) + "\n"
    write_whole(options.into / RECORDED[RECORD], text)
    if filters:
        write_whole(
            options.into / RECORDED[FILTERS], lambda file: np.savez_compressed(file, **filters)
        )
    print(table(together))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    action = actions.add_parser("pack", help="put together what is taken along")
    action.add_argument("--folder", type=Path, required=True, help="where it goes")
    action.add_argument("--imagenette", default="real", help="as load_imagenette")
    action.add_argument("--signs", default="real", help="as load_signs")
    action.add_argument("--side", type=int, default=208, help="of the photographs, in pixels")
    action.add_argument("--quality", type=int, default=42, help="of their WebP files")
    action.add_argument("--python", default="3.12", help="of the machine with the GPU")
    action.add_argument(
        "--platform",
        nargs="+",
        default=["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"],
        help="of that machine",
    )
    action.add_argument("--no-wheels", action="store_true", help="where Keras is installed there")
    action = actions.add_parser("run", help="run the stages (benchmarks/gpu.sh calls this)")
    action.add_argument("--pack", type=Path, required=True, help="the folder that was packed")
    action.add_argument("--output", type=Path, required=True, help="where the record goes")
    action.add_argument("--work", type=Path, required=True, help="what may be thrown away")
    action.add_argument("--minutes", type=float, default=8, help="of all stages together")
    action.add_argument("--stages", nargs="+", choices=STAGES, default=[*STAGES])
    action.add_argument("--epochs", type=int, default=180, help="of a training, at most")
    action.add_argument("--arm-epochs", type=int, default=30, help="of every one of the arms")
    action.add_argument("--recipes", nargs="+", choices=RECIPES, default=[*ARMS], help="the arms")
    action.add_argument("--batches", type=int, nargs="+", default=[256, 1024, 64])
    action.add_argument("--rehearsal", action="store_true", help="tiny, and on a CPU")
    action = actions.add_parser("collect", help="put what came back into the package")
    action.add_argument("output", type=Path, nargs="+", help="the OUT of each call")
    action.add_argument("--into", type=Path, required=True, help="a folder")
    action.add_argument("--rehearsal", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    {"pack": pack, "run": run, "collect": collect}[options.action](options)


if __name__ == "__main__":
    main()
