"""Shape problems on paper: a page for each student, and the key for the teacher.

    python -m classroom.worksheet --seed 7 --copies 30 --output class.html --key key.html

writes thirty worksheets into a page that a browser prints. A seed always makes the same worksheet,
and another seed one with other numbers. Answers are computed by :mod:`alexnet_tutorial.shapes`;
they stand in the key only.
"""

import argparse
import html
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.shapes import (
    Architecture,
    Conv,
    Dense,
    Flatten,
    Pool,
    Window,
    conv_macs,
    conv_parameters,
    ledger,
    output_size,
    receptive_field,
)

STYLE = Path(__file__).with_name("worksheet.css")
COPIES = 200  # more in one file would keep a browser busy for minutes


@dataclass(frozen=True)
class Problem:
    """One problem of a worksheet.

    Args:
        kind: What is asked, such as ``"floor"``; one problem of each kind is on a page.
        numbers: What is given, by name.
        question: The text for the student.
        answers: The right numbers, by what is to be written beside the line.
        working: The formula with its numbers in it, for the key.
        slips: Wrong numbers that a known mistake leads to, by the mistake's name.
        strip: Pixels of the line that is drawn below the text, 0 for none.
        network: What is to be filled in as a table, in the last problem.
    """

    kind: str
    numbers: dict
    question: str
    answers: dict
    working: str
    slips: dict = field(default_factory=dict)
    strip: int = 0
    network: Architecture | None = None


def _line(draw):
    """A line of pixels and a window whose steps do not come out even."""
    while True:
        size, kernel, strides = draw.randint(13, 24), draw.randint(3, 6), draw.randint(2, 4)
        if strides <= kernel and (size - kernel) % strides:
            return size, kernel, strides


def _floor(draw):
    size, kernel, strides = _line(draw)
    right = output_size(size, kernel, strides)
    room = size - kernel
    return Problem(
        "floor",
        {"size": size, "kernel_size": kernel, "strides": strides},
        f"A convolution has a window of {kernel} pixels that moves by {strides} over a line of "
        f"{size} pixels. No padding, rounding down. How many positions does the window have?",
        {"positions": right},
        f"({size} − {kernel}) / {strides} = {room} / {strides}, rounded down "
        f"{room // strides}; {room // strides} + 1 = {right}",
        {
            "rounded up": output_size(size, kernel, strides, rounding="ceil"),
            "steps, not positions": right - 1,
            "left the window's width out": size // strides,
            "forgot the stride": room + 1,
        },
        strip=size,
    )


def _ceil(draw):
    size, kernel, strides = _line(draw)
    right = output_size(size, kernel, strides, rounding="ceil")
    room = size - kernel
    return Problem(
        "ceil",
        {"size": size, "kernel_size": kernel, "strides": strides},
        f"A pooling layer has a window of {kernel} that moves by {strides} over {size} pixels, and "
        "rounds up, as the program of 2012 did. How many positions does the window have?",
        {"positions": right},
        f"({size} − {kernel}) / {strides} = {room} / {strides}, rounded up "
        f"{right - 1}; {right - 1} + 1 = {right}",
        {
            "rounded down": output_size(size, kernel, strides),
            "left the window's width out": -(-size // strides),
        },
        strip=size,
    )


def _same(draw):
    size, kernel, strides = draw.randint(13, 24), draw.choice([5, 6, 7]), draw.choice([2, 3, 4])
    before, after = Window(size, kernel, strides, "same").pads
    right = output_size(size, kernel, strides, "same")
    spanned = (right - 1) * strides + kernel
    return Problem(
        "same",
        {"size": size, "kernel_size": kernel, "strides": strides},
        f"A window of {kernel} moves by {strides} over {size} pixels with Keras's padding 'same'. "
        "How many positions does it have, and how many zeros stand before and after the line?",
        {"positions": right, "zeros before": before, "zeros after": after},
        f"{size} / {strides}, rounded up: {right} positions. They span ({right} − 1) · {strides} + "
        f"{kernel} = {spanned} pixels, {spanned} − {size} = {spanned - size} more than there are: "
        f"{before} before, {after} after{', the odd one at the end' if before < after else ''}",
        {"without padding": output_size(size, kernel, strides), "kept the size": size},
    )


def _unread(draw):
    size, kernel, strides = _line(draw)
    right = Window(size, kernel, strides).unread
    positions = output_size(size, kernel, strides)
    start = (positions - 1) * strides
    return Problem(
        "unread",
        {"size": size, "kernel_size": kernel, "strides": strides},
        f"A window of {kernel} moves by {strides} over {size} pixels, without padding, rounding "
        "down. How many pixels at the end of the line does no window read?",
        {"pixels": right},
        f"{positions} positions; the last begins {start} pixels from the start and covers "
        f"{kernel}: {size} − ({start} + {kernel}) = {right}",
        {"counted from where the last window begins": size - start},
    )


def _parameters(draw):
    kernel, channels = draw.choice([3, 5]), draw.choice([2, 3, 4, 6, 8])
    filters = draw.choice([10, 12, 16, 20])
    right = conv_parameters(channels, filters, (kernel, kernel))
    return Problem(
        "parameters",
        {"kernel_size": kernel, "channels": channels, "filters": filters},
        f"A convolution has {filters} filters of {kernel} × {kernel} and reads maps with "
        f"{channels} channels. How many parameters has it, biases included?",
        {"parameters": right},
        f"{kernel} · {kernel} · {channels} · {filters} + {filters} = {right:,}",
        {
            "forgot the biases": right - filters,
            "one channel only": conv_parameters(1, filters, (kernel, kernel)),
            "one filter only": conv_parameters(channels, 1, (kernel, kernel)),
        },
    )


def _groups(draw):
    kernel, groups = draw.choice([3, 5]), draw.choice([2, 4])
    channels, filters = groups * draw.choice([2, 3, 4, 5]), groups * draw.choice([3, 5, 6, 10])
    right = conv_parameters(channels, filters, (kernel, kernel), groups)
    share = channels // groups
    return Problem(
        "groups",
        {"kernel_size": kernel, "channels": channels, "filters": filters, "groups": groups},
        f"A convolution is cut into {groups} groups. It reads {channels} channels and has "
        f"{filters} filters of {kernel} × {kernel} in all. How many parameters, biases included?",
        {"parameters": right},
        f"each filter sees {channels} / {groups} = {share} channels: {kernel} · {kernel} · "
        f"{share} · {filters} + {filters} = {right:,}",
        {
            "forgot the groups": conv_parameters(channels, filters, (kernel, kernel)),
            "counted one group only": right // groups,
            "forgot the biases": right - filters,
        },
    )


def _macs(draw):
    side, channels = draw.choice([6, 8, 10, 20]), draw.choice([2, 3, 4, 6])
    filters, kernel = draw.choice([5, 15, 25]), 3
    right = conv_macs(side * side, channels, filters, kernel * kernel)
    return Problem(
        "macs",
        {"side": side, "channels": channels, "filters": filters, "kernel_size": kernel},
        f"A convolution of {kernel} × {kernel} with stride 1 and one zero on every side reads "
        f"maps of {side} × {side} × {channels} and has {filters} filters. How many "
        "multiply-accumulates is that for one picture, products with the zeros included?",
        {"multiply-accumulates": right},
        f"the map stays {side} × {side}: {side} · {side} · {kernel} · {kernel} · {channels} · "
        f"{filters} = {right:,}",
        {
            "forgot the padding": conv_macs(
                (side - kernel + 1) ** 2, channels, filters, kernel * kernel
            ),
            "those are the weights": kernel * kernel * channels * filters,
            "counted each as two operations": 2 * right,
        },
    )


def _field(draw):
    first, pool, last = draw.choice([3, 5, 7]), draw.choice([2, 3]), draw.choice([3, 5])
    step = draw.choice([1, 2])
    kernels, strides = (first, pool, last), (step, 2, 1)
    windows = [Window(99, *sizes) for sizes in zip(kernels, strides, strict=True)]
    right = receptive_field(windows).size
    after = (last - 1) * 2 + pool
    return Problem(
        "field",
        {"kernels": kernels, "strides": strides},
        f"Three windows follow each other: a convolution of {first} with stride {step}, pooling of "
        f"{pool} with stride 2, a convolution of {last} with stride 1. How many pixels along one "
        "side of the picture does one number of the last map depend on? (Away from the edges.)",
        {"pixels": right},
        f"from the back: {last} numbers of the pooled map; ({last} − 1) · 2 + {pool} = {after} of "
        f"the first map; ({after} − 1) · {step} + {first} = {right} pixels",
        {"added the windows": sum(kernels), "forgot the strides": sum(kernels) - 2},
    )


def _padding(draw):
    while True:
        size, kernel, strides = draw.randint(12, 30), draw.choice([5, 7, 9]), draw.choice([1, 2, 3])
        right = draw.randint(1, kernel // 2)
        positions = output_size(size, kernel, strides, right)
        fitting = [
            padding
            for padding in range(kernel)
            if output_size(size, kernel, strides, padding) == positions
        ]
        if fitting == [right]:
            break
    steps = positions - 1
    least = steps * strides + kernel
    return Problem(
        "padding",
        {"size": size, "kernel_size": kernel, "strides": strides, "positions": positions},
        f"A window of {kernel} moves by {strides} over {size} pixels, rounding down, with equally "
        f"many zeros before and after the line. How many zeros on each side give {positions} "
        "positions?",
        {"zeros on each side": right},
        f"{positions} positions are {steps} steps and span {steps} · {strides} + {kernel} = "
        f"{least} pixels. With {right} on each side there are {size} + 2 · {right} = "
        f"{size + 2 * right}: {size + 2 * right - least} left over, less than a step of {strides}",
        {"both sides together": 2 * right, "no padding": 0},
    )


def _stride(draw):
    while True:
        size, kernel, right = draw.randint(20, 40), draw.randint(3, 7), draw.randint(2, 5)
        positions = output_size(size, kernel, right)
        fitting = [
            strides for strides in range(1, size) if output_size(size, kernel, strides) == positions
        ]
        if fitting == [right] and right <= kernel:
            break
    room = size - kernel
    return Problem(
        "stride",
        {"size": size, "kernel_size": kernel, "positions": positions},
        f"A window of {kernel} has {positions} positions on {size} pixels, without padding, "
        "rounding down. By how many pixels does it move?",
        {"stride": right},
        f"{positions - 1} whole steps fit into {size} − {kernel} = {room} pixels: {room} / {right} "
        f"is {room // right} rounded down, and no other step gives that",
        {
            "positions taken for steps": room // positions,
            "left the window's width out": size // (positions - 1),
        },
    )


def _side(draw):
    kernel, strides, positions = draw.randint(3, 7), draw.randint(2, 4), draw.randint(6, 12)
    smallest = (positions - 1) * strides + kernel
    largest = smallest + strides - 1
    return Problem(
        "side",
        {"kernel_size": kernel, "strides": strides, "positions": positions},
        f"A window of {kernel} that moves by {strides}, without padding, rounding down, has "
        f"{positions} positions. What are the smallest and the largest number of pixels that the "
        "line can have?",
        {"smallest": smallest, "largest": largest},
        f"({positions} − 1) · {strides} + {kernel} = {smallest} pixels at least; {strides} − 1 "
        f"more make no further step: {largest}",
        {
            "positions taken for steps": positions * strides + kernel,
            "forgot the window": (positions - 1) * strides,
        },
    )


def _stack(draw):
    """A network of six layers that ends in maps of 2 to 4 pixels a side."""
    while True:
        size, channels = draw.choice(range(20, 41)), draw.choice([1, 3])
        few, more = draw.choice([4, 6, 8]), draw.choice([5, 10])
        pools = draw.choice([2, 3]), draw.choice([2, 3])
        kernel = draw.choice([3, 5])
        layers = (
            Conv("conv1", few, kernel, strides=draw.choice([1, 2])),
            Pool("pool1", pools[0], 2),
            Conv("conv2", more, 3, padding=1),
            Pool("pool2", pools[1], 2),
            Flatten("flatten"),
            Dense("fc3", draw.choice([6, 12]), activation="softmax"),
        )
        network = Architecture("worksheet", size, layers, channels)
        book = ledger(network)
        # The steps come out even in some layers, and in some they do not.
        sides = [size, *(book[name].output[0] for name in ("conv1", "pool1", "conv2"))]
        odd = [(side - window) % 2 for side, window in ((sides[1], pools[0]), (sides[3], pools[1]))]
        if 2 <= book["pool2"].output[0] <= 4 and any(odd):
            break
    answers = {}
    for row in book:
        answers[f"{row.name}, output"] = row.output
        answers[f"{row.name}, parameters"] = row.parameters
    return Problem(
        "stack",
        {"size": size, "channels": channels},
        f"Pictures of {size} × {size} × {channels} enter this network. All layers round down; "
        "padding is 0 where none is named. Fill in the table.",
        answers,
        "",
        network=network,
    )


KINDS = (
    _floor,
    _ceil,
    _same,
    _unread,
    _parameters,
    _groups,
    _macs,
    _field,
    _padding,
    _stride,
    _side,
    _stack,
)


def _plain(problem):
    """Tell whether no answer can be copied from the numbers of the question."""
    given = set()
    for value in problem.numbers.values():
        given.update(value if isinstance(value, tuple) else (value,))
    return given.isdisjoint(problem.answers.values())


def problems(seed: int) -> tuple[Problem, ...]:
    """Make the problems of one worksheet.

    Args:
        seed: Which worksheet; the same seed always makes the same one.

    Returns:
        One problem of each kind, from easy to hard.

    Raises:
        ValueError: The seed is not an integer of at least 0.

    Example:
        >>> problems(7) == problems(7), problems(7) == problems(8)
        (True, False)
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(
            f"the seed is {seed!r}, and must be an integer of at least 0: it is the number that "
            "stands on the worksheet, by which its key is found."
        )
    draw = random.Random(seed)
    found = []
    for kind in KINDS:
        problem = kind(draw)
        while not _plain(problem):
            problem = kind(draw)
        found.append(replace(problem, slips=_slips(problem)))
    return tuple(found)


def _slips(problem):
    """Leave out a slip that happens to lead to the right answer, or to the same as another."""
    names = {value: name for name, value in reversed(problem.slips.items())}
    names.pop(next(iter(problem.answers.values())), None)
    return {name: value for name, value in problem.slips.items() if names.get(value) == name}


def worksheet_page(seeds: Sequence[int]) -> str:
    """Write the worksheets, for students: no answer is on them.

    Args:
        seeds: One worksheet for each, each on pages of its own.

    Returns:
        An HTML page that needs no other file.

    Raises:
        ValueError: See :func:`problems`; or there is no seed.

    Example:
        >>> "Worksheet 7" in worksheet_page([7])
        True
    """
    intro = (
        '<p class="name">Name <span class="blank wide"></span> '
        'Date <span class="blank"></span></p>\n'
        "<p>Write the formula down with its numbers in it, then the result. No calculator is "
        "needed. A line stands for one side of a picture, and windows move along it from its "
        "first pixel.</p>\n"
    )
    return _page(seeds, "sheet", "", "Worksheet {}: shapes by hand", intro, _asked)


def key_page(seeds: Sequence[int]) -> str:
    """Write the answers, for the teacher: the working, and what known mistakes lead to.

    Args:
        seeds: As given to :func:`worksheet_page`.

    Returns:
        An HTML page that needs no other file.

    Raises:
        ValueError: See :func:`problems`; or there is no seed.

    Example:
        >>> "Key to worksheet 7" in key_page([7])
        True
    """
    return _page(seeds, "key", "key to ", "Key to worksheet {}", "", _answered)


def write_pages(seeds: Sequence[int], page: Path, key: Path) -> None:
    """Write worksheets and their key to files.

    Args:
        seeds: As given to :func:`worksheet_page`.
        page: The students' file.
        key: The teacher's.

    Raises:
        ValueError: A file's name does not end in .html, or both are the same.
        OSError: A file cannot be written.

    Example:
        >>> write_pages([7], Path("sheet.html"), Path("key.txt"))
        Traceback (most recent call last):
        ValueError: key.txt: give a file that ends in .html, since a browser prints it.
    """
    if key.resolve() == page.resolve():
        raise ValueError(f"{key} is the students' page: give the key another name.")
    for path in (page, key):
        if path.suffix not in (".html", ".htm"):
            raise ValueError(f"{path}: give a file that ends in .html, since a browser prints it.")
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder: give the name of a file in it.")
    texts = {page: worksheet_page(seeds), key: key_page(seeds)}
    for path, text in texts.items():
        write_whole(path, text)


def _asked(problem):
    """One problem as the student gets it."""
    question = f"<p>{html.escape(problem.question, quote=False)}</p>\n"
    if problem.network:
        return f"<li>{question}{_table(problem.network, filled=False)}</li>\n"
    blanks = " ".join(
        f'<span class="answer">{name}: <span class="blank"></span></span>'
        for name in problem.answers
    )
    return (
        f"<li>{question}{_strip(problem.strip)}"
        f'<div class="work"></div>\n<p class="answers">{blanks}</p>\n</li>\n'
    )


def _answered(problem):
    """One problem's answers, working and likely mistakes."""
    if problem.network:
        return f"<li>{_table(problem.network, filled=True)}</li>\n"
    answers = ", ".join(
        f"{name} <strong>{value:,}</strong>" for name, value in problem.answers.items()
    )
    slips = html.escape("; ".join(f"{v:,}: {name}" for name, v in problem.slips.items()), False)
    return (
        f"<li><p>{answers}</p>\n<p>{html.escape(problem.working)}.</p>\n"
        + (f'<p class="slips">Not yet: {slips}.</p>\n' if slips else "")
        + "</li>\n"
    )


def _strip(size):
    """A line of pixels to draw windows on; nothing where the problem has none."""
    if not size:
        return ""
    side = 16
    cells = "".join(
        f'<rect x="{1 + side * i}" y="1" width="{side}" height="{side}"/>' for i in range(size)
    )
    width, height = side * size + 2, side + 2
    return (
        f'<svg role="img" aria-label="A line of {size} pixels, to draw windows on" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">{cells}</svg>\n'
    )


def _words(layer):
    """A layer in the words of the table."""
    if layer.kind == "conv":
        size, strides = layer.kernel_size, layer.strides
        padding = f", padding {layer.padding}" if layer.padding else ""
        return f"{layer.filters} filters of {size} × {size}, stride {strides}{padding}"
    if layer.kind == "pool":
        return f"maximum of {layer.pool_size} × {layer.pool_size}, stride {layer.strides}"
    return f"{layer.units} units" if layer.kind == "dense" else "all numbers in one line"


def _table(network, filled):
    rows = []
    for layer, row in zip(network.layers, ledger(network), strict=True):
        shape = parameters = ""
        if filled:
            shape = f"{row.formula}: <strong>{' × '.join(map(str, row.output))}</strong>"
            counted = f"{row.parameters_formula} = " if row.parameters_formula else ""
            parameters = f"{counted}<strong>{row.parameters:,}</strong>"
        rows.append(
            f'<tr><th scope="row">{layer.name}</th><td>{_words(layer)}</td>'
            f"<td>{shape}</td><td>{parameters}</td></tr>\n"
        )
    heads = ("Layer", "What it does", "Shape of the output", "Parameters")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    size = network.input_size[0]
    caption = f"From pictures of {size} × {size} × {network.channels}"
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{caption}">'
        f"<table><caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{''.join(rows)}</tbody></table></div>\n"
    )


def _page(seeds, anchor, title, heading, intro, render):
    """A page with a section for each seed; ``heading`` has a place for the seed."""
    if not 1 <= len(seeds) <= COPIES:
        raise ValueError(
            f"{len(seeds)} worksheets were asked for, and one file holds 1 to {COPIES}. Write "
            "several files, each with a seed of its own."
        )
    few = f"worksheet {seeds[0]}" if len(seeds) == 1 else f"worksheets {seeds[0]} to {seeds[-1]}"
    sheets = "".join(
        f'<section aria-labelledby="{anchor}-{seed}">\n'
        f'<h2 id="{anchor}-{seed}">{heading.format(seed)}</h2>\n'
        f"{intro}<ol>\n{''.join(map(render, problems(seed)))}</ol>\n</section>\n"
        for seed in seeds
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shapes by hand: {title}{few}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<h1>Shapes by hand</h1>
{sheets}</main>
</body>
</html>
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what the command line asks for.

    Args:
        arguments: Words of the command line; None takes the process's own.

    Returns:
        Exit status: 0, or 1 when something given does not fit (the reason goes to stderr).
    """
    parser = argparse.ArgumentParser(
        prog="python -m classroom.worksheet", description="Shape problems to print, and their key."
    )
    parser.add_argument("--seed", type=int, required=True, help="number of the worksheet")
    parser.add_argument(
        "--copies", type=int, default=1, help="so many, numbered from the seed on (1)"
    )
    parser.add_argument(
        "--output", type=Path, help="the students' page (default: worksheet-SEED.html)"
    )
    parser.add_argument(
        "--key", type=Path, help="the teacher's (default: beside the page, its name with -key)"
    )
    options = parser.parse_args(arguments)
    page = options.output or Path(f"worksheet-{options.seed}.html")
    key = options.key or page.with_stem(f"{page.stem}-key")
    try:
        write_pages(range(options.seed, options.seed + options.copies), page, key)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(page, key, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
