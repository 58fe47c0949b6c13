"""Questions of the chapter *The eight layers, one by one*."""

from dataclasses import replace

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import conv_parameters, net, row
from alexnet_tutorial.shapes import ledger, output_size

_LARGER = ledger(replace(net(), name="larger", input_size=256))

register(
    "eight-layers.rounding",
    right=output_size(230, 11, 4, rounding="ceil"),
    why="(230 − 11) / 4 = 54.75, rounded up to 55 steps, and one position more than steps.",
    slips={
        output_size(230, 11, 4): "that is floor; this layer rounds up. "
        "A started step counts as a step.",
        57: "that is 230 / 4. Subtract the window's own width before you divide.",
        58: "that is 230 / 4, rounded up. Subtract the window's own width before you divide.",
        54: "those are whole steps. This layer rounds up, and counts positions, not steps.",
        output_size(230, 11): "forgot the stride. The window moves 4 pixels at a time.",
        54.75: "that is the fraction. Round it, and think of the fence's posts.",
        55.75: "a window has no three quarters of a position. Which way does 2012 round?",
    },
    hint="⌈(size − window) / stride⌉ + 1, with the numbers of this question.",
)

register(
    "eight-layers.groups",
    right=row("conv2", "one-tower").parameters,
    why=f"{row('conv2', 'one-tower').parameters_formula}: all 96 channels in each "
    "filter, twice the weights, as many biases.",
    slips={
        row("conv2").parameters: "forgot to undo the groups. "
        "That is conv2 as it is. Without groups a filter reads every channel.",
        row("conv2", "one-tower").parameters - 256: "forgot the bias. Each filter adds one number.",
        2 * row("conv2").parameters: "doubled the biases too. "
        "The number of filters does not change, so neither does that of the biases.",
        conv_parameters(1, 256, 5): "counted one channel only. "
        "A filter has a slice for every channel that it reads.",
        4 * row("conv2").parameters - 3 * 256: "doubled the filters and the channels. "
        "There were 256 filters in the two towers together.",
        conv_parameters(3, 256, 5): "took the channels of the photograph. "
        "conv2 reads what pool1 gives.",
    },
    hint="Window × channels that a filter reads × filters, and the biases.",
)

register(
    "eight-layers.larger",
    right=_LARGER["fc6"].parameters,
    why=f"the maps at the end are {_LARGER['pool5'].output[0]} on a side, so fc6 has "
    f"{_LARGER['fc6'].parameters_formula} parameters.",
    slips={
        row("fc6").parameters: "kept the vector of 224 pixels. "
        "Larger pictures make larger maps, down to the last pooling.",
        _LARGER["fc6"].macs: "forgot the bias. Each of the 4096 units adds one number.",
        7 * 256 * 4096 + 4096: "counted one side of the maps only. "
        "The maps have a height and a width.",
        7 * 7 * 4096 + 4096: "counted one channel only. "
        "The vector holds every map, and there are 256.",
        8 * 8 * 256 * 4096 + 4096: "one position too many. "
        "Go through the four sizes with the formula, not by halving.",
        _LARGER["flatten"].output[0]: "that is what goes into fc6. "
        "Each of its units has a weight for each of these numbers.",
    },
    hint="Four sizes in a row, each from the one before; then inputs × units, and the biases.",
)

register(
    "eight-layers.memory",
    right=128 * row("conv1").bytes,
    why="128 pictures × 55 × 55 × 96 numbers × 4 bytes.",
    slips={
        32 * row("conv1").bytes: "forgot that a number is 4 bytes. 32 bits are more than one byte.",
        row("conv1").bytes: "that is one picture. Every picture of the batch has maps of its own.",
        64 * row("conv1").bytes: "counted one tower only. Both towers' maps are asked for.",
        32 * 32 * row("conv1").bytes: "counted bits. Eight bits are a byte.",
        128 * row("pool1").bytes: "that is after pooling. Asked for is what conv1 itself puts out.",
        4 * row("conv1").parameters: "those are the weights. Asked for are the maps that come out.",
    },
    hint="Pictures × numbers for each × bytes for each number.",
)
