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


# ---- Augmentation ---------------------------------------------------------------------------

register(
    "augment.patches",
    right=lambda: (64 - 57 + 1) ** 2 * 2,
    why="a patch can move by 7 pixels, so it has 8 places down and 8 across, and each of these 64 "
    "patches also has a mirror image.",
    misconceptions=[
        (98, "counted steps instead of places", "With 1 step between them there are 2 places."),
        (64, "left out the mirror images", "Each patch can be mirrored as well."),
        (49, "counted steps, and no mirror images", "How many places have 7 steps between them?"),
        (16, "moved in one direction only", "A patch moves down and across."),
        (256, "mirrored up and down as well", "Only left to right was asked for."),
        (8, "counted the rows only", "There are columns, and mirror images, too."),
        (6498, "that is the area of a patch, twice", "Count where its corner can be."),
    ],
    hint="Where can the upper left corner of a patch be? Count rows, then columns, then mirrors.",
)

register(
    "augment.flip",
    right="c",
    why="a breed has no left and no right. Everywhere else at least some labels depend on them.",
    misconceptions=[
        ("a", "a mirrored 2 is no digit", "Some digits survive it. Do all?"),
        ("b", "a mirrored clock shows another time", "Where is three o'clock in a mirror?"),
        ("d", "some signs say left or right", "Keep left, mirrored, means what?"),
        ("e", "the label asks for a side", "A mirror exchanges sides."),
        ("f", "the label is the very thing that a mirror changes", "Left becomes right."),
    ],
    hint="Answer with one letter, A to F. In which set is left and right no part of any label?",
)

register(
    "augment.units",
    right=lambda: 0.1 * 255**2,
    why="an eigenvalue of a covariance is a variance: it grows with the square of the units. Its "
    "root, the standard deviation, would grow 255 times, as the pixels do.",
    misconceptions=[
        (25.5, "that is how a standard deviation grows", "An eigenvalue is a variance."),
        (0.1, "the eigenvectors stay, the eigenvalues do not", "What does a variance measure?"),
        (lambda: 0.1 * 255**3, "once too often", "The covariance holds products of two colors."),
        (lambda: math.sqrt(0.1) * 255, "that is its root", "Asked for is the eigenvalue itself."),
        (lambda: 0.1 * 256**2, "256 is how many values there are", "The largest of them is 255."),
        (lambda: 0.1 / 255**2, "the wrong way round", "Larger numbers have a larger variance."),
    ],
    tolerance=0.001,
    hint="By how much does each pixel grow, and by how much a product of two?",
)

register(
    "augment.share",
    right=lambda: 0.25**2 / (0.25**2 + 0.04**2 + 0.01**2),
    why="the noise along a component has a standard deviation in proportion to the eigenvalue, so "
    "a variance in proportion to its square: such noise is even more one-sided than the pixels "
    "are. With the root in the eigenvalue's place, both shares are the same.",
    misconceptions=[
        (
            lambda: 0.25 / 0.3,
            "that is the share in the pixels",
            "The eigenvalue multiplies the noise: what happens to the variance of the noise?",
        ),
        (
            lambda: 0.5 / (0.5 + 0.2 + 0.1),
            "took square roots",
            "Here the eigenvalue itself multiplies.",
        ),
        (lambda: 1 / 3, "that is for three equal sizes", "They differ. By how much?"),
        (0.25, "that is the eigenvalue", "Asked for is a share of the whole."),
        (1, "nearly, but the others count too", "How large are their squares?"),
        (0.1, "that is the spread of alpha", "It is the same for all three, and cancels."),
    ],
    tolerance=0.004,
    hint="The variance of a number times alpha is the number's square times alpha's variance.",
)

register(
    "augment.leak",
    right="split",
    why="varied copies of one photograph stood in both sets, so validation asked for pictures that "
    "had been learned. Split photographs first, then vary those of the training set.",
    misconceptions=[
        ("network", "it did what it was shown", "What did validation ask of it?"),
        ("changes", "the labels were right", "Where did the copies of one photograph end up?"),
        ("noise", "the copies were still alike", "Where did they end up?"),
        ("validation", "close, but why did it fail", "What was done before it that should not be?"),
        ("seed", "every seed would do the same", "What goes into the two sets?"),
    ],
    hint="One word out of the four. Follow one photograph and its ten copies.",
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


# ---- The parts ------------------------------------------------------------------------------

register(
    "parts.slope",
    right=1 - 0.9**2,
    why="the slope is 1 − tanh², and tanh is what the unit puts out: 1 − 0.81.",
    misconceptions=[
        (0.81, "that is the square of the output", "The slope is what is left to 1."),
        (1 - 0.9, "forgot the square", "The slope of tanh is 1 − tanh²."),
        (
            lambda: 1 - math.tanh(0.9) ** 2,
            "took 0.9 for the sum z",
            "0.9 is what the unit puts out, tanh has been taken already.",
        ),
        (1, "that is ReLU, or tanh at 0", "This unit is well on its way to the flat part."),
        (0.9, "that is the output", "The slope follows from it, in one line."),
        (0, "it is not quite flat yet", "The slope is 0 at an output of 1 only."),
    ],
    tolerance=0.001,
    hint="Write 1 − tanh² down, and put what the unit puts out in the place of tanh.",
)

register(
    "parts.depth",
    right=2**10,
    why="the mean square is halved 20 times, 2²⁰; the size is its root, 2¹⁰.",
    misconceptions=[
        (2**20, "that is for the square", "Asked for is the size: take the root."),
        (20, "that is the number of layers", "Each layer multiplies, it does not add."),
        (40, "halving multiplies, layer by layer", "What is ½ · ½ · ½?"),
        (10, "halving multiplies, layer by layer", "What is ½ · ½ · ½?"),
        (2, "that is one layer's share of the square", "There are 20 of them."),
        (2**5, "took the root twice", "Once from the mean square to the size is enough."),
    ],
    tolerance=0.001,
    hint="By what is the mean square multiplied at each layer? And what is the size of it?",
)

register(
    "parts.radius",
    right=11,
    why="5 on one side, the channel itself, 5 on the other. The paper's window of 5 has radius 2.",
    misconceptions=[
        (5, "that is what was meant", "A radius reaches to both sides."),
        (10, "forgot the channel itself", "It lies between its neighbors, and is counted."),
        (6, "counted one side only", "A radius reaches to both sides."),
        (3, "divided the radius", "A radius reaches this far to each side."),
        (2, "that is the radius that would be right", "How wide is the window with 5?"),
        (9, "counted an end twice", "Write the channels down: from c − 5 to c + 5."),
    ],
    hint="From channel c − 5 to channel c + 5: how many are that?",
)

register(
    "parts.even",
    right=lambda: (_size(64, 3, 2)(), _size(64, 2, 2)()),
    why="61 / 2 rounds down to 30 steps, 62 / 2 is 31 steps, and each has one position more than "
    "steps. On an even map the two differ.",
    misconceptions=[
        ((32, 32), "they agree on odd sides only", "Put 64 into both formulas."),
        ((31, 31), "they agree on odd sides only", "Put 64 into both formulas."),
        ((32, 31), "the wrong way round", "Which window has less room to walk?"),
        ((30, 31), "those are steps", "A fence has a post more than gaps."),
        ((30.5, 31), "those are steps, not rounded", "Round down, and count positions."),
        ((62, 63), "forgot the stride", "Both move by 2."),
        ((21, 32), "took 3 for the stride", "3/2 is a window of 3 that moves by 2."),
    ],
    hint="(64 − window) / 2, rounded down, and one more; once for each.",
)

register(
    "parts.rescale",
    right=0.8,
    why="in training the paper's next layer got m · h, Keras gives it m · h / 0.8: weights of 0.8 "
    "times the size undo that, and in use h · 0.8 W is what the paper computes.",
    misconceptions=[
        (0.2, "that is the share that is dropped", "On which share were the weights trained?"),
        (0.5, "that is for a rate of one half", "Here 8 of 10 units stay."),
        (1.25, "the wrong way round", "Keras gives the layer more than it was trained on."),
        (1, "then the layer would get too much", "What does Keras do to units that stay?"),
        (0.64, "did it twice", "Either in training or in use, never in both."),
        (5, "divided by the share that is dropped", "Keras divides by the share that stays."),
        (2, "that is for one half, the wrong way round", "Here 8 of 10 units stay."),
    ],
    tolerance=0.001,
    hint="Write down what the next layer receives in training, in each of the two ways.",
)

register(
    "parts.mean",
    right="geometric",
    why="ln p − ln (1 − p) is z, and z is linear in the mask: its mean over all masks is the z of "
    "the scaled pass. Means of logarithms are geometric means.",
    misconceptions=[
        ("arithmetic", "p is not linear in z", "What of p is? Take its logarithm."),
        ("harmonic", "that is a mean of 1/p", "Which function of p is linear in z?"),
        ("median", "no single mask need give it", "Which function of p is linear in z?"),
        ("mode", "no single mask need give it", "Which function of p is linear in z?"),
        ("none", "one of them is exact", "Look at what is linear in the mask: z."),
    ],
    hint="z is linear in the mask. Which mean of p comes from the plain mean of z?",
# ---- Evaluation -----------------------------------------------------------------------------


def _wilson(right, pictures):
    from alexnet_tutorial.evaluation import wilson_interval

    return wilson_interval(right, pictures)


register(
    "evaluation.top-five",
    right=lambda: 1 - 5 / 1000,
    why="in random order the right class is among the first five in 5 of 1,000 cases. An error "
    "counts the others.",
    misconceptions=[
        (lambda: 5 / 1000, "that is the top-5 accuracy", "An error is the share of misses."),
        (lambda: 1 - 1 / 1000, "that is the top-1 error", "There are five guesses."),
        (0.95, "that is five in a hundred", "How many classes are there?"),
        (0.8, "that is one guess of five", "Five guesses, out of how many classes?"),
        (1.0, "once in a while the right class is among the five", "How often?"),
        (99.5, "that is in percent", "Give the share, from 0 to 1."),
    ],
    tolerance=0.001,
    hint="How likely is the right class among the first five? The error is the rest.",
)

register(
    "evaluation.perfect",
    right=lambda: _wilson(120, 120)[0],
    why="a network with this true accuracy reads 120 of 120 within 1.96 standard deviations of "
    "what one expects from it. No mistake seen is not the same as no mistake made.",
    misconceptions=[
        (1.0, "that is the short interval", "It has no width where nothing is wrong."),
        (lambda: 1 - 1 / 120, "that is one mistake", "And how many might have been seen by luck?"),
        (
            lambda: 1 - 3 / 120,
            "that is the rule of three",
            "A good rule of thumb for one side alone; Wilson's interval has two.",
        ),
        (0.95, "that is how often such intervals hold the truth", "Asked for is where it begins."),
        (lambda: 120 / (120 + 1.96), "forgot a square", "The variance counts, 1.96 squared."),
    ],
    tolerance=0.002,
    hint="Which truths make 120 of 120 no surprise? Try some with the chapter's function.",
)

register(
    "evaluation.uneven",
    right=lambda: 2 * (1 + 9) / 2**9,
    why="nine fair coins fall 9:0 in 1 way and 8:1 in 9 ways of 512, and as often the other way "
    "round: 20 of 512.",
    misconceptions=[
        (lambda: 10 / 2**9, "that is one side only", "To either side, says the question."),
        (lambda: 9 / 2**9, "that is this very split, to one side", "At least so uneven: 9:0 too."),
        (lambda: 18 / 2**9, "left out the splits that are more uneven", "9:0 counts as well."),
        (lambda: 1 / 9, "that is the share of the second", "Think of nine coins."),
        (lambda: 7 / 120, "that is the lead in accuracy", "How likely is it, by coins?"),
        (lambda: 2 / 2**9, "those are the splits of 9:0", "8:1 counts as well, in nine ways."),
    ],
    tolerance=0.005,
    hint="Nine coins: in how many of the 512 ways do at most one fall to one side?",
)

register(
    "evaluation.sure",
    right=lambda: (90 * 0.1 + 30 * 0.2) / 120,
    why="the first group is 0.1 too sure, the second 0.2 too modest; weighted by 90 and 30 "
    "answers that makes 15 / 120. That one errs up and the other down does not cancel.",
    misconceptions=[
        (
            lambda: (90 * 0.1 - 30 * 0.2) / 120,
            "let the two groups cancel",
            "Each distance counts, whatever its sign.",
        ),
        (0.15, "both groups counted alike", "One of them has three times as many answers."),
        (0.2, "that is the largest distance", "Asked for is the mean over the answers."),
        (0.1, "that is the first group alone", "The second is off as well."),
        (0.8, "that is the accuracy", "How far is it from the confidence, in each group?"),
        (0.825, "that is the mean confidence", "How far is it from the accuracy, in each group?"),
        (0.2 + 0.1, "added the distances", "Take their mean over the answers."),
    ],
    tolerance=0.01,
    hint="For each group: |share right − confidence| times its part of all answers; then add.",
)

register(
    "evaluation.best",
    right="b",
    why="the maximum of twenty scores is high by selection, and an interval around a score that is "
    "too high is too high as well. Choose on validation, and test the one that was chosen.",
    misconceptions=[
        ("a", "intervals do so for a score that was not selected", "This one is a maximum."),
        ("c", "a wider interval has the same middle", "To which side does a maximum err?"),
        ("d", "nobody averaged them", "The best one was taken: to which side does that err?"),
        ("e", "they are the same 120 pictures", "How many different ones were seen?"),
        ("f", "one network of twenty was chosen, by its test score", "Luck differs by seed, too."),
    ],
    hint="Answer with one letter, A to F.",
)

register(
    "evaluation.unseen",
    right=lambda: (115 - 12) / (120 - 12),
    why="without the twelve, 103 of 108 are right: all five mistakes are among the pictures that "
    "it had not seen.",
    misconceptions=[
        (lambda: 115 / 120, "that is the score with the leak", "Leave the twelve out."),
        (lambda: 103 / 120, "left them out above, but not below", "How many pictures remain?"),
        (lambda: 115 / 108, "left them out below, but not above", "More than all cannot be right."),
        (lambda: 5 / 108, "that is the error", "Asked for is the share that is right."),
        (lambda: 108 / 120, "that is the share of new pictures", "How many of them are right?"),
    ],
    tolerance=0.001,
    hint="Take the twelve out of the right answers and out of the pictures.",
# ---- What each part is worth ----------------------------------------------------------------

register(
    "ablations.mean",
    right=1.5,
    why="the differences of the pairs are 2.5, −0.8 and 2.8, and their mean is 1.5. The one that "
    "is below 0 counts like the others.",
    misconceptions=[
        (2.8, "that compares the best run of each", "Which run of the other side belongs to it?"),
        (2.5, "that is the middle one of the differences", "Asked for is their mean."),
        (4.5, "that is the sum of the differences", "There are three of them."),
        (-1.5, "that is without the part minus with it", "Above 0 should mean that it helps."),
        (2.033, "that leaves out a sign", "In one pair the run without the part was better."),
    ],
    tolerance=0.005,
    hint="One difference for each seed, with the part minus without it; then their mean.",
)

register(
    "ablations.zero",
    right=False,
    why="values up to 2.1 go with these runs as well as 0 does. The runs do not tell the part's "
    "worth from 0, which is not the same as its being 0.",
    misconceptions=[
        (True, "0 is one of many values in the interval", "Could the part be worth 2 points?"),
    ],
)

register(
    "ablations.seeds",
    right=20,
    why="the interval shrinks with the square root of the number of seeds: half as wide takes "
    "four times as many.",
    misconceptions=[
        (10, "the width goes with 1/√n, not with 1/n", "By what does √n have to grow?"),
        (25, "that squares the number of seeds", "Square the factor, which is 2."),
        (7, "that takes √2 times as many", "It is n that stands under the root."),
        (40, "that is eight times as many", "Put 2 = √(n / 5) and solve for n."),
    ],
    hint="The interval's half is t · s / √n. What has to happen to n to halve it?",
)

register(
    "ablations.resolution",
    right=250,
    why="one picture of 250 is 0.4 points. With fewer, no single run can differ by as little.",
    misconceptions=[
        (25, "one picture of 25 is 4 points", "A point is a hundredth."),
        (2500, "one picture of 2500 is 0.04 points", "A point is a hundredth."),
        (40, "0.4 points are not 0.4 of a tenth", "One picture of 40 is 2.5 points."),
        (120, "that is the size of this chapter's test set", "There one picture is 0.83 points."),
        (300, "one picture of 300 is a third of a point", "Divide 100 points by 0.4."),
    ],
    hint="How many points is one picture, when there are n of them?",
)

register(
    "ablations.false-alarms",
    right=1,
    why="each interval leaves out the true value in 5 of 100 cases: 20 · 0.05 = 1. That is why "
    "the most striking of many results deserves another look.",
    misconceptions=[
        (0, "an interval of 95 % is wrong in 5 of 100 cases", "There are 20 of them."),
        (19, "those are the intervals that hold 0", "The question asks for the others."),
        (5, "that is 5 of 100 intervals", "Here there are 20."),
        (0.05, "that holds for one interval", "There are 20 of them."),
        (
            lambda: 1 - 0.95**20,
            "that is the probability of at least one",
            "Asked for is how many there are on average.",
        ),
    ],
    tolerance=1e-3,
    hint="How often is one such interval wrong, and how many are there?",
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


# ---- 2012 -----------------------------------------------------------------------------------

register(
    "year.relative",
    right=lambda: 1 - 15.315 / 26.172,
    why="10.9 points of 26.2 are gone: of a hundred mistakes of the runner-up, more than forty.",
    misconceptions=[
        (0.10857, "those are points, written as a share", "A share of which whole?"),
        (10.857, "those are points", "Divide them by the error that there was before."),
        (15.315 / 26.172, "that is what is left of the error", "Asked is what is gone."),
        (26.172 / 15.315 - 1, "divided by the new error", "The whole is the error before."),
        (100 - 100 * 15.315 / 26.172, "that is in percent", "Answer between 0 and 1."),
        (1 - 16.422 / 26.172, "that is the entry of five networks", "The winning one had seven."),
    ],
    tolerance=0.01,
    hint="What is gone, divided by what was there before.",
)

register(
    "year.passes",
    right=70,
    why="seven networks, each with ten views of the picture: five places, mirrored or not.",
    misconceptions=[
        (1, "that is one network with one view", "How many networks stand behind that entry?"),
        (7, "each network looks more than once", "Which views of a test picture are averaged?"),
        (10, "that is one network", "How many networks stand behind that entry?"),
        (17, "views and networks are added", "Every network sees every view."),
        (35, "forgot the mirror images", "Five places, and the same five mirrored."),
        (50, "that is the entry of five networks", "It had the smaller error of the two entries."),
    ],
    hint="Networks times views.",
)

register(
    "year.neurons",
    right=lambda: _neurons("alexnet-2012"),
    why="with 55 · 55 · 96 in the first place the list adds up to what the abstract rounds to "
    "650,000.",
    misconceptions=[
        (
            lambda: _neurons("alexnet-2012") - 55 * 55 * 96 + 253_440,
            "that is the list as printed",
            "Its first number is the slip.",
        ),
        (650_000, "that is the abstract's round number", "Add the list up."),
        (55 * 55 * 96, "that is the first layer alone", "The list has eight."),
        (
            lambda: _neurons("naive-224"),
            "those are the maps of a library that rounds down",
            "The paper's first map is 55 wide.",
        ),
        (
            lambda: _neurons("alexnet-2012") - 1000,
            "left out the last layer",
            "The thousand answers are neurons too.",
        ),
    ],
    hint="The outputs of the eight layers with weights, pooling and normalization left out.",
)

register(
    "year.lrn",
    right=lambda: (2 + 1e-4 / 5 * 5 * 100**2) ** 0.75,
    why="the sum of the squares is 50,000; alpha divided by 5 makes 1 of it, and 3 to the power "
    "of 0.75 remains.",
    misconceptions=[
        (lambda: (2 + 1e-4 * 5 * 100**2) ** 0.75, "that is the paper's formula", "Divide alpha."),
        (3, "forgot the power", "The bracket is raised to beta."),
        (7, "the paper's formula, without its power", "Divide alpha, and raise to beta."),
        (
            lambda: (2 + 1e-4 / 5 * 100**2) ** 0.75,
            "counted one map only",
            "The sum runs over five neighbors.",
        ),
        (
            lambda: (1 + 1e-4 / 5 * 5 * 100**2) ** 0.75,
            "that is k = 1",
            "The source and the paper have the same k.",
        ),
        (
            lambda: (2 + 1e-4 / 5 * 5 * 100) ** 0.75,
            "forgot the squares",
            "The sum is of squared activations.",
        ),
    ],
    tolerance=0.002,
    hint="(k + alpha / 5 · the sum of five squares), raised to beta.",
)

register(
    "year.sigma",
    right=lambda: (2 / (3 * 3 * 256)) ** 0.5,
    why="3 · 3 · 256 numbers go into one, half of them stopped by ReLU: He's rule, and what the "
    "program has is close to it.",
    misconceptions=[
        (0.01, "that is the paper's", "Does it keep the size of the signal at conv3?"),
        (
            lambda: (1 / (3 * 3 * 256)) ** 0.5,
            "that is without ReLU",
            "Half of what comes in is zero.",
        ),
        (
            lambda: (2 / (3 * 3 * 128)) ** 0.5,
            "that is for two groups",
            "conv3 reads both towers.",
        ),
        (lambda: 2 / (3 * 3 * 256), "that is the variance", "Asked is the standard deviation."),
        (lambda: (2 / 256) ** 0.5, "forgot the window", "Each map is read at 3 × 3 places."),
        (
            lambda: (2 / (3 * 3 * 384)) ** 0.5,
            "counted what goes out",
            "The size of a sum depends on how many numbers go in.",
        ),
    ],
    tolerance=0.02,
    hint="Set sigma · √(fan-in / 2) to 1, with the fan-in of conv3.",
)


def _neurons(name):
    from math import prod

    from alexnet_tutorial.ledger import ledger

    return sum(prod(row.output) for row in ledger(_net(name)) if row.kind in ("conv", "dense"))


# ---- Two towers -----------------------------------------------------------------------------

register(
    "towers.kernel",
    right=(3, 3, 32, 192),
    why="a filter reads a third of the 96 maps, and there is one filter for each of 192 maps.",
    misconceptions=[
        ((3, 3, 96, 192), "that is without groups", "A filter reads its own group only."),
        ((3, 3, 32, 64), "that is one of the three groups", "The layer has the filters of all."),
        ((3, 3, 96, 64), "divided the filters", "It is what a filter reads that gets less."),
        ((3, 3, 192, 32), "the last two are swapped", "Keras: maps in, then filters."),
        ((192, 32, 3, 3), "that is PyTorch's order", "Keras: height, width, maps in, filters."),
    ],
    hint="Height, width, how many maps one filter reads, how many filters there are.",
)

register(
    "towers.depthwise",
    right=lambda: _conv_parameters(1, 256, 3),
    why="each filter reads one map: 3 · 3 weights and a bias, 256 times.",
    misconceptions=[
        (lambda: _conv_parameters(256, 256, 3), "that is without groups", "What is read now?"),
        (lambda: _conv_parameters(1, 256, 3) - 256, "forgot the biases", "One for each filter."),
        (lambda: _conv_parameters(1, 1, 3), "that is one filter", "There are as many as maps."),
        (lambda: _conv_parameters(128, 256, 3), "that is 2 groups", "Here each map is a group."),
        (lambda: _conv_parameters(256, 256, 1), "forgot the window", "It is 3 × 3."),
        (lambda: 3 * 3 * 256 + 1, "one bias for all", "Every filter has its own."),
    ],
    hint="How many maps does one filter read when each group holds one map?",
)

register(
    "towers.zeros",
    right=5 * 5 * 96 * 256 // 2,
    why="each of the 256 filters has 5 · 5 · 48 weights for the maps of the other tower.",
    misconceptions=[
        (5 * 5 * 96 * 256, "those are all its weights", "Half of them have work to do."),
        (
            lambda: _conv_parameters(48, 256, 5),
            "those are the parameters of the grouped layer",
            "Biases stay, and the question is about what is zero.",
        ),
        (
            5 * 5 * 48 * 128,
            "that is one tower reading itself",
            "Count what reads the other, in both directions.",
        ),
        (96 * 256 // 2, "those are slices", "A slice has 5 × 5 weights."),
        (5 * 5 * 48, "that is one filter", "There are 256."),
        (0, "then every filter would read both towers", "Which slices must be silent?"),
    ],
    hint="Filters, times the weights with which one filter reads the other tower.",
)

register(
    "towers.reach",
    right="fc6",
    why="with groups in every convolution, the first dense layer is the first to read both.",
    misconceptions=[
        ("conv3", "now conv3 reads its own card only", "Go on to the next layer."),
        ("conv4", "conv4 has two groups", "It reads its own card only."),
        ("conv5", "conv5 has two groups", "It reads its own card only."),
        ("fc7", "one layer before it reads both already", "Which is the first dense layer?"),
        ("fc8", "two layers before it read both already", "Which is the first dense layer?"),
        ("never", "dense layers read everything", "Which is the first of them?"),
    ],
    hint="Which is the first layer after the picture that reads both cards?",
)

register(
    "towers.batch",
    right=lambda: _largest_batch(),
    why="what the weights take is there once; the rest of the card is shared out, a picture with "
    "its maps and their gradients at a time.",
    misconceptions=[
        (
            lambda: _largest_batch(maps=1),
            "forgot the gradients of the maps",
            "Each output has one.",
        ),
        (
            lambda: _largest_batch(weights=1),
            "counted the weights once",
            "A weight has a gradient and a momentum.",
        ),
        (lambda: _largest_batch(weights=0), "forgot the weights", "They take part of the card."),
        (lambda: _largest_batch(card=3 * 10**9), "that is a card of 3 · 10⁹ bytes", "It has more."),
        (
            lambda: _largest_batch(weights=1.5, maps=1),
            "that is with two cards",
            "Here everything lies on one.",
        ),
        (128, "that is the batch of 2012", "By the count there is room for more."),
    ],
    hint="(card − 3 · weights) / (one picture + 2 · its maps), rounded down.",
)


def _largest_batch(card=3 * 2**30, weights=3, maps=2):
    from alexnet_tutorial.ledger import ledger

    book = ledger(_net())
    picture = 4 * 224 * 224 * 3
    left = card - weights * book.parameter_bytes
    return int(left // (picture + maps * book.activation_bytes))
# ---- What it learned ------------------------------------------------------------------------

register(
    "learned.squares",
    right=lambda: _size(57, 13, 4)() ** 2,
    why="the square stands at (57 − 13) / 4 + 1 = 12 places along each side, as a window of a "
    "convolution does.",
    misconceptions=[
        (12, "that is one side", "The square moves down as well as to the right."),
        (121, "left out the first place", "Steps between places are one fewer than places."),
        (lambda: _size(57, 13, 1)() ** 2, "that is in steps of 1", "Here it jumps further."),
        (196, "the last squares would leave the picture", "They have a size too."),
        (57 * 57, "that is the number of pixels", "Where can the whole square stand?"),
        (16, "then the squares would not overlap", "They move by less than their size."),
        (24, "added the two sides", "Each row of places has as many as one side."),
    ],
    hint="It is the arithmetic of a convolution: size, window, stride.",
)

register(
    "learned.opposite",
    right=0,
    why="B gives −3 before ReLU, and ReLU turns it into 0. What A sees, B does not; where B "
    "answers, A is silent.",
    misconceptions=[
        (-3, "that is before ReLU", "A map after ReLU has no negative numbers."),
        (3, "the sign of every product changes", "What is the sum then, and what ReLU of it?"),
        (1 / 3, "the sum is not divided", "Each weight times each pixel changes its sign."),
        (6, "the maps are not added", "Asked for is B's map alone."),
        (1, "ReLU does not make ones", "It keeps what is above zero, and cuts off the rest."),
    ],
    hint="First the sum without ReLU, then ReLU.",
)

register(
    "learned.flat",
    right=lambda: 0.9 * (1 - 0.9) * 2,
    why="dp/ds = p (1 − p) = 0.09, times 2. At p = 0.999 it would be 0.002: the more certain the "
    "answer, the smaller every gradient of the probability. So maps are drawn from the score.",
    misconceptions=[
        (2, "that is the gradient of the score", "The curve from score to probability comes next."),
        (0.09, "that is the slope of the curve alone", "The chain rule has a second factor."),
        (1.8, "the slope is not p", "Differentiate 1 / (1 + exp(−s))."),
        (0.2, "the slope is not 1 − p", "Differentiate 1 / (1 + exp(−s))."),
        (0.9, "that is the probability", "Asked for is how it changes."),
        (0.045, "divided by the score's gradient", "The chain rule multiplies."),
        (0, "nearly, but the network is not quite certain", "How flat is the curve at 0.9?"),
    ],
    tolerance=0.001,
    hint="The chain rule: the slope of p over s, times the slope of s over x.",
)

register(
    "learned.directions",
    right=119,
    why="120 points span at most 119 directions around their mean, as two points span one line. "
    "So a plane can show a large share of few pictures, however many features they have.",
    misconceptions=[
        (4096, "there are fewer points than features", "How many directions have two points?"),
        (120, "the mean takes one away", "The rows add up to zero."),
        (2, "that is what a drawing can show", "Asked for is what there is."),
        (118, "took too many away", "Two points are spread in one direction."),
        (4095, "there are fewer points than features", "How many directions have two points?"),
        (121, "the mean takes one away, and adds none", "Two points: one line."),
    ],
    hint="Try it with two points, then with three.",
)

register(
    "learned.sleeve",
    right="b",
    why="one picture, one place: that is what was measured. Whether the sleeve means three, or "
    "the gray square there looks like something else, needs more pictures and other covers.",
    misconceptions=[
        ("a", "one picture shows no rule", "What was measured, and on how many pictures?"),
        ("c", "nothing was asked of the training set", "What was covered, and where?"),
        ("d", "fingers were not covered", "That one place matters says nothing about another."),
        ("e", "it may be right for the wrong reason", "Training on may even strengthen it."),
        ("ab", "one of the two goes further than the measurement", "How many pictures were there?"),
    ],
    hint="Answer with one letter, A to E.",
)


# ---- The full network, full size ------------------------------------------------------------

register(
    "full.memory",
    right=lambda: _total(_net()) * 16,
    why="four arrays (weights, gradients, Adam's two) of four bytes a number: almost a gigabyte, "
    "without a single picture.",
    misconceptions=[
        (lambda: _total(_net()) * 4, "those are the weights alone", "What else is kept for each?"),
        (lambda: _total(_net()) * 8, "two arrays are missing", "Adam keeps two numbers a weight."),
        (lambda: _total(_net()) * 12, "one array is missing", "Weights, gradients, and two more."),
        (lambda: _total(_net()) * 32, "those are the bits of one number", "Eight make a byte."),
        (lambda: _total(_net()), "that is the number of weights", "Each takes four bytes."),
        (lambda: _total(_net()) * 128, "counted in bits", "Eight make a byte."),
    ],
    hint="How many arrays are as large as the weights, and how many bytes has a number?",
)

register(
    "full.kept",
    right=4,
    why="variables stay in float32; the 16-bit copies live for one step only. Mixed precision "
    "saves time and room for maps, not room for weights.",
    misconceptions=[
        (2, "that is the copy used in a step", "Which one is updated and kept?"),
        (6, "the copy is not saved", "Only the variable itself goes into the file."),
        (16, "that counts gradient and Adam's numbers, or bits", "Asked for: bytes of a weight."),
        (8, "that would be float64", "What does variable_dtype say?"),
        (32, "those are bits", "Eight make a byte."),
    ],
    hint="Look at what the cell with the policy printed.",
)

register(
    "full.numbers",
    right=56 * 56 * 3,
    why="every pixel of the large picture is computed from these, so nothing is in it that was "
    "not in the crop.",
    misconceptions=[
        (224 * 224 * 3, "those are its pixels", "All of them follow from fewer."),
        (56 * 56, "that is one color", "A pixel has three."),
        (64 * 64 * 3, "that is the whole picture", "The crop is smaller."),
        (224 * 224, "those are its pixels, in one color", "All of them follow from fewer."),
        (56 * 4 * 3, "that is an outline", "A square has sides times sides pixels."),
        (16, "that is how many times more pixels there are", "How many were there before?"),
    ],
    hint="From what is each new pixel computed?",
)

register(
    "full.scale",
    right=2**6,
    why="2⁻³⁰ · 2⁶ = 2⁻²⁴. In practice the factor is far larger, 2¹⁵ or so, and is halved when "
    "something overflows.",
    misconceptions=[
        (6, "that is the exponent", "Asked for is the power of two itself."),
        (2**24, "then it would be far larger than needed", "From 2⁻³⁰ to 2⁻²⁴ only."),
        (2**30, "then it would be 1", "From 2⁻³⁰ to 2⁻²⁴ only."),
        (2**16, "that reaches full accuracy", "The least factor gives the smallest number."),
        (2**5, "the exponents differ by one more", "Subtract 24 from 30."),
        (2**-6, "that makes it smaller", "The gradient must grow."),
    ],
    hint="2⁻³⁰ times what is 2⁻²⁴?",
)

register(
    "full.pace",
    right=30,
    why="18,000 pictures at 600 a second. The GPU waits four fifths of the time: prepare on more "
    "cores, or on the GPU itself.",
    misconceptions=[
        (6, "that is what the GPU alone needs", "Does it get its pictures that fast?"),
        (36, "added both times", "They work at the same time."),
        (1.5, "that is one epoch", "There are twenty."),
        (5, "added both speeds", "A picture needs both, the one after the other."),
        (10, "took the mean of the two speeds", "A chain is as fast as its slowest part."),
    ],
    tolerance=0.001,
    hint="Which of the two is slower?",
)
