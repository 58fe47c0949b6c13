"""The error index: every message is what the installed Keras says, on TensorFlow and on JAX."""

import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from alexnet_tutorial import error_index as errors
from alexnet_tutorial.checks import QUESTIONS, check

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "book" / "91_error_index.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
IDS = [cell["id"] for cell in CELLS]

BUILD = {"ALEXNET_TUTORIAL_BUILD": "1"}  # as the build insists

# Runs the cells that raise and those that cure, in order, as a reader would.
RUNNER = """
import json, sys
cells = json.load(open(sys.argv[1], encoding="utf-8"))["cells"]
names = {"__name__": "__main__"}
for cell in cells:
    tags = cell["metadata"].get("tags", [])
    if cell["id"] == "imports" or "raises" in tags or "cure" in tags:
        print("CELL", cell["id"], flush=True)
        exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
print("DONE")
"""
# What the chapter explains without raising it: it would take long, or a second Python.
TRAINING = """
import keras
import numpy

model = keras.Sequential(
    [
        keras.Input((3, 227, 227)),
        keras.layers.Conv2D(4, 11, strides=4, data_format="channels_first"),
    ]
)
model.compile("sgd", "mse")
model.fit(numpy.zeros((1, 3, 227, 227)), numpy.zeros((1, 4, 55, 55)), verbose=0)
"""
TOO_LARGE = "import keras\nkeras.ops.zeros((10**9, 55, 55, 96))"  # a petabyte
OFF_PAGE = {
    "Conv2DCustomBackpropFilterOp only supports NHWC": (TRAINING, {"TF_ENABLE_ONEDNN_OPTS": "0"}),
    "OOM when allocating tensor with shape": (TOO_LARGE, {}),
}


@pytest.fixture
def build(monkeypatch):
    for name, value in BUILD.items():
        monkeypatch.setenv(name, value)


def text(cell):
    return "".join(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def raised(cell):
    return [json.loads(found) for found in re.findall(r'raises\(\s*("[^"]*")\s*\)', text(cell))]


def run(backend):
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT), **BUILD}
    return subprocess.run(
        [sys.executable, "-c", RUNNER, str(NOTEBOOK)],
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_every_message_is_raised_and_every_cure_works(backend):
    pytest.importorskip("tensorflow")
    pytest.importorskip(backend)
    done = run(backend)
    at = re.findall(r"^CELL (.*)", done.stdout, re.MULTILINE)
    assert done.returncode == 0, f"cell {at[-1:]} on {backend}: {done.stderr[-2000:]}"
    assert done.stdout.endswith("DONE\n")
    shown = dict(re.findall(r"^CELL (.*)\n([\s\S]*?)(?=^CELL |^DONE)", done.stdout, re.MULTILINE))
    for cell in CELLS:
        for case in map(errors.case, raised(cell) if "raises" in tags(cell) else ()):
            words = case.jax if backend == "jax" and case.jax != "" else case.message
            expected = "Nothing is raised" if words is None else words
            assert expected in shown[cell["id"]], f"{cell['id']}: its words are cut out"
    assert at == [
        cell["id"]
        for cell in CELLS
        if cell["id"] == "imports" or {"raises", "cure"} & {*tags(cell)}
    ]


@pytest.mark.slow
@pytest.mark.parametrize("message", OFF_PAGE)
def test_messages_that_the_chapter_only_explains_are_raised(message, capsys, build):
    pytest.importorskip("tensorflow")
    code, environment = OFF_PAGE[message]
    with errors.raises(message):
        errors.in_another_process(code, **environment)
    assert message in capsys.readouterr().out


def test_every_case_is_raised_somewhere():
    on_page = {message for cell in CELLS if "raises" in tags(cell) for message in raised(cell)}
    cases = {case.message for case in errors.CASES}
    assert len(cases) == len(errors.CASES), "a message is listed twice"
    assert on_page <= cases
    assert cases - on_page == set(OFF_PAGE)


@pytest.mark.parametrize("section", dict.fromkeys(case.section for case in errors.CASES))
def test_every_section_has_its_parts(section):
    cases = [case for case in errors.CASES if case.section == section]
    at = IDS.index(section)
    heading, rest = CELLS[at], CELLS[at + 1 : at + 4]
    title = re.search(r"^### (.*)$", text(heading), re.MULTILINE)[1]
    assert text(heading).startswith(f'<a id="{section}"></a>\n')
    said = [text for case in cases for text in (case.shown, case.kind)]
    for part in title.split(" · "):
        assert part.startswith("`"), "as code, or its quotes are made typographic"
        assert any(part.strip("` ") in message for message in said), part
    assert re.search(r"^You ", text(heading), re.MULTILINE), "the symptom"
    if not {case.message for case in cases} <= {*OFF_PAGE}:
        assert "raises" in tags(rest[0]) and rest[0]["id"] == f"{section}-raise"
        assert "cure" in tags(rest[2]) and rest[2]["id"] == f"{section}-cure"
    prose = "".join(text(cell) for cell in rest)
    for part in ("**Cause.**", "**Cure.**", "**Chapter.**"):
        assert prose.count(part) == 1, f"{section} lacks {part}"
    assert re.search(r"\]\(\d\d_\w+\.ipynb\)", prose.split("**Chapter.**")[1])


# A chapter and one of its sections, as the page writes it: [The data](22_data.ipynb), at *What …?*
PLACE = re.compile(r"\]\((\d\d_\w+\.ipynb)\),\s+at\s+(\*[^*]+\*)?")


def headings(name):
    """The headings of a chapter, as they read without their markup."""
    cells = json.loads((ROOT / "book" / name).read_text(encoding="utf-8"))["cells"]
    prose = "\n".join(text(cell) for cell in cells if cell["cell_type"] == "markdown")
    return {line.replace("`", "") for line in re.findall(r"^#{2,4} (.*)$", prose, re.MULTILINE)}


def test_every_section_of_a_chapter_that_the_page_names_is_there():
    places = [
        (cell["id"], *found)
        for cell in CELLS
        if cell["cell_type"] == "markdown"
        for found in PLACE.findall(text(cell))
    ]
    assert len(places) > 20
    for cell, chapter, section in places:
        assert section.strip("*") in headings(chapter), f"{cell}: {chapter} has no {section!r}"


def test_contents_lists_every_message_and_leads_to_its_section():
    table = errors.contents()
    assert "contents()" in text(CELLS[IDS.index("table")])
    assert IDS.index("table") < min(IDS.index(case.section) for case in errors.CASES)
    for case in errors.CASES:
        (row,) = [
            row
            for row in table.splitlines()
            if case.shown in re.split("`+ ?| ?`+<", row)[1:] or f"` {case.shown} `" in row
        ]
        assert f'href="#{case.section}"' in row and case.cause in row
    assert {*re.findall(r'href="#([\w-]+)"', table)} <= {*IDS}


# --- raises ----------------------------------------------------------------------------------

TRUTH = "truth value of an array with more than one element is ambiguous"
DECAY = "Argument `decay` is no longer supported and will be ignored"


def test_raises_shows_what_came(capsys):
    with errors.raises(TRUTH):
        raise ValueError(TRUTH + ". Use a.any()")
    assert capsys.readouterr().out == f"ValueError: {TRUTH}. Use a.any()\n"
    with errors.raises(DECAY):
        warnings.warn(DECAY, stacklevel=1)
    assert DECAY in capsys.readouterr().out


@pytest.mark.parametrize(
    ("message", "kind", "said"),
    [
        (TRUTH, ValueError, "The truth of an array is ambiguous"),  # other words
        (TRUTH, TypeError, TRUTH),  # another kind
        (DECAY, ValueError, DECAY),
    ],
)
def test_the_build_fails_loudly_on_something_else(message, kind, said, build):
    with (
        pytest.raises(AssertionError, match="wording has changed") as caught,
        errors.raises(message),
    ):
        raise kind(said)
    assert said in str(caught.value) and kind.__name__ in str(caught.value)


@pytest.mark.parametrize("message", [TRUTH, DECAY, "Invalid loss, terminating training"])
def test_the_build_fails_loudly_on_nothing(message, build):
    with pytest.raises(AssertionError, match="there was nothing"), errors.raises(message):
        pass


def test_a_failure_is_not_hidden_by_the_expected_warning(build):
    with pytest.raises(AssertionError, match="KeyError"), errors.raises(DECAY):
        warnings.warn(DECAY, stacklevel=1)
        raise KeyError("lost")


@pytest.mark.parametrize(
    ("message", "kind", "said"),
    [(TRUTH, ValueError, "The truth of an array is ambiguous"), (DECAY, TypeError, "no such word")],
)
def test_a_reader_sees_another_version_s_words_beside_the_known_ones(message, kind, said, capsys):
    with errors.raises(message):
        raise kind(said)
    shown = capsys.readouterr().out
    assert f"{kind.__name__}: {said}" in shown and f"“{message}”" in shown


def test_a_reader_is_told_when_nothing_is_raised_any_more(capsys):
    with errors.raises(TRUTH):
        pass
    shown = capsys.readouterr().out
    assert "Nothing is raised with this version" in shown and f"“{TRUTH}”" in shown


def test_an_unknown_message_is_refused_before_anything_runs():
    ran = []
    with pytest.raises(ValueError, match="Near it: .*ambiguous"), errors.raises("truth value"):
        ran.append(True)
    assert not ran


def test_another_process_fails_here_as_it_failed_there():
    with pytest.raises(Exception, match=r"^two\nlines$") as caught:
        errors.in_another_process("raise KeyboardInterrupt if 0 else LookupError('two\\nlines')")
    assert type(caught.value).__name__ == "LookupError"


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("\x1b[1mExpected 4\x1b[0m\n\nArguments received by Conv2D.call():\n  • x", "Expected 4"),
        ("in (/a/b/site-packages/keras/utils/__init__.py)", "in (…/__init__.py)"),
        ("of {{function_node __wrapped__F_device_/job:localhost}} too large", "of too large"),
        ('at\n  File "/a/b.py", line 3, in f\n\n  File "/a/c.py", line 4\n\nwrong', "at\n\nwrong"),
        ("value=[[-0.1 0.2 ... 0.3\n  -0.2]\n [ 0.2 -0.02 ... 1.0]]", "value=[…]"),
        (
            "(None, 8, 8, 3) and [0, 6) and {'lr': 0.1}",
            "(None, 8, 8, 3) and [0, 6) and {'lr': 0.1}",
        ),
        ("config={'a': {'b': 1}, 'c': '" + 90 * "x" + "'}. Could not", "config={'a'…}. Could not"),
        ("label 6\n\t [[{{node loss}}]] [Op:x]", "label 6"),
        ("https://keras.io/api/x.html", "https://keras.io/api/x.html"),
    ],
)
def test_shorten_keeps_the_words_and_drops_the_rest(long, short):
    assert errors.shorten(long) == short


def test_shorten_keeps_both_ends_of_what_is_long():
    short = errors.shorten("begin " + "word " * 1000 + "end")
    assert len(short) <= errors.LONGEST + 3
    assert short.startswith("begin") and short.endswith("end") and " … " in short


def test_markup_in_a_message_is_text():
    html = errors.Raised("TypeError", "<class 'a'> & b", "a'> & b")._repr_html_()
    assert "&lt;class &#x27;<strong>a&#x27;&gt; &amp; b</strong>" in html


# --- its exercises ---------------------------------------------------------------------------


def test_exercises_know_their_slips():
    assert {name for name in QUESTIONS if name.startswith("errors.")} == {
        "errors.side",
        "errors.cause",
        "errors.silent",
    }
    assert check("errors.side", 7)  # 7 * 7 * 256 = 12544
    for wrong, slip in [(49, "area"), (6, "loads"), (112, "together"), (5, "rounds 224")]:
        assert slip in check("errors.side", wrong).message
    assert check("errors.cause", "C") and check("errors.cause", "c")
    for wrong in "ABDEF":
        result = check("errors.cause", wrong)
        assert not result and "letter" not in result.message
