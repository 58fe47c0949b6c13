"""What the drawn hands are for: a network that saw only them reads photographs."""

import os
from pathlib import Path

import pytest

from alexnet_tutorial.pictures import ENVIRONMENT_VARIABLE, load_signs, read_signs

REAL = os.environ.get(ENVIRONMENT_VARIABLE)


@pytest.mark.slow
@pytest.mark.skipif(
    not REAL or not (Path(REAL) / "signs" / "train_signs.h5").is_file(),
    reason=f"{ENVIRONMENT_VARIABLE} names no folder with the SIGNS photographs",
)
def test_drawings_teach_photographs():
    """On the real *training* photographs: the test set is for the chapter, once."""
    from alexnet_tutorial.pictures import Batches
    from alexnet_tutorial.shapes.variants import variant
    from alexnet_tutorial.training import Recipe, accuracy, fit

    drawn = load_signs("generated", seed=0)
    batches = Batches(drawn.train, size=57, classes=6, seed=0)
    run = fit(variant("compact"), batches, recipe=Recipe(epochs=8))
    photographs, _, _ = read_signs(Path(REAL) / "signs")
    assert accuracy(run.model, Batches(photographs, 57, 6, augmentation=None)) >= 0.6
