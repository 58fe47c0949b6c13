"""Every chapter keeps the rules of CONTRIBUTING.md, as written and as executed."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from tools import execute, keys
from tools import prose as prose_tool

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
EXECUTED = ROOT / "build" / "executed"
NOTEBOOKS = sorted(path.name for path in BOOK.glob("*.ipynb"))
LINES = 15  # about a dozen; a network written out in layers needs the rest

each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


@cache
def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def cells(name, kind=None, folder=BOOK):
    found = read(folder / name)["cells"]
    return [cell for cell in found if kind in (None, cell["cell_type"])]


def text(cell):
    return "".join(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def prose(name):
    """Yield (cell id, line) of the Markdown, without code blocks and code spans."""
    for cell in cells(name, "markdown"):
        plain = re.sub(r"```.*?```", "", text(cell), flags=re.DOTALL)
        plain = re.sub(r'"[^"]*"|“[^”]*”', "", plain)  # what others say
        for line in re.sub(r"`[^`]*`", "", plain).splitlines():
            yield cell["id"], line


def executed(name):
    if not (EXECUTED / "book" / name).is_file():
        pytest.skip("not executed: run make book")
    return cells(name, "code", EXECUTED / "book")


# --- as written ------------------------------------------------------------------------------


def test_toc_lists_every_notebook_and_no_other():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = re.findall(r"'(?:file|root)': '(book/[^']+)'", str(toc))
    assert sorted(listed) == sorted({*listed}), "listed twice"
    for page in listed:
        assert (ROOT / f"{page}.ipynb").is_file() or (ROOT / f"{page}.md").is_file(), page
    assert [f"book/{name.removesuffix('.ipynb')}" for name in NOTEBOOKS] == [
        page for page in listed if (ROOT / f"{page}.ipynb").is_file()
    ]


@each_notebook
def test_format_and_ids(name):
    notebook = read(BOOK / name)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(ids) == len(set(ids))
    for cell_id in ids:
        # A word, not the eight random digits that an editor gives.
        assert re.fullmatch(r"[a-z][a-z0-9-]{1,40}", cell_id), cell_id
        assert not re.fullmatch(r"[0-9a-f]{8}", cell_id), cell_id
    for cell in cells(name, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None, cell["id"]


@each_notebook
def test_first_cell_says_what_where_and_how_long(name):
    first = cells(name)[0]
    assert first["cell_type"] == "markdown"
    assert text(first).startswith("# ")
    for part in ("You will be able to", "You should know", "inutes"):
        assert part in text(first), f"{name}: the first cell lacks {part!r}"
    assert sum(line.startswith("# ") for _, line in prose(name)) == 1, "one title a chapter"


@each_notebook
def test_second_cell_is_the_setup_cell(name, setup_cell):
    assert cells(name)[1] == setup_cell.cell(), "run python tools/setup_cell.py"


@each_notebook
def test_cells_are_short(name):
    for cell in cells(name, "code"):
        code = [line for line in text(cell).splitlines() if line.strip()]
        code = [line for line in code if not re.match(r"\s*#|import |from \S+ import ", line)]
        if "remove-input" not in tags(cell):
            assert len(code) <= LINES, f"{name}, cell {cell['id']}: {len(code)} lines of code"


@each_notebook
def test_markdown_reads_well_outside_the_site(name):
    for cell in cells(name, "markdown"):
        assert not re.search(r"^\s*(```|:::)\s*\{", text(cell), re.MULTILINE), cell["id"]
        assert not re.search(r"\{[a-z:]+\}`", text(cell)), f"{cell['id']}: a MyST role"
        assert not re.search(r"^\([\w-]+\)=", text(cell), re.MULTILINE), cell["id"]
        assert not re.search(r"!\[\s*\]\(", text(cell)), f"{cell['id']}: image without alt text"


@each_notebook
def test_code_uses_nothing_but_the_package_and_libraries(name):
    for cell in cells(name, "code"):
        assert "myst_nb" not in text(cell), cell["id"]
        assert not re.search(r"\.\./|/home/|/root/|C:\\", text(cell)), f"{cell['id']}: a path"


def ending(name):
    """Give the cells after the heading of the exercises, and that heading."""
    found = cells(name)
    starts = [i for i, cell in enumerate(found) if re.search(r"^## Exercises$", text(cell), re.M)]
    assert len(starts) == 1, f"{name} has {len(starts)} headings '## Exercises'"
    return found[starts[0] + 1 :]


@each_notebook
def test_a_chapter_ends_in_three_to_six_exercises(name):
    last = ending(name)
    if len(last) % 3:  # one without a check may close the chapter
        told = re.match(r"\*\*(\d)\.\*\* \*To (try|think about)", text(last[-1]))
        assert told and int(told[1]) == len(last) // 3 + 1, f"{name}: {last[-1]['id']}"
        last = last[:-1]
    trios = [last[i : i + 3] for i in range(0, len(last), 3)]
    assert 3 <= len(trios) <= 6, f"{name} has {len(trios)} exercises with a check"
    kinds = []
    for number, (question, asked, solution) in enumerate(trios, 1):
        word = question["id"]
        ids = [cell["id"] for cell in (question, asked, solution)]
        assert ids == [word, f"{word}-answer", f"{word}-solution"], f"{name}: {ids}"
        title = re.match(rf"\*\*{number}\. (Count|Code|Reason)\.\*\* ", text(question))
        assert title, f"{name}, {word}: begins with {text(question)[:20]!r}"
        kinds.append(title[1])
        assert re.match(r"answer = None  # .+\ncheck\(\"", text(asked)), f"{name}, {word}"
        check = re.findall(r"check\(\s*['\"]([^'\"]+)", text(asked))
        assert check == re.findall(r"check\(\s*['\"]([^'\"]+)", text(solution)), f"{name}, {word}"
        assert "solution" in tags(solution) and "hide-cell" in tags(solution), f"{name}, {word}"
        assert solution["metadata"]["jupyter"]["source_hidden"] is True, f"{name}, {word}"
        assert solution["metadata"]["cellView"] == "form", f"{name}, {word}"
    assert kinds.count("Code") <= len(kinds) / 2, f"{name}: {kinds}"
    assert kinds.count("Reason") >= 2 and kinds[-1] == "Reason", f"{name}: {kinds}"


@each_notebook
def test_questions_are_asked_in_one_chapter_and_solutions_compute(name):
    from alexnet_tutorial.checks import QUESTIONS

    for cell in cells(name, "code"):
        asked = re.findall(r"check\(\s*['\"]([^'\"]+)", text(cell))
        assert asked == [] or cell in ending(name), f"{name}, {cell['id']}: a check in the lesson"
        assert set(asked) <= set(QUESTIONS), f"{name}, {cell['id']}: {asked} is not registered"
        if "solution" in tags(cell):
            # A word or a letter is typed, a number is computed.
            typed = re.search(
                r"^answer = [\d.,_() -]+$|check\([^,]+, [\d.,_() -]+\)$", text(cell), re.M
            )
            assert not typed, f"{name}, {cell['id']}: {typed[0]} is typed"


def test_every_question_is_asked_once():
    from alexnet_tutorial.checks import QUESTIONS

    asked = [
        question
        for name in NOTEBOOKS
        for cell in cells(name, "code")
        if "solution" not in tags(cell)
        for question in re.findall(r"check\(\s*['\"]([^'\"]+)", text(cell))
    ]
    assert sorted(asked) == sorted(QUESTIONS)


def without_addresses(line):
    """Cut out what may hold a number: links, citations in brackets, math, years."""
    line = re.sub(r"\[[^\]]*\]\([^)]*\)", "", line)
    line = re.sub(r"\$[^$]*\$", "", line)
    return re.sub(r"\b(19|20)\d\d\b", "", line)


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("It has 60,965,224 parameters.", True),
        ("It has 4096 units.", True),
        ("It is right in 95 % of the cases, 97.5%.", True),
        ("In 2012 the picture had 224 pixels.", False),
        ("The error was 15.3 % ([Krizhevsky et al., 2012](https://example.org/a/12345)).", False),
    ],
)
def test_typed_numbers_are_recognized(line, typed):
    assert bool(typed_numbers(line)) is typed


def typed_numbers(line):
    """Find numbers that code could compute: thousands and percentages without a source."""
    if re.search(r"\]\(http|\b(et al|Table \d|Section \d)", line):
        return []
    plain = without_addresses(line)
    return re.findall(r"\b\d{4,}\b|\b\d{1,3}(?:[,\u202f ]\d{3})+\b|\d+(?:\.\d+)?\s?%", plain)


@each_notebook
def test_no_number_is_typed_that_code_could_compute(name):
    # What an exercise gives is no result.
    lines = [(i, line) for i, line in prose(name) if not re.match(r"ex(ercise)?(s?-|s?$)", i)]
    found = [(cell_id, number) for cell_id, line in lines for number in typed_numbers(line)]
    assert not found, f"{name}: {found}"


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name[0] != "9"])
def test_a_chapter_has_between_one_and_three_thousand_words(name):
    found = "\n".join(text(cell) for cell in cells(name, "markdown"))
    found = re.sub(r"^[|#].*", "", prose_tool.NOT_PROSE.sub(" ", found), flags=re.MULTILINE)
    assert 1000 <= len(re.findall(r"[^\W\d]{2,}|\b[aI]\b", found)) <= 3000


@each_notebook
def test_code_is_valid_python(name):
    for cell in cells(name, "code"):
        lines = [line for line in text(cell).splitlines() if not line.startswith(("%", "!"))]
        ast.parse("\n".join(lines))


# --- as executed -----------------------------------------------------------------------------


@each_notebook
def test_executed_copy_is_of_this_notebook_and_package(name):
    executed(name)
    page = Path("book", name)
    if execute.kept_record(execute.EXECUTED / page)["key"] != keys.key(keys.parts(ROOT / page)):
        pytest.fail(f"what is shown of {name} is not of this package or data: run make book")


@each_notebook
def test_every_cell_ran_without_error_or_noise(name):
    ran = executed(name)
    assert [text(c) for c in ran] == [text(c) for c in cells(name, "code")]
    expected = [c for c in ran if "raises-exception" in tags(c)]
    for cell in ran:
        if text(cell).strip():
            assert cell["execution_count"], f"{name}: {cell['id']} did not run"
        for output in cell["outputs"]:
            assert output["output_type"] != "error" or cell in expected, cell["id"]
            noise = output["output_type"] == "stream" and output["name"] == "stderr"
            assert not noise, f"{name}, {cell['id']}: {''.join(output['text'])[:300]}"


@each_notebook
def test_figures_say_what_they_show(name):
    for cell in executed(name):
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
        for output in cell["outputs"]:
            data = output.get("data", {})
            if any(kind.startswith("image/") for kind in data) and "text/html" not in data:
                assert alt.strip(), f"{name}, {cell['id']}: an image without alternative text"
            html = "".join(data.get("text/html", ""))
            for svg in re.findall(r"<svg\b[^>]*>", html):
                if 'aria-hidden="true"' not in svg:
                    label = re.search(r'aria-label="([^"]+)"', svg)
                    assert label and len(label[1]) > 20, f"{name}, {cell['id']}: {svg[:120]}"
            for image in re.findall(r"<img\b[^>]*>", html):
                assert re.search(r'alt="[^"]+"', image), f"{name}, {cell['id']}: {image[:120]}"


@each_notebook
def test_checks_answer_missing_first_and_right_in_the_solution(name):
    for cell in executed(name):
        shown = "".join(
            "".join(part)
            for output in cell["outputs"]
            for part in (output.get("text", ""), output.get("data", {}).get("text/html", ""))
        )
        if "solution" in tags(cell):
            assert 'alexnet-check right"' in shown, f"{name}, {cell['id']}: {shown[:300]}"
            assert "alexnet-check not-yet" not in shown, f"{name}, {cell['id']}: {shown[:300]}"
        elif "check(" in text(cell):
            assert 'alexnet-check missing"' in shown, f"{name}, {cell['id']}: {shown[:300]}"
