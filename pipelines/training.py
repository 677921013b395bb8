"""The training job: compete, refit the winner on all data, record it, save it, register it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasting import artifact, registry
from forecasting.data.panel import Panel
from forecasting.errors import ForecastingError
from forecasting.forecaster import Forecaster
from forecasting.home import home
from pipelines.competitors import (
    Contest,
    contest,
    forecasters,
    leaderboard_records,
    panel_of,
    score,
    watched,
    with_windows,
)
from pipelines.console import say
from pipelines.journal import Journal, journal, log_candidates, log_entry, log_pictures, model_params
from pipelines.requests import TaskRequest

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.leaderboard import Entry
    from forecasting.registry import Version


#: Codes of errors for want of rows: all rows may be enough where those before the first origin are not.
WANT_OF_DATA = ("too_short", "all_missing")


@dataclass(frozen=True)
class KeepRequest:
    """Where to put a model.

    Attributes:
        name: name of the data.
        register: registered name, or None.
        out: artifact folder, or None.
        is_tracked: whether to log an MLflow run.
        is_champion: whether the registered version becomes the champion in any case.
    """

    name: str
    register: str | None = None
    out: str | None = None
    is_tracked: bool = True
    is_champion: bool = False

    @property
    def experiment(self) -> str:
        """Name of the MLflow experiment."""
        return self.register or self.name


@dataclass(frozen=True, kw_only=True)
class TrainRequest(KeepRequest):
    """What to train and where to put it.

    Attributes:
        task: what is forecast and by which models.
        future: known covariates after the end of the data, to be checked before anything is trained, or None.
    """

    task: TaskRequest
    future: pd.DataFrame | None = None


@dataclass
class Trained:
    """What came of it.

    Attributes:
        forecaster: the winner, fitted on all data.
        entries: the leaderboard, the best first; empty when there was no backtest.
        left_out: why a model is not in it, by its name.
        run_id: MLflow's id of the run, or None.
        version: the registered version, or None.
        out: the artifact folder, or None.
    """

    forecaster: Forecaster
    entries: list[Entry] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    run_id: str | None = None
    version: Version | None = None
    out: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        facts = self.forecaster.facts
        return {
            "model": self.forecaster.spec.alias,
            "task": self.forecaster.predictor.task.to_dict(),
            "metrics": self.entries[0].metrics if self.entries else None,
            "leaderboard": leaderboard_records(self.entries) if self.entries else [],
            "left_out": self.left_out,
            "candidates": learned.candidates if (learned := self.forecaster.learned_) else [],
            "series": facts.series,
            "rows": facts.rows,
            "training_end": facts.training_end,
            "fingerprint": facts.fingerprint,
            "seconds": facts.seconds,
            "calibration": calibration_of(self.forecaster),
            "run_id": self.run_id,
            "registered": vars(self.version) if self.version else None,
            "out": str(self.out) if self.out else None,
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


def train(frame: pd.DataFrame, request: TrainRequest) -> Trained:
    """Train one model, or the best of several.

    Raises:
        ForecastingError: the data, a choice, the place of the model or the registry has a problem.
    """
    require_keepable(request)
    panel = panel_of(frame, request.task)
    say(f"{panel.n_series} series, {len(panel.y)} rows, step {panel.frequency.alias}.")
    candidates = forecasters(request.task, panel.frequency.alias, ("gru",))
    if request.future is not None:
        require_future(candidates[0], panel, request.future)
    with journal(request.name, request.experiment, request.is_tracked) as run:
        found = compete(candidates, panel, request.task, run)
        winner = found.entries[0].forecaster if found.entries else candidates[0]
        trained = Trained(refit(winner, panel), found.entries, found.left_out, run.run_id)
        keep(run, trained, frame, request)
    return trained


def require_future(forecaster: Forecaster, panel: Panel, future: pd.DataFrame) -> None:
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


def compete(candidates: list[Forecaster], panel: Panel, task: TaskRequest, run: Journal) -> Contest:
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
        with run.child(candidate.spec.alias) as child:
            entry = score(candidate, panel, task)
            log_entry(child, entry)
            return entry

    try:
        return contest(candidates, enter)
    except ForecastingError as error:
        if len(candidates) > 1 or error.code not in WANT_OF_DATA:
            raise
        say(f"No backtest: {error}")
        return Contest()


def refit(winner: Forecaster, panel: Panel) -> Forecaster:
    """Fit the winner's choices on all data."""
    with watched(f"{winner.spec.alias} on all data") as callbacks:
        return winner.copy().fit_panel(panel, callbacks)


def require_keepable(request: KeepRequest) -> None:
    """Check where a model is to be put, before the work that it takes.

    Raises:
        ArtifactError: no model can be written to its folder.
        RegistryError: no model may be registered under its name.
    """
    if request.register:
        registry.require_name(request.register)
    if request.out:
        artifact.require_place(request.out)


def keep(run: Journal, trained: Trained, frame: pd.DataFrame, request: KeepRequest) -> None:
    """Save a model where that is asked for, record it, and register it; it is not lost where one of them fails.

    Raises:
        ArtifactError: its folder holds something else by now; it is in the home folder.
        OSError: it cannot be written to its folder; it is in the home folder.
        RegistryError: a name was given and the registry does not take the model.
    """
    failure = save(trained, request.out) if request.out else None
    record(run, trained, frame, request)
    register(run, trained, request)
    if failure:
        raise failure


def save(trained: Trained, out: str) -> Exception | None:
    """Save a model; where that fails, save it in the home folder, say why and return the error."""
    try:
        trained.out = trained.forecaster.save(out)
    except (ForecastingError, OSError) as error:
        say(f"The model cannot be saved in {out}: {error}")
        with contextlib.suppress(OSError):  # the registry may still take it
            spare(trained)
        return error
    say(f"Saved in {trained.out}.")
    return None


def record(run: Journal, trained: Trained, frame: pd.DataFrame, request: KeepRequest) -> None:
    """Log what was trained on what, how well it did, and the pictures."""
    facts, learned = trained.forecaster.facts, trained.forecaster.learned_
    data = {"data": request.name, "series": facts.series, "rows": facts.rows, "fingerprint": facts.fingerprint}
    run.log(lambda active: active.params({**data, **model_params(trained.forecaster)}))
    run.log(lambda active: active.dataset(frame, request.name, facts.fingerprint))
    if learned is not None:
        run.log(lambda active: active.history(learned))
    log_candidates(run, trained.forecaster)
    if trained.entries:
        run.log(lambda active: active.metrics(trained.entries[0].metrics))
        log_pictures(run, trained.entries)


def register(run: Journal, trained: Trained, request: KeepRequest) -> None:
    """Log the model and register it; a model that can be put nowhere else is saved in the home folder.

    Raises:
        RegistryError: a name was given and the registry does not take the model.
    """
    forecaster = trained.forecaster
    if request.register and run.run is not None:
        try:
            with registry.registry_errors(request.register):
                logged = run.run.model(forecaster.fitted.artifact, request.register)
                trained.version = alias(logged.version, request.is_champion) if logged.version else None
        except ForecastingError:
            spare(trained)
            raise
        return
    run.log(lambda active: active.model(forecaster.fitted.artifact))
    if run.run is None and trained.out is None:
        spare(trained)
    if request.register:
        text = f"{request.register} is not registered: there is no MLflow run to register from."
        raise registry.RegistryError(f"{text} Fix: see the warning above, and run again.", code="registry_unavailable")


def alias(version: Version, is_champion: bool) -> Version:
    """Make a new version the challenger, or the champion where there is none yet or it is to be."""
    if is_champion or registry.champion(version.name) is None:
        return registry.promote(version.name, version.version)
    return registry.challenge(version.name, version.version)


def spare(trained: Trained) -> None:
    """Save a model that would be lost otherwise."""
    if trained.out is None:
        name = f"{trained.forecaster.spec.model}-{trained.forecaster.facts.fingerprint[:12]}"
        trained.out = trained.forecaster.save(home() / "models" / name)
        say(f"Saved in {trained.out}.")


def is_known(name: str, frame: pd.DataFrame, task: TaskRequest) -> bool:
    """Whether the champion or the challenger of `name` was trained on exactly this data."""
    fingerprint = panel_of(frame, task).fingerprint()
    for one in (registry.CHAMPION, registry.CHALLENGER):
        try:
            folder = registry.resolve(f"{name}@{one}")
        except registry.RegistryError:
            continue
        if artifact.read_json(folder / artifact.SPEC_FILE)["facts"]["fingerprint"] == fingerprint:
            return True
    return False
