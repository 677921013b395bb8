"""Direct: one network per step (per segment where steps are read in segments), nothing shared between them."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width",)
DRAWS = False


def heads(config: Any) -> tuple[str, ...]:
    """Any head: every step has numbers of its own."""
    return ("quantiles", "point", "categorical")


def build(plan: Any) -> Any:
    """Build the core; see `forecasting.decoding`."""
    from forecasting.layers.decoders.direct import Direct

    return Direct(plan, name="core")
