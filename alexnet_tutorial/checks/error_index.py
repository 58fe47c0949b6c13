"""Questions of the chapter *Error index*."""

import math

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import row

register(
    "errors.side",
    right=math.isqrt(12544 // 256),
    why="12544 / 256 = 49, a map of 7 × 7. Such a network starts from larger pictures, for example "
    "of 256 pixels, or has different strides.",
    slips={
        49: "that is the area of a map. How long is one side of it?",
        row("pool5").output[0]: "that is the network that loads them. "
        "The value in the message is what was saved.",
        math.isqrt(12544): "that is the side of all maps together. "
        "Divide the length among the maps first.",
        256: "those are the maps. How many numbers has each of them?",
        12544: "that is the length of the vector. It is side × side × maps.",
        5: "that is the network that rounds 224 pixels down. It flattens to 6400.",
        24.5: "halved instead of the square root. side × side is the area.",
    },
    hint="The vector is side × side × maps long.",
)

register(
    "errors.cause",
    right="c",
    why="the sparse loss wants one number for each picture, so one axis less than the output has. "
    "Change the loss or the labels.",
    slips={
        "a": "without Flatten the output would have four axes. How many has it here?",
        "b": "the units agree: both end in 10. Count the axes that this loss wants.",
        "d": "None is the batch axis, and it is there. Look at what comes after it.",
        "e": "then the cardinality would be ambiguous. That message comes earlier.",
        "f": "values are not looked at yet. The message is about axes, not about numbers.",
    },
    hint="Answer with one letter, A to F.",
)

register(
    "errors.silent",
    right="d",
    why="a guess among six costs ln 6, so nothing has been learned. Look for nan in the weights, "
    "too: some ReLUs turn it into 0, and then the loss does not show it.",
    slips={
        "a": "more of the same. What does a loss of ln 6 say about what was learned?",
        "b": "the loss ran, so the shapes agree. What can be wrong without any message?",
        "c": "a number is no proof of health. What does a ReLU turn nan into on a CPU?",
        "e": "then memory would have run out with a message. Here there is none.",
    },
    hint="Answer with one letter, A to E.",
)
