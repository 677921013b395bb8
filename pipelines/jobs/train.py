"""The training job: rank the models by a backtest, fit the best on all data, keep it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from forecasting.data.panel import Panel
from forecasting.errors import ForecastingError
from forecasting.forecaster import Forecaster
from forecasting.store import registry
from forecasting.store.model_folder import SPEC_FILE, read_json
from pipelines.files.sources import NamedFrame
from pipelines.jobs.contest import Contest, hold_contest, score
from pipelines.jobs.forecasters import forecasters_of, panel_of, with_windows
from pipelines.jobs.journal import Journal, open_journal
from pipelines.jobs.keep import Kept, keep_model, require_keepable
from pipelines.jobs.records import record_entry
from pipelines.jobs.watch import watched
from pipelines.options.requests import KeepRequest, TaskRequest
from pipelines.terminal.console import say

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.leaderboard import Entry

#: Codes of errors for want of rows: all rows may be enough where those before the first origin are not.
WANT_OF_DATA = ("too_short", "all_missing")


@dataclass(frozen=True)
class Trained:
    """A model that was trained, or calibrated again, and kept.

    Attributes:
        forecaster: the model.
        contest: how it and others did in the backtest; empty when there was none.
        kept: where it is.
    """

    forecaster: Forecaster
    contest: Contest = field(default_factory=Contest)
    kept: Kept = field(default_factory=Kept)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        facts, learned, winner = self.forecaster.facts, self.forecaster.learned_, self.contest.winner
        return {
            "model": self.forecaster.spec.alias,
            "task": self.forecaster.predictor.task.to_dict(),
            "metrics": winner.metrics if winner else None,
            "leaderboard": self.contest.records() if winner else [],
            "left_out": self.contest.left_out,
            "candidates": learned.candidates if learned else [],
            "series": facts.series,
            "rows": facts.rows,
            "training_end": facts.training_end,
            "fingerprint": facts.fingerprint,
            "seconds": facts.seconds,
            "calibration": calibration_of(self.forecaster),
            "run_id": self.kept.run_id,
            "registered": vars(self.kept.version) if self.kept.version else None,
            "out": str(self.kept.out) if self.kept.out else None,
        }


def calibration_of(forecaster: Forecaster) -> dict[str, Any] | None:
    """Return on how many windows the intervals are calibrated, since when, and for which quantile levels."""
    facts = forecaster.facts
    if not facts.calibration_windows:
        return None
    return {
        "windows": facts.calibration_windows,
        "start": facts.calibration_start,
        "quantile_range": forecaster.predictor.quantile_range,
    }


def train_model(data: NamedFrame, task: TaskRequest, keep: KeepRequest, future: pd.DataFrame | None = None) -> Trained:
    """Train one model, or the best of several, and keep it.

    Args:
        data: what is learnt from.
        task: what is forecast, and by which models.
        keep: where the model goes.
        future: known covariates after the end of the data, checked before anything is trained; None where there is
            nothing to check.

    Raises:
        ForecastingError: the data, a choice, the place of the model or the registry has a problem.
    """
    require_keepable(keep)
    panel = panel_of(data.frame, task)
    say(f"{panel.n_series} series, {len(panel.y)} rows, step {panel.frequency.alias}.")
    candidates = forecasters_of(task, panel.frequency.alias)
    if future is not None:
        check_future(candidates[0], panel, future)
    with open_journal(data.name, keep.register or data.name, keep.track) as journal:
        contest = backtest_candidates(candidates, panel, task, journal)
        forecaster = fit_on_all_data(to_fit(candidates, contest), panel)
        return Trained(forecaster, contest, keep_model(forecaster, contest, data, keep, journal))


def check_future(forecaster: Forecaster, panel: Panel, future: pd.DataFrame) -> None:
    """Check that a future says all that a forecast after the panel needs; a category never seen before is said.

    Raises:
        PanelError: it lacks rows, or has times or values that mean nothing.
    """
    from forecasting.data.covariates import encode_covariates
    from forecasting.data.future import with_known_future

    task = forecaster.choices.task_for(panel)
    followed = with_known_future(panel, task, None, future)
    encode_covariates(followed.covariates.known, task.known_covariates)
    say(f"The future is complete: {task.horizon} steps of {', '.join(task.known_names)} after each series.")


def backtest_candidates(candidates: list[Forecaster], panel: Panel, task: TaskRequest, journal: Journal) -> Contest:
    """Backtest every candidate, of several each in a nested run of its own; return them ranked.

    A single candidate that is not to be backtested, or cannot be for want of data, gives no entry.

    Raises:
        ForecastingError: there are several and no window, or none of them can be scored.
    """
    if task.windows == 0 and len(candidates) > 1:
        text = "Several models are ranked by a backtest. Give --windows of at least 1."
        raise ForecastingError(text, code="no_windows", field="windows")
    if task.windows == 0:
        return Contest()
    task = with_windows(task, panel)

    def enter(candidate: Forecaster) -> Entry:
        if len(candidates) == 1:
            return score(candidate, panel, task)
        with journal.child(candidate.spec.alias) as child:
            entry = score(candidate, panel, task)
            record_entry(child, entry)
            return entry

    try:
        return hold_contest(candidates, enter)
    except ForecastingError as error:
        if len(candidates) > 1 or error.code not in WANT_OF_DATA:
            raise
        say(f"No backtest: {error}")
        return Contest()


def to_fit(candidates: list[Forecaster], contest: Contest) -> Forecaster:
    """Return the forecaster, unfitted, that is fitted on all data: the winner, or the only one.

    Where rows held out of the fit before the first origin have said for how many steps a network learns best, it learns
    for as many from all rows, and none are held out to find that again.
    """
    if contest.winner is None:
        return candidates[0]
    scored = contest.winner.forecaster
    learned, training = scored.learned_, scored.choices.training
    if learned is None or not (training.refit and any("val_loss" in look for look in learned.history)):
        return scored.copy()
    training = replace(training, steps=learned.steps, validation_windows=0)
    return Forecaster.of(replace(scored.choices, training=training))


def fit_on_all_data(forecaster: Forecaster, panel: Panel) -> Forecaster:
    """Fit a forecaster on all data."""
    with watched(f"{forecaster.spec.alias} on all data") as watch:
        return forecaster.fit_panel(panel, watch.callbacks)


def is_trained_on(name: str, frame: pd.DataFrame, task: TaskRequest) -> bool:
    """Whether the champion or the challenger of `name` was trained on exactly this data."""
    fingerprint = panel_of(frame, task).fingerprint()
    for alias in (registry.CHAMPION, registry.CHALLENGER):
        try:
            folder = registry.resolve(f"{name}@{alias}")
        except registry.RegistryError:
            continue
        if read_json(folder / SPEC_FILE)["facts"]["fingerprint"] == fingerprint:
            return True
    return False
