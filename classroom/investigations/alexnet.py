"""Worked example of the investigation *AlexNet*: does dropout pay with half as many pictures?

    python -m classroom.investigations.alexnet

A small network with two wide dense layers, on hands of 32 × 32 pixels. Each arm is trained for as
many steps, with the same seeds, and judged on the same validation pictures.
"""

import numpy as np

from alexnet_tutorial.pictures import load_signs
from alexnet_tutorial.session import describe, import_keras

keras = import_keras()
layers = keras.layers

PICTURES = (600, 300)
SHARES = (0.0, 0.5)
SEEDS = (0, 1, 2, 3)
STEPS = 300


def network(share: float) -> keras.Model:
    """Build the network.

    Args:
        share: Of units that dropout sets to zero.

    Returns:
        A Keras model, compiled.
    """
    relu = {"activation": "relu", "kernel_initializer": "he_normal"}
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(16, 5, strides=2, **relu),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", **relu),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(256, **relu),
            layers.Dropout(share),
            layers.Dense(256, **relu),
            layers.Dropout(share),
            layers.Dense(6, activation="softmax"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    return model


def main() -> None:
    """Train every arm with every seed, and print the differences, seed by seed."""
    signs = load_signs(seed=0)
    print(f"{describe()}\n{signs.source}")
    train = signs.train.resized(32)
    held = signs.validation.resized(32)
    x, x_held = (part.x.astype("float32") / 255 - 0.5 for part in (train, held))
    for pictures in PICTURES:
        gains = []
        for seed in SEEDS:
            rows = np.random.default_rng(seed).permutation(len(x))[:pictures]
            said = []
            for share in SHARES:
                keras.utils.set_random_seed(seed)
                model = network(share)
                epochs = STEPS // -(-pictures // 32)
                model.fit(x[rows], train.y[rows], batch_size=32, epochs=epochs, verbose=0)
                there = model.evaluate(x[rows], train.y[rows], verbose=0)[1]
                said.append((*model.evaluate(x_held, held.y, verbose=0), there))
            gains.append(100 * (said[1][1] - said[0][1]))
            for share, (loss, accuracy, there) in zip(SHARES, said, strict=True):
                print(f"{pictures} pictures, seed {seed}, dropout {share}:", end=" ")
                print(f"validation {accuracy:.1%}, loss {loss:.3f}; training {there:.1%}")
        error = np.std(gains, ddof=1) / len(gains) ** 0.5
        print(f"{pictures} pictures: dropout gains {np.mean(gains):+.1f} ± {error:.1f} points\n")


if __name__ == "__main__":
    main()
