"""Mixed precision (Micikevicius et al. 2018): some products in bfloat16, weights, sums and answers in float32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras


@contextmanager
def computing_in(precision: str, network: Any) -> Iterator[None]:
    """Let the hidden dense layers of a network compute in `precision` whatever is traced or run inside.

    These are the products that a GPU has faster units for. What reads the head's numbers stays float32, because
    three digits are too few for a forecast; so do recurrences, whose fused kernels cast bfloat16 back. bfloat16 has
    the exponents of float32, so gradients need no scale of the loss. Variables are float32 throughout, and after it
    the network computes as before: what answers does not know how it was trained.

    Args:
        precision: one of `forecasting.config.PRECISIONS`, a policy of Keras.
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


def hidden_layers(network: Any) -> list[Any]:
    """Return the dense layers of a network that are bent by an activation: the others give numbers, not features."""
    dense = [layer for layer in network._flatten_layers() if isinstance(layer, keras.layers.Dense)]
    return [layer for layer in dense if layer.activation is not keras.activations.linear]
