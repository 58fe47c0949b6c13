"""The convolution that is driven by hand: its numbers against NumPy's, and itself as it is used."""

import random
import re
from pathlib import Path

import numpy as np
import pytest

from alexnet_tutorial.shapes.window import Window

STATIC = Path(__file__).resolve().parents[2] / "book" / "theme" / "static"
PAGE = "book/glossary.html"  # any page of the book: the element is put on it
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
SIZE, KERNEL = 8, 3
TITLE = 20  # pixels above a grid

PUT = """(attributes) => {
  const element = document.createElement("alexnet-convolution");
  element.append("Drive a convolution by hand: on the book's site.");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  document.querySelector("article h1").after(element);
  const script = document.createElement("script");
  script.src = "../_static/live/load.js";
  document.head.append(script);
}"""


class Hand:
    """The element on a page, by the words on it."""

    def __init__(self, page, **attributes):
        self.page = page
        page.evaluate(PUT, attributes)
        self.element = page.locator("alexnet-convolution")
        self.board = self.element.locator(".lp-board")
        self.drawn = self.element.locator(".lp-stage svg")
        self.drawn.first.wait_for()
        page.wait_for_function(
            "getComputedStyle(document.querySelector('.lp-bar')).display == 'flex'"
        )

    def choose(self, label, value):
        self.element.get_by_label(label, exact=True).select_option(value)

    def button(self, name):
        return self.element.get_by_role("button", name=name, exact=True)

    def map(self):
        """What stands in the map, None where nothing does yet."""
        cells = self.drawn.nth(1).locator("css=text").all_text_contents()[1:]  # after its name
        side = round(len(cells) ** 0.5)
        numbers = [int(cell.replace("−", "-")) if cell else None for cell in cells]
        return [numbers[row * side : (row + 1) * side] for row in range(side)]

    def picture(self):
        cells = self.drawn.first.locator(".cv-pixel").evaluate_all(
            "all => all.map(e => { while (e.localName !== 'text') e = e.nextElementSibling;"
            " return e.textContent; })"
        )
        return np.array(cells, int).reshape(SIZE, SIZE)

    def weights(self, values=None):
        fields = self.element.locator(".lp-numbers input")
        for place, value in enumerate([] if values is None else values):
            fields.nth(place).fill(str(value))
        shown = fields.evaluate_all("all => all.map(e => e.value)")
        return np.array(shown, int).reshape(KERNEL, KERNEL)

    def text(self, name):
        return re.sub(r"\s+", " ", self.element.locator(name).inner_text())


@pytest.fixture
def hand(open_page):
    with open_page(PAGE) as visit:
        yield Hand(visit.page)
        assert visit.console == []


def convolved(picture, kernel, strides, padding, rounding):
    """By brute force, in NumPy; with the window's sizes as the package has them."""
    window = Window(SIZE, KERNEL, strides=strides, padding=padding, rounding=rounding)
    padded = np.pad(picture, (window.padding_pair[0], KERNEL + strides))
    places = [at * strides for at in range(window.outputs)]
    return [
        [int((padded[r : r + KERNEL, c : c + KERNEL] * kernel).sum()) for c in places]
        for r in places
    ], window


@pytest.mark.slow
def test_the_map_is_numpy_s(hand):
    rng = random.Random(11)
    pictures = hand.element.get_by_label("Picture").locator("option").all_inner_texts()
    settings = [(s, p, r) for s in (1, 2, 3, 4) for p in (0, 1, 2) for r in ("floor", "ceil")]
    for strides, padding, rounding in settings:
        hand.choose("Picture", rng.choice(pictures))
        hand.choose("Strides", str(strides))
        hand.choose("Padding", str(padding))
        hand.choose("Rounding", rounding)
        kernel = hand.weights([rng.randint(-9, 9) for _ in range(KERNEL**2)])
        hand.button("Fill the map").click()
        wanted, window = convolved(hand.picture(), kernel, strides, padding, rounding)
        assert hand.map() == wanted, (strides, padding, rounding)
        before, after = window.pads
        side = SIZE + before + after
        cells = hand.drawn.first.locator(".cv-pixel, .cv-zero").count()
        assert cells == side**2
        never = hand.element.locator(".cv-unread").count()
        assert never == SIZE**2 - (SIZE - window.unread) ** 2
        left, right = "⌈⌉" if rounding == "ceil" else "⌊⌋"
        pads = f" + {padding} + {padding}" if padding else ""
        formula = f"{left}(8{pads} − 3) / {strides}{right} + 1 = {window.outputs} places"
        assert formula in hand.text(".lp-words")


@pytest.mark.slow
def test_it_starts_as_the_chapter_does_and_fills_place_by_place(hand):
    """The block of nines and the kernel of chapter 11, and the -27 that it computes by hand."""
    picture = np.zeros((8, 8), int)
    picture[2:6, 3:7] = 9
    np.testing.assert_array_equal(hand.picture(), picture)
    assert hand.weights().tolist() == [[1, 0, -1]] * 3
    hand.board.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        hand.page.keyboard.press(key)
    said = hand.text(".lp-sum")
    assert said.startswith("Row 2, column 1 of the map: 0 · 1 + 0 · 0 + 9 · (−1) + 0 · 1")
    assert said.endswith("= −27")
    filled = [
        (r, c) for r, row in enumerate(hand.map()) for c, x in enumerate(row) if x is not None
    ]
    assert filled == [(0, 0), (1, 0), (2, 0), (2, 1)]
    assert "Filled: 4 of 36." in hand.text(".lp-words")
    hand.element.locator("[aria-live]").filter(has_text="map is −27").wait_for(state="attached")
    for key in ("End", "ArrowRight"):
        hand.page.keyboard.press(key)
    assert hand.text(".lp-sum").startswith("Row 2, column 5")
    hand.button("Next place").click()
    assert hand.text(".lp-sum").startswith("Row 3, column 0")
    hand.button("Empty it").click()
    assert sum(x is not None for row in hand.map() for x in row) == 1


@pytest.mark.slow
@pytest.mark.parametrize("padding", [0, 1])
def test_the_window_is_dragged(hand, padding):
    hand.choose("Padding", str(padding))
    box = hand.drawn.first.bounding_box()
    unit = (box["width"] - 2) / (SIZE + 2 * padding)
    box = {"x": box["x"] + 1, "y": box["y"] + TITLE, "width": box["width"] - 2}
    mouse = hand.page.mouse
    mouse.move(box["x"] + 1.5 * unit, box["y"] + 1.5 * unit)
    mouse.down()
    mouse.move(box["x"] + 4.6 * unit, box["y"] + 3.4 * unit, steps=4)
    assert hand.text(".lp-sum").startswith("Row 2, column 3 of")
    window = hand.element.locator(".cv-window").bounding_box()
    assert abs(window["x"] - box["x"] - 3 * unit) < 1.5 and abs(window["width"] - 3 * unit) < 1.5
    mouse.move(box["x"] + box["width"] + 300, box["y"] - 100, steps=4)
    assert hand.text(".lp-sum").startswith(f"Row 0, column {SIZE - KERNEL + 2 * padding} of")
    mouse.up()
    mouse.move(box["x"] + 1.5 * unit, box["y"] + 1.5 * unit)
    assert hand.text(".lp-sum").startswith("Row 0, column")
    box = hand.drawn.nth(1).bounding_box()
    hand.drawn.nth(1).click(position={"x": box["width"] - 8, "y": box["height"] - 8})
    last = SIZE - KERNEL + 2 * padding
    assert hand.text(".lp-sum").startswith(f"Row {last}, column {last} of")


@pytest.mark.slow
@pytest.mark.parametrize("typed", ["", "12", "1.5", "-10"])
def test_a_weight_that_is_none_is_said_and_changes_nothing(hand, typed):
    hand.button("Fill the map").click()
    before = hand.map()
    field = hand.element.get_by_label("Weight in row 1, column 2")
    field.fill(typed)
    notice = hand.element.locator(".wb-notice")
    assert "whole number from −9 to 9; until then it stays −1" in notice.inner_text()
    assert field.get_attribute("aria-invalid") == "true" and hand.map() == before
    field.fill("4")
    assert not notice.is_visible() and field.get_attribute("aria-invalid") is None
    assert hand.element.get_by_label("Kernel", exact=True).input_value() == "your own"
    hand.choose("Kernel", "the sum")
    assert hand.weights().tolist() == [[1] * 3] * 3


@pytest.mark.slow
def test_a_page_says_what_it_starts_with(open_page):
    with open_page(PAGE) as visit:
        hand = Hand(visit.page, strides="3", padding="1", rounding="ceil")
        assert "⌈(8 + 1 + 1 − 3) / 3⌉ + 1 = 4 places" in hand.text(".lp-words")
        assert "Rounding up lets the last window reach 2 past the edge." in hand.text(".lp-words")
    with open_page(PAGE) as visit:
        hand = Hand(visit.page, strides="many", padding="-1")
        assert "⌊(8 − 3) / 1⌋ + 1 = 6 places" in hand.text(".lp-words")
        assert visit.console == []


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_a_finger_hits(open_page, axe_finds_nothing, viewport):
    with open_page(PAGE, viewport=viewport) as visit:
        hand = Hand(visit.page)
        hand.choose("Padding", "2")
        hand.choose("Strides", "4")
        hand.button("Fill the map").click()
        hand.element.get_by_label("Weight in row 0, column 0").fill("")
        axe_finds_nothing(visit.page, "alexnet-convolution")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        boxes = hand.drawn.all()
        assert all(
            b.bounding_box()["x"] + b.bounding_box()["width"] < viewport["width"] for b in boxes
        )


@pytest.mark.slow
def test_a_kernel_of_one_s_own_is_kept_in_the_address(hand, open_page):
    hand.weights(range(-4, 5))
    hand.choose("Padding", "1")
    hand.board.focus()
    for key in ("ArrowRight", "ArrowDown"):
        hand.page.keyboard.press(key)
    hand.page.wait_for_function("location.hash.includes('filled=0.1.9')")
    with open_page(hand.page.url) as visit:
        again = Hand(visit.page)
        assert again.weights().tolist() == [[-4, -3, -2], [-1, 0, 1], [2, 3, 4]]
        assert again.element.get_by_label("Kernel", exact=True).input_value() == "your own"
        assert again.map() == hand.map() and again.text(".lp-sum") == hand.text(".lp-sum")
        assert again.text(".lp-sum").startswith("Row 1, column 1")
    with open_page(f"{PAGE}#convolution.at=9.9&convolution.filled=0.99") as visit:
        again = Hand(visit.page)
        assert again.text(".lp-sum").startswith("Row 5, column 5")
        assert "Filled: 2 of 36." in again.text(".lp-words")
        assert visit.console == []
