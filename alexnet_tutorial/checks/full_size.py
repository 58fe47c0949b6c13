"""Questions of the chapter *The full network, full size*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import net, total

register(
    "full.memory",
    right=total(net()) * 16,
    why="four arrays (weights, gradients, Adam's two) of four bytes a number: almost a gigabyte, "
    "without a single picture.",
    slips={
        total(net()) * 4: "those are the weights alone. What else is kept for each?",
        total(net()) * 8: "two arrays are missing. Adam keeps two numbers a weight.",
        total(net()) * 12: "one array is missing. Weights, gradients, and two more.",
        total(net()) * 32: "those are the bits of one number. Eight make a byte.",
        total(net()): "that is the number of weights. Each takes four bytes.",
        total(net()) * 128: "counted in bits. Eight make a byte.",
    },
    hint="How many arrays are as large as the weights, and how many bytes has a number?",
)

register(
    "full.kept",
    right=4,
    why="variables stay in float32; the 16-bit copies live for one step only. Mixed precision "
    "saves time and room for maps, not room for weights.",
    slips={
        2: "that is the copy used in a step. Which one is updated and kept?",
        6: "the copy is not saved. Only the variable itself goes into the file.",
        16: "that counts gradient and Adam's numbers, or bits. Asked for: bytes of a weight.",
        8: "that would be float64. What does variable_dtype say?",
        32: "those are bits. Eight make a byte.",
    },
    hint="Look at what the cell with the policy printed.",
)

register(
    "full.numbers",
    right=56 * 56 * 3,
    why="every pixel of the large picture is computed from these, so nothing is in it that was "
    "not in the crop.",
    slips={
        224 * 224 * 3: "those are its pixels. All of them follow from fewer.",
        56 * 56: "that is one color. A pixel has three.",
        64 * 64 * 3: "that is the whole picture. The crop is smaller.",
        224 * 224: "those are its pixels, in one color. All of them follow from fewer.",
        56 * 4 * 3: "that is an outline. A square has sides times sides pixels.",
        16: "that is how many times more pixels there are. How many were there before?",
    },
    hint="From what is each new pixel computed?",
)

register(
    "full.scale",
    right=2**6,
    why="2⁻³⁰ · 2⁶ = 2⁻²⁴. In practice the factor is far larger, 2¹⁵ or so, and is halved when "
    "something overflows.",
    slips={
        6: "that is the exponent. Asked for is the power of two itself.",
        2**24: "then it would be far larger than needed. From 2⁻³⁰ to 2⁻²⁴ only.",
        2**30: "then it would be 1. From 2⁻³⁰ to 2⁻²⁴ only.",
        2**16: "that reaches full accuracy. The least factor gives the smallest number.",
        2**5: "the exponents differ by one more. Subtract 24 from 30.",
        2**-6: "that makes it smaller. The gradient must grow.",
    },
    hint="2⁻³⁰ times what is 2⁻²⁴?",
)

register(
    "full.pace",
    right=30,
    why="18,000 pictures at 600 a second. The GPU waits four fifths of the time: prepare on more "
    "cores, or on the GPU itself.",
    slips={
        6: "that is what the GPU alone needs. Does it get its pictures that fast?",
        36: "added both times. They work at the same time.",
        24: "took the two times from each other. They work at the same time.",
        1.5: "that is one epoch. There are twenty.",
        5: "added both speeds. A picture needs both, the one after the other.",
        10: "took the mean of the two speeds. A chain is as fast as its slowest part.",
    },
    tolerance=0.001,
    hint="Which of the two is slower?",
)
