"""Keras layers: gathering windows, scaling them, encoding the past."""
