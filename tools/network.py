"""What the build takes from the package for the network in the page.

    python -m tools.network

draws the sample pictures again from their SVG, which needs a Chromium; the build reads what it
wrote.

The page computes with the network that comes with the package, its weights rounded once more: to
eight bits, with one scale for each filter. They are packed as 32-bit floats (for each layer with
weights the scales, then the biases), followed by the kernels, a byte a weight, in Keras's order.
"""

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.shapes import Architecture, ledger
from alexnet_tutorial.weights.pretrained import RECORDED, WEIGHTS, record
from tools.environment import BUILD, ROOT

if TYPE_CHECKING:
    from alexnet_tutorial.classifier import Classifier

SAMPLES = ROOT / "book" / "theme" / "samples"
STILL = BUILD / "still.json"
# The pictures to choose from, in this order, with the words for who cannot see them.
DRAWN = {
    "golf-ball": "a golf ball on grass",
    "parachute": "a parachute in the sky",
    "church": "a church with a steeple",
    "french-horn": "a French horn",
    "garbage-truck": "a garbage truck",
    "gas-pump": "a gas pump",
}
# The layers whose output is shown; flattening and dropout change no number.
SHOWN = ("conv", "pool", "dense")
OFFER = (
    '<p class="alexnet-offer"><button type="button">Run it here</button> <span>Your browser '
    "computes the network itself; its weights are 1 MB.</span></p>"
)
DARK, MIDDLE, BRIGHT = (16, 20, 44), (198, 60, 104), (253, 240, 196)


def network() -> Architecture:
    """Give the description of the network that the page computes."""
    return Architecture.from_json(record()["network"])


def weights() -> dict[str, np.ndarray]:
    """Read the weights that the package keeps: path of a Keras weight → 16-bit floats."""
    with np.load(RECORDED / WEIGHTS, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def eight_bits(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round a kernel to a byte a weight.

    Args:
        kernel: (…, filters).

    Returns:
        int8 of the same shape, -127 to 127, and float32 (filters,): the scale of each filter.

    Example:
        >>> kernel, scale = eight_bits(np.array([[0.5, 0.0], [-1.27, 0.0]]))
        >>> kernel.tolist(), [f"{each:.2f}" for each in scale]
        ([[50, 0], [-127, 0]], ['0.01', '1.00'])
    """
    most = np.abs(kernel.astype("float32")).reshape(-1, kernel.shape[-1]).max(axis=0)
    scale = np.where(most > 0, most / 127, 1).astype("float32")
    return np.round(kernel.astype("float32") / scale).astype("int8"), scale


def packed() -> bytes:
    """Pack the weights for the page."""
    kept = weights()
    floats, kernels = [], []
    for step in network().steps:
        if step.layer.kind in ("conv", "dense"):
            kernel, scale = eight_bits(kept[f"{step.layer.name}/kernel"])
            floats += [scale, kept[f"{step.layer.name}/bias"].astype("float32")]
            kernels.append(kernel)
    return b"".join([part.astype("<f4").tobytes() for part in floats]) + b"".join(
        [part.tobytes() for part in kernels]
    )


def in_eight_bits() -> "Classifier":
    """Give the package's network with the weights that the page computes with."""
    from alexnet_tutorial.weights.pretrained import pretrained

    classifier = pretrained()
    for weight in classifier.model.weights:
        if weight.path.endswith("/kernel"):
            kernel, scale = eight_bits(np.asarray(weight))
            weight.assign(kernel.astype("float32") * scale)
    return classifier


def plan() -> dict[str, Any]:
    """Describe the network for the page: sizes, windows, the pixels that each unit reads.

    Raises:
        SystemExit: The network has what the page does not compute.
    """
    said, described = record(), network()
    preprocessing = said["preprocessing"]
    layers = []
    for step, row in zip(described.steps, ledger(described), strict=True):
        layer = step.layer
        if layer.kind in ("flatten", "dropout"):
            continue
        odd = getattr(layer, "groups", 1) != 1 or getattr(layer, "bias", 0) is None
        activation = getattr(layer, "activation", None)
        if layer.kind not in SHOWN or odd or activation not in (None, "relu", "softmax"):
            raise SystemExit(f"book/theme/static/network/engine.js does not compute {layer}")
        one: dict[str, Any] = {"name": layer.name, "kind": layer.kind, "activation": activation}
        one |= {"input": step.input, "output": step.output, "parameters": row.parameters}
        if step.windows:
            height, width, _ = step.output
            one |= {
                "window": [window.kernel_size for window in step.windows],
                "strides": [window.strides for window in step.windows],
                "pads": [before for before, _ in step.pads],
                # First and last pixel, for each row and for each column of the maps.
                "rows": [_ends(described, layer.name, (row, 0), 0) for row in range(height)],
                "columns": [_ends(described, layer.name, (0, at), 1) for at in range(width)],
            }
        layers.append(one)
    if (preprocessing["channels"], preprocessing["scale"]) != ("rgb", 1 / 255) or {
        *preprocessing["std"]
    } != {1}:
        raise SystemExit(f"book/theme/static/network reads no pictures as {preprocessing} says")
    counted = ledger(described)
    floats = sum(2 * layer["output"][-1] for layer in layers if layer["parameters"])
    return {
        "name": described.name,
        "input": described.input_shape,
        "resize": preprocessing["resize"],
        "mean": preprocessing["mean"],
        "classes": said["class_names"],
        "parameters": counted.parameters,
        "macs": counted.macs,
        "floats": floats,
        "bytes": len(packed()),
        "colors": [DARK, MIDDLE, BRIGHT],
        "layers": layers,
    }


def _ends(described: Architecture, name: str, at: tuple[int, int], axis: int) -> list[int]:
    pixels = described.pixels_read(name, at)[axis]
    return [pixels[0], pixels[-1]]


def sample(name: str) -> np.ndarray:
    """Read a sample picture: uint8 (height, width, 3)."""
    with Image.open(SAMPLES / f"{name}.webp") as picture:
        return np.asarray(picture.convert("RGB"))


def write_network(folder: Path) -> None:
    """Write what the page needs: the plan with the sample pictures, and the weights.

    The weights are a script, since a page that was opened as a file may load nothing else.
    """

    def data(name: str) -> str:
        kept = base64.b64encode((SAMPLES / f"{name}.webp").read_bytes()).decode()
        return f"data:image/webp;base64,{kept}"

    samples = [{"name": name, "words": said, "picture": data(name)} for name, said in DRAWN.items()]
    lines = [
        f"export const PLAN = {json.dumps(plan())};",
        f"export const SAMPLES = {json.dumps(samples)};",
    ]
    (folder / "plan.js").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = base64.b64encode(packed()).decode()
    (folder / "weights.js").write_text(f'globalThis.alexnetWeights = "{text}";\n', encoding="utf-8")


def colored(values: np.ndarray, most: float) -> str:
    """Paint a map as the page does, dark for 0 and bright for the most.

    Args:
        values: (height, width).
        most: The value that is brightest.

    Returns:
        A data URL of a PNG.
    """
    share = (values / max(most, 1e-9)).clip(0, 1)[..., None]
    low = np.array(DARK) + (np.array(MIDDLE) - DARK) * 2 * share
    high = np.array(MIDDLE) + (np.array(BRIGHT) - MIDDLE) * (2 * share - 1)
    pixels = np.where(share < 0.5, low, high).round().astype("uint8")
    return _png(pixels)


def _png(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def still() -> str:
    """Write what stands where no script runs: one picture on its way through the network.

    Returns:
        HTML, as :func:`on_its_way` writes it, kept until what it is made of changes; and an offer
        to run the network, which is shown where scripts run.
    """
    drawn = [(SAMPLES / f"{name}.webp").read_bytes() for name in DRAWN]
    made_of = [packed(), json.dumps(plan()).encode(), *drawn, Path(__file__).read_bytes()]
    wanted = hashlib.sha256(b"".join(made_of)).hexdigest()
    try:
        kept = json.loads(STILL.read_text(encoding="utf-8"))
        if kept["key"] == wanted:
            return str(kept["html"]) + OFFER
    except (OSError, ValueError, KeyError):
        pass
    html = on_its_way(next(iter(DRAWN)))
    write_whole(STILL, json.dumps({"key": wanted, "html": html}) + "\n")
    return html + OFFER


def on_its_way(name: str) -> str:
    """Show a picture on its way through the network.

    Args:
        name: A sample picture.

    Returns:
        HTML: the picture, the strongest map of every layer, the likeliest classes.
    """
    from alexnet_tutorial.session import import_keras

    keras = import_keras()
    classifier, described = in_eight_bits(), plan()
    crop = classifier.preprocessing.cut(Image.fromarray(sample(name)))
    model = classifier.model
    names = [layer["name"] for layer in described["layers"]]
    every = keras.Model(model.inputs[0], [model.get_layer(layer).output for layer in names])
    outputs = [np.asarray(out)[0] for out in every(classifier.preprocessing.apply(crop[None]))]

    def item(title: str, size: str, picture: str) -> str:
        image = f'<img src="{picture}" alt="" aria-hidden="true">'
        return f"<li>{image}<b>{title}</b><span>{size}</span></li>"

    items = [item("picture", " × ".join(map(str, described["input"])), _png(crop))]
    for layer, values in zip(described["layers"], outputs, strict=True):
        if values.ndim == 3:
            strongest = values.max(axis=(0, 1)).argmax()
            painted = colored(values[..., strongest], values.max())
        else:
            painted = colored(values.reshape(-1, min(16, len(values))), values.max())
        items.append(item(layer["name"], " × ".join(map(str, layer["output"])), painted))
    likely = [i for i in np.argsort(-outputs[-1])[:3] if outputs[-1][i] > 0.005]
    said = ", ".join(f"{described['classes'][i]} {100 * outputs[-1][i]:.0f}%" for i in likely)
    return (
        f'<ol class="alexnet-still" aria-label="A drawing of {DRAWN[name]} on its way through the '
        f'network: the strongest map of each layer">{"".join(items)}</ol>'
        f'<p class="alexnet-caption">From left to right: a drawing of {DRAWN[name]}, and the '
        "strongest map that each layer makes of it. The patterns get coarser, and at the end there "
        f"is one number for each answer. The network's answer: {said}.</p>"
    )


def draw_samples() -> None:
    """Make the sample pictures from their SVG, as large as the network resizes pictures to."""
    from playwright.sync_api import sync_playwright

    from tools.pdf import find_chromium

    side = record()["preprocessing"]["resize"]
    with (
        sync_playwright() as running,
        running.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_page(viewport={"width": 4 * side, "height": 4 * side})
        for name in DRAWN:
            drawing = (SAMPLES / f"{name}.svg").read_text(encoding="utf-8")
            page.set_content(
                f"<style>body{{margin:0}}svg{{width:100vw;height:100vh}}</style>{drawing}"
            )
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            picture.resize((side, side), Image.Resampling.LANCZOS).save(
                SAMPLES / f"{name}.webp", quality=85, method=6
            )


if __name__ == "__main__":
    draw_samples()
