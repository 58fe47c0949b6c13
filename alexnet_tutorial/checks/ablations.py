"""Questions of the chapter *What each part is worth*."""

from alexnet_tutorial.checks.answers import register

register(
    "ablations.mean",
    right=1.5,
    why="the differences of the pairs are 2.5, −0.8 and 2.8, and their mean is 1.5. The "
    "negative one counts just like the others.",
    slips={
        2.8: "that compares the best run of each side only. Use all three seeds, pair by pair.",
        2.5: "that is the middle one of the three differences. The question asks for their mean.",
        4.5: "that is the sum of the differences. There are three of them.",
        -1.5: "you subtracted the other way around, without minus with. "
        "A positive number should mean that the part helps.",
        2.033: "you dropped a minus sign. In one pair, the run without the part was better.",
    },
    tolerance=0.005,
    hint="For each seed, subtract the run without the part from the run with it. "
    "Then take the mean.",
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
    why="the interval shrinks with the square root of the number of seeds: "
    "to make it half as wide, you need four times as many.",
    slips={
        10: "the width is proportional to 1/√n, not to 1/n. By what factor does √n have to grow?",
        25: "you squared the number of seeds. "
        "Square the factor by which the width shrinks instead.",
        7: "that is √2 times as many seeds. If √n is to double, what must happen to n?",
        80: "that makes the interval a quarter as wide. The question asks for half.",
        40: "that is eight times as many seeds. Solve 2 = √(n / 5) for n.",
    },
    hint="Half the interval's width is t · s / √n. What must happen to n to halve that?",
)

register(
    "ablations.resolution",
    right=250,
    why="one picture out of 250 is 0.4 points. "
    "With fewer pictures, two runs cannot differ by so little.",
    slips={
        25: "one picture out of 25 is 4 points. A point is a hundredth of all the pictures.",
        2500: "one picture out of 2500 is 0.04 points. A point is a hundredth of all the pictures.",
        40: "one picture out of 40 is 2.5 points. You need more pictures to get down to 0.4.",
        120: "that is the size of our test set of hands. There, one picture is worth 0.83 points.",
        300: "one picture out of 300 is a third of a point. A smaller test set is enough.",
    },
    hint="When there are n pictures, how many points is one of them worth?",
)

register(
    "ablations.false-alarms",
    right=1,
    why="each interval misses the true value in 5 of 100 cases: "
    "20 · 0.05 = 1. That is why the most striking of many results deserves another look.",
    slips={
        0: "a 95 % interval misses the truth in 5 of 100 cases. How many is that out of 20?",
        19: "that is how many intervals contain 0, on average. The question asks for the others.",
        5: "that would be right for 100 intervals. Here there are 20.",
        0.05: "that is for a single interval. There are 20 of them.",
        1 - 0.95**20: "that is the probability of at least one false alarm. "
        "The question asks how many there are on average.",
    },
    tolerance=1e-3,
    hint="How often is one such interval wrong, and how many are there?",
)
