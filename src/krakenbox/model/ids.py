"""Order, trade, ledger and deposit ids: a keyed bijection of (sequence number, index within the command).

Kraken prints ids as 6-5-6 upper-case letters and digits whose first character names the kind. The other 16
carry 80 bits in base 32: no id ever repeats within a venue, replay mints the same ones, and other venue ids
give other texts.
"""

ORDER = "O"
TRADE = "T"
LEDGER = "L"
DEPOSIT = "A"

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_BITS = 80
_DIGITS = 16
_LENGTH = 1 + _DIGITS + 2  # the kind, the digits, two hyphens
_MASK = (1 << _BITS) - 1
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
        assert 0 <= index < 1 << _INDEX_BITS, f"a command mints under 2**{_INDEX_BITS} ids; was {index}"
        x = (((seq << _INDEX_BITS | index) + self._add) * self._first) & _MASK
        x = ((x ^ x >> 40) * self._second) & _MASK
        x ^= x >> 40
        p = _PAIRS
        return (
            f"{kind}{p[x >> 70]}{p[x >> 60 & 1023]}{_ALPHABET[x >> 55 & 31]}-{_ALPHABET[x >> 50 & 31]}"
            f"{p[x >> 40 & 1023]}{p[x >> 30 & 1023]}-{p[x >> 20 & 1023]}{p[x >> 10 & 1023]}{p[x & 1023]}"
        )

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
