"""The pages of the book, in the order of ``_toc.yml``, and where its data lies."""

import os
import re
from pathlib import Path

import yaml

from tools.environment import ROOT

# Pages that have another name today: the old one, without its folder, and the new one. An address
# that was once published leads somewhere for ever, so nothing is taken out of this table.
MOVED = {
    "12_puzzle_224": "14_puzzle_224",
    "14_broken_notebook": "24_broken_notebook",
    "20_year_2012": "31_year_2012",
    "21_parts": "32_parts",
    "22_two_towers": "33_two_towers",
    "23_assembled": "34_assembled",
    "31_data": "22_data",
    "32_first_training": "23_first_training",
    "33_not_learning": "25_not_learning",
    "34_recipe_2012": "35_recipe_2012",
    "35_augmentation": "36_augmentation",
    "36_evaluation": "41_evaluation",
    "37_transfer": "42_transfer",
    "38_learned": "43_learned",
    "39_ablations": "38_ablations",
    "40_paper_again": "37_paper_again",
    "41_full_size": "51_full_size",
    "42_where_time_goes": "52_where_time_goes",
}


def toc(root: Path = ROOT) -> list[tuple[str, list[str]]]:
    """List the pages in the order of ``_toc.yml``.

    Returns:
        Pairs of a part's caption (empty for the first page) and its pages, each a path without
        suffix such as ``book/11_convolution``.
    """
    written = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    parts = [("", [written["root"]])]
    for part in written.get("parts", [written]):
        chapters = [chapter["file"] for chapter in part.get("chapters", [])]
        parts.append((part.get("caption", ""), chapters))
    return parts


def pages(root: Path = ROOT) -> list[Path]:
    """List the files that ``_toc.yml`` names, in its order, as paths relative to the root.

    Raises:
        SystemExit: A page is named that is not there, or named twice.
    """
    found = []
    for name in (name for _, names in toc(root) for name in names):
        suffixes = [s for s in (".ipynb", ".md") if (root / (name + s)).is_file()]
        if len(suffixes) != 1:
            raise SystemExit(f"_toc.yml names {name}: expected one {name}.ipynb or {name}.md")
        found.append(Path(name + suffixes[0]))
    if len(set(found)) != len(found):
        raise SystemExit("_toc.yml names a page twice")
    return found


def notebooks(root: Path = ROOT) -> list[Path]:
    """List the notebooks that ``_toc.yml`` names."""
    return [page for page in pages(root) if page.suffix == ".ipynb"]


def numbered(text: str, page: str | Path) -> str:
    """Give a chapter's title with its number before it. The number is that of its file.

    Args:
        text: The notebook's first cell, whose first line is the title; or the title.
        page: The notebook, such as ``book/11_convolution.ipynb``. A page without a number, and
            the back matter, whose files begin with 9, keep their title.

    Example:
        >>> numbered("# One convolution\\n\\nIn a", "book/11_convolution.ipynb")
        '11 · One convolution'
        >>> numbered("Error index", "91_error_index.ipynb")
        'Error index'
    """
    title = text.partition("\n")[0].removeprefix("# ")
    number = re.match(r"([1-8]\d)_", Path(page).name)
    return f"{number[1]} · {title}" if number else title


def data_folder(root: Path = ROOT) -> Path:
    """Find the data directory, as an absolute path: notebooks run elsewhere."""
    return Path(os.environ.get("ALEXNET_TUTORIAL_DATA") or root / "data").resolve()


def minutes(seconds: float) -> str:
    """Put a duration into words.

    Example:
        >>> minutes(41.4), minutes(80), minutes(150)
        ('41 seconds', '1.3 minutes', '2.5 minutes')
    """
    return f"{seconds:.0f} seconds" if seconds < 60 else f"{seconds / 60:.1f} minutes"
