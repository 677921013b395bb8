"""Roll-outs: every step is drawn, and read as if it had been observed, before the next one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.config.strict import is_count, is_number
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.symbols import symbols_at
from forecasting.errors import ConfigError, RequestError
from forecasting.network.graphs import PanelWindows
from forecasting.prediction.predictor import Predictor
from forecasting.prediction.question import Question
from forecasting.prediction.short_series import unobserved
from forecasting.schema import DS, SAMPLE, UNIQUE_ID, Y

#: Numbers that one call into the compiled graph holds of each step and path; bounds its memory.
CHUNK_NUMBERS = 4_000_000

#: A seed is an int64 in the graph.
LARGEST_SEED = 2**63 - 1


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


def sample_frame(predictor: Predictor, panel: Panel, question: Question, draw: Draw) -> pd.DataFrame:
    """Return roll-outs after the end of every series as the frame `unique_id, ds, sample, y`.

    Raises:
        ConfigError: the model is not one of the next step, or has no distribution to draw from.
        RequestError: a field of the draw means nothing for the head, or a series has no observed value.
        PanelError: the panel has another frequency or alphabet.
    """
    horizon = question.horizon
    drawn = sample_panel(predictor, panel, question, draw).ravel()
    times = panel.to_output(panel.times_after(panel.origins, horizon).ravel())
    step = np.arange(panel.n_series * horizon).reshape(panel.n_series, 1, horizon)
    columns = {
        UNIQUE_ID: np.repeat(panel.ids, draw.n * horizon),
        DS: times[np.repeat(step, draw.n, axis=1).ravel()],
        SAMPLE: np.tile(np.repeat(np.arange(draw.n), horizon), panel.n_series),
        Y: symbols_at(panel.symbols, drawn) if panel.symbols else drawn,
    }
    return pd.DataFrame(columns)


def sample_panel(predictor: Predictor, panel: Panel, question: Question, draw: Draw) -> NDArray[np.float64]:
    """Return the values (or codes) [S, n, H'] of roll-outs after the end of every series; see `sample_frame`.

    A horizon longer than the trained one is drawn in rounds, each of which reads what those before have drawn.
    """
    require_sampling(predictor)
    draw.require_fit(predictor.spec.head, predictor.network.head.draw_options)
    panel, ends = predictor.placed(panel, question.horizon)
    for problem in unobserved(panel, ends, predictor.task.context_length).values():
        raise problem
    origins = ends[np.repeat(np.arange(panel.n_series), draw.n)]
    rounds = math.ceil(question.horizon / predictor.task.horizon)
    drawn = rolled(predictor, panel, origins, rounds, draw)
    return drawn.reshape(panel.n_series, draw.n, -1)[:, :, : question.horizon]


def require_sampling(predictor: Predictor) -> None:
    """Raise a `ConfigError` unless the model draws steps one after the other.

    Steps drawn from distributions of each step alone would make paths that jump about: their sums and maxima, for
    which paths are wanted, would be wrong.
    """
    spec = predictor.spec
    if not (spec.head_spec.traits.has_likelihood and spec.config.feeds_back):
        raise ConfigError(
            f"{spec.alias!r} gives each step alone and cannot be rolled out. Train a model with decoding='recursive' "
            "and a head that is a distribution, such as 'student-t' or, for symbols, 'categorical'.",
            code="not_recursive",
            field="decoding",
        )


def rolled(predictor: Predictor, panel: Panel, origins: Origins, rounds: int, draw: Draw) -> NDArray[np.float64]:
    """Return what is drawn, [W, rounds * H], after origins, which may name one place often."""
    task = predictor.task
    most = len(task.symbols) or 1
    rows = max(1, CHUNK_NUMBERS // (max(task.horizon, task.context_length) * most))
    top_k = min(draw.top_k or most, most)
    parts = []
    for start in range(0, len(origins), rows):
        chunk = panel.windows(origins[start : start + rows], task.context_length, panel.covariates.ahead)
        windows = PanelWindows.of(chunk, task, chunk.origins, rounds * task.horizon)
        drawn = []
        for turn in range(rounds):
            seed = np.array([draw.seed, start * rounds + turn], np.int64)
            drawn.append(predictor.sampler(*windows, seed, draw.temperature, top_k).numpy())
            windows = windows.continued(drawn[-1])
        parts.append(np.concatenate(drawn, axis=1))
    return np.concatenate(parts)
