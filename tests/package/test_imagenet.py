"""Shards of ImageNet's archives: every picture once, the same bytes whatever happens on the way."""

import contextlib
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from alexnet_tutorial.__main__ import main
from alexnet_tutorial.imagenet import MANIFEST, prepare, read_devkit
from alexnet_tutorial.imagenet.plan import Settings
from alexnet_tutorial.imagenet.worker import convert
from alexnet_tutorial.pictures.errors import DataError

SMALL = Settings(side=32, per_shard=16)


pytestmark = pytest.mark.usefixtures("no_class_index")


@pytest.fixture(scope="module")
def miniature(ilsvrc, tmp_path_factory):
    """The archives, and what should come out."""
    return ilsvrc(tmp_path_factory.mktemp("ilsvrc"))


@pytest.fixture(scope="module")
def made(miniature, tmp_path_factory):
    """A folder of shards, and its manifest."""
    into = tmp_path_factory.mktemp("made") / "shards"
    with pytest.warns(UserWarning, match="cannot be decoded: 1 of the pictures"):
        manifest = prepare(miniature[0], into, SMALL, processes=2, progress=False)
    return into, manifest


def contents(folder):
    """File → bytes."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def found(folder, part):
    """(key, label, JPEG) of every picture, read by nothing of the package."""
    for path in sorted(folder.glob(f"{part}-*.tar")):
        with tarfile.open(path) as tar:
            members = tar.getmembers()
            for picture, label in zip(members[::2], members[1::2], strict=True):
                key, suffix = os.path.splitext(picture.name)
                assert suffix == ".jpg" and label.name == f"{key}.cls"
                yield key, int(tar.extractfile(label).read()), tar.extractfile(picture).read()


@pytest.mark.parametrize("part", ["train", "val"])
def test_every_picture_is_there_once_with_its_class(miniature, made, part):
    expected = miniature[1][part]
    seen = [*found(made[0], part)]
    assert sorted(key for key, _, _ in seen) == sorted(expected)
    for key, label, data in seen:
        right, source = expected[key]
        assert label == right, key
        picture = Image.open(io.BytesIO(data))
        assert picture.format == "JPEG" and picture.mode == "RGB" and min(picture.size) == 32
        # The pixels are those that Pillow makes of the source, but for what a JPEG loses.
        whole = Image.open(io.BytesIO(source)).convert("RGB")
        wanted = whole.resize(picture.size, Image.Resampling.BILINEAR)
        apart = np.asarray(picture, "float64") - np.asarray(wanted, "float64")
        assert np.sqrt((apart**2).mean()) < 6, key


def test_the_manifest_says_what_is_there(miniature, made):
    import hashlib

    into, manifest = made
    assert json.loads((into / MANIFEST).read_text("utf-8")) == manifest
    assert manifest["classes"] == sorted(manifest["classes"]) and len(manifest["classes"]) == 6
    assert manifest["class_names"][0] == f"thing {manifest['classes'][0]}"
    train = manifest["parts"]["train"]
    assert train["by_class"] == [20, 20, 20, 19, 20, 20] and train["pictures"] == 119
    assert train["kinds"] == {"JPEG CMYK": 1, "JPEG L": 6, "JPEG RGB": 111, "PNG RGB": 1}
    assert sorted(train["odd"].values()) == ["JPEG CMYK", "PNG RGB"]
    [(cut, why)] = train["left_out"].items()
    assert cut.startswith(manifest["classes"][3]) and "damaged or cut short" in why
    assert manifest["parts"]["val"]["by_class"] == [3] * 6
    assert [source["bytes"] for source in manifest["sources"]] == [
        path.stat().st_size for path in miniature[0]
    ]
    for part in manifest["parts"].values():
        for shard in part["shards"]:
            data = (into / shard["name"]).read_bytes()
            assert len(data) == shard["bytes"]
            assert hashlib.sha256(data).hexdigest() == shard["sha256"]
    assert {shard["name"] for part in manifest["parts"].values() for shard in part["shards"]} | {
        MANIFEST,
        "index.npz",
    } == {path.name for path in into.iterdir()}
    assert not into.with_name("shards.unfinished").exists()


def test_mean_and_covariance_are_those_of_the_pixels(miniature, made):
    pixels = []
    for _, data in miniature[1]["train"].values():
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        size = [32 * side // min(picture.size) for side in picture.size]
        x = np.asarray(picture.resize(size, Image.Resampling.BILINEAR))
        down, right = (
            np.floor((np.arange(n) + 0.5) * side / n).astype(int)
            for side, n in ((side, -(-side // 8)) for side in x.shape[:2])
        )
        pixels.append(x[down][:, right])
    pixels = np.concatenate([x.reshape(-1, 3) for x in pixels]).astype("float64")
    said = made[1]["pixels"]
    assert np.allclose(said["mean"], pixels.mean(0), atol=1e-3)
    assert np.allclose(said["covariance"], np.cov(pixels.T, bias=True), atol=1e-3)


def test_shards_are_fair_samples_in_no_order(made):
    """Each shard holds all classes, and neighbors are of different ones about as often as drawn."""
    labels = [label for _, label, _ in found(made[0], "train")]
    same = np.mean(np.array(labels[1:]) == labels[:-1])
    assert same < 0.35  # a sixth is expected; sorted by class it would be 0.95
    counts = [shard["pictures"] for shard in made[1]["parts"]["train"]["shards"]]
    assert max(counts) - min(counts) <= 2 and len(counts) == 8


def test_one_process_makes_the_same(miniature, made, tmp_path):
    with pytest.warns(UserWarning):
        prepare(miniature[0], tmp_path / "shards", SMALL, processes=1, progress=False)
    assert contents(tmp_path / "shards") == contents(made[0])


@pytest.mark.parametrize("work", [True, False])
def test_stopped_between_the_manifest_and_the_folders_name(miniature, made, tmp_path, work):
    """All is there, but for the scaffold and the name."""
    unfinished = shutil.copytree(made[0], tmp_path / "shards.unfinished")
    if work:
        (unfinished / "work").mkdir()
        (unfinished / "work" / "left.json").write_text("{}")
    with pytest.warns(UserWarning):
        assert prepare(miniature[0], tmp_path / "shards", SMALL, progress=False) == made[1]
    assert contents(tmp_path / "shards") == contents(made[0]) and not unfinished.exists()


def test_what_is_complete_is_left_alone(miniature, made):
    before = {path.name: path.stat().st_mtime_ns for path in made[0].iterdir()}
    assert prepare(miniature[0], made[0], SMALL, progress=False) == made[1]
    assert before == {path.name: path.stat().st_mtime_ns for path in made[0].iterdir()}
    with pytest.raises(ValueError, match="made with the settings.*another folder"):
        prepare(miniature[0], made[0], Settings(side=40, per_shard=16), progress=False)


STARTER = """
import os, sys, warnings
from alexnet_tutorial.imagenet import Settings, prepare
warnings.simplefilter("ignore")
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.setsid()
        prepare(sys.argv[2:], sys.argv[1], Settings(side=32, per_shard=16), 1, progress=False)
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.mark.slow
def test_killed_twenty_times_at_random_it_makes_the_same(miniature, made, tmp_path):
    """Before there is a plan, within a shard, or after one; its own process alone, or all."""
    into, building, rng = tmp_path / "shards", tmp_path / "shards.unfinished", random.Random(0)
    kills: Counter[str] = Counter()
    command = [sys.executable, "-c", STARTER, into, *miniature[0]]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as starter:
        while kills.total() < 20 or not into.exists():
            if into.exists():  # it was done before the signal came
                assert contents(into) == contents(made[0])
                shutil.rmtree(into)
            print(file=starter.stdin, flush=True)
            child = int(starter.stdout.readline())
            if kills.total() < 20:
                when = rng.choice(["at once", "in a shard", "in a shard", "after a shard"])
                before, until = len([*building.glob("*.tar")]), time.monotonic() + 60
                while time.monotonic() < until and not (
                    when == "at once"
                    or into.exists()
                    or (when == "in a shard" and [*building.glob(".train*.part")])
                    or len([*building.glob("*.tar")]) > before
                ):
                    time.sleep(0.001)
                time.sleep(rng.random() * 0.02)
                kill = rng.choice([os.kill, os.killpg])
                with contextlib.suppress(ProcessLookupError):
                    kill(child, signal.SIGKILL)
                status = int(starter.stdout.readline())
                if os.WIFSIGNALED(status):
                    assert os.WTERMSIG(status) == signal.SIGKILL
                    kills[when] += 1
                else:
                    assert status == 0 and into.exists()
            else:
                assert int(starter.stdout.readline()) == 0
        starter.stdin.close()
    assert kills.total() == 20 and len(kills) == 3
    assert contents(into) == contents(made[0])


def test_a_folder_and_its_archive_give_the_same(ilsvrc, tmp_path):
    """And the same as a plain tar, whatever the order of the members."""
    _, expected = ilsvrc(tmp_path / "source", classes=3, each=6, val_each=2, odd=False)
    members = [
        (f"set/{part}/{key}.JPEG", data)
        for part, pictures in expected.items()
        for key, (_, data) in pictures.items()
    ]
    for name, data in members:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    results = []
    for name, mode, order in (("a.tgz", "w:gz", 1), ("b.tar", "w", -1), ("set", None, 1)):
        if mode:
            with tarfile.open(tmp_path / name, mode) as tar:
                for member, data in members[::order]:
                    info = tarfile.TarInfo(member)
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
        prepare([tmp_path / name], tmp_path / f"into-{name}", SMALL, 1, progress=False)
        results.append(contents(tmp_path / f"into-{name}"))
        manifest = json.loads(results[-1].pop(MANIFEST))
        assert manifest["sources"][0]["name"] == name
    assert results[0] == results[1] == results[2]
    keys = {key for part in expected.values() for key in part}
    assert {key for part in expected for key, _, _ in found(tmp_path / "into-set", part)} == keys


def test_two_pictures_of_one_name_are_both_kept(ilsvrc, tmp_path):
    _, expected = ilsvrc(tmp_path / "source", classes=3, each=4, val_each=2, odd=False)
    for part, pictures in expected.items():
        for key, (_, data) in pictures.items():
            path = tmp_path / "set" / part / f"{key}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            if key.endswith("_37"):
                path.with_name("a.b.jpg").write_bytes(data)
                path.with_name("a_b.jpeg").write_bytes(data)
    manifest = prepare([tmp_path / "set"], tmp_path / "into", SMALL, 1, progress=False)
    keys = [key for key, _, _ in found(tmp_path / "into", "train")]
    assert manifest["parts"]["train"]["pictures"] == len({*keys}) == len(keys) == 14
    assert not any("." in key for key in keys)


# --- what is refused -------------------------------------------------------------------------


def refused(paths, tmp_path, match, settings=SMALL, **options):
    """It is refused in words, and nothing is left, neither whole nor begun."""
    into = tmp_path / "refused" / "shards"
    with pytest.raises((DataError, ValueError), match=match):
        prepare(paths, into, settings, 1, progress=False, **options)
    assert not into.exists() and not into.with_name("shards.unfinished").exists()


def test_a_missing_class(ilsvrc, tmp_path):
    paths, _ = ilsvrc(tmp_path, classes=3, each=2, leave_out=["n01444881"])
    refused(paths, tmp_path, "1 of the 3 classes are missing: n01444881")


def test_a_ground_truth_of_another_length(ilsvrc, tmp_path):
    paths, _ = ilsvrc(tmp_path, classes=3, each=2, lines=8)
    refused(paths, tmp_path, "holds 9 pictures, and .* has 8 lines")


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("share", [0.3, 0.77, 0.999])
def test_an_archive_cut_short(ilsvrc, tmp_path, which, share):
    paths, _ = ilsvrc(tmp_path, classes=3, each=2)
    data = paths[which].read_bytes()
    kept = int(share * len(data)) // 512 * 512  # at a border of blocks, where it looks whole
    # A tar ends in zeros up to a length of 10,240 bytes: without some of them all is there.
    end = data.rstrip(b"\0")
    paths[which].write_bytes(data[: min(kept, len(end) - 1)])
    refused(paths, tmp_path, "cut short|not a whole archive|is missing|are missing|lines")


@pytest.mark.parametrize("which", [1, 2])
def test_a_class_that_ends_where_a_picture_ends(ilsvrc, tmp_path, which):
    """Its archive was cut short at a border between two files, and then packed with the others."""
    (train, *others), _ = ilsvrc(tmp_path, classes=3, each=3)
    with tarfile.open(train) as tar:
        inner = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    name = sorted(inner)[which]
    with tarfile.open(fileobj=io.BytesIO(inner[name])) as tar:
        inner[name] = inner[name][: tar.getmembers()[-1].offset]
    with tarfile.open(train, "w") as tar:
        for member, data in inner.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    refused((train, *others), tmp_path, f"{name}.*(goes on where|neither a file nor its end)")


def test_archives_in_the_wrong_order(miniature, tmp_path):
    train, val, devkit = miniature[0]
    refused((val, train, devkit), tmp_path, "is no class of the devkit")
    in_order = "Expected in this order: training pictures, validation pictures, devkit"
    refused((devkit, val, train), tmp_path, f"devkit_t12.tar.gz: this is compressed.*{in_order}")
    refused((devkit, train, val), tmp_path, f"devkit_t12.tar.gz: this is compressed.*{in_order}")
    refused((train, val), tmp_path, "2 paths are given")
    refused((train, val, tmp_path / "nothing"), tmp_path, "there is no such file")
    refused((train,), tmp_path, "has 0 classes in train/ and 0 in val/.*all three are needed")


def test_what_is_no_file(miniature, tmp_path):
    """A named pipe too: one would wait for ever for its bytes."""
    train, val, devkit = miniature[0]
    refused((tmp_path, val, devkit), tmp_path, "is a folder. Expected the archives themselves")
    os.mkfifo(tmp_path / "pipe")
    refused((train, tmp_path / "pipe", devkit), tmp_path, "pipe: is no plain file")
    refused((tmp_path / "pipe",), tmp_path, "pipe: is no plain file")


def test_a_ground_truth_without_a_class(ilsvrc, tmp_path):
    paths, _ = ilsvrc(tmp_path, classes=3, each=2, val_each=1, lines=2)
    refused(paths, tmp_path, r"names no picture of class n0144.* \(1 of 3 classes have none\)")


def test_a_full_disk_is_seen_before_work_begins(miniature, tmp_path, full_disk):
    refused(miniature[0], tmp_path, "MB are needed to make shards, and 0.0 MB are free")


def test_a_disk_that_fills_up_at_work(miniature, made, tmp_path, monkeypatch):
    """No more than 30,000 bytes can be written into a file: the better part of a shard."""
    into = tmp_path / "shards"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, hard))
    try:
        with pytest.raises(OSError, match="File too large: .*train-0000.*goes on from here"):
            prepare(miniature[0], into, SMALL, processes=2, progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not into.exists()
    unfinished = tmp_path / "shards.unfinished"
    assert not (unfinished / MANIFEST).exists() and not [*unfinished.glob("*.tar")]
    with pytest.warns(UserWarning):
        prepare(miniature[0], into, SMALL, processes=2, progress=False)
    assert contents(into) == contents(made[0]) and not unfinished.exists()


def test_a_picture_cut_short_stops_where_it_is_to_stop(miniature, tmp_path):
    with pytest.raises(DataError, match="n01453115/n01453115_188: damaged or cut short"):
        prepare(miniature[0], tmp_path / "shards", SMALL, 1, "raise", progress=False)
    assert not (tmp_path / "shards").exists()


def test_an_unfinished_folder_of_other_settings(miniature, tmp_path):
    with pytest.raises(DataError):
        prepare(miniature[0], tmp_path / "shards", SMALL, 1, "raise", progress=False)
    with pytest.raises(ValueError, match="beginnings of other shards.*start again"):
        prepare(miniature[0], tmp_path / "shards", Settings(side=48), 1, progress=False)


def test_a_folder_that_holds_something_else(miniature, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is there already, and holds no manifest.json"):
        prepare(miniature[0], tmp_path, SMALL, 1, progress=False)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_two_commands_at_the_same_time(miniature, made, tmp_path):
    """Without a lock one would take away what the other has begun to write."""
    import fcntl

    work = tmp_path / "shards.unfinished" / "work"
    work.mkdir(parents=True)
    with open(work / "lock", "ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="another process is making these shards"):
            prepare(miniature[0], tmp_path / "shards", SMALL, 1, progress=False)
    with pytest.warns(UserWarning):
        prepare(miniature[0], tmp_path / "shards", SMALL, 1, progress=False)
    assert contents(tmp_path / "shards") == contents(made[0])


def test_a_link_to_an_empty_folder(miniature, made, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    with pytest.warns(UserWarning):
        prepare(miniature[0], tmp_path / "link", SMALL, 1, progress=False)
    assert contents(tmp_path / "disk") == contents(made[0])
    assert (tmp_path / "link").is_symlink()


def test_where_no_folder_can_be_made(miniature, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="shards.unfinished: cannot be made .*Not a directory"):
        prepare(miniature[0], tmp_path / "file" / "shards", SMALL, 1, progress=False)
    assert (tmp_path / "file").read_text() == "mine"


def test_relative_paths_from_another_folder(miniature, made, tmp_path, monkeypatch):
    """What was begun in one folder can be gone on with in another."""
    monkeypatch.chdir(miniature[0][0].parent)
    with pytest.raises(DataError):
        names = [path.name for path in miniature[0]]
        prepare(names, tmp_path / "shards", SMALL, 1, "raise", progress=False)
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning):
        prepare(miniature[0], "shards", SMALL, 1, progress=False)
    assert contents(tmp_path / "shards") == contents(made[0])


@pytest.mark.parametrize("file", ["plan.npz", "train-00000.tar.json"])
def test_a_damaged_beginning(miniature, made, tmp_path, file):
    with pytest.raises(DataError):
        prepare(miniature[0], tmp_path / "shards", SMALL, 1, "raise", progress=False)
    work = tmp_path / "shards.unfinished" / "work"
    (work / file).write_bytes(b"{")
    if file == "plan.npz":
        with pytest.raises(DataError, match="plan.npz: cannot be read.*Remove .*to start again"):
            prepare(miniature[0], tmp_path / "shards", SMALL, 1, progress=False)
        return
    (work.parent / "train-00000.tar").write_bytes(b"")
    with pytest.warns(UserWarning):
        prepare(miniature[0], tmp_path / "shards", SMALL, 1, progress=False)
    assert contents(tmp_path / "shards") == contents(made[0])


def test_a_shard_that_was_lost_is_not_called_complete(made, miniature, tmp_path):
    copy = shutil.copytree(made[0], tmp_path / "shards")
    (copy / "val-00001.tar").unlink()
    with pytest.raises(DataError, match="val-00001.tar: is missing.*remove it and make"):
        prepare(miniature[0], copy, SMALL, 1, progress=False)


def test_a_process_that_fails_otherwise_says_why(tmp_path):
    (tmp_path / "plan.npz").write_bytes(b"nothing of the kind")
    command = [sys.executable, "-m", "alexnet_tutorial.imagenet.worker"]
    run = subprocess.run(
        [*command, tmp_path, tmp_path, "skip"], input="train-00000.tar\n", stdout=-1, text=True
    )
    said = json.loads(run.stdout)
    assert run.returncode == 1 and not said["data"] and "Error: " in said["error"]


@pytest.fixture
def pictures(jpeg, tmp_path):
    """A folder of two classes, three pictures each, in both parts."""
    for part in ("train", "val"):
        for label, name in enumerate(("cat", "dog")):
            (tmp_path / "set" / part / name).mkdir(parents=True)
            for i in range(3):
                path = tmp_path / "set" / part / name / f"{i}.jpg"
                path.write_bytes(jpeg(10 * label + i))
    return tmp_path / "set"


def test_class_folders_that_hold_nothing(pictures, tmp_path):
    for part in ("train", "val"):
        (pictures / part / "bird").mkdir()
    refused((pictures,), tmp_path, "train/bird: this class folder holds no picture")


def test_a_picture_without_a_class(pictures, tmp_path):
    shutil.copy(pictures / "train" / "cat" / "0.jpg", pictures / "val" / "stray.jpg")
    refused((pictures,), tmp_path, "stray.jpg: this picture lies outside the class folders")


def test_names_longer_than_a_tar_takes(pictures, tmp_path):
    for more in ("a", "b"):
        shutil.copy(pictures / "train/cat/0.jpg", pictures / f"train/cat/{'x' * 150}{more}.jpg")
    for part in ("train", "val"):
        (pictures / part / "dog").rename(pictures / part / ("d" * 200))
    manifest = prepare([pictures], tmp_path / "into", SMALL, 1, progress=False)
    keys = [key for key, _, _ in found(tmp_path / "into", "train")]
    assert manifest["parts"]["train"]["pictures"] == len({*keys}) == 8
    assert manifest["classes"] == ["cat", "d" * 200]


def test_what_is_left_out_is_said_the_same_every_time(pictures, tmp_path):
    """Pillow's own words hold an address in memory."""
    (pictures / "train" / "cat" / "text.jpg").write_text("no picture")
    (pictures / "train" / "dog" / "empty.jpg").write_text("")
    with pytest.warns(UserWarning, match="2 of the pictures"):
        one, other = (
            prepare([pictures], tmp_path / name, SMALL, 1, progress=False) for name in "ab"
        )
    assert one == other
    assert "none of JPEG, PNG" in one["parts"]["train"]["left_out"]["cat/text"]


def test_pictures_that_become_shorter_meanwhile(pictures, tmp_path):
    """They were whole when they were looked for, and are not left out as if they never were."""
    broken = pictures / "train" / "cat" / "text.jpg"
    broken.write_text("no picture")
    with pytest.raises(DataError):
        prepare([pictures], tmp_path / "into", SMALL, 1, "raise", progress=False)
    path = pictures / "val" / "dog" / "1.jpg"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(OSError, match="dog/1.jpg: has become shorter.*Put the whole file back"):
        prepare([pictures], tmp_path / "into", SMALL, 1, progress=False)


def test_damaged_exif_data_are_passed_over_in_silence(pictures, tmp_path, capfd):
    path = pictures / "train" / "cat" / "0.jpg"
    damaged = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x0f\x01\x02\0\xff\xff\0\0\xff\xff\0\0"
    Image.open(path).save(path, "JPEG", exif=damaged)
    manifest = prepare([pictures], tmp_path / "into", SMALL, 1, progress=False)
    assert manifest["parts"]["train"]["pictures"] == 6
    assert capfd.readouterr().err == ""


def test_a_process_that_is_killed_is_named(miniature, tmp_path, monkeypatch):
    from alexnet_tutorial.imagenet import prepare as module

    real = subprocess.Popen

    def dies(command, **options):
        return real([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], **options)

    monkeypatch.setattr(sys.modules[module.__module__].subprocess, "Popen", dies)
    with pytest.raises(OSError, match="process that made it has ended.*-9"):
        prepare(miniature[0], tmp_path / "shards", SMALL, 2, progress=False)


@pytest.mark.parametrize("wrong", [{"side": 4}, {"quality": 100}, {"per_shard": 0}, {"seed": -1}])
def test_settings_out_of_range(wrong):
    with pytest.raises(ValueError, match=f"{[*wrong][0]} is .* must be an integer from"):
        Settings(**wrong)


def test_the_command(miniature, made, tmp_path, capsys):
    words = ["imagenet", "prepare", *map(str, miniature[0]), "--into", str(made[0])]
    assert main([*words, "--side", "32", "--per-shard", "16"]) == 0
    said = capsys.readouterr().out
    assert "6 classes" in said and "119 pictures in 8 shards" in said and "1 PNG RGB" in said
    assert main([*words, "--side", "32", "--per-shard", "16", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == made[1]
    assert main([*words, "--side", "64"]) == 1
    assert "error:" in capsys.readouterr().err
    assert main(["imagenet", "train", str(tmp_path), "--into", str(tmp_path / "run")]) == 1
    assert "holds no manifest.json" in capsys.readouterr().err


# --- the devkit ------------------------------------------------------------------------------


def test_labels_follow_the_wnids_and_not_the_devkits_numbers(miniature):
    kit = read_devkit(miniature[0][2])
    assert list(kit.classes) == sorted(kit.classes) and len(kit.classes) == 6
    right = {key.rpartition("_")[2]: y for key, (y, _) in miniature[1]["val"].items()}
    assert kit.truth.tolist() == [right[name] for name in sorted(right)]
    assert kit.announced == (20,) * 6


def test_fewer_pictures_than_announced_are_said(ilsvrc, tmp_path):
    """The kit says how many there are; an archive that was packed anew may lack some."""
    (train, val, _), _ = ilsvrc(tmp_path / "few", classes=3, each=3, odd=False)
    (_, _, devkit), _ = ilsvrc(tmp_path / "many", classes=3, each=4, odd=False)
    with pytest.warns(UserWarning, match="3 pictures here, and the devkit announces 4"):
        prepare((train, val, devkit), tmp_path / "into", SMALL, 1, progress=False)


# --- one picture -----------------------------------------------------------------------------


def test_a_reduced_decoding_stays_near_a_whole_one():
    """What `convert` allows itself for large JPEGs: less than one step of 255 in the mean."""
    rng = np.random.default_rng(0)
    for height, width in ((1100, 1500), (2300, 1900)):
        small = Image.fromarray(rng.integers(0, 256, (60, 80, 3), dtype="uint8"))
        picture = small.resize((width, height), Image.Resampling.BICUBIC)
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=92)
        _, made, kind = convert(data.getvalue(), "it", 256, 90)
        pixels = np.asarray(made)
        whole = Image.open(io.BytesIO(data.getvalue())).convert("RGB")
        wanted = whole.resize((pixels.shape[1], pixels.shape[0]), Image.Resampling.BILINEAR)
        apart = np.abs(pixels.astype("float64") - np.asarray(wanted))
        assert kind == "JPEG RGB" and min(pixels.shape[:2]) == 256
        assert apart.mean() < 1.0


@pytest.mark.slow
def test_memory_does_not_grow_with_the_pictures(jpeg, tmp_path):
    """Peak memory of the process that plans and of those that work, at three sizes."""
    data = jpeg(1)
    peaks = []
    for each in (60, 240, 960):
        folder = tmp_path / str(each)
        for part, count in (("train", each), ("val", 2)):
            for name in ("cat", "dog"):
                (folder / part / name).mkdir(parents=True)
                for i in range(count):
                    (folder / part / name / f"{i}.jpg").write_bytes(data)
        code = (
            "import resource, sys\n"
            "from alexnet_tutorial.imagenet import prepare\n"
            "from alexnet_tutorial.imagenet.plan import Settings\n"
            "prepare([sys.argv[1]], sys.argv[2], Settings(side=32, per_shard=64), 1, "
            "progress=False)\n"
            "who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)\n"
            "print(*(resource.getrusage(one).ru_maxrss for one in who))\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", code, folder, tmp_path / f"into-{each}"],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append([int(word) for word in run.stdout.split()])
        shutil.rmtree(folder)
    for grown in np.array(peaks[2]) - np.array(peaks[0]):
        assert grown < 6_000, peaks  # kilobytes; the pictures' pixels alone would be 11,000 more
