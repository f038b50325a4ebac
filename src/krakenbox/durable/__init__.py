"""What outlives the process: the data directory, and the start from it."""
