"""Public views of v1: what each says, when it speaks, and that it agrees with v2."""

import json
from typing import Any

from builders import BTC_USD, DAY_NS, START_NS, buy, sell
from krakenbox.feeds.hub import ViewKey
from krakenbox.model.command import Bar, PastTrade
from krakenbox.model.event import HistorySeeded
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import OrderType, Side
from screens import Floor, Hand, read, traded

SYMBOL = BTC_USD.symbol
ALL = (("trade", 0), ("book", 10), ("book", 25), ("spread", 0), ("ticker", 0), ("ohlc", 1), ("ohlc", 5))
MINUTE_NS = 60_000_000_000


def watching(*views: tuple[str, int]) -> tuple[Floor, Hand]:
    """A floor with a bid and two asks, and a watcher of some views."""
    floor, hand = Floor(), Hand()
    floor.show(hand.add(buy, 90, 4), hand.add(sell, 110, 5), hand.add(sell, 120, 250_000_000))
    for channel, param in views:
        floor.hub.subscribe(1, ViewKey(f"v1/{channel}", SYMBOL, param))  # type: ignore[arg-type]
    return floor, hand


def names(floor: Floor) -> list[str]:
    return [json.loads(text)[-2] for text in floor.seen(1)]


def test_a_command_makes_one_frame_per_view_in_an_order_of_its_own() -> None:
    floor, hand = watching(*reversed(ALL))
    floor.show(traded(1, 110, 5, hand.time_ns), hand.remove(sell, 110))
    assert names(floor) == ["trade", "book-10", "book-25", "spread", "ticker", "ohlc-1", "ohlc-5"]
    floor.show(hand.add(sell, 130, 5))
    assert names(floor) == ["book-10", "book-25"]
    floor.show(hand.add(buy, 90, 1))
    assert names(floor) == ["book-10", "book-25", "spread"]
    for channel, param in ALL:
        floor.unwatch(1, f"v1/{channel}", SYMBOL, param)
    floor.show(traded(2, 120, 5, hand.time_ns), hand.remove(buy, 90))
    assert names(floor) == []


def test_what_they_say() -> None:
    floor, hand = watching(*ALL)
    hand.tick()
    floor.show(traded(1, 110, 5, hand.time_ns), hand.remove(sell, 110))
    trade, _, _, spread, ticker, candle, _ = floor.seen(1)
    assert trade == '[17,[["11.00000","0.00000005","1767225600.001000","b","l",""]],"trade","XBT/USD"]'
    assert spread == (
        '[21,["9.00000","12.00000","1767225600.001000","0.00000004","2.50000000"],"spread","XBT/USD"]'
    )
    assert ticker == (
        '[20,{"a":["12.00000",2,"2.50000000"],"b":["9.00000",0,"0.00000004"],"c":["11.00000","0.00000005"],'
        '"v":["0.00000005","0.00000005"],"p":["11.00000","11.00000"],"t":[1,1],"l":["11.00000","11.00000"],'
        '"h":["11.00000","11.00000"],"o":["11.00000","11.00000"]},"ticker","XBT/USD"]'
    )
    assert candle == (
        '[23,["1767225600.001000","1767225660.000000","11.00000","11.00000","11.00000","11.00000","11.00000",'
        '"0.00000005",1],"ohlc-1","XBT/USD"]'
    )


def test_several_trades_of_a_command_are_one_message() -> None:
    floor, hand = watching(("trade", 0))
    floor.show(traded(1, 110, 5, hand.time_ns), traded(2, 120, 1, hand.time_ns, Side.SELL))
    (text,) = floor.seen(1)
    assert [row[0] for row in json.loads(text)[1]] == ["11.00000", "12.00000"]


def test_snapshots() -> None:
    floor, hand = watching()
    assert floor.hub.snapshot(ViewKey("v1/ohlc", SYMBOL, 1), START_NS) == b""
    hand.tick()
    floor.show(traded(1, 110, 5, hand.time_ns), hand.remove(sell, 110))
    shown = {channel: floor.snapshot(f"v1/{channel}", SYMBOL, param) for channel, param in ALL[3:6]}
    floor.hub.subscribe(1, ViewKey("v1/spread", SYMBOL))  # type: ignore[arg-type]
    assert json.loads(shown["spread"])[1] == [
        "9.00000", "12.00000", "1767225600.001000", "0.00000004", "2.50000000"
    ]  # fmt: skip
    assert json.loads(shown["ticker"])[1]["c"] == ["11.00000", "0.00000005"]
    # The running candle though nothing may have happened for long.
    assert json.loads(shown["ohlc"])[1][:2] == ["1767225600.001000", "1767225660.000000"]
    assert floor.hub.snapshot(ViewKey("v1/trade", SYMBOL), START_NS) == b""


def test_the_spread_stays_silent_when_the_top_is_as_it_was() -> None:
    floor, hand = watching(("spread", 0))
    floor.show(hand.add(buy, 95, 1), hand.remove(buy, 95))
    assert floor.seen(1) == []
    floor.show(hand.modify(buy, 90, 3))
    assert names(floor) == ["spread"]


def test_today_begins_at_midnight_and_the_past_day_does_not() -> None:
    floor, hand = watching(("ticker", 0))
    floor.show(traded(1, 110, 5, hand.time_ns + 20 * 60 * MINUTE_NS))
    floor.show(traded(2, 120, 3, hand.time_ns + DAY_NS + MINUTE_NS))
    *_, text = floor.seen(1)
    ticker = json.loads(text)[1]
    assert ticker["v"] == ["0.00000003", "0.00000008"]
    assert ticker["o"] == ["12.00000", "11.00000"]
    assert ticker["t"] == [1, 2]
    # With nobody watching meanwhile, a new watcher is told the same.
    floor.unwatch(1, "v1/ticker", SYMBOL)
    assert json.loads(floor.watch(1, "v1/ticker", SYMBOL))[1] == ticker


def test_a_seeded_past_has_a_last_trade_and_a_candle() -> None:
    floor, _ = watching()
    start = START_NS - MINUTE_NS
    bar = Bar(start - MINUTE_NS, 1, Price(90), Price(99), Price(80), Price(95), Qty(7), 630, 3)
    past = PastTrade(start, Price(96), Qty(2), Side.SELL, OrderType.MARKET)
    floor.show(HistorySeeded(START_NS, SYMBOL, (bar,), (past,), 10))
    assert json.loads(floor.snapshot("v1/ticker", SYMBOL))[1]["c"] == ["9.60000", "0.00000002"]
    assert json.loads(floor.snapshot("v1/ohlc", SYMBOL, 1))[1][:3] == [
        "1767225540.000000", "1767225600.000000", "9.60000"
    ]  # fmt: skip


def v2_levels(row: Any, side: str) -> list[tuple[float, str]]:
    return [(float(level["price"]), level["qty"]) for level in row[side]]


def test_a_book_says_what_that_of_v2_says() -> None:
    floor, hand = watching(("book", 10))
    floor.hub.subscribe(1, ViewKey("book", SYMBOL, 10))  # type: ignore[arg-type]
    floor.show(hand.add(buy, 91, 1), hand.remove(sell, 110), hand.add(sell, 125, 8))
    first, second = floor.seen(1)
    _, asks, bids, *_ = json.loads(first)
    (row,) = read(second)["data"]
    assert [(float(price), volume) for price, volume, _ in asks["a"]] == v2_levels(row, "asks")
    assert [(float(price), volume) for price, volume, _ in bids["b"]] == v2_levels(row, "bids")


def test_topics_are_named_after_place_channel_and_parameter() -> None:
    floor, _ = watching()
    topic = floor.hub.topic(ViewKey("v1/ohlc", "ETH/BTC", 21600))
    assert (topic.channel_id, topic.name, topic.pair) == (2 * 16 + 15, "ohlc-21600", "ETH/XBT")
