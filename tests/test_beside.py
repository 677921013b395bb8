"""What benchmarks, scripts and notebooks take from the packages is there: no test runs all of them."""

import ast
import importlib

import pytest

from tests.imports import MODULES, PACKAGES, is_inside
from tests.places import ROOT

pytestmark = pytest.mark.fast

FILES = [path for folder in ("benchmarks", "scripts", "notebooks") for path in sorted((ROOT / folder).glob("*.py"))]


def taken(tree):
    """Yield what a file calls each thing that it takes from the packages, and its dotted name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [(alias.asname, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found = [(alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names]
        else:
            continue
        yield from ((called, name) for called, name in found if any(is_inside(name, one) for one in PACKAGES))


def has(name):
    """Whether there is a module of this dotted name, or something of that name in one."""
    module, _, last = name.rpartition(".")
    return name in MODULES or hasattr(importlib.import_module(module), last)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_taken_is_there(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = dict(taken(tree))
    used = [
        f"{names[node.value.id]}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and names.get(node.value.id) in MODULES
    ]
    assert not [name for name in (*names.values(), *used) if not has(name)]
