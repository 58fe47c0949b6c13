"""Compare recipes of the compact network on SIGNS, by validation pictures alone.

    python benchmarks/recipe.py [--seeds 10 11] [--share 0.3] [--epochs 80] [--rotation 12] ...

Every number of a recipe and of its augmentation is an option. A recipe is judged by the
loss and the accuracy on the validation pictures, as they are and in four augmented crops each
("varied": harder, so it still tells recipes apart where the first is near its end). A share of
0.3 to validate leaves fewer pictures to learn from, and three times as many to judge by. The test
set is never looked at.
"""

import argparse
import time
from dataclasses import fields

import numpy as np

from alexnet_tutorial.pictures import Augmentation, Batches, augment, load_signs, preprocess
from alexnet_tutorial.session import describe
from alexnet_tutorial.shapes.variants import variant
from alexnet_tutorial.training import Recipe, fit

HARD = Augmentation(rotation=20.0, zoom=0.2, shift=5.0, brightness=0.25)


def judge(model, x, y):
    """(mean loss, accuracy) of a model."""
    p = model.predict(x, verbose=0)
    right = np.clip(p[np.arange(len(y)), y], 1e-7, 1)
    return -np.log(right).mean(), (p.argmax(1) == y).mean()


def run(recipe, seed, share):
    signs = load_signs("real", seed=seed, validation=share)
    x, y = signs.validation.x, signs.validation.y
    options = {"batch_size": recipe.batch_size, "augmentation": recipe.augmentation}
    started = time.process_time()
    done = fit(variant("compact"), Batches(signs.train, 57, 6, **options, seed=seed), recipe=recipe)
    seconds = time.process_time() - started
    rng = np.random.default_rng(0)
    varied = np.concatenate([augment(x, 57, HARD, rng) for _ in range(4)])
    scale = done.preprocessing.normalize
    plain = judge(done.model, preprocess(x, 57), y)
    return *plain, *judge(done.model, scale(varied), np.tile(y, 4)), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[10, 11])
    parser.add_argument("--share", type=float, default=0.3)
    numbers = {
        kind: [field for field in fields(kind) if field.type in (int, float)]
        for kind in (Recipe, Augmentation)
    }
    for field in [*numbers[Recipe], *numbers[Augmentation]]:
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=field.type, default=field.default)
    options = parser.parse_args()
    chosen = {
        kind: {field.name: getattr(options, field.name) for field in some}
        for kind, some in numbers.items()
    }
    augmentation = Augmentation(**chosen[Augmentation])
    recipe = Recipe(**chosen[Recipe], patience=None, augmentation=augmentation)
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
