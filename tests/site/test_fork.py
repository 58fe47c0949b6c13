"""``make fork``: another repository's address, everywhere or nowhere."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tools import fork as fork_script

THEIRS = "https://github.com/teacher/course-2"
SITE = "https://course.example.org/alexnet/"


@pytest.fixture
def checkout(tmp_path, root):
    """Copy what holds an address: what GitHub shows, a few notebooks, one of a classroom."""
    for name in ("book", "tools"):
        (tmp_path / name).mkdir()
    scripts = ("tools/__init__.py", "tools/fork.py", "tools/setup_cell.py")
    for name in ("pyproject.toml", "README.md", "CITATION.cff", *scripts):
        shutil.copyfile(root / name, tmp_path / name)
    shutil.copytree(root / ".github", tmp_path / ".github")
    for path in sorted((root / "book").glob("*.ipynb"))[:3]:
        shutil.copyfile(path, tmp_path / "book" / path.name)
    released = tmp_path / "classroom" / "release" / "one"
    released.mkdir(parents=True)
    shutil.copyfile(path, released / "one.ipynb")
    return tmp_path


def beside(checkout):
    """The environment in which the copy's own tools run, never those of this checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    return environment | {"PYTHONPATH": str(checkout)}


def fork(checkout, *arguments):
    command = [sys.executable, "-m", "tools.fork", *arguments]
    return subprocess.run(
        command, cwd=checkout, env=beside(checkout), capture_output=True, text=True
    )


def contents(folder):
    return {
        p.relative_to(folder): p.read_bytes()
        for p in folder.rglob("*")
        if p.suffix != ".pyc" and p.is_file()
    }


def urls(checkout):
    return tomllib.loads((checkout / "pyproject.toml").read_text())["project"]["urls"]


def test_fork_rewrites_every_address_and_nothing_else(checkout):
    old = urls(checkout)
    before = contents(checkout)
    done = fork(checkout, THEIRS, SITE)
    assert done.returncode == 0, done.stderr
    assert urls(checkout) == {"Repository": THEIRS, "Book": SITE}
    for path, content in contents(checkout).items():
        for address in old.values():
            assert address.encode() not in content, path
        # Put back, it is what it was: no other byte has changed.
        back = content.replace(THEIRS.encode(), old["Repository"].encode())
        assert back.replace(SITE.encode(), old["Book"].encode()) == before[path], path
    badges = re.findall(
        r"https?://[^)\s\"]+", (checkout / "README.md").read_text().partition("##")[0]
    )
    assert f"{THEIRS}/actions/workflows/checks.yml" in badges and SITE in badges
    cell = json.loads((checkout / "classroom" / "release" / "one" / "one.ipynb").read_text())
    assert f"git+{THEIRS}" in "".join(cell["cells"][1]["source"])
    # The set-up cells are those that the new pyproject.toml asks for.
    check = [sys.executable, "-m", "tools.setup_cell", "--check"]
    assert subprocess.run(check, cwd=checkout, env=beside(checkout)).returncode == 0


def test_fork_twice_is_fork_once_and_back_again_is_as_it_was(checkout):
    old, before = urls(checkout), contents(checkout)
    fork(checkout, THEIRS, SITE)
    once = contents(checkout)
    done = fork(checkout, THEIRS + ".git", SITE.rstrip("/"))
    assert done.returncode == 0 and contents(checkout) == once
    fork(checkout, old["Repository"], old["Book"])
    assert contents(checkout) == before


def test_no_other_file_holds_an_address(root):
    """What git keeps, beside what ``make fork`` writes and the tests themselves."""
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no checkout of git")
    old = urls(root)
    written = {
        path.relative_to(root).as_posix() for p in fork_script.HOLDERS for path in root.glob(p)
    }
    for name in set(listed.stdout.splitlines()) - written:
        path = root / name
        if path.is_file() and not name.startswith("tests/"):
            content = path.read_bytes()
            assert not [a for a in old.values() if a.rstrip("/").encode() in content], name


def test_site_is_githubs_own_unless_it_is_given(checkout):
    assert fork(checkout, "https://github.com/Teacher/course").returncode == 0
    assert urls(checkout)["Book"] == "https://teacher.github.io/course/"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [""],
        ["github.com/teacher/course"],
        ["http://github.com/teacher/course"],
        ["https://github.com/teacher"],
        ["https://github.com/teacher/course/tree/main"],
        ["https://gitlab.com/teacher/course"],
        ['https://github.com/teacher/a"b'],
        ["https://github.com/teacher/course\nx"],
        [THEIRS, "example.org/course"],
        [THEIRS, "https://example.org/index.html"],
        [THEIRS, 'https://example.org/"x'],
        [THEIRS, "ftp://example.org/"],
        [THEIRS, SITE, "more"],
    ],
)
def test_what_is_no_address_is_refused_and_nothing_is_written(checkout, arguments):
    before = contents(checkout)
    done = fork(checkout, *arguments)
    assert done.returncode == 1
    assert "Nothing written" in done.stderr or "Usage" in done.stderr
    assert contents(checkout) == before


def test_make_fork_calls_it(root):
    shown = subprocess.run(
        ["make", "--dry-run", "fork", f"REPOSITORY={THEIRS}", f"SITE={SITE}"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert f'tools.fork "{THEIRS}" "{SITE}"' in shown.stdout


def test_binder_installs_the_package_as_constrained(root):
    lines = (root / "binder" / "requirements.txt").read_text().splitlines()
    asked = [line for line in lines if not line.startswith("#")]
    assert asked == ["-c ../constraints.txt", ".[tf-cpu]"]
    # A constraint's path is relative to the file that names it, the package's to the root.
    assert (root / "binder" / "../constraints.txt").resolve().is_file()
    with open(root / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    assert "tf-cpu" in project["optional-dependencies"]
    python = (root / "binder" / "runtime.txt").read_text().strip()
    assert python == "python-" + project["requires-python"].removeprefix(">=")
