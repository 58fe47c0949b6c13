"""Train a network on pictures: the recipe, one ``fit``, its callbacks, experiments."""

from .fit import (
    CENTER,
    RECIPE,
    Batches,
    Checkpoint,
    FiniteLoss,
    Progress,
    Recipe,
    Run,
    accuracy,
    compile_model,
    prepare,
    save_history,
    train,
    vary,
    xla,
)

__all__ = [
    "CENTER",
    "RECIPE",
    "Batches",
    "Checkpoint",
    "FiniteLoss",
    "Progress",
    "Recipe",
    "Run",
    "accuracy",
    "compile_model",
    "prepare",
    "save_history",
    "train",
    "vary",
    "xla",
]
