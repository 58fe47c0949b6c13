"""Limits for a group of processes, by Linux's cgroups, where one may make them."""

import contextlib
import os
import re
import signal
import time
import uuid
from pathlib import Path

MOUNT, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
# By the version of cgroups, the file that limits memory, and the one that limits swap.
MEMORY = {1: "memory.limit_in_bytes", 2: "memory.max"}
SWAP = {1: "memory.memsw.limit_in_bytes", 2: "memory.swap.max"}


def places() -> dict[str, tuple[Path, int]]:
    """Find where groups can be made: controller to a folder and the version of its cgroups."""
    found: dict[str, tuple[Path, int]] = {}
    try:
        lines = OWN.read_text().splitlines()
    except OSError:
        return found
    for line in lines:
        _, names, path = line.split(":", 2)
        for name in filter(None, names.split(",")):
            folder = MOUNT / name / path[1:]
            if name in ("memory", "pids", "cpu") and os.access(folder, os.W_OK):
                found[name] = (folder, 1)
        if not names:
            here = MOUNT / path[1:]
            # A group with processes of its own has no others below it that are limited.
            for folder in [here, *here.parents][: len(here.parts) - len(MOUNT.parts) + 1]:
                with contextlib.suppress(OSError):
                    given = (folder / "cgroup.subtree_control").read_text().split()
                    if "memory" in given and os.access(folder, os.W_OK):
                        found |= {name: (folder, 2) for name in given if name not in found}
                        break
    return {name: found[name] for name in ("memory", "pids", "cpu") if name in found}


class Group:
    """A group that may use so much together. Nobody in it can leave it.

    Of the processor every group has the same share, however many are in it.

    Args:
        memory: Bytes, files in memory and shared memory included.
        processes: Processes and threads.

    Raises:
        OSError: A group can be made, but not limited.
    """

    def __init__(self, memory: int, processes: int) -> None:
        """Make it, as far as this machine allows."""
        name = f"grade-{uuid.uuid4().hex}"
        self.folders = {
            controller: (above / name, version) for controller, (above, version) in places().items()
        }
        for controller, (folder, version) in self.folders.items():
            folder.mkdir(exist_ok=True)
            if controller == "memory":
                (folder / MEMORY[version]).write_text(str(memory))
                with contextlib.suppress(OSError):  # no swap beside it, where swap is counted
                    (folder / SWAP[version]).write_text(str(memory if version == 1 else 0))
            elif controller == "pids":
                (folder / "pids.max").write_text(str(processes))

    def holds(self, controller: str) -> bool:
        """Tell whether ``memory``, ``pids`` or ``cpu`` is limited by it."""
        return controller in self.folders

    def prefix(self) -> list[str]:
        """Give what to put before a command, so that it runs in the group."""
        script = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; done; '
        folders = {str(folder) for folder, _ in self.folders.values()}
        return ["sh", "-c", script + 'shift; exec "$@"', "sh", *sorted(folders), "--"]

    def exceeded(self) -> bool:
        """Tell whether Linux ended one of its processes because of its memory."""
        if not self.holds("memory"):
            return False
        folder, version = self.folders["memory"]
        name = "memory.oom_control" if version == 1 else "memory.events"
        with contextlib.suppress(OSError):
            return bool(re.search(r"^oom_kill [1-9]", (folder / name).read_text(), re.MULTILINE))
        return False

    def remove(self) -> None:
        """End what is left in it, and remove it."""
        for folder in {folder for folder, _ in self.folders.values()}:
            for _ in range(50):
                with contextlib.suppress(OSError):
                    for process in (folder / "cgroup.procs").read_text().split():
                        os.kill(int(process), signal.SIGKILL)
                try:
                    folder.rmdir()
                    break
                except OSError:
                    time.sleep(0.1)
