"""The known and the past-only covariates of a series in a request, read against those that the model takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.config import Kinds, Task
from forecasting.data.covariates import Covariates, missing_like
from serving.numbers import read_values
from serving.payloads import SeriesIn
from serving.problems import ErrorItem, describe, first_errors, pointer
from serving.statics import LONGEST, Place, is_category, not_taken
from serving.validation import Refusal


@dataclass(eq=False)
class Given:
    """The covariates of one series of n rows, float64 (NaN missing) or texts (None missing).

    Attributes:
        known: [n + H] by name; [n] where the rows themselves hold the future.
        past: [n] by name.
    """

    known: dict[str, NDArray[Any]] = field(default_factory=dict)
    past: dict[str, NDArray[Any]] = field(default_factory=dict)

    def ordered(self, order: NDArray[np.int64]) -> Given:
        """Return the covariates with the rows in another order; what is ahead stays."""
        return self.each(lambda values: np.concatenate([values[: len(order)][order], values[len(order) :]]))

    def filled(self, steps: NDArray[np.int64]) -> Given:
        """Return the covariates with missing values in the rows that are not among `steps` [n]."""

        def fill(values: NDArray[Any]) -> NDArray[Any]:
            rows = missing_like(values, int(steps[-1]) + 1)
            rows[steps] = values[: len(steps)]
            return np.concatenate([rows, values[len(steps) :]])

        return self.each(fill)

    def cut(self, rows: int, ahead: int) -> Given:
        """Return the covariates of the first rows, the known ones with those ahead."""
        known = {name: values[: rows + ahead] for name, values in self.known.items()}
        return Given(known, {name: values[:rows] for name, values in self.past.items()})

    def each(self, change: Any) -> Given:
        """Return the covariates with a change made to each."""
        known, past = ({name: change(values) for name, values in part.items()} for part in (self.known, self.past))
        return Given(known, past)


NOTHING = Given()


def read_covariates(series: SeriesIn, task: Task, ahead: int, place: Place, warnings: list[tuple[str, str]]) -> Given:
    """Return the covariates of one series; a category that training had not is told in `warnings`.

    Args:
        series: as sent.
        task: of the model that will answer.
        ahead: values of known covariates after the last row.
        place: pointer of the series.
        warnings: codes and details of the series.

    Raises:
        Refusal: one is absent, not taken, of another length or of the wrong type.
    """
    if not (series.known_covariates or series.past_covariates or any(task.covariate_counts)):
        return NOTHING
    count = len(series.y)
    known = read_field(series.known_covariates, task.known_covariates, count, ahead, (*place, "known_covariates"))
    past = read_field(series.past_covariates, task.past_covariates, count, 0, (*place, "past_covariates"))
    for name, categories in (*task.known_covariates, *task.past_covariates):
        values = known[name] if name in known else past[name]
        if categories and not {*categories, None}.issuperset(values):
            text = f"A category of {name!r} was not seen in training; it is read as an unknown one."
            warnings.append(("covariate_unseen", text))
    return Given(known, past)


def read_field(given: dict[str, Any], kinds: Kinds, count: int, ahead: int, place: Place) -> dict[str, NDArray[Any]]:
    """Return the values of the known or of the past-only covariates, each [count + ahead]."""
    errors, total = first_errors(wrong_lists(given, kinds, count, ahead, place))
    if errors:
        raise Refusal(errors, total)
    return {
        name: read_categories(given[name], (*place, name))
        if categories
        else read_values(given[name], (*place, name), "mask")
        for name, categories in kinds
    }


def wrong_lists(given: dict[str, Any], kinds: Kinds, count: int, ahead: int, place: Place) -> Iterator[ErrorItem]:
    """Yield what is wrong with the fields as a whole: absent, not taken, no list, another length."""
    wanted = dict(kinds)
    kind = str(place[-1]).replace("_covariates", "")
    yield from not_taken(given, wanted, kind, place)
    rows = f"{count + ahead} values, one for each of the {count} rows"
    rows += f" and of the {ahead} steps ahead" if ahead else ""
    for name in wanted:
        at, values = pointer(*place, name), given.get(name)
        if name not in given:
            yield ErrorItem(at, "covariate_absent", f"The model needs the {kind} covariate {name!r}. Send {rows}.")
        elif not isinstance(values, list):
            yield ErrorItem(at, "list_type", f"This must be a list of {rows}. Got {describe(values)}.")
        elif len(values) != count + ahead:
            yield ErrorItem(at, "covariate_length", f"Send {rows}; null is missing. Got {len(values)} values.")


def read_categories(values: list[Any], place: Sequence[str | int]) -> NDArray[Any]:
    """Return texts, None for null.

    Raises:
        Refusal: an element is no text of a usual length.
    """
    errors, total = first_errors(
        ErrorItem(
            pointer(*place, index),
            "covariate_kind",
            f"This must be a text of 1 to {LONGEST} characters, or null where missing. Got {describe(value)}.",
        )
        for index, value in enumerate(values)
        if value is not None and not is_category(value)
    )
    if errors:
        raise Refusal(errors, total)
    return np.array([*values, None], object)[:-1]


def stacked(series: Sequence[Given], task: Task, horizon: int) -> Covariates:
    """Return the covariates of a panel of these series, each followed by `horizon` steps of the known ones."""
    known = {name: np.concatenate([one.known[name] for one in series]) for name in task.known_names}
    past = {name: np.concatenate([one.past[name] for one in series]) for name in task.past_names}
    return Covariates(known, past, horizon if known else 0)
