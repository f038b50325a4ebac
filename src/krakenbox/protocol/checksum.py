"""CRC32 of the top of a book: how a client knows that its replica is the venue's book.

Kraken, guides/book-checksum-v2 and l3-checksum-v2: of the best ten price levels, asks first from low to
high, then bids from high to low, write price and quantity without point and leading zeros, one after the
other. That text is the two integers of a level, so each level (in level3: each order) keeps it:

    price 45285.2, qty 0.00100000   ->   b"452852100000"

Version 1 differs only in that its price text may carry more zeros.
"""

import zlib
from collections.abc import Iterable

LEVELS = 10
"""Price levels a side that count, whatever the depth subscribed to."""


def fragment(price: int, qty: int) -> bytes:
    """Checksum text of one level, or of one order in level3. `qty` is never 0: such a level is gone."""
    return f"{price}{qty}".encode()


def book_checksum(asks: Iterable[bytes], bids: Iterable[bytes]) -> int:
    """Checksum of the fragments of the best ten levels a side, best first; fewer where there are fewer."""
    return bids_after(asks_first(asks), bids)


def asks_first(asks: Iterable[bytes]) -> int:
    """The asks' half of `book_checksum`: it holds until an ask changes."""
    return zlib.crc32(b"".join(asks))


def bids_after(asks: int, bids: Iterable[bytes]) -> int:
    """`book_checksum` from the asks' half."""
    # The CRC of a concatenation is the CRC of its second part started from that of its first.
    return zlib.crc32(b"".join(bids), asks)
