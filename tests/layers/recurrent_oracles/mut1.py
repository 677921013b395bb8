"""MUT1; z takes the new state. Without W_p the bare input is as wide as the state."""

import numpy as np

from tests.layers.recurrent_oracles import logistic


def step(x, states, w_hr, w, w_hh, b, w_p=None):
    h = states[0]
    w_xz, w_xr = np.split(w, 2, axis=1)
    b_z, b_r, b_h = np.split(b, 3)
    bare = x if w_p is None else x @ w_p
    z = logistic(x @ w_xz + b_z)
    r = logistic(x @ w_xr + h @ w_hr + b_r)
    h = np.tanh((r * h) @ w_hh + np.tanh(bare) + b_h) * z + h * (1 - z)
    return h, [h]
