"""Which past steps a forecast looked at, for models with attention."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.data.panel import Panel
from forecasting.errors import ConfigError
from forecasting.network.graphs import PanelWindows, in_chunks
from forecasting.prediction.predictor import Predictor
from forecasting.schema import DS, SEEN, UNIQUE_ID, WEIGHT


def attention_frame(predictor: Predictor, panel: Panel) -> pd.DataFrame:
    """Return the attention weights of the forecasts after the end of every series.

    Returns:
        The frame `unique_id, ds, seen, weight`: a row per step ahead and past token of the context, tokens that lie
        before the first row of their series left out. The weights of a `ds` sum to 1 over the whole context.

    Raises:
        ConfigError: the model has no attention.
        PanelError: the panel has another frequency or alphabet.
    """
    if not predictor.spec.config.has_attention:
        raise ConfigError(
            f"{predictor.spec.alias!r} has no attention. Use e.g. the model `attention`.",
            code="no_attention",
            field="attention",
        )
    task = predictor.task
    panel, origins = predictor.placed(panel, task.horizon)
    windows = PanelWindows.of(panel, task, origins, task.horizon)
    weights = in_chunks(predictor.attention, windows, predictor.chunk)  # [S, T', T]
    segment = predictor.network.core.tokens.segment
    tokens = weights.shape[2]
    seen = origins.steps[:, None] - segment * np.arange(tokens)[::-1]  # [S, T]
    by_step = np.repeat(weights, segment, axis=1)[:, : task.horizon]  # [S, H, T]
    ahead = panel.times_after(origins, task.horizon)  # [S, H]
    past = panel.frequency.times(np.repeat(panel.starts, tokens), seen.ravel()).reshape(seen.shape)
    inside = np.broadcast_to((seen >= 0)[:, None, :], by_step.shape)
    columns = {
        UNIQUE_ID: np.broadcast_to(panel.ids[:, None, None], by_step.shape)[inside],
        DS: panel.to_output(np.broadcast_to(ahead[:, :, None], by_step.shape)[inside]),
        SEEN: panel.to_output(np.broadcast_to(past[:, None, :], by_step.shape)[inside]),
        WEIGHT: by_step[inside],
    }
    return pd.DataFrame(columns)
