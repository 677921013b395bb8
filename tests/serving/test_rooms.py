"""Imports of the service go one way: routes on top, HTTP at the bottom."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_architecture import ROOT, imports, is_inside, module_name

FILES = sorted((ROOT / "serving").rglob("*.py"))

#: What the files of a room may import of the service, besides each other. A file at the top is a room of its own.
MAY_IMPORT = {
    "settings": set(),
    "http": set(),
    "request": {"http", "settings"},
    "answer": {"request", "http", "settings"},
    "served": {"http"},
    "service": {"served", "http", "settings"},
    "routes": {"answer", "request", "served", "http", "service"},
    "server": {"http", "service"},
    "app": {"routes", "http", "service", "settings"},
    "gunicorn_conf": {"service", "settings"},
    "__main__": {"served", "settings"},
}


def room_of(name):
    """Return the room of a module of the service; None for the package itself."""
    return name.split(".")[1] if "." in name else None


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_file_imports_only_what_lies_below_it(path):
    room = room_of(module_name(path))
    found = {room_of(name) for name in imports(path) if is_inside(name, "serving")} - {room, None}
    assert found <= (set() if room is None else MAY_IMPORT[room])


def test_the_rooms_are_those_that_the_package_names():
    text = (ROOT / "serving/__init__.py").read_text(encoding="utf-8")
    rooms = {path.name for path in (ROOT / "serving").iterdir() if (path / "__init__.py").exists()}
    assert rooms <= set(MAY_IMPORT)
    assert all(f"`{room}`" in text for room in rooms)


def test_importing_the_application_loads_neither_tensorflow_nor_mlflow():
    code = "import sys, serving.app; print([name for name in ('tensorflow', 'keras', 'mlflow') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "[]"
