"""The values everybody speaks: no behaviour beyond validity, no I/O, no time."""
