"""The parts of a batch run: input rows sorted by a hash of their series, and the forecast of one part."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecasting.data.iso import integers_in
from forecasting.data.panel import Panel
from forecasting.data.zones import UTC, to_wall_clock
from forecasting.errors import ForecastingError
from forecasting.schema import (
    DS,
    SINGLE_SERIES_ID,
    STATUS,
    STATUS_ENDED_EARLY,
    UNIQUE_ID,
    interval_columns,
    is_fallback,
)
from pipelines.quarantine import Reasons, followed_by_future, panel_of_good
from pipelines.sources import Source

#: Id under which rows without an id are set aside, as if they were one series.
NO_ID = ""


@dataclass(frozen=True)
class Asked:
    """What is asked of the model for every part.

    Attributes:
        model: artifact folder.
        horizon: steps ahead, as trained when None.
        level: intervals in percent.
        as_of: the history ends here, ISO 8601 or an integer.
    """

    model: str
    horizon: int | None = None
    level: tuple[float, ...] = ()
    as_of: str | None = None


@functools.cache
def predictor_of(folder: str) -> Any:
    """Load the model, once in a process."""
    from pipelines.quiet import import_tensorflow

    import_tensorflow()
    from forecasting import artifact

    return artifact.read(folder)[0]


def sort_into_parts(source: Source, parts: int, as_of: str | None, folder: Path) -> list[int]:
    """Write the rows of a source into one Arrow file for each part; return the numbers of those that have rows.

    A series is in one part, whatever order the rows come in; memory holds one table at a time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[int, Any] = {}
    with contextlib.ExitStack() as stack:
        for table in source.tables():
            table = cut(with_ids(table), as_of)
            for part, rows in divided(table, parts):
                if part not in writers:
                    file = stack.enter_context(pa.OSFile(str(work_file(folder, part)), "wb"))
                    options = pa.ipc.IpcWriteOptions(compression="lz4")
                    writers[part] = stack.enter_context(pa.ipc.new_stream(file, table.schema, options=options))
                writers[part].write_table(rows)
    return sorted(writers)


def work_file(folder: Path, part: int) -> Path:
    """Return where the input rows of a part lie."""
    return folder / f"part={part}.arrow"


def with_ids(table: pa.Table) -> pa.Table:
    """Return a table that has ids: without an id column all rows are one series."""
    if UNIQUE_ID in table.column_names:
        return table
    return table.add_column(0, UNIQUE_ID, pa.array([SINGLE_SERIES_ID] * table.num_rows, pa.string()))


def divided(table: pa.Table, parts: int) -> Iterator[tuple[int, pa.Table]]:
    """Yield the rows of each part that has any; their order stays."""
    if table.num_rows == 0:
        return
    encoded = table[UNIQUE_ID].combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pandas().astype(object).to_numpy()
    part_of_name = (pd.util.hash_array(names, categorize=False) % parts).astype(np.int64)
    codes = encoded.indices.fill_null(len(names)).to_numpy()
    part = np.append(part_of_name, 0)[codes]  # rows without an id go to part 0
    order = np.argsort(part, kind="stable")
    table = table.take(order)
    numbers, first, counts = np.unique(part[order], return_index=True, return_counts=True)
    for number, start, count in zip(numbers, first, counts, strict=True):
        yield int(number), table.slice(int(start), int(count))


def cut(table: pa.Table, as_of: str | None) -> pa.Table:
    """Return the rows up to and including `as_of`; rows without a time stay, to be set aside."""
    if as_of is None:
        return table
    kind = table.schema.field(DS).type
    limit = pa.scalar(read_as_of(as_of, kind), kind)
    return table.filter(pc.fill_null(pc.less_equal(table[DS], limit), True))


def read_as_of(as_of: str, kind: Any) -> Any:
    """Return `as_of` as the times of the data are: an integer, a naive time, or an instant.

    A time without an offset is read on the clock of the data's zone.

    Raises:
        ForecastingError: it is no such time.
    """
    from forecasting.data.timestamps import read_times

    if pa.types.is_integer(kind):
        if integers := integers_in([as_of]):
            return integers[0]
        raise as_of_error(as_of, "an integer, as the steps of the data are")
    found = read_times(pd.Series([as_of], dtype=object))
    if found.findings or found.unreadable[0] or found.missing[0] or found.values.dtype.kind != "M":
        raise as_of_error(as_of, "an ISO 8601 time such as 2026-01-31T13:00:00")
    time = pd.Timestamp(found.values[0])
    if kind.tz is None:
        if found.timezone is not None:
            raise as_of_error(as_of, "a time without offset, as those of the data are")
        return time
    return time.tz_localize(UTC) if found.timezone is not None else time.tz_localize(kind.tz)


def as_of_error(as_of: str, expected: str) -> ForecastingError:
    """Return the error of an `as_of` that does not fit."""
    return ForecastingError(f"--as-of must be {expected}. Got {as_of!r}.", code="as_of", field="as_of")


@dataclass(frozen=True)
class PartResult:
    """The forecast of a part, every series accounted for.

    Attributes:
        forecast: forecast frame.
        quarantine: `unique_id, code, detail`.
        counts: series and rows in and out.
    """

    forecast: pa.Table
    quarantine: pa.Table
    counts: dict[str, int]


def forecast_part(table: pa.Table, asked: Asked, ahead: pa.Table | None = None) -> PartResult:
    """Forecast every series of a part that can be; set the others aside with the reason.

    Args:
        table: rows of the part.
        asked: of the model.
        ahead: known covariates of the steps ahead of its series.

    Raises:
        ForecastingError: the request does not fit the model, or the data as a whole does not.
        RuntimeError: a series is neither forecast nor set aside.
    """
    frame = table.to_pandas()
    has_id = frame[UNIQUE_ID].notna()
    reasons: Reasons = {}
    if not has_id.all():
        reasons[NO_ID] = ("id_missing", f"{int((~has_id).sum())} rows have no id.")
    series_in = int(frame[UNIQUE_ID].nunique()) + len(reasons)
    forecast, more = forecast_good(frame[has_id], asked, None if ahead is None else ahead.to_pandas())
    reasons |= more
    made = forecast_table(forecast, table, asked)
    quarantine = quarantine_table(reasons)
    series_forecast = int(forecast[UNIQUE_ID].nunique()) if forecast is not None else 0
    if series_in != series_forecast + len(reasons):
        raise RuntimeError(f"{series_in} series came in, {series_forecast} were forecast, {len(reasons)} set aside.")
    counts = {
        "series_in": series_in,
        "series_forecast": series_forecast,
        "series_quarantined": len(reasons),
        "rows_in": table.num_rows,
        "rows_out": made.num_rows,
    }
    return PartResult(made, quarantine, counts)


def forecast_good(
    frame: pd.DataFrame, asked: Asked, future: pd.DataFrame | None
) -> tuple[pd.DataFrame | None, Reasons]:
    """Return the forecast of the series that can be forecast, None without any, and why the others cannot."""
    from forecasting.forecast_frame import forecast_frame

    predictor = predictor_of(asked.model)
    task = predictor.task
    panel, reasons = panel_of_good(frame, task) if len(frame) else (None, {})
    if panel is not None:
        panel, more = followed_by_future(panel, task, asked.horizon, future)
        reasons |= more
    if panel is None:
        return None, reasons
    forecast, answer = forecast_frame(predictor, panel, predictor.question(asked.horizon, level=asked.level))
    horizon = answer.median.shape[1]
    if asked.as_of is not None:
        by_network = [not is_fallback(status) for status in answer.status]  # why it fell back is the rarer news
        early = np.repeat(ended_early(panel, asked.as_of) & by_network, horizon)
        forecast[STATUS] = forecast[STATUS].mask(early, STATUS_ENDED_EARLY)
    has_forecast = np.ones(panel.n_series, bool)
    for series, problem in answer.problems.items():
        has_forecast[series] = False
        reasons[str(panel.ids[series])] = (problem.code, str(problem))
    return forecast[np.repeat(has_forecast, horizon)], reasons


def ended_early(panel: Panel, as_of: str) -> np.ndarray:
    """Return which series [S] have no row for the last step up to `as_of`."""
    kind = pa.int64() if panel.frequency.is_integer else pa.timestamp("us", panel.timezone)
    limit = read_as_of(as_of, kind)
    if not panel.frequency.is_integer:
        instant = limit.tz_convert(UTC).tz_localize(None) if limit.tz is not None else limit
        limit = np.array(instant, "M8[us]")
        if panel.timezone is not None and not panel.frequency.in_utc:
            limit = to_wall_clock(limit.reshape(1), panel.timezone)[0]
    following = panel.times_after(panel.origins, 1)[:, 0]
    return np.asarray(following <= limit)


def forecast_table(forecast: pd.DataFrame | None, table: pa.Table, asked: Asked) -> pa.Table:
    """Return a forecast as a table with one schema, whether it has rows or not."""
    predictor = predictor_of(asked.model)
    alias = predictor.spec.alias
    bounds = [name for one in asked.level for name in interval_columns(alias, one)]
    schema = pa.schema(
        [(UNIQUE_ID, pa.string()), (DS, table.schema.field(DS).type), (STATUS, pa.string())]
        + [(alias, pa.string() if predictor.task.symbols else pa.float64())]
        + [(name, pa.float64()) for name in bounds]
    )
    if forecast is None:
        return schema.empty_table()
    return pa.Table.from_pandas(forecast, schema=schema, preserve_index=False).replace_schema_metadata(None)


def quarantine_table(reasons: Reasons) -> pa.Table:
    """Return the reasons as a table, sorted by id."""
    rows = sorted((name, *reason) for name, reason in reasons.items())
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    names = (UNIQUE_ID, "code", "detail")
    return pa.table({name: pa.array(list(column), pa.string()) for name, column in zip(names, columns, strict=True)})
