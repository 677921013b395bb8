"""The job of an experiment: run it, write its pictures, hand over its table."""

from __future__ import annotations

import ast
import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecasting.experiments import EXPERIMENTS
from forecasting.store.home import home
from pipelines.files.request import DataRequest
from pipelines.files.sinks import write_picture
from pipelines.files.sources import DataSource
from pipelines.options.requests import ExperimentRequest
from pipelines.terminal.console import say

if TYPE_CHECKING:
    from forecasting.experiments import Result


@dataclass(frozen=True)
class ExperimentResult:
    """An experiment that was run.

    Attributes:
        name: its name.
        result: its table.
        pictures: files that were written.
        seconds: how long it took.
    """

    name: str
    result: Result
    pictures: list[Path]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "experiment": self.name,
            "title": self.result.title,
            "rows": self.result.rows,
            "pictures": [str(path) for path in self.pictures],
            "seconds": round(self.seconds, 1),
        }


def experiment_summaries() -> dict[str, str]:
    """Return what each experiment shows, in a line."""
    return {name: summary_of(name) for name in EXPERIMENTS.names()}


def summary_of(name: str) -> str:
    """Return the first line of an experiment's docstring, read without running its imports."""
    spec = importlib.util.find_spec(f"{EXPERIMENTS.package}.{name.replace('-', '_')}")
    source = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


def run_experiment(name: str, request: ExperimentRequest) -> ExperimentResult:
    """Run an experiment and write its pictures.

    Raises:
        click.BadParameter: there is no such experiment, or it runs on its own data only.
    """
    known = EXPERIMENTS.names()
    if name not in known:
        raise click.BadParameter(f"{name!r} is no experiment. Known: {', '.join(known)}.", param_hint="NAME")
    module = EXPERIMENTS.load(name)
    if request.data and not module.READS_DATA:
        raise click.BadParameter(f"{name} runs on its own data. Leave it out.", param_hint="--data")
    if request.horizon and not request.data:
        raise click.BadParameter("It goes with --data only. Leave it out, or give --data.", param_hint="--horizon")
    started = time.perf_counter()
    result = module.run(quick=request.quick, seed=request.seed, **data_arguments(request))
    pictures = write_pictures(result, Path(request.out) if request.out else home() / "experiments" / name)
    return ExperimentResult(name, result, pictures, time.perf_counter() - started)


def data_arguments(request: ExperimentRequest) -> dict[str, Any]:
    """Return the arguments of an experiment's `run` that say what data it runs on."""
    if request.data is None:
        return {}
    frame = DataSource.open(DataRequest(request.data)).frame()
    return {"frame": frame, "horizon": request.horizon} if request.horizon else {"frame": frame}


def write_pictures(result: Result, folder: Path) -> list[Path]:
    """Write the pictures of an experiment into a folder; return their paths."""
    paths = {folder / f"{name}.png": figure for name, figure in result.figures.items()}
    for path, figure in paths.items():
        write_picture(path, figure)
    if paths:
        say(f"Pictures: {', '.join(map(str, paths))}")
    return list(paths)
