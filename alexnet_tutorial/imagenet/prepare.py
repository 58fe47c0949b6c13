"""Make shards of ImageNet's archives: in parallel, from where it was stopped, the same every time.

Every picture is read where it lies, decoded, resized to a short side of 256 pixels, and written
as a JPEG into one of several hundred shards. Which shard it goes to, and where in it, is drawn
once from the seed: so each shard is a fair sample of all, and whoever reads one after another
reads in a shuffled order.

**A shard is a tar** in WebDataset's layout: ``n01440764/n01440764_10026.jpg`` and beside it
``n01440764/n01440764_10026.cls``, the label as a number. A tar because the standard library writes
and reads it, because ``tar tf`` shows what is in it and ``tar xf`` makes class folders of it
again, and because other programs read it: WebDataset, NVIDIA's DALI, Hugging Face's ``datasets``.
TFRecord needs TensorFlow, and ArrayRecord a library that has no wheels for every system. What a
tar has not got is an index; ``index.npz`` is one, so any picture can be read with one seek.
It costs about two kilobytes a picture beside the picture's own.

**Nothing looks finished before it is.** The shards grow in ``FOLDER.unfinished``. Each is written
beside its place and renamed; when all are there the manifest is written, and the folder gets its
name. Killed at any moment, the same command goes on with the shards that are missing. Nothing in
shards, index or manifest depends on how many processes there were, on when they were killed, or
on the time.
"""

import collections
import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures.download import Percent, check_room, sha256_of
from alexnet_tutorial.pictures.errors import DataError
from alexnet_tutorial.pictures.folder import check_on_error
from alexnet_tutorial.session import cores

from .layout import PARTS, read_source
from .plan import FILE, Plan, Settings
from .shards import FORMAT, INDEX, MANIFEST, check_files, read_manifest

WORK, LOCK = "work", "lock"  # what only an unfinished folder has, and what one process holds
_ODD = 100  # odd files that the manifest names of each part
_SAID = 10  # pictures left out that the warning names


def prepare(
    paths: Sequence[str | os.PathLike[str]],
    into: str | os.PathLike[str],
    settings: Settings | None = None,
    processes: int | None = None,
    on_error: str = "skip",
    progress: bool = True,
) -> dict[str, Any]:
    """Make shards of ILSVRC's archives, or of a folder of pictures, or go on making them.

    Args:
        paths: The archives of training pictures, of validation pictures, and the devkit; or one
            folder, or one ``.tar`` or ``.tgz``, with ``train/CLASS/NAME`` and ``val/CLASS/NAME``.
        into: The folder to be made. It must not be there yet, or be one that was made of the same
            pictures with the same settings, which is then left as it is.
        settings: What the shards depend on; None takes ``Settings()``.
        processes: How many work at the same time; None takes one for each core. Each needs about
            200 MB of memory for the whole of ILSVRC, and the shards are the same.
        on_error: ``"skip"`` leaves out a picture that cannot be decoded, and the manifest names
            it; ``"raise"`` stops there.
        progress: Whether to report on stderr.

    Returns:
        The manifest.

    Raises:
        DataError: The archives are damaged, incomplete or of another set, a class is left without
            a picture, or the disk has no room.
        ValueError: A setting is out of range, or ``into`` holds something else.
        OSError: A file cannot be read or written, or a process was ended from outside. What was
            made until then stays in ``INTO.unfinished``.
    """
    settings = settings or Settings()
    check_on_error(on_error)
    processes = cores() if processes is None else processes
    if not isinstance(processes, int) or processes < 1:
        raise ValueError(f"processes is {processes!r}, and must be an integer of at least 1.")
    into = Path(os.path.realpath(into))  # a link's target gets its name at the end, not the link
    paths = [Path(path).absolute() for path in paths]
    sources = [_source(path) for path in paths]
    if (into / MANIFEST).exists():
        return _refuse_others(into, settings, sources)
    if into.exists() and (os.path.ismount(into) or not into.is_dir() or any(into.iterdir())):
        raise ValueError(
            f"{into}: is there already, and holds no {MANIFEST}. Shards are made in a new folder: "
            f"give another name, such as {into / 'shards'}."
        )
    building = into.with_name(f"{into.name}.unfinished")
    with _alone(building / WORK):
        return _build(paths, into, building, settings, sources, processes, on_error, progress)


def _build(paths, into, building, settings, sources, processes, on_error, progress):
    """Make what is missing of an unfinished folder, and give it its name."""
    if (building / MANIFEST).exists():  # stopped between the last step and the one before
        manifest = _refuse_others(building, settings, sources)
        return _finish(building, into, manifest)
    work = building / WORK
    plan = _planned(paths, work, settings, sources, progress)
    missing = [shard for shard in plan.shards if not _made(building, work, shard)]
    _check_disk(into, plan, missing)
    for stale in [*building.glob(".*.part"), *work.glob(".*.part")]:
        stale.unlink()
    pictures = {shard: end - first for shard, (_, first, end) in plan.shards.items()}
    total = sum(pictures.values())
    before = total - sum(pictures[shard] for shard in missing)
    with Percent(f"{into.name}, {total:,} pictures", total, progress, before) as percent:
        _make(missing, building, work, min(processes, len(missing)), on_error, percent, before)
    records = {shard: _record(work / f"{shard}.json") for shard in plan.shards}
    manifest = _manifest(plan, records, sources, building)
    write_whole(building / MANIFEST, json.dumps(manifest, indent=1) + "\n")
    return _finish(building, into, manifest)


@contextlib.contextmanager
def _alone(work):
    """Hold the lock of an unfinished folder: two commands there would be in each other's way.

    The system takes it back from a process that is killed.
    """
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"{work.parent}: cannot be made ({error}). Shards grow there until they are complete: "
            "check that the folder above it is one, on a disk that can be written to."
        ) from error
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        yield
        return
    with open(work / LOCK, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(
                f"{work.parent}: another process is making these shards. Wait until it has ended, "
                "or give another folder."
            ) from None
        except OSError:
            pass  # some network drives have no locks
        yield


def _finish(building, into, manifest):
    """Take away the scaffold, and give the folder its name."""
    shutil.rmtree(building / WORK, ignore_errors=True)
    if into.exists():
        into.rmdir()  # it is empty
    building.rename(into)
    left_out = {
        key: why for part in PARTS for key, why in manifest["parts"][part]["left_out"].items()
    }
    if left_out:
        lines = "\n".join(f"- {why}" for why in [*left_out.values()][:_SAID])
        warnings.warn(
            f"left out, because it cannot be decoded: {len(left_out):,} of the pictures; "
            f"{MANIFEST} names what is left out:\n{lines}",
            stacklevel=4,
        )
    return manifest


def _source(path):
    """What a source is called in the manifest, and how large it is."""
    if not path.exists():
        raise DataError(f"{path}: there is no such file. Check the path.")
    return {"name": path.name, "bytes": None if path.is_dir() else path.stat().st_size}


def _refuse_others(folder, settings, sources):
    """The manifest of a folder that is complete, if it was made of the same in the same way."""
    manifest = read_manifest(folder)
    wanted = {"settings": settings.to_json(), "sources": sources}
    for what, mine in wanted.items():
        if manifest[what] != mine:
            raise ValueError(
                f"{folder}: these shards were made with the {what} {json.dumps(manifest[what])}, "
                f"and now they are {json.dumps(mine)}. Give another folder, or remove that one."
            )
    check_files(folder, manifest)
    return manifest


def _planned(paths, work, settings, sources, progress):
    """The plan of an earlier run of the same command, or a new one."""
    identity = {
        "settings": settings.to_json(),
        "sources": [
            source | {"path": str(path), "changed": path.stat().st_mtime_ns}
            for path, source in zip(paths, sources, strict=True)
        ],
    }
    if (work / FILE).exists():
        try:
            plan = Plan.load(work)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(
                f"{work / FILE}: cannot be read ({error}). Remove {work.parent} to start again."
            ) from error
        if plan.identity == identity:
            return plan
        differ = next(what for what in identity if plan.identity[what] != identity[what])
        raise ValueError(
            f"{work.parent}: holds the beginnings of other shards: their {differ} are "
            f"{json.dumps(plan.identity[differ])}, and now they are "
            f"{json.dumps(identity[differ])}. Remove that folder to start again, or give the same "
            "command to go on."
        )
    if progress:
        print("looking for the pictures", file=sys.stderr, flush=True)
    try:
        if len(paths) == 1 and paths[0].is_file():
            size = paths[0].stat().st_size
            check_room(work.parent, size, f"unpack {paths[0].name}", _DISK)
        plan = Plan(settings, read_source(paths, work / "source.tar"), identity)
        _check_disk(work.parent, plan, [*plan.shards])
        plan.save(work)
    except BaseException:  # what is refused leaves nothing behind
        shutil.rmtree(work, ignore_errors=True)
        with contextlib.suppress(OSError):
            work.parent.rmdir()
        raise
    return plan


_DISK = "give a folder on another disk"


def _check_disk(into, plan, missing):
    """Refuse to begin where the disk is too small, by an estimate on the safe side.

    A picture of 4:3 is taken to need half a byte for each pixel. 204 photographs of ILSVRC, one of
    each of so many classes, needed 0.30 at a quality of 90, which is 27 kilobytes a picture. Two
    kilobytes go for the headers of its two files.
    """
    side = plan.settings.side
    each = 4 * side**2 // 3 // 2 + 2048
    parts = (plan.shards[shard] for shard in missing)
    check_room(into, each * sum(end - first for _, first, end in parts), "make shards", _DISK)


def _made(building, work, shard):
    """Whether a shard is there and whole: its record is written after it."""
    record = work / f"{shard}.json"
    if not record.exists() or not (building / shard).exists():
        return False
    try:
        return (building / shard).stat().st_size == json.loads(record.read_text("utf-8"))["bytes"]
    except (ValueError, KeyError, TypeError):  # damaged: it is made anew
        return False


def _make(shards, building, work, processes, on_error, percent, done):
    """Have processes make shards, each the next one that nobody has begun."""
    waiting = collections.deque(shards)
    lock = threading.Lock()

    def drive(worker):
        nonlocal done
        while True:
            try:
                shard = waiting.popleft()
            except IndexError:
                return
            with contextlib.suppress(BrokenPipeError):  # its output says why
                worker.stdin.write(f"{shard}\n")
                worker.stdin.flush()
            while True:
                line = worker.stdout.readline()
                said = json.loads(line) if line.endswith("\n") else None
                if isinstance(said, int):
                    with lock:
                        done += said
                        percent(done)
                elif said is None:
                    waiting.clear()
                    raise OSError(
                        f"{building / shard}: the process that made it has ended (status "
                        f"{worker.wait()}). Was it killed, or was there too little memory? With "
                        "fewer --processes it needs less. The same command goes on from here."
                    )
                elif "error" in said:
                    waiting.clear()
                    if said["data"]:
                        raise DataError(said["error"])
                    what = said["error"].rstrip(".")
                    raise OSError(
                        f"{what}. Once that is mended, the same command goes on from here."
                    )
                else:
                    break

    # The processes end before the threads are waited for, which read from them.
    with ThreadPoolExecutor(max(processes, 1)) as pool, contextlib.ExitStack() as stack:
        workers = [stack.enter_context(_worker(building, work, on_error)) for _ in range(processes)]
        for driven in [pool.submit(drive, worker) for worker in workers]:
            driven.result()


@contextlib.contextmanager
def _worker(building, work, on_error) -> Iterator[subprocess.Popen[str]]:
    """A process that makes shards."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
        # Its arithmetic is small: threads of a library would only be in the others' way.
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }
    command = [sys.executable, "-P", "-m", "alexnet_tutorial.imagenet.worker"]
    worker = subprocess.Popen(
        [*command, str(building), str(work), on_error],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()


def _record(path):
    """What a process wrote about its shard; what there is of every picture, as arrays."""
    record = json.loads(path.read_text("utf-8"))
    kinds = {"offset": "int64", "size": "int32", "y": "int32"}
    return record | {name: np.array(record[name], kind) for name, kind in kinds.items()}


def _manifest(plan, records, sources, building):
    """Put the shards' records together: into an index, and into what is to be read by people."""
    parts, arrays = {}, {}
    for part in PARTS:
        mine = [records[shard] for shard, (of, _, _) in plan.shards.items() if of == part]
        columns = {
            name: np.concatenate([record[name] for record in mine])
            for name in ("offset", "size", "y")
        }
        arrays |= {f"{part}_{name}": column for name, column in columns.items()}
        by_class = np.bincount(columns["y"], minlength=len(plan.source.classes)).tolist()
        empty = [name for name, n in zip(plan.source.classes, by_class, strict=True) if not n]
        if empty:
            raise DataError(
                f"{building}: no picture of class {empty[0]} in {part} can be decoded, of the "
                f"{len(by_class)} classes {len(empty)} have none left. Are the archives damaged? "
                "Remove that folder, and begin again with whole ones."
            )
        odd = {key: kind for record in mine for key, kind in record["odd"].items()}
        left_out = {key: why for record in mine for key, why in record["left_out"].items()}
        kinds: Counter[str] = sum((Counter(record["kinds"]) for record in mine), Counter())
        parts[part] = {
            "pictures": len(columns["y"]),
            "bytes": sum(record["bytes"] for record in mine),
            "by_class": by_class,
            "kinds": dict(sorted(kinds.items())),
            "odd": dict(sorted(odd.items())[:_ODD]),
            "left_out": dict(sorted(left_out.items())),
            "shards": [
                {name: record[name] for name in ("name", "pictures", "bytes", "sha256")}
                for record in mine
            ],
        }
        if part == "train":
            pixels = _pixels([record["pixels"] for record in mine])
    index = write_whole(building / INDEX, lambda file: np.savez(file, **arrays))
    return {
        "format": FORMAT,
        "settings": plan.settings.to_json(),
        "sources": sources,
        "classes": list(plan.source.classes),
        "class_names": list(plan.source.class_names),
        "pixels": pixels,
        "parts": parts,
        "index": {"name": INDEX, "bytes": index.stat().st_size, "sha256": sha256_of(index)},
    }


def _pixels(sums):
    """Mean and covariance of the training pictures' pixels, in units of 0 to 255."""
    count = sum(one["count"] for one in sums)
    total = np.array([one["sum"] for one in sums], "float64").sum(0)
    products = np.array([one["products"] for one in sums], "float64").sum(0)
    mean = total / count
    covariance = products / count - np.outer(mean, mean)
    return {
        "of": "training pictures, one row and column of eight",
        "mean": mean.round(4).tolist(),
        "covariance": covariance.round(4).tolist(),
    }
