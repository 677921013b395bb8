"""Jobs around the library, and their command line.

Imports go one way: `commands` (one file for each command of `forecast`) -> `jobs` (what they do) -> `batch` (forecasts
of any number of series) -> `options` (what a caller may ask) -> `files` (data in, results out) -> `terminal` (talk,
progress, exit codes). `cli` finds the commands. What is heavy is imported inside the commands, so that
`forecast --help` stays instant.
"""
