"""Questions of the chapter *The 224 puzzle*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.shapes import VARIANTS, ledger, variant

register(
    "puzzle.neurons",
    right=48,
    why="55 · 48 · 96 = 253,440. 48 is half of 96: perhaps the filters of one card slipped in "
    "where a width belongs. With 55 · 55 · 96 all the paper's counts add up to 659,272, which it "
    "may have called 650,000; with 253,440 they make only 622,312.",
    slips={
        55: "that is what should be there. Multiply it out: do you get the paper's number?",
        54: "that is what rounding down gives. Divide the paper's number by the two other factors.",
        56: "that is what 'same' padding gives. "
        "Divide the paper's number by the two other factors.",
        96: "those are all the filters. Divide the paper's number by 55 and by 96.",
        2640: "you divided by 96 only. Divide by 55 as well.",
        4608: "you divided by 55 only. Divide by 96 as well.",
    },
    hint="Divide the paper's number by the two factors that you know.",
)

register(
    "puzzle.zeros",
    right=11 * 11 - 7 * 7,
    why="the last window starts at pixel 4 · 55 − 3 = 217, so 7 of its rows and 7 of its columns "
    "lie on the picture. That makes 7 · 7 = 49 weights on pixels, and the rest of the 121 lie on "
    "zeros.",
    slips={
        57: "that is the window of 2012. Here, 4 zeros follow the picture, not 3.",
        16: "that is the corner outside both edges. "
        "There are zeros beside and below the picture, too.",
        88: "you counted the corner twice. "
        "The zeros below the picture and those beside it overlap there.",
        44: "you counted only one side. The window runs over the bottom and over the right edge.",
        49: "those weights lie on pixels. The question asks for the ones on zeros.",
        121: "that is the whole window. Part of it lies on the picture.",
        8: "those are lines of zeros, not weights. Each line meets many weights.",
    },
    hint="How many rows of the window lie on pixels? Square that, and subtract it from the whole.",
)

register(
    "puzzle.agree",
    right=55 * 55,
    why="with 4 zeros in front, the windows start at −4, 0, 4, and so on to 216. That is one extra "
    "place followed by exactly the places of 2012, so every window has its twin.",
    slips={
        0: "the zeros in front do move the windows. "
        "By how much, and how far is it from one window to the next?",
        54 * 54: "you left out the last row and column. "
        "Where does the last window of each network start?",
        56 * 56: "those are all the windows of the padded layer. Some of them begin in the zeros.",
        55: "you counted only one line. The windows move down as well as to the right.",
        1: "you matched a single pair. Write down where the first windows of each network start.",
        53 * 53: "you left out the outer windows on every side. "
        "Write down where the first and the last window start.",
        110: "you added where you should multiply. Every row of windows has as many columns.",
    },
    hint="Write down the pixel at which the first windows of each network start, and the last.",
)

register(
    "puzzle.even",
    right=231,
    why="the room to walk, size − 11, must be a multiple of 4: 216 at 227, 220 at 231.",
    slips={
        228: "that is a multiple of 4. "
        "The room to walk must be a multiple of 4, not the size itself.",
        238: "you added a whole window. One more step needs fewer pixels than that.",
        232: "that is a multiple of 4. "
        "The room to walk must be a multiple of 4, not the size itself.",
        235: "that is the size after the next. Is there one in between?",
        223: "that size is smaller. The question asks for the next larger one.",
        229: "that is half a step too far. How much room does one more step need?",
        230: "you counted from 226. Start from 227: how much room does one more step need?",
    },
    hint="Subtract the window: what is left must be a whole number of steps.",
)

register(
    "puzzle.crops",
    right=2 * 33 * 33,
    why="a patch of 224 has 256 − 224 = 32 steps to walk along each side, and so 33 places there: "
    "33 · 33 in all, doubled by mirroring. The paper's number counts steps.",
    slips={
        2048: "that counts steps. A patch also has a place before its first step.",
        1089: "you forgot the mirror images. Each patch comes in two versions.",
        1024: "that counts steps, without the mirror images. "
        "A fence has one more post than it has gaps.",
        66: "you counted only one side. The patch moves down as well as to the right.",
        33: "those are the places along one side. "
        "What about the other side, and the mirror images?",
        10: "those are the views used in a test. In training, the patch may lie anywhere.",
        4356: "you mirrored both ways. The pictures are mirrored left to right only.",
    },
    hint="How many places does a patch have along one side? Think of the fence posts.",
)

_COUNTS = {name: ledger(variant(name)).parameters for name in VARIANTS}
_GROUPS = _COUNTS["one-tower"] - _COUNTS["caffe"]  # what the two groups save

register(
    "puzzle.towers",
    right=_COUNTS["caffe"],
    why="conv1's parameters depend on its kernel, not on the size of its map. From the second map "
    "on, the sizes are those of 2012, so fc6 reads 9,216 numbers. And the groups save what they "
    "save in caffe.",
    slips={
        _COUNTS["one-tower"]: "that is without groups. "
        "In which layers does a filter read only half of the maps?",
        _COUNTS["naive-224"]: "that is rounding down in conv1, without groups. "
        "What does fc6 read if conv1's map is 56 × 56?",
        _COUNTS["naive-224"] - _GROUPS: "that is rounding down in conv1. "
        "What does fc6 read if conv1's map is 56 × 56?",
        _COUNTS["caffe"] - 3 * 3 * 256 * 384 // 2: "you put groups into conv3 as well. "
        "It is the layer that reads both towers.",
        _COUNTS["torchvision"]: "that is torchvision's network, with other numbers of filters. "
        "Here they are those of 2012.",
    },
    hint="Which sizes do the maps have, and what do the groups save? "
    "Look for a row of the table that is like it.",
)
