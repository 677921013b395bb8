import keras

Layer = keras.layers.LSTM
