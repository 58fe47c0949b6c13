"""What a layer costs: its operations, the bytes it moves, and the time a device needs at least.

This is the roofline model of Williams, Waterman and Patterson (2009),
https://doi.org/10.1145/1498765.1498785. A layer takes at least as long as its operations take at
the device's best rate, and at least as long as its bytes take to pass between memory and chip;
the longer of the two is the prediction. It is a lower limit, not a forecast: every array passes
once, only multiply-accumulates are counted as operations, and nothing else takes time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from alexnet_tutorial.shapes.ledger import FLOAT32_BYTES, Ledger

NUMBER_BYTES = {"float32": 4, "tf32": 4, "mixed": 2}
"""Precision → bytes of one number in a map, and of one weight where a product reads it.

``tf32`` keeps 32 bits in memory and multiplies with fewer digits. ``mixed`` reads 16-bit copies of
weights that are kept, with their gradients and their momentum, in 32 bits.
"""

GIB = 2**30


@dataclass(frozen=True)
class Device:
    """What a machine can do at best.

    Args:
        name: What it is called.
        operations: Precision (``"float32"``, ``"tf32"``, ``"mixed"``) → operations in a second,
            an addition and a multiplication counted as one each.
        bandwidth: Bytes in a second between its memory and its chip.
        memory: Bytes of its memory; 0 where that does not matter.

    Example:
        >>> laptop = Device("laptop", {"float32": 100e9}, 20e9)
        >>> laptop.ridge()
        5.0
    """

    name: str
    operations: Mapping[str, float]
    bandwidth: float
    memory: int = 0

    def rate(self, precision: str = "float32") -> float:
        """Look up the operations in a second.

        Args:
            precision: One of those that the device has.

        Returns:
            Operations in a second.

        Raises:
            ValueError: The device has no rate for it; the message lists those it has.

        Example:
            >>> DEVICES["T4"].rate("mixed")
            65000000000000.0
        """
        if precision not in self.operations:
            raise ValueError(
                f"device {self.name!r} has no rate for {precision!r}. It has: "
                f"{', '.join(self.operations)}."
            )
        return self.operations[precision]

    def ridge(self, precision: str = "float32") -> float:
        """Say from how many operations per byte on arithmetic is the limit, and no longer memory.

        Args:
            precision: One of those that the device has.

        Returns:
            Operations per byte.

        Raises:
            ValueError: The device has no rate for this precision.

        Example:
            >>> round(DEVICES["GTX 580"].ridge(), 1)
            8.2
        """
        return self.rate(precision) / self.bandwidth


@dataclass(frozen=True)
class Work:
    """One step of one layer: what it computes and what it moves.

    Args:
        layer: The layer's name.
        kind: Its kind, as in the ledger.
        step: ``"forward"``, ``"gradient of input"``, ``"gradient of weights"`` or ``"update"``.
        operations: Two for each multiply-accumulate: a multiplication and an addition.
        bytes: What must be read from memory or written to it, each array once.
        precision: Of the arithmetic and the maps.
    """

    layer: str
    kind: str
    step: str
    operations: int
    bytes: int
    precision: str = "float32"

    @property
    def intensity(self) -> float:
        """Operations for each byte moved."""
        return self.operations / self.bytes

    def seconds(self, device: Device) -> float:
        """Predict the least time: the longer of arithmetic and memory.

        Args:
            device: What it runs on.

        Returns:
            Seconds.

        Raises:
            ValueError: The device has no rate for this precision.

        Example:
            >>> work = Work("fc", "dense", "forward", operations=400, bytes=100)
            >>> work.seconds(Device("toy", {"float32": 100.0}, bandwidth=50.0))
            4.0
        """
        return max(self.operations / device.rate(self.precision), self.bytes / device.bandwidth)


def cost(
    book: Ledger, batch: int = 1, *, training: bool = False, precision: str = "float32"
) -> tuple[Work, ...]:
    """Count operations and bytes of every layer, for a batch.

    The **forward** pass of a layer reads its input and its parameters and writes its output; bias
    and activation are taken to happen on the way, at no cost of their own. In **training** a layer
    with weights has two more products of the same size: the *gradient of its input*, from the
    output's gradient and the weights, and the *gradient of its weights*, from the output's gradient
    and the input. The first layer that learns needs no gradient of its input, nor does any layer
    before it. A layer without weights reads its input once more. The *update* is that of SGD with
    momentum: it reads weight, gradient and momentum and writes weight and momentum, and the 16-bit
    copy where there is one. A flatten layer moves nothing, nor does dropout outside training.

    Args:
        book: The ledger of a network.
        batch: Pictures in the batch.
        training: Whether to add what training needs to the forward pass.
        precision: ``"float32"``, ``"tf32"`` or ``"mixed"``.

    Returns:
        One :class:`Work` for each layer and step, layer by layer.

    Raises:
        ValueError: The batch is no positive integer, or the precision is unknown.

    Example:
        >>> from alexnet_tutorial.shapes import ledger, variant
        >>> fc7 = [work for work in cost(ledger(variant("caffe"))) if work.layer == "fc7"][0]
        >>> fc7.operations, round(fc7.intensity, 2)
        (33554432, 0.5)
    """
    _check_batch(batch)
    number = _number_bytes(precision)
    works = []
    learns = False  # whether this layer or one before it has weights
    for row in book:
        if row.kind == "flatten" or (row.kind == "dropout" and not training):
            continue
        operations = 2 * batch * row.macs
        given, made = (batch * number * prod(shape) for shape in (row.input, row.output))
        weights = number * row.parameters

        def add(step: str, operations: int, moved: int, row=row) -> None:
            works.append(Work(row.name, row.kind, step, operations, moved, precision))

        add("forward", operations, given + weights + made)
        if not training:
            continue
        if learns:
            add("gradient of input", operations, made + (weights or given) + given)
        if row.parameters:
            learns = True
            gradients = FLOAT32_BYTES * row.parameters
            copies = weights if number < FLOAT32_BYTES else 0
            add("gradient of weights", operations, made + given + gradients)
            add("update", 0, 5 * gradients + copies)
    return tuple(works)


def training_memory(book: Ledger, batch: int, *, precision: str = "float32") -> dict[str, int]:
    """Count the bytes that a training step with momentum keeps.

    Counted are one copy of every layer's output, kept for the backward pass, and all their
    gradients at once. Left out is what the layers need while they work, and what the framework
    and the driver take.

    Args:
        book: The ledger of a network.
        batch: Pictures in the batch.
        precision: As :func:`cost`; ``"mixed"`` adds the 16-bit copies to the weights.

    Returns:
        What is kept → its bytes.

    Raises:
        ValueError: The batch is no positive integer, the precision is unknown, or the ledger is
            empty.

    Example:
        >>> from alexnet_tutorial.shapes import ledger, variant
        >>> kept = training_memory(ledger(variant("alexnet-2012")), batch=128)
        >>> f"{sum(kept.values()) / 2**30:.2f} GiB"
        '2.22 GiB'
    """
    _check_batch(batch)
    number = _number_bytes(precision)
    if not len(book):
        raise ValueError(
            f"the ledger of {book.name!r} has no layers, so there is no input to count."
        )
    parameters = book.parameter_bytes
    copies = number * book.parameters if number < FLOAT32_BYTES else 0
    maps = batch * number * sum(prod(row.output) for row in book)
    return {
        "weights": parameters + copies,
        "gradients of weights": parameters,
        "momentum": parameters,
        "pictures": batch * number * prod(book.rows[0].input),
        "maps": maps,
        "gradients of maps": maps,
    }


def largest_batch(book: Ledger, memory: int, *, precision: str = "float32") -> int:
    """Find the largest batch whose :func:`training_memory` fits.

    Args:
        book: The ledger of a network.
        memory: Bytes there are.
        precision: As :func:`cost`.

    Returns:
        Pictures; 0 where not even one fits.

    Raises:
        ValueError: The precision is unknown, or the ledger is empty.

    Example:
        >>> from alexnet_tutorial.shapes import ledger, variant
        >>> largest_batch(ledger(variant("alexnet-2012")), DEVICES["GTX 580"].memory)
        192
    """
    one, two = (sum(training_memory(book, n, precision=precision).values()) for n in (1, 2))
    picture = two - one
    return max(0, (memory - (one - picture)) // picture)


def _check_batch(batch: int) -> None:
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
        raise ValueError(
            f"batch is {batch!r}, and must be an integer of at least 1: it counts pictures."
        )


def _number_bytes(precision: str) -> int:
    if precision not in NUMBER_BYTES:
        known = ", ".join(NUMBER_BYTES)
        raise ValueError(f"unknown precision {precision!r}. Known: {known}.")
    return NUMBER_BYTES[precision]


DEVICES = {
    device.name: device
    for device in (
        Device("GTX 580", {"float32": 1.581e12}, 192.4e9, 3 * GIB),
        Device("T4", {"float32": 8.1e12, "mixed": 65e12}, 320e9, 16 * GIB),
        Device("L4", {"float32": 30.3e12, "tf32": 60e12, "mixed": 121e12}, 300e9, 24 * GIB),
        Device("A100", {"float32": 19.5e12, "tf32": 156e12, "mixed": 312e12}, 2039e9, 80 * GIB),
        Device("H100", {"float32": 67e12, "tf32": 494.7e12, "mixed": 989.4e12}, 3.35e12, 80 * GIB),
        Device("H200", {"float32": 67e12, "tf32": 494.7e12, "mixed": 989.4e12}, 4.8e12, 141 * GIB),
    )
}
"""GPUs by name, with the peaks that were published for them; none was measured for this book.

GTX 580, one of the two cards of 2012: 512 units at 1.544 GHz with two operations each
(https://bit-tech.net/reviews/tech/graphics/nvidia-geforce-gtx-580-review/2/), 192.4 GB a second
(http://grafikkartentest.net/nvidia-geforce-gtx-580/), and the paper's 3 GB. The others are as
NVIDIA publishes them: T4 (https://www.nvidia.com/en-us/data-center/tesla-t4/; its bandwidth is
that of 256 bits at 10 Gbps), L4 (https://www.nvidia.com/en-us/data-center/l4/), A100 with 80 GB,
SXM (https://www.nvidia.com/en-us/data-center/a100/), H100 SXM
(https://www.nvidia.com/en-us/data-center/h100/), H200 SXM
(https://www.nvidia.com/en-us/data-center/h200/). Where a sheet names a rate "with sparsity", half
of it stands here: a network whose weights are not zero gets no more. A card's gigabytes are taken
as 2³⁰ bytes; a driver takes some of them.
"""
