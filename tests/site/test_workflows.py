"""What GitHub runs and shows: it calls what can be called here, and each of its steps was run."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools import trial

GITHUB = Path(__file__).resolve().parents[2] / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")


def read(path):
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # "on" stays a word


def steps(path):
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def step_of(name, words):
    """Find the one shell step of a workflow that has these words."""
    path = GITHUB / "workflows" / f"{name}.yml"
    (found,) = [step["run"] for step in steps(path) if words in step.get("run", "")]
    return found


def run(step, folder, **environment):
    """Run a step as GitHub does."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def stand_in(folder, name, script):
    """Put a program of this name first on the path; give the path."""
    program = folder / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("github-workflows", WORKFLOWS),
        ("dependabot", [GITHUB / "dependabot.yml"]),
        ("github-issue-forms", FORMS),
        ("github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
    ],
)
def test_files_are_what_github_reads(schema, paths):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True)
    assert paths and done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_nothing_more_unless_it_says_so(path):
    assert read(path)["permissions"] == {"contents": "read"}
    for job in read(path)["jobs"].values():
        assert int(job.get("timeout-minutes", 360)) <= 90 or "permissions" in job
        granted = {name for name, kind in job.get("permissions", {}).items() if kind == "write"}
        assert granted <= {"pages", "id-token", "contents"}
        # Who may write runs nothing of a pull request.
        assert not granted or "pull_request" not in read(path)["on"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_steps_call_what_is_there(path, root):
    targets = re.findall(r"^([\w-]+):", (root / "Makefile").read_text(), re.MULTILINE)
    for step in steps(path):
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@(v\d+|release/v\d+)", step["uses"])
            continue
        text = re.sub(r"\$\{\{.*?\}\}", "value", step["run"])
        parsed = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
        assert parsed.returncode == 0, parsed.stderr
        # What others write (a branch's name, a title) never becomes part of a program.
        assert "${{" not in step["run"]
        for target in re.findall(r"\bmake ([\w-]+)", text):
            assert target in targets, target
        if ".ci/run" in text:
            assert os.access(root / ".ci" / "run", os.X_OK)


def test_every_step_but_these_is_a_command_of_the_makefile():
    """So that a new program in a workflow gets a test that runs it, as those below do."""
    plain = {"make", ".ci/run"}
    own = [
        s["run"]
        for p in WORKFLOWS
        for s in steps(p)
        if s.get("run", "make").split()[0] not in plain
    ]
    known = ["apt-get", "python -m build", "dist/alexnet_tutorial", "gh release", "curl"]
    assert len(own) == len(known) and all(any(w in text for text in own) for w in known)


def test_help_names_every_target(root):
    text = (root / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", text, re.MULTILINE)[1].replace("\\\n", " ")
    shown = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True).stdout
    helped = set(re.findall(r"^make ([\w-]+)", shown, re.MULTILINE))
    assert helped == set(phony.split()) - {"help"}
    assert set(phony.split()) == set(re.findall(r"^([a-z]+):", text, re.MULTILINE))


@pytest.mark.parametrize(("tag", "status"), [("v1.2.3", 0), ("v1.2.4", 1), ("1.2.3.post1", 1)])
def test_a_tag_that_is_not_the_version_publishes_nothing(tag, status, tmp_path):
    (tmp_path / "dist").mkdir()
    for name in ("alexnet_tutorial-1.2.3-py3-none-any.whl", "alexnet_tutorial-1.2.3.tar.gz"):
        (tmp_path / "dist" / name).touch()
    done = run(step_of("release", "dist/alexnet_tutorial"), tmp_path, GITHUB_REF_NAME=tag)
    assert done.returncode == status
    assert status == 0 or (tag in done.stdout and "1.2.3.tar.gz" in done.stdout)


def test_a_release_holds_every_file_that_was_built(tmp_path):
    files = {"files/dist/a.whl", "files/book/html/the book.pdf", "files/book/b-offline.zip"}
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    path = stand_in(tmp_path, "gh", 'printf "%s\\n" "$@"')
    done = run(step_of("release", "gh release"), tmp_path, PATH=path, GITHUB_REF_NAME="v1.2.3")
    said = done.stdout.splitlines()
    assert done.returncode == 0 and said[:3] == ["release", "create", "v1.2.3"]
    assert set(said[3:]) == files | {"--verify-tag", "--generate-notes"}


def test_a_version_that_colab_no_longer_lists_is_named(tmp_path, root):
    (tmp_path / "tools").mkdir()
    shutil.copyfile(root / "tools" / "colab.txt", tmp_path / "tools" / "colab.txt")
    listed = (root / "tools" / "colab.txt").read_text().replace("keras==", "keras==9.")
    published = tmp_path / "theirs"
    published.write_text(listed.replace("jupyter_client", "Jupyter_Client"), encoding="utf-8")
    path = stand_in(tmp_path, "curl", f'[[ $* == *https://* ]] && cp "{published}" published.txt')
    done = run(step_of("colab", "curl"), tmp_path, PATH=path)
    assert done.returncode == 0
    (warned,) = done.stdout.splitlines()
    assert warned.startswith("::warning") and "keras==3" in warned
    path = stand_in(tmp_path, "curl", "exit 22")  # a failed download fails the step
    assert run(step_of("colab", "curl"), tmp_path, PATH=path).returncode == 22


def test_the_rehearsal_runs_when_a_chapter_with_a_budget_changes(root):
    watched = set(read(GITHUB / "workflows" / "rehearsal.yml")["on"]["push"]["paths"])
    wanted = {f"book/{p.name}" for p in trial.chapters() if trial.reads(p, "budget")}
    assert {path for path in watched if path.startswith("book/")} == wanted and wanted
    assert all(any(root.glob(pattern)) for pattern in watched)


def test_readme_shows_pictures_that_are_there(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"(?:src|srcset)=\"([^\"]+)\"", text)
    assert len(shown) == 2 and re.search(r"<img [^>]*alt=\"[^\"]{40,}\"", text)
    for name in shown:
        assert 0 < (root / name).stat().st_size < 200_000


def test_spelling_of_notebooks_is_checked(root, tmp_path):
    """The prose of a cell, and prose in code."""
    notebook = json.loads((root / "book" / "11_convolution.ipynb").read_text(encoding="utf-8"))
    kinds = [
        next(c for c in notebook["cells"] if c["cell_type"] == k) for k in ("markdown", "code")
    ]
    for cell, wrong in zip(kinds, ("rec" + "ieve", "ad" + "ress"), strict=True):
        cell["source"] = [f"# {wrong}\n", *cell["source"]]
    shutil.copyfile(root / "pyproject.toml", tmp_path / "pyproject.toml")
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    command = [Path(sys.executable).parent / "codespell"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 2, done.stdout
