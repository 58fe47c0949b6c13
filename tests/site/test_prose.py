"""The prose linter: what it finds, what it leaves alone, and where it looks."""

import json

import pytest

from tools import prose


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("The loss is is small.", "lexical_illusions"),
        ("A picture, and\nand another.", "lexical_illusions"),
        ("It is very unique.", "uncomparables"),
        ("At the end of the day it learns.", "cliches"),
        ("We revert back to the start.", "redundancy"),
        ("It learns, ir" + "regardless of the rate.", "nonwords"),
        ("Wait...", "typography.symbols.ellipsis"),
    ],
)
def test_a_fault_is_found(text, rule):
    assert any(f"({rule}" in found for found in prose.findings(f"Before.\n\n{text}\n\nAfter."))


@pytest.mark.parametrize(
    "text",
    [
        "`is is` and ``` is is ```\n\n```python\nis is\n```",
        "Of $x$ of, and $$ x x $$ and [and](and.md) and <b>b</b> b.",
        'What to take along\n\nAlong one line: very small. But a "saliency" has more correct ones.',
        "",
    ],
)
def test_what_is_no_fault_is_left_alone(text):
    assert prose.findings(text) == []


def test_every_rule_that_is_off_is_a_rule():
    assert {each.path for each in prose.__register__} >= set(prose.OFF)


def test_notebooks_and_pages_are_read_and_code_is_not(tmp_path, monkeypatch, capsys):
    cells = [
        {"cell_type": kind, "id": kind, "source": ["Not at at all.\n"]}
        for kind in ("markdown", "code")
    ]
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "11_a.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    assert prose.main() == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("book/11_a.ipynb [markdown]: 'at at': ")
    cells.pop(0)
    (tmp_path / "book" / "11_a.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert prose.main() == 0
    (tmp_path / "README.md").write_text("Nothing at at all.", encoding="utf-8")
    assert prose.main() == 1
