"""The archive for a classroom without internet, used as a teacher would."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.pages import data_folder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def packed(site, archive, tmp_path_factory):
    """Make the archive, as make offline does, but with few hands: to draw all takes long."""
    from alexnet_tutorial.pictures import signs

    target, draw = tmp_path_factory.mktemp("packed") / "book.zip", signs.generate_signs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signs, "generate_signs", lambda train, test, seed: draw(240, 60, seed))
        patch.setattr(archive, "TARGET", target)
        archive.main([])
    return target


@pytest.fixture(scope="module")
def unpacked(packed, archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("USB stick Übung 课堂")
    with zipfile.ZipFile(packed) as found:
        found.extractall(folder)
    return folder / archive.FOLDER


def test_holds_all_that_a_classroom_needs(unpacked, site, packed):
    for page in site.rglob("*.html"):
        assert (unpacked / "site" / page.relative_to(site)).is_file(), page
    notebooks = {path.name for path in (unpacked / "notebooks").glob("*.ipynb")}
    assert notebooks == {path.name for path in (ROOT / "book").glob("*.ipynb")}
    released = ROOT / "classroom" / "release"
    for path in released.rglob("*.ipynb"):
        assert (unpacked / "assignments" / path.relative_to(released)).is_file(), path
    assert len(list((unpacked / "wheels").glob("alexnet_tutorial-*.whl"))) == 1
    readme = (unpacked / "README.txt").read_text(encoding="utf-8")
    assert re.findall(r"^(\d)\. ", readme, re.MULTILINE) == ["1", "2", "3"]
    with zipfile.ZipFile(packed) as found:
        names = found.namelist()
        assert names == sorted(names) and len({entry.date_time for entry in found.infolist()}) == 1


def test_two_archives_of_one_state_are_the_same(archive, tmp_path, monkeypatch):
    """All of it but the site, whose files are copied as they are; with few drawn hands."""
    from alexnet_tutorial.pictures import generate_signs, save_signs

    def few(folder):
        train, test, _ = generate_signs(train=12, test=6)
        save_signs(folder / "signs", train, test)
        return SimpleNamespace(train=train, validation=[], test=test)

    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("a page", encoding="utf-8")
    monkeypatch.setattr(archive, "SITE", tmp_path / "site")
    monkeypatch.setattr(archive, "generated_data", few)
    made = []
    for name in ("first.zip", "second.zip"):
        monkeypatch.setattr(archive, "TARGET", tmp_path / name)
        archive.main([])
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_tells_nothing_of_the_machine_and_has_no_photographs(unpacked):
    data = data_folder()
    for path in unpacked.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for folder in (ROOT, data):
                assert f"{folder}/".encode() not in content, path
    photographs = [path.read_bytes() for path in (data / "signs").glob("*.h5")]
    kept = list(unpacked.rglob("*.h5"))
    assert len(kept) == 2
    assert not [path for path in kept if path.read_bytes() in photographs]


def test_site_works_from_the_files(unpacked, browser):
    site = (unpacked / "site").as_uri()
    context = browser.new_context()
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(request.url))
    page.goto(f"{site}/index.html")
    page.wait_for_url("**/intro.html")
    page.wait_for_load_state("networkidle")  # leaving sooner would break off what still loads
    page.locator("article a[href='11_convolution.html']").first.click()
    page.wait_for_url("**/11_convolution.html")
    page.wait_for_selector("article mjx-container:visible")
    assert page.evaluate("document.fonts.ready.then(f => [...f].some(g => g.status == 'loaded'))")
    page.wait_for_load_state("networkidle")
    page.goto(f"{site}/book/workbench.html")
    page.wait_for_load_state("networkidle")
    page.goto(f"{site}/search.html?q=convolution")
    page.wait_for_selector("#search-results li a")
    page.wait_for_timeout(300)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert said == [], said
    context.close()


def test_a_notebook_reads_the_hands_that_came_along(unpacked, tmp_path):
    """In a Python that has the unpacked wheel and the libraries, cut off from the network."""
    (wheel,) = (unpacked / "wheels").glob("alexnet_tutorial-*.whl")
    package = tmp_path / "package"
    with zipfile.ZipFile(wheel) as found:
        found.extractall(package)
    cache = tmp_path / "cache"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "ALEXNET"))}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(package), str(ROOT / "tools" / "offline")]),
        "ALEXNET_TUTORIAL_DATA": str(unpacked / "data"),
        "XDG_CACHE_HOME": str(cache),
        "MPLCONFIGDIR": str(tmp_path / "matplotlib"),
    }
    # The cells of the first training up to its look at the data: the rest is as in make book.
    code = (
        "import json, alexnet_tutorial\n"
        "cells = json.load(open('23_first_training.ipynb', encoding='utf-8'))['cells']\n"
        "code = [''.join(c['source']) for c in cells if c['cell_type'] == 'code']\n"
        "last = next(i for i, text in enumerate(code) if 'load_signs(' in text)\n"
        "for text in code[: last + 1]:\n"
        "    exec(text, globals())\n"
        "print(alexnet_tutorial.__file__)\n"
        "print(signs.kind, len(signs.train), '|', signs.source)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=unpacked / "notebooks",
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    *_, where, said = done.stdout.strip().splitlines()
    assert Path(where).is_relative_to(package)
    assert said.startswith("generated ") and "drawn by this package" in said
    # Nothing was drawn again: it would have been kept in the cache.
    assert not (cache / "alexnet-tutorial" / "generated").exists()
