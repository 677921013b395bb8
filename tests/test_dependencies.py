"""What has to be installed: floors, few ceilings, locks that agree, extras kept apart, and nothing undeclared."""

import ast
import re
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.places import ROOT

pytestmark = pytest.mark.fast

PACKAGES = ("forecasting", "pipelines", "serving")
FOLDERS = (*PACKAGES, "benchmarks", "notebooks", "scripts", "tests")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NEEDED = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
EXTRAS = {
    extra: [Requirement(text) for text in texts]
    for extra, texts in PYPROJECT["project"]["optional-dependencies"].items()
}
#: Extra -> the packages and modules that may import what it installs.
IMPORTERS = PYPROJECT["tool"]["forecasting"]["extras"]

#: Ceilings keep a program from being installed beside others, so each has its reason in docs/design.md.
CEILINGS = {"gunicorn", "tensorflow"}

#: Names of packages that are imported by another name.
IMPORTED_AS = {"scikit-learn": "sklearn", "pydantic-settings": "pydantic_settings"}

#: Imported, and part of what a declared package is.
PARTS = {"werkzeug": "flask", "pydantic_core": "pydantic"}


def locked(file):
    """Return the version of each package that a requirement file holds, by name."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE))


BASE = locked("requirements.txt")
ADDED = {extra: locked(f"requirements-{extra}.txt") for extra in EXTRAS}


def module_name(needed):
    return IMPORTED_AS.get(needed.name, needed.name.replace("-", "_"))


def imports_of(folder):
    """Yield the dotted name of each file of a folder, and the top package of everything it imports."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        importer = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            yield from ((importer, name.split(".")[0]) for name in names)


def test_what_is_needed_has_a_floor_and_hardly_ever_a_ceiling():
    for needed in NEEDED:
        operators = {one.operator for one in needed.specifier}
        assert ">=" in operators, needed
        assert not operators & {"==", "~=", "==="}, needed
        assert bool(operators & {"<", "<="}) == (needed.name in CEILINGS), needed


def test_what_is_locked_is_what_is_asked_for():
    for extra, asked in {None: NEEDED, **EXTRAS}.items():
        versions = BASE | ADDED.get(extra, {})
        for needed in asked:
            assert needed.specifier.contains(versions[needed.name], prereleases=True), (extra, needed)


def test_an_extra_adds_to_what_is_locked_and_changes_nothing():
    for extra, versions in ADDED.items():
        changed = {name: version for name, version in versions.items() if BASE.get(name, version) != version}
        assert not changed, f"requirements-{extra}.txt has other versions than requirements.txt: {changed}"
    files = {path.name for path in ROOT.glob("requirements*.txt")}
    assert files == {"requirements.txt", *(f"requirements-{extra}.txt" for extra in EXTRAS)}, "run `make lock`"


def test_every_dependency_and_every_ceiling_has_its_reason():
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    table = text[text.index("## Dependencies") :]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("|")]
    explained = {name.strip() for row in rows for name in row[1].split(",")}
    assert not {needed.name for needed in NEEDED} - explained
    for extra, added in EXTRAS.items():
        reasons = {name.strip() for row in rows if f"extra `{extra}`" in row[2] for name in row[1].split(",")}
        assert not {needed.name for needed in added} - reasons, f"no reason that names the extra {extra}"
    for name in CEILINGS:
        assert re.search(rf"`{name}<[\d.]+`", table), f"no reason for the ceiling of {name}"


def test_nothing_is_imported_that_is_not_declared():
    declared = {module_name(needed) for needed in NEEDED}
    known = declared | {part for part, whole in PARTS.items() if whole in declared} | {*sys.stdlib_module_names}
    found = {(importer, name) for package in PACKAGES for importer, name in imports_of(package)}
    assert not {(importer, name) for importer, name in found if name not in known | {*PACKAGES}}


def test_what_an_extra_installs_is_imported_where_it_may_be_and_nowhere_else():
    assert IMPORTERS.keys() == EXTRAS.keys()
    everywhere = {module_name(needed) for needed in NEEDED}
    imports = [pair for folder in FOLDERS for pair in imports_of(folder)]
    for extra, added in EXTRAS.items():
        own = {module_name(needed) for needed in added} - everywhere
        allowed = tuple(IMPORTERS[extra])
        strangers = {
            (importer, name)
            for importer, name in imports
            if name in own and not any(importer == one or importer.startswith(f"{one}.") for one in allowed)
        }
        assert not strangers, f"only {allowed or 'nobody'} may import what the extra {extra} installs"
