"""Experiments that show what a cell or a decoding can do, one file each, found by its file name.

An experiment module has `run(quick=False, seed=1) -> Result`; `quick` is a version of seconds that shows nothing but
that it runs. Files that start with an underscore are shared parts.
"""

from forecasting.catalog import Catalog

EXPERIMENTS = Catalog(__name__, "experiment")
