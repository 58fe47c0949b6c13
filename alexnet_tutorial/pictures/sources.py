"""Where a set's pictures come from: one order for every set, and always said."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from .download import data_directory
from .errors import DataError

SOURCES = ("auto", "real", "download", "generated")
"""What every ``load_…`` takes as its source, beside the path of files."""

INSTEAD = 'source="generated" draws pictures here, which needs no network.'
"""What a download's error says to someone without a network."""


def choose(
    source: str | os.PathLike[str],
    directory: str | os.PathLike[str] | None,
    *,
    name: str,
    drawn: str = "drawn shapes",
    files: str,
    find: Callable[[Path], Path | None],
    fetch: Callable[[Path], Path],
    missing: Callable[[Path], str],
) -> tuple[Path | None, str]:
    """Decide where the pictures of a set come from; download them where that is asked for.

    ``auto`` takes what lies in the data directory, and drawn pictures where nothing does; in an
    online notebook (Colab, Kaggle) it tries a download in between.

    Args:
        source: One of ``SOURCES``, or a path.
        directory: The data directory, instead of ``data_directory()``.
        name: What the set is called.
        drawn: What stands in for it.
        files: What a path must lead to, in words.
        find: Path → the set's file or folder there, or None where there is none.
        fetch: Data directory → the set, downloaded.
        missing: Path → what to say where the set is not there.

    Returns:
        The set's file or folder, and how it was found ("from /data/signs"); None for drawn
        pictures, and why it is those ("", or " (no … in /data)").

    Raises:
        ValueError: An unknown source.
        DataError: The set is not where it should be, or the download did not arrive.
    """
    is_path = isinstance(source, os.PathLike) or (
        isinstance(source, str)
        and source not in SOURCES
        and (os.sep in source or "/" in source or (source and Path(source).exists()))
    )
    if not is_path and source not in SOURCES:
        raise ValueError(
            f"source={source!r} is not known. Known sources: {', '.join(SOURCES)}, or the path "
            f"of {files}."
        )
    if source == "generated":
        return None, ""
    if is_path:
        path = Path(source).expanduser().resolve()
        found = find(path)
        if found is None:
            raise DataError(missing(path))
        return found, f"from {found}"
    root = Path(directory).expanduser().resolve() if directory else data_directory()
    if source != "download":
        found = find(root)
        if found is not None:
            return found, f"from {found}"
        if source == "real":
            raise DataError(missing(root))
        if not _online_notebook():
            return None, f" (no {name} files in {root})"
    try:
        found = fetch(root)
    except DataError as error:
        if source == "download":
            raise
        print(f"Using {drawn}, because the download failed. {error}", file=sys.stderr)
        return None, f" (no {name} files in {root})"
    return found, f"downloaded to {found}"


def _online_notebook():
    return any(name in os.environ for name in ("COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"))
