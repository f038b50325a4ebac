"""Candles of one market as rows: the running minute, and the running candle of every longer interval.

A longer candle holds finished minutes only: a trade touches one row, and a minute that ends eight more. The
views keep candles of their own; these are counted from the same trades, and a property test compares both.
"""

from collections.abc import Iterable

from msgspec import Struct

from krakenbox.model.command import Bar
from krakenbox.model.event import HistorySeeded, Traded
from krakenbox.model.fixed import Price, Qty

INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""Minutes of the intervals that Kraken offers (REST, OHLC)."""
_MINUTE = INTERVALS[0]
_MINUTE_NS = 60_000_000_000


class Running(Struct, gc=False):
    """The latest candle of one interval."""

    begin_ns: int
    open: Price
    high: Price
    low: Price
    close: Price
    qty: Qty
    cost: int
    trades: int

    def add(self, later: "Running | Bar") -> None:
        """Take in a later span of the same interval."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.qty = Qty(self.qty + later.qty)
        self.cost += later.cost
        self.trades += later.trades

    def bar(self, minutes: int) -> Bar:
        """As a value."""
        return Bar(
            self.begin_ns,
            minutes,
            self.open,
            self.high,
            self.low,
            self.close,
            self.qty,
            self.cost,
            self.trades,
        )


class Candles:
    """The latest candle of each interval of one market; `changed` are those to be written."""

    __slots__ = ("_changed", "_latest")

    def __init__(self, latest: Iterable[Bar] = ()) -> None:
        self._latest = {bar.minutes: _restarted(bar, bar.begin_ns) for bar in latest}
        self._changed: dict[tuple[int, int], Running] = {}
        """By interval and begin, since the last `take`."""
        minute = self._latest.get(_MINUTE)
        if minute is not None and any(each.begin_ns > minute.begin_ns for each in self._latest.values()):
            # A longer bar of a seeded past came after it, so it was folded then.
            del self._latest[_MINUTE]

    def seed(self, event: HistorySeeded) -> None:
        """Take in a past: bars into every interval that holds them whole, then the trades after them."""
        for bar in event.bars:
            if bar.minutes == _MINUTE:
                self._next_minute(_restarted(bar, bar.begin_ns))
            else:
                self._end_minute()
                self._fold(bar, at_least=bar.minutes)
        last = event.bars[-1] if event.bars else None
        end_ns = last.begin_ns + last.minutes * _MINUTE_NS if last is not None else 0
        for past in event.trades:
            if past.time_ns >= end_ns:
                self._trade(past.time_ns, past.price, past.qty)

    def apply(self, event: Traded) -> None:
        """Take in one trade."""
        self._trade(event.time_ns, event.price, event.qty)

    def take(self) -> list[Bar]:
        """The candles that changed since this was last asked."""
        changed = [candle.bar(minutes) for (minutes, _), candle in self._changed.items()]
        self._changed.clear()
        return changed

    def _trade(self, time_ns: int, price: Price, qty: Qty) -> None:
        minute = self._latest.get(_MINUTE)
        begin_ns = time_ns - time_ns % _MINUTE_NS
        span = Running(begin_ns, price, price, price, price, qty, price * qty, 1)
        if minute is not None and time_ns < minute.begin_ns + _MINUTE_NS:
            minute.add(span)
            self._changed[_MINUTE, minute.begin_ns] = minute
        else:
            self._next_minute(span)

    def _next_minute(self, span: Running) -> None:
        self._end_minute()
        self._note(_MINUTE, span)

    def _end_minute(self) -> None:
        minute = self._latest.pop(_MINUTE, None)
        if minute is not None:
            self._fold(minute, at_least=INTERVALS[1])

    def _fold(self, span: Running | Bar, at_least: int) -> None:
        for minutes in INTERVALS:
            if minutes < at_least:
                continue
            start_ns = span.begin_ns - span.begin_ns % (minutes * _MINUTE_NS)
            latest = self._latest.get(minutes)
            if latest is not None and latest.begin_ns == start_ns:
                latest.add(span)
                self._changed[minutes, start_ns] = latest
            else:
                self._note(minutes, _restarted(span, start_ns))

    def _note(self, minutes: int, candle: Running) -> None:
        self._latest[minutes] = self._changed[minutes, candle.begin_ns] = candle


def _restarted(span: Running | Bar, begin_ns: int) -> Running:
    return Running(begin_ns, span.open, span.high, span.low, span.close, span.qty, span.cost, span.trades)
