"""Which past steps a forecast looked at, for models with attention."""

from __future__ import annotations

import numpy as np
import pandas as pd
import tensorflow as tf

from forecasting.data.future import require_known_ahead
from forecasting.data.panel import Panel
from forecasting.data.statics import encode_statics
from forecasting.data.windows import layout
from forecasting.errors import ConfigError
from forecasting.layers.gather import Gather
from forecasting.predictor import Predictor
from forecasting.schema import DS, UNIQUE_ID

#: Column: the newest step of the past token that was looked at.
SEEN = "seen"

WEIGHT = "weight"


def attention_frame(predictor: Predictor, panel: Panel) -> pd.DataFrame:
    """Return the attention weights of the forecasts after the end of every series.

    Returns:
        The frame `unique_id, ds, seen, weight`: a row per step ahead and past token of the context, tokens that lie
        before the first row of their series left out. The weights of a `ds` sum to 1 over the whole context.

    Raises:
        ConfigError: the model has no attention.
    """
    if getattr(predictor.spec.config, "attention", "none") == "none":
        raise ConfigError(
            f"{predictor.spec.alias!r} has no attention. Use e.g. the model `attention`.",
            code="no_attention",
            field="attention",
        )
    task = predictor.task
    panel.require_frequency(task.freq)
    weights = weights_of(predictor, panel)  # [S, T', T]
    series, steps = np.arange(panel.n_series), panel.lengths - 1
    segment = predictor.network.core.tokens.segment
    tokens = weights.shape[2]
    seen = steps[:, None] - segment * np.arange(tokens)[::-1]  # [S, T]
    by_step = np.repeat(weights, segment, axis=1)[:, : task.horizon]  # [S, H, T]
    ahead = panel.times_after(series, steps, task.horizon)  # [S, H]
    past = panel.frequency.times(np.repeat(panel.starts, tokens), seen.ravel()).reshape(seen.shape)
    inside = np.broadcast_to((seen >= 0)[:, None, :], by_step.shape)
    columns = {
        UNIQUE_ID: np.broadcast_to(panel.ids[:, None, None], by_step.shape)[inside],
        DS: panel.to_output(np.broadcast_to(ahead[:, :, None], by_step.shape)[inside]),
        SEEN: panel.to_output(np.broadcast_to(past[:, None, :], by_step.shape)[inside]),
        WEIGHT: by_step[inside],
    }
    return pd.DataFrame(columns)


def weights_of(predictor: Predictor, panel: Panel) -> np.ndarray:
    """Return the weights [S, T', T] of each token ahead over each token of the context, at the end of every series."""
    task, network = predictor.task, predictor.network
    require_known_ahead(panel, task, np.arange(panel.n_series), panel.lengths - 1, task.horizon)
    arrays = layout(panel, task.calendar, task.horizon, task.covariate_kinds)
    y, known = tf.constant(arrays.y), tf.constant(arrays.known)
    gather = Gather(y, known, task.context_length, task.horizon, task.covariate_counts)
    windows = gather(tf.constant(arrays.last), tf.constant(arrays.first))
    statics = encode_statics(panel.statics, task.static_covariates, panel.ids)
    scaled = network.scaler(windows.context)
    return np.asarray(network.core.weights_of(network.inputs_of(scaled, windows.known, statics)))
