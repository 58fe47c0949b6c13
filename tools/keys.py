"""What the numbers of a chapter depend on, read from its code.

The *parts* of a chapter's key are the notebook; the modules of the package that it imports, and
those that these import; the files of the package that one of them names; the versions of the
libraries that all of these import, and of what these require; the settings; and the data it reads.
While they stay as they are, the chapter need not be executed again.

A name that a package's ``__init__`` hands on, as in ``figures.confusion``, leads to the one module
that defines it. What cannot be told from the code counts as used: all of the package.
"""

import ast
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement

from tools.environment import PACKAGE, fingerprint, package_files
from tools.pages import data_folder

# Environment variables that change what a notebook computes.
SETTINGS = ("KERAS_BACKEND", "ALEXNET_TUTORIAL_BUDGET")
BACKENDS = ("tensorflow", "jax", "torch")
LARGE = 50_000_000  # bytes: such a file is known by its size, and a chapter checks its hash
LITERALS = (
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.Load,
    ast.Name,
    ast.Starred,
)

# A module and the names that are asked of it, one behind the other: ("figures", "confusion").
Use = tuple[str, tuple[str, ...]]


def backend() -> str:
    """Name the library that Keras computes with."""
    return os.environ.get("KERAS_BACKEND") or "tensorflow"


class Code:
    """What can be read from one piece of Python: what it imports, calls, names and says.

    Args:
        text: The code.
        name: The module it is, with dots; relative imports start from there.
        is_package: Whether it is an ``__init__``.
    """

    def __init__(self, text: str, name: str = "", is_package: bool = False):
        """Read the code."""
        self.tree = ast.parse(text)
        self.home = name if is_package else name.rpartition(".")[0]
        self.parents = {c: p for p in ast.walk(self.tree) for c in ast.iter_child_nodes(p)}
        skipped = set(self._not_run())
        nodes = [node for node in self.parents if node not in skipped]
        docs = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
        self.strings = set(_strings(n for n in nodes if id(n) not in docs))
        self.named = {node.id for node in nodes if isinstance(node, ast.Name)}
        self.names = self.named | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        self.bound = dict(self._bindings(nodes))
        self.calls = [node for node in nodes if isinstance(node, ast.Call)]
        self.uses = set(self._uses(nodes)) | set(self._imports_in_strings())
        self.computed = self._follow_computed_imports()

    def _not_run(self) -> Iterator[ast.AST]:
        """Find what never runs here: for type checkers only, or for another backend of Keras."""
        for node in self.parents:
            if not isinstance(node, ast.If):
                continue
            words = {n.value for n in ast.walk(node.test) if isinstance(n, ast.Constant)}
            names = {n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)}
            asked = words & set(BACKENDS)
            if "TYPE_CHECKING" in names or asked and backend() not in asked:
                for part in node.body:
                    yield from (n for n in ast.walk(part) if _is_import(n))

    def _bindings(self, nodes: Iterable[ast.AST]) -> Iterator[tuple[str, Use]]:
        for node in nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name if alias.asname else alias.name.partition(".")[0]
                    yield alias.asname or top, (top, ())
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                if node.level:
                    base = self.home.split(".")
                    base = base[: len(base) - node.level + 1]
                    module = ".".join([*base, module] if module else base)
                for alias in node.names:
                    yield alias.asname or alias.name, (module, (alias.name,))

    def _uses(self, nodes: Iterable[ast.AST]) -> Iterator[Use]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from ((a.name, ()) for a in node.names if not a.asname and a.name != PACKAGE)
            if not isinstance(node, ast.Name) or node.id not in self.bound:
                continue
            module, names = self.bound[node.id]
            behind = []
            above = self.parents[node]
            while isinstance(above, ast.Attribute):
                behind.append(above.attr)
                above = self.parents[above]
            yield module, (*names, *behind)
        # What is imported and then not named may still do something when it is imported.
        unnamed = (use for name, use in self.bound.items() if name not in self.named)
        yield from (use for use in unnamed if use != (PACKAGE, ()))

    def _imports_in_strings(self) -> Iterator[Use]:
        """Find what programs in strings import: another process may be given them."""
        for text in self.strings:
            for line in text.splitlines():
                if found := re.match(r"\s*from ([\w.]+) import ([\w, ]+)$", line):
                    yield from ((found[1], (n.strip(),)) for n in found[2].split(","))
                elif found := re.match(r"\s*import ([\w.]+)", line):
                    yield found[1], ()

    def _follow_computed_imports(self) -> bool:
        """Add what ``import_module`` may import; return whether that may be the package."""
        called = [_called(call) for call in self.calls]
        if not {"import_module", "__import__"} & set(called):
            return False
        # The name stands in the code, as what some function is called with.
        calls = [call for call in self.calls if _called(call) not in ("find_spec", "files")]
        given = set(_strings(argument for call in calls for argument in call.args))
        self.uses |= {(word, ()) for word in given if word in _distributions()}
        return any(re.search(rf"\b{PACKAGE}\b", text) for text in self.strings - {PACKAGE})


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _hands_on(node: ast.stmt) -> bool:
    """Tell whether a statement does nothing but import, document or list."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.FunctionDef):
        return node.name in ("__getattr__", "__dir__")
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        return all(isinstance(n, LITERALS) for n in ast.walk(node.value))
    return _is_import(node)


def _called(call: ast.Call) -> str:
    function = call.func
    return str(getattr(function, "id", None) or getattr(function, "attr", ""))


def _strings(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _folders(nodes: Iterable[ast.AST]) -> set[str]:
    """List what stands behind a slash, as in ``root / "signs"``: a folder or a file."""
    paths = [n.right for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
    return set(_strings(paths))


class Package:
    """The modules and files of a package, and what each of them depends on.

    Args:
        folder: The package's folder.
    """

    def __init__(self, folder: Path):
        """Read all of its modules."""
        self.folder = folder
        files = package_files(folder.parent)
        self.paths = {self._module(path): path for path in files if path.suffix == ".py"}
        self.files = [path for path in files if path.suffix != ".py"]
        self.code = {
            name: Code(path.read_text(encoding="utf-8"), name, path.name == "__init__.py")
            for name, path in self.paths.items()
        }

    def _module(self, path: Path) -> str:
        parts = path.relative_to(self.folder.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def below(self, module: str) -> list[str]:
        """List a package's modules, itself first."""
        return sorted(n for n in self.paths if n == module or n.startswith(module + "."))

    @functools.cache  # noqa: B019  # a build has one package
    def hands_on(self, module: str) -> bool:
        """Tell whether a module only hands names on: an ``__init__`` of imports and tables."""
        if self.paths[module].name != "__init__.py":
            return False
        return all(_hands_on(node) for node in self.code[module].tree.body)

    def definers(self, module: str, name: str) -> list[str]:
        """List the modules of a package that define a name."""
        return [m for m in self.below(module) if m != module and name in self.defined(m)]

    @functools.cache  # noqa: B019
    def defined(self, module: str) -> set[str]:
        """List the names that a module itself gives a meaning, imports apart."""
        found = set()
        for node in self.code[module].tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        return found

    @functools.cache  # noqa: B019
    def readers(self, folder: str) -> set[str]:
        """List the functions and classes that read a folder of the data directory.

        Those are the ones that ask where the data lies and name the folder, themselves or in what
        they call, and those that call them.
        """
        definitions = self._definitions()

        def callers(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
            while new := {n for n, (uses, _) in definitions.items() if uses & found} - found:
                found = found | new
            return found

        asking = callers({n for n in definitions if n[1] == "data_directory"})
        naming = callers({n for n, (_, said) in definitions.items() if folder in said})
        return {name for _, name in asking & naming}

    @functools.cache  # noqa: B019
    def _definitions(self) -> dict[tuple[str, str], tuple[set[tuple[str, str]], set[str]]]:
        """Map each function and class, by module and name, to those it uses and its folders."""
        homes: dict[str, set[tuple[str, str]]] = {}
        for module in self.paths:
            for name in self.defined(module):
                homes.setdefault(name, set()).add((module, name))
        found = {}
        for module, code in self.code.items():
            for node in code.tree.body:
                if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                    continue
                inner = list(ast.walk(node))
                uses: set[tuple[str, str]] = set()
                for name in {n.id for n in inner if isinstance(n, ast.Name)}:
                    if name in self.defined(module):
                        uses.add((module, name))
                    elif name in code.bound:
                        origin, names = code.bound[name]
                        uses |= {
                            home
                            for home in (homes.get(names[-1], ()) if names else ())
                            if f"{home[0]}.".startswith(f"{origin}.")
                        }
                for name in {n.attr for n in inner if isinstance(n, ast.Attribute)}:
                    uses |= {home for home in homes.get(name, ()) if home[0] in self.bases(module)}
                found[module, node.name] = (uses - {(module, node.name)}, _folders(inner))
        return found

    @functools.cache  # noqa: B019
    def bases(self, module: str) -> set[str]:
        """List the modules that a module binds to a name, and what is in them."""
        bound = (".".join([home, *names]) for home, names in self.code[module].bound.values())
        return {each for base in bound if base in self.paths for each in self.below(base)}


@functools.cache
def installed_package() -> Package:
    """Read the installed package: what the notebooks import."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None and spec.origin is not None
    return Package(Path(spec.origin).parent)


class Reached:
    """What can be reached from a notebook's code.

    Args:
        package: The package that it may import.
        code: The notebook's code, None where it is no Python: then all of the package counts.
    """

    def __init__(self, package: Package, code: Code | None):
        """Follow what the code uses."""
        self.package = package
        self.modules: set[str] = set()
        self.libraries: set[str] = set()
        self.strings: set[str] = set()
        if code is None:
            self.whole(PACKAGE)
        else:
            self._follow(code)
            self._questions(code)

    def _follow(self, code: Code) -> None:
        self.strings |= code.strings
        for module, names in sorted(code.uses):
            self.use(module, names)
        if code.computed:
            self.whole(PACKAGE)

    def _questions(self, code: Code) -> None:
        """Add the modules in which the questions that a notebook asks are registered."""
        checks = f"{PACKAGE}.checks"
        for call in code.calls:
            if _called(call) != "check" or not call.args:
                continue
            asked = getattr(call.args[0], "value", None)
            found = [m for m in self.package.below(checks) if asked in self.package.code[m].strings]
            for module in found or self.package.below(checks):
                self.add(module)

    def whole(self, module: str) -> None:
        """Add a package and all that is in it."""
        for each in self.package.below(module):
            self.add(each)

    def add(self, module: str) -> None:
        """Add a module, and what it uses."""
        if module not in self.modules:
            self.modules.add(module)
            self._follow(self.package.code[module])

    def use(self, module: str, names: tuple[str, ...]) -> None:
        """Add what ``module.name.name`` leads to."""
        if module.partition(".")[0] != PACKAGE:
            self.libraries.add(module.partition(".")[0])
        elif module not in self.package.paths:
            self.whole(PACKAGE)  # as far as can be told
        elif not self.package.hands_on(module):
            submodule = f"{module}.{names[0]}" if names else ""
            self.add(module)
            if submodule in self.package.paths:
                self.use(submodule, names[1:])
        elif not names or names[0] == "*":
            self.whole(module)
        else:
            self._handed_on(module, names[0], names[1:])

    def _handed_on(self, module: str, name: str, rest: tuple[str, ...]) -> None:
        submodule = f"{module}.{name}"
        bound = self.package.code[module].bound.get(name)
        definers = self.package.definers(module, name)
        if any(isinstance(n, ast.FunctionDef) for n in self.package.code[module].tree.body):
            self.modules.add(module)
        if bound and bound != (module, (name,)):
            self.use(bound[0], (*bound[1], *rest))
        elif submodule in self.package.paths:
            self.use(submodule, rest)
        elif name in self.package.defined(module) or name.startswith("__"):
            self.modules.add(module)
        elif len(definers) == 1:
            self.add(definers[0])
        else:
            self.whole(module)

    def files(self) -> list[Path]:
        """List the package's files that what was reached names, or all of a folder it names."""
        found = []
        for folder in {path.parent for path in self.package.files}:
            inside = [path for path in self.package.files if path.parent == folder]
            named = [p for p in inside if any(p.name in text for text in self.strings)]
            whole = any(folder.name == text.split("/")[-1] for text in self.strings)
            found += named or (inside if whole else [])
        return found


_version = functools.cache(importlib.metadata.version)


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


@functools.cache
def required(distribution: str) -> frozenset[str]:
    """List a distribution and what it requires, and what these require, as far as installed."""
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            requirements = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        asked = map(Requirement, requirements)
        waiting += [r.name for r in asked if not r.marker or r.marker.evaluate({"extra": ""})]
    return frozenset(found)


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Give the version of each distribution and of what it requires."""
    found = {name for each in distributions for name in required(each)}
    return {name: _version(name) for name in sorted(found)}


def versions_of(libraries: Iterable[str]) -> dict[str, str]:
    """Give the versions of what is imported under these names, and of what it requires."""
    names = set(libraries) - set(sys.stdlib_module_names) - {"__future__"}
    if "keras" in names:
        names.add(backend())
    homes = {name: _distributions().get(name, []) for name in names}
    missing = {name: "not installed" for name, found in homes.items() if not found}
    return missing | versions(d for found in homes.values() for d in found)


def code_of(notebook: Path) -> Code | None:
    """Read the code of a notebook; None where a cell is no Python."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    return _code_of(text)


@functools.cache
def _code_of(text: str) -> Code | None:
    try:
        return Code(re.sub(r"^(\s*)[%!]", r"\1pass  # ", text, flags=re.MULTILINE))
    except SyntaxError:
        return None


@functools.cache
def _known(folder: Path) -> str:
    """Hash a folder of data; of a large file its name and its size.

    What the package made of a set there, arrays or an unpacked copy, is the set's: only files
    that lie in the folder itself count.
    """
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    files = [path for path in files if not path.name.startswith(("arrays-", "."))]
    large = [path for path in files if path.stat().st_size > LARGE]
    sizes = [(path.relative_to(folder).as_posix(), path.stat().st_size) for path in large]
    rest = fingerprint([path for path in files if path not in large], folder)
    return hashlib.sha256(json.dumps([rest, sizes]).encode()).hexdigest()


def parts(notebook: Path, package: Package | None = None) -> dict[str, str]:
    """List all that the numbers of a notebook depend on, each with its hash or version.

    Args:
        notebook: Its path.
        package: The package it imports; the installed one unless it is given.

    Returns:
        From a name that can be shown, such as ``figures/evaluation.py`` or ``numpy``, to its hash,
        version or setting.
    """
    package = package or installed_package()
    code = code_of(notebook)
    reached = Reached(package, code)
    found = {"the notebook": fingerprint([notebook], notebook.parent)}
    for path in sorted([*(package.paths[m] for m in reached.modules), *reached.files()]):
        found[path.relative_to(package.folder).as_posix()] = fingerprint([path], package.folder)
    found["Python"] = sys.version.split()[0]
    found |= versions_of(reached.libraries)
    found[PACKAGE] = _version(PACKAGE)
    found |= {name: os.environ.get(name, "") for name in SETTINGS}
    data = data_folder()
    for folder in sorted(data.iterdir()) if data.is_dir() else []:
        if folder.is_dir() and (code is None or code.names & package.readers(folder.name)):
            found[f"data/{folder.name}"] = _known(folder)
    return found


def key(parts: dict[str, str]) -> str:
    """Hash the parts of a notebook's key."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def difference(old: dict[str, str], new: dict[str, str]) -> str:
    """Say which parts of a key differ.

    Example:
        >>> difference({"numpy": "1"}, {"numpy": "2", "figures/data.py": "0f"})
        'because of figures/data.py, numpy'
        >>> difference({}, {"numpy": "2"})
        'for the first time'
    """
    if not old:
        return "for the first time"
    names = sorted(n for n in old.keys() | new.keys() if old.get(n) != new.get(n))
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return f"because of {shown}"
