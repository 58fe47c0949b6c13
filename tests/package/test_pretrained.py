"""The network that comes with the package: what is kept is what was trained, and is small."""

import json
import time
from importlib.resources import files

import numpy as np
import pytest

from alexnet_tutorial.__main__ import main
from alexnet_tutorial.classifier import Classifier
from alexnet_tutorial.pictures import Preprocessing, load_imagenette
from alexnet_tutorial.pictures.download import data_directory
from alexnet_tutorial.shapes import variant
from alexnet_tutorial.weights import pretrained as kept

CLASSES = tuple("abcdefghij")


@pytest.fixture(scope="module")
def network():
    """The network that ships, its weights in place."""
    return kept.pretrained()


@pytest.fixture
def untrained(tmp_path):
    """An untrained one, written to a folder: (classifier, answers, folder)."""
    made = Classifier.from_architecture(
        variant("small"), CLASSES, preprocessing=Preprocessing(108, 96, mean=0.5)
    )
    kept.rounded(made)
    x = np.random.default_rng(0).integers(0, 256, (20, 120, 110, 3), dtype=np.uint8)
    said = kept.ask(made, x, np.arange(20) % 10)
    kept.save_pretrained(made, variant("small"), said, {"test_accuracy": 0.1}, tmp_path)
    return made, x, said, tmp_path


def test_what_is_kept_comes_back_to_the_last_bit(untrained):
    made, x, said, folder = untrained
    again = kept.pretrained(folder)
    for ours, theirs in zip(again.model.get_weights(), made.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(again.predict_proba(x), said.probabilities)
    assert again.preprocessing == made.preprocessing and again.classes == CLASSES
    assert kept.record(folder)["test_accuracy"] == 0.1
    back = kept.answers(folder)
    np.testing.assert_array_equal(back.y, said.y)
    np.testing.assert_allclose(back.probabilities, said.probabilities, atol=1e-3)
    np.testing.assert_allclose(back.ten_views, made.predict_proba(x, views=10), atol=1e-3)


def test_weights_of_another_network_are_refused(untrained):
    *_, folder = untrained
    said = json.loads((folder / kept.RECORD).read_text("utf-8"))
    said["network"] = variant("compact").to_json()
    (folder / kept.RECORD).write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(ValueError, match=r"photographs.npz holds .*conv1/kernel.*must be the same"):
        kept.pretrained(folder)


def test_it_is_small_and_says_how_it_was_made(network):
    folder = files("alexnet_tutorial") / "recorded"
    sizes = [len((folder / n).read_bytes()) for n in (kept.WEIGHTS, kept.RECORD, kept.TEST)]
    assert sum(sizes) < 3e6 and network.model.count_params() < 2_000_000
    said = kept.record()
    assert said["command"] == "python benchmarks/photographs.py --folder DIR"
    assert "Keras" in said["machine"] and time.strptime(said["date"], "%Y-%m-%d")
    assert "/" not in said["machine"] and "/" not in said["data"]
    assert said["pictures"]["test"] == 3925 == len(kept.answers().y)
    losses = said["history"]["val_loss"]
    assert said["best_epoch"] == losses.index(min(losses)) + 1


def test_its_accuracy_is_that_of_its_answers():
    said, p = kept.record(), kept.answers()
    right = int((p.probabilities.argmax(1) == p.y).sum())
    assert right == round(said["test_accuracy"] * 3925)
    assert said["test_accuracy"] >= 0.75
    np.testing.assert_allclose(p.probabilities.sum(1), 1, atol=5e-3)


def has_photographs():
    folder = data_directory()
    return any(folder.glob("imagenette2*.tgz")) or any(folder.glob("imagenette/imagenette2*.tgz"))


@pytest.mark.slow
@pytest.mark.skipif(not has_photographs(), reason="no Imagenette in the data directory")
def test_it_reads_the_photographs_as_recorded(network):
    """Every tenth test picture; another processor rounds otherwise."""
    sets, said = load_imagenette("real", pixels=108), kept.answers()
    rows = np.arange(0, 3925, 10)
    p = network.predict_proba(sets.test.x[rows])
    np.testing.assert_array_equal(sets.test.y, said.y)
    np.testing.assert_allclose(p, said.probabilities[rows], atol=2e-3)
    few = rows[::10]
    views = network.predict_proba(sets.test.x[few], views=10)
    np.testing.assert_allclose(views, said.ten_views[few], atol=2e-3)
    assert network.class_names == sets.classes and network.classes == sets.wnids


def test_predict_takes_it_where_no_network_is_named(tmp_path, capsys):
    from PIL import Image

    picture, missing = tmp_path / "photo.png", tmp_path / "none.png"
    Image.new("RGB", (200, 150), (90, 120, 200)).save(picture)
    assert main(["predict", str(picture), "--top", "3"]) == 0
    said = capsys.readouterr()
    assert said.out.count("%") == 3 and "golf ball" in said.err
    picture.write_bytes(b"no picture")
    assert main(["predict", str(picture)]) == 1
    assert "1 pictures cannot be read" in capsys.readouterr().err
    assert main(["predict", str(missing)]) == 1
    assert "no such file" in capsys.readouterr().err
    assert main(["predict", "some.keras"]) == 1
    assert "Name pictures after it" in capsys.readouterr().err
