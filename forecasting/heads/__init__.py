"""Heads: what a network's last numbers mean. One file each, found by its file name.

A head module has a class `Head(task, link)`, a Keras layer without weights, and a `Config` of its options where it
has any (`Head(task, link, config=...)`). `parameters` is the number P of raw numbers it reads per step. What they
mean may depend on the window, so everything takes its `Scaled` too:

- calling it with (raw [B, S, P], scaled) gives outputs [B, S, Q] in original units, float64: quantiles that never cross
  (Q = 1 for a point), or the probabilities of K symbols. `value(outputs)` is the number per step that the forecast
  column shows, `error(target, value)` how far it is from what happened.
- `loss(raw, scaled, target)` is the loss [B, S] of targets [B, S] in original units.
- `point(raw, scaled)` is the scaled number [B, S] (or code of a symbol) that a decoder feeds back.
- `drawn(raw, scaled, chance, dice)` is a value [B, S] in original units drawn by the chance [B, S], uniform between 0
  and 1; distributions and symbols can be drawn. `draw_options` names the fields of `Dice` that mean something.
- `moved(raw, forecast)` is raw numbers that say the same of steps further on by a forecast [B, S] in scaled units;
  heads that have it are not in `forecasting.head_spec.WITHOUT_LOCATION`.

A head of numbers keeps all it says within the task's bounds (`link`). Files that start with an underscore are shared.
"""

from forecasting.catalog import Catalog

HEADS = Catalog(__name__, "head")
