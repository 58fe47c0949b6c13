"""Questions of the chapter *Many devices*."""

from math import prod

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import row

_RING = 4 * 25_000_000
_CONV4 = 4 * 128 * prod(row("conv4").input)

register(
    "devices.ring",
    right=2 * 3 * _RING // 4,
    why="each device passes on three quarters of the array twice: "
    "once to add up the gradients, once to hand out the sum.",
    slips={
        _RING: "that is the whole array, which is what each of two devices sends. "
        "Here there are four.",
        2 * _RING: "that is nearly what each device sends when there are very many. "
        "Each one leaves out its own part.",
        3 * _RING: "that sends everything to each of the others. "
        "In a ring, only parts are passed around.",
        3 * _RING // 4: "that is half of it. The parts go around the ring twice: what for?",
        6 * 25_000_000 // 4: "those are numbers, not bytes. How many bytes does a float32 take?",
        2 * _RING // 4: "that is one part, twice. How many parts does each device pass on?",
    },
    hint="2(n − 1)/n times the array, in bytes.",
)

register(
    "devices.conv4",
    right=_CONV4 // 2,
    why="for every picture, the other card would need the half of conv3's maps that is on this "
    "one.",
    slips={
        _CONV4: "that is all that conv4 would read. Half of it is on the other card already.",
        _CONV4 // 256: "that is for a single picture. A batch has 128.",
        _CONV4 // 8: "those are numbers, not bytes. How many bytes does a float32 take?",
        2 * 128 * prod(row("conv3").input): "that is what conv3 needs. What does conv4 read?",
        4 * 128 * prod(row("conv3").input): "that is all that conv3 reads. What does conv4 read, "
        "and which half of it is on the other card already?",
    },
    hint="Half of the maps that conv4 reads, for 128 pictures, four bytes a number.",
)

register(
    "devices.divide",
    right=-(-100 // 8) * 8,
    why="it is the next multiple of 8, so all the devices get the same number of pictures.",
    slips={
        100: "8 does not divide that: some devices would get more pictures than others. "
        "Which batch sizes can all eight share equally?",
        96: "8 divides that, but it is smaller than 100. The new batch must not be.",
        128: "8 divides that, but it is not the closest. Does it have to be a power of two?",
        800: "that gives each device a whole batch. The devices share one.",
        13: "that is the share of one device. How large is the whole batch?",
        112: "8 divides that, but it is one multiple too far. Look for one that is closer.",
    },
    hint="Look for a multiple of the number of devices.",
)

register(
    "devices.meet",
    right=4 * 60_000_000 // 250_000,
    why="with data parallelism, each of two devices sends every gradient once, at four bytes each. "
    "The towers send their bytes once per picture.",
    slips={
        240: "you divided numbers by bytes. How many bytes does a gradient take in float32?",
        480: "that is for numbers of two bytes. These have four.",
        1920: "you counted the gradients twice. "
        "In a ring of two, each device sends the array once.",
        3840: "you counted everything that is kept for a weight. Only its gradient is sent.",
        120: "you halved the gradients, and counted numbers instead of bytes. "
        "In a ring of two, each device sends the whole array.",
    },
    hint="Bytes of all gradients, divided by bytes per picture.",
)

register(
    "devices.slowest",
    right=460 + 50,
    why="the exchange has to wait for the slowest device.",
    slips={
        350: "that is for the three fast devices. "
        "Can they add up the gradients without the fourth?",
        390: "that takes the mean of the four times. Do the fast devices help the slow one?",
        460: "you left out the exchange. When can it begin?",
        660: "you counted the exchange once for each device. All four take part in a single one.",
        1410: "you added up the times of all four. The devices compute at the same time.",
    },
    hint="When can the exchange begin?",
)
