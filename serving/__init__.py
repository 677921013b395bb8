"""The HTTP service: requests in, answers of the one predictor out; no numbers are made here."""
