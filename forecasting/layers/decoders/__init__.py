"""The Keras layers behind `forecasting.decoding`: each is the core of a network, from `Inputs` to raw numbers."""
