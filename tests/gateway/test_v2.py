"""Order entry over v2: the commands of a request, and the replies to what the venue did."""

import json
from typing import Any

import pytest

from builders import buy, deposit, place, sell
from harness import LIMIT, TIMES, Trader, Venue, subscribe
from krakenbox.gateway import v2
from krakenbox.gateway.keys import Permission
from krakenbox.model.command import CancelAll, CancelOrder, PlaceOrder
from krakenbox.protocol.v2.methods import METHODS

READ_ONLY = frozenset((Permission.QUERY_FUNDS, Permission.QUERY_OPEN_TRADES))


# --- add_order


def test_an_order_is_acknowledged_with_its_id() -> None:
    trader = Trader()
    (ack,) = trader.ask("add_order", 7, **LIMIT)
    order_id = json.loads(ack)["result"]["order_id"]
    assert ack == (
        f'{{"method":"add_order","req_id":7,"result":{{"order_id":"{order_id}"}},"success":true,{TIMES}}}'
    )
    assert [order.order_id for order in trader.venue.orders("alice")] == [order_id]


@pytest.mark.parametrize(
    ("given", "echoed"),
    [
        ({}, ""),
        ({"cl_ord_id": 'my "first"'}, ',"cl_ord_id":"my \\"first\\""'),
        ({"order_userref": 0}, ',"order_userref":0'),
        ({"order_userref": -5}, ',"order_userref":-5'),
    ],
)
def test_the_ack_repeats_what_the_client_called_the_order(given: dict[str, Any], echoed: str) -> None:
    (ack,) = Trader().ask("add_order", **LIMIT, **given)
    assert ack.startswith('{"method":"add_order","result":{"order_id":"O')
    assert ack.endswith(f'"{echoed}}},"success":true,{TIMES}}}')


def test_validate_enters_nothing() -> None:
    trader = Trader()
    assert trader.ask("add_order", **LIMIT, validate=True, cl_ord_id="a") == [
        f'{{"method":"add_order","result":{{"cl_ord_id":"a"}},"success":true,{TIMES}}}'
    ]
    assert trader.ask("add_order", **LIMIT, validate=True) == [
        f'{{"method":"add_order","result":{{}},"success":true,{TIMES}}}'
    ]
    assert trader.error(validate=True, order_qty=9_000_000) == "EOrder:Insufficient funds"
    assert trader.venue.orders("alice") == []


@pytest.mark.parametrize("validate", [False, True])
def test_the_ack_warns_of_a_deprecated_field(validate: bool) -> None:
    (ack,) = Trader().ask("add_order", **LIMIT, validate=validate, cl_ord_id="a", no_mpp=False)
    assert f'"cl_ord_id":"a","warnings":["no_mpp is deprecated"]}},"success":true,{TIMES}}}' in ack


def test_the_ack_comes_before_the_rows_it_causes() -> None:
    trader = Trader()
    trader.ask("subscribe", channel="executions", snap_orders=False)
    frames = [json.loads(frame) for frame in trader.ask("add_order", **LIMIT)]
    assert [frame.get("method") or frame["data"][0]["exec_type"] for frame in frames] == [
        "add_order",
        "pending_new",
        "new",
    ]


def test_every_field_reaches_the_venue() -> None:
    trader = Trader()
    fields = {
        "side": "sell",
        "order_qty": 0.00012345,
        "limit_price": 83744.3,
        "time_in_force": "gtd",
        "expire_time": "2026-01-02T00:00:00Z",
        "post_only": True,
        "order_userref": 9,
        "stp_type": "cancel_both",
        "fee_preference": "base",
        "deadline": "2026-01-01T01:00:30.5Z",
        "no_mpp": True,
        "sender_sub_id": "desk 5",
    }
    trader.order_id(**fields)
    command = trader.venue.last_command()
    assert isinstance(command, PlaceOrder)
    assert command.deadline_ns == trader.venue.clock.now_ns() + 30_500_000_000
    (order,) = trader.venue.orders("alice")
    t = order.terms
    assert (t.side, t.qty, t.limit_price) == ("sell", 12345, 837443)
    assert (t.time_in_force, t.expire_ns) == ("gtd", trader.venue.clock.now_ns() + 23 * 3_600_000_000_000)
    assert (t.post_only, t.userref, t.stp, t.fee_preference) == (True, 9, "cancel_both", "base")


def test_a_market_buy_by_cash() -> None:
    trader = Trader(Venue([place(sell, 1, at=100, by="bob")]))
    trader.ask("subscribe", channel="executions", snap_orders=False)
    order = {"symbol": "BTC/USD", "side": "buy", "order_type": "market", "cash_order_qty": 25}
    frames = trader.ask("add_order", **order)
    rows = [json.loads(frame)["data"][0] for frame in frames if '"data"' in frame]
    assert [row["exec_type"] for row in rows] == ["pending_new", "new", "trade", "filled"]
    assert rows[2]["last_qty"] == 0.25


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


# --- permissions


@pytest.mark.parametrize(
    ("permissions", "refused"),
    [
        ({Permission.MODIFY_TRADES}, set()),
        ({Permission.CLOSE_TRADES}, {"add_order"}),
        (READ_ONLY, {"add_order", "cancel_order", "cancel_all"}),
        (set(), {"add_order", "cancel_order", "cancel_all"}),
    ],
)
def test_what_a_key_may_do(permissions: set[Permission], refused: set[str]) -> None:
    venue = Venue()
    venue.add_key("alice", frozenset(permissions))
    trader = Trader(venue)
    asked = {"add_order": LIMIT, "cancel_order": {"order_id": ["x"]}, "cancel_all": {}}
    answers = {method: json.loads(trader.ask(method, **params)[0]) for method, params in asked.items()}
    assert {
        method for method, answer in answers.items() if answer.get("error") == "EGeneral:Permission denied"
    } == refused


# --- the rest


def test_every_method_is_served() -> None:
    assert v2.TRADING.keys() == METHODS.keys() - {"ping", "subscribe", "unsubscribe"}


def test_commands_without_an_answer_are_bounded() -> None:
    venue = Venue()
    venue.storage.defer_syncs = True
    trader = Trader(venue)
    assert trader.ask("cancel_order", order_id=["x"] * 1_000) == []
    assert trader.ask("cancel_order", order_id=["x"] * 24) == []
    (refused,) = trader.ask("cancel_all", 9)
    assert json.loads(refused)["error"] == "Exceeded msg rate"
    venue.storage.finish_sync()
    venue.storage.finish_sync()
    assert len(trader.client.frames()) == 1_024
    assert trader.ask("cancel_all", 9) == []
    venue.storage.finish_sync()
    assert '"count":0' in trader.client.frames()[0]


def test_nothing_is_answered_before_it_is_durable() -> None:
    venue = Venue()
    trader = Trader(venue)
    watcher = venue.greeted().send(subscribe("book", "BTC/USD"))
    watcher.frames()
    venue.storage.defer_syncs = True
    assert trader.ask("add_order", **LIMIT) == []
    assert watcher.frames() == []
    venue.storage.finish_sync()
    venue.settle()
    assert [frame[:21] for frame in trader.client.frames()] == ['{"method":"add_order"']
    assert [frame[:17] for frame in watcher.frames()] == ['{"channel":"book"']


def test_an_account_without_money_hears_so() -> None:
    venue = Venue([place(buy, 1, at=100, by="bob"), deposit("carol", "BTC", 1)])
    carol = Trader(venue, "carol")
    assert carol.error(side="sell", order_qty=1_001, limit_price=100) == ""
    assert carol.error(side="sell", order_qty=1, limit_price=100) == "EOrder:Insufficient funds"
