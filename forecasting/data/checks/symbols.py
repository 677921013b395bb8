"""The target of a frame read as symbols: words, categories, truth values or few whole numbers, as codes."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.checks.columns import find_columns
from forecasting.data.checks.findings import Finding, column_error
from forecasting.data.checks.rows import Rows
from forecasting.schema import Y

#: A larger alphabet is more likely a mistake (numbers as text, free text) than a set of states.
MOST_SYMBOLS = 256

#: The code of a symbol that is not in the alphabet, until the row it stands in is known.
UNKNOWN = -1.0

#: How many symbols an error names.
_SHOWN = 8


def alphabet_of(frame: Any) -> tuple[str, ...]:
    """Return the distinct symbols of a frame's target: numbers ascending, all else in the order of its text.

    Args:
        frame: a long frame, as for `Panel.from_frame`.

    Raises:
        PanelError: `y_dtype` when the target holds no symbols, `symbol_count` when fewer than two or too many differ,
            and what is wrong with the columns.
    """
    names, findings = find_columns(frame)
    if findings:
        raise findings[0].to_error()
    column = frame[names[Y]]
    found = distinct(column)
    if isinstance(found, Finding):
        raise found.to_error()
    symbols = sorted({text for text in found.texts if text}, key=float if found.are_numbers else None)
    if not 2 <= len(symbols) <= MOST_SYMBOLS:
        text = f"Column {column.name!r} holds {len(symbols)} different symbols; 2 to {MOST_SYMBOLS} can be forecast."
        fix = "group rare symbols; for numbers leave out head='categorical'."
        raise column_error("symbol_count", Y, text, fix).to_error()
    return tuple(symbols)


def read_symbols(column: pd.Series, symbols: tuple[str, ...]) -> tuple[NDArray[np.float64], list[Finding]]:
    """Return the target [N] as codes of `symbols`, NaN where missing and `UNKNOWN` where it is no symbol of theirs.

    A missing value or an empty text is missing. A finding says that the column holds no symbols at all.
    """
    found = distinct(column)
    if isinstance(found, Finding):
        return np.zeros(0), [found]
    code = {symbol: float(number) for number, symbol in enumerate(symbols)} | {"": np.nan}
    codes = [code.get(text, UNKNOWN) for text in found.texts]
    return np.array([*codes, np.nan])[found.rows], []  # the last entry is that of -1, missing


@dataclass(frozen=True, eq=False)
class Distinct:
    """The different values of a column.

    Attributes:
        texts: each as a symbol, in order of appearance.
        rows: [N] which of them each row holds, -1 where missing.
        are_numbers: whether they all came as numbers.
    """

    texts: list[str]
    rows: NDArray[np.intp]
    are_numbers: bool


def distinct(column: pd.Series) -> Distinct | Finding:
    """Return the different values of a column, or a finding that one is neither text, truth value nor whole number."""
    fix = "give texts, whole numbers or truth values, nothing else."
    try:
        rows, values = pd.factorize(column)
    except TypeError:  # lists and other things that cannot be compared
        return column_error("y_dtype", Y, f"Column {column.name!r} must hold symbols. Got {column.dtype}.", fix)
    texts = []
    for number, value in enumerate(values):
        text = symbol_text(value)
        if text is None:
            row = int(np.flatnonzero(rows == number)[0])
            what = f"Column {column.name!r} must hold symbols. Got {str(value)[:40]!r} in row {row}."
            return column_error("y_dtype", Y, what, fix)
        texts.append(text)
    are_numbers = all(isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) for value in values)
    return Distinct(texts, rows, are_numbers)


def symbol_text(value: Any) -> str | None:
    """Return a value as a symbol: a text is itself, 3 and 3.0 are '3', True is 'True'; None when it is none.

    >>> symbol_text("on"), symbol_text(3.0), symbol_text(True), symbol_text(2.5)
    ('on', '3', 'True', None)
    """
    if isinstance(value, (str, bool, np.bool_)):
        return str(value)
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return None


def shown(symbols: tuple[str, ...]) -> str:
    """Return the first few symbols in words.

    >>> shown(("a", "b"))
    "'a', 'b'"
    """
    listed = ", ".join(map(repr, symbols[:_SHOWN]))
    return f"{listed} and {len(symbols) - _SHOWN} more" if len(symbols) > _SHOWN else listed


def unknown_symbols(rows: Rows, column: pd.Series, symbols: tuple[str, ...]) -> list[Finding]:
    """Return the finding about symbols that the alphabet has not, naming the first one."""
    at = np.flatnonzero(rows.y == UNKNOWN) if symbols else np.zeros(0, np.int64)
    if len(at) == 0:
        return []
    got = str(column.iloc[rows.row(at[0])])[:40]
    text = f"{len(at)} rows hold unknown symbols, first {rows.where(at[0])}: {got!r}. Known: {shown(symbols)}."
    fix = "correct the symbol, leave it missing, or train on data that has it."
    return [Finding("symbol_unknown", "error", len(at), rows.series(at[0]), rows.row(at[0]), text, fix, Y)]
