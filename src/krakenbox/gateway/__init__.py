"""The way in: sessions, the translation of each API, keys and tokens, and the shells that carry them."""
