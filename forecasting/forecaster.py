"""Forecaster: fit, predict, backtest, update, save, load."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from forecasting.chosen import Chosen
from forecasting.config import QUANTILE_GRID, SHORT_SERIES, Training, require, require_different
from forecasting.model_spec import ModelSpec

if TYPE_CHECKING:
    from forecasting.data.panel import Panel
    from forecasting.evaluation.backtest import Backtest
    from forecasting.evaluation.leakage import LeakageReport
    from forecasting.predictor import Predictor


class Forecaster(Chosen):
    """One model for one task: frames in, forecast frames out.

    Args:
        model: name of a model (`forecast doctor` lists them), or a `ModelSpec` that says everything about it.
        horizon: H, steps ahead.
        freq: pandas offset alias or integer step; inferred from the data when not given.
        season: seasonal period or periods in steps; from the frequency when not given.
        context_length: L, steps the model looks back; from horizon and season when not given.
        head: `quantiles`, `point`, a distribution (`normal`, `student-t`, `mixture-density:components=3`; of counts
            `poisson`, `negative-binomial`), or `categorical` for symbols; the model's own default when not given.
        quantile_levels: levels that are answered, and that a quantile head is trained on.
        static_covariates: columns that say something about a series at all times, numbers or categories.
        known_covariates: columns whose future is known, such as promotions; `predict` needs it (`make_future_frame`).
        past_covariates: columns of which only the past is known; they never reach the horizon.
        holidays: country whose public holidays are features of every day, past and future: `DE`, or `DE-BY`.
        lower: nothing below this is forecast, in original units; a history below it is an error.
        upper: nothing above this is forecast, likewise.
        scaling: `standard`, `last`, `mean`, `asinh` or `none`; the model's own default when not given.
        training: how the network is trained.
        short_series: what is done about a series with too few observed values: the network answers it `padded`
            (`pad`), it is an `error`, or a simpler model answers it (`fallback`).
        alias: name of the forecast column; the model's name when not given.
        **model_config: fields of the model's `Config`.

    Raises:
        ConfigError: a choice is unknown or has a value that means nothing.
    """

    def __init__(  # noqa: PLR0913  (the contract; all but three are keywords)
        self,
        model: str | ModelSpec,
        horizon: int,
        freq: str | int | None = None,
        *,
        season: int | Sequence[int] | None = None,
        context_length: int | None = None,
        head: str | None = None,
        quantile_levels: Sequence[float] = QUANTILE_GRID,
        static_covariates: Sequence[str] = (),
        known_covariates: Sequence[str] = (),
        past_covariates: Sequence[str] = (),
        holidays: str | None = None,
        lower: float | None = None,
        upper: float | None = None,
        scaling: str | None = None,
        training: Training = Training(),  # noqa: B008  (frozen)
        short_series: str = "pad",
        alias: str | None = None,
        **model_config: Any,
    ) -> None:
        if isinstance(model, str):
            model = ModelSpec.of(model, model_config, head=head, scaling=scaling, alias=alias)
        self.spec = model
        self.horizon = horizon
        self.freq = freq
        self.season = (season,) if isinstance(season, int) else tuple(season) if season else None
        self.context_length = context_length
        self.quantile_levels = tuple(quantile_levels) if self.spec.has_quantiles else ()
        self.static_covariates = tuple(static_covariates)
        self.known_covariates, self.past_covariates = tuple(known_covariates), tuple(past_covariates)
        require_different([*self.static_covariates, *self.known_covariates, *self.past_covariates])
        self.holidays = holidays
        self.bounds = lower, upper
        self.training = training
        require(short_series in SHORT_SERIES, "short_series", f"one of {', '.join(SHORT_SERIES)}", short_series)
        self.short_series = short_series
        self.forget()

    def fit(self, frame: pd.DataFrame, callbacks: Sequence[Any] = ()) -> Self:
        """Learn from `frame` (`unique_id, ds, y`), always afresh; with head `categorical` also the alphabet of `y`.

        Args:
            frame: the long frame; rows in any order.
            callbacks: Keras callbacks for networks trained by gradient.

        Raises:
            PanelError: the frame cannot become a panel, or holds values outside the bounds or no counts.
            TrainingError: no window can be cut, or training diverged.
        """
        return self.fit_panel(self.panel(frame, self.symbols_in(frame)), callbacks)

    def fit_panel(self, panel: Panel, callbacks: Sequence[Any] = ()) -> Self:
        """Learn from a panel; see `fit`."""
        from forecasting.calibration import calibrate
        from forecasting.data.splits import validation_ends
        from forecasting.facts import describe
        from forecasting.learner_spec import LearnerSpec, require_calibratable
        from forecasting.network import build_network
        from forecasting.predictor import Predictor
        from forecasting.targets import require_values
        from forecasting.training._source import WindowSource

        learner, config = LearnerSpec.chosen(self.training, self.spec).load(self.spec)
        held_out = require_calibratable(self.training, self.spec, learner)
        ends = validation_ends(panel.lengths, self.horizon, held_out)
        part = panel.truncate(ends) if held_out else panel
        task = self.task_for(part)
        self.spec.note_covariates(task)
        network = build_network(self.spec, task, self.training.seed)
        require_values(panel, task, self.spec.head, network.head.is_whole)
        source = WindowSource.of(part, task)
        network.statics.adapt(source.statics)
        network.covariates.adapt(source.arrays.known)
        self.learned_ = learner.fit(network, source, config, self.training, callbacks)
        predictor = Predictor(self.spec, task, network)
        self.predictor_ = predictor.calibrated(calibrate(predictor, panel, ends)) if held_out else predictor
        self.facts_ = describe(panel, self.learned_, self.training, self.predictor_, ends)
        self.history_ = panel
        self.online_, self.state_, self.is_loaded = self.learned_.online, None, False
        return self

    def update(self, frame: pd.DataFrame) -> Self:
        """Go on learning from new observations, each once, in the order of time, without windows and without replay.

        For forecasters with an online learner, such as `Training(learner="ekf")`. The network that answers changes
        in place; `predict()` then forecasts after the new rows. After `load` the history is what `update` was given.

        Args:
            frame: the rows after the last one seen of each series; missing values stay empty. New series are welcome.

        Raises:
            NotFittedError: there is no model yet, or it was saved without what its learner remembers.
            ConfigError: the learner always starts afresh.
            PanelError: rows were seen before, or rows are missing between; nothing is learnt then.
        """
        from forecasting.data.continuing import joined
        from forecasting.updating import learn, online_learner

        if self.online_ is None:
            self.online_ = online_learner(self.predictor, self.training, self.state_)
        panel = self.panel(frame)
        self.facts_ = learn(self.online_, panel, self.facts)
        self.history_ = panel if self.history_ is None else joined(self.history_, panel)
        return self

    def predict(
        self,
        history: pd.DataFrame | None = None,
        horizon: int | None = None,
        *,
        level: Sequence[float] | None = None,
        quantile_levels: Sequence[float] | None = None,
        probabilities: bool = False,
        future: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Forecast the steps after the end of every series.

        Args:
            history: observed values, also of series never seen in training; the frame given to `fit` by default.
            horizon: steps ahead; a longer one than trained is rolled out, with a warning.
            level: central intervals wanted, in percent.
            quantile_levels: quantiles wanted, instead of `level`.
            probabilities: whether the probability of each symbol is wanted.
            future: known covariates of the steps ahead, `unique_id, ds` and their columns; where it is not given, the
                rows at the end of a series that have no `y` are its future.

        Returns:
            The frame `unique_id, ds, status, <Model>` with the columns of the levels, or `<Model>-p-<symbol>`.

        Raises:
            NotFittedError: there is no model yet, or no history.
            PanelError: the history cannot become a panel of the model's frequency, or the future is not complete.
            RequestError: the horizon or a level cannot be answered, a series has no observed value, or series are too
                short and the policy is `error`.
        """
        from forecasting.forecast_frame import forecast_frame

        predictor, panel = self.predictor, self.history(history, future, horizon)
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

    def backtest(
        self,
        frame: pd.DataFrame,
        windows: int = 5,
        step: int | None = None,
        refit: bool = False,
        *,
        level: Sequence[float] | None = None,
        callbacks: Sequence[Any] = (),
    ) -> pd.DataFrame:
        """Forecast from `windows` rolling origins and set the forecasts beside what happened.

        A fresh copy is fitted on the data up to the first origin (`refit`: up to each origin), so nothing is
        scored on what it was trained on. A loaded forecaster answers as it is, and rows up to its training end
        carry `in_sample=True`.

        Args:
            frame: the long frame.
            windows: number of origins, counted from the end of each series.
            step: steps between origins; the horizon by default.
            refit: fit again at every origin.
            level: central intervals wanted, in percent.
            callbacks: Keras callbacks for the fits.

        Returns:
            The frame `unique_id, ds, cutoff, y, <Model>` with the columns of the levels; of symbols with `<Model>-p`,
            the probability that was given to what happened.
        """
        return self.backtest_panel(self.panel(frame), windows, step, refit, level=level, callbacks=callbacks).to_frame(
            level
        )

    def backtest_panel(
        self,
        panel: Panel,
        windows: int = 5,
        step: int | None = None,
        refit: bool = False,
        *,
        level: Sequence[float] | None = None,
        callbacks: Sequence[Any] = (),
    ) -> Backtest:
        """Backtest on a panel; see `backtest`. The result also scores itself."""
        from forecasting.evaluation.backtest import backtest_fitted, backtest_refitted, rolling
        from forecasting.forecast_frame import wanted_levels

        origins = rolling(panel, self.horizon, windows, step)
        levels = wanted_levels(level, None)
        if self.is_loaded:
            return backtest_fitted(self.predictor, panel, origins, levels, training_end=self.facts.training_end)

        def fit(part: Panel) -> Predictor:
            return self.copy().fit_panel(part, callbacks).predictor

        if refit:
            return backtest_refitted(fit, panel, origins, levels)
        return backtest_fitted(fit(origins.training_panel(panel)), panel, origins, levels)

    def check_leakage(self, frame: pd.DataFrame) -> LeakageReport:
        """Change everything after a cutoff, and compare what is known at the cutoff bit for bit.

        A loaded forecaster answers as it is. Otherwise a fresh copy is fitted before the cutoff, once for every change,
        and weights and validation are compared too; this forecaster stays as it is.

        Raises:
            PanelError: the frame cannot become a panel, or no series is longer than a horizon and two rows.
        """
        from forecasting.evaluation.leakage import check_forecaster

        return check_forecaster(self, self.panel(frame))

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

    def save(self, folder: str | Path) -> Path:
        """Write the model into `folder` (numbers and JSON, no code, no training data).

        Raises:
            NotFittedError: there is no model yet.
            ArtifactError: the folder holds something else.
        """
        from forecasting import artifact

        return artifact.write(folder, self.predictor, self.facts, self.learner_state)

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """Load a model from an artifact folder, `NAME@alias`, `NAME/version` or an MLflow model URI.

        Raises:
            ArtifactError: the folder is incomplete or changed, or does not answer as it did.
            RegistryError: the registry has no such model.
        """
        from forecasting import artifact, registry

        folder = registry.resolve(source)
        predictor, facts = artifact.read(folder)
        task = predictor.task
        forecaster = cls(
            predictor.spec,
            task.horizon,
            task.freq,
            season=task.season,
            context_length=task.context_length,
            quantile_levels=task.quantile_levels,
            static_covariates=task.static_names,
            known_covariates=task.known_names,
            past_covariates=task.past_names,
            holidays=task.holidays,
            lower=task.lower,
            upper=task.upper,
            training=Training.from_dict(facts.training),
            short_series=task.short_series,
        )
        forecaster.predictor_, forecaster.facts_ = predictor, facts
        forecaster.state_, forecaster.is_loaded = artifact.read_learner(folder), True
        return forecaster

    def copy(self) -> Self:
        """Return an unfitted forecaster with the same choices."""
        fresh = copy.copy(self)
        fresh.forget()
        return fresh
