"""The future of known covariates: rows after the end of every series, aligned by id and time, never by position."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.config.task import Task
from forecasting.data.checks.columns import read_ids
from forecasting.data.checks.rows import time_text
from forecasting.data.checks.timestamps import read_times
from forecasting.data.covariates import Covariates, missing_like, values_of
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.time.zones import regular_wall_clock
from forecasting.errors import PanelError
from forecasting.schema import COLUMN_ALIASES, DS, SINGLE_SERIES_ID, UNIQUE_ID

logger = logging.getLogger("forecasting")

#: Pairs of id and time named in an error.
SHOWN = 5


def panel_for(frame: pd.DataFrame, task: Task) -> Panel:
    """Return the panel of a frame, read as a model of this task needs it.

    Raises:
        PanelError: the frame cannot become such a panel.
    """
    return Panel.from_frame(
        frame, task.freq, task.symbols, task.static_names, known=task.known_names, past=task.past_names
    )


def with_known_future(panel: Panel, task: Task, horizon: int | None, future: pd.DataFrame | None) -> Panel:
    """Return a panel that can be forecast: with the known covariates of `horizon` steps after every series.

    Without a `future`, the rows at the end of a series that have no `y` are its future.

    Args:
        panel: the history.
        task: of the model.
        horizon: steps ahead; as trained when None.
        future: `unique_id, ds` and the known covariates, rows in any order; rows that no forecast needs are ignored.

    Raises:
        PanelError: `future_missing`, with the ids and times that are not there; or the future cannot be read.
    """
    if not task.known_covariates:
        if future is not None:
            logger.info("The model has no known covariates; the future is not read.")
        return panel
    horizon = task.horizon if horizon is None else horizon
    panel, found = followed(panel, task, horizon, future)
    require_complete(panel, found)
    return panel


def followed(panel: Panel, task: Task, horizon: int, future: pd.DataFrame | None) -> tuple[Panel, NDArray[np.bool_]]:
    """Return the panel with what is there of its future, and which rows [S, horizon] are; see `with_known_future`."""
    if future is None:
        return split_by_y(panel, horizon)
    rows = place(panel, future, horizon)
    found = np.zeros((panel.n_series, horizon), bool)
    found[rows.series, rows.ahead] = True
    known = {}
    for name in task.known_names:
        values = values_of(future, name)[rows.position]
        if values.dtype.kind == "f" and np.isinf(values).any():
            at = int(np.flatnonzero(np.isinf(values))[0])
            series, row = str(panel.ids[rows.series[at]]), int(rows.position[at])
            text = f"Covariate {name!r} of the future is infinite in row {row} (series {series!r})."
            raise PanelError(
                f"{text} Fix: replace it, or make it missing.",
                code="covariate_infinite",
                series=series,
                row=row,
                field=name,
            )
        known[name] = joined(panel.with_ahead(0), name, values, rows, horizon)
    return panel.with_covariates(Covariates(known, panel.covariates.past, horizon)), found


@dataclass(frozen=True, eq=False)
class FutureRows:
    """Where rows of a future frame belong: `ahead` (0 is the first step) of `series`, from row `position`."""

    series: NDArray[np.int64]
    ahead: NDArray[np.int64]
    position: NDArray[np.int64]


def place(panel: Panel, future: pd.DataFrame, horizon: int) -> FutureRows:
    """Find the rows of a future frame that lie within the horizon of a series; the others are counted in the log.

    Raises:
        PanelError: `missing_column`, `ds_dtype`, `timezone_mismatch` or `duplicate_timestamp`.
    """
    names = {new: old for old, new in COLUMN_ALIASES.items() if old in future.columns}
    names |= {name: name for name in (UNIQUE_ID, DS) if name in future.columns}
    if DS not in names or (UNIQUE_ID not in names and list(panel.ids) != [SINGLE_SERIES_ID]):
        wanted = UNIQUE_ID if DS in names else DS
        got = ", ".join(map(str, future.columns[:20]))
        text = f"The future has no column {wanted!r}. Got: {got}. Fix: `make_future_frame` gives the frame to fill in."
        raise PanelError(text, code="missing_column", field=wanted)
    times = future_times(panel, future[names[DS]])
    codes, ids = read_ids(future, names.get(UNIQUE_ID))
    series = np.append(pd.Index(panel.ids).get_indexer(ids), -1)[codes]
    inside = np.flatnonzero(series >= 0)
    steps, on_grid = panel.frequency.steps(panel.starts[series[inside]], times[inside])
    ahead = steps - panel.lengths[series[inside]]
    wanted_rows = on_grid & (ahead >= 0) & (ahead < horizon)
    rows = FutureRows(series[inside][wanted_rows], ahead[wanted_rows], inside[wanted_rows])
    if len(rows.position) < len(future):
        logger.info("%d rows of the future are not needed and ignored.", len(future) - len(rows.position))
    pair, counts = np.unique(rows.series * horizon + rows.ahead, return_counts=True)
    if (counts > 1).any():
        at = pair[counts > 1][0]
        name, time = str(panel.ids[at // horizon]), times_ahead(panel, at // horizon, at % horizon)
        raise PanelError(
            f"The future has the time {time} of series {name!r} more than once. Fix: keep one row.",
            code="duplicate_timestamp",
            series=name,
            field=DS,
        )
    return rows


def future_times(panel: Panel, column: pd.Series) -> NDArray[Any]:
    """Return the times of a future frame on the clock of the panel; a row that has none lies nowhere.

    Raises:
        PanelError: `ds_dtype` or `timezone_mismatch`.
    """
    if len(column) == 0:  # of no type; what is missing is named later, row by row
        return panel.starts[:0]
    read = read_times(column)
    for finding in read.findings:
        if finding.severity == "error":
            raise finding.to_error()
    wrong = np.flatnonzero(read.missing | read.unreadable)
    is_time = read.values.dtype.kind == "M"
    if len(wrong) or is_time == panel.frequency.is_integer:
        row = int(wrong[0]) if len(wrong) else 0
        wanted = "integer step" if panel.frequency.is_integer else "ISO 8601 time"
        text = f"The future has no {wanted} in row {row}. Got {str(column.iloc[row])[:40]!r}."
        raise PanelError(f"{text} Fix: `make_future_frame` gives the times.", code="ds_dtype", row=row, field=DS)
    if (read.timezone is None) != (panel.timezone is None):
        with_zone, without = ("future", "history") if read.timezone else ("history", "future")
        text = f"The times of the {with_zone} have a time zone and those of the {without} have none."
        raise PanelError(f"{text} Fix: give both with, or both without.", code="timezone_mismatch", field=DS)
    if panel.timezone is None or panel.frequency.in_utc:
        return read.values
    return regular_wall_clock(read.values, panel.timezone, panel.starts)


def joined(panel: Panel, name: str, values: NDArray[Any], rows: FutureRows, horizon: int) -> NDArray[Any]:
    """Return a known covariate [N + S * horizon] of history and future.

    Args:
        panel: the history, nothing known ahead.
        name: of the covariate.
        values: those of `rows`.
        rows: where they belong.
        horizon: H.

    Raises:
        PanelError: `covariate_kind`, there are numbers in the one and texts in the other.
    """
    past = panel.covariates.known[name]
    if past.dtype.kind != values.dtype.kind:
        if pd.isna(values).all():
            values = missing_like(past, len(values))
        elif pd.isna(past).all():
            past = missing_like(values, len(past))
        else:
            has, given = ("numbers", "texts") if past.dtype.kind == "f" else ("texts", "numbers")
            text = f"Covariate {name!r} has {has} in the history and {given} in the future. Fix: convert one of them."
            raise PanelError(text, code="covariate_kind", field=name)
    made = missing_like(past, len(past) + horizon * panel.n_series)
    made[np.arange(len(past)) + horizon * np.repeat(np.arange(panel.n_series), panel.lengths)] = past
    made[panel.offsets[1:][rows.series] + horizon * rows.series + rows.ahead] = values
    return made


def split_by_y(panel: Panel, horizon: int) -> tuple[Panel, NDArray[np.bool_]]:
    """Return the panel up to the last `y` of each series, what follows being its future, and what is there [S, H].

    Series without any `y` stay whole. A panel that has a future already keeps it.
    """
    lengths = panel.lengths
    if panel.covariates.ahead:
        return panel, np.tile(np.arange(horizon) < panel.covariates.ahead, (panel.n_series, 1))
    local = np.arange(len(panel.y)) - np.repeat(panel.offsets[:-1], lengths)
    last = np.maximum.reduceat(np.where(np.isnan(panel.y), -1, local), panel.offsets[:-1])
    last = np.where(last < 0, lengths - 1, last)
    found = np.arange(horizon) < (lengths - 1 - last)[:, None]
    return panel.windows(Origins(np.arange(panel.n_series), last), int(lengths.max()), horizon), found


def require_complete(panel: Panel, found: NDArray[np.bool_]) -> None:
    """Raise a `PanelError` (code `future_missing`) that names the first missing ids and times, and how many there are.

    Args:
        panel: the history.
        found: [S, H] whether the future has the row.
    """
    if found.all():
        return
    series, ahead = np.nonzero(~found)
    first = zip(series[:SHOWN], ahead[:SHOWN], strict=True)
    pairs = [f"({str(panel.ids[s])!r}, {times_ahead(panel, s, h)})" for s, h in first]
    more = f" and {len(series) - SHOWN} more" if len(series) > SHOWN else ""
    names = ", ".join(panel.covariates.known)
    raise PanelError(
        f"The known covariates ({names}) lack {len(series)} of the {found.size} rows ahead that the forecast needs: "
        f"{', '.join(pairs)}{more}. Fix: give `future` with a row for each id and time of `make_future_frame`, or add "
        "these rows to the data with an empty `y`.",
        code="future_missing",
        series=str(panel.ids[series[0]]),
        field="future",
    )


def require_known_ahead(panel: Panel, task: Task, origins: Origins, horizon: int) -> None:
    """Check that the known covariates reach `horizon` steps beyond origins.

    Args:
        panel: the series.
        task: of the model.
        origins: of W windows.
        horizon: steps ahead.

    Raises:
        PanelError: `future_missing`.
    """
    if not task.known_covariates:
        return
    short = panel.lengths[origins.series] - 1 - origins.steps + panel.covariates.ahead < horizon
    if short.any():
        at = int(origins.series[np.flatnonzero(short)[0]])
        names = ", ".join(task.known_names)
        raise PanelError(
            f"The known covariates ({names}) must reach {horizon} steps beyond the last observed row, and do not in "
            f"{int(short.sum())} of {len(short)} series, first {str(panel.ids[at])!r}. Fix: give their future values.",
            code="future_missing",
            series=str(panel.ids[at]),
            field="future",
        )


def times_ahead(panel: Panel, series: Any, ahead: Any) -> str:
    """Return the time of a step ahead of one series in words; 0 is the first step."""
    time = panel.times_after(panel.origins[[series]].later(int(ahead)), 1)
    return time_text(panel.wall_clock(time)[0, 0])


def future_frame(panel: Panel, horizon: int) -> pd.DataFrame:
    """Return the frame `unique_id, ds` of the steps after the end of every series, to be filled in."""
    times = panel.times_after(panel.origins, horizon)
    return pd.DataFrame({UNIQUE_ID: np.repeat(panel.ids, horizon), DS: panel.to_output(times.ravel())})
