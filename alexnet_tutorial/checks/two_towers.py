"""Questions of the chapter *Two towers*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import conv_parameters, net
from alexnet_tutorial.shapes import ledger


def _largest_batch(card=3 * 2**30, weights=3, maps=2, pictures=1):
    book = ledger(net())
    picture = pictures * 4 * 224 * 224 * 3
    left = card - weights * book.parameter_bytes
    return int(left // (picture + maps * book.activation_bytes))


register(
    "towers.kernel",
    right=(3, 3, 32, 192),
    why="each filter reads a third of the 96 maps, and the layer has 192 filters.",
    slips={
        (3, 3, 96, 192): "that is without groups. With them, a filter reads only its own group.",
        (3, 3, 32, 64): "that is one of the three groups. The layer has the filters of all three.",
        (3, 3, 96, 64): "you divided the filters. It is what each filter reads that gets smaller.",
        (3, 3, 192, 32): "the last two numbers are swapped. "
        "In Keras, the maps that a filter reads come before the filters.",
        (192, 32, 3, 3): "that is PyTorch's order. Keras begins with height and width.",
    },
    hint="Height, width, how many maps one filter reads, how many filters there are.",
)

register(
    "towers.depthwise",
    right=conv_parameters(1, 256, 3),
    why="each filter reads one map: 3 · 3 weights and a bias, 256 times.",
    slips={
        conv_parameters(256, 256, 3): "that is without groups. What does each filter read now?",
        conv_parameters(1, 256, 3) - 256: "you forgot the biases. There is one for each filter.",
        conv_parameters(1, 1, 3): "that is one filter. There are as many filters as maps.",
        conv_parameters(128, 256, 3): "that is for 2 groups. Here each map is a group of its own.",
        conv_parameters(256, 256, 1): "you forgot the window. It is 3 × 3.",
        3 * 3 * 256 + 1: "you gave all the filters a single bias. Every filter has its own.",
    },
    hint="How many maps does one filter read when each group holds one map?",
)

register(
    "towers.zeros",
    right=5 * 5 * 96 * 256 // 2,
    why="each of the 256 filters has 5 · 5 · 48 weights for the maps of the other tower.",
    slips={
        5 * 5 * 96 * 256: "those are all its weights. Half of them still have work to do.",
        conv_parameters(48, 256, 5): "those are the parameters of the grouped layer. "
        "The biases stay, and the question asks which weights must be zero.",
        5 * 5 * 48 * 128: "that is one tower reading itself. "
        "Count the weights that read the other tower, in both directions.",
        96 * 256 // 2: "those are slices. Each slice has 5 × 5 weights.",
        5 * 5 * 48: "that is one filter. There are 256.",
        0: "without zeros, every filter would read both towers. Which slices must be silent?",
    },
    hint="Filters, times the weights with which one filter reads the other tower.",
)

register(
    "towers.reach",
    right="fc6",
    why="with groups in every convolution, the first dense layer is the first to read both towers.",
    slips={
        "conv1": "conv1 reads the picture. "
        "Both cards get the same one, and a change on one card stays there.",
        "conv2": "conv2 has two groups. It reads its own card only.",
        "conv3": "in this question, conv3 reads its own card only. Go on to the next layer.",
        "conv4": "conv4 has two groups. It reads its own card only.",
        "conv5": "conv5 has two groups. It reads its own card only.",
        "fc7": "the layer before it already reads both. Which is the first dense layer?",
        "fc8": "the layer two before it already reads both. Which is the first dense layer?",
        "never": "dense layers read everything. Which is the first of them?",
    },
    hint="Which is the first layer after the picture that reads both cards?",
)

register(
    "towers.batch",
    right=_largest_batch(),
    why="the weights and what goes with them take their room once. "
    "The rest of the card is shared by the pictures, each with its maps and their gradients.",
    slips={
        _largest_batch(maps=1): "you forgot the gradients of the maps. Each output has one.",
        _largest_batch(weights=1): "you counted the weights only once. "
        "Each weight also has a gradient and a momentum.",
        _largest_batch(weights=0): "you forgot the weights. They take up part of the card.",
        _largest_batch(card=3 * 10**9): "that is for a card of 3 · 10⁹ bytes. This one has more.",
        _largest_batch(weights=1.5, maps=1): "that is for two cards. Here everything is on one.",
        _largest_batch(pictures=0): "you forgot the pictures. Each is kept, along with its maps.",
        _largest_batch(pictures=0, maps=1): "you forgot the pictures, and the gradients of the "
        "maps. All are kept at the same time.",
        128: "that is the batch of 2012. By this count, there is room for more.",
        256: "that is the next power of two, and too many. "
        "The largest batch need not be a power of two.",
    },
    hint="(card − 3 · weights) / (one picture + 2 · its maps), rounded down.",
)
