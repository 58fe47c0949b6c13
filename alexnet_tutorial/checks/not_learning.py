"""Questions of the chapter *Why it may not learn*."""

import math

from alexnet_tutorial.checks.answers import register

register(
    "learning.gain",
    right=0.01 * math.sqrt(5 * 5 * 64 / 2),
    why=f"each output adds up 5 · 5 · 64 = {5 * 5 * 64} products, and half of the outputs are cut "
    f"to zero: 0.01 · √({5 * 5 * 64} / 2). The signal is a little over a quarter of what it was.",
    slips={
        0.01 * math.sqrt(5 * 5 * 64): "forgot the ReLU. Half of what comes out is cut to zero.",
        0.01**2 * 5 * 5 * 64 / 2: "that is the variance. A size is its root.",
        0.01 * math.sqrt(5 * 5 * 64) / 2: "halved after taking the root. "
        "The half belongs under it.",
        0.01 * math.sqrt(5 * 5 / 2): "counted one channel only. It reads 64 of them.",
        0.01 * math.sqrt(64 / 2): "counted one place only. A window has 5 · 5 places.",
        0.01 * 5 * 5 * 64 / 2: "added sizes as if all had one sign. "
        "Random signs cancel: the size of a sum grows with the root of its length.",
        0.01: "that is one weight. How many products are added up?",
    },
    tolerance=0.01,
    hint="The chapter's formula: the weights' standard deviation times √(fan-in / 2).",
)

register(
    "learning.he",
    right=math.sqrt(2 / 4096),
    why="fan-in is what one unit reads, 4096 numbers: √(2 / 4096). The paper's 0.01 is less than "
    "half of it.",
    slips={
        2 / 4096: "that is the variance. The standard deviation is its root.",
        math.sqrt(1 / 4096): "forgot what the ReLU cuts off, as Glorot's rule does. "
        "Half of it is lost.",
        math.sqrt(2 / (4096 * 4096)): "took all weights of the layer. "
        "One unit reads as many numbers as fc6 has units.",
        math.sqrt(2 / 9216): "that is fc6. fc7 reads what fc6 gives.",
        0.01: "that is the paper's. Solve the formula for a factor of 1.",
    },
    tolerance=0.01,
    hint="Which standard deviation makes √(fan-in / 2) times it equal to 1?",
)

register(
    "learning.source",
    right=0.03**3 / 0.01**3,
    why="each of the three layers multiplies by the standard deviation of its weights, so it makes "
    "the signal three times as large as with 0.01: 3 · 3 · 3.",
    slips={
        3: "that is one layer. Each layer hands it on to the next.",
        9: "added the three, or took two layers. Factors of a chain are multiplied.",
        3**6: "that is the variance. The question is about the size.",
        3**5: "that is for five layers. conv1 and conv2 keep 0.01.",
        1: "the standard deviation acts on the output too. Look at the formula of the factor.",
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
        2: "that is the pixels alone. What do twice the weights do in each layer?",
        4: "counted a single layer. There are eight of them, one after the other.",
        2 + 2 * 8: "added it up over the layers. What does one layer do with twice x?",
        2.0**16: "gave the pixels' factor to every layer, too. It is in the input once.",
        1: "nothing here takes the factors out again. What does a layer do with twice the input?",
    },
    tolerance=0.001,
    hint="Put 2 · x into one layer with twice the weights, and take the factors out again.",
)

register(
    "learning.overfit",
    right=False,
    why="it learned the batch, so signal, gradient and loss do their work. What is left to look "
    "for is why learning one picture does not help with another; wrong labels would be a reason.",
    slips={
        True: "weights that pass no signal on could not have learned the batch. "
        "What did the one-batch check show about them?",
    },
)

register(
    "learning.first",
    right="c",
    why="the loss was not a number before any step was made, so no rate can be at fault; a NaN "
    "in the batch is seen in a second.",
    slips={
        "a": "no step was made yet. Could the rate have any part in the first loss?",
        "b": "the test of rates needs losses. Which check can be done without training?",
        "d": "that would give a loss near ln 6. Weights that are too small are still numbers.",
    },
    hint="Answer with one letter, A to D.",
)
