import keras

Layer = keras.layers.GRU
