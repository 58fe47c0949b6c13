"""The loader: where pictures come from, what is refused, and how they are split."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import platformdirs
import pytest

from alexnet_tutorial import files
from alexnet_tutorial.pictures import (
    ENVIRONMENT_VARIABLE,
    SAME_PHOTOGRAPH,
    DataError,
    Split,
    generate_signs,
    load_signs,
    nearest_neighbor,
    read_signs,
    same_pictures,
    save_signs,
    signs,
    split_photographs,
)

REAL = os.environ.get(ENVIRONMENT_VARIABLE)
HAS_REAL = bool(REAL) and (Path(REAL) / "signs" / "train_signs.h5").is_file()
needs_real = pytest.mark.skipif(
    not HAS_REAL, reason=f"{ENVIRONMENT_VARIABLE} names no folder with the SIGNS photographs"
)


@pytest.fixture(scope="module")
def drawn():
    return generate_signs(train=72, test=12, seed=3)


@pytest.fixture
def folder(tmp_path, drawn):
    save_signs(tmp_path / "signs", drawn[0], drawn[1])
    return tmp_path


@pytest.fixture(autouse=True)
def nowhere(tmp_path_factory, monkeypatch):
    """No environment variable, no checkout, an empty cache, and a small generated set."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    for name in ("COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: cache)
    monkeypatch.setattr(signs, "GENERATED_TRAIN", 36)
    monkeypatch.setattr(signs, "GENERATED_TEST", 12)
    return cache


# --- where from ------------------------------------------------------------------------------


def test_auto_prefers_the_variable(folder, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(folder))
    loaded = load_signs()
    assert loaded.kind == "real"
    assert str(folder) in loaded.source
    assert len(loaded.train) + len(loaded.validation) == 72
    assert len(loaded.test) == 12


def test_auto_finds_a_checkout_from_below(folder, tmp_path, monkeypatch):
    checkout = tmp_path / "checkout"
    (checkout / "alexnet_tutorial").mkdir(parents=True)
    (checkout / "pyproject.toml").touch()
    (checkout / "book").mkdir()
    shutil.copytree(folder / "signs", checkout / "data" / "signs")
    monkeypatch.chdir(checkout / "book")
    assert load_signs().kind == "real"


def test_auto_without_files_is_generated_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    loaded = load_signs()
    assert loaded.kind == "generated"
    assert "generated" in loaded.source and str(tmp_path) in loaded.source
    assert list(tmp_path.iterdir()) == []  # the user's folder stays as it was


def test_generated_is_kept_and_read_back(nowhere, monkeypatch):
    first = load_signs("generated")
    assert (nowhere / "generated").is_dir()
    monkeypatch.setattr(signs, "generate_signs", lambda *_: pytest.fail("drawn a second time"))
    again = load_signs("generated")
    assert np.array_equal(first.train.x, again.train.x)
    assert np.array_equal(first.test.y, again.test.y)


def test_generated_store_that_is_damaged_is_drawn_again(nowhere):
    first = load_signs("generated")
    (stored,) = nowhere.glob("generated/*/train_signs.h5")
    stored.write_bytes(stored.read_bytes()[:1000])
    assert np.array_equal(load_signs("generated").train.x, first.train.x)
    read_signs(stored.parent)


def test_generated_without_a_place_to_keep_it(nowhere, monkeypatch):
    def refuse(*_):
        raise PermissionError("read-only")

    monkeypatch.setattr(signs, "save_signs", refuse)
    assert load_signs("generated").kind == "generated"


@pytest.mark.parametrize("as_text", [True, False])
def test_a_folder_is_a_source(folder, as_text):
    for place in (folder, folder / "signs"):
        assert load_signs(str(place) if as_text else place).kind == "real"


def test_real_is_never_replaced_by_generated(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    with pytest.raises(DataError, match="train_signs.h5 and test_signs.h5") as error:
        load_signs("real")
    assert str(tmp_path) in str(error.value) and 'source="generated"' in str(error.value)
    with pytest.raises(DataError, match="no SIGNS files"):
        load_signs(tmp_path)


def test_a_variable_that_names_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(DataError, match="no such folder") as error:
        load_signs()
    assert ENVIRONMENT_VARIABLE in str(error.value)


@pytest.mark.parametrize("source", ["reel", "Generated", "", 3, None])
def test_unknown_sources_list_the_known(source):
    with pytest.raises(ValueError, match="auto, real, download, generated"):
        load_signs(source)


@pytest.mark.parametrize("share", [-0.1, 1, 107])
def test_a_share_outside_zero_to_one(share):
    with pytest.raises(ValueError, match="expected a share"):
        load_signs("generated", validation=share)


# --- bad files -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["train_signs.h5", "test_signs.h5"])
def test_one_file_of_two_is_an_error(folder, name, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(folder))
    (folder / "signs" / name).unlink()
    with pytest.raises(DataError, match=name):
        load_signs()


@pytest.mark.parametrize("name", ["train_signs.h5", "test_signs.h5"])
@pytest.mark.parametrize("keep", [0.0, 0.001, 0.5, 0.99])
def test_truncated_files(folder, name, keep, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(folder))
    path = folder / "signs" / name
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(DataError, match="not a whole HDF5 file") as error:
        load_signs()
    assert str(path) in str(error.value) and 'source="download"' in str(error.value)


def test_a_web_page_saved_as_data(folder):
    path = folder / "signs" / "test_signs.h5"
    path.write_text("<!DOCTYPE html><title>test_signs.h5</title>")
    with pytest.raises(DataError, match="web page"):
        load_signs(folder)


def test_files_swapped(folder):
    (folder / "signs" / "train_signs.h5").unlink()
    shutil.copy(folder / "signs" / "test_signs.h5", folder / "signs" / "train_signs.h5")
    with pytest.raises(DataError, match="lacks .*train_set_x"):
        load_signs(folder)


def _replace(folder, key, value):
    with h5py.File(folder / "signs" / "train_signs.h5", "r+") as file:
        del file[key]
        file[key] = value


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("train_set_x", lambda v: v.astype(np.float32) / 255, r"float32 \(72, 64, 64, 3\)"),
        ("train_set_x", lambda v: v[..., 0], r"uint8 \(72, 64, 64\)"),
        ("train_set_x", lambda v: v[:, :32], r"uint8 \(72, 32, 64, 3\)"),
        ("train_set_x", lambda v: v.transpose(0, 3, 1, 2), r"\(72, 3, 64, 64\)"),
        ("train_set_x", lambda v: v[:0], "empty"),
        ("train_set_x", lambda v: v[:71], r"\(72,\), expected integers of shape \(71,\)"),
        ("train_set_y", lambda v: v[None], r"\(1, 72\)"),
        ("train_set_y", lambda v: v.astype(float), "float64"),
        ("train_set_y", lambda v: v + 1, "outside the classes 0 to 5, the first is 6 at row"),
        ("train_set_y", lambda v: v - 1, "the first is -1 at row"),
        ("list_classes", lambda v: v + 1, r"\[1, 2, 3, 4, 5, 6\]"),
        ("list_classes", lambda v: v[:0], "list_classes"),
        ("list_classes", lambda v: np.arange(7), "do not belong together"),
    ],
)
def test_wrong_schema(folder, key, change, message):
    with h5py.File(folder / "signs" / "train_signs.h5") as file:
        value = file[key][()]
    _replace(folder, key, change(value))
    with pytest.raises(DataError, match=message):
        load_signs(folder)


def test_a_group_where_an_array_belongs(folder):
    with h5py.File(folder / "signs" / "train_signs.h5", "r+") as file:
        del file["train_set_y"]
        file.create_group("train_set_y")
    with pytest.raises(DataError, match="lacks .*train_set_y"):
        load_signs(folder)


def test_saving_refuses_what_could_not_be_read(tmp_path, drawn):
    train, test, _ = drawn
    with pytest.raises(DataError, match="float64"):
        save_signs(tmp_path, Split(train.x / 255, train.y), test)
    with pytest.raises(DataError, match="outside the classes"):
        save_signs(tmp_path, Split(train.x, train.y + 6), test)
    assert list(tmp_path.iterdir()) == []


def test_saving_broken_off_leaves_the_old_file(folder, drawn, monkeypatch):
    before = (folder / "signs" / "train_signs.h5").read_bytes()

    def broken(*_):
        raise OSError("no space left")

    monkeypatch.setattr(files.os, "replace", broken)
    with pytest.raises(OSError, match="no space"):
        save_signs(folder / "signs", drawn[1], drawn[0])
    assert (folder / "signs" / "train_signs.h5").read_bytes() == before
    assert sorted(p.name for p in (folder / "signs").iterdir()) == [
        "test_signs.h5",
        "train_signs.h5",
    ]


def test_saved_and_read_back_unchanged(folder, drawn):
    train, test, classes = read_signs(folder / "signs")
    assert np.array_equal(train.x, drawn[0].x) and np.array_equal(train.y, drawn[0].y)
    assert np.array_equal(test.x, drawn[1].x) and np.array_equal(test.y, drawn[1].y)
    assert classes == (0, 1, 2, 3, 4, 5)
    assert train.x.dtype == np.uint8 and train.y.dtype == np.int64


# --- duplicates and the split ----------------------------------------------------------------


def _brute_force(first, second, limit):
    """The same comparison written as plain loops, in Pillow's gray and its box filter."""
    from PIL import Image

    def small(picture):
        gray = Image.fromarray(picture).convert("L")
        return np.asarray(gray.resize((16, 16), Image.Resampling.BOX), float)

    return {
        (i, j)
        for i, a in enumerate(map(small, first))
        for j, b in enumerate(map(small, second))
        if np.sqrt(((a - b) ** 2).mean()) <= limit
    }


def test_same_pictures_against_plain_loops(drawn):
    rng = np.random.default_rng(0)
    train, test, _ = drawn
    copies = test.x.copy()
    copies[0] = train.x[7]
    noise = rng.normal(0, 3, train.x[9].shape)
    copies[5] = np.clip(train.x[9] + noise, 0, 255).astype(np.uint8)
    found = {(p.first, p.second) for p in same_pictures(train.x, copies)}
    assert found == _brute_force(train.x, copies, 1.5) == {(7, 0), (9, 5)}
    exact = [p for p in same_pictures(train.x, copies) if p.second == 0]
    assert exact[0].difference == 0.0


def test_a_jpeg_copy_is_the_same_photograph(drawn):
    import io

    from PIL import Image

    train = drawn[0]
    buffer = io.BytesIO()
    Image.fromarray(train.x[4]).save(buffer, "JPEG", quality=75)
    copy = np.asarray(Image.open(buffer))[None]
    assert [p.first for p in same_pictures(train.x, copy)] == [4]


def test_leaked_rows_leave_training(tmp_path, drawn):
    train, test, _ = drawn
    x = train.x.copy()
    x[[3, 40]], x[41] = test.x[5], test.x[0]
    save_signs(tmp_path, Split(x, train.y), test)
    loaded = load_signs(tmp_path, validation=0.2)
    assert loaded.removed == 3
    assert len(loaded.train) + len(loaded.validation) == 69
    for part in (loaded.train, loaded.validation):
        assert same_pictures(part.x, loaded.test.x) == []


def test_nothing_left_to_train_on(tmp_path, drawn):
    save_signs(tmp_path, drawn[1], drawn[1])
    with pytest.raises(DataError, match="nothing is left"):
        load_signs(tmp_path)


@pytest.mark.parametrize("seed", range(5))
def test_copies_stay_on_one_side(drawn, seed):
    train = drawn[0]
    x, y = np.concatenate([train.x, train.x[:30]]), np.concatenate([train.y, train.y[:30]])
    learn, validate = split_photographs(Split(x, y), 0.3, seed)
    assert sorted([*learn, *validate]) == list(range(102))
    assert same_pictures(x[learn], x[validate]) == []
    for label in range(6):
        wanted = round(0.3 * (y == label).sum())
        assert wanted - 1 <= (y[validate] == label).sum() <= wanted  # a pair may not fit


def test_split_is_stratified_and_seeded(drawn):
    train = drawn[0]
    learn, validate = split_photographs(train, 0.25, seed=1)
    assert np.bincount(train.y[validate]).tolist() == [3] * 6
    assert np.bincount(train.y[learn]).tolist() == [9] * 6
    assert np.array_equal(validate, split_photographs(train, 0.25, seed=1)[1])
    assert not np.array_equal(validate, split_photographs(train, 0.25, seed=2)[1])


def test_no_validation(folder):
    loaded = load_signs(folder, validation=0)
    assert loaded.validation.x.shape == (0, 64, 64, 3) and len(loaded.train) == 72


def test_nearest_neighbor_against_plain_loops(drawn):
    train, test, _ = drawn
    labels, rows, accuracy = nearest_neighbor(train, test)
    for i, picture in enumerate(test.x.astype(int)):
        distances = [((picture - other) ** 2).sum() for other in train.x.astype(int)]
        assert rows[i] == int(np.argmin(distances))
    assert np.array_equal(labels, train.y[rows])
    assert accuracy == np.mean(labels == test.y)


# --- the real photographs --------------------------------------------------------------------


@needs_real
def test_real_signs_as_described():
    loaded = load_signs(REAL)
    assert np.bincount(loaded.test.y).tolist() == [20] * 6
    assert loaded.removed == 12
    assert len(loaded.train) + len(loaded.validation) == 1080 - 12
    assert all(16 <= count <= 18 for count in np.bincount(loaded.validation.y))
    assert same_pictures(loaded.train.x, loaded.test.x) == []
    assert same_pictures(loaded.train.x, loaded.validation.x) == []


@needs_real
def test_real_leaks_stand_apart_from_the_rest():
    train, test, _ = read_signs(Path(REAL) / "signs")
    wide = [p.difference for p in same_pictures(train.x, test.x, limit=4)]
    copies = [d for d in wide if d <= SAME_PHOTOGRAPH]
    assert len(copies) == 12 and max(copies) * 3 < min(set(wide) - set(copies))
    assert nearest_neighbor(train, test)[2] == pytest.approx(0.908, abs=0.0005)


# --- the package -----------------------------------------------------------------------------


def test_loading_needs_neither_keras_nor_tensorflow():
    code = (
        "import sys, alexnet_tutorial.pictures; "
        "print([m for m in ('keras', 'tensorflow', 'jax', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_the_committed_sample(root):
    sample = root / "data" / "sample"
    train, test, _ = read_signs(sample)
    assert set(train.y.tolist()) == set(test.y.tolist()) == set(range(6))
    assert sum(p.stat().st_size for p in sample.iterdir()) < 200_000
