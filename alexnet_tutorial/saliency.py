"""Gradients of a network's answer with respect to its picture, on TensorFlow and on JAX.

Keras has no backend-neutral gradient; this is the one place of the package that asks the backend.
"""

import keras
import numpy as np

BATCH = 32  # pictures whose gradients are computed at a time


def input_gradients(model: keras.Model, pictures: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Say how an output changes with every pixel: Simonyan et al. (2013), arXiv:1312.6034.

    For picture x and class c this is d(output c) / dx. Give a model that ends in scores: behind a
    softmax that is nearly certain, all gradients are nearly zero.

    Args:
        model: A Keras model from one picture to one number for each class.
        pictures: Pictures as the model takes them, (n, height, width, channels).
        classes: The output to follow in each picture, integers (n,).

    Returns:
        float32, of the pictures' shape: output per unit of the pixel.

    Raises:
        ValueError: Pictures the model does not take, not one class for each picture, or a class
            the model does not have; or a backend other than TensorFlow and JAX.

    Example:
        >>> line = keras.Sequential([keras.Input((2, 1, 1)), keras.layers.Flatten()])
        >>> input_gradients(line, np.ones((1, 2, 1, 1)), [1]).ravel().tolist()
        [0.0, 1.0]
    """
    pictures, classes = np.asarray(pictures, "float32"), np.asarray(classes)
    expected = tuple(model.input_shape[1:])
    if pictures.ndim != len(expected) + 1 or pictures.shape[1:] != expected:
        raise ValueError(
            f"the pictures have shape {pictures.shape}, and model {model.name!r} takes (n, "
            f"{', '.join(map(str, expected))}). One picture needs a first axis of 1: picture[None]."
        )
    outputs = model.output_shape[-1]
    if classes.shape != pictures.shape[:1] or classes.dtype.kind not in "iu":
        raise ValueError(
            f"classes are {classes.dtype} {classes.shape}; expected one integer for each of the "
            f"{len(pictures)} pictures."
        )
    if classes.size and not (classes.min() >= 0 and classes.max() < outputs):
        raise ValueError(
            f"classes go from {classes.min()} to {classes.max()}, and model {model.name!r} has "
            f"outputs 0 to {outputs - 1}."
        )
    gradient = _gradient()
    parts = [np.zeros((0, *expected), "float32")]
    for start in range(0, len(pictures), BATCH):
        chosen = keras.ops.one_hot(classes[start : start + BATCH], outputs)

        def total(x, chosen=chosen):
            # Each output depends on its own picture alone, so one sum serves a whole batch.
            return keras.ops.sum(model(x, training=False) * chosen)

        x = keras.ops.convert_to_tensor(pictures[start : start + BATCH])
        parts.append(keras.ops.convert_to_numpy(gradient(total, x)))
    return np.concatenate(parts)


def _gradient():
    """The backend's own: a function of (scalar function, tensor)."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        def gradient(function, x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = function(x)
            return tape.gradient(value, x)

        return gradient
    if backend == "jax":
        import jax

        return lambda function, x: jax.grad(function)(x)
    raise ValueError(
        f"the backend is {backend!r}, and gradients are written for 'tensorflow' and 'jax'. Set "
        "KERAS_BACKEND to one of them before Keras is imported."
    )
