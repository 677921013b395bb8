"""The graph of a model: one network, several side by side, and how windows of a panel go through it."""
