"""Weights that others trained on ImageNet, pinned by their hash."""

from os import PathLike
from pathlib import Path

from alexnet_tutorial.pictures import download
from alexnet_tutorial.pictures.download import PinnedFile

PUBLISHED = {
    "torchvision": (
        PinnedFile(
            "alexnet-owt-7be5be79.pth",
            244_408_911,
            "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
        ),
        "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    ),
    "bvlc": (
        PinnedFile(
            "bvlcalexnet-12.onnx",
            243_863_787,
            "6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945",
        ),
        # The ONNX zoo's own copy is in Git LFS, whose quota is often used up; it moved here.
        "https://huggingface.co/onnxmodelzoo/bvlcalexnet-12/resolve/main/bvlcalexnet-12.onnx",
    ),
}
"""Weights that others trained on ImageNet: name → (the file as it was published, its address)."""


def fetch(
    name: str,
    folder: str | PathLike | None = None,
    *,
    url: str | None = None,
    progress: bool = True,
) -> Path:
    """Download published weights, or find them where they were downloaded before.

    Args:
        name: ``"torchvision"`` (Krizhevsky's network of 2014, trained by PyTorch's authors) or
            ``"bvlc"`` (that of 2012 in Caffe's order, trained at Berkeley, from the ONNX zoo).
        folder: Where the file goes; None takes ``weights/`` in the data directory.
        url: Another address of the same file. The sha256 decides, not the address.
        progress: Whether to report progress on stderr.

    Returns:
        The file.

    Raises:
        ValueError: There are no weights of this name, or the download is not what was published.

    Example:
        >>> fetch("lenet")
        Traceback (most recent call last):
        ValueError: unknown weights 'lenet'. Known: torchvision, bvlc.
    """
    pinned, address = _published(name)
    return download.download(pinned, folder or _folder(), url or address, progress=progress)


def downloaded(name: str, folder: str | PathLike | None = None) -> Path | None:
    """Find published weights where :func:`fetch` put them, without asking the network.

    Args:
        name: As :func:`fetch`.
        folder: As :func:`fetch`.

    Returns:
        The file; None where it was never downloaded.

    Raises:
        ValueError: There are no weights of this name, or the file there is not what was published.
    """
    return download.downloaded(_published(name)[0], folder or _folder())


def _published(name):
    if name not in PUBLISHED:
        raise ValueError(f"unknown weights {name!r}. Known: {', '.join(PUBLISHED)}.")
    return PUBLISHED[name]


def _folder():
    from alexnet_tutorial.pictures import data_directory

    return data_directory() / "weights"
