"""Shapes in plain integers: one description of a network and its arithmetic, without Keras.

``output_size`` and its kin are the formulas that a chapter derives by hand; an ``Architecture``
is a network described once; ``variant`` finds a working variant of AlexNet by its name; and
``ledger`` writes one down, row by row, as it does any built Keras model.
"""

from .architecture import LRN, Architecture, Conv, Dense, Dropout, Flatten, Pool
from .ledger import Ledger, Row, ledger
from .variants import VARIANTS, variant
from .window import (
    ReceptiveField,
    conv_macs,
    conv_parameters,
    dense_parameters,
    effective_kernel_size,
    output_size,
    pad_amounts,
    pixels_read,
    receptive_field,
    resolve_padding,
    transposed_output_size,
    unread_pixels,
    weights_in_output,
    weights_on_pixels,
)

__all__ = [
    "LRN",
    "VARIANTS",
    "Architecture",
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "Ledger",
    "Pool",
    "ReceptiveField",
    "Row",
    "conv_macs",
    "conv_parameters",
    "dense_parameters",
    "effective_kernel_size",
    "ledger",
    "output_size",
    "pad_amounts",
    "pixels_read",
    "receptive_field",
    "resolve_padding",
    "transposed_output_size",
    "unread_pixels",
    "variant",
    "weights_in_output",
    "weights_on_pixels",
]
