"""Side-by-side runs: every speed claim is a ratio against the alternative, measured in the same run."""
