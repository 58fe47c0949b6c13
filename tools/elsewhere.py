"""Execute chapters as other processors would compute, and list what then comes out differently.

    python -m tools.elsewhere            every chapter
    python -m tools.elsewhere 35 42      these

Which instructions a processor has decides in which order numbers are added, so a training ends
elsewhere on another machine. The build insists on every claim of a page; a claim that holds on one
machine by chance stops it on the next. Here the ways of ``WAYS`` stand for other machines.
"""

import sys

from tools.environment import venv_python
from tools.trial import chapters, try_all

WAYS = {
    "with AVX2 at most": {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    },
    "without oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "with one thread": {
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    },
}


def main(arguments: list[str]) -> int:
    """Execute the chapters in each way; return 1 where one failed or a claim did not hold."""
    paths, failed = chapters(" ".join(arguments)), []
    for way, variables in WAYS.items():
        print(f"As on a processor {way}:", flush=True)
        failed += try_all(paths, venv_python(), claims=True, **variables)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
