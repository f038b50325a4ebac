"""Best bid and offer, last trade and the past day of one symbol (channel `ticker`).

The day is 1,440 one-minute buckets that roll with the time of events: a trade counts for at least 1,439 and
at most 1,440 minutes. Sums are kept; the extremes are sought again only when the bucket that held one goes.
"""

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from krakenbox.feeds.candles import MINUTE_NS, bars_end_ns
from krakenbox.feeds.ladder import Ladders
from krakenbox.model.event import HistorySeeded, Traded
from krakenbox.model.fixed import Price, Qty, nearest

MINUTES = 1_440
"""Buckets of the past day: 24 hours."""

PCT_SCALE = 10_000
"""`change_pct` is in percentage points with two decimals."""


class Minute(Struct, array_like=True, gc=False):
    """Trades of one minute; `number` counts minutes since the epoch.

    Part of snapshots of the views: new fields go to the end with a default.
    """

    number: int
    open: Price
    high: Price
    low: Price
    qty: Qty
    cost: int
    trades: int


class TickerImage(Struct, array_like=True):
    """A ticker in a snapshot of the views; new fields go to the end with a default. The sums follow."""

    time_ns: int
    last: Price
    day: list[Minute]
    last_qty: Qty = Qty(0)


class Ticker:
    """One symbol's ticker; empty figures are 0, never missing."""

    __slots__ = (
        "_day",
        "_quoted",
        "cost",
        "high",
        "ladders",
        "last",
        "last_qty",
        "low",
        "qty",
        "time_ns",
        "trades",
    )

    def __init__(self, ladders: Ladders, time_ns: int) -> None:
        self.time_ns = time_ns
        """Time of the last trade or change at the top of the book; of the listing before there was one."""
        self.ladders = ladders
        self.last = Price(0)
        self.last_qty = Qty(0)
        self.high = Price(0)
        self.low = Price(0)
        self.qty = Qty(0)
        self.cost = 0
        """Exact price x qty sum."""
        self.trades = 0
        self._day: deque[Minute] = deque()
        self._quoted = self._best()

    def seed(self, event: HistorySeeded) -> None:
        """Take in a past: a bar counts in its first minute, then the trades after the bars."""
        for bar in event.bars:
            number = bar.begin_ns // MINUTE_NS
            self._add(Minute(number, bar.open, bar.high, bar.low, bar.qty, bar.cost, bar.trades))
            self.last, self.last_qty = bar.close, bar.qty
        end_ns = bars_end_ns(event)
        for past in event.trades:
            if past.time_ns >= end_ns:
                self._trade(past.time_ns, past.price, past.qty)
        self.roll(event.time_ns)
        self.time_ns = event.time_ns

    def trade(self, event: Traded) -> None:
        """Take in one trade."""
        self._trade(event.time_ns, event.price, event.qty)
        self.time_ns = event.time_ns

    def quote(self, time_ns: int) -> None:
        """The best level of a side has just changed in the ladders."""
        self.time_ns = time_ns

    def capture(self) -> TickerImage:
        """Its state."""
        return TickerImage(self.time_ns, self.last, list(self._day), self.last_qty)

    def restore(self, image: TickerImage) -> None:
        """Take a state on; the ladders have theirs already."""
        self.time_ns = image.time_ns
        for minute in image.day:
            self._add(minute)
        self.last, self.last_qty = image.last, image.last_qty
        self._quoted = self._best()

    def moved(self) -> bool:
        """Whether a best price is another one than at the last call."""
        before, self._quoted = self._quoted, self._best()
        return before != self._quoted

    def _best(self) -> tuple[Price, Price]:
        return self.ladders.bids.best, self.ladders.asks.best

    def _trade(self, time_ns: int, price: Price, qty: Qty) -> None:
        self._add(Minute(time_ns // MINUTE_NS, price, price, price, qty, price * qty, 1))
        self.last, self.last_qty = price, qty
        self.roll(time_ns)

    def _add(self, span: Minute) -> None:
        day = self._day
        if not day:
            self.high, self.low = span.high, span.low
        else:
            self.high = max(self.high, span.high)
            self.low = min(self.low, span.low)
        self.qty = Qty(self.qty + span.qty)
        self.cost += span.cost
        self.trades += span.trades
        if not day or span.number > day[-1].number:
            day.append(span)
            return
        minute = day[-1]
        minute.high = max(minute.high, span.high)
        minute.low = min(minute.low, span.low)
        minute.qty = Qty(minute.qty + span.qty)
        minute.cost += span.cost
        minute.trades += span.trades

    def roll(self, now_ns: int) -> None:
        """Drop the minutes that a day ending now no longer holds."""
        day = self._day
        first = now_ns // MINUTE_NS - MINUTES + 1
        if not day or day[0].number >= first:
            return
        high, low = self.high, self.low
        extreme = False
        while day and day[0].number < first:
            gone = day.popleft()
            self.qty = Qty(self.qty - gone.qty)
            self.cost -= gone.cost
            self.trades -= gone.trades
            extreme = extreme or gone.high == high or gone.low == low
        if extreme:
            self.high = max((minute.high for minute in day), default=Price(0))
            self.low = min((minute.low for minute in day), default=Price(0))

    @property
    def minutes(self) -> Iterable[Minute]:
        """The day's minutes that had trades, oldest first."""
        return self._day

    @property
    def open(self) -> Price:
        """The day's first price."""
        return self._day[0].open if self._day else Price(0)

    @property
    def vwap(self) -> Price:
        """Volume-weighted average price of the day, to nearest."""
        return Price(nearest(self.cost, self.qty)) if self.qty else Price(0)

    @property
    def change(self) -> int:
        """Last price less the day's first."""
        return self.last - self.open if self._day else 0

    @property
    def change_pct(self) -> int:
        """`change` in hundredths of a percentage point of the day's first price, to nearest."""
        return nearest(self.change * PCT_SCALE, self._day[0].open) if self._day else 0
