"""From a panel and a question to an answer: the predictor, and what stands in where it cannot answer."""
