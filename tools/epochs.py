"""Record a short training for the page that plays it, epoch by epoch.

    python -m tools.epochs               book/theme/static/epochs/record.js; a few minutes

The compact network learns from hands that the package draws, as in the chapter on the first
training. Before it begins and after each epoch these are kept: loss and accuracy, half of the
filters of conv1, a byte a weight, and what it answers to six pictures that it does not learn from.
"""

import base64
import io
import json
from typing import Any

import numpy as np
from PIL import Image

from alexnet_tutorial.files import write_whole
from tools.environment import ROOT
from tools.network import eight_bits

RECORD = ROOT / "book" / "theme" / "static" / "epochs" / "record.js"
EPOCHS, FILTERS = 16, 16
TRAINING, VALIDATION = 1500, 300  # pictures, drawn
RATE, BATCH, SEED = 0.001, 32, 0
NAMES = {"loss": "loss", "val_loss": "validationLoss", "val_accuracy": "validationAccuracy"}


def crop(pictures: np.ndarray, side: int) -> np.ndarray:
    """Cut out the middle of pictures.

    Args:
        pictures: (n, height, width, 3).
        side: Pixels of height and width that are left.

    Returns:
        (n, side, side, 3).

    Example:
        >>> crop(np.zeros((2, 64, 64, 3)), 57).shape
        (2, 57, 57, 3)
    """
    top, left = ((size - side) // 2 for size in pictures.shape[1:3])
    return pictures[:, top : top + side, left : left + side]


def small(pictures: np.ndarray) -> tuple[list[bytes], np.ndarray]:
    """Write pictures as WebP, a kilobyte each, and give the pixels that are left of them.

    Args:
        pictures: uint8 (n, height, width, 3).

    Returns:
        The files, and uint8 (n, height, width, 3).
    """
    files, pixels = [], []
    for picture in pictures:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "WEBP", quality=85, method=6)
        files.append(file.getvalue())
        with Image.open(file) as read:
            pixels.append(np.asarray(read.convert("RGB")))
    return files, np.stack(pixels)


def train() -> dict[str, Any]:
    """Train, and give what the page needs.

    Returns:
        Plain values; bytes as Base64. ``filters`` are int8 (epochs + 1, filters, rows, columns,
        channels), in units of ``scale``, which has one number for each filter; ``bias`` is float32
        (epochs + 1, filters); ``answers`` uint8 (epochs + 1, pictures, classes), in percent.
    """
    from alexnet_tutorial.network import build
    from alexnet_tutorial.pictures.hands import draw_hands
    from alexnet_tutorial.session import import_keras
    from alexnet_tutorial.shapes import variant

    keras = import_keras()
    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    described = variant("compact")
    side = described.input_shape[0]
    y = np.arange(TRAINING + VALIDATION + 6) % 6
    drawn = crop(draw_hands(y, rng), side)
    files, shown = small(drawn[-6:])

    def prepared(pictures: np.ndarray) -> np.ndarray:
        return pictures.astype("float32") / 255 - 0.5

    x, six = prepared(drawn[:-6]), prepared(shown)
    held_out = x[TRAINING:], y[TRAINING:-6]
    model = build(described, seed=SEED)
    model.compile(
        optimizer=keras.optimizers.Adam(RATE),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    before = model.evaluate(*held_out, verbose=0, return_dict=True)
    kernels, biases, answers = [], [], []

    def look(*_: object) -> None:
        kernel, bias = model.get_layer("conv1").get_weights()
        kernels.append(kernel[..., :FILTERS])
        biases.append(bias[:FILTERS])
        answers.append(model.predict(six, verbose=0))

    look()
    history = model.fit(
        x[:TRAINING],
        y[:TRAINING],
        validation_data=held_out,
        epochs=EPOCHS,
        batch_size=BATCH,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=look)],
        verbose=2,
    ).history
    history = {name: [before.get(name.removeprefix("val_")), *history[name]] for name in NAMES}
    history["loss"][0] = None  # of the training pictures none has been shown
    # One scale for a filter in all epochs, so that it can be seen to grow.
    # (rows, columns, channels, epochs, filters)
    bytes_, scale = eight_bits(np.stack(kernels, axis=-2))
    return {
        "side": side,
        "size": int(bytes_.shape[0]),
        "strides": described.steps[0].windows[0].strides,
        "epochs": EPOCHS,
        "pictures": [base64.b64encode(file).decode() for file in files],
        "training": TRAINING,
        "validation": VALIDATION,
        "filters": _text(bytes_.transpose(3, 4, 0, 1, 2)),
        "scale": [float(f"{each:.6g}") for each in scale],
        "bias": _text(np.stack(biases).astype("<f4")),
        "answers": _text(np.round(100 * np.stack(answers)).astype("uint8")),
    } | {
        NAMES[name]: [None if v is None else round(float(v), 4) for v in values]
        for name, values in history.items()
    }


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


if __name__ == "__main__":
    write_whole(RECORD, f"export const RECORD = {json.dumps(train())};\n")
