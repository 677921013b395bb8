"""What the user of a forecaster chose, each choice once; what was not chosen follows from the data by rule."""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from forecasting.config.strict import is_count, require, require_different
from forecasting.config.task import QUANTILE_GRID, SHORT_SERIES, Task
from forecasting.config.training import Training
from forecasting.models.spec import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.data.panel import Panel


@dataclass(frozen=True)
class Choices:
    """The user's choices for a forecaster.

    Attributes:
        spec: the model, its config, head and scaling.
        horizon: H, steps ahead.
        freq: pandas offset alias or integer step; inferred from the data when not given.
        season: seasonal period or periods in steps; from the frequency when not given.
        context_length: L, steps the model looks back; from horizon and season when not given.
        quantile_levels: levels that are answered, and that a quantile head is trained on; none where the head has none.
        static_covariates: columns that say something about a series at all times, numbers or categories.
        known_covariates: columns whose future is known, such as promotions; `predict` needs it (`make_future_frame`).
        past_covariates: columns of which only the past is known; they never reach the horizon.
        calendar: cycles that are features of every step, past and future, of `hour`, `weekday`, `weekend`, `month` and
            `year`; none of them where empty, those that the data go through often enough when not given.
        holidays: country whose public holidays are features of every day, past and future: `DE`, or `DE-BY`.
        lower: nothing below this is forecast, in original units; a history below it is an error.
        upper: nothing above this is forecast, likewise.
        max_horizon: the longest horizon that is answered, by rolling the forecast out; ten times `horizon` when not
            given.
        short_series: what is done about a series with too few observed values: the network answers it `padded`
            (`pad`), it is an `error`, or a simpler model answers it (`fallback`).
        training: how the network is trained.

    Raises:
        ConfigError: a choice has a value that means nothing.
    """

    spec: ModelSpec
    horizon: int
    freq: str | int | None = None
    season: tuple[int, ...] | None = None
    context_length: int | None = None
    quantile_levels: tuple[float, ...] = QUANTILE_GRID
    static_covariates: tuple[str, ...] = ()
    known_covariates: tuple[str, ...] = ()
    past_covariates: tuple[str, ...] = ()
    calendar: tuple[str, ...] | None = None
    holidays: str | None = None
    lower: float | None = None
    upper: float | None = None
    max_horizon: int | None = None
    short_series: str = "pad"
    training: Training = Training()  # noqa: RUF009  (frozen)

    def __post_init__(self) -> None:
        require(is_count(self.horizon), "horizon", "an integer of at least 1", self.horizon)
        length, furthest = self.context_length, self.max_horizon
        require(length is None or is_count(length), "context_length", "an integer of at least 1, or left out", length)
        reaches = furthest is None or is_count(furthest, self.horizon)
        require(reaches, "max_horizon", "an integer, at least the horizon, or left out", furthest)
        require(not isinstance(self.calendar, str), "calendar", "a list of cycles such as ['hour']", self.calendar)
        for name in COVARIATES:
            columns = getattr(self, name)
            require(not isinstance(columns, str), name, "a list of columns such as ['price']", columns)
        plain = {
            "season": periods_of(self.season),
            "quantile_levels": tuple(self.quantile_levels) if self.spec.has_quantiles else (),
            "calendar": None if self.calendar is None else tuple(self.calendar),
            **{name: tuple(getattr(self, name)) for name in COVARIATES},
        }
        for name, value in plain.items():
            object.__setattr__(self, name, value)
        require_different([*self.static_covariates, *self.known_covariates, *self.past_covariates])
        policies = f"one of {', '.join(SHORT_SERIES)}"
        require(self.short_series in SHORT_SERIES, "short_series", policies, self.short_series)
        self.spec.require_bounds(self.lower, self.upper)

    @classmethod
    def of(
        cls,
        model: str | ModelSpec,
        horizon: int,
        freq: str | int | None = None,
        *,
        head: str | None = None,
        scaling: str | None = None,
        alias: str | None = None,
        time_limit: float | None = None,
        **choices: Any,
    ) -> Self:
        """Return the choices of a model with all that is said about it in one call; see `Forecaster`.

        Raises:
            ConfigError: a choice is unknown or has a value that means nothing.
        """
        own = {name: choices.pop(name) for name in NAMES if name in choices}
        spec = ModelSpec.resolve(model, choices, head=head, scaling=scaling, alias=alias)
        found = cls(spec, horizon, freq, **own)
        return found if time_limit is None else found.replace(training=found.training.replace(time_limit=time_limit))

    @classmethod
    def of_task(cls, spec: ModelSpec, task: Task, training: Training) -> Self:
        """Return the choices that lead to the task of a trained model."""
        from forecasting.data.time.features import cycles_of

        own = {name: getattr(task, name) for name in NAMES if name in FIELDS_OF_TASK}
        covariates = dict(zip(COVARIATES, (task.static_names, task.known_names, task.past_names), strict=True))
        calendar = {"calendar": cycles_of(task.calendar), "holidays": task.holidays}
        return cls(spec, task.horizon, task.freq, **{**own, **covariates, **calendar, "training": training})

    def replace(self, **changes: Any) -> Self:
        """Return the choices with some of them made otherwise."""
        return dataclasses.replace(self, **changes)

    @property
    def gives_quantiles(self) -> bool:
        """Whether `level` and `quantile_levels` can be asked for once it has learnt: by its head, or calibrated."""
        return bool(self.quantile_levels) or self.training.calibration_windows > 0

    def panel(self, frame: pd.DataFrame, trained: Task | None = None) -> Panel:
        """Check a frame and turn it into a panel.

        Args:
            frame: the long frame.
            trained: task of the trained model, whose frequency and alphabet hold; else they are those of the frame.
        """
        from forecasting.data.checks.symbols import alphabet_of
        from forecasting.data.panel import Panel

        freq, symbols = (trained.freq, trained.symbols) if trained else (None, None)
        if symbols is None:
            symbols = alphabet_of(frame) if self.spec.has_symbols else ()
        columns = self.static_covariates, self.known_covariates, self.past_covariates
        return Panel.from_frame(frame, self.freq or freq, symbols, *columns)

    def task_for(self, panel: Panel) -> Task:
        """Return the task on a panel, what was not chosen filled in by rule.

        Raises:
            ConfigError: there is no calendar of `holidays`, or the steps are longer than a day, or have no such cycle.
            PanelError: no series is longer than one row, or the panel holds symbols and the head takes numbers, or the
                other way round.
        """
        from forecasting.data.covariates import covariate_kinds
        from forecasting.data.defaults import calendar_of, context_length_of, require_rows, season_of
        from forecasting.data.kinds import kinds_of

        self.spec.require_target(panel.symbols)
        require_rows(panel)
        season = self.season or season_of(panel)
        task = Task(
            horizon=self.horizon,
            context_length=self.context_length or context_length_of(panel, self.horizon, season),
            freq=panel.frequency.alias,
            season=season,
            quantile_levels=self.quantile_levels,
            calendar=calendar_of(panel, self.calendar, self.holidays),
            max_horizon=self.max_horizon or 0,
            symbols=panel.symbols,
            static_covariates=kinds_of(panel.statics),
            known_covariates=covariate_kinds(panel.covariates.known),
            past_covariates=covariate_kinds(panel.covariates.past),
            lower=self.lower,
            upper=self.upper,
            short_series=self.short_series,
        )
        return self.spec.widened(task)


COVARIATES = ("static_covariates", "known_covariates", "past_covariates")

#: The choices beside the model, the horizon and the frequency.
NAMES = tuple(one.name for one in dataclasses.fields(Choices))[3:]

FIELDS_OF_TASK = frozenset(one.name for one in dataclasses.fields(Task))


def call_signature() -> inspect.Signature:
    """Return the signature of `Choices.of` with every choice by its name, as people and editors are to see it."""
    said = inspect.signature(Choices.of).parameters
    own = inspect.signature(Choices).parameters
    named = [own[name].replace(kind=inspect.Parameter.KEYWORD_ONLY) for name in NAMES]
    first = [one for one in said.values() if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    others = [one for one in said.values() if one.kind is inspect.Parameter.KEYWORD_ONLY]
    config = inspect.Parameter("model_config", inspect.Parameter.VAR_KEYWORD, annotation=Any)
    return inspect.Signature([*first, *others, *named, config])


def periods_of(season: Any) -> tuple[int, ...] | None:
    """Return a seasonal period, or a list or an array of them, as a tuple of integers; None where none is said.

    Raises:
        ConfigError: one is no integer of at least 1.
    """
    listed = () if season is None else np.ravel(np.asarray(season, object)).tolist()
    periods = tuple(int(one) if isinstance(one, np.integer) else one for one in listed)
    require(all(map(is_count, periods)), "season", "one or more ascending integers of at least 1", season)
    return periods or None
