"""The command line: a thin shell over `local` and the admin endpoints."""
