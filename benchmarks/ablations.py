"""Train the compact network without each part in turn, with several seeds, and record the runs.

    python benchmarks/ablations.py [NAME ...] [--seeds 0 1 2 3 4] [--file FILE] [--list]

A run is one line of JSON in the file, written when it is done. The program may be killed at any
time; started again, it goes on with the first run that the file lacks. Several may write to one
file where each has configurations or seeds of its own. Every configuration has the same schedule,
and none was chosen by these results. Without ``--file``, the recorded runs of the package
(``alexnet_tutorial/recorded/ablations.jsonl``) are completed.
"""

import argparse
import os
from pathlib import Path

# One thread: the result does not depend on how many cores split a sum.
for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")

from alexnet_tutorial.training.experiments import CONFIGURATIONS, SEEDS, read_runs, run_all  # noqa: E402

FILE = Path(__file__).resolve().parents[1] / "alexnet_tutorial" / "recorded" / "ablations.jsonl"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="configurations; default: all")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--file", type=Path, default=FILE)
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in CONFIGURATIONS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. Known: {', '.join(CONFIGURATIONS)}.")
    if options.list:
        runs = read_runs(options.file)
        for name in CONFIGURATIONS:
            seeds = sorted(run["seed"] for run in runs if run["configuration"] == name)
            print(f"{name}: seeds {seeds}")
        return
    configurations = [CONFIGURATIONS[name] for name in options.names or CONFIGURATIONS]

    from alexnet_tutorial.pictures import load_signs
    from alexnet_tutorial.session import import_keras

    import_keras()
    made = run_all(
        options.file,
        configurations,
        options.seeds,
        load=lambda seed: load_signs("real", seed=seed),
        report=lambda line: print(line, flush=True),
    )
    print(f"{made} runs made; {options.file} holds {len(read_runs(options.file))}")


if __name__ == "__main__":
    main()
