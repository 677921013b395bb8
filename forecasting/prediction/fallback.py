"""Which windows of an answer the network does not give, and who gives them instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.config.task import Task
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.errors import ForecastingError
from forecasting.prediction.answer import Answer
from forecasting.prediction.ladder import NON_FINITE, SHORT, Rung, climb_down
from forecasting.prediction.short_series import ERROR, PAD, TooShortError, short_windows
from forecasting.prediction.support import Support

#: Code of the problem of a window whose network gave no finite number.
NON_FINITE_OUTPUT = "non_finite_output"


@dataclass(frozen=True)
class Triage:
    """What becomes of the windows that the network does not answer, or is not to.

    Attributes:
        reasons: why a window is answered from the ladder, where that can.
        problems: why a window has no answer, unless the ladder gives it one.
    """

    reasons: Mapping[int, str]
    problems: Mapping[int, ForecastingError]


def fall_back(answer: Answer, task: Task, support: Support, panel: Panel, origins: Origins) -> Answer:
    """Return the answer with windows from the ladder where the network cannot, or the policy for short series says so.

    Args:
        answer: of the network.
        task: of the model.
        support: numbers that can happen.
        panel: the series.
        origins: of the W windows.
    """
    found = triage(answer.problems, task, panel, origins)
    if not found.reasons and not found.problems:
        return answer
    answer = answer.with_problems(found.problems)
    median, quantiles = np.array(answer.median), np.array(answer.quantiles)
    status, problems = list(answer.status), dict(found.problems)
    for window, reason in found.reasons.items():
        rung = climb_down(context_of(panel, origins, window, task.context_length), median.shape[1], task.season)
        bounds = None if rung is None else known_quantiles(rung, answer.quantile_levels)
        if rung is None or bounds is None:
            continue
        median[window] = support.nearest(rung.mean)
        quantiles[window] = support.outwards(bounds, answer.quantile_levels)
        status[window] = rung.status(reason)
        problems.pop(window, None)
    return replace(answer, median=median, quantiles=quantiles, status=status, problems=problems)


def triage(problems: Mapping[int, ForecastingError], task: Task, panel: Panel, origins: Origins) -> Triage:
    """Sort out the windows of an answer that the network cannot give, or is not to by the policy for short series."""
    short = [] if task.short_series == PAD else short_windows(panel, origins, task)
    if task.short_series == ERROR:
        refused = {one.window: TooShortError([one.series], one.need) for one in short}
        problems, short = {**problems, **refused}, []
    reasons = dict.fromkeys((one.window for one in short), SHORT)
    for window, problem in problems.items():
        if problem.code == NON_FINITE_OUTPUT and not task.symbols:
            reasons.setdefault(window, NON_FINITE)
    return Triage(reasons, problems)


def context_of(panel: Panel, origins: Origins, window: int, rows: int) -> NDArray[np.float64]:
    """Return what the network reads of one window: at most the last `rows` rows of its series, NaN where missing."""
    first = panel.offsets[origins.series[window]]
    end = first + origins.steps[window] + 1
    return panel.y[max(first, end - rows) : end]


def known_quantiles(rung: Rung, levels: tuple[float, ...]) -> NDArray[np.float64] | None:
    """Return the quantiles [H', Q'] of a rung, NaN where they are not known; None where it has no number to give."""
    quantiles = rung.quantiles(levels)
    return quantiles if np.isfinite(rung.mean).all() and not np.isinf(quantiles).any() else None
