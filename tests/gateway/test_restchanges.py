"""Changes and cancels by REST: exact replies, refusals in order, permissions; then over HTTP."""

import re
from typing import Any

import pytest

from gateway.peer import run
from gateway.restcaller import BTC, LIMIT, Caller, Fields, of, over_http
from harness import NOW_NS, Trader
from krakenbox.gateway.keys import Permission
from krakenbox.model.command import (
    AmendOrder,
    CancelOrder,
    CancelOrders,
    EditOrder,
    OrderRef,
    SetIndexPrice,
    SetSystemStatus,
    UseNonce,
)
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import PriceType, Reference, Trigger
from live import live

SECOND = 1_000_000_000
NOBODY = "OAAAAA-AAAAA-AAAAAA"


def added(caller: Caller, **fields: Any) -> str:
    """An order's id."""
    told = caller.add(**LIMIT | fields)
    (txid,) = told["result"]["txid"]
    assert isinstance(txid, str)
    return txid


def last(caller: Caller) -> Any:
    return caller.venue.last_command()


# --- AmendOrder


@pytest.mark.parametrize("as_json", [True, False])
def test_an_order_is_amended_in_place(as_json: bool) -> None:
    caller = Caller()
    txid = added(caller)
    told = caller.call("AmendOrder", {"txid": txid, "order_qty": "2", "limit_price": "6"}, as_json)
    assert told["error"] == []
    assert list(told["result"]) == ["amend_id"]
    assert re.fullmatch(r"T\w{5}-\w{5}-\w{6}", told["result"]["amend_id"])
    assert caller.resting() == ["buy 2 6"]
    assert [order.order_id for order in caller.venue.orders("alice")] == [txid]


def test_an_order_is_amended_by_its_client_id() -> None:
    caller = Caller()
    added(caller, cl_ord_id="mine")
    fields = {"cl_ord_id": "mine", "limit_price": "6.0", "pair": "BTCUSD", "deadline": "2026-01-01T01:00:02Z"}
    assert caller.call("AmendOrder", fields)["error"] == []
    assert caller.resting() == ["buy 1 6"]
    assert last(caller).deadline_ns == NOW_NS + 2 * SECOND


@pytest.mark.parametrize(
    ("price", "kind", "units"),
    [("+5%", PriceType.PCT, 5_000_000), ("-1.5", PriceType.QUOTE, -15), ("4", PriceType.STATIC, 40)],
)
def test_relative_prices(price: str, kind: PriceType, units: int) -> None:
    caller = Caller()
    Trader(caller.venue, "bob").add(side="sell", limit_price=6)
    caller.add(**of("market", "buy"))
    txid = added(caller, ordertype="stop-loss", type="sell", price="3")
    caller.call("AmendOrder", {"txid": txid, "trigger_price": price})
    command = last(caller)
    assert isinstance(command, AmendOrder)
    assert (command.trigger_price_type, command.trigger_price) == (kind, units)
    assert command.limit_price is None


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "EGeneral:Invalid arguments:txid"),
        ({"txid": ""}, "EGeneral:Invalid arguments:txid"),
        ({"txid": "mine", "cl_ord_id": "x" * 19}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"txid": NOBODY, "order_qty": "x"}, "EGeneral:Invalid arguments:order_qty"),
        ({"txid": NOBODY, "limit_price": "#1"}, "EGeneral:Invalid arguments:limit_price"),
        ({"txid": NOBODY, "limit_price": "5%"}, "EGeneral:Invalid arguments:limit_price"),
        ({"txid": NOBODY, "post_only": "maybe"}, "EGeneral:Invalid arguments:post_only"),
        (
            {"txid": NOBODY, "order_qty": "1", "deadline": "2026-01-01T01:00:01Z"},
            "EGeneral:Invalid arguments:deadline",
        ),
        ({"txid": NOBODY, "order_qty": "1", "deadline": "2026-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
        ({"txid": NOBODY, "order_qty": "1", "pair": "X"}, "EQuery:Unknown asset pair"),
        ({"txid": NOBODY}, "EGeneral:Invalid arguments"),
        ({"txid": NOBODY, "order_qty": "0"}, "EGeneral:Invalid arguments:order_qty"),
        ({"txid": NOBODY, "cl_ord_id": "mine", "order_qty": "1"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"txid": NOBODY, "order_qty": "1"}, "EOrder:Unknown order"),
        ({"txid": "", "cl_ord_id": "yours", "order_qty": "1"}, "EOrder:Unknown order"),
    ],
)
def test_amends_refused_at_once(fields: Fields, error: str) -> None:
    caller = Caller()
    assert caller.call("AmendOrder", fields) == {"error": [error]}
    assert isinstance(last(caller), UseNonce)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"pair": "ETHBTC", "order_qty": "1"}, "EGeneral:Invalid arguments:pair"),
        ({"limit_price": "5.55"}, "EOrder:Tick size check failed"),
        ({"trigger_price": "5"}, "EGeneral:Invalid arguments:trigger_price"),
        ({"order_qty": "90000000"}, "EOrder:Insufficient funds"),
    ],
)
def test_amends_refused_for_the_order_they_name(fields: Fields, error: str) -> None:
    caller = Caller()
    txid = added(caller)
    assert caller.call("AmendOrder", {"txid": txid} | fields) == {"error": [error]}
    assert caller.resting() == ["buy 1 5"]


# --- EditOrder


def test_an_edit_replaces_an_order() -> None:
    caller = Caller()
    old = added(caller, userref="7")
    told = caller.call("EditOrder", BTC | {"txid": old, "price": "4.5", "volume": "2", "userref": 9})
    (order,) = caller.venue.orders("alice")
    assert told == {
        "error": [],
        "result": {
            "status": "ok",
            "txid": order.order_id,
            "originaltxid": old,
            "volume": "2.00000000",
            "price": "4.5",
            "newuserref": 9,
            "olduserref": 7,
            "orders_cancelled": 1,
            "descr": {"order": "buy 2.00000000 BTCUSD @ limit 4.5"},
        },
    }
    assert order.order_id != old
    assert caller.resting() == ["buy 2 4.5"]


def test_a_price_is_told_as_it_was_typed() -> None:
    caller = Caller()
    txid = added(caller)
    told = caller.call("EditOrder", BTC | {"txid": txid, "price": "4.50000", "oflags": "post"})
    assert told["result"]["price"] == "4.50000"
    assert told["result"]["descr"]["order"] == "buy 1.00000000 BTCUSD @ limit 4.5"
    assert last(caller).post_only


def test_what_an_edit_leaves_alone_is_the_orders() -> None:
    caller = Caller()
    old = added(caller, userref="7")
    told = caller.call("EditOrder", BTC | {"txid": 7, "volume": 3})
    assert told["result"]["originaltxid"] == old
    assert told["result"]["price"] == "5.0"
    assert "newuserref" not in told["result"]
    assert caller.resting() == ["buy 3 5"]


def test_prices_of_a_triggered_order() -> None:
    caller = Caller()
    txid = added(caller, ordertype="stop-loss-limit", type="sell", price="3", price2="2.5")
    told = caller.call("EditOrder", BTC | {"txid": txid, "price": "2.9", "price2": "2.4"})
    assert told["result"]["descr"]["order"] == "sell 1.00000000 BTCUSD @ stop loss 2.9 -> limit 2.4"
    assert (told["result"]["price"], told["result"]["price2"]) == ("2.9", "2.4")
    command = last(caller)
    assert isinstance(command, EditOrder)
    assert command.trigger == Trigger(29, PriceType.STATIC, Reference.LAST)
    told = caller.call("EditOrder", BTC | {"txid": told["result"]["txid"], "price2": "2.3"})
    assert (told["result"]["price"], told["result"]["price2"]) == ("2.9", "2.3")


def test_the_reference_of_a_trigger_stays() -> None:
    caller = Caller()
    caller.venue.submit(SetIndexPrice("BTC/USD", Price(50)))
    txid = added(caller, ordertype="stop-loss", type="sell", price="3", trigger="index")
    caller.call("EditOrder", BTC | {"txid": txid, "price": "2"})
    assert last(caller).trigger == Trigger(20, PriceType.STATIC, Reference.INDEX)


def test_an_edit_that_is_only_validated() -> None:
    caller = Caller()
    txid = added(caller)
    told = caller.call("EditOrder", BTC | {"txid": txid, "price": "4", "validate": True})
    assert told["result"] == {
        "status": "ok",
        "originaltxid": txid,
        "volume": "1.00000000",
        "price": "4",
        "orders_cancelled": 0,
        "descr": {"order": "buy 1.00000000 BTCUSD @ limit 4.0"},
    }
    assert caller.resting() == ["buy 1 5"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"pair": ""}, "EGeneral:Invalid arguments:pair"),
        ({"pair": "X"}, "EQuery:Unknown asset pair"),
        ({"txid": ""}, "EGeneral:Invalid arguments:txid"),
        ({"price": "x"}, "EGeneral:Invalid arguments:price"),
        ({"price": "+1"}, "EGeneral:Invalid arguments:price"),
        ({"price2": "5"}, "EGeneral:Invalid arguments:price2"),
        ({"volume": "x"}, "EGeneral:Invalid arguments:volume"),
        ({"oflags": "never"}, "EGeneral:Invalid arguments:oflags"),
        ({"userref": "x"}, "EGeneral:Invalid arguments:userref"),
        ({"deadline": "x"}, "EGeneral:Invalid arguments:deadline"),
        ({"validate": "maybe"}, "EGeneral:Invalid arguments:validate"),
        ({"volume": "0"}, "EGeneral:Invalid arguments:volume"),
        ({"displayvol": "0"}, "EGeneral:Invalid arguments:displayvol"),
        ({"price": "4.55"}, "EOrder:Tick size check failed"),
        ({"txid": NOBODY}, "EOrder:Unknown order"),
        ({"txid": "x" * 99}, "EOrder:Unknown order"),
        ({"txid": "12"}, "EOrder:Unknown order"),
        ({"pair": "ETHBTC"}, "EGeneral:Invalid arguments:pair"),
        ({"volume": "90000000"}, "EOrder:Insufficient funds"),
    ],
)
def test_edits_refused(fields: Fields, error: str) -> None:
    caller = Caller()
    txid = added(caller)
    assert caller.call("EditOrder", BTC | {"txid": txid} | fields) == {"error": [error]}
    assert caller.resting() == ["buy 1 5"]


def test_a_userref_of_several_orders_names_none_to_edit() -> None:
    caller = Caller()
    added(caller, userref="7")
    added(caller, userref="7")
    told = caller.call("EditOrder", BTC | {"txid": "7", "price": "4"})
    assert told == {"error": ["EGeneral:Invalid arguments:txid"]}


# --- cancels


@pytest.mark.parametrize(
    ("entered", "named", "count"),
    [
        ({}, "txid", 1),
        ({"userref": "7"}, {"txid": "7"}, 2),
        ({"userref": "7"}, {"txid": 7}, 2),
        ({"userref": "-7"}, {"txid": -7}, 2),
        ({"cl_ord_id": "mine"}, {"cl_ord_id": "mine"}, 1),
    ],
)
def test_a_cancel(entered: Fields, named: Any, count: int) -> None:
    caller = Caller()
    txid = added(caller, **entered)
    if "cl_ord_id" not in entered:
        added(caller, **entered)
    told = caller.call("CancelOrder", {"txid": txid} if named == "txid" else named)
    assert told == {"error": [], "result": {"count": count}}
    assert len(caller.resting()) == (1 if named == "txid" else 0)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "EGeneral:Invalid arguments:txid"),
        ({"txid": NOBODY, "cl_ord_id": "mine"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"txid": NOBODY}, "EOrder:Unknown order"),
        ({"txid": "9999999999"}, "EOrder:Unknown order"),
        ({"txid": "x" * 99}, "EOrder:Unknown order"),
        ({"cl_ord_id": "yours"}, "EOrder:Unknown order"),
        ({"cl_ord_id": "x" * 99}, "EOrder:Unknown order"),
    ],
)
def test_cancels_refused(fields: Fields, error: str) -> None:
    caller = Caller()
    added(caller)
    assert caller.call("CancelOrder", fields) == {"error": [error]}
    assert caller.resting() == ["buy 1 5"]


def test_long_identifiers_do_not_enter_the_journal() -> None:
    caller = Caller()
    caller.call("CancelOrder", {"txid": "x" * 99})
    assert last(caller) == CancelOrder(last(caller).account, OrderRef())


@pytest.mark.parametrize("objects", [False, True])
@pytest.mark.parametrize("as_json", [True, False])
def test_a_batch_of_cancels(objects: bool, as_json: bool) -> None:
    caller = Caller()
    one, _, _ = added(caller), added(caller, userref="7"), added(caller, cl_ord_id="mine")
    orders: list[Any] = [{"txid": one}, {"txid": 7}] if objects else [one, "7"]
    fields: Fields = {"orders": orders, "cl_ord_ids": ["mine"]}
    if not as_json:
        part = "[txid]" if objects else ""
        fields = {f"orders[0]{part}": one, f"orders[1]{part}": "7", "cl_ord_ids[0]": "mine"}
    assert caller.call("CancelOrderBatch", fields, as_json) == {"error": [], "result": {"count": 3}}
    assert isinstance(last(caller), CancelOrders)
    assert caller.resting() == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"orders": []},
        {"orders": ["x"] * 51},
        {"orders": ["x"] * 26, "cl_ord_ids": ["x"] * 25},
        {"orders": [["x"]], "orders[0]": "x"},
        {"orders": [[["x"]]]},
    ],
)
def test_batches_of_cancels_refused(fields: Fields) -> None:
    told = Caller().call("CancelOrderBatch", fields)
    assert told == {"error": ["EGeneral:Invalid arguments:orders"]}


def test_a_batch_counts_what_it_canceled() -> None:
    caller = Caller()
    txid = added(caller)
    told = caller.call("CancelOrderBatch", {"orders": [NOBODY, txid]})
    assert told == {"error": [], "result": {"count": 1}}


def test_all_orders() -> None:
    caller = Caller()
    Trader(caller.venue, "bob").add(side="buy", limit_price=4)
    added(caller)
    added(caller)
    assert caller.call("CancelAll", {}) == {"error": [], "result": {"count": 2}}
    assert caller.resting() == []
    assert len(caller.venue.orders("bob")) == 1
    assert caller.call("CancelAll", {}) == {"error": [], "result": {"count": 0}}


@pytest.mark.parametrize("method", ["CancelOrder", "CancelOrderBatch", "CancelAll"])
def test_maintenance(method: str) -> None:
    caller = Caller()
    txid = added(caller)
    caller.venue.submit(SetSystemStatus(SystemStatus.MAINTENANCE))
    told = caller.call(method, {"orders": [txid]} if method.endswith("Batch") else {"txid": txid})
    assert told == {"error": ["EService:Unavailable"]}
    assert caller.resting() == ["buy 1 5"]


# --- permissions and counters

P = Permission
METHODS = ("AmendOrder", "EditOrder", "CancelOrder", "CancelOrderBatch", "CancelAll")


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        ((P.MODIFY_TRADES, P.CLOSE_TRADES), METHODS),
        ((P.MODIFY_TRADES,), ("AmendOrder", "CancelOrder", "CancelOrderBatch", "CancelAll")),
        ((P.CLOSE_TRADES,), ("AmendOrder", "CancelOrder", "CancelOrderBatch", "CancelAll")),
        ((P.QUERY_FUNDS, P.QUERY_OPEN_TRADES), ()),
    ],
)
def test_permissions(permissions: tuple[Permission, ...], allowed: tuple[str, ...]) -> None:
    caller = Caller(*permissions)
    denied = {"error": ["EGeneral:Permission denied"]}
    assert tuple(method for method in METHODS if caller.call(method, BTC) != denied) == allowed


def test_they_do_not_count_as_calls() -> None:
    caller = Caller()
    for _ in range(30):
        assert caller.call("CancelAll", {})["error"] == []
        assert caller.call("CancelOrder", {"txid": NOBODY})["error"] == ["EOrder:Unknown order"]


# --- over HTTP


def test_signed_changes_over_http() -> None:
    async def test() -> None:
        async with live() as exchange, over_http(exchange) as call:
            (txid,) = (await call("AddOrder", LIMIT | {"pair": "XBTUSD", "price": "5000"}))["result"]["txid"]
            amended = await call("AmendOrder", {"txid": txid, "order_qty": "2"})
            assert list(amended["result"]) == ["amend_id"]
            edited = await call("EditOrder", {"pair": "XBTUSD", "txid": txid, "price": "4000"})
            assert edited["result"]["descr"]["order"] == "buy 2.00000000 XBTUSD @ limit 4000.0"
            assert await call("CancelOrder", {"txid": txid}) == {"error": ["EOrder:Unknown order"]}
            told = await call("CancelOrder", {"txid": edited["result"]["txid"]})
            assert told == {"error": [], "result": {"count": 1}}
            assert await call("CancelAll", {}) == {"error": [], "result": {"count": 0}}

    run(test())


def test_quantities_are_counted_as_those_of_v2() -> None:
    caller = Caller()
    txid = added(caller)
    caller.call("AmendOrder", {"txid": txid, "order_qty": "0.00005"})
    assert last(caller).qty == Qty(5_000)
