"""Run a student's notebook in a kernel that sees and reaches nothing of the teacher's.

The kernel lives in Linux namespaces of its own: a file tree in memory that shows only Python and
the data (read-only), no network, no other process, no privileges. The grader stays outside and
speaks with it over two sockets, so marks never pass through the student's process as text. Output
is not read at all: a notebook that prints without end fills nothing.
"""

import contextlib
import ctypes
import json
import os
import queue
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

TOOLS = ("unshare", "setpriv", "mount", "umount", "pivot_root")
# Users that no system gives to a person. Each notebook has another, for Linux counts processes by
# user: one that starts too many must not take them from the others.
USERS = range(64_000, 65_000)
DEVICES = ("null", "zero", "random", "urandom")
# What of /etc a program needs to start and to draw letters.
SETTINGS = ("ld.so.cache", "alternatives", "fonts", "localtime", "ssl/certs")
FOLDER = "/tmp/notebook"
LARGEST_MESSAGE = 20_000_000  # bytes that the kernel may send the grader at once


class Unavailable(RuntimeError):
    """This machine cannot isolate a notebook."""


class Stopped(RuntimeError):
    """The notebook's kernel is gone; the text says why."""


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
        "machine (on Windows: WSL 2; in a container: one that may make namespaces, such as "
        "docker run --privileged) with util-linux installed"
    )
    if not sys.platform.startswith("linux"):
        raise Unavailable(f"This is {sys.platform}, which has no namespaces. {cure}")
    missing = [tool for tool in TOOLS if _tool(tool) is None]
    if missing:
        raise Unavailable(f"Missing programs: {', '.join(missing)}. {cure}")
    try:
        with Kernel(Limits(cell_seconds=60, total_seconds=60)) as kernel:
            kernel.run("pass")
    except (Stopped, OSError) as error:
        raise Unavailable(f"A kernel did not start in isolation: {error}. {cure}") from error


class Kernel:
    """An isolated IPython kernel, from ``with`` to the end of the block.

    Args:
        limits: What it may use.
        data: The folder of data it may read; None for none.
        slot: Which of the notebooks that run at the same time this is, from 0.

    Raises:
        Stopped: It did not start, or it ended or was ended while a cell ran.
    """

    def __init__(self, limits: Limits, data: str | Path | None = None, slot: int = 0) -> None:
        """Take what to run with; ``with`` starts it."""
        self.limits, self.data, self.slot = limits, data, slot

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        import zmq
        from jupyter_client import BlockingKernelClient
        from jupyter_client.connect import write_connection_file

        self.folder = Path(tempfile.mkdtemp(prefix="grade-", dir="/tmp"))
        self.sockets, root = self.folder / "sockets", self.folder / "root"
        self.sockets.mkdir()
        root.mkdir()
        self.context = zmq.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        connection, _ = write_connection_file(
            str(self.sockets / "connection.json"),
            transport="ipc",
            ip=str(self.sockets / "kernel"),
            key=uuid.uuid4().hex.encode(),
        )
        plan = {
            "root": str(root),
            "sockets": str(self.sockets),
            "connection": connection,
            "readable": [str(folder) for folder in readable_folders(self.data)],
            "user": USERS[(2 * os.getpid() + self.slot) % len(USERS)]
            if os.geteuid() == 0
            else None,
            "python": sys.executable,
            "environment": self._environment(),
            **asdict(self.limits),
        }
        command = [_tool("setpriv"), "--pdeathsig", "KILL", _tool("unshare")]
        command += ["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
        if os.geteuid() != 0:
            command += ["--user", "--map-root-user"]
        command += [sys.executable, "-I", str(Path(__file__).resolve()), json.dumps(plan)]
        self.client = BlockingKernelClient(connection_file=connection, context=self.context)
        self.problems = open(self.folder / "problems.txt", "w+b")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.problems,
            cwd="/",
            env={"PATH": os.defpath + ":/usr/sbin:/sbin"},
            start_new_session=True,
        )
        try:
            self.client.load_connection_file()
            # No iopub: what the notebook prints is nobody's here.
            self.client.start_channels(iopub=False, stdin=False, hb=False)
            self._wait(self.client.kernel_info(), 60)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _environment(self):
        kept = {name: os.environ[name] for name in ("KERAS_BACKEND",) if name in os.environ}
        if self.data is not None:
            kept["ALEXNET_TUTORIAL_DATA"] = str(Path(self.data).resolve())
        return kept | {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": FOLDER,
            "USER": "student",
            "LANG": "C.UTF-8",
            "PYTHONNOUSERSITE": "1",
            "ALEXNET_TUTORIAL_BUDGET": "cpu",
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "OMP_NUM_THREADS": "1",
        }

    def run(self, code: str, expressions: dict[str, str] | None = None) -> dict:
        """Execute a cell and wait for its end.

        Args:
            code: The cell's source.
            expressions: Name to Python expression, evaluated after a cell that ran to its end.

        Returns:
            The kernel's reply: a dictionary with ``status``, and ``ename`` and ``evalue`` after
            an error.

        Raises:
            Stopped: The kernel ended, or was ended because it used too much.
        """
        left = self.limits.total_seconds - (time.monotonic() - self.started)
        seconds = min(self.limits.cell_seconds, left)
        if seconds <= 0:
            self.kill()
            raise Stopped(f"longer than {self.limits.total_seconds:g} seconds in all")
        message = self.client.execute(
            code, user_expressions=expressions or {}, allow_stdin=False, stop_on_error=False
        )
        try:
            return self._wait(message, seconds)
        except TimeoutError:
            self.client.control_channel.send(self.client.session.msg("interrupt_request"))
        reason = f"a cell took longer than {seconds:.0f} seconds"
        try:
            self._wait(message, 3)
        except TimeoutError:
            self.kill()
            raise Stopped(f"{reason} and did not let itself be interrupted") from None
        return {"status": "error", "ename": "TimeoutError", "evalue": reason}

    def _wait(self, message, seconds):
        end = time.monotonic() + seconds
        while True:
            try:
                reply = self.client.get_shell_msg(timeout=0.25)
                if reply["parent_header"].get("msg_id") == message:
                    return reply["content"]
            except queue.Empty:
                pass
            except Exception as error:  # a forged message: of whatever kind, nothing to go on with
                self.kill()
                raise Stopped(f"the kernel sent what is no message ({error})") from error
            if self.process.poll() is not None:
                raise Stopped(self._last_words())
            self._watch()
            if time.monotonic() > end:
                raise TimeoutError

    def _last_words(self):
        self.problems.seek(0)
        words = self.problems.read(2000).decode(errors="replace").strip().splitlines()
        return words[-1] if words else "the notebook ended its own Python, or was killed"

    def _watch(self):
        """End it where its processes together, or its files on disk, grow too large."""
        pages = 0
        for process in self._processes():
            with contextlib.suppress(OSError, ValueError, IndexError):
                size = Path(f"/proc/{process}/statm").read_text().split()
                pages += int(size[1]) - int(size[2])
        if pages * resource.getpagesize() > self.limits.memory:
            self.kill()
            raise Stopped(f"more than {self.limits.memory >> 20} MiB of memory")
        files = [
            os.path.join(where, name) for where, _, names in os.walk(self.sockets) for name in names
        ]
        sizes = 0
        for name in files:
            with contextlib.suppress(OSError):
                sizes += os.lstat(name).st_size
        if len(files) > 100 or sizes > self.limits.file_bytes:
            self.kill()
            raise Stopped("files where the grader's sockets are")

    def _first(self):
        """Find the first process inside, the parent of all others; None where it is gone."""
        pid = self.process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None

    def _processes(self):
        first = self._first()
        if first is None:
            return []
        found = []
        with contextlib.suppress(OSError):
            inside = os.readlink(f"/proc/{first}/ns/pid")
            for name in filter(str.isdigit, os.listdir("/proc")):
                with contextlib.suppress(OSError):
                    if os.readlink(f"/proc/{name}/ns/pid") == inside:
                        found.append(name)
        return found

    def kill(self) -> None:
        """End the kernel and everything it started: with its first process go all others."""
        first = self._first()
        if first is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(first, signal.SIGKILL)
        else:
            self.process.kill()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __exit__(self, *error: object) -> None:
        """End it and remove what it left."""
        if self.process.poll() is None:
            self.kill()
        self.client.stop_channels()
        self.context.destroy(linger=0)
        self.problems.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _tool(name):
    return shutil.which(name, path=os.defpath + ":/usr/sbin:/sbin")


# --- What follows runs inside the new namespaces, before the student's code does. ---


class _Attributes(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace")
    ]


def _protect(folder):
    """Make a tree of mounts read-only, without set-user-id programs (``mount_setattr(2)``)."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, recursive, number = -100, 0x8000, 442
    attributes = _Attributes(set=0x1 | 0x2)  # MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID
    size = ctypes.sizeof(attributes)
    path = os.fsencode(folder)
    if libc.syscall(number, here, path, recursive, ctypes.byref(attributes), size) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount_setattr: {os.strerror(code)} (it needs Linux 5.12)")


def _enter(plan):
    """Build the file tree that the kernel sees, go into it, give up every right, start it."""

    def do(*command):
        subprocess.run([_tool(command[0]), *command[1:]], check=True, stdout=subprocess.DEVNULL)

    root = Path(plan["root"])
    do("mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", str(root))
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        place = Path("/", name)
        if place.is_symlink():
            (root / name).symlink_to(os.readlink(place))
        elif place.is_dir():
            plan["readable"].append(str(place))
    for name in ("proc", "tmp", "old", "dev/shm", "etc"):
        (root / name).mkdir(parents=True)
    shown = [Path(folder) for folder in plan["readable"]]
    shown += [Path("/dev", name) for name in DEVICES]
    shown += [Path("/etc", name) for name in SETTINGS]

    def show(path):
        """Put a file or folder where it is outside; returns that place in the new tree."""
        place = root / path.relative_to("/")
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        do("mount", "--rbind", str(path), str(place))
        return place

    shown = list(filter(os.path.exists, shown))
    # The notebook's own /tmp would hide what lies in /tmp outside: that is shown inside it.
    in_tmp = [path for path in shown if Path("/tmp") in path.parents]
    for path in shown:
        if path not in in_tmp:
            show(path)
    _protect(root)
    do("mount", "-t", "proc", "proc", str(root / "proc"))
    do("mount", "-t", "tmpfs", "-o", "size=512m,mode=1777,nr_inodes=50k", "tmpfs", f"{root}/tmp")
    for path in in_tmp:
        _protect(show(path))
    do("mount", "-t", "tmpfs", "-o", "size=64m,mode=1777", "tmpfs", f"{root}/dev/shm")
    sockets = root / Path(plan["sockets"]).relative_to("/")
    sockets.mkdir(parents=True)
    do("mount", "--bind", plan["sockets"], str(sockets))
    folder = root / FOLDER[1:]
    folder.mkdir(exist_ok=True)  # what is shown may lie in it
    if plan["user"] is not None:
        for path in (folder, sockets, *sockets.iterdir()):
            os.chown(path, plan["user"], plan["user"])
    os.chdir(root)
    do("pivot_root", ".", "old")
    os.chdir(FOLDER)
    do("umount", "-l", "/old")

    for kind, value in (
        (resource.RLIMIT_DATA, plan["memory"]),
        (resource.RLIMIT_CPU, int(plan["total_seconds"] * 4) + 1),
        (resource.RLIMIT_FSIZE, plan["file_bytes"]),
        (resource.RLIMIT_NPROC, plan["processes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))
    command = [_tool("setpriv"), "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    if plan["user"] is not None:
        user = str(plan["user"])
        command += ["--reuid", user, "--regid", user, "--clear-groups"]
    # A second time, for a change of the user undoes it: end when the grader has ended.
    command += [command[0], "--pdeathsig", "KILL", plan["python"], "-m", "ipykernel_launcher"]
    command += ["-f", plan["connection"]]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.execve(command[0], command, plan["environment"])


if __name__ == "__main__":
    _enter(json.loads(sys.argv[1]))
