"""Where a model that was made goes: its folder, the MLflow run, the registry. It is never lost on the way."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecasting.errors import ForecastingError
from forecasting.forecaster import Forecaster
from forecasting.store import registry
from forecasting.store.home import home, shared_address
from forecasting.store.model_folder import require_place
from pipelines.jobs.records import record_training
from pipelines.terminal.console import say

if TYPE_CHECKING:
    from forecasting.store.registry import Version
    from pipelines.files.sources import NamedFrame
    from pipelines.jobs.contest import Contest
    from pipelines.jobs.journal import Journal
    from pipelines.options.requests import KeepRequest


@dataclass(frozen=True)
class Kept:
    """Where a model is.

    Attributes:
        run_id: MLflow's id of the run, or None.
        version: the registered version, or None.
        out: its folder, or None.
    """

    run_id: str | None = None
    version: Version | None = None
    out: Path | None = None


@dataclass(frozen=True)
class Saved:
    """How the saving of a model ended.

    Attributes:
        folder: where it is; None where it is nowhere.
        failure: why it is not where it was to be.
    """

    folder: Path | None = None
    failure: Exception | None = None


def require_keepable(request: KeepRequest) -> None:
    """Check where a model is to be put, before the work that it takes.

    Raises:
        ArtifactError: no model can be written to its folder.
        RegistryError: no model may be registered under its name.
    """
    if request.register:
        registry.require_name(request.register)
    if request.out:
        require_place(request.out)


def keep_model(
    forecaster: Forecaster, contest: Contest, data: NamedFrame, request: KeepRequest, journal: Journal
) -> Kept:
    """Save a model where that is asked for, record it, and register it; it is not lost where one of them fails.

    Args:
        forecaster: the model, fitted.
        contest: how well it and others did; empty where nobody looked.
        data: what it was trained on.
        request: where it goes.
        journal: the run that records it.

    Raises:
        ArtifactError: its folder holds something else by now; it is in the home folder.
        OSError: it cannot be written to its folder; it is in the home folder.
        RegistryError: a name was given and the registry does not take the model.
    """
    run_id, version = journal.run_id, None
    forecaster = with_report(forecaster, contest, run_id)
    saved = save_model(forecaster, request.out) if request.out else Saved()
    record_training(journal, forecaster, contest, data)
    if request.register:
        try:
            version = register_model(forecaster, request.register, request.promote, journal)
        except ForecastingError:
            if saved.folder is None:
                save_at_home(forecaster)
            raise
    else:
        journal.log(lambda run: run.model(forecaster.fitted.artifact))
        if journal.run is None and saved.folder is None:
            saved = Saved(save_at_home(forecaster), saved.failure)
    if saved.failure:
        raise saved.failure
    return Kept(run_id, version, saved.folder)


def with_report(forecaster: Forecaster, contest: Contest, run_id: str | None) -> Forecaster:
    """Return the forecaster with how it and others did; where nobody looked, with what it had."""
    if contest.winner is None:
        return forecaster
    from forecasting.leaderboard import report_of
    from forecasting.store.report import RunReference

    run = RunReference(run_id=run_id, address=shared_address()) if run_id else None
    report = report_of(contest.entries, contest.left_out, run)
    return Forecaster.of(forecaster.choices, forecaster.fitted.reported(report))


def save_model(forecaster: Forecaster, out: str) -> Saved:
    """Save a model in a folder; in the home folder where that fails."""
    try:
        folder = forecaster.save(out)
    except (ForecastingError, OSError) as error:
        say(f"The model cannot be saved in {out}: {error}")
        with contextlib.suppress(OSError):  # the registry may still take it
            return Saved(save_at_home(forecaster), error)
        return Saved(None, error)
    say(f"Saved in {folder}.")
    return Saved(folder)


def save_at_home(forecaster: Forecaster) -> Path:
    """Save a model that would be lost otherwise; return its folder."""
    name = f"{forecaster.spec.model}-{forecaster.facts.fingerprint[:12]}"
    folder = forecaster.save(home() / "models" / name)
    say(f"Saved in {folder}.")
    return folder


def register_model(forecaster: Forecaster, name: str, promote: bool, journal: Journal) -> Version | None:
    """Log a model in the run of a journal and register it from there.

    Raises:
        RegistryError: there is no run, or the registry does not take the model.
    """
    if journal.run is None:
        text = f"{name} is not registered: there is no MLflow run to register from."
        raise registry.RegistryError(f"{text} Fix: see the warning above, and run again.", code="registry_unavailable")
    with registry.registry_errors(name):
        logged = journal.run.model(forecaster.fitted.artifact, name)
        return give_alias(logged.version, promote) if logged.version else None


def give_alias(version: Version, promote: bool) -> Version:
    """Make a new version the challenger, or the champion where there is none yet or it is to be."""
    if promote or registry.champion(version.name) is None:
        return registry.promote(version.name, version.version)
    return registry.challenge(version.name, version.version)
