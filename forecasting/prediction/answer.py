"""What a predictor answers: medians, quantiles or probabilities by window, and why a window has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from forecasting.data.symbols import symbols_at
from forecasting.errors import ForecastingError
from forecasting.prediction.short_series import as_one_error


@dataclass(frozen=True, eq=False)
class Answer:
    """Forecasts of W windows over H' steps, in original units.

    Attributes:
        median: [W, H'] float64: the median of a quantile head, the point of a point head, or the code of the
            most probable symbol.
        quantiles: [W, H', Q'] float64 at `quantile_levels`.
        quantile_levels: the levels that were asked for, ascending.
        status: [W] `ok`, `padded` (the history is shorter than the context) or `fallback:<model>:<reason>`.
        problems: why a window has no forecast (its numbers are NaN), by window.
        symbols: the alphabet of K symbols; empty for numbers.
        probabilities: [W, H', K] float64, of each symbol.
    """

    median: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    quantile_levels: tuple[float, ...]
    status: list[str]
    problems: Mapping[int, ForecastingError]
    symbols: tuple[str, ...]
    probabilities: NDArray[np.float64]

    @property
    def shown(self) -> NDArray[Any]:
        """[W, H'], what the forecast column shows: the median, or the text of the most probable symbol."""
        return symbols_at(self.symbols, self.median) if self.symbols else self.median

    def at(self, quantile_level: float) -> NDArray[np.float64]:
        """Return the quantile [W, H'] at one of the levels that were asked for."""
        return self.quantiles[:, :, self.quantile_levels.index(quantile_level)]

    def with_problems(self, problems: Mapping[int, ForecastingError]) -> Self:
        """Return the answer without the numbers of the windows that have a problem."""
        if not problems:
            return replace(self, problems={})
        median, quantiles, probabilities = map(np.array, (self.median, self.quantiles, self.probabilities))
        for numbers in (median, quantiles, probabilities):
            numbers[list(problems)] = np.nan
        return replace(self, median=median, quantiles=quantiles, probabilities=probabilities, problems=dict(problems))

    def raise_problems(self) -> None:
        """Raise the first problem, if there is one; of series that are too short all of them."""
        if self.problems:
            raise as_one_error([*self.problems.values()])
