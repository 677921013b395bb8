"""Ways from the past to the horizon. One file each, found by its file name.

A decoding module says what it is like without loading Keras: `OPTIONS`, the fields of a model's config that it reads,
and `feeds_back(config)`, whether it is a model of the next step: its numbers are given the true step before. Every head
fits, but for those that cannot say what follows the next step (`forecasting.models._config.fits_next_step`). The file
of the same name in `forecasting.layers.decoders` has the core itself.
"""

from forecasting.catalog import Catalog

DECODINGS = Catalog(__name__, "decoding")
