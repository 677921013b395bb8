"""Static covariates: what is true of a series at all times, as numbers or categories."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.config.task import Kinds
from forecasting.data.kinds import Values, Wording, encode_columns, numbers_or_texts
from forecasting.errors import PanelError
from forecasting.schema import UNIQUE_ID, Y

WORDING = Wording("static", "static covariate", "series")

#: Texts of the truth values 0 and 1.
TRUTH = ("False", "True")


def read_statics(
    frame: pd.DataFrame, names: Sequence[str], columns: Mapping[str, str], ids: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """Return each static covariate as one value per series [S]: float64 (truth values are 0 and 1), or texts.

    Args:
        frame: the long frame; a static covariate repeats its value in every row of a series that has a `y`.
        names: columns.
        columns: the frame's own names of `unique_id` and `y`; without the first, the frame is one series.
        ids: [S] ids of the panel.

    Raises:
        PanelError: `missing_column`, `static_missing`, `static_varies` or `static_infinite`, with series and row.
    """
    found = {}
    for name in names:
        if name not in frame.columns:
            raise PanelError(
                f"The frame has no column {name!r} for the static covariate. Fix: add it.",
                code="missing_column",
                field=name,
            )
        is_alone = UNIQUE_ID not in columns
        owners = pd.Series(str(ids[0]), frame.index) if is_alone else frame[columns[UNIQUE_ID]].astype(str)
        found[name] = one_per_series(frame[name], owners, frame[columns[Y]].notna().to_numpy(), ids)
    return found


def one_per_series(column: pd.Series, owners: pd.Series, has_y: NDArray[np.bool_], ids: NDArray[Any]) -> NDArray[Any]:
    """Return the value of each series; see `read_statics`."""
    for error in static_errors(column, owners, has_y).values():
        raise error
    by_id = comparable(column).groupby(owners.to_numpy()).first()
    return by_id.loc[[str(one) for one in ids]].to_numpy(np.float64 if by_id.dtype.kind == "f" else object)


def comparable(column: pd.Series) -> pd.Series:
    """Return the values as float64 where they are numbers or truth values, as texts otherwise; None where missing.

    Numbers and texts are told apart as in other covariates; what is neither, such as a date, is its text.
    """
    values = numbers_or_texts(column)
    if values is None:
        texts = column.astype(object)
        values = texts.map(str).astype(object).where(texts.notna(), None).to_numpy(object)
    return pd.Series(values, column.index, dtype=values.dtype)


def static_errors(
    column: pd.Series, owners: pd.Series, has_y: NDArray[np.bool_] | None = None
) -> dict[str, PanelError]:
    """Return what is wrong with the static covariate of each series, by id; nothing where all is well.

    An empty text is missing: so does a CSV file write it. In rows without `y`, such as those that a repair inserts, it
    may be missing where other rows of the series have it.

    Args:
        column: the values of all rows.
        owners: id of the series of each row, as text.
        has_y: [N] which rows have a `y`; all of them when None.
    """
    values = comparable(column)
    first = values.groupby(owners.to_numpy()).transform("first")
    is_missing = values.isna().to_numpy()
    is_needed = np.ones(len(values), bool) if has_y is None else has_y | first.isna().to_numpy()
    differs = (values != first).to_numpy(bool, na_value=False) & ~is_missing
    infinite = np.isinf(values.to_numpy()) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    checks: tuple[tuple[str, NDArray[np.bool_], Callable[[int], str], str], ...] = (
        ("missing", is_missing & is_needed, lambda row: "is missing", "give a value in every row"),
        (
            "varies",
            differs,
            lambda row: f"is {str(values.iloc[row])[:40]} there and {str(first.iloc[row])[:40]} before",
            "make it a known covariate, or repeat it",
        ),
        ("infinite", infinite, lambda row: "is infinite", "give a finite number"),
    )
    found: dict[str, PanelError] = {}
    for what, is_wrong, text, fix in checks:
        for row in np.flatnonzero(is_wrong)[~owners[is_wrong].duplicated().to_numpy()]:
            series = str(owners.iloc[row])
            message = f"Static covariate {column.name!r} of series {series!r} {text(row)} (row {row}). Fix: {fix}."
            error = PanelError(message, code=f"static_{what}", series=series, row=int(row), field=str(column.name))
            found.setdefault(series, error)
    return found


def example_statics(kinds: Kinds, count: int) -> dict[str, NDArray[Any]]:
    """Return values that mean the same on every machine: the first category, or the number 1, for each series."""
    return {name: np.full(count, categories[0], object) if categories else np.ones(count) for name, categories in kinds}


def encode_statics(statics: Values, kinds: Kinds, ids: NDArray[Any]) -> NDArray[np.float32]:
    """Return [S, K] numbers as they are, and categories as 1, 2, ... or `UNSEEN`, which the log names.

    Args:
        statics: values of the panel's series.
        kinds: those that the model was trained on.
        ids: [S] names of the series.

    Raises:
        PanelError: `static_absent` when one is not there, `static_kind` when a number is a text or the other way.
    """
    known = dict(kinds)
    values = {name: as_categories(column, known.get(name, ())) for name, column in statics.items()}
    columns = encode_columns(values, kinds, WORDING, ids)
    return np.stack(columns, axis=1).astype(np.float32) if columns else np.zeros((len(ids), 0), np.float32)


def as_categories(values: NDArray[Any], categories: tuple[str, ...]) -> NDArray[Any]:
    """Return numbers [S] as the texts by which a model knows them; others, and texts, as they are.

    Models trained before truth values and columns of whole objects were numbers have them as categories: `True`, `3`.
    """
    if values.dtype.kind != "f" or not categories or not all(map(float.is_integer, values.tolist())):
        return values
    if set(categories) <= set(TRUTH):
        return np.array([TRUTH[int(one)] for one in values], object) if np.isin(values, (0, 1)).all() else values
    is_whole = all(re.fullmatch("0|-?[1-9][0-9]*", one) for one in categories)
    return np.array([str(int(one)) for one in values], object) if is_whole else values
