"""Learning from one observation after the other, without windows."""
