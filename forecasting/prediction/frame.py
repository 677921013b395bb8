"""The forecast frame: a predictor's answer with ids, timestamps and named columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.panel import Panel
from forecasting.prediction.answer import Answer
from forecasting.prediction.predictor import Predictor
from forecasting.prediction.question import Question
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


def forecast_frame(predictor: Predictor, panel: Panel, question: Question) -> tuple[pd.DataFrame, Answer]:
    """Forecast the end of every series of `panel`.

    Returns the frame `unique_id, ds, status, <Model>` and the columns of the levels or probabilities asked for, and
    the answer it was made from; a series with a problem has rows of NaN, and the answer says why.

    Raises:
        PanelError: the panel is none that the model reads.
    """
    answer = predictor.predict_panel(panel, question)
    horizon = question.horizon
    times = panel.times_after(panel.origins, horizon)
    columns = {
        UNIQUE_ID: np.repeat(panel.ids, horizon),
        DS: panel.to_output(times.ravel()),
        STATUS: statuses(answer.status, predictor.task.horizon, horizon),
        **value_columns(predictor.spec.alias, answer, question),
        **(probability_columns(predictor.spec.alias, answer) if question.probabilities else {}),
    }
    return pd.DataFrame(columns), answer


def statuses(status: Sequence[str], trained_horizon: int, horizon: int) -> NDArray[Any]:
    """Return the status of each row: that of its series, or `rolled_out` beyond the trained horizon of a network."""
    rows = np.repeat(np.asarray(status, dtype=object)[:, None], horizon, axis=1)
    if horizon > trained_horizon:
        by_network = [not is_fallback(one) for one in status]
        rows[by_network, trained_horizon:] = STATUS_ROLLED_OUT
    return rows.ravel()


def value_columns(alias: str, answer: Answer, question: Question) -> dict[str, NDArray[Any]]:
    """Return the columns of values: the median or symbol, then intervals or quantiles in the order asked."""
    columns = {alias: answer.shown.ravel()}
    for level in question.level:
        for name, bound in zip(interval_columns(alias, level), interval_quantiles(level), strict=True):
            columns[name] = answer.at(bound).ravel()
    for q in question.quantile_levels:
        columns[quantile_column(alias, q)] = answer.at(float(q)).ravel()
    return columns


def probability_columns(alias: str, answer: Answer) -> dict[str, NDArray[np.float64]]:
    """Return the column of each symbol's probability."""
    columns = np.moveaxis(answer.probabilities, 2, 0)
    return {probability_column(alias, one): column.ravel() for one, column in zip(answer.symbols, columns, strict=True)}
