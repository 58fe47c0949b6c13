"""Questions of the chapter *The paper's Figure 1, run again*."""

from math import sqrt

from alexnet_tutorial.checks.answers import register

register(
    "again.weights",
    right=64 * (5 * 5 * 32 + 1),
    why="64 filters of 5 · 5 · 32 weights each, and a bias for each filter.",
    slips={
        64 * 5 * 5 * 32: "that leaves out the biases. How many are there?",
        64 * (5 * 5 * 3 + 1): "that is for a picture's three colors. What does conv3 read?",
        5 * 5 * 32 + 1: "that is one filter. How many does conv3 have?",
        64 * (5 * 5 * 64 + 1): "you let each filter read 64 maps, but 64 is how many filters conv3 "
        "itself has. How many maps does conv2 put out?",
        64 * 5 * 5 * 32 + 32: "that adds a bias for each map that it reads. "
        "What does a bias belong to?",
    },
    hint="A filter has a weight for each of 5 × 5 places in each map that it reads, and a bias.",
)

register(
    "again.sum",
    right=1e-4 * 60 * sqrt(9 * 9 * 3),
    why="a unit adds up 9 · 9 · 3 products, whose signs are random: the sum is √243 times one "
    "product. tanh is nearly a straight line there.",
    slips={
        1e-4 * 60 * 243: "you added up sizes. The signs are random, so a sum of n grows like √n.",
        1e-4 * 60: "that is one product. How many does a unit of conv1 add up?",
        1e-4 * 60 * sqrt(81): "that is one color. A picture has three.",
        1e-4 * 60 * sqrt(75): "that is for 5 × 5. How many pixels are in a window of 9 × 9?",
        1e-4 * sqrt(243): "that is for pixels of ±1. In bytes, they are about sixty.",
        0.01 * 60 * sqrt(243): "0.01 is for the later layers. What does conv1 start with?",
    },
    tolerance=0.006,
    hint="Weight times pixel, times the square root of how many are added up.",
)

register(
    "again.slope",
    right=sqrt(0.9),
    why="the slope of tanh is 1 − a², and that is a tenth where a² is nine tenths.",
    slips={
        0.9: "that is a². Take its root.",
        0.1: "that is the slope. At which output is the slope that small?",
        sqrt(0.1): "at that output, the slope is nine tenths. What must a² be?",
        0.99: "at that output, the slope is a fiftieth. Square it and see.",
        0.81: "you squared where you need a root. What must a² be?",
        1.0: "at that output, nothing gets through. A little below it, something does.",
    },
    tolerance=0.004,
    hint="Write the slope of tanh in terms of its own output a.",
)

register(
    "again.rates",
    right="c",
    why="network A got a choice of rates, and network B did not. "
    "What looks like a slower network may just be a worse rate.",
    slips={
        "a": "B might need a different rate. Was one tried?",
        "b": "you cannot know that yet. B was tried at only one rate.",
        "d": "different rates are fair. What matters is that each network gets its best one.",
    },
    hint="Answer with one letter, A to D. What did A get that B did not?",
)
