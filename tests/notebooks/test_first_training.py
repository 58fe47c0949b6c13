"""The chapter on a first training: what it says of ``train`` holds, and so does its accuracy."""

import json

import numpy as np
import pytest

from alexnet_tutorial.pictures import load_signs
from alexnet_tutorial.pictures.download import data_directory

CHAPTER = "book/32_first_training.ipynb"


def has_signs():
    folder = data_directory()
    return any((f / "train_signs.h5").exists() for f in (folder, folder / "signs"))


def cells(root):
    notebook = json.loads((root / CHAPTER).read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


@pytest.mark.slow
@pytest.mark.skipif(not has_signs(), reason="no SIGNS files in the data directory")
def test_one_call_makes_the_chapters_training_to_the_last_digit(root):
    """Its own cells, stopped after three epochs, beside ``train`` with the recipe, seed 0.

    That the whole training reads 95 % of the real test pictures, the chapter itself insists on
    while the book is built.
    """
    import keras

    from alexnet_tutorial.shapes import variant
    from alexnet_tutorial.training import RECIPE, train

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 2

    source, names = cells(root), {}
    for name in ("imports", "load", "center", "network", "head", "agree", "compile"):
        exec(source[name], names)
    validation = names["x_validation"], names["y_validation"]
    options = {"validation_data": validation, "shuffle": False, "verbose": 0}
    names["model"].fit(names["batches"], epochs=names["epochs"], callbacks=[Stop()], **options)
    signs = load_signs("real", seed=0)
    run = train(variant("compact"), signs, seed=0, progress=False, callbacks=[Stop()])
    assert run.recipe == RECIPE and RECIPE.epochs == names["epochs"] and run.epochs == 3
    ours, theirs = names["model"].get_weights(), run.model.get_weights()
    assert len(ours) == 16
    # Early stopping gave back the weights of the best epoch; of three, that is the last.
    assert run.best_epoch == 3
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
    assert 'expect(signs.kind != "real" or right >= 0.95 * len(said)' in source["test"]
