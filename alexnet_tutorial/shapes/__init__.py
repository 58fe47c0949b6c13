"""Shapes in plain integers: one description of a network and its arithmetic, without Keras.

``output_size`` and ``Window`` are the formulas that a chapter derives by hand; an ``Architecture``
is a network described once; ``variant`` finds a working variant of AlexNet by its name; and
``ledger`` writes one down, row by row, as it does any built Keras model.
"""

from .architecture import LRN, Activation, Architecture, Conv, Dense, Dropout, Flatten, Pool, Step
from .ledger import Ledger, Row, ledger
from .variants import VARIANTS, variant
from .window import (
    ReceptiveField,
    TransposedWindow,
    Window,
    conv_macs,
    conv_parameters,
    dense_parameters,
    output_size,
    pixels_read,
    receptive_field,
)

__all__ = [
    "LRN",
    "VARIANTS",
    "Activation",
    "Architecture",
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "Ledger",
    "Pool",
    "ReceptiveField",
    "Row",
    "Step",
    "TransposedWindow",
    "Window",
    "conv_macs",
    "conv_parameters",
    "dense_parameters",
    "ledger",
    "output_size",
    "pixels_read",
    "receptive_field",
    "variant",
]
