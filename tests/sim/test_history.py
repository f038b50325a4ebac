"""The past: bars on every grid, trades that agree with them, an end at the start price."""

import time
from functools import cache
from itertools import pairwise

import pytest

import trading
from krakenbox.feeds.candles import Candles
from krakenbox.feeds.ladder import Ladders
from krakenbox.feeds.ticker import Ticker
from krakenbox.model.command import PastTrade, SeedHistory
from krakenbox.model.event import HistorySeeded
from krakenbox.sim.dice import Dice
from krakenbox.sim.history import MINUTE_NS, past_qty, seed_histories, spans
from krakenbox.sim.pair import Shape
from krakenbox.sim.prices import Prices

PAIRS = trading.pairs()
NOW_NS = trading.OPENED_NS
WHOLE_NS = NOW_NS // (1_440 * MINUTE_NS) * 1_440 * MINUTE_NS
"""Midnight: also a whole minute, hour and day."""
TIMES = [NOW_NS, WHOLE_NS, WHOLE_NS + 1, WHOLE_NS - 1, WHOLE_NS + 59 * MINUTE_NS + 30 * 10**9]


@cache
def histories(now_ns: int = NOW_NS, per_minute: int = 30, seed: int = 7) -> list[SeedHistory]:
    assets = [leg for p in PAIRS for leg in (p.instrument.base, p.instrument.quote)]
    rates = {p.instrument.symbol: per_minute for p in PAIRS}
    return seed_histories(PAIRS, Prices(assets, seed), seed, now_ns, rates)


@pytest.mark.parametrize("now_ns", TIMES)
def test_bars_are_contiguous_on_the_next_coarser_grid_and_reach_far_enough(now_ns: int) -> None:
    found = spans(now_ns)
    for span, after in pairwise(found):
        assert span.begin_ns + span.minutes * MINUTE_NS == after.begin_ns
        assert span.minutes >= after.minutes
        # Where bars become finer, the finer ones begin on the coarser grid.
        assert after.begin_ns % (span.minutes * MINUTE_NS) == 0
    last = found[-1]
    assert last.begin_ns + last.minutes * MINUTE_NS == now_ns // MINUTE_NS * MINUTE_NS
    assert found[0].begin_ns % (1_440 * MINUTE_NS) == 0
    for minutes in (1, 5, 15, 30, 60):
        assert sum(span.minutes for span in found if span.minutes <= minutes) >= minutes * 720
    assert sum(span.minutes for span in found if span.minutes == 1) >= 1_440


@pytest.mark.parametrize(
    ("now_ns", "per_minute"), [(NOW_NS, 1), (NOW_NS, 450), *((now_ns, 30) for now_ns in TIMES)]
)
def test_bars_and_trades_are_sound_and_agree(now_ns: int, per_minute: int) -> None:
    found = histories(now_ns, per_minute)
    assert [history.symbol for history in found] == [p.instrument.symbol for p in PAIRS]
    for pair, history in zip(PAIRS, found, strict=True):
        tick = pair.instrument.price_increment
        for bar in history.bars:
            assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
            assert bar.open % tick == bar.high % tick == bar.low % tick == bar.close % tick == 0
            assert bar.trades >= 1
            assert bar.low * bar.qty <= bar.cost <= bar.high * bar.qty
        assert len(history.trades) == 1_000
        times = [trade.time_ns for trade in history.trades]
        assert times == sorted(times)
        assert times[-1] < now_ns
        assert all(trade.qty >= pair.instrument.qty_min for trade in history.trades)
        assert history.trades[-1].price == pair.start_price
        _agree(history)


def _agree(history: SeedHistory) -> None:
    """Every bar that the single trades cover whole is exactly these trades."""
    first_ns = history.trades[0].time_ns
    covered = [bar for bar in history.bars if bar.begin_ns > first_ns]
    by_minute: dict[int, list[PastTrade]] = {bar.begin_ns: [] for bar in covered}
    for trade in history.trades:
        by_minute.get(trade.time_ns // MINUTE_NS * MINUTE_NS, []).append(trade)
    end_ns = history.bars[-1].begin_ns + MINUTE_NS
    for bar in covered:
        trades = by_minute[bar.begin_ns]
        prices = [t.price for t in trades]
        assert (bar.open, bar.high, bar.low, bar.close) == (
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
        )
        assert (bar.trades, bar.qty) == (len(trades), sum(t.qty for t in trades))
        assert bar.cost == sum(t.price * t.qty for t in trades)
    told = [t for t in history.trades if t.time_ns < end_ns]
    if covered:
        assert told[-1].price == history.bars[-1].close


def test_trades_come_in_both_directions_both_types_and_many_sizes() -> None:
    trades = histories()[0].trades
    kinds = [(trade.taker_side, trade.taker_type) for trade in trades]
    assert {kind: kinds.count(kind) > 100 for kind in set(kinds)} == dict.fromkeys(set(kinds), True)
    assert len(set(kinds)) == 4
    assert len({trade.qty for trade in trades}) > 900


def test_sizes_are_mostly_small() -> None:
    shape, dice = Shape(trading.pair("BTC/USD")), Dice(1)
    sizes = sorted(past_qty(shape, dice.bits()) // shape.floor for _ in range(1_000))
    assert sizes[0] == 1
    assert sizes[500] < 15
    assert sizes[-1] > 150


def test_views_start_warm() -> None:
    history = histories()[0]
    event = HistorySeeded(NOW_NS, history.symbol, history.bars, history.trades, 1)
    candles = Candles()
    candles.seed(event)
    for minutes in (1, 5, 15, 30, 60):
        assert len(list(candles.latest(minutes))) >= 720, minutes
        begins = [candle.begin_ns for candle in candles.latest(minutes)]
        assert {a - b for a, b in pairwise(begins)} == {minutes * MINUTE_NS}
    assert len(list(candles.latest(240))) >= 180
    ticker = Ticker(Ladders(), 0)
    ticker.seed(event)
    assert ticker.last == PAIRS[0].start_price
    assert 20_000 < ticker.trades < 60_000
    assert 0 < ticker.low < ticker.vwap < ticker.high


def test_crosses_agree_with_their_legs_all_month() -> None:
    found = {history.symbol: history for history in histories()}
    usd, eur, cross = (found[symbol].bars for symbol in ("BTC/USD", "EUR/USD", "BTC/EUR"))
    for i in range(0, len(usd) - 100, 50):
        expected = usd[i].close * 10**5 // eur[i].close
        assert abs(cross[i].close - expected) <= expected // 20_000


def test_the_past_is_that_of_the_seed_and_takes_less_than_a_second() -> None:
    began = time.process_time()
    again = histories.__wrapped__()
    assert time.process_time() - began < 1
    assert again == histories()
    assert histories(seed=8) != histories()
