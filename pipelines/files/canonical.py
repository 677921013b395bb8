"""Canonical columns: ids as text, times as microseconds or integers, the target as float64 or as symbols."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forecasting.data.grammar.iso import HOW_TO_WRITE_INTEGERS, INTEGER, LARGEST_INTEGER, why_no_time
from forecasting.data.grammar.words import BLANKS
from forecasting.schema import DS, UNIQUE_ID, Y
from pipelines.files.readers import SourceError
from pipelines.files.readers.dialect import CsvDialect
from pipelines.files.readers.texts import without_missing
from pipelines.files.request import Columns
from pipelines.terminal.console import say

HOW_TO_WRITE_TIMES = "write ISO 8601 times such as 2026-01-31T13:00:00 or 2026-01-31T13:00:00Z, or integer steps."

#: Makes a canonical column of a file's column, the label of the file and the name of the column there.
Maker = Callable[[pa.ChunkedArray, str, str], pa.ChunkedArray]


def canonical(table: pa.Table, label: str, names: Mapping[str, str], columns: Columns, dialect: CsvDialect) -> pa.Table:
    """Return a table with `unique_id` (if there is one), `ds` and `y` first, and its other columns as they are.

    Args:
        table: some rows of a file.
        label: what errors call the file.
        names: the file's own names of the three.
        columns: what is read: numbers of covariates become float64.
        dialect: how numbers in texts are written.

    Raises:
        SourceError: a column cannot be what it must be.
    """
    makers: dict[str, Maker] = {
        UNIQUE_ID: ids,
        DS: times,
        Y: functools.partial(target, columns=columns, dialect=dialect),
    }
    made = {}
    for canonical_name, name in names.items():
        column = without_dictionary(table.column(name))
        try:
            made[canonical_name] = makers[canonical_name](column, label, name)
        except SourceError:
            if not columns.keeps_unreadable:
                raise
            made[canonical_name] = column
    taken = {*names.values(), *made}
    others = {name: table.column(name) for name in table.column_names if name not in taken}
    others |= {name: covariate(others[name]) for name in columns.covariates if name in others}
    return pa.table({**made, **others})


def covariate(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of numbers as float64 and of texts as text; what else it holds, the panel has to judge."""
    column = without_dictionary(column)
    return column.cast(covariate_type(column.type), safe=False)


def covariate_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that a covariate has once it is read."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.float64()
    return pa.string() if is_string(kind) else kind


def without_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
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
        return none_for_empty(column.cast(pa.string()))
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
    from forecasting.data.checks.timestamps import read_times

    column = none_for_empty(column.cast(pa.string()))
    cells = pc.ascii_trim(column, characters=BLANKS)
    if pc.all(pc.match_substring_regex(cells, f"^{INTEGER}$"), min_count=1).as_py():
        return steps(cells.cast(pa.decimal128(38)), label, name)
    read = read_times(column.to_pandas())
    for finding in read.findings:
        if finding.severity == "error":
            raise SourceError(f"{label}: {finding.message} Fix: {finding.fix}", code=finding.code, field=name)
        say(f"{label}: {finding.message}")
    wrong = np.flatnonzero(read.unreadable)
    if len(wrong):
        text = column[int(wrong[0])].as_py()
        raise SourceError(
            f"{label}: column {name!r} holds {text[:60]!r} in data row {wrong[0] + 1}"
            f"{f' and {len(wrong) - 1} more' if len(wrong) > 1 else ''}, which {why_no_time(text)}. "
            f"Fix: {HOW_TO_WRITE_TIMES}",
            code="ds_dtype",
            field=name,
        )
    zone = read.timezone.removeprefix("UTC") or "UTC" if read.timezone else None
    values = pa.array(read.values.astype("M8[us]"), pa.timestamp("us", zone), mask=read.missing)
    return pa.chunked_array([values])


def target(column: pa.ChunkedArray, label: str, name: str, columns: Columns, dialect: CsvDialect) -> pa.ChunkedArray:
    """Return the target: symbols as they are, or numbers as float64; null where missing.

    Raises:
        SourceError: the column holds something else.
    """
    if columns.target == "symbols":
        return symbols(column)
    if is_string(column.type) and (dialect.thousands or columns.keeps_unreadable):
        column = without_missing(column.cast(pa.string()))
        wrong = pc.fill_null(pc.invert(pc.match_substring_regex(column, number_pattern(dialect))), False)
        if not pc.any(wrong).as_py():
            return as_numbers(column, dialect)
        if columns.keeps_unreadable:
            return column
        raise no_number(column, pc.index(wrong, True).as_py(), label, name, dialect)
    return numbers(column, label, name)


def number_pattern(dialect: CsvDialect) -> str:
    """Return the pattern of a number that is written as the dialect says."""
    group, mark = re.escape(dialect.thousands), re.escape(dialect.decimal)
    digits = rf"([0-9]+|[0-9]{{1,3}}({group}[0-9]{{3}})+)" if group else "[0-9]+"
    return rf"^\s*[-+]?({digits}({mark}[0-9]*)?|{mark}[0-9]+)([eE][-+]?[0-9]+)?\s*$"


def as_numbers(text: pa.ChunkedArray, dialect: CsvDialect) -> pa.ChunkedArray:
    """Return texts that are written as the dialect says as float64."""
    plain = pc.replace_substring(text, dialect.thousands, "") if dialect.thousands else text
    return pc.utf8_trim_whitespace(pc.replace_substring(plain, dialect.decimal, ".")).cast(pa.float64())


def no_number(text: pa.ChunkedArray, row: int, label: str, name: str, dialect: CsvDialect) -> SourceError:
    """Return the error of a text that is no number in the dialect."""
    return SourceError(
        f"{label}: column {name!r} holds {text[row].as_py()[:60]!r} in data row {row + 1}, which is no number with "
        f"--thousands {dialect.thousands!r} --decimal {dialect.decimal!r}. Fix: declare its marks.",
        code="y_dtype",
        field=name,
    )


def numbers(column: pa.ChunkedArray, label: str, name: str) -> pa.ChunkedArray:
    """Return numbers or truth values as float64, null where missing.

    Raises:
        SourceError: the column holds something else.
    """
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


def symbols(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return symbols as they are: which of them are any is the panel's to say. An empty text is missing."""
    return none_for_empty(column.cast(pa.string())) if is_string(column.type) else column


def none_for_empty(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts with null for those that are empty."""
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
