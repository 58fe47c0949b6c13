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
        55: "that is what should stand there. Multiply it out: is it the paper's number?",
        54: "that is rounding down. Divide the paper's number by the two others.",
        56: "that is 'same' padding. Divide the paper's number by the two others.",
        96: "those are all the filters. Divide the paper's number by 55 and by 96.",
        2640: "divided by 96 only. Divide by 55 as well.",
        4608: "divided by 55 only. Divide by 96 as well.",
    },
    hint="Divide the paper's number by the two that you know.",
)

register(
    "puzzle.zeros",
    right=11 * 11 - 7 * 7,
    why="the window starts at 4 · 55 − 3 = 217, so 7 rows and columns find pixels, 7 · 7 = 49, "
    "and the rest of 121 find zeros.",
    slips={
        57: "that is the window of 2012. Here 4 zeros follow the picture, not 3.",
        16: "that is the corner outside of both edges. Zeros lie beside the picture too.",
        88: "counted the corner twice. The zeros below and those beside share some.",
        44: "counted one side only. The window runs over the bottom and over the right.",
        49: "those are the pixels. Asked for are the zeros.",
        121: "that is the whole window. Part of it lies on the picture.",
        8: "those are lines, not weights. Each line has many weights.",
    },
    hint="How many rows of the window find pixels? Square that, and take it off the whole.",
)

register(
    "puzzle.agree",
    right=55 * 55,
    why="with 4 zeros in front, the windows start at −4, 0, 4, and so on to 216. That is one extra "
    "place followed by exactly the places of 2012, so every window has its twin.",
    slips={
        0: "zeros in front move the windows. By how much, and how far is it to the next one?",
        54 * 54: "left out the last row and column. Where does each last window start?",
        56 * 56: "those are all windows of the padded layer. Some of them begin in the zeros.",
        55: "counted one line only. The windows move down as well as to the right.",
        1: "matched a single pair. Write down where the first windows of each start.",
        53 * 53: "left out the rim. Write down where the first and the last window start.",
        110: "added where one multiplies. Every row of windows has as many columns.",
    },
    hint="Write down the pixel at which the first windows of each start, and the last.",
)

register(
    "puzzle.even",
    right=231,
    why="the room to walk, size − 11, must be a multiple of 4: 216 at 227, 220 at 231.",
    slips={
        228: "that is a multiple of 4. The room to walk must be one, not the size.",
        238: "added a window. One step more needs fewer pixels than one window more.",
        232: "that is a multiple of 4. The room to walk must be one, not the size.",
        235: "that is the one after. Is there one between?",
        223: "that one is smaller. Asked for is the next larger size.",
        229: "half a step too far. How much room does one more step need?",
        230: "counted from 226. How much room does one more step need?",
    },
    hint="Subtract the window: what is left must be a whole number of steps.",
)

register(
    "puzzle.crops",
    right=2 * 33 * 33,
    why="a patch of 224 has 256 − 224 = 32 steps to walk and so 33 places, along each side; "
    "mirroring doubles them. The paper's number counts steps.",
    slips={
        2048: "that counts steps. A patch also has a place before its first step.",
        1089: "forgot the mirror. Each patch comes in two ways.",
        1024: "that counts steps, without the mirror. A fence has a post more than gaps.",
        66: "counted one side only. The patch moves down and to the right.",
        33: "those are the places along one side. And along the other? And mirrored?",
        10: "those are the views of a test. In training the patch may lie anywhere.",
        4356: "mirrored both ways. The pictures are mirrored left and right only.",
    },
    hint="How many places does a patch have along one side? Think of the fence's posts.",
)

_COUNTS = {name: ledger(variant(name)).parameters for name in VARIANTS}
_GROUPS = _COUNTS["one-tower"] - _COUNTS["caffe"]  # what the two groups save

register(
    "puzzle.towers",
    right=_COUNTS["caffe"],
    why="conv1's map does not count, only its kernel. From the second map on, the sizes are those "
    "of 2012, so fc6 reads 9,216 numbers; and the groups save what they save in caffe.",
    slips={
        _COUNTS["one-tower"]: "that is without groups. "
        "In which layers does a filter read only half of the maps?",
        _COUNTS["naive-224"]: "that is rounding down in conv1, without groups. "
        "What does fc6 read if conv1's map is 56 × 56?",
        _COUNTS["naive-224"] - _GROUPS: "that is rounding down in conv1. "
        "What does fc6 read if its map is 56 × 56?",
        _COUNTS["caffe"] - 3 * 3 * 256 * 384 // 2: "put groups into conv3 as well. "
        "It is the one that reads both towers.",
        _COUNTS["torchvision"]: "that network has other filters. "
        "Here their numbers are those of 2012.",
    },
    hint="Which sizes do the maps have, and what do the groups save? Look for a line like it.",
)
