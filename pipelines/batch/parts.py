"""The parts of a batch run: input rows sorted by a hash of their series, so that memory holds one part at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecasting.data.time.zones import UTC
from forecasting.errors import ForecastingError
from forecasting.schema import DS, SINGLE_SERIES_ID, UNIQUE_ID
from pipelines.files.sources import DataSource


def sort_into_parts(source: DataSource, parts: int, as_of: str | None, folder: Path) -> list[int]:
    """Write the rows of a source into one Arrow file for each part; return the numbers of those that have rows.

    A series is in one part, whatever order the rows come in; memory holds one table at a time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[int, Any] = {}
    with contextlib.ExitStack() as stack:
        for table in source.tables():
            table = rows_as_of(with_ids(table), as_of)
            for part, rows in divide(table, parts):
                if part not in writers:
                    file = stack.enter_context(pa.OSFile(str(work_file(folder, part)), "wb"))
                    options = pa.ipc.IpcWriteOptions(compression="lz4")
                    writers[part] = stack.enter_context(pa.ipc.new_stream(file, table.schema, options=options))
                writers[part].write_table(rows)
    return sorted(writers)


def work_file(folder: Path, part: int) -> Path:
    """Return where the input rows of a part lie."""
    return folder / f"part={part}.arrow"


def read_work(path: Path) -> pa.Table:
    """Return the rows of a work file."""
    with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as rows:
        return rows.read_all()


def with_ids(table: pa.Table) -> pa.Table:
    """Return a table that has ids: without an id column all rows are one series."""
    if UNIQUE_ID in table.column_names:
        return table
    return table.add_column(0, UNIQUE_ID, pa.array([SINGLE_SERIES_ID] * table.num_rows, pa.string()))


def divide(table: pa.Table, parts: int) -> Iterator[tuple[int, pa.Table]]:
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


def rows_as_of(table: pa.Table, as_of: str | None) -> pa.Table:
    """Return the rows up to and including `as_of`; rows without a time stay, to be set aside."""
    if as_of is None:
        return table
    kind = table.schema.field(DS).type
    limit = pa.scalar(read_as_of(as_of, kind), kind)
    return table.filter(pc.fill_null(pc.less_equal(table[DS], limit), True))


def read_as_of(as_of: str, kind: pa.DataType) -> int | pd.Timestamp:
    """Return `as_of` as the times of the data are: an integer, a naive time, or an instant.

    A time without an offset is read on the clock of the data's zone.

    Raises:
        ForecastingError: it is no such time.
    """
    from forecasting.data.checks.timestamps import read_times

    if pa.types.is_integer(kind):
        if as_of.lstrip("-").isdecimal():
            return int(as_of)
        raise as_of_error(as_of, "an integer, as the steps of the data are")
    read = read_times(pd.Series([as_of], dtype=object))
    if read.findings or read.unreadable[0] or read.missing[0] or read.values.dtype.kind != "M":
        raise as_of_error(as_of, "an ISO 8601 time such as 2026-01-31T13:00:00")
    time = pd.Timestamp(read.values[0])
    if kind.tz is None:
        if read.timezone is not None:
            raise as_of_error(as_of, "a time without offset, as those of the data are")
        return time
    return time.tz_localize(UTC) if read.timezone is not None else time.tz_localize(kind.tz)


def as_of_error(as_of: str, expected: str) -> ForecastingError:
    """Return the error of an `as_of` that does not fit."""
    return ForecastingError(f"--as-of must be {expected}. Got {as_of!r}.", code="as_of", field="as_of")
