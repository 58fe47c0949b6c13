"""Questions of the chapter *The full network, full size*."""

from alexnet_tutorial.checks.answers import register
from alexnet_tutorial.checks.counting import net, total

register(
    "full.memory",
    right=total(net()) * 16,
    why="four arrays (weights, gradients, Adam's two), at four bytes a number: "
    "almost a gigabyte, before the first picture.",
    slips={
        total(net()) * 4: "those are the weights alone. What else is kept for each weight?",
        total(net()) * 8: "two arrays are missing. Adam keeps two numbers for each weight.",
        total(net()) * 12: "one array is missing. "
        "Count the weights, the gradients, and what Adam keeps.",
        total(net()) * 32: "those are the weights alone, in bits. Eight bits make a byte.",
        total(net()): "that is the number of weights. Each takes four bytes.",
        total(net()) * 128: "you counted bits. Eight bits make a byte.",
    },
    hint="How many arrays are as large as the weights, and how many bytes does each number take?",
)

register(
    "full.kept",
    right=4,
    why="variables stay in float32; the 16-bit copies live for one step only. "
    "Mixed precision saves time and memory for the maps, but no memory for the weights.",
    slips={
        2: "that is the copy used in a step. Which one is updated and kept?",
        6: "the copy is not saved. Only the variable itself goes into the file.",
        16: "that counts bits, or the gradient and Adam's numbers as well. "
        "The question asks for the bytes of one weight.",
        8: "that would be float64. What does variable_dtype say?",
        32: "those are bits. Eight bits make a byte.",
    },
    hint="Look at what the cell with the policy printed.",
)

register(
    "full.numbers",
    right=56 * 56 * 3,
    why="every pixel of the large picture is computed from these, so it holds nothing that was not "
    "in the crop.",
    slips={
        224 * 224 * 3: "those are all the numbers of the enlarged picture. "
        "They are computed from fewer.",
        56 * 56: "that is one color. A pixel has three.",
        64 * 64 * 3: "that is the whole picture. The crop is smaller.",
        224 * 224: "those are the enlarged picture's pixels, in one color. "
        "They are computed from fewer numbers.",
        56 * 4 * 3: "that is only the outline of the crop. A square has side × side pixels.",
        16: "that is how many times more pixels there are. How many were there before?",
    },
    hint="What is each new pixel computed from?",
)

register(
    "full.scale",
    right=2**6,
    why="2⁻³⁰ · 2⁶ = 2⁻²⁴. In practice the factor is far larger, 2¹⁵ or so, and is halved when "
    "something overflows.",
    slips={
        6: "that is the exponent. The question asks for the power of two itself.",
        2**24: "that makes the gradient far larger than needed. "
        "It only has to get from 2⁻³⁰ to 2⁻²⁴.",
        2**30: "that makes the gradient 1. It only has to get from 2⁻³⁰ to 2⁻²⁴.",
        2**16: "that reaches the smallest number with full accuracy. "
        "A smaller factor reaches the smallest number above zero.",
        2**5: "the exponents differ by one more than that. Subtract 24 from 30.",
        2**-6: "that makes the gradient smaller. It must grow.",
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
        36: "you added the two times. The GPU and the processor work at the same time.",
        24: "you subtracted one time from the other. "
        "The GPU and the processor work at the same time.",
        1.5: "that is one epoch. There are twenty.",
        5: "you added the two speeds. Every picture needs both, one after the other.",
        10: "you took the mean of the two speeds. A chain is only as fast as its slowest part.",
    },
    tolerance=0.001,
    hint="Which of the two is slower?",
)
