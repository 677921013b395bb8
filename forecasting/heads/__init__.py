"""Heads: what a network's last numbers mean. One file each, found by its file name.

A head module has a class `Head`, a Keras layer made from the task's quantile levels. `parameters` is
the number P of raw numbers it reads per step; calling it turns raw [B, H, P] into scaled quantiles
[B, H, Q] that never cross (Q = 1 for a point); `loss(raw, target)` gives the loss [B, H] of scaled
targets [B, H]; `point(raw)` is the one number per step that a decoder feeds back.
"""

from forecasting.catalog import Catalog

HEADS = Catalog(__name__, "head")
