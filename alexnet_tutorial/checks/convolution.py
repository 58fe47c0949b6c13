"""Questions of the chapter *One convolution, counted by hand*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import conv_parameters
from alexnet_tutorial.shapes import output_size

register(
    "convolution.positions",
    right=output_size(28, 8, 3),
    why="there is room to walk 28 − 8 = 20 pixels, which is 6 whole steps of 3, and the window "
    "also stands at the start.",
    slips={
        6: "those are the steps, not the positions. "
        "The window also stands somewhere before its first step.",
        9: "that is 28 / 3. The window itself takes up part of the line: subtract its width first.",
        output_size(28, 8, 3, rounding="ceil"): "that rounds up; this layer rounds down. "
        "A window that would run over the edge does not count here.",
        21: "that is the count for stride 1. Here the window moves 3 pixels at a time.",
        28 // 3 + 1: "you divided the whole line by 3, and added one. "
        "The window itself takes up part of the line: subtract its width before you divide.",
        20: "that is the room to walk. How many steps of 3 fit into it?",
    },
    hint="Once the window stands at the start, how many pixels are left to walk, and how many "
    "steps is that?",
)

register(
    "convolution.unread",
    right=250 - 4 * (output_size(250, 11, 4) - 1) - 11,
    why="(250 − 11) / 4 is 59.75. After the last whole step, the window starts at pixel 236, so it "
    "ends at 246, and the picture ends at 249.",
    slips={
        0: "the steps do not fit evenly here. Where does the last window end?",
        1: "those are the pixels that rounding up runs past the edge. This layer rounds down.",
        4: "that is off by one. Pixels are counted from 0: a window that starts at 0 ends at 10.",
        14: "you counted from where the last window starts. The window itself is 11 pixels wide.",
        60: "that is the number of positions. "
        "The question asks for the pixels after the last window.",
        0.75: "that is the fraction of a step that is left over. How many pixels is that?",
    },
    hint="Find the last place where the window starts, then the last pixel that it reads.",
)

register(
    "convolution.parameters",
    right=conv_parameters(12, 20, 5),
    why="each of the 20 filters has a slice of 5 × 5 for each of the 12 channels, and one bias.",
    slips={
        conv_parameters(12, 20, 5) - 20: "you forgot the biases. "
        "Each filter adds one number of its own to every result.",
        conv_parameters(1, 20, 5): "you counted only one channel. "
        "A filter has a slice for every channel that it reads.",
        conv_parameters(12, 1, 5): "you counted only one filter. "
        "The layer has several, and each learns its own weights.",
        5 * 5 * 20 * 12 + 12: "you gave each incoming channel a bias. "
        "Biases belong to the maps that go out.",
        5 * 5 * 12 + 20: "you counted all the biases, but the weights of only one filter. "
        "Every filter learns its own weights.",
        5 * 12 * 20 + 20: "you counted only one side of the kernel. "
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
        "That is a good count, too, but the question includes them.",
        14 * 14 * 3 * 3 * 8 * 16: "you forgot the padding. "
        "With a frame of one zero, the map does not shrink.",
        conv_parameters(8, 16, 3): "those are the parameters. "
        "Each weight is used again at every position.",
        16 * 16 * 3 * 3 * 16: "you counted only one channel. "
        "At each position, a filter reads all the channels.",
        16 * 16 * 3 * 3 * 8: "you counted only one filter. "
        "Every filter does this work for its own map.",
        2 * 16 * 16 * 3 * 3 * 8 * 16: "you counted multiplication and addition separately. "
        "A multiply-accumulate is both in one.",
    },
    hint="Positions of the window × numbers in one kernel × number of kernels.",
)

register(
    "convolution.shape",
    right=(output_size(227, 11, 5), output_size(227, 11, 5), 96),
    why="(227 − 11) / 5 is 43.2, rounded down to 43 steps, which makes 44 positions, and there is "
    "one map for each filter.",
    slips={
        (45, 45, 96): "you rounded up, or divided the whole side by 5. "
        "Subtract the window first, then count whole steps.",
        (43, 43, 96): "those are the steps. "
        "The window also stands somewhere before its first step.",
        (44, 44, 3): "you kept the channels of the picture. Each filter makes one map.",
        (55, 55, 96): "that is for a stride of 4. Here the window moves 5 pixels at a time.",
        (46, 46, 96): "that is with 'same' padding. This layer has no padding.",
        (217, 217, 96): "you forgot the stride. The window moves 5 pixels at a time.",
        (96, 44, 44): "that is channels first. This book writes height, width, channels.",
    },
    hint="Height and width come from the window's walk, the channels from the number of filters.",
)

register(
    "convolution.twice",
    right=(1, 4),
    why="the weights do not know how large the picture is. "
    "But there are twice as many positions down, and twice as many across, at which they are used.",
    slips={
        (4, 4): "a larger picture needs no more weights. "
        "Does its size appear in the formula for parameters?",
        (1, 2): "you counted only one side. The window moves down as well as to the right.",
        (2, 2): "neither one doubles. In which of the two formulas does the picture's size appear?",
        (1, 1): "the weights stay the same, but they are used at more positions. "
        "Each position costs its own products.",
        (2, 4): "a larger picture needs no more weights. "
        "Does its size appear in the formula for parameters?",
        (4, 1): "you have the two numbers swapped. First the parameters, then the MACs.",
    },
    hint="Write down both formulas. Which of them contains the number of positions?",
)
