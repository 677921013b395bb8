"""Options that several commands share; imports nothing heavy."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from forecasting.config.task import SHORT_SERIES
from pipelines.files.request import DataRequest
from pipelines.options.bundle import Bundle, Function
from pipelines.options.requests import KeepRequest, TaskRequest
from pipelines.options.types import Cycles, FrequencyText, Names, NumberList, Separator, Setting
from pipelines.terminal.console import listening, say
from pipelines.terminal.exits import NoDataError


def examples(*lines: str) -> str:
    """Return the examples at the end of a command's --help, line by line as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


data_options = Bundle("data", DataRequest, [
    click.argument("location", metavar="DATA"),
    click.option("--query", metavar="SQL", help="Query to run, when DATA is a SQLAlchemy URL."),
    click.option("--id", "--id-column", "id_column", metavar="COLUMN", help="Id column [unique_id or item_id]."),
    click.option("--time", "--time-column", "time_column", metavar="COLUMN", help="Time column [ds or timestamp]."),
    click.option("--target", "--target-column", "target_column", metavar="COLUMN",
                 help="Target column [y or target]."),
    click.option("--sep", type=Separator(), default=",", show_default=True, help="Field separator of a CSV file."),
    click.option("--decimal", type=Separator(), default=".", show_default=True, help="Decimal mark of a CSV file."),
    click.option("--thousands", type=Separator(), default="", help="Grouping mark of a CSV target, e.g. . in 1.234,5"),
    click.option("--encoding", default="utf-8", show_default=True, help="Encoding of a CSV file."),
])  # fmt: skip

freq_option = click.option(
    "--freq", type=FrequencyText(), metavar="F", help="Step: a pandas alias (h, D, MS ...) or an integer. [inferred]"
)

#: What may be said of a task besides its horizon and its models.
CHOICES = (
    freq_option,
    click.option("--season", type=NumberList(int), help="Seasonal periods in steps, e.g. 24,168. [by frequency]"),
    click.option("--context", "context_length", type=click.IntRange(1), help="Steps looked back. [by rule]"),
    click.option("--static", "static_covariates", type=Names(), default=(), metavar="COLUMN,...",
                 help="Columns that say something about a series at all times: numbers or categories."),
    click.option("--known", "known_covariates", type=Names(), default=(), metavar="COLUMN,...",
                 help="Columns whose future is known, such as promotions or a weather forecast."),
    click.option("--past", "past_covariates", type=Names(), default=(), metavar="COLUMN,...",
                 help="Columns of which only the past is known; they never reach the horizon."),
    click.option("--calendar", type=Cycles(), metavar="CYCLE,...",
                 help="Cycles that every step is told of: hour, weekday, weekend, month, year, or none. [by rule]"),
    click.option("--holidays", metavar="COUNTRY", help="Country whose public holidays count: DE, US-CA ..."),
    click.option("--lower", type=float, help="Nothing below this is forecast, e.g. 0."),
    click.option("--upper", type=float, help="Nothing above this is forecast."),
    click.option("--max-horizon", type=click.IntRange(1), metavar="H",
                 help="The longest horizon that the model answers later. [10 times --horizon]"),
    click.option("--short-series", type=click.Choice(SHORT_SERIES), default="pad", show_default=True,
                 help="Series too short for the model: pad, refuse, or a simpler model."),
    click.option("--calibrate", type=click.IntRange(0), metavar="K",
                 help="Horizons held out of training, to calibrate the intervals on. [0: none]"),
    click.option("--set", "training", type=Setting(), multiple=True,
                 help="Training field, e.g. training.steps=500; may be repeated."),
)  # fmt: skip


def task_options(least_windows: int = 1, each_limited: bool = True) -> Bundle:
    """Return the options of a task, which hand over a `TaskRequest` as `task`.

    Args:
        least_windows: the least origins that `--windows` takes.
        each_limited: whether `--time-limit` is that of each training; a command may mean something else by it.
    """
    backtest = [
        click.option("--windows", type=click.IntRange(least_windows), default=5, show_default=True,
                     help="Rolling origins of the backtest." + ("" if least_windows else " 0: none.")),
        click.option("--step", type=click.IntRange(1), help="Steps between two origins. [the horizon]"),
    ]  # fmt: skip
    limit = click.option("--time-limit", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
                         help="Time that each training may take. [none; 600 for auto]")  # fmt: skip
    return Bundle("task", TaskRequest.of, [
        click.option("--horizon", type=click.IntRange(1), required=True, help="Steps ahead to forecast."),
        click.option("--model", "models", multiple=True, metavar="MODEL",
                     help="Model, e.g. gru or seasonal-naive:period=24; may be repeated."),
        *backtest,
        *CHOICES,
        *([limit] if each_limited else ()),
    ])  # fmt: skip


#: Options of `forecast train` that say what is trained on what; a config file holds them.
TRAIN_BUNDLES = (data_options, task_options(least_windows=0))

horizon_option = click.option("--horizon", type=click.IntRange(1), help="Steps ahead. [as trained]")

level_option = click.option("--level", type=NumberList(float), default=(), help="Intervals in percent, e.g. 80,95.")

model_option = click.option(
    "--model", required=True, metavar="MODEL", help="Model folder, NAME@alias, NAME/version or models:/ URI."
)

future_option = click.option(
    "--future",
    metavar="FILE",
    help="Known covariates of the steps ahead, by id and time; a file, folder or glob. [rows of DATA without target]",
)

keep_options = Bundle("keep", KeepRequest, [
    click.option("--out", metavar="FOLDER", help="Save the model in this folder."),
    click.option("--register", metavar="NAME", help="Register the model; the first version becomes the champion."),
    click.option("--track/--no-track", default=True, show_default=True, help="Log an MLflow run."),
])  # fmt: skip


def require_run(keep: KeepRequest) -> None:
    """Raise a `click.UsageError` where a model is to be registered from a run that is switched off."""
    if keep.register and not keep.track:
        raise click.UsageError("--register needs the MLflow run that --no-track switches off.")


skip_code_option = click.option(
    "--skip-code", type=click.IntRange(0, 255), metavar="N", help="Exit with N when there is nothing new to do."
)


@contextmanager
def skipping(skip_code: int | None) -> Iterator[None]:
    """Exit with the skip code, where one was given, when it turns out that the data has no rows."""
    try:
        yield
    except NoDataError as error:
        if skip_code is None:
            raise
        say(str(error))
        raise click.exceptions.Exit(skip_code) from error


def common_options(function: Function) -> Function:
    """Add --json and --debug, and bring the library's log lines to stderr while the command runs."""

    @functools.wraps(function)
    def command(**values: Any) -> Any:
        with listening():
            return function(**values)

    debug = click.option("--debug", is_flag=True, expose_value=False, callback=_debug, help="Show tracebacks.")
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(debug(command))


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        os.environ["FORECAST_DEBUG"] = "1"
