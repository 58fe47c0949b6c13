"""What the tests of several sets of pictures share: small archives, made here."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def jpeg():
    """Give a function that makes a small photograph: smooth, of its own, as JPEG bytes."""

    def make(seed, height=40, width=50, mode="RGB"):
        small = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype="uint8")
        picture = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        data = io.BytesIO()
        picture.convert(mode).save(data, "JPEG", quality=90)
        return data.getvalue()

    return make


@pytest.fixture(scope="session")
def pack():
    """Give a function that writes {name: bytes, or a TarInfo} as a .tar.gz archive."""

    def write(path, members):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w:gz") as tar:
            for name, data in members.items():
                if isinstance(data, tarfile.TarInfo):
                    tar.addfile(data)
                    continue
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return path

    return write


@pytest.fixture
def full_disk(monkeypatch):
    """Let every disk have 100 bytes left."""
    from alexnet_tutorial.pictures import download

    class Usage:
        free = 100

    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: Usage)


@pytest.fixture
def no_class_index(monkeypatch, tmp_path_factory):
    """Ask no list of ImageNet's classes that may be at hand: those of a test are made up."""
    monkeypatch.setenv("ALEXNET_TUTORIAL_DATA", str(tmp_path_factory.mktemp("data")))


@pytest.fixture
def few_hands(monkeypatch, tmp_path_factory):
    """Let few hands be drawn, and keep them in a folder of their own: drawing all takes seconds."""
    from alexnet_tutorial.pictures import signs

    monkeypatch.setattr(signs, "GENERATED_TRAIN", 240)
    monkeypatch.setattr(signs, "GENERATED_TEST", 60)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def ilsvrc(jpeg):
    """Give a function that writes a miniature of ILSVRC 2012, in the layout it was published in.

    It returns the three archives, and key → (label, the picture's bytes) of each part, as the
    shards should have it. The devkit numbers its classes in another order than the alphabet's. A
    PNG is called .JPEG in the training archive, one picture is CMYK, and one is cut short.
    """
    from scipy.io import savemat

    def tar(path, members, mode="w"):
        with tarfile.open(path, mode) as archive:
            for name, data in members:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return path

    def packed(members):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as archive:
            for name, content in members:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return data.getvalue()

    def make(folder, classes=6, each=20, val_each=3, leave_out=(), lines=None, odd=True):
        folder.mkdir(parents=True, exist_ok=True)
        wnids = [f"n{1440764 + 4117 * i:08d}" for i in range(classes)]
        numbers = [(5 * i + 2) % classes + 1 for i in range(classes)]  # ILSVRC2012_ID of each
        assert sorted(numbers) == [*range(1, classes + 1)], "classes not a multiple of 5"
        expected = {"train": {}, "val": {}}
        outer = []
        for y, wnid in enumerate(wnids):
            inner = []
            for i in range(each):
                name = f"{wnid}_{37 * i + y}"
                size = (60 + 7 * (i % 3), 50 + 11 * (i % 4))
                data = jpeg(100 * y + i, *size, mode="L" if i == 3 else "RGB")
                if odd and (y, i) == (1, 2):
                    png = io.BytesIO()
                    Image.open(io.BytesIO(data)).save(png, "PNG")
                    data = png.getvalue()
                if odd and (y, i) == (2, 4):
                    data = jpeg(4, *size, mode="CMYK")
                if odd and (y, i) == (3, 5):
                    data = data[: len(data) // 2]
                else:
                    expected["train"][f"{wnid}/{name}"] = (y, data)
                inner.append((f"{name}.JPEG", data))
            if wnid not in leave_out:
                outer.append((f"{wnid}.tar", packed(inner)))
        truth = np.random.default_rng(0).permutation(np.repeat(np.arange(classes), val_each))
        heap = []
        for i, y in enumerate(truth.tolist()):
            data = jpeg(9000 + i, 64, 70)
            heap.append((f"ILSVRC2012_val_{i + 1:08d}.JPEG", data))
            expected["val"][f"{wnids[y]}/ILSVRC2012_val_{i + 1:08d}"] = (y, data)
        heap = [heap[i] for i in np.random.default_rng(1).permutation(len(heap))]
        rows = [
            (number, wnid, f"thing {wnid}, other name", 0, each)
            for number, wnid in zip(numbers, wnids, strict=True)
        ]
        rows += [(classes + 1, "n00001740", "entity", 2, 0)]
        kinds = ("ILSVRC2012_ID", "WNID", "words", "num_children", "num_train_images")
        table = np.zeros((len(rows), 1), [(kind, object) for kind in kinds])
        for i, row in enumerate(sorted(rows)):
            table[i, 0] = row
        mat = io.BytesIO()
        savemat(mat, {"synsets": table})
        text = "".join(f"{numbers[y]}\n" for y in truth[:lines])
        root = "ILSVRC2012_devkit_t12"
        return (
            tar(folder / "ILSVRC2012_img_train.tar", outer),
            tar(folder / "ILSVRC2012_img_val.tar", heap),
            tar(
                folder / f"{root}.tar.gz",
                [
                    (f"{root}/readme.txt", b"This is a miniature.\n"),
                    (f"{root}/data/meta.mat", mat.getvalue()),
                    (f"{root}/data/ILSVRC2012_validation_ground_truth.txt", text.encode()),
                ],
                "w:gz",
            ),
        ), expected

    return make
