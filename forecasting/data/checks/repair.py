"""Repairs of a long frame: deterministic, recorded, and none that has to guess a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.checks.checks import Checked, check_frame
from forecasting.data.checks.mending import Mended, change, mend_values, number_texts
from forecasting.data.checks.plan import Plan
from forecasting.data.checks.rows import Rows
from forecasting.data.checks.soft_checks import future_rows
from forecasting.data.time.zones import to_caller
from forecasting.errors import PanelError
from forecasting.schema import DS, UNIQUE_ID, Y

#: More inserted rows than this many times the rows there are speak of a wrong time, not of a gap.
_MOST_INSERTED_PER_ROW = 20
_ALWAYS_INSERTED = 10_000


@dataclass(frozen=True, eq=False)
class Repaired:
    """What came of a repair.

    Attributes:
        frame: the repaired frame.
        changes: one record per kind of change: `change`, `code`, `action`, `rows`, and `series`, `row` and `places`
            of the first ones.
        plan: what was done, with the frequency and the time that were found: it does the same again.
    """

    frame: pd.DataFrame
    changes: list[dict[str, Any]]
    plan: Plan


def fix(frame: pd.DataFrame, freq: str | int | None = None) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Repair a frame so that `Panel.from_frame` takes it, by the plan that decides nothing a person should.

    Rows without id or time and rows between the points of the grid are dropped; rows that repeat a time are dropped
    when they say the same and averaged when they do not (beside `y` only columns of floats are: texts, and integers,
    which may be codes of categories that have no mean, keep the first row's value); infinite values become missing;
    missing timestamps are inserted with missing values; rows are sorted.

    Args:
        frame: as for `Panel.from_frame`; its other columns are kept.
        freq: pandas offset alias or integer step; None infers it.

    Returns:
        The repaired frame and the changes of `Repaired`.

    Raises:
        PanelError: there is an error that takes a person: a column, a dtype or the frequency.
    """
    found = repair(frame, Plan(freq))
    return found.frame, found.changes


def repair(frame: pd.DataFrame, plan: Plan) -> Repaired:
    """Repair a frame by a plan; the same plan and frame give the same, and what is repaired is left as it is.

    Raises:
        PanelError: there is an error that the plan does not repair.
    """
    plan = replace(plan, now=plan.now or str(np.datetime64("now", "s")))
    numbers = number_texts(frame, plan)
    past = _without_future(numbers.frame, plan)
    checked = check_frame(past.frame, plan.freq)
    if checked.rows is None:
        checked.passed()
    _, frequency, _ = checked.passed(plan.repairable)
    plan = replace(plan, freq=frequency.alias)
    regular = make_regular(past.frame, checked, plan)
    values = mend_values(regular.frame, plan)
    changes = [*numbers.changes, *past.changes, *regular.changes, *values.changes]
    return Repaired(values.frame, changes, plan)


def _without_future(frame: pd.DataFrame, plan: Plan) -> Mended:
    """Return a frame without its rows after the plan's time, where the plan drops them."""
    if plan.actions["future_dates"] != "drop":
        return Mended(frame)
    checked = check_frame(frame, plan.freq)
    if checked.rows is None:
        return Mended(frame)
    late = future_rows(checked.rows, checked.frequency, plan.present)
    if len(late) == 0:
        return Mended(frame)
    kept = np.setdiff1d(np.arange(len(frame)), checked.rows.position[late])
    changes = (change("dropped rows in the future", "future_dates", "drop", checked.rows, late),)
    return Mended(frame.iloc[kept], changes)


def make_regular(frame: pd.DataFrame, checked: Checked, plan: Plan) -> Mended:
    """Return the rows of a frame on their grid, one for each point."""
    rows, frequency, fit = checked.passed(plan.repairable)
    kept = np.flatnonzero(fit.on_grid)
    code, step = rows.codes[kept], fit.step[kept]
    head = np.flatnonzero(np.append(True, (np.diff(code) != 0) | (np.diff(step) != 0)))
    merged = _merge(frame, checked.names, rows, kept, head, plan.actions["duplicate_timestamp"])
    slot, counts, begin = _slots(code[head], step[head], len(rows.ids))
    _refuse_too_many(rows, counts, len(head))
    repaired = _spread(merged.frame, slot, int(counts.sum()))
    series = np.repeat(np.arange(len(rows.ids)), counts)
    steps = np.arange(len(series)) - np.repeat(np.cumsum(counts) - counts, counts) + begin[series]
    times = frequency.times(rows.times[fit.anchor][series], steps)
    repaired[checked.names[DS]] = to_caller(times, rows.timezone, checked.runs_in_utc)
    if UNIQUE_ID in checked.names:
        repaired[checked.names[UNIQUE_ID]] = rows.ids[series]
    inserted = {"rows": len(repaired) - len(head)}
    moved = np.flatnonzero(np.diff(rows.position) < 0) + 1
    changes = [*_dropped(checked, plan), *merged.changes]
    if inserted["rows"]:
        gaps = change("inserted missing timestamps", "missing_timestamps", "insert", rows, fit.gap_after)
        changes.append({**gaps, **inserted})
    if len(moved):
        changes.append(change("sorted by series and time", "unsorted", "sort", rows, moved))
    return Mended(repaired, tuple(changes))


def _dropped(checked: Checked, plan: Plan) -> list[dict[str, Any]]:
    """Return the records of the changes that are counted by the findings alone."""
    words = {
        "id_missing": "dropped rows without id",
        "ds_missing": "dropped rows without time",
        "ds_dtype": "dropped rows whose time cannot be read",
        "y_infinite": "made infinite values missing",
        "off_grid": "dropped rows between the points of the grid",
    }
    return [
        {
            "change": words[one.code],
            "code": one.code,
            "action": plan.actions[one.code],
            "rows": one.count,
            "series": one.series,
            "row": one.row,
            "places": [place._asdict() for place in one.places],
        }
        for one in checked.findings
        if one.code in words
    ]


def _merge(
    frame: pd.DataFrame,
    names: dict[str, str],
    rows: Rows,
    kept: NDArray[np.int64],
    head: NDArray[np.int64],
    action: str,
) -> Mended:
    """Return one row per series and time: of several the first, the last, or the first with means of numbers."""
    position = rows.position[kept]
    chosen = head if action != "last" else np.append(head[1:], len(kept)) - 1
    merged = frame.iloc[position[chosen]].reset_index(drop=True)
    y = np.where(np.isinf(rows.y[kept]), np.nan, rows.y[kept])
    size = np.diff(np.append(head, len(kept)))
    merged[names[Y]] = _means(y, head) if action == "mean" else y[chosen]
    several = np.flatnonzero(size > 1)
    if len(several) == 0:
        return Mended(merged)
    group = np.repeat(np.arange(len(head)), size)
    differs = _differs(y, head, group)
    for index, name in enumerate(frame.columns):
        if name in names.values():
            continue
        column = frame.iloc[position, index]
        # objects need not be hashable, their text is
        column_codes = pd.factorize(column.astype(str) if column.dtype == object else column)[0]
        differs |= _differs(column_codes.astype(float), head, group)
        if action == "mean" and pd.api.types.is_float_dtype(column.dtype):
            merged.isetitem(index, _means(column.to_numpy(np.float64, na_value=np.nan), head))
    conflicting = several[differs[several]]
    same = several[~differs[several]]
    what = {"mean": "averaged rows of the same time"}.get(action, f"kept the {action} of the rows of the same time")
    changes = [
        {
            **change(text, "duplicate_timestamp", action, rows, kept[head[groups]]),
            "rows": int((size[groups] - 1).sum()),
        }
        for text, groups in (("dropped repeated rows", same), (what, conflicting))
        if len(groups)
    ]
    return Mended(merged, tuple(changes))


def _means(values: NDArray[np.float64], head: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of the present values of each group; NaN where there are none."""
    present = ~np.isnan(values)
    total = np.add.reduceat(np.where(present, values, 0.0), head)
    count = np.add.reduceat(present, head, dtype=np.int64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _differs(values: NDArray[np.float64], head: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which groups hold more than one value; missing ones count as a value."""
    reference = values[head][group]
    unequal = ~((values == reference) | (np.isnan(values) & np.isnan(reference)))
    return np.add.reduceat(unequal, head, dtype=np.int64) > 0


def _slots(
    code: NDArray[np.int64], step: NDArray[np.int64], n_series: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return where each row goes among all points of the grid, the points of each series and its first step."""
    first = np.searchsorted(code, np.arange(n_series))
    last = np.searchsorted(code, np.arange(n_series), side="right") - 1
    begin = step[first]
    counts = step[last] - begin + 1
    return (np.cumsum(counts) - counts - begin)[code] + step, counts, begin


def _refuse_too_many(rows: Rows, counts: NDArray[np.int64], n_present: int) -> None:
    inserted = int(counts.sum()) - n_present
    if inserted > _MOST_INSERTED_PER_ROW * n_present + _ALWAYS_INSERTED:
        series = str(rows.ids[int((counts - rows.lengths).argmax())])
        raise PanelError(
            f"{inserted} timestamps are missing among {n_present} rows, most of them in series {series!r}. "
            "Fix: look for a wrong time far from the others, or pass a longer `freq`.",
            code="missing_timestamps",
            series=series,
            field=DS,
        )


def _spread(frame: pd.DataFrame, slot: NDArray[np.int64], n_slots: int) -> pd.DataFrame:
    """Return the rows at their slots, and rows of missing values at all other slots."""
    if n_slots == len(frame):
        return frame
    source = np.full(n_slots, -1)
    source[slot] = np.arange(len(frame))
    return frame.reindex(source).reset_index(drop=True)
