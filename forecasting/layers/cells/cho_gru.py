"""Gated recurrent unit as in Cho et al. 2014: the reset gate acts before the product.

With input x_t and state h, s the logistic function and * the elementwise product:

    z = s(x_t W_xz + h W_hz + b_z)     r = s(x_t W_xr + h W_hr + b_r)
    n = tanh(x_t W_xn + (r * h) W_hn + b_n)
    h_t = z * h + (1 - z) * n

z keeps the old state, as in Cho's paper; many textbooks call 1 - z what is z here. `gru` differs in r alone, which
acts after the product there.

Keras's layer with `reset_after=False`, the recurrent kernel orthogonal at the start. W_x [F, 3U], W_h [U, 3U] and
b [3U] are `kernel`, `recurrent_kernel` and `bias`, their columns z, r, n.
"""

from functools import partial

import keras

Layer = partial(keras.layers.GRU, reset_after=False)
