"""Ways from the past to the horizon. One file each, found by its file name.

A decoding module says what it takes without loading Keras: `OPTIONS`, the fields of a model's config that it reads;
`DRAWS`, whether its core draws symbols where the inputs have dice; and `heads(config)`, the heads that fit, the
default one first. The file of the same name in `forecasting.layers.decoders` has the core itself.
"""

from forecasting.catalog import Catalog

DECODINGS = Catalog(__name__, "decoding")
