"""Preprocessing against what torchvision and Caffe publish, written out in NumPy and Pillow."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from alexnet_tutorial.pictures.preprocessing import Preprocessing
from alexnet_tutorial.weights import BVLC_MEAN, TORCHVISION_PREPROCESSING


def picture(width, height, seed=0):
    noise = np.random.default_rng(seed).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3))
    return Image.fromarray(noise.astype("uint8")).resize((width, height), Image.BICUBIC)


def torchvision_definition(image):
    """Resize(256), CenterCrop(224), to [0, 1], Normalize: as its transforms are documented.

    But where half a pixel is left over, the crop begins before it, as Keras's CenterCrop does, and
    not at the even one of the two.
    """
    width, height = image.size
    short = min(width, height)
    size = int(256 * width / short), int(256 * height / short)
    values = np.asarray(image.resize(size, Image.BILINEAR))
    top, left = (values.shape[0] - 224) // 2, (values.shape[1] - 224) // 2
    values = values[top : top + 224, left : left + 224] / 255.0
    for channel, (mean, std) in enumerate(
        zip((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), strict=True)
    ):
        values[..., channel] = (values[..., channel] - mean) / std
    return values


@pytest.mark.parametrize("size", [(256, 256), (500, 375), (375, 500), (333, 257), (60, 91)])
def test_torchvision_as_published(size):
    image = picture(*size)
    cut = TORCHVISION_PREPROCESSING.cut(image)
    assert cut.shape == (224, 224, 3) and cut.dtype == np.uint8
    given = TORCHVISION_PREPROCESSING.apply(cut[None])
    assert given.dtype == np.float32
    np.testing.assert_allclose(given[0], torchvision_definition(image), atol=1e-6)


def test_caffe_takes_blue_first_and_the_mean_away():
    caffe = Preprocessing(resize=256, crop=(5, 4), channels="bgr", scale=1.0, mean=BVLC_MEAN)
    pictures = np.random.default_rng(1).integers(0, 256, (3, 5, 4, 3)).astype("uint8")
    red, green, blue = (pictures[..., i].astype("float64") for i in range(3))
    expected = np.stack([blue - 104.00699, green - 116.66877, red - 122.67892], -1)
    np.testing.assert_allclose(caffe.apply(pictures), expected, atol=1e-4)


def test_the_input_is_not_changed_and_any_mode_is_cut():
    pictures = np.full((2, 4, 4, 3), 7, "uint8")
    Preprocessing(resize=4, crop=4, mean=(1, 2, 3)).apply(pictures)
    assert (pictures == 7).all()
    for mode in ("L", "RGBA", "P", "CMYK", "1"):
        assert Preprocessing(resize=9, crop=8).cut(Image.new(mode, (30, 20))).shape == (8, 8, 3)


def test_it_goes_through_json():
    for value in (
        TORCHVISION_PREPROCESSING,
        Preprocessing(resize=256, crop=(224, 200), channels="bgr", scale=1, mean=BVLC_MEAN),
    ):
        text = json.dumps(value.to_json())
        assert Preprocessing.from_json(json.loads(text)) == value
        assert hash(Preprocessing.from_json(json.loads(text))) == hash(value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"channels": "rbg"}, "'rgb' or 'bgr'"),
        ({"crop": 257}, "cannot be larger"),
        ({"crop": 0}, "positive integers"),
        ({"resize": 256.0}, "positive integers"),
        ({"mean": (1, 2)}, "three numbers"),
        ({"mean": "rgb"}, "three numbers"),
        ({"std": (1, 0, 1)}, "must not hold 0"),
        ({"scale": math.nan}, "finite"),
        ({"scale": 0}, "must not hold 0"),
        ({"more": 1}, "must be an object with resize"),
    ],
)
def test_wrong_values_are_refused(wrong, message):
    good = TORCHVISION_PREPROCESSING.to_json()
    with pytest.raises(ValueError, match=message):
        Preprocessing.from_json(good | wrong)


@pytest.mark.parametrize(
    "pictures",
    [
        np.zeros((1, 224, 224, 3), "float32"),
        np.zeros((224, 224, 3), "uint8"),
        np.zeros((1, 256, 256, 3), "uint8"),
        np.zeros((1, 3, 224, 224), "uint8"),
    ],
)
def test_pictures_of_another_kind_are_refused(pictures):
    with pytest.raises(ValueError, match="expected uint8") as error:
        TORCHVISION_PREPROCESSING.apply(pictures)
    assert str(pictures.shape) in str(error.value)


def test_a_strip_is_cut_before_it_is_resized():
    """Resized whole, 1 by 400,000 pixels would be 64 by 25,600,000."""
    pixels = np.zeros((1, 400_001, 3), "uint8")
    pixels[:, 200_000] = 255
    half = Preprocessing(resize=64, crop=64)
    for picture in (pixels, pixels.transpose(1, 0, 2)):
        cut = half.cut(Image.fromarray(picture))
        assert cut.shape == (64, 64, 3) and cut.max() > 200  # its center
    with pytest.raises(ValueError, match="at most 10,000"):
        Preprocessing(resize=10_001, crop=64)
