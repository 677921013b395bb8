"""Ways to stack recurrent layers over the tokens of the context: each is a file in `forecasting.layers.stacks`.

An encoder module has a class `Encoder(cell, units, layers, dropout, embed)`, a Keras layer. Its call turns
tokens [B, T, C] into `Encoded`; `step(token, states)` reads one token more, or says that it cannot.
"""

from forecasting.config.catalog import Catalog

STACKS = Catalog("forecasting.layers.stacks", "stack")
