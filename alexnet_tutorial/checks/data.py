"""Questions of the chapter *The data*."""

from alexnet_tutorial.checks.answers import register

register(
    "data.chance",
    right=20 / 120,
    why="20 of 120 test pictures show a three, whatever the other 100 show. A network that "
    "scores this has learned nothing yet.",
    slips={
        0.2: "that is one in five. The ring is a class too: how many classes are there?",
        1 / 120: "that is one picture. How many test pictures show a three?",
        0.5: "that is right or wrong by a coin. There are more than two answers.",
        20: "that is the number of right answers. Asked for is their share of all pictures.",
        5 / 6: "that is the share of mistakes. Asked for is the share that is right.",
    },
    tolerance=0.005,
    hint="Right answers divided by all test pictures.",
)

register(
    "data.known-by-heart",
    right=(12 + 0.9 * 108) / 120,
    why="the 12 known pictures count in full, the other 108 at nine in ten. The measured "
    "accuracy flatters the network by a whole percent, and by more the worse it is.",
    slips={
        0.9: "that is the accuracy on pictures never seen. What about the 12 others?",
        1.0: "added the two shares. 12 of 120 is a tenth of the set, not extra pictures.",
        0.95: "took the mean of the two shares. There are far more new pictures than known.",
        0.9 * 108 / 120: "the known pictures count too. They are answered from memory, and right.",
        109.2: "those are the right answers. Asked for is their share of all pictures.",
    },
    tolerance=0.002,
    hint="Count right answers among the 12 and among the 108, then divide by 120.",
)

register(
    "data.twin",
    right=900 / 999,
    why="of the 999 other pictures, 900 are in training, and the twin is any of them with the "
    "same chance. A random split would test memory nine times in ten.",
    slips={
        0.1: "that is the chance that the twin validates too. Asked for is the other side.",
        0.5: "the two sides are not equally large. Count the pictures on each side.",
        1.0: "the twin may also fall into validation. Then there is no leak, by luck.",
        1 / 999: "that is the chance of one place. How many places are in training?",
        900: "those are the places in training. Of how many, the twin's own side left open?",
    },
    tolerance=0.003,
    hint="Where can the twin be, and how many of those places are in training?",
)
