"""The wire: text to values and back, without any I/O. Used by both ends."""
