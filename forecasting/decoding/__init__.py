"""Decoders: from the summary of the past to the horizon. One file each, found by its file name.

A decoder module has a class `Decoder(horizon, parameters, segment, calendar)`, a Keras layer whose call
takes the summary [B, D] and the states of an encoder, the known future [B, H, F] and the encoder itself,
and returns raw numbers [B, H, P]. `calendar` is a `CalendarReadout`, or None when there are no features.
"""

from forecasting.catalog import Catalog

DECODERS = Catalog(__name__, "decoding")
