"""Healthy models after public designs, rebuilt small: the doctor finds no fault in any of them."""

from functools import cache

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import ops

from alexnet_tutorial.doctor import examine, without_weights

rng = np.random.default_rng(0)
SPARSE, CATEGORICAL = "sparse_categorical_crossentropy", "categorical_crossentropy"


def pictures(size, channels=3, n=12):
    return rng.random((n, size, size, channels), dtype="float32")


def numbers(classes, n=12):
    return np.arange(n) % classes


def compiled(inputs, outputs, loss, metrics=None, optimizer="adam"):
    model = keras.Model(inputs, outputs)
    model.compile(optimizer, loss, metrics=metrics)
    return model


def gan_generator():
    """DCGAN: a dense layer whose numbers are shaped into maps, then transposed convolutions."""
    inputs = keras.Input((100,))
    x = L.Reshape((4, 4, 32))(L.Dense(4 * 4 * 32, use_bias=False)(inputs))
    for filters in (32, 16):
        x = L.Conv2DTranspose(filters, 5, strides=2, padding="same", use_bias=False)(x)
        x = L.LeakyReLU()(L.BatchNormalization()(x))
    outputs = L.Conv2DTranspose(3, 5, strides=2, padding="same", activation="tanh")(x)
    return keras.Model(inputs, outputs), None, None


def gan_seed_into_transposed():
    inputs = keras.Input((64,))
    x = L.Reshape((7, 7, 16))(L.Dense(7 * 7 * 16)(inputs))
    x = L.LeakyReLU()(L.Conv2DTranspose(16, 4, strides=2, padding="same")(x))
    outputs = L.Conv2D(1, 7, padding="same", activation="sigmoid")(x)
    return keras.Model(inputs, outputs), None, None


def gan_critic():
    inputs = x = keras.Input((32, 32, 3))
    for filters in (8, 16):
        x = L.LeakyReLU(negative_slope=0.2)(L.Conv2D(filters, 5, strides=2, padding="same")(x))
        x = L.Dropout(0.3)(x)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return compiled(inputs, L.Dense(1)(L.Flatten()(x)), loss), pictures(32), numbers(2)


def u_net():
    inputs = x = keras.Input((32, 32, 3))
    skips = []
    for filters in (8, 16):
        x = L.Conv2D(filters, 3, padding="same", activation="relu")(x)
        skips.append(x)
        x = L.MaxPooling2D()(x)
    x = L.Conv2D(32, 3, padding="same", activation="relu")(x)
    for filters, skip in zip((16, 8), reversed(skips), strict=True):
        x = L.Conv2DTranspose(filters, 2, strides=2, padding="same")(x)
        x = L.Conv2D(filters, 3, padding="same", activation="relu")(L.Concatenate()([x, skip]))
    outputs = L.Conv2D(3, 1, activation="softmax")(x)
    masks = rng.integers(0, 3, (12, 32, 32, 1)).astype("uint8")
    return compiled(inputs, outputs, SPARSE, ["accuracy"]), pictures(32), masks


def u_net_binary():
    inputs = keras.Input((32, 32, 1))
    x = down = L.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    x = L.Conv2D(16, 3, padding="same", activation="relu")(L.MaxPooling2D()(x))
    x = L.Concatenate()([L.UpSampling2D()(x), down])
    outputs = L.Conv2D(1, 1, activation="sigmoid")(x)
    iou = keras.metrics.BinaryIoU()
    masks = rng.integers(0, 2, (12, 32, 32))
    return compiled(inputs, outputs, "binary_crossentropy", [iou]), pictures(32, 1), masks


def segmentation_by_residuals():
    """Residual blocks down, transposed convolutions up, after a well-known tutorial's plan."""
    inputs = keras.Input((32, 32, 3))
    x = L.Activation("relu")(
        L.BatchNormalization()(L.Conv2D(8, 3, strides=2, padding="same")(inputs))
    )
    before = x
    for filters in (16, 32):
        for _ in range(2):
            x = L.SeparableConv2D(filters, 3, padding="same")(L.Activation("relu")(x))
            x = L.BatchNormalization()(x)
        x = L.MaxPooling2D(3, strides=2, padding="same")(x)
        x = before = L.add([x, L.Conv2D(filters, 1, strides=2, padding="same")(before)])
    for filters in (32, 16, 8):
        x = L.Conv2DTranspose(filters, 3, padding="same")(L.Activation("relu")(x))
        x = L.UpSampling2D()(L.BatchNormalization()(x))
        x = before = L.add([x, L.Conv2D(filters, 1, padding="same")(L.UpSampling2D()(before))])
    outputs = L.Conv2D(3, 3, activation="softmax", padding="same")(x)
    return compiled(inputs, outputs, SPARSE), pictures(32), rng.integers(0, 3, (12, 32, 32))


def vision_transformer():
    inputs = keras.Input((32, 32, 3))
    x = L.Reshape((16, 32))(L.Conv2D(32, 8, strides=8)(inputs))
    x = x + L.Embedding(16, 32)(ops.arange(16))
    for _ in range(2):
        y = L.LayerNormalization()(x)
        x = L.Add()([L.MultiHeadAttention(2, 16)(y, y), x])
        y = L.Dense(64, activation="gelu")(L.LayerNormalization()(x))
        x = L.Add()([L.Dense(32)(y), x])
    x = L.Dropout(0.5)(L.Flatten()(L.LayerNormalization()(x)))
    outputs = L.Dense(10)(L.Dense(64, activation="gelu")(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    metrics = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
    metrics += [keras.metrics.SparseTopKCategoricalAccuracy(5, name="top-5")]
    optimizer = keras.optimizers.AdamW(1e-3, weight_decay=1e-4)
    return compiled(inputs, outputs, loss, metrics, optimizer), pictures(32), numbers(10)


def mixer():
    inputs = keras.Input((32, 32, 3))
    x = L.Reshape((16, 32))(L.Conv2D(32, 8, strides=8)(inputs))
    y = L.Permute((2, 1))(L.LayerNormalization()(x))
    y = L.Dense(16)(L.Dense(32, activation="gelu")(y))
    x = L.Add()([x, L.Permute((2, 1))(y)])
    x = L.Add()([x, L.Dense(32)(L.Dense(64, activation="gelu")(L.LayerNormalization()(x)))])
    outputs = L.Dense(4, activation="softmax")(L.GlobalAveragePooling1D()(x))
    return compiled(inputs, outputs, SPARSE, ["accuracy"]), pictures(32), numbers(4)


def conv_lstm():
    inputs = keras.Input((None, 16, 16, 1))
    x = L.ConvLSTM2D(8, 3, padding="same", return_sequences=True, activation="relu")(inputs)
    x = L.ConvLSTM2D(8, 1, padding="same", return_sequences=True, activation="relu")(
        L.BatchNormalization()(x)
    )
    outputs = L.Conv3D(1, 3, activation="sigmoid", padding="same")(x)
    frames = rng.random((4, 5, 16, 16, 1), dtype="float32")
    return compiled(inputs, outputs, "binary_crossentropy"), frames, frames


def siamese():
    base = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            L.BatchNormalization(),
            L.Conv2D(4, 5, activation="tanh"),
            L.AveragePooling2D(2),
            L.Conv2D(16, 5, activation="tanh"),
            L.AveragePooling2D(2),
            L.Flatten(),
            L.Dense(10, activation="tanh"),
        ],
        name="embedding",
    )
    left, right = keras.Input((28, 28, 1), name="left"), keras.Input((28, 28, 1), name="right")
    apart = L.Subtract()([base(left), base(right)])
    outputs = L.Dense(1, activation="sigmoid")(L.BatchNormalization()(apart))
    model = compiled([left, right], outputs, "binary_crossentropy", ["accuracy"])
    return model, [pictures(28, 1), pictures(28, 1)], numbers(2)


def multi_output():
    inputs = keras.Input((32, 32, 3), name="hand")
    x = L.GlobalAveragePooling2D()(L.Conv2D(16, 3, activation="relu")(inputs))
    outputs = [
        L.Dense(6, activation="softmax", name="fingers")(x),
        L.Dense(1, activation="sigmoid", name="left")(x),
        L.Dense(4, name="box")(x),
    ]
    losses = {"fingers": SPARSE, "left": "binary_crossentropy", "box": "mse"}
    metrics = {"fingers": ["accuracy"], "left": ["accuracy"], "box": ["mae"]}
    y = {"fingers": numbers(6), "left": numbers(2), "box": rng.random((12, 4))}
    return compiled(inputs, outputs, losses, metrics), {"hand": pictures(32)}, y


def two_inputs():
    picture, rest = keras.Input((32, 32, 3), name="picture"), keras.Input((5,), name="rest")
    x = L.GlobalMaxPooling2D()(L.Conv2D(8, 3, activation="relu")(picture))
    x = L.Concatenate()([x, L.Dense(8, activation="relu")(rest)])
    model = compiled([picture, rest], L.Dense(1)(x), "mse", ["mae"])
    return model, {"picture": pictures(32), "rest": rng.normal(size=(12, 5))}, rng.random(12)


def autoencoder():
    inputs = keras.Input((28, 28, 1))
    x = L.Conv2D(16, 3, activation="relu", padding="same")(inputs)
    x = L.MaxPooling2D(padding="same")(x)
    x = L.Conv2DTranspose(16, 3, strides=2, activation="relu", padding="same")(x)
    outputs = L.Conv2D(1, 3, activation="sigmoid", padding="same")(x)
    x = pictures(28, 1)
    return compiled(inputs, outputs, "binary_crossentropy"), x, x


def dense_autoencoder():
    inputs = keras.Input((784,))
    code = L.Dense(32)(L.Dense(128, activation="relu")(inputs))
    outputs = L.Dense(784, activation="sigmoid")(L.Dense(128, activation="relu")(code))
    x = rng.random((12, 784), dtype="float32")
    return compiled(inputs, outputs, "binary_crossentropy"), x, x


def variational_encoder():
    inputs = keras.Input((28, 28, 1))
    x = L.Conv2D(32, 3, activation="relu", strides=2, padding="same")(inputs)
    x = L.Dense(16, activation="relu")(L.Flatten()(x))
    return keras.Model(inputs, [L.Dense(2, name="mean")(x), L.Dense(2, name="log_var")(x)]), 0, 0


def detection_head():
    """A pyramid of features with a class and a box for each place, as RetinaNet has it."""
    inputs = keras.Input((64, 64, 3))
    c3 = L.Conv2D(16, 3, strides=4, padding="same", activation="relu")(inputs)
    c4 = L.Conv2D(32, 3, strides=2, padding="same", activation="relu")(c3)
    p4 = L.Conv2D(16, 1)(c4)
    p3 = L.Add()([L.Conv2D(16, 1)(c3), L.UpSampling2D()(p4)])
    heads = []
    for level in (L.Conv2D(16, 3, padding="same")(p3), L.Conv2D(16, 3, padding="same")(p4)):
        x = L.Conv2D(16, 3, padding="same", activation="relu")(level)
        heads.append(L.Reshape((-1, 24))(L.Conv2D(24, 3, padding="same")(x)))
    return keras.Model(inputs, L.Concatenate(axis=1)(heads)), None, None


def super_resolution():
    inputs = keras.Input((None, None, 1))
    x = inputs
    for filters, kernel in ((32, 5), (32, 3), (16, 3)):
        x = L.Conv2D(filters, kernel, padding="same", activation="relu")(x)
    outputs = L.Conv2D(1, 3, padding="same")(L.UpSampling2D(2)(L.Conv2D(9, 3, padding="same")(x)))
    return compiled(inputs, outputs, "mse"), pictures(24, 1), pictures(48, 1)


def linear_residuals():
    """EDSR: residual blocks whose second convolution has no activation."""
    inputs = keras.Input((24, 24, 3))
    x = start = L.Conv2D(16, 3, padding="same")(inputs)
    for _ in range(2):
        y = L.Conv2D(16, 3, padding="same", activation="relu")(x)
        x = L.Add()([x, L.Conv2D(16, 3, padding="same")(y)])
    x = L.Add()([start, L.Conv2D(16, 3, padding="same")(x)])
    return compiled(inputs, L.Conv2D(3, 3, padding="same")(x), "mae"), None, None


def inverted_bottlenecks():
    inputs = x = keras.Input((32, 32, 3))
    x = L.ReLU(6)(L.BatchNormalization()(L.Conv2D(16, 3, strides=2, padding="same")(x)))
    for _ in range(2):
        y = L.ReLU(6)(L.BatchNormalization()(L.Conv2D(96, 1, use_bias=False)(x)))
        y = L.ReLU(6)(L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same")(y)))
        x = L.Add()([x, L.BatchNormalization()(L.Conv2D(16, 1, use_bias=False)(y))])
    outputs = L.Dense(5, activation="softmax")(L.GlobalAveragePooling2D()(x))
    return compiled(inputs, outputs, SPARSE, ["accuracy"]), pictures(32), numbers(5)


def dense_blocks():
    inputs = keras.Input((32, 32, 3))
    x = L.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
    for _ in range(3):
        y = L.Activation("relu")(L.BatchNormalization()(x))
        x = L.Concatenate()([x, L.Conv2D(8, 3, padding="same", use_bias=False)(y)])
    x = L.GlobalAveragePooling2D()(L.Activation("relu")(L.BatchNormalization()(x)))
    return compiled(inputs, L.Dense(5, activation="softmax")(x), SPARSE), pictures(32), numbers(5)


def squeeze_and_excite():
    inputs = keras.Input((32, 32, 3))
    x = L.Conv2D(16, 3, activation="relu")(inputs)
    s = L.Dense(4, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(x))
    x = L.Multiply()([x, L.Dense(16, activation="sigmoid")(s)])
    outputs = L.Dense(2, activation="softmax")(L.GlobalAveragePooling2D()(x))
    return (
        compiled(inputs, outputs, CATEGORICAL, ["AUC", "Precision"]),
        pictures(32),
        (np.eye(2)[numbers(2)]),
    )


def text_convolution():
    inputs = keras.Input((50,), dtype="int32")
    x = L.Conv1D(32, 7, strides=3, activation="relu")(L.Dropout(0.5)(L.Embedding(1000, 16)(inputs)))
    x = L.Dense(16, activation="relu")(L.GlobalMaxPooling1D()(x))
    model = compiled(inputs, L.Dense(1, activation="sigmoid")(x), "binary_crossentropy")
    return model, rng.integers(0, 1000, (12, 50)), numbers(2)


def recurrent_captions():
    """A label for each word: the output has a place for each."""
    inputs = keras.Input((20,), dtype="int32")
    x = L.Bidirectional(L.LSTM(8, return_sequences=True))(L.Embedding(100, 8)(inputs))
    model = compiled(inputs, L.Dense(7, activation="softmax")(x), SPARSE, ["accuracy"])
    return model, rng.integers(0, 100, (12, 20)), rng.integers(0, 7, (12, 20))


def reading_lines():
    """Convolutions with pools, then a recurrent net over the columns, for the CTC loss."""
    inputs = keras.Input((64, 32, 1))
    x = inputs
    for filters in (8, 16):
        x = L.MaxPooling2D()(L.Conv2D(filters, 3, activation="relu", padding="same")(x))
    x = L.Dense(32, activation="relu")(L.Reshape((16, 128))(x))
    x = L.Bidirectional(L.LSTM(16, return_sequences=True))(L.Dropout(0.2)(x))
    return keras.Model(inputs, L.Dense(20, activation="softmax")(x)), None, None


def video():
    """Three-dimensional convolutions taken apart: over the picture, then over time."""
    inputs = keras.Input((6, 24, 24, 3))
    x = L.Conv3D(8, (1, 3, 3), padding="same")(inputs)
    x = L.ReLU()(L.Conv3D(8, (3, 1, 1), padding="same")(x))
    outputs = L.Dense(4, activation="softmax")(L.GlobalAveragePooling3D()(x))
    return compiled(inputs, outputs, SPARSE), rng.random((8, 6, 24, 24, 3)), numbers(4, 8)


def scans():
    inputs = x = keras.Input((16, 16, 16, 1))
    for filters in (4, 8):
        x = L.MaxPooling3D()(L.Conv3D(filters, 3, activation="relu", padding="same")(x))
        x = L.BatchNormalization()(x)
    x = L.Dropout(0.3)(L.Dense(16, activation="relu")(L.GlobalAveragePooling3D()(x)))
    model = compiled(inputs, L.Dense(1, activation="sigmoid")(x), "binary_crossentropy", ["acc"])
    return model, rng.random((8, 16, 16, 16, 1)), numbers(2, 8)


def gray_adapter():
    with without_weights():
        base = keras.applications.MobileNetV2(
            include_top=False, weights=None, input_shape=(96, 96, 3), alpha=0.35
        )
        base.trainable = False
        inputs = keras.Input((96, 96, 1))
        x = L.Rescaling(1 / 127.5, offset=-1)(inputs)
        x = base(L.Conv2D(3, 1)(x), training=False)
        outputs = L.Dense(5, activation="softmax")(L.Dropout(0.2)(L.GlobalAveragePooling2D()(x)))
    return compiled(inputs, outputs, SPARSE, ["accuracy"]), 255 * pictures(96, 1), numbers(5)


def transfer():
    inputs = keras.Input((96, 96, 3))
    flipped = L.RandomFlip("horizontal")(inputs)
    with without_weights():
        base = keras.applications.EfficientNetB0(
            include_top=False, weights=None, input_shape=(96, 96, 3)
        )
        base.trainable = False
        x = L.GlobalAveragePooling2D()(base(flipped, training=False))
        outputs = L.Dense(1)(L.Dropout(0.2)(x))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    metrics = [keras.metrics.BinaryAccuracy(threshold=0), keras.metrics.AUC(from_logits=True)]
    return compiled(inputs, outputs, loss, metrics), 255 * pictures(96), numbers(2)


def preprocessed_base():
    with without_weights():
        base = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(96, 96, 3))
        base.trainable = False
        inputs = keras.Input((96, 96, 3))
        x = base(keras.applications.resnet50.preprocess_input(inputs), training=False)
        outputs = L.Dense(5, activation="softmax")(L.GlobalAveragePooling2D()(x))
    return compiled(inputs, outputs, SPARSE), np.round(255 * pictures(96)), numbers(5)


def metric_learning():
    inputs = keras.Input((32, 32, 3))
    x = L.GlobalAveragePooling2D()(L.Conv2D(32, 3, strides=2, activation="relu")(inputs))
    outputs = L.UnitNormalization()(L.Dense(8)(x))
    return keras.Model(inputs, outputs), pictures(32), None


def several_labels():
    inputs = keras.Input((32, 32, 3))
    x = L.GlobalAveragePooling2D()(L.Conv2D(16, 3, activation="relu")(inputs))
    y = rng.integers(0, 2, (12, 5))
    metrics = ["binary_accuracy", keras.metrics.AUC(multi_label=True)]
    model = compiled(inputs, L.Dense(5, activation="sigmoid")(x), "binary_crossentropy", metrics)
    return model, pictures(32), y


def normalized_recipe():
    """Large rates and a schedule over the whole training, with batch normalization."""
    inputs = x = keras.Input((32, 32, 3))
    for filters in (16, 32):
        x = L.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = L.MaxPooling2D()(L.ReLU()(L.BatchNormalization()(x)))
    outputs = L.Dense(10)(L.GlobalMaxPooling2D()(x))
    rate = keras.optimizers.schedules.CosineDecay(0.4, 5000, warmup_target=0.8, warmup_steps=500)
    optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=5e-4)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(inputs, outputs, loss, ["accuracy"], optimizer), pictures(32), numbers(10)


HEALTHY = [
    *(gan_generator, gan_seed_into_transposed, gan_critic, u_net, u_net_binary),
    *(segmentation_by_residuals, vision_transformer, mixer, conv_lstm, siamese, multi_output),
    *(two_inputs, autoencoder, dense_autoencoder, variational_encoder, detection_head),
    *(super_resolution, linear_residuals, inverted_bottlenecks, dense_blocks, squeeze_and_excite),
    *(text_convolution, recurrent_captions, reading_lines, video, scans, gray_adapter, transfer),
    *(preprocessed_base, metric_learning, several_labels, normalized_recipe),
]


@cache
def made(design):
    return design()


@pytest.mark.parametrize("design", HEALTHY, ids=lambda design: design.__name__)
def test_no_fault_in_a_healthy_design(design):
    model, x, y = made(design)
    x, y = (value if value is not None and not isinstance(value, int) else None for value in (x, y))
    report = examine(model, x, y)
    assert not report.faults, str(report)
    assert len(report.notes) <= 4, str(report)


APPLICATIONS = {
    "bytes": ("EfficientNetB0", "EfficientNetV2B0", "MobileNetV3Small", "ConvNeXtTiny"),
    "tf": ("MobileNet", "MobileNetV2", "InceptionV3", "Xception", "NASNetMobile", "ResNet50V2"),
    "caffe": ("VGG16", "ResNet50"),
    "torch": ("DenseNet121",),
}
RANGES = {  # what each family wants, and what it does not
    "bytes": ((0, 255), (0, 1)),
    "tf": ((-1, 1), (0, 255)),
    "caffe": ((-124, 151), (0, 1)),
    "torch": ((-2.1, 2.6), (0, 255)),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", APPLICATIONS)
def test_each_application_is_known_by_its_range(kind):
    (good, bad) = RANGES[kind]
    for name in APPLICATIONS[kind]:
        with without_weights():
            base = getattr(keras.applications, name)(
                include_top=False, weights=None, input_shape=(224, 224, 3)
            )
            base.trainable = False
            inputs = keras.Input((224, 224, 3))
            x = L.GlobalAveragePooling2D()(base(inputs, training=False))
            model = keras.Model(inputs, L.Dense(4, activation="softmax")(x))
        x = rng.random((2, 224, 224, 3))
        report = examine(model, good[0] + (good[1] - good[0]) * x)
        assert not report.faults, str(report)
        codes = {finding.code for finding in examine(model, bad[0] + (bad[1] - bad[0]) * x).faults}
        assert codes & {"base-range", "data-scaled-twice"}, name
        with without_weights():
            whole = getattr(keras.applications, name)(weights=None)
        assert not examine(whole).faults, name
