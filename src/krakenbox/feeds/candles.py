"""Candles of one symbol (channel `ohlc`): nine intervals, all built from the running minute.

Every interval is a whole number of minutes, so a trade only touches the running minute; when that minute is
over it is folded into the running candle of each longer interval. Exact integers make the sum the same.
Intervals are aligned to the epoch; one without trades has no candle.
"""

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from krakenbox.model.command import Bar
from krakenbox.model.event import HistorySeeded, Traded
from krakenbox.model.fixed import Price, Qty, nearest

INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""Minutes one can subscribe to (Kraken, websocket-v2/ohlc)."""

KEPT = 720
"""Candles remembered per interval: what Kraken's REST `OHLC` returns at most."""

SNAPSHOT_BACK = 9
"""Intervals before the running one that a snapshot reaches back (recorded frames of 2024 and 2026)."""

MINUTE_NS = 60_000_000_000


class Candle(Struct, array_like=True, gc=False):
    """Trades of one span; `cost` is their exact price x qty sum.

    Part of snapshots of the views: new fields go to the end with a default.
    """

    begin_ns: int
    open: Price
    high: Price
    low: Price
    close: Price
    qty: Qty
    cost: int
    trades: int

    @property
    def vwap(self) -> Price:
        """Volume-weighted average price, to nearest."""
        return Price(nearest(self.cost, self.qty))

    def add(self, later: "Candle | Bar") -> None:
        """Take in a later span of the same interval."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.qty = Qty(self.qty + later.qty)
        self.cost += later.cost
        self.trades += later.trades


class CandlesImage(Struct, array_like=True):
    """Candles in a snapshot of the views; new fields go to the end with a default."""

    finished: dict[int, list[Candle]]
    minute: Candle | None


class Candles:
    """Finished candles by interval, oldest first, and the running minute."""

    __slots__ = ("_finished", "_minute")

    def __init__(self) -> None:
        self._finished: dict[int, deque[Candle]] = {minutes: deque(maxlen=KEPT) for minutes in INTERVALS}
        self._minute: Candle | None = None

    def seed(self, event: HistorySeeded) -> None:
        """Take in a past: bars into every interval that holds them whole, then the trades after them."""
        for bar in event.bars:
            self._fold(bar, bar.begin_ns, at_least=bar.minutes)
        end_ns = bars_end_ns(event)
        for past in event.trades:
            if past.time_ns >= end_ns:
                self._trade(past.time_ns, past.price, past.qty)

    def apply(self, event: Traded) -> None:
        """Take in one trade."""
        self._trade(event.time_ns, event.price, event.qty)

    def _trade(self, time_ns: int, price: Price, qty: Qty) -> None:
        minute = self._minute
        if minute is not None:
            if time_ns < minute.begin_ns + MINUTE_NS:
                minute.high = max(minute.high, price)
                minute.low = min(minute.low, price)
                minute.close = price
                minute.qty = Qty(minute.qty + qty)
                minute.cost += price * qty
                minute.trades += 1
                return
            self._fold(minute, minute.begin_ns, at_least=1)
        begin_ns = time_ns - time_ns % MINUTE_NS
        self._minute = Candle(begin_ns, price, price, price, price, qty, price * qty, 1)

    def _fold(self, span: Candle | Bar, begin_ns: int, at_least: int) -> None:
        for minutes, candles in self._finished.items():
            if minutes < at_least:
                continue
            start_ns = begin_ns - begin_ns % (minutes * MINUTE_NS)
            if candles and candles[-1].begin_ns >= start_ns:
                candles[-1].add(span)
            else:
                candles.append(
                    Candle(
                        start_ns, span.open, span.high, span.low, span.close, span.qty, span.cost, span.trades
                    )
                )

    def running(self, minutes: int) -> Candle:
        """The candle of the latest trade."""
        return next(self.latest(minutes))

    def latest(self, minutes: int) -> Iterator[Candle]:
        """Candles of an interval, newest first."""
        assert minutes in INTERVALS, f"interval must be one of {INTERVALS}; was {minutes}"
        finished, minute = reversed(self._finished[minutes]), self._minute
        if minute is not None:
            start_ns = minute.begin_ns - minute.begin_ns % (minutes * MINUTE_NS)
            before = next(finished, None)
            if before is not None and before.begin_ns == start_ns:
                yield _joined(before, minute)
            else:
                yield _restarted(minute, start_ns)
                if before is not None:
                    yield before
        yield from finished

    def snapshot(self, minutes: int, now_ns: int) -> list[Candle]:
        """Candles from nine intervals before the one of `now_ns`, oldest first."""
        span_ns = minutes * MINUTE_NS
        from_ns = now_ns - now_ns % span_ns - SNAPSHOT_BACK * span_ns
        candles = []
        for candle in self.latest(minutes):
            if candle.begin_ns < from_ns:
                break
            candles.append(candle)
        return candles[::-1]

    def capture(self) -> CandlesImage:
        """Its state."""
        return CandlesImage({each: list(candles) for each, candles in self._finished.items()}, self._minute)

    def restore(self, image: CandlesImage) -> None:
        """Take a state on."""
        for minutes, candles in image.finished.items():
            self._finished[minutes].extend(candles)
        self._minute = image.minute


def bars_end_ns(event: HistorySeeded) -> int:
    """End of the last bar of a past: trades before it are part of the bars already."""
    if not event.bars:
        return 0
    last = event.bars[-1]
    return last.begin_ns + last.minutes * MINUTE_NS


def _restarted(candle: Candle, begin_ns: int) -> Candle:
    return Candle(
        begin_ns, candle.open, candle.high, candle.low, candle.close, candle.qty, candle.cost, candle.trades
    )


def _joined(before: Candle, later: Candle) -> Candle:
    candle = _restarted(before, before.begin_ns)
    candle.add(later)
    return candle
