"""The assignments: what a student gets holds no answer, and what grades it is right."""

import copy
import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from classroom import release

nbformat = pytest.importorskip("nbformat")

NAMES = ("01_shapes", "02_debug", "03_train", "04_ablate")
each_assignment = pytest.mark.parametrize("name", NAMES)
# Only the first needs neither Keras nor the package.
each_run = pytest.mark.parametrize(
    "name", [NAMES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[1:])]
)


@pytest.fixture(scope="module")
def read(root):
    return lambda folder, name: nbformat.read(
        root / "classroom" / folder / f"{name}.ipynb", as_version=4
    )


def of(cell):
    return cell.metadata.get("nbgrader", {})


def graded_tests(notebook):
    return [cell for cell in notebook.cells if of(cell).get("grade") and of(cell)["locked"]]


def regions(cell, name):
    return re.findall(rf"BEGIN {name}[^\n]*\n(.*?)\n[^\n]*END {name}", cell.source, re.DOTALL)


def secrets(notebook):
    """Yield every line that must not be in a student's copy, markers and bare keywords aside."""
    for cell in notebook.cells:
        texts = regions(cell, "SOLUTION") + regions(cell, "HIDDEN TESTS")
        if of(cell).get("solution") and not regions(cell, "SOLUTION"):
            texts.append(cell.source)
        for line in "\n".join(texts).splitlines():
            if re.search(r"\w{3}", line) and line.strip() not in ("try:", "else:", "pass"):
                yield line.strip()


def execute(notebooks, folder):
    """Run notebooks as grading does: every cell, errors or not, in a folder of its own.

    One kernel runs all, for Keras takes longer to start than most of them; each begins without
    the names of the one before.
    """
    nbclient = pytest.importorskip("nbclient")
    notebooks = copy.deepcopy(notebooks)
    forget = nbformat.v4.new_code_cell("%reset -f")
    together = nbformat.v4.new_notebook(metadata=notebooks[0].metadata)
    together.cells = [cell for notebook in notebooks for cell in (forget, *notebook.cells)]
    nbclient.NotebookClient(
        together,
        timeout=300,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    assert not errors(forget) and not list(folder.iterdir())
    return notebooks


def errors(cell):
    return [output for output in cell.get("outputs", []) if output.output_type == "error"]


def test_there_are_four_and_each_has_a_copy(root):
    for folder in ("source", "release"):
        found = sorted(path.stem for path in (root / "classroom" / folder).glob("*.ipynb"))
        assert tuple(found) == NAMES


@each_assignment
def test_source_is_in_the_format_of_nbgrader(name, read):
    notebook = read("source", name)
    nbformat.validate(notebook)
    ids = [of(cell)["grade_id"] for cell in notebook.cells if of(cell)]
    assert len(ids) == len(set(ids))
    for cell in filter(of, notebook.cells):
        given = of(cell)
        assert given["schema_version"] == 3
        assert given["grade_id"] == cell.id and given["cell_type"] == cell.cell_type
        assert {"grade", "solution", "locked", "task"} <= set(given)
        assert ("points" in given) == given["grade"], cell.id
        if given["solution"]:
            assert not given["locked"] and not cell.get("outputs")
        if given["grade"] and given["solution"]:
            assert cell.cell_type == "markdown" and regions(cell, "MARK SCHEME"), cell.id
        if given["grade"] and given["locked"]:
            assert regions(cell, "HIDDEN TESTS"), f"{cell.id} has no hidden test"
            assert "assert" in re.sub("BEGIN HIDDEN.*", "", cell.source, flags=re.DOTALL), cell.id


@each_assignment
def test_points_and_minutes_are_what_the_first_cell_says(name, read):
    notebook = read("source", name)
    first = notebook.cells[0].source
    total = sum(of(cell).get("points", 0) for cell in notebook.cells)
    code = sum(of(cell)["points"] for cell in graded_tests(notebook))
    assert f"{total} points: {code} for code, {total - code} for a written" in first
    assert re.search(r"\*\*Time\*\* about \d+ minutes", first)
    for cell in notebook.cells:
        if of(cell).get("grade") and of(cell)["solution"]:
            said = [int(n) for n in re.findall(r"^- (\d+) points?\b", cell.source, re.MULTILINE)]
            assert sum(said) == of(cell)["points"], f"{cell.id}: the mark scheme's points"
            assert any(f"written, {sum(said)} points" in c.source for c in notebook.cells)


@each_assignment
def test_setup_cell_is_the_books(name, read, setup_cell):
    for folder in ("source", "release"):
        notebook = read(folder, name)
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        if name == "01_shapes":  # whole numbers need no package
            assert "alexnet_tutorial" not in code and "import " not in code
        else:
            assert notebook.cells[1].id == "setup"
            assert notebook.cells[1].source == setup_cell.source()


@each_assignment
def test_markdown_reads_well_outside_the_site(name, read):
    for cell in read("release", name).cells:
        assert re.fullmatch(r"[a-z][a-z0-9-]{1,40}", cell.id), cell.id
        if cell.cell_type == "markdown":
            assert not re.search(r"^\s*(```|:::)\s*\{|\{[a-z:]+\}`", cell.source, re.MULTILINE)
            for target in re.findall(r"\]\(([^)\s]+)", cell.source):
                assert target.startswith("https://"), f"{cell.id}: {target} is not beside the copy"
        else:
            assert not re.search(r"\.\./|/home/|/root/", cell.source), cell.id


@each_assignment
def test_committed_copy_is_what_the_source_gives(name, root, read):
    path = root / "classroom" / "release" / f"{name}.ipynb"
    made = release.as_text(release.released(read("source", name)))
    assert path.read_text(encoding="utf-8") == made, "run make classroom"


@each_assignment
def test_copy_holds_no_answer(name, root, read):
    text = (root / "classroom" / "release" / f"{name}.ipynb").read_text(encoding="utf-8")
    for marker in ("BEGIN SOLUTION", "HIDDEN", "MARK SCHEME", "END SOLUTION"):
        assert marker not in text
    source, copied = read("source", name), read("release", name)
    lines = {line.strip() for cell in copied.cells for line in cell.source.splitlines()}
    hidden = list(secrets(source))
    assert len(hidden) > 20
    assert not [line for line in hidden if line in lines]
    assert len(source.cells) == len(copied.cells)


@each_assignment
def test_copy_is_locked_and_carries_checksums(name, read):
    for cell in filter(of, read("release", name).cells):
        given = of(cell)
        assert cell.metadata["deletable"] is False
        assert cell.metadata.get("editable", True) is bool(given["solution"])
        # Written out again from nbgrader's description of its checksum.
        text = cell.source + cell.cell_type
        text += f"{given['grade']}{given['solution']}{given['locked']}{given['grade_id']}"
        text += f"{float(given['points'])}" if given["grade"] else ""
        assert given["checksum"] == hashlib.md5(text.encode()).hexdigest(), cell.id
        if given["solution"]:
            stub = "YOUR CODE HERE" if cell.cell_type == "code" else "YOUR ANSWER HERE"
            assert stub in cell.source


@each_run
def test_unsolved_copy_gets_no_point_and_solutions_pass_every_test(name, read, tmp_path):
    unsolved, solved = execute([read("release", name), read("source", name)], tmp_path)
    for cell in graded_tests(unsolved):
        assert errors(cell), f"{cell.id} passes without an answer"
    for cell in unsolved.cells:
        if not of(cell).get("solution") and not of(cell).get("grade") and cell.id != "measured":
            assert not errors(cell), f"{cell.id}: {errors(cell)[0].evalue[:300]}"

    for cell in solved.cells:
        assert not errors(cell), f"{cell.id}: {errors(cell)[0].evalue[:300]}"
        # nbgrader takes a line on the error stream for a failure.
        noise = [o for o in cell.get("outputs", []) if o.get("name") == "stderr"]
        assert not noise, f"{cell.id}: {noise[0].text[:300]}"


WRONG = [  # an answer cell of the first assignment, a slip in it, and the tests that see it
    ("output-size", "// strides + 1", "// strides", "output-size-counts"),
    ("output-size", "room // strides", "-(-room // strides)", "output-size-counts"),
    ("output-size", "before + after", "2 * before", "output-size-counts"),
    ("output-size", "if room < 0", "if room < -99", "output-size-refuses"),
    ("shapes", "(38, 30, 24)", "(30, 38, 24)", "shapes-agree"),
    ("shapes", "(18, 14, 24)", "(18, 14, 48)", "shapes-agree"),
    ("shapes", "(3072,)", "(64,)", "shapes-end"),
    ("parameters", "channels // groups", "channels", "parameters-conv"),
    ("parameters", "weights_of_one + 1", "weights_of_one", "parameters-conv"),
    ("parameters", "inputs + 1", "inputs", "parameters-dense"),
    ("multiplications", "rows * columns * ", "", "multiplications-counts"),
    ("receptive-field", "apart *= step", "apart += step", "receptive-field-counts"),
    ("receptive-field", "(window_size - 1)", "window_size", "receptive-field-counts"),
    ("padding", "max(last_pixel - size, 0)", "last_pixel - size", "padding-counts"),
    ("padding", "wanted - 1", "wanted", "padding-counts"),
]


@pytest.mark.parametrize(("answer", "right", "wrong", "test"), WRONG)
def test_a_slip_is_named_by_its_test(answer, right, wrong, test, read):
    notebook, said = read("source", "01_shapes"), {}
    names = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            # The student's own view.
            source = re.sub("### BEGIN HIDDEN.*END HIDDEN TESTS", "", cell.source, flags=re.DOTALL)
            if cell.id == answer:
                assert right in source
                source = source.replace(right, wrong)
            try:
                exec(source, names)
            except Exception as error:
                said[cell.id] = error
    assert isinstance(said.get(test), AssertionError) and len(str(said[test])) > 20, said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: of(c["shapes-end"]).update(grade_id="shapes"), "twice"),
        (lambda c: of(c["shapes-end"]).pop("points"), "points above 0"),
        (lambda c: of(c["shapes-end"]).update(locked=False), "must be locked"),
        (lambda c: of(c["shapes-end"]).update(schema_version=2), "schema_version 3"),
        (lambda c: of(c["shapes-end"]).pop("task"), "missing: task"),
        (lambda c: of(c["shapes"]).update(solution=False), "SOLUTION"),
        (lambda c: c["q-walk"].update(source="### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"), "HI"),
        (lambda c: c["shapes"].update(source="### BEGIN SOLUTION\nx = 1"), "SOLUTION are BEGIN;"),
        (lambda c: c["shapes"].update(source="x = 1\n### END SOLUTION"), "SOLUTION are END;"),
        (
            lambda c: c["network"].update(source="=== BEGIN MARK SCHEME\n=== END MARK SCHEME"),
            "Mark",
        ),
    ],
)
def test_a_source_that_would_not_grade_is_refused(change, says, read):
    notebook = read("source", "01_shapes")
    change({cell.id: cell for cell in notebook.cells})
    with pytest.raises(ValueError, match=f"(?i)01_shapes, cell .*{says}"):
        release.released(notebook, "01_shapes")


def test_a_release_is_written_whole_or_not_at_all(read, tmp_path, monkeypatch, capsys):
    source, target = tmp_path / "source", tmp_path / "release"
    source.mkdir()
    monkeypatch.setattr(release, "SOURCE", source)
    monkeypatch.setattr(release, "RELEASE", target)
    nbformat.write(read("source", "01_shapes"), source / "a.ipynb")
    assert release.main(["--check"]) == 1 and release.main([]) == 0
    assert release.main(["--check"]) == 0
    wanted = (target / "a.ipynb").read_text()
    (target / "a.ipynb").write_text(wanted.replace("YOUR CODE", "MY CODE"))
    (target / "old.ipynb").write_text("{}")
    (source / "b.ipynb").write_text("no notebook")
    assert release.main([]) == 1 and "b.ipynb cannot be released" in capsys.readouterr().err
    assert "MY CODE" in (target / "a.ipynb").read_text(), "nothing is written where one is wrong"
    (source / "b.ipynb").unlink()
    assert release.main([]) == 0
    assert [path.name for path in target.iterdir()] == ["a.ipynb"]
    assert (target / "a.ipynb").read_text() == wanted


def test_nbgrader_makes_the_same_copies(read, root, tmp_path, monkeypatch):
    """Its own command, with its configuration, gradebook and checks, as a teacher runs it."""
    api = pytest.importorskip("nbgrader.apps").NbGraderAPI
    config = pytest.importorskip("traitlets.config").Config()
    config.CourseDirectory.root = str(tmp_path)
    # Its gradebook calls a program that is installed beside Python.
    beside = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{beside}{os.pathsep}{os.environ['PATH']}")
    shutil.copytree(root / "classroom" / "source", tmp_path / "source" / "alexnet")
    result = api(config=config).generate_assignment("alexnet")
    assert result["success"], result.get("log")
    for name in NAMES:
        made = nbformat.read(tmp_path / "release" / "alexnet" / f"{name}.ipynb", as_version=4)
        assert made == read("release", name)
