"""Forecaster: fit, predict, backtest, update, save, load."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from forecasting.answering import Answering
from forecasting.chosen import periods_of
from forecasting.config import QUANTILE_GRID, SHORT_SERIES, Training, require, require_different
from forecasting.model_spec import ModelSpec

if TYPE_CHECKING:
    from forecasting.data.panel import Panel
    from forecasting.evaluation.backtest import Backtest
    from forecasting.evaluation.leakage import LeakageReport


class Forecaster(Answering):
    """One model for one task: frames in, forecast frames out.

    Args:
        model: name of a model (`forecast doctor` lists them), alone or with its choices as the command line takes
            them (`gru:units=64,head=point`), or a `ModelSpec`; the last two leave nothing to say beside them.
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
        calendar: cycles that are features of every step, past and future, of `hour`, `weekday`, `weekend`, `month` and
            `year`; none of them where empty, those that the data go through often enough when not given.
        holidays: country whose public holidays are features of every day, past and future: `DE`, or `DE-BY`.
        lower: nothing below this is forecast, in original units; a history below it is an error.
        upper: nothing above this is forecast, likewise.
        scaling: `standard`, `last`, `shift`, `mean`, `asinh` or `none`; the model's own default when not given.
        training: how the network is trained.
        time_limit: seconds that a fit may take; the same as `Training(time_limit=...)`.
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
        calendar: Sequence[str] | None = None,
        holidays: str | None = None,
        lower: float | None = None,
        upper: float | None = None,
        scaling: str | None = None,
        training: Training = Training(),  # noqa: B008  (frozen)
        time_limit: float | None = None,
        short_series: str = "pad",
        alias: str | None = None,
        **model_config: Any,
    ) -> None:
        self.spec = ModelSpec.resolve(model, model_config, head=head, scaling=scaling, alias=alias)
        self.horizon = horizon
        self.freq = freq
        self.season = periods_of(season)
        self.context_length = context_length
        self.quantile_levels = tuple(quantile_levels) if self.spec.has_quantiles else ()
        self.static_covariates = tuple(static_covariates)
        self.known_covariates, self.past_covariates = tuple(known_covariates), tuple(past_covariates)
        require_different([*self.static_covariates, *self.known_covariates, *self.past_covariates])
        require(not isinstance(calendar, str), "calendar", "a list of cycles such as ['hour']", calendar)
        self.calendar = None if calendar is None else tuple(calendar)
        self.holidays = holidays
        self.bounds = lower, upper
        self.training = training if time_limit is None else dataclasses.replace(training, time_limit=time_limit)
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
        from forecasting.data.splits import calibration_ends
        from forecasting.facts import describe
        from forecasting.fitting import fit_model
        from forecasting.graphs import kernel_of
        from forecasting.learner_spec import LearnerSpec, require_calibratable, require_shareable

        learner, _ = LearnerSpec.chosen(self.training, self.spec).load(self.spec)
        require_shareable(self.training, self.spec)
        held_out = require_calibratable(self.training, self.spec, learner)
        ends = calibration_ends(panel.lengths, self.horizon, held_out)
        part = panel.truncate(ends) if held_out else panel
        task = self.task_for(part)
        self.spec.note_covariates(task)
        predictor, self.learned_ = fit_model(self.spec, task, part, self.training, callbacks, checked=panel)
        self.predictor_ = predictor.calibrated(calibrate(predictor, panel, ends)) if held_out else predictor
        self.learned_.notes["kernel"] = kernel_of(predictor.compiled)
        self.facts_ = describe(panel, self.learned_, self.training, self.predictor_, ends)
        self.history_ = panel
        self.online_, self.state_, self.is_loaded = self.learned_.online, None, False
        return self

    def calibrate(self, frame: pd.DataFrame, windows: int | None = None) -> Self:
        """Calibrate the intervals again, on the last `windows` horizons of every series, without training.

        Only windows whose targets come after all rows that the weights were fitted to count. So a model follows data
        that have changed since, and one that was trained without a calibration gets one as soon as new rows are there.

        Args:
            frame: observed values; those before the windows are history to forecast from.
            windows: horizons that calibrate; `calibration_windows` of the training by default.

        Raises:
            NotFittedError: there is no model yet.
            ConfigError: the number of windows is not said, or the model cannot be calibrated.
            PanelError: the frame cannot become a panel of the model's frequency.
            TrainingError: no series goes on long enough after what the weights were fitted to.
        """
        from forecasting.recalibration import calibrating, recalibrated

        horizons = calibrating(self.training, self.spec, windows)
        self.predictor_, self.facts_ = recalibrated(self.predictor, self.facts, self.panel(frame), horizons)
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

    def backtest(
        self,
        frame: pd.DataFrame,
        windows: int = 5,
        step: int | None = None,
        refit: bool = False,
        *,
        recalibrate: bool = False,
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
            recalibrate: fit once, but calibrate again at every origin on the `calibration_windows` horizons before it.
            level: central intervals wanted, in percent.
            callbacks: Keras callbacks for the fits.

        Returns:
            The frame `unique_id, ds, cutoff, y, <Model>` with the columns of the levels; of symbols with `<Model>-p`,
            the probability that was given to what happened.
        """
        found = self.backtest_panel(
            self.panel(frame), windows, step, refit, recalibrate=recalibrate, level=level, callbacks=callbacks
        )
        return found.to_frame(level)

    def backtest_panel(
        self,
        panel: Panel,
        windows: int = 5,
        step: int | None = None,
        refit: bool = False,
        *,
        recalibrate: bool = False,
        level: Sequence[float] | None = None,
        callbacks: Sequence[Any] = (),
    ) -> Backtest:
        """Backtest on a panel; see `backtest`. The result also scores itself."""
        from forecasting.data.splits import calibration_ends
        from forecasting.evaluation.backtest import backtest_by_window, backtest_fitted, rolling, rolling_to_learn
        from forecasting.forecast_frame import wanted_levels
        from forecasting.recalibration import MovingCalibration, calibrating

        origins = (rolling if self.is_loaded else rolling_to_learn)(panel, self.horizon, windows, step)
        levels = wanted_levels(level, None)
        if self.is_loaded:
            return backtest_fitted(self.predictor, panel, origins, levels, training_end=self.facts.training_end)

        def fitted(window: int | None = None) -> Forecaster:
            return self.copy().fit_panel(origins.training_panel(panel, window), callbacks)

        if refit:
            return backtest_by_window(lambda window: fitted(window).predictor, panel, origins, levels)
        if not recalibrate:
            return backtest_fitted(fitted().predictor, panel, origins, levels)
        horizons = calibrating(self.training, self.spec)
        seen = calibration_ends(origins.ends(panel), self.horizon, horizons)
        moving = MovingCalibration.of(fitted().predictor, panel, seen, horizons)
        return backtest_by_window(lambda at: moving.predictor_at(origins.ends(panel, at)), panel, origins, levels)

    def check_leakage(self, frame: pd.DataFrame) -> LeakageReport:
        """Change everything after a cutoff, and compare what is known at the cutoff bit for bit.

        A loaded forecaster answers as it is. Otherwise a fresh copy is fitted before the cutoff, once for every change,
        and weights and validation are compared too; this forecaster stays as it is.

        Raises:
            PanelError: the frame cannot become a panel, or no series is longer than a horizon and two rows.
        """
        from forecasting.evaluation.leakage import check_forecaster

        return check_forecaster(self, self.panel(frame))

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
        from forecasting.data.features import cycles_of

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
            calendar=cycles_of(task.calendar),
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
