"""Orders by REST, open and past: what is found, pages, permissions, refusals in their order."""

from typing import Any

import pytest

from builders import buy, cancel, place, sell
from gateway.restcaller import LIMIT, Caller
from harness import NOW_NS
from krakenbox.gateway.keys import Permission as P
from krakenbox.model.command import SetLimits

SECOND = 1_000_000_000
NOW = NOW_NS // SECOND


def wrong(field: str) -> str:
    return f"EGeneral:Invalid arguments:{field}"


def entered(caller: Caller, **fields: Any) -> str:
    (txid,) = caller.add(**LIMIT | fields)["result"]["txid"]
    return str(txid)


def canceled(caller: Caller, count: int, **fields: Any) -> list[str]:
    """Orders that are entered and canceled a second apart; oldest first."""
    ids = []
    for _ in range(count):
        ids.append(entered(caller, **fields))
        caller.venue.submit(cancel(ids[-1]))
        caller.venue.clock.advance(SECOND)
    return ids


# --- OpenOrders


def test_open_orders() -> None:
    caller = Caller()
    assert caller.call("OpenOrders", {}) == {"error": [], "result": {"open": {}}}
    first, second = entered(caller), entered(caller, userref=7)
    third = entered(caller, cl_ord_id="6d1b345e-2821-40e2-ad83-4ecb18a06876")
    caller.venue.submit(place(buy, 1, at=4, by="bob"))
    assert list(caller.result("OpenOrders")["open"]) == [first, second, third]
    assert list(caller.result("OpenOrders", userref=7)["open"]) == [second]
    assert list(caller.result("OpenOrders", userref=8)["open"]) == []
    assert list(caller.result("OpenOrders", cl_ord_id="6d1b345e282140e2ad834ecb18a06876")["open"]) == [third]
    caller.result("CancelAll")
    assert caller.result("OpenOrders") == {"open": {}}


def test_trades_of_open_orders() -> None:
    caller = Caller()
    first, second = entered(caller), entered(caller, price="4")
    caller.venue.submit(place(sell, "0.25", at=5, by="bob"), place(sell, "0.5", at=5, by="bob"))
    exec_ids = [
        event.exec_id
        for outcome in caller.venue.outcomes
        for event in outcome.events
        if hasattr(event, "exec_id") and event.account == "alice"
    ]
    rows = caller.result("OpenOrders", trades=True)["open"]
    assert (rows[first]["trades"], rows[second]["trades"]) == (exec_ids, [])
    assert "trades" not in caller.result("OpenOrders")["open"][first]
    assert {name: row for name, row in rows[first].items() if name != "trades"} == (
        caller.result("OpenOrders")["open"][first]
    )


@pytest.mark.parametrize("field", ["userref", "cl_ord_id", "trades"])
def test_what_open_orders_may_be_asked(field: str) -> None:
    assert Caller().error("OpenOrders", **{field: "!" * 40}) == wrong(field)


# --- ClosedOrders


def test_closed_orders_newest_first() -> None:
    caller = Caller()
    first, second = canceled(caller, 2)
    entered(caller)
    told = caller.call("ClosedOrders", {})
    assert list(told["result"]) == ["closed", "count"]
    assert list(told["result"]["closed"]) == [second, first]
    assert told["result"]["count"] == 2
    assert Caller().call("ClosedOrders", {}) == {"error": [], "result": {"closed": {}, "count": 0}}


def test_pages_of_fifty() -> None:
    caller = Caller()
    caller.venue.submit(SetLimits(False))
    ids = canceled(caller, 53)[::-1]
    first = caller.result("ClosedOrders")
    assert (list(first["closed"]), first["count"]) == (ids[:50], 53)
    second = caller.result("ClosedOrders", ofs=50)
    assert (list(second["closed"]), second["count"]) == (ids[50:], 53)
    assert caller.result("ClosedOrders", ofs=53, without_count=True) == {"closed": {}}


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({"start": NOW}, [3, 2, 1, 0]),
        ({"start": f"{NOW + 1}.5"}, [3, 2]),
        ({"start": NOW + 1, "closetime": "close"}, [3, 2, 1]),
        ({"start": NOW + 2, "closetime": "open"}, [3, 2]),
        ({"end": NOW + 1}, [0]),
        ({"start": NOW, "end": f"{NOW + 2}.5", "closetime": "close"}, [2, 1, 0]),
        ({"start": 1}, [3, 2, 1]),
        ({"start": 1, "closetime": "open"}, [3, 2]),
        ({"end": 1}, [1, 0]),
        ({"start": "OAAAAA-AAAAA-AAAAAA"}, []),
        ({"userref": 3}, [1]),
        ({"cl_ord_id": "mine"}, [2]),
        ({"userref": 9}, []),
    ],
)
def test_closed_orders_of_a_time(fields: dict[str, Any], places: list[int]) -> None:
    caller = Caller()
    ids = [canceled(caller, 1, **named)[0] for named in ({}, {"userref": "3"}, {"cl_ord_id": "mine"}, {})]
    # A small number stands for the id of an order.
    asked = {
        name: ids[value] if value in (1,) and name in ("start", "end") else value
        for name, value in fields.items()
    }
    found = list(caller.result("ClosedOrders", **asked)["closed"])
    assert [ids.index(order_id) for order_id in found] == places


def test_trades_of_closed_orders() -> None:
    caller = Caller()
    caller.venue.submit(place(sell, 1, at=5, by="bob"))
    txid = entered(caller)
    (row,) = caller.result("ClosedOrders", trades="true")["closed"].values()
    assert len(row["trades"]) == 1
    (fill,) = caller.result("QueryTrades", txid=row["trades"][0]).values()
    assert fill["ordertxid"] == txid
    assert "trades" not in caller.result("ClosedOrders")["closed"][txid]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"start": "x"}, wrong("start")),
        ({"start": "-1", "end": "x"}, wrong("start")),
        ({"end": "OAAAAA"}, wrong("end")),
        ({"ofs": "-1"}, wrong("ofs")),
        ({"without_count": "x"}, wrong("without_count")),
        ({"userref": "x"}, wrong("userref")),
        ({"closetime": "never"}, wrong("closetime")),
        ({"trades": "x"}, wrong("trades")),
    ],
)
def test_what_closed_orders_may_be_asked(fields: dict[str, Any], error: str) -> None:
    assert Caller().error("ClosedOrders", **fields) == error


# --- QueryOrders


def test_orders_by_id_in_the_order_asked_for() -> None:
    caller = Caller()
    (over,) = canceled(caller, 1)
    first, second = entered(caller), entered(caller, userref=4)
    caller.venue.submit(place(buy, 1, at=4, by="bob"))
    (of_bob,) = caller.venue.orders("bob")
    found = caller.result(
        "QueryOrders", txid=f"{second},{over},{first},{of_bob.order_id},OAAAAA-AAAAA-AAAAAA"
    )
    assert list(found) == [second, over, first]
    assert [row["status"] for row in found.values()] == ["open", "canceled", "open"]
    assert found[over] == caller.result("ClosedOrders")["closed"][over]
    assert found[first] == caller.result("OpenOrders")["open"][first]
    assert list(caller.result("QueryOrders", txid=f"{first},{second}", userref=4)) == [second]
    assert caller.result("QueryOrders", txid=first, trades=True)[first]["trades"] == []


@pytest.mark.parametrize("txid", ["", ",", ",".join(f"O{n:05}-AAAAA-AAAAAA" for n in range(51))])
def test_one_to_fifty_ids(txid: str) -> None:
    assert Caller().error("QueryOrders", txid=txid) == wrong("txid")


@pytest.mark.parametrize(
    ("permission", "statuses"),
    [(P.QUERY_OPEN_TRADES, ["open"]), (P.QUERY_CLOSED_TRADES, ["canceled"])],
)
def test_a_key_sees_the_orders_of_its_permission(permission: P, statuses: list[str]) -> None:
    caller = Caller(permission)
    caller.venue.submit(place(buy, 1, at=5))
    over = caller.venue.orders("alice")[0].order_id
    caller.venue.submit(cancel(over), place(buy, 1, at=5))
    lasting = caller.venue.orders("alice")[0].order_id
    found = caller.result("QueryOrders", txid=f"{over},{lasting}")
    assert [row["status"] for row in found.values()] == statuses
    hidden, seen = (over, lasting) if permission is P.QUERY_OPEN_TRADES else (lasting, over)
    assert caller.error("OrderAmends", order_id=hidden) == "EGeneral:Permission denied"
    assert caller.result("OrderAmends", order_id=seen)["count"] == 1


# --- OrderAmends


def test_amends_oldest_first() -> None:
    caller = Caller()
    order_id = entered(caller, oflags="post")
    caller.venue.clock.advance(1_000_487_000)
    amended = caller.result("AmendOrder", txid=order_id, order_qty="2", limit_price="4.5")
    told = caller.result("OrderAmends", order_id=order_id)
    assert told == {
        "amends": [
            {
                "amend_id": "T" + order_id[1:],
                "amend_type": "original",
                "order_qty": "1.00000000",
                "remaining_qty": "1.00000000",
                "limit_price": "5.0",
                "post_only": True,
                "timestamp": NOW * 1_000,
            },
            {
                "amend_id": amended["amend_id"],
                "amend_type": "user",
                "order_qty": "2.00000000",
                "remaining_qty": "2.00000000",
                "limit_price": "4.5",
                "reason": "User requested",
                "post_only": True,
                "timestamp": NOW * 1_000 + 1_000,
            },
        ],
        "count": 2,
    }


def test_amends_of_what_shows_a_part_and_of_what_sleeps() -> None:
    caller = Caller()
    shown = entered(caller, ordertype="iceberg", displayvol="0.5")
    (row,) = caller.result("OrderAmends", order_id=shown)["amends"]
    assert row["display_qty"] == "0.50000000"
    caller.venue.submit(place(sell, 1, at=10, by="bob"), place(buy, 1, at=10, by="bob"))
    caller.venue.submit(place(sell, 1, at=10, by="bob"), place(buy, 1, at=10, by="carol"))
    asleep = entered(caller, ordertype="stop-loss", price="12")
    (row,) = caller.result("OrderAmends", order_id=asleep)["amends"]
    assert row["trigger_price"] == "12.0"
    assert "limit_price" not in row


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, wrong("order_id")),
        ({"order_id": ""}, wrong("order_id")),
        ({"order_id": "OAAAAA-AAAAA-AAAAAA"}, "EOrder:Unknown order"),
    ],
)
def test_amends_of_no_order(fields: dict[str, Any], error: str) -> None:
    assert Caller().error("OrderAmends", **fields) == error


def test_amends_of_another_accounts_order() -> None:
    caller = Caller()
    caller.venue.submit(place(buy, 1, at=4, by="bob"))
    (of_bob,) = caller.venue.orders("bob")
    assert caller.error("OrderAmends", order_id=of_bob.order_id) == "EOrder:Unknown order"


# --- permissions


@pytest.mark.parametrize(
    ("method", "allowed"),
    [
        ("OpenOrders", {P.QUERY_OPEN_TRADES}),
        ("ClosedOrders", {P.QUERY_CLOSED_TRADES}),
        ("QueryOrders", {P.QUERY_OPEN_TRADES, P.QUERY_CLOSED_TRADES}),
        ("OrderAmends", {P.QUERY_OPEN_TRADES, P.QUERY_CLOSED_TRADES}),
    ],
)
def test_permissions(method: str, allowed: set[P]) -> None:
    denied = {"error": ["EGeneral:Permission denied"]}
    fields = {"txid": "OAAAAA-AAAAA-AAAAAA", "order_id": "OAAAAA-AAAAA-AAAAAA"}
    for permission in P:
        assert (Caller(permission).call(method, fields) == denied) is (permission not in allowed)
