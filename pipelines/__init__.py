"""Jobs around the library: sources and sinks, training, batch forecasts, the command line."""
