"""Figures: alt text with the right numbers, ids of their own, equal bytes, colors for any page."""

import functools
import itertools
import os
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from alexnet_tutorial import figures
from alexnet_tutorial.evaluation import calibration
from alexnet_tutorial.shapes import DEVICES, Device, Work, cost, ledger
from alexnet_tutorial.shapes.architecture import Architecture, Conv, Dense, Flatten
from alexnet_tutorial.shapes.variants import VARIANTS, variant
from alexnet_tutorial.training.experiments import Effect


def mixed_layers():
    import keras

    return [
        keras.layers.ZeroPadding2D(1, data_format="channels_last"),
        keras.layers.Conv2D(4, 3, data_format="channels_first"),
        keras.layers.MaxPooling2D(2, data_format="channels_last"),
    ]


DRAWINGS = {
    "one-convolution": lambda: figures.one_convolution([[1, 2], [3, 4]], [[1, -1], [2, 0]], bias=1),
    "window": lambda: figures.convolution_window(8, 3, strides=2, position=(1, 2)),
    "line": lambda: figures.windows_on_line(224, 11, strides=4),
    "memory_order": lambda: figures.memory_order(2, 2, 3),
    "corner": lambda: figures.last_window(np.zeros((30, 30, 3)), 5, strides=4, rounding="ceil"),
    "mixed": lambda: figures.mixed_formats((3, 9, 9), mixed_layers()),
    "costs": lambda: figures.cost_bars(variant("alexnet-2012")),
    "roofline": lambda: figures.roofline(
        cost(ledger(variant("alexnet-2012")), 8), DEVICES["T4"], {"conv2": 1e-3, "fc6": 0.002}
    ),
    "receptive_field": lambda: figures.receptive_field(variant("compact"), ["conv1", "conv5"]),
    "accuracy_by_pictures": lambda: figures.accuracy_by_pictures(
        [60, 300], {"scratch": [0.5, 0.7], "tuned": [0.8, 1.0]}, tested=120, before=0.6
    ),
    "activation_functions": lambda: figures.activation_functions(
        {"ReLU": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0), "sine": (np.sin, np.cos)}
    ),
    "gradient_by_depth": lambda: figures.gradient_by_depth({"a": [1e-3, 0.1, 2], "b": [3, 2]}),
    "normalized_channels": lambda: figures.normalized_channels([0, 4, 2], [0, 1, 1], alone=1.7),
    "pooling_winners": lambda: figures.pooling_winners(
        np.eye(3), {"3/2": np.eye(3, dtype=int), "2/2": 2 * np.eye(3, dtype=int)}
    ),
    "dropout_samples": lambda: figures.dropout_samples(
        [[0.2, 0.8], [0.4, 0.6], [0.9, 0.1]], [0.4, 0.6]
    ),
    "confusion": lambda: figures.confusion(
        [[5, 1, 0], [0, 6, 0], [1, 0, 7]], ["cat", "dog", "elk"]
    ),
    "reliability": lambda: figures.reliability(
        calibration([0, 1, 1, 0], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]])
    ),
    "score_chances": lambda: figures.score_chances([0.9, 0.97], 120),
    "intervals": lambda: figures.intervals(0.97, [30, 120, 1000]),
    "color_components": lambda: figures.color_components(
        np.arange(96, dtype=np.uint8).reshape(2, 4, 4, 3), [0.2, 0.05, 0.0], np.eye(3)
    ),
    "effects": lambda: figures.effects(
        [
            ("ReLU", Effect(2.0, 1.0, 3.0, (1.5, 2.5)), None),
            ("LRN", Effect(-0.5, -2.5, 1.5, (-1.0, 0.0)), 1.4),
            ("start", Effect(-70.0, -72.0, -68.0, (-70.0, -70.0)), None),
        ],
        limit=5,
    ),
    "by_layer": lambda: figures.by_layer(
        {"Signal": {"one": {"conv1": 2.0, "fc2": 0.0}, "other": {"conv1": 3.0, "fc2": 1e-7}}}
    ),
    "losses": lambda: figures.losses({"one": [1.8, 0.1], "other": [1.8, np.nan]}, chance=6),
    "rate_range": lambda: figures.rate_range(
        [1e-4, 1e-3, 1e-2], [1.8, 1.1, np.nan], chosen=1e-4, chance=6
    ),
    "pictures": lambda: figures.pictures([np.eye(4)], ["eye"], "A diagonal."),
    "worth": lambda: figures.worth({"one": (1.7, 1.2), "two": (1.0, None)}, total=(8.2, 8.7)),
    "memory_use": lambda: figures.memory({"one": {"a": 1e9, "b": 2e9}}, limit=3 * 2**30),
    "groups": lambda: figures.groups(8, 8, (1, 2, 4)),
    "who_reads_whom": lambda: figures.who_reads_whom(variant("alexnet-2012")),
    "filters": lambda: figures.filters(
        {"a": np.ones((2, 2, 3, 5)), "b": np.eye(3)[None, :, :, None]}
    ),
    "activations": lambda: figures.activations({"conv1": np.ones((4, 4, 9))}),
    "neighbors": lambda: figures.neighbors(
        np.zeros((2, 4, 4, 3)), [1, 2], {"pixels": (np.ones((2, 4, 4, 3)), [1, 3])}
    ),
    "heat_maps": lambda: figures.heat_maps(
        np.ones((2, 9, 9, 3)), {"map": np.ones((2, 9, 9))}, ["a", "b"], "how much"
    ),
    "feature_map": lambda: figures.feature_map({"plane": np.eye(6, 2)}, range(6)),
} | {name: lambda name=name: figures.architecture_diagram(variant(name)) for name in VARIANTS}


@functools.cache
def drawn(name):
    """A drawing, made once for all tests."""
    return DRAWINGS[name]()


def _luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one, other):
    a, b = sorted((_luminance(one), _luminance(other)))
    return (b + 0.05) / (a + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
@pytest.mark.parametrize("name", figures.COLORS)
def test_colors_stand_out_on_white_and_on_black(name, page):
    # 3 is what WCAG 2.1 asks of the parts of a drawing.
    assert _contrast(figures.COLORS[name], page) >= 3


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_drawing_is_a_whole_image_with_its_alt_text(name):
    picture = drawn(name)
    root = ET.fromstring(picture.svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img" and root.get("aria-label") == picture.alt == repr(picture)
    assert picture._repr_html_().startswith('<figure class="alexnet-figure"')
    assert "max-width" in root.get("style") and root.get("fill") == "currentColor"


@pytest.mark.parametrize("name", DRAWINGS)
def test_nothing_in_a_drawing_is_black_or_white_or_leaks_into_the_page(name):
    svg = drawn(name).svg
    assert "#000000" not in svg and "#ffffff" not in svg
    assert "<style" not in svg and "<script" not in svg and "<!DOCTYPE" not in svg
    assert not re.search(r'href="(?!#|data:)', svg)


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_same_drawing_has_the_same_bytes(name):
    assert DRAWINGS[name]().svg == drawn(name).svg


def test_ids_do_not_collide_and_every_reference_is_answered():
    ids = {}
    for name in DRAWINGS:
        svg = drawn(name).svg
        found = re.findall(r'\sid="([^"]+)"', svg)
        assert len(found) == len(set(found))
        used = re.findall(r"url\(#([^)]+)\)", svg) + re.findall(r'href="#([^"]+)"', svg)
        assert set(used) == set(found)
        ids[name] = set(found)
    assert any(ids.values())
    for one, other in itertools.combinations(ids, 2):
        assert not ids[one] & ids[other], (one, other)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_diagram_names_every_shape_of_every_variant(name):
    net = variant(name)
    picture = drawn(name)
    for layer, shape, out, _ in net.steps:
        if out != shape:
            assert f"{layer.name} {' × '.join(map(str, out))}" in picture.alt
            assert f">{layer.name}</text>" in picture.svg
    towers = any(getattr(layer, "groups", 1) == 2 for layer in net.layers)
    assert ("2 towers" in picture.alt) == towers


def test_the_diagram_draws_groups_as_towers():
    def count(groups):
        net = Architecture("one", 8, (Conv("conv", 8, 3, groups=groups),), channels=4)
        svg = figures.architecture_diagram(net).svg
        return svg.count("<path")

    assert count(4) > count(2) > count(1)


def test_the_diagram_draws_any_description():
    tall = Architecture(
        "tall", (40, 10), (Conv("a", 5, (5, 1), strides=(2, 1)), Flatten("f"), Dense("d", 2))
    )
    assert "a 18 × 10 × 5" in figures.architecture_diagram(tall).alt
    with pytest.raises(TypeError, match="variant"):
        figures.architecture_diagram("caffe")


SIX = [np.zeros((8, 8))] * 8
LAYERS = dict.fromkeys(("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"), 0.5)
WHOLE = {
    "diagram": lambda: figures.architecture_diagram(variant("alexnet-2012")),
    "costs": lambda: figures.cost_bars(variant("alexnet-2012")),
    "towers": lambda: figures.who_reads_whom(variant("alexnet-2012")),
    "field": lambda: figures.receptive_field(variant("paper"), ["conv1", "conv2", "conv5"]),
    "line": lambda: figures.windows_on_line(224, 11, strides=4, rounding="ceil"),
    "window": lambda: figures.convolution_window(6, 3, padding=1),
    "pairs": lambda: figures.pictures(SIX, ["train 325"] * 8, "Eight.", columns=8),
    "history": lambda: figures.history({"loss": [2, 1], "accuracy": [0.1, 0.9]}, chance=6),
    "layers": lambda: figures.by_layer({"a": {"x": LAYERS}, "b": {"x": LAYERS}}),
    "dropout": lambda: figures.dropout_samples(np.full((9, 6), 0.2), np.full(6, 0.2)),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_figure_fits_the_column_of_a_page_with_letters_of_11_pixels(name):
    """Nothing of it has to be scrolled to on a desk; what has no room there is not seen."""
    svg = WHOLE[name]().svg
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    smallest = min(float(size) for size in re.findall(r"font-size: ([\d.]+)px", svg))
    assert 11 * width / smallest <= 688


def test_pictures_leave_room_for_their_titles():
    def height(title):
        svg = figures.pictures(SIX, [title] * 8, "Eight.", columns=8).svg
        return float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)', svg)[1]) / 72

    assert height("0.99") < 1.3  # inches: one row
    assert (
        height("English springer 92%\nsaid cassette player") > 3
    )  # two rows, with larger pictures


def test_long_names_of_classes_stand_upright_above_their_columns():
    def turned(*names):
        return figures.confusion([[8, 2], [0, 9]], names).svg.count("rotate(-90")

    assert turned("0", "1") == 1  # the title of the rows
    assert turned("English springer", "cassette player") == 3


@pytest.mark.parametrize("name", VARIANTS)
def test_no_two_labels_of_a_diagram_overlap(name, monkeypatch):
    kept = []
    original = figures.from_matplotlib

    def keep(fig, alt):
        kept.append(fig)
        return original(fig, alt)

    monkeypatch.setattr(figures.network, "from_matplotlib", keep)
    figures.architecture_diagram(variant(name))
    figures.cost_bars(variant(name))
    assert len(kept) == 2
    for fig in kept:
        renderer = fig.canvas.get_renderer()
        boxes = [t.get_window_extent(renderer) for t in fig.axes[0].texts if t.get_text().strip()]
        assert len(boxes) > 20
        for one, other in itertools.combinations(boxes, 2):
            assert not one.overlaps(other)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 224, "kernel_size": 11, "strides": 4}, ["54 windows", "1 pixel after it is"]),
        (
            {"size": 224, "kernel_size": 11, "strides": 4, "rounding": "ceil"},
            ["55 windows", "starts at pixel 216", "3 pixels past"],
        ),
        ({"size": 227, "kernel_size": 11, "strides": 4}, ["55 windows", "ends at the edge"]),
        (
            {"size": 224, "kernel_size": 11, "strides": 4, "padding": "same"},
            ["56 windows", "starts at pixel 217", "4 pixels past"],
        ),
    ],
)
def test_the_line_of_windows_says_what_the_arithmetic_says(arguments, words):
    alt = figures.windows_on_line(**arguments).alt
    assert all(word in alt for word in words), alt


def test_one_convolution_adds_up():
    picture = figures.one_convolution([[1, 2], [3, 4]], [[1, -1], [2, 0]], bias=0.5)
    assert "add up to 5.5" in picture.alt and ">5.5</text>" in picture.svg
    with pytest.raises(ValueError, match=r"\(2, 2\).*\(3, 3\)"):
        figures.one_convolution(np.ones((2, 2)), np.ones((3, 3)))


def test_the_window_must_stand_on_the_map():
    assert "4 by 4 positions" in figures.convolution_window(8, 3, 2, rounding="ceil").alt
    with pytest.raises(ValueError, match="3 rows"):
        figures.convolution_window(8, 3, strides=2, position=(3, 0))


@pytest.mark.parametrize(
    ("options", "words", "zeros"),
    [
        ({"rounding": "ceil"}, "216 and reads 8 by 8 pixels and 57 zeros, which", 17**2 - 14**2),
        ({"rounding": "floor"}, "212 and ends at row and column 222: 1 row and 1", 0),
        ({"padding": "same"}, "217 and reads 7 by 7 pixels and 72 zeros, which", 17**2 - 13**2),
        ({"padding": (0, 3)}, "3 rows and 3 columns past the edge", 17**2 - 14**2),
    ],
)
def test_the_last_window_says_what_it_finds(options, words, zeros):
    picture = figures.last_window(np.zeros((224, 224, 3)), 11, strides=4, **options)
    assert words in picture.alt
    # Drawn from 6 pixels before the last window on: a square, less the square of its pixels.
    assert picture.svg.count(">0</text>") == zeros


def test_the_last_window_may_end_at_the_edge_and_needs_a_square():
    alt = figures.last_window(np.zeros((227, 227, 3)), 11, strides=4).alt
    assert alt.endswith("column 216 and ends exactly at the edge.")
    with pytest.raises(ValueError, match="square|same for rows"):
        figures.last_window(np.zeros((8, 9, 3)), 3)


def test_mixed_formats_follow_what_keras_computes():
    picture = figures.mixed_formats((3, 9, 9), mixed_layers())
    # By hand: 3 + 2 rows; 11 - 3 + 1 and 9 - 3 + 1; channels and height halved.
    for shape in ("5 × 11 × 9", "4 × 9 × 7", "2 × 4 × 7"):
        assert shape in picture.alt
    assert "2 of 3 layers misread" in picture.alt
    assert picture.svg.count("read as channels") == 3
    with pytest.raises(ValueError, match="channels, height, width"):
        figures.mixed_formats((9, 9), mixed_layers())


def test_cost_bars_name_the_largest_layers():
    alt = figures.cost_bars(variant("alexnet-2012")).alt
    # 37,752,832 / 60,965,224 and 223,948,800 / 724,406,816
    assert "most in fc6 (37.8 M, 62 %)" in alt and "most in conv2 (224 M, 31 %)" in alt


def test_a_picture_is_made_of_svg_and_alt_text():
    picture = figures.Picture('<svg viewBox="0 0 1 1"><g id="x"/></svg>', 'say "<b>"')
    assert 'aria-label="say &quot;&lt;b&gt;&quot;"' in picture.svg
    assert "id=" not in picture.svg  # nothing refers to it
    with pytest.raises(ValueError, match="svg"):
        figures.Picture("<p>no drawing</p>", "alt")
    for alt in ("", "  ", None):
        with pytest.raises(ValueError, match="alternative text"):
            figures.Picture("<svg></svg>", alt)


def test_saving_is_whole_or_not_at_all(tmp_path, monkeypatch):
    picture = figures.windows_on_line(8, 3)
    picture.save(tmp_path / "line.svg")
    picture.save(tmp_path / "line.png")
    assert (tmp_path / "line.svg").read_text(encoding="utf-8") == picture.svg
    assert (tmp_path / "line.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="jpg"):
        picture.save(tmp_path / "line.jpg")

    before = (tmp_path / "line.svg").read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        figures.windows_on_line(9, 3).save(tmp_path / "line.svg")
    assert (tmp_path / "line.svg").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["line.png", "line.svg"]

    with pytest.raises(ValueError, match="matplotlib"):
        figures.Picture("<svg></svg>", "alt").save(tmp_path / "x.png")


def test_the_png_of_a_transparent_drawing_is_white(tmp_path):
    from PIL import Image

    figures.windows_on_line(8, 3).save(tmp_path / "line.png")
    with Image.open(tmp_path / "line.png") as image:
        assert image.convert("RGBA").getpixel((1, 1)) == (255, 255, 255, 255)


def test_a_pyplot_figure_is_closed_and_photographs_are_embedded():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    fig, axes = plt.subplots()
    axes.imshow(np.zeros((4, 4, 3)))
    axes.plot([0, 1], label="line")
    axes.legend()
    picture = figures.from_matplotlib(fig, "A black square.")
    assert plt.get_fignums() == []
    assert 'href="data:image/png;base64,' in picture.svg
    assert "#ffffff" not in picture.svg


def test_pictures_need_titles():
    with pytest.raises(ValueError, match="2 pictures and 1 title"):
        figures.pictures([np.eye(2)] * 2, ["one"], "alt")


def test_matplotlib_is_loaded_only_to_draw():
    import subprocess
    import sys

    code = "import sys, alexnet_tutorial.figures; print('matplotlib' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_an_unfinished_figure_needs_alt_text():
    with pytest.raises(ValueError, match="alternative text"):
        figures.from_matplotlib(Figure(), "")


def test_a_confusion_matrix_is_square_and_has_a_name_for_each_class():
    for counts, names in (([[1, 2, 3]], None), ([[0, 0], [0, 0]], None), ([[1, 0], [0, 1]], "abc")):
        with pytest.raises(ValueError, match="square|3 names"):
            figures.confusion(counts, names)


def test_confusion_names_the_most_frequent_mistakes():
    alt = drawn("confusion").alt
    assert "20 pictures in 3 classes: 18 right, 2 wrong" in alt
    assert "mistakes: cat read as dog, elk read as cat, once" in alt
    assert "no mistake" in figures.confusion(np.eye(2, dtype=int)).alt


def test_scores_of_95_in_100_tests_are_those_of_the_binomial_distribution():
    rng = np.random.default_rng(0)
    alt = figures.score_chances([0.9], 40).alt
    low, high = map(int, re.search(r"from (\d+) to (\d+) right", alt).groups())
    scores = rng.binomial(40, 0.9, 100_000)
    for end, inside, outside in (
        (low, scores <= low, scores < low),
        (high, scores >= high, scores > high),
    ):
        assert outside.mean() < 0.025 < inside.mean(), end


def test_every_way_needs_an_accuracy_for_each_count():
    with pytest.raises(ValueError, match="'scratch' has 1 accuracies for 2 counts"):
        figures.accuracy_by_pictures([1, 2], {"scratch": [0.5]}, tested=10)


def test_the_gradient_figure_says_what_is_left():
    alt = figures.gradient_by_depth({"shrinks": [0.01, 0.1, 2.0], "grows": [6.0, 2.0]}).alt
    assert "shrinks 0.005 (3 layers)" in alt and "grows 3 (2 layers)" in alt
    with pytest.raises(ValueError, match="'gone' has 2 sizes, the smallest 0"):
        figures.gradient_by_depth({"gone": [0.0, 1.0]})


def test_normalized_channels_divide_only_what_is_active():
    alt = figures.normalized_channels([0, 9, 4, 0], [0, 3, 1, 0], alone=2**0.75).alt
    assert "channel 1, falls from 9 to 3" in alt and "divided by 3 to 4" in alt and "1.68" in alt
    for before, after in (([0, 0], [0, 0]), ([1, 2], [1])):
        with pytest.raises(ValueError, match="channels of one place"):
            figures.normalized_channels(before, after, alone=1)


def test_pooling_winners_are_counted():
    won = {"3/2": [[4, 0], [2, 0]], "2/2": [[0, 1], [0, 0]]}
    alt = figures.pooling_winners([[1, 2], [3, 4]], won).alt
    assert "With 3/2, 2 values win a window, 2 of them more than one." in alt
    assert "With 2/2, 1 value wins a window, 0 of them more than one." in alt
    with pytest.raises(ValueError, match=r"3/2: wins of shape \(1, 2\)"):
        figures.pooling_winners([[1, 2], [3, 4]], {"3/2": [[1, 2]]})


def test_the_average_of_the_masks_is_compared_with_the_scaled_pass():
    alt = figures.dropout_samples([[0.0, 1.0], [0.5, 0.5], [0.1, 0.9]], [0.3, 0.7]).alt
    assert "Class 1 gets from 0.50 to 1.00, on average 0.80" in alt
    assert "differs from the scaled pass by at most 0.10" in alt
    with pytest.raises(ValueError, match=r"\(1, 2\) and the scaled pass \(2,\)"):
        figures.dropout_samples([[0.5, 0.5]], [0.5, 0.5])


def test_what_was_not_published_is_said():
    picture = figures.worth({"color": (1.0, None)}, total=(8.2, 8.7))
    assert "color: 1 and not published" in picture.alt and ">not published</text>" in picture.svg


def test_memory_adds_up_and_bars_hold_the_same_things():
    gib = 2**30
    bars = {"one": {"a": gib, "b": gib // 2}, "half": {"a": gib // 2, "b": gib // 4}}
    alt = figures.memory(bars, limit=3 * gib).alt
    assert "one: 1.50 GiB (a 1.00, b 0.50), 50 % of the 3 GiB" in alt
    assert "half: 0.75 GiB (a 0.50, b 0.25), 25 % of the 3 GiB" in alt
    with pytest.raises(ValueError, match="'half' holds b, and the first holds a"):
        figures.memory({"one": {"a": 1}, "half": {"b": 1}}, limit=gib)


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_a_line_of_the_groups_is_a_slice_of_kernel(number):
    import keras

    layer = keras.layers.Conv2D(12, 1, groups=number)
    layer.build((None, 4, 4, 6))
    slices = layer.kernel.shape[2] * layer.kernel.shape[3]
    assert f"{slices} slices" in figures.groups(6, 12, (number,)).alt
    drawn = [figures.groups(6, 12, (n,)).svg.count("<path") for n in (number, 1)]
    assert drawn[1] - drawn[0] == 6 * 12 - slices
    with pytest.raises(ValueError, match="5 groups cannot share 6 maps"):
        figures.groups(6, 12, (5,))


def test_who_reads_whom_follows_the_groups_of_the_description():
    assert "own card only: none." in figures.who_reads_whom(variant("one-tower")).alt
    net = Architecture(
        "two", 8, (Conv("a", 4, 3), Conv("b", 4, 3, groups=2), Flatten("f"), Dense("d", 2))
    )
    picture = figures.who_reads_whom(net)
    assert "own card only: b. Reading both cards: d." in picture.alt
    crossed = figures.who_reads_whom(
        Architecture("one", 8, (Conv("a", 4, 3), Conv("b", 4, 3), Flatten("f"), Dense("d", 2)))
    )
    assert crossed.svg.count("<path") - picture.svg.count("<path") == 2  # there and back


def test_the_roofline_says_what_limits_a_layer_and_how_much_of_the_roof_it_reached():
    device = Device("toy", {"float32": 100.0}, bandwidth=20.0)
    works = [
        Work("below", "dense", "forward", 200, 100),  # at best 40 operations per second
        Work("idle", "pool", "forward", 0, 100),
        Work("above", "conv", "forward", 800, 100),  # at best 100
    ]
    said = figures.roofline(works, device, {"below": 10.0, "idle": 1.0, "above": 16.0}).alt
    assert said.startswith("Roofline of toy: up to 5 operations per byte memory is the limit")
    assert "Limited by memory: below. Limited by arithmetic: above." in said
    assert said.endswith("Measured, as a share of the roof: below 50 %, above 50 %.")
    with pytest.raises(ValueError, match="none of these steps has operations"):
        figures.roofline(works[1:2], device)


def test_filters_count_color_against_brightness():
    gray = np.ones((3, 3, 3, 2)) * np.arange(-1, 2)[:, None, None, None]
    opponent = np.ones((3, 3, 3, 1)) * np.array([1.0, -0.5, -0.5])[:, None]  # sums to zero
    alt = figures.filters({"mixed": np.concatenate([gray, opponent], axis=-1)}).alt
    assert "3 filters of 3 × 3 pixels, 1 of them with more color" in alt
    for wrong in (np.ones((3, 3, 1, 4)), np.ones((3, 3, 3))):
        with pytest.raises(ValueError, match="wrong.*reads colors"):
            figures.filters({"wrong": wrong})
    with pytest.raises(ValueError, match="no kernel"):
        figures.filters({})


def test_activations_count_zeros_and_show_what_there_is():
    maps = np.zeros((2, 3, 4))
    maps[0, 0] = 1  # 4 of 24 numbers
    alt = figures.activations({"conv1": maps}, per_layer=8).alt
    assert "strongest 4 of conv1's 4 maps of 2 × 3 (83% of all numbers are zero)" in alt
    with pytest.raises(ValueError, match=r"\(1, 2, 3, 4\).*batch"):
        figures.activations({"conv1": maps[None]})


def test_heat_maps_say_where_and_ignore_what_is_below_zero():
    one = np.full((1, 4, 4), -5.0)
    one[0, 3, 1] = 2.0
    alt = figures.heat_maps(np.zeros((1, 4, 4, 3)), {"m": one}, ["t"], "how much").alt
    assert "m: centered at (88%, 38%)" in alt
    alt = figures.heat_maps(np.zeros((1, 4, 4, 3)), {"m": -abs(one)}, ["t"], "how much").alt
    assert "(nowhere)" in alt


def test_the_feature_map_counts_who_lies_near_its_own():
    points = [[0, 0], [0, 1], [0, 9], [9, 9], [9, 10]]
    alt = figures.feature_map({"plane": points}, [0, 0, 1, 1, 1]).alt
    assert "plane: 5 lie nearest" in alt
    assert "plane: 4 lie nearest" in figures.feature_map({"plane": points}, [0, 1, 1, 1, 1]).alt
    with pytest.raises(ValueError, match=r"\(5, 2\)"):
        figures.feature_map({"plane": np.zeros((4, 2))}, [0] * 5)


def test_color_components_state_their_numbers_and_refuse_nonsense():
    alt = drawn("color_components").alt
    assert "p1 is red 1.00, green 0.00, blue 0.00 and holds 80.0% of the variance" in alt
    with pytest.raises(ValueError, match=r"shape \(2, 2, 3\)"):
        figures.color_components(np.zeros((2, 2, 3)), np.ones(3), np.eye(3))


def test_sizes_and_losses_are_said_as_they_are():
    said = drawn("by_layer").alt
    assert "one: 2 in conv1, 0 in fc2" in said and "other: 3 in conv1, 1e-07 in fc2" in said
    assert "other: from 1.80 to nan in 2 steps. Guessing: 1.79" in drawn("losses").alt
    assert "lowest 1.10 at a rate of 0.001. Marked: 0.0001" in drawn("rate_range").alt
    assert "10⁻⁷" in drawn("by_layer").svg  # no mathtext, which stays black on a dark page
    with pytest.raises(ValueError, match="same layers"):
        figures.by_layer({"Signal": {"one": {"a": 1.0}, "other": {"b": 1.0}}})
    with pytest.raises(ValueError, match="at least one step"):
        figures.losses({"one": []})
    with pytest.raises(ValueError, match="1 losses for 2 rates"):
        figures.rate_range([0.1, 0.2], [1.0])
