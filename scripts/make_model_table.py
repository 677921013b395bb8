"""Write the table of the family into docs/models.md, from `forecast experiments family --json` or a run of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "models.md"
BEGIN, END = "<!-- family: written by scripts/make_model_table.py -->", "<!-- end of family -->"


def table_of(arguments: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """Return the title and the rows: those of the file that is named, or of a new run."""
    if arguments:
        found = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        return found["title"], found["rows"]
    from forecasting.experiments import EXPERIMENTS

    result = EXPERIMENTS.load("family").run()
    return result.title, result.rows


def markdown(title: str, rows: list[dict[str, Any]]) -> str:
    """Return the table, the best model first."""
    lines = [f"{title}.", "", "| model | varies | MASE | spread | seconds | parameters |", "| --- " * 6 + "|"]
    for row in sorted(rows, key=lambda row: row["mase"]):
        accuracy = f"{row['mase']:.3f} | {row['spread']:.3f}"
        lines.append(
            f"| {row['model']} | {row['kind']} | {accuracy} | {row['train_seconds']:.1f} | {row['parameters']:,} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Replace what stands between the two marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    table = markdown(*table_of(sys.argv[1:]))
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
