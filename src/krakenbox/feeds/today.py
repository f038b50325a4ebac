"""Trades since midnight UTC, of one symbol: half of every figure in tickers of v1 and REST.

Kraken, REST Ticker: "today" starts at 00:00 UTC.
"""

from collections.abc import Iterable

from krakenbox.feeds.ticker import MINUTES, Minute
from krakenbox.model.event import Traded
from krakenbox.model.fixed import Price, Qty

DAY_NS = MINUTES * 60_000_000_000


class Today:
    """Figures of one day; all 0 until its first trade."""

    __slots__ = ("_number", "cost", "high", "low", "open", "qty", "trades")

    open: Price
    high: Price
    low: Price
    qty: Qty
    cost: int
    """Exact price x qty sum."""
    trades: int

    def __init__(self, minutes: Iterable[Minute], now_ns: int) -> None:
        """From the minutes of the past 24 hours, oldest first: today's are among them."""
        self._number = now_ns // DAY_NS
        """Days since the epoch."""
        self._begin()
        for minute in minutes:
            if minute.number >= self._number * MINUTES:
                self._add(minute.open, minute.high, minute.low)
                self.qty = Qty(self.qty + minute.qty)
                self.cost += minute.cost
                self.trades += minute.trades

    def _begin(self) -> None:
        self.open = self.high = self.low = Price(0)
        self.qty = Qty(0)
        self.cost = 0
        self.trades = 0

    def apply(self, event: Traded) -> None:
        """Take in one trade."""
        self.roll(event.time_ns)
        self._add(event.price, event.price, event.price)
        self.qty = Qty(self.qty + event.qty)
        self.cost += event.price * event.qty
        self.trades += 1

    def roll(self, now_ns: int) -> None:
        """Begin anew if it is another day now."""
        number = now_ns // DAY_NS
        if number != self._number:
            self._number = number
            self._begin()

    def _add(self, first: Price, high: Price, low: Price) -> None:
        if not self.trades:
            self.open, self.high, self.low = first, high, low
        else:
            self.high = max(self.high, high)
            self.low = min(self.low, low)
