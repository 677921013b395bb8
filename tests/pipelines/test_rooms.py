"""Imports between the rooms of `pipelines` go one way, those inside functions too."""

import ast

import pytest

from tests.places import ROOT

#: A room may import those after it.
ORDER = ("cli", "commands", "jobs", "batch", "options", "files", "terminal")

FILES = sorted((ROOT / "pipelines").rglob("*.py"))


def room_of(path):
    return path.relative_to(ROOT / "pipelines").parts[0].removesuffix(".py")


def imported_rooms(path):
    """Return the rooms that a file imports, those for type checking alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) not in typing_only and isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from {name.split(".")[1] for name in names if name.startswith("pipelines.")}


def test_every_file_is_in_a_room():
    assert {room_of(path) for path in FILES} - {"__init__"} == {*ORDER}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_none_before_it(path):
    room = room_of(path)
    if room in ORDER:
        before = ORDER[: ORDER.index(room)]
        assert not {*imported_rooms(path)} & {*before}


def test_a_command_imports_no_other_one():
    for path in (ROOT / "pipelines" / "commands").glob("*.py"):
        found = {*imported_rooms(path)} & {"commands", "cli"}
        assert not found, path.name
