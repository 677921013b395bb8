"""What a command and its caller say to each other: talk, tables, progress, exit codes. Stands on nothing of ours."""
