"""The files that say what is installed agree, and the environment script does what it says."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version


@pytest.fixture(scope="module")
def project(root):
    with open(root / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]


@pytest.fixture(scope="module")
def constraints(root):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_constraints_are_names_and_exact_versions_only(constraints):
    for line in constraints:
        requirement = Requirement(line)
        assert requirement.url is None, line
        (specifier,) = requirement.specifier
        assert specifier.operator == "==" and "*" not in specifier.version, line
    names = [Requirement(line).name.lower() for line in constraints]
    assert len(names) == len(set(names))


def test_constraints_hold_every_requirement_and_meet_its_bound(project, constraints):
    exact = {r.name.lower(): next(iter(r.specifier)).version for r in map(Requirement, constraints)}
    wanted = list(project["dependencies"])
    for extra in ("tf-cpu", "tf", "jax", "book", "test", "safetensors", "onnx", "oracles"):
        wanted += project["optional-dependencies"][extra]
    for requirement in map(Requirement, wanted):
        version = exact.get(requirement.name.lower())
        assert version, f"constraints.txt has no version of {requirement.name}"
        assert requirement.specifier.contains(Version(version)), requirement


def test_base_requirements_have_lower_bounds_only(project):
    # An exact version or an upper bound breaks the book on Colab at its next update.
    for requirement in map(Requirement, project["dependencies"]):
        assert [s.operator for s in requirement.specifier] == [">="], requirement


def test_what_is_installed_is_what_the_constraints_say(constraints, root):
    if sys.prefix != str(root / ".venv"):
        pytest.skip("only the environment of make book is held to constraints.txt")
    from importlib.metadata import PackageNotFoundError, version

    for requirement in map(Requirement, constraints):
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            continue  # of an extra, or of another system
        assert requirement.specifier.contains(Version(found)), f"{requirement}, but {found}"


def test_environment_yml_is_thin_and_agrees_with_pyproject(root, project, environment_script):
    conda = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    *packages, pip = conda["dependencies"]
    names = [re.split("[<>=]", package)[0] for package in packages]
    assert names == ["python", "pip"]
    lowest = re.search(r">=([\d.]+)", packages[0])[1]
    assert f">={lowest}" == project["requires-python"]
    assert lowest == ".".join(map(str, environment_script.OLDEST))

    constraint, package = pip["pip"]
    assert constraint == "-c constraints.txt"
    extras = re.fullmatch(r"-e \.\[(.+)\]", package)[1].split(",")
    assert set(extras) <= set(project["optional-dependencies"])
    assert extras[1:] == environment_script.EXTRAS.split(",")[1:]


def test_extras_of_the_environment_exist_and_bring_one_tensorflow(project, environment_script):
    extras = environment_script.EXTRAS.split(",")
    assert set(extras) <= set(project["optional-dependencies"])
    assert len({"tf", "tf-cpu"} & set(extras)) == 1
    assert "oracles" not in extras  # a newcomer does not pull in PyTorch


def test_no_file_holds_an_address_of_a_registry_or_proxy(root):
    files = ["Makefile", "pyproject.toml", "constraints.txt", "environment.yml", ".ci/run"]
    for name in files:
        text = (root / name).read_text(encoding="utf-8")
        assert not re.search(r"index-url|find-links|pypi\.org|proxy\s*=\s*http", text, re.I), name


def test_versions_agree(root, project):
    import alexnet_tutorial

    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert alexnet_tutorial.__version__ == project["version"] == citation["version"]
    assert project["license"] == citation["license"]


def test_fingerprint_sees_change_removal_and_renaming(tmp_path, environment_script):
    def fingerprint():
        return environment_script.fingerprint(tmp_path.iterdir(), tmp_path)

    (tmp_path / "a.py").write_text("1")
    (tmp_path / "b.py").write_text("2")
    seen = [fingerprint()]
    (tmp_path / "a.py").write_text("3")
    seen.append(fingerprint())
    (tmp_path / "a.py").rename(tmp_path / "c.py")
    seen.append(fingerprint())
    (tmp_path / "c.py").unlink()
    seen.append(fingerprint())
    assert len(set(seen)) == 4


def test_compiled_files_are_not_package_files(tmp_path, environment_script):
    package = tmp_path / "alexnet_tutorial"
    (package / "__pycache__").mkdir(parents=True)
    (package / "__pycache__" / "a.cpython-311.pyc").write_text("")
    (package / "a.py").write_text("")
    assert environment_script.package_files(tmp_path) == [package / "a.py"]


def test_environment_says_which_python_it_needs(root):
    # The version check must come before anything an old Python cannot read.
    script = (root / "tools" / "environment.py").read_text(encoding="utf-8")
    old = "import sys; sys.version_info = (3, 9, 1); exec(sys.stdin.read())"
    done = subprocess.run(
        [sys.executable, "-c", f"__file__ = {str(root / 'tools' / 'environment.py')!r}; {old}"],
        input=script,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "needs Python 3.11 or later" in done.stderr and "3.9" in done.stderr
    assert "PYTHON=" in done.stderr


def test_tests_run_against_the_wheel(root, environment_script):
    if sys.prefix != str(root / ".venv"):
        pytest.skip("not in the environment of make test")
    import alexnet_tutorial

    assert str(root / ".venv") in alexnet_tutorial.__file__
    stamp = json.loads(environment_script.STAMP.read_text(encoding="utf-8"))
    assert stamp["wheel"] == environment_script.fingerprint(
        [*environment_script.package_files(), *(root / n for n in environment_script.METADATA)]
    ), "the installed package is not the checkout's: run make environment"


def test_what_pip_says_is_shown_only_where_it_fails(environment_script, capfd):
    says = "import sys; print('a warning'); sys.exit({})"
    environment_script.run([sys.executable, "-c", says.format(0)])
    assert capfd.readouterr() == ("", "")
    with pytest.raises(SystemExit, match="Ended with 3"):
        environment_script.run([sys.executable, "-c", says.format(3)])
    assert "a warning" in capfd.readouterr().out
