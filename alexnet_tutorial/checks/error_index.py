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
        row("pool5").output[0]: "that is the network that loads the weights. "
        "The received value in the message is what was saved.",
        math.isqrt(12544): "that is the side of all the maps put together. "
        "Divide the length among the maps first.",
        256: "that is the number of maps. How many numbers does each of them have?",
        12544: "that is the length of the vector. It is side × side × maps.",
        5: "that is the network that rounds 224 pixels down. It flattens to 6400.",
        24.5: "you halved instead of taking the square root. Side × side is the area.",
    },
    hint="The vector is side × side × maps long.",
)

register(
    "errors.cause",
    right="c",
    why="the sparse loss wants a single number for each picture, so the labels should have one "
    "axis fewer than the output. Change the loss or the labels.",
    slips={
        "a": "without Flatten, the output would have four axes. How many does it have here?",
        "b": "the units agree: "
        "both end in 10. How many axes does this loss want the labels to have?",
        "d": "None is the batch axis, and it is there. Look at what comes after it.",
        "e": "that gives a different message, about ambiguous cardinality. This one is about axes.",
        "f": "Keras has not looked at the values yet. "
        "The message is about axes, not about numbers.",
    },
    hint="Answer with one letter, A to F.",
)

register(
    "errors.silent",
    right="d",
    why="an even guess among six classes costs ln 6, so nothing has been learned. Look for nan in "
    "the weights, too: some ReLUs turn it into 0, and then the loss does not show it.",
    slips={
        "a": "the loss has not moved in five epochs, so waiting will not help. "
        "What does a loss of ln 6 say about what was learned?",
        "b": "training ran, so the shapes agree. What can be wrong without any message?",
        "c": "a loss can be a number when the weights are not. "
        "What does a ReLU turn nan into on a CPU?",
        "e": "running out of memory gives a message. Here there is none.",
    },
    hint="Answer with one letter, A to E.",
)
