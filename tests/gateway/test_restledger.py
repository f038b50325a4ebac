"""Trades and ledger entries by REST: whole rows, pages, filters, permissions."""

from typing import Any

import pytest

from builders import buy, deposit, place, sell
from gateway.restcaller import Caller
from harness import NOW_NS
from krakenbox.gateway.keys import Permission as P
from krakenbox.model.order import FeePreference
from sleepers import dormant

SECOND = 1_000_000_000
NOW = NOW_NS // SECOND


def wrong(field: str) -> str:
    return f"EGeneral:Invalid arguments:{field}"


@pytest.fixture
def caller() -> Caller:
    """Alice bought 2 at 100 as a taker, and a second later sold 0.5 at 105 as a maker."""
    caller = Caller()
    caller.venue.submit(place(sell, 2, at=100, by="bob"), place(buy, 2, at=100))
    caller.venue.clock.advance(SECOND + 880_200_000)
    caller.venue.submit(place(sell, 1, at=105), place(buy, "0.5", at=105, by="bob"))
    return caller


# --- TradesHistory and QueryTrades


def test_trades(caller: Caller) -> None:
    told = caller.call("TradesHistory", {})
    assert (list(told["result"]), told["result"]["count"]) == (["trades", "count"], 2)
    sold, bought = told["result"]["trades"].values()
    assert bought == {
        "ordertxid": bought["ordertxid"],
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": "BTCUSD",
        "time": NOW,
        "type": "buy",
        "ordertype": "limit",
        "price": "100.00000",
        "cost": "200.00000",
        "fee": "0.80000",
        "vol": "2.00000000",
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": 1,
        "maker": False,
    }
    assert (sold["time"], sold["type"], sold["maker"], sold["fee"]) == (
        f"{NOW + 1}.8802",
        "sell",
        True,
        "0.13125",
    )
    assert sold["ordertxid"] == caller.venue.orders("alice")[0].order_id


def test_a_fee_in_base_is_told_in_base() -> None:
    caller = Caller()
    caller.venue.submit(
        place(sell, 2, at=100, by="bob"), place(buy, 2, at=100, fee_preference=FeePreference.BASE)
    )
    (row,) = caller.result("TradesHistory")["trades"].values()
    assert row["fee"] == "0.00800000"


def test_types_of_orders_have_spaces() -> None:
    caller = Caller()
    caller.venue.submit(place(sell, 5, at=100, by="bob"), place(buy, 1, at=100, by="carol"))
    caller.venue.submit(dormant(buy, 1, "stop-loss", "101"), place(buy, 4, at=100, by="carol"))
    caller.venue.submit(place(sell, 5, at=101, by="bob"), place(buy, 1, at=101, by="carol"))
    (row,) = caller.result("TradesHistory")["trades"].values()
    assert row["ordertype"] == "stop loss"


@pytest.mark.parametrize(
    ("fields", "types"),
    [
        ({}, ["sell", "buy"]),
        ({"ofs": 1}, ["buy"]),
        ({"type": "no position"}, ["sell", "buy"]),
        ({"type": "closing position"}, []),
        ({"type": "any position"}, []),
        ({"start": NOW}, ["sell"]),
        ({"start": NOW + 2}, []),
        ({"end": NOW + 1}, ["buy"]),
        ({"consolidate_taker": "false", "trades": "true"}, ["sell", "buy"]),
    ],
)
def test_which_trades(fields: dict[str, Any], types: list[str], caller: Caller) -> None:
    # The second of the first trade has begun two nanoseconds before it.
    if fields.get("start") == NOW:
        fields = {"start": str(NOW_NS + SECOND)}
    assert [row["type"] for row in caller.result("TradesHistory", **fields)["trades"].values()] == types


def test_pages_begin_behind_a_trade(caller: Caller) -> None:
    sold, bought = caller.result("TradesHistory")["trades"]
    assert list(caller.result("TradesHistory", start=bought)["trades"]) == [sold]
    assert list(caller.result("TradesHistory", end=bought)["trades"]) == [bought]
    assert "count" not in caller.result("TradesHistory", without_count="true")
    assert caller.result("TradesHistory", type="any position") == {"trades": {}, "count": 0}


def test_ledger_entries_of_trades(caller: Caller) -> None:
    told = caller.result("TradesHistory", ledgers=True)["trades"]
    entries = caller.result("Ledgers", type="trade")["ledger"]
    assert {exec_id: row["ledgers"] for exec_id, row in told.items()} == {
        exec_id: [name for name, entry in reversed(entries.items()) if entry["refid"] == exec_id]
        for exec_id in told
    }


def test_trades_by_id(caller: Caller) -> None:
    trades = caller.result("TradesHistory")["trades"]
    sold, bought = trades
    assert caller.result("QueryTrades", txid=f"{bought},{sold},TAAAAA-AAAAA-AAAAAA") == {
        bought: trades[bought],
        sold: trades[sold],
    }
    assert list(caller.result("QueryTrades", txid=f"{bought},{sold}")) == [bought, sold]
    (of_bob,) = {
        event.exec_id
        for outcome in caller.venue.outcomes
        for event in outcome.events
        if hasattr(event, "exec_id") and event.account == "bob" and event.trade_id == 1
    }
    assert caller.result("QueryTrades", txid=of_bob) == {}


# --- Ledgers and QueryLedgers


def test_ledgers(caller: Caller) -> None:
    told = caller.result("Ledgers")
    assert told["count"] == 9, "five deposits and two entries a trade"
    newest, _, third, fourth, *_ = told["ledger"].values()
    assert (newest["asset"], newest["amount"], newest["fee"]) == ("USD", "52.5000", "0.1313")
    assert third == {
        "refid": third["refid"],
        "time": NOW,
        "type": "trade",
        "subtype": "",
        "aclass": "currency",
        "asset": "USD",
        "amount": "-200.0000",
        "fee": "0.8000",
        "balance": "9999799.2000",
    }
    assert (fourth["asset"], fourth["amount"], fourth["refid"]) == ("BTC", "2.0000000000", third["refid"])


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"type": "deposit"}, 5),
        ({"type": "trade"}, 4),
        ({"type": "staking"}, 0),
        ({"asset": "all", "type": "all"}, 9),
        ({"asset": "BTC"}, 3),
        ({"asset": "BTC, EUR", "aclass": "currency"}, 4),
        ({"start": NOW + 1}, 2),
        ({"end": NOW - 1}, 5),
    ],
)
def test_which_entries(fields: dict[str, Any], count: int, caller: Caller) -> None:
    told = caller.result("Ledgers", **fields)
    assert (len(told["ledger"]), told["count"]) == (count, count)


def test_pages_of_entries() -> None:
    caller = Caller()
    caller.venue.submit(*[deposit("alice", "USD", 1)] * 60)
    first = caller.result("Ledgers")
    assert (len(first["ledger"]), first["count"]) == (50, 65)
    last = caller.result("Ledgers", ofs=50, without_count=True)
    assert (len(last["ledger"]), "count" in last) == (15, False)
    oldest_of_first = list(first["ledger"])[-1]
    assert len(caller.result("Ledgers", start=oldest_of_first, asset="USD")["ledger"]) == 49


def test_entries_by_id(caller: Caller) -> None:
    entries = caller.result("Ledgers")["ledger"]
    newest, *_, oldest = entries
    found = caller.result("QueryLedgers", id=f"{oldest},{newest},LAAAAA-AAAAA-AAAAAA")
    assert list(found.items()) == [(oldest, entries[oldest]), (newest, entries[newest])]


# --- refusals


@pytest.mark.parametrize(
    ("method", "fields", "error"),
    [
        ("TradesHistory", {"type": "x"}, wrong("type")),
        ("TradesHistory", {"ofs": "x"}, wrong("ofs")),
        ("TradesHistory", {"ledgers": "x"}, wrong("ledgers")),
        ("QueryTrades", {}, wrong("txid")),
        ("QueryTrades", {"txid": ",".join("ABCDEFGHIJKLMNOPQRSTU")}, wrong("txid")),
        ("Ledgers", {"asset": "NONE"}, "EQuery:Unknown asset"),
        ("Ledgers", {"type": "x"}, wrong("type")),
        ("Ledgers", {"aclass": "x"}, wrong("aclass")),
        ("Ledgers", {"start": "x"}, wrong("start")),
        ("QueryLedgers", {}, wrong("id")),
        ("QueryLedgers", {"id": ",".join("ABCDEFGHIJKLMNOPQRSTU")}, wrong("id")),
    ],
)
def test_refusals(method: str, fields: dict[str, Any], error: str) -> None:
    assert Caller().error(method, **fields) == error


@pytest.mark.parametrize(
    ("method", "needs"),
    [
        ("TradesHistory", P.QUERY_CLOSED_TRADES),
        ("QueryTrades", P.QUERY_CLOSED_TRADES),
        ("Ledgers", P.QUERY_LEDGER),
        ("QueryLedgers", P.QUERY_LEDGER),
    ],
)
def test_permissions_and_what_a_call_counts(method: str, needs: P) -> None:
    caller = Caller(needs)
    for _ in range(10):
        assert caller.call(method, {"txid": "A", "id": "A"})["error"] == []
    assert caller.error(method, txid="A", id="A") == "EAPI:Rate limit exceeded"
    assert Caller(*set(P) - {needs}).error(method) == "EGeneral:Permission denied"
