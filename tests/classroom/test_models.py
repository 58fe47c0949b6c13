"""A stranger's model: loaded where it is Keras's own, refused before that where it is not."""

import io
import json
import zipfile

import pytest

from classroom.models import LARGEST, PARTS, load_model, model_bytes

DENSE = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 2}}


def file(config, weights=b"", parts=PARTS):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in parts:
            content = weights if name == PARTS[2] else json.dumps(config)
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a zip file"),
        (b"PK", "not a zip file"),
        (file({}, parts=PARTS[:2]), "other parts"),
        (file({}, parts=[*PARTS, "assets/x"]), "other parts"),
        (file({}, b"0" * (LARGEST + 1)), "larger than 50 MB"),
        (file({"layers": [DENSE, {**DENSE, "class_name": "Lambda"}]}), "a Lambda"),
        (file({"a": {"b": [{**DENSE, "class_name": "Own"}]}}), "a Own"),
        (file({**DENSE, "module": "os"}), "a Dense"),
        (file({**DENSE, "module": "kerasx.layers"}), "a Dense"),
        (file({**DENSE, "module": ["keras"]}), "a Dense"),
        (file({"class_name": "function", "module": "builtins", "config": "eval"}), "a function"),
        (file({"class_name": ["Dense"]}), "a ['Dense']"),
        (file({"module": "os", "class_name": "__lambda__"}), "a __lambda__"),
    ],
)
def test_what_is_not_keras_own_is_refused_before_keras_sees_it(content, why, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "keras", None)  # importing it would fail
    with pytest.raises(ValueError, match="cannot be loaded") as error:
        load_model(content)
    assert why in str(error.value)


@pytest.mark.slow
def test_a_compiled_model_comes_back_as_it_was():
    import numpy as np

    from alexnet_tutorial.session import import_keras

    keras = import_keras()
    keras.utils.set_random_seed(1)
    layers = keras.layers
    plan = [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu", name="conv1")]
    plan += [layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(3, name="scores")]
    model = keras.Sequential(plan)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.003), loss, metrics=["accuracy"])
    x = np.random.default_rng(1).normal(size=(6, 8, 8, 3)).astype("float32")
    found = load_model(model_bytes(model))
    assert [layer.name for layer in found.layers] == [layer.name for layer in model.layers]
    assert found.get_layer("conv1").activation is keras.activations.relu
    assert np.allclose(found(x), model(x)) and found.loss.from_logits
    assert np.isclose(float(found.optimizer.learning_rate), 0.003)
