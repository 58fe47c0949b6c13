"""Files are there whole or as they were, with the permissions a plain open gives."""

import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from alexnet_tutorial.files import write_whole


def test_bytes_text_and_functions_arrive(tmp_path):
    assert write_whole(tmp_path / "deep" / "a", b"\0\xff").read_bytes() == b"\0\xff"
    assert write_whole(str(tmp_path / "b"), "ä\n").read_bytes() == "ä\n".encode()
    path = write_whole(tmp_path / "c.npz", lambda file: np.savez(file, x=np.arange(3)))
    assert np.load(path)["x"].tolist() == [0, 1, 2]
    assert sorted(os.listdir(tmp_path)) == ["b", "c.npz", "deep"]


@pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()])
def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = write_whole(tmp_path / "file", "old")

    def half(file):
        file.write(b"ne")
        raise error

    with pytest.raises(type(error)):
        write_whole(path, half)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_a_plain_open(tmp_path, umask):
    before = os.umask(umask)
    try:
        new = write_whole(tmp_path / "new", "x")
        (tmp_path / "plain").write_text("x")
    finally:
        os.umask(before)
    assert new.stat().st_mode == (tmp_path / "plain").stat().st_mode
    new.chmod(0o640)
    write_whole(new, "y")
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


KILLED = """
import os, sys
from alexnet_tutorial.files import write_whole

def half(file):
    file.write(b"ne")
    file.flush()
    os.kill(os.getpid(), 9)

write_whole(sys.argv[1], half)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_killed_writer_leaves_the_old_file(tmp_path):
    path = write_whole(tmp_path / "file", "old")
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)]).returncode == -9
    assert path.read_text() == "old"
