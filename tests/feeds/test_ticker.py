"""The ticker: triggers, the rolling day against a naive one, rounding, and the shape of nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import BTC_USD, START_NS, buy, sell
from krakenbox.feeds import v2
from krakenbox.feeds.candles import MINUTE_NS
from krakenbox.feeds.ladder import Ladders
from krakenbox.feeds.ticker import MINUTES, Ticker
from krakenbox.model.command import Bar, PastTrade
from krakenbox.model.event import HistorySeeded, Traded
from krakenbox.model.fixed import Price, Qty, nearest
from krakenbox.model.order import OrderType
from screens import Floor, Hand, read, traded
from wire.corpus import frame

SYMBOL = BTC_USD.symbol
DAY_NS = MINUTES * MINUTE_NS


def fresh() -> Ticker:
    return Ticker(Ladders(), START_NS)


def figures(ticker: Ticker) -> dict[str, int]:
    names = ("last", "qty", "vwap", "low", "high", "change", "change_pct", "trades")
    return {name: getattr(ticker, name) for name in names}


def naive(trades: list[Traded], now_ns: int) -> dict[str, int]:
    """The same figures, the slow way: trades of the last 1,440 minutes."""
    day = [each for each in trades if each.time_ns // MINUTE_NS > now_ns // MINUTE_NS - MINUTES]
    last = trades[-1].price if trades else 0
    if not day:
        return dict.fromkeys(figures(fresh()), 0) | {"last": last}
    prices, qty = [each.price for each in day], sum(each.qty for each in day)
    return {
        "last": last,
        "qty": qty,
        "vwap": nearest(sum(each.price * each.qty for each in day), qty),
        "low": min(prices),
        "high": max(prices),
        "change": last - prices[0],
        "change_pct": nearest((last - prices[0]) * 10_000, prices[0]),
        "trades": len(day),
    }


def test_an_empty_market_is_zeros_at_full_precision() -> None:
    assert Floor().watch(1, "ticker", SYMBOL, "trades") == (
        '{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":0.0,"bid_qty":0.00000000,'
        '"ask":0.0,"ask_qty":0.00000000,"last":0.0,"volume":0.00000000,"vwap":0.0,"low":0.0,"high":0.0,'
        '"change":0.0,"change_pct":0.00,"trades":0,"timestamp":"2026-01-01T00:00:00.000000Z"}]}'
    )


gaps = st.one_of(st.integers(1, MINUTE_NS), st.integers(1, DAY_NS), st.sampled_from((DAY_NS, DAY_NS - 1)))


@given(st.lists(st.tuples(gaps, st.integers(1, 50), st.integers(1, 9)), max_size=60), gaps)
def test_the_day_rolls_with_the_time_of_events(drawn: list[tuple[int, int, int]], wait: int) -> None:
    ticker, trades, time_ns = fresh(), list[Traded](), START_NS
    for number, (gap, price, qty) in enumerate(drawn):
        time_ns += gap
        trades.append(traded(number, price, qty, time_ns))
        ticker.trade(trades[-1])
        assert figures(ticker) == naive(trades, time_ns)
    ticker.roll(time_ns + wait)
    assert figures(ticker) == naive(trades, time_ns + wait)


def test_a_trade_updates_once_a_command_with_the_trades_own_time() -> None:
    floor, hand = Floor(), Hand()
    floor.show(hand.add(buy, 100, 5), hand.add(sell, 110, 5))
    floor.watch(1, "ticker", SYMBOL, "trades")
    hand.tick()
    at = hand.time_ns
    floor.show(
        traded(1, 110, 1, at), hand.modify(sell, 110, 4), traded(2, 110, 4, at), hand.remove(sell, 110)
    )
    [text] = floor.seen(1)
    [row] = read(text)["data"]
    assert (row["bid"], row["ask"], row["ask_qty"], row["last"]) == ("10.0", "0.0", "0.00000000", "11.0")
    assert (row["trades"], row["volume"]) == (2, "0.00000005")
    assert row["timestamp"] == "2026-01-01T00:00:00.001000Z"


def test_the_book_alone_pulls_no_trades_trigger() -> None:
    floor, hand = Floor(), Hand()
    floor.watch(1, "ticker", SYMBOL, "trades")
    floor.show(hand.add(buy, 100, 5))
    assert floor.seen(1) == []


def test_bbo_updates_when_a_best_price_changes_and_only_then() -> None:
    floor, hand = Floor(), Hand()
    floor.show(hand.add(buy, 100, 5), hand.add(sell, 110, 5), hand.add(sell, 120, 5))
    floor.watch(1, "ticker", SYMBOL, "bbo")
    floor.show(hand.add(buy, 100, 5))  # more at the best
    floor.show(hand.add(buy, 99, 5))  # behind the best
    floor.show(hand.add(buy, 101, 1), hand.remove(buy, 101))  # there and back within one command
    assert floor.seen(1) == []
    floor.show(hand.add(buy, 102, 3))
    floor.show(hand.remove(sell, 110))
    rows = [read(text)["data"][0] for text in floor.seen(1)]
    assert [(row["bid"], row["bid_qty"], row["ask"]) for row in rows] == [
        ("10.2", "0.00000003", "11.0"),
        ("10.2", "0.00000003", "12.0"),
    ]


def test_a_command_that_pulls_both_triggers_gives_both_the_same_record() -> None:
    floor, hand = Floor(), Hand()
    floor.show(hand.add(sell, 110, 5))
    floor.watch(1, "ticker", SYMBOL, "trades")
    floor.watch(2, "ticker", SYMBOL, "bbo")
    floor.show(traded(1, 110, 5, hand.time_ns), hand.remove(sell, 110))
    assert floor.seen(1) == floor.seen(2) != []


def test_a_snapshot_drops_what_is_older_than_a_day_now() -> None:
    floor = Floor()
    floor.show(traded(1, 100, 5, START_NS))
    floor.time_ns += DAY_NS
    [row] = read(floor.watch(1, "ticker", SYMBOL, "trades"))["data"]
    assert (row["last"], row["volume"], row["trades"]) == ("10.0", "0.00000000", 0)
    assert row["timestamp"] == "2026-01-01T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (100_000, 100_000, "0.00"),
        (100_000, 99_999, "0.00"),  # -0.001 %: never -0.00
        (100_000, 99_995, "-0.01"),
        (100_000, 100_005, "0.01"),
        (100, 250, "150.00"),
        (400, 1, "-99.75"),
    ],
)
def test_change_pct_is_rounded_to_nearest(first: int, last: int, text: str) -> None:
    floor = Floor()
    floor.show(traded(1, first, 1, START_NS), traded(2, last, 1, START_NS))
    [row] = read(floor.watch(1, "ticker", SYMBOL, "trades"))["data"]
    assert row["change_pct"] == text


def test_the_day_is_bounded() -> None:
    ticker = fresh()
    for minute in range(MINUTES + 10):
        ticker.trade(traded(minute, 100, 1, START_NS + minute * MINUTE_NS))
    assert ticker.trades == ticker.qty == MINUTES


def test_a_past_counts_bars_and_the_trades_after_them() -> None:
    ticker = fresh()
    old = Bar(START_NS - DAY_NS - MINUTE_NS, 1, Price(5), Price(5), Price(5), Price(5), Qty(1), 5, 1)
    bar = Bar(START_NS - MINUTE_NS, 1, Price(10), Price(14), Price(8), Price(12), Qty(4), 44, 3)
    trades = (
        PastTrade(START_NS - 1, Price(12), Qty(1), buy, OrderType.LIMIT),
        PastTrade(START_NS, Price(11), Qty(1), buy, OrderType.LIMIT),
    )
    ticker.seed(HistorySeeded(START_NS + 5, SYMBOL, (old, bar), trades, 1))
    assert figures(ticker) == {
        "last": 11,
        "qty": 5,
        "vwap": 11,
        "low": 8,
        "high": 14,
        "change": 1,
        "change_pct": 1000,
        "trades": 4,
    }
    assert not ticker.moved()


def test_the_recorded_update_byte_for_byte() -> None:
    ladders, hand = Ladders(), Hand()
    ladders.apply(hand.add(buy, 837442, 56251979))
    ladders.apply(hand.add(sell, 837443, 44780))
    now_ns = 1_790_358_506_844_359_566
    ticker = Ticker(ladders, START_NS)
    qty = 315684782110
    begin_ns = now_ns - 3600 * 1_000_000_000
    day = Bar(
        begin_ns, 1, Price(841736), Price(852474), Price(831636), Price(0), Qty(qty), 841746 * qty, 135261
    )
    ticker.seed(HistorySeeded(begin_ns, SYMBOL, (day,), (), 1))
    ticker.trade(Traded(now_ns, SYMBOL, 1, Price(837443), Qty(0), buy, OrderType.LIMIT))
    assert v2.ticker("update", ticker, BTC_USD).encode() == frame("ticker_update")
