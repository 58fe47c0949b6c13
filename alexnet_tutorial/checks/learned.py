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
        121: "you left out the first place. There is one more place than there are steps.",
        output_size(57, 13, 1) ** 2: "that is for steps of 1. Here the square jumps further.",
        196: "the last squares would stick out of the picture. "
        "Subtract the square's own size first.",
        57 * 57: "that is the number of pixels. Where can the whole square stand?",
        16: "that is for squares that do not overlap. These move by less than their size.",
        24: "you added the two sides. Every place down has a whole row of places across.",
    },
    hint="It is the arithmetic of a convolution: size, window, stride.",
)

register(
    "learned.opposite",
    right=0,
    why="B gives −3 before ReLU, and ReLU turns that into 0. "
    "Wherever one of the two filters responds, the other is silent.",
    slips={
        -3: "that is before ReLU. A map after ReLU has no negative numbers.",
        3: "the sign of every product changes. "
        "What is the sum then, and what does ReLU make of it?",
        1 / 3: "nothing is divided here. Each product of a weight and a pixel changes its sign.",
        6: "that adds up both maps. The question asks for B's map alone.",
        1: "ReLU does not make ones. It keeps what is above zero, and cuts off the rest.",
    },
    hint="First the sum without ReLU, then ReLU.",
)

register(
    "learned.flat",
    right=0.9 * (1 - 0.9) * 2,
    why="dp/ds = p (1 − p) = 0.09, times 2. At p = 0.999 it would be 0.002: the more certain the "
    "answer, the smaller every gradient of the probability. That is why maps are drawn from the "
    "score.",
    slips={
        2: "that is the gradient of the score. The curve from score to probability comes next.",
        0.09: "that is the slope of the curve alone. The chain rule has a second factor.",
        1.8: "you took p for the slope of the curve. Differentiate 1 / (1 + exp(−s)).",
        0.2: "you took 1 − p for the slope of the curve. Differentiate 1 / (1 + exp(−s)).",
        0.9: "that is the probability. The question asks how fast it changes.",
        0.045: "you divided by the score's gradient. The chain rule multiplies.",
        0: "nearly, but the network is not quite certain. How flat is the curve at 0.9?",
    },
    tolerance=0.001,
    hint="Use the chain rule: "
    "the slope of p with respect to s, times the slope of s with respect to x.",
)

register(
    "learned.directions",
    right=119,
    why="120 points span at most 119 directions around their mean, just as two points span one "
    "line. So with few pictures, a plane can show a large share of the spread, however many "
    "features they have.",
    slips={
        4096: "there are fewer points than features. "
        "In how many directions can two points be spread?",
        120: "subtracting the mean takes one direction away. The rows add up to zero.",
        2: "that is how many a drawing can show. How many are there in all?",
        118: "you took too many away. Two points can be spread in one direction, three in two.",
        4095: "there are fewer points than features. "
        "In how many directions can two points be spread?",
        121: "subtracting the mean adds no direction. Two points make only one line.",
    },
    hint="Try it with two points, then with three.",
)

register(
    "learned.sleeve",
    right="b",
    why="one picture and one place are all that was measured. To learn whether the sleeve means "
    "three, or the gray square just looks like something else, you need more pictures and other "
    "covers.",
    slips={
        "a": "one picture cannot show a rule. What was measured, and on how many pictures?",
        "c": "nobody looked at the training set. What was covered, and in which picture?",
        "d": "the fingers were never covered. That one place matters says nothing about another.",
        "e": "the network may be right for the wrong reason. "
        "More training could even make that stronger.",
        "ab": "one of the two goes further than the measurement. How many pictures were there?",
    },
    hint="Answer with one letter, A to E. Which conclusion says no more than what was measured?",
)
