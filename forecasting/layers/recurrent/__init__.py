"""Recurrent layers, one file each, found by its file name.

A cell module has a class `Layer`, a Keras recurrent layer whose `cell` holds the same weights and does one step.
Names are listed without importing Keras: `CELLS.names()`; `CELLS.load("gru").Layer(64, name="encoder")`.
"""

from forecasting.catalog import Catalog

CELLS = Catalog(__name__, "cell")
