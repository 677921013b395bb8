"""Gated recurrent unit (Cho et al. 2014), in the variant that fused kernels run.

With input x_t and state h, s the logistic function and * the elementwise product:

    z = s(W_xz x_t + W_hz h + b_z)     r = s(W_xr x_t + W_hr h + b_r)
    n = tanh(W_xn x_t + b_n + r * (W_hn h + b_hn))
    h_t = z * h + (1 - z) * n

z keeps the old state, as in Cho's paper; r acts after the product with h (`reset_after`), which cuDNN
requires. Keras's layer, the recurrent kernel orthogonal at the start. Columns of the kernels are z, r, n.
"""

import keras

Layer = keras.layers.GRU
