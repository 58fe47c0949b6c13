"""Questions of the chapter *Your own pictures*."""

from alexnet_tutorial.checks.answers import register

register(
    "own.weight",
    right=450 / (3 * 50),
    why="450 pictures, divided by three classes and by the 50 of this one. Each class gets a third "
    "of the total weight, however many pictures it has.",
    slips={
        9: "forgot the number of classes. Which share of the whole weight is one class to get?",
        6: "that is against the cats alone. The weights are to average 1 over all pictures.",
        2: "that is against the dogs alone. The weights are to average 1 over all pictures.",
        0.5: "that is the weight of a cat. Birds are the rare ones.",
        1.5: "that is the weight of a dog. The birds are rarer still.",
        1 / 9: "that is the share of the birds. Rare classes weigh more, not less.",
    },
    hint="All pictures, divided by the classes and by the pictures of this class.",
)

register(
    "own.aside",
    right=40 * (9 / 3) ** 2,
    why="the interval shrinks with the square root: a third of the width takes nine times as "
    "many pictures.",
    slips={
        120: "three times as many. That is not enough: the interval shrinks with the square root.",
        69: "took the root. It is the width that goes with the root, not the number of pictures.",
        1080: "the third power is too much. The width goes with the square root.",
        160: "that is half the width. Asked for is a third.",
        13: "that makes the test smaller. A narrower interval takes more pictures.",
        46: "added the difference. Ask by what factor the width is to shrink.",
    },
    tolerance=0.03,
    hint="By what factor does the width shrink, and what does that take under the square root?",
)

register(
    "own.order",
    right=sorted(str(number) for number in range(1, 13)).index("2"),
    why="names are sorted as words, letter by letter: 1, 10, 11, 12, and only then 2.",
    slips={
        1: "that is the order of numbers. Names of folders are words.",
        2: "that is the folder's name. Labels are places in the sorted list.",
        5: "began to count at 1. The first folder has label 0.",
        3: "one name that begins with a 1 is missing. There are more of them than that.",
        11: "that is the end of the list. Some names come after this one.",
        0: "that is the first of all. Which name comes first in a dictionary?",
    },
    hint="Write the names down as a dictionary would sort them.",
)

register(
    "own.mac",
    right=len({"apple", "pear", "plum", "__MACOSX"}),
    why="every folder whose name does not begin with a dot is a class for Keras, `__MACOSX` too.",
    slips={
        3: "those are the fruits. What else lies beside them?",
        1: "that would be so with one folder around the others. Here they lie at the top.",
        6: "Macs do not add a folder for each. They add one for all.",
        2: "one is what Macs add, but the fruits are not one class. Each has its own folder.",
        5: "a class needs a folder. Macs add less than that.",
        0: "that would be an error. Keras finds folders, and takes them.",
    },
    hint="Which folders lie at the top, and which of them does Keras pass over?",
)

register(
    "own.shuffled",
    right="d",
    why="a data set that shuffles does so every time it is read, so the predictions of one pass "
    "are matched with the labels of another. For a test, use shuffle=False or a single pass.",
    slips={
        "a": "neither leaves dropout on. Both run the network as it is used.",
        "b": "the pictures are the same in both. Luck cannot explain a fall to chance.",
        "c": "Keras counts labels from 0 as well. A shift would give less than chance.",
        "e": "overfitting would show in both. The pictures and the network are the same.",
    },
    hint="How often is the data set read, and what does it do each time?",
)

register(
    "own.lamp",
    right="b",
    why="on a new day both kinds have the same light, so the day can no longer help. Anything "
    "held out from those two days carries the same giveaway.",
    slips={
        "a": "a narrower interval around the same number. The giveaway is in all of them.",
        "c": "every split of these pictures has the same fault. What do all of them share?",
        "d": "that shows overfitting. Telling the days apart works on the kept pictures too.",
        "e": "that finds copies. Two days differ without any copy.",
    },
    hint="Which pictures would the network get wrong if it only knew the day?",
)
