"""The job of an experiment: run it, write its pictures, hand over its table."""

from __future__ import annotations

import ast
import functools
import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecasting.experiments import EXPERIMENTS
from forecasting.home import home
from pipelines.console import say, show_table
from pipelines.requests import DataRequest

if TYPE_CHECKING:
    from forecasting.experiments._result import Result


@dataclass(frozen=True)
class Request:
    """Which experiment is run, and how.

    Attributes:
        name: its name.
        out: folder of the pictures; under FORECAST_HOME when None.
        quick: whether the small version is run.
        seed: the first seed.
        data: file, folder, glob or SQLAlchemy URL; the experiment's own data when None.
        horizon: steps ahead, with data; the experiment's own when None.
    """

    name: str
    out: str | None = None
    quick: bool = False
    seed: int = 1
    data: str | None = None
    horizon: int | None = None


@dataclass(frozen=True)
class Done:
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

    def show(self) -> None:
        """Print the table; a cell that a row lacks stays empty."""
        columns = list(dict.fromkeys(column for row in self.result.rows for column in row))
        show_table(self.result.title, columns, [[row.get(column) for column in columns] for row in self.result.rows])


def summaries() -> dict[str, str]:
    """Return the first line of each experiment's docstring, read without running its imports."""
    return {name: first_line(name) for name in EXPERIMENTS.names()}


def first_line(name: str) -> str:
    """Return the first line of an experiment's docstring."""
    found = importlib.util.find_spec(f"{EXPERIMENTS.package}.{name.replace('-', '_')}")
    source = Path(found.origin).read_text(encoding="utf-8") if found and found.origin else ""
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


def experiment(request: Request) -> Done:
    """Run an experiment and write its pictures.

    Raises:
        click.BadParameter: there is no such experiment, or it runs on its own data only.
    """
    known = EXPERIMENTS.names()
    if request.name not in known:
        raise click.BadParameter(f"{request.name!r} is no experiment. Known: {', '.join(known)}.", param_hint="NAME")
    from pipelines.quiet import import_tensorflow

    import_tensorflow()
    module = EXPERIMENTS.load(request.name)
    if request.data and not getattr(module, "READS_DATA", False):
        raise click.BadParameter(f"{request.name} runs on its own data. Leave it out.", param_hint="--data")
    if request.horizon and not request.data:
        raise click.BadParameter("It goes with --data only. Leave it out, or give --data.", param_hint="--horizon")
    started = time.perf_counter()
    result = module.run(quick=request.quick, seed=request.seed, **data_of(request))
    pictures = draw(result, Path(request.out) if request.out else home() / "experiments" / request.name)
    return Done(request.name, result, pictures, time.perf_counter() - started)


def data_of(request: Request) -> dict[str, Any]:
    """Return the arguments of `run` that say what data it runs on."""
    if request.data is None:
        return {}
    from pipelines.sources import Source

    frame = Source.open(DataRequest(request.data)).frame()
    return {"frame": frame, "horizon": request.horizon} if request.horizon else {"frame": frame}


def draw(result: Result, folder: Path) -> list[Path]:
    """Write the pictures of an experiment into a folder; return their paths."""
    from pipelines.sinks import write_atomic

    paths = []
    for name, figure in result.figures.items():
        paths.append(folder / f"{name}.png")
        write_atomic(paths[-1], functools.partial(figure.savefig, format="png"))
    if paths:
        say(f"Pictures: {', '.join(str(path) for path in paths)}")
    return paths
