"""Elman's simple recurrent network (Elman 1990): h_t = tanh(W_x x_t + W_h h + b).

Keras's layer, the recurrent kernel orthogonal at the start.
"""

import keras

Layer = keras.layers.SimpleRNN
