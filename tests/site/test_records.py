"""The page of benchmarks shows what was recorded, and names what was not."""

import json
import re

import pytest

from alexnet_tutorial.weights.pretrained import RECORDED
from tools.environment import ROOT
from tools.records import MARK, RECORDS, with_records

PAGE = ROOT / "book" / "benchmarks.md"


def test_every_record_has_its_place_on_the_page():
    assert sorted(MARK.findall(PAGE.read_text(encoding="utf-8"))) == sorted(RECORDS)


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_shown_with_its_command_machine_versions_and_date(name):
    file, command, _ = RECORDS[name]
    shown = with_records(f"<!-- record: {name} -->")
    if not (RECORDED / file).exists():
        assert shown.startswith("*Not measured yet.*") and f"`{command}`" in shown
        return
    table, made = shown.split("\n\n")
    widths = {row.count("|") for row in table.splitlines()}
    assert len(widths) == 1 and len(table.splitlines()) > 2
    assert re.search(r"\d cores", made) and re.search(r"Keras 3\.\d+", made)
    assert re.search(r"20\d\d-\d\d-\d\d", made)
    ran = re.search(r"`[^`]*\b(benchmarks/[^` ]+)[^`]*`", made)
    assert (ROOT / ran[1]).exists() and "/" not in made.replace(ran[0], "")


def test_numbers_are_those_of_the_record():
    record = json.loads((RECORDED / "speed.json").read_text(encoding="utf-8"))
    shown = with_records("<!-- record: speed -->")
    for row, line in zip(record["results"], shown.splitlines()[2:6], strict=True):
        assert row["mode"] in line and f"| {row['ratio']:.2f} |" in line
        best = max(speed for who, speed in row["speeds"].items() if "torch" in who)
        assert row["ratio"] == pytest.approx(row["speeds"]["keras"] / best)


def test_the_page_says_of_the_shares_what_was_recorded():
    assert "above four fifths" in PAGE.read_text(encoding="utf-8")
    record = json.loads((RECORDED / "speed.json").read_text(encoding="utf-8"))
    shares = [
        row["operations"] * row["speeds"]["keras"] / row["product"]
        for row in record["results"]
        if row["mode"] == "inference"
    ]
    assert len(shares) == 2 and min(shares) > 0.8


def test_an_unknown_record_is_refused():
    with pytest.raises(KeyError, match="weather"):
        with_records("<!-- record: weather -->")
