"""Online learning: one observation at a time, in the order of time, without windows and without replay.

When an observation arrives, the network forecasts it from the state and the observation before it, with the weights
of that moment; the error changes the weights by the learner's rule; the state goes on. Every forecast is made before
its target is learnt from, so the errors on the way say how good the forecasts are.

A series is scaled by the mean and standard deviation of its observations so far (Welford 1962), or not at all
(`scaling="none"`). A missing observation enters as a missing step of a window does, as the last observed value with the
flag 0 (0 before the first), and changes no weight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from forecasting.config.task import Task
from forecasting.data.continuing import require_continuation
from forecasting.data.panel import Panel
from forecasting.data.windows import layout
from forecasting.errors import ArtifactError, ConfigError, TrainingError
from forecasting.layers.scaling import RELATIVE_FLOOR
from forecasting.layers.tensor import Tensor
from forecasting.network.single import ForecastNetwork
from forecasting.store.learner_state import LearnerState
from forecasting.training.online.sensitivity import Dynamics
from forecasting.training.online.series_store import SeriesStore

#: Numbers that are kept for all series together: their states and sensitivities, some 400 MB.
MOST_NUMBERS = 100_000_000

#: Observations taken by one call into the graph.
PART = 256

#: Scaled inputs are cut here: a wild value must not leave a sensitivity that is not a number for ever.
LARGEST_INPUT = 1e4


@dataclass(frozen=True)
class Pass:
    """What came of taking some rows.

    Attributes:
        updates: how often the weights changed.
        scaled_error: sum of the absolute errors then, in scaled units.
        error: likewise, in original units.
    """

    updates: int
    scaled_error: float
    error: float


class Rule(Protocol):
    """How one error changes the weights.

    Attributes:
        variables: what the rule remembers, by name; they have `numpy()` and `assign()`.
    """

    variables: dict[str, Any]

    def learn(self, forecast: Tensor, target: Tensor, gradient: Tensor) -> None:
        """Change the weights, inside a graph.

        Args:
            forecast: scalar, in scaled units.
            target: scalar, what was observed.
            gradient: [W], derivative of the forecast by the weights.
        """
        ...


class OnlineLearner:
    """A network, what it remembers of every series, and the rule by which it learns.

    Args:
        network: the `ForecastNetwork` that is taught.
        task: names of the features.
        dynamics: one step of the network.
        rule: changes the weights.
        burn_in: observations of a series that only set its scale.
    """

    def __init__(self, network: ForecastNetwork, task: Task, dynamics: Dynamics, rule: Rule, burn_in: int) -> None:
        self.network = network
        self.task = task
        self.dynamics = dynamics
        self.rule = rule
        self.burn_in = burn_in
        self.is_scaled = network.scaler.scheme != "none"
        self.ends: dict[str, Any] = {}
        self.timezone: str | None = None
        self.store = SeriesStore(
            {
                "state": dynamics.initial,
                "sensitivity": np.zeros((dynamics.n_states, dynamics.n_weights), np.float32),
                "moments": np.zeros(3),  # observations, mean, sum of squared deviations
                "pending": np.zeros(2 + len(task.calendar)),  # 1 where there is a row before, its y, its features
                "carried": np.full(1, np.nan),  # the last observed y
            }
        )
        signature = [
            tf.TensorSpec([None], tf.int64),
            tf.TensorSpec([None], tf.float64),
            tf.TensorSpec([None, len(task.calendar)], tf.float32),
        ]
        self.take = tf.function(self._take, input_signature=signature, autograph=False)

    def learn(self, panel: Panel, progress: Callable[[int], None] = lambda rows: None) -> Pass:
        """Learn from new rows, each once, in the order of time and within a time in the order of the panel.

        Args:
            panel: rows after those seen, and new series.
            progress: called with the number of rows taken so far.

        Raises:
            PanelError: rows do not follow those seen; nothing was learnt then.
            ConfigError: there are more series than can be kept.
            TrainingError: a weight is not finite. Whatever is raised, everything is as before then.
        """
        require_continuation(panel, self.ends, self.timezone)
        before, weights = self.state(), self.network.get_weights()
        try:
            return self.take_all(panel, progress)
        except BaseException:  # an interrupt too: rows that were half taken could be given again
            self.network.set_weights(weights)
            self.restore(before)
            raise

    def take_all(self, panel: Panel, progress: Callable[[int], None]) -> Pass:
        """Learn from rows that follow those seen.

        Raises:
            TrainingError: a weight is not finite.
        """
        numbers = self.admit(panel)
        arrays = layout(panel, self.task.calendar, 0)
        order = np.argsort(panel.grid(), kind="stable")
        series = np.repeat(numbers, panel.lengths)[order]
        sums = np.zeros(3)
        for start in range(0, len(order), PART):
            rows = order[start : start + PART]
            sums += self.take(series[start : start + PART], arrays.y[rows], arrays.known[rows]).numpy()
            progress(start + len(rows))
        if not all(np.isfinite(weight).all() for weight in self.network.get_weights()):
            raise TrainingError(
                "Learning diverged: a weight is not finite. Lower `learning_rate` or raise `measurement_noise`.",
                code="diverged",
            )
        return Pass(int(sums[0]), float(sums[1]), float(sums[2]))

    def admit(self, panel: Panel) -> np.ndarray:
        """Make room for new series and note how far every series is now; returns the numbers of the panel's series."""
        known = {name: number for number, name in enumerate(self.ends)}
        new = [name for name in panel.ids if name not in known]
        total = len(known) + len(new)
        if total * self.store.size > MOST_NUMBERS:
            raise ConfigError(
                f"An online learner keeps {self.store.size:,} numbers for each series: states, and their derivatives "
                f"by every weight. {total} series are too many for that. Lower `units`, or give fewer series.",
                code="too_many_series",
                field="learner",
            )
        self.store.resize(total)
        self.timezone = panel.timezone
        self.ends |= dict(zip(panel.ids, panel.ends, strict=True))
        names = {name: number for number, name in enumerate(self.ends)}
        return np.array([names[name] for name in panel.ids], np.int64)

    def forget_series(self) -> None:
        """Forget every series; weights, and what the rule remembers, stay."""
        self.store.resize(0)
        self.ends = {}

    def state(self) -> LearnerState:
        """Return everything but the weights, from which `restore` goes on."""
        parts = {f"series/{name}": part.numpy() for name, part in self.store.parts.items()}
        rule = {f"rule/{name}": np.asarray(part.numpy()) for name, part in self.rule.variables.items()}
        ends = np.array([np.asarray(end).astype(np.int64) for end in self.ends.values()], np.int64)
        record = {"series": [str(name) for name in self.ends], "timezone": self.timezone, "freq": self.task.freq}
        return LearnerState({**parts, **rule, "ends": ends}, record)

    def restore(self, state: LearnerState) -> None:
        """Go on from a state.

        Raises:
            ArtifactError: the state is not one of this learner and this network.
        """
        try:
            ends = state.arrays["ends"].astype(np.int64 if isinstance(self.task.freq, int) else "M8[us]")
            self.store.resize(len(ends))
            variables = {f"series/{name}": part for name, part in self.store.parts.items()}
            variables |= {f"rule/{name}": part for name, part in self.rule.variables.items()}
            arrays = {"series/carried": state.arrays["series/pending"][:, 1:2], **state.arrays}  # older states lack it
            for name, variable in variables.items():
                variable.assign(arrays[name])
            self.ends = dict(zip(state.record["series"], ends, strict=True))
            self.timezone = state.record["timezone"]
        except (KeyError, ValueError) as error:
            raise ArtifactError(
                f"The state of the learner does not fit the network: {error}. Fit again.", code="learner"
            ) from error

    def _take(self, series: Tensor, y: Tensor, known: Tensor) -> Tensor:
        """Take observations one after the other: series [N], y [N], known [N, F]; returns those of a `Pass` [3]."""

        def body(row: Tensor, sums: Tensor) -> tuple[Tensor, Tensor]:
            return row + 1, sums + self.observe(series[row], y[row], known[row])

        start = tf.constant(0, tf.int64), tf.zeros([3], tf.float64)
        count = tf.size(y, tf.int64)
        return tf.while_loop(lambda row, sums: row < count, body, start, parallel_iterations=1)[1]

    def observe(self, series: Tensor, y: Tensor, known: Tensor) -> Tensor:
        """Take one observation: forecast it, learn from the error, go on.

        Args:
            series: number of the series.
            y: what was observed, NaN where missing.
            known: [F], its features.

        Returns:
            Whether the weights changed, and the absolute error in scaled and in original units then [3].
        """
        kept = self.store.read(series)
        center, scale, is_usable = self.scale(kept["moments"])
        step = self.dynamics.step(kept["state"], kept["sensitivity"], token_of(kept, center, scale), known)
        target, observed = tf.unstack(scaled_and_observed(y, center, scale))
        has_forecast = kept["pending"][0] > 0
        error = tf.cast(tf.abs(target - step.forecast), tf.float64)
        learns = has_forecast & is_usable & (observed > 0) & tf.math.is_finite(error)

        def learn() -> Tensor:
            self.rule.learn(step.forecast, target, step.gradient)
            return tf.stack([tf.ones_like(error), error, error * scale])

        sums = tf.cond(learns, learn, lambda: tf.zeros([3], tf.float64))
        row = {
            "state": tf.where(has_forecast, step.state, kept["state"]),
            "sensitivity": tf.where(has_forecast, step.sensitivity, kept["sensitivity"]),
            "moments": following_moments(kept["moments"], y),
            "pending": tf.concat([[1.0], [y], tf.cast(known, tf.float64)], axis=0),
            "carried": tf.where(tf.math.is_finite(y), y[None], kept["carried"]),
        }
        self.store.write(series, row)
        return sums

    def scale(self, moments: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return center, scale, and whether an error in this scale is to be learnt from."""
        count, mean, squares = tf.unstack(moments)
        burnt_in = count >= self.burn_in
        if not self.is_scaled:
            return tf.zeros_like(mean), tf.ones_like(mean), burnt_in
        spread = tf.sqrt(squares / tf.maximum(count, 1.0))
        varies = spread > RELATIVE_FLOOR * tf.abs(mean)
        return mean, tf.where(varies, spread, tf.ones_like(spread)), burnt_in & varies


def token_of(kept: dict[str, Any], center: Tensor, scale: Tensor) -> Tensor:
    """Return the newest row of a series as the network reads it in a window [2 + F], float32; see `Tokens`.

    Args:
        kept: the series' row of the store.
        center: of its values.
        scale: of its values.
    """
    value = tf.clip_by_value(scaled_and_observed(kept["carried"][0], center, scale)[0], -LARGEST_INPUT, LARGEST_INPUT)
    observed = tf.cast(tf.math.is_finite(kept["pending"][1]), tf.float32)
    return tf.concat([[value, observed], tf.cast(kept["pending"][2:], tf.float32)], axis=0)


def scaled_and_observed(y: Tensor, center: Tensor, scale: Tensor) -> Tensor:
    """Return [scaled value, 1], and [0, 0] for a missing value, float32."""
    observed = tf.math.is_finite(y)
    value = tf.where(observed, (y - center) / scale, tf.zeros_like(y))
    return tf.cast(tf.stack([value, tf.cast(observed, y.dtype)]), tf.float32)


def following_moments(moments: Tensor, y: Tensor) -> Tensor:
    """Return count, mean and sum of squared deviations [3] with one more observation (Welford 1962)."""
    count, mean, squares = tf.unstack(moments)
    count = count + 1.0
    distance = y - mean
    mean = mean + distance / count
    moved = tf.stack([count, mean, squares + distance * (y - mean)])
    return tf.where(tf.math.is_finite(y), moved, moments)
