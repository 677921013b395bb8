"""What is done about a series that is too short for its model: one rule, one number, one error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.config.task import SHORT_SERIES, Task
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.errors import ForecastingError, RequestError

PAD, ERROR, FALLBACK = SHORT_SERIES

#: Series that an error names.
NAMED = 10


@dataclass(frozen=True)
class ShortSeries:
    """A series with few observed values in its context.

    Attributes:
        name: its id.
        observed: values observed.
        rows: rows read.
    """

    name: str
    observed: int
    rows: int


@dataclass(frozen=True)
class ShortWindow:
    """A window whose context has fewer observed values than its model needs.

    Attributes:
        window: its number among the origins.
        series: whose it is.
        need: observed values that it needs.
    """

    window: int
    series: ShortSeries
    need: int


def least_observed(task: Task) -> int:
    """Return how many observed values a context needs: one shortest season and one more, or all that is read."""
    return min(task.context_length, task.season[0] + 1)


def observed_in_context(
    panel: Panel, origins: Origins, context_length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the observed values and the rows [W] in the context of each origin, of at most `context_length` rows."""
    observed = np.concatenate([[0], np.cumsum(~np.isnan(panel.y))])
    first = panel.offsets[:-1][origins.series]
    last = first + origins.steps + 1
    first = np.maximum(first, last - context_length)
    return observed[last] - observed[first], last - first


def unobserved(panel: Panel, origins: Origins, context_length: int) -> dict[int, ForecastingError]:
    """Return the error of each window without an observed value in its context; see `observed_in_context`."""
    observed, rows = observed_in_context(panel, origins, context_length)
    found: dict[int, ForecastingError] = {}
    for window in np.flatnonzero(observed == 0):
        name = str(panel.ids[origins.series[window]])
        text = f"Series {name!r} has no observed value in its last {rows[window]} rows. Fix: give one, or leave it out."
        found[int(window)] = RequestError(text, code="no_observations", series=name)
    return found


def short_windows(panel: Panel, origins: Origins, task: Task) -> list[ShortWindow]:
    """Return the windows that have an observed value, and fewer than their model needs."""
    observed, rows = observed_in_context(panel, origins, task.context_length)
    need = least_observed(task)
    return [
        ShortWindow(
            int(window),
            ShortSeries(str(panel.ids[origins.series[window]]), int(observed[window]), int(rows[window])),
            need,
        )
        for window in np.flatnonzero((observed < need) & (observed > 0))
    ]


class TooShortError(RequestError):
    """Series have fewer observed values than their model needs, and the policy is `error`.

    Args:
        series: at least one.
        need: observed values that a context needs.
    """

    def __init__(self, series: Sequence[ShortSeries], need: int) -> None:
        named = ", ".join(f"{one.name!r} has {one.observed} in {one.rows} rows" for one in series[:NAMED])
        more = f" and {len(series) - NAMED} more series" if len(series) > NAMED else ""
        super().__init__(
            f"{len(series)} series with fewer than {need} observed values in what the model reads: {named}{more}. Fix: "
            "give more history; or leave them out; or train with short_series='pad' (the network answers, what is "
            "not there counts as missing) or 'fallback' (a simpler model answers).",
            code="short_series",
            series=series[0].name,
            field="y",
        )
        self.found, self.need = tuple(series), need

    def __reduce__(self) -> tuple[type[TooShortError], tuple[Sequence[ShortSeries], int]]:
        """Return how another process makes it again: Python would give the message to the constructor."""
        return type(self), (self.found, self.need)


def as_one_error(problems: Sequence[ForecastingError]) -> ForecastingError:
    """Return the error of several: the first one, or all series that are too short where that is the first."""
    first = problems[0]
    if not isinstance(first, TooShortError):
        return first
    short = [problem for problem in problems if isinstance(problem, TooShortError)]
    return TooShortError([one for problem in short for one in problem.found], first.need)
