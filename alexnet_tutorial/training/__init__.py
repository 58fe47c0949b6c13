"""Train a network on pictures: the recipe, one ``fit``, its callbacks, experiments."""

from .checkpoint import Checkpoint, save_history
from .finite_loss import FiniteLoss, NotFinite
from .fit import Run, accuracy, fit, train
from .progress import Clock, Progress
from .recipe import RECIPE, Recipe, compile_model, xla

__all__ = [
    "RECIPE",
    "Checkpoint",
    "Clock",
    "FiniteLoss",
    "NotFinite",
    "Progress",
    "Recipe",
    "Run",
    "accuracy",
    "compile_model",
    "fit",
    "save_history",
    "train",
    "xla",
]
