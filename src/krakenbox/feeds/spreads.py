"""The latest best prices of one symbol, one row per command that changed them (REST `Spread`)."""

from collections import deque

from msgspec import Struct

from krakenbox.feeds.ladder import Ladders
from krakenbox.model.fixed import Price

KEPT = 200
"""Rows remembered: what Kraken's REST `Spread` returns at most (recorded)."""


class Spread(Struct, frozen=True, array_like=True, gc=False):
    """Best bid and ask from a time on; 0 = none. Part of snapshots of the views."""

    time_ns: int
    bid: Price
    ask: Price


class Spreads:
    """The latest spreads, oldest first."""

    __slots__ = ("_ladders", "latest")

    def __init__(self, ladders: Ladders) -> None:
        self.latest: deque[Spread] = deque(maxlen=KEPT)
        self._ladders = ladders

    def note(self, time_ns: int) -> None:
        """A command has touched the top of the book; only another price makes a row."""
        latest, ladders = self.latest, self._ladders
        bid, ask = ladders.bids.best, ladders.asks.best
        if not latest or latest[-1].bid != bid or latest[-1].ask != ask:
            latest.append(Spread(time_ns, bid, ask))

    def capture(self) -> list[Spread]:
        """Its state."""
        return list(self.latest)

    def restore(self, image: list[Spread]) -> None:
        """Take a state on."""
        self.latest.extend(image)
