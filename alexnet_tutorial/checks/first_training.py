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
        40 * (1000 // 32): "you left out the last batch. "
        "The pictures that do not fill a batch make a step, too.",
        40 * 1000 / 32: "there is no quarter of a step. "
        "The last batch of an epoch is smaller, but it still makes one step.",
        40: "that is the number of epochs. In each of them, the weights change many times.",
        32: "those are the steps of one epoch. There are 40 epochs.",
        40 * 1000: "that is one step for each picture. A step takes a whole batch of them.",
        40 * 32 * 32: "you multiplied by the batch size. One batch is one step.",
    },
    hint="Count the steps in one epoch, including the last, smaller batch. "
    "Then multiply by the epochs.",
)

register(
    "training.early",
    right=12,
    why="patience only says how long to keep trying. "
    "The weights that come back are the ones with the lowest validation loss.",
    slips={
        17: "that is where training stops. What does restore_best_weights do then?",
        18: "training stops before that. And what does restore_best_weights do then?",
        13: "that is the first epoch that is worse. Which weights are put back?",
        7: "patience looks forward, not back. Which epoch was the best?",
        5: "that is the patience. Which epoch was the best?",
        40: "training stops long before that. And which weights are put back then?",
    },
    hint="When does training stop, and which weights are put back then?",
)

register(
    "training.better",
    right=58 / 128,
    why="5, 6 or 7 heads in seven tosses make 21 + 7 + 1 = 29 of 128 cases, and tails make as many "
    "again. So luck alone does this nearly half the time. More test pictures, or more seeds, would "
    "tell.",
    slips={
        29 / 128: "that is one direction only. The first network could have been the lucky one.",
        42 / 128: "that is exactly 5 to 2. Splits that are further apart count, too.",
        21 / 128: "that is exactly five heads. Count six and seven, too, and the other direction.",
        5 / 7: "that is the second network's share of the seven. "
        "How often does luck alone do this?",
        1 / 20: "that is the usual limit. Is luck more or less likely than that?",
        1 / 128: "that is one particular sequence of tosses. "
        "How many of the 128 are 5 to 2, or further apart?",
    },
    tolerance=0.01,
    hint="Seven tosses can fall in 128 ways. In how many of them does one side get 5 or more?",
)
