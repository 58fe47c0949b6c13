"""Questions of the chapter *ImageNet whole*."""

from alexnet_tutorial.checks.answers import register

_PICTURES = 1_281_167
_HOURS = 90 * _PICTURES / 1600 / 3600

register(
    "imagenet.shards",
    right=-(-_PICTURES // 2048),
    why="2,048 in each are the most, so a remainder needs one more.",
    slips={
        _PICTURES // 2048: "rounded down. Where do the pictures go that are left over?",
        -(-_PICTURES // 2000): "took 2,000 pictures for a shard. They are 2,048.",
        -(-50_000 // 2048): "those are the validation pictures. Count the training pictures.",
        1000: "that is one for each class. A shard holds pictures of all classes.",
        1252: "counted picture and label as two. A picture comes with its label.",
    },
    hint="Pictures, divided by pictures in a shard, rounded up.",
)

register(
    "imagenet.hours",
    right=_HOURS,
    why="it is the number of pictures shown, divided by the pictures an hour.",
    slips={
        _HOURS / 90: "that is a single epoch. How many are there?",
        60 * _HOURS: "those are minutes. How many make an hour?",
        3600 * _HOURS: "those are seconds. How many make an hour?",
        _HOURS / 24: "those are days. How many hours are in one?",
        90 * 50_000 / 1600 / 3600: "those are the validation pictures. What is trained on?",
        _HOURS * 1600 / 128: "took the speed for steps. It is given in pictures.",
    },
    tolerance=0.01,
    hint="Epochs times pictures, divided by the speed, gives seconds.",
)

register(
    "imagenet.killed",
    right=4 * 2048 // 2,
    why="what has its name stays; the four shards that were being written begin again.",
    slips={
        4 * 2048: "counted whole shards. Each was halfway through.",
        2048: "halved it once too often. How many processes are there?",
        1024: "that is one process. How many were there?",
        0: "an unfinished shard has no name yet. Does the next run go on inside it?",
        100 * 2048: "those have their names. Are they made again?",
        104 * 2048: "counted everything. Which of these have their names?",
    },
    hint="Only the shards that had no name yet are made again.",
)

register(
    "imagenet.chance",
    right=1 / 1000,
    why="the answers are no better than drawn labels: one in a thousand fits by chance.",
    slips={
        1.0: "the network is right, but the labels are not. How many of them fit?",
        0.0: "a few numbers fall on their own places. How many of a thousand, on average?",
        0.5: "there are more than two places for a number. How many?",
        1 / 50: "that is one of the pictures of a class. A number stands for the whole class.",
        1 / 200: "that is for five guesses. Accuracy looks at the first.",
        1 / 3: "that is our miniature, with its six classes. Here are a thousand.",
    },
    hint="How likely does a class fall on its own place, if the order is drawn?",
)

register(
    "imagenet.energy",
    right=2.0,
    why="energy is power times time, and A takes twenty times as long at a tenth of the power.",
    slips={
        0.1: "compared the power alone. For how long is it drawn?",
        10: "that is B's power by A's. Who needs longer, and how much?",
        20: "compared the times alone. What does each draw meanwhile?",
        0.5: "turned it around. Who takes more for one picture?",
        200: "multiplied where the two work against each other. A draws less, and for longer.",
        0.05: "compared the speeds alone. What does each draw?",
    },
    hint="Watts divided by pictures a second: the energy of one picture.",
)
