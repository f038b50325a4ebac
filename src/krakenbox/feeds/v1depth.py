"""The book by price level as v1 shows it: windows as in `depth`, each level with the time of its last change.

What enters a window because another level left is marked as republished and keeps its old time (recorded).
Prices have the decimals of v1, and so has the text that is summed.
"""

from krakenbox.feeds import v1
from krakenbox.feeds.depth import DEPTHS
from krakenbox.feeds.ladder import Ladder, Ladders, Step
from krakenbox.feeds.top import Top, TopChecksum
from krakenbox.feeds.windows import Window, Windows, record
from krakenbox.model.event import BookChanged
from krakenbox.model.fixed import to_text
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import Side
from krakenbox.protocol.checksum import fragment
from krakenbox.protocol.timestamp import unix
from krakenbox.protocol.v1 import channels

LevelTimes = tuple[list[int], list[int]]
"""When each level changed last: bids, asks, best first."""


class TimedDepth:
    """The book of one symbol by price level and time. Windows with nobody watching cost nothing."""

    __slots__ = ("_asks", "_bids", "_checksum", "_windows")

    def __init__(self, instrument: Instrument, ladders: Ladders) -> None:
        self._windows = Windows()
        self._bids = _Side(instrument, ladders.bids, self._windows.bids)
        self._asks = _Side(instrument, ladders.asks, self._windows.asks)
        self._checksum = TopChecksum(self._bids.top, self._asks.top)

    def apply(self, event: BookChanged) -> None:
        """Take in the change that the ladder has just taken."""
        side = self._bids if event.side is Side.BUY else self._asks
        side.time_ns = event.time_ns
        ladder = side.ladder
        if ladder.step is Step.REMOVED:
            side.times.pop(ladder.key, None)
        else:
            side.times[ladder.key] = event.time_ns
        if self._windows:
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

    def times(self, depth: int) -> LevelTimes:
        """When each of the best levels changed last."""
        return self._bids.capture()[:depth], self._asks.capture()[:depth]

    def checksum(self) -> int:
        """CRC32 of the ten best asks, then the ten best bids, of a book that is watched."""
        return self._checksum.value()

    def capture(self) -> LevelTimes:
        """Its state besides the ladders."""
        return self._bids.capture(), self._asks.capture()

    def restore(self, times: LevelTimes) -> None:
        """Take a state on; the ladders have theirs already."""
        self._bids.restore(times[0])
        self._asks.restore(times[1])

    def _forget(self) -> None:
        # Unwatched, changes do not reach the cached text.
        self._bids.texts.clear()
        self._asks.texts.clear()


class _Side:
    """One side: its levels' times and cached text, and the checksum's fragments of the ten best."""

    __slots__ = (
        "_gone",
        "_prices",
        "_qty_decimals",
        "_windows",
        "ladder",
        "texts",
        "time_ns",
        "times",
        "top",
    )

    def __init__(self, instrument: Instrument, ladder: Ladder, windows: list[Window]) -> None:
        self.ladder = ladder
        self.times: dict[int, int] = {}
        self.time_ns = 0
        """Of the last change."""
        self.texts: dict[int, str] = {}
        self._prices = v1.Prices(instrument)
        self._qty_decimals = instrument.qty_decimals
        self._gone = to_text(0, instrument.qty_decimals)
        self._windows = windows
        self.top = Top(ladder, self._fragment)

    def levels(self, depth: int) -> list[str]:
        """Text of the best levels."""
        return [self.level(key) for key in self.ladder.keys[:depth]]

    def record(self) -> None:
        """Tell every watched window of the last change."""
        self.texts.pop(self.ladder.key, None)
        record(self.ladder, self._windows, self)

    def level(self, key: int) -> str:
        """Text of a level."""
        return channels.listed(self._text(key))

    def entering(self, key: int) -> str:
        """Text of a level that has come into a window."""
        return channels.republished(self._text(key))

    def removed(self, key: int) -> str:
        """Text of a level that is gone."""
        price = self._prices.text(key * self.ladder.sign)
        return channels.listed(channels.level(price, self._gone, unix(self.time_ns)))

    def capture(self) -> list[int]:
        """Times, best level first."""
        return [self.times.get(key, 0) for key in self.ladder.keys]

    def restore(self, times: list[int]) -> None:
        """Take times on, best level first; levels without one are as old as time."""
        self.times = dict(zip(self.ladder.keys, times, strict=False))

    def _text(self, key: int) -> str:
        text = self.texts.get(key)
        if text is None:
            text = self.texts[key] = channels.level(
                self._prices.text(key * self.ladder.sign),
                to_text(self.ladder.qtys[key], self._qty_decimals),
                unix(self.times.get(key, 0)),
            )
        return text

    def _fragment(self, key: int) -> bytes:
        return fragment(self._prices.units(key * self.ladder.sign), self.ladder.qtys[key])
