"""Recurrent layers: each is a file in `forecasting.layers.cells`, found by its name; here is what they share.

A cell module has a class `Layer`, a Keras recurrent layer whose `cell` holds the same weights and does one step.
Names are listed without importing Keras: `CELLS.names()`; `CELLS.load("gru").Layer(64, name="encoder")`.
"""

from forecasting.config.catalog import Catalog

CELLS = Catalog("forecasting.layers.cells", "cell")
