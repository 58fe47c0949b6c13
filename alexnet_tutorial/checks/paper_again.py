"""Questions of the chapter *The paper's Figure 1, run again*."""

from math import sqrt

from alexnet_tutorial.checks.answers import register

register(
    "again.weights",
    right=64 * (5 * 5 * 32 + 1),
    why="64 filters of 5 · 5 · 32 weights each, and a bias for each filter.",
    slips={
        64 * 5 * 5 * 32: "that leaves out the biases. How many are there?",
        64 * (5 * 5 * 3 + 1): "that takes the three colors. What does conv3 read?",
        5 * 5 * 32 + 1: "that is one filter. How many has conv3?",
        64 * (5 * 5 * 64 + 1): "64 are its own filters. How many maps has conv2?",
        64 * 5 * 5 * 32 + 32: "that adds a bias for each map that it reads. Whose are the biases?",
    },
    hint="A filter has a weight for each of 5 × 5 places in each map that it reads, and a bias.",
)

register(
    "again.sum",
    right=1e-4 * 60 * sqrt(75),
    why="a unit of conv1 adds up 5 · 5 · 3 products, whose signs are random: the sum is √75 times "
    "one product. tanh is nearly a straight line there.",
    slips={
        1e-4 * 60 * 75: "that adds up sizes. The signs are random, so a sum of n grows as √n.",
        1e-4 * 60: "that is one product. How many does a unit of conv1 add up?",
        1e-4 * 60 * sqrt(25): "that is one color. A picture has three.",
        1e-4 * sqrt(75): "that takes pixels of ±1. In bytes they are some sixty.",
        0.01 * 60 * sqrt(75): "0.01 is for the later layers. What does conv1 start with?",
    },
    tolerance=0.002,
    hint="Weight times pixel, times the square root of how many are added up.",
)

register(
    "again.slope",
    right=sqrt(0.9),
    why="the slope of tanh is 1 − a², and that is a tenth where a² is nine tenths.",
    slips={
        0.9: "that is a². Take its root.",
        0.1: "that is the slope. What is the output, where the slope is this?",
        sqrt(0.1): "there the slope is nine tenths. What must a² be?",
        0.99: "there the slope is a fiftieth. Square it and see.",
        0.81: "squared where a root is needed. What must a² be?",
        1.0: "there nothing gets through. A little below it something does.",
    },
    tolerance=0.004,
    hint="Write the slope of tanh by its own output a.",
)

register(
    "again.rates",
    right="c",
    why="the one was given a choice and the other was not. What looks like the activation may be "
    "the rate.",
    slips={
        "a": "B might need another rate. Was one tried?",
        "b": "one cannot know. B was tried once.",
        "d": "different rates are fair. What matters is that each gets its best.",
    },
    hint="Answer with one letter, A to D. What did A get that B did not?",
)
