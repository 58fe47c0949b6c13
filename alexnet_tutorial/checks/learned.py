"""Questions of the chapter *What it learned*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.shapes import output_size

register(
    "learned.squares",
    right=output_size(57, 13, 4) ** 2,
    why="the square stands at (57 − 13) / 4 + 1 = 12 places along each side, as a window of a "
    "convolution does.",
    slips={
        12: "that is one side. The square moves down as well as to the right.",
        121: "left out the first place. Steps between places are one fewer than places.",
        output_size(57, 13, 1) ** 2: "that is in steps of 1. Here it jumps further.",
        196: "the last squares would leave the picture. They have a size too.",
        57 * 57: "that is the number of pixels. Where can the whole square stand?",
        16: "then the squares would not overlap. They move by less than their size.",
        24: "added the two sides. Each row of places has as many as one side.",
    },
    hint="It is the arithmetic of a convolution: size, window, stride.",
)

register(
    "learned.opposite",
    right=0,
    why="B gives −3 before ReLU, and ReLU turns it into 0. What A sees, B does not; where B "
    "answers, A is silent.",
    slips={
        -3: "that is before ReLU. A map after ReLU has no negative numbers.",
        3: "the sign of every product changes. What is the sum then, and what ReLU of it?",
        1 / 3: "the sum is not divided. Each weight times each pixel changes its sign.",
        6: "the maps are not added. Asked for is B's map alone.",
        1: "ReLU does not make ones. It keeps what is above zero, and cuts off the rest.",
    },
    hint="First the sum without ReLU, then ReLU.",
)

register(
    "learned.flat",
    right=0.9 * (1 - 0.9) * 2,
    why="dp/ds = p (1 − p) = 0.09, times 2. At p = 0.999 it would be 0.002: the more certain the "
    "answer, the smaller every gradient of the probability. So maps are drawn from the score.",
    slips={
        2: "that is the gradient of the score. The curve from score to probability comes next.",
        0.09: "that is the slope of the curve alone. The chain rule has a second factor.",
        1.8: "the slope is not p. Differentiate 1 / (1 + exp(−s)).",
        0.2: "the slope is not 1 − p. Differentiate 1 / (1 + exp(−s)).",
        0.9: "that is the probability. Asked for is how it changes.",
        0.045: "divided by the score's gradient. The chain rule multiplies.",
        0: "nearly, but the network is not quite certain. How flat is the curve at 0.9?",
    },
    tolerance=0.001,
    hint="The chain rule: the slope of p over s, times the slope of s over x.",
)

register(
    "learned.directions",
    right=119,
    why="120 points span at most 119 directions around their mean, as two points span one line. "
    "So a plane can show a large share of few pictures, however many features they have.",
    slips={
        4096: "there are fewer points than features. How many directions have two points?",
        120: "the mean takes one away. The rows add up to zero.",
        2: "that is what a drawing can show. Asked for is what there is.",
        118: "took too many away. Two points are spread in one direction.",
        4095: "there are fewer points than features. How many directions have two points?",
        121: "the mean takes one away, and adds none. Two points: one line.",
    },
    hint="Try it with two points, then with three.",
)

register(
    "learned.sleeve",
    right="b",
    why="one picture, one place: that is what was measured. Whether the sleeve means three, or "
    "the gray square there looks like something else, needs more pictures and other covers.",
    slips={
        "a": "one picture shows no rule. What was measured, and on how many pictures?",
        "c": "nothing was asked of the training set. What was covered, and where?",
        "d": "fingers were not covered. That one place matters says nothing about another.",
        "e": "it may be right for the wrong reason. Training on may even strengthen it.",
        "ab": "one of the two goes further than the measurement. How many pictures were there?",
    },
    hint="Answer with one letter, A to E.",
)
