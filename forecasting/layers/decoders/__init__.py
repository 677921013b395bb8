"""The Keras layers behind `forecasting.decoding`, one file each of the same name.

`Layer(plan)` is the core of a network, from `Inputs` to raw numbers [B, H, P]; a `Plan` holds what it is made of.
"""

from forecasting.catalog import Catalog

DECODERS = Catalog(__name__, "decoding")
