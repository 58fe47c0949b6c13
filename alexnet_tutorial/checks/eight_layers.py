"""Questions of the chapter *The eight layers, one by one*."""

from dataclasses import replace

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import conv_parameters, net, row
from alexnet_tutorial.shapes import ledger, output_size

_LARGER = ledger(replace(net(), name="larger", input_size=256))

register(
    "eight-layers.rounding",
    right=output_size(230, 11, 4, rounding="ceil"),
    why="(230 − 11) / 4 = 54.75, rounded up to 55 steps, and there is always one more position "
    "than steps.",
    slips={
        output_size(230, 11, 4): "that is floor; this layer rounds up. "
        "A step that has begun counts as a step.",
        57: "that is 230 / 4. Subtract the window's own width before you divide.",
        58: "that is 230 / 4, rounded up. Subtract the window's own width before you divide.",
        54: "those are whole steps. "
        "This layer rounds up, and the question asks for positions, not steps.",
        output_size(230, 11): "you forgot the stride. The window moves 4 pixels at a time.",
        54.75: "that is the number of steps before rounding. "
        "Round it, and think of the fence posts.",
        55.75: "there is no such thing as three quarters of a position. "
        "Which way did the code of 2012 round?",
    },
    hint="⌈(size − window) / stride⌉ + 1, with the numbers of this question.",
)

register(
    "eight-layers.groups",
    right=row("conv2", "one-tower").parameters,
    why=f"{row('conv2', 'one-tower').parameters_formula}: all 96 channels in each "
    "filter, twice the weights, and no more biases than before.",
    slips={
        row("conv2").parameters: "that is conv2 as it is, with two groups. "
        "Without groups, a filter reads every channel.",
        row("conv2", "one-tower").parameters - 256: "you forgot the biases. Each filter has one.",
        2 * row("conv2").parameters: "you doubled the biases, too. "
        "The number of filters does not change, so neither does the number of biases.",
        conv_parameters(1, 256, 5): "you counted only one channel. "
        "A filter has a slice for every channel that it reads.",
        4 * row("conv2").parameters - 3 * 256: "you doubled both the filters and the channels. "
        "The two towers already have 256 filters together.",
        conv_parameters(3, 256, 5): "you took the channels of the photograph. "
        "conv2 reads what pool1 puts out.",
    },
    hint="Window × channels that a filter reads × filters, and the biases.",
)

register(
    "eight-layers.larger",
    right=_LARGER["fc6"].parameters,
    why=f"the maps at the end are {_LARGER['pool5'].output[0]} on a side, so fc6 has "
    f"{_LARGER['fc6'].parameters_formula} parameters.",
    slips={
        row("fc6").parameters: "that is fc6 for pictures of 224 pixels. "
        "Larger pictures make larger maps, down to the last pooling.",
        _LARGER["fc6"].macs: "you forgot the biases. Each of the 4096 units has one.",
        7 * 256 * 4096 + 4096: "you counted only one side of the maps. "
        "They have a height and a width.",
        7 * 7 * 4096 + 4096: "you counted only one channel. "
        "The vector holds every map, and there are 256.",
        8 * 8 * 256 * 4096 + 4096: "that is one position too many along each side. "
        "Go through the four sizes with the formula, not by halving.",
        _LARGER["flatten"].output[0]: "that is how many numbers go into fc6. "
        "Each of its units has a weight for every one of them.",
    },
    hint="Work out the four sizes, each from the one before. Then inputs × units, and the biases.",
)

register(
    "eight-layers.memory",
    right=128 * row("conv1").bytes,
    why="128 pictures × 55 × 55 × 96 numbers × 4 bytes.",
    slips={
        32 * row("conv1").bytes: "you counted numbers, not bytes. Each number is 4 bytes.",
        row("conv1").bytes: "that is for one picture. Every picture of the batch has its own maps.",
        64 * row("conv1").bytes: "you counted only one tower. "
        "The question asks for the maps of both.",
        32 * 32 * row("conv1").bytes: "you counted bits. Eight bits make a byte.",
        128 * row("pool1").bytes: "that is after pooling. "
        "The question asks for what conv1 itself puts out.",
        4 * row("conv1").parameters: "those are the weights. "
        "The question asks for the maps that come out.",
    },
    hint="Pictures × numbers per picture × bytes per number.",
)
