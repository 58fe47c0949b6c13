"""Questions of the chapter *Many devices*."""

from math import prod

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import row

_RING = 4 * 25_000_000
_CONV4 = 4 * 128 * prod(row("conv4").input)

register(
    "devices.ring",
    right=2 * 3 * _RING // 4,
    why="each passes on three quarters of the array twice: once to add up, once to hand out.",
    slips={
        _RING: "that is the array itself, what each of two devices sends. Here are four.",
        2 * _RING: "that is what very many devices come near to. Each leaves out its own part.",
        3 * _RING: "that sends everything to each of the others. In a ring, parts go round.",
        3 * _RING // 4: "that is half of it. The parts go round twice: what for?",
        6 * 25_000_000 // 4: "those are numbers. How many bytes has a float32?",
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
        _CONV4 // 256: "that is a single picture. A batch has 128.",
        _CONV4 // 8: "those are numbers. How many bytes has a float32?",
        2 * 128 * prod(row("conv3").input): "that is what conv3 needs. What does conv4 read?",
        4 * 128 * prod(row("conv3").input): "that is all that conv3 reads. What does conv4 read, "
        "and which half of it is on the other card already?",
    },
    hint="Half of the maps that conv4 reads, for 128 pictures, four bytes a number.",
)

register(
    "devices.divide",
    right=-(-100 // 8) * 8,
    why="it is the next multiple of the number of devices.",
    slips={
        100: "8 does not divide that: some devices would get more pictures than others. "
        "What must it be a multiple of?",
        96: "8 divides that, but it is smaller. The new batch must not be.",
        128: "8 divides that, but something nearer is there. Need it be a power of two?",
        800: "that gives each device the whole batch. They share it.",
        13: "that is what one device gets. How large is the batch?",
        112: "8 divides that, but there is one between. Look for the next.",
    },
    hint="Look for a multiple of the number of devices.",
)

register(
    "devices.meet",
    right=4 * 60_000_000 // 250_000,
    why="two devices send every gradient once, four bytes each; the towers send their bytes once "
    "per picture.",
    slips={
        240: "divided numbers by bytes. How many bytes has a gradient in float32?",
        480: "with numbers of two bytes. These have four.",
        1920: "counted the gradients twice. In a ring of two, each device sends the array once.",
        3840: "counted all that is kept for a weight. Only its gradient is sent.",
        120: "halved the gradients. Half of the ring is not all of it.",
    },
    hint="Bytes of all gradients, divided by bytes for a picture.",
)

register(
    "devices.slowest",
    right=460 + 50,
    why="the sum has to wait for the slowest device.",
    slips={
        350: "that is for the fast ones. Can they add up without the fourth?",
        390: "that takes the mean. Do the fast ones help the slow one?",
        460: "left out the exchange. When can it begin?",
        660: "counted the exchange once for each device. It is one exchange of all.",
        1410: "added up the parts. The devices compute at the same time.",
    },
    hint="When can the exchange begin?",
)
