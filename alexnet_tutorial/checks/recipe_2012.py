"""Questions of the chapter *The recipe of 2012*."""

import math

from alexnet_tutorial.checks.answers import register

register(
    "recipe.momentum",
    right=1 / (1 - 0.95),
    why="1 + 0.95 + 0.95² + … is 1/(1 − 0.95).",
    slips={
        10: "that is for a momentum of 0.9. Put 0.95 in its place.",
        1.95: "that is the second step. The steps go on growing.",
        0.95: "that is what remains of one step. Each step adds a new one to it.",
        0.05: "turned upside down. The steps grow.",
        1: "that is without momentum. Add what remains of the steps before.",
    },
    tolerance=1e-3,
    hint="Add up one whole step, 0.95 of the one before, 0.95 of 0.95 of the one before that …",
)

register(
    "recipe.l2",
    right=0.001,
    why="L2(x) adds x times the sum of squares, whose gradient is 2x times the weight.",
    slips={
        0.002: "Keras's L2 has no half. What is the gradient of x·w²?",
        0.004: "the half goes the other way. What is the gradient of x·w²?",
        0.02: "that is the factor of the momentum. Both are inside of it: no factor there.",
        0.0002: "that is decoupled decay. A regularizer acts through the gradient.",
        0.00025: "that is for the decay of 2012. This paper has another one.",
        0.01: "that is the learning rate. It is in the rule already.",
    },
    tolerance=1e-6,
    hint="Take the gradient of x·w² and compare it with what the rule has before w.",
)

register(
    "recipe.match",
    right=0.01,
    why="inside a momentum of 0.95 the pull adds up to 1/(1 − 0.95) of itself; outside, the number "
    "must hold that factor.",
    slips={
        0.0005: "the same number is a weaker rule there. The momentum does not multiply it.",
        0.000025: "the wrong way round. Which of the two rules is the weaker?",
        0.00025: "the half belongs to the L2 term. Here the factor is the momentum's.",
        0.001: "that is about the L2 term. Here the factor is the momentum's.",
        0.000475: "multiplied by the momentum once. It multiplies in every step again.",
        0.005: "that is for a momentum of 0.9. Put 0.95 in its place.",
        0.2: "that is the factor, twice. One factor of 1/(1 − 0.95) is enough.",
    },
    tolerance=0.02,
    hint="By which factor does momentum lengthen a step whose sign never changes?",
)

register(
    "recipe.after",
    right=0.91,
    why="nine tenths of the long step go on, and a tenth of a new step, itself a tenth of the "
    "whole, is added: 0.9 + 0.1 · 0.1.",
    slips={
        0.1: "the velocity does not know of the division yet. What of the last step goes on?",
        0.9: "left out the new gradient's part. It is small, but it is there.",
        1: "that would be without the division. The new part is a tenth of what it was.",
        0.19: "divided the old step as well. Only the rate has changed.",
        0.01: "that is the new part alone. Most of the old step goes on.",
        9.1: "measured in single steps. Asked for is a share of the step before.",
    },
    tolerance=1e-3,
    hint="Before, a step was 10 (in rate times slope). What are its two parts afterwards?",
)

register(
    "recipe.slow",
    right=math.log(2) / (10 * 0.0005 * 0.00001) / (1_200_000 // 128),
    why="the rule multiplies the decay by the rate, so an epoch and a half at 0.01 becomes a "
    "thousand times as long at a thousandth of it.",
    slips={
        1.5: "the decay is not constant. What stands before w in the rule?",
        15: "that is one division. There were three.",
        150: "that is two divisions. There were three.",
        45: "divisions multiply. Ten times, and ten times, and ten times.",
        1000: "that is how many times as long it takes. As long as what?",
        0.0015: "turned upside down. A smaller rate needs more steps.",
        15000: "the momentum is the same in both. Only the rate has changed.",
    },
    tolerance=0.03,
    hint="What stands before w in the rule, and what has become of it?",
)
