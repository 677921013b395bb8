"""Mixed precision (Micikevicius et al. 2018): some products in bfloat16, weights, sums and answers in float32."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import keras

from forecasting.network.single import ForecastNetwork

logger = logging.getLogger(__name__)


@contextmanager
def computing_in(precision: str, network: ForecastNetwork) -> Iterator[None]:
    """Let the hidden dense layers of a network compute in `precision` whatever is traced or run inside.

    These are products that a GPU has faster units for. The layers that give a forecast's numbers stay float32,
    because three digits are too few for them; so do recurrences, whose fused kernels cast bfloat16 back. bfloat16 has
    the exponents of float32, so the loss needs no scale. Variables are float32 throughout, and afterwards the network
    computes as before: what answers does not know how it was trained.

    Args:
        precision: one of `forecasting.config.training.PRECISIONS`, a policy of Keras.
        network: its layers are found wherever they lie in it.
    """
    layers = hidden_layers(network)
    policies = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = precision
        yield
    finally:
        for layer, policy in zip(layers, policies, strict=True):
            layer.dtype_policy = policy


def used(precision: str, network: ForecastNetwork) -> str:
    """Return the precision that a training has: float32, and a warning, where no layer can have another one."""
    if precision == "float32" or hidden_layers(network):
        return precision
    logger.warning("precision=%r changes nothing: the network has no hidden dense layer. Leave it out.", precision)
    return "float32"


def hidden_layers(network: ForecastNetwork) -> list[keras.layers.Dense]:
    """Return the dense layers of a network that are bent by an activation: the others give numbers, not features."""
    dense = [layer for layer in network._flatten_layers() if isinstance(layer, keras.layers.Dense)]
    return [layer for layer in dense if layer.activation is not keras.activations.linear]
