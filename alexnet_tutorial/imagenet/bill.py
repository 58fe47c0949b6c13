"""What a training on ImageNet takes: hours, energy and money, from a speed that was measured.

Nothing here guesses how fast a device is. The speed is given, or read from a record, or measured
on the spot; what else goes into the sum is said with it.
"""

import json
import os
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from .layout import PICTURES

WATTS = {"GTX 580": 244, "T4": 70, "L4": 72, "A100": 400, "H100": 700, "H200": 700}
"""Device → the most that its card takes, in watts, as published: not measured, and the card alone.

T4, L4, A100 with 80 GB (SXM), H100 SXM and H200 SXM: NVIDIA's pages, whose addresses
``alexnet_tutorial.shapes.cost.DEVICES`` has; GTX 580:
https://www.game-debate.com/hardware/index.php?gid=448&graphics=GeForce%20GTX%20580.
"""

_MOST = 1e18  # of any number in a bill: far beyond sense, and far below what overflows

HERE = "here"
"""The device that Keras computes on in this process."""


@dataclass(frozen=True)
class Bill:
    """What a training takes.

    Attributes:
        device: What it runs on.
        pictures_per_second: Its speed in training.
        measured: Where that comes from.
        epochs: Passes through the training pictures.
        pictures: Training pictures.
        hours: On the clock.
        kilowatt_hours: Energy; None where the power is not known.
        price: In the unit that ``price_per_hour`` was given in; None without it.
        assumed: What the numbers take for granted, in sentences.
    """

    device: str
    pictures_per_second: float
    measured: str
    epochs: int
    pictures: int
    hours: float
    kilowatt_hours: float | None
    price: float | None
    assumed: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Return plain values, ready for ``json.dumps``."""
        return asdict(self)

    def __str__(self) -> str:
        """Return the sum, and below it what it rests on."""
        days = f" ({self.hours / 24:,.1f} days)" if self.hours >= 48 else ""
        lines = [
            f"{self.device}: {self.epochs} epochs of {self.pictures:,} pictures",
            f"  speed   {self.pictures_per_second:,.1f} pictures a second, {self.measured}",
            f"  time    {self.hours:,.1f} hours{days}",
        ]
        if self.kilowatt_hours is None:
            lines.append("  energy  not known: give --watts")
        else:
            lines.append(f"  energy  {self.kilowatt_hours:,.1f} kilowatt-hours")
        if self.price is None:
            lines.append("  price   not known: give --price, what an hour costs")
        else:
            lines.append(f"  price   {self.price:,.2f}")
        return "\n".join([*lines, *(f"  assumed: {one}" for one in self.assumed)])


def bill(
    pictures_per_second: float,
    *,
    device: str,
    measured: str,
    epochs: int = 90,
    pictures: int = PICTURES["train"],
    watts: float | None = None,
    price_per_hour: float | None = None,
) -> Bill:
    """Work out what a training takes.

    Args:
        pictures_per_second: Speed in training.
        device: What it was measured on.
        measured: How it was measured, to be said with it.
        epochs: Passes through the training pictures; 2012 made about 90.
        pictures: Training pictures; those of ILSVRC 2012.
        watts: Power that is drawn; None takes ``WATTS`` where the device stands there.
        price_per_hour: What an hour of the device costs, in any unit.

    Returns:
        The bill.

    Raises:
        ValueError: A number is not above 0, or a price below 0.

    Example:
        >>> one = bill(1000, device="mine", measured="by hand", epochs=1, watts=500)
        >>> round(one.hours, 3), round(one.kilowatt_hours, 3), one.price
        (0.356, 0.178, None)
    """
    numbers = {"pictures_per_second": pictures_per_second, "epochs": epochs, "pictures": pictures}
    for name, value in (numbers | ({} if watts is None else {"watts": watts})).items():
        if not 0 < value < _MOST:
            raise ValueError(
                f"{name} is {value!r:.40}, and must be a number above 0 (to {_MOST:g})."
            )
    if price_per_hour is not None and not 0 <= price_per_hour < _MOST:
        raise ValueError(f"price_per_hour is {price_per_hour!r}, and must be at least 0.")
    assumed = [
        "training alone; looking at the validation pictures comes on top",
        "the speed stays what it was for the whole time",
    ]
    if watts is not None:
        assumed.append(f"{watts:g} watts all the time, as given")
    elif device in WATTS:
        watts = WATTS[device]
        assumed.append(
            f"{watts} watts all the time, the most that the card takes by its data sheet; the rest "
            "of the machine and its cooling are left out"
        )
    hours = epochs * pictures / pictures_per_second / 3600
    return Bill(
        device=device,
        pictures_per_second=float(pictures_per_second),
        measured=measured,
        epochs=epochs,
        pictures=pictures,
        hours=hours,
        kilowatt_hours=None if watts is None else hours * watts / 1000,
        price=None if price_per_hour is None else hours * price_per_hour,
        assumed=tuple(assumed),
    )


def recorded_speed(
    device: str, record: str | os.PathLike[str] | None = None, network: str = "alexnet-2012"
) -> tuple[float, str]:
    """Read a speed that was measured before.

    Args:
        device: Its name must stand in the record of a GPU.
        record: The ``result.json`` of a training from shards, or the ``gpu.json`` of
            ``benchmarks/gpu.sh``; None takes the one that comes with the package, if there is one.
        network: The variant that was trained.

    Returns:
        Pictures a second, and how they were measured.

    Raises:
        ValueError: There is no record, or none of this device and network in it.
    """
    own = files("alexnet_tutorial").joinpath("recorded/gpu.json")
    if record is None and not own.is_file():
        raise ValueError(
            f"no measured speed of {device} is at hand, and none is guessed. Give --rate, or "
            "--record with the gpu.json that benchmarks/gpu.sh makes on it, or the result.json of "
            "a training there."
        )
    name = "the package's own record" if record is None else str(record)
    try:
        text = own.read_text("utf-8") if record is None else Path(record).read_text("utf-8")
        data = json.loads(text)
        if "speed" not in data:  # of a training: pictures that were shown, by the time it took
            rate = data["pictures"]["train"] * data["epochs"] / data["seconds"]
            return float(rate), f"over the whole training of {data['network']} in {name}"
        said = data["made"]["machine"].values()
        machine = ", ".join(value for value in said if isinstance(value, str))
        entries = {
            float(
                entry["pictures_per_second"]
            ): f"{entry['precision']}, batches of {entry['batch']}"
            for entry in data["speed"].values()
            if (entry.get("framework"), entry.get("mode"), entry.get("network"))
            == ("keras", "training", network)
            and "pictures_per_second" in entry
        }
    except (ValueError, AttributeError, KeyError, TypeError, ZeroDivisionError) as error:
        raise ValueError(
            f"{name}: neither the record of a GPU nor of a training ({type(error).__name__}: "
            f"{error}). Expected gpu.json or result.json."
        ) from error
    if not device.strip() or device not in machine:
        raise ValueError(
            f"{name}: was not measured on {device!r}, but on {machine}. Name that in --device."
        )
    if not entries:
        raise ValueError(f"{name}: holds no speed of {network} in training with Keras.")
    best = max(entries)
    return best, f"measured with Keras in {entries[best]}, the pictures ready on the card ({name})"


def measure_speed(
    network: str = "alexnet-2012", batch_size: int = 32, steps: int = 3
) -> tuple[float, str]:
    """Measure on the spot how fast a network trains here, on noise, after one step to warm up.

    Args:
        network: Name of a variant.
        batch_size: Pictures in a step.
        steps: How many are timed.

    Returns:
        Pictures a second, and how they were measured.

    Raises:
        ValueError: An unknown network, or a number below 1.
    """
    import time

    import numpy as np

    from alexnet_tutorial.network import build
    from alexnet_tutorial.session import describe
    from alexnet_tutorial.shapes.variants import variant
    from alexnet_tutorial.training import RECIPE, compile_model

    if min(batch_size, steps) < 1:
        raise ValueError(f"batch_size and steps are {batch_size} and {steps}: at least 1 each.")
    architecture = variant(network)
    model = build(architecture)
    compile_model(model, RECIPE, steps)
    rng = np.random.default_rng(0)
    x = rng.uniform(-0.5, 0.5, (batch_size, *architecture.input_shape)).astype("float32")
    y = rng.integers(0, architecture.classes, batch_size)
    model.train_on_batch(x, y)
    started = time.perf_counter()
    for _ in range(steps):
        model.train_on_batch(x, y)
    rate = batch_size * steps / (time.perf_counter() - started)
    return rate, (
        f"measured just now, {steps} steps of {batch_size}, the pictures in memory ({describe()})"
    )
