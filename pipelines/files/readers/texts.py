"""Cells of texts: which of them are missing, and what kind a whole column of them is."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from forecasting.data.grammar.words import BLANKS, MISSING_WORDS, NUMBER

#: What a column may be, the first that all its cells are; otherwise it is text.
KINDS = (pa.int64(), pa.bool_(), pa.float64(), pa.date32(), pa.timestamp("us"), pa.timestamp("us", "UTC"))


def without_missing(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of texts with null where a number is missing."""
    words = pc.ascii_lower(pc.ascii_trim(text, characters=BLANKS))
    return pc.if_else(pc.is_in(words, pa.array(sorted(MISSING_WORDS))), pa.scalar(None, pa.string()), text)


def to_numbers(text: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    """Return a column of texts as float64, null where a number is missing.

    Args:
        text: column.
        decimal: decimal mark.

    Raises:
        ValueError: a cell is neither a number nor a word for a missing one; `first_wrong` says which.
    """
    cells = pc.ascii_trim(without_missing(text), characters=BLANKS)
    if decimal != ".":
        if pc.any(pc.match_substring(cells, ".")).as_py():
            raise ValueError("a cell is no number: it has a point")
        cells = pc.replace_substring(cells, decimal, ".")
    try:
        numbers = cells.cast(pa.float64())
    except pa.ArrowInvalid as error:
        raise ValueError("a cell is no number") from error
    if pc.any(pc.is_nan(numbers)).as_py():
        raise ValueError("a cell is no number: Arrow knows one more word for a missing one")
    return numbers


def first_wrong(text: pa.ChunkedArray, decimal: str) -> int:
    """Return the first row of a column of texts that is no number; see `to_numbers`."""
    cells = pc.ascii_trim(without_missing(text), characters=BLANKS)
    if decimal != ".":
        cells = pc.replace_substring(pc.replace_substring(cells, ".", "?"), decimal, ".")
    is_number = pc.fill_null(pc.match_substring_regex(cells, f"^(?:{NUMBER})$"), True)
    return int(pc.index(is_number, False).as_py())


def infer_type(text: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    """Return a column of texts as what all its cells that are not empty are: numbers, truth values, times or texts.

    A column without any such cell has the type null. The first rows do not decide: 1.5 may follow whole numbers.

    Args:
        text: column.
        decimal: decimal mark.
    """
    cells = pc.ascii_trim(without_missing(text), characters=BLANKS)
    if cells.null_count == len(cells):
        return pa.chunked_array([pa.nulls(len(cells))])
    if decimal != ".":
        if pc.any(pc.match_substring(cells, ".")).as_py():
            return text
        cells = pc.replace_substring(cells, decimal, ".")
    for kind in KINDS:
        try:
            return cells.cast(kind)
        except pa.ArrowInvalid:
            continue
    return text
