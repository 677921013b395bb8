"""The table of docs/models.md is written between its marks and nowhere else."""

import json

import pytest

from scripts import make_model_table

pytestmark = pytest.mark.fast


def test_rows_become_a_table_between_the_marks(tmp_path, monkeypatch):
    page, rows = tmp_path / "models.md", tmp_path / "family.json"
    page.write_text(f"before\n{make_model_table.BEGIN}\nold\n{make_model_table.END}\nafter\n")
    row = {"kind": "cell", "mase": 0.7, "spread": 0.01, "train_seconds": 3.0, "parameters": 1234}
    found = [row | {"model": "gru"}, row | {"model": "lstm", "mase": 0.6}]
    rows.write_text(json.dumps({"title": "The family", "rows": found}))
    monkeypatch.setattr(make_model_table, "PAGE", page)
    monkeypatch.setattr("sys.argv", ["make_model_table.py", str(rows)])
    make_model_table.main()
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert text.index("| lstm | cell | 0.600 | 0.010 | 3.0 | 1,234 |") < text.index("| gru | cell | 0.700")


def test_the_page_has_the_marks():
    text = make_model_table.PAGE.read_text(encoding="utf-8")
    assert text.index(make_model_table.BEGIN) < text.index(make_model_table.END)
