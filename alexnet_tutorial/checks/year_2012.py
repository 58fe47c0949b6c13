"""Questions of the chapter *2012*."""

from alexnet_tutorial.checks.answers import register

register(
    "year.relative",
    right=1 - 15.315 / 26.172,
    why="10.9 points of 26.2 are gone: of a hundred mistakes of the runner-up, more than forty.",
    slips={
        0.10857: "those are points, written as a share. A share of which whole?",
        10.857: "those are points. Divide them by the error that there was before.",
        15.315 / 26.172: "that is what is left of the error. Asked is what is gone.",
        26.172 / 15.315 - 1: "divided by the new error. The whole is the error before.",
        100 - 100 * 15.315 / 26.172: "that is in percent. Answer between 0 and 1.",
        1 - 16.422 / 26.172: "that is the entry of five networks. The winning one had seven.",
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
        17: "views and networks are added. Every network sees every view.",
        35: "forgot the mirror images. Five places, and the same five mirrored.",
        50: "that is the entry of five networks. It had the smaller error of the two entries.",
    },
    hint="Networks times views.",
)

register(
    "year.biases",
    right=0.02 / (0.01 / 10**3),
    why="three divisions take the weights from 0.01 to 0.00001, and the biases stay at 0.02: a "
    "step of theirs is two thousand times as long for the same gradient.",
    slips={
        2: "that is at the start. The rate of the weights has been divided since.",
        20: "that is after one division. How many were there?",
        200: "that is after two divisions. How many were there?",
        1000: "forgot that the biases began at another rate. Which one?",
        60: "three divisions by ten are not one by 30. What is left of 1 after them?",
        0.0005: "turned over. Divide the rate of the biases by that of the weights.",
        0.02: "that is the rate of the biases. Divide it by that of the weights.",
    },
    hint="0.02, divided by what is left of 0.01.",
)

register(
    "year.lrn",
    right=(2 + 1e-4 / 5 * 5 * 100**2) ** 0.75,
    why="the sum of the squares is 50,000; alpha divided by 5 makes 1 of it, and 3 to the power "
    "of 0.75 remains.",
    slips={
        (2 + 1e-4 * 5 * 100**2) ** 0.75: "that is the paper's formula. Divide alpha.",
        (2 + 1e-4 / 5 * 5 * 100**2) ** -0.75: "that is what is left of 1. By what was it divided?",
        3: "forgot the power. The bracket is raised to beta.",
        7: "the paper's formula, without its power. Divide alpha, and raise to beta.",
        (2 + 1e-4 / 5 * 100**2) ** 0.75: "counted one map only. The sum runs over five neighbors.",
        (1 + 1e-4 / 5 * 5 * 100**2) ** 0.75: "that is k = 1. "
        "The source and the paper have the same k.",
        (2 + 1e-4 / 5 * 5 * 100) ** 0.75: "forgot the squares. The sum is of squared activations.",
    },
    tolerance=0.002,
    hint="(k + alpha / 5 · the sum of five squares), raised to beta.",
)

register(
    "year.sigma",
    right=(2 / (3 * 3 * 256)) ** 0.5,
    why="3 · 3 · 256 numbers go into one, half of them stopped by ReLU: He's rule, and what the "
    "program has is close to it.",
    slips={
        0.01: "that is the paper's. Does it keep the size of the signal at conv3?",
        (1 / (3 * 3 * 256)) ** 0.5: "that is without ReLU. Half of what comes in is zero.",
        (2 / (3 * 3 * 128)) ** 0.5: "that is for two groups. conv3 reads both towers.",
        2 / (3 * 3 * 256): "that is the variance. Asked is the standard deviation.",
        0.03: "that is the program's. It comes close; which value would be exact?",
        (2 / 256) ** 0.5: "forgot the window. Each map is read at 3 × 3 places.",
        (2 / (3 * 3 * 384)) ** 0.5: "counted what goes out. "
        "The size of a sum depends on how many numbers go in.",
    },
    tolerance=0.017,  # 0.029 is right, and 0.03 is the program's
    hint="Set sigma · √(fan-in / 2) to 1, with the fan-in of conv3.",
)
