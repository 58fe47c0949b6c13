"""The network in the page: its numbers against Keras', and itself as a reader uses it."""

import base64
import io
import json
import re
from urllib.parse import urljoin

import numpy as np
import pytest
from PIL import Image

from alexnet_tutorial.pictures import load_imagenette
from alexnet_tutorial.pictures.drawings import draw_shapes
from tools import network

PAGE = "book/network.html"
LANDING = "book/intro.html"
CHAPTERS = ["book/13_eight_layers.html", "book/23_first_training.html", "book/43_learned.html"]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
MODULES = "_static/network/"
PLAN = network.plan()
SIDE = PLAN["input"][0]


# --- what the build writes -------------------------------------------------------------------


@pytest.mark.slow
def test_weights_fit_and_come_back_as_keras_has_them():
    data = network.packed()
    assert len(data) == PLAN["bytes"] <= 1_000_000
    floats = np.frombuffer(data, "<f4", PLAN["floats"])
    kernels = np.frombuffer(data, "int8", offset=4 * PLAN["floats"])
    model = network.in_eight_bits().model
    for layer in PLAN["layers"]:
        if not layer["parameters"]:
            continue
        kernel, bias = model.get_layer(layer["name"]).get_weights()
        filters = len(bias)
        scale, floats = floats[:filters], floats[filters:]
        np.testing.assert_array_equal(bias, floats[:filters])
        floats = floats[filters:]
        found = kernels[: kernel.size].reshape(kernel.shape)
        np.testing.assert_array_equal(kernel, found * scale)
        assert abs(found.reshape(-1, filters)).max(axis=0).tolist() == [127] * filters
        kernels = kernels[kernel.size :]
    assert not len(floats) and not len(kernels)


def test_the_pixels_that_a_unit_reads_are_those_that_move_it():
    """Against brute force: a network of ones, in which every pixel that is read counts."""
    steps = {step.layer.name: step for step in network.network().steps}
    for layer in PLAN["layers"]:
        if "rows" not in layer:
            continue
        reached = np.eye(SIDE, dtype=int)  # (pixel, place)
        for step in steps.values():
            (window, _), ((before, after), _) = step.windows, step.pads
            padded = np.pad(reached, ((0, 0), (before, after)))
            starts = range(0, padded.shape[1] - window.kernel_size + 1, window.strides)
            reached = np.stack(
                [padded[:, at : at + window.kernel_size].sum(1) for at in starts], axis=1
            )
            if step.layer.name == layer["name"]:
                break
        pixels = [np.flatnonzero(column) for column in reached.T]
        assert layer["rows"] == [[each[0], each[-1]] for each in pixels], layer["name"]
        assert layer["columns"] == layer["rows"]


@pytest.mark.slow
def test_a_byte_a_weight_costs_no_accuracy():
    sets = load_imagenette(pixels=PLAN["resize"])
    if sets.kind != "real":
        pytest.skip("the photographs are not on this machine")
    from alexnet_tutorial.weights.pretrained import answers

    y, p, _ = answers()
    rounded = network.in_eight_bits().predict_proba(sets.test.x)
    right = [float((each.argmax(axis=1) == y).mean()) for each in (p, rounded)]
    most = abs(p - rounded).max()
    print(f"{right[0]:.2%} in 16 bits, {right[1]:.2%} in 8; largest change {most:.3f}")
    assert abs(right[1] - right[0]) < 0.005 and right[1] > 0.74
    assert (p.argmax(axis=1) == rounded.argmax(axis=1)).mean() > 0.98


# --- its numbers -----------------------------------------------------------------------------


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


# Gives, for each picture, some of the layers' outputs, one after the other, as float32.
COMPUTE = """async ([folder, pictures, side, which]) => {
  const { makeEngine } = await import(folder + "engine.js");
  const { PLAN } = await import(folder + "plan.js");
  const { loadWeights } = await import(folder + "runner.js");
  const engine = makeEngine(PLAN, await loadWeights(folder + "weights.js"));
  const bytes = Uint8Array.from(atob(pictures), (c) => c.charCodeAt(0));
  const size = side * side * 3;
  let found = "", products = 0;
  for (let at = 0; at < bytes.length; at += size) {
    const steps = engine.steps(bytes.subarray(at, at + size));
    let step = steps.next();
    while (!step.done) step = steps.next();
    products += step.value.products;
    for (const i of which) {
      for (const byte of new Uint8Array(step.value.outputs.at(i).buffer)) {
        found += String.fromCharCode(byte);
      }
    }
  }
  return [btoa(found), products];
}"""


def in_keras(crops):
    """Every shown layer's outputs, in Keras."""
    from alexnet_tutorial.session import import_keras

    keras = import_keras()
    classifier = network.in_eight_bits()
    model = classifier.model
    names = [layer["name"] for layer in PLAN["layers"]]
    every = keras.Model(model.inputs[0], [model.get_layer(name).output for name in names])
    return [
        np.asarray(out) for out in every.predict(classifier.preprocessing.apply(crops), verbose=0)
    ]


@pytest.mark.slow
def test_outputs_are_those_of_keras(open_page, address):
    """Probabilities of 200 pictures, and every number of every layer of four of them."""
    rng = np.random.default_rng(2012)
    crops = draw_shapes(rng.integers(0, 10, 200), SIDE, rng)
    crops[50:100] = rng.integers(0, 256, crops[50:100].shape)
    crops[100:102] = np.array([0, 255])[:, None, None, None]
    for row, name in enumerate(network.DRAWN):
        picture = Image.fromarray(network.sample(name))
        crops[102 + row] = network.in_eight_bits().preprocessing.cut(picture)
    expected = in_keras(crops)
    folder = urljoin(address, MODULES)
    with open_page(PAGE) as visit:
        found, products = visit.page.evaluate(COMPUTE, [folder, text(crops), SIDE, [-1]])
        some = [0, 60, 100, 102]
        layers = list(range(len(expected)))
        all_of_some, _ = visit.page.evaluate(COMPUTE, [folder, text(crops[some]), SIDE, layers])
    ours = np.frombuffer(base64.b64decode(found), "<f4").reshape(200, -1)
    apart = abs(ours - expected[-1]).max()
    print(
        f"largest difference of a probability {apart:.1e}; {products / 200:,.0f} products a picture"
    )
    assert apart < 1e-4 and len(set(ours.argmax(axis=1))) > 4
    numbers = np.frombuffer(base64.b64decode(all_of_some), "<f4").reshape(len(some), -1)
    for layer, output in zip(PLAN["layers"], expected, strict=True):
        wanted = output[some].reshape(len(some), -1)
        part, numbers = np.split(numbers, [wanted.shape[1]], axis=1)
        np.testing.assert_allclose(part, wanted, atol=1e-4, rtol=1e-4, err_msg=layer["name"])
    assert 0 < products / 200 < PLAN["macs"]


@pytest.mark.slow
def test_pictures_are_cut_as_the_package_cuts_them(open_page, address):
    """To a gray level: Pillow counts in whole numbers."""
    with open_page(PAGE) as visit:
        for size in ((108, 108), (300, 211), (97, 640), (431, 862), (20, 31)):
            rng = np.random.default_rng(size[0])
            coarse = Image.fromarray(rng.integers(0, 256, (9, 7, 3), dtype=np.uint8))
            picture = np.asarray(coarse.resize(size)) // 2 + rng.integers(0, 128, (*size[::-1], 3))
            picture = picture.astype("uint8")
            rgba = np.concatenate([picture, np.full((*size[::-1], 1), 255, "uint8")], axis=2)
            wanted = network.in_eight_bits().preprocessing.cut(Image.fromarray(picture))
            found = visit.page.evaluate(
                """async ([folder, data, width, height]) => {
                    const { cut } = await import(folder + "pictures.js");
                    const bytes = Uint8ClampedArray.from(atob(data), (c) => c.charCodeAt(0));
                    return [...cut(bytes, width, height)];
                }""",
                [urljoin(address, MODULES), text(rgba), *size],
            )
            apart = abs(np.array(found).reshape(wanted.shape) - wanted.astype(int))
            assert apart.max() <= 1 and apart.mean() < 0.1, size


# --- as a reader uses it ---------------------------------------------------------------------


class Shown:
    """The network of a page, by the words on it."""

    def __init__(self, page, wait=True):
        self.page = page
        self.element = page.locator("alexnet-network").first
        self.notice = self.element.locator(".wb-notice")
        self.timing = self.element.locator(".nw-caption").filter(has_text="million products")
        if wait:
            self.timing.first.wait_for()

    def button(self, name):
        return self.element.get_by_role("button", name=name, exact=True)

    def slider(self, name):
        return self.element.get_by_role("slider", name=name, exact=True)

    def answers(self):
        """Class → percent as it is written."""
        rows = self.element.locator(".nw-answers li").all()
        pairs = [row.locator("span").all_inner_texts() for row in rows]
        return {pair[0]: float(pair[-1].removesuffix(" %")) for pair in pairs}

    def likely(self, name):
        self.element.locator(".nw-likely", has_text=name).wait_for()

    def sentence(self):
        return self.element.locator(".nw-sentence").inner_text()

    def pick(self, layer):
        self.element.locator(".nw-strip button").filter(has_text=re.compile(f"^{layer}")).click()

    def give(self, data, name, kind):
        self.element.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": kind, "buffer": data}
        )


@pytest.fixture
def shown(open_page):
    """The network's own page, which must neither speak on the console nor ask elsewhere."""
    with open_page(PAGE) as visit:
        yield Shown(visit.page)
        assert visit.console == []


def png(picture):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


@pytest.mark.slow
def test_it_names_what_was_drawn_with_keras_numbers(shown):
    """Five of the six are right, and the sixth is taken for what the page says."""
    classifier = network.in_eight_bits()
    answers = {}
    for name, words in network.DRAWN.items():
        p = classifier.predict_proba(network.sample(name)[None])[0]
        answers[name] = PLAN["classes"][p.argmax()]
        shown.button(words).click()
        shown.likely(answers[name])
        for share, (label, said) in zip(p, shown.answers().items(), strict=True):
            assert abs(said - 100 * share) < 0.6, (name, label)  # as it is written
        assert shown.button(words).get_attribute("aria-pressed") == "true"
    wrong = {n: said for n, said in answers.items() if said.lower().replace(" ", "-") != n}
    assert wrong == {"gas-pump": "cassette player"}


@pytest.mark.slow
def test_the_chosen_unit_is_keras_and_its_field_is_the_package_s(shown):
    rng = np.random.default_rng(3)
    picture = draw_shapes(np.array([6]), PLAN["resize"], rng)[0]
    shown.give(png(picture), "ring.png", "image/png")
    shown.element.locator(".nw-caption", has_text="Your picture").wait_for()
    crop = network.in_eight_bits().preprocessing.cut(Image.fromarray(picture))
    outputs = dict(zip((x["name"] for x in PLAN["layers"]), in_keras(crop[None]), strict=True))
    for name, (row, column) in {"conv1": (44, 0), "conv5": (3, 9)}.items():
        place = outputs[name][0, row, column].argmax()
        shown.pick(name)
        strongest = outputs[name][0].max(axis=(0, 1)).argmax()
        assert f"map {strongest} is {outputs[name].max():.2f}" in shown.sentence()
        for label, value in (("Map", place), ("Row", row), ("Column", column)):
            shown.slider(label).fill(str(value))
        value = outputs[name][0, row, column, place]
        rows, columns = network.network().pixels_read(name, (row, column))
        said = shown.sentence()
        assert f"Row {row}, column {column} of map {place} is {value:.2f}." in said
        assert f"{len(rows)} × {len(columns)} pixels" in said
        assert f"rows {rows[0]} to {rows[-1]}, columns {columns[0]} to {columns[-1]}." in said
        box = shown.element.locator(".nw-picture canvas").bounding_box()
        field = shown.element.locator(".nw-field").bounding_box()
        unit = box["width"] / SIDE
        wanted = [box["x"] + columns[0] * unit, box["y"] + rows[0] * unit]
        wanted += [len(columns) * unit, len(rows) * unit]
        np.testing.assert_allclose(list(field.values()), wanted, atol=1)
    shown.button("Follow the strongest").click()
    assert f"map {strongest} is {outputs['conv5'].max():.2f}" in shown.sentence()
    shown.pick("fc7")
    assert f"Unit {outputs['fc7'].argmax()} is {outputs['fc7'].max():.2f}." in shown.sentence()


@pytest.mark.slow
def test_a_click_chooses_the_map_and_the_unit(shown):
    shown.pick("pool2")
    tiles = shown.element.locator(".nw-tiles canvas")
    box = tiles.bounding_box()
    tiles.click(position={"x": box["width"] * 2.5 / 16, "y": box["height"] * 1.5 / 6})
    assert "map 18 is" in shown.sentence()
    one = shown.element.locator(".nw-map canvas")
    box = one.bounding_box()
    one.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    assert shown.sentence().startswith("Row 2, column 7 of map 18")
    picture = shown.element.locator(".nw-picture canvas")
    picture.click(position={"x": 2, "y": picture.bounding_box()["height"] - 2})
    assert shown.sentence().startswith("Row 9, column 0 of map 18")
    shown.element.locator(".nw-best button").nth(1).click()
    best = shown.element.locator(".nw-best button").nth(1).inner_text()
    assert f"{best.partition(':')[0]} is" in shown.sentence()
    shown.page.wait_for_function("location.hash.includes('layer=pool2')")


@pytest.mark.slow
def test_a_finger_drags_on_a_map_and_scrolls_beside_it(open_page, swipe):
    with open_page(PAGE, viewport=PHONE, has_touch=True, is_mobile=True) as visit:
        page, shown = visit.page, Shown(visit.page)
        shown.pick("conv3")
        for name in (".nw-map canvas", ".nw-picture canvas"):
            canvas = shown.element.locator(name)
            canvas.evaluate("e => e.scrollIntoView({ block: 'center' })")
            box, place, said = canvas.bounding_box(), page.evaluate("scrollY"), shown.sentence()
            start = [box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"]]
            swipe(page, *start, 0.6 * box["width"], 0.6 * box["height"])
            assert page.evaluate("scrollY") == place and shown.sentence() != said
            row, column = map(int, re.findall(r"\d+", shown.sentence())[:2])
            assert min(row, column) >= 5  # where the finger was at last
            said = shown.sentence()
            swipe(page, box["x"] + box["width"] + 40, start[1] + 100, 0, -200)
            assert page.evaluate("scrollY") > place + 100 and shown.sentence() == said


@pytest.mark.slow
def test_a_link_opens_the_same_unit(open_page):
    with open_page(f"{PAGE}#layer=conv3&picture=church&map=17&at=5.7") as visit:
        shown = Shown(visit.page)
        assert shown.sentence().startswith("Row 5, column 7 of map 17")
        assert shown.button("a church with a steeple").get_attribute("aria-pressed") == "true"
        assert not shown.notice.is_visible()
    with open_page(f"{PAGE}#layer=conv9&picture=cat&map=-1") as visit:
        shown = Shown(visit.page)
        for words in ("no picture 'cat'", "no layer 'conv9'", "conv1 has no map '-1'"):
            assert words in shown.notice.inner_text()
        assert visit.console == []


@pytest.mark.slow
def test_all_is_done_by_keyboard(shown):
    page = shown.page
    press = page.keyboard.press
    shown.button(network.DRAWN["church"]).focus()
    press("Enter")
    shown.likely("church")
    shown.element.locator(".nw-strip button").first.focus()
    press("ArrowRight")
    press("End")
    assert "fc8" in shown.element.locator("legend").inner_text()
    press("Home")
    press("Tab")
    assert page.evaluate("document.activeElement.labels[0].innerText") == "Map"
    press("Home")
    press("ArrowRight")
    press("Tab")
    press("End")
    assert shown.sentence().startswith("Row 44, column")
    assert "of map 1 is" in shown.sentence()
    shown.element.locator("[aria-live=polite]").filter(has_text="Row 44").wait_for(state="attached")


# --- what is no picture, and what is not there -------------------------------------------------


@pytest.mark.slow
def test_what_is_no_picture_is_said_in_place(shown):
    before = shown.answers()
    shown.give(b"not a picture", "notes.txt", "text/plain")
    shown.notice.filter(has_text="“notes.txt” is no picture that this browser can read").wait_for()
    shown.give(b"", "empty.png", "image/png")
    shown.notice.filter(has_text="“empty.png” is no picture").wait_for()
    shown.give(png(np.zeros((90, 90, 3), np.uint8))[:-60], "cut.png", "image/png")
    shown.page.wait_for_timeout(300)  # browsers show what there is of it, or refuse it
    huge = io.BytesIO()
    Image.new("1", (12_000, 9_000)).save(huge, "PNG")
    shown.give(huge.getvalue(), "huge.png", "image/png")
    shown.notice.filter(has_text="“huge.png” has 108 megapixels, and this page reads up").wait_for()
    assert set(shown.answers()) == set(before)
    shown.button(network.DRAWN["church"]).click()
    shown.likely("church")
    assert not shown.notice.is_visible()


@pytest.mark.slow
def test_a_picture_of_fifty_megapixels_is_read(shown):
    ball = Image.fromarray(network.sample("golf-ball"))
    large = io.BytesIO()
    ball.resize((7100, 7100), Image.Resampling.NEAREST).save(large, "PNG", compress_level=1)
    shown.button(network.DRAWN["church"]).click()
    shown.likely("church")
    shown.give(large.getvalue(), "large.png", "image/png")
    shown.element.locator(".nw-caption", has_text="Your picture").wait_for(timeout=60_000)
    shown.likely("golf ball")


@pytest.mark.slow
def test_a_picture_can_be_dropped_and_pasted(shown):
    for event, holder in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        shown.button(network.DRAWN["church"]).click()
        shown.likely("church")
        shown.page.evaluate(
            """([event, holder, data]) => {
                const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
                const given = new DataTransfer();
                given.items.add(new File([bytes], "ball.png", { type: "image/png" }));
                const where = document.querySelector("alexnet-network");
                const kind = event === "drop" ? DragEvent : ClipboardEvent;
                where.dispatchEvent(new kind(event, { [holder]: given, bubbles: true }));
            }""",
            [event, holder, base64.b64encode(png(network.sample("golf-ball"))).decode()],
        )
        shown.likely("golf ball")
    shown.page.evaluate(
        """() => document.querySelector("alexnet-network").dispatchEvent(
            new DragEvent("drop", { dataTransfer: new DataTransfer(), bubbles: true }))"""
    )
    assert "no picture in what was given" in shown.notice.inner_text()


@pytest.mark.slow
def test_a_camera_refused_absent_or_unknown_is_said(shown):
    """One after the other on one page: a reader may try again."""
    page = shown.page
    for error, words in {
        "NotAllowedError": "The camera was refused.",
        "NotFoundError": "No camera was found.",
        "NotReadableError": "Does another program use it?",
        "StrangeError": "The camera does not work: as it happens.",
    }.items():
        page.evaluate(
            """(name) => { navigator.mediaDevices.getUserMedia = () =>
                Promise.reject(new DOMException("as it happens", name)); }""",
            error,
        )
        shown.button("Camera").click()
        shown.notice.filter(has_text=words).wait_for()
        assert shown.button("Camera").is_visible()
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    shown.button("Camera").click()
    shown.notice.filter(has_text="gives this page no camera").wait_for()


@pytest.mark.slow
def test_a_camera_is_read_until_it_is_stopped(shown, address):
    """Its frames change, and so do the answers; stopped, it is let go; nothing is sent."""
    page = shown.page
    page.evaluate(
        """(data) => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 300;
            const image = new Image();
            image.src = data;
            const draw = () => { canvas.getContext("2d").drawImage(image, 0, 0, 300, 300);
                requestAnimationFrame(draw); };
            draw();
            window.show = (other) => { image.src = other; };
            navigator.mediaDevices.getUserMedia = async () => {
                window.stream = canvas.captureStream();
                return window.stream;
            };
        }""",
        "data:image/png;base64," + base64.b64encode(png(network.sample("church"))).decode(),
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    shown.button("Camera").click()
    shown.element.locator(".nw-caption", has_text="Your camera").wait_for()
    shown.likely("church")
    page.evaluate(
        "show('data:image/png;base64,"
        + base64.b64encode(png(network.sample("golf-ball"))).decode()
        + "')"
    )
    shown.likely("golf ball")
    shown.element.locator(".nw-caption", has_text="pictures a second").wait_for()
    shown.button("Stop the camera").click()
    assert page.evaluate("stream.getTracks().map(t => t.readyState)") == ["ended"]
    local = ("data:", "blob:", urljoin(address, "_static/favicon.svg"))
    assert [url for url in asked if not url.startswith(local)] == []


# A browser that has no worker, one whose worker is none, and one whose worker fails.
FAULTS = {
    "none": "delete globalThis.Worker",
    "another thing": "globalThis.Worker = 7",
    "failing": """globalThis.Blob = class extends Blob {
        constructor(parts, options) {
            super(options?.type === "text/javascript" ? ["no program"] : parts, options);
        }
    };""",
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_without_a_worker_the_page_computes(browser, address, fault):
    context = browser.new_context(viewport=DESK)
    context.add_init_script(FAULTS[fault])
    page = context.new_page()
    page.goto(urljoin(address, PAGE))
    shown = Shown(page)
    shown.likely("golf ball")
    assert "without a worker" in shown.timing.first.inner_text()
    context.close()


@pytest.mark.slow
def test_weights_that_do_not_arrive_are_said_and_asked_for_again(browser, address):
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    answers = ["lost", "cut", "whole"]

    def answer(route):
        match answers.pop(0):
            case "lost":
                route.abort()
            case "cut":
                route.fulfill(content_type="text/javascript", body="alexnetWeights = 'AAAA';")
            case _:
                route.continue_()

    page.route("**/weights.js", answer)
    page.goto(urljoin(address, PAGE))
    shown = Shown(page, wait=False)
    shown.notice.filter(has_text="did not arrive").wait_for()
    shown.button("Try again").click()
    shown.notice.filter(has_text=f"came damaged: 3 bytes of {PLAN['bytes']}").wait_for()
    assert page.locator("h2", has_text="Things to try").is_visible()
    shown.button("Try again").click()
    shown.likely("golf ball")
    assert not shown.notice.is_visible()
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("page", [PAGE, LANDING])
def test_it_runs_from_a_file(site, browser, page):
    context = browser.new_context(viewport=DESK)
    opened = context.new_page()
    said = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto((site / page).as_uri())
    if page == LANDING:
        opened.get_by_role("button", name="Run it here").click()
    shown = Shown(opened)
    shown.likely("golf ball")
    assert "without a worker" not in shown.timing.first.inner_text()
    if page == PAGE:
        shown.give(png(network.sample("church")), "church.png", "image/png")
        shown.likely("church")
    assert said == []
    context.close()


@pytest.mark.slow
def test_without_javascript_there_is_a_picture_and_a_sentence(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for name in (PAGE, LANDING):
        page.goto(urljoin(address, name))
        still = page.locator(".alexnet-still li")
        assert still.count() == 1 + len(PLAN["layers"])
        for item, layer in zip(still.all()[1:], PLAN["layers"], strict=True):
            assert layer["name"] in item.inner_text()
            assert " × ".join(map(str, layer["output"])) in item.inner_text()
        assert "golf ball" in page.locator("alexnet-network .alexnet-caption").first.inner_text()
    context.close()


# --- for everyone ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("page", [LANDING, *CHAPTERS])
def test_within_a_page_it_is_a_picture_and_weighs_nothing_until_it_is_asked(open_page, page):
    with open_page(page) as visit:
        assert not [url for url in visit.requests if "/network/" in url]
        assert "its weights are 1 MB" in visit.page.locator(".alexnet-offer").inner_text()
        assert round(PLAN["bytes"] / 1e6) == 1
        visit.page.emulate_media(media="print")  # a picture of it, and nothing to press
        assert visit.page.locator("alexnet-network .alexnet-still").is_visible()
        assert not visit.page.locator(".alexnet-offer").is_visible()
        visit.page.emulate_media(media="screen")
        visit.page.get_by_role("button", name="Run it here").click()
        shown = Shown(visit.page)
        assert visit.page.evaluate("document.activeElement.className") == "nw-sample"
        shown.button(network.DRAWN["french-horn"]).click()
        shown.likely("French horn")
        shown.pick("conv4")
        assert "of map" in shown.sentence()
        assert visit.console == []


@pytest.mark.slow
@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_shows_a_picture_of_it_without_scripts(open_page, page):
    with open_page(page, java_script_enabled=False) as visit:
        element = visit.page.locator("alexnet-network")
        assert element.locator(".alexnet-still li").count() == 1 + len(PLAN["layers"])
        assert element.locator(".alexnet-caption").last.is_visible()
        assert not element.locator(".alexnet-offer").is_visible()


@pytest.mark.slow
def test_a_click_on_the_still_picture_starts_at_its_layer(open_page):
    with open_page(LANDING) as visit:
        visit.page.locator(".alexnet-still li", has_text="conv5").click()
        shown = Shown(visit.page)
        assert shown.element.locator("legend").inner_text() == "conv5: 96 maps of 10 × 10"
        shown.likely("golf ball")
        assert visit.console == []


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("page", [PAGE, LANDING])
def test_axe_finds_nothing(open_page, axe, page, viewport):
    """In the whole article at first; another layer changes nothing but the element."""
    with open_page(page, viewport=viewport) as visit:
        if page == LANDING:
            visit.page.get_by_role("button", name="Run it here").click()
        shown = Shown(visit.page)
        looked_at = "article"
        for layer in ("conv1", "pool5", "fc6", "fc8"):
            shown.pick(layer)
            assert axe(visit.page, looked_at) == [], layer
            looked_at = "alexnet-network"
        if page == PAGE:
            shown.give(b"", "empty.png", "image/png")
            shown.notice.filter(has_text="no picture").wait_for()
            assert visit.page.evaluate("axe.run('.wb-notice').then(r => r.violations)") == []


@pytest.mark.slow
@pytest.mark.parametrize("page", [PAGE, LANDING])
def test_a_phone_shows_it_whole(open_page, page):
    with open_page(page, viewport=PHONE) as visit:
        if page == LANDING:
            visit.page.get_by_role("button", name="Run it here").click()
        shown = Shown(visit.page)
        for layer in ("conv1", "conv4", "fc8"):
            shown.pick(layer)
            found = json.loads(
                shown.element.evaluate(
                    """e => JSON.stringify({
                        small: [...e.querySelectorAll('button, input, a')]
                            .filter(c => c.checkVisibility())
                            .map(c => [c.getBoundingClientRect(), c.outerHTML.slice(0, 80)])
                            .filter(([r]) => r.width < 24 || r.height < 24).map(([, html]) => html),
                        tiny: [...e.querySelectorAll('*')].filter(c => c.checkVisibility())
                            .filter(c => [...c.childNodes].some(n => n.nodeType === 3))
                            .filter(c => parseFloat(getComputedStyle(c).fontSize) < 11)
                            .map(c => c.outerHTML.slice(0, 80)),
                        wide: document.documentElement.scrollWidth,
                    })"""
                )
            )
            assert (found["small"], found["tiny"]) == ([], []), layer
            assert found["wide"] <= PHONE["width"], layer


@pytest.mark.slow
def test_motion_that_is_not_wanted_is_not_shown(open_page):
    for motion, wanted in (("reduce", 0), ("no-preference", len(PLAN["layers"]))):
        with open_page(PAGE, reduced_motion=motion) as visit:
            shown = Shown(visit.page)
            moving = shown.element.locator(".nw-strip").evaluate(
                "e => e.getAnimations({ subtree: true }).length"
            )
            assert moving == wanted
