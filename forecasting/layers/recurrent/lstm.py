"""Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000).

With input x_t, state h and memory c, s the logistic function and * the elementwise product:

    i = s(W_xi x_t + W_hi h + b_i)     f = s(W_xf x_t + W_hf h + b_f)
    g = tanh(W_xg x_t + W_hg h + b_g)  o = s(W_xo x_t + W_ho h + b_o)
    c_t = f * c + i * g                h_t = o * tanh(c_t)

Keras's layer, which runs cuDNN's fused kernel on a GPU. The forget gate's bias starts at 1, the
recurrent kernel orthogonal. Columns of the kernels are i, f, g, o.
"""

import keras

Layer = keras.layers.LSTM
