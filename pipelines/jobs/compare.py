"""The jobs that compare models: a leaderboard, and backtests side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecasting.schema import CUTOFF, DS, UNIQUE_ID, Y
from pipelines.jobs.contest import Contest, hold_contest, score
from pipelines.jobs.forecasters import ALL_ROUND, forecasters_of, panel_of, with_windows
from pipelines.jobs.watch import watched
from pipelines.options.requests import TaskRequest
from pipelines.terminal.console import say

if TYPE_CHECKING:
    import pandas as pd


def rank_models(frame: pd.DataFrame, task: TaskRequest) -> Contest:
    """Return the leaderboard of the task's models on a frame.

    Raises:
        ForecastingError: the data have a problem, or no model can be scored on them.
    """
    panel = panel_of(frame, task)
    task = with_windows(task, panel)
    say(f"{panel.n_series} series, {len(panel.y)} rows, step {panel.frequency.alias}, {task.windows} origins each.")
    candidates = forecasters_of(task, panel.frequency.alias, ALL_ROUND)
    return hold_contest(candidates, lambda candidate: score(candidate, panel, task))


@dataclass(frozen=True, eq=False)
class Backtests:
    """Backtests of several models on the same origins.

    Attributes:
        forecasts: frame `unique_id, ds, cutoff, y` with the columns of every model.
        metrics: the metrics of each model, by its name.
    """

    forecasts: pd.DataFrame
    metrics: dict[str, dict[str, float]]


def backtest_models(
    frame: pd.DataFrame, task: TaskRequest, level: Sequence[float], refit: bool = False, recalibrate: bool = False
) -> Backtests:
    """Backtest models on the same origins.

    Args:
        frame: the data.
        task: what is forecast, and by which models.
        level: intervals in percent; of models that give points alone there are none, which is said.
        refit: fit again at every origin.
        recalibrate: calibrate again at every origin.

    Raises:
        ForecastingError: the data or a choice has a problem.
    """
    import pandas as pd

    panel = panel_of(frame, task)
    task = with_windows(task, panel)
    parts: list[pd.DataFrame] = []
    metrics = {}
    for candidate in forecasters_of(task, panel.frequency.alias):
        alias = candidate.spec.alias
        answered = tuple(level) if candidate.choices.gives_quantiles else ()
        if answered != tuple(level):
            say(f"{alias} gives points: it has no intervals without --calibrate.")
        with watched(alias) as watch:
            backtest = candidate.backtest_panel(
                panel,
                task.windows,
                task.step,
                refit,
                recalibrate=recalibrate,
                level=answered,
                callbacks=watch.callbacks,
            )
        metrics[alias] = backtest.metrics(answered)
        part = backtest.to_frame(answered)
        parts.append(part if not parts else part.drop(columns=[UNIQUE_ID, DS, CUTOFF, Y]))
    return Backtests(pd.concat(parts, axis=1), metrics)
