"""Every public function and method says what it takes and what it returns."""

import importlib
import inspect
from functools import cached_property
from pathlib import Path

import pytest

import alexnet_tutorial

FOLDER = Path(alexnet_tutorial.__file__).parent
PACKAGE = FOLDER.name


def module_names():
    """Name every module of the package: a folder by its __init__."""
    for path in sorted(FOLDER.rglob("*.py")):
        parts = path.relative_to(FOLDER.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_ours(thing):
    return thing.__module__.split(".")[0] == PACKAGE


def function_of(member):
    """Give the function behind a method, a property or a cached function; else None."""
    for kind, name in {property: "fget", cached_property: "func"}.items():
        if isinstance(member, kind):
            member = getattr(member, name)
    member = inspect.unwrap(getattr(member, "__func__", member))
    return member if inspect.isfunction(member) else None


def methods(cls):
    """Yield the methods whose signature is our own: not those that override a library's."""
    theirs = [base for base in cls.__mro__[1:] if not is_ours(base) and base is not object]
    for name, member in vars(cls).items():
        if name == "__init__" or not (
            name.startswith("_") or any(name in vars(base) for base in theirs)
        ):
            yield name, member, isinstance(member, staticmethod)


def callables(scope):
    """Yield (name, function, whether its first parameter is self) of what a module defines."""
    for name, thing in vars(scope).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != scope.__name__:
            continue
        if inspect.isclass(thing):
            for method, member, is_static in methods(thing):
                if function := function_of(member):
                    yield f"{name}.{method}", function, not is_static
        elif function := function_of(thing):
            yield name, function, False


def untyped(function, is_method):
    """Name what a function leaves without an annotation."""
    names = list(inspect.signature(function).parameters)[is_method:]
    # Whatever is constructed, __init__ returns nothing.
    wanted = names if function.__name__ == "__init__" else [*names, "return"]
    return [name for name in wanted if name not in function.__annotations__]


@pytest.mark.parametrize("name", module_names())
def test_public_functions_are_typed(name):
    lacking = {
        function_name: missing
        for function_name, function, is_method in callables(importlib.import_module(name))
        if (missing := untyped(function, is_method))
    }
    assert lacking == {}, f"{name} lacks annotations"


def test_what_is_not_typed_is_found():
    class Typed:
        def __init__(self, size):
            self.size = size

        @property
        def half(self):
            return self.size / 2

        @classmethod
        def of(cls, size: int, *rest, strict: bool = True) -> "Typed":
            return cls(size)

        @staticmethod
        def twice(size) -> int:
            return 2 * size

        def _own(self, anything):
            return anything

    found = {
        name: untyped(function_of(member), not is_static)
        for name, member, is_static in methods(Typed)
    }
    assert found == {"__init__": ["size"], "half": ["return"], "of": ["rest"], "twice": ["size"]}
