"""The answer to a forecast request: from its panel to a forecast per series."""
