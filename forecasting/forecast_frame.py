"""The forecast frame: a predictor's answer with ids, timestamps and named columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.data.panel import Panel
from forecasting.errors import RequestError
from forecasting.predictor import Answer, Predictor
from forecasting.schema import (
    DS,
    STATUS,
    STATUS_ROLLED_OUT,
    UNIQUE_ID,
    interval_columns,
    interval_quantiles,
    is_fallback,
    probability_column,
    quantile_column,
)


def wanted_levels(level: Sequence[float] | None, quantile_levels: Sequence[float] | None) -> tuple[float, ...]:
    """Return the quantile levels behind `level` (percent intervals) or `quantile_levels`, ascending.

    Raises:
        RequestError: both were given, or a value is out of range or given twice.
    """
    if level and quantile_levels:
        raise RequestError("Give `level` or `quantile_levels`, not both.", code="level_and_quantiles", field="level")
    require_unique_between(level or (), "level", 100)
    require_unique_between(quantile_levels or (), "quantile_levels", 1)
    bounds = [bound for one in level or () for bound in interval_quantiles(one)]
    return tuple(sorted({float(q) for q in (*bounds, *(quantile_levels or ()))}))


def require_unique_between(values: Sequence[float], field: str, upper: float) -> None:
    """Raise a `RequestError` unless all values lie between 0 and `upper` and differ."""
    for value in values:
        if not 0 < value < upper:
            raise RequestError(
                f"`{field}` must lie between 0 and {upper}. Got {value!r}.", code="level_range", field=field
            )
    if len(set(values)) != len(values):
        raise RequestError(f"`{field}` names a value twice. Got {list(values)!r}.", code="level_duplicate", field=field)


def forecast_frame(
    predictor: Predictor,
    panel: Panel,
    horizon: int | None = None,
    *,
    level: Sequence[float] | None = None,
    quantile_levels: Sequence[float] | None = None,
    probabilities: bool = False,
) -> tuple[pd.DataFrame, Answer]:
    """Forecast the end of every series of `panel`.

    Returns the frame `unique_id, ds, status, <Model>` and the columns of the levels or probabilities asked for, and
    the answer it was made from; a series with a problem has rows of NaN, and the answer says why.

    Raises:
        RequestError: what is asked is nothing that this model gives.
    """
    if probabilities:
        require_probabilities(predictor)
    answer = predictor.predict_panel(panel, horizon, wanted_levels(level, quantile_levels))
    horizon = answer.median.shape[1]
    times = panel.times_after(np.arange(panel.n_series), panel.lengths - 1, horizon)
    columns = {
        UNIQUE_ID: np.repeat(panel.ids, horizon),
        DS: panel.to_output(times.ravel()),
        STATUS: statuses(answer.status, predictor.task.horizon, horizon),
        **value_columns(predictor.spec.alias, answer, level, quantile_levels),
        **(probability_columns(predictor.spec.alias, answer) if probabilities else {}),
    }
    return pd.DataFrame(columns), answer


def statuses(status: Sequence[str], trained_horizon: int, horizon: int) -> np.ndarray:
    """Return the status of each row: that of its series, or `rolled_out` beyond the trained horizon of a network."""
    rows = np.repeat(np.asarray(status, dtype=object)[:, None], horizon, axis=1)
    if horizon > trained_horizon:
        by_network = [not is_fallback(one) for one in status]
        rows[by_network, trained_horizon:] = STATUS_ROLLED_OUT
    return rows.ravel()


def value_columns(
    alias: str, answer: Answer, level: Sequence[float] | None, quantile_levels: Sequence[float] | None
) -> dict[str, np.ndarray]:
    """Return the columns of values: the median or symbol, then intervals or quantiles in the order asked."""
    columns = {alias: answer.shown.ravel()}
    for one in level or ():
        for name, bound in zip(interval_columns(alias, one), interval_quantiles(one), strict=True):
            columns[name] = answer.at(bound).ravel()
    for q in quantile_levels or ():
        columns[quantile_column(alias, q)] = answer.at(float(q)).ravel()
    return columns


def probability_columns(alias: str, answer: Answer) -> dict[str, np.ndarray]:
    """Return the column of each symbol's probability."""
    columns = np.moveaxis(answer.probabilities, 2, 0)
    return {probability_column(alias, one): column.ravel() for one, column in zip(answer.symbols, columns, strict=True)}


def require_probabilities(predictor: Predictor) -> None:
    """Raise a `RequestError` when the model forecasts numbers."""
    if not predictor.task.symbols:
        text = f"{predictor.spec.alias!r} forecasts numbers, which have no probabilities. Ask for `level`."
        raise RequestError(text, code="no_probabilities", field="probabilities")
