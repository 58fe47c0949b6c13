"""Rehearse what chapters do on a GPU: on this machine's CPU, with a small part of the work.

    python -m tools.rehearsal            every chapter whose sizes follow from the budget
    python -m tools.rehearsal 24 51      these

The code is the one that a reader's GPU runs: full networks, mixed precision, every cell. Only
Keras's ``fit`` and ``evaluate`` do one part in ``FACTOR`` of their epochs and steps, to which
``tools/shrunken`` sees. No number that comes out means anything.
"""

import sys

from tools.environment import ROOT, venv_python
from tools.trial import chapters, reads, try_all

FACTOR = 30


def main(arguments: list[str]) -> int:
    """Rehearse the chapters; return 1 where one failed."""
    paths = chapters(" ".join(arguments))
    failed = try_all(
        [path for path in paths if reads(path, "budget")],
        venv_python(),
        ALEXNET_TUTORIAL_BUDGET="gpu",
        ALEXNET_TUTORIAL_REHEARSAL=str(FACTOR),
        PYTHONPATH=str(ROOT / "tools" / "shrunken"),
    )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
