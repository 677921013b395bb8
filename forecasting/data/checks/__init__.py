"""Checks and repairs of a long frame: what is wrong, where, and how it is mended."""
