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
