"""The wire of API version 1."""
