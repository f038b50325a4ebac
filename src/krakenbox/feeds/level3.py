"""The visible book by order (channel `level3`): three windows of price levels, each level a queue of orders.

Per change, in order (Kraken, websocket-v2/level3):

    order inside the window     add, modify or delete
    its level goes with it      then `add` for every order of the level that thereby enters, if any
    its level is new            the worst level leaves in silence
    order outside the window    nothing
"""

from msgspec import Struct

from krakenbox.feeds.ladder import Ladder, Ladders, Step
from krakenbox.feeds.top import Top, TopChecksum
from krakenbox.feeds.windows import LastChanges, Window, Windows
from krakenbox.model.event import BookAction, BookChanged
from krakenbox.model.fixed import Price, Qty, to_text
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import OrderId, Side
from krakenbox.protocol.checksum import fragment
from krakenbox.protocol.timestamp import nanos
from krakenbox.protocol.v2 import channels

Queue = list[BookChanged]
"""The orders of one level, oldest first, each as its last change."""

DEPTHS = (10, 100, 1000)
"""Windows one can subscribe to, in price levels (Kraken, websocket-v2/level3)."""


class RestingImage(Struct, array_like=True, gc=False):
    """One order of a book in a snapshot of the views; new fields go to the end with a default."""

    order_id: OrderId
    qty: Qty
    """What it shows."""
    time_ns: int


class LevelImage(Struct, array_like=True):
    """One level of a book in a snapshot of the views: its queue, oldest first."""

    price: Price
    orders: list[RestingImage]


class BookImage(Struct, array_like=True):
    """A book in a snapshot of the views, best levels first; new fields go to the end with a default."""

    bids: list[LevelImage]
    asks: list[LevelImage]
    changed: dict[int, int]
    """When each window of level3 changed last."""


class Level3:
    """The book of one symbol by order."""

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
        side.apply(event)
        if not self._windows:
            return
        side.follow_fragments(event)
        self._checksum.follow(side.top)
        side.record(event)

    def capture(self) -> BookImage:
        """The whole book, for the ladders too."""
        return BookImage(self._bids.capture(), self._asks.capture(), self.changes.capture())

    def restore(self, symbol: str, image: BookImage) -> None:
        """Take a book on, for the ladders too."""
        self._bids.restore(symbol, Side.BUY, image.bids)
        self._asks.restore(symbol, Side.SELL, image.asks)
        self.changes.restore(image.changed)

    def watch(self, depth: int) -> None:
        """Somebody looks at this window from now on."""
        assert depth in DEPTHS, f"depth must be one of {DEPTHS}; was {depth}"
        if not self._windows:
            self._refill()
        self._windows.open(depth)

    def unwatch(self, depth: int) -> None:
        """Nobody looks at this window any more."""
        self._windows.close(depth)

    def updates(self) -> list[tuple[int, list[str], list[str]]]:
        """Depth, bid events and ask events of every window that changed; leaves none."""
        return self._windows.updates()

    def orders(self, depth: int) -> tuple[list[str], list[str]]:
        """Text of the best levels' orders: bids, asks, best level first, each level in queue order."""
        return self._bids.orders(depth), self._asks.orders(depth)

    def queues(self, depth: int | None) -> tuple[list[Queue], list[Queue]]:
        """The best levels, or all: bids, asks, best first, each level's orders in queue order."""
        return self._bids.queues(depth), self._asks.queues(depth)

    def checksum(self) -> int:
        """CRC32 of the orders of the ten best levels, asks then bids; 0 of an empty book."""
        if not self._windows:
            self._refill()
        return self._checksum.value()

    def _refill(self) -> None:
        # Unwatched, changes do not reach the fragments of orders.
        self._bids.forget_fragments()
        self._asks.forget_fragments()
        self._checksum.refill()


class _Side:
    """One side: its queues by level key, and the checksum's fragments by order and by level."""

    __slots__ = ("_fragments", "_instrument", "_queues", "_windows", "ladder", "top")

    def __init__(self, instrument: Instrument, ladder: Ladder, windows: list[Window]) -> None:
        self.ladder = ladder
        # Orders in time priority, each as its last change.
        self._queues: dict[int, dict[OrderId, BookChanged]] = {}
        # Of the levels that have been among the ten best since somebody watches.
        self._fragments: dict[int, dict[OrderId, bytes]] = {}
        self._instrument = instrument
        self._windows = windows
        self.top = Top(ladder, self._level)
        """Fragments of the ten best levels, each its orders' joined."""

    def apply(self, event: BookChanged) -> None:
        """Carry the change into its queue."""
        ladder = self.ladder
        if event.action is BookAction.REMOVED:
            queue = self._queues[ladder.key]
            del queue[event.order_id]
            if ladder.step is Step.REMOVED:
                assert not queue, f"a level goes with its last order: {event}"
                del self._queues[ladder.key]
        elif ladder.step is Step.INSERTED:
            self._queues[ladder.key] = {event.order_id: event}
        else:
            # A known order keeps its place in the dict, as it does in the queue.
            self._queues[ladder.key][event.order_id] = event

    def capture(self) -> list[LevelImage]:
        """Every level."""
        sign = self.ladder.sign
        return [
            LevelImage(
                Price(key * sign),
                [
                    RestingImage(order.order_id, order.order_qty, order.order_time_ns)
                    for order in self._queues[key].values()
                ],
            )
            for key in self.ladder.keys
        ]

    def restore(self, symbol: str, side: Side, levels: list[LevelImage]) -> None:
        """Take captured levels on: each order as if it had come last."""
        totals: list[tuple[Price, Qty]] = []
        for level in levels:
            price, total = level.price, Qty(sum([order.qty for order in level.orders]))
            totals.append((price, total))
            self._queues[price * self.ladder.sign] = {
                order.order_id: BookChanged(
                    order.time_ns,
                    symbol,
                    side,
                    price,
                    total,
                    BookAction.ADDED,
                    order.order_id,
                    order.qty,
                    order.time_ns,
                )
                for order in level.orders
            }
        self.ladder.restore(totals)

    def orders(self, depth: int) -> list[str]:
        """Text of the best levels' orders."""
        return [
            self._order(order) for key in self.ladder.keys[:depth] for order in self._queues[key].values()
        ]

    def queues(self, depth: int | None) -> list[Queue]:
        """The best levels' orders."""
        return [list(self._queues[key].values()) for key in self.ladder.keys[:depth]]

    def forget_fragments(self) -> None:
        """Drop the fragments of all orders."""
        self._fragments.clear()

    def follow_fragments(self, event: BookChanged) -> None:
        """Carry the change into the fragments of its level, if it has any."""
        fragments = self._fragments.get(self.ladder.key)
        if fragments is None:
            return
        if event.action is not BookAction.REMOVED:
            fragments[event.order_id] = fragment(event.price, event.order_qty)
        elif self.ladder.step is Step.REMOVED:
            del self._fragments[self.ladder.key]
        else:
            del fragments[event.order_id]

    def record(self, event: BookChanged) -> None:
        """Tell every watched window of the change."""
        ladder = self.ladder
        key, rank, step = ladder.key, ladder.rank, ladder.step
        text = ""
        for window in self._windows:
            if rank >= window.depth and key not in window.evicted:
                continue
            text = text or channels.level3_event(event.action.value, self._order(event))
            window.entries.append(text)
            if step is Step.REMOVED:
                self._replace(window)
            elif step is Step.INSERTED and len(ladder.keys) > window.depth:
                window.evicted.add(ladder.keys[window.depth])

    def _replace(self, window: Window) -> None:
        """Let the next level into a window, after one of its levels went."""
        ladder = self.ladder
        if ladder.key in window.evicted:
            window.evicted.discard(ladder.key)
        elif len(ladder.keys) >= window.depth:
            key = ladder.keys[window.depth - 1]
            if key in window.evicted:
                # Pushed out by this very message: the client holds its orders still, a second `add` would
                # double them.
                window.evicted.discard(key)
            else:
                added = BookAction.ADDED.value
                window.entries.extend(
                    channels.level3_event(added, self._order(order)) for order in self._queues[key].values()
                )

    def _order(self, order: BookChanged) -> str:
        instrument = self._instrument
        return channels.level3_order(
            order.order_id,
            to_text(order.price, instrument.price_decimals),
            to_text(order.order_qty, instrument.qty_decimals),
            # Of a delete too: the page gives an order's time one meaning, "insert or amend".
            nanos(order.order_time_ns),
        )

    def _level(self, key: int) -> bytes:
        fragments = self._fragments.get(key)
        if fragments is None:
            fragments = self._fragments[key] = {
                order_id: fragment(order.price, order.order_qty)
                for order_id, order in self._queues[key].items()
            }
        return b"".join(fragments.values())
