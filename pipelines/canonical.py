"""Canonical columns: ids as text, times as microseconds or integers, the target as float64 or as symbols."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forecasting.data.iso import HOW_TO_WRITE_INTEGERS, INTEGER, LARGEST_INTEGER, why_no_time
from forecasting.data.words import BLANKS
from forecasting.schema import DS, UNIQUE_ID, Y
from pipelines.console import say
from pipelines.readers import SourceError
from pipelines.readers.texts import without_missing

if TYPE_CHECKING:
    from pipelines.requests import DataRequest

HOW_TO_WRITE_TIMES = "write ISO 8601 times such as 2026-01-31T13:00:00 or 2026-01-31T13:00:00Z, or integer steps."


def canonical(table: pa.Table, columns: dict[str, str], label: str, request: DataRequest) -> pa.Table:
    """Return a table with `unique_id` (if there is one), `ds` and `y` first, and its other columns as they are.

    Args:
        table: some rows of a file.
        columns: the file's own names of the three.
        label: what errors call the file.
        request: how the data is written, and which columns are read: covariates' numbers become float64.

    Raises:
        SourceError: a column cannot be what it must be.
    """
    makers = {UNIQUE_ID: ids, DS: times, Y: symbols_of if request.symbols else numbers}
    made = {}
    for wanted, name in columns.items():
        column = decoded(table.column(name))
        if wanted == Y and is_string(column.type) and not request.symbols:
            column = ungrouped(column, label, name, request)
        try:
            made[wanted] = makers[wanted](column, label, name)
        except SourceError:
            if not request.is_lenient:
                raise
            made[wanted] = column
    taken = {*columns.values(), *made}
    others = {name: table.column(name) for name in table.column_names if name not in taken}
    others |= {name: covariate(others[name]) for name in request.beside if name in others}
    return pa.table({**made, **others})


def covariate(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of numbers as float64 and of texts as text; what else it holds, the panel has to judge."""
    column = decoded(column)
    return column.cast(covariate_kind(column.type), safe=False)


def covariate_kind(kind: pa.DataType) -> pa.DataType:
    """Return the type that a covariate has once it is read."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.float64()
    return pa.string() if is_string(kind) else kind


def decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a dictionary-encoded column as the values it stands for."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def is_string(kind: pa.DataType) -> bool:
    """Whether a type is text, dictionary-encoded or not."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def ids(column: pa.ChunkedArray, label: str, name: str) -> pa.ChunkedArray:
    """Return ids as text, null where missing; an empty text is a missing id."""
    kind = column.type
    if pa.types.is_null(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or is_string(kind):
        text = column.cast(pa.string())
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    raise SourceError(
        f"{label}: column {name!r} holds {kind}; an id must be text or a whole number. Fix: convert it.",
        code="id_dtype",
        field=name,
    )


def times(column: pa.ChunkedArray, label: str, name: str) -> pa.ChunkedArray:
    """Return times as int64 steps, or as timestamps in microseconds with the zone they came with."""
    kind = column.type
    try:
        if pa.types.is_timestamp(kind):
            return column.cast(pa.timestamp("us", kind.tz))
        if pa.types.is_date(kind):
            return column.cast(pa.timestamp("us"))
        if pa.types.is_integer(kind):
            return steps(column, label, name)
    except pa.ArrowInvalid as error:
        text = f"{label}: column {name!r} holds {kind} that whole microseconds cannot hold: {error}."
        raise SourceError(f"{text} Fix: {HOW_TO_WRITE_TIMES}", code="ds_dtype", field=name) from error
    if is_string(kind) or pa.types.is_null(kind):
        return parsed(column, label, name)
    raise SourceError(
        f"{label}: column {name!r} holds {kind}; it must hold times. Fix: {HOW_TO_WRITE_TIMES}",
        code="ds_dtype",
        field=name,
    )


def steps(column: pa.ChunkedArray, label: str, name: str) -> pa.ChunkedArray:
    """Return integer steps of any type as int64.

    Raises:
        SourceError: one is so large that it is not exact at every door.
    """
    ends = pc.min_max(column).as_py()
    if ends["min"] is not None and max(-ends["min"], ends["max"]) > LARGEST_INTEGER:
        text = f"{label}: column {name!r} holds integers beyond {LARGEST_INTEGER}. Fix: {HOW_TO_WRITE_INTEGERS}."
        raise SourceError(text, code="ds_dtype", field=name)
    return column.cast(pa.int64())


def parsed(column: pa.ChunkedArray, label: str, name: str) -> pa.ChunkedArray:
    """Read a column of text as integers where all of it is, strictly as ISO 8601 otherwise."""
    from forecasting.data.timestamps import read_times

    column = column.cast(pa.string())
    column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    cells = pc.ascii_trim(column, characters=BLANKS)
    if pc.all(pc.match_substring_regex(cells, f"^{INTEGER}$"), min_count=1).as_py():
        return steps(cells.cast(pa.decimal128(38)), label, name)
    found = read_times(column.to_pandas())
    for finding in found.findings:
        if finding.severity == "error":
            raise SourceError(f"{label}: {finding.message} Fix: {finding.fix}", code=finding.code, field=name)
        say(f"{label}: {finding.message}")
    wrong = np.flatnonzero(found.unreadable)
    if len(wrong):
        text = column[int(wrong[0])].as_py()
        raise SourceError(
            f"{label}: column {name!r} holds {text[:60]!r} in data row {wrong[0] + 1}"
            f"{f' and {len(wrong) - 1} more' if len(wrong) > 1 else ''}, which {why_no_time(text)}. "
            f"Fix: {HOW_TO_WRITE_TIMES}",
            code="ds_dtype",
            field=name,
        )
    zone = found.timezone.removeprefix("UTC") or "UTC" if found.timezone else None
    values = pa.array(found.values.astype("M8[us]"), pa.timestamp("us", zone), mask=found.missing)
    return pa.chunked_array([values])


def ungrouped(column: pa.ChunkedArray, label: str, name: str, request: DataRequest) -> pa.ChunkedArray:
    """Return a target of texts as numbers where all are as the dialect says; as it is where that was not declared.

    Raises:
        SourceError: a grouping mark was declared, and a text is no number with it.
    """
    if not (request.thousands or request.is_lenient):
        return column
    text = column.cast(pa.string())
    text = without_missing(text)
    group, mark = re.escape(request.thousands), re.escape(request.decimal)
    digits = rf"([0-9]+|[0-9]{{1,3}}({group}[0-9]{{3}})+)" if group else "[0-9]+"
    number = rf"^\s*[-+]?({digits}({mark}[0-9]*)?|{mark}[0-9]+)([eE][-+]?[0-9]+)?\s*$"
    wrong = pc.fill_null(pc.invert(pc.match_substring_regex(text, number)), False)
    if pc.any(wrong).as_py():
        if request.is_lenient:
            return text
        row = pc.index(wrong, True).as_py()
        raise SourceError(
            f"{label}: column {name!r} holds {text[row].as_py()[:60]!r} in data row {row + 1}, which is no number with "
            f"--thousands {request.thousands!r} --decimal {request.decimal!r}. Fix: declare its marks.",
            code="y_dtype",
            field=name,
        )
    plain = pc.replace_substring(text, request.thousands, "") if request.thousands else text
    return pc.utf8_trim_whitespace(pc.replace_substring(plain, request.decimal, ".")).cast(pa.float64())


def numbers(column: pa.ChunkedArray, label: str, name: str) -> pa.ChunkedArray:
    """Return the target as float64, null where missing."""
    kind = column.type
    of_numbers = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif not any(fits(kind) for fits in of_numbers):
        raise SourceError(
            f"{label}: column {name!r} holds {kind}; the target must hold numbers. Fix: convert it, choose another "
            "column with --target, or forecast symbols with --model gru:head=categorical.",
            code="y_dtype",
            field=name,
        )
    return column.cast(pa.float64(), safe=False)


def symbols_of(column: pa.ChunkedArray, label: str, name: str) -> pa.ChunkedArray:
    """Return symbols as they are: which of them are any is the panel's to say. An empty text is missing."""
    if not is_string(column.type):
        return column
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
