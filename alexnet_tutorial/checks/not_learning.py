"""Questions of the chapter *Why it may not learn*."""

import math

from alexnet_tutorial.checks.answers import register

register(
    "learning.gain",
    right=0.01 * math.sqrt(5 * 5 * 64 / 2),
    why=f"each output adds up 5 · 5 · 64 = {5 * 5 * 64} products, and half of the outputs are cut "
    f"to zero: 0.01 · √({5 * 5 * 64} / 2). The signal is a little over a quarter of what it was.",
    slips={
        0.01 * math.sqrt(5 * 5 * 64): "you forgot the ReLU. It cuts half of the outputs to zero.",
        0.01**2 * 5 * 5 * 64 / 2: "that is the factor for the variance. "
        "The size of the signal changes by its square root.",
        0.01 * math.sqrt(5 * 5 * 64) / 2: "you halved after taking the root. "
        "The half belongs under the root.",
        0.01 * math.sqrt(5 * 5 / 2): "you counted only one channel. "
        "The convolution reads 64 of them.",
        0.01 * math.sqrt(64 / 2): "you counted only one place. A window has 5 · 5 places.",
        0.01 * 5 * 5 * 64 / 2: "you added the sizes as if all had the same sign. "
        "Random signs partly cancel: the size of a sum grows with the root of its length.",
        0.01: "that is one weight. How many products are added up?",
    },
    tolerance=0.01,
    hint="The chapter's formula: the weights' standard deviation times √(fan-in / 2).",
)

register(
    "learning.he",
    right=math.sqrt(2 / 4096),
    why="the fan-in is what one unit reads, 4096 numbers: "
    "√(2 / 4096). The paper's 0.01 is less than half of that.",
    slips={
        2 / 4096: "that is the variance. The standard deviation is its root.",
        math.sqrt(1 / 4096): "you left out the ReLU, as Glorot's rule does. "
        "It cuts half of the outputs to zero.",
        math.sqrt(2 / (4096 * 4096)): "you took all the weights of the layer. "
        "The fan-in is how many numbers a single unit reads.",
        math.sqrt(2 / 9216): "that is for fc6. fc7 reads what fc6 puts out.",
        0.01: "that is the paper's value. Solve the formula for a factor of 1.",
    },
    tolerance=0.01,
    hint="Which standard deviation, multiplied by √(fan-in / 2), gives 1?",
)

register(
    "learning.source",
    right=0.03**3 / 0.01**3,
    why="each of the three layers multiplies by the standard deviation of its weights, so it makes "
    "the signal three times as large as with 0.01: 3 · 3 · 3.",
    slips={
        3: "that is for one layer. How many layers start with the larger weights?",
        9: "you added the factors, or counted only two layers. Factors in a chain are multiplied.",
        3**6: "that is for the variance. The question is about the size.",
        3**5: "that is for five layers. conv1 and conv2 keep 0.01.",
        1: "the size of the signal does depend on the weights. Look at the formula for the factor.",
    },
    tolerance=0.001,
    hint="What does one layer do to the signal, and what do three in a row do?",
)

register(
    "learning.pixels",
    right=2 * 2**8,
    why="without biases each layer is a ReLU of a weighted sum, and max(0, 2 · x) is 2 times "
    "max(0, x): the pixels bring one factor of 2, and each of the eight layers brings another.",
    slips={
        2**8: "that is the weights alone. The pixels were doubled, too.",
        2: "that is the pixels alone. What does doubling the weights do in each layer?",
        4: "you counted a single layer. There are eight of them, one after the other.",
        2 + 2 * 8: "you added up the factors. What does one layer do when its input doubles?",
        2.0**16: "you counted the pixels' factor in every layer, too. "
        "It comes in only once, with the input.",
        1: "nothing here takes the factors out again. What does a layer do with twice the input?",
    },
    tolerance=0.001,
    hint="Put 2 · x into one layer with twice the weights, and pull the factors out in front.",
)

register(
    "learning.overfit",
    right=False,
    why="the network learned the batch, so signal, gradient and loss all do their work. The "
    "question that remains is why learning one picture does not help with another; wrong labels "
    "would be one reason.",
    slips={
        True: "weights that pass on no signal could not have learned the batch. "
        "What did the one-batch check show about them?",
    },
)

register(
    "learning.first",
    right="c",
    why="the loss was not a number even before the first step, so the rate cannot be at fault. "
    "Looking for NaN in the batch takes a second.",
    slips={
        "a": "no step has been made yet. Could the rate have any part in the first loss?",
        "b": "a range test needs losses that are numbers. Which check needs no training at all?",
        "d": "weights that are too small would give a loss near ln 6. That is still a number.",
    },
    hint="Answer with one letter, A to D.",
)
