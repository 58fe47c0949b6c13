"""Questions of the chapter *Evaluation*."""

from alexnet_tutorial.checks.answers import register

register(
    "evaluation.top-five",
    right=1 - 5 / 1000,
    why="in random order the right class is among the first five in 5 of 1,000 cases. An error "
    "counts the others.",
    slips={
        5 / 1000: "that is the top-5 accuracy. An error is the share of misses.",
        1 - 1 / 1000: "that is the top-1 error. There are five guesses.",
        0.95: "that is five in a hundred. How many classes are there?",
        0.8: "that is one guess of five. Five guesses, out of how many classes?",
        1.0: "once in a while the right class is among the five. How often?",
        99.5: "that is in percent. Give the share, from 0 to 1.",
    },
    tolerance=0.001,
    hint="How likely is the right class among the first five? The error is the rest.",
)

register(
    "evaluation.perfect",
    right=50 / (50 + 1.96**2),
    why="a network with this true accuracy classifies 50 of 50 correctly within 1.96 standard "
    "deviations of what one expects from it. No mistake seen is not the same as no mistake made.",
    slips={
        1.0: "that is the short interval. It has no width where nothing is wrong.",
        1 - 1 / 50: "that is one mistake. And how many might have been seen by luck?",
        1 - 3 / 50: "that is the rule of three. "
        "A good rule of thumb for one side alone; Wilson's interval has two.",
        0.95: "that is how often such intervals hold the truth. Asked for is where it begins.",
        50 / (50 + 1.96): "forgot a square. The variance counts, 1.96 squared.",
    },
    tolerance=0.002,
    hint="Which truths make 50 of 50 no surprise? Try some with the chapter's function.",
)

register(
    "evaluation.uneven",
    right=2 * (1 + 9) / 2**9,
    why="nine fair coins fall 9:0 in 1 way and 8:1 in 9 ways of 512, and as often the other way "
    "round: 20 of 512.",
    slips={
        10 / 2**9: "that is one side only. To either side, says the question.",
        9 / 2**9: "that is this very split, to one side. At least so uneven: 9:0 too.",
        18 / 2**9: "left out the splits that are more uneven. 9:0 counts as well.",
        1 / 9: "that is the share of the second. Think of nine coins.",
        7 / 120: "that is the lead in accuracy. How likely is it, by coins?",
        2 / 2**9: "those are the splits of 9:0. 8:1 counts as well, in nine ways.",
    },
    tolerance=0.005,
    hint="Nine coins: in how many of the 512 ways do at most one fall to one side?",
)

register(
    "evaluation.sure",
    right=(90 * 0.1 + 30 * 0.2) / 120,
    why="the first group is 0.1 too sure, the second 0.2 too modest; weighted by 90 and 30 "
    "answers that makes 15 / 120. That one errs up and the other down does not cancel.",
    slips={
        (90 * 0.1 - 30 * 0.2) / 120: "let the two groups cancel. "
        "Each distance counts, whatever its sign.",
        0.15: "both groups counted alike. One of them has three times as many answers.",
        0.2: "that is the largest distance. Asked for is the mean over the answers.",
        0.1: "that is the first group alone. The second is off as well.",
        0.8: "that is the accuracy. How far is it from the confidence, in each group?",
        0.825: "that is the mean confidence. How far is it from the accuracy, in each group?",
        0.2 + 0.1: "added the distances. Take their mean over the answers.",
    },
    tolerance=0.01,
    hint="For each group: |share right − confidence| times its part of all answers; then add.",
)

register(
    "evaluation.best",
    right="b",
    why="the maximum of twenty scores is high by selection, and an interval around a score that is "
    "too high is too high as well. Choose on validation, and test the one that was chosen.",
    slips={
        "a": "intervals do so for a score that was not selected. This one is a maximum.",
        "c": "a wider interval has the same middle. To which side does a maximum err?",
        "d": "nobody averaged them. The best one was taken: to which side does that err?",
        "e": "they are the same 120 pictures. How many different ones were seen?",
        "f": "one network of twenty was chosen, by its test score. Luck differs by seed, too.",
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
        103 / 120: "left them out above, but not below. How many pictures remain?",
        115 / 108: "left them out below, but not above. More than all cannot be right.",
        5 / 108: "that is the error. Asked for is the share that is right.",
        108 / 120: "that is the share of new pictures. How many of them are right?",
    },
    tolerance=0.001,
    hint="Take the twelve out of the right answers and out of the pictures.",
)
