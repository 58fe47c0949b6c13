"""From a description to its Keras model, and back; and the layers that Keras lacks."""

from .build import build, describe

__all__ = ["build", "describe"]
