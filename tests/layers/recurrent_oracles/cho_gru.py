"""The GRU whose reset gate acts before the product; z keeps the old state."""

import numpy as np

from tests.layers.recurrent_oracles import logistic


def step(x, states, w, r, b):
    h = states[0]
    w_z, w_r, w_n = np.split(w, 3, axis=1)
    r_z, r_r, r_n = np.split(r, 3, axis=1)
    b_z, b_r, b_n = np.split(b, 3)
    z = logistic(x @ w_z + h @ r_z + b_z)
    reset = logistic(x @ w_r + h @ r_r + b_r)
    n = np.tanh(x @ w_n + (reset * h) @ r_n + b_n)
    h = z * h + (1 - z) * n
    return h, [h]
