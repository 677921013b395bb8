"""What a fitted forecaster answers: forecasts, paths, and where its attention lies."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from forecasting.chosen import Chosen

if TYPE_CHECKING:
    import pandas as pd


class Answering(Chosen):
    """The answers of a `Forecaster`; its base."""

    def predict(
        self,
        history: pd.DataFrame | None = None,
        horizon: int | None = None,
        *,
        level: Sequence[float] | None = None,
        quantile_levels: Sequence[float] | None = None,
        probabilities: bool = False,
        future: pd.DataFrame | None = None,
        ids: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Forecast the steps after the end of every series.

        Args:
            history: observed values, also of series never seen in training; the frame given to `fit` by default.
            horizon: steps ahead; a longer one than trained is rolled out, with a warning.
            level: central intervals wanted, in percent: a list or an array of them.
            quantile_levels: quantiles wanted, instead of `level`, likewise.
            probabilities: whether the probability of each symbol is wanted.
            future: known covariates of the steps ahead, `unique_id, ds` and their columns; where it is not given, the
                rows at the end of a series that have no `y` are its future.
            ids: the series wanted; all by default.

        Returns:
            The frame `unique_id, ds, status, <Model>` with the columns of the levels, or `<Model>-p-<symbol>`.

        Raises:
            NotFittedError: there is no model yet, or no history.
            PanelError: the history cannot become a panel of the model's frequency, or the future is not complete.
            RequestError: the horizon or a level cannot be answered, a series has no observed value or is not there, or
                series are too short and the policy is `error`.
        """
        from forecasting.forecast_frame import forecast_frame

        predictor, panel = self.predictor, self.history(history, future, horizon, ids)
        if horizon is not None and horizon > predictor.task.horizon:
            warnings.warn(
                f"Horizon {horizon} is longer than the trained {predictor.task.horizon}: the forecast is rolled out, "
                "each part from the medians or symbols of the one before, and more certain than it should be.",
                stacklevel=2,
            )
        frame, answer = forecast_frame(
            predictor,
            panel,
            horizon,
            level=level,
            quantile_levels=quantile_levels,
            probabilities=probabilities,
        )
        answer.raise_problems()
        return frame

    def sample(
        self,
        history: pd.DataFrame | None = None,
        horizon: int | None = None,
        *,
        n: int = 100,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
        future: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Draw paths after the end of every series: each step is drawn, and read before the next one is drawn.

        The model must be one of the next step (`decoding="recursive"`, or `seq2seq` with `forcing="teacher"`) with a
        head that is a distribution, or `categorical`; trained with `forcing="teacher"`, as distributions always are,
        it says what comes next given the true steps before, which is what is drawn from here. Models that answer all
        steps at once have no paths: their steps would be independent, and sums over a path wrong.

        Args:
            history: as for `predict`.
            horizon: steps ahead, as for `predict`.
            n: paths per series.
            temperature: 1 draws from the model's distribution; 0 takes the most probable symbol, the middle of a
                continuous distribution or the mean of its likeliest component. Counts have no temperature.
            top_k: draw only among this many of the most probable symbols.
            seed: the same seed gives the same paths.
            future: as for `predict`.

        Returns:
            The frame `unique_id, ds, sample, y`.

        Raises:
            ConfigError: the model is not one of the next step, or has no distribution to draw from.
            NotFittedError, PanelError, RequestError: as for `predict`, or an argument means nothing.
        """
        from forecasting.sampling import Draw, sample_frame

        panel = self.history(history, future, horizon)
        return sample_frame(self.predictor, panel, horizon, Draw(n, temperature, top_k, seed))

    def attention(self, history: pd.DataFrame | None = None, future: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return which past steps the forecasts look at: `unique_id, ds, seen, weight`.

        Args:
            history: as for `predict`.
            future: as for `predict`.

        Raises:
            ConfigError: the model has no attention.
        """
        from forecasting.attention import attention_frame

        return attention_frame(self.predictor, self.history(history, future))
