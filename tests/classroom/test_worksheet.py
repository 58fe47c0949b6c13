"""Worksheets: every answer counted once more, by windows that really slide."""

import html.parser
import itertools
import re
import subprocess
import sys
from functools import cache

import pytest

from classroom.worksheet import COPIES, key_page, main, problems, worksheet_page

SEEDS = range(300)


@cache
def sheet(seed):
    return {problem.kind: problem for problem in problems(seed)}


def of_kind(kind):
    return [sheet(seed)[kind] for seed in SEEDS]


def starts(size, kernel_size, strides, before=0, after=0, rounding="floor"):
    """Walk: every place where the window stands on the padded line."""
    end, place, found = size + before + after, 0, []
    while place + kernel_size <= end:
        found.append(place)
        place += strides
    # Rounding up takes the step that whole steps leave over.
    if rounding == "ceil" and found[-1] + kernel_size < end:
        found.append(place)
    return found


def test_positions_rounded_down_and_up():
    for problem in of_kind("floor"):
        assert problem.answers == {"positions": len(starts(**problem.numbers))}
    for problem in of_kind("ceil"):
        walked = starts(**problem.numbers, rounding="ceil")
        assert problem.answers == {"positions": len(walked)}
        # Otherwise the question would not tell the roundings apart.
        assert len(walked) == len(starts(**problem.numbers)) + 1


def test_pixels_that_no_window_reads():
    for problem in of_kind("unread"):
        size, kernel = problem.numbers["size"], problem.numbers["kernel_size"]
        read = {p for start in starts(**problem.numbers) for p in range(start, start + kernel)}
        assert problem.answers == {"pixels": len(set(range(size)) - read)}
        assert set(range(size)) - read, "nothing is left over"


def test_same_is_the_least_padding_that_gives_every_start_a_window():
    for problem in of_kind("same"):
        size, strides = problem.numbers["size"], problem.numbers["strides"]
        wanted = len(range(0, size, strides))
        total = next(
            zeros
            for zeros in itertools.count()
            if len(starts(**problem.numbers, after=zeros)) == wanted
        )
        assert problem.answers == {
            "positions": wanted,
            "zeros before": total // 2,
            "zeros after": total - total // 2,
        }


def weights(numbers):
    """Count the weights one by one: a channel is read by the filters of its own group."""
    groups = numbers.get("groups", 1)
    pairs = sum(
        channel * groups // numbers["channels"] == filters * groups // numbers["filters"]
        for channel in range(numbers["channels"])
        for filters in range(numbers["filters"])
    )
    return pairs * numbers["kernel_size"] ** 2


@pytest.mark.parametrize("kind", ["parameters", "groups"])
def test_parameters(kind):
    for problem in of_kind(kind):
        right = weights(problem.numbers) + problem.numbers["filters"]
        assert problem.answers == {"parameters": right}


def test_multiply_accumulates():
    for problem in of_kind("macs"):
        side, kernel = problem.numbers["side"], problem.numbers["kernel_size"]
        positions = len(starts(side, kernel, 1, before=1, after=1)) ** 2
        assert problem.answers == {"multiply-accumulates": positions * weights(problem.numbers)}


def test_receptive_field_is_what_is_reached_from_one_number():
    for problem in of_kind("field"):
        kernels, strides = problem.numbers["kernels"], problem.numbers["strides"]
        reached = {5}
        for kernel, step in zip(reversed(kernels), reversed(strides), strict=True):
            reached = {place * step + i for place in reached for i in range(kernel)}
        assert problem.answers == {"pixels": max(reached) - min(reached) + 1}
        assert reached == set(range(min(reached), max(reached) + 1)), "the field has holes"


def test_reverse_problems_have_one_answer():
    for problem in of_kind("padding"):
        given = dict(problem.numbers)
        positions = given.pop("positions")
        fitting = [
            zeros
            for zeros in range(40)
            if len(starts(**given, before=zeros, after=zeros)) == positions
        ]
        assert list(problem.answers.values()) == fitting
    for problem in of_kind("stride"):
        given = dict(problem.numbers)
        positions = given.pop("positions")
        fitting = [
            strides
            for strides in range(1, 60)
            if len(starts(**given, strides=strides)) == positions
        ]
        assert list(problem.answers.values()) == fitting
    for problem in of_kind("side"):
        given = dict(problem.numbers)
        positions = given.pop("positions")
        fitting = [
            size
            for size in range(given["kernel_size"], 100)
            if len(starts(size, **given)) == positions
        ]
        assert list(problem.answers.values()) == [fitting[0], fitting[-1]]


def test_table_is_walked_layer_by_layer():
    for problem in of_kind("stack"):
        side, channels = problem.numbers["size"], problem.numbers["channels"]
        for layer in problem.network.layers:
            parameters = 0
            if layer.kind in ("conv", "pool"):
                window = layer.kernel_size if layer.kind == "conv" else layer.pool_size
                zeros = 1 if layer.name == "conv2" else 0
                if layer.kind == "conv":
                    parameters = channels * layer.filters * window**2 + layer.filters
                    channels = layer.filters
                side = len(starts(side, window, layer.strides, zeros, zeros))
                shape = (side, side, channels)
            elif layer.kind == "flatten":
                shape = (side * side * channels,)
            else:
                parameters = (shape[0] + 1) * layer.units
                shape = (layer.units,)
            assert problem.answers[f"{layer.name}, output"] == shape
            assert problem.answers[f"{layer.name}, parameters"] == parameters


def test_keras_agrees_with_a_few_tables_and_paddings():
    keras = pytest.importorskip("keras")
    from alexnet_tutorial.network import build

    for seed in (0, 1, 2):
        stack = sheet(seed)["stack"]
        model = build(stack.network)
        for layer in model.layers:
            if f"{layer.name}, output" in stack.answers:
                assert tuple(layer.output.shape[1:]) == stack.answers[f"{layer.name}, output"]
                assert layer.count_params() == stack.answers[f"{layer.name}, parameters"]
        same = sheet(seed)["same"]
        size, kernel = same.numbers["size"], same.numbers["kernel_size"]
        conv = keras.layers.Conv1D(1, kernel, same.numbers["strides"], padding="same")
        assert conv.compute_output_shape((1, size, 1))[1] == same.answers["positions"]
        groups = sheet(seed)["groups"].numbers
        conv = keras.layers.Conv2D(
            groups["filters"], groups["kernel_size"], groups=groups["groups"]
        )
        conv.build((1, 9, 9, groups["channels"]))
        assert conv.count_params() == sheet(seed)["groups"].answers["parameters"]


def test_numbers_fit_a_head_and_give_no_answer_away():
    for seed in SEEDS:
        for problem in problems(seed):
            assert problem.question.endswith((".", "?", ")")), problem.question
            if problem.kind == "stack":
                continue
            given = set(map(int, re.findall(r"\d+", problem.question)))
            answers = set(problem.answers.values())
            assert given.isdisjoint(answers), f"{seed}, {problem.kind}"
            assert answers.isdisjoint(problem.slips.values()) or problem.kind == "same"
            largest = 100_000 if problem.kind in ("macs", "parameters", "groups") else 99
            if problem.kind != "macs":
                assert max(answers) <= largest, f"{seed}, {problem.kind}: {answers}"
            assert max(answers) <= 600_000
            # The working ends in, or names, the answer.
            for answer in answers:
                assert f"{answer:,}" in problem.working


def test_the_same_seed_gives_the_same_page_also_elsewhere(tmp_path):
    words = ["--seed", "4", "--output", "a.html", "--key", "new/b.html"]
    code = (
        "import sys; from classroom.worksheet import main; main(sys.argv[1:]);"
        "print([m for m in ('keras', 'tensorflow', 'numpy', 'matplotlib') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.stdout == "a.html\nnew/b.html\n[]\n", run.stderr
    assert (tmp_path / "a.html").read_bytes() == worksheet_page([4]).encode()
    assert (tmp_path / "new" / "b.html").read_bytes() == key_page([4]).encode()


def test_other_seeds_give_other_numbers():
    pages = [tuple(problem.question for problem in problems(seed)) for seed in SEEDS]
    assert len(set(pages)) == len(pages)
    # Not only somewhere: two neighbors in the class share few of the twelve problems.
    for one, other in itertools.pairwise(pages):
        assert sum(a == b for a, b in zip(one, other, strict=True)) <= 4


class Reader(html.parser.HTMLParser):
    """Checks that every element that is opened is closed; collects ids, labels and cells."""

    EMPTY = ("meta", "rect")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append((self.open[-1] if self.open else "", data))

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("page", [worksheet_page, key_page])
def test_pages_are_whole_and_readable_aloud(page):
    for seeds in ([3], range(5, 35)):
        read = Reader(page(seeds))
        assert read.all("html") == [{"lang": "en"}]
        assert len(read.all("title")) == len(read.all("main")) == len(read.all("h1")) == 1
        assert len(read.all("section")) == len(read.all("h2")) == len(seeds)
        ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert [a["aria-labelledby"] for a in read.all("section")] == ids
        assert all(len(svg["aria-label"]) > 20 for svg in read.all("svg"))
        assert len(read.all("caption")) == len(read.all("table")) == len(seeds)
        assert {th["scope"] for th in read.all("th")} == {"row", "col"}
        assert len(read.all("li")) == 12 * len(seeds)
        # Nothing is fetched, nothing runs.
        assert not [a for _, a in read.tags if {"src", "href"} & set(a)] and not read.all("script")


def test_no_answer_is_on_the_page_of_the_students():
    page = worksheet_page(range(30))
    cells = re.findall(r"<td>(.*?)</td>", page)
    assert [cell for i, cell in enumerate(cells) if i % 3] == [""] * (30 * 12)
    blanks = re.findall(r'<span class="blank">(.*?)</span>', page)
    assert set(blanks) == {""}
    for seed in range(30):
        for problem in problems(seed):
            assert not problem.working or problem.working not in page
    for word in ("Not yet", "Key", "strong", "rounded down", "<!--"):
        assert word not in page
    key = key_page(range(30))
    for seed in range(30):
        for problem in problems(seed):
            for answer in problem.answers.values():
                shown = " × ".join(map(str, answer)) if isinstance(answer, tuple) else f"{answer:,}"
                assert f"<strong>{shown}</strong>" in key


def test_a_class_gets_a_sheet_each(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["--seed", "11", "--copies", "3"]) == 0
    assert capsys.readouterr().out.split() == ["worksheet-11.html", "worksheet-11-key.html"]
    page = (tmp_path / "worksheet-11.html").read_text(encoding="utf-8")
    assert [f"Worksheet {seed}:" in page for seed in (10, 11, 12, 13, 14)] == [
        *(False, True, True, True, False)
    ]
    one = re.search(r"<section.*</section>", worksheet_page([12]), re.DOTALL)[0]
    assert one in page, "a sheet is another one in a class"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seed", "-1"], "the seed is -1, and must be an integer of at least 0"),
        (["--seed", "1", "--copies", "0"], "0 worksheets were asked for"),
        (["--seed", "1", "--copies", str(COPIES + 1)], f"1 to {COPIES}"),
        (["--seed", "1", "--output", "page.pdf"], "page.pdf: give a file that ends in .html"),
        (["--seed", "1", "--key", "worksheet-1.html"], "is the students' page"),
        (["--seed", "1", "--key", "folder.html"], "is a folder"),
        (["--seed", "1", "--output", "folder.html"], "is a folder"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is(
    words, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    assert main(words) == 1
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True, None])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match=re.escape(repr(seed))):
        problems(seed)
    with pytest.raises(ValueError, match="0 worksheets"):
        worksheet_page([])
