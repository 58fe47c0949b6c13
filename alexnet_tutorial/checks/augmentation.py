"""Questions of the chapter *Augmentation*."""

import math

from alexnet_tutorial.checks.answers import register

register(
    "augment.patches",
    right=(64 - 57 + 1) ** 2 * 2,
    why="a patch can move by 7 pixels, so it has 8 places down and 8 across, and each of these 64 "
    "patches also has a mirror image.",
    slips={
        98: "you counted steps instead of places. One step lies between two places.",
        64: "you left out the mirror images. Each patch can be mirrored as well.",
        49: "you counted steps, and no mirror images. "
        "How many places does a walk of 7 steps visit?",
        16: "you moved the patch in one direction only. It moves down and across.",
        256: "you mirrored top to bottom as well. The question mirrors left to right only.",
        8: "you counted the rows only. There are columns, too, and mirror images.",
        6498: "that is twice the area of a patch. Count the places where its corner can be.",
    },
    hint="Where can the upper left corner of a patch be? "
    "Count rows, then columns, then mirror images.",
)

register(
    "augment.flip",
    right="c",
    why="the kind of a flower does not depend on left and right. "
    "In each of the other sets, at least some labels do.",
    slips={
        "a": "a mirrored 2 is not a digit. "
        "Some digits look the same in a mirror, but do all of them?",
        "b": "a mirrored clock shows a different time. "
        "What does three o'clock look like in a mirror?",
        "d": "some signs say left or right. What does a keep-left sign say in a mirror?",
        "e": "the label names a side. A mirror swaps the sides.",
        "f": "the label is exactly what a mirror changes. A left hand becomes a right hand.",
    },
    hint="Answer with one letter, A to F. In which set does no label depend on left and right?",
)

register(
    "augment.units",
    right=0.1 * 255**2,
    why="an eigenvalue of a covariance is a variance: it grows with the square of the units. "
    "Its root, the standard deviation, becomes 255 times as large, just like the pixels.",
    slips={
        25.5: "that is how a standard deviation grows. An eigenvalue is a variance.",
        0.1: "the eigenvectors stay the same, but the eigenvalues do not. "
        "What happens to a variance when the pixels grow?",
        0.1 * 255**3: "you multiplied by 255 once too often. "
        "The covariance holds products of two colors.",
        math.sqrt(0.1) * 255: "that is its square root. "
        "The question asks for the eigenvalue itself.",
        0.1 * 256**2: "you used 256, which is how many values there are. "
        "The largest of them is 255.",
        0.1 / 255**2: "you divided where you should multiply. "
        "Larger numbers have a larger variance.",
    },
    tolerance=0.001,
    hint="By what factor does each pixel grow? And the product of two pixels?",
)

register(
    "augment.share",
    right=0.25**2 / (0.25**2 + 0.04**2 + 0.01**2),
    why="the noise along a component has a standard deviation proportional to the eigenvalue, and "
    "so a variance proportional to its square. Such noise is even more one-sided than the pixels "
    "are. With the square root of the eigenvalue instead, both shares would be the same.",
    slips={
        0.83: "that is the share in the pixels. "
        "The eigenvalue multiplies the noise: what does that do to the variance of the noise?",
        0.5 / (0.5 + 0.2 + 0.1): "you took square roots. "
        "Here, the eigenvalue itself multiplies alpha.",
        1 / 3: "that would be right for three equal eigenvalues. How different are they?",
        0.25: "that is the eigenvalue. The question asks for a share of the whole.",
        1: "nearly, but the other two components count, too. "
        "How large are the squares of their eigenvalues?",
        0.1: "that is the spread of alpha. It is the same for all three, so it cancels.",
    },
    tolerance=0.005,  # two digits are enough
    hint="Multiply alpha by a number, and its variance is multiplied by the square of that number.",
)

register(
    "augment.leak",
    right="split",
    why="copies of the same photograph were in both sets, so the validation pictures were nearly "
    "the same as pictures the network had trained on. Split the photographs first, then vary those "
    "of the training set.",
    slips={
        "network": "the network learned what it was shown. Which pictures was it validated on?",
        "changes": "the changes left the labels right. "
        "Where did the copies of one photograph end up?",
        "noise": "with noise or without, the copies of a photograph still look alike. "
        "Where did they end up?",
        "validation": "close: "
        "the validation accuracy did mislead. Which step before it made it misleading?",
        "seed": "any seed would do the same. Which pictures go into the two sets?",
    },
    hint="Answer with one of the four words. Follow one photograph and its ten copies.",
)
