"""MUT3; z takes the new state."""

import numpy as np

from tests.layers.recurrent_oracles import logistic


def step(x, states, w, w_hz, w_hr, w_hh, b):
    h = states[0]
    w_xz, w_xr, w_xh = np.split(w, 3, axis=1)
    b_z, b_r, b_h = np.split(b, 3)
    z = logistic(x @ w_xz + np.tanh(h) @ w_hz + b_z)
    r = logistic(x @ w_xr + h @ w_hr + b_r)
    h = np.tanh((r * h) @ w_hh + x @ w_xh + b_h) * z + h * (1 - z)
    return h, [h]
