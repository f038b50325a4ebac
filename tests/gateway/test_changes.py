"""Changes of open orders over v2: amends in place, edits under a new id."""

import json
from typing import Any

import pytest

from builders import buy, place, sell
from harness import TIMES, Trader, Venue
from krakenbox.model.command import AmendOrder, EditOrder, OrderRef
from krakenbox.model.order import FeePreference, PriceType, Trigger

NOWHERE = "OAAAAA-BBBBB-CCCCCC"
TRAILING = {
    "symbol": "BTC/USD",
    "side": "sell",
    "order_qty": 1,
    "order_type": "trailing-stop-limit",
    "triggers": {"price": 5, "price_type": "pct"},
    "limit_price": -1,
}


def traded() -> Trader:
    """Alice, where there is a last price: 100."""
    return Trader(Venue([place(sell, 1, at=100, by="bob"), place(buy, 1, at=100, by="carol")]))


def asked(trader: Trader, method: str, **params: Any) -> dict[str, Any]:
    """Ask; the one reply."""
    (reply,) = trader.ask(method, **params)
    decoded: dict[str, Any] = json.loads(reply)
    return decoded


# --- amend_order


def test_an_amend_is_acknowledged_with_its_id_and_the_identifier_that_was_used() -> None:
    trader = Trader()
    order_id = trader.order_id(cl_ord_id="mine")
    (reply,) = trader.ask("amend_order", 0, order_id=order_id, order_qty=2)
    amend_id = json.loads(reply)["result"]["amend_id"]
    assert amend_id[0] == "T"
    assert reply == (
        f'{{"method":"amend_order","req_id":0,"result":{{"amend_id":"{amend_id}","order_id":"{order_id}"}},'
        f'"success":true,{TIMES}}}'
    )
    result = asked(trader, "amend_order", cl_ord_id="mine", limit_price=6)["result"]
    assert list(result) == ["amend_id", "cl_ord_id"]
    assert result["cl_ord_id"] == "mine"
    (order,) = trader.venue.orders("alice")
    assert (order.order_id, order.qty, order.limit_price) == (order_id, 200_000_000, 60)


def test_numbers_are_those_of_the_orders_own_pair() -> None:
    trader = Trader()
    trader.add(symbol="EUR/USD", cl_ord_id="euro")
    trader.ask(
        "amend_order",
        cl_ord_id="euro",
        order_qty=7,
        limit_price=1.00001,
        post_only=True,
        deadline="2026-01-01T01:00:30Z",
        symbol="EUR/USD",
    )
    assert trader.venue.last_command() == AmendOrder(
        "alice",
        OrderRef(cl_ord_id="euro"),
        qty=700_000_000,
        limit_price=100_001,
        post_only=True,
        deadline_ns=trader.venue.clock.now_ns() + 30_000_000_000,
    )


@pytest.mark.parametrize(
    ("fields", "limit", "trigger"),
    [
        ({"limit_price": -2}, (-20, PriceType.QUOTE), None),
        ({"limit_price": -2, "limit_price_type": "pct"}, (-2_000_000, PriceType.PCT), None),
        ({"trigger_price": 3, "trigger_price_type": "pct"}, None, (3_000_000, PriceType.PCT)),
        ({"trigger_price": 3}, None, (30, PriceType.STATIC)),
    ],
)
def test_prices_and_offsets_of_what_trails(
    fields: dict[str, Any], limit: tuple[int, PriceType] | None, trigger: tuple[int, PriceType] | None
) -> None:
    trader = traded()
    order_id = json.loads(trader.ask("add_order", **TRAILING)[0])["result"]["order_id"]
    trader.ask("amend_order", order_id=order_id, **fields)
    command = trader.venue.last_command()
    assert isinstance(command, AmendOrder)
    if limit is not None:
        assert (command.limit_price, command.limit_price_type) == limit
    if trigger is not None:
        assert (command.trigger_price, command.trigger_price_type) == trigger


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, "Order_id(s) not found"),
        ({"order_qty": 2}, "Order_id(s) not found"),
        ({"order_id": NOWHERE}, "EGeneral:Invalid arguments"),
        ({"order_id": NOWHERE, "cl_ord_id": "a", "order_qty": 2}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"order_id": NOWHERE, "order_qty": 0}, "EGeneral:Invalid arguments:order_qty"),
        ({"order_id": NOWHERE, "display_qty": -1}, "EGeneral:Invalid arguments:display_qty"),
        (
            {"order_id": NOWHERE, "order_qty": 1, "limit_price_type": "static"},
            "EGeneral:Invalid arguments:limit_price_type",
        ),
        (
            {"order_id": NOWHERE, "order_qty": 1, "trigger_price_type": "pct"},
            "EGeneral:Invalid arguments:trigger_price_type",
        ),
        ({"order_id": NOWHERE, "order_qty": 1}, "EOrder:Unknown order"),
        ({"order_id": "x" * 100_000, "order_qty": 1}, "EOrder:Unknown order"),
        ({"cl_ord_id": "other", "order_qty": 1}, "EOrder:Unknown order"),
        ({"cl_ord_id": "mine", "order_qty": 1, "symbol": "FOO/BAR"}, "Currency pair not supported FOO/BAR"),
        ({"cl_ord_id": "mine", "order_qty": 1, "symbol": "EUR/USD"}, "EGeneral:Invalid arguments:symbol"),
        ({"cl_ord_id": "mine", "order_qty": 0.000000001}, "EGeneral:Invalid arguments:order_qty"),
        ({"cl_ord_id": "mine", "limit_price": 0}, "EOrder:Invalid price"),
        ({"cl_ord_id": "mine", "limit_price": 5.05}, "EOrder:Tick size check failed"),
        ({"cl_ord_id": "mine", "display_qty": 1}, "EGeneral:Invalid arguments:display_qty"),
        ({"cl_ord_id": "mine", "trigger_price": 1}, "EGeneral:Invalid arguments:trigger_price"),
        ({"cl_ord_id": "mine", "limit_price": 100, "post_only": True}, "EOrder:Post only order"),
        ({"cl_ord_id": "mine", "order_qty": 9_000_000}, "EOrder:Insufficient funds"),
    ],
)
def test_amends_that_are_refused(params: dict[str, Any], error: str) -> None:
    trader = Trader(Venue([place(sell, 1, at=100, by="bob")]))
    trader.add(cl_ord_id="mine")
    assert asked(trader, "amend_order", **params).get("error", "") == error
    (order,) = trader.venue.orders("alice")
    assert (order.qty, order.limit_price, order.amended) == (100_000_000, 50, False)


def test_nobody_amends_the_orders_of_others() -> None:
    venue = Venue()
    order_id = Trader(venue).order_id(cl_ord_id="mine")
    bob = Trader(venue, "bob")
    for named in ({"order_id": order_id}, {"cl_ord_id": "mine"}):
        assert asked(bob, "amend_order", order_qty=2, **named)["error"] == "EOrder:Unknown order"


def test_an_identifier_names_the_open_order_that_has_it_now() -> None:
    trader = Trader()
    trader.add(cl_ord_id="mine")
    trader.ask("cancel_order", cl_ord_id=["mine"])
    assert asked(trader, "amend_order", cl_ord_id="mine", order_qty=2)["error"] == "EOrder:Unknown order"
    order_id = trader.order_id(cl_ord_id="mine")
    assert asked(trader, "amend_order", cl_ord_id="mine", order_qty=2)["success"] is True
    (order,) = trader.venue.orders("alice")
    assert (order.order_id, order.qty) == (order_id, 200_000_000)


def test_a_uuid_names_its_order_in_either_spelling() -> None:
    trader = Trader()
    uuid = "6d1b345e-2821-40e2-ad83-4ecb18a06876"
    trader.add(cl_ord_id=uuid)
    short = uuid.replace("-", "")
    assert asked(trader, "amend_order", cl_ord_id=short, order_qty=2)["result"]["cl_ord_id"] == short
    (order,) = trader.venue.orders("alice")
    assert order.qty == 200_000_000


def test_an_amend_below_what_is_filled_ends_the_order() -> None:
    trader = Trader(Venue([place(sell, 1, at=100, by="bob")]))
    trader.add(order_qty=3, limit_price=100, cl_ord_id="mine")
    trader.ask("subscribe", channel="executions", snap_orders=False)
    ack, *frames = [json.loads(frame) for frame in trader.ask("amend_order", cl_ord_id="mine", order_qty=0.5)]
    assert ack["success"] is True
    assert [(row["exec_type"], row["reason"]) for frame in frames for row in frame["data"]] == [
        ("amended", "User requested"),
        ("canceled", "User requested"),
    ]
    assert frames[0]["data"][0]["order_qty"] == 1


# --- edit_order


SLEEPING = {"side": "sell", "symbol": "BTC/USD"}


@pytest.mark.parametrize(
    ("entered", "changes", "trigger", "limit_price"),
    [
        ({"order_type": "stop-loss", "triggers": {"price": 95}}, {"triggers": {"price": 94}}, 940, 0),
        ({"order_type": "stop-loss", "triggers": {"price": 95}}, {"stop_price": 94}, 940, 0),
        (
            {"order_type": "take-profit", "triggers": {"price": 5, "price_type": "pct"}},
            {"triggers": {"price": 6, "price_type": "pct"}},
            1060,
            0,
        ),
        (
            {"order_type": "stop-loss-limit", "triggers": {"price": 95}, "limit_price": 94},
            {"limit_price": 93.5},
            950,
            935,
        ),
        (
            {
                "order_type": "trailing-stop-limit",
                "triggers": {"price": 5, "price_type": "quote"},
                "limit_price": 0,
            },
            {"limit_price": -1.5},
            950,
            935,
        ),
    ],
)
def test_a_sleeping_order_is_edited(
    entered: dict[str, Any], changes: dict[str, Any], trigger: int, limit_price: int
) -> None:
    trader = Trader(Venue([place(sell, 1, at=100, by="bob"), place(buy, 1, at=100, by="carol")]))
    (reply,) = trader.ask("add_order", order_qty=1, **SLEEPING | entered)
    old = json.loads(reply)["result"]["order_id"]
    result = asked(trader, "edit_order", order_id=old, symbol="BTC/USD", **changes)["result"]
    (order,) = trader.venue.orders("alice")
    assert (result["order_id"], result["original_order_id"]) == (order.order_id, old)
    assert (order.trigger_price, order.limit_price) == (trigger, limit_price)


def test_an_edit_is_acknowledged_with_both_ids() -> None:
    trader = Trader()
    old = trader.order_id(order_userref=3)
    (reply,) = trader.ask("edit_order", 0, order_id=old, symbol="BTC/USD", order_qty=2, order_userref=9)
    (order,) = trader.venue.orders("alice")
    assert reply == (
        f'{{"method":"edit_order","req_id":0,"result":{{"order_id":"{order.order_id}",'
        f'"original_order_id":"{old}"}},"success":true,{TIMES}}}'
    )
    assert order.order_id != old
    assert (order.qty, order.limit_price, order.terms.userref) == (200_000_000, 50, 9)


def test_an_edit_that_is_only_validated_changes_nothing() -> None:
    trader = Trader()
    old = trader.order_id()
    reply = asked(trader, "edit_order", order_id=old, symbol="BTC/USD", limit_price=6, validate=True)
    assert reply["result"] == {"original_order_id": old}
    assert [(order.order_id, order.limit_price) for order in trader.venue.orders("alice")] == [(old, 50)]


def test_every_field_of_an_edit_reaches_the_venue() -> None:
    trader = Trader()
    (reply,) = trader.ask(
        "edit_order",
        order_id=NOWHERE,
        symbol="BTC/USD",
        order_qty=2,
        display_qty=1,
        price=6.5,
        stop_price=7,
        trigger="last",
        post_only=True,
        fee_preference="base",
        order_userref=4,
        no_mpp=False,
        deadline="2026-01-01T01:00:30Z",
        validate=True,
    )
    assert json.loads(reply)["success"] is False
    assert trader.venue.last_command() == EditOrder(
        "alice",
        NOWHERE,
        "BTC/USD",
        qty=200_000_000,
        limit_price=65,
        display_qty=100_000_000,
        trigger=Trigger(70),
        post_only=True,
        userref=4,
        deadline_ns=trader.venue.clock.now_ns() + 30_000_000_000,
        validate=True,
        fee_preference=FeePreference.BASE,
    )


def test_deprecated_fields_of_an_edit_are_warned_of() -> None:
    trader = Trader()
    reply = asked(trader, "edit_order", order_id=trader.order_id(), symbol="BTC/USD", price=6, no_mpp=True)
    assert reply["result"]["warnings"] == ["no_mpp is deprecated", "price is deprecated, use limit_price"]
    (order,) = trader.venue.orders("alice")
    assert order.limit_price == 60


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"symbol": "BTC/EUR"}, "EGeneral:Invalid arguments:symbol"),
        ({"symbol": "FOO"}, "Currency pair not in ISO 4217-A3 format FOO"),
        ({"order_qty": 0}, "EGeneral:Invalid arguments:order_qty"),
        ({"display_qty": 0}, "EGeneral:Invalid arguments:display_qty"),
        ({"price": 6, "limit_price": 6}, "EGeneral:Invalid arguments:price"),
        ({"trigger": "last"}, "EGeneral:Invalid arguments:trigger"),
        ({"triggers": {"price": 4}, "stop_price": 4}, "EGeneral:Invalid arguments:stop_price"),
        ({"triggers": {"price": 4}}, "EGeneral:Invalid arguments:triggers"),
        ({"reduce_only": True}, "EOrder:Reduce only:No position exists"),
        ({"limit_price": 5.05}, "EOrder:Tick size check failed"),
        ({"deadline": "2026-01-01T00:59:59Z"}, "EService:Deadline elapsed"),
        ({"order_id": NOWHERE}, "EOrder:Unknown order"),
        ({"order_id": "x" * 100_000}, "EOrder:Unknown order"),
        ({"order_qty": 9_000_000}, "EOrder:Insufficient funds"),
    ],
)
def test_edits_that_are_refused(params: dict[str, Any], error: str) -> None:
    trader = Trader()
    order_id = trader.order_id()
    assert (
        asked(trader, "edit_order", **{"order_id": order_id, "symbol": "BTC/USD"} | params)["error"] == error
    )
    assert [order.order_id for order in trader.venue.orders("alice")] == [order_id]
