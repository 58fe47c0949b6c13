"""Examines a Keras model, and data if there is any, and names what is wrong.

The doctor reads shapes, options and the loss. It never reads a weight and never runs the model,
so it also examines models far too large for the machine, built under :func:`without_weights`.
Of a ``.keras`` file it reads the description only: nothing that the file holds is run.

A *fault* is something that no design wants; a *note* is something to know. Where a layer could
mean either, the doctor keeps silent.
"""

from alexnet_tutorial.doctor.dense import DENSE_LIMIT
from alexnet_tutorial.doctor.examination import examine
from alexnet_tutorial.doctor.files import examine_file
from alexnet_tutorial.doctor.reading import without_weights
from alexnet_tutorial.doctor.report import CODES, Finding, Report

__all__ = [
    "CODES",
    "DENSE_LIMIT",
    "Finding",
    "Report",
    "examine",
    "examine_file",
    "without_weights",
]
