"""The static covariates of a series in a request, read against those that the model takes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.config import Task
from serving.problems import ErrorItem, describe, pointer
from serving.validation import Refusal

#: Characters that a category may have.
LONGEST = 256

Place = tuple[str | int, ...]


def read_statics(given: dict[str, Any], task: Task, place: Place, warnings: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the value of each static covariate of one series; a category that training had not is told in `warnings`.

    Args:
        given: as sent.
        task: of the model that will answer.
        place: pointer of the field.
        warnings: codes and details of the series.

    Raises:
        Refusal: one is absent, not taken, or of the wrong type; every error found.
    """
    errors = list(wrong_statics(given, task, place))
    if errors:
        raise Refusal(errors)
    for name, categories in task.static_covariates:
        if categories and given[name] not in categories:
            text = f"The category of {name!r} was not seen in training; it is forecast as an unknown one."
            warnings.append(("static_unseen", text))
    return given


def wrong_statics(given: dict[str, Any], task: Task, place: Place) -> Iterator[ErrorItem]:
    """Yield what is wrong with the static covariates of one series."""
    wanted = dict(task.static_covariates)
    yield from not_taken(given, wanted, "static", place)
    for name, categories in wanted.items():
        at, value = pointer(*place, name), given.get(name)
        if name not in given:
            yield ErrorItem(at, "static_absent", f"The model needs the static covariate {name!r}. Send it.")
        elif categories and not is_category(value):
            text = f"This must be a text of 1 to {LONGEST} characters. Got {describe(value)}."
            yield ErrorItem(at, "static_kind", text)
        elif not categories and not is_finite_number(value):
            yield ErrorItem(at, "static_kind", f"This must be a finite number. Got {describe(value)}.")


def not_taken(given: dict[str, Any], wanted: Collection[str], kind: str, place: Place) -> Iterator[ErrorItem]:
    """Yield an item for each covariate that is not wanted; `kind` is static, known or past."""
    for name in given:
        if name not in wanted:
            text = f"This model takes no {kind} covariate of this name. It takes: {', '.join(wanted) or 'none'}."
            yield ErrorItem(pointer(*place, name[:LONGEST]), "covariates_not_taken", text)


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


def stacked(statics: list[dict[str, Any]], task: Task) -> dict[str, NDArray[Any]]:
    """Return the values of all series by covariate, each [S]."""
    kinds = {name: object if categories else np.float64 for name, categories in task.static_covariates}
    return {name: np.array([one[name] for one in statics], kind) for name, kind in kinds.items()}
