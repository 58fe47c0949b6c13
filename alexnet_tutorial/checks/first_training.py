"""Questions of the chapter *A first training*."""

import math

from alexnet_tutorial.checks.answers import register

register(
    "training.first-loss",
    right=math.log(200),
    why="undecided, it gives each of the 200 classes one part in 200, and the loss is "
    "−ln(1/200) = ln 200.",
    slips={
        math.log10(200): "that is the logarithm to base 10. Keras uses the natural logarithm.",
        math.log2(200): "that is the logarithm to base 2. Keras uses the natural logarithm.",
        0.005: "that is the probability. The loss is minus its logarithm.",
        0.995: "that is the share of wrong answers. The loss is minus a logarithm.",
        math.log(6): "that is for six classes. This network has 200.",
        math.log(1000): "that is for a thousand classes. This network has 200.",
        -math.log(200): "the sign is wrong. A loss has a minus before the logarithm.",
    },
    tolerance=0.003,
    hint="What does it give the right class, if it gives every class the same? Then −ln of that.",
)

register(
    "training.steps",
    right=40 * math.ceil(1000 / 32),
    why="1000 / 32 is 31 full batches and a smaller one, so 32 steps in each of 40 epochs.",
    slips={
        40 * (1000 // 32): "left out the last batch. "
        "The pictures that do not fill a batch are a step too.",
        40 * 1000 / 32: "there is no quarter of a step. "
        "The last batch of an epoch is smaller, and it is a step.",
        40: "those are the epochs. In each of them the weights change many times.",
        32: "those are the steps of one epoch. There are 40 epochs.",
        40 * 1000: "one step for each picture. A step takes a whole batch of them.",
        40 * 32 * 32: "multiplied by the batch. One batch is one step.",
    },
    hint="Steps in one epoch, the last and smaller batch included, times the epochs.",
)

register(
    "training.early",
    right=12,
    why="patience says how long to go on hoping; the weights that come back are the ones with "
    "the lowest validation loss.",
    slips={
        17: "that is where it stops. What does restore_best_weights do then?",
        18: "it stops before that. And what does restore_best_weights do then?",
        13: "that is the first epoch that is worse. Which weights are put back?",
        7: "patience looks forward, not back. Which epoch was the best?",
        5: "that is the patience. Which epoch was the best?",
        40: "it stops long before. And which weights are put back then?",
    },
    hint="When does it stop, and what does it put back?",
)

register(
    "training.better",
    right=58 / 128,
    why="5, 6 or 7 heads of seven are 21 + 7 + 1 = 29 of 128 cases, and as many for tails. So luck "
    "alone does this in nearly half of all cases: more test pictures, or more seeds, would tell.",
    slips={
        29 / 128: "that is one direction. The first network could have been the lucky one.",
        42 / 128: "that is exactly 5 to 2. What lies further apart counts too.",
        21 / 128: "that is exactly five heads. Count six and seven too, and the other direction.",
        5 / 7: "that is the share of the second network. How often does luck do this?",
        1 / 20: "that is the usual limit. Is luck more or less likely than that?",
        1 / 128: "that is one order of the tosses. How many of the 128 fall 5 to 2 or further?",
    },
    tolerance=0.01,
    hint="Of the 128 ways in which seven tosses can fall, in how many are there 5 or more on one "
    "side?",
)
