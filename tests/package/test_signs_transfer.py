"""What the drawn hands are for: a network that saw only them reads photographs."""

import os
from pathlib import Path

import numpy as np
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
    import keras

    from alexnet_tutorial.network import build
    from alexnet_tutorial.shapes.variants import variant
    from alexnet_tutorial.training import Batches, prepare

    drawn = load_signs("generated", seed=0)
    batches = Batches(drawn.train, size=57, classes=6, seed=0)
    model = build(variant("compact"), seed=0)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, 8 * len(batches))
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(batches, epochs=8, verbose=0)
    photographs, _, _ = read_signs(Path(REAL) / "signs")
    read = model.predict(prepare(photographs.x, 57), verbose=0).argmax(axis=1)
    assert np.mean(read == photographs.y) >= 0.6
