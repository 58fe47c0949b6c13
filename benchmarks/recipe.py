"""Compare recipes of the compact network on SIGNS, by validation pictures alone.

    python benchmarks/recipe.py [--seeds 10 11] [--share 0.3] [--epochs 80] [--turn 12] ...

Every number of :class:`alexnet_tutorial.training.Recipe` is an option. A recipe is judged by the
loss and the accuracy on the validation pictures, as they are and in four varied crops each
("varied": harder, so it still tells recipes apart where the first is near its end). A share of
0.3 to validate leaves fewer pictures to learn from, and three times as many to judge by. The test
set is never looked at.
"""

import argparse
import time
from dataclasses import fields

import numpy as np

from alexnet_tutorial.network import build
from alexnet_tutorial.pictures import load_signs
from alexnet_tutorial.session import describe, keep_memory
from alexnet_tutorial.shapes.variants import variant
from alexnet_tutorial.training import Batches, Recipe, compile_model, prepare, vary

HARD = Recipe(turn=20.0, zoom=0.2, shift=5.0, light=0.25)


def judge(model, x, y):
    """(mean loss, accuracy) of a model."""
    p = model.predict(x, verbose=0)
    right = np.clip(p[np.arange(len(y)), y], 1e-7, 1)
    return -np.log(right).mean(), (p.argmax(1) == y).mean()


def run(recipe, seed, share):
    signs = load_signs("real", seed=seed, validation=share)
    validation = signs.validation
    batches = Batches(signs.train, 57, 6, recipe, seed)
    model = build(variant("compact"), seed=seed)
    compile_model(model, recipe, len(batches))
    started = time.process_time()
    follow = batches.follow()
    model.fit(batches, epochs=recipe.epochs, callbacks=[follow], shuffle=False, verbose=0)
    seconds = time.process_time() - started
    rng = np.random.default_rng(0)
    varied = np.concatenate([vary(validation.x, 57, HARD, rng) for _ in range(4)])
    plain = judge(model, prepare(validation.x, 57), validation.y)
    hard = judge(model, varied, np.tile(validation.y, 4))
    return *plain, *hard, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[10, 11])
    parser.add_argument("--share", type=float, default=0.3)
    numbers = [field for field in fields(Recipe) if field.name not in ("patience", "mirror")]
    for field in numbers:
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=field.type, default=field.default)
    options = parser.parse_args()
    recipe = Recipe(**{field.name: getattr(options, field.name) for field in numbers})
    keep_memory()
    print(f"{describe()}\n{recipe}")
    print("| seed | loss | accuracy | varied loss | varied accuracy | CPU s |")
    print("|---:|---:|---:|---:|---:|---:|")
    for seed in options.seeds:
        loss, right, hard_loss, hard_right, seconds = run(recipe, seed, options.share)
        print(
            f"| {seed} | {loss:.3f} | {right:.1%} | {hard_loss:.3f} | {hard_right:.1%} | "
            f"{seconds:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
