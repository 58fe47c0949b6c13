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
    why="a filter reads a third of the 96 maps, and there is one filter for each of 192 maps.",
    slips={
        (3, 3, 96, 192): "that is without groups. A filter reads its own group only.",
        (3, 3, 32, 64): "that is one of the three groups. The layer has the filters of all.",
        (3, 3, 96, 64): "divided the filters. It is what a filter reads that gets less.",
        (3, 3, 192, 32): "the last two are swapped. Keras: maps in, then filters.",
        (192, 32, 3, 3): "that is PyTorch's order. Keras: height, width, maps in, filters.",
    },
    hint="Height, width, how many maps one filter reads, how many filters there are.",
)

register(
    "towers.depthwise",
    right=conv_parameters(1, 256, 3),
    why="each filter reads one map: 3 · 3 weights and a bias, 256 times.",
    slips={
        conv_parameters(256, 256, 3): "that is without groups. What is read now?",
        conv_parameters(1, 256, 3) - 256: "forgot the biases. One for each filter.",
        conv_parameters(1, 1, 3): "that is one filter. There are as many as maps.",
        conv_parameters(128, 256, 3): "that is 2 groups. Here each map is a group.",
        conv_parameters(256, 256, 1): "forgot the window. It is 3 × 3.",
        3 * 3 * 256 + 1: "one bias for all. Every filter has its own.",
    },
    hint="How many maps does one filter read when each group holds one map?",
)

register(
    "towers.zeros",
    right=5 * 5 * 96 * 256 // 2,
    why="each of the 256 filters has 5 · 5 · 48 weights for the maps of the other tower.",
    slips={
        5 * 5 * 96 * 256: "those are all its weights. Half of them have work to do.",
        conv_parameters(48, 256, 5): "those are the parameters of the grouped layer. "
        "Biases stay, and the question is about what is zero.",
        5 * 5 * 48 * 128: "that is one tower reading itself. "
        "Count what reads the other, in both directions.",
        96 * 256 // 2: "those are slices. A slice has 5 × 5 weights.",
        5 * 5 * 48: "that is one filter. There are 256.",
        0: "then every filter would read both towers. Which slices must be silent?",
    },
    hint="Filters, times the weights with which one filter reads the other tower.",
)

register(
    "towers.reach",
    right="fc6",
    why="with groups in every convolution, the first dense layer is the first to read both.",
    slips={
        "conv1": "conv1 reads the picture. Both cards get it, and a change on one stays there.",
        "conv2": "conv2 has two groups. It reads its own card only.",
        "conv3": "now conv3 reads its own card only. Go on to the next layer.",
        "conv4": "conv4 has two groups. It reads its own card only.",
        "conv5": "conv5 has two groups. It reads its own card only.",
        "fc7": "one layer before it reads both already. Which is the first dense layer?",
        "fc8": "two layers before it read both already. Which is the first dense layer?",
        "never": "dense layers read everything. Which is the first of them?",
    },
    hint="Which is the first layer after the picture that reads both cards?",
)

register(
    "towers.batch",
    right=_largest_batch(),
    why="what the weights take is there once; the rest of the card is shared out, a picture with "
    "its maps and their gradients at a time.",
    slips={
        _largest_batch(maps=1): "forgot the gradients of the maps. Each output has one.",
        _largest_batch(weights=1): "counted the weights once. "
        "A weight has a gradient and a momentum.",
        _largest_batch(weights=0): "forgot the weights. They take part of the card.",
        _largest_batch(card=3 * 10**9): "that is a card of 3 · 10⁹ bytes. It has more.",
        _largest_batch(weights=1.5, maps=1): "that is with two cards. Here everything lies on one.",
        _largest_batch(pictures=0): "forgot the pictures. Each is kept, with its maps.",
        _largest_batch(pictures=0, maps=1): "forgot the pictures, and the gradients of the maps. "
        "All are kept at the same time.",
        128: "that is the batch of 2012. By the count there is room for more.",
        256: "that is the next power of two, and too many. The answer is between the two.",
    },
    hint="(card − 3 · weights) / (one picture + 2 · its maps), rounded down.",
)
