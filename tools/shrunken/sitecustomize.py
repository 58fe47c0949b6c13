"""Let Keras's ``fit`` and ``evaluate`` do one part in ``ALEXNET_TUTORIAL_REHEARSAL`` of their work.

``tools.rehearsal`` puts this folder on ``PYTHONPATH`` of its kernels, and Python imports a module
of this name at start. Keras is changed when it is first imported, and not before.
"""

import contextlib
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


def shrink_steps(given, name, data):
    """Set how many steps are done: a part of those asked for, or of what the data has."""
    if isinstance(data, tuple):  # pictures, labels
        data = data[0]
    with contextlib.suppress(TypeError):  # data of unknown length, or none
        size = given["batch_size"] or 32
        whole = -(-len(data) // size) if hasattr(data, "shape") else len(data)
        given[name] = part(given[name] or whole)


def shrunken(method):
    """Wrap ``fit`` or ``evaluate``: fewer epochs, and fewer steps in each."""
    signature = inspect.signature(method)

    @functools.wraps(method)
    def short(*arguments, **options):
        try:
            asked = signature.bind(*arguments, **options)
        except TypeError:
            return method(*arguments, **options)  # what Keras refuses, it refuses itself
        asked.apply_defaults()
        given = asked.arguments
        if "epochs" in given:
            begin = given["initial_epoch"]
            given["epochs"] = begin + part(given["epochs"] - begin)
            shrink_steps(given, "steps_per_epoch", given["x"])
            shrink_steps(given, "validation_steps", given["validation_data"])
        else:
            shrink_steps(given, "steps", given["x"])
        return method(*asked.args, **asked.kwargs)

    return short


class Loader(importlib.abc.Loader):
    """Load Keras as ever, then change the two methods."""

    def __init__(self, loader):
        """Keep the loader that does the work."""
        self.loader = loader

    def create_module(self, spec):
        """Leave it to the loader."""
        return self.loader.create_module(spec)

    def exec_module(self, module):
        """Execute the module, then wrap the methods."""
        self.loader.exec_module(module)
        module.Model.fit = shrunken(module.Model.fit)
        module.Model.evaluate = shrunken(module.Model.evaluate)


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
