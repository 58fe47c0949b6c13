"""Questions of the chapter *2012*."""

from alexnet_tutorial.checks.answers import register

register(
    "year.relative",
    right=1 - 15.315 / 26.172,
    why="10.9 of 26.2 points are gone: "
    "more than forty of every hundred mistakes that the runner-up made.",
    slips={
        0.10857: "that is the difference in points, as a share of all pictures. "
        "The question asks for a share of the mistakes.",
        10.857: "that is the difference in points. Divide it by the error that there was before.",
        15.315 / 26.172: "that is the share of the error that is left. "
        "The question asks what is gone.",
        26.172 / 15.315 - 1: "you divided by the winner's error. "
        "The whole is the error that there was before.",
        100 - 100 * 15.315 / 26.172: "that is in percent. Answer between 0 and 1.",
        1 - 16.422 / 26.172: "that is the entry with five networks. The winning one had seven.",
    },
    tolerance=0.015,  # 41 % is right
    hint="What is gone, divided by what was there before.",
)

register(
    "year.passes",
    right=70,
    why="seven networks, each with ten views of the picture: five places, mirrored or not.",
    slips={
        1: "that is one network with one view. How many networks stand behind that entry?",
        7: "each network looks more than once. Which views of a test picture are averaged?",
        10: "that is one network. How many networks stand behind that entry?",
        17: "you added views and networks. Every network sees every view.",
        35: "you forgot the mirror images. There are five places, and the same five mirrored.",
        50: "that is the entry with five networks. "
        "The winning entry is the one with the smaller error.",
    },
    hint="Networks times views.",
)

register(
    "year.biases",
    right=0.02 / (0.01 / 10**3),
    why="three divisions take the weights' rate from 0.01 to 0.00001, and the biases' rate stays "
    "at 0.02. For the same gradient, a bias takes a step two thousand times as long.",
    slips={
        2: "that is at the start. The weights' rate has been divided since.",
        20: "that is after one division. How many were there?",
        200: "that is after two divisions. How many were there?",
        1000: "you forgot that the biases start at a different rate. Which one?",
        60: "three divisions by ten are not one by 30. What is left of 1 after them?",
        0.0005: "you have it upside down. Divide the rate of the biases by that of the weights.",
        0.02: "that is the rate of the biases. Divide it by that of the weights.",
    },
    hint="0.02, divided by what is left of 0.01.",
)

register(
    "year.lrn",
    right=(2 + 1e-4 / 5 * 5 * 100**2) ** 0.75,
    why="the sum of the squares is 50,000, and times alpha / 5 that is 1. "
    "With k it makes 3, which is raised to the power of 0.75.",
    slips={
        (2 + 1e-4 * 5 * 100**2) ** 0.75: "that is the paper's formula. "
        "What does the program do to alpha first?",
        (2 + 1e-4 / 5 * 5 * 100**2) ** -0.75: "that is what the normalization makes of 1. "
        "The question asks what it divides by.",
        3: "you forgot the power. The bracket is raised to beta.",
        7: "that is the paper's formula, without its power. Divide alpha, and raise to beta.",
        (2 + 1e-4 / 5 * 100**2) ** 0.75: "you counted only one map. The sum runs over five.",
        (1 + 1e-4 / 5 * 5 * 100**2) ** 0.75: "that is with k = 1. "
        "The source and the paper have the same k.",
        (2 + 1e-4 / 5 * 5 * 100) ** 0.75: "you forgot the squares. "
        "The sum is over squared activations.",
    },
    tolerance=0.002,
    hint="(k + alpha / 5 · the sum of five squares), raised to beta.",
)

register(
    "year.sigma",
    right=(2 / (3 * 3 * 256)) ** 0.5,
    why="3 · 3 · 256 numbers go into each sum, and ReLU stops half of them. "
    "That is He's rule, and the program's value is close to it.",
    slips={
        0.01: "that is the paper's value. Does it keep the size of the signal at conv3?",
        (1 / (3 * 3 * 256)) ** 0.5: "that is without ReLU. Half of what comes in is zero.",
        (2 / (3 * 3 * 128)) ** 0.5: "that is for two groups. conv3 reads both towers.",
        2 / (3 * 3 * 256): "that is the variance. The question asks for the standard deviation.",
        0.03: "that is the program's value. It comes close, but which value would be exact?",
        (2 / 256) ** 0.5: "you forgot the window. Each map is read at 3 × 3 places.",
        (2 / (3 * 3 * 384)) ** 0.5: "you counted the numbers that go out. "
        "The size of a sum depends on how many numbers go in.",
    },
    tolerance=0.017,  # 0.029 is right, and 0.03 is the program's
    hint="Set sigma · √(fan-in / 2) to 1, with the fan-in of conv3.",
)
