"""The small interactive parts: their numbers against NumPy's, and themselves as they are used."""

import base64
import json
import math
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest

from alexnet_tutorial.shapes import Conv, ledger, variant
from alexnet_tutorial.training.experiments import arm, recorded
from tools import epochs, stage, stills

PAGE = "book/glossary.html"  # any page of the book: the element is put on it
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

pytestmark = pytest.mark.slow

PUT = """async ([name, attributes]) => {
  const element = document.createElement(`alexnet-${name}`);
  element.append("A part to use: on the book's site.");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  document.querySelector("article h1").after(element);
  const script = document.createElement("script");
  script.src = "../_static/live/load.js";
  document.head.append(script);
  await customElements.whenDefined(`alexnet-${name}`);
}"""
CALL = """async ([path, name, values]) =>
  (await import(new URL(`../_static/${path}`, location.href)))[name](...values)"""


class Part:
    """One of the parts on a page, by the words on it."""

    def __init__(self, page, name, **attributes):
        self.page = page
        page.evaluate(PUT, [name, attributes])
        self.element = page.locator(f"alexnet-{name}")
        self.element.locator(".lp-stage > *").first.wait_for()
        page.wait_for_function(
            "getComputedStyle(document.querySelector('.lp-bar')).display != 'block'"
        )

    def choose(self, label, value):
        self.element.get_by_label(label, exact=True).select_option(value)

    def slide(self, label, index):
        self.element.get_by_label(label, exact=True).fill(str(index))

    def press(self, name):
        self.element.get_by_role("button", name=name, exact=True).click()

    def words(self):
        return re.sub(r"\s+", " ", self.element.locator(".lp-words").inner_text())

    def drawn(self):
        return self.element.locator(".lp-stage [role=img]").evaluate_all(
            "all => all.map(e => e.getAttribute('aria-label'))"
        )


@pytest.fixture
def part(open_page):
    """Give what puts a part on a page, which must not speak on the console."""
    visits = []

    def put(name, **attributes):
        visits.append(open_page(PAGE))
        return Part(visits[-1].page, name, **attributes)

    yield put
    for visit in visits:
        assert visit.console == []
        visit.__exit__()


@pytest.fixture
def call(open_page):
    """Give what calls a function of a module, in the page."""
    with open_page(PAGE) as visit:
        yield lambda path, name, *values: visit.page.evaluate(CALL, [path, name, list(values)])
        assert visit.console == []


# --- all of them -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", stage.PANELS)
def test_it_is_small_and_has_a_picture_without_script(site, name):
    for script in (name, "live"):  # its own, and the base of all
        size = (site / "_static" / script / "bundle.js").stat().st_size
        if name == "epochs" == script:  # what was recorded is weighed apart
            recorded = (site / "_static" / name / "record.js").stat().st_size
            assert recorded < 60_000
            size -= recorded
        assert size < 20_000
    shown = stage.with_still(f"<alexnet-{name} some='1'>Words for paper.</alexnet-{name}>")
    assert shown.count("<svg") == shown.count('role="img" aria-label="') >= 1
    assert "Words for paper." in shown and len(shown) < 40_000
    assert not re.search(r'\sid="|\n\n', shown)


def test_the_pictures_without_script_are_what_they_draw(open_page):
    """On one page, one after the other, as tools.stills has them drawn."""
    with open_page(PAGE) as visit:
        drawn = {name: stills.still(visit.page, name) for name in stage.PANELS}
    kept = {name: (stage.STILLS / f"{name}.html").read_text("utf-8") for name in stage.PANELS}
    others = [name for name in stage.PANELS if drawn[name] != kept[name]]
    assert others == [], "draw something else now: run python -m tools.stills"


@pytest.mark.parametrize("name", stage.PANELS)
def test_the_keyboard_drives_it_and_the_address_keeps_it(open_page, name):
    with open_page(PAGE, reduced_motion="reduce") as visit:  # nothing goes on by itself
        used = Part(visit.page, name)
        controls = used.element.locator("select, input, button").all()
        changed = 0
        for control in controls:
            control.focus()
            before = used.element.locator(".lp-stage, .lp-words").all_inner_texts()
            drawn = used.drawn()
            button = control.evaluate("e => e.tagName") == "BUTTON"
            for key in ("Enter",) if button else ("ArrowDown", "ArrowUp", "ArrowUp"):
                visit.page.keyboard.press(key)
                now = used.element.locator(".lp-stage, .lp-words").all_inner_texts()
                if (now, used.drawn()) != (before, drawn):
                    changed += 1
                    break
        assert changed >= len(controls) / 2
        live = used.element.locator("[aria-live=polite]")
        visit.page.wait_for_function("e => e.textContent.length > 20", arg=live.element_handle())
        visit.page.wait_for_function("location.hash.includes('=')")
        visit.page.wait_for_timeout(400)
        state = parse_qs(urlparse(visit.page.url).fragment)
        assert state and all(key.startswith(f"{name}.") for key in state)
        told, drawn, address = used.words(), used.drawn(), visit.page.url
        assert visit.console == []
    with open_page(PAGE + "#" + urlparse(address).fragment) as visit:
        again = Part(visit.page, name)
        assert (again.words(), again.drawn()) == (told, drawn)
    nonsense = "&".join(f"{key}=%00nonsense" for key in state)
    with open_page(PAGE + "#" + nonsense) as visit:
        assert Part(visit.page, name).words()
        assert visit.console == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_a_phone_shows_all(open_page, axe_finds_nothing, viewport):
    """All parts on one page: axe names the element in which it finds something."""
    with open_page(PAGE, viewport=viewport) as visit:
        used = {name: Part(visit.page, name) for name in stage.PANELS}
        axe_finds_nothing(visit.page, *(f"alexnet-{name}" for name in stage.PANELS))
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        for name, part in used.items():
            texts = part.element.evaluate(
                """e => [...e.querySelectorAll('.lp-stage svg')].flatMap(s => {
                    const box = s.getBoundingClientRect();
                    const zoom = box.width / s.viewBox.baseVal.width;
                    return [...s.querySelectorAll('text')].map(t => {
                      const at = t.getBoundingClientRect();
                      return [t.textContent, parseFloat(getComputedStyle(t).fontSize) * zoom,
                        Math.min(at.left - box.left, box.right - at.right,
                                 at.top - box.top, box.bottom - at.bottom)];
                    });
                })"""
            )
            assert [each for each in texts if each[1] < 10.99 or each[2] < -2] == [], name
        assert visit.console == []


def test_they_run_on_a_page_that_was_opened_as_a_file(browser, site):
    page = browser.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((site / PAGE).resolve().as_uri())
    page.evaluate(
        """names => document.querySelector("article h1").after(
            ...names.map(name => document.createElement(`alexnet-${name}`)))""",
        list(stage.PANELS[1:]),
    )
    assert Part(page, stage.PANELS[0]).words()
    for name in stage.PANELS:
        assert page.locator(f"alexnet-{name} .lp-stage svg").count() > 0, name
    page.close()
    assert said == []


@pytest.mark.parametrize("name", ["convolution", "descent", "field"])
def test_a_finger_drags_on_the_drawing_and_scrolls_beside_it(open_page, swipe, name):
    with open_page(PAGE, viewport=PHONE, has_touch=True, is_mobile=True) as visit:
        page = visit.page
        used = Part(page, name)
        drawing = used.element.locator(".lp-drag").first
        drawing.evaluate("e => e.scrollIntoView({ block: 'center' })")
        box, told, place = drawing.bounding_box(), used.words(), page.evaluate("scrollY")
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        swipe(page, *middle, 0.3 * box["width"], 0.3 * box["height"])
        assert page.evaluate("scrollY") == place and used.words() != told
        told = used.words()
        words = used.element.locator(".lp-words")
        words.evaluate("e => e.scrollIntoView({ block: 'center' })")
        box, place = words.bounding_box(), page.evaluate("scrollY")
        swipe(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, 0, -200)
        assert page.evaluate("scrollY") > place + 100 and used.words() == told


# --- a walk down a loss ----------------------------------------------------------------------


def test_the_walk_is_that_of_a_matrix(call):
    """Where a walk is after n steps, by the nth power of the matrix of one step."""
    rng = np.random.default_rng(4)
    for curvatures in ([1, 1], [1, 20]):
        for _ in range(20):
            start = rng.uniform(-6, 6, 2).round(2)
            rate, momentum = rng.choice([0.001, 0.05, 0.1, 0.3]), rng.choice([0, 0.5, 0.9, 0.99])
            steps = int(rng.integers(0, 40))
            got = call("descent/walk.js", "walk", curvatures, start.tolist(), rate, momentum, steps)
            for axis, (c, w) in enumerate(zip(curvatures, start, strict=True)):
                once = np.array([[1 - rate * c, momentum], [-rate * c, momentum]])
                for n in (0, len(got) // 2, len(got) - 1):
                    wanted = np.linalg.matrix_power(once, n) @ [w, 0]
                    found = [got[n]["w"][axis], got[n]["v"][axis]]
                    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
            last = np.array(got[-1]["w"])
            assert math.isclose(got[-1]["loss"], (curvatures * last**2).sum() / 2, rel_tol=1e-12)
            assert len(got) == steps + 1 or got[-1]["loss"] >= 1e30
        for momentum in (0, 0.5, 0.9):
            most = call("descent/walk.js", "limit", curvatures, momentum)
            for rate, settles in ((0.99 * most, True), (1.01 * most, False)):
                radius = max(
                    abs(np.linalg.eigvals([[1 - rate * c, momentum], [-rate * c, momentum]])).max()
                    for c in curvatures
                )
                assert (radius < 1) == settles


def test_a_walk_is_told_and_diverges_in_sight(part):
    walk = part("descent", rate="0.1", steps="1", w1="4", w2="1")
    assert "(w₁² + 20 w₂²) / 2" in walk.words()
    assert "gradient at (4, 1) is (4, 20)" in walk.words()
    assert "−0.1 · (4, 20) = (−0.4, −2), and leads to (3.6, −1)." in walk.words()
    assert "was 18 at the start and is 16.5 after 1 step" in walk.words()  # (3.6² + 20) / 2 = 16.48
    assert "never settles" in walk.words() and "below 0.1." in walk.words()
    walk.slide("Momentum", 4)  # 0.9
    assert "never settles" not in walk.words()
    walk.press("One step")
    assert "0.9 · (−0.4, −2) − 0.1 · (3.6, −20) = (−0.72, 0.2)" in walk.words()
    walk.press("Back to the start")
    walk.slide("Momentum", 0)
    walk.slide("Learning rate", 31)
    walk.slide("Steps", 100)
    assert "It diverges" in walk.words() and "the page stops" in walk.words()
    box = walk.element.locator(".lp-stage svg").first.bounding_box()
    walk.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    assert "starts at (0, 1.6)" in walk.drawn()[0]


# --- thirty layers ---------------------------------------------------------------------------


def xorshift_normals(seed, count):
    """Draw the page's random numbers: Marsaglia's xorshift, and the method of Box and Muller."""
    x, uniform = seed, []
    for _ in range(count + count % 2):
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        uniform.append((x + 0.5) / 2**32)
    length = np.sqrt(-2 * np.log(uniform[::2]))
    angle = 2 * np.pi * np.array(uniform[1::2])
    return np.stack([length * np.cos(angle), length * np.sin(angle)], axis=1).ravel()[:count]


def test_thirty_layers_are_numpy_s(call):
    layers, width, pictures = 30, 100, 50
    drawn = xorshift_normals(2012, layers * width**2 + 2 * pictures * width)
    assert abs(drawn.mean()) < 0.01 and abs(drawn.std() - 1) < 0.01
    weights = drawn[: layers * width**2].reshape(layers, width, width)
    x, end = drawn[layers * width**2 :].reshape(2, pictures, width)
    kinds = {
        "ReLU": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    }
    for unit, sigma in [("ReLU", 0.01), ("ReLU", 0.1414), ("tanh", 0.1), ("tanh", 0.5)]:
        f, slope = kinds[unit]
        values, sums = [x], []
        for weight in weights:
            sums.append(values[-1] @ (sigma * weight))
            values.append(f(sums[-1]))
        gradients = [end]
        for weight, z in zip(weights[::-1], sums[::-1], strict=True):
            gradients.insert(0, (gradients[0] * slope(z)) @ (sigma * weight).T)
        got = call("depth/layers.js", "measure", unit, sigma)
        np.testing.assert_allclose(got["signal"], [v.std() for v in values], rtol=1e-7)
        np.testing.assert_allclose(got["gradient"], [g.std() for g in gradients], rtol=1e-6)


def test_thirty_layers_are_told(part):
    deep = part("depth")
    assert "0.01 · √(100 / 2) = 0.071." in deep.words()
    assert "multiplies the signal by 0.071 and the gradient by 0.071." in deep.words()
    deep.press("He: 0.141")
    assert "0.141 · √(100 / 2) = 1." in deep.words()
    deep.choose("Unit", "tanh")
    deep.press("Glorot: 0.1")
    assert "0.1 · √100 = 1;" in deep.words()


# --- pooling ---------------------------------------------------------------------------------


def test_pooling_is_numpy_s(call):
    rng = np.random.default_rng(3)
    for size, strides in [(s, t) for s in (2, 3) for t in (1, 2, 3)] * 4:
        a = rng.integers(0, rng.choice([2, 10]), (7, 7))
        windows = np.lib.stride_tricks.sliding_window_view(a, (size, size))[::strides, ::strides]
        got = call("pooling/maxima.js", "pooled", a.tolist(), size, strides)
        assert [[one["most"] for one in row] for row in got] == windows.max((-2, -1)).tolist()
        won = np.zeros_like(a)
        for (top, left), _ in np.ndenumerate(windows[..., 0, 0]):
            window = windows[top, left]
            down, right = np.unravel_index(window.argmax(), window.shape)
            won[top * strides + down, left * strides + right] += window.max() > 0
        assert call("pooling/maxima.js", "wins", a.tolist(), got) == won.tolist()


def test_pooling_is_edited_and_told(part):
    pool = part("pooling")
    assert "⌊(7 − 3) / 2⌋ + 1 = 3 windows along each side; neighbors share 1 line." in pool.words()
    assert "The 9 in row 2, column 2 lies in 4 windows (blue) and is the largest of 4." in (
        pool.words()
    )
    assert pool.drawn()[1] == "Pooled. Row 0: 9, 9, 2. Row 1: 9, 9, 3. Row 2: 5, 6, 8."
    pool.element.locator(".lp-board").focus()
    pool.page.keyboard.press("1")
    pool.page.keyboard.press("ArrowRight")
    pool.page.keyboard.press("8")
    assert "The 8 in row 2, column 3 lies in 2 windows (blue) and is the largest of 2." in (
        pool.words()
    )
    assert pool.drawn()[1].startswith("Pooled. Row 0: 6, 8, 2. Row 1: 4, 8, 3.")
    pool.choose("Window", "2")
    assert "neighbors share nothing. The last row and column are never read." in pool.words()
    pool.choose("Strides", "3")  # rows 2, 5 and 6 lie in no window, and as many columns
    marks = pool.element.locator(".lp-stage svg").first.locator("text", has_text="–")
    assert marks.count() == 49 - 4 * 4
    pool.choose("Strides", "2")
    pool.press("All zero")
    assert "Of 0 numbers above zero, 0 win" in pool.words()
    box = pool.element.locator(".lp-stage svg").first.bounding_box()
    place = (box["x"] + 20, box["y"] + 24 + 20)
    for _ in range(3):  # the first click chooses
        pool.page.mouse.click(*place)
    assert "The 2 in row 0, column 0 lies in 1 window" in pool.words()


# --- local response normalization ------------------------------------------------------------


def test_normalization_is_numpy_s(call):
    rng = np.random.default_rng(5)
    for n in (1, 3, 5, 7, 9):
        for mean in (False, True):
            a = rng.uniform(0, 300, 9).round(1)
            how = {"n": n, "k": 2, "alpha": 1e-3, "beta": 0.75, "mean": mean}
            sums = np.convolve(np.pad(a**2, n // 2), np.ones(n), "valid")
            wanted = (2 + 1e-3 / (n if mean else 1) * sums) ** 0.75
            got = call("lrn/normalize.js", "divisors", a.tolist(), how)
            np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_normalization_is_edited_and_told(part):
    lrn = part("lrn")
    assert "reads 10, 10, 10, 10, 300 (in the dashed frame)" in lrn.words()
    assert "add up to 90,400" in lrn.words() and "= 6.06: 10 becomes 1.65." in lrn.words()
    lrn.element.locator(".lp-board").focus()
    lrn.page.keyboard.press("ArrowLeft")
    lrn.page.keyboard.press("ArrowUp")
    assert "Channel 1 reads 10, 20, 10, 10 (in" in lrn.words()
    assert f"= {(2 + 1e-4 * 700) ** 0.75:.2f}: 20 becomes" in lrn.words()
    lrn.press("All divided by 255")
    assert "= 1.68: 0.0784 becomes 0.0466." in lrn.words()


# --- a crowd of thin networks ----------------------------------------------------------------


def softmax(z):
    powers = np.exp(z)
    return powers / powers.sum(axis=-1, keepdims=True)


def test_the_crowd_is_counted_out(call, site):
    text = (site / "_static/crowd/masks.js").read_text(encoding="utf-8")

    def table(name):
        written = re.search(rf"{name} = (\[.*?\]);", text, re.DOTALL)[1]
        return np.array(json.loads(re.sub(r",(\s*\])", r"\1", written)))

    outputs, weights = table("OUTPUTS"), table("WEIGHTS")
    masks = np.array(np.meshgrid(*[[0, 1]] * 8)).reshape(8, -1).T
    answers = softmax(masks * outputs @ weights)
    for rate in (0, 0.25, 0.5, 0.75):
        often = np.prod(np.where(masks, 1 - rate, rate), axis=1)
        got = call("crowd/masks.js", "everyMask", rate)
        np.testing.assert_allclose(got["mean"], often @ answers, rtol=1e-12)
        scaled = softmax((1 - rate) * outputs @ weights)
        np.testing.assert_allclose(call("crowd/masks.js", "scaled", rate), scaled, rtol=1e-12)
        np.testing.assert_allclose(got["geometric"], scaled, rtol=1e-12)
        drawn = np.array(call("crowd/masks.js", "draw", rate, 4000))
        assert abs(drawn.mean(axis=0) - (1 - rate)).max() < 0.03
        if rate:
            assert abs(np.corrcoef(drawn.T) - np.eye(8)).max() < 0.06
    np.testing.assert_allclose(call("crowd/masks.js", "answer", [0] * 8), [1 / 3] * 3)


def test_the_crowd_is_told(part):
    crowd = part("crowd", drawn="1")
    assert "The mean of" not in crowd.words()
    crowd.press("Ten more")
    assert "The mean of the 11 networks" in crowd.words()
    pass_ = re.search(r"times 0.5: (A [\d.]+, B [\d.]+, C [\d.]+)", crowd.words())[1]
    assert f"their geometric mean is {pass_}" in crowd.words()
    crowd.choose("Dropout's rate", "0")
    assert "drops no unit" in crowd.words()


# --- recorded runs ---------------------------------------------------------------------------


def test_the_curves_are_those_that_were_recorded(part):
    for study in ("hands", "imagenette"):
        runs = [r for r in recorded(f"{study}.jsonl") if r["seed"] == 0 and not r.get("diverged")]
        used = part("curves", study=study)
        names = used.element.get_by_label("Blue").locator("option").all_inner_texts()
        assert len(names) == len(set(names)) > 3
        for name in names:
            run = max(
                (r for r in runs if arm(r["configuration"]) == name),
                key=lambda r: r["validation_accuracy"],
            )
            used.choose("Blue", name)
            epochs = len(run["history"]["loss"])
            for epoch in (1, epochs // 2, epochs):
                used.slide("Epoch", epoch - 1)
                said = re.search(r"epoch (\d+): loss ([\d.]+), and (\d+) %", used.words())
                assert int(said[1]) == epoch
                assert abs(float(said[2]) - run["history"]["loss"][epoch - 1]) < 0.0051
                assert abs(int(said[3]) - 100 * run["history"]["accuracy"][epoch - 1]) < 0.51
            over = re.search(r"for validation, it classifies (\d+) %", used.words())
            assert abs(int(over[1]) - 100 * run["validation_accuracy"]) < 0.51


# --- a recorded training ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def record():
    """Give what was recorded, its bytes as arrays."""
    text = epochs.RECORD.read_text(encoding="utf-8")
    found = json.loads(text.removeprefix("export const RECORD = ").rstrip(";\n"))
    size, count = found["size"], len(found["scale"])
    shapes = {
        "filters": ("int8", (-1, count, size, size, 3)),
        "bias": ("<f4", (-1, count)),
        "answers": ("uint8", (-1, 6, 6)),
    }
    for name, (kind, shape) in shapes.items():
        found[name] = np.frombuffer(base64.b64decode(found[name]), kind).reshape(shape)
    return found


def test_what_was_recorded_is_of_the_compact_network(record):
    conv1 = variant("compact").layers[0]
    sizes = (record["size"], record["strides"], record["side"])
    assert sizes == (conv1.kernel_size, conv1.strides, variant("compact").input_shape[0])
    assert len(record["pictures"]) == 6 and record["epochs"] == epochs.EPOCHS
    for name in ("filters", "bias", "answers", "loss", "validationLoss", "validationAccuracy"):
        assert len(record[name]) == record["epochs"] + 1, name
    # It is a training: it begins at a guess, ends far from it, and the filters have moved.
    assert abs(record["validationLoss"][0] - math.log(6)) < 0.5
    assert record["validationLoss"][-1] < 0.5 < 0.8 < record["validationAccuracy"][-1]
    assert not record["bias"][0].any() and (record["filters"][0] != record["filters"][-1]).any()
    assert abs(record["answers"].sum(axis=-1, dtype=int) - 100).max() <= 3  # each was rounded


def test_the_map_is_numpy_s(call, record):
    rng = np.random.default_rng(8)
    size, strides, side = record["size"], record["strides"], record["side"]
    for _ in range(3):
        pixels = rng.integers(0, 256, (side, side, 3))
        epoch, filter_ = int(rng.integers(0, 17)), int(rng.integers(0, 16))
        kernel = record["filters"][epoch, filter_] * record["scale"][filter_]
        bias = float(record["bias"][epoch, filter_])
        starts = range(0, side - size + 1, strides)
        x = pixels / 255 - 0.5
        wanted = [
            max(0, (x[r : r + size, c : c + size] * kernel).sum() + bias)
            for r in starts
            for c in starts
        ]
        given = [pixels.ravel().tolist(), kernel.ravel().tolist(), bias, size, strides]
        found = call("epochs/layer.js", "convolve", *given)
        np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_all_of_a_recorded_training_moves_together(part, record):
    used = part("epochs")
    for epoch, filter_, hand in ((0, 0, 3), (2, 5, 0), (16, 15, 5)):
        used.slide("Epoch", epoch)
        used.slide("Filter", filter_)
        used.choose("The hand shows", str(hand))
        words = used.words()
        accuracy = 100 * record["validationAccuracy"][epoch]
        said = re.search(r"([\d.]+) on validation pictures, of which (\d+) %", words)
        assert abs(float(said[1]) - record["validationLoss"][epoch]) < 0.0051
        assert abs(int(said[2]) - accuracy) < 0.51
        answers = record["answers"][epoch, hand]
        assert f"The network answers {answers.argmax()}, with {answers.max()} %" in words
        now, then = record["filters"][[epoch, 0], filter_].reshape(2, -1).astype(float)
        cosine = now @ then / np.sqrt((now @ now) * (then @ then))
        assert (f"first weights is {cosine:.2f}." in words) == (epoch > 0)
    before = used.drawn()
    used.press("Before training")
    assert all(one != other for one, other in zip(used.drawn(), before, strict=True))
    used.press("Play")
    used.element.locator(".lp-words", has_text="After epoch 3 of 16").wait_for()
    used.press("Stop")
    told = used.words()
    used.page.wait_for_timeout(800)
    assert used.words() == told
    filters = used.element.locator(".lp-drag")
    box = filters.bounding_box()
    filters.click(position={"x": box["width"] * 2.5 / 8, "y": box["height"] - 10})
    assert "Filter 10:" in used.words()


# --- receptive fields ------------------------------------------------------------------------


def test_fields_are_the_package_s(call, part):
    network = variant("paper")
    for name in ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5"):
        side = next(step.output[0] for step in network.steps if step.layer.name == name)
        for row, column in ((0, side - 1), (side // 2, 1), (side - 1, side // 3)):
            rows, columns = network.pixels_read(name, (row, column))
            got = [call("field/reach.js", "fields", name, at)[0]["seen"] for at in (row, column)]
            assert got == [[rows[0], rows[-1]], [columns[0], columns[-1]]], (name, row, column)
    field = part("field")
    chain = "3 of pool2, and these 7 of conv2, and these 11 of pool1, and these 23 of conv1"
    assert f"{chain}, and these 99 of the picture." in field.words()
    field.choose("Layer", "conv5")
    assert "these 163 of the picture" in field.words()
    field.press("Corner")
    field.element.locator(".lp-board").focus()
    for _ in range(14):  # two more than there are
        field.page.keyboard.press("ArrowRight")
    assert "Row 0, column 12 reads the pixels of rows 0 to 98 and columns 128 to 223." in (
        field.words()
    )
    box = field.element.locator(".lp-stage svg").nth(1).bounding_box()
    field.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20 + (box["height"] - 20) / 2)
    assert "Row 6, column 6" in field.words()
    # On the picture, a pixel chooses the number whose field lies around it.
    box = field.element.locator(".lp-stage svg").first.bounding_box()
    field.page.mouse.click(
        box["x"] + box["width"] * 33.5 / 224, box["y"] + 20 + (box["height"] - 20) * 193.5 / 224
    )
    row, column = (
        min(
            range(13),
            key=lambda at: abs(
                sum(call("field/reach.js", "fields", "conv5", at)[0]["field"]) / 2 - pixel
            ),
        )
        for pixel in (193, 33)
    )
    assert f"Row {row}, column {column} reads" in field.words()


# --- two towers ------------------------------------------------------------------------------


def test_what_crosses_is_the_package_s(call, part):
    def cut(layer, both):
        if not isinstance(layer, Conv) or layer.name == "conv1":
            return layer
        return replace(layer, groups=1 if layer.name in both else 2)

    network = variant("alexnet-2012")
    for both in ([], ["conv3"], ["conv2", "conv4"], ["conv2", "conv3", "conv4", "conv5"]):
        changed = replace(network, layers=[cut(layer, both) for layer in network.layers])
        rows = {row.name: row for row in ledger(changed)}
        got = call("towers/cards.js", "split", [*both, "fc6", "fc7"])
        for layer in got:
            assert layer["parameters"] == rows[layer["name"]].parameters, (both, layer)
            whole = layer["name"] in [*both, "fc6", "fc7"]
            half = np.prod(rows[layer["name"]].input) // 2
            assert layer["crosses"] == (half if whole else 0)
        # Who depends on whom, in a matrix for each layer, multiplied up.
        depends = np.eye(2, dtype=int)
        for layer in got[1:7]:
            depends = (np.ones((2, 2), int) if layer["whole"] else np.eye(2, dtype=int)) @ depends
            assert layer["reached"] == bool(depends[1, 0])
    towers = part("towers")
    assert "28,288 numbers go from each card" in towers.words() and "(22 %)" in towers.words()
    assert f"has {ledger(network).parameters:,} parameters" in towers.words()
    towers.press("Never")
    assert "never notices" in towers.words() and "0 numbers go" in towers.words()
    towers.choose("conv4", "both")
    assert "first noticed on card 2 in conv4." in towers.words()
    assert "read both cards: conv4, fc8." in towers.drawn()[0]
