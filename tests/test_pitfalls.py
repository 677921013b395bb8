"""The page of pitfalls names tests that exist."""

import re

import pytest

from tests.places import ROOT

pytestmark = pytest.mark.fast

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_test_that_the_page_names_exists():
    text = (ROOT / "docs/pitfalls.md").read_text(encoding="utf-8")
    named = NAMED.findall(text)
    assert len(named) > 60
    sources = {path: (ROOT / path).read_text(encoding="utf-8") for path, _ in named}
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in sources[path]]
    assert not missing


def tables():
    """Return the rows of both tables: those of the traps, those of the complaints."""
    text = (ROOT / "docs/pitfalls.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:3]
    return [[line for line in part.splitlines() if re.match(r"\| \d", line)] for part in parts]


def test_every_trap_and_every_complaint_has_its_row_with_a_test():
    for rows, count in zip(tables(), (28, 52), strict=True):
        numbers = [int(number) for row in rows for number in row.split("|")[1].split(",")]
        assert numbers == list(range(1, count + 1))
        assert not [row for row in rows if not NAMED.search(row)]


def test_every_place_that_the_page_points_to_exists():
    text = (ROOT / "docs/pitfalls.md").read_text(encoding="utf-8")
    for file, _, heading in re.findall(r"\]\(([\w./]*)(#([\w-]+))?\)", text):
        page = (ROOT / "docs" / file) if file else ROOT / "docs/pitfalls.md"
        titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
        assert not heading or heading in anchors, (file, heading)
