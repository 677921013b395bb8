"""What the MLflow run of a training holds: data, choices, metrics, and the pictures of the backtest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.jobs.pictures import log_pictures

if TYPE_CHECKING:
    from forecasting.forecaster import Forecaster
    from forecasting.leaderboard import Entry
    from pipelines.files.sources import NamedFrame
    from pipelines.jobs.contest import Contest
    from pipelines.jobs.journal import Journal


def record_training(journal: Journal, forecaster: Forecaster, contest: Contest, data: NamedFrame) -> None:
    """Log what was trained on what, how well it did, and the pictures."""
    facts, candidates = forecaster.facts, forecaster.leaderboard_
    named = {"data": data.name, "series": facts.series, "rows": facts.rows, "fingerprint": facts.fingerprint}
    journal.log(lambda run: run.params({**named, **model_params(forecaster)}))
    journal.log(lambda run: run.dataset(data.frame, data.name, facts.fingerprint))
    record_history(journal, contest.winner.forecaster if contest.winner else forecaster)
    if len(candidates):  # those that `auto` tried
        journal.log(lambda run: run.table(candidates, "candidates.json"))
    if contest.winner:
        metrics = contest.winner.metrics
        journal.log(lambda run: run.metrics(metrics))
        log_pictures(journal, contest.entries)


def record_entry(journal: Journal, entry: Entry) -> None:
    """Log one candidate of a contest: choices, metrics, costs, and the metrics of its training."""
    costs = {
        "train_seconds": entry.train_seconds,
        "predict_milliseconds": entry.predict_milliseconds,
        "artifact_bytes": entry.artifact_bytes,
    }
    journal.log(lambda run: run.params(model_params(entry.forecaster)))
    journal.log(lambda run: run.metrics({**entry.metrics, **costs}))
    record_history(journal, entry.forecaster)


def record_history(journal: Journal, forecaster: Forecaster) -> None:
    """Log the looks at the rows that were held out of a training, where there were any."""
    learned = forecaster.learned_
    if learned is not None:
        journal.log(lambda run: run.history(learned.history))


def model_params(forecaster: Forecaster) -> dict[str, Any]:
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
