"""Dormant orders of one instrument, and what wakes them.

Every order watches one reference: the last price or the index. It fires when the price reaches its trigger
from below (`rising`: a stop to buy, a take-profit to sell) or from above (`falling`). A trailing order also
has a peak, the best price since it fell asleep; whenever the reference passes the peak, the trigger follows.

    falling  sell stop at 95, at 97                  fires what the price has reached: 97 <= 97
    price    100 -> 97
    trailing sell, distance 5: peak 100, trigger 95; price 103 -> peak 103, trigger 98

Both kinds are lists sorted by the price at which something happens, so a price costs one comparison when
nothing does. Whatever happens at once happens in order of falling asleep.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple

from krakenbox.model.fixed import Price, nearest
from krakenbox.model.order import (
    PCT_UNIT,
    Order,
    OrderId,
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    Side,
    Trigger,
)

_WHOLE = 100 * PCT_UNIT
_STOPS = (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)


class Pricing(NamedTuple):
    """Where a triggered order stands beside a reference; whoever enters it refuses prices of 0 or less."""

    trigger_price: Price
    peak_price: Price
    """0 unless it trails."""
    limit_price: Price
    """0 for types without one."""


def priced(terms: OrderTerms, reference: int, increment: int) -> Pricing:
    """What the trigger and the limit price of an order come to; offsets are rounded to the nearest tick."""
    trigger = terms.trigger
    assert trigger is not None, f"{terms.order_type} has no trigger"
    if not terms.order_type.trailing:
        price = _offset(reference, trigger.price, trigger.price_type, increment)
        return Pricing(price, Price(0), terms.limit_price)
    # The reversal is on the far side of the peak, and never at the peak itself.
    if terms.side is Side.SELL:
        price = Price(min(_offset(reference, -trigger.price, trigger.price_type, increment), reference - 1))
    else:
        price = Price(max(_offset(reference, trigger.price, trigger.price_type, increment), reference + 1))
    limit = terms.limit_price
    if terms.order_type is OrderType.TRAILING_STOP_LIMIT:
        limit = _offset(price, limit, terms.limit_price_type, increment)
    return Pricing(price, Price(reference), limit)


def _offset(reference: int, value: int, price_type: PriceType, increment: int) -> Price:
    if price_type is PriceType.STATIC:
        return Price(value)
    if price_type is PriceType.QUOTE:
        return Price(nearest(reference + value, increment) * increment)
    # Rounded once: a percentage that is first rounded to price units may cross half a tick.
    return Price(nearest(reference * (_WHOLE + value), _WHOLE * increment) * increment)


def rises(terms: OrderTerms) -> bool:
    """Whether an order fires on a price at or above its trigger, not at or below it."""
    # Kraken, add_order: a stop fires from the unfavourable side, a take-profit from the favourable one.
    against = terms.order_type in _STOPS or terms.order_type.trailing
    return against is (terms.side is Side.BUY)


class _Ladder:
    """Orders sorted by the price that concerns them, nearest first; then in order of falling asleep."""

    __slots__ = ("rows", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        """+1: a price concerns what it is at or above; -1: what it is at or below."""
        self.rows: list[tuple[int, int, Order]] = []

    def add(self, price: int, number: int, order: Order) -> None:
        insort(self.rows, (self.sign * price, number, order))

    def remove(self, price: int, number: int, order: Order) -> None:
        at = bisect_left(self.rows, (self.sign * price, number))
        assert self.rows[at][2] is order, f"{order.order_id} does not wait at {price}"
        del self.rows[at]

    def upto(self, price: int) -> list[tuple[int, Order]]:
        """Orders a price has reached, each after its turn."""
        key = self.sign * price
        if not self.rows or self.rows[0][0] > key:
            return []
        return [row[1:] for row in self.rows[: bisect_left(self.rows, (key + 1,))]]


class _Watch:
    """Everything that waits for one reference."""

    __slots__ = ("buys", "falling", "price", "rising", "sells")

    def __init__(self) -> None:
        self.price = Price(0)
        """The last one fed; 0 before the first."""
        self.rising = _Ladder(1)
        self.falling = _Ladder(-1)
        self.sells = _Ladder(1)
        """Trailing orders by their peak, passed by a higher price."""
        self.buys = _Ladder(-1)
        """Trailing orders by their trough, passed by a lower price."""

    def triggers(self, order: Order) -> _Ladder:
        return self.rising if rises(order.terms) else self.falling

    def peaks(self, order: Order) -> _Ladder:
        return self.sells if order.terms.side is Side.SELL else self.buys

    def passed(self, price: int) -> list[tuple[int, Order]]:
        """Trailing orders whose peak a price goes beyond."""
        return self.sells.upto(price - 1) + self.buys.upto(price + 1)

    def reached(self, price: int) -> list[tuple[int, Order]]:
        """Orders that a price wakes."""
        return self.rising.upto(price) + self.falling.upto(price)


class Triggers:
    """The dormant orders of one instrument."""

    __slots__ = ("_numbers", "_orders", "_watches", "increment", "turn")

    def __init__(self, increment: int) -> None:
        self.increment = increment
        """Tick size: what moves a trigger moves it in steps of this."""
        self.turn = 0
        """The last one given."""
        self._numbers: dict[OrderId, int] = {}
        """Turns: when each fell asleep."""
        self._orders: dict[OrderId, Order] = {}
        self._watches = {reference: _Watch() for reference in Reference}

    def __len__(self) -> int:
        return len(self._orders)

    def __iter__(self) -> Iterator[Order]:
        """Dormant orders in order of falling asleep."""
        return iter(self._orders.values())

    def price(self, reference: Reference) -> Price:
        """What orders of a reference watch now; 0 before the first price."""
        # Kraken, add_order: the index falls back to the last price where there is no index.
        return self._watches[reference].price or self._watches[Reference.LAST].price

    def watched(self, order: Order) -> Price:
        """The price that an order watches."""
        return self.price(_watched(order).reference)

    def sorted_rows(self) -> bool:
        """Whether every dormant order is filed under its trigger and, if it trails, under its peak."""
        filed = [0, 0]
        for watch in self._watches.values():
            by_trigger, by_peak = watch.rising.rows + watch.falling.rows, watch.sells.rows + watch.buys.rows
            for ladder in (watch.rising, watch.falling, watch.sells, watch.buys):
                if ladder.rows != sorted(ladder.rows, key=lambda row: row[:2]):
                    return False
            if any(abs(key) != order.trigger_price for key, _, order in by_trigger):
                return False
            if any(abs(key) != order.peak_price for key, _, order in by_peak):
                return False
            filed[0] += len(by_trigger)
            filed[1] += len(by_peak)
        trailing = sum(order.terms.order_type.trailing for order in self)
        return filed == [len(self), trailing] and self._numbers.keys() == self._orders.keys()

    def reached(self, order: Order) -> bool:
        """Whether the reference of an order stands at or beyond its trigger."""
        price = self.watched(order)
        beyond = price >= order.trigger_price if rises(order.terms) else price <= order.trigger_price
        return beyond and price > 0

    def add(self, order: Order) -> None:
        """Let an order sleep; it fires after those that fell asleep before it."""
        self.turn += 1
        self.resume(order, self.turn)

    def turn_of(self, order: Order) -> int:
        """When a dormant order fell asleep; 0 of any other."""
        return self._numbers.get(order.order_id, 0)

    def resume(self, order: Order, turn: int) -> None:
        """Let an order sleep on in a turn it was given before."""
        self._numbers[order.order_id] = turn
        self._orders[order.order_id] = order
        self._file(order)

    def remove(self, order: Order) -> None:
        """Take a dormant order out."""
        self._unfile(order)
        del self._numbers[order.order_id], self._orders[order.order_id]

    def reprice(self, order: Order, terms: OrderTerms, trigger_price: Price) -> None:
        """Give a dormant order other terms and another trigger price; it keeps its turn and its peak."""
        self._unfile(order)
        order.terms, order.trigger_price = terms, trigger_price
        if terms.order_type.trailing:
            self.follow(order, order.peak_price)
        self._file(order)

    def note(self, reference: Reference, price: Price) -> None:
        """Take in a price that moves and wakes nothing."""
        self._watches[reference].price = price

    def feed(self, reference: Reference, price: Price) -> tuple[list[Order], list[Order]]:
        """Take in a price: the trailing orders whose trigger it moved, and those it woke, oldest first.

        Woken orders are dormant no more.
        """
        own, index = self._watches[reference], self._watches[Reference.INDEX]
        own.price = price
        if not self._orders:
            return [], []
        watches = (own,) if own is index or index.price else (own, index)
        moved: list[tuple[int, Order]] = []
        woken: list[tuple[int, Order]] = []
        for watch in watches:
            passed = watch.passed(price)
            for _, order in passed:
                self._unfile(order)
                self.follow(order, price)
                self._file(order)
            moved += passed
            woken += watch.reached(price)
        for _, order in woken:
            self.remove(order)
        return [order for _, order in sorted(moved)], [order for _, order in sorted(woken)]

    def follow(self, order: Order, peak: Price) -> None:
        """Give a trailing order a peak, and the trigger and the limit price that follow from it."""
        found = priced(order.terms, peak, self.increment)
        order.trigger_price, order.peak_price = found.trigger_price, peak
        if order.limit_price:
            # A trough may fall so low that the limit of a buy would be nothing: a tick is the least.
            order.limit_price = Price(max(found.limit_price, self.increment))

    def _file(self, order: Order) -> None:
        watch, number = self._watches[_watched(order).reference], self._numbers[order.order_id]
        watch.triggers(order).add(order.trigger_price, number, order)
        if order.terms.order_type.trailing:
            watch.peaks(order).add(order.peak_price, number, order)

    def _unfile(self, order: Order) -> None:
        watch, number = self._watches[_watched(order).reference], self._numbers[order.order_id]
        watch.triggers(order).remove(order.trigger_price, number, order)
        if order.terms.order_type.trailing:
            watch.peaks(order).remove(order.peak_price, number, order)


def _watched(order: Order) -> Trigger:
    trigger = order.terms.trigger
    assert trigger is not None, f"{order.order_id} has no trigger"
    return trigger
