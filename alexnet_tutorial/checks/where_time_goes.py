"""Questions of the chapter *Where the time goes*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import row

_CONV1 = row("conv1").macs


def _batch(parameter_bytes, map_bytes, maps=2):
    return (3_300_000_000 - 25_000_000 * parameter_bytes) // (maps * map_bytes)


register(
    "time.intensity",
    right=2 * 32 // 4,
    why="each weight is read once, at four bytes, and takes part in one multiplication and one "
    "addition for each of the pictures.",
    slips={
        32 // 4: "you counted a multiply-accumulate as one operation. It is a product and a sum.",
        2 / 4: "that is for a single picture. How many pictures share one reading of a weight?",
        2 * 32: "that is operations per weight. How many bytes does a weight take?",
        4 / 64: "you have it upside down. Operations go on top, bytes below.",
        2 * 32 // 2: "that is for numbers half as long. How many bytes does a float32 take?",
        2 * 32 // 32: "you divided by bits. Eight bits make a byte.",
    },
    hint="Each weight is used once for every picture of the batch, and read once in all.",
)

register(
    "time.ridge",
    right=8 * 10**12 // (320 * 10**9),
    why="operations per second divided by bytes per second. These are nearly the figures of a T4 "
    "in float32.",
    slips={
        0.04: "you have it upside down. Operations go on top, bytes below.",
        12.5: "you halved it. The device's operations are already counted one by one.",
        100: "that is operations per number of four bytes. "
        "The question asks for operations per byte.",
        6.25: "you divided by four once more. The device's figure is already in bytes.",
        25_000: "that is a thousand times too many. Look at the powers of ten in both figures.",
        200: "you counted bits. The device's figure is in bytes.",
    },
    hint="At which number of operations per byte do arithmetic and memory take equally long?",
)

register(
    "time.passes",
    right=2 * 2 * _CONV1,
    why="conv1 takes the forward pass and the gradient of its weights. "
    "Nobody needs the gradient of the photograph.",
    slips={
        3 * 2 * _CONV1: "you counted three products. Who would need the gradient of conv1's input?",
        2 * _CONV1: "that is half of it. "
        "Did you leave out the backward pass, or count a multiply-accumulate as one operation?",
        _CONV1: "those are the multiply-accumulates of the forward pass. Each is two operations, "
        "and there is a backward pass.",
        3 * _CONV1: "you counted three products, and one operation for each multiply-accumulate. "
        "Check both of these.",
        128 * 4 * _CONV1: "that is for a batch of 128. The question asks for one picture.",
    },
    hint="How many products of this size does a first layer need in training?",
)

register(
    "time.room",
    right=_batch(14, 2_500_000),
    why="each parameter takes 14 bytes (weight, copy, gradient, momentum). The rest of the card is "
    "shared by the maps of the pictures and their gradients, in half the bytes each.",
    slips={
        _batch(12, 5_000_000): "that is for float32. Which numbers get shorter in mixed precision?",
        _batch(12, 2_500_000): "you forgot the copies of the weights. What do the products read?",
        _batch(0, 2_500_000): "you forgot the parameters. They take up part of the card.",
        _batch(14, 2_500_000, 1): "you forgot the gradients of the maps. Each map has one.",
        _batch(4, 2_500_000): "you counted the weights alone. What else is kept for each of them?",
        _batch(14, 5_000_000): "you left the maps at their full length. "
        "How long are their numbers in mixed precision?",
    },
    hint="(card − parameters · bytes of each) / (2 · maps of a picture), in the lengths of mixed "
    "precision.",
)

register(
    "time.batch",
    right=50 // 10 * 4 // 2,
    why="the machine's ridge is 5 operations per byte. For every weight of four bytes, the layer "
    "does two operations per picture, so each picture adds half an operation per byte.",
    slips={
        5: "that is the machine's ridge. How many operations per byte does one picture bring?",
        20: "you counted a multiply-accumulate as one operation. It is a product and a sum.",
        2.5: "you multiplied where you should divide. "
        "How many operations per byte does each picture add?",
        1: "with a single picture, the layer is far below the ridge. "
        "How many operations per byte does it do there?",
        80: "you counted bits. The machine's figure is in bytes.",
    },
    hint="When is 2 · batch / 4 as large as the machine's ridge?",
)

register(
    "time.upgrade",
    right=30 + 10 // 2,
    why="only what memory limits gets faster. Here, twice the bandwidth saves an eighth of the "
    "time.",
    slips={
        20: "you halved both times. Which of the two does memory limit?",
        25: "you halved the convolutions. What limits them?",
        40: "that is the old machine. Something does get faster.",
        30: "you left out the dense layers. They get faster, but they still take time.",
        80: "you doubled the times. With more bytes per second, the same bytes take less time.",
    },
    hint="Which of the two times goes down, and by what factor?",
)
