"""Train the compact network by its recipe with three seeds, and test each once.

    python benchmarks/seeds.py [--seeds 0 1 2]

What ``alexnet-tutorial train --data signs --seed SEED`` does, with one thread. The lines go into
the table of ``benchmarks/recipe.md``, which holds the record. Every run of the tests trains seed 0.
"""

import argparse
import os
import time

# One thread: the result does not depend on how many cores split a sum.
for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")

from alexnet_tutorial.pictures import load_signs  # noqa: E402
from alexnet_tutorial.shapes.variants import variant  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()

    from alexnet_tutorial.training import train
    from alexnet_tutorial.training.experiments import machine

    print(f"{time.strftime('%Y-%m-%d', time.gmtime())}, {machine()}\n")
    print("| seed | test | validation | epochs | best epoch | CPU s |")
    print("|---:|---:|---:|---:|---:|---:|", flush=True)
    for seed in options.seeds:
        started = time.process_time()
        run = train(variant("compact"), load_signs("real", seed=seed), seed=seed, progress=False)
        print(
            f"| {seed} | {run.test_accuracy:.1%} | {run.validation_accuracy:.1%} | {run.epochs} | "
            f"{run.best_epoch} | {time.process_time() - started:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
