"""Train the full network on photographs, on a machine that has a GPU and no network.

    python benchmarks/gpu.py pack --archive imagenette2-320.tgz --folder DIR
    python benchmarks/gpu.py run --folder DIR --output OUT [--minutes 8]

``pack`` runs where the photographs and the package registries are: it puts into a folder an
archive of Imagenette whose pictures are small enough to carry, and the wheels of Keras and of what
the package needs for another Python. ``run`` needs that folder and a checkout; JAX is there. Each
recipe trains until its epochs are done or its share of the minutes is up, is tested once, and
leaves one JSON file, rewritten after every epoch, and its first filters as they formed. The
recipe of today can be run without one of its parts, to see what that is worth at full size:

    python benchmarks/gpu.py run ... --recipes today today-no-dropout today-no-crops today-tanh
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHEELS = ("keras", "platformdirs", "tabulate")
THERE = ("numpy", "h5py", "ml_dtypes")  # with JAX, in the versions that it wants
SIDE = 256  # of the pictures that crops of 224 are cut from
PARTS = ("train", "validation", "test")
RECIPES = ("today", "2012", "today-no-dropout", "today-no-crops", "today-no-color", "today-tanh")
KEPT = (1, 2, 3, 5, 8, 13, 21, 34, 55, 90)  # epochs whose first filters are kept


def pack_pictures(source: Path, folder: Path, side: int, quality: int) -> None:
    """Write the archive again, its pictures reduced and cut to squares."""
    from PIL import Image

    from alexnet_tutorial.pictures.archive import members
    from alexnet_tutorial.pictures.preprocessing import Preprocessing

    folder.mkdir(parents=True, exist_ok=True)
    cut = Preprocessing(resize=side, crop=side)
    target = folder / f"imagenette2-{side}.tgz"
    part = target.with_suffix(".part")
    with tarfile.open(part, "w:gz", compresslevel=1) as archive:
        for name, data in members(source):
            if not name.lower().endswith(("jpg", "jpeg")):
                continue
            small = io.BytesIO()
            picture = Image.fromarray(cut.cut(Image.open(io.BytesIO(data))))
            picture.save(small, "JPEG", quality=quality, optimize=True)
            member = tarfile.TarInfo(f"imagenette2-{side}/{name.split('/', 1)[1]}")
            member.size = small.tell()
            small.seek(0)
            archive.addfile(member, small)
    part.replace(target)


def pack_wheels(folder: Path, python: str, platform: str) -> None:
    """Fetch the wheels of Keras and of what the package needs, for the other machine's Python."""
    where = ["--only-binary=:all:", "--python-version", python, "--platform", platform]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder / "wheels"]
    subprocess.run([*command, *where, *WHEELS], check=True)
    for name in THERE:
        for extra in (folder / "wheels").glob(f"{name}-*"):
            extra.unlink()


def install(folder: Path) -> None:
    """Install the wheels into the folder, and start again with them and with JAX."""
    site = folder / "site"
    if not site.is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
        wheels = sorted((folder / "wheels").glob("*.whl"))
        subprocess.run([*command, "--target", site, *wheels], check=True)
    paths = [str(ROOT), os.environ.get("PYTHONPATH", ""), str(site)]
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(paths)}
    os.execve(sys.executable, [sys.executable, *sys.argv, "--installed"], environment)


def changed(network, change: str):
    """The network without its dropout, or with tanh for ReLU; any other change leaves it."""

    def layer_of(layer):
        if change == "no-dropout" and layer.kind == "dropout":
            return replace(layer, rate=0.0)
        if change == "tanh" and getattr(layer, "activation", None) == "relu":
            return replace(layer, activation="tanh")
        return layer

    return replace(network, layers=[layer_of(layer) for layer in network.layers])


def train(recipe: str, sets, output: Path, epochs: int, seconds: float, network: str) -> None:
    """Train with one recipe, and write down how it went."""
    import keras
    import numpy as np

    from alexnet_tutorial.files import write_whole
    from alexnet_tutorial.network import build
    from alexnet_tutorial.pictures import Batches, PCAColor
    from alexnet_tutorial.pictures.augmentation import CROP_AND_FLIP
    from alexnet_tutorial.pictures.preprocessing import CENTER, Preprocessing
    from alexnet_tutorial.session import describe, device
    from alexnet_tutorial.shapes import variant
    from alexnet_tutorial.training import Clock, Recipe, fit
    from alexnet_tutorial.training.optimizers import PaperSGD

    in_2012 = recipe == "2012"
    _, _, change = recipe.partition("-")
    described = changed(variant(network).with_classes(len(sets.classes)), change)
    size = described.input_size[0]
    side = round(size * SIDE / 224)
    if side != SIDE:
        sets = replace(sets, **{n: getattr(sets, n).resized(side) for n in PARTS})
    mean = sets.train.x[::4].mean((0, 1, 2), dtype="float64").round(2).tolist()
    units = {"scale": 1.0, "mean": tuple(mean)} if in_2012 else {"mean": CENTER}
    preprocessing = Preprocessing(side, size, **units)
    batch_size = 128 if in_2012 else 64

    def batches(part, **options):
        made = Batches(
            part, preprocessing=preprocessing, batch_size=batch_size, normalize=False, **options
        )
        made.workers = os.cpu_count() or 1
        return made

    augmentation = None if change == "no-crops" else CROP_AND_FLIP
    learn = batches(sets.train, classes=len(sets.classes), augmentation=augmentation)
    validate, test = (
        batches(part, classes=len(sets.classes), augmentation=None, shuffle=False)
        for part in (sets.validation, sets.test)
    )
    policy = "mixed_bfloat16" if device() == "gpu" else "float32"
    keras.config.set_dtype_policy(policy)
    body = build(described, initialization="source" if in_2012 else "he", seed=0)
    keras.config.set_dtype_policy("float32")
    strength = 0.0 if change == "no-color" else 0.1
    color = PCAColor(strength, value_range=(0, 255), magnitude="deviation", seed=0, name="color")
    color.adapt(sets.train.x[::16].astype("float32"))
    scale = preprocessing.scale
    offset = [-m for m in mean] if in_2012 else -CENTER
    model = keras.Sequential(
        [
            keras.Input((size, size, 3), dtype="uint8"),
            keras.layers.Rescaling(1.0, name="numbers"),
            color,
            keras.layers.Rescaling(scale, offset, name="units"),
            body,
        ],
        name=f"{network}-{recipe}",
    )
    steps = len(learn)
    if in_2012:  # of the 91 epochs of run 145, the rate fell after 25, 51 and 79
        falls = [round(epochs * epoch / 91) * steps for epoch in (25, 51, 79)]
        rates = [0.01, 0.001, 0.0001, 0.00001]
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay(falls, rates)
        optimizer = PaperSGD(schedule, weight_decay=5e-4)
    else:
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0, epochs * steps, warmup_target=3e-4, warmup_steps=2 * steps
        )
        optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.05)
    record = {
        "finished": False,
        "recipe": recipe,
        "network": network,
        "parameters": body.count_params(),
        "epochs": epochs,
        "batch_size": batch_size,
        "precision": policy,
        "data": sets.source.rpartition(", from ")[0] or sets.source,
        "pictures": {part: len(getattr(sets, part)) for part in PARTS},
        "machine": describe(),
        "device": str(keras.distribution.list_devices()[0]),
        "date": date.today().isoformat(),
        "history": {},
    }
    conv1, filters = body.get_layer("conv1"), {}
    started = time.perf_counter()

    def keep(epoch, logs):
        for name, value in logs.items():
            record["history"].setdefault(name, []).append(round(float(value), 5))
        if epoch + 1 in KEPT:
            filters[f"epoch-{epoch + 1}"] = np.asarray(conv1.kernel, "float16")
        write()
        print(recipe, epoch + 1, {k: v[-1] for k, v in record["history"].items()}, flush=True)
        if time.perf_counter() - started > seconds:
            model.stop_training = True

    def write():
        write_whole(output / f"full_size_{recipe}.json", json.dumps(record, indent=1) + "\n")

    callbacks = [Clock(), keras.callbacks.LambdaCallback(on_epoch_end=keep)]
    plan = Recipe(epochs=epochs, patience=None)
    fit(model, learn, validate, plan, callbacks, optimizer=optimizer)
    filters["last"] = np.asarray(conv1.kernel, "float16")
    center = model.predict(test, verbose=0)
    views = batches(sets.test, augmentation=None, shuffle=False, views=10)
    ten = model.predict(views, verbose=0).reshape(len(center), 10, -1).mean(1)
    record |= {
        "finished": len(record["history"]["loss"]) == epochs,
        "test_accuracy": float((center.argmax(1) == sets.test.y).mean()),
        "test_accuracy_ten_views": float((ten.argmax(1) == sets.test.y).mean()),
        "seconds": round(time.perf_counter() - started, 1),
    }
    write()
    write_whole(output / f"full_size_{recipe}.npz", lambda f: np.savez_compressed(f, **filters))
    print({name: record[name] for name in record if name.startswith("test")}, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    action = actions.add_parser("pack")
    action.add_argument("--archive", type=Path, required=True, help="of Imagenette, as published")
    action.add_argument("--folder", type=Path, required=True)
    action.add_argument("--side", type=int, default=144, help="of the pictures, in pixels")
    action.add_argument("--quality", type=int, default=68, help="of the JPEG files")
    action.add_argument("--python", default="3.12", help="of the machine with the GPU")
    action.add_argument("--platform", default="manylinux_2_28_x86_64", help="of that machine")
    action = actions.add_parser("run")
    action.add_argument("--folder", type=Path, required=True)
    action.add_argument("--output", type=Path, required=True)
    action.add_argument("--minutes", type=float, default=8, help="of all trainings together")
    action.add_argument("--recipes", nargs="+", choices=RECIPES, default=["today", "2012"])
    action.add_argument("--epochs", type=int, default=90)
    action.add_argument("--network", default="alexnet-2012")
    action.add_argument("--installed", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.action == "pack":
        pack_pictures(options.archive, options.folder, options.side, options.quality)
        pack_wheels(options.folder, options.python, options.platform)
        files = (file for file in options.folder.rglob("*") if file.is_file())
        print(f"{options.folder}: {sum(file.stat().st_size for file in files) / 2**20:.1f} MiB")
        return
    if not options.installed:
        install(options.folder)
    from alexnet_tutorial.pictures import load_imagenette

    (archive,) = options.folder.glob("imagenette2-*.tgz")
    sets = load_imagenette(archive, pixels=SIDE, directory=options.folder)
    share = 60 * options.minutes / len(options.recipes)
    for recipe in options.recipes:
        train(recipe, sets, options.output, options.epochs, share, options.network)


if __name__ == "__main__":
    main()
