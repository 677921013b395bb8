"""MLflow's frames and CSV files as the series of a forecast request, and the way back for error places."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from forecasting.config import Task
from forecasting.data import words
from forecasting.data.iso import integers_in
from forecasting.schema import COLUMN_ALIASES, DS, SINGLE_SERIES_ID, UNIQUE_ID, Y
from serving.problems import ErrorItem, Problem, describe, pointer
from serving.validation import Refusal

SERIES_PLACE = re.compile(r"/series/(\d+)(?:/(\w+))?(?:/(\d+))?")
COVARIATE_PLACE = re.compile(r"/series/(\d+)/(?:known|past|static)_covariates(?:/([^/]*)(?:/(\d+))?)?")


@dataclass(frozen=True)
class Table:
    """Rows in any order, of any number of series.

    Attributes:
        ids: id of each row.
        ds: time of each row.
        y: value of each row.
        place: where the rows stand in the body.
        columns: what stands between a row and its cell in a pointer, by our name of the column.
        beside: value in each row of each covariate that is there.
    """

    ids: list[Any]
    ds: list[Any]
    y: list[Any]
    place: tuple[str, ...]
    columns: dict[str, str | int]
    beside: dict[str, list[Any]] = field(default_factory=dict)

    def cell(self, row: int, column: str) -> str:
        """Return the pointer to a cell."""
        return pointer(*self.place, row, self.columns.get(column, column))

    def rows_of_series(self) -> dict[str, list[int]]:
        """Return the rows of each id, in order of appearance.

        Raises:
            Refusal: an id is neither a text nor an integer.
        """
        found: dict[str, list[int]] = {}
        for row, name in enumerate(self.ids):
            if isinstance(name, bool) or not isinstance(name, (str, int)):
                text = f"An id must be a text or an integer. Got {describe(name)}."
                raise Refusal.of(self.cell(row, UNIQUE_ID), "string_type", text)
            found.setdefault(str(name), []).append(row)
        return found

    def covariates_of(self, own: list[int], names: Sequence[str]) -> dict[str, list[Any]]:
        """Return some covariates, as far as they are there, in the rows of one series."""
        return {name: [missing_as_null(self.beside[name][row]) for row in own] for name in names if name in self.beside}

    def statics_of(self, own: list[int], names: Sequence[str]) -> dict[str, Any]:
        """Return the static covariates, as far as they are there, of the series that has these rows.

        Raises:
            Refusal: a value is not the same in all of them.
        """
        statics = {name: self.beside[name] for name in names if name in self.beside}
        for name, values in statics.items():
            other = next((row for row in own if values[row] != values[own[0]]), None)
            if other is not None:
                text = f"A static covariate is the same in all rows of a series. Got {describe(values[other])} here."
                raise Refusal.of(self.cell(other, name), "static_varies", f"{text} Repeat the value of the first row.")
        return {name: values[own[0]] for name, values in statics.items()}

    def translate(self, error: ErrorItem, rows: Sequence[list[int]]) -> ErrorItem:
        """Return an error about a series as one about the row it came from."""
        if error.pointer == "/series":
            return replace(error, pointer=pointer(*self.place))
        covariate = COVARIATE_PLACE.fullmatch(error.pointer)
        if covariate:
            row, name = rows[int(covariate[1])][int(covariate[3] or 0)], unescaped(covariate[2] or "")
            return replace(error, pointer=self.cell(row, name) if name in self.columns else pointer(*self.place, row))
        match = SERIES_PLACE.fullmatch(error.pointer)
        if not match:  # a parameter
            return replace(error, pointer=f"/params{error.pointer}")
        own = rows[int(match[1])]
        row = own[int(match[3] or 0)]
        where = self.cell(row, match[2]) if match[2] in (DS, Y, UNIQUE_ID) else pointer(*self.place, row)
        return replace(error, pointer=where)


def missing_as_null(value: Any) -> Any:
    """Return null for NaN: frames have no other word for a missing value."""
    return None if isinstance(value, float) and math.isnan(value) else value


def unescaped(part: str) -> str:
    """Return the name that a part of a JSON pointer stands for (RFC 6901)."""
    return part.replace("~1", "/").replace("~0", "~")


def name_columns(names: Sequence[Any], place: tuple[str, ...], beside: Sequence[str]) -> dict[str, int]:
    """Return the positions of the columns we read, by our names; other columns are ignored.

    Args:
        names: of all columns.
        place: where they stand in the body.
        statics: names of the model's covariates.

    Raises:
        Refusal: one is missing or there twice.
    """
    found: dict[str, int] = {}
    for position, name in enumerate(names):
        ours = COLUMN_ALIASES.get(name, name) if isinstance(name, str) else None
        if ours not in (UNIQUE_ID, DS, Y, *beside):
            continue
        if ours in found:
            raise Refusal.of(pointer(*place), "duplicate_column", f"The column `{ours}` is there twice. Send it once.")
        found[ours] = position
    for ours in (DS, Y):
        if ours not in found:
            text = f"The column `{ours}` is missing. Send {UNIQUE_ID} (unless there is one series), {DS} and {Y}."
            raise Refusal.of(pointer(*place), "missing_column", text)
    return found


def from_rows(
    names: Sequence[Any], rows: list[Any], head: tuple[str, ...], place: tuple[str, ...], beside: Sequence[str]
) -> Table:
    """Return the table of rows that are lists.

    Args:
        names: of the columns.
        rows: a list of cells each.
        head: where the names stand in the body.
        place: where the rows stand.
        statics: names of the model's covariates.

    Raises:
        Refusal: a column is missing, or a row is no list of as many cells.
    """
    at = name_columns(names, head, beside)
    for row, cells in enumerate(rows):
        if not isinstance(cells, list) or len(cells) != len(names):
            text = f"A row must be a list of {len(names)} cells, one per column. Got {describe(cells)}."
            raise Refusal.of(pointer(*place, row), "row_shape", text)
    return table_of({ours: [cells[position] for cells in rows] for ours, position in at.items()}, place, {**at}, beside)


def table_of(
    cells: dict[str, list[Any]], place: tuple[str, ...], columns: dict[str, str | int], beside: Sequence[str]
) -> Table:
    """Return the table of the cells of columns, by our names; see `Table`."""
    ds, y = cells.get(DS, []), cells.get(Y, [])
    ids = cells.get(UNIQUE_ID, [SINGLE_SERIES_ID] * len(ds))
    return Table(ids, ds, y, place, columns, {name: cells[name] for name in beside if name in cells})


def from_split(value: Any, beside: Sequence[str] = ()) -> Table:
    """Return the table of a `dataframe_split`, with those of the covariates that it has.

    Raises:
        Refusal: it has no columns or no data.
    """
    place = ("dataframe_split",)
    if not isinstance(value, dict):
        raise Refusal.of(pointer(*place), "object_type", f"This must be a JSON object. Got {describe(value)}.")
    for name in ("columns", "data"):
        if not isinstance(value.get(name), list):
            text = f"This must be a list. Got {describe(value.get(name))}."
            raise Refusal.of(pointer(*place, name), "list_type", text)
    return from_rows(value["columns"], value["data"], (*place, "columns"), (*place, "data"), beside)


def from_records(value: Any, beside: Sequence[str] = ()) -> Table:
    """Return the table of `dataframe_records`, as `from_split`; a record may leave out what is missing.

    Raises:
        Refusal: it is no list of objects.
    """
    place = ("dataframe_records",)
    if not isinstance(value, list):
        raise Refusal.of(pointer(*place), "list_type", f"This must be a list. Got {describe(value)}.")
    names: dict[str, None] = {}
    for row, record in enumerate(value):
        if not isinstance(record, dict):
            text = f"A record must be a JSON object. Got {describe(record)}."
            raise Refusal.of(pointer(*place, row), "object_type", text)
        names.update(dict.fromkeys(record))
    at = name_columns(list(names), place, beside) if value else {}
    spelt = {ours: list(names)[position] for ours, position in at.items()}
    cells = {ours: [record.get(name) for record in value] for ours, name in spelt.items()}
    return table_of(cells, place, {**spelt}, beside)


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
    kinds = {name: bool(categories) for name, categories in task.all_covariates}
    table = from_rows(names, rows, (), (), list(kinds))
    ds = integers_in(table.ds) or table.ds
    of_texts = {Y: bool(task.symbols), **kinds}

    def read(name: str, texts: list[str]) -> list[Any]:
        if of_texts[name]:
            return [text or None for text in texts]
        return [read_number(text, table.cell(row, name)) for row, text in enumerate(texts)]

    spelt: dict[str, str | int] = {ours: names[int(position)] for ours, position in table.columns.items()}
    beside = {name: read(name, texts) for name, texts in table.beside.items()}
    return Table(table.ids, ds, read(Y, table.y), table.place, spelt, beside)


def read_number(text: str, where: str) -> float | None:
    """Return the number of a cell, None where it says that there is none.

    Raises:
        Refusal: it is something else.
    """
    try:
        return missing_as_null(words.read_number(text))
    except ValueError as error:
        detail = f"A value must be a number, or empty where missing. Got {describe(text)}."
        raise Refusal.of(where, "float_type", detail) from error
