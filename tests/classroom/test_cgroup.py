"""Groups of processes, in folders that stand for those of Linux, and in Linux's own."""

import subprocess

import pytest

from classroom import cgroup


@pytest.fixture
def mount(tmp_path, monkeypatch):
    """Give a function that says in which groups this process is."""
    monkeypatch.setattr(cgroup, "MOUNT", tmp_path)

    def set_up(lines, controllers):
        own = tmp_path / "own"
        own.write_text(lines)
        monkeypatch.setattr(cgroup, "OWN", own)
        for folder, given in controllers.items():
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            if given is not None:
                (tmp_path / folder / "cgroup.subtree_control").write_text(given)
        return tmp_path

    return set_up


def test_version_1_has_a_folder_for_each_controller(mount):
    here = mount("4:memory:/a\n3:cpu,cpuacct:/\n2:devices:/\n", {"memory/a": None, "cpu": None})
    assert cgroup.places() == {"memory": (here / "memory/a", 1), "cpu": (here / "cpu", 1)}


def test_version_2_makes_groups_where_controllers_are_passed_on(mount):
    here = mount("0::/user/mine\n", {"user": "cpu memory pids", "user/mine": ""})
    assert cgroup.places() == dict.fromkeys(("memory", "pids", "cpu"), (here / "user", 2))
    group = cgroup.Group(1 << 30, 64)
    [folder] = {folder for folder, _ in group.folders.values()}
    assert folder.parent == here / "user" and (folder / "memory.max").read_text() == str(1 << 30)
    assert (folder / "pids.max").read_text() == "64"
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 0\n")
    assert not group.exceeded()
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 2\n")
    assert group.exceeded()


def test_nothing_is_limited_where_no_group_can_be_made(mount):
    mount("0::/\n", {".": ""})
    group = cgroup.Group(1 << 30, 64)
    assert not group.folders and not group.exceeded() and not group.holds("memory")
    done = subprocess.run([*group.prefix(), "echo", "a b", "c"], capture_output=True, text=True)
    assert done.stdout == "a b c\n"
