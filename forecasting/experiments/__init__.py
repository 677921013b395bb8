"""Experiments that show why a forecaster is built as it is. One file each, found by its file name.

An experiment module has `run(quick=False, seed=1) -> Result`. The first line of its docstring says what it shows;
`quick` is a version of seconds, for looking at the shape of the answer and for tests. A module with
`READS_DATA = True` also takes `frame`, a long frame to run on beside its own data, and its `horizon`.
"""

from forecasting.catalog import Catalog

EXPERIMENTS = Catalog(__name__, "experiment")
