"""Questions of the chapter *Augmentation*."""

import math

from alexnet_tutorial.checks.answers import register

register(
    "augment.patches",
    right=(64 - 57 + 1) ** 2 * 2,
    why="a patch can move by 7 pixels, so it has 8 places down and 8 across, and each of these 64 "
    "patches also has a mirror image.",
    slips={
        98: "counted steps instead of places. With 1 step between them there are 2 places.",
        64: "left out the mirror images. Each patch can be mirrored as well.",
        49: "counted steps, and no mirror images. How many places have 7 steps between them?",
        16: "moved in one direction only. A patch moves down and across.",
        256: "mirrored up and down as well. Only left to right was asked for.",
        8: "counted the rows only. There are columns, and mirror images, too.",
        6498: "that is the area of a patch, twice. Count where its corner can be.",
    },
    hint="Where can the upper left corner of a patch be? Count rows, then columns, then mirrors.",
)

register(
    "augment.flip",
    right="c",
    why="a kind of flower has no left and no right. Everywhere else at least some labels depend on "
    "them.",
    slips={
        "a": "a mirrored 2 is no digit. Some digits survive it. Do all?",
        "b": "a mirrored clock shows another time. Where is three o'clock in a mirror?",
        "d": "some signs say left or right. Keep left, mirrored, means what?",
        "e": "the label asks for a side. A mirror exchanges sides.",
        "f": "the label is the very thing that a mirror changes. Left becomes right.",
    },
    hint="Answer with one letter, A to F. In which set is left and right no part of any label?",
)

register(
    "augment.units",
    right=0.1 * 255**2,
    why="an eigenvalue of a covariance is a variance: it grows with the square of the units. Its "
    "root, the standard deviation, would grow 255 times, as the pixels do.",
    slips={
        25.5: "that is how a standard deviation grows. An eigenvalue is a variance.",
        0.1: "the eigenvectors stay, the eigenvalues do not. What does a variance measure?",
        0.1 * 255**3: "once too often. The covariance holds products of two colors.",
        math.sqrt(0.1) * 255: "that is its root. Asked for is the eigenvalue itself.",
        0.1 * 256**2: "256 is how many values there are. The largest of them is 255.",
        0.1 / 255**2: "the wrong way round. Larger numbers have a larger variance.",
    },
    tolerance=0.001,
    hint="By how much does each pixel grow, and by how much a product of two?",
)

register(
    "augment.share",
    right=0.25**2 / (0.25**2 + 0.04**2 + 0.01**2),
    why="the noise along a component has a standard deviation in proportion to the eigenvalue, so "
    "a variance in proportion to its square: such noise is even more one-sided than the pixels "
    "are. With the root in the eigenvalue's place, both shares are the same.",
    slips={
        0.83: "that is the share in the pixels. "
        "The eigenvalue multiplies the noise: what happens to the variance of the noise?",
        0.5 / (0.5 + 0.2 + 0.1): "took square roots. Here the eigenvalue itself multiplies.",
        1 / 3: "that is for three equal sizes. They differ. By how much?",
        0.25: "that is the eigenvalue. Asked for is a share of the whole.",
        1: "nearly, but the others count too. How large are their squares?",
        0.1: "that is the spread of alpha. It is the same for all three, and cancels.",
    },
    tolerance=0.005,  # two digits are enough
    hint="The variance of a number times alpha is the number's square times alpha's variance.",
)

register(
    "augment.leak",
    right="split",
    why="varied copies of one photograph stood in both sets, so validation asked for pictures that "
    "had been learned. Split photographs first, then vary those of the training set.",
    slips={
        "network": "it did what it was shown. What did validation ask of it?",
        "changes": "the labels were right. Where did the copies of one photograph end up?",
        "noise": "the copies were still alike. Where did they end up?",
        "validation": "close, but why did it fail. What was done before it that should not be?",
        "seed": "every seed would do the same. What goes into the two sets?",
    },
    hint="One word out of the four. Follow one photograph and its ten copies.",
)
