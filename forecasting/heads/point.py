"""One number per step: the median, by the absolute error."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.errors import ConfigError
from forecasting.heads._numbers import NumberHead


class Head(NumberHead):
    """Reads one raw number per step as the forecast itself; P = Q = 1."""

    def __init__(self, quantile_levels: tuple[float, ...], symbols: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__((0.5,), symbols, **kwargs)
        if quantile_levels:
            raise ConfigError(
                f"A point head has no quantiles. Got quantile_levels={quantile_levels}. Use head='quantiles'.",
                field="quantile_levels",
            )

    def call(self, raw: Any) -> Any:
        """Return raw [B, H, 1] as it is."""
        return raw

    def raw_of(self, outputs: Any) -> Any:
        """Return the raw numbers behind outputs [B, H, 1]: themselves."""
        return outputs

    def loss(self, raw: Any, target: Any) -> Any:
        """Return |target - forecast| as [B, H]."""
        return ops.abs(target - raw[:, :, 0])
