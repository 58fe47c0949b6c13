"""Questions of the chapter *A broken notebook*."""

import math

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import conv_parameters

register(
    "broken.pool",
    right=(32, 14, 28),
    why="the layer takes the 64 maps for a height of 64, and the last axis for channels. "
    "It halves two axes, but not the two that were meant.",
    slips={
        (64, 14, 14): "that is what was meant. "
        "But nobody told the layer: what format does it assume?",
        (32, 14, 14): "you halved all three axes. "
        "The layer takes one of them for channels and leaves it alone.",
        (32, 28, 28): "you halved the channels only. Pooling halves a height and a width.",
        (64, 28, 14): "you halved the last axis only. "
        "That is the axis the layer takes for channels.",
        (64, 14, 28): "you halved the middle axis only. Pooling halves a height and a width.",
        (32, 28, 14): "you halved the two outer axes. "
        "With channels last, which axis does the layer leave alone?",
        (64, 28, 28): "that is the shape that went in. "
        "Which two axes does the layer take for height and width?",
    },
    hint="Write height, width, channels under the three numbers, in the order of Keras's default.",
)

register(
    "broken.parameters",
    right=conv_parameters(18, 32, 3),
    why="the padding takes the 16 channels for a height and makes 18 of them. "
    "The convolution reads all 18.",
    slips={
        conv_parameters(16, 32, 3): "that is what was meant. "
        "What did the padding do to the first axis?",
        conv_parameters(17, 32, 3): "you padded one side only. "
        "A padding of 1 adds a line before and a line after.",
        conv_parameters(18, 32, 3) - 32: "you forgot the biases. Each filter has one.",
        conv_parameters(28, 32, 3): "you took the last axis for channels. "
        "The convolution was told that channels come first.",
        conv_parameters(30, 32, 3): "you took a padded side of the picture for channels. "
        "The convolution was told that channels come first.",
        conv_parameters(18, 1, 3): "you counted only one filter. "
        "There are 32, and each has its own weights.",
    },
    hint="First find the shape after the padding. "
    "Which axis of it does the convolution take for channels?",
)

register(
    "broken.truth",
    right=2,
    why="only the arrays with more than one element raise it: np.array([0, 1]) and np.zeros((2, "
    "2)). An array of one element is as true as its element, and a list is true when it is not "
    "empty.",
    slips={
        4: "you counted all the arrays. Is the truth of a single element ambiguous?",
        3: "that is one too many. Read the message: more than one element. And is a list an array?",
        5: "you counted all five values. For a list, Python only asks whether it is empty.",
        1: "that is one too few. How many elements does an array of zeros in two dimensions have?",
        0: "some of them do. Try bool() on the second.",
    },
    hint="Read the message word for word: an array, with more than one element.",
)

register(
    "broken.default",
    right=3,
    why="the default list is made once, when the function is defined, and all calls append to it.",
    slips={
        1: "that would be right if each call made a new list. When does Python compute a default?",
        0: "each call appends a picture. Does it append to a new list, or to one that is kept?",
        2: "that is how long the list is when the third call begins. Then that call appends, too.",
        4: "you counted the definition as a call. It makes the list, but appends nothing.",
        6: "you added up the lengths after each call. The question asks for the last list alone.",
    },
    hint="When does Python execute the line with def, and how often?",
)

register(
    "broken.flat",
    right=((5 / 6) ** 2 + 5 * (1 / 6) ** 2) / 6,
    why="the output for the right class is off by 5/6, the five others by 1/6 each, and the mean "
    "of the six squares is 5/36. A network whose loss stays at this number has learned nothing.",
    slips={
        math.log(6): "that is the cross-entropy. Here the error is squared.",
        5 / 6: "that is the sum of the squares. The loss is their mean.",
        25 / 36: "you counted the right class only. The others are off by a sixth each.",
        25 / 216: "you left out the other classes. They are off by a sixth each.",
        1 / 6: "that is the probability of each class. How far is each from its label?",
        1 / 36: "you counted one wrong class only. The right class is off by more.",
    },
    tolerance=0.01,
    hint="How far is each of the six outputs from its label? Square, and take the mean.",
)
