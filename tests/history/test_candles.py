"""Candles as rows: those that the views keep, and the same after a restart anywhere."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from builders import START_NS
from krakenbox.feeds.candles import MINUTE_NS
from krakenbox.feeds.candles import Candles as View
from krakenbox.history.candles import INTERVALS, Candles
from krakenbox.model.command import Bar, PastTrade
from krakenbox.model.event import HistorySeeded, Traded
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import OrderType, Side

HOUR_NS = 60 * MINUTE_NS
Stored = dict[tuple[int, int], Bar]


def trade(time_ns: int, price: int, qty: int = 1) -> Traded:
    """A trade of no particular number."""
    return Traded(time_ns, "BTC/USD", 1, Price(price), Qty(qty), Side.BUY, OrderType.LIMIT)


def store(stored: Stored, candles: Candles) -> None:
    """What the database does with changed candles."""
    for bar in candles.take():
        stored[bar.minutes, bar.begin_ns] = bar


def restarted(stored: Stored) -> Candles:
    """Candles that go on from what is stored."""
    newest = {minutes: max(b for m, b in stored if m == minutes) for minutes, _ in stored}
    return Candles(stored[key] for key in newest.items())


def test_a_trade_changes_the_running_minute_alone() -> None:
    candles = Candles()
    candles.apply(trade(START_NS + 5, 100, 2))
    candles.apply(trade(START_NS + 6, 90))
    assert candles.take() == [Bar(START_NS, 1, 100, 100, 90, 90, 3, 290, 2)]
    assert candles.take() == []


def test_a_minute_that_ends_goes_into_every_longer_candle() -> None:
    candles, stored = Candles(), dict[tuple[int, int], Bar]()
    candles.apply(trade(START_NS, 100))
    candles.apply(trade(START_NS + MINUTE_NS, 110))
    store(stored, candles)
    assert sorted(minutes for minutes, _ in stored) == sorted([1, *INTERVALS])
    assert all(bar.high == 100 for (minutes, _), bar in stored.items() if minutes > 1)


def past(draw: Random) -> HistorySeeded:
    """Hours, five minutes and minutes, each on the grid of the one before, and trades behind them."""
    bars, now = [], START_NS - 40 * HOUR_NS
    for minutes, count in ((60, 30), (5, 12 * draw.randrange(3)), (1, 5 * draw.randrange(20))):
        for _ in range(count):
            low, high = draw.randrange(1, 50), draw.randrange(50, 99)
            if draw.random() < 0.9:
                bars.append(Bar(now, minutes, Price(50), Price(high), Price(low), Price(49), Qty(3), 150, 2))
            now += minutes * MINUTE_NS
    times = sorted(now + draw.randrange(-MINUTE_NS, 10 * MINUTE_NS) for _ in range(draw.randrange(20)))
    trades = tuple(
        PastTrade(time_ns, Price(draw.randrange(1, 99)), Qty(1), Side.BUY, OrderType.LIMIT)
        for time_ns in times
    )
    return HistorySeeded(START_NS, "BTC/USD", tuple(bars), trades, 1)


@given(st.integers(0, 2**32), st.booleans())
def test_they_are_the_candles_of_the_views(seed: int, seeded: bool) -> None:
    draw = Random(seed)
    view, candles, stored = View(), Candles(), dict[tuple[int, int], Bar]()
    if seeded:
        event = past(draw)
        view.seed(event)
        candles.seed(event)
        store(stored, candles)
    time_ns = START_NS
    for _ in range(60):
        time_ns += draw.choice((1, MINUTE_NS // 2, 7 * MINUTE_NS, 3 * HOUR_NS, 200 * HOUR_NS))
        event_now = trade(time_ns, draw.randrange(1, 99), draw.randrange(1, 9))
        view.apply(event_now)
        candles.apply(event_now)
        if draw.random() < 0.3:
            store(stored, candles)
            candles = restarted(stored)
    # A day later the last minute has ended everywhere.
    last = trade(time_ns + 1000 * HOUR_NS, 7)
    view.apply(last)
    candles.apply(last)
    store(stored, candles)
    for minutes in INTERVALS:
        mine = [bar for (m, _), bar in sorted(stored.items()) if m == minutes]
        theirs = [
            c for c in view.latest(minutes) if minutes == 1 or c.begin_ns + 500 * HOUR_NS < last.time_ns
        ]
        shown = [
            (c.begin_ns, c.open, c.high, c.low, c.close, c.qty, c.cost, c.trades) for c in reversed(theirs)
        ]
        kept = [(b.begin_ns, b.open, b.high, b.low, b.close, b.qty, b.cost, b.trades) for b in mine]
        assert kept[-len(shown) :] == shown
