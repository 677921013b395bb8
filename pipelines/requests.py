"""What a command was asked for, as its options said it: plain and frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


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

    @property
    def is_database(self) -> bool:
        """Whether the data is the answer of a database."""
        return "://" in self.location

    def read_for(self, task: Any) -> DataRequest:
        """Return how the data must be read for a model of this task."""
        return replace(
            self, symbols=bool(task.symbols), beside=(*task.static_names, *task.known_names, *task.past_names)
        )

    def future(self, location: str, known: tuple[str, ...]) -> DataRequest:
        """Return where the future of known covariates is; it is written like the data, and has no target."""
        return replace(self, location=location, query=None, thousands="", symbols=False, beside=known, has_target=False)


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
        calendar: cycles of the calendar that are features; by rule when None.
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
    calendar: tuple[str, ...] | None = None
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
