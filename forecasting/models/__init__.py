"""Models, one file each, found by their file names.

A model module has a frozen `Config` (a `ModelConfig`) and `build(config, task, parameters)`, which
returns the core: a Keras layer from scaled values [B, L], observed flags [B, L] and known features
[B, L + H, F] to raw numbers [B, H, parameters]. Keras is imported inside `build`, so that listing
models and checking their fields costs nothing. Files that start with an underscore are shared parts.
"""

from forecasting.catalog import Catalog

MODELS = Catalog(__name__, "model")
