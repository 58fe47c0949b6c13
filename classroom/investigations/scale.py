"""Worked example of the investigation *Scale*: where measured time departs from the cost model.

    python -m classroom.investigations.scale

One layer, the network's fc7 (4096 to 4096), as a product in NumPy, at batches from 1 to 256. The
machine's two ceilings are measured as the chapter *Where the time goes* measures them, but with
one thread and in processor seconds: what other programs take is not counted then.
"""

import os
import time
from collections.abc import Callable
from functools import partial

if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # before NumPy is imported

import numpy as np

from alexnet_tutorial.shapes import Device, Work

UNITS = 4096


def best(run: Callable[[], object], times: int = 9) -> float:
    """Time something several times, after once in vain.

    Args:
        run: What is timed.
        times: How often.

    Returns:
        The shortest time, in processor seconds.
    """
    run()
    seconds = []
    for _ in range(times):
        started = time.process_time()
        run()
        seconds.append(time.process_time() - started)
    return min(seconds)


def main() -> None:
    """Print both ceilings, then measured and predicted time for each batch."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((1024, 1024), "float32")
    rate = 2 * 1024**3 / best(lambda: a @ a)
    large = np.ones(2**25, "float32")
    other = np.empty_like(large)
    bandwidth = 2 * large.nbytes / best(lambda: np.copyto(other, large))
    reading = large.nbytes / best(lambda: large @ large)
    here = Device("this machine", {"float32": rate}, bandwidth)
    print(f"{rate / 1e9:.0f} billion operations a second, {bandwidth / 1e9:.1f} GB a second")
    print(f"reading alone: {reading / 1e9:.1f} GB a second", end="; ")
    print(f"ridge: {here.ridge():.1f} operations per byte")
    weights = rng.standard_normal((UNITS, UNITS), "float32")
    print("batch  per byte  predicted  measured  ratio")
    for batch in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        x = rng.standard_normal((batch, UNITS), "float32")
        operations = 2 * batch * UNITS**2
        moved = 4 * (UNITS**2 + 2 * batch * UNITS)
        work = Work("fc7", "dense", "forward", operations, moved)
        predicted, measured = work.seconds(here), best(partial(np.matmul, x, weights))
        print(f"{batch:5}{work.intensity:10.1f}{1e3 * predicted:9.2f}ms", end="")
        print(f"{1e3 * measured:8.2f}ms{measured / predicted:7.2f}")
    x, other = rng.standard_normal((2, UNITS), "float32"), np.empty_like(weights)
    copied = best(lambda: np.copyto(other, weights))
    single = best(lambda: [row @ weights for row in x])
    print(f"copying the weights: {1e3 * copied:.2f}ms", end="; ")
    print(f"batch 2 as two vectors: {1e3 * single:.2f}ms")


if __name__ == "__main__":
    main()
