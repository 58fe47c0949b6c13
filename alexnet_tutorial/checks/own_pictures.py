"""Questions of the chapter *Your own pictures*."""

from alexnet_tutorial.checks.answers import register

register(
    "own.weight",
    right=450 / (3 * 50),
    why="450 pictures, divided by three classes and by the 50 of this one. Each class gets a third "
    "of the total weight, however many pictures it has.",
    slips={
        9: "you forgot the number of classes. "
        "What share of the total weight should each class get?",
        6: "that compares the birds with the cats alone. "
        "The mean weight over all pictures should be 1.",
        2: "that compares the birds with the dogs alone. "
        "The mean weight over all pictures should be 1.",
        0.5: "that is the weight of a cat. Birds are the rarest class.",
        1.5: "that is the weight of a dog. The birds are rarer still.",
        1 / 9: "that is the share of the birds. Rare classes should weigh more, not less.",
    },
    hint="All pictures, divided by the number of classes and by the pictures of this class.",
)

register(
    "own.aside",
    right=40 * (9 / 3) ** 2,
    why="the interval shrinks with the square root: a third of the width takes nine times as "
    "many pictures.",
    slips={
        120: "that is three times as many. "
        "That is not enough: the interval shrinks only with the square root.",
        69: "you took the root of the factor. "
        "It is the width that goes with the root, not the number of pictures.",
        1080: "that is the third power of the factor. The width goes with the square root.",
        160: "that makes the interval half as wide. The question asks for a third.",
        13: "that makes the test set smaller. A narrower interval takes more pictures.",
        46: "you added the difference of the widths. By what factor should the width shrink?",
    },
    tolerance=0.03,
    hint="By what factor should the width shrink? What does that take under the square root?",
)

register(
    "own.order",
    right=sorted(str(number) for number in range(1, 13)).index("2"),
    why="names are sorted as words, letter by letter: 1, 10, 11, 12, and only then 2.",
    slips={
        1: "that is the order of numbers. The names of folders are sorted as words.",
        2: "that is the folder's name. Labels are places in the sorted list.",
        5: "you began counting at 1. The first folder has label 0.",
        3: "you missed one name that begins with a 1. Write them all down, in order.",
        11: "that is the end of the list. Some names come after this one.",
        0: "that is the label of the very first name. Which name comes first in a dictionary?",
    },
    hint="Write the names down as a dictionary would sort them.",
)

register(
    "own.mac",
    right=len({"apple", "pear", "plum", "__MACOSX"}),
    why="to Keras, every folder whose name does not begin with a dot is a class, and that includes "
    "`__MACOSX`.",
    slips={
        3: "those are the fruits alone. What else is at the top level?",
        1: "that would be right if one folder held all the others. Here they are at the top level.",
        6: "Macs do not add a folder for each kind of fruit. They add one for all.",
        2: "you counted the fruits as one class. Each kind has its own folder.",
        5: "that is more classes than there are. "
        "Only a folder makes a class: which folders are there?",
        0: "with no classes at all, there would be an error. Which folders does Keras find?",
    },
    hint="Which folders are at the top level, and does Keras skip any of them?",
)

register(
    "own.shuffled",
    right="d",
    why="a data set that shuffles does so every time it is read, so the predictions of one pass "
    "are matched with the labels of another. For a test, use shuffle=False or a single pass.",
    slips={
        "a": "neither one leaves dropout on. Both run the network the way it is used.",
        "b": "the pictures are the same in both. Luck cannot explain a drop to chance.",
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
        "a": "that only narrows the interval around the same number. "
        "The giveaway is in all of these pictures.",
        "c": "every split of these pictures has the same flaw. What do all of them share?",
        "d": "that shows overfitting. "
        "Telling the days apart works just as well on the pictures set aside.",
        "e": "that finds copies. The two days can look different without a single copy.",
    },
    hint="Which pictures would the network get wrong if it only knew the day?",
)
