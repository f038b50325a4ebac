"""The visible book by price level (channel `book`): five windows on one ladder, and their checksum.

A window is the best N levels a side. Per change, in order (reconstructed from recorded frames):

    inside the window, quantity changed      {price, quantity}
    inside the window, level gone            {price, 0}, then the level that thereby enters, if any
    inside the window, level new             {price, quantity}; the worst level leaves in silence
    outside the window                       nothing

Windows with nobody watching cost nothing beyond the ladder.
"""

from krakenbox.feeds.ladder import Ladder, Ladders, Step
from krakenbox.feeds.top import Top, TopChecksum
from krakenbox.feeds.windows import LastChanges, Window, Windows, record
from krakenbox.model.event import BookChanged
from krakenbox.model.fixed import to_text
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import Side
from krakenbox.protocol.checksum import fragment
from krakenbox.protocol.v2 import channels

DEPTHS = (10, 25, 100, 500, 1000)
"""Windows one can subscribe to (Kraken, websocket-v2/book)."""


class Depth:
    """The book of one symbol by price level."""

    __slots__ = ("_asks", "_bids", "_checksum", "_windows", "changes")

    def __init__(self, instrument: Instrument, ladders: Ladders, time_ns: int) -> None:
        self.changes = LastChanges(DEPTHS, time_ns)
        self._windows = Windows()
        self._bids = _Side(instrument, ladders.bids, self._windows.bids)
        self._asks = _Side(instrument, ladders.asks, self._windows.asks)
        self._checksum = TopChecksum(self._bids.top, self._asks.top)

    def apply(self, event: BookChanged) -> None:
        """Take in the change that the ladder has just taken."""
        side = self._bids if event.side is Side.BUY else self._asks
        self.changes.note(side.ladder.rank, event.time_ns)
        if not self._windows:
            return
        self._checksum.follow(side.top)
        side.record()

    def watch(self, depth: int) -> None:
        """Somebody looks at this window from now on."""
        assert depth in DEPTHS, f"depth must be one of {DEPTHS}; was {depth}"
        if not self._windows:
            self._checksum.refill()
        self._windows.open(depth)

    def unwatch(self, depth: int) -> None:
        """Nobody looks at this window any more."""
        self._windows.close(depth)
        if not self._windows:
            self._forget()

    def updates(self) -> list[tuple[int, list[str], list[str]]]:
        """Depth, bid entries and ask entries of every window that changed; leaves none."""
        return self._windows.updates()

    def levels(self, depth: int) -> tuple[list[str], list[str]]:
        """Text of the best levels: bids, asks, best first."""
        texts = self._bids.levels(depth), self._asks.levels(depth)
        if not self._windows:
            self._forget()
        return texts

    def checksum(self) -> int:
        """CRC32 of the ten best asks, then the ten best bids; 0 of an empty book."""
        if not self._windows:
            self._checksum.refill()
        return self._checksum.value()

    def _forget(self) -> None:
        # Unwatched, changes do not reach the cached text.
        self._bids.forget()
        self._asks.forget()


class _Side:
    """One side: its levels' cached text and the checksum's fragments of the ten best."""

    __slots__ = ("_gone", "_instrument", "_prices", "_texts", "_windows", "ladder", "top")

    def __init__(self, instrument: Instrument, ladder: Ladder, windows: list[Window]) -> None:
        self.ladder = ladder
        self._texts: dict[int, str] = {}
        self._prices: dict[int, str] = {}
        self._instrument = instrument
        self._windows = windows
        self._gone = to_text(0, instrument.qty_decimals)
        self.top = Top(ladder, self._fragment)
        """The checksum's fragments of the ten best."""

    def levels(self, depth: int) -> list[str]:
        """Text of the best levels."""
        return [self.level(key) for key in self.ladder.keys[:depth]]

    def forget(self) -> None:
        """Drop all cached text."""
        self._texts.clear()
        self._prices.clear()

    def record(self) -> None:
        """Tell every watched window of the last change."""
        ladder = self.ladder
        self._texts.pop(ladder.key, None)
        record(ladder, self._windows, self)
        if ladder.step is Step.REMOVED:
            self._prices.pop(ladder.key, None)

    def level(self, key: int) -> str:
        """Text of a level."""
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = channels.book_level(
                self._price(key), to_text(self.ladder.qtys[key], self._instrument.qty_decimals)
            )
        return text

    def entering(self, key: int) -> str:
        """Text of a level that has come into a window: none of its own."""
        return self.level(key)

    def removed(self, key: int) -> str:
        """Text of a level that is gone."""
        return channels.book_level(self._price(key), self._gone)

    def _price(self, key: int) -> str:
        text = self._prices.get(key)
        if text is None:
            text = self._prices[key] = to_text(key * self.ladder.sign, self._instrument.price_decimals)
        return text

    def _fragment(self, key: int) -> bytes:
        return fragment(key * self.ladder.sign, self.ladder.qtys[key])
