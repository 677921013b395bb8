"""What the commands do, one file each: a job takes what was asked and returns what came of it."""
