"""Which series of a frame keep it from becoming a panel, found all at once, so that only they are set aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.config import Task
from forecasting.data.checks import Checked, check_frame
from forecasting.data.future import followed, panel_for, times_ahead
from forecasting.data.panel import Panel
from forecasting.data.rows import Rows
from forecasting.data.statics import static_errors
from forecasting.data.symbols import UNKNOWN, shown
from forecasting.errors import PanelError
from forecasting.schema import DS, UNIQUE_ID, Y

#: Why a series was set aside, by id: a stable code and a sentence.
Reasons = dict[str, tuple[str, str]]


def panel_of_good(frame: pd.DataFrame, task: Task) -> tuple[Panel | None, Reasons]:
    """Return the panel of the series that are regular, and why the others are not among them.

    Args:
        frame: `unique_id, ds, y`, no id missing.
        task: of the model: frequency, alphabet, covariates.

    Returns:
        The panel, None when no series is left, and the reasons.

    Raises:
        PanelError: something is wrong with the frame as a whole.
    """
    try:
        return panel_for(frame, task), {}
    except PanelError:
        reasons = bad_series(frame, task)
    while True:
        good = frame[~frame[UNIQUE_ID].isin(list(reasons))]
        if good.empty:
            return None, reasons
        try:
            return panel_for(good, task), reasons
        except PanelError as error:
            # a check that `bad_series` does not know: the series that the error names, one at a time
            if error.series is None or error.series in reasons:
                raise
            reasons[error.series] = (error.code, str(error))


def followed_by_future(
    panel: Panel, task: Task, horizon: int | None, future: pd.DataFrame | None
) -> tuple[Panel | None, Reasons]:
    """Return the panel of the series whose known covariates reach as far as the forecast, and why others do not.

    Args:
        panel: the history.
        task: of the model.
        horizon: steps ahead; as trained when None.
        future: known covariates of the steps ahead; rows without `y` at the end of the series when None.

    Raises:
        PanelError: something is wrong with the future as a whole.
    """
    reasons: Reasons = {}
    if not task.known_covariates:
        return panel, reasons
    horizon = task.horizon if horizon is None else horizon
    while panel.n_series:
        try:
            panel, found = followed(panel, task, horizon, future)
        except PanelError as error:
            if error.series is None or error.series in reasons:
                raise
            reasons[error.series] = (error.code, str(error))
            panel = panel.select(np.array([name != error.series for name in panel.ids]))
            continue
        for series in np.flatnonzero(~found.all(axis=1)):
            first, count = int(np.argmin(found[series])), int((~found[series]).sum())
            text = (
                f"{count} of {horizon} rows ahead lack the known covariates, first {times_ahead(panel, series, first)}."
            )
            reasons[str(panel.ids[series])] = ("future_missing", text)
        panel = panel.select(np.flatnonzero(found.all(axis=1)))
        break
    return panel if panel.n_series else None, reasons


def bad_series(frame: pd.DataFrame, task: Task) -> Reasons:
    """Return the series with rows that no panel can hold; the first trouble of each is its reason."""
    checked = check_frame(frame, task.freq, task.symbols, [name for name, _ in task.all_covariates])
    reasons: Reasons = {}
    at = np.flatnonzero(frame[DS].isna())
    for name in pd.unique(frame[UNIQUE_ID].iloc[at]):
        reasons[str(name)] = ("ds_missing", "A row has no time.")
    rows = checked.rows
    if rows is None or rows.n_rows == 0:
        return reasons
    for code, found, sentence in [*troubles(checked, rows), *unknown(rows, task.symbols)]:
        series, first = np.unique(rows.codes[found], return_index=True)
        for one, row in zip(series, found[first], strict=True):
            reasons.setdefault(str(rows.ids[one]), (code, sentence(int(row))))
    owners, has_y = frame[UNIQUE_ID].astype(str), frame[Y].notna().to_numpy()
    for covariate in task.static_names:
        for name, error in static_errors(frame[covariate], owners, has_y).items():
            reasons.setdefault(name, (error.code, str(error)))
    return reasons


Trouble = tuple[str, NDArray[np.int64], Callable[[int], str]]


def unknown(rows: Rows, symbols: tuple[str, ...]) -> list[Trouble]:
    """Return the rows whose symbol the alphabet has not, as `troubles` does."""
    at = np.flatnonzero(rows.y == UNKNOWN) if symbols else np.zeros(0, np.int64)
    sentence = f"is none that the model knows: {shown(symbols)}."
    return [("symbol_unknown", at, lambda row: f"The symbol at {rows.time(row)} {sentence}")]


def troubles(checked: Checked, rows: Rows) -> list[Trouble]:
    """Return each kind of trouble as its code, the sorted rows that have it and the sentence about one of them."""
    found: list[Trouble] = [
        ("y_infinite", np.flatnonzero(np.isinf(rows.y)), lambda row: f"The value at {rows.time(row)} is infinite."),
        ("duplicate_timestamp", repeated(rows), lambda row: f"The time {rows.time(row)} is there more than once."),
    ]
    fit, frequency = checked.fit, checked.frequency
    if fit is None or frequency is None:
        return found
    alias = frequency.alias
    gaps = dict(zip(fit.gap_after.tolist(), fit.gap_size.tolist(), strict=True))
    off_grid = np.flatnonzero(~fit.on_grid & ~fit.mismatched[rows.codes])
    mismatched = rows.first[np.flatnonzero(fit.mismatched)]
    return [
        *found,
        ("freq_mismatch", mismatched, lambda row: f"The steps from {rows.time(row)} on are not {alias!r}."),
        ("off_grid", off_grid, lambda row: f"The time {rows.time(row)} lies between the steps of {alias!r}."),
        ("missing_timestamps", fit.gap_after, lambda row: f"{gaps[row]} steps are missing after {rows.time(row)}."),
    ]


def repeated(rows: Rows) -> NDArray[Any]:
    """Return the sorted rows whose time the row before has too."""
    same_series, step = np.diff(rows.codes) == 0, np.diff(rows.times.astype(np.int64))
    return np.flatnonzero(same_series & (step == 0)) + 1
