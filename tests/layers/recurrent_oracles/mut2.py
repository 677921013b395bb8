"""MUT2; z takes the new state. Without W_p the bare input is as wide as the state."""

import numpy as np

from tests.layers.recurrent_oracles import logistic


def step(x, states, w_h, w, w_hh, b, w_p=None):
    h = states[0]
    w_xz, w_xh = np.split(w, 2, axis=1)
    w_hz, w_hr = np.split(w_h, 2, axis=1)
    b_z, b_r, b_h = np.split(b, 3)
    bare = x if w_p is None else x @ w_p
    z = logistic(x @ w_xz + h @ w_hz + b_z)
    r = logistic(bare + h @ w_hr + b_r)
    h = np.tanh((r * h) @ w_hh + x @ w_xh + b_h) * z + h * (1 - z)
    return h, [h]
