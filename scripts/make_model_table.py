"""Write the tables of the family into docs/models.md, one for each file of `forecast experiments family --json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "models.md"
BEGIN, END = "<!-- family: written by scripts/make_model_table.py -->", "<!-- end of family -->"


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
    """Replace what stands between the two marks by the tables of the files that are named."""
    found = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    tables = "\n\n".join(markdown(one["title"], one["rows"]) for one in found)
    PAGE.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
