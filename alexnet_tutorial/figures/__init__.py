"""Every picture of the book: drawn from a description, readable in light and dark, with alt text.

A figure is one call that returns a :class:`Picture`, which a notebook shows as the last value of
a cell. Text takes the color of the page around it, and the alt text is computed from the same
numbers as the drawing and says what the drawing shows.

What all figures share is in ``draw``; the others are sorted by what they show.
"""

# ruff: noqa: F401  every name is for ``figures.name``

from alexnet_tutorial.figures.ablations import effects
from alexnet_tutorial.figures.augmentation import color_components
from alexnet_tutorial.figures.convolution import (
    convolution_window,
    last_window,
    memory_order,
    mixed_formats,
    one_convolution,
    receptive_field,
    windows_on_line,
)
from alexnet_tutorial.figures.cost import roofline
from alexnet_tutorial.figures.data import contact_sheet, pictures
from alexnet_tutorial.figures.draw import COLORS, KIND_COLORS, Picture, from_matplotlib
from alexnet_tutorial.figures.evaluation import confusion, intervals, reliability, score_chances
from alexnet_tutorial.figures.features import (
    activations,
    feature_map,
    filters,
    heat_maps,
    neighbors,
)
from alexnet_tutorial.figures.learning import by_layer, losses, rate_range
from alexnet_tutorial.figures.network import architecture_diagram, cost_bars
from alexnet_tutorial.figures.parts import (
    activation_functions,
    dropout_samples,
    gradient_by_depth,
    normalized_channels,
    pooling_winners,
)
from alexnet_tutorial.figures.towers import groups, memory, who_reads_whom
from alexnet_tutorial.figures.training import accuracy_by_pictures, history
from alexnet_tutorial.figures.year_2012 import worth
