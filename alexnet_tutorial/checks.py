"""Instant answers to the exercises: *missing*, *not yet* with the slip named, or *right*.

``check("convolution.positions", answer)`` compares an answer with the right value, which is
computed from the package where that is possible, and with the values that known misconceptions
lead to. A hint never gives the answer away. Chapters add their questions at the end of this file.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

_TITLES = {"missing": "Missing", "not-yet": "Not yet", "right": "Right"}


@dataclass(frozen=True)
class Result:
    """What a check says; shows itself in a notebook, and as plain text elsewhere.

    Args:
        state: ``"missing"``, ``"not-yet"`` or ``"right"``.
        message: Why, or what to look at.
    """

    state: str
    message: str

    def __bool__(self):
        """Tell whether the answer is right."""
        return self.state == "right"

    def __repr__(self):
        """Return the result as plain text."""
        return f"{_TITLES[self.state]}: {self.message}"

    def _repr_html_(self):
        return (
            f'<div class="alexnet-check {self.state}" role="status">'
            f"<p><strong>{_TITLES[self.state]}:</strong> {escape(self.message)}</p></div>"
        )


@dataclass(frozen=True)
class Question:
    """One registered question; see :func:`register`."""

    name: str
    right: object
    why: object
    misconceptions: tuple = ()
    tolerance: float = 0.0
    hint: str = ""


QUESTIONS: dict[str, Question] = {}
"""Every registered question by its name."""


def register(name, right, why, misconceptions=(), tolerance=0.0, hint=""):
    """Add a question.

    Args:
        name: ``"chapter.question"``.
        right: The right answer (a number, a tuple of numbers, a word, True or False), or a
            function without arguments that computes it when it is first asked for.
        why: Shown with a right answer; a text, or a function that writes it with its numbers.
        misconceptions: Triples (value or function, name of the slip, hint). No value may equal
            the right one.
        tolerance: Largest difference that still counts as equal, relative to the right number.
        hint: Shown with an answer that fits no misconception.

    Returns:
        The question.

    Example:
        >>> _ = register(
        ...     "example.legs", 8, "Spiders have eight.", [(6, "that is an insect", "Two more.")]
        ... )
        >>> check("example.legs", 6)
        Not yet: that is an insect. Two more.
        >>> del QUESTIONS["example.legs"]
    """
    question = Question(name, right, why, tuple(misconceptions), tolerance, hint)
    QUESTIONS[name] = question
    return question


def check(name, answer=None):
    """Compare an answer with a registered question.

    Args:
        name: The question's name.
        answer: A number, a tuple, list or array of numbers, a word, or a text such as
            ``"55 × 55 × 96"`` or ``"34,944"``. None or ``...`` means there is none yet.

    Returns:
        A :class:`Result`, true when the answer is right.

    Raises:
        ValueError: There is no such question; the message lists those of the chapter.

    Example:
        >>> check("convolution.positions")
        Missing: set answer to what you predict, then run this cell again.
    """
    if name not in QUESTIONS:
        chapter = str(name).split(".")[0]
        known = [key for key in QUESTIONS if key.split(".")[0] == chapter] or list(QUESTIONS)
        raise ValueError(f"there is no question {name!r}. Known: {', '.join(known)}.")
    question = QUESTIONS[name]
    if answer is None or answer is ...:
        return Result("missing", "set answer to what you predict, then run this cell again.")
    given = _read(answer)
    if given == "":
        return Result("missing", "set answer to what you predict, then run this cell again.")
    right = _read(_value(question.right))
    if _equal(given, right, question.tolerance):
        return Result("right", _value(question.why))
    for value, slip, hint in question.misconceptions:
        if _equal(given, _read(_value(value)), question.tolerance):
            return Result("not-yet", f"{slip}. {hint}")
    return Result("not-yet", _describe(given, right, question.hint))


def _value(value):
    return value() if isinstance(value, Callable) else value


def _read(answer):
    """Read an answer as a number, a tuple, a lower-case word, or None where it is none of these.

    Students answer with whatever they computed; nothing they pass may raise.
    """
    try:
        if isinstance(answer, str):
            return _read_text(answer)
        if isinstance(answer, bool):
            return answer
        if isinstance(answer, (int, float)):
            return answer
        if hasattr(answer, "tolist"):  # NumPy, JAX
            return _read(answer.tolist())
        if hasattr(answer, "numpy"):  # TensorFlow, PyTorch
            return _read(answer.numpy())
        if isinstance(answer, (list, tuple)) or type(answer).__name__ == "TensorShape":
            items = tuple(_read(item) for item in answer if item is not None)
            return items[0] if len(items) == 1 else items
        return answer.item() if hasattr(answer, "item") else None
    except Exception:
        return None


_NUMBER = r"[+-]?(?:\d[\d,_ \u00a0\u202f]*(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?"


def _read_text(text):
    text = text.strip().strip("()[]").replace("−", "-").lower()
    if text in ("true", "yes"):
        return True
    if text in ("false", "no"):
        return False
    parts = [part.strip() for part in re.split(r"\s*(?:×|x|\*|;)\s*", text) if part.strip()]
    if len(parts) == 1 and not re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text):
        parts = [part.strip() for part in re.split(r"\s*,\s*", text) if part.strip()]
    if parts and all(re.fullmatch(_NUMBER, part) for part in parts):
        numbers = tuple(_number(part) for part in parts)
        return numbers[0] if len(numbers) == 1 else numbers
    return " ".join(text.replace("_", " ").replace("-", " ").split())


def _number(text):
    text = re.sub(r"[,_\s]", "", text)
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def _equal(given, right, tolerance):
    if isinstance(given, bool) or isinstance(right, bool):
        return isinstance(given, bool) and given is right
    if isinstance(right, tuple):
        return (
            isinstance(given, tuple)
            and len(given) == len(right)
            and all(_equal(a, b, tolerance) for a, b in zip(given, right, strict=True))
        )
    if isinstance(right, (int, float)) and isinstance(given, (int, float)):
        try:
            # A count computed with a float division is still a count: 55.0 is 55.
            return math.isclose(given, right, rel_tol=max(tolerance, 1e-12), abs_tol=1e-12)
        except OverflowError:
            return False
    return given is not None and type(given) is type(right) and given == right


def _describe(given, right, hint):
    """Say what kind of answer is expected where the kind is wrong, else give the hint."""
    if isinstance(right, bool):
        wanted, fits = "True or False", isinstance(given, bool)
    elif isinstance(right, tuple):
        wanted = f"{len(right)} numbers, such as ({', '.join('…' for _ in right)})"
        fits = isinstance(given, tuple) and len(given) == len(right)
    elif isinstance(right, str):
        wanted, fits = "a word", isinstance(given, str)
    else:
        wanted = "one number"
        fits = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not fits:
        return f"this question asks for {wanted}."
    return hint or "the number is another one. Write the formula down with its numbers in it."


def _net(name="alexnet-2012"):
    from alexnet_tutorial.architecture import variant

    return variant(name)


def _row(layer, name="alexnet-2012"):
    from alexnet_tutorial.ledger import ledger

    return ledger(_net(name))[layer]


def _size(*arguments, **options):
    from alexnet_tutorial.arithmetic import output_size

    return lambda: output_size(*arguments, **options)


# ---- One convolution, counted by hand -------------------------------------------------------

register(
    "convolution.positions",
    right=_size(28, 8, 3),
    why="there is room for 28 − 8 = 20 pixels of walking, which is 6 whole steps of 3, and the "
    "window also stands at the start.",
    misconceptions=[
        (6, "those are the steps, not the positions", "The window also stands somewhere first."),
        (9, "that is 28 / 3", "The window's own width takes part of the line: subtract it first."),
        (
            _size(28, 8, 3, rounding="ceil"),
            "that rounds up; this layer rounds down",
            "A window that would run over the edge is not a position here.",
        ),
        (21, "that is the count for stride 1", "Now the window moves 3 pixels at a time."),
        (
            _size(28, 8, 3, padding="same"),
            "that is what 'same' padding gives",
            "There is no padding in this question.",
        ),
        (20, "that is the room to walk", "How many steps of 3 fit into it?"),
    ],
    hint="Count the pixels that are left to walk over once the window stands at the start.",
)

register(
    "convolution.unread",
    right=lambda: _row_of_pixels("floor"),
    why="the last whole step starts the window at pixel 212, so it ends at 222, and the picture "
    "ends at 223. Rounding up would have taken one more step, past the edge.",
    misconceptions=[
        (0, "the steps do not come out even here", "Where does the last window end?"),
        (3, "those are the pixels that rounding up runs past the edge", "This one rounds down."),
        (
            2,
            "off by one",
            "Pixels are counted from 0: a window that starts at 0 ends at 10.",
        ),
        (12, "counted from where the last window starts", "The window itself is 11 pixels wide."),
        (
            54,
            "that is the number of positions",
            "Asked for are the pixels behind the last of them.",
        ),
    ],
    hint="Find the last place where the window starts, then the last pixel that it reads.",
)

register(
    "convolution.parameters",
    right=lambda: _conv_parameters(12, 20, 5),
    why="each of the 20 filters has a slice of 5 × 5 for each of the 12 channels, and one bias.",
    misconceptions=[
        (
            lambda: _conv_parameters(12, 20, 5) - 20,
            "forgot the biases",
            "Each filter adds one number of its own to every result.",
        ),
        (
            lambda: _conv_parameters(1, 20, 5),
            "counted one channel only",
            "A filter has a slice for every channel that it reads.",
        ),
        (
            lambda: _conv_parameters(12, 1, 5),
            "counted one filter only",
            "The layer has several, and each learns weights of its own.",
        ),
        (
            lambda: 5 * 5 * 20 * 12 + 12,
            "one bias for each channel that comes in",
            "A bias belongs to a map that goes out.",
        ),
        (
            lambda: 5 * 12 * 20 + 20,
            "counted one side of the kernel only",
            "The window has a height and a width.",
        ),
    ],
    hint="Window height × window width × channels in × filters, and the biases.",
)

register(
    "convolution.macs",
    right=lambda: 16 * 16 * 3 * 3 * 8 * 16,
    why="the frame of one zero keeps the map at 16 × 16, and at each position every one of the "
    "16 filters multiplies 3 × 3 × 8 numbers.",
    misconceptions=[
        (
            lambda: _weights_on_pixels(16, 3, 1) ** 2 * 8 * 16,
            "that leaves out the products with padding zeros",
            "A good count too, but the question includes them.",
        ),
        (
            lambda: 14 * 14 * 3 * 3 * 8 * 16,
            "forgot the padding",
            "With a frame of one zero the map does not shrink.",
        ),
        (
            lambda: _conv_parameters(8, 16, 3),
            "those are the parameters",
            "Each weight is used again at every position.",
        ),
        (
            lambda: 16 * 16 * 3 * 3 * 16,
            "counted one channel only",
            "At each position a filter reads all the channels.",
        ),
        (
            lambda: 16 * 16 * 3 * 3 * 8,
            "counted one filter only",
            "Every filter does this work for its own map.",
        ),
        (
            lambda: 2 * 16 * 16 * 3 * 3 * 8 * 16,
            "counted multiplication and addition as two",
            "A multiply-accumulate is both in one.",
        ),
    ],
    hint="Positions of the window, times the numbers in one kernel, times the kernels.",
)

register(
    "convolution.shape",
    right=lambda: _row("conv1", "caffe").output,
    why=lambda: f"{_row('conv1', 'caffe').formula}, and there is one map for each filter.",
    misconceptions=[
        (
            lambda: _row("conv1", "naive-224").output,
            "that is the map of 224 pixels",
            "These pictures have 227, and the steps come out even.",
        ),
        ((55, 55, 3), "kept the channels of the picture", "One map comes out of each filter."),
        ((54, 54, 3), "kept the channels, and lost a position", "Start from the fence's posts."),
        ((56, 56, 96), "that is the fraction rounded up, and one more", "Does 216 / 4 need it?"),
        ((57, 57, 96), "that is 'same' padding", "There is no padding in this layer."),
        ((217, 217, 96), "forgot the stride", "The window moves 4 pixels at a time."),
        ((96, 55, 55), "that is channels first", "This book writes height, width, channels."),
    ],
    hint="The height and the width from the walk, the channels from the number of filters.",
)


# ---- The eight layers, one by one -----------------------------------------------------------

register(
    "eight-layers.rounding",
    right=_size(230, 11, 4, rounding="ceil"),
    why="(230 − 11) / 4 = 54.75, rounded up to 55 steps, and one position more than steps.",
    misconceptions=[
        (
            _size(230, 11, 4),
            "that is floor; this layer rounds up",
            "A started step counts as a step.",
        ),
        (57, "that is 230 / 4", "Subtract the window's own width before you divide."),
        (58, "that is 230 / 4, rounded up", "Subtract the window's own width before you divide."),
        (54, "those are whole steps", "This layer rounds up, and counts positions, not steps."),
        (_size(230, 11), "forgot the stride", "The window moves 4 pixels at a time."),
        (54.75, "that is the fraction", "Round it, and think of the fence's posts."),
        (55.75, "a window has no three quarters of a position", "Which way does 2012 round?"),
    ],
    hint="⌈(size − window) / stride⌉ + 1, with the numbers of this question.",
)

register(
    "eight-layers.groups",
    right=lambda: _row("conv2", "one-tower").parameters,
    why=lambda: (
        f"{_row('conv2', 'one-tower').parameters_formula}: all 96 channels in each "
        "filter, twice the weights, as many biases."
    ),
    misconceptions=[
        (
            lambda: _row("conv2").parameters,
            "forgot to undo the groups",
            "That is conv2 as it is. Without groups a filter reads every channel.",
        ),
        (
            lambda: _row("conv2", "one-tower").parameters - 256,
            "forgot the bias",
            "Each filter adds one number.",
        ),
        (
            lambda: 2 * _row("conv2").parameters,
            "doubled the biases too",
            "The number of filters does not change, so neither does that of the biases.",
        ),
        (
            lambda: _conv_parameters(1, 256, 5),
            "counted one channel only",
            "A filter has a slice for every channel that it reads.",
        ),
        (
            lambda: 4 * _row("conv2").parameters - 3 * 256,
            "doubled the filters and the channels",
            "There were 256 filters in the two towers together.",
        ),
        (
            lambda: _conv_parameters(3, 256, 5),
            "took the channels of the photograph",
            "conv2 reads what pool1 gives.",
        ),
    ],
    hint="Window × channels that a filter reads × filters, and the biases.",
)

register(
    "eight-layers.larger",
    right=lambda: _larger()["fc6"].parameters,
    why=lambda: (
        f"the maps at the end are {_larger()['pool5'].output[0]} on a side, so fc6 has "
        f"{_larger()['fc6'].parameters_formula} parameters."
    ),
    misconceptions=[
        (
            lambda: _row("fc6").parameters,
            "kept the vector of 224 pixels",
            "Larger pictures make larger maps, down to the last pooling.",
        ),
        (
            lambda: _larger()["fc6"].macs,
            "forgot the bias",
            "Each of the 4096 units adds one number.",
        ),
        (
            lambda: 7 * 256 * 4096 + 4096,
            "counted one side of the maps only",
            "The maps have a height and a width.",
        ),
        (
            lambda: 7 * 7 * 4096 + 4096,
            "counted one channel only",
            "The vector holds every map, and there are 256.",
        ),
        (
            lambda: 8 * 8 * 256 * 4096 + 4096,
            "one position too many",
            "Go through the four sizes with the formula, not by halving.",
        ),
        (
            lambda: _larger()["flatten"].output[0],
            "that is what goes into fc6",
            "Each of its units has a weight for each of these numbers.",
        ),
    ],
    hint="Four sizes in a row, each from the one before; then inputs × units, and the biases.",
)

register(
    "eight-layers.memory",
    right=lambda: 128 * _row("conv1").bytes,
    why="128 pictures × 55 × 55 × 96 numbers × 4 bytes.",
    misconceptions=[
        (
            lambda: 32 * _row("conv1").bytes,
            "forgot that a number is 4 bytes",
            "32 bits are more than one byte.",
        ),
        (
            lambda: _row("conv1").bytes,
            "that is one picture",
            "Every picture of the batch has maps of its own.",
        ),
        (
            lambda: 64 * _row("conv1").bytes,
            "counted one tower only",
            "Both towers' maps are asked for.",
        ),
        (
            lambda: 32 * 32 * _row("conv1").bytes,
            "counted bits",
            "Eight bits are a byte.",
        ),
        (
            lambda: 128 * _row("pool1").bytes,
            "that is after pooling",
            "Asked for is what conv1 itself puts out.",
        ),
        (
            lambda: 4 * _row("conv1").parameters,
            "those are the weights",
            "Asked for are the maps that come out.",
        ),
    ],
    hint="Pictures × numbers for each × bytes for each number.",
)

# ---- AlexNet assembled ----------------------------------------------------------------------

register(
    "assembled.head",
    right=lambda: _total(_net().with_classes(10)),
    why=lambda: (
        f"only fc8 changes, from {_row('fc8').parameters_formula} to ten units of "
        "4096 weights and a bias each."
    ),
    misconceptions=[
        (
            lambda: _total(_net()),
            "that is the network with its 1000 classes",
            "Which layer has a unit for each class?",
        ),
        (
            lambda: _total(_net()) - _row("fc8").parameters,
            "left the head off",
            "The network with ten classes has a last layer too.",
        ),
        (
            lambda: _total(_net()) - 990 * 4096,
            "forgot the biases of the units that went",
            "A unit is its weights and a bias.",
        ),
        (
            lambda: _total(_net()) - _row("fc8").parameters + 10 * 4096,
            "forgot the bias of the new units",
            "Ten units have ten of them.",
        ),
        (
            lambda: 10 * 4097,
            "that is the head alone",
            "Add the layers before it.",
        ),
        (
            lambda: _total(_net()) // 100,
            "scaled the whole network",
            "The other layers do not know how many classes there are.",
        ),
        (
            lambda: _total(_net("one-tower").with_classes(10)),
            "forgot the groups",
            "The 2012 network has two towers.",
        ),
    ],
    hint="Take the sum, take off what fc8 has now, add what it has with ten units.",
)

register(
    "assembled.convolutions",
    right=lambda: _convolutions(),
    why="a convolution's weights are used at every position, however many there are: the sum is "
    "the same at 224 and at 448.",
    misconceptions=[
        (
            lambda: 4 * _convolutions(),
            "scaled with the picture's area",
            "Does the size of the picture stand in the formula for parameters?",
        ),
        (
            lambda: 2 * _convolutions(),
            "scaled with the picture's side",
            "Does the size of the picture stand in the formula for parameters?",
        ),
        (
            lambda: _convolutions() - 96 - 256 - 384 - 384 - 256,
            "forgot the bias",
            "Each filter has one.",
        ),
        (
            lambda: _convolutions("one-tower"),
            "forgot the groups",
            "conv2, conv4 and conv5 read one tower only.",
        ),
        (
            lambda: _total(_net()),
            "that is the whole network",
            "Only the five convolutions are asked for.",
        ),
        (
            lambda: _convolutions("torchvision"),
            "that is torchvision's network",
            "Its filters are fewer and read everything.",
        ),
    ],
    hint="Find the five rows in the ledger; then ask which of their numbers the picture changes.",
)

register(
    "assembled.difference",
    right=lambda: _total(_net("one-tower")) - _total(_net("naive-224")),
    why="the naive network ends in 5 × 5 maps instead of 6 × 6: 2,816 inputs fewer for each of "
    "the 4096 units of fc6, and no other layer notices.",
    misconceptions=[
        (
            lambda: _total(_net()) - _total(_net("naive-224")),
            "compared with the two towers",
            "The network of 2012 has groups too; asked for is the one without.",
        ),
        (
            lambda: 9216 - 6400,
            "those are the inputs of fc6 that went",
            "Each of them had a weight for every unit.",
        ),
        (
            lambda: (9216 - 6400) * 4096 + 4096,
            "took off the biases too",
            "fc6 has as many units as before, and so as many biases.",
        ),
        (
            lambda: (9216 - 6400) * 1000,
            "took the units of fc8",
            "The vector goes into fc6.",
        ),
        (
            lambda: _total(_net("naive-224")) - _total(_net("one-tower")),
            "the sign is turned",
            "Asked is how many the naive network has fewer.",
        ),
        (
            lambda: (36 - 25) * 4096,
            "counted one channel only",
            "Each place on the maps has 256 numbers.",
        ),
    ],
    hint="Which rows of the two ledgers differ in parameters at all?",
)

register(
    "assembled.channels-first",
    right=(16, 3, 224, 224),
    why="pictures first, then channels, then height and width.",
    misconceptions=[
        ((16, 224, 224, 3), "that is channels last", "The channels come before height and width."),
        ((3, 224, 224), "forgot the batch", "The first number counts the pictures."),
        (
            (3, 16, 224, 224),
            "channels before pictures",
            "The pictures of a batch always come first.",
        ),
        ((16, 3, 227, 227), "that is Caffe's picture", "The 2012 network takes 224 pixels."),
        ((224, 224, 3, 16), "everything turned around", "Only the channels move."),
        ((16, 96, 55, 55), "that is what conv1 puts out", "Asked for is the input."),
    ],
    hint="Four numbers: pictures, channels, height, width, in the order of the layout's name.",
)


def _larger():
    from dataclasses import replace

    from alexnet_tutorial.ledger import ledger

    return ledger(replace(_net(), name="larger", input_size=256))


def _total(network):
    from alexnet_tutorial.ledger import ledger

    return ledger(network).parameters


def _convolutions(name="alexnet-2012"):
    from alexnet_tutorial.ledger import ledger

    return sum(row.parameters for row in ledger(_net(name)) if row.kind == "conv")


def _row_of_pixels(rounding):
    from alexnet_tutorial.arithmetic import unread_pixels

    return unread_pixels(224, 11, 4, rounding=rounding)


def _conv_parameters(channels, filters, kernel):
    from alexnet_tutorial.arithmetic import conv_parameters

    return conv_parameters(channels, filters, (kernel, kernel))


def _weights_on_pixels(size, kernel, padding):
    from alexnet_tutorial.arithmetic import weights_on_pixels

    return weights_on_pixels(size, kernel, padding=padding)


# ---- The data -------------------------------------------------------------------------------

register(
    "data.chance",
    right=lambda: 20 / 120,
    why="20 of 120 test pictures show a three, whatever the other 100 show. A network that "
    "scores this has learned nothing yet.",
    misconceptions=[
        (0.2, "that is one in five", "The ring is a class too: how many classes are there?"),
        (1 / 120, "that is one picture", "How many test pictures show a three?"),
        (0.5, "that is right or wrong by a coin", "There are more than two answers."),
        (20, "that is the number of right answers", "Asked for is their share of all pictures."),
    ],
    tolerance=0.005,
    hint="Right answers divided by all test pictures.",
)

register(
    "data.known-by-heart",
    right=lambda: (12 + 0.9 * 108) / 120,
    why="the 12 known pictures count in full, the other 108 at nine in ten. The measured "
    "accuracy flatters the network by a whole percent, and by more the worse it is.",
    misconceptions=[
        (0.9, "that is the accuracy on pictures never seen", "What about the 12 others?"),
        (1.0, "added the two shares", "12 of 120 is a tenth of the set, not extra pictures."),
        (
            lambda: 0.9 * 120 / 108,
            "divided by the wrong number",
            "All 120 pictures are counted, the known ones too.",
        ),
        (
            lambda: 0.9 * 108 / 120,
            "the known pictures count too",
            "They are answered from memory, and right.",
        ),
    ],
    tolerance=0.002,
    hint="Count right answers among the 12 and among the 108, then divide by 120.",
)

register(
    "data.twin",
    right=lambda: 900 / 999,
    why="of the 999 other pictures, 900 are in training, and the twin is any of them with the "
    "same chance. A random split would test memory nine times in ten.",
    misconceptions=[
        (0.1, "that is the chance that the twin validates too", "Asked for is the other side."),
        (0.5, "the two sides are not equally large", "Count the pictures on each side."),
        (1.0, "the twin may also fall into validation", "Then there is no leak, by luck."),
    ],
    tolerance=0.003,
    hint="Where can the twin be, and how many of those places are in training?",
)


# ---- A first training -----------------------------------------------------------------------

register(
    "training.first-loss",
    right=lambda: math.log(1000),
    why="undecided, it gives each of the 1,000 classes one part in a thousand, and the loss is "
    "−ln(1/1000) = ln 1000.",
    misconceptions=[
        (lambda: math.log10(1000), "that is the logarithm to base 10", "Keras uses the natural."),
        (lambda: math.log2(1000), "that is the logarithm to base 2", "Keras uses the natural."),
        (0.001, "that is the probability", "The loss is minus its logarithm."),
        (0.999, "that is the share of wrong answers", "The loss is minus a logarithm."),
        (lambda: math.log(6), "that is for six classes", "This network has a thousand."),
        (lambda: -math.log(1000), "the sign is wrong", "A loss has a minus before the logarithm."),
    ],
    tolerance=0.003,
    hint="What does it give the right class, if it gives every class the same? Then −ln of that.",
)

register(
    "training.steps",
    right=lambda: 40 * math.ceil(1000 / 32),
    why="1000 / 32 is 31 full batches and a smaller one, so 32 steps in each of 40 epochs.",
    misconceptions=[
        (
            lambda: 40 * (1000 // 32),
            "left out the last batch",
            "The pictures that do not fill a batch are a step too.",
        ),
        (
            lambda: 40 * 1000 / 32,
            "there is no quarter of a step",
            "The last batch of an epoch is smaller, and it is a step.",
        ),
        (40, "those are the epochs", "In each of them the weights change many times."),
        (32, "those are the steps of one epoch", "There are 40 epochs."),
        (40 * 1000, "one step for each picture", "A step takes a whole batch of them."),
        (40 * 32 * 32, "multiplied by the batch", "One batch is one step."),
    ],
    hint="Steps in one epoch, the last and smaller batch included, times the epochs.",
)

register(
    "training.better",
    right=False,
    why="each may be a few pictures off by luck: with 120 pictures the two intervals overlap "
    "nearly everywhere. More test pictures, or more seeds, would tell.",
    misconceptions=[
        (
            True,
            "three pictures of 120 are within luck",
            "Compute both intervals with the function of this chapter, and compare them.",
        ),
    ],
)


# ---- The 224 puzzle -------------------------------------------------------------------------

register(
    "puzzle.neurons",
    right=48,
    why="55 · 48 · 96 = 253,440. Half of the 96 filters, those on one card, took the place of a "
    "width of 55. With 55 · 55 · 96 the paper's counts add up to its 650,000.",
    misconceptions=[
        (55, "that is what should stand there", "Multiply it out: is it the paper's number?"),
        (54, "that is rounding down", "Divide the paper's number by the two others."),
        (56, "that is 'same' padding", "Divide the paper's number by the two others."),
        (96, "those are all the filters", "Divide the paper's number by 55 and by 96."),
        (2640, "divided by 96 only", "Divide by 55 as well."),
        (4608, "divided by 55 only", "Divide by 96 as well."),
    ],
    hint="Divide the paper's number by the two that you know.",
)

register(
    "puzzle.zeros",
    right=lambda: 11 * 11 - 7 * 7,
    why="the window starts at 4 · 55 − 3 = 217, so 7 rows and columns find pixels, 7 · 7 = 49, "
    "and the rest of 121 find zeros.",
    misconceptions=[
        (57, "that is the window of 2012", "Here 4 zeros follow the picture, not 3."),
        (16, "that is the corner outside of both edges", "Zeros lie beside the picture too."),
        (88, "counted the corner twice", "The zeros below and those beside share some."),
        (44, "counted one side only", "The window runs over the bottom and over the right."),
        (49, "those are the pixels", "Asked for are the zeros."),
        (121, "that is the whole window", "Part of it lies on the picture."),
        (8, "those are lines, not weights", "Each line has many weights."),
    ],
    hint="How many rows of the window find pixels? Square that, and take it off the whole.",
)

register(
    "puzzle.agree",
    right=0,
    why="the windows of 2012 start at multiples of 4, torchvision's 2 pixels before them. None "
    "falls on another, whatever the sizes of the maps.",
    misconceptions=[
        (3025, "maps of one size need not have the same windows", "Where does each start?"),
        (2916, "left out the last row and column", "That is so for zeros after, not in front."),
        (2809, "left out the rim", "The zeros in front move every window, not the outer ones."),
        (1, "matched a single pair", "Write down where the first three start."),
        (55, "matched a line or the diagonal", "Write down where the first three start."),
        (54, "matched a line but for its end", "Write down where the first three start."),
    ],
    hint="Write down the pixel at which the first three windows of each start.",
)

register(
    "puzzle.even",
    right=231,
    why="the room to walk, size − 11, must be a multiple of 4: 216 at 227, 220 at 231.",
    misconceptions=[
        (228, "that is a multiple of 4", "The room to walk must be one, not the size."),
        (238, "added a window", "One step more needs fewer pixels than one window more."),
        (232, "that is a multiple of 4", "The room to walk must be one, not the size."),
        (235, "that is the one after", "Is there one between?"),
        (223, "that one is smaller", "Asked for is the next larger size."),
        (229, "half a step too far", "How much room does one more step need?"),
        (230, "counted from 226", "How much room does one more step need?"),
    ],
    hint="Subtract the window: what is left must be a whole number of steps.",
)

register(
    "puzzle.crops",
    right=2 * 33 * 33,
    why="a patch of 224 has 256 − 224 = 32 steps to walk and so 33 places, along each side; "
    "mirroring doubles them. The paper's number counts steps.",
    misconceptions=[
        (2048, "that counts steps", "A patch also has a place before its first step."),
        (1089, "forgot the mirror", "Each patch comes in two ways."),
        (1024, "that counts steps, without the mirror", "A fence has a post more than gaps."),
        (66, "counted one side only", "The patch moves down and to the right."),
        (33, "those are the places along one side", "And along the other? And mirrored?"),
        (10, "those are the views of a test", "In training the patch may lie anywhere."),
        (4356, "mirrored both ways", "The pictures are mirrored left and right only."),
    ],
    hint="How many places has a patch along one side? Think of the fence's posts.",
)


# ---- A broken notebook ----------------------------------------------------------------------

register(
    "broken.pool",
    right=(32, 14, 28),
    why="it takes the 64 maps for a height of 64, and the last axis for channels: two axes are "
    "halved, and not the two that were meant.",
    misconceptions=[
        ((64, 14, 14), "that is what was meant", "The layer was not told. What is its default?"),
        ((32, 14, 14), "halved all three", "One axis it takes for channels, and leaves alone."),
        ((32, 28, 28), "halved the channels only", "Pooling has a height and a width."),
        ((64, 28, 14), "halved the last axis only", "The last axis is what it takes for channels."),
        ((64, 14, 28), "halved the middle axis only", "Pooling has a height and a width."),
        ((32, 28, 14), "halved the outer two", "Channels last: which axis does it leave alone?"),
        ((64, 28, 28), "pooling with 2 halves something", "Which two axes does it see?"),
    ],
    hint="Write height, width, channels under the three numbers, in the order of Keras' default.",
)

register(
    "broken.parameters",
    right=lambda: _conv_parameters(18, 32, 3),
    why="the padding takes 16 channels for a height and makes 18 of them; the convolution reads "
    "all 18.",
    misconceptions=[
        (
            lambda: _conv_parameters(16, 32, 3),
            "that is what was meant",
            "What has the padding done to the first axis?",
        ),
        (
            lambda: _conv_parameters(17, 32, 3),
            "padded one side only",
            "A padding of 1 puts a line before and one after.",
        ),
        (
            lambda: _conv_parameters(18, 32, 3) - 32,
            "forgot the biases",
            "Each filter adds one number.",
        ),
        (
            lambda: _conv_parameters(28, 32, 3),
            "took the last axis for channels",
            "The convolution was told: channels first.",
        ),
        (
            lambda: _conv_parameters(30, 32, 3),
            "took a padded side of the picture for channels",
            "The convolution was told: channels first.",
        ),
        (
            lambda: _conv_parameters(18, 1, 3),
            "counted one filter only",
            "There are 32, and each has weights of its own.",
        ),
    ],
    hint="First the shape after the padding, then the channels that the convolution reads there.",
)

register(
    "broken.truth",
    right=2,
    why="only the arrays with more than one element: np.array([0, 1]) and np.zeros((2, 2)). An "
    "array of one element is as true as its element, and a list is true when it is not empty.",
    misconceptions=[
        (4, "counted all arrays", "Is the truth of one single element ambiguous?"),
        (3, "one too many", "Read the message: more than one element. And is a list an array?"),
        (5, "counted all of them", "A list only asks whether it is empty."),
        (1, "one too few", "Zeros in two dimensions: how many elements?"),
        (0, "some do", "Try bool() on the second."),
    ],
    hint="Read the message word for word: an array, with more than one element.",
)

register(
    "broken.default",
    right=1,
    why="a default is computed when the function is defined, once, and all calls share it.",
    misconceptions=[
        (3, "once for each call", "When does Python compute a default?"),
        (4, "at the definition and for each call", "A call finds the default ready made."),
        (0, "the definition runs it", "A default is a value, and has to be computed some time."),
        (2, "added a call to the definition", "Does a call make a default again?"),
        (6, "twice for each call", "When does Python compute a default?"),
    ],
    hint="When is the line with def itself executed, and how often?",
)

register(
    "broken.flat",
    right=lambda: ((5 / 6) ** 2 + 5 * (1 / 6) ** 2) / 6,
    why="the right class misses by 5/6, the five others by 1/6 each: the mean of the six squares "
    "is 5/36. A loss that stays at this number has learned nothing.",
    misconceptions=[
        (lambda: math.log(6), "that is cross-entropy", "Here the error is squared."),
        (5 / 6, "that is the sum of the squares", "The loss is their mean."),
        (25 / 36, "counted the right class only", "The others are wrong by a sixth each."),
        (25 / 216, "left out the other classes", "They are wrong by a sixth each."),
        (1 / 6, "that is the probability of each class", "By how much does each miss its label?"),
        (1 / 36, "counted a wrong class only", "The right one misses by more."),
    ],
    tolerance=0.01,
    hint="By how much does each of the six outputs miss its label? Square, and take the mean.",
)


# ---- The recipe of 2012 ---------------------------------------------------------------------

register(
    "recipe.momentum",
    right=1 / (1 - 0.95),
    why="1 + 0.95 + 0.95² + … is 1/(1 − 0.95).",
    misconceptions=[
        (10, "that is for a momentum of 0.9", "Put 0.95 in its place."),
        (1.95, "that is the second step", "The steps go on growing."),
        (0.95, "that is what remains of one step", "Each step adds a new one to it."),
        (0.05, "turned upside down", "The steps grow."),
        (1, "that is without momentum", "Add what remains of the steps before."),
    ],
    tolerance=1e-3,
    hint="Add up one whole step, 0.95 of the one before, 0.95 of 0.95 of the one before that …",
)

register(
    "recipe.l2",
    right=0.001,
    why="L2(x) adds x times the sum of squares, whose slope is 2x times the weight.",
    misconceptions=[
        (0.0005, "Keras' L2 has no half", "What is the slope of x·w²?"),
        (0.00025, "the half goes the other way", "What is the slope of x·w²?"),
        (0.005, "that is the factor of the momentum", "Both are inside of it: no factor there."),
        (0.00005, "that is decoupled decay", "A regularizer acts through the slope."),
        (0.01, "that is the learning rate", "It stands in the rule already."),
    ],
    tolerance=1e-6,
    hint="Take the slope of x·w² and compare it with what the rule has before w.",
)

register(
    "recipe.match",
    right=0.005,
    why="inside the momentum the pull adds up to 1/(1 − 0.9) of itself; outside, the number must "
    "hold that factor.",
    misconceptions=[
        (0.0005, "the same number is a weaker rule there", "The momentum does not multiply it."),
        (0.00005, "the wrong way round", "Which of the two rules is the weaker?"),
        (0.00025, "the half belongs to the L2 term", "Here the factor is the momentum's."),
        (0.001, "that is about the L2 term", "Here the factor is the momentum's."),
        (0.00045, "multiplied by the momentum once", "It multiplies in every step again."),
        (0.05, "ten times too much", "One factor of 1/(1 − 0.9) is enough."),
    ],
    tolerance=0.02,
    hint="By which factor does momentum lengthen a step whose sign never changes?",
)

register(
    "recipe.after",
    right=0.91,
    why="nine tenths of the long step go on, and a tenth of a new step, itself a tenth of the "
    "whole, is added: 0.9 + 0.1 · 0.1.",
    misconceptions=[
        (0.1, "the velocity does not know of the division yet", "What of the last step goes on?"),
        (0.9, "left out the new gradient's part", "It is small, but it is there."),
        (1, "that would be without the division", "The new part is a tenth of what it was."),
        (0.19, "divided the old step as well", "Only the rate has changed."),
        (0.01, "that is the new part alone", "Most of the old step goes on."),
        (9.1, "measured in single steps", "Asked for is a share of the step before."),
    ],
    tolerance=1e-3,
    hint="Before, a step was 10 (in rate times slope). What are its two parts afterwards?",
)

register(
    "recipe.slow",
    right=1000,
    why="the rule multiplies the decay by the rate, so that decay slows down as learning does.",
    misconceptions=[
        (1, "the decay is not constant", "What stands before w in the rule?"),
        (10, "that is one division", "There were three."),
        (30, "divisions multiply", "Ten times, and ten times, and ten times."),
        (3, "that is how many divisions there were", "By how much is the rate smaller?"),
        (0.001, "turned upside down", "A smaller rate needs more steps."),
        (10000, "the momentum is the same in both", "Only the rate has changed."),
    ],
    tolerance=0.01,
    hint="What stands before w in the rule, and what has become of it?",
)


# ---- Transfer -------------------------------------------------------------------------------

register(
    "transfer.layout",
    right=(256, 48, 5, 5),
    why="filters, channels that one filter reads, height, width. With two groups a filter reads "
    "half of the 96.",
    misconceptions=[
        ((5, 5, 48, 256), "that is Keras' own order", "Elsewhere the filters come first."),
        ((256, 96, 5, 5), "forgot the groups", "How many channels does one filter read?"),
        ((5, 5, 96, 256), "Keras' order, and without groups", "Both need a second look."),
        ((48, 256, 5, 5), "channels and filters exchanged", "The filters come first."),
        ((256, 5, 5, 48), "the channels come second", "Filters, channels, height, width."),
        ((2, 128, 48, 5, 5), "the groups are no axis", "Their filters lie one after the other."),
    ],
    hint="Filters, channels that one filter reads, height, width.",
)

register(
    "transfer.row",
    right=1,
    why="row 0, column 1 of map 0 is the second number of the whole vector: the map is laid out "
    "pixel by pixel before the next map begins.",
    misconceptions=[
        (256, "that is our order", "There all channels of one pixel come first."),
        (0, "that is column 0", "Column 1 is one step further."),
        (36, "that is the first pixel of the next map", "Asked for is the first map."),
        (6, "that is row 1, column 0", "A step to the right is one place, a step down is six."),
        (37, "that is channel 1", "Channel 0 is the first map."),
        (2, "counted from 1", "Count from 0."),
    ],
    hint="Write down the first few numbers of the vector: which pixel, of which map?",
)

register(
    "transfer.frozen",
    right=lambda: 10 * 4097,
    why="ten units of 4096 weights and a bias each; everything before them stands still.",
    misconceptions=[
        (40960, "forgot the biases", "Each new unit has one."),
        (lambda: 1000 * 4097, "that is the old head", "The new one has ten units."),
        (10, "those are the units", "Each of them reads all that fc7 puts out."),
        (lambda: 10 * 9217, "that reads what comes before fc6", "The head comes after fc7."),
        (
            lambda: _total(_net().with_classes(10)),
            "that is the whole network",
            "The frozen layers do not learn.",
        ),
        (0, "then nothing would learn", "The head is not frozen."),
    ],
    hint="How many numbers come out of fc7, and how many units read them?",
)

register(
    "transfer.prepared",
    right=255,
    why="subtracting a half moves all numbers alike and leaves their spread as it is; dividing by "
    "255 is what makes it small.",
    misconceptions=[
        (127.5, "subtracting does not change the spread", "What does the division do?"),
        (510, "subtracting does not change the spread", "What does the division do?"),
        (256, "that is how many values a byte has", "By what was divided?"),
        (254.5, "a spread is not a largest value", "What does a shift do to a difference?"),
        (lambda: 255**2, "that is the variance", "The spread grows with the numbers themselves."),
        (1, "it is not the same", "How far apart are black and white, before and after?"),
    ],
    tolerance=0.001,
    hint="Take two pixels, black and white. How far apart are they before and after?",
)

register(
    "transfer.first",
    right="body",
    why="the fresh head is wrong about everything at first, so large gradients run back through "
    "all layers and change what the body knew. That is why the head goes first.",
    misconceptions=[
        ("head", "the head had nothing to lose", "Which part knew something at the start?"),
        ("pictures", "the pictures are the same", "Something that was learned got lost."),
        ("both", "the head knew nothing yet", "Only one of the two had something to lose."),
        ("rate", "the rate is no part of the network", "It did the damage: to which part?"),
        ("loss", "the loss only tells of it", "Which part of the network got worse?"),
    ],
    hint="Which part knew something before the first step?",
)


# ---- Error index ----------------------------------------------------------------------------

register(
    "errors.side",
    right=lambda: math.isqrt(12544 // 256),
    why="12544 / 256 = 49, a map of 7 × 7. Such a network pools once less, or starts from larger "
    "pictures.",
    misconceptions=[
        (49, "that is the area of a map", "How long is one side of it?"),
        (
            lambda: _row("pool5").output[0],
            "that is the network that loads them",
            "The value in the message is what was saved.",
        ),
        (
            lambda: math.isqrt(12544),
            "that is the side of all maps together",
            "Share the length out among the maps first.",
        ),
        (256, "those are the maps", "How many numbers has each of them?"),
        (12544, "that is the length of the vector", "It is side × side × maps."),
        (5, "that is the network that rounds 224 pixels down", "It flattens to 6400."),
        (24.5, "halved instead of the square root", "side × side is the area."),
    ],
    hint="The vector is side × side × maps long.",
)

register(
    "errors.cause",
    right="c",
    why="the sparse loss wants one number for each picture, so one axis less than the output has. "
    "Change the loss or the labels.",
    misconceptions=[
        ("a", "without Flatten the output would have four axes", "How many has it here?"),
        ("b", "the units agree: both end in 10", "Count the axes that this loss wants."),
        ("d", "None is the batch axis, and it is there", "Look at what comes after it."),
        ("e", "then the cardinality would be ambiguous", "That message comes earlier."),
        ("f", "values are not looked at yet", "The message is about axes, not about numbers."),
    ],
    hint="Answer with one letter, A to F.",
)
