"""Questions of the chapter *The parts*."""

import math

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.shapes import output_size


def _sigmoid(z):
    return 1 / (1 + math.exp(-z))


register(
    "parts.slope",
    right=1 - 0.9**2,
    why="the slope is 1 − tanh², and tanh is what the unit puts out: 1 − 0.81.",
    slips={
        0.81: "that is the square of the output. How does the slope of tanh follow from it?",
        1 - 0.9: "you forgot the square. The slope of tanh is 1 − tanh².",
        1 - math.tanh(0.9) ** 2: "you took 0.9 for the sum z. "
        "It is what the unit puts out: tanh has been applied already.",
        1: "that is the slope of ReLU, or of tanh at 0. "
        "This unit is well on its way to the flat part.",
        0.9: "that is the output. The slope follows from it, in one line.",
        0: "tanh is not quite flat there yet. Its slope is 0 only at an output of 1.",
    },
    tolerance=0.001,
    hint="Write down 1 − tanh², and put the unit's output in place of tanh.",
)

register(
    "parts.depth",
    right=2**10,
    why="the mean square is halved 20 times, which makes it 2²⁰ times smaller. "
    "The size is its root: 2¹⁰.",
    slips={
        2**20: "that is for the mean square. The question asks for its root.",
        20: "that is the number of layers. Each layer multiplies; it does not add.",
        40: "each layer halves what the one before it left. What is ½ · ½ · ½?",
        10: "each layer halves what the one before it left. What is ½ · ½ · ½?",
        2: "that is what one layer does to the mean square. There are 20 layers.",
        2**5: "you took the root twice. Once is enough, to get from the mean square to the size.",
        int(2**9.5): "you counted the steps between the layers. "
        "Here, each of the 20 layers multiplies.",
    },
    hint="By what does each layer multiply the mean square? "
    "Multiply over all layers, then take the root.",
)

register(
    "parts.radius",
    right=11,
    why="there are 5 channels on one side, the channel itself, and 5 on the other. "
    "The paper's window of 5 has radius 2.",
    slips={
        5: "that is the window that was meant. A radius reaches out to both sides.",
        10: "you forgot the channel itself. It sits between its neighbors and counts, too.",
        6: "you counted only one side. A radius reaches out to both sides.",
        3: "you divided the radius. A radius of 5 reaches 5 channels to each side.",
        2: "that is the radius that would be right. How wide is the window with a radius of 5?",
        9: "you lost the ends of the window. Write down the channels from c − 5 to c + 5.",
    },
    hint="How many channels are there from c − 5 to c + 5, both ends included?",
)

register(
    "parts.even",
    right=(output_size(64, 3, 2), output_size(64, 2, 2)),
    why="61 / 2 rounds down to 30 steps, 62 / 2 is 31 steps, and there is always one more position "
    "than steps. On an even map the two differ.",
    slips={
        (32, 32): "the two agree only on odd sides. Put 64 into both formulas.",
        (31, 31): "the two agree only on odd sides. Put 64 into both formulas.",
        (32, 31): "you have the two numbers swapped. Which window has less room to walk?",
        (30, 31): "those are the steps. A fence has one more post than it has gaps.",
        (30.5, 31): "those are the steps, not yet rounded. Round down, then count positions.",
        (62, 63): "you forgot the stride. Both windows move by 2.",
        (21, 32): "you took 3 for the stride. 3/2 is a window of 3 that moves by 2.",
    },
    hint="For each window, work out (64 − window) / 2, round down, and add one.",
)

register(
    "parts.rescale",
    right=0.8,
    why="in training, the paper's next layer received m · h, and Keras's receives m · h / 0.8. "
    "Weights 0.8 times as large undo that, and in use, h · 0.8 W is what the paper computes.",
    slips={
        0.2: "that is the share that is dropped. On what share were the weights trained?",
        0.5: "that is for a rate of one half. Here 8 of 10 units stay.",
        1.25: "that makes the weights larger. "
        "Keras already gives the layer more than it was trained on.",
        1: "with the weights unchanged, the layer would get too much. "
        "What does Keras do to units that stay?",
        0.64: "you scaled twice. Scale either in training or in use, never in both.",
        5: "you divided by the share that is dropped. Keras divides by the share that stays.",
        2: "that is for a rate of one half, and it makes the weights larger. "
        "Here 8 of 10 units stay.",
    },
    tolerance=0.001,
    hint="Write down what the next layer receives in training, in each of the two ways.",
)

register(
    "parts.mean",
    right=_sigmoid(2.5),
    why="the scaled pass computes the mean of z over the masks, which is 2.5, and then p. That is "
    "the geometric mean of the four answers, brought back to a sum of 1.",
    slips={
        sum(map(_sigmoid, (0, 1, 4, 5))) / 4: "that is the mean of the four answers. "
        "The scaled pass computes one z, and p comes after it.",
        _sigmoid(5): "that is the mask with both units. The scaled pass halves what each one adds.",
        _sigmoid(1): "that is one of the masks. The scaled pass has both units, each at half.",
        2.5: "that is z. Which p does it give?",
        1 - _sigmoid(2.5): "that is the other answer. The question asks for p.",
    },
    tolerance=0.006,
    hint="Which z does the scaled pass compute, given the four?",
)
