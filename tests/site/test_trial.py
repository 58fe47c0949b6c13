"""Chapters tried aside from the build: which, with what, and that a failure is noticed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import colab, trial


def notebook(path, *cells):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(made, path)
    return path


def test_chapters_are_chosen_by_their_numbers():
    assert [path.name[:2] for path in trial.chapters("91 14")] == ["91", "14"]
    assert len(trial.chapters()) == len(list((trial.ROOT / "book").glob("*.ipynb")))
    with pytest.raises(SystemExit, match="no chapter 99: there are 11 1"):
        trial.chapters("14 99")


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("budget = start(seed=0)", False),
        ("print('budget')  # budget", False),
        ("sizes = {'cpu': 1, 'gpu': 2}[budget]", True),
    ],
)
def test_a_variable_is_read_or_only_written(tmp_path, code, reads):
    assert trial.reads(notebook(tmp_path / "a.ipynb", code), "budget") is reads


@pytest.mark.slow
def test_a_failure_and_a_dead_kernel_are_noticed_and_the_notebook_is_kept(tmp_path, capfd):
    asks = "import os\nassert os.environ['ASKED'] == 'x' and 'PYTHONPATH' not in os.environ"
    writes = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))"
    good = notebook(tmp_path / "good.ipynb", asks, "assert not os.listdir()", writes)
    wrong = notebook(tmp_path / "wrong.ipynb", "1 / 0")
    dead = notebook(tmp_path / "dead.ipynb", "import os\nos._exit(1)")
    before = good.read_bytes()
    failed = trial.try_all([wrong, dead, good], Path(sys.executable), ASKED="x")
    assert failed == ["wrong.ipynb", "dead.ipynb"] and good.read_bytes() == before
    with pytest.raises(ProcessLookupError):  # its kernel has ended
        os.kill(int((tmp_path / "pid").read_text()), 0)
    said = capfd.readouterr()
    assert "ZeroDivisionError" in said.err and "1 of 3 passed" in said.out


@pytest.mark.slow
def test_a_claim_that_does_not_hold_is_named_where_the_caller_asks(tmp_path, capfd):
    says = "from alexnet_tutorial.session import expect\nexpect(%s, 'it holds')\nprint(1)"
    page = notebook(tmp_path / "page.ipynb", says % "2 > 1", says % "1 > 2")
    assert trial.failure(page, Path(sys.executable)) is None
    assert trial.try_all([page], Path(sys.executable), claims=True) == ["page.ipynb"]
    cell = nbformat.read(page, as_version=4).cells[1].id
    (said,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith(cell)]
    assert said.endswith("differently from the page, which says: it holds")


# What the rehearsal leaves of a training: counted by Keras's own callbacks.
FITS = """
import json, sys
import keras, numpy as np

class Count(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None): counts.append(0)
    def on_train_batch_end(self, batch, logs=None): counts[-1] += 1
    def on_test_batch_end(self, batch, logs=None): tested.append(batch)

class Twelve(keras.utils.PyDataset):
    def __len__(self): return 12
    def __getitem__(self, i): return np.ones((2, 3)), np.ones((2, 1))

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
found, tested = [], []
for x, options in [
    (np.ones((640, 3)), {"epochs": 20}),
    (np.ones((640, 3)), {"epochs": 20, "batch_size": 640, "initial_epoch": 19}),
    (Twelve(), {"epochs": 40, "steps_per_epoch": 8}),
    (Twelve(), {}),
]:
    counts = []
    y = {"y": np.ones((640, 1))} if hasattr(x, "shape") else {}
    model.fit(x, **y, **options, callbacks=[Count()], verbose=0)
    found.append(counts)
many, counts = (np.ones((640, 3)), np.ones((640, 1))), [0]
model.evaluate(*many, callbacks=[Count()], verbose=0)
found.append(len(tested))
model.fit(np.ones((1, 3)), np.ones((1, 1)), validation_data=many, callbacks=[Count()], verbose=0)
found.append(len(tested))
try:
    model.fit(np.ones((2, 3)), nb_epoch=1)
except TypeError as error:
    found.append("nb_epoch" in str(error))
print(json.dumps(found))
"""


@pytest.mark.slow
def test_the_rehearsal_shrinks_every_fit_and_evaluation(root):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PYTHONPATH": str(root / "tools" / "shrunken")}
    done = subprocess.run(
        [sys.executable, "-c", FITS],
        env=environment | {"ALEXNET_TUTORIAL_REHEARSAL": "4"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    # Of 20 steps 5, of 12 three, of 8 two; of 20 epochs 5, of 40 ten; one stays one.
    assert json.loads(done.stdout) == [[5] * 5, [1], [2] * 10, [3], 5, 10, True]


def test_colabs_versions_are_exact_and_the_base_bounds_accept_them(root):
    import tomllib

    from packaging.requirements import Requirement

    listed = colab.published()
    assert listed["keras"] and all(version[0].isdigit() for version in listed.values())
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["tf"]]
    for requirement in map(Requirement, wanted):
        assert listed[requirement.name] in requirement.specifier, requirement


def test_the_status_page_says_when_all_last_passed(tmp_path, monkeypatch):
    status = tmp_path / "status.md"
    before = colab.STATUS.read_text(encoding="utf-8")
    status.write_text(before, encoding="utf-8")
    monkeypatch.setattr(colab, "STATUS", status)
    monkeypatch.setattr(colab, "PYTHON", sys.executable)
    colab.record()
    once = status.read_text(encoding="utf-8")
    colab.record()
    assert status.read_text(encoding="utf-8") == once
    changed = set(once.splitlines()) - set(before.splitlines())
    assert all("Keras 3.13.2" in line and "2026-08-19" in line for line in changed)
    assert once.count(colab.MARK) == 1 and "Keras 3.13.2" in once
    status.write_text("no mark", encoding="utf-8")
    with pytest.raises(SystemExit, match="expected one line"):
        colab.record()
    assert status.read_text(encoding="utf-8") == "no mark"
