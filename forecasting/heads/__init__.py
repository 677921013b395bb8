"""Heads: what a network's last numbers mean. One file each, found by its file name.

A head module has a class `Head(quantile_levels, symbols)`, a Keras layer. `parameters` is the number P of raw
numbers it reads per step; calling it turns raw [B, H, P] into outputs [B, H, Q]: scaled quantiles that never
cross (Q = 1 for a point), or the probabilities of K symbols; `raw_of(outputs)` is the way back. `loss(raw, target)`
gives the loss [B, H] of scaled targets [B, H]; `point(raw)` is the one number per step that a decoder feeds back
(the code of a symbol); `value(outputs)` is the one that the forecast column shows, and `error(target, value)` how
far it is from what happened.
"""

from forecasting.catalog import Catalog

HEADS = Catalog(__name__, "head")
