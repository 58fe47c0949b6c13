"""Questions of the chapter *One filter learns*."""

import math

from alexnet_tutorial.checks.answers import register

register(
    "filter.loss",
    right=(3**2 + 0**2 + 1**2 + 2**2) / 4,
    why="the errors are 3, 0, −1 and −2, their squares 9, 0, 1 and 4, and the mean of these is "
    "14 / 4.",
    slips={
        14: "that is the sum of the squares. The mean divides it by the number of places.",
        0: "you did not square the errors, so they cancel. Square first, then add.",
        1.5: "that is the mean size of the errors. Square each of them first.",
        14 / 3: "you left out the place without an error. It still counts as a place.",
        math.sqrt(14 / 4): "that is the square root of it. This chapter's loss takes no root.",
        14 / 8: "you halved it. Some books do, but this chapter's loss has no such factor.",
    },
    hint="Take the error at each of the four places, square it, then take the mean.",
)

register(
    "filter.gradient",
    right=2 * (1 * 1 + 4 * 3 + 0 * 2) / 3,
    why="the errors are 1, 4 and 0. Each times its pixel makes 1, 12 and 0, and twice the mean "
    "of these is 26 / 3.",
    slips={
        13 / 3: "you forgot a factor of 2. The slope of a square, e², is 2e.",
        26: "that is the sum. The loss is a mean, and so is its slope.",
        -26 / 3: "that is the way down. The slope itself has the opposite sign.",
        10 / 3: "you left out the pixels. "
        "Each error is multiplied by the pixel that the weight reads there.",
        17 / 3: "that is the loss. How fast does it change with the weight?",
        20: "you multiplied the sum of the errors by the sum of the pixels. "
        "Multiply at each place first, then add.",
    },
    tolerance=0.002,
    hint="Error times pixel at each of the three places; then twice the mean.",
)

register(
    "filter.momentum",
    right=2 + 0.9 * 0.5 - 0.1 * 3,
    why="0.9 of the last step is +0.45, the slope takes 0.1 · 3 = 0.3 away, and +0.15 is left. "
    "The ball still rolls uphill.",
    slips={
        1.7: "that is plain gradient descent. With momentum, part of the last step is taken again.",
        0.15: "that is the step. Where is the weight after it?",
        2.75: "you went uphill, with the slope. A step goes against it.",
        2.2: "you kept the whole last step. Momentum keeps only a fraction of it.",
        1.25: "you reversed the last step. It keeps its sign.",
        2.45: "you forgot the slope. It changes the step, too.",
    },
    tolerance=0.001,
    hint="New step: a fraction of the last one, minus the rate times the slope.",
)

register(
    "filter.rate",
    right=2 / 10,
    why="the slope of 5w² is 10w, so the curvature is 10. "
    "The factor 1 − 10η is −1 at η = 2 / 10: the step from 1 leads exactly to −1.",
    slips={
        0.4: "you took 5 for the curvature. The slope of 5w² is 10w.",
        0.1: "that lands at the minimum, in one step. How long is a step to the other side?",
        10: "that is the curvature. What must the rate be, for the factor to be −1?",
        2: "that is the rate times the curvature. How large is the curvature?",
        5: "that is the loss at the start. How large is the slope there?",
        1: "that rate leads from 1 to −9 in one step. "
        "What is the slope at 1, and how long should the step be?",
    },
    tolerance=0.001,
    hint="What is the slope at w = 1? How long must the step be, to land at −1?",
)

register(
    "filter.chain",
    right=2 * (3 - 1) * 2 * 1 * 3,
    why="z = 1.5, a = 1.5, y = 3. Then 2 (y − t) = 4, times v = 2, times 1 through ReLU, times "
    "x = 3.",
    slips={
        12: "you forgot a factor of 2. The slope of (y − t)² is 2 (y − t).",
        6: "that is the slope with respect to v. "
        "On the way to w, the chain goes through ReLU and x.",
        8: "you stopped at z. How fast does z change with w?",
        4: "you stopped at y. How fast does y change with w?",
        18: "you took y for the slope of the loss. That slope is 2 (y − t).",
        0: "you let ReLU stop the gradient. Is z negative?",
    },
    hint="First find z, a and y. Then multiply four slopes, one for each link of the chain.",
)

register(
    "filter.twins",
    right=1,
    why="equal filters make equal maps, get equal gradients, and take equal steps. They learn, but "
    "they stay the same filter. Only different random numbers at the start would make them differ.",
    slips={
        5: "that is how many filters there are. What would make two of them take different steps?",
        2: "that is how many the task would need. "
        "What would make two of them take different steps?",
        0: "they do learn, because they do not start from zeros. But do their steps differ?",
        100: "that is the number of steps. "
        "In any of them, do two of the filters get different gradients?",
        9: "that is how many weights a filter has. How many different filters are there?",
    },
    hint="Compare the gradients of two filters in the first step.",
)
