"""The forecast of one part of a batch run: every series of it is forecast, or set aside with the reason."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from forecasting.data.panel import Panel
from forecasting.data.time.zones import UTC, to_wall_clock
from forecasting.schema import DS, STATUS, STATUS_ENDED_EARLY, UNIQUE_ID, interval_columns, is_fallback
from forecasting.store.artifact import Artifact
from pipelines.batch.parts import read_as_of
from pipelines.batch.quarantine import Reason, Reasons, sift, sift_by_future
from pipelines.batch.run_folder import PartCounts
from pipelines.options.requests import BatchRequest

if TYPE_CHECKING:
    from forecasting.prediction.predictor import Predictor

#: Id under which rows without an id are set aside, as if they were one series.
NO_ID = ""


@functools.cache
def predictor_of(model: Path) -> Predictor:
    """Load a model folder, once in a process."""
    return Artifact.read(model).predictor


@dataclass(frozen=True, eq=False)
class PartResult:
    """The forecast of a part, every series accounted for.

    Attributes:
        forecast: forecast frame.
        quarantine: `unique_id, code, detail`.
        counts: series and rows in and out.
    """

    forecast: pa.Table
    quarantine: pa.Table
    counts: PartCounts


def forecast_part(table: pa.Table, model: Path, request: BatchRequest, ahead: pa.Table | None = None) -> PartResult:
    """Forecast every series of a part that can be; set the others aside with the reason.

    Args:
        table: rows of the part.
        model: the model's folder.
        request: what is asked of it.
        ahead: known covariates of the steps ahead of its series.

    Raises:
        ForecastingError: the request does not fit the model, or the data as a whole does not.
        RuntimeError: a series is neither forecast nor set aside.
    """
    frame, predictor = table.to_pandas(), predictor_of(model)
    has_id = frame[UNIQUE_ID].notna()
    count = int((~has_id).sum())
    nameless = {NO_ID: Reason("id_missing", f"{count} rows have no id.")} if count else {}
    good = forecast_good(frame[has_id], predictor, request, None if ahead is None else ahead.to_pandas())
    reasons = {**nameless, **good.reasons}
    forecast = forecast_table(good.forecast, table.schema.field(DS).type, predictor, request.level)
    series_in = int(frame[UNIQUE_ID].nunique()) + len(nameless)
    series_forecast = 0 if good.forecast is None else int(good.forecast[UNIQUE_ID].nunique())
    if series_in != series_forecast + len(reasons):
        raise RuntimeError(f"{series_in} series came in, {series_forecast} were forecast, {len(reasons)} set aside.")
    counts = PartCounts(series_in, series_forecast, len(reasons), table.num_rows, forecast.num_rows)
    return PartResult(forecast, quarantine_table(reasons), counts)


@dataclass(frozen=True, eq=False)
class GoodForecast:
    """The forecast of the series that can be forecast.

    Attributes:
        forecast: forecast frame; None without any.
        reasons: why the others cannot.
    """

    forecast: pd.DataFrame | None
    reasons: Reasons


def forecast_good(
    frame: pd.DataFrame, predictor: Predictor, request: BatchRequest, future: pd.DataFrame | None
) -> GoodForecast:
    """Forecast the series that can be forecast."""
    from forecasting.prediction.frame import forecast_frame

    question = predictor.question(request.horizon, level=request.level)
    regular = sift(frame, predictor.task)
    if regular.panel is None:
        return GoodForecast(None, regular.reasons)
    known = sift_by_future(regular.panel, predictor.task, question.horizon, future)
    reasons, panel = {**regular.reasons, **known.reasons}, known.panel
    if panel is None:
        return GoodForecast(None, reasons)
    forecast, answer = forecast_frame(predictor, panel, question)
    if request.as_of is not None:
        by_network = [not is_fallback(status) for status in answer.status]  # why it fell back is the rarer news
        early = np.repeat(ended_early(panel, request.as_of) & by_network, question.horizon)
        forecast[STATUS] = forecast[STATUS].mask(early, STATUS_ENDED_EARLY)
    refused = {str(panel.ids[series]): Reason.of(problem) for series, problem in answer.problems.items()}
    return GoodForecast(forecast[~forecast[UNIQUE_ID].isin(list(refused))], {**reasons, **refused})


def ended_early(panel: Panel, as_of: str) -> np.ndarray:
    """Return which series [S] have no row for the last step up to `as_of`."""
    kind = pa.int64() if panel.frequency.is_integer else pa.timestamp("us", panel.timezone)
    limit = read_as_of(as_of, kind)
    following = panel.times_after(panel.origins, 1)[:, 0]
    if isinstance(limit, int):
        return np.asarray(following <= limit)
    instant = limit.tz_convert(UTC).tz_localize(None) if limit.tz is not None else limit
    time = np.array(instant, "M8[us]")
    if panel.timezone is not None and not panel.frequency.in_utc:
        time = to_wall_clock(time.reshape(1), panel.timezone)[0]
    return np.asarray(following <= time)


def forecast_table(
    forecast: pd.DataFrame | None, time: pa.DataType, predictor: Predictor, level: tuple[float, ...]
) -> pa.Table:
    """Return a forecast as a table with one schema, whether it has rows or not; `time` is the type of its times."""
    alias = predictor.spec.alias
    bounds = [name for one in level for name in interval_columns(alias, one)]
    schema = pa.schema(
        [(UNIQUE_ID, pa.string()), (DS, time), (STATUS, pa.string())]
        + [(alias, pa.string() if predictor.task.symbols else pa.float64())]
        + [(name, pa.float64()) for name in bounds]
    )
    if forecast is None:
        return schema.empty_table()
    return pa.Table.from_pandas(forecast, schema=schema, preserve_index=False).replace_schema_metadata(None)


def quarantine_table(reasons: Reasons) -> pa.Table:
    """Return the reasons as a table, sorted by id."""
    names = sorted(reasons)
    columns = {
        UNIQUE_ID: names,
        "code": [reasons[name].code for name in names],
        "detail": [reasons[name].detail for name in names],
    }
    return pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})
