"""The border of a frame: its id and value columns as arrays, with a finding for every row that cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.checks.findings import NAMED_PLACES, Finding, RowPlace, column_error
from forecasting.schema import COLUMN_ALIASES, DS, SINGLE_SERIES_ID, UNIQUE_ID, Y

_LOGGER = logging.getLogger("forecasting")
#: What pandas calls columns of objects that are numbers.
NUMBERS = frozenset({"integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty"})


def find_columns(frame: Any, covariates: Sequence[str] = ()) -> tuple[dict[str, str], list[Finding]]:
    """Return the frame's own name of each of the columns `unique_id`, `ds` and `y`, and what is wrong with them.

    A frame without an id column is one series. Columns other than these and `covariates` are ignored, with one line in
    the log.
    """
    if not isinstance(frame, pd.DataFrame):
        text = f"The data must be a pandas DataFrame. Got {type(frame).__name__}."
        return {}, [column_error("not_a_frame", "frame", text, "build one with columns unique_id, ds and y.")]
    if frame.columns.nlevels > 1:
        text = f"The frame has {frame.columns.nlevels} levels of column names."
        return {}, [column_error("missing_column", DS, text, "flatten them to unique_id, ds and y.")]
    names = {}
    for wanted in (UNIQUE_ID, DS, Y):
        spellings = [wanted, *(old for old, new in COLUMN_ALIASES.items() if new == wanted)]
        present = [spelling for spelling in spellings if spelling in frame.columns]
        if present:
            names[wanted] = present[0]
    findings = [_missing_column(frame, wanted) for wanted in (DS, Y) if wanted not in names]
    findings += [_repeated_column(name) for name in (*names.values(), *covariates) if (frame.columns == name).sum() > 1]
    ignored = [str(name) for name in frame.columns if name not in (*names.values(), *covariates)]
    if ignored:
        _LOGGER.info("Columns that were not asked for are ignored: %s.", ", ".join(ignored))
    return names, findings


def _missing_column(frame: pd.DataFrame, wanted: str) -> Finding:
    got = ", ".join(map(str, frame.columns[:20])) or "no columns"
    in_index = wanted in frame.index.names or isinstance(frame.index, pd.DatetimeIndex)
    fix = "call frame.reset_index() first and name the column." if in_index else f"rename the column to {wanted!r}."
    return column_error("missing_column", wanted, f"The frame has no column {wanted!r}. Got: {got}.", fix)


def _repeated_column(name: str) -> Finding:
    return column_error("duplicate_column", name, f"The frame has more than one column {name!r}.", "keep one of them.")


def read_ids(frame: pd.DataFrame, name: str | None) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the series of each row as an index into the sorted ids, -1 where the id is missing.

    Args:
        frame: N rows.
        name: the id column; None makes one series of the whole frame.

    Returns:
        [N] int64 and [S] ids as strings.
    """
    if name is None:
        return np.zeros(len(frame), np.int64), np.array([SINGLE_SERIES_ID], object)
    found, values = pd.factorize(frame[name])
    ids, rank = np.unique(np.array([str(value) for value in values], object), return_inverse=True)
    codes = np.append(rank, -1)[found]  # factorize says -1 for missing, which is the appended last entry
    return codes.astype(np.int64), ids


def read_y(column: pd.Series) -> tuple[NDArray[np.float64], list[Finding]]:
    """Return the target as float64 with NaN for missing values, or a finding that it is not made of numbers."""
    is_number = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype)
    if not is_number and (found := _texts_among_numbers(column)) is not None:
        return np.zeros(0), [found]
    if not is_number and not (column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in NUMBERS):
        kind = pd.api.types.infer_dtype(column, skipna=True) if column.dtype == object else column.dtype
        text = f"Column {column.name!r} must hold numbers. Got {kind}{_example(column)}."
        fix = (
            f"convert it, for example frame[{str(column.name)!r}] = pd.to_numeric(frame[{str(column.name)!r}]); "
            "to forecast symbols, train a model with head='categorical'."
        )
        return np.zeros(0), [column_error("y_dtype", Y, text, fix)]
    return pd.to_numeric(column).to_numpy(np.float64, na_value=np.nan), []


def _texts_among_numbers(column: pd.Series) -> Finding | None:
    """Return the finding about a column of texts most of which are numbers: which ones are not, and where."""
    if not pd.api.types.is_string_dtype(column.dtype) and column.dtype != object:
        return None
    numbers = pd.to_numeric(column.astype(object), errors="coerce")
    present = column.notna().to_numpy()
    at = np.flatnonzero(present & numbers.isna().to_numpy())
    if not 0 < 2 * len(at) < present.sum():
        return None
    seen = ", ".join(dict.fromkeys(repr(str(column.iloc[row])[:20]) for row in at[:NAMED_PLACES]))
    text = (
        f"Column {column.name!r} must hold numbers. Got {seen} in {len(at)} of {len(column)} rows, first row {at[0]}."
    )
    fix = "correct them, or make them missing (`forecast check DATA --fix OUT --do y_dtype=missing`)."
    places = tuple(RowPlace(None, int(row), None) for row in at[:NAMED_PLACES])
    return Finding("y_dtype", "error", len(at), None, int(at[0]), text, fix, Y, places)


def _example(column: pd.Series) -> str:
    present = np.flatnonzero(column.notna())
    return f", for example {str(column.iloc[present[0]])[:40]!r} in row {present[0]}" if len(present) else ""
