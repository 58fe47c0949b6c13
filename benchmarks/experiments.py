"""Make the runs of a study, and record them.

    python benchmarks/experiments.py STUDY [NAME ...] [--seeds 0 1 2] [--file FILE] [--list]

A run is one line of JSON in the file, written when it is done. The program may be killed at any
time; started again, it goes on with the first run that the file lacks. Several may write to one
file where each has configurations or seeds of its own. Without ``--file``, the recorded runs of
the package (``alexnet_tutorial/recorded/STUDY.jsonl``) are completed.
"""

import argparse
import os
from pathlib import Path

# One thread: the result does not depend on how many cores split a sum.
for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")

from alexnet_tutorial.training.experiments import best_rates, read_runs, run_all  # noqa: E402
from alexnet_tutorial.training.studies import STUDIES  # noqa: E402

RECORDED = Path(__file__).resolve().parents[1] / "alexnet_tutorial" / "recorded"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("names", nargs="*", metavar="NAME", help="configurations; default: all")
    parser.add_argument("--seeds", type=int, nargs="+", help="default: those of the study")
    parser.add_argument("--file", type=Path, help="default: the recorded runs of the package")
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    options = parser.parse_args()
    study = STUDIES[options.study]
    file = options.file or RECORDED / f"{study.name}.jsonl"
    unknown = [name for name in options.names if name not in study.configurations]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. Known: {'; '.join(study.configurations)}.")
    if options.list:
        runs = read_runs(file)
        for name in study.configurations:
            seeds = sorted(run["seed"] for run in runs if run["configuration"] == name)
            print(f"{name}: seeds {seeds}")
        return

    from alexnet_tutorial.session import import_keras

    import_keras()
    first, *others = options.seeds or study.seeds
    names = options.names or [*study.configurations]
    made = 0
    for seeds in ([first], others):
        made += run_all(
            file,
            [study.configurations[name] for name in names],
            seeds,
            study.load,
            report=lambda line: print(line, flush=True),
        )
        best = best_rates(read_runs(file), study.measure, first).values()
        names = [name for name in names if name in best]
    print(f"{made} runs made; {file} holds {len(read_runs(file))}")


if __name__ == "__main__":
    main()
