"""How a model with an encoder is put together; imported inside `build`, because it loads Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from forecasting.config.task import Task
from forecasting.layers.covariates import features_of, known_width
from forecasting.layers.decoders import DECODINGS
from forecasting.layers.decoding.parts import Parts
from forecasting.layers.residual import ResidualCore
from forecasting.layers.residuals import NO_RESIDUAL, RESIDUALS
from forecasting.layers.tokens import Tokens
from forecasting.models.config import DecodedConfig

if TYPE_CHECKING:
    from forecasting.heads.base import BaseHead
    from forecasting.layers.core import Core


def decoded_core(
    encoder: Callable[[str], Any],
    config: DecodedConfig,
    task: Task,
    head: BaseHead,
    segment: int = 1,
    cell: str = "gru",
) -> Core:
    """Return the core of an encoder with the decoding that the config names.

    Args:
        encoder: makes an encoder of a name.
        config: the model's config.
        task: shapes and features.
        head: reads the raw numbers.
        segment: steps per token.
        cell: cell of a decoder that has one.
    """
    tokens = Tokens(segment, task.horizon, len(task.symbols), features_of(task.past_covariates))
    parts = Parts(encoder, tokens, head, config, known_width(task), cell)
    core = DECODINGS.load(config.decoding).Layer
    if config.residual == NO_RESIDUAL:
        return core(parts, name="core")
    base = RESIDUALS.load(config.residual).Residual(task, name="base")
    return ResidualCore(core(parts, name="network"), base, head, name="core")
