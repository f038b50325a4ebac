"""Cancels by REST: counts, what names an order, refusals, permissions."""

from typing import Any

import pytest

from builders import SECOND_NS, buy, place
from gateway.restcaller import LIMIT, Caller
from krakenbox.gateway.keys import Permission as P
from krakenbox.model.command import CancelOrder, CancelOrders, SetSystemStatus
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import TimeInForce

UNKNOWN = "EOrder:Unknown order"


def wrong(field: str) -> str:
    return f"EGeneral:Invalid arguments:{field}"


@pytest.fixture
def caller() -> Caller:
    """Alice has one order by a userref, one by an id of her own, and two without a name."""
    caller = Caller()
    for name in ({"userref": 7}, {"cl_ord_id": "mine"}, {}, {}):
        assert caller.add(**LIMIT, **name)["error"] == []
    return caller


def ids(caller: Caller) -> list[str]:
    return [order.order_id for order in caller.venue.orders("alice")]


# --- CancelOrder


@pytest.mark.parametrize("as_json", [True, False])
def test_an_order_is_canceled_by_its_id(as_json: bool, caller: Caller) -> None:
    _, _, third, _ = ids(caller)
    told = caller.call("CancelOrder", {"txid": third}, as_json)
    assert told == {"error": [], "result": {"count": 1}}
    assert third not in ids(caller)
    assert caller.error("CancelOrder", txid=third) == UNKNOWN


@pytest.mark.parametrize("fields", [{"txid": 7}, {"txid": "7"}, {"cl_ord_id": "mine"}])
def test_an_order_is_canceled_by_what_its_client_chose(fields: dict[str, Any], caller: Caller) -> None:
    assert caller.result("CancelOrder", **fields) == {"count": 1}
    assert len(ids(caller)) == 3
    assert caller.error("CancelOrder", **fields) == UNKNOWN


def test_all_orders_of_a_userref_are_canceled(caller: Caller) -> None:
    caller.add(**LIMIT, userref=7)
    assert caller.result("CancelOrder", txid=7) == {"count": 2}


def test_a_list_of_ids_counts_those_that_are_open(caller: Caller) -> None:
    first, second, *_ = ids(caller)
    assert caller.result("CancelOrder", txid=f"{first},{second},OAAAAA-AAAAA-AAAAAA") == {"count": 2}
    assert isinstance(caller.venue.last_command(), CancelOrders)


def test_an_order_that_ended_by_the_same_stamp_is_not_counted(caller: Caller) -> None:
    venue = caller.venue
    ends = venue.clock.now_ns() + SECOND_NS
    venue.submit(place(buy, 1, at=4, time_in_force=TimeInForce.GTD, expire_ns=ends))
    first, *_ = ids(caller)
    venue.clock.step_to(ends)
    assert caller.result("CancelOrder", txid=first) == {"count": 1}
    assert len(ids(caller)) == 3


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, wrong("txid")),
        ({"txid": ""}, wrong("txid")),
        ({"txid": "OAAAAA-AAAAA-AAAAAA", "cl_ord_id": "mine"}, wrong("cl_ord_id")),
        ({"txid": "x" * 1000}, UNKNOWN),
        ({"txid": "-2147483649"}, UNKNOWN),
        ({"cl_ord_id": "not mine"}, UNKNOWN),
    ],
)
def test_a_cancel_names_one_order(fields: dict[str, Any], error: str, caller: Caller) -> None:
    assert caller.error("CancelOrder", **fields) == error
    assert len(ids(caller)) == 4


def test_ids_too_long_for_any_order_are_not_journaled(caller: Caller) -> None:
    caller.error("CancelOrder", txid="x" * 1000)
    command = caller.venue.last_command()
    assert isinstance(command, CancelOrder)
    assert command.ref.order_id == ""


def test_an_order_of_another_account_is_unknown(caller: Caller) -> None:
    caller.venue.submit(place(buy, 1, at=4, by="bob"))
    (order,) = caller.venue.orders("bob")
    assert caller.error("CancelOrder", txid=order.order_id) == UNKNOWN
    assert caller.venue.orders("bob") == [order]


# --- CancelOrderBatch


@pytest.mark.parametrize("as_json", [True, False])
def test_a_batch(as_json: bool, caller: Caller) -> None:
    _, _, third, _ = ids(caller)
    fields: dict[str, Any] = {"orders": [third, 7, "OAAAAA-AAAAA-AAAAAA"], "cl_ord_ids": ["mine"]}
    if not as_json:
        fields = {
            f"{name}[{place}]": value for name, values in fields.items() for place, value in enumerate(values)
        }
    assert caller.call("CancelOrderBatch", fields, as_json) == {"error": [], "result": {"count": 3}}
    assert len(ids(caller)) == 1


def test_a_batch_of_objects(caller: Caller) -> None:
    _, _, third, _ = ids(caller)
    orders = [{"txid": third}, {"txid": 7}, {"cl_ord_id": "mine"}]
    assert caller.result("CancelOrderBatch", orders=orders) == {"count": 3}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, wrong("orders")),
        ({"orders": []}, wrong("orders")),
        ({"orders": ["O"] * 51}, wrong("orders")),
        ({"orders": [{"name": "x"}]}, wrong("orders")),
        ({"orders": [["x"]]}, wrong("orders")),
        ({"orders": [""]}, wrong("orders")),
        ({"orders": "OAAAAA-AAAAA-AAAAAA"}, wrong("orders")),
        ({"cl_ord_ids": [{"txid": "x"}]}, wrong("cl_ord_ids")),
    ],
)
def test_a_batch_names_one_to_fifty(fields: dict[str, Any], error: str, caller: Caller) -> None:
    assert caller.error("CancelOrderBatch", **fields) == error
    assert len(ids(caller)) == 4


# --- CancelAll


def test_everything_is_canceled(caller: Caller) -> None:
    assert caller.call("CancelAll", {}) == {"error": [], "result": {"count": 4}}
    assert caller.result("CancelAll") == {"count": 0}


@pytest.mark.parametrize("method", ["CancelAll", "CancelOrder", "CancelOrderBatch"])
def test_nothing_is_canceled_in_maintenance(method: str, caller: Caller) -> None:
    caller.venue.submit(SetSystemStatus(SystemStatus.MAINTENANCE))
    assert caller.error(method, txid="7", orders=["7"]) == "EService:Unavailable"
    assert len(ids(caller)) == 4


# --- what all share


@pytest.mark.parametrize("method", ["CancelOrder", "CancelOrderBatch", "CancelAll", "CancelAllOrdersAfter"])
def test_permissions(method: str) -> None:
    fields = {"txid": "7", "orders": ["7"], "timeout": 60}
    denied = {"error": ["EGeneral:Permission denied"]}
    for needs in (P.MODIFY_TRADES, P.CLOSE_TRADES):
        assert Caller(needs).call(method, fields) != denied
    assert Caller(*set(P) - {P.MODIFY_TRADES, P.CLOSE_TRADES}).call(method, fields) == denied


def test_what_the_engine_counts_is_not_counted_as_a_call(caller: Caller) -> None:
    for _ in range(15):
        caller.call("CancelOrder", {"txid": "8"})
        caller.call("CancelOrderBatch", {"orders": ["8"]})
    for _ in range(20):
        assert caller.call("CancelAll", {})["error"] == []
    assert caller.error("CancelAll") == "EAPI:Rate limit exceeded"
    assert caller.error("CancelOrder", txid="8") == UNKNOWN
