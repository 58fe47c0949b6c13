"""Questions of the chapter *What each part is worth*."""

from alexnet_tutorial.checks.answers import register

register(
    "ablations.mean",
    right=1.5,
    why="the differences of the pairs are 2.5, −0.8 and 2.8, and their mean is 1.5. The "
    "negative one counts just like the others.",
    slips={
        2.8: "that compares the best run of each. Which run of the other side belongs to it?",
        2.5: "that is the middle one of the differences. Asked for is their mean.",
        4.5: "that is the sum of the differences. There are three of them.",
        -1.5: "that is without the part minus with it. Above 0 should mean that it helps.",
        2.033: "that leaves out a sign. In one pair the run without the part was better.",
    },
    tolerance=0.005,
    hint="One difference for each seed, with the part minus without it; then their mean.",
)

register(
    "ablations.zero",
    right=False,
    why="values up to 2.1 fit these runs just as well as 0 does. The runs cannot tell the part's "
    "worth from 0, which is not the same as showing that it is 0.",
    slips={
        True: "0 is one of many values in the interval. Could the part be worth 2 points?",
    },
)

register(
    "ablations.seeds",
    right=20,
    why="the interval shrinks with the square root of the number of seeds: half as wide takes "
    "four times as many.",
    slips={
        10: "the width goes with 1/√n, not with 1/n. By what does √n have to grow?",
        25: "that squares the number of seeds. Square the factor, which is 2.",
        7: "that takes √2 times as many. It is n that stands under the root.",
        80: "that is a quarter of the width. Half of it is asked for.",
        40: "that is eight times as many. Put 2 = √(n / 5) and solve for n.",
    },
    hint="The interval's half is t · s / √n. What has to happen to n to halve it?",
)

register(
    "ablations.resolution",
    right=250,
    why="one picture of 250 is 0.4 points. With fewer, two runs cannot differ by so little.",
    slips={
        25: "one picture of 25 is 4 points. A point is a hundredth.",
        2500: "one picture of 2500 is 0.04 points. A point is a hundredth.",
        40: "0.4 points are not 0.4 of a tenth. One picture of 40 is 2.5 points.",
        120: "that is the size of the test set of hands. There one picture is 0.83 points.",
        300: "one picture of 300 is a third of a point. Divide 100 points by 0.4.",
    },
    hint="How many points is one picture, when there are n of them?",
)

register(
    "ablations.false-alarms",
    right=1,
    why="each interval leaves out the true value in 5 of 100 cases: 20 · 0.05 = 1. That is why "
    "the most striking of many results deserves another look.",
    slips={
        0: "an interval of 95 % is wrong in 5 of 100 cases. There are 20 of them.",
        19: "those are the intervals that hold 0. The question asks for the others.",
        5: "that is 5 of 100 intervals. Here there are 20.",
        0.05: "that holds for one interval. There are 20 of them.",
        1 - 0.95**20: "that is the probability of at least one. "
        "Asked for is how many there are on average.",
    },
    tolerance=1e-3,
    hint="How often is one such interval wrong, and how many are there?",
)
