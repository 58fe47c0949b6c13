"""The references: every paper that a chapter links to is in the list."""

import re
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
PAPER = re.compile(r"arxiv\.org/abs/(\d{4}\.\d{4,5})|doi\.org/(10\.\d{4,}/[^\s)\"\\]+)")


def test_every_linked_paper_is_in_the_list():
    listed = (BOOK / "references.bib").read_text(encoding="utf-8")
    missing = set()
    for page in [*BOOK.glob("*.ipynb"), *BOOK.glob("*.md")]:
        for arxiv, doi in PAPER.findall(page.read_text(encoding="utf-8")):
            if (arxiv or doi) not in listed:
                missing.add((page.name, arxiv or doi))
    assert not missing, sorted(missing)
