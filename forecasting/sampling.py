"""Roll-outs: every step is drawn, and read as if it had been observed, before the next one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from forecasting.config import Task, is_count, is_number
from forecasting.data.future import require_known_ahead
from forecasting.data.panel import Panel
from forecasting.data.symbols import symbols_at
from forecasting.errors import ConfigError, RequestError
from forecasting.graphs import PanelWindows, compiled
from forecasting.layers.inputs import Dice
from forecasting.network import ForecastNetwork
from forecasting.predictor import Predictor
from forecasting.schema import DS, SAMPLE, UNIQUE_ID, Y
from forecasting.short_series import unobserved

#: Numbers that one call into the compiled graph holds of each step and path; bounds its memory.
CHUNK_NUMBERS = 4_000_000

#: A seed is an int64 in the graph.
LARGEST_SEED = 2**63 - 1

#: Chance stays this far from 0 and 1, where distributions have no value.
EDGE = 1e-9


@dataclass(frozen=True)
class Draw:
    """How roll-outs are drawn.

    Attributes:
        n: roll-outs per series.
        temperature: 1 draws from the model's distribution, below 1 from a narrower one, 0 takes its middle or the most
            probable symbol; counts have none.
        top_k: draw only among this many of the most probable symbols; None draws among all. Numbers have none.
        seed: the same seed gives the same roll-outs.

    Raises:
        RequestError: a field has a value that means nothing.
    """

    n: int = 100
    temperature: float = 1.0
    top_k: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        checks = {
            "n": (is_count(self.n), "an integer of at least 1"),
            "temperature": (is_number(self.temperature) and self.temperature >= 0, "at least 0"),
            "top_k": (self.top_k is None or is_count(self.top_k), "an integer of at least 1, or None"),
            "seed": (is_count(self.seed, 0) and self.seed <= LARGEST_SEED, f"an integer from 0 to {LARGEST_SEED}"),
        }
        for name, (is_valid, expected) in checks.items():
            if not is_valid:
                text = f"`{name}` must be {expected}. Got {getattr(self, name)!r}."
                raise RequestError(text, code="draw", field=name)

    def require_fit(self, head: str, options: tuple[str, ...]) -> None:
        """Raise a `RequestError` when a field says something and means nothing for the head."""
        plain = Draw()
        for name in ("temperature", "top_k"):
            if name not in options and getattr(self, name) != getattr(plain, name):
                text = f"`{name}` means nothing for head {head!r}. Got {getattr(self, name)!r}. Leave it out."
                raise RequestError(text, code="draw", field=name)


def sample_frame(predictor: Predictor, panel: Panel, horizon: int | None, draw: Draw) -> pd.DataFrame:
    """Return roll-outs after the end of every series as the frame `unique_id, ds, sample, y`.

    Raises:
        ConfigError: the model is not one of the next step, or has no distribution to draw from.
        RequestError: a field of the draw means nothing for the head, the horizon cannot be answered, or a series has no
            observed value.
        PanelError: the panel has another frequency or alphabet.
    """
    horizon = predictor.task.horizon if horizon is None else horizon
    drawn = sample_panel(predictor, panel, horizon, draw).ravel()
    times = panel.to_output(panel.times_after(np.arange(panel.n_series), panel.lengths - 1, horizon).ravel())
    step = np.arange(panel.n_series * horizon).reshape(panel.n_series, 1, horizon)
    columns = {
        UNIQUE_ID: np.repeat(panel.ids, draw.n * horizon),
        DS: times[np.repeat(step, draw.n, axis=1).ravel()],
        SAMPLE: np.tile(np.repeat(np.arange(draw.n), horizon), panel.n_series),
        Y: symbols_at(panel.symbols, drawn) if panel.symbols else drawn,
    }
    return pd.DataFrame(columns)


def sample_panel(predictor: Predictor, panel: Panel, horizon: int, draw: Draw) -> np.ndarray:
    """Return the values (or codes) [S, n, horizon] of roll-outs after the end of every series; see `sample_frame`.

    A horizon longer than the trained one is drawn in rounds, each of which reads what those before have drawn.
    """
    require_sampling(predictor)
    draw.require_fit(predictor.spec.head, predictor.network.head.draw_options)
    predictor.require_answerable(horizon, ())
    predictor.require_readable(panel)
    ends = np.arange(panel.n_series), panel.lengths - 1
    for problem in unobserved(panel, *ends, predictor.task.context_length).values():
        raise problem
    require_known_ahead(panel, predictor.task, *ends, horizon)
    series = np.repeat(np.arange(panel.n_series), draw.n)
    rounds = math.ceil(horizon / predictor.task.horizon)
    return rolled(predictor, panel, series, rounds, draw).reshape(panel.n_series, draw.n, -1)[:, :, :horizon]


def require_sampling(predictor: Predictor) -> None:
    """Raise a `ConfigError` unless the model draws steps one after the other.

    Steps drawn from distributions of each step alone would make paths that jump about: their sums and maxima, for
    which paths are wanted, would be wrong.
    """
    spec = predictor.spec
    head = spec.head_spec
    if not ((head.has_symbols or head.is_distribution) and spec.config.feeds_back):
        raise ConfigError(
            f"{spec.alias!r} gives each step alone and cannot be rolled out. Train a model with decoding='recursive' "
            "and a head that is a distribution, such as 'student-t' or, for symbols, 'categorical'.",
            code="not_recursive",
            field="decoding",
        )


def rolled(predictor: Predictor, panel: Panel, series: np.ndarray, rounds: int, draw: Draw) -> np.ndarray:
    """Return what is drawn, [W, rounds * H], after the end of `series` [W], which may name one often."""
    task = predictor.task
    most = len(task.symbols) or 1
    rows = max(1, CHUNK_NUMBERS // (max(task.horizon, task.context_length) * most))
    top_k = min(draw.top_k or most, most)
    parts = []
    for start in range(0, len(series), rows):
        chosen = series[start : start + rows]
        chunk = panel.windows(chosen, panel.lengths[chosen] - 1, task.context_length, panel.covariates.ahead)
        windows = PanelWindows.of(chunk, task, np.arange(chunk.n_series), chunk.lengths - 1, rounds * task.horizon)
        drawn = []
        for turn in range(rounds):
            seed = np.array([draw.seed, start * rounds + turn], np.int64)
            drawn.append(predictor.sampler(*windows, seed, draw.temperature, top_k).numpy())
            windows = windows.continued(drawn[-1])
        parts.append(np.concatenate(drawn, axis=1))
    return np.concatenate(parts)


def compile_sampler(network: ForecastNetwork, task: Task) -> Any:
    """Return the network as one graph from windows, a seed, a temperature and a bound to a path [W, H] of each."""

    def draw(context: Any, known: Any, statics: Any, seed: Any, temperature: Any, top_k: Any) -> Any:
        shape = [tf.shape(context)[0], 1, task.horizon]
        chance = tf.random.stateless_uniform(shape, seed, EDGE, 1 - EDGE, tf.float64)
        return network.draw(context, known, statics, Dice(chance, temperature, top_k))[:, 0]

    options = tf.TensorSpec([2], tf.int64), tf.TensorSpec([], tf.float32), tf.TensorSpec([], tf.int32)
    return compiled(draw, task, *options)
