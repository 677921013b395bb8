"""Decoders: from the summary of the past to the horizon. One file each, found by its file name.

A decoder module has a class `Decoder(horizon, parameters, segment, width)`, a Keras layer whose call
takes the summary [B, D] and states of an encoder, the known future [B, H, F], and returns raw
numbers [B, H, P].
"""

from forecasting.catalog import Catalog

DECODERS = Catalog(__name__, "decoding")
