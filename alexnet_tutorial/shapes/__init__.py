"""Shapes in plain integers: one description of a network and its arithmetic, without Keras.

``output_size`` and ``Window`` are the formulas that a chapter derives by hand; an ``Architecture``
is a network described once; ``variant`` finds a working variant of AlexNet by its name; and
``ledger`` writes one down, row by row, as it does any built Keras model. ``cost`` reads a ledger as
operations and bytes, from which a ``Device`` predicts the time.
"""

from .architecture import LRN, Activation, Architecture, Conv, Dense, Dropout, Flatten, Pool, Step
from .cost import DEVICES, Device, Work, cost, largest_batch, training_memory
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
    "DEVICES",
    "LRN",
    "VARIANTS",
    "Activation",
    "Architecture",
    "Conv",
    "Dense",
    "Device",
    "Dropout",
    "Flatten",
    "Ledger",
    "Pool",
    "ReceptiveField",
    "Row",
    "Step",
    "TransposedWindow",
    "Window",
    "Work",
    "conv_macs",
    "conv_parameters",
    "cost",
    "dense_parameters",
    "largest_batch",
    "ledger",
    "output_size",
    "pixels_read",
    "receptive_field",
    "training_memory",
    "variant",
]
