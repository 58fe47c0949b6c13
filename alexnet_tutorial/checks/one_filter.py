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
        0: "the errors cancel each other, because they were not squared. Square first, then add.",
        1.5: "that is the mean size of the errors. Each is squared first.",
        14 / 3: "left out the place without an error. It counts as a place all the same.",
        math.sqrt(14 / 4): "that is the root of it. The loss of this chapter takes no root.",
        14 / 8: "halved it. Some books do; this chapter's loss has no such factor.",
    },
    hint="Error at each of the four places, squared, then the mean.",
)

register(
    "filter.gradient",
    right=2 * (1 * 1 + 4 * 3 + 0 * 2) / 3,
    why="the errors are 1, 4 and 0. Each times its pixel makes 1, 12 and 0, and twice the mean "
    "of these is 26 / 3.",
    slips={
        13 / 3: "forgot the factor of the square. The square of an error changes twice as fast.",
        26: "that is the sum. The loss is a mean, and so is its slope.",
        -26 / 3: "that is the way down. The slope itself points up.",
        10 / 3: "left out the pixels. An error counts as much as the pixel that the weight sees.",
        17 / 3: "that is the loss. How fast does it change with the weight?",
        20: "multiplied the sum of the errors by that of the pixels. First multiply, then add.",
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
        1.7: "that is plain descent. Part of the last step is taken again.",
        0.15: "that is the step. Where is the weight after it?",
        2.75: "went with the slope. A step goes against it.",
        2.2: "kept the whole last step. Momentum keeps a fraction of it.",
        1.25: "turned the last step round. It is kept with its sign.",
        2.45: "forgot the slope. It changes the step, too.",
    },
    tolerance=0.001,
    hint="New step: a fraction of the last one, minus the rate times the slope.",
)

register(
    "filter.rate",
    right=2 / 10,
    why="the slope of 5w² is 10w, so the curvature is 10. A factor of 1 − 10η is −1 at "
    "η = 2 / 10: the step from 1 leads exactly to −1.",
    slips={
        0.4: "took 5 for the curvature. The slope of 5w² is 10w.",
        0.1: "that lands at the lowest point, in one step. How long is a step to the other side?",
        10: "that is the curvature. What must the rate be, for the factor to be −1?",
        2: "that is what rate times curvature comes to. How large is the curvature?",
        5: "that is the loss at the start. How large is the slope there?",
        1: "then one step leads from 1 to −9. Take the slope at 1, and ask how long the step is.",
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
        12: "forgot the factor of the square. The slope of (y − t)² is 2 (y − t).",
        6: "that is the slope for v. To w, the chain goes on through ReLU and x.",
        8: "stopped at z. And how fast does z change with w?",
        4: "stopped at y. And how fast does y change with w?",
        18: "took y for the slope of the loss. That is 2 (y − t).",
        0: "as if ReLU stopped it. Is z negative?",
    },
    hint="First z, a and y. Then four rates, one for each link of the chain, multiplied.",
)

register(
    "filter.twins",
    right=1,
    why="equal filters make equal maps, get equal gradients, and take equal steps. They learn, "
    "but they stay the same filter. Only random starts make them different.",
    slips={
        5: "that is how many there are. What makes two of them take different steps?",
        2: "that is how many the task would need. What makes two of them take different steps?",
        0: "they do learn: only from zeros they would not. Do their steps differ?",
        100: "those are the steps. In each of them, do two of the filters get different gradients?",
        9: "those are the weights of a filter. How many different filters are there?",
    },
    hint="Compare the gradients of two filters in the first step.",
)
