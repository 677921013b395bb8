"""Who may import whom, and how large a room may be."""

import ast
import tomllib
from graphlib import TopologicalSorter

import pytest

from tests.places import ROOT

pytestmark = pytest.mark.fast

PACKAGES = ("forecasting", "pipelines", "serving")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
KERAS = {"keras", "tensorflow"}

#: Part of a module's dotted name -> names it must not import, at the top or inside a function.
FORBIDDEN = {
    "forecasting.schema": {"forecasting"},
    "forecasting.errors": {"forecasting"},
    "forecasting.data": {
        *KERAS,
        "forecasting.layers",
        "forecasting.network",
        "forecasting.prediction.predictor",
        "forecasting.training",
    },
    "forecasting.layers": {"forecasting.data", "forecasting.training", "forecasting.forecaster"},
    "forecasting.heads": {"forecasting.data", "forecasting.training", "forecasting.forecaster"},
    "forecasting.models": {"forecasting.data", "forecasting.training", "forecasting.forecaster"},
    "forecasting.decoding": {"forecasting.data", "forecasting.training", "forecasting.forecaster"},
    "forecasting.training": {"forecasting.forecaster"},
    "forecasting.evaluation": {"forecasting.forecaster", "forecasting.training"},
    "forecasting.artifact": {"forecasting.forecaster", "forecasting.training"},
    "forecasting.store.registry": {"forecasting.forecaster", "forecasting.training"},
    "forecasting.store.tracking": {"forecasting.forecaster"},
    "forecasting.prediction.predictor": {"forecasting.forecaster", "forecasting.training"},
    "forecasting.network.graphs": {"forecasting.forecaster", "forecasting.training"},
    "forecasting": {"pipelines", "serving"},
    "pipelines": {"serving"},
    "serving": {"forecasting.training", "forecasting.layers", "forecasting.models", "forecasting.experiments"},
}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path, top_only=False):
    """Return the dotted names that a file imports, those for type checking alone left out."""
    tree = TREES[path]
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    found = set()
    for node in tree.body if top_only else ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def is_inside(name, package):
    return name == package or name.startswith(package + ".")


def nodes(*kinds):
    """Yield the dotted name of each file with each node of these kinds in it."""
    for path, tree in TREES.items():
        yield from ((module_name(path), node) for node in ast.walk(tree) if isinstance(node, kinds))


def require_none(offenders):
    """Fail with a line for each offender."""
    lines = list(offenders)
    assert not lines, "\n" + "\n".join(lines)


def test_no_file_imports_what_its_room_must_not():
    require_none(
        f"{module_name(path)} must not import {name}"
        for path in FILES
        for room, forbidden in FORBIDDEN.items()
        if is_inside(module_name(path), room)
        for name in sorted(imports(path))
        if any(is_inside(name, one) for one in forbidden)
    )


def test_nothing_of_the_library_stands_on_an_experiment():
    require_none(
        f"{module_name(path)} must not import {name}"
        for path in FILES
        if is_inside(module_name(path), "forecasting") and not is_inside(module_name(path), "forecasting.experiments")
        for name in sorted(imports(path))
        if is_inside(name, "forecasting.experiments")
    )


def test_imports_at_the_top_of_files_make_no_cycle():
    modules = {module_name(path) for path in FILES}
    graph = {
        module_name(path): {
            name for name in imports(path, top_only=True) if name in modules and name != module_name(path)
        }
        for path in FILES
    }
    list(TopologicalSorter(graph).static_order())


def test_files_are_rooms():
    lengths = {module_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    require_none(f"{name} has {length} lines; at most 400" for name, length in lengths.items() if length > 400)


def test_files_begin_with_a_sentence():
    require_none(
        f"{module_name(path)} opens without a sentence that says what it decides"
        for path, tree in TREES.items()
        if not ast.get_docstring(tree)
    )


def test_no_function_is_longer_than_sixty_lines():
    functions = list(nodes(ast.FunctionDef))
    lengths = [(name, node.name, node.end_lineno - node.lineno) for name, node in functions]
    require_none(f"{name}: {function} has {lines} lines" for name, function, lines in lengths if lines >= 70)
    bodies = [(name, node.name, sum(isinstance(one, ast.stmt) for one in ast.walk(node))) for name, node in functions]
    require_none(f"{name}: {function} has {count} statements" for name, function, count in bodies if count > 60)


def test_no_function_is_rewritten_when_it_is_traced():
    """AutoGraph looks at every loaded module, which loads all that is put off, and has nothing to rewrite here."""
    require_none(
        f"{name}: {node.name} is decorated with tf.function"
        for name, node in nodes(ast.FunctionDef)
        if "tf.function" in {ast.unparse(one) for one in node.decorator_list}
    )
    require_none(
        f"{name}: tf.function in line {node.lineno} needs autograph=False"
        for name, node in nodes(ast.Call)
        if ast.unparse(node.func) == "tf.function"
        and {one.arg: ast.unparse(one.value) for one in node.keywords}.get("autograph") != "False"
    )


def test_no_default_is_shared_state():
    """A default is made once: a list, an optimizer, a model there would be one for all callers."""
    frozen = {"Training", "Config", "Measure", "Limits", "Place", "frozenset"}  # nobody can change these

    def is_shared(default):
        inside = list(ast.walk(default))
        called = {ast.unparse(one.func) for one in inside if isinstance(one, ast.Call)}
        return called - frozen or any(isinstance(one, (ast.List, ast.Dict, ast.Set, ast.ListComp)) for one in inside)

    require_none(
        f"{name}: {ast.unparse(default)} in line {default.lineno} is made once and shared"
        for name, node in nodes(ast.FunctionDef, ast.Lambda)
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        if is_shared(default)
    )


def test_the_linter_refuses_them_too():
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    rules = {"B006", "B008", "RUF008", "RUF009", "RUF012"}
    assert {"B", "RUF"} <= {*lint["select"]}
    ignored = {one for some in (lint["ignore"], *lint["per-file-ignores"].values()) for one in some}
    assert not [rule for rule in rules for one in ignored if rule.startswith(one)]


def test_column_and_status_names_are_spelt_in_one_file():
    names = {"unique_id", "cutoff", "in_sample", "rolled_out", "padded"}
    require_none(
        f"{name} spells {node.value!r}: import it from forecasting.schema"
        for name, node in nodes(ast.Constant)
        if node.value in names and is_inside(name, "forecasting") and name != "forecasting.schema"
    )
