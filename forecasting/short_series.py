"""What is done about a series that is too short for its model: one rule, one number, one error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecasting.config import SHORT_SERIES, Task
from forecasting.data.panel import Panel
from forecasting.errors import ForecastingError, RequestError

PAD, ERROR, FALLBACK = SHORT_SERIES

#: Series that an error names.
NAMED = 10


def least_observed(task: Task) -> int:
    """Return how many observed values a context needs: one shortest season and one more, or all that is read."""
    return min(task.context_length, task.season[0] + 1)


def observed_in_context(
    panel: Panel, series: np.ndarray, steps: np.ndarray, context_length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the observed values and the rows [W] in the context of each origin.

    Args:
        panel: the series.
        series: [W] index of the series of each origin.
        steps: [W] step of the last row of each context.
        context_length: L, rows read at most.
    """
    observed = np.concatenate([[0], np.cumsum(~np.isnan(panel.y))])
    last = panel.offsets[:-1][series] + steps + 1
    first = np.maximum(panel.offsets[:-1][series], last - context_length)
    return observed[last] - observed[first], last - first


def unobserved(panel: Panel, series: np.ndarray, steps: np.ndarray, context_length: int) -> dict[int, ForecastingError]:
    """Return the error of each window without an observed value in its context; see `observed_in_context`."""
    observed, rows = observed_in_context(panel, series, steps, context_length)
    found: dict[int, ForecastingError] = {}
    for window in np.flatnonzero(observed == 0):
        name = str(panel.ids[series[window]])
        text = f"Series {name!r} has no observed value in its last {rows[window]} rows. Fix: give one, or leave it out."
        found[int(window)] = RequestError(text, code="no_observations", series=name)
    return found


class TooShortError(RequestError):
    """Series have fewer observed values than their model needs, and the policy is `error`.

    Args:
        found: name, observed values and rows of each series.
        need: observed values that a context needs.
    """

    def __init__(self, found: Sequence[tuple[str, int, int]], need: int) -> None:
        named = ", ".join(f"{name!r} has {observed} in {rows} rows" for name, observed, rows in found[:NAMED])
        more = f" and {len(found) - NAMED} more series" if len(found) > NAMED else ""
        super().__init__(
            f"{len(found)} series with fewer than {need} observed values in what the model reads: {named}{more}. Fix: "
            "give more history; or leave them out; or train with short_series='pad' (the network answers, what is "
            "not there counts as missing) or 'fallback' (a simpler model answers).",
            code="short_series",
            series=found[0][0],
            field="y",
        )
        self.found, self.need = tuple(found), need

    def __reduce__(self) -> tuple[type[TooShortError], tuple[Sequence[tuple[str, int, int]], int]]:
        """Return how another process makes it again: Python would give the message to the constructor."""
        return type(self), (self.found, self.need)


def joined(problems: Sequence[ForecastingError]) -> ForecastingError:
    """Return the error of several: the first one, or all series that are too short where that is the first."""
    first = problems[0]
    if not isinstance(first, TooShortError):
        return first
    short = [problem for problem in problems if isinstance(problem, TooShortError)]
    return TooShortError([one for problem in short for one in problem.found], first.need)
