"""Covariates: columns beside `y` that change from row to row, known ahead or known of the past alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.config.task import Kinds
from forecasting.data.checks.rows import Rows
from forecasting.data.kinds import Values, Wording, encode_columns, kinds_of, numbers_or_texts
from forecasting.errors import PanelError

WORDING = Wording("covariate", "covariate", "rows")

#: Categories of one covariate at most: more are ids or free text, which no embedding can learn.
MOST_CATEGORIES = 10_000


@dataclass(frozen=True, eq=False)
class Covariates:
    """The covariates of a panel of N rows and S series, float64 (NaN missing) or texts (None missing).

    Attributes:
        known: [N + S * ahead] by name, known ahead: each series' rows are followed by those of its future.
        past: [N] by name, known of the past alone.
        ahead: rows of `known` after the end of each series.
    """

    known: Values = field(default_factory=dict)
    past: Values = field(default_factory=dict)
    ahead: int = 0

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.known or self.past)

    def cut(self, first: NDArray[np.int64], lengths: NDArray[np.int64], rows: Cut) -> Covariates:
        """Return the covariates of some rows of some series, with those known `rows.ahead` rows after them.

        Args:
            first: [S] first row of each series of the panel that is cut.
            lengths: [S] its rows.
            rows: what is kept.
        """
        if not self:
            return self
        past = rows.of(first)
        known = rows.of(first + self.ahead * np.arange(len(first)), lengths + self.ahead)
        return Covariates(
            {name: taken(values, known) for name, values in self.known.items()},
            {name: taken(values, past) for name, values in self.past.items()},
            rows.ahead if self.known else 0,
        )


@dataclass(frozen=True, eq=False)
class Cut:
    """Rows that are kept of a panel.

    Attributes:
        series: [S'] numbers of the series that stay.
        begin: [S'] the local row of each from which on rows are kept.
        lengths: [S'] how many.
        ahead: rows of known covariates kept after them.
    """

    series: NDArray[np.int64]
    begin: NDArray[np.int64]
    lengths: NDArray[np.int64]
    ahead: int = 0

    def of(self, first: NDArray[np.int64], available: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Return the flat rows that are kept, -1 for those that do not exist.

        Args:
            first: [S] flat first row of each series.
            available: [S] rows of each series, where those ahead are wanted too.
        """
        counts = self.lengths if available is None else self.lengths + self.ahead
        local = np.repeat(self.begin, counts) + count_up(counts)
        flat = np.repeat(first[self.series], counts) + local
        return flat if available is None else np.where(local < np.repeat(available[self.series], counts), flat, -1)


def count_up(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0, 1, ... counts[0] - 1, 0, 1, ... counts[1] - 1, and so on."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def missing_like(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return `count` missing values of the same kind."""
    return np.full(count, np.nan) if values.dtype.kind == "f" else np.full(count, None, object)


def taken(values: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Return the values in some rows, missing where the row is -1."""
    return np.concatenate([values, missing_like(values, 1)])[rows]


def read_covariates(frame: pd.DataFrame, known: Sequence[str], past: Sequence[str], rows: Rows) -> Covariates:
    """Return the covariates of a panel whose rows are those of a frame, sorted.

    Args:
        frame: the long frame.
        known: columns whose future is known.
        past: columns of which only the past is known.
        rows: the frame's rows as the panel has them; the covariates follow them.

    Raises:
        PanelError: `missing_column`, `covariate_dtype` or `covariate_infinite`, with series and row.
    """
    return Covariates(
        {name: read_column(frame, name, rows) for name in known},
        {name: read_column(frame, name, rows) for name in past},
    )


def read_column(frame: pd.DataFrame, name: str, rows: Rows) -> NDArray[Any]:
    """Return one column in the order of the rows."""
    values = values_of(frame, name)[rows.position]
    if values.dtype.kind == "f" and np.isinf(values).any():
        at = int(np.flatnonzero(np.isinf(values))[0])
        raise PanelError(
            f"Covariate {name!r} is infinite in {rows.where(at)}. Fix: replace it, or make it missing.",
            code="covariate_infinite",
            series=rows.series(at),
            row=rows.row(at),
            field=name,
        )
    return values


def values_of(frame: pd.DataFrame, name: str) -> NDArray[Any]:
    """Return a column as float64 (truth values are 0 and 1) or as texts, NaN or None where missing or empty.

    Raises:
        PanelError: `missing_column`, `duplicate_column`, or `covariate_dtype`: it holds times, or numbers and texts.
    """
    if name not in frame.columns:
        got = ", ".join(map(str, frame.columns[:20]))
        raise PanelError(
            f"The frame has no column {name!r} for the covariate. Got: {got}. Fix: add it.",
            code="missing_column",
            field=name,
        )
    if (frame.columns == name).sum() > 1:
        text = f"The frame has more than one column {name!r}. Fix: keep one of them."
        raise PanelError(text, code="duplicate_column", field=name)
    column = frame[name]
    values = numbers_or_texts(column)
    if values is None:
        got = pd.api.types.infer_dtype(column, skipna=True) if column.dtype == object else str(column.dtype)
        raise PanelError(
            f"Covariate {name!r} must hold numbers or texts. Got {got}. Fix: convert the column.",
            code="covariate_dtype",
            field=name,
        )
    return values


def covariate_kinds(values: Values) -> Kinds:
    """Return which covariates are numbers and which categories the others have.

    Raises:
        PanelError: `covariate_categories`, one has more than `MOST_CATEGORIES`.
    """
    kinds = kinds_of(values)
    for name, categories in kinds:
        if len(categories) > MOST_CATEGORIES:
            raise PanelError(
                f"Covariate {name!r} has {len(categories)} categories; at most {MOST_CATEGORIES} can be learnt. "
                "Fix: group them, or leave the column out.",
                code="covariate_categories",
                field=name,
            )
    return kinds


def encode_covariates(values: Values, kinds: Kinds) -> NDArray[np.float64]:
    """Return [N, C]: numbers as they are, categories as 1, 2, ... or `UNSEEN`, which the log names; NaN where missing.

    Raises:
        PanelError: `covariate_absent` when one is not there, `covariate_kind` when a number is a text or the other way.
    """
    return np.stack(encode_columns(values, kinds, WORDING), axis=1)


def example_covariates(kinds: tuple[Kinds, Kinds], counts: NDArray[np.int64], ahead: int) -> Covariates:
    """Return values that mean the same on every machine, every seventh of them missing, `ahead` rows of them known.

    Args:
        kinds: of known and of past-only covariates.
        counts: [S] rows of each series.
        ahead: future rows of each series.
    """

    def values(categories: tuple[str, ...], steps: NDArray[np.int64]) -> NDArray[Any]:
        column = np.array(categories, object)[steps % len(categories)] if categories else (steps % 3).astype(float)
        column[steps % 7 == 5] = None if categories else np.nan
        return column

    known, past = kinds
    ahead = ahead if known else 0
    return Covariates(
        {name: values(categories, count_up(counts + ahead)) for name, categories in known},
        {name: values(categories, count_up(counts)) for name, categories in past},
        ahead,
    )
