"""Who may import whom, and how large a room may be."""

import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("forecasting", "pipelines", "serving")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
KERAS = {"keras", "tensorflow"}

#: Part of a module's dotted name -> names it must not import, at the top or inside a function.
FORBIDDEN = {
    "forecasting.schema": {"forecasting"},
    "forecasting.errors": {"forecasting"},
    "forecasting.data": {
        *KERAS,
        "forecasting.layers",
        "forecasting.network",
        "forecasting.predictor",
        "forecasting.training",
    },
    "forecasting.layers": {"forecasting.data", "forecasting.training", "forecasting.forecaster"},
    "forecasting.heads": {"forecasting.data", "forecasting.training", "forecasting.forecaster"},
    "forecasting.models": {"forecasting.data", "forecasting.training", "forecasting.forecaster"},
    "forecasting.decoding": {"forecasting.data", "forecasting.training", "forecasting.forecaster"},
    "forecasting.training": {"forecasting.forecaster"},
    "forecasting.evaluation": {"forecasting.forecaster", "forecasting.training"},
    "forecasting.artifact": {"forecasting.forecaster", "forecasting.training"},
    "forecasting.registry": {"forecasting.forecaster", "forecasting.training"},
    "forecasting.tracking": {"forecasting.forecaster"},
    "forecasting.predictor": {"forecasting.forecaster", "forecasting.training"},
    "forecasting.graphs": {"forecasting.forecaster", "forecasting.training"},
    "forecasting": {"pipelines", "serving"},
    "pipelines": {"serving"},
    "serving": {"forecasting.training", "forecasting.layers", "forecasting.models", "forecasting.experiments"},
}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path, top_only=False):
    """Return the dotted names that a file imports, those for type checking alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
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


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_no_file_imports_what_its_room_must_not(path):
    name = module_name(path)
    for room, forbidden in FORBIDDEN.items():
        if is_inside(name, room):
            broken = {one for one in imports(path) for bad in forbidden if is_inside(one, bad)}
            assert not broken, f"{name} must not import {sorted(broken)}"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_nothing_of_the_library_stands_on_an_experiment(path):
    name = module_name(path)
    if is_inside(name, "forecasting") and not is_inside(name, "forecasting.experiments"):
        assert not {one for one in imports(path) if is_inside(one, "forecasting.experiments")}


def test_imports_at_the_top_of_files_make_no_cycle():
    modules = {module_name(path) for path in FILES}
    graph = {
        module_name(path): {
            name for name in imports(path, top_only=True) if name in modules and name != module_name(path)
        }
        for path in FILES
    }
    list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_files_are_rooms_and_begin_with_a_sentence(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "a module opens with a sentence that says what it decides"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_no_function_is_longer_than_sixty_lines(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 70, node.name
            statements = sum(isinstance(inner, ast.stmt) for inner in ast.walk(node))
            assert statements <= 60, f"{node.name} has {statements} statements"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_no_function_is_rewritten_when_it_is_traced(path):
    """AutoGraph looks at every loaded module, which loads all that is put off, and has nothing to rewrite here."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert "tf.function" not in {ast.unparse(one) for one in node.decorator_list}, node.name
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "tf.function":
            said = {one.arg: ast.unparse(one.value) for one in node.keywords}
            assert said.get("autograph") == "False", f"tf.function in line {node.lineno} needs autograph=False"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_no_default_is_shared_state(path):
    """A default is made once: a list, an optimizer, a model there would be one for all callers."""
    frozen = {"Training", "Config", "Measure", "Limits", "Place", "frozenset"}  # nobody can change these
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            continue
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            inside = list(ast.walk(default))
            assert not [one for one in inside if isinstance(one, (ast.List, ast.Dict, ast.Set, ast.ListComp))]
            called = {ast.unparse(one.func) for one in inside if isinstance(one, ast.Call)}
            assert called <= frozen, f"{ast.unparse(default)} in line {default.lineno} is made once and shared"


def test_the_linter_refuses_them_too():
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    rules = {"B006", "B008", "RUF008", "RUF009", "RUF012"}
    assert {"B", "RUF"} <= {*lint["select"]}
    ignored = {one for some in (lint["ignore"], *lint["per-file-ignores"].values()) for one in some}
    assert not [rule for rule in rules for one in ignored if rule.startswith(one)]


@pytest.mark.parametrize("name", ["unique_id", "cutoff", "in_sample", "rolled_out", "padded"])
def test_column_and_status_names_are_spelt_in_one_file(name):
    allowed = {"forecasting.schema"}
    for path in FILES:
        if module_name(path) in allowed or not is_inside(module_name(path), "forecasting"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert name not in literals, f"{module_name(path)} spells {name!r}: import it from forecasting.schema"


@pytest.mark.parametrize("statement", ["import forecasting", "import forecasting.config, forecasting.models.gru"])
def test_importing_loads_neither_tensorflow_nor_mlflow(statement):
    heavy = "('tensorflow', 'keras', 'mlflow', 'flask')"
    code = f"import sys; {statement}; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
