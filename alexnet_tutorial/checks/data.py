"""Questions of the chapter *The data*."""

from alexnet_tutorial.checks.answers import register

register(
    "data.chance",
    right=200 / 700,
    why="200 of the 700 pictures show a zero, and it is right on those alone. On a set that is not "
    "balanced, a network can score well above one in six and have learned nothing.",
    slips={
        1 / 6: "that holds if all classes are equally frequent. How many pictures show a zero?",
        200 / 600: "divided by 600. There are five other numbers: how many pictures in all?",
        200 / 500: "compared with the other pictures. The zeros belong to all pictures too.",
        0.5: "that is right or wrong by a coin. How many of all pictures show a zero?",
        200: "that is the number of right answers. Asked for is their share of all pictures.",
        5 / 7: "that is the share of mistakes. Asked for is the share that is right.",
        1 / 7: "that is the share of one of the other numbers. Zeros are twice as many.",
    },
    tolerance=0.005,
    hint="Right answers divided by all pictures. How many pictures are there in all?",
)

register(
    "data.known-by-heart",
    right=(12 + 0.9 * 108) / 120,
    why="the 12 known pictures count in full, the other 108 at nine in ten. The measured "
    "accuracy flatters the network by a whole percentage point. The worse the network is, the "
    "larger this error becomes.",
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
        0.9: "divided by 1,000. A picture is not its own twin: how many places are left for it?",
        0.1: "that is the chance that the twin validates too. Asked for is the other side.",
        0.5: "the two sides are not equally large. Count the pictures on each side.",
        1.0: "the twin may also fall into validation. Then there is no leak, by luck.",
        1 / 999: "that is the chance of one place. How many places are in training?",
        900: "those are the places in training. Of how many, the twin's own side left open?",
    },
    tolerance=0.0003,
    hint="Where can the twin be, and how many of those places are in training?",
)
