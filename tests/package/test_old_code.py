"""Old programs: each old name is found, fails today as the table says, and its replacement runs."""

import json
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest

from alexnet_tutorial.__main__ import main
from alexnet_tutorial.old_code import EFFECTS, TABLE, old_lines, read_program, table

ROOT = Path(__file__).resolve().parents[2]

# A line of an old program, and what to write today; both are run.
LINES = [
    ("from keras.layers.core import Dense", "from keras.layers import Dense"),
    ("from keras.layers.convolutional import Conv2D", "from keras.layers import Conv2D"),
    ("from keras.layers.pooling import MaxPooling2D", "from keras.layers import MaxPooling2D"),
    (
        "from keras.layers.normalization import BatchNormalization",
        "from keras.layers import BatchNormalization",
    ),
    ("from keras.layers.recurrent import LSTM", "from keras.layers import LSTM"),
    ("from keras.layers.embeddings import Embedding", "from keras.layers import Embedding"),
    (
        "from keras.layers.experimental.preprocessing import Rescaling",
        "from keras.layers import Rescaling",
    ),
    ("from keras.utils import np_utils", "from keras.utils import to_categorical"),
    ("from keras.utils.data_utils import get_file", "from keras.utils import get_file"),
    ("from keras.utils.vis_utils import plot_model", "from keras.utils import plot_model"),
    ("from keras.engine.topology import Layer", "from keras import Layer"),
    ("from keras.objectives import mse", "keras.losses.mean_squared_error"),
    ("from keras.preprocessing.image import ImageDataGenerator", "layers.RandomFlip()"),
    ("from keras.utils import multi_gpu_model", "keras.distribution.DataParallel"),
    ("from keras.layers import merge, Dense", "layers.Concatenate()([x[:, 0], x[:, 1]])"),
    ("keras.backend.set_image_dim_ordering('tf')", "keras.config.image_data_format()"),
    ("K = keras.backend; K.get_session()", "keras.backend.clear_session"),
    ("layers.Conv2D(4, 3, border_mode='same')", "layers.Conv2D(4, 3, padding='same')"),
    ("layers.Conv2D(4, 3, subsample=(2, 2))", "layers.Conv2D(4, 3, strides=2)"),
    ("layers.MaxPooling2D(2, dim_ordering='tf')", "layers.MaxPooling2D(2)"),
    ("layers.Conv2D(nb_filter=4, nb_row=3, nb_col=3)", "layers.Conv2D(filters=4, kernel_size=3)"),
    ("layers.Dense(4, init='he_normal')", "layers.Dense(4, kernel_initializer='he_normal')"),
    ("layers.Dense(4, W_regularizer='l2')", "layers.Dense(4, kernel_regularizer='l2')"),
    ("layers.Dense(output_dim=4)", "layers.Dense(units=4)"),
    ("layers.Conv2D(4, 3, atrous_rate=2)", "layers.Conv2D(4, 3, dilation_rate=2)"),
    ("layers.Dense(4, bias=False)", "layers.Dense(4, use_bias=False)"),
    ("layers.Dropout(p=0.5)", "layers.Dropout(0.5)"),
    ("layers.BatchNormalization(mode=0)", "layers.BatchNormalization()"),
    ("layers.Dense(4, input_shape=(3,))", "keras.Input((3,))"),
    (
        "keras.Model(input=net.inputs, output=net.outputs)",
        "keras.Model(inputs=net.inputs, outputs=net.outputs)",
    ),
    ("net.layers[0].output_shape", "net.layers[0].output.shape"),
    ("net.fit(x, y, nb_epoch=1)", "net.fit(x, y, epochs=1, verbose=0)"),
    ("net.fit(x, y, nb_val_samples=3)", "net.fit(x, y, validation_data=(x, y), verbose=0)"),
    ("net.fit_generator((x, y) for _ in '1')", "net.fit(((x, y) for _ in '1'), verbose=0)"),
    ("net.predict_generator((x,) for _ in '1')", "net.predict(((x,) for _ in '1'), verbose=0)"),
    ("net.fit(x, y, workers=2)", "net.fit(x, y, verbose=0)"),
    ("net.predict_classes(x)", "net.predict(x, verbose=0).argmax(axis=-1)"),
    ("net.predict_proba(x)", "net.predict(x, verbose=0)"),
    ("net.fit(x, y, verbose=0).history['acc']", "net.fit(x, y, verbose=0).history['accuracy']"),
    ("keras.optimizers.SGD(lr=0.01)", "keras.optimizers.SGD(learning_rate=0.01)"),
    (
        "keras.optimizers.SGD(0.01, decay=1e-6)",
        "keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 1e-6)",
    ),
    ("net.optimizer.lr * 0.1", "net.optimizer.learning_rate = 0.1"),
    ("keras.optimizers.adam(0.001)", "keras.optimizers.Adam(0.001)"),
    (
        "keras.callbacks.ModelCheckpoint('best.hdf5')",
        "keras.callbacks.ModelCheckpoint('best.keras')",
    ),
    ("net.save_weights('net.h5')", "net.get_weights()"),
    ("tf.placeholder('float', (None, 3))", "keras.Input((3,))"),
    ("tf.Session()", "net(x)"),
    ("tf.get_default_graph()", "None"),
    ("tf.contrib.layers", "layers.Flatten()"),
    ("tf.train.AdamOptimizer(0.1)", "keras.optimizers.Adam(0.1)"),
    ("tf.set_random_seed(0)", "keras.utils.set_random_seed(0)"),
    ("tf.log(x)", "tf.math.log(x)"),
    ("tf.truncated_normal((2,))", "tf.random.truncated_normal((2,))"),
    ("tf.app.run()", "None"),
    ("np.float(3)", "float(3)"),
    ("from scipy.ndimage.interpolation import zoom; zoom", "from scipy.ndimage import zoom"),
    ("from scipy.misc import imread", "keras.utils.load_img"),
    ("print 'loss'", "print('loss')"),
    ("xrange(3)", "range(3)"),
    ("{}.has_key(3)", "3 in {}"),
]


@pytest.fixture(scope="module")
def names():
    tf = pytest.importorskip("tensorflow")
    layers = keras.layers
    net = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="softmax")])
    net.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.random.default_rng(0).random((4, 3), dtype="float32"), np.arange(4)
    return {"keras": keras, "layers": layers, "tf": tf, "np": np, "net": net, "x": x, "y": y}


@pytest.mark.parametrize(("old", "new"), LINES, ids=[old for old, _ in LINES])
def test_an_old_line_is_found_fails_and_its_replacement_runs(old, new, names, tmp_path):
    path = tmp_path / "old.py"
    path.write_text(old)
    found = old_lines(path)
    assert found, "not in the table"
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            exec(old, dict(names))
        except Exception as error:
            assert found[0].old.effect == "stops" or isinstance(error, SyntaxError), error
        else:
            assert found[0].old.effect == "warns" and warned
    path.write_text(new)
    assert not old_lines(path)
    exec(new, dict(names))


def test_three_numbers_are_a_stride_today(tmp_path, names):
    path = tmp_path / "old.py"
    path.write_text("layers.Convolution2D(32, 3, 3)\nlayers.Conv2D(96, 11, 4)\nConv2D(8, 3, 3,)\n")
    found = old_lines(path)
    assert [(line.line, line.old.effect) for line in found] == [(1, "changes"), (3, "changes")]
    assert names["layers"].Convolution2D(32, 3, 3).strides == (3, 3)


@pytest.mark.parametrize("name", ["bool", "long"])
def test_names_that_numpy_gave_back_are_types_of_its_own(name, tmp_path):
    path = tmp_path / "old.py"
    path.write_text(f"np.{name}(1)")
    assert [line.old.effect for line in old_lines(path)] == ["changes"]
    assert issubclass(getattr(np, name), np.generic)


def test_no_false_alarm_in_this_books_own_code():
    """Today's programs hold no old name: all of the chapters but the two that show old ones."""
    shown_on_purpose = {"24_broken_notebook.ipynb", "91_error_index.ipynb"}
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        if path.name not in shown_on_purpose:
            assert not old_lines(path), [str(line) for line in old_lines(path)]
    for path in sorted((ROOT / "alexnet_tutorial" / "training").glob("*.py")):
        assert not old_lines(path)


def notebook(path, *cells):
    path.write_text(json.dumps({"cells": list(cells), "nbformat": 4}), encoding="utf-8")
    return path


def test_notebooks_are_read_by_cells(tmp_path, capsys):
    path = notebook(
        tmp_path / "old.ipynb",
        {"cell_type": "markdown", "source": ["model.fit(nb_epoch=3)"]},
        {"cell_type": "code", "source": ["# nb_epoch=2\n", "model.fit(x, y,\n", "  nb_epoch=3)"]},
        {"cell_type": "code", "source": "model.predict_classes(x)"},
    )
    assert [(line.cell, line.line) for line in old_lines(path)] == [(2, 3), (3, 1)]
    assert main(["explain", "--notebook", str(path)]) == 1
    said = capsys.readouterr().out
    assert "cell 2, line 3: nb_epoch=3)" in said and "epochs=" in said and "2 lines" in said
    assert main(["explain", "--notebook", str(path), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)[1]["write"] == "predict(x).argmax(axis=-1)"
    third = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["K.get_session()"]}]}]}
    (tmp_path / "3.ipynb").write_text(json.dumps(third))
    assert len(old_lines(tmp_path / "3.ipynb")) == 1


def test_what_is_no_program_is_refused(tmp_path, capsys):
    (tmp_path / "a.ipynb").write_text("{}")
    (tmp_path / "b.ipynb").write_text("no JSON")
    (tmp_path / "c.py").write_bytes(b"\xff\xfe\x00\x80")
    for name, words in (
        ("a.ipynb", "no notebook"),
        ("b.ipynb", "no notebook"),
        ("c.py", "no text"),
    ):
        with pytest.raises(ValueError, match=words):
            read_program(tmp_path / name)
        assert main(["explain", "--notebook", str(tmp_path / name)]) == 1
        assert name in capsys.readouterr().err


def test_a_program_of_today_is_left_alone(tmp_path, capsys):
    path = tmp_path / "new.py"
    path.write_text("model.fit(x, y, epochs=3)\nmodel.history.history['accuracy']\n")
    assert main(["explain", "--notebook", str(path)]) == 0
    assert "no line" in capsys.readouterr().out


def test_the_table_is_whole():
    text = table()
    assert len(TABLE) >= 60 and len({old.old for old in TABLE}) == len(TABLE)
    for old in TABLE:
        assert old.effect in EFFECTS and old.old in text and old.new in text
