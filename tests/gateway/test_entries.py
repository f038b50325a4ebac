"""New orders over v2: the commands of a request, and the replies to what the venue did."""

import json
from typing import Any

import pytest

from builders import buy, place, sell
from harness import LIMIT, TIMES, Trader, Venue
from krakenbox.model.command import PlaceOrder, PlaceOrders
from krakenbox.model.order import PriceType, Reference, Trigger

TRIGGERED = {"symbol": "BTC/USD", "side": "sell", "order_qty": 1}


def rows(frames: list[str]) -> list[dict[str, Any]]:
    """Rows of executions among frames."""
    decoded = [json.loads(frame, parse_float=str) for frame in frames]
    return [row for frame in decoded if frame.get("channel") == "executions" for row in frame["data"]]


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


@pytest.mark.parametrize(
    "fields",
    [
        {"order_type": "iceberg", "order_qty": 15, "display_qty": 1, "limit_price": 110},
        {"order_type": "stop-loss", "triggers": {"price": 95}},
        {"order_type": "stop-loss-limit", "triggers": {"price": 95}, "limit_price": 94},
        {"order_type": "take-profit", "triggers": {"price": 5, "price_type": "pct"}},
        {"order_type": "take-profit-limit", "triggers": {"price": 105}, "limit_price": 104},
        {"order_type": "trailing-stop", "triggers": {"price": 5, "price_type": "quote"}},
        {
            "order_type": "trailing-stop-limit",
            "triggers": {"price": 5, "price_type": "pct"},
            "limit_price": 0,
        },
        {"order_type": "limit", "limit_price": 110, "effective_time": "2026-01-01T02:00:00Z"},
        {
            "order_type": "limit",
            "limit_price": 110,
            "conditional": {"order_type": "stop-loss-limit", "trigger_price": 120, "limit_price": 121},
        },
    ],
    ids=lambda fields: fields["order_type"],
)
def test_every_type_is_entered(fields: dict[str, Any]) -> None:
    trader = Trader(Venue([place(sell, 1, at=100, by="bob"), place(buy, 1, at=100, by="carol")]))
    (ack,) = trader.ask("add_order", **TRIGGERED | fields)
    order_id = json.loads(ack)["result"]["order_id"]
    assert [order.order_id for order in trader.venue.orders("alice")] == [order_id]


def test_deprecated_twins_are_taken_and_warned_of() -> None:
    trader = Trader(Venue([place(sell, 1, at=100, by="bob"), place(buy, 1, at=100, by="carol")]))
    stop = TRIGGERED | {"order_type": "stop-loss", "stop_price": 95, "trigger": "index"}
    (ack,) = trader.ask("add_order", **stop)
    assert json.loads(ack)["result"]["warnings"] == [
        "stop_price is deprecated, use triggers.price",
        "trigger is deprecated use triggers.reference",
    ]
    (order,) = trader.venue.orders("alice")
    assert order.terms.trigger == Trigger(950, PriceType.STATIC, Reference.INDEX)


def test_the_ack_is_that_of_the_request_and_not_of_the_order_its_fill_enters() -> None:
    trader = Trader(Venue([place(sell, 1, at=100, by="bob")]))
    trader.ask("subscribe", channel="executions", snap_orders=False)
    after = {"order_type": "limit", "limit_price": 120}
    frames = trader.ask("add_order", 3, **LIMIT | {"limit_price": 100, "conditional": after})
    acks = [json.loads(frame) for frame in frames if '"method"' in frame]
    told = rows(frames)
    assert [ack["result"] for ack in acks] == [{"order_id": told[0]["order_id"]}]
    spawned = [row for row in told if row.get("ord_ref_id")]
    assert [(row["ord_ref_id"], row["side"], row["order_qty"]) for row in spawned] == [
        (told[0]["order_id"], "sell", "1.00000000")
    ]


# --- batch_add

ORDER = {"order_type": "limit", "side": "buy", "order_qty": 1, "limit_price": 5}


def batch(trader: Trader, *orders: dict[str, Any], **params: Any) -> dict[str, Any]:
    """Ask for a batch; its one reply."""
    (reply,) = trader.ask("batch_add", 2, **{"symbol": "BTC/USD", "orders": list(orders)} | params)
    decoded: dict[str, Any] = json.loads(reply)
    return decoded


def test_a_batch_has_one_reply_with_an_id_for_each_order() -> None:
    trader = Trader()
    (reply,) = trader.ask("batch_add", 0, symbol="BTC/USD", orders=[ORDER, ORDER | {"limit_price": 6}])
    first, second = trader.venue.orders("alice")
    assert reply == (
        f'{{"method":"batch_add","req_id":0,"result":[{{"order_id":"{first.order_id}"}},'
        f'{{"order_id":"{second.order_id}"}}],"success":true,{TIMES}}}'
    )
    assert (first.limit_price, second.limit_price) == (50, 60)
    assert isinstance(trader.venue.last_command(), PlaceOrders)


def test_an_order_the_engine_refuses_says_so_in_its_place() -> None:
    trader = Trader()
    reply = batch(
        trader,
        ORDER | {"cl_ord_id": "first"},
        ORDER | {"order_qty": 9_000_000, "cl_ord_id": "rich"},
        ORDER | {"order_qty": 9_000_000, "order_userref": 7},
        ORDER | {"order_userref": 0, "no_mpp": True},
    )
    first, last = trader.venue.orders("alice")
    assert reply["success"] is True
    assert reply["result"] == [
        {"order_id": first.order_id, "cl_ord_id": "first"},
        {"error": "EOrder:Insufficient funds", "cl_ord_id": "rich"},
        {"error": "EOrder:Insufficient funds", "order_userref": 7},
        {"order_id": last.order_id, "order_userref": 0, "warnings": ["no_mpp is deprecated"]},
    ]


def test_orders_that_fills_of_a_batch_enter_are_no_answers() -> None:
    trader = Trader(Venue([place(sell, 1, at=100, by="bob")]))
    after = {"order_type": "limit", "limit_price": 120}
    reply = batch(trader, ORDER | {"limit_price": 100, "conditional": after}, ORDER)
    taken, secondary, resting = (
        reply["result"][0]["order_id"],
        trader.venue.orders("alice")[0],
        reply["result"][1]["order_id"],
    )
    assert secondary.parent_id == taken
    assert [order.order_id for order in trader.venue.orders("alice")] == [secondary.order_id, resting]


def test_a_batch_that_is_only_validated_enters_nothing() -> None:
    trader = Trader()
    reply = batch(trader, ORDER | {"cl_ord_id": "a"}, ORDER | {"order_qty": 9_000_000}, validate=True)
    assert reply["result"] == [{"cl_ord_id": "a"}, {"error": "EOrder:Insufficient funds"}]
    assert trader.venue.orders("alice") == []


@pytest.mark.parametrize(
    ("orders", "error"),
    [
        ([], "EGeneral:Invalid arguments:orders"),
        ([ORDER], "EGeneral:Invalid arguments:orders"),
        ([ORDER] * 16, "EGeneral:Invalid arguments:orders"),
        (
            [ORDER, ORDER | {"post_only": True, "time_in_force": "ioc"}],
            "EGeneral:Invalid arguments:post_only",
        ),
        ([ORDER, ORDER | {"limit_price": 5.05}], "EOrder:Tick size check failed"),
        ([ORDER, ORDER | {"margin": True}], "EOrder:Cannot open position"),
        (
            [ORDER, ORDER | {"symbol": "BTC/USD"}],
            "Unsupported field: 'symbol' for the given msg type: batch add",
        ),
    ],
)
def test_one_bad_order_refuses_the_whole_batch(orders: list[dict[str, Any]], error: str) -> None:
    trader = Trader()
    before = trader.venue.sequencer.seq
    assert batch(trader, *orders)["error"] == error
    assert trader.venue.sequencer.seq == before


def test_the_largest_batch() -> None:
    trader = Trader()
    assert len(batch(trader, *[ORDER] * 15)["result"]) == 15
    assert len(trader.venue.orders("alice")) == 15


def test_a_batch_the_venue_refuses_as_a_whole_has_one_error() -> None:
    trader = Trader()
    trader.venue.storage.fail_syncs(OSError("disk"))
    trader.ask("cancel_all")
    reply = batch(trader, ORDER, ORDER)
    assert (reply["error"], reply["success"], "result" in reply) == ("EService:Unavailable", False, False)
