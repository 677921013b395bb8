"""Data in and results out: sources that become long frames, sinks that are whole or not there."""
