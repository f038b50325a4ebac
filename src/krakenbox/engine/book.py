"""One order book: two sides of price levels, each level a queue of orders in order of arrival.

Both sides use one key, `sign x price`, that is highest for the best price: +price for bids, -price for asks.
Sorted keys have the best price last, where most inserts and removals happen and a list is cheapest.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator

from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import Order, Side


class PriceLevel:
    """Orders of one side at one price, oldest first: an intrusive queue through `Order.prev` and `next`."""

    __slots__ = ("head", "price", "qty", "tail")

    def __init__(self, price: Price) -> None:
        self.price = price
        self.qty = 0
        """Visible quantity: always the sum of what the orders show."""
        self.head: Order | None = None
        self.tail: Order | None = None

    def __iter__(self) -> Iterator[Order]:
        order = self.head
        while order is not None:
            yield order
            order = order.next

    def append(self, order: Order) -> None:
        """Queue an order behind the others."""
        tail = order.prev = self.tail
        if tail is None:
            self.head = order
        else:
            tail.next = order
            if order.time_ns <= tail.time_ns:
                # Several orders of one command join one queue; each gets a queue time of its own, so that
                # who sorts by it (level3) sees the order of the queue.
                order.time_ns = tail.time_ns + 1
        self.tail = order
        self.qty += order.shown

    def unlink(self, order: Order) -> None:
        """Take an order out of the queue, wherever it stands."""
        if order.prev is None:
            assert self.head is order, f"{order.order_id} is not in the level {self.price}"
            self.head = order.next
        else:
            order.prev.next = order.next
        if order.next is None:
            self.tail = order.prev
        else:
            order.next.prev = order.prev
        order.prev = order.next = None
        self.qty -= order.shown


class BookSide:
    """The levels of one side."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side is Side.BUY else -1
        self.keys: list[int] = []
        """`sign x price` of every level, ascending: the best is the last."""
        self.levels: dict[int, PriceLevel] = {}
        """By the same keys."""

    def __iter__(self) -> Iterator[PriceLevel]:
        """Levels, best first."""
        return map(self.levels.__getitem__, reversed(self.keys))

    def best(self) -> PriceLevel | None:
        """The best level."""
        return self.levels[self.keys[-1]] if self.keys else None

    def reaches(self, price: Price) -> bool:
        """Whether an order of the other side, limited to `price`, would meet the best level."""
        return bool(self.keys) and self.keys[-1] >= self.sign * price

    def rest(self, order: Order) -> Qty:
        """Queue an order at its limit price with what it shows; the level's quantity afterwards."""
        assert 0 < order.shown <= order.qty - order.filled, f"{order.order_id} shows {order.shown}"
        key = self.sign * order.limit_price
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = PriceLevel(order.limit_price)
            insort(self.keys, key)
        level.append(order)
        return Qty(level.qty)

    def fill(self, order: Order, qty: Qty) -> Qty:
        """Fill a resting order, in its place until it shows nothing; the level's quantity afterwards."""
        level = self.levels[self.sign * order.limit_price]
        assert 0 < qty <= order.shown, f"{order.order_id}: fill of {qty}"
        order.filled = Qty(order.filled + qty)
        order.shown = Qty(order.shown - qty)
        level.qty -= qty
        if not order.shown:
            level.unlink(order)
            self._drop_if_empty(level)
        return Qty(level.qty)

    def show(self, order: Order, qty: Qty) -> Qty:
        """Let a resting order show more or less, in its place; the level's quantity afterwards."""
        assert 0 < qty <= order.qty - order.filled, f"{order.order_id} would show {qty}"
        level = self.levels[self.sign * order.limit_price]
        level.qty += qty - order.shown
        order.shown = qty
        return Qty(level.qty)

    def remove(self, order: Order) -> Qty:
        """Take a resting order out; the level's quantity afterwards, 0 = the level is gone."""
        level = self.levels[self.sign * order.limit_price]
        level.unlink(order)
        self._drop_if_empty(level)
        return Qty(level.qty)

    def _drop_if_empty(self, level: PriceLevel) -> None:
        if level.head is not None:
            return
        key = self.sign * level.price
        del self.levels[key]
        if self.keys[-1] == key:
            self.keys.pop()
        else:
            del self.keys[bisect_left(self.keys, key)]


class OrderBook:
    """Both sides of one instrument."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)

    def own(self, side: Side) -> BookSide:
        """Where orders of `side` rest."""
        return self.bids if side is Side.BUY else self.asks

    def opposite(self, side: Side) -> BookSide:
        """Where orders of `side` find their makers."""
        return self.asks if side is Side.BUY else self.bids

    @property
    def crossed(self) -> bool:
        """Whether the best bid meets the best ask: never, once a command is done."""
        bids, asks = self.bids.keys, self.asks.keys
        return bool(bids) and bool(asks) and bids[-1] + asks[-1] >= 0
