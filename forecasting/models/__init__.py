"""Models, one file each, found by their file names.

A model module has a frozen `Config` (a `ModelConfig`) and `build(config, task, head)`, which returns the core:
a Keras layer from `Inputs` to the raw numbers [B, H, P] that the head reads. Keras is imported inside `build`,
so that listing models and checking their fields costs nothing. Files that start with an underscore are shared parts.
"""

from forecasting.catalog import Catalog

MODELS = Catalog(__name__, "model")
