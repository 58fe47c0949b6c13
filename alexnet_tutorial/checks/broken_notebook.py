"""Questions of the chapter *A broken notebook*."""

import math

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import conv_parameters

register(
    "broken.pool",
    right=(32, 14, 28),
    why="it takes the 64 maps for a height of 64, and the last axis for channels: two axes are "
    "halved, and not the two that were meant.",
    slips={
        (64, 14, 14): "that is what was meant. The layer was not told. What is its default?",
        (32, 14, 14): "halved all three. One axis it takes for channels, and leaves alone.",
        (32, 28, 28): "halved the channels only. Pooling has a height and a width.",
        (64, 28, 14): "halved the last axis only. The last axis is what it takes for channels.",
        (64, 14, 28): "halved the middle axis only. Pooling has a height and a width.",
        (32, 28, 14): "halved the outer two. Channels last: which axis does it leave alone?",
        (64, 28, 28): "pooling with 2 halves something. Which two axes does it see?",
    },
    hint="Write height, width, channels under the three numbers, in the order of Keras's default.",
)

register(
    "broken.parameters",
    right=conv_parameters(18, 32, 3),
    why="the padding takes 16 channels for a height and makes 18 of them; the convolution reads "
    "all 18.",
    slips={
        conv_parameters(16, 32, 3): "that is what was meant. "
        "What has the padding done to the first axis?",
        conv_parameters(17, 32, 3): "padded one side only. "
        "A padding of 1 puts a line before and one after.",
        conv_parameters(18, 32, 3) - 32: "forgot the biases. Each filter adds one number.",
        conv_parameters(28, 32, 3): "took the last axis for channels. "
        "The convolution was told: channels first.",
        conv_parameters(30, 32, 3): "took a padded side of the picture for channels. "
        "The convolution was told: channels first.",
        conv_parameters(18, 1, 3): "counted one filter only. "
        "There are 32, and each has weights of its own.",
    },
    hint="First the shape after the padding, then the channels that the convolution reads there.",
)

register(
    "broken.truth",
    right=2,
    why="only the arrays with more than one element: np.array([0, 1]) and np.zeros((2, 2)). An "
    "array of one element is as true as its element, and a list is true when it is not empty.",
    slips={
        4: "counted all arrays. Is the truth of one single element ambiguous?",
        3: "one too many. Read the message: more than one element. And is a list an array?",
        5: "counted all of them. A list only asks whether it is empty.",
        1: "one too few. Zeros in two dimensions: how many elements?",
        0: "some do. Try bool() on the second.",
    },
    hint="Read the message word for word: an array, with more than one element.",
)

register(
    "broken.default",
    right=3,
    why="the default list is made once, when the function is defined, and all calls append to it.",
    slips={
        1: "made a new list for each call. When does Python compute a default?",
        0: "each call appends a picture. Does it append to a new list, or to one that is kept?",
        2: "that is what the third call finds. And then it appends, too.",
        4: "counted the definition as a call. It makes the list, and leaves it empty.",
        6: "added up the lengths. Asked for is the last list alone.",
    },
    hint="When is the line with def itself executed, and how often?",
)

register(
    "broken.flat",
    right=((5 / 6) ** 2 + 5 * (1 / 6) ** 2) / 6,
    why="the right class misses by 5/6, the five others by 1/6 each: the mean of the six squares "
    "is 5/36. A loss that stays at this number has learned nothing.",
    slips={
        math.log(6): "that is cross-entropy. Here the error is squared.",
        5 / 6: "that is the sum of the squares. The loss is their mean.",
        25 / 36: "counted the right class only. The others are wrong by a sixth each.",
        25 / 216: "left out the other classes. They are wrong by a sixth each.",
        1 / 6: "that is the probability of each class. By how much does each miss its label?",
        1 / 36: "counted a wrong class only. The right one misses by more.",
    },
    tolerance=0.01,
    hint="By how much does each of the six outputs miss its label? Square, and take the mean.",
)
