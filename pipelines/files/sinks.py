"""Sinks: files that are whole or not there, whatever happens while they are written."""

from __future__ import annotations

import errno
import functools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasting.schema import UNIQUE_ID
from forecasting.store.folders import sync_file, sync_folder
from pipelines.terminal.exits import try_again

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from matplotlib.figure import Figure

#: Start of the names of files that are being written; what a killed process left behind is swept by name.
TEMPORARY = ".tmp-"

#: A spreadsheet takes a cell that starts with one of these for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_atomic(path: str | Path, write: Callable[[Path], object], bytes_needed: int | None = None) -> None:
    """Write a file next to its place, make it durable and move it there in one step.

    Args:
        path: the file; its folder is made.
        write: writes the file at the path that it is given.
        bytes_needed: about how large it gets, for the error of a full disk.

    Raises:
        JobError: there is no room (try again); the old file, if there was one, is untouched.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f"{TEMPORARY}{os.getpid()}-{path.name}"
    try:
        with needing_room(path, bytes_needed):
            write(part)
            sync_file(part)
        os.replace(part, path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def needing_room(path: Path, bytes_needed: int | None = None) -> Iterator[None]:
    """Turn the errors of a full disk into one that names the path and about how many bytes are needed.

    Raises:
        JobError: there is no room (try again).
    """
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        need = f" About {bytes_needed} bytes are needed." if bytes_needed else ""
        fix = "Fix: make room or raise the limit, and run again."
        raise try_again(f"There is no room to write {path}: {os.strerror(error.errno)}.{need} {fix}") from error


def sweep(folder: Path) -> None:
    """Delete what killed processes left unfinished in a folder and below; nobody else may be writing there."""
    for file in folder.rglob(f"{TEMPORARY}*"):
        file.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text."""
    write_atomic(path, lambda part: part.write_text(text, encoding="utf-8", newline=""), len(text))


def write_sorted_json(path: str | Path, value: Any) -> None:
    """Write legal JSON in a stable order."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n")


def write_picture(path: str | Path, figure: Figure) -> None:
    """Write a picture as PNG."""
    write_atomic(path, functools.partial(figure.savefig, format="png"))


def write_table(path: str | Path, table: pa.Table) -> None:
    """Write an Arrow table as Parquet."""
    import pyarrow.parquet as pq

    write_atomic(path, lambda part: pq.write_table(table, part, compression="zstd"), table.nbytes)


def write_frame(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a frame as Parquet or, when the name ends with .csv, as CSV that no spreadsheet runs."""
    if str(path).lower().endswith(".csv"):
        write_text(path, to_csv(frame))
    else:
        import pyarrow as pa

        write_table(path, pa.Table.from_pandas(frame, preserve_index=False))


def to_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV: ISO 8601 times, and ids that start like a formula made text by an apostrophe."""
    if UNIQUE_ID in frame and len(frame):
        ids = frame[UNIQUE_ID].astype(object)
        risky = ids.map(lambda name: isinstance(name, str) and name.startswith(FORMULA_STARTS)).astype(bool)
        frame = frame.assign(**{UNIQUE_ID: ids.mask(risky, "'" + ids.astype(str))})
    return str(with_iso_times(frame).to_csv(index=False, lineterminator="\n"))


def to_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame as JSON records, times as ISO 8601."""
    return [{str(name): value for name, value in row.items()} for row in with_iso_times(frame).to_dict("records")]


def with_iso_times(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose times are texts, ISO 8601."""
    times = frame.select_dtypes(["datetime", "datetimetz"])
    return frame.assign(**{str(name): times[name].map(iso, na_action="ignore") for name in times})


def iso(time: pd.Timestamp) -> str:
    """Return a time as ISO 8601."""
    return time.isoformat()
