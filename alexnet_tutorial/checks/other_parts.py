"""Questions of the chapter *The other parts*."""

import math

from alexnet_tutorial.checks.answers import register

register(
    "other.pool",
    right=(3, 2, 0, 6),
    why="ReLU turns every negative number into 0, and each window keeps its largest. The window "
    "at the bottom left holds only negative numbers, so all that is left is 0.",
    slips={
        (3, 2, -1, 6): "you forgot ReLU. What does it make of a negative number?",
        (1.25, 0.75, 0, 2.75): "that is the mean of each window. Max pooling keeps the largest.",
        (5, 4, 7, 8): "you dropped the minus signs. "
        "ReLU does not make negative numbers positive: it cuts them off.",
        (3, 0, 2, 6): "you went down the columns first. The question asks for row by row.",
        (5, 3, 0, 11): "you added up each window. Max pooling keeps only one of its numbers.",
    },
    hint="Write the map again with zeros for the negative numbers. Then cut it into four blocks.",
)

register(
    "other.parameters",
    right=3 * 4 * 4 * 10 + 10,
    why="3 · 4 · 4 = 48 numbers come in. Each of the 10 units has a weight for every one of them, "
    "and a bias.",
    slips={
        48 * 10: "you forgot the biases. Each unit has one.",
        16 * 10 + 10: "you counted only one map. A unit reads the numbers of all three.",
        3 * 10 + 10: "you counted each map as one number. "
        "After flattening, each of its places is a number.",
        48 * 10 + 48: "you gave each incoming number a bias. Biases belong to the units.",
        48 + 10: "you counted the weights of only one unit. Every unit has its own weights.",
        48: "those are the numbers that come in. How many weights does each unit have?",
    },
    hint="Numbers that come in × units, and the biases.",
)

register(
    "other.softmax",
    right=math.e / (math.e + 2),
    why="e¹ is 2.718 and e⁰ is 1, so the first class gets 2.718 out of 4.718.",
    slips={
        1: "you divided the scores themselves. First raise e to the power of each score.",
        math.e / (math.e + 1): "you left out a class. The sum runs over all three.",
        math.e: "that is e to the score. Divide it by the sum over all classes.",
        1 / (math.e + 2): "that is the probability of the second class. "
        "The question asks for the first.",
        1 / 3: "that would be right if all scores were equal. The first is larger.",
        0.5: "you raised 2 to the power of each score. Softmax uses e, about 2.718.",
    },
    tolerance=0.01,
    hint="Take e to the power of each score, add up, and divide. (e to the power 0 is 1.)",
)

register(
    "other.loss",
    right=(2 * math.log(2) + math.log(8)) / 3,
    why="−ln 0.5 is 0.693, twice, and −ln 0.125 is 2.079. "
    "They add up to 3.466, and the mean is a third of that.",
    slips={
        2 * math.log(2) + math.log(8): "that is the sum. The question asks for the mean.",
        -(2 * math.log(2) + math.log(8)) / 3: "the sign is wrong. "
        "The logarithm of a number below 1 is negative, so the loss has a minus in front of it.",
        -math.log(1.125 / 3): "you averaged the probabilities first. "
        "Each picture has its own loss: average those.",
        1.125 / 3: "that is the mean probability. The loss of a picture is minus its logarithm.",
        5 / 3: "that is the logarithm to base 2. The cross-entropy takes the natural logarithm.",
        (2 * math.log10(2) + math.log10(8)) / 3: "that is the logarithm to base 10. "
        "The cross-entropy takes the natural logarithm.",
    },
    tolerance=0.003,
    hint="Find the loss of each of the three pictures first, then their mean.",
)

register(
    "other.linear",
    right=(3 * 4, 3 * 2 + 5),
    why="3 · (4x + 2) + 5 is 12x + 6 + 5: the second layer multiplies the first layer's bias, too.",
    slips={
        (7, 7): "you added the factors. "
        "The second layer multiplies whatever the first one puts out.",
        (12, 7): "you added the biases as they are. "
        "The second layer multiplies the first layer's bias, too.",
        (12, 10): "you multiplied the biases. The second layer adds its own bias at the end.",
        (12, 5): "you lost the bias of the first layer. "
        "The second layer multiplies it, but does not remove it.",
        (12, 22): "you applied the layers in the wrong order. Put 4x + 2 in place of z.",
    },
    hint="Write 4x + 2 in place of z, and multiply out.",
)

register(
    "other.back",
    right=math.exp(-1.2),
    why="−ln p = 1.2 says that p is e to the power −1.2, about 0.3. The loss is about a quarter "
    "of what it was, and the probability thirty times as large.",
    slips={
        0.01: "that is the probability before training. What does the new loss say?",
        0.01 * 4.6 / 1.2: "you took a quarter of the loss to mean four times the probability. "
        "The loss is a logarithm.",
        10**-1.2: "you took the logarithm to base 10. "
        "The cross-entropy takes the natural logarithm.",
        2**-1.2: "you took the logarithm to base 2. The cross-entropy takes the natural logarithm.",
        1 - math.exp(-1.2): "that is what is left for the other classes. "
        "The question asks about the right one.",
        1.2 / 4.6: "you divided one loss by the other. Undo the logarithm instead.",
    },
    tolerance=0.01,
    hint="Which p has −ln p = 1.2? Undo the logarithm.",
)
