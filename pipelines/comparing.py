"""The comparing jobs: a leaderboard, and backtests of several models side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.competitors import ALL_ROUND, Contest, contest, forecasters, panel_of, score, watched, with_windows
from pipelines.console import say
from pipelines.requests import TaskRequest

if TYPE_CHECKING:
    import pandas as pd


def compare(frame: pd.DataFrame, task: TaskRequest) -> Contest:
    """Return the leaderboard of the task's models on a frame.

    Raises:
        ForecastingError: the data have a problem, or no model can be scored on them.
    """
    panel = panel_of(frame, task)
    task = with_windows(task, panel)
    say(f"{panel.n_series} series, {len(panel.y)} rows, step {panel.frequency.alias}, {task.windows} origins each.")
    candidates = forecasters(task, panel.frequency.alias, ALL_ROUND)
    return contest(candidates, lambda candidate: score(candidate, panel, task))


def backtest(
    frame: pd.DataFrame, task: TaskRequest, level: Sequence[float], refit: bool = False, recalibrate: bool = False
) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Backtest models on the same origins.

    Returns:
        The frame `unique_id, ds, cutoff, y` with the columns of every model, and the metrics of each model.
    """
    import pandas as pd

    panel = panel_of(frame, task)
    task = with_windows(task, panel)
    parts: list[pd.DataFrame] = []
    metrics = {}
    for candidate in forecasters(task, panel.frequency.alias, ("gru",)):
        asked = tuple(level) if candidate.choices.gives_quantiles else ()
        if asked != tuple(level):
            say(f"{candidate.spec.alias} gives points: it has no intervals without --calibrate.")
        with watched(candidate.spec.alias) as callbacks:
            found = candidate.backtest_panel(
                panel, task.windows, task.step, refit, recalibrate=recalibrate, level=asked, callbacks=callbacks
            )
        metrics[candidate.spec.alias] = found.metrics(asked)
        part = found.to_frame(asked)
        parts.append(part if not parts else part.iloc[:, 4:])
    return pd.concat(parts, axis=1), metrics
