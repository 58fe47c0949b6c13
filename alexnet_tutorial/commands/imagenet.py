"""The commands for ImageNet as a whole: shards of its archives, a training, and its bill."""

import argparse
import json
from pathlib import Path

from .output import plain


def prepare_command(options: argparse.Namespace) -> int:
    """Make shards of the archives, and say what is in them.

    Args:
        options: Of the command.

    Returns:
        Exit status.
    """
    from alexnet_tutorial.imagenet import MANIFEST, prepare
    from alexnet_tutorial.imagenet.plan import Settings

    settings = Settings(options.side, options.quality, options.per_shard, options.seed)
    manifest = prepare(options.paths, options.into, settings, options.processes, options.on_error)
    if options.format == "json":
        print(json.dumps(manifest))
        return 0
    print(f"{len(manifest['classes']):,} classes")
    for name, part in manifest["parts"].items():
        print(
            f"{name:<5} {part['pictures']:>9,} pictures in {len(part['shards']):,} shards, "
            f"{part['bytes'] / 1e9:,.2f} GB; left out: {len(part['left_out'])}"
        )
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in part["kinds"].items())
        print(f"      {kinds}")
    print(plain(f"all of it stands in {Path(options.into) / MANIFEST}"))
    return 0


def train_command(options: argparse.Namespace) -> int:
    """Train a network from shards, and keep it.

    Args:
        options: Of the command.

    Returns:
        Exit status: 130 where Ctrl-C ended it.
    """
    from alexnet_tutorial.imagenet import load_shards
    from alexnet_tutorial.session import import_keras

    load_shards(options.folder)  # refused before the seconds that Keras takes
    import_keras()
    from alexnet_tutorial.imagenet import train_shards

    trained = train_shards(
        options.folder,
        options.into,
        options.recipe,
        network=options.network,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        precision=options.precision,
        seed=options.seed,
    )
    saved = Path(options.into) / "network.keras"
    if options.format == "json":
        print(json.dumps(trained.to_json() | {"saved": str(saved)}))
    else:
        print(plain(trained, keep="\n"))
        print(plain(f"kept in {saved}; its course in {trained.log}"))
    return 130 if trained.run.interrupted else 0


def bill_command(options: argparse.Namespace) -> int:
    """Say what a training on all of ImageNet takes.

    Args:
        options: Of the command.

    Returns:
        Exit status.
    """
    from alexnet_tutorial.imagenet.bill import HERE, bill, measure_speed, recorded_speed

    if options.rate is not None:
        speed, measured = options.rate, "as given"
    elif options.record is not None or options.device != HERE:
        speed, measured = recorded_speed(options.device, options.record, options.network)
    else:
        from alexnet_tutorial.session import import_keras

        import_keras()
        speed, measured = measure_speed(options.network, options.batch_size)
    found = bill(
        speed,
        device=options.device,
        measured=measured,
        epochs=options.epochs,
        watts=options.watts,
        price_per_hour=options.price,
    )
    print(json.dumps(found.to_json()) if options.format == "json" else plain(found, keep="\n"))
    return 0
