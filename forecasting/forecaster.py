"""Forecaster: fit, predict, sample, backtest, calibrate, update, save, load."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from forecasting.choices import Choices, call_signature
from forecasting.config.training import Training
from forecasting.data.future import future_frame, with_known_future
from forecasting.errors import NotFittedError
from forecasting.fitted import Fitted
from forecasting.models.spec import ModelSpec
from forecasting.prediction.question import Question

if TYPE_CHECKING:
    from keras.callbacks import Callback

    from forecasting.data.panel import Panel
    from forecasting.evaluation.backtest import Backtest
    from forecasting.evaluation.leakage import LeakageReport
    from forecasting.prediction.predictor import Predictor
    from forecasting.store.facts import Facts
    from forecasting.training.learned import Learned


class Forecaster:
    """One model for one task: frames in, forecast frames out.

    Args:
        model: name of a model (`forecast doctor` lists them), alone or with its choices as the command line takes
            them (`gru:units=64,head=point`), or a `ModelSpec`.
        horizon: H, steps ahead.
        freq: pandas offset alias or integer step; inferred from the data when not given.
        head: `quantiles`, `point`, a distribution (`normal`, `student-t`, `mixture-density:components=3`; of counts
            `poisson`, `negative-binomial`), or `categorical` for symbols; the model's own default when not given.
        scaling: `standard`, `last`, `shift`, `mean`, `asinh` or `none`; the model's own default when not given.
        alias: name of the forecast column; the model's name when not given.
        time_limit: seconds that a fit may take; the same as `Training(time_limit=...)`.
        **choices: the other choices, which `forecasting.Choices` describes, such as `season`, `known_covariates`,
            `holidays` or `training`; and fields of the model's `Config`, such as `units`.

    Attributes:
        choices: what was chosen.

    Raises:
        ConfigError: a choice is unknown or has a value that means nothing.
    """

    __signature__ = call_signature()

    def __init__(self, model: str | ModelSpec, horizon: int, freq: str | int | None = None, **choices: Any) -> None:
        self.choices = Choices.of(model, horizon, freq, **choices)
        self._fitted: Fitted | None = None

    @classmethod
    def of(cls, choices: Choices, fitted: Fitted | None = None) -> Self:
        """Return the forecaster of some choices, with what it has learnt where it has."""
        forecaster = cls.__new__(cls)
        forecaster.choices, forecaster._fitted = choices, fitted
        return forecaster

    @property
    def spec(self) -> ModelSpec:
        """The model and its choices."""
        return self.choices.spec

    @property
    def horizon(self) -> int:
        """H, steps ahead."""
        return self.choices.horizon

    @property
    def fitted(self) -> Fitted:
        """What it holds since it has learnt.

        Raises:
            NotFittedError: it has not.
        """
        if self._fitted is None:
            text = "The forecaster is not fitted yet. Call `fit` first, or `load` a model."
            raise NotFittedError(text, code="not_fitted")
        return self._fitted

    @property
    def predictor(self) -> Predictor:
        """The predictor that answers everywhere: notebook, batch, REST, MLflow."""
        return self.fitted.predictor

    @property
    def facts(self) -> Facts:
        """What is recorded about the training."""
        return self.fitted.facts

    @property
    def is_loaded(self) -> bool:
        """Whether the model came from an artifact, without its training data."""
        return self._fitted is not None and self._fitted.is_loaded

    @property
    def learned_(self) -> Learned | None:
        """How the last `fit` went; None before it, and after `load`."""
        return self._fitted.learned if self._fitted else None

    @property
    def leaderboard_(self) -> pd.DataFrame:
        """The models that `auto` tried, in order; see `Fitted.leaderboard`."""
        return self._fitted.leaderboard() if self._fitted else pd.DataFrame()

    def panel(self, frame: pd.DataFrame | None = None) -> Panel:
        """Check a frame and turn it into a panel, of the frequency and alphabet of the training where there was one.

        The panel that `fit` and the updates since have read where no frame is given.

        Raises:
            NotFittedError: no frame is given, and there is no such panel.
            PanelError: the frame cannot become a panel.
        """
        if frame is None:
            return self.fitted.require_history()
        return self.choices.panel(frame, self._fitted.predictor.task if self._fitted else None)

    def fit(self, frame: pd.DataFrame, callbacks: Sequence[Callback] = ()) -> Self:
        """Learn from `frame` (`unique_id, ds, y`), always afresh; with head `categorical` also the alphabet of `y`.

        Args:
            frame: the long frame; rows in any order.
            callbacks: Keras callbacks for networks trained by gradient.

        Raises:
            PanelError: the frame cannot become a panel, or holds values outside the bounds or no counts.
            TrainingError: no window can be cut, or training diverged.
        """
        return self.fit_panel(self.choices.panel(frame), callbacks)

    def fit_panel(self, panel: Panel, callbacks: Sequence[Callback] = ()) -> Self:
        """Learn from a panel; see `fit`."""
        self._fitted = Fitted.of(self.choices, panel, callbacks)
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
        from forecasting.prediction.frame import forecast_frame

        question = self.predictor.question(
            horizon, level=level, quantile_levels=quantile_levels, probabilities=probabilities
        )
        task, panel = self.predictor.task, self.panel(history)
        panel = panel if ids is None else panel.select(panel.places_of(ids))
        panel = with_known_future(panel, task, question.horizon, future)
        if question.horizon > task.horizon:
            warnings.warn(
                f"Horizon {question.horizon} is longer than the trained {task.horizon}: the forecast is rolled out, "
                "each part from the medians or symbols of the one before, and more certain than it should be.",
                stacklevel=2,
            )
        frame, answer = forecast_frame(self.predictor, panel, question)
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
        head that is a distribution, or `categorical`. Models that answer all steps at once have no paths: their steps
        would be independent, and sums over a path wrong.

        Args:
            history: as for `predict`, and so are `horizon` and `future`.
            horizon: steps ahead.
            n: paths per series.
            temperature: 1 draws from the model's distribution, 0 takes its middle or the most probable symbol.
            top_k: draw only among this many of the most probable symbols.
            seed: the same seed gives the same paths.
            future: known covariates of the steps ahead.

        Returns:
            The frame `unique_id, ds, sample, y`.

        Raises:
            ConfigError: the model is not one of the next step, or has no distribution to draw from.
            NotFittedError, PanelError, RequestError: as for `predict`, or an argument means nothing.
        """
        from forecasting.prediction.paths import Draw, sample_frame

        question = self.predictor.question(horizon)
        panel = with_known_future(self.panel(history), self.predictor.task, question.horizon, future)
        return sample_frame(self.predictor, panel, question, Draw(n, temperature, top_k, seed))

    def attention(self, history: pd.DataFrame | None = None, future: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return which past steps the forecasts look at: `unique_id, ds, seen, weight`; arguments as for `predict`.

        Raises:
            ConfigError: the model has no attention.
        """
        from forecasting.prediction.attention import attention_frame

        task = self.predictor.task
        return attention_frame(self.predictor, with_known_future(self.panel(history), task, task.horizon, future))

    def make_future_frame(self, history: pd.DataFrame | None = None, horizon: int | None = None) -> pd.DataFrame:
        """Return the frame `unique_id, ds` of the steps ahead, to be filled with known covariates; see `predict`."""
        return future_frame(self.panel(history), self.predictor.question(horizon).horizon)

    def calibrate(self, frame: pd.DataFrame, windows: int | None = None) -> Self:
        """Calibrate the intervals again, on the last `windows` horizons of every series, without training.

        Only windows count whose targets come after all rows that the weights were fitted to: so a model follows data
        that have changed since.

        Args:
            frame: observed values; those before the windows are history to forecast from.
            windows: horizons that calibrate; `calibration_windows` of the training by default.

        Raises:
            NotFittedError: there is no model yet.
            ConfigError: the number of windows is not said, or the model cannot be calibrated.
            PanelError: the frame cannot become a panel of the model's frequency.
            TrainingError: no series goes on long enough after what the weights were fitted to.
        """
        self._fitted = self.fitted.calibrated(self.panel(frame), self.choices.training, windows)
        return self

    def update(self, frame: pd.DataFrame) -> Self:
        """Go on learning from new observations, each once, in the order of time, without windows and without replay.

        For online learners, such as `Training(learner="ekf")`; the network changes in place, and `predict()` forecasts
        after the new rows. `frame` has the rows after the last one seen of each series, and may have new series.

        Raises:
            NotFittedError: there is no model yet, or it was saved without what its learner remembers.
            ConfigError: the learner always starts afresh.
            PanelError: rows were seen before, or rows are missing between; nothing is learnt then.
        """
        self._fitted = self.fitted.updated(self.panel(frame), self.choices.training)
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
        callbacks: Sequence[Callback] = (),
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
        return found.to_frame([] if level is None else level)

    def backtest_panel(
        self,
        panel: Panel,
        windows: int = 5,
        step: int | None = None,
        refit: bool = False,
        *,
        recalibrate: bool = False,
        level: Sequence[float] | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Backtest:
        """Backtest on a panel; see `backtest`. The result scores itself."""
        from forecasting.evaluation import backtest

        levels = Question.read(self.horizon, level).levels
        if self.is_loaded:
            rolling = backtest.rolling(panel, self.horizon, windows, step)
            return backtest.backtest_fitted(self.predictor, panel, rolling, levels, self.facts.training_end)
        rolling = backtest.rolling_to_learn(panel, self.horizon, windows, step)

        def fit(part: Panel) -> Predictor:
            return Fitted.of(self.choices, part, callbacks).predictor

        if refit:
            return backtest.backtest_refitted(fit, panel, rolling, levels)
        if recalibrate:
            horizons = self.choices.training.calibration_windows
            return backtest.backtest_recalibrated(fit, panel, rolling, levels, horizons)
        return backtest.backtest_fitted(fit(panel.known_at(rolling)), panel, rolling, levels)

    def check_leakage(self, frame: pd.DataFrame) -> LeakageReport:
        """Change everything after a cutoff, and compare what is known at the cutoff bit for bit.

        A loaded forecaster answers as it is. Otherwise a fresh copy is fitted before the cutoff, once for every change,
        and weights and validation are compared too; this forecaster stays as it is.

        Raises:
            PanelError: the frame cannot become a panel, or no series is longer than a horizon and two rows.
        """
        from forecasting.evaluation.leakage import leakage_of, leakage_of_training

        panel = self.panel(frame)
        if self.is_loaded:
            return leakage_of(panel, self.horizon, self.predictor)

        return leakage_of_training(panel, self.horizon, lambda part: Fitted.of(self.choices, part))

    def save(self, folder: str | Path) -> Path:
        """Write the model into `folder` (numbers and JSON, no code, no training data).

        Raises:
            NotFittedError: there is no model yet.
            ArtifactError: the folder holds something else.
        """
        return self.fitted.artifact.write(folder)

    def export(self, folder: str | Path) -> Path:
        """Write the network as a TensorFlow SavedModel with a fixed signature; see `forecasting.store.saved_model`.

        Raises:
            NotFittedError: there is no model yet.
            ArtifactError: the folder holds something.
        """
        from forecasting.store.saved_model import export

        return export(self.predictor, folder)

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """Load a model from an artifact folder, `NAME@alias`, `NAME/version` or an MLflow model URI.

        Raises:
            ArtifactError: the folder is incomplete or changed, or does not answer as it did.
            RegistryError: the registry has no such model.
        """
        fitted = Fitted.load(source)
        predictor, training = fitted.predictor, Training.from_dict(fitted.facts.training)
        return cls.of(Choices.of_task(predictor.spec, predictor.task, training), fitted)

    def copy(self) -> Self:
        """Return an unfitted forecaster with the same choices."""
        return type(self).of(self.choices)
