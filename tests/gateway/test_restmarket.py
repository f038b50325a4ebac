"""Market data by REST: whole answers in the shapes of recorded ones, and what a request may ask for."""

from itertools import pairwise
from typing import Any

import pytest

from builders import DAY_NS, SECOND_NS, START_NS, buy, place, sell
from gateway.restcaller import Caller
from harness import NOW_NS
from krakenbox.model.command import Bar, PastTrade, SeedHistory, SetPairStatus
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.instrument import PairStatus
from krakenbox.model.order import OrderType, Side

MINUTE_NS = 60 * SECOND_NS
NOW = NOW_NS // SECOND_NS
ARGUMENTS = {"error": ["EGeneral:Invalid arguments"]}
UNKNOWN = {"error": ["EQuery:Unknown asset pair"]}


def traded(caller: Caller, *trades: tuple[Any, Any]) -> None:
    """Trades between bob and carol: quantity and price, carol takes."""
    for qty, price in trades:
        caller.venue.submit(place(sell, qty, at=price, by="bob"), place(buy, qty, at=price, by="carol"))


@pytest.fixture
def caller() -> Caller:
    """A market with two trades an hour ago in front of a book."""
    caller = Caller()
    traded(caller, ("0.5", 100), ("1.5", 102))
    caller.venue.submit(place(sell, "1.25", at=105, by="bob"), place(buy, "17", at="99.5", by="bob"))
    return caller


# --- Ticker


def test_a_ticker(caller: Caller) -> None:
    caller.venue.pass_time(3_600 * SECOND_NS)
    assert caller.public("Ticker", pair="BTCUSD") == {
        "error": [],
        "result": {
            "BTCUSD": {
                "a": ["105.00000", "2", "2.000"],
                "b": ["99.50000", "17", "17.000"],
                "c": ["102.00000", "1.50000000"],
                "v": ["2.00000000", "2.00000000"],
                "p": ["101.50000", "101.50000"],
                "t": [2, 2],
                "l": ["100.00000", "100.00000"],
                "h": ["102.00000", "102.00000"],
                "o": "100.00000",
            }
        },
    }


def test_today_begins_at_midnight(caller: Caller) -> None:
    caller.venue.clock.step_to(START_NS + DAY_NS + 5)
    traded(caller, ("0.1", 103))
    (row,) = caller.public("Ticker", pair="BTCUSD")["result"].values()
    assert (row["o"], row["v"], row["t"]) == ("103.00000", ["0.10000000", "2.10000000"], [1, 3])
    assert (row["l"], row["h"]) == (["103.00000", "100.00000"], ["103.00000", "103.00000"])


def test_an_empty_market() -> None:
    (row,) = Caller().public("Ticker", pair="EUR/USD")["result"].values()
    assert row["a"] == row["b"] == ["0.00000", "0", "0.000"]
    assert (row["c"], row["p"], row["t"]) == (["0.00000", "0.00000000"], ["0.00000", "0.00000"], [0, 0])


def test_tickers_of_some_and_of_all(caller: Caller) -> None:
    assert list(caller.public("Ticker", pair="ETHBTC,BTC/USD")["result"]) == ["ETHBTC", "BTC/USD"]
    assert len(caller.public("Ticker")["result"]) == 5
    caller.venue.submit(SetPairStatus("DOGE/USD", PairStatus.DELISTED))
    assert len(caller.public("Ticker")["result"]) == 4
    assert caller.public("Ticker", pair="BTCUSD,NONE") == UNKNOWN


# --- OHLC


def test_candles_with_the_spans_between(caller: Caller) -> None:
    caller.venue.pass_time(2 * MINUTE_NS + SECOND_NS)
    traded(caller, ("1", "101.5"))
    assert caller.public("OHLC", pair="BTCUSD") == {
        "error": [],
        "result": {
            "BTCUSD": [
                [NOW, "100.0", "102.0", "100.0", "102.0", "101.5", "2.00000000", 2],
                [NOW + 60, "102.0", "102.0", "102.0", "102.0", "0.0", "0.00000000", 0],
                [NOW + 120, "101.5", "101.5", "101.5", "101.5", "101.5", "1.00000000", 1],
            ],
            "last": NOW + 60,
        },
    }


def test_the_running_span_is_there_before_its_first_trade(caller: Caller) -> None:
    caller.venue.pass_time(61 * SECOND_NS)
    rows = caller.public("OHLC", pair="BTCUSD")["result"]["BTCUSD"]
    assert [row[0] for row in rows] == [NOW, NOW + 60]
    assert rows[-1][4:] == ["102.0", "0.0", "0.00000000", 0]


@pytest.mark.parametrize("interval", [1, 5, 15, 30, 60, 240, 1440, 10080, 21600])
def test_no_more_than_720_candles(interval: int, caller: Caller) -> None:
    caller.venue.clock.step_to(NOW_NS + 800 * interval * MINUTE_NS)
    told = caller.public("OHLC", pair="BTCUSD", interval=interval)["result"]
    begins = [row[0] for row in told["BTCUSD"]]
    assert len(begins) == 720
    assert told["last"] == begins[-2]
    assert {later - former for former, later in pairwise(begins)} == {60 * interval}


@pytest.mark.parametrize(("since", "count"), [(NOW - 1, 3), (NOW, 2), (NOW + 60, 1), (NOW + 600, 0)])
def test_candles_after_a_time(since: int, count: int, caller: Caller) -> None:
    caller.venue.pass_time(2 * MINUTE_NS)
    told = caller.public("OHLC", pair="BTCUSD", since=since)["result"]
    assert len(told["BTCUSD"]) == count
    assert told["last"] == NOW + 60


def test_candles_of_a_market_that_never_traded() -> None:
    told = Caller().public("OHLC", pair="ETHBTC", interval=5)
    assert told["result"] == {"ETHBTC": [], "last": NOW - 300}


# --- Trades


def test_trades(caller: Caller) -> None:
    assert caller.public("Trades", pair="BTCUSD") == {
        "error": [],
        "result": {
            "BTCUSD": [
                ["100.00000", "0.50000000", NOW, "b", "l", "", 1],
                ["102.00000", "1.50000000", NOW, "b", "l", "", 2],
            ],
            "last": str(NOW_NS + 3),
        },
    }
    caller.venue.clock.advance(250_000_700)
    caller.venue.submit(place(sell, 1, by="carol"))
    assert caller.public("Trades", pair="BTCUSD", count=1)["result"]["BTCUSD"] == [
        ["99.50000", "1.00000000", f"{NOW}.2500007", "s", "m", "", 3]
    ]


def test_trades_page_by_page(caller: Caller) -> None:
    first = caller.public("Trades", pair="BTCUSD", since=0, count=1)["result"]
    assert [row[-1] for row in first["BTCUSD"]] == [1]
    second = caller.public("Trades", pair="BTCUSD", since=first["last"], count=1)["result"]
    assert [row[-1] for row in second["BTCUSD"]] == [2]
    assert caller.public("Trades", pair="BTCUSD", since=second["last"])["result"] == {
        "BTCUSD": [],
        "last": second["last"],
    }
    assert caller.public("Trades", pair="ETHBTC")["result"] == {"ETHBTC": [], "last": str(NOW_NS)}


def pages(caller: Caller, count: int) -> list[list[int]]:
    """Numbers of all trades, as one who follows `last` is told them."""
    told: list[list[int]] = []
    since = "0"
    while len(told) < 20:
        result = caller.public("Trades", pair="BTCUSD", since=since, count=count)["result"]
        if not result["BTCUSD"]:
            break
        told.append([row[-1] for row in result["BTCUSD"]])
        since = result["last"]
    return told


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, [[1], [2], [3, 4, 5], [6]]),
        (3, [[1, 2], [3, 4, 5], [6]]),
        (4, [[1, 2], [3, 4, 5, 6]]),
        (5, [[1, 2, 3, 4, 5], [6]]),
    ],
)
def test_no_page_cuts_trades_of_one_moment_apart(count: int, told: list[list[int]], caller: Caller) -> None:
    for price in (103, 104, 104):
        caller.venue.submit(place(sell, "0.5", at=price, by="carol"))
    caller.venue.submit(place(buy, "1.5", at=104, by="alice"))
    traded(caller, ("0.5", "104.5"))
    assert pages(caller, count) == told


def test_pages_out_of_the_history_do_not_cut_either() -> None:
    caller = Caller()
    past = tuple(
        PastTrade(START_NS + number // 3, Price(1000), Qty(10), Side.SELL, OrderType.MARKET)
        for number in range(1_100)
    )
    caller.venue.submit(SeedHistory("BTC/USD", (), past))
    told = pages(caller, 100)
    assert told[0] == list(range(1, 100))
    assert [len(page) for page in told[:3]] == [99, 99, 99]
    assert [number for page in told for number in page] == list(range(1, 1_101))


def test_trades_older_than_the_memory_are_looked_up() -> None:
    caller = Caller()
    past = tuple(
        PastTrade(START_NS + number, Price(1000), Qty(10), Side.SELL, OrderType.MARKET)
        for number in range(1_100)
    )
    caller.venue.submit(SeedHistory("BTC/USD", (), past))
    told = caller.public("Trades", pair="BTCUSD", since=START_NS + 4, count=2)["result"]
    assert [row[-1] for row in told["BTCUSD"]] == [6, 7]
    assert told["last"] == str(START_NS + 6)
    told = caller.public("Trades", pair="BTCUSD", since=START_NS + 1_097)["result"]
    assert [row[-1] for row in told["BTCUSD"]] == [1_099, 1_100]
    assert len(caller.public("Trades", pair="BTCUSD")["result"]["BTCUSD"]) == 1_000


# --- Spread


def test_spreads(caller: Caller) -> None:
    caller.venue.clock.advance(5 * SECOND_NS)
    caller.venue.submit(place(buy, 1, at=101, by="bob"))
    told = caller.public("Spread", pair="BTC/USD")
    assert told["result"]["BTC/USD"][-3:] == [
        [NOW, "0.00000", "105.00000"],
        [NOW, "99.50000", "105.00000"],
        [NOW + 5, "101.00000", "105.00000"],
    ]
    assert told["result"]["last"] == NOW + 5
    later = caller.public("Spread", pair="BTC/USD", since=NOW + 5)["result"]
    assert later == {"BTC/USD": [[NOW + 5, "101.00000", "105.00000"]], "last": NOW + 5}
    assert caller.public("Spread", pair="ETHBTC")["result"] == {"ETHBTC": [], "last": NOW + 5}


# --- requests


@pytest.mark.parametrize("method", ["OHLC", "Trades", "Spread", "Depth", "GroupedBook"])
def test_one_pair_must_be_named(method: str) -> None:
    caller = Caller()
    assert caller.public(method) == caller.public(method, pair="") == ARGUMENTS
    assert caller.public(method, pair="XBT/EUR") == UNKNOWN
    assert caller.public(method, pair="BTCUSD,ETHBTC") == UNKNOWN


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        *(("OHLC", {"interval": interval}) for interval in (0, 3, 120, 720, -1, "x", "1.0", "१")),
        *(("Trades", {"count": count}) for count in (0, 1001, -1, "x", "1e2")),
        *((method, {"since": "x"}) for method in ("OHLC", "Trades", "Spread")),
        ("Trades", {"since": "-1"}),
        ("OHLC", {"since": "1" * 70}),
    ],
)
def test_arguments_are_refused_without_a_word_of_the_field(method: str, fields: dict[str, Any]) -> None:
    assert Caller().public(method, pair="BTCUSD", **fields) == ARGUMENTS


@pytest.mark.parametrize("method", ["Ticker", "OHLC", "Trades", "Spread", "Depth"])
def test_pairs_are_of_one_class(method: str, caller: Caller) -> None:
    plain = caller.public(method, pair="BTCUSD")
    assert caller.public(method, pair="BTCUSD", asset_class="forex") == plain
    assert caller.public(method, pair="BTCUSD", asset_class="") == plain
    assert caller.public(method, pair="BTCUSD", asset_class="tokenized_asset") == UNKNOWN
    assert caller.public(method, pair="BTCUSD", asset_class="stocks") == ARGUMENTS
    assert caller.public("Ticker", asset_class="tokenized_asset") == {"error": [], "result": {}}


def test_a_past_of_bars(caller: Caller) -> None:
    bars = tuple(
        Bar(START_NS + n * MINUTE_NS, 1, Price(10), Price(12), Price(9), Price(11), Qty(100), 1_100, 7)
        for n in range(3)
    )
    caller.venue.submit(SeedHistory("BTC/EUR", bars, ()))
    rows = caller.public("OHLC", pair="BTCEUR", interval=60)["result"]["BTCEUR"]
    assert rows[0] == [START_NS // SECOND_NS, "1.0", "1.2", "0.9", "1.1", "1.1", "0.00000300", 21]
