"""What is forecast: the shapes and the clock that a network, its data and its answers share."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.config.strict import StrictConfig, is_count, is_number, require, require_different

#: What is done about a series with too few observed values: the network answers, nobody does, or a simpler model does.
SHORT_SERIES = ("pad", "error", "fallback")

#: Quantile levels a quantile head is trained on; other levels are interpolated inside this grid.
QUANTILE_GRID = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)

#: Names of covariates, each with its categories, ascending; none for a number. The order is that of the codes.
Kinds = tuple[tuple[str, tuple[str, ...]], ...]


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
