"""Worked example of the investigation *Using it*: how far may test pictures get worse?

    python -m classroom.investigations.using_it

The book's network for photographs reads every fifth test picture of Imagenette: as it is, saved
as JPEG of falling quality, and darkened.
"""

import io

import numpy as np
from PIL import Image

from alexnet_tutorial.evaluation import compare, wilson_interval
from alexnet_tutorial.pictures import Split, load_imagenette
from alexnet_tutorial.session import describe
from alexnet_tutorial.weights.pretrained import pretrained

QUALITIES = (75, 40, 20, 10, 5)
BRIGHTNESS = (0.7, 0.5, 0.3, 0.2)


def as_jpeg(x: np.ndarray, quality: int) -> np.ndarray:
    """Save a picture as JPEG and read it again.

    Args:
        x: uint8 (height, width, 3).
        quality: As Pillow counts it, from 1 to 95.

    Returns:
        The same shape.
    """
    data = io.BytesIO()
    Image.fromarray(x).save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data))


def main() -> None:
    """Print accuracy, interval and paired comparison for every quality and brightness."""
    photographs = load_imagenette(pixels=108, progress=False)
    print(f"{describe()}\n{photographs.source}")
    test = photographs.test
    assert isinstance(test, Split)  # pixels were asked for
    x, y = test.x[::5], test.y[::5]
    classifier = pretrained()

    def answers(pictures):
        return classifier.predict_proba(pictures).argmax(1)

    before = answers(x)
    right = int((before == y).sum())
    low, high = wilson_interval(right, len(y))
    print(f"as they are: {right} of {len(y)}, {right / len(y):.1%} ({low:.1%} to {high:.1%})")
    for name, values in (("quality", QUALITIES), ("brightness", BRIGHTNESS)):
        for value in values:
            if name == "quality":
                worse = np.stack([as_jpeg(picture, int(value)) for picture in x])
            else:
                worse = (x * value).astype("uint8")
            after = answers(worse)
            share, (lost, won, p) = np.mean(after == y), compare(y, before, after)
            where = "inside" if low <= share <= high else "outside"
            print(f"{name} {value}: {share:.1%}, {where}; lost {lost}, won {won}, p = {p:.2g}")


if __name__ == "__main__":
    main()
