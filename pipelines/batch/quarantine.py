"""Which series of a frame keep it from becoming a panel, found all at once, so that only they are set aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.config.task import Task
from forecasting.data.checks.checks import Checked, check_frame
from forecasting.data.checks.rows import Rows
from forecasting.data.checks.symbols import UNKNOWN, shown
from forecasting.data.future import followed, panel_for, times_ahead
from forecasting.data.panel import Panel
from forecasting.data.statics import static_errors
from forecasting.errors import ForecastingError, PanelError
from forecasting.schema import DS, UNIQUE_ID, Y


@dataclass(frozen=True)
class Reason:
    """Why a series was set aside.

    Attributes:
        code: stable and short.
        detail: a sentence.
    """

    code: str
    detail: str

    @classmethod
    def of(cls, error: ForecastingError) -> Reason:
        """Return the reason that an error gives."""
        return cls(error.code, str(error))


#: By the id of the series.
Reasons = dict[str, Reason]


@dataclass(frozen=True, eq=False)
class Sifted:
    """Series of which those that cannot be forecast are set aside.

    Attributes:
        panel: the others; None when there are none.
        reasons: why each was set aside.
    """

    panel: Panel | None
    reasons: Reasons


def sift(frame: pd.DataFrame, task: Task) -> Sifted:
    """Set the series aside that keep a frame from becoming a panel.

    Args:
        frame: `unique_id, ds, y`, no id missing.
        task: of the model: frequency, alphabet, covariates.

    Raises:
        PanelError: something is wrong with the frame as a whole.
    """
    if frame.empty:
        return Sifted(None, {})
    try:
        return Sifted(panel_for(frame, task), {})
    except PanelError:
        reasons = bad_series(frame, task)
    while True:
        good = frame[~frame[UNIQUE_ID].isin(list(reasons))]
        if good.empty:
            return Sifted(None, reasons)
        try:
            return Sifted(panel_for(good, task), reasons)
        except PanelError as error:
            # a check that `bad_series` does not know: the series that the error names, one at a time
            if error.series is None or error.series in reasons:
                raise
            reasons[error.series] = Reason.of(error)


def sift_by_future(panel: Panel, task: Task, horizon: int, future: pd.DataFrame | None) -> Sifted:
    """Set the series aside whose known covariates do not reach as far as the forecast; the others are followed by them.

    Args:
        panel: the history.
        task: of the model.
        horizon: steps ahead.
        future: known covariates of the steps ahead; rows without `y` at the end of the series when None.

    Raises:
        PanelError: something is wrong with the future as a whole.
    """
    if not task.known_covariates:
        return Sifted(panel, {})
    reasons: Reasons = {}
    while panel.n_series:
        try:
            panel, known = followed(panel, task, horizon, future)
        except PanelError as error:
            if error.series is None or error.series in reasons:
                raise
            reasons[error.series] = Reason.of(error)
            panel = panel.select(np.array([name != error.series for name in panel.ids]))
            continue
        lacking = np.flatnonzero(~known.all(axis=1))
        reasons |= {str(panel.ids[series]): future_missing(panel, int(series), known[series]) for series in lacking}
        panel = panel.select(np.flatnonzero(known.all(axis=1)))
        break
    return Sifted(panel if panel.n_series else None, reasons)


def future_missing(panel: Panel, series: int, known: NDArray[np.bool_]) -> Reason:
    """Return the reason of a series that lacks known covariates.

    Args:
        panel: the history.
        series: number of the series.
        known: [H] whether the covariates of a step ahead are there.
    """
    count, first = int((~known).sum()), times_ahead(panel, series, int(np.argmin(known)))
    return Reason("future_missing", f"{count} of {len(known)} rows ahead lack the known covariates, first {first}.")


def bad_series(frame: pd.DataFrame, task: Task) -> Reasons:
    """Return the series with rows that no panel can hold; the first problem of each is its reason."""
    without_time = frame[UNIQUE_ID][frame[DS].isna()]
    reasons = {str(name): Reason("ds_missing", "A row has no time.") for name in pd.unique(without_time)}
    checked = check_frame(frame, task.freq, task.symbols, [name for name, _ in task.all_covariates])
    rows = checked.rows
    if rows is None or rows.n_rows == 0:
        return reasons
    for problem in [*row_problems(checked, rows), *symbol_problems(rows, task.symbols)]:
        series, first = np.unique(rows.codes[problem.rows], return_index=True)
        for one, row in zip(series, problem.rows[first], strict=True):
            reasons.setdefault(str(rows.ids[one]), Reason(problem.code, problem.sentence(int(row))))
    owners, has_y = frame[UNIQUE_ID].astype(str), frame[Y].notna().to_numpy()
    for covariate in task.static_names:
        for name, error in static_errors(frame[covariate], owners, has_y).items():
            reasons.setdefault(name, Reason.of(error))
    return reasons


@dataclass(frozen=True, eq=False)
class RowProblem:
    """A kind of problem that rows may have.

    Attributes:
        code: stable and short.
        rows: the sorted rows that have it.
        sentence: says it about one of them.
    """

    code: str
    rows: NDArray[np.int64]
    sentence: Callable[[int], str]


def symbol_problems(rows: Rows, symbols: tuple[str, ...]) -> list[RowProblem]:
    """Return the problem of rows whose symbol the alphabet has not."""
    at = np.flatnonzero(rows.y == UNKNOWN) if symbols else np.zeros(0, np.int64)
    ending = f"is none that the model knows: {shown(symbols)}."
    return [RowProblem("symbol_unknown", at, lambda row: f"The symbol at {rows.time(row)} {ending}")]


def row_problems(checked: Checked, rows: Rows) -> list[RowProblem]:
    """Return the problems of values and times."""
    infinite = np.flatnonzero(np.isinf(rows.y))
    of_values = [
        RowProblem("y_infinite", infinite, lambda row: f"The value at {rows.time(row)} is infinite."),
        RowProblem(
            "duplicate_timestamp", repeated(rows), lambda row: f"The time {rows.time(row)} is there more than once."
        ),
    ]
    fit, frequency = checked.fit, checked.frequency
    if fit is None or frequency is None:
        return of_values
    alias = repr(frequency.alias)
    gaps = dict(zip(fit.gap_after.tolist(), fit.gap_size.tolist(), strict=True))
    off_grid = np.flatnonzero(~fit.on_grid & ~fit.mismatched[rows.codes])
    mismatched = rows.first[np.flatnonzero(fit.mismatched)]
    return [
        *of_values,
        RowProblem("freq_mismatch", mismatched, lambda row: f"The steps from {rows.time(row)} on are not {alias}."),
        RowProblem("off_grid", off_grid, lambda row: f"The time {rows.time(row)} lies between the steps of {alias}."),
        RowProblem(
            "missing_timestamps", fit.gap_after, lambda row: f"{gaps[row]} steps are missing after {rows.time(row)}."
        ),
    ]


def repeated(rows: Rows) -> NDArray[np.int64]:
    """Return the sorted rows whose time the row before has too."""
    same_series, step = np.diff(rows.codes) == 0, np.diff(rows.times.astype(np.int64))
    return np.flatnonzero(same_series & (step == 0)) + 1
