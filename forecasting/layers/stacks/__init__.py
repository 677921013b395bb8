"""Ways to stack recurrent layers, one file each, found by its file name; see `forecasting.layers.encoders`."""
