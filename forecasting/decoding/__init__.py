"""Ways from the past to the horizon. One file each, found by its file name.

A decoding module says what it takes without loading Keras: `OPTIONS`, the fields of a model's config that
it reads; `DRAWS`, whether its core draws symbols where the inputs have dice; and `heads(config)`, the heads that
fit, the default one first. `build(plan)` returns the core, a
Keras layer from `Inputs` to raw numbers [B, H, P]; a `Plan` holds what decodings are made of.
"""

from forecasting.catalog import Catalog

DECODINGS = Catalog(__name__, "decoding")
