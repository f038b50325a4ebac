"""A market data client written from Kraken's public documentation alone: it imports nothing of krakenbox.

It keeps what the wire said, digit for digit, and believes nothing: every checksum is recomputed from the
replica, every candle and ticker from the trades. Sources: the v2 book, level3, trade, ticker and ohlc
channel pages and the two checksum guides.
"""

import json
import zlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Message = dict[str, Any]


class Number(str):
    """A JSON number as its own digits; the checksum guides need the text, comparisons the value."""

    @property
    def digits(self) -> str:
        """Text without the point and leading zeros, as the checksum guides ask."""
        return self.replace(".", "").lstrip("0")


def parse(text: str | bytes) -> Message:
    """One frame, with every JSON number kept as a `Number`."""
    message = json.loads(text, parse_float=Number, parse_int=Number)
    assert isinstance(message, dict)
    return message


def crc(parts: list[str]) -> str:
    """CRC32 of the joined parts as the unsigned decimal text of the wire."""
    return str(zlib.crc32("".join(parts).encode()))


@dataclass
class Book:
    """Replica of one L2 book: price text -> quantity text on each side."""

    depth: int
    bids: dict[Number, Number] = field(default_factory=dict)
    asks: dict[Number, Number] = field(default_factory=dict)
    timestamp: str = ""
    checksum: str = ""
    updates: int = 0

    def apply(self, message: Message) -> None:
        """Apply a snapshot or an update in array order, truncate, and verify."""
        (data,) = message["data"]
        if message["type"] == "snapshot":
            self.bids, self.asks = {}, {}
        for side, levels in ((self.bids, data["bids"]), (self.asks, data["asks"])):
            for level in levels:
                if Decimal(level["qty"]) == 0:
                    assert side.pop(level["price"], None) is not None, f"removal of an unknown level {level}"
                else:
                    side[level["price"]] = level["qty"]
        self.bids = dict(sorted(self.bids.items(), key=lambda kv: -Decimal(kv[0]))[: self.depth])
        self.asks = dict(sorted(self.asks.items(), key=lambda kv: Decimal(kv[0]))[: self.depth])
        self.timestamp, self.checksum = data["timestamp"], data["checksum"]
        self.updates += 1
        assert self.computed() == self.checksum, f"{data['symbol']} depth {self.depth} at {self.timestamp}"
        if self.bids and self.asks:
            assert Decimal(next(iter(self.bids))) < Decimal(next(iter(self.asks))), "crossed book"

    def computed(self) -> str:
        """Checksum of the replica: top ten asks, then top ten bids."""
        top = [*list(self.asks.items())[:10], *list(self.bids.items())[:10]]
        return crc([price.digits + qty.digits for price, qty in top])

    def picture(self) -> tuple[list[tuple[Number, Number]], list[tuple[Number, Number]]]:
        """The whole replica, best first, for comparison with a fresh snapshot."""
        return list(self.bids.items()), list(self.asks.items())


@dataclass
class OrderBook:
    """Replica of one L3 book: price text -> order id -> (quantity text, timestamp), in queue order."""

    depth: int
    bids: dict[Number, dict[str, tuple[Number, str]]] = field(default_factory=dict)
    asks: dict[Number, dict[str, tuple[Number, str]]] = field(default_factory=dict)
    timestamp: str = ""
    checksum: str = ""
    updates: int = 0

    def apply(self, message: Message) -> None:
        """Apply a snapshot or an update's events in array order, truncate by level, and verify."""
        (data,) = message["data"]
        if message["type"] == "snapshot":
            self.bids, self.asks = {}, {}
        for name in ("bids", "asks"):
            side = self.bids if name == "bids" else self.asks
            for order in data[name]:
                self._order(side, order)
        self.bids = dict(sorted(self.bids.items(), key=lambda kv: -Decimal(kv[0]))[: self.depth])
        self.asks = dict(sorted(self.asks.items(), key=lambda kv: Decimal(kv[0]))[: self.depth])
        self.timestamp, self.checksum = data["timestamp"], data["checksum"]
        self.updates += 1
        assert self.computed() == self.checksum, (
            f"{data['symbol']} level3 depth {self.depth} at {self.timestamp}"
        )
        for queue in (*self.bids.values(), *self.asks.values()):
            stamps = [stamp for _, stamp in queue.values()]
            assert stamps == sorted(stamps), "a level is not in queue order"

    @staticmethod
    def _order(side: dict[Number, dict[str, tuple[Number, str]]], order: Message) -> None:
        event, price, order_id = order.get("event", "add"), order["limit_price"], order["order_id"]
        if event == "delete":
            queue = side[price]
            assert queue.pop(order_id)[0] == order["order_qty"], (
                "a delete carries the last remaining quantity"
            )
            if not queue:
                del side[price]
        elif event == "modify":
            assert order_id in side[price], f"modify of an unknown order {order}"
            side[price][order_id] = (order["order_qty"], order["timestamp"])
        else:
            assert order_id not in side.get(price, {}), f"an order was added twice: {order}"
            side.setdefault(price, {})[order_id] = (order["order_qty"], order["timestamp"])

    def computed(self) -> str:
        """Checksum of the replica: each order of the top ten levels, asks first."""
        top = [*list(self.asks.items())[:10], *list(self.bids.items())[:10]]
        return crc([price.digits + qty.digits for price, queue in top for qty, _ in queue.values()])

    def picture(self) -> tuple[Any, Any]:
        """The whole replica, best first, in queue order."""
        sides = (self.bids, self.asks)
        bids, asks = ([(price, list(queue.items())) for price, queue in side.items()] for side in sides)
        return bids, asks


@dataclass
class Tape:
    """Trades of one symbol against its tickers and one-minute candles: three channels that must tell one
    story.
    """

    trades: list[Message] = field(default_factory=list)
    minutes: set[str] = field(default_factory=set)
    """Beginnings of the minutes that the trades cover from their first second."""
    tickers: int = 0
    candles: int = 0

    def trade(self, message: Message) -> None:
        """Take trades; ids are consecutive."""
        for trade in message["data"]:
            if self.trades:
                assert int(trade["trade_id"]) == int(self.trades[-1]["trade_id"]) + 1, "a trade is missing"
            self.trades.append(trade)

    def ticker(self, message: Message) -> None:
        """A ticker update (trigger `trades`) repeats the last trade and frames it."""
        if message["type"] == "snapshot":
            return
        (data,) = message["data"]
        last = self.trades[-1]
        assert data["last"] == last["price"]
        assert data["timestamp"] == last["timestamp"]
        assert Decimal(data["low"]) <= Decimal(data["last"]) <= Decimal(data["high"])
        assert Decimal(data["low"]) <= Decimal(data["vwap"]) <= Decimal(data["high"])
        assert Decimal(data["bid"]) < Decimal(data["ask"])
        self.tickers += 1

    def candle(self, message: Message) -> None:
        """A one-minute candle is what its trades make of it."""
        (data,) = message["data"][-1:]
        if message["type"] == "snapshot":
            return
        begin = data["interval_begin"][:16]
        mine = [trade for trade in self.trades if trade["timestamp"][:16] == begin]
        prices = [Decimal(trade["price"]) for trade in mine]
        assert Decimal(data["close"]) == prices[-1]
        assert Decimal(data["low"]) <= min(prices) <= max(prices) <= Decimal(data["high"])
        # Only a minute watched from its beginning can be rebuilt whole.
        if self.trades[0]["timestamp"][:16] < begin:
            volume = sum(Decimal(trade["qty"]) for trade in mine)
            turnover = sum(Decimal(trade["qty"]) * Decimal(trade["price"]) for trade in mine)
            assert Decimal(data["open"]) == prices[0]
            assert (Decimal(data["high"]), Decimal(data["low"])) == (max(prices), min(prices))
            assert int(data["trades"]) == len(mine)
            assert Decimal(data["volume"]) == volume
            assert abs(Decimal(data["vwap"]) - turnover / volume) <= Decimal(1).scaleb(
                Decimal(data["vwap"]).as_tuple().exponent
            )
        self.candles += 1
