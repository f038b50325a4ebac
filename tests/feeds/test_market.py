"""One symbol's views together: one frame per watched view and command, always in the same order."""

import pytest

from builders import BTC_USD, START_NS, buy, sell
from krakenbox.feeds.hub import ViewKey
from krakenbox.feeds.market import Market
from screens import Floor, Hand, read, traded

SYMBOL = BTC_USD.symbol
ALL = (
    ("ohlc", 1),
    ("ohlc", 60),
    ("ticker", "bbo"),
    ("ticker", "trades"),
    ("level3", 10),
    ("book", 10),
    ("book", 100),
    ("trade", 0),
)


def test_a_command_makes_one_frame_per_view_trades_before_book_before_ticker_before_candles() -> None:
    floor, hand = Floor(), Hand()
    floor.show(hand.add(sell, 110, 5), hand.add(sell, 120, 5))
    for channel, param in ALL:
        floor.watch(1, channel, SYMBOL, param)
    floor.show(traded(1, 110, 5, hand.time_ns), hand.remove(sell, 110))
    assert [read(text)["channel"] for text in floor.seen(1)] == [
        "trade",
        "book",
        "book",
        "level3",
        "ticker",
        "ticker",
        "ohlc",
        "ohlc",
    ]
    floor.show(hand.add(sell, 130, 5))
    assert [read(text)["channel"] for text in floor.seen(1)] == ["book", "book", "level3"]


def test_the_views_of_one_command_agree() -> None:
    floor, hand = Floor(), Hand()
    floor.show(hand.add(sell, 110, 5), hand.add(sell, 120, 5))
    for channel, param in ALL:
        floor.watch(1, channel, SYMBOL, param)
    hand.tick()
    floor.show(traded(1, 110, 5, hand.time_ns), hand.remove(sell, 110))
    messages = {read(text)["channel"]: read(text) for text in floor.seen(1)}
    [trade], [ticker], [candle] = (messages[name]["data"] for name in ("trade", "ticker", "ohlc"))
    assert trade["price"] == ticker["last"] == candle["close"] == "11.0"
    assert trade["qty"] == ticker["volume"] == candle["volume"]
    assert trade["timestamp"] == ticker["timestamp"] == messages["book"]["data"][0]["timestamp"]
    assert messages["ohlc"]["timestamp"] == messages["level3"]["data"][0]["timestamp"]
    assert ticker["ask"] == "12.0"


def test_nothing_collected_before_is_shown_to_the_first_who_watches() -> None:
    market, hand = Market(BTC_USD, START_NS), Hand()
    market.trade(traded(1, 110, 5, START_NS))
    market.change_book(hand.add(buy, 100, 5))
    assert list(market.updates(START_NS)) == []
    for channel, param in ALL:
        market.watch(ViewKey(channel, SYMBOL, param))
    assert list(market.updates(START_NS)) == []


def test_after_the_last_one_left_nothing_is_made() -> None:
    market, hand = Market(BTC_USD, START_NS), Hand()
    views = [ViewKey(channel, SYMBOL, param) for channel, param in ALL]
    for view in views:
        market.watch(view)
    for view in views:
        market.unwatch(view)
    market.trade(traded(1, 110, 5, START_NS))
    market.change_book(hand.add(buy, 100, 5))
    assert list(market.updates(START_NS)) == []


def test_a_channel_without_symbols_is_not_here() -> None:
    with pytest.raises(AssertionError, match="channel must be one with symbols; was instrument"):
        Market(BTC_USD, START_NS).snapshot(ViewKey("instrument"), START_NS)
