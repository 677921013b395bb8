"""Who may import whom, and how large a room may be."""

import ast
import importlib
import pkgutil
import tomllib
from graphlib import TopologicalSorter

import pytest

from forecasting.config.catalog import Catalog
from tests.imports import MODULES, TREES, imported_modules, imports, is_inside, module_name, rooms
from tests.places import ROOT

pytestmark = pytest.mark.fast

#: What every file of the project may import: they import nothing of it.
FOUNDATION = {"forecasting.errors", "forecasting.schema", "forecasting.quiet", "forecasting.lazy_imports"}

#: What the files of a room may import besides each other and the foundation, in words of the tables below. A file at
#: the top of the library, or of another package, is a room of its own.
LIBRARY = {
    "config": "",
    "data.grammar": "",
    "data.time": "data.grammar",
    "data.checks": "data.grammar data.time",
    "data": "config data.checks data.time",
    "layers": "config",
    "layers.recurrent": "config layers",
    "layers.cells": "config layers layers.recurrent",
    "layers.encoders": "config layers layers.recurrent",
    "layers.stacks": "layers layers.encoders layers.recurrent",
    "layers.attention": "config layers",
    "layers.residuals": "config layers",
    "layers.decoding": "layers",
    "layers.decoders": "config layers layers.attention layers.decoding layers.encoders layers.recurrent",
    "heads": "config layers",
    "heads.families": "config heads layers",
    "models": "config heads layers layers.attention layers.decoders layers.decoding layers.residuals",
    "models.zoo": "config heads layers layers.encoders layers.recurrent models",
    "network": "config data heads layers models",
    "prediction": "config data layers models network",
    "store": "config data data.time layers models network prediction",
    "training": "config data heads layers layers.decoders layers.encoders models network prediction store",
    "training.online": "config data heads layers network prediction store training",
    "training.learners": "config data heads layers models network training training.online",
    "evaluation": "config data prediction",
    "auto": "config data evaluation heads models models.zoo network prediction training",
    "choices": "config data data.checks data.time models",
    "fitted": "config data network prediction store training training.online",
    "forecaster": "choices config data evaluation fitted models prediction store",
    "leaderboard": "data evaluation forecaster prediction store",
    "tuning": "choices config data evaluation forecaster leaderboard models store training",
    "plots": "evaluation tuning",
    "experiments": "config data evaluation forecaster layers.attention layers.decoders layers.decoding layers.encoders "
    "layers.recurrent layers.residuals models plots",
    "former_names": "prediction store",
}

#: Of the library a job may import everything.
PIPELINES = {
    "terminal": "",
    "files.readers": "terminal",
    "files": "files.readers terminal",
    "options": "files terminal",
    "batch": "files options terminal",
    "jobs": "batch files options terminal",
    "commands": "batch files jobs options terminal",
    "cli": "commands terminal",
}

#: A request is answered by what is trained: of the library the service may import no more than this.
FOR_THE_SERVICE = "config data data.checks data.grammar data.time prediction store"
SERVING = {
    "settings": "",
    "http": "",
    "request": "http settings",
    "answer": "http request settings",
    "served": "http",
    "service": "http served settings",
    "routes": "answer http request served service",
    "server": "http service",
    "app": "http routes service settings",
    "gunicorn_conf": "service settings",
    "__main__": "served settings",
}

#: Catalogs, and what each file of theirs must have.
CATALOGS = {
    "forecasting.models.MODELS": "Config",
    "forecasting.heads.HEADS": "TRAITS Head",
    "forecasting.layers.recurrent.CELLS": "Layer",
    "forecasting.layers.encoders.STACKS": "Encoder",
    "forecasting.layers.decoders.DECODINGS": "TRAITS Layer",
    "forecasting.layers.attention.ATTENTIONS": "Attention",
    "forecasting.layers.residuals.RESIDUALS": "Residual",
    "forecasting.config.learner.LEARNERS": "LEARNER",
    "forecasting.experiments.EXPERIMENTS": "READS_DATA run",
    "pipelines.commands.COMMANDS": "command",
    "serving.routes.ROUTES": "blueprint",
}


#: Packages, and what they must not import.
FORBIDDEN = [
    ("forecasting", "pipelines"),
    ("forecasting", "serving"),
    ("pipelines", "serving"),
    ("serving", "pipelines"),
]


def named(package, words):
    """Return the rooms of a package that some words name."""
    return {f"{package}.{word}" for word in words.split()}


def allowed():
    """Return the rooms that each room may import, the foundation left out."""
    library = {f"forecasting.{room}" for room in LIBRARY} | {"forecasting"}
    return {
        "forecasting": {"forecasting.former_names"},
        **{f"forecasting.{room}": named("forecasting", words) for room, words in LIBRARY.items()},
        **{f"pipelines.{room}": named("pipelines", words) | library for room, words in PIPELINES.items()},
        **{
            f"serving.{room}": named("serving", words) | named("forecasting", FOR_THE_SERVICE)
            for room, words in SERVING.items()
        },
        **{package: set() for package in ("pipelines", "serving")},
        **{room: set() for room in FOUNDATION},
    }


def nodes(*kinds):
    """Yield the dotted name of each file with each node of these kinds in it."""
    for path, tree in TREES.items():
        yield from ((module_name(path), node) for node in ast.walk(tree) if isinstance(node, kinds))


def require_none(offenders):
    """Fail with a line for each offender."""
    lines = list(offenders)
    assert not lines, "\n" + "\n".join(lines)


def test_every_file_is_in_a_room_and_imports_what_that_may():
    known = allowed()
    assert set(rooms()) == set(known)
    require_none(
        f"{room} must not import {other}"
        for room, others in rooms().items()
        for other in sorted(others - known[room] - FOUNDATION)
    )


@pytest.mark.parametrize(
    ("package", "table"),
    [("forecasting", LIBRARY), ("pipelines", PIPELINES), ("serving", SERVING)],
    ids=["forecasting", "pipelines", "serving"],
)
def test_no_room_may_import_what_it_does_not(package, table):
    found = rooms()
    require_none(
        f"{package}.{room} may import {other}, and does not"
        for room, words in table.items()
        for other in sorted(named(package, words) - found[f"{package}.{room}"])
    )


def test_imports_make_no_circle_of_files_and_none_of_folders():
    """Those inside functions count: they hide a circle, and do not undo it."""
    list(TopologicalSorter({name: imported_modules(path) for name, path in MODULES.items()}).static_order())
    list(TopologicalSorter(rooms()).static_order())


def test_the_packages_stand_on_each_other_in_one_order():
    """The service and the jobs use the library, a job the service by its name alone, and the service no job."""
    require_none(
        f"{name} must not import {other}"
        for name, path in MODULES.items()
        for other in sorted(imports(path))
        if any(is_inside(name, one) and is_inside(other, two) for one, two in FORBIDDEN)
    )


def test_data_and_config_know_no_network():
    require_none(
        f"{name} must not import {other}"
        for name, path in MODULES.items()
        if any(is_inside(name, f"forecasting.{room}") for room in ("config", "data"))
        for other in sorted(imports(path))
        if any(is_inside(other, one) for one in ("keras", "tensorflow"))
    )


@pytest.mark.parametrize("place", CATALOGS)
def test_the_folder_of_a_catalog_holds_its_members_and_nothing_else(place):
    module, _, name = place.rpartition(".")
    catalog = getattr(importlib.import_module(module), name)
    assert isinstance(catalog, Catalog)
    folder = MODULES[catalog.package].parent
    files = [path for path in folder.iterdir() if path.name not in ("__init__.py", "__pycache__")]
    assert {path.stem for path in files} == {one.name for one in pkgutil.iter_modules([str(folder)])}
    require_none(
        f"{path.name} has no {wanted}: it is no {catalog.field}"
        for path in files
        for wanted in CATALOGS[place].split()
        if wanted not in defined(path)
    )


def defined(path):
    """Return the names that a file defines at its top."""
    found = set()
    for node in TREES[path].body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found |= {one.id for one in targets if isinstance(one, ast.Name)}
        if isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("package", ["pipelines", "serving"])
def test_a_package_names_its_rooms(package):
    text = MODULES[package].read_text(encoding="utf-8")
    tops = {room for room in rooms() if is_inside(room, package) and room.count(".") == 1} - {f"{package}.__main__"}
    require_none(
        f"{room} is not named in {package}/__init__.py" for room in tops if f"`{room.partition('.')[2]}`" not in text
    )


def test_every_catalog_is_known_here():
    found = {
        f"{name}.{node.targets[0].id}"
        for name, node in nodes(ast.Assign)
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "Catalog"
    }
    assert found == set(CATALOGS)


@pytest.mark.parametrize("package", ["pipelines.commands", "serving.routes"])
def test_a_command_imports_no_other_one_and_a_route_none(package):
    require_none(
        f"{name} must not import {other}"
        for name, path in MODULES.items()
        if is_inside(name, package) and name != package
        for other in sorted(imported_modules(path))
        if is_inside(other, package) and other != package
    )


def test_no_module_hides_behind_an_underscore():
    """A room's files are for whoever may import the room; there is no second kind of privacy."""
    require_none(
        f"{name}: name the file for what it is"
        for name in MODULES
        if name.rpartition(".")[2].startswith("_") and name.rpartition(".")[2] != "__main__"
    )


def test_files_are_rooms():
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
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
