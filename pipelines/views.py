"""Results as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from forecasting.evaluation.metrics import ranking_metric
from pipelines.competitors import leaderboard_rows
from pipelines.console import cell, show_table

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.leaderboard import Entry
    from pipelines.training import Trained


def show_leaderboard(entries: Sequence[Entry]) -> None:
    """Print a leaderboard."""
    columns, rows = leaderboard_rows(entries)
    if ranking_metric(columns) == "perplexity":
        note = "Lower is better, but for accuracy. Perplexity ranks."
    else:
        note = "Lower is better; coverage_80 aims at 0.8. MASE ranks."
    show_table("Leaderboard", columns, rows, note)


def show_metrics(metrics: Mapping[str, Mapping[str, float]]) -> None:
    """Print the metrics of several models; the loss of single quantiles is left to machines."""
    names = list(dict.fromkeys(name for found in metrics.values() for name in found if not name.startswith("pinball")))
    rows = [[model, *(found.get(name, float("nan")) for name in names)] for model, found in metrics.items()]
    show_table("Backtest", ["model", *names], rows)


def show_trained(trained: Trained) -> None:
    """Print what a training made."""
    if len(trained.entries) > 1:
        show_leaderboard(trained.entries)
    show_candidates(trained.forecaster.leaderboard_, trained.forecaster.spec.head_spec.degree)
    facts, task = trained.forecaster.facts, trained.forecaster.predictor.task
    seasons = ", ".join(map(str, task.season))
    show_facts(
        {
            "model": trained.forecaster.spec.alias,
            "task": f"{task.horizon} steps of {task.freq}, season {seasons}, context {task.context_length}",
            "data": f"{facts.series} series, {facts.rows} rows up to {str(facts.training_end).removesuffix('.000000')}",
            "accuracy": accuracy(trained.entries[0].metrics) if trained.entries else "not measured",
            "calibrated on": f"{facts.calibration_windows} windows" if facts.calibration_windows else None,
            "trained in": f"{facts.seconds:.1f} s",
            "MLflow run": trained.run_id,
            "registered": registered(trained.version) if trained.version else None,
            "saved in": trained.out,
        }
    )


def show_candidates(candidates: pd.DataFrame, degree: int) -> None:
    """Print the candidates that `auto` tried, the best first; nothing for other models.

    Args:
        candidates: `Forecaster.leaderboard_`.
        degree: by which power of the errors they were compared.
    """
    if candidates.empty:
        return
    ranked = candidates.sort_values("error", kind="stable")
    columns = ["model", "error", "seconds", "weight", "fitted_on", "note"]
    rows = ranked[columns].astype(object).where(ranked[columns].notna(), None).to_numpy().tolist()
    error = "Root of the mean square of the errors scaled as in MASE" if degree == 2 else "MASE"
    note = f"{error} at origins that no candidate was trained on; lower is better."
    show_table("Candidates of auto", [name.replace("_", " ") for name in columns], rows, note)


def accuracy(metrics: Mapping[str, float]) -> str:
    """Return the most telling metrics in one line; those that are no numbers are left out."""
    return ", ".join(
        f"{name} {cell(metrics[name])}"
        for name in ("perplexity", "accuracy", "mase", "smape", "mae", "wql")
        if not math.isnan(metrics.get(name, math.nan))
    )


def registered(version: Any) -> str:
    """Return a registered version with its aliases."""
    aliases = ", ".join(version.aliases)
    return f"{version.name}/{version.version}{f' ({aliases})' if aliases else ''}"


def show_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values in two columns, leaving out what there is not."""
    width = max(map(len, facts))
    for name, value in facts.items():
        if value is not None:
            click.echo(f"{name:<{width}}  {value}")
