"""Questions of the chapter *AlexNet assembled*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import net, row, total
from alexnet_tutorial.shapes import ledger


def _convolutions(name="alexnet-2012"):
    return sum(row.parameters for row in ledger(net(name)) if row.kind == "conv")


register(
    "assembled.head",
    right=total(net().with_classes(10)),
    why=f"only fc8 changes, from {row('fc8').parameters_formula} to ten units of "
    "4096 weights and a bias each.",
    slips={
        total(net()): "that is the network with its 1000 classes. "
        "Which layer has a unit for each class?",
        total(net()) - row("fc8").parameters: "you left off the head. "
        "The network with ten classes has a last layer, too.",
        total(net()) - 990 * 4096: "you kept the biases of the units that are gone. "
        "Each unit has a bias as well as weights.",
        total(net()) - row("fc8").parameters + 10 * 4096: "you forgot the biases of the new units. "
        "Each of the ten has one.",
        10 * 4097: "that is the head alone. Add the layers before it.",
        total(net()) // 100: "you scaled the whole network. "
        "The other layers do not know how many classes there are.",
        total(net("one-tower").with_classes(10)): "you forgot the groups. "
        "The 2012 network has two towers.",
    },
    hint="Start from the network's total, subtract what fc8 has now, and add what it has with ten "
    "units.",
)

register(
    "assembled.convolutions",
    right=_convolutions("one-tower"),
    why="a convolution's weights are used at every position, however many there are: the sum is "
    "the same at 227 and at 448.",
    slips={
        4 * _convolutions("one-tower"): "you scaled with the picture's area. "
        "Does the size of the picture appear in the formula for parameters?",
        2 * _convolutions("one-tower"): "you scaled with the picture's side. "
        "Does the size of the picture appear in the formula for parameters?",
        _convolutions("one-tower") - 96 - 256 - 384 - 384 - 256: "you forgot the biases. "
        "Each filter has one.",
        _convolutions(): "that is with two groups. "
        "In one tower, conv2, conv4 and conv5 read all the maps.",
        total(net("one-tower")): "that is the whole network. "
        "The question asks for the five convolutions only.",
        _convolutions("torchvision"): "that is torchvision's network. It has fewer filters.",
    },
    hint="Find the five rows in the ledger. "
    "Which of their numbers depend on the size of the picture?",
)

register(
    "assembled.difference",
    right=total(net("one-tower")) - total(net("naive-224")),
    why="the naive network ends in 5 × 5 maps instead of 6 × 6. "
    "That is 2,816 fewer inputs for each of the 4096 units of fc6, and no other layer notices.",
    slips={
        total(net()) - total(net("naive-224")): "you compared with the network that has two "
        "groups. The question asks about the one without groups.",
        9216 - 6400: "those are the inputs that fc6 loses. "
        "Each of them had a weight for every unit.",
        (9216 - 6400) * 4096 + 4096: "you subtracted biases, too. "
        "fc6 has as many units as before, and so as many biases.",
        (9216 - 6400) * 1000: "you multiplied by the units of fc8. The vector goes into fc6.",
        total(net("naive-224")) - total(net("one-tower")): "the sign is reversed. "
        "The question asks how many fewer the naive network has.",
        (36 - 25) * 4096: "you counted only one channel. Each place on the maps has 256 numbers.",
    },
    hint="Which rows of the two ledgers differ in parameters at all?",
)

register(
    "assembled.channels-first",
    right=(16, 3, 224, 224),
    why="pictures first, then channels, then height and width.",
    slips={
        (16, 224, 224, 3): "that is channels last. The channels come before height and width.",
        (3, 224, 224): "you forgot the batch. The first number counts the pictures.",
        (3, 16, 224, 224): "you put the channels before the pictures. "
        "The pictures of a batch always come first.",
        (16, 3, 227, 227): "that is Caffe's picture. The 2012 network takes 224 pixels.",
        (224, 224, 3, 16): "you reversed the whole order. Only the channels move.",
        (16, 96, 55, 55): "that is what conv1 puts out. The question asks for the input.",
    },
    hint="Four numbers: "
    "pictures, channels, height, width. The name of the layout tells you their order.",
)
