"""Questions of the chapter *One convolution, counted by hand*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import conv_parameters
from alexnet_tutorial.shapes import output_size

register(
    "convolution.positions",
    right=output_size(28, 8, 3),
    why="there is room for 28 − 8 = 20 pixels of walking, which is 6 whole steps of 3, and the "
    "window also stands at the start.",
    slips={
        6: "those are the steps, not the positions. The window also stands somewhere first.",
        9: "that is 28 / 3. The window's own width takes part of the line: subtract it first.",
        output_size(28, 8, 3, rounding="ceil"): "that rounds up; this layer rounds down. "
        "A window that would run over the edge is not a position here.",
        21: "that is the count for stride 1. Now the window moves 3 pixels at a time.",
        28 // 3 + 1: "divided the whole line, and added the post. "
        "The window's own width takes part of the line: subtract it before you divide.",
        20: "that is the room to walk. How many steps of 3 fit into it?",
    },
    hint="Count the pixels that are left to walk over once the window stands at the start.",
)

register(
    "convolution.unread",
    right=250 - 4 * (output_size(250, 11, 4) - 1) - 11,
    why="(250 − 11) / 4 is 59.75. The last whole step starts the window at pixel 236, so it ends "
    "at 246, and the picture ends at 249.",
    slips={
        0: "the steps do not come out even here. Where does the last window end?",
        1: "those are the pixels that rounding up runs past the edge. This one rounds down.",
        4: "off by one. Pixels are counted from 0: a window that starts at 0 ends at 10.",
        14: "counted from where the last window starts. The window itself is 11 pixels wide.",
        60: "that is the number of positions. Asked for are the pixels behind the last of them.",
        0.75: "that is the part of a step that is left. How many pixels are in it?",
    },
    hint="Find the last place where the window starts, then the last pixel that it reads.",
)

register(
    "convolution.parameters",
    right=conv_parameters(12, 20, 5),
    why="each of the 20 filters has a slice of 5 × 5 for each of the 12 channels, and one bias.",
    slips={
        conv_parameters(12, 20, 5) - 20: "forgot the biases. "
        "Each filter adds one number of its own to every result.",
        conv_parameters(1, 20, 5): "counted one channel only. "
        "A filter has a slice for every channel that it reads.",
        conv_parameters(12, 1, 5): "counted one filter only. "
        "The layer has several, and each learns weights of its own.",
        5 * 5 * 20 * 12 + 12: "one bias for each channel that comes in. "
        "A bias belongs to a map that goes out.",
        5 * 5 * 12 + 20: "counted the weights of one filter, and all biases. "
        "Every filter learns weights of its own.",
        5 * 12 * 20 + 20: "counted one side of the kernel only. "
        "The window has a height and a width.",
    },
    hint="Window height × window width × channels in × filters, and the biases.",
)

register(
    "convolution.macs",
    right=16 * 16 * 3 * 3 * 8 * 16,
    why="the frame of one zero keeps the map at 16 × 16, and at each position every one of the "
    "16 filters multiplies 3 × 3 × 8 numbers.",
    slips={
        (16 * 3 - 2) ** 2 * 8 * 16: "that leaves out the products with padding zeros. "
        "A good count too, but the question includes them.",
        14 * 14 * 3 * 3 * 8 * 16: "forgot the padding. "
        "With a frame of one zero the map does not shrink.",
        conv_parameters(8, 16, 3): "those are the parameters. "
        "Each weight is used again at every position.",
        16 * 16 * 3 * 3 * 16: "counted one channel only. "
        "At each position a filter reads all the channels.",
        16 * 16 * 3 * 3 * 8: "counted one filter only. "
        "Every filter does this work for its own map.",
        2 * 16 * 16 * 3 * 3 * 8 * 16: "counted multiplication and addition as two. "
        "A multiply-accumulate is both in one.",
    },
    hint="Positions of the window, times the numbers in one kernel, times the kernels.",
)

register(
    "convolution.shape",
    right=(output_size(227, 11, 5), output_size(227, 11, 5), 96),
    why="(227 − 11) / 5 is 43.2, rounded down to 43 steps, which makes 44 positions, and there is "
    "one map for each filter.",
    slips={
        (45, 45, 96): "rounded up, or divided the whole line by 5. "
        "Subtract the window first, then count whole steps.",
        (43, 43, 96): "those are the steps. The window also stands somewhere first.",
        (44, 44, 3): "kept the channels of the picture. One map comes out of each filter.",
        (55, 55, 96): "that is a stride of 4. Here the window moves 5 pixels at a time.",
        (46, 46, 96): "that is 'same' padding. There is no padding in this layer.",
        (217, 217, 96): "forgot the stride. The window moves 5 pixels at a time.",
        (96, 44, 44): "that is channels first. This book writes height, width, channels.",
    },
    hint="The height and the width from the walk, the channels from the number of filters.",
)

register(
    "convolution.twice",
    right=(1, 4),
    why="the weights do not know how large the picture is; the positions at which they are used "
    "are twice as many down and twice as many across.",
    slips={
        (4, 4): "larger pictures need no more weights. Does a size stand in the formula?",
        (1, 2): "counted one side only. The window moves down as well as to the right.",
        (2, 2): "neither is multiplied by that. Where does the picture's size stand, in which?",
        (1, 1): "the same weights, but at more positions. Each position costs its products.",
        (2, 4): "larger pictures need no more weights. Does a size stand in the formula?",
        (4, 1): "the wrong way round. First the parameters, then the work.",
    },
    hint="Write both formulas down. In which of them does the number of positions stand?",
)
