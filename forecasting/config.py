"""What is forecast (`Task`) and how a network is trained (`Training`): frozen and strict."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from forecasting.errors import ConfigError
from forecasting.learner_spec import LearnerSpec
from forecasting.schema import DS, UNIQUE_ID, Y

#: What is done about a series with too few observed values: the network answers, nobody does, or a simpler model does.
SHORT_SERIES = ("pad", "error", "fallback")

#: How the work of a training is shared among devices: not at all, or every batch among all of them.
STRATEGIES = ("", "mirrored")

#: In what the hidden dense layers compute while training, by Keras's names of such policies; see `Training`.
PRECISIONS = ("float32", "mixed_bfloat16")

#: By what errors may be divided in a loss; see `Training`.
LOSS_SCALES = ("window", "smape", "mase", "units")

#: Quantile levels a quantile head is trained on; other levels are interpolated inside this grid.
QUANTILE_GRID = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)

#: Names of covariates, each with its categories, ascending; none for a number. The order is that of the codes.
Kinds = tuple[tuple[str, tuple[str, ...]], ...]


class StrictConfig:
    """Dictionary round trip for frozen dataclasses: unknown keys are errors that name the known ones."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from a plain mapping; lists become tuples.

        Raises:
            ConfigError: a key is unknown; the message lists the known ones.
        """
        known = [field.name for field in dataclasses.fields(cls) if field.init]  # type: ignore[arg-type]
        for name in values:
            if name not in known:
                raise ConfigError(
                    f"Unknown field {name!r} for {cls.__module__}.{cls.__name__}. Known fields: {', '.join(known)}.",
                    code="unknown_field",
                    field=name,
                )
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that `from_dict` takes, tuples as lists, ready for JSON."""
        fields = [field for field in dataclasses.fields(self) if field.init]  # type: ignore[arg-type]
        values = {field.name: getattr(self, field.name) for field in fields}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def require(condition: bool, field: str, expected: str, got: object) -> None:
    """Raise a `ConfigError` that names the field, what it must be and what it is."""
    if not condition:
        raise ConfigError(f"`{field}` must be {expected}. Got {got!r}.", code="invalid_config", field=field)


def require_different(names: Sequence[str]) -> None:
    """Raise a `ConfigError` when two covariates share a name, or one has the name of a column of the panel."""
    seen = {UNIQUE_ID, DS, Y}
    for name in names:
        require(name not in seen, "covariates", f"columns named once, none of them {UNIQUE_ID}, {DS} or {Y}", name)
        seen.add(name)


def is_count(value: object, minimum: int = 1) -> bool:
    """Whether `value` is an integer (not a bool) of at least `minimum`."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= minimum


def is_number(value: object) -> bool:
    """Whether `value` is a finite number (not a bool)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Task(StrictConfig):
    """What is forecast: the shapes and the clock that a network, its data and its answers share.

    Attributes:
        horizon: H, steps ahead answered in one pass.
        context_length: L, past steps read.
        freq: canonical pandas offset alias, or an integer step.
        season: seasonal periods in steps, longest last; the first one scales MASE.
        quantile_levels: levels the network is trained on, ascending; empty for a point forecast.
        calendar: names of the calendar features, the known-future inputs of the network.
        max_horizon: the longest horizon answered, by rolling the forecast out.
        symbols: the alphabet of K symbols that are forecast; empty for numbers.
        static_covariates: name and categories of each static covariate, no categories for a number; their order
            is that of the codes the network reads.
        known_covariates: likewise, of columns whose future is known.
        past_covariates: likewise, of columns of which only the past is known.
        lower: nothing below this is forecast; original units.
        upper: nothing above this is forecast; original units.
        short_series: what is done about a series with too few observed values, one of `SHORT_SERIES`.
    """

    horizon: int
    context_length: int
    freq: str | int
    season: tuple[int, ...]
    quantile_levels: tuple[float, ...] = ()
    calendar: tuple[str, ...] = ()
    max_horizon: int = 0
    symbols: tuple[str, ...] = ()
    static_covariates: Kinds = ()
    known_covariates: Kinds = ()
    past_covariates: Kinds = ()
    lower: float | None = None
    upper: float | None = None
    short_series: str = "pad"

    def __post_init__(self) -> None:
        for field in ("static_covariates", "known_covariates", "past_covariates"):
            kinds = tuple((name, tuple(categories)) for name, categories in getattr(self, field))
            object.__setattr__(self, field, kinds)  # JSON has made lists of the inner tuples
        require_different([*self.static_names, *self.known_names, *self.past_names])
        require(is_count(self.horizon), "horizon", "an integer of at least 1", self.horizon)
        require(is_count(self.context_length), "context_length", "an integer of at least 1", self.context_length)
        periods = self.season
        valid_season = (
            len(periods) > 0 and all(is_count(period) for period in periods) and list(periods) == sorted(set(periods))
        )
        require(valid_season, "season", "one or more ascending integers of at least 1", periods)
        levels = self.quantile_levels
        valid_levels = all(isinstance(q, float) and 0 < q < 1 for q in levels) and list(levels) == sorted(set(levels))
        require(valid_levels, "quantile_levels", "ascending numbers between 0 and 1", levels)
        require(not levels or 0.5 in levels, "quantile_levels", "levels that include the median 0.5", levels)
        symbols = self.symbols
        differ = len(set(symbols)) == len(symbols) != 1
        valid_symbols = differ and all(isinstance(symbol, str) and symbol for symbol in symbols)
        require(valid_symbols, "symbols", "two or more different texts, none of them empty", symbols)
        policies = [one for one in SHORT_SERIES if not (symbols and one == "fallback")]
        require(self.short_series in policies, "short_series", f"one of {', '.join(policies)}", self.short_series)
        require(not (levels and symbols), "quantile_levels", "left out: symbols have no quantiles", levels)
        for name in ("lower", "upper"):
            bound = getattr(self, name)
            require(bound is None or is_number(bound), name, "a finite number, or left out", bound)
            require(bound is None or not symbols, name, "left out: symbols have no bounds", bound)
        if self.lower is not None and self.upper is not None:
            require(self.lower < self.upper, "upper", f"above `lower` {self.lower:g}", self.upper)
        if self.max_horizon == 0:
            object.__setattr__(self, "max_horizon", 10 * self.horizon)
        require(is_count(self.max_horizon, self.horizon), "max_horizon", "at least the horizon", self.max_horizon)

    @property
    def static_names(self) -> tuple[str, ...]:
        """Names of the static covariates."""
        return tuple(name for name, _ in self.static_covariates)

    @property
    def known_names(self) -> tuple[str, ...]:
        """Names of the covariates whose future is known."""
        return tuple(name for name, _ in self.known_covariates)

    @property
    def past_names(self) -> tuple[str, ...]:
        """Names of the covariates of which only the past is known."""
        return tuple(name for name, _ in self.past_covariates)

    @property
    def holidays(self) -> str | None:
        """The country whose holidays are among the calendar features."""
        return next((name.partition(":")[2] for name in self.calendar if name.startswith("holiday:")), None)

    @property
    def all_covariates(self) -> Kinds:
        """Static, known and past-only covariates."""
        return (*self.static_covariates, *self.known_covariates, *self.past_covariates)

    @property
    def covariate_kinds(self) -> tuple[Kinds, Kinds]:
        """Names and categories of the covariates that change from row to row: known ones, past-only ones."""
        return self.known_covariates, self.past_covariates

    @property
    def covariate_counts(self) -> tuple[int, int]:
        """How many known and past-only covariates there are."""
        return len(self.known_covariates), len(self.past_covariates)

    @property
    def columns(self) -> int:
        """F + C, calendar features and covariates of a row as the graph gathers them."""
        return len(self.calendar) + sum(self.covariate_counts)

    @property
    def columns_dtype(self) -> str:
        """Type of these: covariates need float64 until they are standardised."""
        return "float64" if any(self.covariate_counts) else "float32"


@dataclass(frozen=True)
class Training(StrictConfig):
    """How a network is trained.

    Attributes:
        steps: gradient steps at most; the learning rate decays over them along a cosine.
        batch_size: B, windows per step. The three update rules of the textbooks: `"all"` is the batch rule, every
            window in every step; 1 is the pattern rule, one window at a time; an online learner (`learner`) is the
            online rule, one observation at a time.
        learning_rate: peak rate of Adam.
        clip_norm: bound on the global norm of the gradient of all variables.
        weight_decay: decoupled weight decay.
        validate_every: steps between two looks at the validation windows (one Keras epoch).
        patience: looks without improvement before stopping.
        validation_windows: horizons held out at the end of each series for validation; with 0 all windows train for
            all steps. `auto` does not read it: the rows that it holds out are these, `auto:windows=3`.
        calibration_windows: horizons held out after those, of training and validation both, on which the intervals
            are calibrated (`forecasting.calibration`); 0 calibrates nothing.
        refit: after the best number of steps is known, train once more on everything for that long.
        steps_per_execution: steps run per call into the compiled graph.
        truncation: share of windows whose oldest part is hidden, so that short series are in distribution.
        seed: seeds weights, window sampling and dropout.
        learner: how the network is taught; empty is the model's own way. A name in `forecasting.training`, with
            options as in a model's: `truncated:chunk=48`, `rtrl`, `ekf:measurement_noise=0.01`. Only models that are
            taught by gradient take another learner.
        strategy: which devices train. Empty is one; `mirrored` shares every batch among all GPUs of the machine (or
            logical CPUs), for models that are taught by gradient on windows; it takes one step per call into the graph.
        precision: in what the hidden dense layers compute while training by gradient, one of `PRECISIONS`. With
            `mixed_bfloat16` their products are bfloat16, for GPUs that have units for it; weights, losses and answers
            stay float32.
        time_limit: seconds after which a training ends at its next look at the validation windows, the best weights so
            far are kept, and the run says so; half of them where a refit follows, which takes as long. Closed forms
            take the time they take. `auto` shares them out among its candidates, 600 where nothing is said.
        loss_scale: by what errors are divided in the loss of points and quantiles, one of `LOSS_SCALES`: what the model
            divides the values of the `window` by; their mean absolute value, so that relative errors count, as in
            `smape`; their mean seasonal difference, as in `mase`; nothing, where all series share a unit, so that
            an error counts as many `units` as it has.
        averaging: momentum of the moving average of the weights over the steps, which is what is validated and kept; 0
            keeps the weights of the last step (Polyak & Juditsky 1992).
    """

    steps: int = 1200
    batch_size: int | str = 128
    learning_rate: float = 5e-3
    clip_norm: float = 1.0
    weight_decay: float = 0.0
    validate_every: int = 100
    patience: int = 8
    validation_windows: int = 4
    calibration_windows: int = 0
    refit: bool = True
    steps_per_execution: int = 20
    truncation: float = 0.05
    seed: int = 1
    learner: str = ""
    strategy: str = ""
    precision: str = "float32"
    time_limit: float | None = None
    loss_scale: str = "window"
    averaging: float = 0.0

    def replace(self, **changes: Any) -> Self:
        """Return the training with some fields otherwise."""
        return dataclasses.replace(self, **changes)

    def within(self, seconds: float | None) -> Self:
        """Return the same training that takes no more than so many seconds; None says nothing."""
        limits = [limit for limit in (self.time_limit, seconds) if limit is not None]
        return self.replace(time_limit=min(limits, default=None))

    def __post_init__(self) -> None:
        require(
            self.batch_size == "all" or is_count(self.batch_size),
            "batch_size",
            "an integer of at least 1, or 'all'",
            self.batch_size,
        )
        for name in ("steps", "validate_every", "patience", "steps_per_execution"):
            require(is_count(getattr(self, name)), name, "an integer of at least 1", getattr(self, name))
        for name in ("seed", "validation_windows", "calibration_windows"):
            require(is_count(getattr(self, name), 0), name, "an integer of at least 0", getattr(self, name))
        for name in ("learning_rate", "clip_norm"):
            require(is_number(getattr(self, name)) and getattr(self, name) > 0, name, "above 0", getattr(self, name))
        require(
            is_number(self.weight_decay) and self.weight_decay >= 0, "weight_decay", "at least 0", self.weight_decay
        )
        require(is_number(self.truncation) and 0 <= self.truncation < 1, "truncation", "in [0, 1)", self.truncation)
        require(is_number(self.averaging) and 0 <= self.averaging < 1, "averaging", "in [0, 1)", self.averaging)
        scales = ", ".join(LOSS_SCALES)
        require(self.loss_scale in LOSS_SCALES, "loss_scale", f"one of {scales}", self.loss_scale)
        require(isinstance(self.refit, bool), "refit", "true or false", self.refit)
        limit = self.time_limit
        require(limit is None or (is_number(limit) and limit > 0), "time_limit", "above 0, or left out", limit)
        require(isinstance(self.learner, str), "learner", "the name of a learner, or empty", self.learner)
        require(self.strategy in STRATEGIES, "strategy", "'mirrored', or empty", self.strategy)
        require(self.precision in PRECISIONS, "precision", f"one of {', '.join(PRECISIONS)}", self.precision)
        if self.learner:
            LearnerSpec.parse(self.learner)
