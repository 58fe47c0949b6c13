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
        total(net()) - row("fc8").parameters: "left the head off. "
        "The network with ten classes has a last layer too.",
        total(net()) - 990 * 4096: "forgot the biases of the units that went. "
        "A unit is its weights and a bias.",
        total(net()) - row("fc8").parameters + 10 * 4096: "forgot the bias of the new units. "
        "Ten units have ten of them.",
        10 * 4097: "that is the head alone. Add the layers before it.",
        total(net()) // 100: "scaled the whole network. "
        "The other layers do not know how many classes there are.",
        total(net("one-tower").with_classes(10)): "forgot the groups. "
        "The 2012 network has two towers.",
    },
    hint="Take the sum, take off what fc8 has now, add what it has with ten units.",
)

register(
    "assembled.convolutions",
    right=_convolutions("one-tower"),
    why="a convolution's weights are used at every position, however many there are: the sum is "
    "the same at 227 and at 448.",
    slips={
        4 * _convolutions("one-tower"): "scaled with the picture's area. "
        "Does the size of the picture stand in the formula for parameters?",
        2 * _convolutions("one-tower"): "scaled with the picture's side. "
        "Does the size of the picture stand in the formula for parameters?",
        _convolutions("one-tower") - 96 - 256 - 384 - 384 - 256: "forgot the bias. "
        "Each filter has one.",
        _convolutions(): "that is with two groups. "
        "In one tower, conv2, conv4 and conv5 read all maps.",
        total(net("one-tower")): "that is the whole network. "
        "Only the five convolutions are asked for.",
        _convolutions("torchvision"): "that is torchvision's network. Its filters are fewer.",
    },
    hint="Find the five rows in the ledger; then ask which of their numbers the picture changes.",
)

register(
    "assembled.difference",
    right=total(net("one-tower")) - total(net("naive-224")),
    why="the naive network ends in 5 × 5 maps instead of 6 × 6: 2,816 inputs fewer for each of "
    "the 4096 units of fc6, and no other layer notices.",
    slips={
        total(net()) - total(net("naive-224")): "compared with the two towers. "
        "The network of 2012 has groups too; asked for is the one without.",
        9216 - 6400: "those are the inputs of fc6 that went. "
        "Each of them had a weight for every unit.",
        (9216 - 6400) * 4096 + 4096: "took off the biases too. "
        "fc6 has as many units as before, and so as many biases.",
        (9216 - 6400) * 1000: "took the units of fc8. The vector goes into fc6.",
        total(net("naive-224")) - total(net("one-tower")): "the sign is turned. "
        "Asked is how many the naive network has fewer.",
        (36 - 25) * 4096: "counted one channel only. Each place on the maps has 256 numbers.",
    },
    hint="Which rows of the two ledgers differ in parameters at all?",
)

register(
    "assembled.channels-first",
    right=(16, 3, 224, 224),
    why="pictures first, then channels, then height and width.",
    slips={
        (16, 224, 224, 3): "that is channels last. The channels come before height and width.",
        (3, 224, 224): "forgot the batch. The first number counts the pictures.",
        (3, 16, 224, 224): "channels before pictures. The pictures of a batch always come first.",
        (16, 3, 227, 227): "that is Caffe's picture. The 2012 network takes 224 pixels.",
        (224, 224, 3, 16): "everything turned around. Only the channels move.",
        (16, 96, 55, 55): "that is what conv1 puts out. Asked for is the input.",
    },
    hint="Four numbers: pictures, channels, height, width, in the order of the layout's name.",
)
