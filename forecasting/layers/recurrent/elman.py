import keras

Layer = keras.layers.SimpleRNN
