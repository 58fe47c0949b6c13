"""Let Keras' ``fit`` do one part in ``ALEXNET_TUTORIAL_REHEARSAL`` of its epochs and steps.

``tools.rehearsal`` puts this folder on ``PYTHONPATH`` of its kernels, and Python imports a module
of this name at start. Keras is changed when it is first imported, and not before.
"""

import functools
import importlib.abc
import importlib.util
import inspect
import os
import sys

FACTOR = int(os.environ["ALEXNET_TUTORIAL_REHEARSAL"])


def part(count):
    """Give one part in FACTOR, yet two where there are two, so that things still change."""
    return max(count // FACTOR, min(count, 2))


def steps_of(x, batch_size):
    """Count the steps of an epoch: batches of a data set, or of an array."""
    return -(-len(x) // (batch_size or 32)) if hasattr(x, "shape") else len(x)


def shrunken(fit):
    """Wrap ``fit``: fewer epochs, and fewer steps in each."""
    signature = inspect.signature(fit)

    @functools.wraps(fit)
    def short(*arguments, **options):
        try:
            asked = signature.bind(*arguments, **options)
        except TypeError:
            return fit(*arguments, **options)  # what Keras refuses, it refuses itself
        asked.apply_defaults()
        given = asked.arguments
        begin = given["initial_epoch"]
        given["epochs"] = begin + part(given["epochs"] - begin)
        try:
            steps = given["steps_per_epoch"] or steps_of(given["x"], given["batch_size"])
            given["steps_per_epoch"] = part(steps)
        except (TypeError, ValueError):
            pass  # of unknown length, or no number of steps at all
        return fit(*asked.args, **asked.kwargs)

    return short


class Loader(importlib.abc.Loader):
    """Load Keras as ever, then change ``fit``."""

    def __init__(self, loader):
        """Keep the loader that does the work."""
        self.loader = loader

    def create_module(self, spec):
        """Leave it to the loader."""
        return self.loader.create_module(spec)

    def exec_module(self, module):
        """Execute the module, then wrap the method."""
        self.loader.exec_module(module)
        module.Model.fit = shrunken(module.Model.fit)


class Finder(importlib.abc.MetaPathFinder):
    """Find Keras, once."""

    def find_spec(self, name, path=None, target=None):
        """Give Keras the loader above; of everything else know nothing."""
        if name != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        spec.loader = Loader(spec.loader)
        return spec


sys.meta_path.insert(0, Finder())
