"""Results as people read them: what the commands print where no JSON is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from forecasting.errors import without_password
from forecasting.evaluation.metrics import ranking_metric
from pipelines.terminal.console import say
from pipelines.terminal.tables import cell, show_facts, show_table

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.data.checks.audit import Audit
    from forecasting.evaluation.leakage import LeakageReport
    from forecasting.leaderboard import Entry
    from forecasting.store.registry import Version
    from pipelines.jobs.check import CheckResult
    from pipelines.jobs.experiment import ExperimentResult
    from pipelines.jobs.train import Trained
    from pipelines.jobs.tune import TuneResult

#: Columns of the leaderboard that people read, in their order.
LEADERBOARD_METRICS = ("perplexity", "accuracy", "mase", "owa", "smape", "mae", "wql", "coverage_80")

#: Of the metrics of one model, those that tell the most.
TELLING_METRICS = ("perplexity", "accuracy", "mase", "smape", "mae", "wql")

#: Rows of the table per series that people get, and its columns; JSON has all of them.
SHOWN_SERIES = 20
SERIES_COLUMNS = ("rows", "start", "end", "missing_share", "gaps", "duplicates", "zeros", "outliers", "constant")


def show_leaderboard(entries: Sequence[Entry]) -> None:
    """Print a leaderboard: few metrics, and what each model costs."""
    metrics = [name for name in LEADERBOARD_METRICS if any(name in entry.metrics for entry in entries)]
    columns = ["", "model", *metrics, "train s", "predict ms", "size kB"]
    rows = [
        [
            place,
            entry.name,
            *(entry.metrics.get(name, math.nan) for name in metrics),
            entry.train_seconds,
            entry.predict_milliseconds,
            entry.artifact_bytes / 1000,
        ]
        for place, entry in enumerate(entries, 1)
    ]
    if ranking_metric(metrics) == "perplexity":
        note = "Lower is better, but for accuracy. Perplexity ranks."
    else:
        note = "Lower is better; coverage_80 aims at 0.8. MASE ranks."
    show_table("Leaderboard", columns, rows, note)


def show_metrics(metrics: Mapping[str, Mapping[str, float]]) -> None:
    """Print the metrics of several models; the loss of single quantiles is left to machines."""
    names = list(dict.fromkeys(name for one in metrics.values() for name in one if not name.startswith("pinball")))
    rows = [[model, *(one.get(name, math.nan) for name in names)] for model, one in metrics.items()]
    show_table("Backtest", ["model", *names], rows)


def show_trained(trained: Trained) -> None:
    """Print what a training made."""
    forecaster, contest, kept = trained.forecaster, trained.contest, trained.kept
    if len(contest.entries) > 1:
        show_leaderboard(contest.entries)
    show_candidates(forecaster.leaderboard_, forecaster.spec.head_spec.degree)
    facts, task = forecaster.facts, forecaster.predictor.task
    seasons = ", ".join(map(str, task.season))
    show_facts(
        {
            "model": forecaster.spec.alias,
            "task": f"{task.horizon} steps of {task.freq}, season {seasons}, context {task.context_length}",
            "data": f"{facts.series} series, {facts.rows} rows up to {str(facts.training_end).removesuffix('.000000')}",
            "accuracy": metrics_text(contest.winner.metrics) if contest.winner else "not measured",
            "calibrated on": f"{facts.calibration_windows} windows" if facts.calibration_windows else None,
            "trained in": f"{facts.seconds:.1f} s",
            "MLflow run": kept.run_id,
            "registered": version_text(kept.version) if kept.version else None,
            "saved in": kept.out,
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


def metrics_text(metrics: Mapping[str, float]) -> str:
    """Return the most telling metrics in one line; those that are no numbers are left out."""
    values = {name: metrics.get(name, math.nan) for name in TELLING_METRICS}
    return ", ".join(f"{name} {cell(value)}" for name, value in values.items() if not math.isnan(value))


def version_text(version: Version) -> str:
    """Return a registered version with its aliases."""
    aliases = ", ".join(version.aliases)
    return f"{version.name}/{version.version}{f' ({aliases})' if aliases else ''}"


def show_check(result: CheckResult) -> None:
    """Print an audit, and what was repaired."""
    audit, repaired = result.audit, result.repaired
    frequency = audit.frequency.alias if audit.frequency else "unknown"
    show_facts({"series": audit.n_series, "rows": audit.n_rows, "step": frequency})
    show_findings("Findings", audit)
    show_series(audit.per_series)
    if repaired:
        rows = [[one["code"], one["change"], one["rows"], places_text(one["places"])] for one in repaired.changes]
        show_table(f"Repaired in {repaired.out}", ["code", "change", "rows", "first places"], rows)
        if repaired.audit.errors:
            show_findings("Errors that are left", repaired.audit)
    elif audit.errors:
        say("There are errors: --fix OUT repairs those that need no judgement.")


def places_text(places: Sequence[Mapping[str, Any]]) -> str:
    """Return the first few places of a change in words."""
    return "; ".join(", ".join(str(value) for value in one.values() if value is not None) for one in places[:3])


def show_series(table: pd.DataFrame) -> None:
    """Print the first rows of the table per series, those with the most trouble first."""
    if table.empty:
        return
    trouble = table["gaps"] + table["duplicates"] + table["missing"] + table["outliers"]
    order = trouble.sort_values(ascending=False, kind="stable").index[:SHOWN_SERIES]
    rows = [[row["unique_id"], *(row[name] for name in SERIES_COLUMNS)] for row in table.loc[order].to_dict("records")]
    title = "Series" if len(table) <= SHOWN_SERIES else f"{SHOWN_SERIES} of {len(table)} series, most trouble first"
    show_table(title, ["series", *(name.replace("_", " ") for name in SERIES_COLUMNS)], rows)


def show_findings(title: str, audit: Audit) -> None:
    """Print the findings of an audit."""
    if not audit.findings:
        show_facts({"findings": "none"})
        return
    rows = [[one.severity, one.code, one.count, f"{one.message} Fix: {one.fix}"] for one in audit.findings]
    show_table(title, ["", "code", "count", "what, where, fix"], rows)


def show_leakage(report: LeakageReport) -> None:
    """Print a leak check."""
    verdict = "something moved: the future leaks" if report.leaks else "nothing moved"
    how = "fitted before the cutoff, for every change" if report.is_refitted else "trained, answering as it is"
    show_facts({"verdict": verdict, "cutoff": report.cutoff, "series": report.series, "model": how})
    rows = [
        [effect.changed, effect.values, name, value]
        for effect in report.effects
        for name, value in effect.differences.items()
    ]
    show_table("Largest difference", ["changed after the cutoff", "values", "compared", "difference"], rows)


def show_experiment(done: ExperimentResult) -> None:
    """Print the table of an experiment; a cell that a row lacks stays empty."""
    rows = done.result.rows
    columns = list(dict.fromkeys(column for row in rows for column in row))
    show_table(done.result.title, columns, [[row.get(column) for column in columns] for row in rows])


def show_tuned(result: TuneResult) -> None:
    """Print the trials, what mattered and what was found."""
    tuned, best = result.tuned, result.tuned.best
    several = any("model" in row.choices for row in tuned.rows)
    rows = [
        [
            f"{row.number}{' *' if row.number == best.number else ''}",
            row.state,
            math.nan if row.score is None else row.score,
            math.nan if row.seconds is None else row.seconds,
            *([row.choices.get("model")] if several else ()),
            f"{'as given: ' if row.is_default else ''}{choices_text(row.choices)}",
        ]
        for row in tuned.rows
    ]
    columns = ["trial", "state", tuned.metric, "seconds", *(["model"] if several else ()), "choices"]
    show_table("Trials", columns, rows, "* is the best.")
    if tuned.importances:
        shares = [[name, value] for name, value in tuned.importances.items()]
        show_table("What mattered for being among the best quarter", ["choice", "share"], shares)
    defaults = tuned.defaults.score if tuned.defaults else None
    show_facts(
        {
            "best": f"{tuned.metric} {cell(best.score)} (as given: {cell(defaults) or 'no result'})",
            "model": result.config["model"],
            "study": f"{tuned.study} in {without_password(tuned.storage)}",
            "MLflow run": result.run_id,
            "written to": result.out,
        }
    )
    click.echo(f"\nTrain it: forecast train --config {result.out}")


def choices_text(choices: Mapping[str, Any]) -> str:
    """Return the choices of a trial in one line, without the model."""
    named = {name.rpartition("/")[2]: value for name, value in choices.items() if name != "model"}
    short = {name.removeprefix("model.").removeprefix("training."): value for name, value in named.items()}
    return ", ".join(f"{name} {cell(value)}" for name, value in short.items())


def installation_text(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return what the doctor found as names and texts."""
    place, tracking = facts["home"], facts["tracking"]
    models = [f"{one['name']} (champion {one['champion'] or 'none'})" for one in tracking["models"]]
    free = f", {place['free_bytes'] / 1e9:.1f} GB free" if place["free_bytes"] is not None else ""
    return {
        **facts["versions"],
        **compute_text(facts["compute"]),
        "home": f"{place['folder']} ({'writable' if place['writable'] else 'NOT writable'}{free})",
        "tracking": f"{tracking['uri']} ({'answers' if tracking['reachable'] else 'does NOT answer'})",
        "registered": ", ".join(models) or "none",
        **{name: ", ".join(names) for name, names in facts["known"].items()},
    }


def compute_text(compute: Mapping[str, Any]) -> dict[str, str]:
    """Return what computes here as names and texts."""
    build, libraries = compute["build"], compute["cuda_libraries"]
    gpus = [
        f"{gpu['name']} ({gpu['compute_capability']}; memory {'grows' if gpu['memory_growth'] else 'is taken whole'})"
        for gpu in compute["gpus"]
    ]
    built = f"for CUDA {build['cuda_version']} and cuDNN {build['cudnn_version']}" if build["cuda"] else "for CPUs"
    return {
        "devices": ", ".join(compute["devices"]),
        "GPUs": ", ".join(gpus) or "none",
        "TensorFlow built": built,
        "CUDA libraries": ", ".join(f"{name} {version}" for name, version in libraries.items()) or "none from pip",
        "kernels": ", ".join(f"{name}: {kernel}" for name, kernel in compute["kernels"].items()),
        "threads": f"{compute['intra_op_threads']} in an operation, {compute['inter_op_threads']} between, "
        f"{compute['cores']} cores",
    }


def show_answer(answer: Mapping[str, Any]) -> None:
    """Print the forecast of the demo's service, every third hour."""
    forecast = answer["forecasts"][0]
    columns, values = ["time", "cars per hour"], [forecast["ds"], forecast["point"]]
    for level, bounds in (forecast.get("intervals") or {}).items():
        columns += [f"{level} % from", "to"]
        values += [bounds["lo"], bounds["hi"]]
    rows = [[time, *map(round, numbers)] for time, *numbers in zip(*values, strict=True)]
    show_table("The next day, forecast by the service", columns, rows[::3])


def next_steps_text(url: str, name: str, request: object, data: object) -> str:
    """Return what to do with the demo's running service and the rest.

    Args:
        url: address of the service.
        name: registered name of the model.
        request: file of the request that it was asked.
        data: file of the data.
    """
    return f"""\
The service answers at {url} (see {url}/v1/models). Ask it again:

  curl -s {url}/v1/forecast -H 'Content-Type: application/json' -d @{request}

What to try next:

  forecast check {data}
  forecast train {data} --horizon 48 --model gru:units=64 --model seasonal-naive --register {name}
  forecast promote {name} challenger
  forecast serve --model {name}@champion
  forecast leaderboard your.csv --horizon 24 --time date --target sales
"""
