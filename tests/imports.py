"""Who imports whom, read from the source: at the top of a file and inside functions, for type checking alone not."""

import ast
import functools

from tests.places import ROOT

PACKAGES = ("forecasting", "pipelines", "serving")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def module_name(path):
    """Return the dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def is_inside(name, package):
    """Whether a dotted name is a package, or something in it."""
    return name == package or name.startswith(package + ".")


@functools.cache
def imports(path):
    """Return the dotted names that a file imports, each with those of the names taken from it."""
    tree = TREES[path]
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def imported_modules(path):
    """Return the modules of the project that a file imports, and the packages that it takes names from."""
    found = {name for name in imports(path) if name in MODULES and name != module_name(path)}
    return {name for name in found if not (MODULES[name].name == "__init__.py" and takes_only_modules(path, name))}


def takes_only_modules(path, package):
    """Whether a file takes nothing but modules from a package."""
    taken = {name for name in imports(path) if name.rpartition(".")[0] == package}
    return bool(taken) and taken <= set(MODULES)


def room_of(name):
    """Return the room of a module: its folder; the module itself where that is the top of the library or a package."""
    is_package = MODULES[name].name == "__init__.py"
    folder = name if is_package else name.rpartition(".")[0]
    return name if folder in PACKAGES else folder


def rooms():
    """Return the rooms that each room imports."""
    found = {}
    for name, path in MODULES.items():
        others = {room_of(one) for one in imported_modules(path)} - {room_of(name)}
        found.setdefault(room_of(name), set()).update(others)
    return found
