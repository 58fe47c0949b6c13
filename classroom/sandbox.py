"""Run a program of Python's in isolation: by bubblewrap, and by cgroups where they are to be had.

It sees this Python, its packages and the data, read-only; no other file, no network, no other
process, no right, and it can make no namespace in which it had one.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import alexnet_tutorial
from classroom import cgroup

CLASSROOM = Path(__file__).resolve().parent
# What of /etc a program needs to start and to draw letters.
SETTINGS = ("ld.so.cache", "alternatives", "fonts", "localtime", "ssl/certs")
FOLDER = "/tmp/notebook"


class Unavailable(RuntimeError):
    """This machine cannot isolate a notebook."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Args:
        cell_seconds: The longest a cell may take.
        total_seconds: The longest all cells together may take.
        memory: Bytes of memory, for all its processes together.
        processes: Processes and threads.
        file_bytes: The largest file it may write.
    """

    cell_seconds: float = 180
    total_seconds: float = 600
    memory: int = 4 << 30
    processes: int = 256
    file_bytes: int = 256 << 20


def readable_folders(data: str | Path | None = None) -> list[Path]:
    """List what a notebook may read: the system's programs, this Python, its packages, the data.

    Args:
        data: The data folder; None for none.

    Returns:
        Absolute paths, none inside another.
    """
    folders = [Path("/usr"), Path(sys.prefix), Path(sys.base_prefix)]
    folders += [Path(entry) for entry in sys.path if entry.endswith("-packages")]
    if data is not None:
        folders.append(Path(data))
    real = sorted({folder.resolve() for folder in folders if folder.is_dir()})
    return [folder for folder in real if not any(other in folder.parents for other in real)]


def refuse_unavailable() -> None:
    """Raise Unavailable, with the reason and the cure, where notebooks cannot be isolated."""
    cure = (
        "Grading runs code that strangers wrote, so it is not done without isolation. Use a Linux "
        "machine (on Windows: WSL 2) with bubblewrap 0.8 or later (apt-get install bubblewrap) on "
        "which one may make user namespaces (in a container: docker run --privileged; on Ubuntu: "
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0), and as root cgroups too"
    )
    if not sys.platform.startswith("linux"):
        raise Unavailable(f"This is {sys.platform}. {cure}")
    if shutil.which("bwrap") is None:
        raise Unavailable(f"bubblewrap is missing. {cure}")
    if os.geteuid() == 0 and "pids" not in cgroup.places():
        # Root is exempt from the limit of processes (RLIMIT_NPROC), and would be inside too.
        raise Unavailable(f"As root, a cgroup must limit processes; none can be made. {cure}")
    line = command(["-c", "pass"], (), None, Limits())
    tried = subprocess.run(line, capture_output=True, text=True)
    if tried.returncode:
        raise Unavailable(f"Nothing could be started in isolation: {tried.stderr.strip()}. {cure}")


def command(
    words: Sequence[str], modules: Sequence[str], data: Path | None, limits: Limits
) -> list[str]:
    """Give the command that runs Python in isolation.

    Args:
        words: Python's arguments.
        modules: Which files of ``classroom`` it can read and import.
        data: The folder of data it may read.
        limits: What each of its processes may use.

    Returns:
        A command and its arguments.
    """
    line = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000"]
    line += ["--gid", "1000", "--cap-drop", "ALL", "--die-with-parent", "--new-session"]
    line += ["--clearenv", "--proc", "/proc", "--dev", "/dev"]
    line += ["--size", str(512 << 20), "--tmpfs", "/tmp"]
    line += ["--size", str(64 << 20), "--tmpfs", "/dev/shm"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        place = Path("/", name)
        if place.is_symlink():
            line += ["--symlink", os.readlink(place), str(place)]
        elif place.is_dir():
            line += ["--ro-bind", str(place), str(place)]
    shown = [(folder, folder) for folder in readable_folders(data)]
    shown += [(Path("/etc", name), Path("/etc", name)) for name in SETTINGS]
    # What is imported here, whether it is installed or a checkout's.
    package = Path(alexnet_tutorial.__file__).parent
    shown += [(package, Path("/grader", package.name))]
    shown += [(CLASSROOM / name, Path("/grader/classroom", name)) for name in modules]
    for path, place in shown:
        line += ["--ro-bind-try", str(path), str(place)]
    line += ["--dir", FOLDER, "--chdir", FOLDER, "--remount-ro", "/", "--remount-ro", "/dev"]
    settings = {name: os.environ[name] for name in ("KERAS_BACKEND",) if name in os.environ}
    if data is not None:
        settings["ALEXNET_TUTORIAL_DATA"] = str(data.resolve())
    settings |= {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": "/grader",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": FOLDER,
        "USER": "student",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "ALEXNET_TUTORIAL_BUDGET": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OMP_NUM_THREADS": "1",
    }
    for name, value in settings.items():
        line += ["--setenv", name, value]
    line += ["--", "prlimit", f"--data={limits.memory}", f"--fsize={limits.file_bytes}"]
    line += [f"--nproc={limits.processes}", f"--cpu={int(4 * limits.total_seconds) + 1}"]
    return [*line, "--core=0", sys.executable, *words]


class Isolated:
    """A Python program in isolation, from ``with`` to the end of the block.

    Args:
        line: Of :func:`command`.
        limits: What it may use.
        sockets: Numbers of the sockets that it is given.
        files: What it reads from and what it prints to; None for nothing and nowhere.
    """

    def __init__(
        self,
        line: Sequence[str],
        limits: Limits,
        sockets: Sequence[int] = (),
        files: tuple[IO, IO] | None = None,
    ) -> None:
        """Take what to run; ``with`` starts it."""
        self.line, self.limits, self.sockets = line, limits, sockets
        self.files = files or (subprocess.DEVNULL, subprocess.DEVNULL)
        self.ended = ""  # why the grader ended it
        self.starved = False  # whether others had the processor that it waited for

    def __enter__(self) -> Self:
        """Start it."""
        self.group = cgroup.Group(self.limits.memory, self.limits.processes)
        try:
            self.process = subprocess.Popen(
                [*self.group.prefix(), *self.line],
                stdin=self.files[0],
                stdout=self.files[1],
                stderr=subprocess.DEVNULL,
                cwd="/",
                pass_fds=self.sockets,
                start_new_session=True,
            )
        except BaseException:
            self.group.remove()
            raise
        self.started = time.monotonic()
        return self

    def watch(self) -> None:
        """End it where it uses more than it may; note whether it starves."""
        processes = self._processes()
        times = []  # nanoseconds that each ran, and that it waited for a processor
        for process in processes:
            with contextlib.suppress(OSError, ValueError):
                times.append([int(n) for n in _read(process, "schedstat").split()[:2]])
        if len(times) > 1:  # the first is bubblewrap's own, the second Python
            ran, waited = times[1]
            # Not where its own processes had what it waited for.
            together = sum(one for one, _ in times) / 1e9
            mostly = together > (time.monotonic() - self.started) / 2
            self.starved = waited > 0.3 * (ran + waited) and not mostly
        if time.monotonic() - self.started > self.limits.total_seconds:
            self.kill(f"longer than {self.limits.total_seconds:g} seconds in all")
        elif self.group.exceeded() or (
            not self.group.holds("memory") and _memory(processes) > self.limits.memory
        ):
            self.kill(f"more than {self.limits.memory >> 20} MiB of memory")

    def _processes(self):
        """List what runs inside, the oldest first."""
        try:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            inside = os.readlink(f"/proc/{children.read_text().split()[0]}/ns/pid")
        except (OSError, IndexError):
            return []
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{name}/ns/pid") == inside:
                    found.append(int(name))
        return sorted(found)

    def kill(self, reason: str) -> None:
        """End it and all that it started: with its first process go all others."""
        if self.process.poll() is None:
            self.ended = self.ended or reason
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __exit__(self, *error: object) -> None:
        """End it."""
        self.kill("")
        self.group.remove()


def _read(process, name):
    return Path(f"/proc/{process}/{name}").read_text()


def _memory(processes):
    """Add up the memory of processes and of their files in memory, each page once."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError, ValueError):
            for line in _read(process, "smaps_rollup").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
    for place in ("tmp", "dev/shm"):
        with contextlib.suppress(OSError, IndexError):
            about = os.statvfs(f"/proc/{processes[-1]}/root/{place}")
            total += (about.f_blocks - about.f_bfree) * about.f_frsize
    return total
