"""Candles of nine intervals: every one equals the naive fold of its trades."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import BTC_USD, START_NS
from krakenbox.feeds import v2
from krakenbox.feeds.candles import INTERVALS, KEPT, MINUTE_NS, Candle, Candles
from krakenbox.model.command import Bar, PastTrade
from krakenbox.model.event import HistorySeeded, Traded
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import OrderType, Side
from screens import Floor, read, traded
from wire.corpus import frame

SYMBOL = BTC_USD.symbol


def folded(trades: list[Traded], minutes: int) -> list[Candle]:
    """Candles of trades, the slow way."""
    candles = []
    span_ns = minutes * MINUTE_NS
    for number, group in groupby(trades, key=lambda trade: trade.time_ns // span_ns):
        of = list(group)
        prices = [trade.price for trade in of]
        qty, cost = Qty(sum(trade.qty for trade in of)), sum(trade.price * trade.qty for trade in of)
        candles.append(
            Candle(number * span_ns, prices[0], max(prices), min(prices), prices[-1], qty, cost, len(of))
        )
    return candles


gaps = st.one_of(st.integers(1, MINUTE_NS), st.integers(1, 3000 * MINUTE_NS))


@given(st.lists(st.tuples(gaps, st.integers(1, 50), st.integers(1, 9)), min_size=1, max_size=60))
def test_every_interval_is_the_fold_of_its_trades(drawn: list[tuple[int, int, int]]) -> None:
    candles, trades, time_ns = Candles(), [], START_NS
    for number, (gap, price, qty) in enumerate(drawn):
        time_ns += gap
        trades.append(traded(number, price, qty, time_ns))
        candles.apply(trades[-1])
    for minutes in INTERVALS:
        assert list(candles.latest(minutes))[::-1] == folded(trades, minutes)
        assert candles.running(minutes) == folded(trades, minutes)[-1]


def test_an_update_carries_the_running_candle_only() -> None:
    floor = Floor()
    floor.watch(1, "ohlc", SYMBOL, 5)
    begin = START_NS
    floor.show(traded(1, 100, 2, begin + 1), traded(2, 90, 2, begin + 1))
    floor.show(traded(3, 110, 4, begin + MINUTE_NS + 5))
    floor.show(traded(4, 120, 1, begin + 5 * MINUTE_NS))
    first, second, third = floor.seen(1)
    assert first == (
        '{"channel":"ohlc","type":"update","timestamp":"2026-01-01T00:00:00.000000001Z","data":[{'
        '"symbol":"BTC/USD","open":10.0,"high":10.0,"low":9.0,"close":9.0,"trades":2,"volume":0.00000004,'
        '"vwap":9.5,"interval_begin":"2026-01-01T00:00:00.000000000Z","interval":5,'
        '"timestamp":"2026-01-01T00:05:00.000000Z"}]}'
    )
    [row] = read(second)["data"]
    assert (row["open"], row["close"], row["trades"], row["vwap"]) == ("10.0", "11.0", 3, "10.3")
    [row] = read(third)["data"]
    assert (row["open"], row["trades"], row["interval_begin"]) == (
        "12.0",
        1,
        "2026-01-01T00:05:00.000000000Z",
    )


def test_the_recorded_update_byte_for_byte() -> None:
    begin_ns = 1_790_358_480 * 1_000_000_000
    cost = 837364 * 21155628
    candle = Candle(
        begin_ns, Price(837295), Price(837452), Price(837294), Price(837443), Qty(21155628), cost, 33
    )
    text = v2.candles("update", 1, [candle], BTC_USD, 1_790_358_506_844_359_566)
    assert text.encode() == frame("ohlc_update")


def test_the_vwap_is_rounded_to_nearest() -> None:
    candle = Candle(0, Price(1), Price(2), Price(1), Price(2), Qty(2), 3, 2)
    assert candle.vwap == 2


def test_an_empty_snapshot_has_the_time_of_now() -> None:
    assert Floor().watch(1, "ohlc", SYMBOL, 1) == (
        '{"channel":"ohlc","type":"snapshot","timestamp":"2026-01-01T00:00:00.000000000Z","data":[]}'
    )


def test_a_snapshot_reaches_nine_intervals_back_and_leaves_empty_ones_out() -> None:
    floor = Floor()
    for minute in (0, 1, 2, 3, 5, 9, 11):
        floor.show(traded(minute, 100, 1, START_NS + minute * MINUTE_NS))
    floor.time_ns += 30_000_000_000
    rows = read(floor.watch(1, "ohlc", SYMBOL, 1))["data"]
    assert [row["interval_begin"][14:16] for row in rows] == ["02", "03", "05", "09", "11"]


def test_the_past_kept_is_bounded() -> None:
    candles = Candles()
    for minute in range(KEPT + 20):
        candles.apply(traded(minute, 100, 1, START_NS + minute * MINUTE_NS))
    assert len(list(candles.latest(1))) == KEPT + 1  # and the running one
    assert len(list(candles.latest(60))) == 13


@pytest.mark.parametrize("minutes", [2, 0])
def test_other_intervals_do_not_exist(minutes: int) -> None:
    with pytest.raises(AssertionError, match="interval must be one of"):
        next(Candles().latest(minutes))


def bar(minute: int, minutes: int, price: int) -> Bar:
    p = Price(price)
    return Bar(START_NS + minute * MINUTE_NS, minutes, p, p, p, p, Qty(1), price, 1)


def test_a_past_fills_every_interval_that_holds_its_bars_whole() -> None:
    candles = Candles()
    bars = (bar(0, 60, 1), bar(60, 5, 2), bar(65, 1, 3), bar(66, 1, 4))
    trades = tuple(
        PastTrade(START_NS + at, Price(9), Qty(1), Side.BUY, OrderType.LIMIT)
        for at in (66 * MINUTE_NS, 67 * MINUTE_NS)
    )
    candles.seed(HistorySeeded(START_NS, SYMBOL, bars, trades, 1))

    def opens(minutes: int) -> list[int]:
        return [candle.open for candle in candles.latest(minutes)][::-1]

    assert opens(1) == [3, 4, 9]  # the trade of minute 66 is part of its bar
    assert opens(5) == [2, 3]
    assert opens(60) == [1, 2]
    assert [candle.trades for candle in candles.latest(60)] == [4, 1]
    assert [candle.trades for candle in candles.latest(1440)] == [5]
