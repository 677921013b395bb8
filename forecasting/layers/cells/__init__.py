"""Recurrent layers, one file each, found by its file name; see `forecasting.layers.recurrent`."""
