"""The MLflow run of a training, which does not depend on it: what MLflow cannot take is said and passed over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from forecasting.schema import interval_quantiles
from pipelines.console import say

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forecasting.data.panel import Panel
    from forecasting.leaderboard import Entry
    from forecasting.tracking import Run

#: Intervals that are scored and drawn, in percent, where the model answers them.
LEVELS = (80.0, 95.0)

#: A logged table has at most this many rows: MLflow keeps tables as JSON.
MOST_TABLE_ROWS = 50_000


class Journal:
    """A run, or the absence of one.

    Args:
        run: the active MLflow run; None logs nothing.
        experiment: name of its experiment.
    """

    def __init__(self, run: Run | None, experiment: str) -> None:
        self.run = run
        self.experiment = experiment

    @property
    def run_id(self) -> str | None:
        """MLflow's id of the run."""
        return self.run.run_id if self.run else None

    def log(self, action: Callable[[Run], Any]) -> None:
        """Log something; the first failure is said and ends the logging."""
        if self.run is None:
            return
        try:
            action(self.run)
        except troubles() as error:
            self.run = None
            give_up(error)

    @contextmanager
    def child(self, name: str) -> Iterator[Journal]:
        """Open a run inside this one."""
        with journal(name, self.experiment, self.run is not None, self.run) as inner:
            yield inner


@contextmanager
def journal(
    name: str, experiment: str, is_on: bool, parent: Run | None = None, run_id: str | None = None
) -> Iterator[Journal]:
    """Open a run, which ends as failed when an error passes through.

    Args:
        name: name of the run.
        experiment: name of the experiment.
        is_on: whether to log at all.
        parent: the run that this one belongs to.
        run_id: a run of a former call that goes on, if it is still there.
    """
    opened = None
    if is_on:
        from forecasting import tracking

        try:
            opened = tracking.run(name, experiment, parent, run_id)
            run = opened.__enter__()
        except troubles() as error:
            opened = None
            give_up(error)
    if opened is None:
        yield Journal(None, experiment)
        return
    try:
        yield Journal(run, experiment)
    except BaseException:
        close(opened, *sys.exc_info())
        raise
    close(opened, None, None, None)


def close(opened: Any, *error: Any) -> None:
    """End a run; MLflow failing at that does not hide how the work ended."""
    try:
        opened.__exit__(*error)
    except troubles() as trouble:
        if trouble is not error[1]:
            give_up(trouble)


def troubles() -> tuple[type[Exception], ...]:
    """Return the errors of a tracking store that is down, locked, full or damaged."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    from forecasting.errors import RegistryError

    return MlflowException, SQLAlchemyError, RegistryError, OSError


def give_up(error: Exception) -> None:
    """Say that nothing more is logged."""
    text = (str(error).splitlines() or [type(error).__name__])[0]
    say(f"Warning: MLflow does not take this run ({text}); the work goes on without it.")


def log_entry(journal: Journal, entry: Entry) -> None:
    """Log one candidate of a competition: choices, metrics, costs, and the metrics of its training."""
    forecaster = entry.forecaster
    costs = {
        "train_seconds": entry.train_seconds,
        "predict_milliseconds": entry.predict_milliseconds,
        "artifact_bytes": entry.artifact_bytes,
    }
    journal.log(lambda run: run.params(model_params(forecaster)))
    journal.log(lambda run: run.metrics({**entry.metrics, **costs}))
    if forecaster.learned_ is not None:
        learned = forecaster.learned_
        journal.log(lambda run: run.history(learned))


def log_candidates(journal: Journal, forecaster: Any) -> None:
    """Log the candidates that `auto` tried; nothing for other models."""
    candidates = forecaster.leaderboard_
    if len(candidates):
        journal.log(lambda run: run.table(candidates, "candidates.json"))


def model_params(forecaster: Any) -> dict[str, Any]:
    """Return what was chosen about a model, by hand or by rule, as MLflow parameters."""
    spec, task = forecaster.spec.to_dict(), forecaster.predictor.task.to_dict()
    named = {name: value for name, value in task.items() if name not in ("quantile_levels", "symbols")}
    fields = {f"model.{name}": value for name, value in spec["config"].items()}
    training = {f"training.{name}": value for name, value in forecaster.facts.training.items()}
    learned = forecaster.learned_
    said = {**learned.notes, "best_steps": learned.steps} if learned else {}
    notes = {f"run.{name}": value for name, value in said.items()}
    choices = {name: spec[name] for name in ("model", "head", "scaling")}
    return {**choices, **named, **fields, **training, **notes}


def log_pictures(journal: Journal, entries: list[Entry]) -> None:
    """Log the leaderboard, the error by step ahead, the winner's backtest, and of numbers a fan chart."""
    from forecasting import leaderboard, plots

    winner, table = entries[0], leaderboard.to_frame(entries)
    journal.log(lambda run: run.table(table, "leaderboard.json"))
    journal.log(lambda run: run.table(backtest_table(winner), "backtest.json"))
    journal.log(lambda run: run.figure(plots.leaderboard_chart(table), "leaderboard.png"))
    journal.log(lambda run: run.figure(plots.error_by_step(entries), "error_by_step.png"))
    if not winner.backtest.task.symbols:
        journal.log(lambda run: run.figure(fan_chart(winner), "fan_chart.png"))
    log_honesty(journal, entries)


def log_honesty(journal: Journal, entries: list[Entry]) -> None:
    """Log how honest the intervals are: coverage by level, width by step, and the winner's PIT histogram."""
    from forecasting import probability_plots

    scored = {entry.name: entry.backtest.scored for entry in entries if entry.backtest.answer.quantile_levels}
    if not scored:
        return
    common = set.intersection(*({*one.quantile_levels} for one in scored.values()))
    drawn = [level for level in (20.0, 40.0, 60.0, *LEVELS) if {*interval_quantiles(level)} <= common]
    if not drawn:
        return
    journal.log(lambda run: run.figure(probability_plots.reliability_chart(scored, drawn), "coverage.png"))
    journal.log(lambda run: run.figure(probability_plots.width_chart(scored, drawn[-1]), "interval_width.png"))
    name, best = next(iter(scored.items()))
    journal.log(lambda run: run.figure(probability_plots.pit_chart(name, best), "pit_histogram.png"))


def backtest_table(entry: Entry) -> pd.DataFrame:
    """Return a backtest's frame, cut where it would be too large to log."""
    return entry.backtest.to_frame(levels_of(entry)).head(MOST_TABLE_ROWS)


def levels_of(entry: Entry) -> tuple[float, ...]:
    """Return the intervals that a candidate has, in percent."""
    answered = entry.backtest.answer.quantile_levels
    return tuple(level for level in LEVELS if {*interval_quantiles(level)} <= {*answered})


def fan_chart(entry: Entry) -> Figure:
    """Draw the last backtest window of the first series beside what happened."""
    from forecasting import plots
    from forecasting.schema import CUTOFF, DS, UNIQUE_ID

    levels = levels_of(entry)
    frame = entry.backtest.to_frame(levels)
    frame = frame[frame[UNIQUE_ID] == frame[UNIQUE_ID].iloc[0]]
    last = frame[frame[CUTOFF] == frame[CUTOFF].max()]
    history = series_frame(entry.backtest.panel, str(frame[UNIQUE_ID].iloc[0]))
    before = history[history[DS] <= last[CUTOFF].iloc[0]].tail(max(4 * len(last), 50))
    return plots.fan_chart(before, last, entry.name, levels, last)


def series_frame(panel: Panel, name: str) -> pd.DataFrame:
    """Return `ds, y` of one series of a panel."""
    import pandas as pd

    from forecasting.schema import DS, Y

    one = panel.select(panel.ids == name)
    return pd.DataFrame({DS: one.to_output(one.grid()), Y: one.y})
