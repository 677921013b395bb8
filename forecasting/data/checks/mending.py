"""Repairs of values: what a plan makes missing or drops because somebody decided so, and never a number instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.checks.checks import check_frame
from forecasting.data.checks.codes import KEEP
from forecasting.data.checks.columns import find_columns
from forecasting.data.checks.findings import NAMED_PLACES
from forecasting.data.checks.plan import Plan
from forecasting.data.checks.rows import Rows
from forecasting.data.checks.soft_checks import leading_zeros, outlier_rows
from forecasting.schema import Y

#: What is done about values once the rows are regular, in this order.
_VALUE_CODES = ("negative", "leading_zeros", "outliers", "no_values")
_WORDS = {
    ("negative", "missing"): "made negative values missing",
    ("leading_zeros", "missing"): "made leading zeros missing",
    ("leading_zeros", "drop"): "dropped the rows of leading zeros",
    ("outliers", "missing"): "made outliers missing",
    ("no_values", "drop"): "dropped series without any value",
}


@dataclass(frozen=True, eq=False)
class Mended:
    """A frame after a repair, and one record for each kind of change that was made."""

    frame: pd.DataFrame
    changes: tuple[dict[str, Any], ...] = ()


def change(text: str, code: str, action: str, rows: Rows, at: NDArray[np.int64]) -> dict[str, Any]:
    """Return the record of a change of some sorted rows, at least one."""
    return {
        "change": text,
        "code": code,
        "action": action,
        "rows": len(at),
        "series": rows.series(at[0]),
        "row": rows.row(at[0]),
        "places": [place._asdict() for place in rows.places(at)],
    }


def number_texts(frame: pd.DataFrame, plan: Plan) -> Mended:
    """Return a frame whose target is numbers: texts that are none become missing, where the plan says so."""
    if plan.actions["y_dtype"] != "missing":
        return Mended(frame)
    names, findings = find_columns(frame)
    if findings or pd.api.types.is_numeric_dtype(frame[names[Y]].dtype):
        return Mended(frame)
    column = frame[names[Y]]
    numbers = pd.to_numeric(column.astype(object), errors="coerce").astype("float64")
    lost = np.flatnonzero((numbers.isna() & column.notna()).to_numpy())
    mended = frame.assign(**{names[Y]: numbers})
    if len(lost) == 0:
        return Mended(mended)
    record = {"change": "made values that are no numbers missing", "code": "y_dtype", "action": "missing"}
    places = [{"series": None, "row": int(row), "time": None} for row in lost[:NAMED_PLACES]]
    return Mended(mended, ({**record, "rows": len(lost), "series": None, "row": int(lost[0]), "places": places},))


def mend_values(frame: pd.DataFrame, plan: Plan) -> Mended:
    """Return a regular frame after what the plan does about values, done until nothing is left to do.

    What is missing may bring the next outlier or leading zero to light: going on until there is none is what makes a
    second run change nothing. Every round takes values away, so it ends. Rows in the records are those of the frame
    as it is then.
    """
    chosen = [code for code in _VALUE_CODES if plan.actions[code] != KEEP]
    made: list[dict[str, Any]] = []
    is_done = not chosen
    while not is_done:
        before = len(made)
        for code in chosen:
            mended = _mend(frame, plan, code)
            frame, made = mended.frame, [*made, *mended.changes]
        is_done = len(made) == before
    return Mended(frame, _one_of_each(made))


def _mend(frame: pd.DataFrame, plan: Plan, code: str) -> Mended:
    """Return a regular frame after what the plan does about one code."""
    checked, action = check_frame(frame, plan.freq), plan.actions[code]
    if checked.rows is None or checked.rows.n_rows == 0:
        return Mended(frame)
    at = _concerned(code, action, checked.rows, checked)
    if len(at) == 0:
        return Mended(frame)
    changes = (change(_WORDS[code, action], code, action, checked.rows, at),)
    position = checked.rows.position[at]
    if action == "drop":
        kept = np.setdiff1d(np.arange(len(frame)), position)
        return Mended(frame.iloc[kept].reset_index(drop=True), changes)
    y = frame[checked.names[Y]].to_numpy(np.float64, copy=True)
    y[position] = np.nan
    return Mended(frame.assign(**{checked.names[Y]: y}), changes)


def _one_of_each(changes: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the first record of each code, with the rows of all of them."""
    first = {one["code"]: one for one in reversed(changes)}
    rows = Counter[str]()
    for one in changes:
        rows[one["code"]] += one["rows"]
    return tuple({**first[code], "rows": rows[code]} for code in rows)


def _concerned(code: str, action: str, rows: Rows, checked: Any) -> NDArray[np.int64]:
    """Return the sorted rows that a code is about."""
    if code == "negative":
        return np.flatnonzero(rows.y < 0)
    if code == "outliers":
        return outlier_rows(rows, checked.frequency, checked.fit)
    if code == "no_values":
        observed = np.bincount(rows.codes, ~np.isnan(rows.y), len(rows.ids))
        return np.flatnonzero(observed[rows.codes] == 0)
    is_start = np.arange(rows.n_rows) < (rows.first + leading_zeros(rows))[rows.codes]
    return np.flatnonzero(is_start & ((rows.y == 0) | (action == "drop")))
