"""The workbench: its numbers against the Python library's, and itself as a reader uses it."""

import json
import random
import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from urllib.parse import parse_qs, urljoin

import pytest

from alexnet_tutorial import workbench
from alexnet_tutorial.shapes import VARIANTS, Architecture, Conv, ledger, variant
from tools import stage

ROOT = Path(__file__).resolve().parents[2]
PAGE = "book/workbench.html"
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
MODULES = "_static/workbench/"


# --- random networks -------------------------------------------------------------------------

BAD = (0, -3, 1.5, None, True, "three")


def either(rng, low, high):
    """One number for both axes, or one for each."""
    if rng.random() < 0.7:
        return rng.randint(low, high)
    return [rng.randint(low, high), rng.randint(low, high)]


def random_padding(rng, most):
    side = lambda: rng.randint(0, most)  # noqa: E731
    return rng.choice(
        [0, side(), side(), "valid", "same", [side(), side()], ["same", side()]]
        + [[[side(), side()], [side(), side()]]] * 3
    )


def random_layer(rng, kind, name, channels):
    layer = {"kind": kind, "name": name}
    if kind in ("conv", "pool"):
        size = either(rng, 1, 7)
        least = size if isinstance(size, int) else min(size)
        layer |= {
            "kernel_size" if kind == "conv" else "pool_size": size,
            "strides": either(rng, 1, 4),
            "padding": random_padding(rng, 3 if kind == "conv" else least - 1),
            "rounding": rng.choice(["floor", "ceil"]),
        }
    if kind == "conv":
        groups = rng.choice([1, 1, 2, 3]) if channels % 6 == 0 else 1
        layer |= {"filters": 6 * rng.randint(1, 9), "groups": groups}
        layer |= {"activation": rng.choice(["relu", "softmax", None]), "bias": rng.choice([0, 1])}
    elif kind == "dense":
        layer["units"] = rng.randint(1, 300)
    elif kind == "dropout":
        layer["rate"] = rng.choice([0, 0.25, 0.5, 0.999])
    elif kind == "lrn":
        layer |= {"size": rng.choice([1, 3, 5, 7]), "divide_by_size": rng.random() < 0.5}
        layer["across"] = rng.choice(["channels", "channels", "pixels"])
        several = channels % 6 == 0 and layer["across"] == "channels"
        layer["groups"] = rng.choice([1, 2, 3]) if several else 1
    elif kind == "activation":
        layer["activation"] = rng.choice(["relu", "tanh"])
    return layer


def random_network(rng, faults=0.0):
    """A description; with faults, some hold values that no layer takes."""
    size = rng.choice([rng.randint(1, 40), rng.randint(40, 260)])
    data = {"name": rng.choice(["net", "Ärger's"]), "channels": rng.choice([1, 3, 6, 12])}
    data["input_size"] = [size, size if rng.random() < 0.6 else rng.randint(1, 260)]
    kinds = ("conv", "pool", "lrn", "activation", "dropout")
    kinds = rng.choices(kinds, (5, 3, 2, 1, 1), k=rng.randint(0, 6))
    kinds += rng.choice([[], ["flatten"], ["flatten", "dense", "dropout", "dense"]])
    if rng.random() < faults:
        rng.shuffle(kinds)
    channels, layers = data["channels"], []
    for i, kind in enumerate(kinds):
        layers.append(random_layer(rng, kind, f"{kind}{i}", channels))
        channels = layers[-1].get("filters", channels)
    if layers and rng.random() < faults:
        layer = rng.choice(layers)
        field = rng.choice([name for name in layer if name not in ("kind",)])
        if field == "name":
            layer["name"] = layers[0]["name"]
        elif field == "rate":
            layer["rate"] = rng.choice([-0.5, 1, 7, 1.5])
        elif field in ("kernel_size", "pool_size", "strides") and rng.random() < 0.5:
            layer[field] = rng.choice([[3, 0], [1, 2, 3], [2, 1.5], 400])
        elif (
            field in ("size", "units", "filters", "groups", "padding", "rounding", "across")
            or field in ("kernel_size", "pool_size")
            or layer["kind"] == field == "activation"
        ):
            layer[field] = rng.choice([*BAD, 4, 5, 1000003])
    if rng.random() < faults / 8:
        data[rng.choice(["channels", "input_size"])] = rng.choice([*BAD, [5, 0], [1, 2, 3]])
    data["layers"] = layers
    return data


def single_layer(rng):
    """One layer on an input of its own, some with counts that pass 2**53."""
    kind = rng.choice(["conv", "conv", "pool"])
    channels = rng.choice([1, 3, 12, 96])
    layer = random_layer(rng, kind, "one", channels)
    if kind == "conv" and rng.random() < 0.4:
        layer |= {"filters": rng.randint(1, 10**9), "groups": 1, "kernel_size": either(rng, 1, 90)}
        layer |= {"padding": random_padding(rng, 120), "strides": either(rng, 1, 40)}
    size = [rng.randint(1, 600), rng.randint(1, 600)]
    return {"name": "one", "input_size": size, "channels": channels, "layers": [layer]}


def expected(data):
    """What Python says: the rows up to the first layer that does not fit, and the error."""
    error = None
    for count in range(len(data["layers"]), -1, -1):
        try:
            network = Architecture.from_json({**data, "layers": data["layers"][:count]})
        except ValueError as wrong:
            error = error or str(wrong)
            continue
        rows = [
            {
                "name": row.name,
                "input": list(row.input),
                "output": list(row.output),
                "formula": row.formula,
                "parametersFormula": row.parameters_formula,
                "macsFormula": row.macs_formula,
                "parameters": str(row.parameters),
                "macs": str(row.macs),
                "macsUnpadded": str(row.macs_unpadded),
                "bytes": str(row.bytes),
            }
            for row in ledger(network)
        ]
        return rows, error, None if error else network.to_json()
    return [], error, None


IN_THE_BROWSER = """async ([folder, all]) => {
  const { ledger } = await import(folder + "ledger.js");
  const { fromJson, toJson } = await import(folder + "architecture.js");
  const { decode, encode, fresh } = await import(folder + "state.js");
  const plain = (key, value) => (typeof value === "bigint" ? String(value) : value);
  return JSON.stringify(all.map((data) => {
    let network;
    try {
      network = fromJson(data);
    } catch (error) {
      return { rows: [], error: error.message };
    }
    const again = decode(encode(fresh(network)));
    const kept = JSON.stringify(toJson(again.state.network)) === JSON.stringify(toJson(network));
    return { ...ledger(network), json: toJson(network), kept: kept && !again.notice };
  }), plain);
}"""


@pytest.mark.slow
def test_numbers_and_errors_equal_the_library_s(open_page, address):
    rng = random.Random(2012)
    asked = [network.to_json() for network in VARIANTS.values()]
    asked += [random_network(rng, faults=0.4) for _ in range(2000)]
    asked += [single_layer(rng) for _ in range(1000)]
    with open_page(PAGE) as visit:
        given = []
        for first in range(0, len(asked), 750):
            part = [urljoin(address, MODULES), asked[first : first + 750]]
            given += json.loads(visit.page.evaluate(IN_THE_BROWSER, part))
    compared = failed = large = 0
    for data, theirs in zip(asked, given, strict=True):
        rows, error, description = expected(data)
        assert theirs["error"] == error, data
        for ours, row in zip(rows, theirs["rows"], strict=False):
            assert ours == {name: row[name] for name in ours}, data
            compared += 1
            large += int(ours["macs"]) > 2**53
        if description:
            assert len(rows) == len(theirs["rows"])
            assert theirs["json"] == description
            for what in ("parameters", "macs", "macsUnpadded", "bytes"):
                assert int(theirs[what]) == sum(int(row[what]) for row in rows)
        elif "two layers are called" not in error:
            assert all(row["output"] is None for row in theirs["rows"][len(rows) :]), data
        if "kept" in theirs:
            assert theirs["kept"], data
        failed += bool(error)
    print(f"{len(asked)} descriptions, {failed} impossible, {compared} rows, {large} past 2**53")
    assert failed > 300 and len(asked) - failed > 1500 and large > 50


# --- the Keras code --------------------------------------------------------------------------


def run_keras(code):
    """Execute exported code; weights are not allocated, only shaped."""
    from alexnet_tutorial.session import import_keras

    keras = import_keras()
    names = {}
    with keras.StatelessScope(initialize_variables=False):
        exec(compile(code, "exported", "exec"), names)
    return names["model"]


@pytest.mark.slow
def test_keras_code_builds_what_the_ledger_says(open_page, address):
    rng = random.Random(12)
    asked = [network.to_json() for network in VARIANTS.values()]
    while len(asked) < len(VARIANTS) + 30:
        data = random_network(rng)
        # Dropout alone would not tell Keras's ledger the data format.
        if (
            any("size" in key for layer in data["layers"] for key in layer)
            and not expected(data)[1]
        ):
            asked.append(data)
    formats = ("channels_last", "channels_first")
    with open_page(PAGE) as visit:
        codes = visit.page.evaluate(
            """async ([folder, all, formats]) => {
                const { kerasCode } = await import(folder + "export.js");
                const { fromJson } = await import(folder + "architecture.js");
                return all.map((data) => formats.map((f) => kerasCode(fromJson(data), f)));
            }""",
            [urljoin(address, MODULES), asked, formats],
        )
    seen = "".join(code for both in codes for code in both)
    pads = "ZeroPadding2D(((", "InfinitePadding2D(((", 'padding="same"'
    norms = "LRN(", 'across="pixels"', "divide_by_size=True, groups=2"
    for word in (*pads, *norms, "groups=", "layers.Activation("):
        assert word in seen
    for data, both in zip(asked, codes, strict=True):
        wanted = ledger(Architecture.from_json(data))
        for code, data_format in zip(both, formats, strict=True):
            model = run_keras(code)
            got = {row.name: row for row in ledger(model)}
            for row in wanted:
                assert got[row.name].output == row.output, code
                assert got[row.name].parameters == row.parameters, code
            assert model.count_params() == wanted.parameters
            height, width, channels = Architecture.from_json(data).input_shape
            shape = (height, width, channels)
            if data_format == "channels_first":
                shape = (channels, height, width)
            assert model.input_shape == (None, *shape)


# --- as a reader uses it ---------------------------------------------------------------------


class Bench:
    """The workbench of a page, by the words on it."""

    def __init__(self, page):
        self.page = page
        self.element = page.locator("alexnet-workbench").first
        self.element.locator(".wb-strip button").first.wait_for()

    def field(self, label):
        return self.element.get_by_label(label, exact=True)

    def button(self, name):
        return self.element.get_by_role("button", name=name, exact=True)

    def pick(self, name):
        self.element.locator(".wb-strip button").filter(
            has_text=re.compile(f"^(≠ )?{name}")
        ).click()

    def row(self, name):
        """Cells of a layer in the ledger."""
        head = self.element.locator(".wb-whole tbody tr").filter(
            has=self.page.get_by_role("button", name=name, exact=True)
        )
        return head.locator("td").all_inner_texts()

    def total(self):
        return self.element.locator(".wb-whole tfoot td").all_inner_texts()

    def chosen(self):
        name = self.element.locator('.wb-strip [aria-pressed="true"] .wb-name').inner_text()
        return name.removeprefix("≠ ")

    def said(self):
        return self.element.locator("[aria-live=polite]").inner_text()


@pytest.fixture
def bench(open_page):
    """The workbench's own page, which must neither speak on the console nor ask elsewhere."""
    with open_page(PAGE, permissions=["clipboard-read", "clipboard-write"]) as visit:
        yield Bench(visit.page)
        assert visit.console == []


def clipboard(bench):
    bench.element.locator(".wb-said").filter(has_text="Copied").wait_for()
    return bench.page.evaluate("navigator.clipboard.readText()")


@pytest.mark.slow
def test_every_variant_can_be_chosen(bench):
    for name, network in VARIANTS.items():
        bench.field("Network").select_option(name)
        book = ledger(network)
        for row in book:
            formula, output, parameters, macs, memory = bench.row(row.name)
            assert formula == row.formula
            assert output == " × ".join(map(str, row.output))
            assert (parameters, macs) == (f"{row.parameters:,}", f"{row.macs:,}")
            assert memory == f"{row.bytes / 1024:,.1f}"
        assert bench.total()[2:4] == [f"{book.parameters:,}", f"{book.macs:,}"]


@pytest.mark.slow
def test_an_edit_changes_all_that_follows(bench):
    bench.field("Rounding").select_option("floor")
    assert bench.row("conv1")[:2] == ["⌊(224 − 11) / 4⌋ + 1 = 54", "54 × 54 × 96"]
    bench.field("Filters").fill("48")
    assert bench.row("conv1")[1] == "54 × 54 × 48"
    assert bench.row("lrn1")[1] == "54 × 54 × 48"
    bench.pick("conv2")
    bench.field("Groups").fill("1")
    bench.pick("input")
    bench.field("Channels").fill("1")
    data = bench_json(bench)
    book = ledger(Architecture.from_json(data))
    assert data["channels"] == 1 and book["conv2"].output[2] == 256
    assert bench.total()[2:4] == [f"{book.parameters:,}", f"{book.macs:,}"]
    bench.element.locator("[aria-live=polite]").filter(has_text=f"{book.parameters:,}").wait_for()
    for _ in range(4):
        bench.button("Undo").click()
    assert bench.row("conv1")[1] == "55 × 55 × 96"
    assert bench.button("Undo").is_disabled()
    # Letter by letter, a number is one step; gone back to, the field begins another.
    bench.pick("conv1")
    for number in ("128", "256"):
        bench.field("Filters").fill("")
        bench.field("Filters").press_sequentially(number)
        bench.field("Filters").press("Tab")
    assert bench.row("conv1")[1] == "55 × 55 × 256"
    bench.button("Undo").click()
    assert bench.row("conv1")[1] == "55 × 55 × 128"
    bench.button("Undo").click()
    assert bench.row("conv1")[1] == "55 × 55 × 96"


def bench_json(bench):
    bench.button("Copy JSON").click()
    data = json.loads(clipboard(bench))
    assert json.loads(bench.element.locator("textarea").input_value()) == data
    return data


@pytest.mark.slow
def test_each_side_can_be_padded_alone(bench):
    bench.field("height and width alike").uncheck()
    for label, value in {"at the right": "7", "at the left": "1", "Kernel height": "5"}.items():
        bench.field(label).fill(value)
    conv1 = Architecture.from_json(bench_json(bench)).layers[0]
    assert (conv1.kernel_size, conv1.padding) == ((5, 11), ((0, 0), (1, 7)))
    bench.field("Padding").select_option("same")
    assert Architecture.from_json(bench_json(bench)).layers[0].padding == "same"
    bench.field("Padding").select_option("numbers")  # those that "same" stood for
    assert bench.field("at the left").input_value() == "3"
    bench.field("height and width alike").check()
    assert bench.field("Kernel").input_value() == "5"


@pytest.mark.slow
def test_layers_are_added_moved_and_removed(bench):
    before = [layer["name"] for layer in VARIANTS["alexnet-2012"].to_json()["layers"]]
    bench.pick("conv5")
    bench.field("After it").select_option("pool")
    bench.button("Add").click()
    assert bench.chosen() == "pool3"
    for _ in ("pool5", "relu5", "flatten"):
        bench.button("Move later").click()
    assert bench.field("Pool size").input_value() == "3"
    error = bench.row("pool3")[0]
    assert "Was it placed after Flatten?" in error
    bench.button("Move earlier").click()
    assert "does not fit" not in " ".join(bench.row("pool3"))
    bench.button("Remove").click()
    assert [layer["name"] for layer in bench_json(bench)["layers"]] == before
    for kind in ("conv", "lrn", "activation", "flatten", "dense", "dropout"):
        bench.pick("pool5")
        bench.field("After it").select_option(kind)
        bench.button("Add").click()
    names = bench.element.locator(".wb-strip .wb-name").all_inner_texts()
    assert len(names) == len(set(names)) == len(before) + 7


@pytest.mark.slow
def test_a_normalization_shows_where_its_neighbors_are(bench):
    bench.pick("lrn1")
    assert bench.field("Neighbors in").input_value() == "channels"
    assert bench.field("Groups").input_value() == "2"
    bench.field("Groups").fill("5")
    assert "5 groups do not divide 96" in bench.row("lrn1")[0]
    bench.field("Neighbors in").select_option("pixels")
    assert bench.field("Groups").count() == 0
    (lrn1,) = (layer for layer in bench_json(bench)["layers"] if layer["name"] == "lrn1")
    assert lrn1 == {"kind": "lrn", "name": "lrn1", "divide_by_size": True, "across": "pixels"}
    bench.pick("cnorm2")
    assert bench.field("Neighbors in").input_value() == "pixels"
    assert bench.field("Size (pixels)").input_value() == "5"
    bench.pick("relu1")
    bench.field("Activation").select_option("tanh")
    (relu1,) = (layer for layer in bench_json(bench)["layers"] if layer["name"] == "relu1")
    assert relu1["activation"] == "tanh"


@pytest.mark.slow
def test_an_impossible_layer_says_why_and_the_rest_lives_on(bench):
    bench.pick("pool5")
    bench.field("Pool size").fill("20")
    with pytest.raises(ValueError) as python:
        data = variant("alexnet-2012").to_json()
        (pool5,) = (layer for layer in data["layers"] if layer["name"] == "pool5")
        pool5["pool_size"] = 20
        Architecture.from_json(data | {"name": "alexnet-2012-edited"})
    said = str(python.value)
    assert "pool5 does not fit" in bench.element.locator(".wb-totals").inner_text()
    bench.element.locator("[aria-live=polite]").filter(has_text=said).wait_for()
    assert bench.row("pool5") == [said.partition("(13, 13, 256): ")[2]]
    assert bench.element.locator(".wb-problem").inner_text() == bench.row("pool5")[0]
    assert bench.row("conv5")[1] == "13 × 13 × 256"
    assert set(bench.row("fc6")) == set(bench.total()[2:]) == {"–"}
    bench.button("Copy Keras code").click()
    assert said in bench.element.locator(".wb-said").inner_text()
    bench.field("Pool size").fill("")
    assert "received None" in bench.row("pool5")[0]
    bench.field("Pool size").fill("3")
    assert bench.total()[2] == f"{ledger(variant('alexnet-2012')).parameters:,}"
    bench.field("Name").fill("conv5")
    assert "two layers are called conv5" in bench.element.locator(".wb-problem").inner_text()


@pytest.mark.slow
def test_windows_slide_over_the_pixels(bench):
    sentence = bench.element.locator(".wb-sentence")
    picture = bench.element.locator(".wb-pictures svg").first
    assert sentence.inner_text() == "Window 1 of 55 reads pixels 0 to 10."
    across = bench.field("Across")
    across.focus()
    bench.page.keyboard.press("ArrowRight")
    assert sentence.inner_text() == "Window 2 of 55 reads pixels 4 to 14."
    bench.page.keyboard.press("End")
    last = "Window 55 of 55 reads pixels 216 to 223 and 3 zeros past the edge."
    assert sentence.inner_text() == across.get_attribute("aria-valuetext") == last
    assert last in picture.get_attribute("aria-label")
    # The window that runs past the edge is drawn over eight pixels and three zeros.
    assert picture.locator(".wb-pixel.wb-read").count() == 8
    assert picture.locator(".wb-zero.wb-read").count() == 3
    assert bench.button("Step").is_disabled()
    bench.button("Step back").click()
    assert sentence.inner_text().startswith("Window 54 of 55")
    bench.button("Play").click()
    bench.element.locator(".wb-sentence").filter(has_text="Window 55 of 55").wait_for()
    bench.button("Play").wait_for()  # it has stopped by itself
    bench.field("Network").select_option("naive-224")
    edges = bench.element.locator(".wb-edges")
    assert "the last pixel is never read" in edges.inner_text()
    bench.field("Across").focus()
    bench.page.keyboard.press("End")
    assert picture.locator(".wb-unread").count() == 1
    bench.field("Padding").select_option("same")
    bench.field("Across").fill("1")
    assert sentence.inner_text() == (
        "Window 1 of 56 reads pixels 0 to 7 and 3 zeros before the first."
    )
    bench.field("Down").fill("2")
    assert sentence.inner_text().startswith("Window 2 of 56")
    assert edges.inner_text().startswith("Down a column")


@pytest.mark.slow
def test_motion_that_is_not_wanted_is_not_offered(open_page):
    with open_page(PAGE, reduced_motion="reduce") as visit:
        bench = Bench(visit.page)
        assert not bench.button("Play").is_visible()
        assert bench.button("Step").is_visible()


@pytest.mark.slow
def test_two_networks_side_by_side(bench):
    bench.field("Compare with").select_option("naive-224")
    table = bench.element.locator(".wb-compare table")
    ours, theirs = ledger(variant("alexnet-2012")), ledger(variant("naive-224"))
    lines = {line.locator("th").inner_text(): line for line in table.locator("tbody tr").all()}
    assert "≠ conv1" in lines and "fc7" in lines
    cells = lines["≠ conv2"].locator("td").all_inner_texts()
    assert cells[2:] == [
        f"{ours['conv2'].parameters:,}",
        f"{theirs['conv2'].parameters:,}",
        f"{ours['conv2'].macs:,}",
        f"{theirs['conv2'].macs:,}",
    ]
    by = ours.parameters - theirs.parameters
    assert table.locator("tfoot tr").last.locator("td").nth(1).inner_text() == f"+{by:,}"
    # What it is now can be kept, changed, and seen beside what it was.
    bench.field("Compare with").select_option("this network as it is now")
    assert "the same shapes and counts" in table.locator("caption").inner_text()
    bench.field("Filters").fill("64")
    assert "differ" in table.locator("caption").inner_text()
    bench.field("Compare with").select_option("torchvision")
    assert table.locator("tbody tr").filter(has_text="drop5").count() == 1
    bench.field("Compare with").select_option("nothing")
    assert not bench.element.locator(".wb-compare").is_visible()
    assert not bench.element.locator(".wb-beside").is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_what_is_compared_is_said_where_one_looks(open_page, viewport):
    with open_page(PAGE, viewport=viewport) as visit:
        bench = Bench(visit.page)
        bench.field("Compare with").select_option("caffe")
        said = bench.element.locator(".wb-beside")
        strip = bench.element.locator(".wb-strip").bounding_box()
        below = said.bounding_box()["y"] - (strip["y"] + strip["height"])
        assert 0 <= below < 150
        assert "3 of 19 layers differ (≠): relu1, cnorm2, relu5" in said.inner_text()
        assert bench.element.locator(".wb-strip .wb-name", has_text="≠").count() == 3
        bench.button("To the table").click()
        focused = visit.page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused == "The two networks compared"
        table = bench.element.locator(".wb-compare table").bounding_box()
        assert table["y"] < viewport["height"]


@pytest.mark.slow
@pytest.mark.parametrize("page", [PAGE, "book/13_eight_layers.html"])
def test_it_runs_from_a_file(site, browser, page):
    context = browser.new_context(viewport=DESK)
    opened = context.new_page()
    said = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto((site / page).as_uri())
    bench = opened.locator("alexnet-workbench").first
    bench.locator(".wb-strip button").nth(1).click()
    bench.get_by_label("Filters").fill("64")
    bench.locator(".wb-totals b").first.wait_for()
    bench.get_by_role("button", name="Copy Keras code").click()
    assert "Conv2D(64, 11" in bench.locator("textarea").input_value()
    assert said == []
    context.close()


@pytest.mark.slow
def test_a_link_opens_the_same_state(bench, open_page):
    bench.field("Filters").fill("64")
    bench.pick("pool1")
    bench.field("Across").fill("9")
    bench.field("Compare with").select_option("caffe")
    bench.pick("input")
    bench.field("Data format").select_option("channels_first")
    bench.pick("pool1")
    bench.field("Across").fill("9")
    bench.button("Copy link").click()
    link = clipboard(bench)
    bench.page.wait_for_function("link => location.href === link", arg=link)
    with open_page(link) as other:
        again = Bench(other.page)
        assert again.chosen() == "pool1"
        assert again.row("conv1")[1] == "64 × 55 × 55"
        assert again.field("Across").input_value() == "9"
        assert "beside caffe" in again.element.locator(".wb-compare caption").inner_text()
        assert not again.element.locator(".wb-notice").is_visible()
        again.button("Copy link").click()
        assert again.element.locator("textarea").input_value() == link
        assert other.console == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("net=resnet", "unknown variant 'resnet'"),
        ("net=~AAAA", "cut off or damaged"),
        ("net=~eyJuYW1lIjoieCJ9", "lacks input_size, layers"),
        ("net=caffe&layer=conv9", "caffe has no layer 'conv9'"),
        ("net=caffe&compare=~%", "cut off or damaged"),
        ("net=__proto__", "unknown variant '__proto__'"),
        ("net=caffe&layr=conv1&x=1", "unknown: layr, x. A link has net, layer, at"),
        ("net=caffe&at=3,4", "at=3,4 is no place"),
        ("net=caffe&data_format=NCHW", "data_format=NCHW; known are"),
    ],
)
def test_a_broken_link_is_said_and_replaced(open_page, state, says):
    with open_page(f"{PAGE}#{state}") as visit:
        bench = Bench(visit.page)
        assert says in bench.element.locator(".wb-notice").inner_text()
        name = "caffe" if "caffe" in state else "alexnet-2012"
        assert bench.total()[2] == f"{ledger(variant(name)).parameters:,}"
        bench.field("Network").select_option("compact")
        assert not bench.element.locator(".wb-notice").is_visible()
        assert visit.console == []


@pytest.mark.slow
def test_a_link_s_words_are_no_markup_and_no_code(open_page):
    name = '<img src=x onerror=alert(1)>"); import os; ("'
    net = {"name": name, "input_size": [9, 9], "layers": [{"kind": "conv", "name": name}]}
    net["layers"][0] |= {"filters": 2, "kernel_size": 3, "activation": name}
    text = workbench.Workbench(Architecture.from_json(net), name).state
    with open_page(f"{PAGE}#{text}") as visit:
        bench = Bench(visit.page)
        assert bench.chosen() == name
        assert bench.element.locator("img").count() == 0
        bench.button("Copy Keras code").click()
        code = bench.element.locator("textarea").input_value()
        assert f"activation={json.dumps(name)}" in code
        assert visit.console == []
        assert not [window for window in visit.page.context.pages if window.opener()]


@pytest.mark.slow
def test_an_address_that_leads_to_a_heading_is_left_alone(open_page):
    with open_page(f"{PAGE}#by-keyboard") as visit:
        assert Bench(visit.page).chosen() == "conv1"
        assert visit.page.evaluate("scrollY") > 0


@pytest.mark.slow
def test_keras_code_is_copied(bench):
    bench.button("Copy Keras code").click()
    code = clipboard(bench)
    assert code.startswith("import keras\n")
    assert 'layers.Conv2D(96, 11, strides=4, name="conv1")' in code
    assert 'layers.Activation("relu", name="relu1")' in code
    assert "layers.ZeroPadding2D(((0, 3), (0, 3)))" in code
    assert run_keras(code).count_params() == ledger(variant("alexnet-2012")).parameters


@pytest.mark.slow
def test_all_is_done_by_keyboard(bench):
    """Choose a network, a layer and a value, step the window and copy, without a pointer."""
    page = bench.page
    press = page.keyboard.press

    def tab_to(words, key="Tab"):
        for _ in range(40):
            press(key)
            now = page.evaluate(
                """() => { const e = document.activeElement;
                    return (e.labels?.[0] ?? e).innerText || e.ariaLabel || ''; }"""
            )
            if now.strip().startswith(words):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", f"the focus on {words} cannot be seen"
                return
        raise AssertionError(f"{words} is not reached by {key}")

    bench.field("Network").focus()
    press("c")  # caffe: a select goes by its letters
    assert bench.field("Network").input_value() == "caffe"
    tab_to("conv1")
    for _ in range(3):
        press("ArrowRight")
    assert bench.chosen() == "conv2"
    press("Home")
    assert bench.chosen() == "input"
    press("End")
    assert bench.chosen() == "fc8"
    for _ in range(8):
        press("ArrowLeft")
    assert bench.chosen() == "conv4"
    tab_to("Kernel")
    page.keyboard.type("5")
    press("ArrowUp")
    assert bench.field("Kernel").input_value() == "6"
    tab_to("Move earlier")
    press("Enter")
    tab_to("Across")
    press("End")
    assert "Window 10 of 10" in bench.element.locator(".wb-sentence").inner_text()
    tab_to("Step back")
    press("Enter")
    assert "Window 9 of 10" in bench.element.locator(".wb-sentence").inner_text()
    tab_to("Copy JSON")
    press("Enter")
    names = [layer["name"] for layer in json.loads(clipboard(bench))["layers"]]
    assert names.index("conv4") < names.index("conv3")
    tab_to("Undo", "Shift+Tab")
    press("Enter")


# --- in a chapter ----------------------------------------------------------------------------

CHAPTER = "book/13_eight_layers.html"


@pytest.mark.slow
def test_a_chapter_s_workbench_stands_at_its_layer_and_leaves_the_address_alone(open_page):
    with open_page(CHAPTER) as visit:
        bench = Bench(visit.page)
        assert bench.chosen() == "conv1"
        assert not bench.element.locator(".wb-whole table").is_visible()  # folded
        bench.field("Rounding").select_option("floor")
        assert "54²" in bench.element.locator('.wb-strip [aria-pressed="true"]').inner_text()
        visit.page.wait_for_timeout(400)
        assert "#" not in visit.page.url
        bench.element.get_by_role("link", name="Open in the workbench").click()
        visit.page.wait_for_url(f"**/{PAGE}#*")
        again = Bench(visit.page)
        assert again.chosen() == "conv1"
        assert again.row("conv1")[1] == "54 × 54 × 96"
        assert visit.console == []


@pytest.mark.slow
def test_without_scripts_a_chapter_shows_the_formula_and_a_link(open_page):
    with open_page(CHAPTER, java_script_enabled=False) as visit:
        element = visit.page.locator("alexnet-workbench")
        assert ledger(variant("alexnet-2012"))["conv1"].formula in element.inner_text()
        link = element.get_by_role("link").get_attribute("href")
        assert link == workbench.show("alexnet-2012", layer="conv1").url


# --- for everyone ----------------------------------------------------------------------------

# What the theme brings is left out: the icons' buttons and the links of headings. They lie
# outside the element or are the same on every page.
THEME = [".headerlink", "button.copybtn"]


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_axe_finds_nothing(open_page, axe, viewport):
    """In each of its states. How it opens in a chapter, test_site.py looks at with the page."""
    with open_page(PAGE, viewport=viewport) as visit:
        bench = Bench(visit.page)
        assert axe(visit.page, "article", without=THEME) == []
        bench.field("Compare with").select_option("torchvision")
        bench.button("Copy Keras code").click()
        bench.field("Kernel").fill("500")
        assert axe(visit.page, "alexnet-workbench") == []
        bench.pick("input")
        assert axe(visit.page, "alexnet-workbench") == []
        bench.field("Network").select_option("alexnet-2012")
        for name in ("lrn1", "relu1"):
            bench.pick(name)
            assert axe(visit.page, "alexnet-workbench") == []


@pytest.mark.slow
def test_a_finger_hits_what_it_means_on_a_phone(open_page):
    with open_page(PAGE, viewport=PHONE) as visit:
        bench = Bench(visit.page)
        bench.field("Compare with").select_option("caffe")
        small = bench.element.evaluate(
            """e => [...e.querySelectorAll('button, input, select, summary, a')]
                .filter(c => c.checkVisibility())
                .map(c => [c.getBoundingClientRect(), c.outerHTML.slice(0, 80)])
                .filter(([r]) => r.width < 24 || r.height < 24).map(([, html]) => html)"""
        )
        assert small == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_no_label_of_its_drawings_is_small_and_none_lies_on_another(open_page, viewport):
    """Whatever layer it shows: zeros, pixels never read, more windows than fit, a line to scale."""
    with open_page(PAGE, viewport=viewport) as visit:
        bench = Bench(visit.page)
        looked = 0
        for name, layer, kernel in (
            ("alexnet-2012", "conv1", None),
            ("alexnet-2012", "conv2", None),
            ("alexnet-2012", "pool1", None),
            ("naive-224", "conv1", None),
            ("naive-224", "conv1", "200"),
        ):
            bench.field("Network").select_option(name)
            bench.pick(layer)
            if kernel:
                bench.field("Kernel").fill(kernel)
            for place in ("1", "9", bench.field("Across").get_attribute("max")):
                bench.field("Across").fill(place)
                labels = bench.element.evaluate(
                    """e => [...e.querySelectorAll('svg text')].map(t => {
                        const zoom = t.getScreenCTM(), box = t.getBoundingClientRect();
                        return [t.textContent, box.left, box.right, box.top, box.bottom,
                            parseFloat(getComputedStyle(t).fontSize) * Math.hypot(zoom.a, zoom.b)];
                    })"""
                )
                looked += len(labels)
                assert [each for each in labels if each[5] < 10.99] == [], (name, layer, place)
                for i, (one, left, right, top, bottom, _) in enumerate(labels):
                    for other, left2, right2, top2, bottom2, _ in labels[:i]:
                        across = min(right, right2) - max(left, left2)
                        down = min(bottom, bottom2) - max(top, top2)
                        assert across < 1.5 or down < 4, (name, layer, place, one, other)
        assert looked > 100


@pytest.mark.slow
def test_it_is_small_and_only_where_it_is_used(open_page, site):
    parts = f"/_static/({'|'.join(('live', *stage.INTERACTIVE))})/"
    with open_page(PAGE) as visit:
        names = visit.page.evaluate(
            """parts => performance.getEntriesByType('resource').map(r => r.name)
                .filter(name => name.match(parts)).map(name => name.split('/_static/').pop())""",
            parts,
        )
    names = {name.partition("?")[0] for name in names}
    sizes = {name: (site / "_static" / name).stat().st_size for name in names}
    own = {"workbench/bundle.js", "workbench/workbench.css"}
    assert set(sizes) == own | {"live/load.js", "live/bundle.js", "live/base.css"}
    print(f"{sum(sizes.values()) / 1000:.1f} kB: {sizes}")
    assert all(sizes.values()) and sum(sizes.values()) < 150_000
    assert sizes["live/load.js"] < 1000
    with open_page("book/glossary.html") as visit:
        found = [re.search(parts + r"([^?]+)", url) for url in visit.requests]
        assert {match[2] for match in found if match} == {"load.js"}


# --- in Python -------------------------------------------------------------------------------


def test_show_holds_the_state_and_words():
    shown = workbench.show("alexnet-2012", layer="conv1", compare_with="caffe")
    assert parse_qs(shown.state) == {
        "net": ["alexnet-2012"],
        "layer": ["conv1"],
        "compare": ["caffe"],
    }
    formula = ledger(variant("alexnet-2012"))["conv1"].formula
    assert formula in repr(shown) and formula in shown._repr_html_()
    assert "60,965,224" in repr(workbench.show("alexnet-2012"))


def test_show_links_to_the_published_site(root):
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shown = workbench.show("alexnet-2012", layer="conv1")
    if shown.url is None:
        pytest.skip("the package is not installed")
    assert shown.url == f"{project['urls']['Book']}book/workbench.html#{shown.state}"
    assert re.search(r'<a href="([^"]+)"', shown._repr_html_())[1] == shown.url.replace(
        "&", "&amp;"
    )


def test_without_the_installed_package_there_is_no_link_but_the_words(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.metadata", missing)
    shown = workbench.show("caffe", layer="conv1")
    assert shown.url is None and "<a " not in shown._repr_html_()
    assert "⌊(227 − 11) / 4⌋ + 1 = 55" in shown._repr_html_()


def test_show_refuses_what_is_not_there():
    with pytest.raises(ValueError, match="unknown variant 'vgg'"):
        workbench.show("vgg")
    with pytest.raises(ValueError, match="has no layer 'conv9'"):
        workbench.show("caffe", layer="conv9")
    with pytest.raises(TypeError, match="an Architecture, and received int"):
        workbench.show(3)


@pytest.mark.slow
def test_the_browser_reads_what_python_writes(open_page):
    network = Architecture(
        "fünf & mehr", (31, 17), (Conv("a+b c", 6, 5, padding=((1, 2), (0, 3))),)
    )
    shown = workbench.show(network, layer="a+b c", compare_with=network)
    with open_page(f"{PAGE}#{shown.state}") as visit:
        bench = Bench(visit.page)
        assert not bench.element.locator(".wb-notice").is_visible()
        assert bench.chosen() == "a+b c"
        (row,) = ledger(network)
        assert bench.row("a+b c")[:2] == [row.formula, " × ".join(map(str, row.output))]
        assert "the same shapes" in bench.element.locator(".wb-compare caption").inner_text()
