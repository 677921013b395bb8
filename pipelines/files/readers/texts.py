"""Cells of texts: which of them are missing, and what kind a whole column of them is."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

#: Texts that mean a missing number, as in every CSV file that is read.
MISSING_TEXTS = pv.ConvertOptions().null_values

#: What a column may be, the first that all its cells are; otherwise it is text.
KINDS = (pa.int64(), pa.bool_(), pa.float64(), pa.date32(), pa.timestamp("us"), pa.timestamp("us", "UTC"))


def without_missing(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of texts with null where a number is missing."""
    return pc.if_else(pc.is_in(text, pa.array(MISSING_TEXTS)), pa.scalar(None, pa.string()), text)


def infer_type(text: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    """Return a column of texts as what all its cells that are not empty are: numbers, truth values, times or texts.

    A column without any such cell has the type null. The first rows do not decide: 1.5 may follow whole numbers.

    Args:
        text: column.
        decimal: decimal mark.
    """
    cells = pc.utf8_trim_whitespace(without_missing(text))
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
