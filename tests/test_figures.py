"""Figures: alt text with the right numbers, ids of their own, equal bytes, colors for any page."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from alexnet_tutorial import figures
from alexnet_tutorial.architecture import VARIANTS, Architecture, Conv, Dense, Flatten, variant


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
    "memory": lambda: figures.memory_order(2, 2, 3),
    "corner": lambda: figures.last_window(np.zeros((30, 30, 3)), 5, strides=4, rounding="ceil"),
    "mixed": lambda: figures.mixed_formats((3, 9, 9), mixed_layers()),
    "costs": lambda: figures.cost_bars(variant("alexnet-2012")),
    "receptive_field": lambda: figures.receptive_field(variant("compact"), ["conv1", "conv5"]),
    "accuracy_by_pictures": lambda: figures.accuracy_by_pictures(
        [60, 300], {"scratch": [0.5, 0.7], "tuned": [0.8, 1.0]}, tested=120, before=0.6
    ),
    "pictures": lambda: figures.pictures([np.eye(4)], ["eye"], "A diagonal."),
    "shrinking": lambda: figures.shrinking(
        {"inside": 0.9 ** np.arange(9), "outside": 0.99 ** np.arange(9)}, epoch=4
    ),
    "divisions": lambda: figures.divisions([1, 0.5, 0.4, 0.1], [0.01, 0.01, 0.01, 0.001]),
} | {name: lambda name=name: figures.architecture_diagram(variant(name)) for name in VARIANTS}


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
    picture = DRAWINGS[name]()
    root = ET.fromstring(picture.svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img" and root.get("aria-label") == picture.alt == repr(picture)
    assert picture._repr_html_().startswith('<figure class="alexnet-figure"')
    assert "max-width" in root.get("style") and root.get("fill") == "currentColor"


@pytest.mark.parametrize("name", DRAWINGS)
def test_nothing_in_a_drawing_is_black_or_white_or_leaks_into_the_page(name):
    svg = DRAWINGS[name]().svg
    assert "#000000" not in svg and "#ffffff" not in svg
    assert "<style" not in svg and "<script" not in svg and "<!DOCTYPE" not in svg
    assert not re.search(r'href="(?!#|data:)', svg)


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_same_drawing_has_the_same_bytes(name):
    assert DRAWINGS[name]().svg == DRAWINGS[name]().svg


def test_ids_do_not_collide_and_every_reference_is_answered():
    ids = {}
    for name, draw in DRAWINGS.items():
        svg = draw().svg
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
    picture = figures.architecture_diagram(net)
    for layer, shape, out in net.walk():
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


@pytest.mark.parametrize("name", VARIANTS)
def test_no_two_labels_of_a_diagram_overlap(name, monkeypatch):
    kept = []
    original = figures.from_matplotlib

    def keep(fig, alt):
        kept.append(fig)
        return original(fig, alt)

    monkeypatch.setattr(figures, "from_matplotlib", keep)
    figures.architecture_diagram(variant(name))
    figures.cost_bars(variant(name))
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
    monkeypatch.setattr(figures.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
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


def test_intervals_reach_where_the_binomial_distribution_says():
    """Wilson's limits are the shares from which what was seen lies 1.96 deviations away."""
    for right, pictures in ((0, 120), (60, 120), (117, 120), (120, 120)):
        share = right / pictures
        for limit in figures.wilson(share, pictures):
            deviation = (limit * (1 - limit) / pictures) ** 0.5
            assert abs(share - limit) == pytest.approx(1.96 * deviation, abs=1e-9)


def test_every_way_needs_an_accuracy_for_each_count():
    with pytest.raises(ValueError, match="'scratch' has 1 accuracies for 2 counts"):
        figures.accuracy_by_pictures([1, 2], {"scratch": [0.5]}, tested=10)


def test_shrinking_says_when_each_rule_has_halved_and_refuses_what_cannot_be_drawn():
    picture = figures.shrinking({"a": 2 * 0.9 ** np.arange(30), "b": 0.99 ** np.arange(30)})
    assert "a: halved after 7 steps" in picture.alt  # 0.9**6 = 0.53, 0.9**7 = 0.48
    assert f"b: not halved, {0.99**29:.3f}" in picture.alt
    with pytest.raises(ValueError, match="there are 0 rules to draw; give 1 to 4"):
        figures.shrinking({})
    with pytest.raises(ValueError, match="'a' starts at .*must start above 0"):
        figures.shrinking({"a": [0.0, 1.0]})


def test_divisions_say_what_each_rate_reached_and_refuse_what_cannot_be_drawn():
    picture = figures.divisions([1, 0.5, 0.6, 0.1, 0.2], [0.01, 0.01, 0.01, 0.001, 0.001])
    assert "Rate 0.01 for 3 epochs: error down to 0.5." in picture.alt
    assert "Rate 0.001 for 2 epochs: error down to 0.1." in picture.alt
    for errors, rates in (([], []), ([1, 2], [0.1]), ([1, 0], [0.1, 0.1])):
        with pytest.raises(ValueError, match=f"{len(errors)} errors and {len(rates)} rates"):
            figures.divisions(errors, rates)
