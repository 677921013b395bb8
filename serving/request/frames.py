"""The frames of MLflow's scoring protocol, and CSV files, as tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from forecasting.config.task import Task
from forecasting.data.grammar.iso import integers_in
from forecasting.data.grammar.words import read_number
from forecasting.schema import COLUMN_ALIASES, DS, UNIQUE_ID, Y
from serving.http.problems import Problem
from serving.http.refusals import Pointer, Refusal, json_type
from serving.request.tables import Table, missing_as_null


def from_split(value: Any, covariates: Sequence[str]) -> Table:
    """Return the table of a `dataframe_split`, with those of the covariates that it has.

    Raises:
        Refusal: it has no columns or no data.
    """
    pointer: Pointer = ("dataframe_split",)
    if not isinstance(value, dict):
        raise Refusal.of(pointer, "object_type", f"This must be a JSON object. Got {json_type(value)}.")
    for name in ("columns", "data"):
        if not isinstance(value.get(name), list):
            text = f"This must be a list. Got {json_type(value.get(name))}."
            raise Refusal.of((*pointer, name), "list_type", text)
    keys = name_columns(value["columns"], (*pointer, "columns"), covariates)
    rows = require_width(value["data"], len(value["columns"]), (*pointer, "data"))
    columns = {name: [cells[position] for cells in rows] for name, position in keys.items()}
    return Table(columns, (*pointer, "data"), keys)


def from_records(value: Any, covariates: Sequence[str]) -> Table:
    """Return the table of `dataframe_records`, as `from_split`; a record may leave out what is missing.

    Raises:
        Refusal: it is no list of objects, or a column is missing.
    """
    pointer: Pointer = ("dataframe_records",)
    if not isinstance(value, list):
        raise Refusal.of(pointer, "list_type", f"This must be a list. Got {json_type(value)}.")
    spelt: dict[str, None] = {}
    for row, record in enumerate(value):
        if not isinstance(record, dict):
            text = f"A record must be a JSON object. Got {json_type(record)}."
            raise Refusal.of((*pointer, row), "object_type", text)
        spelt.update(dict.fromkeys(record))
    names = [*spelt]
    keys = {name: names[at] for name, at in name_columns(names, pointer, covariates).items()} if value else {}
    return Table({name: [record.get(key) for record in value] for name, key in keys.items()}, pointer, keys)


def from_csv(body: bytes, task: Task) -> Table:
    """Return the table of a CSV file with a header: commas, double quotes, UTF-8.

    Args:
        body: of the request.
        task: of the model; it says which columns hold texts, of which an empty one is missing.

    Raises:
        Problem: 400, it is no such file.
        Refusal: a column is missing, a row has too many or too few cells, or a value is no number.
    """
    try:
        lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Problem(400, "csv_invalid", "The body is no CSV file in UTF-8 with commas and double quotes.") from error
    names, rows = (lines[0] if lines else []), [line for line in lines[1:] if line]
    has_texts = {Y: bool(task.symbols), **{name: bool(categories) for name, categories in task.all_covariates}}
    positions = name_columns(names, (), [*has_texts])
    require_width(rows, len(names), ())
    columns: dict[str, list[Any]] = {}
    for name, position in positions.items():
        texts = [cells[position] for cells in rows]
        if name == DS:
            columns[name] = integers_in(texts) or texts
        elif name == UNIQUE_ID:
            columns[name] = texts
        elif has_texts[name]:
            columns[name] = [text or None for text in texts]
        else:
            columns[name] = parse_column(texts, names[position])
    return Table(columns, (), {name: names[position] for name, position in positions.items()})


def name_columns(names: Sequence[Any], pointer: Pointer, covariates: Sequence[str]) -> dict[str, int]:
    """Return the positions of the columns we read, by our names; other columns are ignored.

    Args:
        names: of all columns.
        pointer: to where they stand in the body.
        covariates: names of the model's.

    Raises:
        Refusal: one is missing or there twice.
    """
    positions: dict[str, int] = {}
    for position, name in enumerate(names):
        ours = COLUMN_ALIASES.get(name, name) if isinstance(name, str) else None
        if ours not in (UNIQUE_ID, DS, Y, *covariates):
            continue
        if ours in positions:
            raise Refusal.of(pointer, "duplicate_column", f"The column `{ours}` is there twice. Send it once.")
        positions[ours] = position
    for ours in (DS, Y):
        if ours not in positions:
            text = f"The column `{ours}` is missing. Send {UNIQUE_ID} (unless there is one series), {DS} and {Y}."
            raise Refusal.of(pointer, "missing_column", text)
    return positions


def require_width(rows: list[Any], width: int, pointer: Pointer) -> list[list[Any]]:
    """Return rows, each of them a list of `width` cells.

    Raises:
        Refusal: one is none.
    """
    for row, cells in enumerate(rows):
        if not isinstance(cells, list) or len(cells) != width:
            text = f"A row must be a list of {width} cells, one per column. Got {json_type(cells)}."
            raise Refusal.of((*pointer, row), "row_shape", text)
    return rows


def parse_column(texts: list[str], key: str) -> list[float | None]:
    """Return the numbers of a column of a CSV file, None where a cell says that there is none.

    Raises:
        Refusal: one says something else.
    """
    numbers = []
    for row, text in enumerate(texts):
        try:
            numbers.append(missing_as_null(read_number(text)))
        except ValueError as error:
            detail = f"A value must be a number, or empty where missing. Got {json_type(text)}."
            raise Refusal.of((row, key), "float_type", detail) from error
    return numbers
