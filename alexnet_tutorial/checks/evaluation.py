"""Questions of the chapter *Evaluation*."""

from alexnet_tutorial.checks.answers import register

register(
    "evaluation.top-five",
    right=1 - 5 / 1000,
    why="in random order, the right class is among the first five in 5 of 1,000 cases. "
    "The error counts the others.",
    slips={
        5 / 1000: "that is the top-5 accuracy. An error is the share of misses.",
        1 - 1 / 1000: "that is the top-1 error. Top-5 allows five guesses.",
        0.95: "that would be right for a hundred classes. How many are there here?",
        0.8: "that is one guess out of five classes. "
        "Here there are five guesses, out of how many classes?",
        1.0: "once in a while the right class is among the five. How often?",
        99.5: "that is in percent. Give the share, from 0 to 1.",
    },
    tolerance=0.001,
    hint="How likely is the right class among the first five? The error is the rest.",
)

register(
    "evaluation.perfect",
    right=50 / (50 + 1.96**2),
    why="for a network with this true accuracy, 50 of 50 is exactly 1.96 standard deviations above "
    "what you would expect. Seeing no mistakes is not the same as making none.",
    slips={
        1.0: "that is where the short interval begins. Without a mistake, it has no width.",
        1 - 1 / 50: "that would be one mistake in 50. "
        "How many mistakes could luck have hidden here?",
        1 - 3 / 50: "that is the rule of three. "
        "It is a good rule of thumb for one side alone; Wilson's interval has two.",
        0.95: "that is how often such intervals contain the truth. "
        "The question asks where this one begins.",
        50 / (50 + 1.96): "you forgot a square. In the formula, 1.96 is squared.",
    },
    tolerance=0.002,
    hint="For which true accuracies would 50 of 50 be no surprise? "
    "Try some with the chapter's function.",
)

register(
    "evaluation.uneven",
    right=2 * (1 + 9) / 2**9,
    why="nine fair coins can fall in 512 ways: "
    "1 of them is 9:0, 9 are 8:1, and as many go the other way. That makes 20 of 512.",
    slips={
        10 / 2**9: "that is one direction only. The question says: in either direction.",
        9 / 2**9: "that is exactly this split, in one direction. "
        "The question says at least this uneven, so 9:0 counts, too.",
        18 / 2**9: "you left out the splits that are even more uneven. 9:0 counts as well.",
        1 / 9: "that is the second network's share of the nine. "
        "If each were a coin toss, how often would this happen?",
        7 / 120: "that is the lead in accuracy. "
        "How likely is it, if each of the nine is a coin toss?",
        2 / 2**9: "that counts 9:0 only, in both directions. "
        "8:1 counts as well, and it can happen in nine ways.",
    },
    tolerance=0.005,
    hint="Toss nine coins. In how many of the 512 ways does one side get at most one of them?",
)

register(
    "evaluation.sure",
    right=(90 * 0.1 + 30 * 0.2) / 120,
    why="the first group is 0.1 too confident, the second 0.2 not confident enough. Weighted by 90 "
    "and 30 answers, that makes 15 / 120. The two do not cancel, although they err in opposite "
    "directions.",
    slips={
        (90 * 0.1 - 30 * 0.2) / 120: "you let the two groups cancel. "
        "Each distance counts, whatever its sign.",
        0.15: "you counted both groups alike. One of them has three times as many answers.",
        0.2: "that is the larger of the two distances. "
        "The calibration error is the mean over all answers.",
        0.1: "that is the first group alone. The second is off as well.",
        0.8: "that is the accuracy. How far is it from the confidence, in each group?",
        0.825: "that is the mean confidence. How far is it from the accuracy, in each group?",
        0.2 + 0.1: "you added the distances. Take their mean over all answers.",
    },
    tolerance=0.01,
    hint="For each group, multiply |accuracy − confidence| by its share of all answers. Then add.",
)

register(
    "evaluation.best",
    right="b",
    why="the best of twenty scores owes something to luck, and an interval around a score that is "
    "too high is too high as well. Choose by validation, then test only the network that you "
    "chose.",
    slips={
        "a": "that is true of a score that was not selected. This one is the best of twenty.",
        "c": "a wider interval still has the same middle. "
        "In which direction does the best of twenty err?",
        "d": "nobody averaged the scores. "
        "Only the best one was reported: in which direction does that err?",
        "e": "all twenty saw the same 120 pictures. How many different pictures is that?",
        "f": "something was chosen: "
        "one network of twenty, by its test score. Luck differs from seed to seed, too.",
    },
    hint="Answer with one letter, A to F.",
)

register(
    "evaluation.unseen",
    right=(115 - 12) / (120 - 12),
    why="without the twelve, 103 of 108 are right: all five mistakes are among the pictures that "
    "it had not seen.",
    slips={
        115 / 120: "that is the score with the leak. Leave the twelve out.",
        103 / 120: "you took the twelve out of the right answers, but not out of the pictures. "
        "How many pictures remain?",
        115 / 108: "you took the twelve out of the pictures, but not out of the right answers. "
        "More than all of them cannot be right.",
        5 / 108: "that is the error. Accuracy is the share of right answers.",
        108 / 120: "that is the share of new pictures. How many of those does it get right?",
    },
    tolerance=0.001,
    hint="Take the twelve out of the right answers and out of the pictures.",
)
