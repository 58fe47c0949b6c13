"""Questions of the chapter *Transfer*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import net, total

register(
    "transfer.layout",
    right=(256, 48, 5, 5),
    why="filters, channels that one filter reads, height, width. With two groups a filter reads "
    "half of the 96.",
    slips={
        (128, 48, 5, 5): "you counted the filters of one group. One array holds those of both.",
        (5, 5, 48, 256): "that is Keras's own order. In PyTorch, the filters come first.",
        (256, 96, 5, 5): "you forgot the groups. How many channels does one filter read?",
        (5, 5, 96, 256): "that is Keras's order, and without groups. Take a second look at both.",
        (48, 256, 5, 5): "you swapped channels and filters. The filters come first.",
        (256, 5, 5, 48): "you put the channels last. They come right after the filters.",
        (2, 128, 48, 5, 5): "the groups are not an axis of their own. "
        "Their filters lie one after the other.",
    },
    hint="Filters, channels that one filter reads, height, width.",
)

register(
    "transfer.row",
    right=1,
    why="row 0, column 1 of map 0 is the second number of the whole vector: the map is laid out "
    "pixel by pixel before the next map begins.",
    slips={
        256: "that is the row in our order. There, all channels of one pixel come first.",
        0: "that is column 0. The next column is one step further.",
        36: "that is the first pixel of the next map. The question asks about the first map.",
        6: "that is a step down. A step to the right is shorter than that.",
        37: "that is the next channel. Channel 0 is the first map.",
        2: "you began counting too late. Count from 0.",
    },
    hint="Write down the first few numbers of the vector: which pixel, of which map?",
)

register(
    "transfer.frozen",
    right=10 * 4097,
    why="ten units, with 4096 weights and a bias each. Everything before them is frozen.",
    slips={
        40960: "you forgot the biases. Each new unit has one.",
        1000 * 4097: "that is the old head. The new one has ten units.",
        10: "that is the number of units. Each of them reads everything that fc7 puts out.",
        10 * 9217: "that is for a head that reads what comes before fc6. "
        "This head comes after fc7.",
        total(net().with_classes(10)): "that is the whole network. The frozen layers do not learn.",
        0: "with nothing to train, nothing would be learned. The head is not frozen.",
    },
    hint="How many numbers come out of fc7, and how many units read them?",
)

register(
    "transfer.prepared",
    right=255,
    why="subtracting a half shifts all the numbers alike and leaves their spread as it is. "
    "Dividing by 255 is what makes it small.",
    slips={
        127.5: "subtracting does not change the spread. What does the division do?",
        510: "subtracting does not change the spread. What does the division do?",
        256: "that is how many values a byte has. What were the pixels divided by?",
        254.5: "you subtracted the half from the factor. "
        "What does a shift do to the difference of two pixels?",
        255**2: "that is the factor for the variance. "
        "The spread grows like the numbers themselves.",
        1: "the spread is not the same. How far apart are black and white, before and after?",
    },
    tolerance=0.001,
    hint="Take two pixels, black and white. How far apart are they before and after?",
)

register(
    "transfer.first",
    right="body",
    why="in the backward pass, the gradient is multiplied by the head's weights, and these are "
    "zero. Once the head has learned something, the body begins to change.",
    slips={
        "head": "the head's gradient is made of features and errors. Are those zero?",
        "neither": "one of the gradients is zero. "
        "What is a gradient multiplied by in the backward pass?",
        "both": "if both stood still, nothing could ever learn. Which gradient is not zero?",
        "bias": "the bias belongs to the head. It sees the error itself.",
        "none": "one part does stand still. Follow the gradient back from the loss.",
    },
    hint="Follow the gradient back from the loss. "
    "What does it meet first, and what is it multiplied by there?",
)
