"""The teacher's guide: its links set the workbench, and it lists what the checks recognize."""

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote

import pytest

from alexnet_tutorial import workbench
from alexnet_tutorial.checks import QUESTIONS
from tools import pages, stage

BOOK = Path(__file__).resolve().parents[2] / "book"
GUIDE = (BOOK / "teachers.md").read_text(encoding="utf-8")


def test_links_to_the_workbench_set_a_network_that_is_there():
    states = re.findall(r'href="workbench\.html#([^"]+)"', GUIDE)
    assert len(states) >= 6
    for state in states:
        said = {name: value for name, (value,) in parse_qs(unquote(state)).items()}
        shown = workbench.show(said["net"], said.get("layer"), said.get("compare"))
        assert shown.state == state


@pytest.mark.parametrize("minutes", [50, 90])
def test_the_minutes_of_a_lesson_add_up(minutes):
    plan = GUIDE.partition(f": {minutes} minutes\n")[2].partition("\n## ")[0]
    assert sum(map(int, re.findall(r"^\| (\d+) \|", plan, re.MULTILINE))) == minutes


def test_every_chapter_and_every_slip_is_in_the_guide(tmp_path):
    stage.write_misconceptions(tmp_path / "written.txt")
    written = (tmp_path / "written.txt").read_text(encoding="utf-8")
    for page in pages.notebooks():
        assert f"]({page.name})\n" in written, page
    assert "Exercise ?" not in written
    plain = re.sub(r"\\(.)", r"\1", written)
    for question in QUESTIONS.values():
        for _, slip, *_ in question.misconceptions:
            assert slip in plain, f"{question.name}: {slip}"
    assert "```{include} misconceptions.txt" in GUIDE
