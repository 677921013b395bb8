"""Models, each a file in `zoo`, found by its name.

A model module has a frozen `Config` (a `ModelConfig`) and `build(config, task, head)`, which returns the core:
a Keras layer from `Inputs` to the raw numbers [B, H, P] that the head reads. Keras is imported inside `build`,
so that listing models and checking their fields costs nothing.
"""

from forecasting.config.catalog import Catalog

MODELS = Catalog("forecasting.models.zoo", "model")
