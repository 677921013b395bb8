"""Networks that read one token after the other: what the learners that carry a state along ask of a network."""

from __future__ import annotations

from forecasting.errors import ConfigError
from forecasting.layers.decoders.recursive import Recursive
from forecasting.layers.encoders.recurrent import Recurrent
from forecasting.network.single import ForecastNetwork


def stepping_core(network: ForecastNetwork, learner: str) -> Recursive:
    """Return the core of a network that predicts the next token from a state.

    Args:
        network: a `ForecastNetwork`.
        learner: who asks, for the error.

    Raises:
        ConfigError: the network has no state to carry from token to token, or does not predict the next one.
    """
    core = network.core
    if isinstance(core, Recursive) and isinstance(core.encoder, Recurrent):
        return core
    raise ConfigError(
        f"Learner {learner!r} carries the state of a recurrent network from each token to the next, which it predicts. "
        "Use a recurrent model (rnn, gru, lstm ...) with decoding='recursive', or leave `learner` empty.",
        code="learner_unfit",
        field="learner",
    )
