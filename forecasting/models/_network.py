"""How the encoder-decoder models are put together; imported inside `build`, because it loads Keras."""

from __future__ import annotations

from typing import Any

from forecasting.config import Task
from forecasting.decoding import DECODERS
from forecasting.decoding._calendar import CalendarReadout
from forecasting.layers.core import EncoderDecoder
from forecasting.models._config import DecodedConfig


def encoder_decoder(
    encoder: Any, config: DecodedConfig, task: Task, parameters: int, segment: int = 1
) -> EncoderDecoder:
    """Return the core of an encoder with the decoder that the config names.

    Args:
        encoder: a layer of `forecasting.layers.encoders`.
        config: decoding and the width of the layer that reads the calendar.
        task: shapes and features.
        parameters: P, raw numbers per step.
        segment: steps per token.
    """
    calendar = CalendarReadout(parameters, config.width, name="calendar") if task.calendar else None
    decoder = DECODERS.load(config.decoding).Decoder(task.horizon, parameters, segment, calendar, name="decoder")
    return EncoderDecoder(encoder, decoder, segment, name="core")
