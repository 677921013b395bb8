"""What has to be installed: floors, few ceilings, a lock that agrees, and nothing undeclared."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PACKAGES = ("forecasting", "pipelines", "serving")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = [Requirement(text) for text in PROJECT["dependencies"]]
LOCKED = dict(
    re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
)

#: Ceilings keep a program from being installed beside others, so each has its reason in docs/design.md.
CEILINGS = {"gunicorn", "tensorflow"}

#: Names of packages that are imported by another name.
IMPORTED_AS = {"scikit-learn": "sklearn", "pydantic-settings": "pydantic_settings"}

#: Imported, and part of what a declared package is.
PARTS = {"werkzeug": "flask", "pydantic_core": "pydantic"}


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_what_is_needed_has_a_floor_and_hardly_ever_a_ceiling(needed):
    operators = {one.operator for one in needed.specifier}
    assert ">=" in operators
    assert not operators & {"==", "~=", "==="}
    assert ("<" in operators or "<=" in operators) == (needed.name in CEILINGS)
    assert needed.specifier.contains(LOCKED[needed.name], prereleases=True)


def test_every_dependency_and_every_ceiling_has_its_reason():
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    table = text[text.index("## Dependencies") :]
    missing = [needed.name for needed in NEEDED if not re.search(rf"^\|.*\b{needed.name}\b.*\|", table, re.MULTILINE)]
    assert not missing
    for name in CEILINGS:
        assert re.search(rf"`{name}<[\d.]+`", table), f"no reason for the ceiling of {name}"


def test_nothing_is_imported_that_is_not_declared():
    declared = {IMPORTED_AS.get(needed.name, needed.name) for needed in NEEDED}
    known = declared | {part for part, whole in PARTS.items() if whole in declared} | {*sys.stdlib_module_names}
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
                found |= {name.split(".")[0]: path for name in names}
    assert not {name: path for name, path in found.items() if name not in known | {*PACKAGES}}
