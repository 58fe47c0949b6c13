"""Reading shards: every picture once an epoch, in a fair order, with the crops of every set."""

import json
import shutil
import tarfile
import tracemalloc

import numpy as np
import pytest

from alexnet_tutorial.imagenet import MANIFEST, load_shards, prepare
from alexnet_tutorial.imagenet.plan import Settings
from alexnet_tutorial.imagenet.shards import WINDOW
from alexnet_tutorial.pictures import Batches, DataError, Folder, load_folder
from alexnet_tutorial.pictures.augmentation import CROP_AND_FLIP

pytestmark = pytest.mark.usefixtures("no_class_index")


@pytest.fixture(scope="module")
def folder(ilsvrc, tmp_path_factory):
    """Shards of a miniature: three classes, 20 shards of training pictures."""
    place = tmp_path_factory.mktemp("shards")
    paths, _ = ilsvrc(place / "source", classes=3, each=20, val_each=4, odd=False)
    prepare(paths, place / "shards", Settings(side=64, per_shard=3), 1, progress=False)
    return place / "shards"


@pytest.fixture
def copy(folder, tmp_path):
    """A copy that may be damaged."""
    return shutil.copytree(folder, tmp_path / "shards")


def test_any_picture_can_be_read_by_its_place(folder):
    shards = load_shards(folder)
    rows = []
    for path in shards.files:
        with tarfile.open(path) as tar:
            members = tar.getmembers()
            for picture, label in zip(members[::2], members[1::2], strict=True):
                data = tar.extractfile(picture).read()
                rows.append((data, int(tar.extractfile(label).read()), picture.name))
    assert len(shards) == len(rows) == 60
    for row in (59, 0, 17, 18, 40):
        data, label, key = rows[row]
        assert shards.read(row) == data and shards.y[row] == label
        assert shards.name(row).endswith(key) and min(shards.open(row).size) == 64


def test_an_epoch_shows_every_picture_once_in_an_order_of_its_own(folder):
    shards = load_shards(folder)
    orders = [shards.order(np.random.default_rng([7, epoch])) for epoch in range(2)]
    for order in orders:
        assert sorted(order.tolist()) == [*range(60)]
    assert (orders[0] != orders[1]).any()
    assert (shards.order(np.random.default_rng([7, 1])) == orders[1]).all()
    # No more than so many shards are read from at the same time.
    at = np.searchsorted(shards.ends, orders[0], side="right")
    first = {shard: np.flatnonzero(at == shard)[0] for shard in range(20)}
    last = {shard: np.flatnonzero(at == shard)[-1] for shard in range(20)}
    for moment in range(60):
        assert sum(first[shard] <= moment <= last[shard] for shard in range(20)) <= WINDOW


def test_batches_cut_shards_as_they_cut_a_folder(folder, tmp_path):
    """Unpacked by tar, a shard is class folders; the batches of both are equal, crops included."""
    for path in sorted(folder.glob("train-*.tar")):
        with tarfile.open(path) as tar:
            tar.extractall(tmp_path / "unpacked", filter="data")
    shards, unpacked = load_shards(folder), load_folder(tmp_path / "unpacked")
    names = [f"{tmp_path / 'unpacked'}/{shards.name(row).split(': ')[1]}" for row in range(60)]
    same = unpacked.subset([unpacked.files.index(name) for name in names])
    assert isinstance(same, Folder) and same.y.tolist() == shards.y.tolist()
    how = {"batch_size": 60, "seed": 3, "shuffle": False, "augmentation": CROP_AND_FLIP}
    one, other = (Batches(pictures, 57, 3, **how)[0] for pictures in (shards, same))
    assert (one[0] == other[0]).all() and (one[1] == other[1]).all()


def test_batches_are_the_same_from_the_start_of_any_epoch(folder):
    def batches():
        return Batches(load_shards(folder), 57, batch_size=16, augmentation=CROP_AND_FLIP, seed=1)

    straight, late = batches(), batches()
    seen = []
    for epoch in range(3):
        straight.epoch = epoch
        seen = [straight[step] for step in range(len(straight))]
    late.epoch = 2
    for step, (x, y) in enumerate(seen):
        assert (late[step][0] == x).all() and (late[step][1] == y).all()
    assert sum(len(y) for _, y in seen) == 60


def test_reading_holds_no_more_pictures_than_are_at_work(folder):
    """The same peak after four times as many steps; one picture's pixels are 12 kilobytes."""
    batches = Batches(load_shards(folder), 57, batch_size=4, augmentation=CROP_AND_FLIP)
    batches[0]
    peaks = []
    for epochs in (1, 4):
        tracemalloc.start()
        for epoch in range(epochs):
            batches.epoch = epoch
            for step in range(len(batches)):
                batches[step]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 100_000, peaks


def test_identity_follows_the_bytes(folder, ilsvrc, tmp_path):
    paths, _ = ilsvrc(tmp_path / "source", classes=3, each=20, val_each=4, odd=False)
    prepare(
        paths, tmp_path / "other", Settings(side=64, per_shard=3, quality=80), 1, progress=False
    )
    one, same, other = (
        Batches(load_shards(place), 57).identity()["training set"]
        for place in (folder, folder, tmp_path / "other")
    )
    assert one == same != other


# --- what is refused -------------------------------------------------------------------------


def test_an_unfinished_folder_is_no_folder_of_shards(copy):
    (copy / MANIFEST).unlink()
    with pytest.raises(DataError, match="holds no manifest.json.*imagenet prepare"):
        load_shards(copy)
    copy.rename(copy.with_name("shards.unfinished"))
    with pytest.raises(DataError, match="the same `imagenet prepare` command finishes it"):
        load_shards(copy)


@pytest.mark.parametrize("what", ["missing", "short", "index", "manifest", "format"])
def test_a_damaged_folder(copy, what):
    shard = copy / "train-00004.tar"
    if what == "missing":
        shard.unlink()
    elif what == "short":
        shard.write_bytes(shard.read_bytes()[:-512])
    elif what == "index":
        (copy / "index.npz").write_bytes(b"0" + (copy / "index.npz").read_bytes()[1:])
    elif what == "manifest":
        (copy / MANIFEST).write_text("{")
    else:
        manifest = json.loads((copy / MANIFEST).read_text())
        (copy / MANIFEST).write_text(json.dumps(manifest | {"format": "2"}))
    with pytest.raises(DataError, match="missing|has .* bytes|not the one|no manifest of shards"):
        load_shards(copy)


def test_changed_bytes_are_found_where_they_are_looked_for(copy):
    shard = copy / "train-00004.tar"
    data = bytearray(shard.read_bytes())
    data[700] ^= 1
    shard.write_bytes(data)
    shards = load_shards(copy)
    with pytest.raises(DataError, match="train-00004.tar: has sha256"):
        shards.verify()
    load_shards(copy, "val").verify()


def test_a_damaged_picture_is_left_out_and_named(copy):
    shards = load_shards(copy)
    with open(shards.files[0], "r+b") as file:
        file.seek(int(shards.offset[1]))
        file.write(b"\0" * 200)
    batches = Batches(shards, 57, batch_size=60, augmentation=None, shuffle=False)
    assert len(batches[0][1]) == 59
    [(name, why)] = batches.problems.items()
    assert "train-00000.tar" in name and name.endswith(".jpg") and name in why


def test_an_unknown_part(folder):
    with pytest.raises(ValueError, match="part is 'test', and must be one of train, val"):
        load_shards(folder, "test")
