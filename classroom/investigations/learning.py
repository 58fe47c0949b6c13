"""Worked example of the investigation *Learning*: does the best rate move with the batch size?

    python -m classroom.investigations.learning

A network of two dense layers, in NumPy, on drawn hands of 16 × 16 gray pixels. Each batch size is
tried with every rate, once with equal epochs (as many pictures seen) and once with equal steps.
"""

import os

if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # products this small are slower on two; before NumPy is imported

import numpy as np

from alexnet_tutorial.pictures import Split, load_signs

BATCHES = (8, 32, 128)
RATES = tuple(0.01 * 2.0**power for power in range(8))
SEEDS = (0, 1, 2)
EPOCHS, STEPS = 8, 256


def pixels(split: Split) -> np.ndarray:
    """Give pictures as rows: gray, averaged over blocks of four by four, around zero.

    Args:
        split: Pictures of 64 × 64 pixels.

    Returns:
        float64 (n, 256).
    """
    gray = split.x.mean(3).reshape(-1, 16, 4, 16, 4).mean((2, 4)).reshape(-1, 256) / 255
    return gray - gray.mean(1, keepdims=True)


def loss_after(data: tuple, batch: int, rate: float, steps: int, seed: int) -> float:
    """Train by plain gradient descent, and give the loss on all training pictures afterwards.

    Args:
        data: Pictures, (n, 256), and labels, (n,).
        batch: Pictures in one step.
        rate: Learning rate.
        steps: How many steps.
        seed: Of weights and order.

    Returns:
        Cross-entropy; infinite where the training diverged.
    """
    x, y = data
    rng = np.random.default_rng(seed)
    w1, w2 = rng.normal(0, (2 / 256) ** 0.5, (256, 64)), rng.normal(0, (1 / 64) ** 0.5, (64, 6))
    b1, b2 = np.zeros(64), np.zeros(6)

    def forward(pictures):
        hidden = np.maximum(pictures @ w1 + b1, 0)
        out = hidden @ w2 + b2
        out = out - out.max(1, keepdims=True)
        return hidden, out - np.log(np.exp(out).sum(1, keepdims=True))

    order = np.concatenate([rng.permutation(len(x)) for _ in range(1 + steps * batch // len(x))])
    for step in range(steps):
        rows = order[step * batch : (step + 1) * batch]
        hidden, log_p = forward(x[rows])
        error = np.exp(log_p)
        error[np.arange(len(rows)), y[rows]] -= 1
        error /= len(rows)
        back = (error @ w2.T) * (hidden > 0)
        w2 -= rate * hidden.T @ error
        b2 -= rate * error.sum(0)
        w1 -= rate * x[rows].T @ back
        b1 -= rate * back.sum(0)
        if not np.isfinite(w1).all():
            return float("inf")
    loss = float(-forward(x)[1][np.arange(len(y)), y].mean())
    return loss if loss < 10 else float("inf")


def main() -> None:
    """Print the mean loss of every batch size and rate, and the best rate of each row."""
    signs = load_signs("generated", seed=0)
    rows = np.random.default_rng(0).permutation(len(signs.train))[:1024]
    train = pixels(signs.train)[rows]
    data = train / train.std(), signs.train.y[rows]
    print(f"{signs.source}; {len(train)} training pictures, {len(SEEDS)} seeds")
    for equal in ("epochs", "steps"):
        print(f"\nequal {equal}\nbatch" + "".join(f"{rate:8.2f}" for rate in RATES) + "    best")
        for batch in BATCHES:
            steps = EPOCHS * len(train) // batch if equal == "epochs" else STEPS
            losses = [
                np.mean([loss_after(data, batch, rate, steps, seed) for seed in SEEDS])
                for rate in RATES
            ]
            best = RATES[int(np.argmin(losses))]
            print(f"{batch:5}" + "".join(f"{loss:8.3f}" for loss in losses) + f"{best:8.2f}")


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
