"""Decodings: ways from the past to the horizon. One file each, found by its file name.

A decoder's file has `TRAITS`, what is to be known of it without loading Keras, and a class `Layer(parts)`, which is a
`Decoder`. Every head fits, but for those that cannot say what follows the next step.
"""

from forecasting.config.catalog import Catalog

DECODINGS = Catalog(__name__, "decoding")
