"""What a client sees: a hub's frames as text, and two little replicas written from the documentation alone.

floor = Floor()                                  a hub with the instruments of `builders`
floor.watch(1, "book", "BTC/USD", 10)            connection 1 subscribes
floor.show(book_event(...), book_event(...))     one command with two changes
assert floor.seen(1) == ['{"channel":"book",...']
"""

import json
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any
from zlib import crc32

from builders import ASSETS, BTC_USD, INSTRUMENTS, START_NS, Pit, buy, opening, sell
from krakenbox.feeds.hub import Hub, Subscriber, ViewKey
from krakenbox.model.command import Command
from krakenbox.model.event import (
    AssetListed,
    BookAction,
    BookChanged,
    Event,
    InstrumentListed,
    Outcome,
    Traded,
)
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import OrderId, OrderType, Side


def texts(frames: bytes) -> list[str]:
    """Payloads of unmasked text frames (RFC 6455, 5.2)."""
    found, at = [], 0
    while at < len(frames):
        assert frames[at] == 0x81, frames[at : at + 20]
        length, at = frames[at + 1], at + 2
        for mark, size in ((126, 2), (127, 8)):
            if length == mark:
                length, at = int.from_bytes(frames[at : at + size], "big"), at + size
                break
        found.append(frames[at : at + length].decode())
        at += length
    return found


def read(text: str) -> Any:
    """One message, with every decimal as the text it had on the wire."""
    return json.loads(text, parse_float=str)


class Floor:
    """A hub fed by hand or by a pit, a command at a time."""

    def __init__(self, pit: Pit | None = None) -> None:
        self.hub = Hub()
        self.pit = pit
        self.seq = 0
        self.time_ns = START_NS
        if pit is None:
            self.show(*(AssetListed(START_NS, asset) for asset in ASSETS.values()))
            self.show(*(InstrumentListed(START_NS, instrument) for instrument in INSTRUMENTS.values()))

    def show(self, *events: Event, time_ns: int = 0) -> None:
        """One command that caused these events."""
        self.seq += 1
        self.time_ns = time_ns or (events[-1].time_ns if events else self.time_ns)
        self.hub.apply(Outcome(self.seq, self.time_ns, list(events)))

    def send(self, *commands: Command) -> None:
        """Commands to the pit, each an outcome."""
        assert self.pit is not None
        for command in commands:
            self.show(*self.pit.send(command), time_ns=self.pit.time_ns)

    def watch(self, who: int, channel: str, symbol: str = "", param: int | str = 0) -> str:
        """Subscribe; the snapshot."""
        view = ViewKey(channel, symbol, param)
        self.hub.subscribe(Subscriber(who), view)
        return self.snapshot(*view)

    def snapshot(self, channel: str, symbol: str = "", param: int | str = 0) -> str:
        """The whole of a view, now."""
        [text] = texts(self.hub.snapshot(ViewKey(channel, symbol, param), self.time_ns))
        return text

    def unwatch(self, who: int, channel: str, symbol: str = "", param: int | str = 0) -> None:
        """Unsubscribe."""
        self.hub.unsubscribe(Subscriber(who), ViewKey(channel, symbol, param))

    def seen(self, who: int) -> list[str]:
        """Public messages of a connection since the last look."""
        return texts(self.hub.take(Subscriber(who)))

    def told(self, who: int) -> list[str]:
        """Private messages of a connection since the last look at anybody's."""
        return [text for whom, frame in self.hub.take_private() for text in texts(frame) if whom == who]


def venue(ladder: str = "") -> Floor:
    """A floor over a real exchange, everything listed, accounts rich; `ladder` is drawn by the caller."""
    floor = Floor(Pit())
    floor.send(*opening())
    assert not ladder
    return floor


def traded(number: int, price: int, qty: int, time_ns: int, side: Side = Side.BUY) -> Traded:
    """One trade in BTC/USD, in smallest units."""
    return Traded(time_ns, BTC_USD.symbol, number, Price(price), Qty(qty), side, OrderType.LIMIT)


class Hand:
    """Makes book changes of BTC/USD that fit together: a naive book of orders by level."""

    def __init__(self) -> None:
        self.levels: dict[tuple[Side, int], dict[str, BookChanged]] = {}
        self.time_ns = START_NS
        self._count = 0

    def tick(self) -> None:
        """The next command comes a millisecond later."""
        self.time_ns += 1_000_000

    def add(self, side: Side, price: int, qty: int) -> BookChanged:
        """A new order at the end of its level."""
        self._count += 1
        order_id = f"O{self._count:05d}-AAAAA-AAAAAA"
        queue = self.levels.setdefault((side, price), {})
        return self._change(queue, BookAction.ADDED, side, price, (order_id, qty, self.time_ns))

    def modify(self, side: Side, price: int, qty: int, place: int = 0) -> BookChanged:
        """Another quantity for an order of a level, by its place in the queue; it keeps its time."""
        queue = self.levels[side, price]
        order = list(queue.values())[place]
        told = (order.order_id, qty, order.order_time_ns)
        return self._change(queue, BookAction.MODIFIED, side, price, told)

    def remove(self, side: Side, price: int, place: int = 0) -> BookChanged:
        """An order leaves."""
        queue = self.levels[side, price]
        order = list(queue.values())[place]
        told = (order.order_id, order.order_qty, order.order_time_ns)
        event = self._change(queue, BookAction.REMOVED, side, price, told)
        if not queue:
            del self.levels[side, price]
        return event

    def _change(
        self,
        queue: dict[str, BookChanged],
        action: BookAction,
        side: Side,
        price: int,
        order: tuple[str, int, int],
    ) -> BookChanged:
        order_id, qty, order_time_ns = order
        rest = sum(each.order_qty for each in queue.values() if each.order_id != order_id)
        event = BookChanged(
            self.time_ns,
            BTC_USD.symbol,
            side,
            Price(price),
            Qty(rest if action is BookAction.REMOVED else rest + qty),
            action,
            OrderId(order_id),
            Qty(qty),
            order_time_ns,
        )
        if action is BookAction.REMOVED:
            del queue[order_id]
        else:
            queue[order_id] = event
        return event

    def best(self, side: Side, depth: int) -> list[tuple[int, list[BookChanged]]]:
        """The best levels: price and queue."""
        prices = sorted((p for s, p in self.levels if s is side), reverse=side is Side.BUY)
        return [(price, list(self.levels[side, price].values())) for price in prices[:depth]]


Level = dict[str, Any]


class BookReplica:
    """Channel `book` as its page says: entries in order, 0 removes, truncate after the message."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sides: dict[str, dict[str, str]] = {"bids": {}, "asks": {}}

    def receive(self, text: str) -> None:
        """Take in a snapshot or an update and verify its checksum."""
        message = read(text)
        [row] = message["data"]
        if message["type"] == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        for side, levels in self.sides.items():
            for entry in row[side]:
                if float(entry["qty"]) == 0:
                    levels.pop(entry["price"], None)
                else:
                    levels[entry["price"]] = entry["qty"]
            for price in self.prices(side)[self.depth :]:
                del levels[price]
        assert self.checksum() == row["checksum"], text

    def prices(self, side: str) -> list[str]:
        """Prices, best first."""
        return sorted(self.sides[side], key=float, reverse=side == "bids")

    def checksum(self) -> int:
        """CRC32 of the ten best asks and bids, points and leading zeros dropped."""
        return _crc(
            (price, self.sides[side][price]) for side in ("asks", "bids") for price in self.prices(side)[:10]
        )


class OrdersReplica:
    """Channel `level3` as its page says: queues by level, truncate to the depth after the message."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sides: dict[str, dict[str, list[Level]]] = {"bids": {}, "asks": {}}

    def receive(self, text: str) -> None:
        """Take in a snapshot or an update and verify its checksum."""
        message = read(text)
        [row] = message["data"]
        if message["type"] == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        for side, levels in self.sides.items():
            for order in row[side]:
                self._take(levels, order, order.get("event", "add"))
            for price in self.prices(side)[self.depth :]:
                del levels[price]
        assert self.checksum() == row["checksum"], text

    def _take(self, levels: dict[str, list[Level]], order: Level, event: str) -> None:
        queue = levels.setdefault(order["limit_price"], [])
        places = [place for place, each in enumerate(queue) if each["order_id"] == order["order_id"]]
        assert len(places) == (event != "add"), f"{event} of {order} in {queue}"
        kept = {key: order[key] for key in ("order_id", "limit_price", "order_qty", "timestamp")}
        if event == "add":
            queue.append(kept)
        elif event == "modify":
            queue[places[0]] = kept
        else:
            assert queue[places[0]] == kept, f"a delete repeats what is known: {order}"
            del queue[places[0]]
            if not queue:
                del levels[order["limit_price"]]

    def prices(self, side: str) -> list[str]:
        """Prices, best first."""
        return sorted(self.sides[side], key=float, reverse=side == "bids")

    def checksum(self) -> int:
        """CRC32 of the orders of the ten best levels, asks and bids, points and leading zeros dropped."""
        return _crc(
            (order["limit_price"], order["order_qty"])
            for side in ("asks", "bids")
            for price in self.prices(side)[:10]
            for order in self.sides[side][price]
        )


def _crc(pairs: Iterable[tuple[str, str]]) -> int:
    text = "".join(number.replace(".", "").lstrip("0") for pair in pairs for number in pair)
    return crc32(text.encode())


def walk(seed: int, hand: Hand) -> Iterator[list[BookChanged]]:
    """Commands of up to eight fitting changes each, many of them around the tenth level of a side."""
    dice = Random(seed)
    for _ in range(40):
        hand.tick()
        yield [_step(dice, hand) for _ in range(dice.randint(1, 8))]


def _step(dice: Random, hand: Hand) -> BookChanged:
    side, qty = dice.choice((buy, sell)), dice.randint(1, 99)
    levels = hand.best(side, 14)
    if not levels:
        return hand.add(side, 1000, qty)
    place = dice.choice((dice.randrange(14), dice.choice((9, 10, 11))))
    price, queue = levels[min(place, len(levels) - 1)]
    match dice.choice(("insert", "insert", "join", "modify", "remove", "remove")):
        case "insert":
            return hand.add(side, price + dice.randint(1, 3), qty)
        case "join":
            return hand.add(side, price, qty)
        case "modify":
            return hand.modify(side, price, qty, dice.randrange(len(queue)))
    return hand.remove(side, price, dice.randrange(len(queue)))
