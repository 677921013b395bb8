"""What a caller may ask: options of the command line, config files, and the frozen requests they make."""
