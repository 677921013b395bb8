"""Results on stdout as people read them: tables, and names with their values."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence

import click

#: Width of tables that go into a file or a pipe.
FILE_WIDTH = 160


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], note: str = "") -> None:
    """Print a table to stdout; columns of numbers are flush right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", caption=note or None, caption_justify="left")
    for index, name in enumerate(columns):
        is_number = all(isinstance(row[index], (int, float)) for row in rows) and bool(rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else FILE_WIDTH).print(table)


def show_facts(facts: Mapping[str, object]) -> None:
    """Print names and values in two columns, leaving out what there is not."""
    width = max(map(len, facts))
    for name, value in facts.items():
        if value is not None:
            click.echo(f"{name:<{width}}  {value}")


def cell(value: object) -> str:
    """Return a value as a table shows it: numbers with four significant digits, integers whole, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return str(value)
