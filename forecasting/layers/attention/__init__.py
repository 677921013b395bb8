"""Attention: which past tokens a decoder looks at. One file each, found by its file name.

An attention module has a class `Attention(units)`, a Keras layer: `keys(encoded)` prepares what an encoder
remembered once per window; calling it with a query [B, U], the keys and `encoded` returns the context [B, D] and the
weights [B, T], which are positive and sum to 1.
"""

from forecasting.config.catalog import Catalog

ATTENTIONS = Catalog(__name__, "attention")

#: The choice of none.
NO_ATTENTION = "none"
