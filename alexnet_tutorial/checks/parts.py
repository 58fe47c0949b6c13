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
        0.81: "that is the square of the output. The slope is what is left to 1.",
        1 - 0.9: "forgot the square. The slope of tanh is 1 − tanh².",
        1 - math.tanh(0.9) ** 2: "took 0.9 for the sum z. "
        "0.9 is what the unit puts out, tanh has been taken already.",
        1: "that is ReLU, or tanh at 0. This unit is well on its way to the flat part.",
        0.9: "that is the output. The slope follows from it, in one line.",
        0: "it is not quite flat yet. The slope is 0 at an output of 1 only.",
    },
    tolerance=0.001,
    hint="Write 1 − tanh² down, and put what the unit puts out in the place of tanh.",
)

register(
    "parts.depth",
    right=2**10,
    why="the mean square is halved 20 times, 2²⁰; the size is its root, 2¹⁰.",
    slips={
        2**20: "that is for the square. Asked for is the size: take the root.",
        20: "that is the number of layers. Each layer multiplies, it does not add.",
        40: "halving multiplies, layer by layer. What is ½ · ½ · ½?",
        10: "halving multiplies, layer by layer. What is ½ · ½ · ½?",
        2: "that is one layer's share of the square. There are 20 of them.",
        2**5: "took the root twice. Once from the mean square to the size is enough.",
        int(2**9.5): "counted the steps between the layers. Here each of the 20 multiplies.",
    },
    hint="By what is the mean square multiplied in each layer? And then: the root of it all.",
)

register(
    "parts.radius",
    right=11,
    why="5 on one side, the channel itself, 5 on the other. The paper's window of 5 has radius 2.",
    slips={
        5: "that is what was meant. A radius reaches to both sides.",
        10: "forgot the channel itself. It lies between its neighbors, and is counted.",
        6: "counted one side only. A radius reaches to both sides.",
        3: "divided the radius. A radius reaches this far to each side.",
        2: "that is the radius that would be right. How wide is the window with 5?",
        9: "counted an end twice. Write the channels down: from c − 5 to c + 5.",
    },
    hint="From channel c − 5 to channel c + 5: how many are that?",
)

register(
    "parts.even",
    right=(output_size(64, 3, 2), output_size(64, 2, 2)),
    why="61 / 2 rounds down to 30 steps, 62 / 2 is 31 steps, and each has one position more than "
    "steps. On an even map the two differ.",
    slips={
        (32, 32): "they agree on odd sides only. Put 64 into both formulas.",
        (31, 31): "they agree on odd sides only. Put 64 into both formulas.",
        (32, 31): "the wrong way round. Which window has less room to walk?",
        (30, 31): "those are steps. A fence has a post more than gaps.",
        (30.5, 31): "those are steps, not rounded. Round down, and count positions.",
        (62, 63): "forgot the stride. Both move by 2.",
        (21, 32): "took 3 for the stride. 3/2 is a window of 3 that moves by 2.",
    },
    hint="(64 − window) / 2, rounded down, and one more; once for each.",
)

register(
    "parts.rescale",
    right=0.8,
    why="in training the paper's next layer got m · h, Keras gives it m · h / 0.8: weights of 0.8 "
    "times the size undo that, and in use h · 0.8 W is what the paper computes.",
    slips={
        0.2: "that is the share that is dropped. On what share were the weights trained?",
        0.5: "that is for a rate of one half. Here 8 of 10 units stay.",
        1.25: "the wrong way round. Keras gives the layer more than it was trained on.",
        1: "then the layer would get too much. What does Keras do to units that stay?",
        0.64: "did it twice. Either in training or in use, never in both.",
        5: "divided by the share that is dropped. Keras divides by the share that stays.",
        2: "that is for one half, the wrong way round. Here 8 of 10 units stay.",
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
