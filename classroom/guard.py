"""Guard tests: tricks with the notebook's own names must not pass one."""

import ast
import builtins
import secrets

# Put before each test. It takes nothing from the notebook's names, which the student may have set.
GUARD = """
def {guard}(value, depth=2):
    import builtins as b
    if b.type(value) in (b.int, b.float, b.bool, b.str):
        return value
    def ours(thing):
        code = b.getattr(thing, "__code__", None)
        name = b.getattr(code, "co_filename", "")
        return "ipykernel_" in name or name.startswith(("<ipython", "<string"))
    special = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__",
               "__contains__", "__array_function__", "__array_ufunc__", "__class__",
               "__getattribute__", "__getattr__", "__instancecheck__")
    for kind in b.type.mro(b.type(value)):
        if kind.__module__ == "__main__" or b.any(ours(v) for v in b.vars(kind).values()):
            if "__dataclass_fields__" in b.vars(kind):
                continue
            for name in special:
                if name in b.vars(kind):
                    raise AssertionError(
                        "an answer is of the notebook's own class " + kind.__name__
                        + ", which defines " + name + ": give a plain value"
                    )
    if depth and b.type(value) in (b.list, b.tuple, b.set) and b.len(value) < 100:
        for part in value:
            {guard}(part, depth - 1)
    if depth and b.type(value) is b.dict and b.len(value) < 100:
        for part in b.list(value.values()):
            {guard}(part, depth - 1)
    return value
def {intact}():
    import builtins as b, sys
    for name in b.dir(b):
        thing = b.getattr(b, name)
        if b.callable(thing) and b.getattr(thing, "__code__", None) is not None:
            if "ipykernel_" in thing.__code__.co_filename:
                raise AssertionError("the notebook replaced the built-in " + name)
    tops = ("numpy", "math", "keras", "alexnet_tutorial", "unittest", "json", "inspect")
    for name, module in b.list(sys.modules.items()):
        if name.partition(".")[0] not in tops:
            continue
        for key, thing in b.list(b.getattr(module, "__dict__", {{}}).items()):
            things = [(key, thing)]
            if b.type(thing) is b.type:
                things += [(key + "." + k, v) for k, v in b.list(thing.__dict__.items())]
            for where, part in things:
                code = b.getattr(part, "__code__", None) if b.type(part) is {function} else None
                if code is not None and "ipykernel_" in code.co_filename:
                    raise AssertionError("the notebook replaced " + name + "." + where)
{intact}()
"""


class _Guarded(ast.NodeTransformer):
    """Make a test ask for plain values, and for Python's own built-in functions."""

    def __init__(self, guard, builtins, assigned):
        self.guard, self.builtins, self.assigned = guard, builtins, assigned

    def _wrap(self, node):
        if isinstance(node, (ast.Constant, ast.Starred)):
            return node
        call = ast.Call(ast.Name(self.guard, ast.Load()), [node], [])
        return ast.copy_location(call, node)

    def visit_Compare(self, node):
        self.generic_visit(node)
        node.left = self._wrap(node.left)
        node.comparators = [self._wrap(part) for part in node.comparators]
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        node.args = [self._wrap(part) for part in node.args]
        return node

    def visit_Assert(self, node):
        self.generic_visit(node)
        node.test = self._wrap(node.test)
        return node

    def visit_Name(self, node):
        own = isinstance(node.ctx, ast.Load) and node.id in _BUILTINS
        if not own or node.id in self.assigned:
            return node
        name = ast.Name(self.builtins, ast.Load())
        return ast.copy_location(ast.Attribute(name, node.id, ast.Load()), node)


_BUILTINS = frozenset(name for name in dir(builtins) if callable(getattr(builtins, name)))


def names_set(source: str) -> set[str]:
    """List the names that a cell sets outside functions: by assignment, import or definition.

    >>> sorted(names_set("import numpy as np\\na, b = 1, 2\\ndef f():\\n    c = 3"))
    ['a', 'b', 'f', 'np']
    """
    try:
        waiting: list[ast.AST] = list(ast.parse(source).body)
    except SyntaxError:  # it has magics
        return set()
    names: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((name.asname or name.name).partition(".")[0] for name in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        comprehension = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
        if not isinstance(node, comprehension):
            waiting += ast.iter_child_nodes(node)
    return names


def guarded_test(source: str) -> tuple[str, str, str]:
    """Write a test so that tricks with the notebook's names do not pass it.

    Args:
        source: The instructor's test.

    Returns:
        The code to execute, a name that it sets at its end, and the value it has then.
    """
    code = secrets.token_hex(8)
    names = {part: f"_{part}_{code}" for part in ("guard", "intact", "builtins", "function")}
    try:
        tree = ast.parse(source)
        own = {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        } | {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        }
        tree = _Guarded(names["guard"], names["builtins"], own).visit(tree)
        source = ast.unparse(ast.fix_missing_locations(tree))
    except SyntaxError:
        pass  # it has magics: as it is
    before = f"import builtins as {names['builtins']}\n"
    before += f"{names['function']} = {names['builtins']}.type(lambda: 0)\n"
    value = secrets.token_hex(16)
    proof = f"_proof_{code}"
    return f"{before}{GUARD.format(**names)}\n{source}\n{proof} = {value!r}\n", proof, repr(value)
