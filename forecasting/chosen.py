"""What a forecaster was told, and what that makes of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting.config import is_count, require
from forecasting.fitted import Fitted

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.config import Task, Training
    from forecasting.data.panel import Panel
    from forecasting.model_spec import ModelSpec


class Chosen(Fitted):
    """The choices of a `Forecaster`, which describes them; its base.

    Attributes:
        spec: the model and its choices.
        bounds: `lower` and `upper`.
    """

    spec: ModelSpec
    horizon: int
    freq: str | int | None
    season: tuple[int, ...] | None
    context_length: int | None
    quantile_levels: tuple[float, ...]
    static_covariates: tuple[str, ...]
    known_covariates: tuple[str, ...]
    past_covariates: tuple[str, ...]
    calendar: tuple[str, ...] | None
    holidays: str | None
    bounds: tuple[float | None, float | None]
    short_series: str
    training: Training

    def panel(self, frame: pd.DataFrame, symbols: tuple[str, ...] | None = None) -> Panel:
        """Check a frame and turn it into a panel of this forecaster's frequency.

        Args:
            frame: the long frame.
            symbols: the alphabet; that of the training where there was one, else that of the frame, by default.
        """
        from forecasting.data.panel import Panel

        fitted = self.predictor_.task if self.predictor_ else None
        if symbols is None:
            symbols = fitted.symbols if fitted else self.symbols_in(frame)
        freq = self.freq or (fitted.freq if fitted else None)
        columns = self.static_covariates, self.known_covariates, self.past_covariates
        return Panel.from_frame(frame, freq, symbols, *columns)

    def symbols_in(self, frame: pd.DataFrame) -> tuple[str, ...]:
        """Return the alphabet of a frame; empty where this forecaster takes numbers."""
        from forecasting.data.symbols import alphabet_of

        return alphabet_of(frame) if self.spec.has_symbols else ()

    @property
    def gives_quantiles(self) -> bool:
        """Whether `level` and `quantile_levels` can be asked for once it has learnt: by its head, or calibrated."""
        return bool(self.quantile_levels) or self.training.calibration_windows > 0

    def task_for(self, panel: Panel) -> Task:
        """Return the task of this forecaster on a panel, what was not said filled in by rule.

        Raises:
            PanelError: the panel holds symbols and the head takes numbers, or the other way round.
        """
        from forecasting.defaults import task_for

        self.spec.require_target(panel.symbols)
        task = task_for(
            panel,
            self.horizon,
            season=self.season,
            context_length=self.context_length,
            quantile_levels=self.quantile_levels,
            calendar=self.calendar,
            holidays=self.holidays,
            lower=self.bounds[0],
            upper=self.bounds[1],
            short_series=self.short_series,
        )
        return self.spec.widened(task)


def periods_of(season: Any) -> tuple[Any, ...] | None:
    """Return a seasonal period, or a list or an array of them, as a tuple of integers; None where none is said.

    Raises:
        ConfigError: one is no integer of at least 1.
    """
    given = () if season is None else np.ravel(np.asarray(season, object)).tolist()
    periods = tuple(int(one) if isinstance(one, np.integer) else one for one in given)
    require(all(map(is_count, periods)), "season", "one or more ascending integers of at least 1", season)
    return periods or None
