"""Static covariates: what is true of a series at all times, as numbers or categories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.config import Kinds
from forecasting.data.kinds import Values, Wording, encode_columns
from forecasting.errors import PanelError

WORDING = Wording("static", "static covariate", "series")


def read_statics(
    frame: pd.DataFrame, names: Sequence[str], id_column: str | None, ids: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """Return each static covariate as one value per series [S]: float64, or texts.

    Args:
        frame: the long frame; a static covariate repeats its value in every row of a series.
        names: columns.
        id_column: the id column; None where the frame is one series.
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
        owners = pd.Series(str(ids[0]), frame.index) if id_column is None else frame[id_column].astype(str)
        found[name] = one_per_series(frame[name], owners, ids)
    return found


def one_per_series(column: pd.Series, owners: pd.Series, ids: NDArray[Any]) -> NDArray[Any]:
    """Return the value of each series; see `read_statics`."""
    for error in static_errors(column, owners).values():
        raise error
    values = comparable(column).to_numpy()
    chosen = values[~owners.duplicated()]
    by_id = pd.Series(chosen, owners.drop_duplicates().to_numpy())
    return by_id.loc[[str(one) for one in ids]].to_numpy(np.float64 if chosen.dtype.kind == "f" else object)


def comparable(column: pd.Series) -> pd.Series:
    """Return the values as float64 where they are numbers, as texts otherwise."""
    is_number = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
    return column.astype("float64" if is_number else str)


def static_errors(column: pd.Series, owners: pd.Series) -> dict[str, PanelError]:
    """Return what is wrong with the static covariate of each series, by id; nothing where all is well.

    An empty text is missing: so does a CSV file write it.

    Args:
        column: the values of all rows.
        owners: id of the series of each row, as text.
    """
    values = comparable(column)
    first = values.groupby(owners).transform("first")
    differs = (values != first).to_numpy(bool, na_value=False)
    is_empty = (values == "").to_numpy(bool, na_value=False)
    infinite = np.isinf(values.to_numpy()) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    checks: tuple[tuple[str, NDArray[np.bool_], Callable[[int], str], str], ...] = (
        ("missing", column.isna().to_numpy() | is_empty, lambda row: "is missing", "give a value in every row"),
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
    columns = encode_columns(statics, kinds, WORDING, ids)
    return np.stack(columns, axis=1).astype(np.float32) if columns else np.zeros((len(ids), 0), np.float32)
