"""Questions of the chapter *The recipe of 2012*."""

import math

from alexnet_tutorial.checks.answers import register

register(
    "recipe.momentum",
    right=1 / (1 - 0.95),
    why="1 + 0.95 + 0.95² + … is 1/(1 − 0.95).",
    slips={
        10: "that is for a momentum of 0.9. Put 0.95 in its place.",
        1.95: "that is the length of the second step. The steps keep growing.",
        0.95: "that is what remains of one step in the next. Every step adds a new one to it.",
        0.05: "you have it upside down. The steps get longer, not shorter.",
        1: "that is without momentum. Add what remains of the earlier steps.",
    },
    tolerance=1e-3,
    hint="Add up one whole step, 0.95 of the one before, 0.95 of 0.95 of the one before that …",
)

register(
    "recipe.l2",
    right=0.001,
    why="L2(x) adds x times the sum of squares, whose gradient is 2x times the weight.",
    slips={
        0.002: "you copied the paper's number, but Keras's L2 has no half. "
        "What is the gradient of x·w²?",
        0.004: "you applied the half the wrong way around. What is the gradient of x·w²?",
        0.02: "you multiplied by the factor of the momentum. "
        "Both decays are inside the momentum, so it cancels.",
        0.0002: "you divided by the factor of the momentum. "
        "Both decays are inside the momentum, so it cancels.",
        0.00025: "that is for the decay of 2012. This paper uses a different one.",
        0.01: "that is the learning rate. It is already in the rule.",
    },
    tolerance=1e-6,
    hint="Take the gradient of x·w², and compare it with what stands before w in the paper's rule.",
)

register(
    "recipe.match",
    right=0.01,
    why="inside a momentum of 0.95, the pull adds up to 1/(1 − 0.95) times itself. "
    "Outside, the number itself must contain that factor.",
    slips={
        0.0005: "with the same number, the weight shrinks more slowly. "
        "Outside the momentum, nothing lengthens the pull.",
        0.000025: "you changed it in the wrong direction. "
        "With the same number, which of the two rules pulls harder?",
        0.00025: "you halved it, but the half belongs to the L2 term. "
        "Here the factor comes from the momentum.",
        0.001: "you doubled it, but the factor of 2 belongs to the L2 term. "
        "Here the factor comes from the momentum.",
        0.000475: "you multiplied by the momentum once. The momentum acts again in every step.",
        0.005: "that is for a momentum of 0.9. Put 0.95 in its place.",
        0.2: "you used the factor twice. One factor of 1/(1 − 0.95) is enough.",
    },
    tolerance=0.02,
    hint="By what factor does momentum lengthen a step whose sign never changes?",
)

register(
    "recipe.after",
    right=0.91,
    why="nine tenths of the old step go on. "
    "The new part used to be the other tenth, and is now a tenth of that: 0.9 + 0.1 · 0.1.",
    slips={
        0.1: "the velocity does not know about the division yet. "
        "How much of the last step goes on?",
        0.9: "you left out the new gradient's part. It is small, but it is there.",
        1: "that would be without the division. The new part is a tenth of what it was.",
        0.19: "you divided the old step as well. Only the rate has changed.",
        0.01: "that is the new part alone. Most of the old step goes on.",
        9.1: "that is the length in units of rate times slope. "
        "The question asks for a share of the step before.",
    },
    tolerance=1e-3,
    hint="Before, a step was 10 (in rate times slope). What are its two parts afterward?",
)

register(
    "recipe.slow",
    right=math.log(2) / (10 * 0.0005 * 0.00001) / (1_200_000 // 128),
    why="the rule multiplies the decay by the rate, so an epoch and a half at 0.01 becomes a "
    "thousand times as long at a thousandth of that rate.",
    slips={
        1.5: "the pull of the decay does not stay the same. What stands before w in the rule?",
        15: "that is after one division. There were three.",
        150: "that is after two divisions. There were three.",
        45: "you added up the three divisions. "
        "They multiply: ten times, and ten times again, and again.",
        1000: "that is how many times as long it takes now. How long did it take before?",
        0.0015: "you have it upside down. A smaller rate needs more steps.",
        15000: "you counted the momentum as well, but it is the same before and after. "
        "Only the rate has changed.",
    },
    tolerance=0.03,
    hint="What stands before w in the rule, and how has it changed?",
)
