"""The page of pitfalls names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_test_that_the_page_names_exists():
    text = (ROOT / "docs/pitfalls.md").read_text(encoding="utf-8")
    named = NAMED.findall(text)
    assert len(named) > 60
    sources = {path: (ROOT / path).read_text(encoding="utf-8") for path, _ in named}
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in sources[path]]
    assert not missing


def test_every_trap_has_its_row_with_a_test():
    text = (ROOT / "docs/pitfalls.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|.*$", text, re.MULTILINE)
    assert rows == [str(number) for number in range(1, 29)]
    assert all(NAMED.search(line) for line in text.splitlines() if re.match(r"\| \d+ \|", line))
