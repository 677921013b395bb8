"""The covariates of a series in a request: static, known ahead, and of the past, read against those of the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.config.task import Kinds, Task
from forecasting.data.covariates import Covariates, missing_like
from serving.http.refusals import ErrorItem, Pointer, json_type, refuse_any
from serving.request.caveats import Caveat
from serving.request.numbers import parse_numbers
from serving.request.payloads import SeriesIn

#: Characters that a category may have.
LONGEST = 256

#: Columns by name: float64 (NaN missing) or texts (None missing).
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class SeriesCovariates:
    """The covariates of one series of n rows.

    Attributes:
        static: a number or a text by name.
        known: [n + H] by name; [n] where the rows themselves hold the future.
        past: [n] by name.
    """

    static: Mapping[str, Any] = field(default_factory=dict)
    known: Columns = field(default_factory=dict)
    past: Columns = field(default_factory=dict)

    def ordered(self, order: NDArray[np.int64]) -> SeriesCovariates:
        """Return the covariates with the rows in another order; what is ahead stays."""
        return self.each(lambda values: np.concatenate([values[: len(order)][order], values[len(order) :]]))

    def filled(self, steps: NDArray[np.int64]) -> SeriesCovariates:
        """Return the covariates with missing values in the rows that are not among `steps` [n]."""

        def fill(values: NDArray[Any]) -> NDArray[Any]:
            rows = missing_like(values, int(steps[-1]) + 1)
            rows[steps] = values[: len(steps)]
            return np.concatenate([rows, values[len(steps) :]])

        return self.each(fill)

    def cut(self, rows: int, ahead: int) -> SeriesCovariates:
        """Return the covariates of the first rows, the known ones with those ahead."""
        known = {name: values[: rows + ahead] for name, values in self.known.items()}
        return replace(self, known=known, past={name: values[:rows] for name, values in self.past.items()})

    def each(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> SeriesCovariates:
        """Return the covariates with a change made to each column."""
        known, past = ({name: change(values) for name, values in part.items()} for part in (self.known, self.past))
        return replace(self, known=known, past=past)


NO_COVARIATES = SeriesCovariates()


def parse_covariates(series: SeriesIn, task: Task, ahead: int, pointer: Pointer) -> SeriesCovariates:
    """Return the covariates of one series.

    Args:
        series: as sent.
        task: of the model that will answer.
        ahead: values of known covariates after the last row.
        pointer: to the series.

    Raises:
        Refusal: one is absent, not taken, of another length or of the wrong type.
    """
    sent = series.static_covariates or series.known_covariates or series.past_covariates
    if not (sent or task.all_covariates):
        return NO_COVARIATES
    refuse_any(wrong_statics(series.static_covariates, task.static_covariates, (*pointer, "static_covariates")))
    rows = len(series.y)
    known = parse_columns(series.known_covariates, task.known_covariates, rows, ahead, (*pointer, "known_covariates"))
    past = parse_columns(series.past_covariates, task.past_covariates, rows, 0, (*pointer, "past_covariates"))
    return SeriesCovariates(series.static_covariates, known, past)


def unseen_categories(covariates: SeriesCovariates, task: Task) -> Iterator[Caveat]:
    """Yield what an answer says about categories that were not there in training."""
    for name, categories in task.static_covariates:
        if categories and covariates.static[name] not in categories:
            text = f"The category of {name!r} was not seen in training; it is forecast as an unknown one."
            yield Caveat("static_unseen", text)
    columns = {**covariates.known, **covariates.past}
    for name, categories in (*task.known_covariates, *task.past_covariates):
        if categories and not {*categories, None}.issuperset(columns[name]):
            text = f"A category of {name!r} was not seen in training; it is read as an unknown one."
            yield Caveat("covariate_unseen", text)


def wrong_statics(given: dict[str, Any], kinds: Kinds, pointer: Pointer) -> Iterator[ErrorItem]:
    """Yield what is wrong with the static covariates of one series."""
    wanted = dict(kinds)
    yield from not_taken(given, wanted, "static", pointer)
    for name, categories in wanted.items():
        at, value = (*pointer, name), given.get(name)
        if name not in given:
            yield ErrorItem(at, "static_absent", f"The model needs the static covariate {name!r}. Send it.")
        elif categories and not is_category(value):
            text = f"This must be a text of 1 to {LONGEST} characters. Got {json_type(value)}."
            yield ErrorItem(at, "static_kind", text)
        elif not categories and not is_finite_number(value):
            yield ErrorItem(at, "static_kind", f"This must be a finite number. Got {json_type(value)}.")


def parse_columns(given: dict[str, Any], kinds: Kinds, rows: int, ahead: int, pointer: Pointer) -> Columns:
    """Return the values of the known or of the past-only covariates, each [rows + ahead].

    Raises:
        Refusal: one is absent, not taken, of another length or of the wrong type.
    """
    refuse_any(wrong_lists(given, kinds, rows, ahead, pointer))
    return {
        name: parse_categories(given[name], (*pointer, name))
        if categories
        else parse_numbers(given[name], (*pointer, name), "mask")
        for name, categories in kinds
    }


def wrong_lists(given: dict[str, Any], kinds: Kinds, rows: int, ahead: int, pointer: Pointer) -> Iterator[ErrorItem]:
    """Yield what is wrong with the fields as a whole: absent, not taken, no list, another length."""
    wanted = dict(kinds)
    kind = str(pointer[-1]).removesuffix("_covariates")
    yield from not_taken(given, wanted, kind, pointer)
    values_for = f"{rows + ahead} values, one for each of the {rows} rows"
    values_for += f" and of the {ahead} steps ahead" if ahead else ""
    for name in wanted:
        at, values = (*pointer, name), given.get(name)
        if name not in given:
            yield ErrorItem(
                at, "covariate_absent", f"The model needs the {kind} covariate {name!r}. Send {values_for}."
            )
        elif not isinstance(values, list):
            yield ErrorItem(at, "list_type", f"This must be a list of {values_for}. Got {json_type(values)}.")
        elif len(values) != rows + ahead:
            yield ErrorItem(at, "covariate_length", f"Send {values_for}; null is missing. Got {len(values)} values.")


def not_taken(given: dict[str, Any], wanted: Collection[str], kind: str, pointer: Pointer) -> Iterator[ErrorItem]:
    """Yield an item for each covariate that is not wanted; `kind` is static, known or past."""
    for name in given:
        if name not in wanted:
            text = f"This model takes no {kind} covariate of this name. It takes: {', '.join(wanted) or 'none'}."
            yield ErrorItem((*pointer, name), "covariates_not_taken", text)


def parse_categories(values: list[Any], pointer: Pointer) -> NDArray[Any]:
    """Return texts, None for null.

    Raises:
        Refusal: an element is no text of a usual length.
    """
    refuse_any(
        ErrorItem(
            (*pointer, row),
            "covariate_kind",
            f"This must be a text of 1 to {LONGEST} characters, or null where missing. Got {json_type(value)}.",
        )
        for row, value in enumerate(values)
        if value is not None and not is_category(value)
    )
    return np.array([*values, None], object)[:-1]


def is_category(value: Any) -> bool:
    """Whether a JSON value is a text of a usual length."""
    return isinstance(value, str) and 1 <= len(value) <= LONGEST


def is_finite_number(value: Any) -> bool:
    """Whether a JSON value is a number that a float64 can hold."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def panel_statics(series: Sequence[SeriesCovariates], task: Task) -> Columns:
    """Return the static covariates of a panel of these series, each [S]."""
    kinds = {name: object if categories else np.float64 for name, categories in task.static_covariates}
    return {name: np.array([one.static[name] for one in series], kind) for name, kind in kinds.items()}


def panel_covariates(series: Sequence[SeriesCovariates], task: Task, horizon: int) -> Covariates:
    """Return the covariates of a panel of these series, each followed by `horizon` steps of the known ones."""
    known = {name: np.concatenate([one.known[name] for one in series]) for name in task.known_names}
    past = {name: np.concatenate([one.past[name] for one in series]) for name in task.past_names}
    return Covariates(known, past, horizon if known else 0)
