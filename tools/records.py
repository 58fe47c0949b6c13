"""Tables of the page of benchmarks, from what the benchmarks recorded in the package.

A line ``<!-- record: NAME -->`` of the page becomes the record's tables, with the command, the
machine, the versions and the date under them; where there is no record, it says so.
"""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import mean
from typing import Any

from alexnet_tutorial.weights.pretrained import RECORDED

MARK = re.compile(r"^<!-- record: (\w+) -->$", re.MULTILINE)
NAMES = {"paper": "the network of 2012", "torchvision": "the torchvision shape"}


def with_records(text: str, folder: Path = RECORDED) -> str:
    """Put the recorded numbers in the places that a page keeps for them.

    Args:
        text: The page, in Markdown.
        folder: Where the records are.

    Returns:
        The page as the site shows it.

    Raises:
        KeyError: A place names no record that is known.

    Example:
        >>> with_records("Words.")
        'Words.'
        >>> print(with_records("<!-- record: speed -->", Path("nowhere")))
        *Not measured yet.* The command: `python benchmarks/speed.py --record FILE`.
    """

    def tables(match: re.Match[str]) -> str:
        file, command, write = RECORDS[match[1]]
        path = folder / file
        if not path.exists():
            return f"*Not measured yet.* The command: `{command}`."
        lines = path.read_text(encoding="utf-8")
        record = json.loads(lines) if path.suffix == ".json" else _runs(lines)
        return f"{write(record)}\n\n{_made(record, command)}"

    return MARK.sub(tables, text)


def _runs(lines: str) -> dict[str, Any]:
    """Runs of a study, with what is said of the last of them."""
    runs = [json.loads(line) for line in lines.splitlines()]
    machine, _, processor = runs[-1]["machine"].partition("; ")
    return {
        "runs": runs,
        "machine": processor,
        "versions": machine,
        "date": max(run["date"] for run in runs),
    }


def _made(record: dict[str, Any], command: str) -> str:
    """Command, machine, versions and date, and what else the machine was doing."""
    said = [f"`{record.get('command', command)}`", record["machine"], record["versions"]]
    if record.get("torch"):
        said.append(f"PyTorch {record['torch']}")
    said.append(record["date"])
    if "load" in record:
        said.append(f"load of the machine when it began: {record['load']}")
    if record.get("note"):
        said.append(record["note"])
    return f"*{'; '.join(said)}.*"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _speed(record: dict[str, Any]) -> str:
    """Pictures a second, and the share of what a product of matrices reaches."""
    columns = list(record["results"][0]["speeds"])
    rows = []
    for row in record["results"]:
        speeds = row["speeds"]
        share = row["operations"] * speeds["keras"] / row["product"]
        best = f"{row['ratio']:.2f}" if row["ratio"] else "alone"
        name = f"{NAMES.get(row['network'], row['network'])}, {row['mode']}"
        rows.append([name, *(f"{speeds[who]:.1f}" for who in columns), best, f"{share:.0%}"])
    heads = {"keras": "Keras", "keras, no XLA": "Keras, without XLA"}
    heads |= {"torch eager": "PyTorch", "torch compile": "PyTorch, compiled"}
    named = [heads.get(who, who) for who in columns]
    what = "pictures a second"
    if record["computing"]:
        what += f" of computing, threads: {record['threads']}"
    return _table([what, *named, "Keras : best PyTorch", "share of a matrix product"], rows)


def _layers(record: dict[str, Any]) -> str:
    """Milliseconds of computing of each form of each layer."""
    rows = []
    for row in record["results"]:
        cells = [f"{row['layer']}: {row['form']}"]
        for part in ("forward", "both"):
            if part in row:
                cells += [f"{row[part]['cpu_ms']:.1f}", f"{row[f'{part}_ratio']['cpu']:.2f}"]
            else:
                cells += ["", ""]
        rows.append(cells)
    head = ["milliseconds of computing", "forward", "ratio", "with backward, or update", "ratio"]
    return _table(head, rows)


def _pictures(record: dict[str, Any]) -> str:
    """Pictures a second of a core, and of the machine."""
    rows = [
        [
            name,
            f"{row['per_core_second']:.0f}",
            f"{row['ratio_core']:.2f}",
            f"{row['per_second']:.0f}",
            f"{row['ratio_clock']:.2f}",
        ]
        for name, row in record["results"].items()
    ]
    return _table(["pictures", "per second of a core", "ratio", "per second", "ratio"], rows)


def _devices(record: dict[str, Any]) -> str:
    """Pictures a second on several devices, and what they send."""
    first = record["results"][0]["pictures_per_second"]
    rows = [
        [
            f"{row['devices']}",
            f"{row['pictures_per_second']:.1f}",
            f"{row['pictures_per_second'] / first:.2f}",
            f"{row['sent_bytes'] / 1e6:.2f} MB",
        ]
        for row in record["results"]
    ]
    return _table(["devices", "pictures a second", "ratio", "sent by each in a step"], rows)


def _full_size(record: dict[str, Any]) -> str:
    """When the full network classified so many validation pictures correctly."""
    history, spent, rows = record["history"], 0.0, []
    for goal in (0.8, 0.9, record["goal"]):
        seen = [epoch for epoch, value in enumerate(history["val_accuracy"]) if value >= goal]
        if seen:
            spent = sum(history["cpu_seconds"][: seen[0] + 1])
            rows.append([f"{goal:.0%}", seen[0] + 1, f"{spent / 60:.0f} minutes"])
    return _table(
        ["validation pictures classified correctly", "epochs", "computing time of one core"], rows
    )


def _imagenette(record: dict[str, Any]) -> str:
    """What the runs of the study took, and came to."""
    by_name: dict[str, list[dict]] = {}
    for run in record["runs"]:
        if not run.get("diverged"):
            by_name.setdefault(run["configuration"], []).append(run)
    rows = []
    for name, runs in by_name.items():
        if not name.startswith("full"):
            continue
        rows.append(
            [
                name,
                len(runs),
                len(runs[0]["history"]["loss"]),
                f"{mean(run['cpu_seconds'] for run in runs):.0f} s",
                f"{mean(run['test_accuracy'] for run in runs):.1%}",
            ]
        )
    rows.sort(key=lambda row: str(row[0]))
    return _table(
        ["arm", "seeds", "epochs", "computing time", "test pictures classified correctly"], rows
    )


def _gpu(record: dict[str, Any]) -> str:
    """Pictures a second on a GPU, as far as they were measured."""
    rows = [
        [name, f"{entry['pictures_per_second']:,.0f}"]
        for name, entry in record["speed"].items()
        if "pictures_per_second" in entry
    ]
    return _table(["on a GPU", "pictures a second"], rows)


Writer = Callable[[dict[str, Any]], str]

RECORDS: dict[str, tuple[str, str, Writer]] = {
    "speed": ("speed.json", "python benchmarks/speed.py --record FILE", _speed),
    "layers": ("layers.json", "python benchmarks/layers.py --record FILE", _layers),
    "layers_jax": (
        "layers_jax.json",
        "KERAS_BACKEND=jax python benchmarks/layers.py --record FILE",
        _layers,
    ),
    "pictures": (
        "pictures.json",
        "python benchmarks/pictures.py FOLDER --record FILE",
        _pictures,
    ),
    "devices": ("devices.json", "python benchmarks/devices.py --record FILE", _devices),
    "full_size": (
        "full_size.json",
        "python benchmarks/full_size.py --folder DIR --record FILE",
        _full_size,
    ),
    "imagenette": (
        "imagenette.jsonl",
        "python benchmarks/experiments.py imagenette",
        _imagenette,
    ),
    "gpu": ("gpu.json", "bash benchmarks/gpu.sh PACK OUT", _gpu),
}
"""Name → its file in the package, the command that makes it, and what writes its table."""
