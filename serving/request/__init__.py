"""A forecast request: from a JSON value or a table to one panel, every mistake with its place."""
