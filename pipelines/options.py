"""Options that several commands share, bundled into small frozen objects; imports nothing heavy."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import click

from forecasting.config import SHORT_SERIES
from pipelines.option_types import Frequency, Names, NumberList, Separator, Setting

Function = Callable[..., Any]


@dataclass(frozen=True)
class DataRequest:
    """Where data is and how it is written.

    Attributes:
        location: file, folder, glob or SQLAlchemy URL.
        query: SQL, for a URL.
        id_column: name of the id column, when it is not a recognised one.
        time_column: name of the time column.
        target_column: name of the target column.
        sep: what separates the fields of a CSV line.
        decimal: decimal mark of a CSV file.
        encoding: encoding of a CSV file.
        thousands: what groups the digits of a CSV file's target; nothing when empty.
        is_lenient: whether cells that cannot be read stay as the texts they are, for the data check to name.
        symbols: whether the target holds symbols, which only the model says.
        beside: columns of the covariates, likewise.
        has_target: whether there is a target; the future of known covariates has none.
    """

    location: str
    query: str | None = None
    id_column: str | None = None
    time_column: str | None = None
    target_column: str | None = None
    sep: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    thousands: str = ""
    is_lenient: bool = False
    symbols: bool = False
    beside: tuple[str, ...] = ()
    has_target: bool = True

    def read_for(self, task: Any) -> DataRequest:
        """Return how the data must be read for a model of this task."""
        return replace(
            self, symbols=bool(task.symbols), beside=(*task.static_names, *task.known_names, *task.past_names)
        )

    def future(self, location: str, known: tuple[str, ...]) -> DataRequest:
        """Return where the future of known covariates is; it is written like the data."""
        return replace(self, location=location, query=None, symbols=False, beside=known, has_target=False)


@dataclass(frozen=True)
class TaskRequest:
    """What is forecast and by which models.

    Attributes:
        horizon: steps ahead.
        freq: pandas offset alias or integer step; inferred when None.
        season: seasonal periods in steps.
        context_length: steps the models look back.
        models: model texts such as `gru:units=64`.
        windows: rolling origins of the backtest.
        step: steps between two origins; the horizon when None.
        training: fields of `Training` that were given.
        static_covariates: columns that say something about a series at all times.
        known_covariates: columns whose future is known.
        past_covariates: columns of which only the past is known.
        holidays: country whose public holidays are features.
        lower: nothing below this is forecast.
        upper: nothing above this is forecast.
        calibrate: horizons held out to calibrate the intervals on; as `training` says when None.
        short_series: what is done about a series with too few observed values.
        time_limit: seconds that a training may take; as `training` says when None.
    """

    horizon: int
    freq: str | int | None = None
    season: tuple[int, ...] | None = None
    context_length: int | None = None
    models: tuple[str, ...] = ()
    windows: int = 5
    step: int | None = None
    training: tuple[tuple[str, Any], ...] = ()
    static_covariates: tuple[str, ...] = ()
    known_covariates: tuple[str, ...] = ()
    past_covariates: tuple[str, ...] = ()
    holidays: str | None = None
    lower: float | None = None
    upper: float | None = None
    calibrate: int | None = None
    short_series: str = "pad"
    time_limit: float | None = None

    @property
    def training_fields(self) -> tuple[tuple[str, Any], ...]:
        """The fields of `Training` that were given, under whichever name."""
        named = {"calibration_windows": self.calibrate, "time_limit": self.time_limit}
        return (*self.training, *((name, value) for name, value in named.items() if value is not None))

    @property
    def beside(self) -> tuple[str, ...]:
        """The columns of all covariates."""
        return (*self.static_covariates, *self.known_covariates, *self.past_covariates)

    @property
    def of_symbols(self) -> bool:
        """Whether the models forecast symbols.

        Raises:
            ConfigError: some do and some forecast numbers.
        """
        from forecasting.errors import ConfigError
        from forecasting.model_spec import ModelSpec
        from pipelines.quiet import silent_stderr

        with silent_stderr():  # options of a head are checked by its file, which loads TensorFlow
            kinds = {ModelSpec.parse(name).has_symbols for name in self.models}
        if len(kinds) > 1:
            text = "Some models forecast symbols and some numbers. Give all of them head=categorical, or none."
            raise ConfigError(text, code="mixed_heads", field="model")
        return True in kinds

    def read(self, data: DataRequest) -> DataRequest:
        """Return how data must be read for the models.

        Raises:
            ConfigError: two covariates share a name, or some models forecast symbols and some numbers.
        """
        from forecasting.config import require_different

        require_different(self.beside)
        return replace(data, symbols=self.of_symbols, beside=self.beside)


@dataclass(frozen=True)
class TrainOptions:
    """What a training reads besides its data, and what becomes of it.

    Attributes:
        future: where the future of the known covariates is, to be checked.
        out: folder of the model.
        register: registered name.
        track: whether to log an MLflow run.
    """

    future: str | None = None
    out: str | None = None
    register: str | None = None
    track: bool = True


@dataclass(frozen=True)
class PredictOptions:
    """What a forecast is to be like.

    Attributes:
        horizon: steps ahead; as trained when None.
        level: intervals in percent.
        future: where the future of the known covariates is.
        only: the series wanted; all when empty.
        probabilities: whether those of each symbol are wanted.
    """

    horizon: int | None = None
    level: tuple[float, ...] | None = None
    future: str | None = None
    only: tuple[str, ...] = ()
    probabilities: bool = False


@dataclass(frozen=True)
class BatchOptions:
    """What a batch forecast is to be like.

    Attributes:
        horizon: steps ahead; as trained when None.
        level: intervals in percent.
        as_of: the history ends here.
        max_quarantine: share of series that may be set aside.
        parts: number of parts; by size when None.
        workers: processes.
    """

    horizon: int | None = None
    level: tuple[float, ...] | None = None
    as_of: str | None = None
    max_quarantine: float = 0.01
    parts: int | None = None
    workers: int = 1


@dataclass(frozen=True)
class TuneOptions:
    """How a search is run, and where its result goes.

    Attributes:
        out: config file of the best trial.
        metric: what ranks; as the project ranks when None.
        hold_out: horizons at the end that the search never sees.
        trials: trials of the study in all.
        time_limit: seconds of this call.
        study: name of the study; by the search and the data when None.
        storage: SQLAlchemy URL of its database; one in FORECAST_HOME when None.
        track: whether to log MLflow runs.
    """

    out: str
    metric: str | None = None
    hold_out: int = 0
    trials: int = 20
    time_limit: float | None = None
    study: str | None = None
    storage: str | None = None
    track: bool = True


def examples(*lines: str) -> str:
    """Return the examples at the end of a command's --help, line by line as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def bundled(name: str, kind: type, options: Sequence[Function], names: dict[str, str] | None = None) -> Function:
    """Return a decorator that adds options to a command and hands them over as one object.

    Args:
        name: argument of the command that gets the object.
        kind: dataclass of the object.
        options: click decorators, in the order of --help.
        names: fields that click calls otherwise, as {field: click's name}.
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def command(**values: Any) -> Any:
            given = {}
            for field in fields(kind):
                parameter = (names or {}).get(field.name, field.name)
                if parameter in values:
                    given[field.name] = values.pop(parameter)
            return function(**{name: kind(**given)}, **values)

        decorated: Function = command
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


data_options = bundled(
    "data",
    DataRequest,
    [
        click.argument("location", metavar="DATA"),
        click.option("--query", metavar="SQL", help="Query to run, when DATA is a SQLAlchemy URL."),
        click.option("--id", "--id-column", "id_column", metavar="COLUMN", help="Id column [unique_id or item_id]."),
        click.option("--time", "--time-column", "time_column", metavar="COLUMN", help="Time column [ds or timestamp]."),
        click.option(
            "--target", "--target-column", "target_column", metavar="COLUMN", help="Target column [y or target]."
        ),
        click.option("--sep", type=Separator(), default=",", show_default=True, help="Field separator of a CSV file."),
        click.option("--decimal", type=Separator(), default=".", show_default=True, help="Decimal mark of a CSV file."),
        click.option(
            "--thousands", type=Separator(), default="", help="Grouping mark of a CSV target, e.g. . in 1.234,5"
        ),
        click.option("--encoding", default="utf-8", show_default=True, help="Encoding of a CSV file."),
    ],
)

freq_option = click.option(
    "--freq", type=Frequency(), metavar="F", help="Step: a pandas alias (h, D, MS ...) or an integer. [inferred]"
)


#: What may be said of a task beside its horizon and its models.
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
    click.option("--holidays", metavar="COUNTRY", help="Country whose public holidays count: DE, US-CA ..."),
    click.option("--lower", type=float, help="Nothing below this is forecast, e.g. 0."),
    click.option("--upper", type=float, help="Nothing above this is forecast."),
    click.option("--short-series", type=click.Choice(SHORT_SERIES), default="pad", show_default=True,
                 help="Series too short for the model: pad, refuse, or a simpler model."),
    click.option("--calibrate", type=click.IntRange(0), metavar="K",
                 help="Horizons held out of training, to calibrate the intervals on. [0: none]"),
    click.option("--time-limit", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
                 help="Time that each training may take. [none; 600 for auto]"),
    click.option("--set", "training", type=Setting(), multiple=True,
                 help="Training field, e.g. training.steps=500; may be repeated."),
)  # fmt: skip


def task_options(with_backtest: bool = True, least_windows: int = 1) -> Function:
    """Return the decorator that adds the options of a task and hands over a `TaskRequest` as `task`."""
    backtest = [
        click.option("--windows", type=click.IntRange(least_windows), default=5, show_default=True,
                     help="Rolling origins of the backtest." + ("" if least_windows else " 0: none.")),
        click.option("--step", type=click.IntRange(1), help="Steps between two origins. [the horizon]"),
    ]  # fmt: skip
    options = [
        click.option("--horizon", type=click.IntRange(1), required=True, help="Steps ahead to forecast."),
        click.option("--model", "models", multiple=True, metavar="MODEL",
                     help="Model, e.g. gru or seasonal-naive:period=24; may be repeated."),
        *(backtest if with_backtest else ()),
        *CHOICES,
    ]  # fmt: skip
    return bundled("task", TaskRequest, options)


level_option = click.option("--level", type=NumberList(float), help="Intervals in percent, e.g. 80,95.")

model_option = click.option(
    "--model", required=True, metavar="MODEL", help="Model folder, NAME@alias, NAME/version or models:/ URI."
)

future_option = click.option(
    "--future",
    metavar="FILE",
    help="Known covariates of the steps ahead, by id and time; a file, folder or glob. [rows of DATA without target]",
)

predict_options = bundled(
    "asked",
    PredictOptions,
    [
        click.option("--horizon", type=click.IntRange(1), help="Steps ahead. [as trained]"),
        level_option,
        future_option,
        click.option("--only", multiple=True, metavar="ID", help="Forecast this series; may be repeated. [all]"),
        click.option("--probabilities", is_flag=True, help="Add the probability of each symbol."),
    ],
)

#: Where a model is put.
KEEP = (
    click.option("--out", metavar="FOLDER", help="Save the model in this folder."),
    click.option("--register", metavar="NAME", help="Register the model; the first version becomes the champion."),
    click.option("--track/--no-track", default=True, show_default=True, help="Log an MLflow run."),
)

train_options = bundled(
    "asked",
    TrainOptions,
    [
        click.option("--future", metavar="FILE",
                     help="Known covariates of the steps after DATA; checked before training, used by `predict`."),
        *KEEP,
    ],
)  # fmt: skip


def keep_options(function: Function) -> Function:
    """Add where a model is put: `out`, `register` and `track`; see `require_run`."""
    for option in reversed(KEEP):
        function = option(function)
    return function


def require_run(register: str | None, track: bool) -> None:
    """Raise a `click.UsageError` where a model is to be registered from a run that is switched off."""
    if register and not track:
        raise click.UsageError("--register needs the MLflow run that --no-track switches off.")


skip_code_option = click.option(
    "--skip-code", type=click.IntRange(0, 255), metavar="N", help="Exit with N when there is nothing new to do."
)


def common_options(function: Function) -> Function:
    """Add --json and --debug, and bring the library's log lines to stderr while the command runs."""

    @functools.wraps(function)
    def command(**values: Any) -> Any:
        from pipelines.console import listening

        with listening():
            return function(**values)

    debug = click.option("--debug", is_flag=True, expose_value=False, callback=_debug, help="Show tracebacks.")
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(debug(command))


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        os.environ["FORECAST_DEBUG"] = "1"


def read_or_skip(source: Any, skip_code: int | None) -> Any:
    """Return the frame of a source; where it has no rows and a skip code was given, exit with that."""
    from pipelines.console import say
    from pipelines.exits import NoDataError

    try:
        return source.frame()
    except NoDataError as error:
        if skip_code is None:
            raise
        say(str(error))
        raise click.exceptions.Exit(skip_code) from error


def records(frame: Any) -> list[dict[str, Any]]:
    """Return a frame as JSON records, times as ISO 8601."""
    times = frame.select_dtypes(["datetime", "datetimetz"])
    texts = {name: times[name].map(lambda time: time.isoformat()) for name in times}
    found: list[dict[str, Any]] = frame.assign(**texts).to_dict("records")
    return found
