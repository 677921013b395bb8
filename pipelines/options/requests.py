"""What a command is asked for, as its options say it: plain and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Self

from pipelines.files.request import Columns

if TYPE_CHECKING:
    from forecasting.choices import Choices
    from forecasting.config.training import Training
    from forecasting.models.spec import ModelSpec


@dataclass(frozen=True)
class TaskRequest:
    """What is forecast and by which models.

    Attributes:
        horizon: steps ahead.
        freq: pandas offset alias or integer step; inferred when None.
        models: model texts such as `gru:units=64`.
        windows: rolling origins of the backtest.
        step: steps between two origins; the horizon when None.
        training: fields of `Training` that were given.
        calibrate: horizons held out to calibrate the intervals on; as `training` says when None.
        time_limit: seconds that a training may take; as `training` says when None.
        choices: the other fields of `forecasting.Choices` by their names; what is left out is at its default.
    """

    horizon: int
    freq: str | int | None = None
    models: tuple[str, ...] = ()
    windows: int = 5
    step: int | None = None
    training: tuple[tuple[str, Any], ...] = ()
    calibrate: int | None = None
    time_limit: float | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, **said: Any) -> Self:
        """Return the request of a command: what is no field of its own is a choice."""
        own = {one.name for one in fields(cls)}
        choices = {name: value for name, value in said.items() if name not in own}
        return cls(**{name: value for name, value in said.items() if name in own}, choices=choices)

    @property
    def training_fields(self) -> tuple[tuple[str, Any], ...]:
        """The fields of `Training` that were given, under whichever name."""
        named = {"calibration_windows": self.calibrate, "time_limit": self.time_limit}
        return (*self.training, *((name, value) for name, value in named.items() if value is not None))

    def covariates(self, *kinds: str) -> tuple[str, ...]:
        """Return the columns of covariates: of some kinds (`static`, `known`, `past`), or of all of them."""
        names = [f"{kind}_covariates" for kind in kinds or ("static", "known", "past")]
        return tuple(column for name in names for column in self.choices.get(name, ()))

    def with_choice(self, name: str, value: Any) -> Self:
        """Return the request with one choice made otherwise."""
        return replace(self, choices={**self.choices, name: value})

    def choices_of(self, spec: ModelSpec, freq: str | int | None, training: Training) -> Choices:
        """Return the choices for one model.

        Args:
            spec: the model.
            freq: step of the data; inferred when None.
            training: how it is trained.

        Raises:
            ConfigError: a choice has a value that means nothing.
        """
        from forecasting.choices import Choices

        return Choices(spec, self.horizon, freq, training=training, **self.choices)

    @property
    def has_symbols(self) -> bool:
        """Whether the models forecast symbols.

        Raises:
            ConfigError: some do and some forecast numbers.
        """
        from forecasting.errors import ConfigError
        from forecasting.models.spec import ModelSpec

        kinds = {ModelSpec.parse(name).has_symbols for name in self.models}
        if len(kinds) > 1:
            text = "Some models forecast symbols and some numbers. Give all of them head=categorical, or none."
            raise ConfigError(text, code="mixed_heads", field="model")
        return True in kinds

    @property
    def columns(self) -> Columns:
        """What the models read of the data.

        Raises:
            ConfigError: two covariates share a name, or some models forecast symbols and some numbers.
        """
        from forecasting.config.strict import require_different

        require_different(self.covariates())
        return Columns(self.covariates(), "symbols" if self.has_symbols else "numbers")


@dataclass(frozen=True)
class KeepRequest:
    """Where a model that was made is put.

    Attributes:
        out: its folder, or None.
        register: the name that it is registered under, or None.
        track: whether to log an MLflow run.
        promote: whether the registered version becomes the champion in any case.
    """

    out: str | None = None
    register: str | None = None
    track: bool = True
    promote: bool = False


@dataclass(frozen=True)
class PredictRequest:
    """What a forecast is to be like.

    Attributes:
        horizon: steps ahead; as trained when None.
        level: intervals in percent.
        future: where the future of the known covariates is; in rows of the data when None.
        only: ids of the series that are forecast; all when empty.
        probabilities: whether the probability of each symbol is added.
    """

    horizon: int | None = None
    level: tuple[float, ...] = ()
    future: str | None = None
    only: tuple[str, ...] = ()
    probabilities: bool = False


@dataclass(frozen=True)
class BatchRequest:
    """What a batch job forecasts, and where it puts that.

    Attributes:
        model: model folder or registry reference.
        out: folder of runs.
        horizon: steps ahead; as trained when None.
        level: intervals in percent.
        as_of: the history ends here, ISO 8601 or an integer step.
        max_quarantine: share of series that may be set aside.
        parts: number of parts; by size when None.
        workers: processes.
        future: where the future of the known covariates is; in rows of the data when None.
    """

    model: str
    out: str
    horizon: int | None = None
    level: tuple[float, ...] = ()
    as_of: str | None = None
    max_quarantine: float = 0.01
    parts: int | None = None
    workers: int = 1
    future: str | None = None


@dataclass(frozen=True)
class TuneRequest:
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


@dataclass(frozen=True)
class RepairRequest:
    """The repair that a data check is asked for.

    Attributes:
        out: where the repaired data goes.
        plan: file of the plan to carry out; where there is none, it is written there.
        actions: actions for some codes, as (code, action).
    """

    out: str
    plan: str | None = None
    actions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ExperimentRequest:
    """How an experiment is run.

    Attributes:
        out: folder of the pictures; under FORECAST_HOME when None.
        quick: whether the small version is run.
        seed: the first seed.
        data: file, folder, glob or SQLAlchemy URL; the experiment's own data when None.
        horizon: steps ahead, with data; the experiment's own when None.
    """

    out: str | None = None
    quick: bool = False
    seed: int = 1
    data: str | None = None
    horizon: int | None = None
