"""Questions of the chapter *The data*."""

from alexnet_tutorial.checks.answers import register

register(
    "data.chance",
    right=200 / 700,
    why="200 of the 700 pictures show a zero, and it gets only those right. On a set that is not "
    "balanced, a network can score well above one in six without having learned anything.",
    slips={
        1 / 6: "that would be right if all classes were equally frequent. "
        "How many pictures show a zero?",
        200 / 600: "you divided by 600. "
        "There are five other numbers: how many pictures does that make in all?",
        200 / 500: "you divided by the other pictures only. The zeros are part of the set, too.",
        0.5: "that is a coin toss. How many of all the pictures show a zero?",
        200: "that is the number of right answers. Accuracy is their share of all the pictures.",
        5 / 7: "that is the share of mistakes. Accuracy is the share of right answers.",
        1 / 7: "that is the share of one of the other numbers. Zeros are more frequent than that.",
    },
    tolerance=0.005,
    hint="Right answers divided by all pictures. How many pictures are there in all?",
)

register(
    "data.known-by-heart",
    right=(12 + 0.9 * 108) / 120,
    why="the 12 memorized pictures are all right, and so are nine in ten of the other 108. The "
    "measured accuracy flatters the network by a whole percentage point. The worse the network is, "
    "the larger this error becomes.",
    slips={
        0.9: "that is the accuracy on pictures the network has never seen. "
        "What about the other 12?",
        1.0: "you added the two shares. The 12 are a tenth of the set, not extra pictures.",
        0.95: "you took the plain mean of the two accuracies. "
        "There are far more new pictures than memorized ones.",
        0.9 * 108 / 120: "you counted the memorized pictures as wrong. "
        "The network gets them right, from memory.",
        109.2: "that is the number of right answers. Accuracy is their share of all the pictures.",
    },
    tolerance=0.002,
    hint="Count the right answers among the 12 and among the 108, then divide by 120.",
)

register(
    "data.twin",
    right=900 / 999,
    why="of the 999 other pictures, 900 are in training, and the twin is equally likely to be any "
    "of the 999. With a random split, a picture that has a twin tests memory nine times in ten.",
    slips={
        0.9: "you divided by 1,000. "
        "A picture is not its own twin: how many places are left for the twin?",
        0.1: "that is about the chance that the twin is in validation, too. "
        "The question asks about training.",
        0.5: "the two sides are not equally large. Count the pictures on each side.",
        1.0: "the twin may also land in validation. Then, by luck, nothing leaks.",
        1 / 999: "that is the chance of one particular place. How many places are in training?",
        900: "that is the number of places in training. "
        "Divide by the number of places where the twin can be.",
    },
    tolerance=0.0003,
    hint="Where can the twin be, and how many of those places are in training?",
)
