"""Order, trade, ledger and deposit ids: a keyed bijection of (sequence number, index within the command).

Kraken prints ids as 6-5-6 upper-case letters and digits whose first character names the kind. The other 16
carry 80 bits in base 32: no id ever repeats within a venue, replay mints the same ones, and other venue ids
give other texts.
"""

ORDER = "O"
TRADE = "T"
AMEND = "T"
"""Kraken's amend ids begin like those of trades."""
LEDGER = "L"
DEPOSIT = "A"

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_BITS = 80
_DIGITS = 16
_LENGTH = 1 + _DIGITS + 2  # the kind, the digits, two hyphens
_MASK = (1 << _BITS) - 1
_HALF_BITS = 40
_HALF = (1 << _HALF_BITS) - 1
_INDEX_BITS = 20
"""A command mints at most 2**20 ids; a sweep of 100,000 makers needs 600,000."""


class IdMint:
    """Mints ids for one venue id (64 bits; random per data directory, fixed by the seed in tests)."""

    __slots__ = ("_add", "_first", "_first_inverse", "_second", "_second_inverse", "venue_id")

    def __init__(self, venue_id: int) -> None:
        self.venue_id = venue_id
        # Odd multipliers are invertible modulo 2**80; xor with an own upper half is its own inverse.
        self._first = ((venue_id * 0x9E3779B97F4A7C15F39CC060) ^ 0xD1B54A32D192ED03_5851) & _MASK | 1
        self._second = ((venue_id * 0xC2B2AE3D27D4EB4F165667B1) ^ 0xA0761D6478BD642F_E703) & _MASK | 1
        self._add = (venue_id * 0x2545F4914F6CDD1D_0001) & _MASK
        self._first_inverse = pow(self._first, -1, 1 << _BITS)
        self._second_inverse = pow(self._second, -1, 1 << _BITS)

    def mint(self, kind: str, seq: int, index: int) -> str:
        """The id of the `index`-th thing that command `seq` made."""
        return self.series(seq, index).mint(kind)

    def series(self, seq: int, index: int = 0) -> "IdSeries":
        """The ids of command `seq`, one after the other from an index on."""
        first = (((seq << _INDEX_BITS | index) + self._add) * self._first) & _MASK
        return IdSeries(first, self._first, self._second, (1 << _INDEX_BITS) - index)

    def origin(self, text: str) -> tuple[int, int] | None:
        """(sequence number, index) of an id minted here; None for text of another shape."""
        digits = text[1:].replace("-", "")
        if len(text) != _LENGTH or text[6] != "-" or text[12] != "-" or len(digits) != _DIGITS:
            return None
        x = 0
        for character in digits:
            value = _VALUE.get(character)
            if value is None:
                return None
            x = x << 5 | value
        x ^= x >> 40
        x = (x * self._second_inverse) & _MASK
        x = ((x ^ x >> 40) * self._first_inverse) & _MASK
        x = (x - self._add) & _MASK
        return x >> _INDEX_BITS, x & (1 << _INDEX_BITS) - 1


class IdSeries:
    """The ids of one command: those of `IdMint.mint` with index 0, 1, 2..., for two thirds of the work."""

    __slots__ = ("_left", "_second", "_step", "_x")

    def __init__(self, first: int, step: int, second: int, left: int) -> None:
        self._x = first
        self._step = step
        self._second = second
        self._left = left

    def mint(self, kind: str) -> str:
        """The next id."""
        assert self._left, f"a command mints at most 2**{_INDEX_BITS} ids"
        self._left -= 1
        x = self._x
        self._x = (x + self._step) & _MASK
        x = ((x ^ x >> _HALF_BITS) * self._second) & _MASK
        high = x >> _HALF_BITS
        low = (x ^ high) & _HALF
        p, a = _PAIRS, _ALPHABET
        return (
            f"{kind}{p[high >> 30]}{p[high >> 20 & 1023]}{a[high >> 15 & 31]}-{a[high >> 10 & 31]}"
            f"{p[high & 1023]}{p[low >> 30]}-{p[low >> 20 & 1023]}{p[low >> 10 & 1023]}{p[low & 1023]}"
        )
