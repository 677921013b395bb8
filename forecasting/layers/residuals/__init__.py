"""Base forecasts, whose error a network predicts. One file each, found by its file name.

A residual's file has a class `Residual(task)`, which is a `BaseForecast`.
"""

from forecasting.config.catalog import Catalog

RESIDUALS = Catalog(__name__, "residual")

#: The choice of no base forecast: the network forecasts alone.
NO_RESIDUAL = "none"
