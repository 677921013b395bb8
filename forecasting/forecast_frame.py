"""The forecast frame: a predictor's answer with ids, timestamps and named columns."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

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
        RequestError: both were given, one is no list, or a value is no number, out of range or given twice.
    """
    intervals, quantiles = listed(level, "level"), listed(quantile_levels, "quantile_levels")
    if intervals and quantiles:
        raise RequestError("Give `level` or `quantile_levels`, not both.", code="level_and_quantiles", field="level")
    require_unique_between(intervals, "level", 100)
    require_unique_between(quantiles, "quantile_levels", 1)
    bounds = [bound for one in intervals for bound in interval_quantiles(one)]
    return tuple(sorted({float(q) for q in (*bounds, *quantiles)}))


def listed(values: Sequence[float] | None, field: str) -> tuple[float, ...]:
    """Return the numbers of a list, a tuple or an array, in order; none where None is given.

    Raises:
        RequestError: it is something else, such as a lone number.
    """
    found: tuple[Any, ...] = ()
    if values is not None:
        found = tuple(values) if np.iterable(values) else (None,)
    if not all(isinstance(one, numbers.Real) and not isinstance(one, bool) for one in found):
        example = "[80]" if field == "level" else "[0.1, 0.9]"
        text = f"`{field}` must be a list of numbers, such as {example}. Got {values!r}."
        raise RequestError(text, code="level_type", field=field)
    return tuple(one.item() if isinstance(one, np.generic) else one for one in found)


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
    for one in listed(level, "level"):
        for name, bound in zip(interval_columns(alias, one), interval_quantiles(one), strict=True):
            columns[name] = answer.at(bound).ravel()
    for q in listed(quantile_levels, "quantile_levels"):
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
