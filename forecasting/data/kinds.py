"""Numbers and categories: which of them covariates hold, and their codes for a model that was trained on some.

Values are float64 (NaN missing) where a covariate is a number, texts (None missing) where it is a category.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.config.task import Kinds
from forecasting.data.checks.columns import NUMBERS
from forecasting.errors import PanelError

logger = logging.getLogger("forecasting")

#: Code of a category that was not there in training.
UNSEEN = 0.0

Values = Mapping[str, NDArray[Any]]


class Wording(NamedTuple):
    """How errors and warnings speak of one sort of covariates.

    Attributes:
        prefix: what the codes of errors start with.
        noun: the sort.
        counted: what has one value each.
    """

    prefix: str
    noun: str
    counted: str


def numbers_or_texts(column: pd.Series) -> NDArray[Any] | None:
    """Return a column [N] as float64 (truth values are 0 and 1) or as texts, NaN or None where missing or empty.

    Categoricals and columns of objects are what they hold. None where that is neither: times, or numbers and texts.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    kind = pd.api.types.infer_dtype(column, skipna=True) if column.dtype == object else ""
    if kind in NUMBERS or (pd.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind != "c"):
        return pd.to_numeric(column).to_numpy(np.float64, na_value=np.nan)
    if kind == "string" or pd.api.types.is_string_dtype(column.dtype):
        texts = column.to_numpy(object).copy()
        texts[pd.isna(texts)] = None  # first: pandas' NA is not to be compared
        texts[texts == ""] = None
        return texts
    return None


def kinds_of(values: Values) -> Kinds:
    """Return which covariates are numbers, and which categories the others have."""
    return tuple(
        (name, () if column.dtype.kind == "f" else tuple(sorted(set(column) - {None})))
        for name, column in values.items()
    )


def encode_columns(
    values: Values, kinds: Kinds, wording: Wording, ids: NDArray[Any] | None = None
) -> list[NDArray[np.float64]]:
    """Return for each kind numbers as they are, or categories as 1, 2, ... or `UNSEEN`; NaN where missing.

    Args:
        values: [N] by name; others than those of the kinds are not read.
        kinds: those that the model was trained on.
        wording: of errors, and of the warning that names what is unseen.
        ids: [N] series of each value, where an error is to name one.

    Raises:
        PanelError: `<prefix>_absent` when one is not there, `<prefix>_kind` when a number is a text or the other way.
    """
    for name, _ in kinds:
        if name not in values:
            raise PanelError(
                f"The model needs the {wording.noun} {name!r}. Got: {', '.join(values) or 'none'}. Fix: give it.",
                code=f"{wording.prefix}_absent",
                field=name,
            )
    return [column_codes(name, values[name], categories, wording, ids) for name, categories in kinds]


def column_codes(
    name: str, values: NDArray[Any], categories: tuple[str, ...], wording: Wording, ids: NDArray[Any] | None
) -> NDArray[np.float64]:
    """Return the numbers or codes [N] of one covariate; see `encode_columns`. One with nothing given is of any kind."""
    has_numbers = values.dtype.kind == "f"
    if has_numbers == bool(categories):
        given = np.flatnonzero(pd.notna(values))
        if len(given) == 0:
            return np.full(len(values), np.nan)
        got, wanted = ("a number", "a category (text)") if categories else ("a text", "a number")
        raise PanelError(
            f"{wording.noun.capitalize()} {name!r} must be {wanted}. "
            f"Got {got}: {str(values[given[0]])[:40]!r}. Fix: convert it.",
            code=f"{wording.prefix}_kind",
            series=None if ids is None else str(ids[given[0]]),
            field=name,
        )
    if not categories:
        return np.asarray(values, np.float64)
    code: dict[Any, float] = {category: float(number) for number, category in enumerate(categories, start=1)}
    code[None] = np.nan
    codes = np.array([code.get(value, UNSEEN) for value in values], np.float64)
    unseen = np.flatnonzero(codes == UNSEEN)
    if len(unseen):
        logger.warning(
            "%s %r has a category that was not seen in training in %d %s, first %r%s; it is read as an unknown one.",
            wording.noun.capitalize(),
            name,
            len(unseen),
            wording.counted,
            str(values[unseen[0]])[:40],
            "" if ids is None else f" of series {str(ids[unseen[0]])!r}",
        )
    return codes
