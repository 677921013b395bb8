"""Ways to stack recurrent layers over the tokens of the context. One file each, found by its file name.

An encoder module has a class `Encoder(cell, units, layers, dropout, embed)`, a Keras layer. Its call turns
tokens [B, T, C] into `Encoded`; `step(token, states)` reads one token more, or says that it cannot.
"""

from forecasting.catalog import Catalog

STACKS = Catalog(__name__, "stack")
