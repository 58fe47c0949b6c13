"""A trained model as a file: saved in the student's process, loaded in another."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

LARGEST = 50_000_000  # bytes of a part of the file, unpacked
PARTS = ("metadata.json", "config.json", "model.weights.h5")
# What Keras may build when it loads one. None of these takes code, a file or an address.
_NAMES = """
Sequential Functional InputLayer InputSpec Conv2D DepthwiseConv2D SeparableConv2D
MaxPooling2D AveragePooling2D GlobalAveragePooling2D GlobalMaxPooling2D Flatten Reshape
Dense Dropout SpatialDropout2D Activation ReLU LeakyReLU Softmax BatchNormalization
LayerNormalization ZeroPadding2D Cropping2D Rescaling Add Concatenate RandomFlip DTypePolicy
Zeros Ones Constant GlorotUniform GlorotNormal HeUniform HeNormal LecunUniform LecunNormal
RandomNormal RandomUniform TruncatedNormal VarianceScaling L1 L2 L1L2 MaxNorm Adam AdamW
Adamax Nadam SGD RMSprop Adagrad LossScaleOptimizer ExponentialDecay CosineDecay
SparseCategoricalCrossentropy CategoricalCrossentropy BinaryCrossentropy MeanSquaredError
Accuracy SparseCategoricalAccuracy CategoricalAccuracy __tensor__ __keras_tensor__
"""
CLASSES = frozenset(_NAMES.split())


def model_bytes(model: Any) -> bytes:
    """Save a Keras model; gives its file's bytes."""
    path = Path("/tmp/answer.keras")
    model.save(path)
    return path.read_bytes()


def load_model(content: bytes) -> Any:
    """Load a stranger's Keras model.

    Args:
        content: Its file's bytes.

    Returns:
        The model, compiled as it was.

    Raises:
        ValueError: It is no such file, too large, or has a class that is not in ``CLASSES``.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            if sorted(part.filename for part in file.infolist()) != sorted(PARTS):
                raise ValueError("it has other parts than a Keras file")
            if max(part.file_size for part in file.infolist()) > LARGEST:
                raise ValueError(f"a part of it is larger than {LARGEST / 1e6:.0f} MB")
            refuse_classes(json.loads(file.read("config.json")))
        import keras

        path = Path("/tmp/answer.keras")
        path.write_bytes(content)
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # of whatever kind: the file is a stranger's
        words = str(error).splitlines()
        raise ValueError(f"the model cannot be loaded: {words[0] if words else error!r}") from None


def refuse_classes(config: Any) -> None:
    """Raise ValueError where a model's description names a class that is not in ``CLASSES``.

    Example:
        >>> refuse_classes({"layers": [{"class_name": "Lambda"}]})
        Traceback (most recent call last):
        ValueError: it has a Lambda; expected are Keras's own layers
    """
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name = part.get("class_name", "Dense")
            module = part.get("module") or "keras"
            own = isinstance(module, str) and module.partition(".")[0] == "keras"
            if not (isinstance(name, str) and name in CLASSES and own):
                raise ValueError(f"it has a {str(name)[:40]}; expected are Keras's own layers")
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
