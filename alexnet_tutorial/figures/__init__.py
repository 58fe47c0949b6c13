"""Every picture of the book: drawn from a description, readable in light and dark, with alt text.

A figure is one call that returns a :class:`Picture`, which a notebook shows as the last value of
a cell. Text takes the color of the page around it, and the alt text is computed from the same
numbers as the drawing and says what the drawing shows.

What all figures share is in ``draw``; the others are sorted by what they show.
"""

from alexnet_tutorial.figures.convolution import (
    convolution_window,
    last_window,
    memory_order,
    mixed_formats,
    one_convolution,
    receptive_field,
    windows_on_line,
)
from alexnet_tutorial.figures.data import contact_sheet, pictures
from alexnet_tutorial.figures.draw import COLORS, KIND_COLORS, Picture, from_matplotlib
from alexnet_tutorial.figures.network import architecture_diagram, cost_bars
from alexnet_tutorial.figures.recipe import divisions, shrinking
from alexnet_tutorial.figures.training import accuracy_by_pictures, history, wilson

__all__ = [
    "COLORS",
    "KIND_COLORS",
    "Picture",
    "accuracy_by_pictures",
    "architecture_diagram",
    "contact_sheet",
    "convolution_window",
    "cost_bars",
    "divisions",
    "from_matplotlib",
    "history",
    "last_window",
    "memory_order",
    "mixed_formats",
    "one_convolution",
    "pictures",
    "receptive_field",
    "shrinking",
    "wilson",
    "windows_on_line",
]
