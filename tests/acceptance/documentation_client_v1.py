"""A client of API v1 written from Kraken's public documentation alone: it imports nothing of krakenbox.

It keeps what the wire said, text for text, and believes nothing: every checksum is recomputed from the
replica, every ticker and candle from the trades. Sources: the v1 book, trade, spread, ticker, ohlc,
openOrders and ownTrades pages and the v1 checksum guide.
"""

import json
import re
import zlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Message = Any
Level = tuple[str, str, str]
TIME = re.compile(r"\d{10}\.\d{6}")


@dataclass
class Book:
    """Replica of one book: price text -> price, volume and time of its last change, on each side."""

    depth: int
    asks: dict[str, Level] = field(default_factory=dict)
    bids: dict[str, Level] = field(default_factory=dict)
    decimals: int | None = None
    updates: int = 0
    republished: int = 0
    two_parts: int = 0

    def apply(self, parts: list[Message]) -> None:
        """Take the payloads of one message: a snapshot, or an update of one side or of both."""
        first = parts[0]
        if "as" in first:
            assert len(parts) == 1
            assert "c" not in first, "a snapshot has no checksum"
            self.asks, self.bids = {}, {}
            self._take(self.asks, first["as"])
            self._take(self.bids, first["bs"])
            assert list(self.asks) == sorted(self.asks, key=Decimal), "asks go up from the best"
            assert list(self.bids) == sorted(self.bids, key=Decimal, reverse=True), (
                "bids go down from the best"
            )
            assert max(len(self.asks), len(self.bids)) <= self.depth
            return
        assert ["c" in part for part in parts] == [False] * (len(parts) - 1) + [True], (
            "one sum, in the last part"
        )
        for part in parts:
            assert len(part.keys() & {"a", "b"}) == 1, part
            self._take(self.asks, part.get("a", []))
            self._take(self.bids, part.get("b", []))
        self.asks = dict(sorted(self.asks.items(), key=lambda each: Decimal(each[0]))[: self.depth])
        self.bids = dict(sorted(self.bids.items(), key=lambda each: -Decimal(each[0]))[: self.depth])
        assert str(self.checksum()) == parts[-1]["c"], "the replica is not the venue's book"
        self.updates += 1
        self.two_parts += len(parts) == 2

    def _take(self, side: dict[str, Level], levels: list[list[str]]) -> None:
        for price, volume, time, *flag in levels:
            places = len(price.partition(".")[2])
            assert self.decimals in (None, places), "a price has its number of decimals for the whole session"
            self.decimals = places
            assert len(volume.partition(".")[2]) == 8
            assert TIME.fullmatch(time)
            assert flag in ([], ["r"])
            if Decimal(volume) == 0:
                assert not flag, "what is republished is there"
                assert side.pop(price, None) is not None, f"removal of an unknown level {price}"
                continue
            if flag:
                self.republished += 1
                assert price not in side or side[price][2] <= time
            side[price] = (price, volume, time)

    def checksum(self) -> int:
        """CRC32 of the ten best asks, then the ten best bids, without points and leading zeros."""
        levels = [*list(self.asks.values())[:10], *list(self.bids.values())[:10]]
        digits = (text.replace(".", "").lstrip("0") for level in levels for text in level[:2])
        return zlib.crc32("".join(digits).encode())

    def picture(self) -> str:
        """The whole replica as one text, for comparison."""
        return json.dumps([list(self.asks.values()), list(self.bids.values())])


@dataclass
class Tape:
    """One pair's trades, and what ticker, spread and candles must make of them."""

    trades: list[list[str]] = field(default_factory=list)
    tickers: int = 0
    spreads: int = 0
    candles: int = 0
    counted: list[int] = field(default_factory=list)
    """Today's trades, as the ticker counts them."""
    best: tuple[str, ...] = ()

    def trade(self, rows: list[list[str]]) -> None:
        """Take trades: price, volume, time, side, type, and an empty remark."""
        for price, volume, time, side, kind, remark in rows:
            assert TIME.fullmatch(time)
            assert side in ("b", "s")
            assert kind in ("m", "l")
            assert remark == ""
            self.trades.append([price, volume, time])

    def ticker(self, figures: Message) -> None:
        """A ticker comes with trades: it repeats the last one and counts all of today's."""
        assert list(figures) == list("abcvptlho")
        ask, lots, volume = figures["a"]
        assert lots == int(Decimal(volume))
        assert Decimal(figures["b"][0]) < Decimal(ask)
        today, day = figures["t"]
        assert today <= day
        for span in (0, 1):
            low, high, average = (Decimal(figures[key][span]) for key in "lhp")
            assert low <= average <= high
            assert low <= Decimal(figures["c"][0]) <= high
        if self.counted:
            assert figures["c"] == self.trades[-1][:2]
            assert today == self.counted[-1] + len(self.trades), "today's count is that of the trades"
            self.tickers += 1
        else:
            self.counted.append(today)

    def spread(self, row: list[str]) -> None:
        """The best prices changed, or their volumes."""
        bid, ask, time, bid_volume, ask_volume = row
        assert TIME.fullmatch(time)
        assert Decimal(bid) < Decimal(ask)
        best = (bid, ask, bid_volume, ask_volume)
        assert best != self.best, "a spread that says nothing new"
        self.best = best
        self.spreads += 1

    def candle(self, row: Message) -> None:
        """A one-minute candle ends on a boundary, closes at the last trade and is no less than its trades."""
        time, end, opened, high, low, close, average, _, count = row
        assert end.endswith(".000000")
        assert int(Decimal(end)) % 60 == 0
        assert type(count) is int
        assert Decimal(low) <= min(Decimal(opened), Decimal(close), Decimal(average))
        assert Decimal(high) >= max(Decimal(opened), Decimal(close), Decimal(average))
        mine = [each for each in self.trades if Decimal(end) - 60 <= Decimal(each[2]) < Decimal(end)]
        if mine:
            assert [close, time] == [mine[-1][0], mine[-1][2]]
            assert count >= len(mine)
            self.candles += 1
