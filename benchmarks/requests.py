"""What the clients send, and how they know what they are sent back."""

from collections.abc import Iterator

SUBSCRIBE_BOOK = b'{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":10}}'
BOOK_UPDATE = b'{"channel":"book","type":"update"'
"""Begins every frame a subscriber counts."""
SUBSCRIBED = b'"type":"snapshot"'
"""The last thing a subscriber is sent before updates."""

_ORDER = (
    b'{"method":"add_order","params":{"order_type":"limit","side":"%s","limit_price":%d.%d,"order_qty":0.001,'
    b'"symbol":"BTC/USD","token":"%s"},"req_id":%d}'
)
_LEVELS = 500


def subscribe_executions(token: str) -> bytes:
    """A subscription to the executions of one account."""
    params = b'"channel":"executions","token":"%s","snap_orders":false' % token.encode()
    return b'{"method":"subscribe","params":{%s}}' % params


def trading(one: str, other: str) -> Iterator[bytes]:
    """By turns an order that rests and an equal one of another account that takes all of it.

    The accounts change roles after each trade, so that neither runs out of anything; the book is empty after
    every second order.
    """
    tokens = one.encode(), other.encode()
    number = 0
    while True:
        trade, takes = divmod(number, 2)
        swapped = trade % 2
        side = b"buy" if takes ^ swapped else b"sell"
        tick = trade % _LEVELS
        yield _ORDER % (side, 60_000 + tick // 10, tick % 10, tokens[takes], number)
        number += 1


def resting(token: str) -> Iterator[bytes]:
    """Orders that rest, each a tick above the last: one book update with one entry per order."""
    number = 0
    while True:
        yield _ORDER % (b"buy", 20_000 + number // 10, number % 10, token.encode(), number)
        number += 1


def is_ack(payload: bytes) -> bool:
    """Whether this is the reply to an order; a refusal would falsify the figures and stops the run."""
    if not payload.startswith((b'{"method":"add_order"', b'{"error"')):
        return False
    assert b'"success":true' in payload, payload
    return True


class Counter:
    """Counts how often a marker occurs in a stream that arrives in pieces."""

    def __init__(self, marker: bytes) -> None:
        self.count = 0
        self._marker = marker
        self._tail = b""

    def feed(self, piece: bytes) -> None:
        """Take in the next piece."""
        joined = self._tail + piece
        self.count += joined.count(self._marker)
        # Too short to hold the marker again, long enough for one cut in two.
        self._tail = joined[1 - len(self._marker) :]
