"""Cancels over v2: by identifier, all, in a batch, and by the dead man's switch."""

import json
from typing import Any

import pytest

from builders import SECOND_NS
from harness import TIMES, Trader, Venue
from krakenbox.gateway.method import NO_ORDER
from krakenbox.model.command import CancelAll, CancelOrder, CancelOrders, OrderRef, SetCancelTimer

# --- cancel_order


def test_a_cancel_repeats_the_kind_of_identifier_it_was_given() -> None:
    trader = Trader()
    order_id = trader.order_id()
    trader.add(cl_ord_id="a uuid")
    assert trader.ask("cancel_order", 0, order_id=[order_id]) == [
        f'{{"method":"cancel_order","req_id":0,"result":{{"order_id":"{order_id}"}},"success":true,{TIMES}}}'
    ]
    assert trader.ask("cancel_order", 0, cl_ord_id=["a uuid"]) == [
        f'{{"method":"cancel_order","req_id":0,"result":{{"cl_ord_id":"a uuid"}},"success":true,{TIMES}}}'
    ]
    assert trader.venue.orders("alice") == []


def test_each_listed_order_has_a_reply_and_a_command_of_its_own() -> None:
    trader = Trader()
    first, second = trader.order_id(), trader.order_id()
    before = trader.venue.sequencer.seq
    replies = [
        json.loads(frame)
        for frame in trader.ask("cancel_order", 4, order_id=[second, "OAAAAA-BBBBB-CCCCCC", first])
    ]
    assert [reply.get("error") or reply["result"]["order_id"] for reply in replies] == [
        second,
        "EOrder:Unknown order",
        first,
    ]
    assert {(reply["req_id"], reply["time_in"]) for reply in replies} == {(4, "2026-01-01T01:00:00.000000Z")}
    assert trader.venue.sequencer.seq == before + 3


def test_a_userref_cancels_every_order_that_carries_it() -> None:
    trader = Trader()
    ids = [trader.order_id(order_userref=3) for _ in range(2)]
    other = trader.order_id(order_userref=4)
    replies = [json.loads(frame) for frame in trader.ask("cancel_order", order_userref=[3, 3])]
    assert [reply.get("error") or reply["result"] for reply in replies] == [
        {"order_id": ids[0]},
        {"order_id": ids[1]},
        "EOrder:Unknown order",
    ]
    assert [order.order_id for order in trader.venue.orders("alice")] == [other]


def test_orders_that_expire_by_the_same_stamp_are_no_replies() -> None:
    trader = Trader()
    trader.add(time_in_force="gtd", expire_time="2026-01-01T01:00:01Z", cl_ord_id="gone")
    order_id = trader.order_id()
    trader.venue.clock.advance(2_000_000_000)
    (reply,) = trader.ask("cancel_order", order_id=[order_id])
    assert json.loads(reply)["result"] == {"order_id": order_id}
    assert trader.venue.orders("alice") == []


def test_nobody_cancels_the_orders_of_others() -> None:
    venue = Venue()
    alice, bob = Trader(venue), Trader(venue, "bob")
    order_id = alice.order_id(cl_ord_id="mine")
    for params in ({"order_id": [order_id]}, {"cl_ord_id": ["mine"]}, {"order_userref": [0]}):
        (reply,) = bob.ask("cancel_order", **params)
        assert json.loads(reply)["error"] == "EOrder:Unknown order"
    assert len(venue.orders("alice")) == 1


@pytest.mark.parametrize(
    ("params", "errors"),
    [
        ({}, ["Order_id(s) not found"]),
        ({"order_id": []}, ["Order_id(s) not found"]),
        ({"order_id": "O"}, ["Order_id field must be an array"]),
        ({"order_id": [1]}, ["Order_id field must be a string"]),
        ({"order_userref": ["1"]}, ["Order_userref field must be a number_integer"]),
        ({"order_id": [""]}, ["EOrder:Unknown order"]),
        ({"order_id": ["x" * 100_000]}, ["EOrder:Unknown order"]),
        ({"cl_ord_id": ["", "y" * 37]}, ["EOrder:Unknown order"] * 2),
        ({"order_userref": [2**31, -(2**63), 10**30]}, ["EOrder:Unknown order"] * 3),
        ({"order_id": ["x"] * 1_001}, ["EGeneral:Invalid arguments:order_id"]),
    ],
)
def test_cancels_that_name_nothing(params: dict[str, Any], errors: list[str]) -> None:
    assert [json.loads(frame)["error"] for frame in Trader().ask("cancel_order", **params)] == errors


def test_identifiers_too_long_to_exist_do_not_enter_the_journal() -> None:
    trader = Trader()
    trader.ask("cancel_order", order_id=["x" * 100_000])
    command = trader.venue.last_command()
    assert isinstance(command, CancelOrder)
    assert command.ref.order_id == ""


# --- cancel_all


def test_cancel_all_counts() -> None:
    trader = Trader()
    assert trader.ask("cancel_all", 0) == [
        f'{{"method":"cancel_all","req_id":0,"result":{{"count":0}},"success":true,{TIMES}}}'
    ]
    trader.add()
    trader.add(side="sell", limit_price=9)
    assert '"result":{"count":2}' in trader.ask("cancel_all")[0]
    assert trader.venue.last_command() == CancelAll("alice")
    assert trader.venue.orders("alice") == []


# --- batch_cancel


def test_a_batch_cancel_counts_in_both_places() -> None:
    trader = Trader()
    ids = [trader.order_id(), trader.order_id(cl_ord_id="mine")]
    assert trader.ask("batch_cancel", 0, orders=[ids[0], "OAAAAA-BBBBB-CCCCCC"], cl_ord_id=["mine"]) == [
        f'{{"method":"batch_cancel","orders_cancelled":2,"req_id":0,"result":{{"count":2}},'
        f'"success":true,{TIMES}}}'
    ]
    assert trader.venue.orders("alice") == []


def test_a_batch_cancel_names_orders_by_id_by_userref_or_by_client_id() -> None:
    trader = Trader()
    trader.ask("batch_cancel", orders=["OAAAAA-BBBBB-CCCCCC", "-1", "99999999999"], cl_ord_id=["x", "y" * 37])
    assert trader.venue.last_command() == CancelOrders(
        "alice",
        (
            OrderRef(order_id="OAAAAA-BBBBB-CCCCCC"),
            OrderRef(userref=-1),
            OrderRef(order_id="99999999999"),
            OrderRef(cl_ord_id="x"),
            NO_ORDER,
        ),
    )


def test_a_userref_of_a_batch_cancels_every_order_that_carries_it() -> None:
    trader = Trader()
    for userref in (3, 3, 4):
        trader.add(order_userref=userref)
    (reply,) = trader.ask("batch_cancel", orders=["3", "3"])
    assert json.loads(reply)["result"] == {"count": 2}
    assert [order.terms.userref for order in trader.venue.orders("alice")] == [4]


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, "Orders(s) not found"),
        ({"orders": ["x"]}, "EGeneral:Invalid arguments:orders"),
        ({"orders": ["x"] * 51}, "EGeneral:Invalid arguments:orders"),
        ({"orders": ["x"] * 25, "cl_ord_id": ["y"] * 26}, "EGeneral:Invalid arguments:orders"),
        ({"orders": ["x"] * 25, "cl_ord_id": ["y"] * 25}, ""),
        ({"orders": [1, 2]}, "Orders field must be a string"),
    ],
)
def test_how_many_a_batch_cancel_names(params: dict[str, Any], error: str) -> None:
    (reply,) = Trader().ask("batch_cancel", **params)
    assert json.loads(reply).get("error", "") == error


# --- cancel_all_orders_after


def switched(trader: Trader, timeout: int) -> dict[str, Any]:
    """Set the switch; the result."""
    (reply,) = trader.ask("cancel_all_orders_after", timeout=timeout)
    result: dict[str, Any] = json.loads(reply)["result"]
    return result


def test_the_switch_counts_from_the_next_whole_second() -> None:
    trader = Trader()
    trader.venue.clock.advance(627_900_000)
    assert switched(trader, 100) == {
        "currentTime": "2026-01-01T01:00:01Z",
        "triggerTime": "2026-01-01T01:01:41Z",
    }
    now_ns = trader.venue.clock.now_ns()
    assert trader.venue.last_command() == SetCancelTimer("alice", now_ns - 627_900_000 + 101 * SECOND_NS)


def test_a_request_on_the_second_counts_from_it() -> None:
    (reply,) = Trader().ask("cancel_all_orders_after", 5, timeout=60)
    assert reply == (
        '{"method":"cancel_all_orders_after","req_id":5,"result":{"currentTime":"2026-01-01T01:00:00Z",'
        f'"triggerTime":"2026-01-01T01:01:00Z"}},"success":true,{TIMES}}}'
    )


def test_a_switch_that_is_turned_off_has_no_time() -> None:
    trader = Trader()
    trader.add()
    switched(trader, 5)
    assert switched(trader, 0) == {"currentTime": "2026-01-01T01:00:00Z", "triggerTime": "0"}
    trader.venue.pass_time(10 * SECOND_NS)
    assert len(trader.venue.orders("alice")) == 1


def test_the_switch_fires_at_the_time_it_told_with_nobody_there() -> None:
    trader = Trader()
    trader.add()
    trader.venue.clock.advance(1)
    assert switched(trader, 2)["triggerTime"] == "2026-01-01T01:00:03Z"
    trader.client.hang_up()
    trader.venue.pass_time(3 * SECOND_NS - 2)
    assert len(trader.venue.orders("alice")) == 1
    trader.venue.pass_time(1)
    assert trader.venue.orders("alice") == []


def test_a_switch_that_fired_by_the_same_stamp_is_not_the_answer() -> None:
    trader = Trader()
    trader.add()
    switched(trader, 1)
    trader.venue.clock.advance(2 * SECOND_NS)
    assert switched(trader, 10)["triggerTime"] == "2026-01-01T01:00:12Z"
    assert trader.venue.orders("alice") == []
    trader.venue.clock.advance(20 * SECOND_NS)
    assert switched(trader, 0)["triggerTime"] == "0"


@pytest.mark.parametrize(
    ("timeout", "error"),
    [
        (-1, "EGeneral:Invalid arguments:timeout"),
        (86_400, "EGeneral:Invalid arguments:timeout"),
        (10**30, "EGeneral:Invalid arguments:timeout"),
        (86_399, ""),
        (1.5, "Timeout field must be a number_integer"),
        ("60", "Timeout field must be a number_integer"),
    ],
)
def test_the_range_of_a_timeout(timeout: object, error: str) -> None:
    (reply,) = Trader().ask("cancel_all_orders_after", timeout=timeout)
    assert json.loads(reply).get("error", "") == error
