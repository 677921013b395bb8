"""Names of the ways to scale a window; `forecasting.layers.scaling` says what each does."""

from __future__ import annotations

SCHEMES = ("standard", "last", "mean", "none", "asinh", "shift")
