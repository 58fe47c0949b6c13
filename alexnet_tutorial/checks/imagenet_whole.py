"""Questions of the chapter *ImageNet whole*."""

from alexnet_tutorial.checks.answers import register

_PICTURES = 1_281_167
_HOURS = 90 * _PICTURES / 1600 / 3600

register(
    "imagenet.shards",
    right=-(-_PICTURES // 2048),
    why="a shard holds at most 2,048, so the remainder needs one more.",
    slips={
        _PICTURES // 2048: "you rounded down. Where do the leftover pictures go?",
        -(-_PICTURES // 2000): "you put 2,000 pictures in a shard. It holds up to 2,048.",
        -(-50_000 // 2048): "that is for the validation pictures. Count the training pictures.",
        1000: "that is one shard for each class. A shard holds pictures of all classes.",
        1252: "you counted picture and label separately. A picture comes with its label.",
    },
    hint="Pictures, divided by pictures in a shard, rounded up.",
)

register(
    "imagenet.hours",
    right=_HOURS,
    why="that is the number of pictures shown, divided by the pictures per hour.",
    slips={
        _HOURS / 90: "that is a single epoch. How many are there?",
        60 * _HOURS: "those are minutes. How many make an hour?",
        3600 * _HOURS: "those are seconds. How many make an hour?",
        _HOURS / 24: "those are days. How many hours are in one?",
        90 * 50_000 / 1600 / 3600: "that is for the validation pictures. "
        "Which pictures does the network train on?",
        _HOURS * 1600 / 128: "you took the speed for steps. It is given in pictures.",
    },
    tolerance=0.01,
    hint="Epochs times pictures, divided by the speed, gives seconds.",
)

register(
    "imagenet.killed",
    right=4 * 2048 // 2,
    why="the shards that have their names stay. The four that were being written begin again.",
    slips={
        4 * 2048: "you counted whole shards. Each process was only halfway through one.",
        2048: "you halved it once too often. How many processes are there?",
        1024: "that is one process. How many were there?",
        0: "an unfinished shard has no name yet. Does the next run continue inside it?",
        100 * 2048: "those shards have their names. Are they made again?",
        104 * 2048: "you counted everything. Which of these shards have their names?",
    },
    hint="Only the shards that had no name yet are made again.",
)

register(
    "imagenet.chance",
    right=1 / 1000,
    why="when the labels are in an unrelated order, even a perfect network is right only by "
    "chance: one time in a thousand.",
    slips={
        1.0: "the network is right, but the labels are not. How many of them match by chance?",
        0.0: "a few classes land on their own numbers by chance. "
        "How many of a thousand, on average?",
        0.5: "that would be right if there were two classes. How many are there?",
        1 / 50: "that is one picture out of the 50 of a class. "
        "A number stands for the whole class.",
        1 / 200: "that is for five guesses. Accuracy counts only the first.",
        1 / 3: "that is our miniature, with its six classes. Here there are a thousand.",
    },
    hint="If the order is random, how likely is a class to land on its own number?",
)

register(
    "imagenet.energy",
    right=2.0,
    why="energy is power times time, and A takes twenty times as long at a tenth of the power.",
    slips={
        0.1: "you compared the power alone. How long does each card draw it?",
        10: "that is B's power divided by A's. Which card takes longer, and by how much?",
        20: "you compared the times alone. How much power does each card draw in that time?",
        0.5: "you divided the other way around. Which card takes more energy for one picture?",
        200: "you multiplied the two factors, but they work against each other. "
        "A draws less power, for a longer time.",
        0.05: "you compared the speeds alone. How much power does each card draw?",
    },
    hint="Watts divided by pictures per second gives the energy of one picture.",
)
