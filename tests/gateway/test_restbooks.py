"""Books by REST: whole answers in the shapes of recorded ones."""

from typing import Any

import pytest

from builders import SECOND_NS, buy, place, sell
from gateway.restcaller import Caller
from harness import NOW_NS
from krakenbox.gateway.keys import Permission
from krakenbox.protocol.timestamp import micros

NOW = NOW_NS // SECOND_NS
ARGUMENTS = ["EGeneral:Invalid arguments"]


@pytest.fixture
def caller() -> Caller:
    """Two levels a side, the best ask younger by two seconds."""
    caller = Caller()
    caller.venue.submit(
        place(buy, "1.2345678", at=99, by="bob"),
        place(buy, "0.5", at=99, by="carol"),
        place(buy, "2", at="98.7", by="bob"),
        place(sell, "3", at=103, by="bob"),
    )
    caller.venue.clock.advance(2 * SECOND_NS)
    caller.venue.submit(place(sell, "0.0104", at="101.2", by="bob"))
    return caller


def test_depth(caller: Caller) -> None:
    assert caller.public("Depth", pair="BTCUSD") == {
        "error": [],
        "result": {
            "BTCUSD": {
                "asks": [["101.20000", "0.010", NOW + 2], ["103.00000", "3.000", NOW]],
                "bids": [["99.00000", "1.735", NOW], ["98.70000", "2.000", NOW]],
            }
        },
    }
    shallow = caller.public("Depth", pair="BTC/USD", count=1)["result"]["BTC/USD"]
    assert [len(shallow["asks"]), len(shallow["bids"])] == [1, 1]


def test_no_level_has_a_quantity_of_nothing(caller: Caller) -> None:
    caller.venue.submit(place(buy, "0.0104", at=100, by="bob"), place(sell, "0.0100", at=100, by="carol"))
    (book,) = caller.public("Depth", pair="BTCUSD", count=1)["result"].values()
    assert book["bids"] == [["100.00000", "0.001", NOW + 2]]


@pytest.mark.parametrize("count", [0, 501, -1, "x"])
def test_a_depth_has_bounds(count: Any, caller: Caller) -> None:
    assert caller.public("Depth", pair="BTCUSD", count=count)["error"] == ARGUMENTS


def test_a_grouped_book(caller: Caller) -> None:
    assert caller.public("GroupedBook", pair="BTC/USD", grouping=10)["result"] == {
        "pair": "BTC/USD",
        "grouping": 10,
        "bids": [{"price": "99.00000", "qty": "1.73456780"}, {"price": "98.00000", "qty": "2.00000000"}],
        "asks": [{"price": "102.00000", "qty": "0.01040000"}, {"price": "103.00000", "qty": "3.00000000"}],
    }
    wide = caller.public("GroupedBook", pair="BTC/USD", grouping=1000)["result"]
    assert wide["bids"] == [{"price": "0.00000", "qty": "3.73456780"}]
    assert wide["asks"] == [{"price": "200.00000", "qty": "3.01040000"}]


def test_a_grouped_book_counts_groups() -> None:
    caller = Caller()
    caller.venue.submit(*[place(buy, 1, at=f"{100 - tenth * 0.1:.1f}", by="bob") for tenth in range(60)])
    bids = caller.public("GroupedBook", pair="BTC/USD", grouping=5, depth=10)["result"]["bids"]
    assert [row["price"] for row in bids[:2]] == ["100.00000", "99.50000"]
    assert [row["qty"] for row in bids[:2]] == ["1.00000000", "5.00000000"]
    assert len(bids) == 10


@pytest.mark.parametrize("fields", [{"depth": 11}, {"depth": 0}, {"grouping": 2}, {"grouping": "x"}])
def test_groups_have_fixed_sizes(fields: dict[str, Any], caller: Caller) -> None:
    assert caller.public("GroupedBook", pair="BTC/USD", **fields)["error"] == ARGUMENTS


def test_pre_trade_transparency(caller: Caller) -> None:
    told = caller.public("PreTrade", symbol="BTC/USD")["result"]
    assert {name: told[name] for name in list(told)[:8]} == {
        "symbol": "BTC/USD",
        "description": "BTC/USD",
        "base_asset": "BTC",
        "base_notation": "NOML",
        "quote_asset": "USD",
        "quote_notation": "MONE",
        "venue": "PGSL",
        "system": "CLOB",
    }
    assert told["bids"][0] == {
        "side": "BUY",
        "price": "99.00000",
        "qty": "1.73456780",
        "count": 2,
        "publication_ts": micros(NOW_NS),
    }
    assert (len(told["asks"]), told["asks"][0]["side"]) == (2, "SELL")
    assert caller.public("PreTrade")["error"] == ARGUMENTS


def test_level3(caller: Caller) -> None:
    first, second, third = (
        order for name in ("bob", "carol") for order in caller.venue.orders(name) if order.terms.side is buy
    )
    told = caller.result("Level3", pair="BTC/USD")
    assert told["pair"] == "BTC/USD"
    assert told["bids"][:2] == [
        {"price": "99.00000", "qty": "1.23456780", "order_id": first.order_id, "timestamp": first.time_ns},
        {"price": "99.00000", "qty": "0.50000000", "order_id": third.order_id, "timestamp": third.time_ns},
    ]
    assert told["bids"][2]["order_id"] == second.order_id
    assert [row["price"] for row in told["asks"]] == ["101.20000", "103.00000"]
    assert caller.result("Level3", pair="BTCUSD", depth=0)["pair"] == "BTCUSD"
    assert caller.error("Level3", pair="BTCUSD", depth=5) == ARGUMENTS[0]


def test_level3_needs_a_permission() -> None:
    assert (
        Caller(Permission.QUERY_CLOSED_TRADES).error("Level3", pair="BTCUSD") == "EGeneral:Permission denied"
    )
    assert Caller(Permission.QUERY_OPEN_TRADES).result("Level3", pair="BTCUSD")["bids"] == []
