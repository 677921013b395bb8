"""A table of rows as the series of a forecast request, and its errors as errors about the rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forecasting.config.task import Task
from forecasting.schema import DS, SINGLE_SERIES_ID, UNIQUE_ID, Y
from serving.http.refusals import Pointer, Refusal, json_type


@dataclass(frozen=True)
class Table:
    """N rows in any order, of any number of series.

    Attributes:
        columns: [N] cells by our name of the column: `ds`, `y`, perhaps `unique_id`, and those covariates that it has.
        pointer: to where the rows stand in the body.
        keys: what leads from a row to its cell, by our name of the column.
    """

    columns: Mapping[str, list[Any]]
    pointer: Pointer
    keys: Mapping[str, str | int]

    @property
    def n_rows(self) -> int:
        """N."""
        return len(self.columns.get(DS, ()))

    def at(self, row: int, column: str | None = None) -> Pointer:
        """Return the pointer to a row, or to one of its cells."""
        return (*self.pointer, row) if column is None else (*self.pointer, row, self.keys.get(column, column))

    def rows_of_series(self) -> dict[str, list[int]]:
        """Return the rows of each id, in order of appearance.

        Raises:
            Refusal: an id is neither a text nor an integer.
        """
        rows: dict[str, list[int]] = {}
        for row, name in enumerate(self.columns.get(UNIQUE_ID) or [SINGLE_SERIES_ID] * self.n_rows):
            if isinstance(name, bool) or not isinstance(name, (str, int)):
                text = f"An id must be a text or an integer. Got {json_type(name)}."
                raise Refusal.of(self.at(row, UNIQUE_ID), "string_type", text)
            rows.setdefault(str(name), []).append(row)
        return rows

    def series(self, name: str, rows: Sequence[int], task: Task) -> dict[str, Any]:
        """Return one series as a request has it; its rows after the last value hold its future.

        Args:
            name: its id.
            rows: those of the series.
            task: of the model that will answer; it says which covariates there are.

        Raises:
            Refusal: a static covariate is not the same in all rows.
        """
        return {
            UNIQUE_ID: name,
            DS: [self.columns[DS][row] for row in rows],
            Y: [missing_as_null(self.columns[Y][row]) for row in rows],
            "static_covariates": {name: self.static(name, rows) for name in task.static_names if name in self.columns},
            "known_covariates": self.covariates(task.known_names, rows),
            "past_covariates": self.covariates(task.past_names, rows),
        }

    def covariates(self, names: Sequence[str], rows: Sequence[int]) -> dict[str, list[Any]]:
        """Return some covariates, as far as they are there, in some rows."""
        there = [name for name in names if name in self.columns]
        return {name: [missing_as_null(self.columns[name][row]) for row in rows] for name in there}

    def static(self, name: str, rows: Sequence[int]) -> Any:
        """Return the static covariate of the series that has these rows.

        Raises:
            Refusal: it is not the same in all of them.
        """
        values = self.columns[name]
        other = next((row for row in rows if values[row] != values[rows[0]]), None)
        if other is not None:
            text = f"A static covariate is the same in all rows of a series. Got {json_type(values[other])} here."
            raise Refusal.of(self.at(other, name), "static_varies", f"{text} Repeat the value of the first row.")
        return values[rows[0]]

    def locate(self, pointer: Pointer, rows_of: Sequence[Sequence[int]]) -> Pointer:
        """Return where in the table something stands that is wrong with a request made of it.

        Args:
            pointer: into the request.
            rows_of: the rows of each of its series.
        """
        match pointer:
            case ("series",):
                return self.pointer
            case ("series", int(number), str(column), *rest) if column in (UNIQUE_ID, DS, Y):
                return self.at(row_at(rows_of[number], rest), column)
            case ("series", int(number), str(), str(name), *rest):  # a covariate
                return self.at(row_at(rows_of[number], rest), name if name in self.keys else None)
            case ("series", int(number), *_):
                return self.at(rows_of[number][0])
        return ("params", *pointer)


def row_at(rows: Sequence[int], rest: Sequence[str | int]) -> int:
    """Return the row that the rest of a pointer into a column names, the first one where it names none."""
    match rest:
        case [int(index)]:
            return rows[index]
    return rows[0]


def missing_as_null(value: Any) -> Any:
    """Return null for NaN: frames have no other word for a missing value."""
    return None if isinstance(value, float) and math.isnan(value) else value
