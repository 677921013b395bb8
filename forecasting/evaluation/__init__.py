"""Evaluation: rolling origins answered by the predictor that is served, and the metrics of the answers."""
