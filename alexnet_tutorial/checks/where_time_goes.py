"""Questions of the chapter *Where the time goes*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import row

_CONV1 = row("conv1").macs


def _batch(parameter_bytes, map_bytes, maps=2):
    return (3_300_000_000 - 25_000_000 * parameter_bytes) // (maps * map_bytes)


register(
    "time.intensity",
    right=2 * 32 // 4,
    why="each weight is read once, four bytes, and takes part in one multiplication and one "
    "addition for each of the pictures.",
    slips={
        32 // 4: "counted a multiply-accumulate as one operation. It is a product and a sum.",
        2 / 4: "that is a single picture. For how many is a weight read once?",
        2 * 32: "that is operations for each weight. How many bytes has one?",
        4 / 64: "turned upside down. Operations stand above, bytes below.",
        2 * 32 // 2: "that is with numbers of half the length. How many bytes has a float32?",
        2 * 32 // 32: "divided by bits. Eight of them make a byte.",
    },
    hint="Each weight is used once for every picture of the batch, and read once in all.",
)

register(
    "time.ridge",
    right=8 * 10**12 // (320 * 10**9),
    why="operations per second divided by bytes per second. These are nearly the figures of a T4 "
    "in float32.",
    slips={
        0.04: "turned upside down. Operations stand above, bytes below.",
        12.5: "halved it. Its operations are counted one by one already.",
        100: "that is operations for each number of four bytes. Asked is each byte.",
        6.25: "divided by four once more. Bytes are bytes already.",
        25_000: "a thousand times too many. Look at the powers of both figures.",
        200: "counted bits. The device's figure is in bytes.",
    },
    hint="At which number of operations per byte do arithmetic and memory take equally long?",
)

register(
    "time.passes",
    right=2 * 2 * _CONV1,
    why="forward, and the gradient of its weights. Nobody needs the gradient of the photograph.",
    slips={
        3 * 2 * _CONV1: "counted three products. For whom would the gradient of its input be?",
        2 * _CONV1: "that is half of it. Is it one product only, or one operation for each "
        "multiply-accumulate?",
        _CONV1: "those are the multiply-accumulates of the forward pass. Each is two operations, "
        "and there is a backward pass.",
        3 * _CONV1: "three products, and one operation for each multiply-accumulate. "
        "Neither is so here.",
        128 * 4 * _CONV1: "that is for a batch of 128. Asked is one picture.",
    },
    hint="How many products of this size has a first layer in training?",
)

register(
    "time.room",
    right=_batch(14, 2_500_000),
    why="14 bytes for each parameter (weight, copy, gradient, momentum) come first; the rest is "
    "shared out, a map and its gradient in half the bytes each.",
    slips={
        _batch(12, 5_000_000): "that is float32. Which numbers become shorter?",
        _batch(12, 2_500_000): "forgot the copies of the weights. What do the products read?",
        _batch(0, 2_500_000): "forgot the parameters. They take part of the card.",
        _batch(14, 2_500_000, 1): "forgot the gradients of the maps. Each map has one.",
        _batch(4, 2_500_000): "counted the weights alone. What else is kept for each?",
        _batch(14, 5_000_000): "left the maps at their full length. How many bytes has half?",
    },
    hint="(card − parameters · bytes of each) / (2 · maps of a picture), in the lengths of mixed "
    "precision.",
)

register(
    "time.batch",
    right=50 // 10 * 4 // 2,
    why="its ridge is 5 operations per byte; the layer does two operations for each picture and "
    "four bytes, so half an operation a byte for each picture.",
    slips={
        5: "that is the machine's ridge. How many operations per byte does one picture bring?",
        20: "counted a multiply-accumulate as one operation. It is a product and a sum.",
        2.5: "multiplied where it must be divided. What does each picture add to the quotient?",
        1: "at a single picture it is far below the ridge. What is its quotient there?",
        80: "counted bits. The machine's figure is in bytes.",
    },
    hint="When is 2 · batch / 4 as large as the machine's own quotient?",
)

register(
    "time.upgrade",
    right=30 + 10 // 2,
    why="only what memory limits gets faster. Here, twice the bandwidth saves an eighth of the "
    "time.",
    slips={
        20: "halved both. Which of the two does memory limit?",
        25: "halved the convolutions. What limits them?",
        40: "that is the old machine. Something does get faster.",
        30: "left the dense layers out. They get faster, and still take time.",
        80: "doubled it. More bytes per second take less time.",
    },
    hint="Which of the two times goes down, and by which factor?",
)
