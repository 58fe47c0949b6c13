"""The chapter on a first training: its network is the package's, and its training repeats.

That the whole training classifies 95 % of the real test pictures correctly, the chapter itself
insists on while the book is built.
"""

import json

import numpy as np
import pytest

from alexnet_tutorial.pictures import load_signs
from alexnet_tutorial.pictures.download import data_directory

CHAPTER = "book/23_first_training.ipynb"


def has_signs():
    folder = data_directory()
    return any((f / "train_signs.h5").exists() for f in (folder, folder / "signs"))


def cells(root):
    notebook = json.loads((root / CHAPTER).read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


def run(root, *names):
    """Run cells of the chapter in an empty namespace, from the seed of its set-up cell."""
    import keras

    keras.utils.set_random_seed(0)
    source, found = cells(root), {}
    for name in ("imports", "load", *names):
        exec(source[name], found)
    return found


@pytest.mark.slow
def test_the_chapters_network_is_the_compact_one_with_its_preparation_inside(root):
    """Given the weights of the package's, it answers bytes as that answers prepared pictures."""
    from alexnet_tutorial.network import build
    from alexnet_tutorial.shapes import variant

    found = run(root, "prepare", "vary-layers", "network", "head")
    model, built = found["model"], build(variant("compact"), seed=3)
    ours = {layer.name: layer for layer in model.layers}
    for layer in built.layers[1:]:
        assert ours[layer.name].output.shape == layer.output.shape
        ours[layer.name].set_weights(layer.get_weights())
    pictures = found["x_test"][:16]
    prepared = pictures[:, 3:60, 3:60].astype("float32") / 255 - 0.5
    ours, theirs = (m.predict(x, verbose=0) for m, x in ((model, pictures), (built, prepared)))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.slow
def test_the_chapters_training_repeats_from_its_seed(root):
    weights = []
    for _ in range(2):
        found = run(root, "prepare", "vary-layers", "network", "head", "compile")
        x, y, model = found["x_train"][:96], found["y_train"][:96], found["model"]
        before = model.get_weights()
        model.fit(x, y, batch_size=32, epochs=2, verbose=0)
        weights.append(model.get_weights())
    assert not np.array_equal(before[0], weights[0][0]), "it has learned something"
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert 'expect(signs.kind != "real" or right >= 0.95 * len(said)' in cells(root)["test"]


@pytest.mark.slow
@pytest.mark.skipif(not has_signs(), reason="no SIGNS files in the data directory")
def test_train_is_plain_keras_to_the_last_digit():
    """Keras's own ``compile`` and ``fit`` beside ``train``, both stopped after three epochs."""
    import keras

    from alexnet_tutorial.network import build
    from alexnet_tutorial.pictures import Batches
    from alexnet_tutorial.shapes import variant
    from alexnet_tutorial.training import RECIPE, train, xla

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 2

    signs, compact = load_signs("real", seed=0), variant("compact")
    batches = Batches(signs.train, 57, classes=6, seed=0)
    rate = keras.optimizers.schedules.CosineDecay(0.001, 80 * len(batches))
    loss = "sparse_categorical_crossentropy"
    model = build(compact, seed=0)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], jit_compile=xla())
    model.fit(batches, epochs=80, callbacks=[Stop()], shuffle=False, verbose=0)
    run = train(compact, signs, seed=0, progress=False, callbacks=[Stop()])
    assert run.recipe == RECIPE and run.epochs == 3
    ours, theirs = model.get_weights(), run.model.get_weights()
    assert len(ours) == 16
    # Early stopping gave back the weights of the best epoch; of three, that is the last.
    assert run.best_epoch == 3
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
